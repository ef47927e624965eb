"""Tables that workers exchange: Spark moves them in pieces, and looks into none.

```
tables ─ split by a route ─▶ pieces ─ shuffled ─▶ all pieces of a part
```

A row that Spark shuffles by itself costs it as much as vtrkit's judging; of a piece of thousands it
moves the bytes. What a worker refuses is a piece, too, and the driver says it: Spark would try
again, and quote Python.
"""

from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from vtrkit import errors
from vtrkit.files.part import TABLE
from vtrkit.given import polars_table

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

_SCHEMA = "part int, rows binary, said string, refused string"
_AT_ONCE, _MOST = 1 << 18, 1 << 15
"""Rows that are split at a time, and rows of a piece."""


class Piece(NamedTuple):
    """Rows on their way to a part, what is said there, or why there is nothing."""

    part: int = 0
    rows: pl.DataFrame | None = None
    said: str | None = None
    refused: str | None = None


def split(table: pl.DataFrame, route: pl.Series, parts: int) -> Iterator[Piece]:
    """The rows of a table, those of one route in one part.

    Args:
        table: the rows.
        route: a number for each.
        parts: how many parts there are.
    """
    places = table.with_columns((route % parts).cast(pl.Int32).alias("_part"))
    for (part,), rows in places.partition_by("_part", include_key=False, as_dict=True).items():
        yield from (Piece(part, some) for some in rows.iter_slices(_MOST))


def sent(
    df: "DataFrame", of: Callable[[Iterator[pl.DataFrame]], Iterable[Piece]], parts: int
) -> "DataFrame":
    """The pieces that each worker makes of its rows of a table, brought to their parts."""

    def worker(batches: Iterator["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        return _batches(_made(lambda: of(_tables(batches))))

    return df.mapInArrow(worker, _SCHEMA).repartitionById(parts, "part")


def taken(df: "DataFrame", of: Callable[[list[Piece]], Iterable[Piece]]) -> "DataFrame":
    """The pieces that are made of all those of a part."""

    def worker(batches: Iterator["pa.RecordBatch"]) -> Iterator["pa.RecordBatch"]:
        pieces = [*_pieces(batches)]
        refused = [piece for piece in pieces if piece.refused]
        return _batches(refused or _made(lambda: of(pieces) if pieces else ()))

    return df.mapInArrow(worker, _SCHEMA)


def collected(df: "DataFrame") -> list[Piece]:
    """All pieces, brought to the driver.

    Raises:
        VtrkitError: what a worker has refused.
    """
    pieces = [*_pieces(df.toArrow().to_batches())]
    for refused in sorted(piece.refused for piece in pieces if piece.refused):
        kind, _, why = refused.partition(": ")
        raise getattr(errors, kind)(why)
    return pieces


def _made(pieces: Callable[[], Iterable[Piece]]) -> Iterator[Piece]:
    try:
        yield from pieces()
    except errors.VtrkitError as e:
        yield Piece(refused=f"{type(e).__name__}: {e}")


def _tables(batches: Iterable["pa.RecordBatch"]) -> Iterator[pl.DataFrame]:
    """The rows of a worker, many at a time: a small batch gives each part next to nothing."""
    import pyarrow as pa  # noqa: PLC0415 - comes with Spark

    waiting: list[pa.RecordBatch] = []
    for batch in batches:
        waiting.append(batch)
        if sum(b.num_rows for b in waiting) >= _AT_ONCE:
            yield polars_table(pa.Table.from_batches(waiting), TABLE)
            waiting = []
    if waiting:
        yield polars_table(pa.Table.from_batches(waiting), TABLE)


def _pieces(batches: Iterable["pa.RecordBatch"]) -> Iterator[Piece]:
    for batch in batches:
        for row in batch.to_pylist():
            rows = None if row["rows"] is None else pl.read_ipc_stream(BytesIO(row["rows"]))
            yield Piece(**row | {"rows": rows})


def _batches(pieces: Iterable[Piece]) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa  # noqa: PLC0415 - comes with Spark

    texts = dict.fromkeys(("said", "refused"), pa.string())
    fields = {"part": pa.int32(), "rows": pa.binary(), **texts}
    for piece in pieces:
        row = piece._asdict() | {"rows": None if piece.rows is None else _bytes(piece.rows)}
        yield pa.RecordBatch.from_pylist([row], pa.schema(fields))


def _bytes(rows: pl.DataFrame) -> bytes:
    written = BytesIO()
    rows.write_ipc_stream(written, compression="lz4")
    return written.getvalue()
