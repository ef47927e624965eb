"""Of which package each row speaks, and which packages there are.

Most orders are plain: their rows agree on the packages, and are matched as whole columns. The
others go row by row through `vtrkit.files.order_book`, which knows all rules; on plain orders both
say the same.
"""

from collections.abc import Collection, Iterator, Sequence

import polars as pl

from vtrkit.files.order_book import NOTHING, SAME_DAY, settled

KEY = ["account", "marketplace", "order_id"]
SNAPSHOT = pl.col("_names") & (pl.col("_tells") == "packages")
EVENT = pl.col("_names") & (pl.col("_tells") == "shipments")
LABEL, VERDICT = pl.col("_tells") == "scans", pl.col("_tells") == "verdicts"
FACTS = (LABEL | VERDICT) & ~pl.col("_names")
NO_ORDER = "order_id is in no file of orders or packages"
_NUMBER, _BLANK = pl.col("_number"), pl.col("_number").is_null()
_SHIPPED = [
    pl.col("ship_date"),
    *(pl.col(n).str.to_lowercase() for n in ("carrier", "ship_method")),
]
_SENT = pl.struct(_SHIPPED).hash()
_SETTLED = dict.fromkeys(("_pid", "_own", "_why", "_gone", "_assumed"), pl.String()) | {
    "_gone": pl.Boolean()
}
"""The package of a row (null: all of its order), the number that Amazon has of it ("" = none), why
it has no package, whether that went, and what was assumed."""


def keyed(rows: pl.DataFrame, name: str, of: Sequence[str], seed: int = 0) -> pl.DataFrame:
    """The rows with a number for each of the keys that they have: faster to group by than texts.

    It is a hash, and no two keys share one: where keys differ under it, another one is taken.
    `_alone` says that no other row has the key.
    """
    key = rows.select(pl.struct(of).hash(seed)).to_series()
    order = key.arg_sort()
    in_order = key.gather(order)
    again = (in_order == in_order.shift()).fill_null(False)
    if (at := again.arg_true()).len():
        both = (rows.select(of)[order.gather(places)] for places in (at, at - 1))
        if not next(both).equals(next(both)):
            return keyed(rows, name, of, seed + 1)
    shared = again | again.shift(-1, fill_value=False)
    alone = pl.repeat(True, rows.height, eager=True).scatter(order, ~shared)
    return rows.with_columns(key.alias(name), _alone=alone)


def without_others(rows: pl.DataFrame, accounts: Collection[str]) -> pl.DataFrame:
    """Scans of accounts for which nothing else is there name their packages themselves."""
    if not accounts:
        return rows
    alone = pl.col("account").is_in(accounts) & pl.col("order_id").is_not_null()
    numbered = alone & _NUMBER.is_not_null()
    return rows.with_columns(
        pl.when(numbered)
        .then(pl.lit("shipments"))
        .when(alone)
        .then(pl.lit("lines"))
        .otherwise("_tells")
        .alias("_tells"),
        _names=pl.col("_names") | numbered,
    )


def located(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows that name no order go to every order that has their number; the others are lost.

    Returns:
        The rows, with `_lent` (whether the order is another row's); and the rows whose number no
        order has.
    """
    rows = rows.with_columns(_lent=pl.col("order_id").is_null())
    if not rows["_lent"].any():
        return rows, rows.clear()
    key = ["account", "_number"]
    named = rows.filter(~pl.col("_lent"), _NUMBER.is_not_null())
    orders = named.select(*key, "order_id").unique().sort("order_id")
    lent = rows.filter("_lent").drop("order_id").join(orders, on=key, how="left")
    lent = lent.select(rows.columns)
    known = pl.col("order_id").is_not_null()
    there, lost = lent.filter(known), lent.filter(~known)
    return pl.concat([rows.filter(~pl.col("_lent")), there]), lost


def assigned(rows: pl.DataFrame) -> pl.DataFrame:
    """All rows of some orders, each with the columns of `_SETTLED`.

    Args:
        rows: all rows of the orders, each with its marketplace, `_k` (the order) and `_seen`.
    """
    if not rows.select((pl.col("_names") | FACTS).any()).item():
        return rows.with_columns(pl.lit(None, t).alias(n) for n, t in _SETTLED.items())
    rows, kept = _with_aliases(rows), [*rows.columns, *_SETTLED]
    orders = _orders(rows)
    rows = rows.join(orders, on="_k", how="left", maintain_order="left")
    rows = rows.with_columns(_pid=_by_number(), _exists=_naming())
    rows = rows.with_columns(_p=pl.struct("_k", "_pid").hash())
    rows = rows.join(_packages(rows), on="_p", how="left", maintain_order="left")
    rows = rows.join(_only(rows), on="_k", how="left", maintain_order="left")
    may_correct = pl.col("_odd") | pl.col("_torn").fill_null(False) | (_ASTRAY & ~_ONE_LEFT)
    odd = rows.filter(pl.col("_known") & may_correct)["_k"]
    odd = pl.concat([odd, _overfull(rows), _with_units_left(rows)])
    if odd.is_empty():
        return _plain(rows).select(kept)
    difficult = pl.col("_k").is_in(odd.unique().implode())
    book = _by_the_book(rows.filter(difficult).drop(*_SETTLED, strict=False))
    return pl.concat([_plain(rows.filter(~difficult)).select(kept), book.select(kept)])


def _with_aliases(rows: pl.DataFrame) -> pl.DataFrame:
    """The reference that the newest row of the same order and number has, if any."""
    both = rows.filter(pl.col("package_id").is_not_null() & _NUMBER.is_not_null())
    if both.is_empty():
        return rows.with_columns(_alias=pl.lit(None, pl.String))
    both = both.sort("_seen", "package_id")
    newest = both.group_by("_k", "_number").agg(_alias=pl.col("package_id").last())
    return rows.join(newest, on=["_k", "_number"], how="left", maintain_order="left")


def _orders(rows: pl.DataFrame) -> pl.DataFrame:
    """Of each order: the day of its newest snapshot, what else speaks of it, and whether it is odd.

    Odd are orders in which a row may correct another one.
    """

    def differ(name: str) -> pl.Expr:
        return (pl.col(name).min() != pl.col(name).max()).fill_null(False)

    seen, identity = pl.col("_seen"), pl.when(_BLANK).then(_SENT).otherwise(_NUMBER.hash())
    unnamed = SNAPSHOT & _BLANK & pl.col("package_id").is_null()
    label, verdict = LABEL & ~pl.col("_names"), VERDICT & ~pl.col("_names")
    flags = rows.select(
        "_k",
        s=pl.when(SNAPSHOT).then(seen),
        blank=pl.when(unnamed).then(_SENT),
        e=pl.when(EVENT).then(seen),
        parcel=pl.when(EVENT).then(identity),
        untold=EVENT & _BLANK,
        label=pl.when(label).then(_NUMBER.hash()),
        verdict=pl.when(verdict).then(identity),
        known=~(label | verdict),
        odd=pl.col("_deletes") | pl.col("_damaged").is_not_null(),
    )
    corrects = differ("parcel") & (differ("e") | pl.col("untold").any())
    told = [pl.col(name).min() for name in ("label", "verdict")]
    entered = pl.col("s").is_null().all() & pl.col("e").is_null().all() & (told[0] != told[1])
    newer = (pl.col("e").max() > pl.col("s").max()).fill_null(False)
    return flags.group_by("_k").agg(
        _home=pl.col("s").max(),
        _named=pl.col("s").is_not_null().any() | pl.col("e").is_not_null().any(),
        _labelled=pl.col("label").is_not_null().any(),
        _labels=differ("label"),
        _verdicts=differ("verdict"),
        _events=differ("parcel"),
        _known=pl.col("known").any(),
        _odd=corrects | newer | entered.fill_null(False) | differ("blank") | pl.col("odd").any(),
    )


def _overfull(rows: pl.DataFrame) -> pl.Series:
    """Orders of which several parcels hold more units than were ordered, of an item or in all."""
    several = rows.filter("_events")
    if several.is_empty():
        return several["_k"]
    item = ["_k", "order_item_id"]
    sent = several.filter(EVENT).unique([*item, "_number", "quantity"])
    lines = several.filter(_tells="lines").group_by(item).agg(_ordered=pl.col("quantity").max())
    units = sent.group_by(item).agg(_sent=pl.col("quantity").fill_null(1).sum())
    over = pl.col("_sent") > pl.col("_ordered")
    of_item = units.join(lines, on=item).filter(over)
    all_sent, all_lines = (
        t.group_by("_k").agg(pl.col(t.columns[-1]).sum()) for t in (units, lines)
    )
    return pl.concat([of_item["_k"], all_sent.join(all_lines, on="_k").filter(over)["_k"]])


def _with_units_left(rows: pl.DataFrame) -> pl.Series:
    """Orders with an unknown label, of which confirmations may not name all units."""
    asked = LABEL & _ASTRAY & _ONE_LEFT & pl.col("_home").is_null()
    some = rows.join(rows.filter(asked), on="_k", how="semi")
    item, named = ["_k", "order_item_id"], pl.col("order_item_id").is_not_null()
    lines = some.filter(named, _tells="lines").group_by(item).agg(_ordered=pl.col("quantity").max())
    sent = some.filter(EVENT & named).unique([*item, "_number", "quantity"]).group_by(item)
    units = pl.when(pl.col("quantity").null_count() == 0).then(pl.col("quantity").sum())
    both = lines.join(sent.agg(_sent=units, _is=True), on=item, how="left")
    whole = some.filter(EVENT & ~named & pl.col("quantity").is_null())
    left = pl.col("_is").is_null() | (pl.col("_sent") < pl.col("_ordered"))
    return both.filter(left).join(whole, on="_k", how="anti")["_k"]


def _by_number() -> pl.Expr:
    """Amazon's reference, else that of the same number, else the number; null if of the order."""
    own = pl.when(SNAPSHOT).then("package_id")
    known = pl.coalesce(own, "_alias", _NUMBER)
    named = pl.when(pl.col("_names") | VERDICT).then(pl.coalesce(known, pl.lit("1")))
    return pl.coalesce(named, pl.when(LABEL).then(known))


def _naming() -> pl.Expr:
    """Whether a row says that its package exists: the newest snapshot, else confirmations.

    Where neither names any package of an order, labels do, else verdicts.
    """
    instead = ~pl.col("_named") & pl.col("_known") & ~pl.col("_lent") & _NUMBER.is_not_null()
    return (
        pl.when("_named")
        .then(
            (SNAPSHOT & (pl.col("_seen") == pl.col("_home"))) | (EVENT & pl.col("_home").is_null())
        )
        .otherwise(instead & (LABEL | (VERDICT & ~pl.col("_labelled"))))
    )


def _packages(rows: pl.DataFrame) -> pl.DataFrame:
    """The packages of all orders, each with the number that Amazon has of it."""
    left_blank = pl.when((pl.col("tracking_number") == "").any()).then(pl.lit(""))
    named = rows.filter("_exists").group_by("_p")
    torn = (_NUMBER.min() != _NUMBER.max()).fill_null(False)
    return named.agg(_own=pl.coalesce(_NUMBER.max(), left_blank), _there=pl.lit(True), _torn=torn)


def _only(rows: pl.DataFrame) -> pl.DataFrame:
    """The only package of each order that has one."""
    one = pl.when(pl.col("_p").min() == pl.col("_p").max())
    there = rows.filter("_exists").group_by("_k")
    return there.agg(
        _only=one.then(pl.col("_pid").first()), _only_own=one.then(pl.col("_own").first())
    )


_ASTRAY = pl.col("_there").is_null() & pl.col("_pid").is_not_null() & ~SNAPSHOT
_ONE_LEFT = pl.col("_only").is_not_null() & ~(
    pl.when(EVENT).then("_events").when(LABEL).then("_labels").otherwise("_verdicts")
)


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of plain orders with their packages, by number or because only one is left."""
    stranger = ~pl.col("_known")
    only = _ASTRAY & _ONE_LEFT
    gone = SNAPSHOT & pl.col("_there").is_null()
    # confirmed: what is the snapshot's package under another number
    went = (only & EVENT & (pl.col("_only_own") != _NUMBER)).fill_null(False)
    unsure = went & (pl.col("_seen") == pl.col("_home"))
    return rows.with_columns(
        _pid=pl.when(only).then("_only").when(~stranger & ~gone).then("_pid"),
        _own=pl.when(only).then("_only_own").otherwise("_own"),
        _why=pl.when(stranger).then(pl.lit(NO_ORDER)),
        _gone=gone.fill_null(False) | went,
        _assumed=pl.when(unsure).then(pl.lit(SAME_DAY)),
    )


# --- orders that are not plain -----------------------------------------------------------------

_CONTENT = [
    *("order_item_id", "quantity", "carrier", "ship_method", "package_id", "_items"),
    *("_deletes", "_damaged"),
]
"""All that the book looks at: rows alike in it may come in any order."""


def _by_the_book(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of difficult orders with their packages, order by order, oldest row first."""
    in_order = ["_k", "_seen", "ship_date", "_numbered", "_number", *_CONTENT, "_file", "_row"]
    numbered = _NUMBER.is_not_null() | pl.col("_damaged").is_not_null()
    rows = rows.with_columns(_numbered=numbered).sort(in_order).with_row_index("_i")
    told = dict(settled(_for_the_book(rows)))
    columns = {
        name: pl.Series([told.get(i, NOTHING)[n] for i in range(rows.height)], dtype=dtype)
        for n, (name, dtype) in enumerate(_SETTLED.items())
    }
    return rows.with_columns(**columns)


def _for_the_book(rows: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    """What the book wants to know of each row."""
    kind = (
        pl.when(SNAPSHOT)
        .then(pl.lit("S"))
        .when(EVENT)
        .then(pl.lit("E"))
        .when(VERDICT)
        .then(pl.lit("V"))
        .when(LABEL)
        .then(pl.lit("T"))
        .otherwise(pl.lit("L"))
    )
    left_blank = pl.when(pl.col("tracking_number") == "", pl.col("_damaged").is_null())
    number = pl.coalesce("_number", left_blank.then(pl.lit("")))
    reference = pl.when(SNAPSHOT).then(pl.coalesce("package_id", "_alias"))
    cells = rows.select(
        "_k", "_i", kind.alias("kind"), "_file", "_seen", number, "_damaged", "_deletes",
        reference.alias("reference"), "order_item_id", "quantity", "_items", "_ordered", *_SHIPPED,
    )  # fmt: skip
    return cells.iter_rows()
