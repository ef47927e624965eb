"""A tally made ready for scenarios: read once, after which a lever moves in milliseconds.

```
tally ─▶ Board ── pick(lever) ─▶ Picked: its packages by window, reason and ship day
                                   └── moved(lever) ─▶ how many of them the lever moves
```

Counts are whole until the share, the ramp and the scan share of a lever multiply them, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vtrkit.budget import Target
from vtrkit.errors import ParameterError, TallyError
from vtrkit.levers import SELECTS, Lever, Scenario
from vtrkit.policy import Rules
from vtrkit.rates import measured
from vtrkit.schema import REASON, REASONS, Outcome, Reason
from vtrkit.tally import keys

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

REASON_NAMES = [str(reason) for reason in Reason]
_OUTCOMES = np.array([str(REASONS[reason].outcome) for reason in Reason])
IS_VALID, IS_UNKNOWN, IS_EXEMPT = (
    (np.append(_OUTCOMES, "") == outcome)[:-1].astype(float)
    for outcome in (Outcome.VALID, Outcome.UNKNOWN, Outcome.EXEMPT)
)
"""By the code of a reason, 1 where its packages are valid, unverified or exempt, else 0."""
_DAY_BITS = 22
_WHAT_BITS = 28
"""A cell's reason, whether it is enforced, and its ship day make one number, as do they and its
span: fewer keys, less time."""
_NO_DAY = -(2**20)
_KEPT = 64
_ANY = "any"
_SLACK = 1e-9
"""Shares such as 0.1, 0.2 and 0.7 add up to a trifle more than one."""


@dataclass(frozen=True)
class Picked:
    """The packages that one selection is about, as whole counts.

    `chosen` are the kinds of the board that it names; `span`, `reason` and `enforced` name the
    parts, in order; `ship_day` and `packages` belong to their members, of which part i begins at
    `first[i]`.
    """

    chosen: Flags
    span: Ints
    reason: Ints
    enforced: Ints
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


def ramp(lever: Lever, ship_day: Ints, start: date | None = None) -> Floats:
    """How much of a lever's share is reached on a ship day, 0 to 1; all of it without a start."""
    begins = lever.start or start
    if begins is None:
        return np.ones(len(ship_day))
    since = ship_day - (begins - date(1970, 1, 1)).days + 1
    return np.clip(since / lever.ramp_days, 0.0, 1.0)


@dataclass(frozen=True)
class Board:
    """The windows of a tally before any scenario, and its cells as arrays.

    A span is a stretch of promised days of one group: first the windows, as many as `before` has
    rows, then for each of them the weeks whose defects are the usual ones (empty but for the
    enforced window).
    """

    by: tuple[str, ...]
    before: pl.DataFrame
    kinds: pl.DataFrame
    cells: dict[str, Ints]
    group: Ints
    span_first: Ints
    span_last: Ints
    dated: bool
    _picked: dict[tuple[Any, ...], Picked] = field(default_factory=dict, repr=False)

    @cached_property
    def _spans_of(self) -> Ints:
        """The spans of each group that are not empty, a row each, filled up with -1."""
        span = np.flatnonzero(self.span_last >= self.span_first)
        owner = np.concatenate([self.group, self.group])[span]
        order = np.argsort(owner, kind="stable")
        span, owner = span[order], owner[order]
        place = np.arange(len(span)) - np.searchsorted(owner, owner)
        shape = (int(self.group.max(initial=-1)) + 1, int(place.max(initial=-1)) + 1)
        table = np.full(shape, -1)
        table[owner, place] = span
        return table

    def pick(self, lever: Lever) -> Picked:
        """The packages that a lever selects, kept for the next lever of the same selection.

        Raises:
            TallyError: the tally lacks a column that the lever goes by.
        """
        if lever.start and not self.dated:
            raise TallyError(f"lever {lever.name} has a start; the tally has no ship_date for it")
        asked = (*(getattr(lever, name) for name in SELECTS), lever.moves_all)
        if asked not in self._picked:
            if len(self._picked) >= _KEPT:
                self._picked.clear()
            self._picked[asked] = self._pick(chosen(self.kinds, lever))
        return self._picked[asked]

    def _pick(self, chosen: Flags) -> Picked:
        at = np.flatnonzero(chosen[self.cells["kind"]])
        promised, what, packages = (self.cells[n][at] for n in ("promised", "what", "packages"))
        keys, counts = [], []
        for span in self._spans_of[self.cells["group"][at]].T:
            inside = (self.span_first[span] <= promised) & (promised <= self.span_last[span])
            inside &= span >= 0
            keys.append((span[inside] << _WHAT_BITS) + what[inside])
            counts.append(packages[inside])
        none = [np.zeros(0, np.int64)]
        return _packed(chosen, np.concatenate(keys or none), np.concatenate(counts or none))


def check(scenario: Scenario, kinds: pl.DataFrame, of: Sequence[Flags]) -> None:
    """Refuse levers that would move some packages more than once; `of` are the kinds of each.

    A lever has no end, so its start does not matter here.

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


def chosen(kinds: pl.DataFrame, lever: Lever) -> Flags:
    """Which kinds of packages a lever selects.

    Raises:
        TallyError: the tally lacks a column that the lever goes by.
    """
    named = {n: getattr(lever, n) for n in SELECTS if getattr(lever, n)}
    for name in named:
        if name not in kinds.columns:
            raise TallyError(f"lever {lever.name} goes by {name}, which the tally does not have")
    named["reason"] = lever.reasons
    fits = [pl.col(n).cast(pl.String).is_in(list(map(str, v))) for n, v in named.items()]
    return kinds.select(pl.all_horizontal(fits)).to_series().to_numpy()


def _packed(chosen: Flags, keys: Ints, counts: Ints) -> Picked:
    """Cells summed by span, reason, enforced and ship day, in this order."""
    # sorted, and summed as whole numbers: the same bytes on any number of threads
    cells = pl.DataFrame({"key": keys, "packages": counts})
    key, packages = cells.group_by("key").agg(pl.col("packages").sum()).sort("key")
    codes = key.to_numpy()
    parts = codes >> _DAY_BITS
    first = np.flatnonzero(np.diff(parts, prepend=-1))
    of_part = parts[first]
    return Picked(
        chosen=chosen,
        span=of_part >> (_WHAT_BITS - _DAY_BITS),
        reason=of_part % (1 << (_WHAT_BITS - _DAY_BITS)) >> 1,
        enforced=of_part & 1,
        first=first,
        ship_day=codes % (1 << _DAY_BITS) + _NO_DAY,
        packages=packages.to_numpy().astype(float),
    )


def prepare(  # noqa: PLR0913 - see rates
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: date,
    by: Sequence[str] = ("account", "marketplace", "category"),
    lag_days: int | None = None,
    target: Target | None = None,
    seen_to: date | None = None,
    rules: Rules | None = None,
) -> Board:
    """A tally made ready for as many scenarios as you like; the arguments are those of `rates`.

    Raises:
        TallyError: see `rates`.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> from vtrkit.whatif import apply
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 18)] * 200, "scans": [0] * 20 + [1] * 180})
        >>> board = prepare(tally(classify(packages)), as_of=date(2026, 2, 1), by=())
        >>> for share in (0, 0.5, 1):
        ...     lever = Lever(name="ask for scans", reason=("no_scan",), share=share)
        ...     print(apply(board, Scenario("scans", (lever,)))["vtr_after"][0])
        0.9
        0.95
        1.0
    """
    before = measured(
        tally,
        as_of=as_of,
        by=by,
        lag_days=lag_days,
        target=target,
        seen_to=seen_to,
        rules=rules,
    )
    first, last, group = _spans(before, by)
    since = min((int(day) for day in first[last >= first]), default=0)
    cells, kinds = _cells(tally, before, by, since)
    dated = "ship_date" in keys(tally)
    return Board(tuple(by), before, kinds, cells, group, first, last, dated)


def _spans(before: pl.DataFrame, by: Sequence[str]) -> tuple[Ints, Ints, Ints]:
    """First and last promised day of each span, and the group of each row."""
    ends = _codes(before["window_end"])
    usual = np.where(before["is_enforced_window"].to_numpy(), ends, _NO_DAY - 1)
    first = np.concatenate([_codes(before["window_start"]), _codes(before["usual_start"])])
    if not by:
        return first, np.concatenate([ends, usual]), np.zeros(before.height, dtype=np.int64)
    group = before.select(pl.struct(by).rle_id()).to_series().to_numpy().astype(np.int64)
    return first, np.concatenate([ends, usual]), group


def _codes(column: pl.Series) -> Ints:
    codes: Ints = column.to_physical().cast(pl.Int64).fill_null(_NO_DAY).to_numpy()
    return codes


def _cells(
    tally: pl.DataFrame | pl.LazyFrame, before: pl.DataFrame, by: Sequence[str], since: int
) -> tuple[dict[str, Ints], pl.DataFrame]:
    """The cells promised since a day, as codes; and what kinds of packages there are."""
    has = keys(tally)
    by_kind = [n for n in has if n in SELECTS]
    recent = tally.lazy().filter(pl.col("promised_date").to_physical() >= since)
    groups = before.select(pl.lit(0).alias(_ANY), *by).unique(maintain_order=True)
    numbered = groups.with_row_index("group").lazy()
    ship_day = pl.col("ship_date") if "ship_date" in has else pl.lit(None, pl.Date)
    cells = (
        recent.with_columns(pl.lit(0).alias(_ANY), pl.col("reason").cast(REASON))
        .join(numbered, on=[_ANY, *by])
        .select(*by_kind, "group", "promised_date", "enforced", "packages", ship_day=ship_day)
        .collect()
    )
    kinds = cells.select(by_kind).unique().sort(by_kind).with_row_index("kind")
    told = cells.join(kinds, on=by_kind)
    reason, enforced, shipped, promised = (
        _codes(told[n]) for n in ("reason", "enforced", "ship_day", "promised_date")
    )
    arrays: dict[str, Ints] = {n: _codes(told[n]) for n in ("kind", "group", "packages")}
    arrays["what"] = ((reason * 2 + enforced) << _DAY_BITS) + shipped - _NO_DAY
    return arrays | {"promised": promised}, kinds.drop("kind")
