"""A confirmation file as it would go to Amazon: every cell as text, and what its form is."""

import csv
import re
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import polars as pl

from vtrkit.amazon.upload import COLUMNS
from vtrkit.errors import InputError
from vtrkit.files.delimited import decoded

_MUST = ("order-id", "ship-date", "carrier-code", "tracking-number")
_DELIMITERS = {"\t": "tabs", ";": "semicolons", ",": "commas"}
_MOST_LINES_ABOVE = 5
_WORKBOOKS = (b"PK\3\4", b"\xd0\xcf\x11\xe0")


FOUND = {"line": pl.Int64, "column": pl.String, "what": pl.String, "better": pl.String}
"""A finding: where, what is wrong, and what to enter (null where a person has to look)."""


@dataclass(frozen=True)
class UploadFile:
    """A confirmation file, cell by cell.

    Attributes:
        rows: `line` (its number in the file) and the eight columns as text, blank where there is
            nothing.
        japan: whether it is the Japanese form.
        faults: what Amazon does not take about the form itself; a copy does not have it.
        longer: the lines with more cells than the header, which a copy leaves out.
    """

    rows: pl.DataFrame
    japan: bool
    faults: tuple[str, ...]
    longer: tuple[int, ...] = ()


def read_upload(path: Path) -> UploadFile:
    """Read a confirmation file before it goes to Amazon, whatever a spreadsheet made of it.

    Raises:
        InputError: it is no such file, or a workbook.
    """
    try:
        content = path.read_bytes()
    except OSError as e:
        raise InputError(f"{path.name}: it cannot be read ({e.strerror}); give the file") from e
    if content.startswith(_WORKBOOKS):
        raise InputError(
            f"{path.name}: a workbook, which Amazon does not take here; save it as text with tabs "
            "(in Excel: Save as, Text) and check that file"
        )
    text, encoding = decoded(content)
    lines = re.split("\r\n|[\r\n]", text)  # a line separator of Unicode ends none
    delimiter, at = _header(lines)
    if delimiter is None:
        raise InputError(
            f"{path.name}: no shipping confirmation, for no line names the columns "
            f"{', '.join(_MUST)}; give the file that you upload under Upload order related files"
        )
    names = [name.strip().casefold() for name in _cells(lines[at], delimiter)]
    japan = lines[0].startswith("TemplateType=OrderFulfillment")
    faults = _faults(delimiter, encoding, japan, ascii_only=content.isascii())
    lengths = {n: len(_cells(line, delimiter)) for n, line in enumerate(lines[at + 1 :], at + 2)}
    longer = tuple(n for n, cells in lengths.items() if cells > len(names))
    table = [
        {"line": number} | dict(zip(names, _cells(line, delimiter), strict=False))
        for number, line in enumerate(lines[at + 1 :], at + 2)
        if line.strip(f" {delimiter}")
    ]
    schema = {"line": pl.Int64, **dict.fromkeys(COLUMNS, pl.String)}
    rows = pl.DataFrame([{name: row.get(name) for name in schema} for row in table], schema)
    if rows.is_empty():
        raise InputError(f"{path.name}: it has a header and no lines, so there is nothing to check")
    return UploadFile(
        rows.with_columns(pl.col(COLUMNS).str.strip_chars().fill_null("")),
        japan,
        tuple(faults),
        longer,
    )


def _faults(delimiter: str, encoding: str, japan: bool, *, ascii_only: bool) -> list[str]:
    """What Amazon does not take about how the cells are separated and written."""
    wanted, faults = "cp932" if japan else "utf-8", list[str]()
    if delimiter != "\t":
        faults.append(f"its cells are separated by {_DELIMITERS[delimiter]}; Amazon reads tabs")
    if encoding == "cp932" and not japan:
        faults.append(
            "its encoding is cp932, which only Amazon's Japanese form has, and the two lines above "
            "the header of that form are missing"
        )
    elif encoding != wanted and not ascii_only:
        faults.append(f"its encoding is {encoding}; Amazon reads {wanted}")
    return faults


def _header(lines: list[str]) -> tuple[str | None, int]:
    """What separates the cells, and the line that names the columns."""
    for at, line in enumerate(lines[:_MOST_LINES_ABOVE]):
        for delimiter in _DELIMITERS:
            names = [name.strip().casefold() for name in _cells(line, delimiter)]
            if set(_MUST) <= set(names):
                return delimiter, at
    return None, 0


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line; quotes are a spreadsheet's, and none where they do not close."""
    if '"' not in line:
        return line.split(delimiter)
    with suppress(csv.Error):  # a cell of hundreds of thousands of letters
        return next(csv.reader(StringIO(line), delimiter=delimiter), [])
    return line.split(delimiter)


def wrong(
    rows: pl.DataFrame, which: pl.Expr, column: str, what: str, better: pl.Expr | None = None
) -> pl.DataFrame:
    """The lines of which something is wrong, and what to enter instead."""
    entry = pl.lit(None) if better is None else better
    named = {"column": pl.lit(column), "what": pl.lit(what), "better": entry.cast(pl.String)}
    return rows.filter(which.fill_null(False)).select("line", **named)
