"""What the cheapest plan takes on the tally of a year: 12 levers, 20 categories.

```
python -m tests.benchmarks.plan folder-of-a-stored-tally
```

`ours` is the median, `theirs` the aim; the note has the processor time, to which other work on
the machine adds less, the cost and the gap that was reached.
"""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import polars as pl

from tests.benchmarks.measure import Line
from vtrkit import Lever, Target, plan
from vtrkit.metric.store import scan

AS_OF = date(2026, 1, 31)
_AIM_SECONDS = 2.0
LEVERS = (
    Lever(name="labels", reason=("missing_number", "not_a_number"), cost=0.3, scanned=0.98),
    Lever(name="usps", carrier_id=("usps",), cost=0.1, scanned=0.9, fixed_cost=100),
    Lever(name="ups", carrier_id=("ups",), cost=0.5, scanned=0.95, fixed_cost=1000),
    Lever(name="fedex", carrier_id=("fedex",), cost=0.45, scanned=0.97),
    Lever(name="pick-up", reason=("no_scan",), cost=1.2, scanned=0.99, share=0.5),
    Lever(name="two scans", reason=("too_few_scans",), cost=1, scanned=0.9),
    Lever(name="regional", carrier_id=("ontrac",), cost=0.2, scanned=0.8, fixed_cost=500),
    Lever(name="ground", ship_method=("UPS Ground", "FedEx Ground"), cost=0.4, scanned=0.93),
    Lever(name="in time", reason=("entered_late",), cost=0.05, scanned=0.85, fixed_cost=2000),
    Lever(name="everything", cost=2.5),
    Lever(name="ask", reason=("unverified",), cost=0.15, scanned=0.7),
    Lever(
        name="slowly",
        reason=("no_scan", "unverified"),
        start=date(2026, 1, 1),
        ramp_days=10,
        cost=0.6,
        scanned=0.96,
    ),
)


def lines(stored: Path, runs: int = 5) -> Iterator[Line]:
    """A line for each target and confidence, and for a fixed cost of every lever."""
    tally = scan(stored).filter(pl.col("marketplace") == "US").collect()
    fixed = [replace(x, fixed_cost=50.0 * i) for i, x in enumerate(LEVERS)]
    for name, levers, target, confidence in (
        ("95 % in expectation", LEVERS, None, 0.5),
        ("95 % at 0.9", LEVERS, None, 0.9),
        ("98 % at 0.9", LEVERS, Target(98), 0.9),
        ("95 % at 0.9, all with fixed costs", fixed, None, 0.9),
    ):
        times = []
        for _ in range(runs):
            start, cpu = perf_counter(), process_time()
            found = plan(
                tally, levers, as_of=AS_OF, by_day=AS_OF, target=target, confidence=confidence
            )
            times.append((perf_counter() - start, process_time() - cpu))
        took, cpu = (median(column) for column in zip(*times, strict=True))
        note = f"cpu {cpu:.2f} s, cost {found.cost:,.2f}, gap {found.gap:.4%}"
        yield Line(name, f"{took:.2f} s", f"{_AIM_SECONDS} s", took / _AIM_SECONDS, 1.0, note)


def main() -> int:
    """Print the table; 1 where an aim is missed."""
    missed = 0
    for line in lines(Path(sys.argv[1])):
        missed += line.ratio > line.aim
        print(f"{line.part:<36}{line.ours:>10}{line.theirs:>10}{line.ratio:>7.2f}  {line.note}")
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
