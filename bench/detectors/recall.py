"""The cases of recall: every spelling of every kind in every place and encoding, and what stands around it."""

import functools
import random as randoms
import typing

import identifiers
import places
from identifiers import REGION, SHAPE, WORDS

PACKS = ("eu", "uk", "jp", "us")  # of the regions that the program has a pack for; "" is all regions
ELSEWHERE = "us"  # a region in which no kind is at home


class Case(typing.NamedTuple):
    kind: str
    spelling: str
    place: str
    encoding: str
    region: str     # of the record
    around: str     # what stands there: with {} for the identifier
    told: bool      # whether that is words that say what it is
    made: str       # with what belongs to it but is not personal
    text: bytes
    begin: int      # of what is planted in the text
    end: int


def parts_of(made):
    return made if isinstance(made, tuple) else ("", made, "")


def in_words(kind, spelling, number):
    """(region, sentence) of the number-th case: at home or behind words."""
    home = kind.home if kind.home in PACKS else ""
    if spelling.needs == SHAPE:
        return ("eu", ELSEWHERE, "")[number % 3], ""
    if spelling.needs == REGION and number % 2 == 0:
        return home, ""
    return ("eu", ELSEWHERE, "jp")[number % 3], kind.sentences[number // 2 % len(kind.sentences)]


@functools.lru_cache(maxsize=None)
def written(place, encoding, sign):
    own = places.PLACES[place].own if encoding in places.AS_IT_IS else str
    return "".join(own(one) for one in places.ENCODINGS[encoding](sign)).encode()


def write(place, encoding, texts):
    """The bytes of the texts one after another, and where each begins."""
    out, begins = places.PLACES[place].before.encode(), []
    for text in texts:
        begins.append(len(out))
        out += b"".join(written(place, encoding, sign) for sign in text)
    return out + places.PLACES[place].behind.encode(), begins


def case_of(kind, spelling, place, encoding, number, random):
    before, planted, behind = parts_of(spelling.make(random))
    region, sentence = in_words(kind, spelling, number)
    if sentence:
        head, tail = sentence.split("{}")
        left, right = "", ""
    else:
        head, tail = "", ""
        left, right = places.AROUND[number % len(places.AROUND)]
    if place == "JSON number":
        if sentence or not places.is_number(planted) or encoding != "raw" or before:
            return None
        left = right = ""
    text, begins = write(place, encoding, (left + head + before, planted, behind + tail + right))
    return Case(kind.label, spelling.name, place, encoding, region, sentence or f"{left}{{}}{right}", bool(sentence),
                before + planted + behind, text, begins[1], begins[2])


def cases(seed, rounds, beyond=False, share=1):
    """`rounds` cases for each spelling in each place and encoding, with what stands around it in turn; of so many one
    is made."""
    for kind in identifiers.KINDS:
        random = randoms.Random(f"{seed}/{kind.label}/{beyond}")
        for spelling in kind.beyond if beyond else kind.spellings:
            number = random.randrange(100)
            for place in places.PLACES:
                for encoding in places.ENCODINGS:
                    for _ in range(rounds):
                        number += 1
                        case = (case_of(kind, spelling, place, encoding, number, random) if number % share == 0
                                else None)
                        if case:
                            yield case
