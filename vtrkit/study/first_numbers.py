"""The packages on their way whose carrier or number another entry would cure, and until when."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from vtrkit.rules.still_open import SPELLED
from vtrkit.schema import GROUP, Reason, State
from vtrkit.study.study import Study


@dataclass(frozen=True)
class Numbers:
    """Packages on their way whose carrier or number another entry would cure.

    Args:
        missing: whether each of them has no number at all.
        likely: how many are likely corrected in time until which day: it is not too late for any.
        by_day: how many can be corrected until which day at the latest.
        by_category: how many fewer failures that is, by category, most first.
        spelled: the spellings of services that may be exempt and are only misspelled, and of how
            many packages each.
    """

    missing: bool
    likely: tuple[tuple[date, int], ...]
    by_day: tuple[tuple[date, int], ...]
    by_category: tuple[tuple[str, int], ...]
    spelled: tuple[tuple[str, int], ...] = ()

    @property
    def packages(self) -> int:
        """All of them."""
        return sum(count for _, count in self.by_category)

    @property
    def too_late(self) -> bool:
        """Whether none is likely in time any more, though each can still be entered."""
        return not self.likely and self.packages == sum(count for _, count in self.by_day)


def numbers_of(study: Study) -> Numbers | None:
    """The packages that can still be corrected, as `packages.csv` lists them."""
    waiting = listed(study, pl.col("state") == str(State.CORRECTABLE))
    waiting = waiting.filter(pl.col("enters_on").is_not_null())
    # packages.csv is of the day of the run folder: on another day only the counts are known
    if not (known := int(study.advice["correctable"].sum())) or waiting.height != known:
        return None
    likely, possible = (
        waiting.group_by(pl.col(f"until when {how}").str.to_date().alias("until")).len()
        for how in ("likely", "possible")
    )
    by_category = waiting.group_by("category").len()
    return Numbers(
        missing=set(waiting["reason"]) == {str(Reason.MISSING_NUMBER)},
        likely=tuple(likely.filter(pl.col("until") >= study.as_of).sort("until").rows()),
        by_day=tuple(possible.drop_nulls().sort("until").rows()),
        by_category=tuple(by_category.sort("len", "category", descending=[True, False]).rows()),
        spelled=tuple(
            waiting.group_by(spelling=pl.col("what to enter").str.extract(f"^{SPELLED} (.+?), "))
            .len()
            .drop_nulls()
            .sort("len", "spelling", descending=[True, False])
            .rows()
        ),
    )


def listed(study: Study, which: pl.Expr) -> pl.DataFrame:
    """Packages that wait to be corrected or shipped, of this place."""
    waiting = study.kept.waiting.filter(which)
    return study.here(waiting.with_columns(pl.col(GROUP).cast(pl.Categorical)))
