"""Writes MaxMind DBs: small ones, for tests, with networks of the ranges that are kept for documents.

After the MaxMind DB File Format Specification, version 2.0. A database holds networks and what is
said of each; maps, texts, whole numbers and lists are written, and what is equal is written once,
where pointers lead to it.
"""

import ipaddress
import struct

MARK = b"\xab\xcd\xefMaxMind.com"


def head(kind, size):
    """The bytes before a value of a kind and size."""
    extended = bytes([kind - 7]) if kind > 7 else b""
    first = 0 if kind > 7 else kind << 5
    if size < 29:
        return bytes([first | size]) + extended
    if size < 285:
        return bytes([first | 29]) + extended + bytes([size - 29])
    if size < 65821:
        return bytes([first | 30]) + extended + struct.pack(">H", size - 285)
    return bytes([first | 31]) + extended + (size - 65821).to_bytes(3, "big")


def pointer(at):
    if at < 2048:
        return bytes([1 << 5 | at >> 8, at & 255])
    if at < 526336:
        rest = at - 2048
        return bytes([1 << 5 | 1 << 3 | rest >> 16]) + (rest & 65535).to_bytes(2, "big")
    if at < 526336 + (1 << 27):
        rest = at - 526336
        return bytes([1 << 5 | 2 << 3 | rest >> 24]) + (rest & 0xFFFFFF).to_bytes(3, "big")
    return bytes([1 << 5 | 3 << 3]) + at.to_bytes(4, "big")


class U16(int):
    pass


class U64(int):
    pass


def number(value):
    kind = 5 if isinstance(value, U16) else 9 if isinstance(value, U64) else 6
    spelled = int(value).to_bytes((int(value).bit_length() + 7) // 8, "big")
    return head(kind, len(spelled)) + spelled


class Values:
    """The section of values. Texts and maps that were written before are pointed at."""

    def __init__(self, pointers=True):
        self.bytes = bytearray()
        self.known = {}
        self.pointers = pointers

    def spell(self, value):
        """A value as it stands inside of another one."""
        if isinstance(value, dict):
            inner = b"".join(self.refer(k) + self.refer(v) for k, v in value.items())
            return head(7, len(value)) + inner
        if isinstance(value, list):
            return head(11, len(value)) + b"".join(self.refer(v) for v in value)
        if isinstance(value, str):
            text = value.encode()
            return head(2, len(text)) + text
        if isinstance(value, bytes):
            return value  # as it is: for what no writer would write
        return number(value)

    def refer(self, value):
        if self.pointers and isinstance(value, (str, dict)) and len(value) > 1:
            return pointer(self.add(value))
        return self.spell(value)

    def add(self, value):
        """Offset of a value that stands by itself."""
        spelled = self.spell(value)
        if spelled not in self.known:
            self.known[spelled] = len(self.bytes)
            self.bytes += spelled
        return self.known[spelled]


class Tree:
    """Nodes of two records: None, a node's number, or ("value", offset)."""

    def __init__(self, version):
        self.version = version
        self.nodes = [[None, None]]

    def bits_of(self, network):
        prefix = network.prefixlen
        number = int(network.network_address)
        if network.version == 4 and self.version == 6:
            return [0] * 96 + [number >> 31 - i & 1 for i in range(prefix)]
        width = 32 if network.version == 4 else 128
        return [number >> width - 1 - i & 1 for i in range(prefix)]

    def put(self, network, offset):
        bits = self.bits_of(network)
        at = 0
        for bit in bits[:-1]:
            known = self.nodes[at][bit]
            if not isinstance(known, int):
                self.nodes.append([known, known])
                self.nodes[at][bit] = len(self.nodes) - 1
            at = self.nodes[at][bit]
        self.nodes[at][bits[-1]] = ("value", offset)

    def record(self, record):
        if record is None:
            return len(self.nodes)
        return record if isinstance(record, int) else len(self.nodes) + 16 + record[1]

    def spell(self, size):
        out = bytearray()
        for node in self.nodes:
            left, right = self.record(node[0]), self.record(node[1])
            if size == 24:
                out += left.to_bytes(3, "big") + right.to_bytes(3, "big")
            elif size == 28:
                out += (left & 0xFFFFFF).to_bytes(3, "big")
                out.append(left >> 24 << 4 | right >> 24)
                out += (right & 0xFFFFFF).to_bytes(3, "big")
            else:
                out += left.to_bytes(4, "big") + right.to_bytes(4, "big")
        return bytes(out)


def database(networks, built, size=28, version=6, kind="Test-Country", pointers=True, **metadata):
    """Bytes of a database: networks is a list of (network, value), wider ones first."""
    values = Values(pointers)
    tree = Tree(version)
    for network, value in networks:
        tree.put(ipaddress.ip_network(network), values.add(value))
    told = {
        "node_count": len(tree.nodes),
        "record_size": U16(size),
        "ip_version": U16(version),
        "database_type": kind,
        "languages": ["en"],
        "binary_format_major_version": U16(2),
        "binary_format_minor_version": U16(0),
        "build_epoch": U64(built),
        "description": {"en": "made by the tests of wafveil"},
    }
    told.update(metadata)
    spelled = Values(pointers=False).spell(told)
    return tree.spell(size) + bytes(16) + bytes(values.bytes) + MARK + spelled


# ---- What the tests use --------------------------------------------------------------------------


def of_country(code, name):
    return {"continent": {"code": "XX", "names": {"en": "A continent"}},
            "country": {"geoname_id": 1, "iso_code": code, "names": {"en": name, "ja": name}}}


COUNTRIES = [
    ("192.0.2.0/24", of_country("JP", "Japan")),
    ("198.51.100.0/24", of_country("DE", "Germany")),
    ("198.51.100.128/25", of_country("FR", "France")),
    ("203.0.113.0/24", of_country("US", "United States")),
    ("203.0.113.64/26", {"registered_country": {"iso_code": "US"}}),
    ("10.0.0.0/8", of_country("DE", "Germany")),
    ("2001:db8::/33", of_country("DE", "Germany")),
    ("2001:db8:8000::/34", of_country("JP", "Japan")),
    ("2001:db8:c000::/48", of_country("KR", "South Korea")),
    ("2001:db8:ffff::/48", of_country("ZZ", "Nowhere")),
]

OPERATORS = [
    ("192.0.2.0/24", {"autonomous_system_number": 64496,
                      "autonomous_system_organization": "Example One"}),
    ("198.51.100.0/24", {"autonomous_system_number": 64500,
                         "autonomous_system_organization": "Example Two"}),
    ("203.0.113.0/24", {"autonomous_system_number": 4200000000,
                        "autonomous_system_organization": "Example Three"}),
    ("2001:db8::/32", {"autonomous_system_number": 65551}),
]


def nested(levels):
    """Lists in each other, two bytes a level: no value that anybody wants."""
    return bytes([1, 4]) * levels + number(1)


def bomb(levels):
    """Maps that name the next one twice: twice as much at each level."""
    spelled = bytearray(number(1))
    at = 0
    for _ in range(levels):
        inner = pointer(at)
        at = len(spelled)
        spelled += head(7, 2) + b"\x41a" + inner + b"\x41b" + inner
    return bytes(spelled), at


def hostile_value(bytes_before, at, built):
    """A database in which every address leads to what stands at an offset of given bytes."""
    tree = Tree(6)
    tree.put(ipaddress.ip_network("::/1"), at)
    tree.put(ipaddress.ip_network("8000::/1"), at)
    told = {"node_count": 1, "record_size": U16(32), "ip_version": U16(6), "database_type": "Test",
            "languages": ["en"], "binary_format_major_version": U16(2),
            "binary_format_minor_version": U16(0), "build_epoch": U64(built), "description": {}}
    return tree.spell(32) + bytes(16) + bytes_before + MARK + Values(False).spell(told)


def files(built):
    """Name to bytes: all that the tests in C look into."""
    made = {}
    for size in (24, 28, 32):
        made[f"country-{size}.mmdb"] = database(COUNTRIES, built, size=size)
    made["country-plain.mmdb"] = database(COUNTRIES, built, pointers=False)
    four = [row for row in COUNTRIES if ":" not in row[0]]
    made["country-v4.mmdb"] = database(four, built, size=24, version=4)
    flat = [(net, {"country_code": said.get("country", {}).get("iso_code", "")})
            for net, said in COUNTRIES]
    made["country-flat.mmdb"] = database(flat, built)
    made["asn.mmdb"] = database(OPERATORS, built, kind="Test-ASN")
    texts = [(net, {"asn": "AS%d" % said["autonomous_system_number"]}) for net, said in OPERATORS]
    made["asn-text.mmdb"] = database(texts, built, kind="Test-ASN")
    made["old.mmdb"] = database(COUNTRIES, built - 100 * 86400)
    made["future.mmdb"] = database(COUNTRIES, built + 100 * 86400)
    bytes_of_bomb, at = bomb(40)
    made["bad-bomb.mmdb"] = hostile_value(bytes_of_bomb, at, built)
    made["bad-nested.mmdb"] = hostile_value(nested(200000), 0, built)
    made["bad-loop.mmdb"] = hostile_value(head(7, 1) + b"\x41a" + pointer(0), 0, built)
    made["bad-huge-map.mmdb"] = hostile_value(head(7, 16000000), 0, built)
    made["bad-metadata-nested.mmdb"] = database(COUNTRIES, built, extra=nested(20000))
    made["bad-node-count.mmdb"] = database(COUNTRIES, built, node_count=(1 << 32) - 1)
    made["bad-node-count-wraps.mmdb"] = database(COUNTRIES, built, node_count=1 << 29, size=32)
    made["bad-no-nodes.mmdb"] = database(COUNTRIES, built, node_count=0)
    made["bad-record-size.mmdb"] = database(COUNTRIES, built, record_size=U16(27))
    made["bad-version.mmdb"] = database(COUNTRIES, built, ip_version=U16(5))
    made["bad-format.mmdb"] = database(COUNTRIES, built, binary_format_major_version=U16(3))
    made["bad-metadata-kind.mmdb"] = database(COUNTRIES, built, record_size="28")
    return made


if __name__ == "__main__":
    import pathlib
    import sys

    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files(int(sys.argv[2])).items():
        (folder / name).write_bytes(text)
