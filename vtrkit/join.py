"""Rows of several exports to packages: which packages exist, and what is known of each.

The unit of restatement is the order. The newest export that names packages of an order fixes
which packages exist; each field takes its newest value that is known, and null never erases.
Files of verdicts and of scans add facts to packages; see `vtrkit.match`.
"""

import polars as pl

from vtrkit.match import FACTS, identified, located
from vtrkit.match import KEY as _ORDER
from vtrkit.schema import PACKAGE_KEY, PACKAGES, UNNAMED_MARKETPLACE

FATES = ("packages", "merged", "attached", "duplicates", "unmatched", "rejected")
"""What can become of a row; each row has exactly one fate."""

AMBIGUOUS = "order_id is in several marketplaces and the row names none"
NO_NUMBER = "tracking_number is in no other file, and the row names no order"
NO_ORDER = "order_id is in no file of orders or packages"
NO_PACKAGE = "its order has no package of this tracking_number"

_PACKAGE = list(PACKAGE_KEY)
_MONEY = ["goods_value", "shipping_value", "tax_value"]
_FIELDS = [name for name in PACKAGES if name not in (*_PACKAGE, "source")]
_SAID = [name for name in PACKAGES if name not in ("seen_at", "source")]
_SEEN = [
    "scans",
    "first_scan_date",
    "scanned_by",
    "delivered_date",
    "attempted_date",
    "promised_date",
    "category",
]
"""What files of facts know better than those that name packages: theirs goes first."""
_OWN = ("status", "fulfilled_by")
"""Fields with a rule of their own."""
_NEWEST = ["reported_valid", "reported_by", "seen_at", "source"]


def settle(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """One row per package from the rows of all files, and the fate of every row.

    Args:
        rows: the packages table with `_file`, `_row`, `_rank` (age of the export, newest
            highest, no two alike), `_names` (whether the row names one package of its order),
            and `_tells` (what its file tells: packages, verdicts or scans).

    Returns:
        The packages; and `_file`, `_row`, `_fate` of every row, with `_restated` where the row
        named a package that a newer export of its order no longer has, and `_verdict`, the rank
        of the file of which a package has Amazon's verdict.
    """
    rows, nowhere = located(rows)
    alone = rows.select(pl.struct("account", "order_id").is_unique()).to_series()
    single, several = rows.filter(alone), rows.filter(~alone)
    astray, single = single.filter(FACTS), single.filter(~FACTS)
    single = single.with_columns(
        pl.when("_names")
        .then(pl.coalesce("package_id", "_number", pl.lit("1")))
        .fill_null("1")
        .alias("package_id"),
        _verdict=pl.when(pl.col("reported_valid").is_not_null()).then("_rank"),
    )
    packages, fates = _settle_orders(several)
    told = [
        single.select("_file", "_row", _fate=pl.lit("packages"), **_PLAIN),
        _unmatched(nowhere, NO_NUMBER),
        _unmatched(astray, NO_ORDER),
        *fates,
    ]
    together = pl.concat([single.select(packages.columns), packages], how="vertical")
    fate = pl.concat(told)
    if nowhere.height or rows["_lent"].any():  # a number that is in two orders
        fate = fate.unique(["_file", "_row"], keep="first", maintain_order=True)
    return _with_status(together), fate


_PLAIN = {"_restated": pl.lit(False), "_why": pl.lit(None, pl.String)}


def _unmatched(rows: pl.DataFrame, why: str) -> pl.DataFrame:
    return rows.select(
        "_file", "_row", _fate=pl.lit("unmatched"), _restated=pl.lit(False), _why=pl.lit(why)
    )


def _settle_orders(rows: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Orders of which more than one row speaks."""
    rows = rows.sort("_rank", "_row", descending=[True, False]).with_columns(*_in_one_marketplace())
    stray, rows = rows.filter("_stray"), rows.filter(~pl.col("_stray"))
    rows, lost = identified(rows)
    # an order that no export names packages of is one package, told of by its newest export
    named = pl.col("_rank").filter("_names").max().over(_ORDER)
    newest = pl.col("_rank").filter(~FACTS).max().over(_ORDER)
    rows = rows.with_columns(
        pl.when(named.is_null()).then(pl.lit("1")).otherwise("package_id").alias("package_id"),
        _spread=pl.col("package_id").is_null() & named.is_not_null(),
        _home=pl.col("_rank") == named.fill_null(newest),
    ).with_columns(*_fates())
    exists = pl.col("_fate").eq("packages").any().over(_PACKAGE)
    rows = rows.with_columns(_exists=pl.col("package_id").is_not_null() & exists)
    stale = pl.col("package_id").is_not_null() & ~pl.col("_exists") & ~FACTS
    fates = [
        rows.select("_file", "_row", "_fate", _restated=stale, _why=_PLAIN["_why"]),
        _unmatched(stray, AMBIGUOUS),
        _unmatched(lost.filter("_known"), NO_PACKAGE),
        _unmatched(lost.filter(~pl.col("_known")), NO_ORDER),
    ]
    return _filled(_about(rows)), fates


def _in_one_marketplace() -> list[pl.Expr]:
    """A row that names no marketplace is of its order's; it is stray where that has several."""
    key, name = ["account", "order_id"], pl.col("marketplace")
    only = name.drop_nulls().first().over(key).fill_null(UNNAMED_MARKETPLACE)
    several = name.drop_nulls().n_unique().over(key) > 1
    return [name.fill_null(only), (name.is_null() & several).alias("_stray")]


def _fates() -> list[pl.Expr]:
    """The first row of each package in its home, the newest export that names packages, is it.

    A row that repeats one of a newer export is a duplicate. So is one with a value that repeats a
    row of its own export, unless these are lines of an order: two alike are two items. Lines of a
    confirmation, alike but for the item that nobody reads, are merged into their package.
    """
    said = [*_ORDER, pl.struct(_SAID).hash().alias("_said")]
    newest = pl.col("_rank") == pl.col("_rank").max().over(said)
    valued = pl.col("_names") & pl.any_horizontal(pl.col(_MONEY).is_not_null())
    repeats = ~newest | (valued & ~pl.struct(said).is_first_distinct())
    first = pl.col("_home") & pl.struct(*_PACKAGE, "_home").is_first_distinct()
    fate = (
        pl.when(first)
        .then(pl.lit("packages"))
        .when(repeats)
        .then(pl.lit("duplicates"))
        .when("_home")
        .then(pl.lit("merged"))
        .otherwise(pl.lit("attached"))
    )
    return [fate.alias("_fate")]


def _about(rows: pl.DataFrame) -> pl.DataFrame:
    """What is said of each package: by rows that name it, and by rows about its whole order."""
    told = rows.filter(pl.col("_fate") != "duplicates")
    packages = rows.filter(pl.col("_fate") == "packages").select(_PACKAGE)
    of_order = told.filter(pl.col("package_id").is_null()).drop("package_id")
    spread = of_order.join(packages, on=_ORDER).select(rows.columns)
    about = pl.concat([told.filter("_exists"), spread])
    return about.sort("_rank", "_row", descending=[True, False])


def _filled(about: pl.DataFrame) -> pl.DataFrame:
    """Fields of each package: lines of one export add up, then the newest known value wins."""
    dearest = pl.col("category").sort_by(
        pl.col("goods_value").fill_null(-1), descending=True, maintain_order=True
    )
    plain = [name for name in _FIELDS if name not in (*_MONEY, "category", "status")]
    lines = about.group_by([*_PACKAGE, "_rank", "_spread", "_tells"], maintain_order=True).agg(
        pl.col(*plain, "source").drop_nulls().first(),
        *(pl.when(pl.col(n).count() > 0).then(_total(n)).alias(n) for n in _MONEY),
        dearest.drop_nulls().first(),
        pl.col("status").min(),  # cancelled only if no line is shipped or still to ship
    )
    facts = about.select(FACTS.any()).item()
    filled = lines.group_by(_PACKAGE, maintain_order=True).agg(
        *(_known_value(name, facts) for name in (*_FIELDS, "source") if name not in _OWN),
        _status().alias("status"),
        _fulfilled(_known_value("fulfilled_by", facts)).alias("fulfilled_by"),
        pl.col("_rank").filter(pl.col("reported_valid").is_not_null()).max().alias("_verdict"),
    )
    return filled.select(*PACKAGES, "_verdict")


def _known_value(name: str, facts: bool) -> pl.Expr:
    """The newest known value; what facts know better goes first, the rest of theirs last."""
    if not facts or name in _NEWEST:
        return pl.col(name).drop_nulls().first()
    last = ~FACTS if name in _SEEN else FACTS
    return pl.col(name).sort_by(last, maintain_order=True).drop_nulls().first()


def _status() -> pl.Expr:
    """What is said of the package goes before what is said of its order; shipped stays shipped.

    An order of which one package is still to ship is not shipped yet, as a whole; and an export
    that lists what is to be shipped may be newer than it knows.
    """
    status = pl.col("status")
    own, order = (
        status.filter(spread).drop_nulls() for spread in (~pl.col("_spread"), pl.col("_spread"))
    )
    told = pl.coalesce(own.first(), order.first())
    return (
        pl.when((told == "unshipped") & (order.first() == "cancelled"))
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


def _fulfilled(newest: pl.Expr) -> pl.Expr:
    """Who ships, by the newest word; only some files can tell a seller's Prime orders apart."""
    prime = (pl.col("fulfilled_by") == "seller_prime").any()
    told = pl.lit("seller_prime", PACKAGES["fulfilled_by"])
    return pl.when((newest == "seller") & prime).then(told).otherwise(newest)


def _total(name: str) -> pl.Expr:
    """A sum that is the same whatever the order of its parts: the sixth decimal is the last."""
    return pl.col(name).sum().round(6)


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
