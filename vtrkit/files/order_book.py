"""Which packages one order has, where its rows do not agree at once: worked out unit by unit.

Each ordered unit is in one parcel at most. A confirmation puts units of an item into the parcel of
its number; while there are units left it adds, and beyond that it takes them from that item's
newest shipment. A parcel from which all units were taken is the other one under its former number.

```
snapshot of packages ─▶ parcels ◀─ older confirmations, labels, verdicts are matched with them
                          ▲
      newer confirmations ┘ add or correct
```
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby

from vtrkit.files.damage import agree
from vtrkit.files.shipments import ONE, TWIN, Item, Parcel, Row, Sent, Shipments

SAME_DAY = "a snapshot of the same day has another number in its place, which is taken"
NO_PACKAGE = "its order has no package of this tracking_number"


@dataclass
class Settled:
    """The parcel of each row, why it has none, and what was assumed; the places of gone ones."""

    parcel: dict[int, Parcel] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    assumed: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)


def settle(rows: Sequence[Row]) -> Settled:
    """The parcels of one order from all rows that speak of it, oldest first."""
    found = Settled()
    rows = list(_told_apart(rows, found))
    snapshot = list(_whole([r for r in rows if r.kind == "S"]))
    events = [r for r in rows if r.kind == "E"]
    newest = max((r.seen for r in snapshot), default=None)
    shipments = Shipments(*_ordered(rows))
    if newest is not None:
        _take_snapshot(shipments, snapshot, newest, found)
        before = Shipments(*_ordered(rows))
        older = [(r, before.confirm(r)) for r in events if r.seen <= newest]
        paired = _paired(shipments.alive(), before.alive())
        for row, parcel in older:
            own = paired.get(parcel.last())
            _attach(found, row.place, own)
            if row.seen == newest and row.number and (own is None or row.number != own.number):
                found.assumed[row.place] = SAME_DAY
        for parcel, own in paired.items():
            own.former |= {n for n in (*parcel.former, parcel.number) if n} - {own.number}
        events = [r for r in events if r.seen > newest]
    confirmed = [(r, shipments.confirm(r)) for r in events]
    found.parcel |= {r.place: parcel for r, parcel in confirmed}
    found.assumed |= shipments.assumed
    named = bool(shipments.parcels)
    for kind in "VT" if named else "TV":
        # while units are left to ship, a label may be that of a parcel still to be confirmed
        sure = kind == "V" or newest is not None or not shipments.any_left
        _match(found, shipments, [r for r in rows if r.kind == kind], sure)
    if not named:
        _as_entered(found, shipments, [r for r in rows if r.kind == "V"])
    found.parcel = {place: parcel.last() for place, parcel in found.parcel.items()}
    return found


def _told_apart(rows: Sequence[Row], found: Settled) -> Iterator[Row]:
    """Rows of which a spreadsheet left the same: apart where those of a day say one item, or none.

    Rows of several items are those of one parcel, unless other files name several numbers of which
    the same would be left.
    """
    last: dict[tuple[object, ...], int] = {}
    for row in rows:
        if not row.damaged:
            yield row
            continue
        items = tuple(item for item, _ in row.items) or (None,)
        own = (row.seen, row.damaged, row.sent)
        place = 1 + max(last.get((*own, item), 0) for item in items)
        whole = _agreeing(row, rows)
        several = len(whole) > 1
        if items == (None,) and len(whole) == 1:
            place = 1  # of rows that say no item, and of one label: its parcel
        if own in last:
            found.assumed[row.place] = TWIN if several or place > 1 else ONE
        last |= dict.fromkeys([own, *((*own, item) for item in items)], place)
        sent = row.sent._replace(twin=place, items=items if several else ())
        yield row._replace(sent=sent)


def _agreeing(row: Row, rows: Iterable[Row]) -> list[str]:
    """The numbers of other exports of which a spreadsheet may have left what a row has."""
    there = {r.number for r in rows if (r.seen, r.kind) != (row.seen, row.kind) and r.number}
    return sorted(number for number in there if agree(row.damaged or "", number))


def _whole(rows: Sequence[Row]) -> Iterator[Row]:
    """Rows whose number a spreadsheet damaged, with the only one of another file that agrees."""
    for row in rows:
        twins = {r.sent for r in rows if (r.seen, r.damaged) == (row.seen, row.damaged)}
        agreeing = _agreeing(row, rows) if row.damaged and len(twins) == 1 else []
        yield row._replace(number=agreeing[0], damaged=None) if len(agreeing) == 1 else row


def _ordered(rows: Iterable[Row]) -> tuple[dict[Item, int], int | None]:
    """What was ordered, by the newest word on each item; else how many in all."""
    ordered: dict[Item, int] = {}
    sums: dict[tuple[int, int], int] = defaultdict(int)
    for row in rows:
        lines = row.items if row.kind == "L" else ()
        told = (*lines, *row.ordered)
        ordered |= {i: units for i, units in told if i is not None and units is not None}
        if row.kind == "L" and row.quantity is not None:
            sums[row.seen, row.file] += row.quantity
    last = max((seen for seen, _ in sums), default=0)
    total = max((n for (seen, _), n in sums.items() if seen == last), default=None)
    return ordered, None if ordered else total


def _take_snapshot(shipments: Shipments, rows: Sequence[Row], newest: int, found: Settled) -> None:
    """The newest snapshot decides; what older ones have beyond it went."""
    for row in reversed(rows):  # newest first
        there = _of_snapshot(shipments.parcels, row)
        if there is None and row.seen == newest:
            there = Parcel(row.number, newest, row.reference, row.sent, row.damaged)
            shipments.parcels.append(there)
        if there is not None and row.seen == newest:
            there.units |= {i: n or 1 for i, n in row.items or ((None, row.quantity or 1),)}
            there.number = there.number or row.number
        if there is not None and row.number and row.number != there.number:
            there.former.add(row.number)
        _attach(found, row.place, there)
    only = shipments.parcels[0]
    if len(shipments.parcels) == 1 and set(only.units) == {None} and shipments.ordered:
        only.units = dict(shipments.ordered)
    shipments.parcels.reverse()


def _of_snapshot(parcels: Sequence[Parcel], row: Row) -> Parcel | None:
    if row.reference is not None:
        same = [p for p in parcels if p.reference == row.reference]
    elif row.number:
        same = [p for p in parcels if row.number in (p.number, *p.former)]
    else:
        same = [p for p in parcels if p.is_unnumbered(row) and p.reference is None]
    return same[0] if same else None


def _attach(found: Settled, place: int, parcel: Parcel | None) -> None:
    if parcel is None:
        found.gone.add(place)
    else:
        found.parcel[place] = parcel


def _match(found: Settled, shipments: Shipments, rows: Sequence[Row], by_the_rest: bool) -> None:
    """Labels and verdicts attach to parcels, and are some only where nothing else names any."""
    own: dict[tuple[object, ...], Parcel] = {}
    keys = [(r.number, r.damaged, not shipments.parcels and r.damaged and r.sent) for r in rows]
    for row, key in zip(rows, keys, strict=True):
        number = "" if row.kind == "V" and not row.damaged else None
        parcel = Parcel(row.number or number, row.seen, damaged=row.damaged)
        own.setdefault(key, parcel).units |= {i: n for i, n in row.items if n}
    shipments.parcels = shipments.parcels or list(own.values())
    paired = _paired(shipments.alive(), list(own.values()), by_the_rest)
    for row, key in zip(rows, keys, strict=True):
        there = paired.get(own[key])
        if there is None:
            found.why[row.place] = NO_PACKAGE
        else:
            found.parcel[row.place] = there


def _as_entered(found: Settled, shipments: Shipments, rows: Sequence[Row]) -> None:
    """Of labels that nothing else names, what Amazon's report has as entered, and further ones."""
    own = {found.parcel[r.place] for r in rows if r.place in found.parcel}
    further: dict[tuple[str | None, str | None], Parcel] = {}
    for row in rows:
        if row.place in found.why and len(own) == len(shipments.parcels):
            del found.why[row.place]
            parcel = Parcel(row.number, row.seen, damaged=row.damaged)
            found.parcel[row.place] = further.setdefault((row.number, row.damaged), parcel)
        there = found.parcel.get(row.place)
        if there and row.number is not None and row.number != there.number:
            there.former |= {there.number} if there.number else set()
            there.number = row.number


def _paired(
    parcels: Sequence[Parcel], others: Sequence[Parcel], by_the_rest: bool = True
) -> dict[Parcel, Parcel]:
    """Which of other parcels is which: by number, else item and quantity, else the only ones left.

    A number of which a spreadsheet left only a part agrees with the whole one.
    """
    paired: dict[Parcel, Parcel] = {}
    tests = (
        lambda a, b: bool(b.number) and a.number == b.number,
        lambda a, b: bool(b.number) and b.number in a.former,
        _same_digits,
        lambda a, b: a.units == b.units and None not in a.units and bool(a.units),
        lambda a, b: a.number == "" == b.number,
        lambda _a, _b: by_the_rest,
    )
    for same in tests:
        left = [p for p in others if p not in paired]
        free = [p for p in parcels if p not in paired.values()]
        for other in left:
            fits = [p for p in free if same(p, other)]
            if len(fits) == 1 and sum(same(fits[0], o) for o in left) == 1:
                paired[other] = fits[0]
    for other, parcel in paired.items():
        if parcel.damaged and _same_digits(parcel, other):
            parcel.number = other.number
    return paired


def _same_digits(a: Parcel, b: Parcel) -> bool:
    """Whether one is what a spreadsheet left of the other's number."""
    if a.damaged and b.number:
        return agree(a.damaged, b.number)
    return bool(b.damaged and a.number and agree(b.damaged, a.number))


_UNTOLD = "(damaged)"
"""The number of a package of which a spreadsheet left too little: no other one stands in for it."""


def _own_number(parcel: Parcel) -> str | None:
    """The number that Amazon has, as far as files tell."""
    return _UNTOLD if parcel.damaged and parcel.number is None else parcel.number


def _went(row: Row, parcel: Parcel) -> bool:
    """Whether the package that a row named is now the one under another number."""
    return row.kind == "E" and bool(row.number) and row.number != parcel.number


def _row(cell: tuple[object, ...]) -> Row:
    _, place, kind, file, seen, number, damaged, deletes, reference, item, quantity = cell[:11]
    packed, ordered, *sent = cell[11:]
    own = ((item, quantity),) if item is not None else ()
    items = _unpacked(packed) or own
    return Row(
        place, kind, file, seen, number, damaged, deletes, reference, items,  # type: ignore[arg-type]
        _unpacked(ordered), quantity, Sent(*sent),  # type: ignore[arg-type]
    )  # fmt: skip


def _unpacked(text: object) -> tuple[tuple[Item, int | None], ...]:
    """The items of a list that a record holds; see `json_records.listed`."""
    pairs = [one.rpartition("*") for one in str(text).split()] if text else []
    return tuple((item, int(n) if n.isdecimal() else None) for item, _, n in pairs)


def _place(found: tuple[int, Parcel]) -> int:
    return found[0]


def _names_of(parcels: Collection[Parcel]) -> dict[Parcel, str]:
    """Amazon's reference of each package, else its number, else the next whole number."""
    own = {parcel: parcel.reference or parcel.number for parcel in parcels}
    taken = set(own.values())
    free = (f"{n}" for n in count(1) if f"{n}" not in taken)
    return {parcel: name or next(free) for parcel, name in own.items()}


_Told = tuple[str | None, str | None, str | None, bool, str | None]
NOTHING: _Told = (None, None, None, False, None)


def settled(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[int, _Told]]:
    """Of each row that may name a package: the package, its number, why it has none, and so on.

    Args:
        rows: the order, then what `Row` holds; order by order, oldest row first.

    Returns:
        The place of each row, with what `vtrkit.files.matching` calls settled.
    """
    for _, of_order in groupby(rows, key=lambda cell: cell[0]):
        of_book = [r for r in map(_row, of_order) if r.kind != "T" or r.number or r.damaged]
        found = settle(of_book)
        names = _names_of([parcel for _, parcel in sorted(found.parcel.items(), key=_place)])
        for row in of_book:
            if row.kind != "L":
                parcel, place = found.parcel.get(row.place), row.place
                gone = place in found.gone or (parcel is not None and _went(row, parcel))
                own = (names[parcel], _own_number(parcel)) if parcel else (None, None)
                yield place, (*own, found.why.get(place), gone, found.assumed.get(place))
