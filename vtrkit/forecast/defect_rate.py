"""Where a defect rate stands and how far it may wander: weekly counts to the weeks ahead.

The rate of a group moves from week to week around its usual level. How fast, how far it is drawn
back and how much more than by chance packages fail together is not known, so every combination
of a small grid is filtered (Kalman), and the combinations are weighted by how well they foretold
the weeks that are known: the group's own and, through a shared prior, those of all groups of its
account and marketplace.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

WEEK = 7

_STEPS = (0.05, 0.1, 0.2, 0.3, 0.5)
"""Standard deviations of a week's move, on the logit scale."""
_STAYS = (0.85, 0.97)
"""Share of a deviation from the usual level that is left a week later."""
_SPREADS = (1.0, 2.0, 5.0)
"""Variance of a week's defects over that of independent packages."""
_GRID = np.array(list(product(_STEPS, _STAYS, _SPREADS)))
_USUAL = np.array(
    [np.prod(n) for n in product((0.1, 0.2, 0.4, 0.25, 0.05), (0.7, 0.3), (0.7, 0.25, 0.05))]
)
"""How common each combination is, from `python -m tests.backtest --tuning`."""
_SELLERS = 8.0
"""Groups that what is usual weighs as much as, beside those of the account itself."""
_START = 0.5
"""Standard deviation, on the logit scale, of where a group stood before its first week."""
_LEAST = 1e-4
_TRUST = 0.3
"""Power of a group's own likelihood: weeks are fewer and odder than the normal one believes."""
_ROUNDS = 5
"""Rounds in which the groups agree on how common each combination is."""


@dataclass(frozen=True, eq=False)
class Drift:
    """The defect rate of the weeks ahead.

    Args:
        rate: mean of each group (first axis) in each week (second axis).
        cov: covariance between the weeks, by group.
        spread: variance of defects over that of independent packages, by group.
        usual: the long-run rate of each group.
    """

    rate: Floats
    cov: Floats
    spread: Floats
    usual: Floats


def drift(defects: Floats, decided: Floats, blur: Floats, weeks: int) -> Drift:
    """The defect rate of so many weeks ahead, from the weekly counts so far (oldest first).

    `blur` is the variance with which the defects are known.
    """
    usual = pooled(np.maximum(defects.sum(axis=1), 0), decided.sum(axis=1))
    state, var, fit = _filtered(defects, decided, blur, usual)
    weight = _weights(fit)
    mean, cov = _ahead(state, var, weight, _unit(usual), weeks)
    level = np.clip(usual[:, None] + mean, _LEAST, 1 - _LEAST)
    return Drift(level, cov, weight @ _GRID[:, 2], usual)


def pooled(hits: Floats, trials: Floats) -> Floats:
    """Shares of many groups, each drawn towards the common one the more the fewer it counts.

    The weight of the common share, in packages, is the moment estimate of a beta-binomial.
    """
    total = trials.sum()
    common = (hits.sum() + 0.5) / (total + 1)
    share = np.divide(hits, trials, out=np.full_like(hits, common), where=trials > 0)
    squares = (trials**2).sum()
    room = total - squares / total if total > 0 else 0.0
    groups = (trials > 0).sum()
    chance = common * (1 - common)
    apart = (trials * (share - common) ** 2).sum() - (groups - 1) * chance
    between = max(apart / room, 0.0) if room > 0 else 0.0
    strength = np.clip(chance / between - 1 if between > 0 else 1e4, 20.0, 1e4)
    found: Floats = (hits + strength * common) / (trials + strength)
    return np.clip(found, _LEAST, 1 - _LEAST)


def _filtered(
    defects: Floats, decided: Floats, blur: Floats, usual: Floats
) -> tuple[Floats, Floats, Floats]:
    """Deviation from the usual rate after the last week, its variance, and the log-likelihood."""
    step, stay, spread = (_GRID[None, :, i] for i in range(3))
    state = np.zeros((len(usual), len(_GRID)))
    unit = _unit(usual)
    var = np.broadcast_to((_START * unit) ** 2, state.shape)
    fit = np.zeros_like(state)
    weeks = (counts.T[:, :, None] for counts in (defects, decided, blur))
    for k, n, b in zip(*weeks, strict=True):
        state, var = stay * state, stay**2 * var + (step * unit) ** 2
        seen = n > 0
        noise = spread * unit / np.maximum(n, 1) + b / np.maximum(n, 1) ** 2
        total = var + noise
        miss = np.where(seen, k / np.maximum(n, 1) - usual[:, None] - state, 0)
        gain = np.where(seen, var / total, 0)
        fit -= np.where(seen, 0.5 * (np.log(total) + miss**2 / total), 0)
        state, var = state + gain * miss, (1 - gain) * var
    return state, var, fit


def _unit(usual: Floats) -> Floats:
    """What a small step on the logit scale is on the scale of rates, by group."""
    return (usual * (1 - usual))[:, None]


def _weights(fit: Floats) -> Floats:
    """How likely each combination is for each group; the groups share their prior."""
    likely = np.exp(_TRUST * (fit - fit.max(axis=1, keepdims=True)))
    prior = _USUAL
    weight: Floats = likely
    for _ in range(_ROUNDS):
        weight = likely * prior
        weight = weight / weight.sum(axis=1, keepdims=True)
        prior = (weight.sum(axis=0) + _SELLERS * _USUAL) / (len(fit) + _SELLERS)
    return weight


def _ahead(
    state: Floats, var: Floats, weight: Floats, unit: Floats, weeks: int
) -> tuple[Floats, Floats]:
    """Mean deviation of each week ahead and covariance between them, over the combinations."""
    ahead = np.arange(1, weeks + 1)
    decay = _GRID[:, 1, None] ** ahead
    soonest = np.minimum(ahead[:, None], ahead[None, :]) - 1
    pairs = decay[:, :, None] * decay[:, None, :]
    moved = np.cumsum(decay**-2, axis=1)[:, soonest] * pairs
    each = state[:, :, None] * decay
    mean: Floats = np.einsum("gk,gkb->gb", weight, each)
    apart = each - mean[:, None, :]
    cov: Floats = np.matmul((apart * weight[:, :, None]).swapaxes(1, 2), apart)
    cov += np.tensordot(weight * var, pairs, axes=1)
    cov += np.tensordot(weight * (_GRID[:, 0] * unit) ** 2, moved, axes=1)
    return mean, cov
