"""The parcels of one order, as its confirmations add to them and correct them, unit by unit."""

from dataclasses import dataclass, field
from typing import NamedTuple

from vtrkit.files.damage import agree

FURTHER = "assumed to be a further package: no file says how many were ordered"
AMONG_SEVERAL = "assumed to be a further package: the row names no item, and there are several"
BEYOND = "assumed to be a further package: one day's files ship more units than were ordered"
TWIN = "assumed to be a further package: a spreadsheet left the same of both numbers"
ONE = "assumed to be one package: a spreadsheet left the same of both numbers"
Item = str | None


class Sent(NamedTuple):
    """How a package left; `twin` and `items` tell numbers apart of which the same is left."""

    day: object = None
    carrier: object = None
    method: object = None
    twin: int = 0
    items: tuple[Item, ...] = ()

    def may_be(self, other: "Sent") -> bool:
        """Whether both are of one day and carrier, and of one method as far as files have it."""
        methods = {self.method, other.method} - {None}
        return self[:2] == other[:2] and len(methods) < 2


class Row(NamedTuple):
    """What a row says of which package it speaks; rows come oldest first.

    `kind` is S for a snapshot of packages, E for a confirmation, T for a label, V for a verdict, L
    for a line of the order. `number` is "" where it was left blank and None where it is not known,
    as where a spreadsheet left only `damaged` of it.
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
    sent: Sent


@dataclass(eq=False)
class Parcel:
    """One package: its number, the units in it, and the numbers that it once had."""

    number: str | None
    seen: int
    reference: str | None = None
    sent: Sent = field(default_factory=Sent)
    damaged: str | None = None
    units: dict[Item, int] = field(default_factory=dict)
    former: set[str] = field(default_factory=set)
    into: "Parcel | None" = None

    def last(self) -> "Parcel":
        """The parcel that this one became."""
        return self.into.last() if self.into else self

    def is_unnumbered(self, row: Row) -> bool:
        """Whether it and a row have no number, or what is left of the same, on one ship day."""
        same_left = (self.damaged, self.sent[3:]) == (row.damaged, row.sent[3:])
        return not self.number and same_left and self.sent.may_be(row.sent)

    def is_told_again(self, row: Row) -> bool:
        """Whether one of the two is what a spreadsheet made of the other, whose number is whole."""
        if bool(self.number) is not bool(row.damaged):
            return False
        damaged, whole = (row.damaged, self.number) if row.damaged else (self.damaged, row.number)
        items = {item for item, _ in row.items} or {None}
        of_item = None in items | set(self.units) or bool(items & set(self.units))
        return of_item and self.sent.may_be(row.sent) and agree(damaged or "", whole or "")

    def yields(self, row: Row) -> bool:
        """Whether it has no number but what may be left of a row's, which then is its number."""
        if self.damaged and not self.number:
            return agree(self.damaged, row.number or "")
        return not self.number

    def take_over(self, other: "Parcel") -> None:
        """Be what another parcel was, now that all its units are here."""
        other.into = self
        self.reference = self.reference or other.reference
        self.former |= other.former | ({other.number} if other.number else set())


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
        parcel = self._numbered(row) if row.number or row.damaged else self._blank(row)
        parcel.sent = parcel.sent._replace(method=parcel.sent.method or row.sent.method)
        return parcel

    def _left(self, item: Item) -> int | None:
        """How many units of an item may still be shipped; None where nobody says."""
        vague = len(self.alive()) > 1 and any(None in p.units for p in self.alive())
        if item in self.ordered and not vague:
            return self.ordered[item] - sum(p.units.get(item, 0) for p in self.alive())
        if self.ordered or self._total is None:
            return None
        return self._total - sum(n for p in self.alive() for n in p.units.values())

    @property
    def any_left(self) -> bool:
        """Whether units of an item are in no parcel yet, as far as files tell."""
        return any((self._left(item) or 0) > 0 for item in self.ordered)

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
        known = self._known(row)
        target = known or Parcel(row.number, row.seen, sent=row.sent, damaged=row.damaged)
        again = known is not None and not (known.number and row.number)
        items = row.items or (() if again else self._all_left(row))
        if not items and not known:
            self._without_item(row, target)
        if not known:
            self.parcels.append(target)
        target.number = target.number or row.number
        for item, quantity in items:
            self._put(row, target, item, quantity)
        return target

    def _known(self, row: Row) -> Parcel | None:
        """The parcel of a row's number, or of what a spreadsheet left of it."""
        again = [p for p in self.alive() if p.is_told_again(row)]
        if not row.damaged:
            same = [p for p in self.alive() if p.number == row.number]
            return next(iter(same or again), None)
        same = [p for p in self.alive() if p.is_unnumbered(row)]
        same = same or again[row.sent.twin - 1 : row.sent.twin]
        items = [item for item, _ in row.items or self._all_left(row)]
        left = [units for item in items if (units := self._left(item)) is not None]
        if same or any(units > 0 for units in left):
            return same[0] if same else None
        same = [p for p in self.alive() if p.number and agree(row.damaged, p.number)]
        if not same and (left or self.ordered or self._total is not None):
            same = [p for p in self.alive() if (p.damaged, p.seen) == (row.damaged, row.seen)]
            self.assumed |= {row.place: ONE} if same else {}
        return max(same, key=lambda p: any(item in p.units for item in items), default=None)

    def _without_item(self, row: Row, target: Parcel) -> None:
        """Nothing is left, or nobody knows what was ordered: it corrects the only parcel."""
        there = self.alive()
        if len(there) == 1 and (there[0].seen < row.seen or there[0].yields(row)):
            target.units = there[0].units
            target.take_over(there[0])
            return
        if len(there) > 1 and min(p.seen for p in there) < row.seen:
            self.assumed[row.place] = AMONG_SEVERAL
        elif there and (self.ordered or self._total is not None):
            self.assumed[row.place] = BEYOND
        target.units = {None: row.quantity or 1}

    def _put(self, row: Row, target: Parcel, item: Item, quantity: int | None) -> None:
        """Units of an item into the parcel of a number, from those left or from older parcels."""
        have, left = target.units.get(item, 0), self._left(item)
        others = [p for p in self._holders(item) if p is not target]
        if left is None:
            if have:
                return
            blank = [p for p in others if p.yields(row)]
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
            if moved < beyond and (parcel.seen < row.seen or parcel.yields(row)):
                moved += self._move(item, parcel, target)
        if others and moved < beyond:
            self.assumed[row.place] = BEYOND
        target.units[item] = have + max(wanted - have, moved)

    def _move(self, item: Item, parcel: Parcel, target: Parcel) -> int:
        units = parcel.units.pop(item)
        if not parcel.units:
            target.take_over(parcel)
        return units

    def _blank(self, row: Row) -> Parcel:
        """Nothing entered: a further parcel while units are left, else the number is kept."""
        alike = [p for p in self.alive() if p.is_unnumbered(row)]
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
                target = Parcel(row.number, row.seen, sent=row.sent)
                self.parcels.append(target)
            target.units[item] = target.units.get(item, 0) + (quantity or left or 1)
        assert target is not None
        return target

    def _without_number(self, row: Row) -> Parcel:
        """The text NULL: the newest shipment of the item loses its number."""
        items = [item for item, _ in row.items]
        held = [p for i in items for p in self._holders(i)] if items else self.alive()
        numbered = [p for p in held if p.number or p.damaged]
        if not numbered or (not items and len(self.alive()) > 1):
            return self._blank(row)
        parcel = numbered[0]
        target = Parcel("", row.seen, sent=row.sent)
        self.parcels.append(target)
        for item in items or list(parcel.units):
            if item in parcel.units:
                target.units[item] = self._move(item, parcel, target)
        return target
