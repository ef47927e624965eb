"""What becomes of the packages that are known, and how many more will come, by promised day."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from typing import Any, TypeVar

import numpy as np

from vtrkit.forecast.arrays import Grid
from vtrkit.forecast.defect_rate import WEEK, Drift, Floats, Whole, drift, pooled
from vtrkit.forecast.volume import Volume, volume

HISTORY_DAYS = 26 * WEEK
"""Days of history that are learned from."""
_RECENT_WEEKS = 13
_DOUBT_DAYS = 2.0
_EXACT = 1e-9
_FIRM = 4.0
"""Shape of the gamma prior around a day's usual volume: its relative variance is 1 / shape."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Expected:
    """Expectations by group (axis G) and promised day (axis D).

    Args:
        late: of the known packages without a scan, those expected to be scanned yet, up to the
            last day of which all packages are known. Where the data cannot tell, it is what the
            usual rate makes of them, and not shown.
        sure: known packages that stay defects.
        loose: of `sure`, those that may yet be scanned.
        blur: the variance of `sure`.
        stays_unknown: known packages that stay unverified.
        open: known packages of days to come that may or may not be defects,
            as that many packages to come.
        new: packages to come.
        unknown_share: of the packages to come, those that no file will tell of, by group.
        drift: the defect rate of the weeks to come, by group.
        volume: level and variation of the packages to come, by group.
    """

    late: Floats
    sure: Floats
    loose: Floats
    blur: Floats
    stays_unknown: Floats
    open: Floats
    new: Floats
    unknown_share: Floats
    drift: Drift
    volume: Volume


def expected(known: Grid, closed_to: date) -> Expected:
    """What the model adds to what is known, for each account and marketplace by itself.

    So that its figures are the same whatever else is opened with it.
    """
    order = np.argsort(known.among, kind="stable")
    rows = np.split(order, np.flatnonzero(np.diff(known.among[order])) + 1)
    parts = [_of_place(_only(known, each), closed_to) for each in rows]
    return _together(parts, np.argsort(order)) if len(parts) > 1 else parts[0]


def _only(known: Grid, rows: Whole) -> Grid:
    """The counts of some groups of a grid."""
    counts: dict[str, Any] = {n: v for n, v in vars(known).items() if isinstance(v, np.ndarray)}
    began = [known.began[n] for n in rows]
    return replace(known, began=began, **{n: v[rows] for n, v in counts.items()})


_Arrays = TypeVar("_Arrays", Expected, Drift, Volume)


def _together(parts: Sequence[_Arrays], order: Whole) -> _Arrays:
    """The arrays of several groups as one, in their order."""
    whole: dict[str, Any] = {}
    for field in fields(parts[0]):
        each = [getattr(part, field.name) for part in parts]
        nested = is_dataclass(each[0])
        whole[field.name] = _together(each, order) if nested else np.concatenate(each)[order]
    return type(parts[0])(**whole)


def _of_place(known: Grid, closed_to: date) -> Expected:
    """What the model adds to what is known of the groups of one account and marketplace."""
    cut = (closed_to - known.first).days + 1
    ahead = known.counted.shape[1] - cut
    began = min(known.began, default=known.first)
    since = max((began - known.first).days, cut - HISTORY_DAYS, 0)
    since = min(since, max(cut - WEEK, 0))
    past = slice(since, cut)
    decided = (known.counted - known.unknown)[:, past]
    owed, doubt = _owed(known, cut)
    bad = decided - (known.valid + owed)[:, past]
    rate = drift(_weekly(bad), _weekly(decided), _weekly(doubt[:, past]), -(-ahead // WEEK))
    flow = volume(known.counted[:, past], ahead)
    recent = slice(-_RECENT_WEEKS * WEEK, None)
    unknown = known.unknown[:, past][:, recent].sum(axis=1)
    unseen = pooled(unknown, known.counted[:, past][:, recent].sum(axis=1)) * (unknown.sum() > 0)
    return Expected(
        drift=rate,
        volume=flow,
        unknown_share=unseen,
        new=_new(known, cut, flow),
        **_settled(known, cut, rate, unseen),
    )


def _owed(known: Grid, cut: int) -> tuple[Floats, Floats]:
    """Scans still owed by promised day, and the variance with which that is known.

    Where no first scan has a day, nothing is said to be owed, but unscanned packages of the last
    promised days are doubted: all of them on the last one, half as many every two days before,
    and together, since a seller's packages are late together.
    """
    age = np.maximum(cut - 1 - np.arange(known.counted.shape[1]), 0)
    doubted = known.awaited * 0.5 ** (age / _DOUBT_DAYS)
    together = doubted * doubted.sum(axis=1, keepdims=True)
    return known.owed, np.where(known.late_known, known.owed_var, together)


def _weekly(daily: Floats) -> Floats:
    """Sums of weeks, the last of which ends with the last day; a shorter first one is kept."""
    short = -daily.shape[1] % WEEK
    filled = np.pad(daily, ((0, 0), (short, 0)))
    weeks: Floats = filled.reshape(len(daily), filled.shape[1] // WEEK, WEEK).sum(axis=2)
    return weeks


def _settled(known: Grid, cut: int, rate: Drift, unseen: Floats) -> dict[str, Floats]:
    """What of the known packages is settled, and what is open; see `Expected`.

    How many unscanned packages stay so is told by the scans still owed, and by the usual rate;
    each counts by its certainty.
    """
    days = np.arange(known.counted.shape[1])
    week = np.maximum(days - cut, 0) // WEEK
    usual, var = rate.rate[:, week], np.diagonal(rate.cov, axis1=1, axis2=2)[:, week]
    decided = known.counted - known.unknown
    firm = decided - known.valid - known.awaited
    prior = np.clip(decided * usual - firm, 0, known.awaited)
    owed, doubt = _owed(known, cut)
    spread = prior * rate.spread[:, None] + decided**2 * var
    trust = np.where(doubt > _EXACT, spread / np.maximum(spread + doubt, _EXACT), 1.0)
    stays = known.unknown.copy()
    stays[:, cut:] = np.minimum(stays, known.counted * unseen[:, None])[:, cut:]
    sure, drawn = trust * (known.awaited - owed), (1 - trust) * prior
    past, blur = days < cut, trust * doubt
    return {
        "late": np.where(past, known.awaited - sure - drawn, 0),
        "sure": firm + sure + np.where(past, drawn, 0),
        "open": np.where(past, 0, drawn / usual + known.unknown - stays),
        "stays_unknown": stays,
        "loose": np.where(blur > _EXACT, np.maximum(sure + np.where(past, drawn, 0), 0), 0),
        "blur": blur,
    }


def _new(known: Grid, cut: int, flow: Volume) -> Floats:
    """Packages to come by promised day: what is expected beyond what is known, no day twice.

    Where ship days tell which share of a day's packages is usually known so long before it, the
    expectation also learns from how many are known (a gamma prior around the usual level).
    """
    seen, usual = known.counted[:, cut:], flow.expected
    days = np.minimum(np.arange(1, seen.shape[1] + 1), known.lead.shape[1] - 1)
    share = known.lead[:, days]
    more = (1 - share) * usual * (_FIRM + seen) / (_FIRM + share * usual)
    more = np.where(np.isnan(share), np.maximum(usual - seen, 0), more)
    return np.pad(np.maximum(more, known.unshipped[:, cut:]), ((0, 0), (cut, 0)))
