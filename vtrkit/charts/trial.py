"""What a change would do: the rate on the last day by its share, beside the rate of each day.

Two pictures on one scale of percent, in one SVG. They are no Altair charts, since a drag puts
one of twenty-one in place of another within a frame, and since CSS gives them their colours.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from vtrkit.words import percent, short_day

WIDTH, HEIGHT = 600, 264
TOP, BOTTOM = 24, 196
SHARES, DAYS = (34, 206), (250, 540)
"""Where both pictures begin and end, from the left."""
Row = dict[str, Any]
"""A day with its part, rate, low and high, or a share likewise; rates from 0 to 1."""


@dataclass(frozen=True)
class Scene:
    """What stays while the share moves.

    Args:
        rows: the days as it is, from the first one shown.
        as_of: today.
        target: the share to reach.
        others: other targets, which are only marked.
        low: the rate at the lower edge.
    """

    rows: Sequence[Row]
    as_of: date
    target: float
    others: Sequence[float]
    low: float

    @property
    def last(self) -> date:
        """The last day foreseen."""
        day: date = self.rows[-1]["day"]
        return day

    def y(self, rate: float) -> float:
        """How far down a rate stands."""
        return BOTTOM - (max(rate, self.low) - self.low) / (1 - self.low) * (BOTTOM - TOP)

    def x(self, day: date) -> float:
        """How far right a day stands."""
        first: date = self.rows[0]["day"]
        left, right = DAYS
        return left + (day - first).days / max(1, (self.last - first).days) * (right - left)


def floor_of(rates: Iterable[float | None]) -> float:
    """The lower edge for some rates: the next 5 % below them, so that the target is in sight."""
    lowest = min((rate for rate in rates if rate is not None), default=0.9)
    return min(0.9, max(0.0, math.floor(lowest * 20 + 1e-9) / 20))


def marks_from(low: float) -> list[float]:
    """The rates that an axis names, from all down to its lower edge."""
    step = 0.05 if low >= 0.65 else 0.1 if low >= 0.4 else 0.2
    return [1 - n * step for n in range(round((1 - low) / step) + 1)]


def at_share(share: float) -> float:
    """How far right a share stands."""
    return SHARES[0] + share * (SHARES[1] - SHARES[0])


def fixed(scene: Scene) -> str:
    """The axes, the target, how it got here, and the coming days as it is."""
    past = [row for row in scene.rows if row["part"] == "official"]
    ahead = [row for row in scene.rows if row["part"] != "official"]
    lines = [*_axes(scene), *_shipped(scene), *_goals(scene)]
    lines += [_band(scene, past, "past"), _path(scene, past, "now")]
    lines.append(_path(scene, [*past[-1:], *ahead], "as-is"))
    if past:
        lines.append(dot_at(scene.x(past[-1]["day"]), scene.y(past[-1]["rate"]), 4, "today"))
    if ahead:
        y = scene.y(ahead[-1]["rate"])
        apart = 26 if abs(y - scene.y(scene.target)) < 26 else 0
        lines += [
            text_at(DAYS[1] + 6, y + dy + apart, word, "start", "small")
            for dy, word in ((0, "as"), (11, "it is"))
        ]
    return "".join(lines)


def _axes(scene: Scene) -> Iterator[str]:
    marks = marks_from(scene.low)
    yield from _across(scene, marks, "grid")
    for rate in marks:
        yield text_at(SHARES[0] - 6, scene.y(rate) + 4, f"{rate * 100:.0f}", "end")
    ends = (scene.rows[0]["day"], scene.as_of, scene.as_of + timedelta(days=31), scene.last)
    for day, anchor in zip(ends, ("start", "middle", "middle", "end"), strict=True):
        yield text_at(scene.x(day), BOTTOM + 16, short_day(day), anchor)


def _shipped(scene: Scene) -> Iterator[str]:
    """The days that are decided by what has been shipped already."""
    days = [row["day"] for row in scene.rows if row["part"] == "locked in"]
    if not days:
        return
    x0, x1 = scene.x(scene.as_of), scene.x(days[-1])
    size = f'width="{x1 - x0:.1f}" height="{BOTTOM - TOP}"'
    yield f'<rect class="shipped" x="{x0:.1f}" y="{TOP}" {size}/>'
    for n, word in enumerate(("already", "shipped")):
        yield text_at((x0 + x1) / 2, BOTTOM - 17 + 12 * n, word, "middle", "small")


def _goals(scene: Scene) -> Iterator[str]:
    right, goal = DAYS[1], scene.y(scene.target)
    yield from _across(scene, [scene.target], "goal")
    for dy, word in ((-2, "target"), (11, _goal(scene.target))):
        yield text_at(right + 6, goal + dy, word, "start", "goal")
    yield from _across(scene, scene.others, "other")
    for other in scene.others:
        y = scene.y(other)  # clear of the two lines beside the target
        y = max(y + 12, goal + 23) if other < scene.target else min(y, goal - 14)
        yield text_at(right + 6, y, _goal(other), "start")


def _across(scene: Scene, rates: Iterable[float], kind: str) -> Iterator[str]:
    """A line across both charts at each rate."""
    for rate in rates:
        yield from (
            line_from(x0, scene.y(rate), x1, scene.y(rate), kind) for x0, x1 in (SHARES, DAYS)
        )


def moved(  # noqa: PLR0913, PLR0917 - the share, what comes of it, and of the others
    scene: Scene,
    share: float,
    rows: Sequence[Row],
    curve: Sequence[Row],
    back: date | None,
    span: tuple[date | None, date | None],
) -> str:
    """What a share does: its ring on the curve of all shares, and its days.

    Args:
        scene: what stays.
        share: from 0 to 1.
        rows: the coming days with it.
        curve: the last day with each share.
        back: the day from which it likely stays on target.
        span: the days with a chance of 20 and of 80 %.
    """
    if not rows:
        return ""
    spots = [(at_share(row["share"]), row) for row in curve]
    top = [f"{x:.1f} {scene.y(row['high']):.1f}" for x, row in spots]
    low = [f"{x:.1f} {scene.y(row['low']):.1f}" for x, row in reversed(spots)]
    line = "L".join(f"{x:.1f} {scene.y(row['rate']):.1f}" for x, row in spots)
    parts = [f'<path class="band" d="M{"L".join(top + low)}Z"/><path class="thin" d="M{line}"/>']
    last, x = rows[-1], at_share(share)
    y = scene.y(last["rate"])
    parts.append(line_from(x, y, x, BOTTOM + 14, "drop"))
    if share:
        begin = curve[0]
        parts.append(dot_at(at_share(0), scene.y(begin["rate"]), 3.5, "begin"))
        said = f"as it is {percent(begin['rate']).removesuffix(' %')}"
        parts.append(text_at(at_share(0) + 7, scene.y(begin["rate"]) + 15, said, "start", "small"))
    anchor, dx = ("end", -8) if share > 0.35 else ("start", 8)
    parts += [
        text_at(x + dx, y - 8, percent(last["rate"]), anchor, "said"),
        dot_at(x, y, 5, "ring"),
    ]
    expected = [row for row in rows if row["part"] == "projected"]
    begun = [row for row in scene.rows if row["part"] == "official"][-1:]
    parts += [_band(scene, expected, "band"), _path(scene, [*begun, *rows], "line")]
    there = next((row for row in rows if row["day"] == back), last)
    spot, height = scene.x(there["day"]), scene.y(there["rate"])
    parts += [line_from(spot, height, spot, BOTTOM, "drop"), dot_at(spot, height, 5, "ring")]
    return "".join(parts) + _span(scene, back, span)


def _span(scene: Scene, back: date | None, span: tuple[date | None, date | None]) -> str:
    """The days between which it is back in 6 of 10 cases, as a bar below the days."""
    if back is None:
        return ""
    early, late = span
    x0, x1 = scene.x(early or back), scene.x(late or scene.last)
    y = BOTTOM + 26
    end = f'<path class="arrow" d="M{x1:.1f} {y - 5}l8 5l-8 5Z"/>' if late is None else ""
    until = short_day(late) if late else f"after {short_day(scene.last)}"
    said = f"likely {short_day(back)}: {short_day(early or back)} to {until}"
    return (
        line_from(x0, y, x1, y, "span")
        + end
        + line_from(scene.x(back), y - 5, scene.x(back), y + 5, "mark")
        + text_at(DAYS[1], y + 20, said, "end", "said")
    )


def _goal(share: float) -> str:
    return f"{share * 100:g} %"


def svg(inner: str, words: str, last: date) -> str:
    """The whole picture; `words` are what it shows, and hold no markup."""
    heads = text_at(SHARES[0], 12, f"Rate on {short_day(last)}, by share", "start", "small")
    heads += text_at(DAYS[0], 12, "Rate by day; shaded: 9 of 10 cases", "start", "small")
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" xmlns="http://www.w3.org/2000/svg"'
    return f'<svg class="vtr-trial" {size} role="img" aria-label="{words}">{heads}{inner}</svg>'


def strip(low: float, high: float, then: float | None, goal: float, floor: float) -> str:
    """Where a category stands, as a bar from its lowest to its highest rate, and where it goes."""

    def x(rate: float) -> float:
        return 4 + (max(rate, floor) - floor) / (1 - floor) * 56

    ring = ""
    if then is not None:
        ring = line_from(x(high), 8, x(then), 8, "way") + dot_at(x(then), 8, 3.5, "ring")
    return (
        '<svg class="vtr-trial" viewBox="0 0 64 16" width="64" height="16" aria-hidden="true">'
        f"{line_from(2, 8, 62, 8, 'grid')}{line_from(x(goal), -8, x(goal), 24, 'goal')}{ring}"
        f'<line class="stands" x1="{x(low):.1f}" y1="8" x2="{x(high) + 0.1:.1f}" y2="8"/></svg>'
    )


def line_from(x0: float, y0: float, x1: float, y1: float, kind: str) -> str:
    """A straight line."""
    return f'<line class="{kind}" x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}"/>'


def dot_at(x: float, y: float, size: float, kind: str) -> str:
    """A dot."""
    return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{size}"/>'


def text_at(x: float, y: float, words: str, anchor: str, kind: str = "tick") -> str:
    """Words in a picture; they hold no markup."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def _path(scene: Scene, rows: Sequence[Row], kind: str) -> str:
    points = "L".join(f"{scene.x(row['day']):.1f} {scene.y(row['rate']):.1f}" for row in rows)
    return f'<path class="{kind}" d="M{points}"/>' if rows else ""


def _band(scene: Scene, rows: Sequence[Row], kind: str) -> str:
    top = [f"{scene.x(row['day']):.1f} {scene.y(row['high']):.1f}" for row in rows]
    low = [f"{scene.x(row['day']):.1f} {scene.y(row['low']):.1f}" for row in reversed(rows)]
    return f'<path class="{kind}" d="M{"L".join(top + low)}Z"/>' if rows else ""


STYLE = """
.vtr-trial text{font-size:11px;fill:var(--vtr-soft)}.vtr-trial .small{font-size:10.5px}
.vtr-trial .said{fill:var(--vtr-accent);font-weight:600;font-size:11.5px}
.vtr-trial text.goal{fill:var(--vtr-target);font-weight:600;stroke:none}
.vtr-trial path,.vtr-trial line{fill:none;stroke-linejoin:round}
.vtr-trial .grid{stroke:var(--vtr-lines)}.vtr-trial .goal{stroke:var(--vtr-target);stroke-width:1.4}
.vtr-trial .other{stroke:var(--vtr-target);stroke-dasharray:2 4;opacity:.8}
.vtr-trial .shipped{fill:var(--vtr-lines);opacity:.8}
.vtr-trial .now{stroke:var(--vtr-ink);stroke-width:1.8}
.vtr-trial .as-is{stroke:var(--vtr-soft);stroke-width:1.5;stroke-dasharray:4 3}
.vtr-trial path.past{fill:var(--vtr-soft);opacity:.35}
.vtr-trial path.band{fill:var(--vtr-accent);opacity:.2}
.vtr-trial .thin{stroke:var(--vtr-accent);stroke-width:1.2}
.vtr-trial .line{stroke:var(--vtr-accent);stroke-width:2}
.vtr-trial .drop{stroke:var(--vtr-accent);opacity:.7}
.vtr-trial .span{stroke:var(--vtr-accent);stroke-width:3;opacity:.6}
.vtr-trial path.arrow{fill:var(--vtr-accent);opacity:.6}
.vtr-trial .mark{stroke:var(--vtr-accent);stroke-width:2.5}
.vtr-trial .today,.vtr-trial .stands{fill:var(--vtr-ink)}
.vtr-trial .stands{stroke:var(--vtr-ink);stroke-width:6;stroke-linecap:round}
.vtr-trial .way{stroke:var(--vtr-accent);stroke-dasharray:3 2;stroke-width:1.5}
.vtr-trial .ring{fill:var(--vtr-ground);stroke:var(--vtr-accent);stroke-width:2}
.vtr-trial .begin{fill:var(--vtr-ground);stroke:var(--vtr-soft);stroke-width:1.5}
"""
"""How the picture looks, by the colours of a page or of what surrounds it."""
