"""What Amazon can give by itself, brought into a folder as files that vtrkit reads.

A file holds the orders whose last update was on whole days (of UTC, all of them over) and appears
when it is complete. Its name has these days, so that the next fetch brings what no file has yet,
and the day of the fetch before: up to it nothing else became of these orders, so that a later
confirmation which Amazon did not take is not believed.
"""

import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from vtrkit.errors import InputError, ParameterError
from vtrkit.facts.marketplaces import as_marketplace
from vtrkit.files.forms import Layout, plain
from vtrkit.files.layouts import known_layouts
from vtrkit.files.named_days import days_in_name
from vtrkit.files.performance import performance
from vtrkit.files.records import keys
from vtrkit.files.scratch import whole
from vtrkit.files.sources import Progress
from vtrkit.official.history import remembered
from vtrkit.rules.policies import policy_on
from vtrkit.schema import DEFAULT_ACCOUNT
from vtrkit.words import short_day

if TYPE_CHECKING:
    from vtrkit.amazon.selling_partner import SellingPartner

_AHEAD = 45
"""Days between an order's last update, at the latest when it ships, and the latest promised day."""
_WEEK, _MONTH = 7, 30
"""Days in a file: of orders, so that little is lost where a fetch is stopped and yet few of the 20
requests that Amazon allows at once are used; of reports, as many as Amazon takes."""
_ALL_ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
_PERFORMANCE = "GET_V2_SELLER_PERFORMANCE_REPORT"
_REAL = "PRODUCTION"
_HIDDEN = "."
"""At the beginning of a file's name, it is not read."""
_DAY = r"\d{4}-\d\d-\d\d"
_ID = rb"\w{3}-\d{7}-\d{7}"
_NOTHING = b"Amazon has nothing for these days. Delete this note to ask again.\n"


@dataclass(frozen=True)
class Wanted:
    """Which files a folder is to hold.

    Attributes:
        places: Amazon's letters of the marketplaces, of one region.
        account: whose credentials, and the folder below; those without a name if None.
        first: the first day.
        today: the day of the fetch, whose own orders are left for the next one.
        again: so many of the last days are fetched though files have them.
    """

    places: tuple[str, ...]
    account: str | None
    first: date
    today: date
    again: int = 0

    @property
    def last(self) -> date:
        """The last day, which is over."""
        return self.today - timedelta(days=1)

    @property
    def marked(self) -> str:
        """The marketplaces as names of files have them."""
        return "-".join(self.places).lower()

    @classmethod
    def of(
        cls, names: Sequence[str], today: date, account: str | None, days: int | None, again: int
    ) -> Self:
        """What was asked for; so many days back, or as many as the days that count need.

        Raises:
            ParameterError: there is no such marketplace, or the account's name is none of a folder.
        """
        if account is not None and (Path(account).name != account or account[:1] in {"", "."}):
            raise ParameterError("--account: give a name that a folder can have")
        places = tuple(sorted({as_marketplace(name) for name in names}))
        rules = [policy_on(place, today) for place in places]
        back = days or max(rule.window_days + rule.lag_days for rule in rules) + _AHEAD
        return cls(places, account, today - timedelta(days=back), today, again)


def bring(
    folder: Path, wanted: Wanted, history: Path | None = None, progress: Progress | None = None
) -> int:
    """Bring what a folder lacks: orders with packages, all-orders reports, Amazon's own figure.

    Args:
        folder: where the files go; those of a named account into a folder of its name below.
        wanted: which ones.
        history: a folder that keeps Amazon's figures.
        progress: told of each file.

    Returns:
        How many files are new; a note stands in place of one that would be empty.

    Raises:
        ParameterError: the extra is not installed, or Amazon refuses; the message says why.
        InputError: Amazon could not make a report, or does not answer.
    """
    if os.environ.get("AWS_ENV", _REAL) != _REAL:  # which the library reads as it is imported
        raise ParameterError("AWS_ENV asks for another Amazon than the real one; unset it first")
    try:
        from vtrkit.amazon.selling_partner import SellingPartner  # noqa: PLC0415 - an extra
    except ImportError:
        raise ParameterError('vtrkit fetch needs: pip install "vtrkit[fetch]"') from None
    new = 0

    def told(step: str) -> None:
        if progress:
            progress(step, new, len(pieces))

    amazon = SellingPartner(wanted.places, wanted.account, told)
    owner, into = wanted.account or DEFAULT_ACCOUNT, folder / (wanted.account or "")
    figures = into / f"performance_{wanted.marked}_{wanted.today}.json"
    pieces = list(_pieces(amazon, into, wanted, figures))
    into.mkdir(parents=True, exist_ok=True)
    _show(into, wanted)
    for path, what, content_of in pieces:
        told(what)
        content = content_of(what)
        if path == figures and content:
            performance(content, path.name, owner)  # which refuses a damaged one
        with whole(path if content else path.with_suffix(".md")) as ready:
            ready.write(content or _NOTHING)
        _show(into, wanted)
        new += 1
    if history and figures.exists():
        remembered(history, performance(figures.read_bytes(), figures.name, owner))
    return new


def _pieces(
    amazon: "SellingPartner", into: Path, wanted: Wanted, figures: Path
) -> Iterator[tuple[Path, str, Callable[[str], bytes | None]]]:
    """The files that are not there: where each goes, what it is called, how its content comes."""

    def orders(first: date, last: date, what: str) -> bytes:
        return _own_lines(amazon.orders(first, last, what))

    def all_orders(first: date, last: date, what: str) -> bytes | None:
        content = amazon.report(_ALL_ORDERS, what, (first, last))
        return content and _own_columns(content, what)

    for name, suffix, title, content_of, most in (
        (f"{_HIDDEN}orders", "jsonl", "orders", orders, _WEEK),
        ("all_orders", "txt", "all-orders report", all_orders, _MONTH),
    ):
        for a, b in list(_missing(into, name, wanted, most)):
            what = f"{title} of {short_day(a)}" + ("" if a == b else f" to {short_day(b)}")
            path = into / f"{name}_{wanted.marked}_{a}_{b}_as_of_{wanted.last}.{suffix}"
            yield path, what, partial(content_of, a, b)
    if not figures.exists():
        yield figures, "seller performance report", partial(amazon.report, _PERFORMANCE)


def _there(folder: Path, kind: str, wanted: Wanted) -> list[tuple[Path, date, date, date]]:
    """The files of a kind, hidden ones too: their first and last day, and that of the fetch."""
    name = re.compile(rf"\.?{kind}_{wanted.marked}_{_DAY}_{_DAY}_as_of_{_DAY}\.(jsonl|txt|md)")
    paths = [path for path in folder.glob("*") if name.fullmatch(path.name)]
    named = [(path, days_in_name(path.name)) for path in paths]
    return [(path, days[0], days[1], days[2]) for path, days in named if len(days) == 3]


def _show(folder: Path, wanted: Wanted) -> None:
    """Show the orders once those of all days are there.

    Until then a report would take days whose orders are still to come for days without any.
    """
    if not any(_missing(folder, "orders", wanted, _WEEK)):
        for path, _, end, _ in _there(folder, "orders", wanted):
            if end >= wanted.first:
                path.replace(path.with_name(path.name.removeprefix(_HIDDEN)))


def _missing(folder: Path, kind: str, wanted: Wanted, most: int) -> Iterator[tuple[date, date]]:
    """The ranges of days, each of so many at most, that no file of a kind has."""
    there = _there(folder, kind.removeprefix(_HIDDEN), wanted)
    anew = wanted.today - timedelta(days=wanted.again)
    had = {
        day
        for _, start, end, seen in there
        for day in _days(start, end)
        if day < anew or seen == wanted.last
    }
    run: list[date] = []
    for day in _days(wanted.first, wanted.last):
        if run and (day in had or len(run) == most):
            yield run[0], run[-1]
            run = []
        if day not in had:
            run.append(day)
    if run:
        yield run[0], run[-1]


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _layout(name: str) -> Layout:
    return next(layout for layout in known_layouts() if layout.name == name)


def _own_lines(orders: Sequence[dict[str, Any]]) -> bytes:
    """Orders as JSON Lines, of each what its layout reads: whatever else comes stays out."""
    words = keys([_layout("orders_api")])
    return b"".join(json.dumps(_only(order, words)).encode() + b"\n" for order in orders)


def _only(value: Any, words: Collection[str]) -> Any:
    if isinstance(value, list):
        return [_only(one, words) for one in value]
    if isinstance(value, dict):
        return {key: _only(v, words) for key, v in value.items() if plain(key) in words}
    return value


def _own_columns(content: bytes, what: str) -> bytes:
    """The columns of an all-orders report that its layout reads; the buyers' stay out.

    Its bytes stay as they are, since the encoding differs by marketplace; in none of them a byte of
    a letter is a tab or the end of a line. Cells of a line with too many of them, or with too few
    and no order id, may be a buyer's: it is written without any, and rejected when it is read.
    """
    layout = _layout("all_orders")
    lines = [line.rstrip(b"\r").split(b"\t") for line in content.split(b"\n") if line.strip()]
    header = [name.decode("latin-1").removeprefix("ï»¿") for name in lines[0]] if lines else []
    if not layout.fits(header):
        raise InputError(f"the {what} is no table that vtrkit knows; update vtrkit")
    read = {*map(plain, chain(*layout.columns.values(), layout.signature))}
    kept = [n for n, name in enumerate(header) if plain(name) in read]
    at = header.index(layout.headers(header)["order_id"][0])

    def in_place(line: list[bytes]) -> bool:
        short = at < len(line) < len(header) and re.fullmatch(_ID, line[at])
        return len(line) == len(header) or bool(short)

    rows = [
        [line[n] for n in kept if n < len(line)] if in_place(line) else [b"-"] * (len(kept) + 1)
        for line in lines
    ]
    return b"".join(b"\t".join(row) + b"\n" for row in rows)
