"""Web servers with ModSecurity and the OWASP core rule set, as Debian packages them, in folders of their
own. Each has two ports: one server only reports, by all the rules there are; the other one blocks."""

import os
import pwd
import socket
import subprocess
import time

import debian
import processes

RULES = debian.SERVERS.path("/usr/share/modsecurity-crs/rules")
FIREWALL = """
SecRuleEngine {engine}
SecRequestBodyAccess On
SecRequestBodyLimit 262144
SecRequestBodyNoFilesLimit 131072
SecRequestBodyLimitAction ProcessPartial
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html application/json
SecResponseBodyLimit 65536
SecResponseBodyLimitAction ProcessPartial
SecTmpDir {folder}/scratch
{data}
SecAuditEngine On
SecAuditLogParts {parts}
SecAuditLogFormat JSON
SecAuditLogType Serial
SecAuditLog {folder}/audit.log
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" \\
    "id:200000,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/json" \\
    "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQBODY_ERROR "!@eq 0" "id:200002,phase:2,t:none,log,pass,\\
    msg:'Failed to parse request body.',logdata:'%{{reqbody_error_msg}}',severity:2"
SecAction "id:900000,phase:1,nolog,pass,t:none,setvar:tx.paranoia_level={level},\\
    setvar:tx.blocking_paranoia_level={level},setvar:tx.detection_paranoia_level={level}"
Include {setup}
Include {rules}/*.conf
"""


def free_ports(count):
    held = [socket.socket() for _ in range(count)]
    for one in held:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def setup_file(unpacked):
    """The core rule set's own settings."""
    return unpacked.find("/etc/modsecurity/crs/crs-setup.conf*", "/usr/share/*/crs-setup.conf*")


def is_root():
    return os.getuid() == 0


def own_name():
    return pwd.getpwuid(os.getuid()).pw_name


class Webserver:
    """logs: the file of each source. More to be said by each kind of server: settings() and command()."""

    logs = {}
    data = "SecDataDir {folder}/scratch"
    parts = "ABCEFHIJKZ"

    def __init__(self, folder, answer):
        self.folder, self.answer, self.process = folder, answer, None
        self.reporting, self.blocking = free_ports(2)
        for name in ("scratch", "site"):
            os.makedirs(os.path.join(folder, name))
        for name, engine, level in (("report.conf", "DetectionOnly", 4), ("block.conf", "On", 1)):
            self.write(name, FIREWALL.format(
                engine=engine, level=level, folder=folder, data=self.data.format(folder=folder), parts=self.parts,
                setup=setup_file(debian.SERVERS), rules=RULES))
        self.write("server.conf", self.settings())

    def ports(self):
        """Each with the rules of the server behind it."""
        return ((self.reporting, "report.conf"), (self.blocking, "block.conf"))

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self):
        with open(os.path.join(self.folder, "start.log"), "wb") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log,
                                            env=debian.SERVERS.environment())
        end = time.monotonic() + 30
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise AssertionError("the server does not start: " + self.said())
            time.sleep(0.05)

    def said(self):
        with open(os.path.join(self.folder, "start.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:]

    def answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.reporting), timeout=1).close()
            return True
        except OSError:
            return False

    def stop(self):
        """SIGTERM to the first process, which ends the others; the logs are complete then."""
        processes.terminate(self.process)

    def files(self):
        return {source: os.path.join(self.folder, name) for source, name in self.logs.items()}

    def lines(self):
        """The lines of each log, as bytes."""
        found = {}
        for source, path in self.files().items():
            with open(path, "rb") as file:
                found[source] = [line for line in file.read().split(b"\n") if line]
        return found
