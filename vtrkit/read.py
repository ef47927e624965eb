"""Files of several kinds to frames of text: the only place that opens a seller's file."""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from vtrkit.errors import InputError
from vtrkit.forms import Layout
from vtrkit.layouts import recognise

_BLOCK, _PROBE = 1 << 22, 1 << 12
_DELIMITERS = "\t,;|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_OF_NOTHING = hashlib.sha256().hexdigest()
_SUFFIXES = {".csv", ".tsv", ".txt", ".parquet", ".xlsx"}


@dataclass(frozen=True)
class Source:
    """One input file: where it is, what it is called in reports, and whose packages it holds."""

    path: Path
    name: str
    account: str | None
    sha256: str


@dataclass(frozen=True)
class Raw:
    """The mapped columns of one file, by their names in the packages table, and how it was read."""

    rows: pl.LazyFrame
    layout: Layout
    encoding: str

    @property
    def names_packages(self) -> bool:
        """Whether a row speaks of one package; else it speaks of all packages of its order."""
        return bool({"tracking_number", "package_id"} & set(self.rows.collect_schema()))


def find(paths: Sequence[Path | str]) -> list[Source]:
    """The readable files among paths and below folders, in order of their names.

    Raises:
        InputError: a path does not exist, a folder holds no readable file, a file is empty.
    """
    found = [source for path in paths for source in _below(Path(path))]
    if not found:
        raise InputError("no input: give at least one file or folder")
    return sorted(found, key=lambda s: (s.name, s.sha256))


def _below(path: Path) -> Iterator[Source]:
    if path.is_file():
        yield Source(path, path.name, None, _sha256(path))
        return
    if not path.exists():
        raise InputError(f"{path.name}: no such file or folder; check the spelling")
    files = sorted(p for p in path.rglob("*") if _readable(p))
    if not files:
        raise InputError(f"{path.name or path}: no {', '.join(sorted(_SUFFIXES))} file in here")
    for file in files:
        below = file.relative_to(path)
        account = below.parts[0] if len(below.parts) > 1 else None
        yield Source(file, below.as_posix(), account, _sha256(file))


def _readable(path: Path) -> bool:
    """Whether a file below a folder is meant; hidden ones and a spreadsheet's locks are not."""
    hidden = path.name.startswith((".", "~$"))
    return path.suffix.lower() in _SUFFIXES and not hidden and path.is_file()


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as e:
        raise InputError(f"{path.name}: cannot be opened ({type(e).__name__})") from None
    if digest == _OF_NOTHING:
        raise InputError(f"{path.name}: the file is empty; export it again")
    return digest


def read(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    """The mapped columns of a file, and no others, as a lazy frame.

    Args:
        source: the file.
        mapped: the layouts of the user's mapping, which go before the known ones.
        scratch: a folder for a UTF-8 copy, where the file has another encoding.

    Raises:
        InputError: it is not what its name says, or its encoding is not known.
        MappingError: its header fits no layout.
    """
    with wrapped(source.name):
        with source.path.open("rb") as file:
            start = file.read(_PROBE)
        if start.startswith(b"PAR1"):
            table = pl.scan_parquet(source.path)
            return _table(table, table.collect_schema().names(), source, mapped, "parquet")
        if start.startswith(b"PK\3\4"):
            return _sheet(source, mapped)
        if b"\0" in start and not start.startswith(tuple(_MARKS)):
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
        raise _unreadable(file, e) from None


def _unreadable(file: str, e: BaseException) -> InputError:
    return InputError(
        f"{file}: cannot be read as a table ({type(e).__name__}); open it, check that every line "
        "has as many fields as the header, and export it again"
    )


def _table(
    table: pl.LazyFrame,
    header: Sequence[str],
    source: Source,
    mapped: tuple[Layout, ...],
    encoding: str,
) -> Raw:
    """The mapped columns; `header` has the names as written, where Polars made twins differ."""
    layout = recognise(header, mapped, source.name)
    named = dict(zip(header, table.collect_schema(), strict=True))
    columns = [
        pl.coalesce(layout.cell(column, named[h]) for h in headers).alias(column)
        for column, headers in layout.headers(header).items()
    ]
    return Raw(table.select(columns), layout, encoding)


def _sheet(source: Source, mapped: tuple[Layout, ...]) -> Raw:
    """The first sheet of a workbook; cells of columns that nobody mapped are not read."""
    from fastexcel import FastExcelError  # noqa: PLC0415 - only workbooks need it

    read_excel = partial(pl.read_excel, source.path, engine="calamine", infer_schema_length=0)
    try:
        top = read_excel(has_header=False, read_options={"n_rows": 1})
        header = [str(name or "") for name in top.row(0)]
        layout = recognise(header, mapped, source.name)
        wanted = {h for headers in layout.headers(header).values() for h in headers}
        places = [place for place, name in enumerate(header) if name in wanted]
        table = read_excel(columns=places).lazy()
    except FastExcelError as e:
        raise _unreadable(source.name, e) from None
    return _table(table, [header[place] for place in places], source, mapped, "xlsx")


def _text(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    encoding = _encoding(source.path)
    first, line_end = _header(source.path, encoding or "latin-1")
    delimiter = max(_DELIMITERS, key=first.count)
    quote = None if delimiter == "\t" else '"'  # Amazon's tab files quote nothing
    header = next(csv.reader([first], delimiter=delimiter), []) if quote else first.split("\t")
    path = source.path
    if encoding is None:
        encoding = _decodable(source, recognise(header, mapped, source.name))
    if encoding not in ("utf-8", "utf-8-sig"):
        path = _transcoded(source, encoding, scratch)
    table = pl.scan_csv(
        path,
        separator=delimiter,
        quote_char=quote,
        eol_char=line_end,
        infer_schema=False,
    )
    return _table(table, header, source, mapped, encoding)


def _encoding(path: Path) -> str | None:
    """The mark's encoding, or strict UTF-8, or None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in _MARKS.items():
            if start.startswith(mark):
                return name
        file.seek(0)
        try:
            while block := file.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return None
    return "utf-8"


def _decodable(source: Source, layout: Layout) -> str:
    for encoding in layout.encodings:
        try:
            with source.path.open(encoding=encoding) as file:
                while file.read(_BLOCK):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    raise InputError(
        f"{source.name}: not UTF-8; save it as UTF-8, or name its encodings in a mapping"
    )


def _transcoded(source: Source, encoding: str, scratch: Path) -> Path:
    copy = scratch / f"{source.sha256}.txt"
    with (
        source.path.open(encoding=encoding, newline="") as file,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        while block := file.read(_BLOCK):
            out.write(block)
    return copy


def _header(path: Path, encoding: str) -> tuple[str, str]:
    """The header and the line end; some exports end their lines with a bare carriage return."""
    with path.open(encoding=encoding, newline="") as file:
        start = file.read(_BLOCK).lstrip("\ufeff\r\n")
    first = re.split(r"[\r\n]", start, maxsplit=1)[0]
    bare = re.match(r"\r(?!\n)", start[len(first) :])
    return first, "\r" if bare else "\n"
