"""Which rules of the OWASP core rule set match a request, by libmodsecurity as Debian packages it.

    replay.py LIBRARY LEVEL SETUP RULES     requests as JSON, one a line; rules likewise

The library is loaded by a process of its own, which finds what it needs beside it (debian.py), and whose end
by a crash is an error here. Rules only detect, so that none hides another. Those that count and decide
by the sum (RULES_ABOUT_RULES) are left out of the result.
"""

import ctypes
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tests/producers"))
import debian  # noqa: E402
import webserver  # noqa: E402

Problem = debian.Problem
PACKAGES = debian.CORE_RULES
RULES_ABOUT_RULES = ("900", "901", "905", "949", "959", "980")
MATCH = re.compile(r'\[line "\d+"\] \[id "(\d+)"\].*?\[msg "([^"]*)"\]')
SETTINGS = """
SecRuleEngine DetectionOnly
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level={level},\\
    setvar:tx.blocking_paranoia_level={level},setvar:tx.detection_paranoia_level={level}"
Include {setup}
Include {rules}/*.conf
"""


# ---- In the process that measures ----------------------------------------------------------------


def provide():
    """Fetches what is not there yet. Raises Problem."""
    if not PACKAGES.is_provided():
        print(f"fetches {' and '.join(PACKAGES.packages)} and what they need from the distribution into\n"
              f"{PACKAGES.root}; nothing is installed", file=sys.stderr, flush=True)
        PACKAGES.provide()


def version():
    """The name by which the rule set calls itself."""
    with open(webserver.setup_file(PACKAGES), encoding="utf-8") as file:
        said = re.search(r"OWASP .* ver\. ?([0-9][0-9.a-z-]*)", file.read())
    return f"OWASP core rule set {said[1] if said else '(unknown version)'}"


def wanted(rule):
    return not rule.startswith(RULES_ABOUT_RULES)


class Replay:
    """Answers from memory where the same has been asked before."""

    def __init__(self, level):
        self.level, self.known, self.names = level, {}, {}

    @staticmethod
    def key(request):
        return json.dumps([request.method, request.target, request.headers])

    def ask(self, requests):
        """Reads them all at once; rules_of() has the answers then."""
        new = [key for key in dict.fromkeys(map(self.key, requests)) if key not in self.known]
        library = PACKAGES.find("/usr/lib/*/libmodsecurity.so.3", "/usr/lib/libmodsecurity.so.3")
        command = [sys.executable, os.path.abspath(__file__), library, str(self.level),
                   webserver.setup_file(PACKAGES), PACKAGES.path("/usr/share/modsecurity-crs/rules")]
        done = subprocess.run(command, input="".join(key + "\n" for key in new), capture_output=True,
                              text=True, check=False, env=PACKAGES.environment(), timeout=600)
        answers = done.stdout.splitlines()
        if done.returncode != 0 or len(answers) != len(new):
            raise Problem(f"libmodsecurity: exit {done.returncode}: {done.stderr[-300:]}")
        for key, answer in zip(new, answers):
            matches = [pair for pair in json.loads(answer) if wanted(pair[0])]
            self.names.update(matches)
            self.known[key] = frozenset(rule for rule, _ in matches)

    def rules_of(self, request):
        return self.known[self.key(request)]


# ---- In the process that has the library ---------------------------------------------------------

POINTER, TEXT, NUMBER, SIZE = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_size_t
LISTENER = ctypes.CFUNCTYPE(None, POINTER, TEXT)
FUNCTIONS = {
    "msc_init": (POINTER,),
    "msc_set_log_cb": (None, POINTER, LISTENER),
    "msc_create_rules_set": (POINTER,),
    "msc_rules_add": (NUMBER, POINTER, TEXT, POINTER),
    "msc_new_transaction": (POINTER, POINTER, POINTER, POINTER),
    "msc_process_connection": (NUMBER, POINTER, TEXT, NUMBER, TEXT, NUMBER),
    "msc_process_uri": (NUMBER, POINTER, TEXT, TEXT, TEXT),
    "msc_add_n_request_header": (NUMBER, POINTER, TEXT, SIZE, TEXT, SIZE),
    "msc_process_request_headers": (NUMBER, POINTER),
    "msc_process_request_body": (NUMBER, POINTER),
    "msc_transaction_cleanup": (None, POINTER),
}


class Engine:
    def __init__(self, path, settings):
        self.library = ctypes.CDLL(path)
        for name, (result, *arguments) in FUNCTIONS.items():
            function = getattr(self.library, name)
            function.restype, function.argtypes = result, arguments
        self.said = []
        # Kept, or Python frees what the library still calls.
        self.listener = LISTENER(lambda _, text: self.said.append(text.decode("utf-8", "replace")))
        self.engine = self.library.msc_init()
        self.library.msc_set_log_cb(self.engine, self.listener)
        self.rules = self.library.msc_create_rules_set()
        error = TEXT()
        if self.library.msc_rules_add(self.rules, settings.encode(), ctypes.byref(error)) < 0:
            sys.exit((error.value or b"rules cannot be read").decode("utf-8", "replace"))

    def matches(self, method, target, headers):
        """[rule, what it says of itself] of each rule, in the order in which they match."""
        self.said.clear()
        library = self.library
        one = library.msc_new_transaction(self.engine, self.rules, None)
        library.msc_process_connection(one, b"198.51.100.1", 4711, b"192.0.2.1", 443)
        library.msc_process_uri(one, target.encode(), method.encode(), b"1.1")
        for name, value in headers:
            name, value = name.encode(), value.encode()
            library.msc_add_n_request_header(one, name, len(name), value, len(value))
        library.msc_process_request_headers(one)
        library.msc_process_request_body(one)
        library.msc_transaction_cleanup(one)
        return [*dict(found.groups() for found in map(MATCH.search, self.said) if found).items()]


def main():
    library, level, setup, rules = sys.argv[1:]
    engine = Engine(library, SETTINGS.format(level=level, setup=setup, rules=rules))
    for line in sys.stdin:
        print(json.dumps(engine.matches(*json.loads(line))))


if __name__ == "__main__":
    main()
