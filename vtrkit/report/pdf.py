"""A page on paper: the Chromium, Chrome or Edge of the machine prints it, with no network."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from vtrkit.errors import ParameterError, ReportError
from vtrkit.files.scratch import Folder
from vtrkit.shipped import as_root

BROWSER = "VTRKIT_BROWSER"
"""The environment variable that names a browser which is not found by itself."""
_NAMES = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "microsoft-edge-stable", "msedge"),
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_PATIENCE = 600
"""Seconds for a page; a busy machine takes a minute."""
_DATES = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")


def browser() -> Path:
    """The program that prints pages.

    Raises:
        ParameterError: there is none.
    """
    named = os.environ.get(BROWSER)
    for name in [named] if named else _NAMES:
        if path := shutil.which(name):
            return Path(path)
    where = (
        f"{BROWSER}={Path(named).name} is no program" if named else "no Chromium, Chrome or Edge"
    )
    raise ParameterError(
        f"PDF: {where}; install one, or name its program in the environment variable {BROWSER}"
    )


def write_pdf(program: Path, page: Path) -> None:
    """Print a page into a file of the same name beside it; its bytes do not tell the hour.

    Raises:
        ReportError: the browser did not print it.
    """
    paper, own = page.with_suffix(".pdf"), Folder()
    options = [
        *("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
        *(f"--user-data-dir={own.path}", "--no-pdf-header-footer", "--virtual-time-budget=60000"),
        *["--no-sandbox"] * as_root(),
    ]
    command = [str(program), *options, f"--print-to-pdf={paper}", page.absolute().as_uri()]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise ReportError(f"PDF: {program.name} did not print ({type(e).__name__})") from None
    finally:
        own.remove()
    if done.returncode or not paper.is_file():
        why = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no reason given"]
        raise ReportError(f"PDF: {program.name} did not print: {why[0][-200:]}")
    paper.write_bytes(_DATES.sub(rb"/\1 (D:20000101000000", paper.read_bytes()))
