"""Every kind of identifier that the detectors promise to find, as people and programs write it.

KINDS has for each label of `wafveil detectors` its spellings and the sentences that announce it. A spelling is
a function of random.Random and gives what is planted, or (before, planted, behind) where only a part is personal.
`needs` is what a reader must know beside the text: nothing (SHAPE), that the record is under the law of a region
(REGION), or words before it (WORDS).
"""

import base64
import json
import string
import typing

import issued
from issued import digits, fours, groups, letters

SHAPE, REGION, WORDS = "shape", "region", "words"
ALNUM = string.ascii_letters + string.digits
WORD = ALNUM + "-_"
HEX = "0123456789abcdef"
NO_BREAK, THIN, NARROW, IDEOGRAPHIC = "\u00a0", "\u2009", "\u202f", "\u3000"
HYPHEN, NO_BREAK_HYPHEN, EN_DASH, MINUS, LONG = "\u2010", "\u2011", "\u2013", "\u2212", "\u30fc"


class Spelling(typing.NamedTuple):
    name: str
    needs: str
    make: typing.Callable


class Kind(typing.NamedTuple):
    label: str
    spellings: tuple
    home: str = ""          # the region where the shape is enough; "": every one
    sentences: tuple = ()   # with {} for the identifier
    beyond: tuple = ()      # spellings that nobody promises to find, counted apart


def spelled(needs=SHAPE, **makes):
    return tuple(Spelling(name, needs, make) for name, make in makes.items())


def grouped(make, lengths, joins, needs=SHAPE):
    """One spelling for each of the joins, by name."""
    return tuple(Spelling(name, needs, lambda random, join=join: groups(make(random), lengths, join))
                 for name, join in joins.items())


BLANKS = {"blanks": " ", "no-break blanks": NO_BREAK, "narrow blanks": NARROW, "thin blanks": THIN,
          "ideographic blanks": IDEOGRAPHIC}
HYPHENS = {"hyphens": "-", "no-break hyphens": NO_BREAK_HYPHEN, "en dashes": EN_DASH, "minus signs": MINUS,
           "Unicode hyphens": HYPHEN}
POINTS = {"points": "."}
ANY = {**BLANKS, **HYPHENS, **POINTS}


# Addresses and e-mails.

def ipv4(random):
    return f"{random.randint(1, 223)}.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}"


def ipv6_groups(random, count):
    """With a decimal digit, as nearly all have one."""
    found = [f"{random.randint(1, 0xffff):x}" for _ in range(count)]
    found[0] = "2001"
    return found


def ipv6(random):
    return ":".join(ipv6_groups(random, 8))


def ipv6_short(random):
    head = random.randint(1, 4)
    found = ipv6_groups(random, head + random.randint(1, 3))
    return ":".join(found[:head]) + "::" + ":".join(found[head:])


HOSTS = ("example.com", "example.org", "mail.example.net", "a-b.example.co.jp", "example.museum", "sub.test.example")


def local(random, more="._-+"):
    words = [letters(random, random.randint(2, 8), string.ascii_lowercase) for _ in range(2)]
    return random.choice(more).join(words) + random.choice(["", "7", "1984"])


def email(random):
    return f"{local(random)}@{random.choice(HOSTS)}"


# Credentials and keys.

def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def jwt(random):
    parts = [{"alg": random.choice(["HS256", "RS256"]), "typ": "JWT"},
             {"sub": digits(random, 10), "n": random.random()}]
    return ".".join([*(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts),
                     base64url(random.randbytes(32))])


def pem(line_end):
    def make(random):
        name = random.choice(["", "RSA ", "EC ", "ENCRYPTED ", "OPENSSH "])
        body = base64.b64encode(random.randbytes(100)).decode()
        lines = [body[at:at + 64] for at in range(0, len(body), 64)]
        return line_end.join([f"-----BEGIN {name}PRIVATE KEY-----", *lines, f"-----END {name}PRIVATE KEY-----"])
    return make


def key(prefix, count, of=ALNUM):
    return lambda random: prefix + letters(random, count, of)


def uuid(random):
    text = letters(random, 32, HEX)
    return groups(text[:12] + random.choice("14567") + text[13:16] + random.choice("89ab") + text[17:],
                  (8, 4, 4, 4, 12), "-")


def mac(join, pairs=True):
    def make(random):
        text = letters(random, 12, HEX)
        text = text[:1] + "a" + text[2:]  # six pairs of digits may be a time
        return groups(text, (2,) * 6 if pairs else (4,) * 3, join)
    return make


def place(join, decimals=(4, 8)):
    def make(random):
        def degrees(most):
            return f"{random.uniform(-most, most):.{random.randint(*decimals)}f}"
        return degrees(89) + join + degrees(179)
    return make


# Cards and telephone numbers.

def card_groups(join):
    def make(random):
        network = random.choice(["visa", "mastercard", "amex", "diners", "discover", "jcb", "unionpay", "mir",
                                 "rupay"])
        if network == "amex":
            return groups(issued.card(random, network), (4, 6, 5), join)
        if network == "diners":
            return groups(issued.card(random, network, 14), (4, 6, 4), join)
        return fours(issued.card(random, network, 16), join)
    return make


COUNTRY_CODES = (("1", (3, 3, 4)), ("44", (2, 4, 4)), ("44", (4, 6)), ("49", (2, 8)), ("33", (1, 2, 2, 2, 2)),
                 ("81", (2, 4, 4)), ("81", (1, 4, 4)), ("82", (2, 4, 4)), ("86", (3, 4, 4)), ("65", (4, 4)),
                 ("886", (3, 3, 3)), ("852", (4, 4)), ("34", (3, 3, 3)), ("39", (3, 7)), ("41", (2, 3, 2, 2)),
                 ("55", (2, 5, 4)), ("61", (3, 3, 3)), ("91", (5, 5)), ("971", (2, 3, 4)), ("358", (2, 7)))


def e164(join, open_join=None, close_join=None):
    def make(random):
        code, lengths = random.choice(COUNTRY_CODES)
        national = digits(random, sum(lengths), "23456789")
        joins = [join] * (len(lengths) - 1)
        if open_join is None:
            return "+", f"{code}{join}" + groups(national, lengths, joins), ""
        return "+", f"{code}{open_join}" + groups(national, lengths, [close_join, *joins[1:]]), ""
    return make


def national(lengths, join, first="0", second="3456789"):
    """A number with the digit for other towns in front."""
    return lambda random: groups(first + digits(random, sum(lengths) - len(first), second), lengths, join)


def jp_town(joins):
    """With four digits in front, of which some begin numbers of services."""
    def make(random):
        while True:
            text = "0" + digits(random, 9, "3456789")
            if text[:4] not in ("0570", "0800"):
                return groups(text, (4, 2, 4), joins)
    return make


def jp_mobile(join=""):
    return lambda random: groups(random.choice(["070", "080", "090"]) + digits(random, 8, "123456789"), (3, 4, 4),
                                 join)


def us(joins, lengths=(3, 3, 4), first=""):
    def make(random):
        text = digits(random, 3, "23456789") + digits(random, 3, "23456789") + digits(random, 4)
        return first + groups(text, lengths, joins)
    return make


TELEPHONES = ("phone: {}", "Phone number {}", "call me at {} please", "tel. {}", "Telefon: {}", "téléphone : {}",
              "mi teléfono es {}", "電話番号は{}です", "携帯：{}", "전화 {}", "手机号 {}", "mobile={}", "FAX {}",
              "TEL:{}", "msisdn {}", "โทร {}")


def everyone(*words):
    """What people write around a word for a number; {} stays for the number."""
    frames = ("{w}: {{}}", "{w} {{}}", "{w}={{}}", "my {w} is {{}}", "{w} no. {{}}", "{w}#{{}}", "{w} number: {{}}",
              "({w} {{}})", "{w} -> {{}}")
    return tuple(frame.format(w=word) for word in words for frame in frames)


def groups_tail(text, tail):
    return text[:-1] + tail.format(text[-1])


def small(make):
    """In small letters; one of hexadecimal digits alone may be part of a hash, and is meant to need words."""
    return lambda random: issued.until(lambda: make(random).lower(), lambda made: set(made) - set(HEX))


KINDS = (
    Kind("IPV4", spelled(
        plain=ipv4, port=lambda random: ("", ipv4(random), f":{random.randint(1024, 65535)}"),
        network=lambda random: ("", ipv4(random), "/24"),
        zeros=lambda random: ".".join(f"{random.randint(1, 254):03}" for _ in range(4)))),
    Kind("IPV6", spelled(
        full=ipv6, short=ipv6_short, capitals=lambda random: ipv6(random).upper(),
        bracketed=lambda random: ("[", ipv6_short(random), f"]:{random.randint(1, 65535)}"),
        mapped=lambda random: "::ffff:" + ipv4(random),
        zone=lambda random: ("", "fe80::1:" + digits(random, 3), "%eth0"),
        padded=lambda random: ":".join(one.zfill(4) for one in ipv6_groups(random, 8)))),
    Kind("EMAIL", spelled(
        plain=email, capitals=lambda random: email(random).upper(), tagged=lambda random: "a.b+" + email(random),
        mailto=lambda random: ("mailto:", email(random), ""), angled=lambda random: ("Ann <", email(random), ">"),
        accents=lambda random: random.choice(["jörg", "zoë.müller", "иван", "δοκιμή"]) + "@" + random.choice(HOSTS),
        wide_domain=lambda random: local(random) + "@"
        + random.choice(["müller.example", "例え.テスト", "пример.испытание"]),
        punycode=lambda random: local(random) + "@xn--mller-kva.xn--p1ai")),
    Kind("BASIC_AUTH_URL", spelled(
        plain=lambda random: ("https://", f"{local(random, '._-')}:{letters(random, 10, ALNUM)}", "@example.com/a"),
        user=lambda random: ("ftp://", local(random, "._-"), "@example.com"),
        signs=lambda random: ("redis://", f":{letters(random, 8, ALNUM)}!$*", "@db.example:6379/0"))),
    Kind("JWT", spelled(
        signed=jwt, unsigned=lambda random: ("", jwt(random).rsplit(".", 1)[0], "."),
        json=lambda random: base64.b64encode(json.dumps({"id": digits(random, 9),
                                                         "n": local(random)}).encode()).decode())),
    Kind("AUTH_HEADER", spelled(
        bearer=lambda random: ("Bearer ", letters(random, 24, WORD), ""),
        basic=lambda random: ("Basic ", base64_of(f"{local(random)}:{letters(random, 9, ALNUM)}"), ""),
        small=lambda random: ("bearer ", letters(random, 32, HEX), ""),
        negotiate=lambda random: ("Negotiate ", "YII" + letters(random, 60, ALNUM + "+/"), ""),
        ntlm=lambda random: ("NTLM ", "TlRMTVNTUAAB" + letters(random, 40, ALNUM + "+/"), ""))),
    Kind("AWS_KEY_ID", spelled(
        user=key("AKIA", 16, string.ascii_uppercase + "234567"),
        session=key("ASIA", 16, string.ascii_uppercase + "234567"),
        role=key("AROA", 16, string.ascii_uppercase + "234567"))),
    Kind("GCP_API_KEY", spelled(key=key("AIza", 35, WORD), secret=key("GOCSPX-", 28, WORD))),
    Kind("GITHUB_TOKEN", spelled(
        classic=key("ghp_", 36), server=key("ghs_", 36), oauth=key("gho_", 36),
        fine=lambda random: f"github_pat_{letters(random, 22, ALNUM)}_{letters(random, 59, ALNUM)}")),
    Kind("SLACK_TOKEN", spelled(
        bot=lambda random: f"xoxb-{digits(random, 12)}-{digits(random, 13)}-{letters(random, 24, ALNUM)}",
        user=lambda random: "-".join(["xoxp", *(digits(random, 12) for _ in range(3)), letters(random, 32, HEX)]),
        app=lambda random: f"xapp-1-A{letters(random, 10)}-{digits(random, 13)}-{letters(random, 64, HEX)}",
        rotated=lambda random: ("xoxe.", f"xoxp-1-{letters(random, 160, ALNUM)}", ""))),
    Kind("STRIPE_KEY", spelled(
        secret=key("sk_live_", 24), test=key("sk_test_", 24), long=key("sk_live_51", 97),
        restricted=key("rk_live_", 24),
        webhook=key("whsec_", 32))),
    Kind("VENDOR_KEY", spelled(
        gitlab=key("glpat-", 20, WORD), npm=key("npm_", 36), pypi=key("pypi-AgEIcHlwaS5vcmc", 150, WORD),
        openai=key("sk-", 48), openai_project=key("sk-proj-", 120, WORD), anthropic=key("sk-ant-api03-", 95, WORD),
        sendgrid=lambda random: f"SG.{letters(random, 22, WORD)}.{letters(random, 43, WORD)}",
        shopify=key("shpat_", 32, HEX), digitalocean=key("dop_v1_", 64, HEX), huggingface=key("hf_", 34),
        brevo=lambda random: f"xkeysib-{letters(random, 64, HEX)}-{letters(random, 16, ALNUM)}",
        docker=key("dckr_pat_", 27, WORD), rubygems=key("rubygems_", 48, HEX))),
    Kind("PRIVATE_KEY", spelled(
        escaped=pem("\\n"), blanks=pem(" "), carriage=pem("\\r\\n"),
        cut=lambda random: pem("\\n")(random)[:120])),
    Kind("UUID", spelled(
        plain=uuid, capitals=lambda random: uuid(random).upper(), braces=lambda random: ("{", uuid(random), "}"),
        urn=lambda random: ("urn:uuid:", uuid(random), ""))),
    Kind("MAC", spelled(
        colons=mac(":"), hyphens=mac("-"), points=mac(".", pairs=False),
        capitals=lambda random: mac(":")(random).upper(),
        digits=lambda random: groups(digits(random, 12), (2,) * 6, ":"))),
    Kind("IMEI", spelled(WORDS, plain=issued.imei) + grouped(issued.imei, (2, 6, 6, 1), ANY, WORDS),
         sentences=everyone("IMEI", "imei")),
    Kind("GEO", spelled(
        plain=place(","), blank=place(", "), bracketed=lambda random: ("[", place(", ")(random), "]"),
        map=lambda random: ("@", place(",")(random), ",15z"), uri=lambda random: ("geo:", place(",")(random), ""))),
    Kind("PAN", tuple(
        Spelling(network, SHAPE, lambda random, network=network: issued.card(random, network))
        for network in issued.CARDS)
        + tuple(Spelling(name, SHAPE, card_groups(join)) for name, join in ANY.items())
        + spelled(nineteen=lambda random: fours(issued.card(random, "visa", 19), " "),
                  unionpay19=lambda random: groups(issued.card(random, "unionpay", 19), (6, 13), " "))),
    Kind("IBAN", spelled(
        plain=issued.iban, small=lambda random: issued.iban(random).lower(),
        small_groups=lambda random: fours(issued.iban(random).lower()))
        + tuple(Spelling(name, SHAPE, lambda random, join=join: fours(issued.iban(random), join))
                for name, join in ANY.items())),
    Kind("IT_CF", spelled(
        plain=issued.it_cf, small=lambda random: issued.it_cf(random).lower()),
        beyond=spelled(blanks=lambda random: groups(issued.it_cf(random), (3, 3, 5, 5), " "))),
    Kind("SG_NRIC", spelled(REGION, plain=issued.sg_nric, small=lambda random: issued.sg_nric(random).lower()),
         "sg", everyone("NRIC", "FIN", "nric")),
    Kind("TW_ID", spelled(REGION, plain=issued.tw_id, small=small(issued.tw_id)),
         "tw", ("身分證字號：{}", "身份證 {}", "我的身分證是{}", "居留證號碼 {}")),
    Kind("HKID", spelled(
        REGION, plain=issued.hkid, brackets=lambda random: groups_tail(issued.hkid(random), "({})"),
        wide=lambda random: groups_tail(issued.hkid(random), "（{}）")),
        "hk", ("HKID: {}", "hk id {}", "香港身份證號碼：{}", "Hong Kong ID {}"),
        beyond=spelled(REGION, blank=lambda random: groups_tail(issued.hkid(random), " ({})"))),
    Kind("GB_NINO", spelled(
        REGION, plain=issued.gb_nino, small=small(issued.gb_nino))
        + grouped(issued.gb_nino, (2, 2, 2, 2, 1), {**BLANKS, **HYPHENS}, REGION),
        "uk", everyone("NINO", "NI number", "National Insurance"),
        beyond=spelled(REGION, thirds=lambda random: groups(issued.gb_nino(random), (2, 6, 1), " "),
                       points=lambda random: groups(issued.gb_nino(random), (2, 2, 2, 2, 1), "."))),
    Kind("ES_DNI", spelled(
        REGION, plain=issued.es_dni, foreigner=issued.es_nie, small=small(issued.es_dni),
        hyphen=lambda random: groups(issued.es_dni(random), (8, 1), "-"),
        foreigner_hyphens=lambda random: groups(issued.es_nie(random), (1, 7, 1), "-")),
        "eu", ("DNI: {}", "mi dni es {}", "NIE {}", "NIF: {}", "documento {}", "DNI nº {}"),
        beyond=spelled(REGION, blank=lambda random: groups(issued.es_dni(random), (8, 1), " "),
                       points=lambda random: groups(issued.es_dni(random), (2, 3, 3, 1), list("..-")))),
    Kind("KR_RRN", grouped(issued.kr_rrn, (6, 7), HYPHENS) + spelled(WORDS, plain=issued.kr_rrn),
         sentences=("주민등록번호: {}", "주민번호는 {}입니다", "외국인등록번호 {}", "RRN: {}"),
         beyond=grouped(issued.kr_rrn, (6, 7), BLANKS, WORDS)),
    Kind("MYKAD", grouped(issued.mykad, (6, 2, 4), HYPHENS)
         + spelled(WORDS, plain=issued.mykad) + grouped(issued.mykad, (6, 2, 4), BLANKS, WORDS),
         sentences=("MyKad {}", "IC no: {}", "No KP: {}", "kad pengenalan {}", "no. kp {}")),
    Kind("BR_CPF", grouped(issued.br_cpf, (3, 3, 3, 2), {"points": list("..-")})
         + spelled(REGION, plain=issued.br_cpf),
         "br", everyone("CPF", "cpf"),
         beyond=spelled(REGION, hyphen=lambda random: groups(issued.br_cpf(random), (9, 2), "-"))),
    Kind("CH_AHV", spelled(plain=issued.ch_ahv) + grouped(issued.ch_ahv, (3, 4, 4, 2),
                                                          {**POINTS, **BLANKS, **HYPHENS}),
         sentences=("AHV: {}",)),
    Kind("US_SSN", grouped(issued.us_ssn, (3, 2, 4), HYPHENS) + spelled(WORDS, plain=issued.us_ssn)
         + grouped(issued.us_ssn, (3, 2, 4), {**BLANKS, **POINTS}, WORDS),
         sentences=everyone("SSN", "Social Security", "ssn")),
    Kind("CN_RIC", spelled(plain=issued.cn_ric, small=lambda random: issued.cn_ric(random).lower()),
         beyond=spelled(blanks=lambda random: groups(issued.cn_ric(random), (6, 8, 4), " "))),
    Kind("JP_MY_NUMBER", spelled(WORDS, plain=issued.jp_my_number)
         + grouped(issued.jp_my_number, (4, 4, 4), ANY, WORDS),
         sentences=("マイナンバーは{}です", "マイナンバー：{}", "個人番号 {}", "My Number: {}", "my number is {}",
                    "私のマイナンバーは、{}")),
    Kind("DE_IDNR", spelled(WORDS, plain=issued.de_idnr) + grouped(issued.de_idnr, (2, 3, 3, 3), ANY, WORDS),
         sentences=("Steuer-ID: {}", "Steuer-Identifikationsnummer {}", "steuer id {}", "IdNr. {}",
                    "Steueridentifikationsnummer: {}", "meine Steuer-ID lautet {}", "tax id {}")),
    Kind("FR_NIR", spelled(REGION, plain=issued.fr_nir, Corsica=lambda random: issued.fr_nir(random, ("2A", "2B")),
                           key=lambda random: groups(issued.fr_nir(random), (13, 2), " "))
         + grouped(issued.fr_nir, (1, 2, 2, 2, 3, 3, 2), ANY)
         + tuple(Spelling(f"Corsica, {name}", SHAPE, lambda random, join=join: groups(
             issued.fr_nir(random, ("2A", "2B")), (1, 2, 2, 2, 3, 3, 2), join)) for name, join in ANY.items()),
         "eu", ("NIR : {}", "numéro de sécurité sociale : {}", "sécurité sociale {}", "INSEE {}",
                   "NUMÉRO DE SÉCURITÉ SOCIALE {}")),
    Kind("GB_NHS", spelled(WORDS, plain=issued.gb_nhs) + grouped(issued.gb_nhs, (3, 3, 4), ANY, WORDS),
         sentences=everyone("NHS", "NHS number")),
    Kind("AU_TFN", spelled(WORDS, plain=issued.au_tfn, eight=lambda random: issued.au_tfn(random, 8))
         + grouped(issued.au_tfn, (3, 3, 3), ANY, WORDS),
         sentences=everyone("TFN", "tax file number")),
    Kind("AU_MEDICARE", spelled(WORDS, plain=issued.au_medicare) + grouped(issued.au_medicare, (4, 5, 1), ANY, WORDS)
         + spelled(WORDS, person=lambda random: groups(issued.au_medicare(random) + "1", (4, 5, 1, 1), list("  -"))),
         sentences=everyone("Medicare", "medicare card"),
         beyond=spelled(WORDS, slash=lambda random: groups(
             issued.au_medicare(random) + "1", (4, 5, 1, 1), list("  /")))),
    Kind("IN_AADHAAR", spelled(WORDS, plain=issued.in_aadhaar) + grouped(issued.in_aadhaar, (4, 4, 4), ANY, WORDS),
         sentences=(*everyone("Aadhaar", "UIDAI"), "आधार {}", "मेरा आधार नंबर {}")),
    Kind("TH_PIN", grouped(issued.th_pin, (1, 4, 5, 2, 1), HYPHENS) + spelled(WORDS, plain=issued.th_pin)
         + grouped(issued.th_pin, (1, 4, 5, 2, 1), BLANKS, WORDS),
         sentences=("เลขประจำตัวประชาชน {}", "บัตรประชาชน: {}", "Thai ID {}")),
    Kind("CA_SIN", spelled(WORDS, plain=issued.ca_sin) + grouped(issued.ca_sin, (3, 3, 3), ANY, WORDS),
         sentences=everyone("SIN", "Social Insurance")),
    Kind("IL_ID", spelled(WORDS, plain=issued.il_id) + grouped(issued.il_id, (8, 1), HYPHENS, WORDS),
         sentences=("תעודת זהות: {}", "מספר תעודת זהות {}", "teudat zehut {}")),
    Kind("PH_TIN", spelled(WORDS, plain=issued.ph_tin, twelve=lambda random: issued.ph_tin(random) + "000")
         + grouped(issued.ph_tin, (3, 3, 3), ANY, WORDS)
         + tuple(Spelling(f"{name}, branch", WORDS, lambda random, join=join: groups(
             issued.ph_tin(random) + "00000", (3, 3, 3, 5), join)) for name, join in {**HYPHENS, **BLANKS}.items()),
         sentences=everyone("TIN")),
    Kind("PHONE_E164", spelled(
        plain=e164(""), brackets=e164(" ", " (", ") "), tight=e164("-", "(", ")"), trunk=e164(" ", " (0)", " "),
        slash=e164("", " ", "/"), tel=lambda random: ("tel:+", e164("-")(random)[1], ""))
        + tuple(Spelling(name, SHAPE, e164(join)) for name, join in ANY.items()),
        beyond=spelled(spaced_hyphen=e164("", " ", " - "), spaced_slash=e164("", " ", " / "))),
    Kind("PHONE_JP", spelled(
        mobile=jp_mobile(), long_marks=national((2, 4, 4), LONG), brackets=national((2, 4, 4), ["(", ")"]),
        area_brackets=lambda random: ("(", national((2, 4, 4), [")", "-"])(random), ""),
        town_brackets=jp_town(["(", ")"]), mobile_brackets=lambda random: ("(", jp_mobile([") ", "-"])(random), ""))
        + tuple(Spelling(f"mobile, {name}", SHAPE, jp_mobile(join)) for name, join in HYPHENS.items())
        + tuple(Spelling(f"fixed, {name}", SHAPE, jp_town(join) if lengths[0] == 4 else national(lengths, join))
                for lengths, (name, join) in zip(((2, 4, 4), (3, 3, 4), (4, 2, 4), (5, 1, 4), (2, 4, 4)),
                                                 HYPHENS.items())),
        beyond=spelled(mobile_blanks=jp_mobile(" "))),
    Kind("PHONE_US", spelled(
        brackets=lambda random: ("(", us([") ", "-"])(random), ""),
        tight=lambda random: ("(", us([")", "-"])(random), ""),
        long=us("-", first="1-"), points=us("."), long_points=us(".", first="1."),
        long_brackets=lambda random: ("1 (", us([") ", "-"])(random), ""),
        brackets_blank=lambda random: ("(", us([") ", " "])(random), ""),
        brackets_point=lambda random: ("(", us([")", "."])(random), ""),
        brackets_alone=lambda random: ("(", us([")", ""])(random), ""))
        + tuple(Spelling(name, SHAPE, us(join)) for name, join in HYPHENS.items()),
        beyond=spelled(slash=us(["/", "-"]))),
    Kind("PHONE_KR", tuple(Spelling(f"mobile, {name}", SHAPE, national((3, 4, 4), join, "010"))
                           for name, join in HYPHENS.items())
         + spelled(seoul=national((2, 3, 4), "-", "02"), seoul_long=national((2, 4, 4), "-", "02"),
                   province=national((3, 3, 4), "-", "031")),
         beyond=spelled(points=national((3, 4, 4), ".", "010"), blanks=national((3, 4, 4), " ", "010"))),
    Kind("PHONE", spelled(
        WORDS, plain=national((11,), ""), seven=national((3, 4), "-", "", "23456789"), pairs=national((2,) * 5, " "),
        points=national((2,) * 5, "."), slash=national((3, 6), "/"),
        brackets=lambda random: ("(", national((3, 3, 3), [") ", " "])(random), ""),
        fours=national((4, 4), " ", "", "23456789"),
        fives=national((5, 5), " ", "", "6789"),
        no_break=national((3, 3, 4), NO_BREAK), british=national((5, 6), " "), blanks=us(" ")),
        sentences=TELEPHONES,
        beyond=spelled(WORDS, spaced_hyphen=national((3, 6), " - "), spaced_slash=national((3, 6), " / "))),
)


