"""Amazon's figure beside ours in sentences: how far apart, what can explain it, what to do."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations
from typing import Any

import polars as pl

from vtrkit.metric.target import Target
from vtrkit.words import (
    Html,
    day_text,
    notes,
    number_of,
    percent,
    place,
    span,
    table,
    target_text,
    together,
)

Row = dict[str, Any]
EXPLAINS = {
    "exempt": "exempt by value, service or route: Amazon may count them",
    "disputed": "that may or may not count",
    "not_yours": "cancelled, not shipped, Prime, or shipped by Amazon: Amazon may count them",
    "undated": "without a promised day in your files: they may belong to these days",
    "day_before": "promised for the day before these days: another clock may move them",
    "day_after": "promised for the day after these days: another clock may move them",
    "unknown": "that cannot be judged yet: load the carrier's tracking export",
}
"""Packages that can explain a difference, by their column of `RECONCILED`."""
_WHOLE = ("exempt", "disputed", "not_yours", "undated")
"""Those that Amazon counts all of, or none."""


def headline(row: Row) -> str:
    """Both figures in a line.

    Examples:
        >>> from datetime import date
        >>> headline({"amazon_rate": 0.9529, "amazon_valid": None, "shipped": None,
        ...     "counted": 1000, "valid": 948, "unknown": 0, "counted_then": None, "against": "",
        ...     "window_start": date(2026, 8, 22), "window_end": date(2026, 9, 20)})
        'Amazon 95.2 %, your files 94.8 % (948 of 1,000), for 22 August to 20 September 2026'
    """
    days = f", for {_days(row)}" if _days(row) else ""
    return f"Amazon {_theirs(row)}, your files {_ours(row)}{days}"


def _days(row: Row) -> str:
    first, last = row["window_start"], row["window_end"]
    if not (first and last):
        return ""
    return span(first, last, day_text)


def _theirs(row: Row) -> str:
    valid, shipped = row["amazon_valid"], row["shipped"]
    if shipped == 0:
        return "no packages"
    rate = row["amazon_rate"]
    if None not in {rate, valid, shipped} and not row["against"]:
        rate = valid / shipped  # which Amazon rounds, where ours is cut off
    share = percent(rate) if rate is not None else ""
    counts = f"{valid:,} of {shipped:,}" if None not in {valid, shipped} else ""
    if shipped is not None and valid is None:
        counts = f"of {shipped:,}"
    return f"{share} ({counts})" if share and counts else share or counts or "no figure"


def _then(row: Row) -> str:
    """The end of our columns' names: as on the day of the report, where it names one."""
    return "" if row["counted_then"] is None else "_then"


def _ours(row: Row) -> str:
    then = _then(row)
    counted, valid, unknown = (row[name + then] for name in ("counted", "valid", "unknown"))
    if not counted:
        return "none"
    share = percent(valid / counted)
    if unknown:
        share = f"{share.removesuffix(' %')} to {percent((valid + unknown) / counted)}"
    return f"{share} ({valid:,} of {counted:,})"


def _today(row: Row) -> str:
    return _ours(row | {"counted_then": None})


def sentences(row: Row) -> Iterator[str]:
    """What is to be said of one report, beside its headline and `explanations`."""
    if row["against"]:
        yield f"The report contradicts itself: {row['against']}. Ask Amazon for it anew."
    if row["account_status"] not in {None, "NORMAL"}:
        yield f"Amazon calls the account {row['account_status'].replace('_', ' ').lower()}."
    if row["counted"] is None:
        yield _not_ours(row)
        return
    if row["window_start"] > row["window_end"]:
        return  # nothing can be held against such days
    yield from _since(row)
    yield from _difference(row)
    yield from _other_reading(row)
    if contested := row["contested"]:
        yield (
            f"Amazon's report of defects has {number_of(contested, 'package')} that the rule "
            "exempts, or that the carrier scanned: packages.csv names them (disputed), for an "
            "appeal."
        )
    lag, ours = row["lag_days"], row["our_lag_days"]
    if lag is not None and lag != ours:
        yield (
            f"Amazon's days end {lag} days before its report, and these pages take {ours}: give "
            f"--lag {lag}."
        )


def _not_ours(row: Row) -> str:
    if not (row["window_start"] and row["window_end"]):
        return "The report does not say which days it is about, so it cannot be compared."
    where = f" in {row['marketplace']}" if row["marketplace"] else ""
    return (
        f"Your files hold no packages of one account{where}. If they name no marketplace, give "
        "--marketplace; of several accounts, put the report into the folder of its own, or give "
        "--account."
    )


def _since(row: Row) -> Iterator[str]:
    if row["counted_then"] is None:
        return
    yield f"Your figure is what was known on {day_text(row['read_on'])}, the day of the report."
    more = row["valid"] - row["valid_then"]
    if more or row["counted"] != row["counted_then"]:
        yield (
            f"By what is known today it is {_today(row)}: "
            f"{number_of(abs(more), 'package')} {'more' if more >= 0 else 'fewer'} valid, by "
            "scans, corrections and files that came later."
        )


def _difference(row: Row) -> Iterator[str]:
    then = _then(row)
    shipped, counted = row["shipped"], row[f"counted{then}"]
    if shipped is None:
        yield "The report gives no number of packages, so only the rates can be compared."
        return
    if shipped and not counted:
        yield "Your files hold no packages of these days: look for exports that are missing."
        return
    gap = shipped - counted
    if fitting := list(_fitting(row, gap)):
        yield fitting[0]
    elif gap > 0:
        explained = sum(row[name] for name in EXPLAINS if name != "unknown")
        yield f"Amazon counts {number_of(gap, 'package')} more than your files."
        if gap > explained:
            yield (
                f"At least {gap - explained:,} of them are in none of your files: look for a "
                "missing export, or days that an export leaves out."
            )
    else:
        yield (
            f"Amazon counts {number_of(-gap, 'package')} fewer than your files: orders of another "
            "account or sales channel may be among them, or packages that Amazon exempts."
        )
    if row["amazon_valid"] is not None and gap == 0 and row["amazon_valid"] <= shipped:
        yield from _valid(
            row["amazon_valid"] - row[f"valid{then}"], row[f"unknown{then}"], bool(then)
        )


def _fitting(row: Row, gap: int) -> Iterator[str]:
    """Which packages, counted as well, give Amazon's number to the package."""
    if gap == 0:
        yield "Amazon counts as many packages as your files."
        return
    some = [name for name in _WHOLE if row[name]]
    for size in range(1, len(some) + 1):
        for names in combinations(some, size):
            if sum(row[name] for name in names) == gap:
                each = " and ".join(f"{row[n]:,} {EXPLAINS[n].split(':')[0]}" for n in names)
                yield f"With those {each}, your files come to exactly Amazon's {row['shipped']:,}."


def _valid(more: int, unknown: int, by_its_day: bool) -> Iterator[str]:
    if more > unknown:
        yield (
            f"Amazon has {number_of(more - unknown, 'valid package')} more than your files can "
            "explain: numbers entered or corrected at Amazon since your exports, or scans that "
            "your tracking data do not have."
        )
    elif more < 0:
        since = "" if by_its_day else ", or they came after its report"
        yield (
            f"Amazon has {number_of(-more, 'valid package')} fewer: it does not see scans that "
            f"your files have, as of carriers that do not report to Amazon{since}."
        )


def _other_reading(row: Row) -> Iterator[str]:
    """What the report's own condition says, which is never taken in place of the rule's."""
    if row["target"] is None or row["target_condition"] != "GREATER_THAN":
        return
    bp = round(row["target"] * 10_000)
    counted, valid = (row[name + _then(row)] for name in ("counted", "valid"))
    if not 0 < bp < 10_000:
        return
    here, above = Target.of_bp(bp), Target.of_bp(bp, "greater_than")
    differ = counted and here.meets(valid, counted) != above.meets(valid, counted)
    where = "; your files come to exactly that, so the two differ here" if differ else ""
    yield (
        f"The report asks for more than {target_text(bp)}, the help pages for at least that{where}."
    )


def explanations(row: Row) -> list[tuple[str, int]]:
    """Packages that can explain a difference, most first, each with what they are.

    Where both count the same, only what is not known of a scan is left to explain.
    """
    if row["counted"] is None:
        return []
    names = ["unknown"] if _agrees(row) else [*EXPLAINS]
    found = [(EXPLAINS[name], row[name]) for name in names if row[name]]
    return sorted(found, key=lambda pair: -pair[1])


def _agrees(row: Row) -> bool:
    """Whether Amazon's counts are among those that our files allow."""
    counted, valid, unknown = (row[name + _then(row)] for name in ("counted", "valid", "unknown"))
    theirs = row["amazon_valid"]
    return row["shipped"] == counted and theirs is not None and 0 <= theirs - valid <= unknown


def lines(row: Row) -> Iterator[str]:
    """One report for a terminal: headline, sentences, and the packages that can explain it."""
    named = row | {"marketplace": row["marketplace"] or "no marketplace"}
    yield f"{place(named)}: {headline(row)}."
    yield from sentences(row)
    yield from (f"{number_of(n, 'package')} {what}." for what, n in explanations(row))


def here(rows: Iterable[Row], places: Collection[tuple[str, str]]) -> list[Row]:
    """The reports of some accounts and marketplaces.

    One that fits none of yours is among them everywhere: somebody has to see it.
    """
    return [
        row
        for row in rows
        if row["counted"] is None or (row["account"], row["marketplace"]) in places
    ]


def newest(rows: Iterable[Row]) -> Row:
    """The report of the latest window, one that can be compared before the others."""
    return max(rows, key=lambda row: (row["counted"] is not None, row["window_end"] or date.min))


def over_time(rows: Iterable[Row]) -> list[Row]:
    """Both rates of each window that can be compared."""
    return [
        row | {"own": row[f"valid{_then(row)}"] / counted if counted else None}
        for row in rows
        if row["window_end"] and (counted := row[f"counted{_then(row)}"]) is not None
    ]


def told(rows: Sequence[Row]) -> Html:
    """The newest report in sentences, the packages that can explain a difference, and the others.

    Two reports that give the same days different figures are both shown, and said to differ.
    """
    first = newest(rows)
    said = [*sentences(first), *_twins(first, rows)]
    pieces = [notes(said)] if said else []
    if found := explanations(first):
        frame = pl.DataFrame(found, schema=["what", "packages"], orient="row")
        heads = {"packages": "packages", "what": "that can explain a difference"}
        pieces.append(table(frame, heads))
    if len(rows) > 1:
        older = sorted(rows, key=lambda row: row["window_end"] or date.min, reverse=True)
        cells = [(_days(row) or "not said", _theirs(row), _ours(row), _today(row)) for row in older]
        names = ("days", "Amazon", "your files on the day of the report", "your files today")
        frame = pl.DataFrame(cells, schema=list(names), orient="row")
        pieces.append(table(frame, {name: name for name in names}, one_line=("days",)))
    return together(*pieces)


def _twins(row: Row, rows: Iterable[Row]) -> Iterator[str]:
    same = ("account", "marketplace", "window_start", "window_end")
    for other in rows:
        alike = all(other[name] == row[name] for name in same)
        if alike and _theirs(other) != _theirs(row):
            yield f"Another report says {_theirs(other)} for the same days."
