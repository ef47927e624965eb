"""What can still change about a package that fails: another entry, a first scan, or nothing."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import oracle
from tests.made import examples
from vtrkit import classify
from vtrkit.rules.still_open import still_open, tracked_to
from vtrkit.schema import PACKAGES

AS_OF = date(2026, 3, 20)
UPS, WRONG = "1Z999AA10123456784", "9400111899223100001234"


def day(n: int | None) -> date | None:
    """A day so long before the as-of day."""
    return None if n is None else AS_OF - timedelta(days=n)


def judged(**fields: object) -> pl.DataFrame:
    """One package of a US seller, with its verdict."""
    usual = {
        "order_id": "1",
        "marketplace": "US",
        "origin": "US",
        "destination": "US",
        "carrier": "UPS",
        "status": "shipped",
        "tracking_number": UPS,
        "ship_date": day(4),
        "promised_date": day(0),
        "seen_at": AS_OF,
    }
    row = usual | fields
    return classify(pl.DataFrame([row], schema={n: PACKAGES[n] for n in row}))


def told(**fields: object) -> dict[str, object]:
    """What can still change about it on the as-of day."""
    return still_open(judged(**fields), as_of=AS_OF).row(0, named=True)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        # entered wrongly: until three days after the promised one, unless it is delivered
        ({"tracking_number": "", "promised_date": day(3)}, "correctable"),
        ({"tracking_number": "", "promised_date": day(4)}, "lost"),
        ({"tracking_number": "", "promised_date": day(0), "delivered_date": day(1)}, "lost"),
        ({"tracking_number": "", "promised_date": None, "ship_date": day(10)}, "correctable"),
        ({"tracking_number": "", "promised_date": None, "ship_date": day(11)}, "lost"),
        # tracking data that show it on its way when it should have arrived
        (
            {"tracking_number": "", "promised_date": day(30), "scans": 2, "tracked_at": day(0)},
            "correctable",
        ),
        (
            {"tracking_number": "", "promised_date": day(30), "scans": 0, "tracked_at": day(0)},
            "lost",
        ),
        # and that still count three days later, when the correction shows
        (
            {"tracking_number": "", "promised_date": day(36), "scans": 2, "tracked_at": day(0)},
            "correctable",
        ),
        (
            {"tracking_number": "", "promised_date": day(37), "scans": 2, "tracked_at": day(0)},
            "lost",
        ),
        # no scan yet: until 14 days after shipping, or three after the promised day
        ({"scans": 0, "ship_date": day(13), "promised_date": day(9)}, "pending"),
        ({"scans": 0, "ship_date": day(14), "promised_date": day(9)}, "lost"),
        ({"scans": 0, "ship_date": day(14), "promised_date": day(2)}, "pending"),
        ({"scans": 0, "ship_date": day(14), "promised_date": day(3)}, "lost"),
        # what the window holds, the last day of which was ten days ago, is settled
        ({"scans": 0, "ship_date": day(12), "promised_date": day(10)}, "lost"),
        # an older export of tracking data leaves it open for longer
        (
            {"scans": 0, "ship_date": day(16), "promised_date": day(9), "tracked_at": day(5)},
            "pending",
        ),
        ({"scans": 1}, None),
        ({"scans": None}, None),
        ({"status": "cancelled", "tracking_number": ""}, None),
    ],
)
def test_what_can_still_change(fields: dict[str, object], state: str | None) -> None:
    assert told(**fields)["state"] == state


@pytest.mark.parametrize(
    ("fields", "enter"),
    [
        ({"carrier": "USPS"}, "carrier UPS"),
        ({"tracking_number": ""}, "the number on your label, if it has one"),
        ({"tracking_number": "", "label_number": UPS}, UPS),
        ({"tracking_number": "n/a"}, "carrier and number as they stand on your label"),
        ({"scans": 0}, None),
    ],
)
def test_what_to_enter(fields: dict[str, object], enter: str | None) -> None:
    assert told(**fields)["enter"] == enter


def test_until_when_a_correction_is_likely_in_time_and_possible() -> None:
    """The usual transit of the lane, where five deliveries tell it, and the promised day."""
    late = judged(tracking_number="", ship_date=day(2), promised_date=AS_OF + timedelta(3))
    arrived = [
        judged(order_id=f"o{n}", scans=2, ship_date=day(30), delivered_date=day(26))
        for n in range(5)
    ]
    for others, likely in (([], AS_OF + timedelta(3)), (arrived, AS_OF + timedelta(2))):
        row = still_open(pl.concat([late, *others], how="diagonal"), as_of=AS_OF).row(0, named=True)
        assert (row["likely_until"], row["possible_until"]) == (likely, AS_OF + timedelta(6))


def test_lazy_in_lazy_out_and_the_newest_export_may_be_told() -> None:
    """A part of the packages is told of the newest export of all."""
    some = judged(scans=0, ship_date=day(16), promised_date=day(9), tracked_at=day(5))
    newer = tracked_to(some.lazy()).with_columns(tracked_to=pl.lit(AS_OF)).collect()
    table = still_open(some.lazy(), as_of=AS_OF, tracked=newer)
    assert isinstance(table, pl.LazyFrame)
    assert table.collect()["state"].item() == "lost"


_DAYS = st.none() | st.integers(-8, 42).map(day)


@examples(2)
@given(
    packages=st.lists(
        st.fixed_dictionaries(
            {
                "tracking_number": st.sampled_from(["", UPS, None]),
                "scans": st.sampled_from([None, 0, 1]),
                "status": st.sampled_from(["shipped", "shipped", "cancelled"]),
                "ship_date": _DAYS,
                "promised_date": _DAYS,
                "delivered_date": _DAYS,
                "tracked_at": _DAYS,
                "seen_at": st.just(AS_OF),
            }
        ),
        min_size=1,
        max_size=12,
    ),
    lag=st.none() | st.integers(0, 14),
)
def test_the_oracle_tells_the_same(packages: list[dict[str, object]], lag: int | None) -> None:
    rows = [
        {"order_id": str(n), "carrier": "UPS", "marketplace": "US", "origin": "US"} | p
        for n, p in enumerate(packages)
    ]
    verdicts = classify(pl.DataFrame(rows, schema={n: PACKAGES[n] for n in rows[0]}))
    newest = max((p["tracked_at"] for p in packages if p["tracked_at"]), default=AS_OF)
    end = AS_OF - timedelta(days=10 if lag is None else lag)
    expected = [
        oracle.state(p, why, AS_OF, end, newest)
        for p, why in zip(packages, verdicts["reason"], strict=True)
    ]
    found = still_open(verdicts, as_of=AS_OF, lag_days=lag).sort(pl.col("order_id").cast(pl.Int64))
    assert found["state"].to_list() == expected


@pytest.mark.parametrize(
    ("method", "enter"),
    [
        ("Grosbrief of 25 EUR", "the number on your label, if it has one"),
        ("Grosbrief", "the service spelled Großbrief, if it went so; else the number"),
        ("Grossbrief", "the service spelled Großbrief, if it went so; else the number"),
        ("DHL Paket", "the number on your label, if it has one"),
        (None, "the number on your label, if it has one"),
    ],
)
def test_a_service_that_is_exempt_but_for_its_spelling_is_proposed(
    method: str | None, enter: str
) -> None:
    """A letter has no number that could be entered."""
    german = {"marketplace": "DE", "origin": "DE", "destination": "DE", "currency": "EUR"}
    german |= {"carrier": "Deutsche Post"}
    method, _, dear = (method or "").partition(" of ")
    verdicts = judged(
        **german,
        ship_method=method or None,
        goods_value=25.0 if dear else 9.0,
        tracking_number="",
        scans=None,
        ship_date=day(1),
        promised_date=day(-2),
    )
    assert verdicts["reason"].to_list() == ["missing_number"]
    assert still_open(verdicts, as_of=AS_OF)["enter"].to_list() == [enter]
