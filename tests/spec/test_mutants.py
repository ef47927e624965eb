"""Every clause has a mutant: a rule without it fails the spec that is named here.

A mutant removes a table or changes a key of the shipped rules, programmes or notices, or drops a
named rule from `classify`. One that finds nothing to remove, or changes nothing, is itself an
error.
"""

import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import vtrkit
from tests.spec import test_founding as founding
from tests.spec import test_marketplaces as marketplaces
from tests.spec import test_notices as customs
from tests.spec import test_programmes as programmes
from tests.spec import test_reasons as reasons
from vtrkit import facts
from vtrkit.metric import coming_days
from vtrkit.metric.requirements import requirements
from vtrkit.rules import number_reasons as numbers
from vtrkit.rules import policies as policy
from vtrkit.rules.notices import notices
from vtrkit.schema import Reason

classify = sys.modules[vtrkit.classify.__module__]
GONE = "(gone)"
Spec = Callable[[], None]

US_2021 = marketplaces.test_us_2021_counts_domestic_packages_and_exempts_envelopes_below_10_usd
CHINA = marketplaces.test_europe_from_9_august_2021_wants_two_scans_from_china_from_5_on
LETTERS = marketplaces.test_from_2025_letters_below_20_eur_across_a_border_are_exempt
SMALL = marketplaces.test_from_2025_small_parcels_across_a_border_count_by_the_announcement_alone
BELGIUM = marketplaces.test_from_2025_belgium_is_disputed_and_in_italy_the_united_kingdom_too
RANGE = founding.test_packages_on_which_pages_disagree_make_the_rate_a_range
DOMESTIC = marketplaces.test_from_2025_domestic_exemptions_of_fr_it_and_es_are_disputed
OTHERS = marketplaces.test_from_2021_to_2024_carriers_that_are_not_integrated_are_left_out_or_fail
UNTRACKED = marketplaces.test_de_fr_es_exempt_untracked_services_below_a_limit_and_it_at_any_value
EU_2021 = marketplaces.test_de_fr_it_es_measure_domestic_packages_and_enforce_from_2021
US_2020 = marketplaces.test_us_2020_counts_from_abroad_where_tracking_is_integrated_and_above_5_usd
US_CHINA = marketplaces.test_us_from_9_august_2021_wants_two_scans_from_china_from_5_usd_on
US_SCANS = marketplaces.test_us_2025_wants_two_scans_by_origin_and_value
US_OUT = marketplaces.test_us_2025_leaves_out_other_routes_and_untracked_letters
UK_2021 = marketplaces.test_uk_2021_counts_domestic_packages_but_stamps_and_prime
STAMPS = marketplaces.test_uk_from_31_march_2023_exempts_stamps_only_when_bought_from_amazon
UK_DATES = marketplaces.test_uk_is_informational_before_19_april_2021
ALL_CARRIERS = marketplaces.test_from_15_january_2025_all_carriers_are_measured_in_us_and_europe
GULF = marketplaces.test_br_ae_and_sa_are_enforced_and_ae_and_sa_count_from_abroad
CANADA = marketplaces.test_ca_exempts_two_envelope_services_typed_exactly
AUSTRALIA = (
    marketplaces.test_au_exempts_regular_letters_below_30_aud_and_perhaps_small_parcels_from_abroad
)
JAPAN = marketplaces.test_jp_has_two_floors_by_promised_day
JAPAN_2021 = marketplaces.test_jp_is_enforced_from_15_july_2021_and_leaves_out_freight
INDIA = marketplaces.test_in_does_not_accept_carrier_other
SECOND = marketplaces.test_a_second_scan_may_come_until_30_days_after_the_promised_day
MAYBE = marketplaces.test_what_may_be_exempt_is_unknown_rather_than_a_defect
MILDEST = marketplaces.test_value_or_origin_unknown_is_a_defect_only_if_the_mildest_rule_fails
ONE_SCAN = founding.test_a_number_is_valid_with_at_least_one_carrier_scan
GRACE = founding.test_packages_of_the_grace_period_are_counted_and_cannot_hurt
AUGUST = founding.test_office_products_and_shoes_are_enforced_from_august_2015_others_from_february
LAG = founding.test_the_lag_is_14_days_before_2020_and_10_since
ENVELOPES = founding.test_small_items_in_untracked_envelopes_are_exempt_in_2016
INTEGRATED = founding.test_a_carrier_that_is_not_integrated_never_counts
DEFAULT = founding.test_a_day_before_the_first_rule_and_a_marketplace_without_one_use_the_default
OWN_DAY = founding.test_the_same_packages_are_judged_by_the_rule_of_their_own_day
PARTNER = reasons.test_a_scan_by_a_partner_that_hands_parcels_over_is_the_entered_carriers
UNNUMBERED = reasons.test_what_has_no_number_and_is_in_no_report_of_defects_may_not_count
SILENCE = reasons.test_the_silence_of_a_report_of_defects_does_not_make_an_exempt_package_count
CORRECTED = reasons.test_amazons_verdict_is_about_what_was_entered_up_to_the_day_of_its_report
HINT = reasons.test_a_number_of_a_partner_or_one_that_speaks_softly_is_a_hint_and_no_reason
MALFORMED = reasons.test_a_malformed_number_is_a_defect_unless_somebody_scanned_it
WRONG_CARRIER = reasons.test_a_hard_contradiction_is_the_wrong_carrier_unless_the_right_one_scanned
FBA = founding.test_fba_is_not_measured

TABLES: dict[str, Spec] = {
    "us-2015.exempt.outbound": founding.test_only_shipments_within_the_united_states_are_measured,
    "us-2015.exempt.envelopes": ENVELOPES,
    "us-2020.exempt.inbound": US_2020,
    "us-2020.exempt.inbound_small": US_2020,
    "us-2021.exempt.inbound": US_2021,
    "us-2021.exempt.envelopes": US_2021,
    "us-2021-08.two_scans.china": US_CHINA,
    "us-2021-08.exempt.inbound": US_CHINA,
    "us-2025.two_scans.china": US_SCANS,
    "us-2025.two_scans.india_uk": US_SCANS,
    "us-2025.exempt.inbound": US_SCANS,
    "us-2025.exempt.envelopes": US_OUT,
    "us-2025.exempt.india_uk": US_OUT,
    "uk-2021.exempt.inbound": UK_2021,
    "uk-2021.exempt.outbound": UK_2021,
    "uk-2021.exempt.stamps": UK_2021,
    "uk-2021-08.two_scans.china": CHINA,
    "uk-2021-08.exempt.inbound": CHINA,
    "uk-2023-04.exempt.stamps": STAMPS,
    "uk-2025.exempt.inbound": LETTERS,
    "uk-2025.exempt.outbound": LETTERS,
    "uk-2025.exempt.letters": LETTERS,
    "uk-2025.exempt.inbound_disputed": BELGIUM,
    "uk-2025.exempt.outbound_disputed": BELGIUM,
    "uk-2025.exempt.small_disputed": SMALL,
    "de-2021.exempt.inbound": EU_2021,
    "de-2021.exempt.outbound": EU_2021,
    "de-2021.exempt.untracked": UNTRACKED,
    "de-2021-08.two_scans.china": CHINA,
    "de-2021-08.exempt.inbound": CHINA,
    "de-2025.exempt.inbound": LETTERS,
    "de-2025.exempt.outbound": LETTERS,
    "de-2025.exempt.letters": LETTERS,
    "de-2025.exempt.inbound_disputed": BELGIUM,
    "de-2025.exempt.outbound_disputed": BELGIUM,
    "de-2025.exempt.small_disputed": SMALL,
    "de-2025.exempt.untracked": UNTRACKED,
    **{
        f"{country}-{part}": spec
        for country in ("fr", "it", "es")
        for part, spec in {
            "2021.exempt.inbound": EU_2021,
            "2021.exempt.outbound": EU_2021,
            "2021.exempt.untracked": UNTRACKED,
            "2021-08.two_scans.china": CHINA,
            "2021-08.exempt.inbound": CHINA,
            "2025.exempt.untracked": DOMESTIC,
        }.items()
    },
    "it-2025.exempt.inbound_disputed": BELGIUM,
    "it-2025.exempt.outbound_disputed": BELGIUM,
    "ca-2021.two_scans.china": CANADA,
    "ca-2021.exempt.inbound": CANADA,
    "ca-2021.exempt.outbound": CANADA,
    "ca-2021.exempt.envelopes": CANADA,
    "ae-2021.exempt.domestic": GULF,
    "sa-2021.exempt.domestic": GULF,
    "au-2021.exempt.letters": AUSTRALIA,
    "au-2021.exempt.inbound": AUSTRALIA,
    "jp-2022.exempt.small": JAPAN,
    "jp-2022.exempt.freight": JAPAN_2021,
    "jp-2021.exempt.small_domestic": JAPAN,
}
VALUE = marketplaces.test_a_value_includes_shipping_and_excludes_tax
SWEDEN = founding.test_sweden_is_informational
ZERO_OF_ONE = founding.test_one_exempt_letter_and_one_bad_parcel_are_0_of_1
DISPUTED = founding.test_exactly_95_percent_is_disputed_between_sources
WINDOWS = founding.test_the_rule_of_2015_measures_7_30_and_90_days_two_weeks_late
PROMISED = founding.test_the_promised_day_decides_which_packages_are_in_the_window
KEYS: list[tuple[str, object, Spec]] = [
    ("default.target", Decimal("0.9"), founding.test_the_target_is_95_percent_in_every_category),
    ("default.condition_disputed", False, DISPUTED),
    ("default.windows_days", [30], WINDOWS),
    ("default-2019.lag_days", 13, PROMISED),
    ("default.enforced", True, DEFAULT),
    ("default-2019.lag_days", 10, DEFAULT),
    ("us-2015.grace", False, GRACE),
    ("us-2015.enforced_from", {}, AUGUST),
    ("us-2015.carriers", "any", INTEGRATED),
    ("us-2015.first_day", GONE, DEFAULT),
    ("us-2020.lag_days", 14, LAG),
    ("us-2025.first_day", date(2025, 6, 1), OWN_DAY),
    ("us-2025.exempt.envelopes.any_spelling", False, US_OUT),
    ("us-2025.carriers", "integrated", ALL_CARRIERS),
    ("us-2025.two_scans.china.at_least", {"USD": 4}, US_SCANS),
    ("us-2025.two_scans.china.value_of", ["goods"], VALUE),
    ("us-2025.two_scans.china.value_of", ["goods", "shipping", "tax"], VALUE),
    ("us-2025.two_scans.china.at_least", {"USD": 5, "EUR": 5}, MILDEST),
    ("uk-2016.counts", ["seller", "seller_prime"], UK_2021),
    ("uk-2021.enforced", False, UK_DATES),
    ("uk-2025.carriers", "integrated", ALL_CARRIERS),
    ("uk-2025.exempt.letters.cross_border", False, LETTERS),
    ("uk-2025.exempt.letters.below", {"EUR": 20}, LETTERS),
    ("uk-2025.exempt.letters.below", {"EUR": 20, "GBP": 17}, SMALL),
    ("de-2025.exempt.letters.below", {"EUR": 20}, LETTERS),
    ("uk-2025.exempt.small_disputed.disputed", False, SMALL),
    ("uk-2025.exempt.small_disputed.cross_border", False, SMALL),
    ("uk-2025.exempt.small_disputed.origins", ["CN", "GB"], SMALL),
    ("de-2025.exempt.inbound_disputed.disputed", False, BELGIUM),
    ("de-2025.exempt.outbound_disputed.disputed", False, RANGE),
    ("it-2025.exempt.untracked.disputed", False, DOMESTIC),
    ("fr-2025.exempt.untracked.below", {"EUR": 10}, DOMESTIC),
    ("us-2021.carriers", "integrated", OTHERS),
    ("uk-2021.carriers", "integrated", OTHERS),
    ("br-2021.carriers", "integrated", OTHERS),
    ("ae-2021.carriers", "integrated", OTHERS),
    ("us-2021.carriers", "any", OTHERS),
    ("uk-2023-04.first_day", date(2023, 4, 1), STAMPS),
    ("au-2021.exempt.inbound.disputed", False, AUSTRALIA),
    ("uk-2023-04.exempt.stamps.amazon_label", False, STAMPS),
    ("de-2021.enforced", False, EU_2021),
    ("se-2021.enforced", True, SWEDEN),
    ("br-2021.enforced", False, GULF),
    ("jp-2022.applies_by", "ship", JAPAN),
    ("jp-2021.enforced_from", {}, JAPAN_2021),
    ("in-2021.carriers", "any", INDIA),
]
RATE = founding.test_the_rate_is_valid_over_shipped_and_190_of_200_is_95_percent
LATE = founding.test_a_number_entered_after_delivery_never_counts
TWO_KINDS = marketplaces.test_of_two_scans_one_is_the_delivery_or_its_attempt
VERDICT = (
    marketplaces.test_amazons_own_verdict_comes_before_exemptions_and_is_explained_by_our_rules
)
REASONS: list[tuple[str, Reason, Spec]] = [
    ("_outside", Reason.NOT_SHIPPED, RATE),
    ("_outside", Reason.CANCELLED, FBA),
    ("_outside", Reason.FULFILLED_BY_AMAZON, FBA),
    ("_outside", Reason.PRIME, UK_2021),
    ("_judged", Reason.MISSING_NUMBER, ONE_SCAN),
    ("_judged", Reason.NOT_A_NUMBER, reasons.test_what_is_no_number_is_a_defect_without_any_scan),
    ("_judged", Reason.MALFORMED, MALFORMED),
    ("_judged", Reason.WRONG_CARRIER, WRONG_CARRIER),
    ("_judged", Reason.UNSUPPORTED_CARRIER, INTEGRATED),
    ("_judged", Reason.ENTERED_LATE, LATE),
    ("_judged", Reason.NO_SCAN, ONE_SCAN),
    ("_judged", Reason.TOO_FEW_SCANS, TWO_KINDS),
    ("_judged", Reason.UNVERIFIED, ONE_SCAN),
    ("_judged", Reason.TOO_LITTLE_KNOWN, SECOND),
]
PARTS: list[tuple[str, object, Spec]] = [
    ("_EXEMPT", [], ZERO_OF_ONE),
    ("_MAY_BE_EXEMPT", (Reason.TOO_LITTLE_KNOWN, pl.lit(False)), MAYBE),
    ("_reported", lambda: pl.col("our_reason"), VERDICT),
    ("SCANS_DECIDED", "0d", SECOND),
    ("_EXEMPTED", [], SILENCE),
    ("_NEVER_VALID", [], UNNUMBERED),
    ("_DISPUTED", [], BELGIUM),
    ("CORRECTED_SINCE", pl.lit(False), CORRECTED),
]


NUMBERS: list[tuple[str, object, Spec]] = [
    ("_HINTS", [], HINT),
    ("_may_contradict", lambda *_: False, WRONG_CARRIER),
    ("_counts", lambda: numbers._HAS_SCAN, WRONG_CARRIER),
    ("_handed_over", lambda _: dict.fromkeys((numbers._FROM, numbers._TO), pl.lit(False)), PARTNER),
    ("_AMAZON", "nobody", WRONG_CARRIER),
]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    """What judging keeps of rules and parts was made of those that a mutant replaces."""
    kept = (classify._steps, classify._read, classify.rules_id)
    for cached in kept:
        cached.cache_clear()
    yield
    for cached in kept:
        cached.cache_clear()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[dict[str, Any], str], None]]:
    """Puts another table in the place of a shipped one."""
    shipped = facts.shipped
    readers = {"policies": policy.shipped_rules, "programmes": requirements, "notices": notices}

    def put(table: dict[str, Any], file: str = "policies") -> None:
        document = shipped(file)._replace(table=table)
        monkeypatch.setattr(
            facts, "shipped", lambda name: document if name == file else shipped(name)
        )
        readers[file].cache_clear()

    yield put
    monkeypatch.undo()
    for reader in readers.values():
        reader.cache_clear()


def mutant(path: str, value: object, file: str = "policies") -> dict[str, Any]:
    """The shipped table without one of its tables or keys, or with another value there."""
    table, (*way, key) = dict(SHIPPED[file]), path.split(".")
    at = table[ENTRIES[file]] = dict(table[ENTRIES[file]])
    for step in way:
        at[step] = dict(at[step])
        at = at[step]
    assert value is not GONE or key in at, f"{path} is not there to be removed"
    assert at.get(key) != value, f"{path} has this value already"
    at[key] = value
    if value is GONE:
        del at[key]
    return table


ENTRIES = {"policies": "policy", "programmes": "requirement", "notices": "notice"}
SHIPPED = {file: facts.read(file) for file in ENTRIES}
"""What a mutant is made of, whatever stands in its place by then."""
PROGRAMMES: dict[str, Spec] = {
    "handling-": programmes.test_shorter_times_ask_98_percent_tracked_and_97_on_time,
    **dict.fromkeys(
        ("on-time-30", "late-shipment-"),
        programmes.test_more_than_97_percent_on_time_is_recommended_and_less_than_4_late_enforced,
    ),
    "otdr-us": programmes.test_the_on_time_rate_of_the_us_is_enforced_since_25_september_2024,
    "otdr-uk": (
        programmes.test_the_on_time_rate_of_the_uk_is_shown_since_2025_and_enforced_since_february_2026
    ),
    "otdr-eu": (
        programmes.test_the_on_time_rate_of_the_eu_is_shown_in_july_2026_and_enforced_from_september
    ),
    "business-hours-": (
        programmes.test_business_hours_are_asked_since_30_september_2026_and_enforced_a_month_later
    ),
    "premium-us-": (
        programmes.test_premium_shipping_in_the_us_asks_for_a_week_on_time_since_29_june_2025
    ),
    "premium-uk-2016-": programmes.test_premium_shipping_in_europe_of_2016,
    "premium-uk-20": (
        programmes.test_premium_shipping_in_europe_since_2019_and_its_week_on_time_since_31_july_2025
    ),
    "premium-jp-": (
        programmes.test_premium_shipping_in_japan_asks_for_31_days_that_ended_10_days_ago
    ),
    **dict.fromkeys(
        ("sfp-us-", "sfp-jp-"),
        programmes.test_seller_fulfilled_prime_in_the_us_and_japan_is_measured_of_prime_packages_alone,
    ),
    "sfp-eu-": (
        programmes.test_seller_fulfilled_prime_in_the_eu_is_measured_of_prime_packages_alone
    ),
}
"""Which spec kills the mutants of each requirement, by how its id begins; the first that fits."""
CUSTOMS = customs.test_customs_concern_small_parcels_into_the_eu_by_carrier_other_since_july_2026
WORDS = {"title", "text", "programme", "source", "checked", "note"}
"""What a fact says of itself, and nothing follows from."""


def others(value: Any) -> list[Any]:
    """Values beside one that a fact has: the next day and the one before, less, none of a list."""
    match value:
        case bool():
            changed: list[Any] = [not value]
        case date():
            changed = [value - timedelta(days=1), value + timedelta(days=1)]
        case int():
            changed = [value + 1]
        case Decimal():
            changed = [value - Decimal("0.005")]
        case dict():
            changed = [{key: amount - Decimal("0.01") for key, amount in value.items()}]
        case ["goods"]:
            changed = [["goods", "shipping"]]
        case list():
            changed = [[x for x in value if x != left_out] for left_out in value]
        case _:
            changed = [x for x in _CHOICES[value] if x != value]
    return changed


_CHOICES = {
    choice: choices
    for choices in (
        ("at_least", "greater_than", "less_than"),
        ("valid_tracking", "on_time", "shipped_late", "cancelled", "unmeasured"),
        ("packages", "units"),
        ("late", "left_out", "disputed"),
        ("saturday", "sunday"),
        ("remove listings", "close the account"),
    )
    for choice in choices
}


def facts_of(file: str) -> Iterator[tuple[str, object]]:
    """Each table of a file gone, and each of its keys with each value beside its own."""
    for entry, keys in facts.read(file)[ENTRIES[file]].items():
        yield entry, GONE
        inner = {f"packages.{k}": v for k, v in keys.get("packages", {}).items()}
        for key, value in (keys | inner).items():
            if key not in WORDS | {"packages"}:
                yield from ((f"{entry}.{key}", other) for other in others(value))


@pytest.mark.parametrize("file", ["programmes", "notices"])
def test_a_programme_or_notice_that_differs_fails_its_spec(
    file: str, use: Callable[[dict[str, Any], str], None]
) -> None:
    """Such as every key of the shipped files with another value."""
    survived, tried = [], list(facts_of(file))
    for path, value in tried:
        specs = [spec for begin, spec in PROGRAMMES.items() if path.startswith(begin)]
        use(mutant(path, value, file), file)
        if not killed(specs[0] if file == "programmes" else CUSTOMS):
            survived.append((path, value))
    assert len(tried) > 50
    assert survived == []


def killed(spec: Spec) -> bool:
    """Whether a spec that holds today fails."""
    try:
        spec()
    except AssertionError:
        return True
    return False


@pytest.mark.parametrize(("path", "spec"), TABLES.items(), ids=TABLES)
def test_a_rule_without_the_clause_fails_its_spec(
    path: str, spec: Spec, use: Callable[[dict[str, Any]], None]
) -> None:
    use(mutant(path, GONE))
    assert killed(spec)


@pytest.mark.parametrize(("path", "value", "spec"), KEYS, ids=[f"{k}={v}" for k, v, _ in KEYS])
def test_a_rule_with_another_value_fails_its_spec(
    path: str, value: object, spec: Spec, use: Callable[[dict[str, Any]], None]
) -> None:
    use(mutant(path, value))
    assert killed(spec)


@pytest.mark.parametrize(("rows", "reason", "spec"), REASONS, ids=[r for _, r, _ in REASONS])
def test_judging_without_the_reason_fails_its_spec(
    rows: str, reason: Reason, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = getattr(classify, rows)(policy.shipped_rules())
    without = [pair for pair in named if pair[0] != reason]
    assert len(without) < len(named)
    monkeypatch.setattr(classify, rows, lambda _: without)
    assert killed(spec)


@pytest.mark.parametrize(("part", "instead", "spec"), PARTS, ids=[p for p, _, _ in PARTS])
def test_judging_without_the_part_fails_its_spec(
    part: str, instead: object, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classify, part, instead)
    assert killed(spec)


@pytest.mark.parametrize(("part", "instead", "spec"), NUMBERS, ids=[p for p, _, _ in NUMBERS])
def test_looking_at_numbers_without_the_part_fails_its_spec(
    part: str, instead: object, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numbers, part, instead)
    assert killed(spec)


def test_rates_without_what_may_count_fail_their_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    none = dict.fromkeys(coming_days.OWN_OPEN, pl.lit(0, pl.Int64))
    monkeypatch.setattr(coming_days, "OWN_OPEN", none)
    assert killed(founding.test_packages_on_which_pages_disagree_make_the_rate_a_range)


def test_every_clause_of_every_rule_has_a_mutant() -> None:
    clauses = {
        f"{rule}.{part}.{name}"
        for rule, entry in facts.read("policies")["policy"].items()
        for part in ("two_scans", "exempt")
        for name in entry.get(part, {})
    }
    assert clauses == set(TABLES)


def test_every_reason_that_judging_gives_has_a_mutant() -> None:
    given = {
        (rows, reason)
        for rows in ("_outside", "_judged")
        for reason, _ in getattr(classify, rows)(policy.shipped_rules())
    }
    assert given == {(rows, reason) for rows, reason, _ in REASONS}


def test_every_spec_has_a_mutant_and_holds_today() -> None:
    named = {spec for *_, spec in (*TABLES.items(), *KEYS, *REASONS, *PARTS, *NUMBERS)}
    named |= {CUSTOMS, *PROGRAMMES.values()}
    specs = {
        value
        for module in (founding, marketplaces, reasons, programmes, customs)
        for name, value in vars(module).items()
        if name.startswith("test_")
    }
    assert specs == named
    assert [spec.__name__ for spec in specs if killed(spec)] == []
