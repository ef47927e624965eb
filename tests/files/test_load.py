"""Files become packages: every row accounted for, whatever the order and kind of the files."""

import shutil
import sys
from datetime import date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import xlsxwriter

from tests.paths import FIXTURES, ROOT
from vtrkit import classify, load, rates, tally
from vtrkit.errors import InputError, MappingError, RejectedError, UnrecognisedError, VtrkitError
from vtrkit.files.categories import read_categories, with_filled
from vtrkit.files.fates import FATES
from vtrkit.files.matching import keyed
from vtrkit.files.named_days import days_in_name
from vtrkit.schema import PACKAGE_KEY, PACKAGES

SCMS = ROOT / "data" / "mappings" / "scms.toml"
ORDERS = FIXTURES / "orders_2026-01-10.txt"
FIRST = FIXTURES / "confirmation_2026-01-12.txt"
SECOND = FIXTURES / "confirmation_2026-01-15.txt"
AMAZON = [ORDERS, FIRST, SECOND]
ID = "111-1111111-000000"


@cache
def amazon():
    """The load that most tests look at."""
    return load(AMAZON, marketplace="US")


@cache
def packages_of_table():
    """The packages of a plain CSV of the table that is written in every kind."""
    with TemporaryDirectory() as folder:
        TABLE.write_csv(Path(folder) / "expected.csv")
        return packages(load(Path(folder) / "expected.csv"))


def packages(loaded, *drop):
    """The packages as dicts, without the columns that say where they come from."""
    return loaded.packages.drop("source", "seen_at", *drop).collect().rows(named=True)


def by_number(loaded):
    """The packages by the last digit of the order and the package."""
    return {(p["order_id"][-1], p["package_id"]): p for p in packages(loaded)}


def write(folder, name, text):
    """A file of text."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def canonical(folder, *lines, name="p.csv", header="order_id,promised_date,scans"):
    """A small table of packages."""
    return write(folder, name, "\n".join([header, *lines]) + "\n")


def fates(loaded):
    """What became of the rows of each file, without the fates that no row has."""
    rows = loaded.summary.select("file", *FATES).rows(named=True)
    return {r.pop("file"): {fate: n for fate, n in r.items() if n} for r in rows}


# --- an order report and its confirmations ---------------------------------------------------


def test_an_order_of_several_lines_is_one_package_with_their_values_added_up():
    """Three lines at Amazon, one box: 10.10 + 25.50 + 4.25."""
    p = by_number(amazon())["1", "1Z999AA10123456784"]
    assert (p["goods_value"], p["shipping_value"], p["tax_value"]) == (39.85, 14.97, 2.4)
    assert (p["carrier"], p["ship_method"], p["currency"]) == ("UPS", "UPS Ground", "USD")


def test_a_split_order_is_as_many_packages_as_numbers():
    """The order's own rows tell of both packages; blanks in a number tell nothing apart."""
    found = by_number(amazon())
    split = [p for (order, _), p in found.items() if order == "2"]
    assert [p["package_id"] for p in split] == ["9400100000000000000000", "9400100000000000000017"]
    assert [p["ship_date"] for p in split] == [date(2026, 1, 11), date(2026, 1, 12)]
    assert {p["promised_date"] for p in split} == {date(2026, 1, 20)}


def test_a_corrected_number_replaces_the_package_and_counts_as_restated():
    """The newest export that names packages of an order fixes which exist."""
    loaded = amazon()
    assert [p for o, p in by_number(loaded) if o == "3"] == ["1Z999AA10123456784"]
    restated = dict(loaded.summary.select("file", "restated").rows())
    assert restated == {FIRST.name: 1, SECOND.name: 0, ORDERS.name: 0}
    before = load([ORDERS, FIRST], marketplace="US")
    assert [p for o, p in by_number(before) if o == "3"] == ["1Z999AA1012345678X"]


def test_an_order_without_confirmation_is_not_shipped():
    """It is one package, and exempt."""
    loaded = amazon()
    assert by_number(loaded)["4", "1"]["status"] == "unshipped"
    reasons = classify(loaded.packages).select("order_id", "reason").collect()
    assert dict(reasons.rows())[f"{ID}4"] == "not_shipped"


def test_what_a_confirmation_says_of_carrier_and_number():
    """Behind `Other` stands the carrier's name; `NULL` deletes a number as a blank one does."""
    found = by_number(amazon())
    assert found["5", "BV77"]["carrier"] == "Bob's Vans"
    assert found["6", "1"]["tracking_number"] == ""
    assert found["6", "1"]["status"] == "shipped"


def test_a_confirmation_does_not_undo_what_the_order_report_knows():
    """A Prime order stays one, though the newer confirmation does not say so."""
    found = by_number(load(AMAZON, marketplace="UK"))
    assert {p["fulfilled_by"] for (o, _), p in found.items() if o == "5"} == {"seller_prime"}
    assert {p["fulfilled_by"] for (o, _), p in found.items() if o != "5"} == {"seller"}


def test_the_rows_of_every_file_add_up():
    """Read = packages + merged + attached + duplicates + unmatched + rejected."""
    loaded = amazon()
    assert fates(loaded) == {
        FIRST.name: {"packages": 5, "merged": 2, "attached": 1},
        SECOND.name: {"packages": 1},
        ORDERS.name: {"packages": 1, "attached": 7},
    }
    assert loaded.summary["rows"].to_list() == [8, 1, 8]
    assert loaded.summary["layout"].to_list() == ["shipping_confirmation"] * 2 + ["new_orders"]
    assert loaded.seen_to == date(2026, 1, 15)


@pytest.mark.parametrize("files", [AMAZON[::-1], [SECOND, ORDERS, FIRST], FIXTURES / "*"])
def test_the_order_of_files_does_not_matter(files, tmp_path):
    """Nor does giving a folder instead of its files."""
    if isinstance(files, Path):
        files = tmp_path
        for path in AMAZON:
            shutil.copy(path, tmp_path)
    told, expected = load(files, marketplace="US"), amazon()
    assert told.packages.collect().equals(expected.packages.collect())
    assert told.summary.equals(expected.summary)


@pytest.mark.parametrize("copied", AMAZON)
def test_the_same_file_twice_changes_nothing(copied, tmp_path):
    """All rows of the one that is older by name or place are duplicates; no value doubles."""
    once = amazon()
    twice = load([*AMAZON, copied], marketplace="US")
    assert packages(twice) == packages(once)
    told = [f for f in twice.summary.rows(named=True) if f["file"] == copied.name]
    assert sorted(f["duplicates"] == f["rows"] for f in told) == [False, True]
    renamed = shutil.copy(copied, tmp_path / "copy_2026-01-09.txt")
    again = load([*AMAZON, renamed], marketplace="US")
    assert packages(again) == packages(once)
    assert (
        again.summary.filter(file="copy_2026-01-09.txt")["duplicates"].item()
        == once.summary.filter(file=copied.name)["rows"].item()
    )


def test_the_line_of_highest_value_decides_the_category(tmp_path):
    """Of several lines in a package, and among those whose category is known."""
    header = "order_id,promised_date,category,goods_value"
    lines = ["1,2026-01-20,Toys,3", "1,2026-01-20,Shoes,30", "1,2026-01-20,,300"]
    p = packages(load(canonical(tmp_path, *lines, header=header)))
    assert [(x["category"], x["goods_value"]) for x in p] == [("Shoes", 333.0)]


def test_two_equal_lines_of_one_export_are_two_items(tmp_path):
    """Where rows are lines of an order their values add up, equal or not."""
    header = "order_id,promised_date,goods_value"
    loaded = load(canonical(tmp_path, "1,2026-01-20,5.05", "1,2026-01-20,5.05", header=header))
    assert packages(loaded)[0]["goods_value"] == 10.1
    assert fates(loaded) == {"p.csv": {"packages": 1, "merged": 1}}


def test_two_equal_rows_that_name_a_package_are_one(tmp_path):
    """Where rows are packages the second one repeats the first, and adds no value."""
    header = "order_id,promised_date,goods_value,tracking_number"
    line = "1,2026-01-20,5.05,1Z999AA10123456784"
    loaded = load(canonical(tmp_path, line, line, header=header))
    assert packages(loaded)[0]["goods_value"] == 5.05
    assert fates(loaded) == {"p.csv": {"packages": 1, "duplicates": 1}}


def test_a_package_is_cancelled_only_if_all_its_lines_are(tmp_path):
    """One line that is shipped makes a package."""
    header = "order_id,promised_date,status"
    lines = ["1,2026-01-20,cancelled", "1,2026-01-20,shipped", "2,2026-01-20,cancelled"]
    loaded = load(canonical(tmp_path, *lines, "2,2026-01-21,cancelled", header=header))
    assert {p["order_id"]: p["status"] for p in packages(loaded)} == {
        "1": "shipped",
        "2": "cancelled",
    }


def test_one_order_id_in_two_marketplaces_is_two_orders(tmp_path):
    """A row that does not say which it belongs to is unmatched, and kept with its rule."""
    header = "order_id,promised_date,marketplace,scans"
    lines = ["1,2026-01-20,US,1", "1,2026-01-20,UK,0", "1,2026-01-20,,2", "2,2026-01-20,,1"]
    loaded = load(canonical(tmp_path, *lines, "2,2026-01-21,SE,", header=header))
    found = {(p["order_id"], p["marketplace"]): p["scans"] for p in packages(loaded)}
    assert found == {("1", "US"): 1, ("1", "UK"): 0, ("2", "SE"): 1}
    assert fates(loaded) == {"p.csv": {"packages": 3, "merged": 1, "unmatched": 1}}
    lost = loaded.rejects.select("file", "row", "rule").rows()
    assert lost == [("p.csv", 3, "order_id is in several marketplaces and the row names none")]


def test_null_never_erases_and_the_newest_known_value_wins(tmp_path):
    """Field by field, over exports that both speak of the package."""
    header = "order_id,promised_date,package_id,carrier,scans"
    canonical(tmp_path, "1,2026-01-20,x,UPS,1", name="a_2026-01-11.csv", header=header)
    canonical(tmp_path, "1,2026-01-21,x,,3", name="b_2026-01-12.csv", header=header)
    p = packages(load(tmp_path))[0]
    assert (p["carrier"], p["scans"], p["promised_date"]) == ("UPS", 3, date(2026, 1, 21))


def test_an_export_without_numbers_does_not_say_which_packages_exist(tmp_path):
    """It speaks of the whole order, however new it is and whatever its layout could hold."""
    canonical(tmp_path, "1,2026-01-20,A1", "1,2026-01-20,B2", name="a_2026-01-11.csv",
              header="order_id,promised_date,tracking_number")  # fmt: skip
    canonical(tmp_path, "1,2026-01-25,1", name="b_2026-01-12.csv")
    found = packages(load(tmp_path))
    assert [(p["package_id"], p["promised_date"].day, p["scans"]) for p in found] == [
        ("A1", 25, 1),
        ("B2", 25, 1),
    ]


# --- accounts, marketplaces, days of export --------------------------------------------------


def test_the_account_is_the_columns_else_the_folders_else_the_options(tmp_path):
    """A file right in the folder has none of its own."""
    header = "order_id,promised_date,account"
    canonical(tmp_path, "1,2026-01-20,own", "2,2026-01-20,", name="acme/in/p.csv", header=header)
    canonical(tmp_path, "3,2026-01-20,", name="p.csv", header=header)
    found = {p["order_id"]: p["account"] for p in packages(load(tmp_path))}
    assert found == {"1": "own", "2": "acme", "3": "default"}
    found = {p["order_id"]: p["account"] for p in packages(load(tmp_path, account="mine"))}
    assert found == {"1": "own", "2": "acme", "3": "mine"}


def test_hidden_files_and_locks_of_a_spreadsheet_are_not_read(tmp_path):
    """A folder's own files are what one sees in it."""
    canonical(tmp_path, "1,2026-01-20,1")
    for name in ("~$p.xlsx", ".p.csv", "notes.md"):
        write(tmp_path, name, "anything")
    assert load(tmp_path).summary["file"].to_list() == ["p.csv"]


@pytest.mark.parametrize(
    ("name", "days", "seen", "expected"),
    [
        ("p_2026-01-31.csv", "2026-01-25,2026-02-03", None, ("2026-02-03", "content")),
        ("p_20260131.csv", "2026-01-25,", date(2026, 2, 2), ("2026-01-31", "name")),
        ("p_2026-02-30_2026-02-01.csv", ",", None, ("2026-02-01", "name")),
        ("p.csv", "2026-01-25,", date(2026, 2, 2), ("2026-02-02", "option")),
        ("p.csv", "2026-01-25,", None, ("2026-01-25", "latest event")),
        ("p.csv", ",", None, (None, "not known")),
    ],
)
def test_the_day_of_an_export_is_never_the_files_own_time(tmp_path, name, days, seen, expected):
    """Its content tells it, else its name, else the option, else its latest event."""
    header = "order_id,promised_date,scans,delivered_date,seen_at"
    line = f"1,2026-01-20,1,{days}"
    loaded = load(canonical(tmp_path, line, name=name, header=header), seen=seen)
    day = expected[0] and date.fromisoformat(expected[0])
    assert loaded.summary.select("seen_at", "seen_from").row(0) == (day, expected[1])
    assert loaded.packages.collect()["seen_at"].item() == day
    assert loaded.seen_to == (day or date.min)


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-01-31",
        "2026-01-31T23:30:00-08:00",
        "2026-01-31 23:30:00-0800",
        "2026-01-31T23:30-08:00",
        "2026-02-01T07:30:00Z",
        "2026-02-01T07:30Z",
        "2026-02-01T07:30:00.123+00:00",
        "2026-02-01 07:30:00.000000 UTC",
        "2026-02-01T16:30:00+09:00",
        "2026-01-31T23:30:00",
        "2026-01-31 23:30",
        "2026-01-31 00:00:00.000",
    ],
)
def test_a_stamp_becomes_the_civil_day_of_the_marketplace(tmp_path, stamp):
    """With an offset the day in Los Angeles, without one the day as written."""
    told = packages(load(canonical(tmp_path, f"1,{stamp},1"), marketplace="US"))
    assert told[0]["promised_date"] == date(2026, 1, 31)


def test_each_marketplace_has_its_own_day(tmp_path):
    """The same instant is another day in Stockholm; names of sales channels are known."""
    header = "order_id,promised_date,marketplace"
    instant = "2026-02-01T07:30:00Z"
    names = ["US", "Amazon.com", "SE", "Amazon.co.uk"]
    lines = [f"{n},{instant},{name}" for n, name in enumerate(names)]
    found = packages(load(canonical(tmp_path, *lines, header=header)))
    told = {p["order_id"]: (p["marketplace"], p["promised_date"].day) for p in found}
    assert told == {"0": ("US", 31), "1": ("US", 31), "2": ("SE", 1), "3": ("UK", 1)}


@pytest.mark.parametrize(
    ("stamp", "day"),
    [
        ("2026-01-31T23:30:00-08:00", 31),
        ("2026-01-31T00:30:00+09:00", 31),
        ("2026-01-31 23:30-0800", 31),
        ("2026-01-31T23:59:59Z", 31),
        ("2026-01-31T23:30:00", 31),
        ("2026-01-31T23:30:00.250+05:30", 31),
    ],
)
@pytest.mark.parametrize("marketplace", ["", "eBay"])
def test_without_a_zone_a_stamp_is_taken_as_written(tmp_path, stamp, day, marketplace):
    """The clock of the one who wrote it, not that of Greenwich."""
    header = "order_id,promised_date,scans,marketplace"
    found = packages(load(canonical(tmp_path, f"1,{stamp},1,{marketplace}", header=header)))
    assert found[0]["promised_date"] == date(2026, 1, day)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("GB", "UK"),
        ("gb", "UK"),
        ("uk", "UK"),
        ("AMAZON.CO.UK", "UK"),
        ("amazon.com.be", "BE"),
        ("us", "US"),
        ("Amazon.ie", "IE"),
        ("www.amazon.co.za", "ZA"),
        ("a1am78c64um0y8", "MX"),
    ],
)
def test_a_marketplace_has_one_name_however_it_is_written(tmp_path, name, code):
    """In the file and as the argument: letters, domain, country or Amazon's id."""
    told = load(
        canonical(tmp_path, f"1,2026-01-31,{name}", header="order_id,promised_date,marketplace")
    )
    assert [p["marketplace"] for p in packages(told)] == [code]
    given = load(
        canonical(tmp_path, "1,2026-01-31", header="order_id,promised_date"), marketplace=name
    )
    assert [p["marketplace"] for p in packages(given)] == [code]


@pytest.mark.parametrize("country", ["GB", "UK", "gb"])
def test_a_destination_in_the_united_kingdom_tells_its_zone(tmp_path, country):
    """In summer its day begins an hour before that of Greenwich."""
    header = "order_id,promised_date,destination"
    told = load(canonical(tmp_path, f"1,2026-06-30T23:30:00Z,{country}", header=header))
    assert [p["promised_date"] for p in packages(told)] == [date(2026, 7, 1)]


@pytest.mark.parametrize(
    "day",
    ["2026-01-31x", "2026-01-31+99:99", "2026-02-30", "2026-01-31T25:00Z", "31", "1894-01-01"],
)
def test_what_only_begins_like_a_day_is_rejected(tmp_path, day):
    """A half-understood date would count a package in another window."""
    loaded = load(canonical(tmp_path, f"1,{day},1", "2,2026-01-31,1"), max_rejected_share=0.5)
    told = loaded.rejects.select("row", "rule", "promised_date").row(0)
    rule = "out of range" if day.startswith("1894") else "not a day"
    assert told == (1, f"promised_date is {rule}", day)


def test_a_form_with_an_offset_in_a_mapping_becomes_the_civil_day(tmp_path):
    """The forms of `dates` go before those of ISO 8601."""
    mapping = {"columns": {"order_id": "id", "promised_date": "by"}, "dates": "%d/%m/%Y %H:%M %z"}
    path = write(tmp_path, "x.csv", "id,by\n1,01/02/2026 07:30 +0000\n")
    found = packages(load(path, mapping=mapping, marketplace="US"))
    assert found[0]["promised_date"] == date(2026, 1, 31)
    path = write(tmp_path, "x.csv", "id,by\n1,01/02/2026 00:30 +0900\n")
    found = packages(load(path, mapping=mapping))
    assert found[0]["promised_date"] == date(2026, 2, 1)


# --- personal data ---------------------------------------------------------------------------


def test_no_personal_data_reaches_a_table():
    """Every buyer column of the order report holds a canary; none of them sings."""
    assert ORDERS.read_text("utf-8").count("CANARY") > 100
    loaded = amazon()
    verdicts = classify(loaded.packages)
    cells = tally(verdicts)
    tables = [verdicts.collect(), loaded.rejects, loaded.summary, cells.collect()]
    tables.append(rates(cells, as_of=date(2026, 2, 1)))
    for table in tables:
        assert "canary" not in repr(table.to_dicts()).lower()


def test_no_personal_data_reaches_a_reject_or_a_message(tmp_path):
    """Not even where an address with a line break becomes a row of its own."""
    text = ORDERS.read_text("utf-8")
    broken = text.replace("CANARY-delivery-Instructions", "CANARY 1\nCANARY 2")
    path = write(tmp_path, ORDERS.name, broken.replace("2026-01-20T23:59:59", "CANARY@x"))
    with pytest.raises(RejectedError) as told:
        load(path)
    assert "canary" not in str(told.value).lower()
    path = write(tmp_path, ORDERS.name, broken)
    loaded = load(path, marketplace="US", max_rejected_share=0.5)
    assert loaded.rejects["rule"].to_list() == ["nothing but order_id"] * 8
    assert "canary" not in repr(loaded.rejects.to_dicts()).lower()
    assert "canary" not in repr(loaded.packages.collect().to_dicts()).lower()


# --- real style, other kinds of file ---------------------------------------------------------


def test_a_delivery_history_with_bare_carriage_returns_is_read_by_its_mapping():
    """UTF-8 with BOM, dates like 2-Jun-06, commas within quotes, as the SCMS data have them."""
    loaded = load(FIXTURES / "scms_slice.csv", mapping=SCMS)
    assert fates(loaded) == {"scms_slice.csv": {"packages": 5}}
    assert loaded.summary.select("encoding", "layout").row(0) == ("utf-8-sig", "scms")
    first, late = (next(p for p in packages(loaded) if p["order_id"] == n) for n in "13")
    assert (first["account"], first["category"]) == ("Made-up Chemicals, Ltd.", "HRDT")
    assert (first["destination"], first["carrier"]) == ("CI", "Air")
    assert (late["promised_date"], late["delivered_date"]) == (
        date(2006, 11, 14),
        date(2006, 11, 20),
    )
    found = rates(tally(classify(loaded.packages)), as_of=date(2006, 10, 1), by=()).filter(days=90)
    figures = ("counted", "valid", "vtr", "on_time_judged", "on_time")
    assert found.select(figures).row(0) == (3, 3, 1.0, 3, 2)


TABLE = pl.DataFrame(
    {
        "account": ["a", "a", "b", None],
        "marketplace": ["US", "UK", "SE", "US"],
        "order_id": ["1", "007", "3", "4"],
        "category": ["Shoes, boots", "Toys", None, 'Quoted "best"'],
        "tracking_number": ["1Z999AA10123456784", None, "JJD 0099", "00340434161094042557"],
        "ship_date": [date(2026, 1, 5), None, date(2026, 1, 6), date(2026, 1, 7)],
        "promised_date": [date(2026, 1, 15), date(2026, 1, 16), date(2026, 1, 17), None],
        "delivered_date": [datetime(2026, 1, 15, 13, 0, tzinfo=ZoneInfo("UTC")), None, None, None],
        "scans": [3, 0, None, 1],
        "goods_value": [19.99, 0.1, None, 1200.0],
        "amazon_label": [True, False, None, True],
    }
)


def _as_xlsx(table, path):
    plain = table.with_columns(pl.col("delivered_date").dt.replace_time_zone(None))
    plain.write_excel(path)


KINDS = {
    "t.csv": lambda t, p: t.write_csv(p),
    "t.tsv": lambda t, p: t.with_columns(pl.col("category").str.replace_all('"', "'")).write_csv(
        p, separator="\t"
    ),
    "t.txt": lambda t, p: t.write_csv(p, separator=";"),
    "t.parquet": lambda t, p: t.write_parquet(p),
    "t2.parquet": lambda t, p: t.cast(pl.String).write_parquet(p),
    "t.xlsx": _as_xlsx,
    "bom.csv": lambda t, p: t.write_csv(p, include_bom=True),
    "crlf.csv": lambda t, p: t.write_csv(p, line_terminator="\r\n"),
    "cr.csv": lambda t, p: t.write_csv(p, line_terminator="\r"),
    "utf16.csv": lambda t, p: p.write_bytes(t.write_csv().encode("utf-16")),
    "quoted.csv": lambda t, p: t.write_csv(p, quote_style="always"),
    "upper.csv": lambda t, p: t.rename(str.upper).write_csv(p),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_same_table_in_any_kind_of_file_gives_the_same_packages(tmp_path, kind):
    """CSV, TSV, semicolons, Parquet, XLSX; any line end; any mark; typed or text."""
    path = tmp_path / kind
    KINDS[kind](TABLE, path)
    found = packages(load(path))
    if kind == "t.tsv":
        found = [{**p, "category": p["category"].replace("'", '"')} for p in found]
    if kind.endswith("parquet"):  # which tells a blank number apart from one that is not known
        assert [p["tracking_number"] for p in found].count(None) == 1
        found = [{**p, "tracking_number": p["tracking_number"] or ""} for p in found]
    assert found == packages_of_table()
    assert len(found) == 4


def test_a_workbook_of_which_other_columns_hold_anything_is_read(tmp_path):
    """Only mapped columns are read; the first sheet counts."""
    path = tmp_path / "w.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for n, row in enumerate(
            [["x", "order_id", "x", "promised_date"], [1, 5, "#N/A", "2026-01-31"]]
        ):
            sheet.write_row(n, 0, row)
    found = packages(load(path))
    assert [(p["order_id"], p["promised_date"]) for p in found] == [("5", date(2026, 1, 31))]


def test_a_file_in_a_national_encoding_is_read_by_its_layouts_encodings(tmp_path):
    """A confirmation from Japan, in Shift_JIS."""
    text = FIRST.read_text("utf-8").replace("Bob's Vans", "ヤマト運輸")
    path = write(tmp_path, FIRST.name, text.encode("cp932"))
    loaded = load(path)
    assert loaded.summary["encoding"].item() == "cp932"
    assert by_number(loaded)["5", "BV77"]["carrier"] == "ヤマト運輸"


def test_packages_have_the_schema_and_are_sorted_by_a_unique_key():
    """Whatever the files, one table."""
    table = amazon().packages.collect()
    assert dict(table.schema) == PACKAGES
    keys = table.select(pl.col(PACKAGE_KEY).cast(pl.String)).rows()
    assert keys == sorted(set(keys))


# --- bad input -------------------------------------------------------------------------------


def refusal(error, *arguments, **options):
    """The message of what is refused; exactly this type."""
    with pytest.raises(VtrkitError) as told:
        load(*arguments, **options)
    assert type(told.value) is error
    return str(told.value)


def test_a_missing_file_is_refused_by_name(tmp_path):
    """And not by its whole path."""
    told = refusal(InputError, tmp_path / "ordrs.csv")
    assert told == "ordrs.csv: no such file or folder; check the spelling"


def test_no_input_is_refused():
    """An empty list is no input."""
    assert refusal(InputError, []) == "no input: give at least one file or folder"


def test_an_empty_folder_is_refused(tmp_path):
    """The message lists what could be read."""
    (tmp_path / "in").mkdir()
    told = refusal(InputError, tmp_path / "in")
    assert told == (
        "in: no .csv, .json, .jsonl, .ndjson, .parquet, .tsv, .txt, .xlsx, .xml file in here"
    )


def test_an_empty_file_is_refused(tmp_path):
    """No bytes."""
    told = refusal(InputError, write(tmp_path, "p.csv", ""))
    assert told == "p.csv: the file is empty; export it again"


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_a_header_and_no_rows_are_refused(tmp_path, end):
    """Alone; beside another file it is fine."""
    path = write(tmp_path, "p.csv", f"order_id,promised_date{end}")
    assert refusal(InputError, path).startswith("no packages: p.csv has a header and no rows")
    canonical(tmp_path, "1,2026-01-31,1", name="q.csv")
    assert load(tmp_path).summary["rows"].to_list() == [0, 1]


def test_a_mapping_that_names_absent_columns_is_refused(tmp_path):
    """The message lists each of them, and the nearest names that the file has."""
    path = write(tmp_path, "x.csv", "Order Id,Promised,Ship Day\n1,2026-01-31,2026-01-20\n")
    columns = {"order_id": "OrderId", "promised_date": "Promise Day", "ship_date": "Ship Day"}
    told = refusal(UnrecognisedError, path, mapping={"columns": columns})
    assert (
        "Of the nearest layout, mapping, it lacks 2 of 3: 'OrderId' (did you mean Order Id?)"
        in told
    )
    assert "'Promise Day' (did you mean Promised or Ship Day?)" in told
    assert "Correct the mapping" in told


def test_a_file_of_no_known_layout_is_refused(tmp_path):
    """The message names the nearest layout and says what to do."""
    path = write(tmp_path, "x.csv", "orderid,promised-date\n1,2026-01-31\n")
    told = refusal(UnrecognisedError, path)
    assert "Of the nearest layout, packages, it lacks 2 of 42" in told
    assert "'order_id' (did you mean orderid?)" in told
    assert "Write a mapping (see data/README.md)" in told


def test_a_first_line_of_data_is_not_quoted(tmp_path):
    """A file without header has buyers where the names belong."""
    path = write(tmp_path, "x.csv", "order ann,promised ann,111-2222222-3333333\n")
    assert "ann" not in refusal(UnrecognisedError, path)


GOOD = {"order_id": "id", "promised_date": "by"}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"columns": GOOD, "column": {}}, r"unknown key column \(did you mean columns\?\)"),
        (
            {"columns": {**GOOD, "promise_date": "x"}},
            r"mapping: columns: unknown key promise_date \(did you mean promised_date",
        ),
        ({"columns": {"promised_date": "by"}}, r"order_id is not mapped; say under \[columns\]"),
        ({}, r"order_id is not mapped"),
        ({"layout": {}}, r"no layout in it"),
        ({"layout": {"a": {"dates": ["%d"]}}}, r"\[layout.a\]: order_id is not mapped"),
        ({"layout": {"a": 5}}, r"mapping: \[layout.a\] must be a table, not 5"),
        ({"columns": ["id"]}, r"mapping: columns must be a table, not \['id'\]"),
        ({"columns": {**GOOD, "scans": []}}, "columns: scans names no header of the file"),
        ({"columns": {**GOOD, "scans": 3}}, "columns.scans must be text or a list"),
        (
            {"columns": GOOD, "fixed": {"scans": [1]}},
            r"fixed.scans must be text, a number or a day, not \[1\]",
        ),
        (
            {"columns": GOOD, "fixed": {"scan": 1}},
            r"fixed: unknown key scan \(did you mean scans",
        ),
        ({"columns": GOOD, "values": {"status": "x"}}, "values.status must be a table, not 'x'"),
        ({"columns": GOOD, "required": ["scans"]}, "required: unknown key scans"),
        ({"columns": GOOD, "encodings": "klingon"}, r"unknown encoding klingon; try utf-8"),
        ({"columns": GOOD, "encodings": "utf\0"}, r"unknown encoding utf"),
        ({"columns": GOOD, "events": {"at": "x"}}, "mapping: events: missing day"),
        (
            {"columns": GOOD, "tells": "scan"},
            "tells must be one of packages, lines, shipments, verdicts, scans",
        ),
        ({"columns": GOOD, "dates": 5}, "dates must be text or a list of texts, not 5"),
    ],
)
def test_a_malformed_mapping_is_refused_before_any_file_is_read(tmp_path, mapping, message):
    """It says where, what, and the nearest name that is known."""
    path = write(tmp_path, "x.csv", "id,by\n1,2026-01-31\n")
    with pytest.raises(MappingError, match=message):
        load(path, mapping=mapping)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("columns = ", "m.toml: not valid TOML: Invalid value"),
        (b"\xff\xfe", "m.toml: cannot be read as UTF-8 text"),
        (None, "m.toml: no such file"),
    ],
)
def test_a_mapping_that_cannot_be_read_is_refused(tmp_path, text, message):
    """Missing, not TOML, not text."""
    path = canonical(tmp_path, "1,2026-01-31,1")
    if text is not None:
        write(tmp_path, "m.toml", text)
    with pytest.raises(MappingError, match=message):
        load(path, mapping=tmp_path / "m.toml")
    with pytest.raises(MappingError, match=message):
        load(path, mapping=str(tmp_path / "m.toml"))


def test_fixed_values_and_translations_are_read_like_cells(tmp_path):
    """A number, a day or yes and no may stand as such in a mapping."""
    mapping = {
        "columns": {**GOOD, "status": "state"},
        "fixed": {
            "scans": 2,
            "ship_date": date(2026, 1, 5),
            "amazon_label": True,
            "carrier": "UPS",
        },
        "values": {"status": {"sent": "shipped", "gone": "cancelled"}},
    }
    path = write(tmp_path, "x.csv", "id,by,state\n1,2026-01-31,sent\n2,2026-01-31, gone\n")
    found = packages(load(path, mapping=mapping))
    assert [p["status"] for p in found] == ["shipped", "cancelled"]
    p = found[0]
    assert (p["scans"], p["ship_date"], p["amazon_label"]) == (2, date(2026, 1, 5), True)
    mapping["fixed"]["scans"] = "many"
    said = refusal(RejectedError, path, mapping=mapping)
    assert "scans is not a whole number (2)" in said
    assert "its words, under [values.scans]" in said


@pytest.mark.parametrize(
    ("column", "cell", "rule"),
    [
        ("order_id", "", "order_id is missing"),
        ("promised_date", "soon", "promised_date is not a day"),
        ("scans", "2.5", "scans is not a whole number"),
        ("scans", "-1", "scans is negative"),
        ("scans", "2,000", "scans is not a whole number"),
        ("scans", "2.000", "scans is not a whole number"),
        ("goods_value", "-20", "goods_value is negative"),
        ("shipping_value", "-0.01", "shipping_value is negative"),
        ("tax_value", "-1", "tax_value is negative"),
        ("goods_value", "1,5,0", "goods_value is not a number"),
        ("goods_value", "inf", "goods_value is out of range"),
        ("goods_value", "nan", "goods_value is out of range"),
    ],
)
def test_a_wrong_cell_rejects_its_row_and_keeps_it_with_its_rule(tmp_path, column, cell, rule):
    """File, row, rule and the mapped cells as they stood."""
    names = ["order_id", "promised_date", "scans", "goods_value", "shipping_value", "tax_value"]
    names += ["amazon_label", "status", "fulfilled_by", "buyer-name"]
    good = dict.fromkeys(names, "") | {"order_id": "1", "promised_date": "2026-01-31"}
    lines = [
        good | {column: cell, "buyer-name": "Ann"},
        *(good | {"order_id": f"{n}"} for n in "2345"),
    ]
    path = tmp_path / "p.csv"
    pl.DataFrame(lines).write_csv(path)
    loaded = load(path)
    assert fates(loaded) == {"p.csv": {"packages": 4, "rejected": 1}}
    kept = loaded.rejects.row(0, named=True)
    assert (kept["file"], kept["row"], kept["rule"]) == ("p.csv", 1, rule)
    assert kept[column] == (cell or None)
    assert "buyer-name" not in kept


def test_more_than_a_fifth_of_wrong_rows_is_refused(tmp_path):
    """The limit can be moved; the message counts the rules and shows no cell."""
    lines = ["1,2026-01-31,1", "2,soon,1", "3,2026-01-31,many", "4,later,1", "5,2026-01-31,1"]
    path = canonical(tmp_path, *lines)
    assert refusal(RejectedError, path) == (
        "3 of 5 rows are wrong, more than 20%: promised_date is not a day (2); scans is not a "
        "whole number (1). Correct the file or its mapping (for scans: its words, under "
        "[values.scans]), or allow more with --max-rejected (in Python: max_rejected_share)."
    )
    assert fates(load(path, max_rejected_share=0.6)) == {"p.csv": {"packages": 2, "rejected": 3}}
    fifth = canonical(tmp_path, *(f"{n},2026-01-31,1" for n in range(4)), "x,soon,1")
    assert load(fifth).rejects.height == 1


def test_rows_that_are_all_wrong_are_no_packages(tmp_path):
    """Whatever the limit is."""
    path = canonical(tmp_path, "1,soon,1")
    assert "no packages: all 1 rows" in refusal(InputError, path, max_rejected_share=1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("quote.csv", 'order_id,promised_date\n1,"SE,CRET\n'),
        ("binary.csv", b"\x89PNG\r\n\x1a\n\x00\x00SECRET"),
        ("other.csv", b"\x8aPN\r\n\x00\x00SECRET"),
        ("zip.csv", b"PK\x03\x04SECRET"),
        ("cut.parquet", b"PAR1SECRET"),
        ("not.parquet", b"SECRET,promised_date\n1,2\n"),
        ("not.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00SECRET"),
        ("undecodable.csv", b"order_id,promised_date,x\n1,2026-01-31,SECRET \xff\xfe\xfd\n"),
        ("utf16.csv", b"\xff\xfeo\x00S"),
        ("newlines.csv", "\n\n\n"),
        ("blank.csv", "  "),
    ],
)
def test_a_broken_file_is_refused_by_name_without_quoting_it(tmp_path, name, content):
    """A line with too many fields, a binary by another name, a file cut short."""
    told = refusal_of_any(write(tmp_path, name, content))
    assert told.startswith(f"{name}: ")
    assert "SECRET" not in told
    assert len(told) > len(name) + 40


def refusal_of_any(path, **options):
    """The message of an InputError or one of its kinds."""
    with pytest.raises(InputError) as told:
        load(path, **options)
    return str(told.value)


def test_what_kind_of_broken_is_said(tmp_path):
    """So that one knows what to do."""
    long = write(tmp_path, "a.csv", "order_id,promised_date\n1,2026-01-31,3,4\n")
    assert "the line has more fields than the header (1)" in refusal_of_any(long)
    binary = write(tmp_path, "b.csv", b"\x8aPN\x00")
    assert "neither text, Parquet nor XLSX, whatever its name says" in refusal_of_any(binary)
    odd = write(tmp_path, "c.csv", b"order_id,promised_date\n1,\xff\n")
    assert refusal_of_any(odd) == (
        "c.csv: line 2 holds a byte that is not UTF-8; save it as UTF-8, or name its encodings in "
        "a mapping"
    )


def test_a_cut_parquet_or_workbook_is_refused(tmp_path):
    """Half a download."""
    for name in ("t.parquet", "t.xlsx"):
        path = tmp_path / name
        KINDS[name](TABLE, path)
        path.write_bytes(path.read_bytes()[:-200])
        assert "damaged" in refusal_of_any(path)


def test_an_empty_sheet_is_refused(tmp_path):
    """A workbook without a cell."""
    path = tmp_path / "e.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet()
    assert "none of its sheets holds a table" in refusal_of_any(path)


@pytest.mark.parametrize("kind", ["p.csv", "p.tsv", "p.xlsx"])
def test_a_column_name_that_stands_twice_is_refused(tmp_path, kind):
    """Of a column that is read; twins among the others do not matter."""

    def make(header):
        path, row = tmp_path / kind, ["1", "2026-01-31", "2026-01-30", "x"]
        if kind == "p.xlsx":
            with xlsxwriter.Workbook(path) as book:
                sheet = book.add_worksheet()
                sheet.write_row(0, 0, header)
                sheet.write_row(1, 0, row)
            return path
        by = "," if kind == "p.csv" else "\t"
        return write(tmp_path, kind, f"{by.join(header)}\n{by.join(row)}\n")

    told = refusal(MappingError, make(["order_id", "promised_date", "Promised_Date", "x"]))
    assert told.endswith(
        "more than one column is named promised_date; rename or delete all but one"
    )
    assert load(make(["order_id", "promised_date", "x", "x"])).summary["packages"].item() == 1


def test_a_rejected_share_is_of_all_rows_and_messages_hold_no_cell(tmp_path):
    """One bad file among good ones passes, and its rows are kept."""
    canonical(tmp_path, *(f"{n},2026-01-31,1" for n in range(9)), name="a.csv")
    canonical(tmp_path, "x,SECRET,1", name="b.csv")
    loaded = load(tmp_path)
    assert loaded.rejects.select("file", "row").rows() == [("b.csv", 1)]
    assert "SECRET" not in refusal_of_any(tmp_path / "b.csv")


@pytest.mark.parametrize("patience", [0, 60])
def test_progress_is_told_file_by_file_of_work_that_takes_a_while(tmp_path, monkeypatch, patience):
    """A step, how much is done, how much there is; nothing is printed."""
    monkeypatch.setattr(sys.modules["vtrkit.files.load"], "_PATIENCE", patience)
    for name in "ab":
        canonical(tmp_path, "1,2026-01-31,1", name=f"{name}.csv")
    told = []
    load(tmp_path, progress=lambda *step: told.append(step))
    steps = [
        ("looking through a.csv", 44, 88),
        ("looking through b.csv", 88, 88),
        ("reading a.csv", 0, 2),
        ("reading b.csv", 1, 2),
    ]
    assert [t for n, t in enumerate(told) if t not in told[:n]] == ([] if patience else steps)


def test_a_fixed_value_stands_where_the_cell_is_blank(tmp_path):
    """And only there."""
    mapping = {"columns": {**GOOD, "carrier": "by whom"}, "fixed": {"carrier": "UPS"}}
    path = write(tmp_path, "x.csv", "id,by,by whom\n1,2026-01-31, \n2,2026-01-31,DHL\n")
    assert [p["carrier"] for p in packages(load(path, mapping=mapping))] == ["UPS", "DHL"]


def test_a_tab_file_quotes_nothing(tmp_path):
    """A quotation mark at the start of a cell is a part of it, as in Amazon's reports."""
    text = 'order_id\tpromised_date\tcarrier\n1\t2026-01-31\t"Bob" & Sons\n2\t2026-01-31\t"Bob\n'
    found = packages(load(write(tmp_path, "p.txt", text)))
    assert [p["carrier"] for p in found] == ['"Bob" & Sons', '"Bob']


def test_rejects_are_sorted_by_file_and_row(tmp_path):
    """Whether wrong or unmatched."""
    header = "order_id,promised_date,marketplace"
    lines = ["1,2026-01-20,US", "1,2026-01-20,UK", "1,2026-01-20,", "9,soon,US"]
    for name in ("b.csv", "a.csv"):
        canonical(tmp_path, *lines, name=name, header=header)
    rejects = load(tmp_path, max_rejected_share=0.5).rejects
    told = [("a.csv", 3), ("a.csv", 4), ("b.csv", 3), ("b.csv", 4)]
    assert rejects.select("file", "row").rows() == told


def test_two_keys_of_one_hash_stay_apart(monkeypatch):
    """Where the keys of one hash differ, another hash is taken."""
    rows = pl.DataFrame({"a": ["x", "y", "x", None], "b": [1, 1, 1, 1]})
    real, seeds = pl.Expr.hash, []

    def clashing(self, seed=0):
        seeds.append(seed)
        return real(self, seed) * 0 + 7 if seed == 0 else real(self, seed)

    monkeypatch.setattr(pl.Expr, "hash", clashing)
    keys = keyed(rows, "k", ["a", "b"])["k"]
    assert seeds == [0, 1]
    assert keys[0] == keys[2]
    assert keys.n_unique() == 3


IN_NAMES = {
    "vtr_2026-01-31_2026-01-01.csv": "2026-01-01 2026-01-31",
    "vtr_2026-01-01_2026-01-31.csv": "2026-01-01 2026-01-31",
    "conf 1.9.2026-24.09.2026.txt": "2026-09-01 2026-09-24",
    "conf 05.06.2026.txt": "2026-06-05",
    "conf 09.24.2026.txt": "2026-09-24",
    "conf-Sep-24-2026.txt": "2026-09-24",
    "Confirmations September 24, 2026.txt": "2026-09-24",
    "conf 24th Sept 2026.txt": "2026-09-24",
    "24-Sep-2026.txt": "2026-09-24",
    "24Sep2026.txt": "2026-09-24",
    "Bestellungen 24. März 2026.txt": "2026-03-24",
    "pedidos 24 de septiembre de 2026.txt": "2026-09-24",
    "2026-Sep-24.txt": "2026-09-24",
    "conf_24092026.txt": "2026-09-24",
    "conf_09242026.txt": "2026-09-24",
    "conf-9-24-2026.txt": "2026-09-24",
    "conf 2026-9-4.txt": "2026-09-04",
    "conf 2026 09 24.txt": "2026-09-24",
    "20260910143000.txt": "2026-09-10",
    "conf_05-05-2026.txt": "2026-05-05",
    "conf_05-06-2026.txt": "",
    "conf_05062026.txt": "",
    "conf 24.09.26.txt": "",
    "confirm_26-09-05.csv": "2026-09-05",
    "26.09.05_10-15-30.csv": "2026-09-05",
    "conf_28-13-26.txt": "",
    "conf_05-09-26.txt": "",
    "log_10-15-30.txt": "",
    "2026-09-10_26-09-05.txt": "2026-09-10",
    "26-09-01_26-09-05.txt": "",
    "conf 31.02.2026.txt": "",
    "part 24 of 2026.txt": "",
    "out_11_2026.txt": "",
    "114578019998.txt": "",
    "1120240920268.txt": "",
}


def test_a_day_in_a_name_is_read_where_only_one_reading_is_possible():
    """A range is one whichever end is written first."""
    found = {name: " ".join(map(str, days_in_name(name))) for name in IN_NAMES}
    assert found == IN_NAMES


@pytest.mark.parametrize(
    ("other", "day_first", "day"),
    [
        ("24-06-2026", None, (2026, 6, 5)),
        ("06-24-2026", None, (2026, 5, 6)),
        ("2026-06-24", None, None),
        ("2026-06-24", True, (2026, 6, 5)),
        ("2026-06-24", False, (2026, 5, 6)),
    ],
)
def test_a_day_in_a_name_that_may_be_another_is_read_as_those_beside_it(
    tmp_path, other, day_first, day
):
    """Or as the user says; else it is not read, which is said."""
    canonical(tmp_path, "1,2026-01-20,1", name="p_05-06-2026.csv")
    canonical(tmp_path, "2,2026-01-20,1", name=f"q_{other}.csv")
    loaded = load(tmp_path, day_first=day_first)
    assert loaded.summary["seen_at"][0] == (day and date(*day))
    unread = [] if day else ["p_05-06-2026.csv"]
    assert [note.split(":")[0] for note in loaded.notes] == unread


def test_utf_32_with_a_mark_is_read(tmp_path):
    """Its mark begins as that of UTF-16 does."""
    path = canonical(tmp_path, "1,2026-01-31,1")
    path.write_bytes(path.read_text("utf-8").encode("utf-32"))
    assert load(path).packages.collect()["order_id"].to_list() == ["1"]


WESTERN = [
    "Großbrief nach Köln",
    "Crème brûlée",
    "O’Brien – “x”",
    "työllä hälyää päyäk",
    "Ñandú €5",
]
JAPANESE = ["東京都港区", "ヤマト運輸", "髙橋さん", "ｶﾀｶﾅ", "アイウエオ"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [*((text, "cp1252") for text in WESTERN), *((text, "cp932") for text in JAPANESE)],
)
def test_an_amazon_file_is_read_in_the_encoding_of_its_letters(tmp_path, text, encoding):
    """Japan's decodes nearly everything: `Großbrief` under it would be no exempt service."""
    header = (
        "order-id\torder-item-id\tquantity\tship-date\tcarrier-code\ttracking-number\tship-method"
    )
    row = f"111-6041827-3800001\t\t\t2026-09-04\tUPS\t\t{text}"
    (tmp_path / "c_2026-09-05.txt").write_bytes(f"{header}\n{row}\n".encode(encoding))
    loaded = load(tmp_path / "c_2026-09-05.txt", marketplace="US")
    assert loaded.packages.collect()["ship_method"].to_list() == [text]


SAVED = {
    "cp1252": ["Möbel für Kinder", "Großgeräte, Café & thé", "L’Oréal, cœur", "Lego™ 3 m³"],
    "mac_roman": ["Möbel für Kinder", "Großgeräte, Café & thé", "caffè", "Niños"],
    "cp1250": ["Książki", "Odzież", "Artykuły biurowe"],
    "cp932": ["靴とバッグ"],
}


def test_a_table_of_categories_is_read_as_a_spreadsheet_saved_it(tmp_path):
    """On Windows of Western or Central Europe or of Japan, or on a Macintosh."""
    for encoding, names in SAVED.items():
        for name in names:
            text = f'sku,category\nA,"{name}"\n'
            (tmp_path / "c.csv").write_bytes(text.encode(encoding))
            assert read_categories(tmp_path / "c.csv") == {"A": name}, encoding


def test_a_sku_that_was_written_for_a_spreadsheet_is_read_back(tmp_path):
    """The apostrophe before what might be a formula is none of the sku."""
    (tmp_path / "filled.csv").write_text(
        "sku,asin,category\n'-2,,Toys\n'@A1,,Toys\n'quoted,,Toys\n"
    )
    assert read_categories(tmp_path / "filled.csv") == dict.fromkeys(
        ["-2", "@A1", "'QUOTED"], "Toys"
    )


def test_a_table_of_skus_that_was_filled_in_is_not_written_over(tmp_path):
    """New skus join it; whoever calls without it loses nothing."""
    new = pl.DataFrame({"sku": ["SA", "SC"], "asin": None, "category": None, "lines": [1, 2]})
    there = tmp_path / "categories.csv"
    assert with_filled(new, there) is new
    there.write_text("sku;asin;category;lines\nSA;;Shoes;1\nSB;;Toys;3\nSD;;;4\n")
    rows = with_filled(new, there).select("sku", "category").rows()
    assert rows == [("SA", "Shoes"), ("SB", "Toys"), ("SC", "")]
    there.write_text("order-id\tsku\n1\tSA\n")
    with pytest.raises(InputError, match="no table of skus, so it is not written over"):
        with_filled(new, there)
    there.write_bytes(b"sku,category\n\xff,\xfe\n")
    with pytest.raises(InputError, match="cannot be read, so it is not written over"):
        with_filled(new, there)
