"""What number and carrier say of a package, where its scans do not already decide.

A carrier scan decides validity; a format only explains a missing scan or predicts one. So only
the packages are looked at that have no known scan, that Amazon rejects, or whose scans nobody
signed while the number looks like another carrier's.
"""

from collections.abc import Iterator
from itertools import permutations

import polars as pl

from vtrkit.schema import UNRECOGNISED, Grade, Reason, Relation
from vtrkit.tracking.carriers import carrier_id, carriers
from vtrkit.tracking.inspect import JUDGED, judgement

Named = tuple[Reason, pl.Expr]
_ASKED, _NUMBER, _SCANNER = "asked_number", "number_judged", "scanner_id"
_FROM, _TO = "handed_over_by_scanner", "handed_over_to_scanner"
_NOT_NUMBERS = [
    Grade.PLACEHOLDER,
    Grade.SPREADSHEET_DAMAGE,
    Grade.MULTIPLE,
    Grade.NOT_A_TRACKING_NUMBER,
]
_HINTS = [Relation.HARD, Relation.SOFT, Relation.PARTNER_POSSIBLE]
_HAS_SCAN = pl.coalesce(pl.col("scans") > 0, pl.col("delivered_date").is_not_null())
_AMAZON = "amazon"


def steps(given: frozenset[str]) -> Iterator[list[pl.Expr]]:
    """The columns that the rules below read, in the order in which they are computed.

    Args:
        given: the columns that the packages have; what is absent costs nothing.
    """
    scanner = carrier_id("scanned_by") if "scanned_by" in given else pl.lit(None, pl.Categorical())
    yield [scanner.replace(UNRECOGNISED, None).alias(_SCANNER)]
    yield [pair.alias(name) for name, pair in _handed_over("scanned_by" in given).items()]
    yield [_asked(given).alias(_ASKED)]
    if "tracking_number" not in given:
        yield [pl.lit(None, pl.Struct(JUDGED)).alias(_NUMBER)]
    else:
        yield [judgement(_ASKED).alias(_NUMBER)]
    whose = _field("carriers").cast(pl.String)
    hint = pl.when(_field("relation").is_in(_HINTS)).then(whose)
    label = "label_number" if "label_number" in given else pl.lit(None, pl.String)
    yield [pl.coalesce(label, hint).alias("fix")]


def _asked(given: frozenset[str]) -> pl.Expr:
    """The numbers worth a look; null for the packages that their scans decide."""
    look = ~_HAS_SCAN | pl.col("reported_valid").not_().fill_null(False) | pl.col(_TO)
    if "tracking_number" in given:
        look |= _may_be_no_number()
    if "tracking_number" in given and "carrier" in given:
        look |= _may_contradict()
    return pl.when(look & (pl.col("tracking_number") != "")).then("tracking_number")


def _may_be_no_number() -> pl.Expr:
    """Whether a cell could hold something else than a number, which no scan makes one.

    Whatever is not 8 to 40 capitals and digits with a digit among them, stand-ins, and ids of
    products. It may say yes too often.
    """
    return pl.col("tracking_number").map_batches(
        _look_odd, return_dtype=pl.Boolean, is_elementwise=True
    )


def _look_odd(numbers: pl.Series) -> pl.Series:
    from vtrkit.tracking.matcher import unusual  # noqa: PLC0415 - NumPy waits until it is used

    odd = unusual(numbers)
    some = numbers.gather(rows := odd.arg_true())
    return odd.scatter(rows, ~some.str.contains(_PLAIN) | some.str.contains(_ODD))


_PLAIN = r"^[0-9A-Z]{8,40}$"
_ODD = (
    r"^[A-Z]+$|^[0-9]{17}$|^(?:B0|X00|FBA)|^1Z.{16}1Z"
    r"|0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7}|1234567|7654321"
)


def _may_contradict() -> pl.Expr:
    """Whether a number could be a distinctive one of another carrier than the one entered.

    Only carriers whose formats are all known can be contradicted, and only by numbers that begin
    with a letter, like UPS's, or have the length of a parcel barcode. It may say yes too often.
    """
    number, carrier = pl.col("tracking_number"), pl.col("carrier_id")
    closed = [c.id for c in carriers().values() if c.complete]
    ups, usps, amazon = (number.str.starts_with(head) for head in ("1Z", "9", "TB"))
    odd = ups | (number > "A") | number.str.starts_with("1LS") | (number.str.len_bytes() >= 20)
    usual = (
        ((carrier == "ups") & ups) | ((carrier == "usps") & usps) | ((carrier == _AMAZON) & amazon)
    )
    return carrier.is_in(closed) & odd & ~usual


def certain() -> list[Named]:
    """Row 4 of the design: what no scan is needed for.

    A number that is malformed, or of another carrier, yields to a scan that counts.
    """
    counts = _counts().fill_null(False)
    return [
        (Reason.NOT_A_NUMBER, _field("grade").is_in(_NOT_NUMBERS)),
        (Reason.MALFORMED, _field("malformed") & ~counts),
        (Reason.WRONG_CARRIER, (_field("relation") == Relation.HARD) & ~counts),
    ]


def scanned() -> list[Named]:
    """Row 5: a scan counts for the carrier that made it; another carrier's is none of its."""
    return [(Reason.WRONG_CARRIER, _HAS_SCAN & pl.col(_SCANNER).is_not_null() & ~_counts())]


def _counts() -> pl.Expr:
    """A scan by the entered carrier or by Amazon, or by nobody in name without contradiction.

    So does one by the carrier that handed the parcel over to the one entered, and by the one that
    it was handed over to if the number is of that one.
    """
    scanner = pl.col(_SCANNER)
    own = _group(scanner) == _group(pl.col("carrier_id"))
    named = own | (scanner == _AMAZON) | (pl.col("carrier_id") == UNRECOGNISED)
    unnamed = (_field("relation") != Relation.HARD).fill_null(True)
    theirs = _field("relation") == Relation.PARTNER_POSSIBLE
    partner = (pl.col(_FROM) & unnamed) | (pl.col(_TO) & theirs.fill_null(False))
    return _HAS_SCAN & pl.when(scanner.is_null()).then(unnamed).otherwise(named | partner)


def _handed_over(scanned: bool) -> dict[str, pl.Expr]:
    """Whether the scanner hands parcels over to the carrier entered, and whether that one to it."""
    if not scanned:
        return dict.fromkeys((_FROM, _TO), pl.lit(False))
    pairs = [(c.id, other) for c in carriers().values() for other in c.partners]
    ids = (pl.col(name).cast(pl.String) for name in (_SCANNER, "carrier_id"))
    pair = pl.concat_str(*ids, separator=" ")
    hands, takes = ([f"{a} {b}" for a, b in pairs], [f"{b} {a}" for a, b in pairs])
    # parcels between countries are every post's in turn
    hands += map(" ".join, permutations((c.id for c in carriers().values() if c.posts), 2))
    return {_FROM: pair.is_in(hands).fill_null(False), _TO: pair.is_in(takes).fill_null(False)}


def _group(carrier: pl.Expr) -> pl.Expr:
    """Carriers that scan for each other, such as LaserShip for OnTrac, have one name."""
    groups = {c.id: c.group for c in carriers().values() if c.group != c.id}
    return carrier.cast(pl.String).replace(groups)


def _field(name: str) -> pl.Expr:
    return pl.col(_NUMBER).struct.field(name)
