"""What an outlook costs on the tally of a year, in milliseconds and passes over the tally.

```
python -m tests.benchmarks.outlook folder-of-a-stored-tally
```

`ours` is the median, `theirs` the aim; the note has the processor time, to which other work on
the machine adds less, and how many rolling passes over the view (`vtrkit.vtr`) that is.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from tests.benchmarks.measure import Line
from tests.benchmarks.whatif import AS_OF, took
from vtrkit import outlook, rollup, vtr
from vtrkit.forecast.forecast import forecast
from vtrkit.forecast.windows import windows
from vtrkit.metric.store import scan
from vtrkit.schema import VIEW_KEY

_SHIPPED = (*VIEW_KEY[:3], "ship_date", *VIEW_KEY[3:])
"""The view with the ship day, which tells how complete a coming day is."""
_ACCOUNT = ("account", "marketplace")


def lines(stored: Path, runs: int = 9) -> Iterator[Line]:
    """A line for each roll-up and each outlook of 60 days with ranges."""
    tally = scan(stored)
    view, shipped = (rollup(tally, by).collect() for by in (VIEW_KEY, _SHIPPED))
    one_pass, _ = took(lambda: vtr(view), 3)
    for name, aim, action in _questions(tally, view, shipped):
        seconds, cpu = took(action, runs)
        note = f"cpu {cpu * 1e3:.1f} ms, {seconds / one_pass:.2f} of a rolling pass"
        yield Line(name, f"{seconds * 1e3:.0f} ms", f"{aim} ms", seconds * 1e3 / aim, 1.0, note)


def _questions(
    tally: pl.LazyFrame, view: pl.DataFrame, shipped: pl.DataFrame
) -> Iterator[tuple[str, int, Callable[[], object]]]:
    made = forecast(shipped, as_of=AS_OF)
    yield "roll-up to the view", 10_000, lambda: rollup(tally).collect()
    yield "roll-up to the view with ship days", 10_000, lambda: rollup(tally, _SHIPPED).collect()
    yield "outlook of 60 days, the view", 300, lambda: outlook(view, as_of=AS_OF)
    yield "outlook of 60 days, with ship days", 300, lambda: outlook(shipped, as_of=AS_OF)
    yield "outlook of 60 days, accounts", 300, lambda: outlook(view, as_of=AS_OF, by=_ACCOUNT)
    yield "outlook of 60 days, from the stored tally", 2000, lambda: outlook(tally, as_of=AS_OF)
    yield "three windows of a forecast", 16, lambda: [windows(made, days=n) for n in (7, 30, 90)]


def main(stored: str) -> None:
    """Print the lines."""
    for line in lines(Path(stored)):
        print(f"{line.part:<46}{line.ours:>12}{line.theirs:>12}{line.ratio:>7.2f}  {line.note}")


if __name__ == "__main__":
    main(*sys.argv[1:])
