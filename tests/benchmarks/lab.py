"""How quickly JupyterLab answers, in Debian's Chromium: from an event to the finished redraw.

```
python -m tests.benchmarks.lab                       # reads a year of 20 million packages first
python -m tests.benchmarks.lab --folder made-before  # a run folder of them
python -m tests.benchmarks.lab --rows 200000         # a smaller one
```

A time begins with the key, or the choice, in the page, and ends with the frame after the last
chart is drawn; it is taken in the page itself, so that driving the browser costs nothing. Memory
is what the kernel of each notebook holds when all of it was done, and the heap that the tab is
left with; both some seconds later, when what is free was given back.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import Locator, sync_playwright

from tests.benchmarks import generate
from tests.browser.lab import Lab, chromium, opened, server
from tests.paths import ROOT
from vtrkit.study.build import build
from vtrkit.study.settings import Settings

MOVES = 60
_TIMES = """() => {
  const canvas = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .vtr-screen');
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
    """One line of the table that is printed, in milliseconds or megabytes."""

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
        folder = options.folder or _read(Path(scratch) / "data", options.rows)
        print(f"{'in ms or MB':<44}{'times':>6}{'median':>9}{'95 %':>8}{'most':>8}  {'aims':>13}")
        missed = 0
        for line in _lines(Path(scratch), folder.resolve()):
            print(line, flush=True)
            missed += line.missed
    return min(missed, 1)


def _read(folder: Path, rows: int) -> Path:
    """A run folder of generated packages of one account."""
    generate.write(folder / "packages", rows, accounts=1)
    run = folder / "run"
    run.mkdir()
    build(Settings(inputs=(str(folder / "packages"),)), run)
    return run


def _lines(scratch: Path, folder: Path) -> Iterator[Line]:
    with _lab(scratch, folder) as lab:
        yield Line("first cell to first chart, the sample", [_first(lab)], (3000, 3000))
        _open(lab, "what_if")
        yield Line("what-if, the slider", _keys(lab, to_and_fro=True), (60, 150))
        yield Line("what-if, 50 steps dragged, let go to settled", _drags(lab), (150, 150))
        yield Line("what-if, another category", _clicks(lab, 10), (200, 200))
        yield Line("what-if, another marketplace", _places(lab), (200, 200))
        yield from _held(lab, "what-if")
        _open(lab, "explore")
        yield Line("explorer, the as-of day", _keys(lab), (60, 150))
        yield Line("explorer, another category", _clicks(lab, 15), (200, 200))
        yield Line("explorer, another marketplace", _places(lab), (200, 200))
        yield from _held(lab, "explorer")


def _open(lab: Lab, name: str) -> None:
    """The notebook on the generated packages, run to where all of its stops are there."""
    lab.open(f"{name}-bench.ipynb")
    lab.run(300)
    lab.panel.locator(".vtr-screen svg").first.wait_for()
    lab.settle()


def _held(lab: Lab, name: str) -> Iterator[Line]:
    """What kernel and tab hold after all that; and that no cell and no console complained."""
    lab.tab.wait_for_timeout(12_000)
    kernel = int(lab.run_code(_RSS))
    devtools = lab.context.new_cdp_session(lab.tab)
    devtools.send("HeapProfiler.collectGarbage")
    heap = devtools.send("Runtime.getHeapUsage")["usedSize"] / 1e6
    yield Line(f"{name}, memory of the kernel", [kernel], (300, 300))
    yield Line(f"{name}, heap of the tab", [heap], (100, 100))
    assert not lab.errors, lab.errors
    assert not lab.complaints, lab.complaints
    lab.close()


_RSS = """
import re
print(int(re.search(r"VmRSS:\\s*(\\d+)", open("/proc/self/status").read())[1]) // 1000)
"""


def _first(lab: Lab) -> float:
    lab.open("explore.ipynb")
    lab.run()
    took = lab.first_chart * 1000
    lab.close()
    return took


def _timed(lab: Lab, doings: Iterable[Callable[[], object]], pause: int = 0) -> list[float]:
    """Each thing that is done once the last one is drawn, and `pause` ms later."""
    lab.tab.evaluate(_TIMES)
    for number, do in enumerate(doings):
        do()
        lab.tab.wait_for_function("(n) => window.took.length > n", arg=number)
        if pause:
            lab.tab.wait_for_timeout(pause)  # the kernel computes the other stops
            lab.tab.evaluate("(n) => { window.took.length = n; }", number + 1)
    times: list[float] = lab.tab.evaluate("() => window.took")
    return times


def _keys(lab: Lab, *, to_and_fro: bool = False) -> list[float]:
    """Steps of the slider by its keys, to and fro between the ends or ever on to the left."""
    lab.panel.get_by_role("slider").first.focus()
    rights = [to_and_fro and number // 15 % 2 == 0 for number in range(MOVES)]
    return _timed(
        lab,
        [
            partial(lab.tab.keyboard.press, "ArrowRight" if right else "ArrowLeft")
            for right in rights
        ],
    )


def _clicks(lab: Lab, most: int) -> list[float]:
    """Every row of a list, none of which was looked at before."""
    rows = lab.panel.locator(".vtr-screen tbody tr th button")
    return _timed(lab, [partial(_click, rows, n) for n in range(1, most + 1)], pause=3000)


def _click(rows: Locator, number: int) -> None:
    rows.nth(number).click()


def _places(lab: Lab) -> list[float]:
    """Each marketplace but the first one shown, and back."""
    choose = lab.panel.locator(".vtr-screen select[data-do=place]")
    names = choose.locator("option").evaluate_all("(all) => all.map((e) => e.value)")
    now = choose.input_value()
    order = [*(name for name in names if name != now), now]
    return _timed(lab, [partial(choose.select_option, name) for name in order], pause=4000)


def _drags(lab: Lab) -> list[float]:
    """Fifty steps with the mouse; from letting go until nothing on the screen changes any more."""
    took = []
    for way in (1, -1, 1):
        lab.settle()
        box = lab.panel.get_by_role("slider").bounding_box()
        assert box
        y, left, width = box["y"] + box["height"] / 2, box["x"] + 8, box["width"] - 16
        ends = (left, left + width) if way == 1 else (left + width, left)
        lab.tab.mouse.move(ends[0], y)
        lab.tab.mouse.down()
        lab.tab.mouse.move(ends[1], y, steps=50)
        lab.tab.evaluate(_LET_GO)
        lab.tab.mouse.up()
        lab.tab.wait_for_timeout(3000)
        took.append(lab.tab.evaluate("() => window.last - window.let"))
    return took


_LET_GO = """() => {
  const screen = document.querySelector('.jp-NotebookPanel:not(.lm-mod-hidden) .vtr-screen');
  document.addEventListener('pointerup',
    () => { window.let = window.last = performance.now(); }, { capture: true, once: true });
  new MutationObserver(() => requestAnimationFrame(() => { window.last = performance.now(); }))
    .observe(screen, { attributeFilter: ['data-drawn', 'data-revision'] });
}"""


@contextmanager
def _lab(scratch: Path, folder: Path) -> Iterator[Lab]:
    books = scratch / "notebooks"
    shutil.copytree(ROOT / "notebooks", books)
    for name in ("what_if", "explore"):
        book = json.loads((books / f"{name}.ipynb").read_text("utf-8"))
        book["cells"] = book["cells"][:2]
        lines = "".join(book["cells"][0]["source"])
        book["cells"][0]["source"] = lines.replace('workspace: str = ""', f'workspace = "{folder}"')
        (books / f"{name}-bench.ipynb").write_text(json.dumps(book), "utf-8")
    with sync_playwright() as playwright, server(scratch, books) as address:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        with opened(browser, address, 1400, 1400) as lab:
            lab.context.set_default_timeout(300_000)
            yield lab
        browser.close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.benchmarks.lab", description=__doc__)
    parser.add_argument("--folder", type=Path, help="a run folder to look at")
    parser.add_argument("--rows", type=int, default=20_000_000, help="packages to generate")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
