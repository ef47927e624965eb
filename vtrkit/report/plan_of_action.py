"""The Plan of Action that Amazon asks for: root cause, what was done, what prevents it, evidence.

```
study ─▶ paragraphs, tables, a picture ─▶ a notebook's cell, Markdown, DOCX
```

It states what the files show. What else a seller did only the seller knows: such lines stand in
brackets, to be filled in.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import polars as pl

from vtrkit.amazon.fixes import fixes_of
from vtrkit.charts.picture import as_png
from vtrkit.errors import ParameterError, nearest
from vtrkit.facts.checked import checks
from vtrkit.metric.target import DEFECT, PACKAGES
from vtrkit.report.document import Document, Piece
from vtrkit.report.excess import excess_of, inside, is_listed
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import DISPUTED, EVEN, GROUP, OUTCOMES_OF, Outcome, Reason, State
from vtrkit.sections.advice import FILL_IN, NO_CATEGORY
from vtrkit.sections.first_todos import title_of
from vtrkit.sections.saying import likely_between, plain, whole
from vtrkit.study.coming import DAYS
from vtrkit.study.first_causes import of_category
from vtrkit.study.first_facts import first_facts
from vtrkit.study.first_steps import Step
from vtrkit.study.package_lists import masked
from vtrkit.study.study import EARLY, LATE, Study
from vtrkit.whatif.levers import Lever, ScenarioLike, levers_of
from vtrkit.whatif.simulate import stays_from
from vtrkit.words import day_text, number_of, percent, percent_range, place, target_text

Row = dict[str, Any]
_STATES = {
    str(State.LOST): "final",
    str(State.PENDING): "a scan may still come",
    str(State.CORRECTABLE): "can be corrected",
}
TO_SAY = "[Write here at which step of your work this happened, since when, and why.]"
TO_FILL = "[Write here what you did, with the day of each step.]"
TO_KEEP = "[Write here who checks it from now on, and how often.]"


@checks
def plan_of_action(
    shop: Any, category: str = "", *changes: ScenarioLike, whole_orders: bool = False
) -> Document:
    """What happened to a category, what was done, what prevents it, and the packages behind it.

    Args:
        shop: what `vtrkit.open` returns, of one account in one marketplace; of several, that of
            the headline is taken.
        category: the one that is to be suspended; that of the headline if none is given.
        changes: what is done from now on; else what the report's first screen proposes.
        whole_orders: whether order ids are written out.

    Raises:
        ParameterError: there is no such category.

    Examples:
        >>> import vtrkit
        >>> plan = vtrkit.plan_of_action(vtrkit.open(account="northwind", marketplace="US"))
        >>> print(repr(plan)[:58])
        # Plan of action: Shoes, northwind · US, 30 September 2026
    """
    study: Study = shop.study if hasattr(shop, "study") else shop
    if not isinstance(study, Study):
        raise ParameterError("shop: give what vtrkit.open returns")
    head = study.headline
    own = study if len(study.places) == 1 else study.of(head["account"], head["marketplace"])
    facts = first_facts(own)
    known = {str(row["category"]): row for row in facts.categories if not whole(row)}
    name = category or str(facts.row["category"])
    if not known:
        raise ParameterError(f"there is no category to plan for: {NO_CATEGORY} {FILL_IN}")
    if name not in known:
        raise ParameterError(
            f"no category {name!r} here{nearest(name, known)}; there is {', '.join(known)}"
        )
    row = known[name]
    steps = tuple(s for s in facts.steps if s.category in {"", name})
    corrections = facts.corrections if name == str(facts.row["category"]) else ()
    listed = _listed(own, name, whole_orders=whole_orders)
    judged = day_text(own.kept.as_of)
    other_day = f"The list of packages is of {judged}: open the files themselves for this day."
    parts = [
        ("Root cause", _root_cause(own, row)),
        ("What was done", _done(own, row)),
        ("What prevents it", _prevents(own, row, levers_of(changes), steps, corrections)),
        ("Evidence", _evidence(listed) if is_listed(own) else [other_day]),
    ]
    title = f"Plan of action: {name}, {place(row)}, {day_text(own.as_of)} {own.as_of.year}"
    told = [(heading, tuple(pieces)) for heading, pieces in parts]
    return Document(title, tuple((heading, below) for heading, below in told if below))


def _root_cause(study: Study, row: Row) -> Iterator[Piece]:
    counted, valid, unknown = (row[name] for name in ("counted", "valid", "unknown"))
    days = f"{day_text(row['window_start'])} to {day_text(row['window_end'])}"
    known = f"{valid:,} to {valid + unknown:,}" if unknown else f"{valid:,}"
    yield (
        f"Of the {number_of(counted, 'package')} of {row['category']} promised for {days}, "
        f"{known} had a valid tracking number: {percent_range(row['vtr_low'], row['vtr_high'])}. "
        f"Amazon's target is {target_text(row['target_bp'])}."
    )
    if unknown:
        scanned = f"the carrier scanned {'it' if unknown == 1 else 'them'}"
        yield f"For {number_of(unknown, 'package')} no file says whether {scanned}."
    if disputed := row["disputed_packages"]:
        these = number_of(disputed, "more package")
        yield f"{these} may or may not count, which the range of the rate allows for."
    failed = of_category(study.reasons, row).filter(DEFECT)
    sums = failed.group_by(pl.col("reason").cast(pl.String)).agg(PACKAGES.sum())
    most = sums.sort("packages", "reason", descending=[True, False]).rows()
    texts = [f"{REASONS[Reason(reason)].label} ({n:,})" for reason, n in most]
    if texts:
        yield f"{failed['packages'].sum():,} of them failed: {', '.join(texts)}."
    yield from excess_of(study, row)
    yield TO_SAY
    yield _picture(study, row)


def _picture(study: Study, row: Row) -> bytes:
    from vtrkit.charts.timeline import vtr_over_time  # noqa: PLC0415 - Altair, once it is used

    lines = of_category(study.lines((*GROUP, "category")), row)
    return as_png(vtr_over_time(lines, [row["target_bp"] / 100]).to_dict())


def _done(study: Study, row: Row) -> Iterator[Piece]:
    if not is_listed(study):
        yield TO_FILL
        return
    waiting = inside(study, row["category"], all_days=True).drop_nulls("awaiting Amazon").height
    if waiting:
        yield (
            f"{number_of(waiting, 'tracking number')} corrected; Amazon takes up to 72 hours to "
            "count a correction."
        )
    own = of_category(fixes_of(study), row)
    if own.height:
        last = own["possible_until"].max()
        until = f", by {day_text(last)} at the latest" if last else ""  # type: ignore[arg-type]
        # it is no deed yet, and stays in brackets until it is one
        yield (
            f"[{number_of(own.height, 'package')} can still be corrected{until}. Do that first, "
            "and write here when you did.]"
        )
    yield TO_FILL


def _prevents(
    study: Study,
    row: Row,
    changes: tuple[Lever, ...],
    steps: tuple[Step, ...],
    corrections: tuple[Lever, ...],
) -> Iterator[Piece]:
    tomorrow = study.as_of + timedelta(days=1)
    for lever in changes:
        start = day_text(max(lever.start or tomorrow, tomorrow))
        share = "" if lever.share == 1 else f", for {percent(lever.share, 0)} of these packages"
        yield f"From {start}: {lever.name}{share}."
    if not changes:
        changes = (*corrections, *(step.lever for step in steps)) if steps else ()
        for step in steps:
            yield f"From {day_text(tomorrow)}: {plain(title_of(step, str(row['category'])))}."
    last = day_text(study.as_of + timedelta(days=DAYS))
    if changes and row["told"]:
        days = of_category(study.simulated(changes), row)
        back = stays_from(days, {"early": EARLY, "likely": EVEN, "late": LATE})
        early, likely, late = back.select("early", "likely", "late").row(0)
        goal = target_text(row["target_bp"])
        if likely:
            yield (
                f"With that we expect {row['category']} to be back above {goal} by "
                f"{day_text(likely)}{likely_between(early, late)}."
            )
        else:
            yield f"With that {row['category']} is not expected above {goal} by {last}."
    yield TO_KEEP


def _listed(study: Study, category: str, *, whole_orders: bool) -> pl.DataFrame:
    counts = ~pl.col("reason").is_in(list(map(str, DISPUTED)))
    failing = pl.col("outcome").is_in(["defect", "unknown"])
    own = inside(study, category).filter(failing, counts)
    order = pl.col("order_id") if whole_orders else masked("order_id")
    labels = {str(reason): text.label for reason, text in REASONS.items()}
    return own.sort("promised_date", "order_id").select(
        "reason",
        "disputed",
        order=order,
        shipped="ship_date",
        due="promised_date",
        carrier="carrier",
        why=pl.col("reason").replace(labels),
        still=pl.col("state").replace(_STATES),
    )


def _evidence(listed: pl.DataFrame) -> Iterator[Piece]:
    if not listed.height:
        return
    untold = list(map(str, OUTCOMES_OF[Outcome.UNKNOWN]))
    n, unknown = listed.height, listed.filter(pl.col("reason").is_in(untold)).height
    verbs = ("counts", "is") if n == 1 else ("count", "are")
    or_so = ", or of which that is not known" * bool(unknown)
    yield f"The {number_of(n, 'package')} that {verbs[0]} and {verbs[1]} not valid{or_so}."
    yield listed.drop("reason", "disputed")
    if (disputed := listed.drop_nulls("disputed")).height:
        yield (
            f"For seller support: Amazon counts {number_of(disputed.height, 'package')} as failed "
            "that its rules leave out, or that the carrier scanned."
        )
        yield disputed.rename({"disputed": "by rule and scans"}).drop("reason", "still")
