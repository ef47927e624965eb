"""The early warning on tallies: equal age, counted by hand, explained to the last defect."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from vtrkit import classify
from vtrkit import tally as summed
from vtrkit.errors import ParameterError, TallyError
from vtrkit.forecast.watch import watch
from vtrkit.metric.tally import rollup, scan_delay
from vtrkit.sections.warning import early_warning

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


def test_a_fall_is_counted_as_by_hand() -> None:
    """Packages and defects of both weeks, what the 13 weeks before would have made of them."""
    tally, delays = judged(year([*STEADY, 14, 15]))
    row = watch(tally, delays=delays, as_of=SEEN).row(0, named=True)
    assert (row["measure"], row["alarm"], row["weeks"]) == ("no scan", True, 2)
    assert (row["week_start"], row["week_end"]) == (LAST - timedelta(days=13), LAST)
    assert (row["packages"], row["defects"]) == (200, 29)
    assert row["expected"] == pytest.approx(200 * sum(STEADY) / 1300)
    assert row["excess"] == pytest.approx(29 - row["expected"])
    assert (row["age_days"], row["past_weeks"]) == (4, 13)
    assert row["limit"] <= 29


def test_without_days_of_scans_only_weeks_older_than_the_lag_are_judged() -> None:
    """And the table says so; the fall is then not seen yet."""
    tally = judged(year([*STEADY, 14, 15]))[0].drop("scan_delay")
    row = watch(tally, as_of=SEEN, lag_days=14).row(0, named=True)
    assert row["week_end"] == LAST - timedelta(days=14)
    assert not row["alarm"]
    assert "at least 19 days old, for want of days of scans" in row["basis"]
    assert watch(tally, as_of=SEEN + timedelta(days=9), lag_days=14)["alarm"].to_list() == [True]


def test_the_lag_is_that_of_the_rule_of_each_marketplace() -> None:
    tally = judged([*year([3] * 15), *year([3] * 15, marketplace="SE")])[0].drop("scan_delay")
    for as_of in (LAST + timedelta(days=9), LAST + timedelta(days=10)):
        ends = watch(tally, as_of=as_of)["week_end"].to_list()
        assert (
            ends == [LAST if as_of == LAST + timedelta(days=10) else LAST - timedelta(days=7)] * 2
        )


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
    tally, delays = judged(known)
    found = watch(tally, delays=delays, as_of=SEEN, by=by).filter(measure="no scan")
    assert found["defects"].item() == found["packages"].item() == found["expected"].item()
    assert not found["alarm"].item()


def test_a_scan_on_the_day_that_is_not_over_counts_for_no_week() -> None:
    """Five days after Sunday the age is four days: the fifth is known in part."""
    rows = [
        p | {"first_scan_date": p["ship_date"] + timedelta(days=4 + p["ship_date"].day % 2)}
        for p in year([0] * WEEKS)
    ]
    tally, delays = judged(rows)
    row = watch(tally, delays=delays, as_of=SEEN).filter(measure="no scan").row(0, named=True)
    late = Counter(
        p["ship_date"].day % 2 for p in rows if p["ship_date"] > LAST - timedelta(days=7)
    )
    assert (row["age_days"], row["defects"] // row["weeks"]) == (4, late[1])


def test_a_week_is_judged_when_its_youngest_package_has_had_three_full_days() -> None:
    tally, delays = judged(year([3] * WEEKS))
    ends = [
        watch(tally, delays=delays, as_of=LAST + timedelta(days=n)).filter(measure="no scan")
        for n in (3, 4)
    ]
    assert [e["week_end"].item() for e in ends] == [LAST - timedelta(days=7), LAST]
    assert [e["age_days"].item() for e in ends] == [9, 3]


def test_the_newest_export_limits_what_is_known() -> None:
    """A report read a month later says what it would have said on the day of the export."""
    tally, delays = judged(year([*STEADY, 14, 15]))
    later = watch(tally, delays=delays, as_of=SEEN + timedelta(days=30), seen_to=SEEN)
    assert later.equals(watch(tally, delays=delays, as_of=SEEN))


def test_other_defects_are_watched_apart_from_scans() -> None:
    """Numbers that are missing have no scan data, and wait for the lag."""
    rows = [
        *year([*STEADY, 3, 3]),
        *year([0] * 13 + [0, 0], 5, tracking_number="", scans=None, first_scan_date=None),
        *packages(13, 20, 0, tracking_number="", scans=None, first_scan_date=None),
        *packages(14, 20, 0, tracking_number="", scans=None, first_scan_date=None),
    ]
    tally, delays = judged(rows)
    found = watch(tally, delays=delays, as_of=LAST + timedelta(days=10))
    assert found.select("measure", "alarm", "packages", "defects").rows() == [
        ("other defects", True, 250, 50),
        ("no scan", False, found["packages"][1], found["defects"][1]),
    ]


def test_where_days_of_scans_are_not_known_ages_are_not_compared() -> None:
    """Packages scanned on some day, in one category of two."""
    dated = year([3] * WEEKS)
    undated = [p | {"category": "Toys", "first_scan_date": None} for p in dated]
    tally, delays = judged([*dated, *undated])
    found = watch(tally, delays=delays, as_of=SEEN)
    assert set(found.select("category", "measure").rows()) == {
        ("Shoes", "no scan"),
        ("Shoes", "other defects"),
        ("Toys", "defects"),
    }


@pytest.mark.parametrize(("past", "judged_"), [(8, True), (7, False)])
def test_eight_weeks_before_are_needed(past: int, judged_: bool) -> None:
    tally, delays = judged(year([3] * WEEKS)[-(past + 2) * 100 :])
    row = watch(tally, delays=delays, as_of=SEEN).row(0, named=True)
    assert (row["p"] is not None, row["past_weeks"]) == (judged_, past)
    assert ("at least 8 are needed" in row["basis"]) != judged_


def test_the_carrier_that_stopped_scanning_is_named() -> None:
    """Contributions of the parts of a dimension add up to the whole excess."""
    rows = [
        *year([2] * 13 + [2, 2], 80),
        *year([1] * 13 + [12, 13], 20, carrier="OnTrac", ship_method="OnTrac Ground"),
    ]
    tally, delays = judged(rows)
    row = watch(tally, delays=delays, as_of=SEEN).row(0, named=True)
    usual = 3 / 100
    assert (row["explained_by"], row["explained_value"]) == ("carrier_id", "ontrac")
    theirs = 25 - 40 * usual - 200 * (13 - 260 * usual) / 1300
    assert row["explained_excess"] == pytest.approx(theirs)
    rest = 4 - 160 * usual - 200 * (26 - 1040 * usual) / 1300
    assert theirs + rest == pytest.approx(row["excess"])
    alone = watch(tally, delays=delays, as_of=SEEN, by=("account", "carrier_id"))
    assert alone.filter("alarm")["carrier_id"].cast(pl.String).to_list() == ["ontrac"]


def test_a_carrier_that_was_always_worse_explains_only_what_it_grew_by() -> None:
    """No carrier scans worse than before, but the worse one takes over."""
    rows = [
        *year([1] * 13, 80),
        *year([4] * 13, 20, carrier="OnTrac"),
        *(p for week in (13, 14) for p in packages(week, 20, 0)),
        *(p for week in (13, 14) for p in packages(week, 80, 16, carrier="OnTrac")),
    ]
    tally, _ = judged(rows)
    row = watch(tally, as_of=LAST + timedelta(days=10)).row(0, named=True)
    assert row["excess"] == pytest.approx(32 - 10)
    assert row["explained_excess"] == pytest.approx(32 - 160 * 0.05 - 200 * (4 - 20 * 0.05) / 100)
    assert row["explained_value"] == "ontrac"


def test_an_account_is_explained_by_its_category() -> None:
    rows = [*year([2] * 15, 80), *year([1] * 13 + [12, 13], 20, category="Toys")]
    tally, _ = judged(rows)
    row = watch(tally, as_of=LAST + timedelta(days=10), by=("account", "marketplace")).row(
        0, named=True
    )
    assert (row["explained_by"], row["explained_value"]) == ("category", "Toys")


def test_one_carrier_for_everything_explains_nothing() -> None:
    tally, delays = judged(year([*STEADY, 14, 15]))
    row = watch(tally, delays=delays, as_of=SEEN).row(0, named=True)
    assert row["explained_value"] is None


def test_a_roll_up_says_the_same_with_nothing_to_explain_it_by() -> None:
    tally = judged(year([*STEADY, 14, 15]))[0].drop("scan_delay")
    coarse = rollup(tally, ["account", "marketplace", "ship_date", "reason"])
    full, short = (
        watch(t, as_of=LAST + timedelta(days=10), by=("account", "marketplace"))
        for t in (tally.lazy(), coarse)
    )
    assert short.drop("basis").equals(full.drop("basis"))
    assert short["explained_by"].to_list() == [None]


def _q_by_hand(p: list[float]) -> list[float]:
    """Benjamini and Hochberg (1995), step up."""
    ranked = sorted(range(len(p)), key=lambda i: p[i], reverse=True)
    least, found = 1.0, [0.0] * len(p)
    for down, i in enumerate(ranked):
        least = min(least, p[i] * len(p) / (len(p) - down))
        found[i] = least
    return found


def test_the_list_is_controlled_for_false_discoveries() -> None:
    """One weak fall among many steady categories is not listed, though it would be alone."""
    rows = year([*STEADY[:-1], 3, 7, 7])
    weak, _ = judged(rows)
    as_of = LAST + timedelta(days=10)
    assert watch(weak.drop("scan_delay"), as_of=as_of)["alarm"].item()
    company = [p for n in range(30) for p in year([*STEADY[::-1], 3, 2], category=f"C{n}")]
    tally, _ = judged([*rows, *company])
    found = watch(tally.drop("scan_delay"), as_of=as_of)
    assert found["q"].to_list() == pytest.approx(_q_by_hand(found["p"].to_list()))
    assert found["alarm"].to_list() == [
        p <= 0.008 and q <= 0.1 for p, q in found.select("p", "q").rows()
    ]
    assert found["p"][0] <= 0.008
    assert not found["alarm"].any()


def test_an_empty_tally_and_a_day_outside_the_data_give_an_empty_table() -> None:
    tally, delays = judged(year([3] * WEEKS))
    for asked in ({"as_of": date(2020, 1, 1)}, {"as_of": date(2030, 1, 1)}):
        found = watch(tally, delays=delays, **asked)
        assert found.is_empty()
        assert "Nothing can be compared" in early_warning(found).text
    assert watch(tally.clear(), delays=delays.clear(), as_of=SEEN).is_empty()


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
        watch(tally, as_of=SEEN, delays=delays, by=("ship_method",))


def test_an_alarm_is_said_with_its_counts_and_nothing_runs_as_markup() -> None:
    rows = [
        *year([2] * 15, 80, category="<b>Shoes"),
        *year([1] * 13 + [12, 13], 20, carrier="OnTrac", category="<b>Shoes"),
    ]
    tally, delays = judged(rows)
    said = early_warning(watch(tally, delays=delays, as_of=SEEN))
    assert (
        "29 of 200 packages without a scan after 4 full days, where 6.0 were expected" in said.text
    )
    assert "Of the 23.0 too many, OnTrac adds the most: 23.0." in said.text
    assert "1 of 2 comparisons with the weeks before are alarms." in said.text
    assert "<b>" not in said.markup
    assert "&lt;b&gt;Shoes" in said.markup
