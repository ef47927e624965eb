"""What lies among exports and is none: what it is, and what to give instead."""

from pathlib import Path
from typing import NamedTuple

NO_TABLE = "not a kind of file that vtrkit reads"
UNREAD = " is not read: "
"""What stands behind the name of a file in the sentence about it."""
OWN = "made by vtrkit from exports, so no export"
_MADE = (
    ("to_do.csv", "to_do.xlsx"),
    ("index.json", "index.html"),
    ("settings.json", "tally"),
    ("vtrkit-store.json",),
)
"""What lies in a folder that `vtrkit report`, `fix` or `tally` wrote."""


class Skipped(NamedTuple):
    """A file that is not read: its name, what it is taken for, and what to give instead."""

    name: str
    what: str
    instead: str = ""

    @property
    def missed(self) -> bool:
        """Whether it may hold what is missing, as vtrkit's own and pictures do not."""
        return bool(self.instead) or self.what not in {OWN, NO_TABLE}

    def __str__(self) -> str:
        """It in a sentence."""
        return f"{self.name}{UNREAD}{'; '.join(filter(None, self[1:]))}."


def is_own(folder: Path) -> bool:
    """Whether vtrkit made a folder: a run, an index of several, or a list of corrections."""
    return any(all((folder / name).exists() for name in names) for names in _MADE)


def named_own(name: str, folder: Path) -> str:
    """Why a folder that vtrkit made is not read as exports, and what to do with it."""
    runs = sorted(path.parent.name for path in folder.glob("*/settings.json"))
    asked = [f'vtrkit.open("{name}/{run}")' for run in runs] or [f'vtrkit.open("{name}")']
    some = "; ".join(asked[:5]) + (" and so on" if asked[5:] else "")
    return f"{name}: {OWN}; give the exports themselves, or ask what it holds in Python: {some}"
