"""Files that sellers really have: recognised unaided, read as they are meant, and kept apart."""

import csv
import io
import json
import random
import shutil
from datetime import date

import polars as pl
import pytest
from click.testing import CliRunner

from tests import engine
from tests.paths import FIXTURES, ROOT
from vtrkit import load
from vtrkit.cli import main
from vtrkit.errors import InputError, MappingError
from vtrkit.files import absence
from vtrkit.files.absence import Report
from vtrkit.files.checkup import WIDTH
from vtrkit.files.fates import FATES
from vtrkit.files.layouts import read_mapping
from vtrkit.files.read import read as read_file
from vtrkit.files.row_rules import OTHER_SHOP
from vtrkit.files.sources import find

LAYOUTS = FIXTURES / "layouts"
AFTERSHIP = ROOT / "data" / "mappings" / "aftership.toml"
ORDERS = LAYOUTS / "new_orders_45_2026-03-02.txt"
CONFIRMED = LAYOUTS / "confirmation_2026-03-07.txt"
API = LAYOUTS / "orders_api_2026-03-09.json"
VTR = LAYOUTS / "vtr_report_2026-03-01_2026-03-31.csv"
BOTH = [ORDERS, CONFIRMED]
NUMBER = "1Z999AA10123456784"
TAKEN_FOR = {
    "all_orders_33_2026-03-06.txt": ("all_orders", "utf-8-sig"),
    "all_orders_34_2026-05-29.txt": ("all_orders", "utf-16"),
    "confirmation_2026-03-07.txt": ("shipping_confirmation", "utf-8"),
    "confirmation_jp_2026-03-07.txt": ("shipping_confirmation", "cp932"),
    "easypost_2026-03-15.json": ("easypost", "utf-8"),
    "new_orders_2017.txt": ("new_orders", "utf-8"),
    "new_orders_45_2026-03-02.txt": ("new_orders", "utf-8"),
    "orders_api_2026-03-09.json": ("orders_api", "utf-8"),
    "orders_api_2026-03-09.jsonl": ("orders_api", "utf-8"),
    "shippo_2026-03-15.json": ("shippo", "utf-8"),
    "shippo_report_2026-03-15.csv": ("shippo_report", "utf-8"),
    "shipstation_2026-03-14.csv": ("shipstation", "utf-8"),
    "unshipped_orders_30_2026-03-04.txt": ("unshipped_orders", "utf-8"),
    "unshipped_orders_73_2026-03-04.txt": ("unshipped_orders", "utf-8"),
    "vtr_report_2015.txt": ("vtr_report_2015", "utf-8"),
    "vtr_report_2015_de.txt": ("vtr_report_2015", "cp1252"),
    "vtr_report_2021.txt": ("vtr_report_2021", "utf-8"),
    "vtr_report_2026-03-01_2026-03-31.csv": ("vtr_report", "utf-8"),
}


def read(paths, **options):
    """Packages by order and package, with a third of the rows allowed to be voided labels."""
    loaded = load(paths, **{"marketplace": "US", "max_rejected_share": 0.4} | options)
    found = loaded.packages.collect().rows(named=True)
    return loaded, {(p["order_id"][-1], p["package_id"]): p for p in found}


def layout_of(path):
    """What a file alone is taken for, without a row of it being looked at."""
    (source,), _ = find([path])
    return read_file(source, (), path.parent).layout.name


def fates(loaded, file):
    """What became of the rows of a file, without the fates that no row has."""
    row = loaded.summary.filter(file=file).select("rows", *FATES).row(0, named=True)
    assert row.pop("rows") == sum(row.values())
    return {fate: n for fate, n in row.items() if n}


# --- recognition -----------------------------------------------------------------------------


def test_every_kind_of_file_is_recognised_and_no_cell_of_a_buyer_reaches_a_table(tmp_path):
    """All at once, since some only tell of packages that others name.

    Every buyer column of every fixture holds a canary; of no file is one so much as read.
    """
    files = sorted(LAYOUTS.iterdir())
    loaded, _ = read(files, mapping=AFTERSHIP)
    found = {
        line["file"]: (line["layout"], line["encoding"].removeprefix("json, "))
        for line in loaded.summary.to_dicts()
    }
    assert found == TAKEN_FOR | {"aftership_2026-03-15.csv": ("aftership", "utf-8")}
    cells = [read_file(s, read_mapping(AFTERSHIP), tmp_path).first for s in find(files)[0]]
    for told in (loaded.packages.collect(), loaded.rejects, loaded.summary, loaded.doubts, *cells):
        assert "canary" not in json.dumps(told.to_dicts(), default=str).lower()


def test_most_kinds_of_files_have_a_canary():
    encoding = {name: encoding for name, (_, encoding) in TAKEN_FOR.items()}
    texts = [p.read_bytes().decode(encoding.get(p.name, "utf-8")) for p in LAYOUTS.iterdir()]
    assert sum(text.count("CANARY") > 1 for text in texts) >= 15


def test_every_fixture_is_tested():
    """A new one is put into the table; AfterShip's is read by its mapping."""
    assert {p.name for p in LAYOUTS.iterdir()} - {"aftership_2026-03-15.csv"} == set(TAKEN_FOR)


REQUIRED = {
    "new_orders": {
        "order-id", "order-item-id", "purchase-date", "quantity-purchased",
    },
    "unshipped_orders": {"order-id", "order-item-id", "purchase-date", "quantity-to-ship"},
    "all_orders": {"amazon-order-id", "purchase-date", "order-status", "fulfillment-channel"},
    "shipping_confirmation": {"order-id", "ship-date", "carrier-code", "tracking-number"},
    "shipstation": {"order - number", "shipment - tracking number"},
    "shippo_report": {"tracking_number", "tracking_status", "carrier"},
    "vtr_report": {
        "order id", "carrier name", "tracking id", "promised delivery date", "product category",
    },
    "vtr_report_2021": {"order id", "has valid tracking number"},
    "vtr_report_2015": {"order id", "no valid tracking", "bestellnummer",
                        "keine gültige sendungsverfolgungsnummer"},
}  # fmt: skip
"""The headers that a file of each layout cannot lack."""


def table(name):
    """The lines of a fixture, without what stands above its header, and its delimiter."""
    layout, encoding = TAKEN_FOR[name]
    text = (LAYOUTS / name).read_bytes().decode(encoding)
    delimiter = "," if name.endswith("csv") else "\t"
    lines = list(
        csv.reader(
            io.StringIO(text, newline=""),
            delimiter=delimiter,
            quoting=csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE,
        )
    )
    return layout, lines[2:] if "jp" in name else lines, delimiter  # fmt: skip


def written(path, lines, delimiter):
    """A table as UTF-8 text."""
    with path.open("w", newline="", encoding="utf-8") as file:
        quoting = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
        csv.writer(file, delimiter=delimiter, quoting=quoting, quotechar='"').writerows(lines)
    return path


TABLES = sorted(n for n in TAKEN_FOR if not n.endswith(("json", "jsonl")))


@pytest.mark.parametrize("name", TABLES)
def test_columns_in_any_order_without_optional_ones_and_with_unknown_ones(name, tmp_path):
    """Permuted, in capitals, cut down to what is required, and with a column nobody knows."""
    layout, lines, delimiter = table(name)
    needed = REQUIRED[layout]
    keep = [i for i, h in enumerate(lines[0]) if h.lower() in needed]
    random.Random(name).shuffle(keep)
    cut = [[*(row[i] for i in keep), "CANARY"] for row in lines]
    cut[0] = [h.upper() for h in cut[0][:-1]] + ["Something new"]
    assert layout_of(written(tmp_path / f"cut{name[-4:]}", cut, delimiter)) == layout
    mixed = list(range(len(lines[0])))
    random.Random(name).shuffle(mixed)
    path = written(
        tmp_path / f"mixed{name[-4:]}", [[r[i] for i in mixed] for r in lines], delimiter
    )
    assert layout_of(path) == layout


@pytest.mark.parametrize("name", TABLES)
def test_a_file_that_lacks_what_is_required_is_never_taken_for_its_layout(name, tmp_path):
    """It is refused, or is a right one of another layout."""
    layout, lines, delimiter = table(name)
    for needed in sorted(REQUIRED[layout] & {h.lower() for h in lines[0]}):
        keep = [i for i, h in enumerate(lines[0]) if h.lower() != needed]
        path = written(
            tmp_path / f"cut{name[-4:]}", [[r[i] for i in keep] for r in lines], delimiter
        )
        try:
            assert layout_of(path) != layout
        except MappingError as refused:
            assert "not recognised" in str(refused)


@pytest.mark.parametrize(
    ("encoding", "header", "yes"),
    [
        ("cp1252", "Beställnings-ID\tHar giltigt spårningsnummer\tSpårnings-ID", "Ja"),
        ("cp932", "注文番号\t有効なお問い合わせ伝票番号\t追跡番号", "はい"),
    ],
)
def test_a_header_beyond_ascii_tells_the_encoding(tmp_path, encoding, header, yes):
    """Swedish letters are Japanese ones to the wrong reader, and fit no layout as such."""
    path = tmp_path / "vtr_2021-06-30.txt"
    path.write_bytes(f"{header}\n206-7000000-0000001\t{yes}\tJV123456785GB\n".encode(encoding))
    loaded, found = read(path)
    assert loaded.summary.select("layout", "encoding").row(0) == ("vtr_report_2021", encoding)
    assert [p["reported_valid"] for p in found.values()] == [True]


# --- what each says --------------------------------------------------------------------------


def test_confirmations_name_the_packages_of_the_orders():
    """Two numbers are two packages; the promised day is the order report's latest delivery day."""
    loaded, found = read(BOTH)
    assert {i for o, i in found if o == "2"} == {"9400100000000000000000", "771234567890"}
    assert found["1", NUMBER]["promised_date"] == date(2026, 3, 10)
    assert found["3", "1Z999AA10123456793"]["fulfilled_by"] == "seller_prime"
    assert found["4", "1"]["tracking_number"] == ""
    assert found["4", "1"]["carrier"] == "Bob's Vans"
    assert found["5", "1"]["status"] == "unshipped"
    assert fates(loaded, ORDERS.name) == {"packages": 2, "attached": 4}


def test_stamps_become_days_of_the_marketplace_that_currency_or_country_tell(tmp_path):
    """Neither report names one; 06:59 UTC is still the day before in the US."""
    orders, unshipped = tmp_path / ORDERS.name, tmp_path / "unshipped_2026-03-04.txt"
    for path, source, told in (
        (orders, ORDERS, "2026-03-10T23:59:59-07:00"),
        (unshipped, LAYOUTS / "unshipped_orders_73_2026-03-04.txt", "2026-03-05T18:29:59+00:00"),
    ):
        text = source.read_text("utf-8").replace(told, "2026-03-11T06:59:59+00:00")
        path.write_text(text, "utf-8")
    for options in ({"marketplace": "US"}, {"marketplace": None}):
        promised = {p["promised_date"] for p in read(orders, **options)[1].values()}
        ship_by = {p["ship_by_date"] for p in read(unshipped, **options)[1].values()}
        assert promised == ship_by == {date(2026, 3, 10)}


def test_who_cannot_tell_prime_apart_does_not_undo_who_can(tmp_path):
    """Merchant in a newer all orders report says that Amazon did not ship, no more."""
    path = tmp_path / "all_orders_2026-05-29.txt"
    header = "amazon-order-id\tpurchase-date\torder-status\tfulfillment-channel\n"
    line = "114-7000000-0000003\t2026-03-01T17:12:00+00:00\tShipped\t{}\n"
    path.write_text(header + line.format("Merchant"), "utf-8")
    assert read([*BOTH, path])[1]["3", "1Z999AA10123456793"]["fulfilled_by"] == "seller_prime"
    path.write_text(header + line.format("Amazon"), "utf-8")
    assert read([*BOTH, path])[1]["3", "1Z999AA10123456793"]["fulfilled_by"] == "amazon"


def test_an_old_order_report_has_no_promised_day():
    """And its packages are undated rather than guessed."""
    _, found = read(LAYOUTS / "new_orders_2017.txt")
    assert {p["promised_date"] for p in found.values()} == {None}
    assert {p["marketplace"] for p in found.values()} == {"US"}


def test_unshipped_orders_have_a_day_to_ship_by_and_are_exempt():
    """Their promise-date is no delivery day."""
    _, found = read(LAYOUTS / "unshipped_orders_30_2026-03-04.txt", marketplace="IN")
    assert {p["status"] for p in found.values()} == {"unshipped"}
    assert {p["ship_by_date"] for p in found.values()} == {date(2026, 3, 5)}
    assert {p["promised_date"] for p in found.values()} == {None}
    _, found = read(LAYOUTS / "unshipped_orders_73_2026-03-04.txt", marketplace="US")
    assert {(p["origin"], p["fulfilled_by"]) for p in found.values()} == {
        ("US", "seller"),
        ("CN", "seller_prime"),
    }


def test_rows_of_amazon_and_cancelled_ones_are_packages_that_do_not_count():
    """They do not vanish."""
    loaded, found = read([*BOTH, LAYOUTS / "all_orders_33_2026-03-06.txt"])
    assert found["6", "1"]["status"] == "cancelled"
    assert found["7", "1"]["fulfilled_by"] == "amazon"
    assert ("8", "1") not in found  # an order of another shop, which Amazon only fulfils
    assert loaded.rejects["rule"].to_list() == [OTHER_SHOP]
    assert {p["status"] for (o, _), p in found.items() if o in "12"} == {"shipped"}
    assert loaded.summary["rows"].sum() == 16


def test_an_order_of_which_a_line_is_shipped_is_shipped():
    """One line shipped, one to be shipped; a pending order is not."""
    _, found = read(LAYOUTS / "all_orders_34_2026-05-29.txt")
    assert {o: p["status"] for (o, _), p in found.items()} == {
        "4": "shipped", "6": "cancelled", "9": "unshipped",
    }  # fmt: skip
    assert found["4", "1"]["tracking_number"] is None


def test_a_confirmation_from_japan_has_three_header_lines():
    """In Shift_JIS; the carrier's name stands behind OTHER."""
    _, found = read(LAYOUTS / "confirmation_jp_2026-03-07.txt", marketplace="JP")
    assert [(p["carrier"], p["ship_date"].day) for p in found.values()] == [
        ("ヤマト運輸", 3),
        ("佐川急便", 4),
    ]
    assert list(found) == [("1", "451234567890"), ("2", "401234567890")]


@pytest.mark.parametrize("kind", ["json", "jsonl"])
def test_the_orders_api_names_packages_by_amazons_reference(kind):
    """A delivered package was scanned; orders without packages keep their status."""
    _, found = read(API.with_suffix(f".{kind}"))
    assert set(found) == {("1", "1"), ("2", "1"), ("2", "2"), ("5", "1"), ("6", "1"), ("7", "1")}
    assert found["1", "1"]["scans"] == 1
    assert found["2", "2"]["scans"] is None
    assert found["2", "2"]["ship_date"] == date(2026, 3, 4)
    assert {p["promised_date"] for p in found.values()} == {date(2026, 3, 10)}
    assert found["5", "1"]["status"] == "unshipped"
    assert found["6", "1"]["status"] == "cancelled"
    assert (found["7", "1"]["fulfilled_by"], found["7", "1"]["tracking_number"]) == ("amazon", None)


def test_a_package_of_the_api_and_one_of_a_confirmation_meet_by_their_number():
    """Whichever is newer; Amazon's reference is the name of both."""
    loaded, found = read([*BOTH, API])
    assert {i for o, i in found if o in "12"} == {"1", "2"}
    assert found["1", "1"]["carrier"] == "UPS"
    assert loaded.summary["restated"].sum() == 0
    older, _ = read([*BOTH, API], seen=date(2026, 3, 1))
    assert older.packages.collect().height == loaded.packages.collect().height


def test_shipping_tools_add_facts_and_name_no_packages():
    """Voided labels, other shops' orders and orders without a label make no package."""
    loaded, found = read([*BOTH, LAYOUTS / "shipstation_2026-03-14.csv"])
    assert set(found) == set(read(BOTH)[1])
    assert found["1", NUMBER]["delivered_date"] == date(2026, 3, 6)
    assert found["2", "9400100000000000000000"]["delivered_date"] == date(2026, 3, 13)
    assert found["4", "1"]["carrier"] == "Bob's Vans"
    assert found["4", "1"]["tracking_number"] == ""
    assert fates(loaded, "shipstation_2026-03-14.csv") == {
        "attached": 4, "unmatched": 2,
    }  # fmt: skip
    rules = dict(loaded.rejects.select("row", "rule").rows())
    assert rules == {3: "the label was voided", 4: "order_id is in no file of orders or packages"}


def test_voided_labels_are_not_wrong_rows(tmp_path):
    """A tool that voids half of its labels is read nevertheless; they are kept, with their rule."""
    header = "Order - Number,Shipment - Tracking Number,Shipment - Void Flag,Date - Shipped Date\n"
    lines = [f"114-7000000-000000{n},1Z{n},{n > 3},3/3/2026\n" for n in range(1, 8)]
    path = tmp_path / "shipstation_2026-03-14.csv"
    path.write_text(header + "".join(lines), "utf-8")
    loaded, found = read(path, max_rejected_share=0.0)
    assert set(found) == {(f"{n}", f"1Z{n}") for n in (1, 2, 3)}
    assert fates(loaded, path.name) == {"packages": 3, "unmatched": 4}
    assert loaded.rejects["rule"].to_list() == ["the label was voided"] * 4


def test_a_shipping_tool_names_packages_where_nothing_else_does():
    """Beside an order report alone, or quite alone."""
    _, found = read([ORDERS, LAYOUTS / "shipstation_2026-03-14.csv"])
    assert found["1", NUMBER]["carrier"] == "UPS"
    assert found["5", "1"]["status"] == "unshipped"
    _, found = read(LAYOUTS / "shipstation_2026-03-14.csv")
    assert ("1", NUMBER) in found


def test_label_events_are_no_scans():
    """A tracker with nothing but label events has none; one without events is not known."""
    loaded, found = read([*BOTH, LAYOUTS / "easypost_2026-03-15.json"])
    one = found["1", NUMBER]
    assert (one["scans"], one["scanned_by"]) == (3, "UPS")
    assert one["first_scan_date"] == date(2026, 3, 3)  # 02:30 UTC is the day before in the US
    assert one["delivered_date"] == date(2026, 3, 6)
    assert found["2", "9400100000000000000000"]["scans"] == 0
    assert found["2", "771234567890"]["scans"] is None
    assert fates(loaded, "easypost_2026-03-15.json") == {"attached": 3, "unmatched": 1}
    assert loaded.rejects["rule"][0].startswith("no other file of its account has this")


def test_shippos_tracks_and_its_report():
    """Manifests are no scans, attempts have a day; the report has stamps in seconds."""
    _, found = read([*BOTH, LAYOUTS / "shippo_2026-03-15.json"])
    one = found["1", NUMBER]
    assert (one["scans"], one["attempted_date"]) == (3, date(2026, 3, 5))
    assert found["2", "9400100000000000000000"]["scans"] == 0
    assert found["2", "771234567890"]["scans"] == 1
    _, found = read([*BOTH, LAYOUTS / "shippo_report_2026-03-15.csv"])
    assert found["1", NUMBER]["delivered_date"] == date(2026, 3, 6)
    assert found["1", NUMBER]["scans"] is None
    assert found["2", "9400100000000000000000"]["scans"] == 0
    assert found["3", "1Z999AA10123456793"]["scans"] is None


def test_an_export_like_aftership_is_read_by_its_mapping():
    """The example in data/mappings."""
    path = LAYOUTS / "aftership_2026-03-15.csv"
    _, found = read([*BOTH, path], mapping=AFTERSHIP)
    assert [
        found[k]["scans"] for k in [("2", "9400100000000000000000"), ("2", "771234567890")]
    ] == [
        0,
        1,
    ]
    assert found["1", NUMBER]["delivered_date"] == date(2026, 3, 6)


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("vtr_report_2015.txt", [True, False, True]),
        ("vtr_report_2015_de.txt", [True, False]),
        ("vtr_report_2021.txt", [True, False]),
    ],
)
def test_older_reports_have_a_verdict_on_every_package(name, verdicts):
    """X under No Valid Tracking, or No under Has Valid Tracking Number."""
    _, found = read(LAYOUTS / name)
    assert [p["reported_valid"] for p in found.values()] == verdicts
    assert {p["reported_by"] for p in found.values()} == {"Amazon's Valid Tracking report"}


# --- the report that lists defects only ------------------------------------------------------


def test_a_report_of_defects_gives_verdicts_and_its_silence_counts():
    """Listed packages are defects, others that it covers are valid; strangers are unmatched."""
    loaded, found = read([*BOTH, VTR])
    told = {key: (p["reported_valid"], p["reported_by"]) for key, p in found.items()}
    listed = (False, "Amazon's Valid Tracking report")
    silent = (True, "absence from Amazon's Valid Tracking report")
    assert told == {
        ("1", NUMBER): silent,
        ("2", "9400100000000000000000"): listed,
        ("2", "771234567890"): silent,
        ("3", "1Z999AA10123456793"): silent,
        ("4", "1"): listed,
        ("5", "1"): (None, None),
        ("6", "1"): (None, None),
    }
    assert found["2", "9400100000000000000000"]["category"] == "Shoes"
    assert fates(loaded, VTR.name) == {"attached": 2, "unmatched": 1}
    said = loaded.summary.filter(file=VTR.name).select("by_absence", "covers").row(0)
    assert said == (3, "2026-03-01 to 2026-03-31")


def test_silence_can_be_switched_off():
    """Then only what the report lists has a verdict."""
    _, found = read([*BOTH, VTR], absence=False)
    assert [p["reported_valid"] for p in found.values()].count(True) == 0
    assert [p["reported_valid"] for p in found.values()].count(False) == 2


def renamed(folder, name, lines=None):
    """The report under another name, or only some of its lines."""
    text = VTR.read_text("utf-8").splitlines(keepends=True)
    path = folder / name
    path.write_text("".join(text if lines is None else text[:lines]), "utf-8")
    return path


_ROW = "114-7000000-000000{},{},{},US,{},,std-us,Y,Y,Y,N,30.00,Shoes{}"
UNUSABLE = {
    "no day": (_ROW.format(1, "UPS", NUMBER, "see note", ""), ["1"]),
    "a day that is none": (_ROW.format(3, "UPS", "", "31.02.2026", ""), ["3"]),
    "cells too many": (_ROW.format(1, "UPS", NUMBER, "2026-03-10", ",x,y"), ["1"]),
    "what a spreadsheet left": (_ROW.format(2, "USPS", "1.23E+15", "2026-03-10", ""), ["2", "2"]),
    "another number": (_ROW.format(2, "UPS", "1Z999AA10123456777", "2026-03-10", ""), ["2", "2"]),
    "no number": (_ROW.format(2, "UPS", "", "2026-03-10", ""), ["2", "2"]),
    "no order": (_ROW.format(1, "UPS", NUMBER, "2026-03-10", "")[19:], []),
    "an order shifted": ("x,y" + _ROW.format(1, "UPS", NUMBER, "2026-03-10", ",z")[19:], []),
}


def with_row(folder, row):
    """The doubts and the orders that are valid by absence from a report with one more row."""
    path = renamed(folder, VTR.name, lines=1)
    path.write_text(path.read_text("utf-8") + row + "\n", "utf-8")
    loaded, found = read([*BOTH, path], max_rejected_share=1)
    valid = [order for (order, _), p in found.items() if p["reported_valid"]]
    listed = loaded.doubts.filter(rule=absence.UNUSED)["order_id"].str.slice(-1)
    return loaded, valid, sorted(listed)


@pytest.mark.parametrize(("row", "orders"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_row_that_cannot_be_used_lists_its_order_all_the_same(tmp_path, row, orders):
    """Its packages are not known; without an order nobody knows what the report leaves out."""
    loaded, valid, listed = with_row(tmp_path, row)
    everything = ["1", "2", "2", "3", "4"]
    left_out = [order for order in everything if order not in orders] if orders else []
    assert (valid, listed) == (left_out, orders)
    assert [VTR.name in note for note in loaded.notes] == ([] if orders else [True])


def test_what_a_newer_report_leaves_open_no_older_one_settles(tmp_path):
    """The newest has the say, and it lists the order."""
    newer = tmp_path / "vtr_2026-03-01_2026-03-31_2026-04-15.csv"
    row, _ = UNUSABLE["no day"]
    older = renamed(tmp_path, VTR.name, lines=1)
    newer.write_text(older.read_text("utf-8") + row + "\n", "utf-8")
    for files in ([*BOTH, older, newer], [newer, older, *BOTH]):
        _, found = read(files, max_rejected_share=1)
        assert [p["reported_valid"] for p in found.values()].count(True) == 4


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_report_of_which_unused_rows_are_forgotten_fails_its_spec(tmp_path, monkeypatch, kind):
    """The mutant of the rule."""
    forgetful = lambda **told: Report(**told | {"unused": frozenset()})  # noqa: E731
    monkeypatch.setattr(absence, "Report", forgetful)
    assert with_row(tmp_path, UNUSABLE[kind][0])[1] == ["1", "2", "2", "3", "4"]


def test_the_days_that_a_report_covers_are_stated_or_assumed(tmp_path):
    """By its name, by options, or else its first and last promised day."""
    path = renamed(tmp_path, "vtr.csv")
    loaded, _ = read([*BOTH, path], seen=date(2026, 3, 20))
    said = loaded.summary.filter(file="vtr.csv").select("by_absence", "covers").row(0)
    assert said == (
        3, "2026-03-10 to 2026-03-11 (assumed: its first and last promised day)",
    )  # fmt: skip
    days = {"report_from": date(2026, 3, 11), "report_to": date(2026, 3, 31)}
    loaded, _ = read([*BOTH, path], seen=date(2026, 3, 20), **days)
    said = loaded.summary.filter(file="vtr.csv").select("by_absence", "covers").row(0)
    assert said == (0, "2026-03-11 to 2026-03-31")


def test_an_empty_report_with_a_stated_range_says_that_all_are_valid(tmp_path):
    """Where the account has one marketplace, which need not be named."""
    path = renamed(tmp_path, VTR.name, lines=1)
    loaded, found = read([*BOTH, path])
    assert loaded.summary.filter(file=VTR.name)["by_absence"].item() == 5
    assert {p["reported_valid"] for p in found.values()} == {True, None}
    loaded, _ = read([*BOTH, renamed(tmp_path, "vtr.csv", lines=1)])
    assert loaded.summary.filter(file="vtr.csv")["by_absence"].item() == 0


def test_the_newest_report_that_covers_a_day_has_the_say(tmp_path):
    """What an older one listed and a newer one does not was mended."""
    newer = renamed(tmp_path, "vtr_2026-03-01_2026-03-31_2026-04-15.csv", lines=1)
    loaded, found = read([*BOTH, VTR, newer])
    assert [p["reported_valid"] for p in found.values()].count(False) == 0
    assert loaded.summary.filter(file=newer.name)["by_absence"].item() == 5
    again, _ = read([newer, VTR, *BOTH[::-1]])
    assert again.packages.collect().equals(loaded.packages.collect())


def test_another_account_or_marketplace_is_not_spoken_of(tmp_path):
    """A report in one account's folder says nothing of the other's packages."""
    for account in ("a", "b"):
        (tmp_path / account).mkdir()
        for path in BOTH:
            (tmp_path / account / path.name).write_bytes(path.read_bytes())
    renamed(tmp_path / "a", VTR.name)
    told = load(tmp_path).packages.filter(reported_valid=True).collect()
    assert set(told["account"]) == {"a"}


def test_a_report_of_defects_alone_says_what_is_missing():
    """Instead of 0 %."""
    with pytest.raises(InputError, match=r"another file has to name\. Add Amazon's order report"):
        load(VTR)
    with pytest.raises(InputError, match="EasyPost trackers"):
        load(LAYOUTS / "easypost_2026-03-15.json")


# --- joining ---------------------------------------------------------------------------------

SIX = [
    ORDERS,
    CONFIRMED,
    API,
    VTR,
    LAYOUTS / "all_orders_33_2026-03-06.txt",
    LAYOUTS / "shipstation_2026-03-14.csv",
    LAYOUTS / "easypost_2026-03-15.json",
]


def test_the_order_of_files_does_not_matter_and_the_same_file_twice_changes_nothing(tmp_path):
    """For files of seven layouts together, of which each row has exactly one fate."""
    once, found = read(SIX)
    for name in once.summary["file"]:
        fates(once, name)
    assert once.summary["packages"].sum() == len(found)
    copies = [shutil.copy(path, tmp_path) for path in SIX]
    for files in (SIX[::-1], [*SIX, *copies], [*copies[::2], *SIX]):
        mixed = random.Random(len(files)).sample(files, len(files))
        assert read(mixed)[0].packages.collect().equals(once.packages.collect())


# --- categories ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.csv", "sku,category\nsku-1,Books\nSKU-2,Books\nSKU-9,\n"),
        ("c.csv", "Category;Name;SKU\nBooks;x;SKU-1\nBooks;x;SKU-2\n"),
        ("c.toml", '[sku]\n"SKU-1" = "Books"\n[asin]\n"SKU-2" = "Books"\n'),
        ("c.toml", '"SKU-1" = "Books"\n"SKU-2" = "Books"\n'),
    ],
)
def test_the_sellers_own_table_goes_before_amazons_report(tmp_path, name, text):
    """By sku or asin, as CSV or TOML."""
    path = tmp_path / name
    path.write_text(text, "utf-8")
    _, found = read([*BOTH, VTR], categories=path)
    assert {p["category"] for (o, _), p in found.items() if o in "12"} == {"Books"}
    assert found["4", "1"]["category"] == "Toys"
    assert found["5", "1"]["category"] == "(unknown)"


def test_a_category_is_learnt_from_other_orders_of_the_same_sku(tmp_path):
    """Where all of them agree."""
    lines = ORDERS.read_text("utf-8").replace("SKU-5", "SKU-4").replace("SKU-6", "SKU-2")
    (tmp_path / ORDERS.name).write_text(lines, "utf-8")
    _, found = read([tmp_path / ORDERS.name, CONFIRMED, VTR])
    assert found["5", "1"]["category"] == "Toys"
    assert found["6", "1"]["category"] == "Shoes"
    assert found["3", "1Z999AA10123456793"]["category"] == "(unknown)"


def test_skus_without_a_category_are_listed_and_stand_nowhere_else(tmp_path):
    """So that the list can be filled in and given back."""
    loaded, _ = read(BOTH)
    assert loaded.uncategorised["sku"].to_list() == [f"SKU-{n}" for n in range(1, 7)]
    path = tmp_path / "skus.csv"
    loaded.uncategorised.with_columns(category=pl.lit("Toys")).write_csv(path)
    loaded, found = read(BOTH, categories=path)
    assert {p["category"] for p in found.values()} == {"Toys"}
    assert loaded.uncategorised.is_empty()
    assert "SKU-" not in repr(loaded) + loaded._repr_html_()


@pytest.mark.parametrize("text", ["", "name,colour\na,b\n", "sku,category\nSKU-1,\n"])
def test_a_table_without_categories_is_refused(tmp_path, text):
    """By name, with what it needs."""
    path = tmp_path / "c.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"c\.csv: no category in it; it needs a column sku"):
        read(BOTH, categories=path)
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        read(BOTH, categories=tmp_path / "none.csv")
    path = tmp_path / "rules.toml"
    path.write_text("[policy.default]\ntarget = 0.95\n", "utf-8")
    with pytest.raises(InputError, match=r"^rules\.toml: policy has no category; write"):
        read(BOTH, categories=path)


# --- look and report -------------------------------------------------------------------------


def test_what_is_missing_is_said_first():
    """With the file that would give it; what is known is not mentioned."""
    told = repr(read(BOTH)[0]).splitlines()
    assert told[0] == (
        "Missing, of 5 packages shipped: a scan or Amazon's verdict for 4 (the tracking export of "
        "the carrier or shipping tool, or Amazon's Valid Tracking report, would give it); a "
        "category for 5 (a table of sku and category, given as --categories; vtrkit look --out "
        "prepares it, would give it)."
    )
    assert told[1].startswith("file | layout | encoding")
    loaded, _ = read([*BOTH, VTR], origin="US")
    assert "for 5" not in repr(loaded)
    assert "verdict" not in repr(loaded).splitlines()[0]


def test_a_loaded_table_is_shown_as_text_in_a_notebook(tmp_path):
    """No markup of a file's name runs."""
    path = tmp_path / "<b>2026-03-02.txt"
    path.write_bytes(ORDERS.read_bytes())
    shown = read([path])[0]._repr_html_()
    assert "<b>" not in shown
    assert "&lt;b&gt;" in shown


def test_look_prints_what_files_are_and_writes_the_skus(tmp_path):
    """Without rendering anything; the answer first, in 80 columns."""
    out = tmp_path / "skus.csv"
    arguments = ["look", *map(str, SIX), "--max-rejected", "0.5", "--out", str(out)]
    told = CliRunner().invoke(main, arguments)
    assert told.exit_code == 0, told.output
    assert told.output.splitlines()[0].startswith(
        "8 packages from 7 files, 3 Mar to 10 Mar 2026; no "
    )
    assert max(map(len, told.output.splitlines())) <= WIDTH
    assert "- a category, for 2 packages" in told.output
    for kind in ("Amazon all orders report", "Amazon Orders API 2026-01-01", "ShipStation export"):
        assert kind in told.output
    assert "- the label was voided: 1 row" in told.output
    assert "canary" not in told.output.lower()
    skus = pl.read_csv(out)
    assert skus.columns == ["sku", "asin", "category", "lines"]
    assert "SKU-3" in skus["sku"].to_list()


@engine.no_kernel()
def test_a_folder_of_six_kinds_renders_one_report_whose_rows_add_up(tmp_path):
    """And its notes begin with what is missing; no canary is on the page."""
    for path in SIX:
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / path.name).write_bytes(path.read_bytes())
    out = tmp_path / "out"
    told = CliRunner().invoke(main, ["report", str(tmp_path / "in"), "--out", str(out)])
    assert told.exit_code == 0, told.output
    figures = json.loads((out / "report.json").read_text("utf-8"))
    assert len({f["layout"] for f in figures["inputs"]}) == 7
    for f in figures["inputs"]:
        assert f["rows"] == sum(f[fate] for fate in FATES)
    assert figures["notes"][0].startswith("Missing, of ")
    for path in out.rglob("*"):
        if path.is_file():
            assert b"CANARY" not in path.read_bytes(), path.name


# --- days and amounts ------------------------------------------------------------------------


def dated(folder, *days, header="order_id,promised_date"):
    """A small table of packages with these promised days."""
    path = folder / "p.csv"
    lines = [f"{n},{day}" for n, day in enumerate(days, 1)]
    path.write_text("\n".join([header, *lines]) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("days", "first"),
    [
        (["05/06/2026", "13/06/2026"], date(2026, 6, 5)),
        (["05/06/2026", "06/13/2026"], date(2026, 5, 6)),
        (["05/06/2026 4:00 PM", "6/13/2026 11:00:00 AM"], date(2026, 5, 6)),
        (["05/05/2026", "06/06/2026"], date(2026, 5, 5)),
        (["05.06.2026", "07.06.2026"], date(2026, 6, 5)),
    ],
)
def test_all_rows_of_a_file_decide_whether_the_day_stands_first(tmp_path, days, first):
    """A part above 12 is a day; where no day means another, it does not matter."""
    _, found = read(dated(tmp_path, *days))
    assert found["1", "1"]["promised_date"] == first


def test_days_that_fit_both_ways_are_refused_with_the_option_that_settles_them(tmp_path):
    """Rather than read one way or the other."""
    path = dated(tmp_path, "05/06/2026", "07/06/2026")
    with pytest.raises(InputError, match=r"p\.csv: days such as .*--day-first or --month"):
        read(path)
    assert read(path, day_first=True)[1]["1", "1"]["promised_date"] == date(2026, 6, 5)
    assert read(path, day_first=False)[1]["1", "1"]["promised_date"] == date(2026, 5, 6)


def test_a_dot_before_three_digits_is_one_of_thousands_unless_other_amounts_have_a_point(tmp_path):
    """Nobody prices to a tenth of a cent; a column that has a decimal point keeps it."""
    for cells, values in [
        (["1.234", "12,50"], [1234.0, 12.5]),
        (["1.234"], [1234.0]),
        (["1.234.567", "8"], [1234567.0, 8.0]),
        (["1.234 €", "8"], [1234.0, 8.0]),
        (["1.234", "12.5"], [1.234, 12.5]),
        (["1.234", "1,234.50"], [1.234, 1234.5]),
        (["0.125"], [0.125]),
    ]:
        path = tmp_path / "p.csv"
        lines = [f'{n},2026-01-31,"{cell}"' for n, cell in enumerate(cells)]
        path.write_text("\n".join(["order_id,promised_date,goods_value", *lines, ""]), "utf-8")
        found = read(path)[1]
        assert [found[f"{n}", "1"]["goods_value"] for n in range(len(cells))] == values


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1.210,00 €", 1210.0),
        ("12,5", 12.5),
        ("£1,210.50", 1210.5),
        ("1,210", 1210.0),
        ("7.5", 7.5),
    ],
)
def test_amounts_with_decimal_commas_and_signs_of_currencies(tmp_path, cell, value):
    """As reports of several countries write them."""
    path = tmp_path / "p.csv"
    path.write_text(f'order_id,promised_date,goods_value\n1,2026-01-31,"{cell}"\n', "utf-8")
    assert read(path)[1]["1", "1"]["goods_value"] == value
