#!/usr/bin/env python3
"""compare.py IN OUT --region R — holds the output of `wafveil filter` against the reference.

IN has one record a line, and OUT is what the program made of it. Says which line and path differ,
never a value, and exits with 1. Checked are: every value against its verdict, the spelling and order
of everything that no rule covers, the annotation and its tokens, and that no address of a record is
left anywhere in its output, however it may be encoded.
"""

import argparse
import base64
import json
import os
import re
import sys
import urllib.parse

sys.dont_write_bytecode = True
import record
import reference
import values

HERE = os.path.dirname(os.path.abspath(__file__))
SHOWN = 20
REPLACEMENT = '\ufffd'


class Differs(Exception):
    """The message names a place and what is wrong there, never a value."""


def spell(path, step):
    return f'{path}.{step}' if path else step


class Comparison:
    """One record and what became of it."""

    def __init__(self, expected, before, after):
        self.expected = expected
        self.before = before
        self.after = after
        self.counts = {}

    def differ(self, path, what):
        raise Differs(f'{path or "(record)"}: {what}')

    def count(self, node, action):
        kind = self.expected.classes.get(id(node))
        if kind:
            self.counts[kind, action] = self.counts.get((kind, action), 0) + 1
        for member in node.members if action == 'removed' else []:
            self.count(member.node, action)

    def containers(self, old, new, path):
        """Members of the output are members of the input, in order, without those that went."""
        done = 0
        kept = []
        skipped = None  # a member that may go, but one with its name stands there
        for index, member in enumerate(old.members):
            step = member.key if old.kind == 'object' else '[]'
            place = path + '[]' if old.kind == 'array' else spell(path, self.safe(member, step))
            verdict = self.expected.verdicts.get(id(member.node), reference.GO)
            here = new.members[done] if done < len(new.members) else None
            if verdict.what == 'gone':
                self.count(member.node, 'removed')
                continue
            problem = self.match(member, here, verdict, place)
            if problem is None:
                kept.append((index, member, here))
                done += 1
            elif verdict.what == 'condition' or verdict.may_go:
                skipped = skipped or (problem if self.same_head(member, here) else None)
                self.count(member.node, 'removed')
            else:
                raise skipped or problem
        if done != len(new.members):
            raise skipped or Differs(f'{path}: something stands here that must not')
        self.gaps(old, new, kept, path)

    def safe(self, member, step):
        """A listed name, or * for one that an attacker may have chosen."""
        unlisted = self.expected.classes.get(id(member.node)) == reference.EVERYTHING_ELSE
        return '*' if unlisted else step

    def same_head(self, member, here):
        """Whether the member of the output has the name of the input's, spelled alike."""
        return here is not None and self.before[member.start:member.node.start] == \
            self.after[here.start:here.node.start]

    def match(self, member, here, verdict, place):
        """None when the member of the output is this one; otherwise the difference."""
        try:
            if here is None:
                self.differ(place, 'is missing')
            if not self.same_head(member, here):
                self.differ(place, 'is missing, or its name is spelled in another way')
            self.value(member.node, here.node, verdict, place)
        except Differs as problem:
            return problem
        return None

    def value(self, old, new, verdict, path):
        spelled = self.before[old.start:old.end]
        result = self.after[new.start:new.end]
        if verdict.what == 'walk':
            if new.kind != old.kind:
                self.differ(path, 'has another type')
            self.containers(old, new, path)
            return
        if verdict.what == 'keep':
            if spelled != result:
                self.differ(path, 'must stay as it is spelled')
            self.count(old, 'kept')
            return
        if new.kind not in ('string', 'number'):
            self.differ(path, 'has another type')
        if verdict.what == 'text':
            if new.value != verdict.text:
                self.differ(path, 'is not what the reference computes')
            if old.kind == 'number' and new.kind != 'number':
                self.differ(path, 'is no number any more')
        elif not verdict.condition(new.value):
            self.differ(path, 'does not meet the condition of its filter')
        if new.value == old.value and spelled != result:
            self.differ(path, 'has the same value in another spelling')
        self.count(old, 'kept' if spelled == result else 'replaced')

    def gaps(self, old, new, kept, path):
        """White space between two members that both stayed is the same."""
        for (i, one, its), (k, other, others) in zip(kept, kept[1:]):
            if k == i + 1 and self.before[one.node.end:other.start] != \
                    self.after[its.node.end:others.start]:
                self.differ(path, 'white space between members changed')
        if kept and kept[0][0] == 0 and \
                self.before[old.start:kept[0][1].start] != self.after[new.start:kept[0][2].start]:
            self.differ(path, 'white space after the bracket changed')

    # --- annotation ------------------------------------------------------------------------------

    def annotation(self, root):
        """Takes the last member, which must be the annotation, out of the output."""
        last = root.members.pop() if root.members else None
        if last is None or last.key != '_wafveil':
            self.differ('_wafveil', 'is not the last member')
        said = json.loads(self.after[last.node.start:last.node.end])
        pack = self.expected.pack
        if said.get('v') != 1 or not re.fullmatch(re.escape(pack['pack']) + '@[0-9a-f]{8}',
                                                  said.get('pack', '')):
            self.differ('_wafveil', 'names another pack')
        tokens = {k: [v] if isinstance(v, str) else v for k, v in said.get('tokens', {}).items()}
        if self.expected.secret is not None and tokens != self.expected.tokens:
            self.differ('_wafveil.tokens', 'are not those that the reference computes')
        kind = 'refused-profile' if pack['kind'] == 'refused-profile' else \
            'tokenised' if tokens else 'generalised'
        if said.get('kind') != kind:
            self.differ('_wafveil.kind', f'must be {kind}')

    # --- leaks -----------------------------------------------------------------------------------

    def leaks(self, old, new):
        """No address of the record is left, except where it is its own network."""
        rule = self.expected.pack['rules']['client_ip']['value'][0]
        keep = rule if isinstance(rule, dict) else {}
        needles = {a for a in self.expected.addresses(old) if not values.is_internal(a) and
                   values.truncate(a, keep.get('v4_keep', 24), keep.get('v6_keep', 48)) != a}
        if not needles:
            return
        for place, text in texts_of(new, ''):
            for view in views_of(text):
                if needles & addresses_in(view):
                    self.differ(place, 'holds an address of the record')


def texts_of(node, path):
    """Every string of the output, and every name of a member."""
    if node.kind in ('string', 'number'):
        yield path, node.value
    for member in node.members:
        if member.key is not None:
            yield path + '.*', member.key
        yield from texts_of(member.node, spell(path, member.key or '[]'))


def views_of(text):
    """The text as it is, percent-decoded once and twice, and the text inside of base64."""
    once = urllib.parse.unquote(text)
    yield text
    yield once
    yield urllib.parse.unquote(once)
    for run in re.findall(r'[A-Za-z0-9+/_-]{10,}', once):
        for cut in range(4):
            block = run[cut:]
            block = block[:len(block) - len(block) % 4].replace('-', '+').replace('_', '/')
            yield base64.b64decode(block).decode('latin-1')


def addresses_in(text):
    found = set()
    for run in re.findall(r'(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9]|\.[0-9])', text):
        found.add(values.parse_address(run))
    for run in re.findall(r'[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*', text):
        found.add(values.parse_address(run))
        found.add(values.parse_address(run.rstrip(':.')))
        found.add(values.parse_address(re.sub(r':[0-9]{1,5}$', '', run)))
    return found - {None, 'absent'}


def lines_of(path):
    with open(path, 'rb') as file:
        return [line for line in file.read().split(b'\n') if line.strip()]


def compare(expected, before, after):
    """Raises Differs; returns the counts of what was done by class."""
    old, new = record.read(before), record.read(after)
    expected.record(old)
    comparison = Comparison(expected, before, after)
    whole = record.read(after)
    comparison.annotation(new)
    comparison.containers(old, new, '')
    comparison.leaks(old, whole)
    return comparison.counts


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('input')
    parser.add_argument('output')
    parser.add_argument('--region', required=True, help='name of the pack')
    parser.add_argument('--format', default='aws-waf')
    parser.add_argument('--seed', help='64 hexadecimal digits; without it tokens are not checked')
    parser.add_argument('--domain', help='of the tokens; default/REGION/default')
    parser.add_argument('--schemas', default=os.path.join(HERE, '..', '..', 'schemas'))
    parser.add_argument('--summary', action='store_true', help='what was done, by class')
    return parser.parse_args(arguments)


def summarise(totals):
    for kind in sorted({k for k, _ in totals}):
        done = ', '.join(f'{a} {totals[k, a]}' for k, a in sorted(totals) if k == kind)
        print(f'{kind:18} {done}')


def main():
    options = options_of(sys.argv[1:])
    seed = bytes.fromhex(options.seed) if options.seed else None
    domain = options.domain or f'default/{options.region}/default'
    expected = reference.Reference(options.schemas, options.format, options.region, domain, seed)
    before, after = lines_of(options.input), lines_of(options.output)
    if len(before) != len(after):
        print(f'{len(before)} records in, {len(after)} out', file=sys.stderr)
        return 1
    problems, totals = 0, {}
    for number, (old, new) in enumerate(zip(before, after), 1):
        try:
            counts = compare(expected, old.decode('utf-8', 'replace'), new.decode('utf-8'))
            for key, count in counts.items():
                totals[key] = totals.get(key, 0) + count
        except Differs as problem:
            problems += 1
            if problems <= SHOWN:
                print(f'line {number}: {problem}', file=sys.stderr)
    if options.summary:
        summarise(totals)
    print(f'{len(before)} records, {problems} differ', file=sys.stderr)
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
