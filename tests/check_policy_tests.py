#!/usr/bin/env python3
"""Whether the tests of the built-in packs would notice if a rule were loosened.

    tests/check_policy_tests.py PATH/TO/wafveil [--all] [PACK ...]

Takes each rule that a pack has of its own and does more than keep, makes it `keep` in a later version
of the pack, and runs the pack's tests on that: at least one must fail. Before, the tests must pass on
a later version in which nothing is loosened. Without names: the reviewed packs; --all: the templates,
too. The last line is the share of the changes that were noticed; all must be.
"""
import copy
import glob
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY = os.path.join(HERE, '..', 'schemas', 'policy')


def load(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)


def store(path, document):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(document, file)


def configuration(packs):
    """What `wafveil test` runs the built-in tests on, with one more pack."""
    tenant = {'from': 'fixed', 'name': 'default', 'hosts': ['example.com']}
    return {
        'inputs': [{'format': name, 'tenant': tenant} for name in ('nginx-json', 'aws-waf', 'ocsf-http')],
        'regions': [{'from': 'tenant'}, {'from': 'country'}],
        'outputs': [{'name': 'default', 'purpose': 'security'},
                    {'name': 'consent', 'purpose': 'analytics', 'basis': 'consent'}],
        'consent': {'header': 'consent'},
        'packs': {'files': ['pack.json'], 'acknowledge_unreviewed': packs},
    }


def loosened(pack):
    """(what was loosened, the pack) for each rule of its own that does more than keep."""
    for name, rules in pack['rules'].items():
        for place, rule in enumerate(rules if isinstance(rules, list) else [rules]):
            if rule['value'] == ['keep']:
                continue
            changed = copy.deepcopy(pack)
            wide = {'value': ['keep'], 'why': 'loosened by a test'}
            if isinstance(rules, list):
                if 'when' in rule:
                    wide['when'] = rule['when']
                changed['rules'][name][place] = wide
            else:
                changed['rules'][name] = wide
            yield f'{name}[{place}]' if isinstance(rules, list) else name, changed


def run(program, folder, pack, tests, templates):
    later = dict(pack, version='later', effective='2026-11-01')
    if 'extends' in pack:
        later['extends'] = pack['pack']  # as later versions do: the rest stays as it is
    store(os.path.join(folder, 'pack.json'), later)
    store(os.path.join(folder, 'wafveil.json'), configuration(templates))
    return subprocess.run([program, 'test', '--config', os.path.join(folder, 'wafveil.json'), tests],
                          capture_output=True, text=True, check=False)


def check(program, folder, path):
    """How many changes of a pack were made, and which were not noticed."""
    pack = load(path)
    tests = os.path.join(POLICY, 'tests', pack['pack'] + '.json')
    templates = [pack['pack']] if pack['review'] == 'unreviewed' else []
    control = run(program, folder, pack, tests, templates)
    if control.returncode != 0:
        print(f'{pack["pack"]}: exit {control.returncode} though nothing was loosened:\n'
              f'{control.stdout}{control.stderr}')
        return 1, ['nothing']
    made, missed = 0, []
    for what, changed in loosened(pack):
        made += 1
        result = run(program, folder, changed, tests, templates)
        if result.returncode == 0:
            missed.append(what)
            print(f'{pack["pack"]}: no test fails when {what} is loosened')
        elif result.returncode != 1:
            missed.append(what)
            print(f'{pack["pack"]}: exit {result.returncode} when {what} is loosened:\n{result.stderr}')
    return made, missed


def main():
    words = sys.argv[1:]
    if not words:
        sys.exit(__doc__)
    program, names = os.path.realpath(words[0]), [word for word in words[1:] if word != '--all']
    made, missed = 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted(glob.glob(os.path.join(POLICY, '*.json'))):
            pack = load(path)
            wanted = pack['pack'] in names if names else pack['review'] == 'reviewed' or '--all' in words
            # A law that is not in force yet at the time of its tests has no later version then.
            if wanted and pack['effective'] < '2026-11-01':
                some, not_seen = check(program, folder, path)
                made += some
                missed += len(not_seen)
    print(f'{made - missed} of {made} loosened rules were noticed')
    return 0 if made > 0 and missed == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
