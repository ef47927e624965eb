"""What a seller can change, in plain words: each function returns a lever.

The shipped ones are those that Amazon's help pages name (`facts/levers.toml`).
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from vtrkit.facts.checked import checks
from vtrkit.given import read_day, read_names
from vtrkit.tracking.carriers import carrier_called, carrier_names
from vtrkit.whatif.levers import SCANNED, Lever
from vtrkit.whatif.scenario_files import read_scenario, ready_made
from vtrkit.words import day_text

Named = str | Sequence[str] | None
Change = Callable[..., Lever]


def _changes(name: str, ready: str, why: str) -> Change:
    def changed(
        category: Named = None,
        share: float = 1.0,
        scanned: float = SCANNED,
        start: date | str | int | None = None,
        cost: float = 0.0,
    ) -> Lever:
        lever = ready_made(1.0)[ready]
        return _set(lever, category, share=share, scanned=scanned, start=start, cost=cost)

    changed.__name__ = changed.__qualname__ = name
    changed.__doc__ = f"""{why}

    Args:
        category: one category or several; all if none is given.
        share: of the packages that would fail otherwise, those that are changed.
        scanned: of these, those that then get a scan in time.
        start: the first ship day that is changed; tomorrow if none is given.
        cost: per package, in the marketplace's currency.

    Examples:
        >>> from vtrkit.whatif.changes import track
        >>> track("Shoes", share=0.75).category
        ('Shoes',)
    """
    return checks(changed)


UNTRACKED = "have them tracked and scanned"
"""The ready-made lever that is about packages without a scan."""
track = _changes("track", UNTRACKED, "Track packages that no carrier follows today.")
enter_numbers = _changes(
    "enter_numbers", "enter numbers before delivery", "Enter numbers before the delivery."
)
correct_numbers = _changes(
    "correct_numbers", "correct the number", "Correct numbers that cannot be right."
)
correct_carrier = _changes(
    "correct_carrier", "correct the carrier", "Enter the carrier that the number belongs to."
)
buy_labels = _changes(
    "buy_labels",
    "buy labels through Amazon",
    "Buy labels from Amazon, which bring number and carrier.",
)
integrated_carrier = _changes(
    "integrated_carrier",
    "use a carrier Amazon hears from",
    "Ship with carriers that report to Amazon.",
)


@checks
def replace_carrier(  # noqa: PLR0913, PLR0917 - what is changed, how far, and from when
    old: str,
    new: str,
    category: Named = None,
    share: float = 1.0,
    scanned: float | None = None,
    start: date | str | int | None = None,
    cost: float = 0.0,
) -> Lever:
    """Ship with another carrier, valid packages included; as many are scanned as it scans now.

    Args:
        old: the carrier that is left, by name or id.
        new: the carrier that takes its packages.
        category: see `track`; likewise share, start and cost.
        share: of the old carrier's packages.
        scanned: instead of the share of its packages that the new carrier scans in your data.
        start: the first ship day.
        cost: per package.

    Examples:
        >>> replace_carrier("OnTrac", "UPS", start="2026-10-01").name
        'replace OnTrac with UPS'
    """
    names = [carrier_names().get(carrier_called(name), name) for name in (old, new)]
    lever = Lever(
        name=f"replace {names[0]} with {names[1]}",
        carrier_id=(old,),
        to_carrier=new,
        scanned=scanned,  # type: ignore[arg-type] # none is taken from the data
        moves_all=True,
    )
    return _set(lever, category, share=share, start=start, cost=cost)


@checks
def change(name: str, category: Named = None, carrier: Named = None, **what: Any) -> Lever:
    """Any other change; the other keywords are those of `vtrkit.Lever`.

    Examples:
        >>> change("ask for scans", reason="no_scan", carrier="OnTrac").reason
        ('no_scan',)
    """
    what.setdefault("scanned", SCANNED)
    return _set(Lever(name=name, carrier_id=read_names(carrier, "carrier"), **what), category)


def _set(lever: Lever, category: Named, **fields: Any) -> Lever:
    if "start" in fields:
        fields["start"] = read_day(fields["start"], "start")
    return replace(lever, category=read_names(category, "category"), **fields)


def begun(levers: Sequence[Lever], as_of: date) -> str:
    """That levers whose start is over change nothing of what has shipped since; empty if none is.

    Examples:
        >>> begun([track(start="2026-09-01"), track()], date(2026, 9, 30))
        'have them tracked and scanned: starts before 1 October, and counts from that day on: what \
has shipped is not changed any more.'
    """
    past = [lever.name for lever in levers if lever.start and lever.start <= as_of]
    if not past:
        return ""
    tomorrow = day_text(as_of + timedelta(days=1))
    verbs = ("starts", "counts") if len(past) == 1 else ("start", "count")
    return (
        f"{', '.join(past)}: {verbs[0]} before {tomorrow}, and {verbs[1]} from that day on: what "
        "has shipped is not changed any more."
    )


@checks
def read_changes(path: Path | str = "") -> list[Lever]:
    """The changes of a saved plan, a scenario file; none for an empty name.

    Examples:
        >>> read_changes("")
        []
    """
    empty = isinstance(path, str) and not path
    return [] if empty else list(read_scenario(path).levers)
