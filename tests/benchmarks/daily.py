"""A day's exports added to a store, against tallying everything again."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tests.benchmarks.generate import write
from tests.benchmarks.kills import tally
from tests.benchmarks.measure import Line, took

SHARE = 100
"""One in so many orders is new: those shipped last."""


def lines(folder: Path, rows: int) -> Iterator[Line]:
    """One line: the processor time of a day, and of all days again."""
    made = pl.concat(map(pl.read_parquet, write(folder / "made", rows, 1))).sort("ship_date")
    days = {"old": made.head(rows - rows // SHARE), "new": made.tail(rows // SHARE)}
    for day, packages in days.items():
        (folder / day).mkdir()
        packages.write_parquet(folder / day / f"{day}.parquet")
    tally([folder / "old"], folder / "STORE")
    _, day = took(lambda: tally([folder / "new"], folder / "STORE"))
    (folder / "old" / "new.parquet").hardlink_to(folder / "new" / "new.parquet")
    _, again = took(lambda: tally([folder / "old"], folder / "again"))
    part = f"a day's exports into a store, against all again, {rows / 1e6:g} M"
    yield Line(part, f"{day:.1f} s", f"{again:.1f} s", day / again, 0.05)
