"""Why packages fail, as a chart: reasons from the most frequent one, by category and carrier."""

from typing import Any

import altair as alt
import polars as pl

from vtrkit.carriers import carrier_names
from vtrkit.charts import titled
from vtrkit.schema import REASONS, Reason
from vtrkit.show import percent

_MOST = 8
"""Categories or carriers that have a column; the smaller ones share the last."""
_REST = "all others"
_BAR = "#0072b2"


def pareto(reasons: pl.DataFrame) -> alt.HConcatChart:
    """Packages that are not valid, by reason, with how much the most frequent ones explain.

    Args:
        reasons: packages by category, carrier_id and reason, as `Run.reasons` gives them.
    """
    labels = {str(r): text.label for r, text in REASONS.items()}
    names = carrier_names()
    told = reasons.select(
        "packages",
        reason=pl.col("reason").cast(pl.String).replace(labels),
        category=pl.col("category").cast(pl.String),
        carrier=pl.col("carrier_id").cast(pl.String).replace(names),
    )
    ranked = told.group_by("reason").agg(pl.col("packages").sum())
    ranked = ranked.sort("packages", "reason", descending=[True, False])
    upto = pl.col("packages").cum_sum() / pl.col("packages").sum()
    ranked = ranked.with_columns(upto=upto)
    order = ranked["reason"].to_list()
    chart: alt.HConcatChart = (
        alt.hconcat(
            _bars(ranked), _grid(told, "category", order), _grid(told, "carrier", order), spacing=10
        )
        .properties(
            title=titled(
                "Why packages fail",
                "packages in the enforced windows that are defects or unverified; beside each bar "
                "how much of them all it and those above explain",
            ),
            description=_text(ranked),
        )
        .resolve_scale(color="independent")
    )
    return chart


def _bars(ranked: pl.DataFrame) -> alt.LayerChart | alt.FacetChart:
    rows = [
        {**r, "said": f"{r['packages']:,} · {percent(r['upto'], 0)}"} for r in ranked.to_dicts()
    ]
    base = alt.Chart(alt.InlineData(rows)).encode(
        y=alt.Y("reason:N", sort=ranked["reason"].to_list(), title=None),
        x=alt.X(
            "packages:Q",
            title="packages",
            axis=alt.Axis(tickMinStep=1),
            scale=alt.Scale(domain=[0, max((r["packages"] for r in rows), default=1)]),
        ),
        tooltip=[
            alt.Tooltip("reason:N"),
            alt.Tooltip("packages:Q", format=","),
            alt.Tooltip("upto:Q", title="this and those above", format=".1%"),
        ],
    )
    text = base.mark_text(align="left", dx=4, fontSize=12).encode(text="said:N")
    return alt.layer(base.mark_bar(color=_BAR), text).properties(width=180, height=alt.Step(26))


def _grid(told: pl.DataFrame, column: str, order: list[str]) -> alt.LayerChart | alt.FacetChart:
    """Reasons by category or carrier: the darker a cell, the more packages; the count in words."""
    sums = told.group_by(column).agg(pl.col("packages").sum())
    largest = sums.sort("packages", column, descending=[True, False])[column].head(_MOST).to_list()
    shown = told.with_columns(
        pl.when(pl.col(column).is_in(largest)).then(column).otherwise(pl.lit(_REST)).alias(column)
    )
    cells = shown.group_by("reason", column).agg(pl.col("packages").sum()).sort("reason", column)
    base = alt.Chart(alt.InlineData(cells.to_dicts())).encode(
        y=alt.Y("reason:N", sort=order, title=None, axis=alt.Axis(labels=False, ticks=False)),
        x=alt.X(
            f"{column}:N",
            sort=[*largest, _REST],
            title="by " + column,
            axis=alt.Axis(labelAngle=-40, labelLimit=110, orient="top"),
        ),
        tooltip=[alt.Tooltip("reason:N"), alt.Tooltip(f"{column}:N"), alt.Tooltip("packages:Q")],
    )
    most: Any = cells["packages"].max() or 1
    shade = alt.Color("packages:Q", scale=alt.Scale(scheme="blues", domain=[0, most]), legend=None)
    dark = alt.condition(f"datum.packages > {most * 0.55}", alt.value("#fff"), alt.value("#1a1a1a"))
    text = base.mark_text(fontSize=12).encode(text=alt.Text("packages:Q", format=","), color=dark)
    grid = alt.layer(base.mark_rect(stroke="white").encode(color=shade), text)
    return grid.properties(width=alt.Step(31), height=alt.Step(26))


def _text(ranked: pl.DataFrame) -> str:
    said = "; ".join(f"{r['reason']} {r['packages']:,}" for r in ranked.to_dicts())
    return f"Bar chart of the reasons why packages fail, most frequent first: {said or 'none'}."


def remedies(reasons: pl.DataFrame) -> pl.DataFrame:
    """The reasons that occur with their explanation and remedy, the most frequent first."""
    counts = reasons.group_by("reason").agg(pl.col("packages").sum())
    rows = [
        (REASONS[Reason(r)].label, n, REASONS[Reason(r)].why, REASONS[Reason(r)].remedy)
        for r, n in counts.sort("packages", "reason", descending=[True, False]).rows()
    ]
    schema = {"reason": pl.String, "packages": pl.Int64, "why": pl.String, "remedy": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
