"""Paths to the files that are read: below folders, inside archives, each with its account."""

import gzip
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from vtrkit.errors import InputError
from vtrkit.files.encoding import BLOCK, Survey, survey
from vtrkit.words import read_path

SUFFIXES = {".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".json", ".jsonl", ".ndjson"}
_ARCHIVES = {".zip", ".gz"}
_WORKBOOK = "xl/workbook.xml"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Source:
    """One input file: where it is, what it is called in reports, and whose packages it holds."""

    path: Path
    name: str
    account: str | None
    survey: Survey

    @property
    def sha256(self) -> str:
        """The hash of its content, an archive's member taken by itself."""
        return self.survey.sha256


@dataclass(frozen=True)
class _Found:
    """A file before it is looked through."""

    path: Path
    name: str
    folders: tuple[str, ...] = ()


def find(
    paths: Sequence[Path | str], scratch: Path, progress: Progress | None = None
) -> list[Source]:
    """The readable files among paths, below folders and in archives, in order of their names.

    Args:
        paths: files, folders, and zip or gzip archives of files.
        scratch: a folder for what archives hold.
        progress: told of the bytes that are looked through.

    Raises:
        InputError: a path does not exist, a folder or archive holds no readable file, a file is
            empty.
    """
    files = [file for path in paths for file in _below(read_path(path, "input"))]
    if not files:
        raise InputError("no input: give at least one file or folder")
    unpacked = [member for file in files for member in _unpacked(file, scratch)]
    sizes, done, found = [_size(file) for file in unpacked], 0, []
    for file, size in zip(unpacked, sizes, strict=True):
        found.append(_source(file, _told(file.name, done, sum(sizes), progress)))
        done += size
    return sorted(found, key=lambda s: (s.name, s.sha256))


def _told(name: str, done: int, total: int, progress: Progress | None) -> Callable[[int], None]:
    return lambda size: (
        progress(f"looking through {name}", done + size, total) if progress else None
    )


def _below(path: Path) -> Iterator[_Found]:
    if path.is_file():
        yield _Found(path, path.name)
        return
    if not path.exists():
        raise InputError(f"{path.name}: no such file or folder; check the spelling")
    files = sorted(p for p in path.rglob("*") if _readable(p))
    if not files:
        raise InputError(f"{path.name or path}: no {', '.join(sorted(SUFFIXES))} file in here")
    for file in files:
        below = file.relative_to(path)
        yield _Found(file, below.as_posix(), below.parts[:-1])


def _readable(path: Path) -> bool:
    return _is_meant(path, SUFFIXES | _ARCHIVES) and path.is_file()


def _is_meant(path: Path | PurePosixPath, suffixes: set[str]) -> bool:
    """Whether a file of a folder is meant; hidden ones and a spreadsheet's locks are not."""
    return path.suffix.lower() in suffixes and not path.name.startswith((".", "~$"))


def _size(file: _Found) -> int:
    try:
        return file.path.stat().st_size
    except OSError:
        return 0


def _source(file: _Found, told: Callable[[int], None]) -> Source:
    try:
        found = survey(file.path, told)
    except OSError as e:
        raise InputError(f"{file.name}: cannot be opened ({type(e).__name__})") from None
    if not found.size:
        raise InputError(f"{file.name}: the file is empty; export it again")
    return Source(file.path, file.name, file.folders[0] if file.folders else None, found)


# --- archives --------------------------------------------------------------------------------


def _unpacked(file: _Found, scratch: Path) -> Iterator[_Found]:
    """The file itself, or what it holds where it is an archive, whatever its name says."""
    with _archive(file.name):
        with file.path.open("rb") as opened:
            start = opened.read(4)
        if start.startswith(b"\x1f\x8b"):
            with gzip.open(file.path) as member:
                yield _Found(_copied(cast("IO[bytes]", member), scratch), file.name, file.folders)
        elif start == b"PK\3\4" and zipfile.is_zipfile(file.path):
            with zipfile.ZipFile(file.path) as archive:
                members = archive.namelist()
                yield from [file] if _WORKBOOK in members else _members(archive, file, scratch)
        else:
            yield file


def _members(archive: zipfile.ZipFile, file: _Found, scratch: Path) -> Iterator[_Found]:
    names = sorted(n for n in archive.namelist() if _is_meant(PurePosixPath(n), SUFFIXES))
    names = [n for n in names if not n.startswith("__MACOSX/")]
    if not names:
        raise InputError(f"{file.name}: no {', '.join(sorted(SUFFIXES))} file in this archive")
    for name in names:
        with archive.open(name) as member:
            path = _copied(member, scratch)
        folders = PurePosixPath(name).parts[:-1]
        yield _Found(path, f"{file.name}/{name}", (*file.folders, *folders))


def _copied(member: IO[bytes], scratch: Path) -> Path:
    """A member beside the others under a name of ours: its own may point anywhere."""
    path = scratch / f"member-{len(list(scratch.iterdir())):06}"
    with path.open("wb") as out:
        shutil.copyfileobj(member, out, BLOCK)
    return path


@contextmanager
def _archive(name: str) -> Iterator[None]:
    try:
        yield
    except (
        OSError,
        EOFError,
        RuntimeError,
        NotImplementedError,
        zlib.error,
        zipfile.BadZipFile,
    ) as e:
        raise InputError(
            f"{name}: cannot be opened ({type(e).__name__}); the archive is damaged, cut short or "
            "locked: unpack it yourself, or download it again"
        ) from None
