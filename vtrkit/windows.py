"""Windows of a forecast: the rate of each group on each coming day, its range, and the chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtrkit.drift import Floats
from vtrkit.forecast import WEEK, Forecast
from vtrkit.policy import BASIS_POINTS
from vtrkit.rates import UNDATED_LIMIT_BP

_OFFICIAL = 0
_Z90 = 1.6448536269514722
"""The 95 % point of the normal distribution: two-sided 90 %."""
_EXACT = 1e-9


@dataclass(frozen=True, eq=False, kw_only=True)
class Windows:
    """What the window of each group (axis G) holds on each as-of day (axis T).

    Args:
        part: 0 official, 1 locked in, 2 projected.
        complete: whether the data cover the window and nearly all packages have a promised day.
        start: first promised day, as place on axis D of the forecast; `end`, the last one.
        counted: packages in the metric; and of them `valid`, `unknown`; `late`, those of `valid`
            that still wait for the scan that they are expected to have.
        vtr_low: lower bound of the rate: what unverified packages leave open (official), what may
            still happen to known packages (locked in), the 90 % range (projected); and `vtr_high`.
        chance: probability of being on target; NaN where unverified packages decide it.
    """

    part: NDArray[np.int64]
    complete: NDArray[np.bool_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    counted: Floats
    valid: Floats
    unknown: Floats
    late: Floats
    vtr_low: Floats
    vtr_high: Floats
    chance: Floats

    @property
    def vtr(self) -> Floats:
        """The rate, valid / (valid + defect); NaN where nothing is."""
        return _over(self.valid, self.counted - self.unknown)


def windows(
    forecast: Forecast,
    *,
    days: int | None = None,
    rescued: Floats | None = None,
    moved: Floats | None = None,
) -> Windows:
    """The windows of every day of a forecast, as things stand or under a scenario.

    Args:
        forecast: what is known and expected.
        days: length of the window; the enforced one if none is given.
        rescued: share of the defects and unverified packages among those not yet shipped that
            become valid, by group and promised day (G × D).
        moved: known packages that become valid, by group and promised day; of the defects
            first, then of the unverified ones.
    """
    start = forecast.start if days is None else forecast.end - days + 1
    sums = _Sums(forecast, start)
    part = _part(forecast)
    tables = (_official(forecast, sums), *_later(forecast, sums, rescued, moved))
    chosen = [np.choose(part, column) for column in zip(*tables, strict=True)]
    names = ("counted", "valid", "unknown", "late", "vtr_low", "vtr_high", "chance")
    told = dict(zip(names, chosen, strict=True))
    complete = _complete(forecast, start, part)
    return Windows(part=part, complete=complete, start=start, end=forecast.end, **told)


def _complete(
    forecast: Forecast, start: NDArray[np.int64], part: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """As in `rates`; a coming window is complete if its known part is."""
    grid = forecast.grid
    began = np.array([(day - grid.first).days for day in grid.began])
    dated = grid.undated * BASIS_POINTS <= UNDATED_LIMIT_BP * grid.every
    seen = (part > _OFFICIAL) | (forecast.end < forecast.ahead)
    return (began[:, None] <= start) & seen & dated[:, None]


def _part(forecast: Forecast) -> NDArray[np.int64]:
    """Official up to the as-of day, then locked in, then projected."""
    later = np.array([day > forecast.as_of for day in forecast.days])
    return np.where(later, np.where(forecast.end < forecast.ahead, 1, 2), 0)


_Counts = tuple[Floats, Floats, Floats, Floats, Floats, Floats, Floats]
"""counted, valid, unknown, late, low, high, chance"""


def _official(forecast: Forecast, sums: "_Sums") -> _Counts:
    """Known packages as they are; unverified ones leave the rate open."""
    grid = forecast.grid
    counted, valid, unknown = (sums.of(v) for v in (grid.counted, grid.valid, grid.unknown))
    low, high = _over(valid, counted), _over(valid + unknown, counted)
    sure = _meets(forecast, valid, counted), _meets(forecast, valid + unknown, counted)
    chance = np.where(sure[0], 1.0, np.where(sure[1], np.nan, 0.0))
    return counted, valid, unknown, np.zeros_like(valid), low, high, chance


def _later(
    forecast: Forecast, sums: "_Sums", rescued: Floats | None, moved: Floats | None
) -> tuple[_Counts, _Counts]:
    """Locked in: known packages, whatever becomes of them. Projected: those to come as well."""
    grid, late = forecast.grid, sums.of(forecast.late)
    gain = np.zeros_like(late) if moved is None else sums.of(moved)
    kept = np.ones_like(forecast.new) if rescued is None else 1 - rescued
    drawn = _drawn(forecast, sums, kept)
    counted, new = sums.of(grid.counted), sums.of(forecast.new)
    left = sums.of(forecast.sure) - gain
    unseen = sums.of(forecast.new * kept) * forecast.unknown_share[:, None]
    unknown = np.maximum(sums.of(forecast.stays_unknown) + unseen + np.minimum(left, 0), 0)
    sure, total = np.maximum(left, 0), counted + new
    valid = total - unknown - sure - drawn.mean
    share = _over(total - unknown - valid, total - unknown)
    pull = np.nan_to_num(_over(drawn.mean, drawn.packages) - share) ** 2
    var = (
        drawn.var + sums.of(forecast.blur) + pull * (new + (forecast.volume.cv[:, None] * new) ** 2)
    )
    loose = np.minimum(sums.of(forecast.loose), sure)
    base, mean = sure - loose, drawn.mean + loose
    few, many = _range(base, mean, var)
    low = np.clip(_over(total - unknown - many, total), 0, 1)
    high = np.clip(_over(total - few, total), 0, 1)
    chance = _chance(forecast, base, mean, var, total - unknown)
    known, open_ = sums.of(grid.valid) + gain, sums.of(grid.pending)
    most = np.minimum(known + sums.of(grid.unknown) + sums.of(grid.fixable), counted)
    hard = _over(known, counted + open_), _over(most + open_, counted + open_)
    return (
        (counted, valid, unknown, late, *hard, chance),
        (total, valid, unknown, late, low, high, chance),
    )


class _Sums:
    """Sums over windows: differences of running sums."""

    def __init__(self, forecast: Forecast, start: NDArray[np.int64]) -> None:
        days = forecast.new.shape[1]
        self._start, self._stop = (np.clip(at, 0, days) for at in (start, forecast.end + 1))
        weeks = np.arange(forecast.drift.rate.shape[1] + 1)
        edges = np.minimum(forecast.ahead + WEEK * weeks, days)
        self._since = np.clip(self._start[:, :, None], edges[:-1], edges[1:])
        self._upto = np.clip(self._stop[:, :, None], edges[:-1], edges[1:])

    def of(self, values: Floats) -> Floats:
        """The sum over each window."""
        run = _running(values)
        return np.take_along_axis(run, self._stop, 1) - np.take_along_axis(run, self._start, 1)

    def by_week(self, values: Floats) -> Floats:
        """The sum over what each window has of each week to come."""
        run, shape = _running(values), self._since.shape
        flat = (at.reshape(shape[0], -1) for at in (self._upto, self._since))
        upto, since = (np.take_along_axis(run, at, 1) for at in flat)
        return (upto - since).reshape(shape)


def _running(values: Floats) -> Floats:
    return np.pad(np.cumsum(values, axis=1), ((0, 0), (1, 0)))


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Defects among packages whose fate is open: their mean and variance; the packages."""

    mean: Floats
    var: Floats
    packages: Floats


def _drawn(forecast: Forecast, sums: _Sums, kept: Floats) -> _Drawn:
    """Defects of packages to come: each one's own chance, and the drift that all share."""
    decided = forecast.new * kept * (1 - forecast.unknown_share[:, None])
    weight = sums.by_week(forecast.open + decided)
    rate = forecast.drift.rate[:, None, :]
    own = (weight * rate * (1 - rate)).sum(axis=2) * forecast.drift.spread[:, None]
    shared = ((weight @ forecast.drift.cov) * weight).sum(axis=2)
    return _Drawn((weight * rate).sum(axis=2), own + shared, weight.sum(axis=2))


def _range(sure: Floats, mean: Floats, var: Floats) -> tuple[Floats, Floats]:
    """The fewest and most defects of the 90 % range, in whole packages where they are drawn."""
    few, many = (sure + _gamma(mean, var, z) for z in (-_Z90, _Z90))
    drawn = var > _EXACT
    return np.where(drawn, np.floor(few), sure + mean), np.where(drawn, np.ceil(many), sure + mean)


def _gamma(mean: Floats, var: Floats, z: float) -> Floats:
    """A quantile of the gamma distribution by Wilson and Hilferty (1931)."""
    scale = _relative(mean, var)
    cube: Floats = np.maximum(1 - scale + z * np.sqrt(scale), 0) ** 3
    return mean * cube


def _relative(mean: Floats, var: Floats) -> Floats:
    """Variance over nine squared means: what the cube root of a gamma variable varies by."""
    scale: Floats = var / np.maximum(9 * mean**2, _EXACT)
    return scale


def _chance(forecast: Forecast, sure: Floats, mean: Floats, var: Floats, decided: Floats) -> Floats:
    """The probability that defects stay within what the target allows of the decided packages."""
    from scipy.special import ndtr  # noqa: PLC0415 - heavy

    allowed = decided * (BASIS_POINTS - forecast.target_bp) / BASIS_POINTS
    whole = np.where(forecast.strict, np.ceil(allowed - _EXACT) - 1, np.floor(allowed + _EXACT))
    room = whole - sure
    scale = np.maximum(_relative(mean, var), _EXACT**2)
    z = (np.cbrt(np.maximum(room + 0.5, 0) / np.maximum(mean, _EXACT)) - 1 + scale) / np.sqrt(scale)
    chance: Floats = np.where(room < 0, 0.0, np.where(var > _EXACT, ndtr(z), room >= mean))
    return np.where(decided > 0, chance, np.nan)


def _meets(forecast: Forecast, valid: Floats, counted: Floats) -> NDArray[np.bool_]:
    """Whether whole counts reach the target."""
    have, want = valid * BASIS_POINTS, forecast.target_bp * counted
    return np.where(forecast.strict, have > want, have >= want)


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > _EXACT)
