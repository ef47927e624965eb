"""What a report that lists defects only says by leaving a package out.

Amazon's Valid Tracking report of today lists defects. A package of the same account and
marketplace that was promised on a day that the report covers, and that it does not list, is
valid in Amazon's eyes; of several reports that cover the day, the newest has the say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import Day
from vtrkit.files.one_file import File, days_in_name
from vtrkit.schema import BY_ABSENCE
from vtrkit.words import read_day

_ORDER = ["account", "order_id"]

_NEVER = date.max
_STATED, _ASSUMED = "{} to {}", "{} to {} (assumed: its first and last promised day)"


@dataclass(frozen=True)
class Report:
    """One report that lists defects only: whose packages it is about, and of which days.

    Attributes:
        file: its number among all files.
        seen: the day of the export, as days since 1970.
        marketplaces: those of the packages that it lists, or the account's only one; none =
            nobody can tell.
        assumed: whether the days are no more than the first and the last that it lists.
    """

    file: int
    seen: int
    account: str
    marketplaces: frozenset[str]
    first: date | None
    last: date | None
    assumed: bool = False

    @property
    def covers(self) -> str | None:
        """The days in words; none if they are not known."""
        if not self.first or not self.last:
            return None
        return (_ASSUMED if self.assumed else _STATED).format(self.first, self.last)


def range_of(report_from: Day | None, report_to: Day | None) -> "Covered":
    """The days that a report of defects covers, where somebody says so."""
    first, last = read_day(report_from, "report_from"), read_day(report_to, "report_to")
    if first and last and first > last:
        raise ParameterError(f"report_from {first} is after report_to {last}; swap them")
    return first, last


def heard(packages: pl.DataFrame, reports: Sequence[Report]) -> tuple[pl.DataFrame, dict[int, int]]:
    """Packages with Amazon's verdict by absence, and how many of them each report accounts for.

    Args:
        packages: the packages table, with `_verdict`, the day of the export of which a package
            has Amazon's verdict.
        reports: the reports, in any order.
    """
    counts = {}
    for report in sorted(reports, key=lambda r: (-r.seen, r.first or _NEVER, r.last or _NEVER)):
        silent = _left_out(report)
        counts[report.file] = packages.select(silent.sum()).item()
        packages = packages.with_columns(
            pl.when(silent).then(True).otherwise("reported_valid").alias("reported_valid"),
            pl.when(silent).then(pl.lit(BY_ABSENCE)).otherwise("reported_by").alias("reported_by"),
            pl.when(silent)
            .then(pl.lit(report.seen, pl.Int32))
            .otherwise("_verdict")
            .alias("_verdict"),
        )
    return packages, counts


def _left_out(report: Report) -> pl.Expr:
    """Shipped by the seller, of a day that the report covers, with no newer word of Amazon."""
    if not report.first or not report.last or not report.marketplaces:
        return pl.lit(False)
    within = (
        (pl.col("account").cast(pl.String) == report.account)
        & pl.col("marketplace").cast(pl.String).is_in(sorted(report.marketplaces))
        & pl.col("promised_date").is_between(report.first, report.last)
    )
    sent = (pl.col("status") == "shipped") & (pl.col("fulfilled_by") != "amazon").fill_null(True)
    older = pl.col("_verdict").is_null() | (pl.col("_verdict") < report.seen)
    return (within & sent & older).fill_null(False)


_EPOCH = date(1970, 1, 1)


Covered = tuple[date | None, date | None]


class Places:
    """Of which marketplaces reports of defects speak, gathered part by part."""

    def __init__(self, files: Sequence[File]) -> None:
        """Of none yet."""
        self._files = files
        self._listed: dict[int, set[str]] = {
            n: set() for n, f in enumerate(files) if f.layout.defects_only
        }
        self._of: dict[str, set[str]] = {}

    def enter(self, packages: pl.DataFrame, rows: pl.DataFrame) -> None:
        """The marketplaces of one part's packages, and of those that each report lists."""
        if not self._listed:
            return
        where = packages.select(pl.col("account", "marketplace").cast(pl.String)).unique()
        for account, marketplace in where.rows():
            self._of.setdefault(account, set()).add(marketplace)
        for number, found in self._listed.items():
            listed = rows.filter(_file=number).select(_ORDER).unique()
            there = packages.with_columns(pl.col("account").cast(pl.String))
            there = there.join(listed, on=_ORDER, how="semi")
            found.update(there["marketplace"].cast(pl.String).drop_nulls())

    def reports(self, asked: Covered) -> dict[int, Report]:
        """The reports that list defects only, by the number of their file."""
        return {n: self._report(n, asked) for n in self._listed}

    def _report(self, number: int, asked: Covered) -> Report:
        file = self._files[number]
        days = days_in_name(file.source.name)
        named = (days[0], days[1]) if len(days) > 1 else (None, None)
        first, last = (a or b for a, b in zip(asked, named, strict=True))
        all_of_account = self._of.get(file.account, set())
        only = all_of_account if len(all_of_account) == 1 else set()
        return Report(
            file=number,
            seen=(file.seen_at - _EPOCH).days if file.seen_at else 0,
            account=file.account,
            marketplaces=frozenset(self._listed[number] or only),
            first=first or file.promised[0],
            last=last or file.promised[1],
            assumed=not (first and last),
        )


def silence(
    files: Sequence[File], reports: dict[int, Report], absent: dict[int, int]
) -> list[pl.Series]:
    """What each file says by leaving packages out: how many, and over which days."""
    of = [reports.get(number) for number in range(len(files))]
    counts = [absent.get(one.file) if one else None for one in of]
    covers = [one.covers if one else None for one in of]
    return [
        pl.Series("by_absence", counts, pl.Int64),
        pl.Series("covers", covers, pl.String),
    ]
