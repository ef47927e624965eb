"""Charts of rates as specifications: what they show, say in words, and leave out."""

import json
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from tests import made
from vtrkit import charts, classify, rates, tally, vtr
from vtrkit.charts.standing import ROWS
from vtrkit.charts.theme import MAX_SERIES
from vtrkit.demo import packages as sample
from vtrkit.words import STATUS_COLOURS

AS_OF = date(2026, 3, 31)
Shop = tuple[str, str, int, int, int | None]
"""Account, category, packages a day, packages a day without a scan, scans of the others."""


def judged(*shops: Shop, days: int = 100) -> pl.DataFrame:
    """A tally of shops that ship the same every day."""
    frames = [
        pl.DataFrame({"promised_date": pl.Series(made.days(days)).repeat_by(per_day).explode()})
        .with_columns(
            account=pl.lit(account),
            marketplace=pl.lit("US"),
            category=pl.lit(category),
            status=pl.lit("shipped"),
            tracking_number=pl.lit("1"),
            scans=pl.when(pl.int_range(pl.len()) % per_day < bad).then(0).otherwise(scans),
        )
        .with_columns(
            order_id=pl.format("{}{}", "category", pl.int_range(pl.len())),
            delivered_date=pl.when(pl.col("scans") > 0).then("promised_date"),
        )
        for account, category, per_day, bad, scans in shops
    ]
    return tally(classify(pl.concat(frames)))


def over_time(cells: pl.DataFrame, *targets: float) -> dict[str, Any]:
    history = vtr(cells, by=("account", "marketplace"), last=AS_OF)
    made_: dict[str, Any] = charts.vtr_over_time(history, targets or (95, 98)).to_dict()
    return made_


def grid(cells: pl.DataFrame) -> dict[str, Any]:
    made_: dict[str, Any] = charts.status_grid(rates(cells, as_of=AS_OF)).to_dict()
    return made_


@pytest.fixture(scope="module")
def usual() -> pl.DataFrame:
    return judged(
        ("north", "Shoes", 20, 2, 2), ("north", "Books", 20, 0, 2), ("south", "A", 9, 0, 2)
    )


@pytest.fixture(scope="module")
def sampled() -> pl.DataFrame:
    return tally(classify(sample.packages()))


def subtitle(spec: dict[str, Any]) -> str:
    return " ".join(spec["title"].get("subtitle", ()))


def encodings(spec: Any) -> list[dict[str, Any]]:
    if isinstance(spec, dict):
        own = [spec["encoding"]] if "encoding" in spec else []
        return own + [e for v in spec.values() for e in encodings(v)]
    return [e for v in spec for e in encodings(v)] if isinstance(spec, list) else []


def tooltips(spec: dict[str, Any]) -> set[str]:
    return {one.get("title", one["field"]) for e in encodings(spec) for one in e.get("tooltip", ())}


def panels(spec: dict[str, Any]) -> list[str]:
    sort: list[str] = spec.get("facet", {}).get("sort", [])
    return sort or [p["title"]["text"] for p in spec.get("vconcat", ())]


# what is shown ----------------------------------------------------------------------------------


def test_each_chart_has_a_title_and_says_how_to_read_it(usual: pl.DataFrame) -> None:
    for spec in (over_time(usual), grid(usual)):
        assert spec["title"]["text"]
        assert len(subtitle(spec)) > 20


def test_the_description_holds_the_figures(usual: pl.DataFrame) -> None:
    """A screen reader, and a page without scripts, gets the rates with their counts."""
    assert "north · US 95.0 % (1,140/1,200)" in over_time(usual)["description"]
    assert "against 95 % and 98 %" in over_time(usual)["description"]
    assert "Shoes (north · US) 90.0 % (540/600) BAD" in grid(usual)["description"]


def test_tooltips_have_the_counts_beside_the_rate(usual: pl.DataFrame) -> None:
    assert {"valid", "counted", "unverified", "as-of day", "window ends"} <= tooltips(
        over_time(usual)
    )
    assert {"text", "unverified", "over the limit", "status"} <= tooltips(grid(usual))


@pytest.mark.parametrize("targets", [(95.0, 98.0), (97.5,)])
def test_a_line_stands_at_each_target(usual: pl.DataFrame, targets: tuple[float, ...]) -> None:
    spec = over_time(usual, *targets)
    lines = {(r["target"], r["label"]) for r in made.values(spec) if "target" in r}
    assert lines == {(t, f"target {t:g} %") for t in targets}
    low = encodings(spec)[0]["y"]["scale"]["domain"][0]
    assert low < min(targets)


def test_the_line_is_the_rate_that_the_library_gives(usual: pl.DataFrame) -> None:
    history = vtr(usual, by=("account", "marketplace"), last=AS_OF)
    expected = {
        (f"{r['account']} · {r['marketplace']}", r["as_of"].isoformat()): (
            r["valid"],
            r["counted"],
            pytest.approx(r["vtr_low"] * 100, abs=1e-4),
        )
        for r in history.to_dicts()
    }
    spec = over_time(usual)
    shown = {
        (r["series"], r["day"][:10]): (r["valid"], r["counted"], r["vtr_low"])
        for r in spec["datasets"][spec["data"]["name"]]
    }
    assert shown == expected


def test_each_category_has_a_panel_where_the_history_is_by_category(usual: pl.DataFrame) -> None:
    history = vtr(usual, by=("account", "marketplace", "category"), last=AS_OF)
    spec = charts.vtr_over_time(history).to_dict()
    assert panels(spec) == ["north · US · Shoes", "north · US · Books", "south · US · A"]
    days = [(r["series"], r["day"]) for r in made.values(spec) if "day" in r]
    assert len(days) == len(set(days)) == history.height


def test_a_cell_has_colour_sign_and_counts(usual: pl.DataFrame) -> None:
    cells = {(r["category"], r["days"]): r["text"] for r in made.values(grid(usual))}
    assert cells["Shoes", 30] == "✕ 90.0 % (540/600)"
    assert cells["Books", 7] == "✓ 100.0 % (140/140)"
    scale = next(e["color"]["scale"] for e in encodings(grid(usual)) if "color" in e)
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == STATUS_COLOURS


def test_what_can_cost_the_right_to_sell_stands_on_top(usual: pl.DataFrame) -> None:
    spec = grid(usual)
    assert panels(spec) == ["north · US", "south · US"]
    assert spec["vconcat"][0]["layer"][0]["encoding"]["y"]["sort"] == ["Shoes", "Books"]


def test_among_bad_categories_the_one_with_most_to_mend_comes_first() -> None:
    cells = judged(("a", "A", 10, 1, 2), ("a", "B", 10, 5, 2), ("a", "C", 10, 2, 2))
    assert grid(cells)["vconcat"][0]["layer"][0]["encoding"]["y"]["sort"] == ["B", "C", "A"]


# size -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [over_time, grid])
def test_at_most_eight_accounts_get_a_panel_and_the_chart_says_so(make: Any) -> None:
    spec = make(judged(*((f"shop{i:02}", "A", 2, 0, 2) for i in range(12)), days=40))
    assert len(panels(spec)) == MAX_SERIES == 8
    assert "8 of 12 accounts" in subtitle(spec)
    assert "accounts" not in subtitle(make(judged(("a", "A", 2, 0, 2))))


@pytest.mark.parametrize(
    ("further", "what"), [("category", "categories"), ("carrier_id", "groups")]
)
def test_what_is_left_out_is_called_what_it_is(further: str, what: str) -> None:
    cells = judged(*(("a", f"c{i:02}", 2, 0, 2) for i in range(12)), days=40)
    if further != "category":
        cells = cells.with_columns(pl.col("category").alias(further))
    history = vtr(cells, by=("account", "marketplace", further), last=AS_OF)
    assert subtitle(charts.vtr_over_time(history).to_dict()).endswith(f"; 8 of 12 {what}")


def test_the_charts_of_the_sample_stay_small(sampled: pl.DataFrame) -> None:
    for spec in (over_time(sampled), grid(sampled)):
        assert len(json.dumps(spec)) < 300_000


def test_of_three_hundred_categories_the_least_urgent_are_counted_in_one_row() -> None:
    shops = [("a", f"c{i:03}", 2, int(i < 3), 2) for i in range(300)]
    spec = grid(judged(*shops, days=100))
    rows = {(r["category"], r["days"]): r["text"] for r in made.values(spec)}
    names = {name for name, _ in rows}
    assert len(names) == ROWS == 25
    assert {"c000", "c001", "c002", "276 others"} <= names
    assert rows["276 others", 30] == "✓ 276 categories"
    assert "at most 25 categories each, the others in the last row" in subtitle(spec)
    assert len(json.dumps(spec)) < 300_000
    assert len(spec["description"]) < 2_000


def test_the_row_of_the_others_counts_each_status_and_wears_the_worst() -> None:
    spec = grid(judged(*(("a", f"c{i:02}", 2, int(i < 30), 2) for i in range(40))))
    last = next(r for r in made.values(spec) if r["category"] == "16 others" and r["days"] == 30)
    assert (last["text"], last["status"]) == ("✕ 6  ✓ 10 categories", "BAD")


def test_a_long_history_of_many_accounts_is_thinned_and_keeps_its_last_day() -> None:
    day = pl.date_range(date(2020, 1, 1), AS_OF, eager=True)
    counts = {"counted": 1_234_567, "valid": 1_200_000, "unknown": 0}
    history = pl.concat(
        pl.DataFrame({"as_of": day}).with_columns(
            account=pl.lit(f"shop {i}"), marketplace=pl.lit("US"), window_end="as_of",
            vtr_low=pl.lit(0.972), vtr_high=pl.lit(0.972),
            **{n: pl.lit(v) for n, v in counts.items()},
        )
        for i in range(12)
    )  # fmt: skip
    spec = charts.vtr_over_time(history).to_dict()
    assert len(json.dumps(spec)) < 300_000
    assert "one day of 16 is drawn" in subtitle(spec)
    assert max(r["day"] for r in made.values(spec) if "day" in r) == f"{AS_OF}T00:00:00"


# odd tables -------------------------------------------------------------------------------------


def test_one_package_makes_a_grid_and_no_line() -> None:
    one = judged(("a", "A", 1, 0, 2), days=1)
    assert {r["text"] for r in made.values(grid(one))} == {"– 100.0 % (1/1)*"}
    assert panels(over_time(one)) == []
    assert "no line yet" in over_time(one)["description"]


def test_the_names_of_two_targets_do_not_cover_each_other(usual: pl.DataFrame) -> None:
    marks = [layer["mark"] for layer in over_time(usual)["spec"]["layer"]]
    assert [m["baseline"] for m in marks if m["type"] == "text"] == ["bottom", "top"]


def test_an_empty_table_says_that_there_is_nothing(usual: pl.DataFrame) -> None:
    nothing = usual.clear()
    assert panels(over_time(nothing)) == []
    spec = charts.status_grid(rates(usual, as_of=AS_OF).clear()).to_dict()
    assert panels(spec) == []
    assert "no package is counted" in next(made.values(spec))["said"]


def test_unverified_packages_leave_a_band_from_nothing_to_all() -> None:
    cells = judged(("a", "A", 4, 0, None))
    row = next(r for r in made.values(over_time(cells)) if "day" in r)
    assert (row["vtr_low"], row["vtr_high"], row["unknown"]) == (0, 100, 120)
    assert {r["text"] for r in made.values(grid(cells))} >= {"? 0.0–100.0 % (0/120)"}


def test_a_group_that_never_counted_has_no_row() -> None:
    spec = grid(judged(("a", "A", 4, 0, 2)).vstack(judged(("a", "old", 4, 0, 2), days=1).clear()))
    assert {r["category"] for r in made.values(spec)} == {"A"}


def test_days_are_civil_days_wherever_the_reader_is(usual: pl.DataFrame) -> None:
    """A bare day would be read as midnight in London and shown as the day before in New York."""
    stamps = {r["day"] for r in made.values(over_time(usual)) if "day" in r}
    assert all(s.endswith("T00:00:00") for s in stamps)
    assert max(stamps) == f"{AS_OF}T00:00:00"
    assert min(stamps) == f"{AS_OF - timedelta(days=70)}T00:00:00"
