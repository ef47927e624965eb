"""What a scenario costs on the tally of a year, in milliseconds and passes over the tally.

```
python -m tests.benchmarks.whatif folder-of-a-stored-tally
```

`ours` is the median, `theirs` the aim; the note has the processor time, to which other work on
the machine adds less, and how many rolling passes over the tally (`vtrkit.vtr`) that is.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import polars as pl

from tests.benchmarks.measure import Line
from vtrkit import (
    Lever,
    Scenario,
    adoption_curve,
    adoption_needed,
    apply,
    classify,
    simulate,
    vtr,
)
from vtrkit.metric.store import scan, store
from vtrkit.whatif.apply import moves
from vtrkit.whatif.looking_ahead import look_ahead
from vtrkit.whatif.looking_back import Board, prepare

AS_OF = date(2026, 1, 31)
_REASONS = ("no_scan", "missing_number", "unverified", "wrong_carrier", "malformed", "entered_late")
_LEVERS = tuple(
    Lever(
        name=reason,
        share=0.3,
        scanned=0.9,
        reason=(reason,),
        start=AS_OF - timedelta(days=60),
        ramp_days=30,
        cost=0.2,
    )
    for reason in _REASONS
)


def lines(stored: Path, runs: int = 15) -> Iterator[Line]:
    """A line for each question that a user asks of a scenario."""
    tally = scan(stored).collect()
    one_pass, _ = took(lambda: vtr(tally), 3)
    board = prepare(tally, as_of=AS_OF)
    for name, aim, action in _questions(tally, board):
        wall, cpu = took(action, runs)
        note = f"cpu {cpu * 1e3:.1f} ms, {wall / one_pass:.4f} of a rolling pass"
        yield Line(name, f"{wall * 1e3:.1f} ms", f"{aim} ms", wall * 1e3 / aim, 1.0, note)


def year(packages: Path, stored: Path) -> Path:
    """The stored tally of the partitions of packages, made unless the folder already is."""
    if not stored.exists():
        store(
            (classify(pl.scan_parquet(path)) for path in sorted(packages.glob("*.parquet"))), stored
        )
    return stored


def _questions(
    tally: pl.DataFrame, board: Board
) -> Iterator[tuple[str, int, Callable[[], object]]]:
    turn = count()

    def other() -> Scenario:
        """Shares, costs and ramps that were never asked for before."""
        n = next(turn)
        changed = {"share": 0.3 + n / 1e4, "cost": n / 100, "ramp_days": 1 + n % 60}
        return Scenario("other", tuple(replace(x, **changed) for x in _LEVERS))

    def moved_start() -> Scenario:
        start = AS_OF - timedelta(days=next(turn) % 80)
        return Scenario("start", tuple(replace(x, start=start) for x in _LEVERS))

    categories = board.before["category"].cast(pl.String).unique().sort().to_list()

    def selected(**fields: object) -> Scenario:
        """A selection that was never asked for before: named by categories in a new order."""
        n = next(turn)
        named = tuple(categories[n % 20 :] + categories[: n % 20] + [str(n)])
        return Scenario("selected", (Lever(name="x", share=0.5, category=named, **fields),))

    ahead = look_ahead(tally, as_of=AS_OF)
    scanned = replace(_LEVERS[0], scanned=0.97)
    yield "roll-up of the tally, once", 10_000, lambda: prepare(tally, as_of=AS_OF)
    yield "what is to come, once", 10_000, lambda: look_ahead(tally, as_of=AS_OF)
    yield "scenario of 6 levers, shares, costs, ramp", 16, lambda: apply(board, other())
    yield "scenario of 6 levers, another start", 150, lambda: apply(board, moved_start())
    yield "scenario, another selection", 150, lambda: apply(board, selected(reason=("no_scan",)))
    yield "scenario, every defect selected anew", 150, lambda: apply(board, selected())
    yield "scenario, all packages anew", 150, lambda: apply(board, selected(moves_all=True))
    yield "moves by lever and reason", 16, lambda: moves(board, other())
    yield "adoption needed", 20, lambda: adoption_needed(board, scanned)
    yield "adoption curve of 101 shares", 20, lambda: adoption_curve(board, scanned)
    yield "the next 60 days under 6 levers", 150, lambda: simulate(ahead, other())


def took(action: Callable[[], object], runs: int) -> tuple[float, float]:
    """The medians of so many runs in seconds: on the clock, and of the processor."""
    times = []
    for _ in range(runs):
        start, cpu = perf_counter(), process_time()
        action()
        times.append((perf_counter() - start, process_time() - cpu))
    wall, busy = zip(*times, strict=True)
    return median(wall), median(busy)


def main(stored: str) -> None:
    """Print the lines."""
    for line in lines(Path(stored)):
        print(f"{line.part:<46}{line.ours:>12}{line.theirs:>12}{line.ratio:>7.2f}  {line.note}")


if __name__ == "__main__":
    main(*sys.argv[1:])
