"""Which packages an order has: each kind of source alone and beside the others.

A table has one row for each row of a file: the kind of its file, the file's day, item, quantity,
number. `api` is a snapshot of packages (with Amazon's reference), `lines` an order report, `ship` a
confirmation, `tool` a shipping tool's export. `-` is not said, `""` is blank, NULL the word.
"""

import json
import re
from datetime import date, timedelta
from itertools import permutations

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from tests.files.test_cases import CONFIRMED, ORDER, ORDERS, UPS
from tests.made import examples
from vtrkit import load
from vtrkit.cli import main
from vtrkit.files import matching, order_book
from vtrkit.files.damage import agree
from vtrkit.files.fates import FATES
from vtrkit.files.order_book import SAME_DAY
from vtrkit.files.shipments import AMONG_SEVERAL, BEYOND, FURTHER, ONE, TWIN

NUMBERS = dict(zip("ABCD", UPS, strict=True))
ID = ORDER + "1"


def _day(day):
    return date(2026, 9, 1) + timedelta(int(day))


def _number(cell):
    return {"-": "", '""': ""}.get(cell, NUMBERS.get(cell, cell))


def _write(folder, kind, day, rows, part=0):
    """The rows of one kind and day as a file of that kind."""
    name = f"{kind}-{part}_{_day(day)}"
    if kind == "lines":
        body = [
            f"{o}\t{i}\t2026-08-31T10:00:00-07:00\t\tS-{i}\t{q}\tUSD\t9\t2026-09-20T10:00:00-07:00\tfalse\t\n"
            for o, i, q, _ in rows
        ]
        (folder / f"{name}.txt").write_text(ORDERS + "".join(body), "utf-8")
    elif kind == "ship":
        body = [
            f"{o}\t{_blank(i)}\t{_blank(q)}\t{_day(day)}\tUPS\t\t{_number(n)}\tGround\n"
            for o, i, q, n in rows
        ]
        (folder / f"{name}.txt").write_text(CONFIRMED + "".join(body), "utf-8")
    elif kind == "tool":
        body = [f"{o},{_number(n)}\n" for o, _, _, n in rows]
        text = "Order - Number,Shipment - Tracking Number\n" + "".join(body)
        (folder / f"{name}.csv").write_text(text, "utf-8")
    else:
        (folder / f"{name}.json").write_text(json.dumps({"orders": list(_api(rows))}), "utf-8")


def _blank(cell):
    return "" if cell == "-" else cell


def _api(rows):
    """Orders with their packages; rows of one number, or one without, are one package."""
    for order in dict.fromkeys(row[0] for row in rows):
        packages = {}
        for _, item, quantity, number in (row for row in rows if row[0] == order):
            packages.setdefault(number, []).append((item, quantity))
        yield {
            "orderId": order,
            "salesChannel": {"marketplaceId": "ATVPDKIKX0DER", "marketplaceName": "Amazon.com"},
            "fulfillment": {"fulfillmentStatus": "SHIPPED", "fulfilledBy": "MERCHANT"},
            "packages": [
                {
                    "packageReferenceId": f"R{place}",
                    "packageStatus": {"status": "SHIPPED"},
                    "trackingNumber": _number(number) or None,
                    "packageItems": [
                        {"orderItemId": i, "quantity": int(q)} for i, q in items if i != "-"
                    ],
                }
                for place, (number, items) in enumerate(packages.items(), 1)
            ],
        }


def packages_of(folder, table):
    """The load of a table, and `reference or number:number` of each package."""
    _write_all(folder, _rows(table, ID))
    return said(load(folder, marketplace="US", max_rejected_share=1))


def _rows(table, order):
    """Kind and day of each row of a table, and the row itself with its order."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in table.strip().splitlines()]
    return [((kind, day), (order, *row)) for kind, day, *row in lines]


def _write_all(folder, rows):
    for kind, day in dict.fromkeys(file for file, _ in rows):
        _write(folder, kind, day, [row for file, row in rows if file == (kind, day)])


def said(loaded):
    """The load, and each package as reference (if any) and number by its letter, `_` for none."""
    _adds_up(loaded)
    return loaded, _named(loaded.packages.collect().rows(named=True), NUMBERS)


def _adds_up(loaded):
    for line in loaded.summary.rows(named=True):
        assert line["rows"] == sum(line[fate] for fate in FATES), line


def _named(packages, numbers):
    letters = {number: letter for letter, number in numbers.items()} | {"": "_", None: "?"}
    return " ".join(
        sorted(
            (p["package_id"] if p["package_id"].startswith("R") else "")
            + letters.get(p["tracking_number"], p["tracking_number"])
            for p in packages
        )
    )


CASES = {
    "one line, one number": ("A", """
        lines  0  i  1  -
        ship   1  i  1  A"""),
    "two items confirmed on two days are two packages": ("A B", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  A
        ship   2  j  1  B"""),
    "two units of an item confirmed on two days are two packages": ("A B", """
        lines  0  i  2  -
        ship   1  i  1  A
        ship   2  i  1  B"""),
    "an untracked parcel stays beside a tracked one": ("A _", """
        lines  0  i  2  -
        ship   1  i  1  ""
        ship   2  i  1  A"""),
    "beyond what was ordered a number corrects the item's newest shipment": ("B", """
        lines  0  i  1  -
        ship   1  i  1  A
        ship   2  i  1  B"""),
    "the newest of two, not the other item's": ("A C", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  A
        ship   1  j  1  B
        ship   2  j  1  C"""),
    "both rows of a package of two items are corrected": ("B", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  A
        ship   1  j  1  A
        ship   2  i  1  B
        ship   2  j  1  B"""),
    "one of two items moves to a package of its own": ("A B", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  A
        ship   1  j  1  A
        ship   2  j  1  B"""),
    "a correction that is taken back": ("A", """
        lines  0  i  1  -
        ship   1  i  1  A
        ship   2  i  1  B
        ship   3  i  1  A"""),
    "a label while a unit is left to ship may be of either parcel": ("_", """
        lines  0  i  2  -
        ship   1  i  1  ""
        tool   2  -  -  A"""),
    "so it may while another item is left": ("_", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  ""
        tool   2  -  -  A"""),
    "a number where there was a blank corrects": ("A", """
        lines  0  i  1  -
        ship   1  i  1  ""
        ship   2  i  1  A"""),
    "a blank keeps the number": ("A", """
        lines  0  i  1  -
        ship   1  i  1  A
        ship   2  i  1  "" """),
    "NULL deletes it": ("_", """
        lines  0  i  1  -
        ship   1  i  1  A
        ship   2  i  1  NULL"""),
    "an item is the same whatever a spreadsheet puts around it": ("B", """
        lines  0  60418  1  -
        ship   1  ="60418"  1  A
        ship   2  '60418  1.0  B
        ship   3  60418.0  1  B"""),
    "of an item that a spreadsheet rounded only the units are known": ("A _", """
        lines  0  60418273500001  1  -
        lines  0  60418273500002  1  -
        ship   1  6.04183E+13  1  ""
        ship   2  6,04183E+13  1  A"""),
    "the same rows again change nothing": ("A _", """
        lines  0  i  2  -
        ship   1  i  1  A
        ship   1  i  1  ""
        ship   2  i  1  A"""),
    "two numbers of one day are two packages, whatever was ordered": ("A B", """
        lines  0  i  1  -
        ship   1  i  1  A
        ship   1  i  1  B"""),
    "also where a spreadsheet damaged one of them": ("? A", """
        lines  0  i  1  -
        ship   1  i  1  A
        ship   1  i  1  9.86579E+11"""),
    "or both, and the rows name no item": ("? ?", """
        ship   1  -  -  9.40551E+21
        ship   1  -  -  9.86579E+11"""),
    "or left the same of both, which are of one item": ("? ?", """
        lines  0  i  2  -
        ship   1  i  1  9.40011E+21
        ship   1  i  1  9.40011E+21"""),
    "also where nobody knows what was ordered": ("? ?", """
        ship   1  i  1  9.40011E+21
        ship   1  i  1  9.40011E+21"""),
    "or which item it is": ("? ?", """
        ship   1  -  -  9.40011E+21
        ship   1  -  -  9.40011E+21"""),
    "and they again on another day change nothing": ("? ?", """
        lines  0  i  2  -
        ship   1  i  1  9.40011E+21
        ship   1  i  1  9.40011E+21
        ship   2  i  1  9.40011E+21
        ship   2  i  1  9.40011E+21"""),
    "but not more than were ordered": ("?", """
        lines  0  i  1  -
        ship   1  i  1  9.40011E+21
        ship   1  i  1  9.40011E+21"""),
    "nor where the rows are two items of one parcel": ("?", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  9.40011E+21
        ship   1  j  1  9.40011E+21"""),
    "unless a tool has two numbers of which it would be left": ("? ?", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  9.40011E+21
        ship   1  j  1  9.40011E+21
        tool   2  -  -  9400111206206407628746
        tool   2  -  -  9400111206206406260787"""),
    "of no item, they are the parcel of the only label that agrees": ("9400111206206407628746", """
        ship   1  -  -  9.40011E+21
        ship   1  -  -  9.40011E+21
        tool   2  -  -  9400111206206407628746"""),
    "what a spreadsheet left of two numbers is two packages on two days as well": ("? ?", """
        ship   1  i  1  9.40011E+21
        ship   2  i  1  9.86579E+11"""),
    "and beyond what was ordered one corrects the other": ("?", """
        lines  0  i  1  -
        ship   1  i  1  9.40011E+21
        ship   2  i  1  9.86579E+11"""),
    "what may be left of a number does not correct it": ("986578788855", """
        ship   1  i  1  986578788855
        ship   2  i  1  9.86579E+11"""),
    "nor is it a further package of that day while units are left": ("986578788855", """
        lines  0  i  2  -
        ship   1  i  1  986578788855
        ship   1  i  1  9.86579E+11"""),
    "two that are left of one day's numbers are those two": (
        "9400111206206406260787 9400111206206407628746", """
        lines  0  i  3  -
        ship   1  i  1  9400111206206407628746
        ship   1  i  1  9400111206206406260787
        ship   1  i  1  9.40011E+21
        ship   1  i  1  9.40011E+21"""),
    "one left of what went on another day is a further package while units are left": (
        "9400111206206407628746 ?", """
        lines  0  i  2  -
        ship   1  i  1  9400111206206407628746
        ship   2  i  1  9.40011E+21"""),
    "a number of which something else would be left is a further package": ("? A", """
        ship   1  i  1  9.40011E+21
        ship   2  i  1  A"""),
    "what a spreadsheet left of a number is no further package a day later": ("A", """
        lines  0  i  1  -
        ship   1  i  1  9.86579E+11
        ship   2  i  1  A"""),
    "no quantity is all units left": ("B", """
        lines  0  i  3  -
        ship   1  i  -  A
        ship   2  i  -  B"""),
    "no item is all items left": ("A B", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  A
        ship   2  -  -  B"""),
    "no item and nothing left corrects the only package": ("B", """
        lines  0  i  1  -
        ship   1  i  1  A
        ship   2  -  -  B"""),
    "nobody knows what was ordered: a number where there was a blank corrects": ("A", """
        ship   1  i  1  ""
        ship   2  i  1  A"""),
    "nobody knows what was ordered and no item: it corrects the only package": ("B", """
        ship   1  -  -  A
        ship   2  -  -  B"""),
    "the snapshot alone": ("R1A R2_", """
        api    3  i  1  A
        api    3  j  1  "" """),
    "an older confirmation attaches to the snapshot by its number": ("R1A", """
        lines  0  i  1  -
        ship   1  i  1  A
        api    3  i  1  A"""),
    "by item and quantity after a manual correction": ("R1C R2B", """
        lines  0  i  1  -
        lines  0  j  1  -
        ship   1  i  1  A
        ship   1  j  1  B
        api    3  i  1  C
        api    3  j  1  B"""),
    "because only one is left": ("R1C", """
        ship   1  -  -  A
        api    3  -  -  C"""),
    "what the snapshot does not have went": ("R1B", """
        lines  0  i  2  -
        ship   1  i  1  A
        ship   2  i  1  B
        api    3  i  1  B"""),
    "a newer confirmation corrects the snapshot's package, which keeps its reference": ("R1B", """
        lines  0  i  1  -
        api    1  i  1  A
        ship   2  i  1  B"""),
    "a newer confirmation adds to the snapshot while units are left": ("B R1A", """
        lines  0  i  2  -
        api    1  i  1  A
        ship   2  i  1  B"""),
    "a newer snapshot decides over an older one": ("R1B", """
        api    1  i  1  A
        api    2  i  1  B"""),
    "beside an order report as well": ("A", """
        lines  0  i  1  -
        tool   1  -  -  A"""),
    "a tool adds nothing to what was confirmed": ("A", """
        lines  0  i  2  -
        ship   1  i  2  A
        tool   2  -  -  A
        tool   2  -  -  B"""),
    "nor fills a blank": ("_", """
        lines  0  i  1  -
        ship   1  i  1  ""
        tool   2  -  -  A"""),
    "snapshot, confirmation and tool of one parcel are one package": ("R1A", """
        lines  0  i  1  -
        ship   1  i  1  A
        tool   2  -  -  A
        api    3  i  1  A"""),
    "also after a manual correction": ("R1B", """
        lines  0  i  1  -
        ship   1  i  1  A
        tool   2  -  -  A
        api    3  i  1  B"""),
    "with the tool as the one that knew": ("R1B", """
        lines  0  i  1  -
        ship   1  i  1  A
        tool   2  -  -  B
        api    3  i  1  B"""),
    "snapshot and tool": ("R1A R2B", """
        api    1  i  1  A
        api    1  j  1  B
        tool   2  -  -  B"""),
    "lines and snapshot": ("R1A", """
        lines  4  i  1  -
        api    1  i  1  A"""),
}  # fmt: skip


@pytest.mark.parametrize("by_the_book", [False, True])
def test_which_packages_an_order_has(tmp_path, by_the_book, monkeypatch):
    """As whole columns where the order is plain, and always the same row by row.

    Each case is an order of its own with its own numbers, and all stand in the same files.
    """
    if by_the_book:
        _always_by_the_book(monkeypatch)
    orders = {f"{ORDER[:-1]}{place:02}": name for place, name in enumerate(CASES)}
    numbers = {
        order: {letter: f"{n[:8]}{order[-2:]}{n[10:]}" for letter, n in NUMBERS.items()}
        for order in orders
    }
    rows = [row for order, name in orders.items() for row in _rows(CASES[name][1], order)]
    own = [(file, (o, i, q, numbers[o].get(n, n))) for file, (o, i, q, n) in rows]
    _write_all(tmp_path, own)
    loaded = load(tmp_path, marketplace="US", max_rejected_share=1)
    _adds_up(loaded)
    packages = loaded.packages.collect().rows_by_key("order_id", named=True)
    assert {name: _named(packages[order], numbers[order]) for order, name in orders.items()} == {
        name: expected for name, (expected, _) in CASES.items()
    }


@pytest.mark.parametrize(
    ("rows", "rule"), [(("i", "i"), TWIN), (("i", "j"), ONE), (("-", "-"), TWIN)]
)
def test_numbers_of_which_a_spreadsheet_left_the_same_are_listed(tmp_path, rows, rule):
    """Whether they were taken for one package or for two, nobody knows."""
    table = "".join(f"ship  1  {item}  1  9.40011E+21\n" for item in rows)
    loaded, _ = packages_of(tmp_path, table)
    assert loaded.doubts.filter(rule=rule)["row"].to_list() == [2]


def test_a_book_that_tells_no_twins_apart_loses_a_parcel(tmp_path, monkeypatch):
    """The mutant of the rule: what an order has is then another thing."""
    table = "ship  1  i  1  9.40011E+21\n" * 2
    monkeypatch.setattr(order_book, "_told_apart", lambda rows, _: rows)
    assert (
        packages_of(tmp_path, table)[1]
        == "?"
        != CASES["also where nobody knows what was ordered"][0]
    )


@pytest.mark.parametrize(
    ("items", "values"), [(("1", "1", "2"), [4.5, 4.5, 9]), (("-", "-", "-"), [18, 18, 18])]
)
def test_a_package_has_the_value_of_what_is_in_it(tmp_path, items, values):
    """By units where an item is in several; that of the whole order where nobody says what."""
    _write(tmp_path, "lines", "1", [(ID, "1", "2", "-"), (ID, "2", "1", "-")])
    _write(tmp_path, "ship", "2", [(ID, i, "1", n) for i, n in zip(items, "ABC", strict=True)])
    packages = load(tmp_path).packages.sort("order_item_id", "tracking_number").collect()
    assert packages["goods_value"].to_list() == values


@pytest.mark.parametrize(
    ("costs", "values"),
    [
        (("10.00", "3.50"), [5.0, 5.0, 3.5]),
        (("10.00", None), [5.0, 5.0, 20.0]),
        (("10.00", "x"), [5.0, 5.0, 20.0]),
        ((None, None), [20.0, 20.0, 20.0]),
    ],
)
def test_a_package_of_the_api_has_the_value_of_what_is_in_it(tmp_path, costs, values):
    """By units; the order's where the API does not tell what an item of the package cost."""
    (order,) = _api([(ID, "i", "1", "A"), (ID, "i", "1", "B"), (ID, "j", "1", "C")])
    order["proceeds"] = {"grandTotal": {"amount": "20.00", "currencyCode": "USD"}}
    order["orderItems"] = [
        {
            "orderItemId": item,
            "quantityOrdered": units,
            "proceeds": {"proceedsTotal": {"amount": cost}},
        }
        for item, units, cost in zip("ij", (2, 1), costs, strict=True)
    ]
    (tmp_path / "api.json").write_text(json.dumps({"orders": [order]}), "utf-8")
    packages = load(tmp_path).packages.sort("package_id").collect()
    assert packages["goods_value"].to_list() == values


def test_a_tool_alone_names_packages(tmp_path):
    """Where no file of any order does."""
    assert packages_of(tmp_path, "tool  1  -  -  A\ntool  1  -  -  B")[1] == "A B"


def _always_by_the_book(monkeypatch):
    orders = matching._orders
    monkeypatch.setattr(matching, "_orders", lambda rows: orders(rows).with_columns(_odd=True))


def test_what_went_is_kept_with_what_it_became(tmp_path):
    """A corrected package under its new number, one that the snapshot no longer has under none."""
    loaded, _ = packages_of(tmp_path, CASES["a newer confirmation corrects the snapshot's package, "
                                            "which keeps its reference"][1])  # fmt: skip
    assert loaded.restated.select("tracking_number", "now").rows() == []
    (tmp_path / "two").mkdir()
    loaded, _ = packages_of(tmp_path / "two", CASES["what the snapshot does not have went"][1])
    assert loaded.restated.select("tracking_number", "now").rows() == [(UPS[0], None)]
    assert loaded.summary["restated"].sum() == 1


SAME_ORDER = {
    "further one of a shop of Amazon's": ("AMAZON", "2026-09-04", 1, "amazon"),
    "of the seller's": ("MERCHANT", "2026-09-04", 1, "seller"),
    "not where the snapshot says nothing": ("", None, 1, None),
    "nor of what a newer file says": ("MERCHANT", "2026-09-04", 9, "seller"),
}


@pytest.mark.parametrize("case", SAME_ORDER)
def test_what_a_snapshot_says_of_an_order_is_of_packages_confirmed_later(tmp_path, case):
    """Else a further parcel has no promised day, and one of Amazon's own orders is a defect."""
    who, promised, units, fulfilled = SAME_ORDER[case]
    (order,) = _api([(ID, "i", "1", "A")])
    order["fulfillment"]["fulfilledBy"] = who or None
    order["fulfillment"]["deliverByWindow"] = {"latestDateTime": promised and f"{promised}T18:00Z"}
    order["orderItems"] = [{"orderItemId": "i", "quantityOrdered": 2}]
    (tmp_path / "api_2026-09-02.json").write_text(json.dumps({"orders": [order]}), "utf-8")
    _write(tmp_path, "ship", 3, [(ID, "i", "1", "B")])
    if units > 1:
        _write(tmp_path, "lines", 4, [(ID, "i", "2", "-")])
    packages = load(tmp_path, marketplace="US").packages.sort("tracking_number").collect()
    day = date(2026, 9, 20) if units > 1 else promised and date.fromisoformat(promised)
    assert packages["promised_date"].to_list() == [day, day]
    assert packages["fulfilled_by"].to_list() == [fulfilled, fulfilled]


def test_a_load_that_spreads_nothing_of_snapshots_fails_where_a_parcel_was_confirmed_later(
    tmp_path, monkeypatch
):
    """The mutant of the rule."""
    monkeypatch.setattr("vtrkit.files.fields.of_snapshots", lambda named: named.clear())
    with pytest.raises(AssertionError):
        test_what_a_snapshot_says_of_an_order_is_of_packages_confirmed_later(
            tmp_path, "of the seller's"
        )


def test_what_a_table_says_of_one_package_only_is_of_no_other(tmp_path):
    """Two packages of an order that were promised for two days say nothing of a third."""
    header = "order_id,tracking_number,promised_date,destination\n"
    rows = [f"{ID},{n},2026-09-1{day},US\n" for day, n in enumerate(UPS[:2])]
    (tmp_path / "p_2026-09-02.csv").write_text(header + "".join(rows), "utf-8")
    _write(tmp_path, "ship", 3, [(ID, "i", "1", "C")])
    packages = load(tmp_path, marketplace="US").packages.sort("tracking_number").collect()
    assert packages["promised_date"].to_list()[2] is None
    assert packages["destination"].to_list() == ["US"] * 3


@pytest.mark.parametrize("by_the_book", [False, True])
@pytest.mark.parametrize(("day", "rules"), [(3, [SAME_DAY]), (2, [])])
def test_a_number_that_a_snapshot_replaces_is_kept_and_of_one_day_listed(
    tmp_path, monkeypatch, day, rules, by_the_book
):
    """What was confirmed is not lost without a word, whichever of the two Amazon has."""
    if by_the_book:
        _always_by_the_book(monkeypatch)
    loaded, found = packages_of(tmp_path, f"api  3  i  1  A\nship  {day}  i  1  B")
    assert found == "R1A"
    assert loaded.restated.select("tracking_number", "now").rows() == [(UPS[1], "R1")]
    assert loaded.doubts["rule"].to_list() == rules


@pytest.mark.parametrize(
    ("table", "packages", "rule"),
    [
        ("ship  1  i  1  A\nship  2  i  1  B", "A B", FURTHER),
        ("ship  1  i  1  A\nship  1  j  1  B\nship  2  -  -  C", "A B C", AMONG_SEVERAL),
        ("lines  0  i  1  -\nship  1  i  1  A\nship  1  i  1  B", "A B", BEYOND),
        ("lines  0  i  1  -\nship  1  i  -  A\nship  1  i  -  B", "A B", BEYOND),
        ("lines  0  i  1  -\nship  1  -  -  A\nship  1  -  -  B", "A B", BEYOND),
        (
            "lines  0  i  1  -\nlines  0  j  1  -\nship  1  i  1  A\nship  1  i  1  B",
            "A B",
            BEYOND,
        ),
        ("lines  0  i  2  -\nship  1  i  2  A\nship  1  i  1  B", "A B", BEYOND),
        ("lines  0  i  2  -\nship  1  i  1  A\nship  1  i  1  B", "A B", None),
        ("lines  0  i  1  -\nship  1  i  1  A\nship  1  i  1  A", "A", None),
        ("lines  0  i  1  -\nlines  2  i  1  -\nship  1  i  1  A\nship  1  i  1  B", "A B", BEYOND),
        ("ship  1  i  1  A\nship  1  i  1  B", "A B", None),
    ],
)
def test_a_package_that_is_assumed_to_be_a_further_one_is_listed(tmp_path, table, packages, rule):
    """Where no file says how many were ordered, or the row does not say which it corrects."""
    loaded, found = packages_of(tmp_path, table)
    assert found == packages
    assert loaded.doubts["rule"].to_list() == ([rule] if rule else [])


def test_look_says_what_to_check_and_which_packages_went(tmp_path):
    """Counted by rule, and for programs as well."""
    table = CASES["what the snapshot does not have went"][1]
    packages_of(tmp_path, f"{table}\nship  4  i  1  C\nship  5  -  -  D")
    arguments = ["look", str(tmp_path), "--marketplace", "US"]
    shown = CliRunner().invoke(main, arguments)
    assert shown.exit_code == 0, shown.output
    _, _, checks = shown.output.partition("\nTo check\n")
    plain = " ".join(checks.split())
    assert plain.startswith("- 1 package of older files that newer ones replace or no longer have")
    assert (
        f"- {AMONG_SEVERAL}: 1 row of ship-0_2026-09-06.txt; a report lists them in doubts.csv"
        in plain
    )
    told = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).output)
    assert told["to_check"] == {AMONG_SEVERAL: 1}
    assert told["replaced_or_gone"] == 1


# --- nothing is lost -------------------------------------------------------------------------

DAMAGED, WHOLE = "9.40011E+21", "9400111206206407628746"
ORDERED = st.lists(
    st.tuples(st.sampled_from("ij"), st.integers(1, 3)), max_size=2, unique_by=lambda x: x[0]
)
EVENT = st.tuples(
    st.sampled_from(["i", "j", "-"]),
    st.sampled_from(["1", "1", "2", "-"]),
    st.sampled_from(["A", "B", "C", '""', "NULL", DAMAGED, WHOLE]),
)
SNAPSHOT = st.lists(
    st.tuples(st.sampled_from("ij"), st.just("1"), st.sampled_from(["A", "B", "D", '""'])),
    min_size=1,
    max_size=2,
)


SEVERAL = [f"{ORDER[:-1]}{place:02}" for place in range(10)]
"""So many histories are loaded at once: a load of ten orders costs hardly more than one of two."""


@st.composite
def history(draw):
    """The rows of several orders by kind and day."""
    files = {}
    for order in SEVERAL:
        named = [("lines", 0, [(i, str(q), "-") for i, q in draw(ORDERED)])]
        events = st.tuples(st.integers(1, 3), st.lists(EVENT, min_size=1, max_size=3))
        named += [("ship", *of_day) for of_day in draw(st.lists(events, max_size=3))]
        snapshot = st.tuples(st.integers(1, 4), SNAPSHOT)
        named += [("api", *of_day) for of_day in draw(st.lists(snapshot, max_size=1))]
        if draw(st.booleans()):
            named.append(("tool", 5, [("-", "-", draw(st.sampled_from("ABCD")))]))
        for kind, day, rows in named:
            files.setdefault((kind, day), []).extend((order, *row) for row in rows)
    return {file: rows for file, rows in files.items() if rows}


@examples(1)
@given(files=history(), data=st.data())
def test_files_cut_anywhere_and_loaded_in_any_order_give_the_same_packages(
    files, data, tmp_path_factory
):
    """Events anywhere, snapshots between orders, each part with the day of the whole."""
    if not files:
        return
    whole, cut = (tmp_path_factory.mktemp(name) for name in ("whole", "cut"))
    for (kind, day), rows in files.items():
        _write(whole, kind, day, rows)
        parts = _parts(data, kind, rows)
        for number, part in enumerate(data.draw(st.permutations(parts))):
            _write(cut, kind, day, part, number)
    first = _packages(whole)
    assert _packages(cut) == first
    with pytest.MonkeyPatch.context() as patch:
        _always_by_the_book(patch)
        patch.setattr("vtrkit.files.large._HELD", 0)
        patch.setattr("vtrkit.files.large._BYTES", 1)
        patch.setattr("vtrkit.files.large._MOST_BUCKETS", 3)
        assert _packages(whole) == first


def _parts(data, kind, rows):
    """Some parts of the rows: an event file is cut anywhere, others only between orders."""
    if kind == "ship":
        place = data.draw(st.integers(0, len(rows)))
        return [part for part in (rows[:place], rows[place:]) if part]
    place = data.draw(st.integers(0, len(SEVERAL)))
    halves = SEVERAL[:place], SEVERAL[place:]
    return [part for half in halves if (part := [row for row in rows if row[0] in half])]


def test_the_order_of_rows_that_differ_in_null_alone_says_nothing(tmp_path):
    """A blank and the word NULL for one item: both have no number, and one of them deletes."""
    rows = [(ID, "i", "1", '""'), (ID, "i", "1", "NULL"), (ID, "j", "1", "NULL")]
    found = []
    for number, order in enumerate(permutations(rows)):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        _write(folder, "lines", 0, [(ID, "i", "2", "-"), (ID, "j", "1", "-")])
        _write(folder, "ship", 1, [(ID, "i", "1", "A")])
        _write(folder, "ship", 2, order)
        found.append(_packages(folder))
    assert len(found[0]) == 2
    assert all(packages == found[0] for packages in found)


def test_two_rows_alike_of_which_one_went_do_not_repeat_each_other(tmp_path):
    """One is of the snapshot's package and one of a parcel that it does not have."""
    orders = [f"{ORDER[:-3]}{place:04}" for place in range(300)]
    sent = [(o, item, "1", DAMAGED) for item in "jij" for o in orders]
    _write(tmp_path, "ship", 1, sent)
    _write(tmp_path, "ship", 3, [(o, "i", "1", DAMAGED) for o in orders])
    _write(tmp_path, "api", 4, [(o, item, "1", '""') for item in "ij" for o in orders])
    assert {package["quantity"] for package in _packages(tmp_path)} == {2}


@st.composite
def confirmed(draw):
    """Orders whose items are known, and confirmations that name item, units and number."""
    ordered, events = {}, []
    for order in SEVERAL:
        items = draw(st.dictionaries(st.sampled_from("ij"), st.integers(1, 3), min_size=1))
        ordered[order] = items
        event = st.tuples(
            st.integers(1, 3),
            st.sampled_from("ABC"),
            st.sampled_from(sorted(items)),
            st.integers(1, 2),
        )
        events += [(order, *of_order) for of_order in draw(st.lists(event, max_size=5))]
    return ordered, events


def unit_by_unit(items, events):
    """The numbers of an order's packages as DESIGN counts them, which knows nothing of parcels.

    A number has the units that a row names, as far as it had them before or they are left. Beyond
    that it takes the place of the newest shipments of older days, until there are enough.
    """
    units = {item: {} for item in items}
    left_on = {}
    for turn, (day, number, item, count) in enumerate(sorted(events)):
        held = units[item]
        lacking = count - held.get(number, 0) - max(items[item] - sum(held.values()), 0)
        gone = 0
        for other in sorted(set(held) - {number}, key=left_on.get, reverse=True):
            if gone < lacking and left_on[other][0] < day:
                gone += held.pop(other)
        held[number] = max(held.get(number, 0) + gone, count)
        left_on = {n: left_on[n] for n in left_on if any(n in of for of in units.values())}
        left_on.setdefault(number, (day, turn))
    return set(left_on)


@examples(2)
@given(drawn=confirmed(), always=st.booleans())
def test_confirmations_give_the_packages_of_a_count_unit_by_unit(drawn, always, tmp_path_factory):
    folder, (ordered, events) = tmp_path_factory.mktemp("units"), drawn
    lines = [(order, i, str(q), "-") for order, items in ordered.items() for i, q in items.items()]
    _write(folder, "lines", 0, lines)
    for on in {day for _, day, *_ in events}:
        rows = [(order, i, str(q), n) for order, day, n, i, q in events if day == on]
        _write(folder, "ship", on, rows)
    with pytest.MonkeyPatch.context() as patch:
        if always:
            _always_by_the_book(patch)
        packages = load(folder, marketplace="US", max_rejected_share=1).packages.collect()
    letters = {number: letter for letter, number in NUMBERS.items()} | {None: None, "": None}
    found = {order: set() for order in ordered}
    for order, number in packages.select("order_id", "tracking_number").rows():
        found[order] |= {letters[number]} - {None}
    assert found == {
        order: unit_by_unit(items, [e[1:] for e in events if e[0] == order])
        for order, items in ordered.items()
    }


def _packages(folder):
    try:
        loaded = load(folder, marketplace="US", max_rejected_share=1)
    except Exception as e:  # noqa: BLE001 - a refusal must be the same as well
        return re.sub(r"\S+\.(txt|csv|json)", "", str(e))
    said(loaded)
    table = loaded.packages.drop("source").sort("order_id", "package_id").collect()
    return table.to_dicts()


@pytest.mark.parametrize(
    ("damaged", "whole", "same"),
    [
        ("9.86579E+11", "986578788855", True),
        ("9,86579e+11", "986578788855", True),
        ("9.86579E+11", "986488788855", False),
        ("9.86579E+12", "986578788855", False),
        ("9405511899560600000000", "9405511899560604182843", True),
        ("9405511899560700000000", "9405511899560604182843", False),
        ("2394653001023698293", "02394653001023698293", True),
        ("9.86E+11", "1ZC7X20W0344180000", False),
    ],
)
def test_digits_agree_as_far_as_the_spreadsheet_kept_them(damaged, whole, same):
    """Length included."""
    assert agree(damaged, whole) is same
