"""Days that can be: what belongs to another parcel of the same number is not taken.

Carriers give a number out again. A scan or delivery more than a day before the order, or months
after it was shipped, cannot be of its package; one between the order and the ship day can, and says
that it was confirmed late. And no file knows a day that had not come when it was made.
"""

from collections.abc import Callable, Sequence

import polars as pl

_COUNTED = ["scans", "scans_at_least", "first_scan_date", "scanned_by", "is_delivered"]
TRACKED = [*_COUNTED, "delivered_date", "attempted_date"]
ANOTHER_PARCEL = "its scans or delivery are older than the order: another parcel had this number"
ANOTHER_SINCE = "its scans or delivery are months after shipping: another parcel has this number"
NOT_NONE = "scans is 0 beside a delivery or the day of a scan, so it is not known"
NOT_YET = "a day of it is later than the file's own day, so that day is not known"
CONFIRMED_LATE = "ship_date is later than the first scan: the shipment was confirmed late"
TO_SENDER = "it was delivered back to the sender, which is no delivery"
OVERDUE = "its promised day is over and no file says whether it was shipped, so that is assumed"
CALLED_OFF = (
    "its order was cancelled, but a scan or a newer file says it was shipped, so that is assumed"
)
FREE = "a replacement order of no value: nobody documents whether it counts"
OTHER_LABEL = "the label of your shipping tool has another number than was entered at Amazon"
DAMAGED = "a spreadsheet damaged the tracking_number, so it is not known"

_DAYS = ["first_scan_date", "delivered_date", "attempted_date"]
_PAST = [*_DAYS, "order_date", "tracking_entered_at", "ship_date", "tracked_at"]
"""Days of what has happened, where promised ones are still to come."""
_AN_OCEAN = pl.duration(days=1)
"""Whoever exports may live by a clock a day behind the marketplace's."""
_LISTED = ["source", "order_id", "tracking_number"]
_BEFORE_ORDER, _BEFORE_SHIPPING = pl.duration(days=1), pl.duration(days=30)
_AFTER_SHIPPING = pl.duration(days=120)
"""Longer than parcels are on their way or kept for the recipient, and shorter than carriers wait
before they give a number out again."""


def first_event() -> pl.Expr:
    """The first day on which a carrier had a package, as far as is known."""
    return pl.min_horizontal(_DAYS)


def known_by_then(about: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows without days that had not come when their files were made, and the list of these.

    Such a day is planned, estimated or mistyped. Scans that begin on one are not known either.
    """
    late = {day: pl.col(day) > pl.col("seen_at") + _AN_OCEAN for day in _PAST}
    wrong = about.filter(pl.any_horizontal(late.values()))
    if wrong.is_empty():
        return about, listed(wrong, NOT_YET)
    late |= dict.fromkeys(_COUNTED, late["first_scan_date"])
    known = (
        pl.when(~which.fill_null(False)).then(name).alias(name) for name, which in late.items()
    )
    return about.with_columns(known), listed(wrong, NOT_YET).unique(maintain_order=True)


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
    latest = pl.coalesce("ship_date", "promised_date") + _AFTER_SHIPPING
    days = packages.select("_p", *_DAYS, _earliest=earliest, _latest=latest)
    old, new = (pl.any_horizontal(map(when, _DAYS)) for when in (_before, _after))
    which = days.filter(old | new).select("_p", "_earliest", "_latest")
    doubts = []
    if which.height:
        theirs = pl.concat([part.join(which, on="_p") for part in about])
        doubts.append(listed(theirs.filter(old), ANOTHER_PARCEL))
        doubts.append(listed(theirs.filter(new & ~old), ANOTHER_SINCE))
        corrected = theirs.with_columns(
            *(pl.when(~(old | new)).then(name).alias(name) for name in _COUNTED),
            *(pl.when(~(_before(day) | _after(day))).then(day).alias(day) for day in _DAYS[1:]),
        )
        rest = packages.join(which, on="_p", how="anti")
        packages = pl.concat([rest, filled(corrected.drop("_earliest", "_latest"))])
    # what is delivered under the number of its label says nothing of the one entered
    arrived = pl.col("is_delivered").fill_null(False) & pl.col("label_number").is_null()
    odd = (pl.col("scans") == 0) & pl.any_horizontal(pl.col(_DAYS).is_not_null(), arrived)
    if (contradicted := packages.filter(odd)).height:
        doubts.append(listed(contradicted, NOT_NONE))
        known = pl.when(~odd.fill_null(False))
        packages = packages.with_columns(known.then("scans").alias("scans"))
    late = packages.filter(first_event() < pl.col("ship_date"))
    doubts.append(listed(late, CONFIRMED_LATE))
    another = pl.col("label_number").is_not_null() & (pl.col("tracking_number") != "")
    doubts.append(listed(packages.filter(another), OTHER_LABEL))
    return packages.drop("_p"), pl.concat(doubts)


def _before(day: str) -> pl.Expr:
    return (pl.col(day) < pl.col("_earliest")).fill_null(False)


def _after(day: str) -> pl.Expr:
    return (pl.col(day) > pl.col("_latest")).fill_null(False)


def listed(rows: pl.DataFrame, rule: str | pl.Expr) -> pl.DataFrame:
    """Rows as they stand in the list of what was not taken or had to be assumed."""
    if rows.is_empty():  # as it nearly always is
        return pl.DataFrame(schema=dict.fromkeys([*_LISTED, "rule"], pl.String))
    return rows.select(*_LISTED, rule=pl.lit(rule) if isinstance(rule, str) else rule)
