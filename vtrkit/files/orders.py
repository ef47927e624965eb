"""Rows of several exports to packages: which packages exist, and what is known of each.

The unit of restatement is the order. The newest export that names packages of an order fixes
which packages exist; each field takes its newest value that is known, and null never erases.
Files of verdicts and of scans add facts to packages; see `vtrkit.files.matching`.
"""

import polars as pl

from vtrkit.files.matching import FACTS, KEY, identified, keyed, located
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
    alone = rows.select(pl.struct("account", "order_id").hash().is_unique()).to_series()
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
    rows, stray = _in_one_marketplace(_newest_first(rows))
    rows, lost = identified(keyed(rows, "_k", KEY))
    # an order that no export names packages of is one package, told of by its newest export
    named = _newest_of(rows, pl.col("_names"))
    rows = rows.with_columns(
        pl.when(named.is_null()).then(pl.lit("1")).otherwise("package_id").alias("package_id"),
        _spread=pl.col("package_id").is_null() & named.is_not_null(),
        _home=pl.col("_rank") == named.fill_null(_newest_of(rows, ~FACTS)),
    )
    one = (rows["package_id"] == "1").all(ignore_nulls=False)
    rows = rows.with_columns(_p="_k") if one else keyed(rows, "_p", ["_k", "package_id"])
    rows = rows.with_columns(_fate=_fate(rows))
    exists = pl.col("_p").is_in(rows.filter(_fate="packages")["_p"].implode())
    rows = rows.with_columns(_exists=pl.col("package_id").is_not_null() & exists)
    stale = pl.col("package_id").is_not_null() & ~pl.col("_exists") & ~FACTS
    fates = [
        rows.select("_file", "_row", "_fate", _restated=stale, _why=_PLAIN["_why"]),
        _unmatched(stray, AMBIGUOUS),
        _unmatched(lost.filter("_known"), NO_PACKAGE),
        _unmatched(lost.filter(~pl.col("_known")), NO_ORDER),
    ]
    return _filled(_about(rows)), fates


def _newest_first(rows: pl.DataFrame) -> pl.DataFrame:
    """Sorted where they are not: rows of files come so, those lent to another order do not."""
    if not rows["_lent"].any() and rows["_rank"].is_sorted(descending=True):
        return rows
    return rows.sort("_rank", "_row", descending=[True, False])


def _newest_of(rows: pl.DataFrame, which: pl.Expr) -> pl.Expr:
    """The rank of the newest export with such a row of the order; null if there is none."""
    told = rows.select(which).to_series()
    if not told.any():
        return pl.lit(None, pl.UInt32)
    if told.all() and _is_one(rows["_rank"]):
        return pl.col("_rank")
    return pl.col("_rank").filter(which).max().over("_k")


def _is_one(values: pl.Series) -> bool:
    """Whether all values are the same."""
    return bool(values.min() == values.max())


def _in_one_marketplace(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A row that names no marketplace is of its order's; it is stray where that has several."""
    name = pl.col("marketplace")
    if not rows["marketplace"].null_count():
        return rows, rows.clear()
    order = ["account", "order_id"]
    only = name.drop_nulls().first().over(order).fill_null(UNNAMED_MARKETPLACE)
    several = name.drop_nulls().n_unique().over(order) > 1
    rows = rows.with_columns(name.fill_null(only), _stray=name.is_null() & several)
    return rows.filter(~pl.col("_stray")).drop("_stray"), rows.filter("_stray")


def _fate(rows: pl.DataFrame) -> pl.Expr:
    """The first row of each package in its home, the newest export that names packages, is it.

    A row that repeats one of a newer export is a duplicate. So is one with a value that repeats a
    row of its own export, unless these are lines of an order: two alike are two items. Lines of a
    confirmation, alike but for the item that nobody reads, are merged into their package.
    """
    first = pl.col("_home") & pl.when("_home").then("_p").is_first_distinct()
    return (
        pl.when(first)
        .then(pl.lit("packages"))
        .when(_repeats(rows))
        .then(pl.lit("duplicates"))
        .when("_home")
        .then(pl.lit("merged"))
        .otherwise(pl.lit("attached"))
    )


def _repeats(rows: pl.DataFrame) -> pl.Expr:
    """Whether a row repeats another one; what it says is only looked at where it may."""
    valued = pl.col("_names") & pl.any_horizontal(pl.col(_MONEY).is_not_null())
    one = _is_one(rows["_rank"])
    if one and not rows.select(valued.any()).item():
        return pl.lit(False)
    said = [name for name in _SAID if rows[name].null_count() < rows.height]
    alike = pl.struct("_k", *said).hash()
    newest = pl.lit(True) if one else pl.col("_rank") == pl.col("_rank").max().over(alike)
    return ~newest | (valued & ~alike.is_first_distinct())


def _about(rows: pl.DataFrame) -> pl.DataFrame:
    """What is said of each package: by rows that name it, and by rows about its whole order."""
    told = rows.filter(pl.col("_fate") != "duplicates")
    of_order = told.filter(pl.col("package_id").is_null()).drop("package_id", "_p")
    named = told.filter("_exists")
    if of_order.is_empty():
        return named
    packages = rows.filter(_fate="packages").select("_k", "package_id", "_p")
    spread = of_order.join(packages, on="_k").select(rows.columns)
    return pl.concat([named, spread]).sort("_rank", "_row", descending=[True, False])


def _filled(about: pl.DataFrame) -> pl.DataFrame:
    """Fields of each package: lines of one export add up, then the newest known value wins."""
    silent = [n for n in _FIELDS if about[n].null_count() == about.height]
    plain = [n for n in _FIELDS if n not in (*_MONEY, *silent, "category", "status")]
    dearest = pl.col("category").sort_by(
        pl.col("goods_value").fill_null(-1), descending=True, maintain_order=True
    )
    lines = about.group_by("_p", "_rank", "_spread", maintain_order=True).agg(
        pl.col(*_PACKAGE, "_tells").first(),
        pl.col(*plain, "source").drop_nulls().first(),
        *(
            pl.when(pl.col(n).count() > 0).then(_total(n)).alias(n)
            for n in _MONEY
            if n not in silent
        ),
        *(dearest.drop_nulls().first() for _ in {"category"} - {*silent}),
        *(pl.col("status").min() for _ in {"status"} - {*silent}),
        # cancelled only if no line is shipped or still to ship
    )
    lines = lines.with_columns(pl.lit(None, about.schema[n]).alias(n) for n in silent)
    return (_newest(lines) if lines["_p"].is_duplicated().any() else _as_told(lines)).select(
        *PACKAGES, "_verdict"
    )


def _as_told(lines: pl.DataFrame) -> pl.DataFrame:
    """Packages of which one export speaks."""
    return lines.with_columns(
        _verdict=pl.when(pl.col("reported_valid").is_not_null()).then("_rank")
    )


def _newest(lines: pl.DataFrame) -> pl.DataFrame:
    facts = lines.select(FACTS.any()).item()
    return lines.group_by("_p", maintain_order=True).agg(
        pl.col(_PACKAGE).first(),
        *(_known_value(name, facts) for name in (*_FIELDS, "source") if name not in _OWN),
        _status().alias("status"),
        _fulfilled(_known_value("fulfilled_by", facts)).alias("fulfilled_by"),
        pl.col("_rank").filter(pl.col("reported_valid").is_not_null()).max().alias("_verdict"),
    )


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
