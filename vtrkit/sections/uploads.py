"""What is wrong with a confirmation file, in words of 80 columns; no order is named."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

import polars as pl

from vtrkit.words import first_few, number_of

_WIDTH = 80
_MOST_LINES = 12


def upload_text(name: str, lines: int, faults: Sequence[str], found: pl.DataFrame) -> str:
    """What is wrong by kind, most frequent first, with the lines of the file.

    Args:
        name: of the file.
        lines: how many it has below its header.
        faults: what is wrong with its form.
        found: see `vtrkit.amazon.check_upload.findings`.
    """
    wrong = found["line"].drop_nulls().n_unique()
    by_itself = found.group_by("line").agg(pl.col("better").is_not_null().all()).drop_nulls("line")
    what = f"{wrong:,}" if wrong else "its form" if faults else "nothing"
    head = f"{name}: {number_of(lines, 'line')}, {what} to correct"
    copied = int(by_itself["better"].sum())
    easy = f" (a copy, --out, puts {copied:,} of them right)" if wrong and copied else ""
    return "\n".join([*wrap(f"{head}{easy}.", _WIDTH), *_kinds(faults, found)])


def _kinds(faults: Sequence[str], found: pl.DataFrame) -> Iterator[str]:
    for fault in faults:
        yield from wrap(f"form: {fault}", _WIDTH)
    entry = pl.when(pl.col("better").is_not_null()).then(
        pl.when(pl.col("column").is_in(_SHOWN) & (pl.col("better") != ""))
        .then(pl.format("; enter {}", "better"))
        .otherwise(pl.lit("; a copy has it right"))
    )
    key = ["column", "what", "entry"]
    kinds = found.with_columns(entry=entry.fill_null("")).group_by(key)
    rows = kinds.agg(pl.len().cast(pl.Int64), lines=pl.col("line").drop_nulls().sort())
    for row in rows.sort("len", *key, descending=[True, False, False, False]).rows(named=True):
        at = [f"{line}" for line in row["lines"]]
        if not at:
            yield from wrap(f"{number_of(row['len'], 'order')} {row['what']}", _WIDTH)
            continue
        yield from wrap(f"{row['column']}: {row['what']}{row['entry']}", _WIDTH)
        named = f"{number_of(len(at), 'line')}: {first_few(at, _MOST_LINES)}"
        yield from wrap(named, _WIDTH, initial_indent="    ", subsequent_indent="    ")


_SHOWN = ("carrier-code", "ship-method")
"""Columns whose right entry is the same on many lines and no number of anybody's parcel."""
