"""What the explorer shows, against plain Python over the cells of the tally."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrkit import classify, rates, tally
from vtrkit.demo import packages as sample
from vtrkit.lab.slices import Cells, Choice
from vtrkit.metric.windows import Question
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Reason
from vtrkit.study.study import Study

AS_OF = sample.AS_OF
LAG = 10


@cache
def sampled() -> pl.DataFrame:
    return tally(classify(sample.packages()))


@cache
def northwind() -> Cells:
    return Cells(Study(sampled().lazy(), Question.of(AS_OF)), "northwind")


@cache
def plain() -> list[dict[str, Any]]:
    """The cells of packages in the metric, each with its outcome."""
    rows = sampled().filter(account="northwind").to_dicts()
    told = [r | {"outcome": REASONS[Reason(r["reason"])].outcome} for r in rows]
    return [r for r in told if r["outcome"] != "exempt" and r["promised_date"]]


def counted(choice: Choice, column: str, ignore: str = "") -> dict[Any, tuple[int, int, int, int]]:
    """Counted, valid and failing packages of the window by a column, summed one by one."""
    end = choice.as_of - timedelta(days=LAG)
    sums: dict[Any, Counter[str]] = {}
    names = [n for n in ("marketplace", *BY) if n != ignore]
    wanted = [(n, getattr(choice, n)) for n in names if getattr(choice, n)]
    for cell in plain():
        if not 0 <= (end - cell["promised_date"]).days < choice.days:
            continue
        if any(cell[n] != value for n, value in wanted):
            continue
        outcome = cell["outcome"]
        found = sums.setdefault((cell["marketplace"], cell[column]), Counter())
        found["counted"] += cell["packages"]
        found["valid"] += cell["packages"] * (outcome == "valid")
        asked = cell["reason"] == choice.reason if choice.reason else outcome != "valid"
        found["failing"] += cell["packages"] * asked
        sure = asked if choice.reason else outcome == "defect"
        found["failed"] += cell["packages"] * sure
    return {k: (c["counted"], c["valid"], c["failing"], c["failed"]) for k, c in sums.items()}


BY = ("category", "carrier_id", "ship_method")

choices = st.builds(
    Choice,
    as_of=st.dates(AS_OF - timedelta(days=250), AS_OF),
    account=st.just("northwind"),
    marketplace=st.sampled_from(["US", "UK"]),
    category=st.sampled_from(["", "Shoes", "Jewelry", "Books"]),
    carrier_id=st.sampled_from(["", "ups", "ontrac", "evri"]),
    ship_method=st.sampled_from(["", "UPS Ground", "Evri Standard"]),
    reason=st.sampled_from(["", "no_scan", "missing_number", "unverified"]),
    days=st.sampled_from([7, 30, 90]),
)


@given(choices)
def test_each_list_counts_what_the_rest_of_the_choice_leaves(
    choice: Choice,
) -> None:
    views = northwind().views(choice)
    for column, table in zip(BY, (views.categories, views.carriers, views.methods), strict=True):
        expected = counted(choice, column, ignore=column)
        shown = {
            (choice.marketplace, r[column]): (r["counted"], r["failing"]) for r in table.to_dicts()
        }
        place = 2 if column == "category" else 3
        assert shown == {k: (v[0], v[place]) for k, v in expected.items()}
        assert {str(r[column]) for r in table.filter("chosen").to_dicts()} <= {
            getattr(choice, column)
        }


@given(choices)
def test_the_weeks_add_up_to_the_window(choice: Choice) -> None:
    """Those of days before the thirteen weeks are not shown; a window of 30 days has none."""
    choice = replace(choice, days=30)
    weeks = northwind().views(choice).weeks
    assert weeks.height == 13
    sums = list(counted(choice, "account").values()) or [(0, 0, 0, 0)]
    assert (weeks["counted_now"].sum(), weeks["failing_now"].sum()) == (sums[0][0], sums[0][3])
    assert weeks.filter(pl.col("failing") > pl.col("counted")).is_empty()
    assert weeks.filter(pl.col("counted_now") > pl.col("counted")).is_empty()


@given(choices)
def test_the_totals_and_reasons_count_what_is_chosen(
    choice: Choice,
) -> None:
    views = northwind().views(choice)
    expected = counted(choice, "account")
    shown = {
        (r["marketplace"], r["account"]): (r["counted"], r["valid"])
        for r in views.totals.filter(days=choice.days, account="northwind").to_dicts()
        if r["counted"]
    }
    assert shown == {k: v[:2] for k, v in expected.items()}
    by_reason = counted(Choice(**{**vars(choice), "reason": ""}), "reason")
    failing: Counter[str] = Counter()
    for (_, reason), (_, _, count, _) in by_reason.items():
        failing[str(reason)] += count
    told = dict(views.reasons.select(pl.col("reason").cast(pl.String), "packages").rows())
    assert told == {r: n for r, n in failing.items() if n}


@pytest.mark.parametrize(
    "day", [AS_OF, date(2026, 6, 30), *(date(2025, 11, day) for day in range(1, 30, 7))]
)
def test_with_nothing_chosen_every_rate_and_status_is_that_of_the_library(day: date) -> None:
    """Rolling up and merging far days changes no figure."""
    names = ("counted", "valid", "unknown", "vtr", "budget_left", "to_fix", "undated")
    told = rates(sampled().filter(account="northwind"), as_of=day, seen_to=AS_OF)
    expected = told.filter(pl.col("days") == 30, pl.col("counted") > 0)
    parts = [Choice(as_of=day, account="northwind", marketplace=m) for m in ("US", "UK")]
    shown = pl.concat(northwind().views(part).categories for part in parts)
    same = expected.join(
        shown.select("marketplace", "category"), on=["marketplace", "category"], how="semi"
    )
    key = ["marketplace", "category"]
    columns = [*key, *names, "status", "binding", "in_force", "complete"]
    assert same.select(columns).sort(key).equals(shown.select(columns).sort(key))


def test_a_small_part_is_judged_over_the_whole_accounts_days() -> None:
    """A carrier first used last week has had no package before, not an incomplete window."""
    shown = northwind().views(
        Choice(as_of=AS_OF, account="northwind", marketplace="US", category="Jewelry")
    )
    assert shown.totals["complete"].all()


def test_the_line_is_that_of_what_is_chosen() -> None:
    choice = Choice(as_of=AS_OF, account="northwind", marketplace="US", category="Shoes")
    last = northwind().views(choice).history.filter(as_of=AS_OF).row(0, named=True)
    row = rates(sampled(), as_of=AS_OF).filter(
        account="northwind", marketplace="US", category="Shoes", days=30
    )
    assert (last["counted"], last["valid"]) == row.select("counted", "valid").row(0)


def test_an_empty_selection_has_tables_without_rows() -> None:
    views = northwind().views(
        Choice(as_of=AS_OF, account="northwind", marketplace="US", carrier_id="evri")
    )
    assert views.totals.is_empty()
    assert views.categories.is_empty()
    assert views.reasons.is_empty()
    assert views.history.is_empty()


def many(categories: int) -> pl.DataFrame:
    """Packages of one day, ever more of which fail."""
    return pl.DataFrame(
        {
            "order_id": [f"{c}-{i}" for c in range(categories) for i in range(3)],
            "category": [f"c{c:03}" for c in range(categories) for _ in range(3)],
            "promised_date": [date(2026, 3, 1)] * 3 * categories,
            "scans": [int(i != 0 or c % 2 == 0) for c in range(categories) for i in range(3)],
            "account": ["a"] * 3 * categories,
        }
    )


def test_of_three_hundred_categories_each_has_a_row_the_most_failed_first() -> None:
    cells = Cells(Study(tally(classify(many(300))).lazy(), Question.of(date(2026, 3, 20))), "a")
    asked = Choice(as_of=date(2026, 3, 15), account="a", marketplace="(unnamed)", category="c298")
    shown = cells.views(asked).categories
    assert shown.height == 300
    assert (shown["counted"].sum(), shown["failing"].sum()) == (900, 150)
    assert shown["failing"].is_sorted(descending=True)
    assert shown.filter("chosen")["category"].to_list() == ["c298"]


def test_one_package_is_shown_as_one() -> None:
    one = Cells(Study(tally(classify(many(1).head(1))).lazy(), Question.of(date(2026, 3, 20))), "a")
    views = one.views(Choice(as_of=date(2026, 3, 15), account="a", marketplace="(unnamed)"))
    assert views.categories.select("counted", "failing").rows() == [(1, 0)]
    assert one.days[0] == date(2026, 3, 11)
