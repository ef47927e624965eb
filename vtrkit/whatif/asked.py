"""A tally with the windows that are asked for, or the board that was made of both."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, TypeAlias, TypedDict

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.metric.target import Target
from vtrkit.rules.policies import Rules

if TYPE_CHECKING:
    from vtrkit.whatif.looking_back import Board

Tallied: TypeAlias = "pl.DataFrame | pl.LazyFrame | Board"
"""A tally, collected or lazy, or what `vtrkit.whatif.looking_back.prepare` made of one."""


class Window(TypedDict, total=False):
    """When and how a rate is read: the arguments of `rates`."""

    as_of: date
    by: Sequence[str]
    lag_days: int | None
    target: Target | None
    seen_to: date | None
    rules: Rules | None


def board_of(tally: Tallied, window: Window) -> "Board":
    """A board as it is given, or the one of a tally.

    Raises:
        ParameterError: a tally without as_of, or a board with other windows than its own.
    """
    from vtrkit.whatif.looking_back import Board, prepare  # noqa: PLC0415 - NumPy, once it is used

    if isinstance(tally, Board):
        if window:
            raise ParameterError(f"{next(iter(window))} was settled when the board was prepared")
        return tally
    if "as_of" not in window:
        raise ParameterError("give as_of, the day on which the metric is read")
    return prepare(tally, **window)
