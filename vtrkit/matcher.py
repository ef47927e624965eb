"""Which layouts a string fits: one table look-up per character decides all of them at once.

Strings of one length are a matrix of bytes. For each position a table says, for each byte, which
layouts allow it there (a bit each) and what it adds to each check sum; over the positions the
bits are and-ed and the sums added. So the cost of a string is its length, whatever the number of
layouts. The answer is one integer per string, its *code*:

```
bits   0-33   the layouts of its length that it fits
      34-41   the check digits of its length that are right, where such a layout fits
         42   a stand-in: one repeated digit, or digits counting up or down
      43-48   its length
      49-58   its last two letters, where a layout takes its issuer from them
```

A code holds all that is known of a string, there are few different ones, and 0 is "nothing
fits"; so what a code *means* is worked out once per distinct code, in plain Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from string import ascii_uppercase, digits
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Codes = NDArray[np.uint64]

LETTERS, DIGITS = ascii_uppercase, digits
MOST_LAYOUTS, MOST_CHECKS = 34, 8
STAND_IN = 1 << 42
_LAYOUTS = (1 << MOST_LAYOUTS) - 1
_LENGTH_AT, _ISSUER_AT = 43, 49
_SHORTEST, _LONGEST = 7, 45
_FIELD_BITS = 16
_CHUNK = 16_384
"""Rows at a time: their columns and sums stay in the processor's cache."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """How a check digit follows from the characters that it covers.

    Each character is worth its digit, a letter (its code - 3) mod 10 as UPS counts it; `weights`
    repeat from the right; the sum modulo the number of `digits` picks the digit.
    """

    weights: tuple[int, ...] = ()
    digits: str = "0987654321"
    fold: bool = False
    """A product above nine counts as the sum of its digits, as Luhn has it."""
    iso7064: bool = False
    """Instead of a sum: the hybrid system MOD 37,36, whose check character may be a letter."""
    before: str = ""
    """Characters counted as if they stood in front of the covered ones."""


@dataclass(frozen=True)
class Proof:
    """A check digit of strings of one length: the check, what it covers and where it stands."""

    check: Check
    first: int
    last: int
    at: int


@dataclass(frozen=True)
class Layout:
    """One fixed-length shape: the characters allowed at each position, and its check digit."""

    name: str
    allowed: tuple[str, ...]
    proof: Proof | None = None
    issuer_in_tail: bool = False


class Code:
    """What a code says, taken apart."""

    def __init__(self, code: int) -> None:
        """Split the integer into its parts."""
        self.fits = code & _LAYOUTS
        self.passed = code >> MOST_LAYOUTS & 0xFF
        self.stand_in = bool(code & STAND_IN)
        self.length = code >> _LENGTH_AT & 0x3F
        tail = code >> _ISSUER_AT & 0x3FF
        self.issuer = LETTERS[tail // 26] + LETTERS[tail % 26]


class Matcher:
    """Layouts compiled to position tables, one set for each length."""

    def __init__(self, layouts: list[Layout]) -> None:
        """Sort the layouts by length; the tables of a length are made when first needed."""
        self.lengths = {
            n: _Length(n, [x for x in layouts if len(x.allowed) == n])
            for n in {*range(_SHORTEST, _LONGEST), *(len(x.allowed) for x in layouts)}
        }

    def codes(self, texts: pl.Series) -> pl.Series:
        """The code of each text, 0 where it is null or fits nothing."""
        import numpy as np  # noqa: PLC0415 - heavy, and needed by few

        codes = np.zeros(len(texts), np.uint64)
        lengths = texts.str.len_bytes()
        for n in lengths.unique().drop_nulls().to_list():
            if n in self.lengths:
                rows = (lengths == n).arg_true()
                chosen = texts if len(rows) == len(texts) else texts.gather(rows)
                codes[rows.to_numpy()] = self.lengths[n].codes(_matrix(chosen, n))
        return pl.Series(codes, dtype=pl.UInt64)

    def meaning(self, code: int) -> list[tuple[Layout, bool]]:
        """The layouts that a code fits, each with whether its check digit is right or needless."""
        parts = Code(code)
        return self.lengths[parts.length].meaning(parts) if parts.length else []


def _matrix(texts: pl.Series, length: int) -> Bytes:
    rows = texts.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, length))
    return rows.to_numpy()  # type: ignore[return-value]


class _Length:
    """The layouts of one length."""

    def __init__(self, length: int, layouts: list[Layout]) -> None:
        self.length, self.layouts = length, layouts
        self.proofs = list(dict.fromkeys(x.proof for x in layouts if x.proof))
        assert len(layouts) <= MOST_LAYOUTS, length
        assert len(self.proofs) <= MOST_CHECKS, length

    def meaning(self, code: Code) -> list[tuple[Layout, bool]]:
        return [
            (x, x.proof is None or bool(code.passed >> self.proofs.index(x.proof) & 1))
            for i, x in enumerate(self.layouts)
            if code.fits >> i & 1
        ]

    def codes(self, rows: Bytes) -> Codes:
        import numpy as np  # noqa: PLC0415

        codes = np.empty(len(rows), np.uint64)
        for start in range(0, len(rows), _CHUNK):
            columns = np.ascontiguousarray(rows[start : start + _CHUNK].T)
            codes[start : start + _CHUNK] = self._chunk(columns)
        return codes

    def _chunk(self, columns: Bytes) -> Codes:
        import numpy as np  # noqa: PLC0415

        fits = self._allowed[0].take(columns[0])
        for table, column in zip(self._allowed[1:], columns[1:], strict=True):
            fits &= table.take(column)
        codes = fits & np.uint64(_LAYOUTS)
        codes |= (fits > _LAYOUTS).astype(np.uint64) << np.uint64(42)
        for i, right in enumerate(self._right(columns, fits)):
            codes |= right.astype(np.uint64) << np.uint64(MOST_LAYOUTS + i)
        codes |= self._issuers(columns, fits)
        codes[codes > 0] |= np.uint64(self.length << _LENGTH_AT)
        return codes

    @cached_property
    def _allowed(self) -> Codes:
        """For each position and byte: a bit for each layout, then for each kind of stand-in."""
        import numpy as np  # noqa: PLC0415

        table = np.zeros((self.length, 256), np.uint64)
        shapes = [x.allowed for x in self.layouts]
        shapes += [()] * (MOST_LAYOUTS - len(shapes)) + _stand_ins(self.length)
        for i, shape in enumerate(shapes):
            for position, characters in enumerate(shape):
                table[position, list(characters.encode())] |= np.uint64(1 << i)
        return table

    def _right(self, columns: Bytes, fits: Codes) -> list[NDArray[np.bool_]]:
        """For each check of this length, the strings whose check digit is right."""
        sums = self._sums(columns)
        answers = []
        for i, proof in enumerate(self.proofs):
            users = sum(1 << j for j, x in enumerate(self.layouts) if x.proof == proof)
            right = (fits & users) != 0
            if proof.check.iso7064:
                right[right] = _iso7064(columns[:, right], proof)
            else:
                right &= _expected(proof).take(sums[i]) == columns[proof.at]
            answers.append(right)
        return answers

    def _sums(self, columns: Bytes) -> list[NDArray[np.uint16]]:
        """The check sum of each string, by check; four of them add up in one 64-bit word."""
        import numpy as np  # noqa: PLC0415

        sums: list[NDArray[np.uint16]] = []
        for words in self._worth:
            total = words[0].take(columns[0])
            for table, column in zip(words[1:], columns[1:], strict=True):
                total += table.take(column)
            sums += list(total.view(np.uint16).reshape(-1, 4).T)
        return sums

    @cached_property
    def _worth(self) -> list[Codes]:
        """For each position and byte: what it adds to each sum, 16 bits each."""
        import numpy as np  # noqa: PLC0415

        tables = []
        for start in range(0, len(self.proofs), 4):
            fields = np.zeros((self.length, 256, 4), np.uint16)
            for field, proof in enumerate(self.proofs[start : start + 4]):
                if not proof.check.iso7064:
                    _add_worth(fields[:, :, field], proof)
            tables.append(fields.view(np.uint64)[:, :, 0])
        return tables

    def _issuers(self, columns: Bytes, fits: Codes) -> Codes | int:
        """The last two letters of the strings whose layout takes its issuer from them."""
        import numpy as np  # noqa: PLC0415

        users = sum(1 << i for i, x in enumerate(self.layouts) if x.issuer_in_tail)
        if not users:
            return 0
        tail = (columns[-2:].astype(np.uint64) - 65) * np.array([[26], [1]], np.uint64)
        return np.where((fits & users) != 0, tail.sum(0) << np.uint64(_ISSUER_AT), np.uint64(0))


def _stand_ins(length: int) -> list[tuple[str, ...]]:
    """Ten shapes each for one digit repeated, digits counting up, and down.

    Up to four letters may stand in front, or 1Z, and two behind: TBA000000000000.
    """
    shapes = []
    for step in (0, 1, -1):
        for first in range(10):
            run = [str((first + step * i) % 10) for i in range(length)]
            front, back = min(4, length // 3), length - 2 * (length >= 13)
            shape = [c + LETTERS * (i < front or i >= back) for i, c in enumerate(run)]
            shapes.append(("1" + shape[0], *shape[1:]))
    return shapes


def _weight(check: Check, from_right: int) -> int:
    return check.weights[from_right % len(check.weights)]


def _value(check: Check, character: str, from_right: int) -> int:
    """What a character adds to the sum."""
    worth = int(character) if character in DIGITS else (ord(character) - 3) % 10
    product = worth * _weight(check, from_right)
    return product - 9 if check.fold and product > 9 else product


def _add_worth(table: NDArray[np.uint16], proof: Proof) -> None:
    for position in range(proof.first, proof.last):
        for character in DIGITS + LETTERS:
            worth = _value(proof.check, character, proof.last - 1 - position)
            table[position, ord(character)] = worth


def _expected(proof: Proof) -> Bytes:
    """The check digit that each sum asks for."""
    import numpy as np  # noqa: PLC0415

    check, covered = proof.check, proof.last - proof.first
    before = reversed(check.before)
    start = sum(_value(check, c, covered + i) for i, c in enumerate(before))
    highest = sum(9 * _weight(check, i) for i in range(covered))
    picks = [check.digits[(start + s) % len(check.digits)] for s in range(highest + 1)]
    return np.frombuffer("".join(picks).encode(), np.uint8)


def _iso7064(columns: Bytes, proof: Proof) -> NDArray[np.bool_]:
    """Whether the hybrid system MOD 37,36 of ISO/IEC 7064 ends in the check character."""
    import numpy as np  # noqa: PLC0415

    values = np.where(columns > 64, columns - 55, columns - 48).astype(np.int64)
    product = np.full(columns.shape[1], 36)
    for value in values[proof.first : proof.last]:
        product = ((product + value - 1) % 36 + 1) * 2 % 37
    return (product + values[proof.at]) % 36 == 1
