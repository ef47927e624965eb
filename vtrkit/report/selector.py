"""The part of a page that its selector drives, as markup with all that can be chosen."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vtrkit.charts.spark import spark
from vtrkit.charts.still_counting import counting, counting_rows, counting_text
from vtrkit.charts.way_back import way_rows, way_text, ways
from vtrkit.sections import selected as words
from vtrkit.sections.first_todos import joined, numbers_of_steps
from vtrkit.sections.helping import has_steps, helps
from vtrkit.sections.saying import called
from vtrkit.study.first_facts import FirstFacts, first_facts
from vtrkit.study.selection import ALL, Selection, selection
from vtrkit.study.study import Study
from vtrkit.words import Html, short_day, target_text

_SMALL = 190, 64, 0.75
"""Width and height of a small line, and the rate at its lower edge."""
_LEFT = 80
"""The rate at the left end of the small scale, in percent; the right end is 100 %."""


def selector(study: Study) -> Html:
    """What can be selected of one account in one marketplace; nothing where nothing counts."""
    facts = first_facts(study)
    sel = selection(study, facts)
    if sel.days.filter(day=study.as_of).is_empty():
        return Html("", "")
    days, cells = words.cells(sel)
    return Html(_markup(sel, days, cells), _text(sel, cells, days.index(study.as_of)))


def _text(sel: Selection, cells: list[words.Cells], today: int) -> str:
    """The table as of today in plain text."""
    rows = zip(words.lines(sel), (cells_[today] for cells_ in cells), strict=True)
    told = [
        f"{line['name']}: {cell[1]}, {cell[5]} of {cell[6]} failed; likely back {line['back']}"
        for line, cell in rows
        if cell
    ]
    return "\n".join([words.explained(sel)["official"], *told])


def _markup(sel: Selection, days: list[date], cells: list[words.Cells]) -> str:
    """Table, charts and causes as of today, of the category that the first screen is about."""
    today, chosen, names = days.index(sel.facts.row["as_of"]), _headline(sel), sel.names
    facts = [words.facts_of(sel, name) for name in names]
    model = _model(sel, days, cells, facts)
    goal = sel.facts.row["target_bp"] / 100
    template = _environment().get_template("selector.html.j2")
    return template.render(
        style=Markup((_FOLDER / "selector.css").read_text("utf-8")),
        model=model,
        today=today,
        chosen=chosen,
        slider=_slider(sel, days, facts[chosen]),
        lines=words.lines(sel),
        all=ALL,
        with_steps=joined(numbers_of_steps(sel.facts)) if has_steps(sel) else "",
        goal=target_text(sel.facts.row["target_bp"]),
        goal_at=f"{max(0.0, (goal - _LEFT) / (100 - _LEFT)) * 100:.1f}%",
        ways=ways() | {"description": way_text(facts[chosen]), "datasets": way_rows(facts[chosen])},
        counting=counting()
        | {
            "description": counting_text(sel, names[chosen]),
            "datasets": counting_rows(sel, names[chosen]),
        },
        shown=[_shown(sel, name, cells, today) for name in names],
    )


def _model(
    sel: Selection, days: list[date], cells: list[words.Cells], facts: list[FirstFacts]
) -> dict[str, Any]:
    """All that the script chooses from: a place for each of `Selection.names` and each day."""
    names, parts, read = sel.names, words.parts_of(sel), words.explained(sel)
    as_of = sel.facts.row["as_of"]
    several = len(names) > 1
    way = [{} if n == ALL and several else way_rows(f) for f, n in zip(facts, names, strict=True)]
    counted = [counting_rows(sel, name) for name in names]
    return {
        "days": [(day - as_of).days for day in days],
        "spoken": words.days_in_words(sel, days),
        "explained": [read.get(parts.get(day, ""), "") for day in days],
        "names": [called(name) for name in names],
        "backs": [_slider(sel, days, each) for each in facts],
        "signs": words.signs(),
        "cells": cells,
        "rows": {"ways": list(map(_packed, way)), "counting": list(map(_packed, counted))},
        "texts": {
            "ways": [way_text(f) if rows else "" for f, rows in zip(facts, way, strict=True)],
            "counting": [counting_text(sel, name) for name in names],
        },
        "left": _LEFT,
    }


def _slider(sel: Selection, days: list[date], facts: FirstFacts) -> dict[str, Any]:
    """Where on the slider today, the last day already shipped and the day back stand."""
    shipped = sel.days.filter(part="locked in")["day"].max()
    back = facts.back[1] or facts.row["back_on"]
    marks = {"today": sel.facts.row["as_of"], "shipped": shipped, "back": back}
    at = {n: 100 * days.index(d) / max(1, len(days) - 1) for n, d in marks.items() if d in days}
    return {
        "last": len(days) - 1,
        "shipped": at["today"],
        "back": None,
        "text": f"back {short_day(back)}" if back else "",
    } | at


def _headline(sel: Selection) -> int:
    """The place of the category that the page opens on: that of its first screen."""
    own = str(sel.facts.row["category"])
    return sel.names.index(own) if own in sel.names else 0


def _shown(sel: Selection, name: str, cells: Any, today: int) -> dict[str, Any]:
    causes = words.causes(sel, name)
    small = words.small_lines(sel) if name == ALL else []
    for one in small:
        cell = cells[sel.names.index(one["category"])][today]
        line = spark(one["days"], one["target"], *_SMALL, ahead=one["ahead"])
        one |= {"line": line, "today": f"today {cell[1]}" if cell else ""}
    return {
        "causes": causes,
        "reasons": [(label, width, f"{n:,}", None) for label, n, width in causes["reasons"]],
        "carriers": [
            (label, width, share, (f"{n:,}", f"{due:,}"))
            for label, share, n, due, width in causes["carriers"]
        ],
        "helps": helps(sel, name),
        "small": small,
    }


def _packed(rows: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Rows by name as columns and values, which say each name of a column once."""
    packed = {}
    for name, some in rows.items():
        columns = list(dict.fromkeys(column for row in some for column in row))
        packed[name] = [columns, *([row.get(column) for column in columns] for row in some)]
    return packed


def _script(value: Any) -> Markup:
    """A value as JSON within a script, which no text of it can end."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))


_FOLDER = Path(__file__).parent / "page"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["script"] = _script
    return environment
