"""Levers and scenarios: what might be done about which packages, how widely, and at what cost."""

from dataclasses import dataclass
from datetime import date

from vtrkit.errors import ParameterError


@dataclass(frozen=True, kw_only=True)
class Lever:
    """A change to what happens to one kind of package.

    It selects the defects and unverified packages whose category, carrier, ship method and reason
    are among those named (none named: any). Of the packages selected *before* any scenario,
    `share` are moved; of those, `scanned` become valid and the others stay or become defects.

    Args:
        name: how it is called in tables and messages.
        share: of the selected packages, those that are moved, 0 to 1.
        scanned: of the moved packages, those that get a carrier scan in time, 0 to 1.
        category: the categories that it is about; empty is any. Likewise `carrier_id` (as in
            `vtrkit.carriers`), `ship_method` (a known service or `other`) and `reason`.
        start: the first ship day that it changes. Looking back, none is every day; forward, none
            is the day after the as-of day.
        ramp_days: days until the share is reached, evenly; 1 is at once.
        cost: per package moved, in the seller's own currency.
        fixed_cost: once, as soon as one package is moved.
        retroactive: whether it also changes packages that are shipped and not yet delivered.
        moves_all: whether it also moves valid and exempt packages, so that the rate may fall.

    Raises:
        ParameterError: a share outside 0 to 1, a negative cost, or a ramp below one day.

    Examples:
        >>> Lever(name="labels", share=0.5, reason=("missing_number",)).share
        0.5
    """

    name: str
    share: float = 1.0
    scanned: float = 1.0
    category: tuple[str, ...] = ()
    carrier_id: tuple[str, ...] = ()
    ship_method: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    start: date | None = None
    ramp_days: int = 1
    cost: float = 0.0
    fixed_cost: float = 0.0
    retroactive: bool = False
    moves_all: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        for field in ("share", "scanned"):
            value = getattr(self, field)
            if not 0 <= value <= 1:
                raise ParameterError(f"lever {self.name}: {field} {value:g}: give 0 to 1")
        for field in ("cost", "fixed_cost"):
            value = getattr(self, field)
            if not 0 <= value < float("inf"):
                raise ParameterError(f"lever {self.name}: {field} {value:g}: give 0 or more")
        if self.ramp_days < 1:
            raise ParameterError(f"lever {self.name}: ramp_days {self.ramp_days}: give 1 or more")


@dataclass(frozen=True)
class Scenario:
    """Levers that are pulled together; the empty one changes nothing.

    Examples:
        >>> Scenario("as it is").levers
        ()
    """

    name: str
    levers: tuple[Lever, ...] = ()
