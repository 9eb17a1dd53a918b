#!/usr/bin/env python3
"""What the service costs beside a loop that reads, writes and does nothing in between.

    bench/run delivery [--json] [--all] [--mode MODE] [--rounds N] [--megabytes N] [--base] [--no-latency]

    --all            all sizes, codecs and commit intervals with each other; about an hour
    --base           only the first case of each mode
    --rounds N       of each case (2); the middle counts
    --megabytes N    of input for each case (400)
"""
import argparse
import json
import os
import statistics
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bed as beds  # noqa: E402

SIZES, CODECS, INTERVALS = (700, 2048, 16384), ("none", "lz4", "zstd"), (100, 500, 1000)
BASE = (2048, "lz4", 1000)
FROM, TO = 0.32, 0.68  # of the input: before, it starts; after, what was fetched ahead runs out
AIM = 1.2
LATENCY_SECONDS, LATENCY_SHARE = 6, 0.3


def cases(mode, options):
    """Size, codec, commit interval."""
    if options.base:
        return [BASE]
    if options.all:
        return [(s, c, i) for s in SIZES for c in CODECS for i in INTERVALS]
    chosen = [BASE]
    if mode == "at_least_once":
        chosen += [(s, BASE[1], BASE[2]) for s in SIZES if s != BASE[0]]
        chosen += [(BASE[0], c, BASE[2]) for c in CODECS if c != BASE[1]]
    else:  # how often it commits is what costs
        chosen += [(BASE[0], BASE[1], i) for i in reversed(INTERVALS) if i != BASE[2]]
    return chosen


class Engine:
    """The engine's own time for records of a size, by the round in which it is asked."""

    def __init__(self, bed):
        self.bed, self.us, self.bytes = bed, {}, {}  # the latter two by size

    def measure(self, size):
        answer = self.bed.call("engine", self.bed.config("in", "out"), size, 1,
                               cores=self.bed.measured)
        self.us.setdefault(size, []).append(answer["us"])
        self.bytes[size] = answer["bytes"], answer["out_bytes"]


def once(bed, what, mode, case, megabytes):
    """One run: CPU time for each record, and records a second."""
    size, codec, commit_ms = case
    source, records = bed.filled(size, codec, megabytes * 1000000)
    target = bed.broker().topic("out")
    config = bed.config(source, target, mode=mode, codec=codec, commit_ms=commit_ms)
    with beds.Process(bed, what, config, mode, size) as process:
        try:
            answer = bed.call("watch", config, process.pid, int(records * FROM), int(records * TO))
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{what} said: {process.said()}") from None
    bed.broker().admin("delete", target)
    return answer["cpu_us"], answer["records"] / answer["wall_s"]


def measure(bed, engine, mode, case, options):
    runs = {"bare": [], "twin": [], "service": []}
    for _ in range(options.rounds):
        for what, found in runs.items():
            found.append(once(bed, what, mode, case, options.megabytes))
        engine.measure(case[0])
    middle = {what: statistics.median(us for us, _ in found) for what, found in runs.items()}
    least = {what: min(us for us, _ in found) for what, found in runs.items()}
    speed = {what: statistics.median(rate for _, rate in found) for what, found in runs.items()}
    own = engine.us[case[0]][-options.rounds:]
    bytes_in, bytes_out = engine.bytes[case[0]]
    return {
        "mode": mode, "bytes_in": bytes_in, "bytes_out": bytes_out, "codec": case[1],
        "commit_ms": case[2], "rounds": options.rounds,
        **{f"{what}_us": us for what, us in middle.items()},
        "engine_us": statistics.median(own),
        "over": (middle["service"] - middle["bare"]) / statistics.median(own),
        "over_twin": (middle["service"] - middle["twin"]) / statistics.median(own),
        "over_twin_least": (least["service"] - least["twin"]) / min(own),
        "bare_rate": speed["bare"], "service_rate": speed["service"],
        "throughput": speed["service"] / speed["bare"],
    }


def latency(bed, mode, rate):
    """Percentiles of both, one after the other, at the same rate."""
    answers = {}
    for what in ("bare", "service"):
        source, target = bed.broker().topic("in"), bed.broker().topic("out")
        config = bed.config(source, target, mode=mode)
        with beds.Process(bed, what, config, mode, BASE[0]) as process:
            try:
                answers[what] = bed.call("latency", config, BASE[0], rate, LATENCY_SECONDS)
            except RuntimeError as error:
                raise RuntimeError(f"{error}\n{what} said: {process.said()}") from None
        for topic in (source, target):
            bed.broker().admin("delete", topic)
    return {"mode": mode, "commit_ms": BASE[2], "rate": rate, **answers}


def say_row(row):
    print(f"{row['mode']:14} {row['bytes_in']:6.0f} {row['bytes_out']:6.0f} {row['codec']:5}"
          f" {row['commit_ms']:6d}"
          f" {row['bare_us']:8.2f} {row['twin_us']:8.2f} {row['service_us']:8.2f}"
          f" {row['engine_us']:8.2f} {row['over']:6.2f} {row['over_twin']:6.2f}"
          f" {row['over_twin_least']:6.2f} {row['bare_rate']:9.0f}"
          f" {row['service_rate']:9.0f} {row['throughput']:6.2f}", flush=True)


def say_latency(row):
    for what in ("bare", "service"):
        found = row[what]
        print(f"{row['mode']:14} {what:8} {row['rate']:8d} {found['p50']:8.1f} {found['p90']:8.1f}"
              f" {found['p99']:8.1f} {found['p999']:8.1f} {found['max']:8.1f}", flush=True)


def run_mode(bed, engine, mode, options):
    rows = []
    for case in sorted(cases(mode, options), key=lambda case: case != BASE):
        rows.append(measure(bed, engine, mode, case, options))
        if options.json:
            print(json.dumps(rows[-1]), flush=True)
        else:
            say_row(rows[-1])
    return rows


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--programs", required=True, help="folder of the built programs")
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--all", action="store_true")
    arguments.add_argument("--base", action="store_true")
    arguments.add_argument("--mode", choices=beds.MODES)
    arguments.add_argument("--rounds", type=int, default=2)
    arguments.add_argument("--megabytes", type=int, default=400)
    arguments.add_argument("--no-latency", action="store_true")
    options = arguments.parse_args()

    bed = beds.Bed(options.programs)
    try:
        modes = bed.modes(options.mode)
        if not options.json:
            print(f"the process on cores {sorted(bed.measured)}, {beds.LANES} lanes; "
                  f"broker and readers on {sorted(bed.others)}")
            print(f"{'CPU us/record':14} {'bytes':>6} {'out':>6} {'codec':5} {'commit':>6} {'bare':>8}"
                  f" {'twin':>8} {'service':>8} {'engine':>8} {'over':>6} {'twin':>6} {'least':>6}"
                  f" {'bare/s':>9}"
                  f" {'service/s':>9} {'ratio':>6}")
        engine = Engine(bed)
        rows = [row for mode in modes for row in run_mode(bed, engine, mode, options)]
        if not options.no_latency:
            if not options.json:
                print(f"\n{'latency, ms':14} {'':8} {'rec/s':>8} {'p50':>8} {'p90':>8} {'p99':>8}"
                      f" {'p99.9':>8} {'most':>8}")
            for mode in modes:
                peak = [r["service_rate"] for r in rows if r["mode"] == mode][0]
                found = latency(bed, mode, int(peak * LATENCY_SHARE))
                if options.json:
                    print(json.dumps(found), flush=True)
                else:
                    say_latency(found)
        if not options.json and rows:
            worst = max(max(row["over"], row["over_twin"]) for row in rows)
            print(f"\nover: (service - bare) / engine, by the middle of {options.rounds} rounds, then "
                  f"the same with the twin, and by the least; worst middle {worst:.2f} (aim: {AIM})")
    finally:
        bed.close()


if __name__ == "__main__":
    main()
