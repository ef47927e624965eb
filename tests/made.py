"""Inputs, notebooks and renders that several tests share."""

import csv
import gzip
import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import polars as pl
from hypothesis import settings

from vtrkit.shipped import shipped

AS_OF = date(2026, 3, 31)
WINDOW_END = AS_OF - timedelta(days=10)
WINDOW_START = WINDOW_END - timedelta(days=29)

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    '"><b id=evil>bold</b>',
    "<!--<script>",
    "=cmd()|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "{{ 7*7 }} ${alert(3)} `x`",
    "\u202egnirts esrever\u202c",
    "🧦 Strümpfe, \"gut\"; 'x'\\",
    "a" * 200,
]
"""Texts that a page or a spreadsheet might take for more than text."""


def rows(figures: Any) -> Any:
    """What `vtrkit.report.figures.figures` gives, with the rows of its tables."""
    if isinstance(figures, dict):
        return {name: rows(value) for name, value in figures.items()}
    return figures.to_dicts() if isinstance(figures, pl.DataFrame) else figures


@dataclass(frozen=True)
class Page:
    """A rendered folder."""

    folder: Path
    said: str = ""

    @property
    def html(self) -> str:
        """The page."""
        return (self.folder / "vtr_report.html").read_text("utf-8")

    @property
    def figures(self) -> dict[str, Any]:
        """`report.json`."""
        found: dict[str, Any] = json.loads((self.folder / "report.json").read_text("utf-8"))
        return found

    @property
    def which(self) -> pl.DataFrame:
        """`packages.csv`."""
        return pl.read_csv(self.folder / "packages.csv", try_parse_dates=True)


def row(order_id: int | str, promised: date, **other: object) -> dict[str, object]:
    """One good package: shipped, scanned, delivered on the promised day; else what is given."""
    usual = {
        "order_id": f"o{order_id:0>5}",
        "marketplace": "US",
        "origin": "US",
        "destination": "US",
        "category": "Shoes",
        "status": "shipped",
        "fulfilled_by": "seller",
        "carrier": "UPS",
        "tracking_number": f"1Z999AA1{order_id:0>10}",
        "ship_date": promised - timedelta(days=3),
        "promised_date": promised,
        "delivered_date": promised,
        "scans": 3,
        "seen_at": AS_OF,
    }
    unseen = {"delivered_date": None} if other.get("scans") == 0 else {}
    return usual | unseen | other


def days(count: int, last: date = WINDOW_END) -> list[date]:
    """So many days, the last one last."""
    return [last - timedelta(days=count - 1 - i) for i in range(count)]


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Rows as a CSV file in the canonical table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    return path


def shop(path: Path, defects: int = 10) -> Path:
    """A file of 200 packages in each 30 days of 100 days, so many of the last 200 not scanned."""
    promised = [day for i, day in enumerate(days(100)) for _ in range(7 if i % 3 else 6)]
    bad = {len(promised) - 1 - 20 * i for i in range(defects)}
    return write(
        path,
        [
            row(i, day, category="Shoes" if i % 2 else "Books")
            | ({"scans": 0, "delivered_date": None} if i in bad else {})
            for i, day in enumerate(promised)
        ],
    )


def notebook(path: Path, *cells: str, parameters: str = 'workspace: str = ""  # folder') -> Path:
    """A notebook with a cell of parameters and some of code."""
    made = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}
        }
    )
    head = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    made.cells = [head, *(nbformat.v4.new_code_cell(c) for c in cells)]
    nbformat.write(made, path)
    return path


def excerpt(folder: Path, *shown: str) -> Path:
    """The notebook of the report with those cells alone that hold one of these texts.

    For tests of what happens before or after, or of one section: the whole page costs ten times
    as much.
    """
    book = nbformat.read(shipped("notebooks/vtr_report.ipynb"), as_version=4)
    head, imports, *others = (c for c in book.cells if c.cell_type == "code")
    kept = [c for c in others if any(text in c.source for text in shown)]
    assert len(kept) >= len(shown), "the report has no such cell"
    book.cells = [head, imports, *kept]
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, folder / "vtr_report.ipynb")
    return folder / "vtr_report.ipynb"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


class _Tables(HTMLParser):
    """The cells of every table, and the elements that a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.tags: Counter[str] = Counter()
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.tags.update(f"@{name}" for name, _ in attrs)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"th", "td"}:
            self.tables[-1][-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td"}:
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open:
            self.tables[-1][-1][-1] += data


def read_html(text: str) -> tuple[list[list[list[str]]], Counter[str]]:
    """The tables of a page as rows of cells, and how often each element and attribute occurs."""
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return parser.tables, parser.tags


def selection(text: str) -> dict[str, Any]:
    """What the selector of a page chooses from."""
    return next(rows for rows in specs(text) if "spoken" in rows)


def specs(text: str) -> list[dict[str, Any]]:
    """The specifications of the charts of a page."""
    packed = re.findall(
        r'<\w+ [^>]*class="vtr-[^>]*>\s*<script type="application/gzip">(.*?)</script>',
        text,
        re.DOTALL,
    )
    return [json.loads(gzip.decompress(b64decode(rows))) for rows in packed]


def values(spec: Any) -> Iterator[dict[str, Any]]:
    """Every row of data in a specification."""
    if isinstance(spec, dict):
        for rows in spec.get("datasets", {}).values():
            yield from rows
        data = spec.get("data", {})
        yield from data.get("values", ()) if isinstance(data, dict) else ()
    parts = spec.values() if isinstance(spec, dict) else spec if isinstance(spec, list) else ()
    for part in parts:
        yield from values(part)


def examples(times: float) -> settings:
    """Tries a property on so many times the examples of the profile; `tests/conftest.py` has both.

    Below 1 where one example is slow (or there is one property for each of many files), above it
    where one costs next to nothing.
    """
    return settings(max_examples=max(1, round(times * settings.default.max_examples)))
