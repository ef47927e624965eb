"""What changed since an earlier report: packages that entered, left or were restated."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.schema import CATEGORY, GROUP, Status

DAILY = {
    "account": pl.String,
    "marketplace": pl.String,
    "category": pl.String,
    "promised_date": pl.Date,
    "counted": pl.Int64,
    "valid": pl.Int64,
    "unknown": pl.Int64,
}
"""The daily counts that a report keeps, so that a later one can say what changed."""
FAR = 0.05
"""Points by which a rate moves far; ours, no source has it."""
_COUNTS = ["counted", "valid", "unknown"]
_BOUNDS = ["window_start", "window_end", "status"]


def changes(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What moved the rate of each account and marketplace between two reports.

    ```
    rate before ─ entered, left, restated ─▶ rate now
                  mix      categories gained or lost weight
                  quality  rates within the categories moved
    ```

    Args:
        before: the earlier `report.json`.
        now: the figures of this report.

    Returns:
        `groups`: per account and marketplace the packages that entered and left the enforced
        window, those restated (days in both windows whose counts differ), the change of the rate
        with every unverified package failing, and how much of it is mix and how much quality;
        `statuses`: the categories whose status changed, or whose rate moved by 5 points.

    Raises:
        ParameterError: the earlier report has another form.
    """
    try:
        since = date.fromisoformat(before["as_of"]).isoformat()
        old, new = (_days(figures) for figures in (before, now))
        turned = statuses(before["rates"], now["rates"])
    except (KeyError, TypeError, ValueError, AttributeError, pl.exceptions.PolarsError):
        raise ParameterError(
            "the previous report is not a report.json of this version; give the one that lies "
            "beside the earlier HTML"
        ) from None
    groups = _moved(old, new).join(_mix_and_quality(old, new), on=GROUP).sort(GROUP)
    return {"since": since, "groups": groups.to_dicts(), "statuses": turned}


def _days(figures: dict[str, Any]) -> pl.DataFrame:
    """The daily counts of the days that count."""
    daily = _typed(figures["daily"], DAILY)
    windows = pl.DataFrame(
        [{k: row[k] for k in (*GROUP, *_BOUNDS[:2])} for row in _enforced(figures["totals"])],
        schema_overrides=dict.fromkeys(_BOUNDS[:2], pl.String),
    ).with_columns(pl.col(_BOUNDS[:2]).str.to_date())
    inside = pl.col("promised_date").is_between("window_start", "window_end")
    return daily.join(windows, on=GROUP).filter(inside)


def _typed(rows: Sequence[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    texts = {name: pl.String if t == pl.Date else t for name, t in schema.items()}
    return pl.DataFrame(rows, schema=texts).with_columns(pl.col("promised_date").str.to_date())


def _enforced(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["is_enforced_window"]]


def _moved(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """Packages that entered, left or were restated, by comparing day with day."""
    key = [*CATEGORY, "promised_date"]
    bounds = {"o_start": "window_start", "o_end": "window_end"}
    spans = old.group_by(GROUP).agg(pl.col(c).first().alias(n) for n, c in bounds.items())
    spans = spans.join(
        new.group_by(GROUP).agg(pl.col("window_start", "window_end").first()), on=GROUP
    )
    both = (
        old.select(*key, pl.col(_COUNTS).name.prefix("o_"))
        .join(new.select(*key, *_COUNTS), on=key, how="full", coalesce=True)
        .join(spans, on=GROUP)
        .with_columns(pl.col(*_COUNTS, *(f"o_{n}" for n in _COUNTS)).fill_null(0))
    )
    day = pl.col("promised_date")
    was = day.is_between("o_start", "o_end")
    is_ = day.is_between("window_start", "window_end")
    parts = [(pl.col(n) - pl.col(f"o_{n}")) for n in ("valid", "unknown")]
    defect = (pl.col("counted") - pl.col("o_counted")) - parts[0] - parts[1]
    moves = [*parts, defect]
    # a package that changes its verdict leaves one of the three counts and joins another one
    restated = pl.max_horizontal(
        sum(m.clip(lower_bound=0) for m in moves), sum((-m).clip(lower_bound=0) for m in moves)
    )
    return both.group_by(GROUP).agg(
        pl.col("counted").filter(is_ & ~was).sum().alias("entered"),
        pl.col("o_counted").filter(was & ~is_).sum().alias("left"),
        restated.filter(is_ & was).sum().alias("restated"),
    )


def _mix_and_quality(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """The change of the rate, split exactly into shifted weights and shifted rates."""
    then, now = (_weights(days) for days in (old, new))
    both = then.join(now, on=CATEGORY, how="full", coalesce=True, suffix="_now")
    # a category that was not there has the rate that it has now: its coming is mix
    rate, rate_now = pl.coalesce("rate", "rate_now"), pl.coalesce("rate_now", "rate")
    w, w_now = pl.col("weight").fill_null(0), pl.col("weight_now").fill_null(0)
    return both.group_by(GROUP, maintain_order=True).agg(
        vtr_before=(w * rate).sum().round(10),
        vtr_now=(w_now * rate_now).sum().round(10),
        mix=((w_now - w) * (rate + rate_now) / 2).sum().round(10),
        quality=((rate_now - rate) * (w + w_now) / 2).sum().round(10),
    )


def _weights(days: pl.DataFrame) -> pl.DataFrame:
    sums = days.group_by(CATEGORY).agg(pl.col(_COUNTS).sum()).filter(pl.col("counted") > 0)
    return sums.sort(CATEGORY).select(
        *CATEGORY,
        rate=pl.col("valid") / pl.col("counted"),
        weight=pl.col("counted") / pl.col("counted").sum().over(GROUP),
    )


def statuses(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The categories whose status changed, and those whose rate moved far within one.

    One that a report does not have is NONE there. Rates take unverified packages as failing.
    """
    was, is_ = (
        {
            tuple(row[k] for k in CATEGORY): (str(row["status"]), row.get("vtr_low"))
            for row in _enforced(rows)
        }
        for rows in (old, new)
    )
    none = str(Status.NONE), None
    moved = [
        (key, was.get(key, none), is_.get(key, none)) for key in sorted(was.keys() | is_.keys())
    ]
    return [
        dict(zip(CATEGORY, key, strict=True))
        | {"before": before, "now": now, "vtr_before": rate, "vtr_now": rate_now}
        for key, (before, rate), (now, rate_now) in moved
        if before != now or is_far(rate, rate_now)
    ]


def is_far(rate: float | None, rate_now: float | None) -> bool:
    """Whether a rate moved so far that it is told of though the status is the same."""
    if rate is None or rate_now is None:
        return False
    return round(abs(rate_now - rate), 9) >= FAR  # of floats five points may be a bit less
