"""What the levers of a scenario do to the counts of every window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from vtrkit.board import Board
from vtrkit.budget import with_vtr
from vtrkit.levers import Lever, Scenario
from vtrkit.policy import BASIS_POINTS
from vtrkit.rates import with_status
from vtrkit.schema import REASONS, Outcome, Reason
from vtrkit.selection import Floats, Ints, check

_OUTCOMES = [REASONS[reason].outcome for reason in Reason]
_IS_VALID, _IS_UNKNOWN, _IS_EXEMPT = (
    np.array([float(o == outcome) for o in _OUTCOMES])
    for outcome in (Outcome.VALID, Outcome.UNKNOWN, Outcome.EXEMPT)
)
"""By the code of a reason, 1 where its packages are valid, unverified or exempt, else 0."""

_DIGITS = 6
"""A millionth of a package is an error of floats and decides no verdict."""


@dataclass(frozen=True)
class Effect:
    """What one lever does to the packages of each span, reason and enforcement."""

    lever: Lever
    span: Ints
    reason: Ints
    enforced: Ints
    selected: Floats
    moved: Floats

    @property
    def valid(self) -> Floats:
        """Valid packages gained: those moved and scanned, less those that were valid before."""
        gained: Floats = self.moved * (self.lever.scanned - _IS_VALID[self.reason])
        return gained

    @property
    def counted(self) -> Floats:
        """Counted packages gained: those that were exempt before."""
        gained: Floats = self.moved * _IS_EXEMPT[self.reason]
        return gained

    @property
    def unknown(self) -> Floats:
        """Unverified packages gained: never more than none."""
        gained: Floats = -self.moved * _IS_UNKNOWN[self.reason]
        return gained


def effects(board: Board, scenario: Scenario) -> list[Effect]:
    """What each lever does, in the order of the scenario.

    Raises:
        ParameterError: levers contradict each other.
        TallyError: the tally lacks a column that a lever goes by.
    """
    every = [board.pick(lever) for lever in scenario.levers]
    check(scenario, board.kinds, [picked.chosen for picked in every])
    found = []
    for lever, picked in zip(scenario.levers, every, strict=True):
        parts = (picked.span, picked.reason, picked.enforced)
        found.append(Effect(lever, *parts, picked.started(lever), picked.moved(lever)))
    return found


def gains(board: Board, found: Sequence[Effect]) -> dict[str, Floats]:
    """What all levers together add to the counts of each span, and what they cost there."""
    spans = len(board.span_first)
    total = {name: np.zeros(spans) for name in (*_GAINS, "moved", "cost")}
    for one in found:
        each = {"counted": one.counted, "valid": one.valid, "unknown": one.unknown}
        each |= {f"{n}_enforced": each[n] * one.enforced for n in ("counted", "valid")}
        each |= {"moved": one.moved, "cost": one.moved * one.lever.cost}
        for name, gained in each.items():
            total[name] += np.bincount(one.span, gained, spans)
    return total


_GAINS = ("counted", "valid", "unknown", "counted_enforced", "valid_enforced")


def after(board: Board, gained: dict[str, Floats]) -> pl.DataFrame:
    """The rows of `board.before` with expected counts, and the verdict on them.

    The verdict is given on counts rounded to a millionth of a package, the counts are not.
    """
    rows, before = board.before.height, board.before
    counts = [(pl.col(n) + pl.Series(gained[n][:rows])).cast(pl.Float64) for n in _GAINS]
    defects = gained["counted"] - gained["valid"] - gained["unknown"]
    usual = (pl.col("usual_defects") + pl.Series(defects[rows:])).alias("usual_defects")
    expected = before.with_columns(*counts, usual)
    rounded = expected.with_columns(pl.col(*_GAINS, "usual_defects").round(_DIGITS))
    judged = with_status(rounded.with_columns(budget_left=_budget_left()))
    return with_vtr(expected).with_columns(judged.select("budget_left", "status", "binding"))


def _budget_left() -> pl.Expr:
    """Whole packages that may still fail, or have to be mended, after what is expected to fail."""
    n, valid = pl.col("counted"), pl.col("valid")
    left = (n * (BASIS_POINTS - pl.col("target_bp")) / BASIS_POINTS - (n - valid)).round(_DIGITS)
    strict = pl.col("condition") == "greater_than"
    whole = pl.when(strict).then(left.ceil() - 1).otherwise(left.floor())
    return pl.when(n > 0).then(whole.cast(pl.Int64))
