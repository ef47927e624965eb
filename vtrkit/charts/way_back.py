"""One category from the days gone by to those expected: where it stands and when it is back.

```
past ── today ── shipped already ── expected, as it is and with the steps ── back
```

One specification draws every category: its rows have names and come later, here or from the page's
selector.
"""

from datetime import date
from typing import Any

from vtrkit.charts.naming import short
from vtrkit.charts.over_days import (
    BAD,
    EACH,
    HEIGHT,
    INK,
    MARK_NAME,
    SOFT,
    TARGET,
    WITH,
    Rows,
    framed,
    layer,
    ticks,
)
from vtrkit.schema import UNKNOWN_CATEGORY, Status
from vtrkit.study.first_facts import FirstFacts, Kind
from vtrkit.study.first_steps import in_trouble
from vtrkit.words import day_text, percent, percent_range, short_day, target_text

_ABOVE, _BELOW = 17, 41
"""Pixels from the first line of a name of two lines to the name above it, and below it."""
_NAME, _LINE = 36, 16
"""Pixels that a name of two lines takes, and one of one line."""
_NEAR, _WORDS = 10, 20
"""Days within which two marks are near each other, and days that their words take."""


def way_back(facts: FirstFacts) -> dict[str, Any] | None:
    """The chart of the category that matters most; none where it has a single day or none.

    Args:
        facts: of one account in one marketplace.
    """
    rows = way_rows(facts)
    return {"description": way_text(facts)} | ways() | {"datasets": rows} if rows else None


def ways() -> dict[str, Any]:
    """The specification; its rows are those of `way_rows`."""
    band = {"type": "area", "opacity": 0.13}
    return framed(
        layer("shipped", {"type": "rect", "color": SOFT, "opacity": 0.1}, x2={"field": "end"}),
        layer("shipped", _SHIPPED, x={"field": "end"}, y={"value": HEIGHT}),
        *(layer(n, band, **_RATES, y2={"field": "high"}) for n in ("open", "expected", "steps")),
        layer("target", {"type": "rule", "color": TARGET, "strokeWidth": 1.5}, x={}),
        layer("target", _TARGET_NAME, x={"value": "width"}),
        *(
            layer(name, {"type": "line", "strokeWidth": 2.5, "strokeDash": dash})
            for name, dash in (("known", []), ("expected", [5, 4]), ("steps", []))
        ),
        layer("broken", _BROKEN, x={"value": 0}, y={"value": HEIGHT}),
        layer("rules", {"type": "rule", "strokeDash": [2, 3]}, y={}),
        layer("marks", {"type": "point", "filled": True, "size": 70, "opacity": 1}),
        layer("marks", MARK_NAME),
        layer("ends", _END_NAME),
    )


_RATES = {"y": {"field": "low"}}


_SHIPPED = {
    "type": "text",
    "lineBreak": "\n",
    "fontSize": 11,
    "color": SOFT,
    "align": "right",
    "dx": -4,
    "dy": -22,
    "opacity": {"expr": "width > 420 ? 1 : 0"},
}
_TARGET_NAME = {"type": "text", "align": "left", "dx": 8, "fontWeight": 600, "color": TARGET}
_BROKEN = {"type": "text", "fontSize": 12, "color": SOFT, "dx": -6, "dy": -10}
_END_NAME = {"type": "text", **EACH, "baseline": "middle", "lineBreak": "\n", "fontWeight": 600}


# rows -------------------------------------------------------------------------------------------


def way_rows(facts: FirstFacts) -> dict[str, Rows]:
    """The rows of `ways` for a category, by name; none where it has a single day or none."""
    as_is, rows = facts.as_it_is, (*facts.as_it_is, *facts.with_steps)
    days = sorted({row["day"] for row in rows})
    if len(days) < 2 or facts.kind is Kind.NOTHING:
        return {}
    as_of, goal = facts.row["as_of"], facts.row["target_bp"] / 100
    low = min(row[n] * 100 for row in rows for n in ("rate", "low") if row[n] is not None)
    floor = max(0, int(min(low, goal) // 10) * 10)
    known = [r for r in as_is if r["part"] != "projected"]
    # lines of what is expected begin where what is known ends, so that there is no gap
    last = [r | {"low": r["rate"], "high": r["rate"]} for r in known[-1:]]
    expected = [*last, *(r for r in as_is if r["part"] == "projected")]
    steps = [r for r in facts.with_steps if r["part"] == "projected"]
    usual = BAD if steps or _ends_low(facts) else INK
    ahead = [r["day"] for r in known if r["day"] > as_of]
    end = [(max(ahead) - as_of).days] if ahead else []
    return {
        "frame": [
            {"x": (days[0] - as_of).days, "rate": floor},
            {"x": (days[-1] - as_of).days, "rate": 100},
        ],
        "ticks": ticks(days, as_of, _back(facts)),
        "shipped": [{"x": 0, "end": x, "text": "already\nshipped"} for x in end],
        "target": [{"rate": goal, "text": f"target {goal:g} %"}],
        "broken": [{"text": "//"}] if floor else [],
        "open": _drawn(known, as_of, INK) if facts.row["unknown"] else [],
        "known": _drawn(known, as_of, INK),
        "expected": _drawn(expected, as_of, usual) if len(expected) > 1 else [],
        "steps": _drawn([*last, *steps], as_of, WITH) if steps else [],
        "day": [],
        **_marks(facts, known, floor, bool(steps)),
    }


def _drawn(rows: Rows, as_of: date, colour: str) -> Rows:
    shares = ("rate", "low", "high")
    return [
        {"x": (r["day"] - as_of).days, "colour": colour}
        | {"tip": f"{day_text(r['day'])}: {_tip(r)}"}
        | {n: round(r[n] * 100, 2) for n in shares if r[n] is not None}
        for r in rows
    ]


def _tip(row: dict[str, Any]) -> str:
    """A rate; as a range of a day whose rate packages without scan data leave open."""
    if row["part"] == "official" and row["high"] is not None:
        return percent_range(row["low"], row["high"])
    return percent(row["rate"])


def _ends_low(facts: FirstFacts) -> bool:
    return facts.row["back_on"] is None and bool(facts.row["below_on"] or facts.row["to_fix"])


def _back(facts: FirstFacts) -> date | None:
    likely: date | None = None if facts.saved else facts.back[1] or facts.row["back_on"]
    return likely


def _marks(facts: FirstFacts, known: Rows, floor: int, steps: bool) -> dict[str, Rows]:
    """Today, the lowest day to come and the day back, each on its line; the lines' names."""
    row, as_of, rules, marks = facts.row, facts.row["as_of"], [], []
    today = next((r for r in known if r["day"] == as_of), None)
    if today:
        rises = any(r["day"] > as_of and r["rate"] > today["rate"] for r in known)
        rules.append({"x": 0, "colour": INK})
        text = f"today {percent_range(row['vtr_low'], row['vtr_high'])}"
        marks.append(_mark(today, as_of, text, INK, 8, 16 if rises else -9))
    low = facts.low
    # where it is near to today both could not be read
    far = 0.03 if low and (low["day"] - as_of).days < _NEAR else 0.005
    if low and today and low["rate"] < today["rate"] - far:
        text = f"lowest {percent(low['rate'])} on {short_day(low['day'])}"
        marks.append(_mark(low, as_of, text, BAD, -20, 15))
    back, line = _back(facts), facts.with_steps if steps and facts.back[1] else facts.as_it_is
    at = next((r for r in line if r["day"] == back), None)
    if back and at:
        rules.append({"x": (back - as_of).days, "colour": WITH})
        text = f"back {short_day(back)}"
        level = today and abs(at["rate"] - today["rate"]) * HEIGHT < _LINE * (1 - floor / 100)
        beside = (8, -9) if level and (back - as_of).days < 2 * _WORDS else (-8, -9, "right")
        marks.append(_mark(at, as_of, text, WITH, *beside))
    ends = []
    for days, text, colour in (
        (facts.with_steps, "with the\nsteps", WITH),
        (facts.as_it_is, "if nothing\nchanges", BAD if _ends_low(facts) or steps else INK),
    ):
        end = next((r for r in reversed(days) if r["part"] == "projected"), None)
        if end:
            ends.append(_mark(end, as_of, text, colour, 8, _beside(end["rate"], row, floor)))
    return {"rules": rules, "marks": marks, "ends": _apart(ends, row["target_bp"] / 100, floor)}


def _apart(ends: Rows, goal: float, floor: int) -> Rows:
    """The names of the lines one below the other, and none over that of the target."""
    height, above = HEIGHT / (100 - floor), None
    target = (100 - goal) * height
    for end in sorted(ends, key=lambda end: -end["rate"]):
        line = (100 - end["rate"]) * height
        at = line + end["dy"]
        if above is not None and at < above + _NAME:
            at = above + _NAME
            at = target + _ABOVE if target - _BELOW < at < target + _ABOVE else at
        end["dy"], above = round(at - line), at
    return ends


def _mark(  # noqa: PLR0913, PLR0917 - what is marked, in what words, and where they stand
    row: dict[str, Any],
    as_of: date,
    text: str,
    colour: str,
    dx: int,
    dy: int,
    align: str = "left",
) -> dict[str, Any]:
    at = {"x": (row["day"] - as_of).days, "rate": round(row["rate"] * 100, 2)}
    return at | {"text": text, "tip": text, "colour": colour, "dx": dx, "dy": dy, "align": align}


def _beside(rate: float, row: dict[str, Any], floor: int) -> int:
    """Pixels by which a line's name of two lines makes room for that of the target."""
    away = (rate * 100 - row["target_bp"] / 100) / (100 - floor) * HEIGHT
    # a text is placed by its first line: the second one hangs below
    if 0 <= away < _BELOW:
        return int(away - _BELOW)
    return int(away + _ABOVE) if -_ABOVE < away < 0 else 0


def chart_title(facts: FirstFacts) -> str:
    """What the chart is of."""
    category = str(facts.row["category"])
    of = "" if category == UNKNOWN_CATEGORY else f" of {short([category])[category]}"
    return f"Valid tracking rate{of}, in %"


def way_text(facts: FirstFacts) -> str:
    """The chart in words, with its figures."""
    row = facts.row
    if not row["counted"]:
        now = "nothing counts"
    elif row["status"] == Status.NONE:
        now = "nothing can be told"
    else:
        now = percent_range(row["vtr_low"], row["vtr_high"])
    parts = [f"Today {now}, target {target_text(row['target_bp'])}."]
    low = facts.low
    if low and low["day"] > row["as_of"]:
        parts.append(f"Lowest {percent(low['rate'])} on {day_text(low['day'])} if nothing changes.")
    if facts.saved:
        parts.append("With the steps it is not expected to fall below.")
    elif facts.back[1]:
        parts.append(f"With the steps likely back on {day_text(facts.back[1])}.")
    if row["meets_on"]:
        meets, again = (day_text(row[n]) for n in ("meets_on", "again_on"))
        good = f", for good on {day_text(row['back_on'])}" if row["back_on"] else ""
        parts.append(f"If nothing changes likely back on {meets}, below again from {again}{good}.")
    elif row["back_on"]:
        parts.append(f"If nothing changes likely back on {day_text(row['back_on'])}.")
    elif in_trouble(row) and row["told"]:
        parts.append(f"If nothing changes not back by {day_text(facts.last_day)}.")
    return f"{chart_title(facts)}, day by day. {' '.join(parts)}"
