"""A confirmation file before it goes to Amazon: each fault has its line, and a copy is right."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from tests.made import HOSTILE, examples, tree
from vtrkit.amazon import check_upload
from vtrkit.amazon.check_upload import corrected, findings
from vtrkit.amazon.upload import COLUMNS, form
from vtrkit.amazon.upload_file import UploadFile, read_upload
from vtrkit.amazon.upload_orders import NOT_DUE
from vtrkit.cli import main
from vtrkit.errors import InputError
from vtrkit.rules.conform import conform
from vtrkit.schema import PACKAGES

ON = date(2026, 8, 10)
UPS, USPS = "1Z5R89390357567127", "9400111899223197428497"
ORDER = "111-6041827-3800171"
GOOD = {
    "order-id": ORDER,
    "order-item-id": "",
    "quantity": "",
    "ship-date": "2026-08-09",
    "carrier-code": "UPS",
    "carrier-name": "",
    "tracking-number": UPS,
    "ship-method": "",
}


def upload(*changes: dict[str, str], japan: bool = False) -> UploadFile:
    lines = [{"line": n, **GOOD, **cells} for n, cells in enumerate(changes, 2)]
    return UploadFile(pl.DataFrame(lines), japan, ())


def found(*changes: dict[str, str], japan: bool = False) -> list[tuple[object, ...]]:
    """Column, what is wrong, and what to enter, of lines that differ from a good one so."""
    return findings(upload(*changes, japan=japan), ON).select("column", "what", "better").rows()


WRONG: list[tuple[dict[str, str], str, str, str | None]] = [
    ({"order-id": "1116041827"}, "order-id", "not an order id like", None),
    ({"order-id": f'="{ORDER}"'}, "order-id", "not an order id like", ORDER),
    ({"order-item-id": "2.0E+13"}, "order-item-id", "not an order item id", None),
    ({"order-item-id": "'05835637773450"}, "order-item-id", "not an order item", "05835637773450"),
    ({"order-item-id": "5835637773450"}, "order-item-id", "not an order item", "05835637773450"),
    ({"quantity": "0"}, "quantity", "not a whole number of units", None),
    ({"quantity": "2,0"}, "quantity", "not a whole number of units", "2"),
    ({"ship-date": "05/06/2026"}, "ship-date", "not a day like", None),
    ({"ship-date": "31/07/2026"}, "ship-date", "not a day like", "2026-07-31"),
    ({"ship-date": "7/31/2026"}, "ship-date", "not a day like", "2026-07-31"),
    ({"ship-date": "7/31/26"}, "ship-date", "not a day like", "2026-07-31"),
    ({"ship-date": "31/07/26"}, "ship-date", "not a day like", "2026-07-31"),
    ({"ship-date": "7/31/19"}, "ship-date", "not a day like", None),
    ({"ship-date": "09.08.26"}, "ship-date", "not a day like", "2026-08-09"),
    ({"ship-date": "31-07-2026"}, "ship-date", "not a day like", "2026-07-31"),
    ({"ship-date": "7/31/2026 09:05"}, "ship-date", "not a day like", "2026-07-31"),
    ({"ship-date": "09-Aug-26"}, "ship-date", "not a day like", "2026-08-09"),
    ({"ship-date": "Aug 9, 2026"}, "ship-date", "not a day like", "2026-08-09"),
    ({"ship-date": "20260809"}, "ship-date", "not a day like", "2026-08-09"),
    ({"ship-date": "31.02.26"}, "ship-date", "not a day like", None),
    ({"ship-date": "9.8.2026"}, "ship-date", "not a day like", "2026-08-09"),
    ({"ship-date": "2026/8/9"}, "ship-date", "not a day like", "2026-08-09"),
    ({"ship-date": ""}, "ship-date", "not a day like", None),
    ({"ship-date": "2026-08-11"}, "ship-date", "the ship day is after 2026-08-10", None),
    ({"ship-date": "2025-08-08"}, "ship-date", "the ship day is more than a year", None),
    (
        {"carrier-code": "ups"},
        "carrier-code",
        "not spelled as in Amazon's list of September 2021",
        "UPS",
    ),
    ({"carrier-code": "USPS"}, "carrier-code", "the number is another carrier's", "UPS"),
    ({"carrier-code": "FedEx"}, "carrier-code", "the number looks like another carrier's", None),
    ({"carrier-code": "Fedex"}, "carrier-code", "the number looks like another carrier's", None),
    ({"tracking-number": "left at 12 Elm Street"}, "tracking-number", "the carrier has no", None),
    ({"carrier-code": ""}, "carrier-code", "no carrier", "UPS"),
    ({"carrier-code": "", "tracking-number": "K4827193"}, "carrier-code", "no carrier", None),
    ({"carrier-code": "Bob", "tracking-number": "K4827193"}, "carrier-code", "not a carrier", None),
    (
        {"carrier-code": "Fedx", "tracking-number": "K4827193"},
        *("carrier-code", "not a carrier that is known (did you mean FedEx", None),
    ),
    (
        {"carrier-code": "evri", "tracking-number": "K4827193"},
        *("carrier-code", "Amazon has several names for this carrier", None),
    ),
    (
        {"carrier-code": "Other", "tracking-number": "K4827193"},
        *("carrier-code", "Other without the name of the carrier", None),
    ),
    (
        {"carrier-code": "Other", "carrier-name": "B" * 51, "tracking-number": "K4827193"},
        *("carrier-code", "the carrier's name is too long", None),
    ),
    (
        {"carrier-code": "SELF DELIVERY", "tracking-number": "K4827193"},
        *("carrier-code", "not spelled as in Amazon's list", "Self Delivery"),
    ),
    ({"carrier-name": "UPS"}, "carrier-name", "a name beside a carrier that is not Other", ""),
    ({"tracking-number": ""}, "tracking-number", "no tracking number", None),
    ({"tracking-number": "null"}, "tracking-number", "NULL deletes", None),
    ({"tracking-number": "TBD"}, "tracking-number", "no number but something in its", None),
    ({"tracking-number": "9.4E+21"}, "tracking-number", "a number that a spreadsheet", None),
    ({"tracking-number": f"{UPS} {UPS[:-1]}8"}, "tracking-number", "several numbers", None),
    ({"tracking-number": ORDER}, "tracking-number", "no tracking number, but an order", None),
    ({"tracking-number": "1Z5R89390357567120"}, "tracking-number", "a number with a wrong", None),
    ({"tracking-number": "K4827193"}, "tracking-number", "the carrier has no number of", None),
    ({"tracking-number": f"UPS: {UPS}"}, "tracking-number", "something stands around", UPS),
    ({"ship-method": "Grosbrief"}, "ship-method", "the service is exempt only as", "Großbrief"),
    ({"ship-method": "Gro?brief"}, "ship-method", "the service is exempt only as", "Großbrief"),
    (
        {"ship-method": "Buechersendung"},
        "ship-method",
        "the service is exempt only as",
        "Büchersendung",
    ),
    ({"ship-method": "großbrief"}, "ship-method", "the service is exempt only as", "Großbrief"),
]


@pytest.mark.parametrize(("cells", "column", "what", "better"), WRONG)
def test_a_fault_is_named_with_its_column_and_what_to_enter(
    cells: dict[str, str], column: str, what: str, better: str | None
) -> None:
    (row,) = found(cells)
    assert (row[0], row[2]) == (column, better)
    assert str(row[1]).startswith(what)


@pytest.mark.parametrize(
    "cells",
    [
        {},
        {"ship-date": "2026-08-09T15:30:00+09:00"},
        {"order-item-id": "05835637773450", "quantity": "2"},
        {"carrier-code": "Evri", "tracking-number": "K4827193"},  # younger than Amazon's list
        {"carrier-code": "Other", "carrier-name": "Bob's Vans", "tracking-number": "K4827193"},
        {"tracking-number": "", "ship-method": "Großbrief"},  # exempt: no number is asked
        {"carrier-code": "Self Delivery", "tracking-number": "K4827193"},
        # others' check digits say nothing of a carrier whose numbers are not known
        {"carrier-code": "YamatoTransport", "tracking-number": "458073021571"},
    ],
)
def test_nothing_is_found_where_nothing_is_wrong(cells: dict[str, str]) -> None:
    assert found(cells) == []


def test_other_for_a_carrier_that_amazon_knows_is_put_right_except_in_japan() -> None:
    cells = {"carrier-code": "Other", "carrier-name": "FedEx", "tracking-number": "K4827193"}
    code, name = found(cells | {"tracking-number": "986578788855"})
    assert code[::2] == ("carrier-code", "FedEx")
    assert name[::2] == ("carrier-name", "")
    yamato = {"carrier-code": "OTHER", "carrier-name": "ヤマト運輸", "ship-method": "宅配便"}
    assert found(yamato | {"tracking-number": "K4827193"}, japan=True) == []
    lower = {"carrier-code": "yamato", "tracking-number": "K4827193"}
    assert [row[2] for row in found(lower, japan=True)] == ["YAMATO"]  # not YamatoTransport


def test_one_number_for_many_orders_and_several_numbers_without_items_are_seen() -> None:
    copied = [{"order-id": f"111-6041827-38001{n:02}"} for n in range(11)]
    assert {row[1] for row in found(*copied)} == {"one number for more than 10 orders"}
    assert found(*copied[:10]) == []
    two = found({}, {"tracking-number": USPS, "carrier-code": "USPS"})
    assert [row[1] for row in two] == [
        "the order has several numbers and this line names no item"
    ] * 2


def packages(**fields: object) -> pl.DataFrame:
    usual: dict[str, object] = {
        "order_id": ORDER,
        "marketplace": "DE",
        "status": "shipped",
        "order_date": date(2026, 8, 7),
    }
    row = usual | fields
    table = pl.LazyFrame([row], {n: PACKAGES[n] for n in row})
    return conform(table).select(list(PACKAGES)).collect()


def test_orders_tell_what_they_are_and_which_the_file_leaves_out() -> None:
    def told(*tables: pl.DataFrame, **cells: str) -> set[str]:
        return set(findings(upload(cells), ON, pl.concat(tables))["what"])

    assert told(packages()) == set()
    assert told(packages(order_id="111-6041827-3800199")) == {
        "an order that your files do not know"
    }
    assert told(packages(status="cancelled")) == {"a cancelled order"}
    assert told(packages(order_date=date(2026, 8, 10))) == {
        "the ship day is before the day of the order"
    }
    other: dict[str, object] = {"order_id": "111-6041827-3800199", "status": "unshipped"}
    due, later = (packages(**other, ship_by_date=ON + timedelta(days=n)) for n in (0, 1))
    mine = packages(status="unshipped")
    assert told(mine, due) == {"to be shipped by the day of the upload, and not in the file"}
    assert told(mine, later) == {NOT_DUE}
    assert told(mine, packages(**other, marketplace="US")) == set()  # another file's
    assert told(packages(), due) == set()  # a file of corrections


def test_one_line_tells_the_order_of_day_and_month_of_all() -> None:
    def days(*ship: str) -> list[str | None]:
        lines = [{"ship-date": day, "order-id": f"{ORDER[:-1]}{n}"} for n, day in enumerate(ship)]
        return [better for column, _, better in found(*lines) if column == "ship-date"]

    assert days("8/9/26", "7/31/26") == ["2026-08-09", "2026-07-31"]
    assert days("8/7/2026", "31/7/26") == ["2026-07-08", "2026-07-31"]
    assert days("8/7/2026", "7/8/2026") == [None, None]
    assert days("8/7/2026", "31/7/26", "7/31/26") == [None, "2026-07-31", "2026-07-31"]
    both = upload({"ship-date": "8/7/2026"})
    told = [findings(both, ON, day_first=first)["better"].to_list() for first in (True, False)]
    assert told == [["2026-07-08"], ["2026-08-07"]]


def test_the_label_of_a_shipping_tool_fills_a_blank_number_and_doubts_another() -> None:
    """Where the order is one package; the copy has it, as the upload of `fix` would."""
    another = "1Z0000000000000019"

    def told(number: str, *tables: pl.DataFrame) -> list[tuple[str, str | None]]:
        own = findings(upload({"tracking-number": number}), ON, pl.concat(tables))
        return own.select("what", "better").rows()

    order = packages(tracking_number="", label_number=UPS)
    assert ("your files have its number", UPS) in told("", order)
    assert told(UPS, order) == []
    doubt = [("the label of your shipping tool has another number", None)]
    assert told(another, order) == doubt
    assert ("your files have its number", UPS) in told("", packages(tracking_number=UPS))
    assert told(another, packages(tracking_number=UPS)) == []  # a correction of it
    two = packages(package_id="2")
    assert told("", order, two) == [("no tracking number", None)]


def test_more_units_than_were_ordered_and_items_of_other_orders_are_seen() -> None:
    """Of one order; where exports do not say what was ordered nothing can be said."""
    order = packages(status="unshipped", order_item_id="10000000000201", quantity=2, skus=1)

    def told(*lines: dict[str, str], of: pl.DataFrame = order) -> set[str]:
        return set(findings(upload(*lines), ON, of)["what"])

    whats = {"more units or parcels than were ordered"}
    item = {"order-item-id": "10000000000201"}
    assert told(item | {"quantity": "2"}) == set()
    assert told(item | {"quantity": "3"}) == whats
    numbers = [UPS, "1Z0000000000000019", "1Z0000000000000028"]
    parcels = [item | {"quantity": "1", "tracking-number": n} for n in numbers]
    assert told(*parcels[:2]) == set()
    assert told(*parcels) == whats
    assert told(item | {"quantity": "9"}, of=packages(status="unshipped")) == set()
    assert told({"order-item-id": "99999999999999"}) == {"an item that the order does not have"}
    assert told({"order-item-id": "99999999999999"}, of=packages(skus=2)) == set()
    saved = packages(status="unshipped", order_item_id="5835637773450", quantity=2, skus=1)
    assert told({"order-item-id": "05835637773450"}, of=saved) == set()


def test_a_number_is_asked_of_a_service_that_is_exempt_only_of_cheap_orders() -> None:
    """Germany's Großbrief: the value is the order's, which the file does not have."""
    letter = {"tracking-number": "", "ship-method": "Großbrief", "carrier-code": "Deutsche Post"}
    route = {"origin": "DE", "destination": "DE", "currency": "EUR"}

    def told(value: float) -> set[str]:
        order = packages(**route, goods_value=value, promised_date=date(2026, 8, 14))
        return {what for what in findings(upload(letter), ON, order)["what"] if "number" in what}

    assert told(5.0) == set()
    assert told(50.0) == {"no tracking number, and an order of this value is not exempt"}


def test_other_into_the_eu_from_outside_is_refused_since_july_2026() -> None:
    route = {"origin": "CN", "destination": "DE", "currency": "EUR", "goods_value": 100.0}
    vans = {"carrier-code": "Other", "carrier-name": "Bob's Vans", "tracking-number": "K4827193"}

    def refused(cells: dict[str, str], on: date = ON, **fields: object) -> bool:
        table = findings(upload(cells), on, packages(**route | fields))
        return any("Amazon refuses Other" in what for what in table["what"])

    assert refused(vans)
    assert not refused({})
    assert not refused(vans, goods_value=151.0)
    assert not refused(vans, origin="PL")
    june = {"ship-date": "2026-06-30"}
    assert not refused(vans | june, date(2026, 6, 30), order_date=date(2026, 6, 29))


FORMS = [
    ("utf-8", "\t", ()),
    ("utf-8-sig", "\t", ()),
    ("utf-16", "\t", ("its encoding is utf-16; Amazon reads utf-8",)),
    ("cp1252", "\t", ("its encoding is cp1252; Amazon reads utf-8",)),
    ("mac_roman", "\t", ("its encoding is mac_roman; Amazon reads utf-8",)),
    ("utf-8", ";", ("its cells are separated by semicolons; Amazon reads tabs",)),
    ("utf-8", ",", ("its cells are separated by commas; Amazon reads tabs",)),
]


@pytest.mark.parametrize(("encoding", "delimiter", "faults"), FORMS)
def test_whatever_a_spreadsheet_made_of_the_file_is_read_and_said(
    tmp_path: Path, encoding: str, delimiter: str, faults: tuple[str, ...]
) -> None:
    line = dict(GOOD, **{"ship-method": "Großbrief", "carrier-name": f'"a{delimiter}b"'})
    text = "\r\n".join([delimiter.join(COLUMNS), delimiter.join(line.values()), ""])
    (tmp_path / "up.txt").write_bytes(text.encode(encoding))
    read = read_upload(tmp_path / "up.txt")
    assert read.faults == faults
    told = read.rows.row(0, named=True)
    assert (told["line"], told["ship-method"]) == (2, "Großbrief")
    assert told["carrier-name"] == f"a{delimiter}b"


def test_a_line_with_more_cells_than_the_header_is_said(tmp_path: Path) -> None:
    lines = ["\t".join(COLUMNS), "\t".join(GOOD.values()), "\t".join([*GOOD.values(), "x"])]
    (tmp_path / "up.txt").write_text("\n".join(lines), "utf-8")
    read = read_upload(tmp_path / "up.txt")
    told = findings(read, ON)
    assert told.rows() == [(3, "cells", "more than the header has, so that none is certain", None)]
    assert corrected(read, told).height == 1  # which cell is which nobody knows


def test_a_copy_never_takes_the_place_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "up.txt"
    path.write_bytes(form(upload({}).rows))
    before = path.read_bytes()
    result = CliRunner().invoke(main, ["check-upload", str(path), "--out", str(path)])
    assert result.exit_code >= 64
    assert "give --out another name" in result.output
    assert path.read_bytes() == before


def test_a_copy_never_lies_among_the_exports(tmp_path: Path) -> None:
    """There it would count as uploaded, or take the place of an export."""
    exports, path = tmp_path / "exports", tmp_path / "up.txt"
    exports.mkdir()
    for one in (path, exports / "confirm_2026-09-30.txt"):
        one.write_bytes(form(upload({}).rows))
    before = tree(exports)
    for name in ("confirm_2026-09-30.txt", "new.txt"):
        given = ["check-upload", path, exports, "--marketplace", "US", "--out", exports / name]
        result = CliRunner().invoke(main, [*map(str, given)])
        assert result.exit_code >= 64
        assert "lies in exports, which is read; give an --out outside of it" in result.output
    assert tree(exports) == before


def test_the_japanese_form_is_read_and_written_as_it_is(tmp_path: Path) -> None:
    content = form(upload({"carrier-name": "ヤマト運輸", "carrier-code": "OTHER"}).rows, "JP")
    (tmp_path / "jp.txt").write_bytes(content)
    read = read_upload(tmp_path / "jp.txt")
    assert (read.japan, read.faults, read.rows["line"].to_list()) == (True, (), [4])
    assert form(corrected(read, findings(read, ON).clear()), "JP") == content


def test_a_japanese_file_without_the_lines_above_its_header_is_read_and_said(
    tmp_path: Path,
) -> None:
    lines = form(upload({"carrier-name": "ヤマト運輸", "carrier-code": "OTHER"}).rows, "JP")
    (tmp_path / "bare.txt").write_bytes(lines.split(b"\n", 2)[2])
    read = read_upload(tmp_path / "bare.txt")
    assert (read.japan, read.rows["carrier-name"].item()) == (False, "ヤマト運輸")
    assert ["its encoding is cp932" in fault for fault in read.faults] == [True]
    german = form(upload({"ship-method": "Großbrief"}).rows).decode().encode("cp1252")
    (tmp_path / "german.txt").write_bytes(german)
    assert read_upload(tmp_path / "german.txt").rows["ship-method"].item() == "Großbrief"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\3\4 workbook", "a workbook, which Amazon does not take here; save it as text"),
        (b"order-id\tpurchase-date\n1\t2\n", "no shipping confirmation, for no line names"),
        (b"", "no shipping confirmation"),
        (b'"' + b"\0a" * 200_000 + b'"', "no shipping confirmation"),
        ("\t".join(COLUMNS).encode() + b"\n\t\t\n", "a header and no lines"),
    ],
)
def test_another_file_is_refused_with_what_to_give(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "up.txt").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_upload(tmp_path / "up.txt")


@given(
    st.lists(st.fixed_dictionaries({n: st.sampled_from([GOOD[n], "", *HOSTILE]) for n in COLUMNS}))
)
@examples(1)
def test_a_copy_has_nothing_left_that_needs_no_person(cells: list[dict[str, str]]) -> None:
    """And the lines of which it is said that they need none are right in it."""
    if not cells:
        return
    given, orders = upload(*cells), packages(status="unshipped", quantity=1, order_item_id="7")
    for known in (None, orders):
        told = findings(given, ON, known)
        copy = corrected(given, told).with_columns(given.rows["line"])
        left = findings(UploadFile(copy, False, ()), ON, known)
        assert left["better"].null_count() == left.height, left.rows()
        by_itself = told.group_by("line").agg(pl.col("better").is_not_null().all())
        needs_person = by_itself.filter(~pl.col("better"))["line"].drop_nulls()
        assert {*left["line"].drop_nulls()} == {*needs_person}


@pytest.mark.parametrize("check", ["_cells", "_days", "_carriers", "_numbers", "misspelled"])
def test_without_a_check_its_faults_go_unseen(check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [{"order-id": f"111-6041827-38{n:05}"} | cells for n, (cells, *_) in enumerate(WRONG)]
    before = len(found(*lines))
    monkeypatch.setattr(check_upload, check, lambda *_: [])
    assert len(found(*lines)) < before


def test_services_are_those_of_the_rules_of_the_day_and_marketplace() -> None:
    """Of a known order the carrier, the route and the value have to fit, too."""
    letter = {"ship-method": "großbrief", "carrier-code": "Deutsche Post"}
    letter |= {"tracking-number": "K4827193"}

    def told(*cells: dict[str, str], **fields: object) -> list[str | None]:
        return findings(upload(*cells), ON, packages(**fields))["better"].to_list()

    assert told(letter) == ["Großbrief"]
    assert told(letter, currency="EUR", goods_value=5.0) == ["Großbrief"]
    assert told(letter, currency="EUR", goods_value=50.0) == []
    assert told(letter | {"carrier-code": "DPD"}) == []
    assert told(letter, marketplace="FR") == []
    usps = {"carrier-code": "USPS", "tracking-number": ""}
    envelope, us = usps | {"ship-method": "FIRST-CLASS ENVELOPE"}, {"marketplace": "US"}
    assert found(envelope) == told(envelope, **us) == []  # exempt however it is written
    other = usps | {"ship-method": "First Class Envelop"}
    assert told(other, **us) == ["First Class envelope"]
    blank = letter | {"tracking-number": ""}
    assert told(blank, currency="EUR", goods_value=5.0) == ["Großbrief"]
    assert told(blank, currency="EUR", goods_value=50.0) == [None]  # no tracking number


def test_what_is_put_right_is_checked_as_amazon_would_have_it() -> None:
    """A dressed order id is the order's, and units that were no number may be too many."""
    order = packages(status="unshipped", order_item_id="10000000000201", quantity=1, skus=1)
    dressed = {"order-id": f'="{ORDER}"', "order-item-id": "'10000000000201"}
    right = [("order-id", ORDER), ("order-item-id", "10000000000201")]
    told = findings(upload(dressed), ON, order).select("column", "better").rows()
    assert told == right
    two = findings(upload({"quantity": "2,0"}), ON, order).select("what", "better").rows()
    assert two == [
        ("not a whole number of units", "2"),
        ("more units or parcels than were ordered", None),
    ]
    vans = {"carrier-code": "Other", "carrier-name": "UPS"}
    china = packages(origin="CN", destination="DE", currency="EUR", goods_value=100.0)
    assert findings(upload(vans), ON, china)["better"].to_list() == ["UPS", ""]  # not refused


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_the_command_says_lines_and_no_order_and_ends_with_0_or_1(tmp_path: Path) -> None:
    path, copy = tmp_path / "up.txt", tmp_path / "copy.txt"
    lines = upload({"carrier-code": "ups"}, {"carrier-code": "Ups"}, {"tracking-number": "TBD"})
    path.write_bytes(form(lines.rows))
    done = run("check-upload", path, "--on", ON, "--out", copy)
    assert done.exit_code == 1
    assert done.output.splitlines() == [
        "up.txt: 3 lines, 3 to correct (a copy, --out, puts 2 of them right).",
        "carrier-code: not spelled as in Amazon's list of September 2021; enter UPS",
        "    2 lines: 2 and 3",
        "tracking-number: no number but something in its place",
        "    1 line: 4",
        f"Corrected copy: {copy}",
    ]
    right = run("check-upload", copy, "--on", ON)
    assert right.output.startswith("copy.txt: 3 lines, 1 to correct.")
    path.write_bytes(form(upload({}).rows))
    fine = run("check-upload", path, "--on", ON)
    assert (fine.exit_code, fine.output) == (0, "up.txt: 1 line, nothing to correct.\n")
    missing = run("check-upload", tmp_path / "none.txt")
    assert missing.exit_code == 66
    assert "it cannot be read" in missing.output
