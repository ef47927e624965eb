"""What tracked packages are worth is a range, with every assumption beside it."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtrkit.errors import ParameterError, TallyError
from vtrkit.whatif.worth import Costs, assumptions, worth

ALL = Costs(
    contact_rate=0.05, contact=(2, 4), claim_rate=0.01, claim=40, defect_rate=0.01, defect=(10, 30)
)


def after(valid_after: float = 190.0, **other: object) -> pl.DataFrame:
    """A row of 200 packages, 180 of them valid before."""
    return pl.DataFrame(
        {"category": ["Shoes"], "counted": [200], "valid": [180], "valid_after": [valid_after]}
        | {name: [value] for name, value in other.items()}
    )


def row(found: pl.DataFrame, effect: str) -> dict[str, float]:
    return found.row(by_predicate=pl.col("effect").str.starts_with(effect), named=True)


def test_contacts_follow_from_the_mean_rate_and_the_ratio() -> None:
    """Of 1,000 packages 100 are untracked; tracked ones cause r contacts each, others 35 r."""
    table = after(1000.0, counted=1000, valid=900)
    found = row(worth(table, Costs(contact_rate=0.1, contact=3)).table, "contacts")
    tracked = 0.4 * 0.1 * 1000 / (900 + 35 * 100)
    assert found["avoided_high"] == pytest.approx(100 * (35 - 1) * tracked)
    assert found["saved_high"] == pytest.approx(3 * found["avoided_high"])


def test_when_everything_is_tracked_only_tracked_contacts_are_left() -> None:
    """What is avoided and what is left add up to the contacts that there were."""
    table = after(1000.0, counted=1000, valid=900)
    found = row(worth(table, Costs(contact_rate=0.1)).table, "contacts")
    left = 1000 * 0.4 * 0.1 / (0.9 + 0.1 * 35)
    assert found["avoided_high"] + left == pytest.approx(0.4 * 0.1 * 1000)
    assert found["saved_high"] is None


def test_order_defects_and_claims_by_hand() -> None:
    """Ten packages more are valid, of 200 with 20 untracked."""
    table = worth(after(), ALL).table
    defects, claims = row(table, "order defects"), row(table, "claims")
    assert defects["avoided_high"] == pytest.approx(10 * 0.01 * 0.7 / (1 + 0.7 * 0.1))
    assert defects["saved_low"] == pytest.approx(10 * 10 * 0.01 * 0.35 / (1 + 0.35 * 0.1))
    assert (claims["avoided_low"], claims["avoided_high"]) == pytest.approx((0.05, 0.1))
    assert (claims["saved_low"], claims["saved_high"]) == pytest.approx((2, 4))


@given(
    gained=st.floats(0, 20),
    rates=st.tuples(st.floats(0, 0.5), st.floats(0, 0.5)).map(sorted),
    prices=st.tuples(st.floats(0, 50), st.floats(0, 50)).map(sorted),
)
def test_low_is_never_above_high(gained: float, rates: list[float], prices: list[float]) -> None:
    """Whatever the seller's ranges are."""
    rate, price = (rates[0], rates[1]), (prices[0], prices[1])
    costs = Costs(
        contact_rate=rate,
        contact=price,
        claim_rate=rate,
        claim=price,
        defect_rate=rate,
        defect=price,
    )
    table = worth(after(180 + gained), costs).table
    for what in ("gained", "avoided", "saved"):
        assert (table[f"{what}_low"] <= table[f"{what}_high"]).all()


def test_nothing_gained_is_worth_nothing() -> None:
    """And a cost that is not known gives no figure rather than zero."""
    table = worth(after(180.0), ALL).table
    assert table.select(pl.sum_horizontal(pl.selectors.float()).sum()).item() == 0
    unknown = worth(after(), Costs()).table
    assert unknown.select("avoided_low", "avoided_high", "saved_low").null_count().row(0) == (
        3,
        3,
        3,
    )


def test_unverified_packages_may_have_been_tracked_all_along() -> None:
    """At the low end those that were only unverified spare nothing."""
    table = worth(after(190.0, unknown=5, unknown_after=1.0), ALL).table
    assert table.select("gained_low", "gained_high").row(0) == (6.0, 10.0)


def test_an_empty_group_has_no_figure() -> None:
    """Where nothing is counted there is no share of untracked packages."""
    table = worth(after(0.0, counted=0, valid=0), ALL).table
    assert row(table, "contacts")["avoided_high"] is None


def test_every_assumption_is_listed_with_its_source() -> None:
    """Published figures with source and page, the seller's own by name."""
    table = worth(after(), ALL).assumptions
    assert table.equals(assumptions(ALL))
    assert (table["low"] <= table["high"]).all()
    assert (table["source"].str.len_chars() > 0).all()
    assert table.filter(pl.col("published") != "")["high"].to_list() == [0.4, 35.0, 1.7, 1.0]
    assert table["assumption"].str.starts_with("own: ").sum() == 6


def test_what_no_cost_can_be_is_refused() -> None:
    """Negative, infinite, a share above one, or a range the wrong way round."""
    wrong = [{"contact": -1}, {"claim": float("inf")}, {"claim_rate": 1.5}, {"defect": (3, 2)}]
    for costs in [*wrong, {"contact": float("nan")}]:
        with pytest.raises(ParameterError, match=f"costs: {next(iter(costs))} .*: give 0"):
            Costs(**costs)
    with pytest.raises(TallyError, match="no column valid_after"):
        worth(after().drop("valid_after"), ALL)
