"""What each lever of a scenario adds, and what a better rate costs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.schema import Status
from vtrkit.words import STATUS_COLOURS, percent

_MOST = 8
"""Stages that a waterfall shows; of more, those before the last are taken together."""


def waterfall(stages: pl.DataFrame, targets: Sequence[float] = (95, 98)) -> theme.Panel:
    """The rate before a scenario, what each of its levers adds, and the rate after it.

    Args:
        stages: rows of `vtrkit.apply` for one group and window, one below the other: under the
            empty scenario, then with the first lever, with the first two, and so on; `stage` says
            what each is called.
        targets: the lines to cross, in percent.

    Examples:
        >>> stages = pl.DataFrame({"stage": ["as it is", "labels"], "valid_after": [180.0, 192.0],
        ...     "counted_after": 200.0, "vtr_low_after": [0.9, 0.96], "moved": [0.0, 12.0]})
        >>> waterfall(stages).description.split("; ")[1]
        'labels ▲ +6.00 (192/200, 12 packages moved)'
    """
    title = "From now to the scenario, lever by lever"
    there = _folded(stages.filter(pl.col("counted_after") > 0))
    if there.is_empty():
        return theme.nothing(title, "no package is counted in this selection")
    rows = _bars(there)
    y = theme.rate_domain([v for r in rows for v in (r["from"], r["to"])], targets)
    return _falling(rows, targets, y).properties(
        title=theme.titled(
            title,
            "expected rate with valid/counted packages, unverified ones taken as failing; a step "
            "is what a lever adds (▲) or takes (▼), in points of percent, after those before it",
        ),
        description=_steps_text(rows),
    )


def _folded(stages: pl.DataFrame) -> pl.DataFrame:
    """The first stages and the last one, which then stands for all between."""
    if stages.height <= _MOST:
        return stages
    others = pl.lit(f"{stages.height - _MOST + 1} further levers").alias("stage")
    return pl.concat([stages.head(_MOST - 1), stages.tail(1).with_columns(others)])


def _bars(stages: pl.DataFrame) -> list[dict[str, Any]]:
    """Each step from the rate before it to the rate after it, and the last rate as a whole."""
    names = naming.short(stages["stage"])
    rows = stages.to_dicts()
    first, last = rows[0], rows[-1]
    steps = [_bar(names[after["stage"]], before, after) for before, after in pairwise(rows)]
    whole = [_whole("after", last)] if steps else []
    return [_whole(names[first["stage"]], first), *steps, *whole]


def _whole(name: str, row: dict[str, Any]) -> dict[str, Any]:
    rate = row["vtr_low_after"] * 100
    said = percent(row["vtr_low_after"])
    return _counts(row) | {
        "name": name,
        "kind": "rate",
        "from": rate,
        "to": rate,
        "top": rate,
        "said": said,
    }


def _bar(name: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    start, end = before["vtr_low_after"] * 100, after["vtr_low_after"] * 100
    gains = end >= start
    said = f"{'▲' if gains else '▼'} {end - start:+.2f}"
    kind = "adds" if gains else "takes"
    ends = {"from": start, "to": end, "top": max(start, end)}
    return _counts(after) | {"name": name, "kind": kind, "said": said} | ends


def _counts(row: dict[str, Any]) -> dict[str, Any]:
    return {"valid": row["valid_after"], "counted": row["counted_after"], "moved": row["moved"]}


_KINDS = {
    "rate": theme.SERIES[0],
    "adds": STATUS_COLOURS[Status.GOOD],
    "takes": STATUS_COLOURS[Status.BAD],
}


def _falling(rows: list[dict[str, Any]], targets: Sequence[float], y: alt.Scale) -> theme.Panel:
    order = [r["name"] for r in rows]
    step = min(140, 820 // len(rows))
    kinds = [k for k in _KINDS if k in {r["kind"] for r in rows}]
    legend = alt.Legend(title=None, orient="top", symbolType="square", symbolOpacity=1)
    colours = theme.scale(kinds, [_KINDS[k] for k in kinds])
    base = alt.Chart(alt.InlineData(rows)).encode(
        x=alt.X("name:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelLimit=step - 8)),
        y=alt.Y("to:Q", scale=y, title="rate, %"),
        color=alt.Color("kind:N", scale=colours, legend=legend),
        tooltip=_STEP,
    )
    bars = base.transform_filter(alt.datum.kind != "rate").mark_bar(size=52).encode(y2="from:Q")
    level = base.mark_tick(thickness=4, size=64, opacity=1)
    place = {"y": alt.Y("top:Q", scale=y), "text": alt.Text("said:N")}
    text = base.mark_text(dy=-5, baseline="bottom")
    halo = text.encode(**place, color=alt.value(theme.CARD), stroke=alt.value(theme.CARD))
    words = text.encode(**place, color=alt.value(theme.INK))
    halo = halo.encode(strokeWidth=alt.value(5))
    return alt.layer(*theme.target_lines(targets), bars, level, halo, words).properties(
        width=alt.Step(step), height=280
    )


_STEP = [
    alt.Tooltip("name:N", title="step"),
    theme.number("to", "rate after it, %"),
    theme.number("moved", "packages moved so far", ",.1f"),
    theme.number("valid", "valid, expected", ",.1f"),
    theme.number("counted", "counted, expected", ",.1f"),
]


def _steps_text(rows: list[dict[str, Any]]) -> str:
    said = "; ".join(
        f"{r['name']} {r['said']} ({r['valid']:,.0f}/{r['counted']:,.0f}, "
        f"{r['moved']:,.0f} packages moved)"
        for r in rows
    )
    return f"Waterfall of the expected rate, in points of percent: {said}."


def frontier(table: pl.DataFrame, targets: Sequence[float] = (95, 98)) -> theme.Panel:
    """What it costs at least to bring every category to a rate.

    Args:
        table: what `vtrkit.frontier` returns: target_bp, cost, moved, worst_vtr_low and vtr_low.
        targets: the lines to cross, in percent.

    Examples:
        >>> table = pl.DataFrame({"target_bp": [9000, 9500], "cost": [0.0, 5.0], "moved": [0, 10],
        ...     "worst_vtr_low": [0.9, 0.95], "vtr_low": [0.92, 0.96]})
        >>> frontier(table).description.split("; ")[1]
        '95.00 % for 5.00 (10 packages).'
    """
    title = "What a better rate costs"
    there = table.drop_nulls("cost").sort("target_bp")
    if there.is_empty():
        return theme.nothing(title, "no mix of these levers reaches a target")
    rows = there.select(
        "cost", "moved", pl.col("target_bp") / 100, pl.col("worst_vtr_low", "vtr_low") * 100
    )
    y = theme.rate_domain(rows["target_bp"], targets)
    base = alt.Chart(rows).encode(
        x=alt.X("cost:Q", title="cost, in your currency", axis=alt.Axis(format=",~r", tickCount=8)),
        y=alt.Y("target_bp:Q", scale=y, title="rate, %"),
    )
    line = base.mark_line(color=theme.SERIES[0], strokeWidth=2.5)
    points = base.mark_point(color=theme.SERIES[0], filled=True, size=60, opacity=1)
    return alt.layer(*theme.target_lines(targets), line, points.encode(tooltip=_PLAN)).properties(
        width=theme.WIDTH,
        height=260,
        title=theme.titled(
            title,
            "each point: the cheapest mix of levers that brings every category, and the account, "
            "to this rate with the confidence asked for; unverified packages taken as failing",
        ),
        description=_frontier_text(rows),
    )


_PLAN = [
    theme.number("target_bp", "to reach, %"),
    theme.number("cost", "costs", ",.2f"),
    theme.count("moved", "packages moved"),
    theme.number("worst_vtr_low", "worst category, expected, %"),
    theme.number("vtr_low", "account, expected, %"),
]


def _frontier_text(rows: pl.DataFrame) -> str:
    said = "; ".join(
        f"{r['target_bp']:.2f} % for {r['cost']:,.2f} ({r['moved']:,} packages)"
        for r in rows.gather_every(max(1, rows.height // 12)).to_dicts()
    )
    return f"Line of the rate that every category reaches, by cost: {said}."
