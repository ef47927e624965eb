"""What the first screen of one account in one marketplace says: facts, from which sentences come.

```
rates, advice ─▶ in danger? ── how it stands, category by category, the one that matters most
outlook, steps ▶ out when?  ── the line, as it is and with the steps
reasons, scans ▶ why?       ── the reason most packages fail of, the carrier that does not scan
packages ──────▶ do what?   ── at most three actions that can still be taken, deadlines first
```
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

import polars as pl

from vtrkit.metric.linked_metrics import missed_besides
from vtrkit.metric.target import IN_METRIC, outcome_is
from vtrkit.schema import CATEGORY, EVEN, UNKNOWN_CATEGORY, Outcome, Status
from vtrkit.study.coming import BACK, DAYS
from vtrkit.study.first_causes import Cause, cause_of, most_frequent, of_category
from vtrkit.study.first_numbers import Numbers, numbers_of
from vtrkit.study.first_steps import (
    NOTHING_FAILS,
    Step,
    coming_of,
    corrections_of,
    in_trouble,
    is_sooner,
    likely_back,
    most_below,
    steps_of,
)
from vtrkit.study.kept import held
from vtrkit.study.study import EARLY, LATE, Study
from vtrkit.whatif.levers import Lever
from vtrkit.whatif.simulate import stays_from

Days = tuple[dict[str, Any], ...]
"""Days in order, as `drawn` has them."""


class Kind(StrEnum):
    """Which of the variants of the first screen holds."""

    BELOW = "below target"
    FEW = "below target, few packages"
    RECOVERING = "below target, recovering"
    AT_RISK = "at risk"
    FINE = "fine"
    CANNOT_TELL = "cannot tell"
    NOTHING = "nothing counted"
    GOAL_ONLY = "goal only"


@dataclass(frozen=True)
class FirstFacts:
    """Everything that the first screen says of one account in one marketplace.

    Args:
        kind: which variant.
        row: the category that matters most: its rates and the facts of its advice.
        categories: every category with packages likewise, the one that matters most first.
        numbers: what can still be corrected, if anything.
        steps: what can be changed from tomorrow on, a carrier first.
        corrections: what is corrected beside these of packages of the category on their way.
        back: the likely day on which the category is back with all of these, and the days with a
            chance of 20 and 80 %; none where it is not back by the last day foreseen, nor where
            it is not below at all.
        at_best: the likely day if nothing fails from tomorrow on.
        as_it_is: the days of that category, see `drawn`.
        with_steps: the coming ones with all steps and corrections.
        most_below: the first day on which most categories are likely below, and how many.
        nameless: packages that count today whose category no file names.
        due: the first and the last day on which packages of the files are due that count.
        last_failed: the last day up to today on which a package of the category was due that
            failed.
        stops: the day on which the last package that failed in the days that count stops counting.
        later: how many fail as things are and count only later, and likewise the day of the last.
        missed: metrics besides valid tracking that Amazon enforces and that are missed on enough
            packages, each a row of `Study.linked`.
        coming: packages of the category that count later and are shipped, and how many of these
            fail as things are, of the `coming_reason` of most of them.
        cause: why packages fail.
    """

    kind: Kind
    row: dict[str, Any]
    categories: tuple[dict[str, Any], ...]
    last_day: date
    as_it_is: Days
    with_steps: Days
    numbers: Numbers | None = None
    steps: tuple[Step, ...] = ()
    corrections: tuple[Lever, ...] = ()
    back: tuple[date | None, date | None, date | None] = (None, None, None)
    at_best: date | None = None
    most_below: tuple[date, int] | None = None
    nameless: int = 0
    due: tuple[date, date] | None = None
    last_failed: date | None = None
    stops: date | None = None
    later: tuple[int, date | None] = (0, None)
    coming: tuple[int, int] = (0, 0)
    coming_reason: str = ""
    seen_to: date | None = None
    cause: Cause = field(default_factory=Cause)
    missed: tuple[dict[str, Any], ...] = ()

    def of(self, status: Status) -> list[dict[str, Any]]:
        """The categories of one status."""
        return [r for r in self.categories if r["status"] == status]

    @property
    def hurt(self) -> list[dict[str, Any]]:
        """The categories that are below their target and can lose the right to sell."""
        return [r for r in self.of(Status.BAD) if r["binding"]]

    @property
    def levers(self) -> tuple[Lever, ...]:
        """All steps and corrections, as a scenario has them."""
        return _levers(self.corrections, self.steps)

    @property
    def saved(self) -> bool:
        """Whether the category does not fall below its target at all, if the steps are taken."""
        first, likely = self.row["below_on"], self.back[1]
        return bool(first and likely and likely <= first)

    @property
    def sooner(self) -> bool:
        """Whether the category is back sooner if the steps are taken."""
        return is_sooner(self.back[1], self.row)

    @property
    def low(self) -> dict[str, Any] | None:
        """The lowest day to come as it is, on the line, and the highest rate `before` it."""
        return _lowest([r for r in self.as_it_is if r["day"] >= self.row["as_of"]])

    @property
    def dip(self) -> dict[str, Any] | None:
        """Likewise with the steps."""
        return _lowest(self.with_steps)


_WORTH_A_STEP = timedelta(days=7)
_NAMELESS = pl.col("is_enforced_window") & (pl.col("category") == UNKNOWN_CATEGORY)


def _lowest(days: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    if not days:
        return None
    low = min(days, key=lambda r: (r["rate"], r["day"]))
    return low | {"before": max(r["rate"] for r in days if r["day"] <= low["day"])}


@held(1)
def first_facts(study: Study) -> FirstFacts:
    """The facts of the first screen of a study of one account in one marketplace."""
    row = study.headline
    rows = _categories(study, row)
    kind = _kind(row, rows)
    if kind is Kind.FINE and (falling := [r for r in rows if in_trouble(r)]):
        row, kind = falling[0], Kind.AT_RISK  # it may not count before it is below
    told = bool(row["told"]) and kind is not Kind.NOTHING
    at_best = likely_back(study, (NOTHING_FAILS,), row) if told else None
    if kind is Kind.RECOVERING and at_best and row["back_on"] - at_best >= _WORTH_A_STEP:
        kind = Kind.BELOW  # it comes back by itself, and a week or more later than it could
    numbers, cause = numbers_of(study), cause_of(study, row)
    steps: tuple[Step, ...] = ()
    if told and kind in {Kind.BELOW, Kind.AT_RISK, Kind.GOAL_ONLY}:
        steps = steps_of(study, row, cause, rows, numbers)
    corrections = corrections_of(study, row, steps) if steps else ()
    ahead, back = _with_steps(study, row, _levers(corrections, steps))
    due = study.view.filter(IN_METRIC)["promised_date"].drop_nulls().sort()
    return FirstFacts(
        kind=kind,
        row=row,
        categories=rows,
        last_day=study.as_of + timedelta(days=DAYS),
        as_it_is=_line(study, row),
        with_steps=ahead if told else (),
        numbers=numbers,
        steps=steps,
        corrections=corrections,
        back=back,
        at_best=at_best,
        most_below=most_below(study, rows),
        nameless=int(study.rates.filter(_NAMELESS)["counted"].sum()),
        due=(due[0], due[-1]) if len(due) else None,
        cause=cause,
        seen_to=study.seen_to,
        missed=tuple(missed_besides(study.linked).to_dicts()),
        **_counted(of_category(study.view, row), row),
    )


def _counted(view: pl.DataFrame, row: dict[str, Any]) -> dict[str, Any]:
    """When packages of the category failed last, stop counting, and what counts later."""
    due, fails = pl.col("promised_date"), outcome_is(Outcome.DEFECT)
    failed = view.filter(fails, due <= row["as_of"])["promised_date"].max()
    inside = view.filter(fails, due.is_between(row["window_start"], row["window_end"]))
    later = view.filter(due > row["window_end"], IN_METRIC)
    failing = later.filter(fails)
    reason, most = next(iter(most_frequent(failing)), ("", 0))
    span = timedelta(days=row["lag_days"] + row["days"])
    ends = inside["promised_date"].max(), failing["promised_date"].max()
    stops, later_stops = (day + span if isinstance(day, date) else None for day in ends)
    many, failing_later = int(later["packages"].sum()), int(failing["packages"].sum())
    return {
        **{"last_failed": failed, "stops": stops, "later": (failing_later, later_stops)},
        **{"coming": (many, most), "coming_reason": reason},
    }


def _categories(study: Study, head: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Every category with packages, or a place as a whole: the headline's, then the latest back."""
    enforced = study.rates.filter("is_enforced_window")
    facts = study.advice.select(*CATEGORY, *(set(study.advice.columns) - set(enforced.columns)))
    rows = enforced.join(facts, on=CATEGORY).with_columns(pl.col(CATEGORY).cast(pl.String))
    counts = (pl.col("counted") > 0) | pl.col("below_on").is_not_null()
    is_whole = pl.col("category") == UNKNOWN_CATEGORY
    named = rows.filter(is_whole == (head["category"] == UNKNOWN_CATEGORY), counts).to_dicts()
    order = list(Status)
    return tuple(
        sorted(
            named,
            key=lambda r: (
                r["category"] != head["category"],
                order.index(r["status"]),
                -(r["back_on"] or date.max).toordinal(),
                r["vtr_low"],
                r["category"],
            ),
        )
    )


def _kind(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> Kind:
    status = Status(row["status"])
    if status == Status.NONE:
        return Kind.NOTHING
    if not row["in_force"]:
        return Kind.GOAL_ONLY
    if status != Status.BAD:
        return {
            Status.UNDECIDED: Kind.CANNOT_TELL,
            Status.AT_RISK: Kind.AT_RISK,
            Status.GOOD: Kind.FINE,
        }[status]
    if row["few"] and not row["told"]:
        return Kind.FEW
    ending = all(
        r["back_on"] if r["status"] == Status.BAD else not r["below_on"] for r in (row, *rows)
    )
    return Kind.RECOVERING if ending else Kind.BELOW


def _line(study: Study, row: dict[str, Any]) -> Days:
    shown = pl.col("day") >= study.as_of - timedelta(days=BACK)
    return tuple(drawn(coming_of(study, row).filter(shown)).to_dicts())


def drawn(days: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """What is drawn of days, in order: `part`, `rate`, `low` and `high`, in shares.

    Packages without scan data fail up to today, as in the headline.
    """
    official = pl.col("part").cast(pl.String) == "official"
    rate = pl.when(official).then("vtr_low").otherwise("vtr")
    told = days.filter(pl.col("counted") > 0, "complete", rate.is_not_null())
    return told.select(
        *(pl.col(key).cast(pl.String) for key in keys),
        "day",
        pl.col("part").cast(pl.String),
        rate.alias("rate"),
        pl.col("vtr_low").alias("low"),
        pl.col("vtr_high").alias("high"),
    ).sort(*keys, "day")


def _levers(corrections: tuple[Lever, ...], steps: Sequence[Step]) -> tuple[Lever, ...]:
    return (*corrections, *(step.lever for step in steps))


def _with_steps(
    study: Study, row: dict[str, Any], levers: tuple[Lever, ...]
) -> tuple[Days, tuple[date | None, date | None, date | None]]:
    """The line of the category with all steps, and the days on which it is back."""
    if not levers:
        return (), (None, None, None)
    days = of_category(study.simulated(levers), row)
    back = stays_from(days, {"early": EARLY, "likely": EVEN, "late": LATE})
    # what is on target all along has no day on which it is back
    told = back.height and in_trouble(row)
    dates = back.select("early", "likely", "late").row(0) if told else (None, None, None)
    ahead = days.filter(pl.col("part") != "official")
    return tuple(drawn(ahead).to_dicts()), dates
