"""Files of several kinds to frames of text: the only place that opens a seller's file."""

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from vtrkit.errors import InputError
from vtrkit.layouts import Layout, recognise

_BLOCK = 1 << 22
_DELIMITERS = "\t,;|"
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
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
    files = sorted(p for p in path.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file())
    if not files:
        raise InputError(f"{path.name or path}: no {', '.join(sorted(_SUFFIXES))} file in here")
    for file in files:
        below = file.relative_to(path)
        account = below.parts[0] if len(below.parts) > 1 else None
        yield Source(file, below.as_posix(), account, _sha256(file))


def _sha256(path: Path) -> str:
    if not path.stat().st_size:
        raise InputError(f"{path.name}: the file is empty; export it again")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
        start = source.path.open("rb").read(4)
        if start == b"PAR1":
            return _table(pl.scan_parquet(source.path), source, mapped, "parquet")
        if start[:2] == b"PK":
            sheet = pl.read_excel(source.path, engine="calamine", infer_schema_length=0)
            return _table(sheet.lazy(), source, mapped, "xlsx")
        return _text(source, mapped, scratch)


@contextmanager
def wrapped(file: str) -> Iterator[None]:
    """Whatever the readers raise, without their words: those may quote a buyer's cell."""
    try:
        yield
    except InputError:
        raise
    except (pl.exceptions.PolarsError, ValueError, OSError) as e:
        raise InputError(
            f"{file}: cannot be read as a table ({type(e).__name__}); open it, check that every "
            "line has as many fields as the header, and export it again"
        ) from None


def _table(table: pl.LazyFrame, source: Source, mapped: tuple[Layout, ...], encoding: str) -> Raw:
    header = table.collect_schema().names()
    layout = recognise(header, mapped, source.name)
    columns = [
        pl.coalesce(_cell(layout, column, h) for h in headers).alias(column)
        for column, headers in layout.headers(header).items()
    ]
    return Raw(table.select(columns), layout, encoding)


def _cell(layout: Layout, column: str, header: str) -> pl.Expr:
    """A cell with its layout's translation; a blank one gives way to the next header's."""
    cell, values = pl.col(header), dict(layout.values.get(column, {}))
    if values:
        cell = cell.cast(pl.String).str.strip_chars().replace(values)
        cell = pl.when(cell != "").then(cell)
    return cell


def _text(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    encoding = _encoding(source.path)
    header, line_end = _header(source.path, encoding or "latin-1")
    delimiter = max(_DELIMITERS, key=header.count)
    path = source.path
    if encoding is None:
        names = [h.strip().strip('"') for h in header.split(delimiter)]
        encoding = _decodable(source, recognise(names, mapped, source.name))
    if encoding not in ("utf-8", "utf-8-sig"):
        path = _transcoded(source, encoding, scratch)
    table = pl.scan_csv(
        path,
        separator=delimiter,
        quote_char=None if delimiter == "\t" else '"',  # Amazon's tab files quote nothing
        eol_char=line_end,
        infer_schema=False,
    )
    return _table(table, source, mapped, encoding)


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
        start = file.read(_BLOCK)
    line_end = "\n" if "\n" in start else "\r"
    return start.split(line_end, 1)[0].rstrip("\r"), line_end
