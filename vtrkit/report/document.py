"""Paragraphs, tables and pictures under headings, shown in a notebook or saved for people."""

import html
import re
from base64 import b64encode
from dataclasses import dataclass
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.files.scratch import whole
from vtrkit.given import read_path
from vtrkit.words import table

Piece = str | pl.DataFrame | bytes
"""A paragraph, a table, or a picture as PNG."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""What no XML can hold; names come from files."""


@dataclass(frozen=True)
class Document:
    """A document under Amazon's three headings; display it, or save it as .md, .html or .docx.

    Args:
        title: whose it is, and of which day.
        parts: each heading with what stands below it.
    """

    title: str
    parts: tuple[tuple[str, tuple[Piece, ...]], ...]

    def _repr_html_(self) -> str:
        pieces = (
            f"<h3>{html.escape(heading)}</h3>" + "".join(map(_markup, below))
            for heading, below in self.parts
        )
        return f"<h2>{html.escape(self.title)}</h2>{''.join(pieces)}"

    def __repr__(self) -> str:
        """The same as Markdown, without its picture."""
        parts = (
            "\n\n".join([f"## {heading}", *filter(None, map(_markdown, below))])
            for heading, below in self.parts
        )
        return "\n\n".join([f"# {self.title}", *parts]) + "\n"

    def save(self, path: str | Path) -> Path:
        """Write it as Markdown, HTML or a Word document, by the end of the name; the path.

        Raises:
            ParameterError: another kind, or python-docx is not there for a Word document.
        """
        to = read_path(path, "plan of action")
        kinds = {".md": self._as_markdown, ".html": self._as_page, ".docx": self._as_word}
        if to.suffix not in kinds:
            raise ParameterError(f"{to.name}: give a name that ends in {', '.join(kinds)}")
        content = kinds[to.suffix]()
        with whole(to) as ready:
            ready.write(content)
        return to

    def _as_markdown(self) -> bytes:
        return repr(self).encode()

    def _as_page(self) -> bytes:
        style = "body{font:16px/1.5 system-ui,sans-serif;max-width:50em;margin:2em auto}"
        style += "td,th{padding:.2em .8em .2em 0;text-align:left}"
        head = f'<meta charset="utf-8"><title>{html.escape(self.title)}</title>'
        head += f"<style>{style}</style>"
        return f"<!doctype html>{head}{self._repr_html_()}".encode()

    def _as_word(self) -> bytes:
        if find_spec("docx") is None:
            raise ParameterError(
                "a Word document needs python-docx; install it with: pip install 'vtrkit[docx]'"
            )
        from docx import Document as Word  # noqa: PLC0415 - an extra, once it is used
        from docx.shared import Inches  # noqa: PLC0415 - likewise

        document = Word()
        document.add_heading(_clean(self.title), 0)
        for heading, below in self.parts:
            document.add_heading(heading, 1)
            for piece in below:
                if isinstance(piece, bytes):
                    document.add_picture(BytesIO(piece), width=Inches(6))
                elif isinstance(piece, str):
                    document.add_paragraph(_clean(piece))
                else:
                    grid = document.add_table(0, piece.width, style="Light Grid Accent 1")
                    for values in (piece.columns, *piece.rows()):
                        for cell, value in zip(grid.add_row().cells, values, strict=True):
                            cell.text = _clean(_cell(value))
        content = BytesIO()
        document.save(content)
        return content.getvalue()


def _markup(piece: Piece) -> str:
    if isinstance(piece, bytes):
        picture = f'alt="the rate day by day" src="data:image/png;base64,{_coded(piece)}"'
        return f'<p><img style="max-width:100%" {picture}></p>'
    if isinstance(piece, str):
        return f"<p>{html.escape(piece)}</p>"
    return table(piece, {name: name for name in piece.columns}, limit=1000).markup


def _coded(png: bytes) -> str:
    return b64encode(png).decode()


def _markdown(piece: Piece) -> str:
    if isinstance(piece, bytes):
        return ""
    if isinstance(piece, str):
        return piece.replace("[", "\\[").replace("]", "\\]")
    rows = [piece.columns, ["---"] * piece.width, *piece.rows()]
    return "\n".join(f"| {' | '.join(_cell(v).replace('|', '/') for v in row)} |" for row in rows)


def _cell(value: object) -> str:
    return "" if value is None else str(value)


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text)
