#!/usr/bin/env python3
"""Writes what bench_client looks into, of the size of real ones, the same each time.

    bench/client_files.py FOLDER

Databases of 150,000 networks each, and a list of 100,000. All countries lead to one pack, so that
what is measured is the looking, and not what another law costs.
"""

import ipaddress
import pathlib
import random
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "geo"))
import mmdb  # noqa: E402

BUILT = 1795305600


def networks(chance, count):
    """Wider ones first."""
    made = set()
    while len(made) < count:
        if len(made) % 3:
            bits = chance.choice((16, 18, 20, 22, 22, 24, 24, 24))
            made.add((bits, chance.randrange(1 << bits) << 32 - bits, 4))
        else:
            bits = chance.choice((32, 36, 40, 48))
            made.add((bits, (0x2 << bits - 4 | chance.randrange(1 << bits - 4)) << 128 - bits, 6))
    kinds = {4: ipaddress.IPv4Network, 6: ipaddress.IPv6Network}
    return [kinds[kind]((number, bits)) for bits, number, kind in sorted(made)]


def main():
    folder = pathlib.Path(sys.argv[1])
    if (folder / "made").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(7)
    said = mmdb.of_country("US", "United States")
    countries = [(network, dict(said, n=chance.randrange(300))) for network in networks(chance, 150000)]
    (folder / "country.mmdb").write_bytes(mmdb.database(countries, BUILT))
    operators = [(network, {"autonomous_system_number": chance.randrange(64496, 80000)})
                 for network in networks(chance, 150000)]
    (folder / "asn.mmdb").write_bytes(mmdb.database(operators, BUILT, kind="Bench-ASN"))
    lines = [f"{network}\n" for network in networks(chance, 100000)]
    (folder / "list.txt").write_text("".join(lines))
    (folder / "made").touch()


main()
