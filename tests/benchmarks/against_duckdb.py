"""The same files, the same rules, the same table written: vtrkit and DuckDB."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from tests.benchmarks.measure import LOADED, Line, in_turns, same_cells
from vtrkit import classify, load, tally
from vtrkit.rules.conform import conform
from vtrkit.schema import TALLY_KEY, VIEW_KEY
from vtrkit.tracking import carriers
from vtrkit.tracking.carriers import carrier_id

_FULL = tuple(name for name in TALLY_KEY if name != "scan_delay")  # which DuckDB is not asked for
_VIEW = VIEW_KEY[:-1]
_GRAINS = {"view": ("coarse", _VIEW), "full tally": ("fine", _FULL)}


def lines(packages: Path, folder: Path, runs: int) -> Iterator[Line]:
    """The view and the full tally: with the numbers, and the same work, since SQL has no formats.

    That the cells are equal is seen with the numbers; the generated ones are right.
    """
    size = f"{pl.scan_parquet(packages).select(pl.len()).collect().item() / 1e6:g} M"
    con = connect(f"read_parquet('{packages}/*.parquet')")
    given = pl.scan_parquet(packages / "*.parquet")
    for grain, (view, by) in _GRAINS.items():
        ours, theirs = folder / f"{grain}.parquet", folder / f"{grain}-duckdb.parquet"
        for kind, frame in {"with": given, "without": given.drop("tracking_number")}.items():

            def polars(frame: pl.LazyFrame = frame, by=by, path: Path = ours) -> None:
                tally(classify(frame), by).collect().write_parquet(path)

            def duck(view: str = view, path: Path = theirs) -> None:
                con.execute(
                    f"COPY (SELECT *, '' AS rules FROM {view}) TO '{path}' (FORMAT parquet)"
                )

            part = f"Parquet to {grain}, {kind} numbers, against DuckDB, {size}"
            line = in_turns(part, 0.7, runs, polars, duck)
            cells = f", {same_cells(ours, theirs, by)}" if kind == "with" else ""
            yield line._replace(note=line.note + cells)


def from_csv(csv: Path, folder: Path, runs: int) -> Line:
    """One CSV file to the view; DuckDB reads it into a table, the quickest way found."""
    ours, theirs = folder / "csv.parquet", folder / "csv-duckdb.parquet"
    # a blank cell under a number says that none was given
    source = (
        "(SELECT * REPLACE (coalesce(tracking_number, '') AS tracking_number) "
        f"FROM read_csv('{csv}'))"
    )
    con = connect(source)

    def polars() -> None:
        tally(classify(load(csv).packages), _VIEW).collect().write_parquet(ours)

    def duck() -> None:
        con.execute(f"CREATE OR REPLACE TABLE read AS FROM {source}")
        con.execute("CREATE OR REPLACE VIEW packages AS FROM read")
        con.execute(f"COPY (SELECT *, '' AS rules FROM coarse) TO '{theirs}' (FORMAT parquet)")

    size = f"{pl.scan_csv(csv).select(pl.len()).collect().item() / 1e6:g} M"
    line = in_turns(f"CSV to view, against DuckDB, {size}", 1.2, runs, polars, duck)
    return line._replace(note=f"{line.note}, {same_cells(ours, theirs, _VIEW, LOADED)}")


def judging(packages: Path, runs: int) -> Iterator[Line]:
    """What judging adds to grouping alone, both by vtrkit, at the grain of the view and in full."""
    unjudged = conform(pl.scan_parquet(packages / "*.parquet")).with_columns(
        carrier_id().alias("carrier_id"),
        pl.lit("none", pl.Enum(["none"])).alias("rules"),
    )
    for grain, key in {"view": _VIEW, "full": _FULL}.items():
        alone = [n for n in key if n not in ("enforced", "reason", "ship_method")]
        yield in_turns(
            f"judging and grouping against grouping, {grain}",
            1.6,
            runs,
            lambda key=key: tally(classify(pl.scan_parquet(packages / "*.parquet")), key).collect(),
            lambda alone=alone: tally(unjudged, alone).collect(),
        )


def diagnosis(packages: Path, runs: int) -> Line:
    """What looking at numbers costs where one package in twenty has no scan."""
    twentieth = pl.col("order_id").hash(1) % 20 == 0
    scans = pl.when(~twentieth).then(pl.col("scans").fill_null(1).clip(1))
    frame = pl.scan_parquet(packages / "*.parquet").with_columns(scans)
    return in_turns(
        "tally with numbers looked at against without",
        1.5,
        runs,
        lambda: tally(classify(frame)).collect(),
        lambda: tally(classify(frame.drop("tracking_number"))).collect(),
    )


def connect(packages: str) -> duckdb.DuckDBPyConnection:
    """DuckDB with packages from somewhere, the known spellings and the rules of judge.sql."""
    con = duckdb.connect()
    con.execute("SET threads = 2; SET preserve_insertion_order = false")
    con.execute(f"CREATE VIEW packages AS FROM {packages}")
    for table, known in {
        "known_carrier": carriers._spellings(),
        "known_service": carriers._services(),
    }.items():
        con.execute(f"CREATE TABLE {table} (key TEXT, id TEXT)")
        con.executemany(f"INSERT INTO {table} VALUES (?, ?)", list(known.items()))
    con.execute(Path(__file__).with_name("judge.sql").read_text("utf-8"))
    return con
