"""Up to which day each account and marketplace is known: that of its own newest export."""

from collections.abc import Sequence
from datetime import date

import polars as pl

from vtrkit.schema import GROUP


def by_newest_export(
    tracked: pl.DataFrame | None, places: Sequence[tuple[str, str]]
) -> list[tuple[date, pl.LazyFrame]]:
    """Places by the day of their newest export; nothing where all have one, or some have none.

    Args:
        tracked: what `vtrkit.rules.still_open.tracked_to` gives.
        places: accounts and marketplaces.
    """
    if tracked is None:
        return []
    texts = tracked.with_columns(pl.col(GROUP).cast(pl.String))
    here = pl.DataFrame(places, GROUP, orient="row").join(texts, on=GROUP)
    parts = here.drop_nulls("seen_to").partition_by("seen_to")
    if len(parts) < 2 or sum(part.height for part in parts) < len(places):
        return []
    named = [part.select(pl.col(GROUP).cast(pl.Categorical)).lazy() for part in parts]
    return [(part["seen_to"][0], rows) for part, rows in zip(parts, named, strict=True)]
