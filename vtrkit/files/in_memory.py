"""Tables in memory among the inputs: read like Parquet, and named `table`."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import polars as pl

from vtrkit.files.encoding import Survey
from vtrkit.files.sources import Source
from vtrkit.given import ArrowStream, is_table, polars_table

Given = Path | str | ArrowStream | pl.LazyFrame
"""A path, or a table of any library."""


def parted(given: Sequence[Given]) -> tuple[list[Source], list[Path | str]]:
    """The tables as sources, and the paths.

    Raises:
        InputError: a table cannot be handed over.
    """
    tables = [one for one in given if is_table(one)]
    names = [f"table {n + 1}" if len(tables) > 1 else "table" for n in range(len(tables))]
    sources = [in_memory(table, name) for table, name in zip(tables, names, strict=True)]
    return sources, [one for one in given if not is_table(one)]  # type: ignore[misc]


def in_memory(given: ArrowStream | pl.LazyFrame, name: str) -> Source:
    """A table as a source."""
    table = polars_table(given, name)
    size, digest = int(table.estimated_size()), _sha256(table)
    survey = Survey(digest, size, None, None, None, bare_returns=False)
    return Source(name, None, survey, _no_file, table=table)


def _sha256(table: pl.DataFrame) -> str:
    """The same for the same names, types and rows, whatever the pieces they lie in."""
    texts = table.with_columns(pl.col(pl.Categorical).cast(pl.String))  # whatever their codes
    digest = hashlib.sha256(repr(texts.schema).encode())
    if texts.width:
        digest.update(texts.hash_rows().to_numpy().data)
    return digest.hexdigest()


def _no_file() -> NoReturn:
    raise AssertionError("a table in memory is not opened")
