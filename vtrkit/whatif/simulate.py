"""What will be, if levers are pulled: the official rate of the coming days under a scenario."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, Unpack, cast

import polars as pl

from vtrkit.errors import ParameterError
from vtrkit.facts.checked import checks
from vtrkit.forecast.outlook import table
from vtrkit.metric.target import TargetLike, read_targets
from vtrkit.metric.windows import Asking, DayLike, NamesLike, Question
from vtrkit.schema import CATEGORY
from vtrkit.whatif.levers import ScenarioLike, as_scenario

if TYPE_CHECKING:
    from vtrkit.forecast.forecast import Forecast
    from vtrkit.whatif.looking_ahead import Prospect

Foreseen: TypeAlias = "pl.DataFrame | pl.LazyFrame | Prospect"
"""A tally with ship days, or what `vtrkit.whatif.looking_ahead.look_ahead` made of one."""
Targets: TypeAlias = TargetLike | Iterable[TargetLike]
"""One target or several, as `vtrkit.metric.target.read_targets` takes them."""


@checks
def simulate(  # noqa: PLR0913 - what is done, when it is read, and what is foreseen
    tally: Foreseen,
    scenario: ScenarioLike,
    *,
    as_of: DayLike | None = None,
    days: int = 60,
    back: int = 0,
    by: NamesLike = CATEGORY,
    targets: Targets | None = None,
    **question: Unpack[Asking],
) -> pl.DataFrame:
    """The rate that each group will show on each coming day if a scenario is carried out.

    A lever acts on packages shipped from its start on (the day after the as-of day if it has
    none), so what is locked in moves only by levers marked `retroactive`, which also reach
    packages that the data do not know to be delivered.

    ```
    scenario  category  day         part       counted  valid  vtr    vtr_low  vtr_high  chance  …
    labels    Shoes     2026-10-01  locked in  812      761    0.937  0.931    0.944     0.01    …
    labels    Shoes     2026-11-20  projected  797.2    764.1  0.958  0.947    0.969     0.88    …
    ```

    Args:
        tally: a tally that has ship days and the columns which the levers go by; or what
            `vtrkit.whatif.looking_ahead.look_ahead` made of it, for many scenarios.
        scenario: what is done: a scenario, a lever or several; the empty scenario gives what
            `outlook` gives.
        as_of: as in `outlook`, and likewise days, back, by and the other keywords; none of them
            with a prospect, which was made for its own.
        days: so many days after it.
        back: and so many before it.
        by: the groups.
        targets: the targets that `chance` and `status` are about, each in rows of its own; that
            of the rule if none are given.
        question: lag_days, seen_to, target and rules; see `vtrkit.metric.windows.Question`.

    Returns:
        The columns of `outlook` behind `scenario`. Unverified packages to come that are moved
        and not scanned stay unverified here: the past does not tell what is found out of them.

    Raises:
        ParameterError: levers contradict each other, or no as_of is given.
        TallyError: the tally lacks a column that a lever goes by.

    Examples:
        >>> from datetime import date, timedelta
        >>> from vtrkit import Lever, Scenario, classify, tally
        >>> today = date(2026, 3, 1)
        >>> days = [today - timedelta(days=n) for n in range(120)]
        >>> packages = pl.DataFrame({"order_id": [str(i) for i in range(2400)],
        ...     "ship_date": [day for day in days for _ in range(20)],
        ...     "promised_date": [day + timedelta(days=3) for day in days for _ in range(20)],
        ...     "scans": [0, 0, *[1] * 18] * 120})
        >>> scans = Scenario("scans", (Lever(name="ask for scans", share=0.9),))
        >>> table = simulate(tally(classify(packages)), scans, as_of=today, by=("category",))
        >>> [round(rate, 2) for rate in table["vtr"].gather([0, 10, 30, 60])]
        [0.9, 0.9, 0.95, 0.99]
    """
    from vtrkit.forecast.windows import windows  # noqa: PLC0415 - NumPy, once it is used

    scenario = as_scenario(scenario)
    prospect = _prospect(tally, as_of, by, question, days, back)
    changed, rescued, moved = prospect.effect(scenario)
    told = [
        table(made, windows(made, rescued=rescued, moved=moved))
        for made in for_each(changed, targets)
    ]
    name = pl.lit(scenario.name).alias("scenario")
    return pl.concat(told).select(name, pl.all())


def _prospect(  # noqa: PLR0913, PLR0917 - see `simulate`
    tally: Foreseen,
    as_of: DayLike | None,
    by: NamesLike,
    question: Asking,
    days: int,
    back: int,
) -> "Prospect":
    from vtrkit.whatif.looking_ahead import Prospect, look_ahead  # noqa: PLC0415 - NumPy, once it is used

    if not isinstance(tally, Prospect):
        day = cast("DayLike", as_of)
        return look_ahead(tally, as_of=day, days=days, back=back, by=by, **question)
    settled(as_of, by, question, "looking ahead")
    return tally


def settled(as_of: DayLike | None, by: NamesLike, question: Asking, when: str) -> None:
    """Refuse a question beside something that was made for its own.

    Raises:
        ParameterError: it names what was asked.
    """
    asked = {"as_of": as_of, "by": None if by is CATEGORY else by, **question}
    if again := [name for name, value in asked.items() if value is not None]:
        raise ParameterError(f"{again[0]} was settled when {when}; leave it out")


def for_each(made: "Forecast", targets: Targets | None) -> list["Forecast"]:
    """The forecast held against each target."""
    import numpy as np  # noqa: PLC0415 - once it is used

    if targets is None:
        return [made]
    return [
        replace(
            made,
            target_bp=np.full_like(made.target_bp, target.bp),
            strict=np.full_like(made.strict, bool(target.strict)),
        )
        for target in read_targets(targets)
    ]


@checks
def first_day(outlook: pl.DataFrame, *, probability: float = 0.5) -> pl.DataFrame:
    """The first coming day on which each group is on target with a probability, if there is one.

    It need not stay there: see `recovery_date`.

    Args:
        outlook: what `simulate` or `outlook` returns.
        probability: how sure it is to be; 0.5 is the median.

    Returns:
        One row per scenario, group and target with `first_day` and the `chance` on that day, null
        where no day of the horizon is.

    Raises:
        ParameterError: probability is not between 0 and 1.

    Examples:
        >>> from datetime import date
        >>> days = [date(2026, 3, n) for n in (1, 2, 3, 4)]
        >>> table = pl.DataFrame({"category": "Shoes", "day": days, "part": "projected",
        ...     "target_bp": 9500, "condition": "at_least", "chance": [0.3, 0.6, 0.4, 0.9]})
        >>> first_day(table).select("first_day", "chance").rows()
        [(datetime.date(2026, 3, 2), 0.6)]
    """
    key, coming = _coming(outlook)
    reached = pl.col("chance") >= read_chance(probability, "probability")
    firsts = [pl.col(n).filter(reached).first().alias(a) for n, a in _FIRST.items()]
    return coming.group_by(key, maintain_order=True).agg(firsts)


_FIRST = {"day": "first_day", "chance": "chance"}
_LEVELS = {"recovery_date": 0.5, "recovery_date_80": 0.8, "recovery_date_95": 0.95}


@checks
def recovery_date(outlook: pl.DataFrame) -> pl.DataFrame:
    """The day from which each group stays on target to the end of the horizon.

    Args:
        outlook: what `simulate` or `outlook` returns.

    Returns:
        One row per scenario, group and target: `recovery_date`, from which on every day is on
        target more likely than not; `recovery_date_80` and `recovery_date_95`, from which each is
        with these probabilities (of each day by itself). They are the first coming day where the
        group never leaves the target, and null where it does not come back by `last_day`.

    Examples:
        >>> from datetime import date
        >>> days = [date(2026, 3, n) for n in (1, 2, 3, 4)]
        >>> table = pl.DataFrame({"category": "Shoes", "day": days, "part": "projected",
        ...     "target_bp": 9500, "condition": "at_least", "chance": [0.3, 0.6, 0.4, 0.9]})
        >>> recovery_date(table).select(pl.col("^recovery.*$").dt.day()).rows()
        [(4, 4, None)]
        >>> better = table.with_columns(chance=pl.Series([0.3, 0.6, 0.9, 0.97]))
        >>> recovery_date(better).select(pl.col("^recovery.*$").dt.day()).rows()
        [(2, 3, 4)]
    """
    key, coming = _coming(outlook)
    last = coming.group_by(key, maintain_order=True).agg(last_day=pl.col("day").last())
    return stays_from(outlook, _LEVELS).join(last, on=key, maintain_order="left")


def stays_from(outlook: pl.DataFrame, levels: Mapping[str, float]) -> pl.DataFrame:
    """The coming day from which each group is on target with a chance, to the last one foreseen.

    Args:
        outlook: what `simulate` or `outlook` returns.
        levels: a chance for each column of the answer.
    """
    key, coming = _coming(outlook)
    day, chance = pl.col("day"), pl.col("chance")
    dates = []
    for name, level in levels.items():
        fell = day.filter(chance < level).last()
        stays = chance.is_not_null() & ((day > fell) | fell.is_null())
        dates.append(day.filter(stays).first().alias(name))
    return coming.group_by(key, maintain_order=True).agg(*dates)


@checks
def chance(outlook: pl.DataFrame, day: DayLike) -> pl.DataFrame:
    """The probability that each group is on target on a day, with what the window then holds.

    Args:
        outlook: what `simulate` or `outlook` returns.
        day: a day of it.

    Returns:
        The rows of that day; `chance` is null where nothing is counted or, on days gone by, where
        unverified packages decide.

    Raises:
        ParameterError: the day is not among those foreseen.

    Examples:
        >>> from datetime import date
        >>> table = pl.DataFrame({"category": "Shoes", "day": [date(2026, 3, 1)], "chance": [0.3]})
        >>> chance(table, date(2026, 3, 1))["chance"].item()
        0.3
        >>> chance(table, date(2026, 9, 1))
        Traceback (most recent call last):
        ...
        vtrkit.errors.ParameterError: 2026-09-01 is not foreseen; give a day from 2026-03-01 to \
2026-03-01
    """
    day = Question.of(day).as_of
    found = _foreseen(outlook).filter(pl.col("day") == day)
    if found.is_empty() and not outlook.is_empty():
        days = outlook["day"].sort().to_list()
        raise ParameterError(f"{day} is not foreseen; give a day from {days[0]} to {days[-1]}")
    return found


def _coming(outlook: pl.DataFrame) -> tuple[list[str], pl.DataFrame]:
    """The columns before the day, and the target; the coming days in order."""
    columns = _foreseen(outlook, "part", "target_bp", "condition").columns
    key = [*columns[: columns.index("day")], "target_bp", "condition"]
    return key, outlook.filter(pl.col("part") != "official").sort(*key, "day")


def _foreseen(outlook: pl.DataFrame, *also: str) -> pl.DataFrame:
    """A table of coming days, with these columns too.

    Raises:
        ParameterError: it is something else, such as a tally.
    """
    if not isinstance(outlook, pl.DataFrame) or not {"day", "chance", *also} <= set(
        outlook.columns
    ):
        raise ParameterError("give what vtrkit.outlook or vtrkit.simulate returns")
    return outlook


def read_chance(given: Any, name: str, least: float = 0.0) -> float:
    """A probability that is asked for.

    Raises:
        ParameterError: it is no number, or not below 1 and above (or at) the least one.

    Examples:
        >>> read_chance(0.8, "sure")
        0.8
    """
    number = isinstance(given, int | float | Fraction) and not isinstance(given, bool)
    if not number or not 0 < given < 1 or given < least:
        low = f"{least:g} or more" if least else "more than 0"
        raise ParameterError(f"{name} {given!r}: give {low} and less than 1, as 0.8")
    return float(given)
