"""What the explorer looks at, and what it says of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl
from markupsafe import Markup

from vtrkit.lab.slices import Choice, Views
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import OUTCOME_OF, Outcome, Reason, Status
from vtrkit.sections.saying import called
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_names
from vtrkit.words import place, short_day

Row = dict[str, Any]
_FEWEST, _TIMES = 5, 2
"""A carrier pulls a place down with so many failed packages, and times the share of the others."""


@dataclass(frozen=True)
class Seen:
    """What is shown: a choice, its tables, and what there is to choose from.

    Args:
        study: the account and marketplace.
        choice: what is looked at.
        views: its tables.
        skus: counted and failing packages by sku, where the files name any.
        names: the categories.
        days: the as-of days.
        by: which of `BY` is shown.
        places: all accounts and marketplaces.
        note: what is said of the last thing that was done.
        wrong: whether it is an error.
    """

    study: Study
    choice: Choice
    views: Views
    skus: pl.DataFrame
    names: Sequence[str]
    days: Sequence[date]
    by: str
    places: Sequence[tuple[str, str]]
    note: str = ""
    wrong: bool = False

    @property
    def total(self) -> Row | None:
        """The rate of what is chosen over the window."""
        rows = self.views.totals.filter(days=self.choice.days).to_dicts()
        return rows[0] if rows and rows[0]["counted"] else None


def chosen(choice: Choice) -> list[tuple[str, str]]:
    """What the view is narrowed by: what lets go of it, and its words."""
    texts = {
        "category": called(choice.category) if choice.category else "",
        "carrier_id": carrier_name(choice.carrier_id) if choice.carrier_id else "",
        "ship_method": choice.ship_method,
        "reason": REASONS[Reason(choice.reason)].label if choice.reason else "",
    }
    return [(f"{name}={getattr(choice, name)}", text) for name, text in texts.items() if text]


def said(seen: Seen) -> dict[str, Any]:
    """The sentence on top, and what stands below it."""
    total = seen.total
    if total is None:
        say: str | Markup = "No package is left."
        more = "Take out a choice at the bottom, or choose another day."
    else:
        say, more = _headline(seen, total), _more(seen, total)
    return {"say": say, "more": more, "words": f"{Markup(say).striptags()} {more}"}


def _headline(seen: Seen, total: Row) -> Markup:
    """What most packages failed of; of a place as a whole, the carrier that pulls it down."""
    if total["counted"] == total["valid"]:
        text = Markup("All <b>{}</b> packages that were due are valid.")
        if total["counted"] == 1:
            text = Markup("The <b>one</b> package that was due is valid.")
        return text.format(f"{total['counted']:,}")
    if carrier := _worst(seen):
        text = Markup("<b>{}</b> pulls {} down: <b>{} of its {}</b> packages failed.")
        counts = (f"{carrier[n]:,}" for n in ("failing", "counted"))
        return text.format(carrier_name(carrier["carrier_id"]), place(vars(seen.choice)), *counts)
    return _reason(seen, total)


def _reason(seen: Seen, total: Row) -> Markup:
    choice = seen.choice
    rows = seen.views.reasons.filter(pl.col("chosen") | (not choice.reason)).to_dicts()
    first: Row = rows[0] if rows else {"reason": choice.reason, "packages": 0}
    whose = " ".join(text for _, text in chosen(replace(choice, reason="")))
    text = Markup("<b>{} of {}</b> failed {}: <b>{}</b>.")
    sure = total["counted"] - total["valid"] - total["unknown"]
    packages, label = f"{whose} packages".strip(), REASONS[Reason(first["reason"])].label
    # as far as anybody knows they have not failed
    if OUTCOME_OF[Reason(first["reason"])] == Outcome.UNKNOWN:
        text = Markup("<b>{} of {}</b> {}: <b>{}</b>.")
        return text.format(f"{first['packages']:,}", f"{total['counted']:,}", packages, label)
    return text.format(f"{first['packages']:,}", f"{sure:,}", packages, label)


def _worst(seen: Seen) -> Row | None:
    """The carrier that fails by far most of its packages, where all of them are looked at.

    None where the place is on target: nothing pulls it down.
    """
    if chosen(seen.choice) or (seen.total and seen.total["status"] == Status.GOOD):
        return None
    carriers = seen.views.carriers
    rows = [r for r in carriers.to_dicts() if r["failing"] >= _FEWEST]
    worst = max(rows, key=lambda r: (r["failing"] / r["counted"], r["failing"]), default=None)
    if worst is None:
        return None
    counted, failing = (carriers[n].sum() - worst[n] for n in ("counted", "failing"))
    far = worst["failing"] * counted > _TIMES * failing * worst["counted"]
    return worst if counted and far else None


def _more(seen: Seen, total: Row) -> str:
    first, last = short_day(total["window_start"]), short_day(total["window_end"])
    texts = [f"{total['valid']:,} of the {total['counted']:,} due {first} to {last} are valid."]
    rows = [r for r in seen.views.carriers.to_dicts() if r["failing"]]
    if _worst(seen):
        texts.append(str(_reason(seen, total).striptags()))
    elif len(rows) > 1:
        most, share = rows[0], max(rows, key=lambda r: r["failing"] / r["counted"])
        other = "" if most == share else f", the largest share with {_of(share)}"
        texts.append(f"Most failed with {_of(most)}{other}.")
    since = seen.views.weeks.filter(pl.col("week") > total["window_end"])["failing"].sum()
    if since:
        texts.append(f"Of those due in the weeks since, {since:,} fail so far.")
    return " ".join(texts)


def _of(row: Row) -> str:
    return f"{carrier_name(row['carrier_id'])} ({row['failing']:,} of {row['counted']:,})"


def carrier_name(name: str) -> str:
    """A carrier as people know it."""
    return carrier_names().get(name, name)
