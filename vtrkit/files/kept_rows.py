"""The rows of files that were read, kept in a folder each, so that no file is read again."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

import msgspec
import polars as pl

from vtrkit.errors import InputError
from vtrkit.files.encoding import Survey
from vtrkit.files.forms import Layout
from vtrkit.files.large import Buckets
from vtrkit.files.one_file import File
from vtrkit.files.reading import Read, Reader
from vtrkit.files.sources import Source

_OFFICIAL = "official.parquet"
_ABOUT, _SCRATCH = "about.json", "scratch"
_TABLES = ("good", "rejects", "voided", "odd", "days")


@dataclass(frozen=True)
class _About:
    """What is known of a file beside its rows; see `vtrkit.files.one_file.File`."""

    name: str
    account: str
    survey: Survey
    layout: Layout
    encoding: str
    seen: date | None
    rows: int
    blank: int
    assumed: Mapping[str, str]
    given: str | None
    names_some: bool
    lacks: tuple[str, ...]


class Kept:
    """A folder with a folder for each file that was read as somebody said, complete by rename."""

    def __init__(self, folder: Path, reader: Reader) -> None:
        """Where it is, and how files are read."""
        self._folder, self._reader = folder, reader
        self.given: dict[str, tuple[str, str, str]] = {}
        """Name, content and account of each file that was given, by the folder of its rows."""

    def begin(self, sources: Sequence[Source]) -> None:
        """What a killed process left half-read is deleted; nothing depends on all files."""
        del sources
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(".new-*"):
            shutil.rmtree(left)

    def take(self, source: Source, read: Read) -> File | pl.DataFrame:
        """A file read, by its name, content and account only once.

        Raises:
            InputError: it changed while it was read.
        """
        identity = (source.name, source.sha256, str(source.account))
        reader, market = self._reader, self._reader.markets.of(source.name)
        zones = {zone: sorted(names) for zone, names in reader.zones.items()}
        said = (identity, reader.mapped, market, zones, reader.seen, reader.day_first)
        key = digest(said)
        if not (self._folder / key).is_dir():
            new = self._folder / f".new-{key}"
            (new / _SCRATCH).mkdir(parents=True)
            owner = str(source.account)
            rows = read(new / _SCRATCH, lambda: Buckets(new / "rows", 1, owner))
            shutil.rmtree(new / _SCRATCH)
            _write(rows, new)
            if source.table is None:
                _check_same(source)
            new.rename(self._folder / key)
        self.given[key] = identity
        return self.file(key)

    def file(self, key: str) -> File | pl.DataFrame:
        """The rows of a file that was read, not dated yet, or Amazon's own figures."""
        folder = self._folder / key
        if (folder / _OFFICIAL).is_file():
            return pl.read_parquet(folder / _OFFICIAL, glob=False)
        about = msgspec.json.decode((folder / _ABOUT).read_bytes(), type=_About)
        good, rejects, voided, odd, days = (
            pl.read_parquet(folder / f"{name}.parquet", glob=False) for name in _TABLES
        )
        return File(
            Source(about.name, about.account, about.survey, _gone),
            about.layout,
            about.encoding,
            None,
            "",
            about.rows,
            good,
            Buckets(folder / "rows", 1, about.account, kept=True),
            rejects,
            voided,
            blank=about.blank,
            odd=odd,
            assumed=about.assumed,
            given=about.given,
            key=key,
            days=days,
            seen=about.seen,
            names_some=about.names_some,
            lacks=about.lacks,
        )


def _write(file: File | pl.DataFrame, folder: Path) -> None:
    if isinstance(file, pl.DataFrame):
        file.write_parquet(folder / _OFFICIAL)
        return
    for name in _TABLES:
        getattr(file, name).write_parquet(folder / f"{name}.parquet")
    about = _About(
        file.source.name,
        file.account,
        file.source.survey,
        file.layout,
        file.encoding,
        file.seen,
        file.rows,
        file.blank,
        file.assumed,
        file.given,
        file.names_some,
        tuple(file.lacks),
    )
    (folder / _ABOUT).write_bytes(msgspec.json.encode(about))


def _check_same(source: Source) -> None:
    """Refuse a file that is another one than when it was looked through."""
    try:
        with source.open() as file:
            same = hashlib.file_digest(file, "sha256").hexdigest() == source.sha256  # type: ignore[arg-type]
    except FileNotFoundError:
        same = False
    if not same:
        raise InputError(
            f"{source.name}: changed while it was read; nothing of it was taken. Run the same "
            "command again when it is written"
        )


def digest(about: object) -> str:
    """A name for what was said."""
    return hashlib.sha256(repr(about).encode()).hexdigest()[:32]


def _gone() -> NoReturn:
    raise AssertionError("a file whose rows are kept is not opened again")
