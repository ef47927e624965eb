"""What helps a category, or all of them: when each is likely back with which steps, in words."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from vtrkit.sections.first_todos import joined, numbers_of_steps, todos
from vtrkit.sections.saying import called, plain
from vtrkit.study.coming import DAYS
from vtrkit.study.selection import ALL, Help, Selection
from vtrkit.words import day_text, first_few, percent, short_day


def has_steps(sel: Selection) -> bool:
    """Whether there are steps to take at all."""
    return len(sel.helps) > 2


def with_steps(sel: Selection, category: str) -> dict[str, Any]:
    """With all steps, when the category is likely back."""
    nothing = dict.fromkeys(("early", "likely", "late", "lowest", "meets_on"))
    return sel.helps[-2].by_category.get(category, nothing) if has_steps(sel) else nothing


def not_by(day: date) -> str:
    """What is said of a category that is not back by the last day foreseen."""
    return f"not by {short_day(day)}"


def not_for_good(row: Mapping[str, Any], last: date) -> str:
    """Likewise of one that may be on target in between."""
    meets = row["meets_on"]
    return f"{short_day(meets)}, not for good" if meets else not_by(last)


def back_with(told: Mapping[str, Any], last: date) -> str:
    """When a category is back with some steps, in words."""
    return short_day(told["likely"]) if told["likely"] else not_for_good(told, last)


def helps(sel: Selection, category: str) -> dict[str, Any] | None:
    """When a category is likely back with each step, with all of them, and at best."""
    if category == ALL and sel.sums_up:
        return _helps_all(sel) if sel.trouble else None
    if category not in sel.trouble:
        return None
    as_of, last = sel.facts.row["as_of"], sel.facts.last_day
    (row,) = (row for row in sel.rows if str(row["category"]) == category)
    first, rows = row["below_on"], []
    for n, option in enumerate(sel.helps):
        told = option.by_category[category]
        likely = told["likely"]
        early = short_day(told["early"]) if told["early"] else ""
        late = short_day(told["late"]) if told["late"] else f"after {short_day(last)}"
        span = early if early == late else f"{early} – {late}"
        saved = likely and first and likely <= first
        away = 0 if saved else DAYS if likely is None else (likely - as_of).days
        rows.append(
            {
                "label": _label(sel, option),
                "kind": _kind(sel, n),
                "width": 100 * away / DAYS,
                "back": "does not fall" if saved else back_with(told, last),
                "late": likely is None,
                "span": span if early and not saved else "–",
                "lowest": percent(told["lowest"]),
                "others": count(sel, option) if len(sel.trouble) > 1 else "",
            }
        )
    heads = ["below target until", f"{called(category)} likely back", "in 6 of 10 cases", "Lowest"]
    many = len(sel.trouble) > 1
    heads += [f"Categories likely back by {short_day(last)}"] if many else []
    return {
        "title": f"What helps {called(category)}",
        "heads": heads,
        "rows": rows,
        "text": _start(sel),
    }


def _helps_all(sel: Selection) -> dict[str, Any]:
    last, rows = sel.facts.last_day, []
    for n, option in enumerate(sel.helps):
        told = {c: option.by_category[c] for c in sel.trouble}
        late = [c for c in told if told[c]["likely"] is None]
        final = max((c for c in told if c not in late), key=lambda c: told[c]["likely"], default="")
        lowest = min(told, key=lambda c: told[c]["lowest"])
        there = len(told) - len(late)
        rows.append(
            {
                "label": _label(sel, option),
                "kind": _kind(sel, n),
                "width": 100 * there / len(told),
                "back": f"{there} of {len(told)}",
                "late": bool(late),
                "span": _named(late, last)
                if late
                else f"{short_day(told[final]['likely'])} {called(final)}",
                "lowest": f"{percent(told[lowest]['lowest'])} {called(lowest)}",
                "others": "",
            }
        )
    heads = [
        "",
        f"Categories likely back by {short_day(last)}",
        "The last one is likely back",
        "Lowest of all",
    ]
    return {"title": "What helps all categories", "heads": heads, "rows": rows, "text": _start(sel)}


def _named(late: Sequence[str], last: date) -> str:
    return f"{not_by(last)}: {first_few([*map(called, late)], 3)}"


def _start(sel: Selection) -> str:
    day = day_text(sel.facts.row["as_of"] + timedelta(days=1))
    steps = f"Every step starts tomorrow, {day}. " if has_steps(sel) else ""
    return f"{steps}Likely: an even chance, for each category by itself."


def count(sel: Selection, option: Help) -> str:
    """How many of the categories in trouble are likely back by the last day foreseen."""
    days = [option.by_category[category]["likely"] for category in sel.trouble]
    return f"{sum(map(bool, days))} of {len(days)}"


def _kind(sel: Selection, place: int) -> str:
    """What a bar is of: as it is, at best, or with steps; all together stand out."""
    if place == len(sel.helps) - 1:
        return "best"
    if not place:
        return "as-is"
    return "all" if place == len(sel.helps) - 2 else "some"


def _label(sel: Selection, option: Help) -> str:
    day = day_text(sel.facts.row["as_of"] + timedelta(days=1))
    if option.best:
        corrected = ", all is corrected that can be" * bool(sel.facts.numbers)
        return f"Best possible: nothing fails from {day}{corrected}"
    if not option.steps:
        return "If nothing changes"
    listed = [plain(todo.title) for todo in todos(sel.facts)]
    every = numbers_of_steps(sel.facts)
    numbers = every[-len(sel.facts.steps) :]
    if option is sel.helps[-2] and len(every) > 1:
        return joined(every).capitalize()
    number = numbers[option.steps[0]]
    title = listed[number - 1]
    return f"Step {number}: {title[0].lower()}{title[1:]}"
