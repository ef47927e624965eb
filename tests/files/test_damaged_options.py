"""Mappings, rules, settings and typed tables with random damage: a right result or a VtrkitError.

A usual run tries each a few times, `pytest --hypothesis-profile deep` four hundred times as often.
"""

import re
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.files.test_damage import LAYOUTS, MAPPINGS, NASTY, ORIGINALS, adds_up
from tests.made import examples
from tests.paths import FIXTURES, ROOT
from vtrkit import classify, load
from vtrkit.demo import packages as sample
from vtrkit.errors import VtrkitError
from vtrkit.files.categories import read_categories
from vtrkit.files.layouts import read_mapping
from vtrkit.rules.policies import read_rules
from vtrkit.schema import PACKAGES
from vtrkit.study.build import read
from vtrkit.study.settings import Settings
from vtrkit.whatif.scenario_files import read_scenario

FACTS = ROOT / "vtrkit" / "facts"
SETTINGS = """
inputs = ["orders_2026-01-10.txt", "confirmation_2026-01-12.txt"]
mapping = "mapping.toml"
categories = "categories.csv"
rules = "rules.toml"
scenario = "scenario.toml"
marketplace = "US"
account = "acme"
seen = 2026-01-20
report_from = 2026-01-01
report_to = 2026-01-31
absence = true
day_first = true
max_rejected_share = 0.5
lag_days = 10

[origin]
US = "US"
"acme/UK" = "CN"

[costs]
contact_rate = 0.1
contact = [1, 2]
"""
RULE = """
[policy.own]
extends = "us-2025"
marketplace = "MX"
title = "Own rule"
first_day = 2020-01-01
last_day = 2026-12-31
lag_days = 5
target = 0.95
windows_days = [7, 30]
window_days = 30
time_zone = "America/Mexico_City"
enforced = true
enforced_from = { Shoes = 2026-02-01, "*" = 2026-03-01 }
carriers = "any"
source = ["https://example.com/rule"]
checked = 2026-01-01

[policy.own.exempt.small]
reason = "exempt_value"
not_origins = ["US"]
below = { USD = 5.01 }
"""
SCENARIO = """
name = "plan"

[[lever]]
name = "track"
share = 0.5
start = 2026-02-01
"""
CELLS = [
    *('""', '"x"', '" "', '"\\u0000"', '"*"', '"["', '"(a+)+$"', '"%"', '"%Y%Y"', '"utf-16"'),
    *("true", "0", "-1", "1.5", "1e400", "nan", "-inf", "9" * 30, "1e-320", "0x7fffffffffffffff"),
    *("[]", "[[]]", "[1]", '["", ""]', '["a", 1]', "{}", '{ a = "b" }', "{ USD = -1 }"),
    *("2026-01-31", "0001-01-01", "9999-12-31", "07:32:00", "2026-01-31T00:00:00Z"),
    *('"order_id"', '"hex"', '"US"', '"Mars/Olympus"', '"9" ', '"/"', '"."', '"~"'),
]
"""What may stand behind the sign of equality."""
KEYS = ["", '""', "x", '"\\u0000"', "a.b", "columns", "order_id", "extends", '"*"', "1"]


def chunks(path, kind):
    """The tables of a file of facts, by name, each as the text of its own."""
    parts = re.split(rf"(?m)^(?=\[{kind}\.[\w-]+\]$)", path.read_text("utf-8"))
    return {re.match(rf"\[{kind}\.([\w-]+)\]", part)[1]: part for part in parts[1:]}


@st.composite
def toml(draw, text):
    """TOML of which some values, keys or lines are others, lost, doubled or swapped."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        here, there = (draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        key, is_pair, value = lines[here].partition(" = ")
        what = draw(st.sampled_from(["value", "value", "key", "lose", "double", "swap", "bytes"]))
        if what == "value" and is_pair:
            lines[here] = f"{key} = {draw(st.sampled_from(CELLS))}"
        elif what == "key" and is_pair:
            lines[here] = f"{draw(st.sampled_from(KEYS))} = {value}"
        elif what == "lose":
            lines[here] = ""
        elif what == "double":
            lines.insert(there, lines[here])
        elif what == "swap":
            lines[here], lines[there] = lines[there], lines[here]
        else:
            place = draw(st.integers(0, len(lines[here])))
            junk = draw(st.sampled_from(NASTY)).decode("latin-1")
            lines[here] = lines[here][:place] + junk + lines[here][place:]
    content = "\n".join(lines).encode("utf-8", "replace")
    return (
        content[: draw(st.integers(0, len(content)))] if draw(st.integers(0, 9)) == 0 else content
    )


MAPPED = {
    "scms": ((MAPPINGS / "scms.toml").read_text("utf-8"), FIXTURES / "scms_slice.csv"),
    "aftership": ((MAPPINGS / "aftership.toml").read_text("utf-8"), "aftership_2026-03-15.csv"),
    **{
        name: (chunks(FACTS / "layouts.toml", "layout")[name], file)
        for name, file in {
            "orders_api": "orders_api_2026-03-09.json",
            "easypost": "easypost_2026-03-15.json",
            "all_orders": "all_orders_33_2026-03-06.txt",
            "vtr_report_2021": "vtr_report_2021.txt",
        }.items()
    },
}


def outcome(act, *arguments, **options):
    """What comes of it: a result, or None where it was refused in words that hold no buyer."""
    try:
        return act(*arguments, **options)
    except VtrkitError as error:
        assert "canary" not in str(error).lower()
        return None


@pytest.mark.parametrize("name", sorted(MAPPED))
@examples(1)
@given(data=st.data())
def test_a_damaged_mapping_gives_packages_or_a_vtrkit_error(name, data):
    text, file = MAPPED[name]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mapping.toml"
        path.write_bytes(data.draw(toml(text)))
        files = [LAYOUTS / file] if name == "scms" else [LAYOUTS / file, *BESIDE]
        if loaded := outcome(load, files, mapping=path, max_rejected_share=1):
            adds_up(loaded)


RULES = {"own": RULE, **chunks(FACTS / "policies.toml", "policy")}


@examples(2)
@given(data=st.data())
def test_damaged_rules_give_one_outcome_a_package_or_a_vtrkit_error(data):
    text = RULES[data.draw(st.sampled_from(sorted(RULES)))]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "rules.toml"
        path.write_bytes(data.draw(toml(text)))
        rules = outcome(read_rules, path)
    if rules:
        packages = sample.packages()[::500].lazy()
        verdicts = outcome(lambda: classify(packages, rules).collect())
        assert verdicts["outcome"].null_count() == 0


@examples(4)
@given(data=st.data())
def test_damaged_settings_give_packages_or_a_vtrkit_error(data):
    """With everything that they name beside them, one of which is damaged as well, maybe."""
    texts = {"vtrkit.toml": SETTINGS, "rules.toml": RULE, "scenario.toml": SCENARIO}
    texts["mapping.toml"] = MAPPED["aftership"][0]
    texts["categories.csv"] = "sku,category\nS-1,Shoes\nS-2,Toys\n"
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, text in texts.items():
            (folder / file).write_text(text, "utf-8")
        for file in ("orders_2026-01-10.txt", "confirmation_2026-01-12.txt"):
            (folder / file).write_bytes((FIXTURES / file).read_bytes())
        hurt = data.draw(st.sampled_from(["vtrkit.toml", "vtrkit.toml", *sorted(texts)]))
        (folder / hurt).write_bytes(data.draw(toml(texts[hurt])))
        settings = outcome(Settings.of, folder)
        if settings and (loaded := outcome(read, settings)):
            adds_up(loaded)
        if settings and settings.scenario:
            outcome(read_scenario, settings.scenario)


def test_undamaged_settings_are_read(tmp_path):
    """Else the properties above would only see refusals."""
    for name, (text, file) in MAPPED.items():
        (tmp_path / "mapping.toml").write_text(text, "utf-8")
        files = [LAYOUTS / file] if name == "scms" else [LAYOUTS / file, *BESIDE]
        assert load(files, mapping=tmp_path / "mapping.toml"), name
    (tmp_path / "rules.toml").write_text(RULE, "utf-8")
    assert read_rules(tmp_path / "rules.toml")
    (tmp_path / "scenario.toml").write_text(SCENARIO, "utf-8")
    assert read_scenario(tmp_path / "scenario.toml")
    (tmp_path / "vtrkit.toml").write_text(SETTINGS, "utf-8")
    (tmp_path / "mapping.toml").write_text(MAPPED["aftership"][0], "utf-8")
    (tmp_path / "categories.csv").write_text("sku,category\nS-1,Shoes\n", "utf-8")
    for name in ("orders_2026-01-10.txt", "confirmation_2026-01-12.txt"):
        (tmp_path / name).write_bytes((FIXTURES / name).read_bytes())
    assert read(Settings.of(tmp_path))


@pytest.mark.parametrize("reader", [read_mapping, read_rules, Settings.read, read_scenario])
def test_lists_too_deep_inside_each_other_are_refused(reader, tmp_path):
    """Python's own reader of TOML would end in a RecursionError."""
    (tmp_path / "deep.toml").write_text("a = " + "[" * 5000, "utf-8")
    with pytest.raises(
        VtrkitError, match=r"deep\.toml: lists or tables too deep inside each other"
    ):
        reader(tmp_path / "deep.toml")
    with pytest.raises(VtrkitError, match=r"deep\.toml: cannot be read as a table of categories"):
        read_categories(tmp_path / "deep.toml")


def test_a_name_longer_than_any_is_refused():
    """In a few of its letters."""
    with pytest.raises(VtrkitError, match=r"^input: 'a+\.\.\.a+': File name too long; check"):
        load("a" * 5000)


BESIDE = [LAYOUTS / "new_orders_45_2026-03-02.txt", LAYOUTS / "confirmation_2026-03-07.txt"]


# --- Parquet and XLSX ----------------------------------------------------------------------------

ODD = {
    pl.Null(): [None],
    pl.Boolean(): [True, False, None],
    pl.Int8(): [-128, 127],
    pl.Int64(): [-(2**63), 2**63 - 1, 0],
    pl.UInt64(): [2**64 - 1, 1],
    pl.Int128(): [2**100, -(2**100)],
    pl.Float32(): [float("nan"), 1e30, 1.5],
    pl.Float64(): [float("inf"), -1e308, 1e15 + 0.5, -0.0],
    pl.Decimal(38, 9): [Decimal("1e20"), Decimal("0.000000001")],
    pl.String(): ["", " ", "\0", "x", "9" * 400, "2026-02-30", "=1+1", "\ud7ff", "1e400", "NULL"],
    pl.Binary(): [b"\xff\x00", b""],
    pl.Date(): [date(1, 1, 1), date(9999, 12, 31), date(2026, 1, 31), None],
    pl.Datetime("ns"): [datetime(1700, 1, 1), datetime(2026, 1, 31, 23, 59)],  # noqa: DTZ001
    pl.Datetime("us", "Asia/Tokyo"): [datetime(2026, 1, 31, tzinfo=UTC)],
    pl.Time(): [time(23, 59)],
    pl.Duration(): [timedelta(days=-1)],
    pl.List(pl.Int64()): [[1, None], []],
    pl.List(pl.Struct({"a": pl.String})): [[{"a": "x"}]],
    pl.Struct({"a": pl.Int64, "b": pl.String}): [{"a": 1, "b": None}],
    pl.Array(pl.Int8, 2): [[1, 2]],
    pl.Categorical(): ["shipped", "x"],
    pl.Enum(["US", "shipped"]): ["US"],
}
USUAL = {"order_id": ["1", "2", "3"], "promised_date": ["2026-01-31"] * 3}


@st.composite
def typed(draw):
    """A table of three packages with columns of any type."""
    names = draw(st.sets(st.sampled_from(sorted(PACKAGES)), max_size=5))
    columns = {**USUAL}
    for name in names:
        dtype = draw(st.sampled_from(sorted(ODD, key=str)))
        values = draw(st.lists(st.sampled_from(ODD[dtype]), min_size=3, max_size=3))
        columns[name] = pl.Series(values, dtype=dtype, strict=False)
    return pl.DataFrame(columns)


@examples(6)
@given(table=typed(), as_workbook=st.booleans())
def test_a_table_of_any_types_gives_packages_or_a_vtrkit_error(table, as_workbook):
    with TemporaryDirectory() as folder:
        path = Path(folder) / ("t.xlsx" if as_workbook else "t.parquet")
        if as_workbook:
            nested = [n for n, t in table.schema.items() if t.is_nested() or t == pl.Binary()]
            _write_excel(table.drop(nested), path)
        else:
            table.write_parquet(path)
        if loaded := outcome(load, path, max_rejected_share=1):
            adds_up(loaded)


def _write_excel(table, path):
    """Without what a workbook cannot hold: what is left is written as people's programs do."""
    plain = [pl.Int128(), pl.Datetime("us", "Asia/Tokyo"), pl.Decimal(38, 9), pl.UInt64()]
    texts = [pl.col(n).cast(pl.String) for n, t in table.schema.items() if t in plain]
    table.with_columns(texts).write_excel(path)


@st.composite
def workbook(draw):
    """A workbook of which one member is damaged, lost, or another's."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(ORIGINALS["t.xlsx"])) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    hurt, other = (draw(st.sampled_from(sorted(members))) for _ in range(2))
    content = bytearray(members[hurt])
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(content)))
        content[place : place + draw(st.integers(0, 9))] = draw(st.sampled_from(NASTY))
    kinds = [bytes(content), members[other], b"", re.sub(rb'"\d+"', b'"99999999"', members[hurt])]
    members[hurt] = draw(st.sampled_from(kinds))
    with zipfile.ZipFile(out, "w") as damaged:
        for name, member in members.items():
            damaged.writestr(name, member)
    return out.getvalue()


@examples(4)
@given(content=workbook())
def test_a_damaged_workbook_gives_packages_or_a_vtrkit_error(content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.xlsx"
        path.write_bytes(content)
        if loaded := outcome(load, path, max_rejected_share=1):
            adds_up(loaded)
