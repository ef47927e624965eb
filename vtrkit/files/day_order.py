"""Days that could be day-first or month-first: decided for each file, from all of its rows."""

from dataclasses import replace

import polars as pl

from vtrkit.errors import InputError
from vtrkit.files.layouts import known_layouts
from vtrkit.files.read import Raw, wrapped
from vtrkit.schema import DATES

_SLASHED, _DOTTED = r"^\s*(\d{1,2})/(\d{1,2})/\d{4}", r"^\s*\d{1,2}\.\d{1,2}\.\d{4}"
_DAY_FIRST, _MONTH_FIRST, _DOTS = "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y"
PEEK = 1000
"""Rows that are looked at first: a file that begins with none of these days is not read twice,
unless some of its days cannot be read."""


def decided(raw: Raw, file: str, day_first: bool | None, peek: int | None = PEEK) -> Raw:
    """The file with the form of its days in its layout.

    Args:
        raw: the file as read.
        file: its name, for messages.
        day_first: what the user says; None to look at the rows.
        peek: how many rows are looked at for such days at all; None for all of them. Where there
            are any, all rows decide.

    Raises:
        InputError: both readings fit every row and they differ.
    """
    names = [name for name in DATES if name in raw.rows.collect_schema()]
    own = any("/" in form for form in raw.layout.dates) and raw.layout not in known_layouts()
    if not names or own:  # the user's mapping says it
        return raw
    with wrapped(file):
        cells = raw.rows.select(pl.col(names).cast(pl.String))
        first = cells if peek is None else cells.head(peek)
        dotted, slashed = _any(first, _DOTTED), _any(first, _SLASHED)
        forms = [form for form in raw.layout.dates if "/" not in form] + [_DOTS] * dotted
        if slashed:
            told = _by_rows(cells, raw.layout.dates) if day_first is None else day_first
            if told is None:
                raise InputError(
                    f"{file}: days such as 05/06/2026 could be day-first or month-first and no row "
                    "decides; give the option day_first (--day-first or --month-first)"
                )
            forms.insert(0, _DAY_FIRST if told else _MONTH_FIRST)
    return replace(raw, layout=replace(raw.layout, dates=tuple(forms)))


def overlooked(rejects: pl.DataFrame) -> bool:
    """Whether rows were rejected for a day that the first rows gave no reason to expect."""
    names = [name for name in DATES if name in rejects.columns]
    wrong = rejects.filter(pl.col("rule").str.ends_with("is not a day")).select(names)
    return bool(names) and any(_any(wrong.lazy(), form) for form in (_DOTTED, _SLASHED))


def _any(cells: pl.LazyFrame, pattern: str) -> bool:
    found = pl.any_horizontal(pl.all().str.contains(pattern).any())
    return bool(cells.select(found.fill_null(False)).collect().item())


def _by_rows(cells: pl.LazyFrame, forms: tuple[str, ...]) -> bool | None:
    """Whether the day stands first, by a part above 12, else by the layout; None if both fit."""
    parts = [pl.all().str.extract(_SLASHED, n).cast(pl.Int64, strict=False) for n in (1, 2)]
    first, second = (cells.select(pl.max_horizontal(p.max())).collect().item() for p in parts)
    if (first > 12) != (second > 12):
        return bool(first > 12)
    if any(form.startswith("%m/%d") for form in forms):
        return False
    return None if first > 12 or _differs(cells) else False


def _differs(cells: pl.LazyFrame) -> bool:
    """Whether some day means another one when it is read the other way round."""
    parts = [
        [pl.col(name).str.extract(_SLASHED, n).cast(pl.Int64) for n in (1, 2)]
        for name in cells.collect_schema().names()
    ]
    found = pl.any_horizontal((first != second).any() for first, second in parts)
    return bool(cells.select(found.fill_null(False)).collect().item())
