"""Personal values, each of which occurs nowhere else, and how they are found again in any spelling.

Every value carries a number. What is found is a number, so the report can say where a value that came
through was put, without showing it.
"""

import base64
import html
import ipaddress
import json
import os
import re
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "leak"))
import marks  # noqa: E402

LETTERS = "bcdfghjklmnprstv"

# Of the networks for documentation. A cut address ends in zero bits, a planted one never does.
NETWORKS = ["192.0.2", "198.51.100", "203.0.113"]
FIRST, LAST = 1, 254


def word(number):
    return "zq" + "".join(LETTERS[number >> 4 * i & 15] for i in (4, 3, 2, 1, 0)) + "wx"


def luhn(digits):
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def iban(number):
    account = f"37040077{number:010d}"
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def unsigned(data):
    return base64.urlsafe_b64encode(json.dumps(data, separators=(",", ":")).encode()).decode().rstrip("=")


def web_token(number):
    head = unsigned({"alg": "HS256", "typ": "JWT"})
    body = unsigned({"sub": word(number), "email": f"{word(number)}@mail.example.org"})
    return f"{head}.{body}.{word(number)}Sg3Nq0a"


def card(number):
    digits = f"40000077{number:05d}00"
    return digits + luhn(digits)


MAKE = {
    "email": lambda n: f"{word(n)}@mail.example.org",
    "word": word,  # names of users, passwords, sessions
    "token": lambda n: f"9f86d081{word(n)}884c7d65",
    "jwt": web_token,
    "phone": lambda n: f"+4917077{n:05d}",
    "card": card,
    "iban": iban,
    "uuid": lambda n: f"7a71{n:04x}-0a1b-4c2d-8e3f-5a6b7c8d9e0f",
}

# Of small letters. Each begins with letters or digits that are looked for fast.
WORD = re.compile(r"zq([bcdfghjklmnprstv]{5})wx")
UUID = re.compile(r"7a71([0-9a-f]{4})-?0a1b-?4c2d-?8e3f")
ADDRESSES = [
    *(re.compile(rf"{re.escape(network)}\.(?<![0-9.]{network}\.)[0-9]{{1,3}}(?![0-9]|\.[0-9])")
      for network in NETWORKS),
    re.compile(r"2001:0?db8:[0-9a-f:]+"),
]
# In a text without what people put between the digits of a number.
NUMBERS = {
    "phone": re.compile(rb"17077([0-9]{5})"),
    "card": re.compile(rb"40000077([0-9]{5})00[0-9]"),
    "iban": re.compile(rb"37040077([0-9]{10})"),
}
BETWEEN = b" +().-/"
OCTAL = re.compile(r"#([01][0-7]{2})")


class Planted:
    """All values of a run: number, kind, and where it was put."""

    def __init__(self):
        self.places = []
        self.addresses = {}

    def new(self, kind, place):
        number = len(self.places)
        self.places.append((kind, place))
        return MAKE[kind](number)

    def address(self, place, version=4):
        number = len(self.places)
        self.places.append((f"IPv{version} address", place))
        if version == 6:
            text = f"2001:db8:{number // 4 + 1:x}:{number % 4}::{number % 999 + 0xa1:x}"
        else:
            turn = sum(1 for known in self.addresses if ":" not in known)
            text = f"{NETWORKS[turn % 3]}.{FIRST + turn // 3 % LAST}"
        self.addresses[str(ipaddress.ip_address(text))] = number
        return text

    def number_of_address(self, text):
        """A planted address, and any other one of these networks that is not cut."""
        try:
            address = ipaddress.ip_address(text if text.endswith("::") else text.rstrip(":"))
        except ValueError:
            return None
        host_bits = 8 if address.version == 4 else 80
        if int(address) & ((1 << host_bits) - 1) == 0:
            return None
        return self.addresses.get(str(address), -1)

    def found_in(self, text):
        """Numbers of the planted values that can be read in the text."""
        numbers = set()
        for view in set(views(text)):
            numbers.update(self.found_in_view(view.lower()))
        return {number for number in numbers if number < len(self.places)}

    def found_in_view(self, view):
        for letters in set(WORD.findall(view)):
            yield sum(LETTERS.index(letter) << 4 * (4 - at) for at, letter in enumerate(letters))
        for digits in UUID.findall(view):
            yield int(digits, 16)
        for pattern in ADDRESSES:
            for address in set(pattern.findall(view)):
                number = self.number_of_address(address)
                if number is not None:
                    yield number
        digits_only = view.encode(errors="replace").translate(None, BETWEEN)
        for kind, pattern in NUMBERS.items():
            for number in map(int, pattern.findall(digits_only)):
                if number < len(self.places) and self.places[number][0] == kind:
                    yield number

    def describe(self, number):
        if number < 0:
            return "an address that nobody planted"
        kind, place = self.places[number]
        return f"{kind} in {place}"


def views(text):
    """Every way to read it: marks.views() knows escapes, percent-encoding and base64."""
    yield from marks.views(text)
    plain = html.unescape(marks.unescape(text))
    yield plain
    yield OCTAL.sub(lambda found: chr(int(found.group(1), 8)), plain)
    yield urllib.parse.unquote_plus(plain)
