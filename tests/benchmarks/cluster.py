"""Spark on two cores of this machine against one process: the same tally of the same files.

`python -m tests.benchmarks.cluster 500000` prints the line alone; the session's start is apart.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

from tests.benchmarks import generate
from tests.benchmarks.measure import Line
from vtrkit.schema import TALLY_KEY

_ROWS = 1_000_000
"""Rows of a part; each is a task."""
_AIM = 1.5
_OPTIONS = {
    "driver.host": "127.0.0.1",
    "ui.enabled": "false",
    "ui.showConsoleProgress": "false",
    "sql.shuffle.partitions": "2",
    "sql.session.timeZone": "UTC",
}
_TICKS = os.sysconf("SC_CLK_TCK")


def line(folder: Path, rows: int, accounts: int = 1) -> Line:
    """Processor time of both, once each: Java and every worker, against this process."""
    import vtrkit
    import vtrkit.spark

    packages = folder / f"{rows}-{accounts}"
    files = generate.write(packages, rows, accounts)
    spark = session(**{"driver.memory": "4g", "driver.maxResultSize": "0"})
    spark.range(1).count()
    began = _of_children()
    theirs = vtrkit.spark.tally(
        spark.read.parquet(*map(str, files)), partitions=max(2, rows // _ROWS)
    )
    cluster = _of_children() - began
    spark.stop()
    began = process_time()
    ours = vtrkit.tally(vtrkit.classify(vtrkit.load(files)))
    alone = process_time() - began
    if not ours.sort(TALLY_KEY).equals(theirs.sort(TALLY_KEY)):
        raise SystemExit("Spark's tally is another one")
    return Line(
        f"spark, {rows / 1e6:g} million packages, processor time",
        f"{cluster:.1f} s",
        f"{alone:.1f} s",
        cluster / alone,
        _AIM,
        f"{ours.height:,} equal cells",
    )


def session(master: str = "local[2]", **options: str) -> Any:
    """A Spark session on this machine, with `spark.` options of one's own; the caller stops it."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(master)
    for name, value in (_OPTIONS | options).items():
        builder = builder.config(f"spark.{name}", value)
    started = builder.getOrCreate()
    started.sparkContext.setLogLevel("OFF")
    return started


def _of_children() -> float:
    """Processor seconds of all processes that this one started, and of those that they did."""
    parents, seconds = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            cells = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # gone meanwhile
            continue
        parents[int(entry.name)] = int(cells[1])
        seconds[int(entry.name)] = sum(map(int, cells[11:15])) / _TICKS

    def ours(pid: int) -> bool:
        return parents.get(pid) == os.getpid() or (pid in parents and ours(parents[pid]))

    return sum(spent for pid, spent in seconds.items() if ours(pid))


def main(rows: int, accounts: int = 1) -> None:
    """Print the line."""
    with TemporaryDirectory() as name:
        print(line(Path(name), rows, accounts))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
