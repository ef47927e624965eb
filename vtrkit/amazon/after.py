"""What the rates of the coming days will be once corrections are done.

```
tally - the packages as they are + the packages as corrected ─▶ the same outlook, again
```
"""

from dataclasses import replace
from datetime import date

import polars as pl

from vtrkit.amazon.fixes import fixes_of, in_time
from vtrkit.errors import ParameterError
from vtrkit.metric.tally import rollup, tally
from vtrkit.rules.classify import classify
from vtrkit.schema import CATEGORY, COUNTS, PACKAGES, TALLY_KEY, Reason
from vtrkit.study.study import Study
from vtrkit.study.tables import placed, said

_NEW = pl.col("new_number")
_WRONG = Reason.WRONG_CARRIER
_FORMER = pl.col("tracking_number") != ""
_SCAN_FACTS = ("scans", "scans_at_least", "first_scan_date", "scanned_by", "attempted_date")


def after(study: Study, first: int | None = None, on: date | None = None) -> pl.DataFrame:
    """The rate of each coming day without corrections and with them, by category.

    ```
    category  day        part       corrected  low    median  high   low_after  …
    Shoes     8 October  locked in  3          0.901  0.91    0.912  0.918      …
    ```

    A number that is entered now has no scan yet: on days that are locked in `low_after` takes it
    as failing and `high_after` as valid; see `vtrkit.outlook` for the other days. Only days on
    which packages count that are corrected, so many of them.

    Args:
        study: of a run folder, on its day.
        first: so many corrections, from the top of `fixes`; all if none is given.
        on: the day on which they are entered, for which others are too late.

    Raises:
        ParameterError: there are not so many.
    """
    listed = in_time(fixes_of(study), on or study.as_of)
    known = first is None or (isinstance(first, int) and 0 < first <= listed.height)
    if not known:
        most = f"give a number from 1 to {listed.height}" if listed.height else "leave it out"
        raise ParameterError(f"after {first!r}: there are {listed.height} corrections; {most}")
    done = listed if first is None else listed.head(first)
    key = [*CATEGORY, "day"]
    counting = (pl.col("enters_on") <= pl.col("day")) & (pl.col("day") < pl.col("leaves_on"))
    without, then = _without(study, done).coming, corrected(study, done).coming
    days = (
        without.filter(pl.col("day") > study.as_of)
        .join(done.select(*CATEGORY, "enters_on", "leaves_on"), on=CATEGORY)
        .filter(counting)
        .group_by([*key, "part", *_RANGE.values()])
        .agg(corrected=pl.len().cast(pl.Int64))
        .rename({rate: name for name, rate in _RANGE.items()})
        .join(then.select(*key, **{f"{n}_after": rate for n, rate in _RANGE.items()}), on=key)
    )
    # no correction makes a package fail: what would say so is how finely the model reckons
    days = days.with_columns(pl.max_horizontal(n, f"{n}_after").alias(f"{n}_after") for n in _RANGE)
    shown = ("category", "day", "part", "corrected", *_RANGE, *(f"{n}_after" for n in _RANGE))
    return said(days.select(placed(study, shown))).sort(placed(study, shown[:2]))


_RANGE = {"low": "vtr_low", "median": "vtr", "high": "vtr_high"}


def corrected(study: Study, done: pl.DataFrame) -> Study:
    """The study as it will be once corrections are entered, and nothing else is known.

    Args:
        study: on the day of its run folder.
        done: rows of `fixes_of`.
    """
    packages = done.select(list(PACKAGES)).with_columns(_entered(done))
    entered = tally(classify(packages, study.question.rules))
    return _changed(study, entered, tally(done).with_columns(-pl.col(n) for n in COUNTS))


def _without(study: Study, done: pl.DataFrame) -> Study:
    """The study as it will be if these packages are never corrected."""
    hopes = ("correctable", "underway")
    counts = {n: -pl.col(n) if n in hopes else pl.lit(0, pl.Int64) for n in COUNTS}
    return _changed(study, tally(done).with_columns(**counts))


def _changed(study: Study, *cells: pl.DataFrame) -> Study:
    names = study.tally.collect_schema().names()
    every = pl.concat([study.tally, *(c.lazy().select(names) for c in cells)])
    left = rollup(every, TALLY_KEY).filter(pl.col("packages") != 0)
    return replace(study, tally=left.collect().lazy(), finished=None)


def _entered(done: pl.DataFrame) -> list[pl.Series]:
    """The columns that a correction changes, as a file of the day after would have them.

    What a person still has to look up is a number that nobody knows yet.
    """
    another = _NEW.is_null() | (pl.col("tracking_number") != _NEW).fill_null(True)
    # scans of a former number say nothing; a blank one had those of its label
    lost = another & (_FORMER | (pl.col("scans") == 0)).fill_null(True)
    return done.select(
        tracking_number=_NEW,
        carrier=pl.coalesce("new_carrier", pl.when(pl.col("reason") != _WRONG).then("carrier")),
        **{name: pl.when(~lost).then(name) for name in _SCAN_FACTS},
    ).get_columns()
