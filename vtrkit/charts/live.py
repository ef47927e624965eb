"""Charts whose rows come later: a specification drawn once, and the rows that it then shows.

A live view sends only rows from event to event; building a specification anew takes Altair
longer than a reader waits for a slider.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.schema import REASONS, UNNAMED_MARKETPLACE, Reason, Status
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import STATUS_SIGNS, percent, rate_text

Rows = list[dict[str, Any]]
_WIDTH, _TEXT = 360, 178
_STEP = 21


def ranking(title: str, subtitle: str) -> dict[str, Any]:
    """The specification of bars with a rate beside each, most failing packages on top.

    Its rows are those of `ranked`, under the name *rows*.
    """
    base = alt.Chart(alt.NamedData("rows")).encode(y=_by_rank())
    bars = base.mark_bar(height=_STEP - 8).encode(
        x=_bar_from(_TEXT), color=alt.Color("status:N", scale=theme.status_scale(), legend=None)
    )
    told = base.mark_text(align="left", dx=4, fontSize=12, color=theme.INK).encode(
        x=alt.value(0), text="said:N"
    )
    return _rows_chart(base, bars, told, headed(title, subtitle))


def counts(title: str, subtitle: str) -> dict[str, Any]:
    """The specification of bars with a count beside each; its rows are those of `reasons`."""
    base = alt.Chart(alt.NamedData("rows")).encode(y=_by_rank())
    bars = base.mark_bar(height=_STEP - 8, color=theme.SERIES[0]).encode(x=_bar_from(_TEXT // 2))
    told = base.mark_text(align="left", dx=4, fontSize=12, color=theme.INK).encode(
        x=alt.value(0), text="said:N"
    )
    return _rows_chart(base, bars, told, headed(title, subtitle))


def _by_rank() -> alt.Y:
    return alt.Y(
        "label:N",
        sort=alt.EncodingSortField("rank", op="min", order="ascending"),
        title=None,
        axis=alt.Axis(labelLimit=170, ticks=False, domain=False),
    )


def _bar_from(left: int) -> alt.X:
    """Bars begin right of the text that is said of them."""
    return alt.X(
        "failing:Q",
        stack=None,
        title="packages not known to be valid",
        scale=alt.Scale(range=[left, _WIDTH], zero=True, nice=False),
        axis=alt.Axis(tickCount=3, labelExpr=_WHOLE, grid=False),
    )


_WHOLE = "datum.value % 1 ? '' : format(datum.value, ',d')"
"""Half a package has no label."""


def _rows_chart(
    base: alt.Chart, bars: alt.Chart, told: alt.Chart, title: alt.TitleParams
) -> dict[str, Any]:
    """Rows that can be clicked over their whole width; the chosen one has a ground of its own."""
    across = base.mark_rect().encode(
        x=alt.value(0),
        x2=alt.value(_WIDTH),
        color=alt.condition("datum.chosen", alt.value(theme.CHOSEN), alt.value("transparent")),
    )
    hit = base.mark_rect(opacity=0, cursor="pointer").encode(
        x=alt.value(0), x2=alt.value(_WIDTH), tooltip=alt.Tooltip("tip:N")
    )
    layers = alt.layer(across, bars, told, hit)
    return finished(layers.properties(width=_WIDTH, height=alt.Step(_STEP), title=title))


def finished(chart: theme.Panel) -> dict[str, Any]:
    """A chart as the specification that a browser draws."""
    made: dict[str, Any] = chart.to_dict()
    return made


def by_label() -> tuple[alt.Stroke, alt.StrokeDash, alt.Fill]:
    """A colour and a dash for each line, told above them, and the colour of its band."""
    legend = alt.Legend(title=None, orient="top", columns=3, symbolType="stroke", symbolOpacity=1)
    colours, dashes = alt.Scale(range=theme.SERIES), alt.Scale(range=theme.DASHES)
    return (
        alt.Stroke("label:N", scale=colours, legend=legend),
        alt.StrokeDash("label:N", scale=dashes, legend=legend),
        alt.Fill("label:N", scale=colours, legend=legend),
    )


def headed(text: str, subtitle: str) -> alt.TitleParams:
    """A title whose lines are as long as a live chart is wide."""
    return alt.TitleParams(text, subtitle=wrap(subtitle, 72))


def line(title: str, subtitle: str) -> dict[str, Any]:
    """The specification of rates over time; its rows are those of `lines`, `goals` and `mark`."""
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "day:T",
            title="as-of day",
            scale=alt.Scale(type="utc"),
            axis=alt.Axis(format="%-d %b %Y", tickCount=5),
        ),
    )
    stroke, dash, fill = by_label()
    y = alt.Scale(zero=False, domainMax=100, nice=False)
    low = alt.Y("low:Q", title="rate, %", scale=y)
    band = base.mark_area(opacity=0.2, interpolate="step-after").encode(
        y=alt.Y("low:Q", stack=None, scale=y), y2="high:Q", fill=fill
    )
    drawn = base.mark_line(strokeWidth=2, interpolate="step-after", point=False).encode(
        y=low, stroke=stroke, strokeDash=dash
    )
    hover = base.mark_point(opacity=0, size=60).encode(
        y=low, detail="label:N", tooltip=alt.Tooltip("tip:N")
    )
    return finished(
        alt.layer(band, drawn, hover, *target_marks(y), *_day()).properties(
            width=_WIDTH + 90,
            height=230,
            title=headed(title, subtitle),
            usermeta={"nothing": "no day with a whole window of packages before it"},
        )
    )


def target_marks(y: alt.Scale) -> list[alt.Chart]:
    """The lines of the targets, whose rows are those of `goals`."""
    base = alt.Chart(alt.NamedData("targets")).encode(y=alt.Y("target:Q", scale=y))
    words = base.mark_text(align="left", dx=4, dy=-6, color=theme.RULE, fontSize=11)
    return [
        base.mark_rule(color=theme.RULE, strokeDash=[6, 4]),
        words.encode(x=alt.value(0), text="label:N"),
    ]


def _day() -> list[alt.Chart]:
    base = alt.Chart(alt.NamedData("day")).encode(x=alt.X("day:T"))
    return [base.mark_rule(color=theme.INK, strokeWidth=1.5)]


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
        f"{row['window_start']} to {row['window_end']}; to mend {row['to_fix']:,}"
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
        last = {r["label"]: r["tip"] for r in rows}
        return f"{title}, lines. At their ends: {'; '.join(f'{n}: {t}' for n, t in last.items())}."
    said = "; ".join(f"{r['label']} {r['said']}" for r in rows)
    return f"{title}, from the top: {said or 'none'}."


def lines(history: pl.DataFrame) -> Rows:
    """The rows of `line` from what `vtrkit.vtr` gives, in percent."""
    days = history.filter(pl.col("counted") > 0).select(
        pl.col("as_of").cast(pl.Datetime("ms")).dt.timestamp("ms").alias("day"),
        (pl.col("vtr_low", "vtr_high") * 100).round(3).name.replace("vtr_", ""),
        pl.col("marketplace").cast(pl.String).alias("label"),
        pl.format(
            "{}: {} to {} % ({}/{}, {} unverified)",
            pl.col("as_of").cast(pl.String),
            (pl.col("vtr_low") * 100).round(2),
            (pl.col("vtr_high") * 100).round(2),
            "valid",
            "counted",
            "unknown",
        ).alias("tip"),
    )
    return days.to_dicts()


def goals(targets: Sequence[float]) -> Rows:
    """The rows *targets* of `line`, in percent."""
    return [{"target": float(t), "label": f"target {t:g} %"} for t in targets]


def moment(day: Any) -> float:
    """A day as Vega takes it: milliseconds, at midnight in Greenwich."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000
