#!/usr/bin/env python3
"""check_samples.py [--paths] [FORMAT…] — holds the sample records to the formats they are samples of.

Of every sample: it is written in the syntax of its format; the format's own "detect" holds and no other
format's does; every address is from the ranges for documentation and every domain is a reserved one. Of
every format: each class that it lists occurs in some sample. --paths also shows which of the listed
paths occur in none, which is no mistake.

Nothing of the program is used: this is a second reading of what formats mean.
"""

import ipaddress
import json
import os
import pathlib
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'leak'))
import marks  # noqa: E402
import rules  # noqa: E402
import tree  # noqa: E402

SAMPLES = rules.SCHEMAS / 'sample'

# ---- Reading -------------------------------------------------------------------------------------


class Unreadable(Exception):
    """The text is not what the syntax says."""


class Members(list):
    """An object: its members in order, also those that stand twice."""


class Number(str):
    """A number as it is written."""


def refuse(word):
    raise Unreadable(f'{word} is no JSON')


def read_json(text):
    try:
        # Some producers write control bytes as they are.
        return json.loads(text, object_pairs_hook=Members, parse_int=Number, parse_float=Number,
                          parse_constant=refuse, strict=False)
    except ValueError as error:
        raise Unreadable(str(error)) from error


def unescape_with(text, table):
    return re.sub(r'\\(.)', lambda match: table.get(match.group(1), match.group(0)), text, flags=re.S)


CEF_HEADER = ['version', 'deviceVendor', 'deviceProduct', 'deviceVersion', 'deviceEventClassId',
              'name', 'severity']


def read_cef(text, form):
    begin = re.search(r'CEF:\s*(?=[0-9.]+\|)', text)
    if not begin:
        raise Unreadable('there is no CEF header')
    parts = re.split(r'(?<!\\)\|', text[begin.end():].rstrip('\r\n'), maxsplit=len(CEF_HEADER))
    if len(parts) <= len(CEF_HEADER) - 1:
        raise Unreadable('the CEF header has too few parts')
    found = Members([('prefix', text[:begin.start()].strip())] if text[:begin.start()].strip() else [])
    found += zip(CEF_HEADER, (unescape_with(part, {'|': '|', '\\': '\\'}) for part in parts))
    extension = parts[len(CEF_HEADER)] if len(parts) > len(CEF_HEADER) else ''
    keys = list(re.finditer(r'(?:^|(?<=\s))([A-Za-z0-9_.\[\]-]+)=', extension))
    rest = [name for name, spec in form['fields'].items() if isinstance(spec, dict) and 'rest' in spec]
    ends = [number for number, key in enumerate(keys) if key.group(1) in rest]
    keys = keys[:ends[0] + 1] if ends else keys
    for key, following in zip(keys, [*keys[1:], None]):
        value = extension[key.end():following.start() if following else None].strip()
        table = {'=': '=', '\\': '\\', 'n': '\n', 'r': '\r'}
        found.append((key.group(1), unescape_with(value, table)))
    return found


def read_pairs(text, form):
    delimiter, quote = form.get('delimiter', ' '), form.get('quote', '"')
    quoted = rf'{quote}((?:\\.|[^{quote}\\])*){quote}' if quote else '(?!)'
    pair = re.compile(rf'([\w.@-]+)=(?:{quoted}|([^{re.escape(delimiter)}]*))', re.S)
    found = Members()
    end = None
    for match in pair.finditer(text.rstrip('\r\n')):
        between = text[end:match.start()] if end is not None else ''
        if between.strip(delimiter + ' ;\t'):
            raise Unreadable(f'{between!r} stands between two pairs')
        if end is None and text[:match.start()].strip():
            found.append(('prefix', text[:match.start()].strip()))
        end = match.end()
        value = match.group(2) if match.group(2) is not None else match.group(3)
        found.append((match.group(1), unescape_with(value, {'"': '"', '\\': '\\'})))
    if not found:
        raise Unreadable('there is no pair')
    return found


def read_delimited(text, form):
    delimiter, quote = form.get('delimiter', ' '), form.get('quote', '"')
    cells = []
    rest = text.rstrip('\r\n') + delimiter
    escape = rf'{quote}{quote}' if form.get('doubled') else r'\\.'
    quoted = rf'{quote}((?:{escape}|[^{quote}])*){quote}' if quote else '(?!)'
    cell = re.compile(rf'(?:{quoted}|([^{re.escape(delimiter)}]*)){re.escape(delimiter)}', re.S)
    while rest:
        match = cell.match(rest)
        if not match:
            raise Unreadable('a quote is not closed')
        cells.append(match.group(1) if match.group(1) is not None else match.group(2))
        rest = rest[match.end():]
    return Members(zip(form['columns'], cells))


NAME = re.compile(r'\$(?:([a-z0-9_]+|\*)|\{([a-z0-9_]+)\})')
# No blanks but those of lists and before a zone.
WORD = r'(?:[^" ]|(?<=,) | (?=[+-][0-9]{4}\])|(?<= :) | (?=: ))*?'


def pattern_parts(pattern):
    """Names, what stands before each of them, and the regular expression of the whole."""
    names, literals, line, end = [], [], '', 0
    for place in NAME.finditer(pattern):
        names.append(place.group(1) or place.group(2))
        literals.append(pattern[end:place.start()])
        end = place.end()
        after = pattern[end:end + 2]
        literal = re.escape(literals[-1])
        if names[-1] == '*':
            line += f'(?:{literal}(.*)|{re.escape(literals[-1].rstrip())})'
        elif literals[-1][-1:] == after[:1] == '"':
            line += literal + r'((?:\\.|[^"\\])*)'
        elif literals[-1][-1:] == '[':
            line += literal + r'([^]]*)'
        else:
            line += literal + (r'([^"]*?)' if after == ' [' else f'({WORD})')
    return names, literals, line + re.escape(pattern[end:])


def is_certain(values, literals):
    """A value with blanks is whole only where the one before it certainly is."""
    for number, value in enumerate(values):
        blanks = value is not None and re.search(r'(?<!,) (?![+-][0-9]{4}|:)', value)
        if blanks and number and literals[number] == ' ' and literals[number + 1:number + 2] == [' [']:
            before = values[number - 1]
            long = len(literals[number]) > 1 and re.fullmatch('[0-9a-fA-F:.]+', before)
            if before != '-' and not long:
                return False
    return True


def read_pattern(text, form):
    patterns = form['pattern']
    for pattern in [patterns] if isinstance(patterns, str) else patterns:
        names, literals, line = pattern_parts(pattern)
        match = re.fullmatch(line, text.rstrip('\r\n'), re.S)
        if match and is_certain(match.groups(), literals):
            found = zip(names, match.groups())
            return Members((name, value) for name, value in found if value is not None)
    raise Unreadable('no pattern fits')


TIME = r'(?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[^ ]+)'
HEADERS = [
    r'(?:(?P<count>[0-9]+) )?<(?P<priority>[0-9]{1,3})>1 (?P<time>[^ ]+) (?P<host>[^ ]+) (?P<app>[^ ]+) '
    r'(?P<procid>[^ ]+) (?P<msgid>[^ ]+) (?P<data>-|(?:\[(?:\\.|[^]\\])*\])+)(?: (?P<message>.*))?',
    rf'(?P<time>{TIME}) (?P<stream>stdout|stderr) (?P<flags>[A-Z](?::[^ ]+)*) (?P<message>.*)',
    rf'(?:<(?P<priority>[0-9]{{1,3}})>)? ?(?P<time>{TIME}) (?:(?P<host>[A-Za-z0-9][^ :]*) )?'
    r'(?:(?P<app>[A-Za-z][^ :[]*)(?:\[(?P<procid>[0-9]+)\])?:? )?(?P<message>.*)',
    r'<(?P<priority>[0-9]{1,3})>(?P<message>.*)',
    r'(?P<message>.*)',
]


def read_syslog(text, _form):
    for header in HEADERS:
        match = re.fullmatch(header, text.rstrip('\r\n'), re.S)
        if match:
            return Members((name, value) for name, value in match.groupdict().items() if value)
    raise Unreadable('there is no message')


READERS = {'cef': read_cef, 'pairs': read_pairs, 'delimited': read_delimited,
           'pattern': read_pattern, 'syslog': read_syslog}


def is_json(form):
    return form.get('syntax', 'json') == 'json'


def read(text, form):
    if not is_json(form):
        return READERS[form['syntax']](text, form)
    record = read_json(text)
    if not isinstance(record, Members):
        raise Unreadable('a record is an object')
    return record


# ---- What a format says of a record --------------------------------------------------------------


def member(form, node, key):
    """The node of a member, the rest of its key, and whether it is one with any name."""
    same = (lambda name: name.lower() == key.lower()) if form.get('keys') == 'any_case' else (
        lambda name: name == key)
    for name, inner in node.members.items():
        if same(name):
            return inner
    if form.get('dotted') and '.' in key:
        first, rest = key.split('.', 1)
        for name, inner in node.members.items():
            if name == first:
                return member(form, inner, rest)
    return node.any


class Seen:
    """What of a format occurs in records."""

    def __init__(self, form):
        self.form = form
        self.paths = set()
        self.classes = set()

    def value(self, node, path, value):
        if node is None:
            return
        spec = node.spec
        if isinstance(value, Members):
            for key, inner in value:
                found = member(self.form, node, key)
                label = found.spec.get('label') if found and found.spec else None
                if label and (key + 'Label', label) not in value:
                    continue
                self.value(found, self.path(path, node, found, key), inner)
        elif isinstance(value, list):
            for inner in value:
                self.value(node.element, path + '[]', inner)
        if spec and 'pairs' in spec:
            self.pair(spec, path, value)
        elif spec and value is not None and not isinstance(value, list):
            self.leaf(spec, path, value)
        elif spec and 'record' in spec:
            self.leaf(spec, path, '')

    def path(self, path, node, found, key):
        if found is not None and found is node.any:
            return path + '{}'
        names = [name for name, inner in node.members.items() if inner is found]
        return f'{path}.{names[0] if names else key}'.lstrip('.')

    def leaf(self, spec, path, value):
        self.paths.add(path)
        text = {True: 'true', False: 'false'}.get(value, value)
        prefixes = [one for one in spec.get('prefixes', {}) if text.startswith(one)]
        if prefixes:
            self.classes.add(spec['prefixes'][max(prefixes, key=len)])
        elif 'class' in spec:
            self.classes.add(spec['class'])
        if 'inside' in spec:
            try:
                self.value(tree.tree_of(self.form, spec['inside']), path + ':', read_json(text))
            except Unreadable:
                pass

    def pair(self, spec, path, value):
        words = spec['pairs']
        if words.get('name') == '[0]':
            known = dict(zip(('[0]', '[1]'), value)) if isinstance(value, list) else {}
        elif isinstance(value, Members):
            known = {name: inner for key, inner in value for name in words.values()
                     if key.lower() == name.lower()}
        else:
            return
        self.paths.add(path)
        if isinstance(spec['classes'], str):
            return
        name = str(known.get(words.get('select', words.get('name')), ''))
        select = name.split(words['separator'])[0] if 'separator' in words else name
        self.classes.add(spec['classes'].get(select, ''))


def classes_of(form):
    """Every class that the format lists by its word."""
    found = set()
    groups = [spec['inside'] for _, spec in tree.leaves(tree.tree_of(form)) if 'inside' in spec]
    for root in [tree.tree_of(form), *(tree.tree_of(form, group) for group in groups)]:
        for _, spec in tree.leaves(root):
            found.add(spec.get('class') if 'pairs' not in spec else None)
            found.update(spec.get('prefixes', {}).values())
            if isinstance(spec.get('classes'), dict):
                found.update(one for one in spec['classes'].values() if one[0] != '@')
    return found - {None}


# ---- Detection -----------------------------------------------------------------------------------


def is_word(word, text):
    word, text = word.lower(), text.lower()
    if word.startswith('*'):
        return text.endswith(word[1:])
    if word.endswith('*'):
        return text.startswith(word[:-1])
    return text == word


def at(form, value, steps):
    """Everything that stands at a path. A key with points is taken apart where the format says so."""
    if not steps:
        yield value
    elif steps[0] == '[]':
        for inner in value if isinstance(value, list) and not isinstance(value, Members) else []:
            yield from at(form, inner, steps[1:])
    elif isinstance(value, Members):
        case = str.lower if form.get('keys') == 'any_case' else str
        for key, inner in value:
            parts = key.split('.') if form.get('dotted') else [key]
            names = [case(part) for part in parts]
            if steps[0] == '{}' or names == [case(step) for step in steps[:len(names)]]:
                yield from at(form, inner, steps[1 if steps[0] == '{}' else len(names):])


def passes(form, record, path, test):
    found = [value for value in at(form, record, tree.STEP.findall(path)) if value is not None]
    if test is True:
        return bool(found)
    texts = [{True: 'true', False: 'false'}.get(value, value) for value in found
             if not isinstance(value, list)]
    return any(is_word(word, text) for word in test for text in texts)


def holds(form, record):
    detect = form.get('detect', [])
    return any(all(passes(form, record, path, test) for path, test in one.items())
               for one in (detect if isinstance(detect, list) else [detect]))


def detected(text, forms):
    """The names of the formats that the record is of."""
    for name, form in forms.items():
        if is_json(form) != text.lstrip().startswith('{'):
            continue
        try:
            record = read(text, form)
        except Unreadable:
            continue
        if holds(form, record):
            yield name


def turn(form):
    """Formats of a vendor's own, what can hold their records beside fields of its own, and what can
    wrap anything are not confused: the program tries one kind after the other."""
    holds_records = any('record' in spec for _, spec in tree.leaves(tree.tree_of(form)))
    return 2 if form.get('envelope') else int(holds_records)


def wrong_detection(name, text, forms):
    """What is wrong with the formats that a record of the format is found to be of."""
    if is_json(forms[name]):
        text = text.replace('\n', ' ')
    found = set(detected(text, forms))
    if name not in found:
        return 'its own "detect" does not hold'
    # Whatever other batches there are comes before this one, which says the least.
    others = {
        other
        for other in found - {name, 'records'}
        if turn(forms[other]) == turn(forms[name])
    }
    return f'"detect" of {", ".join(sorted(others))} holds, too' if others else ''


# ---- Addresses and domains -----------------------------------------------------------------------

NETWORKS = [ipaddress.ip_network(text) for text in
            ('192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32')]
# Nobody's; the last one is what servers in a cloud ask for their own data, and attackers have asked for.
NOWHERE = {'127.0.0.1', '255.255.255.255', '::', '::1', '169.254.169.254'}
# What ends in ".0.0" is a version.
IPV4 = re.compile(r'(?<![\w.%])(?<![A-Za-z]/)[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?<!\.0\.0)(?![\w]|\.[0-9])')
IPV6 = re.compile(r'(?<![\w:.%])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:\.[0-9]{1,3}){0,3}(?![\w:])')
# With "com.example" as names of apps are written, and cut off at the end.
RESERVED = re.compile(
    r'(?:^|\.)(?:example\.(?:com|net|org|jp|co\.jp)(?:$|\.)|(?:com|net|org)\.example(?:$|\.)'
    r'|(?:example|test|invalid|localhost)\.?$'
    r'|exa?m?p?l?e?(?:\.(?:c|co|n|ne|o|or))?$)', re.I)
DOMAIN = re.compile(
    r'(?<![\w.%\\-])((?:[a-z0-9_-]+\.)+(?:com|net|org|edu|gov|info|biz|cloud|de|fr|uk|jp|nl|ch|eu))'
    r'(?![\w-]|\.\w|\()', re.I)
HOSTS = re.compile(r'(?://(?:[^/\s"\'@]*@)?|[\w+]@)((?:[\w-]+\.)+[a-z]{2,})(?![\w-]|\.\w)', re.I)
# Names of vendors and of tools that records hold whoever uses them.
VENDORS = {'googleapis.com', 'amazonaws.com', 'cloudfront.net', 'azurefd.net', 'azureedge.net',
           'windows.net', 'azure.com', 'sqlmap.org', 'w3.org', 'fortiweb-cloud.com'}


def is_reserved_address(text):
    if text in NOWHERE:
        return True
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return True  # something else
    reverse = ipaddress.ip_address('.'.join(text.split('.')[::-1])) if '.' in text[:4] else address
    for one in (address, reverse):
        if any(one in network for network in NETWORKS if network.version == one.version):
            return True
    inner = []
    if address.version == 6:
        teredo = address.teredo or ()
        inner = [address.ipv4_mapped, address.sixtofour, *teredo[1:]]
        if address in ipaddress.ip_network('64:ff9b::/96') or int(address) < 2 ** 32:
            inner.append(ipaddress.ip_address(int(address) & 0xffffffff))
    return any(one is not None and is_reserved_address(str(one)) for one in inner)


def is_reserved_domain(text):
    vendor = any(text.lower() == one or text.lower().endswith('.' + one) for one in VENDORS)
    end = any(one.endswith(text.lower()) for one in ('example.com', 'example.net', 'example.org'))
    return vendor or end or RESERVED.search(text) is not None


def views(text):
    """The record, and what is escaped, percent-encoded or in base64 in it."""
    yield from marks.decoded(text)
    for run in re.findall(r'[A-Za-z0-9+/]{40,}={0,2}', text):
        try:
            inner = marks.base64.b64decode(run, validate=True).decode()
        except ValueError:
            continue
        yield from marks.decoded(inner)


def strangers(text):
    """Addresses and domains that somebody could have."""
    found = set()
    for view in views(text):
        found |= {one for one in IPV4.findall(view) if not is_reserved_address(one)}
        found |= {one for one in IPV6.findall(view) if not is_reserved_address(one)}
        for pattern in (DOMAIN, HOSTS):
            found |= {one for one in pattern.findall(view) if not is_reserved_domain(one)}
    return found


# ---- All of it -----------------------------------------------------------------------------------


class Score:
    def __init__(self):
        self.passed = self.failed = 0

    def take(self, name, problem=''):
        self.passed += not problem
        self.failed += bool(problem)
        if problem:
            print(f'FAILED {name}: {problem}')


def check_sample(name, path, forms, seen, score):
    form = forms[name]
    label = f'{name}/{path.name}'
    raw = path.read_bytes()
    replaces = form.get('invalid_utf8', 'replace') == 'replace'
    text = raw.decode('utf-8', 'replace' if replaces else 'strict')
    wanted = '.json' if is_json(form) else '.log'
    score.take(label, '' if path.suffix == wanted else f'the file should end in {wanted}')
    try:
        record = read(text, form)
    except Unreadable as error:
        score.take(label, f'cannot be read: {error}')
        return
    score.take(label)
    seen.value(tree.tree_of(form), '', record)
    score.take(label, wrong_detection(name, text, forms))
    foreign = strangers(text)
    score.take(label, f'not reserved for examples: {", ".join(sorted(foreign))}' if foreign else '')


def check_format(name, forms, score, show_paths):
    form = forms[name]
    paths = sorted((SAMPLES / name).iterdir()) if (SAMPLES / name).is_dir() else []
    score.take(name, '' if paths else 'there is no sample')
    score.take(name, '' if form.get('detect') else 'nothing says by what its records are known')
    seen = Seen(form)
    for path in paths:
        check_sample(name, path, forms, seen, score)
    missing = classes_of(form) - seen.classes
    score.take(name, f'no sample has a value of {", ".join(sorted(missing))}' if missing else '')
    listed = [path for path, _ in tree.leaves(tree.tree_of(form))]
    unseen = [path for path in listed if path not in seen.paths]
    if show_paths and unseen:
        print(f'{name}: {len(unseen)} of {len(listed)} paths occur in no sample')
        for path in unseen:
            print(f'    {path}')


def main():
    words = sys.argv[1:]
    show_paths = '--paths' in words
    forms = {name: rules.load('format', name) for name in rules.formats()}
    chosen = [word for word in words if word != '--paths'] or list(forms)
    if set(chosen) - set(forms):
        sys.exit('check_samples.py [--paths] [FORMAT…]')
    score = Score()
    for name in chosen:
        check_format(name, forms, score, show_paths)
    for path in pathlib.Path(SAMPLES).iterdir():
        if path.is_dir() and path.name not in forms:
            score.take(f'schemas/sample/{path.name}', 'there is no such format')
    print(f'{score.passed} passed, {score.failed} failed')
    return 1 if score.failed else 0


if __name__ == '__main__':
    sys.exit(main())
