"""The engine that runs our page in this process; kernels are seen in test_render and test_batch."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests import made
from vtrkit.errors import ReportError
from vtrkit.report.asking import Asked
from vtrkit.report.engine import execute
from vtrkit.shipped import DRAWN, shipped

SHOWN = f"""
import os, sys
from vtrkit.words import paragraph
mine = "mine" in globals()
print_ = paragraph(f"{{mine}} {{os.environ['{DRAWN}']}} {{os.path.basename(os.getcwd())}}")
print_
"""


def _run(folder: Path, *cells: str, **given: Any) -> Any:
    folder.mkdir()
    return execute(made.notebook(folder / "book.ipynb", *cells), folder, given, here=True)


def test_a_notebook_sees_nothing_of_the_last_one_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """No name and no folder; a cell that fails spoils nothing for the next one."""
    before = os.environ.get(DRAWN), Path.cwd()
    with pytest.raises(ReportError, match=r"book.ipynb: cell 3 failed with ZeroDivisionError: div"):
        _run(tmp_path / "a", "mine = 1", "1 / 0", "mine")
    done = _run(tmp_path / "b", SHOWN, "mine = 2")
    assert [cell.outputs for cell in done.cells if cell.source == "mine = 2"] == [[]]
    (shown,) = [out.data for cell in done.cells for out in cell.get("outputs", ())]
    assert shown == {"text/html": "<p>False by the page b</p>"}
    assert (os.environ.get(DRAWN), Path.cwd()) == before


def test_what_has_no_markup_is_shown_as_text(tmp_path: Path) -> None:
    done = _run(tmp_path / "a", "import math", "[1, math.floor(2.5)]")
    assert done.cells[-1].outputs[0].data == {"text/plain": "[1, 2]"}


def test_only_our_page_runs_here_and_only_if_nobody_wants_its_notebook(tmp_path: Path) -> None:
    own = made.notebook(tmp_path / "vtr_report.ipynb", "1")
    assert Asked.of().here
    assert not Asked.of(keep_notebook=True).here
    assert not Asked.of("plan_of_action").here
    assert not Asked.of(own).here
    assert Asked.of(shipped("notebooks/vtr_report.ipynb")).here
