"""Where every category stands, window by window, as a grid."""

from collections import Counter
from typing import Any

import altair as alt
import polars as pl

from vtrkit.charts import naming, theme
from vtrkit.rules.policies import no_rule
from vtrkit.schema import FEW, Status
from vtrkit.words import STATUS_SIGNS, rate_text

ROWS = 25
"""Categories of one account that have a row of their own; the others share the last one."""
_TITLE = "Categories by window"


def status_grid(rates: pl.DataFrame) -> alt.VConcatChart | theme.Panel:
    """Categories by window: rate, counts and status, the worst on top.

    Args:
        rates: what `vtrkit.rates` returns, grouped by account, marketplace and category.
    """
    table = rates.filter(_ever_counted()).with_columns(
        place=naming.group_name(), name=naming.shortened("category")
    )
    if table.is_empty():
        return theme.nothing(_TITLE, "no package is counted in any window of this selection")
    rows = _rows(table)
    groups = list(dict.fromkeys(row["group"] for row in rows))
    of = {g: [r for r in rows if r["group"] == g] for g in groups[: theme.MAX_SERIES]}
    most = max(len({r["category"] for r in mine}) for mine in of.values())
    said = f"; at most {ROWS} categories each, the others in the last row" if most > ROWS else ""
    return alt.vconcat(*(_grid(_fold(mine), g) for g, mine in of.items()), spacing=12).properties(
        title=theme.titled(
            _TITLE,
            f"rate, valid/counted packages and status, worst first; *: fewer than {FEW} packages"
            + said
            + naming.left_out(theme.MAX_SERIES, groups, "accounts"),
        ),
        description=_text(table),
    )


def _ever_counted() -> pl.Expr:
    return (pl.col("counted") > 0).any().over("account", "marketplace", "category")


def _stake(r: dict[str, Any], bites: bool) -> str:
    return "" if bites else ": no rule known" if no_rule(r) else ": only a goal"


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """What the cells say, the most urgent category first."""
    bites = set(table.filter("in_force")["place"])
    rows = [
        {
            "group": r["place"] + _stake(r, r["place"] in bites),
            "category": r["name"] + _aside(r, r["place"] in bites),
            "window": f"{r['days']} days" + _of_the_rule(r, r["place"] in bites),
            "days": r["days"],
            "status": r["status"],
            "text": f"{STATUS_SIGNS[Status(r['status'])]} {rate_text(r)}{'*' if r['few'] else ''}",
            "urgency": _urgency(r),
            "over the limit": r["to_fix"],
            "unverified": r["unknown"],
        }
        for r in table.to_dicts()
    ]
    rows.sort(key=lambda r: (r.pop("urgency"), r["group"], r["category"], r["days"]))
    return rows


def _of_the_rule(row: dict[str, Any], bites: bool) -> str:
    if not row["is_enforced_window"]:
        return ""
    return " (enforced)" if bites else " (the goal's)"


def _aside(row: dict[str, Any], bites: bool) -> str:
    """What sets a category apart from the others of its marketplace."""
    return " (informational)" if bites and not row["in_force"] else ""


def _urgency(row: dict[str, Any]) -> tuple[int, ...]:
    """What can cost the right to sell is first, then the worst status, then what lacks most."""
    if not row["is_enforced_window"]:
        return (len(Status),)
    status = Status(row["status"])
    harmless = not (row["binding"] and status == Status.BAD)
    return int(harmless), list(Status).index(status), -(row["to_fix"] or 0)


def _fold(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The least urgent categories in one row, which counts them by status."""
    order = list(dict.fromkeys(r["category"] for r in rows))
    if len(order) <= ROWS:
        return rows
    kept = set(order[: ROWS - 1])
    name = f"{len(order) - len(kept)} others"
    windows = {r["window"]: r["days"] for r in rows}
    rest: dict[str, list[Status]] = {w: [] for w in windows}
    for row in rows:
        if row["category"] not in kept:
            rest[row["window"]].append(Status(row["status"]))
    folded = [
        {"group": rows[0]["group"], "category": name, "window": w, "days": windows[w]}
        | {"status": min(found, key=list(Status).index), "text": _tallied(found)}
        for w, found in rest.items()
        if found
    ]
    return [r for r in rows if r["category"] in kept] + folded


def _tallied(found: list[Status]) -> str:
    """How many categories have each status, the worst first."""
    counts = Counter(found)
    return "  ".join(f"{STATUS_SIGNS[s]} {counts[s]}" for s in Status if counts[s]) + " categories"


def _grid(rows: list[dict[str, Any]], group: str) -> theme.Panel:
    """One account and marketplace: a row per category, a column per window."""
    order = list(dict.fromkeys(r["category"] for r in rows))
    columns = list(dict.fromkeys(r["window"] for r in sorted(rows, key=lambda r: r["days"])))
    axis = alt.Axis(orient="top", labelAngle=0, labelLimit=200)
    words = ("group", "category", "window", "status", "text", "unverified")
    counts = ("over the limit",)
    base = alt.Chart().encode(
        alt.X("window:N", sort=columns, title=None, axis=axis),
        alt.Y("category:N", sort=order, title=None),
        [*(alt.Tooltip(f"{n}:N") for n in words), *map(theme.count, counts)],
    )
    cells = base.mark_rect(stroke="white", strokeWidth=2).encode(theme.status_colour())
    text = base.mark_text(fontSize=12).encode(alt.Text("text:N"), theme.on_status())
    return alt.layer(cells, text, data=theme.Rows(rows)).properties(
        width=alt.Step(215), height=alt.Step(24), title=theme.panel_title(group, 3 * 215)
    )


def _text(table: pl.DataFrame) -> str:
    order = ("status", "account", "marketplace", "category")
    said = "; ".join(
        f"{r['name']} ({r['place']}) {rate_text(r)} {r['status']}"
        for r in table.filter("is_enforced_window").sort(order).head(20).to_dicts()
    )
    return (
        "Grid of categories by window with rate and status. The days that count, worst first: "
        f"{said}."
    )
