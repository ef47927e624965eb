"""How carriers scan: the share they scan with its range, and how soon."""

from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import percent

_MOST = 15
"""Carriers that a chart shows; those of fewest packages are left out, and said to be."""
_DAYS = {
    "same day": ("0",),
    "1 day": ("1",),
    "2 days": ("2",),
    "3 days or more": tuple(str(d) for d in range(3, 31)),
    "some day": ("some day",),
    "never": ("none",),
}
"""Days from shipping to the first scan, as a bar tells them."""
SPANS = dict(zip(_DAYS, theme.SPANS, strict=True))
"""The colour of each: the later, the lighter, then warm."""


def scan_rates(carriers: pl.DataFrame) -> theme.Panel:
    """The share of packages that each carrier scanned, with the range that its count allows.

    Args:
        carriers: what `vtrkit.metric.carrier_scans.carrier_scans` returns.

    Examples:
        >>> table = pl.DataFrame({"account": "a", "marketplace": "US", "carrier_id": "ups",
        ...     "packages": 220, "known": [200], "scanned": 190, "scan_rate": 0.95, "low": 0.91,
        ...     "high": 0.97, "first_scan_days": 1, "ranked": True})
        >>> scan_rates(table).description.split(": ")[1]
        'a · US · UPS 95.0 % (190/200), half within 1 day.'
    """
    title = "How reliably carriers scan"
    known = carriers.filter(pl.col("known") > 0)
    if known.is_empty():
        return theme.nothing(title, "no file says whether a carrier scanned any of these packages")
    named = _named(known).sort("known", "name", descending=[True, False])
    rows = _rate_rows(named.head(_MOST))
    return _points(rows).properties(
        title=theme.titled(
            title,
            "share of packages with scan data that got a carrier scan; line: where the true share "
            "lies at 95 % (Wilson); hollow: fewer than 20 packages, not ranked" + _fewest(named),
        ),
        description=_rates_text(rows),
    )


_KEY = ("account", "marketplace", "carrier_id")


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """Each carrier by its name, after the account where there are several."""
    told = table.with_columns(
        carrier_id=pl.col("carrier_id").cast(pl.String).replace(carrier_names())
    )
    return told.with_columns(name=naming.series_name(told.select(_KEY)))


def _fewest(named: pl.DataFrame) -> str:
    return naming.left_out(_MOST, named["name"].to_list(), "carriers, those of most packages")


def _rate_rows(named: pl.DataFrame) -> list[dict[str, Any]]:
    """The worst first; carriers of few packages last."""
    rows = named.sort("ranked", "scan_rate", "name", descending=[True, False, False]).to_dicts()
    return [
        {
            "carrier": r["name"],
            "rate": r["scan_rate"] * 100,
            "low": r["low"] * 100,
            "high": r["high"] * 100,
            "scanned": r["scanned"],
            "known": r["known"],
            "packages": r["packages"],
            "median": r["first_scan_days"],
            "few": not r["ranked"],
            "said": f"{percent(r['scan_rate'])} ({r['scanned']:,}/{r['known']:,})"
            + _median(r["first_scan_days"]),
        }
        for r in rows
    ]


def _median(days: int | None) -> str:
    if days is None:
        return ""
    return f", half within {days} day" + "s" * (days > 1) if days else ", half on the same day"


def _points(rows: list[dict[str, Any]]) -> theme.Panel:
    colour = theme.SERIES[0]
    base = alt.Chart(alt.InlineData(rows)).encode(
        y=alt.Y("carrier:N", sort=[r["carrier"] for r in rows], title=None),
        tooltip=[
            alt.Tooltip("carrier:N"),
            theme.number("rate", "scanned, %"),
            theme.number("low", "at least, %"),
            theme.number("high", "at most, %"),
            theme.count("scanned"),
            theme.count("known", "with scan data"),
            theme.count("packages"),
            theme.count("median", "median days to first scan"),
        ],
    )
    lowest = min(10 * int(r["low"] // 10) for r in rows)
    x = alt.X("low:Q", title="scanned, %", scale=alt.Scale(domain=[lowest, 100]))
    line = base.mark_rule(strokeWidth=3, color=colour, opacity=0.45).encode(x=x, x2="high:Q")
    fill = alt.condition(alt.datum.few, alt.value(theme.CARD), alt.value(colour))
    dot = base.mark_point(size=90, filled=True, stroke=colour, strokeWidth=2, opacity=1)
    text = base.mark_text(align="left").encode(x=alt.value(_PLOT + 12), text="said:N")
    return alt.layer(line, dot.encode(x="rate:Q", fill=fill), text).properties(
        width=_PLOT, height=alt.Step(26)
    )


_PLOT = 400


def _rates_text(rows: list[dict[str, Any]]) -> str:
    said = "; ".join(f"{r['carrier']} {r['said']}" for r in rows)
    return f"Share of packages that each carrier scanned, the worst first: {said}."


def first_scans(delays: pl.DataFrame) -> theme.Panel:
    """How many days pass until the first scan, by carrier, of packages with scan data.

    Args:
        delays: what `vtrkit.metric.tally.scan_delay` returns, or a part of it.

    Examples:
        >>> table = pl.DataFrame({"account": "a", "marketplace": "US", "carrier_id": "ups",
        ...     "scan_delay": ["0", "4", "none"], "packages": [90, 6, 4]})
        >>> first_scans(table).description.split(": ")[1]
        'a · US · UPS (100) same day 90, 3 days or more 6, never 4.'
    """
    title = "Days until the first scan"
    spans = {day: span for span, days in _DAYS.items() for day in days}
    known = delays.with_columns(delay=pl.col("scan_delay").cast(pl.String)).filter(
        pl.col("delay").is_in(list(spans))
    )
    if known.is_empty():
        return theme.nothing(title, "no file says whether a carrier scanned any of these packages")
    cells = (
        _named(known)
        .group_by("name", span=pl.col("delay").replace_strict(spans))
        .agg(pl.col("packages").sum())
        .with_columns(known=pl.col("packages").sum().over("name"))
    )
    sizes = cells.select("name", "known").unique().sort("known", "name", descending=[True, False])
    return _bars(cells, sizes.head(_MOST)["name"].to_list()).properties(
        title=theme.titled(
            title,
            "of the packages with scan data, those first scanned so long after shipping; carriers "
            "of most packages first" + _fewest(sizes),
        ),
        description=_spans_text(cells, sizes.head(_MOST)),
    )


def _bars(cells: pl.DataFrame, order: list[str]) -> theme.Panel:
    there = [s for s in SPANS if s in set(cells["span"])]
    colours = theme.scale(list(SPANS), list(SPANS.values()))
    rank = {span: i for i, span in enumerate(SPANS)}
    rows = cells.filter(pl.col("name").is_in(order)).with_columns(
        share=pl.col("packages") / pl.col("known") * 100,
        rank=pl.col("span").replace_strict(rank),
    )
    legend = alt.Legend(title=None, orient="top", symbolType="square", values=there)
    bars = (
        alt.Chart(rows.sort("name", "rank"))
        .mark_bar(stroke=theme.CARD, strokeWidth=1)
        .encode(
            y=alt.Y("name:N", sort=order, title=None),
            x=alt.X("share:Q", title="packages, %", scale=alt.Scale(domain=[0, 100])),
            color=alt.Color("span:N", sort=list(SPANS), scale=colours, legend=legend),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("name:N", title="carrier"),
                alt.Tooltip("span:N", title="first scan"),
                theme.count("packages"),
                theme.count("known", "with scan data"),
                theme.number("share", "share, %"),
            ],
        )
    )
    return alt.layer(bars).properties(width=620, height=alt.Step(26))


def _spans_text(cells: pl.DataFrame, sizes: pl.DataFrame) -> str:
    rows = {(r["name"], r["span"]): r["packages"] for r in cells.to_dicts()}
    said = "; ".join(
        f"{name} ({known:,}) "
        + ", ".join(f"{span} {rows[name, span]:,}" for span in SPANS if (name, span) in rows)
        for name, known in sizes.rows()
    )
    return f"Bars of days until the first scan by carrier: {said}."
