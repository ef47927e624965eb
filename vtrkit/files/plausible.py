"""Days that can be: what belongs to another parcel of the same number is not taken.

Carriers give a number out again. A scan or delivery more than a day before the order cannot be of
its package; one between the order and the ship day can, and says that it was confirmed late.
"""

from collections.abc import Callable

import polars as pl

TRACKED = ["scans", "first_scan_date", "scanned_by", "delivered_date", "attempted_date"]
ANOTHER_PARCEL = "its scans or delivery are older than the order: another parcel had this number"
CONFIRMED_LATE = "ship_date is later than the first scan: the shipment was confirmed late"
TO_SENDER = "it was delivered back to the sender, which is no delivery"
FREE = "a replacement order of no value: nobody documents whether it counts"
DAMAGED = "a spreadsheet damaged the tracking_number, so it is not known"

_DAYS = ["first_scan_date", "delivered_date", "attempted_date"]
_LISTED = ["source", "order_id", "tracking_number"]
_BEFORE_ORDER, _BEFORE_SHIPPING = pl.duration(days=1), pl.duration(days=30)


def believed(
    about: pl.DataFrame, filled: Callable[[pl.DataFrame], pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Packages without what is another parcel's, and what was not taken or is odd about them.

    Args:
        about: the rows that speak of each package, `_p`.
        filled: makes a package of its rows.

    Returns:
        What `filled` gives; and `source`, `order_id`, `tracking_number`, `rule` of each row that
        was not taken and each package that was confirmed late.
    """
    packages = filled(about)
    earliest = pl.coalesce(
        pl.col("order_date") - _BEFORE_ORDER, pl.col("ship_date") - _BEFORE_SHIPPING
    )
    packages = packages.with_columns(_earliest=earliest)
    doubtful = packages.filter(pl.any_horizontal(_before(day) for day in _DAYS))
    doubts = [_listed(about.clear(), ANOTHER_PARCEL)]
    if doubtful.height:
        theirs = about.join(doubtful.select("_p", "_earliest"), on="_p")
        old = pl.any_horizontal(_before(day) for day in _DAYS)
        doubts.append(_listed(theirs.filter(old), ANOTHER_PARCEL))
        counts = ("scans", "first_scan_date", "scanned_by")
        mended = theirs.with_columns(
            *(pl.when(~old).then(name).alias(name) for name in counts),
            *(pl.when(~_before(day)).then(day).alias(day) for day in _DAYS[1:]),
        )
        rest = packages.join(doubtful.select("_p"), on="_p", how="anti")
        again = filled(mended.drop("_earliest")).with_columns(_earliest=pl.lit(None, pl.Date))
        packages = pl.concat([rest, again])
    late = packages.filter(pl.min_horizontal(_DAYS) < pl.col("ship_date"))
    doubts.append(_listed(late, CONFIRMED_LATE))
    return packages.drop("_p", "_earliest"), pl.concat(doubts)


def _before(day: str) -> pl.Expr:
    return (pl.col(day) < pl.col("_earliest")).fill_null(False)


def _listed(rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    return rows.select(*_LISTED, rule=pl.lit(rule))
