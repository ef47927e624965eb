"""What a plan has to reach, and what it may choose from, as a linear program."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from vtrkit.errors import TallyError
from vtrkit.given import lazy
from vtrkit.metric.rates import measured
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import STRICT, need
from vtrkit.metric.windows import Question
from vtrkit.planning.chance import Program
from vtrkit.planning.eligible import Eligible, eligible
from vtrkit.schema import CATEGORY, GROUP, VIEW_KEY
from vtrkit.whatif.levers import Lever


@dataclass(frozen=True, eq=False)
class Case:
    """Levers, and the packages that they can reach: whole ones, or expected ones, in fractions."""

    levers: tuple[Lever, ...]
    reach: Eligible
    whole: bool = True


def look_back(
    tally: pl.DataFrame | pl.LazyFrame, levers: Sequence[Lever], question: Question
) -> tuple[Case, pl.DataFrame]:
    """The days that count as they are known, and what each category, and the account, needs.

    Raises:
        TallyError: several accounts or marketplaces, or nothing counted in the window.
    """
    view = rollup(lazy(tally, "tally"), VIEW_KEY).collect()
    one_account(view)
    tables = [
        measured(view, replace(question, by=by)).filter(
            pl.col("is_enforced_window") & (pl.col("counted") > 0)
        )
        for by in (CATEGORY, GROUP)
    ]
    table = pl.concat([tables[0].cast({"category": pl.String}), tables[1]], how="diagonal")
    if table.is_empty():
        raise TallyError(f"nothing is counted in the window that is read on {question.as_of}")
    first, last = table.select("window_start", "window_end").row(0)
    inside = pl.col("promised_date").is_between(first, last)
    needed = need(pl.col("valid"), pl.col("counted"), pl.col("target_bp"), STRICT)
    goals = table.with_columns(needed=needed.clip(0), spread=pl.lit(0.0))
    return Case(tuple(levers), eligible(tally, levers, inside)), goals


def one_account(view: pl.DataFrame) -> None:
    """Refuse a tally of several accounts or marketplaces.

    Target, window and currency are the marketplace's own; costs of two of them have no sum.

    Raises:
        TallyError: it names them.
    """
    for name in GROUP:
        if len(found := sorted(view[name].unique().cast(pl.String))) > 1:
            raise TallyError(
                f"the tally has {len(found)} {name}s ({', '.join(found[:5])}); a plan is for one: "
                f"filter the tally by {name}"
            )


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
        whole=case.whole,
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
    most = pl.col("share") * pl.col("eligible")
    if case.whole:  # a share such as 0.29 of 100 packages is 28.999… in binary fractions
        most = (most + 1e-9).floor()
    return (
        table.join(levers, on="lever", maintain_order="left")
        .with_columns(most=most, load=pl.col("packages") / pl.col("eligible"))
        .filter(pl.col("eligible") > 0)
        .drop("packages", "share")
    )


_LEVERS = {"lever": pl.Int64, "share": pl.Float64, "scanned": pl.Float64, "cost": pl.Float64}
