"""The lists beside the tally: masked examples, and which packages count, made part by part."""

from datetime import date
from pathlib import Path

import polars as pl

from vtrkit.files.gaps import unknown_of
from vtrkit.metric.arrivals import LATE
from vtrkit.metric.prime import prime_tally
from vtrkit.metric.tally import scan_delay, sku_tally
from vtrkit.rules.classify import CONTESTED, CORRECTED_SINCE, classify
from vtrkit.rules.notices import notices
from vtrkit.rules.policies import Rules
from vtrkit.rules.reasons import REASONS
from vtrkit.rules.still_open import SHOWS_DAYS, of_orders, still_open
from vtrkit.schema import (
    CATEGORY,
    COUNTS,
    FEW,
    GROUP,
    PACKAGE_KEY,
    PACKAGES,
    UNRECOGNISED,
    Outcome,
    State,
)

EXAMPLES = 10
_DAY = [*CATEGORY, "promised_date"]
_HELD = 500_000


class Lists:
    """What is listed of the packages of all parts, kept on disk until it is written in order."""

    def __init__(
        self,
        scratch: Path,
        as_of: date,
        rules: Rules,
        lag_days: int | None,
        tracked: pl.DataFrame,
    ) -> None:
        """Nothing listed yet.

        Args:
            scratch: an empty folder for what the parts give.
            as_of: the day for which it is said what counts.
            rules: the rules of that day say how long.
            lag_days: instead of the rules' own lag.
            tracked: the newest export of tracking data of each account.
        """
        self._scratch, self._asked = scratch, (as_of, rules, lag_days, tracked)
        self._newest: list[pl.DataFrame] = []
        self._counts: dict[str, list[pl.DataFrame]] = {}
        self._correctable: list[pl.DataFrame] = []
        self._parts = 0

    def add(self, verdicts: pl.DataFrame) -> None:
        """List the packages of one part."""
        counting = _which_count(verdicts, *self._asked)
        self._correctable.append(_correctable(verdicts, counting))
        failed = _failed(verdicts, counting, self._asked[0])
        self._newest = [_newest(pl.concat([*self._newest, failed]))]
        counts = {
            "scan_delay": scan_delay(verdicts),
            "misread": _looks_like(verdicts),
            "typed": _unrecognised(verdicts),
            "sku_tally": sku_tally(verdicts),
            "prime_tally": prime_tally(verdicts),
            "files": _by_file(verdicts),
            "caveats": _caveats(verdicts, counting, self._asked[1]),
        }
        for name, counted in counts.items():
            self._counts[name] = [_summed([*self._counts.get(name, ()), counted])]
        counting.write_parquet(self._scratch / f"{self._parts:06}.parquet", compression="lz4")
        self._parts += 1

    def write(self, folder: Path) -> None:
        """Write every list but that of which packages count: masked examples, and counts.

        Of carriers as typed that nobody knows, those that are often enough a name and no person's.
        """
        columns = ("category", "carrier_id", "ship_method", "ship_date", "promised_date")
        examples = self._newest[0].select(*GROUP, "reason", *columns, masked().alias("number"))
        tables = {"examples": examples} | {name: sums[0] for name, sums in self._counts.items()}
        often = pl.col("packages") >= FEW
        tables["typed"] = tables["typed"].filter(often, ~pl.col("carrier").str.contains(_PRIVATE))
        tables["correctable"] = pl.concat(self._correctable).sort(PACKAGE_KEY)
        for name, table in tables.items():
            table.write_parquet(folder / f"{name}.parquet")

    def write_packages(self, path: Path) -> None:
        """Write which packages count as CSV, in order, without holding all of them."""
        parts = pl.scan_parquet(sorted(self._scratch.glob("*.parquet")), glob=False)
        with path.open("wb") as out:
            for number, days in enumerate(_few_days(parts)):
                some = parts.join(days.lazy(), on=_DAY, how="semi", nulls_equal=True).collect()
                some = some.sort(*_DAY, "order_id", "package_id").drop("package_id")
                safe(some).write_csv(out, include_header=not number)


def _few_days(parts: pl.LazyFrame) -> list[pl.DataFrame]:
    """The days of each category in order, in runs that have few enough packages to be held."""
    sizes = parts.group_by(_DAY).agg(pl.len().cast(pl.Int64).alias("_rows")).collect().sort(_DAY)
    run = (pl.col("_rows").cum_sum() - pl.col("_rows")) // _HELD
    runs = sizes.with_columns(run.alias("_run")).partition_by("_run", maintain_order=True)
    return [one.select(_DAY) for one in runs or [sizes]]


def _summed(tables: list[pl.DataFrame]) -> pl.DataFrame:
    """One table of counts from several, sorted by all that is no count."""
    together = pl.concat([table.select(tables[0].columns) for table in tables])
    counts = [name for name in together.columns if name in COUNTS]
    key = [name for name in together.columns if name not in counts]
    return together.group_by(key).agg(pl.col(counts).sum()).sort(key)


_PRIVATE = r"@|\d{3}"
"""What looks like an address or a number is never shown as a carrier's name."""


def _unrecognised(verdicts: pl.DataFrame) -> pl.DataFrame:
    named = pl.col("carrier").is_not_null() & (pl.col("carrier_id") == UNRECOGNISED)
    typed = verdicts.filter(named).group_by(*GROUP, "carrier")
    return typed.agg(pl.len().cast(pl.Int64).alias("packages"))


def _looks_like(verdicts: pl.DataFrame) -> pl.DataFrame:
    failing = pl.col("outcome").is_in([Outcome.DEFECT, Outcome.UNKNOWN])
    numbered = pl.col("label_number").is_null() & (pl.col("tracking_number") != "")
    carriers_named = pl.col("fix").is_not_null() & numbered
    odd = verdicts.filter(carriers_named & failing)
    key = (*GROUP, "carrier_id", "promised_date", "fix")
    return odd.group_by(key).agg(pl.len().cast(pl.Int64).alias("packages"))


def masked(number: str = "tracking_number") -> pl.Expr:
    """A tracking number of which only the ends are left, so that it names nobody's parcel."""
    text = pl.col(number)
    ends = pl.concat_str(text.str.head(4), pl.lit("…"), text.str.tail(4))
    return (
        pl.when(text.str.len_chars() >= 12)
        .then(ends)
        .when(text != "")
        .then(pl.concat_str(pl.lit("…"), text.str.tail(2)))
        .otherwise(text)
    )


def as_text(number: str) -> pl.Expr:
    """A whole number, with an apostrophe where a spreadsheet would cut off some of its digits.

    It drops zeros in front, and keeps fifteen digits of the others.
    """
    return pl.col(number).str.replace(r"^(0\d+|\d{16,})$", "'$1")


_LABELS = {str(reason): text.label for reason, text in REASONS.items()}
_SHOWN = [
    *CATEGORY,
    "order_id",
    "package_id",
    "carrier_id",
    "ship_method",
    "tracking_number",
    "ship_date",
    "promised_date",
    "reason",
]


def _failed(verdicts: pl.DataFrame, counting: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The packages that were due and fail for good: what may still turn out valid is none."""
    lost = counting.filter(pl.col("state") == State.LOST, pl.col("promised_date") <= as_of)
    return verdicts.join(lost, on=PACKAGE_KEY, how="semi").select(_SHOWN)


def _newest(failed: pl.DataFrame) -> pl.DataFrame:
    """The newest ones of each place and reason, the newest first."""
    # one order id in two accounts: the same order whatever the parts
    order = ["promised_date", "order_id", "package_id", *GROUP]
    newest = failed.sort(order, descending=[True, False, False, False, False])
    few = newest.group_by(*GROUP, "reason", maintain_order=True).head(EXAMPLES)
    return few.select(_SHOWN).sort(order, descending=[True, False, False, False, False])


def _which_count(
    verdicts: pl.DataFrame,
    as_of: date,
    rules: Rules,
    lag_days: int | None,
    tracked: pl.DataFrame,
) -> pl.DataFrame:
    """The packages of the longest window and after it: does each count, and until when.

    Of those that fail, what can still change, what to enter, and until when.
    """
    names = verdicts["marketplace"].unique().cast(pl.String).to_list()
    of = {name: rules.on(name, as_of) for name in names}
    lags = {n: p.lag_days if lag_days is None else lag_days for n, p in of.items()}
    ends = pl.DataFrame(
        [(n, lags[n], p.window_days, max(p.windows_days)) for n, p in of.items()],
        schema=["marketplace", "lag", "days", "longest"],
        orient="row",
    ).with_columns(pl.col("marketplace").cast(pl.Categorical))
    promised, end = pl.col("promised_date"), pl.lit(as_of) - pl.duration(days="lag")
    start = end - pl.duration(days=pl.col("days") - 1)
    counts = (pl.col("outcome") != Outcome.EXEMPT) & promised.is_between(start, end)
    recent = (promised > end - pl.duration(days="longest")) | promised.is_null()
    shows = pl.col("corrected_at") + pl.duration(days=SHOWS_DAYS) > as_of
    return (
        still_open(verdicts.lazy(), as_of=as_of, rules=rules, lag_days=lag_days, tracked=tracked)
        .join(ends.lazy(), on="marketplace", how="left")
        .filter(recent)
        .select(
            *GROUP,
            "order_id",
            "package_id",
            "ship_by_date",
            "ship_date",
            "promised_date",
            "category",
            "sku",
            "carrier",
            as_text("tracking_number"),
            "outcome",
            "reason",
            *(late.alias(name) for name, late in LATE.items()),
            counts.fill_null(False).alias("in_window"),
            (promised + pl.duration(days="lag")).alias("enters_on"),
            (promised + pl.duration(days=pl.col("lag") + pl.col("days"))).alias("leaves_on"),
            "state",
            as_text("enter").alias("what to enter"),
            pl.col("likely_until").alias("until when likely"),
            pl.col("possible_until").alias("until when possible"),
            pl.when((CORRECTED_SINCE & pl.col("reported_valid").is_not_null()) | shows)
            .then(pl.lit("up to 72 hours"))
            .alias("awaiting Amazon"),
            pl.when(CONTESTED).then(pl.col("our_reason").replace_strict(_LABELS)).alias("disputed"),
        )
        .collect()
    )


def _correctable(verdicts: pl.DataFrame, counting: pl.DataFrame) -> pl.DataFrame:
    """The packages that another entry cures, whole, and what `of_orders` says of their orders."""
    few = counting.filter(state=State.CORRECTABLE).select(
        *PACKAGE_KEY,
        "enters_on",
        "leaves_on",
        enter=pl.col("what to enter").str.strip_prefix("'"),
        likely_until="until when likely",
        possible_until="until when possible",
    )
    order = PACKAGE_KEY[:-1]
    orders = of_orders(verdicts.join(few, on=order, how="semi"))
    return verdicts.join(few, on=PACKAGE_KEY).join(orders, on=order)


def _by_file(verdicts: pl.DataFrame) -> pl.DataFrame:
    """How many packages of each place have their newest row in each file."""
    file = pl.col("source").str.replace(r":\d+$", "").alias("file")
    return verdicts.group_by(*GROUP, file).agg(pl.len().cast(pl.Int64).alias("packages"))


def _caveats(verdicts: pl.DataFrame, counting: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """Packages of each place that limit what its figures say, by what it is about."""
    about = {notice.id: verdicts.filter(notice.concerned()) for notice in notices()}
    about[ON_ORIGIN] = _rest_on_origin(verdicts, counting, rules)
    counts = [
        rows.group_by(GROUP).agg(about=pl.lit(name), packages=pl.len().cast(pl.Int64))
        for name, rows in about.items()
    ]
    return pl.concat([unknown_of(verdicts.lazy()), *counts])


ON_ORIGIN = "verdicts on an assumed origin"


def _rest_on_origin(verdicts: pl.DataFrame, counting: pl.DataFrame, rules: Rules) -> pl.DataFrame:
    """The packages that count and whose verdict another country of origin could change."""
    counts = counting.filter("in_window").select(PACKAGE_KEY)
    assumed = verdicts.filter(pl.col("origin_assumed").fill_null(False))
    if assumed.is_empty():
        return assumed
    known = assumed.join(counts, on=PACKAGE_KEY, how="semi").select(list(PACKAGES))
    nowhere = known.with_columns(origin=pl.lit(None, pl.String))
    as_is, without = (classify(packages, rules)["reason"] for packages in (known, nowhere))
    return known.filter(as_is != without)


def safe(table: pl.DataFrame) -> pl.DataFrame:
    """Text that a spreadsheet would run as a formula, made text again by an apostrophe."""
    texts = [n for n, t in table.schema.items() if t in (pl.String, pl.Categorical)]
    return table.with_columns(
        pl.col(n).cast(pl.String).str.replace(r"^([=+\-@\t\r])", "'$1") for n in texts
    )
