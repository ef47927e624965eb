"""What the files leave open, in one line, and which file would settle it."""

import polars as pl

from vtrkit.schema import UNKNOWN_CATEGORY

_GAPS = {
    "a scan or Amazon's verdict": (
        pl.all_horizontal(pl.col("scans", "delivered_date", "reported_valid").is_null()),
        "tracking data of the carrier or shipping tool, or Amazon's Valid Tracking report",
    ),
    "a promised day": (
        pl.col("promised_date").is_null(),
        "the order report with latest-delivery-date, or the Orders API",
    ),
    "a category": (
        (pl.col("category").cast(pl.String) == UNKNOWN_CATEGORY).fill_null(True),
        "a table of sku and category given as categories, which vtrkit look prepares",
    ),
    "a country of origin": (
        pl.col("origin").is_null(),
        "the option origin, or the Orders API",
    ),
}


def missing(packages: pl.LazyFrame) -> str | None:
    """What is not known of the packages that sellers shipped; none if everything is.

    Examples:
        >>> from vtrkit.schema import conform
        >>> known = {"status": ["shipped"], "scans": [1], "category": ["Toys"], "origin": ["US"]}
        >>> missing(conform(pl.LazyFrame({"order_id": ["1"], **known})))
        'Missing, of 1 packages shipped: a promised day for 1 (the order report with \
latest-delivery-date, or the Orders API, would give it).'
    """
    sent = (pl.col("status") == "shipped") & (pl.col("fulfilled_by") != "amazon").fill_null(True)
    gaps = [where.sum().alias(what) for what, (where, _) in _GAPS.items()]
    counts = packages.filter(sent).select(pl.len().alias("all"), *gaps).collect().row(0, named=True)
    total = counts.pop("all")
    parts = [
        f"{what} for {count:,} ({_GAPS[what][1]}, would give it)"
        for what, count in counts.items()
        if count
    ]
    return f"Missing, of {total:,} packages shipped: {'; '.join(parts)}." if parts else None
