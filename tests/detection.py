"""Prints how often the early warning finds a fall and how often it cries wolf.

```
python -m tests.detection                  # 2,000 series each
```

A fall is from 97 % to 92 % on a week boundary with 13 weeks of past; it is found when either
of its first two full weeks raises an alarm. *Alone* knows one series only; *together* is one
among as many as were drawn, half of them steady where falls are looked for.
"""

import argparse

import numpy as np

from tests.weeks_made import PAST, fallen, steady
from vtrkit.forecast import surprise as model

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


def alarms(defects: np.ndarray, packages: np.ndarray) -> np.ndarray:
    """Which series raise an alarm."""
    return np.asarray(model.surprise(defects, packages).p <= model.ALARM)


def found(seed: int, series: int, packages: int, family: str, spread: float) -> float:
    """The share of falls that are found within two full weeks, in the company of steady ones."""
    rng = np.random.default_rng(seed)
    calm, sold = steady(rng, series, packages, family=family, spread=spread)
    first, second = fallen(rng, series, packages, family=family, spread=spread)
    young = np.where(np.arange(PAST) > 0, packages, 0) * np.ones_like(sold)
    raised = [
        alarms(np.vstack([defects, calm]), np.vstack([known, sold]))[:series]
        for defects, known in ((first, young), (second, sold))
    ]
    return float(np.mean(raised[0] | raised[1]))


def false(
    seed: int, series: int, packages: int, family: str, spread: float, rate: float = 0.03
) -> float:
    """The share of steady weeks that raise an alarm."""
    rng = np.random.default_rng(seed)
    drawn = steady(rng, series, packages, rate=rate, family=family, spread=spread)
    return float(np.mean(alarms(*drawn)))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="tests.detection", description=__doc__)
    parser.add_argument("--series", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--packages", type=int, nargs="+", default=PACKAGES)
    options = parser.parse_args()
    alone = float("inf")
    for title, presumed in (("alone", alone), ("together", model._PRESUMED)):
        model._PRESUMED = presumed
        print(f"{title}: found within two weeks | false alarms per 100 weeks")
        print(f"{'weeks vary':<20}" + "".join(f"{n:>8}" for n in options.packages) * 2)
        for family, spread in VARYING:
            asked = [(options.seed, options.series, n, family, spread) for n in options.packages]
            cells = [f"{found(*a):>8.1%}" for a in asked] + [
                f"{false(*a) * 100:>8.2f}" for a in asked
            ]
            print(f"{family:<14}{spread:<6}" + "".join(cells), flush=True)


if __name__ == "__main__":
    main()
