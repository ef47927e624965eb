"""Which column of a seller's file says what: layouts, and the mappings that users write."""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from vtrkit import facts
from vtrkit.errors import FactsError, MappingError, nearest
from vtrkit.schema import PACKAGES

MAPPABLE = tuple(name for name in PACKAGES if name != "source")


@dataclass(frozen=True)
class Layout:
    """One kind of file; see the head of `facts/layouts.toml` for what each field means."""

    name: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    encodings: tuple[str, ...] = ()
    title: str = ""
    source: tuple[str, ...] = ()
    note: str = ""

    def headers(self, header: Sequence[str]) -> dict[str, list[str]]:
        """The headers of a file that this layout reads, by column of the packages table."""
        present = {_plain(h): h for h in reversed(header)}
        found = {
            column: [present[_plain(s)] for s in spellings if _plain(s) in present]
            for column, spellings in self.columns.items()
        }
        return {column: names for column, names in found.items() if names}

    def missing(self, header: Sequence[str]) -> list[str]:
        """The required columns that a file lacks."""
        found = self.headers(header)
        wanted = ("order_id", *(self.required or self.columns))
        return [c for c in dict.fromkeys(wanted) if c not in found]


def _plain(header: str) -> str:
    return header.strip().strip("\ufeff").casefold()


CANONICAL = Layout(
    "packages",
    {name: (name,) for name in MAPPABLE},
    required=("order_id", "promised_date"),
    title="the packages table itself",
)


@cache
def known_layouts() -> tuple[Layout, ...]:
    """The layouts that the package carries."""
    return (CANONICAL, *_layouts(facts.read("layouts"), "layouts.toml"))


def marketplaces() -> dict[str, str]:
    """Amazon's names of its sales channels, each with the marketplace's two letters."""
    names: dict[str, str] = facts.read("layouts")["marketplaces"]
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
    if "order_id" not in columns:
        raise MappingError(
            f"{where}: order_id is not mapped; say under [columns] which column of the file it is"
        )
    values = {c: _table(v, f"{where} values.{c}") for c, v in parts["values"].items()}
    lists = ("required", "dates", "encodings", "source")
    layout = Layout(
        key,
        columns,
        fixed={c: _scalar(v, f"{where} fixed.{c}") for c, v in parts["fixed"].items()},
        values={
            c: {k: _scalar(v, f"{where} values.{c}") for k, v in of.items()}
            for c, of in values.items()
        },
        title=str(given.get("title", "")),
        note=str(given.get("note", "")),
        **{name: _strings(given.get(name, []), f"{where} {name}") for name in lists},
    )
    _refuse_unknown(layout.required, columns, f"{where} required", "column")
    for name in layout.encodings:
        _check_encoding(name, where)
    return layout


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
        fitting = [one for one in layouts if not one.missing(header)]
        if fitting:
            best = max(fitting, key=lambda one: len(one.headers(header)))
            _refuse_twins(best, header, file)
            return best
    closest = min(mapped or known_layouts(), key=lambda one: len(one.missing(header)))
    lacking = [closest.columns[c][0] for c in closest.missing(header)]
    near = [] if _holds_data(header) else header
    listed = "; ".join(f"{name!r}{nearest(name, near)}" for name in lacking)
    remedy = "Correct the mapping" if mapped else "Write a mapping (see data/README.md)"
    raise MappingError(
        f"{file}: not recognised. Of the nearest layout, {closest.name}, it lacks {len(lacking)} "
        f"of {len(closest.columns)}: {listed}. {remedy}; column names stand in the first line."
    )


def _refuse_twins(layout: Layout, header: Sequence[str], file: str) -> None:
    plain = [_plain(h) for h in header]
    read = {_plain(h) for names in layout.headers(header).values() for h in names}
    if twins := sorted(h for h in read if plain.count(h) > 1):
        raise MappingError(
            f"{file}: more than one column is named {' or '.join(twins)}; rename or delete all "
            "but one"
        )


def _holds_data(header: Sequence[str]) -> bool:
    """Whether a first line is a row rather than a header, so that none of it may be shown."""
    return any("@" in name or re.search(r"\d{5}", name) for name in header)
