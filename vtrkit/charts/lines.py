"""Rates as lines: their range as a band, points to hover over, and the targets across."""

from collections.abc import Sequence
from typing import Any

import altair as alt

from vtrkit.charts import theme

Channels = tuple[Any, Any, Any]
"""Colour and dash of a line, and the colour of its band."""
ALIKE: Channels = (
    alt.StrokeValue(theme.SERIES[0]),
    alt.StrokeDashValue([1, 0]),
    alt.FillValue(theme.SERIES[0]),
)
"""Where only one line stands in a panel."""


def by(field: str, names: Sequence[str] | None = None) -> Channels:
    """A colour and a dash for each line; these names and their order, or those that come."""
    legend = alt.Legend(title=None, orient="top", columns=4, symbolType="stroke", symbolOpacity=1)
    fixed: dict[str, Any] = {} if names is None else {"domain": list(names)}
    count = None if names is None else len(names)
    colours = alt.Scale(range=theme.SERIES[:count], **fixed)
    shared: dict[str, Any] = {"legend": legend} | ({} if names is None else {"sort": list(names)})
    return (
        alt.Stroke(f"{field}:N", scale=colours, **shared),
        alt.StrokeDash(
            f"{field}:N", scale=alt.Scale(range=theme.DASHES[:count], **fixed), **shared
        ),
        alt.Fill(f"{field}:N", scale=colours, **shared),
    )


def rate_lines(  # noqa: PLR0913 - what is drawn, on which scales, and how
    x: alt.X,
    rate: str,
    scale: alt.Scale,
    channels: Channels,
    tooltip: Sequence[alt.Tooltip],
    *,
    band: bool = True,
    step: bool = False,
) -> list[alt.Chart]:
    """The layers of lines, of rows that the whole chart has.

    Args:
        x: what the rate is drawn over.
        rate: the column of the line, in percent.
        scale: the scale of percent.
        channels: what tells lines apart.
        tooltip: what is said on hovering.
        band: whether to fill from `vtr_low` to `vtr_high`.
        step: whether a rate holds until the next one.
    """
    stroke, dash, fill = channels
    mark: dict[str, Any] = {"interpolate": "step-after"} if step else {}
    y = alt.Y(f"{rate}:Q", scale=scale, title="rate, %")
    base = alt.Chart().encode(x)
    low = alt.Y("vtr_low:Q", stack=None, scale=scale, title="rate, %")
    areas = [base.mark_area(opacity=0.2, **mark).encode(low, alt.Y2("vtr_high"), fill)]
    line = base.mark_line(strokeWidth=2.5, **mark).encode(y, stroke, dash)
    if step:  # a day beside the next leaves no room for a point of its own to hover over
        return [*areas * band, line.encode(list(tooltip))]
    points = base.mark_point(size=70, opacity=0).encode(y, list(tooltip))
    return [*areas * band, line, points]


def goals(targets: Sequence[float]) -> list[dict[str, Any]]:
    """The rows of targets, in percent; the highest is named above its line, so that two fit."""
    return [
        {
            "target": float(t),
            "label": f"target {t:g} %",
            "short": f"{t:g} %",
            "top": t == max(targets),
        }
        for t in targets
    ]


def target_lines(rows: alt.NamedData, scale: alt.Scale) -> list[alt.Chart]:
    """A line per target of `goals`, named right of the picture."""
    base = alt.Chart(rows).encode(alt.Y("target:Q", scale=scale))
    names: list[alt.Chart] = [
        base.transform_filter("datum.top" if top else "!datum.top")
        .mark_text(
            align="left",
            dx=5,
            dy=5 if top else -5,
            baseline="bottom" if top else "top",
            color=theme.RULE,
        )
        .encode(alt.XValue("width"), alt.Text("label:N"))
        for top in (True, False)
    ]
    return [base.mark_rule(color=theme.RULE, strokeDash=[6, 4]), *names]
