"""Which lever moves what: packages by lever and reason, and why a lever moves none."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from vtrkit.errors import nearest
from vtrkit.schema import REASON, Reason
from vtrkit.whatif.effects import Effect, effects
from vtrkit.whatif.levers import SELECTS, Lever, Scenario
from vtrkit.whatif.looking_back import Board
from vtrkit.whatif.selection import Flags

_COUNTS = ("selected", "moved", "made_valid", "cost")


def moved_by_reason(board: Board, scenario: Scenario) -> pl.DataFrame:
    """The table of `vtrkit.whatif.moves`."""
    rows = board.before.select(*board.by, "days", "is_enforced_window").with_row_index("span")
    names = pl.Enum([lever.name for lever in scenario.levers])
    parts = [_parts(one, names) for one in effects(board, scenario)]
    every = pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA | {"lever": names})
    by = ("span", "lever", "reason")
    # enforced and not: two numbers at most, whose order does not matter
    summed = every.group_by(by).agg(pl.col(_COUNTS).sum()).sort(by)
    told = rows.join(summed, on="span").sort(by)
    return told.select(*board.by, "days", "is_enforced_window", *by[1:], *_COUNTS)


def _parts(one: Effect, names: pl.Enum) -> pl.DataFrame:
    told = {
        "span": one.span,
        "reason": pl.Series(list(Reason), dtype=REASON).gather(one.reason),
        "selected": one.selected,
        "moved": one.moved,
        "made_valid": one.valid,
        "cost": one.moved * one.lever.cost,
    }
    return pl.DataFrame(told, schema=_SCHEMA).with_columns(lever=pl.lit(one.lever.name, names))


_SCHEMA = {
    "span": pl.UInt32(),
    "reason": REASON,
    "selected": pl.Int64(),
    "moved": pl.Float64(),
    "made_valid": pl.Float64(),
    "cost": pl.Float64(),
}


def lever_by_lever(board: Board, scenario: Scenario) -> pl.DataFrame:
    """The table of `vtrkit.whatif.reach`."""
    rows = [_reach(board, one) for one in effects(board, scenario)]
    return pl.DataFrame(rows, schema=_REACH, orient="row")


_REACH = {
    "lever": pl.String(),
    "selected": pl.Int64(),
    "moved": pl.Float64(),
    "made_valid": pl.Float64(),
    "cost": pl.Float64(),
    "said": pl.String(),
}


def _reach(board: Board, one: Effect) -> tuple[object, ...]:
    inside = _enforced(board)[one.span]
    selected, moved, valid = (float(x[inside].sum()) for x in (one.selected, one.moved, one.valid))
    cost = moved * one.lever.cost + (one.lever.fixed_cost if moved > 0 else 0.0)
    said = " ".join(_said(board, one.lever, int(selected)))
    return one.lever.name, int(selected), moved, valid, cost, said


def _said(board: Board, lever: Lever, selected: int) -> Iterator[str]:
    """What of a lever's selection the tally does not have, and what would match instead."""
    unknown = False
    for column in SELECTS[:-1]:
        if named := getattr(lever, column):
            known = board.kinds[column].cast(pl.String).unique().sort().to_list()
            for name in sorted(set(named) - set(known)):
                unknown = True
                yield f"No {column} is called {name}{nearest(name, known)}."
    if selected or unknown:
        return
    without: dict[str, dict[str, Any]] = {c: {c: ()} for c in SELECTS if getattr(lever, c)}
    if lever.start:
        without["start"] = {"start": None}
    wider = {c: _would_select(board, replace(lever, **change)) for c, change in without.items()}
    would = [f"{n:,} without its {column}" for column, n in wider.items() if n]
    yield f"It selects nothing{'; it would select ' if would else ''}{' or '.join(would)}."


def _would_select(board: Board, lever: Lever) -> int:
    picked = board.pick(lever)
    return int(picked.started(lever)[_enforced(board)[picked.span]].sum())


def _enforced(board: Board) -> Flags:
    """Whether each span is of the days that count."""
    flags = np.zeros(len(board.span_first), dtype=bool)
    flags[: board.before.height] = board.before["is_enforced_window"].to_numpy()
    return flags
