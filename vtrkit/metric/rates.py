"""Tallies to Valid Tracking Rates: windows, bounds, error budget, status.

A rate never travels without its counts. Every comparison with a target is made in whole
packages and basis points, so that 19 of 20 is exactly 95 %.
"""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from vtrkit.errors import ParameterError, TallyError, nearest
from vtrkit.metric.tally import fill_calendar, keys, rollup
from vtrkit.metric.target import (
    COUNTS,
    DEFECT,
    IN_METRIC,
    PACKAGES,
    SUMS,
    Target,
    meets,
    with_budget,
    with_vtr,
)
from vtrkit.rules.policies import BASIS_POINTS, Policy, Rules, shipped_rules
from vtrkit.schema import FEW, GROUPS, STATUS_ENUM, UNNAMED_MARKETPLACE, Status

UNDATED_LIMIT_BP = 500
"""Above this share of packages without a promised day (5 %), no status is given."""
_MOST_LAG = 365
USUAL_WEEKS = 8
"""A usual week's defects are the mean of this many full weeks."""


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
        BAD, UNDECIDED, AT_RISK, GOOD, NONE; status_other is the one under the other reading of
        a disputed condition, where it differs; in_force says whether the rule bites on that day
        (else it is informational), binding whether missing it hurts; few flags less than 20.

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
    told = measured(
        tally,
        as_of=as_of,
        by=by,
        lag_days=lag_days,
        target=target,
        seen_to=seen_to,
        rules=rules,
    )
    return told.select(*by, *_COLUMNS)


def measured(  # noqa: PLR0913 - see rates
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: date,
    by: Sequence[str],
    lag_days: int | None = None,
    target: Target | None = None,
    seen_to: date | None = None,
    rules: Rules | None = None,
) -> pl.DataFrame:
    """What `rates` gives, with the columns that only `with_status` needs."""
    rules = rules or shipped_rules()
    cells, markets = _cells(tally, by)
    windows = _windows(markets, as_of, lag_days, target, rules)
    counted = _count(_with_force(cells, as_of, rules), windows, by, seen_to or as_of)
    return with_status(with_budget(with_vtr(counted))).sort(*by, "days")


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
    daily = cells.drop_nulls("promised_date").group_by(*by, "market", "promised_date").agg(SUMS)
    rolling = pl.col(*COUNTS).rolling_sum(days, min_samples=days).over(*by, "market")
    full = fill_calendar(daily, [*by, "market"], "promised_date") if daily.height else daily
    series = full.with_columns(rolling).drop_nulls("counted")
    ends = _ends(markets, series["promised_date"].to_list(), lag_days, rules or shipped_rules())
    dated = series.rename({"promised_date": "window_end"}).join(ends, on=["market", "window_end"])
    upto = dated.filter(pl.lit(True) if last is None else pl.col("as_of") <= last)
    return with_vtr(upto).drop("market").sort(*by, "as_of")


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
    has = set(keys(tally)) & {"category"}
    wanted = dict.fromkeys((*by, *has, "marketplace", "promised_date", "enforced", "reason"))
    cells = rollup(tally.lazy(), list(wanted)).collect()
    names = sorted(cells["marketplace"].unique().cast(pl.String))
    if "marketplace" in by:
        return cells.with_columns(market=pl.col("marketplace").cast(pl.String)), names
    one = names[0] if len(names) == 1 else UNNAMED_MARKETPLACE
    return cells.with_columns(market=pl.lit(one)), [one]


def _with_force(cells: pl.DataFrame, as_of: date, rules: Rules) -> pl.DataFrame:
    """Whether the rule of the as-of day can cost the category of a cell."""
    if "category" not in cells.columns:
        cells = cells.with_columns(category=pl.lit(""))
    pairs = cells.select("market", "category").unique()
    force = [rules.on(m, as_of).enforces(str(c), as_of) for m, c in pairs.iter_rows()]
    return cells.join(
        pairs.with_columns(in_force=pl.Series(force, dtype=pl.Boolean)), on=["market", "category"]
    )


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
    "disputed": pl.Boolean,
    "is_enforced_window": pl.Boolean,
}


def _windows_of(
    market: str, rule: Policy, as_of: date, lag_days: int | None, target: Target | None
) -> list[tuple[object, ...]]:
    goal = target or Target(rule.target_bp, rule.condition)
    lag = _lag(rule, lag_days)
    end = as_of - timedelta(days=lag)
    disputed = rule.condition_disputed and target is None
    shared = (goal.bp, goal.condition, rule.id, disputed)
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
            all_counted=COUNTS["counted"].sum(),
            undated=PACKAGES.filter(IN_METRIC & pl.col("promised_date").is_null()).sum(),
            first_day=pl.col("promised_date").min(),
            in_force=pl.col("in_force").any(),
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
    counts = dated.filter(inside).group_by(key).agg(SUMS)
    defects = dated.filter(usual).group_by(key).agg(usual_defects=PACKAGES.filter(DEFECT).sum())
    joined = groups.join(counts, on=key, how="left").join(defects, on=key, how="left")
    return joined.with_columns(pl.col(*COUNTS, "usual_defects").fill_null(0))


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


def with_status(counted: pl.DataFrame) -> pl.DataFrame:
    """The status; the one under the other reading of the condition, where it is disputed."""
    strict = pl.col("condition") == "greater_than"
    flipped = pl.when(strict).then(pl.lit("at_least")).otherwise(pl.lit("greater_than"))
    other = with_budget(counted.with_columns(condition=flipped)).select(_status()).to_series()
    misses = ~meets(pl.col("valid_enforced"), pl.col("counted_enforced"))
    exact = _exactly(pl.col("valid")) | _exactly(pl.col("valid") + pl.col("unknown"))
    possible = pl.col("disputed") & (pl.col("target_bp") < BASIS_POINTS)
    matters = possible & exact & (other != _status())
    return counted.with_columns(
        status=_status(),
        status_other=pl.when(matters).then(other),
        few=(pl.col("counted") > 0) & (pl.col("counted") < FEW),
        binding=pl.col("in_force") & (pl.col("counted_enforced") > 0) & misses,
    )


def _exactly(valid: pl.Expr) -> pl.Expr:
    return valid * BASIS_POINTS == pl.col("target_bp") * pl.col("counted")


def _status() -> pl.Expr:
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
    return status.cast(STATUS_ENUM)


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
    "status_other",
    "few",
    "binding",
    "covered_days",
    "complete",
)
