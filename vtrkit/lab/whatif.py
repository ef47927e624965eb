"""The what-if in JupyterLab: one screen that says what comes of a change, and its controls."""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from typing import Any

from vtrkit.errors import ParameterError
from vtrkit.given import read_day, read_path
from vtrkit.lab.screen import OnScreen, Screen
from vtrkit.lab.state import TAKEN
from vtrkit.lab.trial import about
from vtrkit.lab.trying import Trying
from vtrkit.sections.results import Tried
from vtrkit.study.study import Study
from vtrkit.whatif import changes
from vtrkit.whatif.levers import Scenario
from vtrkit.words import dated

PANES = ("top", "say", "more", "list", "changes", "chart", "settings", "foot")


class WhatIf(Trying, OnScreen):
    """What changes would do to one account and marketplace, category by category.

    Examples:
        >>> from vtrkit.study.open import open_study
        >>> whatif = WhatIf(open_study(account="northwind", marketplace="US"))
        >>> whatif.category, [lever.name for lever in whatif.scenario.levers]
        ('Shoes', ['have them tracked and scanned: Shoes'])
        >>> whatif.pull("have them tracked and scanned: Shoes", share=0.8)
        >>> print(whatif.text)
        From 1 October, get 4 of 5 Shoes packages scanned that now are not: back about 10 November.
    """

    def __init__(self, study: Study, tried: Tried | None = None, *, shown: bool = False) -> None:
        """Open on the worst category with its least share, or on what was tried.

        Args:
            study: what was opened.
            tried: changes, target and category to begin with; else those of the study's scenario.
            shown: whether a notebook shows it, which then does not wait for what a drag needs.
        """
        self.screen, self._to_show = Screen(self.do, "screen.html.j2", PANES), shown
        super().__init__(study, tried)

    def _settle(self, *, show: bool = True) -> None:
        super()._settle(show=show)
        if show:
            self.renew()

    def draw(self) -> None:
        """Send what is shown to the browser; the first time, show it where it is wanted."""
        super().draw()
        if self._to_show:
            self._to_show = False
            self.display()

    @property
    def _kept_text(self) -> str:
        who = " · ".join(self.place)
        return f"As of {dated(self.as_of)}, {who}: {self.text} {self.now['more']}"

    # what a reader asks for ---------------------------------------------------------------------

    def _refused(self, why: str) -> None:
        self.note, self.wrong = why, True
        self.draw()

    @property
    def _doings(self) -> dict[str, Callable[[Any], None]]:
        by_place = {" · ".join(place): place for place in self.study.places}
        by_bp = {str(target.bp): target for target in self.targets}
        return {
            "place": lambda v: self.choose(place=by_place[v]),
            "category": lambda v: self.choose(category=v),
            "change": lambda v: self.choose(change=v),
            "target": lambda v: self.choose(target=by_bp.get(v, self.target)),
            "as_of": lambda v: self.choose(as_of=read_day(v) or self.as_of),
            "unfold": lambda _: self.attempt(unfolded=True),
            "least": self.least,
            "try": lambda _: self.least(),
            "share": lambda v: self._pull(share=_share(v)),
            "packages": lambda v: self._pull(share=self._share_of(_number(v))),
            "steps": lambda _: self.show(Scenario("steps of the report", self.steps)),
            "scanned": lambda v: self._pull(scanned=_share(v)),
            "start": lambda v: self._pull(start=v),
            "cost": lambda v: self._pull(cost=_number(v)),
            "old": lambda v: self._carriers(v, self.hand.to_carrier),
            "new": lambda v: self._carriers(self.hand.carrier_id[0], v),
            "drop": self._drop,
            "undo": lambda _: self.attempt(**self.before, note=""),
            "form": lambda v: self.attempt(form=v, note=""),
            "path": lambda v: setattr(self, "path", v),
            "save": self._save,
            "folder": lambda v: self._save(v, make=True),
            "over": lambda v: self._save(v, over=True),
            "load": self._load,
            "csv": lambda _: self.screen.tell(
                file={"name": "what-if.csv", "text": self.tried.table.write_csv()}
            ),
            "code": self._copy,
        }

    def _pull(self, **fields: Any) -> None:
        self.set_change(self.change, self.hand, **fields)

    def _share_of(self, packages: float) -> float:
        """The share of the change in hand that is so many packages in 30 days."""
        most = self.stops[1.0].packages
        if packages > round(most):
            raise ParameterError(f"it is about {round(most):,} packages in 30 days; give 0 to that")
        return round(min(1.0, packages / most), 6) if most else 0.0

    def _carriers(self, old: str, new: str) -> None:
        hand, category = self.hand, self.category
        lever = changes.replace_carrier(old, new, category, share=hand.share or 1.0)
        named = replace(lever, name=about(lever.name, category), cost=hand.cost)
        levers = {n: x for n, x in self.levers.items() if n != hand.name}
        levers |= {named.name: named}
        note = f"In place of “{hand.name}”: {named.name}." if hand.share else ""
        self.attempt(levers=levers, change=named.name, note=note, undoable=bool(note), lead=False)

    def _drop(self, name: str) -> None:
        rest = {n: x for n, x in self.levers.items() if n != name}
        self.attempt(levers=rest, lead=False, note=f"{TAKEN}: {name}.", undoable=True)

    def _save(self, path: str, *, make: bool = False, over: bool = False) -> None:
        """Write it where nothing stands yet, in a folder that is there, unless it is wanted so."""
        self.path, file = path, read_path(path, "plan").absolute()
        if make:
            file.parent.mkdir(parents=True, exist_ok=True)
        if not file.parent.is_dir():
            self.offers = (("folder", "Make folder"),)
            raise ParameterError(f"there is no folder {file.parent}; nothing is written")
        if file.is_dir():
            raise ParameterError(f"{file} is a folder; add the name of a file; nothing is written")
        if file.exists() and not over:
            self.offers = (("over", "Replace it"),)
            raise ParameterError(f"{file} is there already; nothing is written")
        if not self.plan:
            raise ParameterError("there is no change in my plan; nothing is written")
        self.save(file)
        self.attempt(form="", note=f"Written: {file}")

    def _load(self, path: str) -> None:
        self.path = path
        self.load(path)

    def _copy(self, _: object) -> None:
        self.screen.tell(copy=self.tried.code)
        self.attempt(note=f"Copied: {self.tried.code}")


def _number(typed: Any) -> float:
    """What a reader typed: 0 or more; nothing is 0."""
    try:
        number = float(typed or 0)
    except ValueError:
        number = -1.0
    if not 0 <= number < inf:
        raise ParameterError(f"{typed}: give a number, 0 or more")
    return number


def _share(typed: Any) -> float:
    """A share of what a reader typed in percent."""
    if (percent := _number(typed)) > 100:
        raise ParameterError(f"{typed}: give a percentage from 0 to 100")
    return round(percent / 100, 6)
