"""An account in JupyterLab, narrowed step by step: one screen that says why packages fail."""

from collections.abc import Callable
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any

import polars as pl
from markupsafe import Markup

from vtrkit.given import read_day
from vtrkit.lab.explored import BY, view
from vtrkit.lab.screen import OnScreen, Screen
from vtrkit.lab.seen import Seen
from vtrkit.lab.slices import Cells, Choice, Views
from vtrkit.lab.state import known, worst
from vtrkit.metric.target import Target
from vtrkit.schema import FAILING
from vtrkit.study.study import Study
from vtrkit.study.tables import packages_table, skus_of
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import dated

PANES = (
    *("top", "say", "more", "list", "chart", "mark", "day"),
    *("why", "by", "weeks", "foot"),
)
_NARROWING = ("category", "carrier_id", "ship_method", "reason")


class Explorer(OnScreen):
    """Where an account stands in a marketplace, narrowed step by step: a click narrows the rest.

    Examples:
        >>> from vtrkit.study.open import open_study
        >>> explorer = Explorer(open_study(account="northwind", marketplace="US"))
        >>> explorer.choose(category="Shoes")
        >>> print(explorer.text)
        24 of 25 failed Shoes packages: never scanned.
    """

    def __init__(self, study: Study) -> None:
        """Open on the account and marketplace of the headline, on the study's as-of day."""
        self.study = study
        self.screen = Screen(self.do, "explorer.html.j2", PANES)
        self._cells = lru_cache(maxsize=2)(lambda account: Cells(study, account))
        account, marketplace = worst(study)
        self.choice = Choice(as_of=study.as_of, account=account, marketplace=marketplace)
        self._by, self._note, self._wrong = "carrier_id", "", False
        self._show()

    @property
    def views(self) -> Views:
        """The tables that are shown."""
        return self.seen.views

    @property
    def text(self) -> str:
        """The sentence on top."""
        return str(Markup(self.now["say"]).striptags())

    def choose(self, **changes: Any) -> None:
        """Set any part of the choice, as its controls would; see `vtrkit.lab.slices.Choice`.

        `carrier` stands for `carrier_id`, and none for empty.

        Raises:
            ParameterError: a name that the account does not have; nothing changes then.
        """
        changes = {"carrier_id" if n == "carrier" else n: v for n, v in changes.items()}
        known("setting", {*changes}, [f.name for f in fields(Choice)])
        texts = {f.name for f in fields(Choice) if f.type is str}
        changes = {n: _text(n, v) if n in texts else v for n, v in changes.items()}
        place = (
            changes.get("account", self.choice.account),
            changes.get("marketplace", self.choice.marketplace),
        )
        accounts = {account for account, _ in self.study.places}
        known("account", {place[0]}, sorted(accounts))
        if place not in self.study.places and "marketplace" not in changes:
            place = next(p for p in self.study.places if p[0] == place[0])
        known("marketplace", {place[1]}, [m for a, m in self.study.places if a == place[0]])
        if place != (self.choice.account, self.choice.marketplace):
            changes = dict.fromkeys(_NARROWING, "") | changes
        changes |= {"account": place[0], "marketplace": place[1]}
        if "as_of" in changes:
            changes["as_of"] = read_day(changes["as_of"]) or self.study.as_of
        known("days", {changes.get("days", 30)}, sorted(set(self.study.totals["days"])) or [30])
        wanted = replace(self.choice, **changes)
        self._check(wanted)
        self.choice, self._note, self._wrong = wanted, "", False
        self._show()

    def _check(self, wanted: Choice) -> None:
        """Refuse names that the account does not have."""
        cells = self._cells(wanted.account)
        if wanted.bp:
            Target.of_bp(wanted.bp)  # refuses what is no target
        known("reason", {wanted.reason}, ["", *map(str, FAILING)])
        for column in ("category", "carrier_id", "ship_method"):
            if name := getattr(wanted, column):
                known(column.removesuffix("_id"), {name}, cells.names(column))

    def reset(self) -> None:
        """Show all of the place again, as on the first day."""
        first = {"days": 30, "bp": 0, "as_of": self.study.as_of}
        self.choose(**dict.fromkeys(_NARROWING, ""), **first)

    # what is shown ------------------------------------------------------------------------------

    def _show(self) -> None:
        choice, cells = self.choice, self._cells(self.choice.account)
        own = self.study.of(choice.account, choice.marketplace)
        days = sorted({*cells.days, choice.as_of})
        skus = skus_of(own.on(choice.as_of), choice.days, choice.reason)
        self.seen = Seen(
            study=own,
            choice=choice,
            views=cells.views(choice),
            skus=skus,
            names=cells.names("category"),
            days=days,
            by=self._by if self._by != "sku" or skus.height else "carrier_id",
            places=self.study.places,
            note=self._note,
            wrong=self._wrong,
        )
        self.now = view(self.seen)
        self.screen.show(self.now)
        self.renew()

    @property
    def _kept_text(self) -> str:
        who = f"{self.choice.account} · {self.choice.marketplace}"
        return f"As of {dated(self.choice.as_of)}, {who}: {self.now['words']}"

    # what a reader asks for ---------------------------------------------------------------------

    def _refused(self, why: str) -> None:
        self._note, self._wrong = why, True
        self._show()

    @property
    def _doings(self) -> dict[str, Callable[[Any], None]]:
        by_place = {" · ".join(p): p for p in self.study.places}
        return {
            "place": lambda v: self.choose(
                **dict(zip(("account", "marketplace"), by_place[v], strict=True))
            ),
            "as_of": lambda v: self.choose(as_of=v or self.choice.as_of),
            "day": lambda v: self.choose(as_of=self.seen.days[int(v)]),
            "days": lambda v: self.choose(days=int(v)),
            "target": lambda v: self.choose(bp=int(v)),
            "category": lambda v: self.choose(category=v.strip()),
            "pick": self._pick,
            "by": self._turn,
            "reset": lambda _: self.reset(),
            "csv": lambda _: self._file("categories.csv", self.views.categories),
            "packages": lambda _: self._file("packages.csv", self._packages()),
            "code": self._copy,
        }

    def _pick(self, pick: str) -> None:
        """Narrow by a row; the chosen one, once more, lets go."""
        name, _, value = pick.partition("=")
        known("setting", {name}, _NARROWING)
        again = getattr(self.choice, name) == value
        self.choose(**{name: "" if again else value})

    def _turn(self, by: str) -> None:
        known("by", {by}, [*BY])
        self._by = by
        self._show()

    def _packages(self) -> pl.DataFrame:
        names = {n: getattr(self.choice, n) for n in _NARROWING if getattr(self.choice, n)}
        if carrier := names.pop("carrier_id", ""):
            names["carrier"] = carrier_names().get(carrier, carrier)
        return packages_table(self.seen.study, names, failing=True)

    def _file(self, name: str, table: pl.DataFrame) -> None:
        self.screen.tell(file={"name": name, "text": table.write_csv()})

    def _copy(self, _: object) -> None:
        c, names = self.choice, {"carrier_id": "carrier"}
        chosen = {names.get(n, n): getattr(c, n) for n in _NARROWING if getattr(c, n)}
        chosen |= {"days": c.days} if c.days != 30 else {}
        chosen |= {"as_of": c.as_of.isoformat()} if c.as_of != self.study.as_of else {}
        chosen = {"account": c.account, "marketplace": c.marketplace, **chosen}
        code = f"shop.explore({', '.join(f'{n}={v!r}' for n, v in chosen.items())})"
        self.screen.tell(copy=code)
        self._note, self._wrong = f"Copied: {code}", False
        self._show()


def _text(name: str, value: Any) -> str:
    """A name as it stands in the data."""
    text = "" if value is None else str(value)
    if name != "carrier_id":
        return text
    ids = {shown.casefold(): n for n, shown in carrier_names().items()}
    return ids.get(text.casefold(), text)
