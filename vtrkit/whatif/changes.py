"""Changes by name, each a `Lever`: what can be done about packages that would fail otherwise."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from vtrkit.tracking.carriers import carrier_names
from vtrkit.whatif.levers import Lever
from vtrkit.whatif.scenario_files import read_scenario, ready_made
from vtrkit.words import read_names

SCANNED = 0.98
"""Of packages that are tracked from now on, those that get a scan: the best carriers' own share."""
Names = str | list[str] | tuple[str, ...] | None


def _made(kind: str, category: Names, **more: Any) -> Lever:
    names = read_names(category, "category")
    scanned = SCANNED if more["scanned"] is None else more["scanned"]
    name = f"{kind}: {', '.join(names)}" if names else kind
    return replace(ready_made()[kind], **more | {"scanned": scanned}, name=name, category=names)


def track(
    category: Names = None,
    share: float = 1.0,
    scanned: float | None = None,
    start: date | str | None = None,
    cost: float = 0.0,
) -> Lever:
    """Packages that no carrier scans, or that have no number to scan, get tracked.

    Args:
        category: only of these categories; of all if none is named.
        share: of the packages to come that would fail otherwise, those that change.
        scanned: of these, those that a carrier then scans; 98 % if none is given.
        start: the first ship day, as 2026-10-01; tomorrow if none is given.
        cost: of each package, in the marketplace's currency.

    Examples:
        >>> track("Shoes", share=0.75).name
        'track the untracked: Shoes'
    """
    return _made(
        "track the untracked", category, share=share, scanned=scanned, start=start, cost=cost
    )


def change(name: str, carrier: Names = None, **more: Any) -> Lever:
    """Any other change: its name, and what a `vtrkit.Lever` takes; carriers by their names.

    Examples:
        >>> change("ask OnTrac for scans", carrier="OnTrac", reason="no_scan").carrier_id
        ('ontrac',)
    """
    ids = {shown.casefold(): key for key, shown in carrier_names().items()}
    carriers = tuple(ids.get(n.casefold(), n) for n in read_names(carrier, "carrier"))
    return Lever(name=name, carrier_id=carriers, **{"scanned": SCANNED} | more)


def read_changes(path: str | Path = "") -> tuple[Lever, ...]:
    """The changes of a saved plan; none for an empty path.

    Examples:
        >>> read_changes("")
        ()
    """
    return read_scenario(path).levers if path else ()
