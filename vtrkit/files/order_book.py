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

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

NO_PACKAGE = "its order has no package of this tracking_number"
FURTHER = "assumed to be a further package: no file says how many were ordered"
AMONG_SEVERAL = "assumed to be a further package: the row names no item, and there are several"

Item = str | None


class Row(NamedTuple):
    """What a row says of which package it speaks; rows come oldest first.

    `kind` is S for a snapshot of packages, E for a confirmation, T for a label, V for a verdict, L
    for a line of the order. `number` is "" where it was left blank and None where it is not known,
    as where a spreadsheet left only `damaged` of it. `sent` is ship day, carrier and method.
    """

    place: int
    kind: str
    file: int
    seen: int
    number: str | None
    damaged: str | None
    deletes: bool
    reference: str | None
    items: tuple[tuple[Item, int | None], ...]
    ordered: tuple[tuple[Item, int | None], ...]
    quantity: int | None
    sent: tuple[object, ...]


@dataclass(eq=False)
class Parcel:
    """One package: its number, the units in it, and the numbers that it once had."""

    number: str | None
    seen: int
    reference: str | None = None
    sent: tuple[object, ...] = ()
    damaged: str | None = None
    units: dict[Item, int] = field(default_factory=dict)
    former: set[str] = field(default_factory=set)
    into: "Parcel | None" = None

    def last(self) -> "Parcel":
        """The parcel that this one became."""
        return self.into.last() if self.into else self

    def take_over(self, other: "Parcel") -> None:
        """Be what another parcel was, now that all its units are here."""
        other.into = self
        self.reference = self.reference or other.reference
        self.former |= other.former | ({other.number} if other.number else set())


@dataclass
class Settled:
    """The parcel of each row, why it has none, and what was assumed; the places of gone ones."""

    parcel: dict[int, Parcel] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)
    assumed: dict[int, str] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)


class Shipments:
    """The parcels of an order as its confirmations add to them and correct them."""

    def __init__(self, ordered: dict[Item, int], total: int | None) -> None:
        """None yet.

        Args:
            ordered: how many of each item were ordered, where a file says so.
            total: how many in all, where files say no more.
        """
        self.ordered, self._total = ordered, total
        self.parcels: list[Parcel] = []
        self.assumed: dict[int, str] = {}

    def alive(self) -> list[Parcel]:
        """The parcels that are there, oldest first."""
        return [p for p in self.parcels if p.into is None]

    def confirm(self, row: Row) -> Parcel:
        """The parcel that a row confirms or corrects."""
        if row.deletes:
            return self._without_number(row)
        return self._numbered(row) if row.number else self._blank(row)

    def _left(self, item: Item) -> int | None:
        """How many units of an item may still be shipped; None where nobody says."""
        vague = len(self.alive()) > 1 and any(None in p.units for p in self.alive())
        if item in self.ordered and not vague:
            return self.ordered[item] - sum(p.units.get(item, 0) for p in self.alive())
        if self.ordered or self._total is None:
            return None
        return self._total - sum(n for p in self.alive() for n in p.units.values())

    def _all_left(self, row: Row) -> tuple[tuple[Item, int | None], ...]:
        """The units that a row without an item stands for."""
        items = list(self.ordered) or ([None] if self._total is not None else [])
        free, most, found = [(i, self._left(i) or 0) for i in items], row.quantity, []
        for item, units in free:
            taken = units if most is None else min(units, most)
            most = most if most is None else most - taken
            if taken > 0:
                found.append((item, taken))
        return tuple(found)

    def _holders(self, item: Item) -> list[Parcel]:
        """The parcels with units of an item, newest first."""
        held = [p for p in self.alive() if item in p.units]
        return sorted(held, key=lambda p: p.seen)[::-1]

    def _numbered(self, row: Row) -> Parcel:
        known = next((p for p in self.alive() if p.number == row.number), None)
        target = known or Parcel(row.number, row.seen, sent=row.sent)
        items = row.items or self._all_left(row)
        if not items and not known:
            self._without_item(row, target)
        if not known:
            self.parcels.append(target)
        for item, quantity in items:
            self._put(row, target, item, quantity)
        return target

    def _without_item(self, row: Row, target: Parcel) -> None:
        """Nothing is left, or nobody knows what was ordered: it corrects the only parcel."""
        there = self.alive()
        if len(there) == 1 and (there[0].seen < row.seen or not there[0].number):
            target.units = there[0].units
            target.take_over(there[0])
            return
        if len(there) > 1 and min(p.seen for p in there) < row.seen:
            self.assumed[row.place] = AMONG_SEVERAL
        target.units = {None: row.quantity or 1}

    def _put(self, row: Row, target: Parcel, item: Item, quantity: int | None) -> None:
        """Units of an item into the parcel of a number, from those left or from older parcels."""
        have, left = target.units.get(item, 0), self._left(item)
        others = [p for p in self._holders(item) if p is not target]
        if left is None:
            if have:
                return
            blank = [p for p in others if not p.number]
            if not blank and any(p.seen < row.seen for p in others):
                self.assumed[row.place] = FURTHER
            target.units[item] = quantity or 1
            if blank:
                target.units[item] = self._move(item, blank[0], target)
            return
        wanted = quantity or max(have + max(left, 0), 1)
        beyond, moved = wanted - have - max(left, 0), 0
        for parcel in others:
            # what one export says twice is two parcels, unless one of them has no number
            if moved < beyond and (parcel.seen < row.seen or not parcel.number):
                moved += self._move(item, parcel, target)
        target.units[item] = have + max(wanted - have, moved)

    def _move(self, item: Item, parcel: Parcel, target: Parcel) -> int:
        units = parcel.units.pop(item)
        if not parcel.units:
            target.take_over(parcel)
        return units

    def _blank(self, row: Row) -> Parcel:
        """Nothing entered: a further parcel while units are left, else the number is kept."""
        alike = [p for p in self.alive() if not p.number and p.sent == row.sent]
        items = row.items or self._all_left(row)
        if not items:
            if alike or len(self.alive()) == 1:
                return (alike or self.alive())[0]
            if self.alive():
                self.assumed[row.place] = AMONG_SEVERAL
            items = ((None, row.quantity or 1),)
        target = next((p for p in alike if p.seen == row.seen), None)
        for item, quantity in items:
            again = [p for p in alike if p.units.get(item, 0) >= (quantity or 1)]
            holders, left = self._holders(item), self._left(item)
            if again:
                return again[0]
            room = left is not None and left >= max(quantity or 1, 1)
            if holders and not room and item is not None:
                holders[0].units[item] += max(left or 0, 0)
                return holders[0]
            if target is None:
                target = Parcel(row.number, row.seen, sent=row.sent, damaged=row.damaged)
                self.parcels.append(target)
            target.units[item] = target.units.get(item, 0) + (quantity or left or 1)
        assert target is not None
        return target

    def _without_number(self, row: Row) -> Parcel:
        """The text NULL: the newest shipment of the item loses its number."""
        items = [item for item, _ in row.items]
        held = [p for i in items for p in self._holders(i)] if items else self.alive()
        numbered = [p for p in held if p.number]
        if not numbered or (not items and len(self.alive()) > 1):
            return self._blank(row)
        parcel = numbered[0]
        target = Parcel("", row.seen, sent=row.sent)
        self.parcels.append(target)
        for item in items or list(parcel.units):
            if item in parcel.units:
                target.units[item] = self._move(item, parcel, target)
        return target


def settle(rows: Sequence[Row]) -> Settled:
    """The parcels of one order from all rows that speak of it, oldest first."""
    found = Settled()
    snapshot = [r for r in rows if r.kind == "S"]
    events = [r for r in rows if r.kind == "E"]
    newest = max((r.seen for r in snapshot), default=None)
    shipments = Shipments(*_ordered(rows))
    if newest is not None:
        _take_snapshot(shipments, snapshot, newest, found)
        before = Shipments(*_ordered(rows))
        older = [(r, before.confirm(r)) for r in events if r.seen <= newest]
        paired = _paired(shipments.alive(), before.alive())
        for row, parcel in older:
            _attach(found, row.place, paired.get(parcel.last()))
        for parcel, own in paired.items():
            own.former |= {n for n in (*parcel.former, parcel.number) if n} - {own.number}
        events = [r for r in events if r.seen > newest]
    confirmed = [(r, shipments.confirm(r)) for r in events]
    found.parcel |= {r.place: parcel for r, parcel in confirmed}
    found.assumed |= shipments.assumed
    for kind in "VT" if shipments.parcels else "TV":
        _match(found, shipments, [r for r in rows if r.kind == kind])
    found.parcel = {place: parcel.last() for place, parcel in found.parcel.items()}
    return found


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
        same = [p for p in parcels if not p.number and p.reference is None and p.sent == row.sent]
    return same[0] if same else None


def _attach(found: Settled, place: int, parcel: Parcel | None) -> None:
    if parcel is None:
        found.gone.add(place)
    else:
        found.parcel[place] = parcel


def _match(found: Settled, shipments: Shipments, rows: Sequence[Row]) -> None:
    """Labels and verdicts attach to parcels, and are some only where nothing else names any."""
    own: dict[tuple[str | None, str | None], Parcel] = {}
    for row in rows:
        key = row.number, row.damaged
        own.setdefault(key, Parcel(row.number, row.seen, damaged=row.damaged))
        own[key].units |= {i: n for i, n in row.items if n}
    shipments.parcels = shipments.parcels or list(own.values())
    paired = _paired(shipments.alive(), list(own.values()))
    for row in rows:
        there = paired.get(own[row.number, row.damaged])
        if there is None:
            found.why[row.place] = NO_PACKAGE
        else:
            found.parcel[row.place] = there


def _paired(parcels: Sequence[Parcel], others: Sequence[Parcel]) -> dict[Parcel, Parcel]:
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
        lambda _a, _b: True,
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


def agree(damaged: str, whole: str) -> bool:
    """Whether a whole number may be what a spreadsheet damaged.

    Examples:
        >>> agree("9.86579E+11", "986578788855"), agree("9.86E+11", "799531274483")
        (True, False)
        >>> agree("9400111206206400000000", "9400111206206407628746"), agree("31", "32")
        (True, False)
    """
    if not whole.isdecimal():
        return False
    if power := re.fullmatch(r"(\d)(?:[.,](\d+))? ?E ?\+?(\d+)", damaged.strip().upper()):
        digits = power[1] + (power[2] or "")
        kept = round(int(whole), -max(len(whole) - len(digits), 0))
        return len(whole) == int(power[3]) + 1 and str(kept)[: len(digits)] == digits
    kept_digits = re.sub(r"\D", "", damaged)
    rounded = len(kept_digits) == len(whole) > 15 and kept_digits[:15] == whole[:15]
    return rounded or (kept_digits != whole and whole.lstrip("0") == kept_digits)
