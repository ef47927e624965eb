"""What a lever selects: kinds of packages, and how many of them it moves on which ship day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vtrkit.errors import ParameterError, TallyError
from vtrkit.whatif.levers import SELECTS, Lever, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_DAY = -(2**20)
"""Stands for a day that is not known: before any start."""
_SLACK = 1e-9
"""Shares such as 0.2, 0.4, 0.3 and 0.1 add up to a trifle more than one."""


@dataclass(frozen=True)
class Picked:
    """The packages that one selection is about, as whole counts.

    `chosen` are the kinds of the board that it names; `span`, `reason`, `enforced` and `awaited`
    (whether a first scan may still come) name the parts, in order; `ship_day` and `packages`
    belong to their members, of which part i begins at `first[i]`.
    """

    chosen: Flags
    span: Ints
    reason: Ints
    enforced: Ints
    awaited: Ints
    first: Ints
    ship_day: Ints
    packages: Floats

    def summed(self, weight: Floats | float = 1.0) -> Floats:
        """The packages of each part, each ship day with its weight."""
        if not self.first.size:
            return np.zeros(0)
        sums: Floats = np.add.reduceat(self.packages * weight, self.first)
        return sums

    def started(self, lever: Lever) -> Floats:
        """The packages of each part that ship on or after the lever's start."""
        return self.summed(np.ceil(ramp(lever, self.ship_day)))

    def moved(self, lever: Lever) -> Floats:
        """The packages of each part that the lever moves: expected, not whole."""
        return self.summed(lever.share * ramp(lever, self.ship_day))


def codes(column: pl.Series) -> Ints:
    """Names of closed lists, days and flags as numbers; `NO_DAY` where there is none."""
    numbers = column.cat.physical() if isinstance(column.dtype, pl.Enum) else column
    whole = numbers.cast(pl.Int64)
    known: Ints = (whole.fill_null(NO_DAY) if whole.null_count() else whole).to_numpy()
    return known


def ramp(lever: Lever, ship_day: Ints, start: date | None = None) -> Floats:
    """How much of a lever's share is moved on a ship day, 0 to 1; all of it without a start."""
    return reached(lever, ship_day, start) * lever.later


def reached(lever: Lever, ship_day: Ints, start: date | None = None) -> Floats:
    """Likewise, of packages on their way as well."""
    begins = lever.start or start
    if begins is None:
        return np.ones(len(ship_day))
    since = ship_day - (begins - date(1970, 1, 1)).days + 1
    return np.clip(since / lever.ramp_days, 0.0, 1.0)


def check(scenario: Scenario, kinds: pl.DataFrame, of: Sequence[Flags]) -> None:
    """Refuse levers that would move some packages more than once; `of` are the kinds of each.

    A lever has no end, so its start does not matter here: two that move more than all of the same
    packages are refused even where the windows of today hold no ship day of both.

    Raises:
        ParameterError: the shares of levers on the same packages add up to more than one.
    """
    total = np.zeros(kinds.height)
    for lever, on in zip(scenario.levers, of, strict=True):
        total += lever.share * on
    if total.max(initial=0.0) <= 1 + _SLACK:
        return
    worst = int(total.argmax())
    names = [x.name for x, on in zip(scenario.levers, of, strict=True) if on[worst]]
    kind = ", ".join(str(value) for value in kinds.row(worst))
    raise ParameterError(
        f"scenario {scenario.name}: {' and '.join(names)} contradict each other: of the same "
        f"packages ({kind}) they move {total[worst]:.4g} times as many as there are; lower "
        "their shares to 1 together"
    )


class Kinds:
    """Kinds of packages, of which one lever after the other asks which it selects."""

    def __init__(self, kinds: pl.DataFrame) -> None:
        """A row is a kind, a column what levers go by."""
        self._kinds = kinds
        self._numbered: dict[str, tuple[list[str | None], Ints]] = {}

    def chosen(self, lever: Lever) -> Flags:
        """Which kinds a lever selects.

        Raises:
            TallyError: the tally lacks a column that the lever goes by.
        """
        named = {n: getattr(lever, n) for n in SELECTS if getattr(lever, n)}
        for name in named:
            if name not in self._kinds.columns:
                raise TallyError(
                    f"lever {lever.name} goes by {name}, which the tally does not have"
                )
        mine = np.ones(self._kinds.height, dtype=bool)
        for name, values in (named | {"reason": lever.reasons}).items():
            names, numbers = self._numbers(name)
            wanted = {*map(str, values)}
            mine &= np.array([each in wanted for each in names], dtype=bool)[numbers]
        return mine

    def _numbers(self, name: str) -> tuple[list[str | None], Ints]:
        """The names in a column, and of each kind the place of its own among them."""
        if name not in self._numbered:
            # numbers are compared in a hundredth of the time that an expression takes to be made
            texts = self._kinds[name].cast(pl.String)
            names = [*texts.drop_nulls().unique().sort(), None]
            ranks = texts.rank("dense").cast(pl.Int64) - 1
            numbers = ranks.fill_null(len(names) - 1).to_numpy()
            self._numbered[name] = names, numbers
        return self._numbered[name]
