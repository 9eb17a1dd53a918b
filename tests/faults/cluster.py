"""Brokers whose parts can be taken away, and the tools that ask them."""
import json
import os
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
KAFKA = os.path.join(os.path.dirname(HERE), "kafka")
sys.path.insert(0, KAFKA)
import harness  # noqa: E402

KBROKER = os.path.join(KAFKA, "kbroker")


def build(target, *sources):
    flags = harness.call("pkg-config", "--cflags", "--libs", "rdkafka").split()
    harness.call(os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra",
                 *os.environ.get("CFLAGS", "").split(), *sources, "-o", target, *flags)
    return target


class Cluster:
    """What harness.Service knows as a broker. The service and its clients use `address`, which may
    lead through a proxy; the tests themselves never do."""

    def __init__(self, nodes, advertise=None):
        words = [f"nodes={nodes}"]
        if advertise:
            words.append("advertise=" + ",".join(map(str, advertise)))
        self.folder = harness.call(KBROKER, "new", str(os.getpid()), *words).strip()
        self.nodes, self.names = list(range(1, nodes + 1)), 0
        self.dead = set(self.nodes)
        self.address = harness.call(KBROKER, "address", self.folder).strip()
        self.direct = types.SimpleNamespace(
            address=harness.call(KBROKER, "address", f"{self.folder}/direct").strip())
        tool = lambda name: os.path.join(self.folder, name)  # noqa: E731
        self.admin_tool = build(tool("kadmin"), f"{KAFKA}/kadmin.c")
        self.feeder = build(tool("feeder"), f"{HERE}/feeder.c", f"{HERE}/records.c")
        self.checker = build(tool("checker"), f"{HERE}/checker.c", f"{HERE}/ledger.c",
                             f"{HERE}/records.c")
        self.points = build(tool("points.so"), f"{HERE}/points.c", "-shared", "-fPIC")
        self.start()

    def start(self, node=None):
        harness.call(KBROKER, "start", self.folder, *([] if node is None else [str(node)]))
        self.dead -= set(self.nodes if node is None else [node])

    def stop(self, node):
        harness.call(KBROKER, "stop", self.folder, str(node))
        self.dead.add(node)

    def kill(self, node):
        harness.call(KBROKER, "kill", self.folder, str(node))
        self.dead.add(node)

    def mend(self):
        """Starts what is down, and waits until every partition is led again."""
        for node in sorted(self.dead):
            self.start(node)
        harness.until("all brokers", lambda: len(self.metadata()["brokers"]) == len(self.nodes), 60)

    def remove(self):
        harness.call(KBROKER, "remove", self.folder)

    def admin(self, *arguments):
        return harness.call(self.admin_tool, self.direct.address, *map(str, arguments))

    def name(self, word):
        self.names += 1
        return f"{word}-{self.names}"

    def topic(self, word, partitions, *config):
        name = self.name(word)
        self.admin("create", name, partitions, *config)
        return name

    def committed(self, group, topic):
        """By partition; nothing where nobody answers."""
        lines = harness.call(self.admin_tool, self.direct.address, "committed", group, topic,
                             check=False).split("\n")
        return {int(line.split()[0]): int(line.split()[1]) for line in lines if line}

    def written(self, topic, partitions):
        """How many records the topic has; of a moment, for progress."""
        return sum(harness.ends(self.direct, topic, partitions).values())

    def metadata(self, topic=None):
        """Asks until somebody answers: brokers may be about to come back."""
        words = [] if topic is None else ["-t", topic]
        text = harness.until("an answer of the brokers", lambda: harness.call(
            "kcat", "-L", "-J", "-b", self.direct.address, *words, check=False), 60)
        return json.loads(text)

    def coordinator(self, group):
        """The broker that leads the partition of __consumer_offsets to which the group belongs."""
        number = 0
        for letter in group:  # as Java's String.hashCode() does it
            number = (number * 31 + ord(letter)) & 0xFFFFFFFF

        def leader():
            parts = self.metadata("__consumer_offsets")["topics"][0]["partitions"]
            mine = (number & 0x7FFFFFFF) % len(parts) if parts else None
            return next((p["leader"] for p in parts
                         if p["partition"] == mine and p["leader"] in self.nodes), None)
        return harness.until("a leader of the group's offsets", leader, 60)
