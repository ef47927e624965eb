"""Why packages of one account in one marketplace fail: of what, and with which carrier."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from vtrkit.metric.carrier_scans import unscanned_by
from vtrkit.metric.target import outcome_is
from vtrkit.schema import Outcome, Reason
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_names

_FEWEST = 5
"""Packages of a category that are not scanned, for it to be named beside a carrier."""


@dataclass(frozen=True)
class Cause:
    """Why packages fail.

    Args:
        reason: what most packages that failed in the days that count fail of.
        packages: how many of that, of `failed` in all.
        only: the carrier that all of these packages went with, where others failed less.
        carrier: the one that scans far less than the others, if there is one.
        scanned: how many it scanned, of `shipped` from `since` to `until`.
        own: of the category that matters most, packages of the other carriers that were not
            scanned, and all of them, where that is far more than in the other categories.
        others: likewise of all other categories.
    """

    reason: str = ""
    packages: int = 0
    failed: int = 0
    only: str = ""
    carrier: str = ""
    scanned: int = 0
    shipped: int = 0
    since: date | None = None
    until: date | None = None
    own: tuple[int, int] | None = None
    others: tuple[int, int] | None = None


def most_frequent(cells: pl.DataFrame) -> tuple[str, int]:
    """The reason of most packages, the first by name of several, and how many these are."""
    sums = cells.group_by(pl.col("reason").cast(pl.String)).agg(pl.col("packages").sum())
    most = sums.sort("packages", "reason", descending=[True, False]).head(1).rows()
    return most[0] if most else ("", 0)


def cause_of(study: Study, row: dict[str, Any]) -> Cause:
    """The reason most packages fail of, and the carrier that scans far less than the others."""
    failed = study.reasons.filter(outcome_is(Outcome.DEFECT))
    cause = Cause(*most_frequent(failed), int(failed["packages"].sum()))
    cause = replace(cause, only=_only_carrier(study, cause.reason))
    delays = study.question.delays
    worst = None if delays is None else unscanned_by(delays, study.as_of)
    if worst is None or worst.is_empty():
        return cause
    carrier = worst.row(0, named=True)
    since = study.by_carrier.filter(
        pl.col("promised_date").is_between(row["window_start"], study.as_of),
        pl.col("carrier_id").cast(pl.String) == str(carrier["carrier_id"]),
    )
    if most_frequent(since.filter(outcome_is(Outcome.DEFECT)))[0] != Reason.NO_SCAN:
        return cause  # nobody scans a number that is wrong
    own, others = _without(study, row, carrier["carrier_id"])
    return replace(
        cause,
        carrier=carrier_names()[carrier["carrier_id"]],
        shipped=carrier["known"],
        own=own,
        others=others,
        **{name: carrier[name] for name in ("scanned", "since", "until")},
    )


def _only_carrier(study: Study, reason: str) -> str:
    """The carrier of all packages of the days that count that fail of a reason, if one of more."""
    inside = study.in_window(study.by_carrier).filter(
        outcome_is(Outcome.VALID) | outcome_is(Outcome.DEFECT)
    )
    used, failing = (
        {*cells["carrier_id"].cast(pl.String)} for cells in (inside, inside.filter(reason=reason))
    )
    return carrier_names().get(min(failing), "") if len(failing) == 1 < len(used) else ""


def _without(
    study: Study, row: dict[str, Any], carrier: str
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Not scanned, and all, of the days that count without a carrier: of the category, and others.

    None where the category is no worse than twice the others.
    """
    inside = study.in_window(study.by_carrier).filter(
        outcome_is(Outcome.VALID) | outcome_is(Outcome.DEFECT),
        pl.col("carrier_id").cast(pl.String) != carrier,
    )
    is_own = pl.col("category").cast(pl.String) == str(row["category"])
    pairs = []
    for cells in (inside.filter(is_own), inside.filter(~is_own)):
        missed = cells.filter(reason=Reason.NO_SCAN)["packages"].sum()
        pairs.append((int(missed), int(cells["packages"].sum())))
    (missed, own), (others_missed, others) = pairs
    far = own and others and missed >= _FEWEST and missed * others > 2 * others_missed * own
    return (pairs[0], pairs[1]) if far else (None, None)
