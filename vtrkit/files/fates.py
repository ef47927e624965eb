"""What becomes of each row: it is a package, adds to one, repeats another, or finds none."""

import polars as pl

from vtrkit.files.matching import FACTS
from vtrkit.schema import PACKAGES

FATES = ("packages", "merged", "attached", "duplicates", "unmatched", "rejected")
"""What can become of a row; each row has exactly one fate."""
_SAID = [name for name in PACKAGES if name not in ("seen_at", "source")]


def fates(rows: pl.DataFrame) -> pl.Series:
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
    """Whether a row repeats a newer one of its package, or one of its own file.

    Two equal lines of an order in one file are two items, so each repeats at most its like.
    """
    said = [name for name in _SAID if rows[name].null_count() < rows.height]
    few = rows.select(pl.struct("_k", "order_item_id", "goods_value", "_number").hash()).to_series()
    twice = few.is_duplicated()  # rows that differ in so little already are not looked at in whole
    if not twice.any():
        return twice
    some = rows.with_row_index("_i").filter(twice)
    # NULL, and what a spreadsheet damaged, are read as no number, and yet no repetitions of a blank
    alike = pl.struct("_k", "_p", "_gone", "_deletes", "_damaged", *said).hash()
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
