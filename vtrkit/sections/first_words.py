"""The first screen in whole sentences: am I in danger, when am I out of it, why, what do I do?

Every sentence is made here and in `first_danger`, of the facts of `vtrkit.study.first_facts`; none
of them computes a figure.
"""

from dataclasses import dataclass

from vtrkit.facts.marketplaces import marketplaces
from vtrkit.schema import DEFAULT_ACCOUNT, UNNAMED_MARKETPLACE, Reason, Status
from vtrkit.sections.first_danger import danger, fails, unclear, unknown
from vtrkit.sections.first_todos import Todo, todos
from vtrkit.sections.first_when import when
from vtrkit.sections.saying import (
    Answer,
    Day,
    it,
    name,
    over_limit,
    plain,
    strong,
    who,
    whole,
    wide,
)
from vtrkit.study.first_facts import FirstFacts, Kind
from vtrkit.tracking.carriers import OTHER, carrier_names
from vtrkit.words import dated, number_of


@dataclass(frozen=True)
class Gauge:
    """How many packages failed of those that may, in words and as counts of squares."""

    title: str
    allowed: str
    over: str
    failed: int
    unknown: int
    budget: int


@dataclass(frozen=True)
class FirstWords:
    """All that the first screen says."""

    account: str
    market: str
    day: str
    kind: Kind
    danger: Answer
    when: Answer | None
    why: Answer | None
    todos: tuple[Todo, ...]
    closing: str
    gauge: Gauge | None

    @property
    def text(self) -> str:
        """The four answers as plain text."""
        answers = (self.danger, self.when, self.why)
        lines = [f"{a.question} {a.text} {a.more}".strip() for a in answers if a]
        things = [_line(n, todo) for n, todo in enumerate(self.todos, 1)]
        return plain("\n".join([*lines, "What do I do first?", *things, self.closing]).rstrip())


def _line(number: int, todo: Todo) -> str:
    badge = f" ({todo.badge})" if todo.badge else ""
    return f"{number}. {todo.title.rstrip('.')}{badge}. {todo.text}".rstrip()


def first_words(facts: FirstFacts) -> FirstWords:
    """The sentences of the first screen."""
    row = facts.row
    place = str(row["marketplace"])
    market = marketplaces().get(place)
    unnamed = "" if place == UNNAMED_MARKETPLACE else name(place)
    as_of = row["as_of"]
    return FirstWords(
        account="" if row["account"] == DEFAULT_ACCOUNT else name(row["account"]),
        market=f"Amazon {market.name}" if market else unnamed,
        day=f"{wide(f'{as_of:%A}, ')}{dated(as_of)}",
        kind=Kind.BELOW if facts.missed else facts.kind,
        danger=Answer("Am I in danger?", *danger(facts)),
        when=when(facts),
        why=_why(facts),
        todos=todos(facts),
        closing=_closing(facts),
        gauge=_gauge(facts),
    )


# why? -------------------------------------------------------------------------------------------

_CAUSES = {
    Reason.NO_SCAN: ("Packages leave without a carrier scan", "have a number that looks right"),
    Reason.MISSING_NUMBER: ("Shipments are confirmed without a number", "have none"),
    Reason.NOT_A_NUMBER: ("What is entered is no tracking number", "have something else"),
    Reason.MALFORMED: ("Numbers are mistyped", "have one that cannot be right"),
    Reason.WRONG_CARRIER: ("The wrong carrier is entered", "have the number of another one"),
    Reason.UNSUPPORTED_CARRIER: ("A carrier is not accepted by Amazon", "went with it"),
    Reason.ENTERED_LATE: ("Numbers are entered after delivery", "got theirs too late"),
    Reason.TOO_FEW_SCANS: ("Packages have too few scans", "have one where two are asked for"),
    Reason.REJECTED_BY_AMAZON: ("Amazon rejects packages", "look right in your files"),
}
"""What goes wrong, and what those of it have in common."""
_REASONS = 3
"""Reasons that are named where none has most of the packages."""


def _why(facts: FirstFacts) -> Answer | None:
    cause, row = facts.cause, facts.row
    if facts.kind is Kind.NOTHING:
        return None
    if facts.kind is Kind.CANNOT_TELL or (
        facts.kind is Kind.GOAL_ONLY and row["status"] == Status.UNDECIDED
    ):
        rows = facts.of(Status.UNDECIDED) or [row]
        few = unclear(rows)
        many = unknown(rows) - few
        parts = [
            f"{number_of(many, 'package')} {'has' if many == 1 else 'have'} a number and no "
            "scan data"
        ] * bool(many)
        parts += [
            f"of {number_of(few, 'package')} the value, the route or the number of scans is "
            "not known"
        ] * bool(few)
        text = f"{strong('Your files do not say enough:')} {', and '.join(parts)}."
        return Answer("Why?", text if parts else f"{who(row)}: {row['why']}.", _carrier(facts))
    if not cause.failed:
        if facts.kind is Kind.AT_RISK and facts.coming[1]:
            reason, failing = Reason(facts.coming_reason), facts.coming[1]
            text = f"{strong(_CAUSES[reason][0] + ':')} {number_of(failing, 'package')} that "
            text += f"{'counts' if failing == 1 else 'count'} later {fails(reason, failing)}."
            return Answer("Why?", text)
        by = " by valid tracking" * bool(facts.missed)
        return Answer("Why?", f"No {_whose(facts)}package that counts today has failed{by}.")
    return Answer("Why?", _failed(facts), _carrier(facts))


def _whose(facts: FirstFacts) -> str:
    """The category before its packages, where there are others."""
    return "" if whole(facts.row) or len(facts.categories) < 2 else f"{it(facts.row)} "


def _failed(facts: FirstFacts) -> str:
    """What most of the packages that failed have in common, or the reasons where none has most."""
    cause, whose = facts.cause, _whose(facts)
    (reason, most), failed = cause.reasons[0], cause.failed
    those = f"{whose}{'packages ' if failed > 1 else 'package '}" if whose else ""
    if 2 * most <= failed:
        shown = [f"{count:,} {fails(reason, count)}" for reason, count in cause.reasons[:_REASONS]]
        if rest := sum(count for _, count in cause.reasons[_REASONS:]):
            shown.append(f"{rest:,} failed otherwise")
        these = f"{', '.join(shown[:-1])} and {shown[-1]}"
        return f"{strong('For several reasons:')} of the {failed:,} {those}that failed, {these}."
    title, have = _CAUSES[Reason(reason)]
    counts = f"{most:,} of the {failed:,} {those}that failed"
    if most == failed:
        counts = f"{'both' if failed == 2 else f'all {failed:,}'} {those}that failed"
        counts = counts if failed > 1 else f"the one {those}that failed"
    verb = have if most != 1 else have.replace("have ", "has ", 1)
    with_ = f" and went with {name(cause.only)}" if cause.only and not cause.carrier else ""
    if reason == Reason.UNSUPPORTED_CARRIER and cause.only:
        verb, with_ = f"went with {name(cause.only)}", ""
    if cause.only == carrier_names()[OTHER]:
        return f"{strong('The carrier is entered as Other:')} {counts} {verb}{with_}."
    return f"{strong(title + ':')} {counts} {verb}{with_}."


def _carrier(facts: FirstFacts) -> str:
    """The carrier that does not scan, and where it does not explain the category."""
    cause, day = facts.cause, Day(facts.row["as_of"])
    if not cause.carrier or not cause.since or not cause.until:
        return ""
    span = day.span(cause.since, cause.until)
    text = f"{strong(name(cause.carrier))} scanned {cause.scanned:,} of the "
    text += f"{number_of(cause.shipped, 'package')} you shipped with it from {span}."
    if cause.own and cause.others:
        own, others = (f"{a:,} of {b:,}" for a, b in (cause.own, cause.others))
        text += f" {strong(name(facts.row['category']))} also fails with other carriers: {own} not "
        text += f"scanned, against {others} in your other categories."
    return text


def _closing(facts: FirstFacts) -> str:
    row = facts.row
    failed = (row["counted"] or 0) - (row["valid"] or 0) - (row["unknown"] or 0)
    parts = []
    if facts.kind in {Kind.BELOW, Kind.FEW, Kind.RECOVERING} and failed and not row["correctable"]:
        what = "" if whole(row) else f" {it(row)}"
        these = f"{failed:,} failed{what} packages" if failed > 1 else f"failed{what} package"
        they = "they were" if failed > 1 else "it was"
        parts.append(
            f"Leave the {these}: {they} due {row['lag_days']} or more days ago and cannot be "
            "repaired."
        )
    if facts.kind in {Kind.BELOW, Kind.RECOVERING, Kind.AT_RISK} and row["told"]:
        parts.append("Likely: an even chance, for each category by itself.")
    return "\n".join(parts)


def _gauge(facts: FirstFacts) -> Gauge | None:
    """What failed of what may: the same counts as those of the rates."""
    row = facts.row
    if facts.kind is Kind.NOTHING or not row["counted"]:
        return None
    n, unknown, budget = row["counted"], row["unknown"], row["budget"]
    failed = n - row["valid"] - unknown
    what = "" if whole(row) else f"{it(row)} "
    known = f", {unknown:,} not known" if unknown else ""
    if disputed := row["disputed_packages"]:
        known += f"; {disputed:,} more may or may not count"
    if facts.nameless and not whole(row):
        known += f"; {facts.nameless:,} more have no category"
    most, least = row["to_fix"], row["to_fix_best"]
    over = over_limit(least, most) if most else f"{row['budget_left']:,} to spare"
    title = f"{failed:,} of {n:,} {what}package{'s' * (n != 1)} failed{known}"
    return Gauge(title, f"{budget:,} allowed", over, failed, unknown, budget)
