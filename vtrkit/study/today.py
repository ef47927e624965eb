"""What was asked of one account and marketplace, or of all: how they stand, read once.

```
tally, question ─▶ view, rates, totals, goals, history, reasons, carriers, worst, notes
```
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.files.gaps import SCANS, missing_of
from vtrkit.metric.carrier_scans import carrier_scans
from vtrkit.metric.linked_metrics import late_listings, linked
from vtrkit.metric.portfolio import as_whole, most_urgent, standing
from vtrkit.metric.rates import rates, vtr
from vtrkit.metric.spans import alike
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import Target
from vtrkit.rules.policies import Policy
from vtrkit.schema import CATEGORY, FAILING, GROUP, UNNAMED_MARKETPLACE
from vtrkit.study.cuts import Places
from vtrkit.study.kept import FINISHED, held, once
from vtrkit.study.limits import notes, of_files, unverified
from vtrkit.study.run import RunFolder
from vtrkit.whatif.to_carrier import DAYS


@dataclass(eq=False)
class Today(Places):
    """How some accounts stand on a day.

    Args:
        tally: the full tally of the accounts and marketplaces in question.
        question: as_of, lag_days, seen_to, rules and scan delays of every answer.
        targets: the shares to reach.
        scenario: what is planned, if anything.
        folder: the run folder that all of it is from, if it is from one.
        finished: where a render writes tables of this very question, if it does.
        title: the heading of a report.
        parameters: those of a notebook that shows the same.

    Examples:
        >>> from vtrkit import classify, tally
        >>> from vtrkit.demo import packages as sample
        >>> from vtrkit.metric.windows import Question
        >>> cells = tally(classify(sample.packages()))
        >>> shops = Today(cells.lazy(), Question.of(sample.AS_OF))
        >>> shops.worst["category"], shops.worst["status"], shops.worst["to_fix"]
        ('Shoes', 'BAD', 16)
    """

    @cached_property
    def days(self) -> list[date]:
        """The as-of days for which a window has begun, up to the newest export."""
        first, last = self.view["promised_date"].min(), self.seen_to
        first = min(first, last) if isinstance(first, date) else last
        return list(pl.date_range(first, last, eager=True))

    @property
    def seen_to(self) -> date:
        """The day of the newest export."""
        return self.question.seen_to or self.as_of

    def here(self, table: pl.DataFrame) -> pl.DataFrame:
        """What a file of the run folder has of these accounts and marketplaces."""
        return table.join(self.groups, on=GROUP, how="semi")

    def asked(self, by: Sequence[str], *, delays: bool = False) -> dict[str, Any]:
        """The question as the keywords of a plain function."""
        names = ("as_of", "seen_to", "lag_days", "rules", "tracked", *["delays"] * delays)
        return {"by": by, **{name: getattr(self.question, name) for name in names}}

    def write(self) -> Path:
        """Write every table that is known already, for a kernel that asks the same; its folder."""
        assert self.finished is not None, "a study of a bare tally has no folder to write to"
        self.finished.mkdir()
        for name in {*FINISHED} & {*vars(self)}:
            getattr(self, name).write_parquet(self.finished / f"{name}.parquet")
        return self.finished

    @cached_property
    def alike(self) -> pl.DataFrame:
        """Fewer cells with the same rates on the as-of day."""
        markets = {UNNAMED_MARKETPLACE, *(name for _, name in self.places)}
        return alike(self.view, self.question, sorted(markets))

    @cached_property
    def by_carrier(self) -> pl.DataFrame:
        """Packages due of late, by category, carrier, day and reason.

        In the days that count and since, and in those from which a carrier's scans are taken.
        """
        starts = [self.question.window(name).start for _, name in self.places]
        since = min(*starts, self.question.closed_to - timedelta(days=DAYS - 1))
        due = pl.col("promised_date").is_between(since, self.as_of)
        by = [*CATEGORY, "carrier_id", "promised_date", "reason"]
        return rollup(self.tally.filter(due), by).select(*by, "packages").collect()

    def rated(self, by: Sequence[str], target: Target | None = None) -> pl.DataFrame:
        """The rates by any column of the tally; see `vtrkit.rates`.

        By category, a place without a known one that counts is judged as a whole.
        """
        parts = [part._rated(tuple(by), target) for part in self.known_alike(by)]
        table = pl.concat(parts).sort(*by, "days") if len(parts) > 1 else parts[0]
        if tuple(by) != tuple(CATEGORY):
            return table
        return as_whole(table, lambda: self.rated(GROUP, target)).sort(*by, "days")

    @held(4)
    def _rated(self, by: tuple[str, ...], target: Target | None) -> pl.DataFrame:
        cells = self.tally if set(by) - set(CATEGORY) else self.alike
        return rates(cells, as_of=replace(self.question, by=by, target=target))

    @once
    def rates(self) -> pl.DataFrame:
        """One row per account, marketplace, category and window."""
        return self.rated(CATEGORY)

    @once
    def totals(self) -> pl.DataFrame:
        """One row per account, marketplace and window."""
        return self.rated(GROUP)

    @once
    def goals(self) -> pl.DataFrame:
        """What each category still needs for each target, in the days that count."""
        each = [self.rated(CATEGORY, target) for target in self.targets]
        return pl.concat(each).filter("is_enforced_window")

    @once
    def history(self) -> pl.DataFrame:
        """The rate as it stood on each day up to the as-of day, recomputed from today's files."""
        return self.lines(GROUP)

    def lines(self, by: Sequence[str], days: int = 30) -> pl.DataFrame:
        """The same by any column of the tally, and over any days; see `vtrkit.vtr`."""
        cells: pl.DataFrame | pl.LazyFrame = self.tally if set(by) - set(CATEGORY) else self.view
        return vtr(cells, days=days, last=replace(self.question, by=tuple(by)))

    @once
    def linked(self) -> pl.DataFrame:
        """On-time delivery, late shipment and programmes; see `vtrkit.metric.linked_metrics`."""
        tables = [
            linked(p.tally, p.here(p.kept.prime), as_of=replace(p.question, by=GROUP))
            for p in self.few_at_a_time()
        ]
        return pl.concat(tables).sort("programme", "measure", *GROUP, "days", maintain_order=True)

    @cached_property
    def late_listings(self) -> pl.DataFrame:
        """Listings by on-time delivery, worst first; see `vtrkit.metric.linked_metrics`."""
        return late_listings(self.here(self.kept.skus), as_of=replace(self.question, by=GROUP))

    @once
    def reasons(self) -> pl.DataFrame:
        """Packages that are not valid in the days that count, by category, carrier and reason."""
        return self.failing((*CATEGORY, "carrier_id"))

    def failing(self, by: Sequence[str], days: int | None = None) -> pl.DataFrame:
        """Packages that are not valid by reason, in the days that count or in so many days."""
        keys = list(dict.fromkeys((*GROUP, *by, "promised_date", "reason")))
        known = days is None and {*by} <= {*CATEGORY, "carrier_id"}
        cells = self.by_carrier.lazy() if known else rollup(self.tally, keys)
        failing = cells.filter(pl.col("reason").is_in(FAILING)).collect()
        return _most_first(self.in_window(failing, days), [*by, "reason"])

    def in_window(self, cells: pl.DataFrame, days: int | None = None) -> pl.DataFrame:
        """The cells promised in the window of their marketplace: the enforced one, or of days."""
        return cells.filter(self.question.inside({m for _, m in self.places}, days))

    @cached_property
    def misread(self) -> pl.DataFrame:
        """Numbers in the days that count that look like another carrier's, by carrier."""
        return _most_first(self.in_window(self.kept.misread), [*GROUP, "carrier_id", "fix"])

    @property
    def kept(self) -> RunFolder:
        """The run folder."""
        assert self.folder is not None, "a study of a bare tally has no files beside it"
        return self.folder

    @once
    def carriers(self) -> pl.DataFrame:
        """How each carrier scanned what was shipped in the longest window; see `carrier_scans`."""
        first, last = self.totals["window_start"].min(), self.totals["window_end"].max()
        delays = self.question.delays
        assert delays is not None, "a study of a bare tally knows no scan delays"
        if not isinstance(first, date) or not isinstance(last, date):
            return carrier_scans(delays.clear(), first=self.as_of, last=self.as_of)
        return carrier_scans(delays, first=first, last=last)

    @property
    def judged_by(self) -> str:
        """The hash of the rules, carriers and tables that judged the packages."""
        return str(self.view["rules"].first())

    @cached_property
    def policies(self) -> list[Policy]:
        """The rules in force on the as-of day in these marketplaces."""
        names = sorted({marketplace for _, marketplace in self.places})
        return list(dict.fromkeys(self.question.rules.on(n, self.as_of) for n in names))

    @cached_property
    def worst(self) -> dict[str, Any]:
        """The category that matters most: the worst that can hurt, else the worst.

        Where no known category counts, it is the place as a whole, as `(unknown)`.
        """
        return min(standing(self.rates.to_dicts(), self.totals.to_dicts()), key=most_urgent)

    @cached_property
    def notes(self) -> list[str]:
        """What a reader has to know before believing the figures."""
        kept = self.kept
        n = kept.summary["rejected"].sum()
        rows = f"Rows rejected: {n:,}; rejects.csv names the rule." if n else None
        about = self.here(kept.caveats).group_by("about")
        counts = dict(about.agg(pl.col("packages").sum()).rows())
        # of scans the limits speak, where packages that count have none; the demo lacks nothing
        told = [SCANS] * bool(unverified(self.totals.filter("is_enforced_window")))
        others = {what: n for what, n in counts.items() if what not in told}
        gaps = missing_of(others) if kept.settings["inputs"] else None
        limits = notes(self.view, self.totals, self.policies, self.here(kept.typed), counts)
        wrong, assumed = of_files(kept.settings.get("assumed", ()), self.places)
        return list(dict.fromkeys(filter(None, [*wrong, gaps, *assumed, *limits, rows])))


def _most_first(cells: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    groups = cells.group_by(by).agg(pl.col("packages").sum())
    return groups.sort("packages", *by, descending=[True, *[False] * len(by)])
