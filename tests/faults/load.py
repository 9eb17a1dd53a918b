"""What goes in, and how it is looked for in what comes out."""
import json
import os
import shutil
import signal
import subprocess

import cluster  # noqa: F401  the path to harness
import harness

CLIENTS = 48
POISON = 200  # of 100000


def raw_template(client, deep):
    """A log line of AWS WAF with values of one client; the name of a rule, which nothing covers,
    carries the number of a record."""
    entry = {
        "timestamp": harness.NOW_MS, "formatVersion": 1,
        "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0a1b",
        "terminatingRuleId": "rule-0-0-0", "terminatingRuleType": "REGULAR", "action": "BLOCK",
        "terminatingRuleMatchDetails": [], "httpSourceName": "ALB",
        "httpSourceId": "111122223333-app/shop/0011223344556677", "ruleGroupList": [],
        "rateBasedRuleList": [], "nonTerminatingMatchingRules": [],
        "httpRequest": {
            "clientIp": address(client), "country": "DE",
            "headers": [{"name": "Host", "value": "shop.example.com"},
                        {"name": "Cookie", "value": f"sid={session(client)}"},
                        {"name": "X-Forwarded-For", "value": address(client)},
                        {"name": "User-Agent", "value": "Mozilla/5.0 (X11; Linux x86_64)"}],
            "uri": "/account", "args": f"mail={mail(client)}&q=1%27%20OR%201=1",
            "httpVersion": "HTTP/2.0", "httpMethod": "GET", "requestId": f"CANARYREQUEST{client}x"},
        "labels": [{"name": "awswaf:clientip:geo:country:DE"}]}
    text = json.dumps(entry, separators=(",", ":"))
    return text[:-1] + ',"deep":' + "[" * 40 + "]" * 40 + "}" if deep else text


def address(client):
    return f"198.18.{client}.77"


def mail(client):
    return f"canary{client}.person@example.net"


def session(client):
    return f"CANARYSESSION{client}x4711"


CANARIES = [word for client in range(CLIENTS) for word in
            (address(client), mail(client), session(client), f"CANARYREQUEST{client}x")]


def write_lines(folder, name, lines):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def write_templates(folder, canaries=None):
    raw = [raw_template(c, deep) for deep in (False, True) for c in range(CLIENTS)]
    write_lines(folder, "raw", raw)
    write_lines(folder, "keys", [address(c) for c in range(CLIENTS)])
    write_lines(folder, "canaries", CANARIES if canaries is None else canaries)


def write_made(folder, name, binary, config_path):
    """What a policy makes of the templates, by the program alone: without Kafka nothing can be lost
    or doubled, and that it hides what it must is tested elsewhere. Searched all the same."""
    with open(os.path.join(folder, "raw"), "rb") as raw:
        done = subprocess.run([binary, "filter", "--config", config_path], stdin=raw,
                              capture_output=True, timeout=60, check=False)
    text = done.stdout.decode()
    lines = text.splitlines()
    assert len(lines) == 2 * CLIENTS, f"{len(lines)} of the templates came back"
    assert not any(word in text for word in CANARIES), "the policy lets a canary pass"
    write_lines(folder, name, lines)


def copy_made(folder, name):
    """For who copies the templates as they are."""
    shutil.copy(os.path.join(folder, "raw"), os.path.join(folder, name))


class Feeder:
    """Writes to the topic until stop()."""

    def __init__(self, env, topic, number, rate, count=0):
        self.words = [f"run={number}", f"seed={env.seed}", f"partitions={env.partitions}",
                      f"clients={CLIENTS}", f"poison={env.poison}", f"folder={env.templates}"]
        self.topic = topic
        self.process = subprocess.Popen(
            [env.cluster.feeder, f"brokers={env.cluster.direct.address}", f"topic={topic}",
             f"rate={rate}", f"count={count}", f"time={harness.NOW_MS}", *self.words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def stop(self):
        """Waits until everything is acknowledged; how many records each partition got."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self):
        out, err = self.process.communicate(timeout=900)
        assert self.process.returncode == 0, f"the feeder failed: {err.decode()[-500:]}"
        counts = dict(map(int, line.split()) for line in out.decode().splitlines())
        return [counts[p] for p in sorted(counts)]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()

    def check(self, env, outputs, rejects, fed, policies):
        """What the checker counts, and what it says about the first few."""
        done = subprocess.run(
            [env.cluster.checker, f"brokers={env.cluster.direct.address}", f"source={self.topic}",
             f"outputs={','.join(outputs)}", f"rejects={rejects}",
             f"fed={','.join(map(str, fed))}", f"policies={','.join(policies)}",
             f"values={int(env.only_values)}", *self.words],
            capture_output=True, timeout=3600, check=False)
        said = done.stderr.decode()
        assert done.returncode == 0, f"the checker failed: {said[-500:]}"
        return json.loads(done.stdout), said
