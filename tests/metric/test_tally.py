"""A tally is a sum: nothing is lost, and it merges in any order."""

from collections import Counter
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import oracle
from vtrkit import classify, merge, rollup, tally
from vtrkit.errors import TallyError
from vtrkit.metric.arrivals import LATE
from vtrkit.metric.tally import fill_calendar, keys
from vtrkit.rules.policies import Rules, shipped_rules
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import COUNTS, PACKAGES, TALLY_KEY, VIEW_KEY, Outcome, Reason

FIRST = date(2026, 1, 1)
days = st.one_of(st.none(), st.integers(0, 9).map(lambda n: FIRST + timedelta(days=n)))
ROW = {
    "account": st.sampled_from(["a", "b"]),
    "marketplace": st.sampled_from(["US", "UK", None]),
    "category": st.sampled_from(["Shoes", "Toys", None]),
    "carrier": st.sampled_from(["UPS", "Bob's Vans", None]),
    "ship_method": st.sampled_from(["UPS Ground", "by hand", None]),
    "status": st.sampled_from(["shipped", "shipped", "unshipped", "cancelled", None]),
    "fulfilled_by": st.sampled_from(["seller", "seller_prime", "amazon", None]),
    "tracking_number": st.sampled_from(["", "1Z999AA10123456784", None]),
    "tracking_entered_at": days,
    "ship_by_date": days,
    "ship_date": days,
    "promised_date": days,
    "delivered_date": days,
    "attempted_date": days,
    "is_delivered": st.sampled_from([None, None, None, True, False]),
    "tracked_at": days,
    "seen_at": days,
    "quantity": st.sampled_from([None, 1, 3]),
    "scans": st.sampled_from([None, 0, 1, 3]),
    "reported_valid": st.sampled_from([None, True, False]),
}
rows = st.lists(st.fixed_dictionaries(ROW), min_size=1, max_size=25)


def judged(packages):
    """Verdicts of packages given as dicts."""
    table = [{"order_id": str(n), **p} for n, p in enumerate(packages)]
    return classify(pl.DataFrame(table, schema={name: PACKAGES[name] for name in table[0]}))


def cells(tallied):
    """A tally as a set of cells, whatever its order and engine."""
    names = sorted(tallied.lazy().collect_schema().names())
    texts = tallied.lazy().select(pl.col(names).exclude(COUNTS).cast(pl.String), *COUNTS)
    found = texts.collect().rows()
    assert len(found) == len(set(found))
    return set(found)


@given(packages=rows)
def test_every_package_has_exactly_one_reason_and_the_tally_counts_each_once(packages):
    """Valid + defect + unknown + exempt = packages, by reason, undated ones included."""
    verdicts = judged(packages)
    assert verdicts["reason"].null_count() == 0
    assert verdicts["outcome"].null_count() == 0
    assert verdicts.height == len(packages)
    found = dict(tally(verdicts, by=("reason",)).select("reason", "packages").rows())
    assert found == dict(verdicts["reason"].value_counts().rows())
    assert sum(found.values()) == len(packages)
    by_outcome = {
        o: sum(n for r, n in found.items() if REASONS[Reason(r)].outcome == o) for o in Outcome
    }
    assert by_outcome == {o: (verdicts["outcome"] == o).sum() for o in Outcome}


@given(packages=rows)
def test_the_counts_are_what_counting_by_hand_finds(packages):
    """Late packages stand beside those whose dates are known; nothing else is in a count."""
    verdicts = judged(packages)
    found = tally(verdicts).select(COUNTS).sum().row(0, named=True)
    wrong = [
        p
        for p, reason in zip(packages, verdicts["reason"], strict=True)
        if reason == "missing_number" and not p["delivered_date"] and not p["is_delivered"]
    ]
    last = [
        p["promised_date"] + timedelta(3) if p["promised_date"] else p["ship_date"] + timedelta(10)
        for p in wrong
        if p["promised_date"] or p["ship_date"]
    ]
    tracked = [p["tracked_at"] for p in wrong if p["promised_date"] or p["ship_date"]]
    moving = [bool(p["scans"]) for p in wrong if p["promised_date"] or p["ship_date"]]
    underway = [m and t and t > d for m, t, d in zip(moving, tracked, last, strict=True)]

    def both(first, second):
        return [(p[first], p[second]) for p in packages if p[first] and p[second]]

    ship, delivery = both("ship_date", "ship_by_date"), both("delivered_date", "promised_date")
    arrivals = [(oracle.arrival(p), p["quantity"] or 1) for p in packages]
    how = Counter(kind for kind, _ in arrivals)
    units = Counter()
    for kind, quantity in arrivals:
        units[kind] += quantity
    assert found == {
        "packages": len(packages),
        "ship_judged": len(ship),
        "shipped_late": sum(day > due for day, due in ship),
        "units": units.total(),
        "delivered": len(delivery),
        "delivery_judged": how["on time"] + how["late"],
        "delivered_late": how["late"],
        "undelivered": how["undelivered"],
        "units_judged": units["on time"] + units["late"],
        "units_late": units["late"],
        "units_undelivered": units["undelivered"],
        "correctable": len(wrong),
        "underway": sum(map(bool, underway)),
    }


def test_what_was_late_is_known_or_blank():
    """Shipped by the 3rd, promised for the 6th, tracking exported on the 9th."""
    usual = {"ship_by_date": 3, "ship_date": 3, "promised_date": 6, "tracked_at": 9, "scans": 2}
    cases = [
        ({"delivered_date": 6, "first_scan_date": 3, "tracking_entered_at": 3}, (0, 0, 0)),
        ({"ship_date": 4, "delivered_date": 7, "first_scan_date": 3}, (1, 1, 1)),
        ({"tracking_entered_at": 4, "first_scan_date": 5, "delivered_date": 6}, (1, 0, 0)),
        ({"attempted_date": 6, "delivered_date": 8}, (None, 0, 0)),
        ({"tracking_entered_at": 3}, (0, 0, 1)),
        ({"tracking_entered_at": 3, "is_delivered": True}, (0, 0, None)),
        ({"tracked_at": 6, "delivered_date": 5}, (None, 0, None)),
        ({"ship_by_date": None, "scans": None}, (None, None, None)),
    ]
    days = {name for name in PACKAGES if PACKAGES[name] == pl.Date()}
    table = [
        {k: v if k not in days or v is None else date(2026, 1, v) for k, v in (usual | c).items()}
        for c, _ in cases
    ]
    schema = {name: PACKAGES[name] for name in PACKAGES if name in days | {"scans", "is_delivered"}}
    late = pl.DataFrame(table, schema=schema).select(**LATE).rows()
    assert late == [tuple(None if x is None else bool(x) for x in said) for _, said in cases]


@given(packages=rows, parts=st.randoms(use_true_random=False), lazy=st.booleans())
def test_a_tally_is_the_merge_of_its_parts_in_any_order(packages, parts, lazy):
    """tally(a ++ b) = merge(tally(a), tally(b)), for any partition, lazy or not."""
    verdicts = judged(packages)
    place = [parts.randrange(3) for _ in packages]
    split = [verdicts.filter(pl.Series([p == n for p in place])) for n in range(3)]
    parts.shuffle(split)
    tallies = [tally(part.lazy() if lazy else part) for part in split]
    assert cells(merge(*tallies)) == cells(tally(verdicts))
    assert cells(merge(merge(*tallies[:2]), tallies[2])) == cells(tally(verdicts))


@given(packages=rows, by=st.sets(st.sampled_from(TALLY_KEY), min_size=1))
def test_a_rollup_is_the_tally_of_fewer_keys(packages, by):
    """Rolling up and tallying coarsely are the same; no package appears or vanishes."""
    verdicts, by = judged(packages), sorted(by)
    assert cells(rollup(tally(verdicts), by)) == cells(tally(verdicts, by))


def some():
    """Three packages of two days."""
    return judged(
        [
            dict.fromkeys(ROW) | {"scans": n, "promised_date": FIRST, "account": "a"}
            for n in (0, 1, None)
        ]
    )


def test_the_view_is_the_default_rollup():
    """Its keys are those that rates, portfolio and outlook need."""
    view = rollup(tally(some()))
    assert set(keys(view)) == set(VIEW_KEY)
    assert set(keys(tally(some()))) == set(TALLY_KEY)


def test_counts_are_int64():
    """An unsigned count would wrap where one is taken from another."""
    for table in (tally(some()), rollup(tally(some())), merge(tally(some()), tally(some()))):
        assert {table.schema[name] for name in COUNTS} == {pl.Int64()}


@pytest.mark.parametrize("kind", [pl.DataFrame, pl.LazyFrame])
def test_lazy_in_lazy_out(kind):
    """A collected argument gives a collected result, a lazy one a lazy result."""
    verdicts = some() if kind is pl.DataFrame else some().lazy()
    assert isinstance(classify(verdicts.select("order_id", "scans")), kind)
    found = tally(verdicts)
    for result in (found, merge(found, found), rollup(found), rollup(found, ["reason"])):
        assert isinstance(result, kind)


def test_tallies_of_different_rules_are_not_merged():
    """Judging under another target's rules makes another tally."""
    default = shipped_rules().default
    other = classify(some().select("order_id", "scans"), Rules((default,)))
    with pytest.raises(TallyError, match="these 2 tallies were judged under different rules"):
        merge(tally(some()), tally(other))


def test_tallies_of_different_columns_are_not_merged():
    """A coarse tally does not know what a fine one keeps apart."""
    with pytest.raises(TallyError, match="different columns; roll them up to the same keys"):
        merge(tally(some()), rollup(tally(some())))


def test_a_key_that_the_tally_lacks_is_refused_with_the_nearest_name():
    """The message lists what there is."""
    with pytest.raises(TallyError, match=r"no column reasons \(did you mean reason\?\); it has"):
        rollup(tally(some()), ["reasons"])


def test_a_quiet_day_has_a_row_of_zeros():
    """Every group has every day between the first and the last of all."""
    daily = pl.DataFrame(
        {"g": ["x", "y"], "day": [FIRST, FIRST + timedelta(days=2)], "packages": [3, 5]}
    )
    found = fill_calendar(daily, ["g"], "day").select("g", "packages").rows()
    assert found == [("x", 3), ("x", 0), ("x", 0), ("y", 0), ("y", 0), ("y", 5)]


def test_free_text_never_becomes_a_key():
    """A carrier or service that somebody typed is `unrecognised` or `other`."""
    typed = {"carrier": "call Ann on 555-1234", "ship_method": "Ann's van"}
    verdicts = judged([dict.fromkeys(ROW) | {"scans": 1} | typed])
    found = tally(verdicts).select("carrier_id", "ship_method").row(0)
    assert found == ("unrecognised", "other")
