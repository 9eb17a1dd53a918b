"""Tests with a broken network between the service and a broker. Each says what may come twice: only
what at-least-once allows, after the group has given the partitions to somebody else.

The broker has one listener that it advertises at the proxy of tests/faults; kcat and the checker go
past it.
"""
import atexit
import os
import random
import signal
import socket
import sys
import threading
import time

from cases import test
from harness import (ROOT, Broker, consume, count, fill, no_secret, numbers, produce, record,
                     same_records, until)

sys.path.insert(0, os.path.join(ROOT, "tests", "faults"))
import proxy as proxy_tool  # noqa: E402

# Cuts come after random numbers of bytes; the same seed cuts at the same ones.
SEED = int(os.environ.get("WV_FAULTS_SEED", str(time.time_ns() % 1000000)))

SESSION_S = 6

# What the process may need beside limits.memory_mib: program, tables of the policy, threads, buffers
# of lanes, librdkafka's own, and what malloc keeps.
BESIDE_MIB = 96


class ProxiedBroker(Broker):
    """`address` is the broker's own, `proxied` leads through the proxy."""
    proxy = None

    def start(self):
        if self.proxy is None:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            self.proxy = proxy_tool.Proxy(proxy_tool.build(self.folder), [port])
            self.proxied = f"127.0.0.1:{self.proxy.ports[0]}"
            self.add_listener(f"PROXIED://127.0.0.1:{port}", f"PROXIED://{self.proxied}")
        super().start()

    def add_listener(self, listener, advertised):
        path = os.path.join(self.folder, "server.properties")
        more = {"listeners": listener, "advertised.listeners": advertised,
                "listener.security.protocol.map": "PROXIED:PLAINTEXT"}
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
        with open(path, "w", encoding="utf-8") as file:
            for line in lines:
                name = line.split("=", 1)[0]
                file.write(f"{line},{more.pop(name)}\n" if name in more else f"{line}\n")
        assert not more, f"server.properties has no {more}"

    def remove(self):
        super().remove()
        self.proxy.close()


brokers = []


def broken_network(env):
    """A broker behind a proxy in the place of the usual one; the proxy hurts nobody yet."""
    if not brokers:
        brokers.append(ProxiedBroker(authorizer=False))
        atexit.register(brokers[0].remove)
    env.broker = brokers[0]
    env.broker.proxy.tell("pass", "all")
    return env.broker, env.broker.proxy


def through_proxy(env, source, target):
    service = env.service(source, target)
    service.config["kafka"].update({
        "bootstrap.servers": env.broker.proxied, "session.timeout.ms": str(SESSION_S * 1000),
        "socket.timeout.ms": "3000", "reconnect.backoff.max.ms": "500"})
    return service


def lost_its_partitions(service):
    """Whether somebody else may have repeated what it had not committed."""
    return bool(service.events("partitions_lost")) or any(
        e["unfinished"] != "none" for e in service.events("partitions_given_back"))


def ends_well(service, source, target, total):
    """Everything arrives and is committed, and nothing else; nothing has leaked. Returns how many
    records came twice: none, unless the group took the partitions away."""
    b = service.broker
    service.idle()
    assert service.stop() == 0
    assert b.committed(service.group(), source) == dict.fromkeys(range(4), total)
    messages = consume(b, target)
    doubles = lost_its_partitions(service)
    same_records(messages, numbers(0, total), doubles=doubles, ordered=not doubles)
    no_secret("an output", [m.value + m.key + m.headers for m in messages])
    no_secret("the log", [service.log()])
    return len(messages) - 4 * total


def descriptors(service):
    return len(os.listdir(f"/proc/{service.process.pid}/fd"))


def memory_mib(service, name):
    """VmRSS: now; VmHWM: the most so far."""
    with open(f"/proc/{service.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(name))


class Feeder:
    """Writes records all the time, past the proxy; stop() says how many each partition has."""

    def __init__(self, broker, topic, step=100, pause_s=0.05):
        self.total, self.ends, self.broken = 0, threading.Event(), None
        self.work = (broker, topic, step, pause_s)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        broker, topic, step, pause_s = self.work
        try:
            while not self.ends.is_set():
                fill(broker, topic, self.total, step)
                self.total += step
                self.ends.wait(pause_s)
        except Exception as error:  # told by stop(), in the thread of the test
            self.broken = error

    def stop(self):
        self.ends.set()
        self.thread.join(120)
        assert self.broken is None, self.broken
        return self.total


@test
def network_is_slow(env):
    """Every byte comes 300 ms late, each way: nothing is lost, doubled or out of order, and the group
    does not lose its member."""
    b, proxy = broken_network(env)
    source, target = b.topic("in"), b.topic("out")
    service = through_proxy(env, source, target)
    service.config["kafka"]["socket.timeout.ms"] = "60000"
    proxy.tell("delay", "all", 300)
    service.start()
    fill(b, source, 0, 1000)
    until("some output", lambda: count(b, target) > 400, 60)
    fill(b, source, 1000, 500)
    service.idle()
    assert service.metric("wafveil_rebalances_total") == 1
    assert ends_well(service, source, target, 1500) == 0


@test
def connections_are_reset(env):
    """Connections are reset in the middle of requests and of answers, again and again, under load:
    the process goes on, and nothing is lost, doubled, out of order, or left open."""
    b, proxy = broken_network(env)
    source, target = b.topic("in"), b.topic("out")
    print(f"      seed {SEED} (WV_FAULTS_SEED)")
    chance = random.Random(SEED)
    service = through_proxy(env, source, target)
    service.config["outputs"][0]["kafka"] = {"linger.ms": "5", "batch.num.messages": "50"}
    service.start()
    feeder = Feeder(b, source)
    until("some output", lambda: count(b, target) > 500)
    opened = descriptors(service)
    for turn in range(30):
        accepted = proxy.tell("count", "all")[1]
        proxy.tell("cut", "all", chance.randrange(1, 40000), chance.choice(["up", "down"]))
        until("it connects again", lambda: proxy.tell("count", "all")[1] > accepted, 60)
        if turn % 10 == 9:
            proxy.tell("reset", "all")
    proxy.tell("pass", "all")
    total = feeder.stop()
    service.idle()
    assert descriptors(service) <= opened + 4, "connections are left open"
    ends_well(service, source, target, total)


@test
def answers_do_not_arrive(env):
    """Half-open: the broker gets what the service sends, and its answers get lost until the service
    gives them up and asks again elsewhere; the first requests arrive a second time, late. No record
    is lost, and the broker writes none twice."""
    b, proxy = broken_network(env)
    source, target = b.topic("in"), b.topic("out")
    service = through_proxy(env, source, target)
    service.config["kafka"]["session.timeout.ms"] = "45000"
    service.start()
    feeder = Feeder(b, source)
    for way in ("down", "up", "down"):
        before = count(b, target)
        until("some output", lambda: count(b, target) > before + 400, 60)
        accepted = proxy.tell("count", "all")[1]
        proxy.tell("hole", "all", way)
        until("it gives the connection up", lambda: proxy.tell("count", "all")[1] > accepted, 60)
        assert service.get("/livez")[0] == 200
        proxy.tell("pass", "all")
    assert ends_well(service, source, target, feeder.stop()) == 0


@test
def network_is_cut_for_longer_than_the_session(env):
    """The network is gone until the group has given the partitions to another process, which reaches
    the broker: that one repeats what was not committed, and the first one, when it comes back, neither
    commits over it nor ends."""
    b, proxy = broken_network(env)
    source, target = b.topic("in"), b.topic("out")
    service = through_proxy(env, source, target)
    service.config["outputs"][0]["kafka"] = {"linger.ms": "200"}
    service.start()
    feeder = Feeder(b, source)
    until("some output", lambda: count(b, target) > 1000, 60)
    proxy.tell("hole", "all")
    twin = env.twin(service)
    twin.config = dict(service.config, kafka=dict(service.config["kafka"]))
    twin.config["kafka"]["bootstrap.servers"] = b.address
    twin.start()
    until("all partitions", lambda: twin.metric("wafveil_assigned_partitions") == 4, 60)
    taken = count(b, target)
    until("the other goes on", lambda: count(b, target) > taken + 1000, 60)
    assert service.get("/livez")[0] == 200
    until("it notices", lambda: service.get("/readyz")[0] == 503, 60)
    proxy.tell("pass", "all")
    until("they share", lambda: service.metric("wafveil_assigned_partitions") == 2 and
          twin.metric("wafveil_assigned_partitions") == 2, 60)
    total = feeder.stop()
    twin.idle()
    assert twin.stop() == 0
    until("all partitions", lambda: service.metric("wafveil_assigned_partitions") == 4, 60)
    no_secret("the log", [twin.log()])
    assert lost_its_partitions(service)
    print(f"      {ends_well(service, source, target, total)} of {4 * total} records came twice")


@test
def it_stops_while_the_network_is_cut(env):
    """SIGTERM while nothing passes: it waits for what is under way as long as it may, and ends by
    itself; the next start repeats what was not committed."""
    b, proxy = broken_network(env)
    source, target = b.topic("in"), b.topic("out")
    service = through_proxy(env, source, target)
    service.config["delivery"]["drain_ms"] = 3000
    service.config["outputs"][0]["kafka"] = {"linger.ms": "200"}
    service.start()
    feeder = Feeder(b, source)
    until("some output", lambda: count(b, target) > 1000, 60)
    proxy.tell("hole", "all")
    began = time.monotonic()
    service.process.send_signal(signal.SIGTERM)
    code = service.wait(60)
    print(f"      it ended with {code} after {time.monotonic() - began:.1f} s")
    assert code == 0
    no_secret("the log", [service.log()])
    proxy.tell("pass", "all")
    total = feeder.stop()
    service.start(ready=False).idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, total), doubles=True)


@test
def output_is_ten_times_slower_than_the_input(env):
    """Far more records wait than the memory holds, and the link of the output lets a tenth of what the
    input could give through: memory stays below limits.memory_mib and what the program needs beside
    it, and all arrive."""
    b, proxy = broken_network(env)
    source, target = b.topic("in"), b.topic("out")
    many, limit_mib = 8000, 32
    padding = "".join(f"&p{k}=%{k % 10}0{'q' * 90}" for k in range(40))
    size_mib = 4 * many * len(record(0, 0, padding)) / 2**20
    assert size_mib > limit_mib + BESIDE_MIB, "all of it may wait in memory"
    service = env.service(source, target)
    service.config["limits"] = {"memory_mib": limit_mib}
    service.config["outputs"][0]["kafka"] = {"bootstrap.servers": b.proxied,
                                             "compression.codec": "none"}
    service.start()
    empty = memory_mib(service, "VmRSS")
    assert service.stop() == 0
    for partition in range(4):
        for first in range(0, many, 500):
            produce(b, source, partition, [record(partition, n, padding)
                                           for n in range(first, first + 500)])
    proxy.tell("limit", "all", 2 << 20, "up")
    service.start(ready=False)
    until("a tenth", lambda: count(b, target) > 4 * many / 10, 120)
    slow = memory_mib(service, "VmRSS")
    done = count(b, target)
    assert done < 2 * many, "the link was not slow"
    proxy.tell("pass", "all")
    began = time.monotonic()
    until("the rest", lambda: count(b, target) >= 4 * many, 120)
    rate = (1 - done / (4 * many)) * size_mib / (time.monotonic() - began)
    most = memory_mib(service, "VmHWM")
    print(f"      {size_mib:.0f} MiB through {limit_mib} MiB of queues: {empty:.0f} MiB empty, "
          f"{slow:.0f} at 2 MiB/s, {most:.0f} at most; {rate:.0f} MiB/s without a limit")
    assert most < limit_mib + BESIDE_MIB, most
    assert ends_well(service, source, target, many) == 0
