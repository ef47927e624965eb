"""What people give, read in one place: days, names, paths, and tables of any library.

A table is whatever has the Arrow C stream interface, taken as it is: pandas, PyArrow, DuckDB,
Ibis and Polars itself hand over their columns in place. What `vtrkit` returns has the interface
too: `pyarrow.table(frame)`, `duckdb.sql("from frame")`.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Protocol, TypeGuard, runtime_checkable

import polars as pl
from polars.exceptions import PanicException

from vtrkit.errors import InputError, ParameterError, shown

_INDEX = r"^__index_level_\d+__$"
"""How pandas calls an index without a name."""


@runtime_checkable
class ArrowStream(Protocol):
    """A table of any library; see https://arrow.apache.org/docs/format/CDataInterface.html."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Its columns, as a capsule."""


class _Stream:
    """The interface and nothing else: Polars would read pandas otherwise, and keep NaN."""

    def __init__(self, given: ArrowStream) -> None:
        self._given = given

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._given.__arrow_c_stream__(requested_schema)


def is_table(given: object) -> TypeGuard[ArrowStream | pl.LazyFrame]:
    """Whether it is a table of Polars or of any library with the interface."""
    return isinstance(given, ArrowStream | pl.LazyFrame)


def polars_table(given: ArrowStream | pl.LazyFrame, what: str) -> pl.DataFrame:
    """A table as one of Polars, its columns in place where Polars knows their kind.

    Args:
        given: the table; a stream that can be read once is read.
        what: what messages call it.

    Raises:
        InputError: it cannot be handed over, or a column is of a kind that Polars has not.

    Examples:
        >>> polars_table(pl.DataFrame({"scans": [1]}), "table").shape
        (1, 1)
    """
    try:
        if isinstance(given, pl.LazyFrame):
            return given.collect()
        table = given if isinstance(given, pl.DataFrame) else pl.DataFrame(_Stream(given))
    # whatever the library that fills it raises: its words may quote a buyer's cell
    except (Exception, PanicException) as e:  # noqa: BLE001
        why = f"{what}: its library cannot hand it over ({type(e).__name__}); "
        if isinstance(given, pl.LazyFrame):
            raise InputError(f"{why}call its collect() to see what is wrong in it") from None
        raise InputError(
            f"{why}give every column one type, such as text, a number or a day"
        ) from None
    return table.select(pl.exclude(_INDEX))


def read_day(given: date | str | int | None, name: str = "as_of") -> date | None:
    """A day as people write it; none if nothing is given.

    Raises:
        ParameterError: it is not a day, or one before there were parcels to track.

    Examples:
        >>> read_day("2026-09-30") == read_day(20260930) == date(2026, 9, 30)
        True
    """
    if given is None or (isinstance(given, str) and not given):
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


def read_path(given: object, what: str) -> Path:
    """A file or folder as people name it, whether it is there or not.

    Raises:
        ParameterError: it is neither text nor a path, or no file can be called so.

    Examples:
        >>> read_path("plan.toml", "a plan").name
        'plan.toml'
    """
    if not isinstance(given, str | Path):
        raise ParameterError(f"{what}: give a path as text, not {shown(given)}")
    try:
        Path(given).exists()
    except OSError as e:  # a name that is too long, or a folder that may not be looked into
        raise ParameterError(f"{what}: {shown(given)}: {e.strerror}; check the path") from None
    return Path(given)


def lazy(given: object, what: str) -> pl.LazyFrame:
    """A table, or what holds one as its `packages` (what `vtrkit.load` returns), read lazily.

    Raises:
        ParameterError: it is no table.
    """
    table = getattr(given, "packages", given)
    if not isinstance(table, pl.DataFrame | pl.LazyFrame):
        raise ParameterError(f"{what}: give a Polars table, not {shown(given)}")
    return table.lazy()
