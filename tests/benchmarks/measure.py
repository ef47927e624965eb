"""Two ways of doing the same, timed in turns."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import polars as pl


class Line(NamedTuple):
    """One line of the table that the benchmark prints."""

    part: str
    ours: str
    theirs: str
    ratio: float
    aim: float
    note: str = ""


def in_turns(
    part: str, aim: float, runs: int, ours: Callable[[], object], theirs: Callable[[], object]
) -> Line:
    """The medians of alternating runs; `cpu` is the ratio of processor time.

    Whatever else the machine does lengthens both, but processor time less.
    """
    times = [(*_took(ours), *_took(theirs)) for _ in range(runs)]
    mine, my_cpu, other, other_cpu = (median(column) for column in zip(*times, strict=True))
    note = f"cpu {my_cpu / other_cpu:.2f}"
    return Line(part, f"{mine:.2f} s", f"{other:.2f} s", mine / other, aim, note)


def _took(action: Callable[[], object]) -> tuple[float, float]:
    start, cpu = perf_counter(), process_time()
    action()
    return perf_counter() - start, process_time() - cpu


def same_cells(ours: Path, theirs: Path, by: tuple[str, ...]) -> str:
    """How many cells two tallies on disk have in common; stops the benchmark where they differ."""
    mine, other = (_comparable(path, by) for path in (ours, theirs))
    if not mine.equals(other):
        lines = mine.join(other, on=mine.columns, how="anti", nulls_equal=True)
        raise SystemExit(
            f"{ours.name}: {mine.height} cells against {other.height}, of ours {lines.height} "
            f"are not among theirs, the first ones:\n{lines.head()}"
        )
    return f"{mine.height:,} equal cells"


def _comparable(path: Path, by: tuple[str, ...]) -> pl.DataFrame:
    tally = pl.scan_parquet(path).drop("rules", strict=False)
    names = pl.col(pl.Categorical, pl.Enum).cast(pl.String)
    return tally.with_columns(names).sort(by).collect().select(sorted(tally.collect_schema()))


# Linux counts the memory of the process that starts another one as the peak of the new one, so
# a small process stands between.
_BETWEEN = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))"


def child(module: str, *arguments: str) -> dict[str, float]:
    """What a module prints as JSON when it runs in a process of its own."""
    command = [sys.executable, "-c", _BETWEEN, "-m", module, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {k: float(v) for k, v in json.loads(done.stdout).items()}
