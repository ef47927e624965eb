"""Scenarios as TOML files, and the levers that Amazon's help pages name.

```toml
name = "labels, and half of the letters tracked"

[[lever]]
name = "labels"
share = 0.8
reason = ["missing_number"]
start = 2026-10-01
cost = 0.15
```
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import tomli_w
from msgspec import Meta

from vtrkit import facts
from vtrkit.errors import ParameterError
from vtrkit.facts.checked import Day, Place, Share, build, checks, keys_of
from vtrkit.files.scratch import whole
from vtrkit.given import read_path
from vtrkit.whatif.levers import SCANNED, Lever, Scenario, ScenarioLike, as_scenario

_FIELDS = {field.name: field.default for field in fields(Lever)}


@checks
def read_scenario(path: Path | str) -> Scenario:
    """The scenario that a TOML file describes; see the head of this module for its form.

    Raises:
        ParameterError: there is no such file, it is not TOML, or has an unknown key, a value of
            another type, or one that no lever can have; with the file, the lever and the key.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     path = Path(folder) / "labels.toml"
        ...     write_scenario(Scenario("labels", (Lever(name="all", share=0.8),)), path)
        ...     read_scenario(path).levers[0].share
        0.8
    """
    document = facts.read_file(read_path(path, "plan"), ParameterError)
    return scenario_of(document.table, document.name)


@checks
def write_scenario(scenario: ScenarioLike, path: Path | str) -> None:
    """A scenario as a TOML file, which `read_scenario` gives back exactly.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     write_scenario(Scenario("as it is"), Path(folder) / "none.toml")
        ...     read_scenario(Path(folder) / "none.toml")
        Scenario(name='as it is', levers=())
    """
    text, file = scenario_text(as_scenario(scenario)), read_path(path, "plan")
    try:
        with whole(file) as ready:
            ready.write(text.encode("utf-8"))
    except (OSError, ValueError) as e:  # a NUL is no OSError
        raise ParameterError(
            f"a plan cannot be written to {str(path)!r} ({e}); choose another path"
        ) from None


def scenario_text(scenario: Scenario) -> str:
    """A scenario as TOML: only what differs from a lever's defaults, and its share.

    Examples:
        >>> print(scenario_text(Scenario("half", (Lever(name="labels", share=0.5),))))
        name = "half"
        <BLANKLINE>
        [[lever]]
        name = "labels"
        share = 0.5
        <BLANKLINE>
    """
    levers = [f"\n[[lever]]\n{tomli_w.dumps(_said(lever))}" for lever in scenario.levers]
    return tomli_w.dumps({"name": scenario.name}) + "".join(levers)


def _said(lever: Lever) -> dict[str, Any]:
    every = {name: getattr(lever, name) for name in _FIELDS}
    usual = lever.measured or (lever.scanned == 1 and not lever.to_carrier)
    unsaid = {"measured", "scanned"} if usual else {"measured"}
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in every.items()
        if name == "share" or (name not in unsaid and value != _FIELDS[name])
    }


def scenario_of(table: Mapping[str, Any], where: str) -> Scenario:
    """The scenario of a parsed table; `where` begins every message about it.

    Raises:
        ParameterError: see `read_scenario`.
    """
    file = build(_File, table, Place(where, ParameterError))
    try:
        return Scenario(file.name, tuple(map(_lever, file.lever)))
    except ParameterError as e:
        raise ParameterError(f"{where}: {e}") from None


@dataclass(frozen=True)
class _File:
    """What a scenario file holds."""

    name: str
    lever: Annotated[
        tuple[dict[str, Any], ...],
        Meta(description="tables, each below its own line [[lever]]"),
    ] = ()


def _lever(table: Mapping[str, Any]) -> Lever:
    place = Place(f"lever {table.get('name', 'without a name')}", ParameterError)
    return Lever(**keys_of(Lever, table, place))


@checks
def ready_made(share: Share = 1.0, on: Day = date.max) -> dict[str, Lever]:
    """The levers that Amazon's help pages name, by name, each with its source.

    They are starting points: of the packages changed, 98 % are taken to be scanned, and nothing
    costs anything; both are the seller's own to say (`dataclasses.replace(lever, scanned=0.97,
    cost=0.2)`). Several are about the same packages, so together their shares must not exceed 1.

    Args:
        share: of the packages that each selects, those that are changed: "track P % of what is
            untracked now" is `ready_made(P / 100)["have them tracked and scanned"]`.
        on: the day on which they are offered; those of today if none is given.

    Raises:
        ParameterError: a share outside 0 to 1.

    Examples:
        >>> for lever in ready_made().values():
        ...     print(lever.name)
        have them tracked and scanned
        enter USPS tracking numbers
        use a carrier Amazon hears from
        buy labels through Amazon
        correct the carrier
        correct the number
        enter numbers before delivery
        >>> ready_made(0.25)["correct the carrier"].retroactive
        True
        >>> ready_made(on=date(2016, 3, 1))["enter USPS tracking numbers"].ship_method
        ('USPS First Class', 'USPS Media Mail')
    """
    return {x.name: replace(x, share=share, scanned=SCANNED) for x in _offered(on)}


@lru_cache(maxsize=8)
def _offered(on: date) -> tuple[Lever, ...]:
    """The shipped levers of a day; the screen of the what-if asks for them at every step."""
    shipped = facts.read("levers")
    offered = [
        {key: value for key, value in lever.items() if key not in _OFFERED}
        for lever in shipped["lever"]
        if lever.get("first_day", on) <= on <= lever.get("last_day", on)
    ]
    return scenario_of(shipped | {"lever": offered}, "levers.toml").levers


_OFFERED = ("first_day", "last_day")
"""Keys of a shipped lever that say when it is offered."""
