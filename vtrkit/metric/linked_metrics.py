"""What else Amazon asks of a tracked seller: on-time delivery, late shipment, programmes."""

from collections.abc import Sequence
from typing import Unpack

import polars as pl

from vtrkit.given import lazy
from vtrkit.metric.arrivals import as_told
from vtrkit.metric.requirements import Requirement, requirements
from vtrkit.metric.status import on_target
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import (
    COUNTS,
    OWN_OPEN,
    share,
    with_budget,
)
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question
from vtrkit.rules.policy_files import BASIS_POINTS
from vtrkit.schema import (
    DELIVERY_UNITS,
    FEW,
    GROUP,
    NOT_YOURS,
    OUTCOMES_OF,
    UNNAMED_MARKETPLACE,
    Outcome,
    Reason,
)

COVERED_BP = 9_000
"""Below so many in 10,000 packages with known arrival, whether a rate is met is not said."""


def linked(
    tally: pl.DataFrame | pl.LazyFrame,
    prime: pl.DataFrame | None = None,
    *,
    as_of: DayLike | Question,
    by: NamesLike = GROUP,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """On-time delivery, late shipment and the programmes of each account, and what each lacks.

    ```
    programme         title           days  counted  good  share_low  share_high  met    gap
                      On-time …       30    168      164   0.976      0.976       true   0
    Premium Shipping  93.5 % on time  7     40       36    0.9        0.9         false  2
    ```

    Args:
        tally: a full tally, or a roll-up that keeps ship and promised days.
        prime: what `vtrkit.metric.tally.prime_tally` returns for the same packages; without it
            nothing is counted for requirements of Prime packages alone.
        as_of: the day on which the metrics are read, or the whole question; each requirement of
            that day is asked.
        by: the groups; account and marketplace, or fewer.
        question: lag_days, and rules for windows that a requirement leaves to them; see
            `vtrkit.metric.windows.Question`.

    Returns:
        One row per group and requirement: counted packages or units (see `unit`), `good` ones
        among them, `unknown` ones (unverified, or without a delivery scan where sources disagree
        on those), share_low and share_high (all that is unknown fails, or is good or left out; of
        the late or cancelled ones where the condition is less_than), covered_share (those whose
        arrival is known, of those that have a number), met, gap (how many have to turn good) and
        gap_best (likewise, where all that is unknown is good). met is null where nothing is
        counted, too little, unknown ones decide, less than 90 % are covered, or the account's
        files do not reach the window's first day or its last, or cannot tell (measure
        `unmeasured`).

    Raises:
        TallyError: the tally has no ship or promised day.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> day = date(2026, 1, 10)
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [2, 2],
        ...     "promised_date": [day, day], "delivered_date": [day, date(2026, 1, 12)]})
        >>> table = linked(tally(classify(packages)), as_of=date(2026, 1, 31))
        >>> table.filter(measure="on_time", programme="").select("good", "counted").rows()
        [(1, 2)]
    """
    asked = Question.of(as_of, by, **question)
    keys = dict.fromkeys((*asked.by, "marketplace", "promised_date", "ship_date", "reason"))
    every = rollup(lazy(tally, "tally"), list(keys)).collect().with_columns(prime=False)
    alone = every.clear() if prime is None else rollup(prime, list(keys))
    together = pl.concat([every, alone.with_columns(prime=True).select(every.columns)])
    cells = as_told(asked.market_of(together))
    tables = [
        _counted(cells.filter(market=name), asked, name, need)
        for name in sorted(cells["market"].unique()) or [UNNAMED_MARKETPLACE]
        for need in requirements()
        if need.holds(name, asked.as_of)
    ]
    return _judged(tables, asked.by).sort("programme", "measure", *asked.by, "days")


def missed_besides(linked: pl.DataFrame) -> pl.DataFrame:
    """The metrics of their own that Amazon enforces and that are missed on enough packages."""
    own = linked.filter("enforced", pl.col("programme") == "", pl.col("counted") >= FEW)
    return own.filter(~pl.col("met")).sort("measure", "days", *GROUP)


def late_listings(
    sku_tally: pl.DataFrame | pl.LazyFrame, *, as_of: DayLike | Question, **question: Unpack[Asking]
) -> pl.DataFrame:
    """The on-time rate of each listing where Amazon has one that can remove listings, worst first.

    ```
    account  marketplace  sku    counted  good  share_low  gap
    default  US           SKU-1  40       30    0.75       6
    ```

    Args:
        sku_tally: what `vtrkit.metric.tally.sku_tally` returns.
        as_of: the day on which the rate is read.
        question: as for `linked`.

    Returns:
        The columns of `linked` by account, marketplace and sku: first the listing whose late units
        are the most above what the target allows, where all that is open is on time (`gap_best`).
    """
    asked = Question.of(as_of, GROUP, **question)
    every = asked.market_of(lazy(sku_tally, "tally").collect())
    cells = as_told(every).filter(pl.col("sku").is_not_null()).with_columns(prime=False)
    tables = [
        _counted(cells.filter(market=name), asked, name, need, (*GROUP, "sku")).filter(
            pl.lit(need.holds(name, asked.as_of))
        )
        for name in sorted(cells["market"].unique()) or [UNNAMED_MARKETPLACE]
        for need in requirements()
        if need.unit == "units"
    ]
    listed = _judged(tables, (*GROUP, "sku")).filter(pl.col("counted") > 0)
    return listed.sort("gap_best", "share_high", "sku", descending=[True, False, False])


def _counted(
    cells: pl.DataFrame,
    question: Question,
    market: str,
    need: Requirement,
    by: Sequence[str] = (),
) -> pl.LazyFrame:
    """The counts of one requirement in one marketplace, beside what it asks."""
    by, usual = by or question.by, question.window(market)
    start, end = need.window(question.as_of, usual.days, usual.lag_days)
    day, measured = _on_time(need) if need.measure == "on_time" else _MEASURES[need.measure]
    every = cells.lazy()
    first = pl.col(day).min()
    reach = every.with_columns(first=first.over("account") if "account" in by else first)
    groups = reach.group_by(by).agg(pl.col("first").min()) if by else every.select(first=first)
    inside = every.filter(pl.col("prime") == need.prime_alone, pl.col(day).is_between(start, end))
    counts = inside.group_by(by).agg(measured) if by else inside.select(measured)
    if by:
        told = groups.join(counts, on=by, how="left")
    else:
        told = pl.concat([groups, counts], how="horizontal")
    return told.select(
        *by,
        pl.col("counted", "good", "unknown", "known", "all", *OWN_OPEN).fill_null(0),
        programme=pl.lit(need.programme),
        title=pl.lit(need.title),
        measure=pl.lit(need.measure),
        days=pl.lit((end - start).days + 1, pl.Int64),
        unit=pl.lit(need.unit),
        window_start=pl.lit(start),
        window_end=pl.lit(end),
        asked_bp=pl.lit(int(need.target * BASIS_POINTS), pl.Int64),
        asked=pl.lit(need.condition),
        minimum=pl.lit(need.minimum, pl.Int64),
        covered=(pl.col("first") <= start) & (end <= (question.seen_to or question.as_of)),
        enforced=pl.lit(need.enforced),
        prime_alone=pl.lit(need.prime_alone),
        stake=pl.lit(need.stake),
        note=pl.lit(need.note),
        source=pl.lit(" ".join(need.source)),
    )


def _judged(counts: Sequence[pl.LazyFrame], by: Sequence[str]) -> pl.DataFrame:
    """Whether each is met, exactly; not said where what is unknown decides, or too few count.

    Nor where the files do not reach from its first day to its last (not `covered`).
    """
    n, good, unknown = pl.col("counted"), pl.col("good"), pl.col("unknown")
    bp, less = pl.col("asked_bp"), pl.col("asked") == "less_than"
    table = pl.concat(pl.collect_all(counts)).with_columns(
        valid=good,
        target_bp=pl.when(less).then(BASIS_POINTS - bp).otherwise(bp),
        condition=pl.when(less).then(pl.lit("greater_than")).otherwise("asked"),
    )
    # what has no delivery scan is late or left out; what is unverified is valid or not
    on_time = pl.col("measure") == "on_time"
    holds, worst = pl.col("open_valid"), (good, n + pl.col("open_defect"))
    valid = pl.when(on_time).then(0).otherwise(unknown)
    best = good + valid + holds, n - unknown * on_time + holds
    met = pl.when(on_target(*worst)).then(True).when(~on_target(*best)).then(False)
    late = share(n - good, n)  # nothing of it is unknown
    known = pl.col("known") * BASIS_POINTS >= pl.col("all") * COVERED_BP
    return with_budget(table).select(
        *by,
        *("programme", "title", "measure", "days", "unit", "window_start", "window_end"),
        *("counted", "good", "unknown"),
        share_low=pl.when(less).then(late).otherwise(share(*worst)),
        share_high=pl.when(less).then(late).otherwise(share(*best)),
        covered_share=share(pl.col("known"), pl.col("all")),
        target_bp=bp,
        condition="asked",
        met=pl.when((n > 0) & (n >= pl.col("minimum")) & pl.col("covered"), known).then(met),
        gap="to_fix",
        gap_best="to_fix_best",
        enforced="enforced",
        prime_alone="prime_alone",
        stake="stake",
        note="note",
        source="source",
    )


def _on_time(need: Requirement) -> tuple[str, list[pl.Expr]]:
    """The counts of on-time delivery: of those that were due when their tracking was exported."""
    judged, late, undelivered = (pl.col(name) for name in _ARRIVALS[need.unit])
    here = pl.col("reason").is_in([r for name in need.counts for r in _COUNTING[name]])
    exempt = pl.col("reason").is_in(_COUNTING["exempt"])
    known = judged + undelivered
    counted = judged if need.without_delivery_scan == "left_out" else known
    open_ = undelivered if need.without_delivery_scan == "disputed" else pl.lit(0, pl.Int64)
    # without a number, or exempt and untracked: Amazon has no scan either, so nothing is missing
    unscannable = pl.col("reason").is_in([Reason.MISSING_NUMBER, Reason.NOT_A_NUMBER]) | exempt
    every = pl.when(unscannable).then(known).otherwise(pl.col(need.unit))
    return "promised_date", [
        (counted * here).sum().alias("counted"),
        ((judged - late) * here).sum().alias("good"),
        (open_ * here).sum().alias("unknown"),
        (known * here).sum().alias("known"),
        (every * here).sum().alias("all"),
        *(pl.lit(0, pl.Int64).alias(name) for name in OWN_OPEN),
    ]


_ARRIVALS = {
    "packages": ("delivery_judged", "delivered_late", "undelivered"),
    "units": DELIVERY_UNITS,
}
_COUNTING = {
    "shipped": [r for o in Outcome if o != Outcome.EXEMPT for r in OUTCOMES_OF[o]],
    "exempt": [r for r in OUTCOMES_OF[Outcome.EXEMPT] if r not in NOT_YOURS],
    "prime": [Reason.PRIME],
}
"""The reasons of the packages that a requirement may count."""
_PACKAGES = pl.col("packages")
_OURS = ~pl.col("reason").is_in([Reason.FULFILLED_BY_AMAZON, Reason.PRIME])
_SHIPPED = ~pl.col("reason").is_in(NOT_YOURS)


def _all_known(
    counted: pl.Expr, good: pl.Expr, unknown: pl.Expr | None = None, **open_: pl.Expr
) -> list[pl.Expr]:
    """Counts of a measure that files tell of all packages; `open_` ones may count (`OWN_OPEN`)."""
    none = _PACKAGES.filter(pl.lit(False))
    counts = {"counted": counted, "good": good, "unknown": none if unknown is None else unknown}
    counts |= {"known": none, "all": none} | dict.fromkeys(OWN_OPEN, none) | open_
    return [count.sum().alias(name) for name, count in counts.items()]


_NOTHING = _PACKAGES.filter(pl.lit(False))
_MEASURES: dict[str, tuple[str, list[pl.Expr]]] = {
    "valid_tracking": (
        "promised_date",
        _all_known(
            COUNTS["counted"],
            COUNTS["valid"],
            COUNTS["unknown"],
            open_valid=COUNTS["disputed_valid"],
            open_defect=_PACKAGES.filter(pl.col("reason") == Reason.DISPUTED_DEFECT),
        ),
    ),
    "shipped_late": (
        "ship_date",
        _all_known(
            pl.col("ship_judged").filter(_SHIPPED),
            (pl.col("ship_judged") - pl.col("shipped_late")).filter(_SHIPPED),
        ),
    ),
    "cancelled": (
        "promised_date",
        _all_known(
            _PACKAGES.filter(_OURS),
            _PACKAGES.filter(_OURS & (pl.col("reason") != Reason.CANCELLED)),
        ),
    ),
    "unmeasured": ("promised_date", _all_known(_NOTHING, _NOTHING)),
}
"""The day that places a package in the window, and the counts of each measure."""
