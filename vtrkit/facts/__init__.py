"""Rules, carriers, number formats and file layouts: data with a source and a date, no code."""

import hashlib
import tomllib
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

from vtrkit.errors import FactsError


def read(name: str) -> dict[str, Any]:
    """One of the package's own tables of facts, by the stem of its file name."""
    return parse((files(__name__) / f"{name}.toml").read_text("utf-8"), f"{name}.toml")


def read_file(path: Path) -> dict[str, Any]:
    """A user's own table in the same form.

    Raises:
        FactsError: the file is missing, not UTF-8 or not TOML.
    """
    try:
        return parse(path.read_text("utf-8"), path.name)
    except FileNotFoundError:
        raise FactsError(f"{path.name}: no such file; give the path of a TOML file") from None
    except (UnicodeDecodeError, OSError) as e:
        raise FactsError(
            f"{path.name}: cannot be read as UTF-8 text ({type(e).__name__}); save it as TOML"
        ) from None


def parse(text: str, name: str) -> dict[str, Any]:
    """A TOML text with decimals kept exact.

    Raises:
        FactsError: not TOML; the message has the line.
    """
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as e:
        raise FactsError(f"{name}: not valid TOML: {e}") from None


def digest(*names: str) -> str:
    """A short hash of the named tables as shipped, to tell which facts judged a tally."""
    texts = [(files(__name__) / f"{name}.toml").read_bytes() for name in names]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()[:16]
