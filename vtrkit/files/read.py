"""Files of several kinds to frames of text, each with the layout that its header fits."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
import polars.selectors as cs

from vtrkit.errors import InputError, UnrecognisedError
from vtrkit.files import workbooks
from vtrkit.files.delimited import PROBE, text_table
from vtrkit.files.forms import Layout
from vtrkit.files.raw import PARQUET, XLSX, Raw, Table, mapped_columns, wanted_headers, wrapped
from vtrkit.files.sources import Source
from vtrkit.schema import PACKAGES

_NO_TEXT = {
    b"%PDF": ("a PDF", "download the report as text, CSV or XLSX"),
    b"\xd0\xcf\x11\xe0": ("a workbook of the old kind (.xls)", "save it as .xlsx or CSV"),
    b"Rar!": ("a RAR archive", "unpack it"),
    b"7z\xbc\xaf": ("a 7z archive", "unpack it"),
    b"\x89PNG": ("a picture", "export the table itself"),
    b"\xff\xd8\xff": ("a picture", "export the table itself"),
}


def read(source: Source, mapped: tuple[Layout, ...], scratch: Path) -> Raw:
    """The mapped columns of a file, and no others, as a lazy frame.

    Args:
        source: the file.
        mapped: the layouts of the user's mapping, which go before the known ones.
        scratch: a folder for the mapped columns as Parquet, where Polars cannot scan the file
            itself; no other cell of it is ever written down.

    Raises:
        InputError: it is not what its name says, is damaged, or its encoding is not known.
        UnrecognisedError: its header fits no layout, or one of a kind without packages.
    """
    with wrapped(source.name):
        if source.table is not None:
            return _typed(source.table.lazy(), source, mapped)
        with source.open() as file:
            start = file.read(PROBE)
        if start.startswith(b"PAR1"):
            parquet = pl.scan_parquet(source.path or source.content(), glob=False)
            return _typed(parquet, source, mapped)
        if start.startswith(b"PK\3\4"):
            wanted = partial(wanted_headers, mapped)
            header, table = workbooks.sheet(source.content(), source.name, wanted)
            return mapped_columns(Table(table, header, XLSX), source, mapped)
        for signature, (what, instead) in _NO_TEXT.items():
            if start.startswith(signature):
                message = f"{source.name}: {what}, whatever its name says; {instead}"
                raise UnrecognisedError(message, what, instead)
        no_text = b"\0" in start.split(b"\n")[0] or source.survey.not_utf8_at is not None
        if b"\0" in start[:_BINARY] and no_text and source.survey.mark is None:
            instead = "export it as one of these"
            what = "neither text, Parquet nor XLSX, whatever its name says"
            raise UnrecognisedError(f"{source.name}: {what}; {instead}", what, instead)
        return text_table(source, start, mapped, scratch)


_BINARY = 1 << 12


def _typed(table: pl.LazyFrame, source: Source, mapped: tuple[Layout, ...]) -> Raw:
    """A table whose cells have types already."""
    header = table.collect_schema().names()
    table = table.rename({name: f"{place}" for place, name in enumerate(header)})
    table = table.with_columns(cs.float().fill_nan(None))  # as pandas writes what is not known
    raw = mapped_columns(Table(table, header, PARQUET), source, mapped)
    for name, dtype in raw.first.schema.items():
        if dtype.is_nested() or dtype in (pl.Binary, pl.Duration):
            raise InputError(
                f"{source.name}: {name} holds {dtype.base_type().__name__.lower()} values, not one "
                "text, number or day in each row; write it as text"
            )
    # in packages that vtrkit wrote a damaged number is Amazon's: the seller's own have gone
    ours = raw.layout.name == "packages" and PACKAGES.keys() <= {*header}
    return replace(raw, layout=replace(raw.layout, from_amazon=True)) if ours else raw
