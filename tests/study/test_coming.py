"""What a report says of the coming weeks and of levers agrees with the tables it stands on."""

import html
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from polars.testing import assert_frame_equal

from tests import engine, made
from tests.made import Page
from vtrkit import (
    Lever,
    Scenario,
    classify,
    rates,
    ready_made,
    recovery_date,
    replace_carrier,
    tally,
    write_scenario,
)
from vtrkit.cli import main
from vtrkit.demo import packages as sample
from vtrkit.errors import OutsideError, ParameterError
from vtrkit.metric.windows import Question
from vtrkit.report.parts import part
from vtrkit.report.selector import selector
from vtrkit.schema import CATEGORY, GROUP
from vtrkit.sections import advice as in_words
from vtrkit.sections import ahead as advice
from vtrkit.sections import warning
from vtrkit.shop import Shop
from vtrkit.study.build import build
from vtrkit.study.finished import read_plan, write_plan
from vtrkit.study.open import open_study
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study
from vtrkit.whatif.adoption import eligible
from vtrkit.whatif.apply import adoption_curve


@pytest.fixture(scope="module")
def run(demo: Page) -> Study:
    return open_study(str(demo.folder))


@pytest.fixture(scope="module")
def enforced(run: Study) -> pl.DataFrame:
    return run.rates.filter("is_enforced_window")


def test_the_outlook_begins_with_the_rates_of_the_as_of_day(
    run: Study, enforced: pl.DataFrame
) -> None:
    today = run.coming.filter(day=run.as_of).sort(CATEGORY)
    assert set(today["part"]) == {"official"}
    for name in ("counted", "valid", "unknown"):
        assert today[name].to_list() == enforced[name].to_list()
    assert today["status"].to_list() == enforced["status"].to_list()


def test_whoever_may_miss_is_listed_and_nobody_else(run: Study) -> None:
    coming = run.coming.filter(pl.col("day") > run.as_of)
    worst = coming.group_by(CATEGORY).agg(pl.col("chance").min()).filter(pl.col("chance") < 0.5)
    listed = run.dates.select(CATEGORY)
    assert sorted(listed.rows()) == sorted(worst.select(CATEGORY).rows())
    assert 0 < listed.height < coming.select(CATEGORY).unique().height


FORESEEN = ("coming", "coming_totals", "advice", "dates", "needed", "leaving", "warnings", "rates")


@pytest.fixture(scope="module")
def unlike() -> Study:
    """Four places of unlike files: all is known, no days of scans, no ship days, a young account.

    The marketplace of two of them is the same, and the account is.
    """
    account, market, due = pl.col("account"), pl.col("marketplace"), pl.col("promised_date")
    undated, unshipped = (account == "northwind") & (market == "UK"), market == "SE"
    young = (account == "fjord") & (market == "UK")
    told = sample.packages().filter(~young | (due > sample.AS_OF - timedelta(days=80)))
    cells = tally(
        classify(
            told.with_columns(
                first_scan_date=pl.when(~undated).then("first_scan_date"),
                ship_date=pl.when(~unshipped).then("ship_date"),
            )
        )
    )
    return Study(cells.lazy(), Question.of(sample.AS_OF))


@pytest.fixture(scope="module")
def alone(unlike: Study) -> list[Study]:
    """Each of its places, opened by itself."""
    return [unlike.of(*place) for place in unlike.places]


@pytest.mark.parametrize("name", FORESEEN)
def test_what_is_opened_with_an_account_changes_none_of_its_figures(
    unlike: Study, alone: list[Study], name: str
) -> None:
    every = getattr(unlike, name)
    for (account, marketplace), place in zip(unlike.places, alone, strict=True):
        here = every.filter(account=account, marketplace=marketplace)
        assert_frame_equal(
            getattr(place, name), here, abs_tol=1e-7, check_row_order=name != "coming"
        )


@pytest.mark.parametrize(
    "name", ["advice", "dates", "coming", "coming_totals", "needed", "linked", "warnings"]
)
def test_many_places_a_few_at_a_time_give_the_same_tables(
    run: Study, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("vtrkit.study.cuts._FEW_PLACES", 2)
    apart = replace(run, finished=None)
    assert len(list(apart.few_at_a_time())) > 1
    assert_frame_equal(getattr(apart, name), getattr(run, name), abs_tol=1e-7)


def test_each_listed_category_is_drawn(run: Study) -> None:
    drawn = run.troubled.select(CATEGORY).unique()
    assert sorted(drawn.rows()) == sorted(run.dates.select(CATEGORY).rows())


def test_every_defect_of_a_listed_category_leaves_once(run: Study, enforced: pl.DataFrame) -> None:
    """Those in the window on the as-of day leave within the window's days."""
    shoes = enforced.row(by_predicate=_is_shoes(), named=True)
    leaving = run.leaving.filter(_is_shoes())
    inside = leaving.filter(pl.col("promised_date") <= shoes["window_end"])
    assert inside["defects"].sum() == shoes["counted"] - shoes["valid"] - shoes["unknown"]
    stays = (inside["leaves_on"] - inside["promised_date"]).dt.total_days().unique()
    assert stays.to_list() == [shoes["lag_days"] + shoes["days"]]


def _is_shoes() -> pl.Expr:
    names = {"account": "northwind", "marketplace": "US", "category": "Shoes"}
    return pl.all_horizontal(pl.col(n).cast(pl.String) == v for n, v in names.items())


def test_the_share_that_would_have_been_enough_is_what_was_to_mend(run: Study) -> None:
    """Looking back, the least whole packages of which 98 % are what lacks."""
    key = [*CATEGORY, "target_bp"]
    asked = run.goals.select(*key, "to_fix")
    told = run.needed.drop_nulls("enough_in_the_past").join(asked, on=key)
    assert told.height > 10
    for (name,), of_lever in told.filter(pl.col("lever").is_in(list(ready_made()))).group_by(
        "lever"
    ):
        about = eligible(run.board(), ready_made()[str(name)])
        ago = run.board().before.hstack(about.select(ago="eligible")).filter("is_enforced_window")
        same = of_lever.join(ago.select(*CATEGORY, "ago"), on=CATEGORY)
        packages = same["enough_in_the_past"] * same["ago"]
        assert packages.to_list() == pytest.approx((same["to_fix"] / 0.98).ceil().to_list())


def test_the_share_needed_is_the_least_that_comes_back_for_good(run: Study) -> None:
    """One step less does not bring the category back, as the outlook under it says."""
    place, lever = run.of("northwind", "US"), ready_made()["have them tracked and scanned"]
    told = place.needed_of(lever, place.targets[:1]).filter(category="Shoes").row(0, named=True)
    days = [
        recovery_date(place.foreseen(CATEGORY, Scenario("s", (replace(lever, share=share),))))
        .filter(_is_shoes())["recovery_date"]
        .item()
        for share in (told["share"], told["share"] - 0.05)
    ]
    assert days == [told["back"], None]


def test_the_slider_starts_at_the_rates_of_today(run: Study, enforced: pl.DataFrame) -> None:
    stops = adoption_curve(run.board(), ready_made()["have them tracked and scanned"], steps=20)
    stops = stops.filter("is_enforced_window")
    first = stops.filter(share=0.0).sort(CATEGORY)
    assert first["valid_after"].to_list() == enforced["valid"].to_list()
    shoes = stops.filter(_is_shoes()).sort("share")
    assert shoes["valid_after"].diff().drop_nulls().min() > 0
    assert shoes["moved"].last() == 25


def test_the_headline_has_the_facts_of_its_advice(run: Study) -> None:
    """The same category in rates and advice, and the sentences say what they hold."""
    said, row = in_words.headline_text(run.headline), run.headline
    assert (row["category"], row["counted"], row["lowest_on"]) == ("Shoes", 193, date(2026, 10, 10))
    assert said.startswith("Shoes (northwind · US) is below 95 %: 87.0 % (168/193) over 30 days.")
    assert f"if of the next {row['of_next']} packages none fails, and the" in said


def test_a_category_that_no_lever_mends_alone_is_said_to_be_so(run: Study) -> None:
    text = advice.needed(run.needed).text
    assert (
        "Shoes (northwind · US) | 87.0 % (168/193) | have them tracked and scanned: 65 % (about"
        in text
    )
    few = run.needed_of(ready_made()["correct the carrier"], run.targets)
    assert (
        "no single step is enough; the best, correct the carrier, gets to "
        in advice.needed(few).text
    )


def test_another_carrier_in_place_of_one_that_does_not_scan_is_among_the_steps(run: Study) -> None:
    """Of each place that has one, and as often scanned as the public change says."""
    told = run.needed.filter(pl.col("lever").str.starts_with("replace "))
    places = told.select(pl.col("account", "marketplace").cast(pl.String), "lever").unique()
    assert ("northwind", "US", "replace OnTrac with USPS") in places.rows()
    assert places.height < len(run.places)
    lever = replace_carrier("OnTrac", "USPS")
    alone = run.of("northwind", "US").needed_of(lever, run.targets).filter(pl.col("eligible") > 0)
    both = told.join(alone, on=["lever", *CATEGORY, "target_bp"], suffix="_alone")
    assert both.height > 3
    assert both["share"].equals(both["share_alone"].rename("share"), null_equal=True)


def test_the_step_that_is_named_is_the_first_of_the_table(run: Study) -> None:
    """Books lack one package: of two steps that bring it, the one offered first is named."""
    text = advice.needed(run.needed.filter(category="Books", account="northwind")).text
    assert "have them tracked and scanned: 5 % (about 1 of 6)" in text


def test_the_plan_moves_as_few_packages_as_the_categories_lack(
    run: Study, enforced: pl.DataFrame
) -> None:
    """Levers of which every package is scanned: the least is what there is to mend."""
    here = (pl.col("account") == "northwind") & (pl.col("marketplace") == "US")
    all_scanned = [replace(lever, scanned=1.0) for lever in ready_made(on=run.as_of).values()]
    back = run.of("northwind", "US").plan(all_scanned, by_day=run.as_of)
    assert back is not None
    assert back.mix["moved"].sum() == enforced.filter(here)["to_fix"].sum() > 0
    said = advice.plan(run.headline, back).text
    assert said.startswith(
        "northwind · US: looking back, 36 packages would have had to ship differently by the "
        "cheapest mix; with that every category would be on target in the days that count, with "
        "a chance of 50 % or more."
    )


def test_the_plan_of_the_report_looks_ahead_and_says_its_day_and_chance(run: Study) -> None:
    """It is the plan of the shop, and the same in numbers."""
    assert run.headline_plan is not None
    said = advice.plan(run.headline, run.headline_plan).text
    assert said.startswith(
        "northwind · US: 18 packages of the days that count on 29 November would have to ship "
        "differently by the cheapest mix; with that every category is on target on that day, with "
        "a chance of 50 % or more. For Books, Home & Kitchen that holds only if packages without "
        "scan data, or that may or may not count, do as the others."
    )
    shop = Shop(run.of("northwind", "US"))
    assert 17 < shop.plan().table["packages"].sum() < 18
    assert said.splitlines()[0] in shop.plan().text


def test_a_plan_that_is_kept_on_disk_is_the_same_plan(run: Study, tmp_path: Path) -> None:
    """Every field of it; and none stays none."""
    found = run.headline_plan
    assert found is not None
    write_plan(found, tmp_path / "plan")
    read = read_plan(tmp_path / "plan")
    assert read is not None
    for name, value in vars(found).items():
        if isinstance(value, pl.DataFrame):
            assert_frame_equal(getattr(read, name), value)
        else:
            assert getattr(read, name) == value, name
    write_plan(None, tmp_path / "none")
    assert read_plan(tmp_path / "none") is None


def test_a_plan_that_cannot_be_names_the_category(run: Study) -> None:
    found = run.of("fjord", "SE").plan(by_day=run.as_of)
    said = advice.plan({"account": "fjord", "marketplace": "SE"}, found).text
    assert "with that every category that can be would be on target" in said
    assert "Toys & Games" in said


def test_the_json_has_what_the_sections_say(run: Study, demo: Page) -> None:
    told = json.loads((demo.folder / "report.json").read_text("utf-8"))["coming"]
    names = [row["category"] for row in told["dates"]]
    assert names == run.dates["category"].cast(pl.String).to_list()
    assert len(told["needed"]) == run.needed.height
    assert 17 < sum(row["moved"] for row in told["plan"]["mix"]) < 18
    assert {row["category"] for row in told["alarms"]} > {"Shoes", "Home & Kitchen"}
    assert told["scenario"] is None


LABELS = Scenario("labels first", (Lever(name="labels", share=0.5, cost=2.0, fixed_cost=9.0),))


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop of which 10 in 200 packages fail, and a scenario beside it."""
    folder = tmp_path_factory.mktemp("planned")
    made.shop(folder / "in" / "shop.csv")
    write_scenario(LABELS, folder / "plan.toml")
    return folder


def test_a_scenario_of_the_settings_is_kept_in_the_run_folder(planned: Path) -> None:
    settings = Settings(inputs=(str(planned / "in"),), scenario=str(planned / "plan.toml"))
    kept = planned / "kept"
    kept.mkdir()
    build(settings, kept)
    (planned / "in").rename(planned / "moved")
    run = open_study(str(kept))
    (planned / "moved").rename(planned / "in")
    assert run.scenario == LABELS
    said = advice.scenario(run.scenario, run.under_scenario, run.moves).text
    assert "labels | 10 | 5.0 | 5.0 | 19.00" in said


def test_a_scenario_changes_nothing_that_is_locked_in(planned: Path) -> None:
    run = open_study(str(planned / "in"), scenario=str(planned / "plan.toml"))
    key = ["account", "marketplace", "day"]
    both = run.coming_totals.join(run.foreseen(GROUP, run.scenario), on=key, suffix="_then")
    locked = both.filter(part="locked in")
    assert locked["valid"].to_list() == locked["valid_then"].to_list()
    assert both.filter(part="projected").select((pl.col("valid_then") > pl.col("valid")).any())[
        0, 0
    ]


def test_without_a_scenario_the_report_leaves_its_section_out(run: Study) -> None:
    assert run.scenario is None
    assert "saved plan would have" not in part(run, "fixes").text


def test_a_scenario_that_moves_nothing_says_so(run: Study) -> None:
    never = Scenario("never", (Lever(name="never", share=0.0),))
    none_moved = run.under_scenario
    assert (
        "is about no package of the days that count"
        in advice.scenario(never, none_moved, run.moves).text
    )


def test_a_plan_of_a_category_that_is_gone_says_so_in_the_report() -> None:
    gone = Scenario("old", (Lever(name="scan", category=("Shoe",)),))
    told = part(replace(open_study(), scenario=gone), "fixes").text
    assert "'old' is about no package of the days that count. scan: No category is called " in told
    assert "Shoe (did you mean Shoes?)." in told


@engine.no_kernel()
def test_a_report_takes_a_scenario(planned: Path) -> None:
    notebook = made.excerpt(planned, 'section("fixes")')
    options = ["--scenario", str(planned / "plan.toml"), "--out", str(planned / "out")]
    arguments = ["report", str(planned / "in"), *options, "--notebook", str(notebook)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    page = html.unescape((planned / "out" / "vtr_report.html").read_text("utf-8"))
    assert "Scenario 'labels first'." in page
    assert "cost" in page


def test_a_lever_that_also_moves_valid_packages_is_in_no_plan(planned: Path) -> None:
    """The report is made all the same, with the plan of the levers that are ready."""
    every = Scenario("all", (Lever(name="all", share=0.1, moves_all=True),))
    write_scenario(every, planned / "all.toml")
    run = open_study(str(planned / "in"), scenario=str(planned / "all.toml"))
    assert run.planned == []
    assert run.headline_plan is not None
    assert "all" not in run.headline_plan.levers["lever"]
    assert run.under_scenario["moved"].sum() > 0


def test_levers_that_contradict_each_other_are_refused_looking_ahead_too(planned: Path) -> None:
    run = open_study(str(planned / "in"))
    twice = Scenario("twice", (Lever(name="a"), Lever(name="b")))
    with pytest.raises(ParameterError, match="contradict each other"):
        run.foreseen(GROUP, twice)


def test_a_scenario_that_is_not_there_is_refused(planned: Path) -> None:
    with pytest.raises(ParameterError, match=r"none\.toml: no such file"):
        open_study(str(planned / "in"), scenario=str(planned / "none.toml"))


def test_where_every_target_is_reached_the_report_says_so(tmp_path: Path) -> None:
    made.shop(tmp_path / "in" / "shop.csv", defects=0)
    run = open_study(str(tmp_path / "in"))
    assert run.dates.is_empty()
    assert "likely back stays" in selector(run).text
    assert advice.needed(run.needed).text.startswith("Each category that can be told is on")
    assert run.troubled.equals(run.coming_totals)
    assert run.leaving.is_empty()
    assert "every category is on target" in advice.plan(run.headline, run.headline_plan).text


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2027, 1, 1)])
def test_a_day_that_the_data_do_not_reach_breaks_no_section(tmp_path: Path, day: date) -> None:
    made.shop(tmp_path / "in" / "shop.csv")
    settings = Settings(inputs=(str(tmp_path / "in"),), seen=day)
    (tmp_path / "kept").mkdir()
    build(settings, tmp_path / "kept", day)
    with pytest.raises(OutsideError, match="the files hold packages due from 2025-12-12 to"):
        open_study(str(tmp_path / "kept"), as_of=str(day))
    run = open_study(str(tmp_path / "kept"))
    assert rates(run.tally, as_of=run.as_of)["counted"].sum() == 0
    assert in_words.headline_text(run.headline)
    assert selector(run).text == ""
    assert advice.needed(run.needed).text
    assert run.coming_totals.is_empty() == (day < made.AS_OF)
    assert run.headline_plan is None
    assert "no plan" in advice.plan(run.headline, None).text


def test_a_place_is_warned_of_as_a_whole_where_its_categories_are_too_small() -> None:
    """Ten categories with a package every five weeks, of which none can be judged by itself."""
    first, weeks = date(2026, 1, 5), 65

    def shop(fails: int, categories: int) -> Study:
        days = [first + timedelta(days=7 * week) for week in range(weeks)]
        packages = pl.DataFrame(
            {
                "order_id": [str(week) for week in range(weeks)],
                "category": [f"C{week % categories}" for week in range(weeks)],
                "ship_date": days,
                "scans": [int(week < 52 or week % fails > 0) for week in range(weeks)],
            }
        )
        return Study(tally(classify(packages)).lazy(), Question.of(days[-1] + timedelta(days=11)))

    row = shop(2, 10).warnings.filter("alarm").row(0, named=True)
    assert (row["category"], row["defects"], row["packages"]) == (None, 7, 13)
    assert warning.warning_text(row).startswith("All categories (your account): 7 of 13 packages")
    assert not shop(99, 10).warnings["alarm"].any()
    only = shop(2, 1).warnings
    assert only.filter("alarm")["category"].cast(pl.String).to_list() == ["C0"]
    assert only["category"].null_count() == 0
