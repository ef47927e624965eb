"""What a load gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from vtrkit.files.gaps import missing
from vtrkit.files.skipped import Skipped
from vtrkit.words import Html, paragraph, table, together


@dataclass(frozen=True)
class Loaded:
    """What a load gives: the packages, what was rejected, and how the rows add up.

    Attributes:
        packages: the packages table (`vtrkit.schema.PACKAGES`), sorted by its key within each
            part.
        rejects: the rows that are wrong or unmatched: file, row, rule, and the mapped cells as
            text.
        summary: one row per file; rows = packages + merged + attached + duplicates + unmatched +
            rejected. `by_absence` counts verdicts that come from a package's absence.
        uncategorised: the skus and asins without a category, which `vtrkit look` writes down to
            be filled in.
        restated: the packages that an older file names and its order has no more: under `now` is
            the package that they have become, if any.
        doubts: rows and packages of which something was not taken or had to be assumed: file,
            row, order_id, tracking_number, rule.
        parts: the packages in parts of disjoint orders, each small enough to be held; one part
            unless the inputs are large.
        skipped: files of folders and archives that are not read: file, what it is, what to give
            instead.
        not_known: words of closed lists, such as a status, that nobody knows and that were taken
            for *not known*: file, column, value (null where it cannot be shown), rows.
        notes: what was assumed, in sentences.
        failed: why an account was left out, by its name.
        official: Amazon's own figures, of the performance reports among the inputs; see
            `vtrkit.results.OFFICIAL`.
    """

    packages: pl.LazyFrame
    rejects: pl.DataFrame
    summary: pl.DataFrame
    parts: tuple[pl.LazyFrame, ...] = ()
    uncategorised: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    restated: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    doubts: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    skipped: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    not_known: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)
    notes: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict, repr=False)
    official: pl.DataFrame = field(default_factory=pl.DataFrame, repr=False)

    def __repr__(self) -> str:
        """What each file was taken for, and what is missing."""
        return self._shown().text

    def _repr_html_(self) -> str:
        return self._shown().markup

    def _shown(self) -> Html:
        names = {n: n.replace("_", " ") for n in self.summary.columns if n != "sha256"}
        line = missing(self.packages) or "Nothing is missing."
        return together(paragraph(line), table(self.summary, names))

    @property
    def unread(self) -> list[str]:
        """The files that are not read and may hold what is missing, each in a sentence."""
        return [str(file) for row in self.skipped.rows() if (file := Skipped(*row)).missed]

    @property
    def seen_to(self) -> date:
        """The day of the newest export."""
        newest = self.summary["seen_at"].max()
        return newest if isinstance(newest, date) else date.min
