"""delivery.skip_published: after a crash, what an output has already does not come again; nothing else
is ever left out."""
import collections
import json

from cases import test
from harness import consume, count, fill, numbers, produce, record, same_records, until
from rebalance_cases import Feed


def skipping(env, source, target, **kafka):
    service = env.service(source, target)
    service.config["delivery"].update({"skip_published": True, "commit_ms": 1500})
    service.config["kafka"].update({"session.timeout.ms": "2000", **kafka})
    service.config["outputs"][0]["source_position"] = True
    return service


def copies(env, target):
    """How often each record is in the output."""
    return collections.Counter(m.number for m in consume(env.broker, target) if m.number)


@test
def published_is_skipped_after_kills(env):
    """SIGKILL between what was acknowledged and what was committed, again and again: nothing comes
    twice, nothing is lost, and the order stays."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = skipping(env, source, target).start()
    fill(b, source, 0, 500)
    service.idle()
    skipped, total = 0, 500
    for _ in range(4):
        before = count(b, target)
        fill(b, source, total, 2000)
        total += 2000
        until("some output", lambda: count(b, target) > before + 1000, every=0.01)
        service.kill()
        service.start()
        until("a look at the output", lambda: service.events("published_found"))
        assert service.events("published_found")[0]["with_own_commit"] == 4
        service.idle()
        skipped += service.metric("wafveil_skipped_published_total")
    assert service.stop() == 0
    assert skipped > 0, "there was nothing to skip: the test has shown nothing"
    same_records(consume(b, target), numbers(0, total))


@test
def published_is_skipped_by_who_takes_over(env):
    """A member is killed, and another one goes on with its partitions: the same holds."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one = skipping(env, source, target).start()
    two = env.twin(one).start()
    until("two partitions each", lambda: one.metric("wafveil_assigned_partitions") ==
          two.metric("wafveil_assigned_partitions") == 2)
    fill(b, source, 0, 500)
    one.idle()
    feed = Feed(b, source, first=500)
    until("some output", lambda: count(b, target) > 6000, every=0.01)
    two.kill()
    until("all partitions", lambda: one.metric("wafveil_assigned_partitions") == 4, 60)
    total = feed.stop()
    one.idle()
    skipped = one.metric("wafveil_skipped_published_total")
    assert one.stop() == 0
    assert skipped > 0, "there was nothing to skip: the test has shown nothing"
    same_records(consume(b, target), numbers(0, total))


@test
def a_reset_brings_everything_again(env):
    """Whoever sets the group's offsets wants the records again, also those that are there; a crash on
    the way changes nothing in that."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = skipping(env, source, target)
    service.config["delivery"]["commit_ms"] = 100
    fill(b, source, 0, 3000)
    service.start().idle()
    assert service.stop() == 0
    assert copies(env, target) == dict.fromkeys(numbers(0, 3000), 1)
    b.admin("reset", service.group(), source, 10)
    service.start(ready=False)
    until("a word", lambda: service.events("published_found"))
    assert service.events("published_found")[0]["with_own_commit"] == 0
    until("own commits", lambda: all(o > 10 for o in b.committed(service.group(), source).values()),
          every=0.01)
    service.kill()
    service.start().idle()
    assert service.stop() == 0
    again = dict.fromkeys(numbers(10, 2990), 2)
    assert copies(env, target) == {**dict.fromkeys(numbers(0, 10), 1), **again}


@test
def what_another_group_published_is_not_skipped(env):
    """Two groups write the same input to the same topic: each record comes once from each, also when
    one is killed."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    one, two = skipping(env, source, target), skipping(env, source, target)
    fill(b, source, 0, 500)
    one.start().idle()
    two.start().idle()
    fill(b, source, 500, 4000)
    one.idle()
    two.kill()
    two.start().idle()
    assert (one.stop(), two.stop()) == (0, 0)
    assert copies(env, target) == dict.fromkeys(numbers(0, 4500), 2)


@test
def records_of_one_message_are_never_skipped(env):
    """Of a message that holds several records, it cannot be told which are there: all come."""
    b = env.broker
    source, target = b.topic("in", 1), b.topic("out", 1)
    service = skipping(env, source, target)
    service.config["inputs"][0]["format"] = "auto"
    batch = json.dumps([json.loads(record(0, n)) for n in range(3)], separators=(",", ":"))
    lines = [record(0, 10), batch, record(0, 11)]
    produce(b, source, 0, lines[:1])
    service.start().idle()
    service.config["delivery"]["commit_ms"] = 60000
    assert service.stop() == 0
    service.start()
    produce(b, source, 0, lines[1:])
    until("the output", lambda: count(b, target) == 5)
    before = copies(env, target)
    service.kill()
    service.config["delivery"]["commit_ms"] = 200
    service.start().idle()
    assert service.stop() == 0
    after = copies(env, target)
    assert after[(0, 10)] == after[(0, 11)] == 1, after
    several = [n for n in before if n not in ((0, 10), (0, 11))]
    assert len(several) == 3, before
    assert all(after[n] == 2 for n in several), after


@test
def without_a_source_nothing_can_be_skipped(env):
    """`check` says what skip_published needs."""
    service = skipping(env, "in", "out")
    service.config["outputs"][0]["source_position"] = False
    code, text = service.check()
    assert code == 1 and '"source_position": true' in text, text
    service.config["outputs"][0]["source_position"] = True
    service.config["delivery"]["mode"] = "exactly_once"
    service.config["instance"] = "waf-1"
    code, text = service.check()
    assert code == 1 and "publishes nothing twice" in text, text
    service.config["delivery"]["mode"] = "at_least_once"
    assert service.check()[0] == 0
