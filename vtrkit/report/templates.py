"""The templates of the selector and of the index; every text in them is escaped."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vtrkit.sections.first_style import VARIABLES


@cache
def environment() -> Environment:
    """What renders them, with the colours of all pages; made once in a process."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "page"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters["script"] = _script
    made.globals["colours"] = Markup(VARIABLES)
    return made


def _script(value: Any) -> Markup:
    """A value as JSON within a script, which no text of it can end."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))
