"""How every chart looks and is handed over: renderer, theme, colours, titles, scales.

Importing this module makes Altair draw through one renderer that JupyterLab, the offline report
and a notebook without a kernel all understand. Charts stand on a white card of their own, so
they read alike in a light and in a dark surrounding.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import date
from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl

from vtrkit.schema import Status
from vtrkit.words import STATUS_COLOURS

MIME = "application/vnd.vegalite.v5+json"
"""The newest Vega-Lite type that JupyterLab 4 draws by itself; the specifications fit both."""
MAX_SERIES = 8
"""Panels that one chart carries; further accounts are left out, and said to be."""
CARD, INK, SOFT = "#ffffff", "#1a1a1a", "#555555"
"""The background of every chart, its text, and its less important text."""
SERIES = ("#110077", "#dd6644", "#339999", "#bb66ff", "#660011", "#330022")
"""Lines and bars; apart from each other and from the statuses for colour-blind readers too."""
DASHES: tuple[list[int], ...] = ([1, 0], [8, 3], [2, 2], [10, 3, 2, 3], [5, 2], [1, 3])
"""What tells lines apart without their colour, in the order of `SERIES`."""
RULE = "#444444"
"""Lines of targets and their names."""
BEFORE, GROUND, CHOSEN = "#767676", "#f4f4f4", "#cfe3f5"
"""Where something was before; the ground of words in a cell; that of what was clicked."""
SPANS = ("#08306b", "#2f7fbc", "#86bce0", "#f2b134", "#d9d9d9", "#b3200f")
"""From soon to late to never."""
WIDTH = 620
"""Width in pixels of a chart without panels; with axis and legend it fits a page of 920."""

Panel = alt.LayerChart | alt.FacetChart


def _renderer(spec: dict[str, Any], **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = {**finite(spec), "$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
    options = {"renderer": "svg", "actions": False}
    text = spec.get("description", "chart")
    return {MIME: spec, "text/plain": text}, {MIME: {"embed_options": options}}


def finite(value: Any) -> Any:
    """NaN and infinity are no JSON; a chart leaves a gap there."""
    if isinstance(value, dict):
        return {k: finite(v) for k, v in value.items()}
    if isinstance(value, list):
        return [finite(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@alt.theme.register("vtrkit", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    axis: alt.theme.AxisConfigKwds = {
        "labelFontSize": 12,
        "labelColor": INK,
        "labelLimit": 220,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titleColor": SOFT,
        "gridColor": "#e5e5e5",
        "titlePadding": 8,
    }
    legend: alt.theme.LegendConfigKwds = {
        "labelFontSize": 12,
        "labelColor": INK,
        "titleFontSize": 12,
        "titleColor": SOFT,
        "labelLimit": 220,
        "symbolStrokeWidth": 3,
        "symbolSize": 220,
    }
    return {
        "config": {
            "view": {"continuousWidth": WIDTH, "continuousHeight": 300, "stroke": None},
            "axis": axis,
            "legend": legend,
            "title": {
                "fontSize": 15,
                "anchor": "start",
                "color": INK,
                "subtitleFontSize": 12,
                "subtitleColor": SOFT,
                "subtitlePadding": 5,
                "offset": 12,
            },
            "text": {"color": INK, "fontSize": 12},
            "background": CARD,
            "padding": 10,
        }
    }


alt.renderers.register("vtrkit", _renderer)
alt.renderers.enable("vtrkit")


def panel_title(text: str, width: int) -> alt.TitleParams:
    """The title of one of several panels, no wider than the panel."""
    return alt.TitleParams(text, fontSize=13, limit=width)


def titled(text: str, subtitle: str) -> alt.TitleParams:
    """A chart's title with the lines below it that say how to read it."""
    return alt.TitleParams(text, subtitle=wrap(subtitle, 130))


def nothing(title: str, why: str) -> Panel:
    """The chart of an empty selection: it says that there is nothing, and why."""
    said = alt.Chart(alt.InlineData([{"said": why}])).mark_text(
        align="left", fontSize=13, color=SOFT
    )
    return alt.layer(said.encode(x=alt.value(0), y=alt.value(10), text="said:N")).properties(
        title=alt.TitleParams(title), width=WIDTH, height=24, description=f"{title}: {why}"
    )


def panel_size(panels: int) -> tuple[int, int]:
    """Width and height of a panel: two stand beside each other, one alone is larger."""
    return (310, 170) if panels > 1 else (WIDTH, 260)


def line_scales(field: str, names: Sequence[str]) -> tuple[alt.Stroke, alt.StrokeDash, alt.Fill]:
    """A colour and a dash for each of at most as many lines as there are colours; their bands."""
    colours = scale(names, SERIES[: len(names)])
    dashes = scale(names, DASHES[: len(names)])
    legend = alt.Legend(title=None, orient="top", columns=4, symbolType="stroke", symbolOpacity=1)
    return (
        alt.Stroke(f"{field}:N", sort=list(names), scale=colours, legend=legend),
        alt.StrokeDash(f"{field}:N", sort=list(names), scale=dashes, legend=legend),
        alt.Fill(f"{field}:N", sort=list(names), scale=colours, legend=legend),
    )


def ends(days: pl.Series) -> tuple[date, date]:
    """The first and the last of some days."""
    first, last = days.min(), days.max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    return first, last


def day_axis(days: pl.Series, title: str = "as-of day") -> alt.Axis:
    """Days as 5 Oct where they span some months, as Oct 2026 where they span more."""
    first, last = ends(days)
    months = (last - first).days > _MONTHS
    axis = alt.Axis(title=title, labelOverlap=True, labelSeparation=8, format="%-d %b")
    return (
        alt.Axis(**axis.to_dict() | {"format": "%b %Y", "tickCount": "month"}) if months else axis
    )


_MONTHS = 130
"""Days above which an axis names months only."""


def scale(domain: Sequence[str], values: Sequence[Any]) -> alt.Scale:
    """A fixed value for each name."""
    return alt.Scale(domain=list(domain), range=list(values))


def status_scale() -> alt.Scale:
    """The one colour of each status."""
    return scale([*Status], [STATUS_COLOURS[s] for s in Status])


def target_lines(targets: Sequence[float]) -> list[alt.Chart]:
    """A line per target, named right of the picture; the highest upwards, so that two fit."""
    data = pl.DataFrame(
        {
            "target": [float(t) for t in targets],
            "label": [f"target {t:g} %" for t in targets],
            "top": [t == max(targets) for t in targets],
        }
    )
    rule = alt.Chart(data).mark_rule(color=RULE, strokeDash=[6, 4]).encode(y="target:Q")
    names = [
        alt.Chart(data.filter(top=top))
        .mark_text(
            align="left", dx=5, dy=5 if top else -5, baseline="bottom" if top else "top", color=RULE
        )
        .encode(x=alt.value("width"), y="target:Q", text="label:N")
        for top in (True, False)
    ]
    return [rule, *names]


def drawn(number: pl.Expr) -> pl.Expr:
    """A number with as many digits as any picture shows; the others would only make it larger."""
    return number.cast(pl.Float64).round(4)


def rate_domain(lows: Iterable[float | None], targets: Sequence[float]) -> alt.Scale:
    """A scale of percent that reaches just below the lowest of all."""
    lowest = min([*(v for v in lows if v is not None and math.isfinite(v)), *targets])
    return alt.Scale(domain=[max(0, math.floor(lowest) - 1), 100], zero=False, nice=False)


def count_axis(low: float, high: float) -> alt.Axis:
    """Whole numbers, each once: a short axis is ticked at every one of them."""
    first, last = math.floor(min(low, 0)), math.ceil(max(high, 0))
    if last - first > _TICKS:
        return alt.Axis(format=",d", tickMinStep=1)
    return alt.Axis(format=",d", values=list(range(first, last + 1)))


_TICKS = 8
"""Ticks that stand well beside each other on a short axis."""


def count(field: str, title: str = "") -> alt.Tooltip:
    """A whole number in a tooltip."""
    return alt.Tooltip(f"{field}:Q", title=title or field.replace("_", " "), format=",d")


def number(field: str, title: str, form: str = ".2f") -> alt.Tooltip:
    """A rate in percent, or another number with fractions, in a tooltip."""
    return alt.Tooltip(f"{field}:Q", title=title, format=form)


SHADES = ("#f4f8fc", "#9ecae1", "#4292c6", "#08519c", "#08306b")
"""From few to many; the number itself stands in the cell."""


LIGHT_FROM = 0.59
"""The share of the darkest from which text on a shade is white; below it, black."""
BLACK = "#000000"


def shade(field: str, most: float) -> alt.Color:
    """How dark a cell is: more is darker."""
    shades = alt.Scale(range=SHADES, domain=[0, max(most, 1)])
    return alt.Color(f"{field}:Q", scale=shades, legend=None)


def on_shade(field: str, most: float) -> Any:
    """Text that can be read on such a cell."""
    light, dark = alt.value(CARD), alt.value(BLACK)
    return alt.condition(alt.datum[field] > max(most, 1) * LIGHT_FROM, light, dark)
