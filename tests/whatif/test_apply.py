"""Scenarios looking back are exact, add up, and say what they cannot do."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests import shops
from tests.shops import AS_OF, WINDOW_END, cells, some
from vtrkit import (
    Lever,
    Scenario,
    Target,
    adoption_curve,
    apply,
    rates,
    rollup,
)
from vtrkit.errors import ParameterError, TallyError
from vtrkit.rules.policies import Rules, shipped_rules
from vtrkit.whatif.apply import moves, reach
from vtrkit.whatif.looking_back import prepare

COUNTS = ("counted", "valid", "unknown")
AFTER = [f"{n}_after" for n in (*COUNTS, "vtr", "vtr_low", "vtr_high", "budget_left", "status")]


def window(tally, *levers, days=30, **asked):
    """The one row of a window over everything."""
    table = apply(tally, Scenario("tried", levers), **({"as_of": AS_OF, "by": ()} | asked))
    return table.filter(days=days).row(0, named=True)


# --- exactness -------------------------------------------------------------------------------


@given(rows=shops.tallied(), one=shops.levers("one"), two=shops.levers("two"))
def test_every_count_after_a_scenario_equals_that_of_an_oracle_in_fractions(rows, one, two):
    """Any selection, start, ramp and scan share, per category and window."""
    one, two = (replace(x, share=x.share / 2) for x in (one, two))
    table = apply(cells(*rows), Scenario("s", (one, two)), as_of=AS_OF, by=("category",))
    for row in table.iter_rows(named=True):
        own = [r for r in rows if r["category"] == row["category"]]
        want = shops.expected(own, (one, two), row["days"])
        for name, value in want.items():
            after = row[name if name in ("moved", "cost") else f"{name}_after"]
            assert after == pytest.approx(float(value), abs=1e-9), name


@given(rows=shops.tallied(), goal=st.sampled_from([None, Target(95, "greater_than")]))
def test_the_empty_scenario_changes_nothing(rows, goal):
    """Nor does a lever with share 0; every figure after is the figure of `rates`."""
    tally, by = cells(*rows), ("category",)
    asked = {"as_of": AS_OF, "by": by, "target": goal}
    before = rates(tally, **asked)
    for levers in ((), (Lever(name="none", share=0.0),)):
        table = apply(tally, Scenario("as it is", levers), **asked)
        assert table.select(*by, *COUNTS, "vtr").equals(before.select(*by, *COUNTS, "vtr"))
        for name in (*COUNTS, "vtr", "vtr_low", "vtr_high", "budget_left", "status", "binding"):
            after = table[f"{name}_after"]
            assert table[name].cast(after.dtype).equals(after, null_equal=True), name


@given(rows=shops.tallied(), whole=shops.levers(), part=st.integers(0, 100))
def test_two_additive_parts_of_a_lever_equal_the_whole(rows, whole, part):
    """Shares are of the packages before the scenario, so they add up."""
    tally, share = cells(*rows), whole.share
    parts = (
        replace(whole, share=share * part / 100),
        replace(whole, name="other", share=share * (100 - part) / 100),
    )
    one, two = (window(tally, *levers) for levers in ((whole,), parts))
    for name in ("counted_after", "valid_after", "unknown_after", "moved", "cost"):
        assert one[name] == pytest.approx(two[name], abs=1e-9), name
    assert one["status_after"] == two["status_after"]


@given(rows=shops.tallied(), lever=shops.levers(moves_all=False))
def test_the_rate_never_falls_as_adoption_rises_where_none_that_is_moved_was_valid(rows, lever):
    """Defects and unverified packages have a valid share of 0, which any scan share exceeds."""
    curve = adoption_curve(cells(*rows), lever, steps=10, as_of=AS_OF, by=())
    for _, rising in curve.group_by("days", maintain_order=True):
        low = rising["vtr_low_after"].drop_nulls()
        assert (low.diff().drop_nulls() > -1e-12).all()


@given(rows=shops.tallied(), lever=shops.levers(moves_all=True), day=st.sampled_from([7, 30, 90]))
def test_the_rate_never_falls_where_as_many_are_scanned_as_were_valid(rows, lever, day):
    """Of what a lever moves that was counted, and as many of what was exempt as are valid now."""
    tally = cells(*rows)
    full = replace(lever, share=1.0, scanned=1.0)
    alone = moves(tally, Scenario("s", (full,)), as_of=AS_OF, by=()).filter(days=day)
    valid = alone.filter(reason="valid")["moved"].sum()
    counted = alone.filter(~pl.col("reason").is_in(["exempt_value"]))["moved"].sum()
    before = window(tally, days=day)["vtr_low"] or 0
    least = max(valid / counted if counted else 0, before)
    lifted = replace(full, scanned=min(1.0, least + (1 - least) * lever.scanned))
    curve = adoption_curve(tally, lifted, steps=10, as_of=AS_OF, by=()).filter(days=day)
    assert (curve["vtr_low_after"].drop_nulls().diff().drop_nulls() > -1e-12).all()


def test_a_lever_that_moves_valid_packages_can_lower_the_rate():
    """All packages to a carrier that scans 90 % of them."""
    row = window(some(valid=98, no_scan=2), Lever(name="all", scanned=0.9, moves_all=True))
    assert (row["vtr"], row["vtr_after"], row["moved"]) == (0.98, 0.9, 100)


def test_exempt_packages_that_are_moved_are_counted():
    """A letter that becomes a tracked parcel is in the metric."""
    lever = Lever(name="parcels", scanned=0.5, moves_all=True, reason=("exempt_service",))
    row = window(some(valid=90, no_scan=10, exempt_service=20, cancelled=50), lever)
    assert (row["counted_after"], row["valid_after"]) == (120, 100)


def test_unverified_packages_that_are_moved_are_valid_or_defects():
    """The bounds close; the rate of the verified may fall where the lower bound rises."""
    lever = Lever(name="labels", reason=("unverified",), scanned=0.5)
    row = window(some(valid=90, unverified=10), lever)
    assert (row["unknown_after"], row["valid_after"], row["counted_after"]) == (0, 95, 100)
    assert (row["vtr_low"], row["vtr_low_after"]) == (0.9, 0.95)
    assert (row["vtr"], row["vtr_after"]) == (1.0, 0.95)


def test_what_floats_leave_of_a_package_decides_no_verdict():
    """Three thirds of 94 % of 150 packages are 141: 190 of 200 are exactly 95 %."""
    thirds = [Lever(name=f"{n}", share=0.94 / 3, reason=("no_scan",)) for n in range(3)]
    row = window(some(valid=49, no_scan=150, malformed=1), *thirds, target=Target(95))
    assert row["valid_after"] < 190  # by less than any package
    assert row["budget_left_after"] == 0


FIRST_WEEK = range(23, 30)
"""The first days of the window, so many before its end: what fails then leaves next."""


@pytest.mark.parametrize("windows", [(7, 30, 90), (7, 30)])
def test_status_and_binding_follow_the_expected_counts(windows):
    """A rate that reaches its target with room for a usual week is GOOD and binds no longer.

    The usual weeks are eight, whatever windows a rule shows.
    """
    tally = cells(
        *(
            {"promised_date": WINDOW_END - timedelta(days=n), "reason": reason, "packages": count}
            for n in range(95)
            for reason, count in (
                ("valid", 90),
                ("no_scan" if n not in FIRST_WEEK else "valid", 10),
            )
        )
    )
    rules = Rules(tuple(replace(p, windows_days=windows) for p in shipped_rules().policies))
    asked = {"by": ("account", "marketplace"), "rules": rules}
    told = [window(tally, Lever(name="x", share=share), **asked) for share in (0, 0.4, 0.5, 0.9)]
    # of 230 defects in the window 150 are allowed; in a usual week 61.25 fail, before
    assert [row["budget_left_after"] for row in told] == [-80, 12, 35, 127]
    assert [row["status_after"] for row in told] == ["BAD", "AT_RISK", "GOOD", "GOOD"]
    assert [row["binding_after"] for row in told] == [True, False, False, False]
    assert {row["status"] for row in told} == {"BAD"}


def test_unverified_packages_that_turn_out_defects_add_to_the_usual_week():
    """57.5 of 3,000 fail then, 66 may; eight packages are left, of a usual week's 15.3."""
    tally = cells(
        *(
            {"promised_date": WINDOW_END - timedelta(days=n), "reason": reason, "packages": count}
            for n in range(95)
            for reason, count in (("valid", 95), ("valid" if n in FIRST_WEEK else "unverified", 5))
        )
    )
    row = window(tally, Lever(name="x", scanned=0.5), target=Target(97.8))
    assert (row["budget_left_after"], row["status_after"]) == (8, "AT_RISK")


def test_what_cannot_hurt_does_not_end_what_binds():
    """A rate binds by its enforced packages alone, whatever the others become."""
    free = {"reason": "missing_number", "enforced": False, "packages": 100}
    tally = cells({"packages": 94}, {"reason": "no_scan", "packages": 6}, free)
    by = ("account", "marketplace")
    both = [
        window(tally, Lever(name="x", reason=(reason,)), by=by)
        for reason in ("missing_number", "no_scan")
    ]
    assert [row["binding"] for row in both] == [True, True]
    assert [row["binding_after"] for row in both] == [True, False]


@given(
    rows=shops.tallied(),
    lever=shops.levers(ramp_days=1),
    parts=st.tuples(*[st.sampled_from([0.0, 0.5, 1.0])] * 2),
    goal=st.sampled_from([None, Target.of_bp(1), Target(100), Target(95, "greater_than")]),
)
def test_a_scenario_in_whole_packages_gives_the_rates_of_the_tally_that_it_makes(
    rows, lever, parts, goal
):
    """Every rate and verdict is that of `rates` once the packages are relabelled."""
    dated = [r | {"packages": 4 * r["packages"]} for r in rows if r["promised_date"]]
    lever = replace(lever, share=parts[0], scanned=parts[1])
    asked = {"as_of": AS_OF, "by": ("category",), "target": goal}
    made = rates(cells(*shops.carried_out(dated, lever)), **asked)
    told = apply(cells(*dated), Scenario("s", (lever,)), **asked)
    for name in (*COUNTS, "vtr", "vtr_low", "vtr_high", "budget_left", "status", "binding"):
        after = told[f"{name}_after"]
        assert made[name].cast(after.dtype).equals(after, null_equal=True), name


# --- selection -------------------------------------------------------------------------------


def test_a_start_and_a_ramp_go_by_ship_day():
    """From the start on, evenly over the ramp; a package without ship day is not from then on."""
    start = WINDOW_END - timedelta(days=6)
    shipped = [start + timedelta(days=n) for n in (-1, 0, 1, 3, 4)] + [None]
    tally = cells(*({"ship_date": day, "reason": "no_scan", "packages": 100} for day in shipped))
    moved = window(tally, Lever(name="x", start=start, ramp_days=4))["moved"]
    assert moved == 0 + 25 + 50 + 100 + 100 + 0
    assert window(tally, Lever(name="x", ramp_days=4))["moved"] == 600


def test_contradicting_levers_are_refused_by_name_and_by_what_they_contradict_about():
    """More than the packages there are cannot be moved, whenever the levers start."""
    tally = some(valid=9, no_scan=1)
    early, late = WINDOW_END - timedelta(days=50), AS_OF + timedelta(days=50)
    pulled = (
        Lever(name="scans", reason=("no_scan",), share=0.7, start=early),
        Lever(name="labels", share=0.4, start=late),
        Lever(name="numbers", reason=("missing_number",)),
    )
    with pytest.raises(
        ParameterError, match=r"scans and labels contradict .*no_scan\) they move 1"
    ):
        window(tally, *pulled)


def test_levers_contradict_only_on_packages_that_there_are():
    """Two levers whose selections overlap on paper, but in no cell of the tally."""
    tally = cells({"category": "Shoes", "reason": "no_scan"}, {"category": "Toys"})
    row = window(tally, Lever(name="a", category=("Toys",)), Lever(name="b", reason=("no_scan",)))
    assert row["moved"] == 1


def test_shares_that_add_up_to_one_are_no_contradiction():
    """0.2 + 0.4 + 0.3 + 0.1 is a trifle above 1 in binary fractions."""
    pulled = [Lever(name=str(share), share=share) for share in (0.2, 0.4, 0.3, 0.1)]
    assert window(some(no_scan=10), *pulled)["moved"] == pytest.approx(10)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, ""),
        ({"category": ("Shoe",)}, "No category is called Shoe (did you mean Shoes?)."),
        (
            {"category": ("Shoes", "Sheos")},
            "No category is called Sheos (did you mean Shoes?).",
        ),
        ({"carrier_id": ("fedex",)}, "No carrier_id is called fedex."),
        (
            {"ship_method": ("UPS Gruond",)},
            "No ship_method is called UPS Gruond (did you mean UPS Ground?).",
        ),
        (
            {"category": ("Toys",), "reason": ("no_scan",)},
            "It selects nothing; it would select 5 without its category.",
        ),
        ({"reason": ("malformed",)}, "It selects nothing; it would select 5 without its reason."),
        (
            {"start": AS_OF},
            "It selects nothing; it would select 5 without its start.",
        ),
    ],
)
def test_a_lever_that_selects_nothing_says_so_and_what_would_match(fields, said):
    """Names that the tally does not have, and conditions that rule each other out."""
    tally = cells({"reason": "no_scan", "packages": 5}, {"category": "Toys"})
    table = reach(tally, Scenario("s", (Lever(name="x", **fields),)), as_of=AS_OF)
    assert table["said"].item() == said


def test_a_tally_without_packages_to_move_says_just_that():
    """There is no condition without which the lever would select any."""
    table = reach(some(valid=5), Scenario("s", (Lever(name="x"),)), as_of=AS_OF)
    assert table.row(0) == ("x", 0, 0.0, 0.0, 0.0, "It selects nothing.")


def test_reach_sums_the_enforced_windows_and_adds_the_fixed_cost_once():
    """Of 10 selected half are moved at 2 each, and 100 once; nothing where nothing is moved."""
    tally = cells(
        {"reason": "no_scan", "packages": 6},
        {"category": "Toys", "reason": "no_scan", "packages": 4},
    )
    lever = Lever(name="x", share=0.5, scanned=0.8, cost=2, fixed_cost=100)
    none = Lever(name="none", share=0.0, fixed_cost=100, reason=("malformed",))
    table = reach(tally, Scenario("s", (lever, none)), as_of=AS_OF)
    assert table.rows()[0] == ("x", 10, 5.0, 4.0, 110.0, "")
    assert table.rows()[1][:5] == ("none", 0, 0.0, 0.0, 0.0)


def test_a_roll_up_serves_levers_that_ask_for_no_more_than_it_has():
    """Else the column that it lacks is named."""
    view = rollup(some(valid=90, no_scan=10))
    assert window(view, Lever(name="x", reason=("no_scan",)))["valid_after"] == 100
    with pytest.raises(TallyError, match="lever x goes by carrier_id, which the tally does not"):
        window(view, Lever(name="x", carrier_id=("ups",)))
    with pytest.raises(TallyError, match="lever x has a start; the tally has no ship_date"):
        window(view, Lever(name="x", start=AS_OF))


# --- tables ----------------------------------------------------------------------------------


@given(rows=shops.tallied(), one=shops.levers("one"), two=shops.levers("two"))
def test_the_moves_add_up_to_the_difference_that_a_scenario_makes(rows, one, two):
    """By lever and reason, for every category and window."""
    scenario = Scenario("s", tuple(replace(x, share=x.share / 2) for x in (one, two)))
    tally, by = cells(*rows), ("category",)
    table = apply(tally, scenario, as_of=AS_OF, by=by)
    steps = moves(tally, scenario, as_of=AS_OF, by=by)
    summed = steps.group_by(*by, "days").agg(pl.col("moved", "made_valid", "cost").sum())
    told = table.join(summed, on=[*by, "days"], how="left", suffix="_steps").fill_null(0)
    for row in told.iter_rows(named=True):
        assert row["moved"] == pytest.approx(row["moved_steps"], abs=1e-9)
        assert row["cost"] == pytest.approx(row["cost_steps"], abs=1e-9)
        assert row["valid_after"] - row["valid"] == pytest.approx(row["made_valid"], abs=1e-9)


def test_moves_are_by_lever_in_the_order_of_the_scenario_and_by_reason():
    """A row for each reason of which a lever selects packages, moved or not."""
    levers = (
        Lever(name="z", share=0.5, cost=2),
        Lever(name="a", share=0.0, reason=("no_scan",)),
    )
    told = moves(some(valid=9, no_scan=4, missing_number=2), Scenario("s", levers), as_of=AS_OF)
    rows = told.filter(days=7).select("lever", "reason", "selected", "moved", "made_valid", "cost")
    assert rows.rows() == [
        ("z", "missing_number", 2, 1.0, 1.0, 2.0),
        ("z", "no_scan", 4, 2.0, 2.0, 4.0),
        ("a", "no_scan", 4, 0.0, 0.0, 0.0),
    ]
    assert moves(some(valid=9), Scenario("none"), as_of=AS_OF).is_empty()


@given(rows=shops.tallied(), lever=shops.levers())
def test_a_point_of_the_curve_is_the_scenario_of_that_share(rows, lever):
    """The curve is `apply` at every share, in the order of groups, windows and shares."""
    tally, by = cells(*rows), ("category",)
    curve = adoption_curve(tally, lever, steps=4, as_of=AS_OF, by=by)
    assert curve.select(*by, "days", "share").equals(
        curve.select(*by, "days", "share").sort(pl.all())
    )
    for step in range(5):
        part = replace(lever, share=step / 4)
        whole = apply(tally, Scenario("s", (part,)), as_of=AS_OF, by=by)
        point = curve.filter(share=step / 4).drop("share")
        assert_frame_equal(point, whole, abs_tol=1e-9)


def test_a_curve_of_no_steps_is_refused():
    """It would have no second point."""
    with pytest.raises(ParameterError, match="steps 0: give 1 or more"):
        adoption_curve(some(valid=1), Lever(name="x"), steps=0, as_of=AS_OF)


# --- the board -------------------------------------------------------------------------------


@given(rows=shops.tallied(), tried=st.lists(shops.levers(), min_size=2, max_size=3))
def test_a_board_answers_every_scenario_as_its_tally_does(rows, tried):
    """However often it is asked, and in whatever order."""
    tally = cells(*rows)
    board = prepare(tally, as_of=AS_OF, by=("category",))
    for lever in [*tried, *tried]:
        scenario = Scenario("s", (lever,))
        fresh = apply(tally, scenario, as_of=AS_OF, by=("category",))
        assert apply(board, scenario).equals(fresh)


def test_a_board_tells_selections_apart_that_differ_in_what_they_may_move():
    """The same names, with valid packages and without them."""
    board = prepare(some(valid=98, no_scan=2), as_of=AS_OF, by=())
    for moves_all, moved in ((False, 2), (True, 100), (False, 2)):
        lever = Lever(name="x", category=("Shoes",), moves_all=moves_all)
        assert set(apply(board, Scenario("s", (lever,)))["moved"]) == {moved}


def test_a_board_keeps_its_windows():
    """They were settled when it was prepared; a tally needs a day to be read on."""
    board = prepare(some(valid=1), as_of=AS_OF)
    with pytest.raises(ParameterError, match="as_of was settled when the board was prepared"):
        apply(board, Scenario("s"), as_of=AS_OF)
    with pytest.raises(ParameterError, match="give as_of, the day on which the metric is read"):
        apply(some(valid=1), Scenario("s"))


@pytest.mark.parametrize(
    ("tally", "as_of"),
    [
        (cells(), AS_OF),
        (some(valid=1, no_scan=1), AS_OF - timedelta(days=999)),
        (some(valid=1, no_scan=1), AS_OF + timedelta(days=999)),
        (cells({"promised_date": None, "reason": "no_scan"}), AS_OF),
    ],
)
def test_nothing_in_the_windows_is_a_clear_empty_answer(tally, as_of):
    """Empty tallies, days outside the data, packages without a promised day."""
    scenario = Scenario("s", (Lever(name="x"),))
    table = apply(tally, scenario, as_of=as_of)
    assert table["counted_after"].sum() == 0
    assert table["vtr_after"].null_count() == table.height
    assert set(table["status_after"]) <= {"NONE"}
    assert moves(tally, scenario, as_of=as_of).is_empty()
    assert adoption_curve(tally, scenario.levers[0], as_of=as_of)["moved"].sum() == 0


def test_the_order_of_the_tallys_rows_changes_no_bit():
    """Cells are summed as whole numbers before any share multiplies them."""
    days = [WINDOW_END - timedelta(days=n) for n in range(30)]
    tally = cells(
        *(
            {"promised_date": d, "ship_date": d, "reason": "no_scan", "packages": n + 1}
            for n, d in enumerate(days)
        )
    )
    lever = Lever(name="x", share=0.3, scanned=0.7, start=days[20], ramp_days=7)
    one, two = (window(t, lever) for t in (tally, tally.reverse()))
    assert one == two
