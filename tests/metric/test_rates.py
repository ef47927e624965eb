"""Rates are exact in whole packages, and equal a slow plain-Python oracle everywhere."""

import math
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import product

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import oracle
from tests.made import examples
from vtrkit import Target, classify, rates, tally, vtr
from vtrkit.errors import ParameterError, TallyError
from vtrkit.metric.spans import alike
from vtrkit.metric.tally import rollup
from vtrkit.metric.windows import Question
from vtrkit.rules.policies import Policy, Rules, shipped_rules
from vtrkit.rules.policy_files import Clause
from vtrkit.schema import CATEGORY, GROUP, GROUPS, PACKAGES, UNNAMED_MARKETPLACE

AS_OF = date(2026, 2, 1)
LAST_DAY = AS_OF - timedelta(days=10)  # the window's end under the default rule's lag
DATA_FROM = AS_OF - timedelta(days=130)
UPS_NUMBER = "1Z999AA10123456784"


def some(valid=0, defect=0, unknown=0, promised=LAST_DAY, **fields):
    """So many packages of each outcome, promised on one day."""
    scans = [1] * valid + [0] * defect + [None] * unknown
    return pl.DataFrame(
        {
            "order_id": [f"{promised}{n}" for n in range(len(scans))],
            "ship_date": [DATA_FROM] * len(scans),
            "promised_date": [promised] * len(scans),
            "scans": scans,
            **{name: [value] * len(scans) for name, value in fields.items()},
        },
        schema_overrides={"scans": pl.Int32, "promised_date": pl.Date, "ship_date": pl.Date},
    )


def old(**fields):
    """One valid package before every window, so that the data reach the windows' first day."""
    return some(valid=1, promised=DATA_FROM, **fields)


def window(packages, days=30, **arguments):
    """The one row of a window over everything."""
    told = {"as_of": AS_OF, "by": (), **arguments}
    return rates(tally(classify(packages)), **told).filter(days=days).row(0, named=True)


# --- exactness -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "budget_left", "to_fix", "to_add", "status"),
    [("at_least", 0, 0, 0, "GOOD"), ("greater_than", -1, 1, 1, "BAD")],
)
def test_190_of_200_are_on_target_at_95_at_least_and_one_short_above_95(
    condition, budget_left, to_fix, to_add, status
):
    """Exactly 95 % meets "at least" with nothing to spare and fails "greater than" by one."""
    packages = pl.concat([some(valid=190, defect=10), old()])
    row = window(packages, days=7, target=Target(95, condition))
    assert (row["counted"], row["valid"], row["vtr"]) == (200, 190, 0.95)
    assert row["budget"] == (10 if condition == "at_least" else 9)
    found = row["budget_left"], row["to_fix"], row["to_add"], row["status"]
    assert found == (budget_left, to_fix, to_add, status)


def test_no_packages_give_status_none_and_null_never_nan():
    """A group that is empty in a window has zero counts, null rates and no status."""
    row = window(pl.concat([old(), some(valid=1, promised=DATA_FROM)]), days=7)
    nothing = ("vtr", "vtr_low", "vtr_high", "on_time_share")
    room = ("budget", "budget_left", "to_fix", "to_add", "to_fix_best", "to_add_best")
    assert [row[n] for n in (*nothing, *room)] == [None] * 10
    assert (row["counted"], row["status"], row["binding"]) == (0, "NONE", False)


def test_only_exempt_packages_count_as_none():
    """Cancelled packages are no denominator."""
    row = window(pl.concat([old(status="shipped"), some(valid=3, status="cancelled")]), days=7)
    assert (row["counted"], row["vtr"], row["status"]) == (0, None, "NONE")


@pytest.mark.parametrize("days", [7, 30, 90])
def test_a_window_holds_both_its_ends_and_not_the_days_beside_them(days):
    """window_end = as_of - lag, window_start = window_end - days + 1, both inclusive."""
    first = LAST_DAY - timedelta(days=days - 1)
    beside = [first - timedelta(days=1), first, LAST_DAY, LAST_DAY + timedelta(days=1)]
    row = window(pl.concat([some(valid=1, promised=day) for day in beside]), days=days)
    assert (row["window_start"], row["window_end"], row["counted"]) == (first, LAST_DAY, 2)


def test_a_package_leaves_the_window_on_its_promised_day_plus_lag_plus_days():
    """It enters on d + lag and is gone on d + lag + days."""
    cells = tally(classify(some(valid=1)))
    counted = {
        n: rates(cells, as_of=LAST_DAY + timedelta(days=n), by=()).filter(days=7)["counted"].item()
        for n in (9, 10, 16, 17)
    }
    assert counted == {9: 0, 10: 1, 16: 1, 17: 0}


def test_at_100_percent_nothing_can_be_added_for_a_defect():
    """Under "at least 100 %" to_add is 0 without a defect and null with one."""
    spotless = window(some(valid=5), days=7, target=Target(100))
    assert (spotless["budget"], spotless["to_fix"], spotless["to_add"]) == (0, 0, 0)
    one = window(some(valid=5, defect=1), days=7, target=Target(100))
    assert (one["budget_left"], one["to_fix"], one["to_add"]) == (-1, 1, None)


def test_greater_than_100_percent_is_refused():
    """Nothing satisfies it."""
    with pytest.raises(ParameterError, match="nothing is greater than 100 %; use at_least"):
        Target(100, "greater_than")


@pytest.mark.parametrize("bp", [0, -1, 10_001])
def test_a_target_outside_the_possible_is_refused(bp):
    """Basis points run from 1 to 10,000."""
    with pytest.raises(ParameterError, match=f"a target of {bp} basis points: give 1 to 10000"):
        Target.of_bp(bp)
    with pytest.raises(ParameterError, match="condition 'over': give at_least or greater_than"):
        Target(95, "over")


CONDITIONS = ("at_least", "greater_than")
SIZES = [(n, v) for n in (1, 2, 19, 20, 21, 40) for v in range(n + 1) if n < 3 or v > n // 2]


@pytest.mark.parametrize("condition", CONDITIONS)
@pytest.mark.parametrize("bp", [5000, 9500, 9700, 9999, 10_000])
def test_budget_and_headroom_are_what_trying_every_integer_finds(bp, condition):
    """Budget, to_fix and to_add are the extreme whole numbers that still meet the target."""
    if (bp, condition) == (10_000, "greater_than"):
        return
    sizes = pl.concat([some(v, n - v, category=f"{n}/{v}") for n, v in SIZES])
    table = rates(
        tally(classify(sizes)), as_of=AS_OF, by=("category",), target=Target.of_bp(bp, condition)
    )
    rows = {row["category"]: row for row in table.filter(days=7).rows(named=True)}
    assert len(rows) == len(SIZES)
    for n, v in SIZES:
        row = rows[f"{n}/{v}"]

        def ok(valid, counted):
            rate = Fraction(valid, counted)
            goal = Fraction(bp, 10_000)
            return rate > goal if condition == "greater_than" else rate >= goal

        assert row["budget"] == max((d for d in range(n + 1) if ok(n - d, n)), default=-1)
        assert row["to_fix"] == min(k for k in range(n - v + 1) if ok(v + k, n))
        if bp == 10_000:
            continue
        add = row["to_add"]
        assert ok(v + add, n + add)
        assert add == 0 or not ok(v + add - 1, n + add - 1)


@pytest.mark.parametrize(
    ("valid", "defect", "unknown", "status"),
    [
        (90, 6, 4, "BAD"),  # 94 % at best
        (90, 5, 5, "UNDECIDED"),  # 90 % to 95 %
        (95, 0, 5, "GOOD"),  # 95 % at worst
        (20, 0, 0, "GOOD"),
    ],
)
def test_status_follows_the_bounds(valid, defect, unknown, status):
    """BAD when the upper bound misses, UNDECIDED when only the lower one does."""
    row = window(pl.concat([old(), some(valid, defect, unknown)]), days=7)
    n = valid + defect + unknown
    assert row["status"] == status
    assert (row["vtr_low"], row["vtr_high"]) == (valid / n, (valid + unknown) / n)
    assert row["vtr"] == valid / (valid + defect)


def test_a_window_with_less_room_than_a_usual_weeks_defects_is_at_risk():
    """On the enforced window only: 30 days under the default rule, not 7 or 90."""
    weeks = [LAST_DAY - timedelta(days=7 * n) for n in range(8)]
    packages = pl.concat([old(), *(some(valid=97, defect=3, promised=day) for day in weeks)])
    found = {d: window(packages, days=d)["status"] for d in (7, 30, 90)}
    assert found == {7: "GOOD", 30: "GOOD", 90: "GOOD"}  # 500 in 30 days: room for 25, 15 used
    thin = pl.concat([packages, some(defect=8, promised=LAST_DAY - timedelta(days=1))])
    assert window(thin)["budget_left"] == 2  # 508: room for 25, 23 used; 32 in 8 weeks: 4 a week
    found = {d: window(thin, days=d)["status"] for d in (7, 30, 90)}
    assert found == {7: "BAD", 30: "AT_RISK", 90: "GOOD"}


def test_a_usual_week_is_the_mean_of_the_last_eight():
    """What went wrong in the ninth week before puts nothing at risk now."""
    weeks = [LAST_DAY - timedelta(days=7 * n + 1) for n in range(8)]
    recent = [old(), *(some(valid=20, defect=1, promised=day) for day in weeks)]
    row = window(pl.concat(recent))
    assert (row["budget_left"], row["status"]) == (0, "GOOD")  # one a week, and one leaves
    first = LAST_DAY - timedelta(days=29)
    recent = [p for p in recent if p["promised_date"][0] != first]
    recent.append(some(valid=20, defect=1, promised=first - timedelta(days=1)))
    row = window(pl.concat(recent))
    assert (row["budget_left"], row["status"]) == (0, "AT_RISK")
    assert row["why"] == "not one more may fail, and in a usual week 1.0 do"
    recent.append(some(valid=20))
    row = window(pl.concat(recent))
    assert (row["budget_left"], row["status"]) == (1, "GOOD")  # 8 in 8 weeks: one a week
    ninth = some(defect=50, promised=LAST_DAY - timedelta(days=56))
    assert window(pl.concat([*recent, ninth]))["status"] == "GOOD"


def test_an_incomplete_window_shows_its_rate_and_no_status():
    """Data that begin inside the window, or end before its end, decide nothing."""
    late = window(some(valid=10), days=7)
    assert (late["vtr"], late["complete"], late["covered_days"], late["status"]) == (
        1.0,
        False,
        1,
        "NONE",
    )
    full = pl.concat([old(), some(valid=10)])
    assert window(full, days=7)["status"] == "GOOD"
    early = window(full, days=7, seen_to=LAST_DAY - timedelta(days=2))
    assert (early["vtr"], early["complete"], early["covered_days"], early["status"]) == (
        1.0,
        False,
        5,
        "NONE",
    )


@pytest.mark.parametrize(("undated", "status"), [(5, "GOOD"), (6, "NONE")])
def test_above_five_percent_undated_there_is_no_status(undated, status):
    """5 of 100 without a promised day still give a status, 6 of 101 do not."""
    packages = pl.concat([old(), some(valid=94), some(valid=undated, promised=None)])
    row = window(packages, days=7)
    assert (row["counted"], row["undated"], row["status"]) == (94, undated, status)


def test_binding_needs_an_enforced_rule_and_a_miss_of_the_enforced_packages():
    """The same miss can hurt in the US and not in Sweden, where the target is a goal."""
    packages = pl.concat(
        [some(defect=3, marketplace=m, promised=day) for m in ("US", "SE") for day in (LAST_DAY,)]
    )
    table = rates(tally(classify(packages)), as_of=AS_OF, by=("marketplace",)).filter(days=30)
    assert dict(table.select("marketplace", "binding").rows()) == {"SE": False, "US": True}
    assert dict(table.select("marketplace", "counted_enforced").rows()) == {"SE": 0, "US": 3}


def test_groups_come_sorted_by_their_names():
    """The same tally gives the same table, whatever the order of its cells."""
    names = ["b", "a", "c", "aa"]
    cells = tally(classify(pl.concat([some(valid=1, category=name) for name in names])))
    table = rates(cells, as_of=AS_OF, by=("category",))
    assert table["category"].cast(pl.String).to_list() == [n for n in sorted(names) for _ in "123"]
    assert table.equals(rates(cells.reverse(), as_of=AS_OF, by=("category",)))


def test_unknown_groups_are_refused_with_the_nearest_name():
    """Rates are grouped by what the design names, nothing else."""
    with pytest.raises(TallyError, match=r"not grouped by categry \(did you mean category\?\)"):
        rates(tally(classify(old())), as_of=AS_OF, by=("categry",))
    with pytest.raises(TallyError, match="the tally has no column category"):
        rates(tally(classify(old()), by=("reason",)), as_of=AS_OF, by=("category",))


@pytest.mark.parametrize("lag", [-1, 100_000])
def test_a_lag_outside_the_possible_is_refused(lag):
    """A window cannot end after the day on which it is read."""
    with pytest.raises(ParameterError, match="lag_days"):
        rates(tally(classify(old())), as_of=AS_OF, lag_days=lag)
    with pytest.raises(ParameterError, match="lag_days"):
        vtr(tally(classify(old())), lag_days=lag)


@pytest.mark.parametrize("by", [(), ("marketplace",), ("account", "category")])
def test_an_empty_tally_has_no_rates(by):
    """No packages, no rows; and no error."""
    nothing = tally(classify(old().clear()))
    assert rates(nothing, as_of=AS_OF, by=by).height == 0
    assert vtr(nothing, by=by).height == 0


# --- against the oracle ----------------------------------------------------------------------

FIRST = date(2026, 1, 1)
days_ = st.integers(0, 24).map(lambda n: FIRST + timedelta(days=n))
maybe_day = st.one_of(st.none(), days_)


@st.composite
def package(draw):
    """One package that step 1's reasons can tell apart."""
    number = draw(st.sampled_from(["", None, UPS_NUMBER]))
    return {
        "account": draw(st.sampled_from(["a", "b"])),
        "marketplace": draw(st.sampled_from(["US", "SE"])),
        "category": draw(st.sampled_from(["Shoes", "Toys", "Shoes", "Toys", "(unknown)"])),
        "carrier": "UPS" if number else draw(st.sampled_from(["UPS", "FedEx"])),
        "ship_method": draw(st.sampled_from(["UPS Ground", "FedEx 2Day", None])),
        "status": draw(st.sampled_from(["shipped"] * 8 + ["cancelled", "unshipped"])),
        "fulfilled_by": draw(st.sampled_from([None, "seller", "seller_prime", "amazon"])),
        "tracking_number": number,
        "tracking_entered_at": draw(maybe_day),
        "ship_by_date": draw(maybe_day),
        "ship_date": draw(days_),
        "promised_date": draw(st.one_of(days_, days_, days_, st.none())),
        "delivered_date": draw(maybe_day),
        "attempted_date": draw(maybe_day),
        "is_delivered": draw(st.sampled_from([None, None, None, True])),
        "tracked_at": draw(maybe_day),
        "scans": draw(st.sampled_from([None, 0, 1, 1, 2])),
        "reported_valid": draw(st.sampled_from([None, None, None, True, False])),
        "reported_at": draw(maybe_day),
    }


TARGETS = st.sampled_from([5000, 9500, 9700, 10_000])


@st.composite
def rule(draw, marketplace, first_day=date.min):
    """A rule with windows of a few days, so that small data fill and overflow them."""
    bp = draw(TARGETS)
    condition = "at_least" if bp == 10_000 else draw(st.sampled_from(CONDITIONS))
    return oracle.Rule(
        marketplace=marketplace,
        target=Fraction(bp, 10_000),
        condition=condition,
        windows=(2, 5, 9),
        enforced_window=draw(st.sampled_from([2, 5, 9])),
        lag=draw(st.integers(0, 3)),
        enforced=draw(st.booleans()),
        counts_prime=draw(st.booleans()),
        disputes=draw(st.sampled_from(["", "FedEx 2Day"])),
        first_day=first_day,
    )


@st.composite
def rulebook(draw):
    """A default rule, and one for the US from some day on."""
    return [draw(rule("US", draw(days_))), draw(rule(None))]


def as_rules(book):
    """The same rules for vtrkit."""
    return Rules(tuple(_as_policy(r, n) for n, r in enumerate(book)))


def _as_policy(r, number) -> Policy:
    return replace(
        shipped_rules().default,
        id=f"rule {number}",
        marketplace=r.marketplace or "",
        target=r.target,
        condition=r.condition,
        windows_days=r.windows,
        window_days=r.enforced_window,
        lag_days=r.lag,
        enforced=r.enforced,
        counts=("seller", "seller_prime") if r.counts_prime else ("seller",),
        exempt=(_disputed(r.disputes),) if r.disputes else (),
        first_day=r.first_day,
        last_day=r.last_day,
    )


def _disputed(service: str) -> Clause:
    return Clause(reason="exempt_service", services=(service,), disputed=True)


def table_of(packages):
    """Packages as vtrkit takes them."""
    rows = [{"order_id": str(n), **p} for n, p in enumerate(packages)]
    schema = {name: PACKAGES[name] for name in rows[0]}
    return pl.DataFrame(rows, schema=schema)


def seen_as(packages):
    """The packages with the carrier id and ship method that a tally has for them."""
    ids = {"UPS": "ups", "FedEx": "fedex"}
    return [
        {**p, "carrier_id": ids[p["carrier"]], "ship_method": p["ship_method"] or "other"}
        for p in packages
    ]


@examples(2)
@given(
    packages=st.lists(package(), min_size=1, max_size=30),
    book=rulebook(),
    by=st.sets(st.sampled_from(GROUPS)).map(lambda chosen: tuple(n for n in GROUPS if n in chosen)),
    as_of=st.integers(0, 35).map(lambda n: FIRST + timedelta(days=n)),
    lag=st.one_of(st.none(), st.integers(0, 6)),
    bp=st.one_of(st.none(), TARGETS),
    seen_to=maybe_day,
)
def test_rates_equal_the_oracle(packages, book, by, as_of, lag, bp, seen_to):
    """Every figure of every group and window, for random packages, rules, days and groups."""
    target = bp and (Fraction(bp, 10_000), "at_least")
    expected = oracle.rates(
        seen_as(packages), book, as_of=as_of, by=by, lag=lag, target=target, seen_to=seen_to
    )
    rules = as_rules(book)
    found = rates(
        tally(classify(table_of(packages), rules)),
        as_of=as_of,
        by=by,
        lag_days=lag,
        target=bp and Target.of_bp(bp),
        seen_to=seen_to,
        rules=rules,
    )
    keyed = {tuple(row[n] for n in (*by, "days")): row for row in found.rows(named=True)}
    assert keyed.keys() == expected.keys()
    for key, figures in expected.items():
        assert {name: keyed[key][name] for name in figures} == figures


@examples(2)
@given(
    packages=st.lists(package(), min_size=1, max_size=30),
    book=rulebook(),
    by=st.sampled_from([CATEGORY, GROUP, ("category",), ()]),
    as_of=st.integers(0, 35).map(lambda n: FIRST + timedelta(days=n)),
    lag=st.one_of(st.none(), st.integers(0, 6)),
    seen_to=maybe_day,
)
def test_days_that_windows_hold_alike_count_as_one(packages, book, by, as_of, lag, seen_to):
    view = rollup(tally(classify(table_of(packages), as_rules(book))))
    asked = Question.of(as_of, by, lag_days=lag, seen_to=seen_to, rules=as_rules(book))
    some = alike(view, asked, ["US", "SE", UNNAMED_MARKETPLACE])
    assert some.height <= view.height
    assert rates(some, as_of=asked).equals(rates(view, as_of=asked))


@given(
    packages=st.lists(package(), min_size=1, max_size=30),
    book=rulebook(),
    by=st.sampled_from([(), ("marketplace",), ("account", "marketplace"), ("category",)]),
    days=st.sampled_from([2, 5, 9]),
    lag=st.one_of(st.none(), st.integers(0, 6)),
)
def test_the_series_equals_the_rates_of_each_of_its_days(packages, book, by, days, lag):
    """vtr() on a day is what rates() says as of that day, and it leaves no such day out."""
    rules = as_rules(book)
    cells = tally(classify(table_of(packages), rules))
    series = vtr(cells, by=by, days=days, lag_days=lag, rules=rules)
    figures = ["window_end", "counted", "valid", "unknown", "vtr", "vtr_low", "vtr_high"]
    figures += ["on_time_judged", "on_time"]
    key = (*by, "as_of", *figures)
    for as_of in series["as_of"].unique():
        rows = rates(cells, as_of=as_of, by=by, lag_days=lag, rules=rules).filter(days=days)
        dated = rows.join(series.filter(as_of=as_of), on=[*by, "as_of"], how="semi")
        told = series.filter(as_of=as_of).select(key).rows()
        assert sorted(told, key=str) == sorted(dated.select(key).rows(), key=str)
    assert set(series["window_end"]) <= _full_days(packages, days)
    if lag is not None:
        assert set(series["window_end"]) == _full_days(packages, days)


def _full_days(packages, days):
    """The days on which a window ends that the data's calendar holds in full."""
    dated = [p["promised_date"] for p in packages if p["promised_date"]]
    if not dated:
        return set()
    span = (max(dated) - min(dated)).days + 1
    return {min(dated) + timedelta(days=n) for n in range(days - 1, span)}


def test_the_series_keeps_each_days_own_lag():
    """Where a rule shortens its lag, the windows of the days after it end later."""
    strict = _as_policy(
        oracle.Rule("US", Fraction(19, 20), "at_least", (2,), 2, 1, True, True, date(2026, 1, 10)),
        0,
    )
    usual = _as_policy(oracle.Rule(None, Fraction(19, 20), "at_least", (2,), 2, 4, False, True), 1)
    rules = Rules((strict, usual))
    days = [FIRST + timedelta(days=n) for n in range(12)]
    packages = pl.concat([some(valid=1, promised=d, marketplace="US") for d in days])
    series = vtr(tally(classify(packages, rules)), by=(), days=2, rules=rules)
    lags = {
        row["as_of"]: (row["as_of"] - row["window_end"]).days for row in series.rows(named=True)
    }
    assert lags == {
        FIRST + timedelta(days=n): 4 if n < 9 else 1 for n in (*range(5, 9), *range(9, 13))
    }


def test_rates_of_random_counts_are_never_nan_and_inside_their_bounds():
    """0 <= vtr_low <= vtr <= vtr_high <= 1 wherever something is counted."""
    sizes = list(product((0, 1, 7), repeat=3))
    packages = pl.concat(
        [old(), *(some(*n, category=str(n)) for n in sizes if any(n))], how="diagonal"
    )
    table = rates(tally(classify(packages)), as_of=AS_OF, by=("category",)).filter(days=7)
    for row in table.filter(pl.col("counted") > 0).rows(named=True):
        assert 0 <= row["vtr_low"] <= row["vtr_high"] <= 1
        if row["vtr"] is not None:
            assert row["vtr_low"] <= row["vtr"] <= row["vtr_high"]
            assert not math.isnan(row["vtr"])


# what may or may not count ------------------------------------------------------------------------


BORDER = {"marketplace": "DE", "origin": "DE", "ship_method": "Paket", "goods_value": 30.0}
BORDER |= {"currency": "EUR", "carrier": "DHL"}


@pytest.mark.parametrize("disputed_valid", [0, 3, 10])
@pytest.mark.parametrize("disputed_defects", [0, 2, 9])
@pytest.mark.parametrize("unverified", [0, 4])
def test_the_bounds_hold_the_rate_whichever_disputed_packages_count(
    disputed_valid: int, disputed_defects: int, unverified: int
) -> None:
    """90 of 95 domestic packages are valid; those to Belgium count by one page alone."""
    home, belgium = BORDER | {"destination": "DE"}, BORDER | {"destination": "BE"}
    table = pl.concat(
        [
            some(valid=90, defect=5, unknown=unverified, **home),
            some(valid=disputed_valid, defect=disputed_defects, **belgium),
        ]
    )
    row = rates(tally(classify(table)), as_of=AS_OF, by=()).filter(days=30).row(0, named=True)
    assert row["disputed_packages"] == disputed_valid + disputed_defects
    assert (row["counted"], row["valid"], row["unknown"]) == (95 + unverified, 90, unverified)
    possible = [
        (90 + held + valid) / (95 + unverified + valid + defects)
        for valid in (0, disputed_valid)
        for defects in (0, disputed_defects)
        for held in (0, unverified)
    ]
    assert (row["vtr_low"], row["vtr_high"]) == (min(possible), max(possible))


def test_disputed_packages_that_decide_are_said_and_decide_nothing() -> None:
    """95 of 100 are 95 %, and with two more that fail, if they count, 95 of 102."""
    home, belgium = BORDER | {"destination": "DE"}, BORDER | {"destination": "BE"}
    old = some(valid=1, promised=DATA_FROM, **home)
    sure = some(valid=95, defect=5, **home)
    for unknown, said in (
        (0, "2 packages that may or may not count decide it"),
        (1, "1 package without scan data and 2 that may or may not count decide it"),
    ):
        table = pl.concat([old, sure, some(defect=2, unknown=unknown, **belgium)])
        judged = rates(tally(classify(table)), as_of=AS_OF, by=())
        row = judged.filter(days=30).row(0, named=True)
        assert row["status"] == "UNDECIDED"
        assert row["why"] == said
