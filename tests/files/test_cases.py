"""Small inputs of sellers and tools that are easily misread, each with what is right."""

import itertools
import json
import re
from datetime import date, timedelta

import polars as pl
import pytest
import xlsxwriter

from vtrkit import classify, load
from vtrkit.files.combined import ANOTHER_ORDERS, COMBINED
from vtrkit.files.orders import ELSEWHERE
from vtrkit.files.plausible import (
    ANOTHER_PARCEL,
    ANOTHER_SINCE,
    CALLED_OFF,
    CONFIRMED_LATE,
    DAMAGED,
    FREE,
    NOT_NONE,
    NOT_YET,
    OTHER_LABEL,
    OVERDUE,
    TO_SENDER,
    listed,
)

ORDER = "111-6041827-380000"
ORDERS = (
    "order-id\torder-item-id\tpurchase-date\tpayments-date\tsku\tquantity-purchased\tcurrency\t"
    "item-price\tlatest-delivery-date\tis-prime\tis-replacement-order\n"
)
CONFIRMED = (
    "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\tcarrier-name\ttracking-number\t"
    "ship-method\n"
)
UPS = ["1ZC7X20W0344180000", "1ZC7X20W0344180019", "1ZC7X20W0344180028", "1ZC7X20W0344180037"]


def ordered(folder, *lines, name="orders_2026-09-06.txt"):
    """An order report: order, item, quantity, sku, price of each line."""
    rows = [
        f"{order}\t{item}\t2026-09-03T10:00:00-07:00\t\t{sku}\t{quantity}\tUSD\t{price}\t"
        "2026-09-10T23:59:59-07:00\tfalse\t\n"
        for order, item, quantity, sku, price in lines
    ]
    (folder / name).write_text(ORDERS + "".join(rows), "utf-8")


def confirmed(folder, day, *lines, name="confirm"):
    """A confirmation: order, item, quantity, carrier, number of each line."""
    rows = [
        f"{order}\t{item}\t{quantity}\t{day}\t{carrier}\t\t{number}\tGround\n"
        for order, item, quantity, carrier, number in lines
    ]
    (folder / f"{name}_{day}.txt").write_text(CONFIRMED + "".join(rows), "utf-8")


def tracker(number, *events, carrier="UPS", **more):
    """A tracker of EasyPost: the text and day of each event."""
    details = [
        {"message": text, "status": status, "datetime": f"{day}T18:00:00Z", "source": carrier}
        for text, status, day in events
    ]
    return {"tracking_code": number, "status": "in_transit", "carrier": carrier,
            "updated_at": "2026-10-20T18:00:00Z", "tracking_details": details} | more  # fmt: skip


def tracked(folder, *trackers):
    """An export of trackers."""
    (folder / "trackers_2026-10-20.json").write_text(json.dumps({"trackers": trackers}), "utf-8")


def judged(folder, **options):
    """What comes of a folder: the load, and order, number, reason of each package."""
    loaded = load(folder, marketplace="US", origin="US", **options)
    verdicts = classify(loaded.packages).collect().with_columns(pl.col("reason").cast(pl.String))
    return loaded, verdicts.sort("order_id", "package_id")


def test_one_blank_shipment_told_twice_in_other_letters_is_one(tmp_path):
    """Carriers and methods are typed in any case."""
    ordered(tmp_path, (ORDER + "1", "A", 3, "S", 9))
    confirmed(tmp_path, "2026-09-05", (ORDER + "1", "A", 1, "UPS", ""))
    again = CONFIRMED + f"{ORDER}1\tA\t1\t2026-09-05\tups\t\t\tGROUND\n"
    (tmp_path / "confirm_2026-09-06.txt").write_text(again, "utf-8")
    assert judged(tmp_path)[1]["reason"].to_list() == ["missing_number"]


@pytest.mark.parametrize("days", ["56", "65"])
def test_one_blank_shipment_told_again_without_its_method_is_one(tmp_path, days):
    """Feeds have no method; another method is another shipment."""
    ordered(tmp_path, *((ORDER + n, "A", 3, "S", 9) for n in "12"))
    again = f"{ORDER}1\tA\t1\t2026-09-05\tUPS\t\t\t\n{ORDER}2\tA\t1\t2026-09-05\tUPS\t\t\tAir\n"
    lines = [(ORDER + n, "A", 1, "UPS", "") for n in "12"]
    confirmed(tmp_path, "2026-09-05", *lines)
    first = (tmp_path / "confirm_2026-09-05.txt").read_text("utf-8")
    for day, text in zip(days, (first, CONFIRMED + again), strict=True):
        (tmp_path / f"confirm_2026-09-0{day}.txt").write_text(text, "utf-8")
    assert judged(tmp_path)[1]["order_id"].to_list() == [ORDER + n for n in "122"]


@pytest.mark.parametrize("item", ["60418273500001", "6.04183E+13"])
@pytest.mark.parametrize("days", ["57", "75", "55"])
def test_a_confirmation_that_a_spreadsheet_saved_again_names_no_further_package(
    tmp_path, item, days
):
    """Beside the original, whichever is newer, and while units are left to ship."""
    numbers = {"1": ("FedEx", "986578788855"), "2": ("USPS", "9405511899560604182843")}
    kept = {"1": "9.86579E+11", "2": "9.40551E+21"}
    ordered(tmp_path, *((ORDER + n, "60418273500001", 2, "S", 9) for n in numbers))
    lines = [(ORDER + n, "60418273500001", 1, *of) for n, of in numbers.items()]
    confirmed(tmp_path, "2026-09-04", *lines)
    original = tmp_path / "confirm_2026-09-04.txt"
    original.rename(tmp_path / f"confirm_2026-09-0{days[0]}.txt")
    copy = [f"{ORDER}{n},{item},1,9/4/2026,{numbers[n][0]},,{kept[n]},Ground\n" for n in numbers]
    text = CONFIRMED.replace("\t", ",") + "".join(copy)
    (tmp_path / f"copy_2026-09-0{days[1]}.csv").write_text(text, "utf-8")
    found = judged(tmp_path, day_first=False)[1]
    assert found["tracking_number"].to_list() == [number for _, number in numbers.values()]


def test_parcels_of_one_order_that_are_confirmed_on_two_days_are_two(tmp_path):
    """The first one untracked: it is a defect, and no later file of another item takes it away."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9), (ORDER + "1", "B", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "UPS", ""))
    confirmed(tmp_path, "2026-09-05", (ORDER + "1", "B", 1, "UPS", UPS[0]))
    tracked(tmp_path, tracker(UPS[0], ("Arrived", "in_transit", "2026-09-06")))
    loaded, found = judged(tmp_path)
    assert found["reason"].to_list() == ["missing_number", "valid"]
    assert found["order_item_id"].to_list() == ["A", "B"]
    assert loaded.restated.is_empty()


def test_a_blank_keeps_the_number_and_null_deletes_it(tmp_path):
    """Amazon's pages contradict each other on a blank, so it makes no certain defect."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9), (ORDER + "2", "A", 1, "S", 9))
    both = [(ORDER + "1", "A", 1, "UPS", UPS[0]), (ORDER + "2", "A", 1, "UPS", UPS[1])]
    confirmed(tmp_path, "2026-09-04", *both)
    later = [(ORDER + "1", "A", 1, "UPS", ""), (ORDER + "2", "A", 1, "UPS", "NULL")]
    confirmed(tmp_path, "2026-09-05", *later)
    loaded, found = judged(tmp_path)
    assert found["tracking_number"].to_list() == [UPS[0], ""]
    assert found["reason"].to_list() == ["unverified", "missing_number"]
    assert loaded.restated.select("order_id", "tracking_number", "now").rows() == [
        (ORDER + "2", UPS[1], "1")
    ]


DRESSED = ["'{}", '"=""{}"""', "#{}", "\u200b{}", "{}\u00a0", "{}-1", "AMZ {}", "\u201c{}\u201d"]


def test_an_order_id_is_the_same_whatever_a_spreadsheet_or_tool_puts_around_it(tmp_path):
    """One package, with its promised day."""
    orders = [f"{ORDER}{n}" for n in range(len(DRESSED))]
    ordered(tmp_path, *((order, "A", 1, "S", 9) for order in orders))
    lines = [
        f"{dress.format(order)},A,1,2026-09-04,UPS,,{order[-1]}{UPS[0]},Ground\n"
        for order, dress in zip(orders, DRESSED, strict=True)
    ]
    header = CONFIRMED.replace("\t", ",")
    (tmp_path / "confirm_2026-09-04.csv").write_text(header + "".join(lines), "utf-8")
    _, found = judged(tmp_path)
    assert found.select("order_id", "status", "promised_date").rows() == [
        (order, "shipped", date(2026, 9, 10)) for order in orders
    ]


WRITINGS = [
    ("9405511899560604182843", "420100019405511899560604182843", "USPS"),
    ("420100019405511899560604182850", "9405511899560604182850", "USPS"),
    ("4201002334249200190132607600833457", "9200190132607600833457", "USPS"),
    ("'" + UPS[0], UPS[0], "UPS"),
    (f'="{UPS[0]}"', UPS[0], "UPS"),
    (UPS[0].lower(), " ".join(UPS[0]), "UPS"),
    ("1001921334250001000300779017972697", "779017972697", "FedEx"),
    ("987654312345672", "9611020987654312345672", "FedEx"),
    ("１Ｚ－Ｃ７Ｘ２０Ｗ０３４４１８００００", UPS[0], "UPS"),
    ("776632517510", "9622001900000000000000776632517510", "FedEx"),
    ("1ZC7\u201120W0344180000", "1ZC7-20W0344180000", "UPS"),
    # right as a FedEx barcode of 34 digits too, by chance
    ("4201000123459405511899560604182010", "9405511899560604182010", "USPS"),
    ("92748929404098074040313139", "4201000192748929404098074040313139", "USPS"),
    ("(420)10001 9405 5118 9956 0604 1820 10", "9405511899560604182010", "USPS"),
    *(
        (dress.format(UPS[0]), UPS[0], "UPS")
        for dress in (
            "UPS {}",
            "UPS: {}",
            "Tracking# {}",
            "({})",
            "{};",
            "{} / Ground",
            "{}...",
            "{} - 2nd Day Air",
            "https://www.ups.com/track?tracknum={}&requester=ST/trackdetails",
        )
    ),
]
"""A number as it was entered and as it was scanned, with its carrier."""


def test_all_writings_of_a_number_are_one_parcel(tmp_path):
    """ZIP in front, barcode around, quotes, signs, blanks, words: the scan counts.

    Each is an account of its own: no other scan is near.
    """
    for n, (entered, scanned, carrier) in enumerate(WRITINGS):
        folder, order = tmp_path / f"{n:02}", f"{ORDER[:-1]}{n:02}"
        folder.mkdir()
        ordered(folder, (order, "A", 1, "S", 9))
        confirmed(folder, "2026-09-04", (order, "A", 1, carrier, entered))
        tracked(folder, tracker(scanned, ("Arrived", "in_transit", "2026-09-05"), carrier=carrier))
    loaded, found = judged(tmp_path)
    assert found["scans"].to_list() == [1] * len(WRITINGS)
    assert loaded.summary["unmatched"].sum() == 0


WIDE = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F)})


def test_what_was_typed_with_full_width_digits_is_read_as_usual(tmp_path):
    """As Japanese keyboards write: order, item, day, and a number of a carrier of one form only."""
    ordered(tmp_path, (ORDER + "1", "60418", 1, "S", 9))
    number = "9405511899560604182843"
    cells = [cell.translate(WIDE) for cell in (ORDER + "1", "60418", "2026-09-04", number)]
    row = "{}\t{}\t1\t{}\tUSPS\t\t{}\tGround\n".format(*cells)
    (tmp_path / "confirm_2026-09-04.txt").write_text(CONFIRMED + row, "utf-8")
    tracked(tmp_path, tracker(number, ("Arrived", "in_transit", "2026-09-05"), carrier="USPS"))
    loaded, found = judged(tmp_path)
    assert loaded.summary["rejected"].sum() == 0
    assert found.select("order_id", "order_item_id", "ship_date", "reason").rows() == [
        (ORDER + "1", "60418", date(2026, 9, 4), "valid")
    ]


UNLISTED = [
    ("OnTrac", "LS40718263"), ("OnTrac", "BN60418273"), ("Lasership", "LS40718264"),
    ("Amazon Shipping", "IT6041827361"), ("Amazon Logistics", "DA6041827361"),
    ("Amazon Logistics", "TBAONT604182736"), ("Amazon Logistics", "CA0041827363"),
    ("Amazon Logistics", "CE0041827363"), ("Amazon Logistics", "CC604182736184"),
    ("Amazon Logistics", "GBA604182736184"), ("Amazon Logistics", "QK7352918"),
    ("FedEx", "482716395"), ("FedEx", "48271639"), ("FedEx", "GD482716395WW"),
    ("TNT", "GE482716395WW"), ("FedEx", "4827163954"), ("FedEx Freight", "4827163954"),
    ("FedEx", "DT482716395204"),
]  # fmt: skip


def test_a_number_of_a_carrier_whose_formats_nobody_lists_is_unverified(tmp_path):
    """No certain defect on a list that is not closed."""
    lines = [(f"{ORDER[:-1]}{n:02}", "A", 1, *pair) for n, pair in enumerate(UNLISTED)]
    ordered(tmp_path, *((order, "A", 1, "S", 9) for order, *_ in lines))
    confirmed(tmp_path, "2026-09-04", *lines)
    found = judged(tmp_path)[1]
    assert found.select("tracking_number", "reason").rows() == [
        (number, "unverified") for _, number in UNLISTED
    ]


def test_what_cannot_be_a_number_is_a_defect_whatever_the_scans_say(tmp_path):
    """For every carrier."""
    numbers = ["N/A", ORDER + "1", "00000000000", "1111111111", "tbd", "-"]
    carriers = ["UPS", "Other", "GLS", "Nobody's Vans"]
    pairs = list(itertools.product(numbers, carriers))
    table = pl.DataFrame(
        {"order_id": [f"{n:02}" for n in range(len(pairs))], "scans": [3] * len(pairs),
         "tracking_number": [n for n, _ in pairs], "carrier": [c for _, c in pairs]}
    ).with_columns(
        promised_date=pl.lit("2026-09-10"), delivered_date=pl.lit("2026-09-09"),
        status=pl.lit("shipped"),
    )  # fmt: skip
    table.write_csv(tmp_path / "p.csv")
    found = judged(tmp_path)[1]
    assert found.select("tracking_number", "carrier", "reason").rows() == [
        (number, carrier, "not_a_number") for number, carrier in pairs
    ]


def test_scans_older_than_the_order_are_another_parcels(tmp_path):
    """Numbers are given out again; a scan between order and ship day is a late confirmation."""
    days = ["2026-03-05", "2024-03-05", "2026-09-02", "2026-09-03", "2026-09-01"]
    ordered(tmp_path, *((f"{ORDER}{n}", "A", 1, "S", 9) for n in range(5)))
    numbers = [f"1ZC7X20W03441800{n}" for n in ("00", "19", "28", "37", "46")]
    lines = [(f"{ORDER}{n}", "A", 1, "UPS", numbers[n]) for n in range(5)]
    confirmed(tmp_path, "2026-09-04", *lines)
    events = [(("Arrived", "in_transit", day), ("Delivered", "delivered", day)) for day in days]
    tracked(tmp_path, *(tracker(n, *e) for n, e in zip(numbers, events, strict=True)))
    loaded, found = judged(tmp_path)
    wrong, right = "unverified", "valid"
    assert found["reason"].to_list() == [wrong, wrong, right, right, wrong]
    assert found["delivered_date"].is_null().to_list() == [True, True, False, False, True]
    rules = loaded.doubts["rule"].to_list()
    assert (rules.count(ANOTHER_PARCEL), rules.count(CONFIRMED_LATE)) == (3, 2)
    counts = dict(loaded.summary.select("file", "doubts").rows())
    assert sum(counts.values()) == 5


def test_without_an_order_day_scans_a_month_before_shipping_are_another_parcels(tmp_path):
    """And those of the weeks before are not."""
    table = pl.DataFrame(
        {
            "order_id": ["1", "2"],
            "promised_date": ["2026-09-10"] * 2,
            "ship_date": ["2026-09-04"] * 2,
            "scans": [2, 2],
            "first_scan_date": ["2026-08-04", "2026-08-05"],
        }
    )
    table.write_csv(tmp_path / "p.csv")
    loaded, _ = judged(tmp_path)
    found = loaded.packages.collect()
    assert dict(found.select("order_id", "scans").rows()) == {"1": None, "2": 2}


def test_scans_months_after_shipping_are_of_the_next_parcel_of_that_number(tmp_path):
    """And of scans of both parcels those that can be are not known, but its delivery is."""
    days = ["2027-01-02", "2027-01-03"]
    lines = [f"{n},2026-09-10,2026-09-04,1,{day},{day}" for n, day in enumerate(days)]
    header = "order_id,promised_date,ship_date,scans,first_scan_date,delivered_date"
    (tmp_path / "p.csv").write_text("\n".join([header, *lines, ""]), "utf-8")
    loaded, found = judged(tmp_path)
    assert found["reason"].to_list() == ["valid", "unverified"]
    assert loaded.doubts["rule"].to_list() == [ANOTHER_SINCE]


def test_no_scans_beside_a_delivery_or_the_day_of_one_are_scans_that_are_not_known(tmp_path):
    """A delivery by itself is a scan; the file says two things, so none of them is certain."""
    told = ["", "2026-09-05", ",2026-09-09", ",,2026-09-09", ",,,yes", ",,,yes,1Z"]
    lines = [f"{n},2026-09-10,2026-09-04,0,{some}" for n, some in enumerate(told)]
    header = "order_id,promised_date,ship_date,scans,first_scan_date,delivered_date,attempted_date"
    lines = [line + "," * (header.count(",") + 2 - line.count(",")) for line in lines]
    header += ",is_delivered,label_number"
    (tmp_path / "p.csv").write_text("\n".join([header, *lines, ""]), "utf-8")
    loaded, found = judged(tmp_path)
    assert found["scans"].to_list() == [0, None, None, None, None, 0]
    reasons = ["no_scan", "unverified", "valid", "unverified", "unverified", "no_scan"]
    assert found["reason"].to_list() == reasons
    assert loaded.doubts["rule"].to_list() == [NOT_NONE] * 4


def test_a_label_text_beside_the_word_for_a_delivery_is_no_certain_defect(tmp_path):
    """Its other events may be left out; beside any other word it is."""
    ordered(tmp_path, *((ORDER + n, "A", 1, "S", 9) for n in "12"))
    confirmed(tmp_path, "2026-09-04", *((ORDER + n, "A", 1, "UPS", UPS[int(n)]) for n in "12"))
    text = ("Shipper created a label", "pre_transit", "2026-09-04")
    tracked(tmp_path, tracker(UPS[1], text, status="delivered"), tracker(UPS[2], text))
    assert judged(tmp_path)[1]["reason"].to_list() == ["unverified", "no_scan"]
    table = (
        f"order_id,promised_date,tracking_number,is_delivered\n{ORDER}2,2026-09-10,{UPS[2]},yes\n"
    )
    (tmp_path / "p_2026-09-20.csv").write_text(table, "utf-8")  # another file has the word
    assert judged(tmp_path)[1]["reason"].to_list() == ["unverified", "unverified"]


LATER = {
    # ship, scans, first scan, delivery, attempt of a file of 20 September: the reason, what is left
    "all by then": ("2026-09-04,2,2026-09-05,2026-09-09,", "valid", ""),
    "a clock on the other side of an ocean": ("2026-09-21,2,2026-09-21,2026-09-21,", "valid", ""),
    "an estimate of a delivery": ("2026-09-04,,,2026-09-22,", "unverified", "delivered_date"),
    "no scan beside an estimate": ("2026-09-04,0,,2026-09-22,", "no_scan", "delivered_date"),
    "scans beside an estimate": ("2026-09-04,2,2026-09-05,2026-09-22,", "valid", "delivered_date"),
    "scans to come": ("2026-09-04,2,2026-09-25,,", "unverified", "scans first_scan_date"),
    "an attempt to come": ("2026-09-04,,,,2062-09-09", "unverified", "attempted_date"),
    "a shipment to come": ("2026-12-04,2,2026-09-05,,", "valid", "ship_date"),
}


def test_a_day_later_than_its_own_export_is_not_known(tmp_path):
    """Whether it was estimated, planned or mistyped; what else the row says stays."""
    header = "order_id,promised_date,tracking_number,carrier,ship_date,scans,first_scan_date,"
    lines = [
        f"{n},2026-09-10,VH71834{n}6053,Veho,{row}" for n, (row, *_) in enumerate(LATER.values())
    ]
    text = "\n".join([header + "delivered_date,attempted_date", *lines, ""])
    (tmp_path / "p_2026-09-20.csv").write_text(text, "utf-8")
    loaded, found = judged(tmp_path)
    given = pl.read_csv(text.encode(), infer_schema=False).rows(named=True)
    there = [name for name in given[0] if name not in ("order_id", "promised_date")]
    gone = [
        " ".join(name for name in there if row[name] and now[name] is None)
        for row, now in zip(given, found.rows(named=True), strict=True)
    ]
    assert list(zip(LATER, found["reason"], gone, strict=True)) == [
        (name, reason, lost) for name, (_, reason, lost) in LATER.items()
    ]
    assert loaded.doubts["rule"].to_list() == [NOT_YET] * 6


SEVERAL = {
    # ship day and country of each order with the number, and whose scans of 5 September they are
    "packed together": ("4US 4US", "both"),
    "packed together days apart, a country not known": ("3US 4", "both"),
    "a month apart": ("4US 34US", "first"),
    "the order shipped after the scans that are nearest": ("24US 6US", "second"),
    "two countries": ("4US 4CA", "none"),
    "a number copied down a column": (" ".join(["4US"] * 11), "none"),
    "ten orders of one buyer": (" ".join(["4US"] * 10), "both"),
    "no ship day known": ("US US", "both"),
    "two a month before two": ("4US 5US 34US 35US", "first two"),
}
WHOSE = {
    "both": lambda n: [COMBINED] * n,
    "none": lambda n: [ANOTHER_ORDERS] * n,
    "first": lambda _: [None, ANOTHER_ORDERS],
    "second": lambda _: [ANOTHER_ORDERS, None],
    "first two": lambda _: [COMBINED] * 2 + [ANOTHER_ORDERS] * 2,
}


@pytest.mark.parametrize("dressed", [False, True])
def test_scans_of_a_number_in_several_orders_are_of_those_packed_together(
    tmp_path, monkeypatch, dressed
):
    """One label covers orders that leave together for one place; other orders have no scans of it.

    Also where the orders are in different buckets, and the number is written in two ways.
    """
    if dressed:
        for name, value in [("_HELD", 0), ("_BYTES", 1), ("_MOST_BUCKETS", 3)]:
            monkeypatch.setattr(f"vtrkit.files.large.{name}", value)
    lines = ["order_id,promised_date,carrier,tracking_number,ship_date,destination,order_date"]
    trackers, whose = [], {}
    for place, (name, (orders, its)) in enumerate(SEVERAL.items()):
        number = f"1ZC7X20W03441{place:05}"
        trackers.append(tracker(number, ("Arrived", "in_transit", "2026-09-05")))
        for n, (day, country) in enumerate(re.findall(r"(\d*)([A-Z]*) ", orders + " ")):
            shipped = date(2026, 9, 1) + timedelta(int(day) - 1) if day else ""
            text = f"'{number}" if dressed and n else number
            order = f"{ORDER[:-2]}{place}{n:02}"
            lines.append(f"{order},2026-09-10,UPS,{text},{shipped},{country},2026-08-01")
            whose[order] = WHOSE[its](len(orders.split()))[n], name
    (tmp_path / "p.csv").write_text("\n".join([*lines, ""]), "utf-8")
    tracked(tmp_path, *trackers)
    loaded, found = judged(tmp_path)
    told = loaded.doubts.filter(pl.col("rule").is_in([COMBINED, ANOTHER_ORDERS]))
    rules = dict(told.select("order_id", "rule").rows())
    assert {o: (rules.get(o), name) for o, (_, name) in whose.items()} == whose
    known = dict(found.select("order_id", pl.col("scans").is_not_null()).rows())
    assert known == {order: rule != ANOTHER_ORDERS for order, (rule, _) in whose.items()}


def test_scans_without_an_order_are_of_the_marketplace_of_their_number(tmp_path):
    """Whatever marketplace the user gave for files that name none."""
    header = "order_id,marketplace,tracking_number,carrier,status,ship_date,promised_date\n"
    line = f"{ORDER}1,CA,{UPS[0]},UPS,shipped,2026-09-04,2026-09-10\n"
    (tmp_path / "p.csv").write_text(header + line, "utf-8")
    tracked(tmp_path, tracker(UPS[0], ("Arrived", "in_transit", "2026-09-05")))
    found = judged(tmp_path)[1].select(pl.col("marketplace").cast(pl.String), "scans")
    assert found.rows() == [("CA", 1)]


def test_a_scan_that_was_made_does_not_go_away_in_a_later_export(tmp_path):
    """A tracker is made anew, and then knows no more than its label."""
    ordered(tmp_path, (f"{ORDER}0", "A", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", (f"{ORDER}0", "A", 1, "UPS", UPS[0]))
    for day, text, status in [
        ("2026-09-10", "Arrived", "in_transit"),
        ("2026-10-20", "Shipper created a label", "pre_transit"),
    ]:
        one = tracker(UPS[0], (text, status, "2026-09-05"), updated_at=f"{day}T18:00:00Z")
        (tmp_path / f"t_{day}.json").write_text(json.dumps({"trackers": [one]}), "utf-8")
    assert judged(tmp_path)[1]["reason"].to_list() == ["valid"]


UNTOLD = {
    # promised, carrier, number, status of a row of a file of 1 October: status and reason
    "a number": ("2026-09-10,,1ZC7X20W0344180000,", "shipped", "unverified"),
    "a carrier and no number": ("2026-09-10,UPS,,", "shipped", "missing_number"),
    "over, and nothing": ("2026-09-10,,,", "shipped", "unverified"),
    "not over, and nothing": ("2026-10-01,,,", "unshipped", "not_shipped"),
    "over, and said to be unshipped": ("2026-09-10,,,unshipped", "unshipped", "not_shipped"),
}


def test_a_blank_number_whose_promised_day_is_over_is_not_taken_for_not_shipped(tmp_path):
    """Else the untracked packages of a table without ship days would not count."""
    lines = [f"{n},{row}" for n, (row, *_) in enumerate(UNTOLD.values())]
    header = "order_id,promised_date,carrier,tracking_number,status"
    (tmp_path / "p_2026-10-01.csv").write_text("\n".join([header, *lines, ""]), "utf-8")
    loaded, found = judged(tmp_path, max_rejected_share=1)
    given = found.select(pl.col("status").cast(pl.String), "reason").rows()
    assert dict(zip(UNTOLD, given, strict=True)) == {
        name: (status, reason) for name, (_, status, reason) in UNTOLD.items()
    }
    assert loaded.doubts.select("row", "rule").rows() == [(3, OVERDUE)]


ALL = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\t"
CANCELLED = {
    "in a later file": ("all_2026-09-11", "Cancelled", False, "cancelled", []),
    "in one of the same day": ("all_2026-09-04", "Cancelled", False, "cancelled", []),
    "in one of which only the order's last change tells the day": (
        "114578019998", "Cancelled", False, "cancelled", []
    ),
    "so by the API": ("v0", "Canceled", False, "cancelled", []),
    "before it was confirmed": ("all_2026-09-03", "Cancelled", False, "shipped", [CALLED_OFF]),
    "but a carrier saw it": ("all_2026-09-11", "Cancelled", True, "shipped", [CALLED_OFF]),
    "not at all": ("all_2026-09-11", "Shipped", False, "shipped", []),
}  # fmt: skip


def _cancelled(folder, name, status, scanned):
    """An order that was confirmed on 4 September, of which a file has a status of the 5th."""
    ordered(folder, (ORDER + "1", "A", 1, "S", 9), name="orders_2026-09-03.txt")
    confirmed(folder, "2026-09-04", (ORDER + "1", "A", 1, "UPS", UPS[0]))
    if scanned:
        tracked(folder, tracker(UPS[0], ("Arrived", "in_transit", "2026-09-05")))
    stamps = ["2026-09-03T10:00:00-07:00", "2026-09-05T10:00:00-07:00"]
    if name == "v0":
        keys = ["AmazonOrderId", "PurchaseDate", "LastUpdateDate", "OrderStatus"]
        order = dict(zip(keys, [ORDER + "1", *stamps, status], strict=True))
        (folder / "v0.json").write_text(json.dumps({"payload": {"Orders": [order]}}), "utf-8")
        return
    line = "\t".join([ORDER + "1", *stamps, status, "Merchant", "Amazon.com"])
    (folder / f"{name}.txt").write_text(f"{ALL}sales-channel\n{line}\n", "utf-8")


@pytest.mark.parametrize("case", CANCELLED)
def test_an_order_that_amazon_says_is_cancelled_is_unless_a_carrier_saw_it(tmp_path, case):
    """Amazon takes no confirmation of such an order; what stays in doubt is listed."""
    *given, status, rules = CANCELLED[case]
    _cancelled(tmp_path, *given)
    loaded, found = judged(tmp_path)
    assert found["status"].to_list() == [status]
    assert loaded.doubts["rule"].to_list() == rules


BY_ITEM = {
    "each in a parcel of its own": ([("A", 0), ("B", 1)], [10, 25]),
    "both in one": ([("A", 0), ("B", 0)], [25]),
    "nobody knows in which": ([("", 0), ("", 1)], [25, 25]),
    "one that no report has": ([("A", 0), ("C", 0)], [25]),
}


@pytest.mark.parametrize("case", BY_ITEM)
def test_a_package_is_promised_for_the_latest_day_of_the_items_in_it(tmp_path, case):
    """The latest of the order where nobody says which items these are."""
    parcels, days = BY_ITEM[case]
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9), (ORDER + "1", "B", 1, "S", 9))
    report = tmp_path / "orders_2026-09-06.txt"
    first, second = report.read_text().rsplit("2026-09-10", 1)
    report.write_text(f"{first}2026-09-25{second}", "utf-8")
    rows = [(ORDER + "1", item, 1, "UPS", UPS[n]) for item, n in parcels]
    confirmed(tmp_path, "2026-09-06", *rows)
    found = judged(tmp_path)[1].sort("tracking_number")
    assert found["promised_date"].to_list() == [date(2026, 9, day) for day in days]


def test_a_package_whose_items_were_all_cancelled_is_cancelled(tmp_path):
    """And the other item's is shipped, though both are of one order."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9), (ORDER + "1", "B", 1, "S", 9))
    confirmed(tmp_path, "2026-09-06", (ORDER + "1", "A", 1, "UPS", UPS[0]))
    confirmed(tmp_path, "2026-09-07", (ORDER + "1", "B", 1, "UPS", ""))
    head = ALL.replace("order-status", "order-status\torder-item-id\titem-status\tquantity")
    stamps = "2026-09-03T10:00:00-07:00\t2026-09-05T10:00:00-07:00\tShipped"
    lines = [
        f"{ORDER}1\t{stamps}\t{item}\t{word}\t{units}\tMerchant\tAmazon.com\n"
        for item, word, units in [("A", "Shipped", 1), ("B", "Cancelled", 0)]
    ]
    (tmp_path / "all_2026-09-11.txt").write_text(f"{head}sales-channel\n{''.join(lines)}", "utf-8")
    found = judged(tmp_path)[1].sort("order_item_id")
    assert found.select("order_item_id", "reason").rows() == [
        ("A", "unverified"), ("B", "cancelled")
    ]  # fmt: skip


@pytest.mark.parametrize("named", [True, False])
def test_scans_of_a_wrong_marketplace_are_of_that_of_their_order(tmp_path, named):
    """Else its confirmation has two to choose from, and is of none; it is listed."""
    (tmp_path / "p_2026-09-06.csv").write_text(
        f"order_id,promised_date,marketplace\n{ORDER}1,2026-09-09,US\n", "utf-8"
    )
    if named:
        confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "UPS", UPS[0]))
    (tmp_path / "labels.csv").write_text(f"number,order,day\n{UPS[0]},{ORDER}1,2026-09-07\n")
    columns = {"order_id": "order", "tracking_number": "number", "delivered_date": "day"}
    mapping = {"columns": columns, "tells": "scans", "fixed": {"marketplace": "DE"}}
    loaded = load(tmp_path, mapping=mapping)
    found = loaded.packages.collect()
    assert found.select("marketplace", "delivered_date").rows() == [("US", date(2026, 9, 7))]
    assert loaded.doubts.filter(file="labels.csv")["rule"].to_list() == [ELSEWHERE]
    assert loaded.summary["unmatched"].sum() == 0


MUTANTS = [
    (
        "status.EVENT",
        pl.lit(False),
        test_an_order_that_amazon_says_is_cancelled_is_unless_a_carrier_saw_it,
        "in one of the same day",
    ),
    (
        "fields.by_item",
        lambda spread, *_: spread,
        test_a_package_is_promised_for_the_latest_day_of_the_items_in_it,
        "each in a parcel of its own",
    ),
    (
        "orders._with_their_orders",
        lambda rows: (rows, listed(rows.clear(), "")),
        test_scans_of_a_wrong_marketplace_are_of_that_of_their_order,
        True,
    ),
]


@pytest.mark.parametrize(("rule", "instead", "test", "case"), MUTANTS)
def test_a_load_without_a_rule_fails_the_case_that_needs_it(
    tmp_path, monkeypatch, rule, instead, test, case
):
    """The mutants of rules that are told above."""
    monkeypatch.setattr(f"vtrkit.files.{rule}", instead)
    with pytest.raises(AssertionError):
        test(tmp_path, case)


def test_a_delivery_to_the_sender_is_no_delivery(tmp_path):
    """Whether the status says so, the text, or the tracker as a whole."""
    ordered(tmp_path, *((f"{ORDER}{n}", "A", 1, "S", 9) for n in range(4)))
    confirmed(tmp_path, "2026-09-04", *((f"{ORDER}{n}", "A", 1, "UPS", UPS[n]) for n in range(4)))
    scan = ("Arrived", "in_transit", "2026-09-05")
    done = ("Delivered", "delivered", "2026-09-09")
    tracked(
        tmp_path,
        tracker(UPS[0], scan, ("Refused", "return_to_sender", "2026-09-07"), done),
        tracker(UPS[1], scan, ("Returned to sender, delivered", "delivered", "2026-09-09")),
        tracker(UPS[2], scan, done, is_return=True),
        tracker(UPS[3], scan, done),
    )
    loaded, found = judged(tmp_path)
    assert found["delivered_date"].to_list() == [None, None, None, date(2026, 9, 9)]
    assert loaded.doubts["rule"].to_list() == [TO_SENDER] * 3


LABELS = [
    "Shipper created a label, UPS has not received the package yet.",
    "Order Processed: Ready for UPS",
    "Billing Information Received",
    "We have your package details",
    "Label created",
    "Shipping Label Created, USPS Awaiting Item",
    "Pre-Shipment Info Sent to USPS, USPS Awaiting Item",
    "Shipment information sent to FedEx",
    "Die Sendung wurde elektronisch angekündigt.",
    "Étiquette créée",
    "Etiqueta creada",
    "The instruction data for this shipment have been provided by the sender to DHL electronically",
    "Voided information received",
    "We're expecting it",
    "Sender is preparing item",
    "Awaiting carrier pickup",
    "Not picked up",
    "Shipment created",
    "On its way to the carrier",
    "Expected at carrier",
    "Dati spedizione ricevuti",
    "Información del envío recibida",
    "Spedizione in attesa di ritiro dal mittente",
    "Nous attendons votre colis",
    "Notification of shipment: pickup missed",
    "Sendungsdaten übermittelt",
    "Sendungsdaten wurden elektronisch übermittelt",
    "Die Auftragsdaten zu dieser Sendung wurden vom Absender elektronisch an DHL übermittelt",
    "Wir erwarten Ihr Paket",
    "Sendung noch nicht an DPD übergeben",
    "En attente de prise en charge",
    "En attente de remise par l'expéditeur",
    "Votre colis n'a pas encore été remis au transporteur",
    "Etichetta di spedizione creata",
    "In attesa di presa in carico",
    "Pendiente de recepción",
    "Pendiente de recogida por el transportista",
    "Försändelsen är aviserad",
    "Information om försändelsen mottagen",
    "Verzendlabel aangemaakt",
    "Zending is aangemeld",
    "Przesyłka przygotowana przez nadawcę",
    "Etykieta została wygenerowana",
    "集荷待ち",
    "送り状番号登録",
    "出荷情報を受信しました",
    "Electronic information submitted by shipper",
    "Shipping information received by Australia Post",
    "We've got the sender's details",
    "Out for pickup",
    "Pickup scheduled",
    "Package has not been picked up",
    "Parcel data received; parcel not yet handed over to DPD",
    "Sender despatching item",
    "Ready to ship",
    "Collection requested",
    "Tracking number assigned",
    "Order information has been transmitted to DHL",
    "Electronic information received by carrier",
    "Package not received by carrier",
    "Ready for pickup by carrier",
    "Order created",
    "Manifested",
    "Return label created",
    "Votre colis va bientôt nous être confié ! Il est en préparation chez votre expéditeur.",
    "Colis en préparation chez l'expéditeur",
    "Försändelsen är föranmäld",
    "Vi har fått uppgifter om försändelsen från avsändaren",
    "Paketdaten im System erfasst",
    "Objeto aguardando postagem",
    "Etiqueta emitida",
    "El envío está en fase de pre-admisión",
    "Spedizione in preparazione",
    "Shipment cancelled by sender",
    "Shipment data uploaded",
    "Sent to carrier",
    "快件电子信息已经收到",
    "电子信息已收到",
    "运单信息已录入",
    "包裹等待揽收",
    "Gönderi bilgileri alındı",
    "Kargo etiketi oluşturuldu",
    "Zarejestrowano dane przesyłki, przesyłka jeszcze nienadana",
    "Kolli er oprettet hos afsender",
    "Pakken er ikke overdraget til PostNord endnu",
    "Avsändaren har skickat information om paketet",
    "Försändelsen är förberedd av avsändaren",
    "Lähetys on ilmoitettu sähköisesti",
    "La tua spedizione è in fase di preparazione presso il mittente",
    "Nous attendons la remise de votre colis par l'expéditeur",
    "Le colis est attendu chez Colissimo",
    "Votre colis est annoncé",
    "Colis pris en charge prochainement",
    "Pendiente de ser depositado en la oficina de Correos",
    "Carrier notified to pick up package",
    "تم إنشاء بوليصة الشحن",
    "Заказ создан, ожидается передача отправления",
    "It's on its way to us",
]
"""What carriers and tools write before the carrier has the parcel."""


SCANS = [
    "Origin Scan",
    "Departed from Facility",
    "Picked up",
    "Arrived at facility",
    "Delivered",
    "Out For Delivery Today",
    "We have your package",
    "Sendung in Zustellung",
    "Arrived at carrier facility",
    "Shipment received",
    "In transit to next facility",
    "Shipment received at facility",
    "Package received by carrier",
    "Collected",
    "Item collected from sender",
    "Ready for pickup by recipient",
    "Ready for collection by the customer",
    "Parcel not collected by recipient",
    "Accepted at USPS Origin Facility",
    "USPS in possession of item",
    "In transit to carrier facility",
    "On its way to the carrier facility",
    "We're expecting to deliver your parcel today",
    "Abgeholt",
    "Die Sendung wurde im Start-Paketzentrum bearbeitet",
    "Vom Absender abgeholt",
    "Ritirato dal mittente",
    "Ritirata presso il mittente",
    "Colis pris en charge",
    "Pris en charge par La Poste",
    "Prise en charge de votre colis",
    "Recogido",
    "Recogido en origen",
    "Admitido",
    "En reparto",
    "Preso in carico",
    "Spedizione ritirata",
    "In consegna",
    "Hämtat hos avsändaren",
    "Försändelsen har lämnats in",
    "Anländ till terminal",
    "Zending ontvangen door PostNL",
    "Zending is gesorteerd",
    "Przesyłka odebrana od nadawcy",
    "Votre colis est attendu demain",
    "Przesyłka nadana",
    "Pakken er modtaget på terminalen",
    "Lähetys on vastaanotettu",
    "Отправление ожидает вручения",
    "Przyjęta w oddziale",
    "Nadana",
    "集荷",
    "引受",
    "荷物受付",
    "発送済み",
    "輸送中",
    "配達完了",
    "快件已揽收",
    "已收件",
    "离开处理中心",
    "Gönderi teslim alındı",
    "Objeto postado",
    "Customs clearance completed",
    "Notice left, no authorized recipient available",
    "Arrival Scan",
    "Shipment on hold",
    "Item booked",
    "En attente de retrait par le destinataire",
    "Pendiente de entrega",
    "In attesa di ritiro presso il punto di ritiro",
    "Available for pickup",
    "Shipment arrived, awaiting clearance",
    "Consegna tentata",
    "Departed origin country",
    "Handed over to carrier",
    "Dropped off by sender",
    "Das Paket wurde vom Absender in der Filiale eingeliefert",
    "Tendered to delivery service provider",
    "Left with neighbour",
]
"""What they write of a parcel that the carrier has."""


def test_a_label_is_no_scan_whatever_the_status_says_and_a_movement_is_one(tmp_path):
    """In the carriers' own words, under a status that a tool calls in transit."""
    texts = [*LABELS, *SCANS]
    orders = [f"{ORDER[:-2]}{n:03}" for n in range(len(texts))]
    numbers = [f"1Z{n:03}" for n in range(len(texts))]
    ordered(tmp_path, *((order, "A", 1, "S", 9) for order in orders))
    pairs = list(zip(orders, numbers, strict=True))
    confirmed(tmp_path, "2026-09-04", *((order, "A", 1, "", n) for order, n in pairs))
    days = zip(numbers, texts, strict=True)
    tracked(tmp_path, *(tracker(n, (text, "in_transit", "2026-09-05")) for n, text in days))
    scans = judged(tmp_path)[1]["scans"]
    assert dict(zip(texts, scans, strict=True)) == dict.fromkeys(LABELS, 0) | dict.fromkeys(
        SCANS, 1
    )


@pytest.mark.parametrize("status", ["in_transit", "failure"])
def test_a_pickup_that_did_not_happen_is_neither_a_scan_nor_an_attempt(tmp_path, status):
    """Whatever the tool calls it."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "UPS", UPS[0]))
    texts = ["Notification of shipment: pickup missed", "Pickup attempt at the sender failed"]
    tracked(tmp_path, tracker(UPS[0], *((text, status, "2026-09-05") for text in texts)))
    found = judged(tmp_path)[1]
    assert found.select("scans", "attempted_date", "reason").rows() == [(0, None, "no_scan")]


@pytest.mark.parametrize(
    ("status", "text", "scans"),
    [("available_for_pickup", "Awaiting collection", 1), ("delivered", "Manifested", 1),
     ("pre_transit", "Arrived at facility", 0)],
)  # fmt: skip
def test_a_status_of_delivery_or_attempt_is_a_scan_whatever_the_text(tmp_path, status, text, scans):
    """Nobody delivers what was not handed over."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "UPS", UPS[0]))
    tracked(tmp_path, tracker(UPS[0], (text, status, "2026-09-05")))
    assert judged(tmp_path)[1]["scans"].to_list() == [scans]


def test_an_event_that_is_told_twice_counts_once(tmp_path):
    """The same moment, status, text and place, however written; a place may be left out."""
    ordered(tmp_path, *((f"{ORDER}{n}", "A", 1, "S", 9) for n in range(4)))
    confirmed(tmp_path, "2026-09-04", *((f"{ORDER}{n}", "A", 1, "UPS", UPS[n]) for n in range(4)))
    here = ("Arrived", "in_transit", "2026-09-05")
    alike = tracker(UPS[1], here, ("arrived ", "IN_TRANSIT", "2026-09-05"))
    alike["tracking_details"][1]["datetime"] = "2026-09-05T20:00:00+02:00"
    places = tracker(UPS[3], *[here] * 5)
    cities = ["Reno", "reno ", "Elko", "", None]
    for event, city in zip(places["tracking_details"], cities, strict=True):
        event["tracking_location"] = {"city": city}
    tracked(tmp_path, tracker(UPS[0], here, here), alike, places,
            tracker(UPS[2], here, ("Departed", "in_transit", "2026-09-05")))  # fmt: skip
    assert judged(tmp_path)[1]["scans"].to_list() == [1, 1, 2, 2]


BACK = [
    "Delivered, To Original Sender",
    "Delivered, returned to sender",
    "Livré à l'expéditeur",
    "Zugestellt an Absender",
    "Consegnato al mittente",
    "Entregado al remitente",
    "Returned to shipper",
    "Delivered to sender",
    "Delivered back to the sender",
    "Retour à l'expéditeur",
    "Levererad till avsändaren",
    "Bezorgd bij afzender",
    "Zwrócono do nadawcy",
    "差出人に返送済み",
    "Entregue ao remetente",
    "An den Absender zurückgesandt",
    "Returning package to shipper",
    "Sent back to sender",
    "The package is being returned",
    "Die Sendung wird zurückgesandt",
]
NOT_BACK = [
    "Delivered",
    "Ritirato dal mittente",
    "Delivered to neighbour",
    "Zugestellt",
    "Livré",
    "Entregado al destinatario",
    "Vom Absender abgeholt",
    "Received from the sender",
    "Remis au destinataire",
    "Pris en charge par l'expéditeur",
    "Hämtat hos avsändaren",
    "Odebrano od nadawcy",
    "Delivered to the original address",
    "It will be returned to the sender if nobody collects it",
    "Package is being returned to the UPS facility",
]


def test_a_delivery_to_the_sender_is_told_in_the_carriers_own_words(tmp_path):
    """And what came from the sender, or went to somebody else, is a delivery."""
    texts = [*BACK, *NOT_BACK]
    orders = [f"{ORDER[:-1]}{n:02}" for n in range(len(texts))]
    numbers = [f"1Z{n:03}" for n in range(len(texts))]
    ordered(tmp_path, *((order, "A", 1, "S", 9) for order in orders))
    pairs = list(zip(orders, numbers, strict=True))
    confirmed(tmp_path, "2026-09-04", *((order, "A", 1, "", n) for order, n in pairs))
    done = (tracker(n, (text, "delivered", "2026-09-09"))
            for n, text in zip(numbers, texts, strict=True))  # fmt: skip
    tracked(tmp_path, *done)
    loaded, found = judged(tmp_path)
    days = dict(zip(texts, found["delivered_date"], strict=True))
    assert days == dict.fromkeys(BACK) | dict.fromkeys(NOT_BACK, date(2026, 9, 9))
    assert loaded.doubts["rule"].to_list() == [TO_SENDER] * len(BACK)


def test_a_tracker_that_went_back_as_a_whole_has_no_delivery_unless_one_came_before(tmp_path):
    """Its status speaks of the last delivery."""
    ordered(tmp_path, *((f"{ORDER}{n}", "A", 1, "S", 9) for n in range(2)))
    confirmed(tmp_path, "2026-09-04", *((f"{ORDER}{n}", "A", 1, "UPS", UPS[n]) for n in range(2)))
    done = ("Delivered", "delivered", "2026-09-09")
    back = ("Returned to shipper", "return_to_sender", "2026-09-12")
    tracked(tmp_path, tracker(UPS[0], done, status="return_to_sender"),
            tracker(UPS[1], done, back, status="return_to_sender"))  # fmt: skip
    loaded, found = judged(tmp_path)
    assert found["delivered_date"].to_list() == [None, date(2026, 9, 9)]
    assert loaded.doubts["rule"].to_list() == [TO_SENDER]


@pytest.mark.parametrize(
    ("damaged", "whole"),
    [
        ("9.86579E+11", "986578788855"),
        ("9,40551189956060E+21", "9405511899560604182843"),
        ("9405511899560600000000", "9405511899560604182843"),
        ("9405511899560680000000", "9405511899560682140933"),  # its check digit is right, by chance
        ("41441760228964", "041441760228964"),  # fits a format of DHL's as it stands
    ],
)
def test_a_damaged_number_takes_its_whole_twin_else_it_is_not_known(tmp_path, damaged, whole):
    """In the seller's own file it does not show what Amazon holds."""
    carrier = "USPS" if len(whole) == 22 else "FedEx"
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9), (ORDER + "2", "A", 1, "S", 9))
    lines = [(f"{ORDER}{n}", "A", 1, carrier, damaged) for n in "12"]
    confirmed(tmp_path, "2026-09-04", *lines)
    tool = f"Order - Number,Shipment - Tracking Number\n{ORDER}1,{whole}\n{ORDER}2,799531274483\n"
    (tmp_path / "shipstation_2026-09-05.csv").write_text(tool, "utf-8")
    loaded, found = judged(tmp_path)
    assert found["tracking_number"].to_list()[0] == whole
    assert found["reason"].to_list() == ["unverified"] * 2
    assert loaded.doubts.filter(rule=DAMAGED).height == 2


def test_a_table_of_packages_that_a_spreadsheet_saved_again_names_the_same_ones(tmp_path):
    """Numbers of which it left a part are those of the other file; two of one order stay two."""
    header = "order_id,tracking_number,carrier,status,ship_date,promised_date,scans\n"
    sent = "shipped,2026-09-04,2026-09-10"
    whole = {"1": "9405511899560604182843,USPS", "2": "799531274483,FedEx"}
    damaged = {"1": "9.40551E+21,USPS", "2": "7.99531E+11,FedEx", "3": "9.86579E+11,FedEx"}
    twins = dict.fromkeys("12", "9.40011E+21,USPS")
    told = [("06", whole, "1"), ("07", damaged, "1"), ("07", damaged, "2"), ("07", twins, "3")]
    for day, numbers, order in told:
        lines = [f"{ORDER}{order},{n},{sent},{scans}\n" for scans, n in numbers.items()]
        (tmp_path / f"p{order}_2026-09-{day}.csv").write_text(header + "".join(lines), "utf-8")
    found = judged(tmp_path)[1].select("order_id", "tracking_number", "scans").rows()
    assert sorted(row for row in found if row[1]) == [
        (ORDER + "1", "799531274483", 2), (ORDER + "1", "9405511899560604182843", 1)
    ]  # fmt: skip
    assert sorted(row[::2] for row in found if not row[1]) == [
        (ORDER + "1", 3), *((ORDER + "2", scans) for scans in (1, 2, 3)),
        *((ORDER + "3", scans) for scans in (1, 2)),
    ]  # fmt: skip


def test_a_decimal_in_the_sellers_own_file_is_the_number(tmp_path):
    """All its digits are there."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "FedEx", "986578788855.0"))
    assert judged(tmp_path)[1]["tracking_number"].to_list() == ["986578788855"]


@pytest.mark.parametrize(
    ("beside", "reason"),
    [("9400111206206407628746", "not_a_number"), ("9.40011E+21", "rejected_by_amazon")],
)
def test_a_damaged_number_in_amazons_own_export_is_a_defect(tmp_path, beside, reason):
    """There it is what was entered, as a whole one of more than 15 digits beside it shows."""
    header = "Order ID,Tracking ID,Has Valid Tracking Number\n"
    lines = f"{ORDER}1,9.86579E+11,No\n{ORDER}2,{beside},Yes\n"
    (tmp_path / "vtr_2026-09-20.csv").write_text(header + lines, "utf-8")
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "FedEx", "986578788855"))
    found = judged(tmp_path)[1]
    kept = {"not_a_number": "9.86579E+11", "rejected_by_amazon": "986578788855"}
    assert found.select("tracking_number", "reason").row(0) == (kept[reason], reason)


def test_a_damaged_number_in_a_workbook_is_not_what_amazon_holds(tmp_path):
    """Amazon writes none, so a spreadsheet saved its report again: the whole number stays."""
    ordered(tmp_path, *((ORDER + n, "A", 1, "S", 9) for n in "12"))
    whole = "9405511899560604182843"
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "USPS", whole))
    with xlsxwriter.Workbook(tmp_path / "vtr_2026-09-20.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Order ID", "Tracking ID", "Has Valid Tracking Number"])
        for row, order in enumerate("12", 1):
            sheet.write_row(row, 0, [ORDER + order, float(whole), "No"])
    loaded, found = judged(tmp_path)
    assert found["tracking_number"].to_list() == [whole, None]
    assert found["reason"].to_list() == ["rejected_by_amazon"] * 2
    assert loaded.restated.is_empty()
    assert loaded.doubts["rule"].to_list() == [DAMAGED] * 2


def test_a_free_replacement_is_not_exempt_by_its_value(tmp_path):
    """Nobody documents whether it counts, so it is unverified and listed."""
    days = ["2026-09-03T10:00:00+09:00", "2026-09-10T23:59:59+09:00"]
    line = f"{ORDER}1\tA\t{days[0]}\t\tS\t1\tJPY\t0\t{days[1]}\tfalse\ttrue\n"
    (tmp_path / "orders_2026-09-06.txt").write_text(ORDERS + line, "utf-8")
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "YAMATO TRANSPORT", ""))
    loaded = load(tmp_path, marketplace="JP")
    found = classify(loaded.packages).collect()
    assert found["outcome"].to_list() == ["unknown"]
    assert loaded.doubts["rule"].to_list() == [FREE]


def test_what_a_tool_has_for_a_blank_at_amazon_is_the_proposed_correction(tmp_path):
    """It never fills the blank."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", (ORDER + "1", "A", 1, "UPS", ""))
    tool = f"Order - Number,Shipment - Tracking Number\n{ORDER}1,{UPS[0]}\n"
    (tmp_path / "shipstation_2026-09-05.csv").write_text(tool, "utf-8")
    _, found = judged(tmp_path)
    assert found.select("tracking_number", "reason", "fix").rows() == [
        ("", "missing_number", UPS[0])
    ]


def test_a_label_that_names_several_orders_is_of_all_that_have_its_number(tmp_path):
    """Tools write them into one cell."""
    ordered(tmp_path, *((ORDER + n, "A", 1, "S", 9) for n in "123"))
    confirmed(tmp_path, "2026-09-04", *((ORDER + n, "A", 1, "UPS", UPS[n > "2"]) for n in "123"))
    header = "Order - Number,Shipment - Tracking Number,Delivery - Date\n"
    line = f"{ORDER}1;{ORDER}2,{UPS[0]},2026-09-09\n"
    (tmp_path / "shipstation_2026-09-20.csv").write_text(header + line, "utf-8")
    assert judged(tmp_path)[1]["reason"].to_list() == ["valid", "valid", "unverified"]


REPORTED = {
    # labels, numbers of the report of defects: number entered, label and reason of each package
    "blank": ("0", [""], [("", UPS[0], "missing_number")]),
    "another": ("0", [UPS[2]], [(UPS[2], UPS[0], "rejected_by_amazon")]),
    "the same": ("0", [UPS[0]], [(UPS[0], None, "rejected_by_amazon")]),
    "unreadable": ("0", [f"{ORDER}1-InvalidId"], [(UPS[0], None, "rejected_by_amazon")]),
    "a further one": (
        "0",
        [UPS[0], ""],
        [("", None, "missing_number"), (UPS[0], None, "rejected_by_amazon")],
    ),
    "the other of two": (
        "01",
        [UPS[0], ""],
        [("", UPS[1], "missing_number"), (UPS[0], None, "rejected_by_amazon")],
    ),
    "nobody knows which": ("01", [""], [(n, None, "unverified") for n in UPS[:2]]),
    "no label": ("", [""], [("", None, "missing_number")]),
}


@pytest.mark.parametrize("case", REPORTED)
def test_of_labels_that_nothing_else_names_amazons_report_says_what_was_entered(tmp_path, case):
    """And names further packages; a label is the proposed correction of what it lists."""
    labels, numbers, expected = REPORTED[case]
    ordered(tmp_path, (ORDER + "1", "A", 2, "S", 9))
    tool = "".join(f"{ORDER}1,{UPS[int(n)]}\n" for n in labels)
    header = "Order - Number,Shipment - Tracking Number\n"
    (tmp_path / "shipstation_2026-09-05.csv").write_text(header + tool, "utf-8")
    header = "Order ID,Carrier Name,Tracking ID,Promised Delivery Date,Product Category\n"
    lines = "".join(f"{ORDER}1,UPS,{number},2026-09-10,Books\n" for number in numbers)
    (tmp_path / "vtr_2026-09-01_2026-09-20.csv").write_text(header + lines, "utf-8")
    found = judged(tmp_path)[1]
    assert found.select("tracking_number", "label_number", "reason").rows() == expected


def test_a_label_with_another_number_than_was_entered_is_listed(tmp_path):
    """Both may be right: two digits changed places, or the label was printed anew."""
    ordered(tmp_path, (ORDER + "1", "A", 1, "S", 9), (ORDER + "2", "A", 1, "S", 9))
    confirmed(tmp_path, "2026-09-04", *((ORDER + n, "A", 1, "UPS", UPS[int(n)]) for n in "12"))
    tool = f"Order - Number,Shipment - Tracking Number\n{ORDER}1,{UPS[1]}\n{ORDER}2,{UPS[3]}\n"
    (tmp_path / "shipstation_2026-09-05.csv").write_text(tool, "utf-8")
    loaded, found = judged(tmp_path)
    assert found["tracking_number"].to_list() == [UPS[1], UPS[2]]
    assert loaded.doubts.select("order_id", "rule").rows() == [(ORDER + "2", OTHER_LABEL)]


def test_packages_written_as_parquet_and_loaded_again_are_the_same(tmp_path):
    """What is not known stays so; a valid package without a number is no defect."""
    folder = tmp_path / "in"
    folder.mkdir()
    ordered(folder, *((f"{ORDER}{n}", "A", 1, f"S{n}", 9) for n in range(3)))
    confirmed(
        folder, "2026-09-04", (ORDER + "1", "A", 1, "UPS", UPS[0]), (ORDER + "2", "A", 1, "UPS", "")
    )
    tracked(folder, tracker(UPS[0], ("Arrived", "in_transit", "2026-09-05")))
    header = "Order ID,Tracking ID,Has Valid Tracking Number\n"
    (folder / "vtr_2026-09-20.csv").write_text(f"{header}{ORDER}5,9.86E+11,No\n", "utf-8")
    first = load(folder, marketplace="US").packages.collect()
    first.write_parquet(tmp_path / "again.parquet")
    again = load(tmp_path / "again.parquet").packages.collect()
    assert again.drop("source").equals(first.drop("source"))


def test_the_dearest_line_of_its_own_items_names_the_sku_of_a_package(tmp_path):
    """Two parcels of three lines, each with what is in it."""
    lines = [("A", 1, "CHEAP", 3), ("B", 2, "DEAR", 30), ("C", 1, "OTHER", 5)]
    ordered(tmp_path, *((ORDER + "1", *line) for line in lines))
    inside = [("A", 1, UPS[0]), ("B", 2, UPS[0]), ("C", 1, UPS[1])]
    confirmed(tmp_path, "2026-09-04", *((ORDER + "1", i, q, "UPS", n) for i, q, n in inside))
    _, found = judged(tmp_path)
    assert found.select("order_item_id", "sku", "skus", "quantity").rows() == [
        ("B", "DEAR", 2, 3),
        ("C", "OTHER", 1, 1),
    ]
    assert found["order_date"].to_list() == [date(2026, 9, 3)] * 2


def test_a_label_goes_by_its_void_flag_in_any_file(tmp_path):
    """Where tools alone name packages, a voided label makes none."""
    header = "Order - Number,Shipment - Tracking Number,Shipment - Void Flag\n"
    first = f"{header}{ORDER}1,{UPS[0]},false\n{ORDER}2,{UPS[1]},false\n"
    (tmp_path / "shipstation_2026-09-04.csv").write_text(first, "utf-8")
    later = f"{header}{ORDER}1,{UPS[0]},true\n{ORDER}1,{UPS[2]},false\n"
    (tmp_path / "shipstation_2026-09-05.csv").write_text(later, "utf-8")
    loaded, found = judged(tmp_path, max_rejected_share=1)
    assert found["tracking_number"].to_list() == [UPS[2], UPS[1]]
    assert loaded.rejects["rule"].to_list() == ["the label was voided"] * 2


@pytest.mark.parametrize(
    "words",
    [("WAHR", "FALSCH"), ("PRAWDA", "FAŁSZ"), ("Oui", "Non"), ("はい", "いいえ"), ("T", "F")],
)
def test_yes_and_no_are_read_as_spreadsheets_write_them(tmp_path, words):
    """A Prime order that were the seller's own would be a defect of a number left blank."""
    ordered(tmp_path, *((ORDER + str(n), "A", 1, "S", 9) for n in range(2)))
    path = tmp_path / "orders_2026-09-06.txt"
    yes, no = path.read_text("utf-8").splitlines()[1:]
    rows = [yes.replace("\tfalse\t", f"\t{words[0]}\t"), no.replace("\tfalse\t", f"\t{words[1]}\t")]
    path.write_text("\n".join([ORDERS.strip(), *rows]) + "\n", "utf-8")
    confirmed(tmp_path, "2026-09-04", *((ORDER + str(n), "A", 1, "UPS", "") for n in range(2)))
    found = judged(tmp_path)[1]["fulfilled_by"].cast(pl.String).to_list()
    assert found == ["seller_prime", "seller"]
