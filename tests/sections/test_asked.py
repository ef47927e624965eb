"""What else Amazon asks for, in sentences and tables."""

from datetime import date, timedelta

import polars as pl
import pytest

from vtrkit import classify, tally
from vtrkit.metric.linked_metrics import late_listings, linked
from vtrkit.metric.tally import sku_tally
from vtrkit.sections import asked


@pytest.mark.parametrize(
    ("met", "sentence"),
    [
        (
            (True, True),
            "north · US meets what its files show. Amazon also asks for 90 days of selling.",
        ),
        ((True, None), "whether north · US qualifies cannot be told."),
        ((False, None), "north · US does not qualify."),
    ],
)
def test_an_account_qualifies_only_where_every_condition_is_known_and_met(
    met: tuple[bool | None, bool | None], sentence: str
) -> None:
    names = ("on_time", "valid_tracking", "unmeasured")
    titles = ("90 % on time", "99 % tracked", "90 days of selling")
    frame = pl.DataFrame(
        {"programme": "Premium Shipping", "account": "north", "marketplace": "US",
         "measure": names, "title": titles, "met": [*met, None], "counted": [100, 20, 0]}
    )  # fmt: skip
    (row,) = asked._programmes(frame).to_dicts()
    assert asked._programme(row) == f"Premium Shipping: {sentence}"
    (known,) = asked._programmes(frame.head(2)).to_dicts()
    if met == (True, True):
        assert asked._programme(known) == "Premium Shipping: north · US qualifies."


def test_of_what_is_not_counted_no_verdict_is_given_and_what_is_not_measured_is_named() -> None:
    cells = tally(classify(pl.DataFrame({"order_id": ["1"], "marketplace": ["US"]})))
    said = asked.linked(linked(cells, as_of=date(2026, 1, 15))).text
    assert "Seller Fulfilled Prime: " not in said
    assert "Not measured, Seller Fulfilled Prime (US): " in said
    assert "your files name no Prime package; an order report with is-prime, or the" in said
    assert said.count("Not measured") == 2


def since_long(packages: pl.DataFrame) -> pl.DataFrame:
    """The verdicts, of files that begin long before with an order that was cancelled."""
    day = date(2026, 1, 1)
    first = packages.head(1).with_columns(
        order_id=pl.lit("first"), status=pl.lit("cancelled"), promised_date=day, ship_date=day
    )
    return classify(pl.concat([packages, first], how="diagonal"))


def test_what_prime_asks_of_a_german_seller_is_measured_as_far_as_sources_say() -> None:
    due = date(2026, 9, 28)
    packages = pl.DataFrame({"order_id": [str(n) for n in range(20)]}).with_columns(
        marketplace=pl.lit("DE"), origin=pl.lit("DE"), destination=pl.lit("DE"), scans=pl.lit(2),
        fulfilled_by=pl.lit("seller_prime"), promised_date=due, delivered_date=due,
        tracked_at=date(2026, 10, 30), account=pl.lit("nord"),
    )  # fmt: skip
    said = asked.linked(linked(tally(since_long(packages)), as_of=date(2026, 10, 30))).text
    assert "Seller Fulfilled Prime: nord · DE meets what its files show." in said
    assert "Amazon also asks for other conditions, which the sources do not state." in said
    assert "Not measured (DE): 90 % of Amazon Business shipments delivered in business h" in said
    assert "No export tells the hour of a delivery." in said


def test_a_share_beside_open_packages_is_a_range_as_is_what_it_is_short_by() -> None:
    """Of 100 packages 90 are valid and 6 unverified: 98 % is missed by 2 to 8."""
    due = date(2026, 9, 1)
    scans = [2] * 90 + [0] * 4 + [None] * 6
    cells = pl.DataFrame({"order_id": [str(n) for n in range(100)], "scans": scans}).with_columns(
        marketplace=pl.lit("US"), promised_date=due, carrier=pl.lit("UPS"),
        tracking_number=pl.lit("1Z5R89390357567127"), origin=pl.lit("US"),
    )  # fmt: skip
    said = asked.linked(linked(tally(since_long(cells)), as_of=date(2026, 9, 30))).text
    (row,) = [line for line in said.splitlines() if "| 98 % tracked |" in line]
    assert " | 90 | 100 | packages | 6 | 90.0–96.0 % | " in row
    assert row.endswith(" | no | 2–8")


def test_a_german_seller_of_october_2026_reads_the_rate_that_can_remove_listings() -> None:
    """10 of 25 units on time in the window of 15 October, all of one listing."""
    due = date(2026, 9, 28)
    packages = pl.DataFrame(
        {
            "order_id": [str(n) for n in range(25)],
            "sku": "LAMP",
            "promised_date": due,
            "delivered_date": [due] * 10 + [due + timedelta(days=3)] * 15,
        }
    ).with_columns(
        account=pl.lit("nord"), marketplace=pl.lit("DE"), origin=pl.lit("DE"), scans=pl.lit(2),
        destination=pl.lit("DE"), ship_date=due - timedelta(days=3), tracked_at=date(2026, 10, 14),
    )  # fmt: skip
    verdicts = since_long(packages)
    as_of = date(2026, 10, 15)
    listings = late_listings(sku_tally(verdicts), as_of=as_of)
    said = asked.linked(linked(tally(verdicts), as_of=as_of), listings).text
    rate = "On-time delivery rate, 14 days: nord · DE has 40.0 % (10 of 25 units)."
    assert f"{rate} Amazon enforces at least 90 % and can otherwise remove listings." in said
    assert "Below it listings may be deactivated." in said
    assert "nord | DE | LAMP | 10 | 0 | 25 | 13" in said
