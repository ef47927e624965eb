"""Numbers that a spreadsheet damaged in the seller's own file: not what Amazon holds, so not known.

In Amazon's own export such a number is what the seller entered, and a defect; elsewhere nobody can
tell what was entered. Where all digits are still there, the number is taken as it was.
"""

import polars as pl

from vtrkit.schema import Grade
from vtrkit.tracking.carriers import carrier_id
from vtrkit.tracking.cleaning import exact_codes
from vtrkit.tracking.inspect import judge

_MAY_BE = (
    r"^[-+]?[0-9](?:[.,][0-9]+)? ?[Ee] ?[+]?[0-9]{1,2}$|^#|[.,]0+$"
    r"|^[0-9]{1,3}(?:[,.'’][0-9]{3}){2,}"
    r"|^[0-9]{13,}000$|^[1-9](?:[0-9]{7,10}|[0-9]{12,13}|[0-9]{15,18})$"
)
"""What may be damage; that it is, only a look at the number and its carrier tells."""
_SURE_DIGITS = 15
"""A spreadsheet keeps so many."""


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
    # a number that fits a format as it stands may have lost a zero or not: nobody can tell
    may_be_whole = some["tracking_number"].str.contains("^[0-9]+$") & (
        ~some["tracking_number"].str.contains("000$")
    )
    damaged &= ~(may_be_whole & (exact_codes(some["tracking_number"]) != 0))
    dressed = some["tracking_number"].str.contains(r"[.,'’]") & (
        some["_number"].str.contains(rf"^[0-9]{{7,{_SURE_DIGITS}}}$")
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
