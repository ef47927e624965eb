"""The days on which things turn: the target is crossed, old defects leave the window."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from vtrkit.forecast.outlook import PARTS, misses
from vtrkit.metric.target import DEFECT, IN_METRIC, PACKAGES
from vtrkit.rules.policies import Rules, shipped_rules
from vtrkit.schema import UNNAMED_MARKETPLACE


def turns(table: pl.DataFrame) -> pl.DataFrame:
    """The first coming day on which each group is expected below its target, and above it.

    ```
    category  today  first_below  first_above
    Shoes     true   2026-02-04   2026-02-27
    ```

    Args:
        table: what `outlook` returns.

    Returns:
        One row per group: whether the last official day is on target by its vtr, and the first
        later days that are not, and that are; null where none is.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, outlook, tally
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [2, 0],
        ...     "promised_date": [date(2026, 1, 1), date(2026, 1, 25)]})
        >>> told = outlook(tally(classify(packages)), as_of=date(2026, 2, 1), days=9, by=())
        >>> turns(told).select("today", "first_below").rows()
        [(True, datetime.date(2026, 2, 4))]
    """
    groups = table.columns[: table.columns.index("day")]
    told = table.with_columns(strict=pl.col("condition") == "greater_than")
    told = told.with_columns(missed=misses("vtr"))
    later = pl.col("part") != PARTS[0]
    day, missed = pl.col("day"), pl.col("missed")
    return (
        told.group_by(groups or pl.lit(0).alias("all"))
        .agg(
            today=missed.filter(~later).last().not_(),
            first_below=day.filter(later & missed).min(),
            first_above=day.filter(later & ~missed).min(),
        )
        .sort(groups or "all")
        .drop("all", strict=False)
    )


def roll_off(  # noqa: PLR0913 - the parameters of `outlook`
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: date,
    days: int = 60,
    by: Sequence[str] = ("account", "marketplace", "category"),
    lag_days: int | None = None,
    seen_to: date | None = None,
    rules: Rules | None = None,
) -> pl.DataFrame:
    """The day on which each known defect leaves the enforced window.

    ```
    category  promised_date  leaves_on   counted  defects
    Shoes     2025-12-23     2026-02-01  11       2
    ```

    Args:
        tally: a tally or roll-up with the columns of `by`.
        as_of: the day on which the metric is read.
        days: defects that leave within so many days after it.
        by: the groups, as in `rates`.
        lag_days: days between the window's end and the day; the rule's own if none is given.
        seen_to: the day of the newest export; `as_of` if none is given.
        rules: the marketplaces' rules; those that the package carries if none are given.

    Returns:
        One row per group and promised day with a defect: leaves_on = promised day + lag + days of
        the window, the packages counted on that day and the defects among them.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 2],
        ...     "promised_date": [date(2026, 1, 1)] * 2})
        >>> roll_off(tally(classify(packages)), as_of=date(2026, 2, 1), by=()).rows()
        [(datetime.date(2026, 1, 1), datetime.date(2026, 2, 10), 2, 1)]
    """
    rules = rules or shipped_rules()
    keys = dict.fromkeys((*by, "marketplace", "promised_date"))
    sums = PACKAGES.filter(IN_METRIC).sum().alias("counted"), PACKAGES.filter(DEFECT).sum()
    known = tally.lazy().filter(pl.col("promised_date") <= min(as_of, seen_to or as_of))
    daily = known.group_by(list(keys)).agg(sums[0], sums[1].alias("defects")).collect()
    names = daily["marketplace"].cast(pl.String).unique().to_list()
    one = names[0] if len(names) == 1 else UNNAMED_MARKETPLACE
    stays = {}
    for name in names:
        rule = rules.on(name if "marketplace" in by else one, as_of)
        stays[name] = rule.window_days + (rule.lag_days if lag_days is None else lag_days)
    length = pl.col("marketplace").cast(pl.String).replace_strict(stays, return_dtype=pl.Int64)
    dated = daily.with_columns(leaves_on=pl.col("promised_date") + pl.duration(days=length))
    gone = (pl.col("leaves_on") - as_of).dt.total_days().is_between(1, days)
    key = [*by, "promised_date", "leaves_on"]
    left = dated.filter(gone).group_by(key).agg(pl.col("counted", "defects").sum())
    return left.filter(pl.col("defects") > 0).sort(key)
