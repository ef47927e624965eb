"""How every chart looks and is handed over: renderer, theme, colours, titles, scales.

Importing this module makes Altair draw through one renderer that JupyterLab, the offline report
and a notebook without a kernel all understand. Charts stand on a white card of their own, so
they read alike in a light and in a dark surrounding.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from textwrap import wrap
from typing import Any, Self

import altair as alt
import polars as pl
import polars.selectors as cs

from vtrkit.charts.picture import SCALE, picture
from vtrkit.schema import Status
from vtrkit.words import ON_LIGHT, STATUS_COLOURS

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
RULE, GRID = "#444444", "#e5e5e5"
"""Lines of targets and their names; those of the axes."""
BEFORE, GROUND, CHOSEN = "#767676", "#f4f4f4", "#cfe3f5"
"""Where something was before; the ground of words in a cell; that of what was clicked."""
WIDTH, HALF = 620, 310
"""Width in pixels of a chart, and of a panel; with axis and legend they fit a page of 920."""

Panel = alt.LayerChart | alt.FacetChart


def _renderer(spec: dict[str, Any], **_: object) -> tuple[dict[str, Any], dict[str, Any]]:
    spec = {**spec, "$schema": "https://vega.github.io/schema/vega-lite/v5.json"}
    options = {"renderer": "svg", "actions": False}
    text = spec.get("description", "chart")
    data: dict[str, Any] = {MIME: spec, "text/plain": text}
    about: dict[str, Any] = {MIME: {"embed_options": options}}
    if still := picture(spec):
        width, height = (int.from_bytes(still[i : i + 4]) // SCALE for i in (16, 20))
        data["image/png"] = still
        about["image/png"] = {"width": width, "height": height, "alt": text}
    return data, about


class Rows(alt.NamedData):
    """The rows of a chart, under a name; they join the specification when it is finished.

    Rows that stand inside a chart are copied and checked by Altair at each step of its making,
    which took most of the time of every chart.
    """

    def __init__(self, table: pl.DataFrame | Sequence[Mapping[str, Any]]) -> None:
        """Name the rows by what they hold, so that equal ones stand once in a specification."""
        rows = as_json(table)
        object.__setattr__(self, "rows", rows)
        digest = hashlib.sha256(json.dumps(rows).encode()).hexdigest()
        super().__init__(name=f"rows-{digest[:16]}")

    def __deepcopy__(self, _: object) -> Self:
        return self

    def copy(self, deep: object = True, ignore: object = None) -> Self:  # noqa: ARG002
        """The same rows: nothing changes them."""
        return self

    def to_dict(
        self, *_: object, context: dict[str, Any] | None = None, **__: object
    ) -> dict[str, Any]:
        """The name; Altair puts what stands under `datasets` into the whole specification."""
        name: str = self.name
        if context is not None:
            context.setdefault("datasets", {})[name] = self.rows
        return {"name": name}


def as_json(table: pl.DataFrame | Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as a browser reads them: a gap for NaN, which is no JSON, and civil days.

    A bare day would be read as midnight in Greenwich, and shown as the day before in New York.
    """
    if isinstance(table, pl.DataFrame):
        table = table.with_columns(cs.date().dt.strftime("%Y-%m-%dT00:00:00")).to_dicts()
    return [{name: _finite(value) for name, value in row.items()} for row in table]


def _finite(value: Any) -> Any:
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
        "gridColor": GRID,
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


WIDE, NARROW = 130, 72
"""Letters in a line below a title, and below that of one of several charts beside each other."""


def titled(text: str, subtitle: str, letters: int = WIDE) -> alt.TitleParams:
    """A chart's title with the lines below it that say how to read it."""
    return alt.TitleParams(text, subtitle=wrap(subtitle, letters))


def nothing(title: str, why: str) -> Panel:
    """The chart of an empty selection: it says that there is nothing, and why."""
    words = alt.Chart(Rows([{"said": why}])).mark_text(align="left", fontSize=13, color=SOFT)
    words = words.encode(alt.XValue(0), alt.YValue(10), alt.Text("said:N"))
    return alt.layer(words).properties(
        title=alt.TitleParams(title), width=WIDTH, height=24, description=f"{title}: {why}"
    )


def panels(
    layers: Sequence[alt.Chart], table: pl.DataFrame, order: Sequence[str]
) -> alt.FacetChart:
    """A panel for each `series` of a table, in this order, with axes of its own.

    The layers without data of their own show the rows of the panel's series.
    """
    width, height = (HALF, 170) if len(order) > 1 else (WIDTH, 260)
    header = alt.Header(
        labelFontSize=13, labelFontWeight="bold", labelAnchor="start", labelLimit=width
    )
    by = alt.Facet("series:N", sort=list(order), title=None, header=header)
    panel = alt.layer(*layers).properties(width=width, height=height)
    chart: alt.FacetChart = (
        panel.facet(by, columns=2, data=Rows(table))
        .resolve_scale(x="independent", y="independent")
        .properties(spacing=24)
    )
    return chart


def ends(days: pl.Series) -> tuple[date, date]:
    """The first and the last of some days."""
    first, last = days.min(), days.max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    return first, last


def moment(day: date) -> alt.DateTime:
    """A civil day for the ends of a scale."""
    return alt.DateTime(year=day.year, month=day.month, date=day.day)


def day_axis(days: pl.Series, title: str = "as-of day") -> alt.Axis:
    """Days as 5 Oct where they span some months, as Oct 2026 where they span more."""
    first, last = ends(days)
    months = (last - first).days > _MONTHS
    form: dict[str, Any] = (
        {"format": "%b %Y", "tickCount": "month"} if months else {"format": "%-d %b"}
    )
    return alt.Axis(title=title, labelOverlap=True, labelSeparation=8, **form)


_MONTHS = 130
"""Days above which an axis names months only."""


def scale(domain: Sequence[str], values: Sequence[Any]) -> alt.Scale:
    """A fixed value for each name."""
    return alt.Scale(domain=list(domain), range=list(values))


def status_scale() -> alt.Scale:
    """The one colour of each status."""
    return scale([*Status], [STATUS_COLOURS[s] for s in Status])


def status_colour() -> alt.Color:
    """A bar or cell in the colour of its status, with a legend."""
    legend = alt.Legend(title=None, orient="top", symbolStrokeWidth=0)
    return alt.Color("status:N", scale=status_scale(), legend=legend)


def on_status() -> alt.ColorValue:
    """Text that can be read on the colour of its status."""
    light = alt.FieldOneOfPredicate(field="status", oneOf=[str(s) for s in ON_LIGHT])
    return alt.ColorValue(CARD, condition={"test": light, "value": INK})


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


def on_shade(field: str, most: float) -> alt.ColorValue:
    """Text that can be read on such a cell."""
    dark = alt.datum[field] > max(most, 1) * LIGHT_FROM
    return alt.ColorValue(BLACK, condition={"test": dark, "value": CARD})
