"""One tracking number in several orders: one parcel for all of them, or another order's scans.

Orders of one buyer are often packed together, and then one label covers them all. Where that cannot
be, the scans are of one parcel at most, so they are not known of the others.
"""

import polars as pl

from vtrkit.files.plausible import TRACKED, first_event
from vtrkit.schema import PACKAGE_KEY
from vtrkit.tracking.cleaning import SEVERAL_IDS, canonical

COMBINED = "tracking_number is in several orders, taken for one parcel that holds them all"
ANOTHER_ORDERS = "tracking_number is in several orders and its scans can be of another one only"

_APART = pl.duration(days=7)
"""Longer than orders wait to be packed together. This and the next are ours; no source has them."""
_MOST_ORDERS = 10
"""More orders than that have a number that somebody copied down a column."""
_NUMBER = pl.struct(
    pl.col("account").cast(pl.String),
    pl.col("tracking_number").map_batches(canonical, return_dtype=pl.String()),
).hash()


def number_keys(packages: pl.DataFrame) -> pl.Series:
    """A number for the account and tracking number of each package of which scans tell anything."""
    tells = (pl.col("tracking_number") != "") & pl.any_horizontal(pl.col(TRACKED).is_not_null())
    numbers = packages.select("account", "tracking_number", tells=tells).with_row_index("_i")
    keys = numbers.filter("tells").select("_i", key=_NUMBER)
    return pl.repeat(None, packages.height, dtype=pl.UInt64(), eager=True).scatter(
        keys["_i"], keys["key"]
    )


def shared(packages: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Which packages have the scans of another order's parcel, and the list of all that share one.

    Scans of one day are of one parcel. It is that of the order shipped nearest to them, and of
    those shipped within days of it, unless these go to several countries or are too many.

    Args:
        packages: those whose `_number` others have too.

    Returns:
        The keys of packages of which scans are not known; `source`, `order_id`, `tracking_number`
        and `rule` of all in several orders.
    """
    label = ["_number", "_first"]
    day, first = pl.col("ship_date"), pl.col("_first")
    rows = packages.with_columns(_first=first_event())
    rows = rows.filter(pl.col("order_id").n_unique().over(label) > 1)
    nearest = day.sort_by((day - first).abs(), "ship_date", nulls_last=True).first().over(label)
    rows = rows.with_columns(_near=((day - nearest).abs() <= _APART).fill_null(True))
    together = pl.col("_near").all().over(label) | first.is_not_null()
    near = ["_number", "_first", "_near"]
    its = (
        pl.col("_near")
        & together
        & (pl.col("destination").drop_nulls().n_unique().over(near) <= 1)
        & (pl.col("order_id").n_unique().over(near) <= _MOST_ORDERS)
    )
    rows = rows.with_columns(its.alias("_its"))
    alone = pl.col("_its") & (pl.col("order_id").n_unique().over([*near, "_its"]) == 1)
    rule = pl.when("_its").then(pl.lit(COMBINED)).otherwise(pl.lit(ANOTHER_ORDERS))
    listed = rows.filter(~alone).select("source", "order_id", "tracking_number", rule=rule)
    return rows.filter(~pl.col("_its")).select(PACKAGE_KEY), listed


def without_scans(packages: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    """The packages, of those with these keys nothing that scans tell."""
    marked = packages.join(
        keys.with_columns(_lost=pl.lit(True)), on=PACKAGE_KEY, how="left", maintain_order="left"
    )
    kept = pl.when(pl.col("_lost").is_null())
    return marked.with_columns(kept.then(name).alias(name) for name in TRACKED).drop("_lost")


def of_one_order(labels: pl.DataFrame) -> pl.DataFrame:
    """A carrier's label of several orders is of all that have its number, so it names none."""
    several = pl.col("order_id").str.contains(SEVERAL_IDS).fill_null(False)
    return labels.with_columns(pl.when(~several).then("order_id").alias("order_id"))
