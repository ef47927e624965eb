"""Linked metrics and programmes: windows, counts and gaps against packages counted by hand."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from vtrkit import Target, classify, rates, tally
from vtrkit.metric.linked_metrics import late_listings, linked
from vtrkit.metric.prime import prime_tally
from vtrkit.metric.requirements import Requirement, requirements
from vtrkit.metric.tally import sku_tally

AS_OF = date(2026, 9, 30)
EARLY = date(2026, 1, 1)


def packages(count: int, promised: date, **fields: Any) -> pl.DataFrame:
    """So many good packages promised on one day, with other traits."""
    usual = {
        "marketplace": "US",
        "category": "Shoes",
        "origin": "US",
        "scans": 3,
        "tracking_number": "1Z1",
        "ship_date": promised - timedelta(days=3),
        "ship_by_date": promised - timedelta(days=3),
        "promised_date": promised,
        "delivered_date": promised,
        "tracked_at": promised + timedelta(days=30),
    }
    rows = [usual | fields | {"order_id": f"{promised}{fields}{i}"} for i in range(count)]
    return pl.DataFrame(rows, infer_schema_length=None)


def verdicts(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Packages judged, beside one of each marketplace from long before that counts nowhere."""
    every = pl.concat(frames, how="diagonal_relaxed")
    long_ago = {"status": "cancelled", "scans": None, "delivered_date": None, "tracked_at": None}
    first = [
        packages(1, EARLY, marketplace=market, **long_ago)
        for market in every["marketplace"].unique()
    ]
    return classify(pl.concat([every, *first], how="diagonal_relaxed"))


def asked(frames: list[pl.DataFrame], title: str, as_of: date = AS_OF, **where: Any) -> Any:
    """The one row of a requirement."""
    judged = tally(verdicts(frames))
    return linked(judged, as_of=as_of).row(by_predicate=_is(title, **where), named=True)


def _is(title: str, **where: Any) -> pl.Expr:
    return pl.all_horizontal(pl.col(k) == v for k, v in {"title": title, **where}.items())


def test_the_14_day_rate_counts_the_days_from_20_to_7_before_the_as_of_day() -> None:
    """Both ends are included; a late package outside of them changes nothing."""
    late = {"delivered_date": AS_OF}
    first, last = AS_OF - timedelta(days=20), AS_OF - timedelta(days=7)
    frames = [
        packages(9, first),
        packages(1, last, **late),
        packages(5, first - timedelta(days=1), **late),
        packages(5, last + timedelta(days=1), **late),
    ]
    row = asked(frames, "On-time delivery rate, 14 days")
    assert (row["window_start"], row["window_end"]) == (first, last)
    assert (row["counted"], row["good"], row["share_low"], row["met"]) == (10, 9, 0.9, True)


def test_overdue_and_undelivered_is_late_and_unknown_delivery_is_left_out() -> None:
    due = AS_OF - timedelta(days=10)
    frames = [
        packages(8, due),
        packages(2, due, delivered_date=None),
        packages(3, due, delivered_date=None, scans=None),
    ]
    row = asked(frames, "On-time delivery, 30 days")
    assert (row["counted"], row["good"], row["gap"]) == (10, 8, 2)
    assert (row["covered_share"], row["met"]) == (10 / 13, None)
    assert asked(frames[:2], "On-time delivery, 30 days")["met"] is False


@pytest.mark.parametrize(
    ("on_time", "late", "undelivered", "met"),
    [(90, 5, 5, True), (89, 5, 6, None), (89, 10, 6, False), (18, 0, 6, None)],
)
def test_in_the_us_a_missing_delivery_scan_decides_nothing_since_sources_disagree(
    on_time: int, late: int, undelivered: int, met: bool | None
) -> None:
    due = AS_OF - timedelta(days=10)
    frames = [
        packages(on_time, due),
        packages(late, due, delivered_date=AS_OF),
        packages(undelivered, due, delivered_date=None),
    ]
    row = asked([f for f in frames if f.height], "On-time delivery rate, 14 days")
    assert (row["counted"], row["unknown"]) == (on_time + late + undelivered, undelivered)
    whole, known = on_time + late + undelivered, on_time + late
    assert (row["share_low"], row["share_high"]) == (on_time / whole, on_time / known)
    assert row["met"] is met


def test_nothing_is_met_or_missed_where_less_than_90_percent_of_arrivals_are_known() -> None:
    due = AS_OF - timedelta(days=10)
    for known, met in ((90, True), (89, None)):
        frames = [packages(known, due), packages(100 - known, due, delivered_date=None, scans=None)]
        row = asked(frames, "On-time delivery rate, 14 days")
        assert (row["covered_share"], row["met"]) == (known / 100, met)


def test_what_was_not_due_when_its_tracking_was_exported_is_not_judged_even_if_early() -> None:
    due = AS_OF - timedelta(days=10)
    frames = [
        packages(18, due),
        packages(1, due, delivered_date=due - timedelta(days=2), tracked_at=due),
        packages(
            1, due, delivered_date=due + timedelta(days=1), tracked_at=due + timedelta(days=1)
        ),
    ]
    row = asked(frames, "On-time delivery rate, 14 days")
    assert (row["counted"], row["good"], row["covered_share"]) == (19, 18, 0.95)


def test_a_first_attempt_by_the_promised_day_is_on_time() -> None:
    due = AS_OF - timedelta(days=10)
    late = due + timedelta(days=4)
    frames = [
        packages(1, due, delivered_date=late, attempted_date=due),
        packages(1, due, delivered_date=late, attempted_date=due + timedelta(days=1)),
        packages(1, due, delivered_date=None, attempted_date=due),
    ]
    row = asked(frames, "On-time delivery rate, 14 days")
    assert (row["counted"], row["good"]) == (3, 2)


def test_amazon_counts_units_and_a_package_of_unknown_quantity_is_one() -> None:
    due = AS_OF - timedelta(days=10)
    frames = [
        packages(1, due, quantity=5),
        packages(1, due, quantity=4, delivered_date=AS_OF),
        packages(1, due, quantity=None),
    ]
    row = asked(frames, "On-time delivery rate, 14 days")
    assert (row["unit"], row["counted"], row["good"]) == ("units", 10, 6)
    assert asked(frames, "On-time delivery, 30 days")["counted"] == 3


UK = {"marketplace": "UK", "origin": "GB", "destination": "GB"}


def test_the_uk_counts_prime_and_exempt_packages_and_delivery_scans_only() -> None:
    """Amazon's mail: all units of the seller, Prime too; its FAQ: those with a delivery scan."""
    due = AS_OF - timedelta(days=10)
    frames = [
        packages(20, due, **UK),
        packages(20, due, **UK, fulfilled_by="seller_prime", delivered_date=AS_OF),
        packages(5, due, **UK | {"destination": "US"}),
        packages(2, due, **UK | {"destination": "US"}, delivered_date=None, scans=None),
        packages(3, due, **UK, delivered_date=None),
        packages(9, due, **UK, fulfilled_by="amazon", delivered_date=AS_OF),
    ]
    row = asked(frames, "On-time delivery rate, 14 days", marketplace="UK")
    assert (row["counted"], row["good"], row["met"]) == (45, 25, False)
    assert row["covered_share"] == 1


def test_germany_is_shown_an_on_time_rate_in_july_2026_that_removes_listings_from_september() -> (
    None
):
    due = date(2026, 9, 28)
    home = {"marketplace": "DE", "origin": "DE", "destination": "DE"}
    frames = [
        packages(10, due, **home),
        packages(15, due, **home, delivered_date=due + timedelta(days=3)),
    ]
    row = asked(frames, "On-time delivery rate, 14 days", as_of=date(2026, 10, 15))
    assert (row["good"], row["counted"], row["met"], row["enforced"]) == (10, 25, False, True)
    in_force = {
        day: [
            (r.id, r.enforced)
            for r in requirements()
            if r.id.startswith("otdr") and r.holds("DE", day)
        ]
        for day in (date(2026, 7, 14), date(2026, 7, 15), date(2026, 8, 31), date(2026, 9, 1))
    }
    assert list(in_force.values()) == [
        [],
        [("otdr-eu-shown", False)],
        [("otdr-eu-shown", False)],
        [("otdr-eu", True)],
    ]


def test_the_worst_listing_is_the_one_with_the_most_late_units_beyond_the_allowed() -> None:
    """B has the lower share, A the more late units: 8 of 42 against 2 of 4."""
    due = AS_OF - timedelta(days=10)
    frames = [
        packages(34, due, sku="A"),
        packages(8, due, sku="A", delivered_date=AS_OF),
        packages(2, due, sku="B"),
        packages(1, due, sku="B", quantity=2, delivered_date=AS_OF),
        packages(9, due, sku="C"),
        packages(9, due, sku=None, delivered_date=AS_OF),
        packages(9, due, sku="D", marketplace="BR", delivered_date=AS_OF),
    ]
    skus = sku_tally(verdicts(frames))
    worst = late_listings(skus, as_of=AS_OF).select("sku", "good", "counted", "gap_best")
    assert worst.rows() == [("A", 34, 42, 4), ("B", 2, 4, 2), ("C", 9, 9, 0)]


def test_late_shipment_below_four_percent_is_strict_and_by_ship_day() -> None:
    """4 of 100 late are exactly 4 % and miss "below 4 %" by one package."""
    shipped = AS_OF - timedelta(days=2)
    promised = shipped + timedelta(days=4)
    frames = [
        packages(96, promised, ship_date=shipped, ship_by_date=shipped),
        packages(4, promised, ship_date=shipped, ship_by_date=shipped - timedelta(days=1)),
        packages(7, promised, ship_date=shipped, ship_by_date=None),
        packages(9, promised, status="cancelled", ship_date=shipped, ship_by_date=shipped),
    ]
    row = asked(frames, "Late shipment, 10 days")
    assert (row["counted"], row["good"], row["share_low"], row["met"]) == (100, 96, 0.04, False)
    assert row["gap"] == 1


def test_the_programme_of_98_and_97_takes_the_enforced_window() -> None:
    """98 % tracked and 97 % on time, over the window that the marketplace's rule enforces."""
    end = AS_OF - timedelta(days=10)
    frames = [packages(98, end), packages(2, end, scans=0, delivered_date=None)]
    tracked = asked(frames, "98 % tracked")
    assert (tracked["days"], tracked["window_end"], tracked["counted"]) == (30, end, 100)
    assert (tracked["good"], tracked["met"], tracked["gap"]) == (98, True, 0)
    assert asked(frames, "97 % on time", programme="Shorter handling and transit times")["met"]


def test_unverified_packages_leave_it_open_where_they_decide() -> None:
    end = AS_OF - timedelta(days=10)
    frames = [packages(97, end), packages(3, end, scans=None, delivered_date=None)]
    row = asked(frames, "98 % tracked")
    assert (row["counted"], row["unknown"], row["met"]) == (100, 3, None)
    assert (row["share_low"], row["share_high"]) == (0.97, 1.0)


def test_premium_shipping_asks_what_it_asked_on_that_day() -> None:
    """US: from 29 June 2025 93.5 % on time, Sunday to Saturday; nothing ends the 99 % tracked."""
    titles = {
        day: {r.title for r in requirements() if r.programme and r.holds("US", day)}
        for day in (date(2025, 6, 28), date(2025, 6, 29))
    }
    assert {"99 % tracked"} <= titles[date(2025, 6, 28)] & titles[date(2025, 6, 29)]
    assert "93.5 % on time, Sunday to Saturday" in titles[date(2025, 6, 29)]
    assert "93.5 % on time, Sunday to Saturday" not in titles[date(2025, 6, 28)]


@pytest.mark.parametrize("ahead", range(7))
def test_a_week_from_sunday_to_saturday_is_the_last_full_one(ahead: int) -> None:
    (weekly,) = [r for r in requirements() if r.ends_on]
    day = date(2026, 9, 26) + timedelta(days=ahead)  # a Saturday and the six days after it
    assert weekly.window(day, 30, 10) == (date(2026, 9, 20), date(2026, 9, 26))


@pytest.mark.parametrize("place", ["DE", "FR", "IT", "ES"])
def test_the_on_time_rate_of_prime_in_the_eu_counts_prime_packages_alone(place: str) -> None:
    """Their rule leaves Prime out of valid tracking; 92 of 100 are no more than 92 %."""
    due, here = AS_OF - timedelta(days=10), {"marketplace": place, "origin": place}
    here["destination"] = place
    prime = {**here, "fulfilled_by": "seller_prime"}
    frames = [
        packages(92, due, **prime),
        packages(8, due, **prime, delivered_date=AS_OF),
        packages(50, due, **here, delivered_date=AS_OF),
    ]
    row = asked(frames, "over 92 % on time", programme="Seller Fulfilled Prime")
    assert (row["counted"], row["good"], row["met"], row["gap"]) == (100, 92, False, 1)
    none = asked(frames[2:], "over 92 % on time", programme="Seller Fulfilled Prime")
    assert (none["counted"], none["met"]) == (0, None)


@pytest.mark.parametrize(
    ("place", "title", "counted", "good", "met"),
    [
        ("US", "99 % tracked", 24, 20, False),
        ("US", "93.5 % on time", 20, 18, None),
        ("US", "under 0.5 % cancelled", 27, 24, False),
        ("US", "under 4 % shipped late", 24, 23, False),
        ("JP", "94 % tracked", 24, 20, None),
        ("JP", "96 % on time", 20, 18, None),
    ],
)
def test_prime_is_told_apart_where_it_counts_among_all_others(
    place: str, title: str, counted: int, good: int, met: bool | None
) -> None:
    """Of 27 Prime packages 3 are cancelled, 4 were never scanned, 2 came late, 1 shipped late.

    The others, all as bad as can be, change nothing; where no file says which are Prime, nothing
    is counted.
    """
    due = AS_OF - timedelta(days=12)
    here = {"marketplace": place, "origin": place, "destination": place}
    bad: dict[str, Any] = {"scans": 0, "delivered_date": None, "ship_date": due}
    prime = {**here, "fulfilled_by": "seller_prime"}
    frames = [
        packages(17, due, **prime),
        packages(2, due, **prime, delivered_date=due + timedelta(days=1)),
        packages(1, due, **(prime | {"ship_date": due - timedelta(days=2)})),
        packages(4, due, **prime, scans=0, delivered_date=None, tracked_at=due),
        packages(3, due, **prime, status="cancelled"),
        packages(50, due, **(here | bad)),
    ]
    judged = verdicts(frames)
    where = _is(title, programme="Seller Fulfilled Prime")
    row = linked(tally(judged), prime_tally(judged), as_of=AS_OF).row(
        by_predicate=where, named=True
    )
    assert (row["counted"], row["good"], row["met"]) == (counted, good, met)
    blind = linked(tally(judged), prime_tally(judged.clear()), as_of=AS_OF)
    assert blind.filter(where).select("counted", "met").rows() == [(0, None)]


def test_files_that_never_tell_of_an_arrival_say_nothing_about_deliveries() -> None:
    """Scans alone, as from a list of numbers; with one delivery, those without are late."""
    due = AS_OF - timedelta(days=15)
    never = verdicts([packages(30, due, delivered_date=None)])
    once = verdicts([packages(30, due, delivered_date=None), packages(1, due)])
    for judged, counted, covered in ((never, 0, 0.0), (once, 31, 1.0)):
        tables = linked(tally(judged), as_of=AS_OF)
        row = tables.row(by_predicate=_is("On-time delivery, 30 days"), named=True)
        assert (row["counted"], row["covered_share"]) == (counted, covered)
        assert row["met"] is (False if counted else None)
        (share,) = rates(tally(judged), as_of=AS_OF).filter(days=30, category="Shoes")[
            "on_time_share"
        ]
        assert share == (1 / 31 if counted else None)


@pytest.mark.parametrize("title", ["On-time delivery rate, 14 days", "Late shipment, 10 days"])
def test_nothing_is_met_or_missed_where_the_files_begin_after_the_window(title: str) -> None:
    """Neither a window that is good so far nor one that is late."""
    start = asked([packages(1, AS_OF)], title)["window_start"]
    late = {"delivered_date": AS_OF, "ship_by_date": start - timedelta(days=9)}
    for first, met in ((start, False), (start + timedelta(days=1), None)):
        sent = packages(30, AS_OF - timedelta(days=8), ship_date=AS_OF - timedelta(days=8), **late)
        begins = packages(1, first, ship_date=first, status="cancelled")
        rows = linked(tally(classify(pl.concat([sent, begins], how="diagonal"))), as_of=AS_OF)
        row = rows.row(by_predicate=_is(title), named=True)
        assert (row["counted"], row["met"]) == (30, met)


def test_too_few_units_are_not_judged_in_the_uk() -> None:
    """From 20 packages in the window only."""
    day = AS_OF - timedelta(days=10)
    for count, met in ((19, None), (20, True)):
        frames = [packages(count, day, marketplace="UK", origin="GB", destination="GB")]
        row = asked(frames, "On-time delivery rate, 14 days", marketplace="UK")
        assert (row["counted"], row["met"]) == (count, met)


def test_every_requirement_has_a_source_a_known_measure_and_a_possible_target() -> None:
    for need in requirements():
        assert isinstance(need, Requirement)
        assert all(need.source), need.id
        assert set(need.counts) <= {"shipped", "prime", "exempt"}
        assert need.checked.year >= 2026
        assert 0 < need.target <= 1
        assert need.first_day <= need.last_day


def test_a_view_without_ship_days_is_refused_by_name() -> None:
    from vtrkit import rollup
    from vtrkit.errors import TallyError

    with pytest.raises(TallyError, match="the tally has no column ship_date"):
        linked(rollup(tally(classify(packages(1, AS_OF)))), as_of=AS_OF)


# the status as the rules of step two have it ----------------------------------------------------


def row_of(frames: list[pl.DataFrame], as_of: date = AS_OF, **arguments: Any) -> dict[str, Any]:
    table = rates(
        tally(classify(pl.concat(frames, how="diagonal_relaxed"))), as_of=as_of, **arguments
    )
    return table.filter(days=30).row(0, named=True)


OLD = packages(1, AS_OF - timedelta(days=120))
END = AS_OF - timedelta(days=10)


def test_exactly_the_target_has_both_readings_where_sources_disagree() -> None:
    """190 of 200: enough under "at least 95 %", not under "over 95 %"."""
    row = row_of([OLD, packages(190, END), packages(10, END, scans=0, delivered_date=None)])
    assert (row["counted"], row["valid"], row["status_other"]) == (200, 190, "BAD")
    assert row["status"] in {"GOOD", "AT_RISK"}
    better = row_of([OLD, packages(191, END), packages(9, END, scans=0, delivered_date=None)])
    assert better["status_other"] is None


def test_a_target_of_ones_own_has_one_reading() -> None:
    frames = [OLD, packages(19, END), packages(1, END, scans=0, delivered_date=None)]
    assert row_of(frames, target=Target(95))["status_other"] is None


@pytest.mark.parametrize(("count", "few"), [(19, True), (20, False)])
def test_fewer_than_20_packages_are_flagged(count: int, few: bool) -> None:
    assert row_of([OLD, packages(count, END)])["few"] is few


def test_a_category_is_enforced_from_its_own_day() -> None:
    """US, 20 January 2016: Office Products since August 2015, Toys only from February 2016."""
    day = date(2016, 1, 20)
    frames = [
        packages(20, day - timedelta(days=20), category=c, scans=0, delivered_date=None)
        for c in ("Office Products", "Toys")
    ] + [packages(1, day - timedelta(days=130), category=c) for c in ("Office Products", "Toys")]
    table = rates(tally(classify(pl.concat(frames, how="diagonal_relaxed"))), as_of=day).filter(
        days=30
    )
    found = {r["category"]: (r["status"], r["in_force"], r["binding"]) for r in table.to_dicts()}
    assert found == {"Office Products": ("BAD", True, True), "Toys": ("BAD", False, False)}


def test_missing_95_percent_in_sweden_hurts_nobody() -> None:
    frames = [
        packages(1, AS_OF - timedelta(days=120), marketplace="SE"),
        packages(5, END, marketplace="SE", scans=0, delivered_date=None),
    ]
    row = row_of(frames)
    assert (row["status"], row["in_force"], row["binding"]) == ("BAD", False, False)
