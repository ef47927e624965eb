"""From a CSV to the view: vtrkit, and pandas as an analyst would write it by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from tests.benchmarks.measure import LOADED, Line, in_turns, same_cells
from vtrkit import classify, load, tally
from vtrkit.schema import VIEW_KEY

_NAMES = ["missing_number", "entered_late", "no_scan", "too_few_scans"]
_FIRST_GOOD = len(_NAMES)
_NAMES += ["unverified", "too_little_known", "valid"]
_NAMES += ["not_shipped", "cancelled", "fulfilled_by_amazon", "prime", "rejected_by_amazon"]
_NAMES += ["exempt_service", "exempt_route", "disputed_valid", "disputed_defect"]
_EUROPE = "GB UK DE FR MC IT ES NL PT PL AT SE BE"
_MAIL = "Standard Mail|USPS Standard Mail|USPS Standard Mail envelopes"
_FIRST = "First Class|First Class envelopes|USPS First Class Mail envelopes"
_MORE = "USPS First Class|USPS First Class Mail|USPS First Class envelopes"
_ENVELOPES = "|".join((_MAIL, _FIRST, _MORE)).split("|")
_DAYS = ["tracking_entered_at", "ship_by_date", "ship_date", "promised_date", "delivered_date"]
_DAYS += ["seen_at"]


_VIEW = VIEW_KEY[:-1]
_ENTERED_WRONG = ("missing_number", "not_a_number", "malformed", "wrong_carrier")


def line(csv: Path, folder: Path, runs: int) -> Line:
    """Read, judge and sum one CSV file."""
    ours, theirs = folder / "csv.parquet", folder / "csv-pandas.parquet"

    def polars() -> None:
        tally(classify(load(csv).packages), _VIEW).collect().write_parquet(ours)

    size = f"{pl.scan_csv(csv).select(pl.len()).collect().item() / 1e6:g} M"
    timed = in_turns(
        f"CSV to view, against pandas, {size}",
        0.35,
        runs,
        polars,
        lambda: _by_hand(csv).to_parquet(theirs),
    )
    return timed._replace(note=f"{timed.note}, {same_cells(ours, theirs, _VIEW, LOADED)}")


def _by_hand(csv: Path) -> pd.DataFrame:
    p = pd.read_csv(csv, engine="pyarrow", parse_dates=_DAYS)
    day = p["ship_date"].fillna(p["promised_date"])
    us, uk, se = (
        (p["marketplace"] == name) & (day >= since)
        for name, since in (("US", "2025-01-15"), ("UK", "2025-01-15"), ("SE", "2021-01-01"))
    )
    p["enforced"] = us | uk
    p["reason"] = _reasons(
        p,
        _service(p, us, uk),
        _route(p, us, uk),
        _disputed(p, uk),
        _tracked(p, us, uk),
        uk | se,
    )
    cells = _counted(p).groupby(list(_VIEW), dropna=False, observed=True)
    summed = cells.sum().reset_index()
    summed["promised_date"] = summed["promised_date"].dt.date
    return summed


def _maybe(holds: pd.Series, known: pd.Series) -> pd.Series:
    return holds.astype("boolean").mask(~known)


def _below(p: pd.DataFrame, limit: float, *currencies: str) -> pd.Series:
    """Whether the value is below a limit in its currencies; not known in any other."""
    known = p["currency"].isin(currencies) & p["goods_value"].notna()
    return _maybe(p["goods_value"] < limit - 0.0005, known)


def _service(p: pd.DataFrame, us: pd.Series, uk: pd.Series) -> pd.Series:
    method, origin, destination = p["ship_method"], p["origin"], p["destination"]
    envelope = us & (p["carrier"] == "USPS") & method.isin(_ENVELOPES)
    us_letter = us & method.str.contains("untracked|letter|stamp", case=False, na=False)
    uk_letter = uk & method.str.contains(
        "letter|brief|lettre|carta|lettera|brev", case=False, na=False
    )
    abroad = _maybe(origin.isin(["IN", "GB", "UK"]), origin.notna())
    across = _maybe(origin != destination, origin.notna() & destination.notna())
    return (
        envelope & _below(p, 10, "USD")
        | us_letter & abroad & _below(p, 15, "USD")
        | uk_letter & across & _below(p, 20, "EUR").fillna(_below(p, 16, "GBP"))
    )


def _disputed(p: pd.DataFrame, uk: pd.Series) -> pd.Series:
    """What counts in the United Kingdom by one source alone: Belgium, and small across a border."""
    origin, destination = p["origin"], p["destination"]
    across = origin.isin(_EUROPE.split()) & destination.notna() & (origin != destination)
    small = across & _below(p, 20, "EUR", "GBP").fillna(False).astype(bool)
    return uk & ((origin == "BE") | (destination == "BE") | small)


def _route(p: pd.DataFrame, us: pd.Series, uk: pd.Series) -> pd.Series:
    def outside(name: str, codes: str) -> pd.Series:
        return p[name].notna() & ~p[name].isin(codes.split())

    return us & (
        outside("destination", "US PR") | outside("origin", "US PR CN CA AS UM IN GB UK")
    ) | uk & (outside("destination", _EUROPE) | outside("origin", _EUROPE + " CN"))


def _tracked(p: pd.DataFrame, us: pd.Series, uk: pd.Series) -> np.ndarray:
    """The place in `_NAMES` of what scans and number say."""
    origin, scans, delivered = p["origin"], p["scans"], p["delivered_date"]
    china = _maybe(origin.isin(["CN", "CA", "AS", "UM"]), origin.notna()) & ~_below(p, 5, "USD")
    abroad = _maybe(origin.isin(["IN", "GB", "UK"]), origin.notna()) & ~_below(p, 15, "USD")
    to_uk = _maybe(origin == "CN", origin.notna()) & ~_below(p, 5, "GBP", "EUR")
    two = us & (china | abroad) | uk & to_uk
    has_two = _maybe(scans >= 2, scans.notna()) & delivered.notna()
    final = p["seen_at"] >= p["promised_date"] + pd.Timedelta(days=30)
    cases = {
        "missing_number": p["tracking_number"].isna(),
        "entered_late": p["tracking_entered_at"] > delivered,
        "no_scan": scans == 0,
        "unverified": scans.isna() & delivered.isna(),
        "too_few_scans": (two & ~has_two).fillna(False).astype(bool) & final,
        "too_little_known": two.fillna(True).astype(bool) & ~has_two.fillna(False).astype(bool),
    }
    places = [_NAMES.index(name) for name in cases]
    return np.select(list(cases.values()), places, _NAMES.index("valid"))


def _reasons(
    p: pd.DataFrame,
    service: pd.Series,
    route: pd.Series,
    disputed: pd.Series,
    tracked: np.ndarray,
    no_prime: pd.Series,
) -> pd.Categorical:
    """The first reason that applies, Amazon's own verdict before the exemptions."""
    seller, reported, defect = p["fulfilled_by"], p["reported_valid"], tracked < _FIRST_GOOD
    good, bad = reported.eq(True), reported.eq(False)  # what is not known is neither
    cases = [
        (p["status"] == "unshipped", "not_shipped"),
        (p["status"] == "cancelled", "cancelled"),
        (seller == "amazon", "fulfilled_by_amazon"),
        ((seller == "seller_prime") & no_prime, "prime"),
        (good, "valid"),
        (bad & ~defect, "rejected_by_amazon"),
        (~bad & service.fillna(False).astype(bool), "exempt_service"),
        (~bad & route, "exempt_route"),
        (~bad & disputed & (tracked == _NAMES.index("valid")), "disputed_valid"),
        (~bad & disputed & defect, "disputed_defect"),
        (~bad & service.isna() & defect, "too_little_known"),
    ]
    holds, names = zip(*cases, strict=True)
    return pd.Categorical.from_codes(
        np.select(holds, [_NAMES.index(name) for name in names], tracked), _NAMES
    )


def _counted(p: pd.DataFrame) -> pd.DataFrame:
    shipped, promised, delivered = (p[f"{n}_date"] for n in ("ship", "promised", "delivered"))
    due = promised < p["seen_at"]
    kinds = {
        "judged": delivered.notna() & due,
        "late": (delivered > promised) & due,
        "undelivered": delivered.isna() & p["scans"].notna() & due,
    }
    counts = {
        "packages": 1,
        "units": 1,
        "ship_judged": shipped.notna() & p["ship_by_date"].notna(),
        "shipped_late": shipped > p["ship_by_date"],
        "delivered": delivered.notna() & promised.notna(),
        "delivery_judged": kinds["judged"],
        "delivered_late": kinds["late"],
        "undelivered": kinds["undelivered"],
        **{f"units_{name}": holds for name, holds in kinds.items()},
        "correctable": p["reason"].isin(_ENTERED_WRONG) & delivered.isna(),
        "underway": 0,
    }
    return p[list(_VIEW)].assign(**counts).astype(dict.fromkeys(counts, "int64"))
