"""How widely a lever has to be adopted: the whole number of packages that reaches a target."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Unpack

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.metric.target import BEST, STRICT, WORST, Target, need, read_targets
from vtrkit.metric.target import share as part_of
from vtrkit.metric.windows import Asking, DayLike, NamesLike
from vtrkit.results import NEEDED
from vtrkit.schema import CATEGORY, OUTCOMES_OF, Outcome, Reason
from vtrkit.whatif.apply import Tallied, board_of
from vtrkit.whatif.levers import Lever, as_scenario, one_lever
from vtrkit.whatif.simulate import Targets, read_chance
from vtrkit.whatif.to_carrier import resolved

if TYPE_CHECKING:
    from vtrkit.whatif.looking_back import Board
    from vtrkit.whatif.selection import Floats, Ints

_SLACK = 1e-12
"""A chance of exactly a half comes out a trifle below it."""
GOALS_BP = (9500, 9800)
"""Amazon's target, and the share tracked that lets a seller promise shorter times."""


@checks
def adoption_needed(  # noqa: PLR0913 - what is adopted, how surely, and what is read
    tally: Tallied,
    lever: Lever,
    *,
    targets: Targets | None = None,
    confidence: float = 0.9,
    as_of: DayLike | None = None,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """The fewest packages that a lever would have had to move to reach 95 % and 98 %.

    Looking back at the windows that count now, which explains how far each group is away; what
    to do from now on says `vtrkit.open(...).adoption_needed`, which looks ahead.

    Moving k of the eligible packages makes floor(k × scanned) of them valid; `packages` is the
    smallest k with which valid / counted is on target. Unverified packages count as failing, so
    what is reached is reached whatever becomes of them; `packages_best` takes them as valid.

    ```
    category  days  target_bp  counted  valid  eligible  reachable  packages  share  best
    Shoes     30    9500       200      180    20        true       10        0.5    1.00
    Shoes     30    9800       200      180    20        true       16        0.8    1.00
    Toys      30    9800       100      90     5         false      null      null   0.95
    ```

    Args:
        tally: as in `vtrkit.apply`.
        lever: whose packages are eligible (from its start on) and how many of them are scanned
            once moved. Its share and its ramp are what is asked for, so they do not matter.
        targets: what is to be reached; 95 % and 98 % under the condition of the rule if none.
        confidence: how sure `packages_sure` is.
        as_of: as in `vtrkit.apply`, and likewise by and the other keywords.
        by: the groups.
        question: see `vtrkit.apply`.

    Returns:
        One row per group, window and target. `best` is the rate with every eligible package
        moved. `common_share` is the one share that is enough in every group of an account and
        marketplace, null where a group cannot reach the target. `packages_sure` is the k with
        which the target is reached with probability `confidence` when each moved package is
        scanned with probability `scanned`, by itself; `share_sure` and `common_share_sure`
        likewise, for each group by itself. `packages_best` is the smallest number of eligible
        defects, if all unverified packages hold. All are null where nothing is counted.

    Raises:
        ParameterError: the lever moves valid or exempt packages too, or confidence is not
            between 0 and 1. Else see `vtrkit.apply`. Likewise `TallyError`.

    Examples:
        >>> from datetime import date
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 20 + [1] * 180})
        >>> scans = Lever(name="ask for scans", reason=("no_scan",), scanned=0.9)
        >>> cells = tally(classify(packages))
        >>> table = adoption_needed(cells, scans, as_of=date(2026, 2, 1), by=()).filter(days=30)
        >>> table.select("target_bp", "eligible", "packages", "packages_sure").rows()
        [(9500, 20, 12, 13), (9800, 20, 18, 20)]
    """
    if one_lever(lever).moves_all:
        raise ParameterError(
            f"lever {lever.name} moves valid packages too, so no number of them is sure to be "
            "enough; ask vtrkit.open(...).adoption_needed, or give one without moves_all"
        )
    read_chance(confidence, "confidence")
    board = board_of(tally, as_of, by, question)
    lever = resolved(as_scenario(lever), board.tally, board.closed_to).levers[0]
    goals = None if targets is None else read_targets(targets)
    asked = _asked(board, goals, eligible(board, lever))
    few, sure = _fewest(asked, lever.scanned), _sure(asked, lever.scanned, confidence)
    return _with_shares(asked.with_columns(*few, sure), board.by).select(*board.by, *NEEDED)


def eligible(board: "Board", lever: Lever) -> pl.DataFrame:
    """The packages of each row of a board that a lever is about, and the defects among them."""
    import numpy as np  # noqa: PLC0415 - once it is used

    picked, rows = board.pick(lever), board.before.height
    packages = picked.started(lever)
    unknown = [list(Reason).index(reason) for reason in OUTCOMES_OF[Outcome.UNKNOWN]]
    known = packages * ~np.isin(picked.reason, unknown)
    told = {
        name: np.bincount(picked.span, each, 2 * rows)[:rows]
        for name, each in (("eligible", packages), ("eligible_best", known))
    }
    return pl.DataFrame(told).cast(pl.Int64)


def _asked(
    board: "Board", targets: Sequence[Target] | None, eligible: pl.DataFrame
) -> pl.DataFrame:
    """A row per row of the board and target, with the packages that have to become valid."""
    rows = board.before.hstack(eligible)
    usual = [(bp, pl.col("condition")) for bp in GOALS_BP]
    goals = [(t.bp, pl.lit(t.condition)) for t in targets] if targets else usual
    each = [
        rows.with_columns(target_bp=pl.lit(bp, pl.Int64), condition=condition)
        for bp, condition in goals
    ]
    order = [*board.by, "days"]
    together = pl.concat(each).sort(order, maintain_order=True)
    return together.with_columns(need=_need(*WORST), need_best=_need(*BEST))


def _need(valid: pl.Expr, counted: pl.Expr) -> pl.Expr:
    """How many more of the counted packages have to be valid; null where none is counted."""
    short = need(valid, counted, pl.col("target_bp"), STRICT)
    return pl.when(pl.col("counted") > 0).then(short.clip(0))


def _fewest(asked: pl.DataFrame, scanned: float) -> list[pl.Series]:
    """The smallest k with floor(k × scanned) at what is needed, and the rate with all moved.

    In fractions of the share as it is written: 0.29 × 100 is 29, not 28.999….
    """
    share = Fraction(str(float(scanned)))
    found = [
        [fewest(m, n, share) for m, n in asked.select(f"need{s}", f"eligible{s}").iter_rows()]
        for s in ("", "_best")
    ]
    most = pl.Series([int(n * share) for n in asked["eligible"]], dtype=pl.Int64)
    best = asked.select(best=part_of(WORST[0] + most, WORST[1]))["best"]
    names = ("packages", "packages_best")
    return [*(pl.Series(n, k, pl.Int64) for n, k in zip(names, found, strict=True)), best]


def fewest(need: int | None, eligible: int, scanned: Fraction) -> int | None:
    """The smallest k up to `eligible` with floor(k × scanned) ≥ need; None where there is none.

    Examples:
        >>> fewest(9, 20, Fraction("0.9")), fewest(10, 11, Fraction("0.9"))
        (10, None)
    """
    if not need:
        return need
    if not scanned:
        return None
    found = -(-need // scanned)
    return found if found <= eligible else None


def _sure(asked: pl.DataFrame, scanned: float, confidence: float) -> pl.Series:
    """The smallest k of which enough are scanned with a probability; null where none suffices."""
    import numpy as np  # noqa: PLC0415 - once it is used

    need, eligible = asked["need"].fill_null(0).to_numpy(), asked["eligible"].to_numpy()
    goal = confidence - _SLACK
    able = _chance(need, eligible, scanned) >= goal
    low, high = np.minimum(need, eligible), eligible
    while (low < high).any():  # the chance rises with k, so halving finds the first
        middle = (low + high) // 2
        enough = _chance(need, middle, scanned) >= goal
        low = np.where(enough, low, np.minimum(middle + 1, high))
        high = np.where(enough, middle, high)
    found = pl.when(pl.Series(able) & pl.col("need").is_not_null()).then(pl.Series(high))
    return asked.select(packages_sure=found)["packages_sure"]


def _chance(need: "Ints", moved: "Ints", scanned: float) -> "Floats":
    """The probability that so many moved packages give as many scans as are needed."""
    import numpy as np  # noqa: PLC0415 - once it is used
    from scipy.special import bdtrc  # noqa: PLC0415 - once it is used

    enough = need <= moved
    tail = bdtrc((need - 1).astype(float), np.where(enough, moved, need), float(scanned))
    chance: Floats = np.where(enough, tail, 0.0)
    return chance


def _with_shares(told: pl.DataFrame, by: Iterable[str]) -> pl.DataFrame:
    """Each number of packages as a share of those eligible, and the one share for all."""
    over = [n for n in by if n in ("account", "marketplace")] + ["days", "target_bp", "condition"]
    counts, shares = pl.col("counted") > 0, {}
    for suffix in ("", "_sure"):
        packages = pl.col(f"packages{suffix}")
        # nothing has to move where nothing is eligible and the target is met
        shares[f"share{suffix}"] = packages / pl.max_horizontal("eligible", 1)
    told = told.with_columns(
        **shares, reachable=pl.when(counts).then(pl.col("packages").is_not_null())
    )
    common = {
        f"common_share{suffix}": pl.when((counts & pl.col(f"share{suffix}").is_null()).any().not_())
        .then(pl.col(f"share{suffix}").max())
        .over(over)
        for suffix in ("", "_sure")
    }
    return told.with_columns(**common)
