"""The country that packages ship from, where no file says: the user, the label, the marketplace."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from vtrkit.errors import nearest
from vtrkit.facts.marketplaces import (
    as_country,
    country_codes,
    marketplaces,
    spellings,
)
from vtrkit.tracking.carriers import carrier_id, carriers

_POSTAL = r"(?i)^\s*[A-Z]{2}[\s-]*(?:\d[\s-]*){9}([A-Z]{2})\s*$"
"""A number of the Universal Postal Union; its last two letters are the country that issued it."""


@dataclass(frozen=True)
class Origins:
    """What the user says of where packages ship from.

    Attributes:
        given: ISO codes by marketplace (`de`), account, or both (`acme/de`), in small letters; ""
            is for all others.
    """

    given: Mapping[str, str]

    @classmethod
    def read(cls, option: str | Mapping[str, str] | None) -> "Origins":
        """The option as it is given: one country, or countries by marketplace and account.

        Raises:
            ParameterError: one is no country.

        Examples:
            >>> Origins.read({"Amazon.de": "germany", "Acme/us": "cn"}).given
            {'de': 'DE', 'acme/us': 'CN'}
        """
        given = {"": option} if isinstance(option, str) else option or {}
        return cls({_place(name): as_country(code, "origin") for name, code in given.items()})

    def filled(self, packages: pl.DataFrame) -> pl.DataFrame:
        """Packages with the country where none is known, and whether it is assumed.

        The user's word is taken as it is. Everything else is an assumption: the letters of a
        postal number, the country in which alone a carrier collects, the marketplace's own.
        """
        if not packages["origin"].null_count():
            return packages.with_columns(pl.col("origin_assumed").fill_null(False))
        place = pl.col("marketplace").cast(pl.String)
        told = [_looked_up(key, self.given) for key in _KEYS]
        told.append(pl.lit(self.given.get(""), pl.String))
        own = {code: m.country for code, m in marketplaces().items()}
        posted = pl.col("tracking_number").str.extract(_POSTAL).str.to_uppercase()
        where = {id: c.country for id, c in carriers().items() if c.country}
        assumed = pl.coalesce(
            pl.when(posted.is_in(sorted(country_codes()))).then(posted),
            _looked_up(carrier_id().cast(pl.String), where),
            _looked_up(place, own),
        )
        origin, said = pl.col("origin"), pl.coalesce("origin", *told)
        return packages.with_columns(
            pl.coalesce(said, assumed).alias("origin"),
            origin_assumed=pl.when(origin.is_not_null())
            .then(pl.col("origin_assumed").fill_null(False))
            .otherwise(said.is_null() & assumed.is_not_null()),
        )

    def unused(self, packages: pl.LazyFrame) -> list[str]:
        """Sentences about accounts and marketplaces that were given and that no package has."""
        if not (wanted := [name for name in self.given if name]):
            return []
        named = pl.concat([packages.select(key=key) for key in _KEYS]).unique().collect()
        there = set(named["key"])
        return [
            f"origin is given for {name}, and no package is of it{nearest(name, there)}; "
            "it changes nothing."
            for name in wanted
            if name not in there
        ]


_ACCOUNT, _MARKETPLACE = (
    pl.col(name).cast(pl.String).str.to_lowercase() for name in ("account", "marketplace")
)
_KEYS = (pl.concat_str(_ACCOUNT, _MARKETPLACE, separator="/"), _ACCOUNT, _MARKETPLACE)
"""What an origin may be given for, the most exact first."""


def _place(name: str) -> str:
    """An account, a marketplace or both, as they are compared: however they are written."""
    account, slash, last = (part.strip().lower() for part in name.rpartition("/"))
    return account + slash + spellings().get(last, last).lower()


def _looked_up(key: pl.Expr, table: Mapping[str, str]) -> pl.Expr:
    if not table:
        return pl.lit(None, pl.String)
    return key.replace_strict(table, default=None, return_dtype=pl.String)
