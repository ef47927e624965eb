"""What is chosen on the screen of the what-if."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError, nearest
from vtrkit.lab.trial import TRACK, about, offered
from vtrkit.metric.target import Target
from vtrkit.study.study import Answer, Study
from vtrkit.whatif.levers import Lever, Scenario

Place = tuple[str, str]
TAKEN = "Taken out of my plan"
_CHOSEN = ("place", "levers", "category", "change", "lead")


@dataclass(eq=False)
class State:
    """What is chosen, and what is said of the last thing that was done.

    Args:
        study: what was opened.
        place: the account and marketplace.
        as_of: the day on which the rate is read.
        target: the rate to reach.
        levers: every change that was touched, by name.
        category: the one that is shown.
        change: the change in hand, by what its button says.
        lead: whether the sentence on top is about all of my plan.
        unfolded: whether changes that reach none are shown, and all of my plan.
        form: which form is open, `save` or `load`.
        path: the file that stands there.
        offers: what else can be done with it, and what its buttons say.
        note: what is said of the last thing that was done.
        wrong: whether it is an error.
        before: what was chosen before it.
        undoable: whether it can be undone, until the next thing is done.
        rows: the categories, as `vtrkit.lab.trial.standing` gives them.
        steps: the changes that the report of this day proposes, corrections among them.
        with_steps: the categories likewise, with these.
    """

    study: Study
    place: Place
    as_of: date
    target: Target
    levers: dict[str, Lever] = field(default_factory=dict)
    category: str = ""
    change: str = TRACK
    lead: bool = False
    unfolded: bool = False
    form: str = ""
    path: str = "my-plan.toml"
    offers: tuple[tuple[str, str], ...] = ()
    note: str = ""
    wrong: bool = False
    before: dict[str, Any] = field(default_factory=dict)
    undoable: bool = False
    rows: list[dict[str, Any]] = field(default_factory=list)
    steps: tuple[Lever, ...] = ()
    with_steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def targets(self) -> list[Target]:
        """The rates to choose among."""
        known = self.study.targets
        return [*known, *[self.target] * (self.target not in known)]

    @property
    def shown(self) -> Study:
        """The account and marketplace that are chosen, on the day that is chosen."""
        return self.study.of(*self.place).on(self.as_of)

    @property
    def plan(self) -> tuple[Lever, ...]:
        """The changes of my plan: those with a share above none."""
        return tuple(lever for lever in self.levers.values() if lever.share > 0)

    @property
    def chosen(self) -> dict[str, Any]:
        """My plan and where it is shown, as they can be had back."""
        return {name: getattr(self, name) for name in _CHOSEN}

    @property
    def scenario(self) -> Scenario:
        """My plan."""
        return Scenario(Path(self.path).stem or "my plan", self.plan)

    @property
    def answer(self) -> Answer:
        """The tables behind it."""
        return self.shown.answer(self.scenario, self.target)

    @property
    def hand(self) -> Lever:
        """The change that the slider moves; of none, its share is 0."""
        return self.every()[self.change]

    def every(self) -> dict[str, Lever]:
        """The changes of the category by what their buttons say, those of my plan as they are."""
        mine = [x for x in self.levers.values() if not x.category or self.category in x.category]
        made = offered_of(self.shown, self.category)
        known = {lever.name for lever in made.values()}
        some = {label: self.levers.get(x.name, replace(x, share=0.0)) for label, x in made.items()}
        return {x.name: x for x in mine if x.name not in known} | some


offered_of = lru_cache(maxsize=32)(offered)


@lru_cache(maxsize=2)
def carriers_of(study: Study) -> list[str]:
    """The carriers that packages are with, in order."""
    ids = study.tally.select(pl.col("carrier_id").unique()).collect().to_series()
    return sorted(map(str, ids.drop_nulls()))


def worst(study: Study) -> tuple[str, str]:
    """The account and marketplace of the headline."""
    return str(study.headline["account"]), str(study.headline["marketplace"])


def named(levers: Collection[Lever]) -> dict[str, Lever]:
    """Changes by name; one of a single category is named for it, as those of the screen are."""
    names = [
        about(x.name, x.category[0]) if len(x.category) == 1 and ": " not in x.name else x.name
        for x in levers
    ]
    return {name: replace(x, name=name) for name, x in zip(names, levers, strict=True)}


def known(what: str, names: set[Any], there: Sequence[Any]) -> None:
    """Refuse a name that is not there, and say what is."""
    for name in names - set(there):
        near = nearest(str(name), map(str, there))
        raise ParameterError(
            f"no {what} {name!r} here{near}; there is {', '.join(map(str, there))}"
        )
