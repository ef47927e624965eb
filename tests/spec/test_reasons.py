"""Number and carrier: what they say of a package, and when they yield to a scan."""

from datetime import date

from tests.spec.table import check

US = {"marketplace": "US", "origin": "US", "ship_date": date(2026, 1, 5)}


def test_what_is_no_number_is_a_defect_without_any_scan() -> None:
    """Order ids, stand-ins, spreadsheet damage and two numbers in a cell cannot be tracked."""
    check(
        """
        scans  tracking_number                        | outcome  reason
        -      123-1234567-1234567                    | defect   not_a_number
        0      0000000000                             | defect   not_a_number
        -      9.86E+11                               | defect   not_a_number
        -      1Z5R89390357567127;1Z5R89390357567127  | defect   not_a_number
        -      1Z5R89390357567127                     | unknown  unverified
        """,
        **US,
        carrier="UPS",
    )


def test_a_malformed_number_is_a_defect_unless_somebody_scanned_it() -> None:
    """A failed check digit of a distinctive shape; no format of a carrier known in full."""
    check(
        """
        carrier  scans  tracking_number     | outcome  reason
        UPS      -      1Z5R89390357567128  | defect   malformed
        UPS      0      1Z5R89390357567128  | defect   malformed
        UPS      2      1Z5R89390357567128  | valid    valid
        UPS      -      5550001             | defect   malformed
        GLS      -      5550001             | unknown  unverified
        FedEx    -      5550001             | unknown  unverified
        FedEx    -      996578788855        | unknown  unverified
        """,
        **US,
    )


def test_a_hard_contradiction_is_the_wrong_carrier_unless_the_right_one_scanned() -> None:
    """A scan counts for the carrier that made it; one by the entered carrier or Amazon decides."""
    check(
        """
        carrier  scans  scanned_by  tracking_number         | outcome  reason
        USPS     -      -           1Z5R89390357567127      | defect   wrong_carrier
        USPS     0      -           1Z5R89390357567127      | defect   wrong_carrier
        USPS     2      -           1Z5R89390357567127      | defect   wrong_carrier
        USPS     2      UPS         1Z5R89390357567127      | defect   wrong_carrier
        USPS     2      USPS        1Z5R89390357567127      | valid    valid
        USPS     2      Amazon      1Z5R89390357567127      | valid    valid
        FedEx    -      -           1Z5R89390357567127      | unknown  unverified
        FedEx    2      UPS         1Z5R89390357567127      | defect   wrong_carrier
        UPS      2      -           1Z5R89390357567127      | valid    valid
        UPS      2      USPS        1Z5R89390357567127      | defect   wrong_carrier
        UPS      0      -           1Z5R89390357567127      | defect   no_scan
        UPS      -      -           9400111899223197428497  | defect   wrong_carrier
        UPS      2      USPS        9400111899223197428497  | defect   wrong_carrier
        UPS      2      USPS        9274890103422546330271  | valid    valid
        Other    2      UPS         1Z5R89390357567127      | defect   wrong_carrier
        """,
        **US,
    )


def test_a_scan_by_a_partner_that_hands_parcels_over_is_the_entered_carriers() -> None:
    """DHL eCommerce, Pitney Bowes and their like bring parcels to USPS under a number of USPS."""
    check(
        """
        carrier        scans  scanned_by     tracking_number         | outcome  reason
        USPS           2      Pitney Bowes   9400111899223197428497  | valid    valid
        USPS           2      DHL eCommerce  9400111899223197428497  | valid    valid
        DHL eCommerce  2      USPS           9400111899223197428497  | valid    valid
        DHL eCommerce  2      FedEx          9400111899223197428497  | defect   wrong_carrier
        USPS           2      FedEx          9400111899223197428497  | valid    valid
        OnTrac         2      USPS           9400111899223197428497  | defect   wrong_carrier
        China Post     2      USPS           LK830939147CN           | valid    valid
        USPS           2      Royal Mail     LK145961292GB           | valid    valid
        China Post     2      UPS            LK830939147CN           | defect   wrong_carrier
        """,
        **US,
    )


def test_a_number_of_a_partner_or_one_that_speaks_softly_is_a_hint_and_no_reason() -> None:
    """A barcode of USPS that UPS Mail Innovations printed; a post's number under a courier."""
    check(
        """
        carrier               scans  tracking_number         | outcome  reason      fix
        UPS_Mail_Innovations  -      9274890103422546330271  | unknown  unverified  usps
        USPS                  -      9274890103422546330271  | unknown  unverified  -
        """,
        **US,
    )


def test_the_silence_of_a_report_of_defects_does_not_make_an_exempt_package_count() -> None:
    """Not listed means valid; but a package that the rule leaves out stays out."""
    check(
        """
        destination  reported_valid  reported_by                                  | reason
        US           true            absence from Amazon's Valid Tracking report  | valid
        DE           true            absence from Amazon's Valid Tracking report  | exempt_route
        DE           true            a column                                     | valid
        """,
        **US,
        carrier="UPS",
        tracking_number="1Z5R89390357567127",
    )


def test_what_has_no_number_and_is_in_no_report_of_defects_may_not_count() -> None:
    """It cannot be valid: it is exempt, or has a number at Amazon that these files do not have."""
    check(
        """
        tracking_number  reported_by                                  | reason
        ""               absence from Amazon's Valid Tracking report  | not_listed
        folgt            absence from Amazon's Valid Tracking report  | not_listed
        ""               a column                                     | valid
        """,
        **US,
        carrier="UPS",
        reported_valid=True,
    )


def test_amazons_verdict_is_about_what_was_entered_up_to_the_day_of_its_report() -> None:
    """A later correction is judged by its own number and scans; Amazon looks again in 72 hours."""
    check(
        """
        reported_valid  reported_at  tracking_entered_at  scans  | reason
        false           2026-01-20   2026-01-20           2      | rejected_by_amazon
        false           2026-01-20   2026-01-21           2      | valid
        false           2026-01-20   2026-01-21           -      | unverified
        true            2026-01-20   2026-01-21           0      | no_scan
        true            2026-01-20   -                    0      | valid
        true            -            2026-01-21           0      | valid
        """,
        **US,
        carrier="UPS",
        tracking_number="1Z5R89390357567127",
    )
