"""Lines of real producers through the program, and what must be true of what comes out."""

import json
import os
import re
import subprocess

import facts

SEED = "".join(f"{number:02x}" for number in range(32))
SHOWN = 6
# Rule 942131 of the core rule set looks into what it captured before, and logs the name of the whole
# argument with that piece as its value. Half an address in a comment is left, and nothing in the line
# tells that it is one.
HALF_AN_ADDRESS = re.compile(
    r"(Matched Data: script[^ ]{1,12})(zq[a-z]{5}wx)(?= found within ARGS:comment: script\b)")


class Score:
    def __init__(self):
        self.passed = self.failed = 0

    def take(self, name, problems):
        problems = list(problems)
        if not problems:
            self.passed += 1
            print(f"ok    {name}")
            return
        self.failed += 1
        print(f"FAIL  {name}: {len(problems)}")
        for one in problems[:SHOWN]:
            print(f"      {one}")

    def last_line(self):
        return f"{self.passed} passed, {self.failed} failed"


def is_json(text):
    try:
        json.loads(text)
        return True
    except ValueError:
        return False


def readable(line):
    return line.decode("utf-8", "replace")


class Protected:
    """One run of `wafveil filter`: the lines that were published, and the numbers of the others."""

    def __init__(self, program, folder, lines, region="eu"):
        rejects = os.path.join(folder, "rejects")
        done = subprocess.run(
            [program, "filter", "--format", "auto", "--region", region, "--seed", SEED,
             "--rejects", rejects],
            input=b"".join(line + b"\n" for line in lines), capture_output=True, check=False,
            timeout=60)
        self.code, self.said = done.returncode, readable(done.stderr)
        self.out = done.stdout.split(b"\n")[:-1]
        with open(rejects, encoding="utf-8", errors="replace") as file:
            self.told = file.read()
        self.rejected = {one["line"]: one["reason"] for one in map(json.loads, self.told.splitlines())}
        kept = [line for number, line in enumerate(lines, 1) if number not in self.rejected]
        self.complete = self.code in (0, 3) and len(kept) == len(self.out)
        self.pairs = [(readable(a), readable(b)) for a, b in zip(kept, self.out)]


def leaks(planted, texts):
    """Where each personal value was put that can be read in one of the texts, and that text."""
    texts = [HALF_AN_ADDRESS.sub(r"\1", text) for text in texts]
    if not planted.found_in("\n".join(texts)):
        return
    first = {}
    for text in texts:
        for number in planted.found_in(text):
            first.setdefault(number, text)
    for number, text in sorted(first.items()):
        yield f"{planted.describe(number)} is in: {around(planted, number, text)}"
    if not first:
        yield "a value that can be read only where lines meet"


def around(planted, number, text):
    """The part of a long text that the value is in; halves are taken while one of them has it."""
    while len(text) > 400:
        middle = len(text) // 2
        for half in (text[:middle + 80], text[middle - 80:]):
            if number in planted.found_in(half):
                text = half
                break
        else:
            break
    return text[:1000]


def show_rejects(lines, rejected, may):
    for number, reason in rejected.items():
        line = readable(lines[number - 1])
        if may is None or not may(line):
            yield f"line {number} ({reason}): {line[:300]}"


def compare(pairs):
    for before, after in pairs:
        try:
            found = facts.differences(before, after)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            yield f"{error!r} in {after[:300]}"
            continue
        yield from found


def batch(score, program, folder, planted, name, lines, may_be_rejected=None):
    """All checks of a batch of lines. may_be_rejected: what the producer or shipper has broken."""
    done = Protected(program, folder, lines)
    score.take(f"{name}: {len(lines)} lines, none is lost", [] if done.complete else [
        f"{len(lines)} in, {len(done.out)} out, {len(done.rejected)} rejected, exit {done.code}: "
        f"{done.said[-300:]}"])
    score.take(f"{name}: none is rejected", show_rejects(lines, done.rejected, may_be_rejected))
    score.take(f"{name}: nothing personal comes out",
               leaks(planted, [readable(line) for line in done.out] + [done.told, done.said]))
    score.take(f"{name}: what was JSON is JSON",
               (f"{after[:300]}" for before, after in done.pairs
                if is_json(before) and not is_json(after)))
    score.take(f"{name}: rules and attacks are still there",
               [*compare(done.pairs), *([] if done.pairs else ["nothing was published"])])
    return done


def strictest(score, program, folder, planted, lines):
    """Where nobody knows whose law applies, or somebody refused, matched data goes as well."""
    for region in ("unknown", "refused"):
        done = Protected(program, folder, lines, region)
        texts = [readable(line) for line in done.out]
        score.take(f"region {region}: nothing personal comes out",
                   [*leaks(planted, texts), *([] if texts else ["nothing was published"])])
