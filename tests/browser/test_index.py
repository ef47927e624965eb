"""The index in a browser: filtered by words and by state, by the keyboard too, with no network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests import engine, made
from tests.made import HOSTILE
from vtrkit.demo.packages import AS_OF
from vtrkit.report import index, shops
from vtrkit.report.batch import render_shops
from vtrkit.study.open import open_study
from vtrkit.study.places import places_of
from vtrkit.study.settings import Settings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the demo's four shops and of one whose every name tries to be more than text."""
    run, folder = open_study(as_of=AS_OF.isoformat()), tmp_path_factory.mktemp("index")
    rows = [shops.row(run.of(p.account, p.marketplace), p) for p in places_of(run.kept)]
    plain: list[dict[str, Any]] = json.loads(json.dumps(rows, default=str))
    pages = [row | {"page": "vtr_report.html"} for row in plain]
    odd = dict.fromkeys(("account", "category", "country"), "".join(HOSTILE))
    index.write(folder, shops.worst_first([*pages, pages[0] | odd]), {"gone": HOSTILE[0]}, ["x-us"])
    return folder / index.PAGE


@pytest.fixture
def tab(browser: Browser, written: Path) -> Iterator[Tab]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    tab = context.new_page()
    tab.on("console", lambda message: pytest.fail(message.text))
    tab.on("pageerror", lambda error: pytest.fail(str(error)))
    tab.on("dialog", lambda dialog: pytest.fail(dialog.message))
    tab.goto(written.as_uri())
    yield tab
    context.close()


def _shown(tab: Tab) -> list[str]:
    return [r.get_attribute("data-state") or "" for r in tab.locator("tbody tr:visible").all()]


def test_rows_are_filtered_by_words_and_by_state_with_the_keyboard_alone(tab: Tab) -> None:
    assert len(_shown(tab)) == 5
    tab.keyboard.press("Tab")
    tab.keyboard.type("united NORTHWIND")
    assert len(_shown(tab)) == 2
    tab.keyboard.press("Tab")
    tab.keyboard.press("ArrowRight")
    assert _shown(tab) == ["below target"]
    tab.get_by_role("searchbox").fill("nobody")
    assert _shown(tab) == []
    assert tab.get_by_role("status").is_visible()
    tab.get_by_role("searchbox").fill("")
    assert _shown(tab) == ["below target"]


def test_a_row_leads_to_its_page(tab: Tab, written: Path) -> None:
    link = tab.get_by_role("link", name="northwind").first
    assert link.evaluate("a => a.href") == (
        (written.parent / "northwind-us" / "vtr_report.html").as_uri()
    )


@pytest.mark.parametrize("width", [360, 390, 1280])
def test_nothing_is_wider_than_the_screen(tab: Tab, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.evaluate("[...document.querySelectorAll('td b')].every(b => b.offsetWidth)")


def test_on_paper_there_is_no_filter_and_every_row(tab: Tab) -> None:
    tab.emulate_media(media="print")
    assert not tab.get_by_role("searchbox").is_visible()
    assert len(_shown(tab)) == 5


def test_pages_that_share_a_script_draw_their_charts_with_no_network(
    browser: Browser, tmp_path: Path
) -> None:
    """One copy of it lies beside them, and the pages are small."""
    for account in ("north", "south"):
        made.shop(tmp_path / "in" / account / "one.csv")
    book = made.excerpt(tmp_path / "book", 'section("categories")')
    settings = Settings(inputs=(str(tmp_path / "in"),))
    with engine.no_kernel():
        render_shops(settings, tmp_path / "out", notebook=book, shared=True)
    page = tmp_path / "out" / "south-us" / "vtr_report.html"
    assert page.stat().st_size < 200_000
    tab = browser.new_context(offline=True).new_page()
    tab.on("console", lambda message: pytest.fail(message.text))
    tab.goto(page.as_uri())
    tab.locator("figure.vtr-chart[data-rendered=yes] svg").first.wait_for()
