"""A tally and a STORE that Spark made are those of one machine, whatever becomes of its workers."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from time import sleep

import polars as pl
import pytest

import vtrkit
import vtrkit.spark
from vtrkit.demo import packages as demo
from vtrkit.errors import InputError, RejectedError
from vtrkit.files.combined import ANOTHER_ORDERS, COMBINED
from vtrkit.metric.store import scan
from vtrkit.schema import TALLY_KEY

pytestmark = pytest.mark.spark

DAY = date(2026, 9, 1)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("sample") / "sample.parquet"
    demo.packages().write_parquet(path)
    return path


def embedded(path, **said):
    return vtrkit.tally(vtrkit.classify(vtrkit.load(path, **said)))


def assert_equal(got, expected):
    assert got.schema == expected.schema
    assert got.sort(TALLY_KEY).equals(expected.sort(TALLY_KEY))


@pytest.mark.parametrize("partitions", [None, 5])
def test_the_tally_of_a_cluster_is_that_of_one_machine(spark, sample, partitions):
    got = vtrkit.spark.tally(spark.read.parquet(str(sample)), partitions=partitions)
    assert_equal(got, embedded(sample))


def entangled():
    """Orders that share numbers or are written in two ways, and one that a newer row restates."""
    rows = []
    for n in range(120):
        order, day = f"111-6041827-{3800000 + n}", DAY + timedelta(n % 10)
        number = f"1ZC7X20W034418{n:04}"
        if n % 6 in (0, 1):  # two orders in one parcel
            number = f"1ZC7X20W034418{n - n % 6:04}"
        if n % 6 == 3:  # a number that was used before, written as a barcode gives it
            number, day = f" 1zc7x20w 034418{n - 1:04}", day - timedelta(60)
        if n % 11 == 0:
            number = "TBA"
        row = {"Order": order, "Number": number, "Due": day + timedelta(4), "Left": day}
        row |= {"Scans": n % 3, "First": DAY + timedelta(12), "Read": date(2026, 9, 20)}
        row |= {"Seller": None if n % 4 else "acme", "Place": "US"}
        rows.append(row)
        if n % 10 == 0:
            newer = {"Number": f"9405511206213782{n:06}", "Read": date(2026, 9, 28)}
            rows.append(row | newer | {"Order": f'="{order}"'})
    return pl.DataFrame(rows)


MAPPING = """
[layout.ours]
title = "our table"
tells = "packages"
[layout.ours.columns]
order_id = "Order"
tracking_number = "Number"
promised_date = "Due"
ship_date = "Left"
scans = "Scans"
first_scan_date = "First"
seen_at = "Read"
account = "Seller"
marketplace = "Place"
"""


def test_what_belongs_together_is_settled_together(spark, tmp_path):
    """Orders that share a number, ids in two writings, newer rows; by a mapping of one's own."""
    rows, mapping = entangled(), tmp_path / "ours.toml"
    rows.write_parquet(tmp_path / "rows.parquet")
    mapping.write_text(MAPPING, "utf-8")
    said = {"mapping": mapping, "account": "default", "day_first": True}
    loaded = vtrkit.load(tmp_path / "rows.parquet", **said)
    assert {COMBINED, ANOTHER_ORDERS} <= {*loaded.doubts["rule"]}
    assert loaded.restated.height
    df = spark.read.parquet(str(tmp_path / "rows.parquet"))
    got = vtrkit.spark.tally(df, partitions=7, **said)
    assert_equal(got, embedded(tmp_path / "rows.parquet", **said))


def test_a_report_is_made_of_the_store_that_spark_wrote(spark, sample, tmp_path):
    vtrkit.spark.store(spark.read.parquet(str(sample)), tmp_path / "STORE", partitions=3)
    tallied = scan(tmp_path / "STORE" / "tally" / "000001").collect()
    assert_equal(tallied, embedded(sample))
    shop = vtrkit.open(tmp_path / "STORE", account="northwind", marketplace="US")
    assert shop.rates().equals(vtrkit.open(sample, account="northwind", marketplace="US").rates())
    page = shop.report(tmp_path / "page")
    assert "Am I in danger?" in page.read_text("utf-8")


def workers():
    """The Python workers of this process' Spark: children of the daemon that forks them."""
    parents, names = {}, {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            names[int(entry.name)] = (entry / "cmdline").read_text()
        except OSError:  # gone meanwhile
            continue
        parents[int(entry.name)] = int(stat[1])

    def ours(pid):
        return pid == os.getpid() or (pid in parents and ours(parents[pid]))

    daemons = {pid for pid, name in names.items() if "pyspark.daemon" in name and ours(pid)}
    return [pid for pid, parent in parents.items() if parent in daemons and pid in names]


def test_a_worker_that_is_killed_leaves_no_trace(spark, sample, tmp_path):
    """Spark tries again; what the dead one has written is in no tally and swept up."""
    store, killed = tmp_path / "STORE", []
    df = spark.read.parquet(str(sample))
    with ThreadPoolExecutor(1) as beside:
        job = beside.submit(vtrkit.spark.store, df, store, partitions=2)
        while not killed and not job.done():
            if [*(store / "private" / "parts").glob("*-*")]:  # one has begun to write
                for pid in workers():
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)
            sleep(0.005)
        job.result()
    assert killed
    assert_equal(scan(store / "tally" / "000001").collect(), embedded(sample))
    assert {p.name for p in (store / "private").iterdir()} == {"rows", "000001"}
    assert len([*(store / "private" / "rows").iterdir()]) == 2


def test_what_is_wrong_with_a_table_is_said_as_of_a_file(spark, sample, tmp_path):
    """In words, by what it is; nothing of a STORE is left."""
    df = spark.read.parquet(str(sample))
    with pytest.raises(InputError, match="no packages: table has a header and no rows"):
        vtrkit.spark.tally(df.limit(0))
    with pytest.raises(InputError, match="rows of a part have no seen_at; fill it in"):
        vtrkit.spark.tally(df.selectExpr("* except (seen_at)", "cast(null as date) seen_at"))
    with pytest.raises(RejectedError, match="rows are wrong, more than 20%: scans is not a whole"):
        vtrkit.spark.store(
            df.selectExpr("* except (scans)", "'a few' as scans"), tmp_path / "STORE"
        )
    assert not (tmp_path / "STORE" / "tally").exists()


def test_a_file_of_another_schema_among_those_of_a_table_is_said(spark, tmp_path):
    """Spark finds it when it comes to it, and no part of the table is tallied."""
    rows = demo.packages().head(50)
    rows.write_parquet(tmp_path / "1.parquet")
    rows.with_columns(scans=pl.lit("three")).write_parquet(tmp_path / "2.parquet")
    schema = spark.read.parquet(str(tmp_path / "1.parquet")).schema
    df = spark.read.schema(schema).parquet(str(tmp_path))
    with pytest.raises(InputError, match=r"Spark could not finish \(.*another schema") as refused:
        vtrkit.spark.tally(df)
    assert "three" not in str(refused.value)
