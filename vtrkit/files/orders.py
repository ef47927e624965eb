"""Rows of several exports to packages: which packages exist, and what is known of each.

Four kinds of source speak of an order. A *snapshot of packages* (the Orders API, a table of the
seller's) decides which packages there were on its day. A report of *lines* says what was ordered
and when, and names no package. A *confirmation* adds a package or corrects one. *Labels* of
shipping tools, and Amazon's verdicts, attach to packages and add none, unless nothing else names
any. See `vtrkit.files.matching`. Fields are taken one by one, the newest known value first.
"""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from vtrkit.files.damage import undamaged
from vtrkit.files.matching import FACTS, KEY, LABEL, NO_ORDER, assigned, keyed, located
from vtrkit.files.plausible import DAMAGED, FREE, TO_SENDER, TRACKED, believed
from vtrkit.files.typed_rows import VOIDED
from vtrkit.schema import PACKAGE_KEY, PACKAGES, UNNAMED_MARKETPLACE

FATES = ("packages", "merged", "attached", "duplicates", "unmatched", "rejected")
"""What can become of a row; each row has exactly one fate."""

AMBIGUOUS = "order_id is in several marketplaces and the row names none"
NO_NUMBER = "tracking_number is in no other file, and the row names no order"

_MONEY = ["goods_value", "shipping_value", "tax_value"]
_LINE = ["order_item_id", "category", "sku", "asin"]
"""What the dearest line decides."""
_SAID = [name for name in PACKAGES if name not in ("seen_at", "source")]
_FIELDS = [name for name in PACKAGES if name not in (*PACKAGE_KEY, "source")]
_FACTS_FIRST = [*TRACKED, "promised_date", "category"]
"""What labels and verdicts know better than those that name packages."""
_OF_LINES = ["order_item_id", "quantity", "sku", "asin", "skus"]
"""What reports of lines know better than those that name packages."""
_NEWEST = ["reported_valid", "reported_by", "seen_at", "source", "label_number"]


class Settled(NamedTuple):
    """What became of rows: packages, the fate of each row, packages that went, what was not taken.

    `restated` has a row for each package that the order had in an older file and has no more.
    `doubts` has the rows and packages of which something was assumed or not taken, with the rule.
    """

    packages: pl.DataFrame
    fates: pl.DataFrame
    restated: pl.DataFrame
    doubts: pl.DataFrame


def settle(rows: pl.DataFrame) -> Settled:
    """One row per package from the rows of all files, and the fate of every row.

    Args:
        rows: the packages table with `_file`, `_row`, `_tells`, `_layout`, `_names` (whether the
            row names one package of its order) and what else `vtrkit.files.one_file` keeps.
    """
    void = rows.filter("_void")
    rows = undamaged(rows.filter(~pl.col("_void")) if void.height else rows)
    rows, nowhere = located(rows.with_columns(_seen=pl.col("seen_at").to_physical().fill_null(0)))
    rows, stray = _in_one_marketplace(rows)
    rows = keyed(rows, "_k", KEY)
    single, several = _alone(rows.filter("_alone")), assigned(rows.filter(~pl.col("_alone")))
    several = several.with_columns(_p=pl.struct("_k", pl.col("_pid").fill_null("1")).hash())
    several = several.with_columns(_fate=_fates(several))
    sure, about = single.filter(_fate="packages").select(_ABOUT), _about(several)
    packages = pl.concat([_told_once(sure), _filled(about)])
    packages, doubts = believed(packages, [sure, about], _filled)
    fate = pl.concat(
        [
            *(
                part.select("_file", "_row", "_fate", _restated="_gone", _why="_why")
                for part in (single, several)
            ),
            _unmatched(void, VOIDED),
            _unmatched(nowhere, NO_NUMBER),
            _unmatched(stray, AMBIGUOUS),
        ]
    )
    if nowhere.height or rows["_lent"].any():  # a number that is in two orders
        fate = fate.unique(["_file", "_row"], keep="first", maintain_order=True)
    restated = several.filter("_gone").select(*_RESTATED, now="_pid")
    doubts = pl.concat([doubts, _doubts(single), _doubts(several)])
    return Settled(_with_status(packages), fate, restated, doubts)


_RESTATED = [*KEY, "tracking_number", "carrier", "ship_method", "ship_date", "seen_at", "source"]


def _doubts(rows: pl.DataFrame) -> pl.DataFrame:
    """What was assumed of rows, and what a spreadsheet or a return left out of them."""
    rules = {
        "_returned": pl.lit(TO_SENDER),
        "_replacement": pl.lit(FREE),
        "_damaged": pl.when(pl.col("_damaged").is_not_null()).then(pl.lit(DAMAGED)),
        "_assumed": pl.col("_assumed"),
    }
    listed = [
        rows.lazy()
        .filter(flag if rows.schema[flag] == pl.Boolean() else pl.col(flag).is_not_null())
        .select("source", "order_id", "tracking_number", rule=rule)
        for flag, rule in rules.items()
    ]
    return pl.concat(listed).collect()


def _unmatched(rows: pl.DataFrame, why: str) -> pl.DataFrame:
    return rows.select(
        "_file", "_row", _fate=pl.lit("unmatched"), _restated=pl.lit(False), _why=pl.lit(why)
    )


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


def _alone(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that are all that is known of their orders."""
    named = pl.coalesce("package_id", "_number", pl.lit("1"))
    left_blank = pl.when(pl.col("tracking_number") == "").then(pl.lit(""))
    stranger = FACTS
    return rows.with_columns(
        _pid=pl.when("_names").then(named).otherwise(pl.lit("1")),
        _own=pl.coalesce("_number", left_blank),
        _why=pl.when(stranger).then(pl.lit(NO_ORDER)),
        _gone=pl.lit(False),
        _assumed=pl.lit(None, pl.String),
        _p="_k",
        _fate=pl.when(stranger).then(pl.lit("unmatched")).otherwise(pl.lit("packages")),
        tracked_at=_TRACKED_AT,
    )


# --- fates ---------------------------------------------------------------------------------------


def _fates(rows: pl.DataFrame) -> pl.Series:
    """The newest row that decides on a package is it; one that repeats another is a duplicate.

    Of the others those of the same file are merged into it, those of other files attached.
    """
    oldest = pl.col("_seen").max() - pl.col("_seen")
    parts = [(oldest, 47), (pl.col("_file"), 30), (pl.col("_row"), 0)]
    age = pl.sum_horizontal(part.cast(pl.UInt64) * (1 << bits) for part, bits in parts)
    naming = pl.col("_pid").is_not_null() & (pl.col("_names") & ~pl.col("_gone"))
    rows = rows.select(
        "_k", "_p", "_file", "_why", age=age, again=_repeats(rows, age),
        weight=pl.when(naming).then(0).when(pl.col("_pid").is_not_null()).then(1).otherwise(2),
    )  # fmt: skip
    decides = pl.col("_why").is_null()
    if rows["weight"].n_unique() > 1:
        decides &= pl.col("weight") == pl.col("weight").min().over("_k")
    rows = rows.with_row_index("_i").with_columns(decides=decides)
    by_age = rows.filter("decides").select("_i", "_p", "age").sort("age")
    firsts = by_age.filter(pl.col("_p").is_first_distinct())["_i"]
    rows = rows.with_columns(first=pl.repeat(False, rows.height, eager=True).scatter(firsts, True))
    home = pl.lit(True)
    if rows["_file"].n_unique() > 1:
        place = pl.struct("_k", "_file").hash()
        home = place.is_in(rows.filter("first").select(place).to_series().implode())
    return rows.select(
        pl.when(pl.col("_why").is_not_null())
        .then(pl.lit("unmatched"))
        .when("first")
        .then(pl.lit("packages"))
        .when("again")
        .then(pl.lit("duplicates"))
        .when(home)
        .then(pl.lit("merged"))
        .otherwise(pl.lit("attached"))
        .alias("_fate")
    ).to_series()


def _repeats(rows: pl.DataFrame, age: pl.Expr) -> pl.Series:
    """Whether a row repeats a newer one, or one of its own file.

    Two equal lines of an order in one file are two items, so each repeats at most its like.
    """
    said = [name for name in _SAID if rows[name].null_count() < rows.height]
    few = rows.select(pl.struct("_k", "order_item_id", "goods_value", "_number").hash()).to_series()
    twice = few.is_duplicated()  # rows that differ in so little already are not looked at in whole
    if not twice.any():
        return twice
    some = rows.with_row_index("_i").filter(twice)
    alike = pl.struct("_k", *said).hash()
    some = some.select("_i", "_file", "_tells", "_names", age=age, alike=alike).sort("age")
    line = ~pl.col("_names") & ~FACTS
    nth = pl.when(line).then(pl.int_range(pl.len()).over("alike", "_file")).otherwise(0)
    first = pl.struct("alike", nth.alias("nth")).is_first_distinct()
    again = some.select("_i", again=~first)
    return (
        twice.to_frame("_")
        .with_row_index("_i")
        .join(again, "_i", "left", maintain_order="left")["again"]
        .fill_null(False)
    )


# --- what is known of each package ---------------------------------------------------------------


_TRACKED_AT = pl.coalesce(
    "tracked_at", pl.when(pl.any_horizontal(pl.col(TRACKED).is_not_null())).then("seen_at")
)


def _per_row() -> list[pl.Expr]:
    """What a row may say of its package: not of a number that Amazon does not have.

    The scans of a label whose number is not the one entered prove nothing for the latter.
    """
    text, own = pl.col("tracking_number"), pl.col("_own")
    another = LABEL & ~pl.col("_names") & (pl.col("_number") != own).fill_null(False)
    astray = another & (own != "")
    return [
        pl.when((pl.col("_number") == own) | own.is_null())
        .then(text)
        .when(own == "")
        .then(pl.lit(""))
        .alias("tracking_number"),
        pl.when(another).then(text).otherwise("label_number").alias("label_number"),
        *(pl.when(~astray).then(name).alias(name) for name in TRACKED),
        pl.when(~astray).then(_TRACKED_AT).alias("tracked_at"),
    ]


_ABOUT = [*PACKAGES, "_k", "_p", "_pid", "_seen", "_tells", "_names", "_layout"]


def _about(rows: pl.DataFrame) -> pl.DataFrame:
    """What is said of each package: by rows that name it, and by rows about its whole order."""
    rows = rows.filter((pl.col("_fate") != "duplicates") & pl.col("_why").is_null())
    names = pl.col("_pid").is_not_null()
    named = rows.filter(names)
    of_order = rows.filter(~names & ~pl.col("_gone").fill_null(False))
    if of_order.is_empty():
        return named.with_columns(_per_row()).select(_ABOUT)
    lines = _added_up(of_order).with_columns(tracked_at=_TRACKED_AT)
    if named.is_empty():
        return lines.with_columns(_pid=pl.lit("1")).select(_ABOUT)
    packages = named.select("_k", "_p", "_pid").unique("_p", maintain_order=True)
    packages = packages.join(_contents(named, of_order), on="_p", how="left")
    packages = packages.with_columns(_split=pl.len().over("_k") > 1)
    spread = lines.drop("_p", "_pid").join(packages, on="_k", how="left", suffix="_own")
    spread = spread.with_columns(
        pl.col("_pid").fill_null("1"),
        pl.col("_p").fill_null(pl.struct("_k", pl.lit("1")).hash()),
        pl.when(~pl.col("_split").fill_null(False)).then("quantity").alias("quantity"),
    ).with_columns(
        *(pl.coalesce(f"{name}_own", name).alias(name) for name in (*_LINE, "skus", "quantity")),
    )
    return pl.concat([named.with_columns(_per_row()).select(_ABOUT), spread.select(_ABOUT)])


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
            *(_of_lines(name) for name in spoken if name != "skus"),
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


def _of_lines(name: str) -> pl.Expr:
    """One value of several lines; sums are the same whatever the order of their parts."""
    column = pl.col(name)
    if name in (*_MONEY, "quantity"):
        return pl.when(column.count() > 0).then(column.sum().round(6)).alias(name)
    if name == "skus":
        return column.max()
    if name == "status":
        return column.min()
    return column.drop_nulls().first() if name in _LINE else column.max()


def _contents(named: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The dearest line of each package, and its units, where files say which items are in it."""
    wanted = [*_LINE, "skus", "quantity"]
    item, held = pl.col("order_item_id"), pl.col("_items").str.split(" ")
    own = pl.when(item.is_not_null()).then(
        item + "*" + pl.col("quantity").cast(pl.String).fill_null("")
    )
    items = pl.coalesce(held, pl.concat_list(own))
    inside = named.select("_k", "_p", items=items).explode("items").drop_nulls("items")
    if inside.is_empty() or not lines["order_item_id"].count():
        return pl.DataFrame(
            schema={"_p": pl.UInt64, **{f"{n}_own": lines.schema[n] for n in wanted}}
        )
    units = pl.col("items").str.extract(r"\*(\d+)$").cast(pl.Int32)
    inside = inside.with_columns(pl.col("items").str.replace(r"\*\d*$", "").alias("order_item_id"))
    inside = inside.group_by("_k", "_p", "order_item_id").agg(_units=units.max())
    of_item = lines.filter(pl.col("order_item_id").is_not_null()).sort("_seen", descending=True)
    of_item = of_item.group_by("_k", "order_item_id").agg(
        pl.col("category", "sku", "asin", "goods_value").drop_nulls().first()
    )
    found = inside.join(of_item, on=["_k", "order_item_id"])
    found = found.sort("goods_value", "order_item_id", descending=[True, False], nulls_last=True)
    all_known = pl.col("_units").null_count() == 0
    return (
        found.group_by("_p")
        .agg(
            *(pl.col(n).drop_nulls().first() for n in _LINE),
            skus=pl.col("sku").n_unique().cast(pl.Int32),
            quantity=pl.when(all_known).then(pl.col("_units").sum()),
        )
        .rename({n: f"{n}_own" for n in wanted})
    )


def _filled(about: pl.DataFrame) -> pl.DataFrame:
    """Fields of each package: rows of one export add up, then the newest known value wins."""
    twice = about["_p"].is_duplicated()
    if not twice.any():
        return _told_once(about)
    order = pl.when(FACTS).then(2).when("_names").then(0).otherwise(1)
    several = _of_exports(about.filter(twice)).with_columns(_order=order, _verdict=_VERDICT)
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
        _status().alias("status"),
        _fulfilled(_known_value("fulfilled_by", any_facts)).alias("fulfilled_by"),
        pl.col("tracked_at", "_verdict").max(),
    )
    merged = merged.with_columns(
        pl.lit(None, about.schema[n]).alias(n) for n in silent if n not in merged.columns
    )
    return pl.concat([_told_once(about.filter(~twice)), merged.select(_PACKAGE)])


_PACKAGE = [*PACKAGES, "_p", "_verdict"]
_VERDICT = pl.when(pl.col("reported_valid").is_not_null()).then("_seen")


def _told_once(about: pl.DataFrame) -> pl.DataFrame:
    """Packages of which one row says everything."""
    return about.with_columns(package_id="_pid", _verdict=_VERDICT).select(_PACKAGE)


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
        *(_of_rows(name) for name in spoken),
    )
    silent = [n for n in _FIELDS if n not in spoken]
    one = one.with_columns(pl.lit(None, about.schema[n]).alias(n) for n in silent)
    return pl.concat([about.filter(~twice), one.select(about.columns)])


def _of_rows(name: str) -> pl.Expr:
    column = pl.col(name)
    if name in (*_MONEY, "quantity"):
        return pl.when(column.count() > 0).then(column.sum().round(6)).alias(name)
    if name == "status":
        return column.min()
    return column.max() if name in ("tracked_at", "skus") else column.drop_nulls().first()


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


def _status() -> pl.Expr:
    """What is said of the package goes before what is said of its order; shipped stays shipped.

    An order of which one package is still to ship is not shipped yet, as a whole; and an export
    that lists what is to be shipped may be newer than it knows.
    """
    status, spread = pl.col("status"), ~(pl.col("_names") | FACTS)
    own, order = (status.filter(which).drop_nulls() for which in (~spread, spread))
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


def _with_status(packages: pl.DataFrame) -> pl.DataFrame:
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
