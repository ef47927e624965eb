"""What made a category fail: the carrier, method or sku without which the rate would be highest."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from vtrkit.metric.tally import rollup
from vtrkit.metric.target import COUNTS, DEFECT, PACKAGES, outcome_is
from vtrkit.rules.still_open import ENTERED_WRONG
from vtrkit.schema import GROUP, OTHER_METHOD, Outcome
from vtrkit.study.first_causes import of_category
from vtrkit.study.study import Study
from vtrkit.study.tables import listed_packages
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import percent_range

Row = dict[str, Any]
_FEWEST, _NO_CHANCE = 3, 0.01
"""Failed packages of a carrier, method or sku, for it to be named as what made the excess, and the
chance below which so many are no accident."""


def excess_of(study: Study, row: Row) -> Iterator[str]:
    """The carrier, method or sku without which the rate would have been highest."""
    found = []
    for what, column in (("carrier", "carrier_id"), ("shipping method", "ship_method")):
        cells = rollup(study.tally, [*GROUP, "category", column, "promised_date", "reason"])
        within = of_category(study.in_window(cells.collect()), row)
        counted = COUNTS["counted"].sum()
        sums = _sums(within, column, counted, PACKAGES, _OUTCOMES)
        if what == "carrier":
            yield from _by_carrier(sums)
        found += [(what, *r) for r in sums]
    listed = inside(study, row["category"]).with_columns(packages=1)
    named = listed.filter(pl.col("outcome") != "exempt").drop_nulls("sku")
    listed_as = [pl.col("outcome") == str(outcome) for outcome in (Outcome.DEFECT, Outcome.UNKNOWN)]
    found += [("sku", *r) for r in _sums(named, "sku", PACKAGES.sum(), PACKAGES, listed_as)]
    failed = row["counted"] - row["valid"] - row["unknown"]
    rates = [
        (1 - (failed + row["unknown"] - bad - open_) / others, 1 - (failed - bad) / others, *about)
        for what, name, n, bad, open_, entered in found
        # what a seller entered wrong is no fault of the carrier
        if bad >= _FEWEST and n < row["counted"] and name and name != OTHER_METHOD
        if _chance(row["counted"], failed, n, bad) < _NO_CHANCE
        if what != "carrier" or 2 * entered < bad
        for others, about in [(row["counted"] - n, (what, name, n, bad))]
    ]
    if not rates:
        return
    rate, best, what, name, n, bad = max(rates, key=lambda r: r[0])
    whose, counts = f"the {what} {carrier_names().get(name, name)}", f"{bad:,} of its {n:,}"
    if rate >= row["target_bp"] / 10_000:
        yield (
            f"It was {whose}: {counts} packages failed. Without it the rate would have been "
            f"{percent_range(rate, best)}, on target."
        )
    else:
        yield (
            f"No single carrier, method or sku explains it: even without {whose}, where {counts} "
            f"packages failed, the rate would have been {percent_range(rate, best)}."
        )


def _by_carrier(sums: list[tuple[str, int, int, int, int]]) -> Iterator[str]:
    """How many failed of each carrier, the worst share first."""
    failing = sorted((r for r in sums if r[2]), key=lambda r: (-r[2] / r[1], r[0]))
    each = [f"{carrier_names().get(name, name)} {bad:,} of {n:,}" for name, n, bad, *_ in failing]
    if len(each) > 1:
        yield f"Failed by carrier: {', '.join(each)}."


def _chance(counted: int, failed: int, n: int, bad: int) -> float:
    """How likely so many of `n` packages are among those that failed if nothing is about them."""
    from scipy.stats import hypergeom  # noqa: PLC0415 - slow to import

    return float(hypergeom.sf(bad - 1, counted, failed, n))


_OUTCOMES = [DEFECT, outcome_is(Outcome.UNKNOWN)]


def _sums(
    cells: pl.DataFrame, column: str, counted: pl.Expr, packages: pl.Expr, are: list[pl.Expr]
) -> list[tuple[str, int, int, int, int]]:
    """By name: how many count, and of these fail, are not known, and were entered wrong."""
    fails, untold = are
    entered = fails & pl.col("reason").cast(pl.String).is_in(list(map(str, ENTERED_WRONG)))
    sums = cells.group_by(pl.col(column).cast(pl.String)).agg(
        counted.cast(pl.Int64).alias("n"),
        *(
            packages.filter(which).sum().cast(pl.Int64).alias(name)
            for name, which in {"bad": fails, "open": untold, "entered": entered}.items()
        ),
    )
    return sums.sort(column).rows()


def is_listed(study: Study) -> bool:
    """Whether the list of packages is of the day that is asked about."""
    return study.as_of == study.kept.as_of


def inside(study: Study, category: str, *, all_days: bool = False) -> pl.DataFrame:
    """The packages of the list that count now, or that did and will."""
    own = listed_packages(study).filter(is_listed(study), category=category)
    return own if all_days else own.filter(in_window="true")
