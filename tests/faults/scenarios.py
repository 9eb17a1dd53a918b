"""The scenarios. Each is a function of a Campaign that injects faults while it says `more()`; its
first sentence says what is at stake. What it does next comes from luck() alone, drawn the same
number of times in every turn, so that a seed always gives the same schedule."""

SCENARIOS = []

# What CI has the time for: each kind of fault once. The others mix or repeat these.
CI = ("instances_killed", "killed_at_points", "stopped_at_points", "zombies", "rolling_restart",
      "rebalance_storm", "slow_output", "broker_killed", "two_brokers_killed", "coordinator_moves")

# Beside these, with exactly once. At least once meets a broken network among the tests with a real
# Kafka, and a clock is no different for it.
CI_EXACT = (*CI, "broken_network", "clock_jumps")


class Kind:
    """ends: by how many of which faults, where not by time. nodes: how many brokers it needs.
    static: members keep their place in the group over a restart. outputs: how many. changes:
    policies change, so that a repetition may differ. exact: only exactly once has anything to do.
    network: connections lead through the proxy. clocks: those of the processes can be set. points:
    calls of librdkafka are met. kafka: properties beside the usual ones."""

    def __init__(self, inject, ends="faults", nodes=1, static=False, outputs=1, changes=False,
                 exact=False, network=False, clocks=False, points=False, kafka=None):
        self.inject, self.name, self.ends, self.nodes = inject, inject.__name__, ends, nodes
        self.static, self.outputs, self.changes = static, outputs, changes
        self.exact, self.network, self.clocks = exact, network, clocks
        self.points, self.kafka = points, kafka or {}

    def lacks(self, options):
        """What it needs and the options do not give; nothing."""
        if self.nodes > options.nodes:
            return f"{self.nodes} brokers"
        if self.exact and options.delivery != "exactly_once":
            return "--delivery exactly_once"
        ours = self.static or self.changes or self.clocks or self.points or self.outputs > 1
        if options.baseline and ours:
            return "the service itself"
        return None


def scenario(**kind):
    def add(inject):
        SCENARIOS.append(Kind(inject, **kind))
        return inject
    return add


@scenario(ends="kills")
def instances_killed(run):
    """SIGKILL of a process at any moment, in the middle of a rebalance, too: whatever it had read,
    sent or committed, the next owner goes on where nothing is missing."""
    while run.more():
        settled, moment, who, back = run.luck(4)
        if settled < 0.5:
            run.progress()
        run.wait(2.5 * moment)
        run.kill(who, 2 * back)


@scenario(ends="kills", static=True)
def static_members_killed(run):
    """The same for members that come back to their own partitions, within the session or later."""
    while run.more():
        settled, moment, who, back = run.luck(4)
        if settled < 0.5:
            run.progress()
        run.wait(1.5 * moment)
        run.kill(who, 0 if back < 0.7 else run.session_s + 3 * back)


@scenario(ends="kills", static=True, points=True)
def killed_at_points(run):
    """SIGKILL in front of or behind a call to the brokers: between what it has sent, what it has
    been told, and what it commits."""
    while run.more():
        what, when, count, who, settled = run.luck(5)
        if settled < 0.5:
            run.progress()
        run.kill_at(who, run.point(what, when, count))


@scenario(points=True)
def stopped_at_points(run):
    """The same with a process that sleeps there until others have its partitions, and then makes
    the call, or goes on from it."""
    while run.more():
        what, when, count, who, sleep = run.luck(5)
        run.stop_at(who, run.point(what, when, count), run.session_s + 3 * sleep)
        run.progress()


@scenario()
def zombies(run):
    """A process sleeps for longer than its session and wakes up with partitions that are another's
    by then: what it still holds must not go behind what the other has written."""
    while run.more():
        moment, who, sleep, other, kills = run.luck(5)
        run.wait(moment)
        run.pause(who)
        run.wait(run.session_s * (0.5 if sleep < 0.2 else 1.1) + 3 * sleep)
        if kills < 0.3:
            run.kill(other, 0)
        run.resume()
        run.progress()


@scenario(changes=True)
def rolling_restart(run):
    """One after the other ends in order and comes back with another policy and other keys: while
    both run side by side every record comes by one of them, whole."""
    while run.more():
        run.other_policy()
        for _ in run.processes():
            run.wait(1.5 * run.luck(1)[0])
            run.restart_next()
        run.progress()


@scenario()
def rebalance_storm(run):
    """Processes join and leave faster than the group settles: no partition is read by two, or by
    none for good."""
    while run.more():
        moment, who = run.luck(2)
        run.wait(1.2 * moment)
        run.join_or_leave(who)


@scenario(ends="kills", outputs=2)
def slow_output(run):
    """One output is slower than the other by far when a process is killed: an offset waits for the
    slowest, so neither misses anything."""
    while run.more():
        moment, who, back = run.luck(3)
        run.progress()
        run.wait(2 * moment)
        run.kill(who, back)


@scenario()
def brokers_restarted(run):
    """Brokers end in order and come back, as in an upgrade: leaders and coordinators move, and the
    same processes go on."""
    while run.more():
        moment, node, down = run.luck(3)
        run.wait(moment)
        run.stop_broker(run.node(node))
        run.wait(2 * down)
        run.mend()
        run.progress()


@scenario(ends="broker kills")
def broker_killed(run):
    """SIGKILL of a broker in the middle of what it has not answered yet."""
    while run.more():
        moment, node, down = run.luck(3)
        run.wait(moment)
        run.kill_broker(run.node(node))
        run.wait(4 * down)
        run.mend()
        run.progress()


@scenario(ends="broker kills", nodes=3)
def two_brokers_killed(run):
    """Two of three are gone: nothing can be acknowledged, and nothing is given up."""
    while run.more():
        moment, node, between, down = run.luck(4)
        run.wait(moment)
        run.kill_broker(run.node(node))
        run.wait(between)
        run.kill_broker(run.node(node, 1))
        run.wait(4 * down)
        run.mend()
        run.progress()


@scenario(ends="broker kills", nodes=3)
def coordinator_moves(run):
    """The broker that keeps the group's offsets is killed: commits and memberships go on at another
    one with what had been committed."""
    while run.more():
        moment, down = run.luck(2)
        run.wait(moment)
        run.kill_broker(run.coordinator())
        run.wait(4 * down)
        run.mend()
        run.progress()


@scenario(network=True, kafka={"socket.timeout.ms": "3000"})
def broken_network(run):
    """Connections to one broker, or to two, are reset, get slow, or swallow what goes one way or
    both, for shorter and for longer than requests and sessions bear; the others stay as they are."""
    while run.more():
        moment, node, lasts, *first = run.luck(6)
        other, *second = run.luck(4)
        run.wait(moment)
        run.break_link(first[0], run.node(node), *first[1:])
        if other < 0.3 and len(run.env.cluster.nodes) > 1:
            run.break_link(second[0], run.node(node, 1), *second[1:])
        run.wait(6 * lasts)
        run.mend_links()
        run.progress()


@scenario()
def disk_full(run):
    """The disk of a broker, or of two, is full in the middle of a write: the broker ends of it, and
    comes back when there is room again. What it had acknowledged is there; no half record is."""
    while run.more():
        moment, node, room, both = run.luck(4)
        run.wait(moment)
        run.fill_disk(run.node(node), int(room * 200000))
        if both < 0.3 and len(run.env.cluster.nodes) > 1:
            run.fill_disk(run.node(node, 1), int((1 - room) * 200000))
        run.make_room()
        run.mend()
        run.progress()


@scenario(clocks=True)
def clock_jumps(run):
    """The wall clock of a process jumps, minutes or hours, ahead or back, and on from there: waits
    that have their end by it end at once, or late, and nothing else may come of it."""
    while run.more():
        moment, who, far, settled = run.luck(4)
        run.wait(3 * moment)
        run.jump_clock(who, far)
        if settled < 0.7:
            run.progress()


# Shorter transactions end by themselves on a busy machine, again and again. Sessions outlast the
# sleep, so that the process still owns its partitions when it wakes up.
TRANSACTION_S = 10


@scenario(exact=True, kafka={"transaction.timeout.ms": str(TRANSACTION_S * 1000),
                             "session.timeout.ms": "45000"})
def transaction_timeout(run):
    """A process stands still in a transaction until its coordinator has ended that, and goes on:
    what it sends or commits then is refused, and comes by the next transaction, once."""
    while run.more():
        moment, who, what, count, sleep = run.luck(5)
        run.wait(2 * moment)
        run.outsleep_transaction(who, what, count, TRANSACTION_S * (1 + sleep / 2))
        run.progress()


@scenario(nodes=3, changes=True)
def everything(run):
    """All of it together, in any order."""
    while run.more():
        moment, what, who, time = run.luck(4)
        run.wait(2 * moment)
        if what < 0.35:
            run.kill(who, 2 * time)
        elif what < 0.5:
            run.pause(who)
            run.wait(run.session_s + 2 * time)
            run.resume()
        elif what < 0.65:
            run.join_or_leave(time)
        elif what < 0.75:
            run.other_policy()
            run.restart_next()
        else:
            run.kill_broker(run.node(who) if what < 0.9 else run.coordinator())
            run.wait(3 * time)
            run.mend()
        if time < 0.4:
            run.progress()
