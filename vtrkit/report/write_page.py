"""The page of an executed notebook: what draws its charts and their rows lie packed in it."""

import gzip
import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter
from nbconvert.filters import Highlight2HTML

from vtrkit.report.stills import ADDED
from vtrkit.sections import first_style
from vtrkit.shipped import VEGA

CHART = "application/vnd.vegalite.v5+json"
_HIDDEN = {"parameters", "injected-parameters"}
_ROWS = re.compile(
    r'(<\w+ [^>]*class="vtr-[^>]*>\s*)<script type="application/json">(.*?)</script>', re.DOTALL
)
"""A specification or rows, as first thing in an element of ours: the page unpacks them."""


def write_page(executed: Any, path: Path, title: str, script: str) -> None:
    """The page from an executed notebook: outputs and text, no code."""
    page = nbformat.from_dict(executed)
    page.cells = [c for c in page.cells if not _HIDDEN & set(c.metadata.get("tags", ()))]
    page.metadata = {"title": title, "kernelspec": {"name": "python3", "display_name": "Python"}}
    shown = [out.get("data", {}) for c in page.cells for out in c.get("outputs", ())]
    for data in (data for data in shown if "text/html" in data):
        data["text/html"] = ADDED.sub("", data["text/html"])
    drawn = any(CHART in data or "vtr-chart" in data.get("text/html", "") for data in shown)
    resources = {
        "chart_type": CHART,
        "bundle": b64encode(VEGA.read_bytes()).decode() if drawn and not script else "",
        "script": script if drawn else "",
        "colours": first_style.VARIABLES,
    }
    # HTMLExporter itself reads the page again to make each output a stop of the keyboard: of ours,
    # what scrolls is one
    html, _ = super(HTMLExporter, _exporter()).from_notebook_node(page, resources)
    path.write_text(_ROWS.sub(_packed, html), "utf-8")


def write_notebook(executed: Any, path: Path) -> None:
    """The executed notebook without papermill's notes, which tell the hour and this machine."""
    book = nbformat.from_dict(executed)
    for noted in (book, *book.cells):
        for name in ("papermill", "execution"):
            noted.metadata.pop(name, None)
    nbformat.write(book, path)


def _packed(rows: re.Match[str]) -> str:
    """The rows of a chart as a browser unpacks them: an eighth of the letters."""
    data = b64encode(gzip.compress(rows[2].encode(), mtime=0)).decode()
    return f'{rows[1]}<script type="application/gzip">{data}</script>'


@cache
def _exporter() -> HTMLExporter:
    """What writes pages; its templates are compiled once in a process.

    Links in headings have a text, though the page's style hides them: one without is written as
    `<a/>`, which a browser takes to be open to the end of the page.
    """
    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(Path(__file__).parent)],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    exporter.config.NbConvertBase.display_data_priority = [CHART, "text/html", "text/plain"]
    exporter.register_filter("highlight_code", Highlight2HTML(parent=exporter))
    return exporter
