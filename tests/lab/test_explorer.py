"""The explorer without a browser: its state, what its controls do, and what it shows."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from markupsafe import Markup

from tests import made
from vtrkit.errors import ParameterError
from vtrkit.lab.explorer import Explorer
from vtrkit.lab.screen import Screen, still
from vtrkit.lab.slices import Choice
from vtrkit.study.open import open_study
from vtrkit.study.study import Study
from vtrkit.words import percent


@pytest.fixture(scope="module")
def run() -> Study:
    return open_study()


@pytest.fixture(scope="module")
def opened(run: Study) -> Explorer:
    return Explorer(run)


@pytest.fixture
def explorer(opened: Explorer) -> Explorer:
    """As on the first day; what it read is kept from test to test."""
    opened.choose(account="northwind", marketplace="US")
    opened.reset()
    ask(opened, "by", "carrier_id")
    return opened


def ask(explorer: Explorer, does: str, value: Any = "") -> None:
    """What the browser sends when a control is used."""
    explorer.screen.answer(None, {"do": does, "value": value}, [])


FIRST = {"account": "northwind", "marketplace": "US"}


# what is chosen ---------------------------------------------------------------------------------


def test_it_opens_on_the_place_and_day_of_the_headline_and_says_what_pulls_it_down(
    run: Study,
) -> None:
    explorer = Explorer(run)
    assert explorer.choice == Choice(as_of=run.as_of, **FIRST)
    ontrac = explorer.views.carriers.row(by_predicate=pl.col("carrier_id") == "ontrac", named=True)
    counts = f"{ontrac['failing']} of its {ontrac['counted']}"
    assert explorer.text == f"OnTrac pulls northwind · US down: {counts} packages failed."


@pytest.mark.parametrize(
    ("does", "value", "name", "expected"),
    [
        ("place", "fjord · SE", "marketplace", "SE"),
        ("category", "Shoes", "category", "Shoes"),
        ("pick", "reason=no_scan", "reason", "no_scan"),
        ("pick", "carrier_id=ups", "carrier_id", "ups"),
        ("pick", "ship_method=UPS Ground", "ship_method", "UPS Ground"),
        ("days", "7", "days", 7),
        ("target", "9800", "bp", 9800),
        ("as_of", "2026-07-01", "as_of", date(2026, 7, 1)),
        ("day", "0", "as_of", date(2025, 10, 16)),
    ],
)
def test_a_control_sets_its_part_of_the_choice(
    explorer: Explorer, does: str, value: str, name: str, expected: Any
) -> None:
    ask(explorer, does, value)
    assert getattr(explorer.choice, name) == expected
    assert not explorer.now["note"]


def test_code_and_people_call_a_carrier_by_its_name(explorer: Explorer) -> None:
    explorer.choose(carrier="OnTrac", days=90)
    assert (explorer.choice.carrier_id, explorer.choice.days) == ("ontrac", 90)
    assert explorer.now["chosen"] == [("carrier_id=ontrac", "OnTrac")]


def test_another_place_lets_go_of_what_it_may_not_have(explorer: Explorer) -> None:
    explorer.choose(carrier="ontrac", days=7)
    explorer.choose(account="fjord")
    assert (explorer.choice.marketplace, explorer.choice.carrier_id) == ("SE", "")
    assert explorer.choice.days == 7


@pytest.mark.parametrize("name", ["account", "marketplace", "category", "carrier_id", "reason"])
def test_a_name_that_is_not_there_is_refused_and_nothing_changes(
    explorer: Explorer, name: str
) -> None:
    before = explorer.choice
    with pytest.raises(ParameterError, match="'Shose'"):
        explorer.choose(**{name: "Shose"})
    assert explorer.choice == before


def test_a_target_that_is_none_is_refused_and_nothing_changes(explorer: Explorer) -> None:
    before = explorer.choice
    with pytest.raises(ParameterError, match="20000 basis points"):
        explorer.choose(bp=20_000)
    assert explorer.choice == before


def test_a_name_half_typed_keeps_the_figures_and_says_what_is_near(explorer: Explorer) -> None:
    before = dict(explorer.screen.panes)
    ask(explorer, "category", "Shoe")
    assert "did you mean Shoes?" in explorer.now["note"]
    assert explorer.now["note_kind"] == "error"
    assert {n: t for n, t in explorer.screen.panes.items() if n != "foot"} == {
        n: t for n, t in before.items() if n != "foot"
    }
    ask(explorer, "category", "Shoes")
    assert (explorer.choice.category, explorer.now["note"]) == ("Shoes", "")


def test_a_row_narrows_the_rest_and_once_more_lets_go(explorer: Explorer) -> None:
    before = [row["name"] for row in explorer.now["rows"]]
    ask(explorer, "pick", "category=Shoes")
    assert explorer.text == "24 of 25 failed Shoes packages: never scanned."
    assert [row["name"] for row in explorer.now["rows"]] == before
    assert [row["name"] for row in explorer.now["rows"] if row["chosen"]] == ["Shoes"]
    assert sum(int(row["said"]) for row in explorer.now["why"]) == 25
    ask(explorer, "pick", "category=Shoes")
    assert explorer.choice.category == ""


def test_a_reason_shows_where_it_happens(explorer: Explorer, run: Study) -> None:
    ask(explorer, "pick", "reason=missing_number")
    missing = run.reasons.filter(reason="missing_number", **FIRST)["packages"].sum()
    assert explorer.views.categories["failing"].sum() == missing
    assert explorer.views.carriers["failing"].sum() <= missing
    assert explorer.views.weeks["failing_now"].sum() == missing
    assert explorer.text == f"{missing} of 104 failed packages: no tracking number."


def test_a_reason_of_which_none_is_left_says_so(explorer: Explorer) -> None:
    explorer.choose(reason="too_few_scans", category="Shoes")
    assert explorer.views.reasons.filter("chosen").is_empty()
    assert explorer.text == "0 of 25 failed Shoes packages: too few scans."


def test_show_all_keeps_the_place(explorer: Explorer) -> None:
    explorer.choose(account="fjord", category="Beauty", days=7, as_of=date(2026, 6, 1))
    ask(explorer, "reset")
    asked = Choice(as_of=explorer.study.as_of, account="fjord", marketplace="SE")
    assert explorer.choice == asked


# what is shown ----------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_tables(explorer: Explorer) -> None:
    ask(explorer, "days", "90")
    total = explorer.views.totals.filter(days=90).row(0, named=True)
    failed = total["counted"] - total["valid"]
    assert f"{total['valid']:,} of the {total['counted']:,} due" in explorer.now["more"]
    assert (
        f"{failed - total['unknown']:,}–{failed:,} of {total['counted']:,}"
        in (explorer.now["whole"])
    )
    last = explorer.views.history.filter(as_of=explorer.choice.as_of).row(0, named=True)
    assert f">{percent(last['vtr_low'])}<" in explorer.now["mark"]
    first = explorer.views.carriers.row(0, named=True)
    assert explorer.now["bars"][0]["said"] == f"{first['failing']:,} of {first['counted']:,}"


def test_carriers_and_methods_are_shown_without_a_target(explorer: Explorer) -> None:
    assert [name for name, _ in explorer.now["tabs"]] == ["carrier_id", "ship_method"]
    ask(explorer, "by", "ship_method")
    assert explorer.now["bars"][0]["pick"].startswith("ship_method=")
    assert "target" not in explorer.screen.panes["by"]


def test_skus_are_shown_where_the_files_name_them(tmp_path: Path) -> None:
    lines = [
        made.row(n, date(2026, 3, 1), sku=f"S{n % 3}", scans=int(n % 3 > 0), delivered_date=None)
        for n in range(9)
    ]
    explorer = Explorer(open_study(str(made.write(tmp_path / "x.csv", lines))))
    ask(explorer, "by", "sku")
    bars = [(row["name"], row["said"]) for row in explorer.now["bars"]]
    assert bars == [("S0", "3 of 3"), ("S1", "0 of 3"), ("S2", "0 of 3")]
    assert {row["pick"] for row in explorer.now["bars"]} == {""}


def test_a_dragged_day_sends_the_mark_and_not_the_line(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Screen, "send", lambda _, message, __=None: sent.append(message))
    ask(explorer, "day", len(explorer.seen.days) - 20)
    assert "mark" in sent[-1]["panes"]
    assert "chart" not in sent[-1]["panes"]
    assert len(json.dumps(sent[-1])) < 25_000


def test_what_is_shown_leaves_the_notebook(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Screen, "send", lambda _, message, __=None: sent.append(message))
    explorer.choose(category="Shoes", carrier="UPS")
    ask(explorer, "packages")
    table = pl.read_csv(io.StringIO(sent[-1]["file"]["text"]))
    assert (
        table.height
        == explorer.views.totals.filter(days=30).select(pl.col("counted") - pl.col("valid")).item()
    )
    ask(explorer, "csv")
    assert pl.read_csv(io.StringIO(sent[-1]["file"]["text"])).height == 10
    ask(explorer, "code")
    code = next(message["copy"] for message in reversed(sent) if "copy" in message)
    assert code == (
        "shop.explore(account='northwind', marketplace='US', category='Shoes', carrier='ups')"
    )
    copy = Explorer(explorer.study)
    copy.choose(account="northwind", marketplace="US", category="Shoes", carrier="ups")
    assert copy.choice == explorer.choice
    ask(explorer, "days", "7")
    assert not explorer.now["listed"]  # the list of packages is of today's 30 days


def test_a_copy_without_a_kernel_has_the_answer_its_picture_and_its_table(
    explorer: Explorer,
) -> None:
    kept = still(explorer.now)
    assert "data:image/png;base64," in kept
    words = Markup(kept).striptags()
    assert explorer.text in words
    for row in explorer.now["rows"]:
        assert f"{row['word']}{row['rate']}{row['failed']}" in words


# odd data ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explorer]:
    """300 categories with hostile, long, right-to-left and emoji names, nothing verified."""
    names = [*made.HOSTILE, "ا" * 200, "🥿 " * 50, *(f"c{i}" for i in range(300))]
    lines = [
        made.row(
            f"{i}-{n}", day, category=name, carrier="Speedy-X", scans=None, delivered_date=None
        )
        for i, day in enumerate(made.days(2))
        for n, name in enumerate(names)
    ]
    yield Explorer(open_study(str(made.write(tmp_path_factory.mktemp("odd") / "x.csv", lines))))


def test_names_from_files_are_text(odd: Explorer) -> None:
    for name in made.HOSTILE:
        odd.choose(category=name.strip() or "")
        markup = odd.screen.pane("screen")
        assert "<img" not in markup
        assert "<script" not in markup
        assert 'id="evil"' not in markup
    odd.reset()


def test_three_hundred_categories_are_all_there_and_can_be_found(odd: Explorer) -> None:
    assert len(odd.now["rows"]) == len(odd.now["names"]) >= 300
    odd.choose(category="c299")
    assert [row["name"] for row in odd.now["rows"] if row["chosen"]] == ["c299"]
    odd.reset()


def test_all_unverified_is_a_range_from_nothing_to_all(odd: Explorer) -> None:
    assert odd.now["whole"].startswith("0.0–100.0 · 0–")
    svg = str(odd.now["svg"])
    target, other = (
        float(re.findall(rf'y="([\d.]+)" text-anchor="start">{word}<', svg)[0])
        for word in ("target", "98 %")
    )
    assert target - other >= 11, "on a scale from 0 to 100 they are close"


def test_an_empty_selection_says_so(explorer: Explorer) -> None:
    explorer.choose(marketplace="US", carrier_id="evri")
    assert explorer.text == "No package is left."
    assert {row["name"] for row in explorer.now["bars"]} >= {"OnTrac", "USPS"}
    assert explorer.now["why"] == []
    assert explorer.choice == replace(explorer.choice, carrier_id="evri")
