"""Tables of other libraries, taken as they are: whatever has the Arrow C stream interface.

pandas, PyArrow, DuckDB, Ibis and Polars itself hand over their columns in place. What `vtrkit`
returns has the interface too: `pyarrow.table(frame)`, `duckdb.sql("from frame")`.
"""

from typing import Protocol, TypeGuard, runtime_checkable

import polars as pl
from polars.exceptions import PanicException

from vtrkit.errors import InputError

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
