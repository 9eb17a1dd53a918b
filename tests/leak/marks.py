"""Marks: texts that occur nowhere else, how they are spelled, and how they are found again."""

import base64
import json
import re
import urllib.parse

import rules

CLIENT = "203.0.113.77"
CLIENT6 = "2001:db8:77::1f"

# ---- Marks ---------------------------------------------------------------------------------------

KINDS = ["word", "email", "token", "address", "number", "split", "own"]

LETTERS = "bcdfghjklmnprstv"

# What finds the marks of kind "own": a detector as an operator writes it.
DETECTORS = {
    "customer_no": {"pattern": f"KD-[{LETTERS}]{{5}}", "literal": "KD-"},
}


class Marks:
    """Every mark once, with the place where it was put."""

    def __init__(self):
        self.places = []

    def new(self, kind, path, kind_of_value, header=""):
        number = len(self.places)
        assert number < 125_000, "there are no more addresses in the network for benchmarks"
        self.places.append((kind, path, kind_of_value, header))
        core = "qz" + "".join(LETTERS[number >> 4 * i & 15] for i in (4, 3, 2, 1, 0)) + "xw"
        return {
            "word": core,
            "email": f"{core}@mark.example",
            "split": f"{core}@mark.example",
            # As short and plain as most names and values, which nothing else is looked for in.
            "own": f"KD-{core[2:7]}",
            "token": f"9f86d081{number:08x}884c7d65",
            # No time that was made coarse ends like this.
            "number": f"77{number:07d}007",
            # Of the network for benchmarks; the last byte is never 0, which a cut address has.
            "address": f"198.{18 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}",
        }[kind]


    sample = "qz"  # nothing in a mark has a meaning in any syntax

    def key(self):
        """A name that nobody lists, for syntaxes in which it must be a word."""
        return self.new("word", "*", "doomed")


class Same:
    """The same text at every place; there is nothing to tell the places by."""

    def __init__(self, text):
        self.sample, self.places = text, []

    def new(self, *_place):
        return self.sample

    def key(self):
        return "something"


FOUND = re.compile(
    r"qz([bcdfghjklmnprstv]{5})xw"
    r"|KD-([bcdfghjklmnprstv]{5})"
    r"|9f86d081([0-9a-f]{8})884c7d65"
    r"|(?<![0-9])77([0-9]{7})007(?![0-9])"
    r"|(?<![0-9.])198\.(1[89])\.([0-9]{1,3})\.([1-9][0-9]{0,2})(?![0-9.]*[0-9])"
)


def number_of(match):
    word, own, token, number, second, third, fourth = match.groups()
    if word or own:
        value = 0
        for letter in word or own:
            value = value * 16 + LETTERS.index(letter)
        return value
    if token:
        return int(token, 16)
    if number:
        return int(number)
    return (int(second) - 18) * 62500 + int(third) * 250 + int(fourth) - 1


# ---- Spellings -----------------------------------------------------------------------------------


def percent(text):
    return "".join(f"%{byte:02X}" for byte in text.encode())


def as_it_is(text):
    return text


def escape_all(text):
    return '"' + "".join(f"\\u{ord(c):04x}" for c in text) + '"'


def escape_some(text):
    return json.dumps(text).replace("@", "\\u0040").replace(".", "\\u002E")


# How a mark is written in its value, and the value in JSON.
SPELLINGS = {
    "plain": (as_it_is, json.dumps),
    "escaped": (as_it_is, escape_all),
    "mixed": (as_it_is, escape_some),
    "percent": (percent, json.dumps),
    "double": (lambda text: percent(percent(text)), json.dumps),
}

CLIENT_SPELLINGS = [
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
CLIENT6_SPELLINGS = CLIENT_SPELLINGS.index(CLIENT6)  # from here on


# ---- Finding -------------------------------------------------------------------------------------

ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/=|]))')
CODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


def unescape(text):
    def one(match):
        digits = match.group(1) or match.group(2)
        return chr(int(digits, 16)) if digits else match.group(3)

    return ESCAPE.sub(one, text) if "\\" in text else text


def unquote(text):
    """One layer of percent-encoding; many times faster than the function for texts."""
    if "%" not in text:
        return text
    raw = urllib.parse.unquote_to_bytes(text.encode("utf-8", "surrogatepass"))
    return raw.decode("utf-8", "replace")


def decoded(text):
    """As it is, with two layers of escapes taken away, and of percent-encoding up to three."""
    seen = [text]
    for step in (unescape, unescape, unquote, unquote, unquote):
        more = step(seen[-1])
        if more != seen[-1]:
            seen.append(more)
    # Percent-encoding that escapes would hide is looked into as well.
    more = unquote(text)
    return seen if more in seen else [*seen, more]


def from_base64(text):
    """Every run that could be base64, read from each of its first four characters; long ones alone,
    because they can be texts that are escaped themselves."""
    short, long = [], []
    for run in CODED.findall(text):
        run = run.rstrip("=").replace("-", "+").replace("_", "/")
        for start in range(4):
            part = run[start:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            raw = base64.b64decode(part + "=" * (-len(part) % 4)).decode("latin-1")
            (long if len(raw) > 400 else short).append(raw)
    return ["\n".join(short), *long]


def views(text):
    """Every way to read what left the program."""
    yield from decoded(text)
    for level in dict.fromkeys((text, unescape(text))):
        for part in from_base64(level):
            yield from decoded(part)


CLIENTS = re.compile(
    r"(?<![0-9.])203\.0\.113\.77(?![0-9])|::ffff:cb00:714d|2001:0?db8:0{0,2}77:[0:]*:0{0,2}1f(?![0-9a-f])",
    re.IGNORECASE,
)


def survivors(text, marks):
    """The numbers of the marks that can be read somewhere in the text."""
    numbers = set()
    client = False
    for view in views(text):
        numbers.update(map(number_of, FOUND.finditer(view)))
        client = client or CLIENTS.search(view) is not None
    return {number for number in numbers if number < len(marks.places)}, client


def leaks(text, marks, region, elsewhere=None):
    """Every mark in the text that must not be there. region None: none may be. elsewhere: a class
    that every mark may have besides its own."""
    numbers, client = survivors(text, marks)
    found = {"the client's address"} if client else set()
    for number in numbers:
        kind, path, kind_of_value, header = marks.places[number]
        if elsewhere:
            kind_of_value += "|" + elsewhere
        if region is None or kind not in rules.passes(region, kind_of_value, header):
            found.add(f"{kind} of {path} (class {kind_of_value} {header})".replace(" )", ")"))
    return found
