"""Many accounts: how many categories of each stand where, and which are furthest over."""

from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.schema import Status
from vtrkit.words import STATUS_SIGNS, place, rate_text

MOST = 40
"""Accounts, or categories over their limit, that a chart has a row for; the worst ones."""
_WIDTH = 560
_COLUMNS = {
    Status.BAD: "bad",
    Status.UNDECIDED: "undecided",
    Status.AT_RISK: "at_risk",
    Status.GOOD: "good",
    Status.NONE: "none",
}


def accounts_by_status(portfolio: pl.DataFrame) -> theme.Panel:
    """How many categories of each account have each status, the worst account on top.

    Args:
        portfolio: what `vtrkit.metric.portfolio.portfolio` returns.
    """
    shown = portfolio.filter(pl.sum_horizontal(_COLUMNS.values()) > 0).head(MOST).to_dicts()
    rows = [
        {
            "account": place(r),
            "rate": rate_text(r),
            "status": str(status),
            "order": order,
            "categories": r[column],
            "said": f"{STATUS_SIGNS[status]} {r[column]}",
            "over the limit": r["to_fix"],
            "worst": r["worst"] or "–",
        }
        for r in shown
        for order, (status, column) in enumerate(_COLUMNS.items())
        if r[column]
    ]
    made: theme.Panel = _stacks(
        rows, [place(r) for r in shown], _cut(portfolio.height, "accounts")
    ).properties(description=_told(shown))
    return made


def _cut(whole: int, what: str) -> str:
    return f"; the first {MOST} of {whole:,} {what}" if whole > MOST else ""


def _stacks(rows: list[dict[str, Any]], order: list[str], cut: str) -> theme.Panel:
    tips = ("account", "rate", "status", "categories", "over the limit", "worst")
    base = alt.Chart().encode(
        alt.Y("account:N", sort=order, title=None),
        alt.Order("order:Q"),
        [alt.Tooltip(f"{n}:N") for n in tips],
    )
    across = alt.X("categories:Q", stack="zero", title="categories", axis=alt.Axis(tickMinStep=1))
    middle = alt.X("categories:Q", stack="zero", bandPosition=0.5)
    bars = base.mark_bar(stroke="white").encode(across, theme.status_colour())
    words = base.mark_text(fontSize=12).encode(
        middle, alt.Detail("status:N"), alt.Text("said:N"), theme.on_status()
    )
    return alt.layer(bars, words, data=theme.Rows(rows)).properties(
        width=_WIDTH,
        height=alt.Step(24),
        title=theme.titled("Categories by status", "each account over the days that count" + cut),
    )


def _told(rows: list[dict[str, Any]]) -> str:
    said = "; ".join(
        f"{place(r)} {r['bad']} BAD, over the limit {r['to_fix']:,}" for r in rows[:20]
    )
    return f"Bars of categories by status, an account each, worst first: {said or 'no account'}."


def over_limit(short: pl.DataFrame) -> theme.Panel:
    """By how many failed packages each category of all accounts is over its limit, most first.

    Args:
        short: what `vtrkit.metric.portfolio.over_limit` returns.
    """
    shown = short.head(MOST).to_dicts()
    names = naming.short(r["category"] for r in shown)
    rows = [
        {
            "category": f"{names[str(r['category'])]} ({place(r)})",
            "rank": rank,
            "over the limit": r["to_fix"],
            "can be corrected": r["correctable"],
            "status": r["status"],
            "said": f"{r['to_fix']:,} · {STATUS_SIGNS[Status(r['status'])]} {rate_text(r)}"
            + ("" if r["in_force"] else ", informational"),
        }
        for rank, r in enumerate(shown)
    ]
    said = "; ".join(f"{r['category']} {r['said']}" for r in rows[:20])
    cut = _cut(short.height, "categories")
    return _bars(rows).properties(
        title=theme.titled(
            "Furthest over the limit", "packages that failed beyond what each target allows" + cut
        ),
        description=f"Bars of packages over the limit, most first: {said or 'none'}.",
    )


def _bars(rows: list[dict[str, Any]]) -> theme.Panel:
    most = max((r["over the limit"] for r in rows), default=1)
    across = alt.Scale(domain=[0, most], range=[0, _WIDTH // 2])
    base = alt.Chart().encode(
        alt.Y("category:N", sort=alt.EncodingSortField("rank", op="min"), title=None),
        alt.X(
            "over the limit:Q",
            title="packages over the limit",
            scale=across,
            axis=theme.count_axis(0, most),
        ),
        [alt.Tooltip(f"{n}:N") for n in ("category", "said", "can be corrected")],
    )
    bars = base.mark_bar().encode(theme.status_colour())
    words = base.mark_text(align="left", dx=4).encode(alt.Text("said:N"))
    return alt.layer(bars, words, data=theme.Rows(rows)).properties(
        width=_WIDTH, height=alt.Step(22)
    )
