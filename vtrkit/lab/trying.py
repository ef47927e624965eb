"""What is tried in a what-if: chosen, computed and shown, or taken back."""

from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError, VtrkitError
from vtrkit.given import read_day, read_path
from vtrkit.lab.screen import Screen
from vtrkit.lab.shown import Shown, stop_panes
from vtrkit.lab.state import TAKEN, State, carriers_of, known, named, offered_of, worst
from vtrkit.lab.trial import SHARES, TRACK, Stop, Trial, about, reaches, standing
from vtrkit.lab.view import view
from vtrkit.schema import UNKNOWN_CATEGORY
from vtrkit.sections.results import Tried
from vtrkit.study.first_facts import first_facts
from vtrkit.study.study import Study
from vtrkit.whatif import changes
from vtrkit.whatif.apply import idle
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import read_scenario, write_scenario


class Trying(State):
    """What changes would do, chosen step by step; `WhatIf` gives it a screen.

    Raises:
        ParameterError: what is chosen is not there, or contradicts itself; it is undone.
    """

    screen: Screen

    def __init__(self, study: Study, tried: Tried | None = None) -> None:
        """Open on the worst category with its least share, or on what was tried.

        Args:
            study: what was opened.
            tried: changes, target and category to begin with; else those of the study's scenario.
        """
        usual = tried is None or not (tried.changes or tried.target in study.targets)
        target = study.targets[0] if tried is None or usual else tried.target
        super().__init__(study, worst(study), study.as_of, target)
        given = tried.changes if tried else ()
        if not given and study.scenario:
            given = study.scenario.levers
        self.levers = named(given)
        self.category = (tried and tried.category) or ""
        self.change = "" if given else TRACK
        self._standing = lru_cache(maxsize=8)(standing)
        self._stops = lru_cache(maxsize=8)(lambda _: dict[float, Stop]())
        self._begin(propose=not given)

    # what is chosen -----------------------------------------------------------------------------

    @property
    def tried(self) -> Tried:
        """The same question as `shop.whatif` asks it."""
        return Tried(self.shown, self.plan, self.target, None, lambda *_: self)

    @property
    def text(self) -> str:
        """The sentence on top."""
        return str(self.now.say.striptags())

    @property
    def stops(self) -> dict[float, Stop]:
        """What comes of each share of the slider."""
        return self._stops(self.seen.trial)

    # what can be done ---------------------------------------------------------------------------

    def choose(self, **chosen: Any) -> None:
        """Set place (account and marketplace), as_of, target, category or change (its words).

        Raises:
            ParameterError: there is no such one.
        """
        known("setting", {*chosen}, ("place", "as_of", "target", "category", "change"))
        known("place", {chosen.get("place", self.place)}, self.study.places)
        names = [str(row["category"]) for row in self.rows]
        known("category", {chosen.get("category", "")} - {""}, names)
        if away := chosen.get("place", self.place) != self.place:
            chosen = {"levers": {}, "category": "", **chosen}
            self._forget()
        note = f"{TAKEN}, for it was about {' · '.join(self.place)}." if away and self.plan else ""
        self.attempt(undoable=bool(note), **{"note": note, "lead": False, **chosen})

    def pull(self, name: str, **fields: Any) -> None:
        """Set a change's share, scanned (both 0 to 1), start or cost per package.

        Raises:
            ParameterError: there is no such change, a value that it cannot have, or changes that
                then move the same packages twice.
        """
        every = {x.name: (label, x) for label, x in self.every().items()}
        name = name if name in {*every, *self.levers} else about(name, self.category)
        known("change", {name}, [*every, *self.levers])
        label, lever = every.get(name) or (self.change, self.levers[name])
        self.set_change(label, lever, **fields)

    def show(self, scenario: Scenario, note: str = "") -> None:
        """Put the changes of a plan in place of mine; the other ones can still be tried."""
        if not scenario.levers:
            raise ParameterError(f"plan {scenario.name} has no change to show")
        levers, about_none = named(scenario.levers), idle(self.shown.board(), scenario)
        first = next((c for x in scenario.levers for c in x.category), self.category)
        here = [str(row["category"]) for row in self.rows]
        self.attempt(
            levers=levers,
            lead=len(levers) > 1,
            category=first if first in here else self.category,
            change="",
            form="",
            note=" ".join((note or f"In place of my plan: {scenario.name}.", *about_none)),
            undoable=True,
        )

    def save(self, path: str | Path) -> None:
        """Write my plan as TOML, which a report takes as its parameter `scenario`."""
        write_scenario(replace(self.scenario, name=read_path(path, "plan").stem), path)

    def load(self, path: str | Path) -> None:
        """Show the plan of a TOML file."""
        self.show(read_scenario(path), f"Opened: {Path(path).absolute()}.")

    def reset(self) -> None:
        """As it was opened on the day of the study, without a plan."""
        self.attempt(
            levers={},
            place=worst(self.study),
            as_of=self.study.as_of,
            target=self.study.targets[0],
            category="",
            change=TRACK,
            lead=False,
            note="",
            form="",
        )

    def least(self, *categories: str) -> None:
        """Put the least shares of scanned packages of some categories into my plan, or of all.

        Of one that scanning alone does not bring back, it is all of them.
        """
        rows = [r for r in self.rows if r["told"] and r["share"] != 0]
        wanted = [r for r in rows if not categories or r["category"] in categories]
        if not wanted:
            raise ParameterError("every category is back by itself, or nothing can be told of it")
        made = {} if not categories else dict(self.levers)
        for row in wanted:
            name = about(changes.UNTRACKED, str(row["category"]))
            old = self.levers.get(name) or changes.track(str(row["category"]))
            made[name] = replace(old, name=name, share=row["share"] or 1.0)
        self.attempt(
            levers=made,
            category=str(categories[0]) if len(categories) == 1 else self.category,
            change=TRACK,
            lead=not categories and len(made) > 1,
            note="" if categories else "In place of my plan: the least shares.",
            undoable=not categories,
        )

    def set_change(self, label: str, lever: Lever, **fields: Any) -> None:
        """Set fields of a change, which is mine from then on, and have it in hand."""
        if "start" in fields:
            fields["start"] = read_day(fields["start"], "start")
        changed = replace(lever, **fields)
        category = self.category
        if changed.category and category not in changed.category:
            category, label = changed.category[0], ""
        levers = self.levers | {changed.name: changed}
        self.attempt(levers=levers, category=category, change=label, lead=False, note="")

    def attempt(self, **changed: Any) -> None:
        """Change and show; what contradicts itself is taken back.

        What is said of the last thing goes with the next one, and so does its Undo.
        """
        if "note" in changed:
            changed = {"undoable": False, "before": self.chosen, **changed}
        before = {name: getattr(self, name) for name in changed}
        try:
            vars(self).update(changed, wrong=False, offers=())
            self._settle()
        except VtrkitError:
            vars(self).update(before)
            raise

    # what is shown ------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Let go of what was computed of other places: each holds its own tables."""
        for kept in (self._standing, self._stops, offered_of, carriers_of):
            kept.cache_clear()

    def _begin(self, *, propose: bool) -> None:
        self._settle(show=not propose)
        first = self.rows[0] if self.rows else None
        if propose and first and first["told"] and not self.category:
            self.category = str(first["category"])
        row = next((r for r in self.rows if r["category"] == self.category), None)
        if propose and row and row["told"] and row["share"] != 0:
            self.least(self.category)
        elif propose:
            self._settle()

    def _settle(self, *, show: bool = True) -> None:
        """Compute what is shown: first with the share that is chosen, then with every other."""
        study = self.shown
        names = study.rates.filter("is_enforced_window", pl.col("counted") > 0)["category"]
        if self.category and self.category not in set(map(str, names)):
            self.category = ""
        if not self.category:
            self.rows = self._standing(study, self.target, self.plan)
            self.category = str(self.rows[0]["category"]) if self.rows else UNKNOWN_CATEGORY
        every = self.every()
        if self.change not in every:
            mine = [label for label, x in every.items() if x.share > 0]
            self.change = mine[0] if mine else TRACK
        hand = every[self.change]
        others = tuple(x for x in self.plan if x.name != hand.name)
        trial = Trial(study, self.target, self.category, others, replace(hand, share=0.0))
        stops = self._stops(trial)
        for share in (0.0, hand.share, 1.0):
            stops[share] = stops.get(share) or trial.at(share)
        if gone := stops[hand.share].gone:
            self.levers = {n: x for n, x in self.levers.items() if n not in gone}
            self.note = f"{TAKEN}, for it is about the same packages: {', '.join(gone)}."
            self.undoable = True
            self._settle(show=show)
            return
        self.rows = self._standing(study, self.target, self.plan)
        if show:
            self.seen = Shown(self, trial, hand.share, stops, every)
            self.draw()
            # every other stop in a message of its own: the first picture does not wait
            stops |= {share: trial.at(share) for share in SHARES if share not in stops}
            self.seen = replace(self.seen, instead=self._instead(self.seen))
            self.screen.send_stops([stop_panes(self.seen, stops[s]) for s in sorted(stops)])
            facts = first_facts(study) if self.rows else None
            self.steps = facts.levers if facts else ()
            self.with_steps = self._standing(study, self.target, self.steps) if self.steps else []
            self.draw()

    def _instead(self, seen: Shown) -> tuple[str, date] | None:
        """The change that brings a category back first, where all of the one in hand does not."""
        days = []
        for label, lever in seen.every.items() if seen.out_of_reach else ():
            if label == self.change or not reaches(seen.trial.study, self.category, lever):
                continue
            trial = replace(seen.trial, lever=replace(lever, share=0.0))
            stops = self._stops(trial)
            stops[1.0] = stops.get(1.0) or trial.at(1.0)
            if back := stops[1.0].back:
                days.append((label, back))
        return min(days, key=lambda told: told[1], default=None)

    def draw(self) -> None:
        """Send what is shown to the browser."""
        self.now = view(self.seen)
        self.screen.show(self.now)
