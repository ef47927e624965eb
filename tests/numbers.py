"""Numbers drawn uniformly from the formats of the table, in plain Python, and mutations of them."""

import random

from vtrkit.tracking.codes import DIGITS, LETTERS
from vtrkit.tracking.formats import compiled, formats

US = {
    "ups": ["ups_1z", "ups_waybill", "ups_mi_18"],
    "usps": ["usps_impb", "usps_legacy", "usps_legacy_20", "usps_20"],
    "fedex": [
        "fedex_12",
        "fedex_34",
        "fedex_astra",
        "fedex_ground",
        "fedex_sscc_18",
        "fedex_ground_96",
        "fedex_gsn",
        "fedex_smartpost",
    ],
    "ontrac": ["ontrac_c"],
    "lasership": ["lasership_1ls7", "lasership_1lscx", "lasership_lx"],
    "amazon": ["amazon_tba", "amazon_international"],
    "dhl": ["dhl_express", "dhl_piece_jd", "dhl_ecommerce_14", "dhl_ident", "dhl_paket_20"],
}
"""The formats of the seven carriers of the United States."""
_ISO7064 = DIGITS + LETTERS


def drawn(key: str, dice: random.Random) -> str:
    """A number of a format, with a right check digit."""
    layout = dice.choice(compiled(formats()[key]))
    characters = [dice.choice(allowed) for allowed in layout.allowed]
    if countries := formats()[key].countries:
        characters[-2:] = dice.choice(countries)
    if layout.proof:
        covered = characters[layout.proof.first : layout.proof.last]
        characters[layout.proof.at] = check_character(layout.proof.check, covered)
    return "".join(characters)


def check_character(check, covered):
    """The check character of the covered ones, worked out by hand from the right."""
    if check.iso7064:
        product = 36
        for c in covered:
            product = ((product + _ISO7064.index(c)) % 36 or 36) * 2 % 37
        return _ISO7064[(37 - product) % 36]
    total = 0
    for i, c in enumerate(reversed([*check.before, *covered])):
        value = int(c) if c.isdigit() else (ord(c) - 3) % 10
        product = value * check.weights[i % len(check.weights)]
        total += sum(map(int, str(product))) if check.fold else product
    return check.digits[total % len(check.digits)]


def mutated(number: str, dice: random.Random) -> str:
    """A number with one character changed, dropped, doubled, or two neighbours swapped."""
    at = dice.randrange(len(number))
    head, tail = number[:at], number[at + 1 :]
    kinds = [
        head + dice.choice(DIGITS) + tail,
        head + dice.choice(DIGITS + LETTERS) + tail,
        head + tail,
        head + number[at] * 2 + tail,
        head + tail[:1] + number[at] + tail[1:],
    ]
    return dice.choice(kinds)


def cross_table(relations, dice: random.Random, per_format: int, tiers: str) -> dict:
    """The share of each relation, by true and claimed carrier, each format weighing the same.

    Args:
        relations: tells the relations of a list of numbers with a list of carrier names.
        dice: what draws.
        per_format: numbers of each format.
        tiers: only formats of these tiers.
    """
    table = {}
    for true, keys in US.items():
        chosen = [k for k in keys if formats()[k].tier in tiers]
        numbers = [drawn(k, dice) for k in chosen for _ in range(per_format)]
        for claimed in US:
            told = relations(numbers, [claimed] * len(numbers))
            table[true, claimed] = {r: told.count(r) / len(told) for r in set(told)}
    return table
