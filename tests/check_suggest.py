#!/usr/bin/env python3
"""Holds `wafveil suggest` to its promises on samples that are made to break them.

    tests/check_suggest.py PATH/TO/wafveil

No value and no name that could be somebody's leaves it, whatever the mode; memory is bounded whatever
the sample is; and the overlay that it prints is accepted and answers what it was made for.
"""
import json
import os
import random
import resource
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "leak"))
import marks as m  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
MEMORY_KIB = 400 * 1024  # also with sanitizers
FAILED = []
MODES = [[], ["--json"], ["--min", "2"], ["--min", "2", "--json"], ["--min", "50"]]


def fail(what):
    FAILED.append(what)
    print(f"FAILED {what}")


def suggest(lines, *options, code=0):
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n"
    done = subprocess.run([PROGRAM, "suggest", *options, "-"], input=text.encode(),
                          capture_output=True, check=False)
    if done.returncode != code:
        fail(f"{options}: exit {done.returncode}: {done.stderr.decode()[:300]}")
    return done.stdout.decode(), done.stderr.decode()


def record(**members):
    request = {"clientIp": "198.51.100.7", "country": "DE", "uri": "/a", **members.pop("request", {})}
    return {"timestamp": 1795321384123, "webaclId": "shop", "action": "BLOCK",
            "terminatingRuleId": "r1", "httpRequest": request, **members}


# ---- Marks ---------------------------------------------------------------------------------------


def spelled_names(marks):
    """Names that hold something, in many spellings; the same in every record of a sample."""
    for kind in ("email", "token", "address", "number"):
        for prefix in ("", "x", "user_", "a.b.", "data[", "x-", "x--"):
            name = prefix + marks.new(kind, "name", "name")
            yield name
            yield m.percent(name)
            yield name.upper()
    yield from ("090-1234-5678", "tel0312345678", "4111-1111-1111-1111", "078-05-1121",
                "AKIAIOSFODNN7EXAMPLE", "a" * 65, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
                "123e4567-e89b-12d3-a456-426614174000", "00:1b:63:84:45:e6", "name with blanks",
                "n\u00e4me", "\x1b[31mred", "", "_wafveil", "2026-11-22", "~EMAIL~", "'or'1'='1")


SHOWN = {"090-1234-5678", "4111-1111", "AKIAIOSFODNN7", "eyJhbGciOiJI", "123e4567-", "1b:63", "aaaaaaaa",
         "\x1b", "0312345678", "n\u00e4me", "078-05"}


def planted(marks, count):
    """Records with marks in every value, and in names that stand in all of them."""
    names = list(spelled_names(marks))
    for number in range(count):
        def new(kind, number=number):
            return marks.new(kind, f"record {number}", "value")
        kind = m.KINDS[number % len(m.KINDS)]
        once = {f"q{marks.new('word', 'name', 'name')}": "once"}
        body = {name: new(kind) for name in names[::7]}
        yield record(
            plain=new(kind), number=int("9" + new("number")), list=[new(kind), {"in": new(kind)}],
            deep={"a": {"b": [[{"c": new(kind)}]]}}, same="the same", flag=number % 2 == 0,
            **once, **{name: new(kind) for name in names},
            nested={name: {"x": new(kind), name: new(kind)} for name in names},
            split={"198": {"18": {"0": {"1": new(kind)}}}},
            request={
                "args": "&".join(f"{name}={new('email')}&id={new('token')}" for name in names[::3]),
                "headers": [
                    {"name": "Cookie", "value": "; ".join(f"{n}={new('token')}" for n in names[::5])},
                    {"name": "Referer", "value": f"https://x.example/a?{names[0]}={new('email')}"},
                    {"name": "X-Body", "value": json.dumps(body)},
                ],
                "requestId": new("token"), "body": json.dumps(body),
            },
            labels=[{"name": f"app:user:{new('email')}"}],
            terminatingRuleMatchDetails=[{"conditionType": "X", "matchedData": [new("email")]}],
        )


def lines_of_text(marks, count):
    for number in range(count):
        kind = m.KINDS[number % len(m.KINDS)]
        mark = marks.new(kind, "line", "value")
        yield (f"CEF:0|Incapsula|SIEMintegration|1|1|Normal|0| fileId={mark} sourceServiceName=x.example "
               f"siteid=1 suid=2 requestClientApplication=curl qstr=a\\={mark}&zz\\={mark} cs1={mark} "
               f"myfield={mark} src=198.51.100.7 act=REQ_PASSED")
        yield f'198.51.100.7 - {mark.split("@")[0]} [22/Nov/2026:10:15:02 +0000] "GET /{mark}?a={mark} HTTP/1.1" 200 5'
        yield json.dumps({"some": mark, "thing": {"else": [mark]}})


def no_mark_leaves():
    for make in (planted, lines_of_text):
        marks = m.Marks()
        lines = list(make(marks, 12))
        config = {"inputs": [{"format": "auto", "undetected": "unlisted", "tenant": {"name": "shop"}}],
                  "outputs": [{"name": "soc", "purpose": "security"}]}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "c.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(config, file)
            for options in MODES:
                for more in (["--region", "eu"], ["--region", "jp"], ["--format", "aws-waf"],
                             ["--config", path]):
                    out, err = suggest(lines, *options, *more)
                    for what, text in (("stdout", out), ("stderr", err)):
                        found = m.leaks(text, marks, None) - {"the client's address"}
                        shown = {one for one in SHOWN if one in text}
                        if found or shown:
                            fail(f"{make.__name__} {options} {more} {what}: {sorted(found)[:5]} {shown}")
                    if "198.51.100" in out or "x.example" in out:
                        fail(f"{make.__name__} {options} {more}: a value")


def a_leak_would_be_found():
    """A name without anything in it is shown, and a mark in one would be seen."""
    out, _ = suggest([record(**{f"plain{i}" if i else "plainName": "x"}) for i in [0] * 3], "--region", "eu")
    if "plainName" not in out:
        fail("a plain name in three records is not shown")
    out, _ = suggest([record(plainName="x")] * 2, "--region", "eu")
    if "plainName" in out:
        fail("a name in two records is shown")
    marks = m.Marks()
    word = marks.new("word", "name", "name")
    out, _ = suggest([record(**{word: "x"})] * 3, "--region", "eu")
    if not m.leaks(out, marks, None):
        fail("a mark that is shown is not found")


# ---- Hostile samples -----------------------------------------------------------------------------


def word(chance, length=8):
    return "".join(chance.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(length))


def flood(chance, count):
    """Each record has names that no other one has; one in twenty has the one that is real."""
    for number in range(count):
        members = {word(chance): word(chance) for _ in range(40)}
        args = "&".join(f"{word(chance)}={word(chance, 24)}" for _ in range(40))
        if number % 20 == 0:
            members["realMember"] = f"user{number}@example.org"
            args += f"&realname={word(chance, 24)}"
        yield record(request={"args": args}, **members)


def memory_is_bounded():
    chance = random.Random(7)
    out, _ = suggest(flood(chance, 3000), "--region", "eu", "--json")
    report = json.loads(out)
    if [row["path"] for row in report["unlisted"]] != ["realMember"]:
        fail(f"flood: members: {[row['path'] for row in report['unlisted']][:5]}")
    if [row["name"] for row in report["names"]] != ["realname"]:
        fail(f"flood: names: {[row['name'] for row in report['names']][:5]}")
    if report["unlisted"][0]["suggested"] != "email" or report["not_shown"]["names"]["values"] < 1000:
        fail(f"flood: {report['unlisted'][0]} {report['not_shown']}")
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if used > MEMORY_KIB:
        fail(f"flood: {used} KiB of memory")


def broken_records_cost_themselves():
    deep = json.dumps(record()).replace('"country"', '"x":' + "[" * 40 + "]" * 40 + ',"country"')
    wide = json.dumps(record(wide={f"m{word(random.Random(i))}": i for i in range(21000)}))
    long_value = record(long="x" * 100_000, huge={"k" * 300: 1})
    lines = [deep, wide, '{"a":', "[1]", '{"timestamp":1', "\udcff".encode("utf-8", "replace").decode(),
             long_value, record(good=1), record(good=2), record(good=3)]
    out, _ = suggest(lines, "--format", "aws-waf", "--region", "eu", "--json")
    report = json.loads(out)
    if report["records"]["rejected"] < 4 or "good" not in [row["path"] for row in report["unlisted"]]:
        fail(f"broken records: {report['records']} {[row['path'] for row in report['unlisted']]}")


# ---- The overlay ---------------------------------------------------------------------------------


def real(chance, count):
    for number in range(count):
        yield record(
            mailbox=f"user{number}@example.org", zone="abc"[number % 3], flag=number % 2 == 0,
            note=f"called 198.51.100.{number % 200 + 1} again" if number % 4 else "nothing",
            details={"trace": f"{chance.getrandbits(128):032x}", "userName": f"u{number}",
                     "list": [1, 2, {"x": number % 4}], "cardNumber": "4111111111111111"},
            **{"with.point": "x", "with[bracket]": "y", "awswaf:x": "z"},
            webaclName=f"user{number}@example.org",
            request={"newOne": f"v{number % 2}",
                     "args": f"q=1&mysid={chance.getrandbits(96):024x}&kontakt=u{number}%40example.org"
                             f"&my_sid={chance.getrandbits(96):024x}&lines[0]=u{number}@example.org",
                     "headers": [{"name": "Cookie", "value": f"trackerx={chance.getrandbits(96):024x}"}]})


def told(report):
    rows = [f"{row['format']}:{row['path']}" for row in report["unlisted"] if row["overlay"]]
    rows += [f"{row['format']}:{row['path']}" for row in report["kept"] if row["overlay"]
             and row.get("sure") != "guess"]
    return set(rows), {row["name"] for row in report["names"]}


def overlay_answers(lines, form):
    config = {"inputs": [{"format": form, "tenant": {"name": "shop", "region": "eu"}}],
              "regions": [{"from": "tenant"}], "outputs": [{"name": "soc", "purpose": "security"}]}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "c.json")
        for turn in range(2):
            with open(path, "w", encoding="utf-8") as file:
                json.dump(config, file)
            out, _ = suggest(lines, "--config", path, "--json", "--min", "2")
            report = json.loads(out)
            if turn == 0:
                fields, names = told(report)
                config.update(report["overlay"])
        again_fields, again_names = told(report)
        if fields & again_fields or names & again_names:
            fail(f"overlay of {form}: {fields & again_fields} {names & again_names}")
        return fields, names


def overlays_answer():
    fields, names = overlay_answers(list(real(random.Random(3), 60)), "aws-waf")
    wanted = {"mailbox", "zone", "flag", "note", "details.trace", "details.userName", "details.list[]",
              "details.list[].x", "details.cardNumber", "webaclName", "httpRequest.newOne"}
    if {f"aws-waf:{one}" for one in wanted} - fields:
        fail(f"overlay: {({f'aws-waf:{one}' for one in wanted}) - fields}")
    if not {"mysid", "kontakt", "lines", "trackerx"} <= names:
        fail(f"overlay: {names}")
    samples = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../schemas/sample")
    for form in sorted(os.listdir(samples)):
        folder = os.path.join(samples, form)
        if not os.path.isdir(folder):
            continue
        lines = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                text = file.read()
            lines += [" ".join(text.split("\n"))] if name.endswith(".json") else text.splitlines()
        overlay_answers(lines * 4, "auto")


no_mark_leaves()
a_leak_would_be_found()
memory_is_bounded()
broken_records_cost_themselves()
overlays_answer()
print(f"{len(FAILED)} failures" if FAILED else "all well")
sys.exit(1 if FAILED else 0)
