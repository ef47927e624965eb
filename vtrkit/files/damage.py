"""Numbers that a spreadsheet damaged in the seller's own file: not what Amazon holds, so not known.

In Amazon's own export such a number is what the seller entered, and a defect; elsewhere nobody can
tell what was entered, nor where a spreadsheet may have saved that export. Where all digits are
still there, the number is taken as it was.
"""

import re

import polars as pl

from vtrkit.schema import Grade
from vtrkit.tracking.carriers import carrier_id
from vtrkit.tracking.inspect import judge

_MAY_BE = (
    r"^[-+]?[0-9](?:[.,][0-9]+)? ?[Ee] ?[+]?[0-9]{1,2}$|^#|[.,]0+$"
    r"|^[0-9]{1,3}(?:[,.'’][0-9]{3}){2,}"
    r"|^[0-9]{13,}000$|^[1-9](?:[0-9]{7,10}|[0-9]{12,13}|[0-9]{15,18})$"
)
"""What may be damage; that it is, only a look at the number and its carrier tells."""
SURE_DIGITS = 15
"""A spreadsheet keeps so many."""
UNROUNDED = rf"^[0-9]{{{SURE_DIGITS}}}[0-9]*[1-9]$"
"""A number of more digits: the file in which it stands was saved by no spreadsheet."""


def undamaged(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `_damaged`, what is left of a number, instead of the number itself.

    Args:
        rows: with tracking_number, carrier, `_number`, and `_from_amazon`.
    """
    text = pl.col("tracking_number")
    may_be = ~pl.col("_from_amazon") & text.str.contains(_MAY_BE)
    rows = rows.with_columns(_damaged=pl.lit(None, pl.String))
    places = rows.select(may_be.fill_null(False)).to_series().arg_true()
    if not len(places):
        return rows
    some = rows.select("tracking_number", "_number", "carrier")[places]
    ids = some.select(carrier_id("carrier")).to_series()
    damaged = judge(some["tracking_number"], ids)["grade"] == Grade.SPREADSHEET_DAMAGE
    dressed = some["tracking_number"].str.contains(r"[.,'’]") & (
        some["_number"].str.contains(rf"^[0-9]{{7,{SURE_DIGITS}}}$")
    )
    whole = damaged & dressed.fill_null(False)
    lost = damaged & ~whole
    number = some["_number"].zip_with(whole, some["tracking_number"])
    nothing = pl.Series([None], dtype=pl.String)
    return rows.with_columns(
        rows["_damaged"].scatter(places, some["tracking_number"].zip_with(lost, nothing)),
        rows["tracking_number"].scatter(places, nothing.zip_with(lost, number)),
        rows["_number"].scatter(places, nothing.zip_with(lost, some["_number"])),
    )


def agree(damaged: str, whole: str) -> bool:
    """Whether a whole number may be what a spreadsheet damaged.

    Examples:
        >>> agree("9.86579E+11", "986578788855"), agree("9.86E+11", "799531274483")
        (True, False)
        >>> agree("9.40011120620640E+21", "9400111206206407628746")
        True
        >>> agree("9400111206206400000000", "9400111206206407628746"), agree("31", "32")
        (True, False)
    """
    if not whole.isdecimal():
        return False
    if power := re.fullmatch(r"(\d)(?:[.,](\d+))? ?E ?\+?(\d+)", damaged.strip().upper()):
        digits = power[1] + (power[2] or "")
        kept = round(int(whole), -max(len(whole) - len(digits), 0))
        # what a person types is cut off, and what a program writes is rounded
        cut = len(digits) == SURE_DIGITS and whole.startswith(digits)
        alike = str(kept)[: len(digits)] == digits or cut
        return len(whole) == int(power[3]) + 1 and alike
    kept_digits = re.sub(r"\D", "", damaged)
    rounded = len(kept_digits) == len(whole) > 15 and kept_digits[:15] == whole[:15]
    return rounded or (kept_digits != whole and whole.lstrip("0") == kept_digits)
