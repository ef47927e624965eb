"""Which package a row speaks of: by Amazon's reference, by its number, or by its order.

Files that name packages have the say which exist. Files of verdicts and of scans only add facts
to them, and name packages only of orders that no other file names packages of.
"""

from collections.abc import Collection, Sequence

import polars as pl

KEY = ["account", "marketplace", "order_id"]
_NUMBERED = ["_k", "_number"]
FACTS = pl.col("_tells") != "packages"


def keyed(rows: pl.DataFrame, name: str, of: Sequence[str], seed: int = 0) -> pl.DataFrame:
    """The rows with a number for each of the keys that they have: faster to group by than texts.

    It is a hash, and no two keys share one: where a second hash tells them apart, others are taken.
    """
    rows = rows.with_columns(pl.struct(of).hash(seed).alias(name))
    other = pl.struct(of).hash(seed + 1)
    twins = rows.group_by(name).agg(torn=other.min() != other.max())
    return keyed(rows, name, of, seed + 2) if twins["torn"].any() else rows


def without_others(rows: pl.DataFrame, accounts: Collection[str]) -> pl.DataFrame:
    """Scans of accounts for which nothing else is there name their packages themselves."""
    alone = pl.col("account").is_in(accounts) & pl.col("order_id").is_not_null()
    numbered = alone & pl.col("tracking_number").is_not_null()
    return rows.with_columns(
        pl.when(alone).then(pl.lit("packages")).otherwise("_tells").alias("_tells"),
        _names=pl.col("_names") | numbered,
    )


def located(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that name no order go to every order that has their number; the others are lost.

    Returns:
        The rows, with `_number` (without blanks and hyphens; null if blank) and `_lent` (whether
        the order is another row's); and the rows whose number no order has.
    """
    rows = rows.with_columns(normalised().alias("_number"), _lent=pl.col("order_id").is_null())
    if not rows["_lent"].any():
        return rows, rows.clear()
    key = ["account", "_number"]
    told = rows.filter(~pl.col("_lent"), pl.col("_number").is_not_null())
    orders = told.select(*key, "order_id").unique().sort("order_id")
    lent = rows.filter("_lent").drop("order_id").join(orders, on=key, how="left")
    lent = lent.select(rows.columns)
    known = pl.col("order_id").is_not_null()
    found, lost = lent.filter(known), lent.filter(~known)
    return pl.concat([rows.filter(~pl.col("_lent")), found]), lost


def normalised() -> pl.Expr:
    """A tracking number as numbers are compared; null if there is none."""
    number = pl.col("tracking_number").str.replace_all(r"[\s-]", "").str.to_uppercase()
    return pl.when(number != "").then(number)


def identified(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every row of some orders with its package, null if it speaks of all packages of its order.

    Args:
        rows: all rows of the orders, newest first, each with its marketplace and `_k`, the order.

    Returns:
        The rows, with `package_id` and `_names` settled; and the rows whose package is not there.
    """
    rows = _with_aliases(rows)
    if not rows.select(FACTS.any()).item():
        rows = rows.with_columns(_own_id(), _known=pl.lit(True))
        return rows, rows.clear()
    rows = rows.with_columns(_names=_naming(), _known=_known()).with_columns(_own_id())
    rows = _with_packages(rows).with_columns(
        pl.when(~_LOOSE)
        .then("package_id")
        .when("_found")
        .then("_wanted")
        .when(_VERDICT)
        .then("_only")
        .alias("package_id"),
        # the package has its number from the files that name it
        pl.when(~_LOOSE).then("tracking_number").alias("tracking_number"),
    )
    told = _VERDICT | pl.col("_number").is_not_null()
    aimless = pl.col("_names").any().over("_k") & pl.col("package_id").is_null() & told
    rows = rows.with_columns(_lost=_LOOSE & (aimless | ~pl.col("_known")))
    kept = rows.filter(~pl.col("_lost"))
    return kept, rows.filter("_lost")


_VERDICT = pl.col("_tells") == "verdicts"
_LOOSE = FACTS & ~pl.col("_names")


def _known() -> pl.Expr:
    """Whether a file of packages speaks of the order at all."""
    return (~FACTS).any().over("_k")


def _naming() -> pl.Expr:
    """Where no file of packages names any of an order, numbers of scans do, else of verdicts."""
    numbered = _known() & pl.col("_number").is_not_null() & ~pl.col("_lent")
    scans, verdicts = numbered & (pl.col("_tells") == "scans"), numbered & _VERDICT
    instead = scans | (verdicts & ~scans.any().over("_k"))
    return pl.col("_names") | (~pl.col("_names").any().over("_k") & instead)


def _with_packages(rows: pl.DataFrame) -> pl.DataFrame:
    """The package that a row's number wants, whether there is one, and an order's only package."""
    named = rows.filter("_names")
    home = named.filter(pl.col("_rank") == pl.col("_rank").max().over("_k"))
    one = pl.when(pl.col("package_id").n_unique() == 1).then(pl.col("package_id").first())
    only = home.group_by("_k").agg(one.alias("_only"))
    ids = named.select("_k", _wanted="package_id").unique().with_columns(_found=pl.lit(True))
    unnumbered = pl.when(_VERDICT).then(pl.lit("1"))
    rows = rows.with_columns(_wanted=pl.coalesce("_alias", "_number", unnumbered))
    rows = rows.join(ids, on=["_k", "_wanted"], how="left", maintain_order="left")
    return rows.join(only, on="_k", how="left", maintain_order="left")


def _own_id() -> pl.Expr:
    """Amazon's reference, else that of the same number, else the number; null if of the order."""
    named = pl.coalesce("package_id", "_alias", "_number", pl.lit("1"))
    return pl.when("_names").then(named).alias("package_id")


def _with_aliases(rows: pl.DataFrame) -> pl.DataFrame:
    """The reference that the newest row of the same order and number has, if any."""
    both = rows.filter(pl.col("package_id").is_not_null() & pl.col("_number").is_not_null())
    if both.is_empty():
        return rows.with_columns(_alias=pl.lit(None, pl.String))
    alias = both.select(*_NUMBERED, _alias="package_id").unique(
        _NUMBERED, keep="first", maintain_order=True
    )
    return rows.join(alias, on=_NUMBERED, how="left", maintain_order="left")
