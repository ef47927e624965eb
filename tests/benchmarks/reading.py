"""Reading an order report of 45 columns, against a bare scan of the same columns.

```
python -m tests.benchmarks.reading                     # 5 million rows; about 2 GB of disk
python -m tests.benchmarks.reading --memory-rows 20000000 # and what a report that large takes
```
"""

import argparse
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
import polars as pl

from tests.benchmarks.measure import Line, child, in_turns
from tests.paths import FIXTURES
from vtrkit import load
from vtrkit.files.reading import Asked
from vtrkit.files.sources import find
from vtrkit.study.build import build
from vtrkit.study.settings import Settings
from vtrkit.study.stored import how_read

_PART = 500_000
_HEADER = (FIXTURES / "orders_2026-01-10.txt").read_text("utf-8")
_COLUMNS = [
    "order-id",
    "sales-channel",
    "latest-ship-date",
    "latest-delivery-date",
    "ship-country",
    "item-price",
    "shipping-price",
    "item-tax",
    "currency",
    "is-prime",
]
_DAYS = ["latest-ship-date", "latest-delivery-date"]
_FORM = "%Y-%m-%dT%H:%M:%S%z"


def main() -> int:
    """Print the ratios; 1 where an aim is missed."""
    options = _options()
    with TemporaryDirectory(prefix="vtrkit-bench-") as scratch:
        folder = options.folder or Path(scratch)
        found = list(lines(folder, options.rows, options.runs))
        if options.memory_rows:
            large = write(folder / f"orders-{options.memory_rows}.txt", options.memory_rows)
            found.append(_memory(large, options.memory_rows))
    for line in found:
        print(f"{line.part:<44}{line.ours:>10}{line.theirs:>10}{line.ratio:>7.2f}{line.aim:>6.2f}")
        print(line.note, end="\n" if line.note else "")
    return int(any(line.ratio > line.aim for line in found))


def lines(folder: Path, rows: int, runs: int) -> Iterator[Line]:
    """Reading and loading, each against a bare scan of the same file."""
    path = write(folder / f"orders-{rows}.txt", rows)
    bare = partial(_bare, path)
    yield in_turns("reading with rejects", 3.0, runs, partial(_taken, path), bare)
    yield in_turns("loading with joining", 5.0, runs, partial(_loaded, path), bare)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.reading", description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--memory-rows", type=int, default=0, help="0 leaves memory out")
    parser.add_argument("--runs", type=int, default=3, help="alternating runs; medians count")
    parser.add_argument("--folder", type=Path, help="keeps generated data here for the next time")
    return parser.parse_args()


def _bare(path: Path) -> pl.DataFrame:
    """The same columns as text, and the days by one explicit form."""
    table = pl.scan_csv(path, separator="\t", quote_char=None, infer_schema=False)
    there = [name for name in _COLUMNS if name in table.collect_schema()]
    days = pl.col(_DAYS).str.to_datetime(_FORM, time_zone="UTC").dt.date()
    return table.select(there).with_columns(days).collect()


def _taken(path: Path) -> None:
    reader = Asked.of(**how_read(Settings(marketplace="US"))).reader
    source = find([path])[0][0]
    with TemporaryDirectory() as scratch:
        reader.file(source, Path(scratch), lambda: None, lambda _: None, alone=True)


def _loaded(path: Path) -> None:
    load(path, marketplace="US").packages.select(pl.len()).collect()


def _memory(path: Path, rows: int) -> Line:
    """A whole run folder from one large report, in a process of its own."""
    got = child("tests.benchmarks.reading", "--child", str(path))
    note = f"{got['seconds']:.0f} s, {path.stat().st_size / 1e9:.1f} GB"
    part = f"memory of a run, {rows / 1e6:.0f} million rows"
    return Line(part, f"{got['bytes'] / 1e9:.2f} GB", "2 GB", got["bytes"] / 2e9, 1.0, note)


def measured(path: str) -> None:
    """Build, then print what it took; ru_maxrss counts kibibytes on Linux."""
    start = perf_counter()
    with TemporaryDirectory() as folder:
        build(Settings(inputs=(path,), marketplace="US", seen=date(2026, 2, 1)), Path(folder))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"bytes": peak, "seconds": perf_counter() - start}))


def write(path: Path, rows: int) -> Path:
    """An order report with made-up buyers, one order in three of two lines."""
    if path.exists():
        return path
    header = _HEADER.splitlines()[0].split("\t")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".new").open("wb") as file:
        file.write(("\t".join(header) + "\r\n").encode())
        for first in range(0, rows, _PART):
            part = _part(header, first, min(_PART, rows - first))
            options = {"separator": "\t", "include_header": False, "quote_style": "never"}
            part.write_csv(file, line_terminator="\r\n", **options)
    return path.with_suffix(".new").rename(path)


def _part(header: list[str], first: int, rows: int) -> pl.DataFrame:
    rng = np.random.default_rng((1, first))
    table = pl.DataFrame({"n": np.arange(first, first + rows), "day": rng.integers(0, 365, rows)})
    order, day = pl.col("n") * 3 // 4, pl.date(2025, 1, 1) + pl.duration(days="day")
    low, high = 1_000_000 + order % 9_000_000, 1_000_000 + order // 9_000_000
    blank = {name: pl.lit("") for name in header}
    made = {
        "order-id": pl.format("111-{}-{}", high, low),
        "order-item-id": pl.col("n") + 10**13,
        "buyer-email": pl.format("x{}@marketplace.example", "n"),
        "buyer-name": pl.lit("Made-up Person"),
        "product-name": pl.lit("A thing of moderate length, blue, 3 pcs"),
        "recipient-name": pl.lit("Made-up Person"),
        "ship-address-1": pl.lit("12 Made-up Street"),
        "ship-city": pl.lit("Springfield"),
        "ship-country": pl.lit("US"),
        "currency": pl.lit("USD"),
        "item-price": (pl.col("n") % 9000 / 100 + 5).round(2),
        "item-tax": pl.lit("0.61"),
        "shipping-price": pl.lit("4.99"),
        "is-prime": pl.lit("false"),
        "signature-confirmation-recommended": pl.lit("false"),
        **{name: _stamp(day, 1 + 2 * n) for n, name in enumerate(_STAMPS)},
    }
    return table.select(expr.alias(name) for name, expr in (blank | made).items())


_STAMPS = [
    "purchase-date",
    "payments-date",
    "earliest-ship-date",
    "latest-ship-date",
    "earliest-delivery-date",
    "latest-delivery-date",
]


def _stamp(day: pl.Expr, days: int) -> pl.Expr:
    return (day + pl.duration(days=days)).dt.strftime("%Y-%m-%dT06:59:59+00:00")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        measured(sys.argv[2])
    else:
        sys.exit(main())
