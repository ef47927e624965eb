"""What comes of one change of one category, share by share, beside the rest of a plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.metric.target import Target
from vtrkit.schema import CATEGORY, EVEN, Status
from vtrkit.study.ahead import changes_table
from vtrkit.study.first_facts import drawn
from vtrkit.study.selection import lowest
from vtrkit.study.study import EARLY, LATE, Study
from vtrkit.tracking.carriers import carrier_names
from vtrkit.whatif import changes
from vtrkit.whatif.adoption import eligible
from vtrkit.whatif.levers import MOVED, Lever, Scenario
from vtrkit.whatif.needed_ahead import STEPS
from vtrkit.whatif.simulate import simulate, stays_from
from vtrkit.whatif.takes import takes
from vtrkit.whatif.to_carrier import best_scanning

SHARES = tuple(step / STEPS for step in range(STEPS + 1))
"""The stops of the slider: those among which the least share is looked for."""
_NAME = pl.col("category").cast(pl.String)


@dataclass(frozen=True)
class Stop:
    """What comes of one share.

    Args:
        share: of those that would fail otherwise.
        days: the coming days, as `vtrkit.study.first_facts.drawn` gives them.
        early: the day from which the category stays on target with a chance of 20 %.
        back: likewise of 50 %; none beyond the days foreseen.
        late: likewise of 80 %.
        packages: to come that the change moves and that count, in 30 days.
        cost: of these, in the marketplace's currency.
        gone: changes of the plan that cannot be beside it, being about the same packages.
    """

    share: float
    days: list[dict[str, Any]]
    early: date | None
    back: date | None
    late: date | None
    packages: float
    cost: float
    gone: tuple[str, ...] = ()

    @property
    def last(self) -> dict[str, Any]:
        """The last day foreseen; empty where nothing can be told."""
        return self.days[-1] if self.days else {}

    @property
    def rate(self) -> float | None:
        """The rate on the last day."""
        rate: float | None = self.last.get("rate")
        return rate


@dataclass(frozen=True)
class Trial:
    """One change of one category, beside the others of a plan.

    Args:
        study: one account in one marketplace, on a day.
        target: the rate to reach.
        category: the one that is shown.
        others: the rest of the plan.
        lever: the change; its share is the one that is chosen.
    """

    study: Study
    target: Target
    category: str
    others: tuple[Lever, ...]
    lever: Lever

    def at(self, share: float) -> Stop:
        """What comes of a share of the change, and of what of the plan can be beside it."""
        lever = replace(self.lever, share=share)
        beside = self.others
        try:
            ahead = self._ahead((*beside, *[lever] * bool(share)))
        except ParameterError:  # the same packages twice, unless the change itself is wrong
            beside = tuple(x for x in self.others if x not in self.rivals)
            ahead = self._ahead((*beside, lever))
        own = self._own(ahead)
        stays = stays_from(own, {"early": EARLY, "back": EVEN, "late": LATE}).to_dicts()
        taken = self._own(takes(self.study.prospect(CATEGORY), [lever]))
        dates = stays[0] if stays else dict.fromkeys(("early", "back", "late"))
        return Stop(
            share=share,
            days=drawn(own.filter(pl.col("part") != "official")).to_dicts(),
            packages=float(taken["packages"].sum()),
            cost=float(taken["cost"].sum()),
            gone=tuple(x.name for x in self.others if x not in beside),
            **{name: dates[name] for name in ("early", "back", "late")},
        )

    @property
    def rivals(self) -> tuple[Lever, ...]:
        """The other changes of the plan that are about this category."""
        return tuple(x for x in self.others if not x.category or self.category in x.category)

    def _ahead(self, plan: tuple[Lever, ...]) -> pl.DataFrame:
        prospect = self.study.prospect(CATEGORY)
        return simulate(prospect, Scenario("plan", plan), targets=[self.target])

    @cached_property
    def past(self) -> list[dict[str, Any]]:
        """The days gone by that are shown."""
        own = self._own(self.study.coming)
        return drawn(own.filter(part="official")).to_dicts()

    @cached_property
    def needed(self) -> dict[str, Any]:
        """The least share of the change, and the safer one; see `Study.needed_of`."""
        table = self._own(self.study.needed_of(replace(self.lever, share=1.0), (self.target,)))
        return table.row(0, named=True)

    def _own(self, table: pl.DataFrame) -> pl.DataFrame:
        return table.filter(self.category == _NAME)


def standing(study: Study, target: Target, plan: Sequence[Lever]) -> list[dict[str, Any]]:
    """Each category that counts: today, as it is, with the plan, and its least share.

    The latest back stands first, then the lowest ahead, as on the page; where nothing can be told
    they stand last.
    """
    rated = study.rated(CATEGORY, target).filter("is_enforced_window", pl.col("counted") > 0)
    told = study.advice.select(*CATEGORY, "told", "below_on")
    track = study.needed_of(changes.track(), (target,)).select(*CATEGORY, "share", "best")
    ahead = changes_table(study, plan, target).rename({"low": "vtr_low", "high": "vtr_high"})
    names = [n for n in ahead.columns if n not in {*CATEGORY, "vtr_low", "vtr_high"}]
    table = rated.join(told, on=CATEGORY, how="left").join(track, on=CATEGORY, how="left")
    table = table.with_columns(_NAME).join(ahead.select("category", *names), on="category")
    far, lows = date.max, dict(lowest(study.coming.filter(pl.col("day") >= study.as_of)).rows())
    return sorted(
        table.to_dicts(),
        key=lambda r: (
            not r["told"],
            -(r["back_as_is"] or far).toordinal(),
            lows.get(r["category"], r["vtr_low"]),
            r["category"],
        ),
    )


def stays(row: dict[str, Any], day: date | None) -> bool:
    """Whether a category is on target today and, from tomorrow on, never leaves it."""
    return row["status"] in {Status.GOOD, Status.AT_RISK} and day == tomorrow(row["as_of"])


def tomorrow(as_of: date) -> date:
    """The first day that is still to come."""
    return as_of + timedelta(days=1)


CHANGES: dict[str, changes.Change] = {
    "Have them scanned": changes.track,
    "Enter numbers before delivery": changes.enter_numbers,
    "Correct the number": changes.correct_numbers,
    "Correct the carrier": changes.correct_carrier,
    "Buy labels through Amazon": changes.buy_labels,
    "Use a carrier Amazon hears from": changes.integrated_carrier,
}
"""What can be done beside replacing a carrier, in plain words."""
TRACK = next(iter(CHANGES))


def offered(study: Study, category: str) -> dict[str, Lever]:
    """The changes that can be tried on a category, by what a button says."""
    made = {label: change(category) for label, change in CHANGES.items()}
    if pair := worst_carrier(study, category):
        made[f"Replace {pair[0]} with {pair[1]}"] = changes.replace_carrier(*pair, category)
    return {n: replace(x, name=about(x.name, category)) for n, x in made.items()}


def about(name: str, category: str) -> str:
    """What a change is called that is about one category."""
    return f"{name}: {category}"


def worst_carrier(study: Study, category: str) -> tuple[str, str] | None:
    """The carrier with which the largest share of a category fails, and the best of the others."""
    inside = study.in_window(study.by_carrier).filter(category == _NAME)
    fails = pl.col("packages").filter(pl.col("reason").is_in(MOVED)).sum()
    each = inside.group_by(pl.col("carrier_id").cast(pl.String)).agg(
        fails.alias("failed"), share=fails / pl.col("packages").sum()
    )
    known = carrier_names()
    named = each.filter(pl.col("carrier_id").is_in(list(known)), pl.col("failed") > 0)
    if named.is_empty():
        return None
    old = named.sort("share", "carrier_id", descending=[True, False])["carrier_id"][0]
    new = best_scanning(study.by_carrier, known.keys() - {old}, study.question.closed_to)
    return (known[old], known[new]) if new else None


def reaches(study: Study, category: str, lever: Lever) -> int:
    """How many packages of a category that failed in the days that count a change is about."""
    fails = replace(lever, moves_all=False, to_carrier="", measured=False, start=None)
    board = study.board()
    rows = board.before.hstack(eligible(board, fails).select("eligible_best"))
    own = rows.filter("is_enforced_window", category == _NAME)
    return int(own["eligible_best"].sum())
