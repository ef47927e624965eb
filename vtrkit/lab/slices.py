"""What the explorer shows: the cells of one account, narrowed by a choice, as finished tables.

Each list is narrowed by every part of the choice but its own, so that what was not chosen can
still be seen and chosen instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache

import polars as pl

from vtrkit.metric.rates import rates, vtr
from vtrkit.metric.tally import keys, rollup
from vtrkit.metric.windows import Question
from vtrkit.schema import COUNTS, DISPUTED, FAILING, GROUP, OUTCOMES_OF, Reason
from vtrkit.study.today import Today

MOST = 14
"""Categories or carriers that have a row of their own; the others share the last one."""
_OWN = {*DISPUTED, Reason.NO_SCAN}
_ONE = {str(r): str(one[-1]) for one in OUTCOMES_OF.values() for r in one if r not in _OWN}
"""One reason that stands for all of the same outcome; what may still change stands for itself."""
_LAST = ("promised_date", "enforced", "reason", "unscanned_since")
_KEY = (*GROUP, "category", "carrier_id", *_LAST)
_NARROWING = ("marketplace", "category", "carrier_id")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is looked at; an empty name is all of them.

    Args:
        as_of: the day on which the metric is read.
        account: always one.
        marketplace: such as US; likewise category, carrier_id and reason.
        days: the length of the window.

    Examples:
        >>> from datetime import date, timedelta
        >>> Choice(as_of=date(2026, 9, 30), account="northwind", category="Shoes").days
        30
    """

    as_of: date
    account: str
    marketplace: str = ""
    category: str = ""
    carrier_id: str = ""
    reason: str = ""
    days: int = 30


@dataclass(frozen=True)
class Views:
    """The tables that stand for one choice.

    Args:
        totals: rates per marketplace over every window, of the packages chosen.
        categories: rates per category over the chosen window, with `failing` packages (of the
            chosen reason), whether it is `chosen`, and how many `members` a row stands for: the
            row of all others comes last and has counts but no rate.
        carriers: the same per carrier.
        reasons: failing packages of the window by reason, with `chosen`.
        history: the rate of each marketplace as it stood on each day; see `vtrkit.vtr`.
    """

    totals: pl.DataFrame
    categories: pl.DataFrame
    carriers: pl.DataFrame
    reasons: pl.DataFrame
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
        self._cells = rollup(study.tally.filter(pl.col("account") == account), _KEY).collect()
        # rates ask only for the outcome, which a quarter of the cells tell
        self._outcomes = rollup(self._cells.with_columns(pl.col("reason").replace(_ONE)), _KEY)
        self._narrowed = lru_cache(maxsize=12)(self._narrow)
        self._named = lru_cache(maxsize=12)(self._name)
        self._lines = lru_cache(maxsize=4)(self._line)

    def names(self, column: str) -> list[str]:
        """What a column of the key holds, in order."""
        return self._names[column]

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        return {n: sorted(self._outcomes[n].unique().cast(pl.String)) for n in _NARROWING}

    @cached_property
    def days(self) -> list[date]:
        """The as-of days for which there is anything to see, up to the newest export."""
        found = self._lines(("", "", ""), 1)["as_of"].unique().sort()
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
        only = (choice.marketplace, choice.category, choice.carrier_id)
        totals = self._rates(choice, GROUP, only)
        reasons = _inside(
            self._named(("reason",), only, FAILING),
            totals.filter(days=choice.days),
            ("reason",),
        )
        return Views(
            totals,
            self._ranked(choice, "category"),
            self._ranked(choice, "carrier_id"),
            reasons.with_columns(chosen=pl.col("reason") == choice.reason).sort(
                "packages", "reason", descending=[True, False]
            ),
            self._lines(only, choice.days),
        )

    def _ranked(self, choice: Choice, column: str) -> pl.DataFrame:
        """Rates by a column, narrowed by all of the choice but that column, most failing first."""
        only = tuple("" if n == column else getattr(choice, n) for n in _NARROWING)
        by = (*GROUP, column)
        found = self._rates(choice, by, only).filter(
            pl.col("days") == choice.days, pl.col("counted") > 0
        )
        failing = pl.col("counted") - pl.col("valid")
        if choice.reason:
            named = self._named((column,), only, (Reason(choice.reason),))
            found = found.join(_inside(named, found, by), on=by, how="left")
            failing = pl.col("packages").fill_null(0)
        ranked = found.with_columns(
            failing=failing, chosen=pl.col(column) == getattr(choice, column), members=pl.lit(1)
        ).sort("failing", "counted", *by, descending=[True] * 2 + [False] * 3)
        return _with_others(ranked, column)

    def _rates(self, choice: Choice, by: tuple[str, ...], only: tuple[str, ...]) -> pl.DataFrame:
        keep = ("category",) if choice.category and "category" not in by else ()
        cells = self._narrowed((*by, *keep), only)
        question = replace(self._question, as_of=choice.as_of, by=by)
        return rates(self._near(cells, question), as_of=question)

    def _near(self, cells: pl.DataFrame, question: Question) -> pl.DataFrame:
        """Fewer cells with the same rates: days that every window holds alike, or none, are one.

        Each part keeps its first day, which says how far the data reach.
        """
        ends = pl.Series(question.edges(self.names("marketplace")), dtype=pl.Date)
        span = ends.search_sorted(cells["promised_date"], side="right")
        dated = pl.when(pl.col("promised_date").is_not_null()).then(span)
        key = [name for name in keys(cells) if name != "promised_date"]
        parts = cells.with_columns(dated.alias("span")).group_by(*key, "span")
        told = (pl.col("promised_date").min(), pl.col(COUNTS).sum(), pl.col("rules").first())
        return parts.agg(told).drop("span")

    def _narrow(self, by: tuple[str, ...], only: tuple[str, ...]) -> pl.DataFrame:
        """Cells under fewer keys, of what is chosen only."""
        some = self._outcomes.filter(_wanted(only))
        cells = rollup(some, (*by, *_LAST))
        return pl.concat([cells, _anchors(self._outcomes, cells)])

    def _name(
        self, by: tuple[str, ...], only: tuple[str, ...], reasons: tuple[Reason, ...]
    ) -> pl.DataFrame:
        """Packages of some reasons by day and a column."""
        some = self._cells.filter(_wanted(only), pl.col("reason").is_in(reasons))
        return some.group_by(*GROUP, *by, "promised_date").agg(pl.col("packages").sum())

    def _line(self, only: tuple[str, ...], days: int) -> pl.DataFrame:
        cells = self._narrowed(GROUP, only)
        q = self._question
        return vtr(cells, days=days, last=self._seen_to, lag_days=q.lag_days, rules=q.rules)


def _wanted(only: tuple[str, ...]) -> pl.Expr:
    named = [pl.col(n) == v for n, v in zip(_NARROWING, only, strict=True) if v]
    return pl.all_horizontal(pl.lit(True), *named)


def _anchors(cells: pl.DataFrame, narrowed: pl.DataFrame) -> pl.DataFrame:
    """Cells of no package on the first day of each marketplace.

    How far the data reach is a matter of the account, not of what is left of it by narrowing.
    """
    first = cells.group_by(GROUP).agg(pl.col("promised_date").min())
    one = narrowed.group_by(GROUP).agg(pl.all().exclude(GROUP).min())
    empty = one.with_columns(pl.lit(0, pl.Int64).alias(n) for n in COUNTS)
    return empty.drop("promised_date").join(first, on=GROUP).select(narrowed.columns)


def _inside(cells: pl.DataFrame, found: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """Packages in the window of their marketplace, as rates say it, summed by some columns."""
    windows = found.select(*GROUP, "window_start", "window_end").unique()
    inside = pl.col("promised_date").is_between("window_start", "window_end")
    return cells.join(windows, on=GROUP).filter(inside).group_by(by).agg(pl.col("packages").sum())


def _with_others(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """The first rows, and one that adds up the counts of all others."""
    if rows.height <= MOST + 1:
        return rows
    shown = (pl.int_range(pl.len()) < MOST) | pl.col("chosen")
    first, others = rows.filter(shown), rows.filter(~shown)
    summed = others.select(
        pl.col("counted", "valid", "unknown", "failing").sum(), members=pl.len().cast(pl.Int32)
    )
    named = summed.with_columns(pl.lit("", rows.schema[column]).alias(column), chosen=False)
    return pl.concat([first, named], how="diagonal")
