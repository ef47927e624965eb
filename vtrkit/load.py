"""Sellers' files to one table of packages, with every row accounted for."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from vtrkit.errors import InputError, RejectedError
from vtrkit.forms import Layout
from vtrkit.inputs import Progress, Source, find
from vtrkit.join import FATES, settle
from vtrkit.layouts import read_mapping
from vtrkit.match import without_others
from vtrkit.parse import RAW, parsed
from vtrkit.policy import Rules, shipped_rules
from vtrkit.read import TOO_LONG, Raw, read, wrapped
from vtrkit.schema import DATES, DEFAULT_ACCOUNT, PACKAGE_KEY, PACKAGES, conform
from vtrkit.silence import Report, heard

_KEPT = ("_row", "_names", "_sku", "_asin")
_EVENTS = [d for d in DATES if d not in ("promised_date", "ship_by_date", "seen_at")]
_DAY_IN_NAME = r"(?<!\d)(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])"


@dataclass(frozen=True)
class Loaded:
    """What a load gives: the packages, what was rejected, and how the rows add up.

    Attributes:
        packages: the packages table (`vtrkit.schema.PACKAGES`), sorted by its key.
        rejects: the rows that are wrong or unmatched: file, row, rule, and the mapped cells as
            text.
        summary: one row per file; rows = packages + merged + attached + duplicates + unmatched +
            rejected.
    """

    packages: pl.LazyFrame
    rejects: pl.DataFrame
    summary: pl.DataFrame

    @property
    def seen_to(self) -> date:
        """The day of the newest export."""
        newest = self.summary["seen_at"].max()
        return newest if isinstance(newest, date) else date.min


def load(  # noqa: PLR0913 - one keyword for each thing that files may leave unsaid
    paths: Path | str | Sequence[Path | str],
    *,
    mapping: Path | str | Mapping[str, Any] | None = None,
    account: str | None = None,
    marketplace: str | None = None,
    origin: str | None = None,
    seen: date | None = None,
    report_from: date | None = None,
    report_to: date | None = None,
    absence: bool = True,
    max_rejected_share: float = 0.2,
    rules: Rules | None = None,
    progress: Progress | None = None,
) -> Loaded:
    """Read files and folders into one table with a row per package.

    Files are recognised by their headers. Several files about the same orders are joined: the
    newest export that names the packages of an order fixes which packages exist, and each field
    takes its newest value that is known.

    Args:
        paths: files (CSV, TSV, TXT, Parquet, XLSX) and folders of them.
        mapping: a TOML file or dict that says which column is what, for files that vtrkit does
            not know; see `data/README.md`.
        account: the seller account, where neither a column nor a folder below a given one says.
        marketplace: for files that do not name one.
        origin: the country that packages ship from, as US, where no file says; rules ask for two
            scans of packages from some countries, so an unknown one leaves them undecided.
        seen: the day of the exports, where neither a column nor the file's name has it.
        report_from: the first promised day that a report of defects covers, where its name does
            not have both; else the first and the last that it lists are assumed.
        report_to: the last promised day that it covers.
        absence: whether a package that such a report covers and does not list is valid in
            Amazon's eyes.
        max_rejected_share: refuse the load when more of the rows than this are wrong.
        rules: the marketplaces' rules, for their time zones.
        progress: called with a step, how much is done and how much there is.

    Raises:
        InputError: a file is missing, empty or unreadable, or there is no package in any.
        MappingError: a file fits no layout, or the mapping names something that is not there.
        RejectedError: too many rows are wrong.

    Examples:
        >>> from vtrkit.workspace import shipped
        >>> loaded = load(shipped("data/sample.csv"))
        >>> loaded.summary.select("layout", "rejected").rows()
        [('packages', 0)]
    """
    mapped = read_mapping(mapping)
    zones = (rules or shipped_rules()).time_zones()
    files = []
    with TemporaryDirectory(prefix="vtrkit-") as scratch:
        given = [paths] if isinstance(paths, str | Path) else paths
        sources = find(given, Path(scratch))
        for number, source in enumerate(sources):
            if progress:
                progress(f"reading {source.name}", number, len(sources))
            raw = read(source, mapped, Path(scratch))
            files.append(_parsed(source, parsed(raw, marketplace, zones), raw, seen, account))
    rows = _together(files)
    packages, fates = settle(rows)
    _check_named(files, packages)
    reports = _reports(files, packages, rows, (report_from, report_to)) if absence else {}
    packages, absent = heard(packages, list(reports.values()))
    packages = packages.drop("_verdict").with_columns(
        pl.col("origin").fill_null(pl.lit(origin, pl.String))
    )
    summary = _summary(files, fates).with_columns(*_silence(files, reports, absent))
    rejects = pl.concat([f.rejects for f in files], how="diagonal")
    _check(summary, rejects, max_rejected_share)
    lost = pl.concat([rejects, _unmatched(files, rows, fates)], how="diagonal")
    rejects = lost.sort("file", "row")
    return Loaded(conform(packages.lazy()).collect().sort(PACKAGE_KEY).lazy(), rejects, summary)


@dataclass(frozen=True)
class _File:
    """One file as read: its good rows and its rejected ones."""

    source: Source
    layout: Layout
    encoding: str
    seen_at: date | None
    seen_from: str
    good: pl.DataFrame
    rejects: pl.DataFrame
    account: str = DEFAULT_ACCOUNT


def _parsed(
    source: Source, rows: pl.LazyFrame, raw: Raw, seen: date | None, account: str | None
) -> _File:
    ok = pl.col("_rule").is_null()
    # the cells of a line with a stray delimiter stand under other names than their own
    kept = [n for n in rows.collect_schema().names() if n.removeprefix(RAW) in PACKAGES]
    text = pl.when(pl.col("_rule") != TOO_LONG).then(pl.col([n for n in kept if n.startswith(RAW)]))
    texts = text.name.map(lambda name: name.removeprefix(RAW))
    where = (pl.lit(source.name).alias("file"), pl.col("_row").alias("row"))
    with wrapped(source.name):
        good, bad = pl.collect_all(
            [
                rows.filter(ok).select(*_KEPT, *(n for n in PACKAGES if n != "source")),
                rows.filter(~ok).select(*where, pl.col("_rule").alias("rule"), texts),
            ]
        )
    seen_at, seen_from = _seen_at(source.name, good, seen)
    whose = source.account or account or DEFAULT_ACCOUNT
    return _File(source, raw.layout, raw.encoding, seen_at, seen_from, good, bad, whose)


def _seen_at(name: str, good: pl.DataFrame, seen: date | None) -> tuple[date | None, str]:
    """The day of an export and how it is known; never the file's own time."""
    latest = good.select(pl.max_horizontal(pl.col(_EVENTS).max())).item()
    told = {
        "content": good["seen_at"].max(),
        "name": _day_in_name(name),
        "option": seen,
        "latest event": latest,
    }
    return next(((day, how) for how, day in told.items() if day), (None, "not known"))


def _day_in_name(name: str) -> date | None:
    """The last day in a name: that of the export, or the end of the range that it covers."""
    days = days_in_name(name)
    return days[-1] if days else None


def days_in_name(name: str) -> list[date]:
    """The days in the name of a file, as they stand."""
    days = []
    for found in re.finditer(_DAY_IN_NAME, name):
        with suppress(ValueError):  # such as 30 February
            days.append(date(*map(int, found.groups())))
    return days


def _together(files: list[_File]) -> pl.DataFrame:
    """The good rows of all files, with the age of their exports; ties go by content."""
    ranks = _ranks(files)
    rows = [
        f.good.with_columns(
            pl.col("account").cast(pl.String).fill_null(f.account),
            pl.col("seen_at").fill_null(pl.lit(f.seen_at, pl.Date)),
            pl.format("{}:{}", pl.lit(f.source.name), "_row").alias("source"),
            pl.lit(number, pl.UInt32).alias("_file"),
            pl.lit(ranks[number], pl.UInt32).alias("_rank"),
            pl.lit(f.layout.tells).alias("_tells"),
        )
        for number, f in enumerate(files)
    ]
    return without_others(pl.concat(rows))


def _ranks(files: list[_File]) -> list[int]:
    """The place of each file among all from the oldest to the newest."""
    ages = [_age(number, f) for number, f in enumerate(files)]
    return [sorted(ages).index(age) for age in ages]


def _age(number: int, file: _File) -> tuple[date, str, int]:
    return file.seen_at or date.min, file.source.sha256, number


def _reports(
    files: list[_File],
    packages: pl.DataFrame,
    rows: pl.DataFrame,
    asked: tuple[date | None, date | None],
) -> dict[int, Report]:
    """The reports that list defects only, by the number of their file."""
    found = {}
    key = ["account", "order_id"]
    for number, file in enumerate(files):
        if not file.layout.defects_only:
            continue
        listed = rows.filter(_file=number).select(key).unique()
        of_these = packages.join(listed, on=key, how="semi")["marketplace"].unique()
        days = days_in_name(file.source.name)
        named = (days[0], days[1]) if len(days) > 1 else (None, None)
        first, last = (a or b for a, b in zip(asked, named, strict=True))
        promised = file.good["promised_date"]
        found[number] = Report(
            rank=_ranks(files)[number],
            account=file.account,
            marketplaces=frozenset(of_these.cast(pl.String)),
            first=first or _day_or_none(promised.min()),
            last=last or _day_or_none(promised.max()),
            assumed=not (first and last),
        )
    return found


def _day_or_none(value: object) -> date | None:
    """What an aggregate of a column of days is, for the type checker."""
    return value if isinstance(value, date) else None


def _silence(
    files: list[_File], reports: dict[int, Report], absent: dict[int, int]
) -> list[pl.Series]:
    """What each file says by leaving packages out: how many, and over which days."""
    of = [reports.get(number) for number in range(len(files))]
    counts = [absent.get(one.rank) if one else None for one in of]
    covers = [one.covers if one else None for one in of]
    return [
        pl.Series("by_absence", counts, pl.Int64),
        pl.Series("covers", covers, pl.String),
    ]


def _check_named(files: list[_File], packages: pl.DataFrame) -> None:
    """Refuse files that only tell of packages which no file names."""
    if packages.height or all(f.layout.tells == "packages" for f in files):
        return
    told = ", ".join(
        f"{f.source.name} ({f.layout.title})" for f in files if f.layout.tells != "packages"
    )
    raise InputError(
        f"no packages: {told} only tells of packages that another file has to name. Add Amazon's "
        "order report and the shipping confirmations of the same orders, or an export with a row "
        "for each package shipped."
    )


def _unmatched(files: list[_File], rows: pl.DataFrame, fates: pl.DataFrame) -> pl.DataFrame:
    """The rows of which nobody can tell whose package they are about, in the form of rejects."""
    names = pl.DataFrame({"file": [f.source.name for f in files]}).with_row_index("_file")
    stray = fates.filter(_fate="unmatched").select("_file", "_row", "_why")
    found = stray.join(rows, on=["_file", "_row"]).join(names, on="_file")
    told = pl.col("order_id", "tracking_number")
    return found.select("file", pl.col("_row").alias("row"), told, pl.col("_why").alias("rule"))


def _summary(files: list[_File], fates: pl.DataFrame) -> pl.DataFrame:
    """One row per file: what it was taken for, and what became of its rows."""
    counts = fates.group_by("_file").agg(
        *((pl.col("_fate") == f).sum().cast(pl.Int64).alias(f) for f in FATES if f != "rejected"),
        pl.col("_restated").sum().cast(pl.Int64).alias("restated"),
    )
    about = pl.DataFrame(
        [
            (
                n,
                f.source.name,
                f.layout.name,
                f.encoding,
                f.source.sha256,
                f.seen_at,
                f.seen_from,
                f.good.height + f.rejects.height,
                f.rejects.height,
            )
            for n, f in enumerate(files)
        ],
        schema={
            "_file": pl.UInt32,
            "file": pl.String,
            "layout": pl.String,
            "encoding": pl.String,
            "sha256": pl.String,
            "seen_at": pl.Date,
            "seen_from": pl.String,
            "rows": pl.Int64,
            "rejected": pl.Int64,
        },
        orient="row",
    )
    joined = about.join(counts, on="_file", how="left").sort("_file").drop("_file")
    return joined.with_columns(pl.col(*FATES, "restated").fill_null(0)).select(
        "file", "layout", "encoding", "seen_at", "seen_from", "rows", *FATES, "restated", "sha256"
    )


def _check(summary: pl.DataFrame, rejects: pl.DataFrame, limit: float) -> None:
    total = summary["rows"].sum()
    if not total:
        raise InputError(f"no packages: {', '.join(summary['file'])} has a header and no rows")
    share = rejects.height / total
    if share > limit:
        worst = rejects["rule"].value_counts(sort=True).rows()[:3]
        listed = "; ".join(f"{rule} ({count})" for rule, count in worst)
        raise RejectedError(
            f"{rejects.height} of {total} rows are wrong, more than {limit:.0%}: {listed}. Mend "
            "the file or its mapping, or raise max_rejected_share."
        )
    if not summary["packages"].sum():
        raise InputError(
            f"no packages: all {total} rows are wrong; rejects are kept only beside some"
        )
