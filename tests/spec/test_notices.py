"""Notices by their sources: what keeps packages out of the metric, and which ones."""

from datetime import date
from functools import cache

import polars as pl

from vtrkit import classify
from vtrkit.facts.marketplaces import spellings
from vtrkit.rules.notices import notices

_EU = "AT BE BG HR CY CZ DK EE FI FR MC DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE"
_STORES = ("DE", "FR", "IT", "ES", "NL", "PL", "SE", "BE", "IE")


USUAL = {
    "marketplace": "DE", "origin": "CN", "destination": "DE", "goods_value": 150.0,
    "shipping_value": 9.0, "currency": "EUR", "carrier": "Other", "ship_date": date(2026, 7, 1),
}  # fmt: skip
CONCERNED: list[dict[str, object]] = [
    {},
    {"goods_value": 0.0},
    *({"marketplace": store, "destination": store} for store in _STORES),
    *({"destination": country} for country in _EU.split()),
]
OTHERS: list[dict[str, object]] = [
    {"ship_date": date(2026, 6, 30)},
    {"origin": None},
    {"destination": "GB"},
    {"goods_value": 150.01},
    {"carrier": "DHL"},
    {"carrier": "Correos"},
    {"marketplace": "UK"},
    *({"origin": country} for country in _EU.split()),
]


@cache
def packages() -> pl.DataFrame:
    """What is judged knows nothing of notices, so once is enough for all their mutants."""
    rows = [USUAL | one | {"order_id": str(n)} for n, one in enumerate(CONCERNED + OTHERS)]
    return classify(pl.DataFrame(rows, infer_schema_length=None))


def test_customs_concern_small_parcels_into_the_eu_by_carrier_other_since_july_2026() -> None:
    """From CN to DE, 150 EUR of goods, Other; each further row changes one thing."""
    (customs,) = notices() or (None,)
    assert customs is not None
    judged = packages().filter(customs.concerned())
    assert judged["order_id"].to_list() == [str(n) for n in range(len(CONCERNED))]
    assert customs.holds("DE", date(2026, 7, 1))
    assert not customs.holds("DE", date(2026, 6, 30))
    assert {name for name in spellings().values() if customs.holds(name, date.max)} == {*_STORES}
