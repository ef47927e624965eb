"""Seeded, made-up packages with stories worth finding: the data behind demo, docs and tests.

Two accounts: *northwind* sells in the US and the UK, *fjord* in Sweden and the UK. On `AS_OF`

* **Shoes** (northwind, US) slide: ever more packages leave without a scan;
* **OnTrac** stops scanning twelve days before the window ends;
* **Jewelry** (northwind, US) is small: one corrected package of twenty decides;
* **Office Products** (northwind, US) stand at exactly 95 %: 190 of 200;
* Sweden has many letters without scan data, which leaves the rate a range;
* here and there somebody typed another carrier's number, an order id, or lost a digit.
"""

from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

import polars as pl

from vtrkit.demo.numbers import MISTAKES, mistaken, number
from vtrkit.schema import PACKAGES

AS_OF = date(2026, 9, 30)
"""The day on which the sample was exported, and on which the demo reads the metric."""
SEED = 7
_WINDOW_END = AS_OF - timedelta(days=10)
_DAYS = 365
_WEEK = (1.3, 1.2, 1.1, 1.1, 1.2, 0.9, 0.2)
_CATEGORIES = {
    "Home & Kitchen": 16.0,
    "Toys & Games": 9.0,
    "Shoes": 7.0,
    "Office Products": 20 / 3,
    "Beauty": 6.0,
    "Electronics": 5.0,
    "Books": 4.0,
    "Sports & Outdoors": 3.0,
    "Pet Supplies": 2.0,
    "Jewelry": 2 / 3,
}


class _Shop(NamedTuple):
    """One account in one marketplace: its size, carriers with their services, and habits."""

    account: str
    marketplace: str
    volume: float
    unverified: float
    currency: str
    carriers: tuple[tuple[str, str, str, float], ...]


_US = (
    ("USPS", "USPS Ground Advantage", "usps", 0.45),
    ("UPS", "UPS Ground", "ups", 0.30),
    ("FedEx", "FedEx Home Delivery", "fedex", 0.17),
    ("OnTrac", "OnTrac Ground", "ontrac", 0.08),
)
_UK = (
    ("Royal Mail", "Royal Mail Tracked 48", "s10_gb", 0.5),
    ("Evri", "Evri Standard", "evri", 0.3),
    ("DPD", "DPD Next Day", "dpd", 0.2),
)
_SE = (
    ("PostNord", "PostNord MyPack", "sscc", 0.7),
    ("PostNord", "PostNord Varubrev", "s10_se", 0.2),
    ("DHL", "DHL Paket", "jjd", 0.1),
)
_SHOPS = (
    _Shop("northwind", "US", 1.0, 0.006, "USD", _US),
    _Shop("northwind", "UK", 0.5, 0.008, "GBP", _UK),
    _Shop("fjord", "SE", 0.35, 0.045, "SEK", _SE),
    _Shop("fjord", "UK", 0.3, 0.01, "GBP", _UK),
)


@cache
def packages(seed: int = SEED) -> pl.DataFrame:
    """A year of made-up packages as they were known on `AS_OF`, the same for the same seed.

    Returns:
        The packages table (`vtrkit.schema.PACKAGES`), some 50,000 rows, sorted by promised day.

    Examples:
        >>> packages().select("account", "marketplace").unique().sort("account").height
        4
    """
    import numpy as np  # noqa: PLC0415 - only here; `import vtrkit` stays light

    rng = np.random.default_rng(seed)
    parts = [
        _category(rng, shop, category, mean)
        for shop in _SHOPS
        for category, mean in _CATEGORIES.items()
    ]
    drawn = pl.concat(parts).sort("promised_date", "u_order")
    return _known_on_export(_happened(drawn)).select(
        pl.col(name).cast(dtype) if name in _COLUMNS else pl.lit(None, dtype).alias(name)
        for name, dtype in PACKAGES.items()
    )


_DRAWS = ("ship", "carrier", "fate", "late", "scan", "kind", "value", "order", "number")


def _category(rng: Any, shop: _Shop, category: str, mean: float) -> pl.DataFrame:
    """The draws of one category: how many are promised on each day, and a dice roll per trait."""
    first = AS_OF - timedelta(days=_DAYS - 6)
    days = pl.date_range(first, AS_OF + timedelta(days=5), eager=True)
    expected = [mean * shop.volume * _WEEK[d.weekday()] for d in days]
    counts = [int(e + u) for e, u in zip(expected, rng.random(len(days)), strict=True)]
    promised = days.gather([i for i, n in enumerate(counts) for _ in range(n)])
    if (exact := _EXACT.get((shop.account, shop.marketplace, category))) is not None:
        promised = _exactly(promised, exact[0])
    draws = {f"u_{name}": rng.random(len(promised)) for name in _DRAWS}
    frame = pl.DataFrame({"promised_date": promised, **draws}).with_columns(
        account=pl.lit(shop.account),
        marketplace=pl.lit(shop.marketplace),
        category=pl.lit(category),
        currency=pl.lit(shop.currency),
        p_unverified=pl.lit(shop.unverified),
        in_window=pl.col("promised_date").is_between(_WINDOW_END - timedelta(29), _WINDOW_END),
    )
    frame = frame.with_columns(_carrier(shop.carriers))
    frame = frame.with_columns(p_no_scan=_no_scan(category, shop))
    return (
        _with_exact(frame, exact[1])
        if exact
        else frame.with_columns(exact=pl.lit(None, pl.Boolean))
    )


_EXACT = {
    ("northwind", "US", "Office Products"): (200, 10),
    ("northwind", "US", "Jewelry"): (20, 2),
}
"""Packages and defects of a category in the 30-day window."""


def _exactly(promised: pl.Series, wanted: int) -> pl.Series:
    """The promised days with exactly so many of them, evenly spread, in the 30-day window."""
    start = _WINDOW_END - timedelta(days=29)
    outside = promised.filter((promised < start) | (promised > _WINDOW_END))
    inside = [start + timedelta(days=i * 30 // wanted) for i in range(wanted)]
    return pl.concat([outside, pl.Series(promised.name, inside)]).sort()


def _with_exact(frame: pl.DataFrame, defects: int) -> pl.DataFrame:
    """In the window every k-th package is a defect and no other one is."""
    place = pl.col("in_window").cum_sum()
    every = frame["in_window"].sum() // defects
    return frame.with_columns(exact=pl.when("in_window").then(place % every == 1))


def _carrier(carriers: tuple[tuple[str, str, str, float], ...]) -> list[pl.Expr]:
    choice, upto = pl.lit(0), 0.0
    for _, _, _, share in carriers[:-1]:
        upto += share
        choice += (pl.col("u_carrier") >= upto).cast(pl.Int32)
    names = dict(enumerate(carriers))
    return [
        choice.replace_strict({i: row[field] for i, row in names.items()}).alias(name)
        for field, name in enumerate(("carrier", "ship_method", "form"))
    ]


def _no_scan(category: str, shop: _Shop) -> pl.Expr:
    """The chance of never being scanned: usual, sliding, or certain."""
    before_end = (pl.lit(_WINDOW_END) - pl.col("promised_date")).dt.total_days()
    usual = pl.lit(0.010)
    if (shop.account, shop.marketplace, category) == ("northwind", "US", "Shoes"):
        usual = (0.13 - before_end * 0.0024).clip(0.010, 0.13)
    return pl.when((pl.col("carrier") == "OnTrac") & (before_end < 12)).then(1.0).otherwise(usual)


def _happened(drawn: pl.DataFrame) -> pl.DataFrame:
    """Draws to what happened to each package, whether or not it is known yet."""
    fate, late = pl.col("u_fate"), pl.col("u_late")
    unscanned = pl.coalesce("exact", fate < pl.col("p_no_scan"))
    free = pl.col("exact").is_null() & ~unscanned & (fate > 0.5)
    transit = 2 + (pl.col("u_ship") * 4).cast(pl.Int32)
    delay = (
        pl.when(late < 0.045)
        .then(1 + (late * 60).cast(pl.Int32))
        .otherwise(-(late * 2).cast(pl.Int32))
    )
    ship = pl.col("promised_date") - pl.duration(days=transit)
    scan_lag = (pl.col("u_scan") ** 3 * 4).cast(pl.Int32)
    return drawn.with_columns(
        *_fulfilment(),
        ship_date=ship,
        ship_by_date=ship
        + pl.duration(days=pl.when(pl.col("u_ship") > 0.97).then(-1).otherwise(1)),
        delivered=pl.col("promised_date") + pl.duration(days=delay),
        first_scan=ship + pl.duration(days=scan_lag),
        unscanned=unscanned,
        blank=free & (fate < 0.506),
        entered_late=free & fate.is_between(0.506, 0.509),
        unverified=(free & fate.is_between(0.509, 0.509 + pl.col("p_unverified")))
        | fate.is_between(*MISTAKES, closed="left") & free,
        order_id=_order_id(),
        number=mistaken(number()),
        goods_value=(4 + pl.col("u_value") ** 3 * 90).round(2),
        shipping_value=pl.lit(3.5),
        seen_at=pl.lit(AS_OF),
        origin=pl.col("marketplace"),
        destination=pl.col("marketplace"),
    )


def _fulfilment() -> list[pl.Expr]:
    """Status and who ships: a few are cancelled, Amazon's or Prime, none where counts are exact."""
    kind, exact = pl.col("u_kind"), pl.col("exact").is_not_null()
    cancelled = kind.is_between(0.035, 0.05, closed="left") & ~exact
    by_amazon = pl.when(kind < 0.025).then(pl.lit("amazon")).otherwise(pl.lit("seller_prime"))
    return [
        pl.when(cancelled).then(pl.lit("cancelled")).otherwise(pl.lit("shipped")).alias("status"),
        pl.when((kind < 0.035) & ~exact)
        .then(by_amazon)
        .otherwise(pl.lit("seller"))
        .alias("fulfilled_by"),
    ]


def _order_id() -> pl.Expr:
    return pl.format(
        "{}-{}-{}",
        (pl.col("u_order") * 899).cast(pl.Int64) + 100,
        (pl.col("u_number") * 8_999_999).cast(pl.Int64) + 1_000_000,
        pl.int_range(pl.len()) + 1_000_000,
    )


_COLUMNS = {
    "account",
    "marketplace",
    "order_id",
    "package_id",
    "category",
    "status",
    "fulfilled_by",
    "carrier",
    "ship_method",
    "tracking_number",
    "tracking_entered_at",
    "ship_by_date",
    "ship_date",
    "promised_date",
    "delivered_date",
    "scans",
    "first_scan_date",
    "origin",
    "destination",
    "goods_value",
    "shipping_value",
    "currency",
    "seen_at",
}


def _known_on_export(packages: pl.DataFrame) -> pl.DataFrame:
    """What an export of `AS_OF` says: nothing of the future, no scans where there is no feed."""
    today = pl.lit(AS_OF)
    left = (pl.col("ship_date") <= today) & (pl.col("status") == "shipped")
    arrived = left & (pl.col("delivered") <= today) & ~pl.col("unverified")
    scanned = left & ~pl.col("unscanned") & (pl.col("first_scan") <= today)
    steps = (today - pl.col("first_scan")).dt.total_days().clip(0, 5).cast(pl.Int32) + 1
    entered = (
        pl.when("entered_late")
        .then(pl.col("delivered") + pl.duration(days=2))
        .otherwise("ship_date")
    )
    blank = pl.col("blank") | ~left | (entered > today)
    return packages.with_columns(
        package_id=pl.lit("1"),
        status=pl.when((pl.col("status") == "shipped") & ~left)
        .then(pl.lit("unshipped"))
        .otherwise("status"),
        ship_date=pl.when(left).then("ship_date"),
        tracking_number=pl.when(blank).then(pl.lit("")).otherwise("number"),
        tracking_entered_at=pl.when(~blank).then(entered),
        delivered_date=pl.when(arrived & ~pl.col("unscanned")).then("delivered"),
        first_scan_date=pl.when(scanned & ~pl.col("unverified")).then("first_scan"),
        scans=pl.when(~left | pl.col("unverified"))
        .then(None)
        .when(scanned)
        .then(steps)
        .otherwise(0),
    )


def small(seed: int = SEED) -> pl.DataFrame:
    """The part of the sample that ships as `data/sample.csv`: one account, one marketplace."""
    recent = pl.col("promised_date") > _WINDOW_END - timedelta(days=60)
    chosen = packages(seed).filter(recent, account="northwind", marketplace="US")
    return chosen.select(name for name in PACKAGES if name in _COLUMNS and name != "first_scan")
