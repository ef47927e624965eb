"""Made-up tracking numbers with right check digits, and those that somebody mistyped."""

from typing import NamedTuple

import polars as pl

MISTAKES = (0.6, 0.606)
"""Rolls of fate for which somebody mistyped: another carrier's number, an order id, a digit."""


class _Form(NamedTuple):
    """A form of tracking numbers: head, so many digits, check digit, tail."""

    head: str
    digits: int
    tail: str = ""
    weights: tuple[int, ...] = ()
    checks: str = ""
    before: str = ""


_GS1 = ((3, 1), "0987654321")
_S10 = ((7, 9, 5, 3, 2, 4, 6, 8), "50987654321")
_FORMS = {
    "ups": _Form("1Z", 15, "", (1, 2), "0987654321"),
    "usps": _Form("9400", 17, "", *_GS1, "9400"),
    "fedex": _Form("77", 9, "", (1, 3, 7), "01234567890", "77"),
    "ontrac": _Form("D", 13, "", (2, 1), "0987654321", "5"),
    "s10_gb": _Form("JV", 8, "GB", *_S10),
    "s10_se": _Form("UA", 8, "SE", *_S10),
    "sscc": _Form("0037", 15, "", *_GS1, "0037"),
    "evri": _Form("H01", 13),
    "dpd": _Form("1550", 10),
    "jjd": _Form("JJD", 15),
}
"""Weights run from the right and repeat; the sum modulo the count of `checks` picks the digit."""


_ROLL = (pl.col("u_number") * 10**15).cast(pl.Int64)


def number() -> pl.Expr:
    """A number of the carrier's form, with the right check digit."""
    cases = [
        pl.when(pl.col("form") == name).then(_of_form(form, _ROLL)) for name, form in _FORMS.items()
    ]
    return pl.coalesce(cases)


def mistaken(number: pl.Expr) -> pl.Expr:
    """The numbers, but for rolls of `MISTAKES`.

    Under FedEx, whose formats no source lists in full, only an order id is a mistake for certain.
    """
    fate, free = pl.col("u_fate"), pl.col("exact").is_null()
    no_number = fate.is_between(0.603, 0.6045, closed="left")
    no_number |= fate.is_between(*MISTAKES, closed="left") & (pl.col("form") == "fedex")
    other = (
        pl.when(pl.col("form") == "ups")
        .then(_of_form(_FORMS["ontrac"], _ROLL))
        .otherwise(_of_form(_FORMS["ups"], _ROLL))
    )
    return (
        pl.when(free & no_number)
        .then(pl.format("302-{}-{}", 1_000_000 + _ROLL % 8_999_999, 1_000_000 + _ROLL % 7_777_777))
        .when(free & fate.is_between(0.6, 0.603, closed="left"))
        .then(other)
        .when(free & fate.is_between(0.6045, 0.606, closed="left"))
        .then(number.str.replace(r"\d(\d\D*)$", "${1}"))
        .otherwise(number)
    )


def _of_form(form: _Form, roll: pl.Expr) -> pl.Expr:
    serial = (roll % 10**form.digits).cast(pl.String).str.zfill(form.digits)
    if not form.weights:
        return pl.concat_str(pl.lit(form.head), serial)
    length = len(form.before) + form.digits
    weights = [form.weights[i % len(form.weights)] for i in range(length)][::-1]
    before, after = weights[: len(form.before)], weights[len(form.before) :]
    total = pl.lit(sum(int(d) * weight for d, weight in zip(form.before, before, strict=True)))
    for place, weight in enumerate(reversed(after)):
        total += roll // 10**place % 10 * weight
    digits = pl.Series(list(form.checks))
    check = (total % len(form.checks)).replace_strict(dict(enumerate(digits)))
    return pl.concat_str(pl.lit(form.head), serial, check, pl.lit(form.tail))
