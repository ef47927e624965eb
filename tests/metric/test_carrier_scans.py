"""Carriers' scans: counts as counted by hand, intervals as published, no rank for a few."""

from collections import Counter
from datetime import date, timedelta
from statistics import median_low
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrkit import classify
from vtrkit.metric.carrier_scans import carrier_scans, wilson
from vtrkit.metric.tally import scan_delay

DAY = date(2026, 1, 5)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (15, 148, 0.0624, 0.1605),  # Newcombe (1998), table I, method 3, to four places
        (81, 263, 0.2553, 0.3662),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_that_of_newcombe_1998(
    hits: int, trials: int, low: float, high: float
) -> None:
    lower, upper = wilson(pl.lit(hits), pl.lit(trials))
    found = pl.select(low=lower, high=upper)
    assert found.row(0) == pytest.approx((low, high), abs=5e-5)


package = st.fixed_dictionaries(
    {
        "carrier": st.sampled_from(["UPS", "USPS"]),
        "scans": st.sampled_from([None, 0, 1, 3]),
        "after": st.sampled_from([None, 0, 1, 4, 40]),
        "delivered": st.booleans(),
        "status": st.sampled_from(["shipped", "shipped", "cancelled"]),
        "shipped": st.integers(-2, 3),
    }
)


def _frame(packages: list[dict[str, Any]]) -> pl.DataFrame:
    rows = [
        {
            "order_id": str(i),
            "carrier": p["carrier"],
            "scans": p["scans"],
            "status": p["status"],
            "ship_date": DAY + timedelta(days=p["shipped"]),
            "first_scan_date": _first_scan(p),
            "delivered_date": DAY + timedelta(days=9) if p["delivered"] else None,
        }
        for i, p in enumerate(packages)
    ]
    dates = dict.fromkeys(("first_scan_date", "delivered_date"), pl.Date)
    return pl.DataFrame(rows, schema_overrides={"scans": pl.Int32, **dates})


def _first_scan(p: dict[str, Any]) -> date | None:
    if not p["scans"] or p["after"] is None:
        return None
    day: date = DAY + timedelta(days=p["shipped"] + p["after"])
    return day


@given(st.lists(package, max_size=30))
def test_scans_are_counted_as_by_hand(packages: list[dict[str, Any]]) -> None:
    """Exempt packages are left out, a known delivery is a scan, the days are inclusive."""
    if not packages:
        return
    table = carrier_scans(
        scan_delay(classify(_frame(packages))), first=DAY, last=DAY + timedelta(days=2)
    )
    inside = [p for p in packages if 0 <= p["shipped"] <= 2 and p["status"] == "shipped"]
    counts = {"packages": Counter(), "known": Counter(), "scanned": Counter()}
    days: dict[str, list[int]] = {"ups": [], "usps": []}
    for p in inside:
        carrier = p["carrier"].lower()
        scanned = p["scans"] if p["scans"] is not None else (1 if p["delivered"] else None)
        counts["packages"][carrier] += 1
        counts["known"][carrier] += scanned is not None
        counts["scanned"][carrier] += bool(scanned)
        if p["scans"] and p["after"] is not None:
            days[carrier].append(min(30, p["after"]))
    for row in table.to_dicts():
        carrier = row["carrier_id"]
        assert {n: row[n] for n in counts} == {n: c[carrier] for n, c in counts.items()}
        expected = median_low(days[carrier]) if days[carrier] else None
        assert row["first_scan_days"] == expected
        assert row["ranked"] == (counts["known"][carrier] >= 20)
    assert table.height == len(counts["packages"])


def test_carriers_of_few_packages_stand_last_whatever_their_rate() -> None:
    frame = pl.concat(
        [
            _frame([{**_ONE, "carrier": "UPS", "scans": 0}] * 19),
            _frame([{**_ONE, "carrier": "USPS", "scans": 1}] * 20),
        ]
    )
    table = carrier_scans(scan_delay(classify(frame)), first=DAY, last=DAY)
    assert table.select("carrier_id", "ranked", "scan_rate").rows() == [
        ("usps", True, 1.0),
        ("ups", False, 0.0),
    ]


_ONE = {"after": None, "delivered": False, "status": "shipped", "shipped": 0}
