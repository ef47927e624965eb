"""The page in Debian's Chromium: drawn with no network, the same figures, nothing runs but it."""

import re
import subprocess
import sys
import zlib
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator
from playwright.sync_api import Page as Tab

from tests import made
from tests.browser import first_screen
from tests.browser.first_screen import DRAWN
from tests.browser.lab import chromium
from tests.paths import ROOT
from vtrkit.report import pdf
from vtrkit.report.render import render
from vtrkit.study.settings import Settings
from vtrkit.words import percent

pytestmark = pytest.mark.browser

SERIOUS = ("serious", "critical")
PICTURES = ROOT / ".ci" / "output"


@dataclass
class Opened:
    """A page in a tab, and what happened while it loaded."""

    tab: Tab
    requests: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


def open_page(browser: Browser, page: made.Page, width: int = 1280) -> Opened:
    """The page as a reader in Los Angeles opens it: from disk, with no network."""
    context = browser.new_context(
        offline=True,
        viewport={"width": width, "height": 900},
        timezone_id="America/Los_Angeles",
    )
    context.set_default_timeout(120_000)
    opened = Opened(context.new_page())
    opened.tab.on("request", lambda r: opened.requests.append(r.url))
    opened.tab.on("console", lambda m: opened.words.append(m.text))
    opened.tab.on("pageerror", lambda e: opened.words.append(str(e)))
    opened.tab.on("dialog", lambda d: (opened.words.append(d.message), d.dismiss()))
    opened.tab.goto((page.folder / "vtr_report.html").as_uri())
    opened.tab.wait_for_function(DRAWN)
    return opened


@pytest.fixture(scope="module")
def shown(browser: Browser, demo: made.Page) -> Opened:
    """The demo's page, opened once."""
    return open_page(browser, demo)


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A page whose accounts, categories and title try to be more than text."""
    folder = tmp_path_factory.mktemp("hostile")
    rows = [
        made.row(f"{i}-{n}", day, category=bad, account=made.HOSTILE[n % 2], scans=i % 2)
        | {"tracking_number": f"{bad}{i}", "carrier": bad, "ship_method": bad}
        for i, day in enumerate(made.days(100))
        for n, bad in enumerate(made.HOSTILE)
    ]
    file = made.write(folder / "in" / "x.csv", rows)
    render(Settings(inputs=(str(file),)), folder / "out", parameters={"title": made.HOSTILE[1]})
    return open_page(browser, made.Page(folder / "out"))


def picture(tab: Tab, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=PICTURES / f"{name}.png", full_page=True)


def _figure(tab: Tab, number: int) -> Locator:
    return tab.locator("figure.vtr-chart").nth(number)


def _tooltip(tab: Tab) -> dict[str, str]:
    """The tooltip's words by heading, and then no tooltip."""
    tip = tab.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    rows = tip.locator("tr").all()
    found = {
        row.locator("td.key").inner_text(): row.locator("td.value").inner_text() for row in rows
    }
    tab.mouse.move(0, 0)
    return found


# offline ----------------------------------------------------------------------------------------


def test_it_opens_from_disk_asking_for_nothing_and_without_a_complaint(
    shown: Opened, demo: made.Page
) -> None:
    assert shown.requests == [(demo.folder / "vtr_report.html").as_uri()]
    assert shown.words == []


def test_every_chart_is_drawn(shown: Opened, demo: made.Page) -> None:
    figures = shown.tab.locator("figure.vtr-chart")
    assert figures.count() == len(made.specs(demo.html)) - 1 == 2  # one is what can be selected
    for figure in figures.all():
        assert figure.get_attribute("data-rendered") == "yes"
        box = figure.locator("svg.marks").bounding_box()
        assert box
        assert box["width"] > 500
        assert box["height"] > 200
    picture(shown.tab, "demo")


def test_a_policy_forbids_the_page_any_request(shown: Opened) -> None:
    policy = shown.tab.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy
    assert policy.startswith("default-src 'none'")
    refused = shown.tab.evaluate(
        "fetch('https://example.org/').then(() => 'sent', (e) => 'refused')"
    )
    assert refused == "refused"
    shown.words.clear()


# figures ----------------------------------------------------------------------------------------


def test_a_line_tells_the_rate_of_a_day_on_hover(shown: Opened, demo: made.Page) -> None:
    """The point of today stands on the as-of day, also west of Greenwich."""
    figure = _figure(shown.tab, 0)
    figure.evaluate("(figure) => figure.scrollIntoView({block: 'center'})")
    figure.locator(".mark-symbol.role-mark path").nth(2).hover()  # after those of the two corners
    tip = shown.tab.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert tip.inner_text() == f"today {percent(demo.figures['headline']['vtr_low'])}"
    shown.tab.mouse.move(0, 0)


def test_the_tables_show_the_values_of_report_json(shown: Opened, demo: made.Page) -> None:
    goals = shown.tab.locator("table.vtr-table").filter(has_text="can still be corrected")
    shown.tab.evaluate("document.querySelectorAll('details').forEach((fold) => fold.open = true)")
    shown.tab.evaluate("document.querySelectorAll('button.more').forEach((more) => more.click())")
    lines = goals.locator("tbody tr").all_inner_texts()
    shorts = [g for g in demo.figures["goals"] if g["counted"] and g["to_fix"] > 0]
    assert len(lines) == len(shorts)
    told = {tuple(re.split(r"\t", line)[:8]) for line in lines}
    for g in shorts:
        names = (g["account"], g["marketplace"], g["category"])
        counts = tuple(f"{g[n]:,}" for n in ("valid", "counted", "unknown"))
        over = "–".join(f"{n:,}" for n in sorted({g["to_fix_best"], g["to_fix"]}))
        assert (f"{g['target_bp'] / 100:g} %", *names, *counts, over) in told


# people -----------------------------------------------------------------------------------------


def test_the_page_can_be_read_aloud(shown: Opened, demo: made.Page) -> None:
    """One heading of the first level, a language, headings in tables, words beside charts."""
    tab = shown.tab
    assert tab.locator("html").get_attribute("lang") == "en"
    assert tab.title() == "vtrkit demo"
    assert tab.locator("h1").all_inner_texts() == ["vtrkit demo"]
    levels = [
        int(t[1])
        for t in tab.evaluate("[...document.querySelectorAll('h1,h2,h3')].map(h => h.tagName)")
    ]
    assert set(levels) == {1, 2, 3}
    heads = tab.locator("table.vtr-table th")
    assert heads.count() > 10
    assert {h.get_attribute("scope") for h in heads.all()} == {"col"}
    for figure in tab.locator("figure.vtr-chart").all():
        named = figure.locator("[role='graphics-document']")
        assert named.count() == 1
        assert re.search(r"day by day\. .*\d", named.get_attribute("aria-label") or "")
    worst = demo.figures["headline"]
    told = _figure(tab, 0).locator("[role='graphics-document']").get_attribute("aria-label")
    assert f"Valid tracking rate of {worst['category']}" in (told or "")


def test_axe_finds_nothing_serious(shown: Opened, hostile: Opened) -> None:
    """axe-core with all of its rules, on the page that it is given as it is drawn."""
    for opened in (shown, hostile):
        found = Axe().run(opened.tab).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in SERIOUS] == []


def test_the_banner_stands_out_and_can_be_read(shown: Opened) -> None:
    """Contrast of WCAG 2.2 AA: at least 4.5 between text and ground, as the browser paints them."""
    ratio = shown.tab.locator(".vtr-banner").evaluate(
        """(element) => {
          const style = getComputedStyle(element);
          const light = [style.color, style.backgroundColor].map((colour) => {
            const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255);
            const [r, g, b] = parts.map(
              (c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
            return .2126 * r + .7152 * g + .0722 * b; }).sort((a, b) => a - b);
          return (light[1] + .05) / (light[0] + .05); }"""
    )
    assert ratio >= 4.5


def test_every_fold_has_its_line_and_no_link_goes_on_behind_its_end(shown: Opened) -> None:
    folds = shown.tab.locator("details.fold")
    assert folds.count() > 5
    assert shown.tab.locator("details.fold > summary:first-child").count() == folds.count()
    assert shown.tab.locator("a :is(div, table, details, summary, section, h1, h2, p)").count() == 0


def test_on_a_telephone_wide_tables_are_cards_and_nothing_scrolls_sideways(
    browser: Browser, demo: made.Page
) -> None:
    opened = open_page(browser, demo, width=390)
    tab = opened.tab
    tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true; })")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert not tab.evaluate(
        """[...document.querySelectorAll('.vtr-wide')].filter((e) => e.scrollWidth > e.clientWidth)
           .map((e) => e.innerText.slice(0, 80))"""
    )
    labels = tab.evaluate(
        """[...document.querySelectorAll('.cards')].map((table) => [
             [...table.tHead.rows[0].cells].map((head) => head.textContent),
             [...table.tBodies[0].rows[0].cells].map((cell) =>
               getComputedStyle(cell, '::before').content.slice(1, -1))])"""
    )
    assert len(labels) > 5
    assert all(heads == shown for heads, shown in labels)
    picture(tab, "narrow")
    tab.context.close()


def test_printed_on_paper_no_chart_is_cut(shown: Opened, tmp_path: Path) -> None:
    """A4 less its margins is 703 pixels wide; what does not fit is made smaller."""
    tab = shown.tab
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 703, "height": 900})
    wide = tab.evaluate(
        """[...document.querySelectorAll('figure.vtr-chart, .vtr-wide, body, main')]
           .filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className || e.tagName)"""
    )
    right = tab.evaluate(
        "Math.max(...[...document.querySelectorAll('svg.marks, table')]"
        ".map((e) => e.getBoundingClientRect().right))"
    )
    paper = tab.pdf(path=tmp_path / "page.pdf", format="A4")
    picture(tab, "print")
    tab.emulate_media(media="screen")
    tab.set_viewport_size({"width": 1280, "height": 900})
    assert wide == []
    assert right <= 703
    assert paper.startswith(b"%PDF")
    assert len(paper) > 50_000


def test_without_scripts_the_charts_are_told_in_words(browser: Browser, demo: made.Page) -> None:
    context = browser.new_context(offline=True, java_script_enabled=False)
    tab = context.new_page()
    tab.goto((demo.folder / "vtr_report.html").as_uri())
    words = tab.locator("figure.vtr-chart").all_inner_texts()
    assert "Valid tracking rate of Shoes, in %, day by day. Today 87.0 %" in words[0]
    assert "Failed packages that count, day by day. At most " in words[1]
    context.close()


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        ("DecompressionStream", "this browser is too old; open the page in a newer one."),
        ("vegaEmbed", "vega.js is not in the folder above this one; copy it with the page."),
    ],
)
def test_where_charts_cannot_be_drawn_a_line_says_why_and_words_and_tables_remain(
    browser: Browser, demo: made.Page, missing: str, why: str
) -> None:
    tab = browser.new_context(offline=True).new_page()
    tab.on("pageerror", lambda error: pytest.fail(str(error)))
    tab.add_init_script(f"Object.defineProperty(window, {missing!r}, {{get: () => undefined}})")
    tab.goto((demo.folder / "vtr_report.html").as_uri())
    tab.get_by_text(why).wait_for()
    assert "day by day. Today 87.0 %" in tab.locator("figure.vtr-chart").first.inner_text()
    assert tab.locator("table.vtr-table tr").count() > 50
    assert tab.locator("svg.marks").count() == 0
    tab.context.close()


def test_all_charts_are_drawn_within_a_second_and_a_half(
    browser: Browser, first: made.Page
) -> None:
    """Of the page's own processor time, which no other work on the machine lengthens."""
    spent = []
    for _ in range(3):
        tab = browser.new_context(offline=True, viewport={"width": 1280, "height": 900}).new_page()
        session = tab.context.new_cdp_session(tab)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        tab.goto((first.folder / "vtr_report.html").as_uri())
        tab.wait_for_function(DRAWN)
        metrics = session.send("Performance.getMetrics")["metrics"]
        spent += [m["value"] for m in metrics if m["name"] == "TaskDuration"]
        tab.context.close()
    assert min(spent) < 1.5


def test_the_pdf_of_a_page_has_its_charts(
    demo: made.Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds of strokes more than the page without its scripts."""
    monkeypatch.setenv(pdf.BROWSER, chromium())
    strokes = []
    for name, text in (("a", demo.html), ("b", re.sub("(?s)<script.*?</script>", "", demo.html))):
        page = tmp_path / f"{name}.html"
        page.write_text(text, "utf-8")
        pdf.write_pdf(pdf.browser(), page)
        streams = re.findall(
            rb"stream\r?\n(.*?)endstream", page.with_suffix(".pdf").read_bytes(), re.DOTALL
        )
        unpacked = [zlib.decompress(s) for s in streams if s[:1] == b"x"]
        strokes.append(sum(len(re.findall(rb" [lc]\n", s)) for s in unpacked))
    assert strokes[0] > strokes[1] + 100


# invariant 4 ------------------------------------------------------------------------------------


def saved(browser: Browser, name: str, folder: Path) -> Tab:
    """A notebook that papermill ran and nbconvert made a page of."""
    kept = folder / "kept.ipynb"
    for command in (
        f"papermill {name} {kept} --no-progress-bar --start-timeout 600",
        f"jupyter nbconvert --to html {kept}",
    ):
        program, *rest = command.split()
        at = Path(sys.executable).parent / program
        subprocess.run([at, *rest], cwd=ROOT / "notebooks", check=True, capture_output=True)
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.goto(kept.with_suffix(".html").as_uri())
    return tab


def test_a_saved_notebook_has_its_pictures_in_proportion_and_the_colours_of_its_theme(
    browser: Browser, tmp_path: Path
) -> None:
    """Also beside the what-if, whose style is in the notebook, too; whatever the screen's theme."""
    tab = saved(browser, "start_here.ipynb", tmp_path)
    sizes = tab.evaluate(
        "() => [...document.querySelectorAll('img')].map((image) => [image.naturalWidth / "
        "image.naturalHeight, image.clientWidth / image.clientHeight, image.clientWidth])"
    )
    tab.emulate_media(color_scheme="dark")
    question = tab.locator(".vtr-first .q").first
    for light, colours in (("true", "rgb(89, 97, 108)"), ("false", "rgb(163, 173, 185)")):
        tab.evaluate("(light) => { document.body.dataset.jpThemeLight = light; }", light)
        assert question.evaluate("(e) => getComputedStyle(e).color") == colours
    tab.close()
    assert len(sizes) == 3
    for natural, shown, width in sizes:
        assert width > 200
        assert shown == pytest.approx(natural, rel=0.02)


def test_a_saved_report_has_its_tables_as_on_the_page_and_no_control_that_does_nothing(
    browser: Browser, tmp_path: Path
) -> None:
    """JupyterLab's own style sets cells to the right and gives every column the same width."""
    tab = saved(browser, "vtr_report.ipynb", tmp_path)
    assert tab.locator(".pick, .dots").count() > 2
    assert not any(each.is_visible() for each in tab.locator(".pick, .dots").all())
    bars = tab.locator(".bars .bar i")
    colours = {each.evaluate("(e) => getComputedStyle(e).backgroundColor") for each in bars.all()}
    assert colours == {"rgb(179, 38, 30)"}
    for name in tab.locator(".board tbody th, .helps tbody th, .bars th").all():
        assert name.evaluate("(e) => getComputedStyle(e).textAlign") == "left"
    lines = tab.locator(".bars tr").evaluate_all(
        "(all) => all.map((tr) => [...tr.cells].map((td) => td.scrollWidth - td.clientWidth))"
    )
    assert lines
    assert {over for line in lines for over in line} == {0}
    assert "All reasons 138 failed packages" in tab.locator("details").first.inner_text()
    tab.close()


def test_markup_in_a_file_runs_nothing_and_adds_nothing(hostile: Opened) -> None:
    assert hostile.words == []
    assert len(hostile.requests) == 1
    assert hostile.tab.locator("img, #evil, iframe").count() == 0
    assert hostile.tab.title() == made.HOSTILE[1]
    assert hostile.tab.locator("h1").inner_text() == made.HOSTILE[1]
    picture(hostile.tab, "hostile")


def test_chosen_names_show_markup_as_text(hostile: Opened) -> None:
    names = hostile.tab.locator("#vtr-category option").all_text_contents()
    assert len(names) > 4
    for place, text in enumerate(names):
        hostile.tab.locator("#vtr-category").select_option(index=place)
        assert hostile.tab.locator("h2 .what").text_content() == text
        assert hostile.tab.locator("tr[aria-current] th bdi").text_content() == text
    assert hostile.words == []
    assert hostile.tab.locator(".vtr-select").locator("b b, img, th script, #evil").count() == 0


# the odd and the large --------------------------------------------------------------------------


def test_a_page_with_one_package_has_no_list_to_choose_from(
    browser: Browser, tmp_path: Path
) -> None:
    file = made.write(tmp_path / "in" / "one.csv", [made.row(1, date(2026, 3, 1))])
    render(Settings(inputs=(str(file),)), tmp_path / "out")
    opened = open_page(browser, made.Page(tmp_path / "out"))
    assert opened.words == []
    assert opened.tab.locator("h1").count() == 1
    assert opened.tab.locator("#vtr-category").count() == 0
    picture(opened.tab, "one")
    opened.tab.context.close()


def test_the_picture_of_the_readme_shows_the_first_screen_of_today(
    browser: Browser, first: made.Page
) -> None:
    """Whatever the fonts of the machine: every word and figure of it is on the page."""
    stored = first_screen.WORDS.read_text("utf-8").splitlines()
    assert len(stored) > 30
    opened = open_page(browser, first)
    now = set("\n".join(first_screen.texts(opened.tab)).splitlines())
    opened.tab.context.close()
    assert [line for line in stored if line not in now] == [], (
        "python -m tests.browser.first_screen"
    )


@pytest.mark.parametrize(
    ("width", "height", "answers"),
    [(1280, 900, (".danger", ".when", ".why", ".do")), (390, 844, (".danger", ".when", "li"))],
)
def test_the_answers_stand_on_the_first_screen(
    browser: Browser, first: made.Page, width: int, height: int, answers: tuple[str, ...]
) -> None:
    opened = open_page(browser, first, width=width)
    assert opened.words == []
    for answer in answers:
        box = opened.tab.locator(f".vtr-first {answer}").last.bounding_box()
        assert box
        assert box["y"] + box["height"] <= height
    picture(opened.tab, f"first-{width}")
    opened.tab.context.close()


def test_what_is_to_be_done_first_leads_to_its_numbers_and_orders(
    browser: Browser, first: made.Page
) -> None:
    opened = open_page(browser, first)
    badges = opened.tab.locator(".vtr-first h3 em a")
    assert [badge.get_attribute("href") for badge in badges.all()] == ["to_do.csv"] * 3
    orders = [int(text.split()[0]) for text in badges.all_inner_texts()[1:]]
    listed = pl.read_csv(first.folder / "to_do.csv", infer_schema=False)
    waiting = listed.filter(pl.col("ship by").is_not_null())
    assert orders == [
        waiting.filter(which)["order_id"].n_unique()
        for which in (pl.col("carrier") == "OnTrac", pl.col("category") == "Shoes")
    ]
    opened.tab.context.close()


def test_no_telephone_scrolls_sideways_and_the_ground_turns_dark(
    browser: Browser, first: made.Page
) -> None:
    opened = open_page(browser, first, width=360)
    tab = opened.tab
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    grounds = []
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of its names
        grounds.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(255, 255, 255)", "rgb(18, 22, 27)"]
    tab.context.close()
