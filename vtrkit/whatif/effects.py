"""What the levers of a scenario do to the counts of every window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from vtrkit.metric.status import BINDING, status_now
from vtrkit.metric.target import BOUNDS, SCALE, STRICT, WORST, left, meets, whole
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Outcome, Reason
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.looking_back import SPANS, Board
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
    awaited: Ints
    selected: Floats
    moved: Floats

    @property
    def valid(self) -> Floats:
        """Valid packages gained: those moved and scanned, less those that were valid before."""
        gained: Floats = self.moved * (self.lever.scanned - _IS_VALID[self.reason])
        return gained

    @property
    def hoped(self) -> Floats:
        """Likewise, where those that may still turn out valid were taken as valid before."""
        before = np.maximum(_IS_VALID[self.reason] + _IS_UNKNOWN[self.reason], self.awaited)
        gained: Floats = self.moved * (self.lever.scanned - before)
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
        parts = (picked.span, picked.reason, picked.enforced, picked.awaited)
        found.append(Effect(lever, *parts, picked.started(lever), picked.moved(lever)))
    return found


def gains(board: Board, found: Sequence[Effect]) -> dict[str, Floats]:
    """What all levers together add to the counts of each span, and what they cost there.

    The single days of a coming window are summed up: behind the spans of `board.before` there is
    one number for each row of `board.ahead`.
    """
    spans, windows = len(board.span_first), SPANS * board.before.height
    total = {name: np.zeros(spans) for name in (*_GAINS, "hoped", "moved", "cost")}
    for one in found:
        each = {"counted": one.counted, "valid": one.valid, "unknown": one.unknown}
        each |= {f"{n}_enforced": each[n] * one.enforced for n in ("counted", "valid")}
        each |= {"hoped": one.hoped, "moved": one.moved, "cost": one.moved * one.lever.cost}
        for name, gained in each.items():
            total[name] += np.bincount(one.span, gained, spans)
    ahead = board.ahead
    for name in ("counted", "hoped"):
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
    usual, leaving = (_defects(gained, slice(n * rows, (n + 1) * rows)) for n in (1, 2))
    here = {n: each[:, :rows].T.ravel() for n, each in gained.items()}
    more = {n: here[n] for n in _GAINS} | {"usual_defects": usual, "leaving": leaving}
    told = {n: pl.Series(here[n]) for n in ("moved", "cost")}
    number = pl.Series(np.tile(np.arange(size), rows))
    return before.with_columns(_after(before, more, _falls(board, gained)), variant=number, **told)


def _defects(gained: dict[str, Floats], spans: slice) -> Floats:
    """The defects that variants add to some spans, in the order of rows and variants."""
    counted, valid, unknown = (gained[n][:, spans] for n in ("counted", "valid", "unknown"))
    added: Floats = (counted - valid - unknown).T.ravel()
    return added


def _falls(board: Board, gained: dict[str, Floats]) -> Flags:
    """For each row and variant, whether a coming day that is decided falls below the target."""
    windows, ahead = SPANS * board.before.height, board.ahead
    falls = np.zeros((len(gained["moved"]), board.before["group"].n_unique()), dtype=bool)
    if ahead.group.size:
        counted, valid = (
            np.rint((known + gained[name][:, windows:]) * SCALE).astype(np.int64)
            for name, known in (("counted", ahead.counted), ("hoped", ahead.valid))
        )
        misses = (counted > 0) & ~meets(valid, counted, ahead.target_bp, ahead.strict)
        first = np.flatnonzero(np.diff(ahead.group, prepend=-1))
        falls[:, ahead.group[first]] = np.logical_or.reduceat(misses, first, 1)
    return falls[:, board.before["group"].to_numpy()].T.ravel()


def _after(before: pl.DataFrame, more: dict[str, Floats], falls: Flags) -> pl.DataFrame:
    """The twins: rates and bounds of expected counts, the verdict on whole millionths of them."""
    counts = [(pl.col(n) + pl.lit(pl.Series(gained))).alias(n) for n, gained in more.items()]
    day = pl.when(pl.lit(pl.Series(falls))).then("as_of")  # some day: which one, nobody asks here
    expected = before.lazy().with_columns(*counts, falls_on=day)
    after = expected.with_columns(
        pl.col(_GAINS).name.suffix("_after"),
        whole(pl.col(*more, "^open_.*$")),
        **{f"{name}_after": rate for name, rate in BOUNDS.items()},
    )
    spare = left(*WORST, pl.col("target_bp"), STRICT, SCALE)
    still = after.with_columns(budget_left_after=pl.when(pl.col("counted") > 0).then(spare))
    # a usual week's defects are in millionths here, and so is what is held against them
    judged = still.with_columns(budget_left=pl.col("budget_left_after") * SCALE).select(
        "^.*_after$", status_after=status_now(SCALE), binding_after=BINDING
    )
    return judged.collect()
