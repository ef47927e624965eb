"""A target: how it is written, and that its arithmetic is one for ints, columns and arrays."""

import pickle
from fractions import Fraction
from math import ceil, floor

import numpy as np
import polars as pl
import pytest

from vtrkit.errors import ParameterError
from vtrkit.metric import target as arithmetic
from vtrkit.metric.target import SCALE, Target, read_targets


@pytest.mark.parametrize(
    "written", [95, 95.0, "95", "95 %", "95%", " 95 % ", 0.95, "0.95", Fraction(19, 20), "95.00"]
)
def test_a_target_is_written_as_a_percent_or_as_a_share(written):
    assert Target(written).bp == 9500


@pytest.mark.parametrize(
    "written",
    [9800, 0, -1, 49.9, 100.1, 1.5, "0.95 %", "1 %", "", "x", "95 per cent", True, None, [], "nan",
     float("nan"), float("inf"), b"95", "1/0"],
)  # fmt: skip
def test_anything_else_is_refused_with_both_spellings(written):
    with pytest.raises(ParameterError, match=r"from 50 to 100, as 95 or '95 %', or a share up to"):
        Target(written)


def test_a_share_of_one_is_all_and_a_target_finer_than_a_hundredth_is_refused():
    assert Target(1).bp == Target(100).bp == 10_000
    assert Target(99.99).bp == 9999
    with pytest.raises(ParameterError, match="two digits"):
        Target(99.999)


def test_a_target_is_a_value():
    strict = Target(95, "greater_than")
    assert Target(strict) == strict != Target(95)
    assert {Target(95), Target("95 %"), Target(0.95)} == {Target(95)}
    assert pickle.loads(pickle.dumps(strict)) == strict
    with pytest.raises(AttributeError, match="cannot assign"):
        strict.bp = 9800  # type: ignore[misc]


def test_targets_are_read_from_a_text_a_list_or_one_number():
    both = (Target(95), Target(98))
    assert (
        read_targets("95, 98") == read_targets([95, "98 %"]) == read_targets((0.95, 0.98)) == both
    )
    assert read_targets(98) == read_targets(Target(98)) == (Target(98),)
    with pytest.raises(ParameterError, match="'five'"):
        read_targets("95, five")
    with pytest.raises(ParameterError, match="no target"):
        read_targets([])


def test_ints_columns_and_arrays_agree_with_fractions_on_100_000_cases():
    """One arithmetic: what it says of whole numbers is what fractions say."""
    draw = np.random.default_rng(7)
    size = 100_000
    counted = draw.integers(0, 5_000, size)
    valid = (counted * draw.random(size)).astype(np.int64)
    near = draw.random(size) < 0.5  # half of them close to the target, where it matters
    bp = draw.choice([1, 5000, 9500, 9800, 9717, 9999, 10_000], size)
    valid = np.where(
        near, np.clip(counted * bp // 10_000 + draw.integers(-1, 2, size), 0, counted), valid
    )
    strict = draw.integers(0, 2, size)
    table = pl.DataFrame({"v": valid, "n": counted, "bp": bp, "s": strict})
    asked = (pl.col("v"), pl.col("n"), pl.col("bp"), pl.col("s"))
    for name in ("meets", "left", "need"):
        function = getattr(arithmetic, name)
        of_arrays = function(valid, counted, bp, strict)
        of_columns = table.select(function(*asked)).to_series().to_numpy()
        assert (of_arrays == of_columns).all()
    left = arithmetic.left(valid, counted, bp, strict)
    for v, n, b, s, whole in zip(
        *(a.tolist() for a in (valid, counted, bp, strict, left)), strict=True
    ):
        allowed = Fraction(n * (10_000 - b), 10_000)
        assert whole == (ceil(allowed) - 1 if s else floor(allowed)) - (n - v)
        assert arithmetic.meets(v, n, b, s) == (whole >= 0)
        assert arithmetic.need(v, n, b, s) == -whole
    millionths = arithmetic.left(valid * SCALE, counted * SCALE, bp, strict, SCALE)
    assert (millionths == left).all()
