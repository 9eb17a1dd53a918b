"""What is known not to be right: where recall is not whole, and false hits in what must have none.

The table counts these apart. The test fails for what is not listed here, and for what is listed and does not happen
any more: then it must go from here.
"""

import re

import places

CODED = ("JSON", "JSON, special", "entities, decimal", "entities, hex", "entities, named", "\\x", "%u")
KNOWN_NAMES = {"amp;", "lt;", "gt;", "quot;", "apos;", "commat;", "period;", "colon;", "equals;", "sol;", "percnt;",
               "num;",
               "plus;", "nbsp;", "semi;", "lowbar;", "hyphen;", "Tab;", "NewLine;"}



def is_foreign(text):
    return not text.isascii()


def is_coded(case):
    """Letters outside ASCII are written by escapes of characters."""
    return case.encoding in CODED or (case.place == "JSON string"
                                      and case.encoding in places.AS_IT_IS)


def head(case):
    return case.around.split("{}")[0] if case.told else ""


def signs(case):
    """What must be read to find it."""
    return head(case) + case.made


def named(case):
    return case.encoding == "entities, named" and any(
        places.NAMES[sign] not in KNOWN_NAMES for sign in signs(case) if sign in places.NAMES and sign != " ")


GAPS = {
    "e-mail in escapes of characters": lambda case: case.kind == "EMAIL" and is_foreign(case.made) and is_coded(case),
}


# (kind of lookalikes.NEVER, label). Rare ones do not happen in every run.
FALSE = set()
RARE = {("fingerprint", "MAC"), ("fingerprint", "US_SSN")}


def gap_of(case):
    return next((name for name, explains in GAPS.items() if explains(case)), "")
