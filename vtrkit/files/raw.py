"""The mapped columns of one file as text, whatever kind of file it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl
from polars.exceptions import PanicException, PolarsError

from vtrkit.errors import InputError, refusal, system_code
from vtrkit.files.forms import Layout
from vtrkit.files.layouts import known_layouts, recognise
from vtrkit.files.row_rules import REPEATED
from vtrkit.files.sources import Source

WRONG = "_wrong"
"""The column that says what is wrong with a row as a whole, where something may be."""
PEEK = 1000
"""Rows that are looked at first."""


@dataclass(frozen=True)
class Raw:
    """The mapped columns of one file, by their names in the packages table, and how it was read.

    Beside them there may be the column `WRONG`. `pieces` gives the same rows one piece after the
    other, each small enough to be held, with the bytes that are done; `first` has the first ones.
    In the columns `serials` a spreadsheet left its own count of days.
    """

    rows: pl.LazyFrame
    layout: Layout
    encoding: str
    pieces: Callable[[int], Iterator[tuple[pl.LazyFrame, int]]]
    first: pl.DataFrame
    serials: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        rows: pl.LazyFrame,
        first: pl.DataFrame,
        layout: Layout,
        encoding: str,
        pieces: "Pieces",
    ) -> "Raw":
        """A file with its first rows; a small one is read by them."""
        return cls(first.lazy() if first.height < PEEK else rows, layout, encoding, pieces, first)

    @property
    def names_packages(self) -> bool:
        """Whether a row speaks of one package; else it speaks of all packages of its order."""
        return bool({"tracking_number", "package_id"} & set(self.first.columns))

    @property
    def lacks(self) -> tuple[str, ...]:
        """What files of its kind tell of scans and deliveries by, where it has nothing of that."""
        facts = [n for n in ("scans", "delivered_date") if n in self.layout.columns]
        tells = {*self.first.columns, *self.layout.fixed} & {*facts}
        if self.layout.tells != "scans" or self.layout.events or tells:
            return ()
        return tuple(self.layout.columns[n][0] for n in facts)


PARQUET = "parquet"
"""What `Raw.encoding` says of a file in which null and a blank text are two things."""
XLSX = "xlsx"
"""What it says of a workbook."""


@contextmanager
def wrapped(file: str) -> Iterator[None]:
    """Whatever the readers raise, without their words: those may quote a buyer's cell."""
    try:
        yield
    except InputError:
        raise
    except (PolarsError, PanicException, ValueError, EOFError, OSError) as e:
        if system_code(e):  # it is the disk, and not the file
            raise InputError(refusal(e)[1]) from None
        raise InputError(
            f"{file}: cannot be read as a table ({type(e).__name__}); it is damaged, or no "
            "file of its kind: open it, and export it again"
        ) from None


def wanted_headers(mapped: tuple[Layout, ...], header: Sequence[str]) -> set[str] | None:
    """The headers of any layout that fits, None where none does."""
    fitting = [one for one in (*mapped, *known_layouts()) if one.fits(header)]
    if not fitting:
        return None
    return {h for one in fitting for names in one.headers(header).values() for h in names}


@dataclass(frozen=True)
class Table:
    """A table whose columns have their places as names, with the header as it is written."""

    rows: pl.LazyFrame
    header: Sequence[str]
    encoding: str
    pieces: "Pieces | None" = None
    marks: Sequence[pl.Expr] = ()
    bare: bool = False


def mapped_columns(table: Table, source: Source, mapped: tuple[Layout, ...]) -> Raw:
    """The mapped columns of a table, under the names of the packages table."""
    header, pieces = table.header, table.pieces or slices(table.rows)
    layout = recognise(header, mapped, source.name)
    named = {name: f"{place}" for place, name in enumerate(header)}
    columns = [
        pl.coalesce(layout.cell(column, _undressed(named[h], table.bare)) for h in headers).alias(
            column
        )
        for column, headers in layout.headers(header).items()
    ]
    marks = _headings_again(layout, table, named)
    picked = [*columns, *([pl.coalesce(*marks).alias(WRONG)] if marks else [])]

    def piece(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        for some, done in pieces(size):
            yield some.select(picked), done

    # by its own select, since Polars reads the whole file for the head of another one
    first = table.rows.head(PEEK).select(picked).collect(engine="in-memory")
    return Raw.of(table.rows.select(picked), first, layout, table.encoding, piece)


def _headings_again(layout: Layout, table: Table, named: Mapping[str, str]) -> list[pl.Expr]:
    """What is wrong with a row as a whole: also that the heading of the ids stands among them."""
    above = layout.headers(table.header)
    heads = above.get("order_id", above.get("tracking_number", []))[:1]
    if table.encoding == PARQUET:
        return [*table.marks]
    same = (_undressed(named[h], table.bare).str.strip_chars() == h.strip() for h in heads)
    return [*table.marks, *(pl.when(one).then(pl.lit(REPEATED)) for one in same)]


def _undressed(column: str, bare: bool) -> pl.Expr:
    """A cell of a table that is read literally, without the marks that a spreadsheet put on it."""
    cell = pl.col(column)
    if not bare:
        return cell
    inside = cell.str.extract(r'^\s*"((?s:.*))"\s*$').str.replace_all('""', '"', literal=True)
    return pl.coalesce(inside, cell)


Pieces = Callable[[int], Iterator[tuple[pl.LazyFrame, int]]]
_ROW_BYTES = 200
"""What a row of Parquet is taken for, in bytes, where its pieces are measured."""


def slices(table: pl.LazyFrame) -> Pieces:
    """A table in slices of about so many bytes."""

    def slices(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        height, step = table.select(pl.len()).collect().item(), max(1, size // _ROW_BYTES)
        for start in range(0, height, step):
            yield table.slice(start, step), min(start + step, height) * _ROW_BYTES

    return slices
