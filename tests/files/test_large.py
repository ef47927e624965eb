"""Inputs too large to be held: the same run folder, and nothing left behind."""

import gc
import sys
from datetime import date

import polars as pl
import pytest

from vtrkit import load
from vtrkit.errors import InputError
from vtrkit.study import package_lists as lists
from vtrkit.study.build import build
from vtrkit.study.settings import Settings


@pytest.fixture
def inputs(tmp_path):
    """A thousand packages in two accounts, and scans of some of them."""
    folder = tmp_path / "in"
    for account in ("acme", "zeta"):
        (folder / account).mkdir(parents=True)
        table = pl.DataFrame({"n": range(500)}).select(
            order_id=pl.format("111-0000000-{}", 1000000 + pl.col("n")),
            promised_date=pl.date(2026, 1, 1) + pl.duration(days=pl.col("n") % 40),
            marketplace=pl.lit("US"),
            category=pl.format("C{}", pl.col("n") % 3),
            carrier=pl.lit("UPS"),
            tracking_number=pl.format("1Z999AA1012345{}", 1000 + pl.col("n")),
            scans=pl.col("n") % 4,
            ship_date=pl.date(2025, 12, 28),
        )
        table.write_csv(folder / account / "p_2026-02-20.csv")
    return folder


@pytest.fixture
def tiny(monkeypatch):
    """Nothing can be held: pieces of a few lines, buckets of a few orders, runs of a few rows."""
    monkeypatch.setattr("vtrkit.files.large._HELD", 0)
    monkeypatch.setattr("vtrkit.files.large._BYTES", 20_000)
    monkeypatch.setattr(sys.modules["vtrkit.files.one_file"], "PIECE", 5_000)
    monkeypatch.setattr(lists, "_HELD", 100)


def files(folder):
    """The bytes of every file in a folder."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def built(inputs, folder):
    """A run folder."""
    folder.mkdir()
    build(Settings(inputs=(str(inputs),)), folder)
    return files(folder)


def test_the_run_folder_is_the_same_byte_by_byte(inputs, tmp_path, request):
    """Tally, examples, lists and settings."""
    held = built(inputs, tmp_path / "held")
    request.getfixturevalue("tiny")
    in_buckets = built(inputs, tmp_path / "buckets")
    assert held.keys() == in_buckets.keys()
    assert [name for name in held if held[name] != in_buckets[name]] == []


@pytest.mark.usefixtures("tiny")
def test_the_packages_can_be_read_though_nobody_kept_the_rest(inputs):
    """The folder of the parts lives as long as a frame that reads it, and no longer."""
    packages = load(inputs).packages.filter(pl.col("category") == "C1").select("order_id")
    gc.collect()
    assert packages.collect().height == 334
    assert packages.head(3).collect().height == 3


@pytest.mark.usefixtures("tiny")
def test_no_folder_is_left_behind(inputs, tmp_path, monkeypatch):
    """Neither that of the rows nor that of the parts."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    loaded = load(inputs)
    assert len(loaded.parts) > 3
    assert list((tmp_path / "temporary").iterdir())
    del loaded
    gc.collect()
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.usefixtures("tiny")
def test_the_parts_have_no_order_in_common(inputs):
    """So that each can be judged and tallied by itself."""
    orders = [
        set(part.select("account", "order_id").collect().rows()) for part in load(inputs).parts
    ]
    assert len(set.union(*orders)) == sum(map(len, orders)) == 1000


@pytest.mark.parametrize("late", ["13/06/2026", "06/13/2026"])
def test_the_last_row_of_a_large_file_decides_how_its_days_are_read(tmp_path, request, late):
    """Though the first thousand rows have no such day, and the file is read piece by piece."""
    days = ["2026-06-05"] * 1500 + ["05/06/2026"] * 50 + [late]
    path = tmp_path / "p_2026-06-20.csv"
    lines = [f"{n},{day}" for n, day in enumerate(days)]
    path.write_text("\n".join(["order_id,promised_date", *lines]) + "\n", "utf-8")
    held = load(path)
    request.getfixturevalue("tiny")
    in_buckets = load(path)
    for loaded in (held, in_buckets):
        found = dict(loaded.packages.select("order_id", "promised_date").collect().rows())
        assert found["1500"] == (date(2026, 6, 5) if late[0] == "1" else date(2026, 5, 6))
        assert found["1550"] == date(2026, 6, 13)
        assert loaded.rejects.is_empty()
    path.write_text("\n".join(["order_id,promised_date", *lines[:-1]]) + "\n", "utf-8")
    with pytest.raises(InputError, match="--day-first or --month-first"):
        load(path)


def test_a_category_is_learnt_from_orders_of_other_buckets(tmp_path, request):
    """Five hundred orders of one sku, of which Amazon's report lists one."""
    header = "order-id\torder-item-id\tpurchase-date\tpayments-date\tquantity-purchased\tsku\n"
    lines = [f"114-7000000-{n:07}\t{n}\t\t\t1\tSKU-{n % 2}\n" for n in range(1000)]
    (tmp_path / "orders_2026-03-02.txt").write_text(header + "".join(lines), "utf-8")
    report = "Order ID,Carrier Name,Tracking ID,Promised Delivery Date,Product Category\n"
    listed = "114-7000000-0000004,UPS,1Z999AA10123456784,2026-03-10,Shoes\n"
    (tmp_path / "vtr_2026-03-01_2026-03-31.csv").write_text(report + listed, "utf-8")

    def categories():
        found = load(tmp_path).packages.group_by("category").agg(pl.len()).collect()
        return dict(found.with_columns(pl.col("category").cast(pl.String)).rows())

    assert categories() == {"Shoes": 500, "(unknown)": 500}
    request.getfixturevalue("tiny")
    assert len(load(tmp_path).parts) >= 3
    assert categories() == {"Shoes": 500, "(unknown)": 500}


def test_of_very_many_rejected_rows_only_place_and_rule_are_kept(tmp_path, request, monkeypatch):
    """Each is there, but cells of the first ones only, so that they can be held."""
    lines = [f"{n},soon" for n in range(1000)]
    (tmp_path / "p.csv").write_text("\n".join(["order_id,promised_date", "x,2026-01-05", *lines]))
    request.getfixturevalue("tiny")
    monkeypatch.setattr(sys.modules["vtrkit.files.one_file"], "_MOST_CELLS", 400)
    rejects = load(tmp_path, max_rejected_share=1).rejects
    assert rejects["row"].to_list() == list(range(2, 1002))
    assert set(rejects["rule"]) == {"promised_date is not a day"}
    kept = rejects["promised_date"].is_not_null()
    assert 400 <= kept.sum() < 1000
    assert kept.head(400).all()
    assert not kept.tail(1).any()
