"""The cheapest plan answers on the shipped sample, and can be carried out as it says."""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrkit import apply, classify, plan, ready_made, simulate, tally
from vtrkit.demo import packages as sample
from vtrkit.metric.target import Target
from vtrkit.metric.windows import Question
from vtrkit.schema import GROUP
from vtrkit.study.study import Study

AS_OF = sample.AS_OF
LEVERS = list(ready_made().values())


@pytest.fixture(scope="module")
def places():
    """The tally of each account and marketplace of the sample."""
    whole = tally(classify(sample.packages()))
    parts = whole.partition_by(GROUP, as_dict=True)
    return {" ".join(map(str, place)): part for place, part in sorted(parts.items())}


@pytest.mark.parametrize("target", [95, 98])
def test_the_cheapest_plan_answers_everywhere_without_prices(places, target):
    """Every category gets there, or the most that can be had; either is said in one sentence."""
    for place, cells in places.items():
        cheapest = plan(cells, LEVERS, as_of=AS_OF, by_day=AS_OF, target=target, confidence=0.5)
        assert not cheapest.costed
        assert cheapest.cost == cheapest.mix["moved"].sum(), place
        assert {x.cost for x in cheapest.scenario.levers} <= {0.0}
        short = cheapest.reached.filter(~pl.col("reachable"))
        assert len(cheapest.unreachable) == short.height, place
        short = short.filter(pl.col("category").is_not_null())
        assert short["valid_after"].to_list() == pytest.approx(
            (short["best_vtr_low"] * short["counted"]).to_list()
        )
        others = cheapest.reached.filter("reachable")
        assert (others["gained"] >= others["needed"] - 1e-9).all(), place


@pytest.mark.parametrize("target", [95, 98])
def test_a_share_that_is_enough_for_a_category_is_enough_for_its_plan(places, target):
    """With that share it is on target on the last day, and no plan asks for more of it."""
    enough = 0
    for cells in places.values():
        study = Study(cells.lazy(), Question.of(AS_OF), targets=(Target(target),))
        needed = study.needed.filter(pl.col("share").is_not_null())
        for (name,), rows in needed.group_by("lever", maintain_order=True):
            lever = next(x for x in LEVERS if x.name == name)
            cheapest = study.plan([lever], Target(target))
            within = dict(cheapest.reached.select("category", "reachable").rows())
            moved = dict(cheapest.mix.select("category", "share").rows())
            shares = rows.select(pl.col("category").cast(pl.String), "share").rows()
            asked = [replace(lever, name=c, share=share, category=(c,)) for c, share in shares]
            days = simulate(cells, asked, as_of=AS_OF, by="category", targets=target)
            last = days.filter(pl.col("day") == pl.col("day").max())
            for category, share in shares:
                assert last.filter(category=category)["chance"].item() >= 0.5
                assert within[category], (category, name)
                assert moved.get(category, 0) <= share + 1e-6
                enough += 1
    assert enough > 5


@given(data=st.data())
def test_every_plan_can_be_simulated_and_applied(places, data):
    """By any of the ready-made levers, for any target and day, with prices and without."""
    cells = places[data.draw(st.sampled_from(sorted(places)))]
    levers = data.draw(st.lists(st.sampled_from(LEVERS), min_size=1, unique=True))
    target = data.draw(st.sampled_from([90, 95, 98]))
    sure = data.draw(st.sampled_from([0.5, 0.9]))
    cheapest = plan(cells, levers, as_of=AS_OF, by_day=AS_OF, target=target, confidence=sure)
    after = apply(cells, cheapest.scenario, as_of=AS_OF, by="category")
    wanted = cheapest.reached.filter(pl.col("category").is_not_null())
    enforced = after.filter("is_enforced_window", pl.col("counted") > 0)
    told = dict(enforced.select(pl.col("category").cast(pl.String), "valid_after").iter_rows())
    assert told == pytest.approx(dict(wanted.select("category", "valid_after").iter_rows()))
    assert simulate(cells, cheapest.scenario, as_of=AS_OF, days=30).height
