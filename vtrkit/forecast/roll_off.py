"""The days on which old defects leave the window."""

from typing import Unpack

import polars as pl

from vtrkit.given import lazy
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import DEFECT, IN_METRIC, PACKAGES
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question
from vtrkit.schema import CATEGORY


def roll_off(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike,
    days: int = 60,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """The day on which each known defect stops counting.

    ```
    category  promised_date  leaves_on   counted  defects
    Shoes     2025-12-23     2026-02-01  11       2
    ```

    Args:
        tally: a tally or roll-up with the columns of `by`.
        as_of: the day on which the metric is read.
        days: defects that leave within so many days after it.
        by: the groups, as in `rates`.
        question: lag_days, seen_to and rules; see `vtrkit.metric.windows.Question`.

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
    asked = Question.of(as_of, by, **question)
    keys = list(dict.fromkeys((*asked.by, "marketplace", "promised_date", "reason")))
    known = pl.col("promised_date") <= asked.closed_to
    cells = asked.market_of(rollup(lazy(tally, "tally"), keys).filter(known).collect())
    windows = {m: asked.window(m) for m in cells["market"].unique()}
    stays = {m: w.days + w.lag_days for m, w in windows.items()}
    length = pl.col("market").replace_strict(stays, return_dtype=pl.Int64)
    daily = cells.group_by(
        *asked.by, "promised_date", leaves_on=pl.col("promised_date") + pl.duration(days=length)
    ).agg(counted=PACKAGES.filter(IN_METRIC).sum(), defects=PACKAGES.filter(DEFECT).sum())
    gone = (pl.col("leaves_on") - asked.as_of).dt.total_days().is_between(1, days)
    leaving = daily.filter(gone, pl.col("defects") > 0)
    return leaving.sort(*asked.by, "promised_date", "leaves_on")
