"""Small finished tables, as the library makes them, for the charts that draw them."""

from collections.abc import Sequence
from datetime import date, timedelta

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
