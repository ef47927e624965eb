"""Changes in plain words, and packages that move to another carrier at its own scan rate."""

import pytest

from tests.shops import AS_OF, cells
from vtrkit import apply, simulate
from vtrkit.errors import ParameterError, VtrkitError
from vtrkit.whatif import changes
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.scenario_files import read_scenario, write_scenario
from vtrkit.whatif.to_carrier import scanned_by

SHOP = cells(
    {"carrier_id": "ups", "packages": 90},
    {"carrier_id": "ups", "reason": "no_scan", "packages": 10},
    {"carrier_id": "ontrac", "reason": "no_scan", "packages": 20},
    {"carrier_id": "usps", "packages": 19},
)


def test_packages_of_another_carrier_are_scanned_as_often_as_its_own():
    """UPS scans 90 of 100, so of OnTrac's 20 it scans 18."""
    moved = changes.replace_carrier("OnTrac", "UPS")
    told = scanned_by(SHOP, moved, AS_OF)
    assert (told.share, told.packages) == (0.9, 100)
    assert 0.82 < told.low < 0.9 < told.high < 0.95
    row = apply(SHOP, moved, as_of=AS_OF, by=()).filter(days=30).row(0, named=True)
    assert (row["valid"], row["valid_after"]) == (109, pytest.approx(127))
    assert simulate(SHOP, moved, as_of=AS_OF, by="account").height
    said = changes.replace_carrier("ontrac", "ups", scanned=1)
    assert apply(SHOP, said, as_of=AS_OF, by=()).filter(days=30)["valid_after"].item() == 129


def test_a_carrier_of_few_packages_tells_nothing():
    """Nineteen are too few; a share that is said needs none."""
    with pytest.raises(ParameterError, match="19 packages of USPS with scan data, too few"):
        apply(SHOP, changes.replace_carrier("OnTrac", "USPS"), as_of=AS_OF)
    with pytest.raises(ParameterError, match=r"no carrier is called UPSS \(did you mean UPS"):
        changes.replace_carrier("UPSS", "UPS")


def test_a_file_keeps_a_change_of_carrier(tmp_path):
    """With a scan share that is said, or one that is yet to be taken from the data."""
    for scanned in (None, 0.5, 1.0):
        lever = changes.replace_carrier("OnTrac", "UPS", scanned=scanned)
        write_scenario(Scenario("s", (lever,)), tmp_path / "s.toml")
        assert read_scenario(tmp_path / "s.toml").levers == (lever,)
        assert changes.read_changes(tmp_path / "s.toml") == [lever]
    assert changes.read_changes("") == []


def test_changes_are_the_levers_that_amazon_names():
    """With the categories, shares and days that are given."""
    lever = changes.track(category="Shoes", share=0.5, start="2026-10-01", cost=1.5)
    assert (lever.category, lever.share, lever.scanned) == (("Shoes",), 0.5, changes.SCANNED)
    assert str(lever.start) == "2026-10-01"
    for ready in ("enter_numbers", "correct_numbers", "correct_carrier", "buy_labels"):
        assert getattr(changes, ready)().reason
    other = changes.change("pick-up", reason="no_scan", carrier="OnTrac")
    assert other == Lever(name="pick-up", reason="no_scan", carrier_id="ontrac", scanned=0.98)
    with pytest.raises(VtrkitError):
        changes.track(share=95)


def test_a_change_is_called_in_messages_as_it_is_in_code():
    for name in ("track", "enter_numbers", "correct_numbers", "correct_carrier", "buy_labels"):
        with pytest.raises(ParameterError, match=f"^{name}: "):
            getattr(changes, name)(carrier="OnTrac")
