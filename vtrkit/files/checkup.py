"""What `vtrkit look` says of files: first the answer, then what is missing, then file by file."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest
from typing import Any

import polars as pl

from vtrkit.files.gaps import NO_NUMBER, Gap, gaps
from vtrkit.files.layouts import known_layouts
from vtrkit.files.loaded import Loaded
from vtrkit.files.plausible import DAMAGED
from vtrkit.files.skipped import Skipped
from vtrkit.words import percent, place, span

WIDTH = 80
_LEFT_OUT = ("unmatched", "rejected")
_KIND = 30
"""So wide is the kind of a file at least."""
_REMEDY = (
    "for the numbers that a spreadsheet damaged ({:,}), the file as it was before one saved it: "
    "export it anew, and open it with that column as text"
)
_MOST = 3
"""So many files or groups are named of those that lack most."""


@dataclass(frozen=True)
class Checkup:
    """What was loaded, as a person asks about it.

    Attributes:
        packages: how many packages there are.
        shipped: how many of them sellers shipped.
        days: the first and the last day on which any was shipped or promised.
        gaps: what is not known of the packages shipped.
        assumed: what was assumed, in sentences.
        left_out: how many rows were left out, by rule.
        to_check: of how many rows something was assumed or not taken, by rule.
        loaded: the load itself.
    """

    packages: int
    shipped: int
    days: tuple[date | None, date | None]
    gaps: Sequence[Gap]
    assumed: Sequence[str]
    left_out: dict[str, int]
    to_check: dict[str, int]
    loaded: Loaded

    @classmethod
    def of(cls, loaded: Loaded) -> "Checkup":
        """Count what a load leaves open."""
        days = pl.col("ship_date", "promised_date")
        first, last = pl.min_horizontal(days.min()), pl.max_horizontal(days.max()).alias("last")
        row = loaded.packages.select(first.alias("first"), last).collect().row(0)
        shipped, missing, assumed = gaps(loaded.packages)
        notes = list(loaded.notes)
        if assumed:
            notes.append(
                f"Packages whose country of origin no file gives: {assumed:,}. We took that of the "
                "number, the carrier or the marketplace; if it is wrong, give --origin, or a table "
                "[origin] in a vtrkit.toml, with a line for each marketplace."
            )
        rejects, doubts = (
            dict(by_rule.sort(["rows", "rule"], descending=[True, False]).rows())
            for table in (loaded.rejects, loaded.doubts)
            for by_rule in [table["rule"].value_counts(name="rows")]
        )
        if damaged := doubts.get(DAMAGED):
            missing = [
                replace(g, settles=_REMEDY.format(damaged) + f"; for others, {g.settles}" * more)
                if g.short == NO_NUMBER
                else g
                for g in missing
                for more in [g.packages > damaged]
            ]
        packages = int(loaded.summary["packages"].sum())
        return cls(packages, shipped, row, missing, notes, rejects, doubts, loaded)

    def as_dict(self) -> dict[str, Any]:
        """The same for programs."""
        frames = ("summary", "skipped", "not_known")
        files, skipped, not_known = (getattr(self.loaded, name).to_dicts() for name in frames)
        return {
            "packages": self.packages,
            "shipped": self.shipped,
            "first_day": self.days[0],
            "last_day": self.days[1],
            "missing": [
                {"what": g.what, "packages": g.packages, "settled_by": g.settles, "menu": g.menu}
                for g in self.gaps
            ],
            "assumed": list(self.assumed),
            "files": files,
            "skipped": skipped,
            "left_out": self.left_out,
            "to_check": self.to_check,
            "replaced_or_gone": self.loaded.restated.height,
            "words_not_known": not_known,
            "amazon_figures": self.loaded.official.to_dicts(),
        }

    def text(self) -> str:
        """The page, in lines of 80 columns."""
        return "\n".join(line.rstrip() for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _wrapped(self._answer())
        yield from _section("What is missing", map(_gap_text, self.gaps))
        yield from _section("What is not read", self.loaded.unread)
        yield from _section("What was assumed", self.assumed)
        yield ""
        yield from self._files()
        rules = (f"{rule}: {count:,} {_rows(count)}" for rule, count in self.left_out.items())
        yield from _section("Rows left out", rules)
        yield from _section("To check", self._checks())
        yield from _section("Words that vtrkit does not know, taken as not known", self._words())
        skipped = [Skipped(*row) for row in self.loaded.skipped.rows()]
        other = (f"{file.name}: {file.what}" for file in skipped if not file.missed)
        yield from _section("Other files", other)
        yield from _section("Amazon's own figures, for vtrkit reconcile", self._figures())

    def _figures(self) -> Iterator[str]:
        for row in self.loaded.official.to_dicts():
            first, last = row["window_start"], row["window_end"]
            days = span(first, last) if first and last else "days not said"
            where = row["marketplace"] or "marketplace not said"
            yield f"{row['file']}: {where}, {days}: {percent(row['amazon_rate'])}"

    def _answer(self) -> str:
        files = self.loaded.summary.height
        said = f"{_packages(self.packages)} from {files:,} {'file' if files == 1 else 'files'}"
        first_day, last_day = self.days
        if first_day and last_day:
            said += f", {span(first_day, last_day)}"
        if not self.gaps:
            return f"{said}. Nothing is missing."
        first = self.gaps[0]
        return f"{said}; {first.short} for {first.packages:,}: you need {first.settles}."

    def _checks(self) -> Iterator[str]:
        if went := self.loaded.restated.height:
            yield (
                f"{_packages(went)} of older files that newer ones replace or no longer have; a "
                "report lists them in restated.csv"
            )
        for rule, count in self.to_check.items():
            where = self._where(rule)
            yield f"{rule}: {count:,} {_rows(count)}{where}; a report lists them in doubts.csv"

    def _where(self, rule: str) -> str:
        """The files that have most of what is to check, by a rule."""
        files = self.loaded.doubts.filter(rule=rule)["file"].value_counts(name="rows")
        worst = files.sort(["rows", "file"], descending=[True, False]).rows()
        named = [f"{file} ({rows:,})" if len(worst) > 1 else file for file, rows in worst[:_MOST]]
        others = f" and {len(worst) - _MOST} other files" if len(worst) > _MOST else ""
        return f" of {', '.join(named)}{others}" if named else ""

    def _words(self) -> Iterator[str]:
        for file, column, value, rows in self.loaded.not_known.rows():
            word = "(not shown)" if value is None else f"'{value}'"
            yield f"{file}: {word} under {column.replace('_', ' ')}, {rows:,} {_rows(rows)}"

    def _files(self) -> Iterator[str]:
        """File by file, each in as many lines as its name and kind need."""
        titles = {one.name: one.title or one.name for one in known_layouts()}
        table = self.loaded.summary.select(
            pl.col("file").alias("File"),
            pl.col("layout").replace(titles).alias("What it is"),
            pl.col("rows").alias("Rows"),
            pl.sum_horizontal(_LEFT_OUT).alias("Left out"),
            pl.col("blank").alias("Blank"),
        )
        kept = [name for name in table.columns if name not in {"Left out", "Blank"}]
        kept += [name for name in ("Left out", "Blank") if table[name].sum()]
        cells = [kept, *([_cell(v) for v in row] for row in table.select(kept).rows())]
        numbers = [max(len(row[n]) for row in cells) for n in range(2, len(kept))]
        room = WIDTH - sum(numbers) - 2 * (len(kept) - 1)
        longest = max(len(row[0]) for row in cells)
        name = min(longest, room - _KIND)
        for file, kind, *counts in cells:
            parts = zip_longest(
                textwrap.wrap(file, name), textwrap.wrap(kind, room - name), fillvalue=""
            )
            first, *more = (f"{a:{name}}  {b:{room - name}}" for a, b in parts)
            yield "  ".join([first, *(c.rjust(w) for c, w in zip(counts, numbers, strict=True))])
            yield from more


def _gap_text(gap: Gap) -> str:
    menu = f" (Seller Central: {gap.menu})" if gap.menu else ""
    return f"{gap.what}, for {_packages(gap.packages)}{_whose(gap)}: {gap.settles}{menu}"


def _whose(gap: Gap) -> str:
    """Of whom most of them are, and when these were shipped."""
    if len(gap.groups) < 2:
        return ""
    named = [
        f"{r['packages']:,} of {place(r)} by {r['carrier'] or 'no carrier'}"
        + (f", shipped {span(r['first'], r['last'])}" if r["first"] else "")
        for r in gap.groups[:_MOST]
    ]
    rest = gap.packages - sum(r["packages"] for r in gap.groups[:_MOST])
    return f" ({'; '.join(named)}{_rest(rest)})"


def _rest(count: int) -> str:
    return f"; {count:,} {'other' if count == 1 else 'others'}" if count else ""


def _section(title: str, texts: Iterable[str]) -> Iterator[str]:
    if listed := list(texts):
        yield from ("", title)
        for text in listed:
            yield from _wrapped(text, "- ")


def _wrapped(text: str, first: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def _packages(count: int) -> str:
    return f"{count:,} {'package' if count == 1 else 'packages'}"


def _rows(count: int) -> str:
    return "row" if count == 1 else "rows"


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
