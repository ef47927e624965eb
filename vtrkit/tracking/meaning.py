"""What a number that fits certain formats means for the carrier that the seller entered.

Plain Python, once for each distinct code and carrier; `tracking` spreads the answers over rows.
"""

import itertools
from functools import cache, lru_cache
from typing import NamedTuple

from vtrkit.schema import Grade, Relation
from vtrkit.tracking.carriers import OTHER, Carrier, carriers
from vtrkit.tracking.codes import Code
from vtrkit.tracking.formats import Format, Text, compiled, formats, loose, shapes, texts

_S10 = "s10"
_SSCC = "sscc"


class Verdict(NamedTuple):
    """What is said of a number: its grade, whose it may be, how that stands to the seller's word.

    `malformed`: no number of the carrier entered can look so, or the check digit of a distinctive
    shape is wrong. `doubtful`: worth asking whether a spreadsheet damaged it.
    """

    grade: Grade
    carriers: str
    relation: Relation
    malformed: bool
    doubtful: bool
    why: str


class _Fit(NamedTuple):
    """A format that the number has the shape of."""

    format: Format
    issuers: tuple[str, ...]
    proven: bool
    own: bool


@lru_cache(maxsize=1 << 16)
def verdict(code: int, carrier: str) -> Verdict:
    """What a code means where the seller entered a carrier (an id; any other text is no opinion).

    Examples:
        >>> verdict(0, "ups")[:4]
        (<Grade.UNKNOWN: 'unknown'>, '', <Relation.NONE: 'none'>, True)
    """
    seller = carriers().get(carrier) if carrier != OTHER else None
    parts = Code(code)
    every = _every_fit(parts, seller)
    better = any(f.proven and f.format.tier in "ABC" for f in every)
    fits = [f for f in every if f.format.tier != "E" or (f.own and not better)]
    grade, chosen = _weighed(fits)
    relation = _relation(grade, chosen, seller)
    if parts.stand_in or parts.note:
        text = texts()[parts.note - 1] if parts.note else None
        return _overruled(text, chosen, relation)
    # a common shape is enough to be the carrier's own, even where another's fits better
    own = any(f.own and f.proven for f in every)
    return Verdict(
        grade,
        _names(chosen),
        relation,
        _malformed(grade, chosen, relation, seller, own),
        # a number that the seller's carrier may have given as it stands has lost nothing
        (seller is not None and not own) or grade in {Grade.BAD_CHECK, Grade.UNKNOWN},
        _why(grade, chosen, relation, seller),
    )


@cache
def lengths_without(zeros: int, carrier: str) -> frozenset[int]:
    """The lengths of a carrier's numbers of which up to so many zeros in front were lost."""
    seller = carriers().get(carrier)
    own = [f for f in formats().values() if any(_same(x, seller) for x in f.carriers)]
    return frozenset(
        len(layout.allowed) - lost
        for layout in itertools.chain.from_iterable(map(compiled, own))
        for lost in range(1, zeros + 1)
        if all("0" in allowed for allowed in layout.allowed[:lost])
    )


def _overruled(text: Text | None, chosen: list[_Fit], relation: Relation) -> Verdict:
    """The verdict on a stand-in, or on a cell that holds something else than a clean number.

    What is inside may still tell the carrier; it confirms the seller's word, and refutes nothing.
    """
    if not text:
        chosen = [f for f in chosen if f.format.tier in "AB"]
    told = relation if chosen and relation == Relation.MATCH else Relation.NONE
    if text:
        return Verdict(text.grade, _names(chosen), told, False, False, text.why)
    why = "one digit repeated, or digits in a row: a stand-in, no number"
    return Verdict(Grade.PLACEHOLDER, _names(chosen), told, False, False, why)


def _every_fit(parts: Code, seller: Carrier | None) -> list[_Fit]:
    """The formats of a code, those included that only the seller's word makes worth naming."""
    met: dict[str, bool] = {}
    if parts.length:
        for layout, proven in shapes()[parts.length].meaning(parts):
            met[layout.name] = met.get(layout.name, False) or proven
    else:
        met = {f.id: True for i, f in enumerate(loose()) if parts.fits >> i & 1}
    return [_fit(formats()[key], proven, parts.issuer, seller) for key, proven in met.items()]


def _fit(f: Format, proven: bool, country: str, seller: Carrier | None) -> _Fit:
    issuers = f.carriers
    if f.countries:
        proven = proven and country in f.countries
        issuers = (f"{_S10}:{country}",) if country in f.countries else ()
    return _Fit(f, issuers, proven, any(_same(x, seller) for x in issuers))


def _weighed(fits: list[_Fit]) -> tuple[Grade, list[_Fit]]:
    """The grade, and the formats that decide it.

    A distinctive shape beats a common one, and its wrong check digit is not rescued by one;
    neither is a wrong check digit of the carrier entered by a format of others that has none. But
    a right check digit of the carrier entered always stands beside whatever else fits.
    """
    proven = [f for f in fits if f.proven]
    failed = [f for f in fits if not f.proven]
    confirmed = [f for f in proven if f.own and f.format.check]
    tiers = {f.format.tier for f in proven}
    refuted = [f for f in failed if f.format.tier == "A"]
    if refuted and not tiers & {"A", "B"} and not confirmed:
        return Grade.BAD_CHECK, refuted
    if not tiers & {"A", "B", "C"} and any(f.own for f in failed):
        return Grade.BAD_CHECK, [f for f in failed if f.own]
    for tier in "AB":
        if tier in tiers:
            chosen = [f for f in proven if f.format.tier == tier or f in confirmed]
            return _best(chosen), chosen
    if proven:
        return _best(proven), proven
    return (Grade.BAD_CHECK, failed) if failed else (Grade.UNKNOWN, [])


def _best(fits: list[_Fit]) -> Grade:
    order = [Grade.CHECK_OK, Grade.FORMAT_OK, Grade.WEAK]
    return min((f.format.grade for f in fits), key=order.index)


def _relation(grade: Grade, chosen: list[_Fit], seller: Carrier | None) -> Relation:
    """How the formats stand to the carrier entered; hard only where there is no doubt.

    A common shape says nothing against anybody, and what one in ten random strings would fit
    nothing for anybody either. A contradiction is a step softer against a carrier whose formats
    are not all known, and another one where the check digit is wrong.
    """
    issuers = [x for f in chosen for x in f.issuers]
    if seller is None or not issuers or grade == Grade.WEAK:
        return Relation.NONE
    if own := [f for f in chosen if f.own]:
        weak = all(f.format.grade == Grade.WEAK for f in own)
        return Relation.NONE if weak else Relation.MATCH
    # a firm within a group, as UPS Mail Innovations, may live by handing over
    own_numbers = seller.complete and seller.group == seller.id
    taken_over = [f for f in chosen if f.format.handed_over or not own_numbers]
    if any(_partner(x, seller) for f in taken_over for x in f.issuers):
        return Relation.PARTNER_POSSIBLE
    if _SSCC in issuers and not seller.complete:
        return Relation.NONE
    steps = [Relation.NONE, Relation.NONE, Relation.NONE, Relation.SOFT, Relation.HARD]
    strength = {"A": 4, "B": 4, "C": 3}.get(min(f.format.tier for f in chosen), 0)
    return steps[max(0, strength - (not seller.complete) - (grade == Grade.BAD_CHECK))]


def _same(issuer: str, seller: Carrier | None) -> bool:
    """Whether the numbers of an issuer are the carrier's own."""
    if seller is None:
        return False
    if issuer.startswith(f"{_S10}:"):
        return issuer[-2:] in seller.posts
    return issuer in carriers() and carriers()[issuer].group == seller.group


def _partner(issuer: str, seller: Carrier) -> bool:
    """Whether the issuer may deliver what was handed to the carrier; posts do for each other."""
    if issuer.startswith(f"{_S10}:"):
        return _S10 in seller.partners or bool(seller.posts)
    return issuer in seller.partners


def _malformed(
    grade: Grade, chosen: list[_Fit], relation: Relation, seller: Carrier | None, own: bool
) -> bool:
    if grade == Grade.BAD_CHECK and any(f.format.tier == "A" for f in chosen):
        return True
    explained = relation in {Relation.PARTNER_POSSIBLE, Relation.HARD}
    return seller is not None and seller.complete and not own and not explained


def _names(fits: list[_Fit]) -> str:
    """The issuers, the strongest format first, joined like `ups|amazon`."""
    ordered = sorted(fits, key=lambda f: f.format.tier)
    return "|".join(dict.fromkeys(x for f in ordered for x in f.issuers))


_SAYS = {
    Grade.CHECK_OK: "with a right check digit",
    Grade.FORMAT_OK: "which has no check digit",
    Grade.WEAK: "as one in ten random numbers would",
    Grade.BAD_CHECK: "with a wrong check digit",
}
_SAYS_OF_SELLER = {
    Relation.HARD: "; it cannot be a number of {}",
    Relation.SOFT: "; it does not look like a number of {}",
    Relation.PARTNER_POSSIBLE: "; {} may have handed it over",
}


def _why(grade: Grade, chosen: list[_Fit], relation: Relation, seller: Carrier | None) -> str:
    """The verdict in words, without the number itself."""
    name = seller.name if seller else ""
    if grade == Grade.UNKNOWN:
        known = f", and all those of {name} are known" if seller and seller.complete else ""
        return f"fits no known format{known}"
    if not any(f.issuers for f in chosen):
        return f"looks like {chosen[0].format.name}, but names no country"
    looks = " or ".join(dict.fromkeys(f.format.name for f in chosen))
    return f"looks like {looks}, {_SAYS[grade]}" + _SAYS_OF_SELLER.get(relation, "").format(name)
