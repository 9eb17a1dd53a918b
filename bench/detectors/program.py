"""Asks the program what it finds."""

import subprocess
import typing


class Hit(typing.NamedTuple):
    label: str
    begin: int
    end: int


class Problem(Exception):
    """The program did not do what is asked of it."""


def hits_of(line):
    """None: more than is looked through, so that the engine would take the whole value away."""
    if line == b"!":
        return None
    found = []
    for word in line.decode().split(",") if line != b"-" else ():
        label, _, span = word.partition("@")
        begin, _, end = span.partition("-")
        found.append(Hit(label, int(begin), int(end)))
    return found


def detect(binary, texts, region="", names=True, config=""):
    """The hits in each of the texts (bytes without a line feed); region "": all of them; config "": none."""
    command = [binary, "detect", *(["--region", region] if region else []), *(["--names"] if names else []),
               *(["--config", config] if config else [])]
    done = subprocess.run(command, input=b"\n".join(texts) + b"\n", capture_output=True, check=False)
    lines = done.stdout.split(b"\n")[:-1]
    if done.returncode != 0 or len(lines) != len(texts):
        raise Problem(f"{' '.join(command)} ended with {done.returncode} and {len(lines)} of {len(texts)} lines")
    return [hits_of(line) for line in lines]
