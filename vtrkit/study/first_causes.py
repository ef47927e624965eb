"""Why packages of a category fail: of what, and with which carrier."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from vtrkit.metric.carrier_scans import unscanned_by
from vtrkit.metric.target import outcome_is
from vtrkit.schema import UNKNOWN_CATEGORY, Outcome, Reason
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_names

_FEWEST = 5
"""Packages of a category that are not scanned, for it to be named beside a carrier."""


@dataclass(frozen=True)
class Cause:
    """Why packages of a category fail; of a place without known categories, all of them.

    Args:
        reasons: what those that failed in the days that count fail of, and how many of each, the
            most frequent first.
        only: the carrier that all packages of the first reason went with, of several.
        carrier: the one that scans far less than the others, if there is one.
        scanned: how many it scanned, of `shipped` from `since` to `until`.
        own: of the category that matters most, packages of the other carriers that were not
            scanned, and all of them, where that is far more than in the other categories.
        others: likewise of all other categories.
    """

    reasons: tuple[tuple[str, int], ...] = ()
    only: str = ""
    carrier: str = ""
    scanned: int = 0
    shipped: int = 0
    since: date | None = None
    until: date | None = None
    own: tuple[int, int] | None = None
    others: tuple[int, int] | None = None

    @property
    def reason(self) -> str:
        """What most of them fail of."""
        return self.reasons[0][0] if self.reasons else ""

    @property
    def failed(self) -> int:
        """How many failed in all."""
        return sum(count for _, count in self.reasons)


def of_category(table: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """The rows of a category; of a place as a whole, all of them."""
    if row["category"] == UNKNOWN_CATEGORY or "category" not in table.columns:
        return table
    return table.filter(pl.col("category").cast(pl.String) == str(row["category"]))


def most_frequent(cells: pl.DataFrame) -> list[tuple[str, int]]:
    """Reasons and how many packages each, most first, and by name where these are equal."""
    sums = cells.group_by(pl.col("reason").cast(pl.String)).agg(pl.col("packages").sum())
    return sums.sort("packages", "reason", descending=[True, False]).rows()


def cause_of(study: Study, row: dict[str, Any]) -> Cause:
    """What packages fail of, and the carrier that scans far less than the others."""
    failed = of_category(study.reasons, row).filter(outcome_is(Outcome.DEFECT))
    cause = Cause(tuple(most_frequent(failed)))
    cause = replace(cause, only=_only_carrier(study, row, cause.reason))
    delays = study.question.delays
    worst = None if delays is None else unscanned_by(delays, study.as_of)
    if worst is None or worst.is_empty():
        return cause
    carrier = worst.row(0, named=True)
    since = study.by_carrier.filter(
        pl.col("promised_date").is_between(row["window_start"], study.as_of),
        pl.col("carrier_id").cast(pl.String) == str(carrier["carrier_id"]),
    )
    if dict(most_frequent(since.filter(outcome_is(Outcome.DEFECT)))[:1]).keys() != {Reason.NO_SCAN}:
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


def _only_carrier(study: Study, row: dict[str, Any], reason: str) -> str:
    """The carrier of all packages of the days that count that fail of a reason, if one of more."""
    inside = study.in_window(of_category(study.by_carrier, row)).filter(
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
