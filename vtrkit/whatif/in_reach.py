"""The packages that levers may reach, by kind: of the last weeks, and on their way."""

from datetime import timedelta

import polars as pl

from vtrkit.forecast.defect_rate import WEEK
from vtrkit.forecast.forecast import Forecast
from vtrkit.metric.tally import keys
from vtrkit.metric.windows import Question
from vtrkit.rules.still_open import ENTERED_WRONG
from vtrkit.schema import REASON
from vtrkit.whatif.levers import MOVED_WITH_ALL, SELECTS
from vtrkit.whatif.selection import Ints

EARLIEST, LATEST = -15, 60
"""Days that packages are shipped before their promised day; more or less counts as so many."""
_WEEKS = 8
"""Weeks whose defects tell what those to come will be like."""


def in_reach(
    tally: pl.DataFrame | pl.LazyFrame, made: Forecast, question: Question
) -> tuple[pl.DataFrame, dict[str, Ints], dict[str, Ints]]:
    """The kinds of packages; those of the last weeks and on their way, as `Prospect` has them."""
    by = question.by
    groups = made.groups.with_columns(any=pl.lit(0)) if by else pl.DataFrame({"any": [0]})
    numbered = groups.with_row_index("group").lazy()
    marked = tally.lazy().with_columns(pl.col("reason").cast(REASON), any=pl.lit(0))
    by_kind = [n for n in SELECTS if n in keys(tally)]
    recent, on_way = (
        cells.join(numbered, on=["any", *by])
        .group_by(*by_kind, "group", "place")
        .agg(pl.col("packages").sum())
        .collect()
        for cells in (_recent(marked, made), _on_way(marked, made, question))
    )
    every = pl.concat([recent.select(by_kind), on_way.select(by_kind)])
    kinds = every.unique().sort(by_kind).with_row_index("kind")
    arrays = [_arrays(cells.join(kinds, on=by_kind)) for cells in (recent, on_way)]
    return kinds.drop("kind"), arrays[0], arrays[1]


def _recent(cells: pl.LazyFrame, made: Forecast) -> pl.LazyFrame:
    """The packages of the last weeks, by how long before the promised day they were shipped."""
    since = made.closed_to - timedelta(days=WEEK * _WEEKS - 1)
    promised, shipped = pl.col("promised_date"), pl.col("ship_date")
    lead = (promised - shipped).dt.total_days().clip(EARLIEST, LATEST) - EARLIEST
    return cells.filter(
        promised.is_between(since, made.closed_to),
        shipped.is_not_null(),
        pl.col("reason").is_in(list(MOVED_WITH_ALL)),
    ).with_columns(place=lead)


def _on_way(cells: pl.LazyFrame, made: Forecast, question: Question) -> pl.LazyFrame:
    """The known packages that can still be corrected, by promised day."""
    promised, shipped = pl.col("promised_date"), pl.col("ship_date")
    place = (promised - made.grid.first).dt.total_days()
    known = cells.filter(
        place.is_between(0, made.new.shape[1] - 1),
        (promised <= made.closed_to) | (shipped <= made.closed_to).fill_null(True),
        pl.col("reason").is_in(ENTERED_WRONG),
    )
    return question.still_open(known).with_columns(place=place, packages="correctable")


def _arrays(cells: pl.DataFrame) -> dict[str, Ints]:
    names = ("kind", "group", "place", "packages")
    return {name: cells[name].cast(pl.Int64).to_numpy() for name in names}
