"""How one package stands by its days: shipped late, delivered late, still to come."""

import polars as pl

from vtrkit.rules.conform import IS_DELIVERED
from vtrkit.rules.still_open import CAN_BE_CORRECTED, UNDERWAY

_SHIPPED, _PROMISED, _DELIVERED = (pl.col(f"{n}_date") for n in ("ship", "promised", "delivered"))
_ARRIVED = pl.min_horizontal("delivered_date", "attempted_date")
# what is not yet due is not judged, even if early: those that will be late are not known either
_DUE = pl.coalesce("tracked_at", "seen_at") > _PROMISED
_JUDGED = _ARRIVED.is_not_null() & _DUE.fill_null(_PROMISED.is_not_null())
_LATE = _JUDGED & (_ARRIVED > _PROMISED)
# of what arrived on a day that no file has, nobody knows whether that was in time
_UNDELIVERED = _ARRIVED.is_null() & ~IS_DELIVERED & pl.col("scans").is_not_null() & _DUE
LATE = {
    "confirmed_late": pl.max_horizontal(
        pl.col("first_scan_date") < _SHIPPED,
        pl.col("tracking_entered_at") > pl.col("ship_by_date"),
    ),
    "shipped_late": pl.col("ship_by_date") < _SHIPPED,
    "delivered_late": pl.when(_JUDGED | _UNDELIVERED).then(_LATE | _UNDELIVERED),
}
"""Of a package, what was late, null where that is not known.

Confirmed: the carrier had it before the ship date that you confirmed, or its number was entered
after the ship-by day. Shipped: after the ship-by day. Delivered: after the promised day, or not at
all when that had passed.
"""
_UNITS = pl.col("quantity").fill_null(1).clip(1, 1_000_000)
COUNTED = {
    "units": _UNITS,
    "ship_judged": _SHIPPED.is_not_null() & pl.col("ship_by_date").is_not_null(),
    "shipped_late": LATE["shipped_late"],
    "delivered": _DELIVERED.is_not_null() & _PROMISED.is_not_null(),
    "delivery_judged": _JUDGED,
    "delivered_late": _LATE,
    "undelivered": _UNDELIVERED,
    "units_judged": _JUDGED * _UNITS,
    "units_late": _LATE * _UNITS,
    "units_undelivered": _UNDELIVERED * _UNITS,
    "correctable": CAN_BE_CORRECTED,
    "underway": UNDERWAY,
}
"""What a tally counts of each package beside the package itself: true or false, or units."""


def as_told(cells: pl.DataFrame) -> pl.DataFrame:
    """Cells without undelivered packages where nothing of an account ever arrived.

    Its files do not tell of deliveries, so that nobody knows what became of them.

    Args:
        cells: with `market`, and `account` if they are told apart by it.
    """
    judged, undelivered = (
        [n for n in names if n in cells.columns]
        for names in (("delivered", "delivery_judged", "units_judged"), _NOT_THERE)
    )
    reach = [n for n in ("account", "market") if n in cells.columns]
    arrive = pl.sum_horizontal(judged).sum().over(reach) > 0
    return cells.with_columns(pl.when(arrive).then(n).otherwise(0).alias(n) for n in undelivered)


_NOT_THERE = ("undelivered", "units_undelivered")
