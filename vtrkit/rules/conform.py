"""The packages table as people hand it over: every column there, of its type, or refused."""

from functools import partial
from typing import NoReturn

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
IS_DELIVERED = pl.col("delivered_date").is_not_null() | pl.col("is_delivered").fill_null(False)
"""Whether a parcel is known to have been delivered, even if no file says when, or if it went under
another number than Amazon has: it is too late for another entry then. Verdicts rest on scans."""
_TEXTS = (pl.String, pl.Categorical)
_NO_TEXT = (pl.Binary, pl.Duration)
_COUNTRIES = ("origin", "destination")
_FLAGS = pl.Enum(["false", "true"])
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
        ParameterError: a column holds something else, which for text shows when it is collected;
            the message names it.

    Examples:
        >>> conform(pl.LazyFrame({"scans": ["3"]})).select("scans", "account").collect().row(0)
        (3, 'default')
    """
    if not (given := packages.collect_schema()):
        raise ParameterError("packages: the table has no columns; give one of vtrkit.load")
    typed = {n: _read(n, given[n], t) for n, t in PACKAGES.items() if n in given}
    if given.get("marketplace") == pl.String:
        place = PACKAGES["marketplace"]
        typed["marketplace"] = by_text("marketplace", lambda x: letters(x).cast(place), place)
    for name in typed.keys() & _COUNTRIES:
        typed[name] = by_text(name, countries, pl.String())
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
        typed = partial(_typed, name, dtype)
        return column.map_batches(typed, return_dtype=dtype, is_elementwise=True)
    if dtype == pl.Date:
        # which day a stamp of a zone is on, the marketplace's clock says, and `load` knows it
        alike = given == pl.Datetime and getattr(given, "time_zone", None) is None
    else:
        alike = given.is_numeric() or given == pl.Boolean
    if given == pl.Enum or not alike or dtype == pl.Enum:
        _refuse(name)
    return column.cast(dtype)


def _typed(name: str, dtype: pl.DataType, texts: pl.Series) -> pl.Series:
    """Texts as what they mean; most tables have them spelled right, which is quick to read."""
    texts = texts.cast(pl.String)
    typed = _spelled(dtype, texts)
    if typed.null_count() > texts.null_count():
        typed = _spelled(dtype, texts.str.strip_chars().str.to_lowercase())
    if typed.null_count() > texts.null_count():
        _refuse(name)
    return typed


def _spelled(dtype: pl.DataType, texts: pl.Series) -> pl.Series:
    """Texts as values of a type; null where they are spelled otherwise."""
    if dtype == pl.Date:
        return texts.str.to_date("%F", strict=False)
    if dtype == pl.Boolean:
        return texts.cast(_FLAGS, strict=False).to_physical().cast(pl.Boolean)
    return texts.cast(dtype, strict=False)


def two_letters(name: pl.Expr) -> pl.Expr:
    """A marketplace by its letters, whatever it is called; other names stay as they are."""
    return name.str.to_lowercase().replace_strict(spellings(), default=name)


def letters(names: pl.Series) -> pl.Series:
    """Marketplaces by their letters."""
    return names.to_frame("name").select(two_letters(pl.col("name"))).to_series()


def countries(names: pl.Series) -> pl.Series:
    """The ISO codes of countries."""
    return pl.Series([country(name) for name in names], dtype=pl.String())


def _refuse(name: str) -> NoReturn:
    """Say what a column must hold."""
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
