"""Ship weeks that can be compared: packages and defects of each measure at equal age.

```
measure       ship weeks end           defects
at entry      with the newest export   what was entered cannot count, whatever is scanned
no scan       4 days before it         no scan within 3 full days of shipping
all defects   the lag before it        all of them, as the metric counts them
```
"""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from vtrkit.errors import TallyError
from vtrkit.forecast.surprise import MOST_PAST_WEEKS, SPANS
from vtrkit.given import lazy
from vtrkit.metric.tally import keys
from vtrkit.metric.target import DEFECT, IN_METRIC, PACKAGES, outcome_is
from vtrkit.metric.windows import Question
from vtrkit.schema import Outcome, Reason

WEEKS = MOST_PAST_WEEKS + max(SPANS)
SCAN_DAYS = 3
"""Full days in which a first scan is to be; the day of the export is known in part, and is none."""
_UNDATED = 20
"""Scans on an unknown day may be one in 20; above that, ages cannot be compared."""
_WRONG_AT_ENTRY = [
    Reason.MISSING_NUMBER,
    Reason.NOT_A_NUMBER,
    Reason.MALFORMED,
    Reason.WRONG_CARRIER,
    Reason.UNSUPPORTED_CARRIER,
]
_DELAY = pl.col("scan_delay").cast(pl.String)
_LATE = (_DELAY == "none") | (_DELAY.cast(pl.Int64, strict=False) > SCAN_DAYS).fill_null(False)
_SUMS = {
    "shipped": PACKAGES.sum(),
    "entered_wrong": PACKAGES.filter(pl.col("reason").is_in(_WRONG_AT_ENTRY)).sum(),
    "failed": PACKAGES.filter(DEFECT).sum(),
    "unverified": PACKAGES.filter(outcome_is(Outcome.UNKNOWN)).sum(),
}
_SCANS = {
    "seen": PACKAGES.filter(_DELAY != "not known").sum(),
    "unscanned": PACKAGES.filter(_LATE).sum(),
    "undated": PACKAGES.filter(_DELAY == "some day").sum(),
}
_LATELY = pl.col("ago").is_between(0, max(SPANS) - 1)
MEASURES = {
    "at entry": ("shipped", "entered_wrong"),
    "no scan": ("seen", "unscanned"),
    "all defects": ("shipped", "failed"),
}


def weekly(
    tally: pl.DataFrame | pl.LazyFrame, question: Question, parts: Sequence[str] = ()
) -> pl.DataFrame:
    """Packages and defects of the latest 65 weeks of each group and measure, by its parts.

    ```
    category  carrier_id  market  measure  shipped_to  ago  packages  defects
    Shoes     ups         US      no scan  2026-09-21  0    188       2
    ```

    Unverified packages are no defects: were they left out, a week with less scan data would look
    worse for it.

    Args:
        tally: a tally with the groups of the question, marketplace, ship_date and reason; without
            `scan_delay`, days of scans are those of the question, if it has any.
        question: what `watch` was asked.
        parts: carrier_id, ship_method or category, where the tally has them.

    Returns:
        One row per group, part, measure and week; ago counts weeks back from the one that ends
        with shipped_to. `no scan` only of groups that have days of scans, `all defects` only of
        those that have verified half of what shipped in the last quarter: silence would be no news.
    """
    dated = "scan_delay" in keys(tally)
    sources = [("tally", lazy(tally, "tally").filter(IN_METRIC), _SUMS | (_SCANS if dated else {}))]
    if not dated and question.delays is not None:
        sources.append(("scan_delay tally", question.delays.lazy(), _SCANS))
    names = dict.fromkeys((*question.by, *parts, "marketplace", "ship_date"))
    oldest = question.closed_to - timedelta(days=question.most_lag + 7 * WEEKS)
    known = pl.col("ship_date").is_between(oldest, question.closed_to)
    daily = []
    for which, source, sums in sources:
        there = source.collect_schema().names()
        if missing := [n for n in names if n not in (*there, *parts)]:
            raise TallyError(f"the {which} has no column {missing[0]}; it has {', '.join(there)}")
        daily.append(source.filter(known).group_by(n for n in names if n in there).agg(**sums))
    days = question.market_of(pl.concat(pl.collect_all(daily), how="diagonal"))
    return _by_week(days, question, parts)


def _by_week(days: pl.DataFrame, question: Question, parts: Sequence[str]) -> pl.DataFrame:
    """Daily counts as one row per measure and week."""
    closed_to = question.closed_to
    markets = {"", *days["market"].unique()}  # a mapping of nothing has no type
    ends = {m: question.window(m, closed_to).end for m in markets}
    last = {
        "at entry": pl.lit(closed_to),
        "no scan": pl.lit(closed_to - timedelta(days=SCAN_DAYS + 1)),
        "all defects": pl.col("market").replace_strict(ends, return_dtype=pl.Date),
    }
    comparable = {
        "no scan": pl.col("undated").sum() * _UNDATED <= pl.col("seen").sum(),
        "all defects": (pl.col("unverified") * 2).filter(_LATELY).sum()
        <= pl.col("shipped").filter(_LATELY).sum(),
    }
    weeks = []
    for measure, (shipped, failed) in MEASURES.items():
        if shipped not in days.columns:
            continue
        ago = (pl.col("shipped_to") - pl.col("ship_date")).dt.total_days().floordiv(7)
        weeks.append(
            days.with_columns(measure=pl.lit(measure), shipped_to=last[measure])
            .with_columns(ago=ago)
            .filter(comparable.get(measure, pl.lit(True)).over(question.by))
            .filter(pl.col("ago").is_between(0, WEEKS - 1))
            .group_by(*question.by, *parts, "market", "measure", "shipped_to", "ago")
            .agg(packages=pl.col(shipped).sum(), defects=pl.col(failed).sum())
        )
    return pl.concat(weeks).filter(pl.col("packages") > 0)
