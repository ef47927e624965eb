"""Rules, carriers, number formats and file layouts: data with a source and a date, no code."""

import hashlib
import re
import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from vtrkit.errors import FactsError, VtrkitError, refusal
from vtrkit.facts.checked import Place, build

T = TypeVar("T")


class Document(NamedTuple):
    """A table of facts together with the place of each of its headers, for messages."""

    name: str
    table: dict[str, Any]
    headers: dict[str, int]
    error: type[VtrkitError] = FactsError
    """What is raised about it."""

    def place(self, header: str = "") -> Place:
        """Where a table starts: `policies.toml line 12: [policy.us-2025]`; the file, if none."""
        line = f" line {self.headers[header]}" if header in self.headers else ""
        return Place(f"{self.name}{line}: [{header}]" if header else self.name, self.error)


def read(name: str) -> dict[str, Any]:
    """One of the package's own tables of facts, by the stem of its file name."""
    return shipped(name).table


@cache
def shipped(name: str) -> Document:
    """One of the package's own files of facts, by its stem; read once, so not to be changed."""
    return parse((files(__name__) / f"{name}.toml").read_text("utf-8"), f"{name}.toml")


def entries(name: str, table: str, kind: type[T]) -> dict[str, T]:
    """The tables `[table.ID]` of one of the package's own files as checked values, by their id."""
    document = shipped(name)
    return {
        key: build(kind, entry, document.place(f"{table}.{key}"), id=key)
        for key, entry in document.table[table].items()
    }


def read_file(path: Path, error: type[VtrkitError] = FactsError) -> Document:
    """A user's own TOML file.

    Raises:
        VtrkitError: of the kind asked for: the file is missing, not UTF-8 or not TOML.
    """
    try:
        return parse(path.read_text("utf-8-sig"), path.name, error)
    except FileNotFoundError:
        raise error(f"{path.name}: no such file; give the path of a TOML file") from None
    except OSError as e:
        raise error(refusal(e)[1]) from None
    except ValueError as e:  # no UTF-8, or a path that no system takes
        raise error(
            f"{path.name}: cannot be read as UTF-8 text ({type(e).__name__}); save it as TOML"
        ) from None


def parse(text: str, name: str, error: type[VtrkitError] = FactsError) -> Document:
    """A TOML text with decimals kept exact.

    Raises:
        VtrkitError: of the kind asked for: not TOML; the message has the line.
    """
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as e:
        raise error(f"{name}: not valid TOML: {e}") from None
    except RecursionError:
        raise error(f"{name}: lists or tables too deep inside each other; check the file") from None
    return Document(name, table, _headers(text), error)


def digest(*names: str) -> str:
    """A short hash of the named tables as shipped, to tell which facts judged a tally."""
    texts = [(files(__name__) / f"{name}.toml").read_bytes() for name in names]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]


_HEADER = re.compile(r"\s*\[\[?([^\[\]=]+)\]\]?\s*(?:#.*)?")


def _headers(text: str) -> dict[str, int]:
    """The line, counted from 1, on which each table begins."""
    found: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            name = ".".join(part.strip(" \t\"'") for part in header[1].split("."))
            found.setdefault(name, number)
    return found
