"""One category from the days gone by to those expected: where it stands and when it is back.

```
past ── today ── shipped already ── expected, as it is and with the steps ── back
```

It is written as a specification, and its colours are the page's own variables, so that it turns
dark with the page and costs no import of Altair.
"""

from datetime import date, timedelta
from typing import Any

from vtrkit.charts.naming import short
from vtrkit.schema import UNKNOWN_CATEGORY
from vtrkit.study.first_facts import AS_IT_IS, WITH_STEPS, FirstFacts, Kind
from vtrkit.words import day_text, percent, short_day, target_text

_INK, _SOFT, _LINES = "var(--vtr-ink)", "var(--vtr-soft)", "var(--vtr-lines)"
_WITH, _WITHOUT, _TARGET = "var(--vtr-accent)", "var(--vtr-below)", "var(--vtr-target)"
_FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif'
_HEIGHT = 204
_ABOVE, _BELOW = 17, 41
"""Pixels from the first line of a name of two lines to the name above it, and below it."""
_ROOM = 9
"""Days that a label of the axis takes."""
Layer = dict[str, Any]


def way_back(facts: FirstFacts) -> dict[str, Any] | None:
    """The chart of the category that matters most; none where it has a single day or none.

    Args:
        facts: of one account in one marketplace.
    """
    rows = facts.line.sort("series", "day").to_dicts()
    days = sorted({row["day"] for row in rows})
    if len(days) < 2 or facts.kind is Kind.NOTHING:
        return None
    low = min(row[n] * 100 for row in rows for n in ("rate", "low") if row[n] is not None)
    goal = facts.row["target_bp"] / 100
    floor = max(0, int(min(low, goal) // 10) * 10)
    return {
        "description": _text(facts),
        "width": "container",
        "height": _HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 2, "top": 8, "right": 84, "bottom": 2},
        "background": "transparent",
        "layer": _layers(facts, rows, days, floor),
        "config": {
            "font": _FONT,
            "view": {"stroke": None},
            "axis": {
                "labelColor": _SOFT,
                "labelFontSize": 12,
                "gridColor": _LINES,
                "domain": False,
                "ticks": False,
            },
            "text": {"fontSize": 13, "color": _INK},
        },
    }


def _moment(day: date) -> str:
    return f"{day}T00:00:00"


def _rows(rows: list[dict[str, Any]]) -> dict[str, Any]:
    shares = ("rate", "low", "high")
    return {
        "values": [
            {"day": _moment(r["day"]), "part": r["part"]}
            | {n: round(r[n] * 100, 2) for n in shares if r[n] is not None}
            for r in rows
        ]
    }


def _layers(
    facts: FirstFacts, rows: list[dict[str, Any]], days: list[date], floor: int
) -> list[Layer]:
    as_of, goal = facts.row["as_of"], facts.row["target_bp"] / 100
    x = {"field": "day", "type": "temporal", "title": None}
    y = {"field": "rate", "type": "quantitative", "title": None}
    frame = _frame(_ticks(facts, days), days, floor)
    as_is = [r for r in rows if r["series"] == AS_IT_IS]
    known = [r for r in as_is if r["part"] != "projected"]
    shipped = [r["day"] for r in known]
    # lines of what is expected begin where what is known ends, so that there is no gap
    last = [r | {"low": r["rate"], "high": r["rate"]} for r in known[-1:]]
    expected = [*last, *(r for r in as_is if r["part"] == "projected")]
    steps = [r for r in rows if r["series"] == WITH_STEPS]
    changed = [r for r in steps if r["part"] == "projected"]
    layers = [frame]
    layers += [_shipped(as_of, max(shipped), x)] if shipped and max(shipped) > as_of else []
    usual = _WITHOUT if changed or _ends_low(facts) else _INK
    for some, colour in ((expected, usual), ([*last, *changed] if changed else [], _WITH)):
        layers += [_band(some, colour, x, y)] if len(some) > 1 else []
    layers.append(_target(goal, y))
    layers.append(_line(known, _INK, x, y, []))
    if len(expected) > 1:
        layers.append(_line(expected, usual, x, y, [5, 4]))
    if changed:
        layers.append(_line([*last, *changed], _WITH, x, y, []))
    if floor:
        layers.append(_broken())
    return [*layers, *_marks(facts, known, x, y, floor, steps=bool(changed))]


def _frame(ticks: list[str], days: list[date], floor: int) -> Layer:
    """The scales and axes, which all layers share and only one may name."""
    corners = [{"day": _moment(days[0]), "rate": floor}, {"day": _moment(days[-1]), "rate": 100}]
    time = {"values": ticks, "format": "%-d %b", "grid": False}
    return {
        "data": {"values": corners},
        "mark": {"type": "point", "opacity": 0},
        "encoding": {
            "x": {"field": "day", "type": "temporal", "title": None, "axis": time},
            "y": {
                "field": "rate",
                "type": "quantitative",
                "title": None,
                "scale": {"zero": False, "nice": False},
                "axis": {"values": list(range(floor, 101, 10 if floor >= 50 else 20))},
            },
        },
    }


def _ends_low(facts: FirstFacts) -> bool:
    return facts.row["back_on"] is None and bool(facts.row["below_on"] or facts.row["to_fix"])


def _ticks(facts: FirstFacts, days: list[date]) -> list[str]:
    """The first day, today, the day back and the last one, with some between if there is room."""
    wanted = [facts.row["as_of"], _back(facts), days[0], days[-1]]
    wanted += [days[0] + timedelta(days=15 * n) for n in range(1, 7)]
    kept: list[date] = []
    for day in wanted:
        inside = day and days[0] <= day <= days[-1]
        if day and inside and all(abs((day - other).days) >= _ROOM for other in kept):
            kept.append(day)
    return [_moment(day) for day in sorted(kept)]


def _back(facts: FirstFacts) -> date | None:
    likely: date | None = None if facts.saved else facts.back[1] or facts.row["back_on"]
    return likely


def _shipped(first: date, last: date, x: dict[str, Any]) -> Layer:
    values = [{"day": _moment(first), "end": _moment(last), "text": "already\nshipped"}]
    # on a narrow screen the words would lie on the line
    words = {
        "mark": {
            "type": "text",
            "lineBreak": "\n",
            "fontSize": 11,
            "color": _SOFT,
            "align": "right",
            "dx": -4,
            "dy": -22,
        },
        "encoding": {"x": x | {"field": "end"}, "y": {"value": _HEIGHT}, "text": {"field": "text"}},
    }
    area = {
        "mark": {"type": "rect", "color": _SOFT, "opacity": 0.1},
        "encoding": {"x": x, "x2": {"field": "end"}},
    }
    return {"data": {"values": values}, "layer": [area, words]}


def _band(rows: list[dict[str, Any]], colour: str, x: dict[str, Any], y: dict[str, Any]) -> Layer:
    return {
        "data": _rows(rows),
        "mark": {"type": "area", "color": colour, "opacity": 0.13},
        "encoding": {"x": x, "y": y | {"field": "low"}, "y2": {"field": "high"}},
    }


def _line(
    rows: list[dict[str, Any]],
    colour: str,
    x: dict[str, Any],
    y: dict[str, Any],
    dash: list[int],
) -> Layer:
    tooltip = [
        {"field": "day", "type": "temporal", "format": "%-d %B", "title": "day"},
        {"field": "rate", "type": "quantitative", "format": ".1f", "title": "rate, %"},
    ]
    mark = {"type": "line", "color": colour, "strokeWidth": 2.5, "strokeDash": dash}
    return {
        "data": _rows(rows),
        "mark": mark,
        "encoding": {"x": x, "y": y, "tooltip": tooltip},
    }


def _target(goal: float, y: dict[str, Any]) -> Layer:
    """The target right across, named beside the picture: it looks like no line of data."""
    at = y | {"field": "goal"}
    name = {"type": "text", "align": "left", "dx": 8, "fontWeight": 600, "color": _TARGET}
    return {
        "data": {"values": [{"goal": goal, "text": f"target {goal:g} %"}]},
        "layer": [
            {"mark": {"type": "rule", "color": _TARGET, "strokeWidth": 1.5}, "encoding": {"y": at}},
            {
                "mark": name,
                "encoding": {"y": at, "x": {"value": "width"}, "text": {"field": "text"}},
            },
        ],
    }


def _broken() -> Layer:
    """Two strokes at the foot of the axis, since it does not begin at 0."""
    mark = {"type": "text", "text": "//", "fontSize": 12, "color": _SOFT, "dx": -6, "dy": -10}
    return {
        "data": {"values": [{}]},
        "mark": mark,
        "encoding": {"x": {"value": 0}, "y": {"value": _HEIGHT}},
    }


def _marks(  # noqa: PLR0913 - what is marked, on which scales, and beside which lines
    facts: FirstFacts,
    known: list[dict[str, Any]],
    x: dict[str, Any],
    y: dict[str, Any],
    floor: int,
    *,
    steps: bool,
) -> list[Layer]:
    """Today, the lowest day to come and the day back, each on its line."""
    row, layers = facts.row, []
    today = next((r for r in known if r["day"] == row["as_of"]), None)
    if today:
        text = f"today {percent(row['vtr_low'])}"
        rises = any(r["day"] > row["as_of"] and r["rate"] > today["rate"] for r in known)
        at = (8, 16 if rises else -9)
        layers += [_rule(today["day"], _INK, x), _mark(today, text, _INK, x, y, at)]
    low = facts.low
    if low and today and low["rate"] < today["rate"] - 0.005:
        text = f"lowest {percent(low['rate'])} on {short_day(low['day'])}"
        layers.append(_mark(low, text, _WITHOUT, x, y, (-20, 15)))
    back, series = _back(facts), WITH_STEPS if steps and facts.back[1] else AS_IT_IS
    on = facts.line.filter(day=back, series=series) if back else facts.line.clear()
    if back and on.height:
        layers += [
            _rule(back, _WITH, x),
            _mark(on.row(0, named=True), f"back {short_day(back)}", _WITH, x, y, (-8, -9), "right"),
        ]
    for name, text, colour in (
        (WITH_STEPS, "with the\nsteps", _WITH),
        (AS_IT_IS, "if nothing\nchanges", _WITHOUT if _ends_low(facts) or steps else _INK),
    ):
        line = facts.line.filter(series=name, part="projected").sort("day")
        if line.height:
            end = line.row(-1, named=True)
            layers.append(_named(end, text, colour, x, y, _beside(end["rate"], row, floor)))
    return layers


def _rule(day: date, colour: str, x: dict[str, Any]) -> Layer:
    return {
        "data": {"values": [{"day": _moment(day)}]},
        "mark": {"type": "rule", "color": colour, "strokeDash": [2, 3]},
        "encoding": {"x": x},
    }


def _mark(  # noqa: PLR0913, PLR0917 - what is marked, in what words, and where they stand
    row: dict[str, Any],
    text: str,
    colour: str,
    x: dict[str, Any],
    y: dict[str, Any],
    at: tuple[int, int],
    align: str = "left",
) -> Layer:
    words = {"type": "text", "align": align, "dx": at[0], "dy": at[1], "color": colour}
    values = [{"day": _moment(row["day"]), "rate": round(row["rate"] * 100, 2), "text": text}]
    return {
        "data": {"values": values},
        "encoding": {"x": x, "y": y},
        "layer": [
            {"mark": {"type": "point", "filled": True, "size": 70, "opacity": 1, "color": colour}},
            {"mark": words, "encoding": {"text": {"field": "text"}}},
        ],
    }


def _beside(rate: float, row: dict[str, Any], floor: int) -> int:
    """Pixels by which a line's name of two lines makes room for that of the target."""
    away = (rate * 100 - row["target_bp"] / 100) / (100 - floor) * _HEIGHT
    # a text is placed by its first line: the second one hangs below
    if 0 <= away < _BELOW:
        return int(away - _BELOW)
    return int(away + _ABOVE) if -_ABOVE < away < 0 else 0


def _named(  # noqa: PLR0913, PLR0917 - what is named, in what words, and where they stand
    row: dict[str, Any], text: str, colour: str, x: dict[str, Any], y: dict[str, Any], dy: int
) -> Layer:
    """A line's name right of its end."""
    mark = {
        "type": "text",
        "align": "left",
        "dx": 8,
        "dy": dy,
        "baseline": "middle",
        "lineBreak": "\n",
        "fontWeight": 600,
        "color": colour,
    }
    values = [{"day": _moment(row["day"]), "rate": round(row["rate"] * 100, 2), "text": text}]
    return {
        "data": {"values": values},
        "mark": mark,
        "encoding": {"x": x, "y": y, "text": {"field": "text"}},
    }


def chart_title(facts: FirstFacts) -> str:
    """What the chart is of."""
    category = str(facts.row["category"])
    of = "" if category == UNKNOWN_CATEGORY else f" of {short([category])[category]}"
    return f"Valid tracking rate{of}, in %"


def _text(facts: FirstFacts) -> str:
    """The chart in words, with its figures."""
    row = facts.row
    parts = [f"Today {percent(row['vtr_low'])}, target {target_text(row['target_bp'])}."]
    low = facts.low
    if low and low["day"] > row["as_of"]:
        parts.append(f"Lowest {percent(low['rate'])} on {day_text(low['day'])} if nothing changes.")
    if facts.saved:
        parts.append("With the steps it is not expected to fall below.")
    elif facts.back[1]:
        parts.append(f"With the steps likely back on {day_text(facts.back[1])}.")
    if row["back_on"]:
        parts.append(f"If nothing changes likely back on {day_text(row['back_on'])}.")
    elif _ends_low(facts) and row["told"]:
        parts.append(f"If nothing changes not back by {day_text(facts.last_day)}.")
    return f"{chart_title(facts)}, day by day. {' '.join(parts)}"
