"""Packages of Debian and Ubuntu, unpacked into a folder instead of installed: on the machine of whoever
runs the tests, no server must begin to serve, at once or when it starts again.

apt keeps lists of its own beside them, so that it needs no rights and the system's may be old or none.
What the packages need and the machine has not is unpacked as well.
"""

import glob
import os
import shutil
import subprocess

CACHE = os.path.join(os.path.dirname(os.path.abspath(__file__)), ".cache")


class Problem(Exception):
    """What is wrong, for a person."""


def output_of(command, folder):
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)
    except FileNotFoundError:
        raise Problem(f"there is no {command[0]}") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise Problem(f"{' '.join(command[:1] + command[-2:])}: {said[-300:]}")
    return done.stdout.decode()


class Unpacked:
    """path("/usr/sbin/nginx") is where the program is, once provide() has been called."""

    def __init__(self, name, packages):
        self.root, self.packages = os.path.join(CACHE, name), packages
        self.done = os.path.join(self.root, "done")

    def path(self, path):
        return self.root + path

    def find(self, *patterns):
        """The first file of these; where files are differs between versions of a package."""
        for pattern in patterns:
            for found in sorted(glob.glob(self.path(pattern))):
                return found
        raise Problem(f"there is no {patterns[0]} in {' '.join(self.packages)}")

    def is_provided(self):
        return os.path.exists(self.done)

    def environment(self):
        """With it, a program from here finds the libraries that are here."""
        folders = [folder for pattern in ("/usr/lib/*-linux-gnu", "/lib/*-linux-gnu", "/usr/lib/syslog-ng")
                   for folder in glob.glob(self.root + pattern)]
        return {**os.environ, "LD_LIBRARY_PATH": ":".join(folders)}

    def provide(self):
        """Fetches and unpacks them, unless that has been done. Raises Problem."""
        if self.is_provided():
            return
        shutil.rmtree(self.root, ignore_errors=True)
        debs = os.path.join(self.root, "debs")
        os.makedirs(debs)
        apt = own_apt()
        names = self.needed([*apt, "--print-uris", "--yes", "--reinstall", "--no-install-recommends",
                             "install", *self.packages])
        output_of([*apt, "download", *names], debs)
        for package in glob.glob(f"{debs}/*.deb"):
            output_of(["dpkg", "-x", package, self.root], self.root)
        shutil.rmtree(debs)
        with open(self.done, "wb"):
            pass

    def needed(self, command):
        """The packages, and of what they need that which the machine has not, each with its version."""
        names = []
        for line in output_of(command, self.root).splitlines():
            words = line.split()
            if words and words[0].startswith("'"):
                name, version, _ = words[1].rsplit("_", 2)
                names.append(f"{name}={version.replace('%3a', ':')}")
        if len(names) < len(self.packages):
            raise Problem(f"apt-get knows no way to get {' '.join(self.packages)}")
        return names


def own_apt():
    """The command, with the lists of packages as they are now."""
    state = os.path.join(CACHE, "apt")
    apt = ["apt-get", "-q", "-o", f"Dir::State::Lists={state}/lists", "-o", f"Dir::Cache={state}/cache",
           "-o", "Debug::NoLocking=1", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Languages=none"]
    if not os.path.exists(f"{state}/done"):
        for name in ("lists/partial", "cache/archives/partial"):
            os.makedirs(os.path.join(state, name), exist_ok=True)
        output_of([*apt, "update"], state)
        with open(f"{state}/done", "wb"):
            pass
    return apt


SERVERS = Unpacked("servers", ["nginx", "libnginx-mod-http-modsecurity", "modsecurity-crs", "apache2-bin",
                               "libapache2-mod-security2", "rsyslog", "rsyslog-kafka"])
# What bench/run utility needs of them.
CORE_RULES = Unpacked("core-rules", ["libmodsecurity3", "modsecurity-crs"])
# It cannot stand beside rsyslog.
SYSLOG_NG = Unpacked("syslog-ng", ["syslog-ng-core"])
