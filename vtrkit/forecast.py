"""What is known and what is expected, as arrays by group and promised day; windows over them.

```
            promised day →      closed_to
group  ██████████ known ██████████│▓▓ known ▓▓░░░░ expected ░░░░░░░
```

A forecast is made once from a tally. Every window of every coming day, with its range, is then a
difference of running sums, so that a scenario costs milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vtrkit.budget import Target
from vtrkit.drift import Drift, drift, pooled
from vtrkit.errors import ParameterError
from vtrkit.grid import Floats, Grid, grid
from vtrkit.policy import Policy, Rules, shipped_rules
from vtrkit.volume import Volume, volume

Whole = NDArray[np.int64]

WEEK = 7
_WEEKS = 26
"""Weeks of history that are looked at."""
_MOST_DAYS, _MOST_LAG = 366, 365
_RECENT_WEEKS = 13
_EXACT = 1e-9
_FIRM = 4.0
"""Shape of the gamma prior around a day's usual volume: its relative variance is 1 / shape."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Forecast:
    """What is known and expected of each group (axis G) on each promised day (axis D).

    Args:
        grid: what is known: the groups, and their packages by promised day. All arrays below have
            its axes.
        as_of: the day on which the forecast is made.
        closed_to: the last promised day whose packages are all known.
        days: the as-of days that windows are asked for (axis T), the first one `as_of` - back.
        late: of the known packages without a scan, those expected to be scanned yet, up to
            `closed_to`; 0 where the data cannot tell (`late_known`).
        sure: known packages that stay defects, and of these `loose`, those that may yet be scanned;
            `blur`, the variance of both.; `stays_unknown`, those that stay unverified.
        open: known packages of days after `closed_to` of which it is not yet known whether they
            will be defects, as that many packages to come.
        new: packages to come of days after `closed_to`.
        unknown_share: of the packages to come, those that no file will tell of, by group.
        drift: the defect rate of the weeks after `closed_to`, by group.
        volume: level and variation of the packages to come, by group.
        start, end: places on axis D of the first and last promised day of the enforced window, by
            group and as-of day; likewise its `target_bp` and whether it must be exceeded
            (`strict`).
    """

    grid: Grid
    as_of: date
    closed_to: date
    days: list[date]
    late: Floats
    sure: Floats
    loose: Floats
    blur: Floats
    stays_unknown: Floats
    open: Floats
    new: Floats
    unknown_share: Floats
    drift: Drift
    volume: Volume
    start: Whole
    end: Whole
    target_bp: Whole
    strict: NDArray[np.bool_]

    @property
    def groups(self) -> pl.DataFrame:
        """The groups, in the order of axis G."""
        return self.grid.groups

    @property
    def late_known(self) -> bool:
        """Whether the data tell how many packages are scanned late."""
        return self.grid.owed is not None

    @property
    def promised(self) -> list[date]:
        """The promised days, in the order of axis D."""
        return [self.grid.first + timedelta(days=n) for n in range(self.new.shape[1])]

    @property
    def ahead(self) -> int:
        """The place on axis D of the first promised day after `closed_to`."""
        return (self.closed_to - self.grid.first).days + 1


def forecast(  # noqa: PLR0913 - the parameters of `outlook`
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: date,
    days: int = 60,
    back: int = 0,
    by: Sequence[str] = ("account", "marketplace", "category"),
    lag_days: int | None = None,
    seen_to: date | None = None,
    target: Target | None = None,
    rules: Rules | None = None,
    delays: pl.DataFrame | pl.LazyFrame | None = None,
) -> Forecast:
    """What is known on a day of the packages of each group, and what is to be expected.

    Args:
        tally: a tally or roll-up with the columns of `by`; with `ship_date` it also tells how
            complete a coming promised day is.
        as_of: the day on which the metric is read.
        days: so many days after it are asked for.
        back: and so many before it.
        by: the groups, as in `rates`.
        lag_days: days between a window's end and the day it is read; the rule's own if not given.
        seen_to: the day of the newest export; `as_of` if not given.
        target: another target than the rule's.
        rules: the marketplaces' rules; those that the package carries if not given.
        delays: what `vtrkit.tally.scan_delay` returns, for the estimate of late scans.

    Raises:
        ParameterError: `days` or `lag_days` out of bounds, or no data near `as_of`.
        TallyError: the tally lacks a column.
    """
    _check(days, back, lag_days)
    rules = rules or shipped_rules()
    closed_to = min(as_of, seen_to or as_of)
    asked = [as_of + timedelta(days=n) for n in range(-back, days + 1)]
    first, last = _span(rules, asked, lag_days)
    known = grid(
        tally,
        by,
        first=min(first, closed_to - timedelta(days=_WEEKS * WEEK - 1)),
        last=max(last, closed_to),
        closed_to=closed_to,
        delays=delays,
    )
    enforced = _enforced(known, asked, rules, lag_days, target)
    return Forecast(as_of=as_of, days=asked, **enforced, **_expected(known, closed_to))


def _check(days: int, back: int, lag_days: int | None) -> None:
    if not 0 <= days <= _MOST_DAYS or not 0 <= back <= _MOST_DAYS:
        raise ParameterError(f"days {days}, back {back}: give 0 to {_MOST_DAYS}")
    if lag_days is not None and not 0 <= lag_days <= _MOST_LAG:
        raise ParameterError(f"lag_days {lag_days}: give 0 to {_MOST_LAG}")


def _span(rules: Rules, asked: list[date], lag_days: int | None) -> tuple[date, date]:
    """The promised days that any window of the days asked for may touch."""
    lags = [p.lag_days if lag_days is None else lag_days for p in rules.policies]
    longest = max(max(p.windows_days) for p in rules.policies)
    return (
        asked[0] - timedelta(days=max(lags) + longest - 1),
        asked[-1] - timedelta(days=min(lags)),
    )


def _enforced(
    known: Grid, asked: list[date], rules: Rules, lag_days: int | None, target: Target | None
) -> dict[str, Any]:
    """The enforced window and target of each group on each day asked for, as places."""
    rows = {
        m: [_window(rules.on(m, day), day, lag_days, target) for day in asked]
        for m in set(known.markets)
    }
    told = np.array([rows[m] for m in known.markets], dtype=np.int64).reshape(-1, len(asked), 4)
    offset = known.first.toordinal()
    return {
        "start": told[:, :, 0] - offset,
        "end": told[:, :, 1] - offset,
        "target_bp": told[:, :, 2],
        "strict": told[:, :, 3] > 0,
    }


def _window(
    rule: Policy, day: date, lag_days: int | None, target: Target | None
) -> tuple[int, int, int, bool]:
    goal = target or Target(rule.target_bp, rule.condition)
    end = day.toordinal() - (rule.lag_days if lag_days is None else lag_days)
    return end - rule.window_days + 1, end, goal.bp, goal.condition == "greater_than"


def _expected(known: Grid, closed_to: date) -> dict[str, Any]:
    """What the model adds to what is known: see the fields of `Forecast`."""
    cut = (closed_to - known.first).days + 1
    ahead = known.counted.shape[1] - cut
    since = min(max((min(known.began) - known.first).days, 0), max(cut - WEEK, 0))
    past = slice(since, cut)
    decided = (known.counted - known.unknown)[:, past]
    owed, blur = (
        np.zeros_like(known.counted) if v is None else v for v in (known.owed, known.owed_var)
    )
    bad = decided - (known.valid + owed)[:, past]
    rate = drift(_weekly(bad), _weekly(decided), _weekly(blur[:, past]), -(-ahead // WEEK))
    flow = volume(known.counted[:, past], ahead)
    recent = slice(-_RECENT_WEEKS * WEEK, None)
    unknown = known.unknown[:, past][:, recent].sum(axis=1)
    unseen = pooled(unknown, known.counted[:, past][:, recent].sum(axis=1)) * (unknown.sum() > 0)
    return {
        "grid": known,
        "closed_to": closed_to,
        "drift": rate,
        "volume": flow,
        "unknown_share": unseen,
        **_settled(known, cut, rate, unseen),
        "new": _new(known, cut, flow),
    }


def _weekly(daily: Floats) -> Floats:
    """Sums of weeks, the last of which ends with the last day; a shorter first one is kept."""
    short = -daily.shape[1] % WEEK
    filled = np.pad(daily, ((0, 0), (short, 0)))
    weeks: Floats = filled.reshape(len(daily), -1, WEEK).sum(axis=2)
    return weeks


def _settled(known: Grid, cut: int, rate: Drift, unseen: Floats) -> dict[str, Floats]:
    """What of the known packages is settled, and what is open; see `Forecast`.

    How many unscanned packages stay so is told by the scans still owed, and by the usual rate;
    each counts by its certainty. Where nothing tells of scans owed, days that have come stay as
    they are, and the others end with the usual rate, at most with those unscanned now.
    """
    days = np.arange(known.counted.shape[1])
    week = np.maximum(days - cut, 0) // WEEK
    usual, var = rate.rate[:, week], np.diagonal(rate.cov, axis1=1, axis2=2)[:, week]
    decided = known.counted - known.unknown
    firm = decided - known.valid - known.unscanned
    prior = np.clip(decided * usual - firm, 0, known.unscanned)
    if known.owed is None or known.owed_var is None:
        told, trust = known.unscanned, np.where(days < cut, 1.0, 0.0)[None, :]
    else:
        told = known.unscanned - known.owed
        blur = prior * rate.spread[:, None] + decided**2 * var
        trust = blur / np.maximum(blur + known.owed_var, _EXACT)
        trust = np.where(known.owed_var > _EXACT, trust, 1.0)
    stays = known.unknown.copy()
    stays[:, cut:] = np.minimum(stays, known.counted * unseen[:, None])[:, cut:]
    sure, drawn = trust * told, (1 - trust) * prior
    past = days < cut
    blur = np.zeros_like(sure) if known.owed_var is None else trust * known.owed_var
    return {
        "late": np.where(past, known.unscanned - sure - drawn, 0),
        "sure": firm + sure + np.where(past, drawn, 0),
        "open": np.where(past, 0, drawn / usual + known.unknown - stays),
        "stays_unknown": stays,
        "loose": np.where(blur > _EXACT, np.maximum(sure + np.where(past, drawn, 0), 0), 0),
        "blur": blur,
    }


def _new(known: Grid, cut: int, flow: Volume) -> Floats:
    """Packages to come by promised day: what is expected beyond what is known, no day twice.

    Where ship days tell which share of a day's packages is usually known so long before it, the
    expectation also learns from how many are known (a gamma prior around the usual level).
    """
    seen, usual = known.counted[:, cut:], flow.expected
    if known.lead is None:
        more = np.maximum(usual - seen, 0)
    else:
        days = np.minimum(np.arange(1, seen.shape[1] + 1), known.lead.shape[1] - 1)
        share = known.lead[:, days]
        more = (1 - share) * usual * (_FIRM + seen) / (_FIRM + share * usual)
    return _after(np.maximum(more, known.pending[:, cut:]), cut)


def _after(values: Floats, cut: int) -> Floats:
    """Values of the days to come, behind zeros for those that are known."""
    return np.pad(values, ((0, 0), (cut, 0)))
