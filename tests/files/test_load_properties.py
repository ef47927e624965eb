"""Loading against a slow join in plain Python."""

import csv
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests import oracle
from tests.made import examples
from vtrkit import load
from vtrkit.errors import InputError, VtrkitError
from vtrkit.files.fates import FATES

CELLS = {
    "order_id": ["1", "2", "3"],
    "promised_date": ["2026-01-20", "2026-01-21", "", "2026-01-21T12:00:00"],
    "marketplace": ["US", "US", "US", "", "UK"],
    "package_id": ["", "", "P1", "P2"],
    "tracking_number": ["", "1Z-9 a", "1z9A", "77"],
    "category": ["", "Shoes", "Toys"],
    "status": ["", "", "shipped", "cancelled", "unshipped", "a word that nobody knows"],
    "fulfilled_by": ["", "seller", "seller", "seller_prime", "amazon"],
    "ship_date": ["", "2026-01-05", "2026-01-06"],
    "scans": ["", "0", "2"],
    "goods_value": ["", "0.1", "0.2", "7"],
    "carrier": ["", "UPS", " UPS ", "FedEx"],
}
NAMING = ("package_id", "tracking_number")
WRONG = {
    "order_id": ["", "  "],
    "promised_date": ["soon", "2026-02-30"],
    "scans": ["-1", "many"],
    "goods_value": ["1e400", "x"],
}
READ = {"scans": int, "goods_value": float}


@st.composite
def export(draw):
    """A header and rows of one small table; one row in eight or so is wrong."""
    optional = [name for name in CELLS if name not in ("order_id", "promised_date")]
    chosen = draw(st.sets(st.sampled_from(optional), min_size=3))
    header = ["order_id", "promised_date", *sorted(chosen)]
    rows = draw(st.lists(st.tuples(*(st.sampled_from(CELLS[n]) for n in header)), max_size=5))
    spoil = draw(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(sorted(WRONG))), max_size=2))
    rows = [list(row) for row in rows]
    for place, name in spoil:
        if place < len(rows) and name in header:
            rows[place][header.index(name)] = draw(st.sampled_from(WRONG[name]))
    return header, rows


def is_wrong(header, row):
    """Whether a row breaks a rule: a wrong cell, or nothing beside its order id."""
    cells = dict(zip(header, row, strict=True))
    if not any(cell.strip() for name, cell in cells.items() if name != "order_id"):
        return True
    return any(cells.get(name) in of for name, of in WRONG.items())


def as_read(header, row):
    """What a row of text means."""
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
    values = {name: READ.get(name, str)(cell) if cell else None for name, cell in cells.items()}
    if " " in (values.get("status") or ""):
        values["status"] = None
    for name in ("promised_date", "ship_date"):
        if values.get(name):
            values[name] = date.fromisoformat(values[name][:10])
    if "tracking_number" in values:
        values["tracking_number"] = values["tracking_number"] or ""
    return {"marketplace": None} | values


# lines alike are items, of which the one row of another file repeats one
_FIVE = (["order_id", "promised_date", "carrier"], [["1", "2026-01-20", "UPS"]] * 5)
_ONE = (
    ["order_id", "promised_date", "carrier", "package_id"],
    [["1", "2026-01-20", "UPS", ""]],
)


@examples(2)
@example(exports=[_FIVE, _ONE], copied=False)
@given(exports=st.lists(export(), min_size=1, max_size=4), copied=st.booleans())
def test_every_row_has_one_fate_and_the_packages_are_those_of_the_oracle(exports, copied):
    """Rows read = packages + merged + attached + duplicates + unmatched + rejected, per file."""
    if copied:
        exports = [*exports, exports[0]]
    good = [
        oracle.Export(
            f"p_2026-02-{age:02}.csv",
            bool(set(NAMING) & set(header)),
            [as_read(header, row) for row in rows if not is_wrong(header, row)],
        )
        for age, (header, rows) in enumerate(exports, 1)
    ]
    with TemporaryDirectory() as folder:
        for e, (header, rows) in zip(good, exports, strict=True):
            with (Path(folder) / e.name).open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([header, *rows])
        packages, fates = oracle.joined(good, tuple(CELLS))
        if not packages:
            with pytest.raises(InputError, match="no packages"):
                load(folder, max_rejected_share=1)
            return
        loaded = load(folder, max_rejected_share=1)
    told = Counter()
    for line, (_, rows) in zip(loaded.summary.rows(named=True), exports, strict=True):
        blank = sum(not any(map(str.strip, row)) for row in rows)  # they count nowhere else
        assert line["rows"] == len(rows) - blank == sum(line[fate] for fate in FATES)
        told.update({(line["file"], fate): line[fate] for fate in FATES if fate != "rejected"})
    assert +told == +fates
    lost = loaded.summary.select(pl.sum("rejected", "unmatched")).row(0)
    assert loaded.rejects.height == sum(lost)
    found = loaded.packages.select(list(CELLS)).collect().rows(named=True)
    assert sorted(map(_comparable, found)) == sorted(map(_comparable, packages))


def _comparable(package):
    package = {**package, "category": package["category"] or "(unknown)"}
    return sorted((name, repr(value)) for name, value in package.items())


@given(
    exports=st.lists(export(), min_size=1, max_size=3),
    piece=st.sampled_from([40, 100, 1000]),
    quoted=st.booleans(),
)
def test_what_is_too_large_to_be_held_gives_the_same(exports, piece, quoted):
    """Pieces of a few lines and buckets of a few orders: same packages, fates and rejects."""
    with TemporaryDirectory() as folder:
        for age, (header, rows) in enumerate(exports, 1):
            path = Path(folder) / f"p_2026-02-{age:02}.csv"
            how = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file, quoting=how).writerows([header, *rows])
        whole = _outcome(folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("vtrkit.files.large._HELD", 0)
            patch.setattr("vtrkit.files.large._BYTES", 200)
            patch.setattr(sys.modules["vtrkit.files.one_file"], "PIECE", piece)
            assert _outcome(folder) == whole


def _outcome(folder):
    """The sorted packages, the rejects and the summary, or the message of a refusal."""
    try:
        loaded = load(folder, max_rejected_share=1)
    except VtrkitError as error:
        return str(error)
    parts = pl.concat([part.collect() for part in loaded.parts])
    packages = loaded.packages.collect()
    assert packages.equals(parts)
    return sorted(map(repr, packages.rows())), loaded.rejects.rows(), loaded.summary.rows()
