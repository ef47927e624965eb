"""Amazon's figure and ours for the same days, with the packages that can explain a difference."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.files.loaded import Loaded
from vtrkit.files.performance import performance
from vtrkit.files.sources import find
from vtrkit.forecast.known_on import known_on
from vtrkit.given import lazy, read_path
from vtrkit.metric.target import HOLDS_IF_AT_ALL, IN_METRIC, IS_DISPUTED, outcome_is
from vtrkit.results import RECONCILED
from vtrkit.rules.classify import CONTESTED, classify
from vtrkit.rules.conform import conform
from vtrkit.rules.policies import Rules, rules_or_ours
from vtrkit.schema import DEFAULT_ACCOUNT, GROUP, NOT_YOURS, Outcome

_DUE, _START, _END = pl.col("promised_date"), pl.col("window_start"), pl.col("window_end")
_INSIDE = _DUE.is_between(_START, _END)
_COUNTS = {
    "counted": IN_METRIC,
    "valid": outcome_is(Outcome.VALID),
    "unknown": outcome_is(Outcome.UNKNOWN),
}
_SUMS = {
    **{name: _INSIDE & of for name, of in _COUNTS.items()},
    "disputed": _INSIDE & IS_DISPUTED,
    "disputed_valid": _INSIDE & HOLDS_IF_AT_ALL,
    "exempt": _INSIDE & outcome_is(Outcome.EXEMPT) & ~pl.col("reason").is_in(NOT_YOURS),
    "not_yours": _INSIDE & pl.col("reason").is_in(NOT_YOURS),
    "day_before": IN_METRIC & (_START - pl.duration(days=1) == _DUE),
    "day_after": IN_METRIC & (_END + pl.duration(days=1) == _DUE),
    "undated": IN_METRIC & _DUE.is_null(),
    "contested": _INSIDE & CONTESTED,
}
_PLACE = "_place"


@checks
def reconcile(packages: Any, report: Any = None, rules: Rules | None = None) -> pl.DataFrame:
    """Amazon's Valid Tracking Rate beside the one that your files give for the same days.

    ```
    marketplace  window_start  window_end  shipped  amazon_rate  counted_then  valid_then  …
    US           2026-08-22    2026-09-20  2,318    0.9431       2,310         2,181
    ```

    Args:
        packages: what `load` returns, or a packages table.
        report: a file or folder of performance reports (V2 JSON, V1 XML), or several; those among
            the inputs of the load if none is given.
        rules: the marketplaces' rules; those that the package carries if none are given.

    Returns:
        One row per report, marketplace and window; see `vtrkit.results.RECONCILED`. `…_then` are
        judged by what was known on the day of the report (scans of later days are taken back),
        the others by all that is known now.

    Raises:
        ParameterError: no report is given, and none is among the inputs.
        InputError: a report cannot be read, or names no Valid Tracking Rate.

    Examples:
        >>> import json
        >>> from tempfile import NamedTemporaryFile
        >>> from vtrkit import load, sample
        >>> days = {"reportingDateFrom": "2026-08-22", "reportingDateTo": "2026-09-20"}
        >>> rate = {"shipmentCount": 1700, "rate": 0.9412, "reportingDateRange": days}
        >>> metrics = [{"marketplaceId": "ATVPDKIKX0DER", "validTrackingRate": rate}]
        >>> with NamedTemporaryFile("w", suffix=".json") as file:
        ...     json.dump({"performanceMetrics": metrics}, file)
        ...     file.flush()
        ...     reconcile(load(sample()), file.name).select("shipped", "counted", "valid").row(0)
        (1700, 1672, 1560)
    """
    if report is not None:
        official = read_reports(report)
    else:
        official = packages.official if isinstance(packages, Loaded) else pl.DataFrame()
    if official.is_empty():
        raise ParameterError("no performance report; give the file of Amazon's as report")
    parts = packages.parts if isinstance(packages, Loaded) else [lazy(packages, "packages")]
    read = rules_or_ours(rules)
    sums = [compared(part, official, read) for part in parts]
    return together(official, sums, read)


def read_reports(paths: Any, account: str | None = None) -> pl.DataFrame:
    """Amazon's own figures in files and folders of performance reports; see `OFFICIAL`.

    Raises:
        InputError: a file is missing, or is none.
    """
    given = paths if isinstance(paths, list | tuple) else [paths]
    sources, _ = find([read_path(path, "report") for path in given])
    return pl.concat(
        performance(one.content(), one.name, one.account or account or DEFAULT_ACCOUNT)
        for one in sources
    )


def compared(part: pl.LazyFrame, official: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """What some packages come to in the days of each report; such tables add up.

    One row per report (`_place`), account and marketplace.
    """
    part = conform(part)
    asked = official.select("marketplace", _START, _END, "read_on").with_row_index(_PLACE)
    places = part.select(pl.col(GROUP).cast(pl.String)).unique().collect()
    edge, first, last = timedelta(days=1), asked["window_start"].min(), asked["window_end"].max()
    if isinstance(first, date) and isinstance(last, date):
        part = part.filter(_DUE.is_between(first - edge, last + edge) | _DUE.is_null())
    packages = part.collect()
    now = _summed(classify(packages, rules), asked, _SUMS)
    then = [
        _summed(classify(known_on(packages, day, rules), rules), asked.filter(read_on=day), _THEN)
        for (day,) in asked.select("read_on").drop_nulls().unique().rows()
    ]
    zeros = (pl.lit(0, pl.Int64).alias(name) for name in _OURS)
    none = _of_place(places, asked).select(_PLACE, *GROUP, *zeros)
    return pl.concat([none, now, *then], how="diagonal")


_THEN = {f"{name}_then": _INSIDE & of for name, of in _COUNTS.items()}
_OURS = (*_SUMS, *_THEN)


def _of_place(rows: pl.DataFrame, asked: pl.DataFrame) -> pl.DataFrame:
    """The rows with each report that may be about them; one that names no marketplace, of all."""
    anywhere = asked.filter(pl.col("marketplace").is_null()).drop("marketplace")
    named = rows.join(asked, on="marketplace")
    return pl.concat([named, rows.join(anywhere, how="cross").select(named.columns)])


def _summed(
    verdicts: pl.DataFrame, asked: pl.DataFrame, wanted: dict[str, pl.Expr]
) -> pl.DataFrame:
    columns = ("promised_date", "reason", "outcome", "our_reason", "reported_valid")
    texts = verdicts.select(pl.col(GROUP).cast(pl.String), *columns)
    rows = _of_place(texts, asked).group_by(_PLACE, *GROUP)
    return rows.agg(of.sum().cast(pl.Int64).alias(name) for name, of in wanted.items())


def together(
    official: pl.DataFrame, sums: Iterable[pl.DataFrame], rules: Rules, lag: int | None = None
) -> pl.DataFrame:
    """Each report with the sums of its account and marketplace.

    A report that names no account is that of the only one which sells there; likewise one that
    names no marketplace.
    """
    asked = official.with_row_index(_PLACE).rename({name: f"{name}_told" for name in GROUP})
    told = pl.col("account_told")
    each = pl.concat(sums, how="diagonal").group_by(_PLACE, *GROUP).agg(pl.col(_OURS).sum())
    each = each.join(asked.select(_PLACE, told), on=_PLACE)
    own = pl.col("account") == told
    fits = pl.when(own.any().over(_PLACE)).then(own).otherwise(told == DEFAULT_ACCOUNT)
    ours = each.filter(fits).filter(pl.len().over(_PLACE) == 1).drop("account_told")
    table = asked.join(ours, on=_PLACE, how="left", maintain_order="left").with_columns(
        *(pl.coalesce(name, f"{name}_told").alias(name) for name in GROUP),
        *(pl.when(_START.is_not_null() & _END.is_not_null()).then(n).alias(n) for n in _SUMS),
        *(pl.when(pl.col("read_on").is_not_null()).then(n).alias(n) for n in _THEN),
        lag_days=(pl.col("read_on") - _END).dt.total_days(),
    )
    days = table.select("marketplace", pl.coalesce("read_on", _END)).rows()
    lags = [
        rules.on(name or "", day).lag_days if lag is None and day else lag for name, day in days
    ]
    table = table.with_columns(our_lag_days=pl.Series(lags, dtype=pl.Int64))
    return table.select(pl.col(name).cast(kind.dtype) for name, kind in RECONCILED.items())
