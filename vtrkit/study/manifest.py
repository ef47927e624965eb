"""What a STORE holds, who may write it, and what is swept up; see `vtrkit.study.stored`."""

import errno
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import msgspec
import polars as pl

from vtrkit.errors import InputError, ParameterError
from vtrkit.files.scratch import hold, whole
from vtrkit.files.skipped import Skipped

_MANIFEST, _LOCK = "vtrkit-store.json", "lock"
LISTS = ("unmatched", "summary", "uncategorised", "restated", "doubts")
RULES, NOTES = "rules", "notes.json"
PARTS, GONE = "packages/*.parquet", "gone.parquet"
SUPERSEDED = {"account": pl.String, "order_id": pl.String, "before": pl.UInt32}
"""Orders that a later part has anew, and the number of that part."""
ROWS = "private/rows"
_MADE_BY = f"vtrkit {version('vtrkit')} with polars {version('polars')}"


class Manifest(NamedTuple):
    """What a STORE holds.

    Args:
        made_by: versions of what made it; another one may settle or hash otherwise.
        number: the newest of its folders; 0 before there is any.
        files: name, content and account of each file, by the folder of its rows.
        day_first: whether the day stands first in the names of files.
        settled: how rows became packages, and verdicts.
        known: what all rows together tell.
        skipped: the files that are not read: name, what it is, what to give instead.
    """

    made_by: str
    number: int = 0
    files: dict[str, tuple[str, str, str]] = {}  # noqa: RUF012 - a default that nobody changes
    day_first: bool | None = None
    settled: str = ""
    known: tuple[list[str], dict[str, str]] = ([], {})
    skipped: list[Skipped] = []  # noqa: RUF012 - likewise

    def without(self, skipped: Sequence[Skipped]) -> "Manifest":
        """The same with further files that are not read, those that it has by now left out."""
        read = {name for name, _, _ in self.files.values()}
        every = {file.name: file for file in (*self.skipped, *skipped) if file.name not in read}
        return self._replace(skipped=[every[name] for name in sorted(every)])


def private(path: Path, manifest: Manifest) -> Path:
    """Where packages are, and what became of every row."""
    return path / "private" / f"{manifest.number:06}"


def shared(path: Path, manifest: Manifest) -> Path:
    """Where the tally is."""
    return path / "tally" / f"{manifest.number:06}"


def write_lists(folder: Path, lists: Mapping[str, pl.DataFrame], notes: Sequence[str]) -> None:
    """What became of every row, beside the packages."""
    for name in LISTS:
        lists[name].write_parquet(folder / f"{name}.parquet")
    (folder / NOTES).write_bytes(msgspec.json.encode(list(notes)))


def published(path: Path, manifest: Manifest, rules: Path | str | None) -> None:
    """Have a STORE hold what is written, with the user's own rules, and nothing else."""
    if rules:
        (shared(path, manifest) / RULES).mkdir()
        shutil.copy(rules, shared(path, manifest) / RULES)
    write(path, manifest)
    sweep(path, manifest)
    # until now: a call that comes to no end leaves what it has read to the next
    for left in (path / ROWS).iterdir():
        if left.name not in manifest.files:
            shutil.rmtree(left)


def is_store(inputs: Sequence[str]) -> bool:
    """Whether the input is a STORE.

    Raises:
        ParameterError: it is one of several.
    """
    stores = [path for path in map(Path, inputs) if (path / _MANIFEST).is_file()]
    if stores and len(inputs) > 1:
        raise ParameterError(
            f"{stores[0].name} is a store of `vtrkit tally`, and {len(inputs)} inputs are given; "
            "give it alone, after the others were added by `vtrkit tally`"
        )
    return bool(stores)


def manifest(path: Path) -> Manifest:
    """What a STORE holds."""
    try:
        held = msgspec.json.decode((path / _MANIFEST).read_bytes(), type=Manifest)
    except msgspec.MsgspecError:
        held = Manifest("another program")
    if held.made_by != _MADE_BY:
        raise InputError(
            f"{path.name}: a store of {held.made_by}, and this is {_MADE_BY}; give the exports "
            "to `vtrkit tally` with another --out"
        )
    return held


@contextmanager
def writing(path: Path) -> Iterator[Manifest]:
    """What a STORE holds, while nobody else writes it; a new one if there is none."""
    there = [p.name for p in path.iterdir()] if path.is_dir() else []
    if (path.exists() and not path.is_dir()) or (_MANIFEST not in there and {*there} - {_LOCK}):
        raise InputError(
            f"{path.name}: no store of `vtrkit tally`, and not empty; give another --out"
        )
    path.mkdir(parents=True, exist_ok=True)
    with (path / _LOCK).open("ab") as lock:
        try:
            hold(lock)
        except OSError as e:
            if e.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK):
                raise
            raise InputError(
                f"{path.name}: another `vtrkit tally` is writing it; wait until it is done"
            ) from None
        if not (path / _MANIFEST).exists():
            write(path, Manifest(_MADE_BY))
        held = manifest(path)
        sweep(path, held)
        yield held


def sweep(path: Path, manifest: Manifest) -> None:
    """Delete what the manifest does not name, but for the folders before the newest."""
    kept = {"rows", *(f"{manifest.number - n:06}" for n in (0, 1))}
    for room in ("private", "tally"):
        for left in (path / room).glob("*"):
            if left.name not in kept:
                shutil.rmtree(left)


def write(path: Path, manifest: Manifest) -> None:
    """Have a STORE hold this, at once."""
    with whole(path / _MANIFEST) as ready:
        ready.write(msgspec.json.format(msgspec.json.encode(manifest)))


def apart(inputs: Sequence[str], out: Path) -> None:
    """Refuse a folder of exports as the one that receives what is made of them."""
    # a file given as the folder is refused as such, where it would be made
    if out.is_dir() and any(out.resolve() == given.resolve() for given in map(Path, inputs)):
        raise InputError(
            f"{out.name}: your exports are in it; give --out another folder, which may be inside it"
        )


def outside(inputs: Sequence[str], path: Path) -> None:
    """Refuse a STORE among its own inputs, or one as an input."""
    for given in map(Path, inputs):
        if (given / _MANIFEST).is_file():
            raise InputError(f"{given.name}: a store, and no exports; give the files themselves")
    beside(inputs, path)


def beside(inputs: Sequence[str], path: Path) -> None:
    """Refuse a path among the exports, where it would be read as one of them."""
    for given in map(Path, inputs):
        if path.resolve().is_relative_to(given.resolve()):
            raise InputError(
                f"{path.name} lies in {given.name}, which is read; give an --out outside of it"
            )


def linked(old: Path, new: Path, without: Sequence[str] = ()) -> int:
    """Have the files of a folder in another one too, without copying them; how many there are."""
    files = [file for file in sorted(old.glob("*.parquet")) if file.stem not in without]
    for file in files:
        try:
            os.link(file, new / file.name)
        except OSError:  # a disk without links
            shutil.copyfile(file, new / file.name)
    return len(files)
