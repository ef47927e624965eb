"""The two founding documents: the help pages of the United States 2015-16 and of Sweden 2021."""

from datetime import date
from fractions import Fraction

import polars as pl

from tests.spec.table import check
from vtrkit import classify, policy_on, rates, tally
from vtrkit.metric.target import Target

OFFICE, SHOES, TOYS = "Office Products", "Shoes", "Toys"
IN_2016 = date(2016, 1, 20)


def rate(packages: pl.DataFrame, as_of: date) -> dict[str, object]:
    """The one row of the enforced window over all packages."""
    table = rates(tally(classify(packages)), as_of=as_of, by=("marketplace",))
    return table.filter(pl.col("days") == 30).row(0, named=True)


def test_the_rate_is_valid_over_shipped_and_190_of_200_is_95_percent() -> None:
    """US help page 2015-16, SE help page 2021: packages with a valid number / packages shipped."""
    packages = pl.DataFrame(
        {"order_id": [str(i) for i in range(210)], "status": ["unshipped"] * 10 + ["shipped"] * 200}
    ).with_columns(
        marketplace=pl.lit("SE"),
        scans=pl.when(pl.int_range(210) < 20).then(0).otherwise(1),
        ship_date=date(2025, 5, 1),
        promised_date=date(2025, 5, 3),
    )
    row = rate(packages, date(2025, 5, 20))
    assert (row["valid"], row["counted"], row["vtr"]) == (190, 200, 0.95)


def test_a_number_is_valid_with_at_least_one_carrier_scan() -> None:
    """US help page 2015-16: at least one scan by the carrier."""
    check(
        """
        scans  tracking_number | outcome  reason
        0      1Z5R89390357567127 | defect   no_scan
        1      1Z5R89390357567127 | valid    valid
        3      1Z5R89390357567127 | valid    valid
        -      1Z5R89390357567127 | unknown  unverified
        1      ""              | defect   missing_number
        """,
        marketplace="US",
        ship_date=date(2015, 9, 1),
        carrier="UPS",
    )


def test_the_target_is_95_percent_in_every_category() -> None:
    """US help page 2015-16 and SE help page 2021: 95 % of shipments."""
    for marketplace, day in (("US", IN_2016), ("SE", date(2021, 6, 1))):
        policy = policy_on(marketplace, day)
        assert (policy.target, policy.condition) == (Fraction(95, 100), "at_least")


def test_exactly_95_percent_is_disputed_between_sources() -> None:
    """UK announcement 2025 'at least', US moderator 'over', API `GREATER_THAN`."""
    policy = policy_on("US", date(2026, 1, 31))
    assert policy.condition_disputed
    assert Target.of_bp(policy.target_bp, "at_least").meets(19, 20)
    assert not Target.of_bp(policy.target_bp, "greater_than").meets(19, 20)


def test_office_products_and_shoes_are_enforced_from_august_2015_others_from_february() -> None:
    """US help page 2015-16: in force since August 2015 and from February 2016."""
    policy = policy_on("US", IN_2016)
    assert [policy.enforces(c, IN_2016) for c in (OFFICE, SHOES, TOYS)] == [True, True, False]
    assert policy.enforces(TOYS, date(2016, 2, 1))
    assert not policy.enforces(OFFICE, date(2015, 7, 31))


def test_packages_of_the_grace_period_are_counted_and_cannot_hurt() -> None:
    """US help page 2015-16: shipments before or in the grace period do not affect selling."""
    check(
        """
        category         ship_date  | reason   enforced
        Office Products  2015-07-31 | no_scan  false
        Office Products  2015-08-01 | no_scan  true
        Shoes            2015-08-01 | no_scan  true
        Toys             2016-01-31 | no_scan  false
        Toys             2016-02-01 | no_scan  true
        """,
        marketplace="US",
        scans=0,
    )


def test_the_rule_of_2015_measures_7_30_and_90_days_two_weeks_late() -> None:
    """US help page 2015-16: over 7, 30 and 90 days, with a lag of two weeks."""
    policy = policy_on("US", IN_2016)
    assert (policy.windows_days, policy.lag_days) == ((7, 30, 90), 14)


def test_the_lag_is_14_days_before_2020_and_10_since() -> None:
    """Help pages say two weeks; the API's own responses end ten days before the request."""
    for marketplace in ("US", "UK", "DE", "MX"):
        lags = [policy_on(marketplace, date(y, 6, 1)).lag_days for y in (2016, 2019, 2020, 2026)]
        assert lags == [14, 14, 10, 10]


def test_the_promised_day_decides_which_packages_are_in_the_window() -> None:
    """US help page 2015-16: by promised delivery date."""
    as_of = date(2016, 3, 31)
    packages = pl.DataFrame(
        {
            "order_id": ["in", "late", "early"],
            "promised_date": [date(2016, 3, 17), date(2016, 3, 18), date(2016, 2, 16)],
        }
    ).with_columns(marketplace=pl.lit("US"), ship_date=date(2016, 3, 1), scans=1)
    assert rate(packages, as_of)["counted"] == 1


def test_only_shipments_within_the_united_states_are_measured() -> None:
    """US help page 2015-16: the target is for US shipments."""
    check(
        """
        destination | reason
        US          | no_scan
        -           | no_scan
        CA          | exempt_route
        """,
        marketplace="US",
        ship_date=date(2016, 3, 1),
        scans=0,
    )


def test_small_items_in_untracked_envelopes_are_exempt_in_2016() -> None:
    """Tamebay 2016-03: Standard Mail and First Class envelopes are left out, by exact name."""
    check(
        """
        carrier  ship_method                  | reason
        USPS     USPS Standard Mail envelopes | exempt_service
        USPS     usps standard mail envelopes | no_scan
        USPS     USPS Priority Mail           | no_scan
        USPS     -                            | no_scan
        UPS      USPS Standard Mail envelopes | no_scan
        """,
        marketplace="US",
        ship_date=date(2016, 3, 1),
        scans=0,
    )


def test_a_carrier_that_is_not_integrated_never_counts() -> None:
    """US help page 2015-16: change the carrier or buy labels through Amazon."""
    check(
        """
        carrier       amazon_label | reason
        UPS           -            | valid
        Yodel         -            | unsupported_carrier
        Other         -            | unsupported_carrier
        Yodel         true         | valid
        Joe's Couriers  -          | valid
        -             -            | valid
        """,
        marketplace="US",
        ship_date=date(2016, 3, 1),
        scans=2,
    )


def test_fba_is_not_measured() -> None:
    """US help page 2015-16: non-FBA selling is at risk, so packages that Amazon sends are out."""
    check(
        """
        fulfilled_by  status    | outcome  reason
        amazon        shipped   | exempt   fulfilled_by_amazon
        seller        unshipped | exempt   not_shipped
        seller        cancelled | exempt   cancelled
        seller        shipped   | valid    valid
        """,
        marketplace="US",
        ship_date=date(2016, 3, 1),
        scans=1,
    )


def test_a_number_entered_after_delivery_never_counts() -> None:
    """US and UK FAQ: until delivery a number can be added or changed, afterwards never."""
    check(
        """
        tracking_entered_at  delivered_date | reason
        2025-02-02           2025-02-03     | valid
        2025-02-03           2025-02-03     | valid
        2025-02-04           2025-02-03     | entered_late
        2025-02-04           -              | valid
        -                    2025-02-03     | valid
        """,
        marketplace="US",
        ship_date=date(2025, 2, 1),
        origin="US",
        scans=1,
    )


def test_sweden_is_informational() -> None:
    """SE help page 2021: missing 95 % does not suspend the account at present."""
    day = date(2026, 1, 31)
    assert not policy_on("SE", day).enforces(TOYS, day)
    check(
        """
        marketplace  scans | reason   enforced
        SE           0     | no_scan  false
        US           0     | no_scan  true
        """,
        ship_date=day,
    )


def test_one_exempt_letter_and_one_bad_parcel_are_0_of_1() -> None:
    """Seller forum 9d31: exempt services leave the denominator altogether."""
    packages = pl.DataFrame(
        {
            "order_id": ["letter", "parcel"],
            "ship_method": ["Royal Mail International Letter", "Royal Mail Tracked 48"],
            "destination": ["DE", "GB"],
        }
    ).with_columns(
        marketplace=pl.lit("UK"),
        origin=pl.lit("GB"),
        goods_value=12.0,
        currency=pl.lit("EUR"),
        scans=0,
        ship_date=date(2025, 3, 1),
        promised_date=date(2025, 3, 4),
    )
    row = rate(packages, date(2025, 3, 20))
    assert (row["valid"], row["counted"], row["vtr"]) == (0, 1, 0.0)
    assert row["disputed_packages"] == 0


def test_packages_on_which_pages_disagree_make_the_rate_a_range() -> None:
    """Belgium is in one list of 2025 alone: counted for certain are the domestic ones, 8 of 9."""
    home, belgium = ["FR"] * 9, ["BE"] * 3
    packages = pl.DataFrame(
        {
            "order_id": [str(n) for n in range(12)],
            "destination": home + belgium,
            "scans": [0, *[1] * 8, *[0, 0, 2]],
        }
    ).with_columns(
        marketplace=pl.lit("FR"),
        origin=pl.lit("FR"),
        goods_value=30.0,
        currency=pl.lit("EUR"),
        ship_date=date(2025, 3, 1),
        promised_date=date(2025, 3, 4),
    )
    row = rate(packages, date(2025, 3, 20))
    assert (row["valid"], row["counted"], row["disputed_packages"]) == (8, 9, 3)
    assert (row["vtr_low"], row["vtr_high"]) == (8 / 11, 9 / 10)
    # at 75 % the eleven that may count allow two failures, and three of them fail
    assert (row["budget"], row["budget_left"], row["to_fix_best"]) == (0, -3, 1)


def test_the_same_packages_are_judged_by_the_rule_of_their_own_day() -> None:
    """US 2015-16 asks for integrated carriers and one scan, US 2025 for two scans from China."""
    check(
        """
        ship_date   carrier  origin | reason               enforced
        2016-01-20  Yodel    US     | unsupported_carrier  false
        2025-03-01  Yodel    US     | valid                true
        2016-01-20  USPS     CN     | valid                false
        2025-03-01  USPS     CN     | too_few_scans        true
        """,
        marketplace="US",
        category=TOYS,
        scans=1,
        goods_value=9.0,
        shipping_value=0.0,
        currency="USD",
        promised_date=date(2025, 3, 5),
        seen_at=date(2025, 6, 1),
    )
    assert (policy_on("US", IN_2016).id, policy_on("US", date(2025, 3, 1)).id) == (
        "us-2015",
        "us-2025",
    )


def test_a_day_before_the_first_rule_and_a_marketplace_without_one_use_the_default() -> None:
    """Nothing is documented for them: 95 % over 30 days, informational, labelled so."""
    for marketplace, day in (("US", date(2014, 1, 1)), ("MX", date(2016, 1, 1))):
        policy = policy_on(marketplace, day)
        assert (policy.id, policy.lag_days) == ("default-2019", 14)
    for marketplace in ("MX", "SG", "TR", "NL", "PL", "BE", "EG", "(unnamed)"):
        policy = policy_on(marketplace, date(2026, 1, 1))
        assert (policy.id, policy.enforced, policy.window_days) == ("default", False, 30)
        assert policy.title.startswith("No documented rule")
