"""Paths to the files that are read: below folders, inside archives, each with its account."""

import gzip
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import cast

import polars as pl

from vtrkit.errors import InputError
from vtrkit.files.encoding import Open, Survey, survey
from vtrkit.files.skipped import NO_TABLE, OWN, Skipped, is_own, named_own
from vtrkit.given import read_path

SUFFIXES = {".csv", ".tsv", ".txt", ".parquet", ".xlsx", ".json", ".jsonl", ".ndjson", ".xml"}
_ARCHIVES = {".zip", ".gz"}
_BESIDE = {".toml", ".md"}
"""Settings and notes that lie among exports: they are no data, and nobody misses them."""
_INSTEAD = {
    **dict.fromkeys((".xls", ".xlsb", ".ods", ".numbers"), "save it as .xlsx or CSV"),
    **dict.fromkeys((".zip", ".gz", ".rar", ".7z", ".tar"), "unpack it"),
    ".pdf": "download the report as text, CSV or XLSX",
}
_WORKBOOK = "xl/workbook.xml"
_MOST_HELD = 2 << 30
"""Bytes of JSON, XML, or a packed table, which are held in memory as a whole."""
_MOST_FILES = 20_000
BAD_ARCHIVE = (RuntimeError, NotImplementedError, zlib.error, zipfile.BadZipFile)
_MOST_TIMES, _SMALL = 250, 1 << 30
"""So many times larger than its archive may a large member be; exports have some ten times."""

Progress = Callable[[str, int, int], None]
Watch = Callable[[str | None], AbstractContextManager[object]]


@dataclass(frozen=True)
class Source:
    """One input file: what it is called in reports, whose packages it holds, how it is opened.

    Attributes:
        name: its path below the given folder or archive, as it can be shown.
        account: the first folder below the given one, if any.
        survey: what one pass over its bytes tells.
        open: opens it anew.
        path: where it is, unless it is packed or Polars cannot be given its name.
        among: whether it was come upon in a folder or archive, not given by its name.
        table: its rows, where it is a table in memory; see `vtrkit.files.in_memory`.
    """

    name: str
    account: str | None
    survey: Survey
    open: Open
    path: Path | None = None
    among: bool = False
    table: pl.DataFrame | None = None

    @property
    def sha256(self) -> str:
        """The hash of its content, an archive's member taken by itself."""
        return self.survey.sha256

    def content(self) -> bytes:
        """All of its bytes.

        Raises:
            InputError: there are more than can be held.
        """
        if self.survey.size > _MOST_HELD:
            raise InputError(
                f"{self.name}: more than {_MOST_HELD >> 30} GB in one file of this kind, which is "
                "read as a whole; export it in parts, or as CSV"
            )
        with self.open() as file:
            return file.read()


@dataclass(frozen=True)
class _Found:
    """A file before it is looked through."""

    name: str
    open: Open
    size: int
    folders: tuple[str, ...] = ()
    at: Path | None = None
    among: bool = False
    most: int = 1 << 60

    @property
    def account(self) -> str | None:
        """The first folder below the given one, if any."""
        return self.folders[0] if self.folders else None


def find(
    paths: Sequence[Path | str],
    progress: Progress | None = None,
    watch: Watch = nullcontext,
) -> tuple[list[Source], list[Skipped]]:
    """The readable files among paths, below folders and in archives, in order of their names.

    Args:
        paths: files, folders, and zip or gzip archives of files.
        progress: told of the bytes that are looked through.
        watch: entered while a file of an account is opened, and may take what goes wrong.

    Returns:
        The files, and those of folders and archives that are none of a kind that is read.

    Raises:
        InputError: a path does not exist, a folder or archive holds no readable file, a given
            file is empty, there are too many files or one unpacks to too much.
    """
    skipped: list[Skipped] = []
    files = [file for path in paths for file in _below(read_path(path, "input"), skipped)]
    if not files:
        raise InputError("no input: give at least one file or folder")
    unpacked: list[_Found] = []
    for file in files:
        with watch(file.account):
            unpacked += _unpacked(file, skipped)
    if len(unpacked) > _MOST_FILES:
        raise InputError(
            f"{len(unpacked):,} files, more than {_MOST_FILES:,}; give the folders in several runs"
        )
    total, done, sources = sum(file.size for file in unpacked), 0, []
    for file in unpacked:
        step = f"looking through {file.name}"
        told = partial(_advance, progress, step, done, total) if progress else None
        with watch(file.account):
            source = _source(file, told)
            if source.survey.size:
                sources.append(source)
            elif file.among:
                skipped.append(Skipped(file.name, "an empty file", "export it again"))
            else:
                raise InputError(f"{file.name}: the file is empty; export it again")
        done += file.size
    return sorted(sources, key=lambda s: (s.name, s.sha256)), skipped


def _advance(progress: Progress, step: str, done: int, total: int, size: int) -> None:
    progress(step, done + size, total)


def printable(name: str) -> str:
    """A name of a file as it can be shown: bytes that are not UTF-8 and control characters not."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _below(path: Path, skipped: list[Skipped]) -> Iterator[_Found]:
    name = printable(path.name)
    if path.is_file():
        yield _file(path, name)
        return
    if not path.is_dir():
        raise InputError(f"{name}: no such file or folder; check the spelling")
    if is_own(path):
        raise InputError(named_own(name or str(path), path))
    readable = 0
    for below in _walk(path, ()):
        inside = below.relative_to(path)
        shown = printable(inside.as_posix())
        if below.is_dir():
            skipped.append(Skipped(shown, OWN))
        elif not below.exists():
            skipped.append(Skipped(shown, "a link that leads nowhere", "correct it, or delete it"))
        elif _suffix(inside) in SUFFIXES | _ARCHIVES:
            readable += 1
            yield _file(below, shown, tuple(map(printable, inside.parts[:-1])), among=True)
        elif _suffix(inside) not in _BESIDE:
            skipped.append(_no_table(shown, inside))
    if not readable:
        raise InputError(f"{name or path}: no {', '.join(sorted(SUFFIXES))} file in here")


def _walk(folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """The files below a folder, linked folders as well; a link to a folder above ends there.

    Of a folder that vtrkit made there is the folder itself: its lists would be read as exports.
    """
    place = folder.stat()
    here = (place.st_dev, place.st_ino)
    if here in above:
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "~$")):  # hidden ones, and a spreadsheet's locks
            continue
        if path.is_dir() and not is_own(path):
            yield from _walk(path, (*above, here))
        elif path.is_file() or path.is_symlink() or path.is_dir():
            yield path


def _no_table(name: str, path: Path | PurePosixPath) -> Skipped:
    return Skipped(name, NO_TABLE, _INSTEAD.get(_suffix(path), ""))


def _suffix(path: Path | PurePosixPath) -> str:
    return path.suffix.lower()


def _file(path: Path, name: str, folders: tuple[str, ...] = (), among: bool = False) -> _Found:
    with _opened(name):
        size = path.stat().st_size
    return _Found(name, cast("Open", partial(path.open, "rb")), size, folders, path, among)


def _source(file: _Found, told: Callable[[int], None] | None) -> Source:
    def watched(size: int) -> None:
        if size > file.most:
            raise InputError(
                f"{file.name}: unpacks to more than {file.most >> 20:,} MB, {_MOST_TIMES} times "
                "its size or more; that is no export: unpack it yourself and check it"
            )
        if told:
            told(size)

    with _opened(file.name), file.open() as opened:
        found = survey(opened, watched)
    # Polars takes no name that is not UTF-8
    path = file.at if file.at and printable(str(file.at)) == str(file.at) else None
    return Source(file.name, file.account, found, file.open, path, file.among)


# --- archives --------------------------------------------------------------------------------


def _unpacked(file: _Found, skipped: list[Skipped]) -> Iterator[_Found]:
    """The file itself, or what it holds where it is an archive, whatever its name says."""
    assert file.at
    with _opened(file.name):
        with file.open() as opened:
            start = opened.read(4)
        if start.startswith(b"\x1f\x8b"):
            opens = cast("Open", partial(gzip.open, file.at))
            yield replace(file, open=opens, at=None, most=max(_SMALL, file.size * _MOST_TIMES))
        elif start == b"PK\3\4" and (zipfile.is_zipfile(file.at) or _suffix(file.at) in _ARCHIVES):
            archive = zipfile.ZipFile(file.at)
            if _WORKBOOK in archive.namelist():
                if sum(m.file_size for m in archive.infolist()) > max(_SMALL, file.size * 40):
                    most = f"unpacks to more than {_SMALL >> 20:,} MB"
                    raise InputError(f"{file.name}: {most}; save its sheets as CSV")
                yield file
            else:
                yield from _members(archive, file, skipped)
        else:
            yield file


def _members(archive: zipfile.ZipFile, file: _Found, skipped: list[Skipped]) -> Iterator[_Found]:
    seen: dict[str, int] = {}
    for info in sorted(archive.infolist(), key=lambda i: (i.filename, i.header_offset)):
        names = (n for n in PurePosixPath(info.filename).parts if n.strip("/") not in {"", ".."})
        path = PurePosixPath(*names)
        parts = tuple(map(printable, path.parts))
        if info.is_dir() or any(part.startswith((".", "~$", "__MACOSX")) for part in path.parts):
            continue
        name = "/".join((file.name, *parts))
        if _suffix(path) not in SUFFIXES:
            skipped.append(_no_table(name, path))
            continue
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:  # an archive may hold several members of one name
            name = f"{name} ({seen[name]})"
        opens = cast("Open", partial(archive.open, info))
        folders, most = (*file.folders, *parts[:-1]), max(_SMALL, info.compress_size * _MOST_TIMES)
        yield _Found(name, opens, info.file_size, folders, among=True, most=most)
    if not seen:
        if not file.among:
            raise InputError(f"{file.name}: no {', '.join(sorted(SUFFIXES))} file in this archive")
        skipped.append(Skipped(file.name, "an archive without a file that vtrkit reads"))


@contextmanager
def _opened(name: str) -> Iterator[None]:
    """Whatever goes wrong while a file is opened or unpacked, in a sentence of ours."""
    try:
        yield
    except PermissionError:
        raise InputError(f"{name}: cannot be opened; you have no right to read it") from None
    except (OSError, EOFError, *BAD_ARCHIVE) as e:
        raise InputError(
            f"{name}: cannot be opened ({type(e).__name__}); the file or archive is damaged, cut "
            "short or locked: unpack it yourself, or download it again"
        ) from None
