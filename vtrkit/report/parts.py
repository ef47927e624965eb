"""The parts of a report below its first screen, as `shop.section` shows them.

```
categories   what the selector drives: table, charts, causes, what helps
the others   folded: a line with the result, and behind it sentences and tables
```
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl

from vtrkit.charts.official import official_and_own
from vtrkit.errors import ParameterError, nearest
from vtrkit.facts.marketplaces import marketplaces
from vtrkit.metric.linked_metrics import missed_besides
from vtrkit.metric.target import outcome_is
from vtrkit.report.figures import changed_since
from vtrkit.report.selector import selector
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Outcome, Reason
from vtrkit.sections import ahead, asked, official, standing, warning, why
from vtrkit.study.first_causes import most_frequent
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import (
    Html,
    dated,
    first_few,
    fold,
    number_of,
    paragraph,
    percent,
    place,
    rate_text,
    span,
    table,
    target_text,
    together,
)

_NAMED = 3
"""Reasons or carriers that a folded line names."""
Told = Iterator[Html | str]
"""First the result in a line, then what stands behind it."""


def part(study: Study, what: str, previous: Path | str = "") -> Html:
    """One part of a report.

    Args:
        study: whose packages.
        what: the name.
        previous: an earlier report.json, for what changed.

    Raises:
        ParameterError: there is no such part.
        InputError: the earlier report cannot be read.
    """
    if what == "categories":
        return _categories(study)
    if what not in [*_FOLDS]:
        names = ("categories", *_FOLDS)
        raise ParameterError(
            f"no section {what!r}{nearest(what, names)}; there is {', '.join(names)}"
        )
    title, tell = _FOLDS[what]
    told = list(_changes(study, previous) if tell is _changes else tell(study))
    if not told:  # what is empty is not printed
        return Html("", "")
    body = [piece for piece in told[1:] if isinstance(piece, Html)]
    return fold(title, str(told[0]), together(*body))


def _categories(study: Study) -> Html:
    if len(study.places) == 1:
        return selector(study)
    worst = study.headline
    line = (
        f"Below stands {place(worst)}, the most urgent of {len(study.places):,}. Each of the "
        "others is shown likewise where account and marketplace name it; `vtrkit report` makes a "
        "page of each."
    )
    own = study.of(str(worst["account"]), str(worst["marketplace"]))
    return together(paragraph(line), selector(own))


def _reasons(study: Study) -> Told:
    most = most_frequent(study.reasons.filter(outcome_is(Outcome.DEFECT)))
    if not most:
        return
    listed = ", ".join(f"{n:,} {REASONS[Reason(reason)].label}" for reason, n in most[:_NAMED])
    more = ", …" if len(most) > _NAMED else ""
    yield f"{number_of(sum(n for _, n in most), 'failed package')}: {listed}{more}"
    yield paragraph("What each reason means, and what helps while a package is not yet delivered.")
    yield standing.remedies(why.remedies(study.reasons))
    yield lists(tuple(name for name in LISTS if (study.kept.path / name).is_file()))
    yield paragraph(
        "The newest packages that were due and fail for good, ten at most; the numbers are cut so "
        "that they name nobody's parcel."
    )
    yield standing.examples(study.here(study.kept.examples))


LISTS = {
    "to_do.csv": "what to correct and which orders to move, those with a deadline first",
    "packages.csv": "every package that counts or will, with its whole number",
}
"""The lists beside a page, the one to work through first."""


def lists(names: Sequence[str]) -> Html:
    """Links to those of the lists that lie beside the page."""
    linked = [f'<a href="{name}">{name}</a>: {LISTS[name]}' for name in names]
    plain = [f"{name}: {LISTS[name]}" for name in names]
    return Html("".join(f"<p>{link}.</p>" for link in linked), "\n".join(plain))


def _carriers(study: Study) -> Told:
    known = study.carriers.group_by(pl.col("carrier_id").cast(pl.String)).agg(
        pl.col("scanned", "known", "packages").sum()
    )
    share = pl.col("scanned") / pl.col("known")
    rows = known.filter(pl.col("known") > 0).sort(share, "carrier_id").rows()
    if not rows:
        return
    names = carrier_names()
    told = [f"{names.get(c, c)} {scanned:,} of {of:,}" for c, scanned, of, _ in rows]
    unknown = sum(every - of for _, _, of, every in rows)
    yield f"Scanned: {first_few(told, _NAMED)}" + f"; {unknown:,} not known" * (unknown > 0)
    days = study.totals.select(first=pl.col("window_start").min(), last=pl.col("window_end").max())
    yield paragraph(
        f"The share scanned of what shipped from {span(*days.row(0))}, its 95 % confidence range, "
        "and numbers that look like another carrier's. Packages without scan data are left out; "
        "of a file that only lists deliveries, so is all that was not scanned."
    )
    yield standing.carriers(study.carriers, study.misread)


def _warnings(study: Study) -> Told:
    yield warning.in_short(study.warnings)
    yield paragraph(
        "Where more of the latest packages fail than is expected by the weeks before, or by the "
        "target where these had few. What shipped last does not count yet."
    )
    yield warning.early_warning(study.warnings)


def _windows(study: Study) -> Told:
    counted = study.totals.filter(pl.col("counted") > 0, ~pl.col("is_enforced_window"))
    if counted.is_empty():
        return
    first = counted.filter(
        account=study.headline["account"], marketplace=study.headline["marketplace"]
    )
    told = [f"{row['days']} days: {rate_text(row)}" for row in first.sort("days").to_dicts()]
    yield f"{'. '.join(told)}. Amazon looks at the 30 days"
    yield standing.windows(study.rates, study.totals)


def _official(study: Study) -> Told:
    if rows := official.here(study.kept.reconciled.to_dicts(), study.places):
        yield official.headline(official.newest(rows))
        yield official_and_own(official.over_time(rows))
        yield official.told(rows)


def _fixes(study: Study) -> Told:
    plan = study.headline_plan
    goals = [target_text(target.bp) for target in study.targets]
    many = ""
    if plan and plan.packages and plan.within_reach:
        many = f"{number_of(plan.packages, 'package')} by the cheapest mix of steps; "
    yield f"{many}what {' and '.join(goals)} still ask for, category by category"
    yield paragraph(
        "What each target still asks for, in packages of the days that count; those without scan "
        "data are taken as failing. After delivery a package cannot be corrected."
    )
    yield standing.goals(study.goals)
    if study.advice["told"].any():
        yield ahead.needed(study.needed)
    yield paragraph(
        "The cheapest mix of these from tomorrow on, for the account named at the top. With a "
        "saved plan, of its changes at its costs; without one every package costs the same, so it "
        "is the mix that changes the fewest."
    )
    yield ahead.plan(study.headline, plan, study.kept.costs)
    if study.scenario:
        yield paragraph("What the saved plan would have done.")
        yield ahead.scenario(study.scenario, study.under_scenario, study.moves, study.idle)


def _on_time(study: Study) -> Told:
    if not study.linked.height:
        return
    usual = study.linked.filter(pl.col("counted") > 0, measure="on_time", programme="", days=30)
    good, due = int(usual["good"].sum()), int(usual["counted"].sum())
    if missed := missed_besides(study.linked).to_dicts():
        more = f" And {len(missed) - 1} more." if missed[1:] else ""
        yield asked.missed_text(missed[0]) + more
    elif due and usual["met"].null_count() < usual.height:
        yield f"{percent(good / due)} over 30 days ({good:,} of {due:,})"
    elif due and (usual["covered_share"] == 1).all():
        yield "Cannot be told: your files do not cover all of the 30 days"
    elif due:
        few = number_of(due, "package")
        yield f"Cannot be told: whether it came in time is known of {few} only"
    else:
        yield f"Cannot be told: {asked.NONE_JUDGED}"
    yield paragraph(
        "What else Amazon asks of a seller on this day. A package is on time if it was delivered, "
        "or a first delivery was tried, by the day promised; it is judged once its tracking was "
        "exported after that day. Where Amazon counts units, so does the table. Nothing is called "
        "met or missed where the arrival of more than one in ten is not known."
    )
    yield asked.linked(study.linked, study.late_listings)


def _changes(study: Study, previous: Path | str) -> Told:
    found = changed_since(study, previous)
    if found is None:
        return
    n = len(found["statuses"])
    categories = "1 category" if n == 1 else f"{n:,} categories"
    yield f"{categories} changed status or moved by 5 points since {dated(found['since'])}"
    yield paragraph(
        "Packages that entered and left the days that count, those whose verdict changed, and how "
        "much of the change comes from the mix of categories and how much from rates within them."
    )
    yield standing.changes(found)


def _rules(study: Study) -> Told:
    known = marketplaces()
    told = [
        f"{known[p.marketplace].name if p.marketplace in known else 'Any marketplace'}: "
        f"{target_text(p.target_bp)} in each category over {p.window_days} days that end "
        f"{p.lag_days} days ago"
        for p in study.policies
    ]
    yield "; ".join(told)
    yield paragraph(
        "Amazon's help pages speak of a lag of two weeks, its own reports show ten days: rules "
        "before 2020 have 14, later ones 10, and you can ask for another one. Two reports with the "
        "same hash were judged alike."
    )
    yield standing.rules(study.policies, study.judged_by)


def _files(study: Study) -> Told:
    summary = study.kept.summary
    counted = int(study.totals.filter("is_enforced_window")["counted"].sum())
    rows = int(summary["rows"].sum())
    yield (
        f"{number_of(summary.height, 'file')}, {number_of(rows, 'row')}; {counted:,} packages "
        "count today"
    )
    yield standing.sources(summary)


def _words(_: Study) -> Told:
    yield "failed, allowed, due, at risk, cannot tell, likely"
    rows = [[word, means] for word, means in WORDS.items()]
    yield table(
        pl.DataFrame(rows, schema=["word", "meaning"], orient="row"),
        {"word": "word", "meaning": "what it means here"},
    )


WORDS = {
    "failed": "counted without a valid tracking number, by your files; Amazon's own figure decides",
    "allowed": "how many may fail before the target is missed",
    "due": "promised to the buyer for that day; packages count by it",
    "stops counting": "leaves the 30 days by which Amazon judges, of itself",
    "below target": "missed for sure, whatever the packages without scan data are",
    "at risk": "on target today, but what has shipped may bring it below, or a usual week may",
    "cannot tell": "packages without scan data decide",
    "goal only": "missing it stops nobody from selling",
    "likely": "an even chance, of each category by itself",
    "in 6 of 10 cases": "between the days with a chance of 20 and of 80 %",
    "9 of 10 cases": "the shaded range of a chart",
}
"""The words of a page with a meaning of their own."""


_FOLDS: dict[str, tuple[str, Callable[..., Told]]] = {
    "reasons": ("All reasons", _reasons),
    "carriers": ("Carriers", _carriers),
    "warnings": ("Early warning", _warnings),
    "official": ("Amazon's own figure", _official),
    "fixes": ("Other ways to the targets", _fixes),
    "windows": ("Over 7 and 90 days", _windows),
    "on time": ("Delivered on time", _on_time),
    "changes": ("Since the last report", _changes),
    "rules": ("Which rules are used?", _rules),
    "sources": ("Files read", _files),
    "words": ("Words on this page", _words),
}
"""What folds, in the order of a page: its title, and what tells it."""
