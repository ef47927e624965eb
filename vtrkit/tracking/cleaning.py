"""What stands in a cell: a number as it is, one written loosely, or something else.

Grading and joining see the same number in a cell: `codes` grades it, `canonical` compares it.
"""

import re
from collections.abc import Collection
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from vtrkit.tracking.carriers import carriers
from vtrkit.tracking.codes import NOTE_AT, Code
from vtrkit.tracking.formats import Format, Text, formats, loose, shapes, texts

if TYPE_CHECKING:
    from vtrkit.tracking.matcher import Matcher

_INVISIBLE = r"[\p{Cc}\p{Cf}]"
_BLANK = r"[\s\p{Cc}\p{Cf}]"
_STRIPPED = r"[\s\p{Cc}\p{Cf}\-‐-―−'’‘`´\x{22}“”«»‹›=*#.,_()\[\]{}~…®™]"
"""What people, printers and tables put between the characters of a number, and around it."""
_SEPARATORS = ":;|/<>+&"
"""What may be left at the ends."""
_PART = r"(?i)\s*[-–_/\s(]\s*\(?0?(\d{1,2})(?:\s*(?:/|of|von|de|di|sur)\s*\d{1,2})?\)?\s*$"
"""Which parcel of several it is, as tools write behind a number: `-1`, `_2`, `(1 of 2)`."""
_SYMBOLOGY = r"^\][A-Za-z]\d"
"""What a scanner puts in front of a barcode to say of which kind it is."""
_LABELS = (
    "1st|2nd|3rd|air|airmail|awb|class|colis|consignment|courier|de env[ií]o|de seguimiento|"
    "de suivi|delivery|di spedizione|economy|ground|id|label|nbr|no|nr|num|number|n[uú]m[eé]ro|"
    "overnight|package|paketnummer|parcel|priority|reference|saver|sendung|sendungsnummer|service|"
    "shipment|shipped|spedizione|standard|track|tracking|trackingnummer|trk|via|waybill"
)
"""Words that stand beside a number and say nothing of it; the names of carriers are others."""


_WIDE = r"[\x{FF01}-\x{FF5E}\x{3000}]"


def folded(cells: pl.Series) -> pl.Series:
    """The cells with full-width letters, digits and signs, as Japanese keyboards write, as usual.

    Examples:
        >>> folded(pl.Series(["４０３０－１２３４", "4030-1234"])).to_list()
        ['4030-1234', '4030-1234']
    """
    wide = cells.str.contains(_WIDE).fill_null(False)
    return cells.str.normalize("NFKC").zip_with(wide, cells) if wide.any() else cells


def codes(numbers: pl.Series) -> pl.Series:
    """The code of each number as it stands, or of what can be made of it."""
    found = exact_codes(numbers)
    if (left := (found == 0).arg_true()).len():
        found = found.scatter(left, _undressed(numbers.gather(left))["code"])
    return found


def exact_codes(numbers: pl.Series) -> pl.Series:
    """The code of each number exactly as it is written."""
    return _matcher().codes(numbers)


@cache
def _matcher() -> "Matcher":
    from vtrkit.tracking.matcher import Matcher  # noqa: PLC0415 - NumPy waits until it is used

    return Matcher(shapes())


def _undressed(cells: pl.Series) -> pl.DataFrame:
    """The `number` in each cell, null if there is none, and its `code`.

    Names of carriers and labels, and which parcel of several it is, go where the cell fits nothing
    with them and something without: letters in front of a number and digits behind it are its own
    until the formats say otherwise. A second parcel stays another one than the first.
    """
    bare = folded(cells).str.replace_all(f"^{_BLANK}+|{_BLANK}+$", "").str.replace(_SYMBOLOGY, "")
    inside = _inside_of(bare)
    for beside in (_words(), _PART):
        fits_nothing = _only(inside["code"], loose())
        if not (left := (fits_nothing & bare.str.contains(beside)).arg_true()).len():
            continue
        without = bare.gather(left).str.replace_all(beside, " ")
        alone, part = _inside_of(without), bare.gather(left).str.extract(_PART)
        better = ~_only(alone["code"], [f for f in loose() if f.tier == "E"])
        if beside == _PART:
            better &= alone["code"] < 1 << NOTE_AT  # what is left is no word, either
            later = pl.when(part != "1").then("-" + part).otherwise(pl.lit(""))
            alone = alone.with_columns(pl.col("number") + alone.select(later).to_series())
        bare = bare.scatter(left, without)
        places, alone = left.filter(better), alone.filter(better)
        inside = inside.select(c.scatter(places, alone[c.name]) for c in inside)
    return inside


def _inside_of(cells: pl.Series) -> pl.DataFrame:
    """What the text rules find in each cell, cleaned, with its code."""
    cells = cells.str.strip_chars()
    notes = pl.repeat(0, len(cells), dtype=pl.UInt64, eager=True)
    if (odd := cells.str.contains(_any_text()).arg_true()).len():
        rules = [(i, t) for i, t in enumerate(texts(), 1) if not t.only_if_unproven]
        found = cells.gather(odd).to_frame("cell").select(_first(rules), _inside(rules))
        notes, cells = notes.scatter(odd, found["note"]), cells.scatter(odd, found["number"])
    numbers = clean(cells)
    fits = exact_codes(numbers)
    if (left := (fits == 0).arg_true()).len():
        fits = fits.scatter(left, _loose_codes(numbers.gather(left)))
    return pl.DataFrame({"number": numbers, "code": fits + notes * (1 << NOTE_AT)})


@cache
def _words() -> str:
    """Every word of a carrier's or a service's name and every label, as one expression.

    Words of two letters stand in front of real numbers (SF, DE, LS), so only labels have so few.
    """
    names = " ".join(x for c in carriers().values() for x in (*c.spellings, *c.services))
    words = "|".join(sorted(set(re.findall(r"[^\W\d_]{3,}", names))))
    return rf"(?i)(?:(?:\b|_)(?:{words}|{_LABELS})(?:\b|_)|№|\bn[°º])[\s:#.]*"


def _only(codes: pl.Series, some: Collection[Format]) -> pl.Series:
    """Whether each code fits nothing but some of the formats of many lengths."""
    bits = sum(1 << i for i, f in enumerate(loose()) if f in some)
    return (codes & bits) == codes


_PLAIN = "^[0-9A-Z]+$"
_IN_BARCODE = r"^(?:420\d{27,31}|96\d{20}|\d{34})$"
_BARCODE_LENGTH = 22
"""The least of these."""


def canonical(numbers: pl.Series) -> pl.Series:
    """The one form in which numbers are compared: the same for all writings of one number.

    Undressed of blanks, quotes and signs; without the ZIP code in front and the barcode around.
    What holds no number is compared as it stands; null where the cell is blank.

    Examples:
        >>> canonical(pl.Series(['="1Z5R89390357567127"', "420221539101026837331000039521", ""]))
        ... # doctest: +NORMALIZE_WHITESPACE
        shape: (3,)
        Series: '' [str]
        [
            "1Z5R89390357567127"
            "9101026837331000039521"
            null
        ]
    """
    found = numbers.cast(pl.String)
    found = found.set(found == "", None)  # most of those that are not plain
    if (odd := (~found.str.contains(_PLAIN)).arg_true()).len():
        cells = found.gather(odd)
        bare = cells.str.replace_all(f"^{_BLANK}+|{_BLANK}+$", "").replace("", None)
        number = _undressed(cells)["number"].replace("", None)
        found = found.scatter(odd, number.zip_with(number.is_not_null(), bare))
    long = (found.str.len_bytes() >= _BARCODE_LENGTH).arg_true()
    if (boxed := long.filter(found.gather(long).str.contains(_IN_BARCODE))).len():
        found = found.scatter(boxed, _unboxed(found.gather(boxed)))
    return found


def _unboxed(barcodes: pl.Series) -> pl.Series:
    """The number inside each barcode, itself where its check digit is wrong."""
    table = pl.DataFrame({"cell": barcodes, "code": exact_codes(barcodes)})
    starts = {code: _number_start(code) for code in table["code"].unique()}
    inside = pl.col("cell").str.slice(pl.col("code").replace_strict(starts))
    return table.select(inside.str.replace(r"^00(\d{12})$", "$1")).to_series()


def _number_start(code: int) -> int:
    """Where the number itself begins in a barcode of this code; at 0 if it is no barcode.

    The first format of the table that is proven decides: one in ten barcodes of USPS passes
    FedEx's check by chance. Where ZIP codes of five and of nine digits both leave a right number,
    it is the shorter one, since four digits of a ZIP code seldom look like the start of a number.
    """
    parts = Code(code)
    fits = shapes()[parts.length].meaning(parts) if parts.length else []
    proven = [(x.name, x.proof.first) for x, right in fits if right and x.proof]
    barcodes = [(name, first) for name, first in proven if formats()[name].barcode]
    return max((first for name, first in barcodes if name == barcodes[0][0]), default=0)


_FANCY_HYPHEN = r"[‐-―−]"
_ORDER_ID = r"[0-9A-Z]{3}-[0-9]{7}-[0-9]{7}"
AMAZON_ID = f"^{_ORDER_ID}$"
"""What Amazon calls orders, those too that were sold elsewhere and that it only ships."""
SOLD_ID = r"^\d{3}-\d{7}-\d{7}$"
"""The ids of orders that were sold on Amazon."""
NO_ID = "not an order id like 123-1234567-1234567"
SEVERAL_IDS = rf"{_ORDER_ID}[^0-9].*{_ORDER_ID}"
_QUOTES = r"'’‘`\x{22}“”"
_AROUND_ID = rf"^[\s{_QUOTES}=#]+|[\s{_QUOTES}]+$"


def order_ids(cells: pl.Series) -> pl.Series:
    """The one form in which order ids are compared; null where the cell is blank.

    The 3-7-7 id inside a cell, whatever spreadsheets and tools put around it; another shop's id
    without quotes and signs. A cell with two ids is left as it is: nobody knows whose it is.

    Examples:
        >>> order_ids(pl.Series(['="111-6041827-3800171"', "#111-6041827-3800172-1"])).to_list()
        ['111-6041827-3800171', '111-6041827-3800172']
        >>> order_ids(pl.Series(["111 6041827 3800173", "#1001"])).to_list()
        ['111-6041827-3800173', '1001']
        >>> order_ids(pl.Series(["111-6041827-3800174;111-6041827-3800175"])).to_list()
        ['111-6041827-3800174;111-6041827-3800175']
    """
    found = cells.cast(pl.String)
    if not (odd := (~found.str.contains(AMAZON_ID)).arg_true()).len():
        return found
    text = folded(found.gather(odd)).str.replace_all(_FANCY_HYPHEN, "-")
    text = text.str.replace_all(_INVISIBLE, "")
    bare = text.str.replace_all(_AROUND_ID, "")
    bare = bare.str.replace(r"^(\d{3})[ .]?(\d{7})[ .]?(\d{7})$", "$1-$2-$3")
    closed_up = bare.str.to_uppercase().str.replace_all(r"\s*-\s*", "-")
    # what stands between two ids ends one and begins the other
    closed_up = closed_up.str.replace_all("([^0-9A-Z-])", "$1$1")
    inside = closed_up.str.extract_all(rf"(?:^|[^0-9A-Z]|[A-Z]\B)({_ORDER_ID})(?:$|[^0-9])")
    ids = inside.list.eval(pl.element().str.extract(f"({_ORDER_ID})[^0-9]?$")).list.unique()
    whole = ids.list.first().zip_with(ids.list.len() == 1, bare.replace("", None))
    return found.scatter(odd, whole)


_PLAIN_ID = r"^[0-9A-Za-z]+$"
_DRESSED_ID = r"^[\p{P}\p{S}\s\u200b\ufeff]*(\d+)(?:[.,]0+)?[\p{P}\p{S}\s\u200b\ufeff]*$"
_ROUNDED_ID = r"(?i)^\d[.,]?\d*e\+?\d+$"
"""What a spreadsheet makes of the 14 digits of an item."""


def item_ids(texts: pl.Series) -> pl.Series:
    """The ids without what a spreadsheet puts around them; one that it rounded is not known."""
    if (plain := texts.str.contains(_PLAIN_ID).fill_null(True)).all():
        return texts
    whole = folded(texts).str.replace(_DRESSED_ID, "$1").set(texts.str.contains(_ROUNDED_ID), None)
    return texts.zip_with(plain, whole)


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
    """Numbers without blanks, hyphens, quotes, brackets, in capitals; null where not ASCII.

    Upper case is for ASCII alone: Unicode's makes an I of a dotless i, and digits of other
    scripts are no digits here, but for full-width ones.
    """
    bare = cells.str.replace_all(_STRIPPED, "").str.strip_chars(_SEPARATORS)
    ascii_only = bare.str.len_bytes() == bare.str.len_chars()
    return bare.to_frame("n").select(pl.when(ascii_only).then(pl.col("n").str.to_uppercase()))["n"]
