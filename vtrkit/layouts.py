"""Which column of a seller's file says what: layouts, and the mappings that users write."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from vtrkit import facts
from vtrkit.errors import MappingError, nearest
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

    @property
    def names_packages(self) -> bool:
        """Whether a row speaks of one package; else it speaks of all packages of its order."""
        return bool({"tracking_number", "package_id"} & set(self.columns))

    def headers(self, header: Sequence[str]) -> dict[str, list[str]]:
        """The headers of a file that this layout reads, by column of the packages table."""
        present = {_plain(h): h for h in header}
        found = {
            column: [present[_plain(s)] for s in spellings if _plain(s) in present]
            for column, spellings in self.columns.items()
        }
        return {column: names for column, names in found.items() if names}

    def missing(self, header: Sequence[str]) -> list[str]:
        """The required columns that a file lacks."""
        found = self.headers(header)
        return [c for c in self.required or self.columns if c not in found]


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
        MappingError: it names a column that the packages table does not have, or none at all.
    """
    if mapping is None:
        return ()
    if isinstance(mapping, Mapping):
        return _layouts(mapping, "mapping")
    path = Path(mapping)
    return _layouts(facts.read_file(path), path.name)


def _layouts(table: Mapping[str, Any], name: str) -> tuple[Layout, ...]:
    if "columns" in table:
        table = {"layout": {Path(name).stem: table}}
    entries = table.get("layout", {})
    if not entries:
        raise MappingError(f"{name}: no [columns]; say which column of the file is order_id")
    return tuple(_layout(key, entry, f"{name}: [{key}]") for key, entry in entries.items())


def _layout(key: str, entry: Mapping[str, Any], where: str) -> Layout:
    known = {f.name for f in fields(Layout)} - {"name"}
    _refuse_unknown(entry, known, where, "key")
    for part in ("columns", "fixed", "values"):
        _refuse_unknown(entry.get(part, {}), MAPPABLE, f"{where} {part}", "column")
    columns = {c: (h,) if isinstance(h, str) else tuple(h) for c, h in entry["columns"].items()}
    if "order_id" not in columns:
        raise MappingError(f"{where}: order_id is not mapped; every package belongs to an order")
    lists = {k: tuple(v) for k, v in entry.items() if isinstance(v, list)}
    return Layout(key, **{**entry, **lists, "columns": columns})


def _refuse_unknown(
    table: Mapping[str, Any], known: Sequence[str] | set[str], where: str, what: str
) -> None:
    if wrong := sorted(set(table) - set(known)):
        raise MappingError(f"{where}: unknown {what} {wrong[0]}{nearest(wrong[0], known)}")


def recognise(header: Sequence[str], mapped: tuple[Layout, ...], file: str) -> Layout:
    """The layout that a file's header fits: a mapped one if any fits, else a known one.

    Raises:
        MappingError: none fits; the message lists what is missing and the nearest headers.
    """
    for layouts in (mapped, known_layouts()):
        fitting = [one for one in layouts if not one.missing(header)]
        if fitting:
            return max(fitting, key=lambda one: len(one.headers(header)))
    closest = min(mapped or known_layouts(), key=lambda one: len(one.missing(header)))
    lacking = [closest.columns[c][0] for c in closest.missing(header)]
    listed = "; ".join(f"{name!r}{nearest(name, header)}" for name in lacking)
    raise MappingError(
        f"{file}: not recognised. The nearest layout, {closest.name}, wants columns that it does "
        f"not have: {listed}. Write a mapping (see data/README.md) and pass it as mapping."
    )
