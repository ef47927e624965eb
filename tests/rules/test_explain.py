"""The story of an order, and the chart of reasons: words and counts as the verdicts have them."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from vtrkit import explain
from vtrkit.charts import pareto
from vtrkit.errors import ParameterError
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Reason
from vtrkit.sections.why import remedies

UPS = "1Z5R89390357567127"


def order(**fields: Any) -> pl.DataFrame:
    usual = {
        "order_id": "1",
        "package_id": "1",
        "marketplace": "US",
        "origin": "US",
        "carrier": "USPS",
        "tracking_number": UPS,
        "ship_date": date(2026, 1, 5),
        "promised_date": date(2026, 1, 9),
        "scans": None,
    }
    return pl.DataFrame([usual | fields], schema_overrides={"scans": pl.Int32})


def test_a_story_tells_verdict_number_rule_window_and_remedy() -> None:
    """Promised on 9 January, read ten days later for thirty days."""
    said = explain(order(), "1")
    for part in (
        "Package 1 of order 1 counts as a defect: wrong carrier.",
        "The number looks like UPS 1Z, with a right check digit",
        "It may belong to UPS.",
        "Judged by the rule us-2025 (United States",
        "It counts on each of the 30 days from 19 January 2026 to 17 February 2026.",
        "What helps: Correct the carrier before the package is delivered.",
    ):
        assert part in said


def test_every_package_of_an_order_has_its_paragraph() -> None:
    two = pl.concat([order(), order(package_id="2", carrier="UPS", scans=3)])
    first, second = explain(two, "1").split("\n\n")
    assert "Package 1 of order 1 counts as a defect" in first
    assert "Package 2 of order 1 counts as validly tracked: valid." in second


def test_what_amazon_disputes_is_said_for_an_appeal() -> None:
    said = explain(order(carrier="UPS", scans=3, reported_valid=False), "1")
    assert "counts as a defect: rejected by Amazon." in said
    assert "Amazon says that it is not valid" in said
    assert "by the rules alone it would be: valid. An appeal can use this." in said


SEEN = date(2026, 1, 8)
SCANNED: dict[str, Any] = {"carrier": "UPS", "scans": 0, "tracked_at": SEEN, "seen_at": SEEN}
REPORTED: dict[str, Any] = {
    "carrier": "UPS",
    "scans": 3,
    "reported_valid": False,
    "reported_at": date(2026, 1, 6),
    "tracking_entered_at": date(2026, 1, 7),
}


@pytest.mark.parametrize(
    ("fields", "as_of", "said"),
    [
        (
            {},
            "2026-01-08",
            "It can still be corrected, until 12 January 2026 at the latest: enter carr",
        ),
        ({}, "2026-01-13", "It can no longer be corrected, and no scan is awaited any more."),
        ({"delivered_date": SEEN}, "2026-01-08", "It can no longer be corrected"),
        (SCANNED, None, "Awaited: its first scan, until 19 January 2026."),
        (SCANNED, None, "Package 1 of order 1 fails as things are: not scanned yet."),
        (SCANNED | {"tracked_at": date(2026, 1, 19)}, "2026-01-19", "a defect: never scanned."),
        ({}, "2026-01-08", "Package 1 of order 1 fails as things are: wrong carrier."),
        ({}, "2026-01-13", "Package 1 of order 1 counts as a defect: wrong carrier."),
        (
            {"tracking_number": "", "label_number": "1Z999AA10123456784"},
            None,
            "The label of your shipping tool has 1Z999AA10123456784.",
        ),
        (SCANNED | {"tracked_at": date(2026, 1, 19)}, "2026-01-19", "no scan is awaited any more"),
        (REPORTED, None, "Awaiting Amazon: this number was entered on 7 January 2026, after"),
        (REPORTED, None, "The correction shows within 72 hours, by 10 January 2026."),
        (
            {"carrier": "UPS", "scans": 1, "origin": "CN", "destination": "US", "goods_value": 9.0}
            | {"currency": "USD", "shipping_value": 0.0, "seen_at": SEEN},
            None,
            "Where the rule asks for a second scan, it may come until 8 February 2026.",
        ),
    ],
)
def test_a_story_says_what_is_awaited_and_until_when(
    fields: dict[str, Any], as_of: str | None, said: str
) -> None:
    assert said in explain(order(**fields), "1", as_of=as_of)


@pytest.mark.parametrize("fields", [{}, {"carrier": "UPS", "scans": 3, "seen_at": SEEN}])
def test_nothing_is_awaited_on_no_day_and_of_a_valid_package(fields: dict[str, Any]) -> None:
    story = explain(order(**fields), "1").casefold()
    assert "await" not in story
    assert "corrected" not in story


def test_a_disputed_package_is_said_to_count_by_one_page_alone() -> None:
    belgium = {"marketplace": "IT", "origin": "IT", "destination": "BE", "scans": 0}
    story = explain(order(**belgium, carrier="BRT", tracking_number="12345678901"), "1")
    counts = "may or may not count: fails, if it counts."
    assert counts in story
    assert "It counts on" not in story


def test_the_rule_told_is_the_one_that_judged() -> None:
    """Japan goes by the promised day: promised on 1 June 2021, shipped in May."""
    days = {"ship_date": date(2021, 5, 28), "promised_date": date(2021, 6, 1)}
    assert "by the rule jp-2021" in explain(order(marketplace="JP", **days), "1")


def test_a_verdict_says_how_old_its_rule_and_its_list_are_and_what_is_not_certain() -> None:
    """India's list of carriers is of May 2021; the rule of today names no list."""
    story = explain(order(marketplace="IN", ship_date=date(2026, 1, 5)), "1")
    assert "Which carriers report to Amazon is known from a list of 2021-05." in story
    assert "(read 2026-11-27)." in story
    assert "About this rule: The first day is that on which carrier Other was removed." in story
    assert "known from a list" not in explain(order(ship_date=date(2026, 1, 5)), "1")


def test_an_exempt_package_is_in_no_window() -> None:
    said = explain(order(status="cancelled"), "1")
    assert "is not part of the metric: cancelled." in said
    assert "window" not in said


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ParameterError, match="there is no order 2 among these packages"):
        explain(order(), "2")


def failing(*rows: tuple[str, str, Reason, int]) -> pl.DataFrame:
    schema = ["category", "carrier_id", "reason", "packages"]
    return pl.DataFrame(rows, schema=schema, orient="row").cast({"packages": pl.Int64})


def _values(spec: dict[str, Any], place: int) -> list[dict[str, Any]]:
    part = spec["hconcat"][place]
    name = (part.get("data") or part["layer"][0]["data"])["name"] if "name" in str(part) else ""
    return spec["datasets"][name] if name in spec.get("datasets", {}) else part["data"]["values"]


def test_reasons_stand_from_the_most_frequent_with_what_they_explain() -> None:
    told = failing(
        ("Shoes", "ups", Reason.NO_SCAN, 6),
        ("Toys", "ups", Reason.NO_SCAN, 1),
        ("Shoes", "usps", Reason.MISSING_NUMBER, 3),
    )
    spec = pareto(told).to_dict()
    bars = _values(spec, 0)
    assert [(r["reason"], r["packages"], r["said"]) for r in bars] == [
        ("never scanned", 7, "7 · 70 %"),
        ("no tracking number", 3, "3 · 100 %"),
    ]
    assert spec["description"].endswith("never scanned 7; no tracking number 3.")
    cells = {(r["reason"], r["category"]): r["packages"] for r in _values(spec, 1)}
    assert cells == {
        ("never scanned", "Shoes"): 6,
        ("never scanned", "Toys"): 1,
        ("no tracking number", "Shoes"): 3,
    }
    carriers = {(r["reason"], r["carrier"]): r["packages"] for r in _values(spec, 2)}
    assert carriers == {("never scanned", "UPS"): 7, ("no tracking number", "USPS"): 3}


def test_more_than_eight_categories_share_the_last_column() -> None:
    told = failing(*((f"c{i:02}", "ups", Reason.NO_SCAN, 20 - i) for i in range(12)))
    columns = {r["category"]: r["packages"] for r in _values(pareto(told).to_dict(), 1)}
    assert columns["all others"] == sum(20 - i for i in range(8, 12))
    assert len(columns) == 9


def test_no_failing_package_makes_an_empty_chart_and_table() -> None:
    said = pareto(failing()).to_dict()["description"]
    assert said.endswith("none of these packages is a defect or unverified")
    assert remedies(failing()).is_empty()


def test_each_reason_that_occurs_has_its_remedy() -> None:
    told = failing(*(("a", "ups", r, 1) for r in Reason))
    shown = remedies(told)
    assert set(shown["reason"]) == {text.label for text in REASONS.values()}
    assert shown["remedy"].null_count() == 0


def test_what_is_too_late_or_needs_no_help_is_not_told_what_to_do() -> None:
    """Delivered long ago with the wrong carrier; valid; not known, and not counting yet."""
    late = order(delivered_date=date(2026, 1, 8), seen_at=date(2026, 1, 31))
    said = explain(late, "1")
    assert "It can no longer be corrected" in said
    assert "What would have helped: Correct the carrier" in said
    assert "helps" not in said
    assert "help" not in explain(order(carrier="UPS", scans=3), "1")
    unknown = explain(order(carrier="UPS", scans=None), "1")
    assert "Package 1 of order 1 cannot be judged from these files: scan not known." in unknown
    assert "counts, but" not in unknown
