"""Levers and scenarios: what might be done about which packages, how widely, and at what cost."""

import reprlib
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias

from msgspec import Meta

from vtrkit.errors import ParameterError, nearest, shown
from vtrkit.facts.checked import ByName, Share, Texts, settle
from vtrkit.schema import FAILING, Reason
from vtrkit.tracking.carriers import carrier_called

MOVED = FAILING
"""The reasons of packages that a lever moves: those that certainly count."""
MOVED_WITH_ALL = (
    *MOVED,
    Reason.VALID,
    *(Reason.EXEMPT_VALUE, Reason.EXEMPT_SERVICE, Reason.EXEMPT_ROUTE),
)
"""Those that one with `moves_all` moves: not cancelled ones, and not what others ship."""
SCANNED = 0.98
"""Of the packages changed, those that get a scan in time, unless it is said otherwise."""
SELECTS = ("category", "carrier_id", "ship_method", "reason")
"""What a lever selects packages by."""


Name = Annotated[
    str, Meta(pattern=r"(?s)\A\S(.*\S)?\Z", description="a name without blanks around it")
]
Cost = Annotated[float, Meta(ge=0, le=sys.float_info.max, description="0 or more")]
Ramp = Annotated[int, Meta(ge=1, le=sys.maxsize, description="1 or more whole days")]


@dataclass(frozen=True, kw_only=True)
class Lever(ByName):
    """A change to what happens to one kind of package.

    It selects the defects and unverified packages whose category, carrier, ship method and reason
    are among those named (none named: any). Of the packages selected *before* any scenario,
    `share` are moved; of those, `scanned` become valid and the others stay or become defects.

    Args:
        name: how it is called in tables and messages.
        share: of the selected packages, those that are moved, 0 to 1.
        scanned: of the moved packages, those that get a carrier scan in time, 0 to 1; all of them
            if it is not said, or with `to_carrier` as many as that carrier scans.
        to_carrier: the carrier that the packages are moved to, by id or name.
        category: the categories that it is about, one or several; empty is any. Likewise
            `carrier_id` (ids or names of carriers), `ship_method` (a known service or `other`) and
            `reason`.
        start: the first ship day that it changes, as a date or as 2026-01-31. Looking back, none
            is every day; forward, none is the day after the as-of day.
        ramp_days: days from the start until the share is reached, evenly; 1 is at once.
        cost: per package moved, in the seller's own currency.
        fixed_cost: once, as soon as one package is moved.
        retroactive: whether it also changes packages that are shipped and not yet delivered.
        later: whether it changes packages that are shipped after its start; without, a retroactive
            one corrects what is on its way, and no more.
        moves_all: whether it also moves valid packages, and those exempt by value, service or
            route, so that the rate may fall.
        measured: whether `scanned` is yet to be taken from the data; set where it is not said.
        source: where it is recommended, for those that Amazon names.

    Raises:
        ParameterError: a share outside 0 to 1, a negative cost, a ramp below one day, a reason
            that is none or cannot be moved, or a value of another type.

    Examples:
        >>> Lever(name="labels", share=0.5, reason="missing_number", start="2026-10-01").start
        datetime.date(2026, 10, 1)
    """

    name: Name
    share: Share = 1.0
    scanned: Share = None  # type: ignore[assignment] # said, or 1, or taken from the data
    to_carrier: str = ""
    category: Texts = ()
    carrier_id: Texts = ()
    ship_method: Texts = ()
    reason: Texts = ()
    start: date | None = None
    ramp_days: Ramp = 1
    cost: Cost = 0.0
    fixed_cost: Cost = 0.0
    retroactive: bool = False
    later: bool = True
    moves_all: bool = False
    measured: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.scanned is None:
            object.__setattr__(self, "scanned", 1.0)
            other = isinstance(self.to_carrier, str) and self.to_carrier != ""
            object.__setattr__(self, "measured", other)
        settle(self, f"lever {self.name}")
        if self.measured and (self.scanned < 1 or not self.to_carrier):
            object.__setattr__(self, "measured", False)
        object.__setattr__(self, "carrier_id", tuple(map(carrier_called, self.carrier_id)))
        if self.to_carrier:
            object.__setattr__(self, "to_carrier", carrier_called(self.to_carrier))
        if not (self.later or self.retroactive):
            raise ParameterError(
                f"lever {self.name}: changes nothing; give retroactive, or leave later out"
            )
        movable = MOVED_WITH_ALL if self.moves_all else MOVED
        for reason in self.reason:
            if reason not in list(Reason):
                raise ParameterError(
                    f"lever {self.name}: no reason is called {reason}{nearest(reason, Reason)}"
                )
            if reason not in movable:
                how = "with moves_all alone" if reason in MOVED_WITH_ALL else "by no lever"
                raise ParameterError(f"lever {self.name}: packages of {reason} are moved {how}")

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons of the packages that it moves, named or not.

        Examples:
            >>> "valid" in Lever(name="all", moves_all=True).reasons
            True
        """
        return self.reason or (MOVED_WITH_ALL if self.moves_all else MOVED)


@dataclass(frozen=True)
class Scenario:
    """Levers that are pulled together; the empty one changes nothing.

    Raises:
        ParameterError: two levers have one name, or something in it is not a lever.

    Examples:
        >>> Scenario("as it is").levers
        ()
    """

    name: str
    levers: tuple[Lever, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what tables could not tell apart."""
        if not isinstance(self.name, str):
            raise ParameterError(f"scenario {reprlib.repr(self.name)}: give it a name in quotes")
        levers = (self.levers,) if isinstance(self.levers, Lever) else self.levers
        if not isinstance(levers, list | tuple) or not all(isinstance(x, Lever) for x in levers):
            raise ParameterError(f"scenario {self.name}: levers: give a list of Lever")
        object.__setattr__(self, "levers", tuple(levers))
        names = [lever.name for lever in self.levers]
        if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
            raise ParameterError(
                f"scenario {self.name}: {names.count(twice[0])} levers are called {twice[0]}; "
                "give each its own name"
            )


ScenarioLike: TypeAlias = Scenario | Lever | Iterable[Lever]


def as_scenario(given: ScenarioLike) -> Scenario:
    """A scenario, of one lever or of several.

    Raises:
        ParameterError: it is none.

    Examples:
        >>> as_scenario(Lever(name="labels")).name, as_scenario([]).levers
        ('labels', ())
    """
    if isinstance(given, Scenario):
        return given
    levers = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    if wrong := [x for x in levers if not isinstance(x, Lever)]:
        raise ParameterError(
            "give a change, such as vtrkit.track(share=0.5), a Lever, a list of them or a "
            f"Scenario, not {shown(wrong[0])}"
        )
    return Scenario(" and ".join(x.name for x in levers) or "as it is", tuple(levers))


def levers_of(given: Iterable[ScenarioLike]) -> tuple[Lever, ...]:
    """The levers of several changes: levers, lists of them and scenarios.

    Raises:
        ParameterError: one of them is none, or two have one name.
    """
    levers = tuple(lever for each in given for lever in as_scenario(each).levers)
    return Scenario("changes", levers).levers


def one_lever(given: object) -> Lever:
    """A lever, and nothing else.

    Raises:
        ParameterError: it is none.
    """
    if not isinstance(given, Lever):
        raise ParameterError(
            "give one change, such as vtrkit.track(), or a Lever, not " + shown(given)
        )
    return given
