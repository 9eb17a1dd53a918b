"""Batches of the input that cannot be read: damaged on the disk of a broker, who sends what is there
without a look. librdkafka reports them, and goes on behind."""
import os
import struct
import time

from cases import test
from exact_cases import exact
from harness import consume, ends, numbers, produce, record, same_records, until

EACH = 100  # records in a batch
CRC_AT, CRC_FROM, RECORDS_AT = 17, 21, 61


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Damage:
    """A batch of the first partition in the broker's file, the one that holds an offset. It is as it
    should be before and afterwards."""

    def __init__(self, broker, topic, offset):
        self.path = os.path.join(broker.folder, "data", f"{topic}-0", f"{0:020}.log")
        with open(self.path, "rb") as file:
            log = file.read()
        at = 0
        while at < len(log):
            base, length = struct.unpack_from(">qi", log, at)
            last = base + struct.unpack_from(">i", log, at + CRC_FROM + 2)[0]
            if base <= offset <= last:
                break
            at += 12 + length
        self.base, self.at, self.whole = base, at, log[at:at + 12 + length]

    def write(self, batch):
        with open(self.path, "r+b") as file:
            file.seek(self.at)
            file.write(batch)

    def checksum(self):
        """A bit of a record is another."""
        batch = bytearray(self.whole)
        batch[-10] ^= 1
        self.write(batch)

    def compression(self):
        """All that is compressed is nonsense, with a checksum that says that it is meant."""
        batch = bytearray(self.whole)
        batch[RECORDS_AT:] = b"\x5a" * (len(batch) - RECORDS_AT)
        struct.pack_into(">I", batch, CRC_AT, crc32c(batch[CRC_FROM:]))
        self.write(batch)

    def mend(self):
        self.write(self.whole)


def lines(partition, first):
    return [record(partition, number) for number in range(first, first + EACH)]


def waits_at_the_batch(env, service, target, damage):
    """Three partitions are read to their ends, and the first one up to the batch."""
    b = env.broker
    source = service.config["inputs"][0]["topic"]
    until("the others", lambda: all(ends(b, target)[p] >= 3 * EACH for p in (1, 2, 3)))
    events = until("a word in the log", lambda: service.events("batch_unreadable"))
    assert (events[0]["topic"], events[0]["partition"], events[0]["offset"]) == \
        (source, 0, damage.base)
    until("the others' offsets",
          lambda: all(b.committed(service.group(), source).get(p) == 3 * EACH for p in (1, 2, 3)))
    assert b.committed(service.group(), source)[0] == damage.base, "it has gone past the batch"
    first = [m.number[1] for m in consume(b, target) if m.number and m.number[0] == 0]
    assert first == list(range(damage.base)), "something from behind the batch was published"
    until("the number", lambda: service.metric("wafveil_damaged_partitions") == 1)
    status, text = service.get("/readyz")
    assert status == 503 and "cannot be read" in text


def filled_and_harmed(env, service, harm, *options):
    b = env.broker
    source = service.config["inputs"][0]["topic"]
    for first in (0, EACH, 2 * EACH):
        for partition in range(4):
            produce(b, source, partition, lines(partition, first), *options)
    damage = Damage(b, source, EACH + EACH // 2)
    harm(damage)
    return damage


def left_to_the_next_start(env, service, target):
    damage = filled_and_harmed(env, service, Damage.checksum)
    for _ in range(2):
        service.start(ready=False)
        waits_at_the_batch(env, service, target, damage)
        time.sleep(2)  # it is asked for once more
        assert not service.events("offset_lost"), "it takes the batch for deleted"
        assert service.stop() == 0
    damage.mend()
    service.start().idle()
    assert service.stop() == 0
    same_records(consume(env.broker, target), numbers(0, 3 * EACH))


@test
def damaged_batch_is_waited_for(env):
    """A checksum is wrong. Nothing behind the batch is published or committed, other partitions go
    on, and with the first start when it can be read again everything comes, once."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    left_to_the_next_start(env, env.service(source, target), target)


@test
def damaged_batch_is_waited_for_exactly_once(env):
    """The same in transactions: no offset in one goes past the batch."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    left_to_the_next_start(env, exact(env, source, target), target)


@test
def batch_that_cannot_be_unpacked_is_waited_for(env):
    """The checksum is right, and what is compressed is none the less no gzip. Here librdkafka can go
    on as soon as it is mended."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = env.service(source, target)
    damage = filled_and_harmed(env, service, Damage.compression, "-z", "gzip")
    service.start(ready=False)
    waits_at_the_batch(env, service, target, damage)
    damage.mend()
    service.idle()
    assert service.events("batch_readable")
    until("the number", lambda: service.metric("wafveil_damaged_partitions") == 0)
    until("ready", lambda: service.get("/readyz")[0] == 200)
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 3 * EACH))
