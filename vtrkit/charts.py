"""Finished tables to charts; no arithmetic on packages here.

Importing this module makes Altair draw through one renderer that JupyterLab, the offline report
and a notebook without a kernel all understand.
"""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from vtrkit.schema import FEW, UNNAMED_MARKETPLACE, Status
from vtrkit.show import GOAL, ON_LIGHT, STATUS_COLOURS, STATUS_SIGNS, place, rate_text

MIME = "application/vnd.vegalite.v5+json"
"""The newest Vega-Lite type that JupyterLab 4 draws by itself; the specifications fit both."""
MAX_SERIES = 8
"""Panels that one chart carries; further accounts are left out, and said to be."""

_Chart = alt.LayerChart | alt.FacetChart
_LINE = "#0072b2"


def _renderer(spec: dict[str, Any], **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = {**_finite(spec), "$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
    options = {"renderer": "svg", "actions": False}
    text = spec.get("description", "chart")
    return {MIME: spec, "text/plain": text}, {MIME: {"embed_options": options}}


def _finite(value: Any) -> Any:
    """NaN and infinity are no JSON; a chart leaves a gap there."""
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@alt.theme.register("vtrkit", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    axis: alt.theme.AxisConfigKwds = {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "gridColor": "#e5e5e5",
        "titlePadding": 8,
    }
    return {
        "config": {
            "view": {"continuousWidth": 640, "continuousHeight": 300, "stroke": None},
            "axis": axis,
            "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 260},
            "title": {"fontSize": 15, "anchor": "start", "subtitleFontSize": 12},
            "background": "white",
        }
    }


alt.renderers.register("vtrkit", _renderer)
alt.renderers.enable("vtrkit")


def _group_name() -> pl.Expr:
    named = pl.col("marketplace") != UNNAMED_MARKETPLACE
    both = pl.concat_str(pl.col("account", "marketplace").cast(pl.String), separator=" · ")
    return pl.when(named).then(both).otherwise(pl.col("account").cast(pl.String))


def vtr_over_time(history: pl.DataFrame, targets: Sequence[float] = (95, 98)) -> alt.ConcatChart:
    """The Valid Tracking Rate on each as-of day, a panel per account, with the targets.

    The line takes unverified packages as failing; the band reaches up to all of them holding.

    Args:
        history: what `vtrkit.vtr` returns, grouped by account and marketplace.
        targets: the lines to cross, in percent.
    """
    named = history.with_columns(group=_group_name())
    shown = named.select(
        "group",
        "as_of",
        "window_end",
        "counted",
        "valid",
        "unknown",
        pl.col("vtr_low", "vtr_high") * 100,
    )
    last = shown.sort("as_of").group_by("group").last().sort("vtr_low", "group", nulls_last=True)
    groups = last["group"].to_list()
    lowest = min([*shown["vtr_low"].drop_nulls().to_list(), *targets])
    y = alt.Scale(domain=[max(0, math.floor(lowest) - 1), 100])
    panels = [_panel(shown.filter(group=g), g, targets, y) for g in groups[:MAX_SERIES]]
    return alt.concat(*panels, columns=2, spacing=24).properties(
        title=titled(
            "Valid Tracking Rate as it stood on each day",
            "30-day windows; line: unverified packages taken as failing, band: up to all "
            "of them holding" + _left_out(groups)
            if groups
            else "no line yet: the files span less than a window of 30 days",
        ),
        description=_history_text(last, targets),
    )


def _panel(days: pl.DataFrame, group: str, targets: Sequence[float], y: alt.Scale) -> _Chart:
    base = alt.Chart(days).encode(x=alt.X("as_of:T", title="as-of day"))
    tooltip = [
        alt.Tooltip("as_of:T", title="as-of day"),
        alt.Tooltip("window_end:T", title="window ends"),
        alt.Tooltip("vtr_low:Q", title="rate at least, %", format=".2f"),
        alt.Tooltip("vtr_high:Q", title="rate at most, %", format=".2f"),
        alt.Tooltip("valid:Q", format=","),
        alt.Tooltip("counted:Q", format=","),
        alt.Tooltip("unknown:Q", title="unverified", format=","),
    ]
    low = alt.Y("vtr_low:Q", title="rate, %", scale=y)
    band = base.mark_area(opacity=0.25, color=_LINE, interpolate="step-after").encode(
        y=alt.Y("vtr_low:Q", stack=None, scale=y), y2="vtr_high:Q"
    )
    line = base.mark_line(strokeWidth=2, color=_LINE, interpolate="step-after").encode(
        y=low, tooltip=tooltip
    )
    return alt.layer(band, line, *_target_lines(targets)).properties(
        width=370, height=170, title=alt.TitleParams(group, fontSize=13)
    )


def titled(text: str, subtitle: str) -> alt.TitleParams:
    """A chart's title with the line below it that says how to read it."""
    return alt.TitleParams(text, subtitle=subtitle, subtitleColor="#555555")


def _left_out(names: Sequence[str]) -> str:
    return f"; {MAX_SERIES} of {len(names)} accounts" if len(names) > MAX_SERIES else ""


def _target_lines(targets: Sequence[float]) -> list[alt.Chart]:
    """A line per target; the highest has its name above it and the others below, so both fit."""
    data = pl.DataFrame(
        {
            "target": [float(t) for t in targets],
            "label": [f"target {t:g} %" for t in targets],
            "top": [t == max(targets) for t in targets],
        }
    )
    rule = alt.Chart(data).mark_rule(color="#444444", strokeDash=[6, 4]).encode(y="target:Q")
    names = [
        alt.Chart(data.filter(top=top))
        .mark_text(align="left", dx=4, dy=-6 if top else 8, color="#444444")
        .encode(x=alt.value(0), y="target:Q", text="label:N")
        for top in (True, False)
    ]
    return [rule, *names]


def _history_text(last: pl.DataFrame, targets: Sequence[float]) -> str:
    shares = last.with_columns(pl.col("vtr_low", "vtr_high") / 100).to_dicts()
    said = "; ".join(f"{row['group']} {rate_text(row)}" for row in shares[:MAX_SERIES])
    goals = " and ".join(f"{t:g} %" for t in targets)
    return f"Line chart of the Valid Tracking Rate by day against {goals}. On the last day: {said}."


def status_grid(rates: pl.DataFrame) -> alt.VConcatChart:
    """Categories by window: rate, counts and status, the worst on top.

    Args:
        rates: what `vtrkit.rates` returns, grouped by account, marketplace and category.
    """
    counted = rates.filter(_ever_counted())
    bites = {place(r) for r in counted.filter("in_force").to_dicts()}
    rows = [
        {
            "group": place(r) if place(r) in bites else f"{place(r)}: {GOAL}",
            "category": str(r["category"]) + _aside(r, place(r) in bites),
            "window": f"{r['days']} days" + _of_the_rule(r, place(r) in bites),
            "days": r["days"],
            "status": r["status"],
            "text": f"{STATUS_SIGNS[Status(r['status'])]} {rate_text(r)}{'*' if r['few'] else ''}",
            "urgency": _urgency(r),
            "to fix": r["to_fix"],
            "to add": r["to_add"],
            "budget left": r["budget_left"],
            "unverified": r["unknown"],
        }
        for r in counted.to_dicts()
    ]
    rows.sort(key=lambda r: (r.pop("urgency"), r["group"], r["category"], r["days"]))
    groups = list(dict.fromkeys(row["group"] for row in rows))
    grids = [_grid([r for r in rows if r["group"] == g], g) for g in groups[:MAX_SERIES]]
    return alt.vconcat(*grids, spacing=12).properties(
        title=titled(
            "Categories by window",
            f"rate, valid/counted packages and status, worst first; *: fewer than {FEW} packages"
            + _left_out(groups),
        ),
        description=_grid_text(rates),
    )


def _of_the_rule(row: dict[str, Any], bites: bool) -> str:
    if not row["is_enforced_window"]:
        return ""
    return " (enforced)" if bites else " (the goal's)"


def _aside(row: dict[str, Any], bites: bool) -> str:
    """What sets a category apart from the others of its marketplace."""
    return " (informational)" if bites and not row["in_force"] else ""


def _urgency(row: dict[str, Any]) -> tuple[int, ...]:
    """What can cost the right to sell goes first, then the worst status, then the most to mend."""
    if not row["is_enforced_window"]:
        return (len(Status),)
    status = Status(row["status"])
    harmless = not (row["binding"] and status == Status.BAD)
    return int(harmless), list(Status).index(status), -(row["to_fix"] or 0)


def _ever_counted() -> pl.Expr:
    return (pl.col("counted") > 0).any().over("account", "marketplace", "category")


def _grid(rows: list[dict[str, Any]], group: str) -> _Chart:
    """One account and marketplace: a row per category, a column per window."""
    data = alt.InlineData(rows)
    order = list(dict.fromkeys(r["category"] for r in rows))
    columns = list(dict.fromkeys(r["window"] for r in sorted(rows, key=lambda r: r["days"])))
    colours = alt.Scale(domain=[*Status], range=[STATUS_COLOURS[s] for s in Status])
    base = alt.Chart(data).encode(
        x=alt.X(
            "window:N",
            sort=columns,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, labelLimit=200),
        ),
        y=alt.Y("category:N", sort=order, title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=[
            alt.Tooltip(f"{n}:N")
            for n in ("group", "category", "window", "status", "text", "unverified")
        ]
        + [alt.Tooltip(f"{n}:Q", format=",") for n in ("budget left", "to fix", "to add")],
    )
    light = alt.FieldOneOfPredicate(field="status", oneOf=[str(s) for s in ON_LIGHT])
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("status:N", scale=colours, legend=alt.Legend(title=None, orient="top"))
    )
    text = base.mark_text(fontSize=12).encode(
        text="text:N", color=alt.condition(light, alt.value("#1a1a1a"), alt.value("#ffffff"))
    )
    return alt.layer(cells, text).properties(
        width=alt.Step(215), height=alt.Step(24), title=alt.TitleParams(group, fontSize=13)
    )


def _grid_text(rates: pl.DataFrame) -> str:
    enforced = rates.filter("is_enforced_window").sort(
        "status", "account", "marketplace", "category"
    )
    said = "; ".join(
        f"{r['category']} ({place(r)}) {rate_text(r)} {r['status']}"
        for r in enforced.to_dicts()[:20]
    )
    return (
        f"Grid of categories by window with rate and status. Enforced window, worst first: {said}."
    )
