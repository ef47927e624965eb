"""The what-if without a browser: its state, its levers, and that it shows what Python computes."""

import html
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from vtrkit.errors import ParameterError
from vtrkit.lab import WhatIf
from vtrkit.lab.canvas import Canvas
from vtrkit.metric.target import Target
from vtrkit.schema import CATEGORY
from vtrkit.study.open import open_study
from vtrkit.study.study import Study
from vtrkit.whatif.apply import apply
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.looking_back import prepare
from vtrkit.whatif.scenario_files import read_scenario, ready_made
from vtrkit.whatif.simulate import simulate
from vtrkit.words import percent

UNTRACKED = "have them tracked and scanned"


@pytest.fixture(scope="module")
def run() -> Study:
    return open_study(account="northwind", marketplace="US")


@pytest.fixture(scope="module")
def opened(run: Study) -> WhatIf:
    return WhatIf(run)


@pytest.fixture
def whatif(opened: WhatIf) -> WhatIf:
    """As on the first day; what it read is kept from test to test."""
    opened.reset()
    opened.choose(target=opened.study.targets[0])
    return opened


def rows(whatif: WhatIf, chart: str, table: str = "rows") -> list[dict[str, Any]]:
    return whatif.canvas.rows[chart][table]


# state ------------------------------------------------------------------------------------------


def test_it_opens_with_no_lever_pulled(whatif: WhatIf, run: Study) -> None:
    assert (whatif.place, whatif.as_of) == (("northwind", "US"), run.as_of)
    assert whatif.scenario.levers == ()
    assert [x.name for x in whatif.levers] == [*ready_made()]
    assert "No lever is pulled" in whatif.pulled.value


def test_a_pulled_lever_is_shown_and_read_back(whatif: WhatIf) -> None:
    whatif.pull(UNTRACKED, share=0.5, scanned=0.9, cost=0.3)
    row = whatif.sliders[UNTRACKED]
    assert [row[n].value for n in ("share", "scanned", "cost")] == [50, 90, 0.3]
    assert whatif.scenario.levers == (
        replace(ready_made()[UNTRACKED], share=0.5, scanned=0.9, cost=0.3),
    )
    assert whatif.focus == UNTRACKED


def test_a_moved_slider_pulls_its_lever(whatif: WhatIf) -> None:
    whatif.sliders["correct the carrier"]["share"].value = 29
    whatif.sliders["correct the carrier"]["cost"].value = 0.4
    lever = whatif.scenario.levers[0]
    assert (lever.name, lever.share, lever.cost) == ("correct the carrier", 0.29, 0.4)


def test_levers_that_contradict_each_other_are_said_to_and_taken_back(whatif: WhatIf) -> None:
    whatif.pull(UNTRACKED, share=0.8)
    whatif.sliders["buy labels through Amazon"]["share"].value = 50
    assert "contradict each other" in whatif.said.value
    assert whatif.sliders["buy labels through Amazon"]["share"].value == 0
    assert [x.name for x in whatif.scenario.levers] == [UNTRACKED]
    whatif.pull("correct the carrier", share=0.1)
    assert whatif.said.value == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"place": ("northwind", "DE")}, "no place"),
        ({"focus": "labls"}, "no lever"),
        ({"asof": date(2026, 9, 1)}, "no setting"),
    ],
)
def test_what_is_not_there_is_refused(whatif: WhatIf, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        whatif.choose(**changes)
    with pytest.raises(ParameterError, match="no lever 'x'"):
        whatif.pull("x", share=0.1)
    with pytest.raises(ParameterError, match="must be a share from 0 to 1"):
        whatif.pull(UNTRACKED, share=1.5)
    assert whatif.scenario.levers == ()


def test_a_scenario_is_saved_and_loaded(whatif: WhatIf, tmp_path: Path) -> None:
    whatif.pull(UNTRACKED, share=0.4, cost=0.25)
    whatif.choose(start=date(2026, 9, 1))
    kept = whatif.scenario
    whatif.save(tmp_path / "mine.toml")
    assert read_scenario(tmp_path / "mine.toml") == kept
    whatif.reset()
    whatif.load(tmp_path / "mine.toml")
    assert whatif.scenario == kept
    assert [*whatif.sliders] == [UNTRACKED]


def test_a_file_that_is_none_is_said(whatif: WhatIf, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="no such file"):
        whatif.load(tmp_path / "none.toml")
    with pytest.raises(ParameterError, match="no lever to show"):
        whatif.show(Scenario("empty"))


def test_the_scenario_of_the_run_is_what_it_opens_on(run: Study) -> None:
    mine = Scenario("mine", (Lever(name="ask", share=0.3, reason=("no_scan",)),))
    shown = WhatIf(replace(run, scenario=mine))
    assert shown.scenario == mine
    assert shown.sliders["ask"]["share"].value == 30


# figures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.0, 0.29, 1.0])
@pytest.mark.parametrize("bp", [9500, 9800])
def test_it_shows_what_apply_and_simulate_give(
    whatif: WhatIf, run: Study, share: float, bp: int
) -> None:
    whatif.choose(target=next(t for t in run.targets if t.bp == bp))
    whatif.pull(UNTRACKED, share=share)
    board = prepare(
        run.tally, as_of=run.as_of, by=CATEGORY, seen_to=run.seen_to, target=Target.of_bp(bp)
    )
    expected = apply(board, whatif.scenario).filter("is_enforced_window").to_dicts()
    after = {r["category"]: (r["status_after"], percent(r["vtr_low_after"])) for r in expected}
    for row in rows(whatif, "categories"):
        status, rate = after[row["series"]]
        assert row["status"] == status
        assert row["said"].endswith(f" {rate}")
    coming = simulate(
        run.tally,
        whatif.scenario,
        as_of=run.as_of,
        by=CATEGORY[:2],
        seen_to=run.seen_to,
        delays=run.question.delays,
        targets=[Target.of_bp(bp)],
    )
    last = [r for r in rows(whatif, "outlook") if r["series"] != "as it is"][-1]
    assert last["vtr"] == pytest.approx(coming["vtr"][-1] * 100, abs=1e-3)


def test_the_curve_is_of_the_lever_in_hand_and_marks_its_share(whatif: WhatIf) -> None:
    whatif.pull(UNTRACKED, share=0.5)
    assert rows(whatif, "adoption", "now") == [{"share": 50}]
    crossing = next(
        r
        for r in rows(whatif, "adoption", "crossings")
        if r["series"] == "Shoes" and r["target"] == 95
    )
    assert "with 16 of 25 packages" in crossing["tip"]
    at_64 = [r["vtr_low"] for r in rows(whatif, "adoption") if r["series"] == "Shoes"]
    assert at_64[0] < 95 < at_64[-1]
    whatif.choose(focus="correct the carrier")
    assert rows(whatif, "adoption", "now") == [{"share": 0}]


def test_a_start_day_limits_what_ships_before_it(whatif: WhatIf) -> None:
    whatif.pull(UNTRACKED, share=1.0)
    always = whatif.answer.levers["moved"].item()
    whatif.choose(start=date(2026, 9, 10))
    assert 0 < whatif.answer.levers["moved"].item() < always


def test_the_cheapest_plan_puts_every_category_on_target(run: Study) -> None:
    levers = [replace(x, cost=0.2) for x in ready_made(0.0).values()]
    shown = WhatIf(run, levers)
    shown.cheapest()
    assert shown.plan
    assert shown.plan.cost == pytest.approx(shown.plan.mix["cost"].sum())
    each = shown.plan.reached.filter(pl.col("category").is_not_null())
    assert each["chance"].min() >= 0.5
    last = shown.answer.recovery["last_day"].max()
    assert "is on target on that day, with a chance of 50 % or more" in shown.pulled.value
    assert f"the days that count on {last}" in shown.pulled.value
    assert any(x.share > 0 for x in shown.levers)
    assert "the cheapest mix" in shown.pulled.value
    shown.pull(UNTRACKED, share=0.0)
    assert shown.plan is None


def test_a_target_out_of_reach_says_which_category(run: Study) -> None:
    shown = WhatIf(run, [Lever(name="ask", share=0.0, reason=("no_scan",), category=("Books",))])
    shown.cheapest()
    assert shown.plan
    assert any("Shoes" in text for text in shown.plan.unreachable)
    for text in shown.plan.unreachable:
        assert html.escape(text) in shown.pulled.value


# browser and copy -------------------------------------------------------------------------------


def test_a_slider_sends_rows_and_no_specification(
    whatif: WhatIf, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Canvas, "send", lambda _, message, __=None: sent.append(message))
    whatif.pull(UNTRACKED, share=0.3)
    whatif.pull(UNTRACKED, share=0.31)
    assert "charts" not in sent[-1]
    assert sent[-1]["rows"]["adoption"].keys() == {"now"}
    assert len(json.dumps(sent[-1])) < 60_000


def test_every_chart_is_told_in_words(whatif: WhatIf) -> None:
    whatif.pull(UNTRACKED, share=0.5)
    assert "Shoes ✕ 87.0 % → " in whatif.canvas.told["categories"]
    assert "with my scenario: 2026-11-29" in whatif.canvas.told["outlook"]


def test_a_copy_without_a_kernel_has_words(whatif: WhatIf) -> None:
    shown = whatif._repr_mimebundle_()
    assert "need a running notebook" in shown["text/plain"]
    assert "30 days (enforced)" in shown["text/html"]
