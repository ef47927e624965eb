"""What the page's selector shows, in words: categories, days, causes and what helps.

Every text is made here of the facts of `vtrkit.study.selection`; the page only chooses among them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from vtrkit.rules.policies import BASIS_POINTS
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Reason, Status
from vtrkit.sections.helping import back_with, count, has_steps, not_for_good, with_steps
from vtrkit.sections.saying import called
from vtrkit.study.first_facts import FirstFacts
from vtrkit.study.first_steps import becomes, in_trouble
from vtrkit.study.selection import ALL, Selection
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import (
    STATUS_SIGNS,
    STATUS_WORDS,
    day_text,
    number_of,
    percent,
    percent_range,
    short_day,
    target_text,
)

# the table --------------------------------------------------------------------------------------


def lines(sel: Selection) -> list[dict[str, Any]]:
    """A line of the table for each of `Selection.names`, as of today."""
    rows = {str(row["category"]): row for row in sel.rows}
    return [_line(sel, category, rows.get(category)) for category in sel.names]


def _line(sel: Selection, category: str, row: dict[str, Any] | None) -> dict[str, Any]:
    as_of, last = sel.facts.row["as_of"], sel.facts.last_day
    line: dict[str, Any] = {"name": called(category), "category": category, "late": False}
    if row is None:
        untold = sum(becomes(r) == "cannot tell" for r in sel.rows)
        by = f" by {short_day(last)}" + f"; {untold} cannot be told" * bool(untold)
        now = count(sel, sel.helps[0]) + by if sel.helps else "–"
        then = count(sel, sel.helps[-2]) + by if has_steps(sel) else ""
        nothing = {"lowest": "–", "lowest_on": "", "sort": "", "sort_with": ""}
        return line | nothing | {"back": now, "with_steps": then}
    low = facts_of(sel, category).low
    line["lowest"] = percent(low["rate"]) if low else "–"
    line["lowest_on"] = ("today" if low["day"] == as_of else short_day(low["day"])) if low else ""
    steps = with_steps(sel, category)
    line |= {"back": _back(row, last), "late": becomes(row) == "not by", "with_steps": ""}
    if has_steps(sel) and in_trouble(row) and row["told"]:
        saved = facts_of(sel, category).saved
        line["with_steps"] = "does not fall" if saved else back_with(steps, last)
    days = (row["back_on"] if in_trouble(row) else as_of, steps["likely"])
    line |= {n: str(day or date.max) for n, day in zip(("sort", "sort_with"), days, strict=True)}
    return line


def _back(row: Mapping[str, Any], last: date) -> str:
    match becomes(row):
        case "back":
            return short_day(row["back_on"])
        case "not by":
            return not_for_good(row, last)
        case other:
            return other


Cells = list[list[Any] | None]


def cells(sel: Selection) -> tuple[list[date], list[Cells]]:
    """The days, and of each of `Selection.names` a cell for each day.

    A cell is [status, rate in words, low, high and middle in tenths of a percent, failed in words,
    counted, allowed]; none where nothing counts or the files do not cover it.
    """
    at = {(r["category"], r["day"]): _cell(r) for own in sel.days.values() for r in own}
    days = sorted({day for _, day in at})
    every = (
        [days[0] + timedelta(days=n) for n in range((days[-1] - days[0]).days + 1)] if days else []
    )
    return every, [[at.get((category, day)) for day in every] for category in sel.names]


def _cell(r: Mapping[str, Any]) -> list[Any]:
    rate = percent_range(r["low"], r["high"])
    failed, most = r["failed"], r["failed_most"]
    if most is None:
        fails = f"about {failed:,}"
    else:
        fails = f"{failed:,}" if failed == most else f"{failed:,}–{most:,}"
    tenths = [None if r[n] is None else int(r[n] * 1000 + 1e-6) for n in ("low", "high", "rate")]
    allowed = "–" if r["category"] == ALL else f"{r['allowed']:,}"
    return [STATUSES.index(Status(r["status"])), rate, *tenths, fails, f"{r['counted']:,}", allowed]


STATUSES = [Status.BAD, Status.AT_RISK, Status.UNDECIDED, Status.GOOD, Status.NONE]


def signs() -> list[dict[str, str]]:
    """The sign, the word and the class of each of `STATUSES`."""
    return [
        {
            "sign": STATUS_SIGNS[s],
            "word": STATUS_WORDS[s],
            "kind": STATUS_WORDS[s].replace(" ", "-"),
        }
        for s in STATUSES
    ]


def days_in_words(sel: Selection, days: Sequence[date]) -> list[str]:
    """Each day as it is said: whether it is past, has been shipped or is expected."""
    as_of, parts = sel.facts.row["as_of"], parts_of(sel)
    words = {"locked in": ", already shipped", "projected": ", expected"}
    return [
        day_text(day) + (", today" if day == as_of else words.get(parts.get(day, ""), ""))
        for day in days
    ]


def parts_of(sel: Selection) -> dict[date, str]:
    """How each day comes about; the latest part where categories differ."""
    return dict(sorted((r["day"], r["part"]) for own in sel.days.values() for r in own))


def explained(sel: Selection) -> dict[str, str]:
    """How the table is read on a day gone by or today, on one already shipped, and on a later one.

    By the name of the day's part.
    """
    goal = target_text(sel.facts.row["target_bp"])
    order = "Worst first: latest back, then lowest."
    return {
        "official": order,
        "locked in": f"{order} From the worst to the best that can still happen.",
        "projected": f"{order} If nothing changes, in 9 of 10 cases. At risk: the range reaches "
        f"across {goal}.",
    }


# one category -----------------------------------------------------------------------------------


def facts_of(sel: Selection, category: str) -> FirstFacts:
    """The facts of the chart of a category."""
    row = next((r for r in sel.rows if str(r["category"]) == category), sel.facts.row)
    steps = with_steps(sel, category)
    back = (steps["early"], steps["likely"], steps["late"])
    told = in_trouble(row) and row["told"]
    return replace(
        sel.facts,
        row=row,
        as_it_is=sel.as_it_is.get(category, ()),
        with_steps=sel.with_steps.get(category, ()),
        back=back if told else (None, None, None),
    )


def causes(sel: Selection, category: str) -> dict[str, Any]:
    """Why packages failed: their reasons, and how many of each carrier's."""
    by_reason, lost, due = Counter[str](), Counter[str](), Counter[str]()
    for own, carrier, reason, packages in sel.failed:
        if category in {own, ALL}:
            by_reason[reason] += packages
            lost[carrier] += packages
    for own, carrier, packages in sel.due:
        if category in {own, ALL}:
            due[carrier] += packages
    total, counted, row = lost.total(), due.total(), sel.facts.row
    reasons = sorted(by_reason.items(), key=lambda r: (-r[1], r[0]))
    carriers = sorted((-n / due[carrier], -due[carrier], carrier, n) for carrier, n in lost.items())
    most = reasons[0][1] if reasons else 1
    worst = -carriers[0][0] if carriers else 1
    span = f"due from {day_text(row['window_start'])} to {day_text(row['window_end'])}"
    now = [r for r in sel.days.get(category, ()) if r["day"] == row["as_of"]]
    unknown = sum(r["failed_most"] - r["failed"] for r in now)
    verb = "has" if unknown == 1 else "have"
    lacks = "cannot be judged" if row["too_little_known"] else f"{verb} no scan data"
    more = f" {unknown:,} more {lacks}." if unknown else ""
    nothing = "No package is known to have failed" if unknown else "No package failed"
    if not counted:
        none = {"title": "No package counts today", "text": f"None that counts was {span}."}
        return none | {"reasons": [], "carriers": []}
    return {
        "title": f"Why {number_of(total, 'package')} failed" if total else nothing,
        "text": f"{total:,} of {counted:,} {span}.{more}",
        "reasons": [(REASONS[Reason(r)].label, n, 100 * n / most) for r, n in reasons],
        "carriers": [
            (carrier_names().get(c, c), percent(n / due[c]), n, due[c], 100 * n / due[c] / worst)
            for _, _, c, n in carriers
        ],
    }


# all categories ---------------------------------------------------------------------------------


def small_lines(sel: Selection) -> list[dict[str, Any]]:
    """The days of each category, as it is and with the steps, and when it is back."""
    shown = []
    for row in sel.rows:
        category = str(row["category"])
        as_is, steps = (
            [(r["day"], r["rate"], r["part"]) for r in of.get(category, ())]
            for of in (sel.as_it_is, sel.with_steps)
        )
        likely = with_steps(sel, category)["likely"] or row["back_on"]
        shown.append(
            {
                "name": called(category),
                "category": category,
                "days": as_is,
                "ahead": [day for day in steps if day[2] == "projected"],
                "target": row["target_bp"] / BASIS_POINTS,
                "back": f"back {short_day(likely)}"
                if likely and in_trouble(row) and not facts_of(sel, category).saved
                else "",
                "status": STATUS_WORDS[Status(row["status"])],
                "sign": STATUS_SIGNS[Status(row["status"])],
            }
        )
    return shown
