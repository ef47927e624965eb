"""How often healthy sellers are at risk: `python -m tests.yellow` prints it, before and after.

Healthy are those whose packages fail with one chance each, 2 or 3 %, against a target of 95 %.
*Before* is a status without what can still change: a coming day that may miss at worst, or less to
spare than a usual week costs, whatever leaves; *after* is what `vtrkit.rates` says. Shares are of
all sellers of a kind on a day; `on_target` of them were on target or at risk.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from vtrkit import rates
from vtrkit.schema import COUNTS, REASON

SIZES = (20, 35, 45, 50, 100, 200, 300, 500, 1000)
"""Packages a month."""
RATES = (0.97, 0.98)
SELLERS = 400
LAG, WINDOW, WEEKS, TARGET = 10, 30, 8, 0.95
DAYS = 150
AS_OF = date(2026, 6, 1)
_LEAD = 3
"""Days from shipping to the promised day."""
_DELAYS = np.array([0.5, 0.28, 0.1, 0.05, 0.03, 0.02, 0.01, 0.01])
"""Shares of first scans by days after shipping."""


def sellers(size: int, rate: float, seed: int) -> pl.DataFrame:
    """A tally of sellers of one kind as it is known on the as-of day, a category each."""
    rng = np.random.default_rng(seed)
    sent = rng.poisson(size / 30, (SELLERS, DAYS))
    failed = rng.binomial(sent, 1 - rate)
    wrong = rng.binomial(failed, 0.3)
    # the last column is promised on the as-of day and was shipped three days before
    age = np.arange(DAYS - 1, -1, -1) + _LEAD
    scanned = np.append(np.cumsum(_DELAYS), np.ones(DAYS))[np.minimum(age, len(_DELAYS) + 1)]
    valid = rng.binomial(sent - failed, scanned[None, :])
    reasons = {"valid": valid, "missing_number": wrong, "no_scan": sent - valid - wrong}
    return pl.concat(_cells(reasons)).filter(pl.col("packages") > 0)


def _cells(reasons: dict[str, Any]) -> Iterator[pl.DataFrame]:
    at = np.indices((SELLERS, DAYS))
    ago = DAYS - 1 - at[1].ravel()
    for reason, packages in reasons.items():
        cells = pl.DataFrame({"seller": at[0].ravel(), "ago": ago, "packages": packages.ravel()})
        promised = pl.lit(AS_OF) - pl.duration(days="ago")
        known = {n: pl.lit(0, pl.Int64) for n in COUNTS if n != "packages"}
        # as many are delivered as are promised before today
        arrived = pl.when(pl.col("ago") > 0).then("packages").otherwise(0)
        if reason == "missing_number":
            known |= {"delivered": arrived, "correctable": pl.col("packages") - arrived}
        yield cells.select(
            pl.lit("a").alias("account"),
            pl.lit("US").alias("marketplace"),
            pl.col("seller").cast(pl.String).alias("category"),
            promised.alias("promised_date"),
            (promised - pl.duration(days=_LEAD)).alias("ship_date"),
            pl.lit(True).alias("enforced"),
            pl.lit(reason, REASON).alias("reason"),
            pl.col("packages").cast(pl.Int64),
            **known,
            rules=pl.lit("made", pl.Enum(["made"])),
        )


def before(tally: pl.DataFrame) -> Any:
    """Which sellers were at risk, and not yet below target, by the older reading."""
    counts = np.zeros((2, SELLERS, DAYS + 1))
    for place, part in enumerate((tally, tally.filter(reason="valid"))):
        seller = part["category"].cast(pl.Int64).to_numpy()
        ago = part.select((pl.lit(AS_OF) - pl.col("promised_date")).dt.total_days())
        day = DAYS - ago.to_series().to_numpy()
        np.add.at(counts[place], (seller, day), part["packages"].to_numpy())
    counted, valid = np.cumsum(counts, axis=2)

    def over(end: int, days: int) -> tuple[Any, Any]:
        return tuple(run[:, end] - run[:, end - days] for run in (counted, valid))  # type: ignore[return-value]

    n, good = over(DAYS - LAG, WINDOW)
    left = np.floor(n * (1 - TARGET) + 1e-9) - (n - good)
    many, fine = over(DAYS - LAG, 7 * WEEKS)
    risk = left * WEEKS < many - fine
    for end in range(DAYS - LAG + 1, DAYS + 1):
        known, holding = over(end, WINDOW)
        risk |= holding < TARGET * known - 1e-9
    return (n > 0) & (left >= 0) & risk


def table(sizes: Sequence[int] = SIZES, seeds: int = 3) -> pl.DataFrame:
    """The share of healthy sellers that are at risk on a day, by size and rate."""
    rows = []
    for rate in RATES:
        for size in sizes:
            shares = []
            for seed in range(seeds):
                tally = sellers(size, rate, seed)
                now = rates(tally, as_of=AS_OF).filter("is_enforced_window")["status"]
                yellow, good = ((now == status).sum() / SELLERS for status in ("AT_RISK", "GOOD"))
                shares.append((before(tally).mean(), yellow, good + yellow))
            rows.append((rate, size, *np.mean(shares, axis=0)))
    schema = ["rate", "packages_a_month", "before", "after", "on_target"]
    return pl.DataFrame(rows, schema=schema, orient="row")


def summary(told: pl.DataFrame) -> pl.DataFrame:
    """The mean share of those below 50 packages a month, and of those above 200."""
    size = pl.col("packages_a_month")
    kind = pl.when(size < 50).then(pl.lit("below 50")).when(size > 200).then(pl.lit("above 200"))
    means = told.group_by(kind.alias("size")).agg(pl.col("before", "after").mean())
    return means.drop_nulls("size").sort("size", descending=True)


if __name__ == "__main__":
    every = table()
    with pl.Config(tbl_rows=-1, float_precision=3):
        print(every, summary(every), sep="\n")
