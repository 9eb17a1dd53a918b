"""Brokers whose parts can be taken away, and the tools that ask them."""
import json
import os
import socket
import sys
import types

HERE = os.path.dirname(os.path.abspath(__file__))
KAFKA = os.path.join(os.path.dirname(HERE), "kafka")
sys.path.insert(0, KAFKA)
import harness  # noqa: E402
import proxy  # noqa: E402
import shared  # noqa: E402

KBROKER = os.path.join(KAFKA, "kbroker")


def build(target, *sources):
    flags = harness.call("pkg-config", "--cflags", "--libs", "rdkafka").split()
    harness.call(os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra",
                 *os.environ.get("CFLAGS", "").split(), *sources, "-o", target, *flags)
    return target


def held_port():
    """A free port of loopback, and what keeps it free for somebody who sets SO_REUSEADDR."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()[1]


class Cluster:
    """What harness.Service knows as a broker. `address` leads through a proxy, where the network
    can be broken: broker by broker, pair N being the Nth node. `direct` does not: the tests use it
    themselves, and the service where its network is not what is to be broken."""

    def __init__(self, nodes):
        self.nodes, self.names = list(range(1, nodes + 1)), 0
        held = [held_port() for _ in self.nodes]
        ports = ",".join(str(port) for _, port in held)
        self.folder = harness.call(KBROKER, "new", str(os.getpid()), f"nodes={nodes}",
                                   f"advertise={ports}").strip()
        self.dead = set(self.nodes)
        self.address = harness.call(KBROKER, "address", self.folder).strip()
        self.direct = types.SimpleNamespace(
            address=harness.call(KBROKER, "address", f"{self.folder}/direct").strip())
        self.network = self.stand_between(held)
        tool = lambda name: os.path.join(self.folder, name)  # noqa: E731
        self.admin_tool = build(tool("kadmin"), f"{KAFKA}/kadmin.c")
        self.feeder = build(tool("feeder"), f"{HERE}/feeder.c", f"{HERE}/records.c")
        self.checker = build(tool("checker"), f"{HERE}/checker.c", f"{HERE}/ledger.c",
                             f"{HERE}/records.c")
        self.points, self.clock, disk = (build(tool(f"{name}.so"), f"{HERE}/{name}.c", "-shared",
                                               "-fPIC") for name in ("points", "clock", "disk"))
        self.disks = {node: self.give_disk(node, disk) for node in self.nodes}
        self.start()

    def stand_between(self, held):
        words = [f"{port}:{self.port_of(node)}" for node, (_, port) in zip(self.nodes, held)]
        network = proxy.Proxy(proxy.build(self.folder), words)
        for holder, _ in held:
            holder.close()
        return network

    def port_of(self, node):
        address = harness.call(KBROKER, "address", f"{self.folder}/{node}").strip()
        return int(address.rsplit(":", 1)[1])

    def give_disk(self, node, library):
        """Has the broker run with a disk that can be full."""
        folder = f"{self.folder}/{node}"
        disk = shared.Disk(folder)
        with open(f"{folder}/environment", "w", encoding="utf-8") as file:
            file.write(f"LD_PRELOAD={library}\nWAFVEIL_DISK={disk.path}:{folder}/data\n")
        return disk

    def start(self, node=None):
        harness.call(KBROKER, "start", self.folder, *([] if node is None else [str(node)]))
        self.dead -= set(self.nodes if node is None else [node])

    def stop(self, node):
        harness.call(KBROKER, "stop", self.folder, str(node))
        self.dead.add(node)

    def kill(self, node):
        harness.call(KBROKER, "kill", self.folder, str(node))
        self.dead.add(node)

    def is_up(self, node):
        """Whether its process is there, whatever it does."""
        try:
            with open(f"{self.folder}/{node}/pid", encoding="ascii") as file:
                pid = int(file.read())
            with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
                return f"{self.folder}/{node}/" in file.read()  # and not another with its number
        except OSError:
            return False

    def said(self, node, *words):
        """How many lines of its log hold all of the words."""
        with open(f"{self.folder}/{node}/broker.log", encoding="utf-8", errors="replace") as file:
            return sum(all(word in line for word in words) for line in file)

    def mend(self):
        """Ends all that hurts brokers, starts what is down, and waits until all are there."""
        self.network.tell("pass", "all")
        for disk in self.disks.values():
            disk.free()
        self.dead |= {node for node in self.nodes if not self.is_up(node)}
        for node in sorted(self.dead):
            self.start(node)
        harness.until("all brokers", lambda: len(self.metadata()["brokers"]) == len(self.nodes), 60)

    def remove(self):
        harness.call(KBROKER, "remove", self.folder)
        self.network.close()

    def admin(self, *arguments):
        return harness.call(self.admin_tool, self.direct.address, *map(str, arguments))

    def name(self, word):
        self.names += 1
        return f"{word}-{self.names}"

    def topic(self, word, partitions, *config):
        name = self.name(word)
        try:
            self.admin("create", name, partitions, *config)
        except AssertionError as error:  # no other one has this name: it was asked for twice
            if "already exists" not in str(error):
                raise
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
