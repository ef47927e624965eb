"""A tally made ready for scenarios: read once, after which a lever moves in milliseconds.

```
tally ─▶ Board ── pick(lever) ─▶ Picked: its packages by window, reason and ship day
                                   └── moved(lever) ─▶ how many of them the lever moves
```

Counts are whole until the share, the ramp and the scan share of a lever multiply them, once. The
functions of `vtrkit.whatif.apply` take a tally too, and make the board themselves.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Unpack

import numpy as np
import polars as pl

from vtrkit.errors import TallyError
from vtrkit.metric.coming_days import decided_misses
from vtrkit.metric.rates import with_coming
from vtrkit.metric.tally import keys
from vtrkit.metric.target import STRICT
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question
from vtrkit.schema import CATEGORY, REASON
from vtrkit.whatif.levers import SELECTS, Lever, Scenario
from vtrkit.whatif.selection import NO_DAY, Flags, Ints, Kinds, Picked, codes

_DAY_BITS = 22
_WHAT_BITS = 30
"""A cell's reason, whether it is enforced, whether its first scan may still come, and its ship day
make one number, as do they and its span: fewer keys, less time."""
SPANS = 3
"""Spans of a row: its window, the weeks of usual defects, and the days that leave next."""
_KEPT = 64
_ANY = "any"


@dataclass(frozen=True)
class Ahead:
    """The decided windows of coming days, by group and day, as far as they are watched.

    `start` and `stop` are places in the running sums over the days of all groups watched.
    """

    group: Ints
    start: Ints
    stop: Ints
    counted: Ints
    valid: Ints
    target_bp: Ints
    strict: Ints


@dataclass(frozen=True)
class Board:
    """The windows of a tally before any scenario, and its cells as arrays.

    Cells are in order of group and promised day, which `place` holds as one number. A span is a
    stretch of promised days of one group, and so of cells, from `span_first` to before
    `span_stop`: first the windows, as many as `before` has rows; then for each of them the weeks
    whose defects are the usual ones, and the days whose defects leave next (both empty but for the
    days that count); then the single days of the coming windows `ahead`.
    """

    by: tuple[str, ...]
    before: pl.DataFrame
    coming: pl.DataFrame
    kinds: pl.DataFrame
    kind: Ints
    what: Ints
    packages: Ints
    place: Ints
    span_first: Ints
    span_stop: Ints
    ahead: Ahead
    dated: bool
    tally: pl.DataFrame | pl.LazyFrame = field(repr=False)
    closed_to: date
    _picked: dict[tuple[Any, ...], Picked] = field(default_factory=dict, repr=False)

    def asked_of(self, scenario: Scenario) -> "Board":
        """The board that can answer a scenario: more groups are watched where a rate may fall.

        Who only turns failing packages valid lets no coming day fall that did not before.
        """
        return self._watching_all if any(x.moves_all for x in scenario.levers) else self

    @cached_property
    def _watching_all(self) -> "Board":
        return self.watch(self.coming)

    def watch(self, coming: pl.DataFrame) -> "Board":
        """The same board with the coming days of some groups among its spans.

        Args:
            coming: rows of `coming`, those of each group together.
        """
        windows, group = SPANS * self.before.height, codes(coming["group"])
        watched, of = np.unique(group, return_inverse=True)
        first, last = codes(coming["window_start"]), codes(coming["window_end"])
        since = int(first.min(initial=2**20))
        days = max(0, int(last.max(initial=-1)) - since + 1)
        place = watched[:, None] << _DAY_BITS
        at = (place + np.arange(since, since + days) - NO_DAY).ravel()
        ends = (np.searchsorted(self.place, at, side) for side in ("left", "right"))
        begin, stop = (
            np.append(all_[:windows], day)
            for all_, day in zip((self.span_first, self.span_stop), ends, strict=True)
        )
        ahead = Ahead(
            group=group,
            start=of * days + first - since,
            stop=of * days + last - since + 1,
            strict=codes(coming.select(STRICT).to_series()),
            **{n: codes(coming[n]) for n in ("counted", "valid", "target_bp")},
        )
        return replace(self, ahead=ahead, span_first=begin, span_stop=stop, _picked={})

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
            self._picked[asked] = self._pick(self._asked.chosen(lever))
        return self._picked[asked]

    @cached_property
    def _asked(self) -> Kinds:
        return Kinds(self.kinds)

    def _pick(self, chosen: Flags) -> Picked:
        at = np.flatnonzero(chosen[self.kind])
        first, stop = np.searchsorted(at, self.span_first), np.searchsorted(at, self.span_stop)
        members = np.maximum(stop - first, 0)
        span = np.repeat(np.arange(len(first)), members)
        skipped = first - np.cumsum(members) + members
        cell = at[np.arange(len(span)) + np.repeat(skipped, members)]
        return _packed(chosen, (span << _WHAT_BITS) + self.what[cell], self.packages[cell])


def _packed(chosen: Flags, keys: Ints, counts: Ints) -> Picked:
    """Cells summed by span, reason, enforced, awaited and ship day, in this order."""
    # sorted, and summed as whole numbers: the same bytes on any number of threads
    cells = pl.DataFrame({"key": keys, "packages": counts})
    key, packages = cells.group_by("key").agg(pl.col("packages").sum()).sort("key")
    packed = key.to_numpy()
    parts = packed >> _DAY_BITS
    first = np.flatnonzero(np.diff(parts, prepend=-1))
    of_part = parts[first]
    return Picked(
        chosen=chosen,
        span=of_part >> (_WHAT_BITS - _DAY_BITS),
        reason=of_part % (1 << (_WHAT_BITS - _DAY_BITS)) >> 2,
        enforced=of_part >> 1 & 1,
        awaited=of_part & 1,
        first=first,
        ship_day=packed % (1 << _DAY_BITS) + NO_DAY,
        packages=packages.to_numpy().astype(float),
    )


def prepare(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike,
    by: NamesLike = CATEGORY,
    view: pl.DataFrame | None = None,
    **question: Unpack[Asking],
) -> Board:
    """A tally made ready for as many scenarios as you like; the arguments are those of `rates`.

    `view` has the same packages under fewer keys, where they are at hand.

    Raises:
        TallyError: see `rates`.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import Scenario, apply, classify, tally
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
    asked = Question.of(as_of, by, **question)
    table, decided = with_coming(tally if view is None else view, asked)
    by = asked.by
    number = pl.struct(by).rle_id() if by else pl.lit(0, pl.UInt32)
    before = table.with_columns(group=number)
    groups = before.select(*by, "market", "group").unique()
    cells, kinds = _cells(tally, before, asked)
    place, spans = _place(cells["group"], cells["promised_date"]), _spans(before)
    none = np.zeros(0, np.int64)
    board = Board(
        by=by,
        before=before,
        coming=decided.join(groups, on=[*by, "market"]).sort("group", "window_start"),
        kinds=kinds,
        kind=codes(cells["kind"]),
        what=_what(cells),
        packages=codes(cells["packages"]),
        place=place,
        span_first=np.searchsorted(place, spans[0]),
        span_stop=np.searchsorted(place, spans[1], side="right"),
        ahead=Ahead(*[none] * 7),
        dated="ship_date" in keys(tally),
        tally=tally,
        closed_to=asked.closed_to,
    )
    fallen = board.coming.filter(decided_misses().any().over("group"))
    return board.watch(fallen)


def _spans(rows: pl.DataFrame) -> tuple[Ints, Ints]:
    """The places of the first and last promised day of each span."""
    own = [
        rows.select(pl.when("is_enforced_window").then(name)).to_series()
        for name in ("window_end", "leaving_end")
    ]
    starts = (rows["window_start"], rows["usual_start"], rows["window_start"])
    first, last = (
        [_place(rows["group"], days) for days in several]
        for several in (starts, (rows["window_end"], *own))
    )
    return np.concatenate(first), np.concatenate(last)


def _place(group: pl.Series, day: pl.Series) -> Ints:
    """Group and promised day as one number in their order; a day that there is not is before all.

    A day in the thousands of years has 22 bits.
    """
    return (codes(group) << _DAY_BITS) + codes(day) - NO_DAY


def _what(cells: pl.DataFrame) -> Ints:
    """A cell's reason, enforcement, awaited scan and ship day, as one number."""
    reason, enforced, awaited, shipped = (
        codes(cells[n]) for n in ("reason", "enforced", "awaited", "ship_day")
    )
    return (((reason * 2 + enforced) * 2 + awaited) << _DAY_BITS) + shipped - NO_DAY


def _cells(
    tally: pl.DataFrame | pl.LazyFrame, rows: pl.DataFrame, question: Question
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The cells of each group since its first window, in order; and what kinds there are."""
    has, by = keys(tally), question.by
    by_kind = [n for n in has if n in SELECTS]
    since = rows.select(pl.min_horizontal(pl.col("window_start", "usual_start").min())).item()
    groups = rows.select(pl.lit(0).alias(_ANY), "group", *by).unique().lazy()
    ship_day = pl.col("ship_date") if "ship_date" in has else pl.lit(None, pl.Date)
    recent = tally.lazy().filter(pl.col("promised_date") >= pl.lit(since, pl.Date))
    cells = (
        question.still_open(recent)
        .with_columns(pl.lit(0).alias(_ANY), pl.col("reason").cast(REASON))
        .join(groups, on=[_ANY, *by])
        .group_by(*by_kind, "group", "promised_date", "enforced", ship_day=ship_day)
        .agg(pl.col("packages", "awaited").sum())
        .collect()
    )
    kinds = cells.select(by_kind).unique().sort(by_kind).with_row_index("kind")
    told = cells.join(kinds, on=by_kind)
    waiting = told.filter(pl.col("awaited") > 0).with_columns(packages="awaited", awaited=1)
    rest = told.with_columns(packages=pl.col("packages") - pl.col("awaited"), awaited=0)
    both = pl.concat([rest, waiting])
    return both.sort("group", "promised_date"), kinds.drop("kind")
