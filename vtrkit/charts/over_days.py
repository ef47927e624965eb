"""What charts over days share: scales, ticks, the day of the slider, and rows with their own words.

Days are counted from the as-of day, so that no time zone moves them; the colours are the page's own
variables, so that a chart turns dark with the page. It costs no import of Altair.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from vtrkit.words import short_day

INK, SOFT, LINES = "var(--vtr-ink)", "var(--vtr-soft)", "var(--vtr-lines)"
WITH, BAD, TARGET = "var(--vtr-accent)", "var(--vtr-below)", "var(--vtr-target)"
"""With the steps, what fails or is below, and the target."""
_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif'
HEIGHT = 204
_ROOM = 12
"""Days that a label of the axis takes, on half a page."""
Rows = list[dict[str, Any]]
Layer = dict[str, Any]


def framed(*layers: Layer) -> dict[str, Any]:
    """A chart over the days, with the scales that its layers share; they come from `frame`.

    The day of the slider stands right across.
    """
    axis = {"tickCount": 4, "tickMinStep": 5}
    corners = layer("frame", {"type": "point", "opacity": 0}, y=_Y | {"axis": axis})
    days = layer("ticks", _TICK, y={"value": HEIGHT})
    chosen = layer("day", {"type": "rule", "color": INK, "strokeWidth": 1.5}, y={})
    return {
        "width": "container",
        "height": HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "top": 8, "right": 4, "bottom": 22},
        "background": "transparent",
        "layer": [corners, days, *layers, chosen],
        "config": {
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": SOFT,
                "labelFontSize": 12,
                "gridColor": LINES,
                "domain": False,
                "ticks": False,
            },
            "text": {"fontSize": 13},
        },
    }


_X = {"field": "x", "type": "quantitative", "axis": None, "scale": {"zero": False, "nice": False}}
_Y = {
    "field": "rate",
    "type": "quantitative",
    "title": None,
    "scale": {"zero": False, "nice": False},
}


def layer(name: str, mark: dict[str, Any], **encoding: dict[str, Any]) -> Layer:
    """A mark for each row of that name, in the row's own colour and words."""
    if "color" not in mark:
        encoding["color"] = {"field": "colour", "type": "nominal", "scale": None}
    if mark["type"] == "text":
        encoding["text"] = {"field": "text"}
    if mark["type"] in {"line", "point"}:
        encoding["tooltip"] = {"field": "tip", "type": "nominal"}
    both = {"x": _X, "y": _Y} | {
        n: e if not e or "value" in e else {"x": _X, "y": _Y}.get(n, {}) | e
        for n, e in encoding.items()
    }
    return {
        "data": {"name": name},
        "mark": {"aria": False, **mark},  # the chart as a whole is told in words
        "encoding": {n: e for n, e in both.items() if e},
    }


EACH = {n: {"expr": f"datum.{n}"} for n in ("dx", "dy", "align")}
"""Where the words of a row stand beside its point."""
MARK_NAME = {"type": "text", **EACH}
_TICK = {
    "type": "text",
    "fontSize": 12,
    "dy": 14,
    "fontWeight": {"expr": "datum.weight"},
    "opacity": {"expr": "width > 320 || datum.always ? 1 : 0"},
}
"""On a telephone only the days that matter have room."""


def ticks(days: Sequence[date], as_of: date, back: date | None) -> Rows:
    """The first day, today, the day back and the last one, with some between if there is room."""
    wanted = [as_of, back, days[0], days[-1]]
    wanted += [days[0] + timedelta(days=15 * n) for n in range(1, 7)]
    kept: list[date] = []
    for day in wanted:
        inside = day and days[0] <= day <= days[-1]
        if day and inside and all(abs((day - other).days) >= _ROOM for other in kept):
            kept.append(day)
    colours = {back: WITH, as_of: INK}
    return [
        {
            "x": (day - as_of).days,
            "text": short_day(day),
            "colour": colours.get(day, SOFT),
            "weight": 600 if day in colours else 400,
            "always": day in {as_of, back or days[-1]},
        }
        for day in sorted(kept)
    ]
