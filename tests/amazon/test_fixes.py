"""What is proposed for a package that can be corrected, how sure it is, and in which order."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import vtrkit
from tests.made import AS_OF, HOSTILE, examples
from vtrkit import classify
from vtrkit.amazon import fixes as fixes_module
from vtrkit.amazon.fixes import Sure, proposed
from vtrkit.amazon.upload import entries, form, write_uploads
from vtrkit.files.load import load
from vtrkit.rules.still_open import of_orders, still_open
from vtrkit.schema import PACKAGE_KEY, PACKAGES, State

UPS, USPS = "1Z5R89390357567127", "9400111899223197428497"
HANDED_OVER = "92748931507708513018050063"
SHIPPED, DUE = AS_OF - timedelta(days=2), AS_OF + timedelta(days=1)
ORDER = "111-6041827-3800171"


def rows(*fields: dict[str, Any]) -> pl.DataFrame:
    """Packages under way as `fixes_of` has them."""
    usual = {
        "order_id": ORDER,
        "marketplace": "US",
        "origin": "US",
        "destination": "US",
        "category": "Shoes",
        "carrier": "USPS",
        "status": "shipped",
        "ship_date": SHIPPED,
        "promised_date": DUE,
        "seen_at": AS_OF,
    }
    names = dict.fromkeys(n for f in fields for n in (*usual, *f))
    table = pl.DataFrame([usual | f for f in fields], {n: PACKAGES[n] for n in names})
    listed = still_open(classify(table), as_of=AS_OF).filter(state=State.CORRECTABLE)
    orders = of_orders(listed)
    days = {"enters_on": pl.lit(AS_OF), "leaves_on": pl.lit(AS_OF)}
    return proposed(listed.join(orders, on=PACKAGE_KEY[:-1]).with_columns(**days))


PROPOSED = [
    ({"tracking_number": UPS}, "UPS", UPS, "certain", "looks like UPS 1Z, with a right check"),
    (
        {"carrier": "DPD", "tracking_number": "K4827193", "scans": 2, "scanned_by": "OnTrac"},
        *("OnTrac", "K4827193", "certain", "OnTrac scanned it; "),
    ),
    (
        {"tracking_number": "", "label_number": USPS},
        *("USPS", USPS, "certain", "the label of your shipping tool has it; looks like USPS"),
    ),
    (
        {"tracking_number": "", "label_number": USPS, "carrier": "UPS"},
        *("USPS", USPS, "certain", "the label of your shipping tool has it; looks like USPS"),
    ),
    (
        {"tracking_number": "", "label_number": HANDED_OVER, "carrier": "FedEx"},
        *("FedEx", HANDED_OVER, "likely", "the label of your shipping tool has it; looks like"),
    ),
    (  # Amazon has two names for what UPS hands over
        {"tracking_number": "", "label_number": HANDED_OVER, "carrier": "UPS Mail Innovations"},
        *("UPS Mail Innovations", HANDED_OVER, "likely", "the label of your shipping tool has"),
    ),
    (
        {"tracking_number": "", "label_number": HANDED_OVER, "carrier": "UPS"},
        *(None, None, "needs a person", "the label of your shipping tool has it; looks like"),
    ),
    ({"tracking_number": USPS, "carrier": "UPS"}, "USPS", USPS, "certain", "looks like USPS"),
    (
        {"tracking_number": "", "label_number": "9400111899223197428490"},
        *(None, None, "needs a person", "the label of your shipping tool has it; looks like USPS"),
    ),
    (
        {"tracking_number": "", "label_number": "1"},
        *(None, None, "needs a person", "the label of your shipping tool has it; "),
    ),
    ({"tracking_number": ""}, None, None, "needs a person", "no file has a number for it"),
    ({"tracking_number": ORDER}, None, None, "needs a person", "what stands there: "),
    (
        {"tracking_number": UPS, "order_id": "#1001"},
        *(None, None, "needs a person", "its order id is none of Amazon's"),
    ),
    (
        {"tracking_number": UPS, "ship_date": None},
        *(None, None, "needs a person", "no file has its ship day"),
    ),
]


@pytest.mark.parametrize(("fields", "carrier", "number", "grade", "evidence"), PROPOSED)
def test_a_correction_is_proposed_with_what_speaks_for_it(
    fields: dict[str, Any], carrier: str, number: str, grade: str, evidence: str
) -> None:
    (row,) = rows(fields).rows(named=True)
    assert (row["new_carrier"], row["new_number"], row["grade"]) == (carrier, number, grade)
    assert str(row["evidence"]).startswith(evidence)


ITEM = {"order_item_id": "05835637773450", "quantity": 2, "skus": 1}


def of_one_order(other: dict[str, Any]) -> pl.DataFrame:
    """Two packages of an order, of which the first holds one known item."""
    return rows(
        {"package_id": "1", "tracking_number": UPS, **ITEM},
        {"package_id": "2", "tracking_number": "1Z999AA10123456784", **ITEM, **other},
    )


def test_of_several_packages_of_an_order_each_with_an_item_of_its_own_is_uploaded() -> None:
    """Without its item Amazon would take the line for all that is left to ship."""
    both = of_one_order({"order_item_id": "05835637773451"})
    assert both["grade"].to_list() == ["certain", "certain"]
    lines = entries(both).select("order-item-id", "quantity").rows()
    assert lines == [("05835637773450", "2"), ("05835637773451", "2")]
    assert entries(rows({"tracking_number": UPS, **ITEM}))["quantity"].item() == "2"
    assert entries(rows({"tracking_number": UPS, **ITEM, "skus": 2}))["quantity"].item() == ""


def test_an_item_that_a_spreadsheet_saved_gets_its_zeros_back_or_is_not_named() -> None:
    for told, named in (("5835637773450", "05835637773450"), ("5.84E+12", "")):
        done = rows({"tracking_number": UPS, **ITEM, "order_item_id": told})
        assert entries(done)["order-item-id"].item() == named


@pytest.mark.parametrize("other", [{}, {"skus": 2}, {"order_item_id": None}])
def test_no_line_names_one_of_two_packages_that_may_hold_one_item(other: dict[str, Any]) -> None:
    """It would correct the newest shipment of the item, which may be the good one."""
    both = of_one_order(other)
    assert both["grade"].to_list() == ["needs a person"] * 2
    assert "no item is known to be in this one alone" in both["evidence"][0]


MUTANTS: list[tuple[str, object, dict[str, Any], Sure]] = [
    ("NO_NUMBERS", (), {"tracking_number": "", "label_number": USPS[:-1] + "0"}, Sure.LIKELY),
    ("_AMAZONS", pl.lit(True), {"tracking_number": UPS, "order_id": "#1001"}, Sure.CERTAIN),
    (
        *("_SCANNED", pl.lit(False)),
        {"carrier": "DPD", "tracking_number": "K4827193", "scans": 2, "scanned_by": "OnTrac"},
        Sure.PERSON,
    ),
    (
        *("_BY_ANOTHER_NAME", pl.lit(False)),
        {"tracking_number": "", "label_number": HANDED_OVER, "carrier": "UPS"},
        Sure.LIKELY,
    ),
    (
        *("_TOLD_APART", pl.lit(True)),
        {"tracking_number": UPS, "order_item_id": None, "package_id": "2"},
        Sure.CERTAIN,
    ),
]


@pytest.mark.parametrize(("part", "instead", "fields", "grade"), MUTANTS)
def test_grading_without_the_part_says_something_else(
    part: str,
    instead: object,
    fields: dict[str, Any],
    grade: Sure,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = [fields, fields | {"package_id": "1"}] if part == "_TOLD_APART" else [fields]
    assert grade not in rows(*both)["grade"].to_list()
    monkeypatch.setattr(fixes_module, part, instead)
    assert set(rows(*both)["grade"]) == {grade}


def test_the_method_of_another_carrier_does_not_go_with_the_new_one() -> None:
    methods = [
        entries(rows(fields | {"ship_method": "USPS Ground Advantage"}))["ship-method"].item()
        for fields in ({"tracking_number": UPS}, {"tracking_number": "", "label_number": USPS})
    ]
    assert methods == ["", "USPS Ground Advantage"]


@given(st.lists(st.sampled_from([UPS, USPS, ORDER, "", "TBD", "9.4E+21", *HOSTILE]) | st.text()))
@examples(2)
def test_what_cannot_be_a_number_never_enters_an_upload(numbers: list[str]) -> None:
    """Nor does anything that would move a cell or end a line."""
    fields = [
        {
            "order_id": f"111-6041827-{i:07}",
            "tracking_number": tracking,
            "label_number": label or None,
        }
        for i, (tracking, label) in enumerate(zip(numbers, reversed(numbers), strict=True))
    ]
    lines = entries(rows(*fields)) if fields else pl.DataFrame()
    if lines.height:
        assert set(lines["tracking-number"]) <= {UPS, USPS, "1Z999AA10123456784"}
        text = form(lines, "US").decode()
        assert {line.count("\t") for line in text.splitlines()} == {7}


def test_the_japanese_form_has_its_lines_above_the_header_and_is_read_back(
    tmp_path: Path,
) -> None:
    yen = {"currency": "JPY", "goods_value": 5000.0, "shipping_value": 0.0, "tax_value": 0.0}
    japan = {"marketplace": "JP", "origin": "JP", "destination": "JP"}
    done = rows({"tracking_number": UPS, **japan, **yen})
    (path,) = write_uploads(done, tmp_path, AS_OF)
    assert path == tmp_path / f"upload_jp_{AS_OF}.txt"
    first, second, third, _ = path.read_bytes().decode("cp932").split("\n", 3)
    assert first.startswith("TemplateType=OrderFulfillment\tVersion=2011.1102\tこの行は")
    assert second.startswith("注文番号\t注文商品番号")
    assert third.endswith("ship-method\tcod-collection-method")
    read = load(path).packages.collect()
    told = read.select("order_id", "carrier", "tracking_number", "ship_date").row(0)
    assert told == (ORDER, "UPS", UPS, SHIPPED)


def test_every_account_has_a_file_of_its_own_whatever_its_name(tmp_path: Path) -> None:
    names = ["north", "a/b", "../c", "default"]
    orders = [f"{ORDER[:-1]}{n}" for n in range(len(names))]
    fields = ({"account": a, "order_id": o} for a, o in zip(names, orders, strict=True))
    done = rows(*(f | {"tracking_number": UPS} for f in fields))
    written = write_uploads(done, tmp_path, AS_OF)
    assert len(set(written)) == len(names)
    assert {path.parent.parent for path in written} <= {tmp_path, tmp_path.parent}
    assert tmp_path / "north" / f"upload_us_{AS_OF}.txt" in written
    assert tmp_path / f"upload_us_{AS_OF}.txt" in written


def test_within_a_day_those_come_first_that_keep_a_category_on_its_target() -> None:
    """Shoes need one of two corrections, Toys both, and Hats more than there are."""
    due, sold = date(2026, 3, 24), {"marketplace": "US", "origin": "US", "destination": "US"}
    usual = {**sold, "status": "shipped", "carrier": "UPS", "ship_date": date(2026, 3, 21)}
    here = {**usual, "promised_date": due, "seen_at": date(2026, 3, 26)}
    good = {**here, "tracking_number": UPS, "scans": 2, "delivered_date": due}
    wrong = {**here, "tracking_number": ""}
    lost = {**wrong, "delivered_date": due}
    before = [
        good | {"promised_date": day, "ship_date": day, "delivered_date": day}
        for day in (date(2026, 2, 10), date(2026, 2, 16))
    ]
    made = [
        *[(category, old) for category in ("Hats", "Shoes", "Toys") for old in before],
        *[("Hats", lost)] * 5, *[("Hats", wrong)], *[("Hats", good)] * 20,
        *[("Shoes", wrong)] * 2, *[("Shoes", good)] * 19,
        *[("Toys", wrong)] * 2, *[("Toys", good)] * 17,
    ]  # fmt: skip
    named = [{"order_id": f"{i:04}", "category": c, **m} for i, (c, m) in enumerate(made)]
    names = dict.fromkeys(name for row in named for name in row)
    packages = pl.DataFrame(named, {name: PACKAGES[name] for name in names})
    listed = vtrkit.fixes(classify(packages), as_of=date(2026, 3, 26))
    assert listed["category"].to_list() == ["Shoes", "Toys", "Toys", "Hats", "Shoes"]
    assert set(listed["possible_until"]) == {date(2026, 3, 27)}
    assert set(listed["grade"]) == {Sure.PERSON}
