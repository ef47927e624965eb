"""The most memory that storing a tally takes, in a process of its own."""

import json
import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import polars as pl

from tests.benchmarks.measure import Line, child
from vtrkit import classify
from vtrkit.metric.store import scan, store

_GIB = 2**30


def line(packages: Path, out: Path, accounts: int) -> Line:
    """Judge and store all partitions, and say how many cells they made."""
    got = child("tests.benchmarks.memory", str(packages), str(out))
    return Line(
        f"memory, {got['packages'] / 1e6:.0f} million packages, {accounts} account(s)",
        f"{got['bytes'] / _GIB:.2f} GiB",
        "2 GB",
        got["bytes"] / 2e9,
        1.0,
        f"{got['cells']:,.0f} cells, {got['cells'] / got['packages']:.3f} per package, "
        f"{got['seconds']:.0f} s of processor time",
    )


def _parts(packages: Path) -> Iterator[pl.LazyFrame]:
    for path in sorted(packages.glob("*.parquet")):
        yield classify(pl.scan_parquet(path))


def main(packages: str, out: str) -> None:
    """Store, then print what it took; ru_maxrss counts kibibytes on Linux."""
    start = process_time()
    store(_parts(Path(packages)), Path(out))
    seconds = process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    sums = scan(Path(out)).select(cells=pl.len(), packages=pl.col("packages").sum())
    print(json.dumps({"bytes": peak, "seconds": seconds, **sums.collect().row(0, named=True)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
