"""Made-up years of shipping for backtests: what became of every package, and when it was known.

Nothing here comes from the package under test, neither code nor kind of distribution: volumes are
Poisson counts around a lognormal level that wanders, rises and has weekdays and holidays; the
chance of a defect is a logistic transform of an AR(1) walk with daily noise, jumps, and days on
which a batch fails together.
"""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from vtrkit.schema import COUNTS, REASON, SCAN_DELAY

FIRST_DAY = date(2025, 2, 1)
DAYS = 540
CATEGORIES = 4
SIZES = (100.0, 40.0, 10.0, 2.5)
"""Usual packages a day of an account's categories."""
_WEEK = np.array([1.25, 1.15, 1.1, 1.1, 1.2, 0.9, 0.3])
_LEADS = np.array([-2, -1, 1, 2, 3, 4, 5, 7])
_LEAD_SHARES = np.array([0.003, 0.007, 0.06, 0.28, 0.3, 0.2, 0.1, 0.05])
"""Days from shipping to the promised day; few packages leave after it."""
_DELAYS = np.array([0, 1, 2, 3, 4, 5, 7, 9, 12, 16])
_DELAY_SHARES = np.array([0.46, 0.3, 0.12, 0.05, 0.025, 0.015, 0.012, 0.008, 0.006, 0.004])
"""Days from shipping to the first scan, of packages that have one."""
_CORRECTED = 0.004
NEVER = 9999


class World(NamedTuple):
    """What became of the packages of many series.

    Args:
        cells: series, promised and ship day (as numbers of days), what the package is before it
            is valid, the day from which it is, and how many there are.
        breaks: the days on which the defect rate of each series jumps, by series.
    """

    cells: pl.DataFrame
    breaks: list[list[int]]


def world(seed: int, accounts: int = 10) -> World:
    """A world of so many accounts with four categories each, the same for the same seed."""
    rng = np.random.default_rng(seed)
    series = accounts * CATEGORIES
    volume = _volume(rng, np.tile(SIZES, accounts))
    chance, breaks = _chance(rng, series)
    shipped = rng.multinomial(volume, _LEAD_SHARES)
    defects = rng.binomial(shipped, chance[:, :, None])
    unscanned = rng.binomial(defects, 0.7)
    corrected = rng.binomial(shipped - defects, _CORRECTED)
    fine = shipped - defects - corrected
    parts = [
        _cells(unscanned[..., None], "no_scan", np.array([NEVER])),
        _cells((defects - unscanned)[..., None], "missing_number", np.array([NEVER])),
        _cells(rng.multinomial(corrected, [0.4, 0.6]), "missing_number", np.array([2, 4])),
        _cells(rng.multinomial(fine, _DELAY_SHARES), "no_scan", _DELAYS),
    ]
    return World(pl.concat(parts), breaks)


def _volume(rng: np.random.Generator, size: np.ndarray) -> np.ndarray:
    """Packages by series and promised day."""
    shape = (len(size), DAYS)
    day = np.arange(DAYS)
    wander = _walk(rng, shape, stay=0.97, scatter=0.18)
    growth = rng.normal(0.1, 0.25, (shape[0], 1)) * day / 365
    peak = 0.6 * np.exp(-(((day - 300) / 12) ** 2))
    closed = np.isin(day, [90, 91, 330, 331, 337])
    noise = rng.normal(0, 0.12, shape)
    level = np.log(size)[:, None] + growth + wander + peak + noise
    mean = np.exp(level) * _WEEK[(day + FIRST_DAY.weekday()) % 7] * np.where(closed, 0.05, 1)
    return rng.poisson(mean)


def _chance(rng: np.random.Generator, series: int) -> tuple[np.ndarray, list[list[int]]]:
    """The chance of a defect by series and promised day, and the days on which it jumps."""
    shape = (series, DAYS)
    usual = rng.normal(np.log(0.04 / 0.96), 0.5, (series, 1))
    wander = _walk(rng, shape, stay=0.96, scatter=0.3)
    jumps = rng.random(shape) < 1.2 / 365
    jumped = rng.choice([-0.8, 0.9], (series, 1)) * (np.cumsum(jumps, axis=1) % 2)
    odds = usual + wander + jumped + rng.normal(0, 0.2, shape)
    chance = 1 / (1 + np.exp(-odds))
    batch = rng.random(shape) < 1 / 365
    chance = np.where(batch, chance + rng.uniform(0.1, 0.3, shape), chance)
    return chance, [np.flatnonzero(row).tolist() for row in jumps]


def _walk(
    rng: np.random.Generator, shape: tuple[int, int], stay: float, scatter: float
) -> np.ndarray:
    """An AR(1) walk around zero with a given standard deviation."""
    steps = rng.normal(0, scatter * np.sqrt(1 - stay**2), shape)
    values = np.empty(shape)
    values[:, 0] = rng.normal(0, scatter, shape[0])
    for n in range(1, shape[1]):
        values[:, n] = stay * values[:, n - 1] + steps[:, n]
    return values


def _cells(counts: np.ndarray, before: str, delays: np.ndarray) -> pl.DataFrame:
    """Counts by series, promised day, lead and delay to rows."""
    at = np.nonzero(counts)
    ship = at[1] - _LEADS[at[2]]
    delay = delays[at[3]]
    valid = np.where(delay == NEVER, NEVER, ship + delay)
    columns = {"series": at[0], "promised": at[1], "ship": ship, "valid_from": valid}
    frame = pl.DataFrame({n: v.astype(np.int32) for n, v in columns.items()})
    return frame.with_columns(before=pl.lit(before), packages=pl.Series(counts[at], dtype=pl.Int64))


def day(number: int) -> date:
    """A day of the world."""
    return FIRST_DAY + timedelta(days=number)


def known(of: World, on: int) -> pl.DataFrame:
    """The cells of the packages that had been shipped by a day, and whether they were valid."""
    return of.cells.filter(pl.col("ship") <= on).with_columns(valid=pl.col("valid_from") <= on)


def tally(of: World, on: int) -> pl.DataFrame:
    """The daily tally as it could be made on a day."""
    reason = pl.when("valid").then(pl.lit("valid")).otherwise("before")
    keys = [*_names(), _day("ship"), _day("promised"), reason.alias("reason")]
    counts = known(of, on).group_by(keys).agg(pl.col("packages").sum())
    wrong = pl.col("reason") == "missing_number"
    return counts.with_columns(
        *(pl.lit(0, pl.Int64).alias(n) for n in COUNTS[1:] if n != "correctable"),
        correctable=pl.when(wrong).then("packages").otherwise(0),
        enforced=pl.lit(True),
        rules=pl.lit("made", pl.Enum(["made"])),
        reason=pl.col("reason").cast(REASON),
    )


def scan_delay(of: World, on: int) -> pl.DataFrame:
    """The tally of days to the first scan as it could be made on a day."""
    told = (
        pl.when(pl.col("before") == "missing_number")
        .then(pl.lit("not known"))
        .when("valid")
        .then((pl.col("valid_from") - pl.col("ship")).cast(pl.String))
        .otherwise(pl.lit("none"))
    )
    keys = [*_names(), _day("ship"), told.cast(SCAN_DELAY).alias("scan_delay")]
    return known(of, on).group_by(keys).agg(pl.col("packages").sum())


def _names() -> list[pl.Expr]:
    account = pl.format("account {}", pl.col("series") // CATEGORIES)
    category = pl.format("{}", pl.col("series"))
    return [account.alias("account"), pl.lit("US").alias("marketplace"), category.alias("category")]


def _day(name: str) -> pl.Expr:
    return (pl.lit(FIRST_DAY) + pl.duration(days=pl.col(name))).alias(f"{name}_date")


def packages(of: World) -> pl.DataFrame:
    """The packages themselves, as they are known in the end."""
    each = of.cells.select(pl.exclude("packages").repeat_by("packages").explode())
    valid, blank = pl.col("valid_from") < NEVER, pl.col("before") == "missing_number"
    seen = pl.when(blank).then("ship").otherwise("valid_from")
    dates = {
        n: pl.lit(FIRST_DAY) + pl.duration(days=e)
        for n, e in {
            "ship_date": pl.col("ship"),
            "promised_date": pl.col("promised"),
            "first_scan_date": pl.when(valid).then(seen),
            "tracking_entered_at": pl.when(blank & valid).then("valid_from"),
        }.items()
    }
    return each.with_row_index("order_id").select(
        pl.col("order_id").cast(pl.String),
        *_names(),
        **dates,
        status=pl.lit("shipped"),
        carrier=pl.lit("UPS"),
        origin=pl.lit("US"),
        destination=pl.lit("US"),
        tracking_number=pl.when(blank & ~valid)
        .then(pl.lit(""))
        .otherwise(pl.lit("1Z999AA10123456784")),
        scans=pl.when(blank & ~valid).then(None).otherwise(valid.cast(pl.Int32)),
        seen_at=pl.lit(day(DAYS + 100)),
    )
