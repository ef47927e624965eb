"""What a study shows of the coming weeks, with or without changes, as plain tables."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from vtrkit.metric.target import Target
from vtrkit.metric.windows import NamesLike
from vtrkit.planning.plan import Plan
from vtrkit.schema import CATEGORY, EVEN, GROUP
from vtrkit.study.study import AS_IT_IS, EARLY, LATE, Study
from vtrkit.study.tables import PERIODS, columns, placed, read_by, said
from vtrkit.whatif.levers import Lever, Scenario, one_lever
from vtrkit.whatif.simulate import read_chance, simulate, stays_from
from vtrkit.whatif.takes import takes


def outlook_table(
    study: Study, changes: Sequence[Lever], by: NamesLike | None, until: date | None
) -> pl.DataFrame:
    """The rate that each coming day is expected to show, with its range; see `Shop.outlook`."""
    names = placed(study, read_by(by, "reason", *PERIODS))
    groups = columns(dict.fromkeys((*GROUP, *names)))
    scenario = Scenario("changes", tuple(changes)) if changes else None
    days = study.foreseen(tuple(groups), scenario).filter(pl.col("day") >= study.as_of)
    if until:
        days = days.filter(pl.col("day") <= until)
    known = (pl.col("part") != "official") | (pl.col("unknown") == 0)
    return said(
        days.select(
            *("day", *columns(names), "part"),
            median=pl.when(known).then("vtr"),
            low="vtr_low",
            high="vtr_high",
            range=pl.col("part").cast(pl.String).replace_strict(_RANGES),
            chance="chance",
        )
    )


_RANGES = {
    "official": "scans not known: none to all",
    "locked in": "worst to best case",
    "projected": "9 of 10 cases",
}
"""What `low` and `high` of a day are."""


def changes_table(
    study: Study, changes: Sequence[Lever], target: Target, category: str | None = None
) -> pl.DataFrame:
    """What changes would do to each category; see `vtrkit.shop.Shop.whatif`.

    `packages` and `cost` are expected ones; see `vtrkit.whatif.takes`.
    """
    parts = [_changed(part, changes, target) for part in study.by_export]
    table = pl.concat(parts).sort(CATEGORY)
    shown = placed(study, ["category", *table.columns[len(CATEGORY) :]])
    wanted = pl.lit(True) if category is None else pl.col("category") == category
    return said(table.filter(wanted).select(shown))


def _changed(study: Study, changes: Sequence[Lever], target: Target) -> pl.DataFrame:
    prospect = study.prospect(CATEGORY)
    ahead, as_is = (
        simulate(prospect, scenario, targets=[target])
        for scenario in (Scenario("changes", tuple(changes)), AS_IT_IS)
    )
    now = study.rates.filter("is_enforced_window").select(*CATEGORY, low="vtr_low", high="vtr_high")
    last = ahead.filter(pl.col("day") == pl.col("day").max())
    rate = last.select(*CATEGORY, rate_on_last_day="vtr")
    parts = (
        stays_from(as_is, {"back_as_is": EVEN}),
        stays_from(ahead, {"back": EVEN, "back_early": EARLY, "back_late": LATE}),
        rate,
        takes(prospect, changes).with_columns(pl.col("packages").round(1), pl.col("cost").round(2)),
    )
    table = now
    for part in parts:
        table = table.join(
            part.drop("scenario", "target_bp", "condition", strict=False), on=CATEGORY, how="left"
        )
    return table


def needed_table(
    study: Study, change: Lever, targets: Sequence[Target], sure: float
) -> pl.DataFrame:
    """The least share of a change that brings each category back; see `vtrkit.shop.Shop`."""
    needed = study.needed_of(one_lever(change), tuple(targets), read_chance(sure, "sure"))
    shown = placed(study, ["category", "target", "share", "packages"])
    rest = ("safer_share", "back", "best", "enough_in_the_past")
    return said(needed.with_columns(target=pl.col("target_bp") / 10_000).select(*shown, *rest))


class Planned(NamedTuple):
    """A plan of one account and marketplace, and what it would bring."""

    place: tuple[str, str]
    plan: Plan | None
    table: pl.DataFrame


def planned(study: Study, changes: Sequence[Lever], target: Target, sure: float) -> list[Planned]:
    """The cheapest mix for each place, which brings every category back by the last day."""
    return [_planned(study.of(*place), place, changes, target, sure) for place in study.places]


def _planned(
    study: Study, place: tuple[str, str], changes: Sequence[Lever], target: Target, sure: float
) -> Planned:
    mix = study.plan(changes, target, confidence=sure)
    if mix is None:
        return Planned(place, None, pl.DataFrame(schema=_PLANNED))
    ahead = simulate(study.prospect(CATEGORY), mix.scenario, targets=[target])
    days = stays_from(ahead, {"back": EVEN}).select(pl.col("category").cast(pl.String), "back")
    moved = mix.mix.filter(pl.col("moved") > 0).with_columns(pl.col("cost") * mix.costed)
    table = moved.join(days, on="category", how="left")
    shown = {"change": "lever", "share": "share", "packages": "moved", "cost": "cost"}
    return Planned(place, mix, table.select("category", **shown, back="back"))


_PLANNED = {
    "category": pl.String,
    "change": pl.String,
    "share": pl.Float64,
    "packages": pl.Float64,
    "cost": pl.Float64,
    "back": pl.Date,
}
