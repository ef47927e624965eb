"""A STORE of parts that were settled and tallied elsewhere, as by the machines of a cluster.

Each part wrote a folder of its own: typed rows, packages, and what became of every row. Here they
are put in their places; what another attempt at the same part left is swept up.

```
STORE/private/parts/7-12/   rows/KEY/, packages/, *.parquet   ─▶  private/rows, private/N, tally/N
```
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from vtrkit.files.categories import added_up
from vtrkit.files.kept_rows import Kept
from vtrkit.files.load import check_packages, check_share
from vtrkit.files.part import TABLE, settled_part
from vtrkit.files.reading import Asked, Held
from vtrkit.files.scratch import Fixed
from vtrkit.metric.store import store_cells
from vtrkit.study.manifest import (
    GONE,
    LISTS,
    ROWS,
    SUPERSEDED,
    Manifest,
    private,
    published,
    shared,
    write_lists,
)
from vtrkit.study.settings import Settings
from vtrkit.study.stored import how_read, how_settled, rules_of

_PACKAGES = "packages/000000.parquet"


class Told(NamedTuple):
    """What a part says of itself.

    Args:
        rows: how many it has.
        packages: how many came of them.
        rejected: how many of its rows break each rule.
        folder: where it wrote, if it did.
        files: name, content and account of its rows, by their folder.
        alone: accounts of which all that is there are scans.
        notes: what was assumed, in sentences.
    """

    rows: int
    packages: int
    rejected: dict[str, int]
    folder: str = ""
    files: dict[str, tuple[str, str, str]] = {}  # noqa: RUF012 - a default that nobody changes
    alone: list[str] = []  # noqa: RUF012 - likewise
    notes: list[str] = []  # noqa: RUF012 - likewise


def settled(
    table: pl.DataFrame, name: str, asked: Asked, folder: Path | None
) -> tuple[pl.LazyFrame, Told]:
    """The packages of a part, and what it says of itself.

    Args:
        table: its rows.
        name: what reports call it.
        asked: how it is read.
        folder: where it is written down for a STORE; None where it is tallied only.

    Raises:
        InputError: see `vtrkit.files.part`.
    """
    kept, place = None, None
    if folder:
        kept, place = Kept(folder / "rows", asked.reader), Fixed((folder / _PACKAGES).parent)
        kept.begin([])
        place.path.mkdir()
    file, known, found = settled_part(table, name, asked, kept or Held(), place)
    rejected = dict(file.rejects["rule"].value_counts().iter_rows())
    told = Told(file.rows, int(found.summary["packages"].sum()), rejected)
    if kept and folder:
        write_lists(folder, {name: getattr(found, name) for name in LISTS}, found.notes)
        told = told._replace(folder=folder.name, files=kept.given)
        told = told._replace(alone=known.alone, notes=[*found.notes])
    return found.packages, told


def check_told(parts: Sequence[Told], limit: float) -> None:
    """Refuse a table of which too many rows are wrong, or that has no package.

    Raises:
        InputError: it has none.
        RejectedError: more of its rows are wrong than the limit allows.
    """
    rules = [pl.repeat(rule, n, eager=True) for t in parts for rule, n in t.rejected.items()]
    rows = sum(t.rows for t in parts)
    check_share(TABLE, rows, pl.concat([pl.Series(dtype=pl.String), *rules]), limit)
    check_packages(rows, pl.DataFrame({"packages": [t.packages for t in parts]}))


def put_together(
    path: Path,
    before: Manifest,
    settings: Settings,
    parts: Sequence[Told],
    cells: Iterable[pl.LazyFrame],
) -> None:
    """Have a STORE hold what parts wrote into folders in it.

    Args:
        path: the STORE, which nobody else writes meanwhile.
        before: what it held.
        settings: how the parts were read.
        parts: what each says of itself.
        cells: their tally, in pieces that share no cell.
    """
    asked, rules = Asked.of(**how_read(settings)), rules_of(settings)
    parts = sorted(parts, key=lambda t: [*t.files.values()])
    files = {key: identity for t in parts for key, identity in t.files.items()}
    order = asked.reader.order(name for name, _, _ in files.values())
    alone = sorted({account for t in parts for account in t.alone})
    now = Manifest(
        before.made_by,
        before.number + 1,
        files,
        order,
        how_settled(asked, rules, order),
        (alone, {}),
    )
    folders = [staging(path) / t.folder for t in parts]
    place, rows = private(path, now), path / ROWS
    for folder in ((place / _PACKAGES).parent, rows):
        folder.mkdir(parents=True, exist_ok=True)
    for number, folder in enumerate(folders):
        (folder / _PACKAGES).rename(place / "packages" / f"{number:06}.parquet")
        for kept in (folder / "rows").iterdir():
            if not (rows / kept.name).exists():  # else it is of a call that came to no end
                kept.rename(rows / kept.name)
    pl.DataFrame(schema=SUPERSEDED).write_parquet(place / GONE)
    lists = {name: [pl.read_parquet(f / f"{name}.parquet") for f in folders] for name in LISTS}
    write_lists(place, _together(lists), sorted({note for t in parts for note in t.notes}))
    store_cells(cells, shared(path, now))
    published(path, now, settings.rules)


def staging(path: Path) -> Path:
    """The folder in a STORE for what parts write; swept up with whatever they leave."""
    return path / "private" / "parts"


def _together(lists: Mapping[str, Sequence[pl.DataFrame]]) -> dict[str, pl.DataFrame]:
    """The lists of all parts as one, in the order of `vtrkit.files.all_files.gather`."""
    whole = {name: pl.concat(tables, how="vertical_relaxed") for name, tables in lists.items()}
    return whole | {
        "uncategorised": added_up([t.drop("category") for t in lists["uncategorised"]]),
        "restated": whole["restated"].sort("account", "marketplace", "order_id", "source"),
        "doubts": whole["doubts"].sort("file", "row", "rule"),
    }
