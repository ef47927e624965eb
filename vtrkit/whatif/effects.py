"""What the levers of a scenario do to the counts of every window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from vtrkit.metric.status import with_status
from vtrkit.metric.target import SCALE, STRICT, left, meets, whole, with_vtr
from vtrkit.schema import REASONS, Outcome, Reason
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.looking_back import Board
from vtrkit.whatif.selection import Flags, Floats, Ints, check
from vtrkit.whatif.to_carrier import resolved

_OUTCOMES = [REASONS[reason].outcome for reason in Reason]
_IS_VALID, _IS_UNKNOWN, _IS_EXEMPT = (
    np.array([float(o == outcome) for o in _OUTCOMES])
    for outcome in (Outcome.VALID, Outcome.UNKNOWN, Outcome.EXEMPT)
)
"""By the code of a reason, 1 where its packages are valid, unverified or exempt, else 0."""


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
    scenario = resolved(scenario, board.tally, board.closed_to)
    every = [board.pick(lever) for lever in scenario.levers]
    check(scenario, board.kinds, [picked.chosen for picked in every])
    found = []
    for lever, picked in zip(scenario.levers, every, strict=True):
        parts = (picked.span, picked.reason, picked.enforced)
        found.append(Effect(lever, *parts, picked.started(lever), picked.moved(lever)))
    return found


def gains(board: Board, found: Sequence[Effect]) -> dict[str, Floats]:
    """What all levers together add to the counts of each span, and what they cost there.

    The single days of a coming window are summed up: behind the spans of `board.before` there is
    one number for each row of `board.ahead`.
    """
    spans, windows = len(board.span_first), 2 * board.before.height
    total = {name: np.zeros(spans) for name in (*_GAINS, "moved", "cost")}
    for one in found:
        each = {"counted": one.counted, "valid": one.valid, "unknown": one.unknown}
        each |= {f"{n}_enforced": each[n] * one.enforced for n in ("counted", "valid")}
        each |= {"moved": one.moved, "cost": one.moved * one.lever.cost}
        for name, gained in each.items():
            total[name] += np.bincount(one.span, gained, spans)
    ahead = board.ahead
    for name in ("counted", "valid"):
        run = np.append(0, np.cumsum(total[name][windows:]))
        total[name] = np.append(total[name][:windows], run[ahead.stop] - run[ahead.start])
    return total


_GAINS = ("counted", "valid", "unknown", "counted_enforced", "valid_enforced")


def applied(board: Board, gained: dict[str, Floats]) -> pl.DataFrame:
    """The rows of `board.before` under the gains of one or several variants (the first axis).

    The verdict is given on counts rounded to a millionth of a package, the counts are not.

    Returns:
        The columns of `board.before`, their twins with `_after`, `moved` and `cost`; every row
        with its variants, by their number in `variant`, together.
    """
    rows, size = board.before.height, len(gained["moved"])
    before = board.before[np.repeat(np.arange(rows), size)]
    usual = gained["counted"][:, rows : 2 * rows] - gained["valid"][:, rows : 2 * rows]
    usual = (usual - gained["unknown"][:, rows : 2 * rows]).T.ravel()
    here = {n: each[:, :rows].T.ravel() for n, each in gained.items()}
    twins = _after(before, here, usual, _falls(board, gained))
    told = {n: pl.Series(here[n]) for n in ("moved", "cost")}
    number = pl.Series(np.tile(np.arange(size), rows))
    return before.with_columns(twins, variant=number, **told)


def _falls(board: Board, gained: dict[str, Floats]) -> Flags:
    """For each row and variant, whether a coming day that is decided may fall below the target."""
    windows, ahead = 2 * board.before.height, board.ahead
    falls = np.zeros((len(gained["valid"]), board.before["group"].n_unique()), dtype=bool)
    if ahead.group.size:
        counted, valid = (
            np.rint((known + gained[name][:, windows:]) * SCALE).astype(np.int64)
            for name, known in (("counted", ahead.counted), ("valid", ahead.valid))
        )
        misses = (counted > 0) & ~meets(valid, counted, ahead.target_bp, ahead.strict)
        first = np.flatnonzero(np.diff(ahead.group, prepend=-1))
        falls[:, ahead.group[first]] = np.logical_or.reduceat(misses, first, 1)
    return falls[:, board.before["group"].to_numpy()].T.ravel()


def _after(
    before: pl.DataFrame, gained: dict[str, Floats], usual: Floats, falls: Flags
) -> pl.DataFrame:
    counts = [(pl.col(n) + pl.Series(gained[n])).cast(pl.Float64) for n in _GAINS]
    weeks = (pl.col("usual_defects") + pl.Series(usual)).alias("usual_defects")
    expected = before.with_columns(*counts, weeks, falls=pl.Series(falls))
    verdict = _verdict(expected)
    return with_vtr(expected).with_columns(verdict).select(pl.all().name.suffix("_after"))


def _verdict(expected: pl.DataFrame) -> pl.DataFrame:
    """Status and whole packages left, judged on counts in whole millionths of a package."""
    counts = expected.with_columns(whole(pl.col(*_GAINS, "usual_defects")))
    n, bp = pl.col("counted"), pl.col("target_bp")
    still = counts.select(pl.when(n > 0).then(left(pl.col("valid"), n, bp, STRICT, SCALE)))
    left_over = still.to_series().alias("budget_left")
    # a usual week's defects are in millionths here, and so is what is held against them
    judged = with_status(counts.with_columns(left_over * SCALE))
    return judged.select("status", "binding").with_columns(left_over)
