"""Two ways of doing the same, timed in turns."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import polars as pl
import polars.selectors as cs

from tests.paths import ROOT


class Line(NamedTuple):
    """One line of the table that the benchmark prints."""

    part: str
    ours: str
    theirs: str
    ratio: float
    aim: float
    note: str = ""


LOADED = ("underway",)
"""The count that needs the day of a file's tracking data, which nobody but `load` finds out."""


def in_turns(
    part: str,
    aim: float,
    runs: int,
    ours: Callable[[], object],
    theirs: Callable[[], object],
    of_theirs: float = 1.0,
) -> Line:
    """The ratio of processor time, of alternating runs after one to warm up; medians count.

    Whatever else the machine does lengthens both, but the clock far more than the processor.

    Args:
        part: what is compared.
        aim: what the ratio may be at most.
        runs: how many.
        ours: vtrkit's way.
        theirs: the other one.
        of_theirs: the share of the work that `theirs` does, where all of it would take too long.
    """
    ours(), theirs()
    times = [(*took(ours), *took(theirs)) for _ in range(runs)]
    wall, cpu, their_wall, their_cpu = (median(column) for column in zip(*times, strict=True))
    their_cpu, their_wall = their_cpu / of_theirs, their_wall / of_theirs
    note = f"{wall / their_wall:.2g} by the clock"
    return Line(part, f"{cpu:.2f} s", f"{their_cpu:.2f} s", cpu / their_cpu, aim, note)


def took(action: Callable[[], object]) -> tuple[float, float]:
    """The seconds of one run: on the clock, and of the processor."""
    start, cpu = perf_counter(), process_time()
    action()
    return perf_counter() - start, process_time() - cpu


def spent(*arguments: str) -> float:
    """Processor seconds of a Python process, with all processes that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def same_cells(ours: Path, theirs: Path, by: tuple[str, ...], without: tuple[str, ...] = ()) -> str:
    """How many cells two tallies on disk have in common; stops the benchmark where they differ.

    Args:
        ours: where one is.
        theirs: where the other one is.
        by: the key columns.
        without: counts that are not compared.
    """
    mine, other = (_comparable(path, by).drop(without) for path in (ours, theirs))
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
    # DuckDB writes sums as numbers with a point
    tally = tally.with_columns(cs.float().cast(pl.Int64))
    return tally.with_columns(names).sort(by).collect().select(sorted(tally.collect_schema()))


# Linux counts the memory of the process that starts another one as the peak of the new one, so
# a small process stands between.
_BETWEEN = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))"


def child(module: str, *arguments: str) -> dict[str, float]:
    """What a module prints as JSON when it runs in a process of its own."""
    command = [sys.executable, "-c", _BETWEEN, "-m", module, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return {k: float(v) for k, v in json.loads(done.stdout).items()}


_TOLD = """import json, resource, subprocess, sys
code = subprocess.call([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, used.ru_maxrss * 1024, used.ru_utime + used.ru_stime]))"""


def peak_of(*arguments: str) -> tuple[float, float]:
    """The most memory of a Python process or of one that it starts, and the processor seconds."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", _TOLD, *arguments]
    done = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True)
    code, peak, cpu = json.loads(done.stdout)
    if code:
        raise SystemExit(f"the call ended with {code}")
    return peak, cpu
