"""What became of the rows of all files, and one line that sums up each file."""

from collections.abc import Sequence

import polars as pl

from vtrkit.files.fates import FATES
from vtrkit.files.one_file import File
from vtrkit.files.orders import NO_NUMBER

_ROW = ["_file", "_row"]

_FATE = {
    "_file": pl.UInt32(),
    "_row": pl.UInt32(),
    "_fate": pl.String(),
    "_restated": pl.Boolean(),
    "_why": pl.String(),
}


class Ledger:
    """What became of the rows of all buckets; only loose rows, which may be in several, by name."""

    def __init__(self, loose: pl.DataFrame) -> None:
        """None yet; `loose` are the rows that may be in several buckets, with their `_aside`."""
        self._loose = loose.select(*_ROW, "_aside")
        self._counts: list[pl.DataFrame] = []
        self._lent = [pl.DataFrame(schema=_FATE)]
        self.lost: list[pl.DataFrame] = []

    def enter(self, fates: pl.DataFrame, lost: pl.DataFrame) -> None:
        """The fates of one bucket, and its unmatched rows."""
        if self._loose.is_empty():
            self._counts.append(_counted(fates))
            self.lost.append(lost)
            return
        self._counts.append(_counted(fates.join(self._loose, on=_ROW, how="anti")))
        self._lent.append(fates.join(self._loose, on=_ROW, how="semi").select(list(_FATE)))
        self.lost.append(lost)

    def nowhere(self) -> pl.DataFrame:
        """The fates of the loose rows whose number no bucket has."""
        rest = self._loose
        if rest.height:
            rest = rest.join(pl.concat(self._lent), on=_ROW, how="anti")
        why = pl.coalesce("_aside", pl.lit(NO_NUMBER))
        return rest.select(*_ROW, _fate=pl.lit("unmatched"), _restated=pl.lit(False), _why=why)

    def counts(self) -> pl.DataFrame:
        """The fates of all rows, counted."""
        if self._loose.is_empty():
            return pl.concat(self._counts)
        lent = pl.concat(self._lent).unique(_ROW, keep="first", maintain_order=True)
        return pl.concat([*self._counts, _counted(lent), _counted(self.nowhere())])


def _counted(fates: pl.DataFrame) -> pl.DataFrame:
    restated = pl.col("_restated").sum().cast(pl.Int64)
    return fates.group_by("_file", "_fate").agg(restated, pl.len().cast(pl.Int64).alias("_rows"))


def unmatched(files: Sequence[File], rows: pl.DataFrame, fates: pl.DataFrame) -> pl.DataFrame:
    """The rows whose package is not known, in the form of rejects."""
    stray = fates.filter(_fate="unmatched")
    if stray.is_empty():
        return pl.DataFrame(schema=_UNMATCHED)
    names = pl.DataFrame({"file": [f.source.name for f in files]}).with_row_index("_file")
    found = stray.select(*_ROW, "_why").join(rows, on=_ROW).join(names, on="_file")
    told = pl.col("order_id", "tracking_number")
    return found.select("file", pl.col("_row").alias("row"), told, pl.col("_why").alias("rule"))


_UNMATCHED = {
    "file": pl.String(),
    "row": pl.UInt32(),
    "order_id": pl.String(),
    "tracking_number": pl.String(),
    "rule": pl.String(),
}


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
    "_voided": pl.Int64,
}


def summary_of(files: Sequence[File], counted: pl.DataFrame) -> pl.DataFrame:
    """One row per file: what it was taken for, and what became of its rows."""
    rows, fate = pl.col("_rows"), pl.col("_fate")
    counts = counted.group_by("_file").agg(
        *(rows.filter(fate == f).sum().alias(f) for f in FATES if f != "rejected"),
        pl.col("_restated").sum().alias("restated"),
    )
    about = pl.DataFrame(map(_about, range(len(files)), files), schema=_ABOUT, orient="row")
    joined = about.join(counts, on="_file", how="left").sort("_file").drop("_file")
    told = joined.with_columns(pl.col(*FATES, "restated").fill_null(0))
    return told.with_columns(pl.col("unmatched") + pl.col("_voided")).select(
        "file", "layout", "encoding", "seen_at", "seen_from", "rows", *FATES, "restated", "sha256"
    )


def _about(number: int, file: File) -> tuple[object, ...]:
    f, s = file, file.source
    told = (f.layout.name, f.encoding, s.sha256, f.seen_at, f.seen_from)
    return (number, s.name, *told, f.rows, f.rejects.height, f.voided.height)
