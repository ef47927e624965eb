"""Settings, and the chain load, classify, tally run once and kept in a run folder.

```
run folder
├── tally/            the full daily tally, a file a month
├── rules/            the user's own rules, if any
├── scenario.toml     what is planned, if anything
├── examples.parquet  at most ten masked rows per reason
├── scan_delay.parquet  days to the first scan
├── misread.parquet   numbers that look like another carrier's, counted
├── typed.parquet     carriers as typed that nobody knows, counted
├── summary.parquet   what each input file was taken for, and how its rows add up
├── packages.csv      which packages count, and when each leaves the window
├── rejects.csv       rejected rows with their rule
├── settings.json     what was asked for, and what judged the packages
└── report.json       every headline figure
```
"""

import json
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from vtrkit.demo import packages as sample
from vtrkit.errors import InputError, ParameterError, nearest
from vtrkit.files.gaps import missing
from vtrkit.files.load import Loaded, load
from vtrkit.files.sources import Progress
from vtrkit.metric.store import store
from vtrkit.rules.classify import classify
from vtrkit.rules.policies import Rules, read_rules
from vtrkit.study.package_lists import Lists, safe
from vtrkit.whatif.scenario_files import read_scenario, write_scenario

SCENARIO = "scenario.toml"


@dataclass(frozen=True)
class Settings:
    """What a user chose: the inputs, and what they leave unsaid. No input means the sample."""

    inputs: tuple[str, ...] = ()
    mapping: str | None = None
    account: str | None = None
    marketplace: str | None = None
    origin: str | None = None
    rules: str | None = None
    scenario: str | None = None
    seen: date | None = None
    lag_days: int | None = None
    max_rejected_share: float = 0.2
    categories: str | None = None
    report_from: date | None = None
    report_to: date | None = None
    absence: bool = True
    day_first: bool | None = None

    @classmethod
    def read(cls, path: Path) -> "Settings":
        """The settings of a `vtrkit.toml`; paths in it are relative to its folder.

        Raises:
            InputError: there is no such file.
            ParameterError: not TOML, an unknown key, or a value of another type.
        """
        try:
            given = tomllib.loads(path.read_text("utf-8"))
        except OSError:
            raise InputError(f"{path.name}: no such file; check the spelling") from None
        except ValueError as e:
            raise ParameterError(f"{path.name}: not valid TOML: {e}") from None
        known = {f.name for f in fields(cls)}
        for name, value in given.items():
            if name not in known:
                raise ParameterError(f"{path.name}: unknown key {name}{nearest(name, known)}")
            if not _FITS[name](value):
                raise ParameterError(f"{path.name}: {name} must be {_MUST[name]}")
        beside: dict[str, Any] = {
            "inputs": tuple(str(path.parent / one) for one in given.pop("inputs", []))
        }
        for name in {"mapping", "rules", "scenario", "categories"} & given.keys():
            beside[name] = str(path.parent / given.pop(name))
        return cls(**given, **beside)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_MUST = {
    "inputs": "a list of paths",
    "mapping": "a path",
    "account": "text",
    "marketplace": "text",
    "origin": "text",
    "rules": "a path",
    "scenario": "a path",
    "seen": "a day, as 2026-01-31 without quotes",
    "lag_days": "a whole number from 0 to 60",
    "max_rejected_share": "a share from 0 to 1",
    "categories": "a path",
    "report_from": "a day, as 2026-01-31 without quotes",
    "report_to": "a day, as 2026-01-31 without quotes",
    "absence": "true or false",
    "day_first": "true or false",
}
_FITS: dict[str, Callable[[Any], bool]] = {
    "inputs": lambda v: isinstance(v, list) and all(map(_is_text, v)),
    "mapping": _is_text,
    "account": _is_text,
    "marketplace": _is_text,
    "origin": _is_text,
    "rules": _is_text,
    "scenario": _is_text,
    "seen": lambda v: type(v) is date,
    "lag_days": lambda v: type(v) is int and 0 <= v <= 60,
    "max_rejected_share": lambda v: type(v) in {int, float} and 0 <= v <= 1,
    "categories": _is_text,
    "report_from": lambda v: type(v) is date,
    "report_to": lambda v: type(v) is date,
    "absence": lambda v: type(v) is bool,
    "day_first": lambda v: type(v) is bool,
}


def build(
    settings: Settings, folder: Path, as_of: date | None = None, progress: Progress | None = None
) -> None:
    """Load, classify and tally once, and keep what came of it in a run folder.

    Args:
        settings: the inputs and options; without inputs the sample data are taken.
        folder: an existing folder, which receives the files named above.
        as_of: the day for which `packages.csv` says what counts; the newest export if not given.
        progress: called with a step, how much is done and how much there is.

    Raises:
        InputError: the inputs cannot be read; see `load`.
    """
    parts, rejects, summary, seen_to = _packages(settings, progress)
    as_of = as_of or seen_to
    if as_of == date.min:
        raise InputError("no file says from when it is; give the day of the exports as seen")
    rules = read_rules(*_own_rules(settings, folder))
    if settings.scenario is not None:
        write_scenario(read_scenario(settings.scenario), folder / SCENARIO)
    with TemporaryDirectory(prefix="vtrkit-") as scratch:
        lists = Lists(Path(scratch), as_of, rules, settings.lag_days)
        told = progress if len(parts) > 1 else None
        store(_judged(parts, rules, lists), folder / "tally", told)
        lists.examples().write_parquet(folder / "examples.parquet")
        lists.delays().write_parquet(folder / "scan_delay.parquet")
        lists.misread().write_parquet(folder / "misread.parquet")
        lists.typed().write_parquet(folder / "typed.parquet")
        lists.write_packages(folder / "packages.csv")
    summary.write_parquet(folder / "summary.parquet")
    safe(rejects).write_csv(folder / "rejects.csv")
    asked = asdict(settings) | {
        "inputs": sorted(Path(one).name for one in settings.inputs),
        "mapping": settings.mapping and Path(settings.mapping).name,
        "rules": settings.rules and Path(settings.rules).name,
        "scenario": settings.scenario and Path(settings.scenario).name,
        "categories": settings.categories and Path(settings.categories).name,
        "missing": missing(pl.concat(parts)) if settings.inputs else None,
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
    settings: Settings, progress: Progress | None
) -> tuple[Sequence[pl.LazyFrame], pl.DataFrame, pl.DataFrame, date]:
    if not settings.inputs:
        made = sample.packages()
        said = {
            "file": f"sample data, seed {sample.SEED}",
            "layout": "packages",
            "rows": made.height,
            "packages": made.height,
            "rejected": 0,
        }
        return [made.lazy()], pl.DataFrame({"file": []}), pl.DataFrame([said]), sample.AS_OF
    loaded = read(settings, progress)
    return loaded.parts, loaded.rejects, loaded.summary, loaded.seen_to


def read(settings: Settings, progress: Progress | None = None) -> Loaded:
    """The packages of a user's inputs, as `load` gives them.

    Raises:
        InputError: the inputs cannot be read; see `load`.
    """
    return load(
        settings.inputs,
        mapping=settings.mapping,
        account=settings.account,
        marketplace=settings.marketplace,
        origin=settings.origin,
        rules=read_rules(*map(Path, filter(None, [settings.rules]))),
        seen=settings.seen,
        report_from=settings.report_from,
        report_to=settings.report_to,
        absence=settings.absence,
        day_first=settings.day_first,
        categories=settings.categories,
        max_rejected_share=settings.max_rejected_share,
        progress=progress,
    )


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Sorted, dates as ISO text, no NaN; the same bytes for the same data."""
    text = json.dumps(data, indent=1, sort_keys=True, default=str, allow_nan=False)
    path.write_text(text + "\n", "utf-8")
