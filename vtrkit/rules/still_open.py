"""What can still change about a package that fails: what was entered, its first scan, or nothing.

```
promised day ───────────────────────┤ window_end                        as_of
inside a window: lost               │ entered wrongly, on its way ─▶ correctable
(unless tracking shows it on its    │ no scan yet                 ─▶ pending
way: correctable)                   │ the rest                    ─▶ lost
```
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from vtrkit.given import lazy
from vtrkit.rules.conform import IS_DELIVERED
from vtrkit.rules.policies import Rules, rules_or_ours
from vtrkit.schema import GROUP, PACKAGE_KEY, UNRECOGNISED, Frame, Reason, State, like
from vtrkit.tracking.carriers import carrier_id, carrier_names

ENTERED_WRONG = (
    Reason.MISSING_NUMBER,
    Reason.NOT_A_NUMBER,
    Reason.MALFORMED,
    Reason.WRONG_CARRIER,
)
"""The reasons that another entry cures, as long as the package is not delivered."""
SPELLED = "the service spelled"
"""How it begins what to enter where the rule leaves out a service, and another spelling stands."""
IF_ANY = "the number on your label, if it has one"
"""What to enter where no file has a number: there may be none."""
SHOWS_DAYS = 3
"""A correction shows in the metric after up to 72 hours (Amazon's announcement of 2015)."""
PRESUMED_DAYS = 3
"""So long after the promised day, a package is taken as delivered if no file tells more."""
_PRESUMED_UNDATED = 10
"""Likewise after its ship day, where no day was promised."""
SCAN_DAYS = 14
"""A first scan is awaited so long after shipping."""
_FEW_DELIVERIES = 5
"""Below so many known deliveries, a lane has the median transit of its marketplace."""

_PROMISED, _SHIPPED = pl.col("promised_date"), pl.col("ship_date")
_REASON = pl.col("reason")
CAN_BE_CORRECTED = _REASON.is_in(ENTERED_WRONG) & ~IS_DELIVERED
"""Of a package with its verdict: whether another entry would cure it, were it in time."""


def correctable_until(undated: pl.Expr | None = None) -> pl.Expr:
    """The last day on which a package may still be on its way, unless tracking says more.

    Args:
        undated: the day where none was promised.
    """
    presumed = _PROMISED + pl.duration(days=PRESUMED_DAYS)
    return presumed if undated is None else pl.coalesce(presumed, undated)


def still_counts(window_start: pl.Expr) -> pl.Expr:
    """Whether a package of a window still counts on the day on which a correction shows."""
    return window_start + pl.duration(days=SHOWS_DAYS) <= _PROMISED


def awaited_until(shipped: pl.Expr = _SHIPPED) -> pl.Expr:
    """The day on which tracking data without a scan say that none will come."""
    after_shipping = shipped + pl.duration(days=SCAN_DAYS)
    return pl.max_horizontal(after_shipping, _PROMISED + pl.duration(days=PRESUMED_DAYS))


_UNDATED_UNTIL = _SHIPPED + pl.duration(days=_PRESUMED_UNDATED)
_UNTIL = correctable_until(_UNDATED_UNTIL)
UNDERWAY = CAN_BE_CORRECTED & (pl.col("scans") > 0) & (pl.col("tracked_at") > _UNTIL)
"""Likewise, and tracking data show it on its way when it should have arrived."""


def tracked_to(packages: pl.LazyFrame) -> pl.LazyFrame:
    """The day of the newest export of tracking data, by account and marketplace.

    Where no file says when it was tracked, the day of the newest export of any data (`seen_to`).
    """
    newest = pl.coalesce(pl.col("tracked_at").max(), pl.col("seen_at").max())
    return packages.group_by(GROUP).agg(tracked_to=newest, seen_to=pl.col("seen_at").max())


def still_open(
    verdicts: Frame,
    *,
    as_of: date,
    rules: Rules | None = None,
    lag_days: int | None = None,
    tracked: pl.DataFrame | None = None,
) -> Frame:
    """What can still change about each package that fails, what to enter, and until when.

    ```
    reason         promised  as of   state        enter               likely_until  possible_until
    wrong_carrier  5 Mar     4 Mar   correctable  carrier UPS         4 Mar         8 Mar
    no_scan        5 Mar     4 Mar   pending
    entered_late   5 Mar     9 Mar   lost
    ```

    Args:
        verdicts: what `classify` returns.
        as_of: the day on which it is asked.
        rules: those that name the lag; those that the package carries if none are given.
        lag_days: instead of the rules' own lag.
        tracked: what `tracked_to` gives of all packages, where these are a part of them.

    Returns:
        The verdicts with `state` (null for what does not fail), and of correctable ones `enter`
        (the number of a label, the carrier that the number belongs to, or what to look for),
        `likely_until` (the earlier of the promised day and the ship day plus the median transit of
        its carrier and destination) and `possible_until`; both null where tracking data show it
        on its way later than that. A correction shows after up to 72 hours: a package that has
        left the window by then is lost.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> packages = pl.DataFrame({"order_id": ["1"], "tracking_number": [""],
        ...     "ship_date": [date(2026, 3, 2)], "promised_date": [date(2026, 3, 5)]})
        >>> still_open(classify(packages), as_of=date(2026, 3, 4)).select(
        ...     "state", "possible_until").row(0)
        ('correctable', datetime.date(2026, 3, 8))
    """
    packages = lazy(verdicts, "verdicts")
    known = tracked_to(packages) if tracked is None else tracked.lazy()
    transit = (pl.col("delivered_date") - _SHIPPED).dt.total_days()
    lane, whole = ([*GROUP, "carrier_id", "destination"], list(GROUP))
    of_lane = pl.when(transit.count().over(lane) >= _FEW_DELIVERIES).then(
        transit.median().over(lane)
    )
    usual = pl.coalesce(of_lane, transit.median().over(whole)).floor().cast(pl.Int64)
    windows = _windows(packages, as_of, rules_or_ours(rules), lag_days)
    after = (pl.col("_window_end") < _PROMISED).fill_null(True)
    tracked_day = pl.min_horizontal(pl.lit(as_of), "tracked_to")
    in_time = (as_of <= _UNTIL).fill_null(True) & after
    shows = still_counts(pl.col("_window_start")).fill_null(True)
    state = (
        pl.when(pl.col("outcome") != "defect")
        .then(None)
        .when(CAN_BE_CORRECTED & shows & (UNDERWAY.fill_null(False) | in_time))
        .then(pl.lit(State.CORRECTABLE))
        .when((_REASON == Reason.NO_SCAN) & ~IS_DELIVERED & after & (tracked_day < awaited_until()))
        .then(pl.lit(State.PENDING))
        .otherwise(pl.lit(State.LOST))
    )
    correctable = pl.col("state") == State.CORRECTABLE
    told = (
        packages.join(known, on=GROUP, how="left", maintain_order="left")
        .join(windows, on="marketplace", how="left", maintain_order="left")
        .with_columns(state=state.cast(pl.Enum(State)), _usual=usual)
        .with_columns(
            enter=pl.when(correctable).then(_enter()),
            likely_until=pl.when(correctable & in_time).then(
                pl.min_horizontal(_PROMISED, _SHIPPED + pl.duration(days="_usual"))
            ),
            possible_until=pl.when(correctable & in_time).then(_UNTIL),
        )
        .drop("_window_start", "_window_end", "_usual", "tracked_to", "seen_to")
    )
    return like(told, verdicts)


def of_orders(verdicts: pl.DataFrame) -> pl.DataFrame:
    """How many packages each order has, and whether each holds one item that no other one has.

    A confirmation can name a package by its item only if no other package has units of it.
    """
    item, one = pl.col("order_item_id"), pl.col("skus") == 1
    return verdicts.group_by(PACKAGE_KEY[:-1]).agg(
        packages_of_order=pl.len().cast(pl.Int64),
        items_apart=(item.drop_nulls().n_unique() == pl.len()) & one.fill_null(False).all(),
    )


def _windows(
    packages: pl.LazyFrame, as_of: date, rules: Rules, lag_days: int | None
) -> pl.LazyFrame:
    names: Sequence[str] = packages.select("marketplace").unique().collect().to_series().to_list()
    of = [rules.on(str(name), as_of) for name in names]
    lags = [rule.lag_days if lag_days is None else lag_days for rule in of]
    days = [rule.window_days for rule in of]
    windows = pl.DataFrame({"marketplace": names, "_lag": lags, "_days": days}).lazy()
    schema, end = packages.collect_schema(), pl.lit(as_of) - pl.duration(days="_lag")
    return windows.select(
        pl.col("marketplace").cast(schema["marketplace"]),
        _window_start=end - pl.duration(days=pl.col("_days") - 1),
        _window_end=end,
    )


def _enter() -> pl.Expr:
    """What would make a package valid, in words."""
    names = carrier_names()
    whose = (
        pl.col("fix")
        .str.split("|")
        .list.eval(pl.element().replace(names).str.replace(r"^s10:", "the post of "))
    )
    scanner = carrier_id("scanned_by").cast(pl.String)
    scanned = pl.when(scanner != UNRECOGNISED).then(scanner.replace(names))
    carrier = pl.lit("carrier ") + pl.coalesce(scanned, whose.list.join(" or "))
    has_label = (_REASON != Reason.WRONG_CARRIER) & pl.col("label_number").is_not_null()
    return (
        pl.when(has_label)
        .then("label_number")
        .when((_REASON == Reason.WRONG_CARRIER) & carrier.is_not_null())
        .then(pl.when(pl.col("label_number").is_null()).then(carrier).otherwise("label_number"))
        .when((_REASON == Reason.MISSING_NUMBER) & pl.col("fix").is_not_null())
        .then(pl.format(SPELLED + " {}, if it went so; else the number", "fix"))
        .when(_REASON == Reason.MISSING_NUMBER)
        .then(pl.lit(IF_ANY))
        .otherwise(pl.lit("carrier and number as they stand on your label"))
    )
