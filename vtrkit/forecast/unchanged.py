"""What no scenario changes about the windows of a forecast, worked out once for each forecast."""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from vtrkit.forecast.defect_rate import WEEK, Floats
from vtrkit.forecast.forecast import Forecast
from vtrkit.forecast.sums import Sums, at, over, running
from vtrkit.metric.status import UNDATED_LIMIT_BP, USUAL_WEEKS
from vtrkit.metric.target import meets
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import FEW

_OFFICIAL = 0

Rows = dict[str, Floats]
"""The fields of `Windows` that are numbers of packages, rates or chances."""


@dataclass(frozen=True, eq=False)
class Unchanged:
    """The windows' days and sums, and what they hold as things stand; see `Windows`.

    `late` are the late scans expected, `beyond` what is cut off to get them, `fails` and `holds`
    the packages that may be in the metric, those to come among them (see `open_packages`), and
    `told` whether so much was verified lately that something can be said of what is to come
    (G × 1).
    """

    start: NDArray[np.int64]
    sums: Sums
    part: NDArray[np.int64]
    official: Rows
    complete: NDArray[np.bool_]
    usual: Floats
    leaving: Floats
    late: Floats
    beyond: Floats
    fails: Floats
    holds: Floats
    told: NDArray[np.bool_]


_WINDOWS: WeakKeyDictionary[Forecast, dict[int | None, Unchanged]] = WeakKeyDictionary()


def unchanged(forecast: Forecast, days: int | None) -> Unchanged:
    """Kept as long as the forecast: a plan asks some hundred times about one.

    Args:
        forecast: what is known and expected.
        days: length of the window; the enforced one if none is given.
    """
    lengths = _WINDOWS.setdefault(forecast, {})
    if days not in lengths:
        start = forecast.start if days is None else forecast.end - days + 1
        sums, part = Sums(forecast, start), _part(forecast)
        lengths[days] = Unchanged(
            start,
            sums,
            part,
            _official(forecast, sums),
            _complete(forecast, start, part),
            _usual(forecast),
            _leaving(forecast, start),
            *_late(forecast, sums),
            *_may_count(forecast, sums),
            _told(forecast),
        )
    return lengths[days]


def _part(forecast: Forecast) -> NDArray[np.int64]:
    """Official up to the as-of day, then locked in, then projected."""
    later = np.array([day > forecast.as_of for day in forecast.days])
    return np.where(later, np.where(forecast.end < forecast.ahead, 1, 2), 0)


def _complete(
    forecast: Forecast, start: NDArray[np.int64], part: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """As in `rates`; a coming window is complete if its known part is."""
    grid = forecast.grid
    began = np.array([(day - grid.first).days for day in grid.began], dtype=np.int64)
    dated = grid.undated * BASIS_POINTS <= UNDATED_LIMIT_BP * grid.every
    seen = (part > _OFFICIAL) | (forecast.end < forecast.ahead)
    return (began[:, None] <= start) & seen & dated[:, None]


def _usual(forecast: Forecast) -> Floats:
    """A usual week's defects before the window's end, or before the last day that is known."""
    grid = forecast.grid
    began = np.array([(day - grid.first).days for day in grid.began], dtype=np.int64)[:, None]
    stop = np.minimum(forecast.end + 1, forecast.ahead)
    weeks = np.clip((stop - began) // WEEK, 0, USUAL_WEEKS)
    run, last = running(grid.counted - grid.valid - grid.unknown), forecast.new.shape[1]
    upto, since = (at(run, np.clip(n, 0, last)) for n in (stop, stop - WEEK * weeks))
    return np.nan_to_num(over(upto - since, weeks.astype(np.float64)))


def _leaving(forecast: Forecast, start: NDArray[np.int64]) -> Floats:
    """The defects of the first seven days of each window."""
    grid, last = forecast.grid, forecast.new.shape[1]
    run = running(grid.counted - grid.valid - grid.unknown)
    upto, since = (at(run, np.clip(n, 0, last)) for n in (start + WEEK, start))
    return upto - since


def _official(forecast: Forecast, sums: Sums) -> Rows:
    """Known packages as they are; unverified ones leave the rate open."""
    grid = forecast.grid
    counted, valid, unknown = (sums.kept(v) for v in (grid.counted, grid.valid, grid.unknown))
    fails, holds = open_packages(forecast, sums)
    least = on_target(forecast, valid, counted + fails)
    most = on_target(forecast, valid + unknown + holds, counted + holds)
    chance = np.where(least, 1.0, np.where(most, np.nan, 0.0))
    return {
        "counted": counted,
        "valid": valid,
        "unknown": unknown,
        "late": np.zeros_like(valid),
        "shipped": counted,
        "shipped_valid": valid + unknown,
        "to_come": np.zeros_like(valid),
        "vtr_low": over(valid, counted + fails),
        "vtr_high": over(valid + unknown + holds, counted + holds),
        "chance": np.where(counted > 0, chance, np.nan),
        "falls": np.zeros_like(valid),
        "open_failing": fails,
        "open_holding": holds,
    }


def open_packages(forecast: Forecast, sums: Sums) -> tuple[Floats, Floats]:
    """Packages that may be in the metric: those that would then fail at worst, and hold at best."""
    grid = forecast.grid
    unknown = sums.kept(grid.open_unknown)
    return sums.kept(grid.open_defect) + unknown, sums.kept(grid.open_valid) + unknown


def _may_count(forecast: Forecast, sums: Sums) -> tuple[Floats, Floats]:
    """Likewise with those to come, as many beside those that count as lately."""
    grid, new = forecast.grid, sums.kept(forecast.new)
    recent = slice(max(forecast.ahead - WEEK * USUAL_WEEKS, 0), forecast.ahead)
    kinds = (grid.open_defect, grid.open_valid)
    counted = grid.counted[:, recent].sum(axis=1, keepdims=True)
    fails, holds = (
        known
        + new
        * np.nan_to_num(
            over((kind + grid.open_unknown)[:, recent].sum(axis=1, keepdims=True), counted)
        )
        for known, kind in zip(open_packages(forecast, sums), kinds, strict=True)
    )
    return fails, holds


def _late(forecast: Forecast, sums: Sums) -> tuple[Floats, Floats]:
    """Late scans expected in each window, at most of all that wait; and what is cut off by that.

    On a single small day the estimate may well be below none or above all: only sums are cut.
    """
    past = np.arange(forecast.new.shape[1]) < forecast.ahead
    waiting = sums.of(np.where(past, forecast.grid.awaited, 0))
    told = sums.kept(forecast.late)
    late = np.clip(told, 0, waiting)
    return late, told - late


def _told(forecast: Forecast) -> NDArray[np.bool_]:
    """Whether so much was verified lately that something can be said of what is to come (G × 1)."""
    grid = forecast.grid
    recent = slice(max(forecast.ahead - WEEK * USUAL_WEEKS, 0), forecast.ahead)
    verified, open_ = (
        of[:, recent].sum(axis=1, keepdims=True)
        for of in (
            grid.counted - grid.unknown,
            grid.open_valid + grid.open_defect + grid.open_unknown,
        )
    )
    # what is not verified fails otherwise than what is known to fail without any scan
    unverified = grid.unknown[:, recent].sum(axis=1, keepdims=True)
    told: NDArray[np.bool_] = (verified >= FEW) & (verified >= np.maximum(open_, unverified))
    return told


def on_target(forecast: Forecast, valid: Floats, counted: Floats) -> NDArray[np.bool_]:
    """Whether whole counts reach the target."""
    reached: NDArray[np.bool_] = meets(valid, counted, forecast.target_bp, forecast.strict)
    return reached
