"""Tests of what becomes of rejected records: sealed in their reports, listed, counted, replayed."""
import base64
import json
import os
import subprocess

from cases import test
from harness import (SECRETS, call, consume, no_secret, numbers, produce, record, same_records,
                     until)

# What stands in records that are rejected: marks of a person, in no form that a format knows.
BROKEN = '{"clientIp":"' + SECRETS[0] + '","mail":"' + SECRETS[1] + '","sid":"' + SECRETS[2] + '", '


def make_recipient(folder):
    key, certificate = os.path.join(folder, "reject.key"), os.path.join(folder, "reject.pem")
    call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=rejects",
         "-days", "30", "-keyout", key, "-out", certificate)
    return key, certificate


def open_box(folder, key, certificate, report):
    """As the guide says it: base64, and then openssl."""
    path = os.path.join(folder, "box.der")
    with open(path, "wb") as file:
        file.write(base64.b64decode(report["sealed"], validate=True))
    done = subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", path,
                           "-inkey", key, "-recip", certificate], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    head, value = done.stdout.split(b"\n", 1)
    return json.loads(head), value


@test
def rejected_records_are_sealed(env):
    """Every report of a message that could not be read holds it for the holder of the key, byte for
    byte, and nothing of it for anybody else. What is too large for a message goes without, also
    where the topic takes less than usual, and nothing stands still."""
    sealed_rejects(env, "at_least_once")


@test
def rejected_records_are_sealed_exactly_once(env):
    """The same in transactions, where what is too large costs its transaction, and is no report
    more, and no less."""
    sealed_rejects(env, "exactly_once")


def sealed_rejects(env, mode):
    b = env.broker
    source = b.topic("in", 1, "max.message.bytes=2000000")
    target, rejects = b.topic("out", 1), b.topic("rejects", 1, "max.message.bytes=200000")
    service = env.service(source, target, rejects)
    key, certificate = make_recipient(service.folder)
    service.config["rejects"]["seal"] = {"certificate": certificate}
    service.config["limits"] = {"record_bytes": 2000000}
    service.config["delivery"]["mode"] = mode
    service.config["instance"] = {"name": b.name("instance")}
    lines = [BROKEN + "x" * n for n in range(50)]
    noise = [BROKEN + os.urandom(n // 2).hex() for n in (180000, 800000)]
    produce(b, source, 0, lines, "-k", "key-" + SECRETS[1], "-H", f"who={SECRETS[0]}")
    produce(b, source, 0, noise + [record(0, 1)], "-X", "message.max.bytes=2000000")
    service.start()
    service.idle()
    until("the numbers", lambda: service.metric("wafveil_reject_seals_total") == 52)
    assert service.metric("wafveil_reject_seal_expiry_timestamp_seconds") > 0
    assert service.stop() == 0
    reports = [json.loads(m.value) for m in consume(b, rejects)]
    no_secret("a report", [m.value + m.headers + m.key for m in consume(b, rejects)])
    assert len(reports) == 52 and len(consume(b, target)) == 1
    by_offset = {r["offset"]: r for r in reports}
    for offset, line in enumerate(lines):
        head, value = open_box(service.folder, key, certificate, by_offset[offset])
        assert value == line.encode(), "the box holds something else"
        assert (head["topic"], head["partition"], head["offset"]) == (source, 0, offset)
        assert base64.b64decode(head["key"]).decode() == "key-" + SECRETS[1]
        assert [(h["name"], base64.b64decode(h["value"]).decode()) for h in head["headers"]] == \
            [("who", SECRETS[0])]
    assert {r["offset"]: r["unsealed"] for r in reports if "sealed" not in r} == \
        {50: "too_large", 51: "too_large"}


# ---- wafveil rejects ----------------------------------------------------------------------------

def rejects(service, *arguments, codes=(0,)):
    done = subprocess.run([service.binary, "rejects", *arguments, "--config", service.write()],
                          capture_output=True, timeout=120)
    text, errors = done.stdout.decode(), done.stderr.decode()
    assert done.returncode in codes, f"{arguments[0]} ended with {done.returncode}: {errors}"
    no_secret("what the command says", [text, errors])
    return text


def replay(service, *arguments, codes=(0,)):
    return json.loads(rejects(service, "replay", "--format", "json", "--reason", "limit was raised",
                              "--requester", "test", *arguments, codes=codes))


def as_sent(message):
    return message.partition, message.key, message.headers, message.time_ms, message.value


LONG = "&x=" + "y" * 4000


@test
def rejects_are_replayed(env):
    """After a change of the limits the records that it had cost are in the output: once, and each
    of them the same as a service sends it that never had the old limits. What is broken stays out,
    and nobody's group notices."""
    b = env.broker
    source, target, refused = b.topic("in"), b.topic("out"), b.topic("rejects", 2)
    for partition in range(4):
        lines = [record(partition, n, LONG if n % 3 == 0 else "") for n in range(300)]
        produce(b, source, partition, lines, "-k", f"client-{SECRETS[0]}")
    produce(b, source, 2, ['{"truncated": '])
    produce(b, refused, 0, ["nobody's report", '{"reason":"syntax"}'])
    service = env.service(source, target, refused)
    service.config["outputs"][0]["source_position"] = True
    service.config["limits"] = {"record_bytes": 2048}
    service.start()
    service.idle()
    assert service.stop() == 0
    assert len(consume(b, target)) == 800
    committed = b.committed(service.group(), source)

    counts = json.loads(rejects(service, "count", "--format", "json"))
    assert [(r["tenant"], r["reason"], r["reports"]) for r in counts["by_tenant_and_reason"]] == \
        [("unknown", "syntax", 1), ("unknown", "too_large", 400)]
    assert (counts["messages"], counts["no_reports"]) == (401, 2)
    assert "too_large" in rejects(service, "count", "--cause", "too_large")
    lines = [json.loads(l) for l in rejects(service, "list", "--format", "json", "--topic", source,
                                            "--partition", "1", "--offsets", "3-9").split("\n") if l]
    assert [(l["partition"], l["offset"]) for l in lines] == [(1, 3), (1, 6), (1, 9)]
    assert rejects(service, "list", "--from", "2001-01-01", "--to", "2001-01-02") == ""
    assert rejects(service, "list", "--from", "2999-01-01") == ""
    assert len(rejects(service, "list", "--limit", "7").splitlines()) == 7

    service.config["limits"] = {"record_bytes": 1048576}
    dry = json.loads(rejects(service, "replay", "--dry-run", "--format", "json", codes=(3,)))
    assert (dry["dry_run"], dry["delivered"], dry["still_rejected"]) == (True, 400, {"syntax": 1})
    assert len(consume(b, target)) == 800, "a dry run has sent something"
    some = replay(service, "--cause", "too_large", "--limit", "150")
    assert (some["delivered"], some["open"]) == (150, 250)
    rest = replay(service, codes=(3,))
    assert (rest["delivered"], rest["replayed_before"]) == (250, 150)
    assert rest["still_rejected"] == {"syntax": 1}
    again = replay(service, codes=(3,))
    assert (again["delivered"], again["replayed_before"]) == (0, 400)
    replayed = consume(b, target)
    same_records(replayed, numbers(0, 300), ordered=False)
    assert b.committed(service.group(), source) == committed
    audit = service.config["keys"]["file"] + ".replay.audit.jsonl"
    assert call(env.binary, "audit", "verify", audit)
    with open(audit, encoding="utf-8") as file:
        acts = file.read()
    no_secret("the file of acts", [acts])
    assert '"reason":"limit was raised"' in acts

    whole = b.topic("whole")
    twin = env.service(source, whole, refused)
    twin.config["outputs"][0]["source_position"] = True
    twin.start()
    twin.idle()
    assert twin.stop() == 0
    expected = {m.number: as_sent(m) for m in consume(b, whole)}
    for message in replayed:
        assert as_sent(message) == expected[message.number], "it is not what the service sends"

    assert replay(service, "--again", "--partition", "0", "--topic", source)["delivered"] == 100
    assert len(consume(b, target)) == 1300


@test
def one_output_is_replayed(env):
    """What one topic did not take goes to that output alone: the others have it. What the input
    does not have any more is told."""
    replay_one_output(env, "at_least_once")


@test
def one_output_is_replayed_beside_transactions(env):
    """The same where the service writes in transactions: a replay has none, and needs none."""
    replay_one_output(env, "exactly_once")


def replay_one_output(env, mode):
    b = env.broker
    source, target, refused = b.topic("in", 1), b.topic("out", 1), b.topic("rejects", 1)
    lines = [record(0, n, "".join(f"&p{k}={os.urandom(40).hex()}" for k in range(10)))
             for n in range(50)]
    for n in (5, 20, 30):
        lines[n] = record(0, n, "".join(f"&p{k}={os.urandom(40).hex()}" for k in range(600)))
    produce(b, source, 0, lines)
    service = env.service(source, target, refused)
    narrow = {"name": "narrow", "topic": b.topic("narrow", 1, "max.message.bytes=20000"),
              "purpose": "security"}
    service.config["outputs"].append(narrow)
    service.config["delivery"]["mode"] = mode
    service.config["instance"] = {"name": b.name("instance")}
    service.start()
    service.idle()
    assert service.stop() == 0
    assert len(consume(b, target)) == 50
    stubs = [m for m in consume(b, narrow["topic"]) if m.number is None]
    assert len(stubs) == 3
    assert rejects(service, "list", "--output", "soc") == ""
    b.admin("trim", source, 0, 10)

    narrow["topic"] = b.topic("wide", 1)
    done = replay(service, "--output", "narrow", codes=(3,))
    assert (done["delivered"], done["gone"], done["results"]) == (2, 1, 2)
    assert [m.number for m in consume(b, narrow["topic"])] == [(0, 20), (0, 30)]
    assert len(consume(b, target)) == 50
    narrow["name"] = "other"
    assert replay(service, "--again", codes=(3,))["unknown_output"] == 2
