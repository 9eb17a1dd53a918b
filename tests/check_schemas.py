#!/usr/bin/env python3
"""check_schemas.py [FOLDER] — holds the built-in formats, packs and tables of the law to their published JSON Schemas.

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

# One document that says everything a format can say of JSON, and one for each other syntax. No
# built-in format needs to use all of it, and the mistakes below need a place where they are made.
EVERYTHING = {
    'format': 'example-waf',
    'title': 'Everything that can be said',
    'docs': 'https://www.example.com/logs',
    'syntax': 'json',
    'keys': 'any_case',
    'dotted': True,
    'envelope': True,
    'detect': [{'kind': ['waf', 'fire*', '*wall'], 'client.ip': True}, {'raw': True}],
    'skip': {'kind': ['heartbeat']},
    'roles': {'time': ['time', 'timeStamp'], 'action': 'action'},
    'define': {
        'headers': {'{}': {'classes': 'http-headers'}},
        'inner': {'[].note': 'free_text'},
    },
    'fields': {
        'time': 'timestamp',
        'timeStamp': 'timestamp',
        'kind': 'none',
        'action': 'none',
        'client.ip': 'client_ip',
        'request.url': {'syntax': 'url'},
        'request.line': {'syntax': 'request-line'},
        'request.headers{}': {'classes': 'http-headers'},
        'request.lists{}[]': {'classes': 'http-headers'},
        'request.cookies{}': 'session_id',
        'request.more{}.value': {'class': 'free_text'},
        'request.json': {'inside': 'headers'},
        'request.list': {'inside': 'inner', 'class': 'free_text'},
        'headersIn[]': {'pairs': {'name': '[0]', 'value': '[1]'}, 'classes': 'http-headers'},
        'matches[]': {
            'pairs': {'name': 'variable', 'value': 'text', 'separator': ':'},
            'classes': {'HeaderValue': '@http-headers', 'CookieValue': 'session_id'},
        },
        'observables[]': {
            'pairs': {'select': 'type_id', 'name': 'name', 'value': 'value'},
            'classes': {'2': 'client_ip'},
        },
        'counts[]': {'pairs': {'select': 'by', 'value': 'of'}, 'classes': {'IP': 'client_ip'}},
        'raw': {'record': True},
        'message': {'record': True, 'class': 'free_text'},
        'data': {'record': True, 'coding': 'base64'},
        'records[]': {'record': True},
    },
}


def text_format(syntax, **settings):
    return {'format': 'example-text', 'title': 'Text', 'syntax': syntax,
            'fields': {'client': 'client_ip'}, **settings}


GOOD = {
    'everything': EVERYTHING,
    'cef': text_format('cef', detect={'src': ['192.0.2.*']}, fields={
        'src': 'client_ip',
        'cs1': {'class': 'username', 'label': 'who'},
        'cs2': {'syntax': 'url', 'label': 'what'},
        'cs3': {'class': 'body', 'label': 'full_request', 'rest': True},
    }),
    'pairs': text_format('pairs', delimiter=',', quote='"'),
    'unquoted': text_format('pairs', quote=''),
    'delimited': text_format('delimited', columns=['client', 'cs(Host)'], delimiter='\t', quote='"',
                             doubled=True, fields={'client': {'class': 'host', 'coding': 'percent'}}),
    'pattern': text_format('pattern', pattern='$client [$time] "$request"'),
    'braces': text_format('pattern', pattern='${client}x$port {$time} $*'),
    'patterns': text_format('pattern', pattern=['$client - $user', '$client $user']),
    'syslog': text_format('syslog', fields={'message': {'record': True}}),
}

# What is wrong with a format, by the document in which the mistake is made: where, and what is put
# there. Nothing: the member is missing.
MISSING = object()
MISTAKES_OF_FORMATS = [
    ('everything', ['docs'], 'http://www.example.com/logs'),
    ('everything', ['docs'], 'see the manual'),
    ('everything', ['syntax'], 'yaml'),
    ('everything', ['keys'], 'any'),
    ('everything', ['dotted'], 'yes'),
    ('everything', ['envelope'], 1),
    ('everything', ['detect'], []),
    ('everything', ['detect'], {}),
    ('everything', ['detect'], 'kind'),
    ('everything', ['detect'], [{}]),
    ('everything', ['detect'], {'kind': False}),
    ('everything', ['detect'], {'kind': 'waf'}),
    ('everything', ['detect'], {'kind': []}),
    ('everything', ['detect'], {'kind': ['w*f']}),
    ('everything', ['detect'], {'kind': ['*']}),
    ('everything', ['detect'], {'kind': ['*wall*']}),
    ('everything', ['detect'], {'kind': [7]}),
    ('everything', ['detect'], {'kind..of': True}),
    ('everything', ['skip', 'kind'], None),
    ('everything', ['roles', 'time'], []),
    ('everything', ['roles', 'time'], ['time', 'time']),
    ('everything', ['roles', 'time'], ['time', 7]),
    ('everything', ['roles', 'action'], 'a[0]'),
    ('everything', ['fields', '{a}'], 'none'),
    ('everything', ['fields', 'a.{}'], 'none'),
    ('everything', ['fields', 'a{}b'], 'none'),
    ('everything', ['fields', 'a[]b'], 'none'),
    ('everything', ['fields', 'a{'], 'none'),
    ('everything', ['fields', ''], 'none'),
    ('everything', ['define', 'headers', '{x}'], 'none'),
    ('everything', ['fields', 'request.headers'], {'classes': 'http-headers'}),
    ('everything', ['fields', 'request.headers[]'], {'classes': 'http-headers'}),
    ('everything', ['fields', 'request.headers{}.value'], {'classes': 'http-headers'}),
    ('everything', ['fields', 'request.headers{}', 'classes'], {'accept': 'header'}),
    ('everything', ['fields', 'request.headers{}', 'classes'], '@http-headers'),
    ('everything', ['fields', 'request.headers{}', 'class'], 'header'),
    ('everything', ['fields', 'request.url', 'syntax'], 'uri'),
    ('everything', ['fields', 'request.url', 'syntax'], 'json'),
    ('everything', ['fields', 'request.url', 'class'], 'uri_path'),
    ('everything', ['fields', 'request.json', 'inside'], ['headers']),
    ('everything', ['fields', 'request.json', 'class'], 'free text'),
    ('everything', ['fields', 'headersIn[]', 'pairs', 'name'], '[2]'),
    ('everything', ['fields', 'headersIn[]', 'pairs', 'name'], 'name'),
    ('everything', ['fields', 'headersIn[]', 'pairs', 'value'], 'value'),
    ('everything', ['fields', 'headersIn[]', 'pairs', 'value'], '[0]'),
    ('everything', ['fields', 'headersIn[]', 'pairs', 'separator'], ':'),
    ('everything', ['fields', 'matches[]', 'pairs', 'separator'], ''),
    ('everything', ['fields', 'matches[]', 'pairs', 'separator'], '::'),
    ('everything', ['fields', 'matches[]', 'pairs', 'separator'], MISSING),
    ('everything', ['fields', 'matches[]', 'pairs', 'select'], 'kind'),
    ('everything', ['fields', 'matches[]', 'pairs', 'name'], MISSING),
    ('everything', ['fields', 'matches[]', 'pairs', 'value'], MISSING),
    ('everything', ['fields', 'matches[]', 'classes'], 'http-headers'),
    ('everything', ['fields', 'matches[]', 'classes', 'HeaderValue'], '@Http Headers'),
    ('everything', ['fields', 'observables[]', 'classes', '2'], 'client'),
    ('everything', ['fields', 'counts[]', 'classes'], 'http-headers'),
    ('everything', ['fields', 'counts[]', 'classes'], MISSING),
    ('everything', ['fields', 'raw', 'record'], False),
    ('everything', ['fields', 'raw', 'record'], 'aws-waf'),
    ('everything', ['fields', 'raw', 'coding'], 'gzip'),
    ('everything', ['fields', 'raw', 'coding'], 'percent'),
    ('everything', ['fields', 'action'], {'class': 'none', 'label': 'action'}),
    ('everything', ['fields', 'raw', 'joined'], True),
    ('everything', ['fields', 'message', 'class'], 'text'),
    ('everything', ['fields', 'data', 'record'], MISSING),
    ('everything', ['columns'], ['client']),
    ('everything', ['pattern'], '$client'),
    ('everything', ['delimiter'], ','),
    ('everything', ['quote'], '"'),
    ('everything', ['doubled'], True),
    ('cef', ['delimiter'], ','),
    ('cef', ['dotted'], True),
    ('cef', ['pattern'], '$client'),
    ('cef', ['fields', 'cs1', 'label'], ''),
    ('cef', ['fields', 'cs1', 'label'], ['who']),
    ('cef', ['fields', 'cs1', 'class'], MISSING),
    ('cef', ['fields', 'cs3', 'rest'], 'yes'),
    ('cef', ['syntax'], 'pairs'),
    ('everything', ['fields', 'action'], {'class': 'none', 'rest': True}),
    ('delimited', ['fields', 'client', 'coding'], 'base64'),
    ('delimited', ['fields', 'client', 'class'], MISSING),
    ('pairs', ['delimiter'], ', '),
    ('pairs', ['delimiter'], ''),
    ('pairs', ['delimiter'], 'x'),
    ('pairs', ['delimiter'], '"'),
    ('pairs', ['delimiter'], '|'),
    ('pairs', ['quote'], "'"),
    ('pairs', ['doubled'], True),
    ('pairs', ['columns'], ['client']),
    ('delimited', ['columns'], MISSING),
    ('delimited', ['columns'], []),
    ('delimited', ['columns'], ['client', 'client']),
    ('delimited', ['columns'], ['client', 'a[]']),
    ('delimited', ['delimiter'], '\\t'),
    ('delimited', ['delimiter'], ':'),
    ('delimited', ['doubled'], 'yes'),
    ('delimited', ['pattern'], '$client'),
    ('pattern', ['pattern'], MISSING),
    ('pattern', ['pattern'], ''),
    ('pattern', ['pattern'], 'client - user'),
    ('pattern', ['pattern'], '$client$user'),
    ('pattern', ['pattern'], '${client}$user'),
    ('pattern', ['pattern'], []),
    ('patterns', ['pattern'], ['$client', '$client']),
    ('pattern', ['columns'], ['client']),
    ('syslog', ['pattern'], '$client'),
]

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
        (['law'], 'GDPR'),
        (['law', 'name'], MISSING),
        (['law', 'result'], 'anonymous'),
        (['law', 'breach_hours'], 0),
        (['law', 'acces_days'], 30),
        (['law', 'sources'], [{'title': 'neither'}]),
        (['law', 'authority', 'url'], 'http://www.example.com/'),
        (['effective'], '25 May 2018'),
        (['review'], 'yes'),
        (['version'], 1),
    ],
}


# The tables of the law, each with a schema of its own.
MISTAKES_OF_LAW = [
    ('transfers', ['transfers', 0, 'route'], 'adequate'),
    ('transfers', ['transfers', 0, 'route'], 'safeguard'),
    ('transfers', ['transfers', 0, 'mechanisms'], ['scc']),
    ('transfers', ['transfers', 0, 'to'], []),
    ('transfers', ['transfers', 0, 'to'], ['jp']),
    ('transfers', ['transfers', 0, 'to'], ['*', 'JP']),
    ('transfers', ['transfers', 0, 'from'], '2026-13-01'),
    ('transfers', ['transfers', 0, 'until'], 'tomorrow'),
    ('transfers', ['transfers', 0, 'source'], MISSING),
    ('transfers', ['transfers', 0, 'origin'], MISSING),
    ('transfers', ['lists', 'EEA'], 'EU'),
    ('transfers', ['origins', 'eu', 'countries'], MISSING),
    ('transfers', ['mechanisms', 'SCC'], 'x'),
    ('transfers', ['transfers'], MISSING),
    ('purposes', ['purposes', 'security', 'bases'], []),
    ('purposes', ['purposes', 'security', 'bases'], ['wish']),
    ('purposes', ['purposes', 'research', 'no_tokens'], ['face']),
    ('purposes', ['purposes', 'security', 'summary', 'ja'], MISSING),
    ('purposes', ['purposes', 'security'], MISSING),
    ('purposes', ['purposes', 'marketing'], {}),
    ('purposes', ['bases', 'consent'], MISSING),
    ('categories', ['statutes', 0, 'categories', 0, 'id'], 'AA'),
    ('categories', ['statutes', 0, 'categories', 0, 'classes', 0], 'Client IP'),
    ('categories', ['statutes', 0, 'source'], MISSING),
    ('categories', ['statutes', 0, 'none'], MISSING),
]


# A test of policies that says everything, and mistakes in it.
GOOD_TEST = {
    'name': 'everything', 'format': 'aws-waf', 'topic': 'waf.raw', 'tenant': 'acme', 'region': 'eu',
    'regions': ['jp'], 'output': 'soc', 'time': '2026-11-16T12:00:00Z', 'key': 'k',
    'headers': {'consent': 'refused'}, 'comment': 'why', 'input': {'a': 1},
    'expect': {
        'verdict': 'stub', 'reason': 'too_deep', 'region': 'eu', 'regions': ['jp'],
        'record': {'a': {'$any': True}, 'b': [{'c': {'$like': '192.0.2.*'}}], 'd': None},
        'pointers': {'/a': {'$token': 'ip'}, '/b': {'$absent': True}, '/c': {'x': 1, 'y': 2}},
        'absent': ['/httpRequest'], 'must_contain': ['a'], 'must_not_contain': ['b'],
        'withheld': False,
    },
}
MISTAKES_OF_TESTS = [
    (['name'], MISSING),
    (['name'], ''),
    (['input'], MISSING),
    (['input'], 7),
    (['expect'], MISSING),
    (['expect'], {}),
    (['expects'], {}),
    (['regions'], []),
    (['time'], 'yesterday'),
    (['headers', 'consent'], 1),
    (['expect', 'verdict'], 'published'),
    (['expect', 'verdict'], 'publish'),
    (['expect', 'reason'], 'none'),
    (['expect', 'record'], []),
    (['expect', 'record', 'a'], {'$any': False}),
    (['expect', 'record', 'b', 0, 'c'], {'$matches': 'x'}),
    (['expect', 'pointers', 'a'], 1),
    (['expect', 'pointers', '/a'], {'$token': 'address'}),
    (['expect', 'absent'], ['httpRequest']),
    (['expect', 'must_contain'], ['']),
    (['expect', 'must_not_contain'], 'b'),
    (['expect', 'withheld'], 'no'),
]


def load(path):
    with open(path, encoding='utf-8') as file:
        return json.load(file)


def with_mistake(document, path, value):
    wrong = copy.deepcopy(document)
    place = wrong
    for step in path[:-1]:
        place = place[step]
    if value is MISSING:
        del place[path[-1]]
    else:
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


def check_language(folder):
    """Everything that a format can say is accepted, and every mistake in it is not."""
    validator = jsonschema.Draft202012Validator(load(os.path.join(folder, 'format.schema.json')))
    problems = 0
    for name, document in GOOD.items():
        for error in validator.iter_errors(document):
            problems += 1
            print(f'format: the schema refuses "{name}": {error.json_path}: {error.message[:200]}')
    for name, path, value in MISTAKES_OF_FORMATS:
        if validator.is_valid(with_mistake(GOOD[name], path, value)):
            problems += 1
            print(f'format: the schema accepts a mistake in "{name}" at {"/".join(path)}: {value}')
    return problems


def check_law(folder):
    problems = 0
    for name in ('transfers', 'purposes', 'categories'):
        schema = load(os.path.join(folder, name + '.schema.json'))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        document = load(os.path.join(folder, 'law', name + '.json'))
        for error in validator.iter_errors(document):
            problems += 1
            print(f'{name}: {error.json_path}: {error.message[:200]}')
        for kind, path, value in MISTAKES_OF_LAW:
            if kind == name and validator.is_valid(with_mistake(document, path, value)):
                problems += 1
                print(f'{name}: the schema accepts a mistake at {path}: {value}')
    return problems


def check_tests(folder):
    schema = load(os.path.join(folder, 'policy-tests.schema.json'))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    problems = 0
    paths = sorted(glob.glob(os.path.join(folder, 'policy', 'tests', '*.json')))
    for name, document in [('everything', {'tests': [GOOD_TEST]})] + [(path, load(path)) for path in paths]:
        for error in validator.iter_errors(document):
            problems += 1
            print(f'{name}: {error.json_path}: {error.message[:200]}')
    for path, value in MISTAKES_OF_TESTS:
        if validator.is_valid({'tests': [with_mistake(GOOD_TEST, path, value)]}):
            problems += 1
            print(f'tests of policies: the schema accepts a mistake at {path}: {value}')
    return problems


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '..', 'schemas')
    problems = check(folder, 'format', 'aws-waf.json') + check(folder, 'policy', 'eu.json')
    problems += check_language(folder) + check_law(folder) + check_tests(folder)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
