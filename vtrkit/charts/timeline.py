"""The Valid Tracking Rate day by day: as it stood, and what the coming days will show."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.words import percent, rate_text

PARTS = ("official", "locked in", "projected")
"""What a day's rate rests on: Amazon's window is closed; its packages left the building; or not."""
_DAYS = 1_200
"""Rows that a chart of days carries; a longer history is drawn at every second day, or fewer."""


def vtr_over_time(
    history: pl.DataFrame, targets: Sequence[float] = (95, 98)
) -> alt.ConcatChart | theme.Panel:
    """The Valid Tracking Rate on each as-of day, a panel per account, with the targets.

    The line takes unverified packages as failing; the band reaches up to all of them holding.

    Args:
        history: what `vtrkit.vtr` returns, grouped by account and marketplace.
        targets: the lines to cross, in percent.
    """
    title = "Valid Tracking Rate as it stood on each day"
    if history.is_empty():
        return theme.nothing(title, "no line yet: the files span less than a window of 30 days")
    shown = history.select(
        "as_of",
        "window_end",
        "counted",
        "valid",
        "unknown",
        pl.col("vtr_low", "vtr_high") * 100,
        group=naming.group_name(),
    )
    last = shown.sort("as_of").group_by("group").last().sort("vtr_low", "group", nulls_last=True)
    groups = last["group"].to_list()
    kept = groups[: theme.MAX_SERIES]
    step, thin = thinned(shown.filter(pl.col("group").is_in(kept)), "as_of", len(kept))
    y = theme.rate_domain(shown["vtr_low"], targets)
    size = theme.panel_size(len(kept))
    panels = [_panel(thin.filter(group=g).drop("group"), g, targets, y, size) for g in kept]
    return alt.concat(*panels, columns=2, spacing=24).properties(
        title=theme.titled(
            title,
            "30-day windows; line: unverified packages taken as failing, band: up to all "
            "of them holding" + step + naming.left_out(theme.MAX_SERIES, groups, "accounts"),
        ),
        description=_history_text(last, targets),
    )


def thinned(table: pl.DataFrame, day: str, panels: int) -> tuple[str, pl.DataFrame]:
    """Every day, or every second (third …) up to the last one, and what to say of it."""
    days = table[day].unique().sort()
    every = -(-len(days) * max(panels, 1) // _DAYS)
    kept = days.reverse().gather_every(max(every, 1))
    said = f"; one day of {every} is drawn" if every > 1 else ""
    return said, table.filter(pl.col(day).is_in(kept.implode())).sort(day)


def _panel(
    days: pl.DataFrame, group: str, targets: Sequence[float], y: alt.Scale, size: tuple[int, int]
) -> theme.Panel:
    base = alt.Chart(days).encode(x=alt.X("as_of:T", axis=theme.day_axis(days["as_of"])))
    tooltip = [
        alt.Tooltip("as_of:T", title="as-of day"),
        alt.Tooltip("window_end:T", title="window ends"),
        theme.number("vtr_low", "rate at least, %"),
        theme.number("vtr_high", "rate at most, %"),
        theme.count("valid"),
        theme.count("counted"),
        theme.count("unknown", "unverified"),
    ]
    colour = theme.SERIES[0]
    low = alt.Y("vtr_low:Q", title="rate, %", scale=y)
    band = base.mark_area(opacity=0.25, color=colour, interpolate="step-after").encode(
        y=alt.Y("vtr_low:Q", stack=None, scale=y), y2="vtr_high:Q"
    )
    line = base.mark_line(strokeWidth=2, color=colour, interpolate="step-after").encode(
        y=low, tooltip=tooltip
    )
    return alt.layer(band, line, *theme.target_lines(targets)).properties(
        width=size[0], height=size[1], title=theme.panel_title(group, size[0])
    )


def _history_text(last: pl.DataFrame, targets: Sequence[float]) -> str:
    shares = last.with_columns(pl.col("vtr_low", "vtr_high") / 100).to_dicts()
    said = "; ".join(f"{row['group']} {rate_text(row)}" for row in shares[: theme.MAX_SERIES])
    goals = " and ".join(f"{t:g} %" for t in targets)
    return f"Line chart of the Valid Tracking Rate by day against {goals}. On the last day: {said}."


def outlook(
    table: pl.DataFrame, targets: Sequence[float] = (95, 98)
) -> alt.ConcatChart | theme.Panel:
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
        'official 2026-02-01 97.5 % (97.5 % to 97.5 %, 195 of 200).'
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
    step, thin = thinned(named.filter(pl.col("series").is_in(kept)), "day", len(kept))
    y = theme.rate_domain([v * 100 for v in worst["vtr_low"].drop_nulls()], targets)
    size = theme.panel_size(len(kept))
    panels = [_coming(thin.filter(series=g), g, targets, y, size) for g in kept]
    return alt.concat(*panels, columns=2, spacing=24).properties(
        title=theme.titled(title, _READ + step + naming.left_out(len(kept), groups, "groups")),
        description=_outlook_text(named, kept),
    )


_READ = (
    "Solid: the official figure, as the files show it. Dashed: locked in, its packages have been "
    "shipped; the band is what scans and corrections still to come can change. Dotted: projected "
    "from usual shipments, with the 90 % range"
)


def _coming(
    days: pl.DataFrame, group: str, targets: Sequence[float], y: alt.Scale, size: tuple[int, int]
) -> theme.Panel:
    shares = ("vtr", "vtr_low", "vtr_high", "chance")
    there = [n for n in (*shares, "counted", "valid", "budget_left") if n in days.columns]
    rows = days.select(
        "day",
        pl.col("part").cast(pl.String),
        *(theme.drawn(pl.col(n) * 100 if n in shares else pl.col(n)) for n in there),
        *(n for n in ("status",) if n in days.columns),
    )
    stroke, dash, fill = theme.line_scales("part", PARTS)
    base = alt.Chart(rows).encode(x=alt.X("day:T", axis=theme.day_axis(rows["day"])))
    band = base.mark_area(opacity=0.22).encode(
        y=alt.Y("vtr_low:Q", stack=None, scale=y, title="rate, %"), y2="vtr_high:Q", fill=fill
    )
    rate = base.encode(y=alt.Y("vtr:Q", scale=y))
    line = rate.mark_line(strokeWidth=2.5).encode(stroke=stroke, strokeDash=dash)
    points = rate.mark_point(size=70, opacity=0).encode(tooltip=_coming_tooltip(rows))
    marks = [band, *theme.target_lines(targets), line, *_lone(rows, y), *_borders(rows, size)]
    return alt.layer(*marks, points).properties(
        width=size[0], height=size[1], title=theme.panel_title(group, size[0])
    )


def _lone(rows: pl.DataFrame, y: alt.Scale) -> list[alt.Chart]:
    """A point for a part of one day, which makes no line."""
    alone = rows.filter(pl.len().over("part") == 1)
    if alone.is_empty():
        return []
    colours = theme.scale(PARTS, theme.SERIES[: len(PARTS)])
    stroke = alt.Stroke("part:N", sort=list(PARTS), scale=colours)
    point = alt.Chart(alone).mark_point(size=60, strokeWidth=2.5, opacity=1)
    return [point.encode(x="day:T", y=alt.Y("vtr:Q", scale=y), stroke=stroke)]


def _borders(rows: pl.DataFrame, size: tuple[int, int]) -> list[alt.Chart]:
    """Where the official part ends, and where the part that is locked in does."""
    ends = rows.filter(pl.col("part").is_in(PARTS[:2])).group_by("part").agg(pl.col("day").max())
    base = alt.Chart(ends.sort("day")).encode(x="day:T")
    names = base.mark_text(align="right", dx=-4, dy=-7, color=theme.RULE)
    said = names.encode(y=alt.value("height"), text=alt.Text("day:T", format="%-d %b"))
    return [base.mark_rule(color=theme.RULE), *[said] * (size[0] == theme.WIDTH)]


def _coming_tooltip(rows: pl.DataFrame) -> list[alt.Tooltip]:
    whole = ",.0f"
    told = {
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
    return [t for name, t in told.items() if name in rows.columns]


def _outlook_text(named: pl.DataFrame, kept: Sequence[str]) -> str:
    ends = named.sort("day").group_by("series", "part", maintain_order=True).last()
    said = "; ".join(
        f"{g}: " + ", ".join(_end(r) for r in ends.filter(series=g).sort("day").to_dicts())
        for g in kept
    )
    return f"Line chart of the Valid Tracking Rate by coming day. Last day of each part: {said}."


def _end(row: dict[str, Any]) -> str:
    low, high = percent(row["vtr_low"]), percent(row["vtr_high"])
    counts = f"{row['valid']:,.0f} of {row['counted']:,.0f}"
    rate = f"{row['part']} {row['day']} {percent(row['vtr'])} ({low} to {high}, {counts})"
    chance = row.get("chance")
    sure = row["part"] == PARTS[0] or chance is None
    return rate if sure else f"{rate}, on target with a chance of {percent(chance, 0)}"
