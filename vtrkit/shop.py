"""The front door: open your files once, then ask; every table is a plain Polars frame.

```
vtrkit.open(files) ─▶ Shop ── places, rates, history, reasons, carriers, skus, packages  today
                           ├─ outlook, whatif, adoption_needed, plan, warnings, fixes    ahead
                           └─ chart, section, explore, report, changes_since, sources    to show
```
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.amazon.after import after
from vtrkit.amazon.fixes import fixes_table
from vtrkit.amazon.to_do import NAME as WORK_LIST
from vtrkit.errors import ParameterError
from vtrkit.facts.checked import APath, checks, checks_methods
from vtrkit.given import ArrowStream, read_day
from vtrkit.metric.target import Target, TargetLike, read_targets
from vtrkit.metric.windows import DayLike, NamesLike
from vtrkit.sections import standing
from vtrkit.sections.first_screen import first_screen
from vtrkit.sections.first_words import first_words
from vtrkit.sections.results import Plans, Tried
from vtrkit.study import ahead, tables
from vtrkit.study.first_facts import FirstFacts, first_facts
from vtrkit.study.open import open_study
from vtrkit.study.study import Study
from vtrkit.whatif.changes import begun
from vtrkit.whatif.levers import Lever, ScenarioLike, levers_of
from vtrkit.words import Html, dated, notes, together


@checks_methods
@dataclass(frozen=True)
class Shop:
    """Your accounts on one day, with what was read of them; display it for the first answer.

    `target` is written as people do: 98, "98 %" or 0.98. `by` is any of account, marketplace,
    category, carrier, ship_method, reason, week and month, one or several. Rates are shares from
    0 to 1. With several accounts or marketplaces, tables that depend on a place begin with it.

    Examples:
        >>> import vtrkit
        >>> shop = vtrkit.open(account="northwind", marketplace="US")
        >>> shop.rates(by="category").filter(category="Shoes").select("valid", "counted").row(0)
        (168, 193)
    """

    study: Study

    def _repr_html_(self) -> str:
        from vtrkit.charts.way_back import way_back  # noqa: PLC0415 - Altair is loaded beside it
        from vtrkit.report.stills import Drawn  # noqa: PLC0415 - likewise

        answer = self._first_answer(way_back)
        return Drawn(answer.markup, answer.text)._repr_html_()

    def __repr__(self) -> str:
        """The first answer, in words."""
        return self._first_answer().text

    def _first_answer(self, draw: Callable[[FirstFacts], Any] = lambda _: None) -> Html:
        """Of one place the first screen; of several how each stands, the worst first."""
        s, version = self.study, self.study.kept.settings["vtrkit"]
        if len(s.places) == 1:
            facts = first_facts(s)
            read = f"Your files reach to {dated(s.seen_to)}; vtrkit {version}."
            title, below = "" if s.title == Study.title else s.title, [*s.notes, read]
            listed = WORK_LIST * (s.kept.path / WORK_LIST).is_file()
            return first_screen(first_words(facts), title, below, draw(facts), listed)
        head = standing.heading(s.title, s.as_of, s.seen_to, version)
        caveats = [notes(s.notes)] if s.notes else []
        return together(head, standing.banner(s.headline, s.totals, s.rates), *caveats)

    def _on(self, as_of: DayLike | None) -> Study:
        return self.study.on(day) if (day := read_day(as_of)) else self.study

    # today --------------------------------------------------------------------------------------

    def places(self) -> pl.DataFrame:
        """Where each account stands in each marketplace, the most urgent first.

        `worst` is the category that lacks most packages; `back` the day from which it is expected
        to stay on target, null if that is beyond the weeks foreseen.
        """
        return tables.places_table(self.study)

    def rates(
        self,
        by: NamesLike = "category",
        days: int = 30,
        target: TargetLike | None = None,
        as_of: DayLike | None = None,
        *,
        full: bool = False,
    ) -> pl.DataFrame:
        """Valid and counted packages, and the rate between them, of any groups.

        `vtr_low` takes packages without scan data as failing, `vtr_high` as valid. With week or
        month (of the due day) `days` does not apply. Places and categories also have their status
        against the target (the marketplace's own, if none is given), the packages over the limit
        of what may fail, and those to spare. `full=True` gives every column of `vtrkit.rates`.
        """
        goal = None if target is None else Target(target)
        return tables.rates_table(self._on(as_of), by, days, goal, full=full)

    def history(self, by: NamesLike | None = None, days: int = 30) -> pl.DataFrame:
        """The rate as it stood on each day, recomputed from today's files."""
        return tables.history_table(self.study, by, days)

    def reasons(self, by: NamesLike | None = None, days: int = 30) -> pl.DataFrame:
        """Why packages fail, how many, what share of those of their group, and what helps."""
        return tables.reasons_table(self.study, by, days)

    def carriers(self) -> pl.DataFrame:
        """The share of its packages that each carrier scanned, with its 95 % range."""
        return tables.carriers_table(self.study)

    def skus(self, days: int = 30) -> pl.DataFrame:
        """Which skus most packages fail of, worst first, and what fails `most` of them.

        A package of several skus stands under the one of highest value; one whose files name no
        sku under none. A sku has no status: Amazon holds no target against it.
        """
        return tables.skus_table(self.study, days)

    def packages(self, failing: bool = True, **chosen: NamesLike) -> pl.DataFrame:
        """The packages that count today and fail; `category="Shoes"` and the like narrow them."""
        return tables.packages_table(self.study, chosen, failing=failing)

    # ahead --------------------------------------------------------------------------------------

    def outlook(
        self, *changes: ScenarioLike, by: NamesLike | None = None, until: DayLike | None = None
    ) -> pl.DataFrame:
        """The rate to expect on each coming day, as it is or with changes, and its range.

        `part` says how a day comes about, and `range` what `low` and `high` are. Official, up to
        today: none or all of the packages without scan data are valid; there is no `median` where
        there are some. Locked in, all of it is shipped: the worst and the best that can still
        happen to packages on their way. Projected: nine cases in ten. `chance` is that of being
        on target.
        """
        return ahead.outlook_table(self.study, levers_of(changes), by, read_day(until, "until"))

    def whatif(
        self, *changes: ScenarioLike, category: str | None = None, target: TargetLike = 95
    ) -> Tried:
        """What changes would do to each category; without changes, the sliders to try some."""
        if category is not None:
            category = tables.matched("category", [category], self.study.categories)[0]
        return Tried(self.study, levers_of(changes), Target(target), category, _screen)

    def adoption_needed(
        self,
        change: Lever,
        target: TargetLike | None = None,
        by: NamesLike = "category",
        sure: float = 0.5,
    ) -> pl.DataFrame:
        """The least share of a change, in steps of 5 %, that brings each category back for good.

        From its start on (tomorrow at the earliest), to be on target with the chance `sure` from
        the day `back` to the last one foreseen, in 60 days. Share 0: it is back by itself; none:
        all of it is not enough, and `best` is how far it comes. `packages` are per 30 days,
        `safer_share` is for a chance of 80 %, `enough_in_the_past` for the days that count now.
        """
        if tables.read_by(by) not in (["category"], ["account", "marketplace", "category"]):
            raise ParameterError(f"by {by!r}: adoption is needed by category")
        goals = self.study.targets if target is None else read_targets(target)
        return ahead.needed_table(self.study, change, goals, sure)

    def plan(self, *changes: ScenarioLike, target: TargetLike = 95, sure: float = 0.5) -> Plans:
        """The cheapest mix of changes that brings every category back, or the smallest one.

        From tomorrow on, to be on target with the chance `sure` on the last day foreseen, in 60
        days; the sentence says both, and what is out of reach.
        """
        levers, goal, s = levers_of(changes), Target(target), self.study
        return Plans(ahead.planned(s, levers, goal, sure), goal, begun(levers, s.as_of))

    def warnings(self) -> pl.DataFrame:
        """Where more of the latest packages fail than usual, the strongest first.

        A row without a category is of a place as a whole. Of a hundred comparisons at most one is
        here by chance; a category has the same answer whatever else you opened.
        """
        return tables.said(self.study.warnings.filter("alarm"))

    def fixes(self) -> pl.DataFrame:
        """What can still be corrected, deadlines first: what to enter, and why; see `fixes`."""
        return fixes_table(self.study)

    def after_fixes(self, first: int | None = None) -> pl.DataFrame:
        """The coming days without fixes and with all of them, or the first ones; see `after`."""
        return after(self.study, first)

    # to show ------------------------------------------------------------------------------------

    def chart(self, what: str, *changes: ScenarioLike, by: NamesLike | None = None) -> Any:
        """Rates, history, reasons, carriers, outlook, leaving or adoption as a picture (Altair)."""
        from vtrkit.charts.of_study import picture  # noqa: PLC0415 - Altair, once it is used

        return picture(self.study, what, levers_of(changes), by)

    def section(self, what: str, previous: APath = "") -> Html:
        """A part of the report in words and tables, as a page or a cell shows it.

        Categories, reasons, carriers, warnings, fixes, windows, on time, changes (since
        `previous`, an earlier `report.json`), rules, sources or words.
        """
        from vtrkit.report.parts import part  # noqa: PLC0415 - once it is used
        from vtrkit.report.stills import Drawn  # noqa: PLC0415 - likewise

        shown = part(self.study, what, previous)
        return Drawn(shown.markup, shown.text)

    def explore(self, **chosen: Any) -> Any:
        """Categories, carriers, reasons and days to click on, in JupyterLab."""
        from vtrkit.lab.explorer import Explorer  # noqa: PLC0415 - ipywidgets, once they are used

        explorer = Explorer(self.study)
        explorer.choose(**chosen)
        return explorer

    def report(self, folder: Path | str) -> Path:
        """The page, `report.json` and the tables behind them, in a folder; the path of the page.

        Of several accounts or marketplaces, each in a folder of its own; the path of their index.
        """
        from vtrkit.report.batch import render_shops  # noqa: PLC0415 - papermill, once it is used

        given = {name: value for name, value in self.study.parameters.items() if value}
        return render_shops(self.study, folder, parameters=given)

    def changes_since(self, report_json: APath = "") -> pl.DataFrame:
        """What moved each rate since an earlier `report.json`: packages, mix and quality."""
        from vtrkit.report.figures import since  # noqa: PLC0415 - only for who compares

        return since(self.study, report_json)

    def sources(self) -> pl.DataFrame:
        """How each file was recognised and how many rows were used."""
        return self.study.kept.summary


def _screen(tried: Tried, shown: bool) -> Any:
    from vtrkit.lab.whatif import WhatIf  # noqa: PLC0415 - ipywidgets, once they are used

    return WhatIf(tried.study, tried, shown=shown)


@checks
def open(  # noqa: PLR0913 - what is opened, of whom, and for which question
    workspace: str | Path | ArrowStream = "",
    *,
    account: str | None = None,
    marketplace: str | None = None,
    as_of: DayLike | None = None,
    targets: TargetLike | Iterable[TargetLike] = (95, 98),
    scenario: str | Path = "",
    title: str = "",
) -> Shop:
    """Open your exports; the shop that comes of it answers every question about them.

    Args:
        workspace: a folder of files, one file, a `vtrkit.toml` or a run folder; a table of Polars,
            pandas, PyArrow, DuckDB or Ibis; if empty, the demo, a year of made-up packages of two
            accounts in three marketplaces.
        account: only this one; all if none is given.
        marketplace: only this one, such as US; all if none is given.
        as_of: the day that the rates are read, as 2026-09-30; the newest export if none is given.
        targets: the rates to reach, in percent: 95, "95, 98" or (95, 98).
        scenario: a saved plan, for the report.
        title: the heading of a report.

    Raises:
        InputError: the files cannot be read.
        ParameterError: another argument is wrong; the message says what would be right.
        OutsideError: no package that the files hold can count on that day.

    Examples:
        >>> import vtrkit
        >>> vtrkit.open(account="northwind", marketplace="US").places().row(0)[2:5]
        ('BAD', 1560, 1672)
    """
    where = {"account": account, "marketplace": marketplace}
    study = open_study(
        workspace, **where, as_of=as_of, targets=targets, scenario=scenario, title=title
    )
    return Shop(study)
