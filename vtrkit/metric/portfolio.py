"""Many accounts side by side: where each stands, and what is furthest over its limit."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl

from vtrkit.schema import STATUS_ENUM, UNKNOWN_CATEGORY, Status

_PLACE = ("account", "marketplace")
_COUNTS = {
    "bad": Status.BAD,
    "undecided": Status.UNDECIDED,
    "at_risk": Status.AT_RISK,
    "good": Status.GOOD,
    "none": Status.NONE,
}
_NAMED = pl.col("category").cast(pl.String) != UNKNOWN_CATEGORY
"""Packages of no known category are no category that could lack any."""
_BY_COUNT = ["can_cost", "in_force", "bad", "undecided", "at_risk", "to_fix"]


def portfolio(rates: pl.DataFrame, totals: pl.DataFrame) -> pl.DataFrame:
    """Where each account stands in each marketplace over the days that count, the worst first.

    ```
    account    marketplace  valid  counted  can_cost  bad  …  good  to_fix  worst
    northwind  US           1560   1672     4         4       2     37      Shoes
    ```

    Args:
        rates: what `vtrkit.rates` returns by account, marketplace and category.
        totals: the same by account and marketplace.

    Returns:
        One row per account and marketplace with the rate of `totals`, how many categories have
        each status (`bad`, `undecided`, `at_risk`, `good`, `none`), for how many of them missing
        the target can cost the right to sell (`can_cost`), how many packages its categories lack
        altogether (`to_fix`), and the category that lacks most (`worst`; null where none does). A
        place of no known category counts as one, without a name.

    Examples:
        >>> from vtrkit.study.open import open_study
        >>> study = open_study()
        >>> portfolio(study.rates, study.totals).select(*_PLACE, "bad", "to_fix", "worst").row(0)
        ('northwind', 'US', 5, 36, 'Shoes')
    """
    now = pl.col("is_enforced_window"), pl.col("counted") > 0
    named = rates.filter(*now, _NAMED)
    alone = totals.filter(*now).join(named, on=_PLACE, how="anti")
    counted = pl.concat([named, alone], how="diagonal")
    statuses = [(pl.col("status") == s).sum().cast(pl.Int64).alias(n) for n, s in _COUNTS.items()]
    short = pl.col("to_fix") > 0
    by_account = (
        counted.sort("to_fix", "category", descending=[True, False])
        .group_by(_PLACE)
        .agg(
            *statuses,
            can_cost=((pl.col("status") == Status.BAD) & pl.col("binding")).sum().cast(pl.Int64),
            to_fix=pl.col("to_fix").sum(),
            worst=pl.col("category").filter(short).first().cast(pl.String),
        )
    )
    asked = ("days", "counted", "valid", "unknown", "vtr", "vtr_low", "vtr_high", "target_bp")
    overall = totals.filter("is_enforced_window").select(
        *_PLACE, *asked, "in_force", pl.col("status").cast(STATUS_ENUM)
    )
    return (
        overall.join(by_account, on=_PLACE, how="left")
        .with_columns(pl.col(*_COUNTS, "can_cost", "to_fix").fill_null(0))
        .sort(*_BY_COUNT, *_PLACE, descending=[True] * len(_BY_COUNT) + [False] * 2)
    )


def over_limit(rates: pl.DataFrame) -> pl.DataFrame:
    """The categories of all accounts that are over their limit in the days that count, most first.

    Args:
        rates: what `vtrkit.rates` returns by account, marketplace and category.

    Examples:
        >>> from vtrkit.study.open import open_study
        >>> over_limit(open_study().rates).select("account", "category", "to_fix").row(0)
        ('northwind', 'Shoes', 16)
    """
    short = rates.filter(pl.col("is_enforced_window"), pl.col("to_fix") > 0, _NAMED)
    return short.sort("to_fix", *_PLACE, "category", descending=[True, *[False] * 3])


def as_whole(rates: pl.DataFrame, totals: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """The rates by category, of a place where no known one counts as they are of it as a whole.

    They stand under `(unknown)`, where a category of that name has no status beside others.
    """
    counting = rates.filter("is_enforced_window", pl.col("counted") > 0, _NAMED)
    key = [*_PLACE, "days"]
    alone = rates.filter(~_NAMED).join(counting, on=_PLACE, how="anti").select(*key, "category")
    if alone.is_empty():
        return rates
    whole = alone.join(totals(), on=key).select(rates.columns)
    others = rates.join(alone, on=[*key, "category"], how="anti")
    return pl.concat([others, whole])


def most_urgent(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The place of a category among others: the worst that can hurt first, else the worst."""
    return (
        not (row["binding"] and row["status"] == Status.BAD),
        [*Status].index(row["status"]),
        not row["counted"],
        not row["binding"],
        row["budget_left"] or 0,
        str(row["category"]),
    )


def standing(
    rates: Iterable[dict[str, Any]], totals: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Each category over the days that count.

    Of a place where no known category counts, the place as a whole, as category `(unknown)`.
    """
    named = [r for r in rates if r["is_enforced_window"] and r["category"] != UNKNOWN_CATEGORY]
    whole = [r for r in totals if r["is_enforced_window"]]
    counting = {(r["account"], r["marketplace"]) for r in named if r["counted"]}
    each = [r for r in named if (r["account"], r["marketplace"]) in counting]
    alone = [r for r in whole if (r["account"], r["marketplace"]) not in counting]
    return [*each, *(r | {"category": UNKNOWN_CATEGORY} for r in alone)]
