"""A forecast made ready for scenarios: which packages to come, and on their way, a lever reaches.

```
tally ─▶ Prospect ── effect(scenario) ─▶ the forecast with what a lever takes or brings in; the
                                         share of the defects to come that become valid; and
                                         packages on their way that do, by group and promised day
```

What is not shipped yet is taken to fail as the packages of the last weeks did: of the same kinds,
and shipped as long before their promised day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Unpack

import numpy as np
import polars as pl

from vtrkit.errors import TallyError
from vtrkit.forecast.defect_rate import WEEK
from vtrkit.forecast.forecast import Forecast, forecast
from vtrkit.metric.tally import keys
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question
from vtrkit.rules.reasons import REASONS
from vtrkit.rules.still_open import PRESUMED_DAYS
from vtrkit.schema import CATEGORY, Outcome, Reason
from vtrkit.whatif.in_reach import EARLIEST, LATEST, in_reach
from vtrkit.whatif.levers import SELECTS, Lever, Scenario
from vtrkit.whatif.selection import Flags, Floats, Ints, Kinds, check, ramp, reached
from vtrkit.whatif.to_carrier import resolved

_LEADS = LATEST - EARLIEST + 1
_KEPT = 64
_FATES = tuple(
    np.array([REASONS[reason].outcome == outcome for reason in Reason])
    for outcome in (Outcome.DEFECT, Outcome.UNKNOWN, Outcome.VALID, Outcome.EXEMPT)
)
"""By the code of a reason, whether its packages failed, are unverified, valid, and exempt."""


@dataclass(frozen=True, eq=False)
class _Picked:
    """What a lever selects: kinds; those on their way; recent ones, the failed also unverified."""

    chosen: Flags
    on_way: Floats
    failed: Floats
    valid: Floats
    exempt: Floats


@dataclass(frozen=True, eq=False)
class Prospect:
    """A forecast, and the packages that levers may reach.

    Args:
        forecast: groups on axis G, promised days on axis D.
        kinds: the kinds of packages, by what levers select.
        recent: those of the last weeks before the forecast: kind, group, and days from shipping
            to the promised day (from `EARLIEST`), with packages.
        on_way: those that can still be corrected: kind, group, promised day, packages.
    """

    forecast: Forecast
    kinds: pl.DataFrame
    recent: dict[str, Ints]
    on_way: dict[str, Ints]
    tally: pl.DataFrame | pl.LazyFrame = field(repr=False)
    _picked: dict[tuple[Any, ...], _Picked] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls, tally: pl.DataFrame | pl.LazyFrame, made: Forecast, question: Question
    ) -> "Prospect":
        """A forecast, with the packages of its tally."""
        return cls(made, *in_reach(tally, made, question), tally)

    def pick(self, lever: Lever) -> "_Picked":
        """What a lever selects, kept for the next lever of the same selection.

        Raises:
            TallyError: the tally lacks a column that the lever goes by.
        """
        asked = (*(getattr(lever, name) for name in SELECTS), lever.moves_all)
        if asked not in self._picked:
            if len(self._picked) >= _KEPT:
                self._picked.clear()
            mine = self._asked.chosen(lever)
            on_way = self._summed(self.on_way, mine)
            self._picked[asked] = _Picked(mine, on_way, *self._recent_of(mine))
        return self._picked[asked]

    def _recent_of(self, mine: Flags) -> tuple[Floats, ...]:
        """The recent packages of some kinds that failed, were valid, and were exempt."""
        *failed, valid, exempt = (self._summed(self.recent, mine & fate) for fate in self._fates)
        return np.stack(failed), valid, exempt

    @cached_property
    def _asked(self) -> Kinds:
        return Kinds(self.kinds)

    @cached_property
    def _fates(self) -> tuple[Flags, ...]:
        """Which kinds failed, were unverified, valid, and exempt."""
        of = self.kinds["reason"].to_physical().to_numpy()
        return tuple(fate[of] for fate in _FATES)

    def _summed(self, cells: dict[str, Ints], mine: Flags) -> Floats:
        """The packages of some kinds by group and place."""
        at = np.flatnonzero(mine[cells["kind"]])
        leads = cells is self.recent
        shape = (len(self.forecast.new), _LEADS if leads else self.forecast.new.shape[1])
        where = cells["group"][at] * shape[1] + cells["place"][at]
        packages: Floats = cells["packages"][at].astype(np.float64)
        summed: Floats = np.bincount(where, packages, shape[0] * shape[1]).astype(np.float64)
        return summed.reshape(shape)

    def effect(self, scenario: Scenario) -> tuple[Forecast, Floats, Floats]:
        """What a scenario changes, see `under`; errors are those of `moves`."""
        return self.under(self.changes(scenario))

    def under(
        self, changes: tuple[Floats, ...], part: Floats | None = None
    ) -> tuple[Forecast, Floats, Floats]:
        """What changes come to, as `vtrkit.forecast.windows.windows` wants it.

        Args:
            changes: of a scenario.
            part: how much of it is done in each group, 0 to 1; all of it if none is given.

        Returns:
            The forecast with the defects and packages that a lever adds which moves valid or
            exempt ones; of the defects and of the unverified packages among those not yet shipped,
            the share that becomes valid (2 × G × D); and of the known packages not yet delivered,
            how many do (G × D).
        """
        done = 1.0 if part is None else part[:, None]
        rescued, moved, spoilt, joined = (done * whole for whole in changes)
        return self._with(spoilt, joined), np.minimum(rescued, 1.0), moved

    def changes(self, scenario: Scenario) -> tuple[Floats, ...]:
        """What a scenario rescues, moves, spoils and brings in; errors are of `moves`."""
        each = np.zeros((5, *self.forecast.new.shape))
        rescued, (moved, spoilt, joined) = each[:2], each[2:]
        for lever, (failing, on_way, stays, joins) in self.moves(scenario):
            rescued += lever.scanned * failing
            moved += lever.scanned * on_way
            spoilt += (1 - lever.scanned) * (stays + joins)
            joined += joins
        return rescued, moved, spoilt, joined

    @cached_property
    def counts_last(self) -> Flags:
        """Whether a promised day counts on the last day foreseen (G × D)."""
        made, day = self.forecast, np.arange(self.forecast.new.shape[1])
        inside: Flags = (day >= made.start[:, -1:]) & (day <= made.end[:, -1:])
        return inside

    def moves(self, scenario: Scenario) -> Iterator[tuple[Lever, tuple[Floats, ...]]]:
        """What each lever moves (each G × D).

        Of the defects and of the unverified packages to come the share (2 × G × D); then packages
        on their way, valid ones to come, and exempt ones that count from then on.

        Raises:
            ParameterError: levers contradict each other.
            TallyError: the tally lacks a column that a lever goes by.
        """
        scenario = resolved(scenario, self.tally, self.forecast.closed_to)
        picked = [self.pick(lever) for lever in scenario.levers]
        check(scenario, self.kinds, [one.chosen for one in picked])
        new = self.forecast.new
        for lever, one in zip(scenario.levers, picked, strict=True):
            reach = lever.share * self._to_come * self._reach(lever)
            failing = _over(_times(one.failed, reach), self._failed)
            on_way = stays = joins = np.zeros_like(new)
            if lever.retroactive:
                on_way = lever.share * self._caught(lever) * one.on_way
            if lever.moves_all:
                all_ = self._failed.sum(axis=0) + self._valid
                joins = new * _over(_times(one.exempt, reach), all_)
                well = new - self.failing.sum(axis=0)
                stays = well * _over(_times(one.valid, reach), self._valid)
            yield lever, (failing, on_way, stays, joins)

    def _with(self, spoilt: Floats, joined: Floats) -> Forecast:
        """The forecast with further defects, as uncertain as by chance, and further packages."""
        made = self.forecast
        if not (spoilt.any() or joined.any()):
            return made
        grid = replace(made.grid, counted=made.grid.counted + joined)
        more = {n: getattr(made, n) + spoilt for n in ("sure", "loose", "blur")}
        return replace(made, grid=grid, **more)

    @cached_property
    def failing(self) -> Floats:
        """Defects, and unverified packages, expected among those to come (2 × G × D)."""
        made = self.forecast
        week = np.maximum(np.arange(made.new.shape[1]) - made.ahead, 0) // WEEK
        rate = made.drift.rate[:, np.minimum(week, made.drift.rate.shape[1] - 1)]
        unknown = made.new * made.unknown_share[:, None]
        return np.stack([(made.new - unknown) * rate, unknown])

    @cached_property
    def _promised(self) -> Ints:
        """The promised days."""
        return _day(self.forecast.grid.first) + np.arange(self.forecast.new.shape[1])

    @cached_property
    def _ship_days(self) -> Ints:
        """The ship day of each lead (rows) of each promised day (columns)."""
        return self._promised[None, :] - np.arange(EARLIEST, LATEST + 1)[:, None]

    @cached_property
    def _to_come(self) -> Floats:
        """Whether a package of a lead and promised day is shipped after what is known."""
        return (self._ship_days > _day(self.forecast.closed_to)).astype(float)

    @cached_property
    def _failed(self) -> Floats:
        """The recent defects, and unverified packages, that could still be shipped (2 × G × D)."""
        return _times(self._of_all[0], self._to_come)

    @cached_property
    def _valid(self) -> Floats:
        """The recent valid packages that could still be shipped (G × D)."""
        return _times(self._of_all[1], self._to_come)

    @cached_property
    def _of_all(self) -> tuple[Floats, ...]:
        return self._recent_of(np.ones(self.kinds.height, dtype=bool))

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

        Whether it can still be corrected on a later start, its promised day says; until the day
        after the as-of day the data do.
        """
        start, tomorrow = self._start(lever), self.forecast.as_of + timedelta(days=1)
        begun = max(start, tomorrow)
        all_ = reached(lever, np.array([_day(begun)]), start).item()
        on_way = (self._promised + PRESUMED_DAYS >= _day(begun)) | (begun == tomorrow)
        return np.where(on_way, all_, 0.0)


def _times(left: Floats, right: Floats) -> Floats:
    """The product of two matrices, the same bytes on any number of threads."""
    product: Floats = np.einsum("...gh,hd->...gd", left, right)
    return product


def _over(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def look_ahead(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike,
    days: int = 60,
    back: int = 0,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> Prospect:
    """A forecast made ready for as many scenarios as you like; it is asked for as an `outlook`.

    Raises:
        TallyError: the tally has no ship_date. Else see `vtrkit.outlook`.
    """
    return prospect(tally, Question.of(as_of, by, **question), days, back)


def prospect(
    tally: pl.DataFrame | pl.LazyFrame, question: Question, days: int, back: int = 0
) -> Prospect:
    """What `look_ahead` makes, of a question."""
    if "ship_date" not in keys(tally):
        raise TallyError("levers act on ship days; the tally has no ship_date")
    made = forecast(tally, question, days=days, back=back)
    return Prospect.of(tally, made, question)
