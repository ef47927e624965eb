"""What the what-if shows: one account and marketplace made ready for scenarios, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import polars as pl

from vtrkit.metric.target import Target
from vtrkit.planning.plan import Plan, plan
from vtrkit.rules.policies import Rules
from vtrkit.whatif.adoption import adoption_needed
from vtrkit.whatif.apply import adoption_curve, apply, reach
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.simulate import recovery_date, simulate

if TYPE_CHECKING:
    from vtrkit.whatif.looking_ahead import Prospect
    from vtrkit.whatif.looking_back import Board

PLACE = ("account", "marketplace")
STEPS = 25
"""Stops of the curve of adoption, from 0 to 100 %."""
AS_IT_IS = Scenario("as it is")


@dataclass(frozen=True)
class Answer:
    """What a scenario would do.

    Args:
        categories: rates of the enforced window before and after, by category; see
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


class Tryout:
    """One account in one marketplace, read once for each as-of day, then asked many times."""

    def __init__(  # noqa: PLR0913 - what is read, of whom, and how
        self,
        tally: pl.DataFrame | pl.LazyFrame,
        account: str,
        marketplace: str,
        *,
        seen_to: date,
        lag_days: int | None = None,
        rules: Rules | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            tally: a full tally.
            account: its name.
            marketplace: its name.
            seen_to: the day of the newest export.
            lag_days: instead of the rules' own lag.
            rules: the marketplaces' rules.
        """
        wanted = (pl.col("account") == account) & (pl.col("marketplace") == marketplace)
        self._lazy = tally.lazy().filter(wanted)
        self._seen_to, self._lag_days, self._rules = seen_to, lag_days, rules
        self._board = lru_cache(maxsize=8)(self._prepare)
        self._prospect = lru_cache(maxsize=2)(self._look_ahead)
        self._curves = lru_cache(maxsize=16)(self._curve)
        self._as_it_is = lru_cache(maxsize=8)(self._simulate)

    @cached_property
    def _cells(self) -> pl.DataFrame:
        return self._lazy.collect()

    def _prepare(self, as_of: date, target: Target | None, by: tuple[str, ...]) -> "Board":
        from vtrkit.whatif.looking_back import prepare  # noqa: PLC0415 - NumPy, once it is used

        return prepare(
            self._cells,
            as_of=as_of,
            by=by,
            lag_days=self._lag_days,
            target=target,
            seen_to=self._seen_to,
            rules=self._rules,
        )

    def _look_ahead(self, as_of: date) -> "Prospect":
        from vtrkit.whatif.looking_ahead import look_ahead  # noqa: PLC0415 - NumPy, once it is used

        return look_ahead(
            self._cells,
            as_of=as_of,
            by=PLACE,
            lag_days=self._lag_days,
            seen_to=self._seen_to,
            rules=self._rules,
        )

    def _simulate(self, scenario: Scenario, as_of: date, target: Target | None) -> pl.DataFrame:
        targets = None if target is None else [target]
        return simulate(self._prospect(as_of), scenario, targets=targets)

    def answer(self, scenario: Scenario, *, as_of: date, target: Target | None = None) -> Answer:
        """What a scenario would do, looking back over the windows and forward over 60 days.

        Raises:
            ParameterError: its levers contradict each other.

        Examples:
            >>> from vtrkit import classify, tally
            >>> from vtrkit.demo import packages as sample
            >>> cells = tally(classify(sample.packages()))
            >>> shop = Tryout(cells, "northwind", "US", seen_to=sample.AS_OF)
            >>> scans = Scenario("scans", (Lever(name="ask", share=0.5, reason=("no_scan",)),))
            >>> shop.answer(scans, as_of=sample.AS_OF).levers.select("selected", "moved").rows()
            [(81, 40.5)]
        """
        by_category = self._board(as_of, target, (*PLACE, "category"))
        everything = self._board(as_of, target, PLACE)
        coming = [
            self._as_it_is(AS_IT_IS, as_of, target),
            self._simulate(replace(scenario, name=f"with {scenario.name}"), as_of, target),
        ]
        outlook = pl.concat(coming)
        return Answer(
            apply(by_category, scenario).filter("is_enforced_window"),
            apply(everything, scenario),
            reach(everything, scenario),
            outlook,
            recovery_date(outlook),
        )

    def curve(
        self, lever: Lever, *, as_of: date, targets: Sequence[Target], target: Target | None = None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rate of each category by adoption of one lever, and where it meets the targets.

        Returns:
            The enforced windows of `vtrkit.whatif.adoption_curve` and of
            `vtrkit.adoption_needed`.
        """
        # the share is what varies along the curve: a slider that moves does not change it
        return self._curves(replace(lever, share=1.0), as_of, tuple(targets), target)

    def _curve(
        self, lever: Lever, as_of: date, targets: tuple[Target, ...], target: Target | None
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        board = self._board(as_of, target, (*PLACE, "category"))
        line = adoption_curve(board, lever, steps=STEPS)
        needed = adoption_needed(board, lever, targets=targets)
        return line.filter("is_enforced_window"), needed.filter("is_enforced_window")

    def plan(
        self, levers: Sequence[Lever], *, as_of: date, target: Target
    ) -> tuple[Plan, tuple[Lever, ...]]:
        """The cheapest mix of levers, each up to all of its packages; see `vtrkit.plan`.

        Returns:
            The plan, and the levers with the share of all their packages that it moves.
        """
        found = plan(
            self._cells,
            [replace(lever, share=1.0) for lever in levers],
            as_of=as_of,
            target=target,
            lag_days=self._lag_days,
            rules=self._rules,
        )
        board = self._board(as_of, target, PLACE)
        moved = dict(found.levers.select("lever", "moved").rows())
        shares = []
        for lever in levers:
            alone = Scenario("", (replace(lever, share=1.0),))
            selected = max(1, reach(board, alone)["selected"].item())
            shares.append(replace(lever, share=min(1.0, moved.get(lever.name, 0) / selected)))
        return found, tuple(shares)

    @cached_property
    def days(self) -> list[date]:
        """The as-of days for which a window has begun, up to the newest export."""
        first = self._cells["promised_date"].min()
        if not isinstance(first, date):
            return [self._seen_to]
        return list(pl.date_range(min(first, self._seen_to), self._seen_to, eager=True))
