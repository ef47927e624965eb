"""JSON exports: cut down, near misses, wrong types and truncation, layout by layout."""

import json
import random

import pytest

from tests.files.test_layouts import layout_of
from tests.paths import FIXTURES
from vtrkit import classify, explain, load
from vtrkit.errors import InputError, MappingError
from vtrkit.files.fates import FATES
from vtrkit.files.json_records import NOT_AN_OBJECT, NOT_JSON

LAYOUTS = FIXTURES / "layouts"
BESIDE = [LAYOUTS / "new_orders_45_2026-03-02.txt", LAYOUTS / "confirmation_2026-03-07.txt"]
NUMBER = "1Z999AA10123456784"
EASYPOST, SHIPPO = "easypost_2026-03-15.json", "shippo_2026-03-15.json"
API, LINES = "orders_api_2026-03-09.json", "orders_api_2026-03-09.jsonl"
REQUIRED = {
    EASYPOST: ("easypost", ["tracking_code", "status", "carrier"]),
    SHIPPO: ("shippo", ["tracking_number", "carrier", "tracking_status.status"]),
    API: (
        "orders_api",
        ["orderId", "salesChannel.marketplaceId", "fulfillment.fulfillmentStatus"],
    ),
}
"""The keys that records of each layout cannot lack."""


def records(name):
    """The records of a fixture."""
    document = json.loads((LAYOUTS / name).read_text("utf-8"))
    return document if isinstance(document, list) else next(iter(document.values()))


def read(folder, name, records):
    """A load beside an order report and confirmations, and the line of the summary."""
    path = folder / name
    path.write_text(json.dumps(records), "utf-8")
    loaded = load([*BESIDE, path], marketplace="US", max_rejected_share=1)
    line = loaded.summary.filter(file=name).row(0, named=True)
    assert line["rows"] == sum(line[fate] for fate in FATES)
    return loaded, line


def packages(loaded):
    return {p["tracking_number"]: p for p in loaded.packages.collect().rows(named=True)}


@pytest.mark.parametrize(
    ("status", "history", "scans", "at_least", "reason"),
    [
        ("DELIVERED", [], 1, True, "too_little_known"),
        ("TRANSIT", [], 1, True, "too_little_known"),
        ("PRE_TRANSIT", [], 0, False, "no_scan"),
        ("TRANSIT", ["TRANSIT"], 1, False, "too_few_scans"),
    ],
)
def test_a_status_tells_of_one_scan_at_least_and_not_that_there_are_too_few(
    tmp_path, status, history, scans, at_least, reason
):
    """Where a rule wants two, as from China; a list of events is counted."""
    events = [{"status": one, "status_date": "2026-03-06T12:00:00Z"} for one in history]
    track = {"tracking_number": NUMBER, "carrier": "ups", "tracking_history": events}
    path = tmp_path / "shippo_2026-06-15.json"
    path.write_text(json.dumps([track | {"tracking_status": {"status": status}}]), "utf-8")
    loaded = load([*BESIDE, path], marketplace="US", origin="CN")
    found = {p["tracking_number"]: p for p in classify(loaded.packages).collect().to_dicts()}
    told = found[NUMBER]
    assert (told["scans"], told["scans_at_least"], told["reason"]) == (scans, at_least, reason)
    assert told["is_delivered"] is (True if status == "DELIVERED" else None)
    if at_least:
        assert "scans 1 or more" in explain(loaded.packages, told["order_id"])


def only(record, paths):
    """A record with nothing but some paths, the last first."""
    found = {}
    for path in reversed(paths):
        node, place, value = found, path.split("."), record
        for key in place[:-1]:
            node = node.setdefault(key, {})
        for key in place:
            value = value[key]
        node[place[-1]] = value
    return found


def without(record, path):
    """A copy without what stands at a path."""
    copy = json.loads(json.dumps(record))
    *above, last = path.split(".")
    node = copy
    for key in above:
        node = node[key]
    del node[last]
    return copy


@pytest.mark.parametrize("name", REQUIRED)
def test_records_cut_down_to_what_is_required_are_recognised(name, tmp_path):
    """In another order of keys, with one that nobody knows; a list, an object of one, one alone."""
    layout, paths = REQUIRED[name]
    cut = [only(r, paths) | {"something_new": {"name": "CANARY"}} for r in records(name)]
    for told in (cut, {"data" if layout == "shippo" else "orders": cut}, cut[0]):
        if layout == "easypost" and "orders" in told:
            told = {"trackers": cut}  # noqa: PLW2901 - where this layout has its records
        _, line = read(tmp_path, name, told)
        assert line["layout"] == layout
        assert line["rows"] == (len(cut) if told is not cut[0] else 1)


@pytest.mark.parametrize(("name", "path"), [(n, p) for n, (_, ps) in REQUIRED.items() for p in ps])
def test_records_that_all_lack_what_is_required_are_never_taken_for_their_layout(
    name, path, tmp_path
):
    """Refused, or a right one of another layout; the message names the key."""
    layout, paths = REQUIRED[name]
    near = [without(only(r, paths), path) for r in records(name)]
    (tmp_path / name).write_text(json.dumps(near), "utf-8")
    try:
        assert layout_of(tmp_path / name) != layout
    except MappingError as refused:
        assert "not recognised" in str(refused)
        assert "CANARY" not in str(refused)


@pytest.mark.parametrize(
    ("name", "path", "rule"),
    [
        (EASYPOST, "tracking_code", "tracking_number is missing"),
        (SHIPPO, "tracking_number", "tracking_number is missing"),
        (API, "orderId", "order_id is missing"),
    ],
)
def test_one_record_without_its_key_is_rejected_and_the_others_are_kept(name, path, rule, tmp_path):
    """By its rule, at its place."""
    told = records(name)
    _, whole = read(tmp_path, name, told)
    loaded, line = read(tmp_path, name, [without(told[0], path), *told[1:]])
    assert line["rows"] == whole["rows"]
    mine = loaded.rejects.filter(file=name, rule=rule)
    assert mine["row"].to_list() == [1]


@pytest.mark.parametrize("wrong", ["text", {"a": 1}, [], [1, "x", None], None])
@pytest.mark.parametrize(
    ("name", "at"), [(EASYPOST, "tracking_details"), (SHIPPO, "tracking_history")]
)
def test_events_of_another_type_are_no_events(name, at, wrong, tmp_path):
    """Then the status is what there is."""
    first, *rest = records(name)
    loaded, line = read(tmp_path, name, [first | {at: wrong}, *rest])
    assert line["rejected"] == 0
    found = packages(loaded)[NUMBER]
    assert (found["scans"], found["first_scan_date"]) == (1, None)


@pytest.fixture(scope="module")
def rows_of_api(tmp_path_factory):
    """How many rows the untouched records have."""
    return read(tmp_path_factory.mktemp("api"), API, records(API))[1]["rows"]


@pytest.mark.parametrize("wrong", ["text", 7, {}, {"trackingNumber": NUMBER}, [], ["x"], None])
def test_packages_of_another_type_make_a_row_and_no_package_of_their_own(
    wrong, tmp_path, rows_of_api
):
    """An object stands for a list of one; what is no object is rejected by name."""
    first, *rest = records(API)
    loaded, line = read(tmp_path, API, [first | {"packages": wrong}, *rest])
    broken = loaded.rejects.filter(file=API, rule=NOT_AN_OBJECT).height
    assert broken == (wrong in ("text", 7, ["x"]))
    assert packages(loaded)[NUMBER]["carrier"] == "UPS"
    assert line["rows"] == rows_of_api


@pytest.mark.parametrize("wrong", [7, None, ["a"], {"b": 1}])
@pytest.mark.parametrize(
    ("name", "key"),
    [(EASYPOST, "status"), (EASYPOST, "carrier"), (SHIPPO, "carrier"), (API, "salesChannel")],
)
def test_a_value_of_another_type_is_rejected_or_not_known(name, key, wrong, tmp_path):
    """Never an exception, and the other records are read."""
    told = records(name)
    loaded, line = read(tmp_path, name, [told[0] | {key: wrong}, *told[1:]])
    assert line["layout"] == REQUIRED[name][0]
    assert line["rejected"] <= 1
    assert NUMBER in packages(loaded)


@pytest.mark.parametrize("name", [*REQUIRED, LINES])
def test_a_truncated_file_is_refused_with_its_line(name, tmp_path):
    """At any place; of JSON Lines the last line is rejected and the others are kept."""
    content = (LAYOUTS / name).read_bytes().rstrip()
    for place in random.Random(name).sample(range(2, len(content) - 1), 8):
        path = tmp_path / name
        path.write_bytes(content[:place])
        whole = content[:place].count(b"\n") if name == LINES else 0
        if not whole:
            with pytest.raises(InputError, match=rf"{name}: line \d+ is not JSON; the file is dam"):
                load(path)
            continue
        loaded = load(path, marketplace="US", max_rejected_share=1)
        torn = loaded.rejects.filter(file=name, rule=NOT_JSON)
        complete = content[:place].endswith(b"\n") or content[place : place + 1] == b"\n"
        assert torn.height == (not complete)
