"""What the files leave open, and which file or option would settle it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from vtrkit.rules.conform import IS_DELIVERED
from vtrkit.schema import GROUP, UNKNOWN_CATEGORY, UNNAMED_MARKETPLACE


@dataclass(frozen=True)
class Gap:
    """One thing that is not known of some packages.

    Attributes:
        what: what is not known.
        short: the same in the few words of a first line.
        settles: which file or option gives it.
        menu: where that file is, in Seller Central.
        packages: of how many packages it is not known.
        groups: how many `packages` each account, marketplace and carrier has of them, and the
            `first` and `last` day on which these were shipped, the most first; only of the first.
    """

    what: str
    short: str
    settles: str
    menu: str
    packages: int = 0
    groups: tuple[Mapping[str, Any], ...] = ()


DUE_DAYS = Gap(
    "a promised day",
    "no promised day",
    "the order report with the column latest-delivery-date, or the Orders API",
    "Orders > Order Reports > New Orders > Add or remove order report columns",
)
MARKETPLACE = Gap(
    "a marketplace", "no marketplace", "the option marketplace, as --marketplace US", ""
)
NO_NUMBER = "no confirmation"
_NAMED = pl.col("marketplace").cast(pl.String)
SCANS = "a scan or Amazon's verdict"
_GAPS = {
    Gap(
        SCANS,
        "no scans",
        "the tracking export of the carrier or shipping tool, or Amazon's Valid Tracking report",
        "Performance > Account Health > Valid Tracking Rate > Download report",
        # what was confirmed without a number (blank, `folgt`) has no scans that anybody has
    ): pl.all_horizontal(pl.col("scans", "reported_valid").is_null(), ~IS_DELIVERED)
    & pl.col("tracking_number").str.contains(r"\d").fill_null(True),
    Gap(
        "whether a tracking number was entered",
        NO_NUMBER,
        "the shipping confirmations as you upload them, or the Orders API with packages",
        "Orders > Upload Order Related Files",
    ): pl.col("tracking_number").is_null(),
    MARKETPLACE: (_NAMED == UNNAMED_MARKETPLACE).fill_null(True),
    DUE_DAYS: pl.col("promised_date").is_null(),
    Gap(
        "a category",
        "no category",
        "a table of sku and category, given as --categories; vtrkit look --out prepares it",
        "",
    ): (pl.col("category").cast(pl.String) == UNKNOWN_CATEGORY).fill_null(True),
    Gap(
        "a country of origin",
        "no country of origin",
        "the option origin, as --origin US",
        "",
    ): pl.col("origin").is_null(),
}
_SENT = (pl.col("status") == "shipped") & (pl.col("fulfilled_by") != "amazon").fill_null(True)


SHIPPED, ASSUMED = "shipped packages", "assumed origins"


def unknown_of(packages: pl.LazyFrame) -> pl.DataFrame:
    """How many packages sellers shipped, and of how many of them each thing is not known.

    Returns:
        One row per account, marketplace and `about`: `packages`.
    """
    wanted = {gap.what: where for gap, where in _GAPS.items()}
    sums = [where.sum().cast(pl.Int64).alias(n) for n, where in wanted.items()]
    assumed = pl.col("origin_assumed").sum().cast(pl.Int64).alias(ASSUMED)
    shipped = packages.filter(_SENT).group_by(GROUP)
    counts = shipped.agg(pl.len().cast(pl.Int64).alias(SHIPPED), assumed, *sums).collect()
    return counts.unpivot(index=GROUP, variable_name="about", value_name="packages")


def gaps(packages: pl.LazyFrame) -> tuple[int, list[Gap], int]:
    """What is not known of the packages that sellers shipped.

    Returns:
        How many these are, what is missing of any, and of how many the origin is assumed.
    """
    counts = _summed(unknown_of(packages))
    missing = _of(counts)
    missing[:1] = (replace(gap, groups=_groups(packages, gap)) for gap in missing[:1])
    return counts.get(SHIPPED, 0), missing, counts.get(ASSUMED, 0)


def _groups(packages: pl.LazyFrame, gap: Gap) -> tuple[Mapping[str, Any], ...]:
    where = next(where for one, where in _GAPS.items() if one.what == gap.what)
    day, key = pl.col("ship_date"), [*GROUP, "carrier"]
    groups = (
        packages.filter(_SENT, where)
        .group_by(key)
        .agg(pl.len().alias("packages"), day.min().alias("first"), day.max().alias("last"))
    )
    worst = groups.sort("packages", *key, descending=[True, *(False for _ in key)])
    return tuple(worst.collect().to_dicts())


def missing(packages: pl.LazyFrame) -> str | None:
    """What is not known, in one line; none if everything is.

    Examples:
        >>> from vtrkit.rules.conform import conform
        >>> known = {"status": ["shipped"], "scans": [1], "category": ["Toys"], "origin": ["US"]}
        >>> known |= {"marketplace": ["US"], "tracking_number": ["1Z"]}
        >>> missing(conform(pl.LazyFrame({"order_id": ["1"], **known})))
        'Missing, of 1 packages shipped: a promised day for 1 (the order report with the column \
latest-delivery-date, or the Orders API, would give it).'
    """
    return missing_of(_summed(unknown_of(packages)))


def missing_of(counts: Mapping[str, int]) -> str | None:
    """The same of counts that are added up already."""
    parts = [f"{g.what} for {g.packages:,} ({g.settles}, would give it)" for g in _of(counts)]
    total = counts.get(SHIPPED, 0)
    return f"Missing, of {total:,} packages shipped: {'; '.join(parts)}." if parts else None


def _of(counts: Mapping[str, int]) -> list[Gap]:
    return [replace(g, packages=counts[g.what]) for g in _GAPS if counts.get(g.what)]


def _summed(counts: pl.DataFrame) -> dict[str, int]:
    return dict(counts.group_by("about").agg(pl.col("packages").sum()).rows())
