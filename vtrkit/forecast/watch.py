"""Early warning: categories whose latest ship weeks are out of line with their own past."""

from typing import Any, Unpack

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.forecast.ship_weeks import PARTS, PAST_WEEKS, WEEKS, weeks
from vtrkit.forecast.surprise import ALARM, surprise
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question, known_groups
from vtrkit.schema import CATEGORY, GROUPS

LEAST_WEEKS = 8
"""With packages in fewer of the 13 weeks before, nothing is said."""
DISCOVERIES = 0.10
"""Of the alarms listed at once, so many may be false on average."""
_STANDS_OUT = 0.9
"""The smallest part with so much of the excess that the largest one has is the one named."""


def watch(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """Whether each group's latest ship weeks have more defects than chance explains.

    A week is Monday to Sunday, by ship day. It is held against the group's own 13 weeks before
    the latest two, never against a target. Packages are compared at equal age: where the
    tally has `scan_delay`, the share without a scan within as many days as the youngest full week
    has had; what else makes a defect, and everything without it, in weeks older than the lag only.

    ```
    category  measure  week_end    weeks  packages  defects  expected  limit  p       alarm
    Shoes     no scan  2026-09-20  2      402       33       12.1      25     0.0004  true
    ```

    Args:
        tally: a full tally or a roll-up with `by`, marketplace, ship_date and reason, and with
            carrier_id, ship_method or category where they are to explain a fall.
        as_of: the day on which the question is asked.
        by: any of account, marketplace, category, carrier_id, ship_method; at least one.
        question: lag_days (the age of weeks without days of scans), seen_to and rules; see
            `vtrkit.metric.windows.Question`.

    Returns:
        One row per group and measure (`no scan` and `other defects`, or `defects`, all of them):
        the one or two `weeks` that speak loudest, from week_start to week_end; their packages
        (for `no scan` those with scan data) and the defects among them, unverified ones being
        none; expected at the rate of the past, and the excess over it; limit = fewest defects
        that are an alarm, null where no number is; p = chance of this or worse in a steady
        series, whose weeks may vary as those of the groups do; q = share of false alarms in a
        list that reaches down to this row (Benjamini-Hochberg); alarm = p at most 0.008 and q at
        most 0.10.
        explained_by, explained_value and explained_excess: the carrier, method or category in
        which most of the excess is, null where each holds all packages. age_days = days that
        the youngest package has had; past_weeks; basis = both in words. A row with too short a
        past has no p. Alarms first, then the least likely.

    Raises:
        TallyError: a tally lacks a column.
        ParameterError: nothing to watch by, or a negative lag.

    Examples:
        >>> from datetime import date, timedelta
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> from vtrkit import tally as summed
        >>> defects = [6, 5, 8, 4, 6, 7, 5, 9, 6, 3, 6, 8, 5, 15, 17]
        >>> packages = pl.DataFrame({
        ...     "ship_date": [date(2026, 1, 5) + timedelta(days=i // 200 * 7) for i in range(3000)],
        ...     "scans": [int(i % 200 >= defects[i // 200]) for i in range(3000)],
        ...     "order_id": [str(i) for i in range(3000)]})
        >>> table = watch(summed(classify(packages)), as_of=date(2026, 5, 1))
        >>> table.select("week_end", "packages", "defects", "limit", "alarm").rows()
        [(datetime.date(2026, 4, 19), 400, 32, 23, True)]
    """
    asked = Question.of(as_of, by, **question)
    if not asked.by:
        raise ParameterError(f"watch by at least one of {', '.join(GROUPS)}")
    known_groups(asked.by)
    cells, by = weeks(tally, asked), asked.by
    found = _listed(_judged(cells, [*by, "measure"]))
    told = found.join(_explained(found, cells, [*by, "measure"]), on=[*by, "measure"], how="left")
    order = ["alarm", "p", *by, "measure"]
    descending = [True, *[False] * (len(order) - 1)]
    return told.select(*by, *_COLUMNS).sort(order, descending=descending, nulls_last=True)


_COLUMNS = (
    "measure",
    "week_start",
    "week_end",
    "weeks",
    "packages",
    "defects",
    "expected",
    "excess",
    "limit",
    "p",
    "q",
    "alarm",
    "explained_by",
    "explained_value",
    "explained_excess",
    "past_weeks",
    "age_days",
    "basis",
)


def _judged(cells: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Each group that shipped in its latest week, with how surprising that is."""
    import numpy as np  # noqa: PLC0415 - only here; `import vtrkit` stays light

    groups, defects, packages = _series(cells, key)
    past_weeks = (packages[:, :-2] > 0).sum(1)
    found = surprise(defects, packages)
    two = found.weeks == 2
    now = [np.where(two, c[:, -2:].sum(1), c[:, -1]) for c in (packages, defects)]
    expected = now[0] * defects[:, :-2].sum(1) / np.maximum(packages[:, :-2].sum(1), 1)
    enough = pl.col("past_weeks") >= LEAST_WEEKS
    return groups.with_columns(
        weeks=pl.Series(found.weeks),
        packages=pl.Series(now[0]),
        defects=pl.Series(now[1]),
        past_weeks=pl.Series(past_weeks),
        expected=pl.Series(expected),
        limit=pl.Series(found.limit),
        # the last digits of a sum depend on the number of threads
        p=pl.Series(found.p.round(9)),
    ).with_columns(
        pl.when(enough & (pl.col("limit") <= pl.col("packages"))).then("limit").alias("limit"),
        pl.when(enough).then("p").alias("p"),
        pl.when(enough).then("expected").alias("expected"),
        excess=pl.when(enough).then(pl.col("defects") - pl.col("expected")),
        week_start=pl.col("week_end") - pl.duration(days=7 * pl.col("weeks") - 1),
    )


def _series(cells: pl.DataFrame, key: list[str]) -> tuple[pl.DataFrame, Any, Any]:
    """The groups, and their defects and packages as groups by weeks, the latest last."""
    weekly = cells.group_by(*key, "ago").agg(pl.col("packages", "defects").sum())
    latest = weekly.filter((pl.col("ago") == 0) & (pl.col("packages") > 0)).select(key)
    groups = cells.select(*key, "week_end", "age_days").unique().join(latest, on=key, how="semi")
    agos = pl.DataFrame({"ago": range(WEEKS - 1, -1, -1)}, schema={"ago": pl.Int64})
    full = (
        groups.join(agos, how="cross")
        .join(weekly, on=[*key, "ago"], how="left")
        .with_columns(pl.col("packages", "defects").fill_null(0))
        .sort(*key, "ago", descending=[*[False] * len(key), True])
    )
    defects, packages = (
        full[name].to_numpy().reshape(-1, WEEKS) for name in ("defects", "packages")
    )
    return full.filter(ago=0).select(groups.columns), defects, packages


def _listed(judged: pl.DataFrame) -> pl.DataFrame:
    """Controlled for false discoveries: of what is listed, one in ten may be chance."""
    said = judged.filter(pl.col("p").is_not_null()).with_columns(q=_discoveries(pl.col("p")))
    both = pl.concat([said, judged.filter(pl.col("p").is_null())], how="diagonal")
    alarm = (pl.col("p") <= ALARM) & (pl.col("q") <= DISCOVERIES)
    return both.with_columns(alarm=alarm.fill_null(False), basis=_basis())


def _discoveries(p: pl.Expr) -> pl.Expr:
    """The share of chance among all that are at most as likely as each (Benjamini, Hochberg)."""
    share = p * (pl.len() / p.rank("max"))
    least = share.sort_by(p, descending=True).cum_min()
    return least.gather(p.rank("ordinal", descending=True) - 1).clip(upper_bound=1.0)


def _basis() -> pl.Expr:
    """What was compared, in words."""
    kinds = {
        "no scan": "no scan within {} full days of shipping, each week at that age",
        "other defects": "defects but missing scans, weeks at least {} days old",
        "defects": "all defects, weeks at least {} days old, for want of days of scans",
    }
    texts = [pl.format(text, "age_days") for text in kinds.values()]
    chosen = pl.coalesce(
        pl.when(pl.col("measure") == kind).then(text)
        for kind, text in zip(kinds, texts, strict=True)
    )
    few = pl.when(pl.col("past_weeks") < LEAST_WEEKS).then(
        pl.lit(f", at least {LEAST_WEEKS} are needed")
    )
    return pl.concat_str(
        chosen, pl.format("; {} weeks before", "past_weeks"), few.otherwise(pl.lit(""))
    )


def _explained(found: pl.DataFrame, cells: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The carrier, method or category that most of each excess is in.

    A part's excess is what it adds to the defects at the group's usual rate, less what it has
    always added, at today's volume: so the parts of a group add up to its excess, and a carrier
    that was always worse explains only what its share grew by.
    """
    fallen = found.filter(pl.col("excess") > 0).select(*key, "weeks")
    near = cells.join(fallen, on=key)
    whole = near.group_by(key).agg(_counts("all_"))
    parts = [
        near.group_by(*key, pl.col(name).cast(pl.String).alias("explained_value"))
        .agg(_counts(""))
        .with_columns(explained_by=pl.lit(name))
        for name in PARTS
        if name in cells.columns and name not in key
    ]
    if not parts:
        return fallen.select(key).with_columns(pl.lit(None, t).alias(n) for n, t in _PART.items())
    usual = pl.col("all_failed_before") / pl.col("all_before")
    now = pl.col("failed") - pl.col("shipped") * usual
    always = pl.col("failed_before") - pl.col("before") * usual
    all_of_it = (pl.col("shipped") == pl.col("all_shipped")) & (
        pl.col("before") == pl.col("all_before")
    )
    added = (
        pl.concat(parts)
        .join(whole, on=key)
        .filter(~all_of_it, pl.col("explained_value").is_not_null())
        .with_columns(explained_excess=now - always * pl.col("all_shipped") / pl.col("all_before"))
    )
    largest = pl.col("explained_excess").max().over(key)
    return (
        added.filter(pl.col("explained_excess") >= (_STANDS_OUT * largest), largest > 0)
        .sort(*key, "shipped", "explained_by", "explained_value")
        .unique(key, keep="first", maintain_order=True)
        .select(*key, *_PART)
    )


def _counts(prefix: str) -> list[pl.Expr]:
    """Packages and failures of the weeks judged, and of those before."""
    now, past = pl.col("ago") < pl.col("weeks"), pl.col("ago") >= WEEKS - PAST_WEEKS
    counted = {"shipped": ("packages", now), "failed": ("defects", now)}
    counted |= {"before": ("packages", past), "failed_before": ("defects", past)}
    return [pl.col(c).filter(when).sum().alias(prefix + n) for n, (c, when) in counted.items()]


_PART = {"explained_by": pl.String, "explained_value": pl.String, "explained_excess": pl.Float64}
