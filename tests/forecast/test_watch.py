"""The early warning on tallies: equal age, counted by hand, explained to the last defect."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made import examples
from vtrkit import classify
from vtrkit import tally as summed
from vtrkit.errors import ParameterError, TallyError
from vtrkit.forecast.surprise import ALARM
from vtrkit.forecast.watch import contributions, watch
from vtrkit.metric.tally import rollup, scan_delay
from vtrkit.metric.windows import Question
from vtrkit.sections.warning import early_warning, in_short

MONDAY = date(2026, 6, 1)
WEEKS = 15
LAST = MONDAY + timedelta(days=7 * WEEKS - 1)
"""The Sunday of the latest full week."""
SEEN = LAST + timedelta(days=5)


def packages(
    week: int, count: int, failed: int, *, carrier: str = "UPS", **other: object
) -> list[dict[str, Any]]:
    """Packages of one week, day after day, the first ones never scanned, the others next day."""
    made = []
    for i in range(count):
        ship_date = MONDAY + timedelta(days=7 * week + i % 7)
        scanned = i >= failed
        made.append(
            {
                "marketplace": "US",
                "origin": "US",
                "destination": "US",
                "category": "Shoes",
                "carrier": carrier,
                "ship_date": ship_date,
                "scans": int(scanned),
                "first_scan_date": ship_date + timedelta(days=1) if scanned else None,
            }
            | other
        )
    return made


def judged(rows: Iterable[dict[str, Any]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The tally and the scan_delay tally."""
    frame = pl.DataFrame(
        list(rows), infer_schema_length=None, schema_overrides={"first_scan_date": pl.Date}
    ).with_row_index("order_id")
    verdicts = classify(frame.cast({"order_id": pl.String}))
    return summed(verdicts), scan_delay(verdicts)


def year(failed: Iterable[int], count: int = 100, **other: object) -> list[dict[str, Any]]:
    """One group with so many failures in each week."""
    return [p for week, n in enumerate(failed) for p in packages(week, count, n, **other)]


STEADY = [3, 2, 4, 3, 1, 5, 3, 2, 3, 4, 2, 3, 4]


def one(table: pl.DataFrame, **where: str) -> dict[str, Any]:
    """The only row of a table, or of a measure or category in it."""
    return table.filter(**where).row(0, named=True) if where else table.row(0, named=True)


def test_a_fall_is_counted_as_by_hand() -> None:
    """Packages and defects of two weeks, and what is usual: the own rate, as 1,300 packages."""
    tally = judged(year([*STEADY, 14, 15]))[0]
    row = one(watch(tally, as_of=SEEN))
    assert (row["measure"], row["alarm"], row["weeks"]) == ("no scan", True, 2)
    last = LAST + timedelta(days=1)
    assert (row["shipped_from"], row["shipped_to"]) == (last - timedelta(days=13), last)
    lost, sent = [0, 0], [0, 0]  # in the 91 days before, and in the span
    for package in year([*STEADY, 14, 15]):
        days = (package["ship_date"] - row["shipped_from"]).days
        if days >= -91:
            lost[days >= 0] += not package["scans"]
            sent[days >= 0] += 1
    assert (row["defects"], row["packages"]) == (lost[1], sent[1])
    assert row["expected"] == pytest.approx(sent[1] * (lost[0] + 3) / (sent[0] + 60))
    assert row["excess"] == pytest.approx(row["defects"] - row["expected"])


def test_without_days_of_scans_packages_are_judged_when_they_are_as_old_as_the_lag() -> None:
    tally = judged(year([*STEADY, 14, 15]))[0].drop("scan_delay")
    young = watch(tally, as_of=LAST + timedelta(days=2), lag_days=14).filter(measure="all defects")
    assert (young["shipped_to"].item(), young["alarm"].item()) == (LAST - timedelta(days=12), False)
    old = watch(tally, as_of=LAST + timedelta(days=14), lag_days=14).filter(measure="all defects")
    assert (old["shipped_to"].item(), old["alarm"].item()) == (LAST, True)
    assert "no scan" not in old["measure"]


def test_the_lag_is_that_of_the_rule_of_each_marketplace() -> None:
    tally = judged([*year([3] * 15), *year([3] * 15, marketplace="SE")])[0]
    watched = watch(tally, as_of=SEEN, rules=None).filter(measure="all defects")
    assert watched["shipped_to"].to_list() == [SEEN - timedelta(days=10)] * 2


@pytest.mark.parametrize("by", [("account",), ("account", "marketplace", "category")])
def test_packages_are_compared_at_equal_age(by: tuple[str, ...]) -> None:
    """Every package is scanned on its sixth day; the youngest have had four days, as all others."""
    rows = [
        p | {"first_scan_date": p["ship_date"] + timedelta(days=6), "scans": 1}
        for p in year([0] * WEEKS)
    ]
    known = [
        p if p["first_scan_date"] <= SEEN else p | {"first_scan_date": None, "scans": 0}
        for p in rows
    ]
    row = one(watch(judged(known)[0], as_of=SEEN, by=by), measure="no scan")
    assert row["defects"] == row["packages"] > 0
    assert row["expected"] == pytest.approx(row["packages"])
    assert not row["alarm"]


def test_a_scan_on_the_day_that_is_not_over_counts_for_no_week() -> None:
    """Packages of the last day judged have had three full days; a fourth is known in part."""
    rows = [
        p | {"first_scan_date": p["ship_date"] + timedelta(days=3 + p["ship_date"].day % 2)}
        for p in year([0] * WEEKS)
    ]
    row = one(watch(judged(rows)[0], as_of=SEEN), measure="no scan")
    assert row["shipped_to"] == SEEN - timedelta(days=4)
    inside = [p for p in rows if row["shipped_from"] <= p["ship_date"] <= row["shipped_to"]]
    assert row["packages"] == len(inside)
    assert row["defects"] == sum(p["ship_date"].day % 2 for p in inside)


def test_the_newest_export_limits_what_is_known() -> None:
    """A report read a month later says what it would have said on the day of the export."""
    tally = judged(year([*STEADY, 14, 15]))[0]
    later = watch(tally, as_of=SEEN + timedelta(days=30), seen_to=SEEN)
    measures = pl.col("measure") != "all defects"
    assert later.filter(measures).equals(watch(tally, as_of=SEEN).filter(measures))


NO_NUMBER = {"tracking_number": "", "scans": None, "first_scan_date": None}


@pytest.mark.parametrize(
    "wrong",
    [
        NO_NUMBER,
        {"tracking_number": "will ship later", "scans": None, "first_scan_date": None},
        {"tracking_number": "1Z5R89390357567127", "carrier": "USPS"},
    ],
    ids=["missing", "not a number", "another carrier's"],
)
def test_what_cannot_count_when_it_is_entered_alarms_on_the_day_it_ships(
    wrong: dict[str, Any],
) -> None:
    """Of 14 a day for 13 weeks none is wrong; of yesterday's and today's 28 half are."""
    rows = year([0] * 14, 98)
    rows += [p | wrong if i % 2 else p for i, p in enumerate(packages(14, 14 * 7, 0)[:28])]
    for row in rows[-28:]:
        row["ship_date"] = MONDAY + timedelta(days=7 * 14 + rows[-28:].index(row) // 14)
    row = one(watch(judged(rows)[0], as_of=MONDAY + timedelta(days=7 * 14 + 1)))
    assert (row["measure"], row["alarm"], row["defects"]) == ("at entry", True, 14)
    assert row["shipped_to"] == MONDAY + timedelta(days=7 * 14 + 1)


def test_numbers_that_are_missing_are_watched_apart_from_scans() -> None:
    """And all defects together raise no second alarm of the same packages."""
    rows = [*year([3] * WEEKS), *year([0] * 13 + [20, 20], 20, **NO_NUMBER)[260:]]
    watched = watch(judged(rows)[0], as_of=LAST + timedelta(days=14))
    assert watched.select("measure", "alarm").rows() == [
        ("at entry", True),
        ("all defects", False),
        ("no scan", False),
    ]
    assert one(watched, measure="all defects")["p"] <= ALARM


def test_where_days_of_scans_are_not_known_ages_are_not_compared() -> None:
    """Packages scanned on some day, in one category of two."""
    dated = year([3] * WEEKS)
    undated = [p | {"category": "Toys", "first_scan_date": None} for p in dated]
    watched = watch(judged([*dated, *undated])[0], as_of=SEEN)
    assert set(watched.filter(measure="no scan")["category"]) == {"Shoes"}
    assert set(watched["category"]) == {"Shoes", "Toys"}


def test_scan_delays_kept_apart_say_the_same() -> None:
    tally, delays = judged(year([*STEADY, 14, 15]))
    apart = watch(tally.drop("scan_delay"), delays=delays, as_of=SEEN)
    assert apart.equals(watch(tally, as_of=SEEN))


def test_a_new_category_is_held_against_the_target_and_its_scans_against_nothing() -> None:
    """Its first week, of which half of the packages fail."""
    rows = [*packages(14, 40, 20), *packages(14, 40, 40, **NO_NUMBER)]
    watched = watch(judged(rows)[0], as_of=SEEN)
    assert one(watched, measure="at entry")["alarm"]
    assert one(watched, measure="at entry")["expected"] == pytest.approx(80 * 0.05)
    assert one(watched, measure="no scan")["p"] is None


def test_a_seller_of_five_packages_a_month_is_warned_after_a_quarter() -> None:
    """A year with one failure in twenty, then one in three."""
    rows = [
        packages(week, 1, int(week % 20 == 0 if week < 52 else week % 3 == 0))[0]
        for week in range(65)
    ] + [packages(week, 1, 0)[0] for week in range(0, 52, 4)]
    as_of = MONDAY + timedelta(days=7 * 65 + 3)
    row = one(watch(judged(rows)[0], as_of=as_of, by=("account", "marketplace")))
    assert (row["alarm"], row["weeks"], row["packages"], row["defects"]) == (True, 13, 13, 4)


def test_the_carrier_that_stopped_scanning_is_named() -> None:
    rows = [
        *year([2] * 13 + [2, 2], 80),
        *year([1] * 13 + [12, 13], 20, carrier="OnTrac", ship_method="OnTrac Ground"),
    ]
    tally = judged(rows)[0]
    row = one(watch(tally, as_of=SEEN))
    assert (row["explained_by"], row["explained_value"]) == ("carrier_id", "ontrac")
    alone = watch(tally, as_of=SEEN, by=("account", "carrier_id"))
    assert alone.filter("alarm")["carrier_id"].cast(pl.String).to_list() == ["ontrac"]


counts = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=15, max_size=15)


@examples(3)
@given(counts, counts)
def test_what_carriers_and_categories_add_is_all_there_is(
    ups: list[tuple[int, int]], ontrac: list[tuple[int, int]]
) -> None:
    """Whatever the weeks were; and the order of the packages says nothing."""
    rows = [
        package
        for carrier, category, weeks in (("UPS", "Shoes", ups), ("OnTrac", "Toys", ontrac))
        for week, (good, bad) in enumerate(weeks)
        for package in packages(week, good + bad, bad, carrier=carrier, category=category)
    ]
    rows += year([1] * 15, 3)
    tally, place = judged(rows)[0], ("account", "marketplace")
    watched = watch(tally, as_of=SEEN, by=place)
    assert watched.equals(watch(judged(rows[::-1])[0], as_of=SEEN, by=place))
    judged_ones = watched.filter(pl.col("p").is_not_null())
    added = contributions(tally, Question.of(SEEN, place), judged_ones)
    assert added["measure"].n_unique() == judged_ones.height
    for (measure, _), parts in added.group_by("measure", "explained_by"):
        whole = one(watched, measure=str(measure))
        assert parts["explained_excess"].sum() == pytest.approx(whole["excess"], abs=1e-6)
        assert parts["packages"].sum() == whole["packages"]


def test_what_each_part_adds_is_as_by_hand() -> None:
    """No carrier scans worse than before, but the worse one takes over."""
    rows = [
        *year([1] * 13, 80),
        *year([4] * 13, 20, carrier="OnTrac"),
        *(p for week in (13, 14) for p in packages(week, 20, 0)),
        *(p for week in (13, 14) for p in packages(week, 80, 16, carrier="OnTrac")),
    ]
    tally = judged(rows)[0]
    row = one(watch(tally, as_of=LAST + timedelta(days=4)))
    usual = (13 * 5 + 60 * 0.05) / (1300 + 60)
    assert (row["expected"], row["defects"]) == (pytest.approx(200 * usual), 32)
    theirs = 32 - 160 * usual - 200 * (13 * 4 - 260 * 65 / 1300) / 1300
    assert row["explained_excess"] == pytest.approx(theirs)
    assert row["explained_value"] == "ontrac"


def test_an_account_is_explained_by_its_category() -> None:
    rows = [*year([2] * 15, 80), *year([1] * 13 + [12, 13], 20, category="Toys")]
    row = one(watch(judged(rows)[0], as_of=SEEN, by=("account", "marketplace")))
    assert (row["explained_by"], row["explained_value"]) == ("category", "Toys")


def test_one_carrier_for_everything_explains_nothing() -> None:
    row = one(watch(judged(year([*STEADY, 14, 15]))[0], as_of=SEEN))
    assert (row["alarm"], row["explained_value"]) == (True, None)


def test_a_roll_up_says_the_same_with_nothing_to_explain_it_by() -> None:
    tally = judged(year([*STEADY, 14, 15]))[0].drop("scan_delay")
    coarse = rollup(tally, ["account", "marketplace", "ship_date", "reason"])
    full, short = (
        watch(t, as_of=LAST + timedelta(days=10), by=("account", "marketplace"))
        for t in (tally.lazy(), coarse)
    )
    assert short.equals(full)
    assert short["explained_by"].null_count() == short.height


def test_warnings_do_not_differ_by_what_was_opened() -> None:
    """A weak fall is listed among thirty steady categories as it is alone."""
    rows = year([*STEADY[:-1], 3, 10, 10])
    company = [p for n in range(30) for p in year([*STEADY[::-1], 3, 2], category=f"C{n}")]
    alone = watch(judged(rows)[0], as_of=SEEN)
    among = watch(judged([*rows, *company])[0], as_of=SEEN).filter(category="Shoes")
    assert among.drop("category").equals(alone.drop("category"))
    assert alone["alarm"].any()


def test_an_empty_tally_and_a_day_outside_the_data_give_an_empty_table() -> None:
    tally, delays = judged(year([3] * WEEKS))
    for asked in ({"as_of": date(2020, 1, 1)}, {"as_of": date(2030, 1, 1)}):
        watched = watch(tally, delays=delays, **asked)
        assert watched.is_empty()
        assert early_warning(watched).text == "There are too few packages to compare."
    assert watch(tally.clear(), as_of=SEEN).is_empty()


def test_what_cannot_be_asked_is_refused() -> None:
    tally, delays = judged(year([3] * 2))
    with pytest.raises(
        TallyError, match=r"rates are not grouped by catgory \(did you mean category\?\)"
    ):
        watch(tally, as_of=SEEN, by=("catgory",))
    with pytest.raises(ParameterError, match="at least one of account"):
        watch(tally, as_of=SEEN, by=())
    with pytest.raises(ParameterError, match="lag_days -1: give a whole number"):
        watch(tally, as_of=SEEN, lag_days=-1)
    with pytest.raises(TallyError, match="scan_delay tally has no column ship_method"):
        watch(tally.drop("scan_delay"), as_of=SEEN, delays=delays, by=("ship_method",))
    with pytest.raises(TallyError, match="the tally has no column ship_date; it has account"):
        watch(rollup(tally), as_of=SEEN)


def test_a_warning_is_one_sentence_and_nothing_runs_as_markup() -> None:
    rows = [
        *year([2] * 15, 80, category="<b>Shoes"),
        *year([1] * 13 + [12, 13], 20, carrier="OnTrac", category="<b>Shoes"),
    ]
    shown = early_warning(watch(judged(rows)[0], as_of=LAST + timedelta(days=4)))
    assert shown.text.splitlines() == [
        "<b>Shoes (US): 29 of 200 packages shipped from 31 August to 13 September had "
        "no scan within 3 days, where 6.2 are expected; without OnTrac there would be none too "
        "many.",
        "In 3 comparisons with what is usual, at most 1 such warning on any day would come by "
        "chance.",
    ]
    assert "<b>" not in shown.markup
    assert "&lt;b&gt;Shoes" in shown.markup


def test_of_many_warnings_the_ten_strongest_are_shown() -> None:
    rows = [p for n in range(12) for p in year([3] * 13 + [20 + n, 20 + n], category=f"C{n:02}")]
    watched = watch(judged(rows)[0], as_of=LAST + timedelta(days=4))
    lines = early_warning(watched).text.splitlines()
    assert [line[:3] for line in lines[:-1]] == [f"C{n:02}" for n in range(11, 1, -1)]
    assert lines[-1].endswith("The 10 strongest of 12 are shown.")
    calm = watched.with_columns(alarm=pl.lit(False))
    assert early_warning(calm).text == "No warning in 36 comparisons with what is usual."


@pytest.mark.parametrize(("unverified", "measures"), [(50, 2), (51, 1)])
def test_what_fails_is_compared_only_where_half_of_it_is_verified(
    unverified: int, measures: int
) -> None:
    """Of 100 packages a week; the page of one that knows no scan says that it cannot tell."""
    unknown: dict[str, Any] = {"scans": None, "tracking_number": "5550001", "carrier": "GLS"}
    rows = [p | (unknown if i % 100 < unverified else {}) for i, p in enumerate(year([3] * 15))]
    watched = watch(judged(rows)[0].drop("scan_delay"), as_of=SEEN)
    assert watched["measure"].to_list() == ["all defects", "at entry"][-measures:]
    blind = "Whether packages are scanned cannot be told" in early_warning(watched).text
    assert blind == ("cannot be told" in in_short(watched)) == (measures == 1)
