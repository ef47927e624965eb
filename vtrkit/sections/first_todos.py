"""What to do first, at most three things, in the words of the first screen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from vtrkit.rules.reasons import MORE_DATA
from vtrkit.schema import UNKNOWN_CATEGORY, UNNAMED_MARKETPLACE, Reason, Status
from vtrkit.sections.advice import ADD_DUE_DAYS, FILL_IN, NAME_IT, lacks_categories
from vtrkit.sections.first_danger import unclear, unknown
from vtrkit.sections.saying import Day, are, it, name, who, whole, wide
from vtrkit.study.first_facts import FirstFacts, Kind
from vtrkit.study.first_numbers import Numbers
from vtrkit.study.first_steps import Step, in_trouble
from vtrkit.tracking.carriers import OTHER, carrier_names
from vtrkit.words import dated, first_few, number_of


@dataclass(frozen=True)
class Todo:
    """One thing to do, how much of it, and what it brings."""

    title: str
    badge: str = ""
    text: str = ""


def todos(facts: FirstFacts) -> tuple[Todo, ...]:
    """At most three things, those with a deadline first."""
    first = _before_the_steps(facts)
    steps = [_step(facts, step, len(first) + n) for n, step in enumerate(facts.steps)]
    late = [Todo(*_LATE[row["measure"]]) for row in facts.missed[:1]]
    if facts.numbers and facts.numbers.too_late:
        late.append(_correct(facts, facts.numbers))
    if not steps and facts.kind in {Kind.BELOW, Kind.FEW}:
        row, reason = facts.row, facts.cause.reason or Reason.NO_SCAN
        steps = [Todo(_asked(reason, it(row), whole(row)))]
    return (*first, *steps, *late)[:3] or (_nothing_to_do(facts),)


_LATE = {
    "on_time": (
        "Find out why deliveries are late",
        "",
        "packages.csv has a column of them; where your files name skus, the worst listings stand "
        "under Delivered on time below.",
    ),
    "shipped_late": (
        "Find out why packages ship late",
        "",
        "packages.csv has a column of them.",
    ),
}
"""What to do first about what else is missed, by its measure."""


def numbers_of_steps(facts: FirstFacts) -> list[int]:
    """The numbers under which the steps stand among the things to do."""
    before = len(_before_the_steps(facts))
    numbers = [before + n for n in range(1, len(facts.steps) + 1)]
    return [1, *numbers] if _corrected(facts) else numbers


def _corrected(facts: FirstFacts) -> bool:
    """Whether what can still be corrected of the category is in the line with the steps."""
    along = facts.corrections or any(step.lever.retroactive for step in facts.steps)
    return bool(facts.numbers and not facts.numbers.too_late and along)


def joined(numbers: Sequence[int]) -> str:
    """Steps by their numbers."""
    *first, last = map(str, numbers)
    return f"steps {', '.join(first)} and {last}" if first else f"step {last}"


def _before_the_steps(facts: FirstFacts) -> list[Todo]:
    """What has a deadline, and what is missing to say more."""
    urgent = [] if not facts.numbers or facts.numbers.too_late else [_correct(facts, facts.numbers)]
    row, which = facts.row, "these "
    lacking = facts.of(Status.UNDECIDED)
    if facts.kind not in {Kind.CANNOT_TELL, Kind.GOAL_ONLY}:
        lacking, which = [row] if 2 * row["unknown"] > row["counted"] else [], ""
    if count := unknown(lacking):
        these = f"{which}{count:,} packages" if count > 1 else "this package"
        tells = "It changes nothing at Amazon, but tells how many of them failed. "
        title = f"Add your carrier's tracking data for {these}"
        text = "An export of carrier or shipping tool, or Amazon's Valid Tracking report."
        if unclear(lacking):
            title = f"Add what your files do not say of {these}"
            text = f"{MORE_DATA[0].upper()}{MORE_DATA[1:]}, or Amazon's Valid Tracking report."
        urgent.append(Todo(title, text=text if which else f"{tells}{text}"))
    if row["marketplace"] == UNNAMED_MARKETPLACE and facts.kind is not Kind.NOTHING:
        urgent.append(Todo("Name the marketplace", text=NAME_IT))
    nameless = bool(facts.nameless and not count and facts.of(Status.UNDECIDED))
    if nameless or lacks_categories(row) or (whole(row) and facts.kind is not Kind.NOTHING):
        urgent.append(Todo("Give your products' categories", text=FILL_IN))
    return urgent[: 3 - len(facts.steps)]


def _correct(facts: FirstFacts, numbers: Numbers) -> Todo:
    day, as_of, n = Day(facts.row["as_of"]), facts.row["as_of"], numbers.packages
    what = "Add" if numbers.missing else "Correct"
    today, best = (
        sum(count for until, count in days if until <= as_of)
        for days in (numbers.by_day, numbers.likely)
    )
    first = min((until for until, _ in (*numbers.likely, *numbers.by_day)), default=None)
    badge = f"first by {day(first)}" if first else ""
    if today or best:
        badge = f"{today} due today" if today else f"{best} better today"
    helped = [c for c, _ in numbers.by_category]
    shown = ", ".join(
        f"{'without category' if c == UNKNOWN_CATEGORY else name(c)} {count}"
        for c, count in numbers.by_category[:4]
    )
    if more := sum(count for _, count in numbers.by_category[4:]):
        shown += f", others {more}"
    listed = f": {shown}" if helped != [UNKNOWN_CATEGORY] else ""
    fewer = f"{n} fewer {'failure' if n == 1 else 'failures'}{listed}."
    row = facts.row
    not_ = "" if whole(row) or row["category"] in helped else f" It does not help {it(row)}."
    too_late = "Likely too late. " if numbers.too_late else ""  # on a telephone, too
    until = wide("".join(f"{sentence} " for sentence in _until(numbers, day)))
    title = f"{what} {number_of(n, 'tracking number')} before delivery"
    if spelled := sum(count for _, count in numbers.spelled):
        services = first_few([name(service) for service, _ in numbers.spelled])
        not_ += f" {spelled} may only lack the right spelling of the service: {services}."
    return Todo(title, badge, f"{too_late}{until}{fewer}{not_}")


def _until(numbers: Numbers, day: Day) -> Iterator[str]:
    """Until when how many are likely in time, and when the last chance is."""
    in_time, dated_ = (sum(count for _, count in days) for days in (numbers.likely, numbers.by_day))
    if in_time:
        (first, count), *more = numbers.likely
        parts = [f"{count} {are(count)} likely in time if entered {day.until(first)}"]
        parts += [f"{count} more {day.until(d)}" for d, count in more[:1]]
        if rest := sum(count for _, count in more[1:]):
            parts.append(f"{rest} more {day.until(more[-1][0])}")
        late = dated_ - in_time
        yield f"{', '.join(parts)}{f'; {late} {are(late)} likely too late' * bool(late)}."
    if dated_:
        first, last = (numbers.by_day[n][0] for n in (0, -1))
        days = (
            f"days to do so are {day.span(first, last)}"
            if first < last
            else f"day to do so is {day(last)}"
        )
        yield f"The last {days}."
    if open_ := numbers.packages - dated_:
        yield f"{open_} can be corrected as long as {'it is' if open_ == 1 else 'they are'} moving."


_STEPS = {
    Reason.NO_SCAN: "Have every {} package scanned at handover",
    Reason.MISSING_NUMBER: "Enter a tracking number for every {} package",
    Reason.NOT_A_NUMBER: "Enter the number on the label for every {} package",
    Reason.MALFORMED: "Copy the number from the label for every {} package",
    Reason.WRONG_CARRIER: "Enter the carrier on the label for every {} package",
    Reason.UNSUPPORTED_CARRIER: "Ship {} with a carrier that Amazon accepts",
    Reason.ENTERED_LATE: "Enter every {} number before delivery",
    Reason.TOO_FEW_SCANS: "Ship {} with a service that is tracked to the door",
    Reason.REJECTED_BY_AMAZON: "Compare carrier and number of every {} package with its label",
}


def title_of(step: Step, whom: str) -> str:
    """What a step asks for, of the packages of a category, or of all where none is known."""
    if step.carrier:
        return f"Stop shipping with {name(step.carrier)}"
    return _asked(step.reason, whom, step.category in {"", UNKNOWN_CATEGORY})


def _asked(reason: str, whom: str, every: bool) -> str:
    return _STEPS[Reason(reason)].format("" if every else whom).replace("  ", " ")


_SAME = 1e-6
_UNNUMBERED = " Where a service has no number, as for letters, use a tracked one."
_ROOM = "Then fewer packages fail, which leaves room for those that still do."


def _unnumbered(numbers: Numbers | None) -> str:
    """What to do where a service has no number; what is on its way may show that it is exempt."""
    if not numbers or not numbers.spelled:
        return _UNNUMBERED
    services = first_few([name(service) for service, _ in numbers.spelled])
    return f" What goes by a service that is exempt needs none, if you spell it so: {services}."


def _step(facts: FirstFacts, step: Step, before: int) -> Todo:
    """A change from tomorrow on: how many open orders, and which categories it brings back."""
    badge = number_of(step.orders, "order") + wide(", from tomorrow")
    if not step.orders:
        badge = "from tomorrow"
    if not step.carrier:
        last, cause = step is facts.steps[-1], facts.cause
        own = step.category == str(facts.row["category"])
        helps = _helps_one(facts, before) if last and own else _helps_many(facts, step)
        alone = own and cause.only and not cause.carrier and step.reason == cause.reasons[0][0]
        whose = f"Those that failed all went with {name(cause.only)}. " if alone else ""
        if alone and cause.only == carrier_names()[OTHER]:
            return Todo("Enter the carrier's name in place of Other", badge, helps)
        tracked = _unnumbered(facts.numbers) if step.reason == Reason.MISSING_NUMBER else ""
        return Todo(title_of(step, name(step.category)), badge, f"{whose}{helps}{tracked}")
    open_ = (
        f"Move the {number_of(step.orders, 'open order')} set to go with it. "
        if step.orders
        else ""
    )
    return Todo(title_of(step, ""), badge, f"{open_}{_helps_many(facts, step)}")


def _helps_one(facts: FirstFacts, before: int) -> str:
    """What a change of one category brings it, with the other steps."""
    row, day, likely, own = facts.row, Day(facts.row["as_of"]), facts.back[1], it(facts.row)
    if not in_trouble(row):
        return _ROOM
    if not likely and not row["back_on"]:
        return f"It helps {own}, but not by {day(facts.last_day)}."
    if not likely or not facts.sooner:
        later = "with it or without it; it keeps later packages from failing."
        return f"{who(row)} is likely back on {day(row['back_on'])} {later}"
    with_other = before and (len(facts.steps) > 1 or _corrected(facts))
    together = f"With {joined(numbers_of_steps(facts)[:-1])}, " if with_other else "Then "
    if facts.saved:
        return f"{together}{own} is not expected to fall below."
    if likely == row["meets_on"]:
        return f"{together}{own} stays on target once it is back on {day(likely)}."
    only = f" It helps {own} only." if len(facts.categories) > 1 else ""
    return (
        f"{together if with_other else ''}{own if with_other else who(row)} is likely back on "
        f"{day(likely)}.{only}"
    )


def _helps_many(facts: FirstFacts, step: Step) -> str:
    """What leaving a carrier brings the categories in trouble."""
    day, own, back = Day(facts.row["as_of"]), facts.row["category"], len(step.back)
    all_ = back + len(step.late)
    if not all_:
        return _ROOM
    if not step.by:
        return "It helps, but is not enough by itself."
    if not step.sooner:
        return "No category is back sooner with it, but fewer packages fail."
    if all_ == 1:
        return f"Then {name(step.back[0])} is likely back by {day(step.by)}."
    instead = f", instead of {len(step.as_it_is)}" if len(step.as_it_is) < back else ""
    late = ""
    if own in step.late:
        late = f" {first_few([*map(name, step.late)], 2)} {are(len(step.late))} not."
    trouble = "" if all_ == len(facts.categories) else " in trouble"
    every = f"all {all_}" if all_ > 2 else "both"
    some = every if back == all_ else f"{back} of {all_}"
    many = f"{some} categories{trouble} {are(back)} likely back by {day(step.by)}"
    return f"Then {many}{instead}.{late}"


def _nothing_to_do(facts: FirstFacts) -> Todo:
    row, as_of = facts.row, facts.row["as_of"]
    monday = as_of + timedelta(days=7 - as_of.weekday())
    again = f"Look again on Monday, {Day(as_of)(monday)}."
    match facts.kind:
        case Kind.NOTHING:
            return _other_day(facts)
        case Kind.RECOVERING:
            ships = facts.due and facts.due[1] >= as_of - timedelta(days=7)
            how = "Keep shipping as you do now" if ships else "What failed stops counting by itself"
            return Todo(f"Nothing. {how}. {again}")
        case Kind.CANNOT_TELL:  # no file can settle what Amazon's own pages leave open
            rules = f"vtrkit rules {row['marketplace']} names what Amazon's pages say of them."
            if row["disputed_packages"] and row["vtr_low"] * row["counted"] < row["valid"] - _SAME:
                return Todo("Track packages that may or may not count as if they did", text=rules)
            return Todo(f"Nothing. {again}", text=rules if row["disputed_packages"] else "")
        case Kind.AT_RISK:
            return Todo("Ship with care: have every package scanned at handover.", text=again)
        case _:
            return Todo(f"Nothing. {again}")


def _other_day(facts: FirstFacts) -> Todo:
    row, undated = facts.row, Todo("Add the days on which packages are due", text=ADD_DUE_DAYS)
    if not facts.due and not row["undated"]:
        return Todo("Nothing, until packages are shipped that count.")
    if not facts.due:
        return undated
    span = timedelta(days=row["lag_days"] + row["days"] - 1)
    first, last = facts.due[0] + span, facts.due[1] + timedelta(days=row["lag_days"])
    last = min(facts.seen_to or row["as_of"], last)
    # a window that begins before the files is not covered by newer ones
    begun = facts.due[0] <= row["window_start"]
    ended = (facts.seen_to or last) >= row["window_end"]
    if begun and ended and row["undated"]:
        return undated
    files = f"Add {'older' if ended and not begun else 'newer'} files."
    if row["counted"] or first >= last:
        return Todo(files)
    days = f"from {dated(first)} to {dated(last)}"
    return Todo(f"Choose a day {days}, or add {files.split(maxsplit=1)[1]}")
