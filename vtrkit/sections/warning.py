"""What the early warning found: one sentence a warning."""

import html
from collections.abc import Mapping
from typing import Any

import polars as pl

from vtrkit.forecast.surprise import ALARM
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import Html, day_text, number_of, paragraph, place, together

MOST = 10
"""Warnings that are shown."""
_FAILED = {
    "at entry": "were entered with a number or carrier that cannot count",
    "no scan": "had no scan within 3 days",
    "all defects": "failed",
}


def in_short(watched: pl.DataFrame) -> str:
    """The result in a line.

    Args:
        watched: as for `early_warning`.
    """
    if alarms := watched.filter("alarm").height:
        return f"{number_of(alarms, 'warning')} in the latest packages"
    if not watched["p"].count():
        return "Too few packages to compare"
    if _blind(watched):
        return "No warning about what was entered; whether it was scanned cannot be told"
    return "No warning in the latest packages"


def _blind(watched: pl.DataFrame) -> bool:
    """Whether nothing but what was entered could be compared."""
    return set(watched.filter(pl.col("p").is_not_null())["measure"]) == {"at entry"}


def early_warning(watched: pl.DataFrame) -> Html:
    """The strongest warnings in words, and how many come by chance.

    Args:
        watched: what `vtrkit.watch` returns, by account, marketplace and category.

    Examples:
        >>> import polars as pl
        >>> early_warning(pl.DataFrame(schema={"p": pl.Float64, "alarm": pl.Boolean,
        ...     "measure": pl.String})).text
        'There are too few packages to compare.'
    """
    warnings = watched.filter("alarm")
    lines = [warning_text(row) for row in warnings.head(MOST).to_dicts()]
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    untold = " Whether packages are scanned cannot be told: too few have scan data."
    text = _closing(watched["p"].count(), warnings.height)
    closing = paragraph(text + untold * _blind(watched))
    return together(Html(f"<ul>{items}</ul>", "\n".join(lines)), closing) if lines else closing


def warning_text(row: Mapping[str, Any]) -> str:
    """One warning as a sentence.

    Examples:
        >>> from datetime import date
        >>> warning_text({"account": "a", "marketplace": "US", "category": "Shoes",
        ...     "measure": "no scan", "shipped_from": date(2026, 9, 14),
        ...     "shipped_to": date(2026, 9, 20), "packages": 200, "defects": 18,
        ...     "expected": 6.14, "excess": 11.86, "explained_by": "carrier_id",
        ...     "explained_value": "ontrac", "explained_excess": 11.2})
        'Shoes (a · US): 18 of 200 packages shipped from 14 September to 20 September had no \
scan within 3 days, where 6.1 are expected; OnTrac adds 11.2 of the 11.9 too many.'
    """
    mostly = ""
    if (name := row["explained_value"]) is not None:
        if row["explained_by"] == "carrier_id":
            name = carrier_names().get(name, name)
        adds, excess = row["explained_excess"], row["excess"]
        if adds >= excess:
            mostly = f"; without {name} there would be none too many"
        elif 2 * adds >= excess:
            mostly = f"; {name} adds {adds:.1f} of the {excess:.1f} too many"
    first, last = day_text(row["shipped_from"]), day_text(row["shipped_to"])
    return (
        f"{row['category'] or 'All categories'} ({place(row)}): {row['defects']:,} of "
        f"{row['packages']:,} packages shipped from {first} to {last} "
        f"{_FAILED[row['measure']]}, where {row['expected']:.1f} are expected{mostly}."
    )


def _closing(compared: int, warnings: int) -> str:
    """How much was compared, so that silence can be told from blindness."""
    if not compared:
        return "There are too few packages to compare."
    groups = f"{compared:,} comparison" + ("" if compared == 1 else "s")
    if not warnings:
        return f"No warning in {groups} with what is usual."
    shown = f" The {MOST} strongest of {warnings:,} are shown." if warnings > MOST else ""
    return (
        f"In {groups} with what is usual, at most {max(1, round(compared * ALARM)):,} such "
        f"warning{'s' if compared * ALARM >= 1.5 else ''} on any day would come by chance.{shown}"
    )
