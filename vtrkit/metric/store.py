"""The full tally on disk, one file a month, made without ever holding more than a part of it."""

from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from vtrkit.errors import TallyError
from vtrkit.metric import packed_keys
from vtrkit.metric.tally import of_one_kind, tally
from vtrkit.schema import COUNTS, TALLY_KEY

_ROWS_HELD = 1_000_000
_ROW_GROUP = 100_000
_NO_MONTH = "no-ship-date"
_SUMS = {name: pl.col(name).sum() for name in COUNTS}


def store(
    parts: Iterable[pl.LazyFrame],
    folder: Path,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Tally verdicts part by part and store the whole by month of the ship date.

    Each part is judged and summed by itself, then the parts' cells are added up month by month
    and account by account. The same packages give the same bytes, however they are parted.

    ```
    folder/2026-01.parquet  folder/2026-02.parquet  …  folder/no-ship-date.parquet
    ```

    Args:
        parts: what `classify` returns, for disjoint packages: a file, a month, an account each.
        folder: made, or replaced as a whole once everything is written.
        progress: called with a step, how much is done and how much there is (0: not known).

    Raises:
        TallyError: there are no parts, or they were judged under different rules.
    """
    store_cells(map(tally, parts), folder, progress)


def store_cells(
    parts: Iterable[pl.LazyFrame],
    folder: Path,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """The same of parts that are tallied already.

    Args:
        parts: what `tally` returns, for disjoint packages; less than none where a part takes away.
        folder: made, or replaced as a whole once everything is written.
        progress: called with a step, how much is done and how much there is (0: not known).

    Raises:
        TallyError: there are no parts, or they were judged under different rules.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
        months = _fragments(parts, Path(scratch), progress)
        ready = Path(scratch) / "ready"
        ready.mkdir()
        for number, month in enumerate(months):
            if progress:
                progress(f"adding up {month.name}", number, len(months))
            _add_up(month, ready / f"{month.name}.parquet")
        if folder.exists():
            folder.rename(Path(scratch) / "old")
        ready.rename(folder)


def scan(folder: Path) -> pl.LazyFrame:
    """A stored tally, read lazily: a filter on account or ship date reads little else.

    Raises:
        TallyError: the folder holds no tally.
    """
    if not (files := sorted(folder.glob("*.parquet"))):
        raise TallyError(f"{folder.name}: no stored tally in this folder; store one first")
    return pl.scan_parquet(files, glob=False)


def _fragments(
    parts: Iterable[pl.LazyFrame],
    scratch: Path,
    progress: Callable[[str, int, int], None] | None,
) -> list[Path]:
    """The cells of each part, in a folder per month and a file per part."""
    schemas = []
    for number, part in enumerate(parts):
        if progress:
            progress("judging", number, 0)
        cells = part.with_columns(ship_month())
        schemas.append(cells.collect_schema())
        of_one_kind([schemas[0], schemas[-1]])
        for (month,), some in (
            cells.collect()
            .sort("account")
            .partition_by("month", as_dict=True, include_key=False)
            .items()
        ):
            _write(some, scratch / str(month) / f"{number:06}.parquet")
    if not schemas:
        raise TallyError("there is nothing to store: no part was given")
    if not any(scratch.iterdir()):
        _write(pl.DataFrame(schema=schemas[0]).drop("month"), scratch / _NO_MONTH / "0.parquet")
    return sorted(scratch.iterdir())


def ship_month() -> pl.Expr:
    """The month in whose file a package or cell is, by its ship date."""
    return pl.col("ship_date").dt.strftime("%Y-%m").fill_null(_NO_MONTH).alias("month")


def _write(cells: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    cells.write_parquet(path, compression="lz4", row_group_size=_ROW_GROUP // 4)


def _add_up(month: Path, path: Path) -> None:
    """One month's cells, a few accounts at a time, sorted by key."""
    sums, one_part = {**_SUMS, "rules": pl.first("rules")}, len([*month.iterdir()]) == 1
    slices = []
    for number, some in enumerate(_few_at_a_time(scan(month))):
        summed = some if one_part else packed_keys.group(some, TALLY_KEY, sums)
        summed = summed.filter(pl.col("packages") > 0)  # what a part took away is no cell
        slices.append(month / f"sum-{number:06}.parquet")
        summed.select(*TALLY_KEY, *sums).sort(TALLY_KEY).collect().write_parquet(
            slices[-1], row_group_size=_ROW_GROUP
        )
    if len(slices) == 1:
        slices[0].rename(path)
    else:
        pl.scan_parquet(slices, glob=False).sink_parquet(
            path, row_group_size=_ROW_GROUP, maintain_order=True
        )


def _few_at_a_time(cells: pl.LazyFrame) -> list[pl.LazyFrame]:
    """The cells by account, in runs that are few enough to be held."""
    if cells.select(pl.len()).collect().item() <= _ROWS_HELD:
        return [cells]
    sizes = cells.group_by(pl.col("account").cast(pl.String)).len().collect().sort("account")
    runs: list[list[str]] = [[]]
    held = 0
    for account, rows in sizes.rows():
        if runs[-1] and held + rows > _ROWS_HELD:
            runs.append([])
            held = 0
        runs[-1].append(account)
        held += rows
    return [cells.filter(pl.col("account").is_in(accounts)) for accounts in runs]
