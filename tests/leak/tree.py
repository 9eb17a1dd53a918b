"""The fields of a format as a tree of nodes."""

import re

import rules

STEP = re.compile(r"\[\]|\{\}|[^.\[\]{}]+")


class Node:
    """What can stand at one path: a value, an object, an array, or several of them."""

    def __init__(self):
        self.spec = None  # the field as an object: {"class": …}
        self.members = {}
        self.any = None  # "{}": every member that `members` does not name
        self.element = None  # "[]"

    def child(self, step):
        if step == "[]":
            self.element = self.element or Node()
            return self.element
        if step == "{}":
            self.any = self.any or Node()
            return self.any
        return self.members.setdefault(step, Node())

    def add(self, path, spec, define):
        node = self
        for step in STEP.findall(path):
            node = node.child(step)
        if isinstance(spec, dict) and "use" in spec:
            node.fill(define[spec["use"]], define)
        else:
            node.spec = spec if isinstance(spec, dict) else {"class": spec}

    def fill(self, fields, define):
        for path, spec in fields.items():
            self.add(path, spec, define)
        return self


def tree_of(form, group=None):
    """Of the format, or of a group of its "define"."""
    define = form.get("define", {})
    return Node().fill(define[group] if group else form["fields"], define)


def leaves(node, path=""):
    """Path and spec of everything below the node that has one, groups inside strings left out."""
    if node.spec:
        yield path, node.spec
    for name, inner in node.members.items():
        yield from leaves(inner, f"{path}.{name}".lstrip("."))
    for step, inner in (("[]", node.element), ("{}", node.any)):
        if inner:
            yield from leaves(inner, path + step)


def table(name):
    """Class to names, of a table in schemas/names."""
    whole = rules.load("names", name)
    return {key: names for key, names in whole.items() if key != "comment" and key[0] != "$"}


def wanted_words(form, carried=None):
    """What must stand where, so that a record is found to be of the format: path to a word, or None
    where anything will do. Of fields that hold records only the carried one is there."""
    detect = form.get("detect", {})
    records = {path for path, spec in leaves(tree_of(form)) if "record" in spec} - {carried}
    for one in detect if isinstance(detect, list) else [detect]:
        if not records & set(one):
            return {
                path: None if test is True else test[0].strip("*")
                for path, test in one.items()
                if path != carried
            }
    return {}


def unwanted_paths(form):
    """Paths at which anything at all makes a record one that is skipped."""
    skip = form.get("skip", [])
    return {
        next(iter(one))
        for one in (skip if isinstance(skip, list) else [skip])
        if all(test is True for test in one.values())
    }
