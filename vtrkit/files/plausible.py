"""Days that can be: what belongs to another parcel of the same number is not taken.

Carriers give a number out again. A scan or delivery more than a day before the order cannot be of
its package; one between the order and the ship day can, and says that it was confirmed late.
"""

from collections.abc import Callable, Sequence

import polars as pl

_COUNTED = ["scans", "scans_at_least", "first_scan_date", "scanned_by"]
TRACKED = [*_COUNTED, "delivered_date", "attempted_date"]
ANOTHER_PARCEL = "its scans or delivery are older than the order: another parcel had this number"
CONFIRMED_LATE = "ship_date is later than the first scan: the shipment was confirmed late"
TO_SENDER = "it was delivered back to the sender, which is no delivery"
FREE = "a replacement order of no value: nobody documents whether it counts"
DAMAGED = "a spreadsheet damaged the tracking_number, so it is not known"

_DAYS = ["first_scan_date", "delivered_date", "attempted_date"]
_LISTED = ["source", "order_id", "tracking_number"]
_BEFORE_ORDER, _BEFORE_SHIPPING = pl.duration(days=1), pl.duration(days=30)


def believed(
    packages: pl.DataFrame,
    about: Sequence[pl.DataFrame],
    filled: Callable[[pl.DataFrame], pl.DataFrame],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Packages without what is another parcel's, and what was not taken or is odd about them.

    Args:
        packages: what `filled` makes of them all.
        about: the rows that speak of each package, `_p`, in parts.
        filled: makes a package of its rows.

    Returns:
        The packages; and `source`, `order_id`, `tracking_number`, `rule` of each row that
        was not taken and each package that was confirmed late.
    """
    earliest = pl.coalesce(
        pl.col("order_date") - _BEFORE_ORDER, pl.col("ship_date") - _BEFORE_SHIPPING
    )
    days = packages.select("_p", *_DAYS, _earliest=earliest)
    which = days.filter(pl.any_horizontal(_before(day) for day in _DAYS)).select("_p", "_earliest")
    doubts = []
    if which.height:
        theirs = pl.concat([part.join(which, on="_p") for part in about])
        old = pl.any_horizontal(_before(day) for day in _DAYS)
        doubts.append(_listed(theirs.filter(old), ANOTHER_PARCEL))
        mended = theirs.with_columns(
            *(pl.when(~old).then(name).alias(name) for name in _COUNTED),
            *(pl.when(~_before(day)).then(day).alias(day) for day in _DAYS[1:]),
        )
        rest = packages.join(which, on="_p", how="anti")
        packages = pl.concat([rest, filled(mended.drop("_earliest"))])
    late = packages.filter(pl.min_horizontal(_DAYS) < pl.col("ship_date"))
    doubts.append(_listed(late, CONFIRMED_LATE))
    return packages.drop("_p"), pl.concat(doubts)


def _before(day: str) -> pl.Expr:
    return (pl.col(day) < pl.col("_earliest")).fill_null(False)


def _listed(rows: pl.DataFrame, rule: str) -> pl.DataFrame:
    return rows.select(*_LISTED, rule=pl.lit(rule))
