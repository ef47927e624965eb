"""What comes with the package: notebooks and sample data, and what draws charts in a browser."""

import gzip
import os
from importlib.resources import files
from pathlib import Path

from vtrkit.errors import InputError

PACKAGE = Path(str(files("vtrkit")))
VEGA = PACKAGE / "report" / "page" / "vega.js.gz"
"""Vega, Vega-Lite and vega-embed; `vega.LICENSE` beside it names versions and licences."""
DRAWN = "VTRKIT_DRAWN"
"""Set in the kernels of `vtrkit report`: its page draws all charts and needs no pictures."""


def shipped(name: str) -> Path:
    """A file that comes with the package, such as `notebooks/vtr_report.ipynb`.

    An installed wheel has it inside the package, a checkout beside it.
    """
    for root in (PACKAGE / "_shipped", PACKAGE.parent):
        if (root / name).exists():
            return root / name
    raise InputError(f"{name} did not come with this installation; install vtrkit again")


def vega() -> bytes:
    """The script that draws charts in a page or a notebook, with no network.

    It is a file because vl-convert, of 84 MB, takes over two seconds to make it in each process.
    """
    return gzip.decompress(VEGA.read_bytes())


def as_root() -> bool:
    """Whether it is root who runs this, as in a container; there others want to be told."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def sample() -> Path:
    """Two months of one account of the demo, to try things on: the path of a CSV file.

    Examples:
        >>> sample().name
        'sample.csv'
    """
    return shipped("data/sample.csv")
