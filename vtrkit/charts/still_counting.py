"""The packages of a category that failed and still count, day by day, against those allowed."""

from datetime import date
from typing import Any

from vtrkit.charts.over_days import (
    BAD,
    INK,
    MARK_NAME,
    TARGET,
    Rows,
    framed,
    layer,
    ticks,
)
from vtrkit.study.selection import ALL, Selection
from vtrkit.words import day_text, number_of, short_day

_WITHIN = "var(--vtr-strokes)"


def counting() -> dict[str, Any]:
    """The specification; its rows are those of `counting_rows`."""
    return framed(
        layer("bars", {"type": "rect"}, x2={"field": "end"}, y2={"field": "low"}),
        layer("allowed", {"type": "line", "strokeWidth": 1.5, "interpolate": "step"}),
        layer("marks", MARK_NAME),
    )


def counting_rows(sel: Selection, category: str) -> dict[str, Rows]:
    """The rows of `counting` for a category, by name; none where nothing has failed.

    Up to today what counted and failed; from then on what has failed already and still counts.
    """
    days = _failing(sel, category)
    if not days or not max(failed for _, failed, _ in days):
        return {}
    as_of = sel.facts.row["as_of"]
    bars: Rows = []
    for day, failed, may in days:
        within = failed if may is None else min(failed, may)
        at = {"x": (day - as_of).days - 0.38, "end": (day - as_of).days + 0.38}
        bars += [at | {"low": 0, "rate": within, "colour": _WITHIN}] if within else []
        bars += [at | {"low": within, "rate": failed, "colour": BAD}] if failed > within else []
    most = max(days, key=lambda d: d[1])
    last = days[-1]
    peak = {"x": (most[0] - as_of).days, "rate": most[1], "colour": INK, "dx": 0, "dy": -5}
    peak |= {"align": "center", "text": f"{most[1]:,} on {short_day(most[0])}"}
    line = [
        {"x": (day - as_of).days, "rate": may, "colour": TARGET, "tip": f"{may:,} allowed"}
        for day, _, may in days
        if may is not None
    ]
    end = {"x": (last[0] - as_of).days, "colour": TARGET, "dx": 6, "dy": -4, "align": "left"}
    least, best = (f(r["rate"] for r in line) for f in (min, max)) if line else (0, 0)
    allowed = f"{least:,}–{best:,}" if least < best else f"{best:,}"
    named = [end | {"rate": line[-1]["rate"], "text": f"{allowed} allowed"}] if line else []
    top = max(most[1], *(row["rate"] for row in line), 1)
    ends = ((days[0][0] - as_of).days - 1, (last[0] - as_of).days + 1)
    return {
        "frame": [{"x": ends[0], "rate": 0}, {"x": ends[1], "rate": top * 1.15}],
        "ticks": ticks([day for day, _, _ in days], as_of, None),
        "bars": bars,
        "allowed": line,
        "marks": [peak, *named],
        "day": [],
    }


def _failing(sel: Selection, category: str) -> list[tuple[date, int, int | None]]:
    """Of each day the packages that failed, and how many may; to the day after the last of them."""
    as_of = sel.facts.row["as_of"]
    own = sel.days.get(category, ())
    known = sel.known.get(category, {})
    failing = {r["day"]: r["failed"] for r in own if r["day"] <= as_of}
    failing |= {day: packages for day, packages in known.items() if day > as_of}
    allowed = {r["day"]: r["allowed"] for r in own if category != ALL}
    days = sorted({*(r["day"] for r in own), *failing})
    until = max((day for day in days if failing.get(day) or day <= as_of), default=None)
    return [(day, failing.get(day, 0), allowed.get(day)) for day in days if until and day <= until]


def counting_text(sel: Selection, category: str) -> str:
    """The chart in words, with its figures."""
    days = _failing(sel, category)
    if not days:  # its packages count, and too few of them have a promised day
        row = next((r for r in sel.rows if str(r["category"]) == category), sel.facts.row)
        return f"No day can be shown: {row['why']}."
    most = max(days, key=lambda d: d[1])
    if not most[1]:
        return "No package is known to have failed."
    packages = number_of(most[1], "failed package")
    last = max(day for day, failed, _ in days if failed)
    ends = "none counts from tomorrow on"
    if last > sel.facts.row["as_of"]:
        ends = f"if nothing fails from tomorrow on, the last one counts on {day_text(last)}"
    return (
        f"Failed packages that count, day by day. At most {packages}, on {day_text(most[0])}; "
        f"{ends}."
    )
