"""The README's picture of the page's first screen: `python -m tests.browser.first_screen`.

Beside it stands what it shows in words, which a test looks for on the page of today.
"""

from tempfile import TemporaryDirectory

from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from tests.browser.lab import chromium
from tests.paths import ROOT
from vtrkit.report.render import render
from vtrkit.study.settings import Settings

WORST = {"account": "northwind", "marketplace": "US"}
"""The place of the demo that is worst off."""
PICTURE = ROOT / ".github" / "first_screen.png"
WORDS = PICTURE.with_suffix(".txt")
DRAWN = "[...document.querySelectorAll('figure.vtr-chart')].every(f => f.dataset.rendered)"
_TEXTS = """below => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), texts = [];
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim(), range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const at = range.getBoundingClientRect();
        if (text && at.height && at.bottom <= below) texts.push(text);
    }
    return texts;
}"""


def texts(tab: Tab, below: float = float("1e9")) -> list[str]:
    """The words that a page shows, down to a height, in their order."""
    shown: list[str] = tab.evaluate(_TEXTS, below)
    return shown


def main() -> None:
    """Take the picture of the page of the demo's worst place."""
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        render(Settings(), folder, parameters=WORST)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(f"file://{folder}/vtr_report.html")
        tab.wait_for_function(DRAWN)
        tab.screenshot(path=PICTURE)
        WORDS.write_text("\n".join(texts(tab, 900)) + "\n", "utf-8")
        browser.close()


if __name__ == "__main__":
    main()
