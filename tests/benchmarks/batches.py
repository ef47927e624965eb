"""Many pages of one run, against as many single calls: processor time, as ratios.

```
python -m tests.benchmarks.batches             # 50 shops of 20,000 packages; three single calls
python -m tests.benchmarks.batches --pages 10  # fewer
```
"""

import argparse
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl

from tests import made
from tests.benchmarks import generate
from tests.benchmarks.measure import spent
from vtrkit.shipped import shipped

_CALL = "from vtrkit.cli import main\nif __name__ == '__main__':\n    main()\n"


def main() -> int:
    """Print a line for each way; 1 where pages differ or an aim is missed."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.batches", description=__doc__)
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--packages", type=int, default=20_000)
    parser.add_argument("--singles", type=int, default=3, help="single calls that are measured")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="vtrkit-bench-") as scratch:
        folder = Path(scratch)
        shops = _shops(folder / "in", options.pages, options.packages)
        (folder / "call.py").write_text(_CALL)
        book = shutil.copy(shipped("notebooks/vtr_report.ipynb"), folder)  # one's own: new kernels
        own = ["--notebook", str(book)]
        calls = shops[: options.singles]
        single, quick = (
            sum(_cpu(folder, shop, folder / "one" / shop.name, *more) for shop in calls)
            / len(calls)
            for more in (own, [])
        )
        print(f"{'way':<42}{'cpu s a page':>14}{'times as fast':>15}{'aim':>6}")
        print(f"{'single calls, a new kernel each':<42}{single:>14.2f}{1:>15.1f}")
        print(f"{'single calls':<42}{quick:>14.2f}{single / quick:>15.1f}", flush=True)
        ways = {
            "one run, a new kernel for each page": (own, 5),
            "one run": ([], 15),
            "one run, two processes": (["--jobs", "2"], 15),
        }
        missed, trees = 0, []
        for number, (way, (more, aim)) in enumerate(ways.items()):
            out = folder / f"out-{number}"
            cpu = _cpu(folder, folder / "in", out, *more) / options.pages
            missed += single / cpu < aim
            mark = "" if single / cpu >= aim else " missed"
            print(f"{way:<42}{cpu:>14.2f}{single / cpu:>15.1f}{aim:>6}{mark}", flush=True)
            pages = made.tree(out).items()
            # a notebook of one's own is another one to the hash of what a page is made of
            trees.append({name: data for name, data in pages if not name.endswith("shop.json")})
        same = trees[0] == trees[1] == trees[2]
        print(f"{len(trees[0]):,} files, {'the same bytes in all ways' if same else 'THEY DIFFER'}")
    return int(missed > 0 or not same)


def _shops(folder: Path, count: int, packages: int) -> list[Path]:
    """A folder for each account, all of them in the United States."""
    rows = generate.packages(np.random.default_rng(1), count * packages, count)
    table = rows.with_columns(marketplace=pl.lit("US"))
    for (account,), own in table.partition_by("account", as_dict=True).items():
        (folder / str(account)).mkdir(parents=True)
        own.write_parquet(folder / str(account) / "packages.parquet")
    return sorted(folder.iterdir())


def _cpu(folder: Path, inputs: Path, out: Path, *more: str) -> float:
    """Processor seconds of a call of the command line, its kernels and processes included."""
    return spent(str(folder / "call.py"), "report", str(inputs), "--out", str(out), *more)


if __name__ == "__main__":
    sys.exit(main())
