"""The packages table as people hand it over: every column there, of its type, or refused."""

from collections.abc import Iterable

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.marketplaces import country, spellings
from vtrkit.schema import DEFAULT_ACCOUNT, PACKAGES, UNKNOWN_CATEGORY, UNNAMED_MARKETPLACE
from vtrkit.tracking.carriers import by_text

_KEY_DEFAULTS = {
    "account": DEFAULT_ACCOUNT,
    "marketplace": UNNAMED_MARKETPLACE,
    "package_id": "1",
    "category": UNKNOWN_CATEGORY,
}
_TEXTS = (pl.String, pl.Categorical)
_NO_TEXT = (pl.Binary, pl.Duration)
_COUNTRIES = ("origin", "destination")
_MUST = {
    pl.Date: "days such as 2026-01-31",
    pl.Boolean: "true or false",
    pl.Int32: "whole numbers",
    pl.Float64: "numbers",
}


def conform(packages: pl.LazyFrame) -> pl.LazyFrame:
    """The packages table with every column present, of its type, and no null in a key.

    Columns that are absent become null (not known); extra ones are kept as they are. Text is read
    where it can only mean one thing: `Shipped`, `2026-01-31`, `3`. Marketplaces become their
    letters, countries their ISO codes, whatever they are called; no country is not known.

    Raises:
        ParameterError: a column holds something else; the message names it.

    Examples:
        >>> conform(pl.LazyFrame({"scans": ["3"]})).select("scans", "account").collect().row(0)
        (3, 'default')
    """
    if not (given := packages.collect_schema()):
        raise ParameterError("packages: the table has no columns; give one of vtrkit.load")
    typed = {n: _read(n, given[n], t) for n, t in PACKAGES.items() if n in given}
    if given.get("marketplace") == pl.String:
        typed["marketplace"] = two_letters(pl.col("marketplace")).cast(PACKAGES["marketplace"])
    for name in typed.keys() & _COUNTRIES:
        typed[name] = by_text(name, countries, pl.String())
    if of_text := [n for n, t in PACKAGES.items() if _from_text(given.get(n), t)]:
        lost = [pl.col(n).is_not_null() & typed[n].is_null() for n in of_text]
        _refuse(
            n
            for n, odd in packages.select(x.any() for x in lost).collect().to_dicts()[0].items()
            if odd
        )
    columns = []
    for name, dtype in PACKAGES.items():
        column = typed.get(name, pl.lit(None, dtype))
        if name in _KEY_DEFAULTS:
            column = column.fill_null(pl.lit(_KEY_DEFAULTS[name], dtype))
        if given.get(name) != dtype or dtype.is_float() or name in (*_KEY_DEFAULTS, *_COUNTRIES):
            columns.append(column.alias(name))
    return packages.with_columns(columns)


def _from_text(given: pl.DataType | None, dtype: pl.DataType) -> bool:
    """Whether a column of text stands where something else belongs."""
    return given in _TEXTS and dtype not in _TEXTS


def _read(name: str, given: pl.DataType, dtype: pl.DataType) -> pl.Expr:
    """A column as its type; null where text means nothing of it."""
    column = pl.col(name).fill_nan(None) if given.is_float() else pl.col(name)
    if given in (dtype, pl.Null):
        return column.cast(dtype)
    if dtype in _TEXTS and not (given.is_nested() or given in _NO_TEXT):
        return column.cast(pl.String).cast(dtype)
    if _from_text(given, dtype):
        text = column.cast(pl.String).str.strip_chars()
        if dtype == pl.Date:
            return text.str.to_date("%F", strict=False)
        if dtype == pl.Boolean:
            flags = {"true": True, "false": False}
            return text.str.to_lowercase().replace_strict(flags, default=None, return_dtype=dtype)
        return (text.str.to_lowercase() if dtype == pl.Enum else text).cast(dtype, strict=False)
    if dtype == pl.Date:
        # which day a stamp of a zone is on, the marketplace's clock says, and `load` knows it
        alike = given == pl.Datetime and getattr(given, "time_zone", None) is None
    else:
        alike = given.is_numeric() or given == pl.Boolean
    if given == pl.Enum or not alike or dtype == pl.Enum:
        _refuse([name])
    return column.cast(dtype)


def two_letters(name: pl.Expr) -> pl.Expr:
    """A marketplace by its letters, whatever it is called; other names stay as they are."""
    return name.str.to_lowercase().replace_strict(spellings(), default=name)


def countries(names: pl.Series) -> pl.Series:
    """The ISO codes of countries."""
    return pl.Series([country(name) for name in names], dtype=pl.String())


def _refuse(names: Iterable[str]) -> None:
    """Say what columns must hold, if there are any."""
    for name in names:
        dtype = PACKAGES[name]
        must = (
            f"one of {', '.join(dtype.categories)}"
            if isinstance(dtype, pl.Enum)
            else _MUST.get(type(dtype), "text")
        )
        raise ParameterError(
            f"packages: {name} must hold {must}; read your files with vtrkit.load, or change the "
            "column first"
        )
