"""The explorer without a browser: its state, what its controls do, and what it would draw."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from tests import made
from vtrkit.charts import theme
from vtrkit.errors import ParameterError
from vtrkit.lab.canvas import Canvas
from vtrkit.lab.explorer import Explorer
from vtrkit.lab.slices import Choice
from vtrkit.study.open import open_study
from vtrkit.study.study import Study
from vtrkit.words import rate_text


@pytest.fixture(scope="module")
def run() -> Study:
    return open_study()


@pytest.fixture(scope="module")
def opened(run: Study) -> Explorer:
    return Explorer(run)


@pytest.fixture
def explorer(opened: Explorer) -> Explorer:
    """As on the first day; what it read is kept from test to test."""
    opened.choose(account="northwind", marketplace="", category="", carrier_id="")
    opened.reset()
    return opened


def rows(explorer: Explorer, chart: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = explorer.canvas.rows[chart]["rows"]
    return found


def chosen(explorer: Explorer, chart: str) -> list[str]:
    return [r["label"] for r in rows(explorer, chart) if r["chosen"]]


# state ------------------------------------------------------------------------------------------


def test_it_opens_on_the_account_and_day_of_the_headline(run: Study) -> None:
    assert run.headline["account"] == "northwind"
    assert Explorer(run).choice == Choice(as_of=run.as_of, account="northwind")


def test_what_is_set_from_code_is_what_the_controls_show(explorer: Explorer) -> None:
    wanted = {
        "account": "fjord",
        "marketplace": "SE",
        "category": "Beauty",
        "carrier_id": "postnord",
        "reason": "no_scan",
        "days": 90,
        "as_of": date(2026, 6, 30),
    }
    explorer.choose(**wanted)
    shown = {name: control.value for name, control in explorer.controls.items()}
    assert asdict(explorer.choice) == wanted
    assert shown == wanted | {"carrier_id": "PostNord"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("marketplace", "UK"),
        ("category", "Shoes"),
        ("reason", "no_scan"),
        ("days", 7),
        ("as_of", date(2026, 7, 1)),
    ],
)
def test_a_moved_control_is_read_back(explorer: Explorer, name: str, value: Any) -> None:
    explorer.controls[name].value = value
    assert getattr(explorer.choice, name) == value


def test_a_carrier_is_chosen_by_the_name_that_people_know(explorer: Explorer) -> None:
    explorer.controls["carrier_id"].value = "UPS"
    assert explorer.choice.carrier_id == "ups"


def test_another_account_lets_go_of_what_it_may_not_have(explorer: Explorer) -> None:
    explorer.choose(marketplace="US", carrier_id="ontrac")
    explorer.controls["account"].value = "fjord"
    assert (explorer.choice.marketplace, explorer.choice.carrier_id) == ("", "")
    assert [n for n, _ in explorer.controls["marketplace"].options] == ["(all)", "SE", "UK"]


@pytest.mark.parametrize("name", ["account", "marketplace", "category", "carrier_id"])
def test_a_name_that_is_not_there_is_refused_and_nothing_changes(
    explorer: Explorer, name: str
) -> None:
    before = explorer.choice
    with pytest.raises(ParameterError, match="'Shose'"):
        explorer.choose(**{name: "Shose"})
    assert explorer.choice == before


def test_a_name_half_typed_says_what_it_might_become(explorer: Explorer) -> None:
    explorer.controls["category"].value = "Shoe"
    assert "did you mean Shoes?" in explorer.numbers.value
    assert explorer.choice.category == ""
    explorer.controls["category"].value = "Shoes"
    assert explorer.choice.category == "Shoes"


# cross-filtering --------------------------------------------------------------------------------


def test_a_click_on_a_category_narrows_the_rest_and_a_second_one_lets_go(
    explorer: Explorer,
) -> None:
    before = [r["label"] for r in rows(explorer, "categories")]
    shoes = next(r["id"] for r in rows(explorer, "categories") if r["label"] == "Shoes · US")
    explorer.canvas.click("categories", shoes)
    assert explorer.choice.category == "Shoes"
    assert chosen(explorer, "categories") == ["Shoes · US", "Shoes · UK"]
    assert [r["label"] for r in rows(explorer, "categories")] == before
    assert sum(r["failing"] for r in rows(explorer, "reasons")) == 28
    explorer.canvas.click("categories", shoes)
    assert explorer.choice.category == ""


def test_a_click_on_a_reason_shows_where_it_happens(explorer: Explorer) -> None:
    explorer.canvas.click("reasons", "missing_number")
    told = explorer.views.categories
    number = next(r for r in rows(explorer, "reasons") if r["chosen"])
    assert told["failing"].sum() == number["failing"]
    explorer.canvas.click("reasons", "missing_number")
    assert explorer.choice.reason == ""


def test_a_click_on_the_row_of_all_others_changes_nothing(explorer: Explorer) -> None:
    before = explorer.choice
    explorer.canvas.click("categories", [None, ""])
    assert explorer.choice == before


def test_show_all_again_keeps_the_account(explorer: Explorer) -> None:
    explorer.choose(account="fjord", category="Beauty", days=7, as_of=date(2026, 6, 1))
    explorer.reset()
    assert explorer.choice == Choice(as_of=explorer.study.as_of, account="fjord")


# what is drawn ----------------------------------------------------------------------------------


def test_the_numbers_and_the_charts_are_those_of_the_tables(explorer: Explorer) -> None:
    explorer.choose(marketplace="US", days=90)
    row = explorer.views.totals.filter(days=90).row(0, named=True)
    assert rate_text(row) in explorer.numbers.value
    told = [r["said"] for r in rows(explorer, "carriers")]
    assert told[0].endswith(rate_text(explorer.views.carriers.row(0, named=True)))
    last = rows(explorer, "history")[-1]
    assert last["vtr_low"] == pytest.approx(explorer.views.history["vtr_low"][-1] * 100, abs=1e-3)


def test_every_chart_is_told_in_words(explorer: Explorer) -> None:
    assert explorer.canvas.told.keys() == explorer.canvas.rows.keys()
    assert "Shoes · US ✕ 87.0 % (168/193)" in explorer.canvas.told["categories"]
    assert "2026-09-30" in explorer.canvas.told["history"]


def test_only_what_changed_is_sent(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The year of the line does not cross over while a slider is dragged."""
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Canvas, "send", lambda _, message, __=None: sent.append(message))
    explorer.choose(as_of=date(2026, 9, 1))
    assert sent[-1]["rows"]["history"].keys() == {"day"}
    assert len(json.dumps(sent[-1])) < 20_000


def test_a_browser_that_asks_gets_everything_and_vega_once(
    explorer: Explorer, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[dict[str, Any], Any]] = []
    monkeypatch.setattr(Canvas, "send", lambda _, *message: sent.append(message))
    explorer.canvas.answer(None, {"ask": False}, None)
    message, buffers = sent[0]
    assert [c["name"] for c in message["charts"]] == list(message["rows"])
    assert all(len(json.dumps(c)) < 300_000 for c in message["charts"])
    assert buffers == [b""]
    explorer.canvas.answer(None, {"ask": True}, None)
    assert b"vegaEmbed" in sent[1][1][0]


def test_a_copy_without_a_kernel_has_words_and_next_to_no_state(explorer: Explorer) -> None:
    shown = explorer._repr_mimebundle_()
    assert "need a running notebook" in shown["text/plain"]
    assert "87.0 % (168/193)" not in shown["text/plain"]
    assert "93.3" in shown["text/plain"]
    assert len(json.dumps(explorer.canvas.get_state()["_esm"])) < 10_000


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
        assert "<img" not in odd.numbers.value
        assert "<script" not in odd.numbers.value
    odd.reset()


def test_three_hundred_categories_share_the_last_row_and_can_be_found(odd: Explorer) -> None:
    assert rows(odd, "categories")[-1]["label"].endswith("others)")
    assert len(odd.controls["category"].options) >= 300
    odd.choose(category="c299")
    assert chosen(odd, "categories") == ["c299"]
    odd.reset()


def test_all_unverified_is_a_range_from_nothing_to_all(odd: Explorer) -> None:
    assert "0.0–100.0 %" in odd.numbers.value


def test_an_empty_selection_says_so(explorer: Explorer) -> None:
    explorer.choose(marketplace="US", carrier_id="evri")
    assert "No package is left" in explorer.numbers.value
    assert rows(explorer, "carriers")[0]["label"] == "OnTrac"
    assert rows(explorer, "reasons") == rows(explorer, "history") == []


def test_its_charts_take_the_colours_of_the_theme_around_them(
    run: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(Canvas, "send", lambda _, message, __=None: sent.append(message))
    Explorer(run).canvas.answer(None, {"ask": False}, None)
    specs = json.dumps([chart["spec"] for chart in sent[-1]["charts"]])
    assert "var(--jp-layout-color0)" in specs
    for colour in (theme.INK, theme.CARD, theme.RULE, *theme.SERIES):
        assert f'"{colour}"' not in specs
