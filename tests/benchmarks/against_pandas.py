"""From a CSV to the view: vtrkit, and pandas as an analyst would write it by hand."""

from pathlib import Path

import pandas as pd
import polars as pl

from tests.benchmarks import generate
from tests.benchmarks.measure import Line, in_turns, same_cells
from vtrkit import classify, load, tally
from vtrkit.schema import VIEW_KEY

_RULES_SINCE = {"US": "2025-01-15", "UK": "2025-01-15"}
_PRIME_OUT_SINCE = {"UK": "2025-01-15", "SE": "2021-01-01"}
_DAYS = ["tracking_entered_at", "ship_by_date", "ship_date", "promised_date", "delivered_date"]


def line(folder: Path, rows: int, runs: int) -> Line:
    """Read, judge and sum one CSV file."""
    csv, ours, theirs = (
        folder / f"{rows}.csv",
        folder / "csv.parquet",
        folder / "csv-pandas.parquet",
    )
    if not csv.exists():
        parts = generate.write(folder / f"csv-{rows}", rows, accounts=1)
        pl.scan_parquet(parts).sink_csv(csv)

    def polars() -> None:
        tally(classify(load(csv).packages), VIEW_KEY).collect().write_parquet(ours)

    timed = in_turns(
        "CSV to view against pandas", 0.3, runs, polars, lambda: _by_hand(csv).to_parquet(theirs)
    )
    return timed._replace(note=f"{timed.note}, {same_cells(ours, theirs, VIEW_KEY)}")


def _by_hand(csv: Path) -> pd.DataFrame:
    packages = pd.read_csv(csv, engine="pyarrow", parse_dates=_DAYS)
    packages["enforced"] = _since(packages, _RULES_SINCE)
    packages["reason"] = _reasons(packages)
    cells = _counted(packages).groupby(list(VIEW_KEY), dropna=False, observed=True)
    summed = cells.sum().reset_index()
    summed["promised_date"] = summed["promised_date"].dt.date
    return summed


def _since(packages: pd.DataFrame, days: dict[str, str]) -> pd.Series:
    first = pd.to_datetime(packages["marketplace"].map(days))
    return packages["ship_date"] >= first


def _reasons(p: pd.DataFrame) -> pd.Series:
    """The reasons in reverse order of precedence, each one overwriting those below it."""
    prime = (p["fulfilled_by"] == "seller_prime") & _since(p, _PRIME_OUT_SINCE)
    rejected = p["reported_valid"].eq(False)  # null compares as false
    reason = pd.Series("valid", index=p.index).mask(rejected, "rejected_by_amazon")
    not_known = p["scans"].isna() & p["delivered_date"].isna() & p["reported_valid"].isna()
    unscanned = (p["scans"] == 0), "no_scan"
    late = (p["tracking_entered_at"] > p["delivered_date"]), "entered_late"
    blank = p["tracking_number"].isna(), "missing_number"
    reason = reason.mask(not_known, "unverified")
    for holds, name in (unscanned, late, blank):
        reason = reason.mask(holds & p["reported_valid"].ne(True), name)
    reason = reason.mask(prime | (p["fulfilled_by"] == "amazon"), "not_seller_fulfilled")
    for status, name in (("cancelled", "cancelled"), ("unshipped", "not_shipped")):
        reason = reason.mask(p["status"] == status, name)
    return reason.astype("category")


def _counted(p: pd.DataFrame) -> pd.DataFrame:
    shipped, promised, delivered = (p[f"{n}_date"] for n in ("ship", "promised", "delivered"))
    counts = {
        "packages": 1,
        "ship_judged": shipped.notna() & p["ship_by_date"].notna(),
        "shipped_late": shipped > p["ship_by_date"],
        "delivery_judged": delivered.notna() & promised.notna(),
        "delivered_late": delivered > promised,
        "undelivered": delivered.isna() & p["scans"].notna(),
    }
    return p[list(VIEW_KEY)].assign(**counts).astype(dict.fromkeys(counts, "int64"))
