"""The work list beside a page: every package that an entry can still save, and orders to move.

```
order_id  number  what is wrong            what to enter    ship by  until  what it gains
112-…     1Z…     wrong carrier            carrier UPS               8 Mar  1 fewer failure in Shoes
113-…             OnTrac scanned 0 of …    another carrier  5 Mar           likely a scan
114-…             most failures in Shoes  the remedy       6 Mar           fewer failures
```
"""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from vtrkit.amazon.fixes import fixes_of
from vtrkit.metric.carrier_scans import unscanned_by
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import GROUP, Reason
from vtrkit.study.first_facts import first_facts
from vtrkit.study.package_lists import as_text, safe
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_id, carrier_names
from vtrkit.words import day_text, number_of, percent

NAME = "to_do.csv"
_KNOWN = ("account", "marketplace", "order_id", "tracking_number", "sku", "category", "carrier")
_UNTIL = ("until when likely", "until when possible")
_COLUMNS = (
    *_KNOWN,
    "what is wrong",
    "what to enter",
    "how sure",
    "evidence",
    "ship by",
    *_UNTIL,
    "what it gains",
    "counts from",
    "counts to",
)


def to_do(study: Study) -> pl.DataFrame:
    """What can still be done about packages and open orders, deadlines first.

    First the packages that another entry cures, as many of each category as `report.json` calls
    correctable; then the orders that wait to be shipped with a carrier that does not scan; then
    those of the category that the first screen says to ship otherwise.

    Args:
        study: on the day of its run folder, for which `packages.csv` says what can still change.
    """
    here = safe(study.view.select(GROUP).unique())  # names as the list has them
    listed = study.kept.packages.join(here, on=GROUP, how="semi", maintain_order="left")
    moved = _to_move(study, listed)
    rest = listed.join(moved.select(_ORDER), on=_ORDER, how="anti", maintain_order="left")
    return pl.concat([_to_correct(study), moved, *_of_steps(study, rest)])


def write_to_do(study: Study, folder: Path) -> None:
    """Write the list into a run folder; none where its packages are judged for another day."""
    path = folder / NAME
    if study.as_of == study.kept.as_of:
        safe(to_do(study)).write_csv(path)
    else:
        path.unlink(missing_ok=True)


def _to_correct(study: Study) -> pl.DataFrame:
    """The packages of `fixes` under the names of the list."""
    fixed = fixes_of(study).with_columns(as_text("tracking_number"), as_text("enter"))
    days = {
        "until when likely": "likely_until",
        "until when possible": "possible_until",
        "counts from": "counts_from",
        "counts to": "counts_to",
    }
    table = fixed.select(
        pl.col(*_KNOWN).cast(pl.String),
        pl.col("wrong").alias("what is wrong"),
        pl.col("enter").alias("what to enter"),
        pl.col("grade").cast(pl.String).alias("how sure"),
        "evidence",
        pl.lit(None, pl.String).alias("ship by"),
        pl.col("gain").alias("what it gains"),
        **{name: pl.col(day).cast(pl.String) for name, day in days.items()},
    )
    return safe(table).select(_COLUMNS)


def _to_move(study: Study, listed: pl.DataFrame) -> pl.DataFrame:
    """Orders not shipped yet that are set to go with a carrier that does not scan."""
    worst = unscanned_by(study.kept.delays, study.as_of)
    words = [
        (
            f"{carrier_names()[row['carrier_id']]} scanned {row['scanned']:,} of the "
            f"{number_of(row['known'], 'package')} that you shipped with it from "
            f"{day_text(row['since'])} to {day_text(row['until'])}",
            f"likely a scan: your other carriers scan {percent(row['usual'])}",
        )
        for row in worst.rows(named=True)
    ]
    columns = pl.DataFrame(words, ["what is wrong", "what it gains"], orient="row")
    told = pl.concat([safe(worst.select(_BY)), columns.cast(pl.String)], how="horizontal")
    waiting = listed.filter(reason=str(Reason.NOT_SHIPPED)).with_columns(
        carrier_id=carrier_id().cast(pl.String)
    )
    moved = waiting.join(told, on=_BY)
    return _orders(moved, pl.lit("another carrier, before it is shipped"))


def _of_steps(study: Study, listed: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Orders not shipped yet of the category that a step of the first screen is about."""
    for step in first_facts(study).steps if len(study.places) == 1 else ():
        if not step.category:
            continue
        text = REASONS[Reason(step.reason)]
        waiting = listed.filter(reason=str(Reason.NOT_SHIPPED), category=step.category)
        yield _orders(
            waiting.with_columns(
                pl.lit(f"most failures in {step.category}: {text.label}").alias("what is wrong"),
                pl.lit(f"fewer failures in {step.category}").alias("what it gains"),
            ),
            pl.lit(text.remedy),
        )


def _orders(waiting: pl.DataFrame, remedy: pl.Expr) -> pl.DataFrame:
    return (
        waiting.sort("ship_by_date", "order_id", nulls_last=True)
        .select(
            *_KNOWN,
            "what is wrong",
            remedy.alias("what to enter"),
            *(pl.lit(None, pl.String).alias(name) for name in ("how sure", "evidence")),
            pl.col("ship_by_date").alias("ship by"),
            *(pl.lit(None, pl.String).alias(name) for name in _UNTIL),
            "what it gains",
            *_COUNTS,
        )
        .select(_COLUMNS)
    )


_ORDER = [*GROUP, "order_id"]
_BY = [*GROUP, "carrier_id"]
_COUNTS = (
    pl.col("enters_on").alias("counts from"),
    # `leaves_on` is the day on which it is gone
    (pl.col("leaves_on").str.to_date() - pl.duration(days=1)).cast(pl.String).alias("counts to"),
)
