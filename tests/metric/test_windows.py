"""A question is read once, alike for every function: days, names, targets, lags."""

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from vtrkit.errors import ParameterError, VtrkitError
from vtrkit.given import read_day, read_names
from vtrkit.metric.running_sums import RunningSums
from vtrkit.metric.target import Target
from vtrkit.metric.windows import Question

DAY = date(2026, 9, 30)


@pytest.mark.parametrize(
    "written",
    ["2026-09-30", "20260930", 20260930, DAY, datetime(2026, 9, 30, 12)],  # noqa: DTZ001
)
def test_a_day_is_written_as_text_number_or_date(written):
    assert Question.of(written).as_of == DAY
    assert Question.of(DAY, seen_to=written).seen_to == DAY


@pytest.mark.parametrize("written", ["30.9.2026", "tomorrow", 5, 1.5, True, [], "0026-09-30"])
def test_what_is_no_day_is_refused_in_words(written):
    with pytest.raises(ParameterError, match=r"is not a day|check the year"):
        Question.of(written)
    assert read_day("") is read_day(None) is None


def test_a_question_without_its_day_or_with_an_unknown_keyword_is_refused():
    with pytest.raises(ParameterError, match="give as_of"):
        Question.of(None)
    with pytest.raises(ParameterError, match=r"here is called lagdays \(did you mean lag_days"):
        Question.of(DAY, lagdays=4)
    with pytest.raises(ParameterError, match="lag_days '4': give a whole number"):
        Question.of(DAY, lag_days="4")
    with pytest.raises(VtrkitError, match="rules dict"):
        Question.of(DAY, rules={})


def test_one_name_is_a_list_of_one():
    assert Question.of(DAY, "category").by == ("category",)
    assert Question.of(DAY, ["account"]).by == ("account",)
    assert Question.of(DAY, ()).by == ()
    for wrong in (5, [5], {"a": 1}, b"by"):
        with pytest.raises(ParameterError, match="give a name or a list of names"):
            read_names(wrong, "by")


def test_the_window_of_a_day_is_the_rules_unless_something_else_is_asked():
    usual = Question.of(DAY).window("US")
    assert (usual.days, usual.lag_days, usual.target) == (30, 10, Target(95))
    assert usual.end == DAY - timedelta(days=10) == usual.start + timedelta(days=29)
    other = Question.of(DAY, lag_days=0, target="98 %").window("US", days=7)
    assert (other.start, other.end, other.target) == (date(2026, 9, 24), DAY, Target(98))


def test_coming_windows_end_on_known_days():
    question = Question.of(DAY, seen_to=DAY - timedelta(days=4))
    ends = [window.end for window in question.coming("US")]
    assert ends == [DAY - timedelta(days=n) for n in (9, 8, 7, 6, 5, 4)]


def test_sums_over_windows_are_those_of_counting():
    first = date(2026, 1, 1)
    daily = pl.DataFrame(
        [("a", first + timedelta(days=n), n) for n in (0, 3, 4, 9)]
        + [("b", first + timedelta(days=5), 7)],
        schema=["group", "promised_date", "packages"],
        orient="row",
    )
    spans = [(g, s, s + length) for g in "abc" for s in range(-2, 12) for length in (-1, 0, 1, 5)]
    windows = pl.DataFrame(
        [(g, first + timedelta(days=s), first + timedelta(days=e)) for g, s, e in spans],
        schema=["group", "window_start", "window_end"],
        orient="row",
    )
    summed = RunningSums(daily, ["group"]).over(windows, ["packages"])
    for group, start, end, packages in summed.rows():
        inside = daily.filter(pl.col("promised_date").is_between(start, end), group=group)
        assert packages == inside["packages"].sum()
