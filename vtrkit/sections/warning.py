"""What the early warning found, as sentences and a table."""

import html
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import Html, paragraph, place, table, together

_COLUMNS = {
    "who": "category",
    "measure": "measure",
    "week_end": "week to",
    "packages": "packages",
    "defects": "defects",
    "expected": "expected",
    "limit": "alarm from",
    "p": "p",
    "explained": "mostly",
}
_NOUNS = {"carrier_id": "carrier", "ship_method": "ship method", "category": "category"}


def early_warning(found: pl.DataFrame, limit: int = 8) -> Html:
    """The alarms in words, then the rows nearest to one with what they were held against.

    Args:
        found: what `vtrkit.forecast.watch.watch` returns, by account, marketplace and category.
        limit: rows of the table.

    Examples:
        >>> import polars as pl
        >>> early_warning(pl.DataFrame({"p": [], "alarm": []},
        ...     schema={"p": pl.Float64, "alarm": pl.Boolean})).text
        'Nothing can be compared: no category shipped in its latest full week.'
    """
    lines = [*map(alarm_text, found.filter("alarm").to_dicts()), _rest(found)]
    said = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    if found.is_empty():
        return Html(f"<p>{html.escape(lines[0])}</p>", lines[0])
    shown = table(_told(found), _COLUMNS, _FORMATS, limit, one_line={"p"})
    how = paragraph(f"Compared were {'; '.join(sorted(set(found['basis'].drop_nulls())))}.")
    return together(Html(f"<ul>{said}</ul>", "\n".join(lines)), shown, how)


def alarm_text(row: Mapping[str, Any]) -> str:
    """One alarm as a sentence.

    Examples:
        >>> from datetime import date
        >>> alarm_text({"account": "a", "marketplace": "US", "category": "Shoes", "weeks": 1,
        ...     "measure": "no scan", "week_start": date(2026, 9, 14), "age_days": 4, "p": 0.0004,
        ...     "week_end": date(2026, 9, 20), "packages": 200, "defects": 18, "expected": 6.14,
        ...     "excess": 11.86, "limit": 14, "explained_by": "carrier_id",
        ...     "explained_value": "ontrac", "explained_excess": 11.2})
        'Shoes (a · US), shipped 2026-09-14 to 2026-09-20: 18 of 200 packages without a scan \
after 4 full days, where 6.1 were expected and 14 are an alarm (p 0.0004). Of the 11.9 \
too many, OnTrac adds the most: 11.2.'
    """
    what = _WHAT[row["measure"]].format(row["age_days"])
    mostly = ""
    if row["explained_value"] is not None:
        mostly = (
            f" Of the {row['excess']:.1f} too many, {_whose(row)} adds the most: "
            f"{row['explained_excess']:.1f}."
        )
    return (
        f"{row['category']} ({place(row)}), shipped {row['week_start']} to {row['week_end']}: "
        f"{row['defects']:,} of {row['packages']:,} packages {what}, where {row['expected']:.1f} "
        f"were expected and {row['limit']:,} are an alarm (p {_chance(row['p'])}).{mostly}"
    )


_WHAT = {
    "no scan": "without a scan after {} full days",
    "other defects": "are defects other than missing scans",
    "defects": "are defects",
}


def _whose(row: Mapping[str, Any]) -> str:
    value = str(row["explained_value"])
    return carrier_names().get(value, value) if row["explained_by"] == "carrier_id" else value


def _rest(found: pl.DataFrame) -> str:
    """How many were looked at, so that silence can be told from blindness."""
    if found.is_empty():
        return "Nothing can be compared: no category shipped in its latest full week."
    judged = found.filter(pl.col("p").is_not_null()).height
    alarms = found.filter("alarm").height
    few = f" {found.height - judged} have too few weeks before." if judged < found.height else ""
    return f"{alarms} of {judged} comparisons with the weeks before are alarms.{few}"


def _told(found: pl.DataFrame) -> pl.DataFrame:
    rows = found.to_dicts()
    texts = [
        f"{_NOUNS[r['explained_by']]} {_whose(r)}: {r['explained_excess']:.1f}"
        if r["explained_value"] is not None
        else None
        for r in rows
    ]
    who = [f"{r['category']} ({place(r)})" for r in rows]
    return found.with_columns(
        explained=pl.Series(texts, dtype=pl.String), who=pl.Series(who, dtype=pl.String)
    )


def _chance(p: float | None) -> str:
    if p is None:
        return "–"
    return "< 0.0001" if p < 0.0001 else f"{p:.2g}"


def _tenth(number: float | None) -> str:
    return "–" if number is None else f"{number:,.1f}"


_FORMATS: dict[str, Callable[[Any], str]] = {
    "expected": _tenth,
    "p": _chance,
}
