#!/usr/bin/env python3
"""What the detectors find of what is planted, what they find where nothing is, and how fast.

    bench/run detectors [--json] [--only recall,false,speed] [--rounds N] [--texts N] [--seconds N] [--seed N]
                        [--show]

    --rounds N   cases for each spelling in each place and encoding (6)
    --texts N    of each kind of look-alike (5000)
    --show       an example of everything that is missed, or found where nothing is
"""

import argparse
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import identifiers  # noqa: E402
import lookalikes  # noqa: E402
import measure  # noqa: E402
import program  # noqa: E402

SECTIONS = ("recall", "false", "speed")
MOST = 0.1  # percent of look-alikes that one detector may take for something
LABELS = tuple(kind.label for kind in identifiers.KINDS)


def percent(part, whole, digits=2):
    return f"{100 * part / whole:.{digits}f} %" if whole else "-"


def print_kinds(found):
    print(f"{'recall':16} {'planted':>8} {'missed':>7} {'found':>10} {'as it':>9} {'known gaps':>11} {'missed':>7}")
    rows = [(label, found.of(label)) for label in LABELS]
    total = measure.Found(*(sum(row) for row in zip(*(row for _, row in rows))))
    for label, one in (*rows, ("all", total)):
        print(f"{label:16} {one.planted:8d} {one.missed:7d} {percent(one.planted - one.missed, one.planted):>10}"
              f" {percent(one.named, one.planted, 0):>9} {one.gaps:11d} {one.gaps_missed:7d}")


def print_gaps(found):
    print(f"\n{'known gaps':36} {'planted':>8} {'missed':>7}")
    for name, count in found.gaps.items():
        print(f"{name:36} {count['planted']:8d} {count['missed']:7d}")
    print(f"\n{'spellings that nobody promised':36} {'planted':>8} {'found':>7}")
    for (kind, spelling), count in found.beyond.items():
        print(f"{kind + ', ' + spelling:36} {count['planted']:8d} {count['found']:7d}")


def print_places(found):
    print(f"\n{'place or encoding':36} {'planted':>8} {'missed':>7}")
    for word, count in found.places.items():
        print(f"{word:36} {count['planted']:8d} {count['missed']:7d}")


def print_recall(found, published, show):
    print_kinds(found)
    print_gaps(found)
    print_places(found)
    print(f"\n{published.count} records of AWS WAF, pack eu: in {len(published.leaks)} that were published the "
          "identifier still stands")
    for case in found.misses[:100] if show else ():
        print(f"missed: {case.kind}, {case.spelling}, {case.region or 'all'}: {case.text.decode(errors='replace')}")
    for where, case in published.leaks[:100] if show else ():
        print(f"published: {case.kind}, {case.spelling}, {where}: {case.text.decode(errors='replace')}")


def print_hits(hits, kinds, show):
    for name in kinds:
        counts = {title: hits.hits[title][name] for title in measure.REGIONS}
        if not any(counts.values()):
            continue
        cells = "  ".join(f"{title}: " + ", ".join(f"{label} {percent(count, hits.count)}" for label, count in
                                                   counts[title].most_common()) for title in counts)
        print(f"  {name:32} {cells}")
        for label in sorted(set().union(*counts.values())) if show else ():
            print(f"    {label}: {hits.examples[name, label].decode()}")


def print_false(hits, chance, show):
    texts = hits.count * len(hits.kinds)
    print(f"false hits in {texts} look-alikes, in percent of all; at most {MOST} for each detector")
    for label in hits.labels():
        shares = [hits.share(title, label) for title in measure.REGIONS]
        over = "  too many" if max(shares) > MOST else ""
        print(f"  {label:32} " + "  ".join(f"{title}: {share:.3f}" for title, share in zip(measure.REGIONS, shares))
              + over)
    bad = sum(hits.total(title, name) for title in measure.REGIONS for name in lookalikes.NEVER)
    print(f"\nwhere there must be none ({', '.join(lookalikes.NEVER)}): {bad or 'none'}")
    print_hits(hits, lookalikes.NEVER, show)
    print("\nof each other kind")
    print_hits(hits, lookalikes.FEW, show)
    print("\nby construction: made by chance in the form of an identifier")
    print_hits(chance, lookalikes.CHANCE, show)


def as_object(found, published):
    return {"kinds": {label: found.of(label)._asdict() for label in LABELS}, "gaps": found.gaps,
            "places": found.places,
            "beyond": {", ".join(key): count for key, count in found.beyond.items()},
            "records": published.count, "published": len(published.leaks)}


def as_shares(hits):
    return {title: {name: {label: count / hits.count for label, count in counts.items()}
                    for name, counts in hits.hits[title].items() if counts} for title in measure.REGIONS}


def options():
    parser = argparse.ArgumentParser(prog="bench/run detectors", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--speed", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--only", default=",".join(SECTIONS), metavar="SECTION,…", help=f"of {', '.join(SECTIONS)}")
    parser.add_argument("--rounds", type=int, default=6, metavar="N", help="for each spelling, place and encoding; 6")
    parser.add_argument("--texts", type=int, default=5000, metavar="N", help="of each kind of look-alike; 5000")
    parser.add_argument("--seconds", type=int, default=30, metavar="N", help="to measure the speed; 30")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of what is made by chance; 1")
    parser.add_argument("--show", action="store_true", help="examples")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    if set(chosen.only) - set(SECTIONS):
        parser.error(f"sections are {', '.join(SECTIONS)}")
    if min(chosen.rounds, chosen.texts, chosen.seconds, chosen.seed) < 1:
        parser.error("numbers begin with 1")
    return chosen


def section_recall(chosen):
    found = measure.Recall(chosen.binary, chosen.seed, chosen.rounds)
    published = measure.Published(chosen.binary, chosen.seed, 1)
    if chosen.json:
        return {"recall": as_object(found, published)}
    print_recall(found, published, chosen.show)
    return {}


def section_false(chosen):
    hits = measure.FalseHits(chosen.binary, lookalikes.KINDS, chosen.seed, chosen.texts)
    chance = measure.FalseHits(chosen.binary, lookalikes.CHANCE, chosen.seed, chosen.texts)
    if chosen.json:
        return {"false": {"texts": hits.count * len(hits.kinds), "kinds": as_shares(hits),
                          "chance": as_shares(chance), "all": {
            title: {label: hits.share(title, label) / 100 for label in hits.labels()} for title in measure.REGIONS}}}
    print_false(hits, chance, chosen.show)
    return {}


def section_speed(chosen):
    command = [chosen.speed, "--seconds", str(chosen.seconds), "--seed", str(chosen.seed)]
    if chosen.json:
        return {"speed": json.loads(subprocess.run([*command, "--json"], stdout=subprocess.PIPE, check=True).stdout)}
    subprocess.run(command, check=True)
    return {}


def main():
    chosen = options()
    run = {"recall": section_recall, "false": section_false, "speed": section_speed}
    told = {}
    try:
        for number, name in enumerate(one for one in SECTIONS if one in chosen.only):
            if number and not chosen.json:
                print(flush=True)
            told.update(run[name](chosen))
            sys.stdout.flush()
    except (program.Problem, subprocess.CalledProcessError) as problem:
        print(f"detectors: {problem}", file=sys.stderr)
        sys.exit(2)
    if chosen.json:
        print(json.dumps(told, ensure_ascii=False))


if __name__ == "__main__":
    main()
