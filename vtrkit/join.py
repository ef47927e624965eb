"""Rows of several exports to packages: which packages exist, and what is known of each.

The unit of restatement is the order. The newest export that names packages of an order fixes
which packages exist; each field takes its newest value that is known, and null never erases.
"""

import polars as pl

from vtrkit.schema import PACKAGES

FATES = ("packages", "merged", "attached", "duplicates", "unmatched", "rejected")
"""What can become of a row; each row has exactly one fate."""

_ORDER = ["account", "order_id"]
_PACKAGE = [*_ORDER, "package_id"]
_MONEY = ["goods_value", "shipping_value", "tax_value"]
_SET = ("account", "order_id", "package_id", "source")
_FIELDS = [name for name in PACKAGES if name not in _SET]


def settle(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per package from the rows of all files, and the fate of every row.

    Args:
        rows: the packages table with `_file`, `_row`, `_rank` (age of the export, newest
            highest) and `_names` (whether the row names one package of its order).

    Returns:
        The packages; and `_file`, `_row`, `_fate` of every row, with `_restated` where the row
        named a package that a newer export of its order no longer has.
    """
    rows = rows.with_columns(_package_id())
    alone = rows.select(pl.struct(_ORDER).is_unique()).to_series()
    single, several = rows.filter(alone), rows.filter(~alone)
    single = single.with_columns(package_id=pl.col("package_id").fill_null("1"))
    packages, fates = _settle_orders(several)
    mark = single.select("_file", "_row", _fate=pl.lit("packages"), _restated=pl.lit(False))
    together = pl.concat([single.select(packages.columns), packages], how="vertical")
    return _with_status(together), pl.concat([mark, fates])


def _package_id() -> pl.Expr:
    """Amazon's reference, else the number without blanks and hyphens; null if of the order."""
    number = pl.col("tracking_number").str.replace_all(r"[\s-]", "").str.to_uppercase()
    named = pl.coalesce("package_id", pl.when(number != "").then(number), pl.lit("1"))
    return pl.when("_names").then(named).alias("package_id")


def _settle_orders(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Orders of which more than one row speaks."""
    rows = rows.with_columns(
        pl.col("marketplace").drop_nulls().first().over(_ORDER),
        _newest=pl.col("_rank").filter("_names").max().over(_ORDER),
    )
    # an order that no export names packages of is one package
    rows = rows.with_columns(
        package_id=pl.when(pl.col("_newest").is_null()).then(pl.lit("1")).otherwise("package_id")
    )
    exists = pl.col("package_id").is_not_null() & (
        pl.col("_rank") >= pl.col("_newest").fill_null(0)
    )
    packages = (
        rows.filter(exists & (pl.col("_rank") == pl.col("_newest")) | pl.col("_newest").is_null())
        .select(_PACKAGE)
        .unique()
    )
    named = rows.join(packages, on=_PACKAGE, how="semi")
    of_order = (
        rows.filter(pl.col("package_id").is_null()).drop("package_id").join(packages, on=_ORDER)
    )
    about = pl.concat([named, of_order.select(named.columns)])
    return _filled(about), _fates(rows, named)


def _filled(about: pl.DataFrame) -> pl.DataFrame:
    """Fields of each package: lines of one export add up, then the newest known value wins."""
    value = pl.col("goods_value").fill_null(-1)
    lines = about.group_by([*_PACKAGE, "_rank"]).agg(
        *(pl.col(n).drop_nulls().first() for n in _FIELDS if n not in (*_MONEY, *_LINES)),
        *(pl.when(pl.col(n).count() > 0).then(pl.col(n).sum()).alias(n) for n in _MONEY),
        pl.col("category").sort_by(value, descending=True).drop_nulls().first(),
        pl.when((pl.col("status") != "cancelled").any())
        .then(pl.col("status").filter(pl.col("status") != "cancelled").min())
        .otherwise(pl.col("status").first())
        .alias("status"),
        pl.col("source").first(),
    )
    newest = pl.col(*_FIELDS, "source").sort_by("_rank", descending=True).drop_nulls().first()
    return lines.group_by(_PACKAGE).agg(newest).select(list(PACKAGES))


_LINES = ("category", "status")


def _fates(rows: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """The first line of each package in its newest export is the package; the rest join it."""
    home = (
        named.sort("_rank", "_row", descending=[True, False])
        .unique(_PACKAGE, keep="first", maintain_order=True)
        .select("_file", "_row", _home=pl.lit(True))
    )
    homes = home.join(rows.select("_file", "_row", *_ORDER), on=["_file", "_row"])
    files = homes.select(*_ORDER, "_file", _with_home=pl.lit(True)).unique()
    said = pl.struct(c for c in PACKAGES if c not in ("source", "seen_at")).hash()
    marked = (
        rows.with_columns(_said=said)
        .join(home, on=["_file", "_row"], how="left")
        .join(files, on=[*_ORDER, "_file"], how="left")
        .sort("_home", "_rank", "_row", descending=[False, True, False], nulls_last=True)
    )
    repeated = ~pl.struct(*_ORDER, "_said").is_first_distinct()
    fate = (
        pl.when("_home")
        .then(pl.lit("packages"))
        .when(repeated)
        .then(pl.lit("duplicates"))
        .when("_with_home")
        .then(pl.lit("merged"))
        .otherwise(pl.lit("attached"))
    )
    stale = pl.col("package_id").is_not_null() & pl.col("_named").is_null()
    known = named.select("_file", "_row", _named=pl.lit(True))
    return (
        marked.with_columns(_fate=fate)
        .join(known, on=["_file", "_row"], how="left")
        .select("_file", "_row", "_fate", _restated=stale)
    )


def _with_status(packages: pl.DataFrame) -> pl.DataFrame:
    """What left the building is shipped, whatever else is not said; the rest is not."""
    gone = (
        pl.any_horizontal(pl.col("ship_date", "delivered_date", "first_scan_date").is_not_null())
        | (pl.col("tracking_number") != "")
        | (pl.col("scans") > 0)
    )
    inferred = pl.when(gone).then(pl.lit("shipped")).otherwise(pl.lit("unshipped"))
    dtype = PACKAGES["status"]
    return packages.with_columns(pl.col("status").fill_null(inferred.cast(dtype)))
