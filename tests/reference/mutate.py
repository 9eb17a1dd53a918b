#!/usr/bin/env python3
"""mutate.py IN OUT --region R … — makes one mistake at a time in OUT; compare.py must see each.

A check that accepts a wrong record is worse than none. Every mistake here is one that a transformer
of records could make. Exits with 1 and the name of the mistake that went unseen.
"""

import base64
import json
import re
import sys
import urllib.parse

sys.dont_write_bytecode = True
import compare
import record
import reference


def address_of(before):
    return json.loads(before)['httpRequest']['clientIp']


def replace_once(after, old, new):
    return after.replace(old, new, 1) if old in after else None


def in_query(text):
    """Puts the text behind the query, where it could really have been left."""
    def mistake(before, after):
        made = json.dumps('&left=' + text(address_of(before)))[1:-1]
        found = re.search(r'"args":"(?:[^"\\]|\\.)*', after)
        return found and after[:found.end()] + made + after[found.end():]
    return mistake


def swap_members(before, after):
    return after.replace('"uri":', '"@":', 1).replace('"args":', '"uri":', 1).replace(
        '"@":', '"args":', 1) if '"uri":' in after else None


def other_token(before, after):
    found = re.search(r'throwaway\.([a-z2-7])', after.partition('"_wafveil"')[2])
    at = found and after.index('"_wafveil"') + len('"_wafveil"') + found.start(1)
    return found and after[:at] + ('b' if after[at] == 'a' else 'a') + after[at + 1:]


def coarser_network(before, after):
    return re.sub(r'("clientIp":"\d+\.\d+\.)\d+\.0"', r'\g<1>0.0"', after, count=1)


MISTAKES = {
    'client address stays': lambda b, a: re.sub(
        r'"clientIp":"[^"]*"', lambda m: f'"clientIp":"{address_of(b)}"', a, count=1),
    'client address is cut too much': coarser_network,
    'time stays': lambda b, a: re.sub(
        r'"timestamp":\d+', lambda m: '"timestamp":%d' % json.loads(b)['timestamp'], a, count=1),
    'number is spelled anew': lambda b, a: replace_once(a, '"formatVersion":1', '"formatVersion":1.0'),
    'slash is spelled anew': lambda b, a: replace_once(a, '"HTTP/2.0"', '"HTTP\\/2.0"'),
    'null is lost': lambda b, a: replace_once(a, '"requestHeadersInserted":null,', ''),
    'null becomes an array': lambda b, a: replace_once(
        a, '"requestHeadersInserted":null', '"requestHeadersInserted":[]'),
    'members change places': swap_members,
    'a kept word changes': lambda b, a: replace_once(a, '"action":"', '"action":"X'),
    'white space is added': lambda b, a: replace_once(a, ',"action":', ', "action":'),
    'white space is added inside': lambda b, a: replace_once(a, '"action":', '"action": '),
    'a header is lost': lambda b, a: re.sub(r'\{"name":"[Aa]ccept","value":"[^"]*"\},', '', a,
                                            count=1),
    'a header stays that must go': lambda b, a: replace_once(
        a, '"headers":[', '"headers":[{"name":"X-Amzn-Trace-Id","value":"x"},'),
    'an unlisted member is added': lambda b, a: replace_once(a, '"action":', '"extra":1,"action":'),
    'the annotation is lost': lambda b, a: re.sub(r',"_wafveil":\{.*\}\}$', '}', a),
    'the annotation is not last': lambda b, a: a[:-1] + ',"more":1}',
    'a token is another': other_token,
    'another pack is named': lambda b, a: re.sub(r'"pack":"[a-z-]+@', '"pack":"none@', a),
    'address left in clear': in_query(lambda t: t),
    'address left percent-encoded': in_query(lambda t: ''.join(f'%{ord(c):02X}' for c in t)),
    'address left encoded twice': in_query(
        lambda t: urllib.parse.quote(''.join(f'%{ord(c):02x}' for c in t))),
    'address left in base64': in_query(
        lambda t: base64.b64encode(f'ip:{t};'.encode()).decode().rstrip('=')),
    'address left in capitals': in_query(str.upper),
    'fingerprint stays': lambda b, a: re.sub(
        r'"ja4Fingerprint":"[^"]*"',
        lambda m: '"ja4Fingerprint":"%s"' % json.loads(b).get('ja4Fingerprint'), a, count=1),
    'user agent stays': lambda b, a: re.sub(
        r'("name":"[Uu]ser-[Aa]gent","value":")[^"]*', r'\g<1>Mozilla/5.0 (X11; rv:1.2.3)', a,
        count=1),
    'region label stays': lambda b, a: replace_once(
        a, '"labels":[', '"labels":[{"name":"awswaf:clientip:geo:region:DE-BE"},'),
}


def is_seen(expected, before, after):
    try:
        compare.compare(expected, before, after)
    except (compare.Differs, record.Broken):
        return True
    return False


def main():
    options = compare.options_of(sys.argv[1:])
    seed = bytes.fromhex(options.seed) if options.seed else None
    expected = reference.Reference(options.schemas, options.format, options.region,
                                   options.domain or f'default/{options.region}/default', seed)
    pairs = [(b.decode(), a.decode()) for b, a in
             zip(compare.lines_of(options.input), compare.lines_of(options.output))]
    failed = 0
    for name, mistake in MISTAKES.items():
        made = seen = 0
        for before, after in pairs:
            wrong = mistake(before, after)
            if wrong and wrong != after:
                made += 1
                seen += is_seen(expected, before, wrong)
        if made == 0 or seen < made:
            failed += 1
            print(f'{name}: made in {made} records, seen in {seen}', file=sys.stderr)
    print(f'{len(MISTAKES)} mistakes, {failed} unseen', file=sys.stderr)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
