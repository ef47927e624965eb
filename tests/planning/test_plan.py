"""The cheapest plan: as cheap as trying everything, on target as often as asked, and honest."""

import itertools
import math
import random
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrkit import apply, classify, plan, tally
from vtrkit.errors import ParameterError, TallyError
from vtrkit.metric.target import Target
from vtrkit.schema import TALLY_KEY
from vtrkit.whatif.levers import Lever

AS_OF = date(2026, 3, 31)
BACK = {"as_of": AS_OF, "by_day": AS_OF}
"""Looking back at the days that count, where whole packages can be counted by hand."""
DAY = AS_OF - timedelta(days=20)
CELL = {
    "account": "a",
    "marketplace": "US",
    "category": "Shoes",
    "carrier_id": "ups",
    "ship_method": "other",
    "ship_date": DAY - timedelta(days=3),
    "promised_date": DAY,
    "enforced": True,
    "reason": "valid",
    "scan_delay": None,
    "packages": 1,
}
EMPTY = tally(classify(pl.DataFrame({"order_id": ["1"]}))).clear()


def cells(*rows):
    """A tally of cells given by what differs from a valid package of Shoes."""
    table = pl.DataFrame([CELL | row for row in rows])
    zeros = [pl.lit(0, pl.Int64).alias(n) for n in EMPTY.columns if n not in (*CELL, "rules")]
    rules = pl.lit(EMPTY.schema["rules"].categories[0], EMPTY.schema["rules"]).alias("rules")
    return (
        table.with_columns(zeros)
        .with_columns(rules)
        .select(EMPTY.columns)
        .cast({n: EMPTY.schema[n] for n in (*TALLY_KEY, "packages")})
    )


def shop(valid=180, **failing):
    """So many valid packages of Shoes, and failing ones by reason."""
    return cells({"packages": valid}, *({"reason": r, "packages": n} for r, n in failing.items()))


PICK_UP = Lever(name="pick-up", reason=("no_scan",), cost=0.5)
LABELS = Lever(name="labels", reason=("missing_number",), cost=0.2)


@pytest.mark.parametrize("confidence", [0.5, 0.9])
@pytest.mark.parametrize("cost", [0.0, 0.3])
def test_of_two_levers_for_the_same_packages_at_one_price_the_first_is_taken(confidence, cost):
    """As they are listed, whatever their names."""
    names = ("labels", "carrier", "another")
    for order in itertools.permutations(names):
        levers = [Lever(name=name, reason=("no_scan",), cost=cost) for name in order]
        found = plan(shop(no_scan=20), levers, confidence=confidence, **BACK)
        used = found.mix.filter(pl.col("moved") > 0)["lever"].to_list()
        assert used == [order[0]]


# --- the oracle: every mix of whole packages, in plain Python


def binomial(n, p):
    return [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


def at_least(moved, need):
    """The chance of so many scans, from (packages, chance) pairs."""
    weights = [1.0]
    for n, p in moved:
        one = binomial(n, p)
        longer = [0.0] * (len(weights) + n)
        for i, a in enumerate(weights):
            for j, b in enumerate(one):
                longer[i + j] += a * b
        weights = longer
    return sum(weights[max(0, need) :])


def needed(counted, valid, bp):
    return max(0, -((10_000 * valid - bp * counted) // 10_000))


def cheapest(groups, levers, bp, confidence, least=None):
    """The least cost over every mix that costs less than `least`; None where none is enough.

    `groups`: category → (valid, {reason: packages}). Packages that the same levers fit are alike.
    """
    room = {}
    for c, (_, failing) in groups.items():
        for r, n in failing.items():
            fits = tuple(i for i, lever in enumerate(levers) if r in (lever.reason or (r,)))
            room[c, fits] = room.get((c, fits), 0) + n
    slots = [(c, fits, i) for c, fits in room for i in fits]
    tops = [math.floor(levers[i].share * room[c, fits] + 1e-9) for c, fits, i in slots]
    whole = {c: (v + sum(f.values()), v) for c, (v, f) in groups.items()}
    totals = tuple(map(sum, zip(*whole.values(), strict=True)))
    found = None
    for mix in itertools.product(*(range(top + 1) for top in tops)):
        used = dict.fromkeys(room, 0)
        for (c, r, _), n in zip(slots, mix, strict=True):
            used[c, r] += n
        if any(used[k] > room[k] for k in room):
            continue
        paid = {i for (_, _, i), n in zip(slots, mix, strict=True) if n}
        cost = sum(levers[i].fixed_cost for i in paid)
        cost += sum(n * levers[i].cost for (_, _, i), n in zip(slots, mix, strict=True))
        if least is not None and cost >= least - 1e-9:
            continue
        limits = [*whole.items(), (None, totals)]
        moved = {
            g: [
                (n, levers[i].scanned)
                for (c, _, i), n in zip(slots, mix, strict=True)
                if g in (c, None)
            ]
            for g, _ in limits
        }
        if all(enough(moved[g], needed(*w, bp), confidence) for g, w in limits):
            least = found = cost
    return found


def enough(moved, need, confidence):
    if confidence == 0.5:
        return sum(n * round(p * 100) for n, p in moved) >= 100 * need
    return at_least(moved, need) >= confidence - 1e-9


@st.composite
def small(draw):
    """One or two categories with a few failing packages, and one to three levers."""
    reasons = ["no_scan", "missing_number"]
    groups = {
        c: (
            draw(st.integers(0, 60)),
            {r: draw(st.integers(1, 4)) for r in reasons[: draw(st.integers(1, 2))]},
        )
        for c in ["Books", "Shoes"][: draw(st.integers(1, 2))]
    }
    levers = [
        Lever(
            name=f"lever {i}",
            reason=draw(st.sampled_from([(), ("no_scan",), ("missing_number",)])),
            share=draw(st.sampled_from([1.0, 0.8, 0.5])),
            scanned=draw(st.sampled_from([1.0, 0.9, 0.75])),
            cost=draw(st.sampled_from([0.0, 0.5, 1.0, 1.7])),
            fixed_cost=draw(st.sampled_from([0.0, 0.0, 2.0, 5.0])),
        )
        for i in range(draw(st.integers(1, 2)))
    ]
    return groups, levers


def priced(levers):
    """Where nothing has a cost, a package costs one."""
    costed = any(x.cost or x.fixed_cost for x in levers)
    return levers if costed else [replace(x, cost=1.0) for x in levers]


def tallied(groups):
    return cells(
        *({"category": c, "packages": v} for c, (v, _) in groups.items() if v),
        *(
            {"category": c, "reason": r, "packages": n}
            for c, (_, failing) in groups.items()
            for r, n in failing.items()
        ),
    )


@given(small(), st.sampled_from([8000, 9000, 9500]))
def test_no_mix_is_cheaper_in_expectation(case, bp):
    """At a confidence of 0.5 the cost is that of an exhaustive search, and so is "impossible"."""
    groups, levers = case
    found = plan(tallied(groups), levers, **BACK, target=Target.of_bp(bp), confidence=0.5)
    least = cheapest(groups, priced(levers), bp, 0.5)
    assert (least is None) == bool(found.unreachable)
    assert least is None or found.cost == pytest.approx(least)


@given(small(), st.sampled_from([8000, 9000, 9500]))
def test_with_a_confidence_it_is_met_exactly_and_never_below_the_least_cost(case, bp):
    """The exact chance of each category and the account is at least 0.9."""
    groups, levers = case
    found = plan(tallied(groups), levers, **BACK, confidence=0.9, target=Target.of_bp(bp))
    least = cheapest(groups, priced(levers), bp, 0.9)
    assert bool(found.unreachable) == (least is None)
    if least is None:
        return
    assert found.cost >= least - 1e-9
    scanned = {lever.name: lever.scanned for lever in levers}
    mix = found.mix.select("category", "lever", "moved").rows()
    for row in found.reached.iter_rows(named=True):
        moved = [(int(n), scanned[x]) for c, x, n in mix if row["category"] in (c, None)]
        exact = at_least(moved, needed(int(row["counted"]), int(row["valid"]), bp))
        assert exact >= 0.9 - 1e-9
        assert row["chance"] == pytest.approx(exact, abs=1e-6)


def test_a_confidence_costs_hardly_ever_more_than_the_exhaustive_search():
    """Margins are linear only around a mix: of 25 fixed cases at 0.9 at least 24 cost the same."""
    dice = random.Random(3)
    same = cases = 0
    while cases < 25:
        groups = {
            c: (dice.randint(0, 40), {r: dice.randint(1, 4) for r in ("no_scan", "missing_number")})
            for c in ("Books", "Shoes")[: dice.randint(1, 2)]
        }
        levers = [
            Lever(
                name=str(i),
                reason=dice.choice([("no_scan",), ("missing_number",), ()]),
                scanned=dice.choice([1.0, 0.95, 0.8]),
                cost=dice.choice([0.5, 1.0, 1.7]),
                fixed_cost=dice.choice([0.0, 2.0]),
            )
            for i in range(2)
        ]
        found = plan(tallied(groups), levers, **BACK, confidence=0.9, target=Target(90))
        if found.cost and not found.unreachable:
            cases += 1
            least = cheapest(groups, levers, 9000, 0.9, found.cost + 1e-6)
            same += found.cost == pytest.approx(least)
    assert same >= 24


# --- what a plan says


def test_one_lever_takes_as_many_packages_as_the_binomial_asks_for():
    """Ten are needed; 13 moved packages of which 90 % are scanned give ten with 96.6 %."""
    found = plan(shop(no_scan=20), [replace(PICK_UP, scanned=0.9)], **BACK, confidence=0.9)
    assert found.mix.row(0) == ("Shoes", "pick-up", 20.0, 13, 0.65, 11.7, 6.5)
    assert at_least([(12, 0.9)], 10) < 0.9 <= at_least([(13, 0.9)], 10)
    account = found.reached.row(by_predicate=pl.col("category").is_null(), named=True)
    assert account["needed"] == 10
    assert account["margin"] == pytest.approx(1.7)
    assert account["chance"] == pytest.approx(at_least([(13, 0.9)], 10))
    assert found.gap <= 1e-9


def test_the_cheaper_lever_goes_first_and_a_fixed_cost_is_paid_once():
    """A fixed cost counts once, however many categories use the lever."""
    table = cells(
        *({"category": c, "packages": 90} for c in ("Books", "Shoes")),
        *({"category": c, "packages": 10, "reason": "no_scan"} for c in ("Books", "Shoes")),
    )
    dear, once = replace(PICK_UP, name="dear", cost=2), replace(PICK_UP, name="once", fixed_cost=4)
    found = plan(table, [dear, once], **BACK, confidence=0.9)
    assert found.cost == 4 + 10 * 0.5
    assert found.levers.select("lever", "moved", "fixed_cost").rows() == [
        ("dear", 0, 0.0),
        ("once", 10, 4.0),
    ]
    assert found.levers["cost"].sum() == found.cost
    assert sum(lever.fixed_cost for lever in found.scenario.levers) == 4


def test_on_target_nothing_is_done():
    """No package is moved where none is needed."""
    found = plan(shop(no_scan=5), [PICK_UP], **BACK, confidence=0.9)
    assert (found.cost, found.gap, found.mix.height, found.scenario.levers) == (0.0, 0.0, 0, ())
    assert found.reached["reachable"].all()


def test_unverified_packages_fail_until_they_are_moved():
    """A lever may be about them, and what it moves counts."""
    ask = Lever(name="ask", reason=("unverified",), cost=1)
    assert plan(shop(unverified=20), [ask], **BACK, confidence=0.9).cost == 10


def test_a_share_is_the_most_that_can_be_moved():
    """Half of 20 packages is ten, which is just enough; a little less is not."""
    enough = plan(shop(no_scan=20), [replace(PICK_UP, share=0.5)], **BACK, confidence=0.9)
    assert enough.mix["moved"].to_list() == [10]
    short = plan(shop(no_scan=20), [replace(PICK_UP, share=0.49)], **BACK, confidence=0.9)
    assert short.unreachable
    assert short.mix["moved"].to_list() == [9]


def test_a_start_and_a_ramp_lessen_what_can_be_moved():
    """Of five packages a day on four days, from the second one, at once or in two days."""
    days = [DAY + timedelta(days=n) for n in range(4)]
    table = cells(
        {"packages": 180},
        *({"reason": "no_scan", "packages": 5, "ship_date": day} for day in days),
    )
    lever = replace(PICK_UP, start=days[1])
    assert plan(table, [lever], **BACK, confidence=0.9).mix["eligible"].to_list() == [15.0]
    ramped = plan(table, [replace(lever, ramp_days=2)], **BACK, confidence=0.9)
    assert ramped.mix["eligible"].to_list() == [12.5]
    assert ramped.scenario.levers[0].share == pytest.approx(10 / 12.5)


def test_an_impossible_category_is_named_with_the_best_that_can_be_had():
    """The account could be met, Shoes cannot."""
    table = cells(
        {"packages": 900, "category": "Books"},
        {"packages": 80},
        {"packages": 10, "reason": "missing_number"},
        {"packages": 10, "reason": "no_scan"},
    )
    found = plan(table, [PICK_UP], **BACK, confidence=0.9)
    assert found.mix.select("category", "moved").rows() == [("Shoes", 10)]
    assert found.unreachable == (
        "Shoes cannot reach 95 %: with every change as far as it goes, 90.00 % of 100 packages are "
        "valid (now 80.00 %).",
    )
    best = found.reached.filter(~pl.col("reachable"))
    assert best.select("category", "best_vtr_low", "best_chance").row(0) == ("Shoes", 0.9, 0.0)


@pytest.mark.parametrize(
    ("failed", "words"),
    [
        (7, "Shoes cannot reach 95 %: "),
        (3, "Shoes reaches 95 % only if packages without scan data"),
    ],
)
def test_out_of_reach_is_not_said_where_unverified_packages_decide(failed, words):
    """They are taken as failed, and that is said."""
    table = cells(
        {"packages": 95 - failed},
        {"packages": failed, "reason": "missing_number"},
        {"packages": 5, "outcome": "unknown", "reason": "unverified"},
    )
    said = plan(table, [PICK_UP], **BACK, confidence=0.9).unreachable[0]
    assert said.startswith(words)
    assert ("of which it has 5" in said) == (failed == 3)


def test_a_category_that_only_luck_can_save_is_said_so():
    """In expectation it is met, with 90 % it is not."""
    lever = replace(PICK_UP, scanned=0.5)
    found = plan(shop(no_scan=20), [lever], **BACK, confidence=0.9)
    assert found.unreachable[0] == (
        "Shoes may just miss 95 %: with every change as far as it goes, 95.00 % of 200 packages "
        "are valid (now 90.00 %); that is not enough with a chance of 90 %."
    )
    assert found.unreachable[1].startswith("The account as a whole may just miss 95 %")
    assert plan(shop(no_scan=20), [lever], **BACK, confidence=0.5).cost == 10


def test_the_target_is_met_as_often_as_was_asked_for():
    """Each moved package is scanned or not: in 4,000 draws at least 89 % of each limit are met."""
    dice = random.Random(11)
    table = cells(
        *({"category": c, "packages": 900} for c in ("Books", "Shoes")),
        *({"category": c, "packages": 60, "reason": "no_scan"} for c in ("Books", "Shoes")),
        *({"category": c, "packages": 40, "reason": "missing_number"} for c in ("Books", "Shoes")),
    )
    levers = [replace(PICK_UP, scanned=0.8, share=0.6), replace(LABELS, scanned=0.7)]
    found = plan(table, levers, **BACK, confidence=0.9)
    scanned = {lever.name: lever.scanned for lever in levers}
    mix = found.mix.select("category", "lever", "moved").rows()
    assert len({lever for _, lever, _ in mix}) == 2
    met = dict.fromkeys(("Books", "Shoes", None), 0)
    for _ in range(4000):
        drawn = [(c, sum(dice.random() < scanned[x] for _ in range(int(n)))) for c, x, n in mix]
        for who, counted in (("Books", 1000), ("Shoes", 1000), (None, 2000)):
            valid = 0.9 * counted + sum(n for c, n in drawn if who in (c, None))
            met[who] += 100 * valid >= 95 * counted
    assert min(met.values()) >= 0.89 * 4000
    assert met["Books"] <= 0.95 * 4000, "the margin is larger than it has to be"


def test_a_larger_confidence_never_costs_less():
    """From expectation to 99 %."""
    lever = replace(PICK_UP, scanned=0.8)
    costs = [
        plan(shop(900, no_scan=100), [lever], **BACK, confidence=c).cost
        for c in (0.5, 0.6, 0.8, 0.9, 0.99)
    ]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


# --- the scenario


def moved_by(scenario, groups):
    """Packages that levers move, by (category, reason, carrier), by their own words."""
    return {
        (c, r, k, lever.name): lever.share * n
        for lever in scenario.levers
        for (c, r, k), n in groups.items()
        if all(
            not named or value in named
            for named, value in (
                (lever.category, c),
                (lever.reason, r),
                (lever.carrier_id, k),
            )
        )
    }


@given(
    st.dictionaries(
        st.tuples(
            st.sampled_from(["Books", "Shoes"]),
            st.sampled_from(["no_scan", "missing_number"]),
            st.sampled_from(["ups", "usps"]),
        ),
        st.integers(1, 30),
        min_size=1,
    ),
    st.sampled_from([9000, 9500, 9800]),
)
def test_the_scenario_moves_what_the_plan_moves(groups, bp):
    """Category by category and lever by lever, and no package twice."""
    table = cells(
        *({"category": c, "packages": 200} for c in {c for c, _, _ in groups}),
        *(
            {"category": c, "reason": r, "carrier_id": k, "packages": n}
            for (c, r, k), n in groups.items()
        ),
    )
    levers = [
        Lever(name="a", cost=2),
        Lever(name="b", carrier_id=("ups",), cost=1, fixed_cost=3),
        Lever(name="c", reason=("no_scan",), cost=1, scanned=0.9),
    ]
    found = plan(table, levers, **BACK, confidence=0.9, target=Target.of_bp(bp))
    moved = moved_by(found.scenario, groups)
    for place, n in groups.items():
        assert sum(m for key, m in moved.items() if key[:3] == place) <= n + 1e-6
    for c, lever, n in found.mix.select("category", "lever", "moved").rows():
        mine = [m for key, m in moved.items() if key[0] == c and key[3].startswith(f"{lever}: ")]
        assert sum(mine) == pytest.approx(n)
    after = apply(table, found.scenario, as_of=AS_OF, target=Target.of_bp(bp), by=("category",))
    told = after.filter("is_enforced_window").sort(pl.col("category").cast(pl.String))
    assert told["valid_after"].to_list() == pytest.approx(
        found.reached["valid_after"][:-1].to_list()
    )
    assert sum(x.fixed_cost for x in found.scenario.levers) == found.levers["fixed_cost"].sum()


# --- bad input


def test_bad_input_is_refused_with_what_to_do():
    """Levers, confidence, points, accounts and windows."""
    good = shop(no_scan=20)
    for confidence in (0.4, 1, 2):
        with pytest.raises(ParameterError, match=r"give 0\.5 or more and less than 1"):
            plan(good, [PICK_UP], **BACK, confidence=confidence)
    with pytest.raises(ParameterError, match="no lever was given"):
        plan(good, [], **BACK, confidence=0.9)
    with pytest.raises(ParameterError, match="2 levers are called pick-up"):
        plan(good, [PICK_UP, PICK_UP], **BACK, confidence=0.9)
    with pytest.raises(ParameterError, match="moves valid packages along"):
        plan(good, [replace(PICK_UP, moves_all=True)], **BACK, confidence=0.9)
    with pytest.raises(TallyError, match=r"2 marketplaces \(UK, US\); a plan is for one"):
        plan(cells({}, {"marketplace": "UK"}), [PICK_UP], **BACK, confidence=0.9)
    with pytest.raises(TallyError, match="nothing is counted in the window"):
        plan(good, [PICK_UP], as_of=date(2027, 1, 1), by_day=date(2027, 1, 1))
    with pytest.raises(TallyError, match="nothing is counted in the window"):
        plan(good.clear(), [PICK_UP], **BACK, confidence=0.9)
    with pytest.raises(TallyError, match="no column carrier_id"):
        plan(
            good.drop("carrier_id"),
            [Lever(name="x", carrier_id=("ups",))],
            as_of=AS_OF,
            by_day=AS_OF,
            confidence=0.9,
        )


def test_a_lever_that_fits_nothing_is_listed_with_nothing():
    """It stands in the table of levers with zero eligible packages."""
    found = plan(shop(no_scan=20), [PICK_UP, LABELS], **BACK, confidence=0.9)
    assert found.levers.select("lever", "eligible", "moved").rows() == [
        ("pick-up", 20.0, 10),
        ("labels", 0.0, 0),
    ]
