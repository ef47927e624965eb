"""What a what-if says in words and tables, before and after."""

import html
from typing import Any

import polars as pl

from vtrkit.planning.plan import Plan
from vtrkit.schema import Status
from vtrkit.words import STATUS_SIGNS, Html, paragraph, percent, table, target_text, together


def before_and_after(overall: pl.DataFrame) -> Html:
    """The rate of all categories over each window, as it is and under the scenario.

    Args:
        overall: what `vtrkit.apply` gives for one account and marketplace.
    """
    counted = overall.filter(pl.col("counted") > 0)
    if counted.is_empty():
        return paragraph("No package is counted on this day.")
    rows = counted.to_dicts()
    told = counted.with_columns(
        window=pl.Series([_window(r) for r in rows]),
        before=pl.Series([_rate(r, "") for r in rows]),
        after=pl.Series([_rate(r, "_after") for r in rows]),
        moved=pl.col("moved").round(1),
        target=pl.Series([target_text(r["target_bp"]) for r in rows]),
    )
    columns = {
        "window": "window",
        "before": "as it is",
        "after": "under the scenario",
        "target": "target",
        "moved": "packages moved",
        "budget_left": "may still fail, as it is",
        "budget_left_after": "and then",
    }
    return table(told, columns, one_line=("before", "after"))


def _window(row: dict[str, Any]) -> str:
    enforced = " (enforced)" if row["is_enforced_window"] and row["in_force"] else ""
    return f"{row['days']} days{enforced}"


def _rate(row: dict[str, Any], suffix: str) -> str:
    """Sign, status, rate and counts; expected counts are no whole numbers."""
    low, high = percent(row[f"vtr_low{suffix}"]), percent(row[f"vtr_high{suffix}"])
    shown = low if row[f"unknown{suffix}"] < 0.05 else f"{low.removesuffix(' %')}–{high}"
    status = Status(row[f"status{suffix}"])
    valid = f"{row[f'valid{suffix}']:,.1f}".removesuffix(".0")
    counted = f"{row[f'counted{suffix}']:,.1f}".removesuffix(".0")
    return f"{STATUS_SIGNS[status]} {status} {shown} ({valid}/{counted})"


def pulled(levers: pl.DataFrame) -> Html:
    """What each lever is about, moves and costs, and what all of them cost.

    Args:
        levers: what `vtrkit.whatif.reach` gives.
    """
    if levers.is_empty():
        return paragraph("No lever is pulled: nothing changes.")
    told = levers.with_columns(pl.col("moved", "made_valid").round(1), pl.col("cost").round(2))
    columns = {
        "lever": "lever",
        "selected": "packages it is about",
        "moved": "moved",
        "made_valid": "made valid",
        "cost": "cost, in your currency",
        "said": "",
    }
    whole = told.select(pl.col("moved", "made_valid", "cost").sum()).row(0)
    text = "Together: {:,.1f} packages moved, {:,.1f} made valid, cost {:,.2f}.".format(*whole)
    return together(table(told, columns), paragraph(text))


def planned(plan: Plan) -> Html:
    """What the cheapest mix moves and costs, lever by lever.

    Args:
        plan: what `vtrkit.plan` found.
    """
    but = " that can be" if plan.unreachable else ""
    line = paragraph(
        f"The cheapest mix with which every category{but} is on target with a probability of "
        f"{percent(plan.confidence, 0)}: cost {plan.cost:,.2f}, at most "
        f"{percent(plan.gap)} above the least possible. {' '.join(plan.unreachable)}".strip()
    )
    columns = {"lever": "lever", "moved": "moved", "variable_cost": "cost", "fixed_cost": "fixed"}
    mix = {
        "category": "category",
        "lever": "lever",
        "moved": "moved",
        "eligible": "of",
        "gained": "made valid",
        "cost": "cost, in your currency",
    }
    rounded = plan.mix.with_columns(pl.col("gained").round(1), pl.col("cost").round(2))
    return together(line, table(plan.levers, columns), table(rounded, mix, limit=60))


def needed(found: pl.DataFrame, lever: str) -> Html:
    """How many packages one lever has to move for each category to reach the targets.

    Args:
        found: the enforced windows of `vtrkit.adoption_needed`.
        lever: its name.
    """
    short = found.filter(
        pl.col("counted") > 0, pl.col("packages").is_null() | (pl.col("packages") > 0)
    )
    if short.is_empty():
        return paragraph("Every category is on every target as it is.")
    rows = short.sort("target_bp", "packages", "category", descending=[False, True, False])
    told = rows.with_columns(
        target=pl.Series([target_text(bp) for bp in rows["target_bp"]]),
        takes=pl.Series([_takes(r) for r in rows.to_dicts()]),
        best=pl.Series([percent(share) for share in rows["best"]]),
    )
    columns = {
        "target": "to reach",
        "category": "category",
        "takes": f"“{lever}” has to move",
        "packages_sure": "to be 90 % sure",
        "best": "rate with all of them",
    }
    return table(told, columns, limit=40)


def _takes(row: dict[str, Any]) -> str:
    if row["packages"] is None:
        return f"out of reach: it is about {row['eligible']:,}"
    return f"{row['packages']:,} of {row['eligible']:,} ({percent(row['share'], 0)})"


def recovery(found: pl.DataFrame) -> Html:
    """When the rate is back on target to stay, as it is and under the scenario.

    Args:
        found: what `vtrkit.recovery_date` gives for one account and marketplace.
    """
    lines = [_back(r) for r in found.to_dicts()]
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return Html(f"<ul>{items}</ul>", "\n".join(lines))


def _back(row: dict[str, Any]) -> str:
    goal = target_text(row["target_bp"])
    if row["recovery_date"] is None:
        return f"{row['scenario']}: not back on {goal} to stay by {row['last_day']}"
    sure = row["recovery_date_95"] or "later"
    return f"{row['scenario']}: on {goal} to stay from {row['recovery_date']} (95 % sure: {sure})"
