"""The what-if without a browser: its state, its words, and that it shows what Python computes."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from tests import made
from tests.study.test_sellers import seller, with_corrections
from vtrkit.errors import ParameterError
from vtrkit.lab import sentences
from vtrkit.lab.screen import Screen, still
from vtrkit.lab.trial import SHARES
from vtrkit.lab.whatif import WhatIf
from vtrkit.schema import CATEGORY
from vtrkit.sections.first_words import first_words
from vtrkit.shop import Shop
from vtrkit.study.ahead import changes_table, needed_table
from vtrkit.study.first_facts import first_facts
from vtrkit.study.open import open_study
from vtrkit.study.selection import selection
from vtrkit.study.study import Study
from vtrkit.whatif.changes import replace_carrier, track
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import read_scenario, write_scenario
from vtrkit.whatif.simulate import simulate, stays_from
from vtrkit.words import percent, short_day

SHOES = "have them tracked and scanned: Shoes"


@pytest.fixture(scope="module")
def run() -> Study:
    return open_study(account="northwind", marketplace="US")


@pytest.fixture(scope="module")
def opened(run: Study) -> WhatIf:
    return WhatIf(run)


@pytest.fixture
def whatif(opened: WhatIf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WhatIf:
    """With no plan, on Shoes and 95 %; what it read is kept from test to test."""
    monkeypatch.chdir(tmp_path)
    opened.reset()
    return opened


def ask(whatif: WhatIf, does: str, value: Any = "") -> None:
    """What the browser sends when a control is used."""
    whatif.screen.answer(None, {"do": does, "value": value}, [])


def row(whatif: WhatIf, category: str = "Shoes") -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in whatif.now["rows"] if r["category"] == category)
    return found


# the answer -------------------------------------------------------------------------------------


def test_it_opens_on_the_category_back_latest_with_its_least_share(run: Study) -> None:
    shown = WhatIf(run)
    needed = needed_table(run, track(), run.targets[:1], 0.5).row(
        by_predicate=pl.col("category") == "Shoes", named=True
    )
    assert shown.category == shown.now["rows"][0]["category"] == "Shoes"
    assert shown.scenario.levers == (replace(track("Shoes", share=needed["share"]), name=SHOES),)
    assert f"back about {needed['back'].day} {needed['back']:%B}." in shown.text
    assert shown.text.startswith("From 1 October, get ")
    assert f"{needed['safer_share'] * 100:g} % scanned is safer" in shown.now["more"]
    assert shown.now["past"] == (
        "Looking back: 16 more of the 193 due 22 Aug to 20 Sep would have been enough. "
        "Too late for them."
    )


@pytest.mark.parametrize("share", [0, 29, 75, 100])
@pytest.mark.parametrize("bp", [9500, 9800])
def test_the_screen_shows_what_the_tables_give(
    whatif: WhatIf, run: Study, share: int, bp: int
) -> None:
    ask(whatif, "target", str(bp))
    ask(whatif, "share", share)
    target = next(t for t in run.targets if t.bp == bp)
    plan = [track("Shoes", share=share / 100)] if share else []
    table = changes_table(run, plan, target)
    for r in table.to_dicts():
        said = row(whatif, r["category"])["back"].removeprefix("→ ")
        assert said == (short_day(r["back"]) if r["back"] else "after 29 Nov")
    shoes = table.row(by_predicate=pl.col("category") == "Shoes", named=True)
    stop = whatif.stops[share / 100]
    assert (stop.early, stop.back, stop.late) == tuple(
        shoes[n] for n in ("back_early", "back", "back_late")
    )
    assert stop.rate == pytest.approx(shoes["rate_on_last_day"])
    assert stop.packages == pytest.approx(shoes["packages"], abs=0.051)
    assert percent(stop.rate) in whatif.now["svg"]


def test_every_stop_of_the_slider_is_what_a_drag_to_it_gives(whatif: WhatIf) -> None:
    """The browser shows the stops while a drag lasts; the release changes no word."""
    sent = {round(stop["share"]): stop for stop in whatif.screen.stops}
    assert {round(share * 100) for share in SHARES} <= sent.keys()
    for share in (0, 60, 65, 100):
        ask(whatif, "share", share)
        assert sent[share]["say"] == whatif.screen.panes["say"]
        assert sent[share]["more"] == whatif.screen.panes["more"]
        assert sent[share]["moved"] in whatif.screen.panes["chart"]


def test_a_marker_sits_on_the_curve_on_the_day_that_is_said(whatif: WhatIf, run: Study) -> None:
    ask(whatif, "share", 75)
    days = simulate(run.prospect(CATEGORY), track("Shoes", share=0.75), targets=run.targets[:1])
    shoes = days.filter(pl.col("category").cast(pl.String) == "Shoes")
    back = stays_from(shoes, {"back": 0.5})["back"].item()
    assert shoes.filter(day=back)["vtr"].item() >= 0.95 - 1e-9
    ring = re.findall(r'<circle class="ring" cx="([\d.]+)" cy="([\d.]+)"', whatif.now["svg"])[-1]
    assert f"{ring[0]} {ring[1]}" in whatif.now["svg"].split('class="line" d="')[1].split('"')[0]


def test_a_target_out_of_reach_says_how_far_it_gets(whatif: WhatIf) -> None:
    ask(whatif, "scanned", "50")
    ask(whatif, "share", 100)
    rate = percent(whatif.stops[1.0].rate)
    assert whatif.text == f"95 % is out of reach for Shoes by scanning alone: {rate} at best."


def test_out_of_reach_it_names_the_change_that_does_it(whatif: WhatIf, run: Study) -> None:
    """Of those that reach any the first one back; and that 98 % is more than Amazon asks for."""
    ask(whatif, "target", "9800")
    ask(whatif, "scanned", "50")
    ask(whatif, "share", 100)
    target = run.targets[1]
    days = {}
    for label, lever in whatif.every().items():
        if label != whatif.change and lever.category:
            table = changes_table(run, [replace(lever, share=1.0)], target)
            back = table.filter(category="Shoes")["back"].item()
            days |= {label: back} if back else {}
    first = min(days, key=lambda label: (days[label], label)) if days else None
    assert whatif.seen.instead == (first and (first, days[first]))
    assert "Amazon asks for 95 %." in whatif.now["more"]
    if first:
        assert f"“{first}” does it: back about {days[first].day} " in whatif.now["more"]


def test_of_changes_that_do_it_on_one_day_the_first_one_listed_is_named(tmp_path: Path) -> None:
    """Copying the number from the label is less than buying labels elsewhere."""
    days = enumerate(made.days(60))  # numbers whose check digits are wrong
    file = made.write(tmp_path / "p.csv", [made.row(i, d, scans=0) for i, d in days])
    shown = WhatIf(open_study(str(file), as_of=made.AS_OF))
    assert "out of reach" in shown.text
    assert "“Correct the number” does it" in shown.now["more"]


def test_where_all_stay_on_target_it_says_so_and_which_is_closest() -> None:
    day = date(2026, 9, 30)
    row = {"category": "Shoes", "told": True, "status": "GOOD", "as_of": day, "vtr_low": 0.971}
    row |= {"back": day + timedelta(days=1)}
    other = row | {"category": "Toys", "vtr_low": 0.9564}
    said = sentences.all_fine([row, other])
    assert said
    assert said.striptags() == "All 2 are on target and stay there. Closest: Toys, 95.6 %."
    for wrong in ({"back": day + timedelta(days=9)}, {"told": False}, {"status": "UNDECIDED"}):
        assert sentences.all_fine([row, other | wrong]) is None


def test_without_a_change_it_says_what_comes_as_it_is(whatif: WhatIf) -> None:
    assert whatif.text == "As it is, Shoes is not back by 29 November: 87.3 % then."
    ask(whatif, "category", "Jewelry")
    assert whatif.text == "As it is, Jewelry is back about 16 October."
    assert row(whatif, "Jewelry")["least"] == "none"


# controls ---------------------------------------------------------------------------------------


def test_one_button_sets_the_least_share_and_another_all(whatif: WhatIf, run: Study) -> None:
    needed = needed_table(run, track(), run.targets[:1], 0.5)
    shares = dict(needed.filter(pl.col("share") > 0).select("category", "share").rows())
    ask(whatif, "least", "Books")
    assert [(x.category, x.share) for x in whatif.plan] == [(("Books",), shares["Books"])]
    assert whatif.category == "Books"
    ask(whatif, "try")
    assert {x.category[0]: x.share for x in whatif.plan} == shares
    assert re.fullmatch(
        r"From 1 October, your 3 changes bring all 10 back by \d+ November\.", whatif.text
    )
    assert all(f"{name} {share * 100:g} %" in whatif.now["card"] for name, share in shares.items())


def test_the_steps_of_the_report_are_offered_and_tried(whatif: WhatIf, run: Study) -> None:
    levers = first_facts(run).levers
    back = changes_table(run, levers, run.targets[0])["back"]
    assert back.null_count() == 0
    last = back.max()
    assert f"bring all 10 back by {last.day} {last:%B}" in whatif.now["steps"].striptags()
    ask(whatif, "steps")
    assert [x.share for x in whatif.plan] == [1.0] * len(levers)
    assert f"your {len(levers)} changes bring all 10 back by {last.day} {last:%B}" in whatif.text


@pytest.mark.parametrize("corrected", [False, True])
def test_with_the_steps_the_page_and_the_lab_name_one_day_and_one_lowest_rate(
    run: Study, tmp_path: Path, *, corrected: bool
) -> None:
    """What is corrected on its way is among what the lab tries, and taken out with the rest."""
    study = with_corrections(tmp_path) if corrected else run
    facts = first_facts(study)
    assert bool(facts.corrections) == corrected
    assert facts.dip is not None
    lab = WhatIf(study)
    ask(lab, "steps")
    assert [x.reason for x in lab.plan] == [x.reason for x in facts.levers]
    likely, lowest = facts.back[1], facts.dip
    assert likely is not None
    assert row(lab, str(facts.row["category"]))["back"] == f"→ {short_day(likely)}"
    page = first_words(facts).text
    assert f"{likely.day} {likely:%B}" in page
    lab.choose(category=str(facts.row["category"]))
    dip = re.search(r"First it falls to (\d+ %)", lab.now["more"])
    if dip:
        assert f"With the steps it first falls to about {dip[1]}" in page
    assert min(day["rate"] for day in lab.stops[1.0].days) == pytest.approx(lowest["rate"])


def test_its_categories_stand_in_the_order_of_the_page(run: Study) -> None:
    page = selection(run, first_facts(run))
    assert [r["category"] for r in WhatIf(run).rows] == [r["category"] for r in page.rows]


@pytest.mark.parametrize("packages", [0, 7, 24])
def test_packages_in_30_days_stand_for_a_share(whatif: WhatIf, packages: int) -> None:
    most = whatif.stops[1.0].packages
    ask(whatif, "packages", packages)
    assert whatif.hand.share == pytest.approx(packages / most, abs=1e-5)
    assert whatif.now["packages"] == packages
    ask(whatif, "packages", round(most) + 1)
    assert whatif.wrong
    assert f"it is about {round(most)} packages in 30 days" in whatif.now["note"]


def test_all_are_only_back_where_all_can_be_told() -> None:
    day = date(2026, 9, 30)
    row = {"category": "Shoes", "told": True, "back": date(2026, 11, 3), "share": 0.5, "best": 1.0}
    untold = row | {"category": "Toys", "told": False, "back": None, "share": None}
    plan = [track("Shoes", share=0.5)]
    said = sentences.several(plan, [row, untold], day).striptags()
    assert said.endswith("1 of 2 categories back by 29 November.")
    assert sentences.least([row, untold], "95 %", day).endswith("Shoes 50 %; 1 cannot be told")


def test_changes_say_how_many_failed_packages_they_reach(whatif: WhatIf, run: Study) -> None:
    failed = run.reasons.filter(category="Shoes")
    changes = dict(whatif.now["changes"])
    assert changes["Have them scanned"] == failed["packages"].sum() == 25
    missing = failed.filter(reason="missing_number")["packages"].sum()
    assert changes["Enter numbers before delivery"] == missing == 1
    ontrac = failed.filter(carrier_id="ontrac")["packages"].sum()
    assert changes["Replace OnTrac with USPS"] == ontrac == 4
    assert whatif.now["folded"] == "3 more reach none"
    ask(whatif, "unfold")
    assert 0 in dict(whatif.now["changes"]).values()


def test_another_change_stays_beside_the_first_until_they_are_about_the_same(
    whatif: WhatIf,
) -> None:
    ask(whatif, "share", 65)
    ask(whatif, "change", "Enter numbers before delivery")
    ask(whatif, "share", 20)
    assert len(whatif.plan) == 2
    ask(whatif, "share", 100)
    assert [x.name for x in whatif.plan] == ["enter numbers before delivery: Shoes"]
    assert "Taken out of my plan, for it is about the same packages" in whatif.note
    ask(whatif, "undo")
    assert len(whatif.plan) == 2


def test_a_carrier_is_replaced_by_the_one_that_is_chosen(whatif: WhatIf, run: Study) -> None:
    ask(whatif, "change", "Replace OnTrac with USPS")
    ask(whatif, "new", "ups")
    assert whatif.hand == replace(
        replace_carrier("OnTrac", "UPS", "Shoes"), name="replace OnTrac with UPS: Shoes"
    )
    table = changes_table(run, whatif.plan, run.targets[0])
    back = table.filter(category="Shoes")["rate_on_last_day"].item()
    assert percent(back) in whatif.text
    assert float(whatif.now["scanned"]) < 100


def test_start_cost_and_scans_are_those_of_the_change(whatif: WhatIf) -> None:
    for does, value in (("share", 80), ("start", "2026-10-10"), ("scanned", "90"), ("cost", "1.5")):
        ask(whatif, does, value)
    lever = track("Shoes", share=0.8, scanned=0.9, start="2026-10-10", cost=1.5)
    assert whatif.plan == (replace(lever, name=SHOES),)
    assert whatif.text.startswith("From 10 October, get 4 of 5 Shoes packages")
    shoes = whatif.tried.table.filter(category="Shoes")
    packages, cost = shoes.select("packages", "cost").row(0)
    assert cost == pytest.approx(1.5 * packages, abs=0.1)
    said = f"That changes about {packages:.0f} packages that count in 30 days: USD {cost:.0f}."
    assert said in whatif.now["more"]
    assert "category=('Shoes',)" in whatif.tried.code
    assert whatif.tried.table.columns[:2] == ["category", "low"]


@pytest.mark.parametrize(
    ("start", "said", "chip"),
    [
        ("2031-01-15", "From 15 January 2031, ", "from 15 Jan 2031"),
        ("2020-01-15", "From 1 October, ", "from 1 Oct"),
    ],
)
def test_a_change_of_another_year_says_which_and_one_of_the_past_begins_tomorrow(
    whatif: WhatIf, start: str, said: str, chip: str
) -> None:
    ask(whatif, "share", 80)
    ask(whatif, "start", start)
    assert whatif.text.startswith(said)
    assert f"Shoes: 80 % scanned {chip}" in whatif.screen.panes["foot"]


@pytest.mark.parametrize(
    ("does", "value"),
    [("scanned", "140"), ("cost", "-1"), ("cost", "x"), ("start", "soon"), ("share", 120)],
)
def test_what_cannot_be_is_said_and_taken_back(whatif: WhatIf, does: str, value: Any) -> None:
    ask(whatif, "share", 40)
    before = whatif.plan
    ask(whatif, does, value)
    assert whatif.plan == before
    assert whatif.now["note_kind"] == "error"
    assert whatif.now["note"]


PUTS_AWAY = {
    "drop": SHOES,
    "try": "",
    "steps": "",
    "load": "other.toml",
    "new": "ups",
    "place": "northwind · UK",
}


@pytest.mark.parametrize("does", PUTS_AWAY)
def test_what_was_put_away_can_be_had_back_until_the_next_action(whatif: WhatIf, does: str) -> None:
    """The plan as it was, with its place, its category and the change in hand."""
    write_scenario(Scenario("other", (track("Books", share=0.5),)), "other.toml")
    if does == "place":
        whatif = WhatIf(open_study(account="northwind"))
    ask(whatif, "change", "Replace OnTrac with USPS" if does == "new" else "Have them scanned")
    ask(whatif, "share", 40)
    before, text = whatif.chosen, whatif.text
    ask(whatif, does, PUTS_AWAY[does])
    assert whatif.levers != before["levers"]
    assert whatif.now["undo"]
    assert whatif.note
    ask(whatif, "unfold")  # shows more, and is no action
    assert whatif.now["undo"]
    ask(whatif, "undo")
    assert (whatif.chosen, whatif.text) == (before, text)
    assert not whatif.now["undo"]
    ask(whatif, does, PUTS_AWAY[does])
    ask(whatif, "target", "9800")
    assert not whatif.now["undo"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"place": ("northwind", "DE")}, "no place"),
        ({"category": "Shose"}, "no category 'Shose' here"),
        ({"asof": date(2026, 9, 1)}, "no setting"),
    ],
)
def test_what_is_not_there_is_refused(whatif: WhatIf, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        whatif.choose(**changes)
    with pytest.raises(ParameterError, match="no change 'x: Shoes' here"):
        whatif.pull("x", share=0.1)
    with pytest.raises(ParameterError, match="must be a share from 0 to 1"):
        whatif.pull(SHOES, share=1.5)
    assert whatif.plan == ()


# files ------------------------------------------------------------------------------------------


def test_a_plan_is_saved_beside_the_notebook_and_opened_again(
    whatif: WhatIf, tmp_path: Path
) -> None:
    ask(whatif, "share", 40)
    ask(whatif, "form", "save")
    ask(whatif, "save", "mine.toml")
    assert whatif.note == f"Written: {tmp_path / 'mine.toml'}"
    kept = whatif.plan
    assert read_scenario(tmp_path / "mine.toml") == Scenario("mine", kept)
    report = open_study(account="northwind", marketplace="US", scenario="mine.toml")
    assert report.scenario == Scenario("mine", kept)
    whatif.reset()
    ask(whatif, "load", "mine.toml")
    assert whatif.plan == kept
    assert {"Have them scanned", "Buy labels through Amazon"} <= dict(whatif.now["changes"]).keys()


def test_a_missing_folder_and_a_file_that_is_there_are_asked_about(
    whatif: WhatIf, tmp_path: Path
) -> None:
    ask(whatif, "share", 40)
    ask(whatif, "form", "save")
    ask(whatif, "save", "new/mine.toml")
    assert (whatif.wrong, whatif.offers) == (True, (("folder", "Make folder"),))
    assert not (tmp_path / "new").exists()
    ask(whatif, "folder", "new/mine.toml")
    assert (tmp_path / "new" / "mine.toml").exists()
    ask(whatif, "share", 60)
    ask(whatif, "save", "new/mine.toml")
    assert (whatif.wrong, whatif.offers) == (True, (("over", "Replace it"),))
    assert read_scenario("new/mine.toml").levers[0].share == 0.4
    ask(whatif, "over", "new/mine.toml")
    assert read_scenario("new/mine.toml").levers[0].share == 0.6
    ask(whatif, "save", "new")
    assert (whatif.wrong, whatif.offers) == (True, ())
    assert "is a folder" in whatif.note
    ask(whatif, "load", "none.toml")
    assert whatif.wrong
    assert "no such file" in whatif.note


def test_the_scenario_of_the_run_is_what_it_opens_on(run: Study) -> None:
    mine = Scenario("mine", (Lever(name="ask", share=0.3, reason=("no_scan",)),))
    shown = WhatIf(replace(run, scenario=mine))
    assert shown.plan == mine.levers
    assert shown.hand == mine.levers[0]
    assert "ask" in dict(shown.now["changes"])


def test_a_change_that_was_tried_is_the_one_in_hand(run: Study) -> None:
    """As the guide to the notebooks has it."""
    tried = Shop(run).whatif(track(category="Shoes", share=0.75, cost=1.50))
    tried.sliders.pull("have them tracked and scanned", share=0.5)
    assert tried.sliders.plan == (replace(tried.changes[0], name=SHOES, share=0.5),)
    assert tried.sliders.change == "Have them scanned"


# odd data and odd files --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lever", "said"),
    [
        (track("Gone", share=0.5), "have them tracked and scanned: No category is called Gone."),
        (Lever(name="ask", reason="rejected_by_amazon"), "ask: It selects nothing; it would"),
    ],
)
def test_a_plan_that_moves_nothing_says_why(whatif: WhatIf, lever: Lever, said: str) -> None:
    write_scenario(Scenario("idle", (lever,)), "idle.toml")
    ask(whatif, "load", "idle.toml")
    assert said in whatif.note
    assert (whatif.category, whatif.wrong) == ("Shoes", False)


def test_a_plan_of_the_future_is_no_idle_one(whatif: WhatIf, tmp_path: Path) -> None:
    write_scenario(Scenario("soon", (track("Shoes", start="2026-10-10"),)), "soon.toml")
    ask(whatif, "load", "soon.toml")
    assert whatif.note == f"Opened: {tmp_path / 'soon.toml'}."


def test_a_plan_of_another_version_is_refused_by_its_key_and_mine_stays(whatif: WhatIf) -> None:
    ask(whatif, "share", 40)
    before = whatif.chosen
    Path("new.toml").write_text('version = 9\n[[lever]]\nname = "a"\n', "utf-8")
    ask(whatif, "load", "new.toml")
    assert (whatif.wrong, whatif.chosen) == (True, before)
    assert "new.toml: unknown key version" in whatif.note


def test_a_category_that_was_not_there_yet_gives_way_to_the_worst(tmp_path: Path) -> None:
    rows = [made.row(i, day) for i, day in enumerate(made.days(60))]
    rows += [made.row(1000 + i, day, category="New") for i, day in enumerate(made.days(20))]
    made.write(tmp_path / "shop.csv", rows)
    shown = WhatIf(open_study(str(tmp_path / "shop.csv"), as_of=str(made.AS_OF)))
    shown.choose(category="New")
    ask(shown, "as_of", str(made.AS_OF - timedelta(days=25)))
    assert {r["category"] for r in shown.now["rows"]} == {shown.category} == {"Shoes"}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("shipped", "Shoes: it cannot be told what the coming weeks bring."),
        ("cancelled", "No package counts on this day."),
    ],
)
def test_one_package_and_none_leave_every_control_in_order(
    tmp_path: Path, status: str, said: str
) -> None:
    made.write(tmp_path / "one.csv", [made.row(1, date(2026, 3, 1)) | {"status": status}])
    shown = WhatIf(open_study(str(tmp_path / "one.csv"), as_of="2026-03-15"))
    assert shown.text == said
    for does in ("try", "steps"):
        ask(shown, does)
        assert shown.wrong
    for does, value in {"share": 50, "target": "9800", "change": "Correct the number"}.items():
        ask(shown, does, value)
        assert not shown.wrong


def test_where_no_scan_is_known_nothing_is_foretold(tmp_path: Path) -> None:
    """As if none had been scanned, it would be said to be out of reach at 0 %."""
    unseen = {"scans": None, "delivered_date": None, "carrier": "Speedy-X"}
    rows = [
        made.row(i, day, tracking_number=f"SX-{i:0>8}-Q", **unseen)
        for i, day in enumerate(made.days(60))
    ]
    file = made.write(tmp_path / "p.csv", rows)
    shown = WhatIf(open_study(str(file), as_of=made.AS_OF))
    for share in ("0", "100"):
        ask(shown, "share", share)
        assert shown.text == "Shoes: it cannot be told what the coming weeks bring."
        assert shown.now["more"] == "30 packages without scan data decide it."
        assert shown.now["spoken"].endswith("cannot be told")
        assert row(shown)["back"] == "–"
        assert not any(stop["moved"] for stop in shown.screen.stops)  # no curve at 0 %
    svg = str(shown.now["svg"])
    target, other = (_height(svg, word) for word in ("target", "98 %"))
    assert target - other >= 11, "on a scale from 0 to 100 they are close"


def _height(svg: str, word: str) -> float:
    found = re.search(rf'y="([\d.]+)" text-anchor="start">{word}<', svg)
    assert found
    return float(found[1])


# browser and copy -------------------------------------------------------------------------------


def test_only_the_parts_that_change_are_sent(
    whatif: WhatIf, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Screen, "send", lambda _, message, __=None: sent.append(message))
    ask(whatif, "share", 30)
    parts = {name for message in sent for name in message.get("panes", {})}
    assert parts == {"say", "more", "list", "chart", "settings", "foot"}
    assert not [message for message in sent if "stops" in message]
    assert len(json.dumps(sent)) < 60_000


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a notebook is given, in order: messages by what they bring, displays, and updates."""
    given: list[str] = []
    screen = "vtrkit.lab.screen"
    monkeypatch.setattr(Screen, "send", lambda _, message, __=None: given.append(min(message)))
    handle = SimpleNamespace(update=lambda _: given.append("update"))
    monkeypatch.setattr(
        f"{screen}.display", lambda what, **_: given.append(type(what).__name__) or handle
    )
    monkeypatch.setattr(f"{screen}._REST", 0.0)
    return given


def test_a_notebook_shows_it_before_the_other_stops_are_there(
    run: Study, displayed: list[str]
) -> None:
    """The screen is told with its display: a browser that asks for it waits for other cells."""
    WhatIf(run, shown=True)
    whole, rest = ["panes", "revision", "Screen", "Html"], ["revision", "panes", "update"]
    assert displayed == whole + rest


def test_the_picture_beside_it_follows_once_the_reader_rests(
    run: Study, displayed: list[str]
) -> None:
    whatif = WhatIf(run)
    whatif.display()

    async def drag() -> None:
        for share in (30, 60, 90):
            ask(whatif, "share", share)
        assert "update" not in displayed
        await asyncio.sleep(0.01)

    asyncio.run(drag())
    assert displayed.count("update") == 1
    whatif.pull(whatif.scenario.levers[0].name, share=0.5)
    assert displayed[-1] == "update"  # code does not rest


def test_names_from_files_are_text_on_the_screen(run: Study) -> None:
    evil = "<img src=x onerror=alert(1)>"
    lever = Lever(name=evil, share=0.5, category=("Shoes",))
    shown = WhatIf(replace(run, scenario=Scenario("s", (lever,))))
    assert not any("<img" in markup for markup in shown.screen.panes.values())
    assert "<img src=x" not in json.dumps(shown.screen.stops)


def test_a_copy_without_a_kernel_has_the_answer_its_picture_and_its_table(whatif: WhatIf) -> None:
    ask(whatif, "share", 75)
    kept = still(whatif.now)
    assert whatif.screen.panes["say"] in kept
    assert 'src="data:image/png;base64,' in kept
    assert "var(--vtr" not in kept.partition("</style>")[2]
    assert kept.count("<tr>") == 11


def test_what_cannot_be_told_today_has_no_day_back() -> None:
    """It may be on target all along; one that falls whatever is not known has a day."""
    what = Shop(seller("eight per cent unverified decide")).whatif().sliders
    (row,), (shown,) = what.rows, what.now["rows"]
    assert (row["status"], row["told"], row["below_on"]) == ("UNDECIDED", True, None)
    assert (shown["word"], shown["back"]) == ("cannot tell", "cannot tell")
