"""Whether a seller is in danger today, in the words of the first screen."""

from collections.abc import Callable, Sequence
from typing import Any

from vtrkit.facts.marketplaces import marketplaces
from vtrkit.rules.policies import no_rule
from vtrkit.schema import UNNAMED_MARKETPLACE, Reason, Status
from vtrkit.sections.advice import FILL_IN, NO_CATEGORY, too_few
from vtrkit.sections.asked import missed_text
from vtrkit.sections.saying import Day, are, it, listed, name, rate, strong, who, whole
from vtrkit.study.first_facts import FirstFacts, Kind
from vtrkit.words import STATUS_WORDS, dated, number_of, percent, target_text


def danger(facts: FirstFacts) -> tuple[str, str]:
    """The title, and what stands below it."""
    row, goal = facts.row, target_text(facts.row["target_bp"])
    title, lead = _SAYS[facts.kind](facts)
    if other := row.get("status_other"):
        lead += f" Where exactly {goal} is not enough (sources disagree): {STATUS_WORDS[other]}."
    if whole(row) and facts.kind is not Kind.NOTHING:
        lead += f" {NO_CATEGORY} {FILL_IN}"
    if facts.missed:
        lead += f" {' '.join(map(missed_text, facts.missed))}"
        if facts.kind not in {Kind.BELOW, Kind.FEW, Kind.RECOVERING}:
            late = _TOO_LATE[facts.missed[0]["measure"]]
            title = f"Yes, {late}. By valid tracking: {title[:1].lower()}{title[1:]}"
    return title, lead


_TOO_LATE = {"on_time": "too many deliveries are late", "shipped_late": "too many ship late"}
"""What else is missed that Amazon enforces, by its measure."""


def _few(facts: FirstFacts) -> tuple[str, str]:
    row, below = facts.row, facts.of(Status.BAD)
    failed = row["counted"] - row["valid"] - row["unknown"]
    whose = "" if whole(row) else f"{it(row)} "
    title = f"Yes, but on very few packages: {failed} of {row['counted']} {whose}"
    title += f"{'package' if row['counted'] == 1 else 'packages'} failed."
    others = f"{listed(below)} are below {target_text(row['target_bp'])}. " * (len(below) > 1)
    return title, f"{others}We make no forecast for {it(row)}: {too_few(row)}."


def _recovering(facts: FirstFacts) -> tuple[str, str]:
    row = facts.row
    day = Day(row["as_of"])(row["back_on"])
    title = f"Yes, but it is ending: {it(row)} is likely back on {day}."
    return title, f"Today it has {rate(row)}. {_quiet(facts)}"


def _below(facts: FirstFacts) -> tuple[str, str]:
    row, goal, n = facts.row, target_text(facts.row["target_bp"]), len(facts.categories)
    below, untold, hurt = facts.of(Status.BAD), facts.of(Status.UNDECIDED), len(facts.hurt)
    stop = "Amazon can stop you from selling what you ship yourself"
    few = _SO_FEW * row["few"]
    if n <= 1:
        where = "" if whole(row) else " in it"
        can = f" {stop}{where}.{few}" if row["binding"] else few
        return f"Yes. {who(row)} is below Amazon's {goal} target.", f"It has {rate(row)}.{can}"
    some = f"{len(below)} of {n}" if len(below) < n else "Both" if n == 2 else f"All {n}"
    title = f"Yes. {some} categories {are(len(below))} below Amazon's {goal} target."
    more = f"; {len(untold)} more cannot be told" if untold else ""
    all_of_them = {1: "it", 2: "both"}.get(hurt, f"these {hurt}")
    these = f"In {all_of_them if hurt == len(below) else f'{hurt} of them'} {stop}." if hurt else ""
    lowest = row["vtr_low"] <= min(
        r["vtr_low"] for r in facts.categories if r["status"] == Status.BAD
    )
    worst = "The worst is" if lowest else "Most is at stake in"
    worst += f" {strong(name(row['category']) + ':')} {rate(row)}."
    if len(below) == 1:
        worst = f"It has {rate(row)}."
    lead = " ".join(filter(None, (f"{listed(below)}{more}.", these, worst, _most_below(facts))))
    return title, f"{lead}{few}"


def _most_below(facts: FirstFacts) -> str:
    if not facts.most_below:
        return ""
    day, count = facts.most_below
    n = len(facts.categories)
    every = "both" if n == 2 else f"all {n}"
    many = strong(every) if count == n else f"{strong(str(count))} of {n}"
    return f"By {Day(facts.row['as_of'])(day)} {many} {are(count)} expected to be below."


def _quiet(facts: FirstFacts) -> str:
    days = (facts.row["as_of"] - facts.last_failed).days if facts.last_failed else 0
    old = "the old ones stop counting day by day"
    if days < 7:
        return f"{old.capitalize()}."
    return f"No package has failed for {days} days; {old}."


def _at_risk(facts: FirstFacts) -> tuple[str, str]:
    row, goal = facts.row, target_text(facts.row["target_bp"])
    today = f"Today it has {rate(row)}." if row["counted"] else "None of its packages counts yet."
    falls = row["falls_on"] or row["below_on"]
    others = facts.of(Status.AT_RISK)[1:]
    also = f" Also at risk: {listed(others)}." if others else ""
    if not falls:
        why = str(row["why"])
        lead = f"{today} {why[:1].upper()}{why[1:]}.{also}"
        return f"Not today. But {it(row)} has little to spare.", lead
    title = f"Not today. But {it(row)} is expected to fall below {goal} on "
    title += f"{Day(row['as_of'])(falls)}."
    packages, failing = facts.coming
    shipped = f" {number_of(packages, 'package')} that {'decides' if packages == 1 else 'decide'} "
    shipped += "later have already shipped"
    what = f"; {failing:,} of them {fails(facts.coming_reason, failing)}" if failing else ""
    return title, f"{today}{shipped}{what}.{also}"


def fails(reason: str, count: int) -> str:
    """What is wrong with so many packages, after their number."""
    verb, rest = _FAILS[Reason(reason)].split(maxsplit=1)
    return f"{_OF_ONE.get(verb, verb) if count == 1 else verb} {rest}"


_OF_ONE = {"have": "has", "go": "goes", "were": "was"}
_FAILS = {
    Reason.NO_SCAN: "have no carrier scan",
    Reason.MISSING_NUMBER: "have no tracking number",
    Reason.NOT_A_NUMBER: "have something else in place of a number",
    Reason.MALFORMED: "have a number that cannot be right",
    Reason.WRONG_CARRIER: "have the number of another carrier",
    Reason.UNSUPPORTED_CARRIER: "go with a carrier that Amazon does not accept",
    Reason.ENTERED_LATE: "got their number after delivery",
    Reason.TOO_FEW_SCANS: "have too few scans",
    Reason.REJECTED_BY_AMAZON: "were rejected by Amazon",
}


_SO_FEW = " So few packages can change it quickly."


def _fine(facts: FirstFacts) -> tuple[str, str]:
    row, n = facts.row, len(facts.categories)
    few = _SO_FEW * row["few"]
    spare = max(0, row["budget_left"] or 0)
    may = f"{spare:,} more may fail" if spare else "not one more may fail"
    if n <= 1:
        return f"No. {who(row)} is on target.", f"It has {rate(row)}: {may}.{few}"
    title = f"No. {'Both' if n == 2 else f'All {n}'} categories are on target."
    return title, f"The tightest is {strong(name(row['category']) + ':')} {rate(row)}: {may}.{few}"


def _cannot_tell(facts: FirstFacts) -> tuple[str, str]:
    row, n = facts.row, len(facts.categories)
    untold = facts.of(Status.UNDECIDED) or [row]
    count = unknown(untold)
    on = f"on {number_of(count, 'package')}"
    depend = "depends" if len(untold) == 1 else "depend"
    these = f"{len(untold)} of {n} categories {depend}" if n > 1 else f"{who(row)} depends"
    these_were = "this package was" if count == 1 else "these packages were"
    why = f"Your files do not say whether {these_were} scanned."
    if unclear(untold):
        why = f"Your files say too little of {'this package' if count == 1 else 'these packages'}."
    if not count:
        on = "on packages that may or may not count"
        if facts.nameless and not row["disputed_packages"]:
            on = "on packages whose category no file names"
        why = ""
    low, high = percent(row["vtr_low"]), percent(row["vtr_high"])
    range_ = f"{strong(who(row))} has {low} at worst and {high} at best ({row['why']})."
    risky = facts.of(Status.AT_RISK)
    also = f"Also at risk: {listed(risky)}." if risky else ""
    return f"We cannot tell yet. {these} {on}.", " ".join(filter(None, (why, range_, also)))


def unknown(rows: Sequence[dict[str, Any]]) -> int:
    """Packages that may be valid or not, as no file tells."""
    return sum(r["unknown"] for r in rows)


def unclear(rows: Sequence[dict[str, Any]]) -> int:
    """Those of them that may need a second scan, or not count: scan data alone tells too little."""
    return sum(r["too_little_known"] for r in rows)


def _goal_only(facts: FirstFacts) -> tuple[str, str]:
    row, goal, n = facts.row, target_text(facts.row["target_bp"]), len(facts.categories)
    market = marketplaces().get(str(row["marketplace"]))
    where = f"In {market.name}" if market else "Here"
    title = f"You cannot be stopped here. {where}, {goal} is only a goal."
    if row["marketplace"] == UNNAMED_MARKETPLACE:
        title = "We cannot say whether you can be stopped: no file names the marketplace."
    elif no_rule(row):
        title = f"We cannot say whether you can be stopped: no rule of Amazon {where[3:]} is known."
    missed = facts.of(Status.BAD)
    parts = [
        f"{len(rows)} {text}"
        for rows, text in (
            (facts.of(Status.UNDECIDED), "cannot be told"),
            (facts.of(Status.AT_RISK), f"{are(len(facts.of(Status.AT_RISK)))} at risk"),
            (facts.of(Status.GOOD), "meets it" if len(facts.of(Status.GOOD)) == 1 else "meet it"),
        )
        if rows
    ]
    rest = f" {', '.join(parts)}." if parts else ""
    if not missed:
        first = f"None of {n} categories misses it." if n > 1 else ""
        own = f" {who(row)} has {rate(row)}." if n else ""
        return title, f"{first}{rest}{own}".strip()
    miss = "misses" if len(missed) == 1 else "miss"
    unnamed = row["marketplace"] == UNNAMED_MARKETPLACE
    goal = f"{goal}, if all these packages count there" if unnamed else goal
    first = f"{len(missed)} of {n} categories {miss} {goal}: "
    worst = f"{strong(name(row['category']) + ':')} {rate(row)}"
    if n == 1:
        first, worst = f"{who(row)} misses {goal}: ", rate(row)
    others = f", {listed(missed[1:])}" if missed[1:] else ""
    return title, f"{first}{worst}{others}.{rest}"


def _nothing(facts: FirstFacts) -> tuple[str, str]:
    row = facts.row
    day = Day(row["as_of"])
    cover = ""
    if facts.due:
        first, last = facts.due
        span = f"on {dated(first)}" if first == last else f"from {dated(first)} to {dated(last)}"
        cover = f" Your files cover packages due {span}."
    elif row["undated"]:
        title = "We cannot tell: no file says when your packages are due."
        verb = "counts" if row["undated"] == 1 else "count"
        count = number_of(row["undated"], "package")
        return title, f"Until that is known, {count} {verb} on no day."
    else:
        cover = " Your files hold none that counts: all are unshipped, cancelled or exempt."
    if row["counted"]:
        return f"We cannot judge {day(row['as_of'])}.", f"{row['why'].capitalize()}.{cover}"
    span = f"from {day(row['window_start'])} to {day(row['window_end'])}"
    title = f"There is nothing to judge on {day(row['as_of'])}."
    return title, f"No package that counts was due {span}.{cover}"


_SAYS: dict[Kind, Callable[[FirstFacts], tuple[str, str]]] = {
    Kind.BELOW: _below,
    Kind.FEW: _few,
    Kind.RECOVERING: _recovering,
    Kind.AT_RISK: _at_risk,
    Kind.FINE: _fine,
    Kind.CANNOT_TELL: _cannot_tell,
    Kind.GOAL_ONLY: _goal_only,
    Kind.NOTHING: _nothing,
}
