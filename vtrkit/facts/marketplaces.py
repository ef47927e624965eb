"""Amazon's marketplaces: names, country, currency and clock, apart from the rules for them."""

import re
from dataclasses import dataclass
from functools import cache

from vtrkit import facts
from vtrkit.errors import ParameterError, nearest


@dataclass(frozen=True)
class Marketplace:
    """One marketplace; see the head of `facts/marketplaces.toml`."""

    code: str
    name: str
    country: str
    id: str
    domains: tuple[str, ...]
    currency: str
    time_zone: str

    @property
    def channel(self) -> str:
        """What Amazon's reports call it: `Amazon.co.uk`."""
        return self.domains[0].capitalize()


@cache
def marketplaces() -> dict[str, Marketplace]:
    """All marketplaces by Amazon's two letters.

    Examples:
        >>> marketplaces()["UK"].country
        'GB'
    """
    table = facts.read("marketplaces")["marketplace"]
    return {
        code: Marketplace(code, **entry | {"domains": tuple(entry["domains"])})
        for code, entry in table.items()
    }


@cache
def spellings() -> dict[str, str]:
    """Whatever a marketplace is called, in small letters, with its two letters."""
    return {
        f"{before}{name}".casefold(): m.code
        for m in marketplaces().values()
        for before, names in (
            ("", (m.country, m.code, m.id, m.name, *m.domains)),
            ("www.", m.domains),
            ("amazon ", (m.country, m.code, m.name)),
        )
        for name in names
    }


def by_currency() -> dict[str, str]:
    """Each currency with the first marketplace that has it, whose clock the others share."""
    return {m.currency: m.code for m in reversed(marketplaces().values())}


def other_shops() -> tuple[str, ...]:
    """How the names of sales channels begin that are no marketplace, in small letters."""
    return tuple(start.casefold() for start in facts.read("marketplaces")["other_shops"])


@cache
def country_codes() -> frozenset[str]:
    """The country codes of ISO 3166."""
    return frozenset(facts.read("marketplaces")["countries"])


@cache
def _countries() -> dict[str, str]:
    table = facts.read("marketplaces")["countries"]
    return {_letters(name): code for code, names in table.items() for name in (code, *names)}


def _letters(name: str) -> str:
    return re.sub(r"[\s.,'’()&-]", "", name.casefold())


def country(name: str) -> str | None:
    """The ISO code of a country, whatever files call it; none where nobody knows it.

    NA is no Namibia there, but how programs write that nothing is known.

    Examples:
        >>> country("U.S.A."), country("China (mainland)"), country("uk"), country("Mars")
        ('US', 'CN', 'GB', None)
    """
    letters = _letters(name)
    return _countries().get(letters) if letters != "na" else None


def as_country(name: str, option: str) -> str:
    """A country that somebody gave, as its ISO code.

    Raises:
        ParameterError: it is none; the message names the option.

    Examples:
        >>> as_country("uk", "origin"), as_country("Germany", "origin")
        ('GB', 'DE')
    """
    text = name.strip().casefold()
    if text in spellings() and "." not in text:
        return marketplaces()[spellings()[text]].country
    if text.upper() in country_codes():
        return text.upper()
    known = [m.name for m in marketplaces().values()]
    raise ParameterError(
        f"{option} {name!r} is no country code; give two letters, as US, GB or CN"
        f"{nearest(name, [*known, *country_codes()])}"
    )


def as_marketplace(name: str, known: tuple[str, ...] = ()) -> str:
    """A marketplace that somebody gave, as its two letters.

    Args:
        name: any spelling.
        known: names of marketplaces beside Amazon's own, as a user's rules may have.

    Raises:
        ParameterError: it is none.

    Examples:
        >>> as_marketplace("amazon.de"), as_marketplace("gb")
        ('DE', 'UK')
    """
    if name in known:
        return name
    if code := spellings().get(name.strip().casefold()):
        return code
    raise ParameterError(
        f"marketplace {name!r} is none of Amazon's; give its two letters, as US, UK or DE"
        f"{nearest(name, [*marketplaces(), *spellings()])}"
    )
