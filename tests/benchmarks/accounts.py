"""Many accounts in one run: the most memory of a process, and processor time by packages.

```
python -m tests.benchmarks.accounts                           # 75 and 300 accounts, a page of all
python -m tests.benchmarks.accounts --by account,marketplace  # a page for each place
```
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.benchmarks import generate
from tests.benchmarks.measure import peak_of

_MOST = 1e9
"""Bytes that a run may take."""
_CALL = "from vtrkit.cli import main; main()"


def main() -> int:
    """Print a line for a quarter of the accounts and for all; 1 where memory is above its aim."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.accounts", description=__doc__)
    parser.add_argument("--accounts", type=int, default=300)
    parser.add_argument("--packages", type=int, default=2000, help="of each account")
    parser.add_argument("--by", help="a page for each of these, in place of the portfolio's")
    options = parser.parse_args()
    way = ["--by", options.by] if options.by else ["--notebook", "portfolio"]
    print(f"{'accounts':>8}{'packages':>12}{'memory, GB':>12}{'cpu s':>9}{'ms a package':>14}")
    with TemporaryDirectory(prefix="vtrkit-bench-") as scratch:
        for accounts in (options.accounts // 4, options.accounts):
            rows, folder = accounts * options.packages, Path(scratch) / str(accounts)
            (folder / "in").mkdir(parents=True)
            table = generate.packages(np.random.default_rng(1), rows, accounts)
            table.write_parquet(folder / "in" / "packages.parquet")
            out = str(folder / "out")
            peak, cpu = peak_of("-c", _CALL, "report", str(folder / "in"), *way, "--out", out)
            line = (
                f"{accounts:>8}{rows:>12,}{peak / 1e9:>12.2f}{cpu:>9.1f}{cpu / rows * 1e3:>14.3f}"
            )
            print(line, "missed" * (peak > _MOST), flush=True)
    return int(peak > _MOST)


if __name__ == "__main__":
    sys.exit(main())
