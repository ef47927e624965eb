"""The names of carriers exactly as Amazon spells them in a confirmation."""

from functools import cache

import polars as pl

from vtrkit import facts
from vtrkit.tracking.carriers import carrier_id, carriers, month_text


@cache
def amazon_codes() -> dict[str, str]:
    """The carrier id of each name that Amazon takes under carrier-code.

    Examples:
        >>> amazon_codes()["YamatoTransport"]
        'yamato'
    """
    codes = pl.DataFrame({"carrier": facts.read("carrier_codes")["codes"]})
    return dict(codes.select("carrier", id=carrier_id().cast(pl.String)).rows())


def without_carrier() -> dict[str, str]:
    """What Amazon takes under carrier-code of parcels that the seller brings, by small letters."""
    return {name.lower(): name for name in facts.read("carrier_codes")["by_seller"]}


def amazon_codes_seen() -> str:
    """Of which month these names are: newer lists have more, and each store one of its own.

    Examples:
        >>> amazon_codes_seen()
        'September 2021'
    """
    return month_text(facts.read("carrier_codes")["seen"])


@cache
def amazon_code(carrier: str | None, typed: str | None = None, japan: bool = False) -> str | None:
    """What to enter for a carrier; None where Amazon has no name for it, or several.

    Args:
        carrier: its id.
        typed: what somebody entered for this carrier, which tells which of its names is meant.
        japan: whether it is for Japan, which has names of its own for carriers with several.

    Examples:
        >>> amazon_code("usps"), amazon_code("yamato"), amazon_code("ontrac")
        ('USPS', 'YamatoTransport', 'OnTrac')
        >>> amazon_code("evri"), amazon_code("evri", "hermes uk")
        (None, 'Hermes UK')
        >>> amazon_code("yamato", japan=True), amazon_code("yamato", "Yamato", japan=True)
        (None, 'YAMATO')
    """
    names = [name for name, key in amazon_codes().items() if key == carrier]
    known = carriers()[carrier].name if carrier in carriers() else ""
    wanted = [typed or "", "" if japan else known]
    for spelled in filter(None, wanted):
        alike = [name for name in names if _bare(name) == _bare(spelled)]
        if alike:
            return spelled if spelled in alike else alike[0]
    return names[0] if len(names) == 1 else None


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
