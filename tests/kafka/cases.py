"""The tests. Each is a function of an Env; its first sentence says what is at stake."""
import json
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

from harness import (SECRETS, Broker, Service, call, consume, count, ends, fill, no_secret, numbers,
                     produce, record, same_records, until)

TESTS = []


def test(function):
    TESTS.append(function)
    return function


class Env:
    def __init__(self, binary, broker):
        self.binary, self.broker, self.services = binary, broker, []

    def service(self, source, target, rejects=None, **sections):
        service = Service.between(self.binary, self.broker, source, target, rejects, **sections)
        self.services.append(service)
        return service

    def twin(self, service):
        """Another process of the same group."""
        twin = Service(self.binary, self.broker, **service.config)
        self.services.append(twin)
        return twin

    def close(self):
        for service in self.services:
            service.kill()

    def show_logs(self):
        for service in self.services:
            if service.process is not None:
                print(f"--- {service.log_path}\n{service.log()[-3000:]}")


@test
def records_arrive_protected(env):
    """Every record is in the output, the same apart from what was protected, and no value that is
    covered is anywhere; what cannot be published is reported."""
    b = env.broker
    source, target, rejects = b.topic("in"), b.topic("out"), b.topic("rejects", 1)
    fill(b, source, 0, 500)
    produce(b, source, 1, ['{"truncated": ', "no JSON at all"])
    service = env.service(source, target, rejects).start()
    service.idle()
    until("the numbers", lambda: service.metric("wafveil_messages_total") == 2002)
    until("the numbers", lambda: service.metric("wafveil_records_out_total") == 2000)
    assert service.metric("wafveil_rejected_total") == 2
    assert service.get("/livez")[0] == 200
    assert service.stop() == 0
    out, refused = consume(b, target), consume(b, rejects)
    same_records(out, numbers(0, 500))
    no_secret("an output", [m.value + m.key + m.headers for m in out])
    assert all(m.partition == m.number[0] for m in out), "a record is in another partition"
    assert len(refused) == 2
    for message in refused:
        report = json.loads(message.value)
        assert (report["topic"], report["partition"]) == (source, 1)
        assert report["reason"] in ("syntax", "not_object")
        assert report["offset"] in (500, 501) and report["tenant"] is not None
    first = json.loads(out[0].value)
    assert first["action"] == "BLOCK" and first["httpRequest"]["uri"] == "/account"
    assert b.committed(service.group(), source) == {0: 500, 1: 502, 2: 500, 3: 500}


@test
def restart_continues(env):
    """After a stop in good order the next start takes up exactly where the last one ended."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = env.service(source, target)
    fill(b, source, 0, 300)
    service.start().idle()
    assert service.stop() == 0
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), 300)
    fill(b, source, 300, 200)
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 500))


@test
def term_drains(env):
    """SIGTERM in the middle of the work: what was read is delivered and committed, so nothing comes
    twice and nothing is missing."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 8000)
    service = env.service(source, target)
    # It reads and writes in small bites, so that it is busy for seconds however fast the machine is.
    service.config["inputs"][0]["kafka"] = {"fetch.message.max.bytes": "8192",
                                            "queued.max.messages.kbytes": "64"}
    service.config["outputs"][0]["kafka"] = {"batch.num.messages": "20", "linger.ms": "20",
                                             "max.in.flight.requests.per.connection": "1"}
    service.start()
    until("some output", lambda: count(b, target) > 500, every=0.02)
    assert service.stop() == 0
    done = count(b, target)
    assert sum(max(n, 0) for n in b.committed(service.group(), source).values()) == done
    assert done < 32000, "it was through before it was stopped: the test shows nothing"
    service.config["inputs"][0]["kafka"] = {}
    service.config["outputs"][0]["kafka"] = {}
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 8000))


@test
def kill_loses_nothing(env):
    """SIGKILL at any moment: records may come twice, none may be missing. Records linger, so that at
    every commit many are on their way."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 8000)
    service = env.service(source, target)
    service.config["kafka"].update({"session.timeout.ms": "2000"})
    service.config["outputs"][0]["kafka"] = {"linger.ms": "300"}
    service.config["delivery"]["commit_ms"] = 100
    for limit in (500, 8000, 16000):
        service.start(ready=False)
        until("some output", lambda: count(b, target) > limit, every=0.01)
        service.kill()
        no_secret("the log", [service.log()])
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 8000), doubles=True)


@test
def two_share_and_one_leaves(env):
    """Two processes share the partitions; one is stopped under load and the other takes over
    without a loss and, since it leaves in good order, without a repetition."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = env.service(source, target)
    fill(b, source, 0, 500)
    one.start()
    two = env.twin(one).start()
    until("two partitions each", lambda: one.metric("wafveil_assigned_partitions") == 2 and
          two.metric("wafveil_assigned_partitions") == 2)
    fill(b, source, 500, 4000)
    until("some output", lambda: count(b, target) > 3000, every=0.02)
    assert two.stop() == 0
    until("all partitions", lambda: one.metric("wafveil_assigned_partitions") == 4)
    fill(b, source, 4500, 200)
    one.idle()
    assert one.stop() == 0
    same_records(consume(b, target), numbers(0, 4700))


@test
def broker_comes_late(env):
    """Brokers that are down at the start are waited for; the log says so and the process lives."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 50)
    b.stop()
    service = env.service(source, target)
    try:
        service.start(ready=False)
        event = until("a word about it", lambda: service.events("brokers_unreachable"))[0]
        assert "bootstrap.servers" in event["advice"]
        assert service.get("/readyz")[0] == 503 and service.get("/livez")[0] == 200
    finally:
        b.start()
    until("ready", service.ready)
    service.idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 50))


@test
def broker_dies_under_load(env):
    """The broker is killed and comes back: the same process goes on, and nothing is missing."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 8000)
    service = env.service(source, target).start()
    until("some output", lambda: count(b, target) > 500, every=0.02)
    b.kill()
    time.sleep(1)
    b.start()
    service.idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 8000), doubles=True)


@test
def output_topic_is_missing(env):
    """A missing output topic is said by name, nothing is read meanwhile, and creating it is all that
    has to be done."""
    b = env.broker
    source, target = b.topic("in"), b.name("out")
    fill(b, source, 0, 50)
    service = env.service(source, target).start(ready=False)
    event = until("a word about it", lambda: service.events("topic_unusable"))[0]
    assert event["topic"] == target and event["at"] == "/outputs/0/topic"
    assert "create the topic" in event["advice"]
    assert service.get("/readyz")[0] == 503
    b.admin("create", target, 4)
    until("ready", service.ready)
    service.idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 50))


def vanish_while_records_flow(env, service, source, target):
    """50 records a partition are through; then the output topic is gone, and 50 more come. No offset
    passes what could not be written, and a topic of that name is all that is missing."""
    b = env.broker
    fill(b, source, 0, 50)
    service.idle()
    until("committed", lambda: b.committed(service.group(), source) == dict.fromkeys(range(4), 50))
    b.admin("delete", target)
    until("the topic is gone", lambda: not ends(b, target))
    fill(b, source, 50, 50)
    event = until("a word about it", lambda: service.events("output_blocked"), 40)[0]
    assert event["topic"] == target and "the topic" in event["advice"]
    until("not ready", lambda: service.get("/readyz")[0] == 503)
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), 50)
    b.admin("create", target, 4)
    until("ready", service.ready, 40)
    service.idle()
    assert service.stop() == 0


@test
def output_topic_vanishes(env):
    """The output topic is deleted while records flow: all of them arrive once it is back."""
    source, target = env.broker.topic("in"), env.broker.topic("out")
    vanish_while_records_flow(env, env.service(source, target).start(), source, target)
    same_records(consume(env.broker, target), numbers(50, 50), doubles=True)


@test
def output_has_fewer_partitions(env):
    """An output with fewer partitions than the input still gets every record."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out", 2)
    fill(b, source, 0, 200)
    service = env.service(source, target).start()
    service.idle()
    event = service.events("fewer_partitions")[0]
    assert (event["partitions"], event["input_partitions"]) == (2, 4)
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 200), ordered=False)


@test
def no_permission(env):
    """A user who may not write is told so; granting it is all that has to be done."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 50)
    service = env.service(source, target)
    service.config["kafka"].update({
        "bootstrap.servers": b.secure, "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "PLAIN", "sasl.username": "waf", "sasl.password": "waf-secret"})
    b.admin("allow", "waf", "topic", source, "read")
    b.admin("allow", "waf", "group", service.group(), "read")
    service.start(ready=False)
    event = until("a word about it", lambda: service.events("topic_unusable"))[0]
    assert event["topic"] == target and "grant" in event["advice"]
    b.admin("allow", "waf", "topic", target, "describe")
    event = until("a word about it", lambda: service.events("output_blocked"))[0]
    assert "grant" in event["advice"] and event["topic"] == target
    until("not ready", lambda: service.get("/readyz")[0] == 503)
    b.admin("allow", "waf", "topic", target, "write")
    until("ready", service.ready)
    service.idle()
    assert service.stop() == 0
    assert "waf-secret" not in service.log()
    same_records(consume(b, target), numbers(0, 50))


@test
def output_is_too_large(env):
    """A record that the output topic does not take leaves a stub and a report, and does not take
    the records of its batch with it."""
    b = env.broker
    source, rejects = b.topic("in", 1), b.topic("rejects", 1)
    target = b.topic("out", 1, "max.message.bytes=20000")
    lines = [record(0, n, "".join(f"&p{k}={os.urandom(40).hex()}" for k in range(10)))
             for n in range(300)]
    lines[150] = record(0, 150, "".join(f"&p{k}={os.urandom(40).hex()}" for k in range(600)))
    produce(b, source, 0, lines)
    service = env.service(source, target, rejects).start()
    service.idle()
    assert service.stop() == 0
    out, refused = consume(b, target), consume(b, rejects)
    same_records(out, numbers(0, 300, 1) - {(0, 150)}, ordered=False)
    stubs = [m for m in out if m.number is None]
    assert len(stubs) == 1
    stub = json.loads(stubs[0].value)
    assert stub["_wafveil"] == {"v": 1, "kind": "stub", "reason": "output_too_large"}
    assert stub["timestamp"] > 0 and stub["tenant"] is None
    assert len(refused) == 1
    report = json.loads(refused[0].value)
    assert (report["reason"], report["offset"], report["output"]) == ("output_too_large", 150, "soc")
    no_secret("an output", [m.value for m in out + refused])


@test
def offset_is_lost(env):
    """Records that were deleted before they were read are counted, and skipping them is left to a
    person: the process ends with its own code and the offset stays."""
    b = env.broker
    source, target = b.topic("in", 1), b.topic("out", 1)
    service = env.service(source, target)
    fill(b, source, 0, 100, 1)
    service.start().idle()
    assert service.stop() == 0
    fill(b, source, 100, 100, 1)
    b.admin("trim", source, 0, 150)
    service.start(ready=False)
    assert service.wait() == 6
    event = service.events("offset_lost")[0]
    assert (event["offset"], event["first"], event["lost"]) == (100, 150, 50)
    assert b.committed(service.group(), source) == {0: 100}
    same_records(consume(b, target), numbers(0, 100, 1))


@test
def poison_is_passed(env):
    """Whatever stands in a message, the next one is protected and published."""
    b = env.broker
    source, target, rejects = b.topic("in", 1), b.topic("out", 1), b.topic("rejects", 1)
    poison = ["[1,2,3]", '"text"', "{" * 5000, '{"a":' * 200 + "1" + "}" * 200, "\\u0000", "null",
              '{"httpRequest": "' + "x" * 700000]
    for n, bad in enumerate(poison):
        produce(b, source, 0, [record(0, n)])
        produce(b, source, 0, [bad])
    call("kcat", "-P", "-Z", "-b", b.address, "-t", source, "-p", "0", "-K", "|", stdin=b"key|\n")
    produce(b, source, 0, [record(0, len(poison))])
    service = env.service(source, target, rejects).start()
    service.idle()
    assert service.stop() == 0
    assert b.committed(service.group(), source) == {0: 2 * len(poison) + 2}
    out, refused = consume(b, target), consume(b, rejects)
    same_records(out, numbers(0, len(poison) + 1, 1))
    stubs = [m for m in out if m.number is None]
    assert len({json.loads(m.value)["offset"] for m in refused}) == len(poison) + 1
    assert len(stubs) <= len(refused)
    assert all(json.loads(m.value)["plan"] for m in refused)


@test
def what_is_rejected_leaks_nothing(env):
    """Records full of personal values that cannot be read, or not far enough, are reported and left
    out: none of the values is in an output, a report or the log."""
    b = env.broker
    source, target, rejects = b.topic("in", 1), b.topic("out", 1), b.topic("rejects", 1)
    whole = record(0, 0)
    bad = [whole[:-30], whole[:200], whole[1:], whole.replace(":", "=", 1),
           '{"a":' * 200 + whole + "}" * 200, " ".join(SECRETS), f"<{SECRETS[1]}>"]
    for n, text in enumerate(bad):
        produce(b, source, 0, [text, record(0, n)])
    service = env.service(source, target, rejects).start()
    service.idle()
    assert service.stop() == 0
    out, refused = consume(b, target), consume(b, rejects)
    no_secret("an output", [m.value + m.key + m.headers for m in out])
    no_secret("a report", [m.value + m.key + m.headers for m in refused])
    no_secret("the log", [service.log()])
    same_records(out, numbers(0, len(bad), 1))
    assert {json.loads(m.value)["offset"] for m in refused} == {2 * n for n in range(len(bad))}


@test
def what_is_left_out_is_not_lost(env):
    """Records that an output does not get are done: offsets advance past them, each is counted, and
    the other outputs get all of theirs."""
    b = env.broker
    source, target, some, none = b.topic("in"), b.topic("out"), b.topic("some"), b.topic("none")
    fill(b, source, 0, 200)
    chosen = [f"rule-{partition}-{number}" for partition in range(4) for number in range(50)]
    service = env.service(source, target)
    whole = service.config["outputs"][0]
    service.config["outputs"] += [
        dict(whole, name="some", topic=some, domain="{tenant}/{region}/soc", when={"rule": chosen}),
        dict(whole, name="none", topic=none, domain="{tenant}/{region}/soc",
             discard={"action": ["BLOCK"]})]
    service.start().idle()
    until("the numbers", lambda: service.metric("wafveil_suppressed_total") == 600 + 800)
    assert service.metric("wafveil_rejected_total") == 0
    assert service.stop() == 0
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), 200)
    same_records(consume(b, target), numbers(0, 200))
    same_records(consume(b, some), numbers(0, 50))
    assert count(b, none) == 0


@test
def key_and_headers(env):
    """Kafka's key and headers are personal data: the key becomes a token (the same for the same
    key), headers pass an allow-list, and the raw position stands only where it was asked for."""
    b = env.broker
    source, target, open_target = b.topic("in", 1), b.topic("out", 1), b.topic("open", 1)
    for n in range(4):
        produce(b, source, 0, [f"{'alice' if n % 2 else 'robert'}@example.net\t" + record(0, n)],
                "-K", "\t", "-H", "trace=abc", "-H", f"client={SECRETS[0]}")
    service = env.service(source, target)
    service.config["outputs"][0]["headers"] = ["trace"]
    service.config["outputs"].append({"name": "open", "topic": open_target, "purpose": "security",
                                      "key": "drop", "source_position": True,
                                      "annotate": "headers"})
    service.start().idle()
    assert service.stop() == 0
    out, plain = consume(b, target), consume(b, open_target)
    same_records(out, numbers(0, 4, 1))
    same_records(plain, numbers(0, 4, 1))
    assert out[0].key == out[2].key != out[1].key == out[3].key, [m.key for m in out]
    assert all(m.key and "example.net" not in m.key for m in out)
    assert all("trace=abc" in m.headers and "client" not in m.headers for m in out)
    assert all("wafveil-source" not in m.headers for m in out)
    assert [m.key for m in plain] == [""] * 4
    assert all(f"wafveil-source={source}:0:{n}" in m.headers for n, m in enumerate(plain))
    assert all("wafveil-pack" in m.headers and "trace" not in m.headers for m in plain)
    assert all(m.time_ms > 0 for m in out)


@test
def properties_are_laid_over(env):
    """A property of one output holds for that output only, and the start from the end is kept over
    a restart."""
    b = env.broker
    source, wide, narrow = b.topic("in", 1), b.topic("wide", 1), b.topic("narrow", 1)
    rejects = b.topic("rejects", 1)
    fill(b, source, 0, 10, 1)
    service = env.service(source, wide, rejects)
    service.config["kafka"]["auto.offset.reset"] = "latest"
    service.config["kafka"]["compression.codec"] = "zstd"
    service.config["outputs"].append({
        "name": "narrow", "topic": narrow, "purpose": "security",
        "kafka": {"message.max.bytes": "4000", "linger.ms": "1", "compression.type": "none",
                  "batch.size": "4000"}})
    service.start()
    until("the end is committed", lambda: b.committed(service.group(), source) == {0: 10})
    assert service.stop() == 0
    produce(b, source, 0, [record(0, 10), record(0, 11, "&x=" + "y" * 9000), record(0, 12)])
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, wide), {(0, 10), (0, 11), (0, 12)})
    same_records(consume(b, narrow), {(0, 10), (0, 12)})
    reports = [json.loads(m.value) for m in consume(b, rejects)]
    assert [(r["output"], r["reason"]) for r in reports] == [("narrow", "output_too_large")]


@test
def full_queues_only_slow_down(env):
    """A producer that takes hardly anything holds up the reading: nothing is lost, doubled or out of
    order."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 2000)
    service = env.service(source, target)
    service.config["outputs"][0]["kafka"] = {"queue.buffering.max.messages": "40",
                                             "linger.ms": "1"}
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 2000))


@test
def member_with_a_name_restarts(env):
    """A static member (group.instance.id) comes back to its partitions without a loss, and a second
    process with its name ends the first one with a code that says so."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 100)
    service = env.service(source, target)
    service.config["kafka"]["group.instance.id"] = "wafveil-0"
    service.start().idle()
    assert service.stop() == 0
    fill(b, source, 100, 100)
    service.start().idle()
    thief = env.twin(service).start(ready=False)
    assert service.wait() == 4
    assert any("group.instance.id" in e["advice"] for e in service.events("consumer_error"))
    fill(b, source, 200, 100)
    until("ready", thief.ready)
    thief.idle()
    assert thief.stop() == 0
    same_records(consume(b, target), numbers(0, 300), doubles=True)


@test
def inputs_of_their_own(env):
    """Two inputs with different groups have a consumer each, and both are committed."""
    b = env.broker
    first, second, target = b.topic("in"), b.topic("in"), b.topic("out")
    fill(b, first, 0, 100)
    fill(b, second, 100, 100)
    service = env.service(first, target)
    other = dict(service.config["inputs"][0], topic=second, kafka={"group.id": b.name("group")})
    service.config["inputs"].append(other)
    service.start().idle()
    until("all", lambda: count(b, target) == 800)
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 200), ordered=False)
    assert b.committed(service.group(), first) == dict.fromkeys(range(4), 100)
    assert b.committed(other["kafka"]["group.id"], second) == dict.fromkeys(range(4), 100)


@test
def wrong_properties_are_found(env):
    """`check` names every property that is wrong, with the name that was meant, and never a value:
    it may be a password."""
    service = env.service("in", "out")
    service.config["kafka"].update({
        "linger.mss": "5", "sasl.password": "PASSWORDCANARY", "enable.auto.commit": "true",
        "fetch.wait.max.ms": "VALUECANARY", "auto.offset.reset": "error",
        "partition.assignment.strategy": "range,cooperative-sticky"})
    code, text = service.check()
    assert code == 1
    assert "canary" not in text.lower(), "a value was printed"
    for words in ('"linger.mss"; did you mean "linger.ms"?', '"enable.auto.commit" belongs to',
                  '"fetch.wait.max.ms"; accepted: 0 .. 300000',
                  'auto.offset.reset must be "earliest" or "latest"',
                  "partition.assignment.strategy must be"):
        assert words in text, f"{words} is not in:\n{text}"
    path = os.path.join(service.folder, "wafveil.json")
    assert call(env.binary, "run", "--config", path, check=False) == ""


@test
def policy_changes_under_load(env):
    """Good and bad configurations by SIGHUP and over the admin listener while records stream: each
    record comes once, by one policy, and bad ones change nothing."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = env.service(source, target)
    token = os.path.join(service.folder, "token")
    with open(token, "w", encoding="utf-8") as file:
        file.write("f" * 40 + "\n")
    os.chmod(token, 0o600)
    service.config["admin"] = {"listen": "127.0.0.1:0", "token_file": token}
    good = [dict(service.config, regions=[{"from": "tenant"}]),
            dict(service.config, regions=[{"from": "tenant"}, {"from": "country"}],
                 packs={"countries": {"DE": "unknown"}})]
    service.start()
    port = service.events("admin_listening")[0]["port"]

    def admin(method, path, word="f" * 40):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method,
                                         headers={"Authorization": f"Bearer {word}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as page:
                return page.status, json.loads(page.read())
        except urllib.error.HTTPError as error:
            text = error.read().decode()
            return error.code, json.loads(text) if text.startswith("{") else text

    first = admin("GET", "/status")[1]["plan"]
    assert admin("POST", "/rollback")[0] == 409, "there was nothing to go back to"
    assert admin("POST", "/reload", "e" * 40)[0] == 401
    total = 0
    for turn in range(40):
        fill(b, source, total, 250)
        total += 250
        service.config = dict(good[turn % 2])
        if turn % 4 == 1:
            service.config["regoins"] = []
        service.write()
        if turn % 2 == 0:
            before = service.metric("wafveil_reloads_total")
            service.process.send_signal(signal.SIGHUP)
            until("the reload", lambda: service.metric("wafveil_reloads_total") > before)
        else:
            status, answer = admin("POST", "/reload")
            assert status == (409 if turn % 4 == 1 else 200), answer
            if turn % 4 == 1:
                assert "/regoins" in [f["pointer"] for f in answer["findings"]], answer
    service.config = dict(good[0])
    service.write()
    assert admin("POST", "/reload")[1]["plan"] == first
    status, answer = admin("POST", "/rollback")
    assert status == 200 and answer["plan"] != first, answer
    service.idle()
    until("all lanes", lambda: admin("GET", "/status")[1]["lanes"] == {"on_plan": 2, "all": 2})
    assert "eu" in [pack["name"] for pack in admin("GET", "/plan")[1]["packs"]]
    assert len(service.events("reload_refused")) == 10
    messages = consume(b, target)
    same_records(messages, numbers(0, total))
    no_secret("the output", [m.value for m in messages])
    packs = {re.search(r'"pack":"([^"]*)"', m.value)[1] for m in messages}
    assert len(packs) == 2, packs
    assert service.stop() == 0


@test
def second_signal_ends_at_once(env):
    """A stop that waits for a broker can be cut short; the next start repeats what was open."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = env.service(source, target)
    service.config["delivery"]["drain_ms"] = 60000
    service.start()
    b.kill()
    try:
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        code = service.wait()
        assert code in (0, 128 + signal.SIGTERM) and time.monotonic() - began < 5
    finally:
        b.start()


@test
def a_stop_while_it_begins_is_in_order(env):
    """SIGTERM before it has read anything, be it before it has joined the group: it ends with 0."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 10)
    service = env.service(source, target)
    for wait in (0, 0.02, 0.05, 0.1, 0.3):
        service.start(ready=False, await_listener=False)
        until("a first line", service.log, every=0.005)
        time.sleep(wait)
        assert service.stop() == 0
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 10), doubles=True)


@test
def suggest_reads_and_leaves_no_trace(env):
    """The newest records are looked at, as many as were asked for, however they are spread; no
    group is joined, nothing is committed, and no value is shown."""
    b = env.broker
    source = b.topic("in")
    fill(b, source, 0, 300)
    old = [json.dumps({**json.loads(record(0, 0)), "oldMember": 1}) for _ in range(50)]
    new = [json.dumps({**json.loads(record(1, n)), "newMember": SECRETS[1]}) for n in range(40)]
    lone = b.topic("lone")
    produce(b, lone, 0, old)
    fill(b, lone, 0, 100, partitions=1)
    produce(b, lone, 1, new)
    service = env.service(source, b.topic("out"))
    service.config["inputs"].append({**service.config["inputs"][0], "topic": lone})
    path = service.write()

    def suggest(topic, *options):
        out = call(env.binary, "suggest", "--config", path, "--topic", topic, "--json", *options)
        no_secret("what is suggested", [out])
        report = json.loads(out)
        return report["records"]["read"], {row["path"] for row in report["unlisted"]}

    assert suggest(source) == (1200, set())
    assert suggest(source, "--records", "100") == (100, set())
    assert suggest(source, "--records", "3") == (3, set()), "fewer than there are partitions"
    assert suggest(lone) == (190, {"oldMember", "newMember"})
    assert suggest(lone, "--records", "120") == (120, {"newMember"})
    assert all(n < 0 for n in b.committed(service.group(), source).values())
    service.start().idle()
    assert service.stop() == 0
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), 300)
    assert suggest(source) == (1200, set())
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), 300)
    bad = service.config["kafka"]["bootstrap.servers"] = "127.0.0.1:1"
    done = subprocess.run([env.binary, "suggest", "--config", service.write(), "--topic", source],
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == 4 and bad not in done.stdout.decode()
    assert "the topic cannot be read" in done.stderr.decode()


@test
def retention_and_readers_are_told(env):
    """What the brokers say of the topics is what was set there: a lawyer believes it. Too long and
    compacted raw topics are warned of, and readers and groups have their names."""
    b = env.broker
    day = 24 * 3600 * 1000
    source = b.topic("in", 4, f"retention.ms={400 * day}", "cleanup.policy=compact,delete")
    target = b.topic("out", 4, f"retention.ms={90 * day}", "retention.bytes=1073741824")
    rejects = b.topic("rejects", 1)
    b.admin("allow", "soc", "topic", source, "read")
    b.admin("allow", "maker", "topic", source, "write")
    produce(b, source, 0, ["{}"], "-K", ":", "-k", "k")
    service = env.service(source, target, rejects).start()
    service.idle()
    assert service.stop() == 0
    code, topics, findings = service.topics()
    assert code == 0, code
    assert set(topics) == {source, target, rejects}
    assert topics[source]["holds"] == "raw" and topics[target]["output"] == "soc"
    assert topics[source]["retention"] == {
        "known": True, "kept_ms": 400 * day, "longest_ms": 407 * day, "declared_ms": None,
        "bytes": None, "deleted": True, "compacted": True, "compacted_within_ms": None}
    assert topics[target]["retention"] == {
        "known": True, "kept_ms": 90 * day, "longest_ms": 97 * day, "declared_ms": None,
        "bytes": 1073741824, "deleted": True, "compacted": False, "compacted_within_ms": None}
    assert topics[source]["readers"] == {
        "known": True, "anyone": False, "unlisted": False, "left_out": 0,
        "entries": [{"principal": "User:soc", "host": "*", "topics": source, "prefix": False,
                     "denied": False}]}
    assert topics[target]["readers"]["unlisted"] and not topics[target]["readers"]["entries"]
    assert topics[source]["groups"]["names"] == [service.group()], topics[source]["groups"]
    assert topics[target]["groups"]["names"] == []
    texts = [text for at, text in findings if at == "/inputs/0/topic"]
    assert len(texts) == 2 and len(findings) == 3, findings
    assert any(at == "/outputs/0/topic" and "set retention_days" in t for at, t in findings)
    assert any("keeps raw records 400 days" in t and "eu (365)" in t for t in texts), texts
    assert any("max.compaction.lag.ms" in t for t in texts), texts


@test
def who_may_not_ask_is_told_what_to_grant(env):
    """A user without the right to ask gets no answer that looks like a good one: what is not known
    is said, with the permission that is missing, and the exit code is 4. Granting is all that has
    to be done."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 10)
    service = env.service(source, target).start()
    service.idle()
    assert service.stop() == 0
    service.config["kafka"].update({
        "bootstrap.servers": b.secure, "security.protocol": "sasl_plaintext",
        "sasl.mechanism": "PLAIN", "sasl.username": "waf", "sasl.password": "waf-secret"})
    code, topics, _ = service.topics()
    assert code == 4, code
    retention, readers = topics[source]["retention"], topics[source]["readers"]
    assert not retention["known"] and "grant" in retention["why"], retention
    assert not readers["known"] and "Describe on the cluster" in readers["why"], readers
    assert "waf-secret" not in json.dumps(topics)
    b.admin("allow", "waf", "cluster", "kafka-cluster", "describe")
    for topic in (source, target):
        b.admin("allow", "waf", "topic", topic, "describe_configs")
    b.admin("allow", "waf", "topic", source, "read")
    code, topics, _ = service.topics()
    assert code == 4, "groups are shown, and what they read is not"
    assert not topics[source]["groups"]["known"] and topics[source]["groups"]["not_known_of"] > 0
    b.admin("allow", "waf", "group", "*", "describe")
    code, topics, _ = service.topics()
    assert code == 0, topics
    assert topics[source]["groups"]["names"] == [service.group()], topics[source]["groups"]
    assert [r["principal"] for r in topics[source]["readers"]["entries"]] == ["User:waf"]
    assert topics[source]["retention"]["kept_ms"] == 7 * 24 * 3600 * 1000


@test
def brokers_without_an_authorizer_are_told(env):
    """Where there are no permissions everybody can read raw records, and that is said."""
    b = Broker(authorizer=False)
    try:
        source, target = b.topic("in"), b.topic("out")
        service = Service.between(env.binary, b, source, target)
        code, topics, findings = service.topics()
        assert code == 0, code
        assert topics[source]["readers"]["anyone"] and topics[target]["readers"]["anyone"]
        assert [at for at, text in findings if "[CTR-10]" in text] == ["/inputs/0/topic"], findings
    finally:
        b.remove()


@test
def a_topic_that_keeps_longer_than_declared_is_told(env):
    """What an output declares is compared with what its topic really does, by `check` and by the
    running service: an operator who forgot a topic's setting is told, and an alarm can be set."""
    b = env.broker
    day = 24 * 3600
    source = b.topic("in", 4, f"retention.ms={7 * day * 1000}")
    long = b.topic("long", 4, f"retention.ms={90 * day * 1000}")
    fit = b.topic("fit", 4, f"retention.ms={29 * day * 1000}", f"segment.ms={day * 1000}")
    segment = b.topic("segment", 4, f"retention.ms={30 * day * 1000}")
    endless = b.topic("endless", 4, "cleanup.policy=compact")
    service = env.service(source, long)
    outputs = service.config["outputs"]
    outputs[0].update({"retention_days": 30, "annotate": "both"})
    for name, topic in (("fit", fit), ("segment", segment), ("endless", endless)):
        outputs.append({**outputs[0], "name": name, "topic": topic})
    until("the brokers know the topics", lambda: service.check("--brokers")[0] == 0)
    said = service.check("--brokers")[1]
    for text in ("keeps its records 90 days, and 30 days are declared",
                 "can keep a record 37 days, and 30 days are declared",
                 "keeps the last record of each key without an end, and 30 days are declared"):
        assert said.count(text) == 1, (text, said)
    assert said.count("are declared") == 3 and "(at /outputs/1/" not in said, said
    service.start()
    until("answers", lambda: service.metric("wafveil_retention_checks_total") >= 4)
    page = service.get("/metrics")[1]
    for output, kept, longest in (("soc", 90 * day, 97 * day), ("fit", 29 * day, 30 * day),
                                  ("segment", 30 * day, 37 * day), ("endless", "+Inf", "+Inf")):
        for metric, value in (("declared", 30 * day), ("topic", kept), ("longest", longest)):
            line = f'wafveil_retention_{metric}_seconds{{output="{output}"}} {value}\n'
            assert line in page, line
    assert 'wafveil_retention_checks_total{result="failed"} 0' in page
    assert service.stop() == 0
    told = {event["at"]: event["what"] for event in service.events("retention")}
    assert set(told) == {f"/outputs/{i}/topic" for i in (0, 2, 3)}, told
    assert [e["at"] for e in service.events("retention_within")] == ["/outputs/1/topic"]


@test
def an_end_of_the_law_is_a_metric(env):
    """The moment from which an output gets nothing personal stands in the metrics before it comes,
    so that an alarm can be set on it."""
    b = env.broker
    service = env.service(b.topic("in"), b.topic("out"))
    service.config["outputs"][0]["recipient"] = "lab"
    service.config["recipients"] = {"lab": {
        "kind": "own", "country": "SG", "safeguards": [
            {"mechanism": "scc", "document": "S-1", "until": "2099-12-31"}]}}
    service.start()
    page = service.get("/metrics")[1]
    assert 'wafveil_law_expiry_timestamp_seconds{output="soc",region="eu"} 4102444800\n' in page
    assert page.count("wafveil_law_expiry_timestamp_seconds{") == 1, "an end that nobody knows"
    assert service.stop() == 0
