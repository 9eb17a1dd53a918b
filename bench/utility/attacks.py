"""The requests of the measurement: every attack of payloads.py in every position, and visitors.

The list is the same in every run, and so is the number of each request.
"""

import itertools
import re
import typing

import payloads

SHOP = "shop.example.com"
BROWSER = ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
           "Chrome/126.0.0.0 Safari/537.36")
BENIGN = "benign"
# What a policy means to keep readable; of the others it takes the value as a whole.
READABLE = ("path", "query", "several", "beside")
POSITIONS = (*READABLE, "telling", "agent", "header", "cookie", "referer", "host")

ORDINARY_NAMES = ("item", "page", "sort", "file", "id", "ref", "cat", "lang", "view")
TELLING_NAMES = ("user", "email", "password", "token", "phone", "card", "login", "address", "code")
UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
# What a client must encode even if it encodes as little as it can.
SPECIAL = {"path": b" %?#", "query": b" %&#+"}
MARK = re.compile(r"\[\[(\w+)\]\]")


class Request(typing.NamedTuple):
    """evidence: what a firewall says that it matched, in pieces or as one."""

    category: str
    position: str
    method: str
    target: str
    headers: tuple
    evidence: tuple


class Persons:
    """Puts the next personal value of its kind wherever a text has a mark."""

    def __init__(self):
        self.values = {kind: itertools.cycle(values) for kind, values in payloads.PERSONAL.items()}

    def fill(self, text):
        return MARK.sub(lambda mark: next(self.values[mark[1]]), text)


def encoded(text):
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in text.encode())


def plain(text, where):
    """As little as possible is encoded."""
    return "".join(f"%{byte:02X}" if byte <= 0x1f or byte >= 0x7f or byte in SPECIAL[where] else chr(byte)
                   for byte in text.encode())


def with_headers(*more):
    """A browser's, but for those that are named."""
    headers = {"Host": SHOP, "User-Agent": BROWSER, "Accept": "*/*"}
    headers.update(more)
    return tuple(headers.items())


def pieces(category, text):
    """Firewalls tell SQL by its words, and anything else by what stands there."""
    return tuple(text.split(" ")) if category == "sqli" else (text,)


def targets(persons, text, number):
    """(position, target) for all places in a URL, with both ways to encode."""
    ordinary = ORDINARY_NAMES[number % len(ORDINARY_NAMES)]
    telling = TELLING_NAMES[number % len(TELLING_NAMES)]
    for path, query in ((plain(text, "path"), plain(text, "query")), (encoded(text), encoded(text))):
        end = ("", "/list", "?page=2")[number % 3]
        yield "path", f"/shop/{path}{end}"
        yield "query", f"/search?{ordinary}={query}&x=1"
        yield "telling", f"/search?x=1&{telling}={query}"
        mail, phone = persons.fill("[[email]]"), persons.fill("[[phone]]")
        yield "several", f"/search?mail={encoded(mail)}&{ordinary}={query}&tel={encoded(phone)}&x=1"
        other = persons.fill(("[[email]]", "[[ip]]", "[[card]]", "[[jwt]]", "[[phone]]")[number % 5])
        yield "beside", f"/search?{ordinary}={encoded(other)}%20{query}"


def headers_with(text):
    """(position, header), where a header can hold the text."""
    if text.isascii() and text.isprintable():
        yield "agent", ("User-Agent", f"Mozilla/5.0 {text}")
        yield "header", ("X-Search", text)
    yield "cookie", ("Cookie", f"theme=dark; pref={encoded(text)}")
    yield "referer", ("Referer", f"https://{SHOP}/list?x={encoded(text)}")


def placed(persons):
    """Each attack in each position."""
    for category, texts in payloads.ATTACKS.items():
        for number, text in enumerate(texts):
            filled = persons.fill(text)
            evidence = pieces(category, filled)
            for position, target in targets(persons, filled, number):
                yield Request(category, position, "GET", target, with_headers(), evidence)
            for position, header in headers_with(filled):
                yield Request(category, position, "GET", "/shop", with_headers(header), evidence)


def whole(persons):
    for category, position, method, target, headers in payloads.WHOLE:
        filled = [(name, persons.fill(value)) for name, value in headers]
        yield Request(category, position, method, persons.fill(target), with_headers(*filled), ())


def visits(persons):
    for visit in payloads.VISITS * 2:
        path, _, query = persons.fill(visit[0]).partition("?")
        target = plain(path, "path") + ("?" + plain(query, "query") if query else "")
        headers = [(name, plain(persons.fill(value), "query") if name == "Referer" else persons.fill(value))
                   for name, value in visit[1:]]
        yield Request(BENIGN, BENIGN, "GET", target, with_headers(*headers), ())


def all_requests():
    persons = Persons()
    return [*placed(persons), *whole(persons), *visits(persons)]
