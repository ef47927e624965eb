"""Shapes of numbers as values, and the integer that says which of them a string fits.

That integer, the *code* of a string, holds all that is known of it:

```
bits   0-33   the layouts of its length that it fits
      34-41   the check digits of its length that are right, where such a layout fits
         42   a stand-in: one repeated digit, or digits counting up or down
      43-48   its length
      49-58   its last two letters, where a layout takes its issuer from them
      59-63   which text rule applied to the cell it stood in, 1 for the first; 0 is none
```

There are few different codes, and 0 is "nothing fits"; so what a code *means* is worked out once
for each, in plain Python.
"""

from dataclasses import dataclass
from string import ascii_uppercase, digits

LETTERS, DIGITS = ascii_uppercase, digits
DISTINCTIVE = ("", "other", "ups", "usps", "amazon")
"""Whose a number looks like at first glance, by its place: nobody's in particular, another's."""
MOST_LAYOUTS, MOST_CHECKS = 34, 8
LAYOUT_BITS = (1 << MOST_LAYOUTS) - 1
STAND_IN_AT, LENGTH_AT, ISSUER_AT, NOTE_AT = 42, 43, 49, 59


@dataclass(frozen=True, kw_only=True)
class Check:
    """How a check digit follows from the characters that it covers.

    Each character is worth its digit, a letter (its code - 3) mod 10 as UPS counts it; `weights`
    repeat from the right; the sum modulo the number of `digits` picks the digit.
    """

    weights: tuple[int, ...] = ()
    digits: str = ""
    fold: bool = False
    """A product above nine counts as the sum of its digits, as Luhn has it."""
    iso7064: bool = False
    """Instead of a sum: the hybrid system MOD 37,36, whose check character may be a letter."""
    before: str = ""
    """Characters counted as if they stood in front of the covered ones."""

    def weight(self, from_right: int) -> int:
        """The weight of the covered character at a distance from the last one."""
        return self.weights[from_right % len(self.weights)]

    def worth(self, character: str, from_right: int) -> int:
        """What a character there adds to the sum."""
        value = int(character) if character in DIGITS else (ord(character) - 3) % 10
        product = value * self.weight(from_right)
        return product - 9 if self.fold and product > 9 else product


@dataclass(frozen=True)
class Proof:
    """The check digit of strings of one length: how it follows, from where to where, and its place.

    `last` is the first position that is not covered any more.
    """

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


class Shapes:
    """The layouts of one length."""

    def __init__(self, length: int, layouts: list[Layout]) -> None:
        """Number the layouts and their check digits; a code has a bit for each."""
        self.length = length
        self.layouts = [x for x in layouts if len(x.allowed) == length]
        self.proofs = list(dict.fromkeys(x.proof for x in self.layouts if x.proof))
        assert len(self.layouts) <= MOST_LAYOUTS, length
        assert len(self.proofs) <= MOST_CHECKS, length

    def bits(self, proof: Proof) -> int:
        """The bits of the layouts that a check digit belongs to."""
        return sum(1 << i for i, x in enumerate(self.layouts) if x.proof == proof)

    def meaning(self, code: "Code") -> list[tuple[Layout, bool]]:
        """The layouts that a code fits, each with whether its check digit is right or needless."""
        return [
            (x, x.proof is None or bool(code.passed >> self.proofs.index(x.proof) & 1))
            for i, x in enumerate(self.layouts)
            if code.fits >> i & 1
        ]


class Code:
    """A code taken apart."""

    def __init__(self, code: int) -> None:
        """Split the integer into its parts."""
        self.fits = code & LAYOUT_BITS
        self.passed = code >> MOST_LAYOUTS & (1 << MOST_CHECKS) - 1
        self.stand_in = bool(code >> STAND_IN_AT & 1)
        self.length = code >> LENGTH_AT & 0x3F
        self.tail = code >> ISSUER_AT & 0x3FF
        self.note = code >> NOTE_AT

    @property
    def issuer(self) -> str:
        """The last two letters."""
        return LETTERS[self.tail // 26] + LETTERS[self.tail % 26]
