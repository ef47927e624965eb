"""What `import vtrkit` costs beside `import polars`, each in a fresh process."""

import subprocess
import sys
from statistics import median

from tests.benchmarks.measure import Line

_TIMED = "from time import process_time as t; s = t(); import {}; print(t() - s)"


def line(runs: int) -> Line:
    """The medians of alternating imports."""
    times = [(_seconds("vtrkit"), _seconds("polars")) for _ in range(3 * runs)]
    ours, theirs = (median(column) for column in zip(*times, strict=True))
    return Line("import vtrkit", f"{ours:.3f} s", f"{theirs:.3f} s", ours / theirs, 1.3)


def _seconds(name: str) -> float:
    code = _TIMED.format(name)
    done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE)
    return float(done.stdout)
