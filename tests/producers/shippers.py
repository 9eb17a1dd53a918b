"""Real shippers of logs: rsyslog and syslog-ng follow the files of the web server and write what other
programs would get from them, to files or to a topic of Kafka."""

import glob
import os
import subprocess
import time

import processes
from debian import SERVERS, SYSLOG_NG

RSYSLOG_SETTINGS = """
global(workDirectory="{folder}/state" maxMessageSize="512k"
       parser.escapeControlCharactersOnReceive="off")
module(load="imfile" mode="polling" pollingInterval="1")
module(load="mmjsonparse")
{modules}
template(name="wrapped" type="list") {{
    constant(value="{{")
    property(name="timereported" dateFormat="rfc3339" format="jsonf" outname="@timestamp")
    constant(value=",") constant(format="jsonf" outname="@version" value="1")
    constant(value=",") property(name="hostname" format="jsonf" outname="host")
    constant(value=",") property(name="syslogfacility-text" format="jsonf" outname="facility")
    constant(value=",") property(name="syslogseverity-text" format="jsonf" outname="severity")
    constant(value=",") property(name="programname" format="jsonf" outname="ident")
    constant(value=",") property(name="msg" format="jsonf" outname="message")
    constant(value="}}{end}")
}}
template(name="parsed" type="string" string="%$!data%{end}")
template(name="forward" type="string" string="<%PRI%>%TIMESTAMP% %HOSTNAME% %syslogtag:1:32%%msg:::sp-if-no-1st-sp%%msg%{end}")
ruleset(name="out") {{
{actions}
}}
{inputs}
"""

RSYSLOG_FILES = """
    action(type="omfile" file="{folder}/rsyslog-wrapped" template="wrapped")
    action(type="omfile" file="{folder}/rsyslog-5424" template="RSYSLOG_SyslogProtocol23Format")
    action(type="omfile" file="{folder}/rsyslog-3164" template="forward")
    action(type="mmjsonparse" cookie="" container="!data")
    if $parsesuccess == "OK" then {{
        action(type="omfile" file="{folder}/rsyslog-parsed" template="parsed")
    }}
"""

RSYSLOG_KAFKA = """
    action(type="omkafka" broker=["{broker}"] topic="{topic}" template="wrapped"
           confParam=["linger.ms=5", "message.max.bytes=2000000"])
"""

SYSLOG_NG_SETTINGS = """
@version: {version}
options {{ keep-hostname(yes); use-dns(no); dns-cache(no); stats-freq(0); log-msg-size(1048576); }};
{inputs}
destination own {{ file("{folder}/syslog-ng-own"
    template("$(format-json --scope rfc5424 --scope nv-pairs)\\n")); }};
destination named {{ file("{folder}/syslog-ng-named"
    template("$(format-json @timestamp=${{ISODATE}} host=${{HOST}} facility=${{FACILITY}}
              severity=${{LEVEL}} ident=${{PROGRAM}} message=${{MESSAGE}})\\n")); }};
destination header {{ file("{folder}/syslog-ng-5424"
    template("<${{PRI}}>1 ${{ISODATE}} ${{HOST}} ${{PROGRAM}} - - ${{SDATA:--}} ${{MESSAGE}}\\n")); }};
log {{ {sources} destination(own); destination(named); destination(header); }};
"""


class Shipper:
    """A process that follows files until it is told to stop."""

    def __init__(self, folder, command, environment):
        self.folder = folder
        self.log_path = os.path.join(folder, os.path.basename(command[0]) + ".log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def wait_for(self, count, seconds=20):
        """Until count() says that everything is there."""
        end = time.monotonic() + seconds
        while not count():
            if self.process.poll() is not None or time.monotonic() > end:
                with open(self.log_path, encoding="utf-8", errors="replace") as file:
                    raise AssertionError("it did not ship everything: " + file.read()[-1000:])
            time.sleep(0.1)

    def stop(self):
        processes.terminate(self.process)


def lines_of(path):
    """Complete lines, as bytes; none while there is no such file."""
    try:
        with open(path, "rb") as file:
            return [line for line in file.read().split(b"\n")[:-1] if line]
    except FileNotFoundError:
        return []


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def rsyslog(folder, files, actions, modules=""):
    """files: name and path of each log. actions: where to."""
    os.makedirs(f"{folder}/state", exist_ok=True)
    inputs = "".join(f'input(type="imfile" file="{path}" tag="{name}:" ruleset="out")\n'
                     for name, path in files.items())
    settings = write(f"{folder}/rsyslog.conf", RSYSLOG_SETTINGS.format(
        folder=folder, actions=actions, inputs=inputs, modules=modules,
        end="" if modules else "\\n"))
    modules = glob.glob(SERVERS.path("/usr/lib/*/rsyslog"))[0]
    return Shipper(folder, [SERVERS.path("/usr/sbin/rsyslogd"), "-n", "-M", modules, "-f", settings,
                            "-i", f"{folder}/rsyslog.pid"], SERVERS.environment())


def ship_by_rsyslog(folder, files, count, count_json):
    """What rsyslog makes of the logs, in each of the forms."""
    os.makedirs(folder)
    shipper = rsyslog(folder, files, RSYSLOG_FILES.format(folder=folder))
    wanted = {"rsyslog-wrapped": count, "rsyslog-5424": count, "rsyslog-3164": count,
              "rsyslog-parsed": count_json}
    try:
        shipper.wait_for(lambda: all(len(lines_of(f"{folder}/{name}")) >= number
                                     for name, number in wanted.items()))
    finally:
        shipper.stop()
    return {name: lines_of(f"{folder}/{name}") for name in wanted}


def ship_to_kafka(folder, files, broker, topic, arrived):
    """Until arrived() says that the topic has everything."""
    os.makedirs(folder)
    shipper = rsyslog(folder, files, RSYSLOG_KAFKA.format(broker=broker, topic=topic),
                      'module(load="omkafka")')
    try:
        shipper.wait_for(arrived, 30)
    finally:
        shipper.stop()


def ship_by_syslog_ng(folder, files, count):
    os.makedirs(folder)
    modules = glob.glob(SYSLOG_NG.path("/usr/lib/syslog-ng/*.*/"))[0].rstrip("/")
    inputs = "".join(f'source s{number} {{ file("{path}" flags(no-parse) follow-freq(1) '
                     f'program-override("{name}")); }};\n'
                     for number, (name, path) in enumerate(files.items()))
    settings = write(f"{folder}/syslog-ng.conf", SYSLOG_NG_SETTINGS.format(
        folder=folder, inputs=inputs, version=os.path.basename(modules),
        sources="".join(f"source(s{number}); " for number in range(len(files)))).lstrip())
    shipper = Shipper(
        folder,
        [SYSLOG_NG.path("/usr/sbin/syslog-ng"), "-F", "-f", settings, f"--module-path={modules}",
         f"--persist-file={folder}/persist", f"--pidfile={folder}/pid", "-c", f"{folder}/control",
         "--no-caps"],
        SYSLOG_NG.environment())
    names = ["syslog-ng-own", "syslog-ng-named", "syslog-ng-5424"]
    try:
        # It cuts a line at a byte 0, so there can be more.
        shipper.wait_for(lambda: all(len(lines_of(f"{folder}/{name}")) >= count for name in names))
        time.sleep(0.3)
    finally:
        shipper.stop()
    return {name: lines_of(f"{folder}/{name}") for name in names}
