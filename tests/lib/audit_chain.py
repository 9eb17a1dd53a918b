#!/usr/bin/env python3
"""audit_chain.py [FILE…] — verifies audit records as a stranger would, by the guide alone.

Shares nothing with the program: a line is cut before its last member, hashed, and compared; each
chain's records must follow each other. Says the first break of each, and exits with 1.
"""
import fileinput
import hashlib
import json
import re
import sys

END = re.compile(rb',"hash":"([0-9a-f]{64})"}$')


def verify(lines):
    """Yields (number of the line, what is wrong) for the first break of each chain."""
    heads, broken = {}, set()
    for number, line in enumerate(lines, 1):
        line = line.rstrip(b"\r\n")
        end = END.search(line)
        if not end:
            yield number, "no record"
            continue
        record = json.loads(line)
        chain, seq = record["chain"], record["seq"]
        last_seq, last_hash = heads.get(chain, (-1, "0" * 64))
        if chain in broken:
            continue
        if hashlib.sha256(line[:end.start()]).hexdigest() != end[1].decode():
            fault = "changed"
        elif seq == last_seq and record["hash"] == last_hash:
            continue
        elif seq != last_seq + 1:
            fault = "missing or again"
        elif record["previous"] != last_hash:
            fault = "does not follow"
        else:
            heads[chain] = seq, record["hash"]
            continue
        broken.add(chain)
        yield number, fault


def main():
    faults = list(verify(fileinput.input(mode="rb")))
    for number, fault in faults:
        print(f"{number}: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
