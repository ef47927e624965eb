"""Ship weeks that can be compared: their packages and failures at equal age."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from vtrkit.errors import ParameterError, TallyError
from vtrkit.metric.tally import keys, rollup
from vtrkit.metric.target import DEFECT, IN_METRIC, PACKAGES
from vtrkit.rules.policies import Rules
from vtrkit.schema import Reason

PAST_WEEKS = 13
"""Weeks before the two that are judged: a quarter of a year."""
WEEKS = PAST_WEEKS + 2
LEAST_AGE = 3
"""Full days that the youngest package of a week must have had for its first scan."""
PARTS = ("carrier_id", "ship_method", "category")
"""What may explain a fall."""
_UNDATED = 20
"""Scans on an unknown day may be one in 20; above that, ages cannot be compared."""


def weeks(  # noqa: PLR0913, PLR0917 - what `watch` was asked
    tally: pl.DataFrame | pl.LazyFrame,
    delays: pl.DataFrame | pl.LazyFrame | None,
    by: Sequence[str],
    closed_to: date,
    lag_days: int | None,
    rules: Rules,
) -> pl.DataFrame:
    """Packages and failures of the latest 15 weeks of each group and measure, by their parts.

    ```
    category  carrier_id  measure  week_end    age_days  ago  packages  defects
    Shoes     ups         no scan  2026-09-20  9         0    188       2
    ```

    Args:
        tally: a tally with `by`, marketplace, ship_date and reason.
        delays: the scan_delay tally; None if there is none.
        by: the columns of a group, at least one.
        closed_to: the day up to which anything is known.
        lag_days: age of weeks without days of scans; the rule's own if none is given.
        rules: the marketplaces' rules.

    Returns:
        One row per group, part, measure and week; ago counts weeks back from week_end, the last
        day of the latest week; age_days = days that its youngest package has had.
    """
    failed = _failed(tally, by, closed_to, lag_days, rules)
    if delays is None:
        return failed.drop("others")
    scans = _unscanned(delays, by, closed_to)
    known = scans.group_by(by).agg(pl.col("packages", "undated").sum())
    datable = known.filter(pl.col("undated") * _UNDATED <= pl.col("packages")).select(by)
    apart = failed.join(datable, on=by, how="semi").with_columns(
        defects="others", measure=pl.lit("other defects")
    )
    whole = failed.join(datable, on=by, how="anti")
    scans = scans.join(datable, on=by, how="semi")
    return pl.concat(
        [apart.drop("others"), whole.drop("others"), scans.drop("undated")], how="diagonal"
    )


def _failed(
    tally: pl.DataFrame | pl.LazyFrame,
    by: Sequence[str],
    closed_to: date,
    lag_days: int | None,
    rules: Rules,
) -> pl.DataFrame:
    """Packages in the metric of weeks older than the lag; `others` fail not by a scan.

    Unverified ones are no defects: were they left out, a week with less scan data would look
    worse for it.
    """
    parts = [n for n in PARTS if n in keys(tally)]
    wanted = dict.fromkeys((*by, *parts, "marketplace", "ship_date", "reason"))
    daily = rollup(tally.lazy(), list(wanted)).with_columns(
        market=pl.col("marketplace").cast(pl.String)
    )
    ends = _ends(daily, closed_to, lag_days, rules, apart="marketplace" in by)
    # said apart from `ago`, so that older months of a stored tally are not read
    oldest = min(ends["week_end"].to_list(), default=closed_to) - timedelta(days=7 * WEEKS)
    by_scan = pl.col("reason").is_in([Reason.NO_SCAN, Reason.TOO_FEW_SCANS])
    return (
        daily.filter(pl.col("ship_date") > oldest)
        .join(ends.lazy(), on="market")
        .with_columns(_ago(pl.col("week_end")))
        .filter(_RECENT)
        .group_by(*dict.fromkeys((*by, *parts)), "week_end", "age_days", "ago")
        .agg(
            packages=PACKAGES.filter(IN_METRIC).sum(),
            defects=PACKAGES.filter(DEFECT).sum(),
            others=PACKAGES.filter(DEFECT & ~by_scan).sum(),
            measure=pl.lit("defects"),
        )
        .collect()
    )


def _ends(
    daily: pl.LazyFrame, closed_to: date, lag_days: int | None, rules: Rules, *, apart: bool
) -> pl.DataFrame:
    """The last day of the latest week older than the lag, by marketplace."""
    markets = sorted(daily.select(pl.col("market").unique()).collect().to_series())
    lags = {m: rules.on(m, closed_to).lag_days if lag_days is None else lag_days for m in markets}
    if wrong := [lag for lag in lags.values() if lag < 0]:
        raise ParameterError(f"lag_days {wrong[0]}: give 0 or more")
    if not apart:
        lags = dict.fromkeys(lags, max(lags.values(), default=0))
    rows = [
        (m, last := _sunday(closed_to - timedelta(lag)), (closed_to - last).days)
        for m, lag in lags.items()
    ]
    schema = {"market": pl.String, "week_end": pl.Date, "age_days": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _unscanned(
    delays: pl.DataFrame | pl.LazyFrame, by: Sequence[str], closed_to: date
) -> pl.DataFrame:
    """Packages with scan data, and those not scanned at the age of the youngest full week."""
    if missing := [n for n in by if n not in keys(delays)]:
        raise TallyError(f"the scan_delay tally has no column {missing[0]}; watch by others")
    last = _sunday(closed_to - timedelta(days=LEAST_AGE + 1))
    age = _age(closed_to, last)
    delay = pl.col("scan_delay").cast(pl.String)
    late = (delay == "none") | (delay.cast(pl.Int64, strict=False) > age).fill_null(False)
    parts = [n for n in PARTS if n in keys(delays)]
    return (
        delays.lazy()
        .with_columns(_ago(pl.lit(last)))
        .filter(_RECENT & (delay != "not known"))
        .group_by(*dict.fromkeys((*by, *parts)), "ago")
        .agg(
            packages=PACKAGES.sum(),
            defects=PACKAGES.filter(late).sum(),
            undated=PACKAGES.filter(delay == "some day").sum(),
            measure=pl.lit("no scan"),
            week_end=pl.lit(last),
            age_days=pl.lit(age, pl.Int64),
        )
        .collect()
    )


def _sunday(day: date) -> date:
    """The last Sunday on or before a day."""
    return day - timedelta(days=day.isoweekday() % 7)


def _age(closed_to: date, last: date) -> int:
    """Full days since a day; the newest one is known only in part, and is none."""
    return (closed_to - last).days - 1


def _ago(last: pl.Expr) -> pl.Expr:
    """Weeks from the week of a ship day to the latest one; negative for younger ones."""
    return (last - pl.col("ship_date")).dt.total_days().floordiv(7).alias("ago")


_RECENT = pl.col("ago").is_between(0, WEEKS - 1)
