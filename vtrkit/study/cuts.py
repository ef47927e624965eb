"""What was asked of some accounts, whole and cut: by the day known, few places at a time, one.

```
tally, question ─▶ Places ─┬─▶ known up to one day ─▶ few at a time
                           └─▶ one account and marketplace
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Self

import polars as pl

from vtrkit.metric.tally import rollup
from vtrkit.metric.target import Target, read_targets
from vtrkit.metric.windows import Question
from vtrkit.schema import GROUP
from vtrkit.study.exports import by_newest_export
from vtrkit.study.kept import held, held_if_few
from vtrkit.study.run import RunFolder
from vtrkit.whatif.levers import Scenario

_FEW_PLACES = 30
"""Places of which a forecast, with the windows of all coming days, is held at a time."""


@dataclass(eq=False)
class Places:
    """Some accounts and marketplaces, and the question; see `Today`."""

    tally: pl.LazyFrame
    question: Question
    targets: tuple[Target, ...] = read_targets("95, 98")
    scenario: Scenario | None = None
    folder: RunFolder | None = None
    finished: Path | None = None
    title: str = "Valid Tracking Rate"
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def as_of(self) -> date:
        """The day on which the metric is read."""
        return self.question.as_of

    @cached_property
    def view(self) -> pl.DataFrame:
        """The cells that rates are computed from."""
        return rollup(self.tally).collect()

    @cached_property
    def places(self) -> list[tuple[str, str]]:
        """The accounts and marketplaces, in order."""
        return sorted(self.groups.select(pl.col(GROUP).cast(pl.String)).rows())

    @cached_property
    def groups(self) -> pl.DataFrame:
        """The same as a table."""
        return self.view.select(GROUP).unique()

    @property
    def by_export(self) -> list[Self]:
        """The same cut by the newest export of each place; one where all have the same day."""
        return self.known_alike(GROUP)

    def known_alike(self, by: Sequence[str]) -> list[Self]:
        """Likewise, where a group of `by` may hold places that are not known up to one day."""
        # itself is not kept, else it would outlive its last use
        return self._known_alike(tuple(n for n in GROUP if n in by)) or [self]

    @held(len(GROUP) ** 2)
    def _known_alike(self, together: tuple[str, ...]) -> list[Self]:
        q = self.question
        return [
            replace(
                self,
                tally=self.tally.join(places, on=GROUP, how="semi"),
                question=replace(q, seen_to=day),
                finished=None,
            )
            for day, places in by_newest_export(q.tracked, self.places, together)
        ]

    def few_at_a_time(self) -> Iterator[Self]:
        """The same cut likewise, and into parts of few places where there are many.

        Nothing else keeps those: what each of them holds goes with it.
        """
        for part in self.by_export:
            if part.groups.height <= _FEW_PLACES:
                yield part
                continue
            for some in part.groups.sort(GROUP).iter_slices(_FEW_PLACES):
                cells = held_if_few(part.tally.join(some.lazy(), on=GROUP, how="semi"))
                yield replace(part, tally=cells, finished=None)

    @held(2)
    def of(self, account: str, marketplace: str) -> Self:
        """One account in one marketplace, its cells held if they are few; itself, if it is that."""
        if self.places == [(account, marketplace)]:
            return self
        wanted = (pl.col("account") == account) & (pl.col("marketplace") == marketplace)
        cells = held_if_few(self.tally.filter(wanted))
        here = (p for p in self.by_export if (account, marketplace) in p.places)
        part = replace(self, tally=cells, question=next(here, self).question, finished=None)
        vars(part)["view"] = self.view.filter(wanted)
        return part

    @held(8)
    def on(self, as_of: date) -> Self:
        """The same as it was read on another day; itself on its own."""
        if as_of == self.as_of:
            return self
        other = replace(self, question=replace(self.question, as_of=as_of), finished=None)
        vars(other).update({name: getattr(self, name) for name in ("view", "places", "groups")})
        return other
