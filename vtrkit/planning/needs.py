"""What a plan has to reach, and what it may choose from, as a linear program."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from vtrkit.errors import TallyError
from vtrkit.metric.rates import rates
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import STRICT, Target, need
from vtrkit.planning.chance import Program, furthest, holds
from vtrkit.planning.eligible import Eligible, eligible
from vtrkit.rules.policies import BASIS_POINTS, Rules
from vtrkit.schema import VIEW_KEY
from vtrkit.whatif.levers import Lever

_OWNER = ("account", "marketplace")


@dataclass(frozen=True, eq=False)
class Case:
    """Levers, what they can reach, and the rates to lift.

    Args:
        levers: what can be done.
        reach: the packages that they fit.
        rates: one row per category, and a last one with a null category for the account, with
            counted and valid packages, target_bp and condition.
    """

    levers: tuple[Lever, ...]
    reach: Eligible
    rates: pl.DataFrame


def look_back(
    tally: pl.DataFrame | pl.LazyFrame,
    levers: Sequence[Lever],
    as_of: date,
    lag_days: int | None,
    rules: Rules | None,
) -> Case:
    """The enforced window as it is known.

    Raises:
        TallyError: several accounts or marketplaces, or nothing counted in the window.
    """
    view = rollup(tally.lazy(), VIEW_KEY).collect()
    one_account(view)
    tables = [
        rates(view, as_of=as_of, by=by, lag_days=lag_days, rules=rules).filter(
            pl.col("is_enforced_window") & (pl.col("counted") > 0)
        )
        for by in ((*_OWNER, "category"), _OWNER)
    ]
    table = pl.concat([tables[0].cast({"category": pl.String}), tables[1]], how="diagonal")
    if table.is_empty():
        raise TallyError(f"nothing is counted in the window that is read on {as_of}")
    first, last = table.select("window_start", "window_end").row(0)
    inside = pl.col("promised_date").is_between(first, last)
    return Case(tuple(levers), eligible(tally, levers, inside), table)


def one_account(view: pl.DataFrame) -> None:
    """Refuse a tally of several accounts or marketplaces.

    Raises:
        TallyError: it names them.
    """
    for name in _OWNER:
        if len(found := sorted(view[name].unique().cast(pl.String))) > 1:
            raise TallyError(
                f"the tally has {len(found)} {name}s ({', '.join(found[:5])}); a plan is for one: "
                f"filter the tally by {name}"
            )


def needs(case: Case, target: Target | None) -> pl.DataFrame:
    """The rates with `needed`: whole packages that have to turn valid, none where on target."""
    table = case.rates
    if target:
        table = table.with_columns(
            target_bp=pl.lit(target.bp, pl.Int64), condition=pl.lit(target.condition)
        )
    needed = need(pl.col("valid"), pl.col("counted"), pl.col("target_bp"), STRICT)
    return table.with_columns(needed=needed.clip(0), spread=pl.lit(0.0))


def program_of(moves: pl.DataFrame, case: Case, goals: pl.DataFrame) -> Program:
    """The linear program of some moves and needs; its limits are in the order of the needs."""
    category = moves["category"].to_numpy()
    counts = [category == c if c else np.ones(len(category)) for c in goals["category"]]
    return Program(
        **{n: moves[n].to_numpy() for n in ("cell", "lever", "most", "load", "scanned", "cost")},
        room=case.reach.cells["packages"].to_numpy(),
        counts=np.array(counts, bool),
        need=goals["needed"].to_numpy().astype(float),
        spread=goals["spread"].to_numpy(),
        fixed=np.array([lever.fixed_cost for lever in case.levers]),
    )


def moves(case: Case) -> pl.DataFrame:
    """One row per cell and lever that can move any of it: the columns of the program."""
    levers = pl.DataFrame(
        [(i, x.share, x.scanned, x.cost) for i, x in enumerate(case.levers)],
        schema=_LEVERS,
        orient="row",
    )
    every = pl.concat_list([f"on{i}" for i in range(levers.height)])
    cells = case.reach.cells.with_columns(cell=pl.int_range(pl.len(), dtype=pl.Int64))
    table = cells.explode("fits").select(
        "category", "cell", "packages", lever="fits", eligible=every.list.get(pl.col("fits"))
    )
    # a share such as 0.29 of 100 packages is 28.999… in binary fractions
    most = (pl.col("share") * pl.col("eligible") + 1e-9).floor()
    return (
        table.join(levers, on="lever", maintain_order="left")
        .with_columns(most=most, load=pl.col("packages") / pl.col("eligible"))
        .filter(pl.col("eligible") > 0)
        .drop("packages", "share")
    )


_LEVERS = {"lever": pl.Int64, "share": pl.Float64, "scanned": pl.Float64, "cost": pl.Float64}


def span(case: Case, confidence: float) -> tuple[int, int]:
    """The highest targets, in basis points, that everything meets as it is, and with all levers.

    Where even 0.01 % is out of reach the target is 1 all the same.
    """
    columns = moves(case)

    def met(bp: int, *, moved: bool) -> bool:
        program = program_of(columns, case, needs(case, Target.of_bp(bp)))
        mix = furthest(program) if moved else np.zeros(columns.height)
        return bool(holds(program, mix, confidence).all())

    ends = []
    for moved in (False, True):
        low, high = 1, BASIS_POINTS
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if met(middle, moved=moved) else (low, middle - 1)
        ends.append(low)
    return ends[0], ends[1]
