"""What the levers of a scenario do to the counts of every window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from vtrkit.metric.rates import with_status
from vtrkit.metric.target import with_vtr
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import REASONS, Outcome, Reason
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.looking_back import Board
from vtrkit.whatif.selection import Floats, Ints, check

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


def applied(board: Board, variants: Sequence[dict[str, Floats]]) -> pl.DataFrame:
    """The rows of `board.before` under each variant's gains, told beside those before.

    The verdict is given on counts rounded to a millionth of a package, the counts are not.

    Returns:
        The columns of `board.before`, their twins with `_after`, `moved` and `cost`; every row
        with its variants, by their number in `variant`, together.
    """
    rows, size = board.before.height, len(variants)
    order = np.arange(rows * size).reshape(size, rows).T.ravel()
    before = pl.concat([board.before] * size)
    gained = {n: np.concatenate([v[n][:rows] for v in variants]) for n in variants[0]}
    usual = np.concatenate([v["counted"] - v["valid"] - v["unknown"] for v in variants])
    twins = _after(before, gained, usual.reshape(size, -1)[:, rows:].ravel())
    told = {n: pl.Series(gained[n]) for n in ("moved", "cost")}
    number = pl.Series(np.repeat(np.arange(size), rows))
    return before.with_columns(twins, variant=number, **told)[order]


def _after(before: pl.DataFrame, gained: dict[str, Floats], usual: Floats) -> pl.DataFrame:
    counts = [(pl.col(n) + pl.Series(gained[n])).cast(pl.Float64) for n in _GAINS]
    weeks = (pl.col("usual_defects") + pl.Series(usual)).alias("usual_defects")
    expected = before.with_columns(*counts, weeks)
    rounded = expected.with_columns(pl.col(*_GAINS, "usual_defects").round(_DIGITS))
    judged = with_status(rounded.with_columns(budget_left=_budget_left()))
    verdict = judged.select("budget_left", "status", "binding")
    return with_vtr(expected).with_columns(verdict).select(pl.all().name.suffix("_after"))


def _budget_left() -> pl.Expr:
    """Whole packages that may still fail, or have to be mended, after what is expected to fail."""
    n, valid = pl.col("counted"), pl.col("valid")
    left = (n * (BASIS_POINTS - pl.col("target_bp")) / BASIS_POINTS - (n - valid)).round(_DIGITS)
    strict = pl.col("condition") == "greater_than"
    whole = pl.when(strict).then(left.ceil() - 1).otherwise(left.floor())
    return pl.when(n > 0).then(whole.cast(pl.Int64))
