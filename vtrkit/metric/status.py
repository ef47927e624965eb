"""Where a rate stands against its target: the one place in which a status is given."""

import polars as pl

from vtrkit.metric.target import STRICT, meets, with_budget
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import FEW, STATUS_ENUM, Status

UNDATED_LIMIT_BP = 500
"""Above this share of packages without a promised day (5 %), no status is given."""
USUAL_WEEKS = 8
"""A usual week's defects are the mean of this many full weeks."""


def on_target(valid: pl.Expr, counted: pl.Expr) -> pl.Expr:
    """Whether a row's count of valid packages reaches its target, in whole numbers."""
    meeting: pl.Expr = meets(valid, counted, pl.col("target_bp"), STRICT)
    return meeting


def few_undated(undated: pl.Expr, all_counted: pl.Expr) -> pl.Expr:
    """Whether nearly all packages have a promised day."""
    return undated * BASIS_POINTS <= UNDATED_LIMIT_BP * all_counted


def status(
    *,
    known: pl.Expr,
    low: pl.Expr,
    high: pl.Expr,
    at_risk: pl.Expr,
    is_open: pl.Expr | bool = False,
) -> pl.Expr:
    """GOOD, AT_RISK, UNDECIDED, BAD or NONE.

    Args:
        known: whether anything is counted and the data cover the window.
        low: whether the target is met if everything that is open fails.
        high: whether it is met if everything that is open holds.
        at_risk: whether less may still fail than usually does, or a coming day falls below.
        is_open: whether what lies between is still to happen (a day to come), not just unknown.
    """
    between = pl.when(is_open).then(pl.lit(Status.AT_RISK)).otherwise(pl.lit(Status.UNDECIDED))
    named = (
        pl.when(~known)
        .then(pl.lit(Status.NONE))
        .when(~high)
        .then(pl.lit(Status.BAD))
        .when(~low)
        .then(between)
        .when(at_risk)
        .then(pl.lit(Status.AT_RISK))
        .otherwise(pl.lit(Status.GOOD))
    )
    return named.cast(STATUS_ENUM)


def with_status(counted: pl.DataFrame) -> pl.DataFrame:
    """The status; the one under the other reading of the condition, where it is disputed."""
    strict = pl.col("condition") == "greater_than"
    flipped = pl.when(strict).then(pl.lit("at_least")).otherwise(pl.lit("greater_than"))
    other = with_budget(counted.with_columns(condition=flipped)).select(_status()).to_series()
    misses = ~on_target(pl.col("valid_enforced"), pl.col("counted_enforced"))
    exact = _exactly(pl.col("valid")) | _exactly(pl.col("valid") + pl.col("unknown"))
    possible = pl.col("disputed") & (pl.col("target_bp") < BASIS_POINTS)
    matters = possible & exact & (other != _status())
    return counted.with_columns(
        status=_status(),
        status_other=pl.when(matters).then(other),
        few=(pl.col("counted") > 0) & (pl.col("counted") < FEW),
        binding=pl.col("in_force") & (pl.col("counted_enforced") > 0) & misses,
    )


def _exactly(valid: pl.Expr) -> pl.Expr:
    return valid * BASIS_POINTS == pl.col("target_bp") * pl.col("counted")


def _status() -> pl.Expr:
    n, valid, left = pl.col("counted"), pl.col("valid"), pl.col("budget_left")
    thin = pl.col("is_enforced_window") & (left * pl.col("usual_weeks") < pl.col("usual_defects"))
    dated = few_undated(pl.col("undated"), pl.col("all_counted"))
    return status(
        known=(n > 0) & pl.col("complete") & dated,
        low=on_target(valid, n),
        high=on_target(valid + pl.col("unknown"), n),
        at_risk=thin | (pl.col("is_enforced_window") & pl.col("falls")),
    )
