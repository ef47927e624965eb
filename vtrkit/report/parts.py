"""The parts of a report that are words and tables, as `shop.section` shows them."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from vtrkit.errors import ParameterError, nearest
from vtrkit.report.figures import changed_since
from vtrkit.sections import advice, ahead, asked, standing, warning, why
from vtrkit.study.study import Study
from vtrkit.words import Html, paragraph, together


def part(study: Study, what: str, previous: Path | str = "") -> Html:
    """One part of a report: its tables, each under a sentence on how to read it.

    Args:
        study: whose packages.
        what: the name.
        previous: an earlier report.json, for what changed.

    Raises:
        ParameterError: there is no such part.
        InputError: the earlier report cannot be read.
    """
    parts = {  # nothing is computed of those that nobody asks for
        "next weeks": _next_weeks(study),
        "failures": _failures(study),
        "fixes": _fixes(study),
        "on time": _on_time(study),
        "changes": _changes(study, previous),
        "sources": _sources(study),
    }
    if what not in [*parts]:
        raise ParameterError(
            f"no section {what!r}{nearest(what, parts)}; there is {', '.join(parts)}"
        )
    return together(*parts[what])


def _next_weeks(study: Study) -> Iterator[Html]:
    yield advice.advice(study.headline)
    yield paragraph(
        "When each of these categories is back above its target. The later columns ask for more "
        "certainty."
    )
    yield ahead.dates(study.dates)
    yield paragraph(
        "Early warning: where more of the latest packages fail than usual. It looks at packages "
        "weeks before they count, so there is still time."
    )
    yield warning.early_warning(study.warnings)


def _failures(study: Study) -> Iterator[Html]:
    yield paragraph("What each reason means, and what helps while a package is not yet delivered.")
    yield standing.remedies(why.remedies(study.reasons))
    yield paragraph("The carriers' scans, with numbers that look like those of another carrier.")
    yield standing.carriers(study.carriers, study.misread)
    yield lists(tuple(name for name in LISTS if (study.kept.path / name).is_file()))
    yield paragraph(
        "The ten newest packages that were due and fail for good; the numbers are cut so that they "
        "name nobody's parcel."
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


def _fixes(study: Study) -> Iterator[Html]:
    yield paragraph(
        "What each target still asks for, in packages of the days that count; those without scan "
        "data are taken as failing. After delivery a package cannot be corrected."
    )
    yield standing.goals(study.goals)
    yield paragraph(
        "What Amazon's help pages name, each by itself and from tomorrow on: the least share of "
        "the packages it is about that is likely to bring the category back to its target for "
        "good, and the day from which."
    )
    yield ahead.needed(study.needed)
    yield paragraph(
        "The cheapest mix of these from tomorrow on, for the account named at the top. With a "
        "saved plan, of its changes at its costs; without one every package costs the same, so it "
        "is the mix that changes the fewest."
    )
    yield ahead.plan(study.headline, study.headline_plan, study.kept.costs)
    if study.scenario:
        yield paragraph("What the saved plan would have done.")
        yield ahead.scenario(study.scenario, study.under_scenario, study.moves)


def _on_time(study: Study) -> Iterator[Html]:
    yield asked.linked(study.linked, study.late_listings)


def _changes(study: Study, previous: Path | str) -> Iterator[Html]:
    yield standing.changes(changed_since(study, previous))


def _sources(study: Study) -> Iterator[Html]:
    yield standing.sources(study.kept.summary)
    yield paragraph("The rules in force today. Two reports with the same hash were judged alike.")
    yield standing.rules(study.policies, study.judged_by)
