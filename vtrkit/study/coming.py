"""What the coming weeks bring to some accounts: the part of a study that looks ahead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from vtrkit.errors import OutsideError
from vtrkit.forecast.advice import advice
from vtrkit.forecast.roll_off import roll_off
from vtrkit.forecast.watch import watch
from vtrkit.metric.status import USUAL_WEEKS
from vtrkit.metric.target import IN_METRIC, PACKAGES, outcome_is
from vtrkit.schema import CATEGORY, EVEN, GROUP, UNKNOWN_CATEGORY, Outcome, Status
from vtrkit.study.kept import held, once
from vtrkit.study.today import Today
from vtrkit.whatif.levers import Scenario
from vtrkit.whatif.simulate import first_day, recovery_date, simulate

if TYPE_CHECKING:
    from vtrkit.forecast.forecast import Forecast
    from vtrkit.whatif.looking_ahead import Prospect

DAYS, BACK = 60, 30
"""Days that are foreseen, and days gone by that are shown with them."""


@dataclass(eq=False)
class Coming(Today):
    """How some accounts stand on a day, and what the coming ones bring; see `Today`."""

    @held(8)
    def foreseen(self, by: tuple[str, ...], scenario: Scenario | None = None) -> pl.DataFrame:
        """The official rate of the coming days as it is, or under a scenario.

        A day that the data do not reach is an error for who asks for an outlook, and no reason
        to leave a report without all its other sections: it gives an empty table.
        """
        each = self.few_at_a_time() if {*GROUP} <= {*by} else self.known_alike(by)
        parts = [part.foreseen_alike(by, scenario) for part in each]
        return pl.concat(parts).sort(*by, "day") if len(parts) > 1 else parts[0]

    def foreseen_alike(self, by: tuple[str, ...], scenario: Scenario | None) -> pl.DataFrame:
        """Likewise, of accounts that are known equally long."""
        from vtrkit.forecast.outlook import table  # noqa: PLC0415 - NumPy, once it is used
        from vtrkit.forecast.windows import windows  # noqa: PLC0415 - likewise

        if scenario is not None:
            return simulate(self.prospect(by, BACK), scenario)
        made, _ = self.expected(by)
        return table(made, windows(made))

    @held(4)
    def expected(self, by: tuple[str, ...]) -> "tuple[Forecast, pl.LazyFrame]":
        """What is known and expected of the coming days, and the cells which tell it.

        Of no packages, if the data end before.
        """
        from vtrkit.forecast.forecast import forecast  # noqa: PLC0415 - NumPy, once it is used

        question = replace(self.question, by=by, target=None)
        view = None if set(by) - set(CATEGORY) else self.view
        try:
            made = forecast(self.tally, question, days=DAYS, back=BACK, view=view)
            return made, self.tally
        except OutsideError:
            none = self.tally.clear()
            return forecast(none, question, days=DAYS, back=BACK), none

    @held(2)
    def prospect(self, by: tuple[str, ...] = GROUP, back: int = 0) -> "Prospect":
        """The coming days, and so many before them, made ready for scenarios."""
        from vtrkit.whatif.looking_ahead import Prospect  # noqa: PLC0415 - NumPy, once it is used

        made, cells = self.expected(by)
        since = made.read_on(slice(BACK - back, None))
        return Prospect.of(cells, since, replace(self.question, by=by))

    @once
    def coming(self) -> pl.DataFrame:
        """The official rate of each category on each coming day; see `vtrkit.outlook`."""
        return self.foreseen(CATEGORY)

    @once
    def coming_totals(self) -> pl.DataFrame:
        """Likewise of each account and marketplace."""
        return self.foreseen(GROUP)

    @once
    def advice(self) -> pl.DataFrame:
        """What each category can expect and what can be done; see `vtrkit.forecast.advice`."""
        return self._ahead[0].sort(CATEGORY)

    @cached_property
    def _ahead(self) -> tuple[pl.DataFrame, ...]:
        """`advice` and `dates`; the coming days of many places are never held together."""
        each = [(part._advice(), part._dates()) for part in self.few_at_a_time()]
        return tuple(pl.concat(parts) for parts in zip(*each, strict=True))

    def _advice(self) -> pl.DataFrame:
        table = advice(self.rates, self.coming)
        return table.join(self._due_lately(CATEGORY), on=CATEGORY, maintain_order="left")

    @cached_property
    def headline(self) -> dict[str, Any]:
        """The category that matters most: how it stands, and the facts of its advice."""
        whole = self.worst["category"] == UNKNOWN_CATEGORY
        names = GROUP if whole else CATEGORY
        facts = self.advice
        if whole:
            facts = advice(self.totals, self.coming_totals).join(self._due_lately(GROUP), on=GROUP)
        own = [pl.col(n).cast(pl.String) == str(self.worst[n]) for n in names]
        return self.worst | facts.filter(own).row(0, named=True)

    def _due_lately(self, by: Sequence[str]) -> pl.DataFrame:
        """Packages of each group due in the weeks that a forecast is made from.

        Those that count, those of them of which it is known whether they are valid, and those of
        the place whose category no file names.
        """
        due, nameless = IN_METRIC, pl.col("category").cast(pl.String) == UNKNOWN_CATEGORY
        decided = due & ~outcome_is(Outcome.UNKNOWN)
        parts = []
        for part in self.by_export:
            last = part.question.closed_to
            first = last - timedelta(days=7 * USUAL_WEEKS - 1)
            lately = pl.col("promised_date").is_between(first, last)
            counts = {"due_lately": due, "decided_lately": decided}
            sums = {n: PACKAGES.filter(lately & some).sum() for n, some in counts.items()}
            beside = PACKAGES.filter(lately & due & nameless).sum().over(GROUP)
            cells = part.view.with_columns(nameless_lately=beside)
            first_of = pl.col("nameless_lately").first()
            parts.append(cells.group_by(by).agg(**sums, nameless_lately=first_of))
        return pl.concat(parts)

    @once
    def dates(self) -> pl.DataFrame:
        """Of each category that misses its target, or soon will: when it is back on it.

        The rate on the as-of day with its counts, the last day that is locked in with its range,
        and the dates of `vtrkit.first_day` and `vtrkit.recovery_date`.
        """
        return self._ahead[1].sort("expected", *CATEGORY, "target_bp", nulls_last=True)

    def _dates(self) -> pl.DataFrame:
        key = [*CATEGORY, "target_bp"]
        ahead = self.coming.filter(pl.col("part") != "official")
        # where the files do not cover the days that count, nothing is said of the coming ones
        stands = self.rates.filter("is_enforced_window", pl.col("status") != Status.NONE)
        troubled = ahead.group_by(key).agg(worst=pl.col("chance").min()).filter(_MAY_MISS)
        troubled = troubled.join(stands, on=CATEGORY, how="semi")
        now = self.coming.filter(day=self.as_of).select(*key, *_NOW)
        locked = ahead.filter(part="locked in").sort("day").group_by(key).last()
        last = locked.select(*key, locked_in="day", low="vtr_low", expected="vtr", high="vtr_high")
        listed = troubled.join(now, on=key)
        for more in (last, first_day(self.coming).drop("chance"), recovery_date(self.coming)):
            listed = listed.join(more.drop("condition", strict=False), on=key, how="left")
        return listed

    @cached_property
    def troubled(self) -> pl.DataFrame:
        """The outlook of the categories in `dates`; of whole accounts where there is none."""
        troubled = self.coming.join(self.dates.select(CATEGORY), on=CATEGORY, how="semi")
        return self.coming_totals if troubled.is_empty() else troubled

    @cached_property
    def categories(self) -> list[str]:
        """The categories, in order."""
        return sorted(self.view["category"].cast(pl.String).unique())

    @cached_property
    def leaving(self) -> pl.DataFrame:
        """When the defects of the categories in `dates` leave the window by themselves."""
        parts = [roll_off(p.tally, days=DAYS, **p.asked(CATEGORY)) for p in self.by_export]
        return pl.concat(parts).join(self.dates.select(CATEGORY), on=CATEGORY, how="semi")

    @once
    def warnings(self) -> pl.DataFrame:
        """Categories of which more packages fail than usual, and places as a whole; see `watch`.

        A place as a whole (its category is null) where it has several categories and none of them
        is an alarm itself.
        """
        categories, whole = (
            pl.concat(watch(p.tally, **p.asked(by, delays=True)) for p in self.few_at_a_time())
            for by in (CATEGORY, GROUP)
        )
        quiet = categories.group_by(GROUP).agg(
            ~pl.col("alarm").any(), several=pl.col("category").n_unique() > 1
        )
        places = whole.join(quiet.filter("alarm", "several"), on=GROUP, how="semi")
        return pl.concat([categories, places], how="diagonal").sort(
            "alarm", "p", *CATEGORY, "measure", descending=[True, *[False] * 5], nulls_last=True
        )


_NOW = ("counted", "valid", "unknown", "vtr_low", "vtr_high")
_MAY_MISS = pl.col("worst") < EVEN
