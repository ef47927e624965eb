"""Files with random damage, one of every layout: packages or a VtrkitError, and nothing else.

A usual run tries each file a few times,
`pytest --hypothesis-profile deep tests/files/test_damage.py` two hundred times as often.
"""

import gzip
import json
import zipfile
from copy import deepcopy
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files.test_formats import NUMBER, feed, message, v0
from tests.made import examples
from tests.paths import FIXTURES, ROOT
from vtrkit import load
from vtrkit.errors import VtrkitError
from vtrkit.files.fates import FATES

LAYOUTS = FIXTURES / "layouts"
MAPPINGS = ROOT / "data" / "mappings"
BESIDE = [LAYOUTS / "new_orders_45_2026-03-02.txt", LAYOUTS / "confirmation_2026-03-07.txt"]


def _of(write):
    out = BytesIO()
    table = pl.DataFrame({"order_id": ["1", "2"], "promised_date": [date(2026, 1, 5)] * 2})
    getattr(table, write)(out)
    return out.getvalue()


def _zip():
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a/orders.txt", (FIXTURES / "orders_2026-01-10.txt").read_bytes())
    return out.getvalue()


ORIGINALS = {
    "orders.txt": (FIXTURES / "orders_2026-01-10.txt").read_bytes(),
    "confirmation.txt": (FIXTURES / "confirmation_2026-01-12.txt").read_bytes(),
    "scms.csv": (FIXTURES / "scms_slice.csv").read_bytes(),
    **{path.name: path.read_bytes() for path in sorted(LAYOUTS.iterdir())},
    "feed.xml": feed(message(1, NUMBER, 2), message(2, "")).encode(),
    "v0.json": json.dumps({"payload": {"Orders": [v0(1), v0(2, "Unshipped")]}}).encode(),
    "days.csv": b"order-id,ship-date,carrier-code,tracking-number\n1,24-Sep-26,UPS,1Z\n"
    b'2,"Sep 24, 2026",UPS,1Z\n3,2026/9/24,UPS,\n',
    "member.zip": _zip(),
    "member.gz": gzip.compress((FIXTURES / "orders_2026-01-10.txt").read_bytes()),
    "t.parquet": _of("write_parquet"),
    "t.xlsx": _of("write_excel"),
}
MAPPED = {
    "scms.csv": MAPPINGS / "scms.toml",
    "aftership_2026-03-15.csv": MAPPINGS / "aftership.toml",
}
NASTY = [
    *(b"\0", b"\xff", b'"', b"\t", b",", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"\xff\xfe"),
    *(b"", b"-", b"9" * 40, b"1e999", b"NaN", b"Z", b"{", b"]", b"null", b"[]", b"\\ud800"),
    *(b"31/12/2026", b"02/03/2026", b"0001-01-01T00:00:00+00:00", b"=1+1", b"\xe3\x81"),
]
VALUES = [
    None,
    True,
    0,
    -1,
    1e400,
    "",
    " ",
    "x",
    "9" * 40,
    "2026-02-30",
    [],
    {},
    [None],
    [[]],
    "\0",
]
"""What may stand where something else belongs in JSON."""


@st.composite
def bytes_damaged(draw, name):
    """A file of which some bytes were replaced, lost or added, or the end cut off."""
    data = bytearray(ORIGINALS[name])
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(data) - 1 if data else 0))
        width = draw(st.integers(0, 3))
        data[place : place + width] = draw(st.sampled_from(NASTY) | st.binary(max_size=4))
    if draw(st.booleans()):
        data = data[: draw(st.integers(0, len(data)))]
    return bytes(data)


@st.composite
def lines_damaged(draw, name):
    """A file of which whole lines or cells were lost, doubled, swapped or put elsewhere."""
    cut = draw(st.sampled_from([b"\n", b"\t", b",", b'"']))
    parts = ORIGINALS[name].split(cut)
    for _ in range(draw(st.integers(1, 4))):
        here, there = (draw(st.integers(0, len(parts) - 1)) for _ in range(2))
        what = draw(st.sampled_from(["lose", "double", "swap", "nasty"]))
        if what == "lose" and len(parts) > 1:
            del parts[here]
        elif what == "double":
            parts.insert(there, parts[here])
        elif what == "swap":
            parts[here], parts[there] = parts[there], parts[here]
        else:
            parts[here] = draw(st.sampled_from(NASTY))
    return cut.join(parts)


@st.composite
def values_damaged(draw, name):
    """JSON of which some values are gone, of another type, or under another key."""
    lines = ORIGINALS[name].decode().splitlines() if name.endswith("jsonl") else None
    documents = [json.loads(line) for line in lines or [ORIGINALS[name].decode()]]
    for _ in range(draw(st.integers(1, 4))):
        nodes = [n for d in documents for n in _containers(d) if n]
        if not nodes:
            break
        node = draw(st.sampled_from(nodes))
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if draw(st.booleans()):
            node[key] = deepcopy(draw(st.sampled_from(VALUES)))
        else:
            value = node.pop(key)
            if isinstance(node, dict) and draw(st.booleans()):
                node[key.upper() + "x" * draw(st.integers(0, 1))] = value
    return "\n".join(map(json.dumps, documents)).encode()


def _containers(node):
    found = [node] if isinstance(node, dict | list) else []
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return found + [one for value in inside for one in _containers(value)]


def damaged(name):
    """Bytes, lines and cells, and, where it is JSON, values."""
    kinds = [bytes_damaged(name), lines_damaged(name)]
    return st.one_of(*kinds, *[values_damaged(name)] * (2 * (".json" in name)))


@pytest.mark.parametrize("name", sorted(ORIGINALS))
@examples(0.5)
@given(data=st.data())
def test_a_damaged_file_gives_packages_or_a_vtrkit_error(name, data):
    """Every row has one fate; no table or message holds what stands in a buyer's column."""
    content = data.draw(damaged(name))
    beside = BESIDE if data.draw(st.booleans()) else []
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            loaded = load([*beside, path], mapping=MAPPED.get(name), max_rejected_share=1)
        except VtrkitError as error:
            assert "canary" not in str(error).lower()
            assert "Made-up" not in str(error)
        else:
            adds_up(loaded)


def adds_up(loaded):
    for line in loaded.summary.rows(named=True):
        assert line["rows"] == sum(line[fate] for fate in FATES)
    lost = loaded.summary.select(pl.sum("rejected", "unmatched")).row(0)
    assert loaded.rejects.height == sum(lost)
    assert not loaded.rejects.select("file", "row").is_duplicated().any()
    packages = loaded.packages.collect()
    assert packages.height == loaded.summary["packages"].sum()
    assert (
        not packages.select("account", "marketplace", "order_id", "package_id")
        .is_duplicated()
        .any()
    )
