"""Bytes of a text file to blocks of UTF-8: marks, encodings, line ends, damage.

Nothing of it is written down: buyers' names and addresses stand in these bytes.
"""

import codecs
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from vtrkit.errors import InputError

BLOCK = 1 << 22
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_BARE_RETURN = re.compile(rb"\r[^\n]")
_LONGEST = 1 << 28
"""Bytes of a record beyond which the file is taken for no table."""

Open = Callable[[], BinaryIO]
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
        quotes: whether there is a quotation mark in it.
        packed: whether it is compressed, as Parquet and workbooks are.
    """

    sha256: str
    size: int
    mark: str | None
    nul_at: int | None
    not_utf8_at: int | None
    bare_returns: bool
    quotes: bool = False
    packed: bool = False

    @property
    def encoding(self) -> str | None:
        """By its mark, else strict UTF-8, else None: its layout must know."""
        return self.mark or ("utf-8" if self.not_utf8_at is None else None)

    @property
    def is_plain(self) -> bool:
        """Whether its bytes are UTF-8 with line ends that need no translation."""
        return self.encoding in {"utf-8", "utf-8-sig"} and not self.bare_returns


def survey(file: BinaryIO, told: Told | None = None) -> Survey:
    """Hash and look through a file in one pass; the hashing runs beside the looking."""
    digest, utf8 = hashlib.sha256(), _Utf8()
    size, nul_at, bare, quotes, last, start = 0, None, False, False, b"", b""
    with ThreadPoolExecutor(1) as beside:
        while block := file.read(BLOCK):
            hashed = beside.submit(digest.update, block) if len(block) == BLOCK else None
            if hashed is None:  # for a small block a thread costs more than it saves
                digest.update(block)
            start = start or block[:4]
            utf8.feed(block, size)
            if nul_at is None and (place := block.find(b"\0")) >= 0:
                nul_at = size + place
            split = last == b"\r" and block[:1] != b"\n"
            bare = bare or split or (b"\r" in block and _BARE_RETURN.search(block) is not None)
            quotes = quotes or b'"' in block
            size, last = size + len(block), block[-1:]
            if hashed:
                hashed.result()
            if told:
                told(size)
    not_utf8_at, mark = utf8.wrong_at(size), _mark(start)
    ends, packed = bare or last == b"\r", start in (b"PAR1", b"PK\3\4")
    return Survey(digest.hexdigest(), size, mark, nul_at, not_utf8_at, ends, quotes, packed)


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


def head(start: bytes, encoding: str) -> tuple[str, ...]:
    """The first lines as they stand; a wrong byte in them is not complained of here."""
    text = start[:_HEAD].decode(encoding, errors="replace").lstrip("\ufeff")
    return tuple(re.split(r"\r\n|\r|\n", text)[:_HEAD_LINES])


class WrongByteError(Exception):
    """A byte that does not fit an encoding, with the line in which it stands."""

    def __init__(self, line: int) -> None:
        """Keep the number of the line, from 1."""
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class Text:
    """A text file as UTF-8 with plain line ends, whatever its own are, never as a whole.

    Attributes:
        open: opens it anew.
        encoding: of its bytes.
        is_plain: whether its bytes are UTF-8 already and need no translation.
        name: what messages call it.
    """

    open: Open
    encoding: str
    is_plain: bool
    name: str

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """Its bytes, as they come.

        Raises:
            WrongByteError: one does not fit the encoding.
        """
        decoder = codecs.getincrementaldecoder(self.encoding)()
        ends, lines = io.IncrementalNewlineDecoder(decoder, translate=True), 0
        with self.open() as file:
            while block := file.read(size):
                if self.is_plain:
                    yield block
                    continue
                text = _decoded(ends, block, lines)
                text = text if lines else text.removeprefix("\ufeff")
                yield text.encode()
                lines += text.count("\n")
        if not self.is_plain:
            yield _decoded(ends, b"", lines).encode()

    def whole_lines(self) -> Iterator[bytes]:
        """Its lines, with their ends, many at a time."""
        rest = b""
        for block in self.blocks():
            end = block.rfind(b"\n") + 1
            if end:
                yield rest + block[:end]
                rest = b""
            rest += block[end:]
        if rest:
            yield rest

    def lines(self) -> Iterator[bytes]:
        """Its lines, with their ends."""
        for some in self.whole_lines():
            yield from io.BytesIO(some)

    def records(self, skipped: int, quoted: bool, size: int) -> Iterator[tuple[bytes, int]]:
        """What stands below the first lines, in blocks of whole records, with the bytes done.

        Raises:
            InputError: a record is longer than any table has it.
            WrongByteError: a byte does not fit the encoding.
        """
        rest, done = b"", 0
        for block in self.blocks(size):
            done += len(block)
            rest += block
            start = 0
            while skipped and (end := rest.find(b"\n", start) + 1):
                start, skipped = end, skipped - 1
            end = 0 if skipped else _last_end(rest, quoted)
            if end > start:
                yield rest[start:end], done
            elif len(rest) > max(_LONGEST, size):
                raise InputError(
                    f"{self.name}: a row of more than {_LONGEST >> 20} MB; it is no table, or a "
                    "quotation mark is never closed: check the file"
                )
            rest = rest[max(start, end) :]
        if rest and not skipped:
            yield rest, done

    def pieces(self, quoted: bool, size: int) -> Iterator[bytes]:
        """A plain file in pieces of whole records, read without a copy; the first has its top."""
        with self.open() as file:
            start = 0
            while True:
                file.seek(start + size)
                file.readline()
                end = file.tell()
                file.seek(start)
                piece = file.read(end - start)
                while quoted and piece.count(b'"') % 2 and (line := file.readline()):
                    piece += line
                if not piece:
                    return
                yield piece
                start += len(piece)

    def line_of(self, offset: int) -> int:
        """The number of the line in which a byte of the file stands, from 1."""
        lines, left = 1, offset
        with self.open() as file:
            while left and (block := file.read(min(BLOCK, left))):
                lines, left = lines + block.count(b"\n"), left - len(block)
        return lines


def _decoded(ends: io.IncrementalNewlineDecoder, block: bytes, lines: int) -> str:
    try:
        return ends.decode(block, final=not block)
    except UnicodeDecodeError as e:
        before = e.object[: e.start].decode(e.encoding, errors="replace")
        raise WrongByteError(lines + len(re.findall(r"\r\n|\r|\n", before)) + 1) from None


def _last_end(block: bytes, quoted: bool) -> int:
    """Where the last record ends: after a line end that stands between no two quotation marks."""
    end = block.rfind(b"\n") + 1
    while quoted and end and block.count(b'"', 0, end) % 2:
        end = block.rfind(b"\n", 0, end - 1) + 1
    return end


def refuse_nul(text: Text, found: Survey) -> None:
    """Refuse a file with a NUL byte, unless its encoding has them.

    Raises:
        InputError: with the number of its line.
    """
    if found.nul_at is not None and found.mark not in {"utf-16", "utf-32"}:
        raise InputError(
            f"{text.name}: line {text.line_of(found.nul_at)} holds a NUL byte; the file is "
            "damaged, or no text; export it again, or save it as UTF-8"
        )


def refuse_cut(text: Text, end: bytes, fields: int, delimiter: str) -> None:
    """Refuse a file whose last line was cut off: no line end, and too few fields.

    Args:
        text: the file.
        end: its last bytes in UTF-8, more than a line.
        fields: how many fields its header has.
        delimiter: what separates them.

    Raises:
        InputError: with the number of that line.
    """
    last = end.rpartition(b"\n")[2]
    if last and b'"' not in last and last.count(delimiter.encode()) + 1 < fields:
        line = sum(block.count(b"\n") for block in text.blocks()) + 1
        raise InputError(
            f"{text.name}: line {line} ends in the middle, so the file was cut short; download it "
            "again, or delete that line and load what is left"
        )
