"""The names of carriers exactly as Amazon spells them in a confirmation."""

from functools import cache

import polars as pl

from vtrkit import facts
from vtrkit.tracking.carriers import carrier_id, carriers


@cache
def amazon_codes() -> dict[str, str]:
    """The carrier id of each name that Amazon takes under carrier-code.

    Examples:
        >>> amazon_codes()["YamatoTransport"]
        'yamato'
    """
    codes = pl.DataFrame({"carrier": facts.read("carrier_codes")["codes"]})
    return dict(codes.select("carrier", id=carrier_id().cast(pl.String)).rows())


@cache
def amazon_code(carrier: str) -> str | None:
    """What to enter for a carrier, by its id; None where Amazon has no name or several for it.

    Examples:
        >>> amazon_code("usps"), amazon_code("yamato"), amazon_code("ontrac")
        ('USPS', 'YamatoTransport', 'OnTrac')
        >>> amazon_code("evri") is None  # Hermes, Hermes UK, Hermes (Corporate) or Parcelnet
        True
    """
    names = [name for name, key in amazon_codes().items() if key == carrier]
    known = carriers()[carrier].name if carrier in carriers() else carrier
    own = [name for name in names if _bare(name) == _bare(known)]
    return next(iter(sorted(own, key=lambda name: name != known)), None) or (
        names[0] if len(names) == 1 else None
    )


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, name)).casefold()
