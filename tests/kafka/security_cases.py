"""Tests of connections that prove who they are, and of what such a user needs to be allowed."""
import base64
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request

from cases import test
from harness import HERE, call, consume, fill, numbers, private, same_records, until

PASSWORD = "scram-secret"


def certificates(*arguments):
    call(f"{HERE}/certificates", *map(str, arguments))


def write(path, text):
    """As a secret is written: for its owner, and at once."""
    with open(path + ".new", "w", encoding="utf-8", opener=private) as file:
        file.write(text)
    os.replace(path + ".new", path)


def bearer(b, user, seconds, issuer="issuer"):
    """A token that the broker takes: RFC 7519, RS256."""
    def part(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    now = int(time.time())
    head = {"alg": "RS256", "typ": "JWT", "kid": "test"}
    claims = {"sub": user, "aud": "kafka", "scope": "kafka", "iat": now - 5, "exp": now + seconds}
    text = ".".join(part(json.dumps(p).encode()) for p in (head, claims))
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", f"{b.tls}/{issuer}.key"],
        input=text.encode(), capture_output=True, check=True).stdout
    return f"{text}.{part(signature)}"


def rights(service, source, target, rejects=None, audit=None):
    """The least that at_least_once needs: the table in docs/guide.md."""
    wanted = [("topic", source, "read"), ("group", service.group(), "read"),
              ("topic", target, "write")]
    wanted += [("topic", rejects, "write")] if rejects else []
    wanted += [("topic", audit, "read"), ("topic", audit, "write")] if audit else []
    return wanted


def prepared(env, user, listener, settings):
    """A service between topics of 4 x 50 records, whose user has the rights that it needs."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 50)
    service = env.service(source, target)
    service.config["kafka"].update({"bootstrap.servers": b.listeners[listener],
                                    "ssl.ca.location": f"{b.tls}/ca.crt", **settings})
    for right in rights(service, source, target):
        b.admin("allow", user, *right)
    return service, target


def works(env, service, target, secrets, first=0):
    """Everything arrives, and no secret is anywhere that people look."""
    until("ready", service.ready)
    service.idle()
    pages = service.get("/metrics")[1] + service.get("/readyz")[1]
    assert service.stop() == 0
    same_records(consume(env.broker, target), numbers(0, first + 50), doubles=first > 0)
    for secret in secrets:
        assert secret not in service.log() + pages, "a secret is shown"


def is_refused(service, secrets, *words):
    """It waits, says why in one line with what to do, and shows no secret. Returns the line."""
    service.start(ready=False)
    event = until("a word about it", lambda: [
        e for e in service.events("brokers_unreachable")
        if all(word in json.dumps(e) for word in words)], 60)[0]
    assert service.get("/readyz")[0] == 503 and service.get("/livez")[0] == 200
    assert event["advice"] and event["effect"]
    for secret in secrets:
        assert secret not in service.log(), "a secret is in the log"
    return event


# ---- Passwords ---------------------------------------------------------------------------------


SCRAM = {"security.protocol": "sasl_ssl", "sasl.mechanism": "SCRAM-SHA-512",
         "sasl.username": "waf"}


@test
def a_password_over_tls_comes_from_a_file(env):
    """SCRAM over TLS, with a password that stands in a file; a wrong one is said, and mended without
    a word in the configuration."""
    service, target = prepared(env, "waf", "sasl", SCRAM)
    path = os.path.join(service.folder, "password")
    service.config["kafka"]["sasl.password"] = {"file": "password"}
    write(path, "not-the-password\n")
    event = is_refused(service, ["not-the-password"], "uthentication")
    assert "password" in event["advice"] and "SCRAM" in event["what"]
    service.kill()

    os.chmod(path, 0o644)
    code, text = service.check()
    assert code == 1 and "open to others" in text and "not-the-password" not in text
    os.chmod(path, 0o600)
    write(path, PASSWORD + "\n")
    service.start()
    works(env, service, target, [PASSWORD])


@test
def a_password_comes_from_a_credential(env):
    """systemd lays secrets out for one service only: the same without a file of ours."""
    service, target = prepared(env, "waf", "sasl", SCRAM)
    service.config["kafka"]["sasl.password"] = {"credential": "kafka"}
    os.mkdir(os.path.join(service.folder, "credentials"))
    write(os.path.join(service.folder, "credentials/kafka"), PASSWORD)
    os.environ["CREDENTIALS_DIRECTORY"] = os.path.join(service.folder, "credentials")
    try:
        service.start()
    finally:
        del os.environ["CREDENTIALS_DIRECTORY"]
    works(env, service, target, [PASSWORD])


# ---- Certificates ------------------------------------------------------------------------------


@test
def a_broker_that_is_not_trusted_gets_nothing(env):
    """A certificate of another authority, and one that has ended, are refused before any password
    is sent; the line names what to look at."""
    b = env.broker
    certificates("authority", b.tls, "stranger")
    service, target = prepared(env, "waf", "sasl", {
        **SCRAM, "sasl.password": PASSWORD, "ssl.ca.location": f"{b.tls}/stranger.crt"})
    event = is_refused(service, [PASSWORD], "certificate verify failed")
    assert "ssl.ca.location" in event["advice"]
    service.kill()
    service.config["kafka"].update({"bootstrap.servers": b.listeners["expired"],
                                    "security.protocol": "ssl",
                                    "ssl.ca.location": f"{b.tls}/ca.crt"})
    event = is_refused(service, [PASSWORD], "certificate")
    assert "dates" in event["advice"]
    service.kill()
    assert not consume(b, target), "something was written through a connection that was refused"


def mutual(b, name, password=None):
    key = f"{b.tls}/{name}.locked.key" if password else f"{b.tls}/{name}.key"
    return {"security.protocol": "ssl", "ssl.certificate.location": f"{b.tls}/{name}.crt",
            "ssl.key.location": key}


@test
def a_certificate_names_the_user(env):
    """Mutual TLS, the key locked by a passphrase that stands in a file: who the certificate names
    is the user whom the brokers ask for rights."""
    b = env.broker
    certificates("issue", b.tls, "ca", "veil", "veil", 30, "key-secret")
    service, target = prepared(env, "veil", "mutual", mutual(b, "veil", "key-secret"))
    service.config["kafka"]["ssl.key.password"] = {"file": "passphrase"}
    path = os.path.join(service.folder, "passphrase")
    write(path, "not-the-passphrase")
    code = subprocess.run([env.binary, "run", "--config", service.write()], capture_output=True,
                          timeout=60)
    text = code.stdout.decode() + code.stderr.decode()
    assert code.returncode not in (0, -11, -6), code.returncode
    assert "client_refused" in text and "not-the-passphrase" not in text, text[-1000:]
    write(path, "key-secret")
    service.start()
    works(env, service, target, ["key-secret"])


@test
def without_a_good_certificate_it_waits(env):
    """None, one that has ended, and one of another authority: not ready, with the reason."""
    b = env.broker
    certificates("issue", b.tls, "ca", "late", "late", 0)
    certificates("authority", b.tls, "elsewhere")
    certificates("issue", b.tls, "elsewhere", "foreign", "foreign")
    service, target = prepared(env, "late", "mutual", {"security.protocol": "ssl"})
    for settings in ({}, mutual(b, "late"), mutual(b, "foreign")):
        service.config["kafka"].update(settings)
        event = is_refused(service, [], "SSL")
        assert "certificate" in event["advice"], event
        service.kill()
    os.chmod(f"{b.tls}/foreign.key", 0o644)
    code, text = service.check()
    assert code == 1 and "holds a private key and is open to others" in text
    assert not consume(b, target)


# ---- Tokens ------------------------------------------------------------------------------------


@test
def tokens_are_read_again_before_they_end(env):
    """OAUTHBEARER by a file that somebody else keeps fresh: connections outlive the first token, a
    file that cannot be used is said and mended, and no token is in the log."""
    b = env.broker
    service, target = prepared(env, "veil-token", "sasl", {
        "security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER"})
    path = os.path.join(service.folder, "token")
    service.config["kafka"]["sasl.oauthbearer.config"] = f"token_file={path}"
    certificates("issuer", b.tls + "/other")
    forged = bearer(b, "veil-token", 600, "other/issuer")
    tokens = [forged]
    write(path, forged + "\n")
    event = is_refused(service, [forged], "uthentication")
    assert "OAUTHBEARER" in event["what"] or "token" in event["what"], event
    service.kill()

    write(path, "nothing of the kind")
    service.start(ready=False)
    said = until("a word about it", lambda: service.events("token_unusable"))[0]
    assert said["file"] == path and "one token" in said["what"] and said["advice"]
    assert service.get("/readyz")[0] == 503
    ended = 0.0

    def is_ready():
        """On a slow machine a token can end before it was of use."""
        nonlocal ended
        if time.time() > ended:
            tokens.append(bearer(b, "veil-token", 30))
            write(path, tokens[-1])
            ended = time.time() + 31
        return service.ready()
    until("ready", is_ready, 120)
    service.idle()
    # The brokers end a session with its token; what comes behind is written with another one.
    tokens.append(bearer(b, "veil-token", 600))
    write(path, tokens[-1])
    time.sleep(max(0.0, ended - time.time()))
    fill(b, service.config["inputs"][0]["topic"], 50, 50)
    works(env, service, target, tokens + [t.split(".")[2] for t in tokens], 50)


@test
def a_mechanism_without_a_token_is_refused(env):
    """OAUTHBEARER without anybody who brings tokens would wait for ever: `check` says so."""
    service, _ = prepared(env, "veil-token", "sasl", {
        "security.protocol": "sasl_ssl", "sasl.mechanism": "OAUTHBEARER"})
    code, text = service.check()
    assert code == 1 and "token_file=" in text, text


# ---- Rights ------------------------------------------------------------------------------------


@test
def it_runs_with_the_least_rights_and_names_each_that_is_missing(env):
    """With exactly the rights of the guide's table it does all its work; without any one of them it
    is not ready, names the resource and what to grant, and goes on when that is done."""
    b = env.broker
    certificates("issue", b.tls, "ca", "least", "least")
    source, target = b.topic("in"), b.topic("out")
    rejects, audit = b.topic("rejects", 1), b.topic("audit", 1)
    fill(b, source, 0, 50)
    service = env.service(source, target, rejects)
    service.config["audit"] = {"topic": audit, "window_seconds": 1}
    service.config["kafka"].update({"bootstrap.servers": b.listeners["mutual"],
                                    "ssl.ca.location": f"{b.tls}/ca.crt", **mutual(b, "least")})
    needed = rights(service, source, target, rejects, audit)
    for right in needed:
        b.admin("allow", "least", *right)
    service.start()
    service.idle()
    assert service.stop() == 0
    for missing in needed:
        kind, name, operation = missing
        b.admin("forget", "least", *missing)
        service.start(ready=False)

        def said():
            return [e for line in service.log().split("\n") if '"advice"' in line
                    for e in [json.loads(line)]
                    if "grant" in e["advice"] and operation in e["advice"].lower()
                    and (name in json.dumps(e) or "consumer group" in e["advice"])]
        try:
            event = until("a word about it", said, 60)[0]
        except AssertionError:
            raise AssertionError(f"nothing says that {operation} on {kind} {name} is missing"
                                 ) from None
        assert kind == "group" or name in json.dumps(event), event
        if (name, operation) != (audit, "read"):  # one link between chains: told, and no more
            assert service.get("/readyz")[0] == 503, f"ready without {operation} on {name}"
        b.admin("allow", "least", *missing)
        until("ready", service.ready, 60)
        assert service.stop() == 0
    fill(b, source, 50, 50)
    service.start()
    service.idle()
    assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 100), doubles=True)


# ---- The process -------------------------------------------------------------------------------


def state(service):
    with open(f"/proc/{service.process.pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)


@test
def the_process_is_closed(env):
    """System calls are limited and no privilege can be gained, in every thread, and all that the
    service does still works, also the command that brings the key-encryption key."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    fill(b, source, 0, 50)
    service = env.service(source, target)
    kek = os.path.join(service.folder, "kek")
    write(kek, "5f" * 32)
    keys = {"file": os.path.join(service.folder, "keys")}
    for command, word in (({}, "refused"), ({"kek": {"command": ["cat", kek]}}, "allowed")):
        service.config["keys"] = {**keys, **command}
        keys["file"] += "2"
        service.start()
        said = until("a word about it", lambda: service.events("system_calls_limited"))[0]
        assert said["commands"] == word
        threads = os.listdir(f"/proc/{service.process.pid}/task")
        assert len(threads) > 2 and state(service)["NoNewPrivs"] == "1"
        for thread in threads:
            with open(f"/proc/{service.process.pid}/task/{thread}/status", encoding="utf-8") as f:
                assert "\nSeccomp:\t2\n" in f.read(), f"thread {thread} has no filter"
        with open(f"/proc/{service.process.pid}/limits", encoding="utf-8") as file:
            assert "Max core file size        0                    0 " in file.read()
        service.process.send_signal(signal.SIGHUP)
        until("the keys are read again", lambda: service.events("reloaded"))
        service.idle()
        assert service.stop() == 0
    same_records(consume(b, target), numbers(0, 50))


@test
def the_admin_listener_answers_nobody_else(env):
    """Nothing is shown or changed without the token; guessing it ends soon, and is counted; a token
    that others can read is none."""
    b = env.broker
    source, target = b.topic("in"), b.topic("out")
    service = env.service(source, target)
    service.config["kafka"].update({**SCRAM, "sasl.password": {"file": "password"},
                                    "bootstrap.servers": b.listeners["sasl"],
                                    "ssl.ca.location": f"{b.tls}/ca.crt"})
    for right in rights(service, source, target):
        b.admin("allow", "waf", *right)
    word, path = os.urandom(32).hex(), os.path.join(service.folder, "token")
    write(os.path.join(service.folder, "password"), PASSWORD)
    write(path, word + "\n")
    service.config["admin"] = {"listen": "127.0.0.1:0", "token_file": path}
    os.chmod(path, 0o640)
    done = subprocess.run([env.binary, "run", "--config", service.write()], capture_output=True,
                          timeout=60)
    assert done.returncode == 1 and b"open to others" in done.stderr and word.encode() not in done.stderr
    os.chmod(path, 0o600)
    service.start()
    port = service.events("admin_listening")[0]["port"]

    def ask(what, token, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{port}{what}", method=method,
                                         headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as page:
                return page.status, page.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    shown = ""
    for what in ("/status", "/plan"):
        code, text = ask(what, word)
        assert code == 200
        shown += text
    for guess in range(10):
        what, method = [("/status", "GET"), ("/reload", "POST"), ("/rollback", "POST")][guess % 3]
        assert ask(what, word[:-1] + "g", method)[0] == 401
    assert ask("/reload", word, "POST")[0] == 429
    assert service.metric("wafveil_reloads_total") == 0
    until("the numbers", lambda: service.metric("wafveil_admin_refused_total") == 11)
    assert len(service.events("wrong_tokens")) == 1
    for page in ("/metrics", "/livez", "/readyz", "/status", "/reload"):
        shown += service.get(page)[1]
    assert service.stop() == 0
    for secret in (word, PASSWORD, service.config["kafka"]["sasl.username"] + ":"):
        assert secret not in shown + service.log(), "a secret is shown"
