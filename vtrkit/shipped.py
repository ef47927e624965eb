"""Where the files lie that come with the package: notebooks and sample data."""

from importlib.resources import files
from pathlib import Path

from vtrkit.errors import InputError

_PACKAGE = Path(str(files("vtrkit")))


def shipped(name: str) -> Path:
    """A file that comes with the package, such as `notebooks/vtr_report.ipynb`.

    An installed wheel has it inside the package, a checkout beside it.
    """
    for root in (_PACKAGE / "_shipped", _PACKAGE.parent):
        if (root / name).exists():
            return root / name
    raise InputError(f"{name} did not come with this installation; install vtrkit again")
