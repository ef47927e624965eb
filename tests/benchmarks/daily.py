"""A day's exports added to a store, against tallying everything again.

`python -m tests.benchmarks.daily 1000000` prints processor seconds and their ratio.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from tests.benchmarks.generate import write
from tests.benchmarks.kills import tally

SHARE = 100
"""One in so many orders is new: those shipped last."""


def main(rows: int, accounts: int = 1) -> None:
    """Generate, tally, and print."""
    import resource

    def seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    with TemporaryDirectory() as name:
        folder = Path(name)
        made = pl.concat(map(pl.read_parquet, write(folder / "made", rows, accounts)))
        made = made.sort("ship_date", nulls_last=False)
        days = {"old": made.head(rows - rows // SHARE), "new": made.tail(rows // SHARE)}
        for day, packages in days.items():
            (folder / day).mkdir()
            packages.write_parquet(folder / day / f"{day}.parquet")
        spent = {}
        for what, calls, store in (
            ("first", ["old"], "STORE"),
            ("a day", ["new"], "STORE"),
        ):
            began = seconds()
            tally([folder / call for call in calls], folder / store)
            spent[what] = seconds() - began
        (folder / "old" / "new.parquet").hardlink_to(folder / "new" / "new.parquet")
        began = seconds()
        tally([folder / "old"], folder / "again")
        spent["all again"] = seconds() - began
    share = spent["a day"] / spent["all again"]
    listed = ", ".join(f"{what} {took:.1f} s" for what, took in spent.items())
    print(f"{rows:,} packages: {listed}; a day costs {share:.1%} of all again")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
