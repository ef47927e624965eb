"""Which rule of which marketplace holds on which day."""

import reprlib
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit import facts
from vtrkit.errors import ParameterError, shown
from vtrkit.facts.checked import checks
from vtrkit.facts.marketplaces import as_marketplace, marketplaces
from vtrkit.given import read_day
from vtrkit.rules import policy_files
from vtrkit.rules.policy_files import BASIS_POINTS, CONDITIONS, EVERY_OTHER, Clause, Money, Policy
from vtrkit.schema import UNNAMED_MARKETPLACE

__all__ = [
    "BASIS_POINTS",
    "CONDITIONS",
    "EVERY_OTHER",
    "RULE",
    "Clause",
    "Money",
    "Policy",
    "Rules",
    "policies",
    "policy_on",
    "read_rules",
    "shipped_rules",
]

RULE = "rule"
"""The column that `Rules.number` fills: which rule judges a package, by its place in the list."""


class Rules:
    """All rules in force, and the questions that judging asks them of whole columns at once."""

    def __init__(self, policies: tuple[Policy, ...], own_files: tuple[str, ...] = ()) -> None:
        """Take rules that `policy_files.read` has checked, and the names of a user's own files."""
        self.policies = tuple(sorted(policies, key=lambda p: (p.marketplace, p.first_day)))
        self.default = next(p for p in policies if not p.marketplace and p.last_day == date.max)
        self.own_files = own_files
        self._some: dict[tuple[Policy, ...], Rules] = {}

    def on(self, marketplace: str, day: date) -> Policy:
        """The rule of a marketplace on a day, or the labelled default of that day."""
        inside = [p for p in self.policies if p.first_day <= day <= p.last_day]
        own = [p for p in inside if p.marketplace in (marketplace, "")]
        return max(own, key=lambda p: p.marketplace, default=self.default)

    def among(self, packages: pl.DataFrame) -> "Rules":
        """The rules that can judge any of these packages, the default one always among them."""
        days = pl.col("ship_date", "promised_date")
        bounds = (pl.min_horizontal(days.min()), pl.max_horizontal(days.max()).alias("last"))
        first, last = packages.select(*bounds).row(0)
        names = {"", *packages["marketplace"].unique()}
        kept = tuple(
            p for p in self.policies if p == self.default or _may_judge(p, names, first, last)
        )
        if kept not in self._some:
            self._some[kept] = Rules(kept, self.own_files)
        return self._some[kept]

    def time_zones(self) -> dict[str, list[str]]:
        """The marketplaces of each time zone in which their days are counted."""
        clocks = {code: m.time_zone for code, m in marketplaces().items()}
        for p in self.policies:  # one that only extends the default states no zone of its own
            known = p.marketplace in clocks
            if p.marketplace and not (known and p.time_zone == self.default.time_zone):
                clocks[p.marketplace] = p.time_zone
        zones: dict[str, list[str]] = {}
        for code, zone in clocks.items():
            zones.setdefault(zone, []).append(code)
        return zones

    def number(self) -> pl.Expr:
        """The place in `policies` of the rule of each package's own day."""
        places = sorted(enumerate(self.policies), key=lambda n: not n[1].marketplace)
        cases = [pl.when(_in_force(p)).then(pl.lit(n, pl.UInt16)) for n, p in places]
        return pl.coalesce(*cases, pl.lit(self.policies.index(self.default), pl.UInt16))

    def where(self, holds: Callable[[Policy], bool]) -> pl.Expr:
        """True for the packages whose own rule satisfies a predicate; reads the column `RULE`."""
        places = [place for place, p in enumerate(self.policies) if holds(p)]
        if len(places) in (0, len(self.policies)):
            return pl.lit(bool(places))
        return pl.col(RULE).is_in(pl.Series([places], dtype=pl.List(pl.UInt16)))


def _may_judge(p: Policy, names: Container[str], first: date | None, last: date | None) -> bool:
    """Whether a rule is of one of these marketplaces and in force within these days."""
    within = first is not None and last is not None and p.first_day <= last and first <= p.last_day
    return within and p.marketplace in names


def _in_force(p: Policy) -> pl.Expr:
    days = ("ship_date", "promised_date")
    day = pl.coalesce(days if p.applies_by == "ship" else days[::-1])
    inside = day.is_between(p.first_day, p.last_day)
    return (pl.col("marketplace") == p.marketplace) & inside if p.marketplace else inside


def rules_or_ours(given: Rules | None) -> Rules:
    """The rules given, or those that the package carries.

    Raises:
        ParameterError: something else is given.
    """
    if given is None:
        return shipped_rules()
    if not isinstance(given, Rules):
        raise ParameterError(f"rules: give what read_rules returns, not {shown(given)}")
    return given


@cache
def shipped_rules() -> Rules:
    """The rules that the package carries."""
    return _read(())


def read_rules(*paths: Path) -> Rules:
    """The rules that the package carries, with those of a user's own files over or beside them.

    A table of the same name replaces a rule; it may extend the one that it replaces. Another
    name adds one, whose days must not overlap those of the same marketplace's other rules.

    Args:
        paths: TOML files in the form of `facts/policies.toml`; later ones win.

    Raises:
        FactsError: a file or a rule is malformed, naming the table, the key and the line.

    Examples:
        >>> read_rules().own_files
        ()
    """
    return _read(paths) if paths else shipped_rules()


def _read(paths: Sequence[Path]) -> Rules:
    own = [facts.read_file(path) for path in paths]
    read = policy_files.read([facts.shipped("policies"), *own])
    return Rules(read, tuple(document.name for document in own))


@checks
def policy_on(marketplace: str, day: date | str | int, rules: Rules | None = None) -> Policy:
    """The rule that Amazon applies in a marketplace on a day.

    Args:
        marketplace: Amazon's two-letter name (`US`, `UK`, `SE` ...).
        day: a civil day of the marketplace, as a date or text.
        rules: those that the package carries if none are given.

    Returns:
        The rule; the labelled default (`policy.id == "default"`) where none is documented.

    Raises:
        ParameterError: there is no such marketplace, or the day is none.

    Examples:
        >>> from datetime import date
        >>> rule = policy_on("US", date(2026, 1, 31))
        >>> rule.target_bp, rule.condition, rule.enforced
        (9500, 'at_least', True)
        >>> policy_on("MX", date(2026, 1, 31)).id
        'default'
    """
    if not isinstance(marketplace, str):
        raise ParameterError(f"marketplace {reprlib.repr(marketplace)}: give its name, as US")
    asked = read_day(day, "day")
    if asked is None:
        raise ParameterError("give the day, as 2026-01-31")
    read = rules_or_ours(rules)
    named = (UNNAMED_MARKETPLACE, *(p.marketplace for p in read.policies if p.marketplace))
    return read.on(as_marketplace(marketplace, named), asked)


def no_rule(row: Mapping[str, Any]) -> bool:
    """Whether no documented rule of a marketplace says what missing the target costs.

    Args:
        row: of the rates; nobody may have named the marketplace, either.
    """
    default = str(row.get("policy_id")).startswith("default")
    return default or str(row["marketplace"]) == UNNAMED_MARKETPLACE


@checks
def policies(rules: Rules | None = None) -> pl.DataFrame:
    """Every rule as a row, by marketplace and first day; the default, without marketplace, first.

    ```
    id       marketplace  first_day   last_day  target_bp  enforced  two_scans  exempt  source  …
    us-2025  US           2025-01-15  null      9500       true      […]        […]     […]
    ```

    Examples:
        >>> policies().filter(marketplace="SE").select("id", "target_bp", "enforced").rows()
        [('se-2021', 9500, False)]
    """
    return pl.DataFrame(
        [_row(p) for p in rules_or_ours(rules).policies], schema=_COLUMNS, orient="row"
    )


def _row(p: Policy) -> tuple[object, ...]:
    bounds = {date.min: None, date.max: None}
    days = (bounds.get(day, day) for day in (p.first_day, p.last_day))
    since = [f"{category}: {day}" for category, day in p.enforced_from]
    exempt = [f"{c.reason}: {c.text}{'; sources disagree' * c.disputed}" for c in p.exempt]
    target = (p.target_bp, p.condition, p.condition_disputed, p.window_days, p.lag_days)
    scope = (p.time_zone, p.applies_by, p.enforced, since, p.counts, p.carriers)
    parts = ([c.text for c in p.two_scans], exempt, p.source, p.checked, p.note, p.file)
    return (p.id, p.marketplace, p.title, *days, *target, *scope, *parts)


_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "id": pl.String,
    "marketplace": pl.String,
    "title": pl.String,
    "first_day": pl.Date,
    "last_day": pl.Date,
    "target_bp": pl.Int64,
    "condition": pl.String,
    "condition_disputed": pl.Boolean,
    "window_days": pl.Int64,
    "lag_days": pl.Int64,
    "time_zone": pl.String,
    "applies_by": pl.String,
    "enforced": pl.Boolean,
    "enforced_from": pl.List(pl.String),
    "counts": pl.List(pl.String),
    "carriers": pl.String,
    "two_scans": pl.List(pl.String),
    "exempt": pl.List(pl.String),
    "source": pl.List(pl.String),
    "checked": pl.Date,
    "note": pl.String,
    "file": pl.String,
}
