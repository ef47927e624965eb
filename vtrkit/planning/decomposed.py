"""The cheapest mix of a large program: which levers to pay for, then category by category.

Categories share nothing but fixed costs, and an account whose categories are all on target is on
target. So with the levers settled each category is a small program of its own; and a category
that may use fewer levers never costs less. A program in which packages may be parted proposes the
levers, until no choice of levers that it still knows of can be cheaper than the best one tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from vtrkit.planning.chance import Array, Program, furthest, holds
from vtrkit.planning.solver import Mix, constraints, deviations, first_guess, margins, whole

GAP = 0.001
"""Where a large program stops: its cost is within this share of the least possible."""
_SMALL = 400
"""Programs of no more moves are solved at once, and to the end."""
_PART_GAP = 1e-4
_TRIES = 25
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class _Tried:
    """A choice of levers: its mix, and what each category costs; infinite where it falls short."""

    paid: Array
    moved: Array
    costs: Array


def cheapest(program: Program, confidence: float) -> Mix:
    """The cheapest mix that meets every limit, which `furthest` has to meet."""
    if len(program.cell) <= _SMALL:
        return whole(program, confidence, 0.0)
    sigma, tried = first_guess(program), list[_Tried]()
    for _ in range(_TRIES):
        choice, bound, moved = _propose(program, confidence, sigma, tried)
        if tried and bound >= (1 - GAP) * _least(program, tried):
            break
        sigma = deviations(program, moved)
        if len(tried) == 1:  # what a category costs at least tells much about untried choices
            tried.insert(0, _with(program, confidence, choice | True, sigma))
        tried.append(_with(program, confidence, choice, sigma))
        if bound >= (1 - GAP) * _least(program, tried):
            break
    best = min(tried, key=lambda one: program.price(one.moved))
    if not holds(program, best.moved, confidence).all():
        return whole(program, confidence, GAP)
    return Mix(best.moved, bound)


def _least(program: Program, tried: Sequence[_Tried]) -> float:
    return min(program.price(one.moved) for one in tried)


def _with(program: Program, confidence: float, choice: Array, sigma: Array) -> _Tried:
    """The cheapest mix with a choice of the levers that have a fixed cost."""
    allowed = program.fixed == 0
    allowed[program.fixed > 0] = choice
    moved, costs = np.zeros(len(program.cell)), np.zeros(len(program.need) - 1)
    for limit in range(len(costs)):
        at = np.flatnonzero(program.counts[limit] & allowed[program.lever])
        part = _category(program, limit, at)
        if not holds(part, furthest(part), confidence).all():
            return _Tried(choice, furthest(program), np.full(len(costs), np.inf))
        moved[at] = whole(part, confidence, _PART_GAP, sigma[[limit]]).moved
        costs[limit] = program.cost[at] @ moved[at]
    return _Tried(choice, moved, costs)


def _category(program: Program, limit: int, at: Array) -> Program:
    """The program of one category, with some of its moves, whose levers are paid for."""
    cells, cell = np.unique(program.cell[at], return_inverse=True)
    columns = ("lever", "most", "load", "scanned", "cost")
    return Program(
        **{name: getattr(program, name)[at] for name in columns},
        cell=cell,
        room=program.room[cells],
        counts=np.ones((1, len(at)), bool),
        need=program.need[[limit]],
        spread=program.spread[[limit]],
        fixed=np.zeros(len(program.fixed)),
    )


def _propose(
    program: Program, confidence: float, sigma: Array, tried: Sequence[_Tried]
) -> tuple[Array, float, Array]:
    """The levers that look cheapest, what every choice costs at least, and the mix behind it.

    The columns are moves (as shares of their most: packages in parts), levers with a fixed cost,
    and what each category costs.
    """
    paid, categories = program.fixed[program.fixed > 0], len(program.need) - 1
    width = (len(program.cell), len(paid), categories)
    rows, need = margins(program, confidence, sigma, np.zeros(len(program.need)))
    # shares of moves and of needs: figures of one size, for HiGHS rounds by absolute amounts
    unit = np.where(need > _SLACK, need, 1.0)
    shares = replace(program, load=program.load * program.most, most=np.ones(width[0]))
    spent = sparse.hstack(
        [
            sparse.csr_array(program.counts[:-1] * -(program.cost * program.most)),
            sparse.csr_array((categories, len(paid))),
            sparse.eye_array(categories),
        ]
    )
    result = milp(
        np.concatenate([np.zeros(width[0]), paid, np.ones(categories)]),
        integrality=np.repeat([0, 1, 0], width),
        bounds=Bounds(0, np.repeat([1, 1, np.inf], width)),
        constraints=[
            *constraints(shares, (rows * program.most / unit[:, None], need / unit), categories),
            LinearConstraint(spent, lb=0),
            *_learnt(program, tried),
        ],
        options={"mip_rel_gap": GAP / 10},
    )
    if result.x is None:
        return np.ones(len(paid), bool), np.inf, furthest(program)
    moved, choice, _ = np.split(result.x, np.cumsum(width)[:-1])
    bound = result.mip_dual_bound if len(paid) else result.fun
    return choice > 0.5, float(bound), moved.clip(0) * program.most


def _learnt(program: Program, tried: Sequence[_Tried]) -> list[LinearConstraint]:
    """Rows that say: with no lever beyond those of a choice, a category costs no less than there.

    Each further lever makes it cheaper by no more than all levers together do.
    """
    moves, categories = len(program.cell), len(program.need) - 1
    found = []
    for one in tried:
        others = ~one.paid
        if np.isinf(one.costs).any():
            row = np.concatenate([np.zeros(moves), others, np.zeros(categories)])
            found.append(LinearConstraint(row, lb=1))
            continue
        saved = np.maximum(one.costs - (tried[0].costs if len(tried) > 1 else 0), 0)
        rows = np.hstack(
            [np.zeros((categories, moves)), np.outer(saved, others), np.eye(categories)]
        )
        found.append(LinearConstraint(sparse.csr_array(rows), lb=one.costs))
    return found
