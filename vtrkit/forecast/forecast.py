"""What is known and what is expected, as arrays by group and promised day; windows over them.

```
            promised day →      closed_to
group  ██████████ known ██████████│▓▓ known ▓▓░░░░ expected ░░░░░░░
```

A forecast is made once from a tally. Every window of every coming day, with its range, is then a
difference of running sums, so that a scenario costs milliseconds.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vtrkit.errors import ParameterError
from vtrkit.forecast.arrays import Grid, grid, groups_of
from vtrkit.forecast.defect_rate import WEEK, Whole
from vtrkit.forecast.expected import HISTORY_DAYS, Expected, expected
from vtrkit.metric.windows import Question

_MOST_DAYS = 366


@dataclass(frozen=True, eq=False, kw_only=True)
class Forecast(Expected):
    """What is known and expected of each group (axis G) on each promised day (axis D).

    Args:
        grid: what is known: the groups, and their packages by promised day.
        as_of: the day on which the forecast is made.
        closed_to: the last promised day whose packages are all known.
        days: the as-of days that windows are asked for (axis T).
        start: place on axis D of the first promised day that counts, by group and as-of day;
            likewise `end`, its last one, its `target_bp`, and whether the target must
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
    def late_known(self) -> NDArray[np.bool_]:
        """Whether the data tell how many packages are scanned late (G × 1)."""
        return self.grid.late_known

    @property
    def promised(self) -> list[date]:
        """The promised days, in the order of axis D."""
        return [self.grid.first + timedelta(days=n) for n in range(self.new.shape[1])]

    @property
    def ahead(self) -> int:
        """The place on axis D of the first promised day after `closed_to`."""
        return (self.closed_to - self.grid.first).days + 1

    def read_on(self, days: slice) -> "Forecast":
        """The same, of which only some of the days are asked for."""
        windows = {n: getattr(self, n)[:, days] for n in ("start", "end", "target_bp", "strict")}
        return replace(self, days=self.days[days], **windows)


def forecast(
    tally: pl.DataFrame | pl.LazyFrame,
    question: Question,
    *,
    days: int = 60,
    back: int = 0,
    view: pl.DataFrame | None = None,
) -> Forecast:
    """What is known on a day of the packages of each group, and what is to be expected.

    Args:
        tally: a tally or roll-up with the columns of the question's `by`; with `ship_date` it also
            tells how complete a coming promised day is.
        question: when the metric is read, of which groups and by which rules.
        days: so many days after the as-of day are asked for.
        back: and so many before it.
        view: the same packages under fewer keys, where they are at hand.

    Raises:
        ParameterError: `days` out of bounds, or no data near the as-of day.
        TallyError: the tally lacks a column.
    """
    if not all(type(n) is int and 0 <= n <= _MOST_DAYS for n in (days, back)):
        raise ParameterError(
            f"days {days!r}, back {back!r}: give whole numbers from 0 to {_MOST_DAYS}"
        )
    groups = groups_of(tally if view is None else view, question)
    closed_to = question.closed_to
    asked = [question.as_of + timedelta(days=n) for n in range(-back, days + 1)]
    read = {m: [question.window(m, day) for day in asked] for m in set(groups["market"])}
    every = [window for windows in read.values() for window in windows]
    longest = timedelta(days=max((max(w.rule.windows_days) for w in every), default=1))
    starts, ends = [w.end - longest for w in every], [w.end for w in every]
    known = grid(
        tally,
        question,
        groups,
        first=min([*starts, closed_to - timedelta(days=HISTORY_DAYS - 1)]),
        last=max([*ends, closed_to + timedelta(days=WEEK)]),
    )
    numbers = [
        [(w.start.toordinal(), w.end.toordinal(), w.target.bp, w.target.strict) for w in read[m]]
        for m in known.markets
    ]
    shape = (len(known.markets), len(asked), 4)
    start, end, bp, strict = np.moveaxis(np.array(numbers, dtype=np.int64).reshape(shape), 2, 0)
    return Forecast(
        grid=known,
        as_of=question.as_of,
        closed_to=closed_to,
        days=asked,
        start=start - known.first.toordinal(),
        end=end - known.first.toordinal(),
        target_bp=bp,
        strict=strict > 0,
        **vars(expected(known, closed_to)),
    )
