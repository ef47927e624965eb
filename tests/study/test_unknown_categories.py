"""Packages of no known category may be of each, and leave its rate open."""

from pathlib import Path

import polars as pl
import pytest

from tests import made
from tests.study.test_sellers import AS_OF, daily
from vtrkit.metric.portfolio import over_limit, portfolio
from vtrkit.sections.advice import FILL_IN, NO_CATEGORY, headline_text
from vtrkit.sections.first_words import first_words
from vtrkit.shop import Shop
from vtrkit.study.build import build
from vtrkit.study.first_facts import first_facts
from vtrkit.study.open import open_study
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study
from vtrkit.whatif.changes import track


def opened(folder: Path, rows: list[dict[str, object]]) -> Study:
    """What is read of a file of these rows."""
    made.write(folder / "in" / "shop.csv", rows)
    (folder / "run").mkdir()
    build(Settings(inputs=(str(folder / "in"),)), folder / "run", AS_OF)
    return open_study(str(folder / "run"), as_of=str(AS_OF))


def enforced(study: Study) -> dict[str, dict[str, object]]:
    """The enforced row of each category."""
    return {str(r["category"]): r for r in study.rates.filter("is_enforced_window").to_dicts()}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Each day ten shoes, and three of no known category of which one fails every second day."""
    nameless = [
        row | {"category": "", "sku": f"S{n % 5}", "order_id": f"u{row['order_id']}"}
        for n, row in enumerate(daily(3, dict.fromkeys(range(-3, 131, 2), 1)))
    ]
    rows = [row | {"sku": ""} for row in daily(10)]
    return opened(tmp_path_factory.mktemp("mixed"), [*rows, *nameless])


def test_what_may_belong_to_a_category_gives_it_bounds(mixed: Study) -> None:
    """300 shoes, all valid; 90 more may be shoes, of which 15 fail: 95.2 to 100 %."""
    shoes, nameless = enforced(mixed)["Shoes"], enforced(mixed)["(unknown)"]
    assert (shoes["counted"], shoes["valid"], nameless["counted"]) == (300, 300, 90)
    failing = nameless["counted"] - nameless["valid"]
    assert shoes["vtr_low"] == 300 / (300 + failing)
    assert shoes["vtr_high"] == 1
    assert shoes["budget_left"] == (300 + failing) // 20 - failing
    assert (nameless["status"], nameless["binding"]) == ("NONE", False)
    assert nameless["why"] == "the categories of these packages are not known"


def test_the_outlook_opens_with_the_same_bounds(mixed: Study) -> None:
    today = mixed.coming.filter(day=AS_OF).to_dicts()
    for row in today:
        known = enforced(mixed)[str(row["category"])]
        assert {n: row[n] for n in ("vtr_low", "vtr_high", "budget_left")} == {
            n: known[n] for n in ("vtr_low", "vtr_high", "budget_left")
        }
        assert str(row["status"]) == str(known["status"])


def test_where_they_decide_it_the_first_step_is_to_name_them(tmp_path: Path) -> None:
    """30 shoes, all valid, and two of no known category that failed: 93.8 to 100 %."""
    nameless = daily(1, {15: 1, 20: 1}, first=20, last=15)[::5]
    rows = [row | {"category": "", "order_id": f"u{row['order_id']}"} for row in nameless]
    text = first_words(first_facts(opened(tmp_path, [*daily(1), *rows]))).text
    assert "Shoes depends on packages whose category no file names." in text
    assert "1. Give your products' categories. Fill in categories.csv" in text
    assert "Nothing. Look again" not in text


def test_the_nameless_are_never_the_headline_nor_over_a_limit(mixed: Study) -> None:
    assert mixed.headline["category"] == "Shoes"
    assert "(unknown)" not in over_limit(mixed.rates)["category"].cast(pl.String).to_list()
    assert portfolio(mixed.rates, mixed.totals)["worst"].to_list() == [None]
    assert any("Packages whose category no file names" in note for note in mixed.notes)


def test_skus_without_a_category_are_written_out_to_be_filled_in(mixed: Study) -> None:
    listed = pl.read_csv(mixed.kept.path / "categories.csv")
    assert sorted(listed["sku"]) == [f"S{n}" for n in range(5)]


def test_where_no_category_is_known_the_whole_account_is_the_headline(tmp_path: Path) -> None:
    rows = [row | {"category": "", "sku": "S1"} for row in daily(10, dict.fromkeys(range(60), 2))]
    study = opened(tmp_path, rows)
    text = headline_text(study.headline)
    assert text.startswith("US as a whole is below 95 %: 80.0 % (240/300) over 30 days.")
    assert "We cannot say this by category: your files name none. Fill in categories.csv" in text


def test_what_was_assumed_stands_beside_the_headline(tmp_path: Path) -> None:
    """One scan is enough from the United States, and not from everywhere."""
    rows = [row | {"origin": "", "scans": 1, "delivered_date": ""} for row in daily(10)]
    study = opened(tmp_path, rows)
    assert any("rests on an assumed country of origin: 300." in note for note in study.notes)
    assert set(study.kept.settings["assumed"]) <= set(study.notes)
    sure = [row | {"scans": 3, "delivered_date": row["promised_date"]} for row in rows[-400:]]
    (tmp_path / "sure").mkdir()
    assert not any("assumed country" in note for note in opened(tmp_path / "sure", sure).notes)


def test_all_that_looks_ahead_speaks_of_the_place_as_a_whole(tmp_path: Path) -> None:
    """Where no category is known: word for word what is said of one that all packages have."""
    said = []
    for category in ("Shoes", ""):
        bad = dict.fromkeys(range(-3, 60), 2)
        rows = [row | {"category": category} for row in daily(10, bad)]
        shop = Shop(opened(tmp_path / f"named{category}", rows))
        texts = [
            first_words(first_facts(shop.study)).text.partition("What do I do first?")[0],
            *(shop.section(name).text for name in ("categories", "fixes")),
            *(made.text for made in (shop.plan(), shop.whatif(track()))),
            str(shop.plan().table.rows()),
            str(shop.rates().select("status", "over_limit").rows()),
        ]
        said.append("\n".join(texts))
    named, nameless = said
    for text, instead in _INSTEAD.items():
        nameless = nameless.replace(text, instead)
    # one step more gives the categories
    assert nameless == named.replace(" in it.", ".").replace("steps 1 and 2", "steps 1 and 3")
    assert "BAD" in named
    assert "Shoes is on target on that day" in named


_INSTEAD = dict.fromkeys(
    (
        *("Your account as a whole", "your account as a whole", "the group without a category"),
        *("All categories", "all packages", "not known", "(unknown)"),
    ),
    "Shoes",
) | {f" {NO_CATEGORY} {FILL_IN}": ""}


def test_beside_categories_what_has_none_is_no_category(mixed: Study) -> None:
    shop = Shop(mixed)
    text = shop.section("fixes").text
    assert "1 of 1 category reaches 95 %." in text
    assert "(unknown)" not in text + shop.plan().text + shop.whatif(track()).text
    assert ". The group without a category cannot be told:" in shop.plan().text
    assert "Shoes is on 95 % for good" in shop.whatif(track()).text


def test_where_too_many_have_no_category_that_is_why_nothing_is_foreseen(tmp_path: Path) -> None:
    """Each day one package of shoes that has no number, and two of no known category."""
    shoes = daily(1, dict.fromkeys(range(-3, 60), 1))
    rows = [row | {"category": "", "order_id": f"u{row['order_id']}"} for row in daily(2)]
    facts = first_facts(opened(tmp_path, [*shoes, *rows]))
    why = "of the packages due in the last eight weeks, 112 have no known category, more than "
    why += "the 56"
    text = first_words(facts).text
    assert f"We cannot say: {why} that are of this one." in text
    assert "Give your products' categories. Fill in categories.csv" in text
    assert "Enter a tracking number for every Shoes package" in text
    assert f"More cannot be told: {why}" in headline_text(facts.row)
