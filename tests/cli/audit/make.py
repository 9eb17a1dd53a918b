#!/usr/bin/env python3
"""make.py FOLDER — writes audit.jsonl: two processes one after the other, sealed as the guide says.

Shares nothing with the program, so that what the program reads is what was described.
"""
import hashlib
import json
import os
import sys

ZEROS = "0" * 64


class Chain:
    def __init__(self, chain, instance):
        self.chain, self.instance, self.seq, self.head = chain, instance, 0, ZEROS

    def record(self, time, event, **more):
        text = json.dumps({"v": 1, "instance": self.instance, "chain": self.chain, "seq": self.seq,
                           "time": time, "event": event, **more, "previous": self.head},
                          separators=(",", ":"))[:-1]
        self.head = hashlib.sha256(text.encode()).hexdigest()
        self.seq += 1
        return f'{text},"hash":"{self.head}"}}\n'


def output(name, kind, purpose, recipient, **disclosed):
    published = max(disclosed.values(), default=0)
    return {"output": name, "purpose": purpose, "basis": "legitimate_interest",
            "recipient": recipient, "kind": kind, "country": "US", "published": published,
            "stubs": 0, "withheld": 2 if kind == "processor" else 0, "disclosed": disclosed}


def window(chain, time, begin, tenant, region, **collected):
    given = [output("soc", "own", "security", "own-soc", **collected),
             output("stats", "processor", "analytics", "counter",
                    **{k: v for k, v in collected.items() if k in ("geo", "uri_path")})]
    group = {"tenant": tenant, "regions": [region], "input": "waf.raw", "format": "aws-waf",
             "records": max(collected.values()), "collected": collected, "outputs": given}
    return chain.record(time, "window", plan="0a1b2c3d", **{"from": begin}, until=time, unread=1,
                        groups=[group])


def main():
    first, second = Chain("a" * 32, "waf-1"), Chain("b" * 32, "waf-1")
    lines = [
        first.record("2026-11-20T08:00:00.000Z", "started", version="0.1.0", after=[]),
        window(first, "2026-11-20T08:01:00.000Z", "2026-11-20T08:00:00.000Z", "shop",
               "us-ca@11111111", client_ip=120, cookie=40, uri_path=120, geo=118),
        window(first, "2026-11-21T00:01:00.000Z", "2026-11-21T00:00:00.000Z", "media",
               "eu@22222222", client_ip=7, uri_path=7),
        first.record("2026-11-21T00:01:05.000Z", "stopped", exit=0, signal=15),
    ]
    lines += [
        second.record("2026-11-21T09:00:00.000Z", "started", version="0.1.0",
                      after=[{"chain": first.chain, "seq": first.seq - 1, "hash": first.head}]),
        window(second, "2026-11-21T09:01:00.000Z", "2026-11-21T09:00:00.000Z", "shop",
               "us-ca@11111111", client_ip=30, auth_header=3, uri_path=30),
    ]
    with open(os.path.join(sys.argv[1], "audit.jsonl"), "w", encoding="utf-8") as file:
        file.writelines(lines)


if __name__ == "__main__":
    main()
