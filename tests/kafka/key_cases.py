"""Tests of keys that change while the service runs."""
import base64
import json
import os
import re
import signal

from cases import test
from harness import call, consume, fill, until


def in_memory(pid, pieces):
    """Which of the pieces stand in what the process may write to."""
    found = set()
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            where, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            begin, end = (int(x, 16) for x in where.split("-"))
            memory.seek(begin)
            left, before = end - begin, b""
            while left > 0:
                try:
                    part = memory.read(min(left, 1 << 20))
                except OSError:
                    break
                if not part:
                    break
                found |= {piece for piece in pieces if piece in before + part}
                left, before = left - len(part), part[-64:]
    return found


def destroy(env, service, epoch):
    """As an operator does it: look at the list, then say its code."""
    command = [env.binary, "keys", "destroy", "--epoch", epoch,
               "--config", os.path.join(service.folder, "wafveil.json")]
    code = re.search(r"--confirm ([0-9a-f]{8})", call(*command)).group(1)
    call(*command, "--confirm", code, "--reason", "test", "--requester", "test")


@test
def a_destroyed_key_leaves_the_process(env):
    """What was taken out of the key file is in no corner of the process a moment after SIGHUP, no
    token is made with it, and the process says so."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = env.service(source, target)
    keys = os.path.join(service.folder, "own-keys")
    service.config["keys"] = {"file": keys}
    service.write()
    call(env.binary, "keys", "init", "--config", os.path.join(service.folder, "wafveil.json"),
         "--from", "2026-11-01")
    fill(b, source, 0, 100)
    service.start()
    service.idle()
    until("tokens", lambda: service.metric("wafveil_tokens_total") > 0)
    assert service.metric("wafveil_tokens_without_key_total") == 0
    with open(keys, encoding="utf-8") as file:
        document = json.load(file)
    texts = [e["secret"] for d in document["domains"].values() for e in d["epochs"]]
    secrets = [base64.b64decode(text) for text in texts]
    looks = os.geteuid() == 0  # others may not look into the process, not even its own user
    if looks:
        assert in_memory(service.process.pid, secrets) == set(secrets), "the search finds nothing"

    left = {name: dict(d, epochs=d["epochs"][-1:]) for name, d in document["domains"].items()}
    last = {d["epochs"][0]["id"] for d in left.values()}
    for epoch in sorted({e["id"] for d in document["domains"].values() for e in d["epochs"]} - last):
        destroy(env, service, epoch)
    service.process.send_signal(signal.SIGHUP)
    gone = len(secrets) - len(left)
    until("the end", lambda: service.metric("wafveil_keys_forgotten_total") == gone)
    assert service.metric("wafveil_old_keyrings") == 0
    assert service.metric("wafveil_key_epochs") == len(left)
    assert [e["epochs"] for e in service.events("keys_forgotten")] == [gone]
    if looks:
        kept = {base64.b64decode(d["epochs"][0]["secret"]) for d in left.values()}
        there = in_memory(service.process.pid, secrets + [t.encode() for t in texts])
        assert there == kept, f"{len(there - kept)} of what was destroyed is in memory"

    fill(b, source, 100, 100)
    service.idle()
    until("the numbers", lambda: service.metric("wafveil_tokens_without_key_total") > 0)
    assert service.stop() == 0
    assert len(consume(b, target)) == 800
    assert not [text for text in texts if text in service.log()]
