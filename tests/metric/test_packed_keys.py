"""Grouping by a packed key gives what grouping by the columns gives."""

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from vtrkit.metric.packed_keys import group

SUMS = {"packages": pl.len(), "value": pl.col("value").sum()}
SHUT = pl.Enum(["valid", "defect"])
SCHEMA = {
    **{name: pl.Categorical() for name in ("account", "category", "carrier", "method")},
    **{name: pl.Date() for name in ("shipped", "promised")},
    "reason": SHUT,
    "enforced": pl.Boolean(),
    "value": pl.Int64(),
}
KEYS = [name for name in SCHEMA if name != "value"]

DAYS = st.dates(date(1969, 12, 1), date(1970, 1, 31)) | st.dates(date(2149, 6, 1), date(2149, 7, 1))
ROWS = st.fixed_dictionaries(
    {
        **{name: st.none() | st.sampled_from("abc") for name in KEYS[:4]},
        **{name: st.none() | DAYS for name in KEYS[4:6]},
        "reason": st.none() | st.sampled_from(SHUT.categories.to_list()),
        "enforced": st.none() | st.booleans(),
        "value": st.integers(-5, 5),
    }
)


def assert_like_group_by(frame: pl.DataFrame, by: Sequence[str]) -> None:
    usual = frame.group_by(by).agg(**SUMS)
    assert_frame_equal(group(frame.lazy(), by, SUMS).collect(), usual, check_row_order=False)


@given(st.lists(ROWS, max_size=30), st.permutations(KEYS), st.integers(1, len(KEYS)))
def test_any_keys_in_any_order(rows: list[dict[str, object]], keys: list[str], number: int) -> None:
    assert_like_group_by(pl.DataFrame(rows, SCHEMA), keys[:number])


@pytest.mark.parametrize("day", [date(1970, 1, 1), date(2149, 6, 5), date(1, 1, 1), date.max])
def test_days_that_fit_and_days_that_do_not(day: date) -> None:
    two = pl.DataFrame({"day": [day, None, day], "next": [day, day, None], "value": 1})
    assert_like_group_by(two, ["day", "next"])


def test_more_names_than_fit_are_grouped_the_usual_way() -> None:
    names = pl.int_range(140_000, eager=True) % 70_000
    many = pl.DataFrame({"sku": names.cast(pl.String), "day": date(2026, 1, 1), "value": 1})
    many = many.cast({"sku": pl.Categorical(pl.Categories("many", "test"))})
    assert_like_group_by(many, ["sku", "day"])


def test_other_types_are_grouped_the_usual_way() -> None:
    assert_like_group_by(pl.DataFrame({"a": ["x", None], "b": [1.5, 2.5], "value": 1}), ["a", "b"])


def test_what_the_frame_itself_refuses_is_still_raised() -> None:
    wrong = pl.LazyFrame({"reason": ["nope"], "enforced": [True], "value": [1]})
    packed = group(wrong.cast({"reason": SHUT}), ["reason", "enforced"], SUMS)
    with pytest.raises(pl.exceptions.InvalidOperationError, match="nope"):
        packed.collect()
