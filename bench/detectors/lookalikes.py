"""What is no identifier and looks like one: numbers, tokens and words that fill the logs of every site.

KINDS has a function of random.Random for each kind. Those of NEVER are what investigators need to see, and
what is known to be nobody's: not one hit is allowed in them. Of the others at most one of a thousand may be
taken for something. CHANCE is apart: digits that were made by chance in the form of a real identifier; the
share of them that is taken is the price of check digits, and no mistake.
"""

import base64
import datetime
import json
import re
import string
import uuid

from issued import letters

UTC = datetime.timezone.utc
FIRST = datetime.datetime(2015, 1, 1, tzinfo=UTC)
WORDS = ("order", "basket", "winter", "search", "image", "product", "blue", "large", "detail", "page", "review")
SETS = {"d": string.digits, "h": "0123456789abcdef", "H": "0123456789ABCDEF",
        "a": string.ascii_letters + string.digits,
        "A": string.ascii_uppercase, "u": string.ascii_uppercase + string.digits,
        "l": string.ascii_lowercase + string.digits, "w": string.ascii_letters + string.digits + "-_",
        "b": string.ascii_uppercase + "234567", "c": "0123456789ABCDEFGHJKMNPQRSTVWXYZ"}
FIELD = re.compile(r"<(?:(?P<set>[a-zA-Z])(?P<least>\d+)(?:-(?P<most>\d+))?|(?P<from>\d+)-(?P<to>\d+)"
                   r"|(?P<time>%[^>]*)|(?P<word>word)|(?P<real>real)(?P<decimals>\d+)-(?P<up>\d+)"
                   r"|(?P<epoch>epoch)(?P<factor>\d*))>")


def moment(random):
    return FIRST + datetime.timedelta(microseconds=random.randrange(20 * 365 * 86400 * 10 ** 6))


def filled(form, random):
    """<d8> eight digits, <h6-40> hexadecimal digits, <n…> digits not beginning with 0, <0-255> a number of that
    range, <real1-400> one with up to that many decimals, <%Y-%m-%d> a time, <epoch3> in milliseconds, <word>."""
    def field(found):
        if found["set"]:
            count = random.randint(int(found["least"]), int(found["most"] or found["least"]))
            if found["set"] == "n":
                return letters(random, 1, "123456789") + letters(random, count - 1, string.digits)
            return letters(random, count, SETS[found["set"]])
        if found["from"]:
            return str(random.randint(int(found["from"]), int(found["to"])))
        if found["time"]:
            return moment(random).strftime(found["time"])
        if found["real"]:
            most = int(found["up"])
            return f"{random.uniform(-most / 9, most):.{random.randint(1, int(found['decimals']))}f}"
        if found["epoch"]:
            return str(int(moment(random).timestamp() * 10 ** 6) * 1000 // 10 ** (9 - int(found["factor"] or 0)))
        return random.choice(WORDS)
    return FIELD.sub(field, form)


def of(*forms):
    return lambda random: filled(random.choice(forms), random)


def lists(form, joins, least=2, most=7):
    """Several of the form, with one of the joins between them."""
    return lambda random: random.choice(joins).join(filled(form, random) for _ in range(random.randint(least, most)))


def base64_of(random):
    data = random.randbytes(random.randint(9, 60))
    return random.choice([base64.b64encode, base64.urlsafe_b64encode, base64.b32encode])(data).decode()


def ean(random):
    body = filled(random.choice(("40<d10>", "978<d9>", "00<d10>", "50<d10>", "76<d10>", "30<d10>")), random)
    return body + str(-sum(int(digit) * (1, 3)[at % 2] for at, digit in enumerate(body)) % 10)


JA3 = (4865, 4866, 4867, 49195, 49199, 49196, 49200, 52393, 52392, 49171, 49172, 156, 157, 47, 53, 0, 23, 65281, 10,
       11, 35, 16, 5, 13, 18, 51, 45, 43, 27, 17513, 21, 29, 24)


def ja3(random):
    parts = ("-".join(str(random.choice(JA3)) for _ in range(random.randint(3, 15))) for _ in range(3))
    return f"771,{','.join(parts)},0"


def fingerprint(random):
    return random.choice((ja3, of("t13d<10-30><10-20>h2_<h12>_<h12>", "<h32>")))(random)


def price(random):
    whole = random.randint(0, 9999999)
    return random.choice((f"{whole}.{random.randint(0, 99):02}", f"€{whole:,}.00", f"¥{whole:,}", f"USD {whole}",
                          f"{whole:,}".replace(",", ".") + ",00 EUR", f"{whole:,}".replace(",", " ") + ",50"))


def span(random):
    one, two = sorted((moment(random), moment(random)))
    form = random.choice(("%Y", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%d.%m.%Y", "%Y-%m", "%H:%M", "%m-%d-%Y"))
    return one.strftime(form) + random.choice(("-", "..", " - ", "/", ",", "_", " to ")) + two.strftime(form)


def random_uuid(random):
    return str(uuid.UUID(bytes=random.randbytes(16), version=4))


def wrong_uuid(random):
    text = random_uuid(random)
    return random.choice((text[:-1], text + "0", text.replace("-", "", 1), text.replace("-", "_"), "g" + text[1:],
                          text[:8] + ":" + text[9:], "x".join(text.split("-"))))


def as_json(random):
    return json.dumps({"id": random.randint(1, 10 ** 9), "at": int(filled("<epoch3>", random)), "n": random.random()})


# Words that tell of a number, in other sentences than these.
EVERYDAY = ("call", "last call", "cell", "mobile", "dial", "fax", "tel", "sms", "sin", "tin", "fin", "nie",
            "medicare")


def behind_words(*forms):
    return lambda random: f"{random.choice(EVERYDAY)} {filled(random.choice(forms), random)}"


NEVER = {
    "epoch s": of("<epoch>"), "epoch ms": of("<epoch3>"), "epoch us": of("<epoch6>"), "epoch ns": of("<epoch9>"),
    "epoch with decimals": of("<epoch>.<d3>", "<epoch>.<d6>", "<epoch>.<d9>"),
    "time, ISO 8601": of("<%Y-%m-%dT%H:%M:%SZ>", "<%Y-%m-%dT%H:%M:%S.%fZ>", "<%Y-%m-%dT%H:%M:%S+09:00>",
                         "<%Y-%m-%dT%H:%M:%S.%f-05:00>", "<%Y-%m-%dT%H:%MZ>", "<%G-W%V-%u>", "<%Y-%j>"),
    "time, compact": of("<%Y%m%d%H%M%S>", "<%Y%m%dT%H%M%SZ>", "<%Y%m%d%H%M>", "<%y%m%d%H%M%S>", "<%Y%m%d%H%M%S%f>",
                        "<%Y%m%d-%H%M%S>", "<%Y%m%d_%H%M%S>", "<%d%m%Y%H%M%S>"),
    "time, blanks": of("<%Y-%m-%d %H:%M:%S>", "<%Y %m %d %H %M %S>", "<%d %b %Y %H:%M:%S>", "<%d %m %Y %H %M>",
                       "<%a, %d %b %Y %H:%M:%S GMT>", "<%Y%m%d %H%M%S>", "<%Y-%m-%d+%H:%M:%S>",
                       "<%Y-%m-%d %H:%M:%S.%f>", "<%Y-%m-%d %H:%M:%S +0900>"),
    "time, hyphens": of("<%Y-%m-%d-%H-%M-%S>", "<%Y-%m-%d-%H%M%S>", "<%d-%m-%Y-%H-%M>", "<%Y-%m-%d-%H-%M-%S-%f>",
                        "<%d-%b-%Y-%H-%M-%S>", "<%y-%m-%d-%H-%M-%S>", "<%H-%M-%S-%f>"),
    "time, points": of("<%Y.%m.%d.%H.%M.%S>", "<%d.%m.%Y %H:%M>", "<%d.%m.%y %H.%M.%S>", "<%Y.%m.%d-%H.%M.%S>",
                       "<%Y.%m.%d %H:%M:%S.%f>"),
    "time, slashes": of("<%Y/%m/%d %H:%M:%S>", "<%m/%d/%Y %H:%M>", "<%Y/%m/%d/%H/%M/%S>", "<%Y/%m/%d/%H%M>",
                        "<%d/%b/%Y:%H:%M:%S +0000>"),
    "date": of("<%Y-%m-%d>", "<%d-%m-%Y>", "<%m-%d-%Y>", "<%Y/%m/%d>", "<%d/%m/%Y>", "<%m/%d/%Y>", "<%d.%m.%Y>",
               "<%Y.%m.%d>", "<%y-%m-%d>", "<%Y%m%d>", "<%d%m%Y>", "<%d %m %Y>", "<%Y-%m>", "<%Y年%m月%d日>",
               "<%d %B %Y>"),
    "dates": span,
    "time behind words": behind_words("<%Y-%m-%d>", "at <%Y-%m-%d %H:%M:%S>", "<%d.%m.%Y>", "<%Y-%m-%dT%H:%M:%SZ>",
                                      "on <%H:%M:%S>", "<%Y/%m/%d>"),
    "trace id": of("00-<h32>-<h16>-01", "Root=1-<h8>-<h24>;Parent=<h16>;Sampled=1", "<h16>", "<h32>",
                   "<h32>-<h16>-1-<h16>", "X-B3-TraceId: <h16>"),
    "ARN": of("arn:aws:wafv2:eu-west-1:<d12>:regional/webacl/<word>/<word>-<d2>", "arn:aws:iam::<d12>:role/<word>",
              "arn:aws:elasticloadbalancing:us-east-1:<d12>:loadbalancer/app/<word>/<h16>",
              "arn:aws:cloudfront::<d12>:distribution/E<u13>", "arn:aws:lambda:ap-northeast-1:<d12>:function:<word>",
              "arn:aws:apigateway:eu-west-1::/restapis/<l10>/stages/prod"),
    "rule": of("AWSManagedRulesCommonRuleSet", "SQLi_QUERYARGUMENTS", "CrossSiteScripting_BODY",
               "AWS#AWSManagedRulesKnownBadInputsRuleSet#Version_1.<0-40>", "EC2MetaDataSSRF_QUERYARGUMENTS",
               "awswaf:managed:aws:core-rule-set:NoUserAgent_Header",
               "Microsoft_DefaultRuleSet-2.1-SQLI-<942000-943999>",
               "Microsoft_BotManagerRuleSet-1.1-BadBots-Bot<100000-300799>", "OWASP_CRS/4.<0-20>.<0-9>",
               "attack-sqli",
               "paranoia-level/<1-4>", "capec/1000/152/248/<1-700>", "PCI/6.5.<1-10>", "WASCTC/WASC-<1-49>", "<h32>",
               '[id "<900000-999999>"] [rev "2"] [ver "OWASP_CRS/3.3.<0-9>"]', "<900000-999999>",
               "<900000-999999>,<900000-999999>", "ruleid:<900000-999999>;score=<2-60>", "<100000-100999>-<word>"),
    "fingerprint": fingerprint,
}

FEW = {
    "order number": of("<n8-12>", "<%Y%m%d><d3-6>", "<%y%m%d>-<d4-7>", "PO<d6-10>", "ORD-<d6-10>", "#<d6-10>",
                       "A<d6-10>",
                       "<d3>-<d7>-<d7>", "<d4>-<d5>", "<d6>/<2015-2030>"),
    "serial number": of("<n1-9>"), "snowflake": of("<n17-19>"), "id of a network": of("1000<n11>", "<n11-13>"),
    "trace id in decimals": of("dd.trace_id=<n18-19>"), "EAN": ean,
    "SKU": of("<A2>-<d4>-<A1>", "<A3><d6>", "<d5>-<d3>", "<A1><d5><A2>", "<d3>.<d3>.<d2>", "B0<u8>"),
    "version": of("<0-30>.<0-30>.<0-30>", "<0-20>.<0-99>", "v<0-9>.<0-30>.<0-9>-rc.<1-9>",
                  "<1-9>.<0-20>.<0-9>+build.<d6>"),
    "build": of("<n7>", "build-<%Y%m%d>.<1-99>", "19H<d3>", "<10-99>.0.<d5>"),
    "static file": of("<word>@<2-4>x.png", "<word>-<word>.<h8>.css", "<word>_<16-2000>x<16-2000>.webp",
                      "<d8>_<d5>.jpg",
                      "<word>@<1-9>.<0-9>.0.min.js", "IMG_<%Y%m%d_%H%M%S>.jpg", "Screenshot <%Y-%m-%d %H.%M.%S>.png",
                      "@<word>/<word>.js", "<word>@<h7>.svg", "<word>-<1-20>.<0-20>.<0-9>.min.js"),
    "user agent": of(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/<90-140>.0.<1000-7000>.<0-200> Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_<0-6>_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.4.1 Mobile/15E148 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; SM-S918B Build/UP1A.231005.<100-999>) Chrome/126.0.6478.<10-200>",
        "okhttp/4.<1-12>.0", "python-requests/2.<1-32>.1", "curl/8.<0-9>.0",
        "MyApp/<1-9>.<0-40>.<0-9> (build:<n7>; iOS 17.<0-6>) CFNetwork/1494.0.7 Darwin/23.4.0"),
    "md5": of("<h32>", "<H32>"), "sha1": of("<h40>"), "sha256": of("<h64>", "<H64>"), "commit": of("<h7-12>"),
    "hex": of("<h8-40>"), "HEX": of("<H8-40>"), "ULID": of("01<c24>"), "KSUID": of("<a27>"), "nanoid": of("<w21>"),
    "short id": of("<a6-20>"), "small id": of("<l6-24>"), "capital id": of("<u6-24>"), "base64": base64_of,
    "base32": of("<b16-40>"), "ETag": of('W/"<h8>-<h11>"', '"<h32>-<1-40>"', '"<d6>-<d10>"'),
    "request id": of("Root=1-<h8>-<h24>", "<h16>-FRA", "0.<h8>.1<d9>.<h8>", "<w54>==", "req_<a24>", "<u12>:<a8>"),
    "coordinates": lists("<real6-400>,<real6-400>", (" ",), 3, 8),
    "path of a drawing": lists("<real5-99>,<real5-99>", ("L", " ", "C", "l"), 2, 6),
    "matrix": of("matrix(<real6-2>,<real6-2>,<real6-2>,<real6-2>,<real6-2>,<real6-2>)",
                 "rotate(<real6-2>, <real6-2>)",
                 "translate(<real6-2>,<real6-2>)", "cubic-bezier(<real6-2>, <real6-2>, <real6-2>, <real6-2>)"),
    "colour": of("#<h3>", "#<h6>", "#<h8>", "rgb(<0-255>,<0-255>,<0-255>)",
                 "rgba(<0-255>, <0-255>, <0-255>, 0.<1-99>)"),
    "price": price, "numbers": lists("<0-99>", ("-", ",", ", ", " ", "_", "/", "x")),
    "long numbers": lists("<100-9999>", ("-", ",", ", ", "_", "/", "x")),
    "scores": lists("<0-21>-<0-21>", (" ",), 2, 5),
    "ports": lists("<20-65535>", (",", ", ", " ", ";", "-")),
    "years": lists("<1990-2030>", ("-", "–", "/", ",", " ")),
    "time like a MAC": of("<%y-%m-%d-%H-%M-%S>", "<%H:%M:%S>:<0-99>", "<%d:%m:%Y:%H:%M:%S>", "<%Y:%m:%d %H:%M:%S>"),
    "nearly a UUID": wrong_uuid, "size": of("<320-3840>x<240-2160>", "<320-3840>x<240-2160>x24"),
    "range": of("bytes=<0-999999999>-<1000000000-9999999999>", "<1-99>-<100-9999>", "bytes 0-<n4-8>/<n9>"),
    "analytics": of("GA1.<1-3>.<n8-10>.<epoch>", "GS1.1.<epoch>.<1-40>.1.<epoch>.<0-60>.0.0", "fb.1.<epoch3>.<n10>",
                    "_gat_UA-<d8>-1=1", "G-<u10>"),
    "nearly a JWT": of("eyJ", "eyJhb", "keyJar", "greyJacket", "eyJ.<a4>", "HeyJude-<a14>",
                       "theyJoinedTheOther<word>"),
    "user of a machine": of("user@localhost", "root@web-01", "git@github", "postgres@db", "admin@", "deploy@host1"),
    "at sign": of("@media (max-width: 600px)", "@import url(a.css)", "@Override", "@app.route", "@ann_lee",
                  "by @bob.smith", "a @ b", "$var@v2", "@babel/core@7.<0-30>.0", "react@18.<0-9>.0", "npm:vue@3.4.21",
                  "user@2x"),
    "prose": of("Basic authentication is off", "the bearer of this letter", "Bearer token missing",
                "basic auth required", "negotiate a price", "NTLM is old", "Basic realm=shop",
                "WWW-Authenticate: Bearer",
                "a basic understanding", "basic: yes", "call of duty <2003-2026>", "sin(0.5)*cos(0.5)",
                "fin de serie", "tin foil 12 x 300"),
    "id in words": of("<word> <n5-9> <word>"), "JSON": as_json,
}

KINDS = {**NEVER, **FEW}

CHANCE = {
    "ARN of a web ACL": lambda random: filled("arn:aws:wafv2:eu-west-1:<d12>:regional/webacl/<word>/", random)
    + random_uuid(random),
    "version of four numbers": of("<1-255>.<0-255>.<0-255>.<1-255>"),
    "number behind an everyday word": behind_words("<epoch>", "<epoch3>", "<n7-12>"),
    **{f"{count} digits": of(f"<n{count}>") for count in range(7, 20)},
    "4-4-4-4": of("<d4>-<d4>-<d4>-<d4>"), "4 4 4": of("<d4> <d4> <d4>"), "3-2-4": of("<d3>-<d2>-<d4>"),
    "3-3-4": of("<d3>-<d3>-<d4>"), "3.3.4": of("<d3>.<d3>.<d4>"), "6-7": of("<d6>-<d7>"),
    "6-2-4": of("<d6>-<d2>-<d4>"),
    "2-4-4": of("<d2>-<d4>-<d4>"), "3.3.3-2": of("<d3>.<d3>.<d3>-<d2>"), "8 digits, letter": of("<d8><A1>"),
    "letter, 7 digits": of("<A1><d7>"), "letter, 7 digits, letter": of("<A1><d7><A1>"),
    "letter, 9 digits": of("<A1><d9>"),
    "2 letters, 6 digits, letter": of("<A2><d6><A1>"), "2 letters, 20 digits": of("<A2><d20>"),
    "form of a codice fiscale": of("<A6><d2><A1><d2><A1><d3><A1>"),
}

# Where they stand.
AROUND = ("{}", "id={}", "/a/{}/b", '{{"v":"{}"}}', "see {} there", "x={}&y=1", "[{}]", "a: {}", "{}, and so on",
          "('{}')")
