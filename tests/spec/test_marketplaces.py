"""The later rules of each marketplace, one table a clause."""

from datetime import date

from tests.spec.table import check
from vtrkit import policy_on

LATER = date(2026, 6, 1)
SPRING_2025 = date(2025, 3, 1)


def test_us_2020_counts_from_abroad_where_tracking_is_integrated_and_above_5_usd() -> None:
    """US help page about 2020: China Post Express and ePacket, orders above 5 USD."""
    check(
        """
        ship_date   origin  carrier     goods_value  destination | reason
        2020-05-01  US      USPS        3            US          | no_scan
        2020-05-01  CN      China Post  9            US          | no_scan
        2020-05-01  CN      China Post  5            US          | exempt_value
        2020-05-01  CN      Yanwen      9            US          | exempt_route
        2020-05-01  US      USPS        9            DE          | exempt_route
        """,
        marketplace="US",
        scans=0,
        currency="USD",
    )


def test_us_2021_counts_domestic_packages_and_exempts_envelopes_below_10_usd() -> None:
    """Moderator 2021 and help page: domestic, one scan; small and flat below 10 USD exempt."""
    check(
        """
        ship_date   origin  ship_method                      goods_value | reason
        2021-05-01  US      USPS Priority Mail               9           | no_scan
        2021-05-01  CN      USPS Priority Mail               9           | exempt_route
        2021-05-01  US      USPS First Class Mail envelopes  9.99        | exempt_service
        2021-05-01  US      USPS First Class Mail envelopes  10          | no_scan
        2022-05-01  US      USPS First Class Mail envelopes  9.99        | exempt_service
        """,
        marketplace="US",
        carrier="USPS",
        scans=0,
        currency="USD",
    )


def test_us_from_9_august_2021_wants_two_scans_from_china_from_5_usd_on() -> None:
    """CN-out 2021-08-09: below 5 USD one scan, from 5 USD on two."""
    check(
        """
        ship_date   origin  goods_value | reason
        2021-08-08  CN      5.00        | exempt_route
        2021-08-09  CN      4.99        | valid
        2021-08-09  CN      5.00        | too_few_scans
        2021-08-09  CA      5.00        | exempt_route
        2021-08-09  US      5.00        | valid
        """,
        marketplace="US",
        carrier="USPS",
        scans=1,
        currency="USD",
        promised_date=date(2021, 9, 1),
        seen_at=LATER,
    )


def test_us_2025_wants_two_scans_by_origin_and_value() -> None:
    """US announcement 2025: from CN, CA, AS, UM from 5 USD on; from IN and UK from 15 USD on."""
    check(
        """
        origin  goods_value  scans | reason
        CN      4.99         1     | valid
        CN      5.00         1     | too_few_scans
        CN      5.00         2     | valid
        CA      5.00         1     | too_few_scans
        AS      5.00         1     | too_few_scans
        UM      5.00         1     | too_few_scans
        IN      14.99        1     | valid
        IN      15.00        1     | too_few_scans
        GB      14.99        1     | valid
        GB      15.00        1     | too_few_scans
        US      99.00        1     | valid
        """,
        marketplace="US",
        currency="USD",
        ship_date=SPRING_2025,
        promised_date=SPRING_2025,
        delivered_date=SPRING_2025,
        seen_at=LATER,
    )


def test_of_two_scans_one_is_the_delivery_or_its_attempt() -> None:
    """US announcement 2025: one at the carrier's facility, one at delivery or its attempt."""
    check(
        """
        scans  delivered_date  attempted_date | reason
        2      2025-03-04      -              | valid
        2      -               2025-03-04     | valid
        5      -               -              | too_few_scans
        1      2025-03-04      -              | too_few_scans
        0      -               -              | no_scan
        -      2025-03-04      -              | too_little_known
        """,
        marketplace="US",
        origin="CN",
        goods_value=9.0,
        currency="USD",
        ship_date=SPRING_2025,
        promised_date=SPRING_2025,
        seen_at=LATER,
    )


def test_a_second_scan_may_come_until_30_days_after_the_promised_day() -> None:
    """Inferred: a parcel from abroad is not late for its second scan before that."""
    check(
        """
        promised_date  seen_at    | reason
        2025-03-01     2025-03-30 | too_little_known
        2025-03-01     2025-03-31 | too_few_scans
        2025-03-01     -          | too_little_known
        -              2025-03-31 | too_little_known
        """,
        marketplace="US",
        origin="CN",
        goods_value=9.0,
        currency="USD",
        ship_date=SPRING_2025,
        scans=1,
    )


def test_a_value_includes_shipping_and_excludes_tax() -> None:
    """US announcement 2025: values include shipping charges and exclude taxes."""
    check(
        """
        goods_value  shipping_value  tax_value | reason
        3.00         1.99            9.00      | valid
        3.00         2.00            0.00      | too_few_scans
        0.10         4.90            0.00      | too_few_scans
        4.99         -               -         | valid
        5.00         -               -         | too_few_scans
        4.00         -               1.00      | too_little_known
        """,
        marketplace="US",
        origin="CN",
        currency="USD",
        scans=1,
        ship_date=SPRING_2025,
        promised_date=SPRING_2025,
        seen_at=LATER,
    )


def test_value_or_origin_unknown_is_a_defect_only_if_the_mildest_rule_fails() -> None:
    """A value in another currency is not known, and never converted."""
    check(
        """
        origin  goods_value  currency  scans  delivered_date | reason
        CN      9            EUR       2      2025-03-04     | valid
        CN      9            EUR       1      2025-03-04     | too_little_known
        CN      9            EUR       0      -              | no_scan
        CN      9            -         1      2025-03-04     | too_little_known
        CN      -            USD       1      2025-03-04     | too_little_known
        -       9            USD       1      2025-03-04     | too_little_known
        -       4            USD       1      2025-03-04     | valid
        -       -            -         1      2025-03-04     | too_little_known
        -       -            -         2      2025-03-04     | valid
        -       -            -         0      -              | no_scan
        US      -            -         1      2025-03-04     | valid
        """,
        marketplace="US",
        ship_date=SPRING_2025,
        promised_date=SPRING_2025,
        seen_at=LATER,
    )


def test_us_2025_leaves_out_other_routes_and_untracked_letters() -> None:
    """US announcement 2025: origins not listed, USPS below 10 USD, UK and IN below 15 USD."""
    check(
        """
        origin  carrier  ship_method         goods_value  destination | reason
        US      USPS     USPS First Class    9.99         US          | exempt_service
        US      USPS     USPS First Class    10.00        US          | no_scan
        US      USPS     First-Class Mail®   9.99         US          | exempt_service
        US      USPS     USPS_FIRST_CLASS    9.99         US          | exempt_service
        US      USPS     First-Class Mail Letter  9.99    US          | exempt_service
        US      USPS     First-Class Package Service  9.99  US        | no_scan
        US      USPS     USPS Priority Mail  9.99         US          | no_scan
        DE      DHL      DHL Paket           9.99         US          | exempt_route
        US      DHL      DHL Paket           9.99         DE          | exempt_route
        US      DHL      DHL Paket           9.99         -           | no_scan
        GB      Royal Mail  Untracked Letter    14.99        US          | exempt_service
        GB      Royal Mail  Untracked Letter    15.00        US          | no_scan
        IN      India Post  Untracked Letter    14.99        US          | exempt_service
        """,
        marketplace="US",
        currency="USD",
        scans=0,
        ship_date=SPRING_2025,
    )


def test_what_may_be_exempt_is_unknown_rather_than_a_defect() -> None:
    """An exemption that hinges on an unknown value or route is left open; a scan is enough."""
    check(
        """
        ship_method         goods_value  currency  scans | reason
        USPS First Class    -            USD       0     | too_little_known
        USPS First Class    9            CAD       0     | too_little_known
        USPS First Class    9            CAD       1     | valid
        USPS First Class    9            USD       1     | exempt_service
        USPS Priority Mail  -            USD       0     | no_scan
        """,
        marketplace="US",
        origin="US",
        carrier="USPS",
        ship_date=SPRING_2025,
    )


def test_from_15_january_2025_all_carriers_are_measured_in_us_and_europe() -> None:
    """US and UK announcements 2025: no longer only integrated carriers."""
    check(
        """
        marketplace  carrier    ship_date  | reason
        US           Instabox   2025-01-14 | disputed_defect
        US           Instabox   2025-01-15 | valid
        UK           OnTrac     2025-01-14 | disputed_defect
        UK           OnTrac     2025-01-15 | valid
        DE           Other      2025-01-15 | valid
        """,
        scans=2,
        delivered_date=SPRING_2025,
    )


def test_from_2021_to_2024_carriers_that_are_not_integrated_are_left_out_or_fail() -> None:
    """UK policy of the time and US page in Japanese: not included; other pages: invalid."""
    check(
        """
        marketplace  carrier   amazon_label  scans  ship_date  | reason
        US           Instabox  false         2      2019-12-31 | unsupported_carrier
        US           Instabox  false         2      2021-01-01 | disputed_defect
        US           Instabox  false         -      2021-09-01 | disputed_defect
        US           Instabox  true          2      2021-02-01 | valid
        US           UPS       false         0      2021-09-01 | no_scan
        UK           OnTrac    false         2      2021-04-19 | disputed_defect
        UK           OnTrac    false         2      2024-04-19 | disputed_defect
        UK           Yodel     false         0      2024-04-19 | no_scan
        """,
    )
    rules = {name: policy_on(name, SPRING_2025).carriers for name in ("BR", "AE", "SA")}
    assert set(rules.values()) == {"integrated_disputed"}


def test_uk_is_informational_before_19_april_2021() -> None:
    """UK FAQ before 2021, and the announcement of April 2021."""
    check(
        """
        ship_date  | enforced
        2016-06-01 | false
        2021-04-18 | false
        2021-04-19 | true
        2026-04-19 | true
        """,
        marketplace="UK",
        scans=0,
    )


def test_uk_2021_counts_domestic_packages_but_stamps_and_prime() -> None:
    """UK FAQ 417911: domestic, non-Prime; stamps are not a tracked service."""
    check(
        """
        origin  destination  ship_method          fulfilled_by | reason
        GB      GB           Royal Mail 48        seller       | no_scan
        UK      UK           Royal Mail 48        seller       | no_scan
        GB      GB           Royal Mail 48        seller_prime | prime
        GB      GB           Royal Mail 48        seller_or_prime | disputed_defect
        GB      GB           1st Class Stamp      seller       | exempt_service
        GB      DE           Royal Mail 48        seller       | exempt_route
        CN      GB           Royal Mail 48        seller       | exempt_route
        """,
        marketplace="UK",
        ship_date=date(2021, 5, 1),
        scans=0,
    )


def test_europe_from_9_august_2021_wants_two_scans_from_china_from_5_on() -> None:
    """CN-out EU 2021-08-09: below 5 GBP or EUR one scan, above it two."""
    check(
        """
        marketplace  ship_date   goods_value  currency  origin | reason
        UK           2021-08-09  4.99         GBP       CN     | valid
        UK           2021-08-09  5.00         GBP       CN     | too_few_scans
        UK           2021-08-09  5.00         EUR       CN     | too_few_scans
        UK           2021-08-09  5.00         EUR       PL     | exempt_route
        DE           2021-08-08  5.00         EUR       CN     | exempt_route
        DE           2021-08-09  4.99         EUR       CN     | valid
        DE           2021-08-09  5.00         EUR       CN     | too_few_scans
        FR           2021-08-08  5.00         EUR       CN     | exempt_route
        FR           2021-08-09  5.00         EUR       CN     | too_few_scans
        IT           2021-08-08  5.00         EUR       CN     | exempt_route
        IT           2021-08-09  5.00         EUR       CN     | too_few_scans
        ES           2021-08-08  5.00         EUR       CN     | exempt_route
        ES           2021-08-09  5.00         EUR       CN     | too_few_scans
        ES           2025-08-09  5.00         EUR       CN     | too_few_scans
        """,
        carrier="Yanwen",
        scans=1,
        promised_date=date(2021, 9, 1),
        seen_at=LATER,
    )


def test_uk_from_31_march_2023_exempts_stamps_only_when_bought_from_amazon() -> None:
    """UK announcement of 1 March 2023: what is dispatched from 31 March on."""
    check(
        """
        ship_date   amazon_label  ship_method            | reason
        2023-02-28  false         Royal Mail Stamp       | exempt_service
        2023-03-30  false         Royal Mail Stamp       | exempt_service
        2023-03-31  false         Royal Mail Stamp       | no_scan
        2023-03-31  false         Stamps/Franking        | no_scan
        2023-03-31  true          2nd Class Stamps/Franking  | exempt_service
        2025-04-01  true          Royal Mail Stamp       | exempt_service
        2025-04-01  true          Royal Mail Tracked 24  | no_scan
        """,
        marketplace="UK",
        carrier="Royal Mail",
        origin="GB",
        destination="GB",
        scans=0,
    )


def test_from_2025_letters_below_20_eur_across_a_border_are_exempt() -> None:
    """UK announcement 2025: to and from the list, below 20 EUR including shipping, and a letter."""
    check(
        """
        marketplace  origin  destination  goods_value  currency  ship_method     | reason
        UK           GB      DE           19.99        EUR       Standard Letter | exempt_service
        UK           GB      DE           20.00        EUR       Standard Letter | no_scan
        UK           GB      DE           20.00        EUR       Parcel          | no_scan
        UK           GB      GB           12.00        EUR       Standard Letter | no_scan
        UK           UK      GB           12.00        EUR       Standard Letter | no_scan
        UK           GB      DE           15.99        GBP       Standard Letter | exempt_service
        UK           GB      DE           20.00        GBP       Standard Letter | no_scan
        UK           GB      DE           12.00        SEK       Standard Letter | too_little_known
        UK           GB      -            12.00        EUR       Standard Letter | too_little_known
        UK           GB      US           30.00        EUR       Parcel          | exempt_route
        UK           US      GB           30.00        EUR       Parcel          | exempt_route
        UK           SE      GB           30.00        EUR       Parcel          | no_scan
        DE           DE      FR           19.99        EUR       Brief           | exempt_service
        DE           DE      FR           20.00        EUR       Brief           | no_scan
        DE           DE      GB           15.99        GBP       Brief           | exempt_service
        DE           DE      US           20.00        EUR       Paket           | exempt_route
        DE           US      DE           20.00        EUR       Paket           | exempt_route
        DE           FR      DE           20.00        EUR       Paket           | no_scan
        FR           IT      FR           12.00        EUR       Lettera         | exempt_service
        IT           IT      ES           12.00        EUR       Carta           | exempt_service
        ES           ES      SE           12.00        EUR       Brev            | exempt_service
        """,
        scans=0,
        ship_date=SPRING_2025,
        amazon_label=False,
    )


def test_from_2025_small_parcels_across_a_border_count_by_the_announcement_alone() -> None:
    """Help text: only above 20 EUR; press: below 20 EUR or a letter. 20 EUR: 16 to 20 GBP."""
    check(
        """
        marketplace  origin  destination  goods_value  currency  ship_method     | reason
        UK           GB      DE           19.99        EUR       Parcel          | disputed_defect
        UK           GB      DE           20.00        EUR       Parcel          | no_scan
        UK           GB      DE           19.99        GBP       Parcel          | disputed_defect
        UK           GB      DE           16.00        GBP       Standard Letter | disputed_defect
        UK           GB      GB           12.00        EUR       Parcel          | no_scan
        UK           CN      GB           4.00         GBP       Parcel          | no_scan
        UK           GB      -            12.00        EUR       Parcel          | no_scan
        DE           DE      AT           19.99        EUR       Paket           | disputed_defect
        DE           DE      DE           19.99        EUR       Paket           | no_scan
        DE           DE      GB           19.99        GBP       Paket           | disputed_defect
        ES           FR      ES           19.99        EUR       Paquete         | disputed_defect
        """,
        scans=0,
        ship_date=SPRING_2025,
    )


def test_from_2025_belgium_is_disputed_and_in_italy_the_united_kingdom_too() -> None:
    """Announcement against a help text's list; the Italian announcement has neither of both."""
    check(
        """
        marketplace  origin  destination  scans | reason
        UK           GB      BE           0     | disputed_defect
        UK           BE      GB           2     | disputed_valid
        UK           GB      FR           0     | no_scan
        DE           DE      BE           0     | disputed_defect
        DE           BE      DE           0     | disputed_defect
        DE           BE      DE           -     | unverified
        DE           DE      GB           0     | no_scan
        IT           IT      BE           0     | disputed_defect
        IT           BE      IT           0     | disputed_defect
        IT           IT      GB           0     | disputed_defect
        IT           UK      IT           2     | disputed_valid
        IT           IT      FR           0     | no_scan
        ES           ES      BE           0     | disputed_defect
        ES           GB      ES           0     | no_scan
        """,
        ship_date=SPRING_2025,
        goods_value=30.0,
        currency="EUR",
        tracking_number="RB123456785BE",
    )


def test_from_2025_domestic_exemptions_of_fr_it_and_es_are_disputed() -> None:
    """No page since 2025 names them; the press has 15 EUR for all of Europe."""
    check(
        """
        marketplace  carrier         ship_method   goods_value  ship_date  | reason
        FR           La Poste        Ecopli        9.99         2025-01-14 | exempt_service
        FR           La Poste        Ecopli        9.99         2025-01-15 | disputed_defect
        FR           La Poste        Ecopli        15.00        2025-01-15 | disputed_defect
        FR           La Poste        Ecopli        15.50        2025-01-15 | no_scan
        ES           Correos         Carta         15.00        2025-01-14 | no_scan
        ES           Correos         Carta         15.00        2025-01-15 | disputed_defect
        IT           Poste Italiane  Posta4        99.00        2025-01-14 | exempt_service
        IT           Poste Italiane  Posta4        99.00        2025-01-15 | disputed_defect
        IT           SDA             Posta4        99.00        2025-01-15 | no_scan
        """,
        currency="EUR",
        scans=0,
    )


def test_de_fr_es_exempt_untracked_services_below_a_limit_and_it_at_any_value() -> None:
    """amzn/selling-partner-api-docs issue 772, by exact string; IT help page; DE 2025 15 EUR."""
    check(
        """
        marketplace  ship_date   carrier         ship_method   goods_value | reason
        DE           2021-07-20  Deutsche Post   Großbrief     19.99       | exempt_service
        DE           2021-07-20  Deutsche Post   grossbrief    19.99       | no_scan
        DE           2021-07-20  Deutsche Post   Großbrief     20.00       | no_scan
        DE           2022-07-20  Deutsche Post   Großbrief     19.99       | exempt_service
        DE           2025-07-20  Deutsche Post   Großbrief     15.00       | exempt_service
        DE           2025-07-20  Deutsche Post   Warensendung  16.00       | no_scan
        FR           2021-07-20  La Poste        Lettre verte  9.99        | exempt_service
        FR           2021-07-20  La Poste        Lettre verte  10.00       | no_scan
        ES           2021-07-20  Correos         Carta         14.99       | exempt_service
        ES           2021-07-20  Correos         Carta         15.00       | no_scan
        IT           2021-07-20  Poste Italiane  Posta4        99.00       | exempt_service
        """,
        currency="EUR",
        scans=0,
    )


def test_de_fr_it_es_measure_domestic_packages_and_enforce_from_2021() -> None:
    """DE: tracking compulsory from 15 July 2021; FR, IT, ES from April 2021 (inferred)."""
    check(
        """
        marketplace  ship_date   origin  destination | reason        enforced
        DE           2021-07-14  DE      DE          | no_scan       false
        DE           2021-07-15  DE      DE          | no_scan       true
        DE           2021-07-15  PL      DE          | exempt_route  true
        DE           2021-07-15  DE      PL          | exempt_route  true
        FR           2021-04-18  FR      FR          | no_scan       false
        FR           2021-04-19  FR      FR          | no_scan       true
        FR           2021-04-19  PL      FR          | exempt_route  true
        FR           2021-04-19  FR      PL          | exempt_route  true
        IT           2021-04-19  IT      IT          | no_scan       true
        IT           2021-04-19  PL      IT          | exempt_route  true
        IT           2021-04-19  IT      PL          | exempt_route  true
        ES           2021-04-19  ES      ES          | no_scan       true
        ES           2021-04-19  PL      ES          | exempt_route  true
        ES           2021-04-19  ES      PL          | exempt_route  true
        """,
        scans=0,
    )


def test_ca_exempts_two_envelope_services_typed_exactly() -> None:
    """CA FAQ: carrier Canada Post with one of two ship methods; China as in the US."""
    check(
        """
        carrier      ship_method                             origin  destination | reason
        Canada Post  Canada Post Standard Mail envelopes     CA      CA          | exempt_service
        Canada Post  Canada Post First Class Mail envelopes  CA      CA          | exempt_service
        Canada Post  Canada Post standard mail envelopes     CA      CA          | no_scan
        UPS          Canada Post Standard Mail envelopes     CA      CA          | no_scan
        UPS          UPS Ground                              US      CA          | exempt_route
        UPS          UPS Ground                              CA      US          | exempt_route
        """,
        marketplace="CA",
        scans=0,
        ship_date=SPRING_2025,
    )
    check(
        """
        goods_value | reason
        4.99        | valid
        5.00        | too_few_scans
        """,
        marketplace="CA",
        origin="CN",
        currency="CAD",
        scans=1,
        ship_date=SPRING_2025,
        promised_date=SPRING_2025,
        seen_at=LATER,
    )


def test_br_ae_and_sa_are_enforced_and_ae_and_sa_count_from_abroad() -> None:
    """BR, AE and SA help pages: 95 % per category over a rolling 30 days."""
    check(
        """
        marketplace  origin | reason        enforced
        BR           BR     | no_scan       true
        AE           IN     | no_scan       true
        AE           AE     | exempt_route  true
        SA           AE     | no_scan       true
        SA           SA     | exempt_route  true
        """,
        scans=0,
        ship_date=SPRING_2025,
    )


def test_au_exempts_regular_letters_below_30_aud_and_perhaps_small_parcels_from_abroad() -> None:
    """AU help pages 202068180 and 200197960; which carriers are integrated is of 2020."""
    check(
        """
        ship_method                            origin  carrier         goods_value | reason
        Australia Post Regular Letter Service  AU      Australia Post  29.99       | exempt_service
        Australia Post Regular Letter Service  AU      Australia Post  30.00       | no_scan
        Parcel                                 CN      Yodel           49.99       | disputed_defect
        Parcel                                 CN      Yodel           50.00       | no_scan
        Parcel                                 CN      China Post      49.99       | no_scan
        Parcel                                 AU      Yodel           49.99       | no_scan
        """,
        marketplace="AU",
        currency="AUD",
        scans=0,
        ship_date=SPRING_2025,
    )


def test_jp_has_two_floors_by_promised_day() -> None:
    """JP help page: 2,000 JPY, from promised day 23 August 2022 on 1,000; CN and HK 1,000."""
    check(
        """
        promised_date  ship_date   origin  goods_value | reason
        2022-08-22     2022-08-20  JP      1999        | exempt_value
        2022-08-22     2022-08-20  JP      2000        | no_scan
        2022-08-22     2022-08-20  CN      1999        | no_scan
        2022-08-22     2022-08-20  CN      999         | exempt_value
        2022-08-22     2022-08-20  -       999         | exempt_value
        2022-08-22     2022-08-20  -       1999        | too_little_known
        2022-08-23     2022-08-20  JP      1999        | no_scan
        2022-08-23     2022-08-20  JP      999         | exempt_value
        2022-08-23     2022-08-20  HK      999         | exempt_value
        2022-08-23     2022-08-20  JP      -           | too_little_known
        2021-05-31     2021-05-20  JP      999         | no_scan
        2021-06-01     2021-05-20  JP      999         | exempt_value
        """,
        marketplace="JP",
        carrier="ヤマト運輸",
        currency="JPY",
        scans=0,
    )


def test_jp_is_enforced_from_15_july_2021_and_leaves_out_freight() -> None:
    """JP help page: by integrated carriers, named freight carriers exempt."""
    policy = policy_on("JP", date(2021, 7, 14))
    assert [policy.enforces("Toys", date(2021, 7, day)) for day in (14, 15)] == [False, True]
    check(
        """
        carrier          | reason
        Seino            | exempt_service
        福山通運         | exempt_service
        Yodel            | unsupported_carrier
        YAMATO TRANSPORT | valid
        """,
        marketplace="JP",
        goods_value=5000.0,
        currency="JPY",
        scans=1,
        ship_date=SPRING_2025,
        promised_date=SPRING_2025,
    )


def test_in_does_not_accept_carrier_other() -> None:
    """amzn/selling-partner-api-docs issue 712: from 7 May 2021 carrier Other is removed."""
    check(
        """
        ship_date   carrier | reason               enforced
        2021-05-06  Other   | valid                false
        2021-05-07  Other   | unsupported_carrier  true
        2021-05-07  DHL     | valid                true
        """,
        marketplace="IN",
        scans=1,
    )


def test_amazons_own_verdict_comes_before_exemptions_and_is_explained_by_our_rules() -> None:
    """The order of verdicts, row 2: valid, or the reason that explains it, or rejected."""
    check(
        """
        reported_valid  scans  goods_value | reason              our_reason
        true            0      9           | valid               exempt_service
        false           0      9           | no_scan             exempt_service
        false           1      9           | rejected_by_amazon  exempt_service
        false           0      -           | no_scan             too_little_known
        false           1      99          | rejected_by_amazon  valid
        false           0      99          | no_scan             no_scan
        true            0      99          | valid               no_scan
        """,
        marketplace="US",
        carrier="USPS",
        ship_method="USPS First Class",
        currency="USD",
        origin="US",
        ship_date=SPRING_2025,
    )
