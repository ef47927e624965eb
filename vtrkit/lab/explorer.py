"""An account in JupyterLab, narrowed step by step."""

from dataclasses import asdict, replace
from functools import cache, lru_cache
from typing import Any

import ipywidgets as w
import polars as pl

from vtrkit.charts import live, theme, timeline
from vtrkit.charts.lines import goals
from vtrkit.errors import ParameterError
from vtrkit.lab.canvas import LIVE, Canvas, known, offer
from vtrkit.lab.slices import Cells, Choice, Views
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import FAILING, Reason
from vtrkit.sections import standing
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import notes

_ALL = ("(all)", "")


class Explorer:
    """Where an account stands, narrowed step by step; a click on a row narrows all the others.

    Examples:
        >>> from vtrkit.study.open import open_study
        >>> explorer = Explorer(open_study(account="northwind", marketplace="US"))
        >>> explorer.choose(category="Shoes", days=7)
        >>> explorer.choice.category, explorer.views.totals["counted"].to_list()
        ('Shoes', [47, 193, 599])
    """

    def __init__(self, study: Study) -> None:
        """Open on the account of the headline, on the study's as-of day."""
        self.study = study
        self._cells = lru_cache(maxsize=2)(lambda account: Cells(study, account))
        self.choice = Choice(as_of=study.as_of, account=str(study.headline["account"]))
        self._quiet = False
        self._history: tuple[Any, live.Rows] = (None, [])
        self.controls = self._make_controls()
        self.numbers = w.HTML()
        self.canvas = Canvas(_charts(), self._clicked)
        self.box = self._box()
        self._show()

    @property
    def views(self) -> Views:
        """The tables that are shown."""
        return self._cells(self.choice.account).views(self.choice)

    def choose(self, **changes: Any) -> None:
        """Set any part of the choice, as its controls would; see `vtrkit.lab.slices.Choice`.

        Raises:
            ParameterError: a name that the account does not have.
        """
        wanted = replace(self.choice, **self._named(changes))
        known("account", {wanted.account}, self._accounts)
        known("reason", {wanted.reason}, ["", *Reason])
        cells = self._cells(wanted.account)
        ids = {_carrier(n).casefold(): n for n in cells.names("carrier_id")}
        carrier = ids.get(wanted.carrier_id.casefold(), wanted.carrier_id)
        wanted = replace(wanted, carrier_id=carrier)
        for column in ("marketplace", "category", "carrier_id"):
            if name := getattr(wanted, column):
                known(column, {name}, cells.names(column))
        self.choice = wanted
        self._show()

    def _named(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Changes by the names of a choice; `carrier` stands for `carrier_id`, none for empty."""
        names = {"carrier_id" if n == "carrier" else n: v for n, v in changes.items()}
        known("setting", set(names), list(vars(self.choice)))
        texts = {n for n, v in vars(self.choice).items() if isinstance(v, str)}
        return {n: ("" if v is None else str(v)) if n in texts else v for n, v in names.items()}

    @property
    def _accounts(self) -> list[str]:
        return sorted({account for account, _ in self.study.places})

    def _show(self) -> None:
        views = self.views
        if views.history is not self._history[0]:  # a year of days stays while the day moves
            counted = views.history.filter(pl.col("counted") > 0)
            self._history = (views.history, theme.as_json(timeline.history_rows(counted)))
        targets = [t.bp / 100 for t in self.study.targets]
        rows = {
            "categories": {"rows": live.ranked(views.categories, "category")},
            "carriers": {"rows": live.ranked(views.carriers, "carrier_id")},
            "reasons": {"rows": live.reasons(views.reasons)},
            "history": {
                "rows": self._history[1],
                "targets": goals(targets),
                "day": [{"day": f"{self.choice.as_of}T00:00:00"}],
            },
        }
        self.canvas.show(rows)
        self.numbers.value = standing.chosen(views.totals).markup
        self._set_controls()

    def _make_controls(self) -> dict[str, Any]:
        """A control for each part of the choice."""
        wide = {"style": {"description_width": "7em"}, "layout": {"width": "24em"}}
        controls = {
            "account": w.Dropdown(options=self._accounts, description="account", **wide),
            "marketplace": w.Dropdown(options=[_ALL], description="marketplace", **wide),
            "days": w.Dropdown(
                options=[(f"{n} days", n) for n in sorted(set(self.study.totals["days"]))],
                description="window",
                **wide,
            ),
            "as_of": w.SelectionSlider(options=[self.choice.as_of], description="as of", **wide),
            "category": w.Combobox(description="category", placeholder="all; type to find", **wide),
            "carrier_id": w.Combobox(
                description="carrier", placeholder="all; type to find", **wide
            ),
            "reason": w.Dropdown(
                options=[_ALL, *((REASONS[r].label, str(r)) for r in FAILING)],
                description="reason",
                **wide,
            ),
        }
        controls["as_of"].add_class("vtrkit-day")
        for name, control in controls.items():
            control.observe(lambda change, name=name: self._changed(name, change["new"]), "value")
        return controls

    def _set_controls(self) -> None:
        """Every control at what is chosen, with what the account has to choose from."""
        self._quiet = True
        cells, choice, c = self._cells(self.choice.account), self.choice, self.controls
        days = sorted({*cells.days, choice.as_of})
        markets = [_ALL, *((n, n) for n in cells.names("marketplace"))]
        offer(c["marketplace"], markets)
        offer(c["as_of"], [(day.isoformat(), day) for day in days])
        offer(c["category"], cells.names("category"))
        offer(c["carrier_id"], [_carrier(n) for n in cells.names("carrier_id")])
        for name, value in asdict(choice).items():
            c[name].value = _carrier(value) if name == "carrier_id" else value
        self._quiet = False

    def _changed(self, name: str, value: Any) -> None:
        """A reader moved a control; a name that is not there yet is still being typed."""
        if self._quiet:
            return
        changes = {name: value}
        if name == "account":
            changes |= dict.fromkeys(("marketplace", "category", "carrier_id"), "")
        try:
            self.choose(**changes)
        except ParameterError as e:
            self.numbers.value = notes([str(e)]).markup

    def _clicked(self, chart: str, row: Any) -> None:
        """A row narrows the others; the chosen one, clicked again, lets go."""
        if chart == "reasons":
            self.choose(reason="" if row == self.choice.reason else row)
        elif chart in _COLUMNS and row[1]:
            column = _COLUMNS[chart]
            again = row[1] == getattr(self.choice, column)
            self.choose(**{column: "" if again else row[1]})

    def reset(self, _: object = None) -> None:
        """Show all of the account again, as on the first day."""
        self.choose(
            marketplace="", category="", carrier_id="", reason="", days=30, as_of=self.study.as_of
        )

    def _box(self) -> w.VBox:
        reset = w.Button(description="show all again", icon="undo")
        reset.on_click(self.reset)
        c = self.controls
        rows = [
            (c["account"], c["marketplace"], c["reason"]),
            (c["category"], c["carrier_id"], c["days"]),
            (c["as_of"], reset),
        ]
        boxes = [w.HBox(row, layout={"flex_flow": "row wrap"}) for row in rows]
        return w.VBox([*boxes, self.numbers, self.canvas])

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        """The controls for a browser; words for a copy that nothing can move."""
        made: dict[str, Any] = self.box._repr_mimebundle_(**options)
        told = standing.chosen(self.views.totals)
        return made | {
            "text/html": f"<p>{LIVE}</p>{told.markup}",
            "text/plain": f"{LIVE}\n{told.text}",
        }


_COLUMNS = {"categories": "category", "carriers": "carrier_id"}


@cache  # Altair needs a third of a second, and nobody changes them
def _charts() -> dict[str, Any]:
    """The specifications of the explorer's charts."""
    return {
        "categories": live.ranking("Categories"),
        "carriers": live.ranking("Carriers"),
        "reasons": live.counts("Why packages fail"),
        "history": timeline.history(),
    }


def _carrier(carrier_id: str) -> str:
    return carrier_names().get(carrier_id, carrier_id)
