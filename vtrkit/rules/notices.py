"""What keeps packages out of the metric beside its rules: dated notices, and whom they concern."""

from dataclasses import dataclass
from datetime import date
from functools import cache

import polars as pl

from vtrkit import facts
from vtrkit.facts.checked import Texts
from vtrkit.rules.clauses import holds
from vtrkit.rules.policy_files import Clause
from vtrkit.schema import PACKAGES


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One dated notice; see the head of `facts/notices.toml`."""

    id: str
    title: str
    text: str
    first_day: date
    marketplaces: Texts
    source: Texts
    checked: date
    packages: Clause

    def holds(self, marketplace: str, day: date) -> bool:
        """Whether it is in force in a marketplace on a day."""
        return marketplace in self.marketplaces and day >= self.first_day

    def concerned(self) -> pl.Expr:
        """The verdicts that it is about, as far as route, value and carrier are known."""
        here = pl.col("marketplace").cast(pl.String).is_in(self.marketplaces)
        mine = here & (pl.col("ship_date") >= self.first_day)
        return holds(self.packages, mine, PACKAGES).fill_null(False)


@cache
def notices() -> tuple[Notice, ...]:
    """All notices that the package knows."""
    return tuple(facts.entries("notices", "notice", Notice).values())
