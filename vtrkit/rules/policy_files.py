"""Dated marketplace rules as frozen values, read from TOML and checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeGuard

from msgspec import Meta

from vtrkit.errors import FactsError, nearest
from vtrkit.facts import Document
from vtrkit.facts.checked import READ_AS, Place, Texts, build, checked

BASIS_POINTS = 10_000
CONDITIONS = ("at_least", "greater_than")
EXEMPTIONS = ("exempt_value", "exempt_service", "exempt_route")
EVERY_OTHER = "*"


def _fraction(value: object) -> object:
    return Fraction(value) if _is_number(value) else value


def _amounts(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return tuple((c, Decimal(v) if _is_number(v) else None) for c, v in value.items())


def _days(value: object) -> object:
    return tuple(value.items()) if isinstance(value, dict) else value


def _is_number(value: Any) -> TypeGuard[int | Decimal]:
    return type(value) in (int, Decimal) and Decimal(value).is_finite()


Ratio = Annotated[Fraction, Meta(description="a number such as 0.95", extra={READ_AS: _fraction})]
Money = Annotated[
    tuple[tuple[str, Decimal], ...],
    Meta(description="amounts by currency, such as { USD = 5 }", extra={READ_AS: _amounts}),
]
Days = Annotated[
    tuple[tuple[str, date], ...], Meta(description="dates by category", extra={READ_AS: _days})
]
Lag = Annotated[int, Meta(ge=0, description="a whole number, 0 or more")]


@dataclass(frozen=True, kw_only=True)
class Clause:
    """The packages that a part of a rule is about; what is not stated does not matter.

    `below` and `at_least` are amounts by currency, compared with the sum of the parts in
    `value_of`. `services` are exact ship methods, in `any_spelling` where no source asks for one;
    `service_words` are words within one. What is `disputed` is exempt by one source and counts by
    another.
    """

    reason: str = ""
    origins: Texts = ()
    not_origins: Texts = ()
    destinations: Texts = ()
    not_destinations: Texts = ()
    cross_border: bool = False
    below: Money = ()
    at_least: Money = ()
    value_of: Texts = ("goods", "shipping")
    carriers: Texts = ()
    not_carriers: Texts = ()
    not_integrated_in: str = ""
    services: Texts = ()
    any_spelling: bool = False
    service_words: Texts = ()
    amazon_label: bool = False
    disputed: bool = False

    @property
    def text(self) -> str:
        """The clause in words, for tables that people read."""
        value = " + ".join(self.value_of)
        stated = [
            ("from {}", self.origins),
            ("not from {}", self.not_origins),
            ("to {}", self.destinations),
            ("not to {}", self.not_destinations),
            ("across a border", "x" * self.cross_border),
            (f"{value} below {{}}", [f"{c} {amount}" for c, amount in self.below]),
            (f"{value} at least {{}}", [f"{c} {amount}" for c, amount in self.at_least]),
            ("by {}", self.carriers),
            ("not by {}", self.not_carriers),
            ("by carriers not integrated in {}", self.not_integrated_in.split()),
            ("as {}", self.services),
            ("as a service named {}", self.service_words),
            ("with a label of Amazon's", "x" * self.amazon_label),
        ]
        return "; and ".join(form.format(", ".join(named)) for form, named in stated if named)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One dated rule of one marketplace; see the head of `facts/policies.toml`.

    What explains a rule and judges nothing is left out of its repr, from which the hash is made
    that guards tallies.
    """

    id: str
    title: str = field(repr=False)
    target: Ratio
    condition: Literal["at_least", "greater_than"]
    condition_disputed: bool = False
    windows_days: tuple[int, ...]
    window_days: int
    lag_days: Lag
    time_zone: str
    applies_by: Literal["ship", "promised"]
    enforced: bool
    enforced_from: Days = ()
    grace: bool = False
    counts: Texts
    carriers: Literal["any", "integrated", "integrated_disputed"]
    two_scans: tuple[Clause, ...] = ()
    exempt: tuple[Clause, ...] = ()
    source: Texts = field(repr=False)
    marketplace: str = ""
    first_day: date = date.min
    last_day: date = date.max
    note: str = field(default="", repr=False)
    file: str = field(default="", repr=False)
    checked: date | None = field(default=None, repr=False)

    @property
    def target_bp(self) -> int:
        """The target in basis points: 9500 for 95 %."""
        return int(self.target * BASIS_POINTS)

    def enforces(self, category: str, day: date) -> bool:
        """Whether missing the target on that day can cost a seller the category.

        Examples:
            >>> from vtrkit import policy_on
            >>> day = date(2016, 1, 20)
            >>> [policy_on("US", day).enforces(c, day) for c in ("Office Products", "Toys")]
            [True, False]
        """
        since = dict(self.enforced_from)
        return self.enforced and day >= since.get(category, since.get(EVERY_OTHER, date.min))


def read(documents: Iterable[Document]) -> tuple[Policy, ...]:
    """The rules of several files, each of which may replace or add to those before it.

    A rule states its keys in full, or `extends` another one (of the same or an earlier file, its
    own namesake included) and states what differs, its source always.

    Raises:
        FactsError: naming file, table, key and the line of the table's header.
    """
    rules: dict[str, Policy] = {}
    stated: dict[str, dict[str, Any]] = {}
    places: dict[str, Place] = {}
    for document in documents:
        for key, entry in _entries(document).items():
            places[key] = document.place(f"policy.{key}")
            stated[key] = _extended(entry, stated, places[key])
            rules[key] = _policy(key, stated[key], document)
    _refuse_overlap(rules.values(), places)
    return tuple(rules.values())


def _entries(document: Document) -> dict[str, Any]:
    if unknown := sorted(set(document.table) - {"policy"}):
        place = document.place(unknown[0])
        raise FactsError(f"{place}: unknown table{nearest(unknown[0], ['policy'])}")
    entries = document.table.get("policy", {})
    for key, entry in entries.items() if isinstance(entries, dict) else [("", entries)]:
        if not isinstance(entry, dict):
            place = document.place("policy")
            raise FactsError(f"{place}: {key} stands outside a rule; begin one as [policy.name]")
    return entries  # type: ignore[no-any-return]


def _extended(
    entry: dict[str, Any], stated: dict[str, dict[str, Any]], place: Place
) -> dict[str, Any]:
    if "extends" not in entry:
        return entry
    base = checked(str, entry["extends"], place.of("extends"))
    if base not in stated:
        raise FactsError(f"{place}: extends {base}, which is not above it{nearest(base, stated)}")
    taken = {k: v for k, v in stated[base].items() if k not in _ITS_OWN}
    own = {k: v for k, v in entry.items() if k != "extends"}
    for part in set(_PARTS) & set(taken) & set(own):
        own[part] = {**taken[part], **own[part]} if isinstance(own[part], dict) else own[part]
    return taken | own


_PARTS = ("two_scans", "exempt")
_ITS_OWN = ("title", "source", "note", "checked", "first_day", "last_day")
"""What a rule never takes over from the one that it extends."""


def _policy(key: str, entry: dict[str, Any], document: Document) -> Policy:
    place = document.place(f"policy.{key}")
    clauses: dict[str, Any] = {p: tuple(_clauses(key, p, entry, document)) for p in _PARTS}
    stated = {k: v for k, v in entry.items() if k not in clauses}
    p = build(Policy, stated, place, id=key, file=document.name, **clauses)
    for wrong, says in _mistakes(p):
        if wrong:
            raise FactsError(f"{place}: {says}")
    return p


def _mistakes(p: Policy) -> Iterable[tuple[bool, str]]:
    """Each rule about rules: whether it is broken, and what to do about it."""
    return [
        (
            not 0 < p.target <= 1 or (p.target * BASIS_POINTS).denominator != 1,
            "target must lie above 0 and up to 1, in whole basis points",
        ),
        (
            p.condition == "greater_than" and p.target == 1,
            "target: nothing is greater than 100 %; use condition at_least",
        ),
        (not any(s.strip() for s in p.source), "source is empty; say where the rule is written"),
        (p.window_days not in p.windows_days, "window_days must be one of windows_days"),
        (p.last_day < p.first_day, "last_day lies before first_day"),
    ]


def _clauses(key: str, part: str, entry: dict[str, Any], document: Document) -> Iterable[Clause]:
    place = document.place(f"policy.{key}")
    named = checked(Mapping[str, Mapping[str, Any]], entry.get(part, {}), place.of(part))
    for name, stated in named.items():
        own = f"policy.{key}.{part}.{name}"
        place = document.place(own if own in document.headers else f"policy.{key}")
        clause = build(Clause, stated, place)
        if part == "exempt" and clause.reason not in EXEMPTIONS:
            raise FactsError(f"{place}: reason must be one of {', '.join(EXEMPTIONS)}")
        if not clause.text:
            raise FactsError(f"{place}: names no packages; state a route, a value or a service")
        yield clause


def _refuse_overlap(rules: Iterable[Policy], places: Mapping[str, Place]) -> None:
    """Refuse two rules of one marketplace for the same day."""
    ordered = sorted(rules, key=lambda p: (p.marketplace, p.first_day))
    for earlier, later in pairwise(ordered):
        if earlier.marketplace == later.marketplace and later.first_day <= earlier.last_day:
            ends = later.first_day - timedelta(days=1)
            raise FactsError(
                f"{places[later.id]}: first_day {later.first_day} lies within {places[earlier.id]};"
                f" give {earlier.id} last_day = {ends} or earlier"
            )
