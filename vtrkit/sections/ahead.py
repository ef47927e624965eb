"""The sections of a report that look ahead: the next weeks, and what would fix it."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from vtrkit.planning.plan import Plan
from vtrkit.whatif.levers import Scenario
from vtrkit.words import (
    Html,
    paragraph,
    percent,
    place,
    rate_text,
    table,
    target_text,
    together,
)

_KEY = ["account", "marketplace", "category", "target_bp"]


def dates(frame: pl.DataFrame) -> Html:
    """When each category that misses its target, or soon will, is back on it; the worst first.

    Args:
        frame: `Coming.dates`.
    """
    if frame.is_empty():
        return paragraph("No category is expected to miss its target in the weeks foreseen.")
    last = str(frame["last_day"].max())
    told = frame.with_columns(
        who=_texts(frame, _who), now=_texts(frame, _now), range=_texts(frame, _locked)
    )
    columns = {
        "who": "category",
        "now": "today",
        "range": "decided for " + str(frame["locked_in"].max()),
        "first_day": "first on target",
        "recovery_date": "to stay, likely",
        "recovery_date_80": "to stay, 80 %",
        "recovery_date_95": "to stay, 95 %",
    }
    shown = dict.fromkeys(list(columns)[-4:], lambda day: "–" if day is None else str(day))
    line = (
        f"Categories that miss their target now, or are more likely than not to miss it on one of "
        f"the days up to {last}: {frame.height:,}. A dash: not by then."
    )
    lines = table(told, columns, shown, 60)
    return together(paragraph(line), lines)


def _who(row: Mapping[str, Any]) -> str:
    return f"{row['category']} ({place(row)})"


def _texts(frame: pl.DataFrame, say: Any) -> pl.Series:
    return pl.Series([say(row) for row in frame.to_dicts()], dtype=pl.String)


def _now(row: dict[str, Any]) -> str:
    return rate_text(row | {n: round(row[n]) for n in ("counted", "valid", "unknown")})


def _locked(row: Mapping[str, Any]) -> str:
    if row["low"] is None:
        return "–"
    low, high = (percent(row[n]).removesuffix(" %") for n in ("low", "high"))
    return f"{percent(row['expected'])} ({low}–{high})"


def needed(frame: pl.DataFrame) -> Html:
    """For each category and target the lever that is enough with the fewest packages.

    Args:
        frame: `Coming.needed`.
    """
    if frame.is_empty():
        return paragraph("Every category of the enforced windows reaches every target.")
    rows = [
        {
            "who": _who(some[0]),
            "now": rate_text(some[0] | _bounds(some[0])),
            **{target_text(bp): _best_lever(some, bp) for bp in sorted(set(frame["target_bp"]))},
        }
        for some in _by_category(frame)
    ]
    told = pl.DataFrame(rows)
    heads = {n: f"to {n}" for n in told.columns[2:]}
    return table(told, {"who": "category", "now": "now"} | heads, limit=60)


def _by_category(frame: pl.DataFrame) -> list[list[dict[str, Any]]]:
    """The rows of each category, the lowest rate first."""
    ranked = frame.sort(pl.col("valid") / pl.col("counted"), *_KEY, maintain_order=True)
    parts = ranked.partition_by(_KEY[:3], maintain_order=True)
    return [part.to_dicts() for part in parts]


def _bounds(row: Mapping[str, Any]) -> dict[str, float]:
    valid, counted = row["valid"], row["counted"]
    return {"vtr_low": valid / counted, "vtr_high": (valid + row["unknown"]) / counted}


def _best_lever(rows: list[dict[str, Any]], target_bp: int) -> str:
    own = [row for row in rows if row["target_bp"] == target_bp]
    if not own:
        return "reached"
    if not (enough := [row for row in own if row["reachable"]]):
        far = max(own, key=lambda row: (row["best"], row["lever"]))
        return f"none alone; {far['lever']} comes to {percent(far['best'])}"
    least = min(enough, key=lambda row: (row["packages"], -row["eligible"], row["lever"]))
    sure = least["packages_sure"]
    more = f", {sure:,} to be 90 % sure" if sure is not None and sure != least["packages"] else ""
    return f"{least['lever']}: {least['packages']:,} of {least['eligible']:,}{more}"


def scenario(given: Scenario | None, before_after: pl.DataFrame, moves: pl.DataFrame) -> Html:
    """What a scenario would have done to the enforced windows, category by category.

    Args:
        given: the scenario; none if none was given.
        before_after: `Coming.under_scenario`.
        moves: `Coming.moves`.
    """
    if given is None:
        return paragraph(
            "No scenario was given. The notebook what_if makes one and saves it; a report takes "
            "it as --scenario."
        )
    moved = before_after.filter(pl.col("moved") > 0)
    if moved.is_empty():
        return paragraph(f"The scenario {given.name!r} moves no package of the enforced windows.")
    rows = moved.with_columns(
        who=_texts(moved, _who), now=_texts(moved, rate_text), then=_texts(moved, _then)
    )
    shown = table(
        rows.sort("vtr_low_after", *_KEY[:3]),
        {"who": "category", "now": "now", "status": "status", "then": "then"}
        | {"status_after": "status then", "moved": "packages moved", "cost": "cost"},
        {"moved": "{:,.1f}".format, "cost": "{:,.2f}".format},
        limit=60,
    )
    steps = moves.group_by("lever", maintain_order=True).agg(
        pl.col("selected", "moved", "made_valid").sum()
    )
    said = [
        f"{lever}: moves {count:,.1f} of {of:,} packages, of which {good:,.1f} become valid."
        for lever, of, count, good in steps.rows()
    ]
    return together(paragraph(f"Scenario {given.name!r}. {' '.join(said)}"), shown)


def _then(row: Mapping[str, Any]) -> str:
    return (
        f"{percent(row['vtr_low_after'])} ({row['valid_after']:,.1f}/{row['counted_after']:,.1f})"
    )


def headline(frame: pl.DataFrame, row: Mapping[str, Any]) -> Html:
    """What the coming weeks bring to one category, in a sentence.

    Args:
        frame: `Coming.rates`.
        row: the category's row of `rates`.
    """
    own = [pl.col(n).cast(pl.String) == str(row[n]) for n in _KEY[:3]]
    days = frame.filter(*own, pl.col("counted") > 0).sort("day")
    who = _who(row)
    said = []
    for part, means in _PARTS.items():
        last = days.filter(part=part).tail(1).to_dicts()
        said += [f"{means.format(day=r['day'])} {_expected(r)}" for r in last]
    if not said:
        return paragraph(f"{who}: nothing is counted in the weeks foreseen.")
    return paragraph(f"{who}: {'; '.join(said)}.")


_PARTS = {
    "official": "on {day}",
    "locked in": "on {day}, up to which every package has been shipped,",
    "projected": "on {day}, if shipments go on as usual,",
}


def _expected(row: Mapping[str, Any]) -> str:
    rate = f"{percent(row['vtr'])} ({row['valid']:,.0f}/{row['counted']:,.0f})"
    if row["part"] == "official":
        return rate
    sure = "" if row["chance"] is None else f", {percent(row['chance'], 0)} likely to be on target"
    return f"{rate}, between {percent(row['vtr_low'])} and {percent(row['vtr_high'])}{sure}"


def plan(row: Mapping[str, Any], found: Plan | None) -> Html:
    """The cheapest mix of levers for one account and marketplace, or why there is none.

    Args:
        row: a row that names the account and marketplace.
        found: what `vtrkit.plan` returns; none where nothing is counted.
    """
    if found is None:
        return paragraph(f"{place(row)}: nothing is counted in the enforced window.")
    if found.unreachable:
        why = " ".join(found.unreachable)
        return paragraph(f"{place(row)}: no mix of levers puts every category on target. {why}")
    moved = found.mix["moved"].sum()
    if not moved:
        return paragraph(f"{place(row)}: every category is on target, and so is the account.")
    price = f" at a cost of {found.cost:,.2f}" if found.costed else ""
    line = (
        f"{place(row)}: {moved:,} packages moved{price} put every category on target with a "
        f"probability of {percent(found.confidence, 0)} each, and nothing less does."
    )
    columns = {n: n for n in ("category", "lever")} | {
        "moved": "packages to move",
        "eligible": "of",
        "gained": "valid ones gained",
    }
    mix = found.mix.filter(pl.col("moved") > 0)
    shown = table(
        mix,
        columns | ({"cost": "cost"} if found.costed else {}),
        {"gained": "{:,.1f}".format, "eligible": "{:,.0f}".format},
    )
    return together(paragraph(line), shown)
