#!/usr/bin/env python3
"""How much of the evidence survives: attacks go through wafveil as records of AWS WAF, what is left of them
becomes requests again, and both are shown to the OWASP core rule set.

    bench/run utility [--json] [--show N] [--only CATEGORY,…] [--pack NAME] [--placeholders WORD]

    --show N     before and after of one request, and which rules match
    --only       these categories; the table says which there are
    --pack NAME  by whose rules (eu)
    --placeholders tilde|words   how the output spells what it hides (tilde)
"""

import argparse
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import attacks  # noqa: E402
import measure  # noqa: E402
import payloads  # noqa: E402
import replay  # noqa: E402

CATEGORIES = (*payloads.ATTACKS, attacks.BENIGN)
POSITIONS = ("path", measure.PATH_AS_VALUE, "query", "several", "beside", measure.PAYLOAD, "telling", "agent",
             "header", "cookie", "referer", "host", attacks.BENIGN)
GROUPS = {"meant to stay readable": measure.READABLE,
          "the same and telling names": (*measure.READABLE, "telling")}


def percent(part, whole):
    return f"{100 * part / whole:6.1f}" if whole else "     -"


def row(name, shares):
    """What is seen of an attack cannot be said of a visitor."""
    cells = [f"{one['cases']:7d}{percent(one['same'], one['cases'])}"
             f"{percent(one['seen'], one['cases'] * (name != attacks.BENIGN))}" for one in shares]
    return f"{name:28}" + "  ".join(cells)


def print_shares(results):
    print(f"{'':28}" + "  ".join(f"level {level}  same  seen" for level in measure.LEVELS))
    for position in POSITIONS:
        shares = [results.share((position,), level) for level in measure.LEVELS]
        if any(one["cases"] for one in shares):
            print(row(position, shares))
    print()
    for name, positions in GROUPS.items():
        print(row(name, [results.share(positions, level) for level in measure.LEVELS]))


def print_rules(title, rules):
    """Those of values that go as a whole are too many to be read, and no surprise."""
    shown = [one for one in rules if one["readable"] or one["visitors"]]
    print(f"\n{title}: {'' if rules else 'none'}")
    if shown:
        print("   rule level readable visitors telling elsewhere --show")
    for one in shown:
        print(f"{one['rule']:>7} {one['level']:5d} {one['readable']:8d} {one['visitors']:8d} "
              f"{one['telling']:7d} {one['elsewhere']:9d} {one['example']:6d}  {one['says']}")
    if len(shown) < len(rules):
        print(f"and {len(rules) - len(shown)} where values of telling names, agents, cookies and the like go "
              "as a whole (--json)")


def print_placeholders(results):
    tripping = results.tripping()
    kinds = len(results.placeholders())
    print(f"\nof {kinds} placeholders alone in {len(measure.PLACES)} places, these match a rule that a word "
          f"does not: {'' if tripping else 'none'}")
    for one in tripping:
        those = one["placeholders"]
        more = f" and {len(those) - 4} more" if len(those) > 4 else ""
        place = one["place"].replace("%20", " ")
        print(f"{one['rule']:>7} {one['level']:5d}  {place:28} {' '.join(those[:4])}{more}")


def print_table(results, chosen):
    attacked = sum(request.category != attacks.BENIGN for request in results.requests)
    print(f"{replay.version()}, pack {chosen.pack}, placeholders {chosen.placeholders}; {attacked} attacks, "
          f"{len(results.requests) - attacked} visits\n")
    print_shares(results)
    print_rules("gained (a placeholder must never look like an attack)", results.changed(lost=False))
    print_placeholders(results)
    print_rules("lost", results.changed(lost=True))


def print_json(results, chosen):
    names = {**{position: (position,) for position in POSITIONS}, **GROUPS}
    print(json.dumps({
        "rules": replay.version(), "pack": chosen.pack, "spelling": chosen.placeholders,
        "shares": {name: {level: results.share(positions, level) for level in measure.LEVELS}
                   for name, positions in names.items()},
        "gained": results.changed(lost=False), "lost": results.changed(lost=True),
        "placeholders": results.tripping(), "requests": len(results.requests)}))


def show_request(title, request):
    if request is None:
        print(f"{title}: nothing")
        return
    print(f"{title}: {request.method} {request.target}")
    for name, value in request.headers:
        print(f"    {name}: {value}")
    if request.evidence:
        print(f"    matched: {json.dumps(request.evidence, ensure_ascii=False)}")


def show(results, number):
    request = results.requests[number]
    print(f"{number}: {request.category}, {request.position}")
    show_request("before", request)
    show_request("after", results.left[number])
    for case in (one for one in results.cases if one.number == number):
        for level in measure.LEVELS:
            before, after = results.rules(case, level)
            words = [*(f"-{rule}" for rule in sorted(before - after)),
                     *(f"+{rule}" for rule in sorted(after - before)),
                     *(f"={rule}" for rule in sorted(before & after))]
            print(f"{case.position}, level {level}: {' '.join(words) or 'no rule'}")


def options():
    parser = argparse.ArgumentParser(prog="bench/run utility", usage="bench/run utility [--json] [--show N] "
                                     "[--only CATEGORY,…] [--pack NAME] [--placeholders WORD]")
    parser.add_argument("--binary", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="one object")
    parser.add_argument("--show", type=int, metavar="N", help="before and after of one request")
    parser.add_argument("--only", default=",".join(CATEGORIES), metavar="CATEGORY,…",
                        help=f"of {', '.join(CATEGORIES)}")
    parser.add_argument("--pack", default="eu", help="by whose rules; eu")
    parser.add_argument("--placeholders", default=measure.SPELLINGS[0], choices=measure.SPELLINGS,
                        help="how the output spells what it hides; tilde")
    chosen = parser.parse_args()
    chosen.only = chosen.only.split(",")
    if set(chosen.only) - set(CATEGORIES):
        parser.error(f"categories are {', '.join(CATEGORIES)}")
    if chosen.show is not None and not 0 <= chosen.show < len(attacks.all_requests()):
        parser.error(f"requests have numbers from 0 to {len(attacks.all_requests()) - 1}")
    return chosen


def main():
    chosen = options()
    try:
        replay.provide()
        categories = CATEGORIES if chosen.show is not None else chosen.only
        results = measure.Results(chosen.binary, chosen.pack, categories, chosen.placeholders)
        if chosen.show is not None:
            show(results, chosen.show)
        elif chosen.json:
            print_json(results, chosen)
        else:
            print_table(results, chosen)
    except replay.Problem as problem:
        print(f"utility: {problem}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
