"""The sections of a report that look ahead: the next weeks, and what would fix it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from vtrkit.planning.plan import Plan
from vtrkit.schema import UNKNOWN_CATEGORY, Status
from vtrkit.sections.saying import NAMELESS, spoken
from vtrkit.sections.worth import worth_of
from vtrkit.whatif.levers import Scenario
from vtrkit.whatif.worth import Costs
from vtrkit.words import (
    STATUS_SIGNS,
    STATUS_WORDS,
    Html,
    day_text,
    number_of,
    paragraph,
    percent,
    percent_range,
    place,
    rate_text,
    table,
    target_text,
    together,
)

_KEY = ["account", "marketplace", "category", "target_bp"]


def _who(row: Mapping[str, Any]) -> str:
    return f"{spoken(row['category'])} ({place(row)})"


def _texts(frame: pl.DataFrame, say: Any) -> pl.Series:
    return pl.Series([say(row) for row in frame.to_dicts()], dtype=pl.String)


def needed(frame: pl.DataFrame) -> Html:
    """For each category and target the lever that brings it back with the fewest packages.

    Args:
        frame: `Study.needed`, or `Study.needed_of` one lever.
    """
    frame = frame.filter(~(pl.col("share") <= 0).fill_null(False))
    if frame.is_empty():
        return paragraph(
            "Each category that can be told is on its targets, or likely back on them by itself, "
            "at the end of the weeks foreseen; what has no scan data is taken to be like the rest."
        )
    rate = pl.col("valid") / pl.col("counted")
    ranked = frame.sort(rate.fill_nan(None), *_KEY, nulls_last=True, maintain_order=True)
    parts = ranked.partition_by(_KEY[:3], maintain_order=True)
    rows = [
        {
            "who": _who(some[0]),
            "now": rate_text(some[0]),
            **{target_text(bp): _best_lever(some, bp) for bp in sorted(set(frame["target_bp"]))},
        }
        for some in map(pl.DataFrame.to_dicts, parts)
    ]
    told = pl.DataFrame(rows)
    heads = {n: f"to {n}" for n in told.columns[2:]}
    lines = table(told, {"who": "category", "now": "now"} | heads, limit=60)
    return together(paragraph(_ONE_STEP), lines)


def _best_lever(rows: list[dict[str, Any]], target_bp: int) -> str:
    # the order of `Study.needed`: fewest packages first, then the best rate, then as offered
    best = next((row for row in rows if row["target_bp"] == target_bp), None)
    if best is None:
        return "there by itself"
    if best["best"] is None:
        return "cannot be told"
    if best["lever"] is None:
        return f"none of these steps helps; it comes to {percent(best['as_is'])}"
    if best["share"] is None:
        return (
            f"no single step is enough; the best, {best['lever']}, gets to {percent(best['best'])}"
        )
    share = percent(best["share"], 0)
    if best["eligible"]:
        share += f" (about {best['packages']:,} of {best['eligible']:,})"
    return f"{best['lever']}: {share}, back on {day_text(best['back'])}"


_ONE_STEP = (
    "Each step by itself: the smallest share of the packages it is about, in steps of 5 %, with "
    "which the category is likely to come back and stay. The number in brackets is that share of "
    "the packages that are expected in 30 days. A plan mixes steps, and what is over the limit has "
    "failed already: three questions, so three numbers."
)


def scenario(
    given: Scenario, before_after: pl.DataFrame, moves: pl.DataFrame, idle: Sequence[str] = ()
) -> Html:
    """What a scenario would have done to the days that count, category by category.

    Args:
        given: the scenario.
        before_after: `Coming.under_scenario`.
        moves: `Coming.moves`.
        idle: which of its changes are about nothing, and why; see `vtrkit.whatif.apply.idle`.
    """
    moved = before_after.filter(pl.col("moved") > 0)
    if moved.is_empty():
        none = f"The scenario {given.name!r} is about no package of the days that count."
        return paragraph(" ".join((none, *idle)))
    rows = moved.sort("vtr_low_after", *_KEY[:3])
    fixed = {lever.name: lever.fixed_cost for lever in given.levers}
    once = pl.col("lever").cast(pl.String).replace_strict(fixed, return_dtype=pl.Float64)
    steps = (
        moves.group_by("lever", maintain_order=True)
        .agg(pl.col("selected", "moved", "made_valid", "cost").sum())
        .with_columns(pl.col("cost") + once * (pl.col("moved") > 0))
    )
    return together(
        paragraph(" ".join((f"Scenario {given.name!r}.", *idle))),
        pulled(steps),
        _compared(rows, "category", _who),
    )


def _compared(rows: pl.DataFrame, head: str, say: Callable[[dict[str, Any]], str]) -> Html:
    """Rows of `vtrkit.apply`, a line each, as it is and under the scenario."""
    lines = rows.with_columns(
        _texts(rows, say).alias(head),
        before=_texts(rows, lambda row: _rate(row, "")),
        after=_texts(rows, lambda row: _rate(row, "_after")),
    )
    columns = {
        head: head,
        "before": "as it is",
        "after": "under the scenario",
        "target_bp": "target",
        "moved": "packages that ship differently",
        "cost": "cost, in your currency",
        "budget_left": "may still fail, as it is",
        "budget_left_after": "and then",
    }
    return table(lines, columns, _WRITTEN, 60, one_line=("before", "after"))


def _rate(row: dict[str, Any], suffix: str) -> str:
    """Sign, status, rate and counts; expected counts are no whole numbers."""
    best = "vtr_low" if row[f"unknown{suffix}"] < 0.05 else "vtr_high"
    shown = percent_range(row[f"vtr_low{suffix}"], row[f"{best}{suffix}"])
    status = Status(row[f"status{suffix}"])
    valid = f"{row[f'valid{suffix}']:,.1f}".removesuffix(".0")
    counted = f"{row[f'counted{suffix}']:,.1f}".removesuffix(".0")
    return f"{STATUS_SIGNS[status]} {STATUS_WORDS[status]} {shown} ({valid}/{counted})"


def pulled(levers: pl.DataFrame) -> Html:
    """What each lever is about, moves and costs, and what all of them cost.

    Args:
        levers: what `vtrkit.whatif.reach` gives.
    """
    if levers.is_empty():
        return paragraph("No step is taken: nothing changes.")
    columns = {
        "lever": "step",
        "selected": "packages it is about",
        "moved": "ship differently",
        "made_valid": "made valid",
        "cost": "cost, in your currency",
        "said": "",
    }
    shown = {name: head for name, head in columns.items() if name in levers.columns}
    text = "Together: {:,.1f} packages ship differently, {:,.1f} become valid, cost {:,.2f}."
    whole = paragraph(text.format(*(levers[n].sum() for n in ("moved", "made_valid", "cost"))))
    return together(table(levers, shown, _WRITTEN), whole)


_WRITTEN: dict[str, Callable[[Any], str]] = {"target_bp": target_text, "cost": "{:,.2f}".format}
_WRITTEN |= dict.fromkeys(("moved", "made_valid"), "{:,.1f}".format)
"""Expected counts are no whole numbers."""


def plan_text(row: Mapping[str, Any], found: Plan | None) -> str:
    """What the cheapest mix for one account and marketplace takes and brings, by when, how surely.

    Args:
        row: a row that names the account and marketplace.
        found: what `vtrkit.plan` returns; none where nothing can be told.
    """
    if found is None or found.blind:
        return f"{place(row)}: no plan, since it cannot be told what the coming weeks bring."
    mix = found.mix.filter(pl.col("moved") > 0)
    who, day, chance = place(row), day_text(found.by_day), percent(found.confidence, 0)
    when = "in the days that count" if found.looks_back else f"on {day}"
    listed = {*found.reached["category"].drop_nulls()}
    caveats = _caveats(found)
    others = sorted(listed - {*found.untold})
    every = "every other category" if found.untold else "every category"
    every = others[0] if len(others) == 1 else every
    every = "your account as a whole" if listed == {UNKNOWN_CATEGORY} else every
    if mix.is_empty() and not found.unreachable:
        nothing = f"{who}: as it is, {every} is on target {when}"
        sure = "" if found.looks_back else f", with a chance of {chance} or more"
        return " ".join((f"{nothing}{sure}.", *caveats))
    if not found.within_reach:
        text = f"{who}: no mix of these steps brings a category on target {when}."
        return " ".join((text, *caveats, *found.unreachable))
    but = " that can be" if found.unreachable else ""
    price = f" at a cost of {found.cost:,.2f}" if found.costed else ""
    packages = number_of(found.packages, "package")
    moves = (
        f"looking back, {packages} would have had to ship differently by the cheapest mix{price}; "
        f"with that {every}{but} would be on target in the days that count"
        if found.looks_back
        else f"{packages} of the days that count on {day} would have to ship differently by the "
        f"cheapest mix{price}; with that {every}{but} is on target on that day"
    )
    sure = f"{who}: {moves}, with a chance of {chance} or more."
    return " ".join((sure, *caveats, *found.unreachable))


def _caveats(found: Plan) -> list[str]:
    """For which categories the plan cannot be told, or holds on a condition."""
    return [
        f"{text[0].upper()}{text[1:]}" if text.startswith(NAMELESS) else text
        for names, what in (
            (
                ", ".join(map(spoken, found.untold)),
                "{} cannot be told: too few packages with scan data and a known category, or days "
                "that your files do not cover.",
            ),
            (
                ", ".join(map(spoken, found.unsure)),
                "For {} that holds only if packages without scan data, or that may or may not "
                "count, do as the others.",
            ),
        )
        if names
        for text in [what.format(names)]
    ]


def plan(row: Mapping[str, Any], found: Plan | None, costs: Costs | None = None) -> Html:
    """The cheapest mix of levers for one account and marketplace; what it cannot reach is said.

    Args:
        row: a row that names the account and marketplace.
        found: what `vtrkit.plan` returns; none where nothing can be told.
        costs: the seller's own numbers, if they gave any, for what it is worth.
    """
    line = paragraph(plan_text(row, found))
    mix = pl.DataFrame() if found is None else found.mix.filter(pl.col("moved") > 0)
    if found is None or mix.is_empty() or found.blind or not found.within_reach:
        return line
    columns = {"category": "category", "lever": "step", "moved": "to ship differently"}
    columns |= {"eligible": "of", "gained": "valid ones gained"}
    shown = table(
        mix.with_columns(pl.col("category").replace(UNKNOWN_CATEGORY, "not known")),
        columns | ({"cost": "cost, in your currency"} if found.costed else {}),
        dict.fromkeys(("moved", "gained", "eligible"), "{:,.1f}".format)
        | {"cost": "{:,.2f}".format},
        limit=60,
    )
    return together(line, shown, *worth_of(found, costs))
