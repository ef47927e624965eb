"""What a count of valid packages means against a target: rate, budget, headroom, in integers."""

from dataclasses import dataclass

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.rules.policies import BASIS_POINTS, CONDITIONS
from vtrkit.schema import OUTCOMES_OF, Outcome


def outcome_is(outcome: Outcome) -> pl.Expr:
    """Whether the reason of a cell stands for an outcome."""
    return pl.col("reason").is_in(OUTCOMES_OF[outcome])


PACKAGES = pl.col("packages")
IN_METRIC = ~outcome_is(Outcome.EXEMPT)
_VALID, _UNKNOWN = outcome_is(Outcome.VALID), outcome_is(Outcome.UNKNOWN)
DEFECT = outcome_is(Outcome.DEFECT)
COUNTS = {
    "counted": PACKAGES.filter(IN_METRIC),
    "valid": PACKAGES.filter(_VALID),
    "unknown": PACKAGES.filter(_UNKNOWN),
    "counted_enforced": PACKAGES.filter(IN_METRIC & pl.col("enforced")),
    "valid_enforced": PACKAGES.filter(_VALID & pl.col("enforced")),
    "fixable": (PACKAGES - pl.col("delivery_judged")).filter(DEFECT),
    "on_time_judged": (pl.col("delivery_judged") + pl.col("undelivered")).filter(_VALID),
    "on_time": (pl.col("delivery_judged") - pl.col("delivered_late")).filter(_VALID),
}
"""The counts behind a rate, from the cells of a tally."""
SUMS = [cells.sum().alias(name) for name, cells in COUNTS.items()]


@dataclass(frozen=True)
class Target:
    """A share to reach, in basis points, and whether reaching it exactly is enough.

    Examples:
        >>> Target(9500).meets(19, 20), Target(9500, "greater_than").meets(19, 20)
        (True, False)
    """

    bp: int
    condition: str = "at_least"

    def __post_init__(self) -> None:
        """Refuse what no rate can satisfy."""
        if not 0 < self.bp <= BASIS_POINTS:
            raise ParameterError(f"a target of {self.bp} basis points: give 1 to {BASIS_POINTS}")
        if self.condition not in CONDITIONS:
            raise ParameterError(f"condition {self.condition!r}: give {' or '.join(CONDITIONS)}")
        if self.condition == "greater_than" and self.bp == BASIS_POINTS:
            raise ParameterError("nothing is greater than 100 %; use at_least")

    def meets(self, valid: int, counted: int) -> bool:
        """Whether so many valid of so many counted packages reach the target."""
        have, want = valid * BASIS_POINTS, self.bp * counted
        return have >= want if self.condition == "at_least" else have > want


def with_vtr(counted: pl.DataFrame) -> pl.DataFrame:
    """The rate and its bounds; null where there is nothing to divide by."""
    valid, unknown, counted_ = pl.col("valid"), pl.col("unknown"), pl.col("counted")
    return counted.with_columns(
        vtr=share(valid, counted_ - unknown),
        vtr_low=share(valid, counted_),
        vtr_high=share(valid + unknown, counted_),
        on_time_share=share(pl.col("on_time"), pl.col("on_time_judged")),
    )


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """A part of a whole, null where there is no whole."""
    return pl.when(whole > 0).then(part / whole)


def with_budget(counted: pl.DataFrame) -> pl.DataFrame:
    """Error budget and headroom in packages, for the worst and the best of what is unverified."""
    n, bp, gap = pl.col("counted"), pl.col("target_bp"), BASIS_POINTS - pl.col("target_bp")
    strict = pl.col("condition") == "greater_than"
    allowed = n * gap
    budget = (
        pl.when(strict)
        .then(-((-allowed).floordiv(BASIS_POINTS)) - 1)
        .otherwise(allowed.floordiv(BASIS_POINTS))
    )
    columns = [budget.alias("budget")]
    for suffix, valid in (("", pl.col("valid")), ("_best", pl.col("valid") + pl.col("unknown"))):
        left = budget - (n - valid)
        short = bp * n - BASIS_POINTS * valid
        add = pl.when(strict).then(short.floordiv(gap) + 1).otherwise(-((-short).floordiv(gap)))
        # at 100 % no number of further valid packages makes up for one defect
        add = pl.when(gap > 0).then(add.clip(0)).when(valid == n).then(0)
        columns += [
            left.alias(f"budget_left{suffix}"),
            (-left).clip(0).alias(f"to_fix{suffix}"),
            add.alias(f"to_add{suffix}"),
        ]
    return counted.with_columns(pl.when(n > 0).then(c) for c in columns)


def meets(valid: pl.Expr, counted: pl.Expr) -> pl.Expr:
    """Whether a count reaches the row's target, compared in whole numbers."""
    have, want = valid * BASIS_POINTS, pl.col("target_bp") * counted
    return pl.when(pl.col("condition") == "greater_than").then(have > want).otherwise(have >= want)
