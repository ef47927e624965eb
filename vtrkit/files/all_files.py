"""The rows of all files to packages, at once or bucket by bucket, and the fate of every row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from vtrkit.errors import InputError
from vtrkit.files.absence import Places, silence, unreadable
from vtrkit.files.categories import added_up, by_sku, by_table, learnt, pairs, without_category
from vtrkit.files.inference import named
from vtrkit.files.ledger import Ledger, summary_of, unmatched
from vtrkit.files.matching import without_others
from vtrkit.files.one_file import File
from vtrkit.files.orders import settle
from vtrkit.files.reading import Asked
from vtrkit.files.row_rules import OTHER_SHOP, VOIDED
from vtrkit.files.scratch import Fixed, Folder
from vtrkit.files.sources import Progress
from vtrkit.files.stage import Stage


@dataclass(frozen=True)
class Gathered:
    """Packages in parts of disjoint orders, the rows that found none, and what became of all."""

    packages: pl.LazyFrame
    parts: tuple[pl.LazyFrame, ...]
    unmatched: pl.DataFrame
    summary: pl.DataFrame
    uncategorised: pl.DataFrame
    restated: pl.DataFrame
    doubts: pl.DataFrame
    notes: Sequence[str]


class Known(NamedTuple):
    """What only all rows together tell: accounts that have scans alone, and skus' categories."""

    alone: list[str]
    of_sku: dict[str, str]

    @classmethod
    def of(cls, files: Sequence[File], table: Mapping[str, str]) -> "Known":
        """Learnt from the rows of all files."""
        held = _together(files, [f.good for f in files])
        return cls(_only_scans(files, held), _learnt(files, held, _count(files), table))


def _count(files: Sequence[File]) -> int:
    return max((len(f.buckets) for f in files if f.buckets), default=0)


def gather(
    files: Sequence[File],
    asked: Asked,
    progress: Progress | None,
    known: Known | None = None,
    place: Fixed | None = None,
) -> Gathered:
    """Join what all files say, order by order.

    Args:
        files: as read; either all of them are held or all are in buckets.
        asked: what is said of categories, origins, and reports of defects.
        progress: told of the buckets that are done.
        known: what all files tell, where these are a part of their orders.
        place: a folder that keeps the packages, where rows are in buckets; a temporary one else.

    Raises:
        InputError: the files only tell of packages that no file names.
    """
    table, origins, covered = asked.table, asked.origins, asked.covered
    held = _together(files, [f.good for f in files])
    count = _count(files)
    awaits = covered is not None and any(f.layout.defects_only for f in files)
    stage = Stage((place or Folder()) if count else None, origins, awaits)
    ledger, places = Ledger(_with_aside(files, held if count else held.clear())), Places(files)
    skus, restated, doubts = [], [], []
    alone, of_sku = known or Known.of(files, table)
    for number, rows in enumerate(_buckets(files, held, count) if count else [held]):
        rows = by_sku(by_table(named(rows), table), of_sku)  # noqa: PLW2901 - the same rows, told more
        skus.append(without_category(rows))
        settled = settle(without_others(_with_aside(files, rows), alone))
        ledger.enter(settled.fates, unmatched(files, rows, settled.fates))
        places.enter(settled.packages, rows)
        stage.add(settled.packages)
        restated.append(settled.restated)
        doubts.append(settled.doubts)
        if progress and count:
            progress("joining what the files say", number + 1, count)
    nowhere = unmatched(files, held, ledger.nowhere())
    lost = pl.concat([*ledger.lost, nowhere]).unique(["file", "row"])
    if place or known is None:
        check_named(files, stage.rows)
    reports = places.reports(covered, lost) if covered else {}
    doubts += [stage.part_orders(), stage.orders_in_several()]
    absent, unsure = stage.finish(list(reports.values()))
    doubts.append(unsure)
    listed = _of_source(pl.concat(doubts, how="diagonal")).sort("file", "row", "rule")
    summary = summary_of(files, ledger.counts()).with_columns(*silence(files, reports, absent))
    counts = listed.group_by("file").agg(doubts=pl.len().cast(pl.Int64))
    summary = summary.join(counts, on="file", how="left", maintain_order="left")
    return Gathered(
        stage.whole(),
        stage.frames(),
        lost,
        summary.with_columns(pl.col("doubts").fill_null(0)),
        added_up(skus),
        pl.concat(restated).sort("account", "marketplace", "order_id", "source"),
        listed,
        unreadable(files, reports.values()),
    )


def _of_source(doubts: pl.DataFrame) -> pl.DataFrame:
    """A list in the form of rejects, with file and row apart."""
    place = pl.col("source").str.extract(r":(\d+)$").cast(pl.UInt32)
    file = pl.col("source").str.replace(r":\d+$", "")
    return doubts.select(
        file.alias("file"), place.alias("row"), "order_id", "tracking_number", "rule"
    )


def _with_aside(files: Sequence[File], rows: pl.DataFrame) -> pl.DataFrame:
    """The rows, `_aside` saying why another row of theirs leaves them without a package."""
    rows = rows.with_columns(_aside=pl.lit(None, pl.String))
    some = [f for f in files if f.voided.height]
    for rule, marked in ((VOIDED, _void), (OTHER_SHOP, _of_other_shop)):
        told = [f.no_packages(rule).with_columns(owner_of(f)) for f in some]
        if any(one.height for one in told):
            rows = marked(rows, pl.concat(told))
            rows = rows.with_columns(
                _aside=pl.coalesce("_aside", pl.when("_is").then(pl.lit(rule)))
            ).drop("_is")
    return rows


def _of_other_shop(rows: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """The rows, those of orders that Amazon only ships for another shop marked."""
    orders = orders.select("account", order_id="_order", _is=True).drop_nulls().unique()
    return rows.join(orders, on=["account", "order_id"], how="left", maintain_order="left")


def _void(rows: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """The rows, those of labels that a tool took back then or later marked."""
    void = (
        labels.drop_nulls("_number")
        .group_by("account", "_number")
        .agg(_until=pl.col("seen_at").max(), _orders=pl.col("_order").unique())
    )
    rows = rows.join(void, on=["account", "_number"], how="left", maintain_order="left")
    label, older = pl.col("_tells") == "scans", pl.col("seen_at") <= pl.col("_until")
    order, orders = pl.col("order_id"), pl.col("_orders")
    its = order.is_null() | order.is_in(orders) | orders.list.contains(pl.lit(None, pl.String))
    gone = pl.col("_until").is_not_null() & older.fill_null(True) & its.fill_null(False)
    return rows.with_columns(_is=label & gone).drop("_until", "_orders")


def check_named(files: Sequence[File], packages: int) -> None:
    """Refuse files that only tell of packages which no file names."""
    only_facts = [f for f in files if f.layout.tells in {"verdicts", "scans"}]
    if packages or not only_facts:
        return
    told = ", ".join(f"{f.source.name} ({f.layout.title})" for f in only_facts)
    raise InputError(
        f"no packages: {told} only tells of packages that another file has to name. Add Amazon's "
        "order report and the shipping confirmations of the same orders, or an export with a row "
        "for each package shipped."
    )


def _together(files: Sequence[File], good: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The good rows of all files."""
    rows = [
        some.with_columns(
            owner_of(f),
            pl.col("seen_at").fill_null(pl.lit(f.seen_at, pl.Date)),
            pl.format("{}:{}", pl.lit(f.source.name), "_row").alias("source"),
            pl.lit(number, pl.UInt32).alias("_file"),
            pl.lit(f.layout.tells).alias("_tells"),
            pl.lit(f.layout.name).alias("_layout"),
            pl.lit(f.is_amazons_own).alias("_from_amazon"),
            pl.lit(f.given, pl.String).alias("_assumed")
            if not f.assumed
            else owner_of(f).replace_strict(f.assumed, default=None).alias("_assumed"),
        )
        for number, (f, some) in enumerate(zip(files, good, strict=True))
    ]
    return pl.concat(rows)


def owner_of(file: File) -> pl.Expr:
    """The account of each row of a file."""
    return pl.col("account").cast(pl.String).fill_null(file.account)


def _only_scans(files: Sequence[File], held: pl.DataFrame) -> list[str]:
    """The accounts of which all that is there are scans."""
    if not any(f.layout.tells == "scans" for f in files):
        return []
    told = [held.lazy().select("account", "_tells")]
    for f in files:
        if f.buckets and len(f.buckets.files):
            tells = pl.lit(f.layout.tells).alias("_tells")
            told.append(f.buckets.scan().select(owner_of(f), tells))
    said = pl.concat([one.unique() for one in told]).collect().group_by("account")
    only = said.agg((pl.col("_tells") == "scans").all())
    return only.filter("_tells")["account"].to_list()


_CODED = ["account", "order_id", "sku", "asin", "category"]


def _learnt(
    files: Sequence[File], held: pl.DataFrame, count: int, table: Mapping[str, str]
) -> dict[str, str]:
    """Categories of skus from the orders of all buckets, where there is any to learn from."""
    if not count:
        return learnt([pairs(by_table(held, table))])
    there = [(f, f.buckets) for f in files if f.buckets and f.buckets.files]
    scans = [rows.scan().select(pl.col(_CODED).count()) for _, rows in there]
    counts = pl.concat(scans).sum().collect().row(0, named=True) if scans else {"sku": 0}
    if not counts["sku"] or not (table or counts["category"]):
        return {}
    found = []
    for number in range(count):
        rows = [rows.part(number, _CODED).with_columns(owner_of(f)) for f, rows in there]
        found.append(pairs(by_table(pl.concat(rows), table)))
    return learnt(found)


def _buckets(files: Sequence[File], held: pl.DataFrame, count: int) -> Iterator[pl.DataFrame]:
    """The rows of each bucket; those that name no order join every bucket that has their number."""
    for number in range(count):
        rows = _together(files, [_bucket(f, number) for f in files])
        some = held.join(rows, on=["account", "_number"], how="semi")
        yield pl.concat([rows, some])


def _bucket(file: File, number: int) -> pl.DataFrame:
    return file.buckets[number] if file.buckets and file.buckets.files else file.good.clear()
