"""The sample data tell the stories that the docstring of `vtrkit.demo.packages` promises."""

from datetime import timedelta

import polars as pl
import pytest

from vtrkit import classify, rates, tally, vtr
from vtrkit.demo import packages as sample
from vtrkit.schema import PACKAGE_KEY, PACKAGES, Outcome, Status

WINDOW_END = sample.AS_OF - timedelta(days=10)
IN_WINDOW = pl.col("promised_date").is_between(WINDOW_END - timedelta(days=29), WINDOW_END)
STORY = [
    ("Office Products", 200, 190, 0.95, Status.AT_RISK),
    ("Jewelry", 20, 18, 0.90, Status.BAD),
]


@pytest.fixture(scope="module")
def packages() -> pl.DataFrame:
    return sample.packages()


@pytest.fixture(scope="module")
def verdicts(packages: pl.DataFrame) -> pl.DataFrame:
    return classify(packages)


@pytest.fixture(scope="module")
def standing(verdicts: pl.DataFrame) -> pl.DataFrame:
    return rates(tally(verdicts), as_of=sample.AS_OF).filter(days=30)


def us(table: pl.DataFrame) -> pl.DataFrame:
    return table.filter(account="northwind", marketplace="US")


def test_the_same_seed_gives_the_same_packages(packages: pl.DataFrame) -> None:
    made_anew = sample.packages.__wrapped__(sample.SEED)
    assert made_anew is not packages
    assert made_anew.equals(packages)


def test_another_seed_gives_other_packages(packages: pl.DataFrame) -> None:
    other = sample.packages(sample.SEED + 1)
    assert not other.select("order_id").equals(packages.select("order_id"))
    assert abs(other.height / packages.height - 1) < 0.02


def test_rows_are_the_packages_table_with_a_unique_key(packages: pl.DataFrame) -> None:
    assert packages.schema == pl.Schema(PACKAGES)
    assert not packages.select(PACKAGE_KEY).is_duplicated().any()
    assert packages.select(PACKAGE_KEY).null_count().sum_horizontal().item() == 0
    assert 40_000 < packages.height < 60_000


def test_two_accounts_sell_ten_categories_in_three_marketplaces(packages: pl.DataFrame) -> None:
    shops = packages.select("account", "marketplace").unique().sort(pl.all())
    assert shops.rows() == [
        ("fjord", "SE"),
        ("fjord", "UK"),
        ("northwind", "UK"),
        ("northwind", "US"),
    ]
    assert packages["category"].n_unique() == 10


def test_a_year_of_packages_leads_up_to_the_export(packages: pl.DataFrame) -> None:
    first, last = packages["promised_date"].min(), packages["promised_date"].max()
    assert first == sample.AS_OF - timedelta(days=359)
    assert last == sample.AS_OF + timedelta(days=5)


def test_nothing_is_known_that_the_export_could_not_know(packages: pl.DataFrame) -> None:
    """Only the promised day and the ship-by day may lie after the day of the export."""
    dated = [n for n, t in PACKAGES.items() if t == pl.Date()]
    newest = packages.select(pl.col(dated).max()).row(0, named=True)
    after = {n for n, day in newest.items() if day and day > sample.AS_OF}
    assert after == {"promised_date", "ship_by_date"}


def test_what_has_not_left_has_no_number_scan_or_delivery(packages: pl.DataFrame) -> None:
    waiting = packages.filter(pl.col("status") == "unshipped")
    assert waiting.height > 100
    events = ["ship_date", "tracking_entered_at", "scans", "first_scan_date", "delivered_date"]
    assert waiting.select(events).null_count().row(0) == (waiting.height,) * 5
    assert waiting["tracking_number"].unique().to_list() == [""]


def test_days_of_a_package_follow_each_other(packages: pl.DataFrame) -> None:
    wrong = packages.filter(
        (pl.col("first_scan_date") < pl.col("ship_date"))
        | (pl.col("delivered_date") < pl.col("ship_date"))
        | (pl.col("scans") > 0) & pl.col("first_scan_date").is_null()
    )
    assert wrong.is_empty()


@pytest.mark.parametrize(("category", "counted", "valid", "share", "status"), STORY)
def test_a_category_stands_exactly_where_its_story_says(
    standing: pl.DataFrame, category: str, counted: int, valid: int, share: float, status: Status
) -> None:
    row = us(standing).filter(category=category).row(0, named=True)
    assert (row["counted"], row["valid"], row["unknown"]) == (counted, valid, 0)
    assert row["vtr"] == share
    assert row["status"] == status


def test_one_corrected_package_of_twenty_decides_for_jewelry(standing: pl.DataFrame) -> None:
    row = us(standing).filter(category="Jewelry").row(0, named=True)
    assert (row["budget"], row["to_fix"]) == (1, 1)


def test_office_products_have_no_package_left_to_lose(standing: pl.DataFrame) -> None:
    row = us(standing).filter(category="Office Products").row(0, named=True)
    assert (row["budget"], row["budget_left"], row["to_fix"]) == (10, 0, 0)


def test_shoes_slide_below_the_target(verdicts: pl.DataFrame) -> None:
    series = us(vtr(tally(verdicts), by=("account", "marketplace", "category")))
    shoes = series.filter(category="Shoes").sort("as_of")
    stood = {
        ago: shoes.filter(as_of=sample.AS_OF - timedelta(days=ago))["vtr_low"].item()
        for ago in (45, 30, 15, 0)
    }
    assert stood[45] > 0.95 > stood[15] > stood[0]
    assert stood[45] > stood[30] > stood[15]
    assert stood[0] < 0.90


def test_ontrac_stops_scanning_twelve_days_before_the_window_ends(
    verdicts: pl.DataFrame,
) -> None:
    told = ["Office Products", "Jewelry"]
    ontrac = verdicts.filter(
        pl.col("carrier") == "OnTrac",
        pl.col("status") == "shipped",
        ~pl.col("category").is_in(told),
        pl.col("outcome") != Outcome.EXEMPT,
    )
    stop = WINDOW_END - timedelta(days=12)
    after = ontrac.filter((pl.col("promised_date") > stop) & IN_WINDOW)
    before = ontrac.filter(pl.col("promised_date").is_between(stop - timedelta(days=60), stop))
    assert after.height > 20
    assert after.filter(pl.col("scans") > 0).is_empty()
    assert before.filter(pl.col("scans") > 0).height > 0.9 * before.height


def test_letters_without_scan_data_leave_sweden_a_range(verdicts: pl.DataFrame) -> None:
    table = rates(tally(verdicts), as_of=sample.AS_OF, by=("account", "marketplace"))
    row = table.filter(days=30, marketplace="SE").row(0, named=True)
    assert row["vtr_low"] < 0.95 < row["vtr_high"]
    assert row["status"] == Status.UNDECIDED
    assert not row["in_force"]


def test_every_outcome_and_the_usual_reasons_occur(verdicts: pl.DataFrame) -> None:
    reasons = set(verdicts["reason"].unique())
    assert reasons == {
        "not_shipped",
        "cancelled",
        "fulfilled_by_amazon",
        "prime",
        "missing_number",
        "not_a_number",
        "malformed",
        "wrong_carrier",
        "entered_late",
        "no_scan",
        "unverified",
        "valid",
    }


def test_the_small_sample_is_the_recent_part_of_one_shop(packages: pl.DataFrame) -> None:
    small = sample.small()
    assert small["account"].unique().to_list() == ["northwind"]
    assert small["marketplace"].unique().to_list() == ["US"]
    assert small["promised_date"].min() == WINDOW_END - timedelta(days=59)
    assert 3_000 < small.height < packages.height / 10
