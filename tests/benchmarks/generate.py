"""Generated packages: Parquet partitions with string columns, in a realistic mix.

Every partition spans the whole year, which is the hardest order for a tally that is stored by
month: each part of the input touches each month of the output.
"""

from pathlib import Path

import numpy as np
import polars as pl

DAYS = 365
FIRST_DAY = 20_120  # 2025-02-01: the rules of 2025 judge the whole year
SEEN = 20_504  # 2026-02-20, the day of the export
PART_ROWS = 2_000_000

# marketplace, carrier and ship method as sellers type them (None = not known), share in percent
_LANES = [
    ("US", "UPS", "UPS Ground", 14),
    ("US", "UPS", "UPS 2nd Day Air", 3),
    ("US", "United Parcel Service", "UPS Ground", 1),
    ("US", "USPS", "USPS First Class", 6),
    ("US", "USPS", "USPS Priority Mail", 7),
    ("US", "USPS", "USPS Ground Advantage", 12),
    ("US", "FedEx", "FedEx Ground", 7),
    ("US", "FedEx", "FedEx Home Delivery", 6),
    ("US", "Fedex", "FedEx 2Day", 2),
    ("US", "DHL eCommerce", "SM Parcel", 2),
    ("US", "OnTrac", "OnTrac Ground", 2),
    ("US", "Lasership", "next day", 1),
    ("US", "Amazon Shipping", "Amazon Shipping One-Day Tracked", 3),
    ("US", "Speedy-X", "std", 1),
    ("US", "Yun Express", None, 1),
    ("US", "China Post", "ePacket", 1),
    ("US", None, "Standard", 1),
    ("UK", "Royal Mail", "Royal Mail Tracked 24", 4),
    ("UK", "Royal Mail", "Royal Mail Tracked 48", 5),
    ("UK", "Royal Mail", "Royal Mail 48", 2),
    ("UK", "Evri", "Evri Standard", 3),
    ("UK", "Hermes", "Evri Standard", 1),
    ("UK", "DPD", "DPD Next Day", 2),
    ("UK", "DPD UK", "dpd local", 1),
    ("UK", "Yodel", "Yodel 48", 1),
    ("UK", "Parcelforce Worldwide", "express48", 1),
    ("UK", "DHL", "DHL Express Worldwide", 1),
    ("SE", "PostNord", "PostNord MyPack", 3),
    ("SE", "Post Nord", "PostNord Varubrev", 2),
    ("SE", "DHL-Paket", "DHL Paket", 1),
    ("SE", "Instabox", None, 1),
    ("SE", "Budbee", "hemleverans", 1),
    ("SE", "UPS", "UPS Standard", 1),
]


def write(folder: Path, rows: int, accounts: int, seed: int = 1) -> list[Path]:
    """The partitions of a data set, generated unless the folder already has them."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for first in range(0, rows, PART_ROWS):
        path = folder / f"part-{first // PART_ROWS:03}.parquet"
        if not path.exists():
            rng = np.random.default_rng((seed, first))
            part = packages(rng, min(PART_ROWS, rows - first), accounts)
            part.write_parquet(path.with_suffix(".new"))
            path.with_suffix(".new").rename(path)
        paths.append(path)
    return paths


def csv(folder: Path, rows: int) -> Path:
    """The same as one CSV file, which names every origin: `load` would assume those not known."""
    path = folder / f"{rows}.csv"
    if not path.exists():
        parts = pl.scan_parquet(write(folder / f"csv-{rows}", rows, accounts=1))
        home = pl.col("marketplace").replace_strict(_HOME)
        parts.with_columns(pl.col("origin").fill_null(home)).sink_csv(path)
    return path


def packages(rng: np.random.Generator, rows: int, accounts: int) -> pl.DataFrame:
    """One partition of generated packages."""
    ship = rng.integers(FIRST_DAY, FIRST_DAY + DAYS, rows).astype(np.int32)
    promised = ship + rng.choice(np.arange(2, 8), rows, p=_PROMISED).astype(np.int32)
    lanes = _lanes(rng, rows)
    return pl.DataFrame(
        {
            "account": _named("account", rng.integers(0, accounts, rows), accounts),
            **lanes,
            "order_id": _order_ids(rng, rows),
            "package_id": pl.repeat("1", rows, eager=True),
            "category": _named("Category", np.minimum(rng.geometric(0.1, rows), 20) - 1, 20),
            "status": _choice(rng, rows, {"shipped": 0.97, "unshipped": 0.01, "cancelled": 0.02}),
            "fulfilled_by": _choice(
                rng, rows, {"seller": 0.94, "amazon": 0.04, "seller_prime": 0.02}
            ),
            "tracking_number": _tracking_numbers(rng, lanes["carrier"]),
            **_events(rng, ship, promised),
            **_route_and_value(rng, lanes["marketplace"]),
            "reported_valid": _choice(rng, rows, {None: 0.95, "y": 0.045, "n": 0.005}) == "y",
        }
    )


_PROMISED = [0.2, 0.3, 0.2, 0.15, 0.1, 0.05]


def _events(rng: np.random.Generator, ship: np.ndarray, promised: np.ndarray) -> dict[str, pl.Expr]:
    """The dates and scans: 94 % scanned, some late entries, some fields not known."""
    rows = len(ship)
    delivered = promised + rng.choice([-2, -1, 0, 1, 2], rows, p=[0.3, 0.3, 0.3, 0.07, 0.03])
    entered = np.where(_hit(rng, rows, 0.005), delivered + 1, ship)
    scanned = _hit(rng, rows, 0.94)
    return {
        "tracking_entered_at": _days(entered, null=_hit(rng, rows, 0.1)),
        "ship_by_date": _days(ship + rng.integers(-1, 3, rows), null=_hit(rng, rows, 0.02)),
        "ship_date": _days(ship, null=_hit(rng, rows, 0.005)),
        "promised_date": _days(promised, null=_hit(rng, rows, 0.01)),
        "delivered_date": _days(delivered, null=~scanned | _hit(rng, rows, 0.05)),
        "scans": pl.Series(np.where(scanned, rng.integers(1, 9, rows), 0).astype(np.int32)).set(
            pl.Series(_hit(rng, rows, 0.04)), None
        ),
    }


def _lanes(rng: np.random.Generator, rows: int) -> dict[str, pl.Series]:
    share = np.array([lane[3] for lane in _LANES])
    drawn = pl.Series(rng.choice(len(_LANES), rows, p=share / share.sum()))
    names = ("marketplace", "carrier", "ship_method")
    return {n: pl.Series([lane[i] for lane in _LANES]).gather(drawn) for i, n in enumerate(names)}


def _route_and_value(rng: np.random.Generator, marketplace: pl.Series) -> dict[str, pl.Series]:
    """Mostly domestic; some from China, some not known, some across a border."""
    rows = len(marketplace)
    home, money = (marketplace.replace_strict(names) for names in (_HOME, _MONEY))
    return {
        "origin": _or(home, _choice(rng, rows, {"": 0.9, "CN": 0.06, "GB": 0.01, None: 0.03})),
        "destination": _or(home, _choice(rng, rows, {"": 0.96, "FR": 0.03, None: 0.01})),
        "goods_value": pl.Series(rng.integers(200, 9000, rows) / 100),
        "currency": _or(money, _choice(rng, rows, {"": 0.97, "EUR": 0.02, None: 0.01})),
        "seen_at": pl.repeat(SEEN, rows, dtype=pl.Int32, eager=True).cast(pl.Date),
    }


_HOME = {"US": "US", "UK": "GB", "SE": "SE"}
_MONEY = {"US": "USD", "UK": "GBP", "SE": "SEK"}


def _or(usual: pl.Series, drawn: pl.Series) -> pl.Series:
    return usual.zip_with((drawn == "").fill_null(False), drawn)


def _order_ids(rng: np.random.Generator, rows: int) -> pl.Series:
    low, mid, high = (pl.Series(rng.integers(a, b, rows)) for a, b in _ORDER_RANGES)
    return pl.select(pl.concat_str([low, mid, high], separator="-")).to_series()


_ORDER_RANGES = [(100, 120), (1_000_000, 10_000_000), (1_000_000, 10_000_000)]


def _tracking_numbers(rng: np.random.Generator, carrier: pl.Series) -> pl.Series:
    """Right numbers of the carriers, so that SQL needs no formats; 1 % blank, 1 % not known."""
    rows = len(carrier)
    digits = rng.integers(10**13, 10**14, rows)
    kind = pl.lit(carrier.replace_strict(_KINDS, default="other"))
    number = pl.lit("QX7") + pl.lit(pl.Series(digits)).cast(pl.String)
    for name, (prefix, covered, weights) in _FORMATS.items():
        check = pl.lit(pl.Series(_check_digits(digits, covered, weights))).cast(pl.String)
        right = pl.lit(prefix) + pl.lit(pl.Series(digits)).cast(pl.String) + check
        number = pl.when(kind == name).then(right).otherwise(number)
    lasership, amazon = (
        pl.lit("1LS71") + number.str.slice(3, 10),
        pl.lit("TBA") + number.str.slice(3, 12),
    )
    number = pl.when(kind == "ontrac").then(lasership).otherwise(number)
    number = pl.when(kind == "amazon").then(amazon).otherwise(number)
    given = pl.lit(_choice(rng, rows, {"": 0.01, None: 0.01, "given": 0.98}))
    return pl.select(pl.when(given == "given").then(number).otherwise(given)).to_series()


_KINDS = {
    **dict.fromkeys(["UPS", "United Parcel Service"], "ups"),
    **dict.fromkeys(["FedEx", "Fedex"], "fedex"),
    **{"USPS": "usps", "OnTrac": "ontrac", "Lasership": "ontrac", "Amazon Shipping": "amazon"},
}
_FORMATS = {
    "ups": ("1Z9", "9", (1, 2)),
    "usps": ("9400190", "9400190", (3, 1)),
    "fedex": ("9611020", "", (3, 1)),
}
"""What stands before 14 digits and a check digit, what of it is covered, and the weights."""


def _check_digits(digits: np.ndarray, covered: str, weights: tuple[int, int]) -> np.ndarray:
    """What brings the weighted sum to the next ten; the weights begin at the right."""
    total = sum(int(c) * weights[(14 + i) % 2] for i, c in enumerate(reversed(covered)))
    for place in range(14):
        total = total + digits // 10**place % 10 * weights[place % 2]
    return -total % 10


def _named(stem: str, index: np.ndarray, of: int) -> pl.Series:
    return pl.Series([f"{stem} {i:03}" for i in range(of)]).gather(pl.Series(index))


def _choice(rng: np.random.Generator, rows: int, shares: dict[str | None, float]) -> pl.Series:
    drawn = rng.choice(len(shares), rows, p=list(shares.values()))
    return pl.Series(list(shares), dtype=pl.String).gather(pl.Series(drawn))


def _hit(rng: np.random.Generator, rows: int, share: float) -> np.ndarray:
    return rng.random(rows) < share


def _days(days: np.ndarray, null: np.ndarray) -> pl.Series:
    return pl.Series(days.astype(np.int32)).set(pl.Series(null), None).cast(pl.Date)
