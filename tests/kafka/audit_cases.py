"""The tests of the audit topic against a real broker."""
import json
import os
import subprocess
import sys

import harness
from cases import test
from harness import consume, count, ends, fill, no_secret, numbers, produce, same_records, until

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "lib"))
from audit_chain import verify  # noqa: E402


def audited(env, source, target, topic, **audit):
    return env.service(source, target, audit={"topic": topic, **audit})


def lines_of(env, topic):
    return [m.value for m in consume(env.broker, topic)]


def counted(lines, what):
    """The sum over all windows of a class that was collected, or disclosed."""
    total = 0
    for record in map(json.loads, lines):
        for group in record.get("groups", []):
            if what == "collected":
                total += group["collected"].get("client_ip", 0)
            else:
                total += sum(o["disclosed"].get("client_ip", 0) for o in group["outputs"])
    return total


def program_says(env, service, *arguments):
    path = os.path.join(service.folder, "wafveil.json")
    done = subprocess.run([env.binary, "audit", *arguments, "--config", path], capture_output=True,
                          timeout=60)
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def is_whole(env, service, lines):
    """The program and a stranger agree that nothing is broken."""
    assert list(verify(line.encode() for line in lines)) == []
    code, text = program_says(env, service, "verify")
    assert code == 0, text
    return text


@test
def audit_counts_everything(env):
    """What was published is counted, exactly where nothing went wrong, and the topic tells it to a
    stranger: starts, plans, windows, ends, over two processes in turn."""
    b = env.broker
    source, target, audit = b.topic("in"), b.topic("out"), b.topic("audit", 1)
    service = audited(env, source, target, audit, window_seconds=1)
    fill(b, source, 0, 500)
    service.start().idle()
    assert service.stop() == 0
    fill(b, source, 500, 250)
    produce(b, source, 0, ['{"truncated": '])
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 750))
    lines = lines_of(env, audit)
    text = is_whole(env, service, lines)
    assert "2 chains, 0 broken" in text and text.count("stopped in order") == 2, text
    records = [json.loads(line) for line in lines]
    events = [r["event"] for r in records]
    assert events[:2] == ["started", "plan_loaded"] and events[-1] == "stopped"
    assert counted(lines, "collected") == counted(lines, "disclosed") == 3000
    assert sum(r.get("unread", 0) for r in records) == 1
    first, second = [r for r in records if r["event"] == "started"]
    assert first["after"] == []
    assert second["after"][0]["chain"] == first["chain"]
    no_secret("the audit", lines)
    code, text = program_says(env, service, "report", "--format", "json")
    page = json.loads(text)
    assert code == 0 and page["records"] == 3000
    assert page["categories"][0]["disclosed"]["own, security"]["client_ip"] == 3000


@test
def audit_is_never_too_low(env):
    """SIGKILL at any moment: what was committed is counted. Windows are longer than the time between
    commits would be, so that much of what was counted is lost with the process."""
    b = env.broker
    source, target, audit = b.topic("in"), b.topic("out"), b.topic("audit", 1)
    fill(b, source, 0, 8000)
    service = audited(env, source, target, audit, window_seconds=5)
    service.config["kafka"].update({"session.timeout.ms": "2000"})
    # It is busy for seconds: see term_drains.
    service.config["inputs"][0]["kafka"] = {"fetch.message.max.bytes": "8192",
                                            "queued.max.messages.kbytes": "64"}
    service.config["outputs"][0]["kafka"] = {"batch.num.messages": "20", "linger.ms": "20",
                                             "max.in.flight.requests.per.connection": "1"}
    for limit in (5000, 16000):
        service.start(ready=False)
        until("some output", lambda: count(b, target) > limit, every=0.01)
        service.kill()
        done = sum(max(n, 0) for n in b.committed(service.group(), source).values())
        assert counted(lines_of(env, audit), "collected") >= done
    service.config["inputs"][0]["kafka"] = {}
    service.config["outputs"][0]["kafka"] = {}
    service.start().idle()
    assert service.stop() == 0
    lines = lines_of(env, audit)
    assert counted(lines, "collected") >= 32000
    assert counted(lines, "disclosed") >= 32000
    is_whole(env, service, lines)
    same_records(consume(b, target), numbers(0, 8000), doubles=True)


@test
def audit_topic_is_missing(env):
    """Without its audit topic the service reads nothing and says so; making the topic is enough."""
    b = env.broker
    source, target, audit = b.topic("in"), b.topic("out"), b.name("audit")
    fill(b, source, 0, 50)
    service = audited(env, source, target, audit, window_seconds=1).start(ready=False)
    event = until("a word about it", lambda: service.events("audit_blocked"), 40)[0]
    assert event["topic"] == audit
    assert service.get("/readyz")[0] == 503
    assert count(b, target) == 0
    b.admin("create", audit, 1)
    until("ready", service.ready, 60)
    service.idle()
    assert service.stop() == 0
    is_whole(env, service, lines_of(env, audit))


@test
def audit_topic_vanishes(env):
    """The audit topic is deleted while records flow: no offset is committed that nobody counted, and
    what waited is written when the topic is back."""
    b = env.broker
    source, target, audit = b.topic("in"), b.topic("out"), b.topic("audit", 1)
    service = audited(env, source, target, audit, window_seconds=1).start()
    fill(b, source, 0, 50)
    service.idle()
    b.admin("delete", audit)
    until("a word about it", lambda: service.events("audit_blocked"), 60)
    fill(b, source, 50, 50)
    until("all of it published", lambda: count(b, target) == 400)
    until("not ready", lambda: service.get("/readyz")[0] == 503)
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), 50)
    b.admin("create", audit, 1)
    until("ready", service.ready, 60)
    service.idle()
    assert service.stop() == 0
    lines = lines_of(env, audit)
    assert counted(lines, "collected") == 200
    code, text = program_says(env, service, "verify", "--partial")
    assert code == 0 and "begins at seq" in text, text


@test
def audit_is_written_before_partitions_go(env):
    """A second process takes half of the partitions in the middle of a long window: what was counted
    of them stands in the topic before the other one begins."""
    b = env.broker
    source, target, audit = b.topic("in"), b.topic("out"), b.topic("audit", 1)
    service = audited(env, source, target, audit, window_seconds=3600).start()
    fill(b, source, 0, 100)
    until("all of it published", lambda: count(b, target) == 400)
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), -1001)
    twin = env.twin(service).start()
    until("committed", lambda: b.committed(service.group(), source) == dict.fromkeys(range(4), 100))
    assert counted(lines_of(env, audit), "collected") == 400
    assert service.stop() == 0 and twin.stop() == 0
    lines = lines_of(env, audit)
    assert counted(lines, "collected") == 400
    assert ends(b, target) == dict.fromkeys(range(4), 100)
    is_whole(env, service, lines)
