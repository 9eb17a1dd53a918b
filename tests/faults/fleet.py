"""Processes of the service in one group, and somebody who starts again what has ended."""
import ctypes
import os
import signal
import subprocess
import time

import cluster  # noqa: F401  the path to harness
import harness
import shared

# Fewer would end every instance whose threads wait for the processor on a busy machine.
SESSION_MS = 3000

# Ends that a supervisor answers with another start: Kafka ended it, an output could not be written.
TO_START_AGAIN = {4, 5}


def end_with_parent():
    """In the new process: whatever ends the tests ends it, too."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Instance(harness.Service):
    """One process; `wanted` says whether it should be there."""
    gives_up_with = TO_START_AGAIN

    def __init__(self, binary, broker, config):
        super().__init__(binary, broker, **config)
        self.wanted = self.asked = False
        self.killed = self.struck = 0
        self.fault = self.armed = self.clock = None
        # How its transactions are called, with the number of a lane behind it.
        self.transactions = f"wafveil-{self.group()}-{config['instance']}-"
        self.ready_at = 0.0
        self.logs = []

    def launch(self):
        """Does not wait for anything: a kill may come before it is ready."""
        path = self.write()
        self.runs += 1
        self.log_path = os.path.join(self.folder, f"log.{self.runs}")
        self.logs.append(self.log_path)
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command(path), stderr=log, stdout=log,
                                            env=self.settings(), preexec_fn=end_with_parent)
        self.armed, self.fault = self.fault, None
        self.wanted, self.killed, self.asked = True, 0, False

    def command(self, path):
        return [self.binary, "run", "--config", path]

    def settings(self):
        """Its environment: with the libraries that let it meet faults."""
        libraries, settings = [], dict(os.environ)
        if self.fault is not None:
            libraries.append(self.broker.points)
            settings["WAFVEIL_FAULT"] = self.fault
        if self.clock is not None:
            libraries.append(self.broker.clock)
            settings["WAFVEIL_CLOCK"] = self.clock.path
        if libraries:
            settings["LD_PRELOAD"] = ":".join(libraries)
        return settings

    def is_up(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.is_up():
            self.process.kill()
            self.process.wait()
            self.killed = 1

    def is_stopped(self):
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
                return file.read().rsplit(") ", 1)[1][0] == "T"
        except OSError:
            return False

    def pause(self):
        if self.is_up():
            self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        if self.is_up():
            self.process.send_signal(signal.SIGCONT)

    def ask_to_leave(self):
        """SIGTERM, once: a second one would end it at once. False when it was not there."""
        self.wanted = False
        if not self.is_up():
            return False
        if not self.asked:
            self.process.send_signal(signal.SIGTERM)
        self.asked = True
        return True

    def await_end(self, seconds=90):
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end it: {self.log()[-1500:]}") from None

    def met_its_fault(self):
        return self.armed is not None and not self.killed and \
            self.process.returncode == -signal.SIGKILL

    def ended_well(self):
        code = self.process.returncode
        if self.killed or self.met_its_fault():
            return True
        if not self.asked:
            return code in TO_START_AGAIN
        # Before its first line it has done nothing yet, and has no answer to the signal. And it may
        # have been about to end when it was asked to.
        log = self.log()
        return code == 0 or (code == -signal.SIGTERM and not log) or (
            code in TO_START_AGAIN and any(word in log for word in (
                "producer_fatal", "Fatal consumer error", "clock_set_back")))

    def gave_up(self):
        return not self.killed and self.process.returncode in self.gives_up_with

    def texts(self):
        for path in self.logs:
            with open(path, encoding="utf-8", errors="replace") as file:
                yield file.read()


class Fleet:
    """make: gives a process of a configuration."""

    def __init__(self, env, config, size, make):
        self.env, self.config, self.instances, self.wrong = env, config, [], []
        self.make = make
        self.gave_up = 0  # processes that ended by themselves, as they may
        for _ in range(size):
            self.add()

    def add(self):
        number = len(self.instances) + 1
        config = dict(self.config, instance=f"faults-{number}")
        if self.env.static:
            config["kafka"] = dict(config["kafka"], **{"group.instance.id": f"faults-{number}"})
        instance = self.make(config)
        if self.env.clocks:
            instance.clock = shared.Clock(instance.folder)
        self.instances.append(instance)
        instance.launch()
        return instance

    def use(self, instance, config):
        """Other documents, from its next start on."""
        for section in ("regions", "packs", "keys"):
            instance.config.pop(section, None)
            if section in config:
                instance.config[section] = config[section]

    def tend(self):
        """Starts again what was killed, or ended as it may."""
        for instance in self.instances:
            if not instance.wanted or instance.is_up() or time.monotonic() < instance.ready_at:
                continue
            instance.struck += instance.met_its_fault()
            self.look_at(instance)
            instance.launch()

    def kill(self, instance, seconds=0.0):
        """SIGKILL; it comes back after so many seconds."""
        instance.ready_at = time.monotonic() + seconds
        instance.kill()

    def leave(self, instances):
        """SIGTERM to all of them, and waits for their ends."""
        for instance in [i for i in instances if i.ask_to_leave()]:
            instance.await_end()
            self.look_at(instance)

    def look_at(self, instance):
        self.gave_up += instance.gave_up()
        if not instance.ended_well():
            what = "SIGTERM ended a process" if instance.asked else "a process ended"
            self.wrong.append(f"{what} with {instance.process.returncode}: {instance.log()[-600:]}")

    def end(self):
        """SIGTERM to all at once, so that they end as a deployment does."""
        for instance in self.instances:
            instance.resume()
        self.leave(self.instances)

    def search_logs(self):
        from load import CANARIES  # late: load needs nothing of a fleet
        for instance in self.instances:
            for text in instance.texts():
                if any(word in text for word in CANARIES):
                    self.wrong.append(f"a raw value stands in a log of instance {instance.folder}")

    def close(self):
        for instance in self.instances:
            instance.wanted = False
            instance.kill()


def chosen(luck, things):
    """The one that luck, a number from 0 to 1, falls on."""
    return things[int(luck * len(things))]
