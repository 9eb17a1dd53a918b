#!/usr/bin/env python3
"""What the service costs beside a loop that reads, writes and does nothing in between.

    bench/run delivery [--json] [--all] [--mode MODE] [--rounds N] [--megabytes N] [--base] [--no-latency]
    bench/run delivery --against NAME=VALUE,… [--mode MODE] [--rounds N] [--megabytes N] [--size N] [--codec WORD]

    --all            all sizes, codecs and commit intervals with each other; about an hour
    --base           only the first case of each mode
    --rounds N       of each case (2); the middle counts
    --megabytes N    of input for each case (400; against others 1000)
    --against …      instead: the service beside itself with these properties of librdkafka, with records
                     of --size bytes (700) and --codec (lz4) that are all there before it starts
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
MEGABYTES, MEGABYTES_AGAINST = 400, 1000  # what may be fetched ahead must be a small part of it
AIM = 1.2
LATENCY_SECONDS, LATENCY_SHARE = 6, 0.3


def cases(mode, options):
    """Size, codec, commit interval."""
    if options.base:
        return [BASE]
    if options.all:
        return [(s, c, i) for s in SIZES for c in CODECS for i in INTERVALS]
    chosen = [BASE]
    chosen += [(s, BASE[1], BASE[2]) for s in SIZES if s != BASE[0]]
    chosen += [(BASE[0], c, BASE[2]) for c in CODECS if c != BASE[1]]
    if mode == "exactly_once":
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


def once(bed, what, mode, case, megabytes, properties=None):
    """One run: CPU time for each record, and records a second."""
    size, codec, commit_ms = case
    source, records = bed.filled(size, codec, megabytes * 1000000)
    target = bed.broker().topic("out")
    config = bed.config(source, target, mode=mode, codec=codec, commit_ms=commit_ms,
                        properties=properties)
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


def against(bed, mode, options):
    """The service and the service with other properties, in turns."""
    wanted = dict(item.split("=", 1) for item in options.against.split(","))
    case = (options.size, options.codec, BASE[2])
    found = {"now": [], "other": []}
    for number in range(options.rounds):
        for what in sorted(found, reverse=number % 2 == 1):  # who is first has no advantage
            found[what].append(once(bed, "service", mode, case, options.megabytes,
                                    wanted if what == "other" else None))
    rows = {what: {"us": statistics.median(us for us, _ in runs),
                   "rate": statistics.median(rate for _, rate in runs),
                   "most": max(rate for _, rate in runs)} for what, runs in found.items()}
    ratios = [now[1] / other[1] for now, other in zip(found["now"], found["other"])]
    return {"mode": mode, "size": case[0], "codec": case[1], "rounds": options.rounds,
            "properties": wanted, **rows, "ratios": ratios,
            "throughput": statistics.median(ratios),
            "cpu": rows["now"]["us"] / rows["other"]["us"]}


def say_against(row):
    print(f"{row['mode']}, {row['size']} B, {row['codec']}: as it is {row['now']['rate']:.0f} records/s "
          f"(at most {row['now']['most']:.0f}), {row['now']['us']:.2f} us; with the properties "
          f"{row['other']['rate']:.0f} ({row['other']['most']:.0f}), {row['other']['us']:.2f} us")
    print(f"as it is / with the properties, by rounds: "
          f"{' '.join(f'{ratio:.3f}' for ratio in row['ratios'])}; middle {row['throughput']:.3f}; "
          f"CPU {row['cpu']:.3f}", flush=True)


def latency(bed, mode, commit_ms, rate):
    """Percentiles of both, one after the other, at the same rate."""
    answers = {}
    for what in ("bare", "service"):
        source, target = bed.broker().topic("in"), bed.broker().topic("out")
        config = bed.config(source, target, mode=mode, commit_ms=commit_ms)
        with beds.Process(bed, what, config, mode, BASE[0]) as process:
            try:
                answers[what] = bed.call("latency", config, BASE[0], rate, LATENCY_SECONDS)
            except RuntimeError as error:
                raise RuntimeError(f"{error}\n{what} said: {process.said()}") from None
        for topic in (source, target):
            bed.broker().admin("delete", topic)
    return {"mode": mode, "commit_ms": commit_ms, "rate": rate, **answers}


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
        print(f"{row['mode']:14} {what:8} {row['commit_ms']:6d} {row['rate']:8d} {found['p50']:8.1f} {found['p90']:8.1f}"
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
    arguments.add_argument("--megabytes", type=int)
    arguments.add_argument("--no-latency", action="store_true")
    arguments.add_argument("--against", metavar="NAME=VALUE,…")
    arguments.add_argument("--size", type=int, choices=SIZES, default=SIZES[0])
    arguments.add_argument("--codec", choices=CODECS, default=BASE[1])
    options = arguments.parse_args()

    if options.megabytes is None:
        options.megabytes = MEGABYTES_AGAINST if options.against else MEGABYTES

    bed = beds.Bed(options.programs)
    try:
        modes = bed.modes(options.mode)
        if options.against:
            for mode in modes:
                row = against(bed, mode, options)
                if options.json:
                    print(json.dumps(row), flush=True)
                else:
                    say_against(row)
            return
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
                print(f"\n{'latency, ms':14} {'':8} {'commit':>6} {'rec/s':>8} {'p50':>8} {'p90':>8} {'p99':>8}"
                      f" {'p99.9':>8} {'most':>8}")
            for mode in modes:
                peak = [r["service_rate"] for r in rows if r["mode"] == mode][0]
                for commit_ms in INTERVALS if mode == "exactly_once" else [BASE[2]]:
                    found = latency(bed, mode, commit_ms, int(peak * LATENCY_SHARE))
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
