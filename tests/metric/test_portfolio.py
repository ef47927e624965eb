"""Many accounts side by side: counted by hand over the rates of each category."""

import json

import polars as pl
import pytest

from tests import made
from tests.charts.test_standing import AS_OF, judged
from vtrkit import charts, rates
from vtrkit.charts.accounts import MOST
from vtrkit.metric.portfolio import over_limit, portfolio


@pytest.fixture(scope="module")
def shops() -> tuple[pl.DataFrame, pl.DataFrame]:
    cells = judged(
        ("north", "Shoes", 20, 4, 2),
        ("north", "Books", 20, 0, 2),
        ("south", "Shoes", 20, 2, 2),
        ("south", "Toys", 20, 2, 2),
        ("west", "Toys", 10, 0, None),
    )
    return rates(cells, as_of=AS_OF), rates(cells, as_of=AS_OF, by=("account", "marketplace"))


def test_the_account_with_most_to_lose_comes_first(shops: tuple[pl.DataFrame, ...]) -> None:
    table = portfolio(*shops)
    assert table["account"].to_list() == ["south", "north", "west"]
    assert table["bad"].to_list() == [2, 1, 0]
    assert table["undecided"].to_list() == [0, 0, 1]


def test_where_the_target_is_only_a_goal_comes_after_where_it_is_enforced(
    shops: tuple[pl.DataFrame, ...],
) -> None:
    """Whatever is missed there: a miss of the south may not cost it anything."""
    goal = pl.col("account") == "south"
    south = pl.when(goal).then(False).otherwise(pl.col("in_force")).alias("in_force")
    binding = pl.when(goal).then(False).otherwise(pl.col("binding")).alias("binding")
    table = portfolio(*(frame.with_columns(south, binding) for frame in shops))
    assert table["account"].to_list() == ["north", "west", "south"]


def test_every_category_is_counted_once(shops: tuple[pl.DataFrame, ...]) -> None:
    table, all_rates = portfolio(*shops), shops[0].filter("is_enforced_window")
    statuses = ["bad", "undecided", "at_risk", "good", "none"]
    assert table.select(pl.sum_horizontal(statuses).sum()).item() == all_rates.height == 5
    assert table["to_fix"].sum() == all_rates["to_fix"].sum()


def test_what_lacks_most_is_named(shops: tuple[pl.DataFrame, ...]) -> None:
    worst = dict(portfolio(*shops).select("account", "worst").rows())
    assert worst == {"south": "Shoes", "north": "Shoes", "west": "Toys"}


def test_mending_lists_what_lacks_most_first(shops: tuple[pl.DataFrame, ...]) -> None:
    short = over_limit(shops[0])
    assert short.select("account", "category", "to_fix").row(0) == ("west", "Toys", 285)
    assert short["to_fix"].to_list() == sorted(short["to_fix"], reverse=True)
    assert "Books" not in short["category"].to_list()


def test_charts_and_table_say_the_same_counts(shops: tuple[pl.DataFrame, ...]) -> None:
    table = portfolio(*shops)
    spec = charts.accounts_by_status(table).to_dict()
    said = {(r["account"], r["status"]): r["said"] for r in made.values(spec)}
    assert said["south · US", "BAD"] == "✕ 2"
    assert said["west · US", "UNDECIDED"] == "? 1"
    assert "south · US 2 BAD" in spec["description"]
    south = table.filter(account="south", marketplace="US")
    assert south.select("valid", "counted", "status").row(0) == (1080, 1200, "BAD")
    bars = charts.over_limit(over_limit(shops[0])).to_dict()
    assert next(iter(made.values(bars)))["said"] == "285 · ? 0.0–100.0 % (0/300)"


def test_of_many_accounts_the_first_are_drawn_and_the_chart_says_so() -> None:
    cells = judged(*((f"shop{i:03}", "A", 1, 1, 2) for i in range(60)), days=40)
    told = portfolio(
        rates(cells, as_of=AS_OF), rates(cells, as_of=AS_OF, by=("account", "marketplace"))
    )
    spec = charts.accounts_by_status(told).to_dict()
    assert len({r["account"] for r in made.values(spec)}) == MOST
    assert "the first 40 of 60 accounts" in spec["title"]["subtitle"][0]
    assert len(json.dumps(spec)) < 300_000
    short = charts.over_limit(over_limit(rates(cells, as_of=AS_OF).clear())).to_dict()
    assert list(made.values(short)) == []
    assert "none" in short["description"]


def test_an_account_with_an_empty_window_stands_last_with_no_rate(
    shops: tuple[pl.DataFrame, ...],
) -> None:
    empty = shops[1].with_columns(counted=pl.when(account="west").then(0).otherwise("counted"))
    gone = shops[0].filter(pl.col("account") != "west")
    last = portfolio(gone, empty).row(-1, named=True)
    assert (last["account"], last["bad"], last["to_fix"], last["worst"]) == ("west", 0, 0, None)
