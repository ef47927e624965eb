"""Charts of what is to come and of what might be: the table's own numbers, and no others."""

import json
from typing import Any

import polars as pl
import pytest

from tests import made, tables
from vtrkit import charts
from vtrkit.charts.curve import LINES
from vtrkit.charts.theme import SERIES
from vtrkit.errors import ParameterError

Spec = dict[str, Any]


def spec_of(chart: Any) -> Spec:
    spec: Spec = chart.to_dict()
    return spec


def rows(spec: Spec, *keys: str) -> list[dict[str, Any]]:
    """The rows of data that have these columns."""
    return [r for r in made.values(spec) if r.keys() >= set(keys)]


def encodings(spec: Any, channel: str) -> list[dict[str, Any]]:
    """What stands for a channel, anywhere in a specification."""
    parts = spec.values() if isinstance(spec, dict) else spec if isinstance(spec, list) else ()
    own = []
    if isinstance(spec, dict) and channel in spec.get("encoding", {}):
        own = [spec["encoding"][channel]]
    return own + [e for part in parts for e in encodings(part, channel)]


def subtitle(spec: Spec) -> str:
    return " ".join(spec["title"]["subtitle"])


# outlook ----------------------------------------------------------------------------------------


def test_the_outlook_shows_every_day_with_its_range_and_what_it_rests_on() -> None:
    table = tables.outlook("Shoes")
    shown = rows(spec_of(charts.outlook(table)), "day", "vtr")
    assert [
        (r["day"][:10], r["part"], pytest.approx(r["vtr"] / 100), pytest.approx(r["vtr_low"] / 100))
        for r in shown
    ] == [
        (str(r["day"]), r["part"], r["vtr"], r["vtr_low"])
        for r in table.to_dicts()
    ]  # fmt: skip


def test_parts_differ_by_colour_and_by_dash() -> None:
    spec = spec_of(charts.outlook(tables.outlook("Shoes")))
    for channel, values in (("stroke", list(SERIES[:3])), ("strokeDash", None)):
        scale = next(e["scale"] for e in encodings(spec, channel) if "scale" in e)
        assert scale["domain"] == ["official", "locked in", "projected"]
        assert values is None or scale["range"] == values


def test_the_outlook_says_its_figures_in_words_with_counts() -> None:
    said = spec_of(charts.outlook(tables.outlook("Shoes")))["description"]
    assert "official 2026-04-04 95.6 % (94.6 % to 96.6 %, 191 of 200)" in said
    assert "projected 2026-05-29 90.1 % (89.1 % to 91.1 %, 180 of 200), on target with a" in said
    assert said.count("a chance of 50 %") == 2


def test_a_part_of_one_day_is_a_point() -> None:
    table = tables.outlook("Shoes")
    one = table.filter((pl.col("part") != "official") | (pl.col("day") == pl.col("day").min()))
    spec = spec_of(charts.outlook(one))
    marks = [layer["mark"] for layer in spec["concat"][0]["layer"]]
    assert [m for m in marks if m["type"] == "point" and m["opacity"] == 1]


def test_the_worst_group_of_the_outlook_comes_first() -> None:
    table = pl.concat(
        [tables.outlook("A"), tables.outlook("B").with_columns(pl.col("vtr_low") - 0.2)]
    )
    spec = spec_of(charts.outlook(table))
    assert [p["title"]["text"] for p in spec["concat"]] == ["B", "A"]


def test_the_budget_burns_down_to_what_the_table_says() -> None:
    table = tables.outlook("Shoes")
    spec = spec_of(charts.burn_down(table))
    shown = [r["budget_left"] for r in rows(spec, "day", "budget_left")]
    assert shown == pytest.approx(table["budget_left"].to_list())
    assert "2 of 200 packages on 2026-03-31" in spec["description"]
    assert "missed on 49 of 60 days" in spec["description"]
    assert "95 %" in subtitle(spec)


def test_several_targets_and_scenarios_have_panels_of_their_own() -> None:
    table = tables.outlook("Shoes")
    both = pl.concat([table, table.with_columns(target_bp=pl.lit(9800, pl.Int64))])
    spec = spec_of(charts.burn_down(both))
    assert {p["title"]["text"] for p in spec["concat"]} == {
        "north · US · Shoes for 95 %",
        "north · US · Shoes for 98 %",
    }
    named = pl.concat(
        both.with_columns(pl.col("vtr") + better, scenario=pl.lit(name))
        for name, better in (("as it is", 0.0), ("labels", 0.01))
    )
    spec = spec_of(charts.outlook(named))
    assert {p["title"]["text"] for p in spec["concat"]} == {"as it is", "labels"}
    assert len(rows(spec, "day", "vtr")) == 2 * table.height


def test_old_defects_leave_on_their_day() -> None:
    spec = spec_of(charts.roll_off(tables.leaving([2, 0, 5])))
    shown = {r["leaves_on"][:10]: r["defects"] for r in rows(spec, "leaves_on")}
    assert shown == {"2026-04-01": 2, "2026-04-03": 5}
    assert "7 until 2026-04-03, most on 2026-04-03: 5" in spec["description"]


def test_groups_leave_on_one_axis_of_days() -> None:
    table = pl.concat(
        tables.leaving([n] * n).with_columns(account=pl.lit(name))
        for name, n in (("a", 2), ("b", 9))
    )
    spec = spec_of(charts.roll_off(table))
    assert spec["resolve"] == {"scale": {"x": "shared"}}
    assert [p["title"]["text"] for p in spec["concat"]] == ["b", "a"]


# the what-if curve ------------------------------------------------------------------------------


def test_the_curve_shows_every_stop_as_it_was_computed() -> None:
    table = tables.stops("Shoes", "Books", unknown=4)
    spec = spec_of(charts.what_if_curve(table))
    shown = {(r["series"], round(r["share"])): r for r in rows(spec, "share", "moved")}
    assert len(shown) == table.height
    for row in table.to_dicts():
        point = shown[row["category"], round(row["share"] * 100)]
        assert point["vtr_low_after"] == pytest.approx(row["vtr_low_after"] * 100)
        assert point["vtr_high_after"] == pytest.approx(row["vtr_high_after"] * 100)
        for name in ("moved", "valid_after", "counted_after", "status_after"):
            assert point[name] == row[name]


def test_crossings_are_marked_with_the_packages_that_they_take() -> None:
    """170 of 200 are valid; 95 % asks for 190, 98 % for 196."""
    spec = spec_of(charts.what_if_curve(tables.stops("Shoes"), tables.needed("Shoes")))
    marked = [(r["target"], r["packages"], r["share"]) for r in rows(spec, "packages", "target")]
    assert marked == [(95, 20, pytest.approx(200 / 3)), (98, 26, pytest.approx(260 / 3))]
    said = {r["goal"]: r["said"] for r in rows(spec, "goal")}
    assert said == {
        "for 95 %": "20 of 30 packages (66.6 %)",
        "for 98 %": "26 of 30 packages (86.6 %)",
    }
    assert "for 95 %: 20 of 30 packages (66.6 %)" in spec["description"]


def test_a_target_out_of_reach_or_reached_already_is_said_so() -> None:
    spec = spec_of(
        charts.what_if_curve(
            tables.stops("A", bad=12, unknown=8), tables.needed("A", bad=12, unknown=8)
        )
    )
    assert [r["said"] for r in rows(spec, "goal")] == [
        "10 of 12 packages (83.3 %)",
        "✕ out of reach: 12 eligible",
    ]
    spec = spec_of(charts.what_if_curve(tables.stops("A", bad=2), tables.needed("A", bad=2)))
    assert {r["said"] for r in rows(spec, "goal")} == {"✓ on target as it is"}
    assert not rows(spec, "packages", "target")


def test_windows_may_stand_for_lines() -> None:
    table = tables.stops("A")
    both = pl.concat([table, table.with_columns(days=pl.lit(90, pl.Int64))])
    spec = spec_of(charts.what_if_curve(both))
    assert {r["series"] for r in rows(spec, "moved")} == {"30 days", "90 days"}


def test_only_as_many_lines_as_can_be_told_apart_are_drawn() -> None:
    table = pl.concat(tables.stops(f"c{i}", bad=20 + i) for i in range(9))
    spec = spec_of(charts.what_if_curve(table))
    assert {r["series"] for r in rows(spec, "moved")} == {f"c{i}" for i in range(3, 9)}
    assert f"{LINES} of 9 lines, the lowest" in subtitle(spec)


# the what-if of a page --------------------------------------------------------------------------


def test_every_stop_of_the_slider_has_the_numbers_of_python() -> None:
    table = tables.stops("Shoes", "Books", unknown=3, every=5)
    spec = spec_of(charts.what_if(table))
    shown = {(r["series"], r["share"]): r for r in rows(spec, "share", "said")}
    assert len(shown) == table.height == 42
    for row in table.to_dicts():
        stop = shown[row["category"], round(row["share"] * 100)]
        assert stop["vtr_low"] == pytest.approx(row["vtr_low_after"] * 100)
        assert stop["vtr_high"] == pytest.approx(row["vtr_high_after"] * 100)
        assert (stop["valid"], stop["counted"]) == (row["valid_after"], row["counted_after"])
        assert (stop["moved"], stop["status"]) == (row["moved"], row["status_after"])


def test_the_slider_has_a_stop_at_each_row_and_no_formula() -> None:
    spec = spec_of(charts.what_if(tables.stops("Shoes", every=5)))
    (param,) = spec["params"]
    bind = param["bind"]
    assert (param["name"], param["value"]) == ("share", 0)
    assert (bind["input"], bind["min"], bind["max"], bind["step"]) == ("range", 0, 100, 5)
    assert bind["name"] == "eligible packages tracked, %: "
    assert transforms(spec) == {'{"filter": "datum.share === share"}'}


def transforms(spec: Any) -> set[str]:
    """Every transform of data in a specification."""
    parts = spec.values() if isinstance(spec, dict) else spec if isinstance(spec, list) else ()
    own = {json.dumps(t) for t in spec.get("transform", ())} if isinstance(spec, dict) else set()
    return own.union(*(transforms(part) for part in parts))


def test_two_sliders_choose_among_all_combinations() -> None:
    one = tables.stops("Shoes", every=50)
    table = pl.concat(one.with_columns(labels=pl.lit(share)) for share in (0.0, 0.25, 0.5))
    spec = spec_of(charts.what_if(table, {"share": "scans", "labels": "Amazon labels"}))
    assert [(p["name"], p["bind"]["step"], p["bind"]["max"]) for p in spec["params"]] == [
        ("share", 50, 100),
        ("labels", 25, 50),
    ]
    assert len({(r["share"], r["labels"]) for r in rows(spec, "said")}) == 9
    assert transforms(spec) == {'{"filter": "datum.share === share && datum.labels === labels"}'}


def test_what_the_slider_says_has_sign_rate_counts_and_packages() -> None:
    spec = spec_of(charts.what_if(tables.stops("Shoes", every=5)))
    said = {r["share"]: r["said"] for r in rows(spec, "said")}
    assert said[0] == "✕ 85.0 % (170/200), 0 packages moved"
    assert said[65] == "✕ 94.7 % (189.5/200), 19.5 packages moved"
    assert said[100] == "✓ 100.0 % (200/200), 30 packages moved"
    assert said[0] in spec["description"]
    assert said[100] in spec["description"]


@pytest.mark.parametrize(
    ("shares", "says"), [([0.0, 0.1, 0.25], "evenly"), ([0.0, 0.005], "whole")]
)
def test_stops_that_no_slider_can_have_are_refused(shares: list[float], says: str) -> None:
    table = tables.stops("A", every=50).head(len(shares)).with_columns(share=pl.Series(shares))
    with pytest.raises(ParameterError, match=says):
        charts.what_if(table)


# scenarios and plans ----------------------------------------------------------------------------


def test_a_waterfall_goes_from_rate_to_rate() -> None:
    table = tables.stages(("as it is", 900.0), ("labels", 930.0), ("letters", 925.0))
    spec = spec_of(charts.waterfall(table))
    assert [(r["name"], r["from"], r["to"], r["said"]) for r in rows(spec, "said")] == [
        ("as it is", 90, 90, "90.0 %"),
        ("labels", 90, 93, "▲ +3.00"),
        ("letters", 93, 92.5, "▼ -0.50"),
        ("after", 92.5, 92.5, "92.5 %"),
    ]
    assert "labels ▲ +3.00 (930/1,000, 20 packages moved)" in spec["description"]


def test_many_levers_end_in_one_step_that_keeps_the_sum() -> None:
    table = tables.stages(("as it is", 900.0), *((f"lever {i}", 900.0 + i) for i in range(1, 31)))
    shown = rows(spec_of(charts.waterfall(table)), "said")
    assert [r["name"] for r in shown[-2:]] == ["24 further levers", "after"]
    assert (shown[-2]["from"], shown[-1]["to"]) == (pytest.approx(90.6), 93)


def test_the_frontier_shows_each_plan_in_order_of_its_cost() -> None:
    spec = spec_of(charts.frontier(tables.frontier((9500, 40), (9000, 0), (9800, 200))))
    shown = [(r["cost"], r["target_bp"]) for r in rows(spec, "cost")]
    assert shown == [(0, 90), (40, 95), (200, 98)]
    assert "95.00 % for 40.00 (40 packages)" in spec["description"]
