"""What a reader does on the screen of a what-if: each button, field and slider by its name."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vtrkit.errors import ParameterError, VtrkitError
from vtrkit.lab.state import TAKEN
from vtrkit.whatif import changes
from vtrkit.words import read_day, read_path

if TYPE_CHECKING:
    from vtrkit.lab.whatif import WhatIf


class ByHand:
    """The doings of a reader; what cannot be done is said on the screen, and undone."""

    def __init__(self, whatif: "WhatIf") -> None:
        """Nothing done yet."""
        self.whatif = whatif

    def do(self, what: str, value: Any) -> None:
        """Do it; what cannot be done is said, and undone."""
        try:
            self._doings[what](value)
        except (VtrkitError, OSError) as e:
            self.whatif.note, self.whatif.wrong = str(e), True
            self.whatif.draw()

    @property
    def _doings(self) -> dict[str, Callable[[Any], None]]:
        whatif = self.whatif
        by_place = {" · ".join(place): place for place in whatif.study.places}
        by_bp = {str(target.bp): target for target in whatif.targets}
        return {
            "place": lambda v: whatif.choose(place=by_place[v]),
            "category": lambda v: whatif.choose(category=v),
            "change": lambda v: whatif.choose(change=v),
            "target": lambda v: whatif.choose(target=by_bp.get(v, whatif.target)),
            "as_of": lambda v: whatif.choose(as_of=read_day(v) or whatif.as_of),
            "unfold": lambda _: whatif.attempt(unfolded=True),
            "least": whatif.least,
            "try": lambda _: whatif.least(),
            "share": lambda v: self._pull(share=round(float(v) / 100, 6)),
            "scanned": lambda v: self._pull(scanned=round(float(v or 0) / 100, 6)),
            "start": lambda v: self._pull(start=v),
            "cost": lambda v: self._pull(cost=float(v or 0)),
            "old": lambda v: self._carriers(v, whatif.hand.to_carrier),
            "new": lambda v: self._carriers(whatif.hand.carrier_id[0], v),
            "drop": self._drop,
            "undo": lambda _: whatif.attempt(levers=whatif.before or {}, note="", lead=False),
            "form": lambda v: whatif.attempt(form=v, note=""),
            "path": lambda v: setattr(whatif, "path", v),
            "save": self._save,
            "folder": lambda v: self._save(v, make=True),
            "over": lambda v: self._save(v, over=True),
            "load": self._load,
            "csv": lambda _: whatif.screen.tell(
                file={"name": "what-if.csv", "text": whatif.tried.table.write_csv()}
            ),
            "code": self._copy,
        }

    def _pull(self, **fields: Any) -> None:
        self.whatif.set_change(self.whatif.change, self.whatif.hand, **fields)

    def _carriers(self, old: str, new: str) -> None:
        whatif = self.whatif
        hand, category = whatif.hand, whatif.category
        lever = changes.replace_carrier(old, new, category, share=hand.share or 1.0)
        named = replace(lever, name=f"{lever.name}: {category}", cost=hand.cost)
        levers = {n: x for n, x in whatif.levers.items() if n != hand.name}
        whatif.before = whatif.levers
        levers |= {named.name: named}
        whatif.attempt(levers=levers, change=named.name, note="", lead=False)

    def _drop(self, name: str) -> None:
        self.whatif.before = self.whatif.levers
        rest = {n: x for n, x in self.whatif.levers.items() if n != name}
        self.whatif.attempt(levers=rest, lead=False, note=f"{TAKEN}: {name}.")

    def _save(self, path: str, *, make: bool = False, over: bool = False) -> None:
        """Write it where nothing stands yet, in a folder that is there, unless it is wanted so."""
        self.whatif.path, file = path, read_path(path, "plan").absolute()
        if make:
            file.parent.mkdir(parents=True, exist_ok=True)
        if not file.parent.is_dir():
            self.whatif.offers = (("folder", "Make folder"),)
            raise ParameterError(f"there is no folder {file.parent}; nothing is written")
        if file.exists() and not over:
            self.whatif.offers = (("over", "Replace it"),)
            raise ParameterError(f"{file} is there already; nothing is written")
        if not self.whatif.plan:
            raise ParameterError("there is no change in my plan; nothing is written")
        self.whatif.save(file)
        self.whatif.attempt(form="", note=f"Written: {file}")

    def _load(self, path: str) -> None:
        self.whatif.path = path
        self.whatif.load(path)
        self.whatif.attempt(form="", note=f"Opened: {Path(path).absolute()}", lead=self.whatif.lead)

    def _copy(self, _: object) -> None:
        self.whatif.screen.tell(copy=self.whatif.tried.code)
        self.whatif.attempt(note=f"Copied: {self.whatif.tried.code}")
