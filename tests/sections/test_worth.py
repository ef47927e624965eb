"""What a plan is worth, as people read it."""

import polars as pl
import pytest

from vtrkit import Costs, worth
from vtrkit.errors import ParameterError
from vtrkit.sections.worth import worth_of, worth_text
from vtrkit.study.settings import Settings

GAINED = pl.DataFrame({"counted": [200], "valid": [180], "valid_after": [190.0]})


def test_what_a_plan_spares_is_told_by_effect_with_its_money():
    """10 of 200 packages more are tracked: 10 × 0.02 claims, half to all of which are saved."""
    text = worth_text(worth(GAINED, Costs(claim_rate=0.02, claim=(30, 40))))
    assert text == (
        "In those 30 days it would also spare you 0.1–0.2 claims lost (3.00–8.00 in your currency)."
    )


def test_an_effect_without_a_price_has_no_money():
    """A rate is enough for how often."""
    text = worth_text(worth(GAINED, Costs(defect_rate=0.01)))
    assert "order defects" in text
    assert "currency" not in text


def test_without_the_sellers_numbers_the_published_ones_stand_there():
    """They say of whom they are, and where one's own go."""
    assert "[costs] in vtrkit.toml" in worth_text(worth(GAINED, Costs()))


def test_without_a_plan_nothing_is_worth_anything():
    """No sentence stands about nothing."""
    assert worth_of(None, Costs(claim_rate=0.02)) == []


def test_costs_stand_in_a_table_of_the_settings(tmp_path):
    """Each number or range, checked as in Python."""
    path = tmp_path / "vtrkit.toml"
    path.write_text("[costs]\ncontact_rate = 0.04\ncontact = [2.5, 5]\n", "utf-8")
    assert Settings.read(path).costs == Costs(contact_rate=0.04, contact=(2.5, 5.0))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("costs = 3", "costs must be a table, not 3"),
        ("[costs]\ncontct = 1", "unknown key contct \\(did you mean contact"),
        ("[costs]\ncontact = -1", "contact -1.0: give 0 or more"),
        ('[costs]\ncontact = "x"', "contact must be a number, or a range"),
    ],
)
def test_costs_that_cannot_be_are_refused(tmp_path, table, message):
    """With the key and what it must be."""
    path = tmp_path / "vtrkit.toml"
    path.write_text(table, "utf-8")
    with pytest.raises(ParameterError, match=message):
        Settings.read(path)
