"""How quickly JupyterLab answers, in Debian's Chromium: from an event to the finished redraw.

```
python -m tests.benchmarks.lab                       # makes a year of 20 million packages first
python -m tests.benchmarks.lab --folder made-before  # a folder that has its tally/
python -m tests.benchmarks.lab --rows 200000         # a smaller one
```

A time begins with the key, or the choice, in the page, and ends with the frame after the last
chart is drawn; it is taken in the page itself, so that driving the browser costs nothing.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
from playwright.sync_api import sync_playwright

from tests import made
from tests.benchmarks import generate
from tests.browser.lab import Lab, chromium, opened, server
from tests.paths import ROOT
from vtrkit import classify
from vtrkit.metric.store import store

SEEN_TO = date(1970, 1, 1) + timedelta(days=generate.SEEN)
MOVES = 60
_TIMES = """(name) => {
  const canvas = document.querySelectorAll('.vtr-screen')[name === 'explorer' ? 0 : 1];
  let began;
  window.took = [];
  for (const kind of ['keydown', 'change', 'input', 'click', 'pointerup'])
    document.addEventListener(kind, () => { began ??= performance.now(); }, true);
  new MutationObserver(() => requestAnimationFrame(() => {
    if (began === undefined) return;
    window.took.push(performance.now() - began);
    began = undefined;
  })).observe(canvas, { attributeFilter: ['data-drawn', 'data-revision'] });
}"""


class Line(NamedTuple):
    """One line of the table that is printed, in milliseconds."""

    part: str
    times: list[float]
    aims: tuple[float, float]

    @property
    def missed(self) -> bool:
        """Whether the median or the 95th percentile is above its aim."""
        return median(self.times) > self.aims[0] or self.p95 > self.aims[1]

    @property
    def p95(self) -> float:
        """The 95th percentile; of few times, the longest."""
        return quantiles(self.times, n=20)[-1] if len(self.times) >= 20 else max(self.times)

    def __str__(self) -> str:
        """Counts, median and 95th percentile beside their aims."""
        aims = f"{self.aims[0]:>6.0f} {self.aims[1]:>6.0f}"
        mark = " missed" if self.missed else ""
        return (
            f"{self.part:<44}{len(self.times):>6}{median(self.times):>9.0f}{self.p95:>8.0f}"
            f"{max(self.times):>8.0f}  {aims}{mark}"
        )


def main() -> int:
    """Print the table; 1 where an aim is missed."""
    options = _options()
    with TemporaryDirectory(prefix="vtrkit-lab-") as scratch:
        folder = options.folder or _tallied(Path(scratch) / "data", options.rows)
        print(f"{'in ms':<44}{'times':>6}{'median':>9}{'95 %':>8}{'most':>8}  {'aims':>13}")
        missed = 0
        for line in _lines(Path(scratch), folder.resolve()):
            print(line, flush=True)
            missed += line.missed
    return min(missed, 1)


def _tallied(folder: Path, rows: int) -> Path:
    """A folder with the stored tally of generated packages."""
    parts = generate.write(folder / "packages", rows, accounts=1)
    store((classify(pl.scan_parquet(path)) for path in parts), folder / "tally")
    return folder


def _lines(scratch: Path, folder: Path) -> Iterator[Line]:
    with _lab(scratch, folder) as lab:
        yield Line("first cell to first chart, the sample", [_first(lab)], (5000, 5000))
        lab.open("bench.ipynb")
        lab.run(300)
        sliders = lab.panel.get_by_role("slider")
        lab.tab.wait_for_function("() => document.querySelectorAll('.vtr-screen svg').length > 3")
        yield Line("what-if, the slider", _keys(lab, "whatif", sliders.nth(1)), (60, 150))
        yield Line("what-if, another category", _rows(lab), (200, 200))
        yield Line("explorer, the as-of day", _keys(lab, "explorer", sliders.nth(0)), (80, 200))
        yield Line("explorer, another category", _categories(lab), (300, 300))
        assert not lab.errors, lab.errors
        lab.close()


def _first(lab: Lab) -> float:
    lab.open("explore.ipynb")
    lab.run()
    took = lab.first_chart * 1000
    lab.close()
    return took


def _keys(lab: Lab, name: str, slider: object) -> list[float]:
    """One step of a slider after the other, each once the last one is drawn."""
    lab.tab.evaluate(_TIMES, name)
    slider.focus()  # type: ignore[attr-defined]
    for number in range(MOVES):
        right = name == "whatif" and number // 15 % 2 == 0  # to and fro between the ends
        lab.tab.keyboard.press("ArrowRight" if right else "ArrowLeft")
        lab.tab.wait_for_function("(n) => window.took.length > n", arg=number)
    times: list[float] = lab.tab.evaluate("() => window.took")
    return times


def _rows(lab: Lab) -> list[float]:
    """Every category of the list, to its first picture; its other stops follow."""
    lab.settle()
    lab.tab.evaluate(_TIMES, "whatif")
    for number in range(10):
        lab.panel.locator(".vtr-screen button[data-do=category]:visible").nth(number).click()
        lab.tab.wait_for_function("(n) => window.took.length > n", arg=number)
        lab.tab.wait_for_timeout(3000)  # the kernel computes the other stops
        lab.tab.evaluate("(n) => { window.took.length = n; }", number + 1)
    times: list[float] = lab.tab.evaluate("() => window.took")
    return times


def _categories(lab: Lab) -> list[float]:
    """Every category, none of which was looked at before."""
    lab.tab.evaluate(_TIMES, "explorer")
    screen = lab.panel.locator(".vtr-screen").first
    for number in range(20):
        screen.locator("button[value^='category=']").nth(number).click()
        lab.tab.wait_for_function("(n) => window.took.length > n", arg=number)
    times: list[float] = lab.tab.evaluate("() => window.took")
    return times


@contextmanager
def _lab(scratch: Path, folder: Path) -> Iterator[Lab]:
    books = scratch / "notebooks"
    shutil.copytree(ROOT / "notebooks", books)
    made.notebook(books / "bench.ipynb", _RUN.format(folder=folder, seen=SEEN_TO), *_SHOWN)
    with sync_playwright() as playwright, server(scratch, books) as address:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with opened(browser, address, 1400, 2400) as lab:
            lab.context.set_default_timeout(300_000)
            yield lab
        browser.close()


_RUN = """
from pathlib import Path
from vtrkit.study.study import Study
from vtrkit.metric.store import scan
from vtrkit.metric.windows import Question
from vtrkit.lab.explorer import Explorer
from vtrkit.lab.whatif import WhatIf

folder = Path("{folder}")
study = Study(scan(folder / "tally"), Question.of("{seen}"))
explorer, whatif = Explorer(study), WhatIf(study)
"""
_SHOWN = ("explorer", "whatif")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.lab", description=__doc__)
    parser.add_argument("--folder", type=Path, help="has the tally/ to look at")
    parser.add_argument("--rows", type=int, default=20_000_000, help="packages to generate")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
