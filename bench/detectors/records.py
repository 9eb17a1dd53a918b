"""Identifiers in records of AWS WAF: what is planted must not be in what is published, however it is written."""

import html
import json
import re
import subprocess
import tempfile
import urllib.parse

import places
from program import Problem

SEED = "5a" * 32  # of the throwaway keys
BATCH = 2000
WHERE = ("uri", "args", "header", "cookie", "referer", "agent", "payload")
BY_PLACE = {"path": "uri", "query": "args", "several": "args", "header": "header", "cookie": "cookie",
            "Referer": "referer"}


def where_of(case, number):
    """What has no place of its own in a record goes about. A path ends at a backslash, with the words before it."""
    where = BY_PLACE.get(case.place) or ("payload", "args", "payload", "header", "agent")[number % 5]
    return "payload" if where == "uri" and b"\\" in case.text else where


def in_query(case):
    """A query is cut at & and = first, so a client has to encode those of a value."""
    before = places.PLACES[case.place].before
    text = case.text.decode()
    if case.place in ("query", "several"):
        behind = places.PLACES[case.place].behind
        inner = text[len(before):len(text) - len(behind)]
        return before + re.sub("[&=]", lambda found: places.percent(found[0]), inner) + behind
    return "x=" + re.sub("[&=#]", lambda found: places.percent(found[0]), text)


def text_of(case, where):
    return in_query(case) if where == "args" else case.text.decode()


def record_of(text, where, number):
    at = {one: "" for one in WHERE}
    at[where] = text
    headers = [("Host", "shop.example"), ("User-Agent", at["agent"] or "curl/8.5.0"), ("X-Remark", at["header"]),
               ("Cookie", at["cookie"]), ("Referer", at["referer"])]
    record = {
        "timestamp": 1795321384123 + number, "formatVersion": 1, "terminatingRuleId": "rule", "action": "BLOCK",
        "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0a1b2c3d",
        "terminatingRuleMatchDetails": [{"conditionType": "REGEX", "location": "BODY",
                                         "matchedData": [at["payload"]]}],
        "httpRequest": {"clientIp": "203.0.113.150", "country": "DE", "uri": at["uri"] or "/", "args": at["args"],
                        "httpMethod": "GET",
                        "headers": [{"name": name, "value": value} for name, value in headers if value]}}
    return json.dumps(record, ensure_ascii=number % 2 == 0, separators=(",", ":"))


def compact(text):
    """Only letters and digits, small, of the width of ASCII."""
    narrow = "".join(chr(ord(sign) - 0xff01 + ord("!")) if "！" <= sign <= "～" else sign for sign in text)
    return re.sub(r"[^a-z0-9]", "", narrow.lower())


def strings(value):
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    else:
        yield str(value)


def unescaped(text):
    text = re.sub(r"(?:\\+|%)u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), text)
    text = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)
    return html.unescape(urllib.parse.unquote_plus(text))


def spellings(line):
    """Every string of the record, decoded none to three times, in the compact spelling."""
    for text in strings(json.loads(line)):
        for _ in range(4):
            yield compact(text)
            text = unescaped(text)


def planted(case):
    """What must not come out. The decoded bytes that were planted, without what stands between them."""
    text = case.text[case.begin:case.end].decode()
    for _ in range(3):
        text = unescaped(text)
    return compact(text)


def publish(binary, region, lines, config=""):
    policy = ["--config", config] if config else ["--format", "aws-waf", "--region", region]
    with tempfile.NamedTemporaryFile(prefix="wafveil-detectors-") as rejects:
        command = [binary, "filter", *policy, "--seed", SEED, "--rejects", rejects.name]
        done = subprocess.run(command, input=("\n".join(lines) + "\n").encode(), capture_output=True, check=False)
    if done.returncode not in (0, 3):
        raise Problem(f"{' '.join(command)}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode().splitlines()


def leaks(binary, region, cases, config=""):
    """The cases whose identifier is still in the record that was published. A record has one identifier; two of them
    in one could hide each other. A configuration says itself where regions come from."""
    found = []
    wheres = [where_of(case, number) for number, case in enumerate(cases)]
    lines = [record_of(text_of(case, where), where, number) for number,
             (case, where) in enumerate(zip(cases, wheres))]
    published = publish(binary, region, lines, config)
    if len(published) != len(cases):
        raise Problem(f"{len(published)} of {len(cases)} records were published")
    for case, where, line in zip(cases, wheres, published):
        wanted = planted(case)
        if any(wanted in text for text in spellings(line)):
            found.append((where, case))
    return found
