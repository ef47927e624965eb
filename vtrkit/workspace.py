"""Settings, and the chain load, classify, tally run once and kept in a run folder.

```
run folder
├── tally/            the full daily tally, a file a month
├── rules/            the user's own rules, if any
├── examples.parquet  at most ten masked rows per reason
├── scan_delay.parquet  days to the first scan
├── misread.parquet   numbers that look like another carrier's, counted
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
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit import sample
from vtrkit.classify import classify
from vtrkit.errors import InputError, ParameterError, nearest
from vtrkit.inputs import Progress
from vtrkit.load import load
from vtrkit.policy import Rules, read_rules
from vtrkit.schema import Outcome
from vtrkit.store import store
from vtrkit.tally import scan_delay

EXAMPLES = 10
_GROUP = ("account", "marketplace")
_CATEGORY = (*_GROUP, "category")


def shipped(name: str) -> Path:
    """A file that comes with the package, such as `notebooks/vtr_report.ipynb`.

    An installed wheel has it inside the package, a checkout beside it.
    """
    for root in (Path(str(files("vtrkit"))) / "_shipped", Path(__file__).parent.parent):
        if (root / name).exists():
            return root / name
    raise InputError(f"{name} did not come with this installation; install vtrkit again")


@dataclass(frozen=True)
class Settings:
    """What a user chose: the inputs, and what they leave unsaid. No input means the sample."""

    inputs: tuple[str, ...] = ()
    mapping: str | None = None
    account: str | None = None
    marketplace: str | None = None
    origin: str | None = None
    rules: str | None = None
    seen: date | None = None
    lag_days: int | None = None
    max_rejected_share: float = 0.2

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
        for name in {"mapping", "rules"} & given.keys():
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
    "seen": "a day, as 2026-01-31 without quotes",
    "lag_days": "a whole number from 0 to 60",
    "max_rejected_share": "a share from 0 to 1",
}
_FITS: dict[str, Callable[[Any], bool]] = {
    "inputs": lambda v: isinstance(v, list) and all(map(_is_text, v)),
    "mapping": _is_text,
    "account": _is_text,
    "marketplace": _is_text,
    "origin": _is_text,
    "rules": _is_text,
    "seen": lambda v: type(v) is date,
    "lag_days": lambda v: type(v) is int and 0 <= v <= 60,
    "max_rejected_share": lambda v: type(v) in {int, float} and 0 <= v <= 1,
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
    packages, rejects, summary, seen_to = _packages(settings, progress)
    as_of = as_of or seen_to
    if as_of == date.min:
        raise InputError("no file says from when it is; give the day of the exports as seen")
    rules = read_rules(*_own_rules(settings, folder))
    verdicts = classify(packages, rules).collect()
    store([verdicts.lazy()], folder / "tally")
    _examples(verdicts).write_parquet(folder / "examples.parquet")
    scan_delay(verdicts).sort(pl.all()).write_parquet(folder / "scan_delay.parquet")
    _misread(verdicts).write_parquet(folder / "misread.parquet")
    summary.write_parquet(folder / "summary.parquet")
    _safe(_which_count(verdicts, as_of, rules, settings.lag_days)).write_csv(
        folder / "packages.csv"
    )
    _safe(rejects).write_csv(folder / "rejects.csv")
    asked = asdict(settings) | {
        "inputs": sorted(Path(one).name for one in settings.inputs),
        "mapping": settings.mapping and Path(settings.mapping).name,
        "rules": settings.rules and Path(settings.rules).name,
        "as_of": as_of,
        "seen_to": seen_to,
        "vtrkit": version("vtrkit"),
    }
    write_json(folder / "settings.json", asked)


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
) -> tuple[pl.LazyFrame, pl.DataFrame, pl.DataFrame, date]:
    if not settings.inputs:
        made = sample.packages()
        said = {
            "file": f"sample data, seed {sample.SEED}",
            "layout": "packages",
            "rows": made.height,
            "packages": made.height,
            "rejected": 0,
        }
        return made.lazy(), pl.DataFrame({"file": []}), pl.DataFrame([said]), sample.AS_OF
    loaded = load(
        settings.inputs,
        mapping=settings.mapping,
        account=settings.account,
        marketplace=settings.marketplace,
        origin=settings.origin,
        rules=read_rules(*map(Path, filter(None, [settings.rules]))),
        seen=settings.seen,
        max_rejected_share=settings.max_rejected_share,
        progress=progress,
    )
    return loaded.packages, loaded.rejects, loaded.summary, loaded.seen_to


def _masked(number: str = "tracking_number") -> pl.Expr:
    """A tracking number of which only the ends are left, so that it names nobody's parcel."""
    text = pl.col(number)
    ends = pl.concat_str(text.str.head(4), pl.lit("…"), text.str.tail(4))
    return (
        pl.when(text.str.len_chars() >= 12)
        .then(ends)
        .when(text != "")
        .then(pl.concat_str(pl.lit("…"), text.str.tail(2)))
        .otherwise(text)
    )


def _examples(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The newest packages of each account and reason that do not count as valid, masked."""
    outcome = pl.col("outcome").is_in([Outcome.DEFECT, Outcome.UNKNOWN])
    newest = (
        verdicts.lazy()
        .filter(outcome)
        .sort(
            "promised_date",
            "order_id",
            "package_id",
            descending=[True, False, False],
            nulls_last=True,
        )
    )
    columns = ("category", "carrier_id", "ship_method", "ship_date", "promised_date")
    return (
        newest.group_by("account", "reason", maintain_order=True)
        .head(EXAMPLES)
        .select(*_GROUP, "reason", *columns, _masked().alias("number"))
        .collect()
    )


def _misread(verdicts: pl.DataFrame) -> pl.DataFrame:
    """How many numbers of each carrier, in the metric and not valid, look like whose."""
    key = (*_GROUP, "carrier_id", "promised_date", "fix")
    odd = pl.col("fix").is_not_null() & pl.col("outcome").is_in([Outcome.DEFECT, Outcome.UNKNOWN])
    counted = verdicts.lazy().filter(odd).group_by(key).agg(pl.len().cast(pl.Int64))
    return counted.rename({"len": "packages"}).sort(key).collect()


def _which_count(
    verdicts: pl.DataFrame, as_of: date, rules: Rules, lag_days: int | None
) -> pl.DataFrame:
    """The packages of the longest window and after it: does each count, and until when."""
    names = verdicts["marketplace"].unique().cast(pl.String).to_list()
    of = {name: rules.on(name, as_of) for name in names}
    lags = {n: p.lag_days if lag_days is None else lag_days for n, p in of.items()}
    ends = pl.DataFrame(
        [(n, lags[n], p.window_days, max(p.windows_days)) for n, p in of.items()],
        schema=["marketplace", "lag", "days", "longest"],
        orient="row",
    ).with_columns(pl.col("marketplace").cast(pl.Categorical))
    promised, end = pl.col("promised_date"), pl.lit(as_of) - pl.duration(days="lag")
    start = end - pl.duration(days=pl.col("days") - 1)
    counts = (pl.col("outcome") != Outcome.EXEMPT) & promised.is_between(start, end)
    recent = (promised > end - pl.duration(days="longest")) | promised.is_null()
    return (
        verdicts.lazy()
        .join(ends.lazy(), on="marketplace", how="left")
        .filter(recent)
        .sort(*_CATEGORY, "promised_date", "order_id", "package_id")
        .select(
            *_GROUP,
            "order_id",
            "promised_date",
            "category",
            "carrier",
            _masked().alias("number"),
            "outcome",
            "reason",
            counts.fill_null(False).alias("in_window"),
            (promised + pl.duration(days="lag")).alias("enters_on"),
            (promised + pl.duration(days=pl.col("lag") + pl.col("days"))).alias("leaves_on"),
        )
        .collect()
    )


def _safe(table: pl.DataFrame) -> pl.DataFrame:
    """Text that a spreadsheet would run as a formula, made text again by an apostrophe."""
    texts = [n for n, t in table.schema.items() if t in (pl.String, pl.Categorical)]
    return table.with_columns(
        pl.col(n).cast(pl.String).str.replace(r"^([=+\-@\t\r])", "'$1") for n in texts
    )


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Sorted, dates as ISO text, no NaN; the same bytes for the same data."""
    text = json.dumps(data, indent=1, sort_keys=True, default=str, allow_nan=False)
    path.write_text(text + "\n", "utf-8")
