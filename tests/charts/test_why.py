"""Charts of why and when packages fail, and of carriers; and what odd tables do to every chart."""

import json
import re
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest
import vl_convert

from tests import made, tables
from tests.charts.test_ahead import Spec, encodings, rows, spec_of, subtitle
from vtrkit import charts
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import OUTCOMES_OF, Outcome, Reason
from vtrkit.words import STATUS_COLOURS

# reasons, days ----------------------------------------------------------------------------------


def test_weeks_are_stacked_by_reason_and_add_up_to_the_cells() -> None:
    table = tables.cells(days=30, bad=2, unknown=1)
    shown = rows(spec_of(charts.reasons_over_time(table)), "week", "packages")
    by_reason: dict[str, int] = {}
    for row in shown:
        by_reason[row["series"]] = by_reason.get(row["series"], 0) + row["packages"]
    assert by_reason == {"never scanned": 60, "scan not known": 30}
    assert all(date.fromisoformat(r["week"][:10]).weekday() == 0 for r in shown)


def test_rare_reasons_share_a_colour_and_their_number_is_said() -> None:
    failing = OUTCOMES_OF[Outcome.DEFECT] + OUTCOMES_OF[Outcome.UNKNOWN]
    table = pl.DataFrame(
        {
            "promised_date": [made.AS_OF] * len(failing),
            "reason": list(map(str, failing)),
            "packages": range(100, 100 + len(failing)),
        }
    )
    spec = spec_of(charts.reasons_over_time(table))
    names = {r["series"] for r in rows(spec, "week")}
    assert len(names) == 7
    assert f"all others: {len(failing) - 6} rarer reasons" in subtitle(spec)
    colours = next(e["scale"] for e in encodings(spec, "color") if "scale" in e)
    assert len(set(colours["range"])) == len(colours["domain"]) == 7


def test_only_the_last_year_is_drawn_and_said_to_be() -> None:
    spec = spec_of(charts.reasons_over_time(tables.cells(days=900, last=date(2026, 3, 31))))
    assert "only since 31 March 2025" in subtitle(spec)
    assert len(json.dumps(spec)) < 300_000


# carriers ---------------------------------------------------------------------------------------


def test_carriers_stand_worst_first_with_range_counts_and_days() -> None:
    spec = spec_of(charts.scan_rates(tables.carriers(("ups", 200, 190), ("ontrac", 100, 60))))
    assert [(r["carrier"], r["rate"], r["low"], r["high"]) for r in rows(spec, "rate")] == [
        ("OnTrac", 60, 30, 100),
        ("UPS", 95, 47.5, 100),
    ]
    assert "OnTrac 60.0 % (60/100), half within 1 day; UPS 95.0 % (190/200)" in spec["description"]


def test_carriers_of_few_packages_stand_last_and_hollow() -> None:
    spec = spec_of(charts.scan_rates(tables.carriers(("ups", 200, 190), ("ontrac", 19, 0))))
    assert [(r["carrier"], r["few"]) for r in rows(spec, "rate")] == [
        ("UPS", False),
        ("OnTrac", True),
    ]
    assert "fewer than 20 packages" in subtitle(spec)


def test_carriers_without_scan_data_are_left_out() -> None:
    spec = spec_of(charts.scan_rates(tables.carriers(("ups", 1, 1)).with_columns(known=0)))
    assert "no file says" in spec["description"]


# odd tables -------------------------------------------------------------------------------------

NAMES = [*made.HOSTILE, "ארנקים ונעליים", "🧦🧦", "y" * 200]


def drawn(*names: str) -> dict[str, Any]:
    """Every chart of groups, of groups with these names."""
    carriers = [(name, 30 + i, 20) for i, name in enumerate(names)]
    reasons = pl.DataFrame(
        {"category": names, "carrier_id": names, "reason": "no_scan", "packages": 1}
    )
    return {
        "outlook": charts.outlook(tables.outlook(*names)),
        "roll_off": charts.roll_off(
            pl.concat(
                tables.leaving([1, 2, 3]).with_columns(account=pl.lit(name)) for name in names
            )
        ),
        "what_if": charts.what_if(tables.stops(*names, every=5)),
        "scan_rates": charts.scan_rates(tables.carriers(*carriers)),
        "pareto": charts.pareto(reasons),
    }


EMPTY: dict[str, Callable[[], Any]] = {
    "outlook": lambda: charts.outlook(tables.outlook("A").clear()),
    "roll_off": lambda: charts.roll_off(tables.leaving([0, 0])),
    "what_if": lambda: charts.what_if(tables.stops("A").clear()),
    "scan_rates": lambda: charts.scan_rates(tables.carriers(("ups", 20, 20)).clear()),
    "reasons_over_time": lambda: charts.reasons_over_time(tables.cells(bad=0, unknown=0)),
    "pareto": lambda: charts.pareto(
        pl.DataFrame(schema=["category", "carrier_id", "reason", "packages"])
    ),
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_selection_says_that_there_is_nothing(name: str) -> None:
    spec = spec_of(EMPTY[name]())
    (said,) = made.values(spec)
    assert said["said"].startswith(("no ", "none "))
    assert said["said"] in spec["description"]


def every_spec(*names: str) -> dict[str, Spec]:
    return {name: spec_of(chart) for name, chart in drawn(*names).items()}


COUNTS = {"packages", "counted", "counted_after", "known", "moved"}


def test_every_chart_has_title_words_with_figures_and_counts_in_tooltips() -> None:
    """Also of one group, which may have no others to stand apart from."""
    for name, spec in every_spec("Shoes").items():
        assert spec["title"]["text"], name
        assert len(subtitle(spec)) > 30, name
        assert re.search(r"\d", spec["description"]), name
        told = {one["field"] for tips in encodings(spec, "tooltip") for one in tips}
        assert told & COUNTS, name


def test_every_axis_of_numbers_or_days_says_what_it_counts() -> None:
    for name, spec in every_spec("Shoes", "Books").items():
        for channel in ("x", "y"):
            for axis in encodings(spec, channel):
                if axis.get("type") == "quantitative" and "title" in axis:
                    assert re.search("%|packages|defects|cost", str(axis["title"])), name
                if axis.get("type") == "temporal" and "axis" in axis:
                    assert axis["axis"]["title"], name


def test_odd_names_are_short_data_in_every_chart() -> None:
    """Markup, formulas, emoji, names from right to left, names of 200 characters."""
    for name, spec in every_spec(*NAMES).items():
        text = json.dumps(spec)
        assert "a" * 60 not in text, name
        assert "y" * 60 not in text, name
        assert not any("script" in e for e in expressions(spec)), name


def expressions(spec: Any) -> list[str]:
    """Every text that Vega evaluates."""
    if isinstance(spec, list):
        return [e for part in spec for e in expressions(part)]
    if not isinstance(spec, dict):
        return []
    own = [str(spec[n]) for n in ("expr", "filter", "test", "calculate") if n in spec]
    return own + [e for n, part in spec.items() if n != "datasets" for e in expressions(part)]


def test_odd_names_are_drawn_as_text() -> None:
    spec = spec_of(charts.what_if(tables.stops(*NAMES, every=100)))
    svg = vl_convert.vegalite_to_svg(json.dumps(spec), vl_version="6.4")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in svg
    assert not re.search("<(script|img|b)[ >]", svg)


def test_three_hundred_groups_stay_small_and_what_is_left_out_is_said() -> None:
    for name, spec in every_spec(*(f"{i:03} " + "z" * 150 for i in range(300))).items():
        assert len(json.dumps(spec)) < 300_000, name
        assert len(spec["description"]) < 5_000, name
        if name != "pareto":
            assert " of 300 " in subtitle(spec), name


def test_a_year_ahead_of_many_groups_stays_small() -> None:
    days = 366
    table = pl.concat(
        tables.outlook(f"c{i}", counted=1e6 / 7).head(1).select(pl.all().repeat_by(days).explode())
        for i in range(12)
    ).with_columns(
        day=pl.concat([pl.Series(made.days(days, date(2027, 3, 31)))] * 12),
        vtr=pl.int_range(pl.len()) / pl.len() / 7 + 0.8,
    )
    spec = spec_of(charts.outlook(table))
    assert len(json.dumps(spec)) < 300_000
    assert "one day of 3 is drawn; 8 of 12 groups" in subtitle(spec)


def test_many_long_names_in_another_script_stay_small() -> None:
    for name, spec in every_spec(*(f"{i:03} " + "ארנקים ונעליים " * 9 for i in range(300))).items():
        assert len(json.dumps(spec, ensure_ascii=False).encode()) < 300_000, name


def test_all_unverified_is_a_range_from_nothing_to_all() -> None:
    table = tables.stops("A", bad=0, unknown=200)
    first = rows(spec_of(charts.what_if(table)), "said")[0]
    assert (first["vtr_low"], first["vtr_high"]) == (0, 100)
    assert "0.0–100.0 % (0/200)" in first["said"]


def test_one_package_is_drawn() -> None:
    one = pl.DataFrame(
        {"promised_date": [made.AS_OF], "reason": [str(Reason.NO_SCAN)], "packages": [1]}
    )
    (week,) = rows(spec_of(charts.reasons_over_time(one)), "week")
    assert (week["packages"], week["series"]) == (1, REASONS[Reason.NO_SCAN].label)


def test_status_colours_are_those_of_the_page() -> None:
    spec = spec_of(charts.what_if(tables.stops("A")))
    scale = next(e["scale"] for e in encodings(spec, "color") if "scale" in e)
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == STATUS_COLOURS
