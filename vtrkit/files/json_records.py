"""JSON and JSON Lines to rows of text: dotted paths, one row per element, events to scans."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from typing import Any

from vtrkit.errors import InputError
from vtrkit.files.encoding import Text
from vtrkit.files.forms import Events, plain

NOT_AN_OBJECT = "the record is not an object"
NOT_JSON = "the line is not JSON"
FROM_EVENTS = (
    "scans",
    "first_scan_date",
    "scanned_by",
    "delivered_date",
    "attempted_date",
    "returned",
)


Record = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """What stands where a record belongs."""

    rule: str


def documents(text: Text, wanted: Collection[str]) -> list[Any]:
    """The documents of a file: one, or one per line.

    Args:
        text: the file.
        wanted: the keys, compared as headers are, whose values are kept; others are dropped at
            once.

    Raises:
        InputError: it is not JSON; the message has the line.
    """

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        return {key: value for key, value in pairs if plain(key) in wanted}

    decoder = json.JSONDecoder(
        object_pairs_hook=kept, parse_float=str, parse_int=str, parse_constant=str
    )
    try:
        lines = (line for line in text.lines() if line.strip())
        first, second = next(lines, b""), next(lines, b"")
        if second and _is_whole(decoder, first):
            return list(_by_line(text, decoder))
        return [decoder.decode(b"".join(text.blocks()).decode("utf-8-sig"))]
    except json.JSONDecodeError as e:
        raise InputError(
            f"{text.name}: line {e.lineno} is not JSON; the file is damaged or cut short: download "
            "it again"
        ) from None
    except RecursionError:
        raise InputError(
            f"{text.name}: nested too deeply to be an export; check the file"
        ) from None


def _is_whole(decoder: json.JSONDecoder, line: bytes) -> bool:
    try:
        decoder.decode(line.decode("utf-8-sig"))
    except json.JSONDecodeError:
        return False
    return True


def _by_line(text: Text, decoder: json.JSONDecoder) -> Iterator[Any]:
    for line in text.lines():
        if line.strip():
            try:
                yield decoder.decode(line.decode("utf-8-sig"))
            except (json.JSONDecodeError, RecursionError):
                yield Broken(NOT_JSON)


def records(documents: Iterable[Any], places: Sequence[str]) -> list[Any]:
    """The records of documents: at the first of the places that a document has, else itself.

    A list of answers, as tools keep the pages of one, is as good as the answers themselves.
    """
    pages = (page for one in documents for page in (one if isinstance(one, list) else [one]))
    return [one for page in pages for one in _records(page, places)]


def _records(document: Any, places: Sequence[str]) -> list[Any]:
    there = (found for place in places if (found := _node(document, place)) is not None)
    found = next(there, document)
    return found if isinstance(found, list) else [found]


def _node(document: Any, place: str) -> Any:
    for key in place.split("."):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def paths(records: Iterable[Any]) -> list[str]:
    """Every dotted path that leads to a value in a record, lists left out; in order of arrival."""
    found: dict[str, None] = {}
    for record in records:
        _walk(record, "", found)
    return list(found)


def _walk(node: Any, path: str, found: dict[str, None]) -> None:
    if isinstance(node, dict) and node:
        for key, value in node.items():
            _walk(value, f"{path}.{key}" if path else key, found)
    elif isinstance(node, list):
        found.setdefault(path)
        for element in node:
            _walk(element, path, found)
    elif path:
        found.setdefault(path)


def rows(records: Iterable[Any], each: str) -> Iterator[Record | Broken]:
    """A row for each record, or for each element of the list `each` inside it."""
    for record in records:
        if isinstance(record, Broken):
            yield record
        elif not isinstance(record, dict):
            yield Broken(NOT_AN_OBJECT)
        elif not each:
            yield record
        else:
            yield from _elements(record, each)


def _elements(record: dict[str, Any], each: str) -> Iterator[Record | Broken]:
    found = _node(record, each)
    elements = found if isinstance(found, list) else [found]
    for element in elements or [None]:
        if element is None or isinstance(element, dict):
            yield _with(record, each, element)
        else:
            yield Broken(NOT_AN_OBJECT)


def _with(record: dict[str, Any], place: str, element: Any) -> dict[str, Any]:
    key, _, rest = place.partition(".")
    inner = record.get(key)
    return record | {key: _with(inner, rest, element) if rest and inner else element}


def text(record: Any, path: str) -> str | None:
    """The value at a dotted path as text; of a list, the first element that has it.

    Examples:
        >>> text({"a": [{}, {"b": True}]}, "a.b"), text({"a": ["PRIME", "PREORDER"]}, "a")
        ('true', 'PRIME PREORDER')
    """
    return _text(record, path.split("."))


def _text(node: Any, keys: list[str]) -> str | None:
    if isinstance(node, list):
        if not keys and all(isinstance(one, str) for one in node):
            return " ".join(node) or None
        return next((t for one in node if (t := _text(one, keys)) is not None), None)
    if keys:
        return _text(node.get(keys[0]), keys[1:]) if isinstance(node, dict) else None
    if isinstance(node, bool):
        return str(node).lower()
    return node if isinstance(node, str) else None


# --- tracking events -------------------------------------------------------------------------


def reduced(record: Any, events: Events) -> dict[str, str | None]:
    """What a record's list of events says of scans, delivery and attempts; {} without a list."""
    twice = [_Event.of(event, events) for event in records_at(record, events.at)]
    placed = {e.same for e in twice if e.place}
    once = {(e.same, e.place): e for e in twice if e.place or e.same not in placed}
    told = list(once.values())
    if not told:
        return {}
    sure = (*events.delivered, *events.attempted)  # where the status says it, the text may be loose
    labels = [
        e
        for e in told
        if e.one_of(events.no_scan) or (e.one_of((), events.no_scan_text) and not e.one_of(sure))
    ]
    scans = [e for e in told if e not in labels]
    back = [e for e in told if e.one_of(events.returned, events.returned_text)]
    turned = min((_moment(e.day) for e in back), default=inf)
    out = [e for e in told if e not in back and not _moment(e.day) > turned]
    tried = [
        e for e in out if e in scans and e.one_of(events.attempted, events.attempted_text)
    ]  # an attempt to pick up is none to deliver
    done = [e for e in out if e.one_of(events.delivered)]
    first, delivered, attempted = _first(scans), _first(done), _first(tried)
    only_back = not done and any(e.one_of(events.delivered) for e in told)
    days = (delivered.day, attempted.day)
    # a delivery before the way back stays one, whatever the status of the whole says
    returned = "yes" if only_back else "no" if back and done else None
    said = (str(len(scans)), first.day, first.by, *days, returned)
    return dict(zip(FROM_EVENTS, said, strict=True))


def records_at(record: Any, at: str) -> list[Any]:
    """The records in the list at a dotted path."""
    found = _node(record, at)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


@dataclass(frozen=True)
class _Event:
    day: str | None = None
    status: str = ""
    text: str = ""
    by: str | None = None
    place: str = ""

    @classmethod
    def of(cls, event: Any, how: Events) -> "_Event":
        day, status, said, by, place = (
            text(event, path) if path else None
            for path in (how.day, how.status, how.text, how.by, how.place)
        )
        where = (place or "").strip().casefold()
        return cls(day, (status or "").strip(), said or "", by or None, where)

    @property
    def same(self) -> tuple[object, ...]:
        """What two tellings of one event have in common, beside a place that one may leave out."""
        at = _moment(self.day)
        return self.day if at == inf else at, self.status.casefold(), self.text.strip().casefold()

    def one_of(self, statuses: Sequence[str], patterns: Sequence[str] = ()) -> bool:
        status = self.status.casefold()
        return any(status == one.casefold() for one in statuses) or any(
            re.search(pattern, self.text, re.IGNORECASE) for pattern in patterns
        )


def _first(events: Sequence[_Event]) -> _Event:
    """The earliest event; events whose time nobody can read come last, as they stand."""
    return min(events, key=lambda e: _moment(e.day), default=_Event())


def _moment(day: str | None) -> float:
    try:
        moment = datetime.fromisoformat((day or "").strip())
    except ValueError:
        return float(day) if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", day or "") else inf  # type: ignore[arg-type]
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
