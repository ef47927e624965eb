"""Amazon's figures of past windows as a line, and yours for the same days beside it."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from vtrkit.charts.over_days import INK, LINES, SOFT, TARGET, WITH
from vtrkit.words import Html, percent, short_day

_WIDTH, _HEIGHT, _EDGE = 640, 180, 30


def official_and_own(rows: Sequence[Mapping[str, Any]]) -> Html:
    """Both rates by the last day of their window; nothing where there are fewer than two.

    Args:
        rows: of one place, each with window_end, amazon_rate, own (a share or None) and target.

    Examples:
        >>> official_and_own([]).text
        ''
    """
    drawn = sorted((r for r in rows if r["amazon_rate"] is not None), key=lambda r: r["window_end"])
    if len({r["window_end"] for r in drawn}) < 2:
        return Html("", "")
    first, span = drawn[0]["window_end"], (drawn[-1]["window_end"] - drawn[0]["window_end"]).days
    shares = [r[n] for r in drawn for n in ("amazon_rate", "own", "target") if r[n] is not None]
    floor, top = max(0.0, min(shares) - 0.005), min(1.0, max(shares) + 0.005)

    def at(row: Mapping[str, Any], name: str) -> tuple[float, float]:
        along = (row["window_end"] - first).days / span * (_WIDTH - 2 * _EDGE)
        down = (top - row[name]) / (top - floor) * (_HEIGHT - 2 * _EDGE)
        return round(_EDGE + along, 1), round(_EDGE + down, 1)

    def beside(row: Mapping[str, Any], name: str, other: str) -> tuple[float, float]:
        x, y = at(row, name)
        return x, y + (18 if row[other] is not None and row[other] > row[name] else -8)

    lines = [
        _line([at(r, name) for r in drawn if r[name] is not None], colour, dash)
        for name, colour, dash in (
            ("target", TARGET, "2 3"),
            ("own", WITH, "5 4"),
            ("amazon_rate", INK, ""),
        )
    ]
    ends = [
        _text(at(row, "amazon_rate")[0], _HEIGHT - 6, short_day(row["window_end"]), SOFT)
        + _text(*beside(row, name, other), percent(row[name]), colour)
        for row in (drawn[0], drawn[-1])
        for name, colour, other in (("amazon_rate", INK, "own"), ("own", WITH, "amazon_rate"))
        if row[name] is not None
    ]
    floors = f'<path d="M{_EDGE} {_HEIGHT - _EDGE}H{_WIDTH - _EDGE}" stroke="{LINES}"/>'
    text = "; ".join(
        f"{short_day(r['window_end'])}: Amazon {percent(r['amazon_rate'])}, "
        f"your files {percent(r['own'])}"
        for r in drawn
    )
    words = f"Amazon's figure (solid) and yours (dashed) by the last day of the window. {text}."
    svg = (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" style="width:100%;max-width:{_WIDTH}px" role="img" '
        f'aria-label="{html.escape(words)}">{floors}{"".join(lines)}{"".join(ends)}</svg>'
    )
    caption = "Solid: Amazon. Dashed: your files, as known on the day of the report."
    return Html(f"<figure>{svg}<figcaption>{caption}</figcaption></figure>", words)


def _line(points: Sequence[tuple[float, float]], colour: str, dash: str) -> str:
    if not points:
        return ""
    path = "M" + "L".join(f"{x} {y}" for x, y in points)
    dots = (
        ""
        if dash == "2 3"
        else "".join(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in points)
    )
    drawn = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
    return f'<path d="{path}" {drawn}/>{dots}'


def _text(x: float, y: float, text: str, colour: str) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="middle" font-size="12" fill="{colour}">{text}</text>'
    )
