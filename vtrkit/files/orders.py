"""Rows of several exports to packages: which packages exist, and what is known of each.

Four kinds of source speak of an order. A *snapshot of packages* (the Orders API, a table of the
seller's) decides which packages there were on its day. A report of *lines* says what was ordered
and when, and names no package. A *confirmation* adds a package or corrects one. *Labels* of
shipping tools, and Amazon's verdicts, attach to packages and add none, unless nothing else names
any. See `vtrkit.files.matching`. Fields are taken one by one, the newest known value first.
"""

from typing import NamedTuple

import polars as pl

from vtrkit.files.damage import undamaged
from vtrkit.files.fates import fates
from vtrkit.files.fields import ABOUT, TRACKED_AT, about_packages, filled, told_once
from vtrkit.files.matching import EVENT, FACTS, KEY, NO_ORDER, assigned, keyed, located
from vtrkit.files.plausible import (
    DAMAGED,
    FREE,
    TO_SENDER,
    believed,
    known_by_then,
    listed,
)
from vtrkit.files.status import with_status
from vtrkit.schema import UNNAMED_MARKETPLACE

AMBIGUOUS = "order_id is in several marketplaces and the row names none"
ELSEWHERE = "its marketplace is another than that of its order, which is taken"
NO_NUMBER = "no other file of its account has this tracking number, and the row names no order"


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
    there = pl.col("_aside").is_null()
    aside = rows.filter(~there)
    rows = undamaged(rows.filter(there) if aside.height else rows)
    rows, nowhere = located(rows.with_columns(_seen=pl.col("seen_at").to_physical().fill_null(0)))
    rows, elsewhere = _with_their_orders(rows)
    rows, stray = _in_one_marketplace(rows)
    rows = keyed(rows, "_k", KEY)
    parts = [_alone(rows.filter("_alone"))]
    about = [known_by_then(parts[0].filter(_fate="packages").select(ABOUT))]
    if parts[0].height < rows.height:  # to match no rows costs as much as to match a few thousand
        parts.append(_matched(rows.filter(~pl.col("_alone"))))
        about.append(known_by_then(about_packages(parts[1])))
    known = [rows for rows, _ in about]
    packages = pl.concat([told_once(known[0]), *map(filled, known[1:])])
    packages, doubts = believed(packages, known, filled)
    fate = pl.concat(
        [
            *(
                part.select("_file", "_row", "_fate", _restated="_gone", _why="_why")
                for part in parts
            ),
            *(
                _unmatched(lost, why)
                for lost, why in (
                    (aside, pl.col("_aside")),
                    (nowhere, pl.lit(NO_NUMBER)),
                    (stray, pl.lit(AMBIGUOUS)),
                )
                if lost.height
            ),
        ]
    )
    if nowhere.height or rows["_lent"].any():  # a number that is in two orders
        fate = fate.unique(["_file", "_row"], keep="first", maintain_order=True)
    restated = parts[-1].filter("_gone").select(*_RESTATED, now="_pid")
    packages, assumed = with_status(packages)
    early = [rows for _, rows in about]
    doubts = pl.concat([doubts, *early, assumed, elsewhere, *map(_doubts, parts)])
    return Settled(packages, fate, restated, doubts)


_RESTATED = [*KEY, "tracking_number", "carrier", "ship_method", "ship_date", "seen_at", "source"]


def _matched(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of orders that have several, each with its package and its fate."""
    rows = assigned(rows)
    rows = rows.with_columns(_p=pl.struct("_k", pl.col("_pid").fill_null("1")).hash())
    return rows.with_columns(_fate=fates(rows), corrected_at=_corrected_at(rows))


def _corrected_at(rows: pl.DataFrame) -> pl.Series:
    """The day of each confirmation that changes what an older file has of a shipped package."""
    named = rows.with_row_index("_i").filter("_names", pl.col("_why").is_null())
    if named["_seen"].n_unique() == 1 or not named.select(EVENT.any()).item():
        return rows["corrected_at"]
    carrier, number = pl.col("carrier").str.to_lowercase(), pl.col("_number")
    same = [n.shift().over("_p") for n in (carrier, number, pl.col("ship_date"), pl.col("_seen"))]
    # a blank keeps what is there
    changes = (number != same[1]).fill_null(same[1].is_null()) | (carrier != same[0])
    later = same[2].is_not_null() & (same[3] < pl.col("_seen"))
    changed = named.sort("_p", "_seen", maintain_order=True).filter(
        EVENT, number.is_not_null(), later, changes.fill_null(False)
    )
    days = pl.repeat(None, rows.height, dtype=pl.Date(), eager=True)
    days = days.scatter(changed["_i"], changed["seen_at"])
    return days.zip_with(days.is_not_null(), rows["corrected_at"])


def _doubts(rows: pl.DataFrame) -> pl.DataFrame:
    """What was assumed of rows, and what a spreadsheet or a return left out of them."""
    rules: dict[str, str | pl.Expr] = {
        "_returned": TO_SENDER,
        "_replacement": FREE,
        "_damaged": DAMAGED,
        "_assumed": pl.col("_assumed"),
    }
    lists = [listed(rows.clear(), DAMAGED)]
    for flag, rule in rules.items():
        marked = rows[flag]
        if (marked := marked if marked.dtype == pl.Boolean() else marked.is_not_null()).any():
            lists.append(listed(rows.filter(marked), rule))
    return pl.concat(lists)


def _unmatched(rows: pl.DataFrame, why: pl.Expr) -> pl.DataFrame:
    fate = pl.lit("unmatched")
    return rows.select("_file", "_row", _fate=fate, _restated=pl.lit(False), _why=why)


def _with_their_orders(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Facts are of the marketplace of their order, by files of orders; the list of the others."""
    order, place = ["account", "order_id"], ["account", "order_id", "marketplace"]
    facts = rows.filter(FACTS, pl.col("marketplace").is_not_null()).select(place).unique()
    if facts.is_empty():
        return rows, listed(rows.clear(), ELSEWHERE)
    named = rows.filter(~FACTS, pl.col("marketplace").is_not_null()).select(place).unique()
    own = named.join(facts, on=order, how="semi").rename({"marketplace": "_own_place"})
    own = own.join(facts, left_on=[*order, "_own_place"], right_on=place, how="anti")
    own = own.filter(~pl.struct(order).is_duplicated())
    if own.is_empty():
        return rows, listed(rows.clear(), ELSEWHERE)
    rows = rows.join(own, on=order, how="left", maintain_order="left")
    astray = FACTS & pl.col("marketplace").is_not_null() & pl.col("_own_place").is_not_null()
    moved = listed(rows.filter(astray), ELSEWHERE)
    place_of = pl.when(astray).then("_own_place").otherwise("marketplace")
    return rows.with_columns(marketplace=place_of).drop("_own_place"), moved


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
        tracked_at=TRACKED_AT,
    )
