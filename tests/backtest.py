"""Forecasts of made-up years against what came of them.

```
python -m tests.backtest                # seeds on which the model was not tuned
python -m tests.backtest --tuning       # those on which it was
python -m tests.backtest --undated      # as if no file gave the day of the first scan
```
"""

import argparse
import sys
from collections.abc import Iterable

import polars as pl

from tests import worlds
from vtrkit.forecast.outlook import outlook

TUNING, HELD_OUT = (1, 2, 3, 4), (11, 12, 13, 14)
LAG, WINDOW, RECENT = 10, 30, 14
HORIZONS = (7, 14, 28)
"""Days after the last locked-in one."""
LARGE = 1000
"""Packages in a window from which a series counts as large."""
_FIRST = 120
_ROUNDING = 1e-12


def origins() -> range:
    """The days on which forecasts are made, a window apart."""
    return range(_FIRST, worlds.DAYS - max(HORIZONS) - LAG - 1, WINDOW)


def cases(seed: int, *, dated: bool = True) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every series, origin and horizon, and every series and origin at the last locked-in day.

    Each with what was said (vtr, vtr_low, vtr_high), what came, and what simpler rules would have
    said: today's official rate, and the mean of the last 30 promised days. For the latter we take
    what will be known of these days later, since today it would be too low by the late scans.
    """
    made = worlds.world(seed)
    ahead, locked = zip(*(_from(made, day, dated) for day in origins()), strict=True)
    name = pl.lit(seed).alias("seed")
    return pl.concat(ahead).with_columns(name), pl.concat(locked).with_columns(name)


def _from(made: worlds.World, origin: int, dated: bool) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What was said on a day, and what came of it."""
    said = _said(made, origin, dated)
    today = said.filter(ahead=-LAG).select("series", today="vtr")
    recent = _came(made, origin, 0).select("series", recent="came")
    simple = today.join(recent, on="series")
    ahead = [
        _came(made, origin, days)
        .join(said.filter(ahead=days), on="series")
        .join(simple, on="series")
        for days in HORIZONS
    ]
    moved = _moved(made, origin).join(said.filter(ahead=0), on="series")
    return pl.concat(ahead), moved


def _said(made: worlds.World, origin: int, dated: bool) -> pl.DataFrame:
    as_of = worlds.day(origin)
    told = outlook(
        worlds.tally(made, origin),
        as_of=as_of,
        days=LAG + max(HORIZONS),
        delays=worlds.scan_delay(made, origin) if dated else None,
    )
    return told.select(
        pl.col("category").cast(pl.Int32).alias("series"),
        (pl.col("day") - as_of).dt.total_days().alias("ahead") - LAG,
        "vtr",
        "vtr_low",
        "vtr_high",
    )


def _came(made: worlds.World, origin: int, ahead: int) -> pl.DataFrame:
    """The official rate so many days after the last locked-in one, and whether it was foreseeable.

    It was not where the rate of defects jumped less than a fortnight before the forecast, or after.
    """
    end = origin + ahead
    jumped = [any(origin - RECENT < day <= end for day in days) for days in made.breaks]
    series = pl.DataFrame({"jumped": jumped}).with_row_index("series")
    came = _rate(worlds.known(made, end + LAG), end)
    return came.join(series.with_columns(pl.col("series").cast(pl.Int32)), on="series")


def _rate(cells: pl.DataFrame, end: int) -> pl.DataFrame:
    """The rate of each series over the window that ends on a day."""
    inside = cells.filter(pl.col("promised").is_between(end - WINDOW + 1, end))
    counts = inside.group_by("series").agg(
        counted=pl.col("packages").sum(), valid=pl.col("packages").filter("valid").sum()
    )
    return counts.with_columns(came=pl.col("valid") / pl.col("counted"))


def _moved(made: worlds.World, origin: int) -> pl.DataFrame:
    """By how much what was not known yet moved the last locked-in day, in percentage points."""
    end = pl.col("promised").is_between(origin - WINDOW + 1, origin)
    final = worlds.known(made, origin + LAG).filter(end)
    packages, known = pl.col("packages"), pl.col("ship") <= origin
    late = known & pl.col("valid") & (pl.col("valid_from") > origin)
    scanned = late & (pl.col("before") == "no_scan")
    counts = final.group_by("series").agg(
        counted=packages.filter(known).sum(),
        valid=packages.filter(known & pl.col("valid") & ~late).sum(),
        scanned=packages.filter(scanned).sum(),
        corrected=packages.filter(late & ~scanned).sum(),
        shipped=packages.filter(~known).sum(),
        shipped_valid=packages.filter(~known & pl.col("valid")).sum(),
    )
    n, before = pl.col("counted"), pl.col("valid") / pl.col("counted")
    mended = pl.col("valid") + pl.col("scanned") + pl.col("corrected")
    came = (mended + pl.col("shipped_valid")) / (n + pl.col("shipped"))
    return counts.select(
        "series",
        "counted",
        known=before,
        came=came,
        late_scans=pl.col("scanned") / n,
        corrections=pl.col("corrected") / n,
        late_shipping=came - mended / n,
    )


def coverage(told: pl.DataFrame) -> pl.DataFrame:
    """How often the 90 % range held what came, and how wide it was in percentage points."""
    low, high = pl.col("vtr_low") - _ROUNDING, pl.col("vtr_high") + _ROUNDING
    return (
        told.group_by(large=pl.col("counted") >= LARGE, ahead="ahead")
        .agg(
            cases=pl.len(),
            held=pl.col("came").is_between(low, high).mean(),
            fell_below=(pl.col("came") < low).mean(),
            width=100 * (pl.col("vtr_high") - pl.col("vtr_low")).mean(),
        )
        .sort("large", "ahead", descending=[True, False])
    )


def errors(told: pl.DataFrame) -> pl.DataFrame:
    """Mean absolute errors in percentage points; by how many standard errors ours is smaller.

    The cases of a series are one observation, since they resemble each other.
    """
    names = ("vtr", "today", "recent")
    miss = {n: 100 * (pl.col(n) - pl.col("came")).abs().mean() for n in names}
    series = told.group_by("ahead", "seed", "series").agg(**miss)
    gain = {n: pl.col(n) - pl.col("vtr") for n in names[1:]}
    return (
        series.group_by("ahead")
        .agg(
            pl.len().alias("series"),
            *(pl.col(n).mean() for n in names),
            **{f"{n}_z": g.mean() / g.std() * pl.len().sqrt() for n, g in gain.items()},
        )
        .sort("ahead")
    )


def locked_in(told: pl.DataFrame) -> pl.DataFrame:
    """What moved the last locked-in day: mean absolute percentage points, and our error."""
    parts = {n: pl.col(n) for n in ("late_scans", "corrections", "late_shipping")}
    parts["all"] = pl.col("came") - pl.col("known")
    parts["our error"] = pl.col("came") - pl.col("vtr")
    return told.group_by(large=pl.col("counted") >= LARGE).agg(
        cases=pl.len(), **{n: 100 * e.abs().mean() for n, e in parts.items()}
    )


def tables(seeds: Iterable[int], *, dated: bool = True) -> dict[str, pl.DataFrame]:
    """All tables of a backtest."""
    ahead, locked = (
        pl.concat(parts) for parts in zip(*(cases(s, dated=dated) for s in seeds), strict=True)
    )
    steady, jumped = ahead.filter(~pl.col("jumped")), ahead.filter("jumped")
    return {
        "90 % range": coverage(steady),
        "mean absolute error": errors(steady),
        "90 % range, jump within 14 days before the forecast or after it": coverage(jumped),
        "mean absolute error, likewise": errors(jumped),
        "what moved the last locked-in day": locked_in(locked),
    }


def main() -> int:
    """Print the tables."""
    options = argparse.ArgumentParser(prog="tests.backtest", description=__doc__)
    options.add_argument("--tuning", action="store_true")
    options.add_argument("--undated", action="store_true")
    asked = options.parse_args()
    seeds = TUNING if asked.tuning else HELD_OUT
    with pl.Config(tbl_rows=30, tbl_cols=12, tbl_width_chars=120, float_precision=3):
        for name, told in tables(seeds, dated=not asked.undated).items():
            print(name, told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
