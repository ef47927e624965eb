"""Workbooks to tables: the one sheet whose header is known."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from zipfile import ZipFile, is_zipfile

import polars as pl

from vtrkit.errors import InputError
from vtrkit.files.damage import SURE_DIGITS
from vtrkit.files.sources import BAD_ARCHIVE

_TOP_ROWS = 8
_ERROR_CELL = re.compile(rb'(<(?:\w+:)?c\b[^<>]*?\st=)"e"')
_BEYOND = rf"^\d{{{SURE_DIGITS + 1},}}$"
Header = Sequence[str]
Wanted = Callable[[Sequence[str]], set[str] | None]
"""The headers that are read of a header row, or None where the row is none."""


def sheet(content: bytes, name: str, wanted: Wanted) -> tuple[list[str], pl.LazyFrame]:
    """The sheet that has a known header among its first rows, its columns named by their places.

    Cells of columns that are not wanted are not read. A workbook without any such sheet gives the
    first row of its first one, for the message to speak of.

    Returns:
        The header, and the wanted columns.

    Raises:
        InputError: it is no workbook, or several sheets have such a header.
    """
    if not is_zipfile(BytesIO(content)):
        raise InputError(f"{name}: is damaged or cut short; download it again")
    with _damaged(name):
        content = _with_errors(content)
        from fastexcel import read_excel  # noqa: PLC0415 - only workbooks need it

        book = read_excel(content)
        tops = {title: _top(content, title) for title in book.sheet_names}
        fitting = [
            (title, row, header)
            for title, rows in tops.items()
            for row, header in _first(rows, wanted)
        ]
        if len(fitting) > 1:
            raise InputError(
                f"{name}: {len(fitting)} of its {len(tops)} sheets hold data that would be read; "
                "save each as a file of its own"
            )
        first = [row for rows in tops.values() for row in rows if any(row)]
        if not first:
            raise InputError(f"{name}: none of its sheets holds a table; check the file")
        if not fitting:
            return list(first[0]), pl.LazyFrame()
        table, (title, row, header) = _columns(content, *fitting[0], wanted), fitting[0]
        beyond = [name for name in table.columns if table[name].str.contains(_BEYOND).any()]
        if beyond:  # as truth only cells of numbers are read
            at = [int(name) for name in beyond]
            sheet = book.load_sheet(title, header_row=row, use_columns=at, dtypes="boolean")
            numbers = dict(zip(beyond, sheet.to_polars(), strict=True))
            table = table.with_columns(_kept(table[n], numbers[n]) for n in beyond)
        return list(header), table.filter(~pl.all_horizontal(pl.all().is_null())).lazy()


def _with_errors(content: bytes) -> bytes:
    """The workbook with error values such as #N/A as texts; else such a cell reads as a blank."""
    with ZipFile(BytesIO(content)) as book:
        parts = {part: book.read(part) for part in book.infolist()}
    spelt = {part: _ERROR_CELL.sub(rb'\1"str"', xml) for part, xml in parts.items()}
    if spelt == parts:
        return content
    made = BytesIO()
    with ZipFile(made, "w") as book:
        for part, xml in spelt.items():
            book.writestr(part, xml)
    return made.getvalue()


def _kept(texts: pl.Series, numbers: pl.Series) -> pl.Series:
    """Texts, and of numbers what a spreadsheet keeps of their digits, which the others replace."""
    which = (numbers.is_not_null() & texts.str.contains(_BEYOND)).fill_null(False)
    digits = [f"{float(text):.{SURE_DIGITS - 1}E}" for text in texts.filter(which)]
    return texts.scatter(which.arg_true(), pl.Series(digits, dtype=pl.String))


def _first(rows: list[Header], wanted: Wanted) -> Iterator[tuple[int, Header]]:
    found = ((n, row) for n, row in enumerate(rows) if wanted(row) is not None)
    return iter([first] if (first := next(found, None)) else [])


def _top(content: bytes, title: str) -> list[Header]:
    from fastexcel import FastExcelError  # noqa: PLC0415

    try:
        top = _read(
            content, title, has_header=False, read_options={"n_rows": _TOP_ROWS, "skip_rows": 0}
        )
    except (pl.exceptions.NoDataError, FastExcelError):  # an empty sheet, or one of charts
        return []
    return [tuple(str(cell or "") for cell in row) for row in top.rows()]


def _columns(content: bytes, title: str, row: int, header: Header, wanted: Wanted) -> pl.DataFrame:
    names = wanted(header) or set()
    places = [place for place, name in enumerate(header) if name in names]
    table = _read(content, title, columns=places, read_options={"header_row": row})
    table.columns = [f"{place}" for place in places]
    return table


def _read(content: bytes, title: str, **options: object) -> pl.DataFrame:
    table = pl.read_excel(  # type: ignore[call-overload]
        content,
        sheet_name=title,
        engine="calamine",
        infer_schema_length=0,
        drop_empty_rows=False,
        **options,
    )
    assert isinstance(table, pl.DataFrame)
    return table


@contextmanager
def _damaged(name: str) -> Iterator[None]:
    from fastexcel import FastExcelError  # noqa: PLC0415

    try:
        yield
    except (FastExcelError, *BAD_ARCHIVE) as e:
        raise InputError(
            f"{name}: cannot be read as a table ({type(e).__name__}); open it, check that it holds "
            "a sheet with a header, and save it again as .xlsx or .csv"
        ) from None
