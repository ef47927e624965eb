"""A target, and what it asks of counted packages: the only place of its arithmetic.

Whole numbers throughout, so that 19 of 20 is exactly 95 %. The functions take integers, columns of
NumPy and expressions of Polars alike; `strict` is 1 where the target has to be exceeded, else 0.

```
budget = defects that the target allows       need = packages that have to turn valid
add    = further valid packages that lift the rate to the target
```
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from numbers import Rational, Real
from typing import Any, TypeAlias, TypeVar

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.rules.policies import BASIS_POINTS, CONDITIONS
from vtrkit.schema import COUNTED_AS, DISPUTED, Outcome, Reason

Number = TypeVar("Number", int, pl.Expr, Any)
SCALE = 1_000_000
"""Expected packages are compared in millionths: less is an error of floats and decides nothing."""


def meets(valid: Number, counted: Number, bp: Number, strict: Number) -> Any:
    """Whether so many valid of so many counted packages reach a target in basis points."""
    # above by the least there is: for whole numbers that is what "greater than" says
    return valid * BASIS_POINTS - strict >= bp * counted


def left(valid: Number, counted: Number, bp: Number, strict: Number, scale: int = 1) -> Any:
    """How many more whole packages may fail before the target is missed; below 0 where it is.

    Args:
        valid: valid packages, in units of 1 / `scale`.
        counted: packages, likewise.
        bp: the target in basis points.
        strict: 1 where it has to be exceeded, else 0.
        scale: `SCALE` for expected packages that `whole` made whole numbers of.
    """
    return (valid * BASIS_POINTS - strict - bp * counted) // (BASIS_POINTS * scale)


def budget(counted: Number, bp: Number, strict: Number, scale: int = 1) -> Any:
    """The defects that the target allows among so many packages, in whole ones."""
    return left(counted, counted, bp, strict, scale)


def need(valid: Number, counted: Number, bp: Number, strict: Number) -> Any:
    """How many of the counted packages have to turn valid; below 1 where the target is met."""
    return -left(valid, counted, bp, strict)


def add(valid: Number, counted: Number, bp: Number, strict: Number) -> Any:
    """How many further valid packages lift the rate to a target below 100 %."""
    return -((valid * BASIS_POINTS - strict - bp * counted) // (BASIS_POINTS - bp))


def whole(expected: pl.Expr) -> pl.Expr:
    """Expected packages in whole millionths."""
    return (expected * SCALE).round().cast(pl.Int64)


STRICT = (pl.col("condition") == "greater_than").cast(pl.Int64)
"""The `strict` of a row that names its condition."""


@dataclass(frozen=True, init=False, repr=False)
class Target:
    """A share to reach: `Target(95)`, `Target("98 %")` or `Target(0.98)`.

    Args:
        share: a share above 0 up to 1, or a percent from 50 to 100, with or without the sign.
        condition: `at_least` (if none is given), or `greater_than` where reaching it exactly is
            not enough.

    Raises:
        ParameterError: it is neither; or a finer share than a hundredth of a percent.

    Examples:
        >>> Target(95), Target("98 %").bp, Target(0.98) == Target(98)
        (Target('95 %'), 9800, True)
        >>> Target(95).meets(19, 20), Target(95, "greater_than").meets(19, 20)
        (True, False)
    """

    bp: int
    condition: str

    def __init__(self, share: "TargetLike", condition: str | None = None) -> None:
        """Read what was written; a target stays what it is."""
        if isinstance(share, Target):
            bp, usual = share.bp, share.condition
        else:
            bp, usual = _basis_points(share), "at_least"
        object.__setattr__(self, "bp", bp)
        object.__setattr__(self, "condition", usual if condition is None else condition)
        if str(self.condition) not in CONDITIONS:
            raise ParameterError(f"condition {condition!r}: give {' or '.join(CONDITIONS)}")
        if self.strict and bp == BASIS_POINTS:
            raise ParameterError("nothing is greater than 100 %; use at_least")

    @classmethod
    @cache
    def of_bp(cls, bp: int, condition: str = "at_least") -> "Target":
        """A target in basis points, as rules and tables hold it.

        Raises:
            ParameterError: not 1 to 10,000.
        """
        if not 0 < bp <= BASIS_POINTS:
            raise ParameterError(f"a target of {bp} basis points: give 1 to {BASIS_POINTS}")
        return cls(Fraction(bp, BASIS_POINTS), condition)

    def __repr__(self) -> str:
        """As a person would write it."""
        condition = "" if self.condition == "at_least" else f", {self.condition!r}"
        return f"Target('{self.bp / 100:g} %'{condition})"

    @property
    def strict(self) -> int:
        """1 where the share has to be exceeded, else 0."""
        return int(self.condition == "greater_than")

    def meets(self, valid: int, counted: int) -> bool:
        """Whether so many valid of so many counted packages reach the target."""
        return bool(meets(valid, counted, self.bp, self.strict))


TargetLike: TypeAlias = Target | float | str | Fraction | Decimal


def read_targets(given: TargetLike | Iterable[TargetLike]) -> tuple[Target, ...]:
    """One target or several, as people and settings write them.

    Raises:
        ParameterError: one of them is no target, or none is given.

    Examples:
        >>> read_targets("95, 98 %"), read_targets([0.95]), read_targets(98)
        ((Target('95 %'), Target('98 %')), (Target('95 %'),), (Target('98 %'),))
    """
    if isinstance(given, str):
        given = given.split(",")
    elif isinstance(given, Target | Real | Decimal) or not isinstance(given, Iterable):
        given = [given]
    targets = tuple(dict.fromkeys(map(Target, given)))
    if not targets:
        raise ParameterError("no target is given; write 95, 98")
    return targets


def _basis_points(given: Any) -> int:
    """A share or a percent as basis points."""
    text = str(given).strip()
    number = text.removesuffix("%").strip()
    wrong = ParameterError(
        f"target {text!r}: give a percent from 50 to 100, as 95 or '95 %', or a share up to 1, "
        "as 0.95"
    )
    if isinstance(given, bool) or not isinstance(given, str | Real | Decimal):
        raise wrong
    try:
        # through its text, so that 0.29 is 29 hundredths and no binary fraction
        share = Fraction(given) if isinstance(given, Rational) else Fraction(number)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise wrong from None
    if 50 <= share <= 100:
        share /= 100
    elif text != number or not 0 < share <= 1:
        raise wrong
    bp = share * BASIS_POINTS
    if bp.denominator != 1 or not bp:
        raise ParameterError(f"target {text!r}: two digits after the point of a percent at most")
    return int(bp)


def outcome_is(outcome: Outcome) -> pl.Expr:
    """Whether a rate counts the reason of a cell under an outcome; disputed ones under none."""
    return pl.col("reason").is_in(COUNTED_AS[outcome])


PACKAGES = pl.col("packages")
IS_DISPUTED = pl.col("reason").is_in(DISPUTED)
HOLDS_IF_AT_ALL = IS_DISPUTED & (pl.col("reason") != Reason.DISPUTED_DEFECT)
"""Whether packages that may not count are valid if they do."""
IN_METRIC = ~outcome_is(Outcome.EXEMPT) & ~IS_DISPUTED
"""Whether packages certainly count; disputed ones may or may not."""
_VALID, _UNKNOWN = outcome_is(Outcome.VALID), outcome_is(Outcome.UNKNOWN)
DEFECT = outcome_is(Outcome.DEFECT)
COUNTS = {
    "counted": PACKAGES.filter(IN_METRIC),
    "valid": PACKAGES.filter(_VALID),
    "unknown": PACKAGES.filter(_UNKNOWN),
    "too_little_known": PACKAGES.filter(pl.col("reason") == Reason.TOO_LITTLE_KNOWN),
    "disputed_packages": PACKAGES.filter(IS_DISPUTED),
    "disputed_valid": PACKAGES.filter(HOLDS_IF_AT_ALL),
    "counted_enforced": PACKAGES.filter(IN_METRIC & pl.col("enforced")),
    "valid_enforced": PACKAGES.filter(_VALID & pl.col("enforced")),
    "on_time_judged": (pl.col("delivery_judged") + pl.col("undelivered")).filter(_VALID),
    "on_time": (pl.col("delivery_judged") - pl.col("delivered_late")).filter(_VALID),
}
"""The counts behind a rate, from the cells of a tally."""
UNNUMBERED = pl.col("reason").is_in([Reason.MISSING_NUMBER, Reason.NOT_A_NUMBER])
"""Packages that fail for want of a number."""
SUMS = [cells.sum().alias(name) for name, cells in COUNTS.items()]


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """A part of a whole, null where there is no whole."""
    return pl.when(whole > 0).then(part / whole)


_V, _U, _N = pl.col("valid"), pl.col("unknown"), pl.col("counted")
_OPEN_VALID, _OPEN_DEFECT, _OPEN_UNKNOWN = (
    pl.col(f"open_{n}") for n in ("valid", "defect", "unknown")
)
WORST = _V, _N + _OPEN_DEFECT + _OPEN_UNKNOWN
"""Valid and counted packages at worst: what is open may be in the metric, and fails."""
BEST = _V + _U + _OPEN_VALID + _OPEN_UNKNOWN, _N + _OPEN_VALID + _OPEN_UNKNOWN
"""Likewise at best: what is open and fails is not in it, and all else is valid."""
OPEN = _OPEN_VALID + _OPEN_DEFECT + _OPEN_UNKNOWN
"""Packages that may be in the metric of a group, or not: they are disputed, or their category is
not known."""
OWN_OPEN = {
    "open_valid": pl.col("disputed_valid"),
    "open_defect": pl.col("disputed_packages") - pl.col("disputed_valid"),
    "open_unknown": pl.lit(0, pl.Int64),
}
"""Those of a group's own packages, whose category is known."""


BOUNDS = {"vtr": share(_V, _N - _U), "vtr_low": share(*WORST), "vtr_high": share(*BEST)}
"""The rate of a window, and what it is at worst and at best."""


def with_vtr(counted: pl.DataFrame) -> pl.DataFrame:
    """The rate and its bounds; null where there is nothing to divide by."""
    return counted.with_columns(
        **BOUNDS,
        on_time_share=share(pl.col("on_time"), pl.col("on_time_judged")),
    )


def with_budget(counted: pl.DataFrame) -> pl.DataFrame:
    """Error budget and headroom in packages, for the worst and the best of what is unverified."""
    return counted.with_columns(_budgets())


@cache
def _budgets() -> list[pl.Expr]:
    bp = pl.col("target_bp")
    columns = [budget(WORST[1], bp, STRICT).alias("budget")]
    for suffix, (valid, n) in (("", WORST), ("_best", BEST)):
        more_may_fail = left(valid, n, bp, STRICT)
        # at 100 % no number of further valid packages makes up for one defect
        more = pl.when(bp < BASIS_POINTS).then(add(valid, n, bp, STRICT).clip(0))
        columns += [
            more_may_fail.alias(f"budget_left{suffix}"),
            (-more_may_fail).clip(0).alias(f"to_fix{suffix}"),
            more.when(valid == n).then(0).alias(f"to_add{suffix}"),
        ]
    return [pl.when(_N > 0).then(column) for column in columns]
