"""Writes records in JSON with a mark at every place that a format lists, and at many that it does not.

Members may stand several times in one object, with a value, an object and an array each: no vendor
does that, but everybody who can write into a log can.
"""

import itertools
import json
import re

import marks as m
import rules
import tree

# Which class a piece of a URL has where it is not certain how it is taken apart.
ANY_PIECE = "host|uri_path|query"

# A mark in every piece of a URL.
URLS = [
    ("https://%s.example.com/", "host"),
    ("https://www.example.com/account/%s/orders", "uri_path"),
    ("https://www.example.com:443/?a=%s&b=2", "query"),
    ("https://www.example.com/a?%s=1", "query"),
    ("https://www.example.com/a?b=1#%s", "query"),
    ("https://%s:secret@www.example.com/", "doomed"),
    ("https://user:%s@www.example.com/a", "doomed"),
    ("https://www.example.com/%s", "uri_path"),
    ("/account/%s/orders", "uri_path"),
    ("/account?a=1&b=%s", "query"),
    ("?%s", "query"),
    ("//%s.example.com/a", ANY_PIECE),
    ("%s.example.com/a?b", ANY_PIECE),
    ("%s", ANY_PIECE),
    ("https://www.example.com:%s/", ANY_PIECE),
    ("https://www.example.com/a b/%s", ANY_PIECE),
    ("%s://www.example.com/", ANY_PIECE),
    ("http:%s", ANY_PIECE),
]
# Messages with groups; what stands in a group that nobody knows goes.
TAGGED = [
    ("Warning. Matched %s at ARGS", "matched_payload"),
    ('Warning. [id "942100"] [msg "seen %s here"]', "matched_payload"),
    ('Warning. [data "Matched Data: %s found"] [severity "CRITICAL"]', "matched_payload"),
    ('Warning. [hostname "%s"] [uri "/a"]', "host"),
    ('Warning. [uri "/a/%s"] [unique_id "x"]', "uri_path"),
    ('Warning. [unique_id "%s"]', "request_id"),
    ('Warning. [nobody_knows "%s"] [line "1"]', "doomed"),
]

LINES = [
    ("GET /account/%s/orders HTTP/1.1", "uri_path"),
    ("GET /?q=%s HTTP/1.1", "query"),
    ("GET /a?%s=1 HTTP/2.0", "query"),
    ("POST https://%s.example.com/ HTTP/1.1", "host"),
    ("POST https://u:%s@www.example.com/ HTTP/1.1", "doomed"),
    ("CONNECT %s:443 HTTP/1.1", ANY_PIECE),
    ("GET /%s", ANY_PIECE),
    ("GET /a %s HTTP/1.1", ANY_PIECE),
    ("GET  /%s  HTTP/1.1", ANY_PIECE),
    ("GET / %s", ANY_PIECE),
    ("%s / HTTP/1.1", "method"),
    ("%s", ANY_PIECE),
    (" /%s", ANY_PIECE),
]

TEXTS = {"url": URLS, "request-line": LINES, "tagged": TAGGED}


class Writer:
    """One record of a format, with marks of one kind in one spelling.

    names       how many header names of each class; 0: of some classes only
    turn        what is left out of large formats: something else each turn
    thin        how much more is left out
    carried     path of a field with "record", and the JSON that stands there
    calm        the record is one that detection finds: what it looks at stands there once"""

    def __init__(
        self, form, marks, kind, spelling, names=99, turn=0, thin=1, carried=None, calm=False
    ):
        self.form, self.marks, self.kind = form, marks, kind
        self.inner_spell, self.spell = m.SPELLINGS[spelling]
        self.names, self.carried = names, carried
        wanted = tree.wanted_words(form, carried[0] if carried else None)
        self.fixed = wanted if calm else {}
        self.wanted = {} if calm else wanted
        self.left_out = tree.unwanted_paths(form)
        cases = [str, str.upper, str.lower, str.swapcase] if form.get("keys") == "any_case" else [str]
        self.cases = itertools.cycle(cases)
        self.root = tree.tree_of(form)
        self.thin = thin
        self.stride = thin * (1 + sum(1 for _ in tree.leaves(self.root)) // 150)
        self.ticks = itertools.count(turn)

    # ---- Values ----------------------------------------------------------------------------------

    def text(self, path, kind_of_value, header=""):
        """A mark as it is written inside a value."""
        kind = "email" if self.kind == "split" else self.kind
        return self.inner_spell(self.marks.new(kind, path, kind_of_value, header))

    def mark(self, path, kind_of_value, header="", before=""):
        if self.kind == "number" and not before:
            return self.text(path, kind_of_value, header)
        return self.spell(before + self.text(path, kind_of_value, header))

    def key(self, path, kind_of_value="doomed", before=""):
        return self.spell(before + self.text(path + " (key)", kind_of_value))

    def named(self, name):
        return json.dumps(next(self.cases)(name))

    def now(self):
        """Whether it is the turn of what every value of a small format gets."""
        return next(self.ticks) % self.stride == 0

    def doubtful(self, path, node=None):
        """What can stand where a text is expected."""
        if not self.now():
            return
        gone = lambda: self.mark(path + ".*", "unlisted")
        if not (node and (node.members or node.any)):
            yield f'{{{self.key(path)}:{gone()},"a":{gone()}}}'
        yield f"[[{gone()}]]" if node and node.element else f"[{gone()},[{gone()}]]"

    def pieces(self, path, templates):
        for number, (template, kind_of_value) in enumerate(templates):
            if number and not self.now():
                continue
            yield self.spell(template.replace("%s", self.text(path, kind_of_value)))
        if self.kind == "number":
            yield self.text(path, ANY_PIECE)

    def inside(self, path, spec):
        """JSON in a string; such that nobody can read; and none at all."""
        node = tree.tree_of(self.form, spec["inside"])
        for inner in self.values(path + ":", node):
            if inner[0] in "{[":
                yield self.spell(inner)
        doomed = self.mark(path + ":", "doomed")
        yield self.spell(f'{{"a":{doomed}')
        yield self.spell(f'{{"a":{doomed}}}}}')
        yield self.spell(f'[{doomed}],"a"')
        yield self.mark(path, spec["class"]) if "class" in spec else self.mark(path + ":", "doomed")

    def leaf(self, path, node):
        """The value in every way in which it can be written."""
        spec = node.spec
        if path in self.fixed:
            word = self.fixed[path]
            kind_of_value = spec.get("class", ANY_PIECE)
            yield self.mark(path, kind_of_value) if word is None else json.dumps(word)
            return
        if self.wanted.get(path):
            yield json.dumps(self.wanted[path])
        if "record" in spec:
            # Other records beside the carried one would make it a message that nobody understands.
            if self.carries(path):
                yield self.carried[1]
            elif "class" in spec:
                yield self.mark(path, spec["class"])
            return
        if self.thin > 1 and not self.now():
            return
        if "syntax" in spec:
            yield from self.pieces(path, TEXTS[spec["syntax"]])
        elif "inside" in spec:
            yield from self.inside(path, spec)
        elif "class" in spec:
            yield self.mark(path, spec["class"])
            for prefix, special in spec.get("prefixes", {}).items():
                yield self.mark(path, special, before=prefix)
        yield from self.doubtful(path, node)

    # ---- Pairs -----------------------------------------------------------------------------------

    def name(self, path, spec, kind_of_value):
        """A mark in the place of a pair's name, if it has one."""
        known = "name" in spec["pairs"]
        return self.spell(self.text(path + ".name", kind_of_value)) if known else None

    def pair(self, path, spec, select, name, value):
        """A pair in both orders, where it can have two."""
        words = spec["pairs"]
        if words.get("name") == "[0]":
            return [f"[{name},{value}]"]
        members = []
        if "separator" in words:
            name = json.dumps(select + words["separator"])[:-1] + name[1:] if select else name
        elif select is not None:
            members.append((words["select"], json.dumps(select)))
        if "name" in words and name is not None:
            members.append((words["name"], name))
        members.append((words["value"], value))
        texts = [f"{self.named(key)}:{text}" for key, text in members]
        numeric = [text.replace(f'"{select}"', str(select)) for text in texts]
        if not (select or "").isdigit() or "separator" in words:
            numeric = texts
        return ["{" + ",".join(texts) + "}", "{" + ",".join(numeric[::-1]) + "}"]

    def header_names(self, name_of_table, most=99):
        """Class and name, for names of every class of a table and some that are in none."""
        most = min(most, self.names)
        for kind_of_value, names in tree.table(name_of_table).items():
            if most or self.now():
                yield from ((kind_of_value, name) for name in names[: most or 1])
        for name in [*rules.ALLOWED, "x-something-else"]:
            if most or self.now():
                yield "header", name

    def by_table(self, path, spec, name_of_table, select=None):
        """A pair for every name of a table, and for some that are in none."""
        found = []
        for kind_of_value, name in self.header_names(name_of_table, 99 if select is None else 2):
            # A value that is no string makes the pair one that nobody can read.
            kind_of_value = "doomed" if self.kind == "number" else kind_of_value
            value = self.mark(path + ".value", kind_of_value, name)
            found += self.pair(path, spec, select, json.dumps(name.title()), value)
        doomed = self.spell(self.text(path + ".name", "doomed"))
        for value in ('"-"', self.mark(path + ".value", "doomed")):
            found += self.pair(path, spec, select, doomed, value)
        return found

    def by_select(self, path, spec):
        found = []
        for select, kind_of_value in spec["classes"].items():
            if not self.names and not self.now():
                continue
            if kind_of_value.startswith("@"):
                found += self.by_table(path, spec, kind_of_value[1:], select)
                continue
            value = self.mark(path + ".value", kind_of_value)
            found += self.pair(path, spec, select, self.name(path, spec, "key"), value)
        for select in ("NOBODY_KNOWS", ""):
            value = self.mark(path + ".value", "doomed")
            found += self.pair(path, spec, select, self.name(path, spec, "doomed"), value)
        return found

    def broken_pairs(self, path, spec):
        """Pairs of which nobody can say what the value is."""
        words = spec["pairs"]
        gone = lambda: self.mark(path + ".value", "doomed")
        name = lambda: self.spell(self.text(path + ".name", "doomed"))
        if words.get("name") == "[0]":
            yield from (f"[{gone()}]", f'["Accept",{gone()},{gone()}]', f"[7,{gone()}]")
            yield from (f"[null,{gone()}]", f'["",{gone()}]', f'[["Accept"],{gone()}]')
            yield from (f'["Accept",{{"a":{gone()}}}]', f'["Accept",[{gone()}]]', f"[{name()},null]")
            yield from (f'{{"0":"Accept","1":{gone()}}}', f"[[{name()},{gone()}]]", gone())
            return
        first = self.named(words.get("select", words.get("name")))
        value = self.named(words["value"])
        known, second = ('"Accept"', '"Cookie"')
        if isinstance(spec["classes"], dict):
            selects = (list(spec["classes"]) * 2)[:2]
            behind = words["separator"] + "accept" if "separator" in words else ""
            known, second = (json.dumps(select + behind) for select in selects)
        if "separator" in words:
            yield f"{{{first}:{json.dumps(selects[0])},{value}:{gone()}}}"
        yield f"{{{value}:{gone()}}}"
        yield f"{{{first}:{known},{value}:{gone()},{first}:{second}}}"
        yield f"{{{first}:true,{value}:{gone()}}}"
        yield f"{{{first}:null,{value}:{gone()}}}"
        yield f'{{{first}:"",{value}:{gone()}}}'
        yield f"{{{first}:[{known}],{value}:{gone()}}}"
        yield f'{{{first}:{known},{value}:{{"a":{gone()}}}}}'
        yield f"{{{first}:{known},{value}:[{gone()}]}}"
        yield f"{{{first}:{known},{value}:7,{value}:{gone()}}}"
        yield f"{{{first}:{name()},{value}:{gone()}}}"
        yield f"{{{first}:{name()}}}"
        more = ",".join(self.unlisted(path))
        yield f"{{{first}:{known},{value}:7,{more}}}"
        yield gone()

    def pairs(self, path, spec):
        if isinstance(spec["classes"], str):
            found = self.by_table(path, spec, spec["classes"])
            if "name" in spec["pairs"] and spec["pairs"]["name"] != "[0]":
                accept = self.pair(path, spec, None, '"accept"', self.mark(path, "header", "accept"))
                found += [text[:-1] + "," + ",".join(self.unlisted(path)) + "}" for text in accept]
        else:
            found = self.by_select(path, spec)
        return found + list(self.broken_pairs(path, spec))

    # ---- Containers ------------------------------------------------------------------------------

    def unlisted(self, path):
        """Members that nobody lists, with marks in keys and values."""
        gone = lambda: self.mark(path + ".*", "unlisted")
        return [
            f"{self.key(path)}:{gone()}",
            f'{self.key(path)}:{{{self.key(path)}:{gone()},"a":[{gone()},[{gone()}]]}}',
            f'"_wafveil":{{"a":{gone()}}}',
        ]

    def by_name(self, path, node, in_array):
        """Members whose names tell their classes."""
        spec = (node.element if in_array else node).spec
        wrap = (lambda text: f"[{text},{text}]") if in_array else str
        for kind_of_value, name in self.header_names(spec["classes"]):
            value = self.mark(path, kind_of_value, name)
            yield f"{json.dumps(name.title())}:{wrap(value)}"
        for value in ('"-"', "7", "{}", self.mark(path, "doomed")):
            yield f"{self.key(path)}:{wrap(value)}"
        for value in self.doubtful(path, node):
            yield f'"Accept":{value}'

    def any_members(self, path, node):
        """Members with any name at all."""
        path += "{}"
        by_name = False
        for in_array in (False, True):
            inner = node.element if in_array else node
            if inner and inner.spec and set(inner.spec) == {"classes"}:
                yield from self.by_name(path, node, in_array)
                by_name = True
        if by_name:
            return
        for number, value in enumerate(self.values(path, node)):
            yield f'"a{number}":{value}'
        for value in self.values(path, node):
            yield f"{self.key(path, 'key')}:{value}"
        for value in ('"-"', "null", "7"):
            yield f"{self.key(path, 'key', before='x/')}:{value}"

    def element(self, path, node):
        """The elements of an array."""
        spec = node.spec or {}
        if "pairs" in spec:
            return self.pairs(path, spec)
        if spec.get("joined") and self.kind == "split":
            mark = self.marks.new("split", path, spec["class"])
            return [json.dumps(part) for part in re.split(r"(@|\.)", mark)]
        found = [self.mark(path, spec["class"])] if spec.get("joined") else [*self.values(path, node)]
        found.append(f"[{self.mark(path, 'unlisted')}]")
        # An object behind something else is an object still.
        if node.members and path.count("[]") == 1 and self.now():
            found.append(self.object(path, node))
        return found

    def values(self, path, node):
        record = bool(node.spec) and "record" in node.spec
        if path in self.left_out or record and "class" not in node.spec and not self.carries(path):
            return
        if node.spec:
            yield from self.leaf(path, node)
        if path in self.fixed or self.carries(path):
            return
        if node.element:
            yield "[" + ",".join(self.element(path + "[]", node.element)) + "]"
        if node.members or node.any:
            yield self.object(path, node)
        is_container = node.element or node.members or node.any
        if not node.spec and is_container and not self.is_fixed(path) and self.now():
            yield self.mark(path, "unlisted")
            if not node.element:
                yield f"[{self.mark(path, 'unlisted')}]"

    def carries(self, path):
        return self.carried is not None and path == self.carried[0]

    def is_fixed(self, path):
        """Whether detection looks at something at the path or below it."""
        return any(f"{known}.".startswith(f"{path}.") for known in self.fixed)

    def dotted(self, path, node, before=""):
        """The same members once more, with keys that stand for objects inside each other."""
        for name, inner in node.members.items():
            whole = f"{before}{name}"
            inner_path = f"{path}.{name}".lstrip(".")
            if before and not self.is_fixed(inner_path):
                yield from (
                    f"{self.named(whole)}:{value}" for value in self.values(inner_path, inner)
                )
            if inner.members and self.now():
                yield f"{self.key(path, before=whole + '.x ')}:{self.mark(path + '.*', 'unlisted')}"
            yield from self.dotted(inner_path, inner, whole + ".")

    def object_members(self, path, node):
        if not node.any and path.count("[]") < 2 and self.thin == 1:
            yield from self.unlisted(path)
        for name, inner in node.members.items():
            for value in self.values(f"{path}.{name}".lstrip("."), inner):
                # Where members may have any name, what is no object is one of those.
                if inner.spec or not node.any or value[0] == "{":
                    yield f"{self.named(name)}:{value}"
        if node.any:
            yield from self.any_members(path, node.any)
            yield f'"_wafveil":{{"a":{self.mark(path, "doomed")}}}'
        elif self.thin == 1 or self.now():
            yield from self.unlisted(path)

    def object(self, path, node):
        return "{" + ",".join(self.object_members(path, node)) + "}"

    def record(self):
        members = list(self.object_members("", self.root))
        if self.form.get("dotted"):
            members += self.dotted("", self.root)
        return "{" + ",".join(members) + "}"
