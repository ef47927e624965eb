"""Which column of a seller's file says what: layouts, and the mappings that users write."""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from vtrkit import facts
from vtrkit.errors import FactsError, MappingError, nearest
from vtrkit.files.forms import HELPERS, MAPPABLE, TELLS, Events, Layout, plain

CANONICAL = Layout(
    "packages",
    {name: (name,) for name in MAPPABLE if name not in HELPERS},
    required=("order_id", "promised_date"),
    title="the packages table itself",
)


@cache
def known_layouts() -> tuple[Layout, ...]:
    """The layouts that the package carries."""
    return (CANONICAL, *_layouts(facts.read("layouts"), "layouts.toml"))


def marketplaces() -> dict[str, str]:
    """Names of sales channels and countries, each with the marketplace's two letters."""
    names: dict[str, str] = facts.read("layouts")["marketplaces"]
    return names


def currencies() -> dict[str, str]:
    """Currencies, each with a marketplace whose days tell the zone of stamps beside them."""
    names: dict[str, str] = facts.read("layouts")["currencies"]
    return names


def read_mapping(mapping: Path | str | Mapping[str, Any] | None) -> tuple[Layout, ...]:
    """The layouts of a user's mapping: a TOML file, or the same as a dict.

    Raises:
        MappingError: it cannot be read, names a column that the packages table does not have, or
            lacks order_id.
    """
    if mapping is None:
        return ()
    if isinstance(mapping, Mapping):
        return _layouts(mapping, "mapping")
    path = Path(mapping)
    try:
        return _layouts(facts.read_file(path).table, path.name)
    except FactsError as e:
        raise MappingError(str(e)) from None


def _layouts(table: Mapping[str, Any], name: str) -> tuple[Layout, ...]:
    if "columns" in table or "layout" not in table:
        table = {"layout": {Path(name).stem: table}}
    entries = _table(table["layout"], f"{name}: layout")
    if not entries:
        raise MappingError(f"{name}: no layout in it; say which column of the file is order_id")
    return tuple(_layout(key, entry, f"{name}: [{key}]") for key, entry in entries.items())


def _layout(key: str, entry: object, where: str) -> Layout:
    known = [f.name for f in fields(Layout) if f.name != "name"]
    given = _table(entry, where, known, "key")
    parts = {
        part: _table(given.get(part, {}), f"{where} {part}", MAPPABLE, "column")
        for part in ("columns", "fixed", "values")
    }
    columns = {c: _strings(h, f"{where} columns.{c}") for c, h in parts["columns"].items()}
    values = {c: _table(v, f"{where} values.{c}") for c, v in parts["values"].items()}
    texts: dict[str, Any] = {name: str(given.get(name, "")) for name in _TEXTS}
    lists: dict[str, Any] = {n: _strings(given.get(n, []), f"{where} {n}") for n in _LISTS}
    layout = Layout(
        key,
        columns,
        fixed={c: _scalar(v, f"{where} fixed.{c}") for c, v in parts["fixed"].items()},
        values={
            c: {k: _scalar(v, f"{where} values.{c}") for k, v in of.items()}
            for c, of in values.items()
        },
        defects_only=given.get("defects_only") is True,
        events=_events(given.get("events"), f"{where} events"),
        **{"tells": "packages"} | {n: t for n, t in texts.items() if t} | lists,
    )
    _check_layout(layout, where)
    return layout


_TEXTS = ("title", "note", "above", "each", "tells")
_LISTS = ("required", "signature", "never", "dates", "encodings", "records", "source")


def _check_layout(layout: Layout, where: str) -> None:
    if "order_id" not in layout.columns and layout.tells == "packages":
        raise MappingError(
            f"{where}: order_id is not mapped; say under [columns] which column of the file it is"
        )
    if not {"order_id", "tracking_number"} & set(layout.columns):
        raise MappingError(f"{where}: neither order_id nor tracking_number is mapped")
    _refuse_unknown([layout.tells], TELLS, f"{where} tells", "word")
    _refuse_unknown(layout.required, layout.columns, f"{where} required", "column")
    for name in layout.encodings:
        _check_encoding(name, where)


def _events(value: object, where: str) -> Events | None:
    if value is None:
        return None
    known = [f.name for f in fields(Events)]
    given = _table(value, where, known)
    if not {"at", "day"} <= set(given):
        raise MappingError(f"{where}: at and day must say where the events and their days stand")
    words = ("at", "day", "status", "text", "by")
    parts: dict[str, Any] = {
        n: str(v) if n in words else _strings(v, f"{where} {n}") for n, v in given.items()
    }
    return Events(**parts)


def _table(
    value: object, where: str, known: Sequence[str] = (), what: str = "key"
) -> Mapping[str, Any]:
    """A table of the mapping, with none but the known keys where these are given."""
    if not isinstance(value, Mapping) or not all(isinstance(k, str) for k in value):
        raise MappingError(f"{where}: a {type(value).__name__} where a table belongs")
    if known:
        _refuse_unknown(value, known, where, what)
    return value


def _strings(value: object, where: str) -> tuple[str, ...]:
    found = (value,) if isinstance(value, str) else value
    if isinstance(found, list | tuple) and all(isinstance(one, str) for one in found):
        return tuple(found)
    raise MappingError(f"{where}: a {type(value).__name__} where text or a list of texts belongs")


def _scalar(value: object, where: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float | Decimal | date):
        return str(value)
    raise MappingError(f"{where}: a {type(value).__name__} where text, a number or a day belongs")


def _check_encoding(name: str, where: str) -> None:
    try:
        codecs.lookup(name)
    except LookupError:
        raise MappingError(
            f"{where}: unknown encoding {name}; try utf-8, cp1252 or cp932"
        ) from None


def _refuse_unknown(given: Iterable[str], known: Iterable[str], where: str, what: str) -> None:
    if wrong := sorted(set(given) - set(known)):
        raise MappingError(f"{where}: unknown {what} {', '.join(wrong)}{nearest(wrong[0], known)}")


def recognise(header: Sequence[str], mapped: tuple[Layout, ...], file: str) -> Layout:
    """The layout that a file's header fits: a mapped one if any fits, else a known one.

    Raises:
        MappingError: none fits, or two columns have one name; the message lists what is missing
            and the nearest headers.
    """
    for layouts in (mapped, known_layouts()):
        if fitting := [one for one in layouts if one.fits(header)]:
            best = max(fitting, key=lambda one: one.known(header))
            _refuse_twins(best, header, file)
            return best
    closest = min(mapped or known_layouts(), key=lambda one: len(one.missing(header)))
    lacking = closest.missing(header)
    near = [] if _holds_data(header) else header
    listed = "; ".join(f"{name!r}{nearest(name, near)}" for name in lacking)
    remedy = "Correct the mapping" if mapped else "Write a mapping (see data/README.md)"
    raise MappingError(
        f"{file}: not recognised. Of the nearest layout, {closest.name}, it lacks {len(lacking)} "
        f"of {len(closest.columns)}: {listed}. {remedy}; column names stand in the first line."
    )


def _refuse_twins(layout: Layout, header: Sequence[str], file: str) -> None:
    names = [plain(h) for h in header]
    read = {plain(h) for names in layout.headers(header).values() for h in names}
    if twins := sorted(h for h in read if names.count(h) > 1):
        raise MappingError(
            f"{file}: more than one column is named {' or '.join(twins)}; rename or delete all "
            "but one"
        )


def _holds_data(header: Sequence[str]) -> bool:
    """Whether a first line is a row rather than a header, so that none of it may be shown."""
    return any("@" in name or re.search(r"\d{5}", name) for name in header)
