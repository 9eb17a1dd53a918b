"""The records that are planted: of one format, all places, all kinds of marks."""

import base64
import json

import marks as m
import rules
import text_writer
import tree
import writer

# What stands in every envelope: the format with the most kinds of fields.
INNER = "aws-waf"
TURNS = len(text_writer.HOSTILE)
TURNS_INSIDE = len(text_writer.SYSLOG)


def is_json(form):
    return form.get("syntax", "json") == "json"


def record_paths(form):
    return [path for path, spec in tree.leaves(tree.tree_of(form)) if "record" in spec]


def spelled_inner(form, path, text):
    """A record as it can stand in a field: whole, or in a string."""
    specs = dict(tree.leaves(tree.tree_of(form)))
    if specs[path].get("coding") == "base64":
        return [json.dumps(base64.b64encode(text.encode()).decode())]
    return [text, json.dumps(text), json.dumps(text + "\n")]


class Planted:
    """Records of a format, and where the marks of the records inside them are.

    known       where the client's addresses stand in records inside others: "first" or "last" """

    def __init__(self, form, marks, turn=0, known=None):
        self.form, self.marks, self.turn, self.known = form, marks, turn, known
        self.texts = []
        self.inner = []  # the numbers of the marks of each record inside another one

    def names(self):
        """So many names of headers of each class: all of them once is enough."""
        return 99 if self.form["format"] == INNER else 1

    def plant(self, kind, spelling):
        if not self.form.get("envelope"):
            self.plant_whole(kind, spelling)
        for path in record_paths(self.form):
            for turn in range(1 if is_json(self.form) else TURNS_INSIDE):
                self.plant_inside(path, kind, spelling, turn)

    def plant_whole(self, kind, spelling):
        if is_json(self.form):
            one = writer.Writer(self.form, self.marks, kind, spelling, self.names(), self.turn)
            self.texts.append(one.record())
            return
        for turn in range(TURNS):
            line = text_writer.TextWriter(self.form, self.marks, kind, spelling, turn)
            self.texts.append(line.record())

    def inner_record(self, kind, spelling):
        form = rules.load("format", INNER)
        record = writer.Writer(
            form, self.marks, kind, spelling, 0, self.turn, thin=4, calm=True
        ).record()
        return with_known(form, record, self.known) if self.known else record

    def plant_inside(self, path, kind, spelling, turn):
        """A record in a record: in each of the ways in which it can stand there, one this turn."""
        begin = len(self.marks.places)
        inner = self.inner_record(kind, spelling)
        if is_json(self.form) or text_writer.is_certain(self.form, turn):
            self.inner.append(range(begin, len(self.marks.places)))
        if not is_json(self.form):
            line = text_writer.TextWriter(
                self.form, self.marks, kind, spelling, turn, given={path: inner}
            )
            self.texts.append(line.record())
            return
        ways = spelled_inner(self.form, path, inner)
        carried = path, ways[self.turn % len(ways)]
        outer = writer.Writer(
            self.form, self.marks, kind, spelling, 0, self.turn, 4, carried, calm=True
        )
        self.texts.append(outer.record())


def with_known(form, record, order):
    """The record with the client's addresses where they are known to be the client's: in front of
    everything, or behind it. None: the format has no such place."""
    paths = [path for path, spec in tree.leaves(tree.tree_of(form)) if spec == {"class": "client_ip"}]
    paths = [path for path in paths if "{}" not in path and path not in tree.wanted_words(form)]
    if not paths:
        return None
    members = []
    for address in (m.CLIENT, m.CLIENT6):
        text = json.dumps(address)
        for step in reversed(tree.STEP.findall(paths[0])):
            text = f"[{text}]" if step == "[]" else f"{{{json.dumps(step)}:{text}}}"
        members.append(text[1:-1])
    known = ",".join(members)
    if order == "first":
        return "{" + known + "," + record[1:]
    return record[:-1] + "," + known + "}"


def planted(form, turn, kinds=tuple(m.KINDS)):
    """Every kind of mark, each in one spelling; which one, changes with the turn."""
    found = Planted(form, m.Marks(), turn)
    spellings = list(m.SPELLINGS)
    for number, kind in enumerate(kinds):
        plain = kind in ("number", "split")
        found.plant(kind, "plain" if plain else spellings[(turn + number) % len(spellings)])
    return found


def client_records(form, turn):
    """The client's address in every string there is, some of its spellings each turn."""
    texts = []
    for number in range(4):
        at = (4 * turn + number) % len(m.CLIENT_SPELLINGS)
        order = ("first", "last")[(turn + number) % 2]
        found = Planted(form, m.Same(m.CLIENT_SPELLINGS[at]), turn, known=order)
        found.plant("word", "plain")
        if form.get("envelope"):
            texts += found.texts
        elif is_json(form):
            own = with_known(form, found.texts[0], order)
            texts += [own] if own else []
            texts += found.texts[1:]
        else:
            texts += text_with_known(form, at, turn)
    return texts


def text_with_known(form, at, turn):
    """Lines in which one part is the client's address and nothing else."""
    known = m.CLIENT6 if at >= m.CLIENT6_SPELLINGS else m.CLIENT
    marks = m.Same(m.CLIENT_SPELLINGS[at])
    for name, node in tree.tree_of(form).members.items():
        if node.spec == {"class": "client_ip"}:
            for more in range(6):
                line = text_writer.TextWriter(
                    form, marks, "word", "plain", turn + more, given={name: known}
                )
                text = line.record()
                if name in line.used:
                    yield text
            return


def broken(record, most):
    """Records that cannot be read: cut off, and with escapes that are none."""
    step = 97 * (1 + len(record) // 97 // most)
    for end in range(1, len(record) - 1, step):
        yield record[:end]
    for at in range(40, len(record) - 80, 4 * step):
        quote = record.find('"', at)
        yield record[: quote + 1] + "\\x" + record[quote + 1 :]
        yield record[: quote + 1] + "\\u12" + record[quote + 1 :]
        yield record[:quote] + record[quote + 1 :]
