"""Whether a package is shipped, by whom, and what the word of its order is worth."""

import polars as pl

from vtrkit.files.matching import FACTS
from vtrkit.schema import PACKAGES


def shipped_or_not() -> pl.Expr:
    """What is said of the package goes before what is said of its order; shipped stays shipped.

    An order of which one package is still to ship is not shipped yet, as a whole; and an export
    that lists what is to be shipped may be newer than it knows. An order that was cancelled after
    its package was confirmed is cancelled, unless a carrier has seen the package.
    """
    status, spread = pl.col("status"), ~(pl.col("_names") | FACTS)
    own, order = (status.filter(which).drop_nulls() for which in (~spread, spread))
    told = pl.coalesce(own.first(), order.first())
    seen = pl.when(status.is_not_null()).then("_seen")
    since, before = (seen.filter(which).max() for which in (spread, ~spread))
    moved = ((pl.col("scans") > 0) | pl.col("delivered_date").is_not_null()).any()
    called_off = (order.first() == "cancelled") & (
        (told == "unshipped") | ((since > before) & ~moved)
    )
    return (
        pl.when(called_off)
        .then(pl.lit("cancelled", PACKAGES["status"]))
        .when(
            (told == "unshipped")
            & pl.when(own.len() > 0)
            .then((own == "shipped").any())
            .otherwise((order == "shipped").any())
        )
        .then(pl.lit("shipped", PACKAGES["status"]))
        .otherwise(told)
    )


def fulfilled(newest: pl.Expr) -> pl.Expr:
    """Who ships, by the newest word; only some files can tell a seller's Prime orders apart."""
    prime = (pl.col("fulfilled_by") == "seller_prime").any()
    told = pl.lit("seller_prime", PACKAGES["fulfilled_by"])
    return pl.when((newest == "seller") & prime).then(told).otherwise(newest)


def with_status(packages: pl.DataFrame) -> pl.DataFrame:
    """What left the building is shipped, whatever else is not said; the rest is not."""
    gone = (
        pl.any_horizontal(pl.col("ship_date", "delivered_date", "first_scan_date").is_not_null())
        | (pl.col("tracking_number") != "")
        | (pl.col("scans") > 0)
    )
    inferred = pl.when(gone).then(pl.lit("shipped")).otherwise(pl.lit("unshipped"))
    one = pl.when(pl.col("sku").is_not_null()).then(pl.lit(1, pl.Int32))
    dtype = PACKAGES["status"]
    return packages.with_columns(
        pl.col("status").fill_null(inferred.cast(dtype)), pl.col("skus").fill_null(one)
    )
