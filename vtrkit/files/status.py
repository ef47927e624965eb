"""Whether a package is shipped, by whom, and what the word of its order is worth."""

import polars as pl

from vtrkit.files.matching import EVENT, FACTS
from vtrkit.files.plausible import CALLED_OFF, OVERDUE, listed
from vtrkit.schema import PACKAGES


def shipped_or_not() -> pl.Expr:
    """What is said of the package goes before what is said of its order; shipped stays shipped.

    An order of which one package is still to ship is not shipped yet, as a whole; and an export
    that lists what is to be shipped may be newer than it knows. An order that Amazon says is
    cancelled is, unless a carrier has seen the package: Amazon takes no confirmation of such an
    order, so one of the same day is older. A snapshot that has the package is Amazon's word too.
    """
    status, spread = pl.col("status"), ~(pl.col("_names") | FACTS)
    own, order = (status.filter(which).drop_nulls() for which in (~spread, spread))
    seen = pl.col("_seen").cast(pl.Int64) - EVENT.cast(pl.Int64)
    told = pl.coalesce(own.first(), order.first())
    since, before = (seen.filter(which & status.is_not_null()).max() for which in (spread, ~spread))
    moved = ((pl.col("scans") > 0) | pl.col("delivered_date").is_not_null()).any()
    off = called_off() & ((told == "unshipped") | ((since > before) & ~moved))
    return (
        pl.when(off)
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


def called_off() -> pl.Expr:
    """Whether the newest word about the order of a package is that it was cancelled."""
    order = pl.col("status").filter(~(pl.col("_names") | FACTS)).drop_nulls()
    return (order.first() == "cancelled").fill_null(False)


def fulfilled(newest: pl.Expr) -> pl.Expr:
    """Who ships, by the newest word; only some files can tell a seller's Prime orders apart."""
    ours = pl.col("fulfilled_by").filter(pl.col("fulfilled_by") != "amazon")
    return pl.when(newest != "amazon").then(ours.max()).otherwise(newest)


def with_status(packages: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What left the building or was given to a carrier is shipped, whatever else is not said.

    The rest is not, while it still has time. Once its promised day is over, its confirmation is
    rather in no file than never made: whether it has a number is not known then.

    Returns:
        The packages; and the list of those of which either was assumed.
    """
    gone = (
        pl.any_horizontal(
            pl.col("ship_date", "delivered_date", "first_scan_date", "carrier").is_not_null()
        )
        | (pl.col("tracking_number") != "").fill_null(False)
        | (pl.col("scans") > 0).fill_null(False)
    )
    over = (pl.col("promised_date") < pl.col("seen_at")).fill_null(False)
    packages = packages.with_columns(_over=pl.col("status").is_null() & ~gone & over)
    inferred = pl.when(gone | over).then(pl.lit("shipped")).otherwise(pl.lit("unshipped"))
    one = pl.when(pl.col("sku").is_not_null()).then(pl.lit(1, pl.Int32))
    told = packages.with_columns(
        pl.col("status").fill_null(inferred.cast(PACKAGES["status"])),
        pl.col("skus").fill_null(one),
        pl.when(~pl.col("_over")).then("tracking_number").alias("tracking_number"),
    )
    by_seller = (pl.col("fulfilled_by") != "amazon").fill_null(True)
    sent = told.filter(by_seller, pl.col("_called_off") & (pl.col("status") == "shipped"))
    overdue = packages.filter(pl.col("_over") & by_seller)
    doubts = pl.concat([listed(overdue, OVERDUE), listed(sent, CALLED_OFF)])
    return told.drop("_over", "_called_off"), doubts
