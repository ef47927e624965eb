"""The cheapest mix of levers that puts every category, and the account, on target."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.metric.target import Target
from vtrkit.rules.policies import Rules
from vtrkit.whatif.levers import Lever, Scenario

if TYPE_CHECKING:
    from vtrkit.planning.needs import Case

_ROUNDS = 6
CONFIDENCE = 0.9
"""The probability with which each category, and the account, is to be on target."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """The cheapest mix found, what it reaches, and how far from the least possible it may be.

    Args:
        confidence: what was asked of each category and of the account.
        cost: of the whole mix, fixed costs included; None where the target cannot be met.
        gap: by how much the cost may lie above the least possible, as a share of it, with the
            margins as they are.
        mix: one row per category and lever that moves anything: `eligible` packages, `moved` ones,
            `share` = moved / eligible, `gained` valid packages expected, `cost` without fixed.
        levers: one row per lever: `moved`, `variable_cost`, `fixed_cost`, `cost`.
        reached: one row per category, and one with a null category for the account as a whole:
            counted and valid packages before, `vtr_low` (unverified ones failing), what is
            `needed`, what is `gained` in expectation and the `margin` between the two, the
            `valid_after`, `vtr_low_after` and the `chance` of being on target; `best_vtr_low` and
            `best_chance` with every lever as far as it goes; `reachable`.
        scenario: the same as a scenario, for `apply` and `simulate`.
        unreachable: which category, or the account, cannot be met, and how far it can come.
    """

    confidence: float
    cost: float | None
    gap: float
    mix: pl.DataFrame
    levers: pl.DataFrame
    reached: pl.DataFrame
    scenario: Scenario
    unreachable: tuple[str, ...]


def plan(  # noqa: PLR0913 - what is wanted, when, and by which rules
    tally: pl.DataFrame | pl.LazyFrame,
    levers: Sequence[Lever],
    *,
    as_of: date,
    target: Target | None = None,
    by_day: date | None = None,
    confidence: float = CONFIDENCE,
    lag_days: int | None = None,
    rules: Rules | None = None,
) -> Plan:
    """The cheapest mix of levers that puts every category, and the account as a whole, on target.

    Looking back at the enforced window, as if the mix had been in force then. Each package goes to
    one lever at most; of the packages that the same levers fit, no lever moves more than its
    share. Whether a moved package is scanned is up to chance: so many packages are moved that
    each category, and the account, is on target with probability `confidence`. The `margin` is
    what that takes beyond the packages needed. A confidence of 0.5 asks for the target in
    expectation only. Unverified packages that are not moved are taken as failing.

    With `by_day`, looking forward at the window that is read on that day: of the packages still to
    come, and of those on their way for retroactive levers, as `simulate` expects them. The margin
    then also covers the forecast's own spread, and costs are those of the packages of that window.

    ```
    category  lever    eligible  moved  share  gained  cost
    Shoes     labels   40        12     0.3    11.4    3.6
    ```

    Args:
        tally: a tally of one account and marketplace, with what the levers go by.
        levers: what can be done; `share` is the most of it that can.
        as_of: the day on which the metric is read.
        target: another target than the rule's, such as 98.
        by_day: a coming day to be on target on; none looks back.
        confidence: 0.5 up to, but not, 1.
        lag_days: days between the window's end and `as_of`; the rule's own if none is given.
        rules: the marketplaces' rules.

    Returns:
        The plan; see `Plan`. Where no mix reaches the target it moves nothing, its cost is None
        and `unreachable` says why.

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
        >>> found = plan(tally(classify(packages)), [pick_up], as_of=date(2026, 2, 1))
        >>> found.mix.select("moved", "gained", "cost").rows(), found.cost
        ([(13, 11.7, 6.5)], 6.5)
    """
    from vtrkit.planning.needs import look_back, needs  # noqa: PLC0415 - SciPy, once it is used

    _check(confidence)
    if by_day:
        asked = {"target": target, "lag_days": lag_days, "rules": rules}
        return _planned_ahead(tally, levers, as_of, by_day, confidence, asked)
    case = look_back(tally, levers, as_of, lag_days, rules)
    return _planned(case, needs(case, target), confidence)


def frontier(  # noqa: PLR0913 - see plan
    tally: pl.DataFrame | pl.LazyFrame,
    levers: Sequence[Lever],
    *,
    as_of: date,
    points: int = 11,
    confidence: float = CONFIDENCE,
    lag_days: int | None = None,
    rules: Rules | None = None,
) -> pl.DataFrame:
    """What each level of the Valid Tracking Rate costs at least, from today's to the best.

    The levels are spread evenly between the rate of the worst category as it is and the highest
    one that every category, and the account, can reach.

    ```
    target_bp  cost   moved  worst_vtr_low  vtr_low  gap
    9120       0.0    0      0.912          0.934    0.0
    9310       18.5   41     0.9312         0.941    0.0004
    ```

    Args:
        tally: as for `plan`, and likewise the other arguments.
        levers: what can be done.
        as_of: the day on which the metric is read.
        points: how many levels, at least 2.
        confidence: see `plan`.
        lag_days: see `plan`.
        rules: see `plan`.

    Returns:
        One row per level, ascending: target_bp (basis points), cost, moved packages, the expected
        `worst_vtr_low` of the categories and `vtr_low` of the account, and the gap of the solver.

    Raises:
        ParameterError: fewer than two points, or see `plan`.
        TallyError: see `plan`.

    Examples:
        >>> from datetime import date
        >>> from vtrkit import classify, tally
        >>> from vtrkit.whatif.levers import Lever
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 20 + [1] * 180})
        >>> pick_up = Lever(name="pick-up", reason=("no_scan",), cost=0.5)
        >>> frontier(tally(classify(packages)), [pick_up], as_of=date(2026, 2, 1), points=3).select(
        ...     "target_bp", "cost", "moved").rows()
        [(9000, 0.0, 0), (9500, 5.0, 10), (10000, 10.0, 20)]
    """
    from vtrkit.planning.needs import look_back, needs, span  # noqa: PLC0415 - SciPy, once it is used

    _check(confidence)
    if points < 2:
        raise ParameterError(f"points {points}: give 2 or more")
    case = look_back(tally, levers, as_of, lag_days, rules)
    low, high = span(case, confidence)
    levels = sorted({low + round((high - low) * i / (points - 1)) for i in range(points)})
    rows = [
        _level(_planned(case, needs(case, Target.of_bp(level)), confidence)) for level in levels
    ]
    return pl.DataFrame(rows, schema=_FRONTIER, orient="row")


_FRONTIER = {
    "target_bp": pl.Int64,
    "cost": pl.Float64,
    "moved": pl.Int64,
    "worst_vtr_low": pl.Float64,
    "vtr_low": pl.Float64,
    "gap": pl.Float64,
}


def _check(confidence: float) -> None:
    if not 0.5 <= confidence < 1:
        raise ParameterError(f"confidence {confidence:g}: give 0.5 (in expectation) to below 1")


def _level(found: Plan) -> dict[str, object]:
    """One point of the frontier."""
    account, categories = found.reached[-1], found.reached[:-1]
    return {
        "target_bp": account["target_bp"][0],
        "cost": found.cost,
        "moved": found.mix["moved"].sum(),
        "worst_vtr_low": categories["vtr_low_after"].min(),
        "vtr_low": account["vtr_low_after"][0],
        "gap": found.gap,
    }


def _planned(case: "Case", goals: pl.DataFrame, confidence: float) -> Plan:
    """The cheapest mix of a case, or what stands in its way."""
    from vtrkit.planning import result  # noqa: PLC0415 - SciPy, once it is used
    from vtrkit.planning.chance import furthest, holds  # noqa: PLC0415
    from vtrkit.planning.decomposed import cheapest  # noqa: PLC0415
    from vtrkit.planning.needs import moves, program_of  # noqa: PLC0415
    from vtrkit.planning.solver import Mix  # noqa: PLC0415

    choices = moves(case)
    program = program_of(choices, case, goals)
    far = furthest(program)
    reachable = holds(program, far, confidence)
    mix = cheapest(program, confidence) if reachable.all() else Mix(far * 0, 0.0)
    cost = program.price(mix.moved)
    moved = choices.with_columns(moved=pl.Series(mix.moved, dtype=pl.Float64))
    reached = result.reached(goals, program, mix.moved, far).with_columns(
        reachable=pl.Series(reachable)
    )
    return Plan(
        confidence=confidence,
        cost=cost if reachable.all() else None,
        gap=max(0.0, 1 - mix.bound / cost) if cost else 0.0,
        mix=result.by_category(case.levers, moved),
        levers=result.by_lever(case.levers, moved),
        reached=reached,
        scenario=result.scenario(case.levers, case.reach, moved),
        unreachable=result.short_of(reached, confidence),
    )


def _planned_ahead(  # noqa: PLR0913, PLR0917 - see plan
    tally: pl.DataFrame | pl.LazyFrame,
    levers: Sequence[Lever],
    as_of: date,
    by_day: date,
    confidence: float,
    asked: dict[str, Any],
) -> Plan:
    """The cheapest mix for a coming day: a category that the forecast does not grant needs more.

    What a package gives depends a little on when it ships, which the forecast has the last word on.
    """
    from vtrkit.planning.ahead import case_ahead, effects, look_forward  # noqa: PLC0415 - SciPy

    ahead = look_forward(tally, as_of, by_day, **asked)
    case, goals = case_ahead(ahead, levers, confidence)
    for _ in range(_ROUNDS):
        found = _planned(case, goals, confidence)
        chance = pl.Series("chance", ahead.chances(effects(ahead, found.scenario)))
        short = (chance.fill_nan(1.0) < confidence) & bool(found.scenario.levers)
        if not short.any() or found.cost is None:
            break
        more = pl.when(short).then(pl.max_horizontal(0.5, pl.col("needed") * 0.01)).otherwise(0.0)
        goals = goals.with_columns(needed=pl.col("needed") + more)
    return replace(found, reached=found.reached.with_columns(chance=chance.fill_nan(None)))
