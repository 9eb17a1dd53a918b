#!/usr/bin/env python3
"""Holds `wafveil subject` to the engine, and to its silence.

    tests/subject/run.py PATH/TO/wafveil

A request of erasure that misses a token leaves somebody's records behind, and one that is shown without its
record, or that repeats the value, makes a second copy of what is to be deleted. So:

- records of made-up people go through `wafveil filter`, of known and unknown tenants, under one region and
  several, by day, in other spellings, in fields and in text; each token, mark and encrypted address that comes
  out must be among what `wafveil subject` lists for the values that went in, for that output and day;
- what it lists for somebody else is in no record;
- no output, error or record of a request holds the value; and nothing is shown that was not recorded.
"""
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import datetime

FIRST, KEYED, LAST = '2026-10-26', '2026-11-02', '2026-11-22'
MARK = re.compile(r'[~_][A-Z_]+\.([a-z2-7]{8})[~_]')

FORMAT = {
    'format': 'visits', 'title': 'Visits', 'syntax': 'json',
    'detect': {'peer': True, 'verdict': ['BLOCK', 'ALLOW']},
    'roles': {'time': 't', 'action': 'verdict', 'webacl': 'site', 'country': 'cc', 'label': 'labels[]'},
    'fields': {'t': 'timestamp', 'site': 'tenant_ref', 'verdict': 'none', 'cc': 'geo', 'labels[]': 'none',
               'peer': 'client_ip', 'user': 'username', 'mail': 'email', 'tel': 'phone',
               'device': 'device_id', 'session': 'session_id', 'query': 'query', 'text': 'free_text'},
}
PACK = {
    'pack': 'xa', 'title': 'Antarctica', 'review': 'reviewed', 'extends': 'us', 'kind': 'tokenised',
    'failure': 'remove',
    'rules': {
        'client_ip': {'value': ['ip_encrypt'], 'token': {'kind': 'ip', 'days': 1}, 'why': 'short'},
        'email': {'value': ['drop'], 'token': {'kind': 'email', 'days': 3}, 'why': 'across epochs'},
        'username': [{'when': {'action': ['BLOCK']}, 'value': ['drop'],
                      'token': {'kind': 'user', 'days': 2}, 'why': 'condition'},
                     {'value': ['drop'], 'token': 'text', 'why': 'another kind'}],
        'phone': {'value': ['drop'], 'token': 'phone', 'why': 'usual'},
    },
}
TENANTS = {'site:shop': {'tenant': 'shop', 'region': 'eu'}, 'site:bank': {'tenant': 'bank', 'region': 'us'},
           'site:club': {'tenant': 'club'}, 'site:polar': {'tenant': 'polar', 'region': 'xa'},
           'site:rio': {'tenant': 'rio', 'region': 'br'}}


def output(name, **more):
    return {'name': name, 'topic': name, 'purpose': 'security', 'recipient': 'own', **more}


CONFIG = {
    'inputs': [{'topic': 'raw', 'format': 'visits', 'tenant': {'from': 'webacl', 'table': 'tenants.json'}}],
    'regions': [{'from': 'tenant'}, {'from': 'label', 'prefix': 'geo:'}, {'from': 'country'}],
    'recipients': {'own': {'kind': 'own', 'country': 'DE'}}, 'instance': {'country': 'DE'},
    'formats': {'files': ['visits.json']}, 'packs': {'files': ['xa.json'], 'countries': {'AQ': 'xa'}},
    'keys': {'file': 'keys.json', 'epoch_days': 7},
    'outputs': [output('soc'), output('desk', domain='{tenant}/shared', placeholders='words'),
                output('lab', domain='{tenant}/shared'), output('days', domain='all/{region}')],
}
ADDRESSES = {'198.51.100.7': ['198.51.100.7', '::ffff:198.51.100.7', '::FFFF:C633:6407', '198.51.100.7:443'],
             '2001:db8:5::77': ['2001:db8:5::77', '2001:0DB8:5:0::77', '[2001:db8:5::77]:8443'],
             '64:ff9b::c633:640a': ['64:ff9b::198.51.100.10', '64:ff9b::c633:640a']}
PEOPLE = {('email', 'Lovelace.77@Example.COM'): [('mail', 'Lovelace.77@example.com'),
                                                 ('user', 'Lovelace.77@Example.COM'),
                                                 ('query', 'mail=Lovelace.77@example.com'),
                                                 ('query', 'addr=Lovelace.77@example.com'),
                                                 ('session', 'Lovelace.77@example.com')],
          ('user', 'hopper-4711'): [('user', 'hopper-4711'), ('query', 'user=hopper-4711'),
                                  ('query', 'tel=hopper-4711'), ('device', 'hopper-4711')],
          ('device', '7b1d02f0-53d1-4d6a-9d0e-0c4a55be7a31'):
              [('device', '7b1d02f0-53d1-4d6a-9d0e-0c4a55be7a31')],
          ('session', 'c2Vzc2lvbi1vZi1ub2JvZHk5OTk'): [('session', 'c2Vzc2lvbi1vZi1ub2JvZHk5OTk')],
          ('phone', '+1 202 555 0143'): [('tel', '+1 202 555 0143'), ('user', '+1 202 555 0143')]}
STRANGERS = {'ip': '203.0.113.199', 'email': 'nobody.33@example.org', 'user': 'noether-1882'}


class Test:
    def __init__(self, program):
        self.program = program
        self.failed = 0
        self.checked = {}
        self.folder = tempfile.mkdtemp(prefix='wafveil-subject-')
        os.chmod(self.folder, 0o700)

    def check(self, good, what):
        kind = what.split(':')[0]
        self.checked[kind] = self.checked.get(kind, 0) + 1
        if not good:
            self.failed += 1
            if self.failed < 20:
                print('FAILED:', what)

    def write(self, name, value):
        with open(os.path.join(self.folder, name), 'w', encoding='utf-8') as file:
            json.dump(value, file)

    def run(self, *arguments, text='', **more):
        return subprocess.run([self.program, *arguments], input=text, cwd=self.folder, text=True,
                              capture_output='stdout' not in more, check=False, **more)

    def ask(self, by, value, *more, config='wafveil.json', days=(FIRST, LAST)):
        """A request from stdin; whatever comes out must not hold the value."""
        done = self.run('subject', '--config', config, '--' + by, '-', '--from', days[0], '--to', days[1],
                        '--reason', 'access request, case 4712', '--requester', 'privacy desk', *more,
                        text=value + '\n')
        self.silent(by, value, done)
        return done

    def audit(self):
        path = os.path.join(self.folder, 'keys.json.audit.jsonl')
        return open(path, encoding='utf-8').read() if os.path.exists(path) else ''

    def silent(self, by, value, done):
        held = (done.stdout + done.stderr + self.audit()).lower()
        spellings = [value] + ADDRESSES.get(value, [])
        self.check(not any(one.lower() in held for one in spellings), f'silence: {by}')

    def listing(self, by, value):
        done = self.ask(by, value, '--json')
        self.check(done.returncode == 0, f'listing: {by}: {done.stderr}')
        return json.loads(done.stdout)


def day(text):
    return datetime.date.fromisoformat(text)


def records(random_of):
    """Pairs of a record and of who is in it."""
    people = list(PEOPLE)
    for number in range(1500):
        when = day(FIRST) + datetime.timedelta(days=random_of.randrange((day(LAST) - day(FIRST)).days + 1))
        address = random_of.choice(list(ADDRESSES))
        person = random_of.choice(people)
        member, value = random_of.choice(PEOPLE[person])
        seconds = random_of.choice((0, 1, 43200, 86399))
        record = {'t': f'{when}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z',
                  'site': random_of.choice(list(TENANTS) + ['site:nobody']),
                  'verdict': random_of.choice(('BLOCK', 'ALLOW')),
                  'cc': random_of.choice(('DE', 'JP', 'US', 'AQ', 'GB', '-', 'ZZ', 'BR')),
                  'labels': random_of.choice(([], ['geo:country:US', 'geo:region:US-CA'], ['geo:country:AQ'])),
                  'peer': random_of.choice(ADDRESSES[address]), member: value}
        spelled = random_of.choice(ADDRESSES[address][:2])
        record['text'] = f'seen {spelled} with {value.split("=")[-1]} twice'
        yield record, when, [('ip', address), person]


def of_day(listing, name, when):
    """What a listing says of an output and day."""
    for domain in listing['domains']:
        if name in domain['outputs']:
            for row in domain['found']:
                if day(row['from']) <= when <= day(row['to']):
                    yield domain['domain'], row


def tokens_of(record):
    for tokens in record.get('_wafveil', {}).get('tokens', {}).values():
        yield from tokens if isinstance(tokens, list) else [tokens]


def compare(test, listings, strangers, name, came, when, people):
    rows = [row for who in people for row in of_day(listings[who], name, when)]
    tokens = {row['token'] for _, row in rows if 'token' in row}
    marks = {row['mark'] for _, row in rows if 'mark' in row}
    for token in tokens_of(came):
        test.check(token in tokens, f'token: {name} {when} {came}')
        test.check(token not in strangers, f'stranger: {name} {when}')
    text = json.dumps(came)
    for mark in MARK.findall(text):
        test.check(mark in marks, f'mark: {name} {when} {came}')
    peer = came.get('peer', '')
    if peer and came['_wafveil']['pack'].startswith('xa@') and '+' not in came['_wafveil']['pack']:
        addresses = {row['address'] for _, row in rows if 'address' in row}
        test.check(peer in addresses, f'encrypted: {name} {when} {came}')


def against_the_engine(test):
    sent = list(records(random.Random(4711)))
    listings = {person: test.listing(*person)
                for person in list(PEOPLE) + [('ip', address) for address in ADDRESSES]}
    strangers = {row.get('token') for by, value in STRANGERS.items()
                 for domain in test.listing(by, value)['domains'] for row in domain['found']} - {None}
    test.check(len(strangers) > 50, f'enough: {len(strangers)} tokens of strangers')
    lines = ''.join(json.dumps(record) + '\n' for record, _, _ in sent)
    lengths = set()
    for one in CONFIG['outputs']:
        done = test.run('filter', '--config', 'wafveil.json', '--output', one['name'], text=lines)
        came = [json.loads(line) for line in done.stdout.splitlines()]
        test.check(len(came) == len(sent), f'filter: {one["name"]}: {len(came)} records {done.stderr}')
        for (_, when, people), record in zip(sent, came):
            compare(test, listings, strangers, one['name'], record, when, people)
            lengths |= {token.split('.')[0].split('-')[1] for token in tokens_of(record)}
    test.check(lengths == {'1d', '2d', '3d', '7d'}, f'enough: epochs of {sorted(lengths)}')
    for kind, least in (('token', 3000), ('mark', 1000), ('encrypted', 30)):
        test.check(test.checked.get(kind, 0) >= least, f'enough: {test.checked.get(kind, 0)} of {kind}')


def keys_that_are_gone(test):
    path = os.path.join(test.folder, 'keys.json')
    keys = json.load(open(path, encoding='utf-8'))
    shutil.copy(path, path + '.kept')
    gone = keys['domains']['bank/us/soc']['epochs']
    keys['domains']['bank/us/soc']['epochs'] = [one for one in gone if one['id'] != '20261109-7d']
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(keys, file)
    found = json.loads(test.ask('user', 'hopper-4711', '--json', '--tenant', 'bank', '--output', 'soc').stdout)
    rows = [domain for domain in found['domains'] if domain['domain'] == 'bank/us/soc'][0]['found']
    without = [(row['from'], row['to']) for row in rows if row.get('key') is False]
    test.check(without == [(FIRST, '2026-11-01'), ('2026-11-09', '2026-11-15')], f'gone: {without}')
    test.check(not any('2026-11-09' <= row['from'] <= '2026-11-15' for row in rows if 'token' in row),
               'gone: a token of an epoch without a key')
    said = test.ask('user', 'hopper-4711', '--tenant', 'bank').stdout
    test.check('no key: its tokens cannot be found any more' in said, 'gone: it is not said')
    shutil.move(path + '.kept', path)


def domains_of_before(test):
    tenants = {key: value for key, value in TENANTS.items() if key != 'site:bank'}
    test.write('fewer-tenants.json', tenants)
    config = json.loads(json.dumps(CONFIG))
    config['inputs'][0]['tenant']['table'] = 'fewer-tenants.json'
    test.write('later.json', config)
    before = test.listing('user', 'hopper-4711')
    after = json.loads(test.ask('user', 'hopper-4711', '--json', config='later.json').stdout)
    wanted = {row['token'] for domain in before['domains'] if domain['domain'].startswith('bank/')
              for row in domain['found'] if 'token' in row and row['kind'] == 'user'}
    found = {row['token'] for domain in after['domains'] if not domain['outputs']
             for row in domain['found'] if 'token' in row}
    test.check(wanted and wanted <= found, f'before: {len(wanted - found)} tokens are missing')


def refused(test):
    words = ['--from', FIRST, '--to', LAST, '--reason', 'case 1', '--requester', 'desk']
    config = ['--config', 'wafveil.json']
    secret = 'secret-4711@example.com'
    for by, value in (('ip', '198.51.100.700'), ('ip', '198.51.100.0/24'), ('ip', 'secret.example.com'),
                      ('ip', '198.51.100.7, 198.51.100.8'), ('email', 'secret-4711'), ('email', '@secret-4711'),
                      ('user', 'secret\t4711'), ('user', ''), ('phone', 'secret\n4711'),
                      ('device', 'secret' * 20000), ('session', 'secret-\ufffd4711\x00')):
        lines = len(test.audit())
        done = test.ask(by, value) if value else test.run('subject', *config, '--' + by, '-', *words, text='\n')
        test.check(done.returncode == 2 and not done.stdout, f'refused: {by} {done}')
        test.check(len(test.audit()) == lines, f'refused: {by} was recorded')
    for more in (['--user', secret, secret], ['--user', secret, '--users', secret], ['--user', secret, '-x' + secret],
                 ['--user', secret, '--email', secret], ['--' + secret], ['--user=' + secret, '--' + secret],
                 ['--user', secret, '--tenant', 'shopp'], ['--user', secret, '--output', 'socc']):
        done = test.run('subject', *config, *more, *words)
        test.check(done.returncode == 2 and not done.stdout, f'refused: {done}')
        test.silent('user', secret, done)
    for option in ('--reason', '--requester'):
        rest = [one if words[i - 1] != option else 'for ' + secret.upper() for i, one in enumerate(words)]
        done = test.run('subject', *config, '--email', secret, *rest)
        test.check(done.returncode == 2 and 'holds the value' in done.stderr, f'refused: {done}')
        test.silent('email', secret, done)
        rest = [one if words[i - 1] != option else 'of 198.51.100.7' for i, one in enumerate(words)]
        done = test.run('subject', *config, '--ip', '::ffff:198.51.100.7', *rest)
        test.check(done.returncode == 2 and '198.51' not in done.stderr, f'refused: {done}')
    for missing in ('--reason', '--requester', '--from', '--to'):
        at = words.index(missing)
        done = test.run('subject', *config, '--user', secret, *words[:at], *words[at + 2:])
        test.check(done.returncode == 2 and missing in done.stderr, f'refused: {done}')
    done = test.ask('user', secret, days=('2000-01-01', LAST))
    test.check(done.returncode == 2 and '3660' in done.stderr, f'refused: {done}')


def recorded(test):
    def acts():
        return [json.loads(line) for line in test.audit().splitlines()]

    before = len(acts())
    done = test.ask('email', 'nobody.33@example.org', '--tenant', 'shop', '--output', 'soc')
    last = acts()[-1]
    test.check(done.returncode == 0 and len(acts()) == before + 1, 'recorded: once')
    test.check((last['event'], last['by'], last['from'], last['to'], last['requester'], last['reason']) ==
               ('subject', 'email', FIRST, LAST, 'privacy desk', 'access request, case 4712'), f'recorded: {last}')
    done = test.ask('device', 'nothing-of-it', '--tenant', 'rio', '--output', 'soc')
    test.check(done.returncode == 0 and acts()[-1]['tokens'] == 0, f'recorded: nothing {acts()[-1]}')
    with open('/dev/full', 'w', encoding='utf-8') as full:
        done = test.run('subject', '--config', 'wafveil.json', '--user', 'hopper-4711', '--from', FIRST, '--to', LAST,
                        '--reason', 'case 2', '--requester', 'desk', stdout=full, stderr=subprocess.PIPE)
    test.check(done.returncode == 5 and acts()[-1]['reason'] == 'case 2', f'recorded: first {done}')
    done = test.run('audit', 'verify', 'keys.json.audit.jsonl')
    test.check(done.returncode == 0 and '1 chain, 0 broken' in done.stdout, f'recorded: {done.stdout}')
    path = os.path.join(test.folder, 'keys.json.audit.jsonl')
    shutil.copy(path, path + '.kept')
    for mode, text in ((0o644, None), (0o600, test.audit().replace('case 2', 'case 3')),
                       (0o600, test.audit()[:-9])):
        if text is not None:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
        os.chmod(path, mode)
        done = test.ask('user', 'hopper-4711')
        test.check(done.returncode == 1 and not done.stdout and done.stderr, f'recorded: {done}')
        shutil.copy(path + '.kept', path)
        os.chmod(path, 0o600)
    done = test.ask('user', 'hopper-4711', '--audit', 'nowhere/audit.jsonl')
    test.check(done.returncode == 1 and not done.stdout, f'recorded: {done}')


def shared(test):
    with open(os.path.join(test.folder, 'vpn.txt'), 'w', encoding='utf-8') as file:
        file.write('203.0.113.0/24\n2001:db8:9::/48\n')
    config = json.loads(json.dumps(CONFIG))
    config['enrich'] = {'lists': [{'name': 'vpn', 'file': 'vpn.txt'}]}
    test.write('lists.json', config)
    for address, words in (('100.64.0.1', '100.64.0.0/10'), ('100.127.255.255', '100.64.0.0/10'),
                           ('10.1.2.3', 'internal'), ('fd00::1', 'internal'), ('::ffff:192.168.7.7', 'internal'),
                           ('203.0.113.5', '"vpn"'), ('2001:db8:9::1', '"vpn"'), ('198.51.100.7', None),
                           ('100.128.0.1', None)):
        found = json.loads(test.ask('ip', address, '--json', config='lists.json').stdout)
        strong = [one for one in found['warnings'] if words is not None and words in one]
        test.check(found['warnings'][-1].startswith('An address can be shared'), f'shared: {address}')
        test.check(len(found['warnings']) == (1 if words is None else 2) and bool(strong) == (words is not None),
                   f'shared: {address} {found["warnings"]}')
    test.check(json.loads(test.ask('user', 'hopper-4711', '--json').stdout)['warnings'] == [], 'shared: user')


def not_believed(test):
    """Tokens of records that came late stand in the epoch of their arrival: nobody may take what is listed for all."""
    for events, words in (({'late_days': 30, 'out_of_range': 'arrival'}, ['30 days']),
                          ({'future_seconds': 600, 'out_of_range': 'arrival'}, ['600 seconds']),
                          ({'late_days': 9, 'future_seconds': 60, 'out_of_range': 'arrival'}, ['9 days', '60 seconds']),
                          ({'late_days': 30}, []), ({'late_days': 9, 'out_of_range': 'reject'}, [])):
        config = json.loads(json.dumps(CONFIG))
        config['events'] = events
        test.write('events.json', config)
        for by, value, others in (('user', 'hopper-4711', 0), ('ip', '198.51.100.7', 1)):
            done = test.ask(by, value, '--json', config='events.json')
            test.check(done.returncode == 0, f'not believed: {events} {done.stderr}')
            said = json.loads(done.stdout)['warnings']
            test.check(len(said) == others + bool(words) and all(word in said[0] for word in words),
                       f'not believed: {events} {said}')


def main():
    test = Test(os.path.abspath(sys.argv[1]))
    for name, value in (('visits.json', FORMAT), ('xa.json', PACK), ('tenants.json', TENANTS),
                        ('wafveil.json', CONFIG)):
        test.write(name, value)
    done = test.run('keys', 'init', '--config', 'wafveil.json', '--from', KEYED)
    test.check(done.returncode == 0, f'keys: {done.stderr}')
    for part in (against_the_engine, keys_that_are_gone, domains_of_before, refused, recorded, shared, not_believed):
        part(test)
    shutil.rmtree(test.folder)
    print(f'{sum(test.checked.values())} checks, {test.failed} failed:',
          ', '.join(f'{count} of {kind}' for kind, count in test.checked.items()))
    return 1 if test.failed else 0


sys.exit(main())
