"""Ship weeks that can be compared: their packages and failures at equal age."""

from datetime import date, timedelta

import polars as pl

from vtrkit.errors import TallyError
from vtrkit.forecast.arrays import scans_of
from vtrkit.metric.tally import keys, rollup
from vtrkit.metric.target import DEFECT, IN_METRIC, PACKAGES
from vtrkit.metric.windows import Question
from vtrkit.schema import Reason
from vtrkit.words import lazy

PAST_WEEKS = 13
"""Weeks before the two that are judged: a quarter of a year."""
WEEKS = PAST_WEEKS + 2
LEAST_AGE = 3
"""Full days that the youngest package of a week must have had for its first scan."""
PARTS = ("carrier_id", "ship_method", "category")
"""What may explain a fall."""
_UNDATED = 20
"""Scans on an unknown day may be one in 20; above that, ages cannot be compared."""


def weeks(tally: pl.DataFrame | pl.LazyFrame, question: Question) -> pl.DataFrame:
    """Packages and failures of the latest 15 weeks of each group and measure, by their parts.

    ```
    category  carrier_id  measure  week_end    age_days  ago  packages  defects
    Shoes     ups         no scan  2026-09-20  9         0    188       2
    ```

    Args:
        tally: a tally with `by`, marketplace, ship_date and reason.
        question: what `watch` was asked; its groups are made by at least one column.

    Returns:
        One row per group, part, measure and week; ago counts weeks back from week_end, the last
        day of the latest week; age_days = days that its youngest package has had.
    """
    failed, by = _failed(tally, question), question.by
    delays = scans_of(tally, question)
    if delays is None:
        return failed.drop("others")
    scans = _unscanned(delays, question)
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


def _failed(tally: pl.DataFrame | pl.LazyFrame, question: Question) -> pl.DataFrame:
    """Packages in the metric of weeks older than the lag; `others` fail not by a scan.

    Unverified ones are no defects: were they left out, a week with less scan data would look
    worse for it.
    """
    by, closed_to = question.by, question.closed_to
    parts = [n for n in PARTS if n in keys(tally)]
    wanted = dict.fromkeys((*by, *parts, "marketplace", "ship_date", "reason"))
    # so that older months of a stored tally are not read
    oldest = closed_to - timedelta(days=question.most_lag + 7 * (WEEKS + 1))
    recent = rollup(lazy(tally, "tally"), list(wanted)).filter(pl.col("ship_date") > oldest)
    cells = question.market_of(recent.collect())
    ends = [(m, _sunday(question.window(m, closed_to).end)) for m in cells["market"].unique()]
    schema = {"market": pl.String, "week_end": pl.Date}
    by_scan = pl.col("reason").is_in([Reason.NO_SCAN, Reason.TOO_FEW_SCANS])
    return (
        cells.join(pl.DataFrame(ends, schema, orient="row"), on="market")
        .with_columns(
            _ago(pl.col("week_end")), age_days=(closed_to - pl.col("week_end")).dt.total_days()
        )
        .filter(_RECENT)
        .group_by(*dict.fromkeys((*by, *parts)), "week_end", "age_days", "ago")
        .agg(
            packages=PACKAGES.filter(IN_METRIC).sum(),
            defects=PACKAGES.filter(DEFECT).sum(),
            others=PACKAGES.filter(DEFECT & ~by_scan).sum(),
            measure=pl.lit("defects"),
        )
    )


def _unscanned(delays: pl.LazyFrame, question: Question) -> pl.DataFrame:
    """Packages with scan data, and those not scanned at the age of the youngest full week."""
    by, closed_to = question.by, question.closed_to
    names = delays.collect_schema().names()
    if missing := [n for n in by if n not in names]:
        raise TallyError(f"the scan_delay tally has no column {missing[0]}; watch by others")
    last = _sunday(closed_to - timedelta(days=LEAST_AGE + 1))
    age = _age(closed_to, last)
    delay = pl.col("scan_delay").cast(pl.String)
    late = (delay == "none") | (delay.cast(pl.Int64, strict=False) > age).fill_null(False)
    parts = [n for n in PARTS if n in names]
    return (
        delays.with_columns(_ago(pl.lit(last)))
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
