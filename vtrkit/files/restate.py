"""Packages of all files anew where only a few orders have new rows.

Orders that have a number in common are settled together, so an order is touched by new rows if
they name it, or have its number, or that of another order that is touched. Of touched orders all
rows are settled twice, as they were and as they are: what came of the first is taken off the lists
and counts of all orders, and what came of the second is added.

```
rows of touched orders ─┬─ before ─ gather ─▶ Gathered (-)
                        └─ now ──── gather ─▶ Gathered (+)  + stored ─▶ Gathered of all
```
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import polars as pl

from vtrkit.files.all_files import Gathered, Known, gather, owner_of
from vtrkit.files.fates import FATES
from vtrkit.files.one_file import File
from vtrkit.files.reading import Asked
from vtrkit.files.row_rules import OTHER_SHOP, VOIDED

_MOST_SHARE = 4
"""Where more than one in so many rows is touched, all are settled."""
_ORDER = ["account", "order_id"]
_COUNTED = (*FATES, "restated", "doubts")


class Restated(NamedTuple):
    """Lists and counts of all orders, with the packages of the touched ones alone.

    Attributes:
        now: lists and counts of all; the packages of touched orders.
        orders: account and id of the touched orders.
        gone: the packages that touched orders had.
    """

    now: Gathered
    orders: pl.DataFrame
    gone: pl.DataFrame


def restated(
    before: Sequence[File], now: Sequence[File], stored: Gathered, asked: Asked, known: Known
) -> Restated | str:
    """What became of all rows, by settling the touched orders only.

    Args:
        before: the files that `stored` is of.
        now: those files, and new ones.
        stored: the lists and counts of all orders.
        asked: how rows become packages.
        known: what all files tell, before as now.

    Returns:
        What came of it, or why all orders have to be settled.
    """
    if asked.covered is not None and any(f.layout.defects_only for f in (*before, *now)):
        return "a report that lists defects alone says something of all packages"
    links = _touched(before, now)
    if links is None:
        return "many orders have new rows"
    touched = {f.key: _narrow(f, links) for f in {f.key: f for f in (*before, *now)}.values()}
    few = [
        [replace(f, good=touched[f.key], buckets=None) for f in files] for files in (before, now)
    ]
    if not any(f.good.height for f in few[1]):
        return "the new files have no rows to settle"
    was, new = (gather(files, asked, None, known) for files in few)
    named = [f.good.lazy().select(owner_of(f), "order_id") for files in few for f in files]
    lists: dict[str, pl.DataFrame] = {}
    for name in ("unmatched", "restated", "doubts", "uncategorised"):
        signed = [(stored, 1), (new, 1), (was, -1)]
        added = _added_up([getattr(g, name).with_columns(_n=pl.lit(n)) for g, n in signed])
        if added is None:
            return f"the list of what is {name} does not add up"
        lists[name] = added.select(getattr(stored, name).columns)
    summary = _summary(before, now, stored, was, new)
    orders = pl.concat(named).unique().drop_nulls().sort(_ORDER).collect()
    total = Gathered(new.packages, new.parts, summary=summary, **lists, notes=new.notes)
    return Restated(total, orders, was.packages.collect())


def rows_of(file: File) -> list[pl.LazyFrame]:
    """All good rows of a file: those that are held, and those in buckets."""
    there = [file.buckets.scan()] if file.buckets and file.buckets.files else []
    return [file.good.lazy(), *there]


def _links(file: File) -> pl.LazyFrame:
    """Order and number of every row and of those that leave others without a package, as hashes."""
    aside = (file.no_packages(rule).lazy() for rule in (VOIDED, OTHER_SHOP))
    named = (rows.rename({"_order": "order_id"}) for rows in aside)
    parts = (rows.select("order_id", "_number") for rows in (*rows_of(file), *named))
    return pl.concat(parts).select(**_HASHES)


_HASHES = {
    # whatever the account: an order in two of them is a doubt about both
    "_o": pl.when(pl.col("order_id").is_not_null()).then(pl.col("order_id").hash()),
    "_n": pl.when(pl.col("_number") != "").then(pl.col("_number").hash()),
}


def _is_in(links: pl.DataFrame) -> pl.Expr:
    of = [pl.col(name).is_in(links[name].drop_nulls().unique().implode()) for name in _HASHES]
    return pl.any_horizontal(part.fill_null(False) for part in of)


def _touched(before: Sequence[File], now: Sequence[File]) -> pl.DataFrame | None:
    """The orders and numbers that rows of other files touch, or these in turn; None = too many."""
    old, new = ({f.key: f for f in files} for files in (before, now))
    every, most = old | new, sum(f.rows for f in now) / _MOST_SHARE
    links = [_links(f) for f in every.values()]
    changed = [_links(every[key]) for key in old.keys() ^ new.keys()]
    found, height = pl.concat(changed).unique().collect(), -1
    while found.height != height:
        if found.height > most:
            return None
        height = found.height
        found = pl.concat(link.filter(_is_in(found)) for link in links).unique().collect()
    return found


def _narrow(file: File, links: pl.DataFrame) -> pl.DataFrame:
    """The touched rows of a file."""
    touched = pl.concat(rows_of(file)).with_columns(**_HASHES).filter(_is_in(links))
    return touched.drop(*_HASHES).collect()


def _added_up(tables: Sequence[pl.DataFrame]) -> pl.DataFrame | None:
    """Rows of some tables less those of others, each as often as it is left; None = less than none.

    Args:
        tables: with `_n`, 1 of what is added and -1 of what is taken off.
    """
    every = pl.concat(tables, how="diagonal")
    if "lines" in every.columns:  # the skus without a category are counted, not listed
        sums = every.group_by("sku", "asin", "category").agg((pl.col("lines") * pl.col("_n")).sum())
        order = pl.col("lines") > 0
        left = sums.filter(order).sort("lines", "sku", "asin", descending=[True, False, False])
        return None if (sums["lines"] < 0).any() else left
    key = [name for name in every.columns if name != "_n"]
    if not key:
        return every
    left = every.group_by(key, maintain_order=True).agg(pl.col("_n").sum())
    if (left["_n"] < 0).any():
        return None
    again = left.filter(pl.col("_n") > 0).with_columns(_i=pl.int_ranges(0, "_n")).explode("_i")
    return again.sort([name for name in _SORTED if name in key])


_SORTED = ("account", "marketplace", "file", "row", "order_id", "source", "rule")


def _summary(
    before: Sequence[File], now: Sequence[File], stored: Gathered, was: Gathered, new: Gathered
) -> pl.DataFrame:
    """What became of the rows of each file."""
    tables = [(stored, before, 1), (new, now, 1), (was, before, -1)]
    signed = [
        g.summary.select(pl.col(_COUNTED) * sign, _key=pl.Series([f.key for f in files]))
        for g, files, sign in tables
    ]
    added = pl.concat(signed).group_by("_key").agg(pl.col(_COUNTED).sum())
    files = new.summary.with_columns(_key=pl.Series([f.key for f in now]))
    told = files.drop(_COUNTED).join(added, on="_key", how="left", maintain_order="left")
    return told.select(new.summary.columns)
