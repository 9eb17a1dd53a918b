"""What must be the same in a line before and after: rules, statuses, and the evidence of attacks."""

import json
import re
import urllib.parse

import traffic

HEADER_5424 = re.compile(r"<\d+>1 \S+ \S+ \S+ \S+ \S+ (?:-|(?:\[[^\]]*\])+) ")
HEADER_3164 = re.compile(r"<\d+>[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ \S+?:? (?=[{\d\[])")
ERROR = re.compile(r"(?:\d{4}/\d\d/\d\d \S+ |\[[^\]]*\] )\[(?:\w*:)?(\w+)\]")
STATUS = re.compile(r'" (\d{3}) (\d+|-) "')
RULE = re.compile(r'\[id "(\d+)"\]')
RULE_ANYWHERE = re.compile(r'"ruleId": ?"(\d+)"|\[id "(\d+)"\]|"id": ?(\d{6,})\b')
ERROR_DATA = re.compile(r'\[(?:data|uri) "((?:[^"\\]|\\.)*)"\]')
ERROR_REQUEST = re.compile(r', request: "((?:[^"\\]|\\.)*)"')
ACCESS_REQUEST = re.compile(r'\] "((?:[^"\\]|\\.)*)" \d{3} ')


def unwrapped(line):
    """The line of the producer, out of what a shipper put around it."""
    if line.startswith("<"):
        for header in (HEADER_5424, HEADER_3164):
            found = header.match(line)
            if found:
                return line[found.end():]
    if line.startswith("{"):
        outer = json.loads(line)
        for name in ("message", "MESSAGE"):
            if name in outer and not {"remote_addr", "class_uid", "ecs.version"} & outer.keys():
                inner = outer[name]
                return inner if isinstance(inner, str) else json.dumps(inner)
    return line


def evidence(text):
    for _ in range(2):
        text = urllib.parse.unquote_plus(text)
    text = re.sub(r"\\x([0-9A-Fa-f]{2})", lambda found: chr(int(found.group(1), 16)), text)
    text = re.sub(r"\s+", " ", text.lower())
    return {word for word in traffic.EVIDENCE if word in text}


class Facts:
    """stays: must be equal. places: text by text, in which evidence must not become less."""

    def __init__(self, stays, places):
        self.stays, self.places = stays, places


def of_audit(record):
    transaction = record["transaction"]
    messages = transaction.get("messages", [])
    details = [message["details"] for message in messages]
    stays = [transaction["request"].get("method"), transaction["response"]["http_code"]]
    stays += [(one["ruleId"], one["file"], one["lineNumber"], one["severity"]) for one in details]
    places = {"uri": transaction["request"].get("uri", "")}
    for number, one in enumerate(details):
        for name in ("match", "data"):
            places[f"messages[{number}] {name}"] = one.get(name, "")
    return Facts(stays, places)


def of_old_audit(record):
    """ModSecurity 2: what rules say are texts as in an error log."""
    messages = record["audit_data"].get("messages") or []
    places = {"request_line": record["request"].get("request_line", "")}
    for number, text in enumerate(messages):
        places[f"messages[{number}]"] = " ".join(ERROR_DATA.findall(text))
    return Facts([record["response"].get("status"), *map(RULE.findall, messages)], places)


def of_members(record):
    return Facts([record["status"], record["request_method"], record["body_bytes_sent"]],
                 {name: record.get(name, "") for name in ("request", "request_uri", "args")})


def of_coraza(line, record):
    request = record["transaction"]["request"]
    texts = " ".join(one.get("error_message") or "" for one in record.get("messages") or [])
    return Facts([request["method"], record["transaction"]["response"]["status"], rules_in([line])],
                 {"uri": request["uri"], "messages": " ".join(ERROR_DATA.findall(texts))})


def of_ocsf(line, record):
    request = record["http_request"]
    return Facts([request["http_method"], record["http_response"]["code"], record["class_uid"],
                  rules_in([line])], {"url": request["url"]["url_string"]})


def of_ecs(record):
    return Facts([record["http"]["request"]["method"], record["http"]["response"]["status_code"]],
                 {"url": record["url"]["full"], "query": record["url"].get("query", "")})


def of_text(line):
    """A line of the access log or of the error log."""
    level = ERROR.match(line)
    if not level:
        return Facts(STATUS.findall(line)[:1], {"request": " ".join(ACCESS_REQUEST.findall(line))})
    return Facts([level.group(1), RULE.findall(line)],
                 {"data": " ".join(ERROR_DATA.findall(line)),
                  "request": " ".join(ERROR_REQUEST.findall(line))})


def facts(line):
    line = unwrapped(line)
    if not line.startswith("{"):
        return of_text(line)
    record = json.loads(line)
    if "class_uid" in record:
        return of_ocsf(line, record)
    if "ecs.version" in record:
        return of_ecs(record)
    if "audit_data" in record:
        return of_old_audit(record)
    if "transaction" not in record:
        return of_members(record)
    is_coraza = "http_code" not in record["transaction"]["response"]
    return of_coraza(line, record) if is_coraza else of_audit(record)


def differences(before, after):
    """What of the line before is missing in the line after."""
    one, two = facts(before), facts(after)
    problems = []
    if one.stays != two.stays:
        problems.append(f"{one.stays} has become {two.stays}")
    for place, text in one.places.items():
        gone = evidence(text) - evidence(two.places.get(place, ""))
        if gone:
            problems.append(f"{sorted(gone)} is gone from {place}: {text[:300]}")
    return problems


def rules_in(texts):
    """How often each rule is named, whatever it is written in."""
    counts = {}
    for text in texts:
        for pair in RULE_ANYWHERE.findall(text.replace("\\", "")):
            rule = "".join(pair)
            counts[rule] = counts.get(rule, 0) + 1
    return counts
