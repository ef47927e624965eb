"""Tables of packages that nobody loaded: what they say must be judged as if a file had said it."""

from datetime import date

import polars as pl
import pytest

from vtrkit import classify
from vtrkit.errors import ParameterError
from vtrkit.rules.conform import conform


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


@pytest.mark.parametrize(
    ("column", "texts", "value"),
    [
        ("status", [" Shipped ", "shipped", None], "shipped"),
        ("promised_date", ["2026-01-31 ", "2026-01-31", None], date(2026, 1, 31)),
        ("reported_valid", ["True", "true", None], True),
        ("scans", [" 3", "3", None], 3),
    ],
)
def test_text_is_read_where_it_can_only_mean_one_thing(column, texts, value):
    """However few of the texts are spelled as the table has them."""
    read = conform(pl.LazyFrame({column: texts})).collect()
    assert read[column].to_list() == [value, value, None]


@pytest.mark.parametrize("column", ["status", "promised_date", "reported_valid", "scans"])
def test_text_that_means_nothing_is_refused_and_not_repeated(column):
    """One such text is enough; the message names the column and not what stands in it."""
    with pytest.raises(ParameterError, match=f"{column} must hold") as refused:
        conform(pl.LazyFrame({column: ["Mrs Miller", None]})).collect()
    assert "Miller" not in str(refused.value)
