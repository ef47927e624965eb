"""What Amazon asks for in a marketplace on a day, in plain text, with sources and their age."""

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from vtrkit.facts.marketplaces import marketplaces
from vtrkit.metric.requirements import Requirement, requirements
from vtrkit.rules.notices import notices
from vtrkit.rules.policies import EVERY_OTHER, Clause, Policy, Rules, rules_or_ours
from vtrkit.tracking.carriers import (
    IntegratedList,
    carrier_names,
    carriers,
    integrated_lists,
    month_text,
    not_integrated,
)
from vtrkit.words import dated, target_text

WIDTH, _LABEL = 80, 12
_CONDITION = {"at_least": "at least", "greater_than": "more than", "less_than": "less than"}
_MEASURE = {
    "valid_tracking": "of the packages validly tracked",
    "on_time": "on time",
    "shipped_late": "of the packages shipped late",
    "cancelled": "of the packages cancelled",
}
_ACCEPTS = {
    "any": "any",
    "integrated": "only those that report to Amazon",
    "integrated_disputed": "only those that report to Amazon; packages of others fail by some "
    "pages and are left out by others",
}
Row = tuple[str, str]


def rules_text(marketplace: str, on: date, rules: Rules | None = None) -> str:
    """The rules of a marketplace on a day, in lines of 80 columns but for addresses.

    ```
    Valid Tracking Rate
      target      at least 95 % in each category
      since       15 January 2025 (rule us-2025)
    ```
    """
    policy = rules_or_ours(rules).on(marketplace, on)
    asked = [r for r in requirements() if r.holds(marketplace, on)]
    blocks = [
        ("Valid Tracking Rate", _policy(policy, on)),
        *((_heading(r), _requirement(r)) for r in asked),
        *((n.title, [("", n.text), *_origin(n.first_day, "", n.source, n.checked)])
          for n in notices() if n.holds(marketplace, on)),
    ]  # fmt: skip
    return _page(f"Amazon's rules: {_named(marketplace)}, {dated(on)}", blocks)


def carriers_text(marketplace: str, on: date, rules: Rules | None = None) -> str:
    """Which carriers Amazon accepts in a marketplace on a day, and how old the list of them is."""
    policy = rules_or_ours(rules).on(marketplace, on)
    accepted = _ACCEPTS[policy.carriers]
    lines = [("accepted", accepted), *_origin(policy.first_day, policy.id, (), None)]
    listed = integrated_lists().get(marketplace)
    reporting = "Carriers that report to Amazon"
    if listed is None:
        missing = "No list of them was found here, so no carrier is refused."
        blocks = [("Carriers", lines), (reporting, [("", missing)])]
    else:
        blocks = [("Carriers", lines), (reporting, list(_listed(listed, marketplace, policy, on)))]
    merged = [
        f"{c.name} is part of {carriers()[c.part_of].name} since {month_text(c.part_since)}"
        for c in carriers().values()
        if c.part_of
    ]
    blocks.append(("Firms that merged", [("", text) for text in merged]))
    return _page(f"Carriers: {_named(marketplace)}, {dated(on)}", blocks)


def _policy(p: Policy, on: date) -> Iterator[Row]:
    target = f"{_CONDITION[p.condition]} {target_text(p.target_bp)} in each category"
    disputed = "; some pages ask for more than that" if p.condition_disputed else ""
    yield "target", target + disputed
    if not p.marketplace:
        yield "at stake", "not known: no rule of this marketplace is"
    elif not p.enforced:
        yield "at stake", "nothing: the rate is only shown"
    else:
        yield "at stake", "below it, selling in the category can be suspended"
    for category, since in p.enforced_from:
        name = "other categories" if category == EVERY_OTHER else category
        yield "", f"{name}: {'since' if since <= on else 'from'} {dated(since)}"
    yield "window", f"{_window(p.window_days, p.lag_days)}, by promised day"
    prime = "also for Prime" if "seller_prime" in p.counts else "not for Prime"
    yield "counts", f"what you ship yourself, {prime}"
    yield "carriers", _ACCEPTS[p.carriers]
    yield from _each("two scans", map(_clause, p.two_scans))
    if p.two_scans:
        yield "", "one of the two an attempt or the delivery"
    yield from _each("exempt", (_clause(c) for c in p.exempt if not c.disputed))
    disputed_clauses = (_clause(c) for c in p.exempt if c.disputed)
    yield from _each("disputed", (f"exempt by some pages: {text}" for text in disputed_clauses))
    yield "note", p.note
    yield from _origin(p.first_day, p.id, p.source, p.checked)


def _clause(c: Clause) -> str:
    """A clause in words, its carriers by name."""
    names = [tuple(carrier_names()[key] for key in ids) for ids in (c.carriers, c.not_carriers)]
    return replace(c, carriers=names[0], not_carriers=names[1]).text


def _window(days: int, lag_days: int) -> str:
    return (
        f"the {days} days " + (f"that end {lag_days} days " if lag_days else "") + "before you look"
    )


def _heading(r: Requirement) -> str:
    return f"{r.programme}: {r.title}" if r.programme else r.title


def _requirement(r: Requirement) -> Iterator[Row]:
    if r.measure == "unmeasured":
        yield "measured", "no, your files cannot tell it"
    else:
        unit = f" of {r.unit}" if r.measure == "on_time" else ""
        share = target_text(round(r.target * 10_000))
        asked = f"{_CONDITION[r.condition]} {share}{unit} {_MEASURE[r.measure]}"
        prime = r.prime_alone or r.counts == ("prime",)
        yield "target", asked.replace(r.unit, f"Prime {r.unit}") if prime else asked
    if r.minimum:
        yield "minimum", f"{r.minimum} {r.unit} in the window"
    if not r.enforced:
        yield "at stake", "nothing: it is only shown"
    elif r.stake:
        yield "at stake", f"Amazon can {r.stake}"
    if r.ends_on:
        yield "window", f"{r.days} days, up to the last {r.ends_on.capitalize()}"
    elif r.days:
        yield "window", _window(r.days, r.lag_days)
    yield "note", r.note
    yield from _origin(r.first_day, "", r.source, r.checked)


def _listed(listed: IntegratedList, marketplace: str, policy: Policy, on: date) -> Iterator[Row]:
    if policy.carriers == "any":
        yield "", "Today's rule does not ask for them; packages judged by older rules need them."
    years = on.year - int(listed.seen[:4])
    age = f", {years} years before" if years > 1 else ""
    yield "list of", f"{month_text(listed.seen)}{age}: a carrier that came later may be missing"
    yield "carriers", ", ".join(dict.fromkeys(listed.spellings))
    young = [c.name for c in carriers().values() if not c.judged_by_lists]
    yield "not judged", f"no list can be expected to name {', '.join(young)}"
    older = ", by those older rules" * (policy.carriers == "any")
    others = f"{len(not_integrated(marketplace))} other carriers that vtrkit knows"
    yield "refused", others + older
    yield "note", listed.note
    yield from _origin(date.min, "", listed.source, listed.checked)


def _origin(since: date, rule: str, source: Iterable[str], checked: date | None) -> Iterator[Row]:
    """Since when something holds, where it is written, and when that was read."""
    if since > date.min:
        yield "since", dated(since) + (f" (rule {rule})" if rule else "")
    yield from _each("source", source)
    if checked:
        yield "read on", dated(checked)


def _each(label: str, texts: Iterable[str]) -> Iterator[Row]:
    for number, text in enumerate(texts):
        yield "" if number else label, text


def _page(title: str, blocks: Iterable[tuple[str, Iterable[Row]]]) -> str:
    lines = [title]
    for heading, rows in blocks:
        lines += ["", heading]
        for label, text in rows:
            lines += textwrap.wrap(
                text,
                WIDTH,
                initial_indent=f"  {label:<{_LABEL - 2}}  ",
                subsequent_indent=" " * (_LABEL + 2),
                break_long_words=False,
                break_on_hyphens=False,
            )
    return "\n".join(lines)


def _named(marketplace: str) -> str:
    known = marketplaces().get(marketplace)
    return f"{known.name} ({marketplace})" if known else marketplace
