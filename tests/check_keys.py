#!/usr/bin/env python3
"""Holds `wafveil keys` to its promises, from a first key file to a destroyed one.

    tests/check_keys.py PATH/TO/wafveil

Nothing that any verb prints, and nothing that it records, holds a secret or a key-encryption key.
"""
import base64
import datetime
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
PROGRAM = os.path.abspath(sys.argv[1])
FAILED = []
SAID = []  # all that the program printed
TENANTS = {"arn:1": {"tenant": "acme", "region": "eu"}, "arn:2": {"tenant": "sakura", "region": "jp"}}
OUTPUTS = [{"name": "soc", "topic": "soc", "purpose": "security"},
           {"name": "ops", "topic": "ops", "purpose": "operations"}]
NOW = datetime.datetime.now(datetime.timezone.utc)


def fail(what):
    FAILED.append(what)
    print(f"FAILED {what}")


def expect(what, condition):
    if not condition:
        fail(what)


def run(*words, code=0, text="", env=None):
    done = subprocess.run([PROGRAM, *words], input=text.encode(), capture_output=True, check=False,
                          env={**os.environ, **(env or {})}, timeout=120)
    out, err = done.stdout.decode(), done.stderr.decode()
    SAID.append(out + err)
    if done.returncode != code:
        fail(f"{' '.join(words)}: exit {done.returncode}, expected {code}: {err or out}")
    return out, out + err


def keys(verb, *options, config="wafveil.json", **others):
    return run("keys", verb, "--config", config, *options, **others)


def write_config(name="wafveil.json", outputs=None, **members):
    """A configuration whose section keys has these members, too."""
    document = {
        "kafka": {"bootstrap.servers": "127.0.0.1:1", "group.id": "wafveil"},
        "inputs": [{"topic": "in", "format": "aws-waf",
                    "tenant": {"from": "webacl", "table": "tenants.json"}}],
        "regions": [{"from": "tenant"}],
        "keys": {"file": "keys.json", **members},
        "outputs": outputs or OUTPUTS,
        "rejects": {"topic": "rejects"},
    }
    with open(name, "w", encoding="ascii") as file:
        json.dump(document, file)
    return name


def write_secret(name, text, mode=0o600):
    with open(name, "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, mode)) as file:
        file.write(text)
    os.chmod(name, mode)


def read_keys():
    with open("keys.json", encoding="ascii") as file:
        return json.load(file)


def domain_of(name):
    return read_keys()["domains"][name]


def checks():
    return json.loads(keys("list", "--checks")[0])


def tokens(config="wafveil.json", webacl="arn:1", when=NOW):
    record = {"timestamp": int(when.timestamp() * 1000), "webaclId": webacl, "action": "BLOCK",
              "httpRequest": {"clientIp": "198.51.100.77", "uri": "/"}}
    out, _ = run("filter", "--config", config, "--output", "soc", text=json.dumps(record) + "\n")
    return json.loads(out).get("_wafveil", {}).get("tokens", {})


# ---- What the verbs do --------------------------------------------------------------------------


def a_first_file():
    write_config()
    _, err = run("check", "--config", "wafveil.json", code=1)
    expect("check names the command that makes keys", "wafveil keys init" in err)
    _, err = keys("rotate", code=1)
    expect("rotate makes no first file", "does not exist" in err and not os.path.exists("keys.json"))
    keys("init")
    before = open("keys.json", "rb").read()
    keys("init")
    keys("rotate")
    expect("a second run changes nothing", open("keys.json", "rb").read() == before)
    expect("mode 0600", os.stat("keys.json").st_mode & 0o777 == 0o600)
    keys("rotate", "--ahead", "5")
    expect("six epochs", all(len(epochs) == 6 for epochs in checks().values()))
    listing = json.loads(keys("list", "--json")[0])
    expect("states", {epoch["state"] for domain in listing["domains"] for epoch in domain["epochs"]}
           == {"now", "ahead"})
    expect("runway", 35 <= listing["runway_days"] <= 42)
    keys("verify")


def one_writer_at_a_time():
    os.remove("keys.json")
    running = [subprocess.Popen([PROGRAM, "keys", "init", "--config", "wafveil.json", "--ahead", str(i)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for i in range(8)]
    for i, one in enumerate(running):
        text = one.communicate(timeout=120)[0].decode()
        SAID.append(text)
        expect(f"writer {i}: {text}", one.returncode == 0)
    # Each of eight needed what the one before did not; all of it is there once.
    expect("all epochs of the longest", all(len(epochs) == 8 for epochs in checks().values()))
    made = [json.loads(line) for line in open("keys.json.audit.jsonl", encoding="ascii")]
    expect("every change is recorded", all(record["event"] == "keys_created" for record in made))
    run("audit", "verify", "keys.json.audit.jsonl")


def instances_agree():
    text = json.dumps(checks())
    with open("checks.json", "w", encoding="ascii") as file:
        file.write(text)
    out, _ = keys("verify", "--against", "-", text=text)
    expect("agreement is counted", "0 only here, 0 only there" in out)
    write_config("checked.json", checks="checks.json")
    run("check", "--config", "checked.json")
    os.rename("keys.json", "keys.json.mine")
    keys("init", "--audit", "other.jsonl")
    for words in (["check", "--config", "checked.json"],
                  ["filter", "--config", "checked.json"],
                  ["keys", "verify", "--config", "wafveil.json", "--against", "checks.json"]):
        _, err = run(*words, code=1)
        expect(f"{words}: other keys are refused", "another secret" in err)
    os.rename("keys.json.mine", "keys.json")
    run("check", "--config", "checked.json")


def wrapped_by_one_and_another():
    before = tokens()
    write_secret("kek-1", base64.b64encode(os.urandom(32)).decode() + "\n")
    write_secret("kek-2", os.urandom(32).hex())
    first = write_config("first.json", kek={"file": "kek-1"})
    both = write_config("both.json", kek={"command": ["cat", os.path.abspath("kek-2")]},
                        previous_kek={"file": "kek-1"})
    second = write_config("second.json", kek={"credential": "kek-2"})
    here = {"CREDENTIALS_DIRECTORY": os.getcwd()}
    _, err = run("check", "--config", first, code=1)
    expect("secrets that lie there are told", "keys rewrap" in err)
    keys("rewrap", config=first)
    expect("no secret lies there", '"secret"' not in open("keys.json", encoding="ascii").read())
    expect("the same tokens", tokens(first) == before)
    _, err = run("check", "--config", second, code=1, env=here)
    expect("another key is told", "another key-encryption key" in err)
    _, err = run("check", "--config", "wafveil.json", code=1)
    expect("a missing key is told", "keys.kek" in err)
    # Between the two keys nothing stands still, whichever has wrapped the file.
    keys("rotate", "--ahead", "9", config=both)
    expect("the same tokens", tokens(both) == before)
    keys("rewrap", config=both)
    keys("rewrap", config=both)
    expect("the same tokens", tokens(both) == before)
    run("check", "--config", second, env=here)
    run("check", "--config", first, code=1)
    return second, here


def providers_fail():
    for command, said in ((["false"], "ended with code 1"),
                          (["/nowhere/at/all"], "No such file"),
                          (["sleep", "60"], "has not ended within 300 ms"),
                          (["echo", "aGVsbG8="], "gives no key")):
        config = write_config("failing.json", kek={"command": command, "timeout_ms": 300})
        for words in (["check"], ["filter"], ["keys", "rotate"]):
            _, err = run(*words, "--config", config, code=1)
            expect(f"{command} {words}: {err}", said in err)
    write_config("ignored.json", kek={"command": ["cat", os.path.abspath("kek-2")]})
    done = subprocess.run([PROGRAM, "check", "--config", "ignored.json"], capture_output=True, check=False,
                          timeout=120, preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    expect(f"a parent that ignores SIGCHLD: {done.stderr}", done.returncode == 0)
    for members, said in (({"kek": {}}, "needs one of"),
                          ({"kek": {"file": "a", "credential": "b"}}, "needs one of"),
                          ({"kek": {"credential": "../b"}}, "without a path"),
                          ({"kek": {"command": []}}, "a program and its arguments"),
                          ({"previous_kek": {"file": "a"}}, 'needs "kek"'),
                          ({"kek": {"files": "a"}}, 'did you mean "file"')):
        config = write_config("failing.json", **members)
        _, err = run("check", "--config", config, code=1)
        expect(f"{members}: {err}", said in err)


def destroyed(config, here):
    def destroy(*options, code=0):
        return keys("destroy", *options, config=config, env=here, code=code)

    before = read_keys()
    out, _ = destroy("--tenant", "acme")
    code = re.search(r"--confirm ([0-9a-f]{8})", out).group(1)
    expect("nothing goes in the first step", read_keys() == before)
    expect("the domains are named", "acme/eu/soc" in out and "acme/eu/ops" in out and "sakura" not in out)
    expect("backups are told of", "backups" in out)
    _, err = destroy("--tenant", "acme", "--confirm", "00000000", "--reason", "r", "--requester", "q", code=1)
    expect("a wrong code is refused", "look at the list again" in err and read_keys() == before)
    destroy("--tenant", "acme", "--confirm", code, code=2)
    destroy("--tenant", "acme", "--confirm", code, "--reason", "", "--requester", "q", code=2)
    destroy(code=2)
    destroy("--tenant", "a", "--domain", "b", code=2)
    destroy("--domain", "no/such/one", code=1)
    destroy("--tenant", "acne", code=1)
    destroy("--tenant", "acme", "--epoch", "20010101-7d", code=1)
    destroy("--tenant", "acme", "--json", code=2)
    expect("what is misspelled leaves no evidence of nothing", read_keys() == before)
    destroy("--tenant", "acme", "--confirm", code, "--reason", "contract ended", "--requester", "dpo")
    expect("evidence in the file", domain_of("acme/eu/soc")["epochs"] == []
           and len(domain_of("acme/eu/soc")["destroyed"]) == 10)
    last = json.loads(open("keys.json.audit.jsonl", encoding="ascii").read().splitlines()[-1])
    expect("evidence in the audit", last["event"] == "keys_destroyed" and last["reason"] == "contract ended"
           and last["requester"] == "dpo" and last["count"] == 20 == len(last["secrets"]))
    run("audit", "verify", "keys.json.audit.jsonl")
    destroy("--tenant", "acme", "--confirm", code, "--reason", "again", "--requester", "dpo", code=1)
    out, _ = keys("init", config=config, env=here)
    expect("init counts no destroyed domain", "2 other domains have not" in out)
    out, _ = keys("rotate", config=config, env=here)
    expect("nor does rotate", "2 other domains have not" in out)
    _, err = keys("verify", config=config, env=here, code=1)
    expect("verify names the first", "in 2 domains of the configuration, acme/eu/ops first" in err)
    expect("they never come back", domain_of("acme/eu/soc")["epochs"] == [])
    # Somebody puts the old secrets back.
    now = read_keys()
    again = json.loads(json.dumps(now))
    again["domains"]["acme/eu/soc"]["epochs"] = before["domains"]["acme/eu/soc"]["epochs"]
    write_secret("keys.json", json.dumps(again))
    _, err = run("check", "--config", config, env=here, code=1)
    expect("what comes back is refused", "what was forgotten stays so" in err)
    write_secret("keys.json", json.dumps(now))


def what_others_share_stays():
    """A domain that begins with the name of a tenant need not be his."""
    config = write_config("shared.json", file="shared-keys.json",
                          outputs=[{**OUTPUTS[0], "domain": "{region}/all"}, OUTPUTS[1]])
    with open("tenants.json", "w", encoding="ascii") as file:
        json.dump({**TENANTS, "arn:3": {"tenant": "eu", "region": "eu"}}, file)
    keys("init", config=config)
    out, _ = keys("destroy", "--tenant", "eu", config=config)
    expect("his own are chosen", "  eu/eu/ops  " in out)
    expect("the shared one stays", "  eu/all  " not in out and "shares 1 domain with others" in out)
    with open("tenants.json", "w", encoding="ascii") as file:
        json.dump(TENANTS, file)


def a_tenant_that_has_gone_is_found():
    """All of his domains, however the outputs name them, and though no table names him."""
    config = write_config("gone.json", file="gone-keys.json",
                          outputs=[{**OUTPUTS[0], "domain": "at/{tenant}/{region}"}, OUTPUTS[1]])
    keys("init", config=config)
    with open("tenants.json", "w", encoding="ascii") as file:
        json.dump({"arn:2": TENANTS["arn:2"]}, file)
    out, _ = keys("destroy", "--tenant", "acme", config=config)
    expect("the usual name", "  acme/eu/ops  " in out)
    expect("a name of the configuration", "  at/acme/eu  " in out)
    expect("nobody else's", "sakura" not in out and "unknown" not in out)
    with open("tenants.json", "w", encoding="ascii") as file:
        json.dump(TENANTS, file)


def old_epochs_go(config, here):
    day = (NOW - datetime.timedelta(days=60)).strftime("%Y-%m-%d")
    keys("init", "--from", day, config=config, env=here)
    held = len(domain_of("sakura/jp/soc")["epochs"])
    kept = write_config("kept.json", kek={"credential": "kek-2"}, keep_days=14)
    out, _ = keys("rotate", "--json", config=kept, env=here)
    expect("old secrets are destroyed", json.loads(out)["destroyed"] > 0)
    names = [epoch["id"] for epoch in domain_of("sakura/jp/soc")["epochs"]]
    expect("younger ones stay", 0 < len(names) < held)
    oldest = datetime.datetime.strptime(names[0][:8], "%Y%m%d").replace(tzinfo=datetime.timezone.utc)
    expect("none that ended 14 days ago", oldest + datetime.timedelta(days=21) > NOW)
    out, _ = keys("rotate", "--json", config=kept, env=here)
    expect("a second run destroys none", json.loads(out) ["destroyed"] == 0)
    last = json.loads(open("keys.json.audit.jsonl", encoding="ascii").read().splitlines()[-1])
    expect("it is recorded why", last["event"] == "keys_destroyed" and "keep_days" in last["reason"])


def rotations_at_once_agree():
    """Each of several timers sees old epochs; one destroys them, and none of the others fails."""
    config = write_config("crowd.json", file="crowd-keys.json", keep_days=14)
    for attempt in range(5):
        day = (NOW - datetime.timedelta(days=60 + 30 * attempt)).strftime("%Y-%m-%d")
        if os.path.exists("crowd-keys.json"):
            os.remove("crowd-keys.json")
        keys("init", "--from", day, config=config)
        running = [subprocess.Popen([PROGRAM, "keys", "rotate", "--config", config, "--json"],
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(8)]
        said = [one.communicate(timeout=120)[0].decode() for one in running]
        SAID.extend(said)
        expect(f"all rotate: {said}", all(one.returncode == 0 for one in running))
        if any(one.returncode != 0 for one in running):
            break
        expect("one destroys", sum(json.loads(text)["destroyed"] > 0 for text in said) == 1)
    run("audit", "verify", "crowd-keys.json.audit.jsonl")


def a_wrong_clock_destroys_nothing():
    """A clock that is years ahead sees what this one sees in a file that is years old."""
    config = write_config("late.json", file="late-keys.json", keep_days=14)
    keys("init", config=config)
    with open("late-keys.json", encoding="ascii") as file:
        document = json.load(file)
    for domain in document["domains"].values():
        for week, epoch in enumerate(domain["epochs"]):
            epoch["id"] = f"202001{6 + 7 * week:02}-7d"
    write_secret("late-keys.json", json.dumps(document))
    before = open("late-keys.json", "rb").read()
    for _ in range(2):
        _, err = keys("rotate", config=config, code=1)
        expect("the clock is doubted", "ended on 2020-01-26, and the clock says " in err)
        expect("nothing changes", open("late-keys.json", "rb").read() == before)
    keys("init", config=config)
    out, _ = keys("rotate", "--json", config=config)
    expect("a person has decided", json.loads(out)["destroyed"] == 3 * len(document["domains"]))


def an_epoch_that_was_destroyed_makes_no_tokens():
    os.remove("keys.json")
    write_config()
    keys("init")
    before = tokens()
    expect("there is a token", "client_ip" in before)
    epoch = before["client_ip"].split(".")[0]
    out, _ = keys("destroy", "--epoch", epoch, "--domain", "acme/eu/soc")
    code = re.search(r"--confirm ([0-9a-f]{8})", out).group(1)
    keys("destroy", "--epoch", epoch, "--domain", "acme/eu/soc", "--confirm", code,
         "--reason", "test", "--requester", "test")
    expect("no token any more", tokens() == {})
    expect("others still have theirs", "client_ip" in tokens(webacl="arn:2"))
    keys("init")
    expect("nor with a new secret", tokens() == {})
    later = NOW + datetime.timedelta(days=8)
    expect("the next epoch has tokens", "client_ip" in tokens(when=later))


def a_tenant_takes_nobody_elses_with_it():
    """Names that begin alike: of a tenant, and of a domain that tenants share."""
    with open("tenants.json", "w", encoding="ascii") as file:
        json.dump({**TENANTS, "arn:3": {"tenant": "jp", "region": "eu"}}, file)
    config = write_config("joint.json", file="joint-keys.json")
    with open(config, encoding="ascii") as file:
        document = json.load(file)
    for name, domain in (("joint", "acme/joint"), ("turned", "{region}/{tenant}")):
        document["outputs"].append({"name": name, "topic": name, "purpose": "security",
                                    "domain": domain})
    with open(config, "w", encoding="ascii") as file:
        json.dump(document, file)
    keys("init", config=config)
    out, _ = keys("destroy", "--tenant", "acme", config=config)
    expect("the tenant's own go", "  acme/eu/soc " in out)
    expect("what tenants share stays", "  acme/joint " not in out and "secrets stay" in out)
    out, _ = keys("destroy", "--tenant", "jp", config=config)
    expect("another tenant's stay", "  jp/eu/soc " in out and "  jp/sakura " not in out)
    _, err = keys("destroy", "--tenant", "acne", config=config, code=1)
    expect("a tenant that nobody knows is told", "holds none of these secrets" in err)
    with open("tenants.json", "w", encoding="ascii") as file:
        json.dump({key: value for key, value in TENANTS.items() if key != "arn:1"}, file)
    del document["outputs"][2:]
    with open(config, "w", encoding="ascii") as file:
        json.dump(document, file)
    out, _ = keys("destroy", "--tenant", "acme", config=config)
    expect("a tenant that has gone is found by its name", "  acme/eu/soc " in out)
    with open("tenants.json", "w", encoding="ascii") as file:
        json.dump(TENANTS, file)


def runway_is_that_of_the_configuration():
    """A domain that nobody made keys for is an alarm, and one that nobody uses any more is none."""
    def runway(config):
        return json.loads(keys("list", "--json", config=config)[0])["runway_days"]

    config = write_config("runway.json", file="runway-keys.json")
    with open(config, encoding="ascii") as file:
        document = json.load(file)
    keys("init", config=config)
    before = runway(config)
    expect("two weeks ahead", before >= 14)
    document["outputs"].append({"name": "new", "topic": "new", "purpose": "security"})
    with open("runway-more.json", "w", encoding="ascii") as file:
        json.dump(document, file)
    expect("an output without keys", runway("runway-more.json") == 0)
    _, err = run("check", "--config", "runway-more.json")
    expect("check tells of it", "a domain has no key for today" in err)
    keys("rotate", config="runway-more.json")
    expect("it has some", runway("runway-more.json") == before)
    keys("rotate", "--ahead", "8", config=config)
    expect("keys of an output that is gone run out", runway(config) == before + 6 * 7)


def what_cannot_be_recorded_is_not_done():
    with open("damaged.jsonl", "w", encoding="ascii", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write("{}\n")
    before = read_keys()
    out, _ = keys("destroy", "--tenant", "sakura")
    code = re.search(r"--confirm ([0-9a-f]{8})", out).group(1)
    keys("destroy", "--tenant", "sakura", "--confirm", code, "--reason", "r", "--requester", "q",
         "--audit", "damaged.jsonl", code=1)
    expect("nothing is destroyed unrecorded", read_keys() == before)


def nothing_secret_was_said(secrets):
    said = "\n".join(SAID) + "".join(open(name, encoding="ascii").read()
                                     for name in os.listdir(".") if name.endswith(".jsonl"))
    for secret in secrets:
        raw = base64.b64decode(secret)
        for text in (secret.rstrip("="), raw.hex(), base64.urlsafe_b64encode(raw).decode().rstrip("=")):
            expect("a secret was said", text not in said)
    expect("there were secrets to look for", len(secrets) > 20)


def secrets_of(document):
    return {epoch["secret"] for domain in document["domains"].values() for epoch in domain["epochs"]}


def main():
    with tempfile.TemporaryDirectory(prefix="wafveil-keys-") as folder:
        os.chdir(folder)
        with open("tenants.json", "w", encoding="ascii") as file:
            json.dump(TENANTS, file)
        a_first_file()
        secrets = secrets_of(read_keys())
        one_writer_at_a_time()
        secrets |= secrets_of(read_keys())
        instances_agree()
        second, here = wrapped_by_one_and_another()
        secrets |= {open("kek-1", encoding="ascii").read().strip()}
        secrets |= {base64.b64encode(bytes.fromhex(open("kek-2", encoding="ascii").read())).decode()}
        providers_fail()
        destroyed(second, here)
        what_others_share_stays()
        a_tenant_that_has_gone_is_found()
        old_epochs_go(second, here)
        rotations_at_once_agree()
        a_wrong_clock_destroys_nothing()
        an_epoch_that_was_destroyed_makes_no_tokens()
        secrets |= secrets_of(read_keys())
        what_cannot_be_recorded_is_not_done()
        runway_is_that_of_the_configuration()
        a_tenant_takes_nobody_elses_with_it()
        nothing_secret_was_said(secrets)
        os.chdir("/")
    print(f"{len(FAILED)} failures" if FAILED else "all well")
    return 1 if FAILED else 0


sys.exit(main())
