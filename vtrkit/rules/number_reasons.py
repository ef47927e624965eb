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
from vtrkit.tracking.codes import DISTINCTIVE
from vtrkit.tracking.inspect import JUDGED, judge

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
NUMBERED = ("tracking_number", "label_number", "carrier_id")
"""The columns that a look at numbers needs beside those of its steps."""
_SAID = ["grade", "carriers", "relation", "malformed"]


def steps(given: frozenset[str]) -> Iterator[list[pl.Expr]]:
    """The columns that a look at numbers needs, in the order in which they are computed.

    Args:
        given: the columns that the packages have; what is absent costs nothing.
    """
    scanner = carrier_id("scanned_by") if "scanned_by" in given else pl.lit(None, pl.Categorical())
    yield [scanner.replace(UNRECOGNISED, None).alias(_SCANNER)]
    yield [pair.alias(name) for name, pair in _handed_over("scanned_by" in given).items()]
    yield [_may_matter().alias(_ASKED)]


def look(packages: pl.DataFrame, given: frozenset[str]) -> pl.DataFrame:
    """The packages with what is said of their numbers, null where their scans decide; and `fix`.

    By rows and not by expressions: few are asked about, and Python inside of an expression that is
    inside of another one takes twice the time.

    Args:
        packages: with the columns of `steps`.
        given: the columns that the packages have.
    """
    numbers, ids = packages["tracking_number"], packages["carrier_id"]
    if "tracking_number" in given:
        odd, distinctive = _seen_at_once(numbers)
        asked = packages[_ASKED] | odd
        if "carrier" in given:
            asked |= _may_contradict(distinctive, ids)
        rows = (asked & (numbers != "")).arg_true()
        told = judge(numbers.gather(rows), ids.gather(rows)).select(_SAID)
        places = pl.repeat(None, packages.height, dtype=rows.dtype, eager=True)
        judged = pl.lit(told.to_struct().gather(places.scatter(rows, range(len(rows)))))
    else:
        judged = pl.lit(None, pl.Struct({name: JUDGED[name] for name in _SAID}))
    hint = pl.when(_field("relation").is_in(_HINTS)).then(_field("carriers").cast(pl.String))
    fix = pl.coalesce("label_number", hint)
    return packages.with_columns(judged.alias(_NUMBER)).with_columns(fix=fix)


def _may_matter() -> pl.Expr:
    """Whether the number may matter, whatever it looks like."""
    return ~_HAS_SCAN | pl.col("reported_valid").not_().fill_null(False) | pl.col(_TO)


def _seen_at_once(numbers: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Whether a cell could hold something else than a number, and whose it looks like.

    Something else is whatever is not 8 to 40 capitals and digits with a digit among them, stand-ins
    and ids of products, which no scan makes a number. It may say yes too often.
    """
    from vtrkit.tracking.matcher import glance  # noqa: PLC0415 - NumPy waits until it is used

    odd, distinctive = glance(numbers)
    some = numbers.gather(rows := odd.arg_true())
    return odd.scatter(rows, ~some.str.contains(_PLAIN) | some.str.contains(_ODD)), distinctive


_PLAIN = r"^[0-9A-Z]{8,40}$"
_ODD = (
    r"^[A-Z]+$|^[0-9]{17}$|^(?:B0|X00|FBA)|^1Z.{16}1Z"
    r"|0{7}|1{7}|2{7}|3{7}|4{7}|5{7}|6{7}|7{7}|8{7}|9{7}|1234567|7654321"
)


def _may_contradict(distinctive: pl.Series, carriers_entered: pl.Series) -> pl.Series:
    """Whether a number could be a distinctive one of another carrier than the one entered.

    Only carriers whose formats are all known can be contradicted. It may say yes too often.
    """
    closed = [c.id for c in carriers().values() if c.complete]
    own = pl.any_horizontal(
        (pl.col("entered") == carrier) & (pl.col("looks") == looks)
        for looks, carrier in enumerate(DISTINCTIVE)
        if carrier
    )
    odd = pl.col("entered").is_in(closed) & (pl.col("looks") > 0) & ~own
    return pl.DataFrame({"looks": distinctive, "entered": carriers_entered}).select(odd).to_series()


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
