"""Files of several kinds to frames of text, each with the layout that its header fits."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from vtrkit.errors import InputError
from vtrkit.files import encoding as text
from vtrkit.files import json_records, workbooks
from vtrkit.files.forms import Layout, plain
from vtrkit.files.layouts import known_layouts, recognise
from vtrkit.files.sources import Source

WRONG = "_wrong"
"""The column that says what is wrong with a row as a whole, where something may be."""
TOO_LONG = "the line has more fields than the header"
_DELIMITERS = "\t,;|"
_PROBE = 1 << 12


@dataclass(frozen=True)
class Raw:
    """The mapped columns of one file, by their names in the packages table, and how it was read.

    Beside them there may be the column `WRONG`. `pieces` gives the same rows one piece after the
    other, each small enough to be held, with the bytes that are done.
    """

    rows: pl.LazyFrame
    layout: Layout
    encoding: str
    pieces: Callable[[int], Iterator[tuple[pl.LazyFrame, int]]]

    @property
    def names_packages(self) -> bool:
        """Whether a row speaks of one package; else it speaks of all packages of its order."""
        return bool({"tracking_number", "package_id"} & set(self.rows.collect_schema()))


def read(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    """The mapped columns of a file, and no others, as a lazy frame.

    Args:
        source: the file.
        mapped: the layouts of the user's mapping, which go before the known ones.
        scratch: a folder for a UTF-8 copy, where the file has another encoding.

    Raises:
        InputError: it is not what its name says, is damaged, or its encoding is not known.
        MappingError: its header fits no layout.
    """
    with wrapped(source.name):
        with source.path.open("rb") as file:
            start = file.read(_PROBE)
        if start.startswith(b"PAR1"):
            table = pl.scan_parquet(source.path)
            header = table.collect_schema().names()
            table = table.rename({name: f"{place}" for place, name in enumerate(header)})
            return _mapped(_Table(table, header, "parquet"), source, mapped)
        if start.startswith(b"PK\3\4"):
            header, table = workbooks.sheet(source.path, source.name, partial(_wanted, mapped))
            return _mapped(_Table(table, header, "xlsx"), source, mapped)
        no_text = b"\0" in start.split(b"\n")[0] or source.survey.not_utf8_at is not None
        if b"\0" in start and no_text and source.survey.mark is None:
            raise InputError(
                f"{source.name}: neither text, Parquet nor XLSX, whatever its name says; export it "
                "as one of these"
            )
        return _text(source, mapped, scratch)


@contextmanager
def wrapped(file: str) -> Iterator[None]:
    """Whatever the readers raise, without their words: those may quote a buyer's cell."""
    try:
        yield
    except InputError:
        raise
    except (PolarsError, PanicException, csv.Error, ValueError, OSError) as e:
        raise InputError(
            f"{file}: cannot be read as a table ({type(e).__name__}); open it, check that every "
            "line has as many fields as the header, and export it again"
        ) from None


def _wanted(mapped: tuple[Layout, ...], header: Sequence[str]) -> set[str] | None:
    """The headers of any layout that fits, None where none does."""
    fitting = [one for one in (*mapped, *known_layouts()) if one.fits(header)]
    if not fitting:
        return None
    return {h for one in fitting for names in one.headers(header).values() for h in names}


@dataclass(frozen=True)
class _Table:
    """A table whose columns have their places as names, with the header as it is written."""

    rows: pl.LazyFrame
    header: Sequence[str]
    encoding: str
    pieces: "Pieces | None" = None
    marks: Sequence[pl.Expr] = ()


def _mapped(table: _Table, source: Source, mapped: tuple[Layout, ...]) -> Raw:
    """The mapped columns of a table, under the names of the packages table."""
    header, pieces = table.header, table.pieces or _slices(table.rows)
    layout = recognise(header, mapped, source.name)
    named = {name: f"{place}" for place, name in enumerate(header)}
    columns = [
        pl.coalesce(layout.cell(column, named[h]) for h in headers).alias(column)
        for column, headers in layout.headers(header).items()
    ]
    picked = [*columns, *table.marks]

    def piece(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        for some, done in pieces(size):
            yield some.select(picked), done

    return Raw(table.rows.select(picked), layout, table.encoding, piece)


Pieces = Callable[[int], Iterator[tuple[pl.LazyFrame, int]]]
_ROW_BYTES = 200
"""What a row of Parquet is taken for, in bytes, where its pieces are measured."""


def _slices(table: pl.LazyFrame) -> Pieces:
    def slices(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        height, step = table.select(pl.len()).collect().item(), max(1, size // _ROW_BYTES)
        for start in range(0, height, step):
            yield table.slice(start, step), min(start + step, height) * _ROW_BYTES

    return slices


# --- text ------------------------------------------------------------------------------------


def _text(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    heads = _heads(source, mapped)
    known = [(e, *_header(head, mapped)) for e, head in heads.items()]
    fitting = [one for one in known if _wanted(mapped, one[-1]) is not None]
    start, above, delimiter, header = (fitting or known)[0]
    if heads[start][0].lstrip().startswith(("{", "[")):
        return _json(source, mapped, scratch)
    layout = recognise(header, mapped, source.name)
    told = [
        e for e in layout.encodings if any(e == one[0] and layout.fits(one[-1]) for one in known)
    ]
    path, encoding = text.as_utf8(
        source.path, source.survey, told or layout.encodings, source.name, scratch
    )
    if encoding not in ("utf-8", "utf-8-sig"):  # the header was read without knowing it
        header = _cells(text.head(path, "utf-8")[above], delimiter)
    text.refuse_cut(path, len(header), delimiter, source.name)
    if delimiter != "\t":
        text.refuse_unbalanced(path, delimiter, source.name)
    scanned = partial(_scanned, delimiter=delimiter, fields=len(header))

    def pieces(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        for block, done in text.blocks(path, above + 1, delimiter != "\t", size):
            yield scanned(block, 0), done

    beyond = pl.col(f"{len(header)}").is_not_null()
    too_long = pl.when(beyond).then(pl.lit(TOO_LONG)).alias(WRONG)
    table = _Table(scanned(path, above + 1), header, encoding, pieces, [too_long])
    return _mapped(table, source, mapped)


def _heads(source: Source, mapped: tuple[Layout, ...]) -> dict[str, Sequence[str]]:
    """The first lines by their encoding, or by every one that a layout names.

    Letters beyond ASCII in a header tell of its encoding: under a wrong one it fits no layout.
    """
    said = source.survey.encoding
    named = chain.from_iterable(one.encodings for one in (*mapped, *known_layouts()))
    tried = [said] if said else [*dict.fromkeys(named), "latin-1"]
    return {encoding: text.head(source.path, encoding) for encoding in tried}


def _header(head: Sequence[str], mapped: tuple[Layout, ...]) -> tuple[int, str, list[str]]:
    """How many lines stand above the header, what separates its cells, and the cells.

    The header is the first line that fits a layout, else the first one that is not blank.
    """
    lines = [(n, _delimiter(line), line) for n, line in enumerate(head) if line.strip()]
    told = [(n, by, _cells(line, by)) for n, by, line in lines] or [(0, ",", [])]
    return next((one for one in told if _wanted(mapped, one[2]) is not None), told[0])


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _cells(line: str, delimiter: str) -> list[str]:
    if delimiter == "\t":  # Amazon's tab files quote nothing
        return line.split("\t")
    return next(csv.reader([line], delimiter=delimiter), [])


def _scanned(lines: Path | bytes, skipped: int, delimiter: str, fields: int) -> pl.LazyFrame:
    """The fields by number, and one more, which is null in every good line.

    Polars drops what is beyond the last field without a word where not all columns are read, and
    a stray delimiter in an early cell shifts every later one.
    """
    return pl.scan_csv(
        lines,
        has_header=False,
        skip_lines=skipped,
        separator=delimiter,
        quote_char=None if delimiter == "\t" else '"',
        schema={f"{n}": pl.String() for n in range(fields + 1)},
        missing_columns="insert",
        extra_columns="ignore",
        truncate_ragged_lines=True,
    )


# --- JSON ------------------------------------------------------------------------------------


def _json(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    path, encoding = text.as_utf8(source.path, source.survey, (), source.name, scratch)
    layouts = (*mapped, *known_layouts())
    documents = json_records.documents(path, source.name, _keys(layouts))
    places = dict.fromkeys(one.records for one in layouts)
    found = chain.from_iterable(json_records.records(documents, place) for place in places)
    header = json_records.paths(found)
    layout = recognise(header, mapped, source.name)
    rows = list(json_records.rows(json_records.records(documents, layout.records), layout.each))
    columns = layout.headers(header)
    schema = dict.fromkeys([*dict.fromkeys(chain.from_iterable(columns.values()))], pl.String())
    cells = pl.DataFrame(
        {path: [_value(row, path) for row in rows] for path in schema}, schema=schema
    )
    table = _of_records(cells, columns, rows, layout).lazy()
    return Raw(table, layout, f"json, {encoding}", _slices(table))


def _keys(layouts: Sequence[Layout]) -> set[str]:
    """The keys that lead to what some layout reads."""
    found: set[str] = set()
    for one in layouts:
        named = (*chain.from_iterable(one.columns.values()), *one.signature, *one.never)
        event = one.events
        inside = (event.at, event.day, event.status, event.text, event.by) if event else ()
        lists = [(part.at, part.id, part.quantity) for part in one.lists.values()]
        for path in (*named, *one.records, one.each, *inside, *chain.from_iterable(lists)):
            found.update(map(plain, path.split(".")))
    return found


def _value(row: json_records.Record | json_records.Broken, path: str) -> str | None:
    return None if isinstance(row, json_records.Broken) else json_records.text(row, path)


def _of_records(
    cells: pl.DataFrame,
    columns: dict[str, list[str]],
    rows: list[json_records.Record | json_records.Broken],
    layout: Layout,
) -> pl.DataFrame:
    """The mapped columns of records; what the events say goes before what the columns say."""
    table = cells.select(
        pl.coalesce(layout.cell(column, path) for path in paths).alias(column)
        for column, paths in columns.items()
    )
    wrong = [row.rule if isinstance(row, json_records.Broken) else None for row in rows]
    marks = {WRONG: pl.Series(wrong, dtype=pl.String)}
    if layout.events:
        told = [_told(row, layout) for row in rows]
        for name in json_records.FROM_EVENTS:
            said = pl.Series(name, [one.get(name) for one in told], pl.String)
            known = table.get_column(name) if name in table.columns else None
            marks[name] = said if known is None else said.zip_with(said.is_not_null(), known)
    for name, how in layout.lists.items():
        items = [
            None if isinstance(r, json_records.Broken) else json_records.listed(r, how)
            for r in rows
        ]
        marks[name] = pl.Series(items, dtype=pl.String)
    return table.with_columns(**marks)


def _told(row: json_records.Record | json_records.Broken, layout: Layout) -> dict[str, str | None]:
    if isinstance(row, json_records.Broken) or layout.events is None:
        return {}
    return json_records.reduced(row, layout.events)
