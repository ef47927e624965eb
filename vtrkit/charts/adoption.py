"""What levers would do: the rate of each category by the share that adopts them."""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from math import gcd, isclose
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.charts.lines import goals
from vtrkit.errors import ParameterError
from vtrkit.schema import Status
from vtrkit.words import STATUS_SIGNS, percent_range

Rows = list[dict[str, Any]]
_MOST = 900
"""Rows of data that the sliders choose among; a chart stays below 300 kB with them."""
_DRAWN = 25
"""Rows that are drawn."""
_TITLE = "Try it: what if more packages were tracked?"
_PLOT = 400


def what_if(
    stops: pl.DataFrame,
    sliders: Mapping[str, str] | None = None,
    targets: Sequence[float] = (95, 98),
) -> theme.Panel:
    """The rate of each category under sliders that need no kernel and no network.

    Every stop of a slider is a row that was computed before; the chart only chooses it.

    Args:
        stops: the rows of `vtrkit.apply` for one window at each share, or at each combination of
            shares, one below the other, with these shares (0 to 1) as columns.
        sliders: what each column of shares is called beside its slider; `share` if none is given.
        targets: the lines to cross, in percent.

    Raises:
        ParameterError: the shares of a slider are not evenly spaced whole percents.

    Examples:
        >>> stops = pl.DataFrame({"share": [0.0, 1.0], "category": "Shoes", "moved": [0.0, 20.0],
        ...     "counted_after": 200.0, "valid_after": [180.0, 200.0], "vtr_low_after": [0.9, 1.0],
        ...     "vtr_high_after": [0.9, 1.0], "status_after": ["BAD", "GOOD"]})
        >>> what_if(stops).description.split("; ")[1]
        'at the last stop ✓ 100.0 % (200/200), 20 packages ship differently.'
    """
    sliders = sliders or {"share": "eligible packages tracked"}
    there = stops.filter(pl.col("counted_after") > 0)
    if there.is_empty():
        return theme.nothing(_TITLE, "no package is counted in this selection")
    named = there.with_columns(series=naming.series_name(there)).sort(*sliders, "series")
    start = named.group_by("series", maintain_order=True).first().sort("vtr_low_after", "series")
    order = start["series"].to_list()
    kept = order[: max(1, min(_DRAWN, _MOST * len(order) // named.height))]
    rows = _stops(named.filter(pl.col("series").is_in(kept)), list(sliders))
    scale = theme.rate_domain([v for r in rows for v in (r["vtr_low"], r["now"])], targets)
    y = alt.Y("series:N", sort=kept, title=None, scale=alt.Scale(domain=kept))
    layers = _ways(y, scale, theme.Rows(goals(targets)))
    # a picture keeps its first size, so there is room from the start for the longest words
    room = 20 + 7 * max(len(r["said"]) for r in rows)
    chart: theme.Panel = (
        alt.layer(*layers, data=theme.Rows(rows))
        .transform_filter(" && ".join(f"datum.{name} === {name}" for name in sliders))
        .add_params(*(_slider(named[column], label) for column, label in sliders.items()))
        .properties(
            width=_PLOT + room,
            height=alt.Step(28),
            title=theme.titled(
                _TITLE,
                "move a slider below the chart; point: expected rate with valid/counted packages, "
                "unverified ones taken as failing; black line: up to all of them holding; grey "
                "line: from where it is now"
                + naming.left_out(len(kept), order, "rows, the lowest"),
            ),
            description=_text(rows, kept, sliders),
        )
    )
    return chart


def _slider(shares: pl.Series, label: str) -> alt.Parameter:
    """A slider with a stop at each share."""
    stops = sorted({_stop(share) for share in shares})
    step = reduce(gcd, (b - a for a, b in pairwise(stops)), 0)
    if any(b - a != step for a, b in pairwise(stops)):
        raise ParameterError(f"the stops of {shares.name} are not evenly spaced: {stops}")
    bind = alt.binding_range(min=stops[0], max=stops[-1], step=step or 1, name=f"{label}, %: ")
    return alt.param(name=shares.name, value=stops[0], bind=bind)


def _stop(share: float) -> int:
    """The whole percent of a share, which a slider and a row have in common."""
    if not isclose(share * 100, round(share * 100), abs_tol=1e-6):
        raise ParameterError(f"a slider stops at whole percents, not at {share * 100:g} %")
    return round(share * 100)


def _stops(named: pl.DataFrame, shares: list[str]) -> Rows:
    """Each stop of each row: what is drawn, and what is written beside it."""
    now: dict[str, float] = {}
    return [
        {name: _stop(r[name]) for name in shares}
        | _way(r, r["series"], now.setdefault(r["series"], r["vtr_low_after"]), _expected(r))
        for r in named.to_dicts()
    ]


def _way(row: Mapping[str, Any], name: str, now: float, said: str) -> dict[str, Any]:
    """From the rate as it is to what it would be, in percent."""
    return {
        "series": name,
        "now": _percents(now),
        "vtr_low": _percents(row["vtr_low_after"]),
        "vtr_high": _percents(row["vtr_high_after"]),
        "valid": row["valid_after"],
        "counted": row["counted_after"],
        "moved": row["moved"],
        "status": str(row["status_after"]),
        "said": said,
    }


def _percents(share: float | None) -> float | None:
    """A share in percent, as exact as a picture shows it."""
    return None if share is None else round(share * 100, 4)


def _expected(row: Mapping[str, Any]) -> str:
    rate = percent_range(row["vtr_low_after"], row["vtr_high_after"])
    counts = f"{_count(row['valid_after'])}/{_count(row['counted_after'])}"
    sign = STATUS_SIGNS[Status(row["status_after"])]
    return f"{sign} {rate} ({counts}), {_count(row['moved'])} packages ship differently"


def _count(expected: float) -> str:
    """An expected count: with a decimal where it is not whole."""
    whole = f"{expected:,.0f}"
    return whole if isclose(expected, round(expected), abs_tol=0.05) else f"{expected:,.1f}"


def _ways(y: alt.Y, scale: alt.Scale, targets: alt.NamedData) -> list[alt.Chart]:
    """A row per category: where it is, where it would be, up to where, and words beside it."""
    across = alt.Scale(**scale.to_dict(), range=[0, _PLOT])
    base = alt.Chart().encode(y)
    now, low = alt.X("now:Q"), alt.X("vtr_low:Q", scale=across, title="rate, %", axis=_SEVEN)
    goal = alt.Chart(targets)
    rule = goal.mark_rule(color=theme.RULE, strokeDash=[6, 4]).encode(
        alt.X("target:Q", scale=across)
    )
    names = goal.mark_text(color=theme.RULE, dy=-8).encode(
        alt.X("target:Q"), alt.YValue(0), alt.Text("short:N")
    )
    way = base.mark_rule(color=theme.BEFORE, opacity=0.6, strokeWidth=4)
    start = base.mark_tick(color=theme.BEFORE, thickness=2, size=16)
    reach = base.mark_rule(strokeWidth=2, color=theme.INK)
    point = base.mark_point(size=130, filled=True, stroke=theme.INK, strokeWidth=1, opacity=1)
    colour = alt.Color("status:N", scale=theme.status_scale(), legend=None)
    return [
        rule,
        names,
        way.encode(now, alt.X2("vtr_low")),
        start.encode(now),
        reach.encode(alt.X("vtr_low:Q"), alt.X2("vtr_high")),
        point.encode(low, colour, _TOOLTIP),
        base.mark_text(align="left").encode(alt.XValue(_PLOT + 14), alt.Text("said:N")),
    ]


_SEVEN = alt.Axis(tickCount=7)
_TOOLTIP = [
    alt.Tooltip("series:N", title="row"),
    alt.Tooltip("status:N"),
    theme.number("vtr_low", "rate at least, %"),
    theme.number("vtr_high", "rate at most, %"),
    theme.number("now", "now at least, %"),
    theme.number("valid", "valid, expected", ",.1f"),
    theme.number("counted", "counted, expected", ",.1f"),
    theme.number("moved", "packages that ship differently", ",.1f"),
]


def _text(rows: Rows, kept: list[str], sliders: Mapping[str, str]) -> str:
    first, last = ({r["series"]: r["said"] for r in some} for some in (rows[::-1], rows))
    said = "; ".join(f"{n}: {first[n]}; at the last stop {last[n]}" for n in kept[:12])
    moved = " and ".join(sliders.values())
    return f"Expected rate by row under a slider ({moved}). At the first stop {said}."
