"""One scenario from its topics to its row of the table."""
import os
import random
import signal
import time

import cluster  # noqa: F401  the path to harness
import fleet
import harness
import load
import surroundings

PARTITIONS = 6
PROCESSES = 3

# Calls at which a process is ended or stopped, and up to which one of them.
POINTS = {
    "at_least_once": (("rd_kafka_produceva", 3000), ("rd_kafka_commit", 4),
                      ("rd_kafka_commit", 20), ("rd_kafka_commit_queue", 2), ("rd_kafka_assign", 1),
                      ("rd_kafka_flush", 3), ("rd_kafka_consumer_close", 1)),
    "exactly_once": (("rd_kafka_produceva", 3000), ("rd_kafka_begin_transaction", 8),
                     ("rd_kafka_send_offsets_to_transaction", 8),
                     ("rd_kafka_commit_transaction", 8), ("rd_kafka_commit_transaction", 30),
                     ("rd_kafka_abort_transaction", 1), ("rd_kafka_init_transactions", 2),
                     ("rd_kafka_committed", 1), ("rd_kafka_consumer_group_metadata", 1),
                     ("rd_kafka_assign", 1), ("rd_kafka_consumer_close", 1)),
}

# What the checker counts, in the order of the table.
COUNTS = ("records", "lost", "doubled", "changed", "reordered", "different", "leaked", "hanging")


class Env:
    """What all scenarios share."""

    def __init__(self, options, brokers, seed):
        self.binary, self.cluster, self.seed = os.path.abspath(options.binary), brokers, seed
        self.delivery, self.rate, self.trace = options.delivery, options.rate, options.trace
        self.measure = os.path.abspath(options.measure or options.binary)
        self.partitions, self.poison, self.number = PARTITIONS, load.POISON, 0
        self.static = self.clocks = self.only_values = False
        self.templates = os.path.join(brokers.folder, "templates")
        os.mkdir(self.templates)
        load.write_templates(self.templates)


class Budget:
    """How long faults are injected: until a moment, or until there were so many of them."""

    def __init__(self, fault, seconds=None, count=None):
        self.end = None if seconds is None else time.monotonic() + seconds
        self.fault, self.count = fault, count

    def is_left(self, faults):
        total = sum(faults.values())
        if self.count is not None:
            return (total if self.fault == "faults" else faults[self.fault]) < self.count
        return time.monotonic() < self.end or not total


class Campaign(surroundings.Surroundings):
    session_s = fleet.SESSION_MS / 1000

    def __init__(self, env, kind, budget):
        self.env, self.kind, self.budget = env, kind, budget
        self.rng = random.Random(f"{env.seed}/{kind.name}")
        self.begin = time.monotonic()
        self.faults = dict.fromkeys(
            ("kills", "zombies", "restarts", "joins", "leaves", "broker stops", "broker kills",
             *surroundings.FAULTS), 0)
        self.links, self.full = [], {}
        self.steps, self.policy, self.turn, self.sleeper = [], 0, 0, None
        env.static, env.clocks = kind.static, kind.clocks
        env.number += 1
        b = env.cluster
        self.source = b.topic("in", PARTITIONS)
        self.targets = [b.topic("out", PARTITIONS) for _ in range(kind.outputs)]
        self.rejects = b.topic("rejects", 1)
        self.policies = self.make_policies()
        self.feeder = load.Feeder(env, self.source, env.number, env.rate)
        self.fleet = fleet.Fleet(env, self.policies[0], PROCESSES, self.process)
        self.seen = 0

    # ---- Documents -------------------------------------------------------------------------------

    def config(self, **sections):
        outputs = [{"name": "soc", "topic": self.targets[0], "purpose": "security",
                    "source_position": True}]
        # One transaction has one producer, and so one speed.
        slow = {} if self.env.delivery == "exactly_once" else {
            "kafka": {"linger.ms": "900", "batch.num.messages": "100000",
                      "max.in.flight.requests.per.connection": "1"}}
        for number, topic in enumerate(self.targets[1:]):
            outputs.append(dict(outputs[0], name=f"slow-{number}", topic=topic,
                                domain="{tenant}/{region}/soc", **slow))
        brokers = self.env.cluster if self.kind.network else self.env.cluster.direct
        return {
            "kafka": {"bootstrap.servers": brokers.address, "group.id": self.source,
                      "session.timeout.ms": str(fleet.SESSION_MS), "heartbeat.interval.ms": "300",
                      "reconnect.backoff.max.ms": "1000", **self.kind.kafka},
            "inputs": [{"topic": self.source, "format": "aws-waf",
                        "tenant": {"from": "fixed", "name": "acme", "region": "eu"}}],
            "outputs": outputs, "rejects": {"topic": self.rejects},
            "http": {"listen": "127.0.0.1:0"}, "instance": "faults",
            "delivery": {"mode": self.env.delivery, "lanes": 2, "commit_ms": 200,
                         "drain_ms": 10000},
            "keys": {"file": os.path.join(self.env.cluster.folder, "keys.0")}, **sections}

    def process(self, config):
        return fleet.Instance(self.env.binary, self.env.cluster, config)

    def make_policies(self):
        """One, or two with other rules and other keys; and what each makes of the templates."""
        both = [self.config(regions=[{"from": "tenant"}])]
        if self.kind.changes:
            both.append(self.config(
                regions=[{"from": "tenant"}, {"from": "country"}],
                packs={"countries": {"DE": "unknown"}},
                keys={"file": os.path.join(self.env.cluster.folder, "keys.1")}))
        for number, config in enumerate(both):
            alone = dict(config, outputs=config["outputs"][:1])
            path = harness.Service(self.env.binary, self.env.cluster, **alone).write()
            load.write_made(self.env.templates, f"made.{number}", self.env.measure, path)
        return both

    # ---- What scenarios do -----------------------------------------------------------------------

    def luck(self, count):
        return [self.rng.random() for _ in range(count)]

    def more(self):
        return self.budget.is_left(self.faults)

    def note(self, fault, what):
        if fault is not None:
            self.faults[fault] += 1
        self.steps.append(f"{time.monotonic() - self.begin:7.1f} s  {what}")
        if self.env.trace:
            print(self.steps[-1], flush=True)

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while True:
            self.fleet.tend()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, 0.05))

    def written(self):
        return min(self.env.cluster.written(topic, PARTITIONS) for topic in self.targets)

    def progress(self, seconds=120):
        """Something comes out again: faults that only ever meet a standstill show nothing."""
        end = time.monotonic() + seconds
        while True:
            written = self.written()
            if written > self.seen:
                self.seen = written
                return
            if time.monotonic() > end:
                raise AssertionError(f"nothing came out for {seconds} s")
            self.wait(0.3)

    def processes(self):
        return range(PROCESSES)

    def instance(self, who):
        return fleet.chosen(who, self.fleet.instances[:PROCESSES])

    def name(self, instance):
        return f"process {self.fleet.instances.index(instance) + 1}"

    def kill(self, who, seconds):
        instance = self.instance(who)
        self.note("kills", f"SIGKILL of {self.name(instance)}, back after {seconds:.1f} s")
        self.fleet.kill(instance, seconds)

    def strike(self, who, point, number):
        """Has a process meet a fault at the chosen call. Whether it does: some calls are made only
        when the process ends, and some of those not then."""
        instance = self.instance(who)
        self.note(None, f"{self.name(instance)} is to meet {point}:{int(number)}")
        self.fleet.leave([instance])
        instance.fault = f"{point}:{int(number)}"
        instance.launch()
        instance.struck, begin, runs, at_work = 0, time.monotonic(), instance.runs, None
        while instance.runs == runs and not instance.is_stopped():
            if at_work is None and instance.events("partitions_taken"):
                at_work = time.monotonic()
            enough = begin + 30 if at_work is None else at_work + 4
            if time.monotonic() > enough and not instance.asked:
                instance.ask_to_leave()
                instance.wanted = True
            if time.monotonic() > begin + 120:
                raise AssertionError(f"{self.name(instance)} neither met {point} nor ended")
            self.wait(0.05)
        return instance

    def kill_at(self, who, point):
        instance = self.strike(who, point, signal.SIGKILL)
        did = bool(instance.struck)
        self.note("kills" if did else None, "it did" if did else "it did not")

    def stop_at(self, who, point, seconds):
        self.sleeper = self.strike(who, point, signal.SIGSTOP)
        did = self.sleeper.is_stopped()
        self.note("zombies" if did else None, "it did" if did else "it did not")
        if did:
            self.wait(seconds)
        self.resume()

    def point(self, what, when, count):
        """A call to the brokers, and at which one of them."""
        calls = POINTS[self.env.delivery]
        call, most = calls[int(what * len(calls))]
        return f"{call}:{'before' if when < 0.5 else 'after'}:{1 + int(count * most)}"

    def pause(self, who):
        self.sleeper = self.instance(who)
        self.note("zombies", f"SIGSTOP of {self.name(self.sleeper)}")
        self.sleeper.pause()

    def resume(self):
        self.note(None, f"SIGCONT of {self.name(self.sleeper)}")
        self.sleeper.resume()

    def other_policy(self):
        self.policy = 1 - self.policy

    def restart_next(self):
        instance = self.fleet.instances[self.turn % PROCESSES]
        self.turn += 1
        self.note("restarts", f"SIGTERM of {self.name(instance)}, back with policy {self.policy}")
        self.fleet.leave([instance])
        self.fleet.use(instance, self.policies[self.policy])
        instance.launch()

    def join_or_leave(self, who):
        """Two more processes, which are there or not."""
        number = PROCESSES + int(who * 2)
        while len(self.fleet.instances) <= number:
            self.note("joins", f"process {len(self.fleet.instances) + 1} joins")
            self.fleet.add()
            return
        instance = self.fleet.instances[number]
        if instance.wanted:
            self.note("leaves", f"{self.name(instance)} leaves")
            self.fleet.leave([instance])
        else:
            self.note("joins", f"{self.name(instance)} joins")
            instance.launch()

    def node(self, luck, after=0):
        nodes = self.env.cluster.nodes
        return nodes[(int(luck * len(nodes)) + after) % len(nodes)]

    def stop_broker(self, node):
        self.note("broker stops", f"SIGTERM of broker {node}")
        self.env.cluster.stop(node)

    def kill_broker(self, node):
        self.note("broker kills", f"SIGKILL of broker {node}")
        self.env.cluster.kill(node)

    def coordinator(self):
        return self.env.cluster.coordinator(self.source)

    def mend(self):
        self.note(None, "all brokers come back")
        self.env.cluster.mend()

    # ---- The end ---------------------------------------------------------------------------------

    def drain(self, fed, seconds=120):
        """Until everything is committed; seconds: that nothing at all may be committed for."""
        end, best = time.monotonic() + seconds, -1
        while True:
            done = self.env.cluster.committed(self.source, self.source)
            if all(done.get(p, -1) >= count for p, count in enumerate(fed)):
                return
            total = sum(max(n, 0) for n in done.values())
            if total > best:
                end, best = time.monotonic() + seconds, total
            if time.monotonic() > end:
                raise AssertionError(f"{total} of {sum(fed)} are committed, and no more for "
                                     f"{seconds} s")
            self.wait(0.3)

    def conduct(self):
        """The counts of the checker, and a list of what is wrong."""
        self.progress()
        self.kind.inject(self)
        self.note(None, "faults end")
        if self.sleeper is not None:
            self.sleeper.resume()
        self.env.cluster.mend()
        if self.kind.clocks:
            self.right_clocks()
        fed = self.feeder.stop()
        self.drain(fed)
        self.fleet.end()
        self.fleet.search_logs()
        names = [f"made.{i}" for i in range(len(self.policies))]
        counts, said = self.feeder.check(self.env, self.targets, self.rejects, fed, names)
        return counts, self.judge(counts, said)

    def judge(self, counts, said):
        wrong = list(self.fleet.wrong)
        never = {"lost", "reordered", "different", "leaked", "hanging"}
        if self.env.delivery == "exactly_once":
            never |= {"doubled", "changed"}
        elif not self.kind.changes:
            never.add("changed")
        wrong += [f"{counts[name]} {name}" for name in sorted(never) if counts[name]]
        if counts["records"] == 0 or not sum(self.faults.values()):
            wrong.append("nothing was tried")
        return wrong + ([said.strip()] if wrong and said else [])

    def close(self):
        self.feeder.kill()
        self.fleet.close()
