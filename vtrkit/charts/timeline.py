"""The Valid Tracking Rate day by day: as it stood, and what the coming days will show."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.charts.lines import (
    ALIKE,
    Channels,
    by,
    goals,
    rate_lines,
    target_lines,
)
from vtrkit.schema import GROUP
from vtrkit.words import dated, percent, rate_text

PARTS = ("official", "locked in", "projected")
"""What a day's rate rests on: Amazon's window is closed; its packages left the building; or not."""
_DAYS = 1_200
"""Rows that a chart of days carries; a longer history is drawn at every second day, or fewer."""


def vtr_over_time(history: pl.DataFrame, targets: Sequence[float] = (95, 98)) -> theme.Panel:
    """The Valid Tracking Rate on each as-of day, a panel per account, with the targets.

    The line takes unverified packages as failing; the band reaches up to all of them holding.

    Args:
        history: what `vtrkit.vtr` returns, by account and marketplace, and by what else you ask.
        targets: the lines to cross, in percent.
    """
    title = "Valid Tracking Rate as it stood on each day"
    if history.is_empty():
        return theme.nothing(title, "no line yet: the files span less than a window of 30 days")
    shown = history_rows(history)
    last = shown.sort("day").group_by("series").last().sort("vtr_low", "series", nulls_last=True)
    groups = last["series"].to_list()
    kept = groups[: theme.MAX_SERIES]
    step, thin = thinned(shown, kept)
    what = {(): "accounts", ("category",): "categories"}.get(_further(history), "groups")
    scale = theme.rate_domain(shown["vtr_low"], targets)
    layers = _history(theme.day_axis(thin["day"]), scale, ALIKE, theme.Rows(goals(targets)))
    return theme.panels(layers, thin, kept).properties(
        title=theme.titled(
            title,
            "30-day windows; line: unverified packages taken as failing, band: up to all "
            "of them holding" + step + naming.left_out(theme.MAX_SERIES, groups, what),
        ),
        description=_history_text(last, targets),
    )


def history_rows(history: pl.DataFrame) -> pl.DataFrame:
    """What `vtrkit.vtr` gives, in percent, with the name of each group as `series`."""
    return history.select(
        "window_end",
        "counted",
        "valid",
        "unknown",
        (pl.col("vtr_low", "vtr_high") * 100).round(4),
        day="as_of",
        series=pl.concat_str(
            naming.group_name(), *map(naming.shortened, _further(history)), separator=" · "
        ),
    )


def _further(history: pl.DataFrame) -> tuple[str, ...]:
    """The groups of its rows beside account and marketplace."""
    by = history.columns[: history.columns.index("window_end")]
    return tuple(n for n in by if n not in {*GROUP, "as_of"})


def _history(
    axis: alt.Axis, scale: alt.Scale, channels: Channels, targets: alt.NamedData
) -> list[alt.Chart]:
    tooltip = [
        alt.Tooltip("series:N", title="account"),
        alt.Tooltip("day:T", title="as-of day"),
        alt.Tooltip("window_end:T", title="window ends"),
        theme.number("vtr_low", "rate at least, %"),
        theme.number("vtr_high", "rate at most, %"),
        theme.count("valid"),
        theme.count("counted"),
        theme.count("unknown", "unverified"),
    ]
    x = alt.X("day:T", axis=axis)
    lines = rate_lines(x, "vtr_low", scale, channels, tooltip, step=True)
    return [*lines, *target_lines(targets, scale)]


def thinned(table: pl.DataFrame, kept: Sequence[str]) -> tuple[str, pl.DataFrame]:
    """The series that are kept, by day: every day, or every second (third …) up to the last one.

    The text says so, where not every day is drawn.
    """
    shown = table.filter(pl.col("series").is_in(kept))
    days = shown["day"].unique().sort(descending=True)
    every = max(1, -(-len(days) * len(kept) // _DAYS))
    text = f"; one day of {every} is drawn" if every > 1 else ""
    return text, shown.filter(pl.col("day").is_in(days.gather_every(every).implode())).sort("day")


def _history_text(last: pl.DataFrame, targets: Sequence[float]) -> str:
    shares = last.with_columns(pl.col("vtr_low", "vtr_high") / 100).to_dicts()
    said = "; ".join(f"{row['series']} {rate_text(row)}" for row in shares[: theme.MAX_SERIES])
    lines = " and ".join(f"{t:g} %" for t in targets)
    return f"Line chart of the Valid Tracking Rate by day against {lines}. On the last day: {said}."


def outlook(table: pl.DataFrame, targets: Sequence[float] = (95, 98)) -> theme.Panel:
    """The official rate of the coming days: what is known, what is locked in, what is projected.

    Args:
        table: what `vtrkit.outlook` or `vtrkit.simulate` returns, or several of them.
        targets: the lines to cross, in percent.

    Examples:
        >>> from datetime import date
        >>> table = pl.DataFrame({"category": "Shoes", "day": [date(2026, 2, 1)],
        ...     "part": "official", "counted": 200.0, "valid": 195.0, "vtr": 0.975,
        ...     "vtr_low": 0.975, "vtr_high": 0.975})
        >>> outlook(table).description.split(": ")[-1]
        'official 1 February 2026 97.5 % (97.5 % to 97.5 %, 195 of 200).'
    """
    title = "Valid Tracking Rate of the coming days"
    counted = table.filter(pl.col("counted") > 0)
    if counted.is_empty():
        return theme.nothing(title, "no package is counted or expected in any window")
    named = counted.with_columns(series=naming.series_name(counted)).unique(
        ["series", "day"], keep="first", maintain_order=True
    )
    worst = named.group_by("series").agg(pl.col("vtr_low").min()).sort("vtr_low", "series")
    groups = worst["series"].to_list()
    kept = groups[: theme.MAX_SERIES]
    step, thin = thinned(named, kept)
    rows = outlook_rows(thin).with_columns(end=_ends())
    scale = theme.rate_domain([v * 100 for v in worst["vtr_low"].drop_nulls()], targets)
    # not read from the rows: a panel without a part has none to read for the part's end
    span = alt.Scale(domain=[theme.moment(day) for day in theme.ends(rows["day"])])
    x = alt.X("day:T", axis=theme.day_axis(rows["day"]), scale=span)
    layers = _outlook(x, scale, by("part", PARTS), theme.Rows(goals(targets)), rows.columns)
    layers += _ended(layers[1], wide=len(kept) == 1)
    return theme.panels(layers, rows, kept).properties(
        title=theme.titled(title, _READ + step + naming.left_out(len(kept), groups, "groups")),
        description=_outlook_text(named, kept),
    )


_READ = (
    "Solid: the official figure, as the files show it. Dashed: locked in, its packages have been "
    "shipped; the band is what scans and corrections still to come can change. Dotted: projected "
    "from usual shipments, with the 90 % range"
)


_SHARES = ("vtr", "vtr_low", "vtr_high", "chance")


def outlook_rows(named: pl.DataFrame) -> pl.DataFrame:
    """What an outlook gives, in percent, of series that have a name."""
    percents = [n for n in _SHARES if n in named.columns]
    there = [n for n in ("counted", "valid", "budget_left") if n in named.columns]
    return named.select(
        "series",
        "day",
        pl.col("part").cast(pl.String),
        *(theme.drawn(pl.col(n) * 100) for n in percents),
        *(theme.drawn(pl.col(n)) for n in there),
        *(n for n in ("status",) if n in named.columns),
    )


def _outlook(
    x: alt.X,
    scale: alt.Scale,
    channels: Channels,
    targets: alt.NamedData,
    columns: Sequence[str],
) -> list[alt.Chart]:
    whole = ",.0f"
    tooltips = {
        "series": alt.Tooltip("series:N", title="of"),
        "day": alt.Tooltip("day:T", title="as-of day"),
        "part": alt.Tooltip("part:N", title="rests on what is"),
        "vtr": theme.number("vtr", "rate, %"),
        "vtr_low": theme.number("vtr_low", "at least, %"),
        "vtr_high": theme.number("vtr_high", "at most, %"),
        "valid": theme.number("valid", "valid", whole),
        "counted": theme.number("counted", "counted", whole),
        "budget_left": theme.number("budget_left", "packages left in the budget", whole),
        "chance": theme.number("chance", "chance of being on target, %", ".0f"),
        "status": alt.Tooltip("status:N"),
    }
    tooltip = [tip for name, tip in tooltips.items() if name in columns]
    lines = rate_lines(x, "vtr", scale, channels, tooltip)
    return [*lines, *target_lines(targets, scale)]


def _ends() -> pl.Expr:
    """Marks the last day of each part, and the only one of a part, which makes no line."""
    part = ("series", "part")
    last = pl.col("day") == pl.col("day").max().over(part)
    only = pl.when(pl.len().over(part) == 1).then(pl.lit("only")).otherwise(pl.lit("last"))
    return pl.when(last).then(only)


def _ended(line: alt.Chart, *, wide: bool) -> list[alt.Chart]:
    """Where the official part ends, and the part that is locked in; a point for a single day."""
    # most panels have no such point, and what is empty can have no words for a screen reader
    point = line.transform_filter("datum.end === 'only'").mark_point(
        size=60, strokeWidth=2.5, opacity=1, aria=False
    )
    ends = alt.Chart().encode(alt.X("day:T"))
    ends = ends.transform_filter(f"datum.end && datum.part !== '{PARTS[-1]}'")
    names = ends.mark_text(align="right", dx=-4, dy=-7, color=theme.RULE)
    days = names.encode(alt.YValue("height"), alt.Text("day:T", format="%-d %b"))
    return [point, ends.mark_rule(color=theme.RULE), *[days] * wide]


def _outlook_text(named: pl.DataFrame, kept: Sequence[str]) -> str:
    ends = named.sort("day").group_by("series", "part", maintain_order=True).last()
    said = "; ".join(
        f"{g}: " + ", ".join(_end(r) for r in ends.filter(series=g).sort("day").to_dicts())
        for g in kept
    )
    return f"Line chart of the Valid Tracking Rate by coming day. Last day of each part: {said}."


def _end(row: dict[str, Any]) -> str:
    if row["valid"] is None:
        return f"{row['part']} {dated(row['day'])} cannot be told"
    low, high = percent(row["vtr_low"]), percent(row["vtr_high"])
    counts = f"{row['valid']:,.0f} of {row['counted']:,.0f}"
    rate = f"{row['part']} {dated(row['day'])} {percent(row['vtr'])} ({low} to {high}, {counts})"
    chance = row.get("chance")
    sure = row["part"] == PARTS[0] or chance is None
    return rate if sure else f"{rate}, on target with a chance of {percent(chance, 0)}"
