"""Where a rate stands against its target: the one place in which a status is given."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import polars as pl

from vtrkit.metric.target import BEST, OPEN, STRICT, WORST, left, meets
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import FEW, STATUS_ENUM, Status

UNDATED_LIMIT_BP = 500
"""Above this share of packages without a promised day (5 %), no status is given."""
USUAL_WEEKS = 8
"""A usual week's defects are the mean of this many full weeks."""


def as_shown(row: Mapping[str, Any]) -> Status:
    """The status of a row of rates for people: what counts and cannot be judged is not known.

    The files do not cover its days, too few promised days are known, or its category is not.
    """
    status = Status(row["status"])
    return Status.UNDECIDED if status == Status.NONE and row["counted"] else status


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
        at_risk: whether a coming day that is decided falls below the target, or less may still
            fail than usually does.
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
    """The status; the one under the other reading of the condition, where it is disputed.

    Args:
        counted: windows with their counts, budget, usual and leaving defects, and `falls_on`.
    """
    strict = pl.col("condition") == "greater_than"
    flipped = pl.when(strict).then(pl.lit("at_least")).otherwise(pl.lit("greater_than"))
    other = counted.with_columns(condition=flipped).select(status_now()).to_series()
    exact = _exactly(*WORST) | _exactly(*BEST)
    possible = pl.col("disputed") & (pl.col("target_bp") < BASIS_POINTS)
    matters = possible & exact & (other != status_now())
    return counted.with_columns(
        status=status_now(),
        status_other=pl.when(matters).then(other),
        few=(pl.col("counted") > 0) & (pl.col("counted") < FEW),
        binding=BINDING,
    )


BINDING = (
    ~pl.col("is_unknown")
    & pl.col("in_force")
    & (pl.col("counted_enforced") > 0)
    & ~on_target(pl.col("valid_enforced"), pl.col("counted_enforced"))
)
"""Whether missing the target hurts."""


def _exactly(valid: pl.Expr, counted: pl.Expr) -> pl.Expr:
    return valid * BASIS_POINTS == pl.col("target_bp") * counted


@cache
def status_now(scale: int = 1) -> pl.Expr:
    """The status of a window; see `with_status`.

    Args:
        scale: by which its counts are larger than packages.
    """
    n = pl.col("counted")
    dated = few_undated(pl.col("undated"), pl.col("all_counted"))
    return status(
        known=(n > 0) & pl.col("complete") & dated & ~pl.col("is_unknown"),
        low=on_target(*WORST),
        high=on_target(*BEST),
        at_risk=pl.col("is_enforced_window") & (_falls() | thin(scale)),
    )


def _falls() -> pl.Expr:
    return pl.col("falls_on").is_not_null()


def thin(scale: int = 1) -> pl.Expr:
    """Whether less may still fail than fails in a usual week, less what leaves in the next one.

    Args:
        scale: by which counts are larger than packages.
    """
    # what may count holds here: at risk is only who is so whether it counts or not
    holds = pl.col("open_valid") + pl.col("open_unknown")
    n, valid = pl.col("counted") + holds, pl.col("valid") + holds
    may_fail = left(valid, n, pl.col("target_bp"), STRICT, scale)
    spare = (may_fail * scale + pl.col("leaving")) * pl.col("usual_weeks")
    short: pl.Expr = spare < pl.col("usual_defects")
    return (pl.col("counted") >= FEW * scale) & short


def _undecided() -> pl.Expr:
    """Which packages decide it, in words."""
    disputed, unscanned = pl.col("disputed_packages"), pl.col("unknown")
    few = _packages(disputed)
    some = pl.format("{} {}", _packages(unscanned), _WITHOUT)
    verb = pl.when(disputed + unscanned == 1).then(pl.lit("decides")).otherwise(pl.lit("decide"))
    disagree = "that may or may not count"
    return (
        pl.when(disputed == 0)
        .then(pl.format("{} {} it", some, verb))
        .when(unscanned == 0)
        .then(pl.format(f"{{}} {disagree} {{}} it", few, verb))
        .otherwise(pl.format(f"{{}} and {{}} {disagree} decide it", some, disputed))
    )


_WITHOUT = (
    pl.when(pl.col("too_little_known") == 0)
    .then(pl.lit("without scan data"))
    .when(pl.col("too_little_known") == pl.col("unknown"))
    .then(pl.lit("of which too little is known"))
    .otherwise(pl.lit("without scan data or of which too little is known"))
)
"""What is not known of the packages that are neither valid nor failed."""


def _packages(count: pl.Expr) -> pl.Expr:
    return pl.when(count == 1).then(pl.lit("1 package")).otherwise(pl.format("{} packages", count))


@cache
def why() -> pl.Expr:
    """The status in words that follow a name; null where all is well."""
    goal = pl.format("{} %", (pl.col("target_bp") / 100).cast(pl.String).str.strip_suffix(".0"))
    n, unknown, left = pl.col("counted"), pl.col("unknown"), pl.col("budget_left")
    unless = pl.format(
        ", unless {} of {} packages {} corrected by {}",
        "falls_unless",
        "falls_correctable",
        pl.when(pl.col("falls_unless") == 1).then(pl.lit("is")).otherwise(pl.lit("are")),
        _day("falls_correct_by"),
    )
    spare = pl.when(left > 0).then(pl.format("only {} more may fail", left))
    usual = (pl.col("usual_defects") / pl.col("usual_weeks")).round(1)
    undated = ~few_undated(pl.col("undated"), pl.col("all_counted"))
    verb = pl.when(pl.col("undated") == 1).then(pl.lit("is")).otherwise(pl.lit("are"))
    texts = {
        Status.BAD: pl.format(
            "{} of {} failed; the target allows {}", n - pl.col("valid") - unknown, n, "budget"
        ),
        Status.UNDECIDED: pl.when(pl.col("disputed_packages") < OPEN)
        .then(pl.format("{} packages that may or may not count decide it", OPEN + unknown))
        .otherwise(_undecided()),
        Status.NONE: pl.when("is_unknown")
        .then(pl.lit("the categories of these packages are not known"))
        .when((n == 0) & (pl.col("disputed_packages") > 0))
        .then(pl.lit("all packages that were due in these days may or may not count"))
        .when((n == 0) & undated)
        .then(pl.format("no file says when {} {} due", _packages(pl.col("undated")), verb))
        .when(n == 0)
        .then(pl.lit("no package that counts was due in these days"))
        .when(undated)
        .then(pl.lit("too many packages have no promised day"))
        .otherwise(pl.lit("your files do not cover these days")),
        Status.AT_RISK: pl.when(_falls())
        .then(pl.format("falls below {} on {}{}", goal, _day("falls_on"), unless.fill_null("")))
        .otherwise(
            pl.format(
                "{}, and in a usual week {} do",
                spare.otherwise(pl.lit("not one more may fail")),
                usual,
            )
        ),
    }
    cases = [pl.when(pl.col("status") == status).then(text) for status, text in texts.items()]
    return pl.coalesce(cases).alias("why")


def _day(name: str) -> pl.Expr:
    return pl.col(name).dt.strftime("%-d %B")
