"""The page of the sample from a cold start, beside plain papermill and nbconvert."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.benchmarks.measure import Line, spent
from vtrkit.shipped import DRAWN, sample, shipped

_CALL = "from vtrkit.cli import main; main()"
_OF = {"account": "northwind", "marketplace": "US"}
_MOST = 8.0
"""Processor seconds that a page may take."""


def lines(folder: Path, runs: int) -> Iterator[Line]:
    """Both ways in turns: whole processes, with all that they start; medians count.

    Plain papermill draws a picture beside each chart, for who reads notebooks; here it draws none,
    since the page needs none.
    """
    times = [(_ours(folder), _plain(folder)) for _ in range(runs)]
    ours, plain = (median(column) for column in zip(*times, strict=True))
    pair = f"{ours:.2f} s", f"{plain:.2f} s"
    yield Line("page, against plain papermill and nbconvert", *pair, ours / plain, 1.3)
    note = f"{min(own for own, _ in times):.2f} s at least"
    yield Line("page, cold, against its limit", pair[0], f"{_MOST:.2f} s", ours / _MOST, 1.0, note)


def _ours(folder: Path) -> float:
    out = folder / "page"
    shutil.rmtree(out, ignore_errors=True)
    named = [text for name, value in _OF.items() for text in (f"--{name}", value)]
    return spent("-c", _CALL, "report", str(sample()), *named, "--out", str(out))


def _plain(folder: Path) -> float:
    done, page = str(folder / "done.ipynb"), str(folder / "plain.html")
    named = [text for name, value in _OF.items() for text in ("-p", name, value)]
    book = str(shipped("notebooks/vtr_report.ipynb"))
    quiet = ("--no-progress-bar", "--log-level", "ERROR", "-p", "workspace", str(sample()))
    os.environ[DRAWN] = "none"
    try:
        run = spent("-m", "papermill", book, done, *quiet, *named)
        turned = spent("-m", "nbconvert", "--to", "html", "--no-input", "--output", page, done)
    finally:
        del os.environ[DRAWN]
    return run + turned
