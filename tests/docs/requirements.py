"""Holds docs/requirements.md to the tests: every requirement has its row, every test that a row names
exists, a row without a test says what is not done, and every id that the program prints is there."""
import glob
import os
import re

# Groups whose every requirement has a row, and how many there are.
GROUPS = {"PUR": 10, "TRF": 13, "REG": 7, "CTR": 14, "RET": 5, "CAL": 6}
PAGE = "docs/requirements.md"
ROW = re.compile(r"^\| ([A-Z]{3}-\d+) \| (.*) \|$", re.M)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def names_of(root, owner):
    """The tests of a program of tests/unit, or of the cases against a real Kafka; None: no such."""
    if owner == "tests/kafka":
        return {name for file in ("cases", "audit_cases", "key_cases", "security_cases")
                for name in re.findall(r"@test\ndef (\w+)", read(root, f"tests/kafka/{file}.py"))}
    path = f"tests/unit/{owner}.c"
    if not os.path.exists(os.path.join(root, path)):
        return None
    return set(re.findall(r"START_TEST\((\w+)\)", read(root, path)))


def check_part(checks, root, where, part):
    """One of the parts between semicolons; whether it names a test."""
    words = re.findall(r"`([^`]+)`", part)
    transcript = re.match(r"transcript `(\w+)`: (\S+)$", part)
    if transcript:
        path = f"tests/cli/{transcript[1]}.transcript"
        there = os.path.exists(os.path.join(root, path))
        checks.check(there and transcript[2] in read(root, path), where,
                     f"{path} shows no {transcript[2]}")
    elif words and (words[0].startswith("test_") or words[0] == "tests/kafka"):
        known = names_of(root, words[0])
        checks.check(known is not None, where, f"there is no {words[0]}")
        checks.check(len(words) > 1, where, f"names no test of {words[0]}")
        for word in words[1:]:
            checks.check(word in (known or ()), where, f"{words[0]} has no test {word}")
    elif words and words[0].startswith("tests/"):
        checks.check(os.path.exists(os.path.join(root, words[0])), where, f"there is no {words[0]}")
    else:
        return False
    return True


def check_row(checks, root, name, cells):
    where = f"{PAGE}, {name}"
    checks.check(len(cells) == 3 and all(cells), where, "must have four cells")
    shown = cells[-1]
    named = [check_part(checks, root, where, part.strip()) for part in shown.split(";")]
    if shown == "–":
        checks.check("not done" in cells[1].lower(), where, "no test, and not \"not done\"")
    elif shown != "by construction":
        checks.check(all(named), where, f"names no test: {shown}")


def printed(root):
    """Requirements that messages of the program end with."""
    found = set()
    for path in glob.glob(os.path.join(root, "pipeline/**/*.[ch]"), recursive=True) + \
            glob.glob(os.path.join(root, "pipeline/plan/*.def")):
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r"[\[\"]([A-Z]{3}-\d+)[\]\"]", file.read()))
    return found


def check(checks, root):
    rows = [(row[1], row[2].split(" | ")) for row in ROW.finditer(read(root, PAGE))]
    names = [name for name, _ in rows]
    for group, count in GROUPS.items():
        for number in range(1, count + 1):
            checks.check(names.count(f"{group}-{number}") == 1, PAGE,
                         f"{group}-{number} has {names.count(f'{group}-{number}')} rows")
    for name, cells in rows:
        check_row(checks, root, name, cells)
    told = printed(root)
    checks.check(len(told) > 10, PAGE, "the program prints no requirement: the check is wrong")
    for name in sorted(told - set(names)):
        checks.check(False, PAGE, f"{name} is printed and has no row")
