"""A part of a table that no machine holds, settled as if the whole of it were there.

All rows of an order are in one part, and those of the orders that share a tracking number with it.
What only the whole table tells is said by the user, or the part is refused in words: the day of the
export, marketplaces, categories of skus, and whether the day or the month stands first.

```
rows of some orders ─ read ─ settle ─▶ packages, and what became of every row
```
"""

from collections.abc import Sequence
from functools import partial

import polars as pl

from vtrkit.errors import InputError, ParameterError
from vtrkit.files.all_files import Gathered, Known, gather
from vtrkit.files.day_order import DAY_FIRST
from vtrkit.files.forms import Layout
from vtrkit.files.in_memory import in_memory
from vtrkit.files.layouts import recognise
from vtrkit.files.one_file import File, dated
from vtrkit.files.reading import Asked, Shelf
from vtrkit.files.restate import rows_of
from vtrkit.files.row_rules import VOIDED
from vtrkit.files.scratch import Fixed

TABLE = "table"
"""What messages call the whole."""
ONE_PLACE = ("account", "order_id", "tracking_number")
"""Rows that have the order, or account and number, in common go into one part."""
_NOT_SAID = {
    "order_id": "name no order; leave them out, for the order of a number only all rows tell",
    "marketplace": 'name no marketplace; give marketplace="US", or "(unnamed)" if nobody knows',
    "seen_at": "have no seen_at; fill it in, or drop the column and give seen=, the day of all",
}


def layout_of(header: Sequence[str], asked: Asked) -> Layout:
    """What a table is taken for, by its columns alone.

    Raises:
        InputError: it fits no layout, or what it tells is of packages in another table.
        ParameterError: nobody says from when it is.
    """
    layout = recognise(header, asked.reader.mapped, TABLE)
    if layout.tells == "verdicts":
        raise InputError(
            f"{TABLE}: {layout.title} only tells of packages that another file names; join it to "
            "the table of packages first (reported_valid, reported_by, reported_at)"
        )
    if "seen_at" not in {*layout.headers(header), *layout.fixed} and asked.reader.seen is None:
        raise ParameterError(
            f"{TABLE}: no column says from when it is; give seen=, as seen='2026-09-30'"
        )
    return layout


def cells(table: pl.DataFrame, column: str, layout: Layout) -> pl.Series:
    """The cells under all headers of one column, as text."""
    headers = layout.headers(table.columns)[column]
    texts = (pl.col(header).cast(pl.String).str.strip_chars() for header in headers)
    told = (layout.cell(column, pl.when(text != "").then(text)) for text in texts)
    return table.select(pl.coalesce(*told)).to_series()


def settled_part(
    table: pl.DataFrame, name: str, asked: Asked, shelf: Shelf, place: Fixed | None = None
) -> tuple[File, Known, Gathered]:
    """A part as read, what all its rows tell, and the packages of it.

    Args:
        table: all rows of some orders.
        name: what reports call it.
        asked: how it is read.
        shelf: where its rows stand.
        place: a folder for its packages, where its rows are written down.

    Raises:
        InputError: it cannot be read, or depends on what other parts have.
    """
    source = asked.reader.owned(in_memory(table, name))
    read = partial(asked.reader.file, source, told=lambda _: None, alone=True)
    taken = shelf.take(source, read)
    assert isinstance(taken, File)
    file = dated(taken, asked.reader.day_first)
    there = file.layout.headers(table.columns)
    _check_rows(file, asked, dayless="seen_at" not in there)
    known = Known.of([file], asked.table)._replace(of_sku={})
    found = gather([file], asked, None, known, place)
    nameless = int(found.uncategorised.filter(pl.col("sku").is_not_null())["lines"].sum())
    if nameless and "category" in there:
        raise _refused(
            nameless,
            "have a sku and no category, which orders in other parts may tell; give categories=, a "
            'table of skus, with "(unknown)" for what nobody knows',
        )
    return file, known, found


def _check_rows(file: File, asked: Asked, *, dayless: bool) -> None:
    """Refuse rows of which only all others tell what is missing."""
    rows = pl.concat(rows_of(file)).select(pl.col(*_NOT_SAID).null_count()).collect()
    lacking = rows.row(0, named=True)
    said = {"marketplace": file.given is not None, "seen_at": dayless}
    for name, why in _NOT_SAID.items():
        if lacking[name] and not said.get(name):
            raise _refused(lacking[name], why)
    if void := file.voided.filter(rule=VOIDED).height:
        raise _refused(void, "are of labels taken back; leave out what is void")
    orders = {form == DAY_FIRST for form in file.layout.dates if "/" in form}
    if orders - {asked.reader.day_first} and file.layout not in asked.reader.mapped:
        raise InputError(
            f"{TABLE}: days such as 05/06/2026 are read by all rows; give day_first=True or False "
            "as they are written, or make them days"
        )


def _refused(rows: int, why: str) -> InputError:
    return InputError(f"{TABLE}: {rows:,} rows of a part {why}")
