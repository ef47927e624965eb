"""What was read and tallied once, and goes on from there when newer exports come.

```
STORE
├── vtrkit-store.json  what is in it, written last: what it does not name is not there
├── lock               held while somebody writes
├── tally/N/           the full daily tally, a file a ship month, and your rules: to be shared
└── private/
    ├── rows/          typed rows of every file, in buckets by order
    └── N/             packages, and what became of every row
```

N counts up. The one before stays until the next is written, for those who read it meanwhile.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl

from vtrkit.errors import InputError, ParameterError
from vtrkit.files.all_files import Gathered, Known, check_named, gather
from vtrkit.files.kept_rows import Kept, digest
from vtrkit.files.large import buckets_for
from vtrkit.files.load import check, check_any, check_packages, loaded_of
from vtrkit.files.loaded import Loaded
from vtrkit.files.one_file import File, dated
from vtrkit.files.reading import Asked, Taken, read_all
from vtrkit.files.restate import Restated, restated
from vtrkit.files.scratch import Fixed
from vtrkit.files.sources import Progress
from vtrkit.metric.store import ship_month, store, store_cells
from vtrkit.metric.tally import tally
from vtrkit.rules.classify import classify, rules_id
from vtrkit.rules.policies import Rules, read_rules
from vtrkit.schema import COUNTS
from vtrkit.study.manifest import (
    GONE,
    LISTS,
    NOTES,
    PARTS,
    ROWS,
    RULES,
    SUPERSEDED,
    Manifest,
    is_store,
    linked,
    manifest,
    outside,
    private,
    published,
    shared,
    write_lists,
    writing,
)
from vtrkit.study.settings import Settings

_MOST_PARTS = 16
"""Where so many calls have added packages, all are settled anew, into as few parts as can be."""
_ORDER = ["account", "order_id"]


class Tallied(NamedTuple):
    """What a call did: files that are new, all, and not read; orders settled, None for all; why."""

    new: int
    files: int
    unread: Sequence[str]
    orders: int | None
    why: str


def how_read(settings: Settings) -> dict[str, Any]:
    """What is said of files that they do not say themselves, as `vtrkit.load` takes it."""
    own = {name: getattr(settings, name) for name in _READING}
    return own | {"rules": rules_of(settings)}


_READING = (
    "mapping", "account", "marketplace", "origin", "seen", "report_from", "report_to", "absence",
    "categories", "day_first",
)  # fmt: skip


def rules_of(settings: Settings) -> Rules:
    """The rules by which a STORE is tallied."""
    return read_rules(*([Path(settings.rules)] if settings.rules else []))


def as_stored(settings: Settings) -> Settings:
    """The settings with the rules by which a STORE is tallied, where that is the input.

    Raises:
        ParameterError: other rules are given.
    """
    if not is_store(settings.inputs):
        return settings
    path = Path(settings.inputs[0])
    if settings.rules is not None:
        raise ParameterError(
            f"rules: {path.name} is tallied already; give them to `vtrkit tally`, with its files"
        )
    own = shared(path, manifest(path)).glob(f"{RULES}/*.toml")
    return replace(settings, rules=next(map(str, own), None))


def loaded(settings: Settings, said: dict[str, Any]) -> Loaded:
    """What a STORE holds, as `load` would give it of all files.

    Raises:
        InputError: it is of another version, or nothing was tallied yet.
        ParameterError: an option says how files are read, which was said when they were.
    """
    path, usual = Path(settings.inputs[0]), Settings()
    for name in {*_READING} - {"account", "marketplace"}:
        if getattr(settings, name) != getattr(usual, name):
            raise ParameterError(
                f"{name}: the files of {path.name} are read already; give it to `vtrkit tally`"
            )
    held = manifest(path)
    if not held.number:
        raise InputError(f"{path.name}: nothing is tallied yet; run `vtrkit tally` to its end")
    asked = Asked.of(**said | {"account": None, "marketplace": None})
    files, official = _files(Kept(path / ROWS, asked.reader), held)
    found = _gathered(private(path, held))
    return loaded_of(Taken(files, official, held.skipped, set()), found, asked, {})


def tally_into(settings: Settings, path: Path, progress: Progress | None = None) -> Tallied:
    """Read files that a STORE does not have, and settle and tally what they change.

    The same as if all files that were ever given had been given at once. A file is known by its
    name, content and account: what was read of it is kept, also if the call comes to no end.

    Args:
        settings: the inputs, and how they are read.
        path: the STORE; made if there is none.
        progress: called with a step, how much is done and how much there is.

    Raises:
        InputError: a file cannot be read, the folder is no STORE or one of another version, or
            somebody else writes it.
    """
    outside(settings.inputs, path)
    with writing(path) as before:
        asked = Asked.of(**how_read(settings))
        kept = Kept(path / ROWS, asked.reader)
        taken = read_all(settings.inputs, asked.reader, kept, lambda _: nullcontext(), progress)
        # one that was read otherwise before is taken as it is read now
        stay = {k: f for k, f in before.files.items() if f not in kept.given.values()}
        now = before._replace(number=before.number + 1, files=stay | kept.given)
        order = asked.reader.order(name for name, _, _ in now.files.values())
        now = now._replace(day_first=order).without(taken.skipped)
        files = _files(kept, now)[0]
        check_any(files, taken.skipped)
        check(files, settings.max_rejected_share)
        known = Known.of(files, asked.table)
        rules = rules_of(settings)
        told = how_settled(asked, rules, order)
        now = now._replace(settled=told, known=(sorted(known.alone), known.of_sku))
        unread = [str(file) for file in taken.skipped if file.missed]
        done = (len(now.files.keys() - before.files.keys()), len(now.files), unread)
        if before._replace(number=now.number) == now:
            return Tallied(*done, 0, "")
        old = _files(kept, before)[0]
        change = _change(before, now, (old, files), asked, path)
        place = Fixed(private(path, now) / "packages")
        settled = partial(gather, files, asked, progress, known, place)
        orders, changed = _packages(private(path, now), files, change, settled)
        _tally(path, now, changed, rules, progress)
        published(path, now, settings.rules)
        return Tallied(*done, orders, change if isinstance(change, str) else "")


def how_settled(asked: Asked, rules: Rules, day_first: bool | None) -> str:
    """A name for what is said of rows on their way to packages and verdicts."""
    return digest((asked.table, asked.origins, asked.covered, rules_id(rules), day_first))


def _files(kept: Kept, held: Manifest) -> tuple[list[File], list[pl.DataFrame]]:
    """The files in order, and Amazon's own figures."""
    every = [kept.file(key) for key in sorted(held.files, key=held.files.__getitem__)]
    files = [dated(f, held.day_first) for f in every if isinstance(f, File)]
    count = buckets_for([f.source for f in files])
    for file in files:
        if file.buckets:
            file.buckets.count = count
    return files, [f for f in every if not isinstance(f, File)]


def _change(
    before: Manifest,
    now: Manifest,
    files: tuple[Sequence[File], Sequence[File]],
    asked: Asked,
    path: Path,
) -> Restated | str:
    """What the touched orders came to, or why all orders have to be settled."""
    if not before.number:
        return "this is the first time"
    if before.settled != now.settled:
        return "your options, your table of categories or the rules have changed"
    if before.known != now.known:
        return "the new files change the category of skus, or which accounts have scans alone"
    folder = private(path, before)
    if len([*folder.glob(PARTS)]) > _MOST_PARTS + buckets_for([f.source for f in files[0]]):
        return "many calls have added to it"
    change = restated(*files, _gathered(folder), asked, Known(*now.known))
    if isinstance(change, Restated):
        here = pl.concat(_parts(folder)).join(_keys(change.orders), on=_ORDER, how="semi")
        if here.select(pl.len()).collect().item() != change.gone.height:
            return "its packages do not add up"
    return change


def _packages(
    folder: Path,
    files: Sequence[File],
    change: Restated | str,
    settled: Callable[[], Gathered],
) -> tuple[int | None, tuple[pl.DataFrame, pl.DataFrame] | None]:
    """Write packages and lists.

    Returns:
        How many orders were settled, the packages that they have and those that they had; None
        where it is all of them.
    """
    old = folder.with_name(f"{int(folder.name) - 1:06}")
    (folder / "packages").mkdir(parents=True)
    if isinstance(change, str):
        found, orders, changed, gone = settled(), None, None, pl.DataFrame(schema=SUPERSEDED)
    else:
        found, orders = change.now, change.orders.height
        number = linked(old / "packages", folder / "packages")
        packages = found.packages.collect()
        packages.write_parquet(folder / "packages" / f"{number:06}.parquet", compression="lz4")
        these = change.orders.with_columns(before=pl.lit(number, pl.UInt32))
        gone = pl.concat([pl.read_parquet(old / GONE, glob=False), these])
        changed = packages, change.gone
    check_named(files, int(found.summary["packages"].sum()))
    check_packages(sum(f.rows for f in files), found.summary)
    gone.write_parquet(folder / GONE)
    write_lists(folder, {name: getattr(found, name) for name in LISTS}, found.notes)
    return orders, changed


def _tally(
    path: Path,
    now: Manifest,
    changed: tuple[pl.DataFrame, pl.DataFrame] | None,
    rules: Rules,
    progress: Progress | None,
) -> None:
    """Judge and tally all packages; of some that have changed, what they add and take away."""
    folder = shared(path, now)
    if changed is None:
        parts = _parts(private(path, now))
        store((classify(part, rules).collect().lazy() for part in parts), folder, progress)
        return
    new, gone = (tally(classify(packages, rules)) for packages in changed)
    months = pl.concat([new, gone]).select(ship_month()).to_series().unique().to_list()
    before = folder.with_name(f"{now.number - 1:06}")
    there = [file for file in sorted(before.glob("*.parquet")) if file.stem in months]
    old = [pl.scan_parquet(there, glob=False)] if there else []
    less = gone.with_columns(-pl.col(COUNTS))
    store_cells([*old, new.lazy(), less.lazy()], folder, progress)
    for file in folder.iterdir():
        if not pl.scan_parquet(file, glob=False).select(pl.len()).collect().item():
            file.unlink()
    linked(before, folder, months)


def _parts(folder: Path) -> list[pl.LazyFrame]:
    """The packages of a STORE in parts of disjoint orders, none that a later part has anew."""
    gone = pl.read_parquet(folder / GONE, glob=False)
    parts = []
    for number, path in enumerate(sorted(folder.glob(PARTS))):
        part, later = pl.scan_parquet(path, glob=False), gone.filter(pl.col("before") > number)
        parts.append(
            part.join(_keys(later), on=_ORDER, how="anti", maintain_order="left")
            if later.height
            else part
        )
    return parts


def _keys(orders: pl.DataFrame) -> pl.LazyFrame:
    return orders.lazy().select(pl.col("account").cast(pl.Categorical), "order_id")


def _gathered(folder: Path) -> Gathered:
    lists = {name: pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in LISTS}
    parts = _parts(folder)
    notes = msgspec.json.decode((folder / NOTES).read_bytes(), type=list[str])
    return Gathered(pl.concat(parts), tuple(parts), **lists, notes=notes)
