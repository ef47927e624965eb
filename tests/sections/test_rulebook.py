"""What Amazon asks for, as `vtrkit rules` and `vtrkit carriers` print it."""

import re
from datetime import date

import pytest

from vtrkit.facts.marketplaces import marketplaces
from vtrkit.sections.rulebook import carriers_text, rules_text

LAST_OF_SEPTEMBER = date(2026, 9, 30)


def block(text: str, heading: str) -> str:
    """What stands under a heading."""
    return text.partition(f"\n{heading}\n")[2].partition("\n\n")[0]


def joined(text: str) -> str:
    return " ".join(text.split())


def test_the_rule_of_a_day_is_shown_with_its_age_and_sources() -> None:
    vtr = joined(block(rules_text("US", LAST_OF_SEPTEMBER), "Valid Tracking Rate"))
    for part in (
        "target at least 95 % in each category; some pages ask for more than that",
        "window the 30 days that end 10 days before you look, by promised day",
        "two scans from CN, CA, AS, UM; and goods + shipping at least USD 5",
        "goods + shipping below USD 10; and by USPS; and as Standard Mail",
        "since 15 January 2025 (rule us-2025)",
        "source https://sellercentral.amazon.com/seller-forums/discussions/t/427b2246",
        "read on 27 November 2026",
    ):
        assert part in vtr
    older = rules_text("US", date(2015, 9, 1))
    assert "Shoes: since 1 August 2015" in older
    assert "other categories: from 1 February 2016" in older


def test_germany_sees_the_on_time_rate_and_the_carriers_of_customs_from_their_days_on() -> None:
    shown, enforced = (rules_text("DE", date(2026, month, 20)) for month in (7, 9))
    rate = "On-time delivery rate, 14 days"
    assert "nothing: it is only shown" in block(shown, rate)
    assert "only shown" not in block(enforced, rate)
    assert "minimum     20 units in the window" in block(enforced, rate)
    customs = "Parcels into the European Union from outside it, up to 150 EUR"
    assert "Other is none" in joined(block(enforced, customs))
    before = rules_text("DE", date(2026, 6, 30))
    assert customs not in before
    assert rate not in before
    prime = block(enforced, "Seller Fulfilled Prime: over 92 % on time")
    assert "more than 92 % of Prime packages on time" in prime


def test_what_sources_disagree_on_stands_apart_from_what_is_exempt() -> None:
    italy = block(rules_text("IT", LAST_OF_SEPTEMBER), "Valid Tracking Rate")
    assert "  exempt by some pages: from GB, UK, BE" in italy
    assert "from GB, UK, BE" not in joined(italy).partition(" disputed ")[0]


def test_a_list_of_carriers_says_how_old_it_is() -> None:
    reporting = joined(
        block(carriers_text("IN", LAST_OF_SEPTEMBER), "Carriers that report to Amazon")
    )
    assert "list of May 2021, 5 years before: a carrier that came later may be missing" in reporting
    assert "ePost Global" in reporting
    assert re.search(r"no list can be expected to name [^.]*Ekart", reporting)
    accepted = block(carriers_text("IN", LAST_OF_SEPTEMBER), "Carriers")
    assert "accepted    only those that report to Amazon" in accepted


def test_without_a_list_no_carrier_is_refused() -> None:
    text = carriers_text("SE", LAST_OF_SEPTEMBER)
    assert "No list of them was found here, so no carrier is refused." in text


@pytest.mark.parametrize("marketplace", marketplaces())
def test_every_page_fits_80_columns_but_for_addresses(marketplace: str) -> None:
    for text in (rules_text, carriers_text):
        lines = text(marketplace, LAST_OF_SEPTEMBER).splitlines()
        wide = [line for line in lines if len(line) > 80]
        assert all(re.fullmatch(r" {2}[a-z ]{10}  http\S+|\s+http\S+", line) for line in wide)
        assert not re.search(r"\b(None|at_least|integrated_)\b", "\n".join(lines))
