#!/usr/bin/env python3
"""check_endurance.py — holds `bench/run endurance` to its arithmetic.

Its word on whether memory grows is worth something only if it finds a leak in noise, and is not
frightened by noise alone or by what a process takes at its start.
"""
import math
import os
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../bench/delivery'))
import endurance  # noqa: E402
import trend  # noqa: E402

HOURS = 10 / 60
BOUND = 16


def close(found, wanted):
    return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)


def series(luck, growth, noise, alike=0.0, count=300, hours=HOURS, warm=0.0):
    """(hours, MiB): growth an hour, noise of which so much is left at the next look, and what comes
    once in the first third."""
    points, rest = [], 0.0
    for number in range(count):
        x = hours * number / (count - 1)
        rest = alike * rest + luck.gauss(0, noise * math.sqrt(1 - alike * alike))
        points.append((x, 100 + growth * x + rest + warm * min(1.0, 3 * number / count)))
    return points


def rows_of(points, **more):
    return [{'seconds': x * 3600, 'rss_mib': y, 'descriptors': 22, 'threads': 16, 'read': 36e6 * x,
             'waiting': 1000, 'in_flight': 5, 'rejected': 0, **more} for x, y in points]


def lines():
    slope, error = trend.line([(0, 1), (1, 3), (2, 2), (3, 5)])
    # By hand: sums of squares 5 and 5.5 around (1.5, 2.75), what is left 2.7 with two degrees of freedom.
    if not close(slope, 1.1) or not close(error, math.sqrt(2.7 / 2 / 5)):
        yield f'a line by hand has slope {slope}, error {error}'
    found, least, most = trend.slope([(x, 7 + 3 * x) for x in range(100)])
    if not (close(found, 3) and close(least, 3) and close(most, 3)):
        yield f'an exact line gives {found}, {least}, {most}'
    found, least, most = trend.slope([(0, 1), (1, 3), (2, 2), (3, 5)])
    if not close(most - found, 4.303 * math.sqrt(2.7 / 2 / 5)) or not close(most - found, found - least):
        yield f'four points: {least} {found} {most}'
    for points in ([(0, 1), (1, 2)], [(1, 1), (1, 2), (1, 3)]):
        try:
            trend.slope(points)
            yield f'{points} has a slope'
        except ValueError:
            pass


def stretches():
    points = [(x, 2 * x) for x in range(47)]
    means = trend.blocks(points)
    if len(means) != trend.BLOCKS or not all(close(y, 2 * x) for x, y in means):
        yield f'means of stretches: {means}'
    parts = trend.tenths(list(range(47)))
    if len(parts) != 10 or sum(parts, []) != list(range(47)) or {len(part) for part in parts} != {4, 5}:
        yield f'tenths: {parts}'
    if trend.second_half([(x, 0) for x in range(11)]) != [(x, 0) for x in range(5, 11)]:
        yield 'the second half begins elsewhere'


def sureness():
    """How often the truth is in the interval, and how often noise alone is taken for growth."""
    luck, times = random.Random(1), 600
    inside = sum(least <= 40 <= most for least, most in
                 (trend.slope(series(luck, 40, 5))[1:] for _ in range(times)))
    if not 0.925 * times < inside < 0.975 * times:
        yield f'of {times} intervals of 95 %, {inside} hold the truth'
    alarms = sum(trend.verdict(series(luck, BOUND, 20, 0.7), BOUND) == trend.GROWS for _ in range(times))
    if alarms > 0.06 * times:
        yield f'{alarms} false alarms of {times} at the bound itself, in noise that remembers'


def verdicts():
    luck = random.Random(2)
    leak = 100 * 5000 * 3600 / endurance.MIB  # 100 bytes with each of 5000 records a second
    for what, points, wanted in (
            ('a leak of 100 bytes a record', series(luck, leak, 20, 0.8), 'FAIL'),
            ('half a byte a record, long enough', series(luck, leak / 200, 2, 0.5, 1800, 1), 'PASS'),
            ('six bytes a record', series(luck, leak / 16, 3, 0.5), 'FAIL'),
            ('an hour of noise', series(luck, 0, 10, 0.5, 1800, 1), 'PASS'),
            ('what is taken once', series(luck, 0, 0.2, 0.5, warm=200), 'PASS'),
            ('ten minutes of much noise', series(luck, 0, 60, 0.5), 'UNDECIDED')):
        said, verdict = endurance.judge(rows_of(points), BOUND)
        if verdict != wanted:
            yield f'{what}: {verdict} ({said[0]})'
    flat = series(luck, 0, 0.1)
    for what, rows in (('rejects', rows_of(flat, rejected=1)), ('no load', rows_of(flat, waiting=0)),
                       ('a descriptor more', rows_of(flat)), ('a thread more', rows_of(flat))):
        for row in rows[200:] if ' more' in what else []:
            row['descriptors' if 'descriptor' in what else 'threads'] += 1
        if endurance.judge(rows, BOUND)[1] != 'FAIL':
            yield f'{what} pass'
    rows = rows_of(flat)
    for row in rows[::7]:
        row['descriptors'] += 2  # connections that come and go
    rows[-5]['threads'] += 1  # and what was there once, late
    if endurance.judge(rows, BOUND)[1] != 'PASS':
        yield 'what comes and goes is taken for growth'
    if not all(close(rate, 10000) for rate in endurance.rates(rows)):
        yield f'records a second: {endurance.rates(rows)}'


def main():
    wrong = [*lines(), *stretches(), *sureness(), *verdicts()]
    print('\n'.join(wrong) or 'a leak is found, and noise is not taken for one')
    return 1 if wrong else 0


if __name__ == '__main__':
    sys.exit(main())
