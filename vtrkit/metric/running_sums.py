"""Counts by group and promised day, summed over many windows at once."""

from collections.abc import Iterable, Mapping, Sequence

import polars as pl


class RunningSums:
    """Counts by group and promised day, summed over any windows: many windows cost little.

    Groups and days make one number, and counts are summed once in that order; a window is the
    difference of two of these sums.
    """

    def __init__(self, daily: pl.DataFrame, by: Sequence[str]) -> None:
        """Sum up the counts of each group and promised day.

        Args:
            daily: the columns of `by`, `promised_date`, and counts.
            by: at least one column.
        """
        self._by, self._groups = list(by), daily.select(by).unique().with_row_index("_group")
        import numpy as np  # noqa: PLC0415 - once it is used

        placed = daily.with_columns(self._places(daily, "promised_date")).sort("promised_date")
        self._at = placed["promised_date"].to_numpy()
        self._running = {
            name: np.append(0, np.cumsum(placed[name].cast(pl.Int64).to_numpy()))
            for name in daily.columns
            if name not in (*by, "promised_date")
        }

    def over(
        self,
        windows: pl.DataFrame,
        names: Iterable[str],
        first: str = "window_start",
        last: str = "window_end",
    ) -> pl.DataFrame:
        """The windows with their counts beside them; zeros where nothing is promised.

        Args:
            windows: rows with the columns of `by`, and two days.
            names: the counts.
            first: the column of the first day of each window.
            last: the column of its last day, which belongs to it.
        """
        return self.over_each(windows, [({name: name for name in names}, first, last)])

    def over_each(
        self, windows: pl.DataFrame, spans: Sequence[tuple[Mapping[str, str], str, str]]
    ) -> pl.DataFrame:
        """Likewise of several spans of a row: names of sums with what is summed, and two days."""
        import numpy as np  # noqa: PLC0415 - once it is used

        places = self._places(windows, *(day for _, *days in spans for day in days))
        at = {day: places[day].to_numpy() for day in places.columns}
        summed = []
        for names, first, last in spans:
            start = np.searchsorted(self._at, at[first], "left")
            stop = np.maximum(np.searchsorted(self._at, at[last], "right"), start)
            for name, count in names.items():
                run = self._running[count]  # a window of no day ends before it begins: no package
                summed.append(pl.Series(name, run[stop] - run[start], pl.Int64))
        return windows.with_columns(summed)

    def _places(self, rows: pl.DataFrame, *days: str) -> pl.DataFrame:
        """Days of rows, each with its group as one number; what has no group is before all."""
        names = list(dict.fromkeys(days))
        grouped = rows.select(*self._by, *names).join(
            self._groups, on=self._by, how="left", nulls_equal=True, maintain_order="left"
        )
        first = pl.col("_group").cast(pl.Int64) * _DAYS + _DAYS // 2
        return grouped.select((pl.col(names).cast(pl.Int64) + first).fill_null(-1))


_DAYS = 2**23
"""More days than calendars have, so that those of two groups never mix."""
