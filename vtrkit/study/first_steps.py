"""What can still be done about packages of one account in one marketplace that fail.

Each step says whom it helps, by when, and whom it does not help.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from vtrkit.metric.target import outcome_is
from vtrkit.rules.reasons import REASONS
from vtrkit.rules.still_open import ENTERED_WRONG
from vtrkit.schema import (
    EVEN,
    UNKNOWN_CATEGORY,
    UNRECOGNISED,
    Outcome,
    Reason,
    State,
    Status,
)
from vtrkit.study.first_causes import Cause, cause_of, most_frequent, of_category
from vtrkit.study.first_numbers import Numbers, listed
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_id, carrier_names
from vtrkit.whatif.levers import SCANNED, Lever
from vtrkit.whatif.simulate import stays_from

CORRECTIONS = "correct what is on its way"
"""What the lever is called that is about nothing else."""
_MOST = 2
"""Steps that are named: a carrier to leave and a reason, or two reasons."""
_FAILED = outcome_is(Outcome.DEFECT)
"""What a step is about: scan data of unverified packages would tell, and change nothing."""


@dataclass(frozen=True)
class Step:
    """A change of the packages shipped from tomorrow on.

    Args:
        carrier: the one that is left; none: the reason of `category` is what is changed.
        category: the one that it is about; all of them if none is named.
        reason: what fails today.
        orders: open orders that it concerns.
        back: categories in trouble that are likely back with it by `by`.
        as_it_is: those that are likely back by then without it.
        late: those that are not back, though it is taken.
        by: the day on which the last of `back` is back.
        sooner: whether one of `back` is back sooner than without it.
    """

    lever: Lever
    carrier: str
    category: str
    reason: str
    orders: int
    back: tuple[str, ...] = ()
    as_it_is: tuple[str, ...] = ()
    late: tuple[str, ...] = ()
    by: date | None = None
    sooner: bool = False


def coming_of(study: Study, row: dict[str, Any]) -> pl.DataFrame:
    """The coming days of a category; of a place as a whole, those of all its packages."""
    whole = row["category"] == UNKNOWN_CATEGORY
    return of_category(study.coming_totals if whole else study.coming, row)


def becomes(row: Mapping[str, Any]) -> str:
    """What becomes of a category if nothing changes: back, not by, stays or cannot tell."""
    troubled = in_trouble(row)
    if row["status"] == Status.NONE and (row["counted"] or not troubled):
        return "cannot tell"  # the files do not cover the days that count
    if troubled and row["back_on"]:
        return "back"
    if not row["told"] or (row["status"] == Status.UNDECIDED and not troubled):
        return "cannot tell"
    return "not by" if troubled else "stays"


def in_trouble(row: Mapping[str, Any]) -> bool:
    """Whether a category is below its target, or likely to fall below."""
    return bool(row["status"] == Status.BAD or row["below_on"])


def is_sooner(day: date | None, row: Mapping[str, Any]) -> bool:
    """Whether a category is back on a day, and by itself only later, if at all."""
    return bool(day and (not row["back_on"] or day < row["back_on"]))


NOTHING_FAILS = Lever(name="nothing fails", scanned=1.0, moves_all=True, retroactive=True)
"""The best that can be: all is scanned from tomorrow on, and corrected if it still can be."""


def likely_back(study: Study, levers: tuple[Lever, ...], row: dict[str, Any]) -> date | None:
    """The day from which a category likely stays on target with some levers, if there is one."""
    days = of_category(study.simulated(levers), row)
    back: list[date | None] = stays_from(days, {"back": EVEN})["back"].to_list()
    return back[0] if len(back) == 1 else None


def most_below(study: Study, rows: Sequence[dict[str, Any]]) -> tuple[date, int] | None:
    """The first decided day on which more categories than today are likely below, and most are."""
    now = sum(r["status"] == Status.BAD for r in rows)
    decided = study.coming.filter(
        pl.col("part").cast(pl.String) == "locked in", pl.col("chance") < EVEN
    )
    days = decided.group_by("day").agg(pl.len().cast(pl.Int64).alias("below"))
    worst = days.sort("below", "day", descending=[True, False]).head(1).rows()
    return worst[0] if worst and worst[0][1] > now else None


# what can be done -------------------------------------------------------------------------------


def steps_of(
    study: Study,
    row: dict[str, Any],
    cause: Cause,
    rows: Sequence[dict[str, Any]],
    numbers: Numbers | None,
) -> tuple[Step, ...]:
    """What helps a category; another one, if it is back by itself and no sooner with that."""
    steps = _steps_of(study, row, cause, rows, numbers)
    late = [r for r in rows if in_trouble(r) and r["told"] and not r["back_on"]]
    if not late or not row["back_on"] or any(step.sooner for step in steps):
        return steps
    return _steps_of(study, late[0], cause_of(study, late[0]), rows, numbers)


def _steps_of(
    study: Study,
    row: dict[str, Any],
    cause: Cause,
    rows: Sequence[dict[str, Any]],
    numbers: Numbers | None,
) -> tuple[Step, ...]:
    """A carrier to leave, and what most packages of the category fail of otherwise."""
    correctable = bool(row["correctable"]) and not (numbers and numbers.too_late)
    ids = {name: key for key, name in carrier_names().items()}
    left = ids.get(cause.carrier, "")
    steps = []
    if left:
        others = study.carriers.filter(pl.col("carrier_id").cast(pl.String) != left)
        lever = Lever(
            name=f"without {cause.carrier}",
            carrier_id=(left,),
            scanned=int(others["scanned"].sum()) / max(1, int(others["known"].sum())),
            moves_all=True,
        )
        orders = _open_orders(study, _CARRIER.eq(left))
        steps.append(Step(lever, cause.carrier, "", Reason.NO_SCAN, orders))
    category, recent = str(row["category"]), _failing(study, row, left)
    stuck = [r for r in rows if in_trouble(r) and r["told"] and not r["back_on"]]
    told = [_effect(study, step, rows) for step in steps]
    for reason, _ in most_frequent(recent):
        if len(told) == _MOST or category in {
            name for step in told[len(steps) :] for name in step.back
        }:
            break  # what brings it back is enough
        alike = (most_frequent(_failing(study, r, left))[:1] for r in stuck)
        # the first reason of all that are not back by themselves is cured everywhere
        several = not left and len(stuck) > 1 and not row["back_on"]
        every = several and all(of and of[0][0] == reason for of in alike)
        carriers = recent.filter(reason=reason)["carrier_id"].cast(pl.String).unique().sort()
        named = tuple(c for c in carriers if c in carrier_names())
        lever = Lever(
            name=f"cure “{REASONS[Reason(reason)].label}”",
            category=() if every else (category,),
            reason=(reason,),
            carrier_id=named if left and UNRECOGNISED not in carriers else (),
            scanned=SCANNED,
            retroactive=reason in ENTERED_WRONG and correctable,
        )
        if left and not lever.carrier_id:
            break
        orders = _open_orders(study, pl.lit(every) | (pl.col("category") == category))
        step = Step(lever, "", "" if every else category, reason, orders)
        told.append(_effect(study, step, rows))
    return tuple(told)


def _failing(study: Study, row: dict[str, Any], left: str) -> pl.DataFrame:
    """What failed of a category since the days that count began, but for a carrier to leave."""
    return of_category(study.by_carrier, row).filter(
        pl.col("promised_date").is_between(row["window_start"], study.as_of),
        _FAILED,
        pl.col("carrier_id").cast(pl.String) != left,
    )


def corrections_of(study: Study, row: dict[str, Any], steps: Sequence[Step]) -> tuple[Lever, ...]:
    """What is on its way and likely corrected in time, and changed by none of the steps."""
    if study.as_of != study.kept.as_of:
        return ()
    waiting = of_category(listed(study, pl.col("state") == str(State.CORRECTABLE)), row)
    waiting = waiting.filter(pl.col("until when likely").str.to_date() >= study.as_of)
    changed = {reason for step in steps for reason in step.lever.reason}
    reasons = {*waiting["reason"]} & {*ENTERED_WRONG} - changed
    left = {carrier for step in steps if step.carrier for carrier in step.lever.carrier_id}
    carriers = {*waiting.select(_CARRIER).to_series()} - {UNRECOGNISED}
    if not reasons or (left and not carriers - left):
        return ()
    category = () if row["category"] == UNKNOWN_CATEGORY else (str(row["category"]),)
    lever = Lever(
        name=CORRECTIONS,
        category=category,
        reason=tuple(sorted(reasons)),
        carrier_id=tuple(sorted(carriers - left)) if left else (),
        scanned=SCANNED,
        retroactive=True,
        later=False,
    )
    return (lever,)


def _open_orders(study: Study, which: pl.Expr) -> int:
    """Orders that are not shipped yet, of a carrier or a category."""
    waiting = listed(study, pl.col("reason") == str(Reason.NOT_SHIPPED))
    return waiting.filter(which)["order_id"].n_unique()


_CARRIER = carrier_id().cast(pl.String)


def _effect(study: Study, step: Step, rows: Sequence[dict[str, Any]]) -> Step:
    """Which of the categories in trouble are likely back with the step alone, and by when."""
    trouble = {str(r["category"]): r for r in rows if in_trouble(r)}
    days = stays_from(study.simulated((step.lever,)), {"back": EVEN})
    back = dict(days.select(pl.col("category").cast(pl.String), "back").rows())
    there = {name: back.get(name) for name in trouble}
    by = max((day for day in there.values() if day), default=None)
    without = (n for n, r in trouble.items() if by and r["back_on"] and r["back_on"] <= by)
    return replace(
        step,
        back=tuple(name for name, day in there.items() if day),
        late=tuple(name for name, day in there.items() if not day),
        as_it_is=tuple(without),
        by=by,
        sooner=any(is_sooner(there[name], r) for name, r in trouble.items()),
    )
