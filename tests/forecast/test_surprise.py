"""How surprising weeks are: as summed by hand, few false alarms, falls and jumps found."""

from math import comb, exp, lgamma

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.detection import ALLOWED, MONTH, QUARTER, YEAR, alarms, found
from tests.made import examples
from tests.weeks_made import WEEK, daily
from vtrkit.forecast import surprise as model
from vtrkit.forecast.surprise import ALARM, surprise

WEEKS = 15


def _sold(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[d for d, _ in pairs]]), np.array([[n for _, n in pairs]])


def _beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _at_least(defects: int, packages: int, rate: float, alike: float) -> float:
    """The tail of a beta-binomial, term by term; of a binomial where nothing is alike."""
    if not alike:
        return sum(
            comb(packages, k) * rate**k * (1 - rate) ** (packages - k)
            for k in range(defects, packages + 1)
        )
    a, b = rate * (1 / alike - 1), (1 - rate) * (1 / alike - 1)
    return sum(
        comb(packages, k) * exp(_beta(k + a, packages - k + b) - _beta(a, b))
        for k in range(defects, packages + 1)
    )


@pytest.mark.parametrize("packages", [15, 200, 400])
@pytest.mark.parametrize("rate", [0.02, 0.05, 0.3])
@pytest.mark.parametrize("alike", [0.0, 0.0005, 0.008, 0.05])
def test_the_tail_is_that_of_a_beta_binomial(packages: int, rate: float, alike: float) -> None:
    """Down to where alarms are; never much smaller, and larger only where many fail alike."""
    for defects in range(1, packages):
        exact = _at_least(defects, packages, rate, alike)
        if exact < 0.002:
            break
        near = model._tail(*(np.array([float(n)]) for n in (defects, packages, rate, alike)))[0]
        assert exact * 0.85 <= near <= exact * (1.6 if rate < 0.1 else 5), defects


def _by_hand(defects: list[int], packages: int, allowed: float) -> float:
    """The chance of the latest two of fifteen weeks of so many packages each, by plain sums."""
    past, shipped = sum(defects[:-2]), packages * 13
    usual = (past + 60 * max(allowed, past / shipped)) / (shipped + 60)
    weights, tails = [], []
    for number, spread in enumerate((0.08, 0.15, 0.25, 0.4, 0.6, 0.85, 1.2, 1.7)):
        size = max((1 - usual) / usual / spread**2 - 1, 0.5)
        a, b = usual * size, (1 - usual) * size
        fits = sum(_beta(d + a, packages - d + b) - _beta(a, b) for d in defects[:-2])
        weights.append(exp(fits + 60) * (1 / 14 if number else 1 / 2))
        week = (2**-0.5 + (shipped / (shipped + 60)) ** 2 / 13) / (size + 1)
        unsure = week + 1 / (shipped + 60)
        tails.append(_at_least(sum(defects[-2:]), 2 * packages, usual, unsure))
    return sum(w * t for w, t in zip(weights, tails, strict=True)) / sum(weights)


@pytest.mark.parametrize(
    ("defects", "packages"),
    [
        ([1, 0, 2, 0, 1, 0, 0, 1, 1, 0, 0, 2, 1, 4, 4], 30),
        ([0, 5, 1, 0, 7, 0, 2, 1, 0, 9, 0, 1, 0, 9, 9], 30),
        ([6, 5, 8, 4, 6, 7, 5, 9, 6, 3, 6, 8, 5, 12, 12], 200),
    ],
    ids=["few", "varying", "many"],
)
def test_the_chance_is_that_of_a_sum_by_hand(defects: list[int], packages: int) -> None:
    """Of two weeks, which are paid for three times."""
    latest = surprise(np.array([defects]), np.full((1, WEEKS), packages), ALLOWED)
    assert (latest.weeks[0], latest.past_weeks[0]) == (2, 13)
    assert latest.p[0] == pytest.approx(3 * _by_hand(defects, packages, ALLOWED), rel=0.3)


weeks = st.lists(
    st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=WEEKS,
    max_size=WEEKS,
)


@examples(3)
@given(weeks)
def test_one_more_defect_is_never_less_surprising(pairs: list[tuple[int, int]]) -> None:
    defects, packages = _sold(pairs)
    more = np.minimum(defects + (np.arange(WEEKS) == WEEKS - 1), packages)
    before, after = (surprise(d, packages, ALLOWED).p[0] for d in (defects, more))
    assert np.isnan(before) or 0 <= after <= before <= 1


@examples(3)
@given(weeks, st.booleans())
def test_an_alarm_is_of_ten_packages_and_more_defects_than_usual(
    pairs: list[tuple[int, int]], needs_past: bool
) -> None:
    defects, packages = _sold(pairs)
    latest = surprise(defects, packages, ALLOWED, needs_past)
    if latest.p[0] <= ALARM:
        span = int(latest.weeks[0])
        assert packages[0, -span:].sum() >= 10
        assert defects[0, -span:].sum() > latest.expected[0]


@examples(3)
@given(st.lists(weeks, min_size=1, max_size=5))
def test_what_is_said_of_a_series_does_not_depend_on_others(
    many: list[list[tuple[int, int]]],
) -> None:
    defects, packages = (np.vstack(c) for c in zip(*map(_sold, many), strict=True))
    together = surprise(defects[::-1], packages[::-1], ALLOWED).p[::-1]
    alone = [surprise(*_sold(pairs), ALLOWED).p[0] for pairs in many]
    assert together == pytest.approx(alone, rel=1e-9, nan_ok=True)


def test_no_series_and_no_packages_are_no_surprise() -> None:
    none = np.zeros((0, WEEKS), np.int64)
    assert surprise(none, none, ALLOWED).p.shape == (0,)
    quiet = np.zeros((1, WEEKS), np.int64)
    assert np.isnan(surprise(quiet, quiet, ALLOWED).p[0])


def test_without_a_past_the_target_is_the_measure_unless_a_past_is_needed() -> None:
    """Twelve packages are the first ever; 59 before them are none of one's own, 60 are."""
    packages = np.array([[0] * 14 + [12], [0] * 13 + [59, 12], [0] * 13 + [60, 12]])
    defects = np.array([[0] * 14 + [8]] * 3)
    assert (surprise(defects, packages, ALLOWED).p <= ALARM).all()
    needing = surprise(defects, packages, ALLOWED, needs_past=True).p
    assert np.isnan(needing).tolist() == [True, True, False]
    assert surprise(defects, packages, 0.5).p[0] > ALARM


def test_an_own_rate_above_the_target_is_the_measure() -> None:
    """A series that always failed twice as often as is allowed has no news."""
    packages = np.full((1, WEEKS), 40)
    always, lately = np.full((1, WEEKS), 4), np.array([[0] * 13 + [4, 4]])
    assert surprise(always, packages, ALLOWED).expected[0] == pytest.approx(40 * 0.1 * 2, rel=0.6)
    assert surprise(always, packages, ALLOWED).p[0] > 0.1
    assert surprise(lately, packages, ALLOWED).p[0] <= ALARM


def test_a_quarter_is_judged_of_who_ships_few_packages() -> None:
    """Where two weeks hold 20, a fall that is over is no news."""
    defects = np.array([[0] * 30 + [3] * 4 + [0] * 9, [0] * 30 + [3] * 4 + [0] * 9])
    packages = np.array([[9] * 43, [10] * 43])
    latest = surprise(defects, packages, ALLOWED)
    assert latest.weeks[0] == 13
    assert latest.p[0] <= ALARM < latest.p[1]


def test_of_steady_series_at_most_one_in_100_raises_an_alarm() -> None:
    """Whether or not weeks vary, in families that are not the model's own, small and large.

    But for the chance of 2,400 runs of a family; what is drawn differs between versions of NumPy.
    """
    rng, chance = np.random.default_rng(11), 3 * (0.01 / 2400) ** 0.5
    for family, spread in (
        ("constant", 0.0),
        ("beta", 0.33),
        ("gamma", 0.33),
        ("two kinds of weeks", 0.3),
    ):
        shares = [
            np.mean(alarms(daily(rng, 600, n, (16, rate), family=family, spread=spread), 1))
            for n, rate in ((40, 0.03), (200, 0.03), (200, 0.1), (1000, 0.03))
        ]
        assert np.mean(shares) <= 0.01 + chance, (family, spread)


def test_a_fall_from_97_to_92_percent_is_found_within_two_weeks() -> None:
    """At 200 packages a week in nine runs of ten, but for the chance of 500 runs."""
    days = daily(np.random.default_rng(12), 500, 200, (13, 0.03), (2, 0.08))
    assert found(days, 2 * WEEK) >= 0.90 - 3 * (0.9 * 0.1 / 500) ** 0.5


def test_five_packages_a_month_that_go_to_70_percent_are_found_within_a_quarter() -> None:
    """In half of the series, at one false alarm in 100 months of a series; but for chance."""
    rng, weekly = np.random.default_rng(13), 5 / MONTH
    days = daily(rng, 200, weekly, (YEAR, 0.05), (QUARTER, 0.3))
    assert alarms(days, QUARTER * WEEK, WEEK).any(1).mean() >= 0.5
    steady = daily(rng, 400, weekly, (YEAR + QUARTER, 0.05))
    raised = alarms(steady, QUARTER * WEEK, WEEK)
    months = raised.size / MONTH
    new = (raised[:, 1:] & ~raised[:, :-1]).sum() / months
    assert new <= 0.01 + 3 * (0.01 / months) ** 0.5


def test_half_of_the_numbers_missing_at_30_packages_a_day_alarm_within_three_days() -> None:
    days = daily(np.random.default_rng(14), 100, 210, (13, 0.02), (1, 0.5))
    assert alarms(days, WEEK)[:, :3].any(1).all()
