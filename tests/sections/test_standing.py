"""What a person reads: rounded down, counts beside rates, every cell text."""

from datetime import date
from functools import cache
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made import HOSTILE, read_html
from tests.sections.test_advice import ROW
from vtrkit import classify, rates, tally, words
from vtrkit.metric.linked_metrics import linked
from vtrkit.rules.policies import shipped_rules
from vtrkit.schema import Status
from vtrkit.sections import asked
from vtrkit.sections import standing as sections
from vtrkit.words import ON_LIGHT, STATUS_COLOURS, Html


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0.0 %"),
        (1.0, "100.0 %"),
        (0.95, "95.0 %"),
        (0.949999, "94.9 %"),
        (0.57, "57.0 %"),
        (0.29, "29.0 %"),
        (9499 / 10000, "94.9 %"),
        (0.99999, "99.9 %"),
        (None, "–"),
    ],
)
def test_a_share_is_rounded_down(share: float | None, text: str) -> None:
    assert words.percent(share) == text


@given(st.integers(1, 20_000), st.data())
def test_a_share_below_the_target_never_reads_as_the_target(counted: int, data: Any) -> None:
    valid = data.draw(st.integers(0, counted))
    shown = round(float(words.percent(valid / counted).removesuffix(" %")) * 10)
    assert shown == valid * 1000 // counted


def test_a_rate_stands_beside_its_counts() -> None:
    assert words.rate_text(ROW) == "94.0 % (188/200)"


def test_unverified_packages_make_it_a_range() -> None:
    some = ROW | {"unknown": 10, "vtr_high": 0.99}
    assert words.rate_text(some) == "94.0–99.0 % (188/200)"


def test_nothing_counted_is_said_and_no_rate() -> None:
    none = ROW | {"counted": 0, "valid": 0, "vtr_low": None, "vtr_high": None}
    assert words.rate_text(none) == "no packages"


def test_the_banner_lists_each_account_worst_first() -> None:
    packages = pl.DataFrame(
        [
            {"order_id": f"{a}{i}", "account": a, "marketplace": "US", "category": "A"}
            | {"promised_date": date(2026, 1, 1), "scans": int(i >= bad) * 2}
            | {"tracking_number": "1", "delivered_date": date(2026, 1, 1)}
            for a, bad in (("good", 0), ("poor", 5))
            for i in range(10)
        ]
    )
    old = packages.with_columns(
        pl.col("order_id") + "o", promised_date=pl.lit(date(2025, 9, 1)), scans=pl.lit(2, pl.Int64)
    )
    cells = tally(classify(pl.concat([packages, old])))
    day = date(2026, 1, 15)
    totals, each = rates(cells, as_of=day, by=("account", "marketplace")), rates(cells, as_of=day)
    shown = sections.banner(ROW, totals, each)
    assert shown.text.splitlines()[1:] == [
        "poor · US: 50.0 % (5/10) over 30 days, below target",
        "good · US: 100.0 % (10/10) over 30 days, on target",
    ]
    assert "✕ Shoes (north · US) is below 95 %" in shown.markup


def test_the_banner_counts_the_accounts_that_it_does_not_list() -> None:
    packages = pl.DataFrame(
        [
            {"order_id": str(i), "account": f"shop{i:02}", "scans": 1, "marketplace": "US"}
            | {"promised_date": date(2026, 1, 1) if i < 15 else date(2025, 6, 1)}
            for i in range(17)
        ]
    )
    cells, day = tally(classify(packages)), date(2026, 1, 15)
    totals, each = rates(cells, as_of=day, by=("account", "marketplace")), rates(cells, as_of=day)
    assert sections.banner(ROW, totals, each).text.splitlines()[-2:] == [
        "3 more have packages that count.",
        "2 more have no package that counts.",
    ]


def test_an_account_stands_as_its_worst_category_stands() -> None:
    """Amazon judges categories: one is below its target, and the account as a whole is not."""
    packages = pl.DataFrame(
        [
            {"order_id": f"{category}{i}", "account": account, "category": category}
            | {
                "marketplace": where,
                "promised_date": date(2026, 1, 1),
                "scans": 2,
                "carrier": "UPS",
            }
            | {"tracking_number": "" if category == "Bags" and i < 2 else "1"}
            | {"delivered_date": None if category == "Bags" and i < 2 else date(2026, 1, 1)}
            for account, where in (("north", "UK"), ("north", "SE"))
            for category, count in (("Shoes", 60), ("Bags", 10))
            for i in range(count)
        ]
    )
    old = packages.with_columns(
        pl.col("order_id") + "o",
        promised_date=pl.lit(date(2025, 9, 1)),
        tracking_number=pl.lit("1"),
    )
    cells, day = tally(classify(pl.concat([packages, old]))), date(2026, 1, 15)
    totals, each = rates(cells, as_of=day, by=("account", "marketplace")), rates(cells, as_of=day)
    assert sections.banner(ROW, totals, each).text.splitlines()[1:] == [
        "north · UK: 97.1 % (68/70) over 30 days, below target in 1 of 2 categories",
        "north · SE: 97.1 % (68/70) over 30 days, below target in 1 of 2 categories; 95 % is only "
        "a goal",
    ]


def _contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2 between two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("status", Status)
def test_text_on_a_status_can_be_read(status: Status) -> None:
    text = "#1a1a1a" if status in ON_LIGHT else "#ffffff"
    assert _contrast(STATUS_COLOURS[status], text) >= 4.5


# markup -----------------------------------------------------------------------------------------


@cache
def _everything(text: str) -> list[Html]:
    """Each piece of a page with a text of a file in every place that can hold one."""
    row = ROW | {"account": text, "marketplace": text, "category": text}
    group = {"account": text, "marketplace": text, "entered": 1, "left": 1, "restated": 1}
    group |= {"vtr_before": 0.9, "vtr_now": 0.9, "mix": 0.0, "quality": 0.0}
    moved = {"account": text, "marketplace": text, "category": text, "before": "BAD", "now": text}
    packages = pl.DataFrame(
        [{"order_id": "1", "account": text, "category": text, "marketplace": text, "scans": 0}]
    ).with_columns(promised_date=pl.lit(date(2026, 1, 1)))
    cells = tally(classify(packages))
    totals = rates(cells, as_of=date(2026, 1, 15), by=("account", "marketplace"))
    goals = rates(cells, as_of=date(2026, 1, 15)).filter("is_enforced_window")
    return [
        sections.heading(text, date(2026, 1, 1), date(2026, 1, 1), "0"),
        sections.banner(row, totals, rates(cells, as_of=date(2026, 1, 15))),
        words.table(pl.DataFrame({"a": [text]}), {"a": text}),
        words.notes([text]),
        sections.goals(goals),
        asked.linked(linked(cells, as_of=date(2026, 1, 15))),
        sections.changes({"since": "2026-01-01", "groups": [group], "statuses": [moved]}),
        sections.sources(pl.DataFrame({"file": [text]})),
        sections.rules(shipped_rules().policies, text),
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_markup_in_any_place_is_text(text: str) -> None:
    for odd, plain in zip(_everything(text), _everything("plain"), strict=True):
        _, found = read_html(odd.markup)
        _, usual = read_html(plain.markup)
        assert found == usual


# tables -----------------------------------------------------------------------------------------


def test_a_table_has_headings_and_its_cells_as_people_write_them() -> None:
    frame = pl.DataFrame({"n": [1234], "flag": [True], "day": [date(2026, 1, 2)], "x": [None]})
    tables, tags = read_html(words.table(frame, {n: n.upper() for n in frame.columns}).markup)
    assert tables == [[["N", "FLAG", "DAY", "X"], ["1,234", "yes", "2 Jan 2026", "–"]]]
    assert tags["@scope"] == 4


def test_numbers_stand_to_the_right_and_days_on_one_line() -> None:
    frame = pl.DataFrame({"n": [1], "d": [date(2026, 1, 2)], "t": ["x"]})
    markup = words.table(frame, {"n": "n", "d": "d", "t": "t"}).markup
    assert "<td class=num>1</td><td class=day>2 Jan 2026</td><td>x</td>" in markup


def test_a_long_table_says_how_much_of_it_is_shown() -> None:
    frame = pl.DataFrame({"n": range(1500)})
    shown = words.table(frame, {"n": "n"}, limit=20)
    assert len(read_html(shown.markup)[0][0]) == 21
    assert "20 of 1,500 rows are shown." in shown.markup


def test_html_shows_itself_in_a_notebook_and_as_text_in_a_terminal() -> None:
    piece = Html("<p>a</p>", "a")
    assert (piece._repr_html_(), repr(piece)) == ("<p>a</p>", "a")


def test_no_note_and_no_previous_report_are_said() -> None:
    assert words.notes([]).text == "Nothing that is known."
    assert sections.changes(None).text == "No previous report was given."


def test_without_a_changed_status_that_is_said() -> None:
    assert (
        "No status changed, and no rate moved by 5 points."
        in sections.changes({"since": "2026-01-01", "groups": [], "statuses": []}).markup
    )


def test_categories_on_target_are_counted_and_not_listed() -> None:
    days = [date(2025, 11, 1), date(2026, 1, 1)]
    packages = pl.DataFrame({"order_id": ["1", "2"], "promised_date": days}).with_columns(
        category=pl.lit("A"), scans=pl.lit(1)
    )
    cells = tally(classify(packages))
    goals = rates(cells, as_of=date(2026, 1, 15)).filter("is_enforced_window")
    assert sections.goals(goals).text == "1 of 1 category reaches 95 %."
    stale = rates(cells, as_of=date(2026, 1, 15), seen_to=date(2025, 12, 20))
    said = sections.goals(stale.filter("is_enforced_window")).text
    assert said == "0 of 1 category reaches 95 %; of 1 it cannot be told."
