"""Charts of what is to come and of what might be: the table's own numbers, and no others."""

import json
from typing import Any

import polars as pl
import pytest

from tests import made, tables
from vtrkit import charts
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
    assert "official 4 April 2026 95.6 % (94.6 % to 96.6 %, 191 of 200)" in said
    assert "projected 29 May 2026 90.1 % (89.1 % to 91.1 %, 180 of 200), on target with a" in said
    assert said.count("a chance of 50 %") == 2


def test_a_part_of_one_day_is_a_point() -> None:
    table = tables.outlook("Shoes")
    one = table.filter((pl.col("part") != "official") | (pl.col("day") == pl.col("day").min()))
    spec = spec_of(charts.outlook(one))
    ends = [r["part"] for r in rows(spec, "end") if r["end"] == "only"]
    assert ends == ["official"]
    layers = [x for x in spec["spec"]["layer"] if x["mark"]["type"] == "point"]
    assert [x["transform"] for x in layers if x["mark"]["opacity"]] == [
        [{"filter": "datum.end === 'only'"}]
    ]


def test_the_worst_group_of_the_outlook_comes_first() -> None:
    table = pl.concat(
        [tables.outlook("A"), tables.outlook("B").with_columns(pl.col("vtr_low") - 0.2)]
    )
    spec = spec_of(charts.outlook(table))
    assert spec["facet"]["sort"] == ["B", "A"]


def test_scenarios_have_panels_of_their_own() -> None:
    table = tables.outlook("Shoes")
    both = pl.concat([table, table.with_columns(target_bp=pl.lit(9800, pl.Int64))])
    named = pl.concat(
        both.with_columns(pl.col("vtr") + better, scenario=pl.lit(name))
        for name, better in (("as it is", 0.0), ("labels", 0.01))
    )
    spec = spec_of(charts.outlook(named))
    assert set(spec["facet"]["sort"]) == {"as it is", "labels"}
    assert len(rows(spec, "day", "vtr")) == 2 * table.height


def test_old_defects_leave_on_their_day() -> None:
    spec = spec_of(charts.roll_off(tables.leaving([2, 0, 5])))
    shown = {r["leaves_on"][:10]: r["defects"] for r in rows(spec, "leaves_on")}
    assert shown == {"2026-04-01": 2, "2026-04-03": 5}
    assert "7 until 3 April 2026, most on 3 April 2026: 5" in spec["description"]


def test_groups_leave_on_one_axis_of_days() -> None:
    table = pl.concat(
        tables.leaving([n] * n).with_columns(account=pl.lit(name))
        for name, n in (("a", 2), ("b", 9))
    )
    spec = spec_of(charts.roll_off(table))
    assert spec["resolve"] == {
        "scale": {"x": "shared", "y": "independent"},
        "axis": {"x": "independent"},
    }
    assert spec["facet"]["sort"] == ["b", "a"]


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
    assert said[0] == "✕ 85.0 % (170/200), 0 packages ship differently"
    assert said[65] == "✕ 94.7 % (189.5/200), 19.5 packages ship differently"
    assert said[100] == "✓ 100.0 % (200/200), 30 packages ship differently"
    assert said[0] in spec["description"]
    assert said[100] in spec["description"]


@pytest.mark.parametrize(
    ("shares", "says"), [([0.0, 0.1, 0.25], "evenly"), ([0.0, 0.005], "whole")]
)
def test_stops_that_no_slider_can_have_are_refused(shares: list[float], says: str) -> None:
    table = tables.stops("A", every=50).head(len(shares)).with_columns(share=pl.Series(shares))
    with pytest.raises(ParameterError, match=says):
        charts.what_if(table)
