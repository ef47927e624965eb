"""Why packages fail and what helps, as a table."""

import polars as pl

from vtrkit.rules.reasons import REASONS
from vtrkit.schema import Reason


def remedies(reasons: pl.DataFrame) -> pl.DataFrame:
    """The reasons that occur with their explanation and remedy, the most frequent first."""
    counts = reasons.group_by("reason").agg(pl.col("packages").sum())
    rows = [
        (REASONS[Reason(r)].label, n, REASONS[Reason(r)].why, REASONS[Reason(r)].remedy)
        for r, n in counts.sort("packages", "reason", descending=[True, False]).rows()
    ]
    schema = {"reason": pl.String, "packages": pl.Int64, "why": pl.String, "remedy": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
