"""What each category can expect and what can be done: the facts behind every sentence of advice.

A window that ended days ago cannot be repaired by shipping more, so all of it looks forward.

```
rates ──┐            lowest decided day, first day below, day back by itself,
        ├─ advice ─▶ what can still be corrected and until when,
outlook ┘            how many of the next packages may fail
```
"""

import polars as pl

from vtrkit.metric.target import SCALE, STRICT, left, whole
from vtrkit.schema import EVEN, Status

EARLY, LATE = 0.2, 0.8
"""The chances at the ends of the span about a likely day."""


def advice(rates: pl.DataFrame, outlook: pl.DataFrame) -> pl.DataFrame:
    """The facts that advice on each group rests on.

    ```
    category  status  lowest_on  lowest  back_on  correctable  …  of_next  may_fail  back_by
    Shoes     BAD     15 Oct     0.77    8 Nov    7               120      3         24 Oct
    ```

    Args:
        rates: what `vtrkit.rates` returns.
        outlook: what `vtrkit.outlook` returns for the same groups and day.

    Returns:
        One row per group. `lowest_on` is the decided day, from today on, whose rate is lowest at
        worst (`lowest`; at best `lowest_high`); `below_on` the first coming day that is below
        target, decided (`falls_on` of the rates) or likely; `back_on` the day from which it stays
        on target by itself with an even chance, between `back_early` and `back_late` (chances of
        20 and 80 %); null where that is not before `last_day`. Where a group is on target in
        between, `meets_on` is the first day of that, `again_on` the first one after it that is not.
        `correctable` packages can still be
        corrected, the first of them until `correct_first`, the last until `correct_last`. Of the
        `least_chance` is that of the coming day that is least likely on target. Of the
        next `of_next` packages at most `may_fail` may fail for the group to be back on `back_by`.
        `told` says whether enough is verified to speak of days to come at all, and `open_on` is
        the first decided day on which packages that may not count decide.
    """
    enforced = rates.filter("is_enforced_window")
    key = rates.columns[: rates.columns.index("as_of")]
    named = enforced.select(*key, *_OF_RATES)
    if not key:  # everything is one group
        named, outlook = (t.with_columns(_all=pl.lit(0)) for t in (named, outlook))
    by = key or ["_all"]
    days = outlook.filter(pl.col("day") >= pl.col("day").filter(part="official").max().over(by))
    table = named.join(_decided(days, by), on=by, how="left")
    coming = days.filter(pl.col("part") != "official").sort(*by, "day")
    more_facts = (_below(coming, by), _back(coming, by), between(days, by), _allowed(coming, by))
    for more in more_facts:
        table = table.join(more, on=by, how="left")
    falls = pl.col("falls_on")
    bad = pl.col("status") == Status.BAD
    below = pl.when(~bad).then(pl.coalesce(falls, "below_on"))
    return table.with_columns(
        pl.col("told").fill_null(False),
        below_on=below,
        # what is on target all along has no day on which it is back
        **{n: pl.when(pl.col("misses") | bad).then(n) for n in (*_DAYS, *_BETWEEN, *_NEXT)},
    ).drop("misses", "_all", strict=False)


_OF_RATES = (
    "as_of",
    "status",
    "why",
    "few",
    "binding",
    "in_force",
    "counted",
    "valid",
    "unknown",
    "target_bp",
    "falls_on",
    "falls_unless",
    "falls_correctable",
    "falls_correct_by",
    "correctable",
    "correct_first",
    "correct_last",
    "awaited",
)
_DAYS = ("back_on", "back_early", "back_late")
_BETWEEN = ("meets_on", "again_on")
_NEXT = ("of_next", "may_fail", "back_by", "next_untold")


def _decided(days: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The decided day, from today on, that is lowest at worst."""
    decided = days.filter(pl.col("part") != "projected", pl.col("counted") > 0)
    return (
        decided.sort(*by, "vtr_low", "day")
        .group_by(by, maintain_order=True)
        .agg(
            lowest_on=pl.col("day").first(),
            lowest=pl.col("vtr_low").first(),
            lowest_high=pl.col("vtr_high").first(),
            decided_to=pl.col("day").max(),
        )
    )


def _below(coming: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The first coming day that is more likely below target than not, and whether one is."""
    below = pl.col("chance") < EVEN
    locked = pl.col("part").cast(pl.String) == "locked in"
    open_ = locked & (pl.col("counted") > 0) & pl.col("chance").is_null()
    return coming.group_by(by, maintain_order=True).agg(
        below_on=pl.col("day").filter(below).first(),
        open_on=pl.col("day").filter(open_).first(),
        misses=below.any(),
        least_chance=pl.col("chance").min(),
        told=pl.col("chance").last().is_not_null(),
        last_day=pl.col("day").last(),
    )


def _back(coming: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The day from which each group stays on target, with each of the chances."""
    chance, day = pl.col("chance"), pl.col("day")
    dates = []
    for name, level in zip(_DAYS, (EVEN, EARLY, LATE), strict=True):
        fell = day.filter(chance < level).last()
        stays = chance.is_not_null() & ((day > fell) | fell.is_null())
        dates.append(day.filter(stays).first().alias(name))
    return coming.group_by(by, maintain_order=True).agg(dates)


def between(days: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The first day on target after one below, today among them, and the next below after that.

    None of both where it stays on target, or never is.
    """
    day, below, on = pl.col("day"), pl.col("chance") < EVEN, pl.col("chance") >= EVEN
    meets = day.filter(on & (day > day.filter(below).first())).first()
    again = day.filter(below & (day > meets)).first()
    table = days.sort(*by, "day").group_by(by, maintain_order=True)
    return table.agg(meets_on=pl.when(again.is_not_null()).then(meets), again_on=again)


def _allowed(coming: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """The first day to come that can be on target, and how many of the next packages may fail.

    With what is shipped as it is, but first scans that are awaited taken as coming and packages
    without scan data as valid (`next_untold` says whether there are any), and no correction.
    How many may fail is null where that day is on target whatever becomes of those to come.
    """
    n, come = pl.col("shipped"), pl.col("to_come")
    counted, valid = (
        whole((n + come).floor()),
        whole(pl.col("shipped_valid") + (n + come).floor() - n),
    )
    spare = left(valid, counted, pl.col("target_bp"), STRICT, SCALE)
    fell = pl.col("day").filter(pl.col("may_fail") < 0).first().over(by)
    possible = (
        coming.filter(pl.col("counted") > 0)
        .with_columns(
            may_fail=spare,
            of_next=come.floor().cast(pl.Int64),
            back_by="day",
            next_untold=pl.col("unknown") >= 1,
        )
        .filter((pl.col("may_fail") >= 0) & (fell.is_null() | (pl.col("day") > fell)))
        .group_by(by, maintain_order=True)
        .agg(pl.col(*_NEXT).first())
    )
    decides = pl.col("may_fail") < pl.col("of_next")
    return possible.with_columns(pl.when(decides).then(pl.col("of_next", "may_fail")))
