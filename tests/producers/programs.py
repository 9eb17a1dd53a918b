"""Web servers of our own around libraries of others that write logs: Coraza (JSON, its older JSON, and
OCSF) and Elastic's own for the Elastic Common Schema.

Both are built once, from sources whose sums stand beside them; that needs Go or Node and the network.
"""

import os
import shutil
import subprocess

import processes

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(HERE, ".cache")


def output_of(command, folder):
    """What is wrong, or nothing."""
    if shutil.which(command[0]) is None:
        return f"there is no {command[0]}"
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    return "" if done.returncode == 0 else done.stderr.decode(errors="replace").strip()[-300:]


def is_newer(path, sources):
    return os.path.exists(path) and all(os.path.getmtime(path) >= os.path.getmtime(one)
                                        for one in sources)


class Program:
    """Prints a line "NAME ADDRESS:PORT" for each of its servers; ends with its standard input."""

    def __init__(self, folder):
        self.folder, self.process, self.ports = folder, None, {}

    def start(self):
        with open(os.path.join(self.folder, "errors"), "wb") as errors:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=errors)
        for _ in self.sources:
            words = self.process.stdout.readline().decode().split()
            if len(words) != 2:
                with open(os.path.join(self.folder, "errors"), encoding="utf-8") as errors:
                    raise AssertionError("the server does not start: " + errors.read()[-1000:])
            self.ports[words[0]] = int(words[1].rsplit(":", 1)[1])

    def stop(self):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.stdin.close()
        processes.wait_for_end(self.process)

    def lines(self):
        found = {}
        for source, name in self.sources.items():
            with open(os.path.join(self.folder, name), "rb") as file:
                found[source] = [line for line in file.read().split(b"\n") if line]
        return found


class Coraza(Program):
    sources = {"coraza": "JSON.log", "coraza-legacy": "JsonLegacy.log", "coraza-OCSF": "OCSF.log"}
    least = {"coraza": 100, "coraza-legacy": 100, "coraza-OCSF": 100}

    @staticmethod
    def provide():
        source = os.path.join(HERE, "coraza")
        files = [os.path.join(source, name) for name in ("main.go", "go.mod", "go.sum")]
        if is_newer(os.path.join(CACHE, "coraza"), files):
            return ""
        return output_of(["go", "build", "-o", os.path.join(CACHE, "coraza"), "."], source)

    def command(self):
        return [os.path.join(CACHE, "coraza"), self.folder]


class Ecs(Program):
    sources = {"ECS": "ecs.log"}
    least = {"ECS": 100}

    @staticmethod
    def provide():
        source, target = os.path.join(HERE, "ecs"), os.path.join(CACHE, "ecs")
        files = [os.path.join(source, name) for name in os.listdir(source)]
        if is_newer(os.path.join(target, "done"), files):
            return ""
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
        problem = output_of(["npm", "ci", "--no-audit", "--no-fund"], target)
        if not problem:
            with open(os.path.join(target, "done"), "wb"):
                pass
        return problem

    def command(self):
        return ["node", os.path.join(CACHE, "ecs", "server.js"), os.path.join(self.folder, "ecs.log")]
