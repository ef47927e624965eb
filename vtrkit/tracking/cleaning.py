"""What stands in a cell: a number as it is, one written loosely, or something else."""

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from vtrkit.tracking.codes import NOTE_AT
from vtrkit.tracking.formats import Text, loose, shapes, texts

if TYPE_CHECKING:
    from vtrkit.tracking.matcher import Matcher

_BLANK = r"[\s\x{200B}-\x{200D}\x{2060}\x{FEFF}]"
_STRIPPED = r"[\s\x{200B}-\x{200D}\x{2060}\x{FEFF}\-‐-―−'’‘`´\x{22}“”=*#.,_]"
"""What people, printers and tables put between the characters of a number, and around it."""


def codes(numbers: pl.Series) -> pl.Series:
    """The code of each number as it stands, or of what can be made of it."""
    found = exact_codes(numbers)
    if (left := (found == 0).arg_true()).len():
        found = found.scatter(left, _codes_within(numbers.gather(left)))
    return found


def exact_codes(numbers: pl.Series) -> pl.Series:
    """The code of each number exactly as it is written."""
    return _matcher().codes(numbers)


@cache
def _matcher() -> "Matcher":
    from vtrkit.tracking.matcher import Matcher  # noqa: PLC0415 - NumPy waits until it is used

    return Matcher(shapes())


def _codes_within(cells: pl.Series) -> pl.Series:
    """The codes of cells that fit nothing as they stand."""
    cells = cells.str.replace_all(f"^{_BLANK}+|{_BLANK}+$", "")
    notes = pl.repeat(0, len(cells), dtype=pl.UInt64, eager=True)
    if (odd := cells.str.contains(_any_text()).arg_true()).len():
        rules = [(i, t) for i, t in enumerate(texts(), 1) if not t.only_if_unproven]
        found = cells.gather(odd).to_frame("cell").select(_first(rules), _inside(rules))
        notes, cells = notes.scatter(odd, found["note"]), cells.scatter(odd, found["number"])
    inside = clean(cells)
    fits = exact_codes(inside)
    if (left := (fits == 0).arg_true()).len():
        fits = fits.scatter(left, _loose_codes(inside.gather(left)))
    return fits + notes * (1 << NOTE_AT)


@cache
def _any_text() -> str:
    """All text rules as one expression: most cells that fit nothing are only written loosely."""
    rules = [t.regex.replace("?P<number>", "?:") for t in texts() if not t.only_if_unproven]
    return "(?i)" + "|".join(f"(?:{rule})" for rule in rules)


def _loose_codes(numbers: pl.Series) -> pl.Series:
    """A bit for each format with a regular expression that fits."""
    fits = (
        pl.col("number").str.contains(f.regex).fill_null(False).cast(pl.UInt64) * (1 << i)
        for i, f in enumerate(loose())
    )
    return numbers.to_frame("number").select(pl.sum_horizontal(fits))["number"]


def _first(rules: list[tuple[int, Text]]) -> pl.Expr:
    """The number of the first rule that applies, 0 if none does."""
    cases = [pl.when(_applies(t)).then(pl.lit(i, pl.UInt64)) for i, t in rules]
    return pl.coalesce(*cases, pl.lit(0, pl.UInt64)).alias("note")


def _inside(rules: list[tuple[int, Text]]) -> pl.Expr:
    """What the first rule that applies finds in the cell, else the cell; null if it finds none."""
    expr: pl.Expr = pl.col("cell")
    for _, text in reversed(rules):
        found = pl.col("cell").str.extract(f"(?i){text.regex}") if "(?P<" in text.regex else None
        expr = pl.when(_applies(text)).then(found).otherwise(expr)
    return expr.alias("number")


def _applies(text: Text) -> pl.Expr:
    return pl.col("cell").str.contains(f"(?i){text.regex}")


def clean(cells: pl.Series) -> pl.Series:
    """Numbers without blanks, hyphens and quotes, in capitals; null where that is not ASCII.

    Upper case is for ASCII alone: Unicode's makes an I of a dotless i, and digits of other
    scripts are no digits here.
    """
    bare = cells.str.replace_all(_STRIPPED, "")
    ascii_only = bare.str.len_bytes() == bare.str.len_chars()
    return bare.to_frame("n").select(pl.when(ascii_only).then(pl.col("n").str.to_uppercase()))["n"]
