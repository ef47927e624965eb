"""Bytes of a text file to UTF-8 lines that Polars can scan: marks, encodings, quotes, damage."""

import codecs
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vtrkit.errors import InputError

BLOCK = 1 << 22
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BARE_RETURN = re.compile(rb"\r[^\n]")

Told = Callable[[int], None]
"""Is told how many bytes are done."""


@dataclass(frozen=True)
class Survey:
    """What one pass over a file's bytes tells.

    Attributes:
        sha256: the hash of its content.
        size: its bytes.
        mark: the encoding that its first bytes name, if any.
        nul_at: where its first NUL byte stands.
        not_utf8_at: where the first byte stands that is not UTF-8.
        bare_returns: whether a carriage return stands alone, as some exports end their lines.
        packed: whether it is compressed, as Parquet and workbooks are.
    """

    sha256: str
    size: int
    mark: str | None
    nul_at: int | None
    not_utf8_at: int | None
    bare_returns: bool
    packed: bool = False

    @property
    def encoding(self) -> str | None:
        """By its mark, else strict UTF-8, else None: its layout must know."""
        return self.mark or ("utf-8" if self.not_utf8_at is None else None)


def survey(path: Path, told: Told | None = None) -> Survey:
    """Hash and look through a file in one pass; the hashing runs beside the looking."""
    digest, utf8 = hashlib.sha256(), _Utf8()
    size, nul_at, bare, last = 0, None, False, b""
    with path.open("rb") as file, ThreadPoolExecutor(1) as beside:
        start = file.read(4)
        file.seek(0)
        while block := file.read(BLOCK):
            hashed = beside.submit(digest.update, block)
            utf8.feed(block, size)
            if nul_at is None and (found := block.find(b"\0")) >= 0:
                nul_at = size + found
            split = last == b"\r" and block[:1] != b"\n"
            bare = bare or split or _BARE_RETURN.search(block) is not None
            size, last = size + len(block), block[-1:]
            hashed.result()
            if told:
                told(size)
    not_utf8_at = utf8.wrong_at(size)
    ends, packed = bare or last == b"\r", start in (b"PAR1", b"PK\3\4")
    return Survey(digest.hexdigest(), size, _mark(start), nul_at, not_utf8_at, ends, packed)


class _Utf8:
    """Strict UTF-8, block by block; blocks of plain ASCII cost nothing."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._wrong_at: int | None = None

    def feed(self, block: bytes, at: int, final: bool = False) -> None:
        pending = self._decoder.getstate()[0]
        if self._wrong_at is not None or (not pending and block.isascii()):
            return
        try:
            self._decoder.decode(block, final)
        except UnicodeDecodeError as e:
            self._wrong_at = at - len(pending) + e.start

    def wrong_at(self, size: int) -> int | None:
        """Where it is wrong, a character cut off at the end included."""
        self.feed(b"", size, final=True)
        return self._wrong_at


def _mark(start: bytes) -> str | None:
    return next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)


_HEAD_LINES = 8
_HEAD = 1 << 20


def head(path: Path, encoding: str) -> tuple[str, ...]:
    """The first lines as they stand; a wrong byte in them is not complained of here."""
    with path.open("rb") as file:
        start = file.read(_HEAD)
    text = start.decode(encoding, errors="replace").lstrip("\ufeff")
    return tuple(re.split(r"\r\n|\r|\n", text)[:_HEAD_LINES])


def as_utf8(
    path: Path, found: Survey, encodings: Sequence[str], name: str, scratch: Path
) -> tuple[Path, str]:
    """The file itself where Polars can scan it, else a copy in UTF-8 with plain line ends.

    The encoding is the mark's, else strict UTF-8, else the first of `encodings` that fits; it is
    never guessed from statistics.

    Raises:
        InputError: a NUL byte, or a byte that no encoding explains.
    """
    if found.nul_at is not None and found.mark != "utf-16":
        raise InputError(
            f"{name}: line {line_of(path, found.nul_at)} holds a NUL byte; the file is damaged, or "
            "no text; export it again, or save it as UTF-8"
        )
    if found.mark == "utf-16" or found.not_utf8_at is not None:
        tried = [found.mark] if found.mark else encodings
        return _transcoded(path, tried, name, found, scratch)
    encoding = found.mark or "utf-8"
    if found.bare_returns:
        return _transcoded(path, [encoding], name, found, scratch)
    return path, encoding


def _transcoded(
    path: Path, encodings: Sequence[str], name: str, found: Survey, scratch: Path
) -> tuple[Path, str]:
    copy, lines = scratch / f"{found.sha256}.txt", []
    for encoding in encodings:
        with copy.open("w", encoding="utf-8", newline="\n") as out:
            if not (line := _copied(path, encoding, out)):
                return copy, encoding
        lines.append(line)
    wrong = max(lines, default=0) or line_of(path, found.not_utf8_at or 0)
    tried = " nor ".join(dict.fromkeys(["UTF-8" if not found.mark else found.mark, *encodings]))
    raise InputError(
        f"{name}: line {wrong} holds a byte that is not {tried}; save it as UTF-8, or name its "
        "encodings in a mapping"
    )


def _copied(path: Path, encoding: str, out: io.TextIOWrapper) -> int:
    """Copy as UTF-8 with plain line ends; 0, or the line of the first byte that does not fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    plain, lines = io.IncrementalNewlineDecoder(decoder, translate=True), 0
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK)
            try:
                text = plain.decode(block, final=not block)
            except UnicodeDecodeError as e:
                before = e.object[: e.start].decode(e.encoding, errors="replace")
                return lines + len(re.findall(r"\r\n|\r|\n", before)) + 1
            out.write(text.removeprefix("\ufeff") if not lines else text)
            lines += text.count("\n")
            if not block:
                return 0


def line_of(path: Path, offset: int) -> int:
    """The number of the line in which a byte stands, from 1."""
    lines, left = 1, offset
    with path.open("rb") as file:
        while left and (block := file.read(min(BLOCK, left))):
            lines, left = lines + block.count(b"\n"), left - len(block)
    return lines


def refuse_cut(path: Path, fields: int, delimiter: str, name: str) -> None:
    """Refuse a file whose last line was cut off: no line end, and too few fields.

    Raises:
        InputError: with the number of that line.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - BLOCK))
        end = file.read()
    last = re.split(rb"[\r\n]", end)[-1]
    if last and b'"' not in last and last.count(delimiter.encode()) + 1 < fields:
        raise InputError(
            f"{name}: line {line_of(path, size)} ends in the middle, so the file was cut short; "
            "download it again, or delete that line and load what is left"
        )


def refuse_unbalanced(path: Path, delimiter: str, name: str) -> None:
    """Refuse quoted text of which a quotation mark has no partner.

    Raises:
        InputError: with the line in which it stands.
    """
    with path.open("rb") as file:
        if line := unbalanced(file, delimiter):
            raise InputError(
                f"{name}: the quotation mark in line {line} has no partner; close it, or write it "
                "twice where it is part of a quoted cell"
            )


def unbalanced(lines: Iterable[bytes], delimiter: str) -> int:
    r"""The line of the first quotation mark that has no partner, or 0.

    A quoted cell may hold line ends and doubled quotation marks; after its closing mark only a
    delimiter or the end of the line may follow.

    Examples:
        >>> unbalanced([b'id,name\n', b'1,"two\n', b'lines",x\n', b'2,"open\n', b'3,x\n'], ",")
        4
    """
    quoted, closing = _patterns(delimiter)
    opened = 0
    for number, line in _with_quotes(lines):
        rest = line
        if opened:
            found = closing.match(line)
            if found is None:  # still inside, or closed where no cell can end
                if line.replace(b'""', b"").count(b'"'):
                    return opened
                continue
            rest, opened = line[found.end() :], 0
        left = rest[quoted.match(rest).end() :]  # type: ignore[union-attr]
        if not left:
            if rest.count(b'"') % 2:
                return number
        elif left[1:].replace(b'""', b"").count(b'"'):
            return number
        else:
            opened = number
    return opened


def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    by = re.escape(delimiter.encode())
    end = rb"(?=%b|\r?\n|$)" % by
    cell = rb'"(?:[^"]|"")*+"%b|[^"%b\n][^%b\n]*+|(?=%b|\r?\n|$)' % (end, by, by, by)
    return re.compile(rb"(?:(?:%b)(?:%b|\r?\n|$))*+" % (cell, by)), re.compile(
        rb'(?:[^"]|"")*+"%b' % end
    )


def _with_quotes(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    return ((n, line) for n, line in enumerate(lines, 1) if b'"' in line)


def blocks(path: Path, skipped: int, quoted: bool, size: int) -> Iterator[tuple[bytes, int]]:
    """The lines after the first ones, in blocks of whole records, with the bytes that are done."""
    with path.open("rb") as file:
        for _ in range(skipped):
            file.readline()
        if not quoted:
            yield from _whole_lines(file, size)
            return
        rest = b""
        while block := file.read(size):
            block = rest + block
            end = _last_end(block)
            rest = block[end:]
            if end:
                yield block[:end], file.tell()
        if rest:
            yield rest, file.tell()


def _whole_lines(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """The end of a block is looked for before it is read, so that nothing is copied twice."""
    start = file.tell()
    while True:
        file.seek(start + size)
        file.readline()
        end = file.tell()
        file.seek(start)
        if not (block := file.read(end - start)):
            return
        start += len(block)
        yield block, start


def _last_end(block: bytes) -> int:
    """Where the last record ends: after a line end that stands between no two quotation marks."""
    end = block.rfind(b"\n") + 1
    while end and block.count(b'"', 0, end) % 2:
        end = block.rfind(b"\n", 0, end - 1) + 1
    return end
