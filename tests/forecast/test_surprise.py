"""How surprising weeks are: as integrated by hand, no false alarms to speak of, falls found."""

from math import comb, exp, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made import examples
from tests.weeks_made import PAST, fallen, steady
from vtrkit.forecast import surprise as model
from vtrkit.forecast.surprise import ALARM, surprise

_STEPS = [-4 + i * 0.4 for i in range(21)]
_BELL = [0.4 * exp(-z * z / 2) / sqrt(2 * pi) for z in _STEPS]


def _sold(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([[d for d, _ in pairs]]), np.array([[n for _, n in pairs]])


def _chances(packages: int, level: float, spread: float) -> list[float]:
    """Of each number of defects in a week whose logit is normal, by plain sums."""
    found = [0.0] * (packages + 1)
    for z, weight in zip(_STEPS, _BELL, strict=True):
        rate = 1 / (1 + exp(-level - spread * z))
        for k in range(packages + 1):
            found[k] += weight * comb(packages, k) * rate**k * (1 - rate) ** (packages - k)
    return found


def _by_hand(defects: list[int], packages: int) -> tuple[float, float]:
    """The chance of the last week alone, and of the last two together and each in its own fifth."""
    past, sums = defects[:-2], []
    for spread in model._SPREADS:
        prior = 0.5 if spread == model._SPREADS[0] else 0.5 / (len(model._SPREADS) - 1)
        for level in [-7 + 0.1 * i for i in range(65)]:
            week = _chances(packages, level, spread)
            rate = 1 / (1 + exp(-level))
            likely = exp(sum(log(week[d]) for d in past) + 40)
            sums.append((prior * sqrt(rate * (1 - rate)) * likely, week))
    total = sum(weight for weight, _ in sums)
    mean = [sum(w * week[k] for w, week in sums) / total for k in range(packages + 1)]
    high = min(k for k in range(packages + 1) if sum(mean[k:]) <= 0.2)
    both = 0.0
    for weight, week in sums:
        least = [sum(week[max(sum(defects[-2:]) - k, high) :]) for k in range(packages + 1)]
        both += weight * sum(week[k] * least[k] for k in range(high, packages + 1))
    return sum(mean[defects[-1] :]), both / total


@pytest.mark.parametrize(
    ("defects", "weeks"),
    [
        ([1, 0, 2, 0, 1, 0, 0, 1, 1, 0, 0, 2, 1, 0, 6], 1),
        ([1, 0, 2, 0, 1, 0, 0, 1, 1, 0, 0, 2, 1, 4, 4], 2),
        ([0, 5, 1, 0, 7, 0, 2, 1, 0, 9, 0, 1, 0, 14, 15], 2),
        ([3, 4, 2, 3, 5, 4, 3, 2, 4, 3, 4, 3, 3, 7, 9], 2),
    ],
)
def test_the_chance_is_that_of_a_sum_by_hand(
    defects: list[int], weeks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two weeks to a fifth near an alarm; each test pays its part for there being two."""
    monkeypatch.setattr(model, "_PRESUMED", float("inf"))
    one, two = _by_hand(defects, 30)
    found = surprise(np.array([defects]), np.full((1, PAST), 30))
    assert found.weeks[0] == weeks
    if weeks == 1:
        assert found.p[0] == pytest.approx(11 * one, rel=0.05)
    else:
        assert found.p[0] == pytest.approx(1.1 * two, rel=0.2)


weeks = st.lists(
    st.integers(0, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))),
    min_size=PAST,
    max_size=PAST,
)


@examples(3)
@given(weeks)
def test_one_more_defect_is_never_less_surprising(pairs: list[tuple[int, int]]) -> None:
    defects, packages = _sold(pairs)
    more = np.minimum(defects + (np.arange(PAST) == PAST - 1), packages)
    before, after = surprise(defects, packages), surprise(more, packages)
    assert 0 <= after.p[0] <= before.p[0] <= 1


@examples(3)
@given(weeks)
def test_the_limit_is_the_fewest_defects_that_are_an_alarm(pairs: list[tuple[int, int]]) -> None:
    """Put into the latest week, or spread over the latest two as evenly as may be."""
    defects, packages = _sold(pairs)
    found = surprise(defects, packages)
    limit, two = int(found.limit[0]), found.weeks[0] == 2
    if limit > packages[0, -2 if two else -1 :].sum():
        assert found.p[0] > ALARM
        return
    if two:
        assert (found.p[0] <= ALARM) == (defects[0, -2:].sum() >= limit)
    elif found.p[0] < 1:
        assert (found.p[0] <= ALARM) == (defects[0, -1] >= limit)


def test_series_are_judged_alike_in_any_order_and_number() -> None:
    """120 series go in three batches."""
    rng = np.random.default_rng(4)
    defects, packages = steady(rng, 120, 80, family="beta", spread=0.4)
    turned = surprise(defects[::-1], packages[::-1])
    straight = surprise(defects, packages)
    assert turned.p[::-1] == pytest.approx(straight.p, rel=1e-9)
    assert (turned.limit[::-1] == straight.limit).all()


def test_no_series_is_no_surprise() -> None:
    none = np.zeros((0, PAST), np.int64)
    assert surprise(none, none).p.shape == (0,)


def test_one_odd_week_is_not_a_fall_of_two() -> None:
    """The same 24 defects: half in each week they are an alarm, all in the earlier one not."""
    past = [6, 5, 8, 4, 6, 7, 5, 9, 6, 3, 6, 8, 5]
    packages = np.full((2, PAST), 200)
    found = surprise(np.array([[*past, 12, 13], [*past, 20, 5]]), packages)
    assert found.p[0] <= ALARM < found.p[1]


def test_what_other_series_do_is_learnt_from() -> None:
    """Among series whose weeks vary wildly the same weeks are less of a surprise."""
    rng = np.random.default_rng(8)
    ours = np.array([[6, 5, 8, 4, 6, 7, 5, 9, 6, 3, 6, 8, 5, 12, 13]])
    p = {}
    for spread in (0.01, 0.8):
        others, _ = steady(rng, 100, 200, family="gamma", spread=spread)
        defects = np.vstack([ours, others])
        p[spread] = surprise(defects, np.full(defects.shape, 200)).p[0]
    assert p[0.01] < p[0.8]


@pytest.mark.parametrize("presumed", [5, float("inf")], ids=["together", "alone"])
def test_steady_series_raise_at_most_one_alarm_in_100_weeks(
    presumed: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether or not weeks vary, in families that are not the model's own, small and large."""
    monkeypatch.setattr(model, "_PRESUMED", presumed)
    rng = np.random.default_rng(11)
    for family, spread in (
        ("constant", 0.0),
        ("beta", 0.5),
        ("gamma", 0.35),
        ("two kinds of weeks", 0.3),
    ):
        drawn = [
            surprise(*steady(rng, 150, n, rate=rate, family=family, spread=spread)).p
            for n, rate in ((40, 0.03), (200, 0.03), (200, 0.1), (1000, 0.03))
        ]
        assert np.mean(np.hstack(drawn) <= ALARM) <= 0.01, (family, spread)


def test_a_fall_from_97_to_92_percent_is_found_within_two_weeks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At 200 packages a week in nine runs of ten, with nothing learnt from other series."""
    monkeypatch.setattr(model, "_PRESUMED", float("inf"))
    first, second = fallen(np.random.default_rng(12), 1000, 200)
    packages = np.full(second.shape, 200)
    young = np.where(np.arange(PAST) > 0, packages, 0)
    raised = (surprise(first, young).p <= ALARM) | (surprise(second, packages).p <= ALARM)
    assert raised.mean() >= 0.9
