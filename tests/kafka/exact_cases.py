"""The tests of delivery exactly once against a real broker. Every reader here reads what is
committed only, which is what librdkafka and Kafka's own tools do unless they are told otherwise."""
import json
import os
import signal
import sys
import time

import harness
from audit_cases import is_whole
from cases import test, vanish_while_records_flow
from harness import consume, count, fill, no_secret, numbers, produce, same_records, until

sys.path.insert(0, os.path.join(harness.ROOT, "tests", "lib"))
from audit_chain import verify  # noqa: E402


def exact(env, source, target, rejects=None, **sections):
    service = env.service(source, target, rejects, instance="waf-1", **sections)
    service.config["delivery"].update({"mode": "exactly_once", "commit_ms": 200})
    service.config["kafka"]["transaction.timeout.ms"] = "10000"
    return service


def twin_of(env, service, name):
    twin = env.twin(service)
    twin.config = json.loads(json.dumps(service.config))
    twin.config["instance"] = name
    return twin


def committed_of(env, topic, least):
    """What readers see once no transaction is open any more: one of a process that was killed holds
    them up until transaction.timeout.ms is over."""
    def enough():
        messages = consume(env.broker, topic)
        return messages if len(messages) >= least else None
    return until("all committed", enough, 60, every=0.5)


def counted(lines):
    records = list(map(json.loads, lines))
    return (sum(group["records"] for record in records for group in record.get("groups", [])) +
            sum(record.get("unread", 0) for record in records))


@test
def exactly_once_in_order(env):
    """Records, rejects, counts and offsets are all there once, in order, and a stop in good order
    and a start change nothing in that. Each chain of the audit says that it ended so."""
    b = env.broker
    source, target, rejects = b.topic("in"), b.topic("out"), b.topic("rejects", 1)
    audit = b.topic("audit", 1)
    service = exact(env, source, target, rejects, audit={"topic": audit, "window_seconds": 1})
    fill(b, source, 0, 2000)
    produce(b, source, 1, ["no JSON at all"])
    service.start().idle()
    until("transactions", lambda: service.metric("wafveil_transactions_total") > 0)
    assert service.stop() == 0
    fill(b, source, 2000, 1000)
    service.start().idle()
    assert service.stop() == 0
    out = consume(b, target)
    same_records(out, numbers(0, 3000))
    no_secret("an output", [m.value + m.key + m.headers for m in out])
    assert len(consume(b, rejects)) == 1
    lines = [m.value for m in consume(b, audit)]
    text = is_whole(env, service, lines)
    chains = len({json.loads(line)["chain"] for line in lines})
    assert chains >= 4 and text.count("stopped in order") == chains, text
    assert counted(lines) == 12001, counted(lines)
    assert b.committed(service.group(), source) == {0: 3000, 1: 3001, 2: 3000, 3: 3000}


@test
def exactly_once_over_kills(env):
    """SIGKILL at any moment of a transaction: nothing is lost, nothing comes twice, and the audit
    counts each record once."""
    b = env.broker
    source, target, audit = b.topic("in"), b.topic("out"), b.topic("audit", 1)
    service = exact(env, source, target, audit={"topic": audit, "window_seconds": 1})
    service.config["kafka"].update({"session.timeout.ms": "2000"})
    service.config["delivery"]["commit_ms"] = 100
    fill(b, source, 0, 12000)
    for limit in (500, 8000, 16000, 24000):
        service.start(ready=False)
        until("some output", lambda: count(b, target) > limit, every=0.01)
        service.kill()
        no_secret("the log", [service.log()])
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 12000))
    lines = [m.value for m in consume(b, audit)]
    assert list(verify(line.encode() for line in lines)) == []
    assert counted(lines) == 48000, counted(lines)


@test
def exactly_once_over_rebalances(env):
    """A second process joins and leaves under load, once in good order and once by force."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = exact(env, source, target)
    one.config["kafka"].update({"session.timeout.ms": "2000"})
    fill(b, source, 0, 3000)
    one.start()
    two = twin_of(env, one, "waf-2")
    for first in (3000, 6000):
        two.start()
        fill(b, source, first, 3000)
        until("two partitions each", lambda: one.metric("wafveil_assigned_partitions") == 2)
        if first == 3000:
            assert two.stop() == 0
        else:
            two.kill()
        until("all partitions", lambda: one.metric("wafveil_assigned_partitions") == 4)
    one.idle()
    assert one.stop() == 0
    same_records(committed_of(env, target, 36000), numbers(0, 9000))


@test
def exactly_once_over_a_zombie(env):
    """A process that stands still for longer than its session is replaced. When it goes on, what it
    had in hand is refused."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = exact(env, source, target)
    one.config["kafka"].update({"session.timeout.ms": "2000"})
    one.config["delivery"]["commit_ms"] = 1000
    fill(b, source, 0, 6000)
    one.start(ready=False)
    until("some output", lambda: count(b, target) > 500, every=0.01)
    one.process.send_signal(signal.SIGSTOP)
    two = twin_of(env, one, "waf-2").start()
    until("all partitions", lambda: two.metric("wafveil_assigned_partitions") == 4, 60)
    time.sleep(1)
    one.process.send_signal(signal.SIGCONT)
    fill(b, source, 6000, 500)
    two.idle()
    one.kill()
    assert two.stop() == 0
    same_records(committed_of(env, target, 26000), numbers(0, 6500))


@test
def exactly_once_over_a_broker(env):
    """The broker is killed in the middle and comes back."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 8000)
    service = exact(env, source, target)
    service.config["delivery"]["commit_ms"] = 100
    service.start()
    until("some output", lambda: count(b, target) > 500, every=0.02)
    b.kill()
    time.sleep(1)
    b.start()
    service.idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 8000))


@test
def two_of_one_name_exclude_each_other(env):
    """Two processes with the same instance: the earlier one ends and says why."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = exact(env, source, target)
    fill(b, source, 0, 100)
    one.start().idle()
    two = twin_of(env, one, "waf-1").start()
    fill(b, source, 100, 2000)
    assert one.wait(60) == 4
    assert any("a name of its own" in e.get("advice", "") for e in
               one.events("transaction_failed") + one.events("producer_fatal"))
    two.idle()
    assert two.stop() == 0
    same_records(committed_of(env, target, 8400), numbers(0, 2100))


@test
def exactly_once_passes_what_is_too_large(env):
    """A record that the topic does not take becomes a stub and a report, once each, and all others
    of its transaction are there."""
    b = env.broker
    source, rejects = b.topic("in", 1), b.topic("rejects", 1)
    target = b.topic("out", 1, "max.message.bytes=4096")
    lines = [harness.record(0, n) for n in range(200)]
    lines[57] = harness.record(0, 57, padding="&x=" + "".join(
        f"{n * 7919:x}" for n in range(4000)))
    produce(b, source, 0, lines)
    service = exact(env, source, target, rejects)
    service.config["outputs"][0]["kafka"] = {}
    service.config["kafka"]["compression.codec"] = "none"
    service.start().idle()
    assert service.stop() == 0
    out = consume(b, target)
    assert len(out) == 200
    assert [m.number for m in out if m.number] == [(0, n) for n in range(200) if n != 57]
    reports = [json.loads(m.value) for m in consume(b, rejects)]
    assert [(r["reason"], r["offset"]) for r in reports] == [("output_too_large", 57)]


@test
def exactly_once_output_topic_vanishes(env):
    """The output topic is deleted while records flow: all of them arrive once it is back, once."""
    source, target = env.broker.topic("in"), env.broker.topic("out")
    vanish_while_records_flow(env, exact(env, source, target).start(), source, target)
    same_records(consume(env.broker, target), numbers(50, 50))


@test
def exactly_once_names_the_right_that_is_missing(env):
    """With all rights but the one on its transactions the service is not ready and says what to
    grant; with it, it runs: the guide's table is complete."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 50)
    service = exact(env, source, target)
    service.config["kafka"].update({
        "bootstrap.servers": b.secure, "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "PLAIN", "sasl.username": "waf", "sasl.password": "waf-secret"})
    for right in (("topic", source, "read"), ("group", service.group(), "read"),
                  ("topic", target, "write")):
        b.admin("allow", "waf", *right)
    service.start(ready=False)
    event = until("a word about it", lambda: service.events("output_blocked"), 60)[0]
    assert "grant" in event["advice"] and "transactional" in event["advice"]
    until("not ready", lambda: service.get("/readyz")[0] == 503)
    harness.call(f"{harness.HERE}/kbroker", "tool", "kafka.admin.AclCommand", "--bootstrap-server",
                 b.address, "--add", "--allow-principal", "User:waf", "--operation", "Write",
                 "--transactional-id", f"wafveil-{service.group()}-waf-1-",
                 "--resource-pattern-type", "prefixed")
    until("ready", service.ready, 60)
    service.idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 50))
