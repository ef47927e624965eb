"""What the files leave open, and which file or option would settle it."""

from dataclasses import dataclass

import polars as pl

from vtrkit.schema import UNKNOWN_CATEGORY, UNNAMED_MARKETPLACE


@dataclass(frozen=True)
class Gap:
    """One thing that is not known of some packages.

    Attributes:
        what: what is not known.
        short: the same in the few words of a first line.
        settles: which file or option gives it.
        menu: where that file is, in Seller Central.
        packages: of how many packages it is not known.
    """

    what: str
    short: str
    settles: str
    menu: str
    packages: int = 0


_NAMED = pl.col("marketplace").cast(pl.String)
_GAPS = {
    Gap(
        "a scan or Amazon's verdict",
        "no scans",
        "the tracking export of the carrier or shipping tool, or Amazon's Valid Tracking report",
        "Performance > Account Health > Valid Tracking Rate > Download report",
    ): pl.all_horizontal(pl.col("scans", "delivered_date", "reported_valid").is_null()),
    Gap(
        "whether a tracking number was entered",
        "no confirmation",
        "the shipping confirmations as you upload them, or the Orders API with packages",
        "Orders > Upload Order Related Files",
    ): pl.col("tracking_number").is_null(),
    Gap(
        "a marketplace",
        "no marketplace",
        "the option marketplace, as --marketplace US",
        "",
    ): (_NAMED == UNNAMED_MARKETPLACE).fill_null(True),
    Gap(
        "a promised day",
        "no promised day",
        "the order report with the column latest-delivery-date, or the Orders API",
        "Orders > Order Reports > New Orders > Add or remove order report columns",
    ): pl.col("promised_date").is_null(),
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


def gaps(packages: pl.LazyFrame) -> tuple[int, list[Gap], int]:
    """What is not known of the packages that sellers shipped.

    Returns:
        How many these are, what is missing of any, and of how many the origin is assumed.
    """
    wanted = [where.sum().alias(gap.what) for gap, where in _GAPS.items()]
    counts = packages.filter(_SENT).select(
        pl.len().alias("all"), pl.col("origin_assumed").sum().alias("assumed"), *wanted
    )
    row = counts.collect().row(0, named=True)
    found = [Gap(g.what, g.short, g.settles, g.menu, row[g.what]) for g in _GAPS if row[g.what]]
    return row["all"], found, row["assumed"]


def missing(packages: pl.LazyFrame) -> str | None:
    """What is not known, in one line; none if everything is.

    Examples:
        >>> from vtrkit.schema import conform
        >>> known = {"status": ["shipped"], "scans": [1], "category": ["Toys"], "origin": ["US"]}
        >>> known |= {"marketplace": ["US"], "tracking_number": ["1Z"]}
        >>> missing(conform(pl.LazyFrame({"order_id": ["1"], **known})))
        'Missing, of 1 packages shipped: a promised day for 1 (the order report with the column \
latest-delivery-date, or the Orders API, would give it).'
    """
    total, found, _ = gaps(packages)
    parts = [f"{g.what} for {g.packages:,} ({g.settles}, would give it)" for g in found]
    return f"Missing, of {total:,} packages shipped: {'; '.join(parts)}." if parts else None
