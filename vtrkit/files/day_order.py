"""Days as spreadsheets write them: which forms a file has, and whether the day stands first."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import polars as pl

from vtrkit.errors import UnrecognisedError
from vtrkit.files.days import TIDIED, WHERE, civil_day
from vtrkit.files.layouts import known_layouts
from vtrkit.files.raw import Raw, wrapped
from vtrkit.schema import DATES

_SLASHED = r"^\s*(?:\p{L}+\.?,? )?(\d{1,2})[/-](\d{1,2})[/-](\d{4}|\d{2})(?:\D|$)"
_ISO = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"  # \d is also a full-width digit
DAY_FIRST, MONTH_FIRST = "%d/%m/%Y", "%m/%d/%Y"
_FORMS = {
    r"^\s*(?:\p{L}+\.?,? )?\d{1,2}\.\d{1,2}\.\d{2,4}": "%d.%m.%Y",
    r"^\s*\d{4}/\d{1,2}/\d{1,2}": "%Y/%m/%d",
    r"^\s*\d{4}\.\d{1,2}\.\d{1,2}": "%Y.%m.%d",
    r"^\s*(?:\p{L}+\.?, )?\d{1,2}(?:st|nd|rd|th|\.)?[-/ ]*\p{L}{2,12}": "%d-%B-%Y",
    r"^\s*\d{4}-\p{L}{3,12}-\d{1,2}": "%d-%B-%Y",
    r"^\s*(?:\p{L}+\.?,? )?\p{L}{3,10}\.? \d{1,2},? ?\d{4}": "%B %d, %Y",
    r"^\s*20\d{6}(?:\D|$)": "%Y%m%d",
    r"(?:\d|[AP]M) [A-Z]{2,5}\s*$|^\d{4}年|^['’=\x{22}]|[‐-―０-９]": TIDIED,
    r"[A-Z][A-Za-z]+/[A-Za-z_/]+\]?\s*$": TIDIED,  # Europe/Berlin
}
"""Forms that can be read one way only, by how their days look."""
_SERIAL = r"^\s*4[2-9]\d{3}(?:[.,]\d+)?\s*$"
"""A day as spreadsheets count them, with its time, of 2015 to 2036."""
_YEARS = (15, 40)
"""Years of two digits that a first part may be taken for."""


def decided(raw: Raw, file: str, day_first: bool | None, peek: bool = True) -> Raw:
    """The file with the forms of its days in its layout.

    Args:
        raw: the file as read.
        file: its name, for messages.
        day_first: what the user says of files whose rows do not tell; None if nothing.
        peek: whether only the first rows are looked at for such days at all: a file that begins
            with none is not read twice, unless some of its days cannot be read. Where there are
            any, all rows decide.

    Raises:
        UnrecognisedError: both readings fit every row and they differ.
    """
    names = [name for name in (*DATES, "changed_at") if name in raw.first.columns]
    own = raw.layout not in known_layouts() and any("%m" in form for form in raw.layout.dates)
    if not names or own:  # the user's mapping says it
        return raw
    with wrapped(file):
        some = _serials(raw.first.lazy(), names) if peek else names
        raw = replace(raw, serials=frozenset(_serials(raw.rows, some) if some else ()))
        cells = raw.rows.select(pl.col(names).cast(pl.String))
        first = raw.first.lazy().select(pl.col(names).cast(pl.String)) if peek else cells
        forms, slashed = _forms(first, raw.layout.dates)
        if slashed:
            order = _order(cells, raw.layout.dates, day_first)
            if order is None:
                what = (
                    "days such as 05/06/2026 could be day-first or month-first (or begin with the "
                    "year, as 24/09/26) and no row decides"
                )
                instead = "give the option day_first (--day-first or --month-first)"
                raise UnrecognisedError(f"{file}: {what}; {instead}", what, instead)
            forms.insert(0, DAY_FIRST if order else MONTH_FIRST)
    return replace(raw, layout=replace(raw.layout, dates=tuple(dict.fromkeys(forms))))


def overlooked(rejects: pl.DataFrame) -> bool:
    """Whether rows were rejected for a day that the first rows gave no reason to expect."""
    names = [name for name in DATES if name in rejects.columns]
    day = pl.col("rule").str.contains(r"_(date|at) is (not a day|out of range)$")
    return rejects.height > 0 and any(
        _any(rejects.filter(day).select(names).lazy(), [_SLASHED, *_FORMS, _SERIAL])
    )


def meant_days(texts: pl.Series, day_first: bool | None) -> pl.Series:
    """The day that each text means, whatever the others mean; null where it may be either of two.

    Args:
        texts: of one column.
        day_first: what the user says of days that nothing else decides; None if nothing.

    Examples:
        >>> days = pl.Series(["8/7/2026", "31/7/2026", "24-Sep-26"])
        >>> meant_days(days, None).dt.to_string().to_list()
        ['2026-07-08', '2026-07-31', '2026-09-24']
    """
    rows = pl.DataFrame({"day": texts}).with_columns(pl.lit(None, pl.String).alias(WHERE))
    cells = rows.lazy().select("day")
    forms, slashed = _forms(cells, ())
    order = _order(cells, (), day_first) if slashed else True
    by_day, by_month = (
        civil_day(pl.col("day"), (form, *forms), {}) for form in (DAY_FIRST, MONTH_FIRST)
    )
    both = by_day.is_not_null() & (by_day != by_month)
    usual = {True: by_day, False: by_month, None: pl.lit(None, pl.Date)}[order]
    one = pl.coalesce(by_day, by_month)
    return rows.select(pl.when(both).then(usual).otherwise(one)).to_series()


def _forms(cells: pl.LazyFrame, own: Sequence[str]) -> tuple[list[str], bool]:
    """The forms that days have, beside their layout's own, and whether some are as 05/06/2026."""
    slashed, *others = there = _any(cells, [_SLASHED, *_FORMS])
    forms = [form for form in own if "/" not in form]
    forms += [form for form, some in zip(_FORMS.values(), others, strict=True) if some]
    return [*forms, *([TIDIED] if any(there) else [])], slashed


def _serials(rows: pl.LazyFrame, names: Iterable[str]) -> list[str]:
    """The columns in which every day is a count of days: beside other forms it may be anything."""
    text = pl.col(*names).cast(pl.String).str.strip_chars().replace("", None)
    counts = rows.select(text.str.contains(_SERIAL)).select(pl.all().all() & pl.all().any())
    return [
        name
        for name, is_count in counts.collect(engine="in-memory").to_dicts()[0].items()
        if is_count
    ]


def _any(cells: pl.LazyFrame, patterns: list[str]) -> list[bool]:
    """Whether some day looks so, by pattern."""
    iso = pl.all().str.contains(_ISO).all().fill_null(True)
    if cells.select(pl.all_horizontal(iso)).collect(engine="in-memory").item():
        return [False] * len(patterns)
    found = [
        pl.any_horizontal(pl.all().str.contains(pattern).any()).fill_null(False).alias(pattern)
        for pattern in patterns
    ]
    return list(cells.select(found).collect(engine="in-memory").row(0))


def _order(cells: pl.LazyFrame, own: Sequence[str], day_first: bool | None) -> bool | None:
    """Whether the day stands first: by a part above 12, else as the user or the layout says.

    None if both orders fit.
    """
    day = pl.concat(
        [cells.select(pl.col(name).alias("day")) for name in cells.collect_schema().names()]
    )
    parts = [pl.col("day").str.extract(_SLASHED, n).cast(pl.Int64, strict=False) for n in (1, 2, 3)]
    table = day.select(first=parts[0], second=parts[1], third=parts[2]).drop_nulls().collect()
    first, second = (table[name].max() for name in ("first", "second"))
    assert isinstance(first, int) and isinstance(second, int)
    years = table["first"].is_between(*_YEARS).all() and (table["third"] < 100).all()
    if (first > 12) != (second > 12) and not (years and second <= 12):
        return first > 12
    if day_first is not None or years:
        return day_first
    if any(form.startswith("%m/%d") for form in own):
        return False
    return None if first > 12 or (table["first"] != table["second"]).any() else False
