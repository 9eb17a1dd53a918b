"""reference.py — decides for every value of an AWS WAF record what must become of it.

Walks the format and the pack as documents and knows nothing of how the program does it. The answer
for a value is a Verdict: it stays, it goes, it becomes exactly this text, or it meets a condition.
"""

import json
import os
import re
import time

import values
from values import GONE, KEPT

EVERYTHING_ELSE = 'unlisted'


class Verdict:
    """what: 'keep', 'gone', 'text' (exactly), 'condition' (text or gone), 'walk' (a container)."""

    def __init__(self, what, text=None, condition=None, may_go=False):
        self.what = what
        self.text = text
        self.condition = condition
        self.may_go = may_go


KEEP, GO, WALK = Verdict('keep'), Verdict('gone'), Verdict('walk')


def load(folder, *names):
    with open(os.path.join(folder, *names), encoding='utf-8') as file:
        return json.load(file)


def segments(path):
    """'a.b[].c' as ('a', 'b', '[]', 'c')."""
    out = []
    for word in path.split('.'):
        bare = word.rstrip('[]')
        out += [bare] + ['[]'] * ((len(word) - len(bare)) // 2)
    return tuple(out)


class Format:
    def __init__(self, schemas, name):
        self.document = load(schemas, 'format', name + '.json')
        self.literals = set(self.document.get('literals', []))
        self.time = segments(self.document['roles']['time'])
        self.fields = {}
        self.pairs = {}
        self.tables = {}
        self.schemas = schemas
        for path, field in self.document['fields'].items():
            self.add(segments(path), field)
        self.inner = {path[:i] for path in list(self.fields) + list(self.pairs)
                      for i in range(len(path))} | set(self.pairs)

    def add(self, path, field):
        if isinstance(field, str):
            self.fields[path] = {'class': field}
        elif 'use' in field:
            for inner, group in self.document['define'][field['use']].items():
                self.add(path + segments(inner), group)
        elif 'pairs' in field:
            self.pairs[path] = field
        else:
            self.fields[path] = field

    def table(self, name):
        if name not in self.tables:
            lists = load(self.schemas, 'names', name + '.json')
            self.tables[name] = {n: c for c, names in lists.items() for n in names}
        return self.tables[name]


def load_pack(schemas, name):
    """The rules of a pack over those of the packs that it extends."""
    pack = load(schemas, 'policy', name + '.json')
    base = load_pack(schemas, pack['extends'])['rules'] if 'extends' in pack else {}
    pack['rules'] = {**base, **pack['rules']}
    return pack


class Reference:
    """Verdicts of one record; domain and secret are those of its tokens (secret None: not checked)."""

    def __init__(self, schemas, format_name, pack_name, domain, secret):
        self.format = Format(schemas, format_name)
        self.pack = load_pack(schemas, pack_name)
        self.parameters = {n.lower(): kind for kind, names
                           in load(schemas, 'names', 'parameters.json').items()
                           if isinstance(names, list) for n in names}
        self.domain = domain
        self.secret = secret

    def record(self, root):
        """Fills verdicts and classes (by id of the node) and tokens of the record."""
        self.verdicts, self.tokens, self.classes = {}, {}, {}
        self.seconds = self.time_of(root)
        self.walk_object(root, ())
        return self

    def time_of(self, root):
        found = [m.node for m in root.members if (m.key,) == self.format.time]
        text = found[0].value if len(found) == 1 else None
        if text is None or not re.fullmatch(r'[0-9]{1,18}', text):
            return 0
        return int(text) // values.time_unit(int(text))

    # --- classes ---------------------------------------------------------------------------------

    def walk_object(self, node, path):
        for member in node.members:
            step = (member.key,) if node.kind == 'object' else ('[]',)
            if node.kind == 'object' and member.key == '_wafveil' and not self.known(path + step):
                self.verdicts[id(member.node)] = GO
                continue
            self.visit(member.node, path + step)

    def known(self, path):
        return path in self.format.fields or path in self.format.inner

    def visit(self, node, path):
        field = self.format.fields.get(path)
        if node.kind in ('object', 'array'):
            deeper = path in self.format.inner and (
                (node.kind == 'array') == any(p[:len(path) + 1] == path + ('[]',)
                                              for p in self.all_paths()))
            if not deeper:
                self.unlisted(node)
            elif path in self.format.pairs:
                self.visit_pair(node, self.format.pairs[path])
            else:
                self.verdicts[id(node)] = WALK
                self.walk_object(node, path)
                self.settle_container(node, path)
        elif field is None:
            if node.value == 'null' and node.kind == 'literal' and path in self.format.inner:
                self.verdicts[id(node)] = KEEP
            else:
                self.unlisted(node)
        else:
            self.leaf(node, self.class_of(node, field), '')

    def all_paths(self):
        return list(self.format.fields) + [p + ('',) for p in self.format.pairs]

    def unlisted(self, node):
        self.classes[id(node)] = EVERYTHING_ELSE
        self.verdicts[id(node)] = GO

    def class_of(self, node, field):
        if node.kind == 'string':
            matching = [p for p in field.get('prefixes', {}) if node.value.startswith(p)]
            if matching:
                return field['prefixes'][max(matching, key=len)]
        return field['class']

    def settle_container(self, node, path):
        """Elements that go with their value, and arrays of pieces of one text."""
        for member in node.members:
            self.settle_unit(member.node, path)
        joined = self.format.fields.get(path + ('[]',), {}).get('joined')
        if node.kind == 'array' and joined:
            verdict = self.rule_verdict('matched_payload')
            self.verdicts[id(node)] = Verdict('walk', may_go=verdict == 'scrub')

    def settle_unit(self, element, path):
        """The element of an array goes when a value in it goes whose field says so."""
        for member in element.members if element.kind == 'object' else []:
            field = self.format.fields.get(path + ('[]', member.key), {})
            verdict = self.verdicts.get(id(member.node))
            if field.get('remove') != 'element' or verdict is None:
                continue
            if verdict.what == 'gone':
                self.verdicts[id(element)] = GO
            elif verdict.what == 'condition' and self.verdicts[id(element)].what != 'gone':
                self.verdicts[id(element)] = Verdict('walk', may_go=True)

    def rule_verdict(self, name):
        value = self.pack['rules'][name]['value']
        return value[0] if isinstance(value[0], str) else value[0]['filter']

    def visit_pair(self, node, field):
        if node.kind != 'object':
            self.unlisted(node)
            return
        pairs = field['pairs']
        by_role = {role: [m.node for m in node.members if m.key == key]
                   for role, key in pairs.items()}
        found = self.pair_class(by_role, field)
        if found is None:
            self.verdicts[id(node)] = GO
            return
        name, kind = found
        self.verdicts[id(node)] = WALK
        for member in node.members:
            if member.key == pairs['value']:
                self.leaf(member.node, kind, name)
                verdict = self.verdicts[id(member.node)]
                if verdict.what == 'gone':
                    self.verdicts[id(node)] = GO
                elif verdict.what == 'condition' and self.verdicts[id(node)].what != 'gone':
                    self.verdicts[id(node)] = Verdict('walk', may_go=True)
            elif member.key in pairs.values():
                self.pair_name(member.node)
            else:
                self.unlisted(member.node)

    def pair_name(self, node):
        """A name may hold something personal itself, and is searched like any text."""
        self.verdicts[id(node)] = KEEP if re.fullmatch('[A-Za-z-]*', node.value) else Verdict(
            'condition', condition=lambda out, text=node.value: values.is_scrubbed(out, text))

    def pair_class(self, by_role, field):
        """Name and class of the value; None: the object goes."""
        names, found = by_role.get('name', []), by_role['value']
        selects = by_role.get('select')
        strings = all(n.kind == 'string' for n in names + found + (selects or []))
        if not strings or not found or len(names) > 1 or (selects is None and len(names) != 1):
            return None
        name = names[0].value.lower() if names else ''
        if names and name == '':
            return None
        kind = field['classes']
        if selects is not None:
            if len(selects) != 1 or selects[0].value not in kind:
                return None
            kind = kind[selects[0].value]
            if not kind.startswith('@'):
                return name, kind
            kind = kind[1:]
        return name, self.format.table(kind).get(name, 'header')

    # --- rules -----------------------------------------------------------------------------------

    def leaf(self, node, kind, name):
        self.classes[id(node)] = kind
        rule = self.pack['rules'][kind]
        self.verdicts[id(node)] = self.verdict(node, kind, name, rule)

    def verdict(self, node, kind, name, rule):
        steps = [(s, {}) if isinstance(s, str) else (s['filter'], s) for s in rule['value']]
        if node.kind == 'literal':
            if node.value == 'null' or steps[0][0] == 'keep':
                return KEEP
            return GO
        if node.kind == 'string' and node.value in self.format.literals:
            return KEEP
        self.make_token(kind, rule.get('token'), node.value)
        if node.kind == 'number':
            return self.number(node.value, steps)
        return self.text(node.value, name, kind, steps)

    def number(self, text, steps):
        filter_name, options = steps[0]
        if filter_name == 'keep':
            return KEEP
        if filter_name == 'timestamp':
            floored = values.timestamp(text, options)
            return GO if floored is None else Verdict('text', text=floored)
        if filter_name == 'drop':
            return GO
        return Verdict('condition', condition=lambda out: out == text)

    def text(self, text, name, kind, steps):
        filter_name, options = steps[0]
        exact = {
            'drop': lambda: GONE,
            'ip_truncate': lambda: values.ip_truncate(text, options),
            'forwarded_for': lambda: values.forwarded_for(text, options, name),
            'auth_scheme': lambda: values.auth_scheme(text),
            'country': lambda: values.country(text),
            'fingerprint': lambda: values.fingerprint(text, options.get('parts', 'ab')),
            'timestamp': lambda: values.timestamp(text, options),
            'cookie': lambda: values.cookie(text, options, name),
        }
        result = exact[filter_name]() if filter_name in exact else None
        if result is GONE:
            return GO
        if result is KEPT:
            return KEEP
        if isinstance(result, str):
            return Verdict('text', text=result)
        return self.condition(text, name, filter_name, options)

    def condition(self, text, name, filter_name, options):
        if filter_name == 'keep':
            if values.is_plain_text(text):
                return KEEP
            return Verdict('condition', condition=lambda out: values.is_scrubbed(out, text))
        if filter_name == 'scrub' and values.is_plain_text(text):
            return KEEP
        if filter_name == 'headers' and values.is_plain_header(text, name):
            return KEEP
        if text == '' and filter_name in ('query', 'host', 'referer', 'skeleton'):
            return KEEP
        tests = {
            'scrub': lambda out: values.is_scrubbed(out, text),
            'headers': lambda out: name in values.HEADERS and values.is_scrubbed(out, text),
            'uri_template': lambda out: values.is_template(out, text, options),
            'query': lambda out: values.is_query(out, text, name, options, self.parameters),
            'host': lambda out: values.is_host(out, text),
            'user_agent': values.is_agent,
            'referer': lambda out: values.is_referer(out, text, options),
            'timestamp': lambda out: len(out) == len(text),
            'cookie': lambda out: values.is_scrubbed(out, text),
            'skeleton': lambda out: values.is_skeleton(out, text),
        }
        return Verdict('condition', condition=tests[filter_name])

    # --- tokens and needles ----------------------------------------------------------------------

    def make_token(self, kind, token, text):
        if token is None or self.secret is None:
            return
        days = 0
        if isinstance(token, dict):
            token, days = token['kind'], token.get('days', 0)
        epoch = 'throwaway' if days == 0 else self.epoch_of(days)
        made = values.token(self.secret, self.domain, epoch, token, text)
        if made is not None and made not in self.tokens.setdefault(kind, []):
            self.tokens[kind].append(made)

    def epoch_of(self, days):
        """Epochs are counted from Monday 1970-01-05."""
        day = self.seconds // 86400 - 4
        first = day - day % days + 4
        return time.strftime('%Y%m%d', time.gmtime(first * 86400)) + f'-{days}d'

    def addresses(self, node):
        """Every address of the record that stands in a field for addresses, in normal form."""
        found = set()
        for member in node.members:
            found |= self.addresses(member.node)
        kind = self.classes.get(id(node))
        if node.kind == 'string' and kind in ('client_ip', 'forwarded_ip'):
            pieces = [node.value] if kind == 'client_ip' else re.split('[,;= \t"]', node.value)
            for piece in pieces:
                address = values.parse_address(piece)
                if address not in (None, 'absent'):
                    found.add(address)
        return found
