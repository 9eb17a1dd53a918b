#!/usr/bin/env python3
"""Plants marks in every place of every format and looks for them in all that leaves the program.

    tests/leak/run.py [--and FASTER] <wafveil> [FORMAT…]   last line: "N passed, N failed"
    tests/leak/run.py --self-test                          shows that a leak would be found

With --and, <wafveil> takes three of a format's nine regions, others with each format, and another
build of it all the rest: where sanitizers are slow, they still see every format and every region.

The places come from schemas/format, the rules from schemas/policy: a mark may come out only where the
pack's filters for the class of its field let such a value through (rules.py). A new format, field or
rule is tested without a change here. Everything is looked for in the published records, the stubs, the
rejects and what the program says on stderr; as it is, JSON-escaped, percent-encoded up to three times,
and in base64 (marks.py).

Every kind of mark stands in every place in every region; how it is spelled, and what else is tried in
large formats, changes from region to region.

Databases and lists know every planted address, and one list only the client's: none comes out by what
is added of them, and what is added is what the pack keeps of such.

Every output seals all that its purpose lets it seal, for a key that nobody has: the originals lie beside
the protected values, and none can be read.
"""

import base64
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import marks as m  # noqa: E402
import records  # noqa: E402
import rules  # noqa: E402

sys.path.insert(1, str(pathlib.Path(__file__).resolve().parents[1] / "geo"))
import mmdb  # noqa: E402

# "withheld": records of the EU for an output in a country to which its law does not let them go. They
# may tell no more than those of "refused".
REGIONS = ["eu", "us", "us-ca", "jp", "jp-telecom", "uk", "unknown", "refused", "withheld"]
SEED = "".join(f"{i:02x}" for i in range(32))
BROKEN_BYTES = 4_000_000
GEO = "WV_LEAK_GEO"  # the folder of databases and lists, for the processes of the pool
NETWORKS = ["198.18.0.0/15", "203.0.113.0/24", "2001:db8::/32"]  # all that marks.py plants
OPERATOR = 4199999999
PURPOSES = pathlib.Path(__file__).resolve().parents[2] / "schemas/law/purposes.json"


def write_certificate(folder):
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 30"
    made = ["-keyout", "/dev/null", "-out", str(pathlib.Path(folder, "seal.pem"))]
    subprocess.run(words.split() + made, check=True, capture_output=True)


def seal():
    classes = json.loads(PURPOSES.read_text(encoding="utf-8"))["purposes"]["security"]["seals"]
    certificate = str(pathlib.Path(os.environ[GEO]) / "seal.pem")
    when = {"tenant": ["default"]}
    return {"certificate": certificate, "classes": classes, "when": when, "days": 366}


def write_geo(folder):
    said = {"country": {"iso_code": "AQ"}, "autonomous_system_number": OPERATOR}
    text = mmdb.database([(network, said) for network in NETWORKS], int(time.time()))
    pathlib.Path(folder, "all.mmdb").write_bytes(text)
    pathlib.Path(folder, "planted.txt").write_text("\n".join(NETWORKS), encoding="utf-8")
    pathlib.Path(folder, "client.txt").write_text(f"{m.CLIENT}\n{m.CLIENT6}\n", encoding="utf-8")
    os.environ[GEO] = str(folder)


def enrich():
    folder = pathlib.Path(os.environ[GEO])
    database = {"file": str(folder / "all.mmdb")}
    lists = [{"name": name, "file": str(folder / f"{name}.txt")} for name in ("planted", "client")]
    return {"country": database, "asn": database, "lists": lists}


def added(output):
    """What the member client says in any record."""
    told = {"country": '"country":"AQ"', "asn": f'"asn":{OPERATOR}', "lists": '"planted"'}
    return {name for name, text in told.items() if text in output}


def may_be_added(region):
    if region in ("refused", "withheld"):
        return set()
    kept = rules.rules_of(region)["asn"]["value"] == ["keep"]
    return {"country", "asn", "lists"} if kept else {"country"}


def configuration(form, region):
    """What --format and --region mean, and a detector of the operator's own."""
    tenant = {"from": "fixed", "name": "default", "region": region}
    output = {"name": "default", "purpose": "security", "seal": seal()}
    config = {
        "inputs": [{"format": form["format"], "tenant": tenant}],
        "regions": [{"from": "tenant"}],
        "outputs": [output],
        "detectors": m.DETECTORS,
        "enrich": enrich(),
    }
    if region == "withheld":  # the only transfer is refused
        tenant["region"] = "eu"
        output["recipient"] = "desk"
        config["recipients"] = {"desk": {"kind": "own", "country": "SG"}}
    return config


def run(program, form, region, texts):
    with tempfile.TemporaryDirectory() as folder:
        config, rejects = pathlib.Path(folder, "config.json"), pathlib.Path(folder, "rejects")
        config.write_text(json.dumps(configuration(form, region)), encoding="utf-8")
        rejects.touch()
        done = subprocess.run(
            [program, "filter", "--config", config, "--seed", SEED, "--rejects", rejects],
            input="\n".join(texts).encode(),
            capture_output=True,
            check=False,
        )
        told = rejects.read_text(encoding="utf-8", errors="replace")
    if done.returncode not in (0, 3):
        return None, done.stderr.decode(errors="replace")
    output = done.stdout.decode("utf-8", "replace")
    return {"output": output, "rejects": told, "stderr": done.stderr.decode(errors="replace")}, ""


class Check:
    """One format in one region; runs in a process of its own and gives back what it found."""

    def __init__(self, program, form, region):
        self.program, self.form, self.region = program, form, region
        self.turn = REGIONS.index(region)
        self.results = []  # name, and what is wrong: nothing where all is well

    def take(self, name, found):
        self.results.append((f"{self.form['format']}, {self.region}: {name}", sorted(found)))

    def run(self, what, texts):
        came, error = run(self.program, self.form, self.region, texts)
        if came is None:
            self.take(what, {f"the program failed: {error[:500]}"})
        return came

    def look(self, what, came, marks, elsewhere=None):
        for where, text in came.items():
            region = self.region if where == "output" else None
            self.take(f"{what} in {where}", m.leaks(text, marks, region, elsewhere))
        too_much = added(came["output"]) - may_be_added(self.region)
        self.take(f"{what}: added", {f"{name} of the client" for name in too_much})

    def planted(self):
        found = records.planted(self.form, self.turn)
        came = self.run("marks", found.texts)
        if came is None:
            return found
        self.look("marks", came, found.marks)
        lines = came["output"].count("\n")
        least = len(found.texts) if records.is_json(self.form) else len(found.texts) // 2
        if not found.inner and lines < least:
            self.take("published", {f"{lines} of {len(found.texts)} records"})
        self.take("kept", self.nothing_kept(found, came["output"]))
        return found

    def tests(self):
        """By what the format is known: a mark there makes the record another one."""
        detect = self.form.get("detect", [])
        return detect if isinstance(detect, list) else [detect]

    def nothing_kept(self, found, output):
        """A program that publishes nothing leaks nothing: what no rule covers must be there. Of a
        record inside another one, too, or nobody has seen that it is one."""
        numbers, _ = m.survivors(output, found.marks)
        plain = {
            number
            for number, (_, _, kind_of_value, _) in enumerate(found.marks.places)
            if kind_of_value == "none"
        }
        tested = {path for one in self.tests() for path in one}
        plain = {number for number in plain if found.marks.places[number][1] not in tested}
        problems = set()
        if plain and not plain & numbers:
            problems.add("no value that no rule covers was published")
        for number, span in enumerate(found.inner):
            if plain.intersection(span) and not numbers.intersection(plain, span):
                problems.add(f"record {number} inside another one was not published")
        return problems

    def clients(self):
        texts = records.client_records(self.form, self.turn)
        came = self.run("the client", texts) if texts else None
        if came is not None:
            self.look("the client", came, m.Same(""))
            if not came["output"]:
                self.take("the client", {"nothing was published"})

    def located(self):
        """One client, which databases and lists know: only what the pack keeps is added."""
        if self.form["format"] != "aws-waf":
            return
        address = (m.CLIENT, m.CLIENT6)[self.turn % 2]
        request = {"clientIp": address, "uri": f"/{address}/x", "args": f"a={address}"}
        came = self.run("one client", [json.dumps({"action": "BLOCK", "httpRequest": request})])
        if came is not None:
            self.look("one client", came, m.Same(""))
            self.take("one client: not added", may_be_added(self.region) - added(came["output"]))
            refused = self.region in ("refused", "withheld")
            wrong = refused == ('"sealed":{"until"' in came["output"])
            self.take("one client: sealed", {"but must not be" if refused else "not"} if wrong else ())

    def broken(self, found):
        texts = []
        for number in {0, self.turn % len(found.texts)}:
            text = found.texts[number]
            most = min(400 if self.form["format"] == records.INNER else 60, BROKEN_BYTES // len(text))
            texts += records.broken(text, most)
        came = self.run("broken records", texts)
        if came is None:
            return
        # A line that is cut off can be one with other parts.
        elsewhere = None if records.is_json(self.form) else "key"
        self.look("broken records", came, found.marks, elsewhere)
        if records.is_json(self.form) and came["rejects"].count("\n") < len(texts) / 2:
            self.take("broken", {"fewer records were rejected than are broken"})

    def suggest(self, text, more):
        with tempfile.TemporaryDirectory() as folder:
            config = pathlib.Path(folder, "config.json")
            config.write_text(json.dumps(configuration(self.form, self.region)), encoding="utf-8")
            words = [self.program, "suggest", "--config", config, *more, "-"]
            return subprocess.run(words, input=text, capture_output=True, check=False)

    def suggested(self, found):
        """What it says of a sample holds no value; of names only those of three records or more. Said
        as text of one, and in JSON of the other; which, changes from region to region."""
        for times in (1, 3):
            more = ["--json"] if (times + self.turn) // 2 % 2 else []
            done = self.suggest("\n".join(found.texts * times).encode(), more)
            told = (done.stdout + done.stderr).decode("utf-8", "replace")
            numbers, client = m.survivors(told, found.marks)
            places = {found.marks.places[number][:3] for number in numbers}
            # A mark that is a plain word is fit to be the name of a member.
            leaks = {str(p) for p in places if times == 1 or (p[0], p[2]) != ("word", "doomed")}
            if client:
                leaks.add("the client's address")
            if done.returncode:
                leaks.add(f"exit {done.returncode}: {told[-300:]}")
            self.take(f"suggest, {times} of each, {' '.join(more)}", leaks)

    def all(self):
        found = self.planted()
        if found.texts and self.region != "withheld":
            self.suggested(found)
        self.clients()
        self.located()
        self.broken(found)
        return self.results


def check(program, name, region):
    try:
        return Check(program, rules.load("format", name), region).all()
    except Exception as error:  # pylint: disable=broad-except
        return [(f"{name}, {region}", [f"the test itself failed: {error!r}"])]


# ---- Whether a leak would be found ---------------------------------------------------------------


def not_found(name, turn):
    """Of two kinds of marks those that are not found where nothing is taken away."""
    kinds = [m.KINDS[(turn + number) % len(m.KINDS)] for number in (0, 3)]
    found = records.planted(rules.load("format", name), turn, kinds)
    whole = "\n".join(found.texts)
    every = {
        f"{kind} of {path} (class {of} {header})".replace(" )", ")")
        for kind, path, of, header in found.marks.places
        if kind not in rules.passes("refused", of, header) and kind != "split"
    }
    return every - m.leaks(whole, found.marks, "refused")


def self_test():
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        names = rules.formats()
        for name, found in zip(names, pool.map(not_found, names, range(len(names)))):
            yield f"{name}: marks that are not found", found
    for kind in ("word", "email", "token", "address", "number", "own"):
        one = m.Marks()
        text = one.new(kind, "somewhere", "unlisted")
        ways = [text, m.percent(text), m.percent(m.percent(text)), m.escape_all(text)]
        ways += [m.json.dumps(m.escape_all(text)), "".join(f"\\x{ord(c):02x}" for c in text)]
        ways += [base64.b64encode(b"ab" + way.encode() + b"c").decode() for way in ways[:2]]
        long = m.escape_all("x" * 400 + " " + text)
        ways.append(base64.b64encode(long.encode()).decode())
        for way in ways:
            missed = set() if m.leaks(f"{{{way}}}", one, "refused") else {way}
            yield f"{kind} that is not found", missed
    for text in (m.CLIENT, m.percent(m.CLIENT), m.CLIENT6.upper(), "::FFFF:CB00:714D"):
        missed = set() if m.leaks(f"x {text} y", m.Same(""), "refused") else {text}
        yield "client that is not found", missed
    many = m.Marks()
    for _ in range(1000):
        many.new("address", "somewhere", "unlisted")
    cut = "198.18.3.0 203.0.113.0 2001:db8:77::"
    yield "a cut address is no leak", m.leaks(cut, many, None)
    # Several classes at once allow what one of them does, and no more.
    yield "classes", {"host|doomed"} if rules.passes("eu", "host|doomed", "") else set()


# ---- All of it -----------------------------------------------------------------------------------


def report(results, counts):
    for name, found in results:
        counts[bool(found)] += 1
        if found:
            print(f"FAILED {name}: {len(found)}")
            for one in list(found)[:12]:
                print(f"    {one}")


def programs(words):
    """Takes the programs out of the words: for every third check, and for the others."""
    faster = None
    if words[:1] == ["--and"]:
        faster = words[1:2]
        del words[:2]
    program = words[:1]
    del words[:1]
    return [os.path.abspath(one) for one in (program + (faster or program) * 2)]


def check_all(words, counts):
    turns = programs(words)
    names = words or rules.formats()
    if len(turns) != 3 or set(names) - set(rules.formats()):
        sys.exit("tests/leak/run.py [--and FASTER] <wafveil> [FORMAT…], or --self-test")
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ProcessPoolExecutor(2) as pool:
        write_geo(folder)
        write_certificate(folder)
        jobs = [
            pool.submit(check, turns[(number + turn) % 3], name, region)
            for number, name in enumerate(names)
            for turn, region in enumerate(REGIONS)
        ]
        for job in jobs:
            report(job.result(), counts)


def main():
    counts = [0, 0]
    if sys.argv[1:] == ["--self-test"]:
        report(self_test(), counts)
    else:
        check_all(sys.argv[1:], counts)
    print(f"{counts[0]} passed, {counts[1]} failed")
    sys.exit(1 if counts[1] else 0)


if __name__ == "__main__":
    main()
