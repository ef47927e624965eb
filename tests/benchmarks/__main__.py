"""Prints how vtrkit compares, as ratios of the same run, and writes the table into README.md.

```
python -m tests.benchmarks                                   # all parts; about 15 GB of disk
python -m tests.benchmarks --parts duckdb --rows 2000000     # one of them
```

The lab (`tests.benchmarks.lab`) needs a browser, `tests.benchmarks.scms` a public data set, and
`tests.benchmarks.accounts`, `tests.benchmarks.batches` and `tests.benchmarks.kills` count something
else than a ratio: these are commands of their own.
"""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks import (
    against_duckdb,
    against_pandas,
    cluster,
    daily,
    generate,
    imports,
    memory,
    numbers,
    outlook,
    pages,
    plan,
    reading,
    table,
    whatif,
)
from tests.benchmarks.measure import Line

Lines = Iterator[Line]


def main() -> int:
    """Run the parts that were asked for; 1 where an aim is missed."""
    options = _options()
    done: list[Line] = []
    with TemporaryDirectory(prefix="vtrkit-bench-") as scratch:
        folder = options.folder or Path(scratch)
        print(table.HEAD)
        for part in options.parts:
            for line in PARTS[part](folder, options):
                done.append(line)
                print(table.row(line), flush=True)
                table.write(done)
    return int(any(line.ratio > line.aim for line in done))


def _import(_: Path, options: argparse.Namespace) -> Lines:
    yield imports.line(options.runs)


def _duckdb(folder: Path, options: argparse.Namespace) -> Lines:
    for rows in options.rows:
        yield from against_duckdb.lines(_packages(folder, rows), folder, options.runs)


def _csv(folder: Path, options: argparse.Namespace) -> Lines:
    for rows in options.csv_rows:
        csv = generate.csv(folder, rows)
        yield against_duckdb.from_csv(csv, folder, options.runs)
        yield against_pandas.line(csv, folder, options.runs)


def _numbers(folder: Path, options: argparse.Namespace) -> Lines:
    yield from numbers.lines(folder, 1_000_000, options.runs)


def _judging(folder: Path, options: argparse.Namespace) -> Lines:
    yield from against_duckdb.judging(_packages(folder, options.rows[-1]), options.runs)


def _diagnosis(folder: Path, options: argparse.Namespace) -> Lines:
    yield against_duckdb.diagnosis(_packages(folder, options.rows[-1]), options.runs)


def _reading(folder: Path, options: argparse.Namespace) -> Lines:
    yield from reading.lines(folder, options.csv_rows[-1], options.runs)


def _memory(folder: Path, options: argparse.Namespace) -> Lines:
    for rows in options.memory_rows:
        for accounts in (1, 300):
            packages = folder / f"{rows}-{accounts}"
            generate.write(packages, rows, accounts)
            yield memory.line(packages, folder / "stored", accounts)


def _daily(_: Path, options: argparse.Namespace) -> Lines:
    with TemporaryDirectory(prefix="vtrkit-bench-") as scratch:
        yield from daily.lines(Path(scratch), options.csv_rows[-1])


def _pages(folder: Path, options: argparse.Namespace) -> Lines:
    yield from pages.lines(folder, options.runs)


def _spark(folder: Path, options: argparse.Namespace) -> Lines:
    yield cluster.line(folder, options.spark_rows)


def _of_a_year(lines: Callable[[Path], Lines]) -> Callable[[Path, argparse.Namespace], Lines]:
    """A part that asks the stored tally of a year."""

    def part(folder: Path, options: argparse.Namespace) -> Lines:
        rows = options.rows[-1]
        yield from lines(whatif.year(_packages(folder, rows), folder / f"year-{rows}"))

    return part


def _packages(folder: Path, rows: int) -> Path:
    packages = folder / f"{rows}-1"
    generate.write(packages, rows, accounts=1)
    return packages


PARTS: dict[str, Callable[[Path, argparse.Namespace], Lines]] = {
    "duckdb": _duckdb,
    "csv": _csv,
    "numbers": _numbers,
    "import": _import,
    "judging": _judging,
    "diagnosis": _diagnosis,
    "reading": _reading,
    "memory": _memory,
    "daily": _daily,
    "pages": _pages,
    "spark": _spark,
    "whatif": _of_a_year(whatif.lines),
    "outlook": _of_a_year(outlook.lines),
    "plan": _of_a_year(plan.lines),
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks", description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[*PARTS])
    some = [1_000_000, 10_000_000]
    parser.add_argument("--rows", type=int, nargs="+", default=some, help="Parquet packages")
    parser.add_argument("--csv-rows", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--memory-rows", type=int, nargs="+", default=[*some, 100_000_000])
    parser.add_argument("--spark-rows", type=int, default=20_000_000, help="needs vtrkit[spark]")
    parser.add_argument("--runs", type=int, default=5, help="alternating runs; medians count")
    parser.add_argument("--folder", type=Path, help="keeps generated data here for the next time")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
