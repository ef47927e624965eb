"""The cheapest mix of levers that puts every category, and the account, on target."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import ceil
from typing import TYPE_CHECKING, Unpack

import polars as pl

from vtrkit.facts.checked import checks
from vtrkit.metric.windows import Asking, DayLike, Question
from vtrkit.schema import EVEN, GROUP
from vtrkit.whatif.levers import Scenario, ScenarioLike, as_scenario
from vtrkit.whatif.simulate import read_chance
from vtrkit.whatif.to_carrier import resolved
from vtrkit.words import dated

if TYPE_CHECKING:
    from vtrkit.planning.ahead import Ahead
    from vtrkit.planning.needs import Case

_ROUNDS = 6
_AHEAD = timedelta(days=60)
"""How far a plan looks if no day is named."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """The cheapest mix found, what it reaches, and how far from the least possible it may be.

    Args:
        as_of: the day on which the metric was read.
        by_day: the day whose window is to be on target; `as_of` where it looks back.
        confidence: what was asked of each category and of the account.
        cost: of the whole mix, fixed costs included.
        costed: whether the levers have costs; else each package moved costs one.
        gap: by how much the cost may lie above the least possible, as a share of it, with the
            margins as they are.
        mix: one row per category and lever that moves anything: `eligible` packages, `moved` ones
            (expected ones, in fractions, of days to come), `share` = moved / eligible, `gained`
            valid packages expected, `cost` without fixed.
        levers: one row per lever: `moved`, `variable_cost`, `fixed_cost`, `cost`.
        reached: one row per category, and one with a null category for the account as a whole:
            counted and valid packages before, `vtr_low` (unverified ones failing), what is
            `needed`, what is `gained` in expectation and the `margin` between the two, the
            `valid_after`, `vtr_low_after` and the `chance` of being on target; `best_vtr_low` and
            `best_chance` with every lever as far as it goes; `reachable`.
        scenario: the same as a scenario, for `apply` and `simulate`; it names the kinds of
            packages that it was made for, and moves no others.
        unreachable: a sentence for each category, and the account, that cannot get there.
        untold: the categories for which the data do not tell whether they will be on target.
        unsure: those that are on target if their packages without scan data do as the others.
    """

    as_of: date
    by_day: date
    confidence: float
    cost: float
    gap: float
    mix: pl.DataFrame
    levers: pl.DataFrame
    reached: pl.DataFrame
    scenario: Scenario
    unreachable: tuple[str, ...]
    costed: bool = True
    untold: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """The answer in short; the tables have the rest."""
        moved = self.packages
        short = f", {len(self.unreachable)} out of reach" if self.unreachable else ""
        return f"Plan(by {dated(self.by_day)}: {moved:,} packages, cost {self.cost:,.2f}{short})"

    @property
    def blind(self) -> bool:
        """Whether of no category it can be told whether it will be on target."""
        return bool(self.untold) and {*self.reached["category"].drop_nulls()} <= {*self.untold}

    @property
    def within_reach(self) -> bool:
        """Whether the mix brings any category on target."""
        named = self.reached.filter(pl.col("category").is_not_null())
        return named.is_empty() or bool(named["reachable"].any())

    @property
    def packages(self) -> int:
        """The packages that the mix moves, a fraction of one as one."""
        return ceil(round(float(self.mix["moved"].sum()), 6))

    @property
    def looks_back(self) -> bool:
        """Whether it is about the days that count now, as if the mix had been in force then."""
        return self.by_day == self.as_of


@checks
def plan(
    tally: pl.DataFrame | pl.LazyFrame,
    levers: ScenarioLike,
    *,
    as_of: DayLike,
    by_day: DayLike | None = None,
    confidence: float = EVEN,
    **question: Unpack[Asking],
) -> Plan:
    """The cheapest mix of levers that puts every category on target.

    Looking forward at the window that is read on a coming day: of the packages still to come, and
    of those on their way for retroactive levers, as `simulate` expects them. Costs are those of
    the packages of that window. Each package goes to one lever at most; of the packages that the
    same levers fit, no lever moves more than its share. Whether a moved package is scanned is up
    to chance, and the forecast has a spread of its own: so many packages are moved that each
    category is on target with probability `confidence`. The `margin` is what that takes beyond the
    packages needed. A confidence of 0.5 asks for the target in expectation only. Unverified
    packages that are not moved are left out, as in `vtrkit.outlook`. Of the account as a whole it
    is said whether it gets there too; what none of its categories needs is not asked for.

    With `by_day` the as-of day itself, looking back at the days that count, as if the mix had been
    in force then: an explanation, since nothing can be done about those days any more. Unverified
    packages that are not moved are taken as failing there, and the account as a whole is to be on
    target too.

    ```
    category  lever    eligible  moved  share  gained  cost
    Shoes     labels   40        12     0.3    11.4    3.6
    ```

    Args:
        tally: a tally of one account and marketplace, with what the levers go by.
        levers: what can be done, one lever or several; `share` is the most of it that can. Where
            none has a cost, each package moved counts as one.
        as_of: the day on which the metric is read.
        by_day: a coming day to be on target on, in 60 days if none is given; or the as-of day.
        confidence: 0.5 up to, but not, 1.
        question: lag_days, seen_to, target and rules; see `vtrkit.metric.windows.Question`.

    Returns:
        The plan; see `Plan`. `unreachable` says what cannot be had.

    Raises:
        ParameterError: a confidence outside its range, no levers, two of one name, or one that
            moves valid packages along.
        TallyError: several accounts or marketplaces, nothing counted in the window, or a column
            that a lever goes by is missing.

    Examples:
        >>> from datetime import date
        >>> from vtrkit import classify, tally
        >>> from vtrkit.whatif.levers import Lever
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 20 + [1] * 180})
        >>> pick_up = Lever(name="pick-up", reason=("no_scan",), scanned=0.9, cost=0.5)
        >>> found = plan(tally(classify(packages)), [pick_up], confidence=0.9,
        ...              as_of=date(2026, 2, 1), by_day=date(2026, 2, 1))
        >>> found.mix.select("moved", "gained", "cost").rows(), found.cost
        ([(13.0, 11.7, 6.5)], 6.5)
    """
    from vtrkit.planning.ahead import case_ahead, look_forward  # noqa: PLC0415 - SciPy, once used
    from vtrkit.planning.needs import look_back  # noqa: PLC0415

    read_chance(confidence, "confidence", EVEN)
    asked, scenario = Question.of(as_of, GROUP, **question), as_scenario(levers)
    given = resolved(scenario, tally, asked.closed_to).levers
    costed = any(lever.cost or lever.fixed_cost for lever in given)
    priced = given if costed else tuple(replace(lever, cost=1.0) for lever in given)
    day = asked.as_of + _AHEAD if by_day is None else Question.of(by_day).as_of
    if day == asked.as_of:
        cheapest = _planned(*look_back(tally, priced, asked), confidence, asked.as_of, day)
    else:
        ahead = look_forward(tally, asked, day)
        cheapest = _confirmed(ahead, *case_ahead(ahead, priced, confidence), confidence, day)
    if costed:
        return cheapest
    free = tuple(replace(lever, cost=0.0) for lever in cheapest.scenario.levers)
    return replace(cheapest, costed=False, scenario=Scenario("plan", free))


def _planned(
    case: "Case", goals: pl.DataFrame, confidence: float, as_of: date, by_day: date
) -> Plan:
    """The cheapest mix of a case; the best that can be had for what is out of reach."""
    from vtrkit.planning import result  # noqa: PLC0415 - SciPy, once it is used
    from vtrkit.planning.chance import furthest, holds  # noqa: PLC0415
    from vtrkit.planning.needs import moves, program_of  # noqa: PLC0415
    from vtrkit.planning.solver import cheapest  # noqa: PLC0415

    choices = moves(case)
    program = program_of(choices, case, goals)
    far = furthest(program)
    reachable = holds(program, far, confidence)
    limits = reachable if case.whole else reachable & goals["category"].is_not_null().to_numpy()
    mix = cheapest(program, confidence, limits)
    cost = program.price(mix.moved)
    moved = choices.with_columns(moved=pl.Series(mix.moved, dtype=pl.Float64))
    reached = result.reached(goals, program, mix.moved, far).with_columns(
        reachable=pl.Series(reachable)
    )
    return Plan(
        as_of=as_of,
        by_day=by_day,
        confidence=confidence,
        cost=cost,
        gap=max(0.0, 1 - mix.bound / cost) if cost else 0.0,
        mix=result.by_category(case.levers, moved),
        levers=result.by_lever(case.levers, moved),
        reached=reached,
        scenario=result.scenario(case.levers, case.reach, moved),
        unreachable=result.short_of(reached.with_columns(goals["unknown"]), confidence),
    )


def _confirmed(
    ahead: "Ahead", case: "Case", goals: pl.DataFrame, confidence: float, by_day: date
) -> Plan:
    """The cheapest mix for a coming day: a category that the forecast does not grant needs more.

    What a package gives depends a little on when it ships, which the forecast has the last word on.
    """
    from vtrkit.planning.ahead import effects  # noqa: PLC0415 - SciPy, once it is used

    for _ in range(_ROUNDS):
        cheapest = _planned(case, goals, confidence, ahead.categories.forecast.as_of, by_day)
        chance = pl.Series("chance", ahead.chances(effects(ahead, cheapest.scenario)))
        asked = cheapest.reached["reachable"] & goals["category"].is_not_null()
        short = (chance.fill_nan(1.0) < confidence) & asked
        if not short.any() or not cheapest.scenario.levers:
            break
        more = pl.when(short).then(pl.max_horizontal(0.5, pl.col("needed") * 0.01)).otherwise(0.0)
        goals = goals.with_columns(needed=pl.col("needed") + more)
    return replace(cheapest, reached=cheapest.reached.with_columns(chance=chance.fill_nan(None)))
