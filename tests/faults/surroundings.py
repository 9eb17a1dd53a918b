"""What scenarios do to what is around the processes: network, disks of brokers, clocks. Each counts
only when somebody has met it: a fault that nobody notices shows nothing."""
import signal
import time

import harness

# What can happen to the connections between all processes and one broker, and the proxy's words for
# it: a function of how much, from 0 to 1.
LINKS = (
    ("cut connections", lambda much, way: ("cut", 1 + int(much * much * 100000), way)),
    ("slow links", lambda much, way: ("delay", 30 + int(600 * much))),
    ("reset links", lambda much, way: ("reset",)),
    ("half-open links", lambda much, way: ("hole", way)),
    ("dead links", lambda much, way: ("hole",)),
)
CUT, SLOW, RESET, HALF_OPEN, DEAD = range(len(LINKS))

# A clock that is ahead and back between two looks at it (service.c) is not noticed.
CLOCK_STAYS_S = 2

# How far a clock is moved.
MINUTE_S, MOST_MINUTES = 60, 6 * 60

# Where there is a transaction that a coordinator knows of.
IN_TRANSACTION = ("rd_kafka_send_offsets_to_transaction:before",
                  "rd_kafka_send_offsets_to_transaction:after",
                  "rd_kafka_commit_transaction:before")

FAULTS = tuple(name for name, _ in LINKS) + ("full disks", "clock jumps", "expired transactions")


class Surroundings:
    """A part of a Campaign, which has env, fleet, note() and wait()."""
    has_points = True  # at which strike() stops a process

    def await_met(self, what, condition, seconds=60):
        """Waits on while the processes are tended, until the fault has been met."""
        end = time.monotonic() + harness.PATIENCE * seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"nobody met it within {harness.PATIENCE * seconds} s: {what}")
            self.wait(0.1)

    # ---- Network ---------------------------------------------------------------------------------

    def break_link(self, what, node, much, way):
        """Breaks the connections to a broker until mend_links(); `what` is one of LINKS."""
        which = int(what * len(LINKS))
        name, words = LINKS[which]
        verb, *rest = words(much, "up" if way < 0.5 else "down")
        pair = self.env.cluster.nodes.index(node)
        tell = self.env.cluster.network.tell
        self.await_met("connections to be broken", lambda: tell("count", pair)[0] > 0)
        before = tell(verb, pair, *rest)
        self.note(None, f"{name} of broker {node}: {' '.join(map(str, (verb, *rest)))}")
        self.links.append((which, node, rest, before))

    def mend_links(self):
        """Counts what was met, and lets everything pass again."""
        tell = self.env.cluster.network.tell
        for which, node, rest, before in self.links:
            pair, name = self.env.cluster.nodes.index(node), LINKS[which][0]
            at_end = (lambda pair=pair: tell("count", pair))
            if which in (CUT, RESET):  # they connect again
                self.await_met(name, lambda: at_end()[1] > before[1])
            elif which == SLOW:
                self.await_met(name, lambda: sum(at_end()[2:]) > sum(before[2:]))
            else:  # nothing passes in the ways that are closed, and something would have
                ways = [2, 3] if not rest else [2 if rest[0] == "up" else 3]
                self.closed(name, [at_end()[w] - before[w] for w in ways])
                tell("pass", pair)
                self.await_met(name, lambda: all(at_end()[w] > before[w] for w in ways))
            self.note(name, f"{name} of broker {node} are mended")
            tell("pass", pair)
        self.links = []

    @staticmethod
    def closed(name, passed):
        if any(passed):
            raise AssertionError(f"{passed} bytes went through {name}")

    # ---- Disks -----------------------------------------------------------------------------------

    def fill_disk(self, node, room):
        """The disk of a broker takes so many bytes more."""
        self.note(None, f"{room} bytes are left on the disk of broker {node}")
        self.full[node] = self.env.cluster.disks[node].fill(room)

    def make_room(self):
        """Once each of the brokers has met it, and has ended of it as Kafka does; and has them
        start again."""
        for node, refused in self.full.items():
            disk = self.env.cluster.disks[node]
            self.await_met("a disk that is full", lambda: disk.refused() > refused)
            self.await_met("the end of a broker without a disk",
                           lambda: not self.env.cluster.is_up(node))
            disk.free()
            self.note("full disks", f"broker {node} ended of it, and has room again")
            self.env.cluster.dead.add(node)
        self.full = {}

    # ---- Clocks ----------------------------------------------------------------------------------

    def jump_clock(self, who, far):
        """The wall clock of a process is wrong from now on: by minutes to hours, both ways."""
        instance = self.instance(who)
        ahead, much = far < 0.5, abs(far - 0.5) * 2
        minutes = MOST_MINUTES ** much
        self.set_clock(instance, minutes * MINUTE_S * (1 if ahead else -1))
        self.wait(CLOCK_STAYS_S)

    def right_clocks(self):
        for instance in self.fleet.instances:
            instance.clock.set(0)

    def set_clock(self, instance, seconds):
        told = instance.clock.set(seconds)
        self.note(None, f"the clock of {self.name(instance)} is {seconds:+.0f} s wrong")
        runs = instance.runs
        self.await_met("a wrong clock", lambda: instance.clock.told() > told or
                       instance.runs > runs)
        if instance.clock.told() > told:
            self.note("clock jumps", "it has looked at it")

    # ---- Transactions ----------------------------------------------------------------------------

    def outsleep_transaction(self, who, what, count, seconds):
        """A process stands still for so long, and until a coordinator has ended one of its
        transactions. Where it does is one of IN_TRANSACTION; in a program without such points it is
        anywhere, so that it may have none open and is tried again."""
        point = f"{IN_TRANSACTION[int(what * len(IN_TRANSACTION))]}:{1 + int(4 * count)}"
        for _ in range(20):
            if self.has_points:
                self.sleeper = self.strike(who, point, signal.SIGSTOP)
            else:
                self.pause(who)
            before = self.expired(self.sleeper)
            if self.sleeper.is_stopped():
                self.wait(seconds + 3)  # coordinators look each second
            ended = self.expired(self.sleeper) - before
            self.resume()
            if ended > 0:
                self.note("expired transactions", f"{ended} of its transactions were ended")
                return
            self.progress()
        raise AssertionError("no transaction took too long in 20 sleeps")

    def expired(self, instance):
        """How many transactions of a process the coordinators have ended since they began."""
        words = f"ongoing transaction for transactionalId {instance.transactions}"
        return sum(self.env.cluster.said(node, words, "due to timeout")
                   for node in self.env.cluster.nodes)
