"""What a study shows of today, as plain tables: the columns that matter first, names as people say.

```
by="carrier", days=30 ─▶ carrier_id, windows ─▶ carrier, valid, counted, unknown, vtr_low, vtr_high
```
"""

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from vtrkit.errors import ParameterError, nearest
from vtrkit.given import read_names
from vtrkit.metric.portfolio import portfolio
from vtrkit.metric.tally import rollup
from vtrkit.metric.target import (
    BOUNDS,
    COUNTS,
    DEFECT,
    OWN_OPEN,
    PACKAGES,
    SUMS,
    Target,
    with_vtr,
)
from vtrkit.metric.windows import NamesLike
from vtrkit.rules.reasons import REASONS
from vtrkit.schema import CATEGORY, GROUP
from vtrkit.study.study import Study
from vtrkit.tracking.carriers import carrier_id, carrier_names

PERIODS = {"week": "1w", "month": "1mo"}
"""How long a group of promised days is; a week is named by its Monday, a month by its first day."""
BY = (*CATEGORY, "carrier", "ship_method", "reason", *PERIODS)
"""What a table may be grouped by."""
RATE = ("valid", "counted", "unknown", "vtr_low", "vtr_high")


def read_by(by: NamesLike | None, *without: str) -> list[str]:
    """The groups of a table, as they are called on it.

    Raises:
        ParameterError: a name that there is not, or that this table cannot have.
    """
    names, known = read_names(by, "by"), [name for name in BY if name not in without]
    for name in names:
        if name not in known:
            raise ParameterError(
                f"by {name!r}: no such group here{nearest(name, known)}; there is "
                f"{', '.join(known)}{'; give several as a list' if ',' in name else ''}"
            )
    return list(dict.fromkeys(names))


def placed(study: Study, names: Sequence[str] = ()) -> list[str]:
    """Groups behind account and marketplace, which go unsaid where there is only one of each."""
    first = GROUP if len(study.places) > 1 else ()
    return list(dict.fromkeys((*first, *names)))


def columns(names: Iterable[str]) -> list[str]:
    """Groups by the columns of a tally."""
    return ["carrier_id" if name == "carrier" else name for name in names]


def said(table: pl.DataFrame) -> pl.DataFrame:
    """Names as text, and carriers by the name that charts show."""
    texts = [n for n, t in table.schema.items() if t in (pl.Categorical, pl.Enum)]
    table = table.with_columns(pl.col(texts).cast(pl.String))
    if "carrier_id" not in table.columns:
        return table
    named = pl.col("carrier_id").replace(carrier_names()).alias("carrier_id")
    return table.with_columns(named).rename({"carrier_id": "carrier"})


def rates_table(
    study: Study, by: NamesLike, days: int, target: Target | None, *, full: bool
) -> pl.DataFrame:
    """Rates by any groups over the window of some days, or by week or month of the due day.

    Where each row is a place or a category of one, its status stands there too, with the packages
    over the limit of what may fail (`over_limit`) and those that may still fail (`spare`).
    """
    names = read_by(by, "reason")
    if target is not None and set(names) <= set(CATEGORY) and len(study.places) > 1:
        names = list(dict.fromkeys((*GROUP, *names)))  # Amazon holds places against a target
    one_place = len(study.places) == 1 or set(GROUP) <= set(names)
    judged = one_place and set(names) <= set(CATEGORY)
    if target is not None and not judged:
        raise ParameterError(
            "target: only an account and marketplace, and their categories, are held against one; "
            f"give by={list(CATEGORY)}, not {names}"
        )
    if set(names) & set(PERIODS):
        return _by_period(study, names)
    # the rule of a marketplace holds only where rows are of one marketplace
    groups = columns(dict.fromkeys((*GROUP, *names)) if judged else names)
    table = study.rated(groups, target).filter(pl.col("days") == _window(study, days))
    if judged:
        spare = pl.col("budget_left").clip(0)
        table = table.with_columns(over_limit=pl.col("to_fix"), spare=spare)
    shown = [*names, *RATE, *(("status", "over_limit", "spare") if judged else ())]
    return said(table if full else table.select(columns(shown)))


def _window(study: Study, days: int) -> int:
    known = sorted(set(study.totals["days"]))
    if days not in known:
        raise ParameterError(f"days {days!r}: there is {', '.join(map(str, known))}")
    return days


def _by_period(study: Study, names: list[str]) -> pl.DataFrame:
    """Rates by week or month of the due day, up to today; the newest may still gain scans."""
    keys = columns([name for name in names if name not in PERIODS])
    cells = rollup(study.tally, [*keys, "promised_date", "enforced", "reason"])
    due = cells.filter(pl.col("promised_date") <= study.question.closed_to).collect()
    summed = _periods(due, names).group_by(columns(names)).agg(SUMS)
    table = with_vtr(summed.with_columns(**OWN_OPEN))
    return said(table.select(*columns(names), *RATE)).sort(names)


def _periods(cells: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    day = pl.col("promised_date")
    spans = {n: day.dt.truncate(length) for n, length in PERIODS.items() if n in names}
    return cells.with_columns(**spans)


def history_table(study: Study, by: NamesLike | None, days: int) -> pl.DataFrame:
    """The rate as it stood on each day, recomputed from today's files."""
    names = placed(study) if by is None else read_by(by, "reason", *PERIODS)
    groups = columns(names)
    table = study.lines(groups, _window(study, days)).rename({"as_of": "day"})
    shown = ("valid", "counted", "vtr_low", "vtr_high")
    return said(table.select("day", *groups, *shown)).sort([*names, "day"])


def reasons_table(study: Study, by: NamesLike | None, days: int) -> pl.DataFrame:
    """Why packages are not known to be valid; `share` is of those of the same group."""
    names = read_by(by, "reason")
    groups = columns(names)
    keys = [n for n in groups if n not in PERIODS]
    dated = study.failing((*keys, "promised_date"), _window(study, days))
    counts = _periods(dated, names).group_by(*groups, "reason").agg(pl.col("packages").sum())
    whole = pl.col("packages").sum()
    texts = pl.col("reason").cast(pl.String)
    told = counts.with_columns(
        share=pl.col("packages") / (whole.over(groups) if groups else whole),
        **{name: texts.replace_strict(text) for name, text in _TEXTS.items()},
    )
    order = [*names, "packages", "reason"]
    down = [name == "packages" for name in order]
    shown = [*groups, "reason", "means", "packages", "share", "remedy"]
    return said(told.select(shown)).sort(order, descending=down)


_TEXTS = {
    "means": {str(reason): text.why for reason, text in REASONS.items()},
    "remedy": {str(reason): text.remedy for reason, text in REASONS.items()},
}


def skus_of(study: Study, days: int, reason: str = "") -> pl.DataFrame:
    """Counted packages by sku over some days, and those that fail (of a reason), most first.

    Without rows where no file names a sku.
    """
    if study.folder is None:
        return pl.DataFrame(schema={"sku": pl.String, "counted": pl.Int64, "failing": pl.Int64})
    cells = study.in_window(study.here(study.kept.skus), days)
    fails = pl.col("reason") == reason if reason else DEFECT
    sums = cells.drop_nulls("sku").group_by("sku")
    table = sums.agg(counted=COUNTS["counted"].sum(), failing=PACKAGES.filter(fails).sum())
    shown = table.filter(pl.col("counted") > 0)
    return shown.sort("failing", "counted", "sku", descending=[True, True, False])


def skus_table(study: Study, days: int) -> pl.DataFrame:
    """Which skus most packages of some days fail of; a package stands under one sku alone."""
    cells = study.in_window(study.here(study.kept.skus), _window(study, days))
    keys = placed(study, ["sku"])
    failing = PACKAGES.filter(DEFECT)
    table = cells.group_by(keys).agg(
        *(COUNTS[name].sum().alias(name) for name in _COUNTED),
        defects=failing.sum(),
        most=pl.col("reason").filter(DEFECT).sort_by(failing, descending=True).first(),
    )
    rated = table.filter(pl.col("counted") > 0).with_columns(**OWN_OPEN).with_columns(**BOUNDS)
    shown = rated.select(*keys, "defects", *RATE, "most")
    order = ["defects", "vtr_low", *keys]
    return said(shown).sort(order, descending=[True, *[False] * (len(order) - 1)])


_COUNTED = ("counted", "valid", "unknown", "disputed_packages", "disputed_valid")


def carriers_table(study: Study) -> pl.DataFrame:
    """How each carrier scanned what was shipped in the longest window, with its 95 % range."""
    here = columns(placed(study, ["carrier"]))
    return said(
        study.carriers.select(
            *here,
            shipped="packages",
            scanned="scanned",
            scan_share="scan_rate",
            low="low",
            high="high",
            median_days="first_scan_days",
        )
    )


def places_table(study: Study) -> pl.DataFrame:
    """Where each account stands in each marketplace, the most urgent first.

    `worst` is the category over its limit by most packages, and `back` the day from which that one
    is on target for good with an even chance.
    """
    dates = study.dates.select(
        *GROUP, worst=pl.col("category").cast(pl.String), back="recovery_date"
    )
    table = portfolio(study.rates, study.totals).join(dates, on=[*GROUP, "worst"], how="left")
    shown = ("status", "valid", "counted", "vtr_low", "vtr_high", "worst", "back")
    return said(table.select(*GROUP, *shown))


def listed_packages(study: Study) -> pl.DataFrame:
    """The rows of `packages.csv` of the accounts and marketplaces of a study, as text."""
    return study.here(study.kept.packages.with_columns(pl.col(GROUP).cast(pl.Categorical())))


def packages_table(study: Study, chosen: dict[str, Any], *, failing: bool) -> pl.DataFrame:
    """The packages of the windows that count, those that fail or all of them."""
    inside = pl.col("in_window") == "true"
    counts = pl.col("outcome").is_in(["defect", "unknown"]) if failing else pl.lit(True)
    every = listed_packages(study)
    reason, due = pl.col("reason"), pl.col("promised_date").str.to_date()
    table = said(
        every.filter(inside).with_columns(due=due, carrier_id=carrier_id()).drop("carrier")
    )
    narrowed = table.filter(counts, *(_is(table, name, names) for name, names in chosen.items()))
    told = narrowed.with_columns(remedy=reason.replace_strict(_TEXTS["remedy"]))
    shown = ("order_id", "sku", "category", "carrier", "reason", "due", "remedy")
    return told.select(placed(study, shown)).sort("due", "order_id")


def _is(table: pl.DataFrame, name: str, names: Any) -> pl.Expr:
    """Whether a row is one of those that are named, whatever their case.

    Raises:
        ParameterError: no such column, or a name that it does not have, with the nearest one.
    """
    if name not in (known := [n for n in (*BY, "sku") if n in table.columns]):
        raise ParameterError(
            f"packages are not chosen by {name}{nearest(name, known)}; there is {', '.join(known)}"
        )
    there = table[name].drop_nulls().unique()
    return pl.col(name).is_in(matched(name, read_names(names, name), there))


def matched(what: str, names: Sequence[str], there: Any) -> list[str]:
    """Names as they stand in the data.

    Raises:
        ParameterError: one is not there; the message has the nearest one.

    Examples:
        >>> matched("carrier", ["ontrac"], ["OnTrac", "UPS"])
        ['OnTrac']
    """
    known = {str(name).casefold(): str(name) for name in there}
    for name in map(str, names):
        if name.casefold() not in known:
            near = nearest(name, sorted(known.values()))
            raise ParameterError(f"no {what} {name!r} here{near}")
    return [known[str(name).casefold()] for name in names]
