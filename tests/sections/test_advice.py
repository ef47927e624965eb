"""What is said of one category: only what is true of the days to come."""

from datetime import date

import pytest

from vtrkit.sections.advice import ahead_text, headline_text, standing_text, todo_text

ROW = {
    "account": "north",
    "marketplace": "US",
    "category": "Shoes",
    "as_of": date(2026, 3, 1),
    "days": 30,
    "counted": 200,
    "valid": 188,
    "unknown": 0,
    "too_little_known": 0,
    "vtr_low": 0.94,
    "vtr_high": 0.94,
    "target_bp": 9500,
    "status": "BAD",
    "why": "12 of 200 packages failed; the target allows 10",
    "few": False,
    "in_force": True,
    "budget": 10,
    "lowest": 0.93,
    "lowest_high": 0.94,
    "lowest_on": date(2026, 3, 5),
    "told": True,
    "due_lately": 60,
    "decided_lately": 9,
    "nameless_lately": 0,
    "last_day": date(2026, 4, 30),
    "falls_on": None,
    "below_on": None,
    "back_on": date(2026, 3, 20),
    "back_early": date(2026, 3, 18),
    "back_late": date(2026, 3, 25),
    "correctable": 3,
    "correct_first": date(2026, 3, 2),
    "correct_last": date(2026, 3, 6),
    "awaited": 4,
    "of_next": 120,
    "may_fail": 3,
    "back_by": date(2026, 3, 19),
    "next_untold": False,
    "least_chance": 0.9,
    "open_on": None,
    "meets_on": None,
    "again_on": None,
}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "Shoes (north · US) is below 95 %: 94.0 % (188/200) over 30 days. 12 of 200 packages"),
        ({"target_bp": 9750}, "is below 97.5 %"),
        ({"marketplace": "(unnamed)"}, "Shoes (north) is below"),
        ({"few": True}, "over 30 days, on very few packages."),
        ({"in_force": False}, "95 % is only a goal here: missing it costs no category."),
        ({"in_force": False, "policy_id": "default"}, "what missing the target costs: no rule of"),
        (
            {"status": "AT_RISK", "why": "falls"},
            "is on 95 % today, 94.0 % (188/200)",
        ),
        (
            {"status": "UNDECIDED", "why": "x"},
            "We cannot tell yet whether Shoes (north",
        ),
        (
            {"status": "NONE", "why": "no package"},
            "cannot tell where Shoes (north · US)",
        ),
        (
            {"status": "GOOD"},
            "is on 95 %: 94.0 % (188/200) over 30 days. 12 failed; the target allows 10.",
        ),
        ({"status_other": "BAD"}, "Where exactly 95 % is not enough (sources disagree): below"),
    ],
)
def test_where_a_category_stands_is_said_first(change: dict[str, object], text: str) -> None:
    assert text in standing_text(ROW | change)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "The lowest decided day is 5 March: 93.0 %, or 94.0 % at best."),
        ({"lowest_high": 0.93}, "The lowest decided day is 5 March: 93.0 %."),
        ({}, "likely back on 20 March (in 6 of 10 cases between 18 and 25 March)."),
        ({"back_late": None}, "likely back on 20 March."),
        ({"back_on": None}, "Without any change it is not likely back by 30 April."),
        ({"told": False}, "it takes 20, and half of them; an export"),
        ({"status": "GOOD", "back_on": None}, "It is not expected to fall below by 30 April."),
        (
            {"status": "GOOD", "back_on": None, "least_chance": 0.567},
            "below by 30 April, but one day is on target with a chance of only 56 %.",
        ),
        (
            {"status": "UNDECIDED", "back_on": None},
            "If these are like the others, it is not expected to fall below by 30 April.",
        ),
        (
            {"status": "GOOD", "below_on": date(2026, 3, 4)},
            "It is likely to fall below its target on 4 March.",
        ),
    ],
)
def test_what_the_coming_weeks_bring_is_said_next(change: dict[str, object], text: str) -> None:
    assert text in ahead_text(ROW | change)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "3 packages can still be corrected, the first until 2 March, the last until 6 March."),
        (
            {"correctable": 1, "correct_first": date(2026, 3, 6)},
            "1 package can still be corrected",
        ),
        ({}, "A correction shows within 72 hours."),
        ({"correctable": 0}, "What has failed can no longer be repaired."),
        ({}, "if of the next 120 packages at most 3 fail, and the 4 packages that can still be sc"),
        (
            {"awaited": 0, "may_fail": 0},
            "if of the next 120 packages none fails.",
        ),
        ({}, "Without a correction it can be back on 19 March at the earliest: if of"),
        ({"correctable": 0}, "It can be back on 19 March at the earliest: if of"),
        (
            {"back_by": None},
            "Even if nothing fails from now on and the 4 packages that can still be scanned are, "
            "it is not back by 30 April, unless what can be corrected is.",
        ),
        (
            {"back_by": None, "awaited": 0, "correctable": 0},
            "Even if nothing fails from now on, it is not back by 30 April.",
        ),
        ({"status": "UNDECIDED", "unknown": 2}, "Scan data of 2 packages would decide it"),
        (
            {"status": "UNDECIDED", "unknown": 2, "too_little_known": 2},
            "More data on 2 packages would decide it: give the order report with values",
        ),
    ],
)
def test_what_can_be_done_is_said_last(change: dict[str, object], text: str) -> None:
    assert text in todo_text(ROW | change)


def test_nothing_is_said_of_coming_weeks_where_nothing_counts() -> None:
    nothing = ROW | {
        "status": "NONE",
        "why": "no package that counts was due in these days",
        "correctable": 0,
    }
    assert headline_text(nothing | {"unknown": 0, "told": False}) == (
        "We cannot tell where Shoes (north · US) stands: "
        "no package that counts was due in these days."
    )


def test_what_cannot_be_told_promises_nothing() -> None:
    text = headline_text(ROW | {"told": False})
    assert not any(word in text for word in ("likely", "Of the next", "Even if"))
