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

from vtrkit.errors import ParameterError
from vtrkit.forecast.arrays import Grid, grid
from vtrkit.forecast.defect_rate import WEEK
from vtrkit.forecast.expected import Expected, expected
from vtrkit.metric.target import Target
from vtrkit.rules.policies import Policy, Rules, shipped_rules

Whole = NDArray[np.int64]

_WEEKS = 26
"""Weeks of history that are looked at."""
_MOST_DAYS, _MOST_LAG = 366, 365


@dataclass(frozen=True, eq=False, kw_only=True)
class Forecast(Expected):
    """What is known and expected of each group (axis G) on each promised day (axis D).

    Args:
        grid: what is known: the groups, and their packages by promised day.
        as_of: the day on which the forecast is made.
        closed_to: the last promised day whose packages are all known.
        days: the as-of days that windows are asked for (axis T).
        start: place on axis D of the first promised day of the enforced window, by group and
            as-of day; likewise `end`, its last one, its `target_bp`, and whether the target must
            be exceeded (`strict`).
    """

    grid: Grid
    as_of: date
    closed_to: date
    days: list[date]
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
        delays: what `vtrkit.metric.tally.scan_delay` returns, for the estimate of late scans.

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
        last=max(last, closed_to + timedelta(days=WEEK)),
        closed_to=closed_to,
        delays=delays,
    )
    return Forecast(
        grid=known,
        as_of=as_of,
        closed_to=closed_to,
        days=asked,
        **_enforced(known, asked, rules, lag_days, target),
        **vars(expected(known, closed_to)),
    )


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
    told = np.array([rows[m] for m in known.markets], dtype=np.int64).reshape(
        len(known.markets), len(asked), 4
    )
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
    goal = target or Target.of_bp(rule.target_bp, rule.condition)
    end = day.toordinal() - (rule.lag_days if lag_days is None else lag_days)
    return end - rule.window_days + 1, end, goal.bp, goal.condition == "greater_than"
