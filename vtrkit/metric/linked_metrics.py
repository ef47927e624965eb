"""What else Amazon asks of a tracked seller: on-time delivery, late shipment, programmes."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Unpack

import polars as pl

from vtrkit import facts
from vtrkit.facts.checked import Texts
from vtrkit.metric.status import on_target
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import COUNTS, with_budget
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question
from vtrkit.rules.policy_files import BASIS_POINTS, Ratio
from vtrkit.schema import GROUP, NOT_YOURS, UNNAMED_MARKETPLACE, Reason
from vtrkit.words import lazy

UNIT = "packages; Amazon counts units or orders here"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One dated requirement; see the head of `facts/programmes.toml`."""

    id: str
    title: str
    measure: str
    target: Ratio
    condition: str
    enforced: bool
    source: Texts
    programme: str = ""
    marketplaces: Texts = ()
    first_day: date = date.min
    last_day: date = date.max
    days: int = 0
    lag_days: int = 0
    ends_on: str = ""
    minimum: int = 0
    note: str = ""

    def holds(self, marketplace: str, day: date) -> bool:
        """Whether it is asked in a marketplace on a day."""
        here = not self.marketplaces or marketplace in self.marketplaces
        return here and self.first_day <= day <= self.last_day

    def window(self, as_of: date, window_days: int, lag_days: int) -> tuple[date, date]:
        """First and last day, both inclusive; the rule's own window where none is stated."""
        end = as_of - timedelta(days=self.lag_days if self.days else lag_days)
        if self.ends_on:
            end -= timedelta(days=(end.weekday() - _WEEKDAYS.index(self.ends_on)) % 7)
        return end - timedelta(days=(self.days or window_days) - 1), end


@cache
def requirements() -> tuple[Requirement, ...]:
    """All requirements that the package knows."""
    return tuple(facts.entries("programmes", "requirement", Requirement).values())


def linked(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike,
    by: NamesLike = GROUP,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """On-time delivery, late shipment and the programmes of each account, with the gap in packages.

    ```
    programme         title          days  counted  good  share  target_bp  condition  met    gap
                      On-time …      30    168      164   0.976  9700       greater_…  true   0
    Premium Shipping  93.5 % on time 7     40       36    0.9    9350       at_least   false  2
    ```

    Args:
        tally: a full tally, or a roll-up that keeps ship and promised days.
        as_of: the day on which the metrics are read; each requirement of that day is asked.
        by: the groups; account and marketplace, or fewer.
        question: lag_days, and rules for windows that a requirement leaves to them; see
            `vtrkit.metric.windows.Question`.

    Returns:
        One row per group and requirement: counted packages, `good` ones among them, `unknown`
        ones, share (of the late or cancelled ones where the condition is less_than), met (null
        where nothing is counted, too little, or unverified packages decide) and gap: how many
        packages have to turn good. Amazon counts units and orders here: see `UNIT`.

    Raises:
        TallyError: the tally has no ship or promised day.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> day = date(2026, 1, 10)
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [2, 2],
        ...     "promised_date": [day, day], "delivered_date": [day, date(2026, 1, 12)]})
        >>> table = linked(tally(classify(packages)), as_of=date(2026, 1, 31))
        >>> table.filter(measure="on_time", programme="").select("good", "counted").rows()
        [(1, 2)]
    """
    asked = Question.of(as_of, by, **question)
    keys = dict.fromkeys((*asked.by, "marketplace", "promised_date", "ship_date", "reason"))
    cells = asked.market_of(rollup(lazy(tally, "tally"), list(keys)).collect())
    tables = [
        _counted(cells.filter(market=name), asked, name, need)
        for name in sorted(cells["market"].unique()) or [UNNAMED_MARKETPLACE]
        for need in requirements()
        if need.holds(name, asked.as_of)
    ]
    return pl.concat(tables).sort("programme", "measure", *asked.by, "days")


def _counted(
    cells: pl.DataFrame, question: Question, market: str, need: Requirement
) -> pl.DataFrame:
    """One requirement in one marketplace."""
    by, usual = question.by, question.window(market)
    start, end = need.window(question.as_of, usual.days, usual.lag_days)
    day, measured = _MEASURES[need.measure]
    groups = cells.select(by).unique() if by else pl.DataFrame({"all": [1]})
    inside = cells.filter(pl.col(day).is_between(start, end))
    counts = inside.group_by(by).agg(measured) if by else inside.select(measured)
    joined = groups.join(counts, on=by, how="left") if by else counts
    less = need.condition == "less_than"
    bp = int(need.target * BASIS_POINTS)
    table = joined.with_columns(
        pl.col("counted", "good", "unknown").fill_null(0),
        target_bp=pl.lit(BASIS_POINTS - bp if less else bp, pl.Int64),
        condition=pl.lit("greater_than" if less else need.condition),
    )
    return _judged(table, need).select(
        *by,
        programme=pl.lit(need.programme),
        title=pl.lit(need.title),
        measure=pl.lit(need.measure),
        days=pl.lit((end - start).days + 1, pl.Int64),
        window_start=pl.lit(start),
        window_end=pl.lit(end),
        counted="counted",
        good="good",
        unknown="unknown",
        share="share",
        target_bp=pl.lit(bp, pl.Int64),
        condition=pl.lit(need.condition),
        met="met",
        gap="to_fix",
        enforced=pl.lit(need.enforced),
        note=pl.lit(need.note),
        source=pl.lit(" ".join(need.source)),
    )


def _judged(table: pl.DataFrame, need: Requirement) -> pl.DataFrame:
    """Whether it is met, exactly; not said where unverified packages decide, or too few count."""
    n, good, unknown = pl.col("counted"), pl.col("good"), pl.col("unknown")
    budget = with_budget(table.with_columns(valid="good"))
    known = n - unknown
    part = n - good if need.condition == "less_than" else good
    met = pl.when(on_target(good, n)).then(True).when(~on_target(good + unknown, n)).then(False)
    return budget.with_columns(
        share=pl.when(known > 0).then(part / known),
        met=pl.when((n > 0) & (n >= need.minimum)).then(met),
    )


_PACKAGES = pl.col("packages")
_NONE = pl.lit(0, pl.Int64).alias("unknown")
_OURS = ~pl.col("reason").is_in([Reason.FULFILLED_BY_AMAZON, Reason.PRIME])
_SHIPPED = ~pl.col("reason").is_in(NOT_YOURS)
_MEASURES: dict[str, tuple[str, list[pl.Expr]]] = {
    "valid_tracking": (
        "promised_date",
        [
            COUNTS["counted"].sum().alias("counted"),
            COUNTS["valid"].sum().alias("good"),
            COUNTS["unknown"].sum().alias("unknown"),
        ],
    ),
    "on_time": (
        "promised_date",
        [
            COUNTS["on_time_judged"].sum().alias("counted"),
            COUNTS["on_time"].sum().alias("good"),
            _NONE,
        ],
    ),
    "shipped_late": (
        "ship_date",
        [
            pl.col("ship_judged").filter(_SHIPPED).sum().alias("counted"),
            (pl.col("ship_judged") - pl.col("shipped_late")).filter(_SHIPPED).sum().alias("good"),
            _NONE,
        ],
    ),
    "cancelled": (
        "promised_date",
        [
            _PACKAGES.filter(_OURS).sum().alias("counted"),
            _PACKAGES.filter(_OURS & (pl.col("reason") != Reason.CANCELLED)).sum().alias("good"),
            _NONE,
        ],
    ),
}
"""The day that places a package in the window, and the counts of each measure."""
