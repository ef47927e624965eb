"""The table of number formats, read and checked; see the head of `formats.toml`."""

import itertools
import re
from dataclasses import dataclass
from functools import cache
from math import prod
from typing import Any, Literal

from vtrkit import facts
from vtrkit.errors import FactsError, nearest
from vtrkit.facts.checked import Place, Texts, build
from vtrkit.schema import Grade
from vtrkit.tracking.codes import DIGITS, LETTERS, Check, Layout, Proof, Shapes

_LENGTHS = range(7, 41)
"""Lengths of numbers; what is shorter or longer is a text."""
_TOKEN = re.compile(r"([()])|(\[[^\]]+\]|[-0-9A-Zdaxck])(?:\{(\d+)\})?|(.)")
_RANGE = re.compile(r"\{(\d+),(\d+)\}")
_CLASSES = {"d": DIGITS, "c": DIGITS, "a": LETTERS, "x": DIGITS + LETTERS, "k": DIGITS + LETTERS}


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format of one or more carriers' numbers."""

    id: str
    name: str
    carriers: Texts
    tier: Literal["A", "B", "C", "D", "E"]
    source: Texts
    layouts: Texts = ()
    regex: str = ""
    check: str = ""
    barcode: bool = False
    before: str = ""
    handed_over: bool = True
    countries: Texts = ()
    valid: Texts = ()
    invalid: Texts = ()
    note: str = ""

    @property
    def grade(self) -> Grade:
        """The grade of a number that fits and whose check digit, if there is one, is right.

        Weak is what one in ten random strings of digits of its length would fit as well.
        """
        if self.tier in "DE" and self._chance() >= 0.1:
            return Grade.WEAK
        return Grade.CHECK_OK if self.check else Grade.FORMAT_OK

    def _chance(self) -> float:
        """The share of random digit strings that fit."""
        shapes = [layout.allowed for layout in compiled(self)]
        shares = [prod(len(set(s) & set(DIGITS)) / 10 for s in shape) for shape in shapes]
        return max(shares, default=0) / (10 if self.check else 1)


@dataclass(frozen=True, kw_only=True)
class Text:
    """What a cell may hold instead of one clean number, by a regular expression."""

    id: str
    grade: Grade
    why: str
    regex: str
    examples: Texts
    only_if_unproven: bool = False


@cache
def formats() -> dict[str, Format]:
    """Every number format, by id."""
    read = facts.entries("formats", "format", Format)
    for f in read.values():
        _validate(f, facts.read("formats")["check"])
    return read


@cache
def texts() -> tuple[Text, ...]:
    """What else a cell may hold; the first that applies decides."""
    return tuple(facts.entries("formats", "text", Text).values())


@cache
def shapes() -> dict[int, Shapes]:
    """All layouts of the table by length; lengths without one may still be stand-ins."""
    layouts = [layout for f in formats().values() for layout in compiled(f)]
    lengths = {*_LENGTHS, *(len(x.allowed) for x in layouts)}
    return {n: Shapes(n, layouts) for n in sorted(lengths)}


@cache
def loose() -> tuple[Format, ...]:
    """The formats with a regular expression, tried where no layout fits."""
    return tuple(f for f in formats().values() if f.regex)


@cache
def compiled(f: Format) -> tuple[Layout, ...]:
    """The fixed-length layouts of a format."""
    return tuple(_layout(f, text) for written in f.layouts for text in _spelled_out(written))


@cache
def _check(name: str, before: str) -> Check:
    entry = facts.read("formats")["check"][name]
    return build(Check, entry, Place(f"formats.toml: [check.{name}]"), before=before)


def _validate(f: Format, checks: dict[str, Any]) -> None:
    where = f"formats.toml: [format.{f.id}]"
    if f.check and f.check not in checks:
        raise FactsError(f"{where}: unknown check {f.check}{nearest(f.check, checks)}")
    for layout in compiled(f):
        if bool(f.check) != bool(layout.proof):
            raise FactsError(f"{where}: a check needs ( ) and c or k in each layout, and they it")


def _spelled_out(written: str) -> list[str]:
    """A layout with counts such as {3,5} once for each count."""
    parts = _RANGE.split(written.replace(" ", ""))
    counts = [range(int(a), int(b) + 1) for a, b in zip(parts[1::3], parts[2::3], strict=True)]
    return [
        parts[0] + "".join(f"{{{n}}}{rest}" for n, rest in zip(chosen, parts[3::3], strict=True))
        for chosen in itertools.product(*counts)
    ]


def _layout(f: Format, text: str) -> Layout:
    """A layout string as sets of characters; see the head of `formats.toml`."""
    allowed: list[str] = []
    marks: dict[str, int] = {}
    for bracket, token, count, wrong in _TOKEN.findall(text):
        if wrong:
            raise FactsError(f"formats.toml: [format.{f.id}]: {wrong} in {text} is no layout")
        if bracket or token in "ck":
            marks[bracket or "check"] = len(allowed)
        if token:
            allowed += [_characters(token)] * int(count or 1)
    proof = None
    if "check" in marks and "(" in marks:
        proof = Proof(_check(f.check, f.before), marks["("], marks[")"], marks["check"])
    return Layout(f.id, tuple(allowed), proof, bool(f.countries))


def _characters(token: str) -> str:
    """The characters that a token allows: itself, a class, or a set such as [A-C9]."""
    if token in _CLASSES:
        return _CLASSES[token]
    if not token.startswith("["):
        return token
    pattern = re.compile(token)
    return "".join(c for c in DIGITS + LETTERS if pattern.match(c))
