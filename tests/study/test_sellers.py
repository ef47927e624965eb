"""Sellers whose pages once said what was false: no part of a report may contradict another.

Each is read from files, and every sentence is held against the packages and the decided days.
"""

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests import engine, made
from vtrkit.charts.still_counting import counting_text
from vtrkit.charts.way_back import way_text
from vtrkit.report.figures import figures
from vtrkit.report.index import rate_of
from vtrkit.report.parts import part
from vtrkit.report.render import render
from vtrkit.report.selector import selector
from vtrkit.schema import BY_ABSENCE, CATEGORY, FEW
from vtrkit.sections import advice, ahead, standing, warning
from vtrkit.sections.first_todos import numbers_of_steps
from vtrkit.sections.first_words import first_words
from vtrkit.sections.saying import plain
from vtrkit.sections.selected import causes
from vtrkit.study.ahead import changes_table
from vtrkit.study.build import build
from vtrkit.study.first_facts import FirstFacts, first_facts
from vtrkit.study.first_steps import NOTHING_FAILS
from vtrkit.study.open import open_study
from vtrkit.study.selection import Help, Selection
from vtrkit.study.selection import selection as select
from vtrkit.study.settings import Settings
from vtrkit.study.study import Study
from vtrkit.whatif.levers import MOVED, Scenario
from vtrkit.whatif.scenario_files import ready_made
from vtrkit.words import percent

AS_OF = made.AS_OF
LAG = 10
Rows = list[dict[str, object]]


def daily(
    each: int, bad: dict[int, int] | None = None, first: int = 130, last: int = -3, **fields: object
) -> Rows:
    """Packages due on each day from so many days ago; `bad` of those of some days have no number.

    What is due today or later is under way.
    """
    rows: Rows = []
    for ago in range(first, last - 1, -1):
        day = AS_OF - timedelta(days=ago)
        arrived = day if ago > 0 else None
        for n in range(each):
            row = made.row(f"{ago + 9:03}{n:02}", day, delivered_date=arrived, tracked_at=AS_OF)
            fails = {"tracking_number": "", "scans": None} if n < (bad or {}).get(ago, 0) else {}
            rows.append(row | fields | fails)
    return rows


def opened(folder: Path, rows: Rows) -> Study:
    """A seller of one test, on the day of all."""
    made.write(folder / "shop.csv", rows)
    return open_study(str(folder / "shop.csv"), as_of=str(AS_OF))


def delivered(rows: Rows) -> Rows:
    """The same, all delivered in time."""
    return [row | {"delivered_date": row["promised_date"], "scans": 2} for row in rows]


LOST: dict[str, object] = {"scans": 0, "delivered_date": None}


def by_gls(rows: Rows) -> Rows:
    """The same with a carrier that says nothing by its numbers, each another one."""
    return [
        r | {"carrier": "GLS", "tracking_number": f"70{str(r['order_id'])[1:]}11"} for r in rows
    ]


UNKNOWN: dict[str, object] = {
    "scans": None,
    "delivered_date": None,
    "carrier": "GLS",
    "tracking_number": "5550001",
}
"""A number of which no file says whether it was scanned."""

SELLERS: dict[str, Rows] = {
    "falls in the coming days, at 100 % today": daily(10, dict.fromkeys(range(1, 9), 4)),
    "falls unless it corrects what is on its way": daily(10, {1: 8, 0: 8, -1: 6}),
    "is likely to fall with what ships next": daily(20, dict.fromkeys(range(-3, 8), 3)),
    "letters are misspelled": [
        row
        | {"marketplace": "DE", "origin": "DE", "destination": "DE", "carrier": "Deutsche Post"}
        | {"ship_method": "Grosbrief", "goods_value": 9.0, "currency": "EUR"}
        for row in daily(5, dict.fromkeys(range(-3, 60), 2))
    ],
    "Amazon's report lists none without a number": [
        row
        | (
            {"reported_valid": True, "reported_by": BY_ABSENCE, "reported_at": AS_OF}
            if row["promised_date"] <= AS_OF - timedelta(days=11)  # type: ignore[operator]
            else {}
        )
        for row in daily(10, dict.fromkeys(range(-3, 60), 3))
    ],
    "no category is known": [
        row | {"category": None} for row in daily(10, dict.fromkeys(range(-3, 60), 1))
    ],
    "one recovers, another will fall": [
        *daily(10, dict.fromkeys(range(25, 36), 5)),
        *(
            row | {"category": "Bags", "order_id": f"b{row['order_id']}"}
            for row in daily(10, dict.fromkeys(range(1, 9), 4))
        ),
    ],
    "all categories fail of the same": [
        row | {"category": category, "order_id": f"{category}{row['order_id']}"}
        for each, category in enumerate(("Shoes", "Bags", "Hats"), 1)
        for row in daily(6, dict.fromkeys(range(-3, 50), each))
    ],
    "recovers by itself": daily(10, dict.fromkeys(range(25, 36), 5)),
    "has stopped shipping": daily(10, dict.fromkeys(range(28, 39), 5), last=10),
    "all defects are delivered": daily(10, dict.fromkeys(range(4, 40, 3), 3)),
    "nothing is verified": daily(4, **UNKNOWN),
    "three packages": daily(1, first=14, last=12) + daily(1, first=120, last=120),
    "one defect of one": daily(1, {12: 1}, first=12, last=12) + daily(1, first=120, last=120),
    "only unshipped orders": daily(2, first=5, status="unshipped", scans=None, ship_date=None),
    "all are exempt": daily(5, destination="DE"),
    "exactly 95 %": daily(20, dict.fromkeys(range(-3, 131), 1)),
    "late deliveries": [
        row | ({"delivered_date": late} if late and n % 5 == 0 else {})
        for n, row in enumerate(daily(10))
        for late in [row["delivered_date"] and AS_OF - timedelta(days=130 - n // 10 - 2)]
    ],
    "no promised day": [  # by either category alone, less is missing than by both
        row | {"promised_date": None, "category": ("Shoes", "Shoes", "Bags")[n % 3]}
        for n, row in enumerate(daily(3))
    ],
    "some promised days": [
        row | {"promised_date": row["promised_date"] if n % 9 else None}
        for n, row in enumerate(daily(3))
    ],
    "a goal that is met today": daily(4, dict.fromkeys(range(2, 10), 3), marketplace="AU"),
    "nothing is due yet": daily(3, {0: 1}, first=9),
    "nobody names the marketplace": [
        row | {"marketplace": None} for row in daily(4, dict.fromkeys(range(4, 40), 1))
    ],
    "due for the first time this week": daily(4, first=9, **UNKNOWN),
    "one package": daily(1, first=12, last=12),
    "mistyped numbers, which nobody scans": [
        row | ({"carrier": "UPS", "tracking_number": number} | LOST if n % 5 == 0 else {})
        for n, row in enumerate(by_gls(daily(10)))
        for number in [f"1Z5R893903575{n:04}X"]
    ],
    "pages that disagree decide": [
        row
        | {"marketplace": "DE", "origin": "DE", "destination": "BE" if n % 10 == 0 else "DE"}
        | {"goods_value": 30.0, "currency": "EUR"}
        | (LOST if n % 20 == 0 or n % 25 == 3 else {})
        for n, row in enumerate(by_gls(daily(10)))
    ],
    "little to spare": daily(1, {12: 1}),
    "another carrier since a month": [
        row | ({"carrier": "OnTrac"} | LOST if n % 5 < 2 and n < 5 * 99 else {})
        for n, row in enumerate(by_gls(daily(5)))
    ],
    "fails after delivery": daily(1, dict.fromkeys((4, 5, 6), 1)),
    "a goal that is met again by itself": daily(
        1, dict.fromkeys(range(32, 37), 1), marketplace="SE", origin="SE", destination="SE"
    ),
    "a stale export": [
        row | {"seen_at": AS_OF - timedelta(days=25)}
        for row in daily(10, dict.fromkeys(range(30, 50), 2), last=26)
    ],
    "most are unverified, the others fail": daily(5, dict.fromkeys(range(-3, 131), 1), **UNKNOWN),
    "four in ten are unverified, and more fail than may": [
        row | (UNKNOWN if n % 10 in range(1, 5) else {})
        for n, row in enumerate(daily(10, dict.fromkeys(range(-3, 131), 1)))
    ],
    "eight per cent unverified decide": [
        row | (UNKNOWN if n % 12 == 0 else {}) for n, row in enumerate(daily(12))
    ],
}


@cache
def seller(name: str) -> Study:
    """What is read of a seller's file."""
    folder = Path(mkdtemp(prefix="vtrkit-seller-"))
    made.write(
        folder / "in" / "shop.csv", [dict.fromkeys(SELLERS[name][0]) | r for r in SELLERS[name]]
    )
    (folder / "run").mkdir()
    build(Settings(inputs=(str(folder / "in"),)), folder / "run", AS_OF)
    return open_study(str(folder / "run"), as_of=str(AS_OF))


@cache
def first(name: str) -> FirstFacts:
    """What the first screen of a seller rests on."""
    return first_facts(seller(name))


@cache
def chosen(name: str) -> Selection:
    """What the selector of a seller's page chooses from."""
    return select(seller(name), first(name))


@cache
def report_of(name: str) -> dict[str, Any]:
    """What `report.json` holds of a seller."""
    report: dict[str, Any] = made.rows(figures(seller(name)))
    return report


def told(study: Study) -> list[dict[str, Any]]:
    """Each category: its enforced row of the rates, with the facts of its advice."""
    rows = study.rates.filter("is_enforced_window").to_dicts()
    facts = {tuple(str(r[n]) for n in CATEGORY): r for r in study.advice.to_dicts()}
    return [row | facts[tuple(str(row[n]) for n in CATEGORY)] for row in rows]


@cache
def selector_text(name: str) -> str:
    """What the table of a seller's page says."""
    return selector(seller(name)).text


@cache
def sentences(name: str) -> str:
    """All that a page says of a seller."""
    study = seller(name)
    parts = [
        standing.banner(study.headline, study.totals, study.rates).text,
        *(advice.headline_text(row) for row in told(study)),
        selector_text(name),
        ahead.needed(study.needed).text,
        ahead.plan(study.headline, study.headline_plan).text,
        standing.goals(study.goals).text,
        warning.early_warning(study.warnings).text,
        *study.notes,
    ]
    return "\n".join(parts)


@engine.no_kernel()
def test_the_page_says_the_same_sentences(tmp_path: Path) -> None:
    """In the words that the other tests hold against the packages."""
    name = "falls unless it corrects what is on its way"
    book = made.excerpt(tmp_path, 'section("categories")', 'section("fixes")')
    page = render(seller(name), tmp_path / "out", notebook=book)
    text = html.unescape(page.read_text("utf-8"))
    row = seller(name).headline
    report = json.loads((tmp_path / "out" / "report.json").read_text("utf-8"))
    assert report["headline"]["why"] == row["why"]
    assert ahead.plan_text(row, seller(name).headline_plan) in text


def ahead_of(study: Study, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The coming days of a category."""
    own = study.coming.filter(pl.col("category").cast(pl.String) == str(row["category"]))
    return own.filter(pl.col("day") > AS_OF).sort("day").to_dicts()


def misses(row: dict[str, Any], name: str = "vtr") -> bool:
    """Whether a rate is below its target, as exactly as a float allows."""
    return row[name] is not None and bool(row[name] < row["target_bp"] / 10_000 - 1e-9)


every = pytest.mark.parametrize("name", SELLERS)


@every
def test_nothing_impossible_is_advised(name: str) -> None:
    """A window that is closed is not repaired by shipping more, nor by mending."""
    text = sentences(name).casefold()
    for phrase in (
        "mend ",
        "or ship ",
        "more valid ones",
        "may still fail",
        "at_risk",
        "99 % likely",
    ):
        assert phrase not in text


@every
def test_the_first_words_agree_with_the_status_and_the_decided_days(name: str) -> None:
    for row in told(seller(name)):
        text, status = advice.headline_text(row), str(row["status"])
        first = {
            "BAD": "is below",
            "AT_RISK": "but at risk",
            "UNDECIDED": "We cannot tell yet",
            "NONE": "We cannot tell where",
            "GOOD": "is on",
        }[status]
        assert first in text
        days = ahead_of(seller(name), row)
        locked = [d for d in days if d["part"] == "locked in" and d["complete"] and d["counted"]]
        sure = [d["day"] for d in locked if misses(d, "vtr_high")]
        if sure:
            assert row["falls_on"] is not None
            assert row["falls_on"] <= sure[0]
        if row["falls_on"]:
            assert status in {"BAD", "AT_RISK", "UNDECIDED"}
            assert "not expected to fall" not in text
        if "not expected to fall" in text:
            assert not any(misses(d) for d in days)


@every
def test_the_line_lies_in_its_range_and_crosses_the_target_on_the_day_named(name: str) -> None:
    study = seller(name)
    back = dict(study.dates.select(pl.col("category").cast(pl.String), "recovery_date").rows())
    for row in told(study):
        days = ahead_of(study, row)
        for d in days:
            if d["vtr"] is not None and not d["unknown"]:
                assert d["vtr_low"] - 1e-9 <= d["vtr"] <= d["vtr_high"] + 1e-9
        if not row["told"] or not row["back_on"]:
            continue
        assert back.get(str(row["category"]), row["back_on"]) == row["back_on"]
        after = [d for d in days if d["day"] >= row["back_on"]]
        before = [d for d in days if d["day"] < row["back_on"]]
        assert not any(misses(d) for d in after)
        assert not before or misses(before[-1])
        if row["status"] != "NONE":
            assert advice.day_text(row["back_on"]) in advice.headline_text(row)


@every
def test_what_can_be_corrected_is_what_packages_csv_lists(name: str) -> None:
    study = seller(name)
    listed = study.kept.packages.filter(state="correctable")
    for row in told(study):
        own = listed.filter(category=str(row["category"]))
        assert row["correctable"] == own.height
        assert own["what to enter"].null_count() == 0
        until = own["until when possible"].drop_nulls()
        if until.len():
            assert (str(row["correct_first"]), str(row["correct_last"])) == (
                until.min(),
                until.max(),
            )
            assert f"until {advice.day_text(row['correct_last'])}" in advice.headline_text(row)
            assert row["correct_first"] >= AS_OF
        if row["status"] == "BAD" and not own.height:
            assert "can no longer be repaired" in advice.headline_text(row)


@every
def test_the_newest_that_fail_were_due_and_fail_for_good(name: str) -> None:
    """What is not due yet, or can still be saved, has not failed."""
    study = seller(name)
    due = study.kept.examples.filter(pl.col("promised_date") > AS_OF)
    lost = study.kept.packages.filter(state="lost")["reason"].value_counts()
    shown = study.kept.examples["reason"].cast(pl.String).value_counts()
    assert due.is_empty()
    assert dict(shown.rows()) == {reason: min(n, 10) for reason, n in lost.rows()}


@every
def test_how_many_of_the_next_may_fail_is_what_counting_finds(name: str) -> None:
    """With one failure more the day is missed; no day before it can be on target."""
    for row in told(seller(name)):
        days = [d for d in ahead_of(seller(name), row) if d["part"] == "projected"]
        if row["of_next"] is None:
            continue
        for d in days:
            n, come = d["shipped"], d["to_come"] // 1
            best = d["shipped_valid"] + come
            if d["day"] < row["back_by"]:
                assert not come or best < (n + come) * d["target_bp"] / 10_000
            if d["day"] == row["back_by"]:
                failing, need = row["may_fail"], (n + come) * d["target_bp"] / 10_000
                assert best - failing >= need - 1e-9
                assert failing == row["of_next"] or best - failing - 1 < need


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a stale export", "Cannot be told: your files do not cover all of the 30 days"),
        ("nothing is verified", "Cannot be told: no package of these days for which your files"),
        (
            "four in ten are unverified, and more fail than may",
            "Cannot be told: whether it came in time is known of 180 packages only",
        ),
        ("little to spare", "100.0 % over 30 days (30 of 30)"),
    ],
)
def test_why_on_time_cannot_be_told_is_said(name: str, said: str) -> None:
    assert said in part(seller(name), "on time").text


@every
def test_nothing_is_claimed_about_nothing(name: str) -> None:
    """No chance, forecast or plan where fewer than 20 packages were verified in eight weeks."""
    study = seller(name)
    since = AS_OF - timedelta(days=55)
    known = study.view.filter(
        pl.col("promised_date").is_between(since, AS_OF),
        pl.col("reason").cast(pl.String).is_in(["valid", "missing_number", "no_scan"]),
    )["packages"].sum()
    for row in told(study):
        text = advice.headline_text(row)
        if name == "a stale export":
            continue
        most_fail_or_are_open = name.startswith("most are unverified")
        assert row["told"] == (known >= FEW and not most_fail_or_are_open)
        if not row["told"]:
            assert all(d["chance"] in {None, 0.0, 1.0} for d in ahead_of(study, row))
            assert not any(
                word in text for word in ("likely", "of the next", "Even if", "expected")
            )
            assert study.headline_plan is None
            assert "no plan" in ahead.plan(study.headline, None).text


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of two accounts, one of which exported its last files 25 days ago."""
    folder = tmp_path_factory.mktemp("exports")
    fresh = [row | {"seen_at": AS_OF} for row in daily(10, dict.fromkeys(range(25, 36), 5), last=1)]
    for account, rows in {"fresh": fresh, "stale": SELLERS["a stale export"]}.items():
        (folder / "in" / account).mkdir(parents=True)
        made.write(folder / "in" / account / "shop.csv", rows)
    (folder / "run").mkdir()
    build(Settings(inputs=(str(folder / "in"),)), folder / "run")
    return folder / "run"


LEVER = ready_made()["have them tracked and scanned"]
ASKED: dict[str, Callable[[Study], pl.DataFrame]] = {
    "rates": lambda study: study.rates,
    "totals": lambda study: study.totals,
    "coming": lambda study: study.coming,
    "advice": lambda study: study.advice,
    "dates": lambda study: study.dates,
    "warnings": lambda study: study.warnings,
    "leaving": lambda study: study.leaving,
    "needed": lambda study: study.needed_of(LEVER, study.targets),
    "scenario": lambda study: replace(study, scenario=Scenario("s", (LEVER,))).under_scenario,
    "moves": lambda study: replace(study, scenario=Scenario("s", (LEVER,))).moves,
    "what-if": lambda study: changes_table(study, [LEVER], study.targets[0]),
}


@cache
def opened_exports(exports: Path, account: str = "") -> Study:
    return open_study(str(exports), account=account)


@pytest.mark.parametrize("what", ASKED)
@pytest.mark.parametrize(("account", "last"), [("fresh", 0), ("stale", 25)])
def test_each_account_is_known_up_to_its_own_newest_export(
    exports: Path, account: str, last: int, what: str
) -> None:
    """What stands beside it in the folder changes nothing that is said of it."""
    both, alone = opened_exports(exports), opened_exports(exports, account)
    seen = AS_OF - timedelta(days=last)
    assert (both.as_of, both.of(account, "US").seen_to, alone.seen_to) == (AS_OF, seen, seen)
    (status,) = alone.rates.filter("is_enforced_window")["status"]
    assert (status == "NONE") == (account == "stale")
    own, single = (
        ASKED[what](study).with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
        for study in (both, alone)
    )
    if "account" in own.columns:
        own = own.filter(account=account)
    assert_frame_equal(own.select(single.columns), single)


def test_a_group_of_several_places_is_known_no_longer_than_the_one_known_least(
    exports: Path,
) -> None:
    """Of accounts alone each its own newest export; of all together the oldest of these."""
    study = open_study(str(exports))
    by_account = study.rated(("account",)).filter("is_enforced_window")
    both = study.totals.filter("is_enforced_window")
    assert by_account.select("account", "status", "complete").rows() == (
        both.select("account", "status", "complete").rows()
    )
    for by in ((), ("category",), ("marketplace",)):
        assert not study.rated(by).filter("is_enforced_window")["complete"].any()


@every
def test_what_cannot_be_told_is_said_to_be_so_in_every_part(name: str) -> None:
    """Needs, goals, plan and programmes of a category that is not known to stand anywhere."""
    study = seller(name)
    row, *_ = told(study)  # one category, or several that stand alike
    status, counted = str(row["status"]), int(row["counted"])
    text = ahead.needed(study.needed).text
    blind = not row["told"] or status == "NONE"
    assert ("cannot be told" in text) == blind
    assert blind == (study.headline_plan is None)
    if counted:
        goals = standing.goals(study.goals).text
        assert ("cannot be told" in goals) == (status in {"UNDECIDED", "NONE"})
        assert (
            "nothing counted" not in standing.banner(study.headline, study.totals, study.rates).text
        )
    if status == "NONE":
        assert study.dates.is_empty()
        done = study.linked.filter(pl.col("window_end") > study.seen_to)
        assert done["met"].null_count() == done.height


@every
def test_what_does_not_come_back_by_itself_is_told_what_it_needs(name: str) -> None:
    """Whatever failed in the days that count today; and what does is asked for nothing."""
    study = seller(name)
    row, *_ = told(study)  # one category, or several that stand alike
    asked = study.needed.filter(target_bp=row["target_bp"])
    if row["told"] and row["status"] != "NONE":
        lost = row["back_on"] is None and (row["status"] == "BAD" or row["below_on"] is not None)
        assert lost == bool(asked.height)
        assert asked["lever"].null_count() == 0
    if row["back_on"] and row["back_by"] and row["back_on"] <= row["back_by"]:
        assert "of the next" not in advice.headline_text(row)
    if "not expected to fall below" in advice.headline_text(row):
        chances = [d["chance"] for d in ahead_of(study, row) if d["chance"] is not None]
        narrow = min(chances) < 0.8 and row["status"] != "UNDECIDED"
        assert narrow == ("with a chance of only" in advice.headline_text(row))


def test_a_place_of_no_known_category_hears_what_to_do_as_a_whole(tmp_path: Path) -> None:
    """Its packages fail of something all the same."""
    rows = daily(10, dict.fromkeys(range(-3, 131), 2), category=None)
    text = first_words(first_facts(opened(tmp_path, rows))).text
    assert "Yes. Your account as a whole is below Amazon's 95 % target." in text
    assert re.search(r"Enter a tracking number for every package \(.*\)\. With step 1, your", text)
    assert "Your account as a whole is likely back on 2 May" in text
    assert "Not by 30 May if nothing changes" in text


def test_no_chance_is_named_while_packages_without_a_category_decide(tmp_path: Path) -> None:
    """As for packages that no file says anything about: Shoes have failed nowhere."""
    nameless = {"category": None, "tracking_number": "", "scans": None}
    rows = [row | (nameless if n % 9 == 0 else {}) for n, row in enumerate(daily(3))]
    study = opened(tmp_path, rows)
    days = study.coming.filter(category="Shoes")
    decided = (pl.col("vtr_low") >= 0.95) | (pl.col("vtr_high") < 0.95)
    near = days.filter(~decided, pl.col("part").cast(pl.String) != "projected")
    assert near.height > 5
    assert near["chance"].null_count() == near.height
    assert rate_of(study.headline) == "88.8–100.0 %, 0 of 80 failed"
    gauge = first_words(first_facts(study)).gauge
    assert gauge and plain(gauge.title) == "0 of 80 Shoes packages failed; 10 more have no category"


def test_a_category_that_begins_now_does_not_stand_for_one_that_counts(tmp_path: Path) -> None:
    """Neither can be judged, since some packages have no promised day."""
    rows = [*daily(3, last=6), *daily(2, first=5, category="Bags")]
    undated = [
        row | {"promised_date": row["promised_date"] if n % 9 else None}
        for n, row in enumerate(rows)
    ]
    study = opened(tmp_path, undated)
    assert study.worst["category"] == "Shoes"
    text = first_words(first_facts(study)).text
    assert "We cannot judge 31 March. Too many packages have no promised day." in text


def test_two_steps_are_named_where_one_is_not_enough(tmp_path: Path) -> None:
    """One in ten is never scanned and one in ten has no number."""
    empty = {"tracking_number": "", "scans": None, "delivered_date": None}
    shop = enumerate(by_gls(daily(10)))
    rows = [row | {0: LOST, 1: empty}.get(n % 10, {}) for n, row in shop]
    facts = first_facts(opened(tmp_path, rows))
    assert {step.reason for step in facts.steps} == {"no_scan", "missing_number"}
    assert facts.row["back_on"] is None
    assert facts.back[1]
    text = first_words(facts).text
    assert "It helps, but is not enough by itself." in text
    assert "For several reasons: of the 60 that failed, 30 have no" in text


def test_few_packages_have_a_forecast_where_one_can_be_made(tmp_path: Path) -> None:
    """A package every other day: 15 count, and 28 were due in the last eight weeks."""
    rows = daily(1, dict.fromkeys(range(10, 40, 5), 1))[::2]
    study = opened(tmp_path, rows)
    assert study.headline["few"]
    assert study.headline["told"]
    assert "We make no forecast" not in first_words(first_facts(study)).text


def test_a_step_about_what_fails_in_the_coming_days_alone_is_named(tmp_path: Path) -> None:
    """Numbers whose check digit fails, for eight days: none of them counts today."""
    rows = daily(10)
    for row in rows:
        if AS_OF - timedelta(days=9) < row["promised_date"] and int(str(row["order_id"])[-1]) < 4:  # type: ignore[operator]
            number = f"1Z5R8939035756{row['order_id'][-3:]}X"  # type: ignore[index]
            row |= {"tracking_number": number, "scans": None, "delivered_date": None}
    study = opened(tmp_path, rows)
    assert study.rates.filter("is_enforced_window")["to_fix"].to_list() == [0]
    assert {"correct the number", "buy labels through Amazon"} <= {*study.needed["lever"]}


@every
def test_the_json_says_what_the_sentences_say(name: str) -> None:
    study = seller(name)
    report = json.loads(json.dumps(report_of(name), default=str))
    assert report["headline"]["status"] == str(study.headline["status"])
    for row, kept in zip(study.advice.to_dicts(), report["advice"], strict=True):
        assert str(row["back_on"]) == str(kept["back_on"])
        assert kept["why"] == row["why"]


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("falls in the coming days, at 100 % today", "AT_RISK", "at risk: falls below 95 % on "),
        ("falls unless it corrects what is on its way", "AT_RISK", "packages is corrected by "),
        ("recovers by itself", "BAD", "Without any change it is likely back on "),
        ("all defects are delivered", "BAD", "What has failed can no longer be repaired."),
        ("nothing is verified", "UNDECIDED", "it takes 20, and half of them"),
        ("three packages", "GOOD", "on very few packages"),
        ("one defect of one", "BAD", "1 of 1 failed; the target allows 0"),
        ("only unshipped orders", "NONE", "no package that counts was due in these days"),
        ("all are exempt", "NONE", "no package that counts was due in these days"),
        ("exactly 95 %", "GOOD", "30 failed; the target allows 30"),
        ("a stale export", "NONE", "your files do not cover these days"),
        ("eight per cent unverified decide", "UNDECIDED", "packages without scan data decide it"),
    ],
)
def test_each_seller_hears_what_is_true_of_it(name: str, status: str, said: str) -> None:
    row = seller(name).headline
    assert str(row["status"]) == status
    assert said in advice.headline_text(row)


FIRST: list[tuple[str, str, str]] = [
    ("late deliveries", "Yes, too many deliveries are late. By valid tracking: no.", "Nothing. "),
    ("late deliveries", "Amazon enforces at least 90 % and can otherwise remove listings.", ""),
    ("late deliveries", "1. Find out why deliveries are late. packages.csv", ""),
    ("pages that disagree decide", "vtrkit rules DE names what Amazon's pages", "scan data"),
    ("no promised day", "Until that is known, 402 packages count on no day.", "judge"),
    ("no promised day", "We cannot tell: no file says when your packages are due.", "Bags"),
    ("no promised day", "report with the column latest-delivery-date", "Nothing, until"),
    ("no promised day", "1. Add the days on which packages are due.", "categor"),
    ("some promised days", "1. Add the days on which packages are due.", "newer"),
    ("a goal that is met today", "It is met today. Likely below from ", ""),
    ("nothing is due yet", "There is nothing to judge", "It does not help"),
    ("nobody names the marketplace", "no file names the marketplace", "only a goal"),
    ("nobody names the marketplace", "1. Name the marketplace. Give the option", "stopped here"),
    ("due for the first time this week", "Add older files.", "newer"),
    ("one package", "Add older files.", "newer"),
    ("a stale export", "Add newer files.", "older"),
    ("all defects are delivered", "Yes. Shoes is below Amazon's 95 % target.", "Nothing. Keep"),
    ("all defects are delivered", "likely back on 21 April if you take step 1", ""),
    ("recovers by itself", "Nothing. Keep shipping as you do now.", "step 1"),
    ("has stopped shipping", "What failed stops counting by itself. Look", "Keep shipping"),
    ("falls unless it corrects what is on its way", "it is not expected to fall below.", ""),
    ("mistyped numbers, which nobody scans", "Numbers are mistyped: all 60", "Stop shipping"),
    (
        "most are unverified, the others fail",
        "We cannot say: too few of the",
        "likely back",
    ),
    ("most are unverified, the others fail", "tracking data for 120 packages. It changes", "step"),
    (
        "four in ten are unverified, and more fail than may",
        "Enter a tracking number for every Shoes package",
        "Add your carrier",
    ),
    ("little to spare", "fewer packages fail, which leaves room for those that", "back on"),
    ("another carrier since a month", "and went with OnTrac.", "Not by"),
    ("another carrier since a month", "and stays on target if you take step 1", "Not by"),
    ("fails after delivery", "3 packages that count later have no tracking number.", "their way"),
    ("a goal that is met again by itself", "with it or without it; it keeps later", "1 of 1"),
]
"""What the first screen says of a seller, and what it does not."""


@pytest.mark.parametrize(("name", "said", "never"), FIRST)
def test_the_first_screen_says_what_is_true_of_each_seller(
    name: str, said: str, never: str
) -> None:
    text = first_words(first(name)).text
    assert said in text
    assert not never or never not in text


@every
def test_the_first_screen_contradicts_neither_the_decided_days_nor_itself(name: str) -> None:
    study, facts = seller(name), first(name)
    row, words, way = facts.row, first_words(facts), way_text(facts)
    said = f"{words.text} {way} {advice.headline_text(row)}"
    fell = AS_OF if row["status"] == "BAD" else row["below_on"]
    if not fell:
        assert not re.search("[Bb]ack (on|by|before) ", said)
    decided = [d for d in ahead_of(study, row) if d["part"] == "locked in" and d["chance"] == 1]
    on = [advice.day_text(d["day"]) for d in decided if fell and d["day"] > fell]
    if on and row["told"]:
        for text in (words.text, way, advice.headline_text(row)):
            assert on[0] in text
            assert not re.search("[Nn]ot (likely back )?by ", text)
    if row["back_on"]:
        day = advice.day_text(row["back_on"])
        credited = [todo.text for todo in words.todos if f"back on {day}" in todo.text]
        assert all("without it" in text for text in credited)
        assert not re.search(f"back on {day}[^.]* if you take", words.text)
    assert row["of_next"] is None or row["may_fail"] < row["of_next"]
    assert "on their way" not in said or not facts.coming[1]
    assert not re.search(r"\b1 (packages|categories|of 1 cat|of them (have|go|were))\b", said)
    assert not re.search(r"between (\d+ \w+) and \1\b", said)


@every
def test_days_are_written_as_people_say_them_in_every_part(name: str) -> None:
    study = seller(name)
    folds = ("reasons", "warnings", "fixes", "windows", "on time", "rules", "words")
    parts = [sentences(name), *(part(study, fold).text for fold in folds)]
    parts.append(first_words(first(name)).text)
    assert not re.findall(r"\b20\d\d-\d\d-\d\d", "\n".join(parts))


@every
def test_no_step_beats_the_best_that_is_possible(name: str) -> None:
    """What nobody can do better is done with every correction, and from tomorrow on."""
    options = chosen(name).helps
    for option in options:
        for category, told in option.by_category.items():
            best = options[-1].by_category[category]
            assert (best["likely"] or date.max) <= (told["likely"] or date.max)
            assert best["lowest"] >= told["lowest"] - 1e-9


@every
def test_a_range_is_never_said_as_one_rate(name: str) -> None:
    """In the words of the chart, as in the sentence beside it."""
    row = seller(name).headline
    if row["counted"] and row["unknown"]:
        low, high = percent(row["vtr_low"]), percent(row["vtr_high"])
        said = selector_text(name) + way_text(first(name))
        assert f"Today {low.removesuffix(' %')}–{high}, target" in said


def test_what_does_not_count_yet_is_said_of_no_package_of_today(tmp_path: Path) -> None:
    """A category that is sold for nine days: the chart, the causes and the needs say it alike."""
    young = [
        row | {"category": "Toys", "order_id": f"n{row['order_id']}"}
        for row in daily(4, dict.fromkeys(range(9), 2), first=9)
    ]
    made.write(tmp_path / "shop.csv", [*daily(10), *young])
    study = open_study(str(tmp_path / "shop.csv"), as_of=str(AS_OF))
    words = first_words(first_facts(study)).text
    assert "Toys is expected to fall below 95 % on 2 April" in words
    assert "With step 1, Toys is likely back on 8 May." in words
    assert "Today nothing counts, target 95 %." in way_text(first_facts(study))
    assert causes(select(study, first_facts(study)), "Toys")["title"] == "No package counts today"
    asked = study.needed.filter(pl.col("category").cast(pl.String) == "Toys")
    assert asked["lever"].null_count() == 0
    assert "Toys (US) | no packages | have them tracked" in ahead.needed(asked).text


def with_corrections(folder: Path) -> Study:
    """Numbers that stand for none, on their way, beside ones that have been left blank so far."""
    soon = AS_OF + timedelta(days=1)
    rows = [
        row | ({"tracking_number": "TBD"} if soon == row["promised_date"] and bad else {})
        for row in daily(10, dict.fromkeys(range(2, 40), 1) | {-1: 6})
        for bad in [row["tracking_number"] == ""]
    ]
    return opened(folder, rows)


def test_whatever_can_still_be_corrected_is_in_the_line_of_the_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = with_corrections(tmp_path)
    facts = first_facts(study)
    assert facts.steps[-1].lever.reason == ("missing_number",)
    assert [lever.reason for lever in facts.corrections] == [("not_a_number",)]
    assert numbers_of_steps(facts) == [1, 2]
    monkeypatch.setattr("vtrkit.study.first_facts.corrections_of", lambda *_: ())
    blind = first_facts(open_study(str(tmp_path / "shop.csv"), as_of=str(AS_OF)))
    assert facts.dip is not None
    assert blind.dip is not None
    assert facts.dip["rate"] > blind.dip["rate"]


def test_a_plan_that_reaches_nothing_is_none() -> None:
    """Where no mix is enough it names no packages, and where nothing is told no other category."""
    plan = seller("falls in the coming days, at 100 % today").headline_plan
    assert plan is not None
    row = {"account": "a", "marketplace": "US"}
    short = replace(plan, reached=plan.reached.with_columns(reachable=False))
    assert ahead.plan_text(row, short).startswith("a · US: no mix of these steps brings a categ")
    assert "ship differently" not in ahead.plan(row, short).text
    blind = replace(plan, untold=("Shoes",))
    assert ahead.plan(row, blind).text == ahead.plan_text(row, None)


def test_silence_about_scans_that_no_file_has_is_no_news() -> None:
    """What was entered can be compared, what was scanned cannot."""
    for name in ("nothing is verified", "due for the first time this week"):
        assert "cannot be told" in warning.in_short(seller(name).warnings)
        assert "Whether packages are scanned cannot be told" in sentences(name)
    assert warning.in_short(seller("three packages").warnings) == "Too few packages to compare"


def test_what_is_failing_is_counted_on_the_day_that_is_named() -> None:
    """The most failed packages may have counted before today; the last one counts later."""
    for name in ("exactly 95 %", "one defect of one", "recovers by itself"):
        (category,) = chosen(name).names
        text = counting_text(chosen(name), category)
        assert "the last one counts on" in text


def test_a_german_seller_of_october_2026_hears_of_the_rate_that_can_remove_listings(
    tmp_path: Path,
) -> None:
    """At 95 % valid tracking, one delivery in five is two days late."""
    moved = date(2026, 10, 20) - AS_OF
    germany = {"marketplace": "DE", "origin": "DE", "destination": "DE"}
    rows = [
        {n: v + moved if isinstance(v, date) else v for n, v in row.items()} | germany
        for row in SELLERS["late deliveries"]
    ]
    made.write(tmp_path / "shop.csv", rows)
    study = open_study(str(tmp_path / "shop.csv"), as_of="2026-10-20")
    text = first_words(first_facts(study)).text
    assert "Yes, too many deliveries are late. By valid tracking: no." in text
    assert "units). Amazon enforces at least 90 % and can otherwise remove listings." in text
    assert "On-time delivery rate, 14 days: 80.0 %" in str(part(study, "on time"))


NO_DAY = pl.lit(None, pl.Date)
MUTANTS: list[tuple[str, object, str, Callable[[Study], bool]]] = [
    (
        "vtrkit.metric.coming_days._HABIT",
        10**6,
        "Amazon's report lists none without a number",
        lambda study: "is expected to fall below" in first_words(first_facts(study)).text,
    ),
    (
        "vtrkit.study.first_facts._WORTH_A_STEP",
        timedelta(days=999),
        "all defects are delivered",
        lambda study: "Nothing. Keep" in first_words(first_facts(study)).text,
    ),
    (
        "vtrkit.study.first_facts.is_sooner",
        lambda day, row: bool(day and row),
        "a goal that is met again by itself",
        lambda study: "without it" not in first_words(first_facts(study)).text,
    ),
    (
        "vtrkit.study.first_facts.in_trouble",
        bool,
        "little to spare",
        lambda study: "likely back" in way_text(first_facts(study)),
    ),
    (
        "vtrkit.forecast.advice.between",
        lambda days, by: days.group_by(by).agg(meets_on=NO_DAY, again_on=NO_DAY),
        "another carrier since a month",
        lambda study: "Not by" in first_words(first_facts(study)).text,
    ),
    (
        "vtrkit.metric.linked_metrics.FEW",
        10**6,
        "late deliveries",
        lambda study: "too many deliveries are late" not in first_words(first_facts(study)).text,
    ),
    (
        "vtrkit.study.selection.NOTHING_FAILS",
        replace(NOTHING_FAILS, retroactive=False),
        "falls unless it corrects what is on its way",
        lambda study: len({h.by_category["Shoes"]["likely"] for h in helps(study)[1:]}) == 2,
    ),
    (
        "vtrkit.forecast.ship_weeks._LATELY",
        pl.lit(False),
        "nothing is verified",
        lambda study: warning.in_short(study.warnings) == "No warning in the latest packages",
    ),
    (
        "vtrkit.study.first_causes.most_frequent",
        lambda cells: [("no_scan", int(cells["packages"].sum()))],
        "mistyped numbers, which nobody scans",
        lambda study: "Stop shipping with UPS" in first_words(first_facts(study)).text,
    ),
    (
        "vtrkit.study.first_steps._FAILED",
        pl.col("reason").is_in(MOVED),
        "four in ten are unverified, and more fail than may",
        lambda study: any(s.reason != "missing_number" for s in first_facts(study).steps),
    ),
    (
        "vtrkit.forecast.unchanged._told",
        lambda forecast: np.ones((forecast.grid.counted.shape[0], 1), bool),
        "most are unverified, the others fail",
        lambda study: "Even if nothing fails" in first_words(first_facts(study)).text,
    ),
]
"""Where a rule stands, what is there instead, and what is then said that is not true."""


def helps(study: Study) -> tuple[Help, ...]:
    """What comes of each step, of all of them, and of the best that can be."""
    return select(study, first_facts(study)).helps


@pytest.mark.parametrize(("rule", "value", "name", "wrong"), MUTANTS, ids=[m[0] for m in MUTANTS])
def test_without_a_rule_something_is_said_that_is_not_true(
    monkeypatch: pytest.MonkeyPatch,
    rule: str,
    value: object,
    name: str,
    wrong: Callable[[Study], bool],
) -> None:
    """And with it nothing of the kind."""
    assert not wrong(seller(name))
    monkeypatch.setattr(rule, value)
    assert wrong(seller.__wrapped__(name))
