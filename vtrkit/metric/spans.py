"""Cells of days that no window of a day tells apart, as one."""

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from vtrkit.metric.tally import keys
from vtrkit.metric.windows import Question
from vtrkit.rules.still_open import PRESUMED_DAYS
from vtrkit.schema import COUNTS


def alike(
    cells: pl.DataFrame,
    question: Question,
    markets: Sequence[str],
    counts: Sequence[str] = COUNTS,
) -> pl.DataFrame:
    """Fewer cells with the same rates: days that every window holds alike, or none, are one.

    Each part keeps its first day, which says how far the data reach; a day on which a package may
    still change is a part by itself.

    Args:
        cells: a view, or a part of one.
        question: whose as-of day and rules; its target does not matter.
        markets: the marketplaces by whose rules the cells are judged.
        counts: the counts that the cells have.
    """
    due = pl.col("promised_date")
    ends = pl.Series(question.edges(markets), dtype=pl.Date)
    span = ends.search_sorted(cells["promised_date"], side="right").cast(pl.Int32)
    closed = question.as_of - timedelta(days=PRESUMED_DAYS + 1)
    closed = min(closed, *(question.window(market).end for market in markets))
    is_open = (due > closed).fill_null(True)
    dated = cells.with_columns(
        pl.when(is_open).then(due.to_physical()).otherwise(-span).alias("span"),
        # what a window holds already waits for no scan
        pl.when(is_open).then("unscanned_since").alias("unscanned_since"),
    )
    key = [name for name in keys(cells) if name != "promised_date"]
    told = (due.min(), pl.col(counts).sum(), pl.col("rules").first())
    return dated.group_by(*key, "span").agg(told).drop("span")
