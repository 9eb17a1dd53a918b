"""Where identifiers stand, what stands around them, and how they are encoded.

An encoding is a function of one character, so that it is known where the planted bytes are in the result. A
place is what stands before and behind the text; what it cannot hold as it is (a quote in a string) is written
as the syntax of the place wants it, unless the encoding has done so already.
"""

import html.entities
import typing

UNRESERVED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def is_alnum(sign):
    return sign.isascii() and sign.isalnum()


def percent(sign):
    return "".join(f"%{byte:02X}" for byte in sign.encode())


def as_percent(sign):
    return sign if sign in UNRESERVED else percent(sign)


def as_percent_small(sign):
    return as_percent(sign).lower() if sign not in UNRESERVED else sign


def as_percent_twice(sign):
    return as_percent(sign).replace("%", "%25")


def as_form(sign):
    return "+" if sign == " " else as_percent(sign)


def utf16(sign):
    data = sign.encode("utf-16-be")
    return [int.from_bytes(data[at:at + 2], "big") for at in range(0, len(data), 2)]


def as_json(sign):
    """As encoders write what is not plain ASCII."""
    return sign if sign.isascii() and sign not in '"\\' else "".join(f"\\u{unit:04x}" for unit in utf16(sign))


def as_json_all(sign):
    return sign if is_alnum(sign) else "".join(f"\\u{unit:04x}" for unit in utf16(sign))


def as_decimal(sign):
    return sign if is_alnum(sign) or sign == " " else f"&#{ord(sign)};"


def as_hex(sign):
    return sign if is_alnum(sign) or sign == " " else f"&#x{ord(sign):x};"


NAMES = {sign: name for name, sign in sorted(html.entities.html5.items(), reverse=True)
         if len(sign) == 1 and name.endswith(";") and not is_alnum(sign)}
NAMES.update({"@": "commat;", ".": "period;", "-": "hyphen;", "+": "plus;", "(": "lpar;", ")": "rpar;",
              "\u00a0": "nbsp;", "_": "lowbar;", "|": "vert;"})


def as_named(sign):
    return f"&{NAMES[sign]}" if sign in NAMES and sign != " " else sign


def as_x(sign):
    return sign if is_alnum(sign) or sign == " " else "".join(f"\\x{byte:02x}" for byte in sign.encode())


def as_u_percent(sign):
    return sign if sign in UNRESERVED else "".join(f"%u{unit:04X}" for unit in utf16(sign))


def as_wide(sign):
    """Letters and digits of the full width, as a Japanese keyboard writes them."""
    return chr(ord(sign) - ord("!") + 0xff01) if is_alnum(sign) else sign


def as_wide_all(sign):
    return chr(ord(sign) - ord("!") + 0xff01) if "!" <= sign <= "~" else sign


ENCODINGS = {
    "raw": str,
    "percent": as_percent,
    "percent, small": as_percent_small,
    "percent, all": percent,
    "percent twice": as_percent_twice,
    "form": as_form,
    "JSON": as_json,
    "JSON, special": as_json_all,
    "entities, decimal": as_decimal,
    "entities, hex": as_hex,
    "entities, named": as_named,
    "\\x": as_x,
    "%u": as_u_percent,
    "full width": as_wide,
    "full width, all": as_wide_all,
    "full width, percent": lambda sign: as_percent(as_wide(sign)),
}


# Of these the place still has to write what it cannot hold.
AS_IT_IS = ("raw", "full width", "full width, all")


class Place(typing.NamedTuple):
    before: str
    behind: str
    own: typing.Callable = str  # how the place writes what it cannot hold
    allows: typing.Callable = lambda text: True


def as_segment(sign):
    return percent(sign) if sign in "/?#% " else sign


def as_value(sign):
    return percent(sign) if sign in "&#%+ " else sign


def as_cookie(sign):
    return percent(sign) if sign in ";, " else sign


def as_sql(sign):
    return sign * 2 if sign == "'" else sign


def as_attribute(sign):
    return {'"': "&quot;", "&": "&amp;"}.get(sign, sign)


def as_markup(sign):
    return {"<": "&lt;", "&": "&amp;"}.get(sign, sign)


def is_number(text):
    return text.isascii() and text.isdigit() and text[0] != "0"


PLACES = {
    "path": Place("/shop/item/", "/view", as_segment),
    "query": Place("item=", "", as_value),
    "several": Place("page=2&item=", "&sort=up&x=7", as_value),
    "header": Place("X-Remark: ", ""),
    "cookie": Place("theme=dark; remark=", "; lang=en", as_cookie),
    "SQL": Place("1' UNION SELECT a,b FROM t WHERE c='", "'-- -", as_sql),
    "XSS": Place('"><img src=x alt="', '" onerror=alert(1)>', as_attribute),
    "JSON string": Place('{"remark":"', '","n":1}', as_json),
    "JSON number": Place('{"n":1,"v":', ',"w":2}', allows=is_number),
    "XML": Place("<r><item>", "</item></r>", as_markup),
    "log": Place("2026-11-22T10:20:30Z WARN shop remark ", " was refused"),
    "Referer": Place("https://shop.example/p/find?item=", "#top", as_value),
}

# What stands beside the identifier in the same text. Never a letter, digit or sign that would belong to it.
AROUND = (
    ("", ""), ("see ", " please"), ("7 ", " 42"), ("(", ")"), ("«", "»"), ("“", "”"), ("item: ", ", thanks"),
    ("<b>", "</b>"),
    ("お客様「", "」です"), ("für ", " übrig"), ("is it ", "?"), ("list [", "]"), ("a;", ";b"), ("ends with ", "."),
    ("|", "|"), ("tab\t", "\tstop"), ("no 12, ", ", 3 pieces"),
)
