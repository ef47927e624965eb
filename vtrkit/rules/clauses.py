"""The parts of a rule as expressions over packages: exemptions, two scans, carriers.

Each is true, false or, where a fact is not known, null.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import partial, reduce
from operator import add, and_, or_
from typing import NamedTuple

import polars as pl

from vtrkit.rules.policies import EVERY_OTHER, Clause, Money, Policy, Rules
from vtrkit.schema import UNRECOGNISED, Reason
from vtrkit.tracking.carriers import by_text, not_integrated

_CENT = 0.0005
"""Less than any coin, more than the error of a sum of floats."""
TEXTS = ("origin", "destination", "currency")
"""Short texts that clauses compare again and again: faster as Categorical."""
EXEMPTIONS = (Reason.EXEMPT_VALUE, Reason.EXEMPT_SERVICE, Reason.EXEMPT_ROUTE)
_BOUGHT_ELSEWHERE = pl.col("amazon_label").not_().fill_null(True)
DISPUTED = "disputed"
"""The column that says whether a package is exempt by one source and counts by another, or may be a
Prime order where these are exempt."""


def exempt(rules: Rules, given: Container[str]) -> list[pl.Expr]:
    """What the rule leaves out: a column for each reason that a clause can name, and `DISPUTED`.

    A column of packages that is not `given` is not known for any, and costs nothing.
    """
    certain = [_any_clause(rules, _exemptions(r), given).alias(r) for r in EXEMPTIONS]
    some_source = _any_clause(rules, lambda p: [c for c in p.exempt if c.disputed], given)
    unsupported = unsupported_carrier(rules, "integrated_disputed")
    perhaps = (pl.col("fulfilled_by") == "seller_or_prime").fill_null(False) & prime_is_out(rules)
    return [*certain, (some_source | unsupported | perhaps).alias(DISPUTED)]


def prime_is_out(rules: Rules) -> pl.Expr:
    """Whether the rule of a package leaves out what its seller ships for Prime."""
    return rules.where(lambda p: "seller_prime" not in p.counts)


def _exemptions(reason: Reason) -> Callable[[Policy], list[Clause]]:
    """The clauses of a rule that exempt for one reason, whatever the source."""
    return lambda p: [c for c in p.exempt if c.reason == reason and not c.disputed]


def needs_two_scans(rules: Rules, given: Container[str]) -> pl.Expr:
    """Whether the rule wants a second scan, at delivery or its attempt."""
    return _any_clause(rules, lambda p: p.two_scans, given)


def unsupported_carrier(rules: Rules, *asks: str) -> pl.Expr:
    """Carriers known not to report to Amazon, where `carriers` of the rule is one of `asks`.

    A carrier that our table does not know is not judged: the gap may be ours. Neither is a
    label bought through Amazon, whatever its carrier is called.
    """
    asking: dict[tuple[str, ...], list[Policy]] = {}
    for p in rules.policies:
        if p.carriers in asks and (ids := not_integrated(p.marketplace)):
            asking.setdefault(ids, []).append(p)
    outside = [_of(rules, own) & pl.col("carrier_id").is_in(ids) for ids, own in asking.items()]
    return _any(outside) & _BOUGHT_ELSEWHERE


def enforced(rules: Rules) -> pl.Expr:
    """False for packages that a rule counts and that cannot hurt: informational, or in grace."""
    early = [
        _of(rules, [p]) & (pl.col("ship_date") < _enforced_from(p)).fill_null(False)
        for p in rules.policies
        if p.grace
    ]
    return rules.where(lambda p: p.enforced) & ~_any(early)


def _enforced_from(p: Policy) -> pl.Expr:
    since = dict(p.enforced_from)
    named = [pl.when(pl.col("category") == c).then(day) for c, day in since.items()]
    return pl.coalesce(*named, since.get(EVERY_OTHER, p.first_day))


def _of(rules: Rules, own: Sequence[Policy]) -> pl.Expr:
    """The packages that one of these rules judges."""
    return rules.where(lambda p: p in own)


def _any_clause(
    rules: Rules, clauses: Callable[[Policy], Sequence[Clause]], given: Container[str]
) -> pl.Expr:
    """Whether a clause of the package's own rule holds; each distinct one is written once."""
    rules_of: dict[Clause, list[Policy]] = {}
    for p in rules.policies:
        for c in clauses(p):
            rules_of.setdefault(c, []).append(p)
    return _any([holds(c, _of(rules, own), given) for c, own in rules_of.items()])


def _any(conditions: list[pl.Expr]) -> pl.Expr:
    return reduce(or_, conditions, pl.lit(False))


def holds(c: Clause, mine: pl.Expr, given: Container[str]) -> pl.Expr:
    """Whether a clause holds; null where that depends on something that is not known.

    Carrier and service have to be known, and so has the route where it alone exempts: else no
    package of a file without these columns could ever be a defect.
    """
    mine = reduce(and_, _carrier(c), mine).fill_null(False)
    seen = _Seen(given)
    route = [p.fill_null(False) if c.reason == Reason.EXEMPT_ROUTE else p for p in _route(c, seen)]
    service = [part.fill_null(False) for part in _service(c, seen)]
    return reduce(and_, [mine, *service, *route, *_value(c, seen)])


class _Seen(NamedTuple):
    """Packages as one clause sees them: a column that nobody gave is not known."""

    given: Container[str]

    def text(self, name: str) -> pl.Expr:
        return pl.col(name) if name in self.given else pl.lit(None, pl.String)

    def amount(self, name: str) -> pl.Expr:
        return pl.col(name) if name in self.given else pl.lit(None, pl.Float64)


def _carrier(c: Clause) -> Iterator[pl.Expr]:
    carrier = pl.col("carrier_id")
    if c.carriers:
        yield carrier.is_in(c.carriers)
    if c.not_carriers:
        yield ~carrier.is_in([*c.not_carriers, UNRECOGNISED])
    if c.not_integrated_in:
        yield carrier.is_in(not_integrated(c.not_integrated_in)) & _BOUGHT_ELSEWHERE
    if c.amazon_label:
        yield pl.col("amazon_label")


def _route(c: Clause, seen: _Seen) -> Iterator[pl.Expr]:
    origin, destination = seen.text("origin"), seen.text("destination")
    if c.origins:
        yield origin.is_in(c.origins)
    if c.not_origins:
        yield ~origin.is_in(c.not_origins)
    if c.destinations:
        yield destination.is_in(c.destinations)
    if c.not_destinations:
        yield ~destination.is_in(c.not_destinations)
    if c.cross_border:
        # the United Kingdom is written GB and UK, sometimes in one file
        yield origin.replace("UK", "GB") != destination.replace("UK", "GB")


def _service(c: Clause, seen: _Seen) -> Iterator[pl.Expr]:
    if c.services or c.service_words:
        is_given, look_up = "ship_method" in seen.given, partial(names_service, c)
        yield (
            by_text("ship_method", look_up, pl.Boolean()) if is_given else pl.lit(None, pl.Boolean)
        )


def names_service(c: Clause, methods: pl.Series) -> pl.Series:
    """Whether each ship method is a service of a clause."""
    services = pl.Series(c.services, dtype=pl.String)
    named = methods.is_in(services.implode())
    if c.any_spelling:
        named = _letters(methods).is_in(_letters(services).implode())
    words = list(c.service_words)
    return named | methods.str.contains_any(words, ascii_case_insensitive=True) if words else named


def meant_service(rules: Rules, given: Container[str]) -> pl.Expr:
    """The exempt service that a ship method was meant to be, which it is not as it is spelled.

    Of packages that nothing but that keeps from being exempt, as far as files tell.
    """
    rules_of: dict[Clause, list[Policy]] = {}
    for p in rules.policies:
        for c in p.exempt:
            if c.services and "ship_method" in given:
                rules_of.setdefault(c, []).append(p)
    seen, told = _Seen(given), []
    for c, own in rules_of.items():
        else_ = [*_carrier(c), *_route(c, seen), *_value(c, seen)]
        fits = reduce(and_, (part.fill_null(True) for part in else_), _of(rules, own))
        told.append(
            pl.when(fits).then(by_text("ship_method", partial(meant, c.services), pl.String()))
        )
    return pl.coalesce(*told, pl.lit(None, pl.String))


def meant(services: Iterable[str], methods: pl.Series) -> pl.Series:
    """The service that each method is but for spelling, a letter of it or its encoding; else null.

    Examples:
        >>> meant(["Großbrief"], pl.Series(["Grosbrief", "GroÃŸbrief", "Großbrief"])).to_list()
        ['Großbrief', 'Großbrief', None]
    """
    exact = {_plain(name): name for name in sorted(services)}
    by_ascii = {name: exact[plain] for plain in exact if len(name := _in_ascii(exact[plain])) > 5}
    near = {}
    for method in methods.drop_nulls().cast(pl.String).unique():
        alike = get_close_matches(_plain(method), exact, 1, _ALIKE)
        service = exact[alike[0]] if alike else by_ascii.get(_in_ascii(method))
        if service and method not in exact.values():
            near[method] = service
    return methods.cast(pl.String).replace_strict(near, default=None, return_dtype=pl.String)


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_ALIKE = 0.9
"""How alike two spellings of one service are: a letter of ten may be another one."""


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold().translate(_UMLAUTS)


def _in_ascii(text: str) -> str:
    """The letters that every encoding has: a wrong one leaves `Gro?brief` or `GroÃŸbrief`."""
    return _plain(text.encode("ascii", "ignore").decode())


def _letters(names: pl.Series) -> pl.Series:
    return names.str.to_lowercase().str.replace_all(r"[^\pL\pN]", "")


def _value(c: Clause, seen: _Seen) -> Iterator[pl.Expr]:
    if c.below:
        yield _compared(c, seen, c.below, lambda value, limit: value < limit)
    if c.at_least:
        yield _compared(c, seen, c.at_least, lambda value, limit: value >= limit)


def _compared(
    c: Clause, seen: _Seen, limits: Money, compare: Callable[[pl.Expr, float], pl.Expr]
) -> pl.Expr:
    """A value against its limit, in its own currency; null in any other, never converted."""
    value, own = _value_of(c, seen), seen.text("currency")
    return pl.coalesce(
        *(
            pl.when(own == currency).then(compare(value, float(limit) - _CENT))
            for currency, limit in limits
        ),
        pl.lit(None, pl.Boolean),
    )


def _value_of(c: Clause, seen: _Seen) -> pl.Expr:
    """The sum of a value's parts; a lump sum (goods without any other part) stands for all."""
    total = reduce(add, (seen.amount(f"{name}_value") for name in c.value_of))
    if "goods" not in c.value_of:
        return total
    lump = seen.amount("shipping_value").is_null() & seen.amount("tax_value").is_null()
    return pl.when(lump).then(seen.amount("goods_value")).otherwise(total)
