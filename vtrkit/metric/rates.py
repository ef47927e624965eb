"""The Valid Tracking Rate from a tally: counts, bounds, error budget and status of each window.

A rate never travels without its counts. Every comparison with a target is made in whole
packages and basis points, so that 19 of 20 is exactly 95 %.
"""

from datetime import date, timedelta
from typing import Unpack

import polars as pl

from vtrkit.facts.checked import Days, checks
from vtrkit.given import lazy
from vtrkit.metric.arrivals import as_told
from vtrkit.metric.coming_days import LEFT_OUT, as_left_out, decided, fall, with_open
from vtrkit.metric.running_sums import RunningSums
from vtrkit.metric.status import USUAL_WEEKS, why, with_status
from vtrkit.metric.tally import fill_calendar, keys, rollup
from vtrkit.metric.target import (
    COUNTS,
    DEFECT,
    IN_METRIC,
    PACKAGES,
    SUMS,
    with_budget,
    with_vtr,
)
from vtrkit.metric.windows import (
    Asking,
    DayLike,
    NamesLike,
    Question,
    known_groups,
)
from vtrkit.results import RATES
from vtrkit.rules.still_open import correctable_until
from vtrkit.schema import CATEGORY, GROUP, Reason


@checks
def rates(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike | Question,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
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
        as_of: the day on which the metric is read, or the whole question.
        by: any of account, marketplace, category, carrier_id, ship_method; () is everything.
        question: lag_days, seen_to, target and rules; see `vtrkit.metric.windows.Question`.

    Returns:
        One row per group and window. Counts are packages (Int64): counted = valid + defect +
        unknown; disputed_packages beside them may or may not count, by what Amazon says, and widen
        the bounds: those that would fail lower one, those that would be valid raise the other.
        budget = defects that the target allows, budget_left may be negative, to_fix =
        defects too many, to_add = further valid packages that would make up for them; all take
        unverified packages as failing, their `_best` twins as valid, and are null where nothing is
        counted. on_time of on_time_judged valid packages due were delivered by the promised day.
        status is one of BAD, UNDECIDED, AT_RISK (see `vtrkit.metric.status`), GOOD, NONE, and
        `why` says it in words; falls_on is the first day that falls below target whatever is
        scanned yet, unless falls_unless of its falls_correctable packages are corrected by
        falls_correct_by; correctable packages after the window may still turn valid by another
        entry, the first until correct_first and the last until correct_last, and awaited ones by
        their first scan; status_other is
        the one under the other reading of a disputed condition, where it differs; in_force says
        whether the rule bites on that day (else it is informational), binding whether missing it
        hurts; few flags less than 20.

    Raises:
        TallyError: the tally lacks a column, or was judged under several rules.
        ParameterError: no day, target, lag or name, or a keyword that there is not.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(200)],
        ...     "promised_date": [date(2026, 1, 15)] * 200, "scans": [0] * 10 + [1] * 190})
        >>> table = rates(tally(classify(packages)), as_of="2026-02-01", by=())
        >>> table.filter(days=30).select("counted", "valid", "vtr", "budget_left").rows()
        [(200, 190, 0.95, 0)]
    """
    asked = Question.of(as_of, by, **question)
    return measured(tally, asked).select(*asked.by, *RATES)


def measured(tally: pl.DataFrame | pl.LazyFrame, question: Question) -> pl.DataFrame:
    """What `rates` gives, with the columns that only `with_status` needs."""
    return with_coming(tally, question)[0]


def with_coming(
    tally: pl.DataFrame | pl.LazyFrame, question: Question
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What `measured` gives, and the windows of the coming days that are decided."""
    known_groups(question.by)
    has = {"category", "account", "unscanned_since", "ship_date"} & set(keys(tally))
    if "ship_date" in has:
        has = has - {"ship_date"} | {"unscanned_since"}
    wanted = (*question.by, *has, "marketplace", "promised_date", "enforced", "reason")
    names = list(dict.fromkeys(wanted))
    # what is not summed costs nothing
    whole = rollup(lazy(tally, "tally"), names).select(*names, *_SUMMED)
    cells = as_told(question.market_of(question.still_open(whole).collect()))
    key = [*question.by, "market"]
    groups = _groups(cells, question)
    markets = sorted(cells["market"].unique())
    shown = question.table({m: question.shown(m) for m in markets})
    windows = groups.join(shown, on="market")
    windows = windows.with_columns(_covered(question.seen_to or question.as_of))
    since = windows.select(pl.min_horizontal("window_start", "usual_start").min()).item()
    daily = (
        cells.filter(pl.col("promised_date") >= pl.lit(since, pl.Date))
        .group_by(*key, "promised_date")
        .agg(*SUMS, *_STILL_OPEN, *_LEFT_OUT, defects=PACKAGES.filter(DEFECT).sum())
    )
    sums = RunningSums(daily, key)
    spans = [
        ({"usual_defects": "defects"}, "usual_start", "window_end"),
        ({"leaving": "defects"}, "window_start", "leaving_end"),
        ({name: name for name in COUNTS}, "window_start", "window_end"),
        ({name: name for name in ("correctable", "awaited")}, "window_start", "last_day"),
    ]
    after = with_open(sums.over_each(windows, spans), daily, key)
    coming = groups.join(question.table({m: question.coming(m) for m in markets}), on="market")
    if daily["left_out"].sum():
        ends = {m: question.window(m).end for m in markets}
        now = pl.col("market").replace_strict(ends, return_dtype=pl.Date)
        later = as_left_out(daily, key, now, "disputed_packages")
        decided_windows = decided(RunningSums(later, key), coming, later, key)
    else:
        decided_windows = decided(sums, coming, daily, key)
    until = daily.filter(pl.col("correctable") > 0).with_columns(until=correctable_until())
    still = until.filter(pl.col("until") >= question.as_of).group_by(key)
    last = still.agg(correct_first=pl.col("until").min(), correct_last=pl.col("until").max())
    falls = fall(decided_windows, until, key, question)
    known = after.join(falls, on=key, how="left").join(last, on=key, how="left")
    told = with_status(with_budget(with_vtr(known)))
    return told.with_columns(why()).sort(*question.by, "days"), decided_windows


@checks
def vtr(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    by: NamesLike = GROUP,
    days: Days = 30,
    last: DayLike | Question | None = None,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """The Valid Tracking Rate as it stood on each day, recomputed with today's knowledge.

    Args:
        tally: a tally that has the columns of `by`.
        by: the groups, as in `rates`.
        days: the length of the window.
        last: the last as-of day; the last promised day plus lag if none is given; or the whole
            question.
        question: lag_days and rules; see `vtrkit.metric.windows.Question`.

    Returns:
        One row per group and as-of day with window_end, counted, valid, unknown, vtr, vtr_low,
        vtr_high and on-time counts; days before the first full window are left out.

    Raises:
        TallyError: see `rates`. Likewise `ParameterError`.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 2],
        ...     "promised_date": [date(2026, 1, 1), date(2026, 1, 2)]})
        >>> vtr(tally(classify(packages)), by=(), days=2).select("as_of", "valid", "vtr").rows()
        [(datetime.date(2026, 1, 12), 1, 0.5)]
    """
    asked = Question.of(date.max if last is None else last, by, **question)
    known_groups(asked.by)
    wanted = dict.fromkeys((*asked.by, "marketplace", "promised_date", "enforced", "reason"))
    cells = as_told(asked.market_of(rollup(lazy(tally, "tally"), list(wanted)).collect()))
    key = [*asked.by, "market"]
    daily = cells.drop_nulls("promised_date").group_by(*key, "promised_date").agg(SUMS)
    rolling = pl.col(*COUNTS, "^open_.*$").rolling_sum(days, min_samples=days).over(key)
    full = fill_calendar(daily, key, "promised_date") if daily.height else daily
    one_day = {"first": "promised_date", "last": "promised_date"}
    series = with_open(full, daily, key, **one_day).with_columns(rolling).drop_nulls("counted")
    ends = _read_on(asked, sorted(cells["market"].unique()), series["promised_date"])
    dated = series.rename({"promised_date": "window_end"}).join(ends, on=["market", "window_end"])
    upto = dated.filter(pl.col("as_of") <= asked.as_of)
    return with_vtr(upto).drop("market").sort(*asked.by, "as_of")


def _read_on(question: Question, markets: list[str], ends: pl.Series) -> pl.DataFrame:
    """The days on which a window with one of these ends is read, by the lag of the day's rule."""
    rows = []
    first, last = ends.min(), ends.max()
    if isinstance(first, date) and isinstance(last, date):
        span = (last - first).days + question.most_lag
        days = [first + timedelta(days=n) for n in range(span + 1)]
        rows = [(m, day, question.window(m, day).end) for m in markets for day in days]
    schema = {"market": pl.String, "as_of": pl.Date, "window_end": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _groups(cells: pl.DataFrame, question: Question) -> pl.DataFrame:
    """Every group with what holds for all of its windows."""
    if "category" not in cells.columns:
        cells = cells.with_columns(category=pl.lit(""))
    parts = cells.group_by({*question.by, "market", "category"}).agg(
        all_counted=COUNTS["counted"].sum(),
        undated=PACKAGES.filter(IN_METRIC & pl.col("promised_date").is_null()).sum(),
        first_day=pl.col("promised_date").min(),
    )
    pairs = parts.select("market", "category").unique()
    day = question.as_of
    force = [question.rules.on(m, day).enforces(str(c), day) for m, c in pairs.iter_rows()]
    in_force = pairs.with_columns(in_force=pl.Series(force, dtype=pl.Boolean))
    reach = [n for n in ("account", "market") if n in (*question.by, "market")]
    return (
        parts.join(in_force, on=["market", "category"])
        .group_by(*question.by, "market")
        .agg(
            pl.col("all_counted", "undated").sum(),
            pl.col("first_day").min(),
            pl.col("in_force").any(),
        )
        .with_columns(pl.col("first_day").min().over(reach))
    )


_SUMMED = (
    *("packages", "delivered", "correctable", "underway"),
    *("delivery_judged", "delivered_late", "undelivered"),
)
_STILL_OPEN = (
    pl.col("correctable").sum(),
    pl.col("awaited").sum(),
    PACKAGES.filter(pl.col("reason") == Reason.NOT_SHIPPED).sum().alias("unshipped"),
)
"""What decides how a coming window may end; see `Question.still_open`."""
_LEFT_OUT = [cells.sum().alias(name) for name, cells in LEFT_OUT.items()]
_WEEK = pl.duration(days=6)


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
        (start + _WEEK).alias("leaving_end"),
        pl.lit(date.max).alias("last_day"),
    ]
