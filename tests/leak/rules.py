"""Which marks may come out of which class of value, read from schemas/policy."""

import functools
import json
import pathlib

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "schemas"

# What a filter lets through of a mark. The client's own address passes nowhere.
PASSES = {
    "keep": {"word", "email", "token", "address", "split", "number", "own"},
    "scrub": {"word", "token", "number"},
    "query": {"word", "token", "number"},  # values: scrub; see passes_step()
    "uri_template": {"word"},  # words: keep; the words of a route
    "headers": {"word", "token", "number"},  # of a header that it allows
}

# Headers that the filter "headers" lets through; the marks in all others must be gone.
ALLOWED = ["accept", "accept-encoding", "cache-control", "expect", "x-requested-with"]

# Classes of our own. "doomed": nothing may come out, whatever the pack says. "key": the name of a
# member or of a pair that may have any name; it stays unless something personal is found in it.
# "method": of a request line; what is no method for certain is read as part of the URL.
OWN = {
    "doomed": set(),
    "key": {"word", "token", "number"},
    "method": {"word", "token", "number", "own"},
}


@functools.lru_cache(maxsize=None)
def load(kind, name):
    return json.loads((SCHEMAS / kind / f"{name}.json").read_bytes())


def formats():
    return sorted(path.stem for path in (SCHEMAS / "format").glob("*.json"))


@functools.lru_cache(maxsize=None)
def rules_of(region):
    pack = load("policy", "refused" if region == "withheld" else region)
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
    return PASSES.get(name, set())


@functools.lru_cache(maxsize=None)
def passes(region, kind_of_value, header):
    """The kinds of marks that may come out of a field. Several classes, joined by "|": it is not
    fixed which of them the value has, but it is one of them."""
    if "|" in kind_of_value:
        return set.union(*(passes(region, one, header) for one in kind_of_value.split("|")))
    if kind_of_value in OWN:
        return OWN[kind_of_value]
    rule = rules_of(region)[kind_of_value]
    sets = []
    for one in rule if isinstance(rule, list) else [rule]:
        through = set.union(*PASSES.values())
        for step in one["value"]:
            through &= passes_step(step, header)
        sets.append(through)
    return set.union(*sets)
