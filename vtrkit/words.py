"""Sentences and tables that a person reads: plain words, counts beside rates, escaped cells."""

import html
import math
import reprlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.schema import UNNAMED_MARKETPLACE, Status

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
ON_LIGHT = [Status.AT_RISK, Status.NONE]
GOAL = "informational, a goal and not a condition"
_OTHER = "If exactly the target is not enough, which sources disagree on: {}."


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


def rate_text(row: Mapping[str, Any]) -> str:
    """The rate of a row, as a range where packages are unverified, with its counts."""
    if not row["counted"]:
        return "no packages"
    rate = percent(row["vtr_low"])
    if row["unknown"]:
        rate = f"{rate.removesuffix(' %')}–{percent(row['vtr_high'])}"
    return f"{rate} ({row['valid']:,}/{row['counted']:,})"


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


def place(row: Mapping[str, Any]) -> str:
    """Account and marketplace of a row; a marketplace that nobody named goes unsaid."""
    if row["marketplace"] == UNNAMED_MARKETPLACE:
        return str(row["account"])
    return f"{row['account']} · {row['marketplace']}"


def headline_text(row: Mapping[str, Any]) -> str:
    """The headline category in words: rate, counts, target, and what is to be done.

    Examples:
        >>> headline_text({"category": "Shoes", "account": "a", "marketplace": "US",
        ...     "status": "BAD", "counted": 20, "valid": 18, "unknown": 0, "vtr_low": 0.9,
        ...     "vtr_high": 0.9, "target_bp": 9500, "days": 30, "to_fix": 1, "to_add": 20,
        ...     "budget_left": -1, "binding": True, "in_force": True})
        'Shoes (a · US) is BAD: 90.0 % (18/20) over 30 days against 95 %. Mend 1 package, or ship \
20 more valid ones.'
    """
    goal = target_text(row["target_bp"])
    said = (
        f"{row['category']} ({place(row)}) is {row['status']}: "
        f"{rate_text(row)} over {row['days']} days against {goal}."
    )
    other = f" {_OTHER.format(row['status_other'])}" if row.get("status_other") else ""
    informational = (
        "" if row["in_force"] else f" {goal} here is {GOAL}: missing it costs no category."
    )
    return f"{said} {_advice(row)}{other}{informational}"


def _advice(row: Mapping[str, Any]) -> str:
    fix, add, left = row["to_fix"], row["to_add"], row["budget_left"]
    match Status(row["status"]):
        case Status.BAD:
            more = f", or ship {add:,} more valid ones" if add is not None else ""
            return f"Mend {_packages(fix)}{more}."
        case Status.UNDECIDED:
            return f"Verify {_packages(fix)} that have no scan data to be sure."
        case Status.NONE:
            if row["counted"]:
                return "No status: the files do not cover the window, or lack promised days."
            return "Nothing is counted in the window."
        case _:
            return f"{_packages(left)} may still fail." if left else "Not one more may fail."


def _packages(count: int) -> str:
    return f"{count:,} package" + ("" if count == 1 else "s")


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
    return Html(f'<div class="vtr-wide">{table_}</div>{more}', text)


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


def read_day(given: date | str | int | None, name: str = "as_of") -> date | None:
    """A day as people write it; none if nothing is given.

    Raises:
        ParameterError: it is not a day, or one before there were parcels to track.

    Examples:
        >>> read_day("2026-09-30") == read_day(20260930) == date(2026, 9, 30)
        True
    """
    if given is None or given == "":
        return None
    day = given if isinstance(given, date) else None
    if isinstance(given, datetime):
        day = given.date()
    elif isinstance(given, str | int) and not isinstance(given, bool):
        with suppress(ValueError):
            day = date.fromisoformat(str(given).strip())
    if day is None:
        raise ParameterError(f"{name} {given!r} is not a day; write it as 2026-01-31")
    if day < _FIRST_DAY:
        raise ParameterError(f"{name} {day} is before {_FIRST_DAY}; check the year")
    return day


_FIRST_DAY = date(1995, 1, 1)


def read_names(given: str | Iterable[str] | None, name: str) -> tuple[str, ...]:
    """One name or several: a text is one name.

    Raises:
        ParameterError: not names.

    Examples:
        >>> read_names("category", "by"), read_names(["carrier", "week"], "by")
        (('category',), ('carrier', 'week'))
    """
    if given is None:
        return ()
    names = (given,) if isinstance(given, str) else tuple(given) if _is_listed(given) else (None,)
    if not all(isinstance(one, str) for one in names):
        raise ParameterError(f"{name} {given!r}: give a name or a list of names")
    return tuple(map(str, names))


def _is_listed(given: object) -> bool:
    return isinstance(given, Iterable) and not isinstance(given, Mapping | bytes)


def read_chance(given: Any, name: str, least: float = 0.0) -> float:
    """A probability that is asked for.

    Raises:
        ParameterError: it is no number, or not below 1 and above (or at) the least one.

    Examples:
        >>> read_chance(0.8, "sure")
        0.8
    """
    number = isinstance(given, int | float | Fraction) and not isinstance(given, bool)
    if not number or not 0 < given < 1 or given < least:
        low = f"{least:g} or more" if least else "more than 0"
        raise ParameterError(f"{name} {given!r}: give {low} and less than 1, as 0.8")
    return float(given)


def read_path(given: object, what: str) -> Path:
    """A file or folder as people name it.

    Raises:
        ParameterError: it is neither text nor a path.

    Examples:
        >>> read_path("plan.toml", "a plan").name
        'plan.toml'
    """
    if not isinstance(given, str | Path):
        raise ParameterError(f"{what}: give a path as text, not {reprlib.repr(given)}")
    return Path(given)


def lazy(given: object, what: str) -> pl.LazyFrame:
    """A table, or what holds one as its `packages` (what `vtrkit.load` returns), read lazily.

    Raises:
        ParameterError: it is no table.
    """
    table = getattr(given, "packages", given)
    if not isinstance(table, pl.DataFrame | pl.LazyFrame):
        raise ParameterError(f"{what}: give a Polars table, not {reprlib.repr(given)}")
    return table.lazy()
