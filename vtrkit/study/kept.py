"""Answers that are kept: those of a method, and tables that a render has written."""

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any, TypeVar, cast

import polars as pl

FINISHED: list[str] = []
"""The tables that a render writes for its notebook."""


Asked = TypeVar("Asked", bound=Callable[..., Any])


def held(most: int) -> Callable[[Asked], Asked]:
    """A method of which the last answers are kept, so many of them, with the object."""

    def wrap(ask: Asked) -> Asked:
        @wraps(ask)
        def answer(self: Any, *asked: Any) -> Any:
            kept = vars(self).setdefault(f"_held_{ask.__name__}", {})
            if asked not in kept:
                answered = ask(self, *asked)
                if len(kept) >= most:
                    kept.pop(next(iter(kept)))
                kept[asked] = answered
            return kept[asked]

        return cast("Asked", answer)

    return wrap


_FEW_CELLS = 200_000
"""Cells that are held, in 30 MB: a page asks of them some forty times, and to open and decode the
files each time takes more than the sums."""


def held_if_few(cells: pl.LazyFrame) -> pl.LazyFrame:
    """The cells of a tally, read once where they are few; else each time that they are asked."""
    few = cells.select(pl.len()).collect().item() <= _FEW_CELLS
    return cells.collect().lazy() if few else cells


def answers(asker: Any, name: str) -> list[tuple[tuple[Any, ...], Any]]:
    """What was asked of such a method of an object, and the answers that are kept."""
    return list(vars(asker).get(f"_held_{name}", {}).items())


def once(ask: Callable[[Any], pl.DataFrame]) -> "cached_property[pl.DataFrame]":
    """A table that is computed once, and read where a render has written it; see `write`."""

    def table(self: Any) -> pl.DataFrame:
        file = self.finished and self.finished / f"{ask.__name__}.parquet"
        return pl.read_parquet(file, glob=False) if file and file.is_file() else ask(self)

    table.__doc__ = ask.__doc__
    FINISHED.append(ask.__name__)
    return cached_property(table)
