"""A text is looked up once, whatever the batches and however often the plan runs."""

import polars as pl
from polars.testing import assert_series_equal

from vtrkit.tracking.carriers import by_text, coded

FEW = pl.Series("word", ["ups", None, "", "UPS", "évri", "ups"])
WORDS = pl.concat([FEW] * 1000, rechunk=True)


def asked(seen: list[str]) -> pl.Expr:
    def upper(texts: pl.Series) -> pl.Series:
        seen.extend(texts)
        return texts.str.to_uppercase()

    return by_text("word", upper, pl.String())


def test_each_distinct_text_is_looked_up_once_and_null_stays_null() -> None:
    seen: list[str] = []
    answer = asked(seen)
    for batch in (WORDS, WORDS.reverse(), WORDS.clear()):
        assert_series_equal(batch.to_frame().select(answer)["word"], batch.str.to_uppercase())
    assert sorted(seen) == ["", "UPS", "ups", "évri"]


def test_of_a_few_rows_each_distinct_text_is_looked_up_once_too() -> None:
    for batch in (FEW, FEW.cast(coded()), FEW.clear(), FEW.filter(FEW.is_null())):
        seen: list[str] = []
        got = batch.to_frame().select(asked(seen))["word"]
        assert_series_equal(got, batch.cast(pl.String()).str.to_uppercase())
        assert sorted(seen) == sorted({*batch.drop_nulls()})


def test_texts_that_appear_later_are_learned_and_earlier_ones_kept() -> None:
    answer = asked([])
    for batch in (WORDS.filter(WORDS == "ups"), WORDS.tail(3000), WORDS):
        assert_series_equal(batch.to_frame().select(answer)["word"], batch.str.to_uppercase())


def test_batches_on_several_threads_get_their_own_answers() -> None:
    many = pl.Series("word", [f"w{i % 997}" for i in range(300_000)])
    plan = many.to_frame().lazy().select(asked([]))
    for _ in range(2):
        assert_series_equal(plan.collect()["word"], many.str.to_uppercase())


def test_coded_texts_keep_their_answers_after_their_column_is_gone() -> None:
    answer, dtype = asked([]), coded()
    for words in (["a", "b"], ["b", "a"], ["c", "b", "a"]):
        column = pl.Series("word", words * 1000)
        got = column.cast(dtype).to_frame().select(answer)["word"]
        assert_series_equal(got, column.str.to_uppercase())


def test_the_same_question_of_texts_coded_otherwise_is_asked_anew() -> None:
    answer = asked([])
    for words in (["a", "b"], ["b", "a"]):
        column = pl.Series("word", words * 1000)
        got = column.cast(coded()).to_frame().select(answer)["word"]
        assert_series_equal(got, column.str.to_uppercase())
