"""What the orders tell of the lines of a confirmation, and which orders it leaves out."""

from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from itertools import chain

import polars as pl

from vtrkit.amazon.fixes import ITEM_DIGITS
from vtrkit.amazon.upload_file import wrong
from vtrkit.rules.classify import classify
from vtrkit.rules.clauses import meant, names_service
from vtrkit.rules.conform import IS_DELIVERED
from vtrkit.rules.notices import notices
from vtrkit.rules.policies import Rules
from vtrkit.schema import Reason
from vtrkit.tracking.carriers import OTHER
from vtrkit.tracking.cleaning import canonical

NOT_DUE = "to be shipped later, and not in the file"
"""What is no fault of a file."""
HAS_NUMBER = "your files have its number"


def exempt_services(
    rules: Rules, on: date, packages: pl.DataFrame | None, methods: pl.Series
) -> list[str]:
    """The services that a rule of the day names, of the marketplaces of the orders if known.

    Those of `methods` are among them that are spelled as no rule has to spell them.
    """
    here = None if packages is None else set(packages["marketplace"].cast(pl.String))
    on_day = (p for p in rules.policies if p.first_day <= on <= p.last_day)
    own = (p for p in on_day if here is None or p.marketplace in here)
    clauses = [clause for p in own for clause in p.exempt]
    typed = (methods.filter(names_service(c, methods)) for c in clauses if c.any_spelling)
    return sorted({*chain(*(c.services for c in clauses), *typed)})


def misspelled(
    rows: pl.DataFrame, services: Sequence[str], packages: pl.DataFrame | None, rules: Rules
) -> Iterator[pl.DataFrame]:
    """Services that are exempt only under their exact name; of known orders, if they then are."""
    what = "the service is exempt only as it is spelled in the rule"
    method = pl.col("ship-method")
    rows = rows.filter(~method.is_in(services))
    if packages is not None:
        sent = _as_sent(rows, packages, rules)
        yield wrong(sent, pl.col("fix").is_not_null(), "ship-method", what, pl.col("fix"))
        rows = rows.filter(~pl.col("line").is_in(sent["line"].implode()))
    better = method.map_batches(partial(meant, services), return_dtype=pl.String())
    yield wrong(rows, better.is_not_null(), "ship-method", what, better)


def _as_sent(rows: pl.DataFrame, packages: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The lines of known orders as packages sent as they say, without a number, and judged."""
    both = _with_orders(_key(rows), packages).with_columns(
        tracking_number=pl.lit(""), label_number=pl.lit(None, pl.String), status=pl.lit("shipped")
    )
    return classify(both.with_columns(ship_date="ship", carrier="id", ship_method="method"), rules)


def _key(rows: pl.DataFrame) -> pl.DataFrame:
    """What a line says of its package, beside the columns of packages."""
    carrier = pl.when(pl.col("_typed") == OTHER).then(pl.lit("Other")).otherwise("_id")
    return rows.select(
        "line",
        order_id=pl.col("order-id"),
        ship=pl.col("_day"),
        id=carrier,
        method=pl.col("ship-method"),
        number=pl.col("tracking-number"),
    )


def _with_orders(key: pl.DataFrame, packages: pl.DataFrame) -> pl.DataFrame:
    orders = packages.unique("order_id", keep="first", maintain_order=True)
    return key.join(orders, on="order_id", how="inner")


def against(
    rows: pl.DataFrame, packages: pl.DataFrame, on: date, rules: Rules, services: Sequence[str]
) -> Sequence[pl.DataFrame]:
    """What the orders themselves tell of the lines; `services` may be exempt."""
    key = _key(rows)
    both = _with_orders(key, packages)
    status = packages.group_by("order_id").agg(pl.col("status").cast(pl.String).unique())
    known = key.join(status, on="order_id", how="left")
    cancelled = (pl.col("status").list.len() == 1) & pl.col("status").list.contains("cancelled")
    early = pl.col("ship") < pl.col("order_date")
    # a file of corrections leaves out what is still to ship
    ships = known.select(pl.col("status").list.contains("unshipped").fill_null(True).any()).item()
    return [
        wrong(
            known, pl.col("status").is_null(), "order-id", "an order that your files do not know"
        ),
        wrong(known, cancelled, "order-id", "a cancelled order"),
        *_contents(rows, packages),
        wrong(both, early, "ship-date", "the ship day is before the day of the order"),
        *_labelled(both, packages),
        *_confirmed(_as_sent(rows, packages, rules), on, services),
        *([_left_out(key, both, packages, on)] if ships else []),
    ]


def _confirmed(sent: pl.DataFrame, on: date, services: Sequence[str]) -> Iterator[pl.DataFrame]:
    """What is wrong with a line as a package."""
    asked = pl.col("method").is_in(services) & (pl.col("number") == "")
    unnumbered = "no tracking number, and an order of this value is not exempt"
    counts = asked & (pl.col("reason") == Reason.MISSING_NUMBER)
    yield wrong(sent, counts, "tracking-number", unnumbered)
    refused = "Amazon refuses Other for parcels into the EU from outside it, up to 150 EUR"
    for notice in notices():
        concerned = notice.concerned() & pl.lit(on >= notice.first_day)
        yield wrong(sent, concerned, "carrier-code", refused)


def _labelled(both: pl.DataFrame, packages: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What the label of a shipping tool says of a line, where its order is one package."""
    alone = packages.group_by("order_id").len().filter(len=1)
    lines = both.join(alone, on="order_id", how="semi").filter(
        pl.col("order_id").count().over("order_id") == 1
    )
    number = pl.col("number").map_batches(canonical, return_dtype=pl.String()).fill_null("")
    known = pl.coalesce("label_number", pl.col("tracking_number").replace("", None))
    entered = (number == "") & known.is_not_null() & ~IS_DELIVERED
    yield wrong(lines, entered, "tracking-number", HAS_NUMBER, known)
    other = (number != "") & (number != pl.col("label_number"))
    text = "the label of your shipping tool has another number"
    yield wrong(lines, other, "tracking-number", text)


def _left_out(
    key: pl.DataFrame, both: pl.DataFrame, packages: pl.DataFrame, on: date
) -> pl.DataFrame:
    """The orders of the same marketplaces that wait to be shipped and are not in the file."""
    here = both["marketplace"].cast(pl.String).unique()
    waiting = packages.filter(
        pl.col("status").cast(pl.String) == "unshipped",
        pl.col("marketplace").cast(pl.String).is_in(here.implode()) | pl.lit(here.is_empty()),
    ).join(key, on="order_id", how="anti")
    return waiting.unique("order_id").select(
        line=pl.lit(None, pl.Int64),
        column=pl.lit("order-id"),
        what=pl.when(pl.col("ship_by_date") <= on)
        .then(pl.lit("to be shipped by the day of the upload, and not in the file"))
        .otherwise(pl.lit(NOT_DUE)),
        better=pl.lit(None, pl.String),
    )


def _contents(rows: pl.DataFrame, packages: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Lines with more units, or parcels, than were ordered, or an item of another order."""
    order, item = pl.col("order-id"), pl.col("order-item-id")
    units = pl.col("quantity").str.to_integer(strict=False).sum().over(order)
    number = pl.when(pl.col("_number") != "").then("_number").drop_nulls()
    most = pl.max_horizontal(units, number.n_unique().over(order))
    rows = rows.join(_ordered(packages), left_on="order-id", right_on="order_id", how="left")
    yield wrong(
        rows, most > pl.col("_units"), "quantity", "more units or parcels than were ordered"
    )
    # exports that a spreadsheet saved have lost the zeros, too
    own = pl.col("_item").str.zfill(ITEM_DIGITS)
    strange = (item != "") & (item.str.zfill(ITEM_DIGITS) != own)
    yield wrong(rows, strange, "order-item-id", "an item that the order does not have")


def _ordered(packages: pl.DataFrame) -> pl.DataFrame:
    """How many units each order has, and its item where it has one only; null where nobody says."""
    item, units = pl.col("order_item_id"), pl.col("quantity")
    one = (item.n_unique() == 1) & (pl.col("skus").max() == 1)
    return packages.group_by("order_id").agg(
        _units=pl.when(units.null_count() == 0).then(units.sum()),
        _item=pl.when(one).then(item.first()),
    )
