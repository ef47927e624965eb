"""The work list: what is on it, in which order, and when there is none."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests import made
from vtrkit.amazon.to_do import NAME, to_do, write_to_do
from vtrkit.study.build import build
from vtrkit.study.open import open_study
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study

DUE = made.AS_OF + timedelta(days=1)
UPS = "1Z999AA10123456784"
USPS = "9400111899223197428497"
UNSCANNED: dict[str, object] = {"scans": 0, "carrier": "OnTrac"}
PACKAGES = {
    "wrong carrier": {"carrier": "USPS", "tracking_number": UPS, "sku": "=S-1"},
    "label has another": {"tracking_number": "", "label_number": USPS},
    "no number": {"tracking_number": ""},
    "due later": {"tracking_number": "", "promised_date": DUE + timedelta(days=2)},
    "delivered": {"carrier": "USPS", "delivered_date": made.AS_OF},
    "order for OnTrac": {"status": "unshipped", "carrier": "OnTrac", "ship_by_date": DUE},
    "sooner for OnTrac": {"status": "unshipped", "carrier": "on trac", "ship_by_date": made.AS_OF},
    "order for UPS": {"status": "unshipped", "carrier": "UPS", "ship_by_date": DUE},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Packages under way of each kind, beside two weeks of OnTrac and UPS."""
    folder = tmp_path_factory.mktemp("to-do")
    rows = [made.row(i, day) for i, day in enumerate([*made.days(40, made.AS_OF)] * 2)]
    rows += [
        made.row(200 + i, day, tracking_number=f"D10010{i:02}", **UNSCANNED)
        for i, day in enumerate(made.days(20, made.AS_OF))
    ]
    usual = {"delivered_date": None, "tracked_at": made.AS_OF}
    for number, (order, fields) in enumerate(PACKAGES.items()):
        own = usual | {"order_id": order} | fields
        if own.get("status"):
            own |= {"tracking_number": "", "ship_date": None, "scans": None}
        due = own.pop("promised_date", DUE)
        assert isinstance(due, date)
        rows.append(made.row(f"9{number}", due) | own)
    names = list(dict.fromkeys(name for row in rows for name in row))
    path = made.write(folder / "in.csv", [dict.fromkeys(names, "") | row for row in rows])
    run = folder / "run"
    run.mkdir()
    build(Settings(inputs=(path,)), run)
    return open_study(run)


def test_it_lists_what_another_entry_cures_then_orders_to_move_deadlines_first(
    study: Study,
) -> None:
    columns = ("order_id", "what is wrong", "what to enter", "until when possible", "ship by")
    first = str(DUE + timedelta(days=3))
    label = "the number on your label, if it has one"
    scans = "OnTrac scanned 0 of the 14 packages that you shipped with it from 15 March to 28 March"
    move = "another carrier, before it is shipped"
    rows = to_do(study).select(columns).rows()
    assert rows[:4] == [
        ("label has another", "no tracking number", f"'{USPS}", first, None),
        ("wrong carrier", "wrong carrier", "carrier UPS", first, None),
        ("no number", "no tracking number", label, first, None),
        ("due later", "no tracking number", label, str(DUE + timedelta(days=5)), None),
    ]
    assert [(o, e, b) for o, _, e, _, b in rows[4:]] == [
        ("sooner for OnTrac", move, str(made.AS_OF)),
        ("order for OnTrac", move, str(DUE)),
    ]
    assert {wrong for _, wrong, *_ in rows[4:]} == {scans}


def test_it_says_whose_number_of_which_sku_and_on_which_days_it_counts(study: Study) -> None:
    row = to_do(study).row(by_predicate=pl.col("order_id") == "wrong carrier", named=True)
    assert (row["tracking_number"], row["sku"]) == (UPS, "'=S-1")  # no formula
    assert row["what it gains"] == "1 fewer failure in Shoes"
    assert row["counts from"] == str(DUE + timedelta(days=10))
    assert row["counts to"] == str(DUE + timedelta(days=39))


def test_there_is_none_of_a_day_for_which_packages_are_not_judged(
    study: Study, tmp_path: Path
) -> None:
    write_to_do(study, tmp_path)
    assert pl.read_csv(tmp_path / NAME).height == 6
    write_to_do(study.on(made.AS_OF - timedelta(days=1)), tmp_path)
    assert not (tmp_path / NAME).exists()
