"""What can be moved, what is needed, and how likely a mix of moves is to give it.

A *move* takes packages of one cell (packages that the same levers fit) by one lever. A *limit* is
what a category, or an account as a whole, needs: so many packages that turn valid.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, ndtr, xlog1py, xlogy

from vtrkit.schema import EVEN

Array = NDArray[Any]
_SLACK = 1e-9
_MANY = 400.0
"""From this variance on, a sum of draws is taken as normal with its skewness."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Program:
    """What can be moved from where, what it costs and gives, and what is needed.

    Args:
        cell: of each move, the cell its packages come from.
        lever: of each move, its lever.
        most: of each move, the most packages that the lever's share allows.
        load: of each move, the room one package takes up in its cell: 1, more for a lever that is
            not in force on every day.
        scanned: of each move, the chance that a moved package gets its scan.
        cost: of each move, the cost of one package.
        room: of each cell, its packages.
        counts: limits × moves: which moves count for which limit; a limit for each category,
            which have no move in common, and a last one, for the account, with all moves.
        need: of each limit, the packages that have to turn valid.
        spread: of each limit, the variance of its need; 0 where the packages are known.
        fixed: of each lever, what it costs once.
        whole: whether whole packages are moved; those to come are expected ones, in fractions.
    """

    cell: Array
    lever: Array
    most: Array
    load: Array
    scanned: Array
    cost: Array
    room: Array
    counts: Array
    need: Array
    spread: Array
    fixed: Array
    whole: bool = True

    @cached_property
    def noise(self) -> Array:
        """Of each move, the variance that one package adds."""
        noise: Array = self.scanned * (1 - self.scanned)
        return noise

    def price(self, moved: Array) -> float:
        """What a mix costs, fixed costs once per lever that moves anything."""
        used = np.unique(self.lever[moved > 0])
        return float(self.cost @ moved + self.fixed[used].sum())


def furthest(program: Program) -> Array:
    """The mix that gets every limit as far as it can go, whatever it costs."""
    moved = np.zeros(len(program.cell))
    left = program.room.astype(float)
    order = np.argsort(-program.scanned / program.load, kind="stable")
    for move in order[program.scanned[order] > 0]:
        cell, load = program.cell[move], program.load[move]
        room = np.floor(left[cell] / load + _SLACK) if program.whole else left[cell] / load
        moved[move] = min(program.most[move], room)
        left[cell] -= moved[move] * load
    return moved


def chance(program: Program, moved: Array, limit: int) -> float:
    """The probability that a limit is met.

    Each moved package is scanned or not by itself. Where the need is itself uncertain, need and
    scans together are taken as normal; else the sum of binomials is exact, or from a variance of
    400 on normal with its skewness.
    """
    use = np.flatnonzero(program.counts[limit] & (moved > 0))
    packages, scanned, need = moved[use], program.scanned[use], program.need[limit]
    variance = float(packages @ (scanned * (1 - scanned)))
    if program.spread[limit] > 0:
        over = packages @ scanned - need
        return float(ndtr(over / np.sqrt(variance + program.spread[limit])))
    if need <= _SLACK:
        return 1.0
    if variance > _MANY:
        return _skewed(packages, scanned, need, variance)
    kinds, which = np.unique(scanned, return_inverse=True)
    trials = np.bincount(which, packages, len(kinds))
    return _exact(trials, kinds, float(np.ceil(need - _SLACK)))


def _skewed(packages: Array, scanned: Array, need: float, variance: float) -> float:
    """The chance of at least so many successes, from mean, variance and skewness."""
    sigma = np.sqrt(variance)
    u = (np.ceil(need - _SLACK) - 0.5 - packages @ scanned) / sigma
    skew = packages @ (scanned * (1 - scanned) * (1 - 2 * scanned)) / sigma**3
    density = np.exp(-u * u / 2) / np.sqrt(2 * np.pi)
    return float(ndtr(-u) + skew / 6 * (u * u - 1) * density)


def _exact(trials: Array, scanned: Array, need: float) -> float:
    """The chance of at least so many successes in independent draws of several kinds."""
    first, weights = 0, np.ones(1)
    for n, p in zip(trials, scanned, strict=True):
        reach = 9 * np.sqrt(n * p * (1 - p)) + 9 if 0 < p < 1 else 0
        low, high = max(0, int(n * p - reach)), min(int(n), int(np.ceil(n * p + reach)))
        k = np.arange(low, high + 1)
        ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        weights = np.convolve(weights, np.exp(ways + xlogy(k, p) + xlog1py(n - k, -p)))
        first += low
    return float(weights[max(0, int(need) - first) :].sum())


def holds(program: Program, moved: Array, confidence: float) -> Array:
    """Of each limit, whether a mix meets it: in expectation, or with the confidence."""
    if confidence <= EVEN:
        met: Array = program.counts @ (program.scanned * moved) >= program.need - _SLACK
        return met
    limits = range(len(program.need))
    return np.array([chance(program, moved, k) >= confidence - _SLACK for k in limits], bool)
