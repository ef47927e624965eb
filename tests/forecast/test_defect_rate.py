"""Where a rate is heading, how much comes, and how many defects that makes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammainc, gammaincinv

from tests.made import examples
from vtrkit.forecast.defect_counts import Defects
from vtrkit.forecast.defect_rate import drift, pooled
from vtrkit.forecast.volume import volume

WEEKS = 26


def weekly(shares, packages):
    """Defects and packages of one group, each week with its share."""
    n = np.full((1, len(shares)), float(packages))
    return np.array([shares]) * n, n


def heading(shares, packages=1000):
    """The rate of the next week."""
    k, n = weekly(shares, packages)
    return drift(k, n, np.zeros_like(n), 4)


def test_a_steady_rate_stays_what_it_is():
    """And the weeks ahead are about as uncertain as each other."""
    found = heading([0.04] * WEEKS)
    np.testing.assert_allclose(found.rate, 0.04, atol=0.001)
    assert found.spread[0] < 2


def test_a_break_of_three_weeks_ago_is_followed_and_a_single_odd_week_is_not():
    """Weeks that stay are a new level; one that does not is an accident."""
    broken = heading([0.03] * 23 + [0.08] * 3).rate[0, 0]
    odd = heading([0.03] * 22 + [0.08] + [0.03] * 3).rate[0, 0]
    assert 0.06 < broken < 0.085
    assert 0.025 < odd < 0.04


def test_the_further_ahead_the_less_is_certain():
    """Variances grow with the weeks, and all covariances are consistent."""
    rng = np.random.default_rng(1)
    cov = heading(0.04 + np.cumsum(rng.normal(0, 0.006, WEEKS)).clip(-0.03)).cov[0]
    assert (np.diff(np.diagonal(cov)) > 0).all()
    assert (np.linalg.eigvalsh(cov) > -1e-12).all()


def test_packages_that_fail_together_widen_the_range():
    """Whole batches in some weeks, none in others."""
    rng = np.random.default_rng(2)
    batches = rng.permutation([0.0] * 18 + [0.13] * 8)
    assert heading(batches).spread[0] > 3


def test_weeks_without_packages_change_nothing_but_certainty():
    """A gap leaves the level where it was."""
    k, n = weekly([0.04] * WEEKS, 500)
    n[:, -6:] = k[:, -6:] = 0
    gap, full = drift(k, n, np.zeros_like(n), 4), heading([0.04] * WEEKS, 500)
    assert gap.rate[0, 0] == pytest.approx(0.04, abs=0.002)
    assert gap.cov[0, 0, 0] >= full.cov[0, 0, 0]


def test_defects_that_are_doubted_count_little():
    """A last week of which half may yet be scanned does not raise the rate."""
    k, n = weekly([0.03] * 25 + [0.09], 1000)
    doubt = np.zeros_like(n)
    doubt[0, -1] = 60.0**2
    assert drift(k, n, doubt, 2).rate[0, 0] < 0.035
    assert drift(k, n, 0 * doubt, 2).rate[0, 0] > 0.04


counts = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=20)


@examples(3)
@given(counts)
def test_a_pooled_share_lies_between_the_own_and_the_common_one(found):
    """And nearer to its own the more packages it counts."""
    trials = np.array([float(max(pair)) for pair in found])
    hits = np.array([float(min(pair)) for pair in found])
    share = pooled(hits, trials)
    common = (hits.sum() + 0.5) / (trials.sum() + 1)
    own = np.where(trials > 0, hits / np.maximum(trials, 1), common)
    low, high = np.minimum(own, common), np.maximum(own, common)
    assert (np.clip(low, 1e-4, 1 - 1e-4) - 1e-9 <= share).all()
    assert (share <= np.clip(high, 1e-4, 1 - 1e-4) + 1e-9).all()


def test_volume_has_the_weekdays_and_the_recent_level():
    """Seven days of a week whose level has doubled of late."""
    week = np.array([10.0, 20, 30, 40, 50, 5, 0])
    daily = np.concatenate([np.tile(week, 8), np.tile(2 * week, 8)])[None, :]
    found = volume(daily, 14)
    np.testing.assert_allclose(found.expected[0, :7], 2 * week, rtol=0.06, atol=2)
    np.testing.assert_allclose(found.expected[0, :7], found.expected[0, 7:])


def test_nothing_shipped_gives_nothing_expected():
    """Not a division by zero."""
    assert volume(np.zeros((2, 30)), 5).expected.max() == 0
    assert volume(np.zeros((0, 30)), 5).expected.shape == (0, 5)


@examples(3)
@given(st.floats(2, 400), st.floats(1, 6), st.integers(0, 500))
def test_ranges_and_chances_are_those_of_a_gamma_variable(mean, spread, certain):
    """Against SciPy's own, to the whole package."""
    var = np.array(mean * spread)
    shape, scale = mean / spread, spread
    told = Defects(np.array(float(certain)), np.array(mean), var, np.array(0.0))
    few, many = told.range()
    low, high = certain + scale * gammaincinv(shape, [0.05, 0.95])
    slack = 0.02 * mean + 0.2
    assert np.floor(low - slack) <= few <= np.floor(low + slack)
    assert np.ceil(high - slack) <= many <= np.ceil(high + slack)
    for allowed in (certain + int(mean / 2), certain + int(mean), certain + int(2 * mean)):
        expected = gammainc(shape, (allowed + 0.5 - certain) / scale)
        assert told.within(np.array(float(allowed))) == pytest.approx(expected, abs=0.02)
    assert told.within(np.array(certain - 1.0)) == 0


def test_what_does_not_vary_has_no_range():
    """The count itself, and certainty on either side of it."""
    told = Defects(np.array(3.0), np.array(0.0), np.array(0.0), np.array(0.0))
    assert told.range() == (3, 3)
    assert (told.within(np.array(3.0)), told.within(np.array(2.0))) == (1, 0)
