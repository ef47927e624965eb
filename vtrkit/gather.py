"""The rows of all files to packages, at once or bucket by bucket, and the fate of every row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from vtrkit.buckets import Folder, frame
from vtrkit.inputs import Progress
from vtrkit.join import FATES, NO_NUMBER, settle
from vtrkit.match import normalised, without_others
from vtrkit.schema import DEFAULT_ACCOUNT, PACKAGE_KEY, PACKAGES, conform
from vtrkit.take import File

_ROW = ["_file", "_row"]
_FATE = {
    "_file": pl.UInt32(),
    "_row": pl.UInt32(),
    "_fate": pl.String(),
    "_restated": pl.Boolean(),
    "_why": pl.String(),
}


@dataclass(frozen=True)
class Gathered:
    """Packages in parts of disjoint orders, the rows that found none, and what became of all."""

    packages: pl.LazyFrame
    parts: tuple[pl.LazyFrame, ...]
    unmatched: pl.DataFrame
    summary: pl.DataFrame


def gather(
    files: Sequence[File], account: str | None, origin: str | None, progress: Progress | None
) -> Gathered:
    """Join what all files say, order by order.

    Args:
        files: as read; either all of them are held or all are in buckets.
        account: where neither a row nor a folder names one.
        origin: where no row names one.
        progress: told of the buckets that are done.
    """
    held = _together(files, account, [f.good for f in files])
    count = max((len(f.buckets) for f in files if f.buckets), default=0)
    alone = _only_scans(files, account, held)
    if not count:
        packages, fates = settle(without_others(held, alone))
        whole = _whole(packages, origin).lazy()
        lost = _unmatched(files, held, fates)
        return Gathered(whole, (whole,), lost, _summary(files, _counted(fates)))
    folder, ledger, parts = Folder(), _Ledger(held), []
    for number, rows in enumerate(_buckets(files, account, held, count)):
        packages, fates = settle(without_others(rows, alone))
        ledger.enter(fates, _unmatched(files, rows, fates))
        parts.append(folder.path / f"{number:06}.parquet")
        _whole(packages, origin).write_parquet(parts[-1], compression="lz4")
        if progress:
            progress("joining what the files say", number + 1, count)
    lost = pl.concat([*ledger.lost, _unmatched(files, held, ledger.nowhere())])
    lost = lost.unique(["file", "row"])
    schema = pl.Schema(PACKAGES)
    frames = tuple(frame([part], folder, schema) for part in parts)
    return Gathered(frame(parts, folder, schema), frames, lost, _summary(files, ledger.counts()))


def _whole(packages: pl.DataFrame, origin: str | None) -> pl.DataFrame:
    told = packages.drop("_verdict").with_columns(
        pl.col("origin").fill_null(pl.lit(origin, pl.String))
    )
    return conform(told.lazy()).collect().sort(PACKAGE_KEY)


def _together(
    files: Sequence[File], account: str | None, good: Sequence[pl.DataFrame]
) -> pl.DataFrame:
    """The good rows of all files, with the age of their exports; ties go by content."""
    ages = sorted(_age(number, f) for number, f in enumerate(files))
    rows = [
        some.with_columns(
            _owner(f, account),
            pl.col("seen_at").fill_null(pl.lit(f.seen_at, pl.Date)),
            pl.format("{}:{}", pl.lit(f.source.name), "_row").alias("source"),
            pl.lit(number, pl.UInt32).alias("_file"),
            pl.lit(ages.index(_age(number, f)), pl.UInt32).alias("_rank"),
            pl.lit(f.layout.tells).alias("_tells"),
        )
        for number, (f, some) in enumerate(zip(files, good, strict=True))
    ]
    return pl.concat(rows)


def _owner(file: File, account: str | None) -> pl.Expr:
    owner = file.source.account or account or DEFAULT_ACCOUNT
    return pl.col("account").cast(pl.String).fill_null(owner)


def _age(number: int, file: File) -> tuple[date, str, int]:
    return file.seen_at or date.min, file.source.sha256, number


def _only_scans(files: Sequence[File], account: str | None, held: pl.DataFrame) -> list[str]:
    """The accounts of which all that is there are scans."""
    told = [held.lazy().select("account", "_tells")]
    for f in files:
        if f.buckets and len(f.buckets.files):
            tells = pl.lit(f.layout.tells).alias("_tells")
            told.append(f.buckets.scan().select(_owner(f, account), tells))
    said = pl.concat([one.unique() for one in told]).collect().group_by("account")
    only = said.agg((pl.col("_tells") == "scans").all())
    return only.filter("_tells")["account"].to_list()


def _buckets(
    files: Sequence[File], account: str | None, held: pl.DataFrame, count: int
) -> Iterator[pl.DataFrame]:
    """The rows of each bucket; those that name no order join every bucket that has their number."""
    loose = held.with_columns(_number=normalised())
    for number in range(count):
        rows = _together(files, account, [_bucket(f, number) for f in files])
        numbers = rows.select("account", _number=normalised())
        some = loose.join(numbers, on=["account", "_number"], how="semi").drop("_number")
        yield pl.concat([rows, some])


def _bucket(file: File, number: int) -> pl.DataFrame:
    return file.buckets[number] if file.buckets and file.buckets.files else file.good.clear()


class _Ledger:
    """What became of the rows of all buckets; only loose rows, which may be in several, by name."""

    def __init__(self, loose: pl.DataFrame) -> None:
        self._loose = loose.select(_ROW)
        self._counts: list[pl.DataFrame] = []
        self._lent = [pl.DataFrame(schema=_FATE)]
        self.lost: list[pl.DataFrame] = []

    def enter(self, fates: pl.DataFrame, lost: pl.DataFrame) -> None:
        """The fates of one bucket, and its unmatched rows."""
        self._counts.append(_counted(fates.join(self._loose, on=_ROW, how="anti")))
        self._lent.append(fates.join(self._loose, on=_ROW, how="semi").select(list(_FATE)))
        self.lost.append(lost)

    def nowhere(self) -> pl.DataFrame:
        """The fates of the loose rows whose number no bucket has."""
        rest = self._loose.join(pl.concat(self._lent), on=_ROW, how="anti")
        return rest.select(
            *_ROW, _fate=pl.lit("unmatched"), _restated=pl.lit(False), _why=pl.lit(NO_NUMBER)
        )

    def counts(self) -> pl.DataFrame:
        """The fates of all rows, counted."""
        lent = pl.concat(self._lent).unique(_ROW, keep="first", maintain_order=True)
        return pl.concat([*self._counts, _counted(lent), _counted(self.nowhere())])


def _counted(fates: pl.DataFrame) -> pl.DataFrame:
    restated = pl.col("_restated").sum().cast(pl.Int64)
    return fates.group_by("_file", "_fate").agg(restated, pl.len().cast(pl.Int64).alias("_rows"))


def _unmatched(files: Sequence[File], rows: pl.DataFrame, fates: pl.DataFrame) -> pl.DataFrame:
    """The rows of which nobody can tell whose package they are about, in the form of rejects."""
    names = pl.DataFrame({"file": [f.source.name for f in files]}).with_row_index("_file")
    stray = fates.filter(_fate="unmatched").select(*_ROW, "_why")
    found = stray.join(rows, on=_ROW).join(names, on="_file")
    told = pl.col("order_id", "tracking_number")
    return found.select("file", pl.col("_row").alias("row"), told, pl.col("_why").alias("rule"))


_ABOUT = {
    "_file": pl.UInt32,
    "file": pl.String,
    "layout": pl.String,
    "encoding": pl.String,
    "sha256": pl.String,
    "seen_at": pl.Date,
    "seen_from": pl.String,
    "rows": pl.Int64,
    "rejected": pl.Int64,
}


def _summary(files: Sequence[File], counted: pl.DataFrame) -> pl.DataFrame:
    """One row per file: what it was taken for, and what became of its rows."""
    rows, fate = pl.col("_rows"), pl.col("_fate")
    counts = counted.group_by("_file").agg(
        *(rows.filter(fate == f).sum().alias(f) for f in FATES if f != "rejected"),
        pl.col("_restated").sum().alias("restated"),
    )
    about = pl.DataFrame(map(_about, range(len(files)), files), schema=_ABOUT, orient="row")
    joined = about.join(counts, on="_file", how="left").sort("_file").drop("_file")
    return joined.with_columns(pl.col(*FATES, "restated").fill_null(0)).select(
        "file", "layout", "encoding", "seen_at", "seen_from", "rows", *FATES, "restated", "sha256"
    )


def _about(number: int, file: File) -> tuple[object, ...]:
    f, s = file, file.source
    told = (f.layout.name, f.encoding, s.sha256, f.seen_at, f.seen_from, f.rows, f.rejects.height)
    return (number, s.name, *told)
