"""What levers would do: categories before and after, and the rate by the share that adopts."""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from math import gcd, isclose
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.charts.lines import FREE, by, goals, live, rate_lines, target_lines, upright
from vtrkit.errors import ParameterError
from vtrkit.schema import Status
from vtrkit.words import STATUS_SIGNS, percent

Rows = list[dict[str, Any]]
_MOST = 900
"""Rows of data that the sliders choose among; a chart stays below 300 kB with them."""
_DRAWN = 25
"""Rows that are drawn."""
CATEGORIES, LINES = 14, len(theme.SERIES)
"""Categories that have a row in a notebook, and those that have a line; the worst ones."""
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
    low, high = percent(row["vtr_low_after"]), percent(row["vtr_high_after"])
    rate = low if low == high else f"{low.removesuffix(' %')}–{high}"
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


def before_and_after() -> dict[str, Any]:
    """The same as a chart whose rows come later: one scenario instead of sliders.

    Its rows are those of `changed` and, as *targets*, of `goals`.
    """
    y = alt.Y("series:N", sort=alt.EncodingSortField("rank", op="min"), title=None)
    layers = _ways(y, FREE, alt.NamedData("targets"))
    chart = alt.layer(*layers, data=alt.NamedData("rows")).properties(
        width=_PLOT + 200,
        height=alt.Step(24),
        title=theme.titled(
            "Categories before and after",
            "tick: the rate as it is, point: under the scenario, unverified packages failing; "
            "black line: up to all of them holding",
            theme.NARROW,
        ),
    )
    spec: dict[str, Any] = chart.to_dict()
    return spec


def changed(categories: pl.DataFrame) -> Rows:
    """The rows of `before_and_after` from what `vtrkit.apply` gives, the most urgent first."""
    shown = categories.filter(pl.col("counted") > 0)
    names = naming.short(shown["category"])
    order = shown.sort("status", "budget_left", "category").head(CATEGORIES)
    return [
        _way(r, names[str(r["category"])], r["vtr_low"], f"{_signed(r)} → {_signed(r, '_after')}")
        | {"rank": rank}
        for rank, r in enumerate(order.to_dicts())
    ]


def _signed(row: Mapping[str, Any], when: str = "") -> str:
    return f"{STATUS_SIGNS[Status(row[f'status{when}'])]} {percent(row[f'vtr_low{when}'])}"


def by_adoption() -> dict[str, Any]:
    """The specification of the rate of each category by the share that adopts one lever.

    Its rows are those of `adopted`, as *crossings* those of `crossed`, as *now* the share that is
    chosen, and as *targets* those of `goals`.
    """
    x = alt.X("share:Q", title="adopted, % of the packages it is about")
    tooltip = [
        alt.Tooltip("series:N", title="category"),
        theme.number("share", "adopted, %", ".0f"),
        theme.number("moved", "packages that ship differently", ",.1f"),
        theme.number("vtr_low", "rate at least, %"),
        theme.number("valid", "valid, expected", ",.1f"),
        theme.number("counted", "counted, expected", ",.1f"),
    ]
    lines = rate_lines(x, "vtr_low", FREE, by("series"), tooltip, band=False)
    points = alt.Chart(alt.NamedData("crossings")).encode(
        alt.X("share:Q"), alt.Y("target:Q"), alt.Tooltip("tip:N")
    )
    circles = points.mark_point(
        size=80, filled=True, fill=theme.CARD, stroke=theme.INK, strokeWidth=2, opacity=1
    )
    now = upright(alt.Chart(alt.NamedData("now")), "share:Q")
    targets = target_lines(alt.NamedData("targets"), FREE)
    return live(
        alt.layer(*targets, *lines, now, circles, data=alt.NamedData("rows")),
        "What adoption of one lever would do",
        "the lowest categories; circle: whole packages that reach a target; "
        "upright: the share that is chosen",
    )


def lowest(curve: pl.DataFrame) -> list[str]:
    """The categories that have a line: those with the lowest rate before the lever."""
    first = curve.filter(pl.col("share") == 0, pl.col("counted") > 0)
    return [str(n) for n in first.sort("vtr_low", "category")["category"].head(LINES)]


def adopted(curve: pl.DataFrame) -> Rows:
    """The rows of `by_adoption` from `vtrkit.whatif.adoption_curve`."""
    kept = lowest(curve)
    names = naming.short(kept)
    lines = curve.filter(pl.col("category").cast(pl.String).is_in(kept)).select(
        "moved",
        series=pl.col("category").cast(pl.String).replace(names),
        share=theme.drawn(pl.col("share") * 100),
        vtr_low=theme.drawn(pl.col("vtr_low_after") * 100),
        valid="valid_after",
        counted="counted_after",
    )
    return theme.as_json(lines)


def crossed(needed: pl.DataFrame, kept: Sequence[str]) -> Rows:
    """The rows *crossings* of `by_adoption` from `vtrkit.adoption_needed`."""
    names = naming.short(kept)
    shown = needed.filter(pl.col("category").cast(pl.String).is_in(kept), pl.col("packages") > 0)
    return [
        {
            "series": names[str(r["category"])],
            "share": _percents(r["share"]),
            "target": r["target_bp"] / 100,
            "tip": f"{names[str(r['category'])]} reaches {r['target_bp'] / 100:g} % with "
            f"{r['packages']:,} of {r['eligible']:,} packages",
        }
        for r in shown.to_dicts()
    ]
