"""Small finished tables, as the library makes them, for the charts that draw them."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import polars as pl

from tests import made
from vtrkit.schema import Reason

COMING = (("official", 5), ("locked in", 10), ("projected", 45))
"""How many days each part of the outlook has."""


def cells(
    days: int = 30, bad: int = 2, unknown: int = 1, last: date = made.WINDOW_END
) -> pl.DataFrame:
    """Cells of a tally: on each day 20 packages, some never scanned, some unverified."""
    counts = {
        Reason.VALID: 20 - bad - unknown,
        Reason.NO_SCAN: bad,
        Reason.UNVERIFIED: unknown,
        Reason.CANCELLED: 3,
    }
    return pl.DataFrame(
        [
            {"promised_date": day, "reason": str(reason), "packages": count}
            for day in made.days(days, last)
            for reason, count in counts.items()
            if count
        ],
        schema={"promised_date": pl.Date, "reason": pl.String, "packages": pl.Int64},
    )


def outlook(*categories: str, counted: float = 200.0) -> pl.DataFrame:
    """What `outlook` returns: falling from 96 % by a tenth of a point a day."""
    rows = []
    for category in categories:
        day = made.AS_OF
        for part, days in COMING:
            for _ in range(days):
                vtr = 0.96 - 0.001 * (day - made.AS_OF).days
                rows.append(
                    {
                        "account": "north",
                        "marketplace": "US",
                        "category": category,
                        "day": day,
                        "part": part,
                        "counted": counted,
                        "valid": counted * vtr,
                        "unknown": 0.0,
                        "vtr": vtr,
                        "vtr_low": vtr - 0.01,
                        "vtr_high": vtr + 0.01,
                        "target_bp": 9500,
                        "budget_left": counted * (vtr - 0.95),
                        "chance": None if part == "official" else 0.5,
                        "status": "GOOD" if vtr >= 0.95 else "BAD",
                    }
                )
                day += timedelta(days=1)
    return pl.DataFrame(rows)


def stops(
    *categories: str, counted: int = 200, bad: int = 30, unknown: int = 0, every: int = 10
) -> pl.DataFrame:
    """The rows of `apply` for each share from 0 to 1, all moved packages being scanned."""
    return pl.DataFrame(
        [
            {
                "share": percent / 100,
                "account": "north",
                "marketplace": "US",
                "category": category,
                "days": 30,
                "moved": bad * percent / 100,
                "counted_after": float(counted),
                "valid_after": counted - bad - unknown + bad * percent / 100,
                "vtr_low_after": (counted - bad - unknown + bad * percent / 100) / counted,
                "vtr_high_after": (counted - bad + bad * percent / 100) / counted,
                "status_after": _status(counted, bad, unknown, percent),
            }
            for category in categories
            for percent in range(0, 101, every)
        ]
    )


def _status(counted: int, bad: int, unknown: int, percent: int) -> str:
    """Against 95 %, once a share of the defects is valid."""
    left = 20 * bad * (100 - percent)
    if left > 100 * counted:
        return "BAD"
    return "UNDECIDED" if left + 2_000 * unknown > 100 * counted else "GOOD"


def needed(*categories: str, counted: int = 200, bad: int = 30, unknown: int = 0) -> pl.DataFrame:
    """Of so many defects, how many have to become valid for 95 % and 98 %."""
    rows = []
    for category in categories:
        for bp in (9500, 9800):
            k = max(0, ceil(Fraction(bp, 10_000) * counted) - (counted - bad - unknown))
            reached = k <= bad
            rows.append(
                {"account": "north", "marketplace": "US", "category": category}
                | {"target_bp": bp, "counted": counted, "eligible": bad, "reachable": reached}
                | {"packages": k if reached else None, "share": k / bad if reached else None}
            )
    return pl.DataFrame(rows, schema_overrides={"packages": pl.Int64, "share": pl.Float64})


def carriers(*rows: tuple[str, int, int]) -> pl.DataFrame:
    """What `carrier_scans` returns: carrier, packages with scan data, scanned ones."""
    return pl.DataFrame(
        [
            {"account": "north", "marketplace": "US", "carrier_id": carrier, "packages": known + 5}
            | {"known": known, "scanned": scanned, "first_scan_days": 1 if scanned else None}
            | {"scan_rate": scanned / known, "low": scanned / known / 2, "high": 1.0}
            | {"ranked": known >= 20}
            for carrier, known, scanned in rows
        ],
        schema_overrides={"first_scan_days": pl.Int64},
    )


def delays(*rows: tuple[str, str, int]) -> pl.DataFrame:
    """What `scan_delay` returns: carrier, days to the first scan, packages."""
    schema = ["carrier_id", "scan_delay", "packages"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        account=pl.lit("north"), marketplace=pl.lit("US")
    )


def leaving(defects: Sequence[int]) -> pl.DataFrame:
    """What `roll_off` returns: so many defects leave on each coming day."""
    first = made.AS_OF + timedelta(days=1)
    return pl.DataFrame(
        {
            "account": "north",
            "promised_date": [first + timedelta(days=i - 40) for i in range(len(defects))],
            "leaves_on": [first + timedelta(days=i) for i in range(len(defects))],
            "defects": defects,
            "counted": [20] * len(defects),
        },
        schema_overrides=dict.fromkeys(("defects", "counted"), pl.Int64)
        | dict.fromkeys(("leaves_on", "promised_date"), pl.Date),
    )


def stages(*rows: tuple[str, float]) -> pl.DataFrame:
    """Valid packages of 1,000 as it is and after each lever, 20 more moved by each."""
    columns = ("valid_after", "counted_after", "vtr_low_after", "moved")
    return pl.DataFrame(
        [(name, valid, 1000.0, valid / 1000, 20.0 * i) for i, (name, valid) in enumerate(rows)],
        schema={"stage": pl.String} | dict.fromkeys(columns, pl.Float64),
        orient="row",
    )


def frontier(*rows: tuple[int, float]) -> pl.DataFrame:
    """Basis points reached, and the least cost; a packages for each unit of it."""
    return pl.DataFrame(
        [(bp, cost, round(cost), bp / 10_000, bp / 10_000) for bp, cost in rows],
        schema={"target_bp": pl.Int64, "cost": pl.Float64, "moved": pl.Int64}
        | dict.fromkeys(("worst_vtr_low", "vtr_low"), pl.Float64),
        orient="row",
    )
