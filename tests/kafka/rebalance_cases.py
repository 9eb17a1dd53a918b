"""Partitions that move while their owners keep the others: cooperative-sticky, in both deliveries, and
the group's next protocol (KIP-848), at least once.

librdkafka before 2.10 loses assignments there, and has no next protocol, so on the distribution's
these tests find that both are refused; tests/kafka/newer runs them whole."""
import os
import signal
import threading
import time

from cases import test
from exact_cases import committed_of, twin_of
from harness import consume, ends, fill, no_secret, numbers, same_records, until


class Feed:
    """Records that keep coming, until it is told to stop."""

    def __init__(self, broker, topic, each=200, first=0):
        self.broker, self.topic, self.each, self.count = broker, topic, each, first
        self.stopping = threading.Event()
        self.trouble = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.stopping.is_set():
                fill(self.broker, self.topic, self.count, self.each)
                self.count += self.each
        except Exception as error:  # told by stop()
            self.trouble = error

    def stop(self):
        self.stopping.set()
        self.thread.join()
        if self.trouble is not None:
            raise self.trouble
        return self.count


def member(env, source, target, exact, **kafka):
    service = env.service(source, target, instance="waf-1")
    service.config["kafka"].update({"partition.assignment.strategy": "cooperative-sticky",
                                    "session.timeout.ms": "3000", **kafka})
    if exact:
        service.config["delivery"]["mode"] = "exactly_once"
        service.config["kafka"]["transaction.timeout.ms"] = "10000"
    return service


def is_refused(service):
    """Whether this librdkafka is too old; then `check` must say so."""
    code, text = service.check()
    assert code == 0 or "until librdkafka 2.10" in text, text
    return code != 0


def assigned(service, count):
    def has():
        service.ended()
        return service.metric("wafveil_assigned_partitions") == count
    until(f"{count} partitions", has, 60)


def come_and_go(one, two):
    """The second takes half of the partitions, and gives them back, twice."""
    for _ in range(2):
        two.start()
        assigned(one, 2)
        assigned(two, 2)
        assert two.stop() == 0
        assigned(one, 4)


def moves(service, word):
    """What the log says of moved partitions: how many, and how many were kept meanwhile."""
    return [(e["partitions"], e["kept"]) for e in service.events(word) if e["partitions"] > 0]


def join_and_leave(env, exact):
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = member(env, source, target, exact)
    if is_refused(one):
        return
    feed = Feed(b, source)
    one.start()
    assigned(one, 4)
    two = twin_of(env, one, "waf-2")
    come_and_go(one, two)
    total = feed.stop()
    one.idle()
    assert moves(one, "partitions_given_back") == [(2, 2), (2, 2)]
    assert moves(one, "partitions_taken") == [(4, 0), (2, 2), (2, 2)]
    assert {e["unfinished"] for e in one.events("partitions_given_back")} == {"none"}
    assert one.stop() == 0
    out = committed_of(env, target, 4 * total) if exact else consume(b, target)
    same_records(out, numbers(0, total))
    no_secret("an output", [m.value for m in out])


@test
def cooperative_keeps_what_stays(env):
    """A member joins and leaves under load, in good order. Only partitions that move stop; nothing is
    lost, comes twice or out of order."""
    join_and_leave(env, exact=False)


@test
def cooperative_keeps_what_stays_exactly_once(env):
    """The same in transactions, whose offsets must name the group's new generation."""
    join_and_leave(env, exact=True)


def force(env, exact):
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = member(env, source, target, exact)
    if is_refused(one):
        return
    feed = Feed(b, source)
    one.start()
    two, three = twin_of(env, one, "waf-2"), twin_of(env, one, "waf-3")
    two.start()
    assigned(two, 2)
    two.kill()
    assigned(one, 4)
    two.start()
    three.start()
    until("a share each", lambda: {1, 2} >= {int(s.metric("wafveil_assigned_partitions"))
                                             for s in (one, two, three)}, 60)
    two.process.send_signal(signal.SIGSTOP)  # longer than its session: others take over
    until("all partitions", lambda: sum(s.metric("wafveil_assigned_partitions")
                                        for s in (one, three)) == 4, 60)
    time.sleep(1)
    two.process.send_signal(signal.SIGCONT)
    one.kill()
    until("all partitions", lambda: sum(s.metric("wafveil_assigned_partitions")
                                        for s in (two, three)) == 4, 60)
    total = feed.stop()
    two.idle()
    codes = (two.stop(), three.stop())
    assert codes == (0, 0), codes
    out = committed_of(env, target, 4 * total) if exact else consume(b, target)
    same_records(out, numbers(0, total), doubles=not exact)


@test
def cooperative_over_kills(env):
    """Members are killed and stand still for longer than their session, under load."""
    force(env, exact=False)


@test
def cooperative_over_kills_exactly_once(env):
    """The same in transactions: nothing comes twice."""
    force(env, exact=True)


@test
def cooperative_gives_the_rest_to_the_idle_lane(env):
    """Partitions that come later go to the lane with the fewest, and what is read of them begins
    where they were committed, also when they were here before."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = member(env, source, target, exact=False)
    if is_refused(one):
        return
    one.config["delivery"]["lanes"] = 3
    one.start()
    fill(b, source, 0, 500)
    one.idle()
    two = twin_of(env, one, "waf-2")
    for turn in range(3):
        two.start()
        assigned(one, 2)
        fill(b, source, 500 * (turn + 1), 500)
        until("the records", lambda: sum(ends(b, target).values()) == 2000 * (turn + 2), 60)
        assert two.stop() == 0
        assigned(one, 4)
    one.idle()
    assert one.stop() == 0
    same_records(consume(b, target), numbers(0, 2000))


def next_member(env, source, target):
    service = env.service(source, target)
    for name in ("session.timeout.ms", "heartbeat.interval.ms"):
        del service.config["kafka"][name]
    service.config["kafka"]["group.protocol"] = "consumer"
    return service


@test
def next_generation_keeps_what_stays(env):
    """By the protocol of Kafka 4 (WV_KAFKA=4; librdkafka 2.15 or newer) the same holds, and a member
    without partitions is ready. With older brokers the service is not, and says why."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = next_member(env, source, target)
    code, text = one.check()
    if code != 0:
        assert "needs librdkafka 2.15" in text or "has no property" in text, text
        return
    for section, name, value in (("kafka", "session.timeout.ms", "6000"),
                                 ("delivery", "mode", "exactly_once")):
        wrong = next_member(env, source, target)
        wrong.config["instance"] = "waf-1"
        wrong.config[section][name] = value
        code, text = wrong.check()
        assert code == 1 and ("leave it out" in text or "at_least_once" in text), text
    if os.environ.get("WV_KAFKA", "3") == "3":
        one.start(ready=False)
        until("a word about it", lambda: one.events("group_not_joined"), 60)
        assert one.get("/readyz")[0] == 503
        assert one.stop() == 0
        return
    feed = Feed(b, source)
    one.start()
    assigned(one, 4)
    two = env.twin(one)
    come_and_go(one, two)
    others = [two] + [env.twin(one) for _ in range(4)]
    for other in others:
        other.start()
    until("one without any", lambda: 0 in [s.metric("wafveil_assigned_partitions")
                                           for s in others], 60)
    for other in others:
        assert other.stop() == 0
    assigned(one, 4)
    total = feed.stop()
    one.idle()
    assert {e["unfinished"] for e in one.events("partitions_given_back")} == {"none"}
    assert moves(one, "partitions_taken")[:3] == [(4, 0), (2, 2), (2, 2)]
    assert one.stop() == 0
    same_records(consume(b, target), numbers(0, total))


@test
def next_generation_over_kills(env):
    """A member is killed, and one stands still for longer than its session: nothing is lost."""
    if os.environ.get("WV_KAFKA", "3") == "3":
        return
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = next_member(env, source, target)
    if one.check()[0] != 0:
        return
    feed = Feed(b, source)
    one.start()
    two = env.twin(one).start()
    assigned(two, 2)
    two.kill()
    assigned(one, 4)
    two.start()
    assigned(two, 2)
    one.process.send_signal(signal.SIGSTOP)
    assigned(two, 4)
    one.process.send_signal(signal.SIGCONT)
    assigned(one, 2)
    assigned(two, 2)
    total = feed.stop()
    one.idle()
    assert (one.stop(), two.stop()) == (0, 0)
    same_records(consume(b, target), numbers(0, total), doubles=True)
