"""Prints how vtrkit compares, as ratios of the same run.

```
python -m tests.benchmarks                        # all parts; needs about 10 GB of disk
python -m tests.benchmarks --parts view judging   # some of them
```
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import (
    against_duckdb,
    against_pandas,
    generate,
    imports,
    memory,
    outlook,
    reading,
    whatif,
)
from tests.benchmarks.measure import Line

_PARTS = (
    "import",
    "duckdb",
    "judging",
    "diagnosis",
    "pandas",
    "reading",
    "memory",
    "whatif",
    "outlook",
)


def main() -> int:
    """Run the parts that were asked for; 1 where an aim is missed."""
    options = _options()
    missed = 0
    print(f"{'part':<46}{'ours':>10}{'theirs':>10}{'ratio':>7}{'aim':>6}")
    with TemporaryDirectory(prefix="vtrkit-bench-") as scratch:
        for line in _lines(options, options.folder or Path(scratch)):
            missed += line.ratio > line.aim
            mark = "" if line.ratio <= line.aim else " missed"
            print(
                f"{line.part:<46}{line.ours:>10}{line.theirs:>10}{line.ratio:>7.2f}"
                f"{line.aim:>6.2f}{mark}  {line.note}",
                flush=True,
            )
    return min(missed, 1)


def _lines(options: argparse.Namespace, folder: Path) -> Iterator[Line]:
    parts, runs = options.parts, options.runs
    if "import" in parts:
        yield imports.line(runs)
    if {"duckdb", "judging", "diagnosis"} & set(parts):
        packages = folder / f"{options.rows}-1"
        generate.write(packages, options.rows, accounts=1)
        if "duckdb" in parts:
            yield from against_duckdb.lines(packages, folder, runs)
        if "judging" in parts:
            yield from against_duckdb.judging(packages, runs)
        if "diagnosis" in parts:
            yield against_duckdb.diagnosis(packages, runs)
    if "pandas" in parts:
        yield against_pandas.line(folder, options.csv_rows, runs)
    if "reading" in parts:
        yield from reading.lines(folder, options.csv_rows, runs)
    if {"whatif", "outlook"} & set(parts):
        packages = folder / f"{options.rows}-1"
        generate.write(packages, options.rows, accounts=1)
        stored = whatif.year(packages, folder / "year")
        for part, module in (("whatif", whatif), ("outlook", outlook)):
            if part in parts:
                yield from module.lines(stored)
    if "memory" in parts:
        for accounts in (1, 300):
            packages = folder / f"{options.memory_rows}-{accounts}"
            generate.write(packages, options.memory_rows, accounts)
            yield memory.line(packages, folder / "stored", accounts)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=_PARTS, default=_PARTS)
    parser.add_argument("--rows", type=int, default=20_000_000, help="Parquet packages")
    parser.add_argument("--csv-rows", type=int, default=5_000_000)
    parser.add_argument("--memory-rows", type=int, default=100_000_000)
    parser.add_argument("--runs", type=int, default=5, help="alternating runs; medians count")
    parser.add_argument("--folder", type=Path, help="keeps generated data here for the next time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
