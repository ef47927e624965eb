"""The sections of a report: finished tables to what stands under a heading."""

import html
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from vtrkit.rules.policies import no_rule
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import GROUP, UNKNOWN_CATEGORY, Status
from vtrkit.sections.advice import headline_text
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import (
    ON_LIGHT,
    STATUS_COLOURS,
    STATUS_SIGNS,
    STATUS_WORDS,
    Html,
    dated,
    notes,
    paragraph,
    percent,
    percent_range,
    place,
    rate_text,
    table,
    target_text,
    together,
)

_LINES = 12
"""Accounts that the banner lists before it only counts them."""


def banner(headline: Mapping[str, Any], totals: pl.DataFrame, rates: pl.DataFrame) -> Html:
    """The first words to read: how the worst category stands that can hurt, and what to do."""
    status = Status(headline["status"])
    colour = "#1a1a1a" if status in ON_LIGHT else "#ffffff"
    text = headline_text(headline)
    lines = _total_lines(totals.filter("is_enforced_window"), rates.filter("is_enforced_window"))
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    style = f"background:{STATUS_COLOURS[status]};color:{colour}"
    return Html(
        f'<div class="vtr-banner" role="status" style="{style};padding:1em;border-radius:6px;'
        f'font-size:120%">{STATUS_SIGNS[status]} {html.escape(text)}</div>'
        f'<ul class="vtr-totals">{items}</ul>',
        "\n".join([text, *lines]),
    )


def heading(title: str, as_of: date, seen_to: date, version: str) -> Html:
    """The title, and the days that the page speaks of."""
    line = f"As of {dated(as_of)}; your files reach to {dated(seen_to)}; vtrkit {version}."
    return Html(f"<h1>{html.escape(title)}</h1><p>{html.escape(line)}</p>", f"{title}\n{line}")


def _total_lines(totals: pl.DataFrame, rates: pl.DataFrame) -> list[str]:
    """A line per account that has packages in its window, the worst first.

    Amazon judges categories, so what is said of an account is how its worst ones stand.
    """
    named = rates.filter(pl.col("counted") > 0, pl.col("category") != UNKNOWN_CATEGORY)
    worst = named.group_by(GROUP).agg(
        stands=pl.col("status").min(),
        many=(pl.col("status") == pl.col("status").min()).sum(),
        categories=pl.len(),
    )
    counted = totals.filter(pl.col("counted") > 0).join(worst, on=GROUP, how="left")
    counted = counted.with_columns(pl.coalesce("stands", "status").alias("stands"))
    counted = counted.sort(~pl.col("in_force"), "stands", *GROUP)
    lines = [
        f"{place(r)}: {rate_text(r)} over {r['days']} days, {_stands(r)}"
        for r in counted.head(_LINES).to_dicts()
    ]
    if more := counted.height - len(lines):
        lines.append(f"{more:,} more have packages that count.")
    silent = totals.height - counted.height
    if silent and lines:  # of one alone the headline says it
        lines.append(f"{silent:,} more {'has' if silent == 1 else 'have'} no package that counts.")
    return lines


def _stands(r: Mapping[str, Any]) -> str:
    if r["status"] == Status.NONE:
        return str(r["why"])
    several = (r["categories"] or 0) > 1 and r["stands"] != Status.GOOD
    where = f" in {r['many']} of {r['categories']} categories" if several else ""
    aim = f"{target_text(r['target_bp'])} is only a goal"
    goal = "" if r["in_force"] else "; no rule is known" if no_rule(r) else f"; {aim}"
    return f"{STATUS_WORDS[r['stands']]}{where}{goal}"


def goals(frame: pl.DataFrame) -> Html:
    """The categories that miss a target and what each lacks, the most urgent first."""
    nameless = pl.col("category").cast(pl.String) == UNKNOWN_CATEGORY
    # without a status they are beside others, and no category of their own
    counted = frame.filter(pl.col("counted") > 0, ~nameless | (pl.col("status") != Status.NONE))
    missing = counted.filter(pl.col("to_fix") > 0, pl.col("status") != Status.NONE).sort(
        "target_bp", "budget_left", "account", "marketplace", "category"
    )
    least = missing["to_fix_best"].to_list(), missing["to_fix"].to_list()
    over = [f"{n:,}" if n == most else f"{n:,}–{most:,}" for n, most in zip(*least, strict=True)]
    named = pl.when(nameless).then(pl.lit("all packages")).otherwise("category")
    missing = missing.with_columns(to_fix=pl.Series(over, dtype=pl.String), category=named)
    columns = {
        "target_bp": "target",
        "account": "account",
        "marketplace": "marketplace",
        "category": "category",
        "valid": "valid",
        "counted": "counted",
        "unknown": "unverified",
        "to_fix": "over the limit",
        "correctable": "can still be corrected",
    }
    shown = table(missing, columns, {"target_bp": target_text}, limit=60)
    on_target = pl.col("status").is_in([Status.GOOD, Status.AT_RISK])
    untold = pl.col("status").is_in([Status.UNDECIDED, Status.NONE])
    reached = [
        f"{reach} of {n} {'category reaches' if n == 1 else 'categories reach'} {target_text(bp)}"
        + (f"; of {open_} it cannot be told." if open_ else ".")
        for bp, n, reach, open_ in counted.group_by("target_bp")
        .agg(pl.len(), on_target.sum().alias("reach"), untold.sum().alias("open"))
        .sort("target_bp")
        .rows()
    ]
    line = paragraph(" ".join(reached))
    return line if missing.is_empty() else together(line, shown)


def windows(rates: pl.DataFrame, totals: pl.DataFrame) -> Html:
    """The rate of each category, and of all of them, over each number of days."""
    every = pl.concat([totals, rates], how="diagonal").filter(pl.col("counted") > 0)
    told = every.with_columns(rate=pl.Series([rate_text(row) for row in every.to_dicts()]))
    key = ["account", "marketplace", "category"]
    wide = told.sort("days").pivot("days", index=key, values="rate").sort(key, nulls_last=False)
    names = pl.col("category").cast(pl.String).fill_null("all categories")
    heads = {n: f"{n} days" for n in wide.columns[len(key) :]}
    return table(wide.with_columns(names), {n: n for n in key} | heads, one_line=heads)


def remedies(frame: pl.DataFrame) -> Html:
    """What each reason means and what helps."""
    if frame.is_empty():
        return paragraph("No package of the days that count fails.")
    return table(
        frame, {n: n for n in frame.columns} | {"why": "what it means", "remedy": "remedy"}
    )


def carriers(frame: pl.DataFrame, misread: pl.DataFrame) -> Html:
    """How each carrier scans, with its range, and whose numbers stand under its name."""
    names = carrier_names()
    really = _really(misread, names)
    told = frame.with_columns(
        carrier=pl.col("carrier_id").cast(pl.String).replace(carrier_names()),
        range=pl.Series([_range(row) for row in frame.to_dicts()], dtype=pl.String),
        really=pl.Series(
            [
                really.get((r["account"], r["marketplace"], r["carrier_id"]), "")
                for r in frame.to_dicts()
            ],
            dtype=pl.String,
        ),
    )
    columns = {
        "account": "account",
        "marketplace": "marketplace",
        "carrier": "carrier",
        "packages": "packages",
        "known": "with scan data",
        "scanned": "scanned",
        "scan_rate": "scan rate",
        "range": "95 % range",
        "first_scan_days": "days to first scan",
        "really": "numbers that look like another's",
    }
    return table(told, columns, {"scan_rate": percent}, one_line={"range"})


def _range(row: Mapping[str, Any]) -> str:
    if row["low"] is None:
        return "–"
    few = "" if row["ranked"] else " (few)"
    return f"{percent_range(row['low'], row['high'])}{few}"


def _really(misread: pl.DataFrame, names: Mapping[str, str]) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in misread.to_dicts():
        who = " or ".join(_whose(one, names) for one in row["fix"].split("|"))
        key = (row["account"], row["marketplace"], row["carrier_id"])
        found.setdefault(key, []).append(f"{row['packages']:,} {who}")
    return {key: ", ".join(said) for key, said in found.items()}


def _whose(one: str, names: Mapping[str, str]) -> str:
    """A carrier's name, or the country's post that an S10 number names."""
    return names.get(one, f"post of {one.removeprefix('s10:')}")


def examples(frame: pl.DataFrame) -> Html:
    """At most ten rows, newest first, with only the ends of their numbers."""
    labels = {str(r): text.label for r, text in REASONS.items()}
    told = frame.with_columns(
        carrier=pl.col("carrier_id").cast(pl.String).replace(carrier_names()),
        reason=pl.col("reason").cast(pl.String).replace(labels),
    )
    shown = ("account", "marketplace", "category", "carrier", "ship_method", "promised_date")
    return table(told, {n: n.replace("_", " ") for n in (*shown, "number", "reason")}, limit=10)


def changes(found: Mapping[str, Any] | None) -> Html:
    """What moved the rates since the previous report."""
    if found is None:
        return paragraph("No previous report was given.")
    columns = "account marketplace entered left restated vtr_before vtr_now mix quality"
    schema = columns.split()
    groups = table(
        pl.DataFrame(found["groups"], schema=schema),
        {n: n.replace("_", " ") for n in schema},
        dict.fromkeys(("vtr_before", "vtr_now"), percent)
        | dict.fromkeys(("mix", "quality"), lambda d: f"{d * 100:+.2f} points"),
    )
    words = {str(status): word for status, word in STATUS_WORDS.items()}
    moved = [f"{r['category']} ({place(r)}): {_moved(r, words)}" for r in found["statuses"]]
    since = f"Since {dated(found['since'])}; unverified packages are taken as failing."
    listed = (
        notes(moved) if moved else paragraph("No status changed, and no rate moved by 5 points.")
    )
    return together(paragraph(since), groups, listed)


def _moved(r: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """From which status to which, or how the rate moved within one."""
    before, now = (words.get(r[when], r[when]) for when in ("before", "now"))
    if before != now:
        return f"{before} → {now}"
    return f"{now}, {percent(r['vtr_before'])} → {percent(r['vtr_now'])}"


def sources(summary: pl.DataFrame) -> Html:
    """What each input was taken for, and how its rows add up."""
    return table(summary, {n: n.replace("_", " ") for n in summary.columns})


def rules(policies: Sequence[Any], judged_by: str) -> Html:
    """The rules in force on the as-of day, with their sources, and the hash that judged."""
    columns = "marketplace rule target condition window enforced file source"
    frame = pl.DataFrame(
        [
            (
                p.marketplace or "any other",
                p.title,
                f"{p.target_bp / 100:g} %",
                p.condition.replace("_", " "),
                f"{p.window_days} days, {p.lag_days} days ago",
                p.enforced,
                p.file,
                " ".join(p.source),
            )
            for p in policies
        ],
        schema=columns.split(),
        orient="row",
    )
    line = f"Judged by the rules, carriers and tables of hash {judged_by}."
    return together(table(frame, {n: n for n in frame.columns}), paragraph(line))


def chosen(totals: pl.DataFrame) -> Html:
    """Rates of what is chosen over every window, and what may still fail or is over the limit."""
    if totals.is_empty():
        return paragraph("No package is left: show all again, or choose something else.")
    told = totals.with_columns(
        rate=pl.Series([rate_text(r) for r in totals.to_dicts()]),
        state=pl.Series(
            [f"{STATUS_SIGNS[s]} {STATUS_WORDS[s]}" for s in map(Status, totals["status"])]
        ),
        target=pl.col("target_bp") / 100,
    )
    columns = {
        "marketplace": "marketplace",
        "days": "window, days",
        "rate": "rate (valid/counted)",
        "state": "status",
        "unknown": "unverified",
        "target": "target, %",
        "budget_left": "may still fail",
        "to_fix": "over the limit",
    }
    return table(told, columns, {"target": "{:g}".format})
