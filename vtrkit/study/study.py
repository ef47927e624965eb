"""One account and marketplace, or all: a question that is kept, read once and asked often.

```
                  ┌─ Today   rates, history, reasons, carriers
tally, question ─▶┼─ Coming  coming, headline, advice, dates, leaving, warnings
                  └─ Study   needed, plan, stops, answer(scenario)
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from vtrkit.metric.carrier_scans import unscanned_by
from vtrkit.metric.target import Target
from vtrkit.planning.plan import Plan, plan
from vtrkit.schema import CATEGORY, EVEN, GROUP, Status
from vtrkit.study.coming import DAYS, Coming
from vtrkit.study.finished import read_plan, write_plan
from vtrkit.study.kept import answers, held, once
from vtrkit.tracking.carriers import carrier_names
from vtrkit.whatif.adoption import adoption_needed
from vtrkit.whatif.apply import apply, idle, moves, reach
from vtrkit.whatif.changes import replace_carrier
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import ready_made
from vtrkit.whatif.simulate import recovery_date, simulate
from vtrkit.whatif.to_carrier import best_scanning

if TYPE_CHECKING:
    from vtrkit.whatif.looking_back import Board

EARLY, LATE = 0.2, 0.8
"""The ends of the span about a day that is named with an even chance."""
_PLAN = "plan"
AS_IT_IS = Scenario("as it is")


class Answer(NamedTuple):
    """What a scenario would do.

    Args:
        categories: rates of the days that count before and after, by category; see
            `vtrkit.apply`.
        overall: the same for all categories together, over every window.
        levers: packages that each lever moves, and what it costs; see `vtrkit.whatif.reach`.
        outlook: the coming days under the scenario, and as it is; see `vtrkit.simulate`.
        recovery: when both are back on target for good; see `vtrkit.recovery_date`.
    """

    categories: pl.DataFrame
    overall: pl.DataFrame
    levers: pl.DataFrame
    outlook: pl.DataFrame
    recovery: pl.DataFrame


@dataclass(eq=False)
class Study(Coming):
    """What is asked of some accounts, and every table that answers it; see `Today`.

    Examples:
        >>> from vtrkit.study.open import open_study
        >>> study = open_study(as_of="2026-09-30", account="northwind", marketplace="US")
        >>> study.dates.select("category", "recovery_date").row(0)
        ('Shoes', None)
    """

    @held(4)
    def board(self, by: tuple[str, ...] = CATEGORY, target: Target | None = None) -> "Board":
        """The windows, made ready for scenarios."""
        from vtrkit.whatif.looking_back import prepare  # noqa: PLC0415 - NumPy, once it is used

        view = None if set(by) - set(CATEGORY) else self.alike
        return prepare(self.tally, target=target, view=view, **self.asked(by))

    @held(8)
    def simulated(self, levers: tuple[Lever, ...]) -> pl.DataFrame:
        """The coming days of every category with some levers; see `vtrkit.simulate`."""
        file = self.finished and self.finished / _named_after(levers)
        if file and file.is_file():
            return pl.read_parquet(file, glob=False)
        return simulate(self.prospect(CATEGORY), Scenario("steps", levers))

    @held(16)
    def needed_of(
        self, lever: Lever, targets: tuple[Target, ...], sure: float = EVEN
    ) -> pl.DataFrame:
        """The least share of a lever with which each category is back on target for good.

        One row per category and target, with what is counted today; see
        `vtrkit.whatif.needed_ahead`. `eligible` packages to come are what the lever is about in 30
        days, `packages` the share of these; `enough_in_the_past` is the share that would have been
        enough for the days that count today, null for a lever that also moves valid packages.
        """
        from vtrkit.whatif.needed_ahead import needed_ahead  # noqa: PLC0415 - NumPy, once it is used
        from vtrkit.whatif.takes import takes  # noqa: PLC0415

        key, whole = [*CATEGORY, "target_bp"], replace(lever, start=None)
        if len(self.by_export) > 1:
            parts = [part.needed_of(lever, targets, sure) for part in self.by_export]
            return pl.concat(parts).sort(key)
        board, prospect = self.board(), self.prospect(CATEGORY)
        ahead = needed_ahead(prospect, lever, targets, sure, max(LATE, sure))
        about = takes(prospect, [replace(lever, share=1.0)]).rename({"packages": "eligible"})
        now = board.before.filter("is_enforced_window").select(*CATEGORY, *_NOW)
        table = ahead.join(now, on=CATEGORY).join(about, on=CATEGORY)
        past = ahead.select(*key, enough_in_the_past=pl.lit(None, pl.Float64))
        if not lever.moves_all:
            ago = adoption_needed(board, whole, targets=targets).filter("is_enforced_window")
            past = ago.select(*key, enough_in_the_past="share")
        packages = pl.col("share") * pl.col("eligible")
        some = pl.when(packages > 0).then(packages.round().clip(1)).otherwise(packages)
        named = table.join(past, on=key, how="left").with_columns(
            packages=some.cast(pl.Int64),
            eligible=pl.col("eligible").round().cast(pl.Int64),
            lever=pl.lit(lever.name),
        )
        return named.select("lever", *key, *_NEEDED).sort(key)

    @once
    def needed(self) -> pl.DataFrame:
        """What each ready-made lever has to do for each category that does not come back by itself.

        One row per category, target and lever that helps it; see `needed_of`. Where a carrier scans
        far less than the others, another one in its place is such a lever. Where none helps the row
        has no lever, and no `best` either where it cannot be told what the coming weeks bring.
        """
        told = self.advice.filter(_TOLD).select(*CATEGORY, told=pl.lit(True))
        parts = [part._needed(told) for part in self.few_at_a_time()]
        key = ["target_bp", *CATEGORY]
        return pl.concat(parts).sort(key, maintain_order=True) if len(parts) > 1 else parts[0]

    def _needed(self, told: pl.DataFrame) -> pl.DataFrame:
        levers = [(self, lever) for lever in ready_made(on=self.as_of).values()]
        asked_of = [
            (place, study, lever)
            for place, (study, lever) in enumerate([*levers, *self._replaced_carriers()])
            # of the coming days: nothing of it may have failed in those that count today
            if study.prospect(CATEGORY).pick(lever).chosen.any()
        ]
        # one that is about nothing still gives the columns
        each = [
            study.needed_of(lever, self.targets).with_columns(place=pl.lit(place))
            for place, study, lever in asked_of or [(0, *levers[0])]
        ]
        key, share = ["target_bp", *CATEGORY], pl.col("share")
        every = pl.concat(each).join(told, on=CATEGORY, how="left")
        lacking = every.filter(pl.col("told").is_null() | share.is_null() | (share > 0))
        helps = (share > 0) | (pl.col("best") > pl.col("as_is") + _SAME)
        helping = lacking.filter("told", helps)
        helpless = lacking.join(helping, on=key, how="anti").sort("place").unique(key, keep="first")
        unknown = [pl.when("told").then(n).alias(n) for n in ("best", "as_is")]
        without = [pl.lit(None, helpless.schema[n]).alias(n) for n in ("lever", *_SHARES)]
        listed = pl.concat([helping, helpless.with_columns(*without, *unknown)])
        order = [*key, "packages", "best", "place"]
        down = [n == "best" for n in order]
        return listed.sort(order, descending=down, nulls_last=True).drop("place", "told")

    def _replaced_carriers(self) -> Iterator[tuple["Study", Lever]]:
        """Of each place whose worst carrier scans far less: the best of its others instead."""
        delays = self.question.delays
        worst = pl.DataFrame() if delays is None else unscanned_by(delays, self.as_of)
        for account, marketplace, old in worst.select(
            pl.col(worst.columns[:3]).cast(pl.String)
        ).rows():
            if (account, marketplace) in self.places:
                own = self.of(account, marketplace)
                others = carrier_names().keys() - {old}
                if new := best_scanning(own.by_carrier, others, self.question.closed_to):
                    yield own, replace_carrier(old, new)

    @property
    def planned(self) -> list[Lever]:
        """The levers of the scenario that a plan can mix; none where it has none."""
        levers = self.scenario.levers if self.scenario else ()
        return [lever for lever in levers if not lever.moves_all]

    def plan(
        self, levers: Sequence[Lever] = (), target: Target | None = None, **more: Any
    ) -> Plan | None:
        """The cheapest mix that puts every category of one account and marketplace on target.

        Looking forward to the last day foreseen, with an even chance, unless `more` says otherwise.

        Args:
            levers: what can be done, each up to all of its packages; else what is planned, at its
                shares; else the levers that Amazon's help pages name.
            target: instead of the rule's.
            more: by_day and confidence; see `vtrkit.plan`.

        Returns:
            The plan; see `vtrkit.plan`. None where nothing is counted, or of nothing is known what
            the coming weeks bring.
        """
        told = self.advice.filter(_TOLD).select(CATEGORY)
        if told.is_empty() or not self.totals.filter("is_enforced_window")["counted"].sum():
            return None
        usable = (
            [replace(x, share=1.0) for x in levers]
            or self.planned
            or ready_made(on=self.as_of).values()
        )
        asked = self.asked((), delays=True)
        del asked["by"]
        last = {"by_day": self.as_of + timedelta(days=DAYS)}
        cheapest = plan(self.tally, tuple(usable), target=target, **asked, **(last | more))
        status, counted = pl.col("status"), pl.col("counted")
        now = self.rates.filter("is_enforced_window", counted > 0).join(
            told.with_columns(told=True), on=CATEGORY, how="left", maintain_order="left"
        )
        untold = (
            (status == Status.NONE)
            | (2 * pl.col("unknown") > counted)
            | (pl.col("told").is_null() & (not cheapest.looks_back))
        )
        unsure = (status == Status.UNDECIDED) & ~untold
        names = pl.col("category").cast(pl.String)
        return replace(
            cheapest,
            untold=tuple(now.filter(untold).select(names).to_series()),
            unsure=tuple(now.filter(unsure).select(names).to_series()),
        )

    @cached_property
    def headline_plan(self) -> Plan | None:
        """The cheapest way on target of the account and marketplace of the headline."""
        written = self.finished and self.finished / _PLAN
        if written and written.is_dir():
            return read_plan(written)
        place = str(self.headline["account"]), str(self.headline["marketplace"])
        return (self if len(self.places) == 1 else self.of(*place)).plan()

    def write(self) -> Path:
        """Write every table that costs time, and the plan, for a kernel that asks the same."""
        folder = super().write()
        write_plan(self.headline_plan, folder / _PLAN)
        for (levers,), days in answers(self, "simulated"):
            days.write_parquet(folder / _named_after(levers))
        return folder

    @property
    def under_scenario(self) -> pl.DataFrame:
        """Each category over the days that count, without and with the scenario; see `apply`."""
        scenario = self.scenario or AS_IT_IS
        every = pl.concat(apply(part.board(), scenario) for part in self.few_at_a_time())
        return every.filter("is_enforced_window").sort(CATEGORY)

    @property
    def idle(self) -> list[str]:
        """What the scenario names and the tally does not have; see `vtrkit.whatif.apply.idle`."""
        return idle(self.board(), self.scenario) if self.scenario else []

    @property
    def moves(self) -> pl.DataFrame:
        """Which lever of the scenario moves how many packages of which reason."""
        scenario = self.scenario or AS_IT_IS
        moved = pl.concat(moves(part.board(), scenario) for part in self.few_at_a_time())
        listed = moved.filter("is_enforced_window", pl.col("selected") > 0)
        return listed.sort(CATEGORY, maintain_order=True)

    def answer(self, scenario: Scenario, target: Target | None = None) -> Answer:
        """What a scenario would do, looking back over the windows and forward over 60 days.

        Raises:
            ParameterError: its levers contradict each other.
        """
        by_category, everything = self.board(CATEGORY, target), self.board(GROUP, target)
        named = replace(scenario, name=f"with {scenario.name}")
        targets = None if target is None else [target]
        ahead = pl.concat(
            simulate(self.prospect(), each, targets=targets) for each in (AS_IT_IS, named)
        )
        return Answer(
            apply(by_category, scenario).filter("is_enforced_window"),
            apply(everything, scenario),
            reach(everything, scenario),
            ahead,
            recovery_date(ahead),
        )


def _named_after(levers: tuple[Lever, ...]) -> str:
    return f"{sha256(repr(levers).encode()).hexdigest()}.parquet"


_SHARES = ("share", "packages", "safer_share", "back", "enough_in_the_past")
_NOW = ("counted", "valid", "unknown", "vtr_low", "vtr_high")
_NEEDED = (*_NOW, "eligible", *_SHARES, "best", "as_is")
_NEW = (pl.col("counted") == 0) & pl.col("below_on").is_not_null()
_TOLD = pl.col("told") & ((pl.col("status") != Status.NONE) | _NEW)
"""Whether of a category anything can be said of the coming weeks; it may not count before."""
_SAME = 1e-9
"""Rates that differ by less are the same."""
