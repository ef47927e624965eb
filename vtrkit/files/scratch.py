"""Private temporary folders: locked by the process that uses them, swept up when that is gone."""

import os
import shutil
import sys
import weakref
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import gettempdir, mkdtemp
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_PREFIX, _LOCK = "vtrkit-", "in-use"


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
            _hold(lock)
            # under its name only once it is held: else a sweep could come in between
            (self.path / "new").rename(self.path / _LOCK)
        self.remove = weakref.finalize(self, _remove, self.path, lock)


def sweep(where: Path) -> None:
    """Delete the temporary folders in a place of which no living process holds the lock."""
    for entry in os.scandir(where):
        named = entry.name.removeprefix(".").startswith(_PREFIX)
        if named and entry.is_dir(follow_symlinks=False):
            path = Path(entry.path)
            try:
                with (path / _LOCK).open("rb+") as lock:
                    _hold(lock)
                    _remove(path, lock)
            except OSError:  # somebody holds it, or it is another user's
                continue


_sweep_once = cache(sweep)


def _hold(lock: BinaryIO) -> None:
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
