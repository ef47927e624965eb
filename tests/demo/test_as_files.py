"""The sample's packages in the formats that sellers have: every loader on files of its kind."""

import json
from datetime import date, timedelta

import polars as pl
import pytest
from click.testing import CliRunner

from vtrkit import classify, facts, load, rates, tally
from vtrkit.cli import main
from vtrkit.demo import as_files as sample_files
from vtrkit.demo import packages as sample
from vtrkit.errors import InputError
from vtrkit.files.fates import FATES
from vtrkit.files.plausible import DAMAGED
from vtrkit.schema import PACKAGES
from vtrkit.study.build import read
from vtrkit.study.settings import Settings

DAYS = 60
ORDER = ["account", "marketplace", "order_id"]
TEXTS = ["account", "marketplace", "category", "destination", "origin"]
TAKEN_FOR = {
    "fjord/aftership_uk": ("aftership", "utf-8"),
    "fjord/all_orders_se": ("all_orders", "utf-16"),
    "fjord/all_orders_uk": ("all_orders", "utf-8-sig"),
    "fjord/confirmation_se": ("shipping_confirmation", "utf-8"),
    "fjord/confirmation_uk": ("shipping_confirmation", "cp932"),
    "fjord/new_orders_se": ("new_orders", "cp1252"),
    "fjord/new_orders_uk": ("new_orders", "cp932"),
    "fjord/shippo_se": ("shippo", "json, utf-8"),
    "fjord/unshipped_uk": ("unshipped_orders", "utf-8"),
    "fjord/vtr_se": ("vtr_report_2021", "cp1252"),
    "fjord/vtr_uk": ("vtr_report_2015", "utf-8"),
    "northwind/all_orders_us": ("all_orders", "utf-8-sig"),
    "northwind/confirmation_us": ("shipping_confirmation", "utf-8"),
    "northwind/easypost_us": ("easypost", "json, utf-8"),
    "northwind/new_orders_uk": ("new_orders", "cp1252"),
    "northwind/new_orders_us": ("new_orders", "utf-8"),
    "northwind/orders_api_uk": ("orders_api", "json, utf-8"),
    "northwind/shippo_report_uk": ("shippo_report", "utf-8"),
    "northwind/shipstation_uk": ("shipstation", "utf-8"),
    "northwind/unshipped_us": ("unshipped_orders", "utf-8"),
    "northwind/vtr_defects_us": ("vtr_report", "utf-8"),
    "northwind/vtr_uk": ("vtr_report_2015", "utf-8"),
    "northwind/vtr_us": ("vtr_report_2015", "utf-8"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files of the last weeks of the sample."""
    path = tmp_path_factory.mktemp("files") / "sample"
    sample_files.write(path, days=DAYS)
    return path


@pytest.fixture(scope="module")
def loaded(folder):
    return read(Settings.read(folder / "vtrkit.toml"))


@pytest.fixture(scope="module")
def made():
    """The same packages as they were made, with texts for categoricals and ISO's name of the UK."""
    table = sample.packages()
    last = table["promised_date"].max()
    return plain(table.filter(pl.col("promised_date") > last - timedelta(days=DAYS)))


@pytest.fixture(scope="module")
def pairs(loaded, made):
    """Each package as loaded, beside what was made of it under names that end in _made."""
    assert loaded.doubts.filter(rule=DAMAGED).is_empty()
    found, theirs = (plain(told(table)) for table in (loaded.packages.collect(), conformed(made)))
    assert found.height == theirs.height
    return found.join(theirs, on=ORDER, how="inner", suffix="_made")


def told(packages):
    """The packages with their verdicts as text."""
    return packages.hstack(classify(packages).select(pl.col("outcome", "reason").cast(pl.String)))


def plain(table):
    return table.with_columns(pl.col(TEXTS).cast(pl.String)).with_columns(
        pl.col("origin", "destination").replace("GB", "UK")
    )


def differing(pairs, column):
    """The packages of which a column was not carried as it was."""
    return pairs.filter(pl.col(column).ne_missing(pl.col(f"{column}_made")))


# --- the files -------------------------------------------------------------------------------


def test_every_known_layout_is_among_them_and_recognised(loaded):
    """In the encodings that were seen; no row is rejected or finds no package."""
    told = {
        file.rsplit("_202", 1)[0].split("_202")[0]: (layout, encoding)
        for file, layout, encoding in loaded.summary.select("file", "layout", "encoding").rows()
    }
    assert told == TAKEN_FOR
    known = {name for name, one in facts.read("layouts")["layout"].items() if "columns" in one}
    elsewhere = {
        "confirmation_feed",
        "orders_api_v0",
        "shipstation_api",
    }  # tests/files/test_formats
    assert {layout for layout, _ in told.values()} == known - elsewhere | {"aftership"}
    assert loaded.rejects.is_empty()
    rows = loaded.summary.select("rows", pl.sum_horizontal(FATES).alias("fates"))
    assert rows["rows"].equals(rows["fates"], check_names=False)


def test_the_header_lines_are_real_ones():
    """Each with its source; every column of a person is known as one."""
    table = facts.read("headers")
    personal = set(table["personal"])
    words = (
        "buyer",
        "recipient",
        "address",
        "phone",
        "email",
        "city",
        "postal",
        "Customer",
        "Name",
    )
    plain_ones = {"Carrier - Name", "Carrier Name", "Market - Marketplace Name",
                  "is-buyer-requested-cancellation", "address-type"}  # fmt: skip
    for kind, header in table["header"].items():
        assert header["source"][0].startswith("https://"), kind
        assert len(set(header["columns"])) == len(header["columns"]), kind
        named = {h for h in header["columns"] if any(word in h for word in words)}
        assert named - plain_ones <= personal, kind
    assert len(table["header"]["new_orders_45"]["columns"]) == 45
    assert len(table["header"]["unshipped_73"]["columns"]) == 73


def test_a_canary_is_in_every_file_that_has_a_place_for_one_and_in_no_table(folder, loaded):
    """Names, e-mails, telephones and addresses."""
    silent = set()
    for path in folder.rglob("*.*"):
        text = path.read_bytes().replace(b"\0", b"")  # in UTF-16 every other byte is one
        if b"CANARY" not in text:
            silent.add(path.name.split("_202")[0])
    assert silent == {
        "confirmation_us", "confirmation_se", "confirmation_uk", "vtr_defects_us",
        "aftership.toml", "categories.csv", "vtrkit.toml",
        "performance_us", "performance_uk", "performance_se",
    }  # fmt: skip
    for table in (loaded.packages.collect(), loaded.rejects, loaded.summary):
        assert "canary" not in json.dumps(table.to_dicts(), default=str).lower()
    assert "canary" not in (repr(loaded) + loaded._repr_html_()).lower()


def test_the_same_seed_gives_the_same_bytes_and_a_folder_in_use_is_left_alone(folder, tmp_path):
    """Another run writes the same files; nothing is overwritten."""
    again = sample_files.write(tmp_path / "again", days=DAYS)
    for path in again:
        assert path.read_bytes() == (folder / path.relative_to(tmp_path / "again")).read_bytes()
    with pytest.raises(InputError, match="again: the folder is not empty; name another one"):
        sample_files.write(tmp_path / "again")


# --- what they carry -------------------------------------------------------------------------

SHIPPED = (pl.col("status_made") == "shipped") & (pl.col("fulfilled_by_made") != "amazon")
API = (pl.col("account") == "northwind") & (pl.col("marketplace") == "UK")
EVENTS = pl.col("marketplace").is_in(["US", "SE"])
DELIVERED = pl.col("delivered_date_made").is_not_null()
"""On the day of the export, before any scan is told: a file that says both says nothing certain."""
TRACKED = SHIPPED & (pl.col("tracking_number_made") != "") & pl.col("scans_made").is_not_null()


@pytest.mark.parametrize(
    "column", ["category", "status", "destination", "goods_value", "currency", "seen_at"]
)
def test_what_order_reports_say_of_every_order(pairs, column):
    """Values of two lines add up to those of their package."""
    assert differing(pairs, column).is_empty()


@pytest.mark.parametrize("column", ["carrier", "ship_method", "tracking_number", "ship_date"])
def test_what_confirmations_and_the_api_say_of_what_the_seller_shipped(pairs, column):
    """Of the rest nobody names a carrier or a number; a blank number stays one."""
    assert differing(pairs.filter(SHIPPED), column).is_empty()
    assert pairs.filter(~SHIPPED)[column].null_count() == pairs.filter(~SHIPPED).height > 0


@pytest.mark.parametrize("column", ["promised_date", "ship_by_date"])
def test_days_are_those_of_the_marketplace_though_only_a_currency_tells_which(pairs, column):
    """Stamps of the last second of a day; what Amazon ships is in no report with these days."""
    lost = differing(pairs, column)
    amazon = pairs.filter(fulfilled_by_made="amazon").filter(~API)
    assert set(lost["order_id"]) == set(amazon["order_id"])
    assert lost[column].null_count() == lost.height > 0


def test_who_ships_is_known_of_every_package(pairs):
    """The Orders API tells Prime by its programs, though Amazon's own orders are Prime as well."""
    assert differing(pairs, "fulfilled_by").is_empty()
    assert {"seller", "seller_prime", "amazon"} <= set(pairs.filter(API)["fulfilled_by"])


def test_events_give_scans_and_their_days(pairs):
    """Of numbers that a carrier knows; a delivery before the first scan is the first scan."""
    told = pairs.filter(EVENTS, TRACKED)
    assert differing(told, "scans").is_empty()
    scanned = told.filter(pl.col("scans") > 0)
    assert differing(scanned, "delivered_date").is_empty()
    first = pl.min_horizontal("first_scan_date_made", "delivered_date_made")
    assert scanned.filter(pl.col("first_scan_date").ne_missing(first)).is_empty()
    rest = pairs.filter(EVENTS & ~TRACKED)
    assert rest["scans"].null_count() == rest.height > 0


def test_a_status_gives_that_there_was_a_scan_or_none(pairs):
    """ShipStation, Shippo's report and AfterShip-like exports: neither how many nor when."""
    told = pairs.filter(~EVENTS, TRACKED)
    assert differing(told, "delivered_date").is_empty()
    none = told.filter(scans_made=0)
    assert set(none.filter(~DELIVERED)["scans"]) == {0}
    assert set(none.filter(DELIVERED)["scans"]) == {None}
    some = told.filter(pl.col("scans_made") > 0)
    known = some.filter((pl.col("scans") > 0) | pl.col("delivered_date").is_not_null())
    assert known.height == some.height > 500
    assert told["first_scan_date"].null_count() == told.height


@pytest.mark.parametrize("column", ["tracking_entered_at", "attempted_date", "tax_value"])
def test_what_no_file_carries(pairs, column):
    """So late entries are not seen; Amazon's report lists them as defects."""
    assert pairs[column].null_count() == pairs.height


def test_the_country_of_origin_is_told_by_few(pairs):
    """The Orders API, the unshipped orders of the US, and Amazon's report of defects."""
    assert pairs["origin"].null_count() == 0
    told = pairs.filter(~pl.col("origin_assumed"))
    assert differing(told, "origin").is_empty()
    assert told.filter(API).height == pairs.filter(API, SHIPPED).height
    assert set(told["account"]) == {"northwind"}


# --- the verdicts ----------------------------------------------------------------------------


def test_amazons_verdicts_are_ours(pairs, loaded):
    """Its reports list our defects, older ones also what is valid; today's is silent on it."""
    told = pairs.filter(pl.col("reported_valid").is_not_null())
    assert told.filter(pl.col("reported_valid") == (pl.col("outcome_made") == "defect")).is_empty()
    judged = pl.col("outcome_made").is_in(["valid", "defect"])
    wanted = pairs.filter((WINDOW & judged) | (SHIPPED & SILENT))
    assert set(told["order_id"]) == set(wanted["order_id"])
    silent = loaded.summary.filter(pl.col("by_absence") > 0)
    assert silent["covers"].to_list() == ["2026-08-08 to 2026-08-21"]


def test_the_figures_of_the_demo_come_out_of_its_files(loaded, made):
    """Every account, marketplace and category in the 30 days that count; nothing is allowed for."""
    theirs, ours = (figures(table) for table in (conformed(made), loaded.packages))
    assert theirs.equals(ours)
    assert ours.height > 4 * 8
    assert ours["valid"].sum() > 3000


def test_what_differs_by_package_is_what_no_format_carries(pairs):
    """The day of entry, for which Amazon's reports stand in; and that a silent one may not know."""
    late, unknown = (pl.col("reason_made") == reason for reason in ("entered_late", "unverified"))
    wanted = (
        pl.when(late & (WINDOW | SILENT))
        .then(pl.lit("rejected_by_amazon"))
        .when(late | (unknown & SILENT) | (~EVENTS & DELIVERED & (pl.col("scans_made") == 0)))
        .then(pl.lit("valid"))
        .otherwise("reason_made")
    )
    assert pairs.filter(wanted != pl.col("reason")).is_empty()
    assert pairs.filter(late & WINDOW).height > 0 < pairs.filter(unknown & SILENT).height


WINDOW = pl.col("promised_date_made").is_between(*sample_files.COVERED)
SILENT = pl.col("promised_date_made").is_between(*sample_files.OLDER) & (
    pl.col("marketplace") == "US"
)


def figures(packages):
    """The counts and bounds of each category in the window of 30 days."""
    table = rates(
        tally(classify(packages)),
        as_of=sample.AS_OF,
        by=("account", "marketplace", "category"),
    ).filter(days=30)
    counts = ("counted", "valid", "unknown", "vtr", "vtr_low", "vtr_high", "to_fix", "to_add")
    return table.select(pl.col(TEXTS[:3]).cast(pl.String), *counts).sort(TEXTS[:3])


def test_the_verdicts_are_those_of_the_sample_as_far_as_the_files_carry_it(pairs, made):
    """Each package for itself: what was made, without what is lost on the way, judged."""
    carried = pairs.select(*ORDER, *CARRIED, pl.col("reported_valid", "reported_by")).join(
        made.drop(*CARRIED, "reported_valid", "reported_by"), on=ORDER
    )
    lost = carried.with_columns(tracking_entered_at=pl.lit(None, pl.Date))
    wanted = judged(conformed(lost))
    found = judged(conformed(pairs.select(*PACKAGES)))
    assert wanted.equals(found)
    counts = dict(found.group_by("reason").len().rows())
    assert counts["no_scan"] > 50
    assert {"missing_number", "wrong_carrier", "not_a_number", "unverified"} <= set(counts)


CARRIED = ["origin", "scans", "first_scan_date", "delivered_date", "package_id"]
"""What the tests above account for, taken as loaded; everything else is as it was made."""


def conformed(table):
    return table.select(pl.col(name).cast(dtype) for name, dtype in PACKAGES.items())


def judged(packages):
    """Order and reason of packages that count or are exempt for a cause of their own."""
    told = classify(packages).filter(pl.col("status") == "shipped", fulfilled_by="seller")
    return told.select(pl.col(ORDER).cast(pl.String), pl.col("reason").cast(pl.String)).sort(ORDER)


def test_amazons_own_figure_counts_all_that_counts(loaded):
    """One performance report a shop, none of which contradicts itself; it knows every scan."""
    columns = ("account", "marketplace", "amazon_valid", "shipped", "against")
    assert set(loaded.official.select(columns).rows()) == {
        ("northwind", "US", 1568, 1672, ""),
        ("northwind", "UK", 792, 809, ""),
        ("fjord", "SE", 568, 580, ""),
        ("fjord", "UK", 486, 491, ""),
    }


# --- the command -----------------------------------------------------------------------------


def test_a_newcomer_gets_files_to_try(tmp_path, monkeypatch):
    """`vtrkit demo --files` writes them, says what to do next, and that works."""
    write = sample_files.write
    monkeypatch.setattr(sample_files, "write", lambda folder: write(folder, days=7))
    out = tmp_path / "try"
    told = CliRunner().invoke(main, ["demo", "--files", str(out)])
    assert told.exit_code == 0, told.output
    assert told.output.startswith("Wrote 27 files of 14 kinds into try.")
    assert "vtrkit look" in told.output
    assert not (tmp_path / "vtrkit-demo").exists()
    look = CliRunner().invoke(main, ["look", str(out / "vtrkit.toml")])
    assert look.exit_code == 0, look.output
    assert load(out / "exports" / "northwind", mapping=None).seen_to == date(2026, 9, 30)
    again = CliRunner().invoke(main, ["demo", "--files", str(out)])
    assert again.exit_code == 2
    assert "not empty" in again.output
