"""What each lever of a scenario adds, and what a better rate costs."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.schema import Status
from vtrkit.show import STATUS_COLOURS, percent

_MOST = 20
"""Steps that a waterfall shows."""


def waterfall(stages: pl.DataFrame, targets: Sequence[float] = (95, 98)) -> theme.Panel:
    """The rate before a scenario, what each of its levers adds, and the rate after it.

    Args:
        stages: a row for the rate as it is and one after each lever, in order: stage (what it is
            called), valid, counted, vtr_low and moved (packages so far; all expected, unverified
            ones taken as failing).
        targets: the lines to cross, in percent.
    """
    title = "From now to the scenario, lever by lever"
    there = stages.filter(pl.col("counted") > 0).head(_MOST)
    if there.is_empty():
        return theme.nothing(title, "no package is counted in this selection")
    rows = _bars(there)
    y = theme.rate_domain([v for r in rows for v in (r["from"], r["to"])], targets)
    more = naming.left_out(there.height, stages["stage"].to_list(), "steps")
    return _falling(rows, targets, y).properties(
        title=theme.titled(
            title,
            "expected rate with valid/counted packages, unverified ones taken as failing; a step "
            "is what a lever adds (▲) or takes (▼) after those before it" + more,
        ),
        description=_steps_text(rows),
    )


def _bars(stages: pl.DataFrame) -> list[dict[str, Any]]:
    """Each step from the rate before it to the rate after it, and the last rate as a whole."""
    names = naming.short(stages["stage"])
    rows = stages.to_dicts()
    first, last = rows[0], rows[-1]
    steps = [_bar(names[after["stage"]], before, after) for before, after in pairwise(rows)]
    whole = [_whole("after", last)] if steps else []
    return [_whole(names[first["stage"]], first), *steps, *whole]


def _whole(name: str, row: dict[str, Any]) -> dict[str, Any]:
    rate = row["vtr_low"] * 100
    said = percent(row["vtr_low"])
    return _counts(row) | {
        "name": name,
        "kind": "rate",
        "from": rate,
        "to": rate,
        "top": rate,
        "said": said,
    }


def _bar(name: str, before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    start, end = before["vtr_low"] * 100, after["vtr_low"] * 100
    gains = end >= start
    said = f"{'▲' if gains else '▼'} {end - start:+.2f}"
    kind = "adds" if gains else "takes"
    ends = {"from": start, "to": end, "top": max(start, end)}
    return _counts(after) | {"name": name, "kind": kind, "said": said} | ends


def _counts(row: dict[str, Any]) -> dict[str, Any]:
    return {n: row[n] for n in ("valid", "counted", "moved")}


_KINDS = {
    "rate": theme.SERIES[0],
    "adds": STATUS_COLOURS[Status.GOOD],
    "takes": STATUS_COLOURS[Status.BAD],
}


def _falling(rows: list[dict[str, Any]], targets: Sequence[float], y: alt.Scale) -> theme.Panel:
    order = [r["name"] for r in rows]
    kinds = [k for k in _KINDS if k in {r["kind"] for r in rows}]
    legend = alt.Legend(title=None, orient="top", symbolType="square", symbolOpacity=1)
    colours = theme.scale(kinds, [_KINDS[k] for k in kinds])
    base = alt.Chart(alt.InlineData(rows)).encode(
        x=alt.X("name:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelLimit=130)),
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
        width=alt.Step(max(90, min(140, 800 // len(rows)))), height=280
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
    """The best rate that each sum of money buys.

    Args:
        table: what `vtrkit.frontier` returns: cost and vtr, and, where it has them, moved.
        targets: the lines to cross, in percent.
    """
    title = "What a better rate costs"
    there = table.drop_nulls(["cost", "vtr"]).sort("cost")
    if there.is_empty():
        return theme.nothing(title, "no plan is possible in this selection")
    columns: list[str] = [
        n for n in ("cost", "vtr", "moved", "valid", "counted") if n in there.columns
    ]
    rows = there.select(columns).with_columns(pl.col("vtr") * 100)
    y = theme.rate_domain(rows["vtr"], targets)
    base = alt.Chart(rows).encode(
        x=alt.X("cost:Q", title="cost, in your currency", axis=alt.Axis(format=",~r")),
        y=alt.Y("vtr:Q", scale=y, title="rate, %"),
    )
    line = base.mark_line(color=theme.SERIES[0], strokeWidth=2.5, interpolate="step-after")
    points = base.mark_point(color=theme.SERIES[0], filled=True, size=50, opacity=1).encode(
        tooltip=[t for name, t in _PLAN.items() if name in columns]
    )
    return alt.layer(*theme.target_lines(targets), line, points).properties(
        width=theme.WIDTH,
        height=260,
        title=theme.titled(title, "each point is the cheapest mix of levers for its rate"),
        description=_frontier_text(rows),
    )


_PLAN = {
    "cost": theme.number("cost", "cost", ",.2f"),
    "vtr": theme.number("vtr", "rate, %"),
    "moved": theme.number("moved", "packages moved", ",.0f"),
    "valid": theme.number("valid", "valid, expected", ",.1f"),
    "counted": theme.number("counted", "counted", ",.0f"),
}


def _frontier_text(rows: pl.DataFrame) -> str:
    every = max(1, rows.height // 10)
    said = "; ".join(
        f"{percent(r['vtr'] / 100)} for {r['cost']:,.2f}"
        for r in rows.gather_every(every).to_dicts()
    )
    return f"Line of the rate by cost: {said}."
