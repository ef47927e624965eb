"""Windows of a forecast: the rate of each group on each coming day, its range, and the chance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vtrkit.forecast.defect_counts import Defects
from vtrkit.forecast.defect_rate import Floats
from vtrkit.forecast.forecast import Forecast
from vtrkit.forecast.sums import drawn, over
from vtrkit.forecast.unchanged import Rows, Unchanged, on_target, open_packages, unchanged
from vtrkit.metric.target import SCALE, budget

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
        shipped: packages in the metric that are known; `shipped_valid` of them are valid or may
            be, by a first scan or for all that is known; and `to_come`, those expected beside them.
        vtr_low: lower bound of the rate: what unverified packages leave open (official), what may
            still happen to known packages (locked in), the 90 % range (projected); and `vtr_high`.
        chance: probability of being on target; NaN where unverified packages decide it.
        open_failing: packages that may be in the metric or not (official), and count at worst; and
            `open_holding`, those that count at best.
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
    open_holding: Floats
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
        rescued: share of the defects, and of the unverified packages, among those not yet shipped
            that become valid, by group and promised day (2 × G × D).
        moved: known packages that become valid, by group and promised day; of the defects
            first, then of the unverified ones.
    """
    known = unchanged(forecast, days)
    sums, part = known.sums, known.part
    corrected = 0.0 if moved is None else sums.of(moved)
    after = _after(forecast, known, rescued, corrected)
    parts: tuple[Callable[[], Rows], ...] = (
        lambda: known.official,
        lambda: _locked(forecast, known, after, corrected),
        lambda: _if_told(known.told, after),
    )
    # a plan asks for one day, which has one part: the others would be thrown away
    rows = [rows_of() if (part == place).any() else after for place, rows_of in enumerate(parts)]
    return Windows(
        part=part,
        complete=known.complete,
        usual=known.usual,
        leaving=known.leaving,
        start=known.start,
        end=forecast.end,
        **{n: np.choose(part, [row[n] for row in rows]) for n in after},
    )


def _locked(forecast: Forecast, known: Unchanged, after: Rows, corrected: Floats | float) -> Rows:
    """Known packages only, with what is open about them: their entry, their scan, their shipping.

    The line is the one of the days after: what is expected of all that, within what can be.
    """
    grid, sums = forecast.grid, known.sums
    names = ("counted", "valid", "unknown", "correctable", "awaited", "unshipped")
    counted, valid, unknown, correctable, awaited, unshipped = (
        sums.kept(getattr(grid, n)) for n in names
    )
    all_, well = counted + unshipped, valid + unknown + awaited + corrected
    least, hoped = (np.minimum(n, counted) for n in (valid + corrected, well))
    most = np.minimum(hoped + np.maximum(correctable - corrected, 0), counted)
    fails, holds = open_packages(forecast, sums)
    at_best = all_ + holds
    falls = (all_ > 0) & ~on_target(forecast, hoped + unshipped + holds, at_best)
    sure = np.where(on_target(forecast, least, all_ + fails), 1.0, np.nan)
    sure = np.where(on_target(forecast, most + unshipped + holds, at_best), sure, 0.0)
    chance = np.where(known.told, after["chance"], np.where(all_ > 0, sure, np.nan))
    # packages that may not be in the metric decide, whatever is expected of the others
    middle, decided = after["valid"], after["counted"] - after["unknown"]
    falls_with = ~on_target(forecast, middle, decided + fails)
    decide = falls_with & on_target(forecast, middle + holds, decided + holds)
    chance = np.where(decide, np.nan, chance)
    return after | {
        "chance": chance,
        "counted": counted,
        "late": np.maximum(after["valid"] - least, 0) * forecast.late_known,
        "vtr_low": over(least, all_ + fails),
        "vtr_high": over(most + unshipped + holds, at_best),
        "falls": falls.astype(float),
    }


def _if_told(told: NDArray[np.bool_], after: Rows) -> Rows:
    """What is expected, where anything can be."""
    expected = ("valid", "unknown", "late", "vtr_low", "vtr_high", "chance")
    return after | {n: np.where(told, after[n], np.nan) for n in expected}


def _after(
    forecast: Forecast, known: Unchanged, rescued: Floats | None, corrected: Floats | float
) -> Rows:
    """What is expected of known packages and of those to come."""
    grid, sums, late, beyond = forecast.grid, known.sums, known.late, known.beyond
    failing, untold = np.ones((2, *forecast.new.shape)) if rescued is None else 1 - rescued
    open_, new = drawn(forecast, sums, failing), sums.kept(forecast.new)
    left = sums.kept(forecast.sure) + beyond - corrected
    unseen = sums.of(forecast.new * untold) * forecast.unknown_share[:, None]
    unknown = np.maximum(sums.kept(forecast.stays_unknown) + unseen + np.minimum(left, 0), 0)
    counted = sums.kept(forecast.grid.counted) + new
    sure, decided = np.maximum(left, 0), counted - unknown
    loose = np.minimum(sums.kept(forecast.loose), sure)
    share = np.nan_to_num(over(open_.mean, open_.packages) - over(sure + open_.mean, decided))
    flow = new + (forecast.volume.cv[:, None] * new) ** 2
    var = _TAILS * (open_.var + sums.kept(forecast.blur)) + share**2 * flow
    thinned = np.nan_to_num(over((sure - loose) * np.sqrt(flow), counted))
    defects = Defects(sure - loose, open_.mean + loose, var, thinned)
    few, many = defects.range()
    # nothing that is valid fails any more
    many = np.maximum(np.minimum(many, decided - sums.kept(grid.valid)), defects.mean_of_all)
    # a line at the median is on target on just those days that have an even chance to be
    return {
        "counted": counted,
        "valid": decided - np.clip(defects.median(), few, many),
        "unknown": unknown,
        "late": late * forecast.late_known,
        "shipped": sums.kept(forecast.grid.counted),
        "shipped_valid": sums.of(grid.valid + grid.awaited + grid.unknown) + corrected,
        "to_come": new,
        "vtr_low": np.clip(over(decided - many, counted + known.fails), 0, 1),
        "vtr_high": np.clip(over(counted - few + known.holds, counted + known.holds), 0, 1),
        "chance": np.where(decided > 0, defects.within(_allowed(forecast, decided)), np.nan),
        "falls": np.zeros_like(late),
        "open_failing": np.zeros_like(late),
        "open_holding": np.zeros_like(late),
    }


def _allowed(forecast: Forecast, decided: Floats) -> Floats:
    """The most defects of so many decided packages that leave them on target."""
    millionths = np.rint(decided * SCALE).astype(np.int64)
    allowed: Floats = budget(millionths, forecast.target_bp, forecast.strict, SCALE).astype(float)
    return allowed
