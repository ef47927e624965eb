"""The cheapest plan for a coming day is what `simulate` confirms."""

import random
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from vtrkit import classify, plan, simulate, tally
from vtrkit.errors import ParameterError, TallyError
from vtrkit.metric.target import Target
from vtrkit.whatif.levers import Lever

TODAY = date(2026, 3, 1)
LATER = TODAY + timedelta(days=60)
PICK_UP = Lever(name="pick-up", reason=("no_scan",), scanned=0.9, cost=0.5)
LABELS = Lever(name="labels", reason=("missing_number",), scanned=0.95, cost=0.3, fixed_cost=5)
ANY = Lever(name="any", cost=0.8)


def made(seed=1, share=0.1, **other):
    """Half a year of 20 Shoes and 30 Books a day, some not scanned or without a number."""
    dice = random.Random(seed)
    rows = []
    for ship_date in (TODAY - timedelta(days=n) for n in range(150)):
        for category, packages in (("Shoes", 20), ("Books", 30)):
            for _ in range(packages):
                bad = dice.random() < share
                rows.append(
                    {
                        "order_id": str(len(rows)),
                        "marketplace": "US",
                        "origin": "US",
                        "destination": "US",
                        "category": category,
                        "carrier": "UPS",
                        "ship_date": ship_date,
                        "promised_date": ship_date + timedelta(days=3),
                        "tracking_number": "" if bad and dice.random() < 0.5 else None,
                        "delivered_date": None if bad else min(ship_date + timedelta(3), TODAY),
                        "scans": 0 if bad else 3,
                    }
                    | other
                )
    return tally(classify(pl.DataFrame(rows)))


@pytest.fixture(scope="module")
def year():
    return made()


def foreseen(table, found, by=("category",)):
    told = simulate(table, found.scenario, as_of=TODAY, days=(LATER - TODAY).days, by=by)
    return told.filter(pl.col("day") == LATER)


@pytest.mark.parametrize("confidence", [0.5, 0.9])
def test_simulate_confirms_the_plan(year, confidence):
    """Every category is on target with the confidence, and hardly more; of the account it is said.

    The account has a forecast of its own, which asks for nothing that no category needs.
    """
    found = plan(year, [PICK_UP, LABELS, ANY], as_of=TODAY, by_day=LATER, confidence=confidence)
    told = foreseen(year, found).sort(pl.col("category").cast(pl.String))
    account = foreseen(year, found, ("account", "marketplace"))
    assert (told["chance"] >= confidence).all()
    assert told["chance"].max() < (confidence + 1) / 2 + 0.05
    after = found.reached
    assert after["chance"].to_list() == pytest.approx([*told["chance"], *account["chance"]])
    assert after["vtr_low_after"][:-1].to_list() == pytest.approx(told["vtr"].to_list(), abs=2e-3)
    assert found.cost == pytest.approx(found.levers["cost"].sum())
    assert found.gap <= 1e-3


def test_a_confidence_costs_more_than_an_even_chance_and_cheap_levers_come_first(year):
    """What is dearest is left until nothing else is."""
    even, sure = (
        plan(year, [PICK_UP, LABELS, ANY], as_of=TODAY, by_day=LATER, confidence=c)
        for c in (0.5, 0.9)
    )
    assert even.cost < sure.cost
    assert "any" not in even.mix["lever"]


def test_on_target_already_nothing_is_done():
    """Three in two hundred fail, which is little enough for the forecast to be sure."""
    found = plan(made(share=0.015), [ANY], as_of=TODAY, by_day=LATER, confidence=0.9)
    assert (found.cost, found.mix.height) == (0.0, 0)
    assert found.reached["reachable"].all()


def test_what_is_locked_in_moves_with_retroactive_levers_only(year):
    """Eight days ahead every package of the window is known; some are not delivered."""
    day = TODAY + timedelta(days=8)
    found = plan(year, [ANY], as_of=TODAY, by_day=day, confidence=0.9)
    assert found.cost == 0
    assert found.reached["best_vtr_low"].to_list() == found.reached["vtr_low"].to_list()
    assert len(found.unreachable) == 3
    mended = plan(year, [replace(ANY, retroactive=True)], as_of=TODAY, by_day=day, confidence=0.9)
    assert mended.cost > 0


def test_an_impossible_category_is_named(year):
    """A lever that is in force for the last days of the window alone is too late."""
    late = replace(ANY, start=LATER - timedelta(days=14))
    found = plan(year, [late], as_of=TODAY, by_day=LATER, confidence=0.9)
    assert any(s.startswith("Shoes cannot reach 95 %") for s in found.unreachable)
    best = found.reached.filter(category="Shoes").row(0, named=True)
    assert best["vtr_low_after"] == pytest.approx(best["best_vtr_low"])


def test_a_lever_for_one_category_leaves_the_other(year):
    """Its packages are those of its category."""
    shoes = replace(ANY, category=("Shoes",))
    found = plan(
        year, [shoes, PICK_UP, LABELS], as_of=TODAY, by_day=LATER, confidence=0.9, target=Target(98)
    )
    assert set(found.mix.filter(lever="any")["category"]) <= {"Shoes"}
    assert (foreseen(year, found)["vtr"] > 0.97).all()


def test_bad_input_is_refused(year):
    """Days gone by, several marketplaces, tallies without ship days."""
    with pytest.raises(ParameterError, match="give a day after the as-of day"):
        plan(year, [ANY], as_of=TODAY, by_day=TODAY - timedelta(days=1))
    with pytest.raises(ParameterError, match="no lever was given"):
        plan(year, [], as_of=TODAY, by_day=LATER, confidence=0.9)
    with pytest.raises(TallyError, match="2 marketplaces"):
        both = pl.concat([year, year.with_columns(marketplace=pl.lit("UK", pl.Categorical()))])
        plan(both, [ANY], as_of=TODAY, by_day=LATER, confidence=0.9)
    with pytest.raises(TallyError, match="no ship_date"):
        plan(year.drop("ship_date"), [ANY], as_of=TODAY, by_day=LATER, confidence=0.9)
