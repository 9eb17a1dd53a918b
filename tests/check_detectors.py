#!/usr/bin/env python3
"""check_detectors.py PROGRAM — the detectors find every identifier that is planted, and nothing where nothing is.

A small part of what `bench/run detectors` measures, the same in every run. What is known not to be right stands in
bench/detectors/gaps.py; what stands there and is right fails, too, so that the list stays true.
"""

import json
import os
import random as randoms
import re
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, '../bench/detectors')
sys.path.insert(0, BENCH)
import gaps  # noqa: E402
import identifiers  # noqa: E402
import issued  # noqa: E402
import lookalikes  # noqa: E402
import measure  # noqa: E402
import places  # noqa: E402
import program  # noqa: E402
import recall  # noqa: E402
import records  # noqa: E402

SEED, TEXTS = 1, 3000
DETECTORS = os.path.join(HERE, '../filters/detectors.def')
HARMLESS = 'an ordinary word'

# Detectors as an operator writes them: plain, with a check digit, with a blank that a form writes as +.
OWN = {'customer_no': {'pattern': r'\bKD-[0-9]{6}\b', 'literal': 'KD-', 'class': 'username'},
       'member_no': {'pattern': r'\bMB-[0-9]{9}\b', 'literal': 'MB-', 'validator': 'luhn'},
       'badge_no': {'pattern': r'(?i)\bbadge[ +][a-f]{6}\b', 'literal': 'badge', 'literal_nocase': True}}
CONFIG = {'inputs': [{'format': 'aws-waf', 'tenant': {'name': 'shop', 'region': 'eu'}}],
          'outputs': [{'name': 'soc', 'purpose': 'security'}], 'detectors': OWN}


def member_no(random):
    first = identifiers.digits(random, 8)
    return f'MB-{first}{issued.luhn_digit(first)}'


KINDS = (
    identifiers.Kind('CUSTOMER_NO', identifiers.spelled(plain=lambda random: f'KD-{identifiers.digits(random, 6)}')),
    identifiers.Kind('MEMBER_NO', identifiers.spelled(plain=member_no)),
    identifiers.Kind('BADGE_NO', identifiers.spelled(
        small=lambda random: 'badge ' + ''.join(random.choices('abcdef', k=6)),
        large=lambda random: 'BADGE ' + ''.join(random.choices('ABCDEF', k=6)))))


def lists(found):
    """Every detector has spellings, and every place and encoding has cases."""
    with open(DETECTORS, encoding='utf-8') as file:
        labels = re.findall(r'^WV_DETECTOR\(\w+,\s*"\w+",\s*"(\w+)"', file.read(), re.M)
    known = [kind.label for kind in identifiers.KINDS]
    yield from (f'{label} is in filters/detectors.def and has no spelling' for label in labels if label not in known)
    yield from (f'{label} is no detector' for label in known if label not in labels)
    yield from (f'nothing is planted in {word}' for word in (*places.PLACES, *places.ENCODINGS)
                if not found.places[word]['planted'])


def quiet(binary):
    """What stands around an identifier is not what is found."""
    texts = [place.before + left + HARMLESS + right + place.behind for place in places.PLACES.values()
             for left, right in places.AROUND]
    hits = program.detect(binary, [text.encode() for text in texts])
    yield from (f'without an identifier there is a hit in {text}' for text, found in zip(texts, hits) if found != [])


def misses(found):
    yield from (f'not found: {one.kind}, {one.spelling}, region {one.region or "all"}: '
                f'{one.text.decode(errors="replace")}' for one in found.misses)
    yield from (f'bench/detectors/gaps.py: of "{name}" nothing is missed any more' for name,
                count in found.gaps.items()
                if not count['missed'])


def published(binary):
    records = measure.Published(binary, SEED, 1, share=13)
    yield from (f'published: {one.kind}, {one.spelling}, in {where}: {one.text.decode(errors="replace")}'
                for where, one in records.leaks)
    if records.count < 1000:
        yield f'only {records.count} records'


def false_hits(binary):
    hits = measure.FalseHits(binary, lookalikes.NEVER, SEED, TEXTS)
    found = {(name, label) for title in hits.hits for name in hits.hits[title] for label in hits.hits[title][name]}
    yield from (f'{label} in {name}: {hits.examples[name, label].decode()}' for name,
                label in sorted(found - gaps.FALSE - gaps.RARE))
    yield from (f'bench/detectors/gaps.py: {label} is not found in {name} any more'
                for name, label in sorted(gaps.FALSE - found))


def own_cases():
    """Each in every place and encoding, beside all that stands around it."""
    random = randoms.Random(SEED)
    for kind in KINDS:
        for spelling in kind.spellings:
            made = (recall.case_of(kind, spelling, place, encoding, number, random) for place in places.PLACES
                    for encoding in places.ENCODINGS for number in range(len(places.AROUND)))
            yield from (case for case in made if case)


def own(binary):
    """What the configuration looks for is found as what it is, and published nowhere."""
    cases = list(own_cases())
    with tempfile.TemporaryDirectory(prefix='wafveil-detectors-') as folder:
        config = os.path.join(folder, 'own.json')
        with open(config, 'w', encoding='utf-8') as file:
            json.dump(CONFIG, file)
        for case, hits in zip(cases, program.detect(binary, [case.text for case in cases], config=config)):
            if not measure.is_covered(case, hits):
                yield f'not found: {case.kind} in {case.place}, {case.encoding}: {case.text.decode(errors="replace")}'
        for where, case in records.leaks(binary, 'eu', cases, config):
            yield f'published: {case.kind}, {case.encoding}, in {where}: {case.text.decode(errors="replace")}'


def main():
    if len(sys.argv) != 2:
        sys.exit('check_detectors.py PROGRAM')
    binary = sys.argv[1]
    found = measure.Recall(binary, SEED, 1)
    checks = {'lists': lists(found), 'quiet': quiet(binary), 'recall': misses(found), 'records': published(binary),
              'false hits': false_hits(binary), 'own': own(binary)}
    passed = failed = 0
    for name, problems in checks.items():
        told = list(problems)
        for problem in told[:20]:
            print(f'FAILED {name}: {problem}')
        if len(told) > 20:
            print(f'FAILED {name}: and {len(told) - 20} more')
        passed += not told
        failed += bool(told)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
