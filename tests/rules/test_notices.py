"""What keeps packages out of the metric, and which packages it is about."""

from datetime import date

import polars as pl

from vtrkit import classify
from vtrkit.rules.notices import notices


def test_customs_concern_small_parcels_into_the_eu_by_carrier_other_since_july_2026() -> None:
    """From CN to DE, 150 EUR, Other; each further row changes one thing."""
    usual = {"marketplace": "DE", "origin": "CN", "destination": "DE", "goods_value": 150.0,
             "currency": "EUR", "carrier": "Other", "ship_date": date(2026, 7, 1)}  # fmt: skip
    changed = [
        {},
        {"ship_date": date(2026, 6, 30)},
        {"origin": "PL"},
        {"origin": None},
        {"destination": "GB"},
        {"goods_value": 150.01},
        {"carrier": "DHL"},
        {"marketplace": "UK"},
        {"marketplace": "FR", "destination": "FR"},
    ]
    packages = pl.DataFrame(
        [usual | one | {"order_id": str(n)} for n, one in enumerate(changed)],
        infer_schema_length=None,
    )
    (customs,) = notices()
    concerned = classify(packages).filter(customs.concerned())
    assert concerned["order_id"].to_list() == ["0", "8"]
