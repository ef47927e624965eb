"""What is in each package of an order, and what of the order is said of it.

Reports of lines say more of an item than of the order, and snapshots of packages say of their order
what holds of packages that were confirmed later as well.
"""

import polars as pl

from vtrkit.files.matching import SNAPSHOT

MONEY = ["goods_value", "shipping_value", "tax_value"]
LINE = ["order_item_id", "category", "sku", "asin"]
"""What the dearest line decides."""
OWN = [*LINE, "skus", "quantity", *MONEY]
"""What a package has of its own, where files say which items are in it."""


def inside_of(named: pl.DataFrame) -> pl.DataFrame:
    """The items of each package and how many of each, where files say what is in it."""
    item, held = pl.col("order_item_id"), pl.col("_items").str.split(" ")
    own = pl.when(item.is_not_null()).then(
        item + "*" + pl.col("quantity").cast(pl.String).fill_null("")
    )
    items = pl.coalesce(held, pl.concat_list(own))
    inside = named.select("_k", "_p", items=items).explode("items").drop_nulls("items")
    units = pl.col("items").str.extract(r"\*(\d+)$").cast(pl.Int32)
    inside = inside.with_columns(pl.col("items").str.replace(r"\*\d*$", "").alias("order_item_id"))
    return inside.group_by("_k", "_p", "order_item_id").agg(_units=units.max())


def contents(inside: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The dearest line of each package, its units and values, where files say what is in it.

    The value of an item in several packages goes by its units in each. Where that of one item is
    not known, the package's is not told.
    """
    if inside.is_empty() or not lines["order_item_id"].count():
        return pl.DataFrame(schema={"_p": pl.UInt64, **{f"{n}_own": lines.schema[n] for n in OWN}})
    of_item = lines.filter(pl.col("order_item_id").is_not_null()).sort("_seen", descending=True)
    of_item = of_item.group_by("_k", "order_item_id").agg(
        pl.col("category", "sku", "asin", *MONEY).drop_nulls().first(),
        _ordered=pl.col("quantity").drop_nulls().first(),
    )
    found = inside.join(of_item, on=["_k", "order_item_id"], how="left")
    found = found.sort("goods_value", "order_item_id", descending=[True, False], nulls_last=True)
    all_known = pl.col("_units").null_count() == 0
    alone = pl.len().over("_k", "order_item_id") == 1
    share = pl.coalesce(pl.col("_units") / pl.col("_ordered"), pl.when(alone).then(1.0))
    found = found.with_columns(pl.col(MONEY) * share.clip(0, 1))
    return (
        found.group_by("_p")
        .agg(
            *(pl.col(n).drop_nulls().first() for n in LINE),
            *(pl.when(pl.col(n).null_count() == 0).then(pl.col(n).sum().round(6)) for n in MONEY),
            skus=pl.col("sku").drop_nulls().n_unique().cast(pl.Int32).replace(0, None),
            quantity=pl.when(all_known).then(pl.col("_units").sum()),
        )
        .rename({n: f"{n}_own" for n in OWN})
    )


_OF_ORDER = ["fulfilled_by", "ship_by_date", "promised_date", "order_date", "destination"]
"""What a snapshot of packages says of their whole order."""


def of_snapshots(named: pl.DataFrame) -> pl.DataFrame:
    """What snapshots say of orders, for packages that they do not have, as ones confirmed later.

    What they do not say alike of all packages of an order is not of the order.
    """
    ours = named.filter(SNAPSHOT)
    further = named.filter(~SNAPSHOT).unique("_p").select("_k", "_p", "_pid")
    further = further.join(ours, on="_p", how="anti").join(ours, on="_k", how="semi")
    if further.is_empty():
        return named.clear()
    alike = (pl.when(pl.col(n).n_unique() == 1).then(pl.col(n).first()) for n in _OF_ORDER)
    key = ["_k", "_seen", "_layout", "account", "marketplace", "order_id"]
    said = ours.group_by(key).agg(pl.col("source").min(), pl.col("seen_at").first(), *alike)
    spread = further.join(said, on="_k").with_columns(_tells=pl.lit("lines"), _names=False)
    silent = {n: dtype for n, dtype in named.schema.items() if n not in spread.columns}
    return spread.with_columns(pl.lit(None, t).alias(n) for n, t in silent.items())


_BY_ITEM = {n: pl.col(n).max() for n in ("ship_by_date", "promised_date")} | {
    "status": pl.col("status").min()
}
"""What of its items holds of a package: the latest day, and cancelled only if all of them are."""


def by_item(spread: pl.DataFrame, inside: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Lines spread to packages, each with what its own items have where a report tells them apart.

    Args:
        spread: the lines of an order in one report as one, for each package of the order.
        inside: the items of each package, where they are known.
        lines: as reports have them.
    """
    export = ["_k", "_seen", "_layout"]
    each = lines.select(
        pl.struct(export).hash().n_unique().alias("all"),
        pl.struct(*export, *_BY_ITEM).hash().n_unique().alias("apart"),
    )
    if inside.is_empty() or each["all"].item() == each["apart"].item():
        return spread
    own = inside.with_columns(_items=pl.len().over("_p")).join(lines, on=["_k", "order_item_id"])
    all_told = pl.col("order_item_id").n_unique() == pl.col("_items").first()
    own = own.group_by("_p", *export[1:]).agg(
        *(pl.when(all_told).then(value).alias(f"{n}_item") for n, value in _BY_ITEM.items())
    )
    spread = spread.join(own, on=["_p", *export[1:]], how="left")
    return spread.with_columns(pl.coalesce(f"{n}_item", n).alias(n) for n in _BY_ITEM)
