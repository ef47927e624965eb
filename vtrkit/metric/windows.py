"""Which days count on a day, by whose rule, against which target: the question of every metric.

```
promised days   ├── window_start ······ window_end ──┤ lag ├ as_of
                                       the coming windows end here, up to closed_to
```
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, TypedDict

import polars as pl

from vtrkit.errors import ParameterError, TallyError, nearest
from vtrkit.given import lazy, read_day, read_names
from vtrkit.metric.status import USUAL_WEEKS
from vtrkit.metric.target import PACKAGES, Target, TargetLike
from vtrkit.rules.policies import Policy, Rules, rules_or_ours, shipped_rules
from vtrkit.rules.still_open import SHOWS_DAYS, awaited_until, correctable_until, still_counts
from vtrkit.schema import CATEGORY, GROUP, GROUPS, UNNAMED_MARKETPLACE, Reason

MOST_LAG = 365
DayLike = date | str | int
NamesLike = str | Sequence[str]


class Asking(TypedDict, total=False):
    """What else a question may say; see `Question`."""

    lag_days: int | None
    seen_to: DayLike | None
    target: TargetLike | None
    rules: Rules | None
    delays: pl.DataFrame | pl.LazyFrame | None
    tracked: pl.DataFrame | None


class Window(NamedTuple):
    """The promised days that a rate of one marketplace and as-of day is about; both ends count."""

    start: date
    end: date
    days: int
    lag_days: int
    target: Target
    rule: Policy


@dataclass(frozen=True, eq=False)
class Question:
    """What is asked of a tally; every function makes it of its keywords in its first line.

    Args:
        as_of: the day on which the metric is read.
        by: the groups: any of account, marketplace, category, carrier_id, ship_method.
        lag_days: days between the window's end and `as_of`; the rule's own if none is given.
        seen_to: the day of the newest export; a window that ends later is not complete. A study
            asks of each account and marketplace with its own.
        target: another target than the rule's.
        rules: the marketplaces' rules; those that the package carries if none are given.
        delays: what `vtrkit.scan_delay` returns, for the estimate of late scans.
        tracked: the day of each account's newest export of tracking data (`tracked_to` of
            `vtrkit.rules.still_open`); up to `closed_to` if none is given.
    """

    as_of: date
    by: tuple[str, ...] = CATEGORY
    lag_days: int | None = None
    seen_to: date | None = None
    target: Target | None = None
    rules: Rules = field(default_factory=shipped_rules)
    delays: pl.DataFrame | pl.LazyFrame | None = None
    tracked: pl.DataFrame | None = None

    @classmethod
    def of(
        cls, as_of: "DayLike | Question | None", by: NamesLike | None = CATEGORY, /, **more: Any
    ) -> "Question":
        """A question as people write it: days and names as text, a target in percent.

        Raises:
            ParameterError: no as-of day, something that is no day, name, target or lag, or a
                keyword that no question has.
        """
        if isinstance(as_of, Question):
            return as_of
        if wrong := [name for name in more if name not in Asking.__annotations__]:
            raise ParameterError(
                f"nothing here is called {wrong[0]}{nearest(wrong[0], Asking.__annotations__)}; "
                f"there is also {', '.join(Asking.__annotations__)}"
            )
        if (day := read_day(as_of)) is None:
            raise ParameterError("give as_of, the day on which the metric is read")
        lag, target, rules = more.get("lag_days"), more.get("target"), more.get("rules")
        if lag is not None and not (type(lag) is int and 0 <= lag <= MOST_LAG):
            raise ParameterError(f"lag_days {lag!r}: give a whole number from 0 to {MOST_LAG}")
        if rules is not None and not isinstance(rules, Rules):
            raise ParameterError(f"rules {type(rules).__name__}: give what read_rules returns")
        delays = more.get("delays")
        return cls(
            as_of=day,
            by=read_names(by, "by"),
            lag_days=lag,
            seen_to=read_day(more.get("seen_to"), "seen_to"),
            target=None if target is None else Target(target),
            rules=rules_or_ours(rules),
            delays=None if delays is None else lazy(delays, "delays"),
            tracked=more.get("tracked"),
        )

    @property
    def closed_to(self) -> date:
        """The last day on which every package is known."""
        return min(self.as_of, self.seen_to or self.as_of)

    def lag(self, rule: Policy) -> int:
        """Days between the end of a rule's window and the day on which it is read."""
        return rule.lag_days if self.lag_days is None else self.lag_days

    @property
    def most_lag(self) -> int:
        """The longest lag of any rule."""
        return max(self.lag(rule) for rule in (self.rules.default, *self.rules.policies))

    def window(self, market: str, day: date | None = None, days: int | None = None) -> Window:
        """The window that is read on a day (the as-of day): the enforced one, or one of `days`."""
        day = day or self.as_of
        rule = self.rules.on(market, day)
        lag, length = self.lag(rule), days or rule.window_days
        end = day - timedelta(days=lag)
        goal = self.target or Target.of_bp(rule.target_bp, rule.condition)
        return Window(end - timedelta(days=length - 1), end, length, lag, goal, rule)

    def inside(self, markets: Iterable[str], days: int | None = None) -> pl.Expr:
        """Whether a package was promised in the window of its marketplace, one of these."""
        windows = {market: self.window(market, days=days) for market in markets}
        own = pl.col("marketplace").cast(pl.String)
        first, last = (
            own.replace_strict(ends, default=None, return_dtype=pl.Date)
            for ends in (
                {market: one.start for market, one in windows.items()},
                {market: one.end for market, one in windows.items()},
            )
        )
        return pl.col("promised_date").is_between(first, last)

    def coming(self, market: str) -> list[Window]:
        """The days that count on coming days, where every package is known already."""
        span = (self.closed_to - self.as_of).days + self.most_lag
        days = (self.as_of + timedelta(days=n) for n in range(1, span + 1))
        return [w for w in (self.window(market, day) for day in days) if w.end <= self.closed_to]

    def shown(self, market: str) -> list[Window]:
        """The windows of the as-of day that rates are shown of."""
        lengths = self.rules.on(market, self.as_of).windows_days
        return [self.window(market, days=length) for length in lengths]

    def table(self, windows: Mapping[str, Sequence[Window]]) -> pl.DataFrame:
        """Windows of marketplaces as a table, by the names that results have."""
        rows = [
            (
                *(market, w.end + timedelta(days=w.lag_days), w.days, w.lag_days, w.start, w.end),
                *(w.target.bp, w.target.condition, w.rule.id, w.days == w.rule.window_days),
                w.rule.condition_disputed and self.target is None,
            )
            for market, several in windows.items()
            for w in several
        ]
        return pl.DataFrame(rows, _TABLE, orient="row")

    def edges(self, markets: Iterable[str]) -> list[date]:
        """The days on which a window, or the weeks that tell a usual one, begin or are over.

        And those from which on a correction still shows in one.
        """
        days: set[date] = set()
        for market in markets:
            after = self.window(market).end + timedelta(days=1)
            days |= {after - timedelta(days=7 * week) for week in range(USUAL_WEEKS + 1)}
            for window in (*self.shown(market), *self.coming(market)):
                shows = window.start + timedelta(days=SHOWS_DAYS)
                days |= {window.start, shows, window.end + timedelta(days=1)}
        return sorted(days)

    def still_open(self, cells: pl.LazyFrame) -> pl.LazyFrame:
        """Cells with what can still change of their packages; see `vtrkit.rules.still_open`.

        `correctable` is as of the day, `scan_may_come` says whether first scans are awaited, and
        `awaited` are the packages that want one. Nothing of what a window holds already can
        change, but what tracking shows on its way.
        """
        names = cells.collect_schema().names()
        if "unscanned_since" not in names:
            shipped = pl.col("ship_date") if "ship_date" in names else pl.lit(None, pl.Date)
            cells = cells.with_columns(unscanned_since=shipped)
        known, markets = pl.lit(self.closed_to), {p.marketplace for p in self.rules.policies}
        if self.tracked is not None and "account" in names:
            group = {n: t for n, t in cells.collect_schema().items() if n in GROUP}
            days = self.tracked.cast(group).lazy().drop("seen_to", strict=False)  # type: ignore[arg-type]
            cells = cells.join(days, on=GROUP, how="left")
            known = pl.min_horizontal(pl.lit(self.as_of), pl.col("tracked_to").fill_null(known))
        windows = {m: self.window(m) for m in ("", *markets)}
        start, end = (_by_market(windows, edge) for edge in ("start", "end"))
        after = pl.col("promised_date") > end
        may_come = after & (known < awaited_until(pl.col("unscanned_since")))
        wanting = (pl.col("reason") == Reason.NO_SCAN) & may_come
        in_time = after & (correctable_until() >= self.as_of)
        return cells.with_columns(
            scan_may_come=may_come,
            awaited=pl.when(wanting).then(PACKAGES - pl.col("delivered")).otherwise(0),
            correctable=pl.when(in_time)
            .then("correctable")
            .otherwise(pl.col("underway") * still_counts(start).fill_null(True)),
        )

    def market_of(self, cells: pl.DataFrame) -> pl.DataFrame:
        """Cells with `market`: the marketplace whose rule holds, where several are one group."""
        names = pl.col("marketplace").cast(pl.String)
        if "marketplace" not in self.by:
            one = pl.when(names.n_unique() == 1).then(names.first())
            names = one.otherwise(pl.lit(UNNAMED_MARKETPLACE))
        return cells.with_columns(market=names)


def _by_market(windows: Mapping[str, Window], edge: str) -> pl.Expr:
    """A day of the window of each marketplace; that of all others stands under no name."""
    days = {m: getattr(window, edge) for m, window in windows.items()}
    named = pl.col("marketplace").cast(pl.String)
    return named.replace_strict(days, default=days[""], return_dtype=pl.Date)


_TABLE = {
    "market": pl.String,
    "as_of": pl.Date,
    "days": pl.Int64,
    "lag_days": pl.Int64,
    "window_start": pl.Date,
    "window_end": pl.Date,
    "target_bp": pl.Int64,
    "condition": pl.String,
    "policy_id": pl.String,
    "is_enforced_window": pl.Boolean,
    "disputed": pl.Boolean,
}


def known_groups(by: Iterable[str]) -> None:
    """Refuse groups that no tally has.

    Raises:
        TallyError: it names the nearest one.
    """
    if unknown := [n for n in by if n not in GROUPS]:
        raise TallyError(
            f"rates are not grouped by {unknown[0]}{nearest(unknown[0], GROUPS)}; there is "
            f"{', '.join(GROUPS)}"
        )
