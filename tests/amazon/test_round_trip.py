"""The loop of a correction: load, report, fix, upload, and load again."""

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from vtrkit.amazon.after import after, corrected
from vtrkit.amazon.check_upload import findings
from vtrkit.amazon.fixes import Sure, fixes_of
from vtrkit.amazon.upload import entries, form, write_uploads
from vtrkit.amazon.upload_file import read_upload
from vtrkit.demo import as_files
from vtrkit.demo.packages import AS_OF
from vtrkit.errors import ParameterError
from vtrkit.files.load import load
from vtrkit.schema import CATEGORY
from vtrkit.study.open import open_study
from vtrkit.study.study import Study

NEXT_DAY = AS_OF + timedelta(days=1)
LABELS = ("9400111899223197428497", "1Z5R89390357567127")
SHIPSTATION = "Order - Number,Date - Shipped Date,Carrier - Name,Shipment - Tracking Number"


@dataclass(frozen=True)
class Loop:
    """The sample's files as they are, and with the upload that was made of them."""

    before: Study
    again: Study
    upload: Path


def _labels(folder: Path, orders: pl.DataFrame) -> None:
    """Labels of packages whose number was left blank, all but the first of which were scanned."""
    labelled = list(zip(orders.rows(named=True), LABELS, strict=True))
    lines = [
        f"{o['order_id']},{o['ship_date']:%m/%d/%Y} 12:00:00 AM,{o['carrier']},{number}"
        for o, number in labelled
    ]
    exports = folder / "exports" / "northwind"
    path = exports / f"shipstation_us_{AS_OF}.csv"
    path.write_text("\n".join([SHIPSTATION, *lines, ""]), "utf-8")
    trackers = [
        {
            "tracking_code": number,
            "status": "in_transit",
            "carrier": o["carrier"],
            "tracking_details": [
                {"datetime": f"{o['ship_date']}T18:00:00Z", "status": "in_transit", "message": "At"}
            ],
        }
        for o, number in labelled[1:]
    ]
    (exports / f"easypost_labels_{AS_OF}.json").write_text(json.dumps(trackers), "utf-8")


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    folder = tmp_path_factory.mktemp("loop") / "sample"
    as_files.write(folder, days=45)
    for other in ("fjord/*", "northwind/*_uk_*"):
        for file in (folder / "exports").glob(other):
            file.unlink()
    sent = pl.read_csv(
        next(folder.rglob("confirmation_us*")), separator="\t", infer_schema=False
    ).filter(pl.col("tracking-number").is_null(), pl.col("carrier-code").is_in(["USPS", "UPS"]))
    newest = (
        sent.sort("ship-date", "order-id")
        .group_by("carrier-code")
        .last()
        .sort("carrier-code", descending=True)
    )
    orders = newest.select(
        order_id="order-id", carrier="carrier-code", ship_date=pl.col("ship-date").str.to_date()
    )
    _labels(folder, orders)
    before = open_study(folder / "vtrkit.toml", as_of=AS_OF)
    upload = write_uploads(fixes_of(before), folder / "exports", NEXT_DAY)
    assert [path.parent.name for path in upload] == ["northwind"]
    return Loop(before, open_study(folder / "vtrkit.toml", as_of=AS_OF), upload[0])


def sure(study: Study) -> pl.DataFrame:
    return fixes_of(study).filter(pl.col("grade") != Sure.PERSON)


def locked(study: Study) -> pl.DataFrame:
    """The days to come that are decided."""
    return study.coming.filter(pl.col("part") == "locked in")


def test_after_an_upload_the_coming_days_are_exactly_those_that_were_announced(loop: Loop) -> None:
    announced = corrected(loop.before, sure(loop.before))
    told = [*CATEGORY, "day", "part", "counted", "vtr_low", "vtr_high", "chance"]
    assert loop.again.coming.select(told).equals(announced.coming.select(told))
    days, as_is = locked(announced), locked(loop.before)
    risen = (days["vtr_low"] - as_is["vtr_low"]) * days["counted"]
    assert set(risen.round(6)) == {0, 1}  # the one label that a carrier has scanned already
    assert (days["vtr_high"] - as_is["vtr_high"]).abs().max() < 1e-9  # type: ignore[operator]


def test_without_corrections_the_best_case_is_lower_and_with_them_the_low_end_higher(
    loop: Loop,
) -> None:
    table = after(loop.before).filter(part="locked in")
    gain = (table["high_after"] - table["high"]) > 0
    assert table.height and gain.all()
    assert (table["low_after"] >= table["low"]).all()
    assert table["median_after"].ge(table["median"]).all()
    for end in ("low", "median", "high"):
        assert after(loop.before)[f"{end}_after"].ge(after(loop.before)[end]).all()
    first = after(loop.before, 1)
    assert set(first["corrected"]) == {1}
    with pytest.raises(ParameterError, match="after 99: there are 10 corrections; give a number"):
        after(loop.before, 99)
    with pytest.raises(ParameterError, match="after 'all': there are 10 corrections"):
        after(loop.before, "all")  # type: ignore[arg-type]


def test_of_another_day_nothing_is_said(loop: Loop) -> None:
    with pytest.raises(ParameterError, match="was judged for 2026-09-30; open the files"):
        fixes_of(loop.before.on(AS_OF - timedelta(days=1)))


def test_packages_that_were_corrected_are_marked_as_awaiting_amazon(loop: Loop) -> None:
    waiting = loop.again.kept.packages.filter(pl.col("awaiting Amazon") == "up to 72 hours")
    assert set(waiting["order_id"]) == set(sure(loop.before)["order_id"])
    assert loop.before.kept.packages["awaiting Amazon"].null_count() == (
        loop.before.kept.packages.height
    )
    assert sure(loop.again).is_empty()


def test_the_upload_is_read_back_as_it_is_and_changes_nothing_else(loop: Loop) -> None:
    """Nothing but carrier and number of the packages corrected, and what is known of scans."""
    lines, done = entries(fixes_of(loop.before)), sure(loop.before)
    read = load(loop.upload).packages.collect()
    order = ["order_id", "carrier", "tracking_number", "ship_date"]
    told = done.select("order_id", carrier="new_carrier", tracking_number="new_number")
    assert read.select(order[:3]).sort("order_id").equals(told.sort("order_id"))
    assert read["ship_date"].sort().equals(done["ship_date"].sort())
    assert loop.upload.read_bytes() == form(lines, "US")
    assert findings(read_upload(loop.upload), NEXT_DAY).is_empty()
    packages = [s.kept.packages.drop("awaiting Amazon") for s in (loop.before, loop.again)]
    rest = [p.join(done, on="order_id", how="anti") for p in packages]
    assert rest[0].equals(rest[1])
    assert packages[0].height == packages[1].height
