"""What is known of each package, field by field: the newest known value of those that may say."""

from collections.abc import Sequence

import polars as pl

from vtrkit.files.contents import LINE, MONEY, OWN, by_item, contents, inside_of, of_snapshots
from vtrkit.files.matching import FACTS, LABEL, SNAPSHOT
from vtrkit.files.plausible import TRACKED
from vtrkit.files.status import called_off, fulfilled, shipped_or_not
from vtrkit.rules.conform import IS_DELIVERED
from vtrkit.schema import PACKAGE_KEY, PACKAGES

_FIELDS = [name for name in PACKAGES if name not in (*PACKAGE_KEY, "source")]
_FACTS_FIRST = [*TRACKED, "promised_date", "category"]
"""What labels and verdicts know better than those that name packages."""
_OF_LINES = ["order_item_id", "quantity", "sku", "asin", "skus"]
"""What reports of lines know better than those that name packages."""
_NEWEST = ["reported_valid", "reported_by", "reported_at", "seen_at", "source", "label_number"]
TRACKED_AT = pl.coalesce(
    "tracked_at", pl.when(pl.any_horizontal(pl.col(TRACKED).is_not_null())).then("seen_at")
)


def _per_row() -> list[pl.Expr]:
    """What a row may say of its package: not of a number that Amazon does not have.

    The scans of a label whose number is not the one entered prove nothing for the latter.
    """
    text, own = pl.col("tracking_number"), pl.col("_own")
    another = LABEL & ~pl.col("_names") & (pl.col("_number") != own).fill_null(False)
    astray = another & (own != "")
    # that a number had no scan is nothing about the one that was entered in its place
    former = SNAPSHOT & (pl.col("scans") == 0) & (own != "") & (pl.col("_number").ne_missing(own))
    kept = ~(astray | former).fill_null(False)
    # the parcel of another label has arrived all the same
    arrived = pl.when(astray & IS_DELIVERED).then(True).otherwise("is_delivered")
    told = {name: pl.when(kept).then(name) for name in TRACKED} | {"is_delivered": arrived}
    return [
        pl.when((pl.col("_number") == own) | own.is_null())
        .then(text)
        .when(own == "")
        .then(pl.lit(""))
        .alias("tracking_number"),
        pl.when(another).then(text).otherwise("label_number").alias("label_number"),
        *(told_of.alias(name) for name, told_of in told.items()),
        pl.when(~astray).then(TRACKED_AT).alias("tracked_at"),
    ]


ABOUT = [*PACKAGES, "_k", "_p", "_pid", "_seen", "_tells", "_names", "_layout"]


def about_packages(rows: pl.DataFrame) -> pl.DataFrame:
    """What is said of each package: by rows that name it, and by rows about its whole order."""
    rows = rows.filter((pl.col("_fate") != "duplicates") & pl.col("_why").is_null())
    names = pl.col("_pid").is_not_null()
    named = rows.filter(names)
    of_order = rows.filter(~names & ~pl.col("_gone").fill_null(False))
    own = [named.with_columns(_per_row()).select(ABOUT), of_snapshots(named).select(ABOUT)]
    if of_order.is_empty():
        return pl.concat(own)
    lines = _added_up(of_order).with_columns(tracked_at=TRACKED_AT)
    if named.is_empty():
        return lines.with_columns(_pid=pl.lit("1")).select(ABOUT)
    packages = named.select("_k", "_p", "_pid").unique("_p", maintain_order=True)
    inside = inside_of(named)
    packages = packages.join(contents(inside, of_order), on="_p", how="left")
    packages = packages.with_columns(_split=pl.len().over("_k") > 1)
    spread = lines.drop("_p", "_pid").join(packages, on="_k", how="left", suffix="_own")
    spread = spread.with_columns(
        pl.col("_pid").fill_null("1"),
        pl.col("_p").fill_null(pl.struct("_k", pl.lit("1")).hash()),
        pl.when(~pl.col("_split").fill_null(False)).then("quantity").alias("quantity"),
    ).with_columns(
        *(pl.coalesce(f"{name}_own", name).alias(name) for name in OWN),
    )
    return pl.concat([*own, by_item(spread, inside, of_order).select(ABOUT)])


def _added_up(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of an order in one report as one: values added up, the dearest line before others.

    It is cancelled only if no line is shipped or still to ship.
    """
    key = ["_k", "_layout", "_seen", "_tells", "_names"]
    lines = lines.with_columns(_one=pl.struct(key).hash())
    twice = lines["_one"].is_duplicated()
    if not twice.any():
        return lines
    alone, several = lines.filter(~twice), lines.filter(twice)
    silent = [n for n in _FIELDS if several[n].null_count() == several.height]
    spoken = [n for n in _FIELDS if n not in silent]
    # only lines of one value need an order of their own, and sorting texts is slow
    tied = several.select(pl.struct("_one", "goods_value").hash().is_duplicated()).to_series()
    content = ["order_item_id", "sku", "category", "_file", "_row"]
    in_order = several.filter(tied).sort(content, nulls_last=True)
    several = pl.concat([several.filter(~tied), in_order]) if tied.any() else several
    by_value = {"descending": True, "nulls_last": True, "maintain_order": True}
    one = (
        several.with_columns(_few_words(several, spoken))
        .sort("goods_value", **by_value)
        .group_by("_one")
        .agg(
            pl.col(
                "account", "marketplace", "order_id", "package_id", "_p", "_pid", "_own"
            ).first(),
            pl.col("_number", "source", *key).first(),
            *(_combined(name, True) for name in spoken if name != "skus"),
            pl.max_horizontal(
                pl.col("skus").max(), pl.col("sku").drop_nulls().n_unique().cast(pl.Int32)
            )
            .replace(0, None)
            .alias("skus"),
        )
    )
    one = one.with_columns(
        *(pl.col(n).cast(lines.schema[n]) for n in spoken),
        *(pl.lit(None, lines.schema[n]).alias(n) for n in silent if n != "skus"),
    )
    return pl.concat([alone.select(one.columns), one])


def _few_words(rows: pl.DataFrame, names: Sequence[str]) -> list[pl.Expr]:
    """Columns of few different texts as numbers in the order of the texts: quick to compare."""
    texts = {n: rows[n].unique().drop_nulls() for n in names if rows.schema[n] == pl.String()}
    return [
        pl.col(n).cast(pl.Enum(words.sort())) for n, words in texts.items() if len(words) < 1000
    ]


def _combined(name: str, dearest: bool) -> pl.Expr:
    """One value of several rows; sums are the same whatever the order of their parts.

    Args:
        name: of the column.
        dearest: whether the rows are lines of an order, of which the dearest comes first.
    """
    column = pl.col(name)
    if name in (*MONEY, "quantity"):
        return pl.when(column.count() > 0).then(column.sum().round(6)).alias(name)
    if name == "status":
        return column.min()
    first = name in LINE if dearest else name not in ("tracked_at", "skus")
    return column.drop_nulls().first() if first else column.max()


def filled(about: pl.DataFrame) -> pl.DataFrame:
    """Fields of each package: rows of one export add up, then the newest known value wins."""
    twice = about["_p"].is_duplicated()
    if not twice.any():
        return told_once(about)
    order = pl.when(FACTS).then(2).when("_names").then(0).otherwise(1)
    scans = pl.col("scans")  # one that was made does not go away in a later export of its kind
    known = pl.when((scans > 0) | ~(scans > 0).any().over("_p", FACTS)).then(scans)
    several = _of_exports(about.filter(twice)).with_columns(
        known.alias("scans"), _order=order, _verdict=_VERDICT
    )
    several = several.sort(
        "_seen", "_order", "_tells", "_layout", descending=[True, False, True, False]
    )
    silent = [n for n in _FIELDS if several[n].null_count() == several.height]
    any_facts = several.select(FACTS.any()).item()
    merged = several.group_by("_p").agg(
        pl.col("account", "marketplace", "order_id").first(),
        pl.col("_pid").first().alias("package_id"),
        *(
            _known_value(name, any_facts)
            for name in (*_FIELDS, "source")
            if name not in {"status", "fulfilled_by", "tracked_at", *silent}
        ),
        shipped_or_not().alias("status"),
        fulfilled(_known_value("fulfilled_by", any_facts)).alias("fulfilled_by"),
        called_off().alias("_called_off"),
        pl.col("tracked_at", "_verdict").max(),
    )
    merged = merged.with_columns(
        pl.lit(None, about.schema[n]).alias(n) for n in silent if n not in merged.columns
    )
    return pl.concat([told_once(about.filter(~twice)), merged.select(_PACKAGE)])


_PACKAGE = [*PACKAGES, "_p", "_verdict", "_called_off"]
_VERDICT = pl.when(pl.col("reported_valid").is_not_null()).then("_seen")


def told_once(about: pl.DataFrame) -> pl.DataFrame:
    """Packages of which one row says everything."""
    return about.with_columns(package_id="_pid", _verdict=_VERDICT, _called_off=False).select(
        _PACKAGE
    )


def _of_exports(about: pl.DataFrame) -> pl.DataFrame:
    """The rows of a package in files of one day and kind as one, in an order that no file gives."""
    key = ["_p", "_seen", "_tells", "_names", "_layout"]
    twice = about.select(pl.struct(key).hash().is_duplicated()).to_series()
    if not twice.any():
        return about
    several = about.filter(twice)
    spoken = [n for n in _FIELDS if several[n].null_count() < several.height]
    content = [n for n in spoken if n not in ("seen_at", "ship_date", "tracking_number")]
    in_order = ["ship_date", "tracking_number", "goods_value", *content]
    in_order = [n for n in dict.fromkeys(in_order) if n in spoken]
    several = several.sort(in_order, descending=True, nulls_last=True)
    one = several.group_by(key).agg(
        pl.col("account", "marketplace", "order_id", "package_id", "_k", "_pid").first(),
        pl.col("source").min(),
        *(_combined(name, False) for name in spoken),
    )
    silent = [n for n in _FIELDS if n not in spoken]
    one = one.with_columns(pl.lit(None, about.schema[n]).alias(n) for n in silent)
    return pl.concat([about.filter(~twice), one.select(about.columns)])


def _known_value(name: str, facts: bool) -> pl.Expr:
    """The newest known value; what facts know better goes first, the rest of theirs last."""
    column = pl.col(name)
    if name in _OF_LINES:
        lines = column.filter(~(pl.col("_names") | FACTS)).drop_nulls().first()
        return pl.coalesce(lines, column.drop_nulls().first())
    if not facts or name in _NEWEST:
        return column.drop_nulls().first()
    theirs, ours = (column.filter(who).drop_nulls().first() for who in (FACTS, ~FACTS))
    return pl.coalesce(theirs, ours) if name in _FACTS_FIRST else pl.coalesce(ours, theirs)
