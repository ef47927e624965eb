"""What changed between two reports, against packages counted one by one."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrkit import classify, tally
from vtrkit.errors import ParameterError
from vtrkit.metric.changes import DAILY, changes
from vtrkit.metric.target import Target
from vtrkit.metric.windows import Question
from vtrkit.report.figures import daily
from vtrkit.study.study import Study

FIRST = date(2026, 3, 31)
SCANS = {"valid": 2, "no_scan": 0, "unverified": None}
Package = tuple[str, str, int, str]
"""Marketplace, category, days before the first window's end, verdict."""


def figures(packages: Sequence[Package], as_of: date = FIRST) -> dict[str, Any]:
    """`report.json` of packages, as a later run would read it."""
    rows = [
        {
            "order_id": str(i),
            "marketplace": market,
            "origin": market,
            "destination": market,
            "category": category,
            "promised_date": FIRST - timedelta(days=10 + ago),
            "delivered_date": FIRST - timedelta(days=10 + ago) if verdict == "valid" else None,
            "scans": SCANS[verdict],
            "status": "shipped",
            "tracking_number": "1",
        }
        for i, (market, category, ago, verdict) in enumerate(packages)
    ]
    judged = tally(classify(pl.DataFrame(rows, infer_schema_length=None)))
    shop = Study(judged.lazy(), Question.of(as_of, seen_to=as_of), (Target(95),))
    found = {
        "as_of": as_of,
        "totals": shop.totals.to_dicts(),
        "rates": shop.rates.to_dicts(),
        "daily": daily(shop).to_dicts(),
    }
    copied: dict[str, Any] = json.loads(json.dumps(found, default=str))
    return copied


def group(found: dict[str, Any], market: str = "US") -> dict[str, Any]:
    (one,) = [g for g in found["groups"] if g["marketplace"] == market]
    return one


def many(category: str, verdict: str, count: int, ago: int = 5) -> list[Package]:
    return [("US", category, ago, verdict)] * count


OLD = many("(old)", "valid", 1, ago=100)
"""A package from long ago, so that every window is covered."""


def test_packages_enter_and_leave_as_the_window_moves_on() -> None:
    """A week later the days of that week have come in and those of the first week are gone."""
    before = [("US", "Shoes", ago, "valid") for ago in range(60)]
    now = [("US", "Shoes", ago, "valid") for ago in range(-20, 60) for _ in range(1 + (ago < 0))]
    found = changes(figures(before), figures(now, FIRST + timedelta(days=7)))
    moved = group(found)
    assert (moved["entered"], moved["left"], moved["restated"]) == (14, 7, 0)
    assert found["since"] == "2026-03-31"


def test_a_restated_verdict_is_counted_once() -> None:
    before = OLD + many("Shoes", "valid", 9) + many("Shoes", "unverified", 2)
    now = OLD + many("Shoes", "valid", 8) + many("Shoes", "no_scan", 2) + many("Shoes", "valid", 1)
    moved = group(changes(figures(before), figures(now)))
    assert (moved["entered"], moved["left"], moved["restated"]) == (0, 0, 2)


def test_a_package_that_a_later_export_adds_to_an_old_day_is_restated() -> None:
    before, now = OLD + many("Shoes", "valid", 9), OLD + many("Shoes", "valid", 10)
    assert group(changes(figures(before), figures(now)))["restated"] == 1


def test_better_rates_at_the_same_weights_are_quality() -> None:
    before = OLD + many("A", "valid", 8) + many("A", "no_scan", 2) + many("B", "valid", 10)
    now = OLD + many("A", "valid", 10) + many("B", "valid", 10)
    moved = group(changes(figures(before), figures(now)))
    assert (moved["vtr_before"], moved["vtr_now"]) == (0.9, 1.0)
    assert (moved["mix"], moved["quality"]) == (0, pytest.approx(0.1))


def test_other_weights_at_the_same_rates_are_mix() -> None:
    half = many("A", "valid", 5) + many("A", "no_scan", 5)
    before, now = OLD + half + many("B", "valid", 10), OLD + half + many("B", "valid", 40)
    moved = group(changes(figures(before), figures(now)))
    assert moved["quality"] == 0
    assert moved["mix"] == pytest.approx(0.9 - 0.75)


@pytest.mark.parametrize("swap", [False, True])
def test_a_category_that_appears_or_vanishes_is_mix(*, swap: bool) -> None:
    one = OLD + many("A", "valid", 10)
    two = one + many("B", "no_scan", 5) + many("B", "valid", 5)
    before, now = (two, one) if swap else (one, two)
    moved = group(changes(figures(before), figures(now)))
    assert moved["quality"] == 0
    assert moved["mix"] == pytest.approx(0.25 if swap else -0.25)


def test_categories_that_changed_status_are_listed() -> None:
    before = OLD + many("A", "valid", 10) + many("B", "valid", 10) + many("C", "valid", 10)
    now = OLD + many("A", "no_scan", 10) + many("B", "valid", 10) + many("D", "unverified", 10)
    found = changes(figures(before), figures(now))["statuses"]
    assert [(s["category"], s["before"], s["now"]) for s in found] == [
        ("A", "GOOD", "BAD"),
        ("C", "GOOD", "NONE"),
        ("D", "NONE", "UNDECIDED"),
    ]


def test_a_rate_that_moves_by_five_points_is_listed_though_its_status_stays() -> None:
    def of(bad: int) -> list[Any]:
        return [*OLD, *many("A", "no_scan", bad), *many("A", "valid", 100 - bad)]

    def told(before: int, now: int) -> list[tuple[str, float, float]]:
        found = changes(figures(of(before)), figures(of(now)))["statuses"]
        return [(s["now"], s["vtr_before"], s["vtr_now"]) for s in found]

    assert told(6, 30) == [("BAD", 0.94, 0.7)]
    assert told(30, 25) == [("BAD", 0.7, 0.75)]
    assert told(6, 10) == told(0, 4) == []


def test_a_marketplace_that_is_new_has_no_change_of_its_rate() -> None:
    new = [("UK", "A", ago, "valid") for ago in (5, 100)]
    found = changes(figures([*OLD, *many("A", "valid", 3)]), figures([*OLD, *new]))
    assert [g["marketplace"] for g in found["groups"]] == []


def test_reports_without_any_package_in_a_window_change_nothing() -> None:
    found = changes(figures(OLD), figures(OLD, FIRST + timedelta(days=1)))
    assert found["groups"] == []


packages = st.lists(
    st.tuples(
        st.sampled_from(["US", "UK"]),
        st.sampled_from("ABC"),
        st.integers(-12, 45),
        st.sampled_from(list(SCANS)),
    ),
    max_size=25,
)


@given(packages, packages, st.integers(0, 40))
def test_counts_and_shares_are_those_of_packages_counted_one_by_one(
    before: list[Package], now: list[Package], later: int
) -> None:
    always = [(market, "A", 100, "valid") for market in ("US", "UK")]
    found = changes(figures(always + before), figures(always + now, FIRST + timedelta(days=later)))
    for market in ("US", "UK"):
        expected = _by_hand(before, now, later, market)
        groups = [g for g in found["groups"] if g["marketplace"] == market]
        assert bool(groups) == (expected is not None)
        for one in groups:
            assert {k: one[k] for k in ("entered", "left", "restated")} == expected
            moved = one["vtr_now"] - one["vtr_before"]
            assert one["mix"] + one["quality"] == pytest.approx(moved, abs=1e-9)
            assert one["vtr_before"] == pytest.approx(_rate(before, 0, market), abs=1e-9)
            assert one["vtr_now"] == pytest.approx(_rate(now, later, market), abs=1e-9)


def _inside(package: Package, later: int, market: str) -> bool:
    return package[0] == market and -later <= package[2] < 30 - later


def _rate(packages: list[Package], later: int, market: str) -> float:
    inside = [p for p in packages if _inside(p, later, market)]
    return float(Fraction(sum(p[3] == "valid" for p in inside), len(inside)))


def _by_hand(
    before: list[Package], now: list[Package], later: int, market: str
) -> dict[str, int] | None:
    was = [p for p in before if _inside(p, 0, market)]
    is_ = [p for p in now if _inside(p, later, market)]
    if not was or not is_:
        return None
    shared = Counter(p for p in was if _inside(p, later, market))
    shared_now = Counter(p for p in is_ if _inside(p, 0, market))
    gone, come = shared - shared_now, shared_now - shared
    cells = {p[:3] for p in [*gone, *come]}
    restated = sum(
        max(sum(n for p, n in side.items() if p[:3] == cell) for side in (gone, come))
        for cell in cells
    )
    return {
        "entered": sum(not _inside(p, 0, market) for p in is_),
        "left": sum(not _inside(p, later, market) for p in was),
        "restated": restated,
    }


def _no_totals(f: dict[str, Any]) -> object:
    return {k: v for k, v in f.items() if k != "totals"}


def _no_day(f: dict[str, Any]) -> object:
    return {k: v for k, v in f.items() if k != "as_of"}


def _odd_day(f: dict[str, Any]) -> object:
    return f | {"daily": [dict(zip(DAILY, "abcdefg", strict=True))]}


def _text(f: dict[str, Any]) -> object:
    return f | {"rates": "none"}


def _list(f: dict[str, Any]) -> object:
    return f | {"totals": [1]}


@pytest.mark.parametrize("broken", [_no_totals, _no_day, _odd_day, _text, _list])
def test_a_report_of_another_form_is_refused(broken: Callable[[Any], Any]) -> None:
    good = figures(OLD + many("A", "valid", 3))
    with pytest.raises(ParameterError, match=r"not a report\.json of this version"):
        changes(broken(good), good)
