"""Which packages which levers fit, in numbers: the material of a plan.

Packages that the same levers fit are alike to a plan, so each category falls into a few *cells*.

```
category  fits              packages  labels  carrier
Shoes     labels, carrier   12        12.0    9.0
Shoes     labels            30        30.0    0.0
```
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import PACKAGES
from vtrkit.whatif.levers import MOVED, Lever, Scenario
from vtrkit.whatif.selection import NO_DAY, Kinds, codes, ramp

KINDS = ("carrier_id", "ship_method", "reason")
"""What tells packages of one category apart for a lever."""


@dataclass(frozen=True, eq=False)
class Eligible:
    """What levers can reach among packages promised between two days.

    Args:
        cells: one row per category and set of levers that fit: `category`, `fits` (their places
            in the list), `packages` and, per place, `on0` …: the packages that ship while the
            lever is in force, each day by as much as it is ramped up.
        kinds: which carriers, ship methods and reasons are in each cell, as far as a lever asks.
    """

    cells: pl.DataFrame
    kinds: pl.DataFrame


def eligible(
    tally: pl.DataFrame | pl.LazyFrame, levers: Sequence[Lever], within: pl.Expr
) -> Eligible:
    """What these levers can reach among the packages for which `within` holds.

    Args:
        tally: a tally with category, reason, and whatever else the levers go by.
        levers: at least one; each by its own name.
        within: which packages it is about, such as those promised in a window.

    Raises:
        ParameterError: no lever, two of one name, or one that moves valid packages along.
        TallyError: the tally lacks a column that a lever goes by.
    """
    check_levers(levers)
    asked = [n for n in KINDS if n == "reason" or any(getattr(lever, n) for lever in levers)]
    dated = ["ship_date"] if any(lever.start for lever in levers) else []
    failing = pl.col("reason").is_in(MOVED)
    some = rollup(tally.lazy().filter(within, failing), ["category", *asked, *dated]).collect()
    # packages without a ship day ship before any start
    ship_day = codes(some["ship_date"]) if dated else np.full(some.height, NO_DAY)
    kinds = Kinds(some)
    told = some.with_columns(
        *(pl.Series(f"fits{i}", kinds.chosen(x)) for i, x in enumerate(levers)),
        *((PACKAGES * pl.Series(ramp(x, ship_day))).alias(f"on{i}") for i, x in enumerate(levers)),
    )
    return _summed(told, len(levers), asked)


def check_levers(levers: Sequence[Lever]) -> None:
    """Refuse levers that no plan can be made of.

    Raises:
        ParameterError: none, two of one name, or one that moves valid packages along.
    """
    if not levers:
        raise ParameterError("no lever was given; a plan chooses among levers")
    Scenario("plan", tuple(levers))  # which refuses two of one name
    if wide := [lever.name for lever in levers if lever.moves_all]:
        raise ParameterError(
            f"lever {wide[0]} moves valid packages along, which a plan, made package by package, "
            "never would: give it without moves_all and with its cost per package that fails"
        )


def _summed(told: pl.DataFrame, levers: int, asked: list[str]) -> Eligible:
    """Packages that the same levers fit, category by category."""
    places = [pl.when(f"fits{i}").then(pl.lit(i, pl.Int64)) for i in range(levers)]
    fitted = told.select(
        pl.col("category").cast(pl.String),
        pl.concat_list(places).list.drop_nulls().alias("fits"),
        *asked,
        "packages",
        r"^on\d+$",
    ).filter(pl.col("fits").list.len() > 0)
    cells = fitted.group_by("category", "fits").agg(
        PACKAGES.sum(), pl.col(r"^on\d+$").sum().round(9)
    )
    kinds = fitted.select("category", "fits", *asked).unique()
    return Eligible(cells.sort("category", "fits"), kinds.sort("category", "fits", *asked))


def boxes(kinds: pl.DataFrame) -> list[dict[str, tuple[str, ...]]]:
    """Kinds of packages as few selections that a lever can name, which do not overlap."""
    names = [n for n in ("category", *KINDS) if n in kinds.columns]
    texts = kinds.select(pl.col(names).cast(pl.String))
    grouped: set[tuple[tuple[str, ...], ...]]
    grouped = {tuple((v,) for v in row) for row in texts.iter_rows()}
    for at in range(len(names) - 1, -1, -1):
        joined: dict[tuple[tuple[str, ...], ...], list[str]] = {}
        for key in sorted(grouped):
            joined.setdefault(key[:at] + key[at + 1 :], []).extend(key[at])
        grouped = {(*k[:at], tuple(v), *k[at:]) for k, v in joined.items()}
    return [dict(zip(names, key, strict=True)) for key in sorted(grouped)]
