"""A confirmation file before it goes to Amazon: what it would refuse, or never count as valid.

```
file ─▶ lines ─┬─ form, order, item, day ─┐
 your exports ─┤─ carrier and number      ├─▶ findings: line, what, what to enter ─▶ text, a copy
               └─ service, customs, orders┘
```
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import polars as pl

from vtrkit.amazon.fixes import ITEM_DIGITS, NO_NUMBERS
from vtrkit.amazon.upload import COLUMNS
from vtrkit.amazon.upload_file import FOUND, UploadFile, wrong
from vtrkit.amazon.upload_orders import HAS_NUMBER, against, exempt_services, misspelled
from vtrkit.files.day_order import meant_days
from vtrkit.rules.policies import Rules, rules_or_ours
from vtrkit.schema import UNRECOGNISED, Grade, Relation
from vtrkit.tracking.amazon_codes import (
    amazon_code,
    amazon_codes,
    amazon_codes_seen,
    without_carrier,
)
from vtrkit.tracking.carriers import OTHER, carrier_id, carriers, nearest_carriers
from vtrkit.tracking.cleaning import NO_ID, SOLD_ID, canonical, order_ids
from vtrkit.tracking.inspect import judge

_CODE, _NAME = pl.col("carrier-code"), pl.col("carrier-name")
_NUMBER, _METHOD = pl.col("tracking-number"), pl.col("ship-method")
_DAY = pl.col("ship-date")
_BLANK = "no tracking number"
_MOST_ORDERS, _LONGEST = 10, 50
"""More orders do not go in one parcel; more characters Amazon does not take of a name."""


def findings(
    upload: UploadFile,
    on: date,
    packages: pl.DataFrame | None = None,
    rules: Rules | None = None,
    day_first: bool | None = None,
) -> pl.DataFrame:
    """What is wrong with each line of a confirmation file, and what to enter instead.

    ```
    line  column        what                                          better
    4     carrier-code  the carrier is not spelled as Amazon does     USPS
    9     ship-date     the day is still to come
    ```

    Args:
        upload: the file.
        on: the day of the upload.
        packages: those of the seller's exports, which know the orders.
        rules: the marketplaces' rules, which name the services that are exempt.
        day_first: whether 05/06/2026 is the fifth of June, where no line tells.

    Returns:
        One row per finding; `better` is null where a person has to look, `line` for an order that
        the file leaves out.
    """
    judge_by, checked = rules_or_ours(rules), upload.rows
    services = exempt_services(judge_by, on, packages, checked["ship-method"])
    longer = pl.col("line").is_in(upload.longer)
    found = [wrong(checked, longer, "cells", "more than the header has, so that none is certain")]
    # each check sees what those before it put right, as Amazon would
    steps: list[Callable[[pl.DataFrame], Iterator[pl.DataFrame]]] = [
        lambda rows: _cells(rows, on, day_first),
        lambda rows: _carriers(_read(rows, upload.japan), upload.japan),
        lambda rows: misspelled(_read(rows, upload.japan), services, packages, judge_by),
    ]
    for step in steps:
        found += (more := [*step(checked)])
        checked = _put_right(checked, _together(more))
    rows = _read(checked, upload.japan)
    found += [*_days(rows, on), *_numbers(rows, services)]
    if packages is not None:
        found += against(rows, packages, on, judge_by, services)
    every = _together(found).sort("line", maintain_order=True)
    filled = every.filter(pl.col("what") == HAS_NUMBER)["line"].implode()
    return every.filter((pl.col("what") != _BLANK) | ~pl.col("line").is_in(filled))


def corrected(upload: UploadFile, found: pl.DataFrame) -> pl.DataFrame:
    """The lines of the file with everything that needs no person put right, but for longer ones."""
    rows = upload.rows.filter(~pl.col("line").is_in(upload.longer))
    return _put_right(rows, found).select(COLUMNS)


def _together(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=FOUND), *found])


def _put_right(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """The lines with what is to be entered instead, where no person has to look."""
    for (column,), cells in found.drop_nulls("better").group_by("column", maintain_order=True):
        better = cells.select("line", _better="better").unique("line", keep="first")
        rows = rows.join(better, on="line", how="left", maintain_order="left")
        rows = rows.with_columns(pl.coalesce("_better", str(column)).alias(str(column)))
        rows = rows.drop("_better")
    return rows


def _read(rows: pl.DataFrame, japan: bool) -> pl.DataFrame:
    """The lines with day, carrier entered, number undressed, and whose it looks like."""
    rows = rows.with_columns(
        _day=_DAY.str.extract(_ISO).str.to_date("%Y-%m-%d", strict=False),
        _typed=carrier_id("carrier-code").cast(pl.String),
        _named=carrier_id("carrier-name"),
    )
    is_other = _CODE.eq("") | (pl.col("_typed") == OTHER)
    named = pl.col("_named").cast(pl.String)
    rows = rows.with_columns(
        _id=pl.when(is_other).then(named).otherwise("_typed"),
        _number=_NUMBER.map_batches(canonical, return_dtype=pl.String()).fill_null(""),
    )
    # the number as it was typed: what was done to it tells what it is
    seen = judge(rows["tracking-number"], rows["_id"]).select(
        "grade", "relation", "malformed", owner=pl.col("carriers").cast(pl.String)
    )
    owners = {key: amazon_code(key, None, japan) for key in carriers()}
    typed = rows.select("_id", pl.when(~is_other).then("carrier-code")).rows()
    sure = pl.col("grade") == Grade.CHECK_OK
    return rows.hstack(seen).with_columns(
        pl.Series("_own", [amazon_code(*cells, japan) for cells in typed], pl.String),
        _of_number=pl.when(sure).then(
            pl.col("owner").replace_strict(owners, default=None, return_dtype=pl.String)
        ),
    )


def _cells(rows: pl.DataFrame, on: date, day_first: bool | None) -> Iterator[pl.DataFrame]:
    """What Amazon cannot read as order, item, units or day."""
    order, item, units = (pl.col(name) for name in COLUMNS[:3])
    inside = order.map_batches(order_ids, return_dtype=pl.String())
    whole = pl.when(inside.str.contains(SOLD_ID)).then(inside)
    yield wrong(rows, ~order.str.contains(SOLD_ID), "order-id", NO_ID, whole)
    bare = item.str.extract(r"^\D{0,3}(\d{8,14})\D{0,2}$").str.zfill(ITEM_DIGITS)
    yield wrong(
        rows, (item != "") & ~item.str.contains(f"^\\d{{{ITEM_DIGITS}}}$"), "order-item-id",
        "not an order item id, of 14 digits, which spreadsheets round or take zeros from", bare,
    )  # fmt: skip
    whole_units = units.str.extract(r"^([1-9]\d*)[.,]0+$")
    yield wrong(
        rows, (units != "") & ~units.str.contains(r"^[1-9]\d*$"), "quantity",
        "not a whole number of units", whole_units,
    )  # fmt: skip
    meant = _meant(rows["ship-date"], on, day_first)
    rows = rows.with_columns(meant.dt.to_string("iso").alias("_meant"))
    yield wrong(
        rows, ~_DAY.str.contains(_ISO), "ship-date", "not a day like 2026-01-31", pl.col("_meant")
    )


def _days(rows: pl.DataFrame, on: date) -> Iterator[pl.DataFrame]:
    day = pl.col("_day")
    yield wrong(rows, day > on, "ship-date", f"the ship day is after {on}, the day of the upload")
    long_ago = day < on - pl.duration(days=365)
    yield wrong(rows, long_ago, "ship-date", "the ship day is more than a year ago")


_ISO = r"^(\d{4}-\d\d-\d\d)(?:$|[T ]\d\d:\d\d)"


def _meant(ship_days: pl.Series, on: date, day_first: bool | None) -> pl.Series:
    """The ship days as they were meant; each is of the year of the upload or the one before."""
    years = [on.year, on.year - 1]
    short = "|".join(f"{year % 100:02}" for year in years)
    whole = ship_days.str.replace(rf"^(\d{{1,2}}[/-]\d{{1,2}}[/-])({short})(\D|$)", "${1}20$2$3")
    days = meant_days(whole, day_first).to_frame("day")
    return days.select(pl.when(pl.col("day").dt.year().is_in(years)).then("day")).to_series()


def _carriers(rows: pl.DataFrame, japan: bool) -> Iterator[pl.DataFrame]:
    left = rows
    for which, what, better in _cases(rows, japan):
        if what:
            yield wrong(left, which, "carrier-code", what, better)
        left = left.filter(~which.fill_null(False))
    other, own = pl.col("_typed") == OTHER, pl.col("_own")
    moved = pl.lit(not japan) & other & own.is_not_null() & (pl.col("_id") != OTHER)
    beside = (_NAME != "") & (_CODE != "") & (~other | moved)
    yield wrong(
        rows, beside, "carrier-name", "a name beside a carrier that is not Other", pl.lit("")
    )


def _cases(rows: pl.DataFrame, japan: bool) -> list[tuple[pl.Expr, str, pl.Expr | None]]:
    """For whom, what is wrong with the carrier, and what to enter: the first that is true."""
    listed, other = _CODE.is_in([*amazon_codes()]), pl.col("_typed") == OTHER
    hard, soft = (pl.col("relation") == r for r in (Relation.HARD, Relation.SOFT))
    own, whose = pl.col("_own"), pl.col("_of_number")
    listed_in = f"Amazon's list of {amazon_codes_seen()}"
    known = pl.col("_id") != UNRECOGNISED
    brought = _CODE.str.to_lowercase().replace_strict(
        without_carrier(), default=None, return_dtype=pl.String
    )
    return [
        (hard, "the number is another carrier's", whose),
        (soft & whose.is_not_null(), "the number looks like another carrier's", None),
        ((_CODE == "") & (_NAME == ""), "no carrier", whose),
        # the Japanese form has names of carriers beside OTHER
        (
            pl.lit(not japan)
            & (other | (_CODE == ""))
            & own.is_not_null()
            & (pl.col("_id") != OTHER),
            "Other is for carriers that Amazon does not list, and it lists this one",
            own,
        ),
        (~listed & brought.is_not_null(), f"not spelled as in {listed_in}", brought),
        (brought.is_not_null(), "", None),
        (other & (_NAME == ""), "Other without the name of the carrier beside it", None),
        (other & (_NAME.str.len_chars() > _LONGEST), "the carrier's name is too long", None),
        (other, "", None),
        (~listed & known & own.is_not_null(), f"not spelled as in {listed_in}", own),
        (
            ~listed & known & ~_CODE.is_in([s for c in carriers().values() for s in c.spellings]),
            "Amazon has several names for this carrier, or none",
            None,
        ),
        (known, "", None),
        *(
            (~listed & _CODE.eq(name), f"not a carrier that is known{_mean(name)}", None)
            for name in rows.filter(~listed & ~known)["carrier-code"].unique().sort()
        ),
    ]


def _mean(name: str) -> str:
    """The nearest carriers as Amazon spells them; what was typed may be anything, and is not."""
    near = nearest_carriers(name)
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def _numbers(rows: pl.DataFrame, services: Sequence[str]) -> Iterator[pl.DataFrame]:
    grade, nothing = pl.col("grade"), (_NUMBER == "")
    deletes = _NUMBER.str.to_uppercase() == "NULL"
    whats = {
        Grade.PLACEHOLDER: "no number but something in its place",
        Grade.SPREADSHEET_DAMAGE: "a number that a spreadsheet damaged",
        Grade.MULTIPLE: "several numbers in one cell",
        Grade.NOT_A_TRACKING_NUMBER: "no tracking number, but an order id or the like",
        Grade.BAD_CHECK: "a number with a wrong check digit",
    }
    assert {*whats, Grade.MISSING} == {*NO_NUMBERS}
    counts = ~_METHOD.is_in(services)  # of what is exempt no number is asked
    yield wrong(rows, nothing & counts, "tracking-number", _BLANK)
    yield wrong(rows, deletes, "tracking-number", "NULL deletes the number that Amazon has")
    # a check digit of others' numbers says nothing of a carrier whose numbers are not known
    others = (grade == Grade.BAD_CHECK) & (pl.col("relation") == Relation.NONE)
    others &= ~pl.col("malformed")
    for kind, what in whats.items():
        yield wrong(rows, (grade == kind) & ~nothing & ~deletes & ~others, "tracking-number", what)
    its_order = pl.col("_number") == pl.col("order-id").str.replace_all(r"\D", "")
    yield wrong(rows, its_order, "tracking-number", whats[Grade.NOT_A_TRACKING_NUMBER])
    fine = ~grade.is_in(NO_NUMBERS) & ~its_order
    yield wrong(
        rows, pl.col("malformed") & fine & (pl.col("relation") != Relation.HARD),
        "tracking-number", "the carrier has no number of this form",
    )  # fmt: skip
    dressed = fine & ~pl.col("malformed") & (pl.col("_number") != _NUMBER.str.to_uppercase())
    yield wrong(
        rows, dressed, "tracking-number", "something stands around the number", pl.col("_number")
    )
    apart = pl.when(fine).then("_number").drop_nulls().n_unique().over("order-id") > 1
    several = "the order has several numbers and this line names no item"
    yield wrong(rows, apart & (pl.col("order-item-id") == ""), "order-item-id", several)
    copied = (pl.col("order-id").n_unique().over("_number") > _MOST_ORDERS) & fine
    yield wrong(rows, copied, "tracking-number", f"one number for more than {_MOST_ORDERS} orders")
