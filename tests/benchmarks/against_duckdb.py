"""The same Parquet, the same rules, the same table written: vtrkit and DuckDB."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl

from tests.benchmarks.measure import Line, in_turns, same_cells
from vtrkit import carriers, classify, tally
from vtrkit.schema import TALLY_KEY, VIEW_KEY, conform

_GRAINS = {"view": ("coarse", VIEW_KEY, 1.0), "full": ("fine", TALLY_KEY, 0.8)}


def lines(packages: Path, folder: Path, runs: int) -> Iterator[Line]:
    """The view grain and the full tally."""
    con = connect(packages)
    for grain, (view, by, aim) in _GRAINS.items():
        ours, theirs = folder / f"{grain}.parquet", folder / f"{grain}-duckdb.parquet"

        def polars(by: tuple[str, ...] = by, path: Path = ours) -> None:
            verdicts = classify(pl.scan_parquet(packages / "*.parquet"))
            tally(verdicts, by).collect().write_parquet(path)

        def duck(view: str = view, path: Path = theirs) -> None:
            con.execute(f"COPY (SELECT *, '' AS rules FROM {view}) TO '{path}' (FORMAT parquet)")

        line = in_turns(f"{grain} against DuckDB", aim, runs, polars, duck)
        yield line._replace(note=f"{line.note}, {same_cells(ours, theirs, by)}")


def judging(packages: Path, runs: int) -> Line:
    """What judging adds to grouping alone, both by vtrkit."""
    alone = [name for name in VIEW_KEY if name not in ("enforced", "reason")]
    unjudged = conform(pl.scan_parquet(packages / "*.parquet")).with_columns(
        pl.lit("none", pl.Enum(["none"])).alias("rules")
    )
    return in_turns(
        "judging and grouping against grouping",
        1.6,
        runs,
        lambda: tally(classify(pl.scan_parquet(packages / "*.parquet")), VIEW_KEY).collect(),
        lambda: tally(unjudged, alone).collect(),
    )


def connect(packages: Path) -> duckdb.DuckDBPyConnection:
    """DuckDB with the generated packages, the known spellings and the rules of judge.sql."""
    con = duckdb.connect()
    con.execute("SET threads = 2; SET preserve_insertion_order = false")
    con.execute(f"CREATE VIEW packages AS FROM read_parquet('{packages}/*.parquet')")
    for table, known in {
        "known_carrier": carriers._spellings(),
        "known_service": carriers._services(),
    }.items():
        con.execute(f"CREATE TABLE {table} (key TEXT, id TEXT)")
        con.executemany(f"INSERT INTO {table} VALUES (?, ?)", list(known.items()))
    con.execute(Path(__file__).with_name("judge.sql").read_text("utf-8"))
    return con
