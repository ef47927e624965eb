"""What a plan would spare: buyers' messages, lost claims, order defects; and what is assumed."""

import polars as pl

from vtrkit.planning.plan import Plan
from vtrkit.whatif.worth import Costs, Worth, worth
from vtrkit.words import Html, paragraph, table

_PUBLISHED = (
    "Amazon says that about 40 % of buyers' messages are about where a shipment is, that untracked "
    "packages cause 35 times as many of them and 1.7 times the order defects, and that a claim "
    "about an untracked package is lost. Put your own numbers under [costs] in vtrkit.toml, and "
    "what this plan would spare you stands here."
)
_SPARED = {
    "contacts about the shipment": "messages asking where a parcel is",
    "claims lost": "claims lost",
    "order defects": "order defects",
}


_LEAST = 0.05
"""What is less reads as none."""


def worth_text(found: Worth) -> str:
    """What a plan would spare, in a sentence: each effect as a range, with its money where known.

    No sum of them is given, since a lost claim is an order defect too.

    Args:
        found: what `vtrkit.worth` returns for one row.
    """
    spared = [
        f"{_range(row, 'avoided', ',.1f')} {_SPARED[row['effect']]}"
        + (f" ({_range(row, 'saved', ',.2f')} in your currency)" if row["saved_low"] else "")
        for row in found.table.filter(pl.col("avoided_high") >= _LEAST).to_dicts()
    ]
    if not spared:
        return _PUBLISHED
    return f"In those 30 days it would also spare you {', '.join(spared)}."


def worth_of(plan: Plan | None, costs: Costs | None) -> list[Html]:
    """What a plan is worth beside the rate, and its assumptions in a fold; nothing without a plan.

    Args:
        plan: what `vtrkit.plan` returns; none where nothing can be told.
        costs: the seller's own numbers, if they gave any.
    """
    if plan is None or not plan.packages:
        return []
    account = plan.reached.filter(pl.col("category").is_null())
    found = worth(account, costs or Costs())
    columns = {"assumption": "assumption", "low": "low", "high": "high"}
    columns |= {"published": "published", "source": "source", "note": "note"}
    assumed = table(found.assumptions, columns)
    fold = f"<details><summary>What is assumed</summary>{assumed.markup}</details>"
    return [paragraph(worth_text(found)), Html(fold, assumed.text)]


def _range(row: dict[str, float], name: str, form: str) -> str:
    low, high = (format(row[f"{name}_{end}"], form) for end in ("low", "high"))
    return low if low == high else f"{low}–{high}"
