"""JSON and XML to the mapped columns of their records."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple
from itertools import chain
from typing import Any

import polars as pl

from vtrkit.errors import InputError
from vtrkit.files import encoding as text
from vtrkit.files import items, json_records, xml_records
from vtrkit.files.forms import Layout, plain
from vtrkit.files.layouts import known_layouts, recognise
from vtrkit.files.raw import PEEK, WRONG, Raw, slices
from vtrkit.files.sources import Source


def from_records(source: Source, mapped: tuple[Layout, ...], xml: bool) -> Raw:
    """The mapped columns of the records of a JSON or XML file."""
    layouts = (*mapped, *known_layouts())
    documents = _documents(source, keys(layouts), xml)
    places = dict.fromkeys(one.records for one in layouts)
    everywhere = chain.from_iterable(json_records.records(documents, place) for place in places)
    header = json_records.paths(everywhere)
    layout = recognise(header, mapped, source.name, table=False)
    rows = list(json_records.rows(json_records.records(documents, layout.records), layout.each))
    columns = layout.headers(header)
    schema = dict.fromkeys([*dict.fromkeys(chain.from_iterable(columns.values()))], pl.String())
    cells = pl.DataFrame(
        {path: [_value(row, path) for row in rows] for path in schema}, schema=schema
    )
    table = _of_records(cells, columns, rows, layout)
    kind = "xml" if xml else f"json, {source.survey.encoding}"
    return Raw.of(table.lazy(), table.head(PEEK), layout, kind, slices(table.lazy()))


def _documents(source: Source, wanted: set[str], xml: bool) -> Iterable[Any]:
    survey = source.survey
    if xml:
        return [xml_records.document(source.content(), source.name, wanted)]
    whole = text.Text(source.open, survey.encoding or "utf-8", survey.is_plain, source.name)
    text.refuse_nul(whole, survey)
    try:
        return json_records.documents(whole, wanted)
    except text.WrongByteError as e:
        raise InputError(
            f"{source.name}: line {e.line} holds a byte that is not UTF-8; download it again"
        ) from None


def keys(layouts: Sequence[Layout]) -> set[str]:
    """The keys that lead to what some layout reads."""
    found: set[str] = set()
    for one in layouts:
        named = (*chain.from_iterable(one.columns.values()), *one.signature, *one.never)
        inside: tuple[str, ...] = ()
        if e := one.events:
            inside = (e.at, e.day, e.status, e.text, e.by, e.place)
        lists = [astuple(part) for part in one.lists.values()]
        for path in (*named, *one.records, one.each, *inside, *chain.from_iterable(lists)):
            found.update(map(plain, path.split(".")))
    return found


def _value(row: json_records.Record | json_records.Broken, path: str) -> str | None:
    return None if isinstance(row, json_records.Broken) else json_records.text(row, path)


def _of_records(
    cells: pl.DataFrame,
    columns: dict[str, list[str]],
    rows: list[json_records.Record | json_records.Broken],
    layout: Layout,
) -> pl.DataFrame:
    """The mapped columns of records; what the events say goes before what the columns say."""
    table = cells.select(
        pl.coalesce(layout.cell(column, pl.col(path)) for path in paths).alias(column)
        for column, paths in columns.items()
    )
    wrong = [row.rule if isinstance(row, json_records.Broken) else None for row in rows]
    marks = {WRONG: pl.Series(wrong, dtype=pl.String)}
    if layout.events:
        told = [_told(row, layout) for row in rows]
        marks |= _before(table, told, json_records.FROM_EVENTS)
        if "scans" in layout.values:
            by_status = pl.Series([one.get("scans") is None for one in told], dtype=pl.Boolean)
            marks["scans_at_least"] = (by_status & (marks["scans"] == "1")).cast(pl.String)
    whole = [{} if isinstance(row, json_records.Broken) else row for row in rows]
    for name, how in layout.lists.items():
        marks[name] = pl.Series([items.listed(row, how) for row in whole], dtype=pl.String)
    packed, ordered = (layout.lists.get(name) for name in ("items", "ordered"))
    if packed and ordered:
        held = [items.inside(row, packed, ordered) for row in whole]
        marks |= _before(table, held, dict.fromkeys(chain.from_iterable(held)))
    return table.with_columns(**marks)


def _before(
    table: pl.DataFrame, told: list[dict[str, str | None]], names: Iterable[str]
) -> dict[str, pl.Series]:
    """What was told of each record, before what its columns say."""
    said = {name: pl.Series(name, [one.get(name) for one in told], pl.String) for name in names}
    return {
        name: own.zip_with(own.is_not_null(), table.get_column(name, default=own))
        for name, own in said.items()
    }


def _told(row: json_records.Record | json_records.Broken, layout: Layout) -> dict[str, str | None]:
    if isinstance(row, json_records.Broken) or layout.events is None:
        return {}
    return json_records.reduced(row, layout.events)
