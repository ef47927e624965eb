"""The sample's packages as the files that sellers really have, to try `look` and `load` on.

```
folder
├── vtrkit.toml       what is read, and how: vtrkit look folder/vtrkit.toml
├── categories.csv    the category of each sku, which no order file has
├── aftership.toml    the mapping of the AfterShip-like export
└── exports
    ├── northwind     US: order reports, confirmations, EasyPost, Valid Tracking reports of today
    │                     and of 2015
    │                 UK: order report of 2017, Orders API, ShipStation, Shippo's report, Valid
    │                     Tracking report of 2015
    │                 performance report of each
    └── fjord         SE: order reports, confirmations, Shippo, Valid Tracking report of 2021
                      UK: order reports, confirmations from Japan, AfterShip, report of 2015
                      performance report of each
```

Header lines are those of real files (`facts/headers.toml`), encodings those that were seen. In
every column of buyers, addresses and free text stands a canary. `data/README.md` says what no
file of a kind can carry.
"""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import polars as pl

from vtrkit.demo import as_cells, as_json
from vtrkit.demo import packages as sample
from vtrkit.demo.packages import AS_OF
from vtrkit.errors import InputError
from vtrkit.rules.classify import classify
from vtrkit.rules.policies import shipped_rules
from vtrkit.schema import PACKAGES
from vtrkit.shipped import shipped

_END = AS_OF - timedelta(days=10)
COVERED = (_END - timedelta(days=29), _END)
"""First and last promised day of Amazon's reports that list what is valid as well."""
OLDER = (COVERED[0] - timedelta(days=14), COVERED[0] - timedelta(days=1))
"""Likewise of the report of defects. What it leaves out is valid, also what the sample does not
know; in the days that count such a report would know more than the sample."""

_OWN = pl.col("fulfilled_by") != "amazon"
_SENT = _OWN & (pl.col("status") == "shipped")
_TRACKED = _SENT & (pl.col("tracking_number") != "") & pl.col("scans").is_not_null()
_JUDGED = pl.col("promised_date").is_between(*COVERED) & pl.col("valid").is_not_null()
_DEFECTS = pl.col("promised_date").is_between(*OLDER) & ~pl.col("valid")
_ROWS: dict[str, pl.Expr] = {
    "new_orders_2017": _OWN,
    "new_orders_45": _OWN,
    "unshipped_30": _OWN & (pl.col("status") == "unshipped"),
    "unshipped_73": _OWN & (pl.col("status") == "unshipped"),
    "confirmation": _SENT,
    "confirmation_jp": _SENT,
    "vtr_report": _DEFECTS,
    "vtr_report_2021_se": _JUDGED,
    "vtr_report_2015": _JUDGED,
    "shipstation": _SENT,
    "shippo_report": _TRACKED,
    "aftership": _TRACKED,
    "trackers": _TRACKED,
    "tracks": _TRACKED,
    "performance": pl.col("promised_date").is_between(*COVERED) & pl.col("counts"),
}
"""Of which packages a file of a kind speaks, where not of all."""
_BY_LINE = ("new_orders", "unshipped", "all_orders", "confirmation")
"""The kinds that have a row for each line of an order; the others have one for each package."""


class _File(NamedTuple):
    """One file: whose it is, what it is called, under which header line, in which encoding."""

    account: str
    marketplace: str
    name: str
    kind: str
    encoding: str = "utf-8"


_SEEN = f"{AS_OF}"
_FILES = (
    _File("northwind", "US", f"new_orders_us_{_SEEN}.txt", "new_orders_45"),
    _File("northwind", "US", f"all_orders_us_{_SEEN}.txt", "all_orders_34", "utf-8-sig"),
    _File("northwind", "US", f"unshipped_us_{_SEEN}.txt", "unshipped_73"),
    _File("northwind", "US", f"confirmation_us_{_SEEN}.txt", "confirmation"),
    _File("northwind", "US", f"easypost_us_{_SEEN}.json", "trackers"),
    _File("northwind", "US", "vtr_us_{}_{}.txt".format(*COVERED), "vtr_report_2015"),
    _File("northwind", "US", "vtr_defects_us_{}_{}.csv".format(*OLDER), "vtr_report"),
    _File("northwind", "US", f"performance_us_{_SEEN}.json", "performance"),
    _File("northwind", "UK", f"new_orders_uk_{_SEEN}.txt", "new_orders_2017", "cp1252"),
    _File("northwind", "UK", f"orders_api_uk_{_SEEN}.jsonl", "orders"),
    _File("northwind", "UK", f"shipstation_uk_{_SEEN}.csv", "shipstation"),
    _File("northwind", "UK", f"shippo_report_uk_{_SEEN}.csv", "shippo_report"),
    _File("northwind", "UK", "vtr_uk_{}_{}.txt".format(*COVERED), "vtr_report_2015"),
    _File("northwind", "UK", f"performance_uk_{_SEEN}.json", "performance"),
    _File("fjord", "SE", f"new_orders_se_{_SEEN}.txt", "new_orders_45", "cp1252"),
    _File("fjord", "SE", f"all_orders_se_{_SEEN}.txt", "all_orders_33", "utf-16"),
    _File("fjord", "SE", f"confirmation_se_{_SEEN}.txt", "confirmation"),
    _File("fjord", "SE", f"shippo_se_{_SEEN}.json", "tracks"),
    _File("fjord", "SE", "vtr_se_{}_{}.txt".format(*COVERED), "vtr_report_2021_se", "cp1252"),
    _File("fjord", "SE", f"performance_se_{_SEEN}.json", "performance"),
    _File("fjord", "UK", f"new_orders_uk_{_SEEN}.txt", "new_orders_45", "cp932"),
    _File("fjord", "UK", f"all_orders_uk_{_SEEN}.txt", "all_orders_33", "utf-8-sig"),
    _File("fjord", "UK", f"unshipped_uk_{_SEEN}.txt", "unshipped_30"),
    _File("fjord", "UK", f"confirmation_uk_{_SEEN}.txt", "confirmation_jp", "cp932"),
    _File("fjord", "UK", f"aftership_uk_{_SEEN}.csv", "aftership"),
    _File("fjord", "UK", "vtr_uk_{}_{}.txt".format(*COVERED), "vtr_report_2015"),
    _File("fjord", "UK", f"performance_uk_{_SEEN}.json", "performance"),
)
_SETTINGS = """\
# what is read, relative to this file: vtrkit look vtrkit.toml, vtrkit report vtrkit.toml
inputs = ["exports"]
mapping = "aftership.toml"
categories = "categories.csv"
"""


def write(folder: Path | str, days: int = 120, seed: int = sample.SEED) -> list[Path]:
    """Write the last so many days of the sample in the formats that sellers have.

    Args:
        folder: made if it is not there; it must be empty.
        days: how many promised days before the end of the sample.
        seed: of the sample.

    Returns:
        The exports, sorted; beside their folder stand vtrkit.toml and what it refers to.

    Raises:
        InputError: the folder holds something.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     len(write(folder, days=3))
        27
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"{folder.name}: the folder is not empty; name another one")
    folder.mkdir(parents=True, exist_ok=True)
    packages = _packages(days, seed)
    with TemporaryDirectory(dir=folder.parent, prefix=".vtrkit-") as scratch:
        made = Path(scratch) / "made"
        for file in _FILES:
            path = made / "exports" / file.account / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_content(file, packages))
        _lines(packages).select("sku", "category").unique().sort("sku").write_csv(
            made / "categories.csv"
        )
        shutil.copyfile(shipped("data/mappings/aftership.toml"), made / "aftership.toml")
        (made / "vtrkit.toml").write_text(_SETTINGS, "utf-8")
        made.replace(folder)
    return sorted(path for path in (folder / "exports").rglob("*") if path.is_file())


def _packages(days: int, seed: int) -> pl.DataFrame:
    """The packages with their sku, a number, whether they are valid, and countries as ISO has.

    `valid` is null where that is not known, and where they do not count.
    """
    made = sample.packages(seed)
    recent = made.filter(pl.col("promised_date") > pl.col("promised_date").max() - timedelta(days))
    verdict = pl.when(pl.col("outcome").is_in(["valid", "defect"])).then("outcome")
    counts = pl.col("outcome") != "exempt"
    told = classify(recent).select(*PACKAGES, valid=verdict == "valid", counts=counts)
    texts = [name for name, dtype in PACKAGES.items() if dtype == pl.Categorical()]
    sku = pl.format("{}-{}", pl.col("category").str.head(3).str.to_uppercase(), pl.col("n") % 7)
    told = told.with_columns(
        pl.col(texts).cast(pl.String), pl.col("origin", "destination").replace("UK", "GB")
    )
    return told.with_row_index("n").with_columns(sku=sku)


def _lines(packages: pl.DataFrame) -> pl.DataFrame:
    """One row for each line of an order: every sixth package holds two things."""
    cents = (pl.col("goods_value") * 100).round().cast(pl.Int64)
    half, two = cents // 2, pl.col("n") % 6 == 0
    one = packages.filter(~two).with_columns(line=pl.lit(1), cents=cents)
    pairs = [
        packages.filter(two).with_columns(
            pl.col("shipping_value") / 2,
            line=pl.lit(line),
            cents=share,
            sku=pl.format("{}-{}", "sku", pl.lit(line)),
        )
        for line, share in ((1, half), (2, cents - half))
    ]
    return pl.concat([one, *pairs]).sort("n", "line")


def _content(file: _File, packages: pl.DataFrame) -> bytes:
    """The bytes of one file."""
    told = packages.filter(account=file.account, marketplace=file.marketplace)
    told = told.filter(_ROWS.get(file.kind, pl.lit(True)))
    if file.kind == "orders":
        return as_json.orders(_lines(told).to_dicts(), _zone(file)).encode()
    if file.kind == "performance":
        return as_json.performance(told.to_dicts(), file.marketplace, COVERED, AS_OF).encode()
    if file.kind in _JSON:
        return _JSON[file.kind](told.to_dicts()).encode()
    rows = _lines(told) if file.kind.startswith(_BY_LINE) else told.with_columns(line=1, cents=0)
    return as_cells.table(file.kind, rows, _zone(file), file.encoding).encode(file.encoding)


_JSON: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "trackers": as_json.trackers,
    "tracks": as_json.tracks,
}


def _zone(file: _File) -> str:
    zones = shipped_rules().time_zones().items()
    return next(zone for zone, names in zones if file.marketplace in names)
