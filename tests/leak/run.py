#!/usr/bin/env python3
"""Plants marks in every place of every record and looks for them in all that leaves the program.

    tests/leak/run.py <wafveil>        last line: "N passed, N failed"
    tests/leak/run.py --self-test      shows that a leak would be found

The places come from schemas/format, the rules from schemas/policy: a mark may come out only where the
pack's filters for the class of its field let such a value through (PASSES). A new field or rule is
tested without a change here. Everything is looked for in the published records, the stubs, the rejects
and what the program says on stderr; as it is, JSON-escaped, percent-encoded once and twice, and in
base64.
"""

import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGIONS = ["eu", "us", "us-ca", "jp", "uk", "unknown", "refused"]
SEED = "".join(f"{i:02x}" for i in range(32))
CLIENT = "203.0.113.77"
CLIENT6 = "2001:db8:77::1f"

# What a filter lets through of a mark. The client's own address passes nowhere.
PASSES = {
    "keep": {"word", "email", "token", "address", "split", "number"},
    "scrub": {"word", "token", "number"},
    "query": {"word", "token", "number"},  # values: scrub; see passes()
    "uri_template": {"word"},  # words: keep; the words of a route
    "headers": {"word", "token"},  # of a header that it allows
}

# Headers that the filter "headers" lets through; the marks in all others must be gone.
ALLOWED = {"accept", "accept-encoding", "cache-control", "expect", "x-requested-with"}


# ---- Rules ---------------------------------------------------------------------------------------


def load(kind, name):
    return json.loads((ROOT / "schemas" / kind / f"{name}.json").read_text())


def rules_of(region):
    pack = load("policy", region)
    rules = rules_of(pack["extends"]) if "extends" in pack else {}
    return {**rules, **pack["rules"]}


def passes_step(step, header):
    name = step if isinstance(step, str) else step["filter"]
    settings = {} if isinstance(step, str) else step
    if name == "query" and settings.get("values", "scrub") != "scrub":
        return set()
    if name == "uri_template" and settings.get("words", "keep") != "keep":
        return set()
    if name == "headers" and header not in ALLOWED:
        return set()
    if name == "fingerprint" or name == "country":
        return set()
    return PASSES.get(name, set())


def passes(rules, kind_of_value, header):
    """The kinds of marks that may come out of a field."""
    if kind_of_value == "doomed":
        return set()
    rule = rules[kind_of_value]
    sets = []
    for one in rule if isinstance(rule, list) else [rule]:
        through = set.union(*PASSES.values())
        for step in one["value"]:
            through &= passes_step(step, header)
        sets.append(through)
    return set.union(*sets)


# ---- Marks ---------------------------------------------------------------------------------------


class Marks:
    """Every mark once, with the place where it was put."""

    def __init__(self):
        self.places = []

    def new(self, kind, path, kind_of_value, header=""):
        number = len(self.places)
        self.places.append((kind, path, kind_of_value, header))
        letters = ""
        for _ in range(5):
            letters = "bcdfghjklmnprstv"[number % 16] + letters
            number //= 16
        core = f"qz{letters}xw"
        number = len(self.places) - 1
        return {
            "word": core,
            "email": f"{core}@mark.example",
            "split": f"{core}@mark.example",
            "token": f"9f86d081{number:08x}884c7d65",
            # No time that was made coarse ends like this.
            "number": f"77{number:07d}007",
            # Of the network for benchmarks; the last byte is never 0, which a cut address has.
            "address": f"198.{18 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}",
        }[kind]


FOUND = re.compile(
    r"qz([bcdfghjklmnprstv]{5})xw"
    r"|9f86d081([0-9a-f]{8})884c7d65"
    r"|(?<![0-9])77([0-9]{7})007(?![0-9])"
    r"|(?<![0-9.])198\.(1[89])\.([0-9]{1,3})\.([1-9][0-9]{0,2})(?![0-9.]*[0-9])"
)


def number_of(match):
    letters, token, number, second, third, fourth = match.groups()
    if letters:
        value = 0
        for letter in letters:
            value = value * 16 + "bcdfghjklmnprstv".index(letter)
        return value
    if token:
        return int(token, 16)
    if number:
        return int(number)
    return (int(second) - 18) * 62500 + int(third) * 250 + int(fourth) - 1


# ---- Spellings -----------------------------------------------------------------------------------


def percent(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


SPELLINGS = {
    "plain": json.dumps,
    "escaped": lambda text: '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"',
    "mixed": lambda text: json.dumps(text).replace("@", "\\u0040").replace(".", "\\u002E"),
    "percent": lambda text: json.dumps(percent(text)),
    "double": lambda text: json.dumps(percent(percent(text))),
}


def unescape(text):
    return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m.group(1), 16)), text)


def views(text):
    """Every way to read what left the program."""
    seen = [text, unescape(text)]
    for _ in range(3):
        seen.append(urllib.parse.unquote(seen[-1], errors="replace"))
    for run in re.findall(r"[A-Za-z0-9+/_-]{12,}={0,2}", text):
        for start in range(4):
            part = run[start:].rstrip("=").replace("-", "+").replace("_", "/")
            part = part[: len(part) - (len(part) % 4 == 1)]
            decoded = base64.b64decode(part + "=" * (-len(part) % 4))
            seen.append(decoded.decode("latin-1"))
    return seen


CLIENTS = re.compile(
    r"(?<![0-9.])203\.0\.113\.77(?![0-9])|::ffff:cb00:714d|2001:0?db8:0{0,2}77:[0:]*:0{0,2}1f(?![0-9a-f])",
    re.IGNORECASE,
)


def leaks(text, marks, rules):
    """Every mark in the text that must not be there. rules None: none may be."""
    found = set()
    for view in views(text):
        for match in FOUND.finditer(view):
            number = number_of(match)
            if number >= len(marks.places):
                continue
            kind, path, kind_of_value, header = marks.places[number]
            if rules is None or kind not in passes(rules, kind_of_value, header):
                found.add(f"{kind} of {path} (class {kind_of_value} {header})".strip())
        if CLIENTS.search(view):
            found.add("the client's address")
    return found


# ---- Records -------------------------------------------------------------------------------------


class Writer:
    """Writes one record of a format with a mark of one kind, in one spelling, at every place."""

    def __init__(self, form, marks, kind, spelling):
        self.form, self.marks, self.kind = form, marks, kind
        self.spell = SPELLINGS[spelling]
        self.tree = {}
        for path, spec in form["fields"].items():
            self.add(self.tree, path, spec, form.get("define", {}))

    def add(self, base, path, spec, define):
        node = base
        for part in re.findall(r"\[\]|[^.\[\]]+", path):
            node = node.setdefault("[]" if part == "[]" else "." + part, {})
        if isinstance(spec, dict) and "use" in spec:
            for inner, inner_spec in define[spec["use"]].items():
                self.add(node, inner, inner_spec, define)
        else:
            node["spec"] = spec if isinstance(spec, dict) else {"class": spec}

    def mark(self, path, kind_of_value, header="", before=""):
        if self.kind == "number":
            return self.marks.new("number", path, kind_of_value, header)
        kind = "email" if self.kind == "split" else self.kind
        spelled = self.spell(self.marks.new(kind, path, kind_of_value, header))
        return '"' + before + spelled[1:]

    def key(self, path):
        return self.spell(self.marks.new("word", path + " (key)", "doomed"))

    def unlisted(self, path):
        """Members that nobody lists, with marks in keys and values."""
        gone = lambda: self.mark(path + ".*", "unlisted")
        return [
            f"{self.key(path)}:{gone()}",
            f'{self.key(path)}:{{{self.key(path)}:{gone()},"a":[{gone()},[{gone()}]]}}',
            f'"_wafveil":{{"a":{gone()}}}',
        ]

    def pair(self, path, members, kind_of_value, header=""):
        """An object of "name", "value" and perhaps "key" in both orders."""

        def one(order):
            value = self.mark(path + ".value", kind_of_value, header)
            texts = [f"{json.dumps(k)}:{json.dumps(v)}" for k, v in members] + [f'"value":{value}']
            more = self.unlisted(path) if header == "accept" else []
            return "{" + ",".join((texts[::-1] if order else texts) + more) + "}"

        return [one(False), one(True)]

    def broken_pairs(self, path):
        gone = lambda: self.mark(path + ".value", "doomed")
        name = lambda: self.spell(self.marks.new("word", path + ".name", "doomed"))
        return [
            f'{{"value":{gone()}}}',
            f'{{"name":"Accept","value":{gone()},"name":"Cookie"}}',
            f'{{"name":7,"value":{gone()}}}',
            f'{{"name":null,"value":{gone()}}}',
            f'{{"name":"","value":{gone()}}}',
            f'{{"name":["Accept"],"value":{gone()}}}',
            f'{{"name":"Accept","value":{{"a":{gone()}}}}}',
            f'{{"name":"Accept","value":[{gone()}]}}',
            f'{{"name":"Accept","value":7,"value":{gone()}}}',
            f'{{"name":{name()},"value":"-"}}',
            f'{{"name":{name()},"value":"REDACTED"}}',
            f'{{"name":{name()},"value":{gone()}}}',
            f'{{"name":{name()}}}',
        ]

    def headers(self, path, table, more=()):
        objects = []
        for kind_of_value, names in load("names", table).items():
            if kind_of_value in ("comment",) or kind_of_value.startswith("$"):
                continue
            for name in names[:2] if more else names:
                objects += self.pair(path, [*more, ("name", name.title())], kind_of_value, name)
        for name in [*ALLOWED, "x-something-else"]:
            objects += self.pair(path, [*more, ("name", name)], "header", name)
        return objects

    def pairs(self, path, spec):
        if "select" not in spec["pairs"]:
            return self.headers(path, spec["classes"]) + self.broken_pairs(path)
        objects = []
        for select, kind_of_value in spec["classes"].items():
            if kind_of_value.startswith("@"):
                objects += self.headers(path, kind_of_value[1:], [("key", select)])
            else:
                objects += self.pair(path, [("key", select)], kind_of_value)
        objects += self.pair(path, [("key", "NOBODY_KNOWS")], "doomed")
        objects += self.pair(path, [("key", "IP"), ("key", "HTTP_METHOD")], "doomed")
        objects += self.pair(path, [], "doomed")
        return objects

    def leaf(self, path, spec, is_array):
        """The value, then what else can stand where a value is expected."""
        kind_of_value = spec["class"]
        yield self.mark(path, kind_of_value)
        for prefix, special in spec.get("prefixes", {}).items():
            if self.kind != "number":
                yield self.mark(path, special, before=prefix)
        gone = lambda: self.mark(path + ".*", "unlisted")
        yield f'{{{self.key(path)}:{gone()},"a":{gone()}}}'
        yield f"[[{gone()}]]" if is_array else f"[{gone()},[{gone()}]]"

    def element(self, path, node):
        """The elements of an array."""
        spec = node.get("spec", {})
        if "pairs" in spec:
            return self.pairs(path, spec)
        if "class" in spec:
            if self.kind == "split":
                mark = self.marks.new("split", path, spec["class"])
                return [json.dumps(part) for part in re.split(r"(@|\.)", mark)]
            return [self.mark(path, spec["class"]), f"[{self.mark(path, 'unlisted')}]"]
        loose = [self.mark(path, "unlisted"), f"[{self.mark(path, 'unlisted')}]"]
        return [self.object(path, node), *loose, self.object(path, node)]

    def values(self, path, node):
        if "spec" in node:
            yield from self.leaf(path, node["spec"], "[]" in node)
        if "[]" in node:
            yield "[" + ",".join(self.element(path + "[]", node["[]"])) + "]"
        elif "spec" not in node:
            yield self.object(path, node)
            yield self.mark(path, "unlisted")
            yield f"[{self.mark(path, 'unlisted')}]"

    def object(self, path, node):
        members = self.unlisted(path)
        for name, inner in node.items():
            if name.startswith("."):
                inner_path = f"{path}{name}".lstrip(".")
                for value in self.values(inner_path, inner):
                    members.append(f'"{name[1:]}":{value}')
        return "{" + ",".join(members + self.unlisted(path)) + "}"

    def record(self):
        return self.object("", self.tree)


def client_records(form):
    """The client's address in every string there is, in many spellings."""
    spellings = [
        CLIENT,
        "::ffff:" + CLIENT,
        "[::FFFF:CB00:714D]:443",
        percent(CLIENT),
        percent(percent(CLIENT)),
        CLIENT.replace(".", "%2e"),
        f"x={CLIENT}&y=http://{CLIENT}/z",
        f"a {CLIENT}, {CLIENT}",
        CLIENT6,
        CLIENT6.upper(),
        "2001:0DB8:0077:0000:0000:0000:0000:001F",
        percent(CLIENT6),
    ]
    for text in spellings:
        marks = Marks()
        record = Writer(form, marks, "word", "plain").record()
        record = re.sub(r"qz[bcdfghjklmnprstv]{5}xw", lambda _: text, record)
        known = f'{{"httpRequest":{{"clientIp":"{CLIENT}","clientIp":"{CLIENT6}"}},'
        yield known + record[1:]
        yield record[:-1] + "," + known[1:-1] + "}"


def planted(form):
    marks = Marks()
    records = []
    for kind in ("word", "email", "token", "address"):
        for spelling in SPELLINGS:
            records.append(Writer(form, marks, kind, spelling).record())
    records.append(Writer(form, marks, "number", "plain").record())
    records.append(Writer(form, marks, "split", "plain").record())
    return marks, records


def broken(record):
    """Records that cannot be read: cut off, and with escapes that are none."""
    for end in range(1, len(record) - 1, 97 * (1 + len(record) // 97 // 400)):
        yield record[:end]
    for at in range(40, len(record) - 80, 97 * (1 + len(record) // 97 // 100)):
        quote = record.find('"', at)
        yield record[: quote + 1] + "\\x" + record[quote + 1 :]
        yield record[: quote + 1] + "\\u12" + record[quote + 1 :]
        yield record[:quote] + record[quote + 1 :]


# ---- Running -------------------------------------------------------------------------------------


def run(program, region, records, folder):
    rejects = pathlib.Path(folder) / "rejects"
    rejects.write_text("")
    done = subprocess.run(
        [program, "filter", "--region", region, "--seed", SEED, "--rejects", str(rejects)],
        input="\n".join(records).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode not in (0, 3):
        sys.exit(f"{program}: exit status {done.returncode}: {done.stderr.decode()}")
    return {
        "output": done.stdout.decode(),
        "rejects": rejects.read_text(),
        "stderr": done.stderr.decode(),
    }


class Score:
    def __init__(self):
        self.passed = self.failed = 0

    def take(self, name, found):
        if not found:
            self.passed += 1
            return
        self.failed += 1
        print(f"FAILED {name}: {len(found)} leaks")
        for one in sorted(found)[:12]:
            print(f"    {one}")


def check_region(program, region, form, score, folder):
    rules = rules_of(region)
    marks, records = planted(form)
    came = run(program, region, records, folder)
    if came["output"].count("\n") != len(records):
        score.take(f"{region}: published", {"not every record was published"})
    for where, text in came.items():
        score.take(f"{region}: {where}", leaks(text, marks, rules if where == "output" else None))

    clients = list(client_records(form))
    came = run(program, region, clients, folder)
    nothing = Marks()
    for where, text in came.items():
        score.take(f"{region}: client in {where}", leaks(text, nothing, rules))

    for number in (0, 1, 5):
        came = run(program, region, list(broken(records[number])), folder)
        if came["rejects"].count("\n") < 100:
            score.take(f"{region}: broken", {"fewer records were rejected than are broken"})
        for where, text in came.items():
            allowed = rules if where == "output" else None
            score.take(f"{region}: broken {number} in {where}", leaks(text, marks, allowed))


def self_test(form):
    """What was planted is all found where nothing is taken away, in every spelling."""
    score = Score()
    marks, records = planted(form)
    rules = rules_of("refused")
    whole = "\n".join(records)
    every = {
        f"{kind} of {path} (class {of} {header})".strip()
        for kind, path, of, header in marks.places
        if kind not in passes(rules, of, header) and kind != "split"
    }
    score.take("planted marks that are not found", every - leaks(whole, marks, rules))
    for kind in ("word", "email", "token", "address", "number"):
        one = Marks()
        text = one.new(kind, "somewhere", "unlisted")
        ways = [text, percent(text), percent(percent(text))]
        ways += [SPELLINGS["escaped"](text), base64.b64encode(b"ab" + text.encode() + b"c").decode()]
        for way in ways:
            missed = set() if leaks(f"{{{way}}}", one, rules) else {way}
            score.take(f"{kind} that is not found", missed)
    for text in (CLIENT, percent(CLIENT), CLIENT6.upper(), "::FFFF:CB00:714D"):
        missed = set() if leaks(f"x {text} y", Marks(), rules) else {text}
        score.take("client that is not found", missed)
    score.take("a cut address is no leak", leaks("198.18.3.0 203.0.113.0 2001:db8:77::", marks, None))
    return score


def main():
    form = load("format", "aws-waf")
    if sys.argv[1:] == ["--self-test"]:
        score = self_test(form)
    elif len(sys.argv) == 2:
        score = Score()
        with tempfile.TemporaryDirectory() as folder:
            for region in REGIONS:
                check_region(sys.argv[1], region, form, score, folder)
    else:
        sys.exit("tests/leak/run.py <wafveil>, or --self-test")
    print(f"{score.passed} passed, {score.failed} failed")
    sys.exit(1 if score.failed else 0)


if __name__ == "__main__":
    main()
