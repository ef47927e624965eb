"""The official metric of the coming days: what is decided already, and what is to be expected."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from vtrkit.budget import Target
from vtrkit.policy import BASIS_POINTS, Rules
from vtrkit.schema import STATUS_ENUM, Status

if TYPE_CHECKING:
    from vtrkit.forecast import Forecast
    from vtrkit.windows import Windows

PARTS = ("official", "locked in", "projected")
"""How a day's number comes about."""


def outlook(  # noqa: PLR0913 - each is a question that a user asks of the same table
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: date,
    days: int = 60,
    back: int = 0,
    by: Sequence[str] = ("account", "marketplace", "category"),
    lag_days: int | None = None,
    seen_to: date | None = None,
    target: Target | None = None,
    rules: Rules | None = None,
    delays: pl.DataFrame | pl.LazyFrame | None = None,
) -> pl.DataFrame:
    """The Valid Tracking Rate that each group will show on each of the coming days.

    Returns:
        One row per group and day.
    """
    from vtrkit.forecast import forecast  # noqa: PLC0415 - brings NumPy
    from vtrkit.windows import windows  # noqa: PLC0415 - likewise

    made = forecast(
        tally,
        as_of=as_of,
        days=days,
        back=back,
        by=by,
        lag_days=lag_days,
        seen_to=seen_to,
        target=target,
        rules=rules,
        delays=delays,
    )
    return table(made, windows(made))


def table(forecast: "Forecast", found: "Windows") -> pl.DataFrame:
    """The windows of a forecast, as things stand or under a scenario, as `outlook` shows them."""
    groups, days = found.part.shape
    place = pl.select(pl.int_range(groups * days, dtype=pl.UInt32) // days).to_series()
    numbers = {n: getattr(found, n).ravel() for n in (*_COUNTS, *_RATES, "complete")}
    body = pl.DataFrame(
        {
            "day": forecast.days * groups,
            **{n: getattr(found, n).ravel() for n in ("part", "start", "end")},
            **numbers,
            "target_bp": forecast.target_bp.ravel(),
            "strict": forecast.strict.ravel(),
        },
        schema_overrides={"day": pl.Date},
    )
    first = pl.lit(forecast.grid.first)
    shown = body.with_columns(
        pl.col("part").replace_strict(dict(enumerate(PARTS)), return_dtype=pl.Enum(PARTS)),
        pl.col(_RATES).fill_nan(None),
        window_start=first + pl.duration(days="start"),
        window_end=first + pl.duration(days="end"),
        condition=pl.when("strict").then(pl.lit("greater_than")).otherwise(pl.lit("at_least")),
    ).with_columns(_budget_left())
    told = shown.with_columns(_status()).select(_COLUMNS)
    return pl.concat([forecast.groups[place], told], how="horizontal")


_COUNTS = ("counted", "valid", "unknown", "late")
_RATES = ("vtr", "vtr_low", "vtr_high", "chance")
_COLUMNS = (
    "day",
    "part",
    "window_start",
    "window_end",
    *_COUNTS,
    *_RATES[:3],
    "target_bp",
    "condition",
    "budget_left",
    "chance",
    "status",
    "complete",
)


def _budget_left() -> pl.Expr:
    """Defects that may still be added; unverified packages count as failing, as in `rates`."""
    n, gap = pl.col("counted"), BASIS_POINTS - pl.col("target_bp")
    allowed = n * gap / BASIS_POINTS
    whole = pl.when("strict").then((allowed - 1e-9).ceil() - 1).otherwise((allowed + 1e-9).floor())
    return pl.when(n > 0).then(whole - (n - pl.col("valid"))).alias("budget_left")


def _status() -> pl.Expr:
    target = pl.col("target_bp") / BASIS_POINTS

    def misses(rate: str) -> pl.Expr:
        value = pl.col(rate)
        return pl.when("strict").then(value <= target + 1e-12).otherwise(value < target - 1e-12)

    status = (
        pl.when((pl.col("counted") <= 0) | ~pl.col("complete"))
        .then(pl.lit(Status.NONE))
        .when(misses("vtr_high"))
        .then(pl.lit(Status.BAD))
        .when(misses("vtr_low") & (pl.col("part") == "official"))
        .then(pl.lit(Status.UNDECIDED))
        .when(misses("vtr_low"))
        .then(pl.lit(Status.AT_RISK))
        .otherwise(pl.lit(Status.GOOD))
    )
    return status.cast(STATUS_ENUM).alias("status")
