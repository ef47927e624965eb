"""What would have been, had levers been pulled: rates before and after, and what moved them."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias, Unpack, cast

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.metric.windows import Asking, DayLike, NamesLike
from vtrkit.results import APPLIED
from vtrkit.schema import CATEGORY
from vtrkit.whatif.levers import Lever, Scenario, ScenarioLike, as_scenario, one_lever
from vtrkit.whatif.simulate import settled

if TYPE_CHECKING:
    from vtrkit.whatif.looking_back import Board

Tallied: TypeAlias = "pl.DataFrame | pl.LazyFrame | Board"
"""A tally, collected or lazy, or what `vtrkit.whatif.looking_back.prepare` made of one."""


def board_of(tally: Tallied, as_of: DayLike | None, by: NamesLike, question: Asking) -> "Board":
    """A board as it is given, or the one of a tally.

    Raises:
        ParameterError: a tally without as_of, or a board with a question other than its own.
    """
    from vtrkit.whatif.looking_back import Board, prepare  # noqa: PLC0415 - NumPy, once it is used

    if not isinstance(tally, Board):
        return prepare(tally, as_of=cast("DayLike", as_of), by=by, **question)
    settled(as_of, by, question, "the board was prepared")
    return tally


@checks
def apply(
    tally: Tallied,
    scenario: ScenarioLike,
    *,
    as_of: DayLike | None = None,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """The rates of 7, 30 and 90 days as they are, and as they would be under a scenario.

    Looking back: it is as if the levers had been pulled on their start, or always where they
    have none. Shares are of the packages selected before the scenario, so levers on the same
    packages add up.

    ```
    category  days  counted  valid  vtr   status  moved  counted_after  valid_after  vtr_after  …
    Shoes     30    200      180    0.90  BAD     10.0   200.0          190.0        0.95       …
    ```

    Args:
        tally: a tally that has the columns which the levers go by; or a board that
            `vtrkit.whatif.looking_back.prepare` made of it, for many scenarios in milliseconds
            each.
        scenario: what is done: a scenario, a lever or several; the empty scenario changes nothing.
        as_of: as in `rates`, and likewise by and the other keywords; none of them with a board,
            which was made for its own.
        by: the groups.
        question: lag_days, target, seen_to and rules; see `vtrkit.metric.windows.Question`.

    Returns:
        The rows of `rates` with `moved` packages, their `cost` (without fixed costs, which belong
        to no window) and the `_after` twins of counted, valid, unknown (Float64, expected and not
        rounded), vtr, vtr_low, vtr_high, budget_left, status and binding. Moving unverified
        packages that are then not scanned turns them into defects: `vtr` may fall where `vtr_low`
        rises.

    Raises:
        ParameterError: levers contradict each other, or no as_of is given.
        TallyError: the tally lacks a column that a lever goes by.

    Examples:
        >>> from datetime import date
        >>> from vtrkit import Lever, Scenario, classify, tally
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 20 + [1] * 180})
        >>> half = Scenario("half", (Lever(name="scans", reason=("no_scan",), share=0.5),))
        >>> table = apply(tally(classify(packages)), half, as_of=date(2026, 2, 1), by=())
        >>> table.filter(days=30).select("vtr", "moved", "vtr_after", "budget_left_after").rows()
        [(0.9, 10.0, 0.95, 0)]
    """
    from vtrkit.whatif.effects import applied, effects, gains  # noqa: PLC0415 - NumPy, once it is used

    scenario = as_scenario(scenario)
    board = board_of(tally, as_of, by, question).asked_of(scenario)
    gained = gains(board, effects(board, scenario))
    told = applied(board, {n: each[None] for n, each in gained.items()})
    return told.select(*board.by, *APPLIED)


def moves(
    tally: Tallied,
    scenario: ScenarioLike,
    *,
    as_of: DayLike | None = None,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """Which lever moves how many packages of which reason: the steps from before to after.

    ```
    category  days  lever   reason          selected  moved  made_valid  cost
    Shoes     30    labels  missing_number  12        6.0    5.7         0.9
    ```

    Args:
        tally: as in `apply`.
        scenario: what is done.
        as_of: as in `apply`, and likewise by and the other keywords.
        by: the groups.
        question: see `apply`.

    Returns:
        One row per group, window, lever (in the order of the scenario) and reason that it
        selects packages of. `selected` are whole packages, `moved` and `made_valid` expected
        ones: valid after = valid before + the sum of `made_valid`, exactly but for the rounding
        of floats. `cost` is without fixed costs.

    Raises:
        ParameterError: see `apply`. Likewise `TallyError`.

    Examples:
        >>> from datetime import date
        >>> from vtrkit import Lever, Scenario, classify, tally
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 20 + [1] * 180})
        >>> half = Scenario("half", (Lever(name="scans", share=0.5, scanned=0.9),))
        >>> table = moves(tally(classify(packages)), half, as_of=date(2026, 2, 1), by=())
        >>> table.filter(days=30).rows()
        [(30, True, 'scans', 'no_scan', 20, 10.0, 9.0, 0.0)]
    """
    from vtrkit.whatif.lever_by_lever import moved_by_reason  # noqa: PLC0415 - NumPy, once it is used

    board = board_of(tally, as_of, by, question)
    return moved_by_reason(board, as_scenario(scenario))


def reach(
    tally: Tallied,
    scenario: ScenarioLike,
    *,
    as_of: DayLike | None = None,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """How many packages in the days that count each lever is about, and what it costs.

    ```
    lever   selected  moved  made_valid  cost  said
    labels  12        6.0    5.7         0.9
    scans   0         0.0    0.0         0.0   No category is called Shoe (did you mean Shoes?).
    ```

    Args:
        tally: as in `apply`.
        scenario: what is done.
        as_of: as in `apply`, and likewise by and the other keywords.
        by: the groups.
        question: see `apply`.

    Returns:
        One row per lever. `cost` includes the fixed cost where a package is moved. `said` names
        what the tally does not have, with what is like it; and for a lever that selects nothing,
        what it would select without one of its conditions. It is empty where all is well.

    Raises:
        ParameterError: see `apply`. Likewise `TallyError`.

    Examples:
        >>> from datetime import date
        >>> from vtrkit import Lever, Scenario, classify, tally
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "category": ["Shoes", "Toys"],
        ...     "promised_date": [date(2026, 1, 15)] * 2, "scans": [0, 1]})
        >>> tried = Scenario("tried", (Lever(name="a", category=("Shoe",)),
        ...                            Lever(name="b", category=("Toys",))))
        >>> print(*reach(tally(classify(packages)), tried, as_of=date(2026, 2, 1))["said"])
        No category is called Shoe (did you mean Shoes?). It selects nothing; it would select 1 \
without its category.
    """
    from vtrkit.whatif.lever_by_lever import lever_by_lever  # noqa: PLC0415 - NumPy, once it is used

    return lever_by_lever(board_of(tally, as_of, by, question), as_scenario(scenario))


def idle(board: "Board", scenario: Scenario) -> list[str]:
    """What a plan names and a tally does not have, change by change, whenever it starts."""
    ever = tuple(replace(lever, start=None) for lever in scenario.levers if lever.later)
    told = reach(board, Scenario("ever", ever)).filter(pl.col("said") != "")
    return [f"{name}: {why}" for name, why in told.select("lever", "said").rows()]


@checks
def adoption_curve(
    tally: Tallied,
    lever: Lever,
    *,
    steps: int = 100,
    as_of: DayLike | None = None,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """The rates of each group as a lever is adopted more and more widely, from none to all.

    ```
    category  days  share  moved  counted_after  valid_after  vtr_after  status_after  …
    Shoes     30    0.00   0.0    200.0          180.0        0.900      BAD
    Shoes     30    0.01   0.2    200.0          180.2        0.901      BAD
    ```

    Args:
        tally: as in `apply`.
        lever: what is adopted; its share is what varies, so its own does not matter.
        steps: steps from 0 to 100 %.
        as_of: as in `apply`, and likewise by and the other keywords.
        by: the groups.
        question: see `apply`.

    Returns:
        The rows of `apply` for each `share`, 0 to 1, by group and window.

    Raises:
        ParameterError: steps below 1. Else see `apply`. Likewise `TallyError`.

    Examples:
        >>> from datetime import date
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 20 + [1] * 180})
        >>> scans = Lever(name="ask for scans", reason=("no_scan",))
        >>> cells = tally(classify(packages))
        >>> table = adoption_curve(cells, scans, steps=2, as_of=date(2026, 2, 1), by=())
        >>> table.filter(days=30).select("share", "moved", "vtr_after").rows()
        [(0.0, 0.0, 0.9), (0.5, 10.0, 0.95), (1.0, 20.0, 1.0)]
    """
    import numpy as np  # noqa: PLC0415 - once it is used

    from vtrkit.whatif.effects import applied, effects, gains  # noqa: PLC0415

    if type(steps) is not int or steps < 1:
        raise ParameterError(f"steps {steps!r}: give 1 or more")
    lever = one_lever(lever)
    everywhere = Scenario(lever.name, (replace(lever, share=1.0),))
    board = board_of(tally, as_of, by, question).asked_of(everywhere)
    whole = gains(board, effects(board, everywhere))
    shares = np.arange(steps + 1)[:, None] / steps
    told = applied(board, {n: shares * each for n, each in whole.items()})
    told = told.with_columns(share=pl.col("variant") / steps)
    return told.select(*board.by, "share", *APPLIED)
