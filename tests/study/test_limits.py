"""What a reader has to know before believing the figures."""

from datetime import date

import polars as pl

from vtrkit import classify, rates, rollup, tally
from vtrkit.schema import GROUP
from vtrkit.study.limits import notes

DAY = date(2026, 9, 10)


def of(packages: pl.DataFrame, **concerned: int) -> str:
    cells = tally(classify(packages))
    totals = rates(cells, as_of=date(2026, 9, 30), by=GROUP)
    typed = pl.DataFrame(schema={"carrier": pl.String, "packages": pl.Int64})
    return "\n".join(notes(rollup(cells), totals, [], typed, concerned))


def packages(marketplace: str, **fields: object) -> pl.DataFrame:
    usual = {"order_id": "1", "marketplace": marketplace, "ship_date": DAY, "promised_date": DAY}
    return pl.DataFrame([usual | fields])


def test_a_verdict_that_rests_on_an_old_list_of_carriers_is_said_with_its_month() -> None:
    said = of(packages("JP", carrier="Yodel", scans=2, goods_value=5000.0, currency="JPY"))
    assert "Packages in JP that fail because their carrier does not report to Amazon: 1." in said
    assert "The newest list of those that do is of August 2022" in said


def test_days_that_the_files_do_not_cover_are_said_of_one_shop_and_of_several() -> None:
    one = packages("US", scans=2)
    other = packages("UK", scans=2)
    assert "cover all of the days that count, so the page shows counts" in of(one)
    assert "that count for some accounts, so these show counts" in of(pl.concat([one, other]))


def test_packages_that_count_by_one_page_alone_are_counted() -> None:
    said = of(packages("DE", origin="DE", destination="BE", scans=2))
    assert "Packages that may or may not count: 1, so rates are ranges" in said
    assert "no scan data" not in said


def test_parcels_that_customs_keep_out_are_counted() -> None:
    said = of(packages("DE", scans=2, origin="DE", destination="DE"), **{"eu-customs": 1200})
    assert "up to 150 EUR, by carrier Other: 1,200 packages. Amazon refuses to confirm" in said
    assert "Amazon refuses" not in of(packages("DE", scans=2), **{"eu-customs": 0})
