"""The sample's packages as JSON: EasyPost trackers, Shippo tracks, orders of Amazon's Orders API.

Under keys of buyers, addresses and free text stands a canary, which no table may ever show. Stamps
of tracking events are soon after noon UTC, since a tracker does not say in which marketplace's zone
its days are to be read.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from vtrkit.facts.marketplaces import marketplaces

CANARY = "CANARY"
MAIL, PHONE = "canary@marketplace.example", "+1 555 0100 CANARY"
_ADDRESS = {
    **dict.fromkeys(("name", "companyName", "addressLine1", "city", "postalCode"), CANARY),
    "phone": PHONE,
}

Package = Mapping[str, Any]
"""One row of the packages table."""


def trackers(packages: Iterable[Package]) -> str:
    """EasyPost's list of trackers, one for each package, with its events."""
    return _indented({"trackers": [_tracker(p) for p in packages]})


def tracks(packages: Iterable[Package]) -> str:
    """Shippo's list of tracks, one for each package, with its history."""
    return _indented([_track(p) for p in packages])


def performance(
    packages: Collection[Package], marketplace: str, days: tuple[date, date], seen: date
) -> str:
    """Amazon's seller performance report, V2: the rate of one marketplace over some days.

    Args:
        packages: those of the days that count; Amazon has a scan of what is not known here.
        marketplace: whose they are.
        days: the first and the last promised day that are counted.
        seen: the day of the report, on which its other metrics end.
    """
    own, valid = (
        {"marketplaceId": marketplaces()[marketplace].id},
        sum(p["valid"] is not False for p in packages),
    )
    rate = {
        "reportingDateRange": _range(*days),
        "status": "NONE",
        "targetValue": 0.95,
        "targetCondition": "GREATER_THAN",
        "shipmentCount": len(packages),
        "validTrackingCount": valid,
    }
    if packages:
        status = "GOOD" if 100 * valid > 95 * len(packages) else "BAD"
        rate |= {"status": status, "rate": round(valid / len(packages), 4)}
    late = {"reportingDateRange": _range(seen - timedelta(days=29), seen)}
    metrics = {"validTrackingRate": rate, "lateShipmentRate": late}
    return _indented(
        {"accountStatuses": [own | {"status": "NORMAL"}], "performanceMetrics": [own | metrics]}
    )


def _range(first: date, last: date) -> dict[str, str]:
    return {
        "reportingDateFrom": f"{first}T00:00:00Z",
        "reportingDateTo": f"{last}T23:59:59Z",
    }


def _indented(document: Any) -> str:
    # json.dumps with an indent of its own runs in plain Python and takes as long as all the rest
    return msgspec.json.format(json.dumps(document), indent=1)


def orders(lines: Iterable[Package], zone: str) -> str:
    """Orders of the Orders API 2026-01-01, one on each line, with their packages.

    Args:
        lines: a row for each item of an order; those of an order stand together.
        zone: of the marketplace's civil days.
    """
    there = ZoneInfo(zone)
    told = (_order(list(its), there) for _, its in groupby(lines, key=itemgetter("order_id")))
    return "".join(f"{json.dumps(one)}\n" for one in told)


def _events(package: Package) -> list[tuple[str, str]]:
    """A label event, then as many scans as are known, a minute apart; a delivery is the last.

    Where a delivery is said to come before the first scan, both are on the day of the delivery.
    """
    label, scans, delivered = package["ship_date"], package["scans"], package["delivered_date"]
    if not scans:
        return [("label", _noon(label))]
    first = package["first_scan_date"]
    first = first if delivered is None else min(first, delivered)
    events = [("label", label), *[("transit", first)] * scans]
    if delivered is not None:
        events[-1] = ("done", delivered)
    return [(kind, _noon(day, minute)) for minute, (kind, day) in enumerate(events)]


def _noon(day: date, minute: int = 0) -> str:
    return f"{day.isoformat()}T12:{minute:02}:00Z"


_EASYPOST = {
    "label": ("pre_transit", "Shipping label created"),
    "transit": ("in_transit", "Departed facility"),
    "done": ("delivered", "Delivered"),
}
_SHIPPO = {
    "label": ("PRE_TRANSIT", "Label created."),
    "transit": ("TRANSIT", "Departed facility."),
    "done": ("DELIVERED", "Delivered."),
}


def _tracker(package: Package) -> dict[str, Any]:
    events = _events(package)
    return {
        "object": "Tracker",
        "tracking_code": package["tracking_number"],
        "status": _EASYPOST[events[-1][0]][0],
        "carrier": package["carrier"],
        "updated_at": _noon(package["seen_at"]),
        "signed_by": CANARY,
        "tracking_details": [
            {
                "object": "TrackingDetail",
                "status": _EASYPOST[kind][0],
                "message": _EASYPOST[kind][1],
                "datetime": stamp,
                "source": package["carrier"],
                "tracking_location": {"city": CANARY, "zip": CANARY},
            }
            for kind, stamp in events
        ],
    }


def _track(package: Package) -> dict[str, Any]:
    place = {"city": CANARY, "zip": CANARY}
    history = [
        dict(zip(("status", "status_details"), _SHIPPO[kind], strict=True))
        | {"status_date": stamp, "location": place}
        for kind, stamp in _events(package)
    ]
    return {
        "carrier": package["carrier"].lower(),
        "tracking_number": package["tracking_number"],
        "address_to": place,
        "tracking_status": history[-1],
        "tracking_history": history,
        "metadata": CANARY,
    }


_FULFILLMENT = {"shipped": "SHIPPED", "unshipped": "UNSHIPPED", "cancelled": "CANCELLED"}


def _order(lines: list[Package], zone: ZoneInfo) -> dict[str, Any]:
    """Packages are named of what the seller shipped; Amazon's own are its own."""
    package, bought = lines[0], lines[0]["ship_by_date"] - timedelta(days=2)
    own = package["status"] == "shipped" and package["fulfilled_by"] != "amazon"
    value = package["goods_value"]
    return {
        "orderId": package["order_id"],
        "createdTime": last_moment(bought, zone),
        "lastUpdatedTime": _noon(package["seen_at"]),
        "programs": ["AMAZON_BUSINESS", "PRIME"] if package["fulfilled_by"] != "seller" else [],
        "buyer": {"buyerName": CANARY, "buyerEmail": MAIL, "buyerPurchaseOrderNumber": CANARY},
        "recipient": {
            "deliveryAddress": {**_ADDRESS, "countryCode": package["destination"]},
            "deliveryPreference": {"addressInstruction": CANARY},
        },
        "proceeds": {"grandTotal": {"amount": f"{value:.2f}", "currencyCode": package["currency"]}},
        "fulfillment": {
            "fulfillmentStatus": _FULFILLMENT[package["status"]],
            "fulfilledBy": "AMAZON" if package["fulfilled_by"] == "amazon" else "MERCHANT",
            "shipByWindow": {"latestDateTime": last_moment(package["ship_by_date"], zone)},
            "deliverByWindow": {"latestDateTime": last_moment(package["promised_date"], zone)},
        },
        "orderItems": [_item(line) for line in lines],
        "packages": [_package(lines, zone)] if own else [],
    } | _channel(package["marketplace"])


def _item(line: Package) -> dict[str, Any]:
    money = {"amount": f"{line['cents'] / 100:.2f}", "currencyCode": line["currency"]}
    return {
        "orderItemId": _item_id(line),
        "quantityOrdered": 1,
        "product": {"title": CANARY, "sellerSku": line["sku"]},
        "proceeds": {"proceedsTotal": money},
    }


def _item_id(line: Package) -> str:
    return f"{20_000_000_000_000 + line['n'] * 10 + line['line']}"


def _channel(code: str) -> dict[str, Any]:
    m = marketplaces()[code]
    names = {"marketplaceId": m.id, "marketplaceName": m.channel}
    return {"salesChannel": {"channelName": "AMAZON"} | names}


def _package(lines: list[Package], zone: ZoneInfo) -> dict[str, Any]:
    package = lines[0]
    return {
        "packageReferenceId": package["package_id"],
        "packageStatus": {"status": "DELIVERED" if package["delivered_date"] else "SHIPPED"},
        "carrier": package["carrier"],
        "shipTime": last_moment(package["ship_date"], zone),
        "shippingService": package["ship_method"],
        "trackingNumber": package["tracking_number"],
        "shipFromAddress": {**_ADDRESS, "countryCode": package["origin"]},
        "packageItems": [{"orderItemId": _item_id(line), "quantity": 1} for line in lines],
    }


def last_moment(day: date, zone: ZoneInfo) -> str:
    """The last second of a civil day, in UTC, as Amazon writes it."""
    end = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(seconds=1)
    return end.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ")
