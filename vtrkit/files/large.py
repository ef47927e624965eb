"""Rows too many to be held: written down in buckets by their order, and taken up bucket by bucket.

All rows of an order are in one bucket, so what is settled order by order can be settled bucket by
bucket. The files stand in a private temporary folder that lives as long as a frame reads them.
"""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

from vtrkit.files.scratch import Fixed, Folder
from vtrkit.files.sources import Source

_BUCKET = "_bucket"
_ROW_GROUP = 8_192
_HELD = 3 << 29
"""Inputs of more bytes than this are settled bucket by bucket, not held as a whole."""
_BYTES = 64 << 20
_MOST_BUCKETS = 512
"""Rows are written down in so many buckets, and taken up in runs of them."""
_PACKED = 6
"""How many bytes of text one byte of a compressed file is taken for."""


def buckets_for(sources: Sequence[Source]) -> int:
    """How many buckets the rows of files need; 1 where they can be held."""
    sizes = (s.survey.size * (_PACKED if s.survey.packed else 1) for s in sources)
    return 1 if (size := sum(sizes)) <= _HELD else min(size // _BYTES + 2, _MOST_BUCKETS)


class Buckets:
    """Frames of one schema, spread over buckets by order; a frame a file, sorted by bucket."""

    def __init__(self, folder: Path, count: int, owner: str, *, kept: bool = False) -> None:
        """Make the folder in which they stand, anew if there is one.

        Args:
            folder: for one file.
            count: of buckets that are taken up one by one.
            owner: the account of rows that name none.
            kept: whether the folder has its rows already.
        """
        self._folder, self.count = folder, count
        # rows of one order have this in common, whether or not they name the account
        account = pl.col("account").cast(pl.String).fill_null(owner)
        self._order = pl.struct(account.alias("account"), "order_id").hash()
        self.files = sorted(folder.glob("*.parquet")) if kept else []
        if not kept:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)

    def add(self, rows: pl.DataFrame) -> None:
        """Write rows down; their order within a bucket stays."""
        bucket = (self._order % _MOST_BUCKETS).cast(pl.UInt16)
        path = self._folder / f"{len(self.files):06}.parquet"
        spread = rows.with_columns(bucket.alias(_BUCKET)).sort(_BUCKET, maintain_order=True)
        spread.write_parquet(path, compression="lz4", row_group_size=_ROW_GROUP)
        self.files.append(path)

    def __len__(self) -> int:
        """How many buckets there are."""
        return self.count

    def __getitem__(self, number: int) -> pl.DataFrame:
        """The rows of a bucket; row groups of other buckets are not read."""
        return self._rows(number).drop(_BUCKET).collect()

    def part(self, number: int, columns: Sequence[str]) -> pl.DataFrame:
        """Some columns of the rows of a bucket."""
        return self._rows(number).select(columns).collect()

    def _rows(self, number: int) -> pl.LazyFrame:
        first, end = (-(-n * _MOST_BUCKETS // self.count) for n in (number, number + 1))
        run = pl.col(_BUCKET).is_between(first, end - 1)
        return pl.scan_parquet(self.files, glob=False).filter(run)

    def scan(self) -> pl.LazyFrame:
        """All rows, lazily."""
        return pl.scan_parquet(self.files, glob=False).drop(_BUCKET)


def frame(parts: Sequence[Path], folder: Fixed | Folder, schema: pl.Schema) -> pl.LazyFrame:
    """A lazy frame over Parquet parts that keeps their folder alive as long as it is there itself.

    A plain scan would not: the folder would be gone before somebody collects what
    `load(paths).packages` gave.
    """

    def read(
        columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        left = rows
        for part in parts:
            assert folder.path
            found = pl.scan_parquet(part, glob=False)
            if predicate is not None:
                found = found.filter(predicate)
            if columns is not None:
                found = found.select(columns)
            some = (found if left is None else found.head(left)).collect()
            yield some
            if left is not None and (left := left - some.height) <= 0:
                return

    return register_io_source(read, schema=schema, is_pure=True)
