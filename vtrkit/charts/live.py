"""Bars that can be clicked, whose rows come later: categories, carriers, reasons.

A view in a running notebook sends only rows from event to event; making a specification anew
takes Altair longer than a reader waits for a slider.
"""

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import UNNAMED_MARKETPLACE, Reason, Status
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import STATUS_SIGNS, percent, rate_text

Rows = list[dict[str, Any]]
_WIDTH, _TEXT = 360, 178
_STEP = 21


def ranking(title: str) -> dict[str, Any]:
    """The specification of bars with a rate beside each, most failing packages on top.

    Its rows are those of `ranked`, under the name *rows*.
    """
    colour = alt.Color("status:N", scale=theme.status_scale(), legend=None)
    return _bars(title, "click one to narrow the rest", _TEXT, colour)


def counts(title: str) -> dict[str, Any]:
    """The specification of bars with a count beside each; its rows are those of `reasons`."""
    colour = alt.ColorValue(theme.SERIES[0])
    return _bars(title, "click one to see where it happens", _TEXT // 2, colour)


def _bars(title: str, subtitle: str, left: int, colour: Any) -> dict[str, Any]:
    """Bars right of the words about them; a row is clicked anywhere, the chosen one has a ground.

    Half a package has no label on the axis.
    """
    order = alt.EncodingSortField("rank", op="min", order="ascending")
    labels = alt.Axis(labelLimit=170, ticks=False, domain=False)
    base = alt.Chart().encode(alt.Y("label:N", sort=order, title=None, axis=labels))
    whole = "datum.value % 1 ? '' : format(datum.value, ',d')"
    failing = alt.X(
        "failing:Q",
        stack=None,
        title="packages not known to be valid",
        scale=alt.Scale(range=[left, _WIDTH], zero=True, nice=False),
        axis=alt.Axis(tickCount=3, labelExpr=whole, grid=False),
    )
    row = base.encode(alt.XValue(0), alt.X2Value(_WIDTH))
    chosen = {"test": "datum.chosen", "value": theme.CHOSEN}
    words = base.mark_text(align="left", dx=4, fontSize=12, color=theme.INK)
    layers = alt.layer(
        row.mark_rect().encode(alt.ColorValue("transparent", condition=chosen)),
        base.mark_bar(height=_STEP - 8).encode(failing, colour),
        words.encode(alt.XValue(0), alt.Text("said:N")),
        row.mark_rect(opacity=0, cursor="pointer").encode(alt.Tooltip("tip:N")),
        data=alt.NamedData("rows"),
    )
    spec: dict[str, Any] = layers.properties(
        width=_WIDTH,
        height=alt.Step(_STEP),
        title=theme.titled(title, subtitle, theme.NARROW),
    ).to_dict()
    return spec


def ranked(table: pl.DataFrame, column: str) -> Rows:
    """The rows of `ranking` from what `vtrkit.lab.slices` gives for categories or carriers."""
    known = carrier_names() if column == "carrier_id" else {}
    names = naming.short(known.get(str(n), str(n)) for n in table[column])
    several = table["marketplace"].drop_nulls().n_unique() > 1
    return [
        {
            "id": [r["marketplace"], r[column]],
            "rank": rank,
            "label": _label(r, names[known.get(str(r[column]), str(r[column]))], several),
            "status": str(Status(r["status"] or Status.NONE)),
            "said": _said(r),
            "failing": r["failing"],
            "chosen": r["chosen"],
            "tip": _tip(r),
        }
        for rank, r in enumerate(table.to_dicts())
    ]


def _label(row: Mapping[str, Any], name: str, several: bool) -> str:
    if row["members"] > 1:
        return f"({row['members']:,} others)"
    named = several and row["marketplace"] != UNNAMED_MARKETPLACE
    return f"{name} · {row['marketplace']}" if named else name


def _said(row: Mapping[str, Any]) -> str:
    if row["members"] > 1:
        return f"{row['valid']:,}/{row['counted']:,} valid"
    return f"{STATUS_SIGNS[Status(row['status'])]} {rate_text(row)}"


def _tip(row: Mapping[str, Any]) -> str:
    counted = f"{row['failing']:,} failing of {row['counted']:,}, {row['unknown']:,} unverified"
    if row["members"] > 1:
        return f"{row['members']:,} further rows: {counted}"
    return (
        f"{row['status']}: {rate_text(row)}; {counted}; "
        f"{row['window_start']} to {row['window_end']}; over the limit {row['to_fix']:,}"
    )


def reasons(table: pl.DataFrame) -> Rows:
    """The rows of `counts` from failing packages by reason."""
    whole = table["packages"].sum() or 1
    return [
        {
            "id": r["reason"],
            "rank": rank,
            "label": REASONS[Reason(r["reason"])].label,
            "failing": r["packages"],
            "said": f"{r['packages']:,} · {percent(r['packages'] / whole, 0)}",
            "chosen": r["chosen"],
            "tip": REASONS[Reason(r["reason"])].why,
        }
        for rank, r in enumerate(table.to_dicts())
    ]


def words(title: str, rows: Rows) -> str:
    """What a chart shows, for those who cannot see it: each bar, or the end of each line."""
    if rows and "said" not in rows[0]:
        last = {r["series"]: r for r in rows}
        ends = "; ".join(f"{name}: {_end(row)}" for name, row in last.items())
        return f"{title}, lines. At their ends: {ends}."
    said = "; ".join(f"{r['label']} {r['said']}" for r in rows)
    return f"{title}, from the top: {said or 'none'}."


def _end(row: Mapping[str, Any]) -> str:
    low, high = (percent(row[name] / 100) for name in ("vtr_low", "vtr_high"))
    return f"{row['day'][:10]} {low} ({low} to {high})"
