"""What else Amazon asks of a tracked seller, as dated records: `facts/programmes.toml`."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from vtrkit import facts
from vtrkit.facts.checked import Texts
from vtrkit.rules.policy_files import Ratio

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One dated requirement; see the head of `facts/programmes.toml`."""

    id: str
    title: str
    measure: Literal["valid_tracking", "on_time", "shipped_late", "cancelled", "unmeasured"]
    target: Ratio
    condition: Literal["at_least", "greater_than", "less_than"]
    enforced: bool
    source: Texts
    checked: date
    programme: str = ""
    marketplaces: Texts = ()
    first_day: date = date.min
    last_day: date = date.max
    days: int = 0
    lag_days: int = 0
    ends_on: str = ""
    minimum: int = 0
    unit: Literal["packages", "units"] = "packages"
    counts: Texts = ("shipped",)
    prime_alone: bool = False
    without_delivery_scan: Literal["late", "left_out", "disputed"] = "late"
    stake: str = ""
    note: str = ""

    def holds(self, marketplace: str, day: date) -> bool:
        """Whether it is asked in a marketplace on a day."""
        here = not self.marketplaces or marketplace in self.marketplaces
        return here and self.first_day <= day <= self.last_day

    def window(self, as_of: date, window_days: int, lag_days: int) -> tuple[date, date]:
        """First and last day, both inclusive; the rule's own window where none is stated."""
        end = as_of - timedelta(days=self.lag_days if self.days else lag_days)
        if self.ends_on:
            end -= timedelta(days=(end.weekday() - _WEEKDAYS.index(self.ends_on)) % 7)
        return end - timedelta(days=(self.days or window_days) - 1), end


@cache
def requirements() -> tuple[Requirement, ...]:
    """All requirements that the package knows."""
    return tuple(facts.entries("programmes", "requirement", Requirement).values())
