"""Why and when packages fail: reasons by frequency, and week by week."""

from datetime import timedelta
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import OUTCOMES_OF, Outcome, Status
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import STATUS_COLOURS, dated, percent

_MOST = 8
"""Categories or carriers that have a column; the smaller ones share the last."""
_REST = "all others"
_FILLS = (*theme.SERIES, STATUS_COLOURS[Status.NONE])
_WIDTH = 620
_BAR = theme.SERIES[2]
_LABELS = {str(r): text.label for r, text in REASONS.items()}
_FAILING = OUTCOMES_OF[Outcome.DEFECT] + OUTCOMES_OF[Outcome.UNKNOWN]
_WEEKS = 53
"""Weeks that a chart of weeks shows: the last year."""


def pareto(reasons: pl.DataFrame) -> alt.HConcatChart | theme.Panel:
    """Packages that are not valid, by reason, with how much the most frequent ones explain.

    Args:
        reasons: packages by category, carrier_id and reason, as `Run.reasons` gives them.
    """
    title = "Why packages fail"
    if reasons.is_empty():
        return theme.nothing(title, "none of these packages is a defect or unverified")
    told = reasons.select(
        "packages",
        reason=pl.col("reason").cast(pl.String).replace(_LABELS),
        category=naming.shortened("category"),
        carrier=pl.col("carrier_id").cast(pl.String).replace(carrier_names()),
    )
    ranked = told.group_by("reason").agg(pl.col("packages").sum())
    ranked = ranked.sort("packages", "reason", descending=[True, False])
    upto = pl.col("packages").cum_sum() / pl.col("packages").sum()
    ranked = ranked.with_columns(upto=upto)
    order = ranked["reason"].to_list()
    chart: alt.HConcatChart = (
        alt.hconcat(
            _bars(ranked), _grid(told, "category", order), _grid(told, "carrier", order), spacing=10
        )
        .properties(
            title=theme.titled(
                title,
                "packages of the days that count that failed or of which it cannot be told; beside "
                "each bar how much of them all it and those above explain",
            ),
            description=_text(ranked),
        )
        .resolve_scale(color="independent")
    )
    return chart


def _bars(ranked: pl.DataFrame) -> theme.Panel:
    rows = [
        {**r, "said": f"{r['packages']:,} · {percent(r['upto'], 0)}"} for r in ranked.to_dicts()
    ]
    most = ranked["packages"].to_list()[0]
    base = alt.Chart().encode(
        alt.Y("reason:N", sort=ranked["reason"].to_list(), title=None),
        alt.X(
            "packages:Q",
            title="packages",
            axis=theme.count_axis(0, most),
            scale=alt.Scale(domain=[0, most]),
        ),
        [
            alt.Tooltip("reason:N"),
            theme.count("packages"),
            alt.Tooltip("upto:Q", title="this and those above", format=".1%"),
        ],
    )
    bars = base.mark_bar(color=_BAR)
    text = base.mark_text(align="left", dx=4, fontSize=12).encode(alt.Text("said:N"))
    return alt.layer(bars, text, data=theme.Rows(rows)).properties(width=140, height=alt.Step(26))


def _grid(told: pl.DataFrame, column: str, order: list[str]) -> theme.Panel:
    """Reasons by category or carrier: the darker a cell, the more packages; the count in words."""
    sums = told.group_by(column).agg(pl.col("packages").sum())
    largest = sums.sort("packages", column, descending=[True, False])[column].head(_MOST).to_list()
    shown = told.with_columns(
        pl.when(pl.col(column).is_in(largest)).then(column).otherwise(pl.lit(_REST)).alias(column)
    )
    cells = shown.group_by("reason", column).agg(pl.col("packages").sum()).sort("reason", column)
    base = alt.Chart().encode(
        alt.Y("reason:N", sort=order, title=None, axis=alt.Axis(labels=False, ticks=False)),
        alt.X(
            f"{column}:N",
            sort=[*largest, _REST],
            title="by " + column,
            axis=alt.Axis(labelAngle=-40, labelLimit=110, orient="top"),
        ),
        [alt.Tooltip("reason:N"), alt.Tooltip(f"{column}:N"), theme.count("packages")],
    )
    most: Any = cells["packages"].max() or 1
    rect = base.mark_rect(stroke="white").encode(theme.shade("packages", most))
    text = base.mark_text(fontSize=12).encode(
        alt.Text("packages:Q", format=",d"), theme.on_shade("packages", most)
    )
    return alt.layer(rect, text, data=theme.Rows(cells)).properties(
        width=alt.Step(28), height=alt.Step(26)
    )


def _text(ranked: pl.DataFrame) -> str:
    said = "; ".join(f"{r['reason']} {r['packages']:,}" for r in ranked.to_dicts())
    return f"Bar chart of the reasons why packages fail, most frequent first: {said}."


def reasons_over_time(tally: pl.DataFrame) -> theme.Panel:
    """Packages that are not valid in each week of promised days, stacked by reason.

    Args:
        tally: cells of a tally, or of a part of it: promised_date, reason, packages.

    Examples:
        >>> from datetime import date
        >>> cells = pl.DataFrame({"promised_date": [date(2026, 1, 5)] * 2,
        ...     "reason": ["no_scan", "valid"], "packages": [2, 38]})
        >>> reasons_over_time(cells).description.split(". ")[1]
        'In all: never scanned 2'
    """
    title = "Reasons week by week"
    failing = tally.filter(pl.col("reason").is_in(_FAILING)).drop_nulls("promised_date")
    if failing.is_empty():
        return theme.nothing(title, "none of these packages is a defect or unverified")
    dated = failing.select(
        "packages",
        week=pl.col("promised_date").dt.truncate("1w"),
        reason=pl.col("reason").cast(pl.String).replace(_LABELS),
    )
    recent = _recent(dated, "week")
    sums = recent.group_by("reason").agg(pl.col("packages").sum())
    ranked = sums.sort("packages", "reason", descending=[True, False])["reason"].to_list()
    names = _named(ranked)
    cells = (
        recent.with_columns(series=pl.col("reason").replace_strict(names))
        .group_by("week", "series")
        .agg(pl.col("packages").sum())
        .sort("week", "series")
    )
    order = list(dict.fromkeys(names.values()))
    rest = f"; {_REST}: {len(ranked) - len(order) + 1} rarer reasons" if _REST in order else ""
    return _stacked(cells, order).properties(
        title=theme.titled(
            title,
            "packages that failed or of which it cannot be told by the week (from Monday) in which "
            "they were due; the newest may still be scanned or corrected"
            + rest
            + _since(dated["week"], recent["week"]),
        ),
        description=_weeks_text(cells, order),
    )


def _recent(table: pl.DataFrame, week: str) -> pl.DataFrame:
    _, last = theme.ends(table[week])
    return table.filter(pl.col(week) > last - timedelta(weeks=_WEEKS))


def _since(all_weeks: pl.Series, shown: pl.Series) -> str:
    first = theme.ends(shown)[0]
    return f"; only since {dated(first)}" if theme.ends(all_weeks)[0] < first else ""


def _named(ranked: list[str]) -> dict[str, str]:
    """The most frequent reasons by name, the others together."""
    most = len(_FILLS)
    alone = len(ranked) if len(ranked) <= most else most - 1
    return {r: r if i < alone else _REST for i, r in enumerate(ranked)}


def _stacked(cells: pl.DataFrame, order: list[str]) -> theme.Panel:
    """A bar per week, the most frequent reason at the bottom."""
    rank = pl.col("series").replace_strict({n: i for i, n in enumerate(order)})
    width = max(5, round(0.8 * _WIDTH / (cells["week"].n_unique() + 1)))
    legend = alt.Legend(title=None, orient="right", symbolType="square", symbolStrokeWidth=0)
    tall = cells.group_by("week").agg(pl.col("packages").sum())["packages"]
    bars = (
        alt.Chart()
        .mark_bar(stroke=theme.CARD, strokeWidth=1, width=min(width, 40))
        .encode(
            alt.X(
                "week:T",
                axis=theme.day_axis(cells["week"], "week of the promised day"),
                scale=alt.Scale(padding=24),
            ),
            alt.Y("packages:Q", title="packages", axis=theme.count_axis(0, max(tall.to_list()))),
            alt.Color(
                "series:N",
                sort=order,
                scale=theme.scale(order, _FILLS[: len(order)]),
                legend=legend,
            ),
            alt.Order("rank:Q"),
            [
                alt.Tooltip("week:T", title="week from"),
                alt.Tooltip("series:N", title="reason"),
                theme.count("packages"),
            ],
        )
    )
    return alt.layer(bars, data=theme.Rows(cells.with_columns(rank=rank))).properties(
        width=_WIDTH, height=240
    )


def _weeks_text(cells: pl.DataFrame, order: list[str]) -> str:
    weeks = cells.group_by("week").agg(pl.col("packages").sum()).sort("week")
    sums = cells.group_by("series").agg(pl.col("packages").sum())
    by_name = dict(sums.rows())
    said = "; ".join(f"{n} {by_name[n]:,}" for n in order)
    last = ", ".join(f"{w}: {n:,}" for w, n in weeks.tail(8).rows())
    return f"Stacked bars of failing packages by week and reason. In all: {said}. By week: {last}."
