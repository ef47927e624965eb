"""Tallies to Valid Tracking Rates: windows, bounds, error budget, status.

A rate never travels without its counts. Every comparison with a target is made in whole
packages and basis points, so that 19 of 20 is exactly 95 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from vtrkit.errors import ParameterError, TallyError, nearest
from vtrkit.policy import BASIS_POINTS, CONDITIONS, Policy, Rules, shipped_rules
from vtrkit.schema import (
    GROUPS,
    REASONS,
    STATUS_ENUM,
    UNNAMED_MARKETPLACE,
    Outcome,
    Status,
)
from vtrkit.tally import fill_calendar, rollup

UNDATED_LIMIT_BP = 500
"""Above this share of packages without a promised day (5 %), no status is given."""
_MOST_LAG = 365
USUAL_WEEKS = 8
"""A usual week's defects are the mean of this many full weeks."""


def _of(outcome: Outcome) -> pl.Expr:
    return pl.col("reason").is_in([r for r, text in REASONS.items() if text.outcome == outcome])


_VALID, _DEFECT, _UNKNOWN = _of(Outcome.VALID), _of(Outcome.DEFECT), _of(Outcome.UNKNOWN)
_IN_METRIC = ~_of(Outcome.EXEMPT)
_PACKAGES = pl.col("packages")
_COUNTS = {
    "counted": _PACKAGES.filter(_IN_METRIC),
    "valid": _PACKAGES.filter(_VALID),
    "unknown": _PACKAGES.filter(_UNKNOWN),
    "counted_enforced": _PACKAGES.filter(_IN_METRIC & pl.col("enforced")),
    "valid_enforced": _PACKAGES.filter(_VALID & pl.col("enforced")),
    "fixable": (_PACKAGES - pl.col("delivery_judged")).filter(_DEFECT),
    "on_time_judged": (pl.col("delivery_judged") + pl.col("undelivered")).filter(_VALID),
    "on_time": (pl.col("delivery_judged") - pl.col("delivered_late")).filter(_VALID),
}
"""The counts behind a rate, from the cells of a tally."""
_SUMS = [cells.sum().alias(name) for name, cells in _COUNTS.items()]


@dataclass(frozen=True)
class Target:
    """A share to reach, in basis points, and whether reaching it exactly is enough.

    Examples:
        >>> Target(9500).meets(19, 20), Target(9500, "greater_than").meets(19, 20)
        (True, False)
    """

    bp: int
    condition: str = "at_least"

    def __post_init__(self) -> None:
        """Refuse what no rate can satisfy."""
        if not 0 < self.bp <= BASIS_POINTS:
            raise ParameterError(f"a target of {self.bp} basis points: give 1 to {BASIS_POINTS}")
        if self.condition not in CONDITIONS:
            raise ParameterError(f"condition {self.condition!r}: give {' or '.join(CONDITIONS)}")
        if self.condition == "greater_than" and self.bp == BASIS_POINTS:
            raise ParameterError("nothing is greater than 100 %; use at_least")

    def meets(self, valid: int, counted: int) -> bool:
        """Whether so many valid of so many counted packages reach the target."""
        have, want = valid * BASIS_POINTS, self.bp * counted
        return have >= want if self.condition == "at_least" else have > want


def rates(  # noqa: PLR0913 - each is a question that a user asks of the same table
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: date,
    by: Sequence[str] = ("account", "marketplace", "category"),
    lag_days: int | None = None,
    target: Target | None = None,
    seen_to: date | None = None,
    rules: Rules | None = None,
) -> pl.DataFrame:
    """The Valid Tracking Rate of each group over the last 7, 30 and 90 days, with its status.

    The window ends `lag_days` before `as_of`, includes both its ends, and holds the packages
    *promised* in it. `vtr` is valid / (valid + defect); with unverified packages it lies between
    `vtr_low` (all of them fail) and `vtr_high` (all hold).

    ```
    category  days  counted  valid  unknown  vtr   budget  budget_left  to_fix  to_add  status
    Shoes     30    200      190    0        0.95  10      0            0       0       AT_RISK
    ```

    Args:
        tally: a full tally or any roll-up that has the columns of `by`.
        as_of: the day on which the metric is read.
        by: any of account, marketplace, category, carrier_id, ship_method; () is everything.
        lag_days: days between the window's end and `as_of`; the rule's own if none is given.
        target: another target than the rule's, such as `Target(9800)`.
        seen_to: the day of the newest export; a window that ends later is not complete.
        rules: the marketplaces' rules; those that the package carries if none are given.

    Returns:
        One row per group and window. Counts are packages (Int64): counted = valid + defect +
        unknown. budget = defects that the target allows, budget_left may be negative, to_fix =
        defects to mend, to_add = further valid packages to ship; all take unverified packages as
        failing, their `_best` twins as valid, and are null where nothing is counted. on_time of
        on_time_judged valid packages due were delivered by the promised day. status is one of
        BAD, UNDECIDED, AT_RISK, GOOD, NONE; `binding` says whether it can hurt.

    Raises:
        TallyError: the tally lacks a column, or was judged under several rules.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 10 + [1] * 190})
        >>> table = rates(tally(classify(packages)), as_of=date(2026, 2, 1), by=())
        >>> table.filter(days=30).select("counted", "valid", "vtr", "budget_left").rows()
        [(200, 190, 0.95, 0)]
    """
    cells, markets = _cells(tally, by)
    windows = _windows(markets, as_of, lag_days, target, rules or shipped_rules())
    counted = _count(cells, windows, by, seen_to or as_of)
    return _with_status(_with_budget(_with_vtr(counted))).select(*by, *_COLUMNS).sort(*by, "days")


def vtr(  # noqa: PLR0913 - see rates
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    by: Sequence[str] = ("account", "marketplace"),
    days: int = 30,
    lag_days: int | None = None,
    last: date | None = None,
    rules: Rules | None = None,
) -> pl.DataFrame:
    """The Valid Tracking Rate as it stood on each day, recomputed with today's knowledge.

    Args:
        tally: a tally that has the columns of `by`.
        by: the groups, as in `rates`.
        days: the length of the window.
        lag_days: days between the window's end and the day; the rule's own if none is given.
        last: the last as-of day; the last promised day plus lag if none is given.
        rules: the marketplaces' rules.

    Returns:
        One row per group and as-of day with window_end, counted, valid, unknown, vtr, vtr_low,
        vtr_high and on-time counts; days before the first full window are left out.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 2],
        ...     "promised_date": [date(2026, 1, 1), date(2026, 1, 2)]})
        >>> vtr(tally(classify(packages)), by=(), days=2).select("as_of", "valid", "vtr").rows()
        [(datetime.date(2026, 1, 12), 1, 0.5)]
    """
    cells, markets = _cells(tally, by)
    daily = cells.drop_nulls("promised_date").group_by(*by, "market", "promised_date").agg(_SUMS)
    rolling = pl.col(*_COUNTS).rolling_sum(days, min_samples=days).over(*by, "market")
    full = fill_calendar(daily, [*by, "market"], "promised_date") if daily.height else daily
    series = full.with_columns(rolling).drop_nulls("counted")
    ends = _ends(markets, series["promised_date"].to_list(), lag_days, rules or shipped_rules())
    dated = series.rename({"promised_date": "window_end"}).join(ends, on=["market", "window_end"])
    upto = dated.filter(pl.lit(True) if last is None else pl.col("as_of") <= last)
    return _with_vtr(upto).drop("market").sort(*by, "as_of")


def _ends(markets: list[str], ends: list[date], lag_days: int | None, rules: Rules) -> pl.DataFrame:
    """The days on which a window with one of these ends is read, by the lag of the day's rule."""
    rows = []
    most = max(_lag(rule, lag_days) for rule in (rules.default, *rules.policies))
    if ends:
        span = (max(ends) - min(ends)).days + most
        days = [min(ends) + timedelta(days=n) for n in range(span + 1)]
        rows = [
            (m, day, day - timedelta(days=_lag(rules.on(m, day), lag_days)))
            for m in markets
            for day in days
        ]
    schema = {"market": pl.String, "as_of": pl.Date, "window_end": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _cells(tally: pl.DataFrame | pl.LazyFrame, by: Sequence[str]) -> tuple[pl.DataFrame, list[str]]:
    """The cells that a rate needs, each with the marketplace whose rule holds; and their names."""
    if unknown := [n for n in by if n not in GROUPS]:
        raise TallyError(f"rates are not grouped by {unknown[0]}{nearest(unknown[0], GROUPS)}")
    wanted = dict.fromkeys((*by, "marketplace", "promised_date", "enforced", "reason"))
    cells = rollup(tally.lazy(), list(wanted)).collect()
    names = sorted(cells["marketplace"].unique().cast(pl.String))
    if "marketplace" in by:
        return cells.with_columns(market=pl.col("marketplace").cast(pl.String)), names
    one = names[0] if len(names) == 1 else UNNAMED_MARKETPLACE
    return cells.with_columns(market=pl.lit(one)), [one]


def _lag(rule: Policy, lag_days: int | None) -> int:
    lag = rule.lag_days if lag_days is None else lag_days
    if not 0 <= lag <= _MOST_LAG:
        raise ParameterError(f"lag_days {lag}: give 0 to {_MOST_LAG}")
    return lag


def _windows(
    markets: list[str], as_of: date, lag_days: int | None, target: Target | None, rules: Rules
) -> pl.DataFrame:
    """One row per marketplace and window: its days, its rule and its target."""
    rows = [
        row
        for market in markets
        for row in _windows_of(market, rules.on(market, as_of), as_of, lag_days, target)
    ]
    return pl.DataFrame(rows, schema=_WINDOW, orient="row")


_WINDOW = {
    "market": pl.String,
    "as_of": pl.Date,
    "days": pl.Int64,
    "lag_days": pl.Int64,
    "window_start": pl.Date,
    "window_end": pl.Date,
    "target_bp": pl.Int64,
    "condition": pl.String,
    "policy_id": pl.String,
    "in_force": pl.Boolean,
    "is_enforced_window": pl.Boolean,
}


def _windows_of(
    market: str, rule: Policy, as_of: date, lag_days: int | None, target: Target | None
) -> list[tuple[object, ...]]:
    goal = target or Target(rule.target_bp, rule.condition)
    lag = _lag(rule, lag_days)
    end = as_of - timedelta(days=lag)
    shared = (goal.bp, goal.condition, rule.id, rule.enforced)
    return [
        (
            market,
            as_of,
            days,
            lag,
            end - timedelta(days=days - 1),
            end,
            *shared,
            days == rule.window_days,
        )
        for days in rule.windows_days
    ]


def _count(
    cells: pl.DataFrame, windows: pl.DataFrame, by: Sequence[str], seen_to: date
) -> pl.DataFrame:
    """Every group in every window, with its counts; a group that is empty there has zeros."""
    reach = [n for n in ("account", "market") if n in (*by, "market")]
    groups = (
        cells.group_by(*by, "market")
        .agg(
            all_counted=_COUNTS["counted"].sum(),
            undated=_PACKAGES.filter(_IN_METRIC & pl.col("promised_date").is_null()).sum(),
            first_day=pl.col("promised_date").min(),
        )
        .with_columns(pl.col("first_day").min().over(reach))
        .join(windows, on="market")
        .with_columns(_covered(seen_to))
    )
    key = [*by, "market", "days"]
    dated = cells.join(
        groups.select(*key, "window_start", "window_end", "usual_start"), on=[*by, "market"]
    )
    inside = pl.col("promised_date").is_between("window_start", "window_end")
    usual = pl.col("promised_date").is_between("usual_start", "window_end")
    counts = dated.filter(inside).group_by(key).agg(_SUMS)
    defects = dated.filter(usual).group_by(key).agg(usual_defects=_PACKAGES.filter(_DEFECT).sum())
    joined = groups.join(counts, on=key, how="left").join(defects, on=key, how="left")
    return joined.with_columns(pl.col(*_COUNTS, "usual_defects").fill_null(0))


def _covered(seen_to: date) -> list[pl.Expr]:
    """How far the data reach into a window, and where the usual weeks before its end begin."""
    start, end, first = pl.col("window_start"), pl.col("window_end"), pl.col("first_day")
    known = pl.min_horizontal(end, pl.lit(seen_to)) - pl.max_horizontal(start, first)
    days = known.dt.total_days() + 1
    weeks = ((end - first).dt.total_days() + 1).floordiv(7).clip(0, USUAL_WEEKS).fill_null(0)
    return [
        pl.when(first <= end).then(days.clip(0)).otherwise(0).alias("covered_days"),
        ((first <= start) & (end <= seen_to)).fill_null(False).alias("complete"),
        weeks.alias("usual_weeks"),
        (end - pl.duration(days=7 * weeks - 1)).alias("usual_start"),
    ]


def _with_vtr(counted: pl.DataFrame) -> pl.DataFrame:
    """The rate and its bounds; null where there is nothing to divide by."""
    valid, unknown, counted_ = pl.col("valid"), pl.col("unknown"), pl.col("counted")
    return counted.with_columns(
        vtr=_share(valid, counted_ - unknown),
        vtr_low=_share(valid, counted_),
        vtr_high=_share(valid + unknown, counted_),
        on_time_share=_share(pl.col("on_time"), pl.col("on_time_judged")),
    )


def _share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return pl.when(whole > 0).then(part / whole)


def _with_budget(counted: pl.DataFrame) -> pl.DataFrame:
    """Error budget and headroom in packages, for the worst and the best of what is unverified."""
    n, bp, gap = pl.col("counted"), pl.col("target_bp"), BASIS_POINTS - pl.col("target_bp")
    strict = pl.col("condition") == "greater_than"
    allowed = n * gap
    budget = (
        pl.when(strict)
        .then(-((-allowed).floordiv(BASIS_POINTS)) - 1)
        .otherwise(allowed.floordiv(BASIS_POINTS))
    )
    columns = [budget.alias("budget")]
    for suffix, valid in (("", pl.col("valid")), ("_best", pl.col("valid") + pl.col("unknown"))):
        left = budget - (n - valid)
        short = bp * n - BASIS_POINTS * valid
        add = pl.when(strict).then(short.floordiv(gap) + 1).otherwise(-((-short).floordiv(gap)))
        # at 100 % no number of further valid packages makes up for one defect
        add = pl.when(gap > 0).then(add.clip(0)).when(valid == n).then(0)
        columns += [
            left.alias(f"budget_left{suffix}"),
            (-left).clip(0).alias(f"to_fix{suffix}"),
            add.alias(f"to_add{suffix}"),
        ]
    return counted.with_columns(pl.when(n > 0).then(c) for c in columns)


def meets(valid: pl.Expr, counted: pl.Expr) -> pl.Expr:
    """Whether a count reaches the row's target, compared in whole numbers."""
    have, want = valid * BASIS_POINTS, pl.col("target_bp") * counted
    return pl.when(pl.col("condition") == "greater_than").then(have > want).otherwise(have >= want)


def _with_status(counted: pl.DataFrame) -> pl.DataFrame:
    n, valid, unknown = pl.col("counted"), pl.col("valid"), pl.col("unknown")
    undated = pl.col("undated") * BASIS_POINTS > UNDATED_LIMIT_BP * pl.col("all_counted")
    thin = pl.col("is_enforced_window") & (
        pl.col("budget_left") * pl.col("usual_weeks") < pl.col("usual_defects")
    )
    status = (
        pl.when((n == 0) | ~pl.col("complete") | undated)
        .then(pl.lit(Status.NONE))
        .when(~meets(valid + unknown, n))
        .then(pl.lit(Status.BAD))
        .when(~meets(valid, n))
        .then(pl.lit(Status.UNDECIDED))
        .when(thin)
        .then(pl.lit(Status.AT_RISK))
        .otherwise(pl.lit(Status.GOOD))
    )
    misses = ~meets(pl.col("valid_enforced"), pl.col("counted_enforced"))
    return counted.with_columns(
        status=status.cast(STATUS_ENUM),
        binding=pl.col("in_force") & (pl.col("counted_enforced") > 0) & misses,
    )


_COLUMNS = (
    "as_of",
    "days",
    "lag_days",
    "window_start",
    "window_end",
    "counted",
    "valid",
    "unknown",
    "vtr",
    "vtr_low",
    "vtr_high",
    "undated",
    "counted_enforced",
    "valid_enforced",
    "target_bp",
    "condition",
    "policy_id",
    "in_force",
    "is_enforced_window",
    "budget",
    "budget_left",
    "to_fix",
    "to_add",
    "budget_left_best",
    "to_fix_best",
    "to_add_best",
    "fixable",
    "on_time_judged",
    "on_time",
    "on_time_share",
    "status",
    "binding",
    "covered_days",
    "complete",
)
