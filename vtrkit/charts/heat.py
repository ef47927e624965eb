"""Defects on each promised day as a calendar."""

from datetime import timedelta
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import theme
from vtrkit.schema import OUTCOMES_OF, Outcome
from vtrkit.words import percent

_WEEKS = 53
"""Weeks that the calendar shows: the last year."""
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TITLE = "Defects by promised day"


def calendar(tally: pl.DataFrame) -> theme.Panel:
    """Defects on each promised day, a column per week: a bad day, weekday or week stands out.

    Args:
        tally: cells of a tally, or of a part of it: promised_date, reason, packages.

    Examples:
        >>> from datetime import date
        >>> cells = pl.DataFrame({"promised_date": [date(2026, 1, 5)] * 2,
        ...     "reason": ["no_scan", "valid"], "packages": [2, 38]})
        >>> calendar(cells).description.split(": ")[1]
        '2 of 40 packages (5.0 %). Worst days'
    """
    counted = tally.filter(~pl.col("reason").is_in(OUTCOMES_OF[Outcome.EXEMPT]))
    dated = counted.drop_nulls("promised_date")
    if dated.is_empty():
        return theme.nothing(_TITLE, "no package with a promised day is counted in this selection")
    days = _days(dated)
    shown = _recent(days)
    since = (
        f"; only since {theme.ends(shown['promised_date'])[0]}"
        if shown.height < days.height
        else ""
    )
    return _cells(shown).properties(
        title=theme.titled(
            _TITLE,
            "packages promised on the day that are defects; darker is more; an empty day had no "
            "package; those of the newest days may still be scanned or mended" + since,
        ),
        description=_text(shown),
    )


def _days(dated: pl.DataFrame) -> pl.DataFrame:
    """Counts by promised day, with the place of the day in the calendar."""
    packages = pl.col("packages")
    sums = {
        "counted": packages.sum(),
        "defects": packages.filter(pl.col("reason").is_in(OUTCOMES_OF[Outcome.DEFECT])).sum(),
        "unverified": packages.filter(pl.col("reason").is_in(OUTCOMES_OF[Outcome.UNKNOWN])).sum(),
    }
    day = pl.col("promised_date")
    return (
        dated.group_by("promised_date")
        .agg(**sums)
        .sort("promised_date")
        .with_columns(
            monday=day.dt.truncate("1w"),
            week=day.dt.truncate("1w").dt.to_string(_WEEK),
            weekday=(day.dt.weekday() - 1).replace_strict(dict(enumerate(_DAY_NAMES))),
        )
    )


def _recent(days: pl.DataFrame) -> pl.DataFrame:
    _, last = theme.ends(days["promised_date"])
    monday = last - timedelta(days=last.weekday(), weeks=_WEEKS - 1)
    return days.filter(pl.col("promised_date") >= monday)


def _cells(days: pl.DataFrame) -> theme.Panel:
    weeks = _all_weeks(days)
    step = max(16, min(40, theme.WIDTH // len(weeks)))
    most: Any = days["defects"].max() or 1
    base = alt.Chart(days.drop("monday")).encode(
        x=alt.X("week:O", scale=alt.Scale(domain=weeks), axis=_week_axis(weeks)),
        y=alt.Y("weekday:O", sort=_DAY_NAMES, scale=alt.Scale(domain=_DAY_NAMES), title=None),
        tooltip=[
            alt.Tooltip("promised_date:T", title="promised day"),
            alt.Tooltip("weekday:N"),
            *(theme.count(n) for n in ("defects", "unverified", "counted")),
        ],
    )
    rect = base.mark_rect(stroke=theme.CARD, strokeWidth=1).encode(
        color=theme.shade("defects", most)
    )
    text = base.mark_text(fontSize=min(12, step // 2 + 1)).encode(
        text=alt.Text("defects:Q", format=_short_count(most)), color=theme.on_shade("defects", most)
    )
    return alt.layer(rect, text).properties(width=alt.Step(step), height=alt.Step(20))


def _all_weeks(days: pl.DataFrame) -> list[str]:
    """Every week from the first to the last, quiet weeks too."""
    mondays = pl.date_range(*theme.ends(days["monday"]), "1w", eager=True)
    return [str(text) for text in mondays.dt.to_string(_WEEK)]


_WEEK = "%-d %b %Y"


def _week_axis(weeks: list[str]) -> alt.Axis:
    """The first week of each month by its Monday."""
    seen: dict[str, str] = {}
    for week in weeks:
        seen.setdefault(week.split(" ", 1)[1], week)
    values = list(seen.values())
    return alt.Axis(
        values=values,
        title="week from",
        labelAngle=0,
        labelOverlap=True,
        labelSeparation=6,
        orient="top",
    )


def _short_count(most: int) -> str:
    return "~s" if most >= 1_000 else "d"


def _text(days: pl.DataFrame) -> str:
    worst = days.sort("defects", "promised_date", descending=[True, False]).head(5).to_dicts()
    said = "; ".join(
        f"{r['promised_date']} {r['defects']:,} of {r['counted']:,}" for r in worst if r["defects"]
    )
    sums = days.select(pl.col("defects", "counted").sum()).row(0)
    share = percent(sums[0] / sums[1])
    first, last = theme.ends(days["promised_date"])
    return (
        f"Calendar of defects from {first} to {last}: "
        f"{sums[0]:,} of {sums[1]:,} packages ({share}). Worst days: {said or 'none'}."
    )
