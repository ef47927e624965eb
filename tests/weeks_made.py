"""Made-up weeks, steady and fallen, from families that the early warning does not presume."""

from typing import Any

import numpy as np

PAST = 15
"""Weeks that are held against the latest two, and those two."""


def rates(rng: Any, family: str, rate: float, spread: float, shape: tuple[int, ...]) -> Any:
    """A rate for each week about a mean; `spread` is its standard deviation over its odds."""
    if family == "constant":
        return np.full(shape, rate)
    if family == "beta":
        size = 1 / (rate * (1 - rate) * spread**2) - 1
        return rng.beta(rate * size, (1 - rate) * size, shape)
    if family == "gamma":
        return np.minimum(rate * rng.gamma(1 / spread**2, spread**2, shape), 1)
    if family == "two kinds of weeks":
        return rate * (1 + spread * rng.choice([-1, 1], shape))
    return np.minimum(rate * np.exp(spread * rng.standard_normal(shape) - spread**2 / 2), 1)


def steady(
    rng: Any,
    series: int,
    packages: int,
    *,
    rate: float = 0.03,
    family: str = "constant",
    spread: float = 0.0,
) -> tuple[Any, Any]:
    """Defects and packages of series that do not change."""
    shape = (series, PAST)
    drawn = rng.binomial(packages, rates(rng, family, rate, spread, shape))
    return drawn, np.full(shape, packages)


def fallen(
    rng: Any,
    series: int,
    packages: int,
    *,
    before: float = 0.03,
    after: float = 0.08,
    family: str = "constant",
    spread: float = 0.0,
) -> tuple[Any, Any]:
    """Likewise with 13 weeks of past, then two at another rate: the first week, and both.

    Returns:
        Defects as they stand after one full week and after two; the week before the past has
        no package in the first.
    """
    past = rates(rng, family, before, spread, (series, PAST - 2))
    both = np.hstack([past, rates(rng, family, after, spread, (series, 2))])
    drawn = rng.binomial(packages, both)
    first = np.hstack([np.zeros((series, 1), np.int64), drawn[:, :-1]])
    return first, drawn
