"""The forecast on a real series: late deliveries of a public delivery history, as defects.

```
python -m tests.benchmarks.scms SCMS_Delivery_History_Dataset.csv
```

The file has neither ship days nor scans, so a delivery after the promised day stands in for a
defect: it is known on the promised day, and nothing is known of packages promised later. The data
are USAID's Supply Chain Management System delivery history, public domain.
"""

import argparse
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from tests import backtest
from tests.paths import ROOT
from vtrkit import classify, load, tally
from vtrkit.forecast.outlook import outlook

_MAPPING = ROOT / "data" / "mappings" / "scms.toml"
_KEYS = ("account", "marketplace", "category", "promised_date", "enforced", "reason")
_SAID = ("vtr", "vtr_low", "vtr_high", "today")
_LEAST, _WARM_UP = 300, 180
"""Packages that a series has at least; days before the first forecast."""
_GROUPS = {
    "product group": pl.col("category").cast(pl.String),
    "country": pl.col("destination"),
    "carrier": pl.col("carrier"),
    "all": pl.lit("all"),
}


def packages(path: Path) -> pl.DataFrame:
    """The deliveries; those that were late as if their number was missing."""
    read = load([path], mapping=_MAPPING).packages.lazy()
    dated = read.filter(pl.col("delivered_date").is_not_null())
    late = pl.col("delivered_date") > pl.col("promised_date")
    number = pl.when(late).then(pl.lit(""))
    return dated.with_columns(scans=pl.lit(1), tracking_number=number).collect()


def cases(told: pl.DataFrame, group: pl.Expr) -> pl.DataFrame:
    """Every series of at least so many packages, origin and horizon; see `tests.backtest`."""
    named = told.select("order_id", "promised_date", "scans", "tracking_number", category=group)
    cells = tally(classify(named.filter(pl.len().over("category") >= _LEAST)), by=_KEYS)
    days = cells["promised_date"]
    count = (days.max() - days.min()).days - _WARM_UP - max(backtest.HORIZONS)
    first = days.min() + timedelta(days=_WARM_UP)
    origins = [first + timedelta(days=n) for n in range(0, count, backtest.WINDOW)]
    return pl.concat(_from(cells, day) for day in origins)


def _from(cells: pl.DataFrame, origin: date) -> pl.DataFrame:
    known = cells.filter(pl.col("promised_date") <= origin)
    table = outlook(known, as_of=origin, days=max(backtest.HORIZONS), lag_days=0)
    said = table.with_columns(ahead=(pl.col("day") - origin).dt.total_days())
    today = said.filter(ahead=0).select("category", today="vtr")
    came = [_rate(cells, origin, n) for n in backtest.HORIZONS]
    both = pl.concat(came).join(said, on=["category", "ahead"]).join(today, on="category")
    seed = pl.lit(0).alias("seed")
    return both.select("category", "ahead", "counted", "came", *_SAID, seed).drop_nulls()


def _rate(cells: pl.DataFrame, origin: date, ahead: int) -> pl.DataFrame:
    """The share in time over the window that ends so many days after the origin."""
    end = origin + timedelta(days=ahead)
    start = end - timedelta(days=backtest.WINDOW - 1)
    packages = pl.col("packages")
    counts = (
        cells.filter(pl.col("promised_date").is_between(start, end))
        .group_by("category")
        .agg(counted=packages.sum(), valid=packages.filter(pl.col("reason") == "valid").sum())
    )
    rate = pl.col("valid") / pl.col("counted")
    return counts.select("category", "counted", came=rate, ahead=pl.lit(ahead, pl.Int64))


def main() -> int:
    """Print coverage and errors by kind of series."""
    options = argparse.ArgumentParser(prog="tests.benchmarks.scms", description=__doc__)
    options.add_argument("file", type=Path)
    told = packages(options.parse_args().file)
    with pl.Config(tbl_rows=30, tbl_cols=12, tbl_width_chars=120, float_precision=3):
        for name, group in _GROUPS.items():
            made = cases(told, group.fill_null("unknown")).rename({"category": "series"})
            print(name, backtest.coverage(made), backtest.errors(made.with_columns(recent="today")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
