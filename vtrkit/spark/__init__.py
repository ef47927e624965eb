"""The tally of a table on a cluster: Spark shuffles and sums, and every rule is vtrkit's own.

```
df ── order and number of each row ─▶ orders that share a number
  └── shuffled by order ─ mapInArrow: settle, classify, tally ─▶ cells ─ summed ─▶ tally, STORE
```
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import polars as pl

from vtrkit import errors
from vtrkit.arrow import polars_table
from vtrkit.facts.checked import Place, build, refuse_unknown
from vtrkit.files.part import TABLE, layout_of
from vtrkit.files.reading import Asked
from vtrkit.metric.tally import tally as tallied
from vtrkit.rules.classify import classify, rules_id
from vtrkit.rules.policies import Rules
from vtrkit.schema import COUNTS, DEFAULT_ACCOUNT, TALLY_KEY
from vtrkit.spark.routes import routed
from vtrkit.study.elsewhere import Told, check_told, put_together, settled, staging
from vtrkit.study.manifest import writing
from vtrkit.study.settings import Settings
from vtrkit.study.stored import how_read, rules_of

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

T = TypeVar("T")
_SAID = (
    "mapping", "account", "marketplace", "origin", "seen", "categories", "day_first",
    "max_rejected_share", "rules",
)  # fmt: skip
_DAYS = ("ship_date", "promised_date")
_TYPES = {**dict.fromkeys(TALLY_KEY, "string"), **dict.fromkeys(_DAYS, "date")}
_TYPES |= {"enforced": "boolean", **dict.fromkeys(COUNTS, "bigint"), "about": "string"}
_POLARS = {"string": pl.String, "date": pl.Date, "boolean": pl.Boolean, "bigint": pl.Int64}
_SCHEMA = ", ".join(f"{name} {kind}" for name, kind in _TYPES.items())


class _About(msgspec.Struct):
    """What a part says beside its cells: by what it judged, and what became of it."""

    rules: str
    told: Told | None = None
    refused: tuple[str, str] | None = None


def tally(df: "DataFrame", *, partitions: int | None = None, **said: Any) -> pl.DataFrame:
    """The daily tally of a Spark table, as `vtrkit.tally` gives it of the same rows.

    Args:
        df: the packages table, or rows that a mapping describes; read twice.
        partitions: how many parts it is settled in; as Spark is set if not given. Each has to fit
            into the memory of a worker.
        said: what the rows do not say, by the names of `vtrkit.load`: mapping, account,
            marketplace, origin, seen, categories, day_first, max_rejected_share; and `rules`, a
            TOML file of your own.

    Raises:
        InputError: it cannot be read, or Spark could not finish.
        ParameterError: an argument is wrong, or one is missing that no part can do without.
        TallyError: the workers judge by other rules, with another version of vtrkit.
    """
    settings = _settings(said)
    cells = polars_table(_run(lambda: _cells(df, settings, partitions).toArrow()), TABLE)
    _parts([cells.lazy()], settings)
    return _typed(cells.lazy(), settings).collect()


def store(df: "DataFrame", path: Path | str, *, partitions: int | None = None, **said: Any) -> None:
    """Write the STORE of `vtrkit tally` of a Spark table: `vtrkit report STORE` makes its pages.

    Args:
        df: as for `tally`.
        path: a folder that every worker reaches by this name; made, or written anew.
        partitions: as for `tally`.
        said: as for `tally`.

    Raises:
        InputError: as for `tally`; or the folder is no STORE, or one of other exports.
    """
    settings, to = _settings(said), Path(path).resolve()
    with writing(to) as before:
        if any(not name.startswith(TABLE) for name, _, _ in before.files.values()):
            raise errors.InputError(f"{to.name}: a store of exports; give another folder")
        summed = staging(to) / "cells"
        cells = _cells(df, settings, partitions, staging(to))
        _run(lambda: cells.write.parquet(summed.as_uri()))
        pieces = [pl.scan_parquet(p, glob=False) for p in sorted(summed.glob("*.parquet"))]
        parts = _parts(pieces, settings)
        put_together(to, before, settings, parts, [_typed(piece, settings) for piece in pieces])


def _settings(said: dict[str, Any]) -> Settings:
    place = Place("vtrkit.spark", errors.ParameterError)
    refuse_unknown(said, _SAID, place)
    return build(Settings, said, place)


def _cells(
    df: "DataFrame", settings: Settings, partitions: int | None, into: Path | None = None
) -> "DataFrame":
    """The cells of all parts, summed, and what each part says of itself."""
    from pyspark.sql import functions as F  # noqa: N812, PLC0415 - so everybody calls it; an extra

    asked, rules = Asked.of(**how_read(settings)), rules_of(settings)
    owner = asked.reader.account or DEFAULT_ACCOUNT
    parts = routed(df, layout_of(df.columns, asked), owner, partitions)
    cells = parts.mapInArrow(partial(_part, asked=asked, rules=rules, into=into), _SCHEMA)
    return cells.groupBy(*TALLY_KEY, "about").agg(*(F.sum(name).alias(name) for name in COUNTS))


def _part(
    batches: Iterator["pa.RecordBatch"], asked: Asked, rules: Rules, into: Path | None
) -> Iterator["pa.RecordBatch"]:
    """What a worker does: the cells of its rows, and what it says of itself."""
    import pyarrow as pa  # noqa: PLC0415 - comes with Spark
    from pyspark import TaskContext  # noqa: PLC0415 - an extra

    if not (rows := list(batches)):
        return
    task, about = TaskContext.get(), _About(rules_id(rules))
    assert task
    number = task.partitionId()
    try:
        table = polars_table(pa.Table.from_batches(rows), TABLE)
        folder = into and into / f"{number}-{task.taskAttemptId()}"
        packages, about.told = settled(table, f"{TABLE} part {number}", asked, folder)
        cells = tallied(classify(packages, rules)).collect().drop("rules")
    except errors.VtrkitError as e:  # said by the driver: Spark would try again, and quote Python
        cells, about.refused = pl.DataFrame(), (type(e).__name__, str(e))
    said = pl.DataFrame({"about": [msgspec.json.encode(about).decode()]})
    every = pl.concat([said, cells], how="diagonal")
    yield from every.select(_declared(name, every) for name in _TYPES).to_arrow().to_batches()


def _declared(name: str, cells: pl.DataFrame) -> pl.Expr:
    """A column as Spark is told that it is."""
    column = pl.col(name) if name in cells.columns else pl.lit(None)
    return column.cast(_POLARS[_TYPES[name]]).alias(name)


def _run(action: Callable[[], T]) -> T:
    """What Spark comes to."""
    from py4j.protocol import Py4JError  # noqa: PLC0415 - comes with Spark
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra

    try:
        return action()
    except (PySparkException, Py4JError) as e:
        raise errors.InputError(
            f"{TABLE}: Spark could not finish ({type(e).__name__}). A file of it may have another "
            "schema or be gone, or a worker ran out of memory: then give more partitions. Spark's "
            "own log says which; no tally was written"
        ) from None


def _parts(cells: Sequence[pl.LazyFrame], settings: Settings) -> list[Told]:
    """What the parts say of themselves, after what is wrong with one was raised."""
    told = pl.concat([piece.select("about").drop_nulls() for piece in cells]).collect()["about"]
    parts = [msgspec.json.decode(text, type=_About) for text in sorted(told)]
    for part in parts:
        if part.refused:
            raise getattr(errors, part.refused[0])(part.refused[1])
        if part.rules != rules_id(rules_of(settings)):
            raise errors.TallyError(
                f"{TABLE}: the workers judge by other rules than this machine; install the same "
                "version of vtrkit on all of them"
            )
    check_told([part.told for part in parts if part.told], settings.max_rejected_share)
    return [part.told for part in parts if part.told]


def _typed(cells: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """The cells as `tally` gives them."""
    like = tallied(classify(pl.LazyFrame(schema={"order_id": pl.String}), rules_of(settings)))
    schema = like.collect_schema()
    rules = pl.lit(rules_id(rules_of(settings))).alias("rules")
    summed = cells.filter(pl.col("about").is_null()).with_columns(rules)
    return summed.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
