"""How well carriers scan: share of packages scanned, with its range, and days to the first scan."""

from datetime import date, timedelta

import polars as pl

from vtrkit.schema import FEW
from vtrkit.tracking.carriers import carrier_names

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution: two-sided 95 %."""


def wilson(hits: pl.Expr, trials: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """The 95 % interval of a share by Wilson (1927), which stays within 0 and 1 for small counts.

    Examples:
        >>> import polars as pl
        >>> low, high = wilson(pl.lit(190), pl.lit(200))
        >>> [round(x, 4) for x in pl.select(low=low, high=high).row(0)]
        [0.9104, 0.9726]
    """
    share = hits / trials
    centre = share + _Z**2 / (2 * trials)
    spread = _Z * (share * (1 - share) / trials + _Z**2 / (4 * trials**2)).sqrt()
    below = 1 + _Z**2 / trials
    return ((centre - spread) / below).clip(0), ((centre + spread) / below).clip(upper_bound=1)


def carrier_scans(delays: pl.DataFrame | pl.LazyFrame, *, first: date, last: date) -> pl.DataFrame:
    """How each carrier scanned the packages shipped within some days, the worst first.

    ```
    carrier_id  packages  known  scanned  scan_rate  low    high   first_scan_days  ranked
    ontrac      140       138    92       0.667      0.584  0.740  1                true
    ```

    Args:
        delays: what `vtrkit.metric.tally.scan_delay` returns, or several of them.
        first: the first ship day, inclusive.
        last: the last ship day, inclusive; the very latest may still be waiting for their scan.

    Returns:
        One row per account, marketplace and carrier: packages, those with scan data (known), the
        scanned ones among them, their share with its 95 % Wilson interval, and the median of days
        to the first scan where it is known. Carriers of fewer than 20 known packages are not
        ranked: they stand last.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> from vtrkit.metric.tally import scan_delay
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 1], "carrier": "UPS",
        ...                          "ship_date": [date(2026, 1, 5)] * 2})
        >>> table = carrier_scans(scan_delay(classify(packages)), first=date(2026, 1, 1),
        ...                       last=date(2026, 1, 31))
        >>> table.select("carrier_id", "known", "scanned", "ranked").rows()
        [('ups', 2, 1, False)]
    """
    group = ["account", "marketplace", "carrier_id"]
    inside = delays.lazy().filter(pl.col("ship_date").is_between(first, last)).collect()
    rates = inside.group_by(group).agg(_COUNTS).with_columns(_shares())
    middles = _median_days(inside, group)
    table = rates.join(middles, on=group, how="left")
    return table.sort("ranked", "scan_rate", *group, descending=[True, *[False] * 4])


SCAN_WEEKS = 2
"""Weeks of shipping over which a carrier is compared with the others."""
_AWAITED_DAYS = 3
"""A package shipped in the last three days may still wait for its first scan."""
_FEWEST = 5
"""Packages that a carrier has to leave without a scan, beyond what others would, to be named."""


def unscanned_by(delays: pl.DataFrame | pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """The carrier of each account and marketplace that scans far less than all others there.

    Over two weeks of shipping: at least five packages more without a scan than the others would
    have left, and a share scanned that lies below theirs beyond chance. No row where there is none.

    ```
    carrier_id  known  scanned  usual  since   until
    ontrac      67     0        0.962  14 Sep  27 Sep
    ```

    Args:
        delays: what `vtrkit.metric.tally.scan_delay` returns, or several of them.
        as_of: the day on which it is asked.
    """
    until = as_of - timedelta(days=_AWAITED_DAYS)
    since = until - timedelta(days=7 * SCAN_WEEKS - 1)
    scans = carrier_scans(delays, first=since, last=until).filter(pl.col("known") > 0)
    known, scanned, group = pl.col("known"), pl.col("scanned"), ["account", "marketplace"]
    others = known.sum().over(group) - known
    usual = (scanned.sum().over(group) - scanned) / others
    far = (usual * known - scanned >= _FEWEST) & (pl.col("high") < usual) & (others > 0)
    named = pl.col("carrier_id").cast(pl.String).is_in([*carrier_names()])
    worst = scans.with_columns(usual=usual).filter(far, named)
    worst = worst.sort(known - scanned, "carrier_id", descending=[True, False])
    return worst.unique(group, keep="first", maintain_order=True).select(
        *group, "carrier_id", "known", "scanned", "usual", since=since, until=until
    )


_DELAY, _PACKAGES = pl.col("scan_delay"), pl.col("packages")
_UNKNOWN, _NONE = _DELAY == "not known", _DELAY == "none"
_COUNTS = [
    _PACKAGES.sum().alias("packages"),
    _PACKAGES.filter(~_UNKNOWN).sum().alias("known"),
    _PACKAGES.filter(~_UNKNOWN & ~_NONE).sum().alias("scanned"),
]


def _shares() -> list[pl.Expr]:
    low, high = wilson(pl.col("scanned"), pl.col("known"))
    shares = {"scan_rate": pl.col("scanned") / pl.col("known"), "low": low, "high": high}
    any_known = pl.col("known") > 0
    return [pl.when(any_known).then(e).alias(n) for n, e in shares.items()] + [
        (pl.col("known") >= FEW).alias("ranked")
    ]


def _median_days(delays: pl.DataFrame, group: list[str]) -> pl.DataFrame:
    """The day by which half of the packages with a known first scan had theirs."""
    dated = delays.with_columns(_DELAY.cast(pl.String).cast(pl.Int64, strict=False))
    days = dated.drop_nulls("scan_delay")
    daily = days.group_by(*group, "scan_delay").agg(_PACKAGES.sum()).sort(*group, "scan_delay")
    reached = 2 * _PACKAGES.cum_sum().over(group) >= _PACKAGES.sum().over(group)
    half = daily.filter(reached)
    return half.group_by(group).agg(first_scan_days=_DELAY.min())
