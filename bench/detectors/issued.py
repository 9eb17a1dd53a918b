"""Numbers and codes of persons, cards, accounts and devices with valid check digits, made by chance.

Written from what the issuers publish and without a look at the validators of the program, so that one can
find a mistake in the other. Every function takes a random.Random and gives the compact spelling.
"""

import string

DIGITS = string.digits
CAPITALS = string.ascii_uppercase


def digits(random, count, first=DIGITS):
    return (random.choice(first) + "".join(random.choice(DIGITS) for _ in range(count - 1)))[:count]


def letters(random, count, of=CAPITALS):
    return "".join(random.choice(of) for _ in range(count))


def weighted(text, weights):
    return sum(int(digit, 36) * weight for digit, weight in zip(text, weights))


def until(make, good):
    while True:
        made = make()
        if good(made):
            return made


def luhn_digit(body):
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (1 + (place % 2 == 0))
        total += value - 9 * (value > 9)
    return str(-total % 10)


# Cards: networks, the ranges of their first digits, and lengths of the whole number.
CARDS = {
    "visa": ([(4, 4)], [16, 16, 16, 13, 19]),
    "mastercard": ([(51, 55), (2221, 2720)], [16]),
    "amex": ([(34, 34), (37, 37)], [15]),
    "diners": ([(300, 305), (36, 36), (38, 39)], [14, 16]),
    "discover": ([(6011, 6011), (644, 649), (65, 65)], [16, 19]),
    "jcb": ([(3528, 3589)], [16]),
    "unionpay": ([(62, 62)], [16, 17, 18, 19]),
    "maestro": ([(5018, 5018), (5020, 5020), (5038, 5038), (6304, 6304), (6759, 6759), (6761, 6763)],
                [12, 13, 16, 18, 19]),
    "mir": ([(2200, 2204)], [16]),
    "rupay": ([(508, 508), (60, 60), (81, 82)], [16]),
}


def card(random, network=None, length=None):
    ranges, lengths = CARDS[network or random.choice(sorted(CARDS))]
    start = str(random.randint(*random.choice(ranges)))
    length = length or random.choice(lengths)
    body = start + digits(random, length - 1 - len(start))
    return body + luhn_digit(body)


def imei(random):
    body = random.choice(["35", "86", "01", "49"]) + digits(random, 12)
    return body + luhn_digit(body)


# Behind the check digits: n digits, a letters, c either; of SWIFT's registry.
IBANS = {
    "AD": "8n12c", "AE": "19n", "AL": "8n16c", "AT": "16n", "AZ": "4a20c", "BE": "12n", "BG": "4a6n8c",
    "BR": "23n1a1c", "CH": "5n12c", "CY": "8n16c", "CZ": "20n", "DE": "18n", "DK": "14n", "EE": "16n",
    "ES": "20n", "FI": "14n", "FR": "10n11c2n", "GB": "4a14n", "GR": "7n16c", "HR": "17n", "HU": "24n",
    "IE": "4a14n", "IL": "19n", "IS": "22n", "IT": "1a10n12c", "KW": "4a22c", "LC": "4a24c", "LI": "5n12c",
    "LT": "16n", "LU": "3n13c", "LV": "4a13c", "MC": "10n11c2n", "MT": "4a5n18c", "NL": "4a10n", "NO": "11n",
    "PL": "24n", "PT": "21n", "QA": "4a21c", "RO": "4a16c", "SA": "2n18c", "SE": "20n", "SI": "15n",
    "SK": "20n", "SM": "1a10n12c", "TR": "6n16c", "UA": "6n19c", "VG": "4a16n",
}


def iban(random, country=None):
    country = country or random.choice(sorted(IBANS))
    account, run = "", ""
    for sign in IBANS[country]:
        if sign.isdigit():
            run += sign
        else:
            alphabet = {"n": DIGITS, "a": CAPITALS, "c": DIGITS + CAPITALS}[sign]
            account += letters(random, int(run), alphabet)
            run = ""
    plain = "".join(str(int(sign, 36)) for sign in account + country + "00")
    return f"{country}{98 - int(plain) % 97:02}{account}"


def day(random, first=1930, last=2020):
    """Year, month, day: of a birth."""
    return random.randint(first, last), random.randint(1, 12), random.randint(1, 28)


def it_cf(random):
    odd = dict(zip(DIGITS + CAPITALS, (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4,
                                       18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)))
    year, month, date = day(random)
    body = (letters(random, 6, "BCDFGHLMNPRSTVZAEIOU") + f"{year % 100:02}" + "ABCDEHLMPRST"[month - 1]
            + f"{date + random.choice([0, 40]):02}" + random.choice("ABCDEFGHILZ") + digits(random, 3))
    if random.random() < 0.2:  # somebody of the same name was born on the same day
        body = body[:14] + "LMNPQRSTUV"[int(body[14])]
    total = sum(odd[sign] if place % 2 == 0 else int(sign, 36) - 10 * sign.isalpha()
                for place, sign in enumerate(body))
    return body + CAPITALS[total % 26]


def sg_nric(random):
    first, body = random.choice("STFGM"), digits(random, 7)
    rest = (weighted(body, (2, 7, 6, 5, 4, 3, 2)) + {"T": 4, "G": 4, "M": 3}.get(first, 0)) % 11
    table = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "XWUTRQPNJLK"}.get(first, "XWUTRQPNMLK")
    return first + body + table[rest]


TAIWAN = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24,
                                                 25, 26, 27, 28, 29, 32, 30, 31, 33)))


def tw_id(random):
    first, body = random.choice(CAPITALS), random.choice("1289") + digits(random, 7)
    tens, ones = divmod(TAIWAN[first], 10)
    return first + body + str(-(tens + 9 * ones + weighted(body, range(8, 0, -1))) % 10)


def hkid(random):
    first, body = letters(random, random.choice([1, 1, 1, 2])), digits(random, 6)
    padded = [36] * (2 - len(first)) + [int(sign, 36) for sign in first + body]
    return first + body + "0123456789A"[-sum(value * (9 - at) for at, value in enumerate(padded)) % 11]


def gb_nino(random):
    def pair():
        return random.choice("ABCEGHJKLMNOPRSTWXYZ") + random.choice("ABCEGHJKLMNPRSTWXYZ")
    return (until(pair, lambda made: made not in ("BG", "GB", "KN", "NK", "NT", "TN", "ZZ"))
            + digits(random, 6) + random.choice("ABCD"))


SPAIN = "TRWAGMYFPDXBNJZSQVHLCKE"


def es_dni(random):
    body = digits(random, 8)
    return body + SPAIN[int(body) % 23]


def es_nie(random):
    first, body = random.choice("XYZ"), digits(random, 7)
    return first + body + SPAIN[int(str("XYZ".index(first)) + body) % 23]


def kr_rrn(random):
    year, month, date = day(random)
    sex = random.choice("1256" if year < 2000 else "3478")
    body = f"{year % 100:02}{month:02}{date:02}{sex}" + digits(random, 5)
    rest = weighted(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11
    return body + str(((13 if sex in "5678" else 11) - rest) % 10)


def mykad(random):
    year, month, date = day(random)
    return f"{year % 100:02}{month:02}{date:02}{random.randint(1, 16):02}" + digits(random, 4)


def br_cpf(random):
    body = until(lambda: digits(random, 9), lambda made: len(set(made)) > 1)
    for count in (9, 10):
        body += str(weighted(body, range(count + 1, 1, -1)) * 10 % 11 % 10)
    return body


def ch_ahv(random):
    body = "756" + digits(random, 9)
    return body + str(-weighted(body, (1, 3) * 6) % 10)


def us_ssn(random):
    area = until(lambda: random.randint(1, 899), lambda made: made != 666)
    return f"{area:03}{random.randint(1, 99):02}{random.randint(1, 9999):04}"


def cn_ric(random):
    year, month, date = day(random)
    body = random.choice(["110105", "310104", "440305", "510107", "330106"]) + f"{year}{month:02}{date:02}"
    body += digits(random, 3)
    return body + "10X98765432"[weighted(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11]


def jp_my_number(random):
    body = digits(random, 11)
    rest = weighted(body, (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return body + str(0 if rest <= 1 else 11 - rest)


def de_idnr(random):
    def body():  # ten digits in which one stands twice and one is missing
        nine = random.sample(DIGITS, 9)
        nine.insert(random.randint(0, 9), random.choice(nine))
        return "".join(nine)
    made = until(body, lambda text: text[0] != "0")
    product = 10
    for digit in made:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return made + str((11 - product) % 10)


def fr_nir(random, places=tuple(f"{one:02}" for one in range(1, 96) if one != 20)):
    place = random.choice(places)
    body = (random.choice("12") + f"{random.randint(0, 99):02}{random.randint(1, 12):02}{place}"
            + f"{random.randint(1, 900):03}{random.randint(1, 999):03}")
    plain = int(body.replace("2A", "19").replace("2B", "18"))
    return f"{body}{97 - plain % 97:02}"


def gb_nhs(random):
    def body():
        return digits(random, 9)
    made = until(body, lambda text: weighted(text, range(10, 1, -1)) % 11 != 1)
    return made + str(-weighted(made, range(10, 1, -1)) % 11)


def au_tfn(random, count=9):
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10) if count == 9 else (10, 7, 8, 4, 6, 3, 5, 1)
    return until(lambda: digits(random, count, "123456789"), lambda made: weighted(made, weights) % 11 == 0)


def au_medicare(random):
    body = digits(random, 8, "23456")
    return body + str(weighted(body, (1, 3, 7, 9, 1, 3, 7, 9)) % 10) + random.choice("123456789")


def verhoeff_digit(body):
    """The group of five rotations and five reflections, and the powers of a permutation."""
    def times(a, b):
        if a < 5:
            return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
        return 5 + (a - b) % 5 if b < 5 else (a - b) % 5
    step = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    check = 0
    for place, digit in enumerate(reversed(body), 1):
        value = int(digit)
        for _ in range(place % 8):
            value = step[value]
        check = times(check, value)
    return str(next(one for one in range(10) if times(check, one) == 0))


def in_aadhaar(random):
    body = digits(random, 11, "23456789")
    return body + verhoeff_digit(body)


def th_pin(random):
    body = digits(random, 12, "12345678")
    return body + str((11 - weighted(body, range(13, 1, -1)) % 11) % 10)


def ca_sin(random):
    body = digits(random, 8, "12345679")
    return body + luhn_digit(body)


def il_id(random):
    body = digits(random, 8)
    return body + luhn_digit(body)


def ph_tin(random):
    def body():
        return digits(random, 8, "123456789")
    made = until(body, lambda text: weighted(text, range(9, 1, -1)) % 11 < 10)
    return made + str(weighted(made, range(9, 1, -1)) % 11)


def groups(text, lengths, join):
    """"943 476 5870" of 3, 3, 4; a list of joins is one for each gap."""
    out, at = "", 0
    for place, length in enumerate(lengths):
        if place:
            out += join if isinstance(join, str) else join[place - 1]
        out += text[at:at + length]
        at += length
    return out + text[at:]


def fours(text, join=" "):
    return join.join(text[at:at + 4] for at in range(0, len(text), 4))
