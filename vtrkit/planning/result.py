"""A mix of moves as tables, as sentences, and as a scenario."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl

from vtrkit.planning.chance import Array, Program, chance
from vtrkit.planning.eligible import Eligible, boxes
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import UNKNOWN_CATEGORY
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
        *("category", "target_bp", "condition"),
        # looking ahead they are expected ones
        pl.col("counted", "valid", "vtr_low", "needed").cast(pl.Float64),
        moved=pl.Series(program.counts @ mix).round(9),
        gained=gained,
        margin=margin,
        valid_after=pl.col("valid") + gained,
        # of what is expected, `valid` is the middle: all that fail may be more than are left
        vtr_low_after=((pl.col("valid") + gained) / pl.col("counted")).clip(upper_bound=1),
        chance=chances(mix),
        best_vtr_low=((pl.col("valid") + best) / pl.col("counted")).clip(upper_bound=1),
        best_chance=chances(far),
    )


def short_of(table: pl.DataFrame, confidence: float) -> tuple[str, ...]:
    """A sentence for each row that no mix can bring on target.

    Args:
        table: what `reached` gives, with `reachable` and `unknown`, the unverified packages that
            are taken as failed.
        confidence: the chance with which the target is to be reached.
    """
    short = table.filter(~pl.col("reachable")).to_dicts()
    return tuple(dict.fromkeys(_says(row, confidence) for row in short))  # one may be all of them


def _says(row: dict[str, Any], confidence: float) -> str:
    who = row["category"] or "The account as a whole"
    who = "The group without a category" if who == UNKNOWN_CATEGORY else who
    target = percent(row["target_bp"] / BASIS_POINTS, 2).replace(".00", "")
    goal = f"more than {target}" if row["condition"] == "greater_than" else target
    best, now = percent(row["best_vtr_low"], 2), percent(row["vtr_low"], 2)
    gets = (
        f"with every change as far as it goes, {best} of {row['counted']:,.0f} packages are valid"
    )
    unknown = int(row["unknown"] or 0)
    most = row["best_vtr_low"] + unknown / row["counted"]
    if most * BASIS_POINTS < row["target_bp"] - _SLACK:
        return f"{who} cannot reach {goal}: {gets} (now {now})."
    if row["best_vtr_low"] * BASIS_POINTS < row["target_bp"] - _SLACK:
        return (
            f"{who} reaches {goal} only if packages without scan data turn out valid, of which it "
            f"has {unknown:,} and which are taken as failed here: {gets} (now {now})."
        )
    return (
        f"{who} may just miss {goal}: {gets} (now {now}); that is not enough with a chance of "
        f"{percent(confidence, 0)}."
    )


def by_category(levers: Sequence[Lever], moves: pl.DataFrame) -> pl.DataFrame:
    """What each lever moves in each category, where it moves anything."""
    table = moves.group_by("category", "lever").agg(
        pl.col("eligible").sum(),
        _MOVED.sum().round(9),
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
        eligible, moved = (round(float(mine[n].sum()), 9) for n in ("eligible", "moved"))
        costs = (moved * lever.cost, lever.fixed_cost if moved else 0.0)
        rows.append((lever.name, eligible, moved, *costs, sum(costs)))
    return pl.DataFrame(rows, schema=_BY_LEVER, orient="row")


_BY_LEVER = {"lever": pl.String, "eligible": pl.Float64, "moved": pl.Float64} | dict.fromkeys(
    ("variable_cost", "fixed_cost", "cost"), pl.Float64
)


def scenario(levers: Sequence[Lever], reach: Eligible, moves: pl.DataFrame) -> Scenario:
    """The mix as a scenario: each lever once per category, with the share that it moves there.

    Where such shares would move some packages twice, a lever is split by the kinds of packages
    that it was given.
    """
    parts: list[_Part] = []
    for _, of_category in moves.filter(_MOVED > 0).group_by("category", maintain_order=True):
        parts += _parts(reach, of_category, moves)
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


def _parts(reach: Eligible, moved: pl.DataFrame, moves: pl.DataFrame) -> list[_Part]:
    """The shares that levers move of one category.

    Each lever has one share for all that it fits, as long as no package can be moved twice;
    else a share of its own for the kinds of each cell that it moves.
    """
    category = moved["category"][0]
    each = moves.filter(category=category).group_by("lever").agg(pl.col("moved", "eligible").sum())
    shares = {n: m / e for n, m, e in each.sort("lever").rows() if m > 0}
    # kinds that the window does not hold count too: a scenario may meet them elsewhere
    if sum(shares.values()) <= 1 + _SLACK:
        return [_Part(lever, category, share) for lever, share in shares.items()]
    cells = reach.cells.with_row_index("cell").select("cell", "category", "fits")
    kinds = reach.kinds.join(cells, on=["category", "fits"])
    return [
        _Part(lever, category, packages / eligible, box)
        for lever, cell, packages, eligible in moved.sort("lever", "cell")
        .select("lever", "cell", "moved", "eligible")
        .iter_rows()
        for box in boxes(kinds.filter(pl.col("cell") == cell).drop("category"))
    ]
