"""Tests of what becomes of rejected records: sealed in their reports, listed, counted, replayed."""
import base64
import json
import os
import subprocess

from cases import test
from harness import SECRETS, call, consume, no_secret, produce, record, until

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
    b = env.broker
    source = b.topic("in", 1, "max.message.bytes=2000000")
    target, rejects = b.topic("out", 1), b.topic("rejects", 1, "max.message.bytes=200000")
    service = env.service(source, target, rejects)
    key, certificate = make_recipient(service.folder)
    service.config["rejects"]["seal"] = {"certificate": certificate}
    service.config["limits"] = {"record_bytes": 2000000}
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
