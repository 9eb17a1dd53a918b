"""The same lines through a real Apache Kafka and `wafveil run`: from kcat, and from rsyslog itself."""

import os
import re
import sys

import check
import facts
import shippers

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kafka"))
import harness  # noqa: E402

CLIENT = re.compile(rb'"client_ip":"([^"]+)"|"remote_addr":"([^"]+)"|, client: ([0-9a-f.:]+),|^(\S+) - ')


def client_of(line):
    """What a producer would take as the key of the message."""
    found = CLIENT.search(line)
    return next(filter(None, found.groups())) if found else b"-"


def produce(broker, topic, folder, lines):
    """Every line is a message; key and header hold the client's address."""
    path = os.path.join(folder, "messages")
    for client in (b"", b"\x01"):
        with open(path, "wb") as file:
            some = [line for line in lines if (client_of(line) == b"-") == (client == b"")]
            file.write(b"".join((client_of(line) + client if client else b"") + line + b"\n"
                                for line in some))
        words = ["-K", "\x01"] if client else []
        if some:
            harness.call("kcat", "-P", "-b", broker.address, "-t", topic, "-l", path, *words,
                         "-H", "x-secret=" + "203.0.113.254", "-X", "message.max.bytes=2000000")


def service_between(program, broker, sources, target, rejects):
    inputs = [{"topic": source, "format": "auto",
               "tenant": {"from": "fixed", "name": "shop", "region": "eu"}} for source in sources]
    outputs = [{"name": "soc", "topic": target, "purpose": "security"}]
    return harness.Service(program, broker, inputs=inputs, outputs=outputs,
                           rejects={"topic": rejects}, keys={"file": os.path.join(broker.folder, "keys")})


def test(score, program, folder, planted, server):
    lines = [line for some in server.lines().values() for line in some]
    broker = harness.Broker()
    try:
        bare, shipped = broker.topic("bare"), broker.topic("shipped")
        target, rejects = broker.topic("protected"), broker.topic("rejects", 1)
        produce(broker, bare, folder, lines)
        shippers.ship_to_kafka(f"{folder}/to-kafka", server.files(), broker.address, shipped,
                               lambda: harness.count(broker, shipped) >= len(lines))
        service = service_between(program, broker, [bare, shipped], target, rejects).start()
        try:
            service.idle()
            measured = harness.until("all numbers", lambda: numbers(service, 2 * len(lines)))
            code, log = service.stop(), service.log()
        finally:
            service.kill()
        judge(score, planted, lines, harness.consume(broker, target), harness.consume(broker, rejects),
              measured, (code, log))
    finally:
        broker.remove()


def numbers(service, messages):
    """What the service counts, once that is complete."""
    found = {name: service.metric(f"wafveil_{name}_total")
             for name in ("messages", "records_out", "rejected", "stubs")}
    done = found["records_out"] + found["rejected"] >= messages
    return found if done and found["messages"] >= messages else None


def judge(score, planted, lines, out, rejects, measured, ended):
    code, log = ended
    score.take("Kafka: the service ends in good order", [] if code == 0 else [f"exit {code}: {log[-500:]}"])
    total = 2 * len(lines)
    counted = len(out) + len(rejects) - measured["stubs"]
    score.take(f"Kafka: {total} messages, none is lost", [] if counted == total else [
        f"{total} in, {len(out)} out, {len(rejects)} rejected, {measured}"])
    score.take("Kafka: what was counted is so", [] if (measured["messages"], measured["rejected"]) == (
        total, len(rejects)) else [f"{measured}, {len(rejects)} rejects, {total} messages"])
    score.take("Kafka: none is rejected", [message.value[:300] for message in rejects])
    everything = [message.value + "\n" + message.key + "\n" + message.headers for message in out + rejects]
    score.take("Kafka: nothing personal comes out", check.leaks(planted, [*everything, *log.split("\n")]))
    before = {rule: 2 * number for rule, number in facts.rules_in(map(check.readable, lines)).items()}
    after = facts.rules_in(message.value for message in out)
    score.take("Kafka: every rule is still there", [
        f"{rule}: {number} before, {after.get(rule, 0)} after" for rule, number in before.items()
        if after.get(rule, 0) != number])
    gone = facts.evidence("\n".join(map(check.readable, lines))) - facts.evidence(
        "\n".join(message.value for message in out))
    score.take("Kafka: every attack is still there", sorted(gone))
    keys = {message.key for message in out}
    score.take("Kafka: keys tell clients apart", [] if len(keys) > 50 else [f"only {len(keys)} keys"])
    score.take("Kafka: what came wrapped is JSON", [
        message.value[:300] for message in out
        if message.value.startswith("{") and not check.is_json(message.value)])
