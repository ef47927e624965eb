"""Dated marketplace rules as frozen values, read from TOML and checked."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any, get_type_hints

from vtrkit.errors import FactsError, nearest
from vtrkit.facts import Document

BASIS_POINTS = 10_000
CONDITIONS = ("at_least", "greater_than")
CARRIERS = ("any", "integrated")
EXEMPTIONS = ("exempt_value", "exempt_service", "exempt_route")
EVERY_OTHER = "*"

Texts = tuple[str, ...]
Numbers = tuple[int, ...]
Money = tuple[tuple[str, Decimal], ...]
Days = tuple[tuple[str, date], ...]


@dataclass(frozen=True, kw_only=True)
class Clause:
    """The packages that a part of a rule is about; what is not stated does not matter.

    `below` and `at_least` are amounts by currency, compared with the sum of the parts in
    `value_of`. `services` are exact ship methods, `service_words` words within one.
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
    service_words: Texts = ()
    amazon_label: bool = False

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
        return "; ".join(form.format(", ".join(named)) for form, named in stated if named)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One dated rule of one marketplace; see the head of `facts/policies.toml`.

    What explains a rule and judges nothing is left out of its repr, from which the hash is made
    that guards tallies.
    """

    id: str
    title: str = field(repr=False)
    target: Fraction
    condition: str
    condition_disputed: bool = False
    windows_days: Numbers
    window_days: int
    lag_days: int
    time_zone: str
    applies_by: str
    enforced: bool
    enforced_from: Days = ()
    grace: bool = False
    counts: Texts
    carriers: str
    two_scans: tuple[Clause, ...] = ()
    exempt: tuple[Clause, ...] = ()
    source: Texts = field(repr=False)
    marketplace: str = ""
    first_day: date = date.min
    last_day: date = date.max
    note: str = field(default="", repr=False)
    file: str = field(default="", repr=False)

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
    places: dict[str, str] = {}
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
    entry: dict[str, Any], stated: dict[str, dict[str, Any]], place: str
) -> dict[str, Any]:
    if "extends" not in entry:
        return entry
    base = entry["extends"]
    if base not in stated:
        raise FactsError(f"{place}: extends {base}, which is not above it{nearest(base, stated)}")
    taken = {k: v for k, v in stated[base].items() if k not in _ITS_OWN}
    own = {k: v for k, v in entry.items() if k != "extends"}
    for part in set(_PARTS) & set(taken) & set(own):
        own[part] = {**taken[part], **own[part]} if isinstance(own[part], dict) else own[part]
    return taken | own


_PARTS = ("two_scans", "exempt")
_ITS_OWN = ("title", "source", "note", "first_day", "last_day")
"""What a rule never takes over from the one that it extends."""


def _policy(key: str, entry: dict[str, Any], document: Document) -> Policy:
    place = document.place(f"policy.{key}")
    clauses = {part: tuple(_clauses(key, part, entry, document)) for part in _PARTS}
    p: Policy = build(Policy, entry | clauses, place, id=key, file=document.name)
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
        (p.condition not in CONDITIONS, f"condition must be one of {', '.join(CONDITIONS)}"),
        (
            p.condition == "greater_than" and p.target == 1,
            "target: nothing is greater than 100 %; use condition at_least",
        ),
        (not any(s.strip() for s in p.source), "source is empty; say where the rule is written"),
        (p.applies_by not in ("ship", "promised"), "applies_by must be ship or promised"),
        (p.carriers not in CARRIERS, f"carriers must be one of {', '.join(CARRIERS)}"),
        (p.window_days not in p.windows_days, "window_days must be one of windows_days"),
        (p.last_day < p.first_day, "last_day lies before first_day"),
        (p.lag_days < 0, "lag_days must not be negative"),
    ]


def _clauses(key: str, part: str, entry: dict[str, Any], document: Document) -> Iterable[Clause]:
    named = entry.get(part, {})
    if not _each(_is(dict))(named):
        place = document.place(f"policy.{key}")
        raise FactsError(f"{place}: {part} must hold tables, begun as [policy.{key}.{part}.name]")
    for name, stated in named.items():
        own = f"policy.{key}.{part}.{name}"
        place = document.place(own if own in document.headers else f"policy.{key}")
        clause: Clause = build(Clause, stated, place)
        if part == "exempt" and clause.reason not in EXEMPTIONS:
            raise FactsError(f"{place}: reason must be one of {', '.join(EXEMPTIONS)}")
        if not clause.text:
            raise FactsError(f"{place}: names no packages; state a route, a value or a service")
        yield clause


def build(kind: type[Any], entry: Mapping[str, Any], place: str, **known: str) -> Any:
    """A frozen value from a table, with every key known, present and of its type."""
    hints = {k: hint for k, hint in get_type_hints(kind).items() if k not in known}
    if unknown := sorted(set(entry) - set(hints)):
        raise FactsError(f"{place}: unknown key {unknown[0]}{nearest(unknown[0], hints)}")
    needed = [f.name for f in fields(kind) if f.default is MISSING and f.name in hints]
    if missing := [name for name in needed if name not in entry]:
        raise FactsError(f"{place}: missing {', '.join(missing)}")
    return kind(**known, **{k: _value(hints[k], v, f"{place}: {k}") for k, v in entry.items()})


def _value(hint: object, value: object, place: str) -> object:
    fits, convert, says = _KINDS.get(hint, (lambda _: True, lambda v: v, ""))
    if not fits(value):
        raise FactsError(f"{place} must be {says}")
    return convert(value)


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda v: type(v) in kinds


def _all(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, list) and all(fits(x) for x in v)


def _each(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, dict) and all(fits(x) for x in v.values())


def _same(value: Any) -> Any:
    return value


def _amounts(value: dict[str, Any]) -> Money:
    return tuple((currency, Decimal(amount)) for currency, amount in value.items())


def _is_number(value: Any) -> bool:
    return type(value) in (int, Decimal) and Decimal(value).is_finite()


_KINDS: dict[object, tuple[Callable[[Any], bool], Callable[[Any], Any], str]] = {
    str: (_is(str), _same, "a text in quotes"),
    bool: (_is(bool), _same, "true or false"),
    int: (_is(int), _same, "a whole number"),
    date: (_is(date), _same, "a date without quotes, such as 2025-01-15"),
    Fraction: (_is_number, Fraction, "a number such as 0.95"),
    Texts: (_all(_is(str)), tuple, "a list of texts"),
    Numbers: (_all(_is(int)), tuple, "a list of whole numbers"),
    Money: (_each(_is_number), _amounts, "amounts by currency, such as { USD = 5 }"),
    Days: (_each(_is(date)), lambda v: tuple(v.items()), "dates by category"),
}


def _refuse_overlap(rules: Iterable[Policy], places: Mapping[str, str]) -> None:
    """Refuse two rules of one marketplace for the same day."""
    ordered = sorted(rules, key=lambda p: (p.marketplace, p.first_day))
    for earlier, later in pairwise(ordered):
        if earlier.marketplace == later.marketplace and later.first_day <= earlier.last_day:
            ends = later.first_day - timedelta(days=1)
            raise FactsError(
                f"{places[later.id]}: first_day {later.first_day} lies within {places[earlier.id]};"
                f" give {earlier.id} last_day = {ends} or earlier"
            )
