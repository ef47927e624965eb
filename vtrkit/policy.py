"""Which rule of which marketplace holds on which day."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

import polars as pl

from vtrkit import facts
from vtrkit.errors import FactsError, nearest

CONDITIONS = ("at_least", "greater_than")
BASIS_POINTS = 10_000


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One dated rule of one marketplace; see the head of `facts/policies.toml`."""

    id: str
    title: str
    target: Fraction
    condition: str
    windows_days: tuple[int, ...]
    window_days: int
    lag_days: int
    time_zone: str
    applies_by: str
    enforced: bool
    counts: tuple[str, ...]
    source: tuple[str, ...]
    marketplace: str | None = None
    first_day: date = date.min
    last_day: date = date.max
    note: str = ""

    @property
    def target_bp(self) -> int:
        """The target in basis points: 9500 for 95 %."""
        return int(self.target * BASIS_POINTS)


class Rules:
    """All rules in force, and the question that judging asks them of whole columns at once."""

    def __init__(self, policies: tuple[Policy, ...]) -> None:
        """Take rules that `read_policies` has checked."""
        self.default = next(p for p in policies if p.marketplace is None)
        self.policies = policies

    def on(self, marketplace: str, day: date) -> Policy:
        """The rule of a marketplace on a day, or the labelled default."""
        for p in self.policies:
            if p.marketplace == marketplace and p.first_day <= day <= p.last_day:
                return p
        return self.default

    def where(self, holds: Callable[[Policy], bool]) -> pl.Expr:
        """True for the packages whose own rule satisfies a predicate.

        Costs one comparison for each rule that answers otherwise than the default one.
        """
        usual = holds(self.default)
        exceptions = [_in_force(p) for p in self.policies if holds(p) != usual]
        differs = pl.any_horizontal(exceptions) if exceptions else pl.lit(False)
        return ~differs if usual else differs


def _in_force(p: Policy) -> pl.Expr:
    day = pl.coalesce(
        f"{p.applies_by}_date" if p.applies_by == "ship" else "promised_date", "ship_date"
    )
    inside = day.is_between(p.first_day, p.last_day)
    return ((pl.col("marketplace") == p.marketplace) & inside).fill_null(False)


@cache
def shipped_rules() -> Rules:
    """The rules that the package carries."""
    return Rules(read_policies(facts.read("policies"), "policies.toml"))


def policy_on(marketplace: str, day: date) -> Policy:
    """The rule that Amazon applies in a marketplace on a day.

    Args:
        marketplace: Amazon's two-letter name (`US`, `UK`, `SE` ...).
        day: a civil day of the marketplace.

    Returns:
        The rule; the labelled default (`policy.id == "default"`) where none is documented.

    Examples:
        >>> from datetime import date
        >>> rule = policy_on("US", date(2026, 1, 31))
        >>> rule.target_bp, rule.condition, rule.enforced
        (9500, 'at_least', True)
        >>> policy_on("MX", date(2026, 1, 31)).id
        'default'
    """
    return shipped_rules().on(marketplace, day)


def read_policies(table: dict[str, Any], name: str) -> tuple[Policy, ...]:
    """Rules from a parsed table, checked.

    Raises:
        FactsError: an unknown or missing key, or a value outside its range.
    """
    return tuple(
        _policy(key, entry, f"{name}: [policy.{key}]")
        for key, entry in table.get("policy", {}).items()
    )


def _policy(key: str, entry: dict[str, Any], where: str) -> Policy:
    known = {f.name: f for f in fields(Policy)}
    if unknown := sorted(set(entry) - set(known)):
        raise FactsError(f"{where}: unknown key {unknown[0]}{nearest(unknown[0], known)}")
    entry = {k: tuple(v) if isinstance(v, list) else v for k, v in entry.items()}
    try:
        p = Policy(id=key, **{**entry, "target": Fraction(entry.get("target", -1))})
    except TypeError as e:
        missing = str(e).partition("argument")[2].strip("s: ")
        raise FactsError(f"{where}: missing {missing}") from None
    if not 0 < p.target <= 1 or (p.target * BASIS_POINTS).denominator != 1:
        raise FactsError(f"{where}: target must lie above 0 and up to 1, in whole basis points")
    if p.condition not in CONDITIONS:
        raise FactsError(f"{where}: condition must be one of {', '.join(CONDITIONS)}")
    if p.condition == "greater_than" and p.target == 1:
        raise FactsError(f"{where}: nothing is greater than 100 %; use at_least")
    return p
