"""What can go wrong, as one tree.

```
VtrkitError              exit code 2
├── InputError           a seller's file or folder cannot be read as packages
│   ├── MappingError     a mapping or layout names something that is not there
│   │   └── UnrecognisedError  a file is of no kind that is read as packages
│   └── RejectedError    too many rows of the input are wrong
├── FactsError           a table of rules or carriers is malformed
├── ParameterError       an argument, option or notebook parameter is wrong
│   └── OutsideError     a day that the data do not reach
├── TallyError           tallies that must not be added up, or lack a column
└── ReportError          exit code 3: a notebook failed while it was rendered
```

Every message says what is wrong, where, and what to do. None carries an order id, a name, an
address or a cell of a column that nobody mapped.
"""

import errno
import re
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path


class VtrkitError(Exception):
    """Anything that vtrkit refuses, with a message made for the person at the keyboard.

    Examples:
        >>> import vtrkit
        >>> try:
        ...     vtrkit.Target(9500)
        ... except vtrkit.VtrkitError as refused:
        ...     print(refused)
        target '9500': give a percent from 50 to 100, as 95 or '95 %', or a share up to 1, as 0.95
    """

    exit_code = 2


class InputError(VtrkitError):
    """A file or folder cannot be read as packages."""


class MappingError(InputError):
    """A mapping or layout names something that is not there."""


class UnrecognisedError(MappingError):
    """A file is of no kind that is read as packages; in a folder it is skipped and named."""

    def __init__(self, message: str, what: str = "", instead: str = "", tells: str = "") -> None:
        """Keep what the file is, what to give instead, and what a known kind of file tells."""
        super().__init__(message)
        self.what, self.instead, self.tells = what, instead, tells


class RejectedError(InputError):
    """More rows were rejected than the limit allows."""


class FactsError(VtrkitError):
    """A table of facts (rules, carriers, layouts) is malformed."""


class ParameterError(VtrkitError):
    """An argument, an option or a notebook parameter is wrong."""


class OutsideError(ParameterError):
    """A day is asked for that the data do not reach."""


class TallyError(VtrkitError):
    """Tallies that must not be added up, or that lack a column that is asked for."""


class ReportError(VtrkitError):
    """A notebook failed while it was rendered."""

    exit_code = 3


def nearest(name: object, known: Iterable[str]) -> str:
    """The known names most like a wrong one, as the end of a message; empty if none is near.

    Examples:
        >>> nearest("promise", ["promised_date", "order_id"])
        ' (did you mean promised_date?)'
        >>> nearest("zzz", ["promised_date"])
        ''
    """
    known = {k.casefold(): k for k in known}
    near = [known[k] for k in get_close_matches(str(name).casefold(), known, n=2, cutoff=0.5)]
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def refusal(error: BaseException) -> tuple[int, str]:
    """The exit code for what went wrong, and a line that says what to do."""
    if isinstance(error, VtrkitError):
        return error.exit_code, str(error)
    if isinstance(error, OSError) or system_code(error):
        named, said = (getattr(error, name, None) for name in ("filename", "strerror"))
        where = f"{Path(str(named)).absolute().name}: " if named else ""
        why = _SYSTEM.get(system_code(error), f"{said or type(error).__name__}; try again")
        return 2, f"{where}{why}"
    if isinstance(error, MemoryError):
        return 2, "not enough memory; close other programs, or give fewer files at once"
    return 1, f"vtrkit itself failed ({type(error).__name__}); {_REPORT}"


def system_code(error: BaseException) -> int:
    """The system's number of what failed, which some have in their words alone; 0 if it has none.

    Polars forgets it where it cannot write the heading of a page: nearly always the disk is full.
    """
    text = str(error)
    said = re.search(r"\b(?:os error |Errno )(\d+)", text)
    number = int(said[1]) if said else 0
    unwritten = "Invalid thrift: transport error" in text
    return getattr(error, "errno", None) or number or (errno.ENOSPC if unwritten else 0)


_FULL = "the disk is full; free some space, or set --out and TMPDIR to folders on another disk"
_REPORT = "that is a bug worth reporting, with the command and the kinds of its files"
_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "it is larger than files may be here; ask for a larger limit, or another disk",
    errno.EROFS: "the disk cannot be written to; choose another folder",
    errno.ENOTDIR: "a file stands where a folder belongs; choose another path",
    errno.EEXIST: "a file stands where a folder belongs; choose another path",
    errno.EISDIR: "a folder stands where a file belongs; choose another path",
    errno.ENOENT: "no such file or folder; check the spelling",
    errno.EACCES: "you have no right to read or write it; choose another path",
    errno.EPERM: "you have no right to read or write it; choose another path",
    errno.ENAMETOOLONG: "the name is too long; choose another path",
    errno.EMFILE: "too many open files; give fewer at once",
}


def shown(given: object) -> str:
    """What was given, as a message may show it: of what may hold rows only its kind.

    Examples:
        >>> shown(5), shown([{"buyer": "Jane Doe"}])
        ('5', 'a list (records become a table by polars.DataFrame)')
    """
    if isinstance(given, Mapping | Sequence) and not isinstance(given, str):
        return f"a {type(given).__name__} (records become a table by polars.DataFrame)"
    plain = isinstance(given, str | int | float | None)
    return reprlib.repr(given) if plain else f"a {type(given).__name__}"
