"""record.py — reads a JSON record and keeps how every byte of it was spelled.

Slow and obvious on purpose. Duplicate members stay, numbers stay text, and each node knows its place
in the text, so that two records can be compared byte by byte.
"""

import json
import re

STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"')
NUMBER = re.compile(r'-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')
WORD = re.compile(r'true|false|null')
BLANKS = re.compile(r'[ \t\r\n]*')


class Broken(Exception):
    """The text is no JSON record."""


class Node:
    """A value: kind is string, number, literal, object or array; text[start:end] is its spelling."""

    def __init__(self, kind, start):
        self.kind = kind
        self.start = start
        self.end = start
        self.value = None    # string: decoded; number and literal: as spelled
        self.members = []    # object: Member; array: Member without a key


class Member:
    """A member or element: text[start:node.end] is its spelling, key included."""

    def __init__(self, start, key, node):
        self.start = start
        self.key = key
        self.node = node


class Reader:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def blanks(self):
        self.at = BLANKS.match(self.text, self.at).end()

    def take(self, pattern):
        found = pattern.match(self.text, self.at)
        if not found:
            raise Broken(f'offset {self.at}')
        self.at = found.end()
        return found.group()

    def sign(self, sign):
        if self.text[self.at:self.at + 1] != sign:
            raise Broken(f'offset {self.at}')
        self.at += 1

    def value(self):
        start = self.at
        first = self.text[start:start + 1]
        if first == '"':
            node = Node('string', start)
            node.value = json.loads(self.take(STRING))
        elif first == '{':
            node = Node('object', start)
            self.container(node, '}')
        elif first == '[':
            node = Node('array', start)
            self.container(node, ']')
        elif first and first in 'tfn':
            node = Node('literal', start)
            node.value = self.take(WORD)
        else:
            node = Node('number', start)
            node.value = self.take(NUMBER)
        node.end = self.at
        return node

    def container(self, node, close):
        self.at += 1
        self.blanks()
        if self.text[self.at:self.at + 1] == close:
            self.at += 1
            return
        while True:
            self.blanks()
            start, key = self.at, None
            if node.kind == 'object':
                key = json.loads(self.take(STRING))
                self.blanks()
                self.sign(':')
                self.blanks()
            node.members.append(Member(start, key, self.value()))
            self.blanks()
            if self.text[self.at:self.at + 1] == close:
                self.at += 1
                return
            self.sign(',')


def read(text):
    """The root of the record, which is an object."""
    reader = Reader(text)
    reader.blanks()
    root = reader.value()
    reader.blanks()
    if reader.at != len(text) or root.kind != 'object':
        raise Broken('not one object')
    return root
