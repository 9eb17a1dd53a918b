"""Which rules matched before, and which match what is left of a request."""

import collections
import json
import os
import re
import subprocess
import tempfile
import typing

import as_record
import attacks
import replay

LEVELS = (1, 2)
SEED = "".join(f"{number:02x}" for number in range(32))
PATH_AS_VALUE, PAYLOAD = "path, as a value", "matched payload"
READABLE = (*attacks.READABLE, PATH_AS_VALUE, PAYLOAD)
KINDS = {**dict.fromkeys(READABLE, "readable"), attacks.BENIGN: "visitors", "telling": "telling"}
PLACEHOLDER = re.compile(r"~[A-Z][A-Z_]*(?:\.[a-z0-9]+)?~|_[A-Z]+(?:_[A-Z]+)*(?:\.[a-z0-9]+)?_|\{[a-z][a-z0-9_-]*\}")
SPELLINGS = ("tilde", "words")
# Where a placeholder can stand; an ordinary word in its place shows what is not its doing.
PLACES = ("/shop/@", "/shop/@/list", "/search?x=@", "/search?x=a%20@%20b", "/search?x='@'", '/search?x="@"',
          "/search?x=(@)", "/search?x=@,@,@", "/search?x=@%20@%20@%20@%20@%20@%20@", "/search?@=1",
          "/search?x=mail%3D@;tel%3D@", "/search?x=http://@/")
WORD = "word"


class Case(typing.NamedTuple):
    """One comparison. number is that of the request; after is None if nothing of it came out."""

    number: int
    category: str
    position: str
    before: attacks.Request
    after: typing.Optional[attacks.Request]


def configuration(pack, placeholders):
    """One tenant of that region, one output."""
    return {"inputs": [{"format": "aws-waf", "tenant": {"name": "shop", "region": pack}}],
            "regions": [{"from": "tenant"}],
            "outputs": [{"name": "soc", "purpose": "security", "placeholders": placeholders}]}


def protected(program, pack, requests, placeholders=SPELLINGS[0]):
    """What is left of each; None where the record was rejected or replaced by a stub."""
    with tempfile.TemporaryDirectory(prefix="wafveil-utility-") as folder:
        rejects, config = os.path.join(folder, "rejects"), os.path.join(folder, "wafveil.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump(configuration(pack, placeholders), file)
        lines = "".join(as_record.record_of(request) + "\n" for request in requests)
        done = subprocess.run(
            [program, "filter", "--config", config, "--seed", SEED, "--rejects", rejects],
            input=lines.encode(), capture_output=True, check=False, timeout=300)
        if done.returncode not in (0, 3):
            raise replay.Problem(f"{program}: {done.stderr.decode(errors='replace').strip()}")
        with open(rejects, encoding="utf-8") as file:
            rejected = {json.loads(line)["line"] for line in file}
    out = iter(done.stdout.decode().splitlines())
    left = []
    for number, request in enumerate(requests, 1):
        line = None if number in rejected else next(out)
        usable = line is not None and not as_record.is_stub(line)
        left.append(as_record.request_of(line, request.category, request.position) if usable else None)
    return left


def as_value(request, text, encode):
    """The text again, where all rules look."""
    return request and request._replace(method="GET", target="/search?item=" + encode(text),
                                        headers=attacks.with_headers(), evidence=())


def path_of(request):
    return request.target.partition("?")[0] if request else ""


def path_value(path):
    """It is encoded already, but for what means something else in a query."""
    return path.replace("&", "%26").replace("+", "%2B")


def payload_of(request):
    return " ".join(request.evidence) if request else ""


def cases_of(requests, left, categories):
    """Payloads that are the same are compared once."""
    seen = set()
    for number, (before, after) in enumerate(zip(requests, left)):
        if before.category not in categories:
            continue
        yield Case(number, before.category, before.position, before, after)
        if before.position == "path":
            yield Case(number, before.category, PATH_AS_VALUE,
                       *(as_value(one, path_of(one), path_value) for one in (before, after)))
        if before.evidence and payload_of(before) not in seen:
            seen.add(payload_of(before))
            yield Case(number, before.category, PAYLOAD,
                       *(as_value(one, payload_of(one), attacks.encoded) for one in (before, after)))


class Results:
    """Everything that was compared."""

    def __init__(self, program, pack, categories, placeholders):
        self.requests = attacks.all_requests()
        self.left = protected(program, pack, self.requests, placeholders)
        self.cases = list(cases_of(self.requests, self.left, categories))
        self.replays = {level: replay.Replay(level) for level in LEVELS}
        for one in self.replays.values():
            one.ask([side for case in self.cases for side in (case.before, case.after) if side])
        self.outcomes = {level: [(case, *self.rules(case, level)) for case in self.cases] for level in LEVELS}

    def rules(self, case, level):
        """(before, after)"""
        ask = self.replays[level].rules_of
        return ask(case.before), ask(case.after) if case.after else frozenset()

    def share(self, positions, level):
        """Of the cases in which a rule matches before or after; all of visitors. How many there are, how many
        have the same rules, and in how many one of those before still matches."""
        count = same = seen = 0
        for case, before, after in self.outcomes[level]:
            if case.position in positions and (before or after or case.category == attacks.BENIGN):
                count += 1
                same += before == after
                seen += bool(before & after)
        return {"cases": count, "same": same, "seen": seen}

    def changed(self, lost):
        """By rule: at which level it matches first, how often and in what it was lost or gained."""
        top, found = LEVELS[-1], {}
        for case, before, after in self.outcomes[top]:
            for rule in (before - after if lost else after - before):
                entry = found.setdefault(rule, {
                    "rule": rule, "says": self.replays[top].names[rule], "level": self.level_of(rule),
                    "readable": 0, "visitors": 0, "telling": 0, "elsewhere": 0,
                    "positions": collections.Counter(), "example": case.number})
                kind = KINDS.get(case.position, "elsewhere")
                if kind == "readable" and not entry["readable"]:
                    entry["example"] = case.number
                entry[kind] += 1
                entry["positions"][case.position] += 1
        return sorted(found.values(), key=lambda one: (
            -one["readable"], -one["visitors"], -one["telling"], -one["elsewhere"], one["rule"]))

    def level_of(self, rule):
        return next(level for level in LEVELS if rule in self.replays[level].names or level == LEVELS[-1])

    def placeholders(self):
        """What stands in results and in no request; a token in it is not told from another."""
        found = {}
        for before, after in zip(self.requests, self.left):
            if after:
                old = " ".join((before.target, *before.evidence, *(value for _, value in before.headers)))
                new = " ".join((after.target, *after.evidence, *(value for _, value in after.headers)))
                for one in PLACEHOLDER.findall(new):
                    if one not in old:
                        found.setdefault(one.partition(".")[0], one)
        return sorted(found.values())

    def tripping(self):
        """Where placeholders do what a word does not."""
        asked = [(one, place, attacks.Request("", "", "GET", place.replace("@", one),
                                              attacks.with_headers(), ()))
                 for one in (WORD, *self.placeholders()) for place in PLACES]
        found = {}
        for level, answers in self.replays.items():
            answers.ask([request for _, _, request in asked])
            usual = {place: answers.rules_of(request) for one, place, request in asked if one == WORD}
            for one, place, request in asked:
                for rule in sorted(answers.rules_of(request) - usual[place]):
                    if self.level_of(rule) == level:
                        found.setdefault((level, rule, place), []).append(one)
        return [{"level": level, "rule": rule, "place": place, "placeholders": those}
                for (level, rule, place), those in found.items()]
