"""What the tests of the service against a real broker are made of: a broker, topics, records with a
number each, the built program as a process, and a checker that compares the numbers.

kcat writes the input and reads the outputs, so that both sides are independent of the program.
"""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# Keys are made for now: an event of another year would get no token.
NOW_MS = int(time.time() * 1000)

# Stand in every record and must stand in no output, reject or log line.
SECRETS = ["203.0.113.77", "canary.person@example.net", "CANARYSESSION4711"]


def call(*command, stdin=None, check=True):
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=120)
    if check and done.returncode != 0:
        raise AssertionError(f"{os.path.basename(command[0])} {command[1:4]} ended with "
                             f"{done.returncode}: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout.decode(errors="replace")


def private(path, flags):
    """Opens a file that may hold a secret."""
    return os.open(path, flags, 0o600)


PATIENCE = 4  # how many times longer a busy machine may take


def until(what, condition, seconds=30.0, every=0.1):
    """Waits until the condition holds and returns its value."""
    end = time.monotonic() + PATIENCE * seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE * seconds} s: {what}")
        time.sleep(every)


class Broker:
    def __init__(self, authorizer=True):
        kind = ["secure"] if authorizer else []
        self.folder = call(f"{HERE}/kbroker", "new", str(os.getpid()), *kind).strip()
        self.address = call(f"{HERE}/kbroker", "address", self.folder).strip()
        self.listeners = {name: call(f"{HERE}/kbroker", "address", f"{self.folder}/{name}").strip()
                          for name in ("secure", "sasl", "mutual", "expired") if authorizer}
        self.secure = self.listeners.get("secure")
        self.tls = os.path.join(self.folder, "tls")
        self.admin_tool = os.path.join(self.folder, "kadmin")
        flags = call("pkg-config", "--cflags", "--libs", "rdkafka").split()
        call(os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-O1", f"{HERE}/kadmin.c",
             "-o", self.admin_tool, *flags)
        self.topics = 0
        self.start()

    def start(self):
        call(f"{HERE}/kbroker", "start", self.folder)

    def stop(self):
        call(f"{HERE}/kbroker", "stop", self.folder)

    def kill(self):
        call(f"{HERE}/kbroker", "kill", self.folder)

    def remove(self):
        call(f"{HERE}/kbroker", "remove", self.folder)

    def admin(self, *arguments):
        return call(self.admin_tool, self.address, *map(str, arguments))

    def name(self, word):
        """A name that no other test uses: clients remember topics that were made anew."""
        self.topics += 1
        return f"{word}-{self.topics}"

    def topic(self, word, partitions=4, *config):
        name = self.name(word)
        self.admin("create", name, partitions, *config)
        return name

    def committed(self, group, topic):
        lines = self.admin("committed", group, topic).split("\n")
        return {int(l.split()[0]): int(l.split()[1]) for l in lines if l}


def record(partition, number, padding=""):
    """A log line of AWS WAF. The rule's name, which nothing covers, carries its number."""
    return json.dumps({
        "timestamp": NOW_MS + number, "formatVersion": 1,
        "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0a1b",
        "terminatingRuleId": f"rule-{partition}-{number}", "terminatingRuleType": "REGULAR",
        "action": "BLOCK", "terminatingRuleMatchDetails": [], "httpSourceName": "ALB",
        "httpSourceId": "111122223333-app/shop/0011223344556677", "ruleGroupList": [],
        "rateBasedRuleList": [], "nonTerminatingMatchingRules": [],
        "httpRequest": {
            "clientIp": SECRETS[0], "country": "DE",
            "headers": [{"name": "Host", "value": "shop.example.com"},
                        {"name": "Cookie", "value": f"sid={SECRETS[2]}"},
                        {"name": "X-Forwarded-For", "value": SECRETS[0]},
                        {"name": "User-Agent", "value": "Mozilla/5.0 (X11; Linux x86_64)"}],
            "uri": "/account", "args": f"mail={SECRETS[1]}&q=1%27%20OR%201=1{padding}",
            "httpVersion": "HTTP/2.0", "httpMethod": "GET", "requestId": f"id-{number}"},
        "labels": [{"name": "awswaf:clientip:geo:country:DE"}]}, separators=(",", ":"))


def produce(broker, topic, partition, lines, *options):
    call("kcat", "-P", "-b", broker.address, "-t", topic, "-p", str(partition), "-X",
         "linger.ms=5", *options, stdin=("\n".join(lines) + "\n").encode())


def fill(broker, topic, first, count, partitions=4):
    for partition in range(partitions):
        produce(broker, topic, partition,
                [record(partition, n) for n in range(first, first + count)])


class Message:
    def __init__(self, line):
        partition, offset, self.key, self.headers, time_ms, self.value = line.split("\t", 5)
        self.partition, self.offset, self.time_ms = int(partition), int(offset), int(time_ms)
        found = re.search(r'"terminatingRuleId":"rule-(\d+)-(\d+)"', self.value)
        self.number = (int(found[1]), int(found[2])) if found else None


def consume(broker, topic):
    """Everything that stands in the topic now, by partition and offset."""
    text = call("kcat", "-C", "-q", "-e", "-b", broker.address, "-t", topic, "-o", "beginning",
                "-X", "fetch.wait.max.ms=20", "-f", "%p\t%o\t%k\t%h\t%T\t%s\n")
    messages = [Message(line) for line in text.split("\n") if line]
    return sorted(messages, key=lambda m: (m.partition, m.offset))


def ends(broker, topic, partitions=4):
    """The end of each partition."""
    text = call("kcat", "-Q", "-b", broker.address,
                *[word for p in range(partitions) for word in ("-t", f"{topic}:{p}:-1")],
                check=False)
    return {int(p): int(n) for p, n in re.findall(r"\[(\d+)\] offset (\d+)", text)}


def count(broker, topic):
    """How many records the topic has, without reading them."""
    return sum(ends(broker, topic).values())


def no_secret(what, texts):
    for text in texts:
        for secret in SECRETS:
            assert secret not in text, f"a protected value stands in {what}"


def same_records(messages, expected, doubles=False, ordered=True):
    """The numbers of the messages are exactly the expected ones. With doubles, a record may come
    again, byte for byte; without, every record comes once and in order."""
    seen, values = [], {}
    for message in messages:
        if message.number is None:
            continue
        if message.number in values:
            assert doubles, f"record {message.number} came twice"
            assert values[message.number] == message.value, "a repeated record is not the same"
            continue
        values[message.number] = message.value
        seen.append(message.number)
    missing = expected - set(seen)
    assert not missing, f"{len(missing)} records are missing, the first is {min(missing)}"
    assert not set(seen) - expected, "there are records that nobody wrote"
    if ordered:
        last = {}
        for partition, number in seen:
            assert number > last.get(partition, -1), f"partition {partition} is out of order"
            last[partition] = number


def numbers(first, total, partitions=4):
    return {(p, n) for p in range(partitions) for n in range(first, first + total)}


class Service:
    """The program under test as a process."""

    def __init__(self, binary, broker, **sections):
        self.folder = tempfile.mkdtemp(prefix="service-", dir=broker.folder)
        self.binary, self.broker, self.process, self.runs = binary, broker, None, 0
        self.config = {
            "kafka": {"bootstrap.servers": broker.address, "group.id": broker.name("group"),
                      "session.timeout.ms": "6000", "heartbeat.interval.ms": "500"},
            "regions": [{"from": "tenant"}],
            "http": {"listen": "127.0.0.1:0"},
            "delivery": {"lanes": 2, "commit_ms": 200, "drain_ms": 10000},
        }
        self.config.update(sections)

    @classmethod
    def between(cls, binary, broker, source, target, rejects=None, **sections):
        one = {"topic": source, "format": "aws-waf",
               "tenant": {"from": "fixed", "name": "acme", "region": "eu"}}
        out = {"name": "soc", "topic": target, "purpose": "security"}
        if rejects is not None:
            sections["rejects"] = {"topic": rejects}
        keys = os.path.join(broker.folder, "keys")
        return cls(binary, broker, inputs=[one], outputs=[out], keys={"file": keys}, **sections)

    def group(self):
        return self.config["kafka"]["group.id"]

    def write(self):
        path = os.path.join(self.folder, "wafveil.json")
        with open(path, "w", encoding="utf-8", opener=private) as file:
            json.dump(self.config, file, indent=2)
        keys = self.config.get("keys", {}).get("file")
        if keys is not None and not os.path.exists(keys):
            call(self.binary, "keys", "init", "--config", path)
        return path

    def check(self, *options):
        done = subprocess.run([self.binary, "check", "--config", self.write(), *options],
                              capture_output=True, timeout=60)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def topics(self):
        """What `check --legal --brokers` says: exit code, topics by name, texts of findings."""
        done = subprocess.run([self.binary, "check", "--config", self.write(), "--legal",
                               "--brokers", "--format", "json"], capture_output=True, timeout=60)
        page = json.loads(done.stdout)
        findings = [(finding["at"], finding["text"]) for finding in page["findings"]
                    if finding["at"].endswith("/topic")]
        return done.returncode, {t["topic"]: t for t in page["topics"]}, findings

    def start(self, ready=True, await_listener=True):
        path = self.write()
        self.runs += 1
        self.log_path = os.path.join(self.folder, f"log.{self.runs}")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([self.binary, "run", "--config", path], stderr=log,
                                            stdout=log)
        if not await_listener:
            return self
        self.port = until("a line with the port of the listener",
                          lambda: self.events("listening") or self.ended())[0]["port"]
        if ready:
            until("ready", self.ready)
        return self

    def ended(self):
        if self.process.poll() is not None:
            raise AssertionError(f"it ended with {self.process.returncode}: {self.log()[-2000:]}")
        return None

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def events(self, word):
        found = []
        for line in self.log().split("\n"):
            if line.startswith("{"):
                try:
                    event = json.loads(line)
                except json.JSONDecodeError:
                    continue  # half written
                if event["event"] == word:
                    found.append(event)
        return found

    def get(self, path):
        """Status and text; (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self):
        self.ended()
        return self.get("/readyz")[0] == 200

    def metric(self, name):
        text = self.get("/metrics")[1]
        return sum(float(v) for v in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.M))

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self, seconds=30):
        try:
            code = self.process.wait(timeout=PATIENCE * seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"it did not end: {self.log()[-2000:]}") from None
        no_secret("the log", [self.log()])
        return code

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def idle(self):
        """Everything that stands in the inputs is done and committed."""
        def through():
            self.ended()
            for entry in self.config["inputs"]:
                group = entry.get("kafka", {}).get("group.id", self.group())
                done = self.broker.committed(group, entry["topic"])
                if any(max(done[p], 0) < end
                       for p, end in ends(self.broker, entry["topic"], len(done)).items()):
                    return False
            return True
        until("nothing left to do", through, 60)
