"""The notebooks in a real JupyterLab: run, moved, and showing what Python computes at that time."""

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests import made
from tests.browser.lab import Lab, opened, server
from tests.paths import ROOT
from vtrkit.metric.target import Target
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Outcome, Reason
from vtrkit.study.open import open_study
from vtrkit.study.study import Study
from vtrkit.whatif.apply import apply
from vtrkit.whatif.levers import Scenario
from vtrkit.whatif.scenario_files import ready_made, scenario_of
from vtrkit.whatif.simulate import simulate
from vtrkit.words import STATUS_SIGNS, percent

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))
expect.set_options(timeout=120_000)
LIGHT, DARK = "JupyterLab Light", "JupyterLab Dark"


@pytest.fixture(scope="module")
def run() -> Study:
    """What the notebooks show, computed here."""
    return open_study()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    _odd(folder / "notebooks" / "odd")
    with server(folder, folder / "notebooks") as where:
        yield where


@pytest.fixture(scope="module")
def lab(browser: Browser, address: str) -> Iterator[Lab]:
    with opened(browser, address) as one:
        yield one


def _odd(folder: Path) -> None:
    """Hostile, long, right-to-left and emoji names of 300 categories, nothing verified."""
    names = [*made.HOSTILE, "ا" * 200, "🥿 " * 50, *(f"c{i}" for i in range(300))]
    lines = [
        made.row(f"{i}-{n}", day, category=name, carrier="Speedy-X", scans=None)
        | {"delivered_date": None}
        for i, day in enumerate(made.days(40))
        for n, name in enumerate(names)
        if i % 20 == 0 or n < 3
    ]
    made.write(folder / "odd.csv", lines)
    made.write(folder / "one" / "one.csv", [made.row(1, date(2026, 3, 1))])


# every notebook ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_runs_without_an_error_and_reaches_nothing_elsewhere(lab: Lab, name: str) -> None:
    """In light and dark, narrow and wide, kept as pictures."""
    lab.open(f"{name}.ipynb")
    lab.run()
    assert lab.errors == []
    for theme, size in ((LIGHT, (1280, 900)), (DARK, (1920, 1080))):
        lab.theme(theme)
        lab.whole_picture(f"{name}-{size[0]}-{theme.split()[1].lower()}", *size)
    lab.theme(LIGHT)
    assert lab.elsewhere == []
    lab.close()


# the explorer -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def explore(lab: Lab) -> Iterator[Lab]:
    """The explorer, opened and run once."""
    lab.open("explore.ipynb")
    lab.run()
    expect(chart(lab, "history").locator("svg.marks")).to_be_visible()
    lab.run_code("explorer = next(o for o in Out.values() if type(o).__name__ == 'Explorer')")
    yield lab
    lab.close()


@pytest.fixture
def fresh(explore: Lab) -> Lab:
    """Showing all of the first account."""
    explore.run_code("explorer.choose(account='northwind'); explorer.reset()")
    expect(first_row(explore, "carriers")).to_contain_text("OnTrac")
    return explore


def chart(lab: Lab, name: str) -> Locator:
    return lab.panel.locator(f"[data-chart={name}]")


def labelled(lab: Lab, name: str) -> Locator:
    """A control by its label."""
    return lab.panel.get_by_label(name, exact=True)


def first_row(lab: Lab, name: str) -> Locator:
    return chart(lab, name).locator("svg.marks")


def rate(lab: Lab, place: str, days: int) -> Locator:
    """The cell that has the rate of a marketplace over a window."""
    row = lab.panel.get_by_role("row", name=re.compile(rf"^{place} {days} "))
    return row.get_by_role("cell").nth(2)


def told(run: Study, day: date, days: int = 30, **only: str) -> tuple[int, int, int]:
    """Valid, counted and unverified packages of a window, summed from the tally."""
    end = day - timedelta(days=10)
    some = run.tally.filter(
        pl.col("promised_date").is_between(end - timedelta(days=days - 1), end),
        **({"account": "northwind"} | only),
    )
    cells = some.group_by("reason").agg(pl.col("packages").sum()).collect().rows()
    sums = dict.fromkeys(Outcome, 0)
    for reason, packages in cells:
        sums[REASONS[Reason(reason)].outcome] += packages
    valid, unknown = sums[Outcome.VALID], sums[Outcome.UNKNOWN]
    return valid, valid + unknown + sums[Outcome.DEFECT], unknown


def text(counts: tuple[int, int, int]) -> str:
    """How a rate with these counts is written."""
    valid, counted, unknown = counts
    low, high = percent(valid / counted), percent((valid + unknown) / counted)
    shown = f"{low.removesuffix(' %')}–{high}" if unknown else low
    return f"{shown} ({valid:,}/{counted:,})"


def test_it_opens_on_what_the_tally_says(fresh: Lab, run: Study) -> None:
    for place in ("US", "UK"):
        for days in (7, 30, 90):
            expected = text(told(run, run.as_of, days, marketplace=place))
            expect(rate(fresh, place, days)).to_have_text(expected)
    shoes = text(told(run, run.as_of, marketplace="US", category="Shoes"))
    expect(chart(fresh, "categories")).to_contain_text(shoes)


def test_another_account_changes_numbers_and_charts(fresh: Lab, run: Study) -> None:
    labelled(fresh, "account").select_option("fjord")
    expected = text(told(run, run.as_of, account="fjord", marketplace="SE"))
    expect(rate(fresh, "SE", 30)).to_have_text(expected)
    postnord = text(told(run, run.as_of, account="fjord", carrier_id="postnord"))
    expect(chart(fresh, "carriers")).to_contain_text(postnord)
    expect(chart(fresh, "history")).to_contain_text("SE")


def test_a_dragged_day_shows_how_it_was_then(fresh: Lab, run: Study) -> None:
    handle = fresh.panel.get_by_role("slider")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fresh.tab.mouse.move(x, y)
    fresh.tab.mouse.down()
    fresh.tab.mouse.move(x - 60, y, steps=8)
    fresh.tab.mouse.up()
    day = date.fromisoformat(fresh.panel.locator(".widget-readout").inner_text())
    assert day < run.as_of
    expect(rate(fresh, "US", 30)).to_have_text(text(told(run, day, marketplace="US")))
    shoes = text(told(run, day, marketplace="US", category="Shoes"))
    expect(chart(fresh, "categories")).to_contain_text(shoes)
    assert fresh.run_code("print(explorer.choice.as_of)").strip() == day.isoformat()


def test_a_key_moves_the_day_by_one(fresh: Lab, run: Study) -> None:
    fresh.panel.get_by_role("slider").focus()
    fresh.tab.keyboard.press("ArrowLeft")
    day = run.as_of - timedelta(days=1)
    expect(rate(fresh, "US", 30)).to_have_text(text(told(run, day, marketplace="US")))


def test_another_window_changes_every_row(fresh: Lab, run: Study) -> None:
    labelled(fresh, "window").select_option("7 days")
    expected = text(told(run, run.as_of, 7, carrier_id="ontrac"))
    expect(chart(fresh, "carriers")).to_contain_text(expected)
    expect(chart(fresh, "carriers").locator("svg.marks")).to_have_attribute(
        "aria-label", re.compile(re.escape(f"OnTrac · US ✕ {expected}"))
    )


def test_a_clicked_category_narrows_the_rest_until_it_is_clicked_again(
    fresh: Lab, run: Study
) -> None:
    row = chart(fresh, "categories").get_by_text("Shoes · US", exact=True)
    row.scroll_into_view_if_needed()
    said = text(told(run, run.as_of, marketplace="US", category="Shoes"))
    bar = chart(fresh, "categories").get_by_text(said)
    bar.click(force=True)
    expect(rate(fresh, "US", 30)).to_have_text(said)
    ups = text(told(run, run.as_of, marketplace="US", category="Shoes", carrier_id="ups"))
    expect(chart(fresh, "carriers")).to_contain_text(ups)
    expect(labelled(fresh, "category")).to_have_value("Shoes")
    fresh.picture("explore-clicked")
    bar.click(force=True)
    expect(rate(fresh, "US", 30)).to_have_text(text(told(run, run.as_of, marketplace="US")))
    expect(labelled(fresh, "category")).to_have_value("")


def test_a_clicked_reason_shows_where_it_happens(fresh: Lab, run: Study) -> None:
    chart(fresh, "reasons").get_by_text(re.compile("^13 · ")).click(force=True)
    expect(labelled(fresh, "reason")).to_have_value("no tracking number")
    bars = chart(fresh, "categories").locator("path[aria-roledescription='bar']")
    missing = run.reasons.filter(account="northwind", reason="missing_number")
    expect(bars.first).to_have_attribute("aria-label", re.compile(r"packages not known"))
    most = missing.group_by("marketplace", "category").agg(pl.col("packages").sum())
    expect(bars.first).to_have_attribute(
        "aria-label", re.compile(rf"valid: {most['packages'].max()}\b")
    )


def test_a_typed_category_is_found(fresh: Lab, run: Study) -> None:
    box = labelled(fresh, "category")
    box.fill("Jewelr")
    expect(fresh.panel.get_by_text("did you mean Jewelry?")).to_be_visible()
    box.fill("Jewelry")
    expected = text(told(run, run.as_of, marketplace="US", category="Jewelry"))
    expect(rate(fresh, "US", 30)).to_have_text(expected)


def test_what_code_chooses_the_controls_show(fresh: Lab, run: Study) -> None:
    fresh.run_code("explorer.choose(marketplace='US', carrier_id='ontrac', days=90)")
    expect(labelled(fresh, "carrier")).to_have_value("OnTrac")
    expect(labelled(fresh, "marketplace")).to_have_value("US")
    expected = text(told(run, run.as_of, 90, carrier_id="ontrac"))
    expect(rate(fresh, "US", 90)).to_have_text(expected)
    fresh.panel.get_by_role("button", name="show all again").click()
    expect(labelled(fresh, "carrier")).to_have_value("")


def test_an_empty_selection_says_so_and_comes_back(fresh: Lab, run: Study) -> None:
    fresh.run_code("explorer.choose(marketplace='US', carrier_id='evri')")
    expect(fresh.panel.get_by_text("No package is left")).to_be_visible()
    expect(chart(fresh, "categories").get_by_text("Categories: no packages")).to_be_visible()
    expect(chart(fresh, "categories").locator("svg.marks")).to_be_hidden()
    fresh.picture("explore-empty")
    fresh.run_code("explorer.reset()")
    expect(rate(fresh, "US", 30)).to_have_text(text(told(run, run.as_of, marketplace="US")))
    expect(chart(fresh, "categories").locator("svg.marks")).to_be_visible()


def test_each_control_has_a_name(fresh: Lab) -> None:
    for name in ("account", "marketplace", "reason", "category", "carrier"):
        expect(labelled(fresh, name)).to_be_visible()
    for name in ("categories", "carriers", "reasons", "history"):
        label = chart(fresh, name).locator("svg.marks").get_attribute("aria-label")
        assert re.search(r": .*\d", label or "")


# the what-if ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def what_if(lab: Lab) -> Iterator[Lab]:
    """The what-if, opened and run once."""
    lab.open("what_if.ipynb")
    lab.run()
    expect(chart(lab, "outlook").locator("svg.marks")).to_be_visible()
    lab.run_code("whatif = next(o for o in Out.values() if type(o).__name__ == 'Tried').sliders")
    yield lab
    lab.close()


@pytest.fixture
def still(what_if: Lab) -> Lab:
    """With no lever pulled."""
    what_if.run_code("whatif.reset(); whatif.choose(target=whatif.study.targets[0])")
    expect(what_if.panel.get_by_text("No lever is pulled")).to_be_visible()
    return what_if


UNTRACKED = "have them tracked and scanned"


def under(run: Study, scenario: Scenario, bp: int = 9500) -> dict[str, str]:
    """What the chart says of each category, from the tally."""
    cells = run.tally.filter(account="northwind", marketplace="US")
    told = apply(cells, scenario, as_of=run.as_of, seen_to=run.seen_to, target=Target.of_bp(bp))
    return {
        r["category"]: f"{STATUS_SIGNS[r['status']]} {percent(r['vtr_low'])} → "
        f"{STATUS_SIGNS[r['status_after']]} {percent(r['vtr_low_after'])}"
        for r in told.filter("is_enforced_window").to_dicts()
    }


def shares(lab: Lab) -> Scenario:
    """The scenario of the levers as they stand in the notebook."""
    text = lab.run_code(
        "from vtrkit.whatif.scenario_files import scenario_text as t; print(t(whatif.scenario))"
    )
    return scenario_of(tomllib.loads(text), "notebook")


def test_a_dragged_lever_changes_every_category_and_the_coming_days(still: Lab, run: Study) -> None:
    before = chart(still, "outlook").locator("svg.marks").get_attribute("aria-label")
    handle = still.panel.get_by_role("slider").nth(1)
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    still.tab.mouse.move(x, y)
    still.tab.mouse.down()
    still.tab.mouse.move(x + 60, y, steps=10)
    still.tab.mouse.up()
    expect(still.panel.get_by_text("No lever is pulled")).to_be_hidden()
    still.settle()
    scenario = shares(still)
    assert 0.1 < scenario.levers[0].share < 1
    for said in under(run, scenario).values():
        expect(chart(still, "categories")).to_contain_text(said)
    label = chart(still, "outlook").locator("svg.marks").get_attribute("aria-label")
    assert label != before
    coming = simulate(
        run.tally.filter(account="northwind", marketplace="US"),
        scenario,
        as_of=run.as_of,
        by=("account", "marketplace"),
        seen_to=run.seen_to,
        lag_days=run.question.lag_days,
        delays=run.question.delays,
    )
    assert percent(coming["vtr"][-1]) in (label or "").split("with my scenario")[-1]


def test_the_switch_of_the_target_changes_the_statuses(still: Lab, run: Study) -> None:
    still.run_code(f"whatif.pull('{UNTRACKED}', share=0.5)")
    labelled(still, "target").select_option("98 %")
    half = Scenario("half", (replace(ready_made()[UNTRACKED], share=0.5),))
    for said in under(run, half, 9800).values():
        expect(chart(still, "categories")).to_contain_text(said)


def test_a_key_moves_a_lever_by_one_percent(still: Lab, run: Study) -> None:
    still.panel.get_by_role("slider").nth(1).focus()
    still.tab.keyboard.press("ArrowRight")
    one = Scenario("one", (replace(ready_made()[UNTRACKED], share=0.01),))
    for said in under(run, one).values():
        expect(chart(still, "categories")).to_contain_text(said)


def test_the_cheapest_plan_is_found_and_says_its_day_and_cost(still: Lab) -> None:
    for name in ready_made():
        still.run_code(f"whatif.pull({name!r}, cost=0.2)")
    still.panel.get_by_role("button", name="cheapest plan").click()
    expect(
        still.panel.get_by_text("would have to ship differently by the cheapest mix")
    ).to_be_visible()
    cost = float(still.run_code("print(whatif.plan.cost)"))
    expect(still.panel.get_by_text(f"at a cost of {cost:,.2f}")).to_be_visible()
    still.settle()
    expect(still.panel.get_by_text("contradict each other")).to_be_hidden()
    # another cell of the notebook tells the plans of all places, in one paragraph
    reached = re.compile("^northwind · US: .*with that every category is on target on that day")
    expect(still.panel.get_by_text(reached)).to_be_visible()
    still.picture("what-if-plan")


def test_contradicting_levers_are_said_and_taken_back(still: Lab) -> None:
    still.run_code(f"whatif.pull('{UNTRACKED}', share=0.9)")
    handle = still.panel.get_by_role("slider").nth(4)
    handle.focus()
    for _ in range(3):
        still.tab.keyboard.press("PageUp")
    expect(still.panel.get_by_text("contradict each other")).to_be_visible()
    still.settle()
    told = {x.name: x.share for x in shares(still).levers}
    assert told[UNTRACKED] == 0.9
    assert (
        told["buy labels through Amazon"] <= 0.1
    )  # the last that could be, of keys pressed quickly


def test_a_scenario_is_saved_and_loaded_by_its_buttons(still: Lab) -> None:
    still.run_code(f"whatif.pull('{UNTRACKED}', share=0.4)")
    labelled(still, "file").fill("kept.toml")
    labelled(still, "file").press("Tab")
    still.panel.get_by_role("button", name="save", exact=True).click()
    expect(still.panel.get_by_text("kept.toml is written")).to_be_visible()
    still.run_code("whatif.reset()")
    still.panel.get_by_role("button", name="load", exact=True).click()
    expect(still.panel.locator(".noUi-handle")).to_have_count(2)
    assert shares(still).levers[0].share == 0.4


# odd data ---------------------------------------------------------------------------------------


def _opened_on(lab: Lab, workspace: str) -> None:
    """The explorer's notebook on other files, run cell by cell in its own kernel."""
    lab.open("explore.ipynb")
    cells = json.loads((ROOT / "notebooks" / "explore.ipynb").read_text("utf-8"))["cells"]
    parameters = "".join(cells[0]["source"])
    lab.write_cell(0, parameters.replace('workspace: str = ""', f'workspace: str = "{workspace}"'))
    lab.run()


def test_names_of_any_kind_are_text_and_three_hundred_can_be_found(lab: Lab) -> None:
    _opened_on(lab, "odd")
    assert lab.errors == []
    expect(chart(lab, "categories")).to_contain_text("others)")
    expect(lab.panel.locator("img[src=x], #evil")).to_have_count(0)
    assert lab.dialogs == []
    expect(rate(lab, "US", 30)).to_contain_text("–")
    labelled(lab, "category").fill("c299")
    expect(chart(lab, "categories")).to_contain_text("c299")
    chart(lab, "categories").scroll_into_view_if_needed()
    lab.picture("explore-odd")
    lab.close()


def test_one_package_is_enough(lab: Lab) -> None:
    _opened_on(lab, "odd/one")
    assert lab.errors == []
    expect(rate(lab, "US", 30)).to_have_text("100.0 % (1/1)")
    chart(lab, "categories").scroll_into_view_if_needed()
    lab.picture("explore-one")
    lab.close()
