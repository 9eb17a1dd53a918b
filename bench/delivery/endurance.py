#!/usr/bin/env python3
"""Does anything grow while the service works as fast as it can, for as long as one likes to wait?

    bench/run endurance [--json] [--mode MODE] [--minutes N] [--bound MIB] [--memory MIB] [--size N] [--codec WORD]
                        [--leak BYTES]

    --mode MODE      at_least_once (which it is without) or exactly_once
    --minutes N      60
    --bound MIB      resident memory may grow by so much an hour (16)
    --memory MIB     limits.memory_mib (64)
    --size N         of a record, in bytes (2048)
    --codec WORD     of the input and the output (lz4)
    --leak BYTES     the service loses so many with each record: then this must end with FAIL

The last line is PASS, FAIL, or UNDECIDED: the slope is not surely below the bound, a longer run
tells; the codes are 0, 1 and 3.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bed as beds  # noqa: E402
import harness  # noqa: E402
import trend  # noqa: E402

EVERY_SECONDS, WARM_SECONDS = 2, 10
AHEAD = 400000  # records that wait in the input: many seconds of work
MIB = 1 << 20
# What was read goes soon. The input must keep what waits: 100000 records in each partition.
RETENTION = ("log.retention.check.interval.ms=5000", "log.segment.delete.delay.ms=1000")
INPUT = ("retention.bytes=536870912", "segment.bytes=67108864")
OUTPUT = ("retention.bytes=67108864", "segment.bytes=33554432")
METRICS = {"read": "wafveil_messages_total", "waiting": "wafveil_lag_records",
           "in_flight": "wafveil_in_flight_records", "rejected": "wafveil_rejected_total"}
CODES = {"PASS": 0, "FAIL": 1, "UNDECIDED": 3}


class Watched:
    """The service, looked at from outside."""

    def __init__(self, process):
        self.process = process
        found = harness.until("a line with the port of the listener", lambda: re.search(
            r'"event":"listening".*?"port":(\d+)', process.said_first()), 60, 0.1)
        self.page = f"http://127.0.0.1:{found[1]}/metrics"
        self.begin = time.monotonic()

    def look(self):
        folder = f"/proc/{self.process.pid}"
        row = {"seconds": time.monotonic() - self.begin, "rss_mib": self.process.kib("VmRSS") / 1024,
               "descriptors": len(os.listdir(f"{folder}/fd")),
               "threads": len(os.listdir(f"{folder}/task"))}
        with urllib.request.urlopen(self.page, timeout=60) as page:
            text = page.read().decode()
        for name, metric in METRICS.items():
            row[name] = sum(float(number) for number in
                            re.findall(rf"^{metric}(?:{{[^}}]*}})? (\S+)$", text, re.M))
        return row


def started_feeder(bed, config, size):
    return subprocess.Popen([bed.program("bench_delivery"), "feed", config, str(size), str(AHEAD)],
                            stderr=subprocess.PIPE,
                            preexec_fn=lambda: os.sched_setaffinity(0, bed.others))


def watch(bed, options):
    """Rows of what was seen, from when the service has work until the time is over."""
    source = bed.broker().topic("in", 4, *INPUT)
    target = bed.broker().topic("out", 4, *OUTPUT)
    config = bed.config(source, target, mode=options.mode, codec=options.codec,
                        limits={"memory_mib": options.memory})
    feeder = started_feeder(bed, config, options.size)
    try:
        with beds.Process(bed, "service", config, options.mode, options.size, options.leak) as process:
            watched = Watched(process)
            harness.until("the first records", lambda: watched.look()["read"] > AHEAD / 8, 300, 1)
            time.sleep(WARM_SECONDS)
            rows = [watched.look()]
            while rows[-1]["seconds"] - rows[0]["seconds"] < options.minutes * 60:
                time.sleep(EVERY_SECONDS)
                if feeder.poll() is not None:
                    raise RuntimeError(f"nothing is written any more: {feeder.stderr.read()[-600:]}")
                rows.append(watched.look())
                if options.json:
                    print(json.dumps(rows[-1]), flush=True)
            return rows
    finally:
        feeder.kill()
        feeder.wait()


def rates(rows):
    """Records a second, between the ends of each tenth."""
    parts = trend.tenths(rows)
    ends = [parts[0][0], *(part[-1] for part in parts)]
    return [(b["read"] - a["read"]) / (b["seconds"] - a["seconds"]) for a, b in zip(ends, ends[1:])]


def say_tenths(rows):
    print(f"{'tenth':>5} {'records/s':>10} {'RSS, MiB':>9} {'descriptors':>12} {'threads':>9}"
          f" {'in flight':>10} {'waiting':>9}")
    for number, (part, rate) in enumerate(zip(trend.tenths(rows), rates(rows)), 1):
        def spread(name, part=part):
            values = [int(row[name]) for row in part]
            return f"{min(values)}-{max(values)}"
        print(f"{number:5d} {rate:10.0f} {statistics.median(row['rss_mib'] for row in part):9.1f}"
              f" {spread('descriptors'):>12} {spread('threads'):>9}"
              f" {max(row['in_flight'] for row in part):10.0f}"
              f" {min(row['waiting'] for row in part):9.0f}")


def judge(rows, bound):
    """What is said of the whole, and the last word."""
    memory = trend.second_half([(row["seconds"] / 3600, row["rss_mib"]) for row in rows])
    slope, least, most = trend.slope(memory)
    found = trend.verdict(memory, bound)
    rate = (rows[-1]["read"] - rows[0]["read"]) / (rows[-1]["seconds"] - rows[0]["seconds"])
    each = MIB / (rate * 3600)
    said = [f"RSS in the second half: {slope:+.2f} MiB an hour, with 95 % between {least:+.2f} and "
            f"{most:+.2f}; {found} by the bound of {bound:g}",
            f"{rate:.0f} records a second: at most {max(most, 0) * each:.3f} bytes are lost with each"]
    verdict = {trend.GROWS: "FAIL", trend.FLAT: "PASS", trend.UNDECIDED: "UNDECIDED"}[found]
    for name in ("descriptors", "threads"):
        values = [row[name] for row in rows]
        said.append(f"{name}: {min(values)} to {max(values)}")
        if trend.has_stepped_up(values):
            said[-1] += ", and they grow"
            verdict = "FAIL"
    if rows[-1]["rejected"] > 0:
        said.append(f"{rows[-1]['rejected']:.0f} records were rejected: this is not what was to be measured")
        verdict = "FAIL"
    idle = sum(row["waiting"] == 0 for row in rows)
    if idle > len(rows) / 20:
        said.append(f"nothing waited in {idle} of {len(rows)} looks: this was no full load")
        verdict = "FAIL"
    return said, verdict


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--programs", required=True, help="folder of the built programs")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--mode", choices=beds.MODES, default=beds.MODES[0])
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--bound", type=float, default=16)
    arguments.add_argument("--memory", type=int, default=64)
    arguments.add_argument("--size", type=int, default=2048)
    arguments.add_argument("--codec", choices=("none", "lz4", "zstd"), default="lz4")
    arguments.add_argument("--leak", type=int, default=0)
    options = arguments.parse_args()
    if options.minutes < 1:
        arguments.error("--minutes: at least 1, for there are ten parts to compare")

    bed = beds.Bed(options.programs, RETENTION)
    try:
        if not bed.modes(options.mode):
            return CODES["FAIL"]
        if not options.json:
            print(f"{options.mode}, {options.size} B, {options.codec}, {options.minutes:g} minutes, "
                  f"limits.memory_mib {options.memory}, {beds.LANES} lanes on cores "
                  f"{sorted(bed.measured)}{f', losing {options.leak} B a record' if options.leak else ''}",
                  flush=True)
        rows = watch(bed, options)
    finally:
        bed.close()
    said, verdict = judge(rows, options.bound)
    if options.json:
        print(json.dumps({"said": said, "verdict": verdict}))
    else:
        say_tenths(rows)
        print("\n".join(said))
        print(verdict)
    return CODES[verdict]


if __name__ == "__main__":
    sys.exit(main())
