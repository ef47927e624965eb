"""Which column of a seller's file says what: layouts, and the mappings that users write."""

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from vtrkit import facts
from vtrkit.errors import MappingError, UnrecognisedError, nearest
from vtrkit.facts.checked import Place, build, checked, refuse_unknown
from vtrkit.files.forms import HELPERS, MAPPABLE, Events, Layout, plain

CANONICAL = Layout(
    "packages",
    {name: (name,) for name in MAPPABLE if name not in HELPERS},
    required=("order_id", "promised_date"),
    title="the packages table itself",
)


NO_PACKAGES = ("aside", "official")
"""What files tell that name no packages: nothing, or Amazon's own figure."""
_ABOUT = ("verdicts", "scans")
"""What is told of packages by their number alone."""


@cache
def known_layouts() -> tuple[Layout, ...]:
    """The layouts that the package carries."""
    return (CANONICAL, *_layouts(facts.shipped("layouts")))


def read_mapping(mapping: Path | str | Mapping[str, Any] | None) -> tuple[Layout, ...]:
    """The layouts of a user's mapping: a TOML file, or the same as a dict.

    Raises:
        MappingError: it cannot be read, names a column that the packages table does not have, or
            lacks order_id.
    """
    if mapping is None:
        return ()
    if isinstance(mapping, Mapping):
        return _layouts(facts.Document("mapping", dict(mapping), {}, MappingError))
    return _layouts(facts.read_file(Path(mapping), MappingError))


def _layouts(document: facts.Document) -> tuple[Layout, ...]:
    table, whole = document.table, document.place()
    if "columns" in table or "layout" not in table:
        return (_layout(Path(document.name).stem, table, whole),)
    entries = checked(Mapping[str, Any], table["layout"], whole.of("layout"))
    if not entries:
        raise MappingError(f"{whole}: no layout in it; say which column of the file is order_id")
    return tuple(_layout(key, e, document.place(f"layout.{key}")) for key, e in entries.items())


def _layout(key: str, entry: object, where: Place) -> Layout:
    layout = build(Layout, entry, where, name=key)
    if layout.events:
        layout = replace(layout, events=_with_shared_texts(layout.events))
    packages = layout.tells not in NO_PACKAGES
    if packages and "order_id" not in layout.columns and layout.tells not in _ABOUT:
        raise MappingError(
            f"{where}: order_id is not mapped; say under [columns] which column of the file it is"
        )
    if packages and not {"order_id", "tracking_number"} & set(layout.columns):
        raise MappingError(f"{where}: neither order_id nor tracking_number is mapped")
    for part in ("columns", "fixed", "values"):
        refuse_unknown(getattr(layout, part), MAPPABLE, where.of(part))
    if unnamed := [column for column, headers in layout.columns.items() if not headers]:
        raise MappingError(f"{where.of('columns')}: {unnamed[0]} names no header of the file")
    refuse_unknown(layout.required, layout.columns, where.of("required"))
    for name in layout.encodings:
        _check_encoding(name, where)
    return layout


def _check_encoding(name: str, where: Place) -> None:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError):  # no such one, or a name with a NUL
        raise MappingError(
            f"{where}: unknown encoding {name}; try utf-8, cp1252 or cp932"
        ) from None


def _with_shared_texts(events: Events) -> Events:
    """What carriers say of labels, attempts and returns, whichever tool passes it on."""
    shared: dict[str, list[str]] = facts.read("layouts")["event_texts"]
    added: dict[str, Any] = {n: (*getattr(events, n), *texts) for n, texts in shared.items()}
    return replace(events, **added)


def recognise(
    header: Sequence[str], mapped: tuple[Layout, ...], file: str, table: bool = True
) -> Layout:
    """The layout that a file's header fits: a mapped one if any fits, else a known one.

    Args:
        header: the file's column names, or the paths in its records.
        mapped: the layouts of the user's mapping.
        file: what messages call the file.
        table: whether it is a table; else it is JSON or XML.

    Raises:
        UnrecognisedError: none fits, the message lists what is missing and the nearest headers;
            or the one that fits is of files without packages.
        MappingError: two columns have one name.
    """
    for layouts in (mapped, known_layouts()):
        if fitting := [one for one in layouts if one.fits(header)]:
            best = max(fitting, key=lambda one: one.known(header))
            if best.tells in NO_PACKAGES:
                message = f"{file}: {best.title}, which names no packages; {best.note}"
                raise UnrecognisedError(message, best.title, best.note, best.tells)
            _refuse_twins(best, header, file)
            return best
    of_its_kind = [one for one in known_layouts() if one.columns and table != bool(one.records)]
    closest = min(mapped or of_its_kind, key=lambda one: len(one.missing(header)))
    lacking = closest.missing(header)
    near = [] if _holds_data(header) else header
    listed = "; ".join(f"{name!r}{nearest(name, near)}" for name in lacking)
    remedy = "Correct the mapping" if mapped else "Write a mapping (see data/README.md)"
    how = "column names stand in the first line" if table else "it names dotted paths into a record"
    raise UnrecognisedError(
        f"{file}: not recognised. Of the nearest layout, {closest.name}, it lacks {len(lacking)} "
        f"of {len(closest.columns)}: {listed}. {remedy}; {how}.",
        f"not a {'table' if table else 'JSON or XML file'} that vtrkit knows",
        "write a mapping (see data/README.md)",
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
