"""A package that a newer confirmation corrects: since when, and what its scans still say."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from tests.files.test_cases import CONFIRMED
from vtrkit import classify, load
from vtrkit.files import fields, orders
from vtrkit.rules.still_open import still_open

UPS, OTHER_UPS = "1Z999AA10123456784", "1Z5R89390357567127"
LATER = date(2026, 1, 11)
HEAD = "order_id,marketplace,promised_date,ship_date,carrier,tracking_number,scans,reported_valid\n"


def loaded(folder: Path, before: str, after: str) -> dict[str, object]:
    """The package of an export of 10 January, and of a confirmation of the day after."""
    export = f"A,US,2026-01-20,2026-01-09,{before}\n"
    (folder / "packages_2026-01-10.csv").write_text(HEAD + export, "utf-8")
    lines = f"A\t\t\t2026-01-09\t{after}\t\n" if after else ""
    (folder / "upload_2026-01-11.txt").write_text(
        f"{CONFIRMED}{lines}B\t\t\t2026-01-09\tUPS\t\t{OTHER_UPS[:-1]}8\t\n", "utf-8"
    )
    (row,) = load(folder).packages.filter(order_id="A").collect().rows(named=True)
    return row


@pytest.mark.parametrize(
    ("before", "after", "day", "scans"),
    [
        (f"USPS,{UPS},0,", f"UPS\t\t{UPS}", LATER, 0),  # the scans are of this very number
        ("UPS,,0,", f"UPS\t\t{UPS}", LATER, None),
        (f"UPS,{OTHER_UPS},0,", f"UPS\t\t{UPS}", LATER, None),
        (f"UPS,{OTHER_UPS},2,", f"UPS\t\t{UPS}", LATER, 2),
        (f"UPS,{UPS},2,", f"ups\t\t{UPS}", None, 2),
        (f"UPS,{UPS},2,", "UPS\t\t", None, 2),  # a blank keeps the number
        (f"UPS,{UPS},2,", "", None, 2),
    ],
)
def test_a_confirmation_that_changes_carrier_or_number_corrects_the_package(
    tmp_path: Path, before: str, after: str, day: date | None, scans: int | None
) -> None:
    row = loaded(tmp_path, before, after)
    assert (row["corrected_at"], row["scans"]) == (day, scans)


def test_amazons_verdict_is_not_about_what_was_corrected_since(tmp_path: Path) -> None:
    """Rejected on the tenth, corrected on the eleventh: judged by its own number and scans."""
    row = loaded(tmp_path, f"UPS,{OTHER_UPS},2,false", f"UPS\t\t{UPS}")
    assert row["reported_valid"] is False
    verdicts = classify(load(tmp_path).packages.filter(order_id="A").collect())
    assert verdicts["reason"].to_list() == ["valid"]
    assert still_open(verdicts, as_of=LATER)["state"].to_list() == [None]


def with_label(folder: Path, order: str, entered: str, label: str) -> pl.DataFrame:
    """The verdict on a package of which a shipping tool has carrier, number and delivery, too."""
    (folder / "packages_2026-01-10.csv").write_text(
        f"{HEAD}{order},US,2026-01-20,2026-01-09,{entered},,\n", "utf-8"
    )
    (folder / "shipstation_2026-01-11.csv").write_text(
        "Order - Number,Carrier - Name,Shipment - Tracking Number,Delivery - Date\n"
        f"{order},{label}\n",
        "utf-8",
    )
    return classify(load(folder, marketplace="US").packages.collect())


@pytest.mark.parametrize("entered", ["", "111-6041827-3800171", "1Z999AA10123456785"])
@pytest.mark.parametrize("delivered", ["", "1/10/2026"])
def test_what_was_delivered_under_the_number_of_its_label_can_not_be_corrected(
    tmp_path: Path, entered: str, delivered: str
) -> None:
    """The shipping tool knows the right number and that its parcel has arrived."""
    order = "111-6041827-3800171"
    verdicts = with_label(tmp_path, order, f"UPS,{entered}", f"UPS,{UPS},{delivered}")
    state = still_open(verdicts, as_of=LATER)["state"].to_list()
    assert verdicts["outcome"].to_list() == ["defect"]
    assert state == ["lost" if delivered else "correctable"]


@pytest.mark.parametrize("tool", ["USPS", "DHL eCommerce", "OSM Worldwide", "Other", "our van"])
@pytest.mark.parametrize(("entered", "number"), [("USPS", "9400111899223197428497"), ("UPS", UPS)])
def test_a_delivery_counts_whatever_a_shipping_tool_calls_its_carrier(
    tmp_path: Path, tool: str, entered: str, number: str
) -> None:
    """The label's carrier may be the one that handed the parcel over, or that took it over."""
    verdicts = with_label(tmp_path, "A", f"{entered},{number}", f"{tool},{number},1/10/2026")
    assert verdicts["reason"].to_list() == ["valid"]


def test_without_either_rule_a_correction_goes_unseen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mutants of both: the day of a correction, and the scans of a former number."""
    monkeypatch.setattr(orders, "EVENT", pl.lit(False))
    monkeypatch.setattr(fields, "SNAPSHOT", pl.lit(False))
    row = loaded(tmp_path, f"UPS,{OTHER_UPS},0,", f"UPS\t\t{UPS}")
    assert (row["corrected_at"], row["scans"]) == (None, 0)
