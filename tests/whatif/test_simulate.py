"""Scenarios looking forward: what is locked in stays, what is to come follows the levers."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.shops import cells, some
from vtrkit import Lever, Scenario, Target, chance, first_day, recovery_date, rollup, simulate
from vtrkit.errors import ParameterError, TallyError
from vtrkit.forecast.outlook import outlook
from vtrkit.whatif.looking_ahead import look_ahead

AS_OF = date(2026, 2, 1)
LAG, WINDOW, LEAD = 10, 30, 3
BY = ("marketplace", "category")
NONE = Scenario("as it is")


def steady(days=150, lead=LEAD, delivered=True, **reasons):
    """The same packages shipped every day up to the as-of day, promised so many days later."""
    rows = [
        {
            "ship_date": ship,
            "promised_date": ship + timedelta(days=lead),
            "reason": reason,
            "packages": n,
        }
        for ship in (AS_OF - timedelta(days=n) for n in range(days))
        for reason, n in reasons.items()
    ]
    tally = cells(*rows)
    arrived = pl.col("packages") if delivered else pl.lit(0, pl.Int64)
    wrong = pl.col("reason").is_in(["malformed", "wrong_carrier"])
    left = pl.when(wrong).then(pl.col("packages") - arrived).otherwise(0)
    return tally.with_columns(delivered=arrived, correctable=left)


SHOP = steady(valid=180, malformed=12, wrong_carrier=8)


def told(tally, *levers, **asked):
    """The rows of the only group, by day."""
    return simulate(tally, Scenario("tried", levers), **({"as_of": AS_OF, "by": BY} | asked))


@st.composite
def levers(draw, **fixed):
    """A lever on the steady shop."""
    drawn = {
        "share": draw(st.integers(0, 100)) / 100,
        "scanned": draw(st.integers(0, 100)) / 100,
        "reason": draw(st.sampled_from([(), ("malformed",), ("wrong_carrier",), ("no_scan",)])),
        "start": draw(st.none() | st.integers(1, 40).map(lambda n: AS_OF + timedelta(days=n))),
        "ramp_days": draw(st.integers(1, 30)),
        "retroactive": draw(st.booleans()),
    }
    return Lever(name="lever", **(drawn | fixed))


# --- what does not move ----------------------------------------------------------------------


def test_the_empty_scenario_gives_the_outlook():
    """To the last bit, under any name; so does a lever with share 0."""
    want = outlook(SHOP, as_of=AS_OF, by=BY)
    for pulled in ((), (Lever(name="x", share=0.0),)):
        got = simulate(SHOP, Scenario("none", pulled), as_of=AS_OF, by=BY)
        assert got["scenario"].unique().to_list() == ["none"]
        assert got.drop("scenario").equals(want)


@given(lever=levers(retroactive=False))
def test_what_is_locked_in_does_not_move_with_levers_that_start_tomorrow_or_later(lever):
    """Its packages have left the building."""
    past = pl.col("part") != "projected"
    before, after = (told(SHOP, *pulled).filter(past) for pulled in ((), (lever,)))
    assert before.height == 1 + LAG
    assert after.equals(before)


@given(lever=levers(), delivered=st.booleans())
def test_nothing_gets_worse_and_days_gone_by_stay(lever, delivered):
    """Levers on defects only ever lift the rate of a day to come."""
    tally = steady(valid=180, malformed=12, wrong_carrier=8, delivered=delivered)
    before, after = told(tally), told(tally, lever)
    assert (after["vtr"] - before["vtr"]).min() >= -1e-12
    assert after.row(0) == before.row(0)
    assert (after["chance"] - before["chance"]).min() >= -1e-9


@given(lever=levers(), part=st.integers(0, 100))
def test_two_additive_halves_of_a_lever_equal_the_whole_looking_forward(lever, part):
    """Shares are of the packages before the scenario."""
    parts = (
        replace(lever, share=lever.share * part / 100),
        replace(lever, name="other", share=lever.share * (100 - part) / 100),
    )
    whole, halves = told(SHOP, lever), told(SHOP, *parts)
    for name in ("valid", "counted", "vtr", "chance"):
        assert halves[name].to_list() == pytest.approx(whole[name].to_list(), abs=1e-9)


# --- what moves ------------------------------------------------------------------------------


def fixed_by_hand(day, start, ramp_days, lead):
    """The mean reach of a lever over the promised days of the window read on a day."""
    end = day - timedelta(days=LAG)
    shipped = [end - timedelta(days=n + lead) for n in range(WINDOW)]
    reached = [min(1, max(0, ((s - start).days + 1) / ramp_days)) for s in shipped]
    return sum(reached) / WINDOW


@pytest.mark.parametrize(("lead", "after", "ramp_days"), [(3, 1, 1), (0, 1, 10), (7, 12, 5)])
def test_the_projected_rate_is_that_of_the_packages_shipped_from_the_start_on(
    lead, after, ramp_days
):
    """In a steady shop, day by day, by hand: lag, window, lead time and ramp."""
    start = AS_OF + timedelta(days=after)
    tally = steady(lead=lead, valid=900, malformed=60, wrong_carrier=40)
    lever = Lever(
        name="x", share=0.8, scanned=0.9, reason=("malformed",), start=start, ramp_days=ramp_days
    )
    before, table = told(tally), told(tally, lever)
    for base, row in zip(before.to_dicts(), table.to_dicts(), strict=True):
        lifted = 0.06 * 0.8 * 0.9 * fixed_by_hand(row["day"], start, ramp_days, lead)
        assert row["vtr"] - base["vtr"] == pytest.approx(lifted, abs=0.001), row["day"]


def test_of_a_promised_day_only_what_is_still_to_be_shipped_is_reached():
    """Half of a day's packages leave three days before it, half four: those left are all moved."""
    rows = [
        {
            "ship_date": AS_OF - timedelta(days=n),
            "promised_date": AS_OF - timedelta(days=n - lead),
            "reason": reason,
            "packages": 10,
        }
        for n in range(150)
        for lead in (3, 4)
        for reason in ("valid", "malformed")
    ]
    prospect = look_ahead(cells(*rows), as_of=AS_OF, by=BY)
    lever = Lever(name="x", start=AS_OF + timedelta(days=2))
    for pulled, reached in ((Lever(name="x"), [0, 0, 1, 1, 1]), (lever, [0, 0, 0, 0.5, 1])):
        _, rescued, moved = prospect.effect(Scenario("s", (pulled,)))
        first = (AS_OF - prospect.forecast.grid.first).days + 2
        assert rescued[0, 0, first : first + 5].tolist() == pytest.approx(reached)
        assert not moved.any()


DAYS = range(150)


def of_days(*counts):
    """What is foreseen of the packages of each of `DAYS` by reason, the as-of day's first."""
    rows = [
        dict.fromkeys(("ship_date", "promised_date"), AS_OF - timedelta(days=n))
        | {"reason": reason, "packages": packages}
        for n, day in zip(DAYS, counts, strict=True)
        for reason, packages in day.items()
    ]
    return look_ahead(cells(*rows), as_of=AS_OF, by=BY)


def test_what_is_to_come_fails_as_the_last_eight_weeks_did():
    """Five weeks of one defect and three of another, and nothing of what was before."""
    failing = ["malformed" if n < 21 else "wrong_carrier" if n < 56 else "no_scan" for n in DAYS]
    prospect = of_days(*({"valid": 90, reason: 10} for reason in failing))
    for reason, share in (("malformed", 3 / 8), ("wrong_carrier", 5 / 8), ("no_scan", 0)):
        _, rescued, _ = prospect.effect(Scenario("s", (Lever(name="x", reason=(reason,)),)))
        assert rescued[0, 0, -1] == pytest.approx(share)


def test_a_lever_helps_what_fails_as_it_selects_and_nothing_of_what_is_not_known():
    """Four in ten are unverified: with every number entered, none of the others fails."""
    prospect = of_days(*[{"valid": 50, "missing_number": 10, "unverified": 40}] * len(DAYS))
    numbers = Lever(name="numbers", reason=("missing_number",))
    tracking = Lever(name="tracking", reason=("unverified",))
    for lever, rate, unknown in ((numbers, 1, 0.4), (tracking, 0.9, 0), (None, 5 / 6, 0.4)):
        days = simulate(prospect, Scenario("s", (lever,) if lever else ()))
        last = days.row(-1, named=True)
        assert last["vtr"] == pytest.approx(rate, abs=0.005)
        assert last["unknown"] / last["counted"] == pytest.approx(unknown, abs=0.001)


def test_a_lever_of_another_category_lifts_nothing_here():
    """Each group's defects to come are of its own recent kinds."""
    rows = [
        {
            "category": category,
            "ship_date": AS_OF - timedelta(days=n),
            "promised_date": AS_OF - timedelta(days=n - LEAD),
            "reason": reason,
            "packages": count,
        }
        for n in range(150)
        for category, bad in (("Shoes", "malformed"), ("Toys", "wrong_carrier"))
        for reason, count in (("valid", 90), (bad, 10))
    ]
    last = pl.col("day") == AS_OF + timedelta(days=60)
    base, shoes, kind = (
        told(cells(*rows), *pulled).filter(last)["vtr"].to_list()
        for pulled in (
            (),
            (Lever(name="x", category=("Shoes",)),),
            (Lever(name="x", reason=("malformed",)),),
        )
    )
    assert shoes == kind == [pytest.approx(1.0), base[1]]
    assert base[1] == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(("back", "ramp_days", "reached"), [(0, 1, 1), (0, 4, 0.25), (2, 4, 0.75)])
def test_a_retroactive_lever_moves_what_is_locked_in_by_what_can_be_corrected(
    back, ramp_days, reached
):
    """Up to three days after the promised one, as far as its ramp is tomorrow, within the range."""
    lever = Lever(
        name="x",
        share=0.5,
        reason=("wrong_carrier",),
        start=AS_OF + timedelta(days=1 - back) if back else None,
        ramp_days=ramp_days,
        retroactive=True,
    )
    locked = pl.col("part") == "locked in"
    open_ = steady(valid=180, malformed=12, wrong_carrier=8, delivered=False)
    before, after = (told(open_, *pulled).filter(locked) for pulled in ((), (lever,)))
    days_open = [max(0, n - 6) for n in range(1, 1 + LAG)]
    gained = [pytest.approx(n * 8 * 0.5 * reached) for n in days_open]
    assert (after["valid"] - before["valid"]).to_list() == gained
    assert (after["vtr"] <= before["vtr_high"] + 1e-12).all()
    closed = told(SHOP, lever).filter(locked)
    assert closed.equals(told(SHOP).filter(locked))


def test_a_lever_of_corrections_alone_changes_what_is_on_its_way_and_nothing_later():
    """As many packages as a retroactive one moves on locked-in days, and in the end none."""
    whole = Lever(name="x", reason="wrong_carrier", retroactive=True)
    alone = replace(whole, later=False)
    open_ = steady(valid=180, malformed=12, wrong_carrier=8, delivered=False)
    locked = pl.col("part") == "locked in"
    assert told(open_, alone).filter(locked).equals(told(open_, whole).filter(locked))
    assert the_end(open_, alone) == the_end(open_)
    assert the_end(open_, whole)["vtr"] > the_end(open_)["vtr"]


def the_end(tally, *levers):
    """The last row of the outlook, when all packages of its window are still to be shipped."""
    return told(tally, *levers).row(-1, named=True)


@pytest.mark.parametrize("reason", [(), ("valid",), ("malformed", "valid")])
def test_a_lever_that_moves_valid_packages_gives_them_its_own_rate_of_scans(reason):
    """All packages to a carrier that scans 97 %: more than were valid of some, fewer of others."""
    tally = steady(valid=900, malformed=60, wrong_carrier=40)
    lever = Lever(name="x", moves_all=True, reason=reason, scanned=0.97)
    before, after = the_end(tally), the_end(tally, lever)
    moved = {"valid": 900, "malformed": 60, "wrong_carrier": 40}
    of = {name: n for name, n in moved.items() if not reason or name in reason}
    gained = 0.97 * sum(of.values()) - of["valid"]
    assert after["vtr"] - before["vtr"] == pytest.approx(gained / 1000, abs=0.001)
    assert after["counted"] == pytest.approx(before["counted"])
    half = the_end(tally, replace(lever, share=0.5))
    assert half["vtr"] == pytest.approx((before["vtr"] + after["vtr"]) / 2, abs=1e-4)
    parts = (replace(lever, share=0.3), replace(lever, name="other", share=0.2))
    assert the_end(tally, *parts)["vtr"] == pytest.approx(half["vtr"])


def test_exempt_packages_that_are_moved_join_those_to_come():
    """Every second package is a letter that becomes a parcel, of which 80 % are scanned."""
    tally = steady(valid=900, malformed=100, exempt_value=500, cancelled=300)
    lever = Lever(name="x", moves_all=True, reason=("exempt_value",), scanned=0.8)
    before, after = the_end(tally), the_end(tally, lever)
    assert after["counted"] == pytest.approx(1.5 * before["counted"])
    assert after["vtr"] == pytest.approx((900 + 400) / 1500, abs=0.001)
    assert after["unknown"] == before["unknown"] == 0


def test_the_range_allows_for_the_defects_that_a_lever_adds():
    """They come by chance: the range below the expected rate widens, and stays around it."""
    tally = steady(valid=995, malformed=5)
    lever = Lever(name="x", moves_all=True, scanned=0.95)
    before, after = the_end(tally), the_end(tally, lever)
    assert after["vtr_low"] < after["vtr"] < after["vtr_high"]
    assert after["vtr"] - after["vtr_low"] > before["vtr"] - before["vtr_low"]


@pytest.mark.parametrize("after", [3, 10])
def test_a_retroactive_lever_that_starts_later_reaches_what_can_be_corrected_then(after):
    """Whatever was promised three days before its start is delivered; shipped now or not yet."""
    open_ = steady(valid=180, malformed=12, wrong_carrier=8, lead=5, delivered=False)
    lever = Lever(name="x", reason=("wrong_carrier",), start=AS_OF + timedelta(days=after))
    base, usual, early = (
        told(open_, *pulled)["valid"]
        for pulled in ((), (lever,), (replace(lever, retroactive=True),))
    )
    lifted, gained = ([round(x) for x in table - base] for table in (usual, early))
    # shipped on the start, promised 5 days later; a median takes whole steps, and may skip 8
    assert next(n for n, more in enumerate(lifted) if more) == after + 5 + LAG
    first = after + LAG - 3  # promised three days before the start
    assert gained.index(8) == first
    assert not any(gained[:first])


def test_a_prospect_answers_every_scenario_as_its_tally_does():
    """However often it is asked, and in whatever order."""
    prospect = look_ahead(SHOP, as_of=AS_OF, by=BY)
    tried = [
        Lever(name="a", share=0.5),
        Lever(name="a", share=0.2),
        Lever(name="b", reason=("malformed",)),
    ]
    for lever in [*tried, *tried]:
        scenario = Scenario("s", (lever,))
        fresh = simulate(SHOP, scenario, as_of=AS_OF, by=BY)
        assert simulate(prospect, scenario).equals(fresh)


def test_each_target_has_rows_of_its_own():
    """The rate is the same, the chance of being on target is not."""
    table = told(SHOP, targets=[Target(85), Target(98, "greater_than")])
    easy, hard = (table.filter(target_bp=bp) for bp in (8500, 9800))
    assert easy["vtr"].equals(hard["vtr"])
    assert (easy["chance"].min(), hard["chance"].max()) == (
        pytest.approx(1, abs=0.02),
        pytest.approx(0, abs=0.02),
    )
    assert hard["condition"].unique().to_list() == ["greater_than"]


# --- what is refused -------------------------------------------------------------------------


def test_what_cannot_be_foreseen_is_refused():
    """Contradictions, valid packages moved, no ship day, no as-of day, a horizon set twice."""
    both = (Lever(name="a", share=0.6), Lever(name="b", share=0.6))
    with pytest.raises(ParameterError, match="a and b contradict each other"):
        told(SHOP, *both)
    with pytest.raises(TallyError, match="levers act on ship days; the tally has no ship_date"):
        told(rollup(SHOP))
    with pytest.raises(ParameterError, match="give as_of, the day on which the metric is read"):
        simulate(SHOP, NONE)
    with pytest.raises(ParameterError, match="as_of was settled when looking ahead"):
        simulate(look_ahead(SHOP, as_of=AS_OF, by=BY), NONE, as_of=AS_OF)
    with pytest.raises(ParameterError, match=r"probability 1\.0: give more than 0 and less than 1"):
        first_day(told(SHOP), probability=1)
    with pytest.raises(
        ParameterError, match="2030-01-01 is not foreseen; give a day from 2026-02-01"
    ):
        chance(told(SHOP), date(2030, 1, 1))


# --- the days that matter --------------------------------------------------------------------

_CHANCES = st.lists(st.none() | st.sampled_from([0.0, 0.3, 0.5, 0.79, 0.8, 0.95, 1.0]), max_size=8)


@given(chances=st.lists(_CHANCES, min_size=1, max_size=3))
def test_first_day_and_recovery_are_those_found_by_walking_along_the_days(chances):
    """The first day on target; the day from which no later one is off it."""
    rows = [
        {"category": f"c{i}", "day": AS_OF + timedelta(days=n), "chance": value}
        for i, each in enumerate(chances)
        for n, value in enumerate(each)
    ]
    schema = {"category": pl.String, "day": pl.Date, "chance": pl.Float64}
    table = pl.DataFrame(rows, schema=schema).with_columns(
        target_bp=9500, condition=pl.lit("at_least"), part=pl.lit("projected")
    )
    first = {r["category"]: r["first_day"] for r in first_day(table, probability=0.8).to_dicts()}
    back = {r["category"]: r for r in recovery_date(table).to_dicts()}
    for i, each in enumerate(chances):
        if not each:
            continue
        days = [(AS_OF + timedelta(days=n), c) for n, c in enumerate(each) if c is not None]
        assert first[f"c{i}"] == next((day for day, c in days if c >= 0.8), None)
        for name, level in (("", 0.5), ("_80", 0.8), ("_95", 0.95)):
            stays = [day for day, _ in days if all(c >= level for d, c in days if d >= day)]
            assert back[f"c{i}"][f"recovery_date{name}"] == min(stays, default=None)


def test_recovery_after_all_defects_end_is_when_enough_of_them_have_left_the_window():
    """At 90 %, half of the window's defects must be gone for 95 %: 15 days of 30 promised after."""
    tally = steady(valid=900, malformed=100)
    table = told(tally, Lever(name="x"))
    found = recovery_date(table).row(0, named=True)
    by_hand = AS_OF + timedelta(days=1 + LEAD + LAG + 14)
    assert abs((found["recovery_date"] - by_hand).days) <= 1
    assert by_hand <= found["recovery_date_80"] <= found["recovery_date_95"]
    assert first_day(table)["first_day"].item() == found["recovery_date"]
    assert recovery_date(told(tally))["recovery_date"].item() is None


def test_the_chance_on_a_day_stands_beside_its_counts():
    """The row of the outlook, whole."""
    table = told(SHOP, Lever(name="x"))
    row = chance(table, AS_OF + timedelta(days=60)).row(0, named=True)
    assert row["chance"] > 0.99
    assert row["counted"] > 0


def test_a_tally_of_one_day_is_answered():
    """Whole rows for every day and target; rates only where something is counted, never NaN."""
    targets = [Target.of_bp(1), Target(100)]
    table = told(some(valid=90, no_scan=10), Lever(name="x"), targets=targets)
    assert table.height == 2 * 61
    for name in ("counted", "valid", "vtr", "vtr_low", "vtr_high", "chance"):
        assert not table[name].is_nan().any(), name
    assert table.filter(pl.col("vtr").is_not_null(), pl.col("counted") == 0).is_empty()
    assert recovery_date(table).height == 2


@pytest.mark.parametrize("as_of", [AS_OF - timedelta(days=400), AS_OF + timedelta(days=400)])
def test_a_day_outside_the_data_is_refused(as_of):
    """Nothing is foreseen from where nothing is known."""
    with pytest.raises(ParameterError, match="the data hold packages promised from"):
        told(some(valid=90, no_scan=10), as_of=as_of)


def test_an_empty_tally_foresees_nothing():
    """No group, no row; no row, no day."""
    table = told(cells())
    assert table.is_empty()
    assert recovery_date(table).is_empty()
    assert chance(table, AS_OF).is_empty()
