"""The rate as it stood day by day with the day that is looked at, and what failed week by week.

They are SVG like `vtrkit.charts.trial`, whose style they share: CSS gives them their colours, and
a drag puts one mark in place of another.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from vtrkit.charts.trial import dot_at, floor_of, line_from, marks_from, text_at
from vtrkit.words import percent, short_day

WIDTH, HEIGHT = 600, 190
LEFT, RIGHT, TOP, BOTTOM = 34, 540, 12, 150
_TICKS = 4
_WEEK_WIDTH, _WEEK_HEIGHT = 216, 130
Row = dict[str, Any]


class Scale:
    """Where days and rates stand."""

    def __init__(self, days: Sequence[date], rows: Sequence[Row], goals: Sequence[float]) -> None:
        """Of the days of the slider, and of rates and targets that have to be in sight."""
        self.first, self.last = days[0], days[-1]
        self.low = floor_of([*(row["vtr_low"] for row in rows), min(goals) - 0.05])

    def x(self, day: date) -> float:
        """How far right a day stands."""
        span = max(1, (self.last - self.first).days)
        return LEFT + (day - self.first).days / span * (RIGHT - LEFT)

    def y(self, rate: float) -> float:
        """How far down a rate stands."""
        return BOTTOM - (max(rate, self.low) - self.low) / (1 - self.low) * (BOTTOM - TOP)


def line(scale: Scale, rows: Sequence[Row], goals: Sequence[float], words: str) -> str:
    """The rate on each day, up to all packages without scan data holding, and the targets.

    Args:
        scale: where all of it stands.
        rows: as_of, vtr_low and vtr_high of each day, in order.
        goals: the target first, then others, which are only marked.
        words: what the picture shows; it holds no markup.
    """
    parts = [*_axes(scale), *_goals(scale, goals)]
    if rows:
        low = [f"{scale.x(r['as_of']):.1f} {scale.y(r['vtr_low']):.1f}" for r in rows]
        high = [f"{scale.x(r['as_of']):.1f} {scale.y(r['vtr_high']):.1f}" for r in rows]
        band = "L".join([*low, *reversed(high)])
        parts.append(f'<path class="past" d="M{band}Z"/><path class="now" d="M{"L".join(low)}"/>')
    return _svg("".join(parts), f'role="img" aria-label="{words}"')


def mark(scale: Scale, day: date, rate: float | None) -> str:
    """The day that is looked at, and the rate on it."""
    x = scale.x(day)
    end = "end" if x > (LEFT + RIGHT) / 2 else "start"
    parts = [line_from(x, TOP, x, BOTTOM + 14, "drop")]
    if rate is not None:
        y, beside = scale.y(rate), -8 if end == "end" else 8
        parts.append(dot_at(x, y, 4, "today"))
        parts.append(text_at(x + beside, y - 8, percent(rate), end, "said"))
    return _svg("".join(parts), 'aria-hidden="true"')


def _axes(scale: Scale) -> list[str]:
    parts = []
    for rate in marks_from(scale.low):
        y = scale.y(rate)
        parts.append(line_from(LEFT, y, RIGHT, y, "grid"))
        parts.append(text_at(LEFT - 6, y + 4, f"{rate * 100:.0f}", "end"))
    span = (scale.last - scale.first).days
    for n in range(_TICKS + 1):
        day = scale.first + timedelta(days=span * n // _TICKS)
        anchor = "start" if not n else "end" if n == _TICKS else "middle"
        parts.append(text_at(scale.x(day), BOTTOM + 34, short_day(day), anchor))
    return parts


def _goals(scale: Scale, goals: Sequence[float]) -> list[str]:
    parts = []
    for n, goal in enumerate(goals):
        y, kind = scale.y(goal), "other" if n else "goal"
        parts.append(line_from(LEFT, y, RIGHT, y, kind))
        texts = [f"{goal * 100:g} %"] if n else ["target", f"{goal * 100:g} %"]
        top = scale.y(goals[0])  # others stand clear of the two lines beside the target
        other = max(y + 4, top + 26) if goal < goals[0] else min(y + 4, top - 13)
        first = other if n else y
        parts += [
            text_at(RIGHT + 6, first + 13 * row, text, "start", "tick" if n else "goal")
            for row, text in enumerate(texts)
        ]
    return parts


def weeks(rows: Sequence[Row], words: str) -> str:
    """Packages due in each week as bars, and at their foot those that failed.

    What is not in the days that count is pale.

    Args:
        rows: week, counted, failing, and of these counted_now and failing_now.
        words: what the picture shows; it holds no markup.
    """
    most = max((row["counted"] for row in rows), default=0) or 1
    wide, base, room = _WEEK_WIDTH / max(1, len(rows)), _WEEK_HEIGHT - 18, _WEEK_HEIGHT - 34
    parts = []
    for n, row in enumerate(rows):
        for name, kind in (("counted", "due"), ("failing", "bad")):
            for count, pale in ((row[name], " pale"), (row[f"{name}_now"], "")):
                tall = count / most * room
                place = f'x="{n * wide + 1:.1f}" y="{base - tall:.1f}" width="{wide - 2:.1f}"'
                parts.append(f'<rect class="{kind}{pale}" {place} height="{tall:.1f}"/>')
        if row["failing"]:
            up = row["failing"] / most * room
            said = f"{row['failing']:,}"
            parts.append(text_at((n + 0.5) * wide, base - up - 3, said, "middle", "small"))
    for n, anchor in ((0, "start"), (len(rows) - 1, "end")):
        if rows:
            x = 0 if anchor == "start" else _WEEK_WIDTH
            parts.append(text_at(x, _WEEK_HEIGHT - 4, short_day(rows[n]["week"]), anchor))
    size = f'viewBox="0 0 {_WEEK_WIDTH} {_WEEK_HEIGHT}" xmlns="http://www.w3.org/2000/svg"'
    inner = "".join(parts)
    return f'<svg class="vtr-trial" {size} role="img" aria-label="{words}">{inner}</svg>'


def _svg(inner: str, about: str) -> str:
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg"'
    return f'<svg class="vtr-trial" {size} {about}>{inner}</svg>'
