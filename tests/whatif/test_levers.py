"""Levers and scenarios are checked values, and TOML files give them back exactly."""

from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrkit import Lever, Scenario, read_scenario, ready_made, write_scenario
from vtrkit.errors import ParameterError
from vtrkit.schema import Reason
from vtrkit.tracking.carriers import carriers
from vtrkit.whatif.levers import MOVED, MOVED_WITH_ALL
from vtrkit.whatif.scenario_files import scenario_text

# --- what a lever may be ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("name", " ", "name must be a name without blanks around it, not ' '"),
        ("share", 1.01, "lever labels: share must be a share from 0 to 1, not 1.01"),
        ("share", float("nan"), "share must be a share from 0 to 1, not nan"),
        ("share", "0.5", "share must be a share from 0 to 1, not '0.5'"),
        ("share", True, "share must be a share from 0 to 1, not True"),
        ("scanned", -0.1, "scanned must be a share from 0 to 1, not -0.1"),
        ("category", 5, "category must be text or a list of texts, not 5"),
        ("ship_method", (1,), r"ship_method must be text or a list of texts, not \(1,\)"),
        ("reason", ("no_scans",), r"no reason is called no_scans \(did you mean no_scan"),
        ("reason", ("valid",), "packages of valid are moved with moves_all alone"),
        ("reason", ("cancelled",), "packages of cancelled are moved by no lever"),
        ("start", "31.1.2026", "start must be a day such as 2026-01-31, not '31.1.2026'"),
        ("start", datetime(2026, 1, 31), "start must be a day such as"),  # noqa: DTZ001 - what is refused
        ("ramp_days", 0, "ramp_days must be 1 or more whole days, not 0"),
        ("ramp_days", 1.5, "ramp_days must be 1 or more whole days, not 1.5"),
        ("cost", -1, "cost must be 0 or more, not -1"),
        ("fixed_cost", float("inf"), "fixed_cost must be 0 or more, not inf"),
        ("retroactive", 1, "retroactive must be true or false, not 1"),
        ("later", False, "changes nothing; give retroactive, or leave later out"),
        ("source", None, "source must be text in quotes, not None"),
    ],
)
def test_a_lever_that_cannot_be_meant_is_refused(field, value, message):
    """Each field has its own message, with what was found and what to give."""
    with pytest.raises(ParameterError, match=message):
        Lever(**({"name": "labels"} | {field: value}))


def test_a_lever_takes_one_name_a_list_and_a_day_as_text():
    """What a person writes first; it is kept as a tuple and a date."""
    first = Lever(name="a", category="Shoes", reason=["no_scan", "malformed"], start="2026-10-01")
    assert first == Lever(
        name="a", category=("Shoes",), reason=("no_scan", "malformed"), start=date(2026, 10, 1)
    )


def test_a_lever_moves_defects_and_unverified_packages_unless_it_says_so():
    """Valid packages, and those exempt by value, service or route, only with moves_all."""
    usual, every = Lever(name="a").reasons, Lever(name="a", moves_all=True).reasons
    assert set(every) - set(usual) == {"valid", "exempt_value", "exempt_service", "exempt_route"}
    assert {
        "not_shipped",
        "cancelled",
        "fulfilled_by_amazon",
        "prime",
        "disputed_defect",
    }.isdisjoint(every)
    assert {"unverified", "no_scan"} <= set(usual)


def test_two_levers_of_one_name_are_refused():
    """Tables name levers, so each needs a name of its own."""
    with pytest.raises(ParameterError, match="2 levers are called labels; give each its own name"):
        Scenario("twice", (Lever(name="labels"), Lever(name="labels", share=0.5)))


def test_a_scenario_holds_levers_and_nothing_else():
    """One or a list of them; a lever by its name is none."""
    lever = Lever(name="a")
    assert Scenario("x", lever) == Scenario("x", [lever]) == Scenario("x", (lever,))
    for levers in (("a",), "a", 5):
        with pytest.raises(ParameterError, match="levers: give a list of Lever"):
            Scenario("x", levers)


# --- TOML ------------------------------------------------------------------------------------

_TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
_NAME = _TEXT.map(str.strip).filter(bool)
_NAMES = st.lists(_TEXT, max_size=3).map(tuple)
_CARRIERS = st.lists(st.sampled_from(sorted(carriers())), max_size=3).map(tuple)
_MONEY = st.floats(0, 1e9)


@st.composite
def levers(draw, name=_NAME):
    """Any lever."""
    moves_all = draw(st.booleans())
    reasons = st.sampled_from([str(r) for r in (MOVED_WITH_ALL if moves_all else MOVED)])
    return Lever(
        name=draw(name),
        share=draw(st.floats(0, 1)),
        scanned=draw(st.floats(0, 1)),
        category=draw(_NAMES),
        carrier_id=draw(_CARRIERS),
        ship_method=draw(_NAMES),
        reason=draw(st.lists(reasons, max_size=3).map(tuple)),
        start=draw(st.none() | st.dates()),
        ramp_days=draw(st.integers(1, 400)),
        cost=draw(_MONEY),
        fixed_cost=draw(_MONEY),
        retroactive=draw(st.booleans()),
        moves_all=moves_all,
        source=draw(_TEXT),
    )


@given(name=_TEXT, pulled=st.lists(levers(), max_size=3, unique_by=lambda lever: lever.name))
def test_a_scenario_comes_back_from_its_file_exactly(tmp_path_factory, name, pulled):
    """Floats to the last bit, any text, any day."""
    path = tmp_path_factory.mktemp("scenario") / "one.toml"
    written = Scenario(name, tuple(pulled))
    write_scenario(written, path)
    assert read_scenario(path) == written


def test_numbers_of_numpy_and_reasons_of_the_enum_are_kept_as_pythons_own(tmp_path):
    """A slider or a table gives them; a file and a message must not tell."""
    numpy = Lever(
        name="x",
        share=np.float32(0.5),
        ramp_days=np.int64(3),
        cost=np.int64(2),
        reason=(Reason.NO_SCAN,),
    )
    plain = Lever(name="x", share=0.5, ramp_days=3, cost=2, reason=("no_scan",))
    assert repr(numpy) == repr(plain)
    write_scenario(Scenario("s", (numpy,)), tmp_path / "s.toml")
    assert read_scenario(tmp_path / "s.toml").levers == (plain,)


def test_a_file_says_only_what_differs_from_the_usual():
    """A person reads it: name and share, and what was chosen."""
    lever = Lever(name="labels", share=0.5, reason=("no_scan",), start=date(2026, 10, 1))
    every = Lever(name="every package", moves_all=True)
    assert scenario_text(Scenario("half", (lever, every))).splitlines() == [
        'name = "half"',
        "",
        "[[lever]]",
        'name = "labels"',
        "share = 0.5",
        "reason = [",
        '    "no_scan",',
        "]",
        "start = 2026-10-01",
        "",
        "[[lever]]",
        'name = "every package"',
        "share = 1.0",
        "moves_all = true",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "one.toml: not valid TOML: Invalid value"),
        ("lever = []", "one.toml: missing name"),
        ("name = 5", "one.toml: name must be text in quotes, not 5"),
        ('name = "x"\nlevers = []', r"one.toml: unknown key levers \(did you mean lever\?\)"),
        (
            'name = "x"\nlever = 5',
            r"one.toml: lever must be tables, each below its own",
        ),
        ('name = "x"\n[[lever]]\nshare = 1', "one.toml: lever without a name: missing name"),
        (
            'name = "x"\n[[lever]]\nname = "a"\nshares = 1',
            r"one.toml: lever a: unknown key shares \(did you mean share",
        ),
        (
            'name = "x"\n[[lever]]\nname = "a"\nshare = "1"',
            "one.toml: lever a: share must be .*, not '1'",
        ),
        (
            'name = "x"\n[[lever]]\nname = "a"\nshare = nan',
            "one.toml: lever a: share must be .*, not NaN",
        ),
        (
            'name = "x"\n[[lever]]\nname = "a"\nstart = 2026-01-01T10:00:00',
            "start must be a day",
        ),
        ('name = "x"\n[[lever]]\nname = "a"\ncategory = 5', "category must be text or a list"),
        ('name = "x"\n[[lever]]\nname = 5', "lever 5: name must be a name without blanks"),
    ],
)
def test_a_malformed_file_is_refused_with_file_lever_and_key(tmp_path, text, message):
    """Nothing is guessed: a misspelt key would silently leave its default in force."""
    (tmp_path / "one.toml").write_text(text)
    with pytest.raises(ParameterError, match=message):
        read_scenario(tmp_path / "one.toml")


def test_a_file_that_is_none_is_refused(tmp_path):
    """A path without a file, a folder, and bytes that are no text."""
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    refused = {"none.toml": "no such file", "bytes.toml": "UTF-8", "": "a folder stands"}
    for name, message in refused.items():
        with pytest.raises(ParameterError, match=message):
            read_scenario(tmp_path / name)


# --- what Amazon names -----------------------------------------------------------------------


def test_ready_made_levers_name_their_source_and_things_that_exist():
    """Carriers and services are those that a tally can hold, else they would select nothing."""
    services = {service for c in carriers().values() for service in c.services}
    for name, lever in ready_made().items():
        assert lever.name == name
        assert lever.source.startswith("https://"), name
        assert set(lever.carrier_id) <= carriers().keys(), name
        assert set(lever.ship_method) <= services, name
        assert lever.reason, name


def test_every_defect_but_those_of_the_carrier_and_amazon_has_a_ready_made_lever():
    """Too few scans and a rejection without cause are what no help page offers a way out of."""
    named = {reason for lever in ready_made().values() for reason in lever.reason}
    others = {"too_few_scans", "rejected_by_amazon", "unverified", "too_little_known"}
    assert set(map(str, MOVED)) - named == others


def test_the_share_of_ready_made_levers_is_the_users():
    """Track 30 % of what is untracked now; all other fields stay as shipped."""
    for name, lever in ready_made(0.3).items():
        assert lever == replace(ready_made()[name], share=0.3)
    with pytest.raises(ParameterError, match="share must be a share from 0 to 1, not 3"):
        ready_made(3)


def test_usps_numbers_are_those_of_ground_advantage_since_9_july_2023():
    """First-Class Package became Ground Advantage; what is left of First Class are letters."""
    methods = {
        day: ready_made(on=day)["enter USPS tracking numbers"].ship_method
        for day in (date(2023, 7, 8), date(2023, 7, 9))
    }
    assert list(methods.values()) == [
        ("USPS First Class", "USPS Media Mail"),
        ("USPS Ground Advantage", "USPS Priority Mail", "USPS Media Mail"),
    ]
    assert ready_made()["enter USPS tracking numbers"].ship_method == methods[date(2023, 7, 9)]
    assert [*ready_made()] == [*ready_made(on=date(2016, 1, 1))]
