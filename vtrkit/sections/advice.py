"""One category in words: whether it is in danger, when that ends, and what can be done.

Every sentence of advice, wherever it is read, is made here of the facts of
`vtrkit.forecast.advice`; there is nothing to say about a window that is closed but how it ends.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from vtrkit.files.gaps import DUE_DAYS, MARKETPLACE
from vtrkit.forecast.advice import LATE
from vtrkit.rules.policies import no_rule
from vtrkit.rules.reasons import MORE_DATA
from vtrkit.schema import FEW, UNKNOWN_CATEGORY, UNNAMED_MARKETPLACE, Status
from vtrkit.sections.saying import are, likely_between
from vtrkit.words import (
    STATUS_WORDS,
    day_text,
    number_of,
    percent,
    place,
    rate_text,
    target_text,
)

FILL_IN = (
    "Fill in categories.csv, which stands beside the report (or `vtrkit look --out`), and give it "
    "as --categories."
)
NO_CATEGORY = "We cannot say this by category: your files name none."
NO_MARKETPLACE = "We cannot say what missing the target costs: no file names the marketplace."
NO_RULE = "We cannot say what missing the target costs: no rule of this marketplace is known."
NAME_IT = f"Give {MARKETPLACE.settles}."
ADD_DUE_DAYS = (
    f"Add {DUE_DAYS.settles}: it says when packages are due (Seller Central: {DUE_DAYS.menu})."
)
_SHOWS = "A correction shows within 72 hours."
_MORE_DATA = (
    "an export of tracking data of your carrier or shipping tool, or of earlier weeks, would tell"
)


def headline_text(row: Mapping[str, Any]) -> str:
    """Where a category stands, what the coming weeks bring, and what can be done.

    Args:
        row: what `vtrkit.forecast.advice.advice` gives, beside the enforced row of the rates.
    """
    return " ".join(filter(None, (standing_text(row), ahead_text(row), todo_text(row))))


def named(row: Mapping[str, Any]) -> str:
    """A category with its place; the place as a whole where nobody knows the category."""
    whole = row["category"] == UNKNOWN_CATEGORY
    return f"{place(row)} as a whole" if whole else f"{row['category']} ({place(row)})"


def standing_text(row: Mapping[str, Any]) -> str:
    """Whether a category is in danger today.

    Examples:
        >>> standing_text({"category": "Shoes", "account": "a", "marketplace": "US", "days": 30,
        ...     "status": "BAD", "counted": 200, "valid": 180, "unknown": 0, "vtr_low": 0.9,
        ...     "vtr_high": 0.9, "target_bp": 9500, "to_fix": 10, "budget": 10, "in_force": True,
        ...     "why": "20 of 200 failed; the target allows 10", "few": False})
        'Shoes (a · US) is below 95 %: 90.0 % (180/200) over 30 days. 20 of 200 failed; \
the target allows 10.'
    """
    goal, status = target_text(row["target_bp"]), Status(row["status"])
    whole, who = row["category"] == UNKNOWN_CATEGORY, named(row)
    few = ", on very few packages" if row["few"] else ""
    rate = f"{rate_text(row)} over {row['days']} days{few}"
    match status:
        case Status.BAD:
            text = f"{who} is below {goal}: {rate}. {row['why']}."
        case Status.UNDECIDED:
            text = f"We cannot tell yet whether {who} is on {goal}: {row['why']}; {rate}."
        case Status.NONE:
            text = f"We cannot tell where {who} stands: {row['why']}."
        case Status.AT_RISK:
            text = f"{who} is on {goal} today, {rate}, but at risk: {row['why']}."
        case _:
            failed = row["counted"] - row["valid"] - row["unknown"]
            text = f"{who} is on {goal}: {rate}. {failed:,} failed; "
            text += f"the target allows {row['budget']:,}."
    if other := row.get("status_other"):
        text += f" Where exactly {goal} is not enough (sources disagree): {STATUS_WORDS[other]}."
    if not row["counted"] and row.get("undated"):
        return f"{text} {ADD_DUE_DAYS}"
    if whole and row["counted"]:
        text += f" {NO_CATEGORY} {FILL_IN}"
    if row["marketplace"] == UNNAMED_MARKETPLACE:
        text += f" {NO_MARKETPLACE} {NAME_IT}"
    elif no_rule(row):
        text += f" {NO_RULE}"
    elif not row["in_force"]:
        text += f" {goal} is only a goal here: missing it costs no category."
    return text


def too_few(row: Mapping[str, Any]) -> str:
    """Why nothing is said of the days to come.

    Examples:
        >>> too_few({"due_lately": 11})
        'it takes 20 packages, and only 11 were due in the last eight weeks'
    """
    if lacks_categories(row):
        nameless, own = row["nameless_lately"], row["decided_lately"]
        return (
            f"of the packages due in the last eight weeks, {nameless:,} have no known category, "
            f"more than the {own:,} that are of this one"
        )
    if (due := row["due_lately"]) >= FEW:
        return (
            "too few of the packages due in the last eight weeks have scan data and count for "
            f"certain: it takes {FEW}, and half of them"
        )
    some = "none was" if not due else "only 1 was" if due == 1 else f"only {due} were"
    return f"it takes {FEW} packages, and {some} due in the last eight weeks"


def lacks_categories(row: Mapping[str, Any]) -> bool:
    """Whether nothing is said of the days to come since too many packages have no category."""
    if row["due_lately"] < FEW or row["category"] == UNKNOWN_CATEGORY or row["told"]:
        return False
    decided, nameless = int(row["decided_lately"]), int(row["nameless_lately"])
    return decided >= max(FEW, row["due_lately"] - decided) and nameless > decided


def ahead_text(row: Mapping[str, Any]) -> str:
    """What the coming weeks bring by themselves: decided, or likely."""
    if Status(row["status"]) == Status.NONE:
        return ""
    lines = []
    low = row["lowest"]
    if low is not None and row["lowest_on"] > row["as_of"] and _troubled(row):
        upto = row["lowest_high"]
        best = "" if upto - low < _SAME else f", or {percent(upto)} at best"
        day = day_text(row["lowest_on"])
        lines.append(f"The lowest decided day is {day}: {percent(low)}{best}.")
    if not row["told"]:
        tells = f"; {_MORE_DATA}" if row["due_lately"] >= FEW else ""
        tells = f". {FILL_IN}" if lacks_categories(row) else f"{tells}."
        lines.append(f"More cannot be told: {too_few(row)}{tells}")
        return " ".join(lines)
    last = day_text(row["last_day"])
    if row["below_on"] and not row["falls_on"]:
        lines.append(f"It is likely to fall below its target on {day_text(row['below_on'])}.")
    for_good = ""
    if row["meets_on"]:
        meets, again = (day_text(row[n]) for n in ("meets_on", "again_on"))
        lines.append(f"{_ANYWAY} {meets}, but below again from {again} {_AS_BEFORE}.")
        for_good = " for good"
    if row["back_on"]:
        span = likely_between(row["back_early"], row["back_late"])
        lines.append(f"{_ANYWAY} {day_text(row['back_on'])}{for_good}{span}.")
    elif row["meets_on"]:
        pass
    elif _troubled(row):
        lines.append(f"Without any change it is not likely back by {last}.")
    elif Status(row["status"]) == Status.UNDECIDED:
        lines.append(f"If these are like the others, it is not expected to fall below by {last}.")
    else:
        least = row["least_chance"]
        but = f", but one day is on target with a chance of only {percent(least, 0)}"
        lines.append(f"It is not expected to fall below by {last}{but if least < LATE else ''}.")
        lines.append(depends(row))
    return " ".join(filter(None, lines))


def depends(row: Mapping[str, Any], say: Callable[[date], str] = day_text) -> str:
    """That decided days may be below target all the same, where what may not count decides."""
    if not row["open_on"]:
        return ""
    return f"From {say(row['open_on'])} that depends on packages that may or may not count."


_SAME = 1e-9
_ANYWAY = "Without any change it is likely back on"
_AS_BEFORE = "if as many packages fail as before"


def _troubled(row: Mapping[str, Any]) -> bool:
    """Whether a category is below its target, or will be."""
    return Status(row["status"]) == Status.BAD or row["below_on"] is not None


def todo_text(row: Mapping[str, Any]) -> str:
    """What can still be corrected, by when, and what the next packages have to do."""
    lines = []
    if n := row["correctable"]:
        last = row["correct_last"]
        until = ""
        if last:
            first = day_text(row["correct_first"])
            several = row["correct_first"] != last
            until = f", the first until {first}, the last" if several else ","
            until += f" until {day_text(last)}"
        lines.append(f"{number_of(n, 'package')} can still be corrected{until}. {_SHOWS}")
    elif Status(row["status"]) == Status.BAD:
        lines.append("What has failed can no longer be repaired.")
    if row["unknown"] and Status(row["status"]) == Status.UNDECIDED:
        these = number_of(row["unknown"], "package")
        lines.append(
            f"More data on {these} would decide it: give {MORE_DATA}, or Amazon's Valid Tracking "
            "report."
            if row["too_little_known"]
            else f"Scan data of {these} would decide it: load an export of your carrier or "
            "shipping tool, or Amazon's Valid Tracking report."
        )
    by_itself = row["back_on"] and row["back_by"] and row["back_on"] <= row["back_by"]
    if (Status(row["status"]) == Status.BAD or row["falls_on"]) and row["told"] and not by_itself:
        lines.append(_next(row))
    return " ".join(lines)


def _next(row: Mapping[str, Any]) -> str:
    n = row["awaited"] or 0
    awaited = f"and the {number_of(n, 'package')} that can still be scanned {are(n)}"
    if row["back_by"] is None:
        scans = f" {awaited}" if n else ""
        but = ", unless what can be corrected is" if row["correctable"] else ""
        last = day_text(row["last_day"])
        return f"Even if nothing fails from now on{scans}, it is not back by {last}{but}."
    if row["of_next"] is None:
        return ""
    scans = f", {awaited}" if n else ""
    if row["next_untold"]:
        scans += ", and those without scan data are valid"
    allowed = f"at most {row['may_fail']:,}" if row["may_fail"] else "none"
    whom = "Without a correction it" if row["correctable"] else "It"
    # what is possible, beside what is likely: all scans that are awaited need not come
    return (
        f"{whom} can be back on {day_text(row['back_by'])} at the earliest: if of the next "
        f"{number_of(row['of_next'], 'package')} {allowed} fail{'' if row['may_fail'] > 1 else 's'}"
        f"{scans}."
    )
