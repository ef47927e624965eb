"""The official metric of the coming days: what is decided already, and what is to be expected."""

from datetime import date
from typing import TYPE_CHECKING, Unpack

import polars as pl

from vtrkit.facts.checked import checks
from vtrkit.metric.status import on_target, status
from vtrkit.metric.target import SCALE, STRICT, budget, whole
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question
from vtrkit.schema import CATEGORY, FEW, UNKNOWN_CATEGORY

if TYPE_CHECKING:
    from vtrkit.forecast.forecast import Forecast
    from vtrkit.forecast.windows import Windows

PARTS = ("official", "locked in", "projected")
"""How a day's number comes about."""
_EXACT = 1e-9
_DIGITS = 9


@checks
def outlook(
    tally: pl.DataFrame | pl.LazyFrame,
    *,
    as_of: DayLike,
    days: int = 60,
    back: int = 0,
    by: NamesLike = CATEGORY,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """The Valid Tracking Rate that each group shows today and will show on the coming days.

    Amazon's number of a day is about packages promised weeks before it. So a day is *official* up
    to `as_of`; *locked in* while its window holds only promised days of which all packages are
    known; then *projected*, with the packages that are to be expected.

    ```
    category  day         part       counted  valid  vtr    vtr_low  vtr_high  chance  status
    Shoes     2026-01-31  official   200      192    0.96   0.96     0.96      1       GOOD
    Shoes     2026-02-05  locked in  205      193.5  0.944  0.937    0.966     0.31    AT_RISK
    Shoes     2026-02-15  projected  211.4    199.2  0.942  0.915    0.957     0.28    AT_RISK
    ```

    Args:
        tally: a full tally, or a roll-up with the columns of `by`. With `ship_date` it also tells
            how many packages of a coming promised day are usually known so long before it; with
            `scan_delay` too, late scans are expected.
        as_of: the day on which the metric is read.
        days: so many days after it.
        back: and so many before it, recomputed with today's knowledge.
        by: any of account, marketplace, category, carrier_id, ship_method; with account and
            marketplace alone, whole accounts.
        question: lag_days, seen_to, target and rules; see `vtrkit.metric.windows.Question`.

    Returns:
        One row per group and day, over the days that count by the rule of that day. Counts are
        packages, expected ones unrounded where the day is not official; `late` of the valid ones
        still wait for the scan that they are expected to have; `shipped` ones are known, of which
        `shipped_valid` are valid or may be, by a first scan or for all that is known, and `to_come`
        are expected beside them. Where fewer than 20 verified packages were due in the last eight
        weeks, nothing is said of projected days, nor a chance where it is not certain.
        vtr = valid / (valid + defect).
        vtr is the middle of what may come: it is on target on the days that have an even chance
        to be. vtr_low and vtr_high are what unverified packages leave open (official); what may
        still become of known packages by corrections, first scans and orders that are not shipped
        yet, at worst and at best (locked in); or the 90 % range. budget_left takes unverified
        packages as failing, as `rates` does. chance is the probability of being on target, null
        where unverified packages decide. status is that of `rates`; of later days BAD says that
        the whole range misses, AT_RISK that a part of it does.

    Raises:
        ParameterError: `days`, `back` or `lag_days` out of bounds, or `as_of` outside the data.
        TallyError: the tally lacks a column.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> from vtrkit import classify, tally
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [0, 2],
        ...     "promised_date": [date(2026, 1, 1), date(2026, 1, 25)]})
        >>> table = outlook(tally(classify(packages)), as_of=date(2026, 2, 1), days=20, by=())
        >>> table.select("part", "counted", "vtr").gather([0, 4]).rows()
        [('official', 1.0, 0.0), ('locked in', 2.0, 0.5)]
    """
    from vtrkit.forecast.forecast import forecast  # noqa: PLC0415 - brings NumPy
    from vtrkit.forecast.windows import windows  # noqa: PLC0415 - likewise

    made = forecast(tally, Question.of(as_of, by, **question), days=days, back=back)
    return table(made, windows(made))


def table(forecast: "Forecast", found: "Windows") -> pl.DataFrame:
    """The windows of a forecast, as things stand or under a scenario, as `outlook` shows them."""
    groups, days = found.part.shape
    place = pl.select(pl.int_range(groups * days, dtype=pl.UInt32) // days).to_series()
    fields = (*_COUNTS, *_RATES, *_JUDGED, "part", "start", "end")
    names = forecast.groups
    unknown = pl.Series([False] * groups)
    if "category" in names.columns:
        unknown = names["category"].cast(pl.String) == UNKNOWN_CATEGORY
    body = pl.DataFrame(
        {
            "place": place,
            "day": forecast.days * groups,
            **{n: getattr(found, n).ravel() for n in fields},
            "target_bp": forecast.target_bp.ravel(),
            "strict": forecast.strict.ravel(),
            "is_unknown": unknown.gather(place),
        },
        schema_overrides={"day": pl.Date},
    )
    first = pl.lit(forecast.grid.first)
    shown = body.with_columns(
        pl.col("part").replace_strict(dict(enumerate(PARTS)), return_dtype=pl.Enum(PARTS)),
        *(_steady(n).fill_nan(None) for n in _COUNTS),
        *(_steady(n).fill_nan(None).clip(0, 1) for n in _RATES),
        window_start=first + pl.duration(days="start"),
        window_end=first + pl.duration(days="end"),
        condition=pl.when("strict").then(pl.lit("greater_than")).otherwise(pl.lit("at_least")),
    ).with_columns(_budget_left())
    told = shown.with_columns(_status(forecast.as_of)).select(_COLUMNS)
    return pl.concat([names[place], told], how="horizontal") if names.width else told


_COUNTS = ("counted", "valid", "unknown", "late", "shipped", "shipped_valid", "to_come")
_RATES = ("vtr", "vtr_low", "vtr_high", "chance")
_JUDGED = ("complete", "falls", "open_failing", "open_holding", "usual", "leaving")
"""What a status goes by, beside counts and rates."""
_COLUMNS = (
    "day",
    "part",
    "window_start",
    "window_end",
    *_COUNTS,
    *_RATES[:3],
    "target_bp",
    "condition",
    "budget_left",
    "chance",
    "status",
    "complete",
)


def _steady(name: str) -> pl.Expr:
    """Counted numbers as they are; expected ones without the digits that vary by processor."""
    expected = (pl.col("part") == len(PARTS) - 1) | (pl.col("late") > 0) | (name == "chance")
    return pl.when(expected).then(pl.col(name).round(_DIGITS)).otherwise(name)


def _budget_left() -> pl.Expr:
    """Defects that may still be added; unverified packages count as failing, as in `rates`."""
    spare = _spare(pl.col("valid"), pl.col("counted") + pl.col("open_failing"))
    return pl.when(pl.col("counted") > 0).then(spare).alias("budget_left")


def _spare(valid: pl.Expr, n: pl.Expr) -> pl.Expr:
    spare: pl.Expr = budget(whole(n), pl.col("target_bp"), STRICT, SCALE) - (n - valid)
    return spare


def misses(rate: str) -> pl.Expr:
    """Whether a rate of `table` is below its target; a millionth of a package does not decide."""
    n = pl.col("counted")
    return ~on_target(whole(pl.col(rate) * n), whole(n))


def _status(as_of: date) -> pl.Expr:
    """As in `rates`; of days to come, at risk is what may be on either side of the target."""
    holds = pl.col("open_holding")
    spare = _spare(pl.col("valid") + holds, pl.col("counted") + holds) + pl.col("leaving")
    thin = (pl.col("counted") >= FEW) & (spare < pl.col("usual") - _EXACT)
    falls = ((pl.col("falls") > 0) & pl.col("complete")).any().over("place") & (
        pl.col("day") == as_of
    )
    given = status(
        known=pl.col("complete") & (pl.col("counted") > 0) & ~pl.col("is_unknown"),
        low=~misses("vtr_low"),
        high=~misses("vtr_high"),
        at_risk=((pl.col("part") == PARTS[0]) & thin) | (falls & (pl.col("day") == as_of)),
        is_open=pl.col("part") != PARTS[0],
    )
    return given.alias("status")
