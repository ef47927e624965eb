"""The full tally on disk: deterministic, whole or not there, and of one set of rules."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from vtrkit import classify, tally
from vtrkit.errors import TallyError
from vtrkit.metric import store as store_module
from vtrkit.metric.store import scan, store
from vtrkit.rules.policies import Rules, shipped_rules
from vtrkit.schema import TALLY_KEY

PACKAGES = 600


@pytest.fixture
def verdicts() -> pl.LazyFrame:
    """Packages of 7 accounts, shipped in 3 months or on a day that is not known."""
    number = pl.int_range(PACKAGES)
    shipped = pl.lit(date(2026, 1, 10)) + pl.duration(days=number % 71)
    return classify(
        pl.select(
            pl.format("{}", number).alias("order_id"),
            pl.format("account {}", number * 5 % 7).alias("account"),
            pl.lit("US").alias("marketplace"),
            pl.when(number % 13 > 0).then(shipped).alias("ship_date"),
            (shipped + pl.duration(days=number % 3)).alias("promised_date"),
            (number % 5).alias("scans"),
        ).lazy()
    )


def parts(verdicts: pl.LazyFrame, size: int) -> list[pl.LazyFrame]:
    return [verdicts.slice(start, size) for start in range(0, PACKAGES, size)]


def stored(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_a_stored_tally_is_the_tally_of_all_parts(verdicts: pl.LazyFrame, tmp_path: Path) -> None:
    store(parts(verdicts, 100), tmp_path / "tally")
    assert_frame_equal(
        scan(tmp_path / "tally").collect(), tally(verdicts).collect(), check_row_order=False
    )


def test_there_is_a_file_per_ship_month_and_one_for_days_not_known(
    verdicts: pl.LazyFrame, tmp_path: Path
) -> None:
    store([verdicts], tmp_path / "tally")
    months = ["2026-01", "2026-02", "2026-03", "no-ship-date"]
    assert list(stored(tmp_path / "tally")) == [f"{month}.parquet" for month in months]
    undated = pl.read_parquet(tmp_path / "tally/no-ship-date.parquet")
    assert undated["ship_date"].is_null().all()
    assert undated["packages"].sum() == len(range(0, PACKAGES, 13))


def test_rows_are_sorted_by_key(verdicts: pl.LazyFrame, tmp_path: Path) -> None:
    store(parts(verdicts, 100), tmp_path / "tally")
    for file in (tmp_path / "tally").iterdir():
        month = pl.read_parquet(file)
        assert_frame_equal(month, month.sort(TALLY_KEY))


def test_the_order_and_size_of_the_parts_do_not_change_a_byte(
    verdicts: pl.LazyFrame, tmp_path: Path
) -> None:
    store(parts(verdicts, 100), tmp_path / "one")
    store(reversed(parts(verdicts, 250)), tmp_path / "other")
    assert stored(tmp_path / "one") == stored(tmp_path / "other")


def test_how_much_is_held_at_once_does_not_change_a_byte(
    verdicts: pl.LazyFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(parts(verdicts, 100), tmp_path / "one")
    monkeypatch.setattr(store_module, "_ROWS_HELD", 50)
    store(parts(verdicts, 100), tmp_path / "other")
    assert stored(tmp_path / "one") == stored(tmp_path / "other")


def test_an_interrupted_store_leaves_the_one_before_and_nothing_else(
    verdicts: pl.LazyFrame, tmp_path: Path
) -> None:
    def interrupted() -> Iterator[pl.LazyFrame]:
        yield verdicts.head(10)
        raise KeyboardInterrupt

    store([verdicts], tmp_path / "tally")
    before = stored(tmp_path / "tally")
    with pytest.raises(KeyboardInterrupt):
        store(interrupted(), tmp_path / "tally")
    assert stored(tmp_path / "tally") == before
    assert [path.name for path in tmp_path.iterdir()] == ["tally"]


def test_storing_again_replaces_every_month(verdicts: pl.LazyFrame, tmp_path: Path) -> None:
    store([verdicts], tmp_path / "tally")
    store([verdicts.filter(pl.col("ship_date") < date(2026, 2, 1))], tmp_path / "tally")
    assert list(stored(tmp_path / "tally")) == ["2026-01.parquet"]
    assert [path.name for path in tmp_path.iterdir()] == ["tally"]


def test_what_judged_a_tally_is_stored_with_it(verdicts: pl.LazyFrame, tmp_path: Path) -> None:
    store([verdicts], tmp_path / "tally")
    kept = scan(tmp_path / "tally").collect_schema()
    assert kept == tally(verdicts).collect_schema()
    assert kept["rules"].categories.len() == 1


def test_parts_judged_under_different_rules_are_refused(
    verdicts: pl.LazyFrame, tmp_path: Path
) -> None:
    other = classify(verdicts.head(5).select("order_id"), Rules((shipped_rules().default,)))
    with pytest.raises(TallyError, match="2 tallies were judged under different rules"):
        store([verdicts, other], tmp_path / "tally")
    assert list(tmp_path.iterdir()) == []


def test_no_packages_are_stored_as_a_tally_without_cells(
    verdicts: pl.LazyFrame, tmp_path: Path
) -> None:
    store([verdicts.clear()], tmp_path / "tally")
    empty = scan(tmp_path / "tally").collect()
    assert empty.height == 0
    assert empty.schema == tally(verdicts).collect_schema()


def test_no_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TallyError, match="no part was given"):
        store([], tmp_path / "tally")


def test_a_folder_without_a_tally_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(TallyError, match="nothing: no stored tally in this folder"):
        scan(tmp_path / "nothing")


def test_one_account_is_read_by_row_groups(verdicts: pl.LazyFrame, tmp_path: Path) -> None:
    store([verdicts], tmp_path / "tally")
    one = scan(tmp_path / "tally").filter(pl.col("account") == "account 3")
    assert 'SELECTION: col("account") == "account 3"' in one.explain()
    whole = tally(verdicts).collect().filter(pl.col("account") == "account 3")
    assert_frame_equal(one.collect(), whole, check_row_order=False)


def test_progress_names_each_step(verdicts: pl.LazyFrame, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    store(parts(verdicts, 300), tmp_path / "tally", lambda *step: steps.append(step))
    assert steps[:2] == [("judging", 0, 0), ("judging", 1, 0)]
    assert steps[2] == ("adding up 2026-01", 0, 4)
