"""A STORE that grew is the same as one that was made at once, and as the files themselves."""

import csv
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made import examples
from tests.paths import ROOT
from vtrkit.errors import InputError, ParameterError
from vtrkit.files import kept_rows
from vtrkit.metric.store import store
from vtrkit.rules.classify import classify
from vtrkit.rules.policies import read_rules
from vtrkit.schema import PACKAGE_KEY
from vtrkit.study.build import build, read
from vtrkit.study.manifest import writing
from vtrkit.study.settings import Settings
from vtrkit.study.stored import tally_into

ORDERS, NUMBERS = [f"111-0000000-000000{n}" for n in range(8)], ["", "77", "1Z9A", "5501", "5502"]
CELLS = {
    "packages": {
        "order_id": ORDERS,
        "promised_date": ["2026-01-20", "2026-01-21", "soon"],
        "marketplace": ["US", "US", "", "UK"],
        "tracking_number": NUMBERS,
        "carrier": ["UPS", "FedEx"],
        "sku": ["S1", "S2", ""],
        "category": ["", "", "Shoes", "Toys"],
        "ship_date": ["", "2025-12-30", "2026-01-05", "2026-02-06"],
        "scans": ["", "0", "2"],
        "currency": ["USD", "GBP"],
    },
    "confirmed": {
        "order-id": ORDERS,
        "order-item-id": ["", "1", "2"],
        "quantity": ["", "1"],
        "ship-date": ["2026-01-05", "2026-01-06"],
        "carrier-code": ["UPS", "USPS"],
        "tracking-number": NUMBERS,
    },
    "scans": {
        "tracking_number": [*NUMBERS[1:], "9"],
        "carrier": ["ups", "fedex"],
        "tracking_status": ["DELIVERED", "PRE_TRANSIT", "TRANSIT"],
    },
    "labels": {
        "Order - Number": ORDERS,
        "Shipment - Tracking Number": NUMBERS[1:],
        "Shipment - Void Flag": ["", "", "true"],
    },
}


OWN_RULES = """
[policy.no-2025]
extends = "default"
marketplace = "NO"
title = "Norway: letters below 100 NOK exempt"
first_day = 2025-01-01
target = 0.97
time_zone = "Europe/Oslo"
enforced = true
source = ["our contract"]

[policy.no-2025.exempt.letters]
reason = "exempt_service"
service_words = ["brev"]
below = { NOK = 100 }
"""


@st.composite
def history(draw):
    """Exports by name, and in which calls they come."""
    kinds = draw(st.lists(st.sampled_from(["packages", *CELLS]), min_size=2, max_size=5))
    files = {}
    for n, kind in enumerate(kinds):
        cells = CELLS[kind]
        rows = st.lists(st.tuples(*map(st.sampled_from, cells.values())), min_size=1, max_size=6)
        account = draw(st.sampled_from(["a/", "a/", "z/"]))
        name = f"{account}{kind}{n}_2026-02-{draw(st.integers(1, 4)):02}.csv"
        files[name] = [tuple(cells), *draw(rows)]
    calls = draw(st.permutations([n % draw(st.integers(1, 4)) for n in range(len(files))]))
    return files, calls


def written(folder, files):
    """Exports in a folder."""
    for name, rows in files.items():
        path = Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
    return folder


def settings(folder):
    """However many rows are wrong."""
    return Settings(inputs=(str(folder),), max_rejected_share=1.0)


def tables(loaded):
    """All that a load gives, in one order."""
    key = [*PACKAGE_KEY, "source"]
    lists = ("rejects", "summary", "restated", "doubts", "uncategorised", "not_known")
    found = {name: getattr(loaded, name) for name in lists}
    for name in ("rejects", "restated", "doubts"):
        table = found[name]
        found[name] = table.select(sorted(table.columns)).sort(pl.all())
    return found | {"packages": loaded.packages.collect().sort(key), "notes": loaded.notes}


def tally_of(folder):
    """The bytes of each month."""
    return {path.name: path.read_bytes() for path in Path(folder).glob("*.parquet")}


def newest(path):
    """The folder of the tally."""
    return max((path / "tally").iterdir())


def same(one, other):
    """Whether two of these are the same, with a message that says where they differ."""
    for name, table in one.items():
        if isinstance(table, pl.DataFrame):
            assert table.equals(other[name]), (name, table, other[name])
        else:
            assert table == other[name]


@pytest.fixture(scope="module", autouse=True)
def touched_alone():
    """Only touched orders are settled, however many of these few they are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vtrkit.files.restate._MOST_SHARE", 0.01)
        yield


@examples(0.05)
@given(exports=history())
def test_whatever_comes_in_whatever_order_is_as_if_all_had_come_at_once(exports):
    """Packages, lists, how rows add up, and the tally to the byte."""
    files, calls = exports
    with TemporaryDirectory() as name:
        place = Path(name)
        path, pending = place / "STORE", {}
        whole = settings(written(place / "whole", files))
        for call in sorted(set(calls)):
            pending |= {n: files[n] for n, at in zip(files, calls, strict=True) if at == call}
            try:
                tally_into(settings(written(place / f"call{call}", pending)), path)
            except InputError as e:
                refused = str(e)
            else:
                refused, pending = "", {}
        try:
            expected = read(whole)
        except InputError as e:
            assert refused == str(e)
            return
        assert not refused
        same(tables(expected), tables(read(Settings(inputs=(str(path),)))))
        rules = read_rules()
        store([classify(p, rules).collect().lazy() for p in expected.parts], place / "expected")
        assert tally_of(newest(path)) == tally_of(place / "expected")


def table(folder, orders, day="01", **cells):
    """A folder with packages of some orders, exported on a day of February."""
    rows = [
        {
            "order_id": f"111-0000000-{1000000 + n}", "promised_date": f"2026-01-{1 + n % 28:02}",
            "marketplace": "US", "carrier": "UPS", "tracking_number": f"1Z999AA1012345{1000 + n}",
            "scans": n % 3, "ship_date": f"2025-{10 + n % 3}-05", "category": f"C{n % 3}",
        } | cells
        for n in orders
    ]  # fmt: skip
    return written(folder, {f"p_2026-02-{day}.csv": [[*rows[0]], *map(dict.values, rows)]})


def stored(path, *folders):
    """What each call did."""
    return [tally_into(Settings(inputs=(str(folder),)), path) for folder in folders]


def built(given, folder):
    """The bytes of a run folder, but for what names its inputs."""
    folder.mkdir()
    build(Settings(inputs=(str(given),)), folder)
    files = (p for p in folder.rglob("*") if p.is_file() and p.name != "settings.json")
    return {p.name: p.read_bytes() for p in files}


def test_only_touched_orders_are_settled_and_only_their_months_are_tallied(tmp_path):
    """And a report of the STORE says what a report of all files says, byte by byte."""
    both = table(table(tmp_path / "both", range(60)), [3, 90], "02", ship_date="2025-10-09")
    first, newer = table(tmp_path / "1", range(60)), table(tmp_path / "2", [3, 90], "02")
    table(newer, [3, 90], "02", ship_date="2025-10-09")
    path = tmp_path / "STORE"
    made, added, again = stored(path, first, newer, both)
    assert (made.orders, added.orders, again) == (None, 2, (0, 2, [], 0, ""))
    old, new = sorted((path / "tally").iterdir())
    months = {f.stem for f in new.iterdir() if not f.samefile(old / f.name)}
    assert months == {"2025-10"}
    stored(tmp_path / "anew", both)  # where no cell is left of an order as it was
    assert tally_of(new) == tally_of(newest(tmp_path / "anew"))
    of_store, of_files = (built(p, tmp_path / n) for p, n in ((path, "x"), (both, "y")))
    assert [n for n in of_files if of_store[n] != of_files[n]] == []


def test_another_process_goes_on_where_the_last_one_ended(tmp_path):
    """It has rules of its own in memory, which are the same."""
    orders = table(tmp_path / "in", range(9))
    call = f"from vtrkit.cli import main; main(['tally', {str(orders)!r}, '--out', 'STORE'])"
    first, second = (
        subprocess.run([sys.executable, "-c", call], cwd=tmp_path, capture_output=True, check=True)
        for _ in range(2)
    )
    assert b"1 new file in STORE" in first.stdout
    assert second.stdout == b"Nothing new: STORE has these files already.\n"


def test_what_a_later_file_says_of_an_older_one_is_said(tmp_path):
    """An order that comes to a second account is a doubt about both, a missing column a note."""
    label = ("Order - Number", "Shipment - Tracking Number")
    labels = {"a/labels_2026-02-01.csv": [label, ("111-0000000-1000001", "1Z999AA10123451001")]}
    for place in ("both", "1"):
        written(table(tmp_path / place / "a", range(9)).parent, labels)
    for place in ("both", "2"):
        table(tmp_path / place / "z", [3], "02")
    stored(tmp_path / "STORE", tmp_path / "1", tmp_path / "2")
    of_store, whole = (read(settings(tmp_path / n)) for n in ("STORE", "both"))
    same(tables(whole), tables(of_store))
    assert any("has no column" in note for note in whole.notes)
    assert "111-0000000-1000003" in whole.doubts["order_id"].to_list()


def test_a_store_is_reported_by_the_rules_that_tallied_it(tmp_path):
    """Nobody has to give them again, and other ones are refused."""
    rules, path = tmp_path / "own.toml", tmp_path / "STORE"
    rules.write_text(OWN_RULES)
    letter = {"marketplace": "NO", "ship_method": "Brev", "goods_value": 50, "currency": "NOK"}
    folder = table(tmp_path / "in", range(9), **letter)
    tally_into(Settings(inputs=(str(folder),), rules=str(rules)), path)
    (tmp_path / "run").mkdir()
    build(Settings(inputs=(str(path),)), tmp_path / "run")
    kept = tmp_path / "run" / "tables" / "tally"
    tally = pl.concat(map(pl.read_parquet, kept.glob("*.parquet")))
    assert tally_of(newest(path)) == tally_of(kept)
    assert set(tally["reason"].cast(pl.String)) == {"exempt_service"}
    with pytest.raises(ParameterError, match="give them to `vtrkit tally`"):
        build(Settings(inputs=(str(path),), rules=str(rules)), tmp_path / "run")


@pytest.mark.parametrize("lost", ["private/rows", "private", "tally", "vtrkit-store.json"])
def test_what_an_interrupted_call_leaves_is_not_taken_for_a_result(tmp_path, lost):
    """Folders that no manifest names go with the next call."""
    path, left = tmp_path / "STORE", {"rows": ".new-x", "private": "000003", "tally": "000003"}
    stored(path, table(tmp_path / "1", range(9)))
    expected = tally_of(newest(path))
    if lost == "vtrkit-store.json":
        (path / ".vtrkit-store.json-1").write_text("half")
    else:
        (path / lost / left[Path(lost).name]).mkdir()
    done = stored(path, table(tmp_path / "2", range(9), "02"))[0]
    assert (done.new, done.files) == (1, 2)
    assert tally_of(newest(path)) == expected
    assert not [p for p in path.rglob("*") if p.name in {".new-x", "000003"}]


def test_what_was_read_is_not_read_again_after_an_interruption(tmp_path, monkeypatch):
    """The next call goes on with the first file that is not read."""
    path, names = tmp_path / "STORE", []
    folder = table(table(tmp_path / "in", range(9)), range(9), "02")

    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vtrkit.study.stored.gather", stop)
        with pytest.raises(KeyboardInterrupt):
            stored(path, folder)
    with monkeypatch.context() as patch:
        patch.setattr("vtrkit.files.reading.read", lambda source, *_: names.append(source.name))
        assert stored(path, folder)[0].new == 2
    assert names == []


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, monkeypatch):
    """Nothing of it is kept; the next call reads it whole."""
    path, folder = tmp_path / "STORE", table(tmp_path / "in", range(9))
    write = kept_rows._write

    def longer(*args):
        write(*args)
        with (folder / "p_2026-02-01.csv").open("a") as file:
            file.write("more\n")

    with monkeypatch.context() as patch:
        patch.setattr(kept_rows, "_write", longer)
        with pytest.raises(InputError, match="changed while it was read"):
            stored(path, folder)
    assert [p.name for p in (path / "private" / "rows").iterdir() if p.name[0] != "."] == []


def test_a_store_whose_process_is_killed_comes_to_the_same_bytes():
    """Five times at random moments, in a process that has no thread of Polars yet."""
    command = [sys.executable, "-m", "tests.benchmarks.kills", "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("5 kills; "), done.stderr


def other_version(path):
    """Made by another version."""
    manifest = path / "vtrkit-store.json"
    manifest.write_text(manifest.read_text().replace("vtrkit 0", "vtrkit 9"))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_version, "give the exports to `vtrkit tally` with another --out"),
        (lambda path: (path / "vtrkit-store.json").write_text("{"), "a store of another program"),
        (lambda path: (path / "vtrkit-store.json").unlink(), "no store of `vtrkit tally`, and not"),
    ],
)
def test_what_is_no_store_of_this_version_is_refused(tmp_path, spoil, said):
    """It is neither written nor emptied."""
    path, folder = tmp_path / "STORE", table(tmp_path / "in", range(9))
    stored(path, folder)
    spoil(path)
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match=said):
        stored(path, folder)
    assert {p: p.read_bytes() for p in path.rglob("*") if p.is_file()} == before


def test_a_second_process_is_refused_while_one_writes(tmp_path):
    """The lock goes with the process that holds it."""
    path, folder = tmp_path / "STORE", table(tmp_path / "in", range(9))
    with writing(path), pytest.raises(InputError, match="another `vtrkit tally` is writing it"):
        stored(path, folder)
    assert stored(path, folder)[0].new == 1


def test_a_store_stands_outside_its_inputs_and_alone(tmp_path):
    """It is no export of its own."""
    folder = table(tmp_path / "in", range(9))
    with pytest.raises(InputError, match="which is read; give an --out outside of it"):
        stored(folder / "STORE", folder)
    stored(tmp_path / "STORE", folder)
    with pytest.raises(InputError, match="a store, and no exports"):
        stored(tmp_path / "other", tmp_path / "STORE")
    with pytest.raises(ParameterError, match="give it alone"):
        read(Settings(inputs=(str(tmp_path / "STORE"), str(folder))))
    with pytest.raises(ParameterError, match="give it to `vtrkit tally`"):
        read(Settings(inputs=(str(tmp_path / "STORE"),), origin="US"))
