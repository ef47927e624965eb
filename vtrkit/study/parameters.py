"""What a notebook's parameters say, as values: days, targets, one account of those there are."""

from datetime import date

import polars as pl

from vtrkit.errors import ParameterError, nearest
from vtrkit.metric.target import Target, read_targets

_FIRST_DAY = date(1995, 1, 1)


def day_of(text: str) -> date | None:
    """The as-of day that a parameter says; none if it is empty.

    Raises:
        ParameterError: it is not a day, or one before there were parcels to track.
    """
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        raise ParameterError(f"as_of {text!r} is not a day; write it as 2026-01-31") from None
    if day and day < _FIRST_DAY:
        raise ParameterError(f"as_of {text} is before {_FIRST_DAY}; check the year")
    return day


def targets_of(text: str) -> tuple[Target, ...]:
    """The targets that a parameter says, in percent and separated by commas.

    Raises:
        ParameterError: one of them is not a percentage.
    """
    return read_targets(text)


def only(cells: pl.LazyFrame, column: str, wanted: str) -> pl.LazyFrame:
    """The cells of one account or marketplace; all of them if none is wanted.

    Raises:
        ParameterError: the data have no such one.
    """
    if not wanted:
        return cells
    known = sorted(cells.select(pl.col(column).cast(pl.String).unique()).collect().to_series())
    if wanted not in known:
        raise ParameterError(
            f"{column} {wanted!r} is not in the data{nearest(wanted, known)}; "
            f"there is {', '.join(known[:20])}"
        )
    return cells.filter(pl.col(column) == wanted)
