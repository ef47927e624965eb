"""What a question about changes gives back: a table, a sentence, and what to do next with it."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import polars as pl

from vtrkit.given import read_path
from vtrkit.metric.target import Target
from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.schema import GROUP, UNKNOWN_CATEGORY
from vtrkit.sections.ahead import plan_text
from vtrkit.sections.saying import are
from vtrkit.study.ahead import Planned, changes_table, outlook_table
from vtrkit.study.coming import DAYS
from vtrkit.study.study import Study
from vtrkit.whatif.apply import reach
from vtrkit.whatif.changes import begun
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import write_scenario
from vtrkit.words import (
    Html,
    day_text,
    first_few,
    number_of,
    paragraph,
    percent,
    place,
    table,
    target_text,
    together,
)


@dataclass(frozen=True)
class Tried:
    """What changes would do.

    Args:
        study: whose packages.
        changes: what is tried; none shows the sliders to try some.
        target: the rate to reach.
        category: only this one.
        make: gives the sliders, set so; in a notebook (True) it shows them with the first picture.
    """

    study: Study
    changes: tuple[Lever, ...]
    target: Target
    category: str | None
    make: Callable[["Tried", bool], Any]

    @cached_property
    def table(self) -> pl.DataFrame:
        """Each category today (low, high), when it is back as it is and with the changes.

        `back` is the likely day, `back_early` and `back_late` the days with a chance of 20 and
        80 %; none is beyond the weeks foreseen, at whose end the rate is `rate_on_last_day`.
        `packages` that ship differently, and their `cost`, are expected ones that count in 30 days.
        """
        return changes_table(self.study, self.changes, self.target, self.category)

    @property
    def outlook(self) -> pl.DataFrame:
        """The rate to expect of each category on each coming day."""
        return outlook_table(self.study, self.changes, "category", None)

    @property
    def text(self) -> str:
        """What the changes bring, in a sentence or two."""
        if not self.changes:
            return "Nothing is changed yet. Give a change, such as vtrkit.track(share=0.5)."
        last = self.study.as_of + timedelta(days=DAYS)
        goal = target_text(self.target.bp)
        told = pl.col("rate_on_last_day").is_not_null()
        rows, untold = self._judged.filter(told), self._judged.filter(~told).to_dicts()
        as_it_is = _back(rows, "back_as_is", goal, last)
        packages, cost = self.table["packages"].sum(), self.table["cost"].sum()
        if not packages:
            everything = Scenario("changes", self.changes)
            why = [text for text in reach(self.study.board(), everything)["said"] if text]
            nothing = "Your changes are about no package to come that counts."
            return " ".join((nothing, *why, f"As it is, {as_it_is}."))
        if rows.is_empty():
            return f"With your changes or without them, {as_it_is}."
        changed = _back(rows, "back", goal, last)
        late = rows.filter(pl.col("back").is_null())
        rates = (f"{_named(r)} ({percent(r['rate_on_last_day'])} then)" for r in late.to_dicts())
        never = f" Not back by {day_text(last)}: {', '.join(rates)}." if late.height else ""
        price = f" and {cost:,.2f}" if cost else ""
        takes = number_of(max(1, round(packages)), "package")
        takes = f"That takes about {takes} that count{price} per 30 days."
        both = f"With your changes {changed}; as it is, {as_it_is}."
        if changed == as_it_is:
            both = f"With your changes and without them, {as_it_is}."
        of = f" Of {', '.join(map(_named, untold))} it cannot be told." if untold else ""
        said = f"{both}{never}{of}{self._unsure} {takes}"
        return " ".join(filter(None, (said, begun(self.changes, self.study.as_of))))

    @property
    def _judged(self) -> pl.DataFrame:
        """The rows of categories; of a place where none is known, the one of all its packages."""
        known = pl.col("category") != UNKNOWN_CATEGORY
        place = [n for n in GROUP if n in self.table.columns]
        alone = ~known.any().over(place) if place else ~known.any()
        return self.table.filter(known | alone)

    @property
    def _unsure(self) -> str:
        """The categories that are said to be on target and whose packages without scans decide."""
        goal = self.target.bp / BASIS_POINTS
        decided = (pl.col("low") < goal) & (pl.col("high") >= goal)
        rows = self._judged.filter(pl.col("back").is_not_null(), decided).to_dicts()
        only = "that holds only if packages without scan data do as the others."
        return f" For {first_few([*map(_named, rows)])} {only}" if rows else ""

    @property
    def code(self) -> str:
        """The same question as a line of Python."""
        levers = ", ".join(map(_written, self.changes))
        return f"shop.whatif({levers}, target={self.target.bp / 100:g})"

    @cached_property
    def sliders(self) -> Any:
        """The screen that is shown in JupyterLab: `pull`, `choose`, `answer` and the rest."""
        return self.make(self, False)

    def save(self, path: str | Path) -> None:
        """Write the changes as a plan that a report and `vtrkit.read_changes` take."""
        write_scenario(Scenario(read_path(path, "plan").stem, self.changes), path)

    def _ipython_display_(self) -> None:
        """The sliders where a browser can move them; else the sentence and the table."""
        from IPython.display import display  # noqa: PLC0415 - only a notebook displays

        if "sliders" in vars(self):
            self.sliders.display()
        elif find_spec("ipywidgets"):
            vars(self)["sliders"] = self.make(self, True)
        else:
            display(self._told)

    def __repr__(self) -> str:
        """The sentences and the table."""
        return self._told.text

    @property
    def _told(self) -> Html:
        said = paragraph(self.text)
        return together(said, plain(self.table)) if self.changes else said


@dataclass(frozen=True)
class Plans:
    """The cheapest mix of changes for each account and marketplace.

    Args:
        each: the plan of each, and what it brings.
        target: the rate to reach.
        caveat: what to know of the changes that were asked for.
    """

    each: list[Planned]
    target: Target
    caveat: str = ""

    @cached_property
    def table(self) -> pl.DataFrame:
        """How many packages of each category a change takes, their cost, and the day back."""
        several = len(self.each) > 1
        parts = []
        for planned in self.each:
            place = [pl.lit(v).alias(n) for n, v in zip(GROUP, planned.place, strict=True)]
            parts.append(planned.table.select(*(place if several else ()), pl.all()))
        return pl.concat(parts)

    @property
    def reached(self) -> bool:
        """Whether every category reaches the target, as far as can be told."""
        plans = [planned.plan for planned in self.each]
        return all(p is not None and not p.unreachable and not p.untold for p in plans)

    @property
    def text(self) -> str:
        """What each plan takes, or why there is none, in words."""
        places = [dict(zip(GROUP, planned.place, strict=True)) for planned in self.each]
        texts = [plan_text(w, p.plan) for w, p in zip(places, self.each, strict=True)]
        return "\n".join(filter(None, (*texts, self.caveat)))

    def _repr_html_(self) -> str:
        return together(paragraph(self.text), plain(self.table)).markup

    def __repr__(self) -> str:
        """The sentences and the table."""
        return together(paragraph(self.text), plain(self.table)).text


def plain(rows: pl.DataFrame) -> Html:
    """A table of the front door for people: its names as headings, shares in percent."""
    heads = {name: name.replace("_", " ") for name in rows.columns}
    formats: dict[str, Any] = {n: percent for n, t in rows.schema.items() if t == pl.Float64}
    for name, digits in {"packages": 1, "cost": 2}.items():
        formats[name] = partial(_count, digits=digits)
    return table(rows, heads, formats)


def _count(number: float | None, digits: int) -> str:
    return "–" if number is None else f"{number:,.{digits}f}".rstrip("0").rstrip(".")


def _back(rows: pl.DataFrame, column: str, goal: str, last: Any) -> str:
    """How many categories are on target for good, and by when the last of them is."""
    days = rows[column].drop_nulls().sort()
    if rows.is_empty():
        return "it cannot be told what the coming weeks bring"
    if days.is_empty():
        return f"no category is on {goal} for good by {day_text(last)}"
    final = day_text(days[-1])
    who = f"{days.len()} of {rows.height} categories {are(days.len())}"
    who = who if rows.height > 1 else f"{_named(rows.row(0, named=True))} is"
    return f"{who} on {goal} for good by {final}"


def _named(row: dict[str, Any]) -> str:
    """A category, with its place where there are several."""
    several = GROUP[0] in row
    if row["category"] == UNKNOWN_CATEGORY:
        return f"{place(row)} as a whole" if several else "your account as a whole"
    return str(row["category"]) + (f" of {place(row)}" if several else "")


def _written(lever: Lever) -> str:
    """A change as code: what differs from the defaults."""
    told = []
    for f in fields(lever):
        value = getattr(lever, f.name)
        if value != f.default:
            # a day as text: `date` would want an import
            written = value.isoformat() if isinstance(value, date) else value
            told.append(f"{f.name}={written!r}")
    return f"vtrkit.Lever({', '.join(told)})"
