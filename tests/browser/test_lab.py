"""The notebooks in a real JupyterLab: run, moved, and showing what Python computes at that time."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests import made
from tests.browser.lab import Lab, app, opened, server
from tests.paths import ROOT
from vtrkit.metric.target import Target
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import CATEGORY, Outcome, Reason
from vtrkit.study.ahead import changes_table, needed_table
from vtrkit.study.first_facts import first_facts
from vtrkit.study.open import open_study
from vtrkit.study.study import Study
from vtrkit.whatif.changes import replace_carrier, track
from vtrkit.whatif.levers import Lever
from vtrkit.words import day_text, percent, short_day

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))
expect.set_options(timeout=120_000)
SHOES = "have them tracked and scanned: Shoes"
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
    opens = "import vtrkit\nshop = vtrkit.open(account='northwind', marketplace='US')"
    made.notebook(folder / "notebooks" / "two.ipynb", opens, "shop.whatif()", "shop.whatif()")
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
    assert lab.complaints == []
    lab.close()


# the explorer -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def explore(lab: Lab) -> Iterator[Lab]:
    """The explorer, opened and run once."""
    lab.open("explore.ipynb")
    lab.run()
    expect(said(lab)).to_be_visible()
    lab.run_code(
        "import gc; explorer = next(o for o in gc.get_objects() if type(o).__name__ == 'Explorer')"
    )
    yield lab
    lab.close()


@pytest.fixture
def fresh(explore: Lab) -> Lab:
    """Showing all of the first place."""
    code = "explorer.choose(account='northwind', marketplace='US'); explorer.reset()"
    return begun(explore, code, "OnTrac pulls northwind · US down")


def begun(lab: Lab, code: str, words: str) -> Lab:
    """As at the beginning, whatever of the test before is still on its way to the kernel."""
    for _ in range(4):
        lab.tab.wait_for_timeout(400)
        lab.run_code(code)
        with suppress(AssertionError):
            expect(said(lab)).to_contain_text(words, timeout=15_000)
            return lab
    expect(said(lab)).to_contain_text(words)
    return lab


def part(lab: Lab, name: str) -> Locator:
    """A part of the screen."""
    return lab.panel.locator(f".vtr-screen [data-pane={name}]")


def told(run: Study, day: date, days: int = 30, **only: str) -> tuple[int, int, int]:
    """Valid, counted and unverified packages of a window, summed from the tally."""
    end = day - timedelta(days=10)
    some = run.tally.filter(
        pl.col("promised_date").is_between(end - timedelta(days=days - 1), end),
        **({"account": "northwind", "marketplace": "US"} | only),
    )
    cells = some.group_by("reason").agg(pl.col("packages").sum()).collect().rows()
    sums = dict.fromkeys(Outcome, 0)
    for reason, packages in cells:
        sums[REASONS[Reason(reason)].outcome] += packages
    valid, unknown = sums[Outcome.VALID], sums[Outcome.UNKNOWN]
    return valid, valid + unknown + sums[Outcome.DEFECT], unknown


def whole(counts: tuple[int, int, int]) -> str:
    """How the rate and the failed packages of all that is chosen are written."""
    valid, counted, unknown = counts
    low, high = (percent(n / counted).removesuffix(" %") for n in (valid, valid + unknown))
    rate = f"{low}–{high}" if low != high else low
    least, most = counted - valid - unknown, counted - valid
    failed = f"{least:,}–{most:,}" if unknown else f"{most:,}"
    return f"{rate} · {failed} of {counted:,}"


def shows(lab: Lab, counts: tuple[int, int, int]) -> None:
    """The list ends with these figures, and so begins what stands below the sentence."""
    expect(part(lab, "list").locator(".whole .num")).to_have_text(whole(counts))
    expect(part(lab, "more")).to_contain_text(f"{counts[0]:,} of the {counts[1]:,} due")


def test_the_explorer_answers_on_its_first_screen(fresh: Lab, run: Study) -> None:
    """What a control changes is visible with it: 1280 × 900 and 900 × 700, light and dark."""
    shows(fresh, told(run, run.as_of))
    for theme, (width, height) in (
        (LIGHT, (1280, 900)),
        (DARK, (1280, 900)),
        (LIGHT, (900, 700)),
        (DARK, (900, 700)),
    ):
        fresh.tab.set_viewport_size({"width": width, "height": height})
        fresh.theme(theme)
        fresh.tab.wait_for_timeout(400)
        for name in ("say", "chart", "day", "why", "by"):
            box = part(fresh, name).bounding_box()
            assert box
            assert box["y"] >= 28
            assert box["y"] + box["height"] <= height - 24, (name, width, box)
        fresh.picture(f"explorer-{width}-{theme.split()[1].lower()}")
    fresh.theme(LIGHT)
    fresh.tab.set_viewport_size({"width": 1280, "height": 900})


def test_another_place_changes_every_part(fresh: Lab, run: Study) -> None:
    control(fresh, "place").select_option("fjord · SE")
    place = {"account": "fjord", "marketplace": "SE"}
    shows(fresh, told(run, run.as_of, **place))
    valid, counted, unknown = told(run, run.as_of, carrier_id="postnord", **place)
    expect(part(fresh, "by")).to_contain_text(f"{counted - valid - unknown:,} of {counted:,}")
    expect(part(fresh, "chart")).to_contain_text("fjord · SE, as it stood")


def test_a_dragged_day_shows_how_it_was_then(fresh: Lab, run: Study) -> None:
    box = fresh.panel.get_by_role("slider").bounding_box()
    assert box
    x, y = box["x"] + box["width"] - 8, box["y"] + box["height"] / 2
    fresh.tab.mouse.move(x, y)
    fresh.tab.mouse.down()
    fresh.tab.mouse.move(x - 60, y, steps=8)
    expect(control(fresh, "as_of")).not_to_have_value(run.as_of.isoformat())
    fresh.tab.mouse.up()
    fresh.tab.wait_for_timeout(1000)
    day = date.fromisoformat(control(fresh, "as_of").input_value())
    assert day < run.as_of - timedelta(days=20)
    shows(fresh, told(run, day))
    assert fresh.run_code("print(explorer.choice.as_of)").strip() == day.isoformat()
    expect(fresh.panel.get_by_role("slider")).to_have_attribute(
        "aria-valuetext", re.compile(f"^{short_day(day)}, ")
    )


def test_a_key_and_the_calendar_move_the_day(fresh: Lab, run: Study) -> None:
    fresh.panel.get_by_role("slider").focus()
    fresh.tab.keyboard.press("ArrowLeft")
    shows(fresh, told(run, run.as_of - timedelta(days=1)))
    assert fresh.tab.evaluate("() => document.activeElement.type") == "range"
    control(fresh, "as_of").fill("2026-07-01")
    control(fresh, "as_of").press("Tab")
    shows(fresh, told(run, date(2026, 7, 1)))


def test_another_window_and_target_change_the_figures(fresh: Lab, run: Study) -> None:
    press(fresh, "7 days")
    shows(fresh, told(run, run.as_of, 7))
    press(fresh, "98 %")
    rated = run.of("northwind", "US").rated(CATEGORY, Target.of_bp(9800))
    below = rated.filter(pl.col("counted") > 0, days=7, status="BAD").height
    signs = part(fresh, "list").locator("tbody .sign.below-target")
    expect(signs).to_have_count(below)


def test_a_clicked_row_narrows_the_rest_until_it_is_clicked_again(fresh: Lab, run: Study) -> None:
    press(fresh, re.compile("^Shoes, below target"))
    shows(fresh, told(run, run.as_of, category="Shoes"))
    expect(said(fresh)).to_have_text("24 of 25 failed Shoes packages: never scanned.")
    press(fresh, re.compile("^UPS, "))
    shows(fresh, told(run, run.as_of, category="Shoes", carrier_id="ups"))
    fresh.picture("explorer-clicked")
    press(fresh, "take out UPS")
    press(fresh, re.compile("^Shoes, below target"))
    shows(fresh, told(run, run.as_of))


def test_a_reason_and_a_method_narrow_it_too(fresh: Lab, run: Study) -> None:
    press(fresh, re.compile("^no tracking number, "))
    missing = run.reasons.filter(account="northwind", marketplace="US", reason="missing_number")
    expect(said(fresh)).to_contain_text(f"{missing['packages'].sum()} of ")
    expect(said(fresh)).to_contain_text("no tracking number")
    press(fresh, "Show all")
    press(fresh, "Method")
    press(fresh, re.compile("^UPS Ground, "))
    shows(fresh, told(run, run.as_of, ship_method="UPS Ground"))
    control(fresh, "by").first.click()


def test_a_typed_category_is_found_and_a_wrong_one_keeps_the_figures(
    fresh: Lab, run: Study
) -> None:
    box = fresh.panel.locator(".vtr-screen input[data-do=category]")
    box.fill("Jewelr")
    box.press("Tab")
    expect(fresh.panel.get_by_text("did you mean Jewelry?")).to_be_visible()
    shows(fresh, told(run, run.as_of))
    box.fill("Jewelry")
    box.press("Tab")
    shows(fresh, told(run, run.as_of, category="Jewelry"))


def test_what_code_chooses_the_controls_show(fresh: Lab, run: Study) -> None:
    fresh.run_code("explorer.choose(carrier='OnTrac', days=90)")
    shows(fresh, told(run, run.as_of, 90, carrier_id="ontrac"))
    expect(part(fresh, "foot")).to_contain_text("OnTrac")
    fresh.run_code("explorer.choose(carrier='evri')")
    expect(said(fresh)).to_have_text("No package is left.")
    fresh.picture("explorer-empty")
    press(fresh, "Show all")
    shows(fresh, told(run, run.as_of))


def test_each_control_of_the_explorer_has_a_name(fresh: Lab) -> None:
    unnamed = fresh.tab.evaluate(
        """() => [...document.querySelectorAll('.jp-NotebookPanel:not(.lm-mod-hidden) .vtr-screen '
          + ':is(button, input, select)')].filter((e) => !(e.ariaLabel || e.labels?.length
          || e.textContent.trim())).map((e) => e.outerHTML)"""
    )
    assert unnamed == []
    for name in ("chart", "weeks"):
        label = part(fresh, name).locator("svg").get_attribute("aria-label")
        assert re.search(r"\d", label or "")


# the what-if ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def what_if(lab: Lab) -> Iterator[Lab]:
    """The what-if, opened and run once."""
    lab.open("what_if.ipynb")
    lab.run()
    expect(said(lab)).to_be_visible()
    lab.run_code("whatif = next(o for o in Out.values() if type(o).__name__ == 'Tried').sliders")
    yield lab
    lab.close()


@pytest.fixture
def still(what_if: Lab) -> Lab:
    """On the worst category, with no plan."""
    return begun(what_if, "whatif.reset()", "As it is, Shoes is not back by 29 November")


@pytest.fixture(scope="module")
def us(run: Study) -> Study:
    return run.of("northwind", "US")


def said(lab: Lab) -> Locator:
    """The sentence on top."""
    return lab.panel.locator(".vtr-screen h2")


def control(lab: Lab, does: str) -> Locator:
    """The control that is shown and does this."""
    return lab.panel.locator(f".vtr-screen [data-do={does}]:visible")


def number(lab: Lab) -> Locator:
    """The share as a number."""
    return lab.panel.locator(".vtr-screen input[type=number][data-do=share]")


def press(lab: Lab, name: str | re.Pattern[str]) -> None:
    lab.panel.locator(".vtr-screen").get_by_role("button", name=name).click()


def backs(lab: Lab, us: Study, *plan: Lever, bp: int = 9500) -> None:
    """Every row says when its category is back, as the tables have it at this moment."""
    table = changes_table(us, plan, Target.of_bp(bp))
    rated = us.rated(CATEGORY, Target.of_bp(bp)).filter("is_enforced_window")
    stands = dict(rated.select("category", "status").rows())
    for r in table.to_dicts():
        moved = r["back"] != r["back_as_is"] or r["packages"]
        day = short_day(r["back"]) if r["back"] else "after 29 Nov"
        fine = stands[r["category"]] in {"GOOD", "AT_RISK"}
        if fine and r["back"] == us.as_of + timedelta(days=1):
            day = "stays"
        row = lab.panel.locator(".vtr-screen tbody tr").filter(has_text=r["category"])
        expect(row.locator("td.num").last).to_have_text(f"→ {day}" if moved else day)


def test_the_answer_and_its_controls_are_the_first_screen_after_run_all(
    still: Lab, us: Study
) -> None:
    """At 1280 × 900 and 900 × 700, in light and dark, kept as pictures."""
    still.run_code("whatif.least('Shoes')")
    for theme, (width, height), last in (
        (LIGHT, (1280, 900), "code"),
        (DARK, (1280, 900), "code"),
        (LIGHT, (900, 700), "cost"),
        (DARK, (900, 700), "cost"),
    ):
        still.tab.set_viewport_size({"width": width, "height": height})
        still.theme(theme)
        still.tab.wait_for_timeout(400)
        for part in (said(still), still.panel.locator(".vtr-screen .trial"), control(still, last)):
            box = part.bounding_box()
            assert box
            assert box["y"] >= 28
            assert box["y"] + box["height"] <= height - 24, (width, box)
        still.picture(f"what-if-{width}-{theme.split()[1].lower()}")
    colour = "(e) => getComputedStyle(e).backgroundColor"
    assert still.panel.locator(".vtr-screen").evaluate(colour) == "rgb(17, 17, 17)"
    still.theme(LIGHT)
    still.tab.set_viewport_size({"width": 1280, "height": 900})
    assert still.panel.locator(".vtr-screen").evaluate(colour) == "rgb(255, 255, 255)"
    backs(still, us, *[track("Shoes", share=0.65)])


def test_a_drag_shows_what_python_computes(still: Lab, us: Study) -> None:
    box = still.panel.get_by_role("slider").bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    still.tab.mouse.move(box["x"] + 8, y)
    still.tab.mouse.down()
    still.tab.mouse.move(box["x"] + 8 + (box["width"] - 16) * 0.7, y, steps=20)
    expect(said(still)).to_contain_text("get 70 % of the Shoes packages")
    dragged = said(still).inner_text()
    still.tab.wait_for_timeout(400)  # to rest is not to let go
    assert still.run_code("print(len(whatif.plan))").strip() == "0"  # not let go of yet
    still.tab.mouse.up()
    backs(still, us, track("Shoes", share=0.7))
    table = changes_table(us, [track("Shoes", share=0.7)], Target.of_bp(9500))
    back = table.filter(category="Shoes")["back"].item()
    assert dragged == said(still).inner_text()
    assert dragged.endswith(f"back about {day_text(back)}.")
    expect(still.panel.get_by_role("slider")).to_have_attribute(
        "aria-valuetext", f"70 percent, back about {short_day(back)}"
    )


def test_keys_move_the_slider_by_five_and_by_one(still: Lab, us: Study) -> None:
    still.panel.get_by_role("slider").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowRight"):
        still.tab.keyboard.press(key)
    backs(still, us, track("Shoes", share=0.11))
    expect(number(still)).to_have_value("11")
    still.tab.keyboard.press("ArrowRight")
    backs(still, us, track("Shoes", share=0.15))
    assert still.tab.evaluate("() => document.activeElement.type") == "range"


def test_the_target_and_the_least_shares_are_one_click(still: Lab, us: Study) -> None:
    press(still, "98 %")
    needed = needed_table(us, track(), [Target.of_bp(9800)], 0.5).filter(pl.col("share") > 0)
    for r in needed.to_dicts():
        label = f"least share of {r['category']}, {r['share'] * 100:g} %"
        expect(still.panel.get_by_role("button", name=label)).to_be_visible()
    press(still, "try the least shares of all")
    plan = [
        replace(track(r["category"], share=r["share"]), name=r["category"])
        for r in needed.to_dicts()
    ]
    backs(still, us, *plan, bp=9800)
    expect(said(still)).to_contain_text(f"your {len(plan)} changes bring")
    press(still, "Undo")
    backs(still, us, bp=9800)
    expect(control(still, "undo")).to_have_count(0)
    press(still, "95 %")
    press(still, re.compile("^Books, "))
    expect(said(still)).to_contain_text("Books")


def test_every_setting_of_a_change_reaches_the_figures(still: Lab, us: Study) -> None:
    number(still).fill("60")
    number(still).press("Tab")
    for does, value in (("start", "2026-10-08"), ("scanned", "90"), ("cost", "2")):
        control(still, does).fill(value)
        control(still, does).press("Tab")
    lever = track("Shoes", share=0.6, start="2026-10-08", scanned=0.9, cost=2)
    backs(still, us, lever)
    expect(said(still)).to_contain_text("From 8 October, get 60 %")
    cost = changes_table(us, [lever], Target.of_bp(9500))["cost"].sum()
    expect(still.panel.locator(".vtr-screen .more")).to_contain_text(f"USD {cost:.0f}.")


def test_packages_in_30_days_and_the_steps_of_the_report_are_tried(still: Lab, us: Study) -> None:
    control(still, "packages").fill("12")
    control(still, "packages").press("Tab")
    expect(said(still)).to_contain_text("From 1 October, get")  # the kernel has heard of it
    share = float(still.run_code("print(whatif.hand.share)"))
    assert 0.4 < share < 0.6
    backs(still, us, track("Shoes", share=share))
    expect(control(still, "packages")).to_have_value("12")
    press(still, "try the steps of the report")
    backs(still, us, *first_facts(us).levers)
    expect(said(still)).to_contain_text("bring all 10 back")


def test_another_change_and_another_carrier_are_tried(still: Lab, us: Study) -> None:
    press(still, "Replace OnTrac with USPS, reaches 4 of 25 failed")
    control(still, "new").select_option(label="UPS")
    lever = replace_carrier("OnTrac", "UPS", "Shoes")
    backs(still, us, lever)
    expect(said(still)).to_contain_text("95 % is out of reach for Shoes by this change alone")
    number(still).fill("50")
    number(still).press("Tab")
    expect(said(still)).to_contain_text("ship 1 of 2 Shoes packages that go with OnTrac with UPS")
    lever = replace(lever, share=0.5)
    press(still, re.compile("^take out"))
    press(still, "Undo")
    backs(still, us, lever)


def test_another_place_and_another_day_are_read(still: Lab, run: Study) -> None:
    control(still, "place").select_option("northwind · UK")
    expect(still.panel.locator(".vtr-screen .whole")).to_contain_text("northwind · UK")
    backs(still, run.of("northwind", "UK"))
    control(still, "as_of").fill("2026-09-20")
    backs_then = run.of("northwind", "UK").on(date(2026, 9, 20))
    low = percent(backs_then.totals.filter("is_enforced_window")["vtr_low"].item())
    whole = still.panel.locator(".vtr-screen .whole .num")
    expect(whole).to_contain_text(low.removesuffix(" %"))
    control(still, "place").select_option("northwind · US")


def test_a_plan_is_saved_asked_about_and_opened(still: Lab) -> None:
    still.run_code(f"whatif.pull('{SHOES}', share=0.4)")
    note = still.panel.locator(".vtr-screen .note")
    press(still, "Save plan")
    control(still, "path").fill("plans/kept.toml")
    press(still, re.compile("^Save$"))
    expect(note).to_contain_text("there is no folder")
    expect(note).to_have_class(re.compile("error"))
    press(still, "Make folder")
    expect(note).to_contain_text(re.compile("^Written: /.*/plans/kept.toml"))
    press(still, "Save plan")
    press(still, re.compile("^Save$"))
    expect(note).to_contain_text("is there already")
    press(still, "Replace it")
    expect(note).to_contain_text("Written")
    still.run_code("whatif.reset()")
    press(still, "Open plan")
    control(still, "path").fill("plans/kept.toml")
    press(still, re.compile("^Open$"))
    expect(said(still)).to_contain_text("get 40 % of the Shoes packages")
    press(still, "Copy as code")
    expect(note).to_contain_text("shop.whatif(vtrkit.Lever(name='have them tracked and scanned")
    with still.tab.expect_download() as download:
        press(still, "Table as CSV")
    assert Path(download.value.path()).read_text("utf-8").startswith("category,low,high,")


def test_each_control_of_the_what_if_has_a_name_and_a_place_in_the_order(still: Lab) -> None:
    controls = still.panel.locator(".vtr-screen :is(button, input, select):visible")
    for one in controls.all():
        name = one.evaluate("(e) => e.ariaLabel || e.labels?.[0]?.innerText || e.innerText")
        assert name.strip(), one.evaluate("(e) => e.outerHTML")
        assert one.evaluate("(e) => e.tabIndex") == 0
    still.panel.get_by_role("button", name=re.compile("^Shoes, below target, 87.0 ")).focus()
    still.tab.keyboard.press("ArrowDown")
    still.tab.keyboard.press("Enter")
    expect(still.panel.locator("tr.chosen")).to_contain_text("Books")
    assert len(still.panel.locator(".jp-Cell").all()) == 2  # no key is a command of the notebook


def test_reopened_without_a_kernel_it_shows_its_last_state(still: Lab, address: str) -> None:
    still.run_code(f"whatif.pull('{SHOES}', share=0.8)")
    answer = said(still).inner_text()
    kept = still.panel.locator(".vtr-still")
    expect(kept).to_contain_text(answer)
    expect(kept).to_be_hidden()
    saved = still.tab.evaluate(
        "async () => { await window.panel.context.save(); "
        "return JSON.stringify(window.panel.content.model.toJSON()); }"
    )
    assert '"widgets"' not in saved
    with opened(still.context.browser, address) as other:
        other.tab.evaluate(
            "async (path) => { const app = window.jupyterapp; window.panel = await "
            "app.commands.execute('docmanager:open', { path, factory: 'Notebook', "
            "kernelPreference: { shouldStart: false, autoStartDefault: false } }); "
            "await window.panel.context.ready; }",
            "what_if.ipynb",
        )
        expect(other.panel.locator(".vtr-still h2")).to_have_text(answer)
        expect(other.panel.locator(".vtr-still img")).to_be_visible()
        expect(other.panel.locator(".vtr-still tbody tr")).to_have_count(10)
        expect(other.panel.get_by_text("Error displaying widget")).to_be_hidden()
        other.picture("what-if-without-kernel")


# odd data ---------------------------------------------------------------------------------------


def _opened_on(lab: Lab, workspace: str, name: str = "explore") -> None:
    """A notebook on other files, run cell by cell in its own kernel."""
    lab.open(f"{name}.ipynb")
    cells = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text("utf-8"))["cells"]
    parameters = "".join(cells[0]["source"])
    lab.write_cell(0, parameters.replace('workspace: str = ""', f'workspace: str = "{workspace}"'))
    lab.run()


def test_names_of_any_kind_are_text_and_three_hundred_can_be_found(lab: Lab) -> None:
    _opened_on(lab, "odd")
    assert lab.errors == []
    rows = part(lab, "list").locator("tbody tr")
    expect(rows.first).to_be_visible()
    assert rows.count() > 300
    expect(lab.panel.locator("img[src=x], #evil")).to_have_count(0)
    assert lab.dialogs == []
    control(lab, "category").first.fill("c299")
    control(lab, "category").first.press("Tab")
    expect(part(lab, "list").locator("tr.chosen")).to_contain_text("c299")
    lab.picture("explore-odd")
    lab.close()


def test_a_category_of_three_hundred_is_found_and_those_on_target_fold(lab: Lab) -> None:
    """In the what-if; what is looked for stays while another category is chosen."""
    _opened_on(lab, "odd", "what_if")
    rows = lab.panel.locator(".vtr-screen tbody tr:visible")
    control(lab, "find").fill("C29")
    expect(rows).to_have_count(11)  # c29, c290 to c299
    rows.last.locator("button").first.click()
    expect(lab.panel.locator(".vtr-screen tr.chosen")).to_contain_text("c299")
    expect(rows).to_have_count(11)
    assert lab.errors == []
    lab.close()


def test_one_package_is_enough(lab: Lab) -> None:
    _opened_on(lab, "odd/one")
    assert lab.errors == []
    expect(part(lab, "list").locator(".whole .num")).to_have_text("100.0 · 0 of 1")
    lab.picture("explore-one")
    lab.close()


# two at once, a restart, another theme ------------------------------------------------------------


@pytest.fixture(scope="module")
def two(lab: Lab) -> Iterator[Lab]:
    """Two what-ifs in one notebook."""
    lab.open("two.ipynb")
    lab.run()
    yield lab
    lab.close()


def test_two_what_ifs_in_one_notebook_do_not_hear_each_other(two: Lab) -> None:
    first, second = (two.panel.locator(".vtr-screen").nth(n) for n in range(2))
    before = first.locator("h2").inner_text()
    second.locator("input[type=number][data-do=share]").fill("30")
    second.locator("input[type=number][data-do=share]").press("Tab")
    expect(second.locator("h2")).to_contain_text("get 30 % of the Shoes packages")
    second.get_by_role("button", name=re.compile("^Books, ")).click()
    expect(second.locator("h2")).to_contain_text("Books")
    assert first.locator("h2").inner_text() == before


def test_a_theme_that_was_imported_gives_its_ground_and_its_ink(two: Lab) -> None:
    screen = two.panel.locator(".vtr-screen").first
    style = "(e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
    usual = screen.evaluate(style)
    two.tab.add_style_tag(
        content="body { --jp-layout-color0: #fdf6e3; --jp-content-font-color1: #073642; }"
    )
    assert screen.evaluate(style) == ["rgb(253, 246, 227)", "rgb(7, 54, 66)"]
    two.tab.evaluate("() => document.head.querySelector('style:last-of-type').remove()")
    assert screen.evaluate(style) == usual


def test_after_a_restart_stops_still_move_the_rest_asks_for_a_run_and_a_run_helps(
    two: Lab,
) -> None:
    screen = two.panel.locator(".vtr-screen").first
    two.tab.evaluate("() => window.panel.sessionContext.session.kernel.restart()")
    two.tab.wait_for_timeout(3000)
    screen.locator("input[type=range]").focus()
    two.tab.keyboard.press("End")
    expect(screen.locator("h2")).to_contain_text("get all Shoes packages")
    screen.get_by_role("button", name=re.compile("^Books, ")).click()
    expect(screen.locator(".more")).to_have_text("Run the notebook to try this.")
    two.run()
    screen.get_by_role("button", name=re.compile("^Books, ")).click()
    expect(screen.locator("h2")).to_contain_text("Books")
    assert two.errors == []


# as an app --------------------------------------------------------------------------------------


def test_as_an_app_it_answers_at_once_without_code_and_reaches_nothing_elsewhere(
    browser: Browser, us: Study, tmp_path: Path
) -> None:
    """`vtrkit lab --app`, one command, in real Voilà; a setting reaches the figures."""
    with app(tmp_path) as address:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(120_000)
        lab = Lab(context.new_page(), context)
        lab.refuse_elsewhere()
        lab.tab.goto(address)
        screen = lab.tab.locator(".vtr-screen")
        expect(screen.locator("h2")).to_contain_text("From 1 October, get 65 % of the Shoes")
        screen.locator("input[type=number][data-do=share]").fill("100")
        screen.locator("input[type=number][data-do=share]").press("Tab")
        table = changes_table(us, [track("Shoes")], Target.of_bp(9500))
        back = table.filter(category="Shoes")["back"].item()
        expect(screen.locator("h2")).to_contain_text(f"back about {day_text(back)}")
        expect(lab.tab.locator(".jp-InputArea-editor:visible")).to_have_count(0)
        lab.picture("app")
        assert lab.elsewhere == []
        context.close()
