"""Files of several kinds to frames of text, each with the layout that its header fits."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PanicException, PolarsError

from vtrkit.errors import InputError, UnrecognisedError
from vtrkit.files import encoding as text
from vtrkit.files import json_records, workbooks, xml_records
from vtrkit.files.forms import Layout, plain
from vtrkit.files.layouts import known_layouts, recognise
from vtrkit.files.quoting import are_quoted
from vtrkit.files.sources import Source

WRONG = "_wrong"
"""The column that says what is wrong with a row as a whole, where something may be."""
TOO_LONG = "the line has more fields than the header"
PEEK = 1000
"""Rows that are looked at first."""
_DELIMITERS = "\t,;|"
_PROBE = 1 << 20
_BLOCK = 64 << 20
"""Bytes of decoded text that are parsed at once."""
_MOST_HELD = 2 << 30
"""Bytes of JSON, XML, or a packed table, which are held in memory as a whole."""
_NO_TEXT = {
    b"%PDF": ("a PDF", "download the report as text, CSV or XLSX"),
    b"\xd0\xcf\x11\xe0": ("a workbook of the old kind (.xls)", "save it as .xlsx or CSV"),
    b"Rar!": ("a RAR archive", "unpack it"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"\x89PNG": ("a picture", "export the table itself"),
    b"\xff\xd8\xff": ("a picture", "export the table itself"),
}


@dataclass(frozen=True)
class Raw:
    """The mapped columns of one file, by their names in the packages table, and how it was read.

    Beside them there may be the column `WRONG`. `pieces` gives the same rows one piece after the
    other, each small enough to be held, with the bytes that are done; `first` has the first ones.
    """

    rows: pl.LazyFrame
    layout: Layout
    encoding: str
    pieces: Callable[[int], Iterator[tuple[pl.LazyFrame, int]]]
    first: pl.DataFrame

    @property
    def names_packages(self) -> bool:
        """Whether a row speaks of one package; else it speaks of all packages of its order."""
        return bool({"tracking_number", "package_id"} & set(self.first.columns))


def _raw(
    rows: pl.LazyFrame, first: pl.DataFrame, layout: Layout, encoding: str, pieces: "Pieces"
) -> Raw:
    """A file with its first rows; a small one is read by them."""
    return Raw(first.lazy() if first.height < PEEK else rows, layout, encoding, pieces, first)


def read(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    """The mapped columns of a file, and no others, as a lazy frame.

    Args:
        source: the file.
        mapped: the layouts of the user's mapping, which go before the known ones.
        scratch: a folder for the mapped columns as Parquet, where Polars cannot scan the file
            itself; no other cell of it is ever written down.

    Raises:
        InputError: it is not what its name says, is damaged, or its encoding is not known.
        UnrecognisedError: its header fits no layout, or one of a kind without packages.
    """
    with wrapped(source.name):
        with source.open() as file:
            start = file.read(_PROBE)
        if start.startswith(b"PAR1"):
            return _parquet(source, mapped)
        if start.startswith(b"PK\3\4"):
            wanted = partial(_wanted, mapped)
            header, table = workbooks.sheet(_held(source), source.name, wanted)
            return _mapped(_Table(table, header, "xlsx"), source, mapped)
        for signature, (what, instead) in _NO_TEXT.items():
            if start.startswith(signature):
                message = f"{source.name}: {what}, whatever its name says; {instead}"
                raise UnrecognisedError(message, what, instead)
        no_text = b"\0" in start.split(b"\n")[0] or source.survey.not_utf8_at is not None
        if b"\0" in start[:_BINARY] and no_text and source.survey.mark is None:
            instead = "export it as one of these"
            what = "neither text, Parquet nor XLSX, whatever its name says"
            raise UnrecognisedError(f"{source.name}: {what}; {instead}", what, instead)
        return _text(source, start, mapped, scratch)


_BINARY = 1 << 12


def _held(source: Source) -> bytes:
    if source.survey.size > _MOST_HELD:
        raise InputError(
            f"{source.name}: more than {_MOST_HELD >> 30} GB in one file of this kind, which is "
            "read as a whole; export it in parts, or as CSV"
        )
    return source.content()


def _parquet(source: Source, mapped: tuple[Layout, ...]) -> Raw:
    table = pl.scan_parquet(source.path or _held(source), glob=False)
    header = table.collect_schema().names()
    table = table.rename({name: f"{place}" for place, name in enumerate(header)})
    return _mapped(_Table(table, header, PARQUET), source, mapped)


PARQUET = "parquet"
"""What `Raw.encoding` says of a file in which null and a blank text are two things."""


@contextmanager
def wrapped(file: str) -> Iterator[None]:
    """Whatever the readers raise, without their words: those may quote a buyer's cell."""
    try:
        yield
    except InputError:
        raise
    except (PolarsError, PanicException, csv.Error, ValueError, EOFError, OSError) as e:
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
    bare: bool = False


def _mapped(table: _Table, source: Source, mapped: tuple[Layout, ...]) -> Raw:
    """The mapped columns of a table, under the names of the packages table."""
    header, pieces = table.header, table.pieces or _slices(table.rows)
    layout = recognise(header, mapped, source.name)
    named = {name: f"{place}" for place, name in enumerate(header)}
    columns = [
        pl.coalesce(layout.cell(column, _undressed(named[h], table.bare)) for h in headers).alias(
            column
        )
        for column, headers in layout.headers(header).items()
    ]
    picked = [*columns, *table.marks]

    def piece(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        for some, done in pieces(size):
            yield some.select(picked), done

    # by its own select, since Polars reads the whole file for the head of another one
    first = table.rows.head(PEEK).select(picked).collect(engine="in-memory")
    return _raw(table.rows.select(picked), first, layout, table.encoding, piece)


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


def _slices(table: pl.LazyFrame) -> Pieces:
    def slices(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        height, step = table.select(pl.len()).collect().item(), max(1, size // _ROW_BYTES)
        for start in range(0, height, step):
            yield table.slice(start, step), min(start + step, height) * _ROW_BYTES

    return slices


# --- text ------------------------------------------------------------------------------------


def _text(source: Source, start: bytes, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    heads = _heads(source, start, mapped)
    known = [(e, *_header(head, mapped)) for e, head in heads.items()]
    fitting = [one for one in known if _wanted(mapped, one[-1]) is not None]
    first, above, delimiter, header = (fitting or known)[0]
    begins = "".join(heads[first]).lstrip()[:1]
    if begins in {"{", "[", "<"}:
        return _records(source, mapped, xml=begins == "<")
    layout = recognise(header, mapped, source.name)
    fits = [
        e for e in layout.encodings if any(e == one[0] and layout.fits(one[-1]) for one in known)
    ]
    survey = source.survey
    named = [survey.encoding] if survey.encoding else fits or layout.encodings
    lines, open_text = [0], partial(text.Text, source.open, name=source.name)
    text.refuse_nul(open_text("utf-8", True), survey)
    for encoding in named:
        whole = open_text(encoding, survey.is_plain)
        if not survey.encoding:  # the header was read without knowing it
            header = _cells(heads[encoding][above], delimiter)
        try:
            return _of_text(_Lines(whole, above + 1, delimiter, header), source, mapped, scratch)
        except text.WrongByteError as e:
            lines.append(e.line)
    tried = " nor ".join(dict.fromkeys([survey.mark or "UTF-8", *named]))
    wrong = max(lines) or open_text("utf-8", True).line_of(survey.not_utf8_at or 0)
    raise InputError(
        f"{source.name}: line {wrong} holds a byte that is not {tried}; save it as UTF-8, or name "
        "its encodings in a mapping"
    )


def _heads(source: Source, start: bytes, mapped: tuple[Layout, ...]) -> dict[str, Sequence[str]]:
    """The first lines by their encoding, or by every one that a layout names.

    Letters beyond ASCII in a header tell of its encoding: under a wrong one it fits no layout.
    """
    known = source.survey.encoding
    named = chain.from_iterable(one.encodings for one in (*mapped, *known_layouts()))
    tried = [known] if known else [*dict.fromkeys(named), "latin-1"]
    return {encoding: text.head(start, encoding) for encoding in tried}


def _header(head: Sequence[str], mapped: tuple[Layout, ...]) -> tuple[int, str, list[str]]:
    """How many lines stand above the header, what separates its cells, and the cells.

    The header is the first line that fits a layout, else the first one that is not blank.
    """
    lines = [(n, _delimiter(line), line) for n, line in enumerate(head) if line.strip()]
    rows = [(n, by, _cells(line, by)) for n, by, line in lines] or [(0, ",", [])]
    return next((one for one in rows if _wanted(mapped, one[2]) is not None), rows[0])


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


@dataclass(frozen=True)
class _Lines:
    """A table in text, its header read."""

    text: text.Text
    above: int
    delimiter: str
    header: Sequence[str]


def _of_text(lines: _Lines, source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    """The mapped columns, scanned where the file stands, else parsed block by block."""
    whole, by, fields = lines.text, lines.delimiter, len(lines.header)
    quoted = source.survey.quotes and are_quoted(whole.lines, lines.above, fields, by, source.name)
    scanned = partial(_scanned, delimiter=by, fields=fields, quoted=quoted)
    beyond = pl.col(f"{fields}").is_not_null()
    too_long = pl.when(beyond).then(pl.lit(TOO_LONG)).alias(WRONG)
    bare = source.survey.quotes and not quoted

    def table(rows: pl.LazyFrame, pieces: Pieces | None = None) -> Raw:
        told = _Table(rows, lines.header, whole.encoding, pieces, [too_long], bare)
        return _mapped(told, source, mapped)

    def pieces(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        skipped, done = lines.above, 0
        for block in whole.pieces(quoted, size):
            done += len(block)
            yield scanned(block, skipped), done
            skipped = 0

    if whole.is_plain and source.path:
        text.refuse_cut(whole, _last_bytes(source), fields, by)
        return table(scanned(source.path, lines.above), pieces)
    parts: list[Path] = []
    last, folder = b"\n", scratch / f"{source.sha256}-{whole.encoding}"
    folder.mkdir(exist_ok=True)
    for block, _ in whole.records(lines.above, quoted, _BLOCK):
        parts.append(folder / f"{len(parts):06}.parquet")
        rows = table(scanned(block, 0)).rows.collect(engine="in-memory")
        rows.write_parquet(parts[-1], compression="lz4")
        last = block[-_PROBE:]
    text.refuse_cut(whole, last, fields, by)
    raw = table(scanned(b"", 0))
    if not parts:
        return raw
    written = pl.scan_parquet(parts, glob=False)
    first = written.head(PEEK).collect(engine="in-memory")
    return _raw(written, first, raw.layout, raw.encoding, _slices(written))


def _last_bytes(source: Source) -> bytes:
    with source.open() as file:
        file.seek(max(0, source.survey.size - _PROBE))
        return file.read()


def _scanned(
    lines: Path | bytes, skipped: int, delimiter: str, fields: int, quoted: bool
) -> pl.LazyFrame:
    """The fields by number, and one more, which is null in every good line.

    Polars drops what is beyond the last field without a word where not all columns are read, and
    a stray delimiter in an early cell shifts every later one.
    """
    return pl.scan_csv(
        lines,
        glob=False,
        has_header=False,
        skip_lines=skipped,
        separator=delimiter,
        quote_char='"' if quoted else None,
        schema={f"{n}": pl.String() for n in range(fields + 1)},
        missing_columns="insert",
        extra_columns="ignore",
        truncate_ragged_lines=True,
    )


# --- JSON and XML ----------------------------------------------------------------------------


def _records(source: Source, mapped: tuple[Layout, ...], xml: bool) -> Raw:
    layouts = (*mapped, *known_layouts())
    documents = _documents(source, _keys(layouts), xml)
    places = dict.fromkeys(one.records for one in layouts)
    everywhere = chain.from_iterable(json_records.records(documents, place) for place in places)
    header = json_records.paths(everywhere)
    layout = recognise(header, mapped, source.name, table=False)
    rows = list(json_records.rows(json_records.records(documents, layout.records), layout.each))
    columns = layout.headers(header)
    schema = dict.fromkeys([*dict.fromkeys(chain.from_iterable(columns.values()))], pl.String())
    cells = pl.DataFrame(
        {path: [_value(row, path) for row in rows] for path in schema}, schema=schema
    )
    table = _of_records(cells, columns, rows, layout)
    kind = "xml" if xml else f"json, {source.survey.encoding}"
    return _raw(table.lazy(), table.head(PEEK), layout, kind, _slices(table.lazy()))


def _documents(source: Source, wanted: set[str], xml: bool) -> Iterable[Any]:
    survey = source.survey
    if xml:
        return [xml_records.document(_held(source), source.name, wanted)]
    whole = text.Text(source.open, survey.encoding or "utf-8", survey.is_plain, source.name)
    text.refuse_nul(whole, survey)
    try:
        return json_records.documents(whole, wanted)
    except text.WrongByteError as e:
        raise InputError(
            f"{source.name}: line {e.line} holds a byte that is not UTF-8; download it again"
        ) from None


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
        pl.coalesce(layout.cell(column, pl.col(path)) for path in paths).alias(column)
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
