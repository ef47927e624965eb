"""What stands under the headers of sellers' tables when the sample's packages are written there.

One table of expressions serves all of them: no two header lines mean different things by a name.
"""

import io
from datetime import time

import polars as pl

from vtrkit import facts
from vtrkit.demo.as_json import CANARY, MAIL, PHONE
from vtrkit.facts.marketplaces import marketplaces

_NATIVE = {
    "cp1252": f"{CANARY} Malmö",
    "cp932": f"{CANARY} カナリア",
    "utf-16": f"{CANARY} Åsa Łuć",
}
"""A canary that shows in which encoding it sits."""
_COMMAS = ("vtr_report", "shipstation", "shippo_report", "aftership")
_NO_CODE = {"PostNord": "Other"}
"""Carriers without a code at Amazon: their name stands in a column of its own."""


def table(kind: str, rows: pl.DataFrame, zone: str, encoding: str) -> str:
    """The text of a table under the header line of its kind.

    Args:
        kind: a name in `facts/headers.toml`.
        rows: packages, or lines of orders.
        zone: in which the last second of a civil day is stamped.
        encoding: that the text will be written in; canaries have letters of it.
    """
    known = facts.read("headers")
    header, personal = known["header"][kind], set(known["personal"])
    cells = _orders(zone) | _reports() | _tools()
    canary = _NATIVE.get(encoding, CANARY)
    told = rows.select(
        _blank(_canary(name, canary) if name in personal else cells.get(name, pl.lit(""))).alias(
            name
        )
        for name in header["columns"]
    )
    by = "," if kind in _COMMAS else "\t"
    above = "".join(by.join(line) + "\r\n" for line in header.get("above", []))
    out = io.BytesIO()
    told.write_csv(out, separator=by, line_terminator="\r\n")
    return above + out.getvalue().decode()


def _blank(cell: pl.Expr) -> pl.Expr:
    """Text, with nothing where there is none: Polars writes quotation marks for an empty one."""
    text = cell.cast(pl.String)
    return pl.when(text != "").then(text)


def _canary(name: str, text: str) -> pl.Expr:
    if "email" in name.lower():
        return pl.lit(MAIL)
    return pl.lit(PHONE if "phone" in name.lower() else text)


def _is(column: str, value: str, then: str, otherwise: str) -> pl.Expr:
    return pl.when(pl.col(column) == value).then(pl.lit(then)).otherwise(pl.lit(otherwise))


def _stamp(day: pl.Expr, zone: str) -> pl.Expr:
    """The last second of a civil day, in UTC."""
    end = day.dt.combine(time(23, 59, 59)).dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
    return end.dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def _orders(zone: str) -> dict[str, pl.Expr]:
    """Amazon's order reports and shipping confirmations."""
    channels = {m.code: m.channel for m in marketplaces().values()}
    bought = pl.col("ship_by_date") - pl.duration(days=2)
    price = pl.format("{}.{}", pl.col("cents") // 100, _two_digits(pl.col("cents") % 100))
    status = pl.col("status").cast(pl.String).str.to_titlecase()
    return {
        **dict.fromkeys(("order-id", "amazon-order-id"), pl.col("order_id")),
        "order-item-id": 20_000_000_000_000 + pl.col("n") * 10 + pl.col("line"),
        **dict.fromkeys(
            ("purchase-date", "payments-date", "last-updated-date"), _stamp(bought, zone)
        ),
        "sales-channel": pl.col("marketplace").replace_strict(channels),
        "order-status": status,
        "item-status": status,
        "fulfillment-channel": _is("fulfilled_by", "amazon", "Amazon", "Merchant"),
        "is-prime": _is("fulfilled_by", "seller_prime", "true", "false"),
        "ship-service-level": pl.lit("Standard"),
        "sku": pl.col("sku"),
        **dict.fromkeys(("quantity", "quantity-purchased", "quantity-to-ship"), pl.lit(1)),
        "quantity-shipped": pl.lit(0),
        "currency": pl.col("currency"),
        "item-price": price,
        "shipping-price": pl.col("shipping_value"),
        "ship-country": pl.col("destination"),
        "default-ship-from-country": pl.col("origin"),
        "earliest-ship-date": _stamp(bought, zone),
        **dict.fromkeys(("latest-ship-date", "promise-date"), _stamp(pl.col("ship_by_date"), zone)),
        **dict.fromkeys(
            ("earliest-delivery-date", "latest-delivery-date"),
            _stamp(pl.col("promised_date"), zone),
        ),
        "reporting-date": _stamp(pl.col("seen_at"), zone),
        "ship-date": pl.col("ship_date"),
        "carrier-code": pl.col("carrier").replace(_NO_CODE),
        "carrier-name": pl.when(pl.col("carrier").is_in(list(_NO_CODE))).then("carrier"),
        "tracking-number": pl.col("tracking_number"),
        "ship-method": pl.col("ship_method"),
    }


def _two_digits(number: pl.Expr) -> pl.Expr:
    return number.cast(pl.String).str.zfill(2)


def _reports() -> dict[str, pl.Expr]:
    """Amazon's Valid Tracking reports, in English and Swedish."""
    valid = pl.col("valid")
    return {
        **dict.fromkeys(("Order ID", "Beställnings-ID"), pl.col("order_id")),
        **dict.fromkeys(("Carrier Name", "Carrier", "Transportföretag"), pl.col("carrier")),
        **dict.fromkeys(("Tracking ID", "Spårningsnummer"), pl.col("tracking_number")),
        "Origin Country": pl.col("origin"),
        **dict.fromkeys(
            ("Promised Delivery Date", "Utlovat leveransdatum"), pl.col("promised_date")
        ),
        **dict.fromkeys(("Ship Method", "Fraktmetod"), pl.col("ship_method")),
        "Package Value": pl.col("goods_value"),
        **dict.fromkeys(("Product Category", "Produktkategori"), pl.col("category")),
        "No Valid Tracking": pl.when(~valid).then(pl.lit("X")),
        "Har giltigt spårningsnummer": pl.when(valid).then(pl.lit("Ja")).otherwise(pl.lit("Nej")),
    }


def _tools() -> dict[str, pl.Expr]:
    """ShipStation, Shippo's report and an AfterShip-like export."""
    number, carrier, delivered = pl.col("tracking_number"), pl.col("carrier"), "delivered_date"
    noon = pl.col(delivered).dt.combine(time(12)).dt.epoch("s")
    return {
        **dict.fromkeys(("Order - Number", "Order number"), pl.col("order_id")),
        "Date - Shipped Date": pl.col("ship_date").dt.strftime("%-m/%-d/%Y 12:00:00 AM"),
        "Carrier - Name": carrier,
        "Shipment - Carrier": carrier,
        "Shipment - Service": pl.col("ship_method"),
        "Shipment - Void Flag": pl.lit("False"),
        "Delivery - Date": pl.col(delivered).dt.strftime("%-m/%-d/%Y 2:14:00 PM"),
        "Ship To - Country": pl.col("destination"),
        "Item - SKU": pl.col("sku"),
        **dict.fromkeys(
            ("Shipment - Tracking Number", "tracking_number", "Tracking number"), number
        ),
        "transaction_object_id": pl.format("tx_{}", "n"),
        "carrier": carrier.str.to_lowercase(),
        "tracking_status": _status("PRE_TRANSIT", "TRANSIT", "DELIVERED"),
        "first_delivered_at": noon,
        "Status": _status("InfoReceived", "InTransit", "Delivered"),
        "Delivery date": pl.col(delivered),
    }


def _status(label: str, transit: str, done: str) -> pl.Expr:
    return (
        pl.when(pl.col("scans") == 0)
        .then(pl.lit(label))
        .when(pl.col("delivered_date").is_null())
        .then(pl.lit(transit))
        .otherwise(pl.lit(done))
    )
