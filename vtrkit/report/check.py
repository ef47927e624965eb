"""What a scheduler hears: how each category stands, what changed since, and one exit code.

```
rates ─▶ rows ─┬─ exit_code
               └─ changes (beside what was told before) ─▶ lines ─▶ terminal, --notify ─▶ state
```
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any, Literal

import msgspec

from vtrkit.errors import InputError, ParameterError, ReportError
from vtrkit.files.scratch import whole
from vtrkit.metric.changes import is_far
from vtrkit.metric.portfolio import standing
from vtrkit.metric.status import as_shown
from vtrkit.rules.policies import no_rule
from vtrkit.schema import CATEGORY, UNNAMED_MARKETPLACE, Status
from vtrkit.sections.advice import named
from vtrkit.words import STATUS_WORDS, place, rate_text

NOTHING_COUNTED = 3
CODES = {Status.BAD: 2, Status.UNDECIDED: 4, Status.AT_RISK: 1, Status.GOOD: 0}
"""Exit codes, the worst first."""
ERROR = 64
"""Added to the exit code of an error, which is none of a status then."""
_MOVED = 2
"""Days by which the day of a fall may move before it is told again: forecasts breathe."""
_LONGEST = 60.0
"""Seconds that a message may take."""
_COLUMNS = (
    *CATEGORY,
    *("counted", "valid", "unknown", "vtr_low", "vtr_high"),
    *("target_bp", "status", "why", "falls_on", "in_force", "undated"),
)


class Told(msgspec.Struct, frozen=True):
    """What was last told of a category."""

    account: str
    marketplace: str
    category: str
    status: str = Status.GOOD
    falls_on: date | None = None
    rate: float | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """Which category it is."""
        return self.account, self.marketplace, self.category


class State(msgspec.Struct, frozen=True):
    """What was told of all categories up to a run."""

    told: list[Told]
    version: Literal[1] = 1


def rows(rates: Iterable[dict[str, Any]], totals: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """How each category stands over the days that count, from the tables of a study or report.

    Days that the files do not cover leave a category undecided here, not uncounted.
    """
    each = []
    for row in standing(rates, totals):
        about = {name: row[name] for name in _COLUMNS} | {n: str(row[n]) for n in CATEGORY}
        status = as_shown(row)
        unknown = no_rule(row)
        if unknown and row["counted"] and status != Status.GOOD:
            unnamed = str(row["marketplace"]) == UNNAMED_MARKETPLACE
            why = "no file names the marketplace" if unnamed else "no rule of it is known"
            status, about["why"] = Status.UNDECIDED, why
        hurts = unknown or (row["in_force"] and (status != Status.BAD or row["binding"]))
        each.append(about | {"status": str(status), "hurts": bool(hurts and row["counted"])})
    return sorted(each, key=lambda row: ([*CODES, Status.NONE].index(row["status"]), _key(row)))


def exit_code(rows: Sequence[dict[str, Any]]) -> int:
    """The code of the worst status that can hurt; 3 only where nothing at all is counted.

    Examples:
        >>> some = {"counted": 20, "hurts": True}
        >>> exit_code([some | {"status": "AT_RISK"}, some | {"status": "UNDECIDED"}])
        4
        >>> exit_code([some | {"status": "BAD", "hurts": False}]), exit_code([])
        (0, 3)
    """
    if not any(row["counted"] for row in rows):
        return NOTHING_COUNTED
    there = {row["status"] for row in rows if row["hurts"]}
    return next((code for status, code in CODES.items() if status in there), 0)


def exit_code_of(page: Path) -> int:
    """The same of a page that was rendered, or of all pages of an index."""
    from vtrkit.report import index  # noqa: PLC0415 - Jinja, once there is a page

    folders = [page.parent]
    if page.name == index.PAGE:
        listed = json.loads((page.parent / index.ROWS).read_text("utf-8"))
        folders = [page.parent / row["id"] for row in listed["shops"]]
    each = [json.loads((folder / "report.json").read_text("utf-8")) for folder in folders]
    return exit_code([row for one in each for row in rows(one["rates"], one["totals"])])


def line(row: dict[str, Any]) -> str:
    """One category in one line."""
    about = f"{STATUS_WORDS[Status(row['status'])]}: {named(row)}"
    why = f"; {row['why']}" if row["why"] else ""
    return f"{about} {rate_text(row)}{why}"


def changes(rows: Iterable[dict[str, Any]], before: State | None) -> tuple[list[str], State]:
    """The lines about what changed since it was last told, and what is told now.

    A category is told of when its status changes; when a day is named on which it falls, or that
    day moves by more than two days from the one that was told; and when it is below its target and
    5 points lower than that.
    """
    known = {one.key: one for one in before.told} if before else {}
    lines, told = [], []
    for row in (row for row in rows if row["hurts"]):
        last = known.pop(_key(row), Told(*_key(row)))
        status = row["status"]
        falls = row["falls_on"] if status == Status.AT_RISK else None
        moved = falls and (not last.falls_on or abs((falls - last.falls_on).days) > _MOVED)
        rate, was = row["vtr_low"] if status == Status.BAD else None, last.rate
        lower = status == last.status and is_far(rate, was) and (rate or 0) < (was or 0)
        if moved or lower or status != last.status:
            back = last.status == Status.BAD and status == Status.AT_RISK
            lines.append("back on target, but " * back + "fell further, " * lower + line(row))
        elif rate is not None:  # what was told, or the best since: a slow fall is one, too
            rate = max(rate, was or 0)
        kept = last.falls_on if status == Status.AT_RISK else None
        told.append(Told(*_key(row), status, falls if moved else kept, rate))
    gone = [one for one in known.values() if one.status != Status.GOOD]
    lines += [
        f"no longer counted: {one.category} ({place(msgspec.structs.asdict(one))})" for one in gone
    ]
    return lines, State(told)


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["account"], row["marketplace"], row["category"]


def read_state(path: Path) -> tuple[State | None, str]:
    """What was told before, and a line where a file holds something else; None where there is none.

    Raises:
        InputError: its folder is not there, or it is another kind of file.
    """
    if not path.parent.is_dir():
        raise InputError(f"{path.parent.name}: no such folder for the state; make it first")
    try:
        return msgspec.json.decode(path.read_bytes(), type=State), ""
    except FileNotFoundError:
        return None, ""
    except msgspec.DecodeError:
        if b'"told"' not in (content := path.read_bytes()) and content.strip(b" \r\n\0{}[]"):
            raise InputError(
                f"{path.name}: no state of `vtrkit check`, so it is not written over; name another "
                "file for --state"
            ) from None
        return None, f"{path.name} is no state of this version; all is told anew"


def write_state(state: State, path: Path) -> None:
    """Keep what was told; a run that is stopped leaves what stood before."""
    with whole(path) as ready:
        ready.write(msgspec.json.format(msgspec.json.encode(state)) + b"\n")


def notify(address: str, lines: Sequence[str]) -> None:
    """Send lines to an address that apprise knows: counts and names of categories, nothing else.

    Raises:
        ParameterError: it is no such address, or apprise is not installed.
        ReportError: it was not delivered.
    """
    try:
        import apprise  # noqa: PLC0415 - an extra
    except ImportError:
        raise ParameterError("--notify needs: pip install 'vtrkit[notify]'") from None
    sender = apprise.Apprise()
    if not sender.add(address):  # which may hold a password, and is not repeated
        raise ParameterError(
            "--notify: no address that apprise knows, such as mailto:// or json://"
        )
    delivered: list[bool] = []

    def send() -> None:
        said = {"title": "Valid Tracking Rate", "body": "\n".join(lines)}
        with suppress(Exception):  # whose text may have the address in it
            delivered.append(all(service.notify(**said) for service in sender))

    # apprise's own threads are waited for at the end, however long an answer takes
    sending = Thread(target=send, daemon=True)
    sending.start()
    sending.join(_LONGEST)
    if not any(delivered):
        raise ReportError("the message was not delivered; the next run tries again")
