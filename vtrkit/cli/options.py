"""What commands share: their inputs and options, and how they speak to a terminal."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any, get_type_hints

import click
from tqdm import tqdm

from vtrkit.errors import InputError, ParameterError
from vtrkit.facts.checked import Place, checked, without_none
from vtrkit.files.copies import COUNTS_TWICE
from vtrkit.files.skipped import UNREAD
from vtrkit.study.settings import Settings

A_PATH = click.Path(path_type=Path)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def say(text: str, err: bool = False) -> None:
    """Print text that files may have written a part of, without its control characters."""
    shown = text.encode("utf-8", "replace").decode()
    click.echo(_CONTROL.sub("\ufffd", shown), err=err)


def say_notes(notes: Iterable[str]) -> None:
    """Say on stderr what makes every figure wrong: a file that is not read, what counts twice."""
    for note in notes:
        if COUNTS_TWICE in note or UNREAD in note:
            say(f"Note: {note}", err=True)


def as_a(hint: Any, option: str) -> Callable[[str], Any]:
    """Reads an option as a `vtrkit.toml` is read, and refuses it in the same words."""
    place = Place(option, ParameterError)
    return lambda text: checked(without_none(hint), text, place, strict=False)


def a_day(flag: str, about: str) -> Callable[[Any], Any]:
    """An option that names a day."""
    return click.option(flag, metavar="DAY", type=as_a(date, flag), help=about)


def inputs(*judging: str) -> Callable[[Any], Any]:
    """The files, and as options the settings that tell how they are read, and others by name."""
    types = get_type_hints(Settings, include_extras=True)
    own = [f for f in fields(Settings) if f.metadata]
    options = [f for f in own if not f.metadata["judges"] or f.name in judging]

    def with_options(command: Any) -> Any:
        for f in reversed(options):
            flags, about = f.metadata["flags"], f.metadata["about"]
            kind = as_a(types[f.name], flags) if about["metavar"] else None
            command = click.option(flags, f.name, type=kind, default=None, **about)(command)
        return click.argument("files", nargs=-1, type=A_PATH)(command)

    return with_options


def settings_of(files: tuple[Path, ...], chosen: dict[str, Any]) -> Settings:
    """What was chosen: options go before the vtrkit.toml, and this before the defaults."""
    if not files:
        raise InputError("no input: give at least one file, folder or vtrkit.toml")
    given = {name: value for name, value in chosen.items() if value not in (None, "")}
    return replace(Settings.of(*files), **given)


def names_of(names: str) -> tuple[str, ...]:
    """Names as people list them, with commas between them."""
    return tuple(filter(None, (name.strip() for name in names.split(","))))


@contextmanager
def progress_bar() -> Iterator[Any]:
    """A bar on stderr where that is a terminal; nothing in a log."""
    with tqdm(total=None, leave=False, file=sys.stderr, disable=None, bar_format="{desc}") as bar:
        yield lambda step, done, total: bar.set_description_str(f"{step} ({done + 1}/{total})")
