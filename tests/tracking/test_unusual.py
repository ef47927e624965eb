"""The quick look at the bytes of a column lets nothing pass that could be no number."""

import random
import re

import polars as pl
import pytest

from vtrkit.tracking.matcher import glance

PLAIN = ["1Z5R89390357567127", "9400109205568018563747", "61299998820821171811"]


def _is_a_number(text: str) -> bool:
    """By regular expressions alone, one text at a time."""
    runs = "|".join([*(d * 7 for d in "0123456789"), "1234567", "7654321"])
    others = rf"[A-Z]+|[0-9]{{17}}|(?:B0|X00|FBA).*|1Z.{{16}}1Z.*|.*(?:{runs}).*"
    plain = re.fullmatch("[0-9A-Z]{8,40}", text)
    return bool(plain) and not re.fullmatch(others, text)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_may_be_no_number_is_looked_at_again(seed):
    dice = random.Random(seed)
    alphabet = "0123456789" + "ABFXZ" * (seed % 2) + "1" * 5 * seed + "é a-" * (seed == 3)
    texts = [
        "".join(dice.choices(alphabet, k=dice.choice([0, 1, 7, 8, 9, 17, 18, 20, 22, 40, 41])))
        for _ in range(20_000)
    ]
    texts += ["", "1Z5R893903575671271Z5R89390357567127", "B07XJ8C8F5", "1234567", "x" * 500, ""]
    flags = glance(pl.Series(texts, dtype=pl.String))[0].to_list()
    assert not [t for t, flag in zip(texts, flags, strict=True) if not flag and not _is_a_number(t)]


def test_numbers_are_not_looked_at_again():
    """Else the quick look would save nothing; what is null is for others to judge."""
    assert glance(pl.Series([*PLAIN, None]))[0].to_list() == [False, False, False, True]
    assert glance(pl.Series([], dtype=pl.String))[0].is_empty()
