"""Windows of a forecast: the rate of each group on each coming day, its range, and the chance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtrkit.forecast.defect_counts import Defects
from vtrkit.forecast.defect_rate import WEEK, Floats
from vtrkit.forecast.forecast import Forecast
from vtrkit.forecast.sums import Sums, at, drawn, over, running
from vtrkit.metric.status import UNDATED_LIMIT_BP, USUAL_WEEKS
from vtrkit.metric.target import SCALE, budget, meets
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import FEW

_OFFICIAL = 0
_TAILS = 1.2
"""Failures come in batches, and variances are estimated: tails are heavier than the gamma's."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Windows:
    """What the window of each group (axis G) holds on each as-of day (axis T).

    Args:
        part: 0 official, 1 locked in, 2 projected.
        complete: whether the data cover the window and nearly all packages have a promised day.
        start: first promised day, as place on axis D of the forecast; `end`, the last one.
        counted: packages in the metric; and of them `valid`, `unknown`; `late`, those of `valid`
            that still wait for the scan that they are expected to have.
        shipped: packages in the metric that are known; `shipped_valid` of them are valid or may yet
            be by a first scan; and `to_come`, those expected beside them.
        vtr_low: lower bound of the rate: what unverified packages leave open (official), what may
            still happen to known packages (locked in), the 90 % range (projected); and `vtr_high`.
        chance: probability of being on target; NaN where unverified packages decide it.
        open: packages that may be in the metric or not (official), and `open_failing`, those that
            count at worst.
        falls: 1 where it is below target, whatever goes well but corrections (locked in), else 0.
        usual: defects of a usual week: the mean of the last eight full weeks that are known.
        leaving: defects that leave in the next seven days.
    """

    part: NDArray[np.int64]
    complete: NDArray[np.bool_]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    counted: Floats
    valid: Floats
    unknown: Floats
    late: Floats
    shipped: Floats
    shipped_valid: Floats
    to_come: Floats
    vtr_low: Floats
    vtr_high: Floats
    chance: Floats
    falls: Floats
    open_failing: Floats
    open: Floats
    usual: Floats
    leaving: Floats

    @property
    def vtr(self) -> Floats:
        """The rate, valid / (valid + defect); NaN where nothing is."""
        return over(self.valid, self.counted - self.unknown)


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
    sums = Sums(forecast, start)
    part = _part(forecast)
    after = _after(forecast, sums, rescued, moved)
    parts: tuple[Callable[[], _Rows], ...] = (
        lambda: _official(forecast, sums),
        lambda: _locked(forecast, sums, after, moved),
        lambda: _if_told(forecast, after),
    )
    # a plan asks for one day, which has one part: the others would be thrown away
    rows = [rows_of() if (part == place).any() else after for place, rows_of in enumerate(parts)]
    chosen = {n: np.choose(part, [row[n] for row in rows]) for n in after}
    complete = _complete(forecast, start, part)
    usual, leaving = _usual(forecast), _leaving(forecast, start)
    return Windows(
        part=part,
        complete=complete,
        usual=usual,
        leaving=leaving,
        start=start,
        end=forecast.end,
        **chosen,
    )


def _complete(
    forecast: Forecast, start: NDArray[np.int64], part: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """As in `rates`; a coming window is complete if its known part is."""
    grid = forecast.grid
    began = np.array([(day - grid.first).days for day in grid.began], dtype=np.int64)
    dated = grid.undated * BASIS_POINTS <= UNDATED_LIMIT_BP * grid.every
    seen = (part > _OFFICIAL) | (forecast.end < forecast.ahead)
    return (began[:, None] <= start) & seen & dated[:, None]


def _part(forecast: Forecast) -> NDArray[np.int64]:
    """Official up to the as-of day, then locked in, then projected."""
    later = np.array([day > forecast.as_of for day in forecast.days])
    return np.where(later, np.where(forecast.end < forecast.ahead, 1, 2), 0)


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


_Rows = dict[str, Floats]
"""The fields of `Windows` that are numbers of packages, rates or chances."""


def _official(forecast: Forecast, sums: Sums) -> _Rows:
    """Known packages as they are; unverified ones leave the rate open."""
    grid = forecast.grid
    counted, valid, unknown = (sums.of(v) for v in (grid.counted, grid.valid, grid.unknown))
    fails, holds = _open(forecast, sums)
    least = _meets(forecast, valid, counted + fails)
    most = _meets(forecast, valid + unknown + holds, counted + holds)
    chance = np.where(least, 1.0, np.where(most, np.nan, 0.0))
    return {
        "counted": counted,
        "valid": valid,
        "unknown": unknown,
        "late": np.zeros_like(valid),
        "shipped": counted,
        "shipped_valid": valid,
        "to_come": np.zeros_like(valid),
        "vtr_low": over(valid, counted + fails),
        "vtr_high": over(valid + unknown + holds, counted + holds),
        "chance": np.where(counted > 0, chance, np.nan),
        "falls": np.zeros_like(valid),
        "open_failing": fails,
        "open": fails + holds,
    }


def _open(forecast: Forecast, sums: Sums) -> tuple[Floats, Floats]:
    """Packages that may be in the metric: those that would then fail at worst, and hold at best."""
    grid = forecast.grid
    unknown = sums.of(grid.open_unknown)
    return sums.of(grid.open_defect) + unknown, sums.of(grid.open_valid) + unknown


def _locked(forecast: Forecast, sums: Sums, after: _Rows, moved: Floats | None) -> _Rows:
    """Known packages only, with what is open about them: their entry, their scan, their shipping.

    The line is the one of the days after: what is expected of all that, within what can be.
    """
    grid = forecast.grid
    names = ("counted", "valid", "unknown", "correctable", "awaited", "unshipped")
    counted, valid, unknown, correctable, awaited, unshipped = (
        sums.of(getattr(grid, n)) for n in names
    )
    corrected = np.zeros_like(valid) if moved is None else sums.of(moved)
    all_, well = counted + unshipped, valid + unknown + awaited + corrected
    least, hoped = (np.minimum(n, counted) for n in (valid + corrected, well))
    most = np.minimum(hoped + np.maximum(correctable - corrected, 0), counted)
    fails, holds = _open(forecast, sums)
    at_best = all_ + holds
    falls = (all_ > 0) & ~_meets(forecast, hoped + unshipped + holds, at_best)
    sure = np.where(_meets(forecast, least, all_ + fails), 1.0, np.nan)
    sure = np.where(_meets(forecast, most + unshipped + holds, at_best), sure, 0.0)
    chance = np.where(_told(forecast), after["chance"], np.where(all_ > 0, sure, np.nan))
    return after | {
        "chance": chance,
        "counted": counted,
        "late": np.maximum(after["valid"] - least, 0) * forecast.late_known,
        "vtr_low": over(least, all_ + fails),
        "vtr_high": over(most + unshipped + holds, at_best),
        "falls": falls.astype(float),
    }


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
    told: NDArray[np.bool_] = (verified >= FEW) & (verified >= open_)
    return told


def _if_told(forecast: Forecast, after: _Rows) -> _Rows:
    """What is expected, where anything can be."""
    expected = ("valid", "unknown", "late", "vtr_low", "vtr_high", "chance")
    told = _told(forecast)
    return after | {n: np.where(told, after[n], np.nan) for n in expected}


def _after(forecast: Forecast, sums: Sums, rescued: Floats | None, moved: Floats | None) -> _Rows:
    """What is expected of known packages and of those to come."""
    kept = np.ones_like(forecast.new) if rescued is None else 1 - rescued
    open_, new = drawn(forecast, sums, kept), sums.of(forecast.new)
    late, beyond = _late(forecast, sums)
    left = sums.of(forecast.sure) + beyond - (0.0 if moved is None else sums.of(moved))
    unseen = sums.of(forecast.new * kept) * forecast.unknown_share[:, None]
    unknown = np.maximum(sums.of(forecast.stays_unknown) + unseen + np.minimum(left, 0), 0)
    counted = sums.of(forecast.grid.counted) + new
    sure, decided = np.maximum(left, 0), counted - unknown
    loose = np.minimum(sums.of(forecast.loose), sure)
    share = np.nan_to_num(over(open_.mean, open_.packages) - over(sure + open_.mean, decided))
    flow = new + (forecast.volume.cv[:, None] * new) ** 2
    var = _TAILS * (open_.var + sums.of(forecast.blur)) + share**2 * flow
    thinned = np.nan_to_num(over((sure - loose) * np.sqrt(flow), counted))
    defects = Defects(sure - loose, open_.mean + loose, var, thinned)
    few, many = defects.range()
    # a line at the median is on target on just those days that have an even chance to be
    return {
        "counted": counted,
        "valid": decided - np.clip(defects.median(), few, many),
        "unknown": unknown,
        "late": late * forecast.late_known,
        "shipped": sums.of(forecast.grid.counted),
        "shipped_valid": sums.of(forecast.grid.valid + forecast.grid.awaited)
        + (0.0 if moved is None else sums.of(moved)),
        "to_come": new,
        "vtr_low": np.clip(over(decided - many, counted), 0, 1),
        "vtr_high": np.clip(over(counted - few, counted), 0, 1),
        "chance": np.where(decided > 0, defects.within(_allowed(forecast, decided)), np.nan),
        "falls": np.zeros_like(late),
        "open_failing": np.zeros_like(late),
        "open": np.zeros_like(late),
    }


def _late(forecast: Forecast, sums: Sums) -> tuple[Floats, Floats]:
    """Late scans expected in each window, at most of all that wait; and what is cut off by that.

    On a single small day the estimate may well be below none or above all: only sums are cut.
    """
    past = np.arange(forecast.new.shape[1]) < forecast.ahead
    waiting = sums.of(np.where(past, forecast.grid.awaited, 0))
    told = sums.of(forecast.late)
    late = np.clip(told, 0, waiting)
    return late, told - late


def _allowed(forecast: Forecast, decided: Floats) -> Floats:
    """The most defects of so many decided packages that leave them on target."""
    millionths = np.rint(decided * SCALE).astype(np.int64)
    allowed: Floats = budget(millionths, forecast.target_bp, forecast.strict, SCALE).astype(float)
    return allowed


def _meets(forecast: Forecast, valid: Floats, counted: Floats) -> NDArray[np.bool_]:
    """Whether whole counts reach the target."""
    reached: NDArray[np.bool_] = meets(valid, counted, forecast.target_bp, forecast.strict)
    return reached
