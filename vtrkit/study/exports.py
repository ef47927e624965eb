"""Up to which day each account and marketplace is known: that of its own newest export."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from vtrkit.schema import GROUP


def by_newest_export(
    tracked: pl.DataFrame | None,
    places: Sequence[tuple[str, str]],
    together: Sequence[str] = GROUP,
) -> list[tuple[date, pl.LazyFrame]]:
    """Places by the day of their newest export; nothing where all have one, or some have none.

    Args:
        tracked: what `vtrkit.rules.still_open.tracked_to` gives.
        places: accounts and marketplaces.
        together: account, marketplace or neither: places that have these in common are shown as
            one, which is known up to the day of the place that is known least.
    """
    if tracked is None:
        return []
    texts = tracked.with_columns(pl.col(GROUP).cast(pl.String))
    here = pl.DataFrame(places, GROUP, orient="row").join(texts, on=GROUP)
    if here["seen_to"].n_unique() < 2 or here["seen_to"].count() < len(places):
        return []
    day = pl.col("seen_to").min()
    parts = here.with_columns(day.over(together) if together else day).partition_by("seen_to")
    named = [part.select(pl.col(GROUP).cast(pl.Categorical)).lazy() for part in parts]
    return [(part["seen_to"][0], rows) for part, rows in zip(parts, named, strict=True)]
