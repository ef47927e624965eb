"""Files as people hold them: other APIs, XML, spreadsheets' days and quotes, words nobody knows."""

import json
import re
from datetime import date
from zipfile import ZipFile

import polars as pl
import pytest
import xlsxwriter

from vtrkit import classify, explain, load
from vtrkit.errors import InputError, ParameterError, UnrecognisedError
from vtrkit.files import raw, row_rules, workbooks
from vtrkit.files.checkup import Checkup
from vtrkit.files.layouts import known_layouts
from vtrkit.files.plausible import DAMAGED
from vtrkit.files.raw import WRONG
from vtrkit.files.read import read as read_file
from vtrkit.files.row_rules import DAMAGED_ID, FOR_RETURN, NO_ID, REPEATED, TOTALS, VOIDED
from vtrkit.files.sources import find

CONFIRMATION = (
    "order-id",
    "order-item-id",
    "quantity",
    "ship-date",
    "carrier-code",
    "carrier-name",
    "tracking-number",
    "ship-method",
)
ID = "111-6041827-38002{:02}"
NUMBER = "1ZC7X20W0344180297"


def confirmation(folder, days, *, by=",", name="c.csv", more=()):
    """A shipping confirmation with one order for each day."""
    lines = [by.join([*CONFIRMATION, *(header for header, _ in more)])]
    for n, day in enumerate(days):
        cells = [ID.format(n), "60418273500001", "1", day, "UPS", "", NUMBER[:-1] + str(n % 10)]
        lines.append(by.join([*cells, "Ground", *(cell for _, cell in more)]))
    path = folder / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def ship_days(path, **options):
    table = load(path, marketplace="US", **options).packages.collect()
    return table.sort("order_id")["ship_date"].to_list()


def rows(path, **options):
    options = {"marketplace": "US"} | options
    return load(path, **options).packages.collect().sort("order_id").rows(named=True)


def as_json(folder, document, name="x.json"):
    path = folder / name
    path.write_text(json.dumps(document), "utf-8")
    return path


# days as spreadsheets write them ----------------------------------------------------------------


ONE_WAY = [
    *("2026/9/24", "2026/09/24", "2026.9.24", "24-Sep-26", "24 Sep 2026", "24-September-2026"),
    *("24 Sept 2026", "24-sept.-26"),
    *('"Sep 24, 2026"', "24.9.26", "24.09.2026", "24-09-2026", "9/24/26", "9/24/2026 10:00"),
    *("2026-09-24 10:00:00 PDT", "2026-09-24 23:30:00 PDT", "2026-09-25 06:30:00 UTC"),
    *("24/9/2026 10:00:00 PM", "24-Sep-26 10:00", "2026-09-25T01:00:00+00:00"),
    *(
        "2026-09-24 09:00 CST",
        "2026/9/24 9:05",
        "'2026-09-24",
        "2026\u201109\u201124",
        "20260924",
    ),
    *("24. September 2026", "24 settembre 2026", "24 de septiembre de 2026", "24-sett-26"),
    *("24 septembre 2026", "24 set. 2026", "24. Sep. 26", "2026年9月24日", "24/Sep/2026"),
    *("24th September 2026", '"Thursday, September 24, 2026"', "Thu Sep 24 2026"),
    *('"Thu, 24 Sep 2026 10:00:00 GMT"', '"Sep 24, 2026 9:17:08 AM PDT"'),
    *("2026-09-25 06:30 Europe/Berlin", "2026-09-25T06:30:00+02:00[Europe/Berlin]"),
    *("2026-09-24 23:30:00 America/Los_Angeles", "2026-09-24 10:00 Of/Nowhere"),
    # as browsers write them, and people in several countries
    *('"9/24/2026, 10:00:00 AM"', '"24.9.2026, 10:00:00"', '"24/09/2026, 10:00"'),
    *("24.09.26 10:00 Uhr", "24 sept. 2026 à 10h30", '"Do., 24.09.2026"', "24 wrz 2026"),
    *("2026-Sep-24", "24th of September 2026", "2026-09-24+02:00", "2026年9月24日 10時"),
    *("24 Eylül 2026", "24 września 2026"),
    *("46289", "46289.53", '"46289,53"', "２０２６-０９-２４"),
]
"""Ways to write 24 September 2026."""


def test_a_day_that_can_be_read_one_way_is_read(tmp_path):
    """Two-digit years, years first, months by name, zones by name, in the marketplace's zone.

    Each in a file of its own, which alone decides how its days are read.
    """
    for n, day in enumerate(ONE_WAY):
        path = confirmation(tmp_path, [day], name=f"c{n}.csv")
        path.write_text(path.read_text("utf-8").replace(ID.format(0), ID.format(n)), "utf-8")
    read = dict(zip(ONE_WAY, ship_days(tmp_path), strict=True))
    assert read == dict.fromkeys(ONE_WAY, date(2026, 9, 24))


@pytest.mark.parametrize("day", ["24/09/26", "05/06/2026", "05-06-2026", "20-02-26", "5/6/26"])
def test_a_day_that_can_be_read_two_ways_asks_for_the_option(tmp_path, day):
    """Day or month first, or the year; the option settles each of them."""
    path = confirmation(tmp_path, [day])
    with pytest.raises(InputError, match="give the option day_first"):
        ship_days(path)
    first, second, year = (int(part) for part in day.replace("-", "/").split("/"))
    expected = date(year % 100 + 2000, second, first)
    assert ship_days(path, day_first=True) == [expected]


def test_a_file_whose_days_can_be_read_two_ways_is_left_out_of_its_folder_and_named(tmp_path):
    """The others are read; the option is for it alone, since the rows of the others tell."""
    confirmation(tmp_path, ["05/06/2026"])
    other = confirmation(tmp_path, ["24/06/2026", "06/05/2026"], name="d.csv")
    other.write_text(other.read_text("utf-8").replace("111-6041827", "112-6041827"), "utf-8")
    loaded = load(tmp_path, marketplace="US")
    assert loaded.summary["file"].to_list() == ["d.csv"]
    asked = "give the option day_first (--day-first or --month-first)"
    assert loaded.skipped.select("file", "instead").rows() == [("c.csv", asked)]
    days = [date(2026, 6, 24), date(2026, 5, 6)]
    assert ship_days(tmp_path, day_first=False) == [date(2026, 5, 6), *days]
    assert ship_days(tmp_path, day_first=True) == [date(2026, 6, 5), *days]


def test_one_row_decides_whether_a_two_digit_year_stands_first_or_last(tmp_path):
    """The fifth of October cannot begin with a year of today."""
    path = confirmation(tmp_path, ["24/09/26", "05/10/26"])
    assert ship_days(path) == [date(2026, 9, 24), date(2026, 10, 5)]


@pytest.mark.parametrize("early", [0, 1200])
def test_a_count_of_days_among_days_of_another_form_is_none(tmp_path, early):
    """It may be anything, wherever it stands; where all are counts, late ones are read as well."""
    path = confirmation(tmp_path, [""] * early + ["46289", "46290", "46289", "2026-09-24"])
    rejected = load(path, marketplace="US", max_rejected_share=1).rejects["rule"].to_list()
    assert rejected == ["ship_date is not a day"] * 3
    path = confirmation(tmp_path, [""] * early + ["46289", "46290"])
    assert {*ship_days(path)} - {None} == {date(2026, 9, 24), date(2026, 9, 25)}


def test_a_late_row_of_another_form_is_read_as_well(tmp_path):
    """A file is looked through once more where a day cannot be read."""
    path = confirmation(tmp_path, ["2026-09-24"] * 1200 + ["24-Sep-26"])
    loaded = load(path, marketplace="US")
    assert loaded.rejects.is_empty()
    assert loaded.packages.select(pl.col("ship_date").n_unique()).collect().item() == 1


def test_what_is_no_day_is_rejected_whatever_its_form(tmp_path):
    """The thirty-first of September, in any spelling."""
    days = ["2026/9/31", "31-Sep-26", *["2026-09-24"] * 10]
    loaded = load(confirmation(tmp_path, days), marketplace="US")
    assert loaded.rejects["rule"].to_list() == ["ship_date is not a day"] * 2


# quotation marks --------------------------------------------------------------------------------

TITLED = "order_id\tpromised_date\ttitle\tcarrier\n"


@pytest.mark.parametrize(
    "text",
    [
        TITLED + '1\t2026-01-31\t"two\nlines"\tUPS\n2\t2026-01-31\tx\tUPS\n',
        TITLED + '1\t2026-01-31\t"a\ttab"\tUPS\n2\t2026-01-31\tx\tUPS\n',
        TITLED + '1\t2026-01-31\t"Sturdy 12" shelf\tUPS\n2\t2026-01-31\t"15\tUPS\n',
        TITLED + '"1"\t"2026-01-31"\t"a ""b"""\t"UPS"\n2\t2026-01-31\tx\tUPS\n',
        '"order_id"\t"promised_date"\t"title"\t"carrier"\n'
        '"1"\t"2026-01-31"\t"x\ny"\t"UPS"\n"2"\t"2026-01-31"\t"x"\t"UPS"\n',
    ],
)
@pytest.mark.parametrize("delimiter", ["\t", ","])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_marks_of_titles_and_of_spreadsheets_are_told_apart(tmp_path, text, delimiter, encoding):
    """Cells over two lines, delimiters in a cell, inches in a title: two packages each time."""
    path = tmp_path / "t.txt"
    path.write_bytes(text.replace("\t", delimiter).encode(encoding))
    loaded = load(path)
    assert loaded.packages.collect()["carrier"].to_list() == ["UPS", "UPS"]
    assert loaded.rejects.is_empty()


def test_a_mark_without_partner_is_refused_where_the_lines_do_not_add_up(tmp_path):
    """A quoted cell that is never closed swallows the rest of the file."""
    path = tmp_path / "t.csv"
    path.write_text('order_id,promised_date,title\n1,2026-01-31,"a,b\n2,2026-01-31,x\n')
    with pytest.raises(InputError, match="quotation mark in line 2 has no partner"):
        load(path)


@pytest.mark.parametrize("cell", ["{}", '"{}"'])
def test_a_cell_may_be_of_any_length(tmp_path, cell):
    """In a column that is not read, as of notes."""
    path = tmp_path / "t.csv"
    notes = cell.format("x" * 140_000)
    path.write_text(f"order_id,promised_date,notes\n1,2026-01-31,{notes}\n2,2026-01-31,\n")
    assert load(path).packages.collect()["order_id"].to_list() == ["1", "2"]


def test_brackets_that_are_no_export_are_said_to_be_nested(tmp_path):
    """A hundred thousand of them are one long line."""
    (tmp_path / "t.json").write_text("[" * 100_000 + "]" * 100_000)
    with pytest.raises(InputError, match="nested too deeply to be an export"):
        load(tmp_path / "t.json")


def test_blank_lines_are_counted_apart_and_cost_nothing(tmp_path):
    """Also those that a spreadsheet writes as delimiters; rows keep their numbers."""
    path = tmp_path / "b.csv"
    path.write_text("order_id,promised_date\n1,2026-01-31\n\n,\n2,soon\n\n", "utf-8")
    loaded = load(path, max_rejected_share=0.5)
    line = loaded.summary.row(0, named=True)
    assert (line["rows"], line["packages"], line["rejected"]) == (2, 1, 1)
    assert line["blank"] >= 1
    assert loaded.rejects["rule"].to_list() == ["promised_date is not a day"]


TOTALS_OR_HEADINGS = {
    "Total": TOTALS,
    "Summe": TOTALS,
    "Grand total:": TOTALS,
    "  Gesamtsumme ": TOTALS,
    "Totaal": TOTALS,
    "合計": TOTALS,
    "order-id": REPEATED,
    "Grand total: 30 orders": NO_ID,
    "End of report": NO_ID,
    "1.11604E+16": DAMAGED_ID,
}


def with_line(folder, first):
    path = confirmation(folder, ["2026-09-24"] * 4, by="\t")
    line = "\t".join([first, "", "30", "2026-09-24", "", "", "", ""])
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")
    return load(path, marketplace="US")


@pytest.mark.parametrize(("first", "rule"), TOTALS_OR_HEADINGS.items())
def test_what_is_no_order_of_amazons_is_no_package(tmp_path, first, rule):
    """Totals and headings are set aside and count as nothing wrong, anything else is wrong."""
    loaded = with_line(tmp_path, first)
    line = loaded.summary.row(0, named=True)
    assert (line["packages"], line["rejected"]) == (4, int(rule in (NO_ID, DAMAGED_ID)))
    assert loaded.rejects["rule"].to_list() == [rule]


@pytest.mark.parametrize(
    ("room", "name", "instead", "first"),
    [
        (row_rules, "_TOTALS", "^x$", "Total"),
        (row_rules, "_LIKE_AN_ID", ".", "End of report"),
        (raw, "_headings_again", lambda _, table, __: [*table.marks], "order-id"),
    ],
)
def test_without_the_rule_such_a_line_is_another_matter(
    tmp_path, monkeypatch, room, name, instead, first
):
    """The mutants of the rules."""
    monkeypatch.setattr(room, name, instead)
    assert with_line(tmp_path, first).rejects["rule"].to_list() != [TOTALS_OR_HEADINGS[first]]


@pytest.mark.parametrize(
    ("order", "rule"),
    [("Total", TOTALS), ("1.11604E+16", DAMAGED_ID), ("T-1", None)],
)
def test_tables_of_ones_own_name_orders_as_they_like(tmp_path, order, rule):
    """But no total, and none of which a spreadsheet left several with one name."""
    path = tmp_path / "p.csv"
    lines = ["1,2026-01-31", "2,2026-01-31", f"{order},2026-01-31"]
    path.write_text("\n".join(["order_id,promised_date", *lines, ""]), "utf-8")
    loaded = load(path, max_rejected_share=0.5)
    assert loaded.rejects["rule"].to_list() == ([rule] if rule else [])


def workbook(folder, numbers, *, above=()):
    """A confirmation as a workbook, its numbers typed as they are given."""
    path = folder / "c.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate([*above, CONFIRMATION]):
            sheet.write_row(n, 0, row)
        for n, number in enumerate(numbers):
            cells = [ID.format(n), "", 1, "2026-09-24", "USPS", "", number, "Ground"]
            sheet.write_row(n + len(above) + 1, 0, cells)
    return path


WHOLE = "9400111899223100000017"
TYPED = {
    9.4001118992231e21: (None, WHOLE),
    float(WHOLE): (None, WHOLE),
    "9.40011E+21": (None, WHOLE),
    WHOLE: (WHOLE, WHOLE),
    794612345678.0: ("794612345678", "794612345678"),
}


@pytest.mark.parametrize(("typed", "numbers"), TYPED.items())
def test_digits_that_a_workbook_does_not_hold_are_not_known(tmp_path, typed, numbers):
    """A number beyond 15 digits is a damaged one, whatever reads it; a tool has it whole."""
    path = workbook(tmp_path, [typed])
    for number, more in zip(numbers, ([], [tmp_path / "ss.csv"]), strict=True):
        (tmp_path / "ss.csv").write_text(
            "Order - Number,Shipment - Carrier,Shipment - Service,Shipment - Tracking Number,"
            f"Date - Shipped Date\n{ID.format(0)},USPS,Ground,{number},9/24/2026\n"
        )
        loaded = load([path, *more], marketplace="US")
        assert loaded.packages.collect()["tracking_number"].to_list() == [number]
        assert (DAMAGED in loaded.doubts["rule"].to_list()) == (numbers[0] is None)


@pytest.mark.parametrize("formula", ["=NA()", "=1/0"])
def test_an_error_of_a_workbook_is_a_damaged_number_and_no_blank(tmp_path, formula):
    """As the same words are as text: nobody knows what was entered."""
    path = workbook(tmp_path, [formula, "#N/A", "#NV", ""])
    errors = {"=NA()": "#N/A", "=1/0": "#DIV/0!"}
    parts = {}
    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    cell = re.compile(rb"<c r=\"G2\"[^>]*><f>.*?</f><v>.*?</v></c>")
    error = f'<c r="G2" t="e"><v>{errors[formula]}</v></c>'.encode()
    sheet = "xl/worksheets/sheet1.xml"
    assert cell.search(parts[sheet])
    with ZipFile(path, "w") as book:
        for name, xml in parts.items():
            book.writestr(name, cell.sub(error, xml) if name == sheet else xml)
    loaded = load(path, marketplace="US")
    assert loaded.packages.collect()["tracking_number"].to_list() == [None, None, None, ""]
    assert loaded.doubts.filter(rule=DAMAGED)["row"].n_unique() == 3


def test_a_workbook_read_without_its_types_makes_digits_up(tmp_path, monkeypatch):
    """The mutant."""
    monkeypatch.setattr(workbooks, "_BEYOND", "^x$")
    found = rows(workbook(tmp_path, [9.4001118992231e21]))
    assert found[0]["tracking_number"] not in (None, WHOLE)


@pytest.mark.parametrize("above", [(), (["Title"],), (["Title"], []), ([], ["Title"], [], [])])
def test_lines_above_the_headings_of_a_workbook_are_none_of_its_rows(tmp_path, above):
    loaded = load(workbook(tmp_path, ["", "", ""], above=above), marketplace="US")
    assert loaded.summary.select("rows", "packages").row(0) == (3, 3)
    assert loaded.rejects.is_empty()


def test_look_says_how_to_save_numbers_that_a_spreadsheet_damaged(tmp_path):
    checkup = Checkup.of(load(workbook(tmp_path, ["9.40011E+21"]), marketplace="US"))
    assert "export it anew, and open it with that column as text" in " ".join(
        checkup.text().split()
    )


# other kinds of file ----------------------------------------------------------------------------


def v0(n, status="Shipped", **more):
    order = {
        "AmazonOrderId": ID.format(n),
        "MarketplaceId": "A1PA6795UKMFR9",
        "SalesChannel": "Amazon.de",
        "OrderStatus": status,
        "FulfillmentChannel": "MFN",
        "IsPrime": False,
        "LastUpdateDate": "2026-09-05T08:00:00Z",
        "LatestDeliveryDate": "2026-09-09T21:59:59Z",
        "OrderTotal": {"CurrencyCode": "EUR", "Amount": "21.50"},
        "ShippingAddress": {"CountryCode": "DE", "Name": "CANARY"},
    }
    return order | more


@pytest.mark.parametrize("above", [["payload", "Orders"], ["Orders"], []])
def test_the_orders_api_v0_is_read(tmp_path, above):
    """Statuses, who fulfils, the promised day in the marketplace's zone; it names no packages."""
    document = [
        v0(1),
        v0(2, "PartiallyShipped"),
        v0(3, "InvoiceUnconfirmed", IsPrime=True),
        v0(4, "Canceled", FulfillmentChannel="AFN"),
        v0(5, SalesChannel="Non-Amazon DE"),
    ]
    for key in reversed(above):
        document = {key: document}
    found = rows(as_json(tmp_path, document), marketplace=None)
    assert [(p["status"], p["fulfilled_by"]) for p in found] == [
        ("shipped", "seller"),
        ("shipped", "seller"),  # some of it, with a number that another file has
        ("shipped", "seller_prime"),
        ("cancelled", "amazon"),
    ]
    assert {(p["marketplace"], p["promised_date"]) for p in found} == {("DE", date(2026, 9, 9))}
    assert {p["tracking_number"] for p in found} == {None}


def feed(*messages):
    inside = "</OrderFulfillment></Message><Message><OrderFulfillment>".join(messages)
    inside = f"<Message><OrderFulfillment>{inside}</OrderFulfillment></Message>"
    return f'<?xml version="1.0"?><AmazonEnvelope><Header/>{inside}</AmazonEnvelope>'


def message(n, number, items=1):
    item = "<Item><AmazonOrderItemCode>1</AmazonOrderItemCode><Quantity>1</Quantity></Item>"
    return (
        f"<AmazonOrderID>{ID.format(n)}</AmazonOrderID>"
        "<FulfillmentDate>2026-09-04T12:00:00Z</FulfillmentDate><FulfillmentData>"
        f"<CarrierCode>UPS</CarrierCode><ShipperTrackingNumber>{number}</ShipperTrackingNumber>"
        f"</FulfillmentData>{item * items}"
    )


def test_a_feed_of_confirmations_is_read_like_the_file(tmp_path):
    """Two items of one parcel are one package; a number left blank is none."""
    path = tmp_path / "feed.xml"
    path.write_text(feed(message(1, NUMBER, 2), message(2, ""), message(3, NUMBER, 0)), "utf-8")
    found = rows(path)
    assert [(p["carrier"], p["tracking_number"], p["status"]) for p in found] == [
        ("UPS", NUMBER, "shipped"),
        ("UPS", "", "shipped"),
        ("UPS", NUMBER, "shipped"),
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (feed(message(1, NUMBER))[:-30], "is not XML"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><AmazonEnvelope>&b;</AmazonEnvelope>', "declares entities"),
        ("<html><body><table></table></body></html>", "not recognised"),
    ],
)
def test_xml_that_is_no_feed_is_refused_by_name(tmp_path, text, wanted):
    """Cut short, with entities, or a web page."""
    path = tmp_path / "x.xml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=wanted) as refused:
        load(path)
    assert str(refused.value).startswith("x.xml: ")


def test_shipments_of_shipstations_api_are_read(tmp_path):
    """Also several answers; a voided label and one for the way back are about no package."""
    shipment = {
        "shipmentId": 1,
        "orderNumber": ID.format(1),
        "shipDate": "2026-09-04",
        "carrierCode": "ups",
        "serviceCode": "ups_ground",
        "trackingNumber": NUMBER,
        "voided": False,
    }
    voided = shipment | {"orderNumber": ID.format(2), "voided": True}
    back = shipment | {"trackingNumber": "1Z5R89390357567127", "isReturnLabel": True}
    pages = [{"shipments": [shipment, voided]}, {"shipments": [back]}]
    for content in ({"shipments": [shipment, voided, back]}, pages):
        loaded = load(as_json(tmp_path, content), marketplace="US")
        assert loaded.packages.collect()["tracking_number"].to_list() == [NUMBER]
        assert loaded.rejects["rule"].to_list() == [VOIDED, FOR_RETURN]


V2 = {
    "accountStatuses": [{"marketplaceId": "A1PA6795UKMFR9", "status": "NORMAL"}],
    "performanceMetrics": [{"marketplaceId": "A1PA6795UKMFR9", "validTrackingRate": {"rate": 0.9}}],
}
V1 = (
    "<sellerPerformanceReports><sellerPerformanceReport><trackingInformation><trackingMetrics>"
    "<validTracking><rate>96%</rate></validTracking></trackingMetrics></trackingInformation>"
    "</sellerPerformanceReport></sellerPerformanceReports>"
)


@pytest.mark.parametrize("kind", ["json", "xml"])
def test_a_performance_report_is_named_and_kept_out_of_the_packages(tmp_path, kind):
    """Alone it is refused with what to give; beside other files it is read as Amazon's figure."""
    report = tmp_path / f"health.{kind}"
    report.write_text(json.dumps(V2) if kind == "json" else V1, "utf-8")
    with pytest.raises(UnrecognisedError, match=r"seller performance report.*give it together"):
        load(report)
    beside = confirmation(tmp_path, ["2026-09-24"])
    for paths in (tmp_path, [report, beside]):
        loaded = load(paths, marketplace="US")
        assert loaded.summary["file"].to_list() == ["c.csv"]
        assert loaded.skipped.is_empty()
        assert loaded.official["file"].to_list() == [f"health.{kind}"]
        assert f"- health.{kind}: " in Checkup.of(loaded).text()


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("items.json", b'{"payload": {"OrderItems": [{"ASIN": "B0"}]}}', "getOrderItems.*give"),
        ("v2.json", b'{"labels": [{"label_id": 1, "tracking_number": "1Z"}]}', "V2 API.*give"),
        (
            "sent.xml",
            b"<AmazonEnvelope><Message><ProcessingReport><StatusCode>Complete</StatusCode></ProcessingReport>"
            b"</Message></AmazonEnvelope>",
            "answer to a feed.*give",
        ),
        ("settled.txt", b"settlement-id\ttransaction-type\n1\tOrder\n", "settlement.*order report"),
        ("skus.csv", b"sku,category\nA,Shoes\n", "give it as categories"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"old kind \(.xls\).*save it as .xlsx"),
        ("a.csv", b"%PDF-1.7 x", "a PDF.*download"),
        ("o.json", b'{"something": [{"else": 1}]}', "not recognised"),
    ],
)
def test_a_file_of_a_kind_that_is_not_read_is_named_with_what_to_give(
    tmp_path, name, content, wanted
):
    """Never with advice about the first line of a JSON."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=wanted) as refused:
        load(path)
    assert name[-4:] != "json" or "first line" not in str(refused.value)


def test_the_present_template_of_confirmations_says_where_a_package_ships_from(tmp_path):
    """With the tab that Amazon leaves at the end of its header."""
    more = [("ship_from_address_name", "CANARY"), ("ship_from_address_countrycode", "CN"), ("", "")]
    path = confirmation(tmp_path, ["2026-09-24"], by="\t", name="c.txt", more=more)
    assert [(p["origin"], p["origin_assumed"]) for p in rows(path)] == [("CN", False)]
    assert "CANARY" not in str(rows(path))


# words of closed lists --------------------------------------------------------------------------


def test_an_unknown_word_of_a_closed_list_is_not_known_and_listed(tmp_path):
    """It costs no row; what may be more than a word is counted and not shown."""
    lines = ["order_id,promised_date,status,fulfilled_by,amazon_label,quantity,skus,order_date"]
    lines += ["1,2026-01-31,refunded,me,perhaps,-1,ann,soon"]
    lines += ["2,2026-01-31,ann@home.example,seller,yes,'2,000',2,2026-01-01".replace("'", '"')]
    path = tmp_path / "p.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    loaded = load(path)
    assert loaded.rejects.is_empty()
    one = loaded.packages.collect().row(0, named=True)
    assert (one["fulfilled_by"], one["amazon_label"]) == (None, None)
    assert loaded.not_known.rows() == [
        ("p.csv", "amazon_label", "perhaps", 1),
        ("p.csv", "fulfilled_by", "me", 1),
        ("p.csv", "order_date", None, 1),
        ("p.csv", "quantity", None, 2),
        ("p.csv", "skus", None, 1),
        ("p.csv", "status", None, 1),
        ("p.csv", "status", "refunded", 1),
    ]


def test_several_words_are_shown_only_where_many_rows_have_them(tmp_path):
    """On a few they may be anybody's name."""
    words = ["Jane Doe", *["lost again"] * 20]
    lines = [f"{n},2026-01-31,{word}" for n, word in enumerate(words)]
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["order_id,promised_date,status", *lines]) + "\n", "utf-8")
    told = load(path).not_known.sort("rows").select("value", "rows").rows()
    assert told == [(None, 1), ("lost again", 20)]


@pytest.mark.parametrize("status", ["Undeliverable", "Delivered to Buyer", "Something New"])
def test_whatever_stands_behind_shipped_is_shipped(tmp_path, status):
    """Amazon's list of such statuses grows."""
    header = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\tsales-channel\n"
    row = f"{ID.format(1)}\t2026-09-03T17:00:00+00:00\tShipped - {status}\tMerchant\tAmazon.com\n"
    path = tmp_path / "all.txt"
    path.write_text(header + row, "utf-8")
    assert [p["status"] for p in rows(path)] == ["shipped"]


def test_layouts_of_shipping_tools_agree_on_what_a_status_means():
    """A delivery is a scan, a label is none, a failure says nothing, whoever writes it."""
    told = {}
    for layout in known_layouts():
        for word, scans in layout.values.get("scans", {}).items():
            told.setdefault(word.upper().replace("IN_", ""), set()).add(scans)
    assert {word: scans for word, scans in told.items() if len(scans) > 1} in (
        {},
        {"TRANSIT": {"", "1"}},  # the Orders API's status is the seller's word, not the carrier's
    )
    assert told["DELIVERED"] == {"1"}
    assert told["PRE_TRANSIT"] == {"0"}


def test_a_free_replacement_has_no_known_value(tmp_path):
    """Its price of 0 is not that of what it replaces, so no rule of values leaves it out."""
    header = (
        "order-id\torder-item-id\tpurchase-date\tpayments-date\tsku\tquantity-purchased\tcurrency\t"
        "item-price\tship-country\tlatest-delivery-date\tis-replacement-order\n"
    )
    line = "{}\t1\t2026-09-03T10:00:00+09:00\t2026-09-03\tS\t1\tJPY\t{}\tJP\t2026-09-10\t{}\n"
    order = tmp_path / "orders.txt"
    order.write_text(
        header
        + line.format(ID.format(0), "0", "true")
        + line.format(ID.format(1), "0", "false")
        + line.format(ID.format(2), "500", "true"),
        "utf-8",
    )
    assert [p["goods_value"] for p in rows(order, marketplace="JP")] == [None, 0.0, 500.0]
    path = confirmation(tmp_path, ["2026-09-04"])
    path.write_text(path.read_text().replace(NUMBER[:-1] + "0", ""))
    verdicts = classify(load([order, path], marketplace="JP").packages).collect()
    assert verdicts.filter(order_id=ID.format(0))["outcome"].item() == "unknown"


@pytest.mark.parametrize("kind", ["a report", "the Orders API v0"])
def test_an_order_whose_word_for_prime_nobody_knows_may_be_one(tmp_path, kind):
    """Where Prime is left out, it is no certain defect; the word is listed."""
    if kind == "a report":
        header = "order-id\torder-item-id\tpurchase-date\tquantity-purchased\tis-prime\n"
        line = "{}\t1\t2026-09-03T10:00:00+01:00\t1\t{}\n"
        words = ["perhaps", "false", "true", ""]
        order = tmp_path / "orders.txt"
        order.write_text(
            header + "".join(line.format(ID.format(n), w) for n, w in enumerate(words))
        )
    else:
        words = ["perhaps", False, True, None]
        order = tmp_path / "getOrders_2026-09-03.json"
        order.write_text(json.dumps([v0(n) | {"IsPrime": w} for n, w in enumerate(words)]))
    blank = confirmation(tmp_path, ["2026-09-04"] * 4)
    blank.write_text(re.sub(NUMBER[:-1] + r"\d", "", blank.read_text()))
    loaded = load([order, blank], marketplace="UK", origin="DE")
    verdicts = classify(loaded.packages).sort("order_id").collect()
    blank_word = None if kind == "a report" else "seller"
    told = ["seller_or_prime", "seller", "seller_prime", blank_word]
    assert verdicts["fulfilled_by"].to_list() == told
    reasons = ["disputed_defect", "missing_number", "prime", "missing_number"]
    assert verdicts["reason"].to_list() == reasons
    assert loaded.not_known.select("value", "rows").rows() == [("perhaps", 1)]
    assert "it may be a Prime order" in explain(loaded.packages, ID.format(0))


# the packages table again -----------------------------------------------------------------------


def test_writing_the_packages_down_and_loading_them_again_changes_nothing(tmp_path):
    """In Parquet, where not known and left blank are two things."""
    first = tmp_path / "getOrders_2026-09-30.json"
    first.write_text(json.dumps([v0(1), v0(2, "Unshipped")]), "utf-8")
    before = load([first, confirmation(tmp_path, ["2026-09-04"])]).packages.collect()
    before = before.with_columns(pl.lit("Toys").cast(pl.Categorical).alias("category"))
    before.write_parquet(tmp_path / "again.parquet")
    after = load(tmp_path / "again.parquet").packages.collect()
    assert after.drop("source").equals(before.drop("source"))


# options ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"origin": "USA"}, "origin 'USA' is no country code; give two letters"),
        ({"origin": {"DE": "Gremany"}}, "did you mean Germany"),
        ({"origin": "XX"}, "no country code"),
        ({"marketplace": "Amazon.dd"}, "none of Amazon's.*did you mean"),
        ({"marketplace": "eBay"}, "none of Amazon's"),
    ],
)
def test_a_code_is_checked_before_anything_is_read(tmp_path, options, wanted):
    """The file is not even there."""
    with pytest.raises(ParameterError, match=wanted):
        load(tmp_path / "missing.csv", **options)


def test_columns_that_are_not_mapped_are_never_part_of_what_is_read(tmp_path):
    """Nor of what is written into the temporary folder, whatever the encoding."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    path = tmp_path / "p.csv"
    text = "order_id,promised_date,buyer-name\n" + "1,2026-01-31,CANARÿ\n" * 40_000
    path.write_bytes(text.encode("utf-16"))
    source = find([path])[0][0]
    assert read_file(source, (), scratch).first.columns == ["order_id", "promised_date", WRONG]
    written = [p.read_bytes() for p in scratch.rglob("*") if p.is_file()]
    assert written
    assert all("CANAR".encode(e) not in w for w in written for e in ("utf-8", "utf-16-le"))
