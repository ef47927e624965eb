"""What more tracked packages are worth: contacts, claims and order defects avoided, as ranges."""

from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated

import polars as pl
from msgspec import Meta

from vtrkit import facts
from vtrkit.errors import ParameterError, TallyError, shown
from vtrkit.facts.checked import ByName, Texts, checks, settle
from vtrkit.given import lazy
from vtrkit.rules.policy_files import Ratio

Range = Annotated[float | tuple[float, float], Meta(description="a number, or a range (low, high)")]
"""A number, or the lowest and the highest that it may be."""


@dataclass(frozen=True, kw_only=True)
class Costs(ByName):
    """The seller's own numbers; each a number or a range (low, high), None where not known.

    Args:
        contact_rate: messages of buyers per package, of any kind, as it is now.
        contact: what answering one costs.
        claim_rate: A-to-z claims "not received" per untracked package.
        claim: what a lost claim costs: the order's value and what comes on top.
        defect_rate: order defects per package, as it is now (the order defect rate).
        defect: what an order defect costs.

    Raises:
        ParameterError: a number below 0, a rate above 1 of claims or defects, or a range whose
            low end is above its high end.

    Examples:
        >>> Costs(contact_rate=0.04, contact=(2.5, 5.0)).contact
        (2.5, 5.0)
    """

    contact_rate: Range | None = None
    contact: Range | None = None
    claim_rate: Range | None = None
    claim: Range | None = None
    defect_rate: Range | None = None
    defect: Range | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        settle(self, "costs")
        for field in fields(self):
            low, high = _ends(getattr(self, field.name)) or (0.0, 0.0)
            most = 1.0 if field.name in {"claim_rate", "defect_rate"} else float("inf")
            if not 0 <= low <= high <= most or high == float("inf"):
                wanted = "0 to 1" if most == 1 else "0 or more"
                raise ParameterError(
                    f"costs: {field.name} {getattr(self, field.name)}: give {wanted}, or a range "
                    "with the low end first"
                )


@dataclass(frozen=True, eq=False)
class Worth:
    """What is avoided, and everything that was assumed for it.

    Args:
        table: one row per row given and effect: contacts, claims, order defects.
        assumptions: one row per assumption with its low and high value and its source.
    """

    table: pl.DataFrame
    assumptions: pl.DataFrame


@checks
def worth(after: pl.DataFrame, costs: Costs) -> Worth:
    """What packages that become valid spare: contacts, lost claims, order defects.

    Every figure is a range: of the published factors with a cautious reading, of the seller's own
    numbers, and of unverified packages, which may have been tracked all along. A rate as it is now
    is an average over tracked and untracked packages; from the share of untracked ones and the
    published ratio follows what each kind causes, and so what changes when a package is tracked.

    ```
    category  effect    gained_low  gained_high  avoided_low  avoided_high  saved_low  saved_high
    Shoes     contacts  10.0        11.7         1.2          5.1           3.0        25.5
    ```

    Args:
        after: rows with counted, valid and valid_after packages: what `apply` returns (one window
            of it: the windows overlap), or the `reached` table of a plan.
        costs: the seller's own numbers.

    Returns:
        `table` with the keys of the rows given, `effect`, packages `gained`, effects `avoided` and
        money `saved`, each low and high; null where the seller's number for it is not known, and
        no sum over effects, since lost claims are order defects too. `assumptions` beside it.

    Raises:
        TallyError: a column is missing.

    Examples:
        >>> after = pl.DataFrame({"category": ["Shoes"], "counted": [200], "valid": [180],
        ...                       "valid_after": [190.0]})
        >>> found = worth(after, Costs(claim_rate=0.02, claim=(30, 40)))
        >>> found.table.filter(effect="claims lost").select("avoided_low", "saved_high").rows()
        [(0.1, 8.0)]
    """
    after = lazy(after, "after").collect()
    if not isinstance(costs, Costs):
        raise ParameterError(f"costs: give vtrkit.Costs, not {shown(costs)}")
    if missing := [n for n in ("counted", "valid", "valid_after") if n not in after.columns]:
        raise TallyError(f"the table has no column {missing[0]}: give what apply returns")
    keys = [n for n in _KEYS if n in after.columns]
    rows = after.with_columns(*_gained(after), _untracked())
    tables = [
        rows.select(
            *keys,
            pl.lit(effect).alias("effect"),
            *(pl.col(f"gained_{end}") for end in _ENDS),
            *(_avoided(effect, costs, end).round(9).alias(f"avoided_{end}") for end in _ENDS),
        ).with_columns(
            (pl.col(f"avoided_{end}") * _own(costs, price, end)).round(9).alias(f"saved_{end}")
            for end in _ENDS
        )
        for effect, (_, price) in _EFFECTS.items()
    ]
    return Worth(pl.concat(tables), assumptions(costs))


def assumptions(costs: Costs) -> pl.DataFrame:
    """Every assumption behind `worth` with its low and high value, and where it comes from.

    Examples:
        >>> assumptions(Costs(contact=2.5)).select("low", "high").rows()[0]
        (0.2, 0.4)
    """
    published = [
        (f.title, float(f.low), float(f.high), f.published, " ".join(f.source), f.seen, f.note)
        for f in _factors().values()
    ]
    own = [
        (f"own: {field.name}", *ends, "", "the seller", "", "")
        for field in fields(costs)
        if (ends := _ends(getattr(costs, field.name)))
    ]
    unverified = (
        "Unverified packages that turn valid, counted as untracked before",
        0.0,
        1.0,
        "",
        "vtrkit",
        "",
        "Nobody knows whether they were scanned.",
    )
    return pl.DataFrame([*published, unverified, *own], schema=_ASSUMPTIONS, orient="row")


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One published figure; see the head of `facts/worth.toml`."""

    id: str
    title: str
    published: str
    low: Ratio
    high: Ratio
    source: Texts
    seen: str
    note: str


@cache
def _factors() -> dict[str, Factor]:
    return facts.entries("worth", "factor", Factor)


_ENDS = ("low", "high")
_KEYS = ("account", "marketplace", "category", "as_of", "day", "days")
_EFFECTS = {
    "contacts about the shipment": ("contact_rate", "contact"),
    "claims lost": ("claim_rate", "claim"),
    "order defects": ("defect_rate", "defect"),
}
"""Each effect with the seller's rate of it, and what one costs."""
_ASSUMPTIONS = {
    "assumption": pl.String,
    "low": pl.Float64,
    "high": pl.Float64,
    "published": pl.String,
    "source": pl.String,
    "seen": pl.String,
    "note": pl.String,
}


def _ends(value: Range | None) -> tuple[float, float] | None:
    if value is None:
        return None
    low, high = value if isinstance(value, tuple) else (value, value)
    return float(low), float(high)


def _own(costs: Costs, name: str, end: str) -> pl.Expr:
    ends = _ends(getattr(costs, name))
    return pl.lit(ends[_ENDS.index(end)] if ends else None, dtype=pl.Float64)


def _factor(name: str, end: str) -> float:
    return float(getattr(_factors()[name], end))


def _gained(after: pl.DataFrame) -> list[pl.Expr]:
    """Packages that turn valid; at the low end without those that were unverified before."""
    gained = (pl.col("valid_after") - pl.col("valid")).cast(pl.Float64)
    verified = pl.lit(0.0)
    if {"unknown", "unknown_after"} <= set(after.columns):
        verified = (pl.col("unknown") - pl.col("unknown_after")).cast(pl.Float64)
    return [
        pl.min_horizontal(gained, (gained - verified).clip(0)).alias("gained_low"),
        gained.alias("gained_high"),
    ]


def _untracked() -> pl.Expr:
    """The share of packages that are untracked as it is, unverified ones among them."""
    share = 1 - pl.col("valid") / pl.col("counted")
    return pl.when(pl.col("counted") > 0).then(share).alias("untracked")


def _avoided(effect: str, costs: Costs, end: str) -> pl.Expr:
    """How often an effect is spared."""
    name, _ = _EFFECTS[effect]
    often = pl.col(f"gained_{end}") * _own(costs, name, end)
    if name == "claim_rate":
        return often * _factor("claims_saved", end)
    if name == "contact_rate":
        often, ratio = often * _factor("status_contacts", end), _factor("contact_ratio", end)
    else:
        ratio = _factor("defect_ratio", end)
    # the mean rate is that of tracked packages × (1 + (ratio - 1) × share untracked)
    return often * (ratio - 1) / (1 + (ratio - 1) * pl.col("untracked"))
