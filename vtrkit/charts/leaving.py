"""The old defects that will leave the window by themselves."""

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.words import dated


def roll_off(table: pl.DataFrame) -> theme.Panel:
    """When the defects of today leave the window by themselves.

    Args:
        table: what `vtrkit.forecast.roll_off.roll_off` returns.

    Examples:
        >>> from datetime import date
        >>> table = pl.DataFrame({"account": "a", "promised_date": [date(2026, 1, 5)],
        ...     "leaves_on": [date(2026, 2, 14)], "counted": 40, "defects": 2})
        >>> roll_off(table).description.split(": ")[1]
        'a 2 until 14 February 2026, most on 14 February 2026'
    """
    title = "When old defects leave the window"
    there = table.filter(pl.col("defects") > 0)
    if there.is_empty():
        return theme.nothing(title, "no defect is in the window or on its way into it")
    named = there.with_columns(series=naming.series_name(there))
    sums = named.group_by("series").agg(pl.col("defects").sum())
    groups = sums.sort("defects", "series", descending=[True, False])["series"].to_list()
    kept = groups[: theme.MAX_SERIES]
    rows = named.filter(pl.col("series").is_in(kept)).sort("leaves_on")
    rows = rows.select("series", "leaves_on", "promised_date", "defects", "counted")
    chart = theme.panels([_leaving(rows, wide=len(kept) == 1)], rows, kept).properties(
        title=theme.titled(
            title,
            "defects by the day on which they no longer count, if nothing is done; the tooltip "
            "says when they were promised" + naming.left_out(len(kept), groups, "groups"),
        ),
        description=_leaving_text(named, kept),
    )
    chart = chart.resolve_scale(x="shared", y="independent")
    same_days: theme.Panel = chart.resolve_axis(x="independent")
    return same_days


def _leaving(rows: pl.DataFrame, *, wide: bool) -> alt.Chart:
    first, last = theme.ends(rows["leaves_on"])
    width = round(0.7 * (theme.WIDTH if wide else theme.HALF) / ((last - first).days + 2))
    most = max(rows["defects"].to_list())
    chart: alt.Chart = (
        alt.Chart()
        .mark_bar(color=theme.SERIES[2], width=max(2, min(18, width)))
        .encode(
            alt.X(
                "leaves_on:T",
                axis=theme.day_axis(rows["leaves_on"], "leaves on"),
                scale=alt.Scale(padding=12),
            ),
            alt.Y("defects:Q", title="defects", axis=theme.count_axis(0, most)),
            [
                alt.Tooltip("leaves_on:T", title="leaves on"),
                alt.Tooltip("promised_date:T", title="promised"),
                theme.count("defects"),
                theme.count("counted", "of the packages counted that day"),
            ],
        )
    )
    return chart


def _leaving_text(named: pl.DataFrame, kept: list[str]) -> str:
    said = []
    for group in kept:
        days = named.filter(series=group)
        most = days.sort("defects", "leaves_on", descending=[True, False]).row(0, named=True)
        said.append(
            f"{group} {days['defects'].sum():,} until {dated(theme.ends(days['leaves_on'])[1])}, "
            f"most on {dated(most['leaves_on'])}: {most['defects']:,}"
        )
    return f"Bars of defects by the day on which they leave the window: {'; '.join(said)}."
