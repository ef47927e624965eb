"""Whether quotation marks of a table in text mean anything, and what is wrong with them."""

import io
import re
from collections.abc import Callable, Iterable
from itertools import chain

from vtrkit.errors import InputError

Lines = Callable[[], Iterable[bytes]]
"""Gives the lines of a file with their ends, each for itself or many at a time."""


def are_quoted(lines: Lines, skipped: int, fields: int, delimiter: str, name: str) -> bool:
    r"""Whether cells in quotation marks may hold delimiters and line ends.

    Amazon's tab files quote nothing, and a title may begin with a mark; a spreadsheet that saves
    such a file quotes some cells. Where each line has all its fields whatever its marks, a tab
    file is read literally, and so is another one whose marks have no partner.

    Args:
        lines: gives the lines of the file, from the first one on.
        skipped: how many of them stand above the rows.
        fields: how many fields the header has.
        delimiter: what separates them.
        name: what messages call the file.

    Raises:
        InputError: a mark has no partner, and the lines do not have all their fields without it.

    Examples:
        >>> rows = [b'1\t"two\n', b'lines"\n']
        >>> are_quoted(lambda: rows, 0, 2, "\t", "a.txt")
        True
        >>> are_quoted(lambda: [b'1\t"15 inch" tray\n'], 0, 2, "\t", "a.txt")
        False
    """
    if delimiter == "\t":
        return not _all_whole(lines(), skipped, fields, delimiter) and not unbalanced(
            lines(), delimiter
        )
    if not (line := unbalanced(lines(), delimiter)):
        return True
    if _all_whole(lines(), skipped, fields, delimiter):
        return False
    raise InputError(
        f"{name}: the quotation mark in line {line} has no partner; close it, or write it twice "
        "where it is part of a quoted cell"
    )


def _all_whole(lines: Iterable[bytes], skipped: int, fields: int, delimiter: str) -> bool:
    """Whether every line that is not blank has as many fields as the header, marks or not."""
    by = delimiter.encode()
    return all(
        line.count(by) + 1 == fields or line.isspace()
        for number, line in enumerate(chain.from_iterable(map(io.BytesIO, lines)))
        if number >= skipped
    )


def unbalanced(lines: Iterable[bytes], delimiter: str) -> int:
    r"""The line of the first quotation mark that has no partner, or 0.

    A quoted cell may hold line ends and doubled quotation marks; after its closing mark only a
    delimiter or the end of the line may follow.

    Examples:
        >>> unbalanced([b'id,name\n', b'1,"two\n', b'lines",x\n', b'2,"open\n', b'3,x\n'], ",")
        4
    """
    opened = number = 0
    for some in lines:
        if not opened and _balanced(some, delimiter):
            number += some.count(b"\n")
            continue
        wrong, opened = _line_by_line(some, number, opened, delimiter)
        if wrong:
            return wrong
        number += some.count(b"\n")
    return opened


def _balanced(lines: bytes, delimiter: str) -> bool:
    """Whether each mark has its partner in these lines: seen at once, as nearly all are.

    Of all marks every second one opens: at the start of a cell, or as the second of a doubled one.
    """
    if b'"' not in lines:
        return True
    import numpy as np  # noqa: PLC0415 - NumPy waits until it is used

    text = np.frombuffer(b"\n%b\n" % lines, np.uint8)
    marks = np.flatnonzero(text == ord('"'))
    opens, closes = text[marks[::2] - 1], text[marks[1::2] + 1]
    starts, ends = np.zeros((2, 256), np.bool_)
    starts[[*b'\n"', ord(delimiter)]] = ends[[*b'\r\n"', ord(delimiter)]] = True
    return len(marks) % 2 == 0 and bool(starts[opens].all() and ends[closes].all())


def _line_by_line(lines: bytes, number: int, opened: int, delimiter: str) -> tuple[int, int]:
    """The first line whose mark has no partner, and the line of the mark that is still open; or 0.

    Args:
        lines: some lines.
        number: how many lines stand before them.
        opened: the line of a mark that is open at their start, or 0.
        delimiter: what separates cells.
    """
    quoted, closing = _patterns(delimiter)
    for line in io.BytesIO(lines):
        number += 1
        if b'"' not in line:
            continue
        rest = line
        if opened:
            end = closing.match(line)
            if end is None:  # still inside, or closed where no cell can end
                if line.replace(b'""', b"").count(b'"'):
                    return opened, 0
                continue
            rest, opened = line[end.end() :], 0
        left = rest[quoted.match(rest).end() :]  # type: ignore[union-attr]
        if not left:
            if rest.count(b'"') % 2:
                return number, 0
        elif left[1:].replace(b'""', b"").count(b'"'):
            return number, 0
        else:
            opened = number
    return 0, opened


def _patterns(delimiter: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    by = re.escape(delimiter.encode())
    end = rb"(?=%b|\r?\n|$)" % by
    cell = rb'"(?:[^"]|"")*+"%b|[^"%b\n][^%b\n]*+|(?=%b|\r?\n|$)' % (end, by, by, by)
    return re.compile(rb"(?:(?:%b)(?:%b|\r?\n|$))*+" % (cell, by)), re.compile(
        rb'(?:[^"]|"")*+"%b' % end
    )
