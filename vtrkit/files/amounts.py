"""Texts of amounts to numbers, however currencies, thousands and decimals are written."""

import polars as pl

_SIGNS = r"^[\s\u00a0\u202f€$£¥]+|[\s\u00a0\u202f€$£¥]+$"
_COMMA_LAST = r"^[-+]?(\d+|\d{1,3}(\.\d{3})+),\d{1,2}$"
_COMMA_GROUPS = r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$"
_DOT_GROUPS = r"^\D*[1-9]\d{0,2}(\.\d{3})+\D*$"
_DOT_LAST = r"\d\.(\d{1,2}|\d{4,})\D*$"


def amounts(texts: pl.Series) -> pl.Series:
    """Amounts of a text file: 1.234 is a thousand and more, unless others show a decimal point.

    Nobody prices to a tenth of a cent.
    """
    grouped = texts.str.contains(_DOT_GROUPS)
    if not grouped.any() or texts.str.contains(_DOT_LAST).any():
        return numbers(texts)
    whole = pl.when(grouped).then(pl.col("text").str.replace_all(".", "", literal=True))
    frame = pl.DataFrame({"text": texts})
    return numbers(frame.select(whole.otherwise("text")).to_series())


def numbers(texts: pl.Series) -> pl.Series:
    """Numbers; only where some are not plain ones, signs of currencies and decimal commas too."""
    plain = texts.cast(pl.Float64, strict=False)
    if plain.null_count() == texts.null_count():
        return plain
    bare = pl.col("text").str.replace_all(_SIGNS, "")
    comma = bare.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    told = (
        pl.when(bare.str.contains(_COMMA_LAST))
        .then(comma)
        .when(bare.str.contains(_COMMA_GROUPS))
        .then(bare.str.replace_all(",", "", literal=True))
        .otherwise(bare)
    )
    frame = pl.DataFrame({"text": texts})
    return frame.select(told.cast(pl.Float64, strict=False)).to_series()
