"""What holds for every test run."""

import fcntl
import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from tests.paths import TESTS

if TYPE_CHECKING:
    from tests.made import Page

gc.disable()  # what is imported and collected stays: see `pytest_collection_finish`

# how long an example takes says nothing on a busy machine
_calm = settings(settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# what decides whether work lands says the same of the same code: only `deep` searches anew
settings.register_profile("quick", _calm, max_examples=5, derandomize=True)
settings.register_profile("thorough", _calm, max_examples=20, derandomize=True)
settings.register_profile("deep", _calm, max_examples=2_000)
settings.load_profile("quick")  # every property takes its number from here; see tests.made.examples


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Tests of the browser and of Spark are not even imported where they are not wanted."""
    unwanted = config.getoption("markexpr") == "not browser and not spark"
    return True if unwanted and collection_path.name in {"browser", "spark"} else None


DEAREST = (
    "report/test_batch.py",
    "study/test_sellers.py",
    "report/test_render.py",
    "files/test_layouts.py",
    "report/test_notebooks.py",
    "lab/test_whatif.py",
    "test_shop.py",
    "files/test_sources.py",
    "files/test_load.py",
    "files/test_orders.py",
    "files/test_cases.py",
    "lab/test_explorer.py",
    "forecast/test_outlook.py",
    "spec/test_mutants.py",
)
"""The files that take longest begin: begun last, one of them keeps one core busy alone."""
TOGETHER = {"sections/test_first_screen.py": "study/test_sellers.py"}
"""What reads the same sellers as another file is run by the same process, which has read them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    rank = {TESTS / name: at for at, name in enumerate(DEAREST)}
    rank |= {TESTS / other: rank[TESTS / name] for other, name in TOGETHER.items()}
    items.sort(key=lambda item: rank.get(item.path, len(DEAREST)))


def pytest_collection_finish() -> None:
    """Garbage is looked for in what tests leave, not again and again in all modules and tests."""
    gc.freeze()
    gc.enable()


class _ByFile(LoadFileScheduling):  # type: ignore[misc]
    """One process has the tests of a file, and of those that go with it."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return TOGETHER.get(file.removeprefix("tests/"), file.removeprefix("tests/"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile | None:
    return _ByFile(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A skipped test is a failed run: what is not run is not known."""
    if skipped := terminalreporter.stats.get("skipped"):
        terminalreporter.write_line(f"{len(skipped)} skipped: in this project nothing skips")


def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> "Page":
    """One page on all of the demo, and what is said of it, rendered once for all processes.

    Nobody may change a file in it. Whoever comes first renders; the others wait at the lock.
    """
    from tests.made import Page
    from vtrkit.demo.packages import AS_OF
    from vtrkit.report.render import render
    from vtrkit.study.settings import Settings

    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, said = shared / "demo", shared / "demo.txt"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            lines: list[str] = []
            title = {"as_of": AS_OF.isoformat(), "title": "vtrkit demo"}
            render(Settings(), folder, parameters=title, say=lines.append)
            said.write_text("\n".join(lines), "utf-8")
    return Page(folder, said.read_text("utf-8"))
