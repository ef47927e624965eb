"""Levers as sliders in JupyterLab: what they would move, cost and reach."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import ipywidgets as w
import polars as pl

from vtrkit.errors import ParameterError, VtrkitError
from vtrkit.lab.canvas import LIVE, Canvas, offer
from vtrkit.lab.pieces import WRAP, charts, drawn, known, sliders
from vtrkit.planning.plan import Plan
from vtrkit.schema import GROUP
from vtrkit.sections import ahead
from vtrkit.study.study import Answer, Study
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import read_scenario, ready_made, write_scenario
from vtrkit.words import Html, notes, together

PLAN = "the cheapest plan"
"""What a scenario is called that `vtrkit.plan` found."""
Place = tuple[str, str]


class WhatIf:
    """What levers would do to one account and marketplace, looking back and forward.

    Examples:
        >>> from vtrkit.study.open import open_study
        >>> whatif = WhatIf(open_study(account="northwind", marketplace="US"))
        >>> whatif.pull("have them tracked and scanned", share=0.5)
        >>> whatif.answer.levers.select("lever", "moved").rows()
        [('have them tracked and scanned', 48.0)]
    """

    def __init__(self, study: Study, levers: Sequence[Lever] | None = None) -> None:
        """Open on the account and marketplace of the headline, on the study's as-of day.

        Args:
            study: what was opened.
            levers: what can be done; those of the study's scenario, else those that Amazon's help
                pages name, at a share of none.
        """
        self.study, self._given = study, levers
        row = study.headline
        self.place: Place = (str(row["account"]), str(row["marketplace"]))
        self.as_of, self.target = study.as_of, study.targets[0]
        self.start: date | None = None
        self.name = study.scenario.name if study.scenario else "my scenario"
        self.levers = self._offered()
        self.focus = self.levers[0].name
        self.plan: Plan | None = None
        self._quiet = False
        self.canvas = Canvas(charts(), lambda _, __: None)
        self.numbers, self.pulled = w.HTML(), w.HTML()
        self.asked, self.said = w.HTML(), w.HTML()
        self.controls = self._make_controls()
        self.sliders: dict[str, dict[str, Any]] = {}
        self.rows = w.VBox()
        self.box = self._box()
        self._show()

    @property
    def scenario(self) -> Scenario:
        """What is pulled: the levers with a share above none, or the plan that was found."""
        if self.plan:
            return replace(self.plan.scenario, name=PLAN)
        on = [lever for lever in self.levers if lever.share > 0]
        return Scenario(self.name, tuple(replace(x, start=self.start or x.start) for x in on))

    @property
    def shown(self) -> Study:
        """The account and marketplace that are chosen, on the day that is chosen."""
        return self.study.of(*self.place).on(self.as_of)

    @property
    def answer(self) -> Answer:
        """The tables that are shown."""
        return self.shown.answer(self.scenario, self.target)

    def choose(self, **changes: Any) -> None:
        """Set place (account and marketplace), as_of, start, target or focus (a lever's name).

        Raises:
            ParameterError: there is no such one.
        """
        known("setting", set(changes), ("place", "as_of", "start", "target", "focus", "name"))
        known("place", {changes.get("place", self.place)}, self._places)
        known("lever", {changes.get("focus", self.focus)}, [x.name for x in self.levers])
        self._try(**changes)

    def pull(self, name: str, **changes: Any) -> None:
        """Set a lever's share, scanned (both 0 to 1) or cost per package.

        Raises:
            ParameterError: there is no such lever, a value that it cannot have, or levers that
                then move the same packages twice.
        """
        known("lever", {name}, [x.name for x in self.levers])
        levers = tuple(replace(x, **changes) if x.name == name else x for x in self.levers)
        self._try(levers=levers, focus=name, plan=None)

    def show(self, scenario: Scenario) -> None:
        """Show a scenario; its levers become the sliders."""
        if not scenario.levers:
            raise ParameterError(f"scenario {scenario.name} has no lever to show")
        first, name = scenario.levers[0].name, scenario.name
        self._try(levers=scenario.levers, focus=first, name=name, start=None, plan=None)

    def cheapest(self) -> None:
        """Show the cheapest mix of the levers that brings every category to the target.

        Looking forward, with an even chance on the last day foreseen; what is read says so.

        The sliders then show how much of each lever it takes; moving one leaves the plan, another
        day or target only looks at it.
        """
        levers = [replace(x, start=self.start or x.start) for x in self.levers]
        plan = self.shown.plan(levers, self.target)
        if plan is None:
            raise ParameterError("no package is counted on this day: there is nothing to plan")
        share = pl.when(pl.col("eligible") > 0).then(pl.col("moved") / pl.col("eligible"))
        shares = dict(plan.levers.select("lever", share.fill_null(0.0).clip(0, 1)).rows())
        pulled = tuple(replace(x, share=shares[x.name]) for x in self.levers)
        self._try(levers=pulled, plan=plan)

    def save(self, path: str | Path) -> None:
        """Write the scenario as TOML, which a report takes as its parameter `scenario`."""
        write_scenario(self.scenario, path)

    def load(self, path: str | Path) -> None:
        """Show the scenario of a TOML file."""
        self.show(read_scenario(path))

    def reset(self) -> None:
        """Let go of every lever, and look from the study's own day again."""
        levers = self._offered()
        day, first = self.study.as_of, levers[0].name
        self._try(levers=levers, as_of=day, start=None, focus=first, plan=None)

    def _try(self, **changes: Any) -> None:
        """Change and show; what contradicts itself is taken back."""
        before = {name: getattr(self, name) for name in changes}
        try:
            vars(self).update(changes)
            self._show()
        except VtrkitError:
            vars(self).update(before)
            raise

    @property
    def _places(self) -> list[Place]:
        return self.study.places

    def _offered(self) -> tuple[Lever, ...]:
        if self._given is not None:
            return tuple(self._given)
        kept = self.study.scenario.levers if self.study.scenario else ()
        return kept or tuple(ready_made(0.0, on=self.as_of).values())

    def _show(self) -> None:
        answer = self.answer
        lever = next(x for x in self.levers if x.name == self.focus)
        curve, needed = self.shown.curve(lever, self.target)
        self.canvas.show(drawn(answer, curve, needed, lever, self.study.targets))
        self.numbers.value = together(
            ahead.before_and_after(answer.overall), ahead.recovery(answer.recovery)
        ).markup
        self.pulled.value = self._told(answer).markup
        self.asked.value = ahead.needed(self.shown.needed_of(lever, self.study.targets)).markup
        self.said.value = ""
        self._set_controls()

    def _told(self, answer: Answer) -> Html:
        """What the levers do, or the plan."""
        place = dict(zip(GROUP, self.place, strict=True))
        return ahead.plan(place, self.plan) if self.plan else ahead.pulled(answer.levers)

    # controls -----------------------------------------------------------------------------------

    def _make_controls(self) -> dict[str, Any]:
        style = {"style": {"description_width": "7em"}, "layout": {"width": "24em"}}
        places = [(" · ".join(place), place) for place in self._places]
        goals = [(f"{t.bp / 100:g} %", t) for t in self.study.targets]
        controls = {
            "place": w.Dropdown(options=places, value=self.place, description="account", **style),
            "target": w.Dropdown(options=goals, value=self.target, description="target", **style),
            "as_of": w.SelectionSlider(
                options=[self.as_of], description="as of", continuous_update=False, **style
            ),
            "start": w.DatePicker(value=None, description="start", **style),
            "focus": w.Dropdown(options=[self.focus], description="curve of", **style),
        }
        controls["start"].tooltip = "First ship day; if empty, always, and from tomorrow on"
        controls["as_of"].add_class("vtrkit-day")
        for name, control in controls.items():
            control.observe(lambda change, name=name: self._moved(name, change["new"]), "value")
        return controls

    def _moved(self, name: str, value: Any) -> None:
        if not self._quiet:
            self._tell(lambda: self.choose(**{name: value}))

    def _pulled(self, name: str, field: str, value: float) -> None:
        if not self._quiet:
            share = value if field == "cost" else round(value / 100, 6)
            self._tell(lambda: self.pull(name, **{field: share}))

    def _tell(self, action: Any) -> None:
        """Do what a reader asked for; what cannot be done is said, and undone."""
        try:
            action()
        except VtrkitError as e:
            self.said.value = notes([str(e)]).markup
            self._set_controls()

    def _set_controls(self) -> None:
        self._quiet = True
        if [*self.sliders] != [x.name for x in self.levers]:
            self._make_sliders()
        offer(self.controls["as_of"], self._days())
        offer(self.controls["focus"], [x.name for x in self.levers])
        for name, control in self.controls.items():
            control.value = getattr(self, name)
        for lever in self.levers:
            row = self.sliders[lever.name]
            # whole percents, or the browser would round them and send that as a reader's wish
            row["share"].value = round(lever.share * 100)
            row["scanned"].value, row["cost"].value = round(lever.scanned * 100, 4), lever.cost
        self._quiet = False

    def _days(self) -> list[tuple[str, date]]:
        days = sorted({*self.shown.days, self.as_of})
        return [(day.isoformat(), day) for day in days]

    def _make_sliders(self) -> None:
        """A row per lever: its share as a slider, what is scanned then, and what it costs."""
        self.sliders = {lever.name: sliders(lever) for lever in self.levers}
        for name, fields in self.sliders.items():
            for field, control in fields.items():
                control.observe(
                    lambda change, name=name, field=field: self._pulled(name, field, change["new"]),
                    "value",
                )
        self.rows.children = [w.HBox([*row.values()], layout=WRAP) for row in self.sliders.values()]

    def _box(self) -> w.VBox:
        c = self.controls
        path = w.Text(value="scenario.toml", description="file", layout={"width": "20em"})
        buttons = {
            "cheapest plan": self.cheapest,
            "reset": self.reset,
            "save": lambda: self._saved(path.value),
            "load": lambda: self.load(path.value),
        }
        made = [w.Button(description=name, layout={"width": "9em"}) for name in buttons]
        for button, action in zip(made, buttons.values(), strict=True):
            button.on_click(lambda _, action=action: self._tell(action))
        return w.VBox(
            [
                w.HBox([c["place"], c["target"]], layout=WRAP),
                w.HBox([c["as_of"], c["start"]], layout=WRAP),
                self.rows,
                w.HBox([*made, path], layout=WRAP),
                self.said,
                self.numbers,
                self.canvas,
                c["focus"],
                self.pulled,
                self.asked,
            ]
        )

    def _saved(self, path: str) -> None:
        self.save(path)
        self.said.value = notes([f"{Path(path).name} is written."]).markup

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The controls for a browser; words for a copy that nothing can move."""
        made: dict[str, Any] = self.box._repr_mimebundle_(**options)
        answer = self.answer
        told = together(ahead.before_and_after(answer.overall), self._told(answer))
        return made | {
            "text/html": f"<p>{LIVE}</p>{told.markup}",
            "text/plain": f"{LIVE}\n{told.text}",
        }
