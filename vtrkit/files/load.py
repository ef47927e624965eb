"""Sellers' files to one table of packages, with every row accounted for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any

import polars as pl

from vtrkit.errors import InputError, RejectedError
from vtrkit.facts.checked import APath, ATable, Day, Marketplace, Origin, Share, checks
from vtrkit.files.all_files import Gathered, gather
from vtrkit.files.copies import copied
from vtrkit.files.in_memory import Given
from vtrkit.files.inference import sentence, strangers
from vtrkit.files.loaded import Loaded
from vtrkit.files.named_days import is_open
from vtrkit.files.one_file import ODD_WORDS, File
from vtrkit.files.reading import Asked, Held, Taken, read_all
from vtrkit.files.skipped import Skipped
from vtrkit.files.sources import Progress
from vtrkit.given import is_table
from vtrkit.rules.policies import Rules


@checks
def load(  # noqa: PLR0913 - one keyword for each thing that files may leave unsaid
    paths: Given | Sequence[Given],
    *,
    mapping: ATable | None = None,
    account: str | None = None,
    marketplace: Marketplace | None = None,
    origin: Origin | None = None,
    seen: Day | None = None,
    report_from: Day | None = None,
    report_to: Day | None = None,
    absence: bool = True,
    categories: APath | None = None,
    day_first: bool | None = None,
    max_rejected_share: Share = 0.2,
    rules: Rules | None = None,
    apart: bool = False,
    progress: Progress | None = None,
) -> Loaded:
    """Read files and folders into one table with a row per package.

    Files are recognised by their headers. Several files about the same orders are joined: the
    newest export that names the packages of an order fixes which packages exist, and each field
    takes its newest value that is known.

    Args:
        paths: files (CSV, TSV, TXT, Parquet, XLSX, JSON, XML), archives and folders of them; or
            tables in memory: of Polars, or of any library that hands over Arrow streams, such as
            pandas, PyArrow, DuckDB and Ibis.
        mapping: a TOML file or dict that says which column is what, for files that vtrkit does
            not know; see `data/README.md`.
        account: the seller account, where neither a column nor a folder below a given one says.
        marketplace: for files that do not name one, or several by the names of such files, as
            `{"orders_uk*": "UK"}`; where it is not given, a file is taken for the marketplace
            whose currency and country nearly all of its orders have.
        origin: the country that packages ship from, as US, where no file says; or countries by
            marketplace (`DE`), account, or both (`acme/DE`). Where it is not given, it is assumed
            from the number, the carrier, or the marketplace's own country.
        seen: the day of the exports, where neither a column nor the file's name has it.
        report_from: the first promised day that a report of defects covers, where its name does
            not have both; else the first and the last that it lists are assumed.
        report_to: the last promised day that it covers.
        absence: whether a package that such a report covers and does not list is valid in
            Amazon's eyes.
        categories: CSV or TOML with the category of each sku or asin.
        day_first: whether 05/06/2026 is the fifth of June, where a file does not tell.
        max_rejected_share: refuse the load when more of the rows than this are wrong.
        rules: the marketplaces' rules, for their time zones.
        apart: whether an account with a folder of its own, a file of which cannot be read, is
            left out and named in `failed`, rather than refusing the files of all others.
        progress: called with a step, how much is done and how much there is.

    Raises:
        InputError: a file is missing, empty or unreadable, or there is no package in any.
        MappingError: a file fits no layout, or the mapping names something that is not there.
        RejectedError: too many rows are wrong.
        ParameterError: the marketplace or the origin is none, or an argument of another type.

    Examples:
        >>> from vtrkit.shipped import shipped
        >>> loaded = load(shipped("data/sample.csv"))
        >>> loaded.summary.select("layout", "rejected").rows()
        [('packages', 0)]
    """
    asked = Asked.of(
        mapping=mapping,
        account=account,
        marketplace=marketplace,
        origin=origin,
        seen=seen,
        report_from=report_from,
        report_to=report_to,
        absence=absence,
        categories=categories,
        day_first=day_first,
        rules=rules,
    )
    given: list[Any] = [paths]
    if isinstance(paths, Iterable) and not (isinstance(paths, str) or is_table(paths)):
        given = list(paths)
    shelf, progress, failed = Held(), _patient(progress), _Failed(apart)
    try:
        taken = read_all(given, asked.reader, shelf, failed.told, progress)
        files = failed.sound(taken.files, taken.accounts, max_rejected_share)
        check_any(files, taken.skipped)
        found = gather(files, asked, progress)
        check_packages(sum(f.rows for f in files), found.summary)
    finally:
        shelf.folder.remove()
    return loaded_of(taken._replace(files=files), found, asked, failed.why)


def loaded_of(taken: Taken, found: Gathered, asked: Asked, failed: Mapping[str, str]) -> Loaded:
    """All that came of the files, told file by file."""
    files, names = taken.files, [f.source.name for f in taken.files]
    lost = [*(f.rejects for f in files), found.unmatched, *(f.voided for f in files)]
    words = pl.concat(
        f.odd.select(pl.lit(f.source.name).alias("file"), *ODD_WORDS) for f in files
    ).sort("file", "column", "value")
    return Loaded(
        found.packages,
        pl.concat(lost, how="diagonal").sort("file", "row"),
        found.summary.with_columns(blank=pl.Series([f.blank for f in files], dtype=pl.Int64)),
        found.parts,
        found.uncategorised,
        found.restated,
        found.doubts,
        pl.DataFrame(taken.skipped, schema=["file", "what", "instead"], orient="row"),
        words.filter(pl.col("column") != "marketplace"),
        (
            *(sentence(f.source.name, f.assumed, f.names_some) for f in files if f.assumed),
            *strangers(words),
            *found.notes,
            *(note for f in files for note in _unread(f)),
            *copied(files, found.doubts),
            *asked.origins.unused(found.packages),
            *asked.reader.markets.unused(names),
        ),
        failed,
        pl.concat(taken.official) if taken.official else pl.DataFrame(),
    )


def _unread(file: File) -> Iterator[str]:
    """What a file may have told and does not: the day in its name, blank numbers, and scans."""
    if file.seen_from not in {"content", "name", "option"} and is_open(file.source.name):
        yield (
            f"{file.source.name}: the day in its name can be read in two ways, so it is not read, "
            "and which of two exports is newer goes by the latest day in them; write it "
            "as 2026-09-24, or give --day-first or --month-first"
        )
    if file.nulls:
        yield (
            f"{file.source.name}: tracking numbers that are null, {file.nulls:,}, are taken as not "
            "known; where they were blank, have blanks kept as texts (pandas: "
            "keep_default_na=False, Polars: empty_string_is_null=False)"
        )
    if file.lacks:
        yield (
            f"{file.source.name} has no column {' or '.join(file.lacks)}, so it tells of no scan "
            "and no delivery; export it again with that column, or give the carrier's own export"
        )


class _Failed:
    """The accounts that are left out, as a file in their folder cannot be read, and why."""

    def __init__(self, apart: bool) -> None:
        """Nobody yet; nobody ever, unless accounts are apart."""
        self.why: dict[str, str] = {}
        self._apart, self._first = apart, InputError("")

    @contextmanager
    def told(self, account: str | None) -> Iterator[None]:
        """What cannot be read in here leaves an account out."""
        try:
            yield
        except InputError as e:
            if not (self._apart and account):
                raise
            self._first = e if not self.why else self._first
            self.why.setdefault(account, str(e))

    def sound(self, files: Sequence[File], accounts: Iterable[str], limit: float) -> list[File]:
        """The files of those of whom not too many rows are wrong.

        Raises what was wrong where nobody is left.
        """
        for name in sorted(accounts) if self._apart else ():
            with self.told(name):
                check([f for f in files if f.source.account == name and f.rows], limit)
        kept = [f for f in files if f.source.account not in self.why]
        if self.why and not kept:
            raise self._first
        check(kept, limit)
        return kept


def check_any(files: Sequence[File], skipped: Sequence[Skipped]) -> None:
    """Refuse inputs none of which has rows."""
    if not files:
        listed = "; ".join(f"{s.name}: {s.what}; {s.instead}" for s in skipped[:5])
        more = f"; and {len(skipped) - 5} more" if len(skipped) > 5 else ""
        raise InputError(f"no file is one of packages: {listed}{more}")


_PATIENCE = 2.0
"""Seconds of work before anybody is told of it."""


def _patient(progress: Progress | None) -> Progress | None:
    """Tells nothing of work that is over before it could be read."""
    if progress is None:
        return None
    start, shown = monotonic(), progress

    def told(step: str, done: int, total: int) -> None:
        if monotonic() - start >= _PATIENCE:
            shown(step, done, total)

    return told


def check_packages(rows: int, summary: pl.DataFrame) -> None:
    """Refuse files that gave no package."""
    if not summary["packages"].sum():
        raise InputError(
            f"no packages: all {rows} rows are wrong; rejects are kept only beside some"
        )


def check(files: Sequence[File], limit: float) -> None:
    """Refuse files of which too many rows are wrong."""
    if files:
        names = ", ".join(f.source.name for f in files)
        rejects = pl.concat([f.rejects["rule"] for f in files])
        check_share(names, sum(f.rows for f in files), rejects, limit)


def check_share(names: str, total: int, rejects: pl.Series, limit: float) -> None:
    """Refuse rows of which too many are wrong, each with its rule, or that are none."""
    if not total:
        raise InputError(
            f"no packages: {names} has a header and no rows; export it again for a longer time"
        )
    if len(rejects) / total > limit:
        worst = rejects.value_counts(sort=True).rows()[:3]
        listed = "; ".join(f"{rule} ({count})" for rule, count in worst)
        words = " (for scans: its words, under [values.scans])" if "scans is not" in listed else ""
        raise RejectedError(
            f"{len(rejects)} of {total} rows are wrong, more than {limit:.0%}: {listed}. Correct "
            f"the file or its mapping{words}, or allow more with --max-rejected (in Python: "
            "max_rejected_share)."
        )
