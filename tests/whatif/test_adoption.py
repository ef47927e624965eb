"""How many packages a lever has to move: the smallest whole number, found by trying them all."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from math import comb, floor

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests import shops
from tests.shops import AS_OF, WINDOW_END, cells, some
from vtrkit import Lever, Target, adoption_needed
from vtrkit.errors import ParameterError


def needed(tally, lever, days=30, **asked):
    """The rows of one window over everything, by target."""
    table = adoption_needed(tally, lever, **({"as_of": AS_OF, "by": ()} | asked))
    return table.filter(days=days).to_dicts()


def on_target(valid, counted, goal):
    """Whether so many of so many are on target, in fractions."""
    bp, condition = goal
    rate = Fraction(valid, counted) * 10_000
    return rate > bp if condition == "greater_than" else rate >= bp


def chance(need, moved, scanned):
    """The probability of at least so many scans, as an exact sum."""
    p = Fraction(str(scanned))
    return sum(comb(moved, j) * p**j * (1 - p) ** (moved - j) for j in range(need, moved + 1))


_SCANNED = st.sampled_from([0.0, 0.01, 0.29, 0.3, 0.5, 2 / 3, 0.7, 0.9, 0.97, 0.99, 1.0])
_GOALS = st.sampled_from(
    [(bp, c) for bp in (1, 5000, 9000, 9500, 9800, 9999) for c in ("at_least", "greater_than")]
    + [(10_000, "at_least")]
)


@given(
    counts=st.tuples(*[st.integers(0, 60)] * 4),
    scanned=_SCANNED,
    goal=_GOALS,
    confidence=st.sampled_from([0.5, 0.9, 0.99]),
)
@example(counts=(87, 10, 3, 0), scanned=0.3, goal=(9000, "at_least"), confidence=0.5)
@example(counts=(0, 7, 0, 0), scanned=0.5, goal=(5000, "at_least"), confidence=0.5)
def test_no_smaller_number_of_packages_reaches_the_target(counts, scanned, goal, confidence):
    """Against every whole number of packages up to those eligible, also by probability."""
    valid, eligible, other, unverified = counts
    tally = some(valid=valid, no_scan=eligible, malformed=other, unverified=unverified)
    lever = Lever(name="x", reason=("no_scan",), scanned=scanned)
    row = needed(tally, lever, targets=[Target.of_bp(*goal)], confidence=confidence)[0]
    counted, share = valid + eligible + other + unverified, Fraction(str(scanned))
    assert (row["eligible"], row["counted"]) == (eligible, counted)
    if not counted:
        empty = ("reachable", "packages", "share", "best", "common_share", "packages_sure")
        assert {row[name] for name in empty} == {None}
        return
    reached = [k for k in range(eligible + 1) if on_target(valid + floor(k * share), counted, goal)]
    assert row["packages"] == (reached[0] if reached else None)
    assert row["reachable"] == bool(reached)
    assert row["best"] == pytest.approx((valid + floor(eligible * share)) / counted)
    short = next((m for m in range(counted + 1) if on_target(valid + m, counted, goal)), counted)
    surely = [k for k in range(eligible + 1) if chance(short, k, scanned) >= confidence]
    assert row["packages_sure"] == (surely[0] if surely else None)
    hopeful = valid + unverified
    best = [k for k in range(eligible + 1) if on_target(hopeful + floor(k * share), counted, goal)]
    assert row["packages_best"] == (best[0] if best else None)


@given(
    sizes=st.lists(st.tuples(*[st.integers(0, 50)] * 3), min_size=1, max_size=4), scanned=_SCANNED
)
def test_the_common_share_is_the_smallest_one_that_is_enough_in_every_category(sizes, scanned):
    """Whole packages of that share reach the target everywhere, of the next smaller not."""
    rows = [
        {"category": f"c{i}", "reason": reason, "packages": n}
        for i, size in enumerate(sizes)
        for reason, n in zip(("valid", "no_scan", "malformed"), size, strict=True)
    ]
    lever, goal = Lever(name="x", reason=("no_scan",), scanned=scanned), (9000, "at_least")
    found = needed(
        cells(*rows), lever, by=("marketplace", "category"), targets=[Target.of_bp(*goal)]
    )
    exact = Fraction(str(scanned))

    def enough(share):
        return all(
            on_target(v + floor(floor(share * n) * exact), v + n + d, goal)
            for v, n, d in sizes
            if v + n + d
        )

    tried = sorted({Fraction(k, n) for _, n, _ in sizes for k in range(n + 1) if n} | {Fraction(0)})
    best = next((share for share in tried if enough(share)), None)
    counted = any(sum(size) for size in sizes)
    want = float(best) if counted and best is not None else None
    assert {row["common_share"] for row in found} == {want}


def test_both_targets_are_answered_under_the_condition_of_the_rule():
    """95 % and 98 %, with and without certainty; scanned packages alone count."""
    row_95, row_98 = needed(some(valid=180, no_scan=20), Lever(name="x", scanned=0.9))
    assert [row["target_bp"] for row in (row_95, row_98)] == [9500, 9800]
    assert [row["packages"] for row in (row_95, row_98)] == [12, 18]
    assert [row["packages_sure"] for row in (row_95, row_98)] == [13, 20]
    assert row_98["share"] == row_98["common_share"] == 0.9


def test_what_cannot_be_reached_says_how_far_one_gets():
    """Of ten defects five are eligible, and four of them scanned."""
    row = needed(
        some(valid=90, no_scan=5, malformed=5), Lever(name="x", reason=("no_scan",), scanned=0.8)
    )[0]
    assert (row["reachable"], row["packages"], row["share"], row["best"]) == (
        False,
        None,
        None,
        0.94,
    )
    assert row["common_share"] is None


def test_one_category_out_of_reach_leaves_no_common_share():
    """The others still have their own."""
    tally = cells(
        {"category": "Shoes", "packages": 18},
        {"category": "Shoes", "reason": "no_scan", "packages": 2},
        {"category": "Toys", "reason": "malformed"},
    )
    lever = Lever(name="x", reason=("no_scan",))
    shoes, toys = needed(tally, lever, by=("category",), targets=[Target(95)])
    assert (shoes["packages"], toys["packages"]) == (1, None)
    assert (shoes["common_share"], toys["common_share"]) == (None, None)


def test_a_target_that_is_met_needs_nothing():
    """Also where nothing is eligible, so that a category on target never blocks a common share."""
    row = needed(some(valid=99, no_scan=1), Lever(name="x", reason=("malformed",)))[1]
    assert (row["eligible"], row["packages"], row["packages_sure"], row["share"]) == (0, 0, 0, 0)


def test_unverified_packages_are_eligible_only_while_they_count_as_failing():
    """13 of 15 must become valid if the ten unverified ones fail; 3 of 5 if they hold."""
    tally = some(valid=85, unverified=10, no_scan=5)
    at_98 = needed(tally, Lever(name="x"))[1]
    assert (at_98["eligible"], at_98["packages"], at_98["packages_best"]) == (15, 13, 3)


def test_only_packages_from_the_start_on_are_eligible_and_the_ramp_is_no_matter():
    """The ramp says how fast a share is reached; here the share is what is asked for."""
    start = WINDOW_END - timedelta(days=2)
    rows = [{"ship_date": start + timedelta(days=n), "reason": "no_scan"} for n in (-1, 0, 1)]
    lever = Lever(name="x", start=start, ramp_days=30, share=0.1)
    assert needed(cells(*rows), lever)[0]["eligible"] == 2


def test_a_lever_that_moves_valid_packages_is_refused():
    """More of it may lower the rate, so there is no number from which on it is reached."""
    with pytest.raises(ParameterError, match="lever x moves valid packages too, so no number of"):
        needed(some(valid=1), Lever(name="x", moves_all=True))


@pytest.mark.parametrize("confidence", [0, 1, -0.5, 1.5, float("nan")])
def test_a_confidence_that_is_none_is_refused(confidence):
    """Certainty is what `packages` is for."""
    with pytest.raises(ParameterError, match="give more than 0 and less than 1"):
        needed(some(valid=1), Lever(name="x"), confidence=confidence)


@given(rows=shops.tallied(), lever=shops.levers(moves_all=False))
def test_counts_are_those_of_the_windows(rows, lever):
    """Eligible are the packages that the whole lever moves at once, of each category and window."""
    full = replace(lever, share=1.0, ramp_days=1)
    for row in adoption_needed(cells(*rows), lever, as_of=AS_OF, by=("category",)).iter_rows(
        named=True
    ):
        own = [r for r in rows if r["category"] == row["category"]]
        want = shops.expected(own, [full], row["days"])
        assert row["eligible"] == want["moved"]
