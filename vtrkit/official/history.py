"""Amazon's past figures, kept in a file of your own: Amazon gives the newest report alone."""

from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from vtrkit.errors import InputError
from vtrkit.files.scratch import whole
from vtrkit.results import OFFICIAL

NAME = "amazon_figures.csv"
_SCHEMA = {name: column.dtype for name, column in OFFICIAL.items()}


def remembered(folder: Path, official: pl.DataFrame) -> pl.DataFrame:
    """The figures that a folder keeps, with those that are new, which it keeps from now on.

    It has `amazon_figures.csv`, a row per account, marketplace and window; the same report given
    twice changes nothing.

    Raises:
        InputError: the file in it is damaged.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> row = pl.DataFrame({"account": ["a"], "amazon_rate": [0.95]})
        >>> new = pl.concat([pl.DataFrame(schema=_SCHEMA), row], how="diagonal")
        >>> with TemporaryDirectory() as folder:
        ...     [remembered(Path(folder), new).height for _ in range(2)]
        [1, 1]
    """
    path, known = folder / NAME, pl.DataFrame(schema=_SCHEMA)
    if path.is_file():
        try:
            known = pl.read_csv(path, schema=_SCHEMA, glob=False)
        except PolarsError:
            raise InputError(
                f"{NAME}: damaged, so no past figure of Amazon's can be read; restore it, or move "
                "it away to begin anew"
            ) from None
    figures = [name for name in _SCHEMA if name not in {"file", "against"}]
    new = official.select(*_SCHEMA) if official.height else pl.DataFrame(schema=_SCHEMA)
    every = pl.concat([known, new]).unique(figures, keep="first").sort(*_SCHEMA)
    if every.height > known.height:
        folder.mkdir(parents=True, exist_ok=True)
        with whole(path) as ready:
            every.write_csv(ready)
    return every
