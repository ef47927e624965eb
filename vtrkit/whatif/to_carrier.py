"""How well another carrier scans: what becomes of packages that are moved to it."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import polars as pl

from vtrkit.errors import ParameterError, TallyError
from vtrkit.metric.carrier_scans import wilson
from vtrkit.metric.tally import keys
from vtrkit.schema import FEW, GROUP, Reason
from vtrkit.tracking.carriers import carrier_names
from vtrkit.whatif.levers import Lever, Scenario

DAYS = 90
"""Promised days before the question from which a carrier's scans are taken."""


class Scanned(NamedTuple):
    """The share of a carrier's packages that are scanned, its 95 % range, and of how many."""

    share: float
    low: float
    high: float
    packages: int


def scanned_by(tally: pl.DataFrame | pl.LazyFrame, lever: Lever, closed_to: date) -> Scanned:
    """How many of the packages like a lever's its new carrier scans, or of all its packages.

    Of the packages with a number of that carrier, those that are valid beside those without
    enough scans; from the categories that the lever names where 20 packages of them tell.

    Raises:
        ParameterError: fewer than 20 packages tell; give `scanned`.
        TallyError: the tally has no carriers, or is of several accounts or marketplaces.
    """
    if missing := [n for n in (*GROUP, "category", "carrier_id") if n not in keys(tally)]:
        raise TallyError(f"lever {lever.name} asks for a carrier; the tally has no {missing[0]}")
    cells = _judged(tally, closed_to, pl.col("carrier_id").cast(pl.String) == lever.to_carrier)
    if (places := cells.select(GROUP).n_unique()) > 1:
        raise TallyError(
            f"lever {lever.name}: the tally has {places} accounts and marketplaces, and each has "
            "its own scans; filter the tally, or give scanned"
        )
    alike = cells.filter(pl.col("category").cast(pl.String).is_in(list(lever.category)))
    chosen = alike if alike["packages"].sum() >= FEW else cells
    known = int(chosen["packages"].sum())
    if known < FEW:
        raise ParameterError(
            f"lever {lever.name}: the data hold {known} packages of "
            f"{carrier_names().get(lever.to_carrier, lever.to_carrier)} with scan data, too few to "
            f"tell how many it scans ({FEW} are needed); give scanned"
        )
    valid = int(chosen.filter(reason=Reason.VALID)["packages"].sum())
    low_end, high_end = wilson(pl.lit(valid), pl.lit(known))
    low, high = pl.select(low=low_end, high=high_end).row(0)
    return Scanned(valid / known, low, high, known)


_TELLING = (Reason.VALID, Reason.NO_SCAN, Reason.TOO_FEW_SCANS)
"""The reasons of packages that tell whether their carrier scans."""


def _judged(
    tally: pl.DataFrame | pl.LazyFrame, closed_to: date, whose: pl.Expr | bool = True
) -> pl.DataFrame:
    days = pl.col("promised_date").is_between(closed_to - timedelta(days=DAYS - 1), closed_to)
    telling = tally.lazy().filter(days, whose, pl.col("reason").is_in(_TELLING))
    each = telling.group_by(*GROUP, "category", "carrier_id", "reason")
    return each.agg(pl.col("packages").sum()).collect()


def best_scanning(
    cells: pl.DataFrame | pl.LazyFrame, carriers: Collection[str], closed_to: date
) -> str | None:
    """The one of some carriers that scans most surely: the low end of its 95 % range is highest.

    The cells are a tally's, or as `Today.by_carrier` has them. None where no carrier has the 20
    packages that `scanned_by` asks for.
    """
    packages, carrier = pl.col("packages"), pl.col("carrier_id").cast(pl.String)
    telling = _judged(cells, closed_to, carrier.is_in(list(carriers)))
    valid = packages.filter(pl.col("reason") == Reason.VALID).sum()
    counts = telling.group_by(carrier).agg(
        known=packages.sum(), low=wilson(valid, packages.sum())[0]
    )
    best = counts.filter(pl.col("known") >= FEW).sort("low", "carrier_id", descending=[True, False])
    return None if best.is_empty() else str(best["carrier_id"][0])


def resolved(scenario: Scenario, tally: pl.DataFrame | pl.LazyFrame, closed_to: date) -> Scenario:
    """A scenario whose levers all know how many of the moved packages are scanned.

    Raises:
        ParameterError: see `scanned_by`. Likewise `TallyError`.
    """
    if not any(lever.measured for lever in scenario.levers):
        return scenario
    levers = [
        replace(x, scanned=scanned_by(tally, x, closed_to).share, measured=False)
        if x.measured
        else x
        for x in scenario.levers
    ]
    return Scenario(scenario.name, tuple(levers))
