"""A run folder cut into one for each account and marketplace: read and judged once, shown apart.

```
run folder ─▶ cut ─▶ northwind-us/  northwind-uk/  fjord-se/   each as `build` would leave it
```
"""

import re
import shutil
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import polars as pl

from vtrkit.files.copies import COUNTS_TWICE
from vtrkit.files.skipped import UNREAD
from vtrkit.schema import GROUP
from vtrkit.study.build import SCENARIO, TABLES, write_json
from vtrkit.study.package_lists import safe
from vtrkit.study.run import RunFolder

_TALLY = f"{TABLES}/tally"
_READABLE = 40
"""Letters and digits of an account's name that the name of its folder keeps."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(-|$)")
"""Names that Windows keeps for devices, whatever stands behind them."""


@dataclass(frozen=True)
class Place:
    """One account in one marketplace, and the name of its folder."""

    account: str
    marketplace: str
    id: str


def places_of(run: RunFolder) -> list[Place]:
    """The accounts and marketplaces of a run folder, in order, each with an id of its own."""
    pairs = run.tally.select(pl.col(GROUP).cast(pl.String)).unique().collect().sort(GROUP).rows()
    return [Place(account, market, _id(account, market)) for account, market in pairs]


def _id(account: str, marketplace: str) -> str:
    """A name for a folder that is readable, safe on every system, and always the same.

    A name that does not survive whole has a few digits of its hash, so that no two have one id,
    whichever other accounts there are.

    Examples:
        >>> _id("northwind", "US"), _id("../../etc", "US")
        ('northwind-us', 'etc-us-1f4cd58a')
    """
    plain = unicodedata.normalize("NFKD", account).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall("[a-z0-9]+", f"{plain[: 4 * _READABLE]}"))[:_READABLE].strip("-")
    market = "-".join(re.findall("[a-z0-9]+", marketplace.lower()))[:_READABLE]
    name = "-".join(filter(None, (words, market)))
    if (words, market.upper()) == (account, marketplace) and not _RESERVED.match(name):
        return name
    return f"{name or 'shop'}-{sha256(repr((account, marketplace)).encode()).hexdigest()[:8]}"


def cut(run: RunFolder, places: Sequence[Place], into: Path) -> None:
    """Write the run folder of each place below a folder, by its id.

    Each holds the packages of its place alone, and names no file and lists no row that is known to
    be another account's. `seen_to` is the day of its own newest export.
    """
    folders = {(p.account, p.marketplace): into / p.id for p in places}
    accounts = {p.account for p in places_of(run)} | {*run.settings.get("failed", {})}
    for folder in folders.values():
        (folder / _TALLY).mkdir(parents=True)
    for file in sorted((run.path / TABLES).rglob("*.parquet")):
        if file.name != "summary.parquet":
            name = file.relative_to(run.path).as_posix()
            _part(pl.read_parquet(file, glob=False), folders, name)
    of_csv = safe(pl.DataFrame([*folders], schema=GROUP, orient="row")).rows()
    _part(run.packages, dict(zip(of_csv, folders.values(), strict=True)), "packages.csv")
    lists = {
        name: pl.read_csv(path, infer_schema=False, glob=False)
        for name in ("rejects.csv", "restated.csv", "doubts.csv", "categories.csv")
        if (path := run.path / name).is_file()
    }
    for place in places:
        _beside(run, place, accounts, lists, into / place.id)


def _part(table: pl.DataFrame, folders: Mapping[tuple[str, str], Path], name: str) -> None:
    """Write the rows of each place under one name; none where a place has none."""
    texts = table.with_columns(pl.col(GROUP).cast(pl.String))
    rows = texts.select(GROUP).with_row_index().group_by(GROUP).agg("index")
    at = {(account, market): index for account, market, index in rows.rows()}
    for pair, folder in folders.items():
        own = table[at[pair]] if pair in at else table.clear()
        path = folder / name
        if name.endswith(".csv"):
            own.write_csv(path)
        elif own.height or not name.startswith(_TALLY):
            own.write_parquet(path)


def _beside(
    run: RunFolder,
    place: Place,
    accounts: set[str],
    lists: Mapping[str, pl.DataFrame],
    folder: Path,
) -> None:
    """What a run folder has beside its tables by place."""
    whose = _others(run.files, place, accounts)
    names = [n for n in run.summary["file"] if not whose(n)]
    summary = run.summary.filter(pl.col("file").is_in(names))
    summary.write_parquet(folder / TABLES / "summary.parquet")
    packages = pl.read_csv(folder / "packages.csv", infer_schema=False, glob=False)
    for name, listed in lists.items():
        _of(listed, place, names, packages).write_csv(folder / name)
    newest = summary["seen_at"].max() if "seen_at" in summary.columns else None
    settings = run.settings | {
        "inputs": [n for n in run.settings["inputs"] if not whose(n)],
        "assumed": [
            note
            for note in run.settings["assumed"]
            if note.startswith(tuple(names))
            or COUNTS_TWICE in note
            or (UNREAD in note and not whose(note))
        ],
        "seen_to": str(newest or run.seen_to),
        "failed": {},
    }
    write_json(folder / "settings.json", settings)
    for name in ("rules", SCENARIO):
        if (kept := run.path / name).is_dir():
            shutil.copytree(kept, folder / name)
        elif kept.is_file():
            shutil.copyfile(kept, folder / name)


def _others(files: pl.DataFrame, place: Place, accounts: set[str]) -> Callable[[str], bool]:
    """Whether a file is of other places: by its packages, else by the folder that it lies in."""
    here = pl.all_horizontal(pl.col(n).cast(pl.String) == getattr(place, n) for n in GROUP)
    own, every = set(files.filter(here)["file"]), set(files["file"])
    folders = accounts - {place.account}
    return lambda name: name not in own and (name in every or bool(folders & {*name.split("/")}))


def _of(
    listed: pl.DataFrame, place: Place, files: Sequence[str], packages: pl.DataFrame
) -> pl.DataFrame:
    """The rows of a list that are about a place; where it does not say, those of its own files."""
    texts = safe(pl.DataFrame({n: [getattr(place, n)] for n in GROUP})).row(0, named=True)
    own = [(pl.col(n) == texts[n]).fill_null(True) for n in GROUP if n in listed.columns]
    if "file" in listed.columns:
        own.append(pl.col("file").is_in(list(files)))
    if listed.columns in _OF_PACKAGES:  # only the packages of an order or a sku tell whose it is
        name = "sku" if "sku" in listed.columns else "order_id"
        own.append(pl.col(name).is_in(packages[name].implode()).fill_null(True))
    return listed.filter(own)


_OF_PACKAGES = (
    ["file", "row", "order_id", "tracking_number", "rule"],
    ["sku", "asin", "category", "lines"],
)
"""The columns of `doubts.csv` and `categories.csv`."""
