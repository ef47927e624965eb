"""The coming weeks of a run, and what would lift its rates: the tables of two report sections."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import polars as pl

from vtrkit.errors import OutsideError
from vtrkit.forecast.outlook import outlook
from vtrkit.forecast.roll_off import roll_off
from vtrkit.forecast.watch import watch
from vtrkit.metric.target import Target
from vtrkit.planning.plan import Plan, plan
from vtrkit.rules.policies import Rules
from vtrkit.schema import CATEGORY, GROUP
from vtrkit.whatif.adoption import adoption_needed
from vtrkit.whatif.apply import apply, moves
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import ready_made
from vtrkit.whatif.simulate import first_day, recovery_date, simulate

if TYPE_CHECKING:
    from vtrkit.whatif.looking_back import Board

DAYS, BACK = 60, 30
"""Days that are foreseen, and days gone by that are shown with them."""
STEPS = 20
"""Stops of the slider above none."""
UNTRACKED = "track the untracked"


@dataclass(frozen=True)
class Coming:
    """What is foreseen of one run, and what would change it.

    Args:
        tally: the full tally of the accounts and marketplaces in question.
        delays: their scan_delay tally.
        as_of: the day on which the metric is read.
        seen_to: the day of the newest export.
        lag_days: another lag than the rule's, or none.
        targets: the shares to reach.
        rules: the marketplaces' rules.
        scenario: what is planned, if anything.
    """

    tally: pl.LazyFrame
    delays: pl.LazyFrame
    as_of: date
    seen_to: date
    lag_days: int | None
    targets: tuple[Target, ...]
    rules: Rules
    scenario: Scenario | None = None

    @cached_property
    def rates(self) -> pl.DataFrame:
        """The official rate of each category on each coming day; see `vtrkit.outlook`."""
        return self._foreseen(outlook, CATEGORY)

    @cached_property
    def totals(self) -> pl.DataFrame:
        """Likewise of each account and marketplace."""
        return self._foreseen(outlook, GROUP)

    def _foreseen(self, ask: Callable[..., pl.DataFrame], by: Sequence[str]) -> pl.DataFrame:
        """The answer to a question about the coming days; empty where the data cannot tell.

        A day that the data do not reach is an error for who asks for an outlook, and no reason
        to leave a report without all its other sections.
        """
        try:
            return ask(self.tally, **self._horizon(by))
        except OutsideError:
            return ask(self.tally.clear(), **self._horizon(by))

    def _horizon(self, by: Sequence[str]) -> dict[str, Any]:
        return {**self._window(by), "days": DAYS, "back": BACK, "delays": self.delays}

    def _window(self, by: Sequence[str]) -> dict[str, Any]:
        told = ("as_of", "seen_to", "lag_days", "rules")
        return {"by": by, **{name: getattr(self, name) for name in told}}

    @cached_property
    def dates(self) -> pl.DataFrame:
        """Of each category that misses its target, or soon will: when it is back on it.

        The rate on the as-of day with its counts, the last day that is locked in with its range,
        and the dates of `vtrkit.first_day` and `vtrkit.recovery_date`.
        """
        key = [*CATEGORY, "target_bp"]
        ahead = self.rates.filter(pl.col("part") != "official")
        troubled = ahead.group_by(key).agg(worst=pl.col("chance").min()).filter(_MAY_MISS)
        now = self.rates.filter(day=self.as_of).select(*key, *_NOW)
        locked = ahead.filter(part="locked in").sort("day").group_by(key).last()
        last = locked.select(*key, locked_in="day", low="vtr_low", expected="vtr", high="vtr_high")
        found = troubled.join(now, on=key)
        for told in (last, first_day(self.rates).drop("chance"), recovery_date(self.rates)):
            found = found.join(told.drop("condition", strict=False), on=key, how="left")
        return found.sort("expected", *key, nulls_last=True)

    @cached_property
    def troubled(self) -> pl.DataFrame:
        """The outlook of the categories in `dates`; of whole accounts where there is none."""
        found = self.rates.join(self.dates.select(CATEGORY), on=CATEGORY, how="semi")
        return self.totals if found.is_empty() else found

    @cached_property
    def leaving(self) -> pl.DataFrame:
        """When the defects of the categories in `dates` leave the window by themselves."""
        told = roll_off(self.tally, days=DAYS, **self._window(CATEGORY))
        return told.join(self.dates.select(CATEGORY), on=CATEGORY, how="semi")

    @cached_property
    def warnings(self) -> pl.DataFrame:
        """Categories whose latest ship weeks are out of line with their past; see `watch`."""
        return watch(self.tally, delays=self.delays, **self._window(CATEGORY))

    @cached_property
    def board(self) -> "Board":
        """The enforced and other windows, made ready for scenarios."""
        from vtrkit.whatif.looking_back import prepare  # noqa: PLC0415 - NumPy, once it is used

        return prepare(self.tally, **self._window(CATEGORY))

    @cached_property
    def needed(self) -> pl.DataFrame:
        """How many packages each ready-made lever has to move in the enforced window.

        One row per category that misses a target, target and lever that is about any of its
        packages; see `vtrkit.adoption_needed`.
        """
        found = [
            adoption_needed(self.board, lever, targets=self.targets)
            .filter("is_enforced_window", pl.col("eligible") > 0)
            .select(pl.lit(lever.name).alias("lever"), pl.all())
            for lever in ready_made().values()
        ]
        missing = pl.concat(found).filter(pl.col("packages").is_null() | (pl.col("packages") > 0))
        order = ["target_bp", *CATEGORY, "packages", "best", "lever"]
        down = [n == "best" for n in order]
        return missing.sort(order, descending=down, nulls_last=True)

    @property
    def planned(self) -> list[Lever]:
        """The levers of the scenario that a plan can mix; none where it has none."""
        levers = self.scenario.levers if self.scenario else ()
        return [lever for lever in levers if not lever.moves_all]

    def plan(self, account: str, marketplace: str) -> Plan | None:
        """The cheapest mix of levers that puts every category of an account on target.

        Of the scenario's levers at their costs, but those that also move valid packages, which
        no plan picks; else of the ready-made ones at one apiece, which makes it the mix that
        moves the fewest packages. None where nothing is counted.
        """
        mine = pl.col("account") == account, pl.col("marketplace") == marketplace
        counted = self.board.before.filter(*mine, "is_enforced_window")["counted"].sum()
        if not counted:
            return None
        return plan(
            self.tally.filter(*mine),
            self.planned or [replace(lever, cost=1.0) for lever in ready_made().values()],
            as_of=self.as_of,
            lag_days=self.lag_days,
            rules=self.rules,
        )

    @cached_property
    def stops(self) -> pl.DataFrame:
        """The enforced window at each share of what is untracked now, for the page's slider."""
        lever = ready_made()[UNTRACKED]
        return pl.concat(
            self._under(Scenario("", (replace(lever, share=n / STEPS),))).with_columns(
                share=pl.lit(n / STEPS)
            )
            for n in range(STEPS + 1)
        )

    def _under(self, scenario: Scenario) -> pl.DataFrame:
        return apply(self.board, scenario).filter("is_enforced_window")

    @cached_property
    def under_scenario(self) -> pl.DataFrame:
        """Each category's enforced window before and after the scenario; see `vtrkit.apply`."""
        return self._under(self.scenario or Scenario("nothing changes"))

    @cached_property
    def moves(self) -> pl.DataFrame:
        """Which lever of the scenario moves how many packages of which reason."""
        found = moves(self.board, self.scenario or Scenario("nothing changes"))
        return found.filter("is_enforced_window", pl.col("selected") > 0)

    @cached_property
    def foreseen(self) -> pl.DataFrame:
        """The outlook of each account and marketplace under the scenario."""
        scenario = self.scenario or Scenario("nothing changes")
        return self._foreseen(partial(simulate, scenario=scenario), GROUP)


_NOW = ("counted", "valid", "unknown", "vtr_low", "vtr_high")
_MAY_MISS = pl.col("worst") < 0.5
