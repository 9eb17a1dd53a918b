#!/usr/bin/env python3
"""check_schemas.py [FOLDER] — holds the built-in formats and packs to their published JSON Schemas.

Also makes the mistakes that people make, which the schemas must refuse. Needs the Python package
jsonschema; without it exits with 77, which CTest shows as skipped.
"""

import copy
import glob
import json
import os
import sys

try:
    import jsonschema
except ImportError:
    print('the Python package jsonschema is not installed', file=sys.stderr)
    sys.exit(77)

MISTAKES = {
    'format': [
        (['fields', 'action'], 'non'),
        (['fields', 'labels[].name', 'remove'], 'array'),
        (['fields', 'a[0].b'], 'none'),
        (['fields', 'httpRequest.headers[]', 'classes'], 'Http Headers'),
        (['fields', 'rateBasedRuleList[].customValues[]', 'classes', 'IP'], 'clientip'),
        (['roles', 'times'], 'timestamp'),
        (['syntax'], 'xml'),
        (['defines'], {}),
    ],
    'policy': [
        (['rules', 'client_ip', 'value'], ['ip_truncat']),
        (['rules', 'client_ip', 'value'], [{'filter': 'ip_truncate', 'v4_keep': 33}]),
        (['rules', 'client_ip', 'value'], [{'filter': 'ip_truncate', 'keep': 8}]),
        (['rules', 'client_ip', 'value'], []),
        (['rules', 'client_ip', 'token'], 'address'),
        (['rules', 'client_ip', 'why'], ''),
        (['rules', 'session_id', 'token', 'days'], 0),
        (['rules', 'clientip'], {'value': ['drop'], 'why': 'because'}),
        (['rules', 'geo'], [{'value': ['drop'], 'why': 'no rule without when',
                             'when': {'action': ['BLOCK']}}]),
        (['rules', 'geo', 'when'], {'action': ['BLOCK']}),
        (['kind'], 'anonymised'),
        (['failure'], 'keep'),
    ],
}


def load(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)


def with_mistake(document, path, value):
    wrong = copy.deepcopy(document)
    place = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return wrong


def check(folder, kind, sample):
    schema = load(os.path.join(folder, kind + '.schema.json'))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = 0
    for path in sorted(glob.glob(os.path.join(folder, kind, '*.json'))):
        for error in validator.iter_errors(load(path)):
            problems += 1
            print(f'{path}: {error.json_path}: {error.message[:200]}')
    good = load(os.path.join(folder, kind, sample))
    for path, value in MISTAKES[kind]:
        if validator.is_valid(with_mistake(good, path, value)):
            problems += 1
            print(f'{kind}: the schema accepts a mistake at {"/".join(path)}')
    return problems


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '..', 'schemas')
    problems = check(folder, 'format', 'aws-waf.json') + check(folder, 'policy', 'eu.json')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
