"""values.py — what filters must make of a value, written from their descriptions.

Where the result can be computed in a few lines it is computed; elsewhere there is a condition that
every right result meets. Shares no code with the program.
"""

import hashlib
import hmac
import ipaddress
import pathlib
import re
import urllib.parse

GONE = object()   # the field is removed
KEPT = object()   # the value stays as it is spelled

ABSENT = {'', '-', 'unknown', '_obf'}
SCHEMES = """Basic Bearer Digest Negotiate NTLM Kerberos HOBA Mutual OAuth DPoP GNAP PrivateToken
Concealed vapid SCRAM-SHA-1 SCRAM-SHA-256 AWS AWS3 AWS3-HTTPS AWS4-HMAC-SHA256
AWS4-ECDSA-P256-SHA256 SharedKey SharedKeyLite SharedAccessSignature GOOG4-HMAC-SHA256
GOOG4-RSA-SHA256 GOOG1 GoogleLogin Hawk HMAC HMAC-SHA256 MAC EG1-HMAC-SHA256 Signature Token JWT
ApiKey Api-Key Key PASETO""".split()
PLACEHOLDER = r'~[A-Z][A-Z0-9_]*(?:\.[A-Za-z0-9]+)*~'


def parse_address(text):
    """An ipaddress object in normal form, 'absent' or None (RFC 6943: strict forms only)."""
    text = text.strip(' \t"')
    if text in ABSENT or text.lower() == 'unknown':
        return 'absent'
    port = re.fullmatch(r'\[(.*)\](?::(\d{1,5}))?', text, re.S)
    if port:
        if port.group(2) and int(port.group(2)) > 65535:
            return None
        return parse_six(port.group(1))
    four = re.fullmatch(r'(\d+\.\d+\.\d+\.\d+)(?::(\d{1,5}))?', text, re.A)
    if four:
        if four.group(2) and int(four.group(2)) > 65535:
            return None
        try:
            return ipaddress.IPv4Address(four.group(1))
        except ValueError:
            return None
    return parse_six(text)


def parse_six(text):
    text = re.sub(r'%[A-Za-z0-9._~-]{1,63}$', '', text)
    try:
        six = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    number = int(six)
    if number >> 32 == 0xffff or (number >> 32 == 0 and number > 1):
        return ipaddress.IPv4Address(number & 0xffffffff)
    return six


def kept_bits(address, v4, v6):
    """How many leading bits stay; an IPv4 address inside is cut as one (RFC 6052, 3056, 4380, 5214)."""
    if address.version == 4:
        return v4
    number = int(address)
    if number >> 32 == 0x0064ff9b << 64:
        return 96 + v4
    if number >> 112 == 0x2002:
        return min(v6, 16 + v4)
    if number >> 96 == 0x20010000:
        return min(v6, 32)
    return min(v6, 64)


def truncate(address, v4, v6):
    width = 32 if address.version == 4 else 128
    bits = kept_bits(address, v4, v6)
    number = int(address) >> (width - bits) << (width - bits)
    return type(address)(number)


def ip_truncate(text, options):
    address = parse_address(text)
    if text in ABSENT:
        return KEPT
    if address is None or address == 'absent':
        return GONE
    return str(truncate(address, options.get('v4_keep', 24), options.get('v6_keep', 48)))


def is_internal(address):
    networks = (['10.0.0.0/8', '127.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16',
                 '100.64.0.0/10'] if address.version == 4 else ['fc00::/7', 'fe80::/10', '::1/128'])
    return any(address in ipaddress.ip_network(network) for network in networks)


def split_quoted(text, separator, quotes):
    pieces, piece, quoted = [], '', False
    for sign in text:
        if quotes and sign == '"':
            quoted = not quoted
        if sign == separator and not quoted:
            pieces.append(piece)
            piece = ''
        else:
            piece += sign
    return [p.strip(' \t') for p in pieces + [piece]]


def hop(text, options, quoted):
    address = parse_address(text)
    if address == 'absent':
        return 'unknown'
    if address is None:
        return 'invalid'
    if is_internal(address):
        return 'internal'
    cut = truncate(address, options.get('v4_keep', 24), options.get('v6_keep', 48))
    return f'"[{cut}]"' if quoted and address.version == 6 else str(cut)


def forwarded_element(element, options):
    seen, out = {}, []
    for piece in split_quoted(element, ';', True):
        name, _, value = piece.partition('=')
        seen.setdefault(name.strip(' \t').lower(), value.strip(' \t'))
    for name in ('for', 'by'):
        if name in seen:
            out.append(f'{name}={hop(seen[name], options, True)}')
    if seen.get('proto', '').lower() in ('http', 'https'):
        out.append('proto=' + seen['proto'].lower())
    return ';'.join(out) or 'for=unknown'


def forwarded_for(text, options, name):
    if text in ABSENT:
        return KEPT
    forwarded = name == 'forwarded' or '=' in text
    hops = [h for h in split_quoted(text, ',', forwarded) if h]
    if not hops or len(hops) > 64:
        return GONE
    if options.get('hops') == 'count':
        return f'~HOPS.{len(hops)}~'
    if forwarded:
        return ', '.join(forwarded_element(h, options) for h in hops)
    return ', '.join(hop(h, options, False) for h in hops)


def time_unit(whole):
    """Parts of a second that the number counts: by its size."""
    return 1 if whole < 10**11 else 10**3 if whole < 10**14 else 10**6 if whole < 10**17 else 10**9


def timestamp(text, options):
    found = re.fullmatch(r'(0|[1-9][0-9]{0,17})', text)
    if not found:
        return None
    whole = int(text)
    return str(whole - whole % (time_unit(whole) * options['seconds']))


def auth_scheme(text):
    if text in ('', '-'):
        return KEPT
    first = re.split(r'[ \t]', text.lstrip(' \t'), maxsplit=1)[0]
    return next((s for s in SCHEMES if s.lower() == first.lower()), 'other')


def country(text):
    code = r'(?:[A-Za-z]{2}|T1|A1|A2)'
    label = re.fullmatch(r'awswaf:(?:clientip|forwardedip):geo:(.*)', text, re.S)
    if label:
        return KEPT if re.fullmatch('country:' + code, label.group(1)) else GONE
    if text in ('', '-') or re.fullmatch(code, text):
        return KEPT
    if re.fullmatch(code + r'-[A-Za-z0-9]{1,3}', text):
        return text[:2]
    return GONE


def fingerprint(text, parts):
    if parts == 'none':
        return GONE
    if text in ('', '-'):
        return KEPT
    ja4 = re.fullmatch(r'([tqd][0-9a-z][0-9][di][0-9]{4}[0-9A-Za-z]{2})_([0-9A-Fa-f]{12})_[0-9A-Fa-f]{12}',
                       text)
    if ja4:
        return {'all': KEPT, 'ab': f'{ja4.group(1)}_{ja4.group(2)}', 'a': ja4.group(1)}[parts]
    if re.fullmatch('[0-9A-Fa-f]{32}', text):
        return KEPT if parts == 'all' else GONE
    return GONE


def in_order(kept, original, marks):
    """Whether kept, without marks, is made of pieces of the original in their order."""
    at = 0
    for piece in re.split(marks, kept):
        at = original.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def is_scrubbed(result, original):
    return in_order(result, original, PLACEHOLDER)


def keywords():
    """The words that a skeleton may keep: the one table that is read and not written again."""
    table = pathlib.Path(__file__).resolve().parents[2] / 'filters' / 'keywords.def'
    lines = re.findall(r'^WV_KEYWORDS\([A-Z]+, "(.*)"\)$', table.read_text(), re.M)
    return {word for line in lines for word in line.split()}


KEYWORDS = keywords()


def is_skeleton(result, original):
    """Marks and keywords of the original in their order, letters instead of all else."""
    read = result
    for _ in range(3):
        read = urllib.parse.unquote(read)
    words = re.findall('[A-Za-z0-9_]+', read)
    return read.isascii() and in_order(result, original, r'\b[SNW]\b~?') and \
        all(word in ('S', 'N', 'W') or word.lower() in KEYWORDS for word in words)


def is_plain_text(text):
    """Nothing that any detector could take for personal data: letters and marks, no digits."""
    return re.fullmatch(r"[A-Za-z <>()'*,]*", text) is not None


def is_template(result, original, options):
    """Segments in their order, without what follows a semicolon; no number and no id among them."""
    if options.get('words') == 'hide' and not re.fullmatch(
            rf'(?:/|\.[a-z0-9]{{1,5}}|{PLACEHOLDER}|\{{[a-z_]+\}})*', result):
        return False
    left = set(re.split('[/]', result))
    telling = r'[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-fA-F]{16,}'
    if any(re.fullmatch(telling, segment) for segment in left):
        return False
    marks = PLACEHOLDER + r'|\{[a-z_]+\}'
    return in_order(result, original, marks) or \
        in_order(result, re.sub(r';[^/]*', '', original), marks)


def is_agent(result):
    word = r'[A-Za-z][A-Za-z0-9 .+_-]*'
    return result == 'none' or re.fullmatch(
        rf'{word}(?:/[0-9]{{1,4}})?(?: \((?:{word}(?: [0-9]{{1,4}})?; )?{word}\))?', result) is not None


def is_host(result, original):
    """A part of the name from some label on, or an address cut to its network."""
    name = original.lower().rstrip('.')
    name = re.sub(r':[0-9]+$', '', name)
    address = parse_address(original)
    if address not in (None, 'absent'):
        return parse_address(result) == truncate(address, 24, 48)
    tail = result.lower().split('{sub}')[-1].lstrip('.')
    tail = re.sub(r':[0-9]+$', '', tail)
    return tail != '' and (name == tail or name.endswith('.' + tail))


def hkdf(secret, info):
    """HKDF-SHA-256 (RFC 5869), one block."""
    prk = hmac.new(b'wafveil-v1', secret, hashlib.sha256).digest()
    return hmac.new(prk, info + b'\x01', hashlib.sha256).digest()


def token(secret, domain, epoch, kind, text):
    """The token of a value; None where there is none."""
    if kind == 'ip':
        address = parse_address(text)
        if address in (None, 'absent'):
            return None
        canonical = bytes([address.version]) + address.packed
    elif text == '':
        return None
    else:
        left, at, right = text.rpartition('@')
        lowered = re.sub('[A-Z]', lambda m: m.group().lower(), right)
        text = left + at + lowered if kind == 'email' and at else text
        canonical = b'\x53' + text.encode('utf-8', 'surrogatepass')
    info = b''.join(len(part).to_bytes(2, 'big') + part
                    for part in (b'wafveil/1', domain.encode(), epoch.encode(), kind.encode()))
    digest = hmac.new(hkdf(secret, info), canonical, hashlib.sha256).digest()[:16]
    letters, number = 'abcdefghijklmnopqrstuvwxyz234567', int.from_bytes(digest, 'big') << 2
    code = ''.join(letters[number >> shift & 31] for shift in range(125, -1, -5))
    return f'{epoch}.{code}'


# What describes the browser's wishes and says nothing of a person.
HEADERS = set("""accept accept-charset accept-encoding accept-language cache-control connection
content-encoding content-length content-type dnt expect pragma priority save-data sec-ch-ua
sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user
sec-gpc te transfer-encoding upgrade upgrade-insecure-requests x-requested-with""".split())

# Kinds of parameters whose values are searched like any text; all others are replaced whole.
SEARCHED = {'free_text', 'network'}


def is_plain_header(text, name):
    """A wish of the browser that holds nothing which any detector could take for personal data."""
    if name not in HEADERS - {'accept-language', 'content-type'}:
        return False
    named = set(re.findall(r'([A-Za-z0-9_.-]+)\s*=', text))
    return named <= {'q', 'v'} and not re.search(r'[@:%]|eyJ|[0-9]\.[0-9]+\.', text)


def cookie(text, options, name):
    if text == '':
        return KEPT
    if name not in ('', 'cookie', 'cookie2', 'set-cookie'):
        return None
    pieces = [p for p in (c.strip(' \t') for c in text.split(';')) if p]
    if options.get('mode') == 'count':
        return f'~COOKIES.{len(pieces)}~'
    names = []
    for piece in pieces:
        before, sign, _ = piece.partition('=')
        before = before.rstrip(' \t')
        plain = sign and re.fullmatch(r'[A-Za-z0-9_.\[\]$-]{1,64}', before)
        if plain and not re.search(r'[0-9][.:]|[0-9a-f]{4}|eyJ', before):
            names.append(before)
        elif plain:
            return None
        else:
            names.append('~NAME~')
    return '; '.join(names)


def is_referer(result, original, options):
    if options['mode'] == 'same_site':
        return result in ('same-site', 'cross-site')
    found = re.fullmatch(r'(https?|android-app)://([^/?#]*)', result, re.I)
    host = re.match(r'[A-Za-z.+-]*://(?:[^/?#@]*@)?([^/?#]*)', original)
    return found is not None and host is not None and is_host(found.group(2), host.group(1))


def is_query(result, original, name, options, parameters):
    """Placeholders in their places; as many parameters as before; listed ones hold no value."""
    if options['values'] == 'count':
        return re.fullmatch(r'~PARAMS\.[0-9]+~', result) is not None
    if not in_order(result, original, PLACEHOLDER):
        return False
    before, after = original.split('&'), result.split('&')
    if name or len(before) != len(after):
        return name != '' or len(after) < len(before)
    for old, new in zip(before, after):
        word, sign, value = old.partition('=')
        kind = parameters.get(word.lower())
        if sign and value and kind and kind not in SEARCHED and new.startswith(word + '='):
            if not re.fullmatch(PLACEHOLDER, new[len(word) + 1:]):
                return False
    return True
