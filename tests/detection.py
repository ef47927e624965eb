"""Prints how often the early warning finds what it should, how soon, and how often it cries wolf.

```
python -m tests.detection                  # 2,000 series each
```

Every series is looked at every day. A fall is found when any day of the time given raises an
alarm. *Days* is the share of steady days with an alarm, which is also the share of looks; *new*
counts the alarms that begin, so one that lasts a week counts once.
"""

import argparse
from typing import Any

import numpy as np

from tests.weeks_made import WEEK, as_of, daily
from vtrkit.forecast.surprise import ALARM, surprise

ALLOWED = 0.05
PACKAGES = (20, 50, 100, 200)
VARYING = (
    ("constant", 0.0),
    ("beta", 0.2),
    ("log-normal", 0.2),
    ("gamma", 0.35),
    ("log-normal", 0.35),
    ("beta", 0.5),
    ("log-normal", 0.5),
)
"""How the rates of weeks vary: the family, and the standard deviation over the mean."""
MONTH = 365 / 12 / WEEK
"""Weeks."""
YEAR, QUARTER = 52, 13


def alarms(days: tuple[Any, Any], looks: int, step: int = 1) -> Any:
    """Which series raise an alarm on each of the last days, or every `step` of them."""
    last = days[0].shape[1]
    ends = range(last - looks + step, last + 1, step)
    p = [surprise(*(as_of(counts, end) for counts in days), ALLOWED).p for end in ends]
    return np.stack(p, 1) <= ALARM


def found(days: tuple[Any, Any], looks: int) -> float:
    """The share of series that raise an alarm on any of the last days."""
    return float(alarms(days, looks).any(1).mean())


def false(days: tuple[Any, Any], looks: int) -> tuple[float, float]:
    """Of steady series: the share of days with an alarm, and alarms that begin on a day."""
    raised = alarms(days, looks + 1)
    return float(raised[:, 1:].mean()), float((raised[:, 1:] & ~raised[:, :-1]).mean())


def falls(seed: int, series: int, sizes: tuple[int, ...]) -> None:
    """From 97 % to 92 % after 13 weeks, found within two; steady weeks likewise."""
    print("97 % to 92 %, found within two weeks | % of days with an alarm | new in 100 weeks")
    print(f"{'weeks vary':<20}" + "".join(f"{n:>8}" for n in sizes) * 3)
    for family, spread in VARYING:
        kind: dict[str, Any] = {"family": family, "spread": spread}
        hits, wolves = [], []
        for n in sizes:
            rng = np.random.default_rng(seed)
            hits.append(found(daily(rng, series, n, (13, 0.03), (2, 0.08), **kind), 2 * WEEK))
            wolves.append(false(daily(rng, series, n, (18, 0.03), **kind), 4 * WEEK))
        cells = [f"{share:>8.1%}" for share in hits]
        cells += [f"{share * 100:>8.2f}" for share, _ in wolves]
        cells += [f"{begun * 100 * WEEK:>8.2f}" for _, begun in wolves]
        print(f"{family:<14}{spread:<6}" + "".join(cells), flush=True)


def small(seed: int, series: int) -> None:
    """Sellers of few packages with a year of past, found within a quarter."""
    falls_to = (0.9, 0.8, 0.7, 0.5)
    print("\n95 % to …, found within a quarter | seen 10 days late | new in 100 months")
    print(f"{'a month':<10}" + "".join(f"{share:>8.0%}" for share in falls_to) * 2)
    for monthly in (3, 5, 10, 20):
        cells, late = [], []
        for share in falls_to:
            rng = np.random.default_rng(seed)
            weekly = monthly / MONTH + 1e-9  # never a whole number, so that weeks differ
            days = daily(rng, series, weekly, (YEAR, 0.05), (QUARTER, 1 - share))
            raised = alarms(days, QUARTER * WEEK)
            cells.append(f"{raised.any(1).mean():>8.1%}")
            late.append(f"{raised[:, :-10].any(1).mean():>8.1%}")
        steady = daily(rng, series, weekly, (YEAR + QUARTER, 0.05))
        begun = false(steady, QUARTER * WEEK)[1] * 100 * WEEK * MONTH
        print(f"{monthly:<10}" + "".join(cells + late) + f"{begun:>8.2f}", flush=True)


def jump(seed: int, series: int) -> None:
    """Missing numbers from 2 to 50 % at 30 packages a day: the day of the first alarm."""
    rng = np.random.default_rng(seed)
    raised = alarms(daily(rng, series, 210, (13, 0.02), (1, 0.5)), WEEK)
    first = np.where(raised.any(1), raised.argmax(1) + 1, WEEK + 1)
    print("\n2 % to 50 % missing at 30 a day, alarm by day: ", end="")
    print(", ".join(f"{day}: {(first <= day).mean():.1%}" for day in (1, 2, 3)))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="tests.detection", description=__doc__)
    parser.add_argument("--series", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--packages", type=int, nargs="+", default=PACKAGES)
    options = parser.parse_args()
    falls(options.seed, options.series, tuple(options.packages))
    small(options.seed, options.series)
    jump(options.seed, options.series)


if __name__ == "__main__":
    main()
