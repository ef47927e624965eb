"""How names, days and rates stand in the sentences of the first screen, and what stands out there.

A few letters that no name holds mark what is `strong`, `good` or `bad`, what is a name, and what
a telephone leaves out.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from vtrkit.schema import UNKNOWN_CATEGORY
from vtrkit.words import day_text, first_few, percent_range

STRONG, GOOD, BAD, NAME, END, END_NAME = "\x01", "\x02", "\x03", "\x04", "\x05", "\x06"
WIDE, END_WIDE = "\x07", "\x08"
_MARKS = re.compile("[\x00-\x1f]")
_LONGEST = 44
"""The longest name in letters; beyond that its middle is left out. Two lines on a telephone."""


@dataclass(frozen=True)
class Answer:
    """A question with its answer, and what else is to be known of it in smaller letters."""

    question: str
    text: str
    more: str = ""


def plain(text: str) -> str:
    """A sentence without what marks its parts."""
    return re.sub("[\x01-\x08]", "", text)


def strong(text: str) -> str:
    """Words that stand out."""
    return f"{STRONG}{text}{END}"


def good(text: str) -> str:
    """Words of what ends well."""
    return f"{GOOD}{text}{END}"


def bad(text: str) -> str:
    """Words of what does not."""
    return f"{BAD}{text}{END}"


def wide(text: str) -> str:
    """Words that a telephone leaves out."""
    return f"{WIDE}{text}{END_WIDE}"


def name(text: object) -> str:
    """A name from the data, in its own direction, and no longer than two lines of a telephone.

    Examples:
        >>> plain(name("Shoes")), len(plain(name("x" * 300)))
        ('Shoes', 44)
    """
    text = " ".join(_MARKS.sub(" ", str(text)).split())
    cut = text if len(text) <= _LONGEST else f"{text[:30]}…{text[-13:]}"
    return f"{NAME}{cut}{END_NAME}"


def called(category: str) -> str:
    """What a reader knows a category by, or all of them together."""
    if category == UNKNOWN_CATEGORY:
        return ALL
    shown = plain(name(category))
    # somebody may have called a category so, and it would stand beside the sum of all
    return f"{shown} (one category)" if category.strip().casefold() == ALL.casefold() else shown


NAMELESS = "the group without a category"


def spoken(category: str) -> str:
    """What a sentence calls a category, or what has none.

    Examples:
        >>> spoken("Shoes"), spoken("(unknown)")
        ('Shoes', 'the group without a category')
    """
    return NAMELESS if category == UNKNOWN_CATEGORY else called(category)


ALL = "All categories"


class Day:
    """How days are written beside the as-of day: with their year where it is another one."""

    def __init__(self, as_of: date) -> None:
        """Days read on one day."""
        self._as_of = as_of

    def __call__(self, day: date) -> str:
        """A day."""
        return day_text(day) + (f" {day.year}" if day.year != self._as_of.year else "")

    def until(self, day: date) -> str:
        """By which day something is to be done."""
        return f"by {self(day)}" if day > self._as_of else "today"

    def span(self, first: date, last: date) -> str:
        """Two days, the month of both said once."""
        return _two_days(first, "to", last, self)


def likely_between(
    early: date | None, late: date | None, say: Callable[[date], str] = day_text
) -> str:
    """Between which days something comes about in 6 of 10 cases; nothing where it is one day.

    Examples:
        >>> likely_between(date(2026, 11, 6), date(2026, 11, 10))
        ' (in 6 of 10 cases between 6 and 10 November)'
    """
    if not early or not late or early == late:
        return ""
    return f" (in 6 of 10 cases between {_two_days(early, 'and', late, say)})"


def _two_days(first: date, word: str, last: date, say: Callable[[date], str]) -> str:
    same = (first.year, first.month) == (last.year, last.month)
    return f"{first.day if same else say(first)} {word} {say(last)}"


def rate(row: dict[str, Any]) -> str:
    """A rate with its counts, as a range where packages are not known."""
    shown = percent_range(row["vtr_low"], row["vtr_high"])
    valid, best = row["valid"], row["valid"] + row["unknown"]
    counts, open_ = f"{valid:,}", row.get("disputed_packages") or 0
    if best > valid and not open_:
        counts = f"{valid:,} to {best:,}"
    sure = " for sure" * bool(open_)
    return f"{strong(shown)} ({counts} of {row['counted']:,} valid{sure})"


def over_limit(least: int, most: int) -> str:
    """Packages over the limit, as a range where packages are not known.

    Examples:
        >>> over_limit(0, 2), over_limit(16, 16)
        ('0 to 2 over the limit', '16 over the limit')
    """
    return f"{least:,} to {most:,} over the limit" if least < most else f"{most:,} over the limit"


def who(row: dict[str, Any]) -> str:
    """What a row is about, as a sentence begins."""
    return "Your account as a whole" if whole(row) else name(row["category"])


def it(row: dict[str, Any]) -> str:
    """What a row is about, within a sentence."""
    return "your account as a whole" if whole(row) else name(row["category"])


def whole(row: dict[str, Any]) -> bool:
    """Whether a row is a place whose categories nobody knows."""
    return bool(row["category"] == UNKNOWN_CATEGORY)


def listed(rows: Sequence[dict[str, Any]]) -> str:
    """Categories by name, the first ones."""
    return first_few([name(r["category"]) for r in rows])


def are(count: int) -> str:
    """The verb of so many."""
    return "is" if count == 1 else "are"
