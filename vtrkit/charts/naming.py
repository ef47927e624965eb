"""How charts name groups: short enough, never two alike, and only by what tells them apart."""

import re
from collections.abc import Iterable, Sequence

import polars as pl

from vtrkit.schema import UNNAMED_MARKETPLACE

_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufefc]")
_HEAD, _TAIL = 34, 13


def short(names: Iterable[object]) -> dict[str, str]:
    """Each name as a chart writes it: at most some 50 characters, and no two alike.

    A name is cut in its middle, so that what tells long names apart often stays. One with letters
    that run from right to left is set apart, so that they do not reorder the figures beside it.

    Examples:
        >>> short(["Shoes", "x" * 100])["x" * 100]
        'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…xxxxxxxxxxxxx'
    """
    found: dict[str, str] = {}
    used: set[str] = set()
    for name in sorted({str(n) for n in names}):
        cut = name if len(name) <= _HEAD + _TAIL + 1 else f"{name[:_HEAD]}…{name[-_TAIL:]}"
        tries = (f"{cut} ({n})" if n > 1 else cut for n in range(1, len(used) + 2))
        plain = next(t for t in tries if t not in used)
        used.add(plain)
        found[name] = f"\u2068{plain}\u2069" if _RIGHT_TO_LEFT.search(plain) else plain
    return found


def shortened(column: str) -> pl.Expr:
    """A column of names as a chart writes them; see `short`."""
    text = pl.col(column).cast(pl.String)
    return text.map_batches(lambda s: s.replace_strict(short(s), return_dtype=pl.String))


def group_name() -> pl.Expr:
    """Account and marketplace; a marketplace that nobody named goes unsaid."""
    account = shortened("account")
    both = pl.concat_str(account, pl.col("marketplace").cast(pl.String), separator=" · ")
    named = pl.col("marketplace").cast(pl.String) != UNNAMED_MARKETPLACE
    return pl.when(named).then(both).otherwise(account)


LEVELS = ("scenario", "account", "marketplace", "category", "carrier_id", "days")
"""The columns that name a group, from the widest to the narrowest."""


def series_name(table: pl.DataFrame) -> pl.Expr:
    """What tells the groups of a table apart, in words: only the columns that differ.

    Examples:
        >>> table = pl.DataFrame({"account": ["a", "a"], "category": ["Shoes", "Books"]})
        >>> table.select(s=series_name(table))["s"].to_list()
        ['Shoes', 'Books']
    """
    there = [n for n in LEVELS if n in table.columns]
    differ = [n for n in there if table[n].n_unique() > 1]
    parts = [
        pl.format("{} days", "days") if n == "days" else shortened(n)
        for n in differ or [n for n in there if table.height and _says(table[n])]
    ]
    return pl.concat_str(parts, separator=" · ") if parts else pl.lit("everything")


def _says(values: pl.Series) -> bool:
    return str(values.first()) != UNNAMED_MARKETPLACE


def left_out(shown: int, names: Sequence[object], what: str) -> str:
    """What a subtitle says where not all are shown."""
    return f"; {shown} of {len(names):,} {what}" if len(names) > shown else ""
