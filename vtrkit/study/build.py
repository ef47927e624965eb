"""The chain load, classify, tally, run once and kept in a run folder.

```
run folder
├── to_do.csv         what can still be done, deadlines first; written with a page
├── packages.csv      which packages count, and when each leaves the window
├── rejects.csv       rejected rows with their rule
├── restated.csv      packages that an older file named and their order has no more
├── categories.csv    skus without a category, to be filled in, if there are any
├── doubts.csv        what was not taken or had to be assumed, with its rule
├── report.json       every headline figure
├── settings.json     what was asked for, and what judged the packages
├── scenario.toml     what is planned, if anything
├── rules/            the user's own rules, if any
└── tables/           what all of these and the page are made from
    ├── tally/            the full daily tally, a file a month
    ├── summary.parquet   what each input file was taken for, and how its rows add up
    ├── tracked.parquet   the newest export of tracking data of each account
    ├── reconciled.parquet   Amazon's own figures beside ours, if a performance report is given
    ├── examples.parquet  at most ten masked rows per reason
    ├── correctable.parquet  packages that another entry cures, whole
    ├── scan_delay.parquet  days to the first scan
    ├── misread.parquet   numbers that look like another carrier's, counted
    ├── typed.parquet     carriers as typed that nobody knows, counted
    ├── files.parquet     packages by place and the file that they are from
    ├── caveats.parquet   packages by place that limit what the figures say, by what it is about
    ├── sku_tally.parquet packages and units by sku, promised day and reason
    └── prime_tally.parquet  packages shipped for Prime, counted
```
"""

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from vtrkit.demo import packages as sample
from vtrkit.errors import InputError
from vtrkit.files.in_memory import Given
from vtrkit.files.load import load
from vtrkit.files.loaded import Loaded
from vtrkit.files.scratch import Folder
from vtrkit.files.sources import Progress
from vtrkit.metric.store import store
from vtrkit.official.history import remembered
from vtrkit.official.reconcile import compared, together
from vtrkit.rules.classify import classify
from vtrkit.rules.policies import Rules, read_rules
from vtrkit.rules.still_open import tracked_to
from vtrkit.schema import GROUP
from vtrkit.study.manifest import is_store
from vtrkit.study.package_lists import Lists, safe
from vtrkit.study.settings import PATHS, Settings
from vtrkit.study.stored import as_stored, how_read, loaded
from vtrkit.whatif.scenario_files import read_scenario, write_scenario

SCENARIO = "scenario.toml"
TABLES = "tables"
"""The folder of a run folder that no person needs to open."""


def build(  # noqa: PLR0913 - what is read, where it is kept, and how
    settings: Settings,
    folder: Path,
    as_of: date | None = None,
    progress: Progress | None = None,
    *,
    apart: bool = False,
    tables: Sequence[Given] = (),
) -> None:
    """Load, classify and tally once, and keep what came of it in a run folder.

    Args:
        settings: the inputs and options; without inputs the demo's packages are taken.
        folder: an existing folder, which receives the files named above.
        as_of: the day for which `packages.csv` says what counts; the newest export if not given.
        progress: called with a step, how much is done and how much there is.
        apart: whether an account whose files cannot be read is left out, and named in the settings
            of the run folder; see `load`.
        tables: inputs in memory, beside those of the settings.

    Raises:
        InputError: the inputs cannot be read; see `load`.
    """
    settings, kept = as_stored(settings), folder / TABLES
    kept.mkdir()
    if settings.scenario is not None:
        write_scenario(read_scenario(settings.scenario), folder / SCENARIO)
    parts, lists_of_rows, summary, seen_to, assumed, failed, official = _packages(
        settings, progress, apart, tables
    )
    if as_of is None and seen_to == date.min:
        raise InputError(
            "no file says from when it is; give the day of the exports, as --seen 2026-09-30"
        )
    as_of = as_of or seen_to
    rules = read_rules(*_own_rules(settings, folder))
    tracked = tracked_to(pl.concat(parts)).sort(GROUP).collect()
    tracked.write_parquet(kept / "tracked.parquet")
    scratch = Folder()
    try:
        lists = Lists(scratch.path, as_of, rules, settings.lag_days, tracked)
        told = progress if len(parts) > 1 else None
        store(_judged(parts, rules, lists), kept / "tally", told)
        lists.write(kept)
        lists.write_packages(folder / "packages.csv")
    finally:
        scratch.remove()
    if settings.history is not None:
        official = remembered(Path(settings.history), official)
    if official.height:
        sums = [compared(part, official, rules) for part in parts]
        held = together(official, sums, rules, settings.lag_days)
        held.write_parquet(kept / "reconciled.parquet")
    summary.write_parquet(kept / "summary.parquet")
    for name, listed in lists_of_rows.items():
        safe(listed).write_csv(folder / f"{name}.csv")
    asked = asdict(settings) | {
        "inputs": sorted(Path(one).name for one in settings.inputs) + ["table"] * len(tables),
        **{name: Path(path).name for name in PATHS if (path := getattr(settings, name))},
        "assumed": assumed,
        "failed": failed,
        "as_of": as_of,
        "seen_to": seen_to,
        "vtrkit": version("vtrkit"),
    }
    write_json(folder / "settings.json", asked)


def _judged(parts: Sequence[pl.LazyFrame], rules: Rules, lists: Lists) -> Iterator[pl.LazyFrame]:
    """Each part judged once, for the tally and for the lists."""
    for part in parts:
        verdicts = classify(part, rules).collect()
        lists.add(verdicts)
        yield verdicts.lazy()


def _own_rules(settings: Settings, folder: Path) -> list[Path]:
    """The user's own rules, kept in the run folder so that it can be opened anywhere."""
    if settings.rules is None:
        return []
    kept = folder / "rules" / Path(settings.rules).name
    read_rules(Path(settings.rules))
    kept.parent.mkdir()
    shutil.copyfile(settings.rules, kept)
    return [kept]


def _packages(
    settings: Settings, progress: Progress | None, apart: bool, given: Sequence[Given]
) -> tuple[
    Sequence[pl.LazyFrame],
    dict[str, pl.DataFrame],
    pl.DataFrame,
    date,
    tuple[str, ...],
    Mapping[str, str],
    pl.DataFrame,
]:
    """The packages in parts, lists, summary, newest day, notes, who is left out, Amazon's own."""
    if not (settings.inputs or given):
        made = sample.packages()
        said = {
            "file": f"sample data, seed {sample.SEED}",
            "layout": "packages",
            "rows": made.height,
            "packages": made.height,
            "rejected": 0,
        }
        return (
            [made.lazy()],
            {"rejects": pl.DataFrame({"file": []})},
            pl.DataFrame([said]),
            sample.AS_OF,
            (),
            {},
            pl.DataFrame(),
        )
    loaded = read(settings, progress, given, apart=apart)
    tables = {"rejects": loaded.rejects, "restated": loaded.restated, "doubts": loaded.doubts}
    if loaded.uncategorised.height:
        tables["categories"] = loaded.uncategorised
    parts, summary, seen_to = loaded.parts, loaded.summary, loaded.seen_to
    notes = (*loaded.notes, *loaded.unread)
    return parts, tables, summary, seen_to, notes, loaded.failed, loaded.official


def read(
    settings: Settings,
    progress: Progress | None = None,
    tables: Sequence[Given] = (),
    *,
    apart: bool = False,
) -> Loaded:
    """The packages of a user's inputs, as `load` gives them.

    Raises:
        InputError: the inputs cannot be read; see `load`.
    """
    said, most = how_read(settings), settings.max_rejected_share
    if is_store(settings.inputs):
        return loaded(settings, said)
    given = [*settings.inputs, *tables]
    return load(given, max_rejected_share=most, apart=apart, progress=progress, **said)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Sorted, dates as ISO text, no NaN; the same bytes for the same data."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, key in enumerate(sorted(data)):  # one by one: of many shops each is long
            own = {key: data[key]}
            text = json.dumps(own, sort_keys=True, default=plain, allow_nan=False)
            file.write("{" if number == 0 else ",")
            file.write(msgspec.json.format(text, indent=1)[1:-2])
        file.write("\n}\n" if data else "{}\n")


def plain(value: Any) -> Any:
    """What JSON has in place of a value that it has no form for: rows of a table, else text."""
    return value.to_dicts() if isinstance(value, pl.DataFrame) else str(value)
