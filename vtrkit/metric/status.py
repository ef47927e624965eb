"""Where a rate stands against its target: the one place in which a status is given."""

import polars as pl

from vtrkit.metric.target import STRICT, meets
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import STATUS_ENUM, Status

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
