"""Sums over the windows of a forecast: differences of running sums."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtrkit.forecast.defect_rate import WEEK, Floats
from vtrkit.forecast.forecast import Forecast

_EXACT = 1e-9


class Sums:
    """Sums over windows: differences of running sums."""

    def __init__(self, forecast: Forecast, start: NDArray[np.int64]) -> None:
        """The windows that begin at places of the promised days, for each group and as-of day."""
        days = forecast.new.shape[1]
        self._start, self._stop = (np.clip(n, 0, days) for n in (start, forecast.end + 1))
        weeks = np.arange(forecast.drift.rate.shape[1] + 1)
        edges = np.minimum(forecast.ahead + WEEK * weeks, days)
        self._since = np.clip(self._start[:, :, None], edges[:-1], edges[1:])
        self._upto = np.clip(self._stop[:, :, None], edges[:-1], edges[1:])
        self._kept: dict[int, tuple[Floats, Floats]] = {}

    def of(self, values: Floats) -> Floats:
        """The sum over each window."""
        run = running(values)
        return at(run, self._stop) - at(run, self._start)

    def kept(self, values: Floats) -> Floats:
        """The same, for numbers of the forecast itself, of which every scenario asks again."""
        # the numbers are kept too, so that no others can have their id
        if id(values) not in self._kept:
            self._kept[id(values)] = values, self.of(values)
        return self._kept[id(values)][1]

    def by_week(self, values: Floats) -> Floats:
        """The sum over what each window has of each week to come."""
        run, shape = running(values), self._since.shape
        upto, since = (
            at(run, places.reshape(shape[0], shape[1] * shape[2]))
            for places in (self._upto, self._since)
        )
        return (upto - since).reshape(shape)


def running(values: Floats) -> Floats:
    """Sums up to each day, with a zero before the first."""
    run = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=run[:, 1:])
    return run


def at(run: Floats, places: NDArray[np.int64]) -> Floats:
    """What stands at some places of each row."""
    # a plan asks this some thousand times: np.take_along_axis and np.pad take three times as long
    return run[np.arange(len(run))[:, None], places]


def over(part: Floats, whole: Floats) -> Floats:
    """A part of a whole, NaN where there is no whole."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > _EXACT)


@dataclass(frozen=True, eq=False)
class Drawn:
    """Defects among packages whose fate is open: their mean and variance; the packages."""

    mean: Floats
    var: Floats
    packages: Floats


def drawn(forecast: Forecast, sums: Sums, kept: Floats) -> Drawn:
    """Defects of packages to come: each one's own chance, and the drift that all share."""
    decided = forecast.new * kept * (1 - forecast.unknown_share[:, None])
    weight = sums.by_week(forecast.open + decided)
    rate = forecast.drift.rate[:, None, :]
    own = (weight * rate * (1 - rate)).sum(axis=2) * forecast.drift.spread[:, None]
    shared = ((weight @ forecast.drift.cov) * weight).sum(axis=2)
    return Drawn((weight * rate).sum(axis=2), own + shared, weight.sum(axis=2))
