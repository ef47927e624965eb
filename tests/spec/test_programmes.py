"""Programmes and linked metrics by their sources: what is asked where, since when, of what."""

from datetime import date

from vtrkit.metric.requirements import Requirement, requirements

_ASKS = {"at_least": "at least", "greater_than": "more than", "less_than": "less than"}


def terms(need: Requirement, day: date) -> str:
    """A requirement as it is read on a day, of a rule of 30 days that end 10 days ago."""
    start, end = need.window(day, 30, 10)
    parts = [
        f"{need.measure.replace('_', ' ')} {_ASKS[need.condition]} {float(need.target) * 100:g} %",
        f"{(day - start).days} to {(day - end).days} days ago",
        ("enforced" if need.enforced else "shown") + f" or {need.stake}" * bool(need.stake),
    ]
    if need.prime_alone:
        parts.append("prime alone")
    if need.unit != "packages":
        parts.append(need.unit)
    if need.counts != ("shipped",):
        parts.append("+".join(need.counts))
    if need.without_delivery_scan != "late":
        parts.append(f"no delivery scan {need.without_delivery_scan.replace('_', ' ')}")
    if need.minimum:
        parts.append(f"from {need.minimum}")
    return ", ".join(parts)


def holds(programme: str, table: str) -> None:
    """Each row: marketplaces, day, title, and the terms that are asked there; none with a dash."""
    for line in table.strip().splitlines():
        markets, on, title, expected = (part.strip() for part in line.split("|"))
        day = date.fromisoformat(on)
        for market in markets.split():
            asked = [
                terms(need, day)
                for need in requirements()
                if (need.programme, need.title) == (programme, title) and need.holds(market, day)
            ]
            assert asked == ([] if expected == "-" else [expected]), line


def test_shorter_times_ask_98_percent_tracked_and_97_on_time() -> None:
    """US help page of 2015-16; over the days that count, which is inferred."""
    holds("Shorter handling and transit times", """
        US DE | 2016-01-01 | 98 % tracked | valid tracking at least 98 %, 39 to 10 days ago, shown
        US DE | 2026-11-01 | 97 % on time | on time at least 97 %, 39 to 10 days ago, shown
    """)  # fmt: skip


def test_more_than_97_percent_on_time_is_recommended_and_less_than_4_late_enforced() -> None:
    """Help pages 200847280 and 200285190: 30 days, and 10 and 30 days up to today."""
    holds("", """
        US JP | 2016-01-01 | On-time delivery, 30 days | on time more than 97 %, 39 to 10 days ago, shown
        US JP | 2016-01-01 | Late shipment, 30 days | shipped late less than 4 %, 29 to 0 days ago, enforced or close the account
        US JP | 2026-11-01 | Late shipment, 10 days | shipped late less than 4 %, 9 to 0 days ago, enforced or close the account
    """)  # fmt: skip # noqa: E501


def test_the_on_time_rate_of_the_us_is_enforced_since_25_september_2024() -> None:
    """geekseller: 90 % of units of 14 days that ended a week ago; sources disagree on scans."""
    holds("", """
        US | 2024-09-24 | On-time delivery rate, 14 days | -
        US | 2024-09-25 | On-time delivery rate, 14 days | on time at least 90 %, 20 to 7 days ago, enforced or remove listings, units, no delivery scan disputed
        CA | 2024-09-25 | On-time delivery rate, 14 days | -
    """)  # fmt: skip # noqa: E501


def test_the_on_time_rate_of_the_uk_is_shown_since_2025_and_enforced_since_february_2026() -> None:
    """Amazon's mail: all units of the seller that have a delivery scan, from 20 on."""
    holds("", """
        UK | 2025-09-15 | On-time delivery rate, 14 days | -
        SE IE | 2025-09-16 | On-time delivery rate, 14 days | -
        SE IE | 2026-02-02 | On-time delivery rate, 14 days | -
        UK | 2025-09-16 | On-time delivery rate, 14 days | on time at least 90 %, 20 to 7 days ago, shown, units, shipped+prime+exempt, no delivery scan left out, from 20
        UK | 2026-02-01 | On-time delivery rate, 14 days | on time at least 90 %, 20 to 7 days ago, shown, units, shipped+prime+exempt, no delivery scan left out, from 20
        UK | 2026-02-02 | On-time delivery rate, 14 days | on time at least 90 %, 20 to 7 days ago, enforced or remove listings, units, shipped+prime+exempt, no delivery scan left out, from 20
    """)  # fmt: skip # noqa: E501


def test_the_on_time_rate_of_the_eu_is_shown_in_july_2026_and_enforced_from_september() -> None:
    """SP-API changelog; window, minimum and units are assumed to be those of the UK."""
    holds("", """
        DE FR IT ES | 2026-07-14 | On-time delivery rate, 14 days | -
        DE FR IT ES | 2026-07-15 | On-time delivery rate, 14 days | on time at least 90 %, 20 to 7 days ago, shown, units, shipped+prime+exempt, no delivery scan left out, from 20
        DE FR IT ES | 2026-08-31 | On-time delivery rate, 14 days | on time at least 90 %, 20 to 7 days ago, shown, units, shipped+prime+exempt, no delivery scan left out, from 20
        DE FR IT ES | 2026-09-01 | On-time delivery rate, 14 days | on time at least 90 %, 20 to 7 days ago, enforced or remove listings, units, shipped+prime+exempt, no delivery scan left out, from 20
        NL PL SE BE | 2026-09-01 | On-time delivery rate, 14 days | -
    """)  # fmt: skip # noqa: E501


def test_business_hours_are_asked_since_30_september_2026_and_enforced_a_month_later() -> None:
    """SP-API changelog: 90 % of Amazon Business shipments; no file tells the hour."""
    title = "90 % of Amazon Business shipments delivered in business hours"
    holds("", f"""
        DE FR IT ES | 2026-09-29 | {title} | -
        DE FR IT ES | 2026-09-30 | {title} | unmeasured at least 90 %, 39 to 10 days ago, shown
        DE FR IT ES | 2026-10-29 | {title} | unmeasured at least 90 %, 39 to 10 days ago, shown
        DE FR IT ES | 2026-10-30 | {title} | unmeasured at least 90 %, 39 to 10 days ago, enforced
        US UK | 2026-10-30 | {title} | -
    """)  # fmt: skip


def test_premium_shipping_in_the_us_asks_for_a_week_on_time_since_29_june_2025() -> None:
    """amztut, shipsage, supplychaindive; nothing says that tracked and cancelled have ended."""
    holds("Premium Shipping", """
        US | 2024-01-01 | 99 % tracked | valid tracking at least 99 %, 39 to 10 days ago, enforced
        US | 2026-11-01 | under 0.5 % cancelled | cancelled less than 0.5 %, 39 to 10 days ago, enforced
        US | 2026-11-01 | 10 orders in 30 days, more than 90 days of selling | unmeasured at least 100 %, 39 to 10 days ago, enforced
        US | 2025-06-28 | 97 % on time | on time at least 97 %, 39 to 10 days ago, enforced
        US | 2025-06-29 | 97 % on time | -
        US | 2025-06-28 | 93.5 % on time, Sunday to Saturday | -
        US | 2025-06-29 | 93.5 % on time, Sunday to Saturday | on time at least 93.5 %, 7 to 1 days ago, enforced
        CA | 2025-06-29 | 93.5 % on time, Sunday to Saturday | -
        CA JP | 2025-06-29 | under 0.5 % cancelled | -
        CA JP | 2025-06-28 | 97 % on time | -
        CA JP | 2026-11-01 | 99 % tracked | -
        CA JP | 2026-11-01 | 10 orders in 30 days, more than 90 days of selling | -
    """)  # fmt: skip # noqa: E501


def test_premium_shipping_in_europe_of_2016() -> None:
    """tamebay, January 2016; the end of 2018 is assumed."""
    holds("Premium Shipping", """
        UK DE FR IT ES | 2015-12-31 | 94 % tracked | -
        UK DE FR IT ES | 2016-01-01 | 94 % tracked | valid tracking at least 94 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2018-12-31 | 94 % tracked | valid tracking at least 94 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2019-01-01 | 94 % tracked | -
        UK DE FR IT ES | 2015-12-31 | 92 % on time | -
        UK DE FR IT ES | 2016-01-01 | 92 % on time | on time at least 92 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2018-12-31 | 92 % on time | on time at least 92 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2019-01-01 | 92 % on time | -
        UK DE FR IT ES | 2015-12-31 | under 1.5 % cancelled | -
        UK DE FR IT ES | 2016-01-01 | under 1.5 % cancelled | cancelled less than 1.5 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2018-12-31 | under 1.5 % cancelled | cancelled less than 1.5 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2019-01-01 | under 1.5 % cancelled | -
    """)  # fmt: skip # noqa: E501


def test_premium_shipping_in_europe_since_2019_and_its_week_on_time_since_31_july_2025() -> None:
    """Seller forum and ventureforge: 100 % tracked by approved carriers, 92 % of eight days."""
    holds("Premium Shipping", """
        UK DE FR IT ES | 2018-12-31 | 100 % tracked | -
        UK DE FR IT ES | 2019-01-01 | 100 % tracked | valid tracking at least 100 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2018-12-31 | approved carriers | -
        UK DE FR IT ES | 2019-01-01 | approved carriers | unmeasured at least 100 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2018-12-31 | under 0.5 % cancelled | -
        UK DE FR IT ES | 2019-01-01 | under 0.5 % cancelled | cancelled less than 0.5 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2018-12-31 | 97 % on time | -
        UK DE FR IT ES | 2019-01-01 | 97 % on time | on time at least 97 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2025-07-30 | 97 % on time | on time at least 97 %, 39 to 10 days ago, enforced
        UK DE FR IT ES | 2025-07-31 | 97 % on time | -
        UK DE FR IT ES | 2025-07-30 | 92 % on time | -
        UK DE FR IT ES | 2025-07-31 | 92 % on time | on time at least 92 %, 14 to 7 days ago, enforced
        NL | 2025-07-31 | 92 % on time | -
    """)  # fmt: skip # noqa: E501


def test_premium_shipping_in_japan_asks_for_31_days_that_ended_10_days_ago() -> None:
    """Help page 201503640: days -40 to -10."""
    holds("Premium Shipping", """
        JP | 2020-01-01 | 94 % tracked | valid tracking at least 94 %, 40 to 10 days ago, enforced
        JP | 2026-11-01 | 96 % on time | on time at least 96 %, 40 to 10 days ago, enforced
        JP | 2026-11-01 | under 1 % cancelled | cancelled less than 1 %, 40 to 10 days ago, enforced
        CA US | 2026-11-01 | 94 % tracked | -
        CA US | 2026-11-01 | 96 % on time | -
        CA US | 2026-11-01 | under 1 % cancelled | -
    """)  # fmt: skip


def test_seller_fulfilled_prime_in_the_us_and_japan_is_measured_of_prime_packages_alone() -> None:
    """shipsage, heycross, help page 202072550; over which days is assumed."""
    holds("Seller Fulfilled Prime", """
        US | 2026-11-01 | 99 % tracked | valid tracking at least 99 %, 39 to 10 days ago, enforced, prime alone
        US | 2025-06-28 | 93.5 % on time | -
        US | 2025-06-29 | 93.5 % on time | on time at least 93.5 %, 39 to 10 days ago, enforced, prime alone, shipped+exempt, no delivery scan disputed
        US | 2026-11-01 | under 0.5 % cancelled | cancelled less than 0.5 %, 39 to 10 days ago, enforced, prime alone
        US | 2026-11-01 | under 4 % shipped late | shipped late less than 4 %, 39 to 10 days ago, enforced, prime alone
        CA JP | 2026-11-01 | 99 % tracked | -
        CA JP | 2026-11-01 | 93.5 % on time | -
        CA JP | 2026-11-01 | under 0.5 % cancelled | -
        CA JP | 2026-11-01 | under 4 % shipped late | -
        CA US | 2021-07-15 | 94 % tracked | -
        CA US | 2021-07-15 | 96 % on time | -
        JP | 2021-07-14 | 94 % tracked | -
        JP | 2021-07-15 | 94 % tracked | valid tracking at least 94 %, 16 to 10 days ago, enforced, prime alone
        JP | 2021-07-14 | 96 % on time | -
        JP | 2021-07-15 | 96 % on time | on time at least 96 %, 16 to 10 days ago, enforced, prime alone, shipped+exempt
    """)  # fmt: skip # noqa: E501


def test_seller_fulfilled_prime_in_the_eu_is_measured_of_prime_packages_alone() -> None:
    """onlinehaendler-news, valuezon: by product until October 2025, over 92 % since."""
    asked = "on time more than 92 %, 39 to 10 days ago, enforced, prime"
    holds("Seller Fulfilled Prime", f"""
        DE FR IT ES | 2023-06-20 | 90 % on time, by product | -
        DE FR IT ES | 2023-06-21 | 90 % on time, by product | unmeasured at least 90 %, 39 to 10 days ago, enforced
        DE FR IT ES | 2025-10-31 | 90 % on time, by product | unmeasured at least 90 %, 39 to 10 days ago, enforced
        DE FR IT ES | 2025-11-01 | 90 % on time, by product | -
        DE FR IT ES | 2025-10-31 | over 92 % on time | -
        DE FR IT ES | 2025-11-01 | over 92 % on time | {asked}
        DE FR IT ES | 2025-10-31 | other conditions, which the sources do not state | -
        DE FR IT ES | 2025-11-01 | other conditions, which the sources do not state | unmeasured at least 100 %, 39 to 10 days ago, enforced
    """)  # fmt: skip # noqa: E501
