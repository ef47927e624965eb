"""A mix of moves as tables, as sentences, and as a scenario."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from vtrkit.planning.chance import Array, Program, chance
from vtrkit.planning.eligible import Eligible, boxes
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.words import percent

_SLACK = 1e-9
_MOVED = pl.col("moved")


def reached(goals: pl.DataFrame, program: Program, mix: Array, far: Array) -> pl.DataFrame:
    """What becomes of each category and of the account with a mix, and with the furthest one."""

    def chances(moved: Array) -> pl.Series:
        return pl.Series([chance(program, moved, k) for k in range(goals.height)], dtype=pl.Float64)

    gained, best = (
        pl.Series(program.counts @ (program.scanned * moved)).round(9) for moved in (mix, far)
    )
    margin = pl.when(pl.col("needed") > 0).then(gained - pl.col("needed")).otherwise(0.0)
    return goals.select(
        *("category", "target_bp", "condition", "counted", "valid", "vtr_low", "needed"),
        moved=pl.Series(program.counts @ mix).cast(pl.Int64),
        gained=gained,
        margin=margin,
        valid_after=pl.col("valid") + gained,
        vtr_low_after=(pl.col("valid") + gained) / pl.col("counted"),
        chance=chances(mix),
        best_vtr_low=(pl.col("valid") + best) / pl.col("counted"),
        best_chance=chances(far),
    )


def short_of(table: pl.DataFrame, confidence: float) -> tuple[str, ...]:
    """A sentence for each row that no mix can bring on target."""
    return tuple(
        _says(row, confidence) for row in table.filter(~pl.col("reachable")).iter_rows(named=True)
    )


def _says(row: dict[str, Any], confidence: float) -> str:
    who = f"category {row['category']}" if row["category"] else "the account as a whole"
    which = "over" if row["condition"] == "greater_than" else "at least"
    target = percent(row["target_bp"] / BASIS_POINTS, 2)
    best, now = percent(row["best_vtr_low"], 2), percent(row["vtr_low"], 2)
    return (
        f"{who}: {which} {target} cannot be met: with every lever as far as it goes {best} of its "
        f"{row['counted']:.0f} packages are valid in expectation (now {now}), and it is on target "
        f"with a chance of {percent(row['best_chance'])}; {percent(confidence)} was asked for"
    )


def by_category(levers: Sequence[Lever], moves: pl.DataFrame) -> pl.DataFrame:
    """What each lever moves in each category, where it moves anything."""
    table = moves.group_by("category", "lever").agg(
        pl.col("eligible").sum(),
        _MOVED.sum().cast(pl.Int64),
        share=_MOVED.sum() / pl.col("eligible").sum(),
        gained=(_MOVED * pl.col("scanned")).sum().round(9),
        cost=(_MOVED * pl.col("cost")).sum().round(9),
    )
    names = pl.Series([lever.name for lever in levers], dtype=pl.String)
    moving = table.filter(_MOVED > 0).sort("category", "lever")
    return moving.with_columns(lever=pl.lit(names).gather(pl.col("lever")))


def by_lever(levers: Sequence[Lever], moves: pl.DataFrame) -> pl.DataFrame:
    """What each lever moves in all, and costs; levers that stay unused have zeros."""
    rows = []
    for place, lever in enumerate(levers):
        mine = moves.filter(pl.col("lever") == place)
        eligible, moved = mine["eligible"].sum(), int(mine["moved"].sum())
        costs = (moved * lever.cost, lever.fixed_cost if moved else 0.0)
        rows.append((lever.name, float(eligible), moved, *costs, sum(costs)))
    return pl.DataFrame(rows, schema=_BY_LEVER, orient="row")


_BY_LEVER = {"lever": pl.String, "eligible": pl.Float64, "moved": pl.Int64} | dict.fromkeys(
    ("variable_cost", "fixed_cost", "cost"), pl.Float64
)


def scenario(levers: Sequence[Lever], reach: Eligible, moves: pl.DataFrame) -> Scenario:
    """The mix as a scenario: each lever once per category, with the share that it moves there.

    Where such shares would move some packages twice, a lever is split by the kinds of packages
    that it was given.
    """
    parts: list[_Part] = []
    for _, of_category in moves.filter(pl.col("lever").is_in(_used(moves))).group_by(
        "category", maintain_order=True
    ):
        parts += _whole(of_category) or _split(reach, of_category)
    first = {part.lever: part for part in reversed(parts)}
    named: list[Lever] = []
    for part in parts:
        lever = levers[part.lever]
        alike = [p for p in parts if (p.lever, p.category) == (part.lever, part.category)]
        number = f" ({alike.index(part) + 1})" if len(alike) > 1 else ""
        named.append(
            replace(
                lever,
                name=f"{lever.name}: {part.category}{number}",
                category=(part.category,),
                share=part.share,
                fixed_cost=lever.fixed_cost if first[part.lever] is part else 0.0,
                **part.box,
            )
        )
    return Scenario("plan", tuple(named))


@dataclass(frozen=True)
class _Part:
    """A share of some kinds of packages of a category, moved by one lever."""

    lever: int
    category: str
    share: float
    box: dict[str, Any] = field(default_factory=dict)


def _used(moves: pl.DataFrame) -> pl.Series:
    return moves.filter(_MOVED > 0)["lever"].unique().implode()


def _whole(moves: pl.DataFrame) -> list[_Part]:
    """Each lever with one share for all that it fits; nothing where that is too much of a cell."""
    shares = _MOVED.sum() / pl.col("eligible").sum()
    table = moves.with_columns(share=shares.over("lever")).sort("lever", "cell")
    if (table.group_by("cell").agg(pl.col("share").sum())["share"] > 1 + _SLACK).any():
        return []
    each = table.filter(pl.col("share") > 0).unique("lever", keep="first", maintain_order=True)
    return [_Part(*row) for row in each.select("lever", "category", "share").rows()]


def _split(reach: Eligible, moves: pl.DataFrame) -> list[_Part]:
    """Each lever with a share of its own for every cell that it moves."""
    cells = reach.cells.with_row_index("cell").select("cell", "category", "fits")
    kinds = reach.kinds.join(cells, on=["category", "fits"])
    return [
        _Part(lever, category, moved / eligible, box)
        for lever, cell, category, moved, eligible in moves.filter(_MOVED > 0)
        .sort("lever", "cell")
        .select("lever", "cell", "category", "moved", "eligible")
        .iter_rows()
        for box in boxes(kinds.filter(pl.col("cell") == cell).drop("category"))
    ]
