"""A slow, plain reading of the specifications of tracking_number_data, one number at a time.

It uses their own regular expressions as they are and imports nothing of vtrkit.
"""

import json
import re
from functools import cache

from tests.paths import FIXTURES

FOLDER = FIXTURES / "tracking_formats"


@cache
def specs():
    """Every specification by id, with the courier it belongs to."""
    found = {}
    for path in sorted(FOLDER.glob("*.json")):
        file = json.loads(path.read_text("utf-8"))
        for i, spec in enumerate(file["tracking_numbers"]):
            key = spec.get("id") or f"{file['courier_code']}_{i}"
            found[key] = {**spec, "courier": file["courier_code"]}
    return found


def sample_numbers():
    """Each test number of the specifications: (id, courier, number, whether it is valid)."""
    return [
        (key, spec["courier"], number, kind == "valid")
        for key, spec in specs().items()
        for kind in ("valid", "invalid")
        for number in spec["test_numbers"][kind]
    ]


@cache
def _regex(key):
    pattern = specs()[key]["regex"]
    pattern = "".join(pattern) if isinstance(pattern, list) else pattern
    return re.compile("(?:" + re.sub(r"\(\?<(?=\w)", "(?P<", pattern) + r")\Z", re.ASCII)


def is_valid(key, number):
    """Whether a number is one of this specification: shape, check digit and known country."""
    match = _regex(key).match(number)
    if not match:
        return False
    validation = specs()[key]["validation"]
    if "additional" in validation and not _country_is_known(key, match["CountryCode"]):
        return False
    check = validation.get("checksum")
    if not check:
        return True
    serial = _serial(validation, re.sub(r"\s", "", match["SerialNumber"]))
    return _CHECKS[check["name"]](serial, re.sub(r"\s", "", match["CheckDigit"]), check)


def _country_is_known(key, country):
    tables = {table["name"]: table["lookup"] for table in specs()[key]["additional"]}
    return any(entry["matches"] == country for entry in tables["Courier"])


def _serial(validation, serial):
    rule = validation.get("serial_number_format", {}).get("prepend_if")
    return rule["content"] + serial if rule and re.match(rule["matches_regex"], serial) else serial


def _value(character):
    return int(character) if character.isdigit() else (ord(character) - 3) % 10


def _mod10(serial, digit, check):
    factors = check["evens_multiplier"], check["odds_multiplier"]
    digits = serial[::-1] if check["reverse"] else serial
    total = sum(_value(c) * factors[i % 2] for i, c in enumerate(digits))
    return str(-total % 10) == digit


def _sum_product(serial, digit, check):
    total = sum(int(c) * w for c, w in zip(serial, check["weightings"], strict=True))
    return str(total % check["modulo1"] % check["modulo2"]) == digit


def _mod7(serial, digit, check):
    return str(int(serial) % check["modulo"]) == digit


def _s10(serial, digit, check):
    total = sum(int(c) * w for c, w in zip(serial, check["weightings"], strict=True))
    remainder = total % check["modulo"]
    return {0: "5", 1: "0"}.get(remainder, str(11 - remainder)) == digit


def _luhn(serial, digit, _check):
    total = 0
    for i, c in enumerate(reversed(serial)):
        product = int(c) * (2 if i % 2 == 0 else 1)
        total += product // 10 + product % 10
    return str(-total % 10) == digit


def _mod_37_36(serial, character, check):
    alphabet, modulo = check["alphabet"], check["modulo"]
    product = modulo
    for c in serial:
        total = (product + alphabet.index(c)) % modulo or modulo
        product = total * 2 % (modulo + 1)
    return alphabet[(modulo + 1 - product) % modulo] == character


_CHECKS = {
    "mod10": _mod10,
    "sum_product_with_weightings_and_modulo": _sum_product,
    "mod7": _mod7,
    "s10": _s10,
    "luhn": _luhn,
    "mod_37_36": _mod_37_36,
}
