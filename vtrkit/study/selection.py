"""What the page's selector chooses from: every category on every day, and what helps it.

```
rates, advice ──▶ rows     a category each, the worst first: latest back, then lowest
outlook, steps ─▶ days     where each stands on each day, as it is and with the steps
tally ──────────▶ failed   what failed in the days that count, by reason and by carrier
                  known    failed packages that still count on each coming day
steps ──────────▶ helps    when each is likely back with a step, with all of them, at best
```
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from vtrkit.forecast.advice import between
from vtrkit.metric.target import DEFECT, IN_METRIC, PACKAGES, SCALE, STRICT, budget, whole
from vtrkit.schema import EVEN, UNKNOWN_CATEGORY, Status
from vtrkit.study.coming import BACK, DAYS
from vtrkit.study.first_facts import Days, FirstFacts, drawn
from vtrkit.study.first_steps import NOTHING_FAILS, in_trouble
from vtrkit.study.study import EARLY, LATE, Study
from vtrkit.whatif.simulate import stays_from

ALL = UNKNOWN_CATEGORY
"""The category under which stands what is said of all of them together."""
_CATEGORY = pl.col("category").cast(pl.String)
_AHEAD = pl.col("part").cast(pl.String) != "official"


@dataclass(frozen=True)
class Help:
    """What comes of some steps, or of none.

    Args:
        steps: which of the steps, by their place.
        best: whether nothing fails any more instead.
        by_category: the days with a chance of 20, 50 and 80 % from which each category stays on
            target (`early`, `likely`, `late`; none beyond the days foreseen), its `lowest` rate
            from today on, and the first day on target if it is not to stay (`meets_on`).
    """

    steps: tuple[int, ...]
    best: bool
    by_category: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Selection:
    """What can be selected of one account in one marketplace.

    Args:
        facts: those of the first screen.
        rows: the categories, the worst first, with the facts of `FirstFacts.categories`.
        days: of each category (and `ALL`) the days: `part`, `status`, `rate`, `low`, `high`,
            `counted`, the packages that failed at least and at most (`failed`, `failed_most`) and
            are `allowed`.
        as_it_is: likewise what is drawn of the days; see `FirstFacts`.
        with_steps: likewise.
        known: likewise on each coming day the packages known to have failed that count then.
        failed: packages that failed in the days that count, by category, reason and carrier.
        due: packages that count, by category and carrier.
        helps: as it is, with each step, with all of them, and at best.
    """

    facts: FirstFacts
    rows: tuple[dict[str, Any], ...]
    days: dict[str, Days]
    as_it_is: dict[str, Days]
    with_steps: dict[str, Days]
    known: dict[str, dict[date, int]]
    failed: tuple[tuple[str, str, str, int], ...]
    due: tuple[tuple[str, str, int], ...]
    helps: tuple[Help, ...]

    @cached_property
    def shipped(self) -> date | None:
        """The last day that has been shipped already."""
        days = (r["day"] for own in self.days.values() for r in own if r["part"] == "locked in")
        return max(days, default=None)

    @property
    def names(self) -> list[str]:
        """What can be selected: all, if there is not one category alone, and each of them."""
        each = [str(row["category"]) for row in self.rows]
        return [ALL, *each] if len(each) != 1 else each

    @property
    def sums_up(self) -> bool:
        """Whether `ALL` is the sum of categories, and no category of its own."""
        return len(self.names) > 1

    @property
    def trouble(self) -> list[str]:
        """The categories below target, or likely to fall below, of which the future can be told."""
        return [str(r["category"]) for r in self.rows if in_trouble(r) and r["told"]]


def selection(study: Study, facts: FirstFacts) -> Selection:
    """What can be selected of a study of one account in one marketplace."""
    ahead = _both(study).filter(pl.col("day") >= study.as_of)
    lows = dict(lowest(ahead).rows())
    rows = tuple(sorted(facts.categories, key=lambda row: _worst_first(row, lows)))
    troubled = any(in_trouble(row) and row["told"] for row in rows)
    helps = _helps(study, facts) if troubled else ()
    changed = study.simulated(facts.levers) if facts.levers else study.coming.clear()
    names = [str(row["category"]) for row in rows]
    inside = study.in_window(study.by_carrier).filter(IN_METRIC)
    by = [_CATEGORY, pl.col("carrier_id").cast(pl.String)]
    reason = pl.col("reason").cast(pl.String)
    return Selection(
        facts=facts,
        rows=rows,
        days=_by_category(_days(study, rows)),
        as_it_is=_by_category(drawn(_both(study), "category")),
        with_steps=_by_category(drawn(changed.filter(_AHEAD, _CATEGORY.is_in(names)), "category")),
        known=_known(study, facts),
        failed=tuple(inside.filter(DEFECT).group_by(*by, reason).agg(PACKAGES.sum()).rows()),
        due=tuple(inside.group_by(by).agg(PACKAGES.sum()).rows()),
        helps=helps,
    )


def lowest(days: pl.DataFrame) -> pl.DataFrame:
    """The lowest rate of each category among days, as they are drawn."""
    return drawn(days, "category").group_by("category").agg(pl.col("rate").min())


def _by_category(days: pl.DataFrame) -> dict[str, Days]:
    rows = sorted(days.to_dicts(), key=lambda r: (r["category"], r["day"]))
    return {name: tuple(own) for name, own in groupby(rows, key=itemgetter("category"))}


def _worst_first(row: dict[str, Any], lows: dict[str, float]) -> tuple[Any, ...]:
    """Those in trouble first: the latest back, then the lowest; then the others as they stand."""
    order = {status: place for place, status in enumerate(Status)}
    category, troubled = str(row["category"]), in_trouble(row)
    back = -(row["back_on"] or date.max).toordinal() if troubled else 0
    status = 0 if troubled else order[Status(row["status"])]
    return (back, status, lows.get(category, row["vtr_low"]), category)


def _both(study: Study) -> pl.DataFrame:
    """The days of each category, and of all of them together, that can be shown."""
    whole_ = study.coming_totals.with_columns(category=pl.lit(ALL))
    each = study.coming.with_columns(_CATEGORY).filter(_CATEGORY != ALL)
    if each.height:  # the forecast of the whole is not the sum of those of its categories
        whole_ = whole_.filter(pl.col("part").cast(pl.String) != "projected")
    days = pl.concat([whole_, each], how="diagonal")
    first = study.as_of - timedelta(days=BACK)
    return days.filter(pl.col("day") >= first, pl.col("counted") > 0, "complete")


def _days(study: Study, rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Up to today as the rates count; then between the worst and the best; later as expected."""
    part, counted = pl.col("part").cast(pl.String), pl.col("counted")
    past, expected = part == "official", part == "projected"
    now = {str(row["category"]): str(row["status"]) for row in rows}
    status = (
        pl.when((pl.col("category") == ALL) & (ALL not in now))
        .then(pl.lit(str(Status.NONE)))
        .when(pl.col("day") == study.as_of)
        .then(pl.col("category").replace(now))
        .otherwise(pl.col("status").cast(pl.String))
    )
    fails = counted - pl.col("valid") - pl.col("unknown")
    least, most = (counted * (1 - pl.col(n)) for n in ("vtr_high", "vtr_low"))
    known = expected & pl.col("vtr").is_not_null()
    failed = pl.when(past).then(fails).when(known).then(counted * (1 - pl.col("vtr")))
    at_most = pl.when(past).then(fails + pl.col("unknown")).when(~known).then(most)
    told = _both(study).filter(pl.col("vtr_low").is_not_null())
    return told.select(
        "category",
        "day",
        part,
        status.alias("status"),
        pl.when(past).then("vtr_low").otherwise("vtr").alias("rate"),
        pl.col("vtr_low").alias("low"),
        pl.col("vtr_high").alias("high"),
        counted.round().cast(pl.Int64),
        failed.otherwise(least).round().cast(pl.Int64).alias("failed"),
        at_most.round().cast(pl.Int64).alias("failed_most"),
        budget(whole(counted), pl.col("target_bp"), STRICT, SCALE).alias("allowed"),
    )


def _known(study: Study, facts: FirstFacts) -> dict[str, dict[date, int]]:
    """Of the packages that have failed already, those that count on each coming day."""
    lag, length = facts.row["lag_days"], facts.row["days"]
    failed = study.view.filter(DEFECT).select(_CATEGORY, "promised_date", "packages")
    named = failed.filter(_CATEGORY != ALL)
    failed = pl.concat([named, failed.with_columns(category=pl.lit(ALL))])
    daily = failed.group_by("category", "promised_date").agg(PACKAGES.sum())
    days = pl.DataFrame({"day": [study.as_of + timedelta(days=n) for n in range(DAYS + 1)]})
    age = (pl.col("day") - pl.col("promised_date")).dt.total_days()
    inside = daily.join(days, how="cross").filter(age.is_between(lag, lag + length - 1))
    counts: dict[str, dict[date, int]] = {}
    for category, day, packages in inside.group_by("category", "day").agg(PACKAGES.sum()).rows():
        counts.setdefault(category, {})[day] = packages
    return counts


def _helps(study: Study, facts: FirstFacts) -> tuple[Help, ...]:
    """As it is, with one step each, with all of them, and if nothing fails any more."""
    steps, every = facts.steps, tuple(range(len(facts.steps)))
    singles = [(n,) for n in every] if len(facts.levers) > 1 else []
    some = [(), *singles] + [every] * bool(every)
    levers = [tuple(steps[n].lever for n in places) for places in some]
    if every:
        levers[-1] = facts.levers
    told = [
        Help(places, best=False, by_category=_effect(study.simulated(pulled)))
        for places, pulled in zip(some, levers, strict=True)
    ]
    best = study.simulated((NOTHING_FAILS,))
    return (*told, Help((), best=True, by_category=_effect(best)))


def _effect(days: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """The dates of `Help` by category."""
    stays = stays_from(days, {"early": EARLY, "likely": EVEN, "late": LATE})
    dates = stays.select(_CATEGORY, "early", "likely", "late")
    official = pl.col("part").cast(pl.String) == "official"
    today = pl.col("day").filter(official).max().over("category")
    meets = between(days.filter(pl.col("day") >= today), ["category"])
    dates = dates.join(meets.select(_CATEGORY, "meets_on"), on="category", how="left")
    both = dates.join(lowest(days).rename({"rate": "lowest"}), on="category", how="left")
    return {row["category"]: row for row in both.to_dicts()}
