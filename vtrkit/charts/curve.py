"""What the rate would be at each share of adoption, and where it reaches the targets."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.words import percent

LINES = len(theme.SERIES)
"""Lines that one chart can tell apart."""
_NEVER = "out of reach"


def what_if_curve(
    stops: pl.DataFrame, needed: pl.DataFrame | None = None, targets: Sequence[float] = (95, 98)
) -> alt.VConcatChart | theme.Panel:
    """The rate by the share of packages adopted, a line per category or window.

    ```
    share  category  days  moved  counted_after  valid_after  vtr_low_after  vtr_high_after  …
    0.25   Shoes     30    12.0   200.0          180.0        0.90           0.92
    ```

    Args:
        stops: the rows of `vtrkit.apply` at each share, one below the other, with that `share`
            (0 to 1). The line takes unverified packages as failing, the band as holding.
        needed: where the lines cross the targets: what `vtrkit.adoption_needed` returns for the
            same lever and groups.
        targets: the lines to cross, in percent.

    Examples:
        >>> stops = pl.DataFrame({"share": [0.0, 1.0], "category": "Shoes", "moved": [0.0, 20.0],
        ...     "counted_after": 200.0, "valid_after": [180.0, 200.0], "vtr_low_after": [0.9, 1.0],
        ...     "vtr_high_after": [0.9, 1.0], "status_after": ["BAD", "GOOD"]})
        >>> what_if_curve(stops).description.split(": ")[1]
        'Shoes from 90.0 % (180/200) to 100.0 % (200/200) at 100 %.'
    """
    title = "What adoption of tracking would do to the rate"
    there = stops.filter(pl.col("counted_after") > 0)
    if there.is_empty():
        return theme.nothing(title, "no package is counted in this selection")
    named = _shares(there.with_columns(series=naming.series_name(there)))
    order = _lowest_first(named)
    kept = order[:LINES]
    shown = named.filter(pl.col("series").is_in(kept)).sort("series", "share")
    marks = _crossings(needed, named, kept)
    lines = _lines(shown, marks, kept, targets)
    grid = [_needed_grid(marks, kept)] if marks.height else []
    return alt.vconcat(lines, *grid, spacing=14).properties(
        title=theme.titled(
            title, _said(len(kept)) + naming.left_out(len(kept), order, "lines, the lowest")
        ),
        description=_text(shown, marks, kept),
    )


_BANDS = 3
"""Lines with which bands can still be told apart."""


def _said(lines: int) -> str:
    band = ", band: up to all of them holding" if lines <= _BANDS else ""
    return (
        "expected rate if this share of the eligible packages were tracked; line: unverified "
        f"packages taken as failing{band}; circle: the whole packages that reach the target"
    )


_RATES = ("vtr_low_after", "vtr_high_after")


def _shares(stops: pl.DataFrame) -> pl.DataFrame:
    """Shares and rates in percent."""
    return stops.with_columns(pl.col("share", *_RATES) * 100)


def _lowest_first(named: pl.DataFrame) -> list[str]:
    start = named.sort("share").group_by("series", maintain_order=True).first()
    return start.sort("vtr_low_after", "series")["series"].to_list()


def _crossings(
    needed: pl.DataFrame | None, named: pl.DataFrame, kept: Sequence[str]
) -> pl.DataFrame:
    """The points at which lines cross targets, by the names of the lines."""
    if needed is None or needed.is_empty():
        return pl.DataFrame(schema={"series": pl.String, "target": pl.Float64})
    keys = [n for n in naming.LEVELS if n in needed.columns and n in named.columns]
    names = named.select(*(pl.col(n) for n in keys), "series").unique()
    there = needed.filter(pl.col("counted") > 0)
    told = there.join(names, on=keys).filter(pl.col("series").is_in(kept))
    return told.select(
        "series",
        "packages",
        "eligible",
        share=pl.col("share") * 100,
        target=pl.col("target_bp") / 100,
        said=pl.Series([_needs(r) for r in told.to_dicts()], dtype=pl.String),
    ).sort("series", "target")


def _needs(row: Mapping[str, Any]) -> str:
    if row["packages"] is None:
        return f"✕ {_NEVER}: {row['eligible']:,} eligible"
    if not row["packages"]:
        return "✓ on target as it is"
    return f"{row['packages']:,} of {row['eligible']:,} packages ({percent(row['share'])})"


def _lines(
    shown: pl.DataFrame, marks: pl.DataFrame, kept: Sequence[str], targets: Sequence[float]
) -> theme.Panel:
    stroke, dash, fill = theme.line_scales("series", kept)
    y = theme.rate_domain(shown["vtr_low_after"], targets)
    columns = ["series", "share", *_RATES, "valid_after", "counted_after", "moved", "status_after"]
    axis = alt.Axis(title="adopted, % of the eligible packages", tickCount=10)
    base = alt.Chart(shown.select(columns)).encode(x=alt.X("share:Q", axis=axis))
    band = base.mark_area(opacity=0.13 if len(kept) <= _BANDS else 0).encode(
        y=alt.Y("vtr_low_after:Q", stack=None, scale=y, title="rate, %"),
        y2="vtr_high_after:Q",
        fill=fill,
    )
    low = base.encode(y=alt.Y("vtr_low_after:Q", scale=y))
    line = low.mark_line(strokeWidth=2.5).encode(stroke=stroke, strokeDash=dash)
    points = low.mark_point(size=70, opacity=0).encode(tooltip=_TOOLTIP, detail="series:N")
    crossed = [_crossed(marks, kept)] if marks.height else []
    return alt.layer(band, *theme.target_lines(targets), line, points, *crossed).properties(
        width=theme.WIDTH, height=300
    )


_TOOLTIP = [
    alt.Tooltip("series:N", title="line"),
    theme.number("share", "adopted, %", ".0f"),
    theme.number("moved", "packages moved", ",.1f"),
    theme.number("vtr_low_after", "rate at least, %"),
    theme.number("vtr_high_after", "rate at most, %"),
    theme.number("valid_after", "valid, expected", ",.1f"),
    theme.number("counted_after", "counted, expected", ",.1f"),
    alt.Tooltip("status_after:N", title="status"),
]


def _crossed(marks: pl.DataFrame, kept: Sequence[str]) -> alt.Chart:
    """A point where a line meets a target, filled white."""
    colours = theme.scale(kept, theme.SERIES[: len(kept)])
    points: alt.Chart = (
        alt.Chart(marks.filter(pl.col("packages") > 0))
        .mark_point(size=80, filled=True, fill=theme.CARD, strokeWidth=2.5, opacity=1)
        .encode(
            x="share:Q",
            y="target:Q",
            stroke=alt.Stroke("series:N", sort=list(kept), scale=colours),
            tooltip=[
                alt.Tooltip("series:N", title="line"),
                theme.number("target", "reaches, %", "~g"),
                theme.count("packages", "packages it takes"),
                theme.count("eligible"),
                theme.number("share", "of the eligible, %", ".1f"),
            ],
        )
    )
    return points


def _needed_grid(marks: pl.DataFrame, kept: Sequence[str]) -> theme.Panel:
    """What each line takes to reach each target, in words."""
    columns = [f"for {t:g} %" for t in sorted(marks["target"].unique())]
    rows = [
        {"series": r["series"], "goal": f"for {r['target']:g} %", "said": r["said"]}
        for r in marks.to_dicts()
    ]
    base = alt.Chart(alt.InlineData(rows)).encode(
        x=alt.X("goal:N", sort=columns, title=None, axis=alt.Axis(orient="top", labelAngle=0)),
        y=alt.Y("series:N", sort=list(kept), title=None),
    )
    cells = base.mark_rect(color=theme.GROUND, stroke=theme.CARD, strokeWidth=2)
    return alt.layer(cells, base.mark_text().encode(text="said:N")).properties(
        width=alt.Step(260), height=alt.Step(24)
    )


def _text(shown: pl.DataFrame, marks: pl.DataFrame, kept: Sequence[str]) -> str:
    ends = {n: shown.filter(series=n).sort("share").to_dicts() for n in kept}
    said = "; ".join(
        f"{n} from {_rate(rows[0])} to {_rate(rows[-1])} at {rows[-1]['share']:g} %"
        for n, rows in ends.items()
    )
    takes = "; ".join(f"{r['series']} for {r['target']:g} %: {r['said']}" for r in marks.to_dicts())
    more = f" Packages it takes: {takes}." if takes else ""
    return f"Lines of the expected rate by adoption: {said}.{more}"


def _rate(row: Mapping[str, Any]) -> str:
    rate = percent(row["vtr_low_after"] / 100)
    return f"{rate} ({row['valid_after']:,.0f}/{row['counted_after']:,.0f})"
