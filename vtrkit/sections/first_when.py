"""When a category is out of danger, or in it, in the words of the first screen."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from vtrkit.forecast.advice import LATE
from vtrkit.schema import Status
from vtrkit.sections.advice import depends, too_few
from vtrkit.sections.first_danger import unknown
from vtrkit.sections.first_todos import joined, numbers_of_steps
from vtrkit.sections.saying import (
    Answer,
    Day,
    are,
    bad,
    good,
    it,
    likely_between,
    listed,
    name,
    strong,
    who,
)
from vtrkit.study.first_facts import FirstFacts, Kind
from vtrkit.study.first_steps import in_trouble
from vtrkit.words import number_of, percent


def when(facts: FirstFacts) -> Answer | None:
    """When it ends, or begins, and what comes before; nothing where nothing counts."""
    if facts.kind is Kind.NOTHING:
        return None
    question, say = _QUESTIONS[facts.kind]
    if facts.kind is Kind.FINE and facts.missed:
        question = "Will valid tracking stay so?"
    return Answer(question, *say(facts))


def _back(row: dict[str, Any]) -> str:
    return Day(row["as_of"])(row["back_on"])


def _span(row: dict[str, Any], early: date | None, late: date | None) -> str:
    return likely_between(early, late, Day(row["as_of"]))


def _by_itself(row: dict[str, Any]) -> str:
    return _span(row, row["back_early"], row["back_late"])


def _between(row: dict[str, Any], known: bool = False) -> str:
    """On which days it is on target before it is below again; the first one may be known."""
    day = Day(row["as_of"])
    again = f"below again from {day(row['again_on'])}"
    return f"Likely {again}" if known else f"Likely back on {day(row['meets_on'])}, but {again}"


def _recovering(facts: FirstFacts) -> tuple[str, str]:
    likely = f"Likely on {_back(facts.row)}, without any action"
    return f"{good(likely)}{_by_itself(facts.row)}.{_later(facts)}", _dip(facts.low, facts)


def _later(facts: FirstFacts) -> str:
    """The categories that are back later by themselves than the one that matters most, or never."""
    row, day = facts.row, Day(facts.row["as_of"])
    others = [r for r in facts.categories if in_trouble(r) and r["told"] and r["back_on"] is None]
    if others:
        not_back = f"{are(len(others))} not likely back by {day(facts.last_day)}"
        return f" {listed(others)} {not_back}."
    last = max(facts.categories, key=lambda r: r["back_on"] or row["back_on"], default=row)
    if (last["back_on"] or row["back_on"]) <= row["back_on"]:
        return ""
    return f" The last, {name(last['category'])}, is likely back on {_back(last)}."


def _out(facts: FirstFacts) -> tuple[str, str]:
    """When the category is back with the steps, and without; what comes before."""
    row, day = facts.row, Day(facts.row["as_of"])
    early, likely, late = facts.back
    last, whom = day(facts.last_day), who(row)
    if not row["told"]:
        return f"We cannot say: {too_few(row)}.", ""
    for_good = " for good" if row["meets_on"] else ""
    dip, text, stays = _dip(facts.low, facts), "", likely and likely == row["meets_on"]
    if facts.steps and likely and facts.sooner:
        dip = _dip(facts.dip, facts, "With the steps ")
        steps = f"if you take {joined(numbers_of_steps(facts))}"
        text = good(f"{whom} is likely back on {day(likely)}{'' if stays else for_good}")
        text += ", and stays on target" if stays else _span(row, early, late)
        text += f" {steps} from tomorrow. "
    if row["meets_on"]:
        text += f"{strong(_between(row, bool(stays and text)))} if as many packages fail as before."
        if row["back_on"]:
            text += f" For good likely on {_back(row)}."
    elif row["back_on"]:
        later = _later(facts)
        back = f"{whom} is likely back on {_back(row)}" if later else f"Likely on {_back(row)}"
        text += f"{strong(back)}{'' if text else _by_itself(row)} if nothing changes.{later}"
    elif text:
        text += f"{bad(f'Not by {last}')} if nothing changes."
    if not text:
        even = ", even with the steps named here" if facts.steps else ", as things are"
        text = f"{bad(f'{whom} is not likely back by {last}')}{even}."
    return text, " ".join(filter(None, (dip, _at_best(facts, likely))))


def _dip(lowest: dict[str, Any] | None, facts: FirstFacts, taken: str = "") -> str:
    """How far the rate falls before it rises, if it falls by half a point or more."""
    row = facts.row
    if not lowest or lowest["day"] <= row["as_of"] or lowest["rate"] > row["vtr_low"] - 0.005:
        return ""
    day = Day(row["as_of"])(lowest["day"])
    rises = "rises first, then" if lowest["before"] > row["vtr_low"] + 0.005 else "first"
    who = f"{taken}it" if taken else "It"
    return f"{who} {rises} falls to about {percent(lowest['rate'], 0)}, around {day}."


def _at_best(facts: FirstFacts, likely: date | None) -> str:
    """The day before which nothing is likely to bring it back; nothing where it may be sooner."""
    row, day = facts.row, Day(facts.row["as_of"])
    then = likely or row["back_on"]
    if not in_trouble(row) or (then and then == facts.at_best):
        return ""
    corrected = " and all is corrected that can be" * bool(row["correctable"])
    even = f"Even if nothing fails from tomorrow on{corrected}, {it(row)}"
    if facts.at_best is None:
        last = day(facts.last_day)
        return f"{even} is not likely back by {last}."
    return f"{even} is not likely back before {day(facts.at_best)}."


def _stops(facts: FirstFacts) -> tuple[str, str]:
    row, day = facts.row, Day(facts.row["as_of"])
    if not facts.stops:
        return "We cannot say.", ""
    failed, (later, last) = row["counted"] - row["valid"] - row["unknown"], facts.later
    stops = strong(day(facts.stops))
    text = f"The {failed} failed packages stop counting, the last of them on {stops}."
    if failed == 1:
        text = f"The failed package stops counting on {stops}."
    if not last:
        return text, ""
    more = f"1 more fails as things are and counts later, until {day(last)}."
    if later > 1:
        more = f"{later:,} more fail as things are and count later, the last of them until "
        more += f"{day(last)}."
    return f"{text} {more}", ""


def _in_danger(facts: FirstFacts) -> tuple[str, str]:
    row, day = facts.row, Day(facts.row["as_of"])
    first = row["below_on"]
    low, back = facts.low, row["meets_on"] or row["back_on"]
    if not first:
        told = f"It is not expected to fall below by {day(facts.last_day)}, but a week as usual "
        told += "may use up what it has to spare."
        return (told if row["told"] else _untold(row)), ""
    at = (
        f", at {percent(low['rate'])} at the lowest"
        if low
        and low["rate"] < (1 if row["vtr_low"] is None else row["vtr_low"])
        and not (back and low["day"] >= back)
        else ""
    )
    last = back - timedelta(days=1) if back else None
    if last and last > first:
        span = day.span(first, last)
        text = f"{strong(f'Likely below from {span}')}{at}."
    elif last:
        text = f"{strong(f'Likely below on {day(first)}')}{at}, and back on {day(back)}."
    elif row["told"]:
        text = f"{bad(f'Likely below from {day(first)}')}{at}; not back by {day(facts.last_day)}."
    else:
        text = f"{bad(f'Below from {day(first)}')}: what counts then has shipped. {_untold(row)}"
    if row["meets_on"]:
        text += f" {bad(_between(row, True))} if as many packages fail as before."
    early, likely, late = facts.back
    more = ""
    if facts.steps and likely and facts.sooner:
        steps = joined(numbers_of_steps(facts))
        for_good = " for good" if row["meets_on"] else ""
        back_on = f"is likely back on {day(likely)}{for_good}{_span(row, early, late)}"
        if facts.saved:
            back_on = "is not expected to fall below"
        more = f"If you take {steps} from tomorrow, it {back_on}."
    return text, more


def _untold(row: dict[str, Any]) -> str:
    return f"More we cannot say: {too_few(row)}."


def _stays(facts: FirstFacts) -> tuple[str, str]:
    day, rows = Day(facts.row["as_of"]), facts.categories or (facts.row,)
    falls = sorted((r["below_on"], str(r["category"]), r) for r in rows if r["below_on"])
    untold = [r for r in rows if not r["told"]]
    last = day(facts.last_day)
    if falls:
        first, _, row = falls[0]
        others = f" {_more(len(falls) - 1)} later." if falls[1:] else ""
        return (
            f"{bad('Not likely.')} {who(row)} is expected to fall below on {day(first)}.{others}",
            "",
        )
    if len(untold) == len(rows):
        return f"We cannot say: {too_few(facts.row)}.", ""
    but = ""
    if untold:
        but = f" Of {listed(untold)} we cannot say: too few packages."
    none = "None" if len(rows) > 1 else "It"
    text = f"{none} is {'not ' if none == 'It' else ''}expected to fall below by {last}."
    open_ = [r for r in rows if r["told"] and r["open_on"]]
    if open_:
        row = min(open_, key=lambda r: r["open_on"])
        return f"{strong('Likely.')} {text} {depends(row, day)}{but}", ""
    least = min(r["least_chance"] for r in rows if r["told"])
    if least < LATE:
        narrow = f" On one of these days the chance of being on target is only {percent(least, 0)}."
        return f"{strong('Likely, but narrowly.')} {text}{narrow}{but}", ""
    return f"{good('Yes.')} {text}{but}", ""


def _more(count: int) -> str:
    return f"{count} more {'follows' if count == 1 else 'follow'}"


def _until_known(facts: FirstFacts) -> tuple[str, str]:
    row, day = facts.row, Day(facts.row["as_of"])
    count = unknown(facts.of(Status.UNDECIDED) or [row])
    these = "this package is" if count == 1 else f"these {number_of(count, 'package')} are"
    if not count:
        these = "it is clear which packages count"
    first, back = row["below_on"], row["back_on"]
    more = ""
    if first and row["told"]:
        until = f" to {day(back - timedelta(days=1))}" if back and back > first else ""
        more = f"Whatever they are, {it(row)} is likely below from {day(first)}{until}."
    return f"We cannot say before {these} known.".replace("count known", "count"), more


def _goal_met(facts: FirstFacts) -> tuple[str, str]:
    row = facts.row
    status = Status(row["status"])
    if status == Status.UNDECIDED:
        return _until_known(facts)
    if status in {Status.GOOD, Status.AT_RISK}:
        falls, more = _in_danger(facts) if row["below_on"] else ("", "")
        return f"It is met today. {falls}".rstrip(), more
    if not row["told"]:
        failed, _ = _stops(facts)
        return f"{failed} We make no forecast for {it(row)}: {too_few(row)}.", ""
    return _out(facts)


_OUT = "When am I out of it?"
_QUESTIONS: dict[Kind, tuple[str, Callable[[FirstFacts], tuple[str, str]]]] = {
    Kind.BELOW: (_OUT, _out),
    Kind.FEW: (_OUT, _stops),
    Kind.RECOVERING: (_OUT, _recovering),
    Kind.CANNOT_TELL: (_OUT, _until_known),
    Kind.AT_RISK: ("When am I in danger?", _in_danger),
    Kind.FINE: ("Will it stay so?", _stays),
    Kind.GOAL_ONLY: ("When is the goal met?", _goal_met),
}
