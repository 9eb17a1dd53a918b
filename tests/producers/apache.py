"""Apache httpd with ModSecurity 2, whose audit log is another one."""

import os

import debian
import webserver

PROGRAM = debian.SERVERS.path("/usr/sbin/apache2")
MODULES = debian.SERVERS.path("/usr/lib/apache2/modules")
LOADED = """mpm_worker authn_core authz_core authz_host dir alias unique_id remoteip security2
proxy proxy_http headers mime reqtimeout""".split()

SETTINGS = """
ServerRoot {folder}
ServerName shop.example.com
PidFile {folder}/apache.pid
{modules}
DefaultRuntimeDir {folder}/scratch
SecDataDir {folder}/scratch
Mutex file:{folder}/scratch default
{user}
StartServers 1
ServerLimit 1
ThreadsPerChild 8
MaxRequestWorkers 8
KeepAlive Off
RequestReadTimeout header=1 body=2
HttpProtocolOptions Unsafe
TypesConfig /dev/null
LogLevel info
ErrorLog {folder}/error.log
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
CustomLog {folder}/access.log combined
DocumentRoot {folder}/site
<Directory />
    AllowOverride None
</Directory>
<Directory {folder}/site>
    Require all granted
    FallbackResource /index.html
</Directory>
{servers}
"""

SERVER = """
Listen 127.0.0.1:{port}
<VirtualHost 127.0.0.1:{port}>
    RemoteIPProxyProtocol On
    Include {folder}/{rules}
    Header always set Set-Cookie "sid=0123456789; HttpOnly"
    <Location /forbidden>
        Require all denied
    </Location>
    ProxyPass /down http://127.0.0.1:9/
</VirtualHost>
"""


class Apache(webserver.Webserver):
    data = ""  # Stands once for all servers.
    parts = "ABCEFHIJZ"  # K would list every rule there is, in every record.
    logs = {
        "apache-audit": "audit.log",
        "apache-access": "access.log",
        "apache-error": "error.log",
    }

    def settings(self):
        if webserver.is_root():
            # It refuses to serve as root: nobody must get at its files.
            for name, mode in (("../..", 0o755), ("..", 0o755), (".", 0o755), ("scratch", 0o777)):
                os.chmod(os.path.join(self.folder, name), mode)
        with open(os.path.join(self.folder, "site", "index.html"), "w", encoding="utf-8") as file:
            file.write(f"<html>{self.answer}</html>\n")
        return SETTINGS.format(
            folder=self.folder,
            user="User nobody\nGroup nogroup" if webserver.is_root() else "",
            modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED),
            servers="".join(SERVER.format(port=port, rules=rules, folder=self.folder)
                            for port, rules in self.ports()))

    def command(self):
        return [PROGRAM, "-DFOREGROUND", "-f", f"{self.folder}/server.conf"]
