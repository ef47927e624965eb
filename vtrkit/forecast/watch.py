"""Early warning: groups of which more packages fail than what is usual and chance explain."""

from typing import Unpack

import numpy as np
import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.forecast.ship_weeks import WEEKS, weekly
from vtrkit.forecast.surprise import ALARM, SPANS, surprise
from vtrkit.given import lazy
from vtrkit.metric.tally import keys
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question, known_groups
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import CATEGORY, GROUPS

PARTS = ("carrier_id", "ship_method", "category")
"""What may explain a warning."""
_STANDS_OUT = 0.9
"""The smallest part with so much of the excess that the largest one has is the one named."""


@checks
def watch(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike,
    by: NamesLike = CATEGORY,
    **asking: Unpack[Asking],
) -> pl.DataFrame:
    """Whether more of each group's latest packages fail than what is usual and chance explain.

    The latest week and two weeks, or 13 weeks of who ships few packages, are held against the
    group's own rate in the 13 weeks before (52, where 13 hold under 60 packages). The fewer
    packages there were, the more it is held against what the target allows, unless its own rate is
    higher. What is said of a group depends on its own packages only.

    ```
    category  measure  shipped_from  shipped_to  packages  defects  expected  p       alarm
    Shoes     no scan  2026-09-07    2026-09-20  402       33       12.1      0.0004  true
    ```

    Args:
        tally: a full tally or a roll-up with `by`, marketplace, ship_date and reason, and with
            carrier_id, ship_method or category where they are to explain a warning.
        as_of: the day on which the question is asked.
        by: any of account, marketplace, category, carrier_id, ship_method; at least one.
        asking: lag_days, seen_to, target and rules; see `vtrkit.metric.windows.Question`.

    Returns:
        One row per group and measure: `at entry`, packages whose number or carrier cannot count,
        up to the newest export; `no scan`, those without a scan within 3 full days of shipping,
        where days of scans are known; `all defects` of packages older than the lag, an alarm only
        where neither of the others is.
        The span that speaks loudest, from shipped_from to shipped_to, with its packages (for
        `no scan` those with scan data) and the defects among them, unverified ones being none;
        expected, as is usual, and the excess over it; p = chance of such a span or a worse one
        in a steady group, null where there are too few packages to say; alarm = p at most 0.01.
        explained_by, explained_value and explained_excess, of alarms: the carrier, method or
        category in which most of the excess is, null where each holds all packages; see
        `contributions`. Alarms first, then the least likely.

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
        >>> table = watch(summed(classify(packages)), as_of=date(2026, 4, 29))
        >>> table.filter("alarm").select("shipped_to", "packages", "defects").rows()
        [(datetime.date(2026, 4, 19), 400, 32)]
    """
    question = Question.of(as_of, by, **asking)
    if not question.by:
        raise ParameterError(f"watch by at least one of {', '.join(GROUPS)}")
    known_groups(question.by)
    key = [*question.by, "measure"]
    judged = _judged(weekly(tally, question), question)
    mostly = _mostly(contributions(tally, question, judged.filter("alarm")), key)
    told = judged.join(mostly, on=key, how="left", nulls_equal=True)
    descending = [True, *[False] * (len(key) + 1)]
    return told.select(*question.by, *_COLUMNS).sort(
        "alarm", "p", *key, descending=descending, nulls_last=True
    )


_COLUMNS = (
    "measure",
    "shipped_from",
    "shipped_to",
    "weeks",
    "past_weeks",
    "packages",
    "defects",
    "expected",
    "excess",
    "p",
    "alarm",
    "explained_by",
    "explained_value",
    "explained_excess",
)


def _judged(cells: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Each group that shipped in the latest quarter, with how surprising its defects are."""
    key = [*question.by, "measure", "market", "shipped_to"]
    recent = cells.filter(pl.col("ago") < max(SPANS))
    groups = recent.select(key).unique().sort(key).with_row_index("place")
    placed = cells.join(groups, on=key, nulls_equal=True)
    at = placed.select(pl.col("place").cast(pl.Int64) * WEEKS + WEEKS - 1 - pl.col("ago"))
    defects, packages = (
        np.bincount(at.to_series(), placed[name], groups.height * WEEKS).reshape(-1, WEEKS)
        for name in ("defects", "packages")
    )
    targets = {m: question.window(m, question.closed_to).target.bp for m in groups["market"]}
    allowed = np.array([1 - targets[m] / BASIS_POINTS for m in groups["market"]])
    # how soon first scans come has no limit but the group's own
    latest = surprise(defects, packages, allowed, (groups["measure"] == "no scan").to_numpy())
    inside = np.arange(WEEKS) >= WEEKS - latest.weeks[:, None]
    other = (pl.col("measure") != "all defects") & (pl.col("p") <= ALARM)
    return groups.with_columns(
        weeks=pl.Series(latest.weeks, dtype=pl.Int64),
        past_weeks=pl.Series(latest.past_weeks, dtype=pl.Int64),
        packages=pl.Series((packages * inside).sum(1), dtype=pl.Int64),
        defects=pl.Series((defects * inside).sum(1), dtype=pl.Int64),
        expected=pl.Series(latest.expected).fill_nan(None),
        # the last digits differ between machines
        p=pl.Series(latest.p).round_sig_figs(6).fill_nan(None),
    ).with_columns(
        shipped_from=pl.col("shipped_to") - pl.duration(days=7 * pl.col("weeks") - 1),
        excess=pl.col("defects") - pl.col("expected"),
        alarm=(pl.col("p") <= ALARM).fill_null(False)
        & ((pl.col("measure") != "all defects") | ~other.fill_null(False).any().over(question.by)),
    )


def contributions(
    tally: pl.DataFrame | pl.LazyFrame, question: Question, warnings: pl.DataFrame
) -> pl.DataFrame:
    """What each carrier, method or category adds to the excess of each warning.

    A part adds its defects over those of the group's usual rate, less what it has always added,
    at today's volume: so the parts of a group add up to its excess, and a carrier that was always
    worse explains only what its share grew by.

    Returns:
        One row per group, measure and part: explained_by and explained_value, its name;
        explained_excess; its packages, and the share of the group's that it has.
    """
    key = [*question.by, "measure"]
    parts = [n for n in PARTS if n in keys(tally) and n not in question.by]
    here = lazy(tally, "tally").join(
        warnings.lazy().select(question.by), on=question.by, how="semi", nulls_equal=True
    )
    facts = warnings.select(
        *key, "weeks", "past_weeks", usual=pl.col("expected") / pl.col("packages")
    )
    cells = weekly(here, question, parts).join(facts, on=key, nulls_equal=True)
    now = pl.col("ago") < pl.col("weeks")
    past = ~now & (pl.col("ago") < pl.col("weeks") + pl.col("past_weeks"))
    counts = {
        "packages": pl.col("packages").filter(now).sum(),
        "defects": pl.col("defects").filter(now).sum(),
        "before": pl.col("packages").filter(past).sum(),
        "failed_before": pl.col("defects").filter(past).sum(),
    }
    all_before = pl.col("before").sum().over(key)
    rate_before = pl.col("failed_before").sum().over(key) / all_before
    always = pl.col("failed_before") - pl.col("before") * rate_before
    grown = pl.col("packages").sum().over(key) / all_before
    share = (pl.col("packages") + pl.col("before")) / (
        pl.col("packages").sum().over(key) + all_before
    )
    each = [
        cells.group_by(*key, "usual", pl.col(part).cast(pl.String).alias("explained_value"))
        .agg(**counts)
        .select(
            *key,
            "explained_value",
            "packages",
            explained_by=pl.lit(part),
            explained_excess=pl.col("defects")
            - pl.col("packages") * pl.col("usual")
            - (always * grown).fill_nan(0),
            share=share,
        )
        for part in parts
    ]
    return pl.concat(each or [facts.select(*key, **_NOTHING).clear()])


_NOTHING = {
    "explained_value": pl.lit("", pl.String),
    "packages": pl.lit(0, pl.Int64),
    "explained_by": pl.lit("", pl.String),
    "explained_excess": pl.lit(0.0),
    "share": pl.lit(0.0),
}


def _mostly(added: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """The part that most of each excess is in."""
    largest = pl.col("explained_excess").max().over(key)
    return (
        added.filter(pl.col("share") < 1, pl.col("explained_value").is_not_null())
        .filter(pl.col("explained_excess") >= _STANDS_OUT * largest, largest > 0)
        .sort(*key, "packages", "explained_by", "explained_value")
        .unique(key, keep="first", maintain_order=True)
        .select(*key, "explained_by", "explained_value", "explained_excess")
    )
