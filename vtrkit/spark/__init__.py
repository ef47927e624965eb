"""The tally of a table on a cluster: Spark moves and repeats, and every rule is vtrkit's own.

```
df ── order and number of each row, shuffled by number ─▶ orders that share a number
  └── shuffled by order ─ settle, classify, tally ─▶ cells, shuffled by key ─ summed ─▶ tally, STORE
```
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import polars as pl

from vtrkit import errors
from vtrkit.facts.checked import Place, build, refuse_unknown
from vtrkit.files.part import TABLE, layout_of
from vtrkit.files.reading import Asked
from vtrkit.metric.tally import tally as tallied
from vtrkit.rules.classify import classify, rules_id
from vtrkit.rules.policies import Rules
from vtrkit.schema import COUNTS, DEFAULT_ACCOUNT, TALLY_KEY
from vtrkit.spark.exchange import Piece, collected, sent, taken
from vtrkit.spark.routes import Routes
from vtrkit.study.elsewhere import Told, check_told, put_together, settled, staging
from vtrkit.study.manifest import writing
from vtrkit.study.settings import Settings
from vtrkit.study.stored import how_read, rules_of

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

T = TypeVar("T")
_SAID = (
    "mapping", "account", "marketplace", "origin", "seen", "categories", "day_first",
    "max_rejected_share", "rules",
)  # fmt: skip


_PARTS = 200
"""Where Spark does not say how many."""


class _About(msgspec.Struct):
    """What a part says beside its cells: by what it judged, and what became of it."""

    rules: str
    told: Told


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
    _, cells = _settled(df, settings, partitions)
    return pl.concat([_typed(piece, settings) for piece in cells]).collect()


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
        told, cells = _settled(df, settings, partitions, staging(to))
        put_together(to, before, settings, told, [_typed(piece, settings) for piece in cells])


def _settings(said: dict[str, Any]) -> Settings:
    place = Place("vtrkit.spark", errors.ParameterError)
    refuse_unknown(said, _SAID, place)
    return build(Settings, said, place)


def _settled(
    df: "DataFrame", settings: Settings, partitions: int | None, into: Path | None = None
) -> tuple[list[Told], list[pl.LazyFrame]]:
    """What each part says of itself, and the summed cells in pieces that share none.

    The parts and the cells are written into a folder, if there is one.
    """
    asked, rules = Asked.of(**how_read(settings)), rules_of(settings)
    layout, owner = layout_of(df.columns, asked), asked.reader.account or DEFAULT_ACCOUNT
    usual = df.sparkSession.conf.get("spark.sql.shuffle.partitions") or ""
    parts = partitions or (int(usual) if usual.isdigit() else _PARTS)
    routes = Routes(layout, owner, parts)
    if columns := routes.columns(df.columns):
        numbers = sent(df.select(*(f"`{name}`" for name in columns)), routes.numbers, parts)
        several = _run(lambda: collected(taken(numbers, routes.several)))
        orders = [piece.rows["order"] for piece in several if piece.rows is not None]
        routes.shared = pl.concat([routes.shared, *orders]).unique()
    settle = partial(_part, routes=routes, asked=asked, rules=rules, into=into)
    cells = taken(sent(df, routes.rows, parts), settle).repartitionById(parts, "part")
    pieces = _run(lambda: collected(taken(cells, partial(_summed, into=into))))
    told = _parts([piece.said for piece in pieces if piece.said], settings)
    summed = [piece.rows.lazy() for piece in pieces if piece.rows is not None]
    if into:
        names = pl.concat(summed).collect()["file"]
        summed = [pl.scan_parquet(into / name, glob=False) for name in names]
    return told, summed


def _part(
    pieces: list[Piece], routes: Routes, asked: Asked, rules: Rules, into: Path | None
) -> Iterator[Piece]:
    """What a worker does: the cells of its rows, and what it says of itself."""
    number, attempt = _task()
    table = pl.concat(piece.rows for piece in pieces if piece.rows is not None)
    folder = into and into / f"{number}-{attempt}"
    packages, told = settled(table, f"{TABLE} part {number}", asked, folder)
    cells = tallied(classify(packages, rules)).collect().drop("rules")
    yield from routes.cells(cells, TALLY_KEY)
    yield Piece(said=msgspec.json.encode(_About(rules_id(rules), told)).decode())


def _summed(pieces: list[Piece], into: Path | None) -> Iterator[Piece]:
    """The cells of all parts, summed, or the file that holds them; what is said goes on."""
    yield from (piece for piece in pieces if piece.said)
    if cells := [piece.rows for piece in pieces if piece.rows is not None]:
        summed = pl.concat(cells).group_by(TALLY_KEY).agg(pl.col(COUNTS).sum())
        if into:
            number, attempt = _task()
            file = f"cells-{number}-{attempt}.parquet"
            summed.write_parquet(into / file, mkdir=True)
            summed = pl.DataFrame({"file": [file]})
        yield Piece(rows=summed)


def _task() -> tuple[int, int]:
    """The part that a worker is at, and a number that no other attempt has."""
    from pyspark import TaskContext  # noqa: PLC0415 - an extra

    task = TaskContext.get()
    assert task
    return task.partitionId(), task.taskAttemptId()


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


def _parts(said: Sequence[str], settings: Settings) -> list[Told]:
    """What the parts say of themselves, unless they cannot be added up."""
    parts = [msgspec.json.decode(text, type=_About) for text in sorted(said)]
    for part in parts:
        if part.rules != rules_id(rules_of(settings)):
            raise errors.TallyError(
                f"{TABLE}: the workers judge by other rules than this machine; install the same "
                "version of vtrkit on all of them"
            )
    told = [part.told for part in parts]
    check_told(told, settings.max_rejected_share)
    return told


def _typed(cells: pl.LazyFrame, settings: Settings) -> pl.LazyFrame:
    """The cells as `tally` gives them."""
    like = tallied(classify(pl.LazyFrame(schema={"order_id": pl.String}), rules_of(settings)))
    schema = like.collect_schema()
    rules = pl.lit(rules_id(rules_of(settings))).alias("rules")
    typed = cells.with_columns(rules)
    return typed.select(pl.col(name).cast(dtype) for name, dtype in schema.items())
