"""A request as a record of AWS WAF, and back: what somebody who has only the record can still see."""

import json

import attacks

CLIENT = "203.0.113.150"


def record_of(request):
    """One line."""
    path, _, query = request.target.partition("?")
    headers = dict(request.headers)
    blocked = request.category != attacks.BENIGN
    details = [{"conditionType": "SQL_INJECTION" if request.category == "sqli" else "REGEX",
                "sensitivityLevel": "LOW", "location": "ALL_QUERY_ARGS", "matchedFieldName": "",
                "matchedData": list(request.evidence)}] if request.evidence else []
    return json.dumps({
        "timestamp": 1795321384123,
        "formatVersion": 1,
        "webaclId": "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/shop/0a1b2c3d",
        "terminatingRuleId": "attack" if blocked else "Default_Action",
        "terminatingRuleType": "REGULAR",
        "action": "BLOCK" if blocked else "ALLOW",
        "terminatingRuleMatchDetails": details,
        "httpSourceName": "ALB",
        "httpSourceId": "111122223333-app/shop/50dc6c495c0c9188",
        "httpRequest": {
            "clientIp": CLIENT,
            "country": "DE",
            "headers": [{"name": name, "value": value} for name, value in request.headers],
            "uri": path,
            "args": query,
            "httpVersion": "HTTP/1.1",
            "httpMethod": request.method,
            "requestId": "1-69218e61-22f0c04b7d1a5e8890b3c6d1",
            "fragment": "",
            "scheme": "https",
            "host": headers["Host"],
        },
        "labels": [],
    }, ensure_ascii=False, separators=(",", ":"))


def texts(values):
    return tuple(value for value in values if isinstance(value, str))


def request_of(line, category, position):
    """What the record tells; what is not in it any more, the request has not either."""
    record = json.loads(line)
    asked = record.get("httpRequest", {})
    query = asked.get("args", "")
    headers = tuple((one["name"], one["value"]) for one in asked.get("headers", ())
                    if {"name", "value"} <= one.keys())
    details = record.get("terminatingRuleMatchDetails") or [{}]
    return attacks.Request(category, position, asked.get("httpMethod", ""),
                           asked.get("uri", "") + ("?" + query if query else ""), headers,
                           texts(details[0].get("matchedData", ())))


def is_stub(line):
    return json.loads(line).get("_wafveil", {}).get("kind") == "stub"
