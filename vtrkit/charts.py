"""Finished tables to charts; no arithmetic on packages here.

Importing this module makes Altair draw through one renderer that JupyterLab, the offline report
and a notebook without a kernel all understand.
"""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from vtrkit.schema import Status
from vtrkit.show import ON_LIGHT, STATUS_COLOURS, STATUS_SIGNS, rate_text

MIME = "application/vnd.vegalite.v5+json"
"""The newest Vega-Lite type that JupyterLab 4 draws by itself; the specifications fit both."""
MAX_SERIES = 8
"""Lines that one chart carries before the smaller groups are left out, and said to be."""

_LINES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d31", "#56b4e9", "#000000", "#999999"]


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
            "range": {"category": _LINES},
            "background": "white",
        }
    }


alt.renderers.register("vtrkit", _renderer)
alt.renderers.enable("vtrkit")


def _group_name(frame: pl.DataFrame) -> pl.Expr:
    names = [n for n in ("account", "marketplace") if n in frame.columns]
    return pl.concat_str([pl.col(n).cast(pl.String) for n in names], separator=" · ")


def vtr_over_time(history: pl.DataFrame, targets: Sequence[float] = (95, 98)) -> alt.TopLevelMixin:
    """The Valid Tracking Rate on each as-of day, with the targets; the band is what is unverified.

    Args:
        history: what `vtrkit.vtr` returns, grouped by account and marketplace.
        targets: the lines to cross, in percent.
    """
    named = history.with_columns(group=_group_name(history))
    largest = (
        named.group_by("group")
        .agg(pl.col("counted").sum())
        .sort("counted", "group", descending=[True, False])["group"]
        .to_list()
    )
    shown = named.filter(pl.col("group").is_in(largest[:MAX_SERIES])).select(
        "group",
        "as_of",
        "window_end",
        "counted",
        "valid",
        "unknown",
        pl.col("vtr_low", "vtr_high") * 100,
    )
    base = alt.Chart(shown).encode(
        x=alt.X("as_of:T", title="as-of day"),
        color=alt.Color("group:N", title=None, legend=alt.Legend(orient="top")),
    )
    low = alt.Y("vtr_low:Q", title="Valid Tracking Rate, %", scale=alt.Scale(zero=False))
    tooltip = [
        alt.Tooltip("group:N", title="account"),
        alt.Tooltip("as_of:T", title="as-of day"),
        alt.Tooltip("window_end:T", title="window ends"),
        alt.Tooltip("vtr_low:Q", title="rate at least, %", format=".2f"),
        alt.Tooltip("vtr_high:Q", title="rate at most, %", format=".2f"),
        alt.Tooltip("valid:Q", format=","),
        alt.Tooltip("counted:Q", format=","),
        alt.Tooltip("unknown:Q", title="unverified", format=","),
    ]
    band = base.mark_area(opacity=0.25, interpolate="step-after").encode(y=low, y2="vtr_high:Q")
    line = base.mark_line(strokeWidth=2, interpolate="step-after").encode(
        y=low, strokeDash=alt.StrokeDash("group:N", legend=None), tooltip=tooltip
    )
    layers = [band, line, *_target_lines(targets)]
    return alt.layer(*layers).properties(
        width=760,
        height=320,
        title=_titled(
            "Valid Tracking Rate as it stood on each day",
            "30-day windows; the band reaches from all unverified packages failing to "
            "all holding" + _left_out(largest),
        ),
        description=_history_text(shown, targets),
    )


def _titled(text: str, subtitle: str) -> alt.TitleParams:
    return alt.TitleParams(text, subtitle=subtitle, subtitleColor="#555555")


def _left_out(names: Sequence[str]) -> str:
    return f"; the {MAX_SERIES} largest of {len(names)} accounts" if len(names) > MAX_SERIES else ""


def _target_lines(targets: Sequence[float]) -> list[alt.Chart]:
    data = pl.DataFrame(
        {"target": [float(t) for t in targets], "label": [f"target {t:g} %" for t in targets]}
    )
    rule = alt.Chart(data).mark_rule(color="#444444", strokeDash=[6, 4]).encode(y="target:Q")
    text = (
        alt.Chart(data)
        .mark_text(align="left", dx=4, dy=-6, color="#444444")
        .encode(x=alt.value(0), y="target:Q", text="label:N")
    )
    return [rule, text]


def _history_text(shown: pl.DataFrame, targets: Sequence[float]) -> str:
    shares = shown.with_columns(pl.col("vtr_low", "vtr_high") / 100)
    last = shares.sort("as_of").group_by("group", maintain_order=True).last().sort("group")
    said = "; ".join(f"{r['group']} {rate_text(r)}" for r in last.to_dicts())
    goals = " and ".join(f"{t:g} %" for t in targets)
    return f"Line chart of the Valid Tracking Rate by day against {goals}. On the last day: {said}."


def status_grid(rates: pl.DataFrame) -> alt.TopLevelMixin:
    """Categories by window: rate, counts and status, the worst on top.

    Args:
        rates: what `vtrkit.rates` returns, grouped by account, marketplace and category.
    """
    rows = [
        {
            "group": f"{r['account']} · {r['marketplace']}",
            "category": str(r["category"]),
            "window": f"{r['days']} days" + (" (enforced)" if r["is_enforced_window"] else ""),
            "days": r["days"],
            "status": r["status"],
            "text": f"{STATUS_SIGNS[Status(r['status'])]} {rate_text(r)}",
            "worst": list(Status).index(Status(r["status"])) if r["is_enforced_window"] else 9,
            "to fix": r["to_fix"],
            "to add": r["to_add"],
            "budget left": r["budget_left"],
            "unverified": r["unknown"],
        }
        for r in rates.to_dicts()
    ]
    colours = alt.Scale(domain=[*Status], range=[STATUS_COLOURS[s] for s in Status])
    legend = alt.Legend(title=None, orient="top")
    base = alt.Chart(alt.InlineData(rows)).encode(
        x=alt.X(
            "window:N",
            sort=alt.EncodingSortField("days"),
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, labelLimit=200),
        ),
        y=alt.Y(
            "category:N",
            sort=alt.EncodingSortField("worst", op="min"),
            title=None,
            axis=alt.Axis(labelLimit=220),
        ),
        tooltip=[
            alt.Tooltip(f"{n}:N")
            for n in ("group", "category", "window", "status", "text", "unverified")
        ]
        + [alt.Tooltip(f"{n}:Q", format=",") for n in ("budget left", "to fix", "to add")],
    )
    light = alt.FieldOneOfPredicate(field="status", oneOf=[str(s) for s in ON_LIGHT])
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(
        color=alt.Color("status:N", scale=colours, legend=legend)
    )
    text = base.mark_text(fontSize=12).encode(
        text="text:N", color=alt.condition(light, alt.value("#1a1a1a"), alt.value("#ffffff"))
    )
    chart: alt.FacetChart = (
        alt.layer(cells, text)
        .properties(width=alt.Step(190), height=alt.Step(24))
        .facet(
            row=alt.Row(
                "group:N",
                title=None,
                header=alt.Header(
                    labelAngle=0,
                    labelAlign="left",
                    labelOrient="top",
                    labelFontSize=13,
                    labelFontWeight="bold",
                ),
            )
        )
        .resolve_scale(y="independent", x="shared")
        .properties(
            title=_titled("Categories by window", "rate, valid/counted packages and status"),
            description=_grid_text(rates),
        )
    )
    return chart


def _grid_text(rates: pl.DataFrame) -> str:
    enforced = rates.filter("is_enforced_window").sort("status", "account", "category")
    said = "; ".join(
        f"{r['category']} ({r['account']}, {r['marketplace']}) {rate_text(r)} {r['status']}"
        for r in enforced.to_dicts()[:20]
    )
    return (
        f"Grid of categories by window with rate and status. Enforced window, worst first: {said}."
    )
