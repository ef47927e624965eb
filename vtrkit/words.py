"""Sentences and tables that a person reads: plain words, counts beside rates, escaped cells."""

import html
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from vtrkit.schema import DEFAULT_ACCOUNT, UNNAMED_MARKETPLACE, Status

STATUS_COLOURS = {
    Status.BAD: "#b3200f",
    Status.UNDECIDED: "#6a51a3",
    Status.AT_RISK: "#f2b134",
    Status.GOOD: "#006d5b",
    Status.NONE: "#d9d9d9",
}
STATUS_SIGNS = {
    Status.BAD: "✕",
    Status.UNDECIDED: "?",
    Status.AT_RISK: "!",
    Status.GOOD: "✓",
    Status.NONE: "–",
}
STATUS_WORDS = {
    Status.BAD: "below target",
    Status.UNDECIDED: "cannot tell",
    Status.AT_RISK: "at risk",
    Status.GOOD: "on target",
    Status.NONE: "nothing counted",
}
ON_LIGHT = [Status.AT_RISK, Status.NONE]


def percent(share: float | None, digits: int = 1) -> str:
    """A share as text; a dash where there is none. Rounded down, so 94.96 % is not 95.0 %.

    Examples:
        >>> percent(0.94996), percent(0.95), percent(None)
        ('94.9 %', '95.0 %', '–')
    """
    if share is None:
        return "–"
    scale = 10**digits
    # the tiny shift undoes what binary fractions lose: 0.57 * 1000 is 569.99…
    return f"{math.floor(share * 100 * scale + 1e-6) / scale:.{digits}f} %"


def percent_range(least: float | None, most: float | None) -> str:
    """A share that lies between two, as `91.6–100.0 %`; one figure where both read alike."""
    low, high = percent(least), percent(most)
    return low if low == high else f"{low.removesuffix(' %')}–{high}"


def rate_text(row: Mapping[str, Any]) -> str:
    """The rate of a row, as a range where packages are unverified or disputed, with its counts."""
    if not row["counted"]:
        return "no packages"
    return f"{percent_range(row['vtr_low'], row['vtr_high'])} ({row['valid']:,}/{row['counted']:,})"


@dataclass(frozen=True)
class Html:
    """A piece of a page, and the same as plain text for a terminal."""

    markup: str
    text: str

    def _repr_html_(self) -> str:
        return self.markup

    def __repr__(self) -> str:
        """The plain text."""
        return self.text


def paragraph(text: str) -> Html:
    """A sentence as a piece of a page."""
    return Html(f"<p>{html.escape(text)}</p>", text)


def together(*pieces: Html) -> Html:
    """Pieces of a page, one below the other."""
    return Html("".join(p.markup for p in pieces), "\n".join(p.text for p in pieces))


def fold(title: str, result: str, body: Html) -> Html:
    """A piece of a page behind a line that says its result; paper and plain text show it whole."""
    line = f"<b>{html.escape(title)}</b> <span>{html.escape(result)}</span>"
    markup = f'<details class="fold"><summary>{line}</summary>{body.markup}</details>'
    return Html(markup, f"{title}: {result}\n{body.text}")


def place(row: Mapping[str, Any]) -> str:
    """Account and marketplace of a row; what nobody named goes unsaid.

    Examples:
        >>> [place({"account": a, "marketplace": "US"}) for a in ("acme", DEFAULT_ACCOUNT)]
        ['acme · US', 'US']
    """
    each = str(row["account"]), str(row["marketplace"])
    named = [name for name in each if name not in {DEFAULT_ACCOUNT, UNNAMED_MARKETPLACE}]
    return " · ".join(named) or "your account"


def number_of(count: int, what: str) -> str:
    """So many of something.

    Examples:
        >>> number_of(1, "package"), number_of(1200, "package")
        ('1 package', '1,200 packages')
    """
    return f"{count:,} {what}" + ("" if count == 1 else "s")


def first_few(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more there are.

    Examples:
        >>> first_few(["Shoes", "Toys"]), first_few(["Shoes", "Toys", "Books", "Music"], 2)
        ('Shoes and Toys', 'Shoes, Toys and 2 more')
    """
    rest = [f"{len(names) - most:,} more"] if len(names) > most else []
    *first, last = (*names[:most], *rest) or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def day_text(day: date) -> str:
    """A day as people say it.

    Examples:
        >>> day_text(date(2026, 3, 5))
        '5 March'
    """
    return f"{day.day} {day:%B}"


def short_day(day: date) -> str:
    """A day where there is little room, as `5 Mar`."""
    return f"{day.day} {day:%b}"


def span(first: date, last: date, say: Callable[[date], str] = short_day) -> str:
    """Two days in words.

    Examples:
        >>> span(date(2026, 7, 23), date(2026, 10, 5))
        '23 Jul to 5 Oct 2026'
    """
    year = "" if first.year == last.year else f" {first.year}"
    start = f"{say(first)}{year} to " if first != last else ""
    return f"{start}{say(last)} {last.year}"


def dated(day: date | str) -> str:
    """A day with its year; as text, it is one of ISO 8601."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return f"{day_text(day)} {day.year}"


def table(
    frame: pl.DataFrame,
    columns: Mapping[str, str],
    formats: Mapping[str, Callable[[Any], str]] | None = None,
    limit: int = 200,
    one_line: Collection[str] = (),
) -> Html:
    """A plain table: chosen columns under readable headings, every cell escaped text.

    Args:
        frame: the finished table.
        columns: heading by column name, in the order shown.
        formats: how to write the values of a column; whole numbers get thousands separators.
        limit: rows shown; how many there are is said when there are more.
        one_line: columns whose cells are never broken.
    """
    formats = formats or {}
    rows = [
        [formats.get(n, _plain)(v) for n, v in zip(columns, row, strict=True)]
        for row in frame.select(list(columns)).head(limit).rows()
    ]
    kinds = [" class=day" if n in one_line else _kind(frame.schema[n]) for n in columns]
    head = "".join(f"<th scope='col'>{html.escape(h)}</th>" for h in columns.values())
    body = "".join(
        "<tr>"
        + "".join(
            f"<td{kind}>{html.escape(cell)}</td>" for cell, kind in zip(row, kinds, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    more = f"<p>{limit:,} of {frame.height:,} rows are shown.</p>" if frame.height > limit else ""
    text = "\n".join(" | ".join(row) for row in [list(columns.values()), *rows])
    markup = f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    table_ = f'<table class="vtr-table">{markup}</table>'
    # what scrolls sideways on a phone is reached by the keyboard too
    return Html(f'<div class="vtr-wide" tabindex="0">{table_}</div>{more}', text)


def _kind(dtype: pl.DataType) -> str:
    """How a column is set: numbers to the right, days on one line."""
    if dtype.is_numeric():
        return " class=num"
    return " class=day" if dtype.is_temporal() else ""


def _plain(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{short_day(value)} {value.year}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def notes(texts: Sequence[str]) -> Html:
    """What a reader has to know before believing the figures."""
    if not texts:
        return Html("<p>Nothing that is known.</p>", "Nothing that is known.")
    items = "".join(f"<li>{html.escape(t)}</li>" for t in texts)
    return Html(f'<ul class="vtr-notes">{items}</ul>', "\n".join(texts))


def target_text(basis_points: int) -> str:
    """A target in percent, without needless zeros."""
    return f"{basis_points / 100:g} %"
