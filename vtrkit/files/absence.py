"""What a report that lists defects only says by leaving a package out.

Amazon's Valid Tracking report of today lists defects. A package of the same account and
marketplace that was promised on a day that the report covers, and that it does not list, is
valid in Amazon's eyes; of several reports that cover the day, the newest has the say. A row of it
that cannot be used lists a package all the same: its order is not left out, and where not even that
can be read, nobody knows what the report leaves out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import Day
from vtrkit.files.one_file import File
from vtrkit.files.plausible import listed
from vtrkit.given import read_day
from vtrkit.schema import BY_ABSENCE
from vtrkit.tracking.cleaning import order_ids

_ORDER = ["account", "order_id"]

UNUSED = (
    "Amazon's report of defects has a row about its order that cannot be used, so Amazon's verdict "
    "is not known"
)
_NEVER = date.max
_STATED, _ASSUMED = "{} to {}", "{} to {} (assumed: its first and last promised day)"


@dataclass(frozen=True)
class Report:
    """One report that lists defects only: whose packages it is about, and of which days.

    Attributes:
        file: its number among all files.
        seen: the day of the export, as days since 1970.
        marketplaces: those of the packages that it lists, or the account's only one; none =
            it is not known.
        assumed: whether the days are no more than the first and the last that it lists.
        unused: the orders of its rows that cannot be used; none where not even that can be read.
    """

    file: int
    seen: int
    account: str
    marketplaces: frozenset[str]
    first: date | None
    last: date | None
    assumed: bool = False
    unused: frozenset[str | None] = frozenset()

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


def heard(
    packages: pl.DataFrame, reports: Sequence[Report]
) -> tuple[pl.DataFrame, dict[int, int], pl.DataFrame]:
    """Packages with Amazon's verdict by absence, and how many of them each report accounts for.

    Args:
        packages: the packages table, with `_verdict`, the day of the export of which a package
            has Amazon's verdict.
        reports: the reports, in any order.

    Returns:
        Both, and the packages that stay not known as a row about their order cannot be used.
    """
    counts, doubts = {}, [listed(packages.clear(), UNUSED)]
    packages = packages.with_columns(_unsure=pl.lit(False))
    for report in sorted(reports, key=lambda r: (-r.seen, r.first or _NEVER, r.last or _NEVER)):
        left_out = _left_out(report) & ~pl.col("_unsure")
        about = pl.col("order_id").is_in([o for o in report.unused if o is not None])
        doubts.append(listed(packages.filter(left_out & about), UNUSED))
        # an older report may not say what this one, which has the say, leaves open
        unsure = left_out & (pl.lit(None in report.unused) | about)
        packages = packages.with_columns(_unsure=pl.col("_unsure") | unsure)
        silent = left_out & ~pl.col("_unsure")
        counts[report.file] = packages.select(silent.sum()).item()
        packages = packages.with_columns(
            pl.when(silent).then(True).otherwise("reported_valid").alias("reported_valid"),
            pl.when(silent).then(pl.lit(BY_ABSENCE)).otherwise("reported_by").alias("reported_by"),
            pl.when(silent)
            .then(pl.lit(report.seen, pl.Int32))
            .otherwise("_verdict")
            .alias("_verdict"),
        )
    return packages.drop("_unsure"), counts, pl.concat(doubts)


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

    def reports(self, asked: Covered, lost: pl.DataFrame) -> dict[int, Report]:
        """The reports that list defects only, by the number of their file.

        Args:
            asked: the days that they cover, where the user says so.
            lost: the rows of all files that are about no package, in the form of rejects.
        """
        return {n: self._report(n, asked, lost) for n in self._listed}

    def _report(self, number: int, asked: Covered, lost: pl.DataFrame) -> Report:
        file = self._files[number]
        named = file.named[:2] if len(file.named) > 1 else (None, None)
        first, last = (a or b for a, b in zip(asked, named, strict=True))
        all_of_account = self._of.get(file.account, set())
        only = all_of_account if len(all_of_account) == 1 else set()
        unmatched = lost.filter(file=file.source.name)["order_id"]
        return Report(
            file=number,
            seen=(file.seen_at - _EPOCH).days if file.seen_at else 0,
            account=file.account,
            marketplaces=frozenset(self._listed[number] or only),
            first=first or file.promised[0],
            last=last or file.promised[1],
            assumed=not (first and last),
            unused=frozenset((*order_ids(file.rejected_orders), *unmatched)),
        )


def unreadable(files: Sequence[File], reports: Iterable[Report]) -> list[str]:
    """What it means that a report has a row whose order cannot be read, for each such report."""
    return [
        f"{files[report.file].source.name} lists a package of which the order cannot be read, so "
        "no package is valid because this report leaves it out. Download the report again, and "
        "give it as it came."
        for report in reports
        if None in report.unused
    ]


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
