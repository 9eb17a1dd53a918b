"""What deliveries are measured on: a broker away from the measured process, topics, processes."""
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "kafka"))
import harness  # noqa: E402

LANES = 2
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1
MODES = ("at_least_once", "exactly_once")


def split_cores():
    """The measured process's cores and everybody else's; the same where there is only one."""
    cores = sorted(os.sched_getaffinity(0))
    return (set(cores[:-1]), {cores[-1]}) if len(cores) > 1 else (set(cores), set(cores))


class Broker(harness.Broker):
    """One that has all its threads on the cores that are not measured."""

    def __init__(self, cores, settings=()):
        self.cores, self.settings = cores, settings
        super().__init__(authorizer=False)

    def start(self):
        with open(os.path.join(self.folder, "server.properties"), "a", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in self.settings)
        super().start()
        for thread in os.listdir(f"/proc/{self.pid()}/task"):
            try:
                os.sched_setaffinity(int(thread), self.cores)
            except ProcessLookupError:
                pass  # it has ended; those that come later take after those that are there

    def pid(self):
        with open(os.path.join(self.folder, "pid"), encoding="ascii") as file:
            return int(file.read())


class Bed:
    def __init__(self, programs, settings=()):
        self.programs = programs  # folder of wafveil, bench_delivery, bench_passthrough
        self.measured, self.others = split_cores()
        os.sched_setaffinity(0, self.others)  # and all that is started from here
        self.brokers = [Broker(self.others, settings)]  # with these lines more in its properties
        self.inputs = {}

    def close(self):
        for broker in self.brokers:
            broker.remove()

    def broker(self):
        return self.brokers[0]

    def second_broker(self):
        if len(self.brokers) == 1:
            self.brokers.append(Broker(self.others))
        return self.brokers[1]

    def program(self, name):
        return os.path.join(self.programs, name)

    def call(self, *arguments, cores=None, timeout=900):
        """The helper's answer."""
        done = subprocess.run([self.program("bench_delivery"), *map(str, arguments)],
                              capture_output=True, timeout=timeout,
                              preexec_fn=lambda: os.sched_setaffinity(0, cores or self.others))
        if done.returncode != 0:
            raise RuntimeError(f"bench_delivery {arguments[0]}: "
                               f"{done.stderr.decode(errors='replace').strip()[-600:]}")
        return json.loads(done.stdout)

    def filled(self, size, codec, total):
        """A topic with so many bytes of records: (name, records). Made once."""
        if (size, codec) not in self.inputs:
            topic = self.broker().topic(f"in-{size}-{codec}")
            config = self.config(topic, "none", codec=codec)
            count = total // size
            self.inputs[size, codec] = (topic, self.call("fill", config, size, count)["records"])
        return self.inputs[size, codec]

    def drop(self, size, codec):
        topic, _ = self.inputs.pop((size, codec))
        self.broker().admin("delete", topic)

    def config(self, source, target, mode=MODES[0], codec="lz4", commit_ms=1000, out=None, limits=None,
               properties=None):
        """The path of a configuration for a new group, with more properties of librdkafka's."""
        b = self.broker()
        output = {"name": "soc", "topic": target, "purpose": "security"}
        if out is not None:
            output["kafka"] = {"bootstrap.servers": out.address}
        text = {
            "kafka": {"bootstrap.servers": b.address, "group.id": b.name("group"),
                      "auto.offset.reset": "earliest", "compression.codec": codec,
                      **(properties or {})},
            "inputs": [{"topic": source, "format": "aws-waf",
                        "tenant": {"from": "fixed", "name": "acme", "region": "eu"}}],
            "regions": [{"from": "tenant"}],
            "outputs": [output],
            "http": {"listen": "127.0.0.1:0"},
            "limits": limits or {},
            "delivery": {"mode": mode, "lanes": LANES, "commit_ms": commit_ms},
        }
        if mode == "exactly_once":  # its producers keep their name over a restart
            text["instance"] = "bench"
        handle, path = tempfile.mkstemp(prefix="delivery-", suffix=".json", dir=b.folder)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(text, file, indent=2)
        return path

    def refused(self, mode):
        """Why `check` refuses the mode; None: it does not."""
        path = self.config("in", "out", mode=mode)
        done = subprocess.run([self.program("wafveil"), "check", "--config", path],
                              capture_output=True, timeout=60)
        if done.returncode == 0:
            return None
        text = (done.stdout + done.stderr).decode(errors="replace").strip()
        found = [line for line in text.split("\n") if "mode" in line or "once" in line]
        return re.sub(r"^\S*?:\d+:\d+: ", "", (found or text.split("\n"))[0])

    def modes(self, wanted):
        """Those that this program has; what is left out is said."""
        modes = []
        for mode in MODES if wanted is None else [wanted]:
            why = self.refused(mode)
            if why is None:
                modes.append(mode)
            else:
                print(f"{mode} is left out, `wafveil check` refuses it: {why}", file=sys.stderr)
        return modes


def prepare(cores):
    """A process on these cores, which does not outlive the bench: without a broker it would wait for ever."""
    os.sched_setaffinity(0, cores)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def leaking(bed, leak):
    """The surroundings of a process that loses so many bytes with each record."""
    if not leak:
        return None
    return {**os.environ, "LD_PRELOAD": bed.program("libbench_leak.so"), "WAFVEIL_LEAK": str(leak)}


class Process:
    """The service, or the bare loop, on the cores that are measured. The twin is a bare loop that
    writes what the service would write."""

    def __init__(self, bed, what, config, mode, size, leak=0):
        loop = [bed.program("bench_passthrough"), config,
                "once" if mode == "exactly_once" else "least"]
        command = {"service": [bed.program("wafveil"), "run", "--config", config],
                   "bare": loop, "twin": [*loop, str(size)]}[what]
        self.log = f"{config}.{what}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=leaking(bed, leak),
                preexec_fn=lambda: prepare(bed.measured))
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """At once: what it leaves behind belongs to topics and groups that nobody uses again."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def kib(self, name):
        """VmRSS or VmHWM."""
        with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as file:
            found = re.search(rf"^{name}:\s+(\d+) kB", file.read(), re.M)
        if found is None:
            raise RuntimeError(f"the process has ended: {self.said()}")
        return int(found[1])

    def said_first(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read(65536)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()[-3000:]
