"""The browser that all tests here drive."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import made
from tests.browser import first_screen
from tests.browser.lab import chromium
from vtrkit.report.render import render
from vtrkit.study.settings import Settings


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; without one the test fails, it does not skip."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def first(tmp_path_factory: pytest.TempPathFactory) -> made.Page:
    """The page of the demo's worst place."""
    folder = tmp_path_factory.mktemp("first")
    render(Settings(), folder, parameters=first_screen.WORST)
    return made.Page(folder)
