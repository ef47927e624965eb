"""Which rows of a table go into one part: those of an order, and of orders that share a number."""

from typing import TYPE_CHECKING

import polars as pl

from vtrkit.files.forms import Layout
from vtrkit.files.part import cells
from vtrkit.tracking.cleaning import canonical, order_ids

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

_ORDER, _ACCOUNT, _NUMBER, _WITH = "_order", "_account", "_number", "_with"
_COMPARED = {"order_id": order_ids, "tracking_number": canonical}
"""The one form in which rows of different files are compared."""


def routed(df: "DataFrame", layout: Layout, owner: str, partitions: int | None) -> "DataFrame":
    """The rows of a table, shuffled so that what is settled together is together.

    Orders that share a number go where their account goes, so that no number is in two parts.

    Args:
        df: the table.
        layout: what it is taken for.
        owner: the account of rows that name none.
        partitions: how many parts there are; as Spark is set if not given.
    """
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - so everybody calls it; an extra

    order, number = (_compared(df, layout, name) for name in _COMPARED)
    account = F.coalesce(_compared(df, layout, "account"), F.lit(owner))
    keys = df.select(account.alias(_ACCOUNT), number.alias(_NUMBER), order.alias(_ORDER)).dropna()
    orders = keys.groupBy(_ACCOUNT, _NUMBER).agg(F.collect_set(_ORDER).alias(_ORDER))
    several = orders.where(F.size(_ORDER) > 1)
    shared = several.select(_ACCOUNT, F.explode(_ORDER).alias(_ORDER)).distinct()
    shared = F.broadcast(shared.withColumn(_WITH, F.col(_ACCOUNT)))
    rows = df.withColumns({_ORDER: order, _ACCOUNT: account})
    rows = rows.join(shared, [_ACCOUNT, _ORDER], "left")
    route = F.coalesce(_WITH, _ORDER)
    parts = rows.repartition(partitions, route) if partitions else rows.repartition(route)
    return parts.select(*(F.col(f"`{name}`") for name in df.columns))


def _compared(df: "DataFrame", layout: Layout, column: str) -> "Column":
    """A column in the form in which `load` compares it; null where the table has none."""
    import pyarrow as pa  # noqa: PLC0415 - comes with Spark
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - as above

    headers = layout.headers(df.columns).get(column, [])
    if not headers:
        return F.lit(None).cast("string")

    def read(*texts: pa.Array) -> pa.Array:
        table = pl.DataFrame([pl.Series(h, t) for h, t in zip(headers, texts, strict=True)])
        told = cells(table, column, layout)
        if column in _COMPARED:
            told = _COMPARED[column](told)
        return told.to_arrow().cast(pa.string())

    compared = F.arrow_udf(read, "string")
    return compared(*(F.col(f"`{header}`").cast("string") for header in headers))
