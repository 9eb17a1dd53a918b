#!/usr/bin/env python3
"""How much memory the service takes at most, with a lag, a stuck output and a slow one.

    bench/run memory [--json] [--mode MODE] [--records N] [--memory MIB,…] [--only lag,stuck,slow] [--size N] [--codec WORD]

    --records N      that wait in the input (2000000)
    --memory MIB,…   limits.memory_mib, one after another (256)
    --size N         of a record, in bytes (700)
    --codec WORD     of the input and the outputs (zstd)
"""
import argparse
import contextlib
import json
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bed as beds  # noqa: E402
import harness  # noqa: E402

PARTS = ("lag", "stuck", "slow")
STUCK_SECONDS, SLOW_SECONDS, LAG_SECONDS = 30, 40, 600
SLOW_ON, SLOW_OFF = 0.1, 0.9  # seconds in which the output's broker runs, and in which it does not


class Watch:
    """What the process holds, looked at often enough."""

    def __init__(self, process):
        self.process, self.idle_kib = process, process.kib("VmRSS")

    def row(self):
        peak = self.process.kib("VmHWM")
        return {"idle_mib": self.idle_kib / 1024, "peak_mib": peak / 1024,
                "queues_mib": (peak - self.idle_kib) / 1024}


def started(bed, broker, config, mode, target):
    """The process, and what it holds before the first record: its plan and its lanes."""
    process = beds.Process(bed, "service", config, mode, 0)
    harness.until("a lane", lambda: "started" in process.said(), 60, 0.01)
    watch = Watch(process)
    harness.until("the first records", lambda: harness.count(broker, target) > 0, 120)
    return process, watch


def lag(bed, broker, source, target, process):
    """Everything that waits is published."""
    waiting = harness.count(bed.broker(), source)
    harness.until("the end of the lag", lambda: harness.count(broker, target) >= waiting,
                  LAG_SECONDS, 1)
    process.kib("VmRSS")  # it is still there
    return waiting


@contextlib.contextmanager
def stopped(broker):
    os.kill(broker.pid(), signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(broker.pid(), signal.SIGCONT)


def stuck(bed, broker, source, target, process):
    """The output's broker answers nothing for a while, and then goes on."""
    before = harness.count(broker, target)
    with stopped(broker):
        time.sleep(STUCK_SECONDS)
        process.kib("VmRSS")
    harness.until("records after the stop", lambda: harness.count(broker, target) > before + 1000, 120)
    return harness.count(broker, target)


def slow(bed, broker, source, target, process):
    """It runs a tenth of the time."""
    end = time.monotonic() + SLOW_SECONDS
    while time.monotonic() < end:
        with stopped(broker):
            time.sleep(SLOW_OFF)
        time.sleep(SLOW_ON)
    process.kib("VmRSS")
    return harness.count(broker, target)


def measure(bed, part, mode, limit, options):
    source, _ = bed.filled(options.size, options.codec, options.records * options.size)
    # Transactions stay on the input's cluster; otherwise only the output is hindered.
    apart = part != "lag" and mode == "at_least_once"
    broker = bed.second_broker() if apart else bed.broker()
    target = broker.topic("out")
    config = bed.config(source, target, mode=mode, codec=options.codec, out=broker if apart else None,
                        limits={"memory_mib": limit})
    process, watch = started(bed, broker, config, mode, target)
    with process:
        published = {"lag": lag, "stuck": stuck, "slow": slow}[part](
            bed, broker, source, target, process)
        row = watch.row()
    broker.admin("delete", target)
    return {"mode": mode, "part": part, "limit_mib": limit, "published": published, **row}


def say(row):
    part = row["queues_mib"] / row["limit_mib"]
    print(f"{row['mode']:14} {row['part']:6} {row['limit_mib']:6d} {row['published']:10d}"
          f" {row['idle_mib']:8.0f} {row['peak_mib']:8.0f} {row['queues_mib']:8.0f} {part:7.2f}",
          flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--programs", required=True, help="folder of the built programs")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--mode", choices=beds.MODES)
    arguments.add_argument("--records", type=int, default=2000000)
    arguments.add_argument("--memory", default="256")
    arguments.add_argument("--only", default=",".join(PARTS))
    arguments.add_argument("--size", type=int, default=700)
    arguments.add_argument("--codec", choices=("none", "lz4", "zstd"), default="zstd")
    options = arguments.parse_args()
    parts = options.only.split(",")
    if set(parts) - set(PARTS):
        sys.exit(f"memory: the parts are {', '.join(PARTS)}")

    bed = beds.Bed(options.programs)
    above = 0
    try:
        if not options.json:
            print(f"{'MiB':14} {'part':6} {'limit':>6} {'published':>10} {'idle':>8} {'peak':>8}"
                  f" {'queues':>8} {'of limit':>7}")
        for mode in bed.modes(options.mode):
            for limit in map(int, options.memory.split(",")):
                for part in parts:
                    row = measure(bed, part, mode, limit, options)
                    above += row["queues_mib"] > limit
                    if options.json:
                        print(json.dumps(row), flush=True)
                    else:
                        say(row)
    finally:
        bed.close()
    if above:
        print(f"{above} times the queues took more than the limit", file=sys.stderr)
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
