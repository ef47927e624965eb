"""The cheapest mix of moves, as linear programs with margins for chance.

At a confidence z standard deviations above the middle a limit asks for

    scanned·moved - z·sqrt(spread + noise·moved) ≥ need - ½

The root is concave and lies below each of its tangents; with a tangent in its place the limit is
linear, and on the safe side. The next tangent is taken at the mix just found, and a limit that
the exact distribution does not grant gets a larger need. Packages that the exact distribution can
spare are left out at the end. The half is there because whole packages are counted: at least k is
more than k - ½.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.special import ndtri

from vtrkit.planning.chance import Array, Program, chance, furthest, holds
from vtrkit.schema import EVEN

_NEAR = 0.03
"""Margins are settled once the deviations of a mix are those that its tangents were taken at."""
_ROUNDS = 8
_FEW = 3.0
"""Below this deviation, in packages, several beginnings are tried."""
_SLACK = 1e-9
GAP = 0.001
"""Where a large program stops: its cost is within this share of the least possible."""
_TIE = 1e-6
"""So much of a price is less than any difference between two."""
_MANY_MOVES = 400
_NOTHING = -1e12
"""A need that is always met."""


@dataclass(frozen=True, eq=False)
class Mix:
    """Packages of each move, and a cost that no mix with the same margins can go below."""

    moved: Array
    bound: float


def cheapest(program: Program, confidence: float, reachable: Array) -> Mix:
    """The cheapest mix that meets every limit within reach.

    A category out of reach gets all that helps it; what that gives counts for the account.

    Args:
        program: what can be moved, and what is needed.
        confidence: how surely each limit is to be met.
        reachable: of each limit, whether `furthest` meets it.
    """
    given_up = program.counts[:-1][~reachable[:-1]].any(axis=0)
    best = np.where(given_up, furthest(program), 0.0)
    rest = np.flatnonzero(~given_up)
    of_move = ("cell", "lever", "most", "load", "scanned", "cost")
    gained = program.counts @ (program.scanned * best)
    paid = np.isin(np.arange(len(program.fixed)), program.lever[best > 0])
    others = replace(
        program,
        **{name: getattr(program, name)[rest] for name in of_move},
        counts=program.counts[:, rest],
        need=np.where(reachable, program.need - gained, _NOTHING),
        spread=program.spread + program.counts @ (program.noise * best),
        fixed=np.where(paid, 0.0, program.fixed),
    )
    mix = _whole(others, confidence)
    bound = mix.bound + program.price(best)
    best[rest] = mix.moved
    return Mix(best, bound)


def _whole(program: Program, confidence: float) -> Mix:
    """The cheapest mix, all limits at once.

    Where few packages decide, tangents lead to different mixes from different beginnings.
    """
    gap = 0.0 if len(program.cell) <= _MANY_MOVES else GAP
    starts = [first_guess(program)]
    if confidence > EVEN and (starts[0] < _FEW).all():
        starts.append(np.full(len(program.need), 0.5))
    mixes = [_settled(program, confidence, gap, sigma) for sigma in starts]
    return min(mixes, key=lambda mix: program.price(mix.moved))


def _settled(program: Program, confidence: float, gap: float, sigma: Array) -> Mix:
    """The cheapest mix with tangents taken anew until they are at its own deviations."""
    best = Mix(furthest(program), 0.0)
    extra = np.zeros(len(program.need))
    for _ in range(_ROUNDS):
        mix = _solve(program, margins(program, confidence, sigma, extra), gap)
        met, found = holds(program, mix.moved, confidence), deviations(program, mix.moved)
        dearer = program.price(mix.moved) >= program.price(best.moved)
        if met.all():
            best = best if dearer else mix
            if dearer or (abs(found - sigma) <= _NEAR * sigma).all():
                break
        extra = np.where(met, extra, extra + np.maximum(0.5, sigma / 50))
        sigma = found
    return replace(best, moved=_spared(program, best.moved, confidence))


def first_guess(program: Program) -> Array:
    """The standard deviations to expect, as if each limit used all of its levers alike."""
    valid = np.maximum(program.counts @ (program.scanned * program.most), _SLACK)
    noise = program.counts @ (program.noise * program.most) / valid
    guess: Array = np.sqrt(np.maximum(program.need, 0) * noise + program.spread)
    return np.maximum(guess, 0.5)


def deviations(program: Program, moved: Array) -> Array:
    """The standard deviation of each limit with a mix, at least half a package."""
    sigma: Array = np.sqrt(program.counts @ (program.noise * moved) + program.spread)
    return np.maximum(sigma, 0.5)


def margins(program: Program, confidence: float, sigma: Array, extra: Array) -> tuple[Array, Array]:
    """What each move gives to each limit, and what each asks for, margins included.

    No limit asks for more than the furthest mix gives: the exact distribution has the last word.
    """
    rows, need = program.counts * program.scanned, program.need
    if confidence > EVEN:
        slope = float(ndtri(confidence)) / (2 * sigma)
        rows -= program.counts * slope[:, None] * program.noise
        whole = np.where(program.spread > 0, 0.0, 0.5)
        asked = need - whole + slope * (sigma**2 + program.spread) + extra
        need = np.where((need <= 0) & (program.spread == 0), 0.0, asked)
    return rows, np.minimum(need, rows @ furthest(program))


def _solve(program: Program, limits: tuple[Array, Array], gap: float) -> Mix:
    """The cheapest mix of packages that meets linear limits."""
    moves, paid = len(program.cell), np.flatnonzero(program.fixed > 0)
    if (limits[1] <= _SLACK).all():
        return Mix(np.zeros(moves), 0.0)
    # packages that two levers fit at the same price go to the one that is named first
    tied = _TIE * max(program.cost.max(), 1) * program.lever / len(program.fixed)
    result = milp(
        np.concatenate([program.cost + tied, program.fixed[paid]]),
        integrality=np.r_[np.full(moves, program.whole), np.ones(len(paid))],
        bounds=Bounds(0, np.concatenate([program.most, np.ones(len(paid))])),
        constraints=_constraints(program, limits),
        options={"mip_rel_gap": gap},
    )
    if result.x is None:
        return Mix(furthest(program), 0.0)
    mix = np.round(result.x[:moves], 0 if program.whole else 9)
    # there is no bound beside the answer where nothing has to be whole
    bound = result.fun if result.mip_dual_bound is None else result.mip_dual_bound
    return Mix(mix, float(bound) - float(tied @ mix))


def _constraints(program: Program, limits: tuple[Array, Array]) -> list[LinearConstraint]:
    """Limits, rooms of cells, and fixed costs that are paid before a lever moves.

    The columns are the moves and the levers with a fixed cost.
    """
    rows, need = limits
    paid = np.flatnonzero(program.fixed > 0)
    moves, width = len(program.cell), len(program.cell) + len(paid)
    asked = np.flatnonzero(need > _SLACK)
    met = sparse.csr_array(np.pad(rows[asked], ((0, 0), (0, width - moves))))
    place = (program.cell, np.arange(moves))
    rooms = sparse.csr_array((program.load, place), shape=(len(program.room), width))
    mine = np.flatnonzero(program.fixed[program.lever] > 0)
    row, lever = np.arange(len(mine)), np.searchsorted(paid, program.lever[mine])
    data = np.concatenate([np.ones(len(mine)), -program.most[mine]])
    place = (np.concatenate([row, row]), np.concatenate([mine, moves + lever]))
    links = sparse.csr_array((data, place), shape=(len(mine), width))
    every = [(met, need[asked], np.inf), (rooms, -np.inf, program.room), (links, -np.inf, 0)]
    return [LinearConstraint(*one) for one in every if one[0].shape[0]]


def _spared(program: Program, moved: Array, confidence: float) -> Array:
    """The mix without the packages that no limit needs, dearest first."""
    kept = moved.copy()
    if confidence <= EVEN:
        return kept
    for move in np.lexsort((-program.lever, -program.cost)):
        limits = [int(k) for k in np.flatnonzero(program.counts[:, move])]
        while kept[move] > 0 and program.cost[move] > 0:
            before, kept[move] = kept[move], max(kept[move] - 1, 0)
            if any(chance(program, kept, k) < confidence for k in limits):
                kept[move] = before
                break
    return kept
