"""The windows of coming days that are decided, and which of a category's packages are its own.

```
daily counts ─with_open─▶ + what may be of the group   ─decided─▶ coming windows ─fall─▶ first miss
```
"""

import polars as pl

from vtrkit.metric.running_sums import RunningSums
from vtrkit.metric.status import few_undated, on_target
from vtrkit.metric.target import BEST, COUNTS, OWN_OPEN, PACKAGES, STRICT, UNNUMBERED, need
from vtrkit.metric.windows import Question
from vtrkit.rules.still_open import SHOWS_DAYS
from vtrkit.schema import UNKNOWN_CATEGORY, Reason


def with_open(
    windows: pl.DataFrame,
    daily: pl.DataFrame,
    key: list[str],
    first: str = "window_start",
    last: str = "window_end",
) -> pl.DataFrame:
    """Windows with the packages that may be theirs: disputed ones, and those of `(unknown)`.

    Each category may have those whose category is not known.
    """
    if "category" not in key:
        return windows.with_columns(**OWN_OPEN, is_unknown=pl.lit(False))
    others, is_unknown = [n for n in key if n != "category"], pl.col("category") == UNKNOWN_CATEGORY
    fails = pl.col("counted") - pl.col("valid") - pl.col("unknown")
    unknown = daily.filter(is_unknown).select(
        *others,
        "promised_date",
        open_valid=pl.col("valid") + OWN_OPEN["open_valid"],
        open_defect=fails + OWN_OPEN["open_defect"],
        open_unknown="unknown",
    )
    if unknown.is_empty():
        return windows.with_columns(**OWN_OPEN, is_unknown=is_unknown)
    opened = RunningSums(unknown, others).over(windows, OWN_OPEN, first, last)
    may_be = pl.when(~is_unknown)
    every = {n: own + may_be.then(n).otherwise(0) for n, own in OWN_OPEN.items()}
    return opened.with_columns(**every, is_unknown=is_unknown)


LEFT_OUT = {
    "left_out": PACKAGES.filter(pl.col("reason") == Reason.NOT_LISTED),
    "unnumbered": PACKAGES.filter(UNNUMBERED),
    "unnumbered_open": pl.col("correctable").filter(UNNUMBERED),
}
"""Packages without a number that Amazon's report of defects leaves out, and those that fail."""
_HABIT = 3
"""So many left out, and none listed, for later ones to be taken as alike."""


def as_left_out(daily: pl.DataFrame, key: list[str], last: pl.Expr, may: str) -> pl.DataFrame:
    """Days whose packages without a number may not count, as Amazon has listed none before.

    Args:
        daily: days with the sums of `LEFT_OUT`, `counted` and `correctable`.
        key: the groups.
        last: the day after which packages still count later.
        may: the column of the packages that may or may not count.
    """
    day, left_out = pl.col("promised_date"), pl.col("left_out")
    those = day.filter(left_out > 0)
    listed = pl.col("unnumbered").filter(day.is_between(those.min(), those.max())).sum()
    newest, listed, many = (n.over(key) for n in (those.max(), listed, left_out.sum()))
    alike = (many >= _HABIT) & (listed == 0) & (day > newest) & (day > last)
    moved, open_ = (pl.when(alike).then(n).otherwise(0) for n in ("unnumbered", "unnumbered_open"))
    return daily.with_columns(
        pl.col("counted") - moved, pl.col("correctable") - open_, pl.col(may) + moved
    )


def decided(
    sums: RunningSums, coming: pl.DataFrame, daily: pl.DataFrame, key: list[str]
) -> pl.DataFrame:
    """The windows of coming days that hold only days on which every package is known.

    `valid` is what they come to if nothing is corrected and all else goes well: first scans that
    are awaited come, unverified packages hold, and orders not shipped yet arrive valid.
    """
    dated = few_undated(pl.col("undated"), pl.col("all_counted"))
    covered = coming.filter(dated, pl.col("first_day") <= pl.col("window_start"))
    names = (*COUNTS, "awaited", "unshipped", "correctable")
    summed = with_open(sums.over(covered, names), daily, key)
    still = pl.col("awaited") + pl.col("unshipped")
    return summed.with_columns(valid=BEST[0] + still, counted=BEST[1] + pl.col("unshipped"))


def decided_misses() -> pl.Expr:
    """Whether a coming window that is decided is below its target, whatever goes well."""
    return (pl.col("counted") > 0) & ~on_target(pl.col("valid"), pl.col("counted"))


def fall(
    decided: pl.DataFrame, open_days: pl.DataFrame, key: list[str], question: Question
) -> pl.DataFrame:
    """The first decided day below target of each group, and what would prevent it.

    `falls_unless` of its `falls_correctable` packages would have to be corrected by
    `falls_correct_by`, so late that as many can be and that it shows on the day; null where there
    is no such day.
    """
    n, bp = pl.col("counted"), pl.col("target_bp")
    short = need(pl.col("valid"), n, bp, STRICT)
    first = (
        decided.filter(decided_misses(), ~pl.col("is_unknown")).sort("as_of").group_by(key).first()
    )
    falls = first.select(
        *key, "window_start", "window_end", "correctable", falls_on="as_of", falls_unless=short
    )
    days = open_days.select(*key, "promised_date", "until", late="correctable")
    inside = pl.col("promised_date").is_between("window_start", "window_end")
    until = pl.min_horizontal("until", pl.col("falls_on") - _SHOWS)
    enough = pl.col("late").cum_sum().over(key) >= pl.col("falls_unless")
    by = (
        falls.join(days, on=key)
        .filter(inside)
        .sort("promised_date", descending=True)
        .filter(enough)
        .group_by(key)
        .agg(until.max().alias("falls_correct_by"))
        .filter(pl.col("falls_correct_by") >= question.as_of)
    )
    return (
        falls.rename({"correctable": "falls_correctable"})
        .drop("window_start", "window_end")
        .join(by, on=key, how="left")
    )


_SHOWS = pl.duration(days=SHOWS_DAYS)
