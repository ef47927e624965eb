"""The live charts of the what-if: before and after, by adoption, and in the coming weeks."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.charts.live import Rows, by_label, finished, headed, moment, target_marks
from vtrkit.schema import Status
from vtrkit.words import STATUS_SIGNS, percent

CATEGORIES, LINES = 14, len(theme.SERIES)
"""Categories that have a row, and those that have a line; the worst ones."""
_WIDTH, _TEXT = 430, 170
_RATE = alt.Scale(zero=False, domainMax=100, nice=False)


def before_and_after() -> dict[str, Any]:
    """The specification of each category's rate as it is and as it would be.

    Its rows are those of `changed` and, as *targets*, of `vtrkit.charts.live.goals`.
    """
    across = alt.Scale(zero=False, domainMax=100, nice=False, range=[_TEXT, _TEXT + _WIDTH])
    x = alt.X("after:Q", scale=across, title="rate, %", axis=alt.Axis(tickCount=5))
    order = alt.EncodingSortField("rank", op="min")
    base = alt.Chart(alt.NamedData("rows")).encode(y=alt.Y("label:N", sort=order, title=None))
    tip = alt.Tooltip("tip:N")
    way = base.mark_rule(strokeWidth=3, color=theme.BEFORE, opacity=0.6).encode(
        x=alt.X("before:Q", scale=across), x2="after:Q"
    )
    start = base.mark_tick(thickness=3, size=14, color=theme.SOFT).encode(
        x=alt.X("before:Q", scale=across), tooltip=tip
    )
    end = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=x,
        color=alt.Color("status:N", scale=theme.status_scale(), legend=None),
        tooltip=tip,
    )
    words = base.mark_text(align="left", dx=4).encode(x=alt.value(0), text="said:N")
    targets = alt.Chart(alt.NamedData("targets")).encode(x=alt.X("target:Q", scale=across))
    rule = targets.mark_rule(color=theme.RULE, strokeDash=[6, 4])
    names = targets.mark_text(color=theme.RULE, dy=-6, baseline="bottom")
    names = names.encode(y=alt.value(0), text="label:N")
    return finished(
        alt.layer(rule, names, way, start, end, words).properties(
            width=_TEXT + _WIDTH,
            height=alt.Step(22),
            title=headed(
                "Categories before and after",
                "tick: the rate as it is, point: under the scenario; unverified packages failing",
            ),
        )
    )


def by_adoption() -> dict[str, Any]:
    """The specification of the rate of each category by the share that adopts one lever.

    Its rows are those of `adopted`, as *crossings* those of `crossed`, as *now* the share that is
    chosen, and as *targets* those of `vtrkit.charts.live.goals`.
    """
    stroke, dash, _ = by_label()
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("share:Q", title="adopted, % of the packages it is about"),
        y=alt.Y("rate:Q", title="rate, %", scale=_RATE),
    )
    line = base.mark_line(strokeWidth=2.5).encode(stroke=stroke, strokeDash=dash)
    hover = base.mark_point(size=60, opacity=0).encode(
        detail="label:N", tooltip=alt.Tooltip("tip:N")
    )
    points = alt.Chart(alt.NamedData("crossings")).encode(
        x="share:Q", y="target:Q", tooltip=alt.Tooltip("tip:N")
    )
    circle = points.mark_point(
        size=80, filled=True, fill=theme.CARD, stroke=theme.INK, strokeWidth=2, opacity=1
    )
    now = alt.Chart(alt.NamedData("now")).mark_rule(strokeWidth=1.5, color=theme.INK)
    return finished(
        alt.layer(*target_marks(_RATE), line, now.encode(x="share:Q"), hover, circle).properties(
            width=420,
            height=260,
            title=headed(
                "What adoption of one lever would do",
                "the lowest categories; circle: whole packages that reach a target; "
                "upright: the share that is chosen",
            ),
        )
    )


def ahead() -> dict[str, Any]:
    """The specification of the rate of the coming days, as it is and under the scenario.

    Its rows are those of `coming`, as *day* the last day that is locked in, and as *targets*
    those of `vtrkit.charts.live.goals`.
    """
    axis = alt.Axis(title="as-of day", format="%-d %b %Y", tickCount=5)
    base = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X("day:T", scale=alt.Scale(type="utc"), axis=axis),
    )
    stroke, dash, fill = by_label()
    band = base.mark_area(opacity=0.18).encode(
        y=alt.Y("low:Q", stack=None, scale=_RATE, title="rate, %"), y2="high:Q", fill=fill
    )
    y = alt.Y("rate:Q", scale=_RATE, title="rate, %")
    line = base.mark_line(strokeWidth=2.5).encode(y=y, stroke=stroke, strokeDash=dash)
    hover = base.mark_point(size=60, opacity=0).encode(
        y=y, detail="label:N", tooltip=alt.Tooltip("tip:N")
    )
    locked = alt.Chart(alt.NamedData("day")).mark_rule(color=theme.INK).encode(x="day:T")
    return finished(
        alt.layer(*target_marks(_RATE), band, line, locked, hover).properties(
            width=420,
            height=260,
            title=headed(
                "The official rate of the coming days",
                "all categories; left of the upright line the packages have left the building; "
                "band: the range of what may come",
            ),
        )
    )


def changed(categories: pl.DataFrame) -> Rows:
    """The rows of `before_and_after` from what `vtrkit.apply` gives, the most urgent first."""
    shown = categories.filter(pl.col("counted") > 0)
    names = naming.short(shown["category"])
    order = shown.sort("status", "budget_left", "category").head(CATEGORIES)
    return [
        {
            "rank": rank,
            "label": names[str(r["category"])],
            "before": _points(r["vtr_low"]),
            "after": _points(r["vtr_low_after"]),
            "status": str(r["status_after"]),
            "said": f"{_signed(r['status'], r['vtr_low'])} → "
            f"{_signed(r['status_after'], r['vtr_low_after'])}",
            "tip": f"{r['status']} {r['valid']:,}/{r['counted']:,} → {r['status_after']} "
            f"{r['valid_after']:,.1f}/{r['counted_after']:,.1f}; moved {r['moved']:,.1f}; "
            f"may still fail {r['budget_left_after']:,}",
        }
        for rank, r in enumerate(order.to_dicts())
    ]


def _signed(status: str, share: float) -> str:
    return f"{STATUS_SIGNS[Status(status)]} {percent(share)}"


def _points(share: float | None) -> float | None:
    """A share in percent, as exact as a line is drawn."""
    return None if share is None else round(share * 100, 3)


def lowest(line: pl.DataFrame) -> list[str]:
    """The categories that have a line: those with the lowest rate before the lever."""
    first = line.filter(pl.col("share") == 0, pl.col("counted") > 0)
    return [str(n) for n in first.sort("vtr_low", "category")["category"].head(LINES)]


def adopted(line: pl.DataFrame) -> Rows:
    """The rows of `by_adoption` from `vtrkit.whatif.adoption_curve`."""
    kept = lowest(line)
    names = naming.short(kept)
    return [
        {
            "label": names[str(r["category"])],
            "share": round(r["share"] * 100, 3),
            "rate": _points(r["vtr_low_after"]),
            "tip": f"{names[str(r['category'])]}: {percent(r['share'], 0)} adopted, "
            f"{r['moved']:,.1f} packages: {percent(r['vtr_low_after'])} "
            f"({r['valid_after']:,.1f}/{r['counted_after']:,.0f})",
        }
        for r in line.filter(pl.col("category").cast(pl.String).is_in(kept)).to_dicts()
    ]


def crossed(needed: pl.DataFrame, kept: Sequence[str]) -> Rows:
    """The rows *crossings* of `by_adoption` from `vtrkit.adoption_needed`."""
    names = naming.short(kept)
    shown = needed.filter(pl.col("category").cast(pl.String).is_in(kept), pl.col("packages") > 0)
    return [
        {
            "label": names[str(r["category"])],
            "share": round(r["share"] * 100, 3),
            "target": r["target_bp"] / 100,
            "tip": f"{names[str(r['category'])]} reaches {r['target_bp'] / 100:g} % with "
            f"{r['packages']:,} of {r['eligible']:,} packages",
        }
        for r in shown.to_dicts()
    ]


def coming(outlook: pl.DataFrame) -> Rows:
    """The rows of `ahead` from `vtrkit.simulate`."""
    return [
        {
            "label": r["scenario"],
            "day": moment(r["day"]),
            "rate": _points(r["vtr"]),
            "low": _points(r["vtr_low"]),
            "high": _points(r["vtr_high"]),
            "tip": f"{r['day']} {r['scenario']}, {r['part']}: {percent(r['vtr'])} "
            f"({percent(r['vtr_low'])} to {percent(r['vtr_high'])}), "
            f"{r['counted']:,.0f} packages",
        }
        for r in outlook.filter(pl.col("counted") > 0, pl.col("vtr").is_not_null()).to_dicts()
    ]


def locked_in(outlook: pl.DataFrame) -> date | None:
    """The last day whose packages have left the building."""
    day = outlook.filter(pl.col("part") != "projected")["day"].max()
    return day if isinstance(day, date) else None
