"""Made-up days, steady and fallen, from families that the early warning does not presume."""

from typing import Any

import numpy as np

WEEK = 7


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


def daily(
    rng: Any,
    series: int,
    weekly: float,
    *spells: tuple[int, float],
    family: str = "constant",
    spread: float = 0.0,
) -> tuple[Any, Any]:
    """Defects and packages of each day; the rate of each week is drawn about that of its spell.

    Args:
        rng: where chance comes from.
        series: so many alike.
        weekly: packages a week; a whole number is met exactly, any other on average.
        spells: weeks, and the mean rate in them.
        family: how the rates of weeks are distributed; see `rates`.
        spread: how much they vary.
    """
    drawn = [rates(rng, family, rate, spread, (series, weeks)) for weeks, rate in spells]
    by_day = np.repeat(np.hstack(drawn), WEEK, axis=1)
    if weekly == int(weekly):
        shape = (series, by_day.shape[1] // WEEK)
        packages = rng.multinomial(int(weekly), [1 / WEEK] * WEEK, shape).reshape(series, -1)
    else:
        packages = rng.poisson(weekly / WEEK, by_day.shape)
    return rng.binomial(packages, by_day), packages


def as_of(days: Any, end: int, most: int = 65) -> Any:
    """Counts of the weeks that end with a day: what is known when `end` days are over."""
    weeks = min(end // WEEK, most)
    return days[:, end - weeks * WEEK : end].reshape(len(days), weeks, WEEK).sum(2)
