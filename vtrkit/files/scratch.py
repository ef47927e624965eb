"""Private temporary folders, swept up when their process is gone; files that appear whole."""

import os
import shutil
import sys
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import BinaryIO, NamedTuple

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PREFIX, _LOCK = "vtrkit-", "in-use"


class Fixed(NamedTuple):
    """A folder that stays, where else a private temporary one would do."""

    path: Path


class Folder:
    """A private temporary folder, gone when nobody refers to it any more."""

    def __init__(self, within: Path | None = None) -> None:
        """Make it, after folders that killed processes have left behind are swept up.

        Args:
            within: where, if not among the temporary files; its name is a hidden one then.
        """
        _sweep_once(within or Path(gettempdir()))
        self.path = Path(mkdtemp(prefix=f".{_PREFIX}" if within else _PREFIX, dir=within))
        lock = (self.path / "new").open("wb")
        with suppress(OSError):  # a network disk without locks: nobody sweeps there either
            hold(lock)
            # under its name only once it is held: else a sweep could come in between
            (self.path / "new").rename(self.path / _LOCK)
        self.remove = weakref.finalize(self, _remove, self.path, lock)


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write that is at `path` once it is finished; until then what was there stays.

    Raises:
        OSError: it cannot be written there.
    """
    pipe = path.exists() and not path.is_file()  # as /dev/stdout is one
    ready = path if pipe else path.resolve().with_name(f".{path.name}-{os.getpid()}")
    try:
        file = ready.open("wb")
    except OSError as e:
        raise OSError(e.errno, e.strerror, str(path)) from None
    try:
        with file:
            yield file
        if not pipe:
            ready.replace(path.resolve())
    finally:
        if not pipe:
            ready.unlink(missing_ok=True)


def sweep(where: Path) -> None:
    """Delete the temporary folders in a place that no living process has locked."""
    for entry in os.scandir(where):
        named = entry.name.removeprefix(".").startswith(_PREFIX)
        if named and entry.is_dir(follow_symlinks=False):
            path = Path(entry.path)
            try:
                with (path / _LOCK).open("rb+") as lock:
                    hold(lock)
                    _remove(path, lock)
            except OSError:  # somebody holds it, or it is another user's
                continue


_sweep_once = cache(sweep)


def hold(lock: BinaryIO) -> None:
    """Lock a file for as long as it is open; OSError where another process has it."""
    if sys.platform == "win32":
        msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove(path: Path, lock: BinaryIO) -> None:
    if sys.platform == "win32":  # an open file cannot be deleted there
        lock.close()
    shutil.rmtree(path, ignore_errors=True)
    lock.close()
