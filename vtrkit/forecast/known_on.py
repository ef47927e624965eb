"""Packages as they were known on an earlier day."""

from datetime import date

import polars as pl

from vtrkit.facts.checked import checks
from vtrkit.given import lazy
from vtrkit.metric.windows import DayLike, Question
from vtrkit.rules.conform import conform
from vtrkit.rules.policies import Rules
from vtrkit.schema import Frame, like


@checks
def known_on(packages: Frame, day: DayLike, rules: Rules | None = None) -> Frame:
    """The packages that had been shipped by a day, with what was known of them then.

    Scans, deliveries, attempts and entries of later days are taken back; a number that was
    entered later was blank. Where a fact has no day of its own, it is taken to have been known by
    the promised day: that a package was shipped, that it was scanned, that it was cancelled or
    still unshipped. Amazon's own verdict is known from the first day on which a window holds the
    package.

    ```
                 first_scan_date  scans        known on 5 January  scans
    shipped 3    4 January        2        →   yes                 2
    shipped 3    6 January        2        →   yes                 0
    shipped 6    7 January        1        →   no
    ```

    Args:
        packages: the packages table; absent columns count as not known.
        day: the day on which they are looked at.
        rules: the marketplaces' rules, which name the lag; those that the package carries if none
            are given.

    Returns:
        The packages table, lazy or collected like the argument, of the packages shipped by then.

    Examples:
        >>> from datetime import date
        >>> import polars as pl
        >>> packages = pl.DataFrame({"order_id": ["1", "2"], "scans": [2, 1],
        ...     "ship_date": [date(2026, 1, 3), date(2026, 1, 6)],
        ...     "first_scan_date": [date(2026, 1, 6), date(2026, 1, 7)]})
        >>> known_on(packages, date(2026, 1, 5)).select("order_id", "scans").rows()
        [('1', 0)]
    """
    question = Question.of(day, rules=rules)
    day = question.as_of
    before = {n: pl.when(pl.col(n) <= day).then(n) for n in _EVENTS}
    scanned, told = _scanned(day), _told(question)
    then = {
        **before,
        "tracking_number": pl.when(_later("tracking_entered_at", day) & _NUMBER.is_not_null())
        .then(pl.lit(""))
        .otherwise(_NUMBER),
        "scans": pl.when(scanned).then("scans").when(scanned.not_() & _SCANS.is_not_null()).then(0),
        "is_delivered": pl.when(pl.col("delivered_date") <= day).then("is_delivered"),
        "scanned_by": pl.when(scanned).then("scanned_by"),
        "reported_valid": pl.when(told).then("reported_valid"),
        "reported_by": pl.when(told).then("reported_by"),
        "reported_at": pl.when(told).then("reported_at"),
        "tracked_at": pl.when(pl.col("tracked_at").is_not_null()).then(
            pl.min_horizontal("tracked_at", pl.lit(day))
        ),
        "seen_at": pl.min_horizontal("seen_at", pl.lit(day)),
    }
    fresh = (pl.col("seen_at") <= day).fill_null(False)
    columns = [pl.when(fresh).then(n).otherwise(e).alias(n) for n, e in then.items()]
    given = conform(lazy(packages, "packages"))
    return like(given.filter(fresh | _shipped_by(day)).with_columns(columns), packages)


_EVENTS = ("tracking_entered_at", "first_scan_date", "attempted_date", "delivered_date")
_NUMBER, _SCANS = pl.col("tracking_number"), pl.col("scans")


def _later(name: str, day: date) -> pl.Expr:
    return (pl.col(name) > day).fill_null(False)


def _shipped_by(day: date) -> pl.Expr:
    """Shipped by its ship day; without one, by its first event or its promised day."""
    first = pl.coalesce("ship_date", pl.min_horizontal(*_EVENTS, "promised_date"))
    return (first <= day).fill_null(True)


def _scanned(day: date) -> pl.Expr:
    """Whether it was scanned by then; null where that is not known.

    Scans without a first day are taken to have come by the promised day.
    """
    known = pl.min_horizontal("first_scan_date", "attempted_date", "delivered_date") <= day
    none = (_SCANS == 0) | _later("first_scan_date", day)
    due = (pl.col("promised_date") <= day) & _SCANS.is_not_null()
    return (
        pl.when(known.fill_null(False))
        .then(True)
        .when(none.fill_null(False))
        .then(False)
        .when(due.fill_null(False))
        .then(True)
    )


def _told(question: Question) -> pl.Expr:
    """Whether a window that holds the package had been read by then."""
    names = {policy.marketplace for policy in question.rules.policies}
    lags = {name: question.window(name).lag_days for name in names}
    market = pl.col("marketplace").cast(pl.String)
    lag = market.replace_strict(lags, default=lags[""], return_dtype=pl.Int64)
    return (pl.col("promised_date") + pl.duration(days=lag) <= question.as_of).fill_null(False)
