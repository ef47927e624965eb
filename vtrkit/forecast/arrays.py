"""A tally as arrays: groups × promised days, which is what a forecast computes with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vtrkit.errors import OutsideError
from vtrkit.forecast.defect_rate import Floats, Whole
from vtrkit.given import lazy
from vtrkit.metric.coming_days import LEFT_OUT, as_left_out
from vtrkit.metric.tally import keys, rollup
from vtrkit.metric.target import COUNTS, IN_METRIC, PACKAGES, outcome_is
from vtrkit.metric.windows import Question, known_groups
from vtrkit.schema import UNKNOWN_CATEGORY, Outcome, Reason

MATURE_DAYS = 31
"""So many days after shipping, a package without a scan will get none."""
_HISTORY_DAYS = 90
"""Ship days or promised days from which usual delays are taken."""
_LONGEST_LEAD = 60
_FARTHEST = timedelta(days=120)
"""So long after the last promised day, no window of any rule holds a package."""
_LEAST_SHARE = 0.05
_SHARED = 50.0
"""Packages by which what all groups of an account do weighs against a group's own."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Grid:
    """Packages of each group (first axis) by promised day (second axis), as known.

    Args:
        groups: the groups, in order; `markets` names the marketplace whose rules each follows, and
            `among` numbers its account and marketplace: nothing is learned from another one's.
        first: the first promised day of the second axis; `began`, of the data of each group's
            account. `every` counts the packages in the metric, `undated` those of them that have
            no promised day.
        counted: packages in the metric, and likewise `valid`, `unknown`, `correctable`, `awaited`
            (their first scan may still come), `unshipped` (orders that are known), and
            `open_valid`, `open_defect` and `open_unknown`, which may be in the metric of the group.
        late_known: whether the data tell how late scans come (G × 1).
        owed: by how many the scanned packages will yet grow, if scans come as they usually do;
            0 where the data cannot tell. `owed_var`, its variance by chance.
        lead: share of a promised day's packages shipped at least h days before it, by h from 0;
            NaN where no ship day is known.
    """

    groups: pl.DataFrame
    markets: list[str]
    among: Whole
    first: date
    began: list[date]
    every: NDArray[np.int64]
    undated: NDArray[np.int64]
    counted: Floats
    valid: Floats
    unknown: Floats
    correctable: Floats
    awaited: Floats
    unshipped: Floats
    open_valid: Floats
    open_defect: Floats
    open_unknown: Floats
    late_known: NDArray[np.bool_]
    owed: Floats
    owed_var: Floats
    lead: Floats


_SUMS = {
    **{n: COUNTS[n] for n in ("counted", "valid", "unknown", "disputed_valid")},
    "disputed": COUNTS["disputed_packages"],
    "correctable": pl.col("correctable"),
    "awaited": pl.col("awaited"),
    "unshipped": PACKAGES.filter(pl.col("reason") == Reason.NOT_SHIPPED),
}
_GROWING = PACKAGES.filter(outcome_is(Outcome.VALID) & pl.col("scan_may_come"))
"""Valid packages of cells to which late scans may still be added."""
_DAY = "promised_date"


def grid(
    tally: pl.DataFrame | pl.LazyFrame,
    question: Question,
    groups: pl.DataFrame,
    *,
    first: date,
    last: date,
) -> Grid:
    """Read what a forecast needs of some groups from a tally, between two promised days.

    Packages of promised days after `closed_to` that were shipped after it are not known yet.
    """
    by, closed_to = question.by, question.closed_to
    numbered = groups.with_row_index("place").select("place", *by)
    dated = [n for n in ("ship_date",) if n in keys(tally)]
    inside = question.still_open(tally.lazy().filter(pl.col(_DAY).is_between(first, last)))
    sums = [cells.sum().alias(name) for name, cells in _SUMS.items()]
    sums += [_GROWING.sum().alias("growing"), pl.col("scan_may_come").any()]
    sums += [cells.sum().alias(name) for name, cells in LEFT_OUT.items()]
    cells = _placed(inside.group_by(*by, _DAY, *dated).agg(sums).collect(), numbered, by)
    if cells["left_out"].sum():
        ends = {n: question.window(m).end for n, m in enumerate(groups["market"])}
        now = pl.col("place").replace_strict(ends, return_dtype=pl.Date)
        cells = as_left_out(cells, ["place"], now, "disputed")
    shape = (groups.height, (last - first).days + 1)
    among = groups["among"].to_numpy()
    scanned = np.full((groups.height, MATURE_DAYS), np.nan)
    lead = np.full((groups.height, _LONGEST_LEAD + 1), np.nan)
    owed = owed_var = np.zeros(shape)
    if dated:
        lead = _lead(cells, among, closed_to)
        cells = _known(cells, closed_to)
        scans = scans_of(tally, question)
        if scans is not None:
            scanned = _scanned(scans, question, numbered, among)
            owed, owed_var = _owed(cells, scanned, shape, first, closed_to)
    return Grid(
        groups=groups.select(by),
        markets=groups["market"].to_list(),
        among=among,
        first=first,
        began=groups["began"].fill_null(closed_to + timedelta(days=1)).to_list(),
        every=groups["every"].to_numpy(),
        undated=groups["undated"].to_numpy(),
        late_known=~np.isnan(scanned[:, :1]),
        owed=owed,
        owed_var=owed_var,
        lead=lead,
        **_with_open({n: _array(cells, pl.col(n), shape, first) for n in _SUMS}, groups, by),
    )


def _with_open(
    counts: dict[str, Floats], groups: pl.DataFrame, by: Sequence[str]
) -> dict[str, Floats]:
    """Counts with those that may be: disputed ones, and for each category those of `(unknown)`."""
    disputed, holding = counts.pop("disputed"), counts.pop("disputed_valid")
    counts["open_valid"], counts["open_defect"] = holding.copy(), disputed - holding
    counts["open_unknown"] = np.zeros_like(disputed)
    if "category" not in by:
        return counts
    numbered = groups.select(by).with_row_index("place")
    others, nameless = [n for n in by if n != "category"], pl.col("category") == UNKNOWN_CATEGORY
    pairs = numbered.filter(~nameless).with_columns(one=1)
    pairs = pairs.join(
        numbered.filter(nameless).select("place", *others, one=1), on=[*others, "one"], suffix="_of"
    )
    to, of = pairs["place"].to_numpy(), pairs["place_of"].to_numpy()
    valid, unknown = counts["valid"], counts["unknown"]
    fails = counts["counted"] - valid - unknown
    counts["open_defect"][to] += (fails + disputed - holding)[of]
    counts["open_valid"][to] += (valid + holding)[of]
    counts["open_unknown"][to] = unknown[of]
    return counts


def groups_of(tally: pl.DataFrame | pl.LazyFrame, question: Question) -> pl.DataFrame:
    """The groups in order, with their marketplace, the first day of their account, and their size.

    Raises:
        OutsideError: the data know nothing of the days before the question.
        TallyError: the tally lacks a column.
    """
    known_groups(question.by)
    wanted = dict.fromkeys((*question.by, "marketplace", _DAY, "reason"))
    cells = question.market_of(rollup(lazy(tally, "tally"), list(wanted)).collect())
    groups = cells.group_by(*question.by, "market").agg(
        began=pl.col(_DAY).min(),
        ended=pl.col(_DAY).max(),
        every=COUNTS["counted"].sum(),
        undated=PACKAGES.filter(IN_METRIC & pl.col(_DAY).is_null()).sum(),
    )
    first, last = groups.select(pl.col("began").min(), pl.col("ended").max()).row(0)
    closed_to = question.closed_to
    if None not in (first, last) and not first <= closed_to <= last + _FARTHEST:
        raise OutsideError(
            f"as_of {closed_to}: the data hold packages promised from {first} to {last}; "
            f"give a day between the first and {_FARTHEST.days} days after the last of these"
        )
    reach = [n for n in ("account", "market") if n in (*question.by, "market")]
    ordered = groups.sort(question.by or ["market"])
    among = pl.struct(reach).rank("dense").cast(pl.Int64) - 1
    return ordered.with_columns(pl.col("began").min().over(reach), among=among)


def _placed(cells: pl.DataFrame, places: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Cells with the place of their group; the only one where groups are made by nothing."""
    return places.join(cells, on=key) if key else places.join(cells, how="cross")


def _known(cells: pl.DataFrame, closed_to: date) -> pl.DataFrame:
    """Of promised days to come, what was shipped by the day on which the books were closed."""
    shipped = pl.col("ship_date") <= closed_to
    return cells.filter((pl.col(_DAY) <= closed_to) | shipped.fill_null(True))


def _array(cells: pl.DataFrame, value: pl.Expr, shape: tuple[int, int], first: date) -> Floats:
    """The sum of an expression by group and promised day."""
    day = (pl.col(_DAY) - first).dt.total_days()
    place = (pl.col("place").cast(pl.Int64) * shape[1] + day).alias("at")
    at, values = cells.select(place, value.cast(pl.Float64).alias("value"))
    return _binned(at, values, shape)


def _binned(at: pl.Series, values: pl.Series, shape: tuple[int, int]) -> Floats:
    """The sum of the values at each place of a flattened array."""
    summed = np.bincount(at.to_numpy(), values.to_numpy(), shape[0] * shape[1])
    return summed.astype(np.float64).reshape(shape)


def _lead(cells: pl.DataFrame, among: Whole, closed_to: date) -> Floats:
    """The share of packages shipped at least h days before their promised day, h from 0."""
    days = (pl.col(_DAY) - pl.col("ship_date")).dt.total_days().clip(-1, _LONGEST_LEAD)
    since = closed_to - timedelta(days=_HISTORY_DAYS)
    recent = cells.filter(pl.col(_DAY).is_between(since, closed_to))
    at, n = recent.select(
        at=(pl.col("place") * (_LONGEST_LEAD + 2)).cast(pl.Int64) + days + 1, n=pl.col("counted")
    ).drop_nulls()
    share = _towards_all(_binned(at, n, (len(among), _LONGEST_LEAD + 2)), among)
    at_least: Floats = share[:, ::-1].cumsum(axis=1)[:, ::-1]
    return at_least[:, 1:]


def _of_all(counts: Floats, among: Whole) -> Floats:
    """The sum over all groups of an account and marketplace, for each of them."""
    every = np.zeros((among.max(initial=0) + 1, counts.shape[1]))
    np.add.at(every, among, counts)
    return every[among]


def _towards_all(counts: Floats, among: Whole) -> Floats:
    """Counts by kind to shares, each group's drawn a little towards those of all of its account.

    NaN where nothing is counted.
    """
    every = _of_all(counts, among)
    total = every.sum(axis=1, keepdims=True)
    common = every / np.where(total > 0, total, np.nan)
    mixed: Floats = (counts + _SHARED * common) / (counts.sum(axis=1, keepdims=True) + _SHARED)
    return mixed


def _scanned(cells: pl.LazyFrame, question: Question, places: pl.DataFrame, among: Whole) -> Floats:
    """The share of first scans that come within so many days of shipping, by group and days.

    From packages old enough to have had every scan; NaN where most first scans have no day.
    """
    age = (pl.lit(question.closed_to) - pl.col("ship_date")).dt.total_days()
    old = cells.filter(age.is_between(MATURE_DAYS, MATURE_DAYS + _HISTORY_DAYS))
    key = [n for n in question.by if n in cells.collect_schema()]
    counts = old.group_by(*key, "scan_delay").agg(pl.col("packages").sum()).collect()
    kind = pl.col("scan_delay").to_physical().cast(pl.Int64)
    scanned = counts.filter(kind <= MATURE_DAYS)  # the last one is "some day"
    here, kinds = _placed(scanned, places, key), MATURE_DAYS + 1
    at, n = here.select(pl.col("place").cast(pl.Int64) * kinds + kind, "packages")
    by_kind = _binned(at, n, (places.height, kinds))
    every, dated = _of_all(by_kind, among), by_kind[:, :MATURE_DAYS]
    upto: Floats = _towards_all(dated, among).cumsum(axis=1)
    upto[every[:, :MATURE_DAYS].sum(axis=1) <= every[:, MATURE_DAYS]] = np.nan
    return upto


def scans_of(tally: pl.DataFrame | pl.LazyFrame, question: Question) -> pl.LazyFrame | None:
    """Counted packages by days to their first scan: the tally's own, or those that were given."""
    if question.delays is not None:
        return question.delays.lazy()
    if not {"scan_delay", "ship_date"} <= set(keys(tally)):
        return None
    return tally.lazy().filter(IN_METRIC)


def _owed(
    cells: pl.DataFrame, scanned: Floats, shape: tuple[int, int], first: date, closed_to: date
) -> tuple[Floats, Floats]:
    """Scans still to come, in proportion to those that came: chain ladder.

    It does not ask how many packages are never scanned, so a rise of these does not mislead it.
    """
    age = (pl.lit(closed_to) - pl.col("ship_date")).dt.total_days()
    young = cells.with_columns(age=age).filter(
        "scan_may_come", pl.col("age").is_between(0, MATURE_DAYS - 1)
    )
    young = young.sort("place", _DAY, "age")  # sums of floats depend on their order
    known = np.nan_to_num(scanned[young["place"].to_numpy(), young["age"].to_numpy()], nan=1.0)
    so_far = np.maximum(known, _LEAST_SHARE)
    odds = young.with_columns(odds=pl.Series((1 - so_far) / so_far))
    more = pl.col("growing") * pl.col("odds")
    return (
        _array(odds, more, shape, first),
        _array(odds, more * (1 + pl.col("odds")) + pl.col("odds"), shape, first),
    )
