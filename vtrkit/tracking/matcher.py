"""Which layouts strings fit: one table look-up per two characters decides all of them at once.

Of strings of one length, those of each two positions are a column. For each a table says, for each
two characters, which layouts allow them there (a bit each) and what they add to each check sum;
over the columns the bits are and-ed and the sums added. So the cost of a string is its length,
whatever the number of layouts. The answer is the code of `vtrkit.tracking.codes`. This file alone
needs NumPy at import.
"""

from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vtrkit.tracking.codes import (
    DIGITS,
    DISTINCTIVE,
    ISSUER_AT,
    LAYOUT_BITS,
    LENGTH_AT,
    LETTERS,
    MOST_LAYOUTS,
    STAND_IN_AT,
    Proof,
    Shapes,
)

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]

_CHUNK = 16_384
"""Rows at a time: their columns and sums stay in the processor's cache."""
_NO_LENGTH = 255
_FIRST = ord("-")
_VALUES = ord("Z") - _FIRST + 2
"""Characters have values, from - to Z; the last one stands for all that no layout allows."""
_SUMS_PER_WORD = 4
"""Sums of 16 bits that add up side by side in a word of 64; the greatest is below 1000."""


class Matcher:
    """Layouts compiled to position tables, one set for each length."""

    def __init__(self, shapes: dict[int, Shapes]) -> None:
        """Take the layouts by length; the tables of a length are made when first needed."""
        self._tables = {length: _Tables(s) for length, s in shapes.items()}

    def codes(self, texts: pl.Series) -> pl.Series:
        """The code of each text, 0 where it is null or fits nothing."""
        lengths = texts.str.len_bytes().fill_null(0).to_numpy()
        starts = np.cumsum(lengths, dtype=np.int64) - lengths
        joined = texts.str.join("").cast(pl.Binary).item()
        short = lengths.clip(0, _NO_LENGTH).astype(np.uint8)
        order, counts = np.argsort(short, kind="stable"), np.bincount(short).tolist()
        codes, row = np.zeros(len(texts), np.uint64), 0
        for n, count in enumerate(counts):
            if count and n in self._tables:
                rows = order[row : row + count]
                codes[rows] = self._tables[n].codes(joined, starts[rows])
            row += count
        return pl.Series(codes, dtype=pl.UInt64)


def glance(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Whether a text needs a second look since it may be no number, and whose it looks like.

    The first is often true, never too seldom. False are 8 to 40 capitals and digits that begin or
    end with a digit, without seven in a row that are the same or count up or down; lengths and
    beginnings that other things have are true. The second is a place in `DISTINCTIVE`: what begins
    with a letter, like UPS's, or has the length of a parcel barcode is somebody's. Looking once at
    each byte takes half the time of searching each text.
    """
    parts = range(0, max(1, len(texts)), 4 * _CHUNK)
    unusual, looks = zip(*(_glance(texts.slice(i, 4 * _CHUNK)) for i in parts), strict=True)
    return pl.Series(np.concatenate(unusual)), pl.Series(np.concatenate(looks))


def _glance(texts: pl.Series) -> tuple[Flags, Bytes]:
    lengths = texts.str.len_bytes().fill_null(0).to_numpy()
    ends = np.cumsum(lengths, dtype=np.int64)
    # some bytes more, so that the last texts have a third one
    text = np.frombuffer(texts.str.join("").cast(pl.Binary).item() + b"   ", np.uint8)
    near = text[1:] - text[:-1] + np.uint8(1) < 3
    near = near[2:] & near[1:-1] & near[:-2]
    runs = near[3:] & near[:-3]
    odd = _ODD.take(text[:-3])
    odd[: len(runs)] |= runs[: len(odd)]
    starts = ends - lengths
    first, second, last = text[starts], text[starts + 1], text[ends - 1]
    begins_a_letter = first >= ord("A")
    flags: Flags = (
        (lengths - np.uint32(8) > 32)  # less than none is a large number
        | _BEGINS_OTHERS.take(first)
        | ((lengths == 17) & ~begins_a_letter)
        | ((lengths >= 20) & (first == ord("1")))
        | (begins_a_letter & (last >= ord("A")))
    )
    flags[np.searchsorted(ends, odd.nonzero()[0], "right")] = True
    ls = (first == ord("1")) & (second == ord("L")) & (text[starts + 2] == ord("S"))
    looks = (begins_a_letter | (lengths >= 20) | ls).astype(np.uint8)
    looks[(first == ord("1")) & (second == ord("Z"))] = DISTINCTIVE.index("ups")
    looks[(looks > 0) & (first == ord("9"))] = DISTINCTIVE.index("usps")
    looks[(first == ord("T")) & (second == ord("B"))] = DISTINCTIVE.index("amazon")
    return flags, looks


_ODD = ~np.isin(np.arange(256), [*(DIGITS + LETTERS).encode()])
_BEGINS_OTHERS = np.isin(np.arange(256), [*b"BXF"])
"""How ids of products begin."""


class _Tables:
    """The tables of one length."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes

    def codes(self, text: bytes, starts: NDArray[np.int64]) -> Words:
        """The code of each string of the text that starts there."""
        length, codes = self._shapes.length, np.empty(len(starts), np.uint64)
        # a string from each place on: what is taken of them is copied, and nothing else
        every = np.ndarray(len(text) - length + 1, f"V{length}", text, strides=1)
        for first in range(0, len(starts), _CHUNK):
            rows = every[starts[first : first + _CHUNK]].view(np.uint8).reshape(-1, length)
            # what is less than the first is large
            values = np.minimum(np.ascontiguousarray(rows.T) - np.uint8(_FIRST), _VALUES - 1)
            codes[first : first + _CHUNK] = self._chunk(values)
        return codes

    def _chunk(self, columns: Bytes) -> Words:
        pairs = columns[:-1:2] * np.uint16(_VALUES) + columns[1::2]
        if len(columns) % 2:  # nothing stands beside the last one
            pairs = np.vstack([pairs, columns[-1:] * np.uint16(_VALUES)])
        fits: Words = self._allowed[0].take(pairs[0])
        for table, pair in zip(self._allowed[1:], pairs[1:], strict=True):
            fits &= table.take(pair)
        codes = fits & np.uint64(LAYOUT_BITS)
        _put(codes, fits > LAYOUT_BITS, STAND_IN_AT)
        sums = self._sums(pairs)
        for i, proof in enumerate(self._shapes.proofs):
            right: Flags = (fits & np.uint64(self._shapes.bits(proof))) != 0
            if proof.check.iso7064:
                right[right] = _iso7064(columns[:, right], proof)
            else:
                right &= self._expected[i].take(sums[i]) == columns[proof.at]
            _put(codes, right, MOST_LAYOUTS + i)
        self._put_issuers(codes, columns)
        codes[codes > 0] |= np.uint64(self._shapes.length << LENGTH_AT)
        return codes

    @cached_property
    def _allowed(self) -> Words:
        """For each pair and its values: a bit for each layout, then for each kind of stand-in."""
        table = np.zeros((self._shapes.length, _VALUES), np.uint64)
        shapes = dict(enumerate(x.allowed for x in self._shapes.layouts))
        shapes |= dict(enumerate(_stand_ins(self._shapes.length), MOST_LAYOUTS))
        for i, shape in shapes.items():
            for position, characters in enumerate(shape):
                table[position, [_value(c) for c in characters]] |= np.uint64(1 << i)
        return _of_pairs(np.bitwise_and, table)

    def _sums(self, pairs: NDArray[np.uint16]) -> list[NDArray[np.uint16]]:
        """The check sum of each string, by check."""
        sums: list[NDArray[np.uint16]] = []
        for words in self._worth:
            total = words[0].take(pairs[0])
            for table, pair in zip(words[1:], pairs[1:], strict=True):
                total += table.take(pair)
            sums += list(total.view(np.uint16).reshape(-1, _SUMS_PER_WORD).T)
        return sums

    @cached_property
    def _worth(self) -> list[Words]:
        """For each pair and its values: what it adds to each sum, as many as a word holds."""
        proofs, tables = self._shapes.proofs, []
        for start in range(0, len(proofs), _SUMS_PER_WORD):
            fields = np.zeros((self._shapes.length, _VALUES, _SUMS_PER_WORD), np.uint16)
            for field, proof in enumerate(proofs[start : start + _SUMS_PER_WORD]):
                if not proof.check.iso7064:
                    _add_worth(fields[:, :, field], proof)
            tables.append(_of_pairs(np.add, fields.view(np.uint64)[:, :, 0]))
        return tables

    @cached_property
    def _expected(self) -> list[Bytes]:
        """For each check, the check digit that each sum asks for."""
        return [_expected(proof) for proof in self._shapes.proofs]

    def _put_issuers(self, codes: Words, columns: Bytes) -> None:
        """Note the last two letters of the strings whose layout takes its issuer from them."""
        users = sum(1 << i for i, x in enumerate(self._shapes.layouts) if x.issuer_in_tail)
        if users:
            rows = (codes & np.uint64(users)) != 0
            first, second = columns[-2:, rows].astype(np.uint64) - np.uint64(_value("A"))
            codes[rows] |= (first * np.uint64(26) + second) << np.uint64(ISSUER_AT)


def _value(character: str) -> int:
    return ord(character) - _FIRST


def _of_pairs(together: np.ufunc, table: Words) -> Words:
    """A table for each position as one for each two, the last by itself if they are odd."""
    if len(table) % 2:
        table = np.vstack([table, np.full(_VALUES, together.identity).astype(np.uint64)])
    pairs: Words = together(table[::2, :, None], table[1::2, None, :])
    return pairs.reshape(len(pairs), -1)


def _put(codes: Words, flags: Flags, bit: int) -> None:
    codes |= flags.astype(np.uint64) << np.uint64(bit)


def _stand_ins(length: int) -> list[tuple[str, ...]]:
    """Ten shapes each for one digit repeated, digits counting up, and down.

    Up to four letters may stand in front, or 1Z, and two behind: TBA000000000000.
    """
    front, back = min(4, length // 3), length - 2 * (length >= 13)
    shapes = []
    for step in (0, 1, -1):
        for start in range(10):
            run = [str((start + step * i) % 10) for i in range(length)]
            shape = [c + LETTERS * (i < front or i >= back) for i, c in enumerate(run)]
            shapes.append(("1" + shape[0], *shape[1:]))
    return shapes


def _add_worth(table: NDArray[np.uint16], proof: Proof) -> None:
    for position in range(proof.first, proof.last):
        for character in DIGITS + LETTERS:
            from_right = proof.last - 1 - position
            table[position, _value(character)] = proof.check.worth(character, from_right)


def _expected(proof: Proof) -> Bytes:
    check, covered = proof.check, proof.last - proof.first
    if check.iso7064:
        return np.zeros(0, np.uint8)
    start = sum(check.worth(c, covered + i) for i, c in enumerate(reversed(check.before)))
    highest = sum(9 * check.weight(i) for i in range(covered))
    picks = [check.digits[(start + s) % len(check.digits)] for s in range(highest + 1)]
    return np.array([_value(c) for c in picks], np.uint8)


def _iso7064(columns: Bytes, proof: Proof) -> Flags:
    """Whether the hybrid system MOD 37,36 of ISO/IEC 7064 ends in the check character."""
    values = _IN_37.take(columns)
    product = np.full(columns.shape[1], 36, np.uint8)
    for value in values[proof.first : proof.last]:
        product = _ISO7064[product, value]
    ends: Flags = (product + values[proof.at]) % 36 == 1
    return ends


_IN_37 = np.array([max(0, (DIGITS + LETTERS).find(chr(v + _FIRST))) for v in range(_VALUES)])
_ISO7064 = ((np.add.outer(np.arange(37), np.arange(36)) - 1) % 36 + 1) * 2 % 37
"""What comes of each product and the value of the next character."""
