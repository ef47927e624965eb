"""What else Amazon asks of a tracked seller: on time, late shipment, programmes, listings."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from vtrkit.schema import FEW, GROUP
from vtrkit.words import (
    Html,
    notes,
    paragraph,
    percent,
    percent_range,
    place,
    table,
    target_text,
    together,
)

_LISTINGS = 20
_WINDOW = ("window_start", "window_end")
_MET = {True: "yes", False: "no", None: "–"}
NONE_JUDGED = "no package of these days for which your files say when it was due and when it came"
"""Why no share of what was on time is given."""


def linked(frame: pl.DataFrame, listings: pl.DataFrame | None = None) -> Html:
    """What is missed, what an account qualifies for, every share, and the listings most late.

    Args:
        frame: what `vtrkit.metric.linked_metrics.linked` returns.
        listings: what `late_listings` returns.
    """
    counted = frame.filter(pl.col("counted") > 0)
    usual = counted.filter(measure="on_time", programme="", days=30)
    good, due = int(usual["good"].sum()), int(usual["counted"].sum())
    share = f"{percent(good / due)} ({good:,}/{due:,})" if due else NONE_JUDGED
    together_ = ", all accounts together" if frame.select(GROUP).n_unique() > 1 else ""
    enforced = counted.filter(pl.col("enforced"), pl.col("programme") == "", ~pl.col("met"))
    lines = [
        f"On time over 30 days{together_}: {share}.",
        *(missed_text(row, f"{place(row)} has ") for row in enforced.to_dicts()),
        *map(_programme, _programmes(frame).to_dicts()),
    ]
    named = counted.filter((pl.col("note") != "") & (pl.col("programme") == ""))
    how = (
        named.group_by("title", "note")
        .agg(where=pl.col("marketplace").cast(pl.String).unique().sort().str.join(", "))
        .sort("title", "where")
    )
    explained = [f"{title} ({where}): {note}" for title, note, where in how.rows()]
    parts = [notes(lines), _shares(counted), notes([*explained, *_untold(frame)])]
    return together(*parts, *([] if listings is None else _worst_listings(listings)))


def _shares(counted: pl.DataFrame) -> Html:
    """Every share that is asked for, those that are missed first."""
    ordered = counted.sort("met", "programme", "title", "account", "marketplace")
    told = ordered.with_columns(
        pl.struct(GROUP).map_elements(place, pl.String).alias("account"),
        window=pl.format("{} to {}", *(pl.col(n).dt.strftime("%-d %b") for n in _WINDOW)),
        share=pl.Series(
            [f"{_share(r)}{_OF_WHAT_FAILS.get(r['measure'], '')}" for r in ordered.to_dicts()],
            dtype=pl.String,
        ),
        gap=pl.Series([_short_by(row) for row in ordered.to_dicts()], dtype=pl.String),
    )
    return table(
        told,
        {
            "programme": "programme",
            "title": "asks for",
            "account": "account",
            "window": "due",
            "good": "good",
            "counted": "counted",
            "unit": "in",
            "unknown": "open",
            "share": "share",
            "covered_share": "arrival known",
            "met": "met",
            "gap": "short by",
        },
        {"covered_share": percent, "met": _MET.__getitem__},
    )


def _share(row: Mapping[str, Any]) -> str:
    """A share, as a range where what is open may turn out either way."""
    return percent_range(row["share_low"], row["share_high"])


_OF_WHAT_FAILS = {"shipped_late": " late", "cancelled": " cancelled"}
"""What a share is of that should be small, beside others of what is good."""


def _short_by(row: Mapping[str, Any]) -> str:
    """How many lack, as a range likewise."""
    least, most = row["gap_best"], row["gap"]
    return f"{most:,}" if least == most else f"{least:,}–{most:,}"


def missed_text(row: Mapping[str, Any], who: str = "") -> str:
    """An enforced rate that is missed, and what Amazon can then do.

    Args:
        row: of `vtrkit.metric.linked_metrics.linked`.
        who: whose it is, with the verb, where that is not said already.
    """
    at_stake = f"{_share(row)} ({row['good']:,} of {row['counted']:,} {row['unit']})"
    if row["condition"] == "less_than":
        at_stake, asked = _share(row), f"less than {target_text(row['target_bp'])}"
    else:
        more = "more than" if row["condition"] == "greater_than" else "at least"
        asked = f"{more} {target_text(row['target_bp'])}"
    stake = f" and can otherwise {row['stake']}" if row["stake"] else ""
    return f"{row['title']}: {who}{at_stake}. Amazon enforces {asked}{stake}."


def _programme(row: Mapping[str, Any]) -> str:
    """Whether an account qualifies for a programme, as far as its files tell."""
    name, where = row["programme"], place(row)
    if row["met"] is None:
        return f"{name}: whether {where} qualifies cannot be told."
    if row["met"] and row["unmeasured"]:
        also = " and ".join(row["unmeasured"])
        return f"{name}: {where} meets what its files show. Amazon also asks for {also}."
    few = ", on very few packages" if row["few"] else ""
    return f"{name}: {where} {'qualifies' if row['met'] else 'does not qualify'}{few}."


def _programmes(frame: pl.DataFrame) -> pl.DataFrame:
    """A programme is met where all that files can tell is met, missed where one part is missed."""
    group = ["programme", "account", "marketplace"]
    any_counted = (pl.col("counted").sum() > 0).over(group)
    unmeasured = pl.col("measure") == "unmeasured"
    missed = (~pl.col("met")).any()
    all_met = pl.col("met").fill_null(False).filter(~unmeasured).all()
    return (
        frame.filter((pl.col("programme") != "") & any_counted)
        .group_by(group)
        .agg(
            met=pl.when(missed).then(False).when(all_met).then(True),
            unmeasured=pl.col("title").filter(unmeasured),
            # one that is missed on enough packages is enough
            few=pl.when(missed)
            .then(pl.col("counted").filter(~pl.col("met")).max())
            .otherwise(pl.col("counted").filter(~unmeasured).min())
            < FEW,
        )
        .sort(group)
    )


def _untold(frame: pl.DataFrame) -> list[str]:
    """What Amazon asks for besides and no file tells, in one place."""
    named = frame.with_columns(pl.col("marketplace").cast(pl.String))
    none = (pl.col("prime_alone").any() & (pl.col("counted").sum() == 0)).over(*_PLACED)
    unknown = named.filter(none).select(_PLACED).unique().sort(_PLACED)
    untold = named.filter(~none, measure="unmeasured")
    asked = untold.group_by("programme", "marketplace", maintain_order=True).agg(
        pl.col("title", "note").unique(maintain_order=True)
    )
    blind = [
        f"Not measured, {programme} ({where}): your files name no Prime package; an order report "
        "with is-prime, or the Orders API, would."
        for programme, where in unknown.rows()
    ]
    return blind + [
        f"Not measured{f', {programme}' * bool(programme)} ({where}): {', '.join(titles)}. "
        f"{' '.join(filter(None, why))}".rstrip()
        for programme, where, titles, why in asked.sort("programme", "marketplace").rows()
    ]


_PLACED = ("programme", "marketplace")


def _worst_listings(listings: pl.DataFrame) -> list[Html]:
    """The listings with the most late units beyond what is allowed; nothing where none has any."""
    worst = listings.filter(pl.col("gap_best") > 0)
    if worst.is_empty():
        return []
    columns = {
        "account": "account",
        "marketplace": "marketplace",
        "sku": "listing",
        "good": "on time",
        "unknown": "no delivery scan",
        "counted": "units",
        "gap_best": "late beyond what is allowed",
    }
    line = "Amazon removes listings that are late too often. The worst come first."
    return [paragraph(line), table(worst, columns, limit=_LISTINGS)]
