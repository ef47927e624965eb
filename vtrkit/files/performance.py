"""Amazon's own figure: the rows of a seller performance report, V2 (JSON) or V1 (XML).

Amazon gives the newest report whatever days are asked for. It names no account, has one Valid
Tracking Rate per marketplace and none per category.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from vtrkit.errors import InputError
from vtrkit.facts.marketplaces import spellings
from vtrkit.files.named_days import days_in_name
from vtrkit.files.xml_records import document
from vtrkit.results import OFFICIAL
from vtrkit.words import number_of, percent

_OFF = 0.000_101
"""A rate has four digits, rounded or cut off; one further from its own counts contradicts them."""
_A_PERCENTAGE = 2
"""A rate above 1 and below this is a share that contradicts itself; nobody has 1 to 2 %."""
_V1_TAGS = {
    *("sellerperformancereports", "sellerperformancereport", "trackinginformation"),
    *("trackingmetrics", "timeframe", "start", "end", "validtracking", "rate", "count"),
    *("orderdefects", "orderdefectmetrics", "customerexperience", "customerexperiencemetrics"),
    *("latershipment", "performancechecklist", "validtrackingrate", "status"),
}


def performance(content: bytes, name: str, account: str) -> pl.DataFrame:
    """What a seller performance report says of the Valid Tracking Rate.

    Args:
        content: the file's bytes.
        name: what messages call it.
        account: whose it is; the report does not say.

    Returns:
        One row per marketplace and window; see `vtrkit.results.OFFICIAL`. Counts that the report
        leaves out are null. `against` has what contradicts itself in it, in words.

    Raises:
        InputError: it is neither JSON nor XML, or has no Valid Tracking Rate in it.
    """
    xml = content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<")
    told = list((_v1 if xml else _v2)(content, name))
    if not told:
        raise InputError(
            f"{name}: a performance report without a Valid Tracking Rate; ask Amazon for it anew"
        )
    shared = {"account": account, "file": name}
    rows = [shared | row | _read_on(row, name) | {"against": _against(row)} for row in told]
    schema = {column: kind.dtype for column, kind in OFFICIAL.items()}
    return pl.DataFrame(rows, schema=schema).unique(maintain_order=True)


def _read_on(row: Mapping[str, Any], name: str) -> dict[str, date | None]:
    """The day of the report: from its content, else its name, where it is after the window."""
    named, end = max(days_in_name(name), default=None), row.get("window_end")
    after = named if named and end and named > end else None
    return {"read_on": row.get("read_on") or after}


def _v2(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    try:
        report = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise InputError(
            f"{name}: a performance report that is damaged or cut short; download it again"
        ) from None
    accounts = {
        _text(one.get("marketplaceId")): _text(one.get("status"))
        for one in _dicts(report, "accountStatuses")
    }
    for metrics in _dicts(report, "performanceMetrics"):
        rate, market = metrics.get("validTrackingRate"), _text(metrics.get("marketplaceId"))
        if not isinstance(rate, dict) or not rate:
            continue
        days = _range(rate)
        # other metrics have no lag: they end on the day of the report, or on the one before
        newest = max(filter(None, map(_end, metrics.values())), default=None)
        yield {
            "marketplace": spellings().get((market or "").casefold(), market),
            "window_start": days[0],
            "window_end": days[1],
            "read_on": None if newest == days[1] else newest,
            "shipped": _whole(rate.get("shipmentCount")),
            "amazon_valid": _whole(rate.get("validTrackingCount")),
            # of nothing there is no rate, though Amazon writes 0
            "amazon_rate": _share(rate.get("rate")) if rate.get("shipmentCount") != 0 else None,
            "target": _share(rate.get("targetValue")),
            "target_condition": _text(rate.get("targetCondition")),
            "amazon_status": _text(rate.get("status")),
            "account_status": accounts.get(market),
        }


def _v1(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    report = _inside(document(content, name, _V1_TAGS), "sellerPerformanceReports")
    for one in _dicts(report, "sellerPerformanceReport"):
        checklist = _inside(_inside(one, "performanceChecklist"), "validTrackingRate")
        for metrics in _dicts(_inside(one, "trackingInformation"), "trackingMetrics"):
            rate, frame = metrics.get("validTracking"), _inside(metrics, "timeFrame")
            share = _share(rate.get("rate") if isinstance(rate, dict) else rate)
            if share is not None:
                yield {
                    "window_start": _day(frame.get("start")),
                    "window_end": _day(frame.get("end")),
                    "amazon_rate": share,
                    "amazon_status": _text(checklist.get("status")),
                }


def _dicts(table: object, key: str) -> list[dict[str, Any]]:
    """The objects of a list; one alone stands for a list of one."""
    found = table.get(key) if isinstance(table, dict) else None
    each = found if isinstance(found, list) else [found]
    return [one for one in each if isinstance(one, dict)]


def _inside(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    return next(iter(_dicts(table, key)), {})


def _range(metric: Mapping[str, Any]) -> tuple[date | None, date | None]:
    days = _inside(metric, "reportingDateRange")
    return _day(days.get("reportingDateFrom")), _day(days.get("reportingDateTo"))


def _end(metric: object) -> date | None:
    return _range(metric)[1] if isinstance(metric, dict) else None


def _day(text: object) -> date | None:
    """The day of `2026-09-24T23:59:59Z`; the stamps are midnights, or a second or minute before."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _whole(number: object) -> int | None:
    return number if type(number) is int and 0 <= number < 1 << 53 else None


def _share(number: object) -> float | None:
    """A share; the schema calls it a percentage, its example and real reports have a share."""
    text = str(number).strip()
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        return None
    if 1 < value < _A_PERCENTAGE and not text.endswith("%"):
        return None  # more valid packages than there are
    value = round(value / 100, 12) if text.endswith("%") or value > 1 else value
    return value if 0 <= value <= 1 and type(number) is not bool else None


def _text(value: object) -> str | None:
    """One word, as a status or an id is; anything longer is none."""
    return value if isinstance(value, str) and len(value) <= 40 and value.isprintable() else None


def _against(row: Mapping[str, Any]) -> str:
    return "; ".join(_contradictions(row))


def _contradictions(row: Mapping[str, Any]) -> Iterator[str]:
    shipped, valid, rate = (row.get(name) for name in ("shipped", "amazon_valid", "amazon_rate"))
    if shipped is not None and valid is not None:
        if valid > shipped:
            yield f"{number_of(valid, 'valid package')} of {shipped:,} shipped"
        elif shipped and rate is not None and abs(valid / shipped - rate) > _OFF:
            own, stated = percent(valid / shipped, 2), percent(rate, 2)
            yield f"{valid:,} of {shipped:,} are {own}, not {stated}"
    target, status = row.get("target"), row.get("amazon_status")
    if rate is not None and target is not None and rate != target:
        if status == "GOOD" and rate < target:
            yield f"called GOOD at {percent(rate)}, below {percent(target)}"
        if status == "BAD" and rate > target:
            yield f"called BAD at {percent(rate)}, above {percent(target)}"
    start, end = row.get("window_start"), row.get("window_end")
    if start and end and start > end:
        yield f"its days end on {end}, before they begin on {start}"
