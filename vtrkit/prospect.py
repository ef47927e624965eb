"""A forecast made ready for scenarios: which packages to come, and on their way, a lever reaches.

```
tally ─▶ Prospect ── effect(scenario) ─▶ share of the defects to come that become valid, and
                                         packages on their way that do, by group and promised day
```

What is not shipped yet is taken to fail as the packages of the last weeks did: of the same kinds,
and shipped as long before their promised day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from vtrkit.errors import ParameterError, TallyError
from vtrkit.forecast import Forecast, forecast
from vtrkit.levers import MOVED, SELECTS, Lever, Scenario
from vtrkit.schema import REASON
from vtrkit.selection import Flags, Floats, Ints, check, chosen, ramp
from vtrkit.tally import keys

_WEEKS = 8
"""Weeks whose defects tell what those to come will be like."""
_EARLIEST, _LATEST = -15, 60
"""Days that packages are shipped before their promised day; more or less counts as so many."""


@dataclass(frozen=True, eq=False)
class Prospect:
    """A forecast, and the defects and unverified packages that levers may reach.

    Args:
        forecast: groups on axis G, promised days on axis D.
        kinds: the kinds of packages, by what levers select.
        recent: those of the last weeks before the forecast: kind, group, and days from shipping
            to the promised day (from `_EARLIEST`), with packages.
        on_way: those that are known and not delivered: kind, group, promised day, packages.
    """

    forecast: Forecast
    kinds: pl.DataFrame
    recent: dict[str, Ints]
    on_way: dict[str, Ints]
    _picked: dict[tuple[Any, ...], tuple[Flags, Floats, Floats]] = field(
        default_factory=dict, repr=False
    )

    def pick(self, lever: Lever) -> tuple[Flags, Floats, Floats]:
        """What a lever selects: kinds, recent packages (G × lead), those on their way (G × D)."""
        asked = tuple(getattr(lever, name) for name in SELECTS)
        if asked not in self._picked:
            mine = chosen(self.kinds, lever)
            sizes = (_LATEST - _EARLIEST + 1, self.forecast.new.shape[1])
            self._picked[asked] = (
                mine,
                self._summed(self.recent, mine, sizes[0]),
                self._summed(self.on_way, mine, sizes[1]),
            )
        return self._picked[asked]

    def _summed(self, cells: dict[str, Ints], mine: Flags, places: int) -> Floats:
        at = np.flatnonzero(mine[cells["kind"]])
        groups = len(self.forecast.new)
        where = cells["group"][at] * places + cells["place"][at]
        packages: Floats = cells["packages"][at].astype(np.float64)
        summed: Floats = np.bincount(where, packages, groups * places).astype(np.float64)
        return summed.reshape(groups, places)

    def effect(self, scenario: Scenario) -> tuple[Floats, Floats]:
        """What a scenario changes, as `vtrkit.windows.windows` wants it (both G × D).

        Returns:
            Of the defects and unverified packages among those not yet shipped, the share that
            becomes valid; and of the known packages not yet delivered, how many do.

        Raises:
            ParameterError: levers contradict each other, or one moves valid packages too.
            TallyError: the tally lacks a column that a lever goes by.
        """
        for lever in scenario.levers:
            if lever.moves_all:
                raise ParameterError(
                    f"lever {lever.name} moves valid packages too, which is only known looking "
                    "back; use apply"
                )
        picked = [self.pick(lever) for lever in scenario.levers]
        check(scenario, self.kinds, [mine for mine, _, _ in picked])
        rescued, moved = np.zeros_like(self.forecast.new), np.zeros_like(self.forecast.new)
        to_come, weight = self._to_come, self._weight
        for lever, (_, recent, on_way) in zip(scenario.levers, picked, strict=True):
            reached = _times(recent, to_come * self._reach(lever))
            share = np.divide(reached, weight, out=np.zeros_like(weight), where=weight > 0)
            rescued += lever.share * lever.scanned * share
            if lever.retroactive:
                moved += lever.share * lever.scanned * self._caught(lever) * on_way
        return np.minimum(rescued, 1.0), moved

    @cached_property
    def _promised(self) -> Ints:
        """The promised days."""
        return _day(self.forecast.grid.first) + np.arange(self.forecast.new.shape[1])

    @cached_property
    def _ship_days(self) -> Ints:
        """The ship day of each lead (rows) of each promised day (columns)."""
        return self._promised[None, :] - np.arange(_EARLIEST, _LATEST + 1)[:, None]

    @cached_property
    def _to_come(self) -> Floats:
        """Whether a package of a lead and promised day is shipped after what is known."""
        return (self._ship_days > _day(self.forecast.closed_to)).astype(float)

    @cached_property
    def _weight(self) -> Floats:
        """The recent packages of any kind that could still be shipped (G × D)."""
        every = np.ones(self.kinds.height, dtype=bool)
        return _times(self._summed(self.recent, every, len(self._to_come)), self._to_come)

    def _start(self, lever: Lever) -> date:
        return lever.start or self.forecast.as_of + timedelta(days=1)

    def _reach(self, lever: Lever) -> Floats:
        """How much of a lever's share is reached for each lead and promised day."""
        start = self._start(lever)
        grown = ramp(lever, self._ship_days, start)
        if not lever.retroactive:
            return grown
        return np.maximum(grown, self._caught(lever) * (self._ship_days < _day(start)))

    def _caught(self, lever: Lever) -> Floats:
        """How much of it is, by promised day, for packages that are on their way when it begins.

        Those promised before a later start count as delivered by then; until the day after the
        as-of day the data say which are delivered.
        """
        start, tomorrow = self._start(lever), self.forecast.as_of + timedelta(days=1)
        begun = max(start, tomorrow)
        reached = ramp(lever, np.array([_day(begun)]), start).item()
        on_way = (self._promised >= _day(begun)) | (begun == tomorrow)
        return np.where(on_way, reached, 0.0)


def _times(left: Floats, right: Floats) -> Floats:
    """The product of two matrices, the same bytes on any number of threads."""
    product: Floats = np.einsum("gh,hd->gd", left, right)
    return product


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def look_ahead(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: date,
    by: Sequence[str] = ("account", "marketplace", "category"),
    **asked: Any,
) -> Prospect:
    """A forecast made ready for as many scenarios as you like; it is asked for as an `outlook`.

    Raises:
        TallyError: the tally has no ship_date. Else see `vtrkit.outlook`.
    """
    if "ship_date" not in keys(tally):
        raise TallyError("levers act on ship days; the tally has no ship_date")
    made = forecast(tally, as_of=as_of, by=by, **asked)
    cells = _cells(tally, made, by)
    by_kind = [n for n in SELECTS if n in cells.columns]
    kinds = cells.select(by_kind).unique().sort(by_kind).with_row_index("kind")
    told = cells.join(kinds, on=by_kind)
    return Prospect(made, kinds.drop("kind"), _recent(told, made), _on_way(told, made))


def _cells(tally: pl.DataFrame | pl.LazyFrame, made: Forecast, by: Sequence[str]) -> pl.DataFrame:
    """The defects and unverified packages of the last weeks and of the days to come."""
    first = min(made.grid.first, made.closed_to - timedelta(days=7 * _WEEKS - 1))
    last = made.grid.first + timedelta(days=made.new.shape[1] - 1)
    groups = made.groups.with_columns(any=pl.lit(0)) if by else pl.DataFrame({"any": [0]})
    numbered = groups.with_row_index("group").lazy()
    return (
        tally.lazy()
        .filter(pl.col("promised_date").is_between(first, last))
        .with_columns(pl.col("reason").cast(REASON), any=pl.lit(0))
        .filter(pl.col("reason").is_in(list(MOVED)))
        .join(numbered, on=["any", *by])
        .collect()
    )


def _recent(cells: pl.DataFrame, made: Forecast) -> dict[str, Ints]:
    lead = (pl.col("promised_date") - pl.col("ship_date")).dt.total_days()
    since = made.closed_to - timedelta(days=7 * _WEEKS - 1)
    inside = cells.filter(pl.col("promised_date").is_between(since, made.closed_to))
    place = lead.clip(_EARLIEST, _LATEST) - _EARLIEST
    return _arrays(inside.drop_nulls("ship_date"), place, pl.col("packages"))


def _on_way(cells: pl.DataFrame, made: Forecast) -> dict[str, Ints]:
    shipped = (pl.col("ship_date") <= made.closed_to).fill_null(True)
    known = cells.filter((pl.col("promised_date") <= made.closed_to) | shipped)
    place = (pl.col("promised_date") - made.grid.first).dt.total_days()
    return _arrays(known.filter(place >= 0), place, pl.col("packages") - pl.col("delivery_judged"))


def _arrays(cells: pl.DataFrame, place: pl.Expr, packages: pl.Expr) -> dict[str, Ints]:
    told = cells.select("kind", "group", place=place, packages=packages)
    return {name: told[name].cast(pl.Int64).to_numpy() for name in told.columns}
