"""Puts a record into every wrapping in which records travel, and takes it out of what is published.

Both directions are written here and know nothing of the program: a layer is a function that wraps, and
where the record is found in the output. There are three kinds of layers.

    inside      the record is a value of the wrapping, which is published around it
    batch       the wrapping holds any number of records, and each is published by itself
    packing     compression, which the output has not
"""

import base64
import gzip
import json
import re
import zlib

# ---- JSON text, byte by byte -----------------------------------------------------------------------

BLANKS = re.compile(r"[ \t\r\n]*")
DECODER = json.JSONDecoder()


def members(text, at=0):
    """The members of the object that begins at `at`: name, and where its value begins and ends."""
    at = BLANKS.match(text, text.index("{", at) + 1).end()
    while text[at] != "}":
        name, at = DECODER.raw_decode(text, at)
        at = BLANKS.match(text, at).end()
        at = BLANKS.match(text, at + 1).end()
        start = at
        _, at = DECODER.raw_decode(text, at)
        yield name, start, at
        at = BLANKS.match(text, at).end()
        if text[at] == ",":
            at = BLANKS.match(text, at + 1).end()


def value_at(text, path):
    """The text of the value at the path; None where there is none."""
    for step in path:
        found = [text[start:end] for name, start, end in members(text) if name == step]
        if len(found) != 1:
            return None
        text = found[0]
    return text


def without_annotation(text):
    """The record as it is without its member _wafveil, and that member."""
    if not text.startswith("{"):
        return text, None
    for name, start, end in members(text):
        if name == "_wafveil":
            cut = text.rindex(",", 0, start) if "," in text[:start] else text.index("{") + 1
            return text[:cut] + text[end:], json.loads(text[start:end])
    return text, None


# ---- Layers ----------------------------------------------------------------------------------------


class Inside:
    """Writes %s in the place of the record, as it is or in a string."""

    def __init__(self, template, *paths, coding="string"):
        self.template, self.paths, self.coding = template, paths, coding

    def wrap(self, record, is_json):
        text = record.decode()
        if self.coding == "base64":
            text = json.dumps(base64.b64encode(record).decode())
        elif self.coding == "gzip":
            text = json.dumps(gzip_base64(record).decode())
        elif self.coding == "line":
            text = json.dumps(text + "\n")
        elif self.coding == "string" or not is_json:
            text = json.dumps(text)
        return self.template.replace("%s", text).encode(), True

    def unwrap(self, text):
        """Every copy of the record that the text should hold; None: one is not there."""
        found = []
        for path in self.paths:
            value = value_at(text, path) if text.startswith("{") else None
            if value is None:
                return None
            if value.startswith('"'):
                value = json.loads(value)
            if self.coding == "base64":
                value = base64.b64decode(value).decode()
            found.append(value)
        return found


class Prefix:
    """A header in front of the record. Its words may be others in the output, not their number."""

    def __init__(self, header):
        self.header = header

    def wrap(self, record, _is_json):
        return self.header + record, False

    def unwrap(self, text):
        words = text.split(" ", self.header.count(b" "))
        return words[-1:] if len(words) > self.header.count(b" ") else None


class Batch:
    def __init__(self, template, between):
        self.template, self.between = template, between

    def wrap(self, record, _is_json):
        both = self.between.join([record.decode()] * 2)
        return self.template.replace("%s", both).encode(), self.template != "%s"


def zstd_ways(text):
    """Frames of two blocks that are stored as they are: no library is needed to write one. With the
    size of the content, as most writers do, and without."""
    sized = b"\x60" + (len(text) - 256).to_bytes(2, "little") if 256 <= len(text) < 65792 else b""
    for header in filter(None, (sized, b"\x00\x38")):
        for cut in range(1, len(text)):
            frame = b"\x28\xb5\x2f\xfd" + header
            for last, part in ((0, text[:cut]), (1, text[cut:])):
                frame += (last | len(part) << 3).to_bytes(3, "little") + part
            yield frame


def zlib_ways(text, window):
    for level in (6, 9, 1, 2, 3, 4, 5, 7, 8):
        for memory in (8, 9, 4, 2):
            for strategy in (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY):
                maker = zlib.compressobj(level, zlib.DEFLATED, window, memory, strategy)
                yield maker.compress(text) + maker.flush()


def as_it_is(record):
    return record


def gzip_base64(record):
    return base64.b64encode(gzip.compress(record, mtime=0))


class Packing:
    """Compression. `wafveil filter` reads lines, so the packed bytes must not hold the end of one:
    of the many ways to compress a text one is taken that has none."""

    def __init__(self, ways):
        self.ways = ways

    def wrap(self, record, _is_json):
        for packed in self.ways(record):
            if b"\n" not in packed and not packed.endswith(b"\r"):
                return packed, False
        return None, False


CLOUDWATCH = (
    '{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"aws-waf-logs-shop",'
    '"logStream":"eu-west-1_shop_0","subscriptionFilters":["to-kafka"],"logEvents":[%s]}'
)
FIREHOSE = '{"requestId":"ed4acda5-034f-9f42","timestamp":1763805600901,"records":[%s]}'
LOG_EVENT = '{"id":"3700000000000000000000000000000000000000","timestamp":1763800000123,"message":%s}'


class Objects(Batch):
    """Each record stands in an object of its own, in a string."""

    def __init__(self, template, each, coding=as_it_is):
        super().__init__(template, ",")
        self.each, self.coding = each, coding

    def wrap(self, record, _is_json):
        one = self.each.replace("%s", json.dumps(self.coding(record).decode()))
        return self.template.replace("%s", f"{one},{one}").encode(), True


LAYERS = {
    "lines": Batch("%s", "\n"),
    "no separator": Batch("%s", ""),
    "array": Batch("[%s]", ","),
    "records": Batch('{"records":[%s]}', ","),
    "CloudWatch": Objects(CLOUDWATCH, LOG_EVENT),
    "Firehose": Objects(FIREHOSE, '{"data":%s}', base64.b64encode),
    "Connect": Inside(
        '{"schema":{"type":"struct","optional":false,"fields":[]},"payload":%s}',
        ["payload"],
        coding="plain",
    ),
    "CloudEvents": Inside(
        '{"specversion":"1.0","id":"1","source":"/waf","type":"com.example.waf","data":%s}',
        ["data"],
        coding="plain",
    ),
    "CloudEvents, coded": Inside(
        '{"specversion":"1.0","id":"1","source":"/waf","type":"com.example.waf","data_base64":%s}',
        ["data_base64"],
        coding="base64",
    ),
    "message": Inside(
        '{"@timestamp":"2026-11-22T10:00:00.000Z","@metadata":{"beat":"filebeat"},"message":%s}',
        ["message"],
    ),
    "log": Inside(
        '{"log":%s,"stream":"stdout","time":"2026-11-22T10:00:00.000000000Z"}',
        ["log"],
        coding="line",
    ),
    "event.original": Inside(
        '{"@timestamp":"2026-11-22T10:00:00.000Z","@version":"1","event":{"original":%s}}',
        ["event", "original"],
    ),
    "message and event.original": Inside(
        '{"@timestamp":"2026-11-22T10:00:00.000Z","@version":"1","message":%s,'
        '"event":{"original":%s}}',
        ["message"],
        ["event", "original"],
    ),
    "Pub/Sub": Inside(
        '{"message":{"data":%s,"attributes":{}},"subscription":"projects/p1/subscriptions/s1"}',
        ["message", "data"],
        coding="base64",
    ),
    # Around CloudWatch only, whose records are published without it.
    "Lambda": Inside('{"awslogs":{"data":%s}}', coding="gzip"),
    "syslog": Prefix(b"<134>1 2026-11-22T10:15:02Z web-01 waf 71 - - "),
    "gzip": Packing(lambda text: zlib_ways(text, 31)),
    "zlib": Packing(lambda text: zlib_ways(text, 15)),
    "zstd": Packing(zstd_ways),
}

# From the record outwards.
WRAPPINGS = [
    *([name] for name in LAYERS if name not in ("lines", "Lambda")),
    ["lines", "gzip"],
    ["no separator", "zlib"],
    ["array", "zstd"],
    ["records", "gzip"],
    ["CloudWatch", "gzip"],
    ["CloudWatch", "Lambda"],
    ["CloudWatch", "gzip", "Firehose"],
    ["lines", "Firehose"],
    ["message", "CloudWatch", "gzip"],
    ["message", "array"],
    ["event.original", "no separator"],
    ["log", "lines", "gzip"],
    ["message", "Connect"],
    ["records", "Connect"],
    ["message", "Pub/Sub"],
    ["records", "Pub/Sub"],
    ["message", "CloudEvents", "array"],
    ["syslog", "message"],
    ["syslog", "CloudWatch"],
]
ONLY_JSON = {"no separator", "array", "records"}
# It tells itself from any other object with that member by what is in its records.
ONLY_AZURE = {"records"}


# ---- Wrapping and unwrapping -----------------------------------------------------------------------


class Wrapping:
    """A record in layers: what goes into the program, and what should come out."""

    def __init__(self, layers):
        self.layers = layers
        self.name = " in ".join(layers)
        self.around = []  # layers of each published record, from inside
        self.count = 1
        for name in layers:
            layer = LAYERS[name]
            if isinstance(layer, Batch):
                self.count *= 2
            elif self.count == 1 and not isinstance(layer, Packing):
                self.around.append(layer)

    def fits(self, is_json, is_azure, has_syslog):
        """Whether there is such a thing with records of a format."""
        if not has_syslog and "syslog" in self.layers or not is_azure and ONLY_AZURE & {*self.layers}:
            return False
        for name in self.layers:
            if name in ONLY_JSON and not is_json:
                return False
            is_json = is_json if name in ("lines", "gzip", "zlib", "zstd") else name != "syslog"
        return True

    def wrap(self, record, is_json):
        for name in self.layers:
            record, is_json = LAYERS[name].wrap(record, is_json)
            if record is None:
                return None
        return record

    def problem(self, line, bare):
        """What is wrong with one published line; "": nothing."""
        annotations = []
        copies = [line.decode("utf-8", "surrogateescape").strip()]
        for layer in reversed(self.around):
            inner = []
            for text in copies:
                text, annotation = without_annotation(text)
                annotations.append(annotation)
                found = layer.unwrap(text)
                if found is None:
                    return f"the wrapping is not there: {text[:300]}"
                inner += [one.strip() for one in found]
            copies = inner
        wanted, tokens = without_annotation(bare.decode("utf-8", "surrogateescape").strip())
        for text in copies:
            text, annotation = without_annotation(text)
            annotations.append(annotation)
            if text != wanted:
                return f"bare:    {wanted[:600]}\nwrapped: {text[:600]}"
        # What is text and no JSON has no member in which it could be annotated.
        bare_text = any(isinstance(layer, Prefix) for layer in self.around) and not any(annotations)
        good = bare_text or covers(annotations, tokens)
        return "" if good else f"annotation: {annotations}, not {tokens}"


def as_list(value):
    return value if isinstance(value, list) else [value]


def agrees(found, wanted):
    """The digest of a pack is left out: it could not be made the same in base64."""
    kinds = {wanted["kind"], "tokenised"} if wanted["kind"] == "generalised" else {wanted["kind"]}
    packs = {one.get("pack", "").split("@")[0] for one in (found, wanted)}
    return found.get("v") == wanted["v"] and len(packs) == 1 and found.get("kind") in kinds


def covers(annotations, wanted):
    """The annotation of the bare record stands in one of the layers. A layer may add tokens of its
    own, which can be the only ones."""
    if wanted is None:
        return True
    want = wanted.get("tokens", {})
    for found in annotations:
        if found is not None and agrees(found, wanted):
            have = found.get("tokens", {})
            if all(set(as_list(want[key])) <= set(as_list(have.get(key))) for key in want):
                return True
    return False


def problems_of(wrapping, bare, lines):
    if len(lines) != wrapping.count:
        return f"{len(lines)} records published instead of {wrapping.count}: {lines[:2]}"
    return next(filter(None, (wrapping.problem(line, bare) for line in lines)), "")


def problems(records, form, has_syslog, bare, wrapped):
    """For each wrapping its name and what is wrong: of the first record that it can hold.

    bare(record) is what the program publishes of the record, wrapped(lines) of wrapped ones."""
    known = {}
    tries = []
    is_json = form.get("syntax", "json") == "json"
    is_azure = form["format"].startswith("azure")
    for wrapping in map(Wrapping, WRAPPINGS):
        if not wrapping.fits(is_json, is_azure, has_syslog):
            continue
        for record in records:
            line = wrapping.wrap(record, is_json)
            if line is not None:
                tries.append((wrapping, record, line))
                break
        else:
            yield wrapping.name, "no sample can be packed without the end of a line in it"
    # All at once, because starting the program takes the longest; alone where that went wrong.
    whole = wrapped([line for _, _, line in tries]).splitlines()
    for wrapping, record, line in tries:
        if record not in known:
            known[record] = bare(record)
        mine, whole = whole[: wrapping.count], whole[wrapping.count :]
        problem = problems_of(wrapping, known[record], mine)
        if problem:
            problem = problems_of(wrapping, known[record], wrapped([line]).splitlines())
        yield wrapping.name, problem
