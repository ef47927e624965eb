"""What changes take: packages to come that ship differently and count, and their cost."""

from dataclasses import replace

import polars as pl
import pytest

from vtrkit.schema import CATEGORY, State
from vtrkit.study.open import open_study
from vtrkit.study.study import Study
from vtrkit.whatif.changes import enter_numbers, replace_carrier, track
from vtrkit.whatif.levers import Lever
from vtrkit.whatif.takes import takes


@pytest.fixture(scope="module")
def shop() -> Study:
    return open_study(account="northwind", marketplace="US")


def taken(shop: Study, *changes: Lever) -> dict[str, tuple[float, float]]:
    table = takes(shop.prospect(CATEGORY), changes)
    names = pl.col("category").cast(pl.String)
    return {
        name: (each, cost) for name, each, cost in table.select(names, "packages", "cost").rows()
    }


def test_all_of_a_change_takes_what_a_plan_can_choose_from(shop: Study) -> None:
    """The lab, the least shares and the plan count the same packages."""
    mix = shop.plan([track()], shop.targets[0])
    assert mix is not None
    every = taken(shop, track())
    asked = shop.needed_of(track(), shop.targets[:1])
    about = dict(asked.select(pl.col("category").cast(pl.String), "eligible").rows())
    for row in mix.mix.to_dicts():
        assert row["eligible"] == pytest.approx(every[row["category"]][0])
        assert about[row["category"]] == round(every[row["category"]][0])


def test_what_is_taken_is_in_proportion_whenever_it_begins_and_has_its_cost(shop: Study) -> None:
    every, half = taken(shop, track("Shoes")), track("Shoes", share=0.5, cost=1.5)
    packages, cost = taken(shop, replace(half, start="2026-11-20", ramp_days=7))["Shoes"]
    assert packages == pytest.approx(every["Shoes"][0] / 2)
    assert cost == pytest.approx(packages * 1.5)
    assert taken(shop, half)["Toys & Games"] == (0, 0)


def test_another_carrier_takes_all_of_the_first_ones_packages_failed_or_not(shop: Study) -> None:
    moved = taken(shop, replace_carrier("OnTrac", "UPS", "Shoes"))["Shoes"][0]
    unscanned = taken(shop, replace(track("Shoes"), carrier_id=("ontrac",)))["Shoes"][0]
    assert 0 < unscanned < moved


def test_what_is_on_its_way_is_taken_once(shop: Study) -> None:
    """Of corrections alone nothing comes later."""
    listed = shop.kept.packages.filter(
        account="northwind", marketplace="US", state=str(State.CORRECTABLE), reason="missing_number"
    )
    only = replace(enter_numbers(), retroactive=True, later=False)
    packages = sum(each for each, _ in taken(shop, only).values())
    assert packages == listed.filter(pl.col("enters_on").is_not_null()).height > 0
