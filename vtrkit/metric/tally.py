"""Packages to daily tallies, and tallies to coarser or merged tallies.

A tally is a sum: free of personal data, mergeable in any order, and the only thing from which
rates are computed. Its `rules` column holds the hash of what judged the packages, as the single
value of an Enum, so that tallies judged under different rules refuse to be added up.
"""

from collections.abc import Sequence

import polars as pl

from vtrkit.errors import TallyError, nearest
from vtrkit.facts.checked import checks
from vtrkit.given import lazy, read_names
from vtrkit.metric import packed_keys
from vtrkit.metric.arrivals import COUNTED
from vtrkit.schema import (
    COUNTS,
    DELIVERY_UNITS,
    OUTCOMES_OF,
    SCAN_DELAY,
    SCAN_DELAY_KEY,
    SCAN_DELAYS,
    SKU_KEY,
    TALLY_KEY,
    VIEW_KEY,
    Frame,
    Outcome,
    Reason,
    like,
)

_RULES = "rules"
_AWAITED = "unscanned_since"
_SINCE = pl.when(pl.col("reason") == Reason.NO_SCAN).then("ship_date").alias(_AWAITED)


@checks
def tally(verdicts: Frame, by: str | Sequence[str] = TALLY_KEY) -> Frame:
    """How many packages there are of each kind on each day, and how many of them were late.

    ```
    account  marketplace  category  …  promised_date  enforced  reason   packages  …
    default  US           Shoes        2026-01-05     true      valid    188
    default  US           Shoes        2026-01-05     true      no_scan  2
    ```

    Args:
        verdicts: what `classify` returns.
        by: the key columns; all of `TALLY_KEY` (the full tally) or fewer. `scan_delay` among them
            is the number of days from shipping to the first scan; see `scan_delay`.

    Returns:
        One row per key with the Int64 counts packages, units, ship_judged (ship day and ship-by
        day known), shipped_late, delivered, delivery_judged (due when its tracking was exported,
        and delivered or attempted by then), delivered_late, undelivered (likewise due, and
        neither), the last three in units, correctable and underway, and `rules`; see
        `vtrkit.schema.COUNTS`.

    Raises:
        TallyError: the packages are not judged, or have no such key column.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 2]})
        >>> tally(classify(packages), by=["reason"]).sort("reason").select(
        ...     "reason", "packages").rows()
        [('no_scan', 1), ('valid', 1)]
    """
    key, judged = read_names(by, "by"), lazy(verdicts, "verdicts")
    names = judged.collect_schema().names()
    if "packages" in names:
        raise TallyError("this is a tally already; vtrkit.rollup makes a coarser one of it")
    if _RULES not in names:
        raise TallyError("these packages are not judged yet; judge them first: vtrkit.classify")
    if "scan_delay" in key:
        judged = judged.with_columns(_days_to_scan().alias("scan_delay"))
    if _AWAITED in key:
        judged = judged.with_columns(_SINCE)
    _refuse_unknown(key, judged.collect_schema().names(), "the table of packages has")
    cells = packed_keys.group(judged, key, _SUMS).select(*key, *_UNPAIRED)
    return like(cells.with_columns(_rules_of(verdicts)), verdicts)


@checks
def merge(first: Frame, *others: Frame) -> Frame:
    """The tally of all packages of several tallies; the packages must be disjoint.

    Raises:
        TallyError: the tallies were judged under different rules, or differ in their keys.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> monday, tuesday = (
        ...     tally(classify(pl.DataFrame({"order_id": [day], "scans": [1]})), by=["reason"])
        ...     for day in ("mon", "tue"))
        >>> merge(monday, tuesday).select("reason", "packages").rows()
        [('valid', 2)]
    """
    tallies = [lazy(t, "tally") for t in (first, *others)]
    for one in tallies:
        keys(one)
    schemas = [t.collect_schema() for t in tallies]
    of_one_kind(schemas)
    together = pl.concat([t.select(schemas[0].names()) for t in tallies])
    return like(rollup(together, keys(first)), first)


def of_one_kind(schemas: Sequence[pl.Schema]) -> None:
    """Refuse tallies that must not be added up.

    Raises:
        TallyError: they were judged under different rules, or differ in their keys.
    """
    if len({tuple(s[_RULES].categories) for s in schemas}) > 1:  # type: ignore[attr-defined]
        raise TallyError(
            f"these {len(schemas)} tallies were judged under different rules; judge the packages "
            "again under one set of rules, then merge"
        )
    if len({frozenset(s.names()) for s in schemas}) > 1:
        raise TallyError("these tallies have different columns; roll them up to the same keys")


@checks
def rollup(tally: Frame, by: str | Sequence[str] = VIEW_KEY) -> Frame:
    """A coarser tally: the same packages under fewer keys. The default is the *view*.

    Raises:
        TallyError: the tally has no such key.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [2, 2],
        ...                          "category": ["Shoes", "Toys"]})
        >>> rollup(tally(classify(packages)), ["reason"]).select("reason", "packages").rows()
        [('valid', 2)]
    """
    key, known = read_names(by, "by"), [*keys(tally)]
    cells = tally.lazy()
    if _AWAITED in key and _AWAITED not in known and "ship_date" in known:
        cells = cells.with_columns(_SINCE)
        known.append(_AWAITED)
    _refuse_unknown(key, known, "the tally has")
    summed = cells.group_by(key).agg(pl.col(COUNTS).sum())
    return like(summed.with_columns(_rules_of(tally)), tally)


def _refuse_unknown(names: Sequence[str], known: Sequence[str], which: str) -> None:
    for name in names:
        if name not in known:
            near = nearest(name, known)
            raise TallyError(f"{which} no column {name}{near}; it has {', '.join(known)}")


def keys(tally: pl.DataFrame | pl.LazyFrame) -> list[str]:
    """The key columns of a tally.

    Raises:
        TallyError: it is none.
    """
    names = lazy(tally, "tally").collect_schema().names()
    if not {"packages", _RULES} <= set(names):
        raise TallyError(
            "this table is no tally; make one: vtrkit.tally(vtrkit.classify(packages))"
        )
    return [n for n in names if n not in (*COUNTS, _RULES)]


@checks
def scan_delay(given: Frame) -> Frame:
    """How many packages of each carrier and ship day had their first scan after how many days.

    ```
    …  carrier_id  ship_date   scan_delay  packages
       ups         2026-01-05  0           188
       ups         2026-01-05  none        2
    ```

    Args:
        given: a full tally, or what `classify` returns; exempt packages are left out.

    Returns:
        One row per `SCAN_DELAY_KEY` with packages (Int64), and `rules`. `scan_delay` is a number
        of days up to 30 (or more), `some day` where only that it was scanned is known, `none`
        where scan data show none, or `not known`.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, None]})
        >>> scan_delay(classify(packages)).select("scan_delay", "packages").sort(pl.all()).rows()
        [('none', 1), ('not known', 1)]
    """
    columns = (*SCAN_DELAY_KEY, "packages", _RULES)
    tallied = "packages" in lazy(given, "tally").collect_schema()
    full = given if tallied else tally(given, (*SCAN_DELAY_KEY, "reason"))
    counted = full.filter(~pl.col("reason").is_in(OUTCOMES_OF[Outcome.EXEMPT]))
    return rollup(counted, SCAN_DELAY_KEY).select(columns)


def _days_to_scan() -> pl.Expr:
    days = (pl.col("first_scan_date") - pl.col("ship_date")).dt.total_days().clip(0, 30)
    # a delivery is a scan, on a day that may not be known
    unknown = pl.col("scans").is_null() & pl.col("delivered_date").is_null()
    code = pl.when(unknown).then(SCAN_DELAYS.index("not known")).otherwise(days)
    scanned = code.fill_null(SCAN_DELAYS.index("some day"))
    none = pl.when(pl.col("scans") == 0).then(SCAN_DELAYS.index("none"))
    return pl.coalesce(none, scanned).cast(pl.UInt8).cat.to(SCAN_DELAY)


def sku_tally(verdicts: Frame) -> Frame:
    """How many packages of each sku there are of each reason: which skus cause most defects.

    ```
    account  marketplace  sku    promised_date  reason   packages  units
    default  US           SKU-1  2026-01-05     no_scan  2         3
    ```

    Args:
        verdicts: what `classify` returns.

    Returns:
        One row per `SKU_KEY` with packages, units (Int64; a package whose units nobody knows
        counts as one), those judged, late and undelivered, and `rules`. A package of several skus
        stands under the dearest of them, one whose sku is not known under null.

    Examples:
        >>> import polars as pl
        >>> from vtrkit import classify
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 0], "sku": ["A", "A"],
        ...                          "quantity": [3, None]})
        >>> sku_tally(classify(packages)).select("sku", "reason", "packages", "units").rows()
        [('A', 'no_scan', 2, 4)]
    """
    counts = {name: _number(name).sum() for name in ("units", *DELIVERY_UNITS)}
    cells = verdicts.lazy().group_by(SKU_KEY).agg(packages=pl.len().cast(pl.Int64), **counts)
    return like(cells.with_columns(_rules_of(verdicts)), verdicts)


def fill_calendar(daily: pl.DataFrame, by: Sequence[str], day: str) -> pl.DataFrame:
    """Every day between the first and the last one for every group, quiet days with zero counts."""
    if daily.is_empty():
        return daily
    span = pl.date_range(pl.col(day).min(), pl.col(day).max())
    every = daily.select(by).unique().join(daily.select(span), how="cross")
    counts = [n for n in daily.columns if n not in (*by, day)]
    return (
        every.join(daily, on=[*by, day], how="left")
        .with_columns(pl.col(counts).fill_null(0))
        .sort(*by, day)
    )


def _rules_of(frame: pl.DataFrame | pl.LazyFrame) -> pl.Expr:
    dtype = frame.lazy().collect_schema()[_RULES]
    return pl.lit(dtype.categories[0], dtype).alias(_RULES)  # type: ignore[attr-defined]


_PAIRS = list(zip(COUNTS[1::2], COUNTS[2::2], strict=True))
_HALF = 2**32


def _number(name: str) -> pl.Expr:
    return COUNTED[name].fill_null(0).cast(pl.Int64)


# Two counts that stay below 2**31 in a cell share the sum of one Int64: fewer sums, less time.
_SUMS = {
    "packages": pl.len().cast(pl.Int64),
    **{a: (_number(a) + _number(b) * _HALF).sum() for a, b in _PAIRS},
}
_UNPAIRED = [
    pl.col("packages"),
    *(e for a, b in _PAIRS for e in (pl.col(a) % _HALF, (pl.col(a) // _HALF).alias(b))),
]
