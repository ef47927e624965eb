"""The error budget day by day, and the old defects that will leave the window."""

from datetime import date
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.charts.timeline import PARTS, thinned


def burn_down(table: pl.DataFrame) -> alt.ConcatChart | theme.Panel:
    """The packages that may still fail on each coming day; below zero the target is missed.

    Args:
        table: what `vtrkit.outlook` or `vtrkit.simulate` returns, or several of them.

    Examples:
        >>> table = pl.DataFrame({"category": "Shoes", "day": [date(2026, 2, 1), date(2026, 2, 2)],
        ...     "part": ["official", "locked in"], "counted": 200.0, "valid": [195.0, 188.0],
        ...     "target_bp": 9500, "budget_left": [5.0, -2.0]})
        >>> burn_down(table).description.split(", ")[-1]
        'missed on 1 of 2 days.'
    """
    title = "Error budget: packages that may still fail"
    there = table.drop_nulls("budget_left")
    if there.is_empty():
        return theme.nothing(title, "no package is counted or expected in any window")
    named = there.with_columns(series=_name(there))
    least = named.group_by("series").agg(pl.col("budget_left").min()).sort("budget_left", "series")
    groups = least["series"].to_list()
    kept = groups[: theme.MAX_SERIES]
    step, thin = thinned(named.filter(pl.col("series").is_in(kept)), "day", len(kept))
    size = theme.panel_size(len(kept))
    panels = [_left(thin.filter(series=g), g, size) for g in kept]
    goals = " and ".join(f"{bp / 100:g} %" for bp in named["target_bp"].unique().sort())
    return alt.concat(*panels, columns=2, spacing=24).properties(
        title=theme.titled(
            title,
            f"defects that the target of {goals} allows in the enforced window, less those in it, "
            "unverified packages taken as failing; below zero the target is missed"
            + step
            + naming.left_out(len(kept), groups, "groups"),
        ),
        description=_left_text(named, kept),
    )


def _name(table: pl.DataFrame) -> pl.Expr:
    """The group, and the target where there are several."""
    name = naming.series_name(table)
    goals = {bp: f"{bp / 100:g}" for bp in table["target_bp"].unique()}
    goal = pl.col("target_bp").replace_strict(goals, return_dtype=pl.String)
    return pl.format("{} for {} %", name, goal) if len(goals) > 1 else name


def _left(days: pl.DataFrame, group: str, size: tuple[int, int]) -> theme.Panel:
    stroke, dash, fill = theme.line_scales("part", PARTS)
    rows = days.select(
        "day",
        pl.col("part").cast(pl.String),
        *(theme.drawn(pl.col(n)) for n in ("budget_left", "counted", "valid")),
        pl.col("target_bp") / 100,
    )
    base = alt.Chart(rows).encode(x=alt.X("day:T", axis=theme.day_axis(rows["day"])))
    left = rows["budget_left"].to_list()
    axis = theme.count_axis(min(left), max(left))
    y = alt.Y("budget_left:Q", title="packages left", stack=None, axis=axis)
    area = base.mark_area(opacity=0.22).encode(y=y, fill=fill)
    line = base.mark_line(strokeWidth=2.5).encode(y=y, stroke=stroke, strokeDash=dash)
    points = base.mark_point(size=70, opacity=0).encode(
        y=y,
        tooltip=[
            alt.Tooltip("day:T", title="as-of day"),
            alt.Tooltip("part:N", title="rests on what is"),
            theme.number("budget_left", "packages left in the budget", ",.0f"),
            theme.number("valid", "valid", ",.0f"),
            theme.number("counted", "counted", ",.0f"),
            theme.number("target_bp", "target, %", "~g"),
        ],
    )
    zero = alt.Chart(alt.InlineData([{"zero": 0}]))
    rule = zero.mark_rule(color=theme.RULE, strokeDash=[6, 4]).encode(y="zero:Q")
    return alt.layer(area, line, points, rule).properties(
        width=size[0], height=size[1], title=theme.panel_title(group, size[0])
    )


def _left_text(named: pl.DataFrame, kept: list[str]) -> str:
    said = []
    for group in kept:
        days = named.filter(series=group).sort("day").to_dicts()
        missed = [r["day"] for r in days if r["budget_left"] < 0]
        least = min(days, key=lambda r: r["budget_left"])
        text = (
            f"{group} {_packages(days[0])} on {days[0]['day']}, {_packages(days[-1])} on "
            f"{days[-1]['day']}, least {_packages(least)} on {least['day']}"
        )
        said.append(f"{text}, missed on {len(missed)} of {len(days)} days" if missed else text)
    return f"Line chart of the error budget left by day: {'; '.join(said)}."


def _packages(row: dict[str, Any]) -> str:
    return f"{row['budget_left']:,.0f} of {row['counted']:,.0f} packages"


def roll_off(table: pl.DataFrame) -> alt.ConcatChart | theme.Panel:
    """When the defects of today leave the window by themselves.

    Args:
        table: what `vtrkit.forecast.roll_off.roll_off` returns.

    Examples:
        >>> table = pl.DataFrame({"account": "a", "promised_date": [date(2026, 1, 5)],
        ...     "leaves_on": [date(2026, 2, 14)], "counted": 40, "defects": 2})
        >>> roll_off(table).description.split(": ")[1]
        'a 2 until 2026-02-14, most on 2026-02-14'
    """
    title = "When old defects leave the window"
    there = table.filter(pl.col("defects") > 0)
    if there.is_empty():
        return theme.nothing(title, "no defect is in the window or on its way into it")
    named = there.with_columns(series=naming.series_name(there))
    sums = named.group_by("series").agg(pl.col("defects").sum())
    groups = sums.sort("defects", "series", descending=[True, False])["series"].to_list()
    kept = groups[: theme.MAX_SERIES]
    size = theme.panel_size(len(kept))
    days = theme.ends(named.filter(pl.col("series").is_in(kept))["leaves_on"])
    panels = [_leaving(named.filter(series=g), g, size, days) for g in kept]
    drawn = alt.concat(*panels, columns=2, spacing=24).properties(
        title=theme.titled(
            title,
            "defects by the day on which they no longer count, if nothing is done; the tooltip "
            "says when they were promised" + naming.left_out(len(kept), groups, "groups"),
        ),
        description=_leaving_text(named, kept),
    )
    shared: alt.ConcatChart = drawn.resolve_scale(x="shared")
    return shared


def _leaving(
    days: pl.DataFrame, group: str, size: tuple[int, int], ends: tuple[date, date]
) -> theme.Panel:
    rows = days.sort("leaves_on").select("leaves_on", "promised_date", "defects", "counted")
    span = (ends[1] - ends[0]).days + 2
    most = max(rows["defects"].to_list())
    bars = (
        alt.Chart(rows)
        .mark_bar(color=theme.SERIES[2], width=max(2, min(18, round(0.7 * size[0] / span))))
        .encode(
            x=alt.X(
                "leaves_on:T",
                axis=theme.day_axis(pl.Series(ends), "leaves on"),
                scale=alt.Scale(padding=12),
            ),
            y=alt.Y("defects:Q", title="defects", axis=theme.count_axis(0, most)),
            tooltip=[
                alt.Tooltip("leaves_on:T", title="leaves on"),
                alt.Tooltip("promised_date:T", title="promised"),
                theme.count("defects"),
                theme.count("counted", "of the packages counted that day"),
            ],
        )
    )
    return alt.layer(bars).properties(
        width=size[0], height=size[1], title=theme.panel_title(group, size[0])
    )


def _leaving_text(named: pl.DataFrame, kept: list[str]) -> str:
    said = []
    for group in kept:
        days = named.filter(series=group)
        most = days.sort("defects", "leaves_on", descending=[True, False]).row(0, named=True)
        said.append(
            f"{group} {days['defects'].sum():,} until {theme.ends(days['leaves_on'])[1]}, "
            f"most on {most['leaves_on']}: {most['defects']:,}"
        )
    return f"Bars of defects by the day on which they leave the window: {'; '.join(said)}."
