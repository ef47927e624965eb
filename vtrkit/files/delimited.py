"""Tables in text: their header, encoding and delimiter found, their mapped columns scanned."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import polars as pl

from vtrkit.errors import InputError
from vtrkit.files import encoding as text
from vtrkit.files.forms import Layout
from vtrkit.files.layouts import known_layouts, recognise
from vtrkit.files.quoting import are_quoted
from vtrkit.files.raw import PEEK, WRONG, Pieces, Raw, Table, mapped_columns, slices, wanted_headers
from vtrkit.files.records import from_records
from vtrkit.files.sources import Source

TOO_LONG = "the line has more fields than the header"
_DELIMITERS = "\t,;|"
PROBE = 1 << 20
_BLOCK = 64 << 20
"""Bytes of decoded text that are parsed at once."""


def text_table(source: Source, start: bytes, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    """The mapped columns of a table in text, or of the records of a JSON or XML file."""
    heads = _heads(source, start, mapped)
    headers = {head: _header(head, mapped) for head in dict.fromkeys(heads.values())}
    known = [(e, *headers[head]) for e, head in heads.items()]
    fitting = [one for one in known if wanted_headers(mapped, one[-1]) is not None]
    first, above, delimiter, header = (fitting or known)[0]
    begins = "".join(heads[first]).lstrip()[:1]
    if begins in {"{", "[", "<"}:
        return from_records(source, mapped, xml=begins == "<")
    layout = recognise(header, mapped, source.name)
    fits = [
        e for e in layout.encodings if any(e == one[0] and layout.fits(one[-1]) for one in known)
    ]
    survey = source.survey
    named = [survey.encoding] if survey.encoding else likely(_odd(source), fits or layout.encodings)
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


_JAPAN = "cp932"
_BEYOND_ASCII = re.compile(rb"(?:[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]|[\xa1-\xdf])+")
_JAPANESE = re.compile(rb"[\x81-\x9f]|[\xa1-\xdf]{3}")


def _odd(source: Source) -> bytes:
    with source.open() as file:
        file.seek(source.survey.not_utf8_at or 0)
        return file.read(PROBE)


def likely(content: bytes, encodings: Sequence[str]) -> list[str]:
    """Japan's encoding last where most letters beyond ASCII are no Japanese: it decodes them, too.

    In it Western letters (`Großbrief`) are rare signs that stand alone; Japanese ones stand in a
    row, and among them are kana or common signs, which begin below A0.
    """
    rows = _BEYOND_ASCII.findall(content)
    japanese = sum(len(row) > 2 and _JAPANESE.search(row) is not None for row in rows)
    return sorted(encodings, key=lambda name: name == _JAPAN and 2 * japanese < len(rows))


_CENTRAL = re.compile(rb"(?<=[a-z])(?:\xb3(?=[a-z])|[\xb9\xbf])")
_MAC = re.compile(
    rb"(?<=[A-Za-z])(?:[\x80-\x91\x93-\x9b\x9d-\x9f\xa7](?=[a-z])"
    rb"|[\x81\x8d\x8f\x90\x9d](?![\x80-\xff]))"  # no sign of the others has these bytes
)
_LETTERS = re.compile(rb"(?<=[A-Za-z])[\xdf-\xff](?=[a-z])")


def _european(content: bytes) -> str:
    """Which encoding a small file of Europe is in: in the others, signs stand inside its words."""
    if _CENTRAL.search(content):
        return "cp1250"  # `Ksi¹¿ki` for `Książki`
    # `Mšbel` for `Möbel`; in no word of a Macintosh is a letter where the others have most
    return "mac_roman" if _MAC.search(content) and not _LETTERS.search(content) else "cp1252"


def decoded(content: bytes) -> tuple[str, str]:
    """A small file as text, and its encoding by its mark or its letters."""
    encodings = ["utf-8", *likely(content, [_JAPAN, _european(content)])]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    for encoding in encodings:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), encoding
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8", "replace"), "none that is known"


def _heads(source: Source, start: bytes, mapped: tuple[Layout, ...]) -> dict[str, tuple[str, ...]]:
    """The first lines by their encoding, or by every one that a layout names.

    Letters beyond ASCII in a header tell of its encoding: under a wrong one it fits no layout.
    """
    known = source.survey.encoding
    named = chain.from_iterable(one.encodings for one in (*mapped, *known_layouts()))
    tried = [known] if known else [*dict.fromkeys(named), "latin-1"]
    return {encoding: tuple(text.head(start, encoding)) for encoding in tried}


def _header(head: Sequence[str], mapped: tuple[Layout, ...]) -> tuple[int, str, list[str]]:
    """How many lines stand above the header, what separates its cells, and the cells.

    The header is the first line that fits a layout, else the first one that is not blank.
    """
    lines = [(n, _delimiter(line), line) for n, line in enumerate(head) if line.strip()]
    rows = [(n, by, _cells(line, by)) for n, by, line in lines] or [(0, ",", [])]
    return next((one for one in rows if wanted_headers(mapped, one[2]) is not None), rows[0])


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _cells(line: str, delimiter: str) -> list[str]:
    with suppress(csv.Error):  # a cell of more than 131,072 characters is no heading
        return next(csv.reader([line], delimiter=delimiter), [])
    return []


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
    quoted = source.survey.quotes and are_quoted(
        whole.whole_lines, lines.above, fields, by, source.name
    )
    scanned = partial(_scanned, delimiter=by, fields=fields, quoted=quoted)
    beyond = pl.col(f"{fields}").is_not_null()
    too_long = pl.when(beyond).then(pl.lit(TOO_LONG)).alias(WRONG)
    bare = source.survey.quotes and not quoted

    def table(rows: pl.LazyFrame, pieces: Pieces | None = None) -> Raw:
        told = Table(rows, lines.header, whole.encoding, pieces, [too_long], bare)
        return mapped_columns(told, source, mapped)

    def pieces(size: int) -> Iterator[tuple[pl.LazyFrame, int]]:
        skipped, done = lines.above, 0
        for block in whole.pieces(quoted, size):
            done += len(block)
            yield scanned(block, skipped), done
            skipped = 0

    if whole.is_plain and source.path:
        text.refuse_cut(whole, _last_bytes(source), fields, by)
        return table(scanned(source.path, lines.above), pieces)
    if source.survey.size < PROBE:  # not worth a file of its own on the way
        block = b"".join(block for block, _ in whole.records(lines.above, quoted, _BLOCK))
        text.refuse_cut(whole, block, fields, by)
        return table(scanned(block, 0))
    parts: list[Path] = []
    last, folder = b"\n", scratch / f"{source.sha256}-{whole.encoding}"
    folder.mkdir(exist_ok=True)
    for block, _ in whole.records(lines.above, quoted, _BLOCK):
        parts.append(folder / f"{len(parts):06}.parquet")
        rows = table(scanned(block, 0)).rows.collect(engine="in-memory")
        rows.write_parquet(parts[-1], compression="lz4")
        last = block[-PROBE:]
    text.refuse_cut(whole, last, fields, by)
    raw = table(scanned(b"", 0))
    if not parts:
        return raw
    written = pl.scan_parquet(parts, glob=False)
    first = written.head(PEEK).collect(engine="in-memory")
    return Raw.of(written, first, raw.layout, raw.encoding, slices(written))


def _last_bytes(source: Source) -> bytes:
    with source.open() as file:
        file.seek(max(0, source.survey.size - PROBE))
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
