"""Which rows of a table go into one part: those of an order, and of orders that share a number."""

from collections.abc import Iterator, Sequence

import polars as pl

from vtrkit.files.forms import Layout
from vtrkit.files.part import ONE_PLACE, cells
from vtrkit.spark.exchange import Piece, split
from vtrkit.tracking.cleaning import canonical, order_ids

_COMPARED = {"order_id": order_ids, "tracking_number": canonical}
"""The one form in which rows of different files are compared."""


class Routes:
    """The routes of rows, each a number: that of their order, or of their account."""

    def __init__(self, layout: Layout, owner: str, parts: int) -> None:
        """Know the table.

        Args:
            layout: what it is taken for.
            owner: the account of rows that name none.
            parts: how many parts there are.
        """
        self._layout, self._owner, self._parts = layout, owner, parts
        self._probe = _probe()
        self.shared = pl.Series(dtype=pl.UInt64)
        """The orders that share a number, by their routes."""

    def columns(self, header: Sequence[str]) -> list[str]:
        """The columns that tell the orders of each number; none where there is no number."""
        headers = self._layout.headers(header)
        named = [headers.get(name, []) for name in ONE_PLACE]
        return [column for some in named for column in some] if named[-1] else []

    def numbers(self, tables: Iterator[pl.DataFrame]) -> Iterator[Piece]:
        """The orders of each number, to where all of that number are."""
        for table in tables:
            keys = self._keys(table).select("number", "order").drop_nulls().unique()
            yield from split(keys, keys["number"], self._parts)

    @staticmethod
    def several(pieces: list[Piece]) -> Iterator[Piece]:
        """The orders of numbers that several have."""
        keys = pl.concat(p.rows for p in pieces if p.rows is not None)
        many = keys.filter(pl.col("order").n_unique().over("number") > 1)
        yield Piece(rows=many.select("order").unique())

    def rows(self, tables: Iterator[pl.DataFrame]) -> Iterator[Piece]:
        """All rows, to where what is settled together is together.

        Orders that share a number go where their account goes, so that no number is in two parts.
        """
        for table in tables:
            keys = self._keys(table)
            together = keys["order"].is_in(self.shared.implode())
            route = keys["order"].zip_with(~together.fill_null(False), keys["account"])
            yield from split(table, route.fill_null(0), self._parts)

    def cells(self, table: pl.DataFrame, key: Sequence[str]) -> Iterator[Piece]:
        """Cells of a tally, to where those of the same key are."""
        self._same_machine()
        yield from split(table, table.select(pl.struct(key).hash()).to_series(), self._parts)

    def _keys(self, table: pl.DataFrame) -> pl.DataFrame:
        """Account, order and number of each row, as numbers; null where a row names none."""
        self._same_machine()
        account = self._compared(table, "account").fill_null(self._owner)
        whose = {n: self._compared(table, n) for n in _COMPARED}
        texts = pl.DataFrame({"account": account, **whose})
        order, number = (
            pl.when(pl.col(n).is_not_null()).then(pl.struct("account", n).hash()) for n in whose
        )
        return texts.select(pl.col("account").hash(), order=order, number=number)

    def _compared(self, table: pl.DataFrame, column: str) -> pl.Series:
        """A column in the form in which `load` compares it; null where the table has none."""
        if not self._layout.headers(table.columns).get(column):
            return pl.repeat(None, table.height, dtype=pl.String, eager=True)
        told = cells(table, column, self._layout)
        return _COMPARED[column](told) if column in _COMPARED else told

    def _same_machine(self) -> None:
        """Refuse a worker that would send the rows of an order elsewhere than others do."""
        if _probe() != self._probe:
            raise RuntimeError("workers of another kind: install the same Polars on all of them")


def _probe() -> int:
    return int(pl.Series(["vtrkit"]).hash()[0])
