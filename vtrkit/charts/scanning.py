"""How carriers scan: the share they scan, with its range."""

from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import percent

_MOST = 15
"""Carriers that a chart shows; those of fewest packages are left out, and said to be."""


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
    tooltip = [
        alt.Tooltip("carrier:N"),
        theme.number("rate", "scanned, %"),
        theme.number("low", "at least, %"),
        theme.number("high", "at most, %"),
        theme.count("scanned"),
        theme.count("known", "with scan data"),
        theme.count("packages"),
        theme.count("median", "median days to first scan"),
    ]
    order = [r["carrier"] for r in rows]
    base = alt.Chart().encode(alt.Y("carrier:N", sort=order, title=None), tooltip)
    lowest = min(10 * int(r["low"] // 10) for r in rows)
    x = alt.X("low:Q", title="scanned, %", scale=alt.Scale(domain=[lowest, 100]))
    line = base.mark_rule(strokeWidth=3, color=colour, opacity=0.45).encode(x, alt.X2("high"))
    fill = alt.FillValue(colour, condition={"test": alt.datum.few, "value": theme.CARD})
    dot = base.mark_point(size=90, filled=True, stroke=colour, strokeWidth=2, opacity=1)
    text = base.mark_text(align="left").encode(alt.XValue(_PLOT + 12), alt.Text("said:N"))
    layers = (line, dot.encode(alt.X("rate:Q"), fill), text)
    return alt.layer(*layers, data=theme.Rows(rows)).properties(width=_PLOT, height=alt.Step(26))


_PLOT = 400


def _rates_text(rows: list[dict[str, Any]]) -> str:
    said = "; ".join(f"{r['carrier']} {r['said']}" for r in rows)
    return f"Share of packages that each carrier scanned, the worst first: {said}."
