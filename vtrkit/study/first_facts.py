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

from vtrkit.metric.carrier_scans import carrier_scans
from vtrkit.metric.tally import rollup
from vtrkit.rules.still_open import ENTERED_WRONG, SHOWS_DAYS
from vtrkit.schema import (
    CATEGORY,
    COUNTED_AS,
    EVEN,
    UNKNOWN_CATEGORY,
    UNRECOGNISED,
    Outcome,
    Reason,
    State,
    Status,
)
from vtrkit.study.coming import DAYS
from vtrkit.study.study import EARLY, LATE, Study
from vtrkit.tracking.carriers import carrier_names
from vtrkit.whatif.changes import SCANNED
from vtrkit.whatif.levers import MOVED, Lever, Scenario
from vtrkit.whatif.simulate import simulate, stays_from

MOST_ACTIONS = 3
SCAN_WEEKS = 2
"""Weeks of shipping over which a carrier is compared with the others."""
_FEWEST = 5
"""Packages that a carrier has to leave without a scan, beyond what others would, to be named."""


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
class Numbers:
    """Packages on their way whose carrier or number another entry would cure.

    Args:
        missing: whether each of them has no number at all.
        by_day: how many can be corrected until which day at the latest.
        by_category: how many failures fewer that is, by category, most first.
    """

    missing: bool
    by_day: tuple[tuple[date, int], ...]
    by_category: tuple[tuple[str, int], ...]

    @property
    def packages(self) -> int:
        """All of them."""
        return sum(count for _, count in self.by_category)


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


@dataclass(frozen=True)
class Cause:
    """Why packages fail.

    Args:
        reason: what most packages that failed in the days that count fail of.
        packages: how many of that, of `failed` in all.
        carrier: the one that scans far less than the others, if there is one.
        scanned: how many it scanned, of `shipped` from `since` to `until`.
        own: of the category that matters most, packages of the other carriers that were not
            scanned, and all of them, where that is far more than in the other categories.
        others: likewise of all other categories.
    """

    reason: str = ""
    packages: int = 0
    failed: int = 0
    carrier: str = ""
    scanned: int = 0
    shipped: int = 0
    since: date | None = None
    until: date | None = None
    own: tuple[int, int] | None = None
    others: tuple[int, int] | None = None


@dataclass(frozen=True)
class FirstFacts:
    """Everything that the first screen says of one account in one marketplace.

    Args:
        kind: which variant.
        row: the category that matters most: its rates and the facts of its advice.
        categories: every category with packages likewise, the one that matters most first.
        numbers: what can still be corrected, if anything.
        steps: what can be changed from tomorrow on, a carrier first.
        back: the likely day on which the category is back with all of these, and the days with a
            chance of 20 and 80 %; none where it is not back by the last day foreseen.
        line: the days of that category with `series` "as it is" or "with steps", in shares.
        most_below: the first day on which most categories are likely below, and how many.
        due: the first and the last day on which packages of the files are due that count.
        last_failed: the last day up to today on which a package of the category was due that
            failed.
        stops: the day on which the last package that failed in the days that count stops counting.
        coming: packages of the category that count later and are shipped, and how many of these
            fail as things are, of the `coming_reason` of most of them.
        cause: why packages fail.
    """

    kind: Kind
    row: dict[str, Any]
    categories: tuple[dict[str, Any], ...]
    last_day: date
    line: pl.DataFrame
    numbers: Numbers | None = None
    steps: tuple[Step, ...] = ()
    back: tuple[date | None, date | None, date | None] = (None, None, None)
    most_below: tuple[date, int] | None = None
    due: tuple[date, date] | None = None
    last_failed: date | None = None
    stops: date | None = None
    coming: tuple[int, int] = (0, 0)
    coming_reason: str = ""
    seen_to: date | None = None
    cause: Cause = field(default_factory=Cause)

    def of(self, status: Status) -> list[dict[str, Any]]:
        """The categories of one status."""
        return [r for r in self.categories if r["status"] == status]

    @property
    def hurt(self) -> list[dict[str, Any]]:
        """The categories that are below their target and can lose the right to sell."""
        return [r for r in self.of(Status.BAD) if r["binding"]]

    @property
    def saved(self) -> bool:
        """Whether the category does not fall below its target at all, if the steps are taken."""
        first, likely = self.row["below_on"], self.back[1]
        return bool(first and likely and likely <= first)

    @property
    def low(self) -> dict[str, Any] | None:
        """The lowest day to come as it is, on the line; none where the line does not fall."""
        return _lowest(self.line.filter(pl.col("day") >= self.row["as_of"], series=AS_IT_IS))

    @property
    def dip(self) -> dict[str, Any] | None:
        """Likewise with the steps."""
        return _lowest(self.line.filter(series=WITH_STEPS))


AS_IT_IS, WITH_STEPS = "as it is", "with steps"


def _lowest(line: pl.DataFrame) -> dict[str, Any] | None:
    ahead = line.filter(pl.col("rate").is_not_null()).sort("rate", "day")
    return ahead.row(0, named=True) if ahead.height else None


def first_facts(study: Study) -> FirstFacts:
    """The facts of the first screen of a study of one account in one marketplace."""
    row = study.headline
    rows = _categories(study, row)
    kind = _kind(row, rows)
    told = bool(row["told"]) and kind is not Kind.NOTHING
    numbers, cause = _numbers(study), _cause(study, row)
    steps: tuple[Step, ...] = ()
    if told and kind in {Kind.BELOW, Kind.AT_RISK, Kind.GOAL_ONLY}:
        steps = _steps(study, row, cause, rows)
    ahead, back = _with_steps(study, row, steps)
    counted = [r for o in (Outcome.VALID, Outcome.DEFECT, Outcome.UNKNOWN) for r in COUNTED_AS[o]]
    due = study.view.filter(pl.col("reason").is_in(counted))["promised_date"]
    first, last = due.min(), due.max()
    return FirstFacts(
        kind=kind,
        row=row,
        categories=rows,
        last_day=study.as_of + timedelta(days=DAYS),
        line=pl.concat([_line(study, row), ahead]) if told else _line(study, row),
        numbers=numbers,
        steps=steps,
        back=back,
        most_below=_most_below(study, rows),
        due=(first, last) if isinstance(first, date) and isinstance(last, date) else None,
        cause=cause,
        seen_to=study.seen_to,
        **_counted(_of(study.view, row), row),
    )


def _counted(view: pl.DataFrame, row: dict[str, Any]) -> dict[str, Any]:
    """When packages of the category failed last, stop counting, and what counts later."""
    due, reason = pl.col("promised_date"), pl.col("reason")
    fails = reason.is_in(COUNTED_AS[Outcome.DEFECT])
    failed = view.filter(fails, due <= row["as_of"])["promised_date"].max()
    inside = view.filter(fails, due.is_between(row["window_start"], row["window_end"]))
    leaves = inside["promised_date"].max()
    counted = [r for o in (Outcome.VALID, Outcome.DEFECT, Outcome.UNKNOWN) for r in COUNTED_AS[o]]
    later = view.filter(due > row["window_end"], reason.is_in(counted))
    by_reason = later.filter(fails).group_by("reason").agg(pl.col("packages").sum())
    top = by_reason.sort("packages", "reason", descending=[True, False]).head(1).rows()
    span = timedelta(days=row["lag_days"] + row["days"])
    return {
        "last_failed": failed,
        "stops": leaves + span if isinstance(leaves, date) else None,
        "coming": (int(later["packages"].sum()), int(top[0][1]) if top else 0),
        "coming_reason": str(top[0][0]) if top else "",
    }


def _categories(study: Study, head: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Every named category with packages: the headline's, then those back latest, then lowest."""
    enforced = study.rates.filter("is_enforced_window", pl.col("counted") > 0)
    facts = study.advice.select(*CATEGORY, *(set(study.advice.columns) - set(enforced.columns)))
    rows = enforced.join(facts, on=CATEGORY).with_columns(pl.col(CATEGORY).cast(pl.String))
    named = rows.filter(pl.col("category") != UNKNOWN_CATEGORY).to_dicts()
    far = date.max
    order = {status: place for place, status in enumerate(Status)}
    return tuple(
        sorted(
            named,
            key=lambda r: (
                r["category"] != head["category"],
                order[r["status"]],
                -(r["back_on"] or far).toordinal(),
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
    if row["few"]:
        return Kind.FEW
    ending = all(
        r["back_on"] if r["status"] == Status.BAD else not r["below_on"] for r in (row, *rows)
    )
    return Kind.RECOVERING if ending else Kind.BELOW


# the coming days --------------------------------------------------------------------------------


def _of(table: pl.DataFrame, row: dict[str, Any]) -> pl.DataFrame:
    """The rows of a category; of a place as a whole, all of them."""
    if row["category"] == UNKNOWN_CATEGORY or "category" not in table.columns:
        return table
    return table.filter(pl.col("category").cast(pl.String) == str(row["category"]))


def _line(study: Study, row: dict[str, Any]) -> pl.DataFrame:
    whole = row["category"] == UNKNOWN_CATEGORY
    days = _of(study.coming_totals if whole else study.coming, row)
    return _drawn(days.filter(pl.col("day") >= study.as_of - timedelta(days=30)), AS_IT_IS)


def _drawn(days: pl.DataFrame, series: str) -> pl.DataFrame:
    """What is drawn of days: packages without scan data fail up to today, as in the headline."""
    official = pl.col("part").cast(pl.String) == "official"
    rate = pl.when(official).then("vtr_low").otherwise("vtr")
    told = days.filter(pl.col("counted") > 0, "complete", rate.is_not_null())
    return told.select(
        pl.lit(series).alias("series"),
        "day",
        pl.col("part").cast(pl.String),
        rate.alias("rate"),
        pl.col("vtr_low").alias("low"),
        pl.col("vtr_high").alias("high"),
    )


def _with_steps(
    study: Study, row: dict[str, Any], steps: Sequence[Step]
) -> tuple[pl.DataFrame, tuple[date | None, date | None, date | None]]:
    """The line of the category with all steps, and the days on which it is back."""
    nothing = _line(study, row).clear()
    if not steps:
        return nothing, (None, None, None)
    days = _of(_simulated(study, [step.lever for step in steps]), row)
    back = stays_from(days, {"early": EARLY, "likely": EVEN, "late": LATE})
    dates = back.select("early", "likely", "late").row(0) if back.height else (None, None, None)
    ahead = days.filter(pl.col("part") != "official")
    return _drawn(ahead, WITH_STEPS), dates


def _simulated(study: Study, levers: Sequence[Lever]) -> pl.DataFrame:
    return simulate(study.prospect(CATEGORY), Scenario("steps", tuple(levers)))


def _most_below(study: Study, rows: Sequence[dict[str, Any]]) -> tuple[date, int] | None:
    """The first decided day on which more categories than today are likely below, and most are."""
    now = sum(r["status"] == Status.BAD for r in rows)
    decided = study.coming.filter(
        pl.col("part").cast(pl.String) == "locked in", pl.col("chance") < EVEN
    )
    days = decided.group_by("day").agg(pl.len().cast(pl.Int64).alias("below"))
    worst = days.sort("below", "day", descending=[True, False]).head(1).rows()
    return worst[0] if worst and worst[0][1] > now else None


# what can be done -------------------------------------------------------------------------------


def _numbers(study: Study) -> Numbers | None:
    """The packages that can still be corrected, as `packages.csv` lists them."""
    listed = study.here(
        study.kept.packages.filter(state=str(State.CORRECTABLE)).with_columns(
            pl.col("account", "marketplace").cast(pl.Categorical)
        )
    )
    until = pl.col("until when possible").str.to_date()
    known = int(study.advice["correctable"].sum())
    # packages.csv is of the day of the run folder: on another day only the counts are known
    if not known or listed.height != known:
        return None
    by_day = listed.group_by(until.alias("until")).len().sort("until", nulls_last=True)
    by_category = listed.group_by("category").len()
    by_category = by_category.sort("len", "category", descending=[True, False])
    return Numbers(
        missing=set(listed["reason"]) == {str(Reason.MISSING_NUMBER)},
        by_day=tuple((day, count) for day, count in by_day.rows() if day),
        by_category=tuple(by_category.rows()),
    )


def _steps(
    study: Study, row: dict[str, Any], cause: Cause, rows: Sequence[dict[str, Any]]
) -> tuple[Step, ...]:
    """A carrier to leave, and what most packages of the category fail of otherwise."""
    cells = rollup(study.tally, [*CATEGORY, "carrier_id", "promised_date", "reason"]).collect()
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
        steps.append(
            Step(
                lever, cause.carrier, "", Reason.NO_SCAN, _open_orders(study, carrier=cause.carrier)
            )
        )
    category = str(row["category"])
    recent = _of(cells, row).filter(
        pl.col("promised_date").is_between(row["window_start"], study.as_of),
        pl.col("reason").is_in(MOVED),
        pl.col("carrier_id").cast(pl.String) != left,
    )
    most = recent.group_by("reason").agg(pl.col("packages").sum()).sort("packages", descending=True)
    if category != UNKNOWN_CATEGORY and most.height and most["packages"][0] > 0:
        reason = str(most["reason"][0])
        carriers = recent.filter(reason=reason)["carrier_id"].cast(pl.String).unique().sort()
        named = tuple(c for c in carriers if c in carrier_names())
        lever = Lever(
            name=f"no {reason}",
            category=(category,),
            reason=(reason,),
            carrier_id=named if left and UNRECOGNISED not in carriers else (),
            scanned=SCANNED,
            retroactive=reason in ENTERED_WRONG and bool(row["correctable"]),
        )
        if not (left and not lever.carrier_id):
            steps.append(Step(lever, "", category, reason, _open_orders(study, category=category)))
    return tuple(_effect(study, step, rows) for step in steps)


def _open_orders(study: Study, **chosen: str) -> int:
    """Orders that are not shipped yet, of a carrier or a category."""
    listed = study.kept.packages.filter(pl.col("reason") == str(Reason.NOT_SHIPPED))
    here = study.here(listed.with_columns(pl.col("account", "marketplace").cast(pl.Categorical)))
    return here.filter(pl.col(n) == name for n, name in chosen.items())["order_id"].n_unique()


def _effect(study: Study, step: Step, rows: Sequence[dict[str, Any]]) -> Step:
    """Which of the categories in trouble are likely back with the step alone, and by when."""
    trouble = {str(r["category"]): r for r in rows if r["status"] == Status.BAD or r["below_on"]}
    days = stays_from(_simulated(study, [step.lever]), {"back": EVEN})
    back = dict(days.select(pl.col("category").cast(pl.String), "back").rows())
    there = {name: back.get(name) for name in trouble}
    by = max((day for day in there.values() if day), default=None)
    return Step(
        **{
            **vars(step),
            "back": tuple(name for name, day in there.items() if day),
            "late": tuple(name for name, day in there.items() if not day),
            "as_it_is": tuple(
                name for name, r in trouble.items() if by and r["back_on"] and r["back_on"] <= by
            ),
            "by": by,
        }
    )


# why --------------------------------------------------------------------------------------------


def _cause(study: Study, row: dict[str, Any]) -> Cause:
    """The reason most packages fail of, and the carrier that scans far less than the others."""
    failed = study.reasons.filter(pl.col("reason").is_in(COUNTED_AS[Outcome.DEFECT]))
    sums = failed.group_by(pl.col("reason").cast(pl.String)).agg(pl.col("packages").sum())
    top = sums.sort("packages", "reason", descending=[True, False]).head(1).rows()
    reason, packages = top[0] if top else ("", 0)
    delays = study.question.delays
    if delays is None:
        return Cause(reason, packages, int(sums["packages"].sum()))
    # a package of the last three days may still wait for its first scan
    until = study.as_of - timedelta(days=SHOWS_DAYS)
    since = until - timedelta(days=7 * SCAN_WEEKS - 1)
    scans = carrier_scans(delays, first=since, last=until).filter(pl.col("known") > 0)
    whole = {"reason": reason, "packages": packages, "failed": int(sums["packages"].sum())}
    for one in scans.sort(pl.col("known") - pl.col("scanned"), descending=True).to_dicts():
        others = scans.filter(pl.col("carrier_id") != one["carrier_id"])
        known = int(others["known"].sum())
        usual = int(others["scanned"].sum()) / known if known else 0.0
        excess = usual * one["known"] - one["scanned"]
        if excess >= _FEWEST and one["high"] < usual and one["carrier_id"] in carrier_names():
            name = carrier_names()[one["carrier_id"]]
            more = {"carrier": name, "scanned": one["scanned"], "shipped": one["known"]}
            own, rest = _without(study, row, str(one["carrier_id"]))
            return Cause(**whole, **more, since=since, until=until, own=own, others=rest)
    return Cause(**whole)


def _without(
    study: Study, row: dict[str, Any], carrier: str
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """Not scanned, and all, of the days that count without a carrier: of the category, and others.

    None where the category is no worse than twice the others.
    """
    keys = [*CATEGORY, "carrier_id", "promised_date", "reason"]
    counted = [r for outcome in (Outcome.VALID, Outcome.DEFECT) for r in COUNTED_AS[outcome]]
    inside = study.in_window(rollup(study.tally, keys).collect()).filter(
        pl.col("reason").is_in(counted), pl.col("carrier_id").cast(pl.String) != carrier
    )
    is_own = pl.col("category").cast(pl.String) == str(row["category"])
    pairs = []
    for cells in (inside.filter(is_own), inside.filter(~is_own)):
        missed = cells.filter(reason=Reason.NO_SCAN)["packages"].sum()
        pairs.append((int(missed), int(cells["packages"].sum())))
    (missed, own), (others_missed, others) = pairs
    far = own and others and missed >= _FEWEST and missed * others > 2 * others_missed * own
    return (pairs[0], pairs[1]) if far else (None, None)
