"""Tables of packages that nobody loaded: what they say must be judged as if a file had said it."""

from datetime import date

import polars as pl
import pytest

from vtrkit import classify


@pytest.mark.parametrize(
    ("marketplace", "origin", "destination", "reason"),
    [
        ("US", "US", "US", "no_scan"),
        ("Amazon.com", "USA", "United States", "no_scan"),
        ("ATVPDKIKX0DER", "us", "usa", "no_scan"),
        ("amazon.com", "U.S.A.", "uk", "exempt_route"),
        ("US", "US", "Mars", "no_scan"),
        ("US", None, "US", "no_scan"),
    ],
)
def test_places_are_known_whatever_they_are_called(marketplace, origin, destination, reason):
    """Another spelling of one country is no other country; what is none is not known."""
    packages = pl.DataFrame(
        {
            "order_id": ["1"],
            "marketplace": [marketplace],
            "promised_date": [date(2026, 9, 1)],
            "scans": [0],
            "origin": [origin],
            "destination": [destination],
        },
        schema_overrides={"origin": pl.String},
    )
    judged = classify(packages)
    assert judged.select("marketplace", "reason").row(0) == ("US", reason)
