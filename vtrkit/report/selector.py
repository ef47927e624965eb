"""The part of a page that its selector drives, as markup with all that can be chosen."""

from datetime import date
from typing import Any

from vtrkit.charts.over_days import Rows
from vtrkit.charts.spark import spark
from vtrkit.charts.still_counting import counting, counting_rows, counting_text
from vtrkit.charts.way_back import way_rows, way_text, ways
from vtrkit.report.templates import environment
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
    if not any(r["day"] == study.as_of for own in sel.days.values() for r in own):
        return Html("", "")
    days, cells = words.cells(sel)
    lines = words.lines(sel)
    text = _text(sel, lines, [of[days.index(study.as_of)] for of in cells])
    return Html(_markup(sel, days, cells, lines), text)


def _text(sel: Selection, lines: list[dict[str, Any]], now: words.Cells) -> str:
    """The table as of today in plain text."""
    told = [
        f"{line['name']}: {cell[1]}, {cell[5]} of {cell[6]} failed; likely back {line['back']}"
        for line, cell in zip(lines, now, strict=True)
        if cell
    ]
    return "\n".join([words.explained(sel)["official"], *told])


def _markup(
    sel: Selection, days: list[date], cells: list[words.Cells], lines: list[dict[str, Any]]
) -> str:
    """Table, charts and causes as of today, of the category that the first screen is about."""
    today, chosen, names = days.index(sel.facts.row["as_of"]), _headline(sel), sel.names
    facts = [words.facts_of(sel, name) for name in names]
    charts = {"ways": _ways(names, facts), "counting": _counting(sel)}
    specs = {"ways": ways(), "counting": counting()}
    goal = sel.facts.row["target_bp"] / 100
    template = environment().get_template("selector.html.j2")
    return template.render(
        model=_model(sel, days, facts, cells) | _packed(charts),
        today=today,
        chosen=chosen,
        slider=_slider(sel, days, facts[chosen]),
        lines=lines,
        all=ALL,
        with_steps=joined(numbers_of_steps(sel.facts)) if has_steps(sel) else "",
        goal=target_text(sel.facts.row["target_bp"]),
        goal_at=f"{max(0.0, (goal - _LEFT) / (100 - _LEFT)) * 100:.1f}%",
        shown=[_shown(sel, name, cells, today) for name in names],
        **{
            kind: specs[kind] | {"description": text, "datasets": rows}
            for kind, each in charts.items()
            for rows, text in [each[chosen]]
        },
    )


Charts = list[tuple[dict[str, Rows], str]]
"""The rows of a chart and what it shows in words, for each of `Selection.names`."""


def _ways(names: list[str], facts: list[FirstFacts]) -> Charts:
    """The whole has no target, so it has a line only where it is all there is."""
    shown = [name != ALL or len(names) == 1 for name in names]
    return [
        (way_rows(each), way_text(each)) if own else ({}, "")
        for each, own in zip(facts, shown, strict=True)
    ]


def _counting(sel: Selection) -> Charts:
    return [(counting_rows(sel, name), counting_text(sel, name)) for name in sel.names]


def _model(
    sel: Selection, days: list[date], facts: list[FirstFacts], cells: list[words.Cells]
) -> dict[str, Any]:
    """What the script chooses from: a place for each of `Selection.names` and each day."""
    parts, read = words.parts_of(sel), words.explained(sel)
    as_of = sel.facts.row["as_of"]
    return {
        "days": [(day - as_of).days for day in days],
        "spoken": words.days_in_words(sel, days),
        "explained": [read.get(parts.get(day, ""), "") for day in days],
        "names": [called(name) for name in sel.names],
        "backs": [_slider(sel, days, each) for each in facts],
        "signs": words.signs(),
        "cells": cells,
        "left": _LEFT,
    }


def _packed(charts: dict[str, Charts]) -> dict[str, Any]:
    """The rows of the charts, each name of a column said once, and their words."""
    return {
        "rows": {
            kind: [{name: _columns(some) for name, some in rows.items()} for rows, _ in each]
            for kind, each in charts.items()
        },
        "texts": {kind: [text for _, text in each] for kind, each in charts.items()},
    }


def _columns(rows: Rows) -> list[list[Any]]:
    """The names of the columns, then the values of each row."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    return [columns, *([row.get(column) for column in columns] for row in rows)]


def _slider(sel: Selection, days: list[date], facts: FirstFacts) -> dict[str, Any]:
    """Where on the slider today, the last day already shipped and the day back stand."""
    back = None if facts.saved else facts.back[1] or facts.row["back_on"]
    marks = {"today": sel.facts.row["as_of"], "shipped": sel.shipped, "back": back}
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
    small = words.small_lines(sel) if name == ALL and sel.sums_up else []
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
