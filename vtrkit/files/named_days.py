"""Days in the names of files: that of the export, or the range that it covers."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date

from vtrkit.files.days import ENGLISH_MONTHS, MONTH_NUMBERS

_OF = r"[-_ .,/]{0,2}(?:de )?"
_WORD = r"(?<![^\W\d_])(?P<word>[^\W\d_]{3,10})"
# only English has the month first; `out` and `set` are months of others, and words of English
_FIRST = rf"(?<![^\W\d_])(?i:(?P<word>{'|'.join(ENGLISH_MONTHS)}))"
_YEAR, _DAY = r"(?P<year>20\d\d)", r"(?P<day>\d{1,2})"
_FORMS = [
    rf"(?<!\d){_YEAR}[-_. ]?(?P<month>0[1-9]|1[0-2])[-_. ]?(?P<day>0[1-9]|[12]\d|3[01])",
    rf"(?<!\d){_YEAR}(?P<by>[-_.])(?P<month>\d{{1,2}})(?P=by){_DAY}(?!\d)",
    rf"{_FIRST}[-_ .]?{_DAY}(?:st|nd|rd|th)?[-_ .,/]{{1,2}}{_YEAR}(?!\d)",
    rf"(?<!\d){_DAY}(?:st|nd|rd|th)?{_OF}{_WORD}{_OF}{_YEAR}(?!\d)",
    rf"(?<!\d){_YEAR}{_OF}{_WORD}{_OF}{_DAY}(?!\d)",
    rf"(?<!\d)(?P<first>\d{{1,2}})(?P<by>[-_. ])(?P<second>\d{{1,2}})(?P=by){_YEAR}(?!\d)",
    rf"(?<!\d)(?P<first>\d\d)(?P<second>\d\d){_YEAR}(?!\d)",
]
"""By what a day looks like; in the last two it may stand before or after the month."""
_SHORT = r"(?<!\d)(?P<first>2[4-9]|3[0-5])(?P<by>[-_. ])(?P<second>\d\d)(?P=by)(?P<last>\d\d)(?!\d)"
"""Year or day first, in a name without a whole year; below 24 it may be a time of day."""
_YEARS = range(2015, 2036)
_YEAR_FIRST = None
Readings = dict[bool | None, date]
"""The day by whether it stands before the month; or the year does."""


def days_in_name(name: str, day_first: bool | None = None) -> list[date]:
    """The days in the name of a file, the earliest first: a range may be written backwards.

    Args:
        name: of the file.
        day_first: whether 05-06-2026 is the fifth of June; None to leave it unread.

    Examples:
        >>> [str(day) for day in days_in_name("conf 1.9.2026 - 24 Sep 2026.txt")]
        ['2026-09-01', '2026-09-24']
        >>> days_in_name("conf_05-06-2026.txt"), days_in_name("conf_05-06-2026.txt", True)
        ([], [datetime.date(2026, 6, 5)])
    """
    found: list[date] = []
    for readings in map(_readings, _parts(name)):
        days = {*readings.values()}
        if day_first is not None:
            days &= {readings.get(day_first, readings.get(_YEAR_FIRST))}
        found += days if len(days) == 1 else []
    return sorted(found)


def is_open(name: str) -> bool:
    """Whether a day in a name can be read in two ways."""
    return any(len(set(_readings(parts).values())) > 1 for parts in _parts(name))


def order_of(names: Iterable[str]) -> bool | None:
    """Whether the day stands first in the names of a load, by those of which one reading fits."""
    local = [parts for name in names for parts in _parts(name) if "first" in parts]
    orders = {first for parts in local if len(both := _readings(parts)) == 1 for first in both}
    orders.discard(_YEAR_FIRST)
    return orders.pop() if len(orders) == 1 else None


def _parts(name: str) -> Iterator[dict[str, str]]:
    """What stands for a day, month and year, form by form; no sign stands for two days."""
    whole = name
    for form in _FORMS:
        for found in re.finditer(form, name):
            parts = found.groupdict()
            if parts.get("word", "May").lower() in MONTH_NUMBERS:
                yield parts
                name = name.replace(found[0], "|" * len(found[0]))
    short = [*re.finditer(_SHORT, name)]
    if name == whole and len(short) == 1:
        yield short[0].groupdict()


def _readings(parts: dict[str, str]) -> Readings:
    """The day by the orders that fit: several, where the form leaves it open."""
    orders: dict[bool | None, tuple[str, ...]]
    year, month = parts.get("year", ""), parts.get("month")
    if last := parts.get("last"):
        own = (parts["first"], parts["second"], last)
        orders = {True: own, _YEAR_FIRST: own[::-1]}
    elif "first" in parts:
        pairs = (parts["first"], parts["second"])
        orders = {True: (*pairs, year), False: (*pairs[::-1], year)}
    else:
        month = month or str(MONTH_NUMBERS[parts["word"].lower()])
        orders = dict.fromkeys((True, False), (parts["day"], month, year))
    readings: Readings = {}
    for order, (day, month, year) in orders.items():
        with suppress(ValueError):  # such as 30 February
            readings[order] = date(int(year) + 2000 * (len(year) == 2), int(month), int(day))
    if last:
        readings = {order: day for order, day in readings.items() if day.year in _YEARS}
    if parts.get("by") == "." and True in readings:  # nobody writes a month before a dot
        readings.pop(False, None)
    return readings
