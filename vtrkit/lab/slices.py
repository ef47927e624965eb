"""What the explorer shows: the cells of one account, narrowed by a choice, as finished tables.

Each list is narrowed by every part of the choice but its own, so that what was not chosen can
still be seen and chosen instead.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache

import polars as pl

from vtrkit.metric.portfolio import as_whole
from vtrkit.metric.rates import rates, vtr
from vtrkit.metric.spans import alike
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import DEFECT, IN_METRIC, PACKAGES, Target
from vtrkit.metric.windows import Question, Window
from vtrkit.schema import (
    CATEGORY,
    COUNTS,
    DISPUTED,
    FAILING,
    GROUP,
    OUTCOMES_OF,
    Reason,
)
from vtrkit.study.today import Today

_OWN = {*DISPUTED, Reason.NO_SCAN}
_ONE = {str(r): str(one[-1]) for one in OUTCOMES_OF.values() for r in one if r not in _OWN}
"""One reason that stands for all of the same outcome; what may still change stands for itself."""
_LAST = ("promised_date", "enforced", "reason", "unscanned_since")
_NARROWING = ("marketplace", "category", "carrier_id", "ship_method")
_KEY = ("account", *_NARROWING, *_LAST)
_NAMED = ("account", *_NARROWING, "promised_date", "reason")
_READ = ("packages", "delivered", "correctable", "underway")
"""The counts that rates are made of. The cells are millions, so they hold no others."""
_OTHER = [pl.lit(0, pl.Int64).alias(n) for n in COUNTS if n not in _READ]
_WEEKS = 13
"""Weeks of promised days that are shown, up to the as-of day."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is looked at; an empty name is all of them.

    Args:
        as_of: the day on which the metric is read.
        account: always one; so is the marketplace.
        category: likewise carrier_id, ship_method and reason: one, or all.
        days: the length of the window.
        bp: the target in basis points; the rule's own if it is 0.

    Examples:
        >>> from datetime import date
        >>> Choice(as_of=date(2026, 9, 30), account="northwind", marketplace="US").days
        30
    """

    as_of: date
    account: str
    marketplace: str
    category: str = ""
    carrier_id: str = ""
    ship_method: str = ""
    reason: str = ""
    days: int = 30
    bp: int = 0


@dataclass(frozen=True)
class Views:
    """The tables that stand for one choice.

    Args:
        totals: rates over every window, of the packages chosen.
        categories: rates per category over the chosen window, most failing first, with `failing`
            packages (not known to be valid, or of the chosen reason) and whether it is `chosen`.
        carriers: `counted` and `failing` packages per carrier; failing are those that failed for
            sure, or of the chosen reason. It has no rate: Amazon sets no target for it.
        methods: the same per ship method.
        reasons: failing packages of the window by reason, with `chosen`.
        weeks: of the weeks up to the as-of day, by their Monday, `counted` and `failing` packages
            due then, and of these those `counted_now` and `failing_now`, in the window.
        history: the rate as it stood on each day; see `vtrkit.vtr`.
    """

    totals: pl.DataFrame
    categories: pl.DataFrame
    carriers: pl.DataFrame
    methods: pl.DataFrame
    reasons: pl.DataFrame
    weeks: pl.DataFrame
    history: pl.DataFrame


class Cells:
    """The cells of one account, rolled up to what the explorer asks, and what it asked last."""

    def __init__(self, study: Today, account: str) -> None:
        """Read the cells of an account.

        Args:
            study: what was opened.
            account: its name.

        Examples:
            >>> from vtrkit import classify, tally
            >>> from vtrkit.demo import packages as sample
            >>> cells = tally(classify(sample.packages())).lazy()
            >>> fjord = Cells(Today(cells, Question.of(sample.AS_OF)), "fjord")
            >>> fjord.names("carrier_id")
            ['dhl', 'dpd', 'evri', 'postnord', 'royal_mail']
        """
        self.account, self._question = account, study.question
        self._seen_to = study.seen_to
        own = study.tally.filter(pl.col("account") == account)
        # rates ask only for the outcome, which a quarter of the cells tell
        outcomes = rollup(own.with_columns(pl.col("reason").replace(_ONE)), _KEY)
        held = outcomes.select(*_KEY, pl.col(_READ).cast(pl.Int32), "rules")
        self._outcomes = held.collect(engine="streaming")
        failing = own.filter(pl.col("reason").is_in(FAILING)).group_by(*_NAMED)
        held = failing.agg(pl.col("packages").sum().cast(pl.Int32))
        self._failing = held.collect(engine="streaming")
        self._narrowed = lru_cache(maxsize=8)(self._narrow)
        self._named = lru_cache(maxsize=8)(self._name)
        self._lines = lru_cache(maxsize=4)(self._line)

    def names(self, column: str) -> list[str]:
        """What a column of the key holds, in order."""
        return self._names[column]

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        return {n: sorted(self._outcomes[n].unique().cast(pl.String)) for n in _NARROWING}

    @cached_property
    def _first(self) -> pl.DataFrame:
        """The first day of each marketplace."""
        return self._outcomes.group_by(GROUP).agg(pl.col("promised_date").min())

    @cached_property
    def days(self) -> list[date]:
        """The as-of days for which there is anything to see, up to the newest export."""
        found = self._lines(("", "", "", ""), 1)["as_of"].unique().sort()
        return list(found) or [self._seen_to]

    def views(self, choice: Choice) -> Views:
        """The tables for a choice; where nothing is left, they have no rows.

        Examples:
            >>> from datetime import date, timedelta
            >>> from vtrkit import classify, tally
            >>> from vtrkit.demo import packages as sample
            >>> shops = Today(tally(classify(sample.packages())).lazy(), Question.of(sample.AS_OF))
            >>> shown = Cells(shops, "northwind").views(Choice(as_of=sample.AS_OF,
            ...     account="northwind", marketplace="US", carrier_id="ontrac"))
            >>> shown.reasons.select("reason", "packages").row(0)
            ('no_scan', 36)
        """
        only = tuple(getattr(choice, name) for name in _NARROWING)
        window = self._asked(choice).window(choice.marketplace, days=choice.days)
        named = self._named(("reason",), only, FAILING).filter(_in(window))
        reasons = named.group_by("reason").agg(PACKAGES.sum())
        return Views(
            self._rates(choice, GROUP, only),
            self._categories(choice, window),
            self._counted(choice, "carrier_id", window),
            self._counted(choice, "ship_method", window),
            reasons.with_columns(chosen=pl.col("reason") == choice.reason).sort(
                "packages", "reason", descending=[True, False]
            ),
            self._weeks(choice, only, window),
            self._lines(only, choice.days),
        )

    def _asked(self, choice: Choice) -> Question:
        target = Target.of_bp(choice.bp) if choice.bp else None
        return replace(self._question, as_of=choice.as_of, target=target)

    def _categories(self, choice: Choice, window: Window) -> pl.DataFrame:
        """Rates by category, narrowed by all of the choice but that, most failing first."""
        only = _but(choice, "category")
        every = self._rates(choice, CATEGORY, only)
        judged = as_whole(every, lambda: self._rates(choice, GROUP, only))
        found = judged.filter(pl.col("days") == choice.days, pl.col("counted") > 0)
        failing = found.with_columns(failing=pl.col("counted") - pl.col("valid"))
        return self._ranked(failing, choice, "category", window)

    def _counted(self, choice: Choice, column: str, window: Window) -> pl.DataFrame:
        """Packages by a column, narrowed by all of the choice but that, most failing first."""
        cells = self._narrowed((*GROUP, column), _but(choice, column)).filter(_in(window))
        counts = (
            cells.group_by(column)
            .agg(PACKAGES.filter(x).sum().alias(n) for n, x in _COUNTS.items())
            .filter(pl.col("counted") > 0)
        )
        return self._ranked(counts, choice, column, window)

    def _ranked(
        self, table: pl.DataFrame, choice: Choice, column: str, window: Window
    ) -> pl.DataFrame:
        """With the packages of the chosen reason as those that fail, if one is chosen."""
        if choice.reason:
            only, reasons = _but(choice, column), (Reason(choice.reason),)
            named = self._named((column,), only, reasons).filter(_in(window))
            sums = named.group_by(column).agg(failing=PACKAGES.sum())
            table = table.drop("failing").join(sums, on=column, how="left")
        ranked = table.with_columns(
            pl.col("failing").fill_null(0), chosen=pl.col(column) == getattr(choice, column)
        )
        return ranked.sort("failing", "counted", column, descending=[True, True, False])

    def _weeks(self, choice: Choice, only: tuple[str, ...], window: Window) -> pl.DataFrame:
        """Packages due in each week, and of these those in the window."""
        monday = choice.as_of - timedelta(days=choice.as_of.weekday())
        first = monday - timedelta(weeks=_WEEKS - 1)
        due = pl.col("promised_date")
        cells = self._narrowed(GROUP, only).filter(due.is_between(first, choice.as_of))
        now = {f"{name}_now": count & _in(window) for name, count in _COUNTS.items()}
        by_week = cells.group_by(week=due.dt.truncate("1w"))
        weeks = by_week.agg(PACKAGES.filter(x).sum().alias(n) for n, x in (_COUNTS | now).items())
        if choice.reason:
            named = self._named((), only, (Reason(choice.reason),)).filter(due <= choice.as_of)
            failing = named.group_by(week=due.dt.truncate("1w")).agg(
                failing=PACKAGES.sum(), failing_now=PACKAGES.filter(_in(window)).sum()
            )
            weeks = weeks.drop("failing", "failing_now").join(failing, on="week", how="left")
        every = pl.date_range(first, monday, "1w", eager=True).alias("week").to_frame()
        table = every.join(weeks, on="week", how="left", maintain_order="left").fill_null(0)
        return table.select("week", *_COUNTS, *now)

    def _rates(self, choice: Choice, by: tuple[str, ...], only: tuple[str, ...]) -> pl.DataFrame:
        keep = ("category",) if choice.category and "category" not in by else ()
        cells = self._narrowed((*by, *keep), only)
        question = replace(self._asked(choice), by=by)
        some = alike(cells, question, self.names("marketplace"), _READ)
        return rates(some.with_columns(_OTHER), as_of=question)

    def _narrow(self, by: tuple[str, ...], only: tuple[str, ...]) -> pl.DataFrame:
        """Cells under fewer keys, of what is chosen only; from those by category, if these do."""
        every = tuple("" if n == "category" else v for n, v in zip(_NARROWING, only, strict=True))
        if {*by} <= {*CATEGORY} and (by, only) != (CATEGORY, every):
            some = self._narrowed(CATEGORY, every).filter(_wanted(("", only[1], "", "")))
        else:
            some = self._outcomes.filter(_wanted(only))
        sums = pl.col(_READ).cast(pl.Int64).sum(), pl.col("rules").first()
        cells = some.group_by(*by, *_LAST).agg(*sums)
        return pl.concat([cells, _anchors(self._first, cells)])

    def _name(
        self, by: tuple[str, ...], only: tuple[str, ...], reasons: tuple[Reason, ...]
    ) -> pl.DataFrame:
        """Packages of some reasons by day and a column."""
        some = self._failing.filter(_wanted(only), pl.col("reason").is_in(reasons))
        packages = pl.col("packages").cast(pl.Int64).sum()
        return some.group_by(*GROUP, *by, "promised_date").agg(packages)

    def _line(self, only: tuple[str, ...], days: int) -> pl.DataFrame:
        cells = self._narrowed(GROUP, only).with_columns(_OTHER)
        q = self._question
        return vtr(cells, days=days, last=self._seen_to, lag_days=q.lag_days, rules=q.rules)


def _wanted(only: tuple[str, ...]) -> pl.Expr:
    named = [pl.col(n) == v for n, v in zip(_NARROWING, only, strict=True) if v]
    return pl.all_horizontal(pl.lit(True), *named)


def _anchors(first: pl.DataFrame, narrowed: pl.DataFrame) -> pl.DataFrame:
    """Cells of no package on the first day of each marketplace.

    How far the data reach is a matter of the account, not of what is left of it by narrowing.
    """
    one = narrowed.group_by(GROUP).agg(pl.all().exclude(GROUP).min())
    empty = one.with_columns(pl.lit(0, pl.Int64).alias(n) for n in _READ)
    return empty.drop("promised_date").join(first, on=GROUP).select(narrowed.columns)


def _in(window: Window) -> pl.Expr:
    return pl.col("promised_date").is_between(window.start, window.end)


def _but(choice: Choice, column: str) -> tuple[str, ...]:
    """What the choice narrows by, but for a column."""
    return tuple("" if name == column else getattr(choice, name) for name in _NARROWING)


_COUNTS = {"counted": IN_METRIC, "failing": DEFECT}
"""Which cells are packages that are due, and those of them that failed."""
