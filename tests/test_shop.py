"""The front door: what people ask first, and that every answer to one question is the same."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import vtrkit
from tests import made
from tests.made import Page, values
from vtrkit.errors import VtrkitError
from vtrkit.lab.explorer import Explorer
from vtrkit.lab.whatif import WhatIf
from vtrkit.metric.portfolio import portfolio
from vtrkit.metric.target import Target
from vtrkit.schema import CATEGORY, GROUP, REASON
from vtrkit.sections.results import Plans
from vtrkit.shop import Shop
from vtrkit.study import ahead as ahead_tables
from vtrkit.study.run import RunFolder


@pytest.fixture(scope="module")
def shop() -> Shop:
    return vtrkit.open(account="northwind", marketplace="US")


@pytest.fixture(scope="module")
def shops() -> Shop:
    return vtrkit.open()


# four analyses -------------------------------------------------------------------------------


def test_rates_by_carrier_and_week_show_when_scans_stopped(shop: Shop) -> None:
    weekly = shop.rates(by=["carrier", "week"])
    assert weekly.columns[:5] == ["carrier", "week", "valid", "counted", "unknown"]
    last = weekly.filter(carrier="OnTrac").tail(4)
    assert last["counted"].to_list() == [20, 32, 35, 15]
    assert last["valid"].to_list() == [12, 6, 0, 0]


def test_a_higher_target_changes_status_and_what_is_over_the_limit(shop: Shop) -> None:
    table = shop.rates(target=98).select("category", "status", "over_limit")
    assert set(table["status"]) == {"BAD"}
    assert table["over_limit"].sum() > shop.rates()["over_limit"].sum() == 36


def test_the_share_of_tracking_that_a_higher_target_needs(shop: Shop) -> None:
    need = shop.adoption_needed(vtrkit.track(), target=98).filter(category="Shoes")
    assert need.select("share", pl.col("back").cast(pl.String)).row(0) == (0.9, "2026-11-19")
    less = shop.whatif(vtrkit.track("Shoes", share=0.85), target=98).table
    assert less.filter(category="Shoes")["back"].to_list() == [None]


def test_half_of_the_unscanned_tracked_brings_nine_of_ten_back(shop: Shop, tmp_path: Path) -> None:
    half = shop.whatif(vtrkit.track(share=0.5))
    assert half.text.startswith(
        "With your changes 9 of 10 categories are on 95 % for good by 9 Nov"
    )
    assert half.table.filter(pl.col("back").is_null())["category"].to_list() == ["Shoes"]
    half.save(tmp_path / "half.toml")
    assert tuple(vtrkit.read_changes(tmp_path / "half.toml")) == half.changes


def test_another_carrier_from_a_day_on_is_a_line(shop: Shop) -> None:
    ups = shop.whatif(vtrkit.replace_carrier("OnTrac", "UPS", start="2026-10-01"))
    assert "9 of 10 categories are on 95 % for good by 7 November" in ups.text
    assert "Not back by 29 November: Shoes (" in ups.text


def test_a_start_that_is_over_is_tomorrow_and_said_so(shop: Shop) -> None:
    """What has shipped is not changed: the answer is that of a change from tomorrow on."""
    tomorrow, over = (vtrkit.track(share=0.5, start=day) for day in ("2026-10-01", "2026-09-30"))
    assert shop.whatif(over).table.equals(shop.whatif(tomorrow).table)
    said = "starts before 1 October, and counts from that day on: what has shipped is not changed"
    for early, late in ((shop.whatif(over), shop.whatif(tomorrow)),
                        (shop.plan(over), shop.plan(tomorrow))):  # fmt: skip
        assert said in early.text
        assert "starts before" not in late.text


def test_what_is_not_back_is_named_with_its_account_where_there_are_several(shops: Shop) -> None:
    text = shops.whatif(vtrkit.replace_carrier("OnTrac", "USPS", scanned=0.95)).text
    assert "Shoes of northwind · US (" in text


def test_which_skus_cause_most_defects(tmp_path: Path) -> None:
    """The counts of the packages of each sku, the worst first; what to do is in their list."""
    lines = ["order_id,sku,ship_date,promised_date,tracking_number,scans,marketplace"]
    for n in range(60):
        sku, scans = ("SHO-2", 0) if n < 5 else ("SHO-2" if n < 22 else "BOO-1", 1)
        number = "" if n < 3 else f"1Z{n:016}"
        lines.append(f"{n},{sku},2026-03-01,2026-03-04,{number},{scans},US")
    (tmp_path / "packages.csv").write_text("\n".join(lines), "utf-8")
    mine = vtrkit.open(tmp_path / "packages.csv", as_of="2026-03-20")
    worst = mine.skus().row(0, named=True)
    assert (worst["sku"], worst["defects"], worst["counted"]) == ("SHO-2", 5, 22)
    assert worst["most"] == "missing_number"
    assert "status" not in mine.skus().columns
    assert mine.skus()["defects"].to_list() == [5, 0]
    assert mine.packages(sku="sho-2").height == 5


# status --------------------------------------------------------------------------------------


def test_every_part_of_the_product_gives_a_category_the_same_status(
    shops: Shop, demo: Page
) -> None:
    """`vtrkit.rates`, the shop, explorer, what-if, status grid, portfolio and report.json."""
    study = shops.study
    plain = vtrkit.rates(study.tally, as_of=study.as_of, seen_to=study.seen_to)
    expected = _statuses(plain.filter("is_enforced_window").to_dicts())
    assert len(expected) == 40
    assert set(expected.values()) == {"BAD", "UNDECIDED", "AT_RISK", "GOOD"}
    assert _statuses(shops.rates(by=["account", "marketplace", "category"]).to_dicts()) == expected
    assert _statuses(study.coming.filter(day=study.as_of).to_dicts()) == expected
    explorer, whatif = Explorer(study), WhatIf(study)
    for account, marketplace in study.places:
        explorer.choose(account=account, marketplace=marketplace)
        rows = explorer.views.categories.to_dicts()
        assert _statuses(rows).items() <= expected.items()
        whatif.choose(place=(account, marketplace))
        rows = whatif.answer.categories.to_dicts()
        assert _statuses(rows).items() <= expected.items()
    report = [r for r in demo.figures["rates"] if r["is_enforced_window"]]
    assert _statuses(report) == expected
    grid = {
        (*r["group"].partition(":")[0].split(" · "), r["category"]): r["status"]
        for r in values(shops.chart("rates").to_dict())
        if r["days"] == 30
    }
    assert grid == expected


def test_a_place_has_the_same_status_in_the_shop_the_portfolio_and_the_report(
    shops: Shop, demo: Page
) -> None:
    places = {(r["account"], r["marketplace"]): r["status"] for r in shops.places().to_dicts()}
    study = shops.study
    every = portfolio(study.rates, study.totals).select(*GROUP, "status").rows()
    assert {(str(a), str(m)): str(s) for a, m, s in every} == places
    totals = [r for r in demo.figures["totals"] if r["is_enforced_window"]]
    assert {(r["account"], r["marketplace"]): r["status"] for r in totals} == places
    rated = shops.rates(by=["account", "marketplace"]).select(*GROUP, "status").rows()
    assert {(a, m): s for a, m, s in rated} == places


def _statuses(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], str]:
    counted = [r for r in rows if r["counted"]]
    return {tuple(str(r[n]) for n in CATEGORY): str(r["status"]) for r in counted}


# first guesses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ask", "comes_out"),
    [
        ("rates('category').height", 10),
        ("rates(by=['category']).height", 10),
        ("rates(target=98).filter(status='BAD').height", 10),
        ("rates(target='98 %').filter(status='BAD').height", 10),
        ("rates(target=0.98).filter(status='BAD').height", 10),
        ("rates(as_of='2026-09-01')['counted'].sum()", 1723),
        ("rates(as_of=20260901)['counted'].sum()", 1723),
        ("rates(by='month')['month'].dtype", pl.Date),
        ("rates(full=True)['falls_on'].dtype", pl.Date),
        ("history().columns", ["day", "valid", "counted", "vtr_low", "vtr_high"]),
        ("reasons(by='carrier').filter(carrier='OnTrac')['packages'].sum()", 38),
        ("packages(carrier='ontrac').height", 38),
        ("packages(category=['Shoes', 'books'])['category'].unique().len()", 2),
        (
            "outlook(until='2026-10-10')['part'].unique().sort().to_list()",
            ["locked in", "official"],
        ),
        ("whatif().changes", ()),
        ("rates('carrier', target=98)", "target: only an account and marketplace, and their"),
        ("rates('week', target=98)", "target: only an account and marketplace, and their"),
        ("rates('categry')", "by 'categry': no such group here (did you mean category?)"),
        ("rates(by='reason')", "by 'reason': no such group here"),
        (
            "rates(by='carrier,week')",
            "by 'carrier,week': no such group here (did you mean carrier or week?); there is "
            "account, marketplace, category, carrier, ship_method, week, month; give several as",
        ),
        ("rates(by=3)", "by 3: give a name or a list of names"),
        ("rates(days=31)", "days 31: there is 7, 30, 90"),
        ("rates(target=9800)", "target '9800': give a percent from 50 to 100"),
        ("rates(as_of='30.9.2026')", "as_of '30.9.2026' is not a day; write it as 2026-01-31"),
        ("history(by='week')", "by 'week': no such group here"),
        ("packages(carrier='Ontrack')", "no carrier 'Ontrack' here (did you mean OnTrac?)"),
        ("packages(carier='OnTrac')", "packages are not chosen by carier (did you mean carrier"),
        ("chart('rate')", "no chart 'rate' (did you mean rates?)"),
        ("section('fix')", "no section 'fix' (did you mean fixes?)"),
        ("chart('carriers', by='week')", "carriers are not drawn by week"),
        ("explore(category='Shose')", "no category 'Shose' here (did you mean Shoes?)"),
        ("changes_since('gone.json')", "gone.json: cannot be read"),
    ],
)
def test_a_first_guess_works_or_is_refused_in_words(shop: Shop, ask: str, comes_out: Any) -> None:
    if not isinstance(comes_out, str):
        assert eval(f"shop.{ask}", {"shop": shop, "pl": pl}) == comes_out
        return
    with pytest.raises(VtrkitError) as caught:
        eval(f"shop.{ask}", {"shop": shop})
    assert str(caught.value).startswith(comes_out)


WRONG = """
rates(5) rates(b"category") rates(["category",5]) rates(days="30") rates(days=None) rates(days=[30])
rates(target=[95]) rates(target=b"95") rates(as_of=3.5) rates(as_of=[1]) history(5) history(by={})
reasons(5) reasons(by=vtrkit.track()) reasons(days="x") outlook(5) outlook("track") outlook(None)
outlook(until=5) outlook(until="soon") outlook(until=[1]) whatif(5) whatif("track") whatif(None)
whatif(vtrkit.track) whatif(category=5) whatif(category="Shose") whatif(target=None)
adoption_needed(5) adoption_needed("track") adoption_needed(None) adoption_needed(vtrkit.track)
adoption_needed([vtrkit.track()]) adoption_needed(vtrkit.track(),sure="x")
adoption_needed(vtrkit.track(),sure=None) adoption_needed(vtrkit.track(),sure=[0.5])
adoption_needed(vtrkit.track(),by=5) adoption_needed(vtrkit.track(),target=b"x")
plan(5) plan("track") plan(None) plan(sure="x") plan(sure=None) plan(sure=2) plan(target=None)
section(None) section(5) section(["fixes"]) section("changes",5)
chart(None) chart(5) chart("rates",5) chart("rates",vtrkit.track()) chart("rates",by=5)
section("changes",pl.DataFrame()) rates(full="no") rates(days=pl.DataFrame()) history(days="x")
packages("no") explore(reason="no_scans") explore(category=pl.DataFrame())
explore(category=5) explore(foo=1) report(5) report(None) report(b"x") changes_since(5)
packages(category=5) packages(reason="no_such") whatif().save(5) whatif().save(None)
changes_since("a"*5000)
"""


@pytest.mark.parametrize("ask", WRONG.split())
def test_what_a_verb_cannot_take_is_refused_in_words(shop: Shop, ask: str) -> None:
    """No error of Polars or of Python reaches the reader."""
    if ask == "history(by={})":
        ask = "history(by={'category': 1})"
    with pytest.raises(VtrkitError) as refused:
        eval(f"shop.{ask}", {"shop": shop, "vtrkit": vtrkit, "pl": pl})
    assert len(str(refused.value)) > 15


def test_a_section_of_the_report_counts_with_the_costs_of_the_settings(shop: Shop) -> None:
    kept = RunFolder(shop.study.kept.path)
    kept.settings["costs"] = {"contact_rate": 0.04, "contact": [2.5, 5.0]}
    own = Shop(replace(shop.study, folder=kept))
    assert " in your currency)" in own.section("fixes").text
    assert " in your currency)" not in shop.section("fixes").text


# what is printed -----------------------------------------------------------------------------


def test_a_printed_what_if_is_its_sentences_and_table(shop: Shop) -> None:
    half = repr(shop.whatif(vtrkit.track(share=0.5))).splitlines()
    assert half[0].startswith("With your changes 9 of 10 categories are on 95 % for good by 9 Nov")
    # of both it cannot be told today
    assert "For Books and Home & Kitchen that holds only if packages without scan data" in half[0]
    assert half[1].startswith("category | low | high")
    assert repr(shop.whatif()).startswith("Nothing is changed yet. Give a change, such as")


def test_changes_that_move_nothing_are_said_to(shop: Shop) -> None:
    text = shop.whatif(vtrkit.track("Shose")).text
    assert text.startswith(
        "Your changes are about no package to come that counts. No category is called Shose (did "
        "you mean Shoes?)."
    )
    assert "As it is, 7 of 10 categories are on 95 % for good by" in text


def test_a_printed_plan_says_its_day_and_chance(shop: Shop) -> None:
    lines = repr(shop.plan()).splitlines()
    assert "the days that count on 29 November" in lines[0]
    assert "with a chance of 50 % or more" in lines[0]
    assert lines[1] == "category | change | share | packages | cost | back"
    assert repr(shop.study.plan()) == "Plan(by 29 November 2026: 18 packages, cost 17.43)"


def test_a_plan_is_not_sure_of_a_category_without_scan_data(shops: Shop) -> None:
    """Of all of whose packages nobody knows whether they were scanned, nothing is claimed."""
    place = shops.study.of("northwind", "US")
    shoes, scanned = pl.col("category").cast(pl.String) == "Shoes", pl.lit("valid", REASON)
    unknown = pl.when(shoes).then(pl.lit("unverified", REASON)).otherwise(scanned)
    blind = replace(place, tally=place.tally.with_columns(reason=unknown))
    found = ahead_tables.planned(blind, (), Target(95), 0.5)[0]
    text = Plans([found], Target(95)).text
    assert "every other category" in text
    assert "Shoes cannot be told: too few packages with scan data and a known category" in text
    assert not Plans([found], Target(95)).reached


def test_the_range_of_an_outlook_says_what_it_is(shop: Shop) -> None:
    table = shop.outlook()
    assert dict(table.select("part", "range").unique().rows()) == {
        "official": "scans not known: none to all",
        "locked in": "worst to best case",
        "projected": "9 of 10 cases",
    }
    today = table.row(0, named=True)
    assert today["median"] is None
    assert today["low"] < today["high"]


def test_adoption_of_another_carrier_is_answered_too(shop: Shop) -> None:
    need = shop.adoption_needed(vtrkit.replace_carrier("OnTrac", "UPS"), target=95)
    assert need.filter(category="Books")["share"].item() == 0.05
    assert need["enough_in_the_past"].null_count() == 10


def test_a_warning_does_not_depend_on_what_else_was_opened(shop: Shop, shops: Shop) -> None:
    here = shops.warnings().filter(account="northwind", marketplace="US")
    assert shop.warnings()["category"].to_list() == here["category"].to_list() != []


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"account": 5}, "account must be text in quotes, not 5"),
        ({"marketplace": ["US"]}, "marketplace must be text in quotes, not ['US']"),
        (
            {"account": "nothwind"},
            "account 'nothwind' is not in the data (did you mean northwind?)",
        ),
        ({"marketplace": "USA"}, "marketplace 'USA' is not in the data (did you mean US?)"),
        ({"targets": 9800}, "target '9800': give a percent from 50 to 100"),
        ({"as_of": "soon"}, "as_of 'soon' is not a day"),
        ({"as_of": "2019-09-30"}, "as_of 2019-09-30: the files hold packages due from 2025-"),
        ({"as_of": "2031-01-01"}, "are of 2026-09-30; give a day from 2025-"),
        ({"workspace": "no-such-folder"}, "no-such-folder"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_words(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(VtrkitError, match=r".") as caught:
        vtrkit.open(**wrong)
    assert says in str(caught.value)


def test_plain_functions_take_each_others_results() -> None:
    loaded = vtrkit.load(vtrkit.sample())
    daily = vtrkit.tally(vtrkit.classify(loaded))
    table = vtrkit.rates(daily, as_of=loaded.seen_to, by="category")
    assert table.filter(days=30, category="Shoes").select("valid", "counted").row(0) == (168, 193)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda _: vtrkit.classify("sample.csv"), "packages"),
        (vtrkit.tally, "classify"),
        (lambda loaded: vtrkit.tally(loaded.packages), "classify"),
        (vtrkit.vtr, "tally"),
        (lambda loaded: vtrkit.rates(loaded.packages, as_of="2026-09-30"), "tally"),
        (lambda loaded: vtrkit.vtr(loaded, as_of="2026-09-30"), "nothing here is called as_of"),
        (lambda loaded: vtrkit.plan(loaded, [], as_of="2026-09-30", by="week"), "is called by"),
        (lambda loaded: vtrkit.reconcile(loaded, 1), "report: give a path as text, not 1"),  # type: ignore[arg-type]
        (lambda loaded: vtrkit.Lever(name="x", to_carrier=loaded.packages), "must be text"),
    ],
)
def test_what_a_function_cannot_take_is_refused_with_what_it_can(ask: Any, says: str) -> None:
    with pytest.raises(VtrkitError) as caught:
        ask(vtrkit.load(vtrkit.sample()))
    assert says in str(caught.value)


# light ---------------------------------------------------------------------------------------


def test_rates_need_neither_pictures_nor_notebooks(tmp_path: Path) -> None:
    file = made.shop(tmp_path / "packages.csv")
    code = (
        f"import sys, vtrkit; vtrkit.open({str(file)!r}).rates(); "
        "print([m for m in ('altair', 'papermill', 'ipywidgets') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_help_shows_the_verbs_first() -> None:
    text = vtrkit.__doc__ or ""
    verbs = [n for n in vars(Shop) if not n.startswith("_") and n != "study"]
    assert [verb for verb in verbs if f"shop.{verb}(" not in text] == []
    assert text.index("shop.rates") < text.index("plain functions")


# what a shop leaves behind -------------------------------------------------------------------


def test_the_shop_shows_the_first_answer(shop: Shop) -> None:
    lines = repr(shop).splitlines()
    assert lines[0].startswith("Am I in danger? Yes. 5 of 10 categories are below Amazon's 95 %")
    assert "Shoes: 87.0 % (168 of 193 valid)" in lines[0]
    assert lines[1].startswith("When am I out of it? Shoes is likely back on 8 November")
    assert lines[-1] == "Your files reach to 30 September 2026; vtrkit 0.1.0."
    assert '<section class="vtr-first"' in shop._repr_html_()


def test_several_places_are_listed_the_worst_first(shops: Shop) -> None:
    lines = repr(shops).splitlines()
    assert lines[1].startswith("As of 30 September 2026")
    assert lines[2].startswith("Shoes (northwind · US) is below 95 %: 87.0 % (168/193)")
    assert "vtr-banner" in shops._repr_html_()


def test_what_changed_is_told_against_an_earlier_report(shops: Shop, demo: Page) -> None:
    table = shops.changes_since(demo.folder / "report.json")
    assert table.select("entered", "left", "restated").sum().row(0) == (0, 0, 0)
    assert table.height == 4
    assert shops.changes_since().is_empty()
