"""What was known on a day: later events are taken back, and nothing else."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests import worlds
from vtrkit import classify, known_on, tally
from vtrkit.rules.conform import conform
from vtrkit.schema import PACKAGES

DAY = date(2026, 1, 5)
SEEN = date(2026, 3, 1)
EVENTS = ("tracking_entered_at", "first_scan_date", "attempted_date", "delivered_date")


def after(days):
    return DAY + timedelta(days=days)


def one(**fields):
    """One package, shipped on the third and scanned on the fourth, as known much later."""
    usual = {
        "order_id": "1",
        "status": "shipped",
        "tracking_number": "1Z999AA10123456784",
        "ship_date": after(-2),
        "promised_date": after(3),
        "first_scan_date": after(-1),
        "scans": 2,
        "seen_at": SEEN,
    }
    return pl.DataFrame([usual | fields], schema_overrides=PACKAGES)


def then(**fields):
    """What was known of it on the day; None where it was not known at all."""
    rows = known_on(one(**fields), DAY).to_dicts()
    return rows[0] if rows else None


@pytest.mark.parametrize(
    ("fields", "known"),
    [
        ({"ship_date": DAY}, True),
        ({"ship_date": after(1)}, False),
        ({"ship_date": None, "first_scan_date": None, "promised_date": DAY}, True),
        ({"ship_date": None, "first_scan_date": None, "promised_date": after(1)}, False),
        ({"ship_date": None, "first_scan_date": DAY, "promised_date": after(9)}, True),
        ({"status": "unshipped", "ship_date": None, "first_scan_date": None}, False),
        ({"status": "unshipped", "ship_date": None, "first_scan_date": None, "seen_at": DAY}, True),
        ({"ship_date": None, "first_scan_date": None, "promised_date": None}, True),
    ],
)
def test_a_package_is_known_once_it_is_shipped_or_seen(fields, known):
    """Without a ship day its first event or its promised day stands in."""
    assert (then(**fields) is not None) == known


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_of_a_later_day_is_not_known_and_one_of_the_day_is(name):
    """The day itself belongs to what was known."""
    assert then(**{name: after(1)})[name] is None
    assert then(**{name: DAY})[name] == DAY


@pytest.mark.parametrize(
    ("fields", "scans"),
    [
        ({}, 2),
        ({"first_scan_date": after(1)}, 0),
        ({"first_scan_date": after(1), "scans": None}, None),
        ({"first_scan_date": after(1), "delivered_date": DAY}, 2),
        ({"first_scan_date": None, "scans": 0}, 0),
        ({"first_scan_date": None, "promised_date": after(1)}, None),
        ({"first_scan_date": None, "promised_date": DAY}, 2),
        ({"first_scan_date": None, "delivered_date": after(1), "promised_date": DAY}, 2),
        ({"first_scan_date": None, "attempted_date": DAY}, 2),
    ],
)
def test_scans_of_later_days_are_none_and_undated_ones_count_from_the_promised_day(fields, scans):
    """Where nothing tells when a package was scanned, it is not known before the promised day."""
    assert then(**fields)["scans"] == scans


def test_a_number_entered_later_was_blank_and_an_unknown_one_stays_unknown():
    """Blank is a defect that can still be mended; null is not known."""
    assert then(tracking_entered_at=after(1))["tracking_number"] == ""
    assert then(tracking_entered_at=after(1), tracking_number=None)["tracking_number"] is None
    assert then(tracking_entered_at=DAY)["tracking_number"] == "1Z999AA10123456784"


def test_amazons_verdict_is_known_when_a_window_holds_the_package():
    """The window of the day ends a lag before it: 10 days in the US since 2020."""
    verdict = {"reported_valid": False, "reported_by": "report", "marketplace": "US"}
    assert then(promised_date=after(-10), **verdict)["reported_valid"] is False
    late = then(promised_date=after(-9), **verdict)
    assert (late["reported_valid"], late["reported_by"]) == (None, None)


def test_the_export_is_as_old_as_the_day_at_most():
    """Rules that wait, such as the second scan, wait from there."""
    assert then()["seen_at"] == DAY
    assert then(seen_at=after(-1))["seen_at"] == after(-1)


days = st.none() | st.integers(-40, 40).map(after)
packages = st.lists(
    st.fixed_dictionaries(
        {
            "order_id": st.uuids().map(str),
            "status": st.sampled_from(["shipped", "unshipped", "cancelled"]),
            "tracking_number": st.sampled_from([None, "", "1Z999AA10123456784"]),
            "scans": st.none() | st.integers(0, 3),
            "reported_valid": st.none() | st.booleans(),
            "seen_at": days,
            **dict.fromkeys(("ship_date", "promised_date", *EVENTS), days),
        }
    ),
    min_size=1,
    max_size=30,
).map(lambda rows: pl.DataFrame(rows, schema_overrides=PACKAGES))


@given(packages)
def test_what_was_known_on_two_days_is_what_was_known_on_the_earlier_one(table):
    """Looking back from a later day at an earlier one loses nothing and adds nothing."""
    direct = known_on(table, DAY)
    assert_frame_equal(known_on(direct, DAY), direct)
    assert set(direct["order_id"]) <= set(known_on(table, after(5))["order_id"])


@given(packages)
def test_of_an_export_that_is_older_nothing_changes_and_lazy_stays_lazy(table):
    """What an export of the day or before says was known."""
    old = table.with_columns(seen_at=pl.lit(DAY))
    assert_frame_equal(known_on(old.lazy(), DAY).collect(), conform(old.lazy()).collect())


@given(packages, st.integers(0, 20))
def test_a_verdict_changes_only_with_an_event_after_the_day(table, later):
    """Shipped, scanned, entered, attempted, delivered, or Amazon's verdict come due."""
    told = table.with_columns(scans=pl.when(pl.col("first_scan_date").is_null()).then(0))
    before, now = (classify(known_on(told, d)) for d in (DAY, after(later)))
    both = now.join(before, on="order_id", how="full", suffix="_before")
    changed = both.filter(pl.col("reason").ne_missing(pl.col("reason_before")))
    for row in told.filter(pl.col("order_id").is_in(changed["order_id"].implode())).to_dicts():
        assert _something_happened(row, later)


def _something_happened(row, later):
    names = ("ship_date", *EVENTS, "promised_date", "seen_at")
    waits = (0, 10, 14, 30)  # the promised day itself, both lags, the wait for a second scan
    dated = [(row[n], waits if n == "promised_date" else (0,)) for n in names]
    due = [day + timedelta(days=w) for day, ws in dated if day for w in ws]
    return any(DAY < day <= after(later) for day in due)


def test_made_up_days_and_real_packages_give_the_same_tally():
    """The backtest counts cells; here the same packages go the whole way, one by one."""
    made = worlds.world(3, accounts=1)
    some = made._replace(
        cells=made.cells.filter(pl.col("promised").is_between(150, 175), pl.col("series") > 1)
    )
    rows = worlds.packages(some)
    for on in (160, 171):
        keys = ("account", "marketplace", "category", "ship_date", "promised_date", "reason")
        whole = tally(classify(known_on(rows, worlds.day(on))), by=keys)
        columns = [pl.col(k).cast(pl.String) for k in keys]
        ours = whole.select(*columns, "packages").sort(pl.all())
        assert_frame_equal(worlds.tally(some, on).select(*columns, "packages").sort(pl.all()), ours)
