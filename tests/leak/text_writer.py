"""Writes records of the syntaxes that are not JSON, with a mark in every part.

Every value is spelled as a producer spells it that knows its syntax: whatever stands in it, its reader
must not see where it ends too early, or find a key in it."""

import re
import urllib.parse

import marks as m
import tree
import writer

# What an attacker puts into a value so that it seems to end.
HOSTILE = [
    "%s",
    'a" %s',
    'a"%s',
    "a' %s",
    "a\\%s",
    'a\\" %s',
    "a\\\\ %s",
    "%s\\",
    "a= %s",
    "a src=%s",
    "a|%s",
    'a" b="%s" c="d',
    "a, b=%s, c",
    "a,%s",
    "a;%s",
    "a\t%s",
    "a] %s [b",
    'a HTTP/1.1" 200 %s "b',
    "-%s",
    " %s ",
    "CEF:0|a|%s|c|d|e|f|g=h",
]
CEF_HEADER = ["deviceVendor", "deviceProduct", "deviceVersion", "deviceEventClassId", "name", "severity"]
SYSLOG = [
    "<134>1 2026-11-22T10:00:00Z %(host)s %(app)s %(procid)s %(msgid)s - %(message)s",
    '<134>1 2026-11-22T10:00:00Z %(host)s waf - - [a@1 b="%(data)s"] %(message)s',
    "<134>Nov 22 10:00:00 %(host)s %(app)s[71]: %(message)s",
    "<134>Nov 22 10:00:00 web-01 waf: %(message)s",
    "2026-11-22T10:00:00.1Z stdout F %(message)s",
    "%(message)s",
]
NAME = re.compile(r"\$(?:([a-z0-9_]+|\*)|\{([a-z0-9_]+)\})")


def is_certain(form, turn):
    """Whether the line is read as what it is: marks in a header can make it look like none, and what
    has no header, or that of another format, is not of this one."""
    if form["syntax"] != "syslog":
        return True
    header = SYSLOG[turn % len(SYSLOG)].replace("%(message)s", "")
    own = "stdout" if "stream" in form["fields"] else "<134>"
    return "%" not in header and own in header


def backslashed(text, among):
    return "".join("\\" + c if c in among else c for c in text)


def without(*characters):
    """Whether a text holds none of the characters: it can be written without quotes."""
    return lambda text: text == text.strip() and not set(text) & set("".join(characters))


def anything(_text):
    return True


class TextWriter:
    """One line of a format. `turn` says which of many values each part has this time, `given` which
    parts have a text of their own and no mark. What detection looks at is mostly as it should be."""

    def __init__(self, form, marks, kind, spelling, turn, given=None):
        self.form, self.marks, self.turn = form, marks, turn
        wanted = tree.wanted_words(form) if turn % 4 else {}
        self.used = set()  # of the given ones
        self.given = {**{name: word for name, word in wanted.items() if word}, **(given or {})}
        self.kind = "email" if kind == "split" else kind
        self.inner_spell = m.SPELLINGS[spelling][0]
        self.places = tree.tree_of(form).members
        self.delimiter, self.quote = form.get("delimiter", " "), form.get("quote", '"')

    # ---- Values ----------------------------------------------------------------------------------

    def spec(self, name):
        node = self.places.get(name)
        return (node and node.spec) or {"class": "unlisted"}

    def templates(self, name):
        """Texts with a place for a mark, and the class that the mark has there; first of all the one
        whose turn it is."""
        spec = self.spec(name)
        if spec.get("syntax") in writer.TEXTS:
            texts = writer.TEXTS[spec["syntax"]]
        else:
            texts = [(text, spec.get("class", "doomed")) for text in HOSTILE]
        begin = self.turn % len(texts)
        return texts[begin:] + texts[:begin]

    def value(self, name, spell=str, good=anything, doomed=False):
        """The part as it is spelled. Texts that the syntax cannot spell there are passed over."""
        if name in self.given:
            self.used.add(name)
            return spell(self.given[name])
        if self.spec(name).get("coding") == "percent":
            plain = spell
            spell = lambda text: plain(urllib.parse.quote(text))
            good = anything
        for text, kind_of_value in self.templates(name):
            if good(text.replace("%s", self.marks.sample)):
                kind_of_value = "doomed" if doomed else kind_of_value
                mark = self.marks.new(self.kind, name, kind_of_value)
                return spell(text.replace("%s", self.inner_spell(mark)))
        return "-"

    def quoted(self, text):
        return self.quote + backslashed(text, self.quote + "\\") + self.quote

    def doubled(self, text):
        return self.quote + text.replace(self.quote, self.quote * 2) + self.quote

    def keys(self):
        """The key as it is written, and its name: listed keys, some of them twice, and two that
        nobody lists."""
        listed = [name for name in self.places if name not in (*CEF_HEADER, "version", "prefix")]
        for name in listed + listed[self.turn % 3 :: 3]:
            yield name, name
        for _ in range(2):
            yield self.marks.key(), "unlisted"

    # ---- Syntaxes --------------------------------------------------------------------------------

    def delimited(self):
        spell = self.doubled if self.form.get("doubled") else self.quoted
        cells = []
        for number, column in enumerate(self.form["columns"]):
            if self.quote and (number + self.turn) % 3:
                cells.append(self.value(column, spell))
            else:
                good = without(self.delimiter, self.quote, "\\")
                cells.append(self.value(column, good=good))
        return self.delimiter.join(cells)

    def pairs(self):
        good = without(self.delimiter, self.quote, ' \t\\="')
        parts = []
        for number, (key, name) in enumerate(self.keys()):
            if self.quote and (number + self.turn) % 3:
                parts.append(f"{self.case(key)}={self.value(name, self.quoted)}")
            else:
                parts.append(f"{self.case(key)}={self.value(name, good=good)}")
        return self.delimiter.join(parts)

    def labels(self):
        """What the label of a field says, and now and then what it should not."""
        for number, name in enumerate(self.places):
            label = self.spec(name).get("label")
            if label:
                right = (number + self.turn) % 4
                yield name, label if right else self.marks.new("word", name + "Label", "none")

    def cef(self):
        spell = lambda text: backslashed(text, "=\\")
        header = [self.value(name, lambda text: backslashed(text, "|\\")) for name in CEF_HEADER]
        labels = dict(self.labels())
        parts = [f"{name}Label={spell(label)}" for name, label in labels.items()]
        for key, name in self.keys():
            label, rest = self.spec(name).get("label"), self.spec(name).get("rest")
            if name[:-5] not in labels and not rest:  # it stands there already, or comes last
                value = self.value(name, spell, doomed=label is not None and labels[name] != label)
                parts.append(f"{self.case(key)}={value}")
        prefix = "<134>Nov 22 10:00:00 web-01 " if self.turn % 2 else ""
        parts = parts[::-1] if self.turn % 3 == 2 else parts
        for name in self.places:
            # It takes in everything, so its producer escapes nothing.
            if self.spec(name).get("rest"):
                doomed = self.spec(name).get("label") != labels.get(name)
                parts.append(f"{name}={self.value(name, doomed=doomed)}")
        return "|".join([prefix + "CEF:0", *header, " ".join(parts)])

    def case(self, key):
        return key.swapcase() if self.form.get("keys") == "any_case" and self.turn % 2 else key

    def pattern(self):
        patterns = self.form["pattern"]
        patterns = [patterns] if isinstance(patterns, str) else patterns
        text = patterns[self.turn % len(patterns)]
        line, end = "", 0
        for place in NAME.finditer(text):
            name = place.group(1) or place.group(2)
            before, after = text[: place.start()][-1:], text[place.end() :][:1]
            line += text[end : place.start()]
            if name == "*":
                line += self.value(name)
            elif before == after == '"':
                line += self.value(name, lambda value: backslashed(value, '"\\'))
            else:
                line += self.value(name, good=without(' \t"\\[]', before, after))
            end = place.end()
        return line + text[end:]

    def header_word(self, name, more):
        kind_of_value = self.spec(name).get("class", "unlisted")
        return self.inner_spell(self.marks.new(self.kind, name, kind_of_value + more))

    def syslog(self):
        """What is not certainly a header is part of the message."""
        more = "|" + (self.places["message"].spec.get("class") or "doomed")
        names = ("host", "app", "procid", "msgid", "data")
        parts = {name: self.header_word(name, more) for name in names}
        return SYSLOG[self.turn % len(SYSLOG)] % {**parts, "message": self.value("message")}

    def record(self):
        return getattr(self, self.form["syntax"])()
