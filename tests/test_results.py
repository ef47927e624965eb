"""Each public function returns the table that `vtrkit.results` says it does."""

from typing import Any

import polars as pl
import pytest

import vtrkit
from tests.shops import AS_OF, some
from vtrkit import results
from vtrkit.schema import CATEGORY

SHOP = some(valid=180, no_scan=20)
PICK_UP = vtrkit.Lever(name="pick-up", reason=("no_scan",))
ASKED = {"as_of": AS_OF}


def _plan() -> Any:
    return vtrkit.plan(SHOP, PICK_UP, by_day=AS_OF, **ASKED)


TABLES = {
    "RATES": (CATEGORY, lambda: vtrkit.rates(SHOP, **ASKED)),
    "APPLIED": (CATEGORY, lambda: vtrkit.apply(SHOP, PICK_UP, **ASKED)),
    "NEEDED": (CATEGORY, lambda: vtrkit.adoption_needed(SHOP, PICK_UP, **ASKED)),
    "OUTLOOK": (CATEGORY, lambda: vtrkit.outlook(SHOP, days=3, **ASKED)),
    "PLAN_MIX": ((), lambda: _plan().mix),
    "PLAN_REACHED": ((), lambda: _plan().reached),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_function_returns_the_columns_and_types_of_its_table(name: str) -> None:
    groups, ask = TABLES[name]
    stated = getattr(results, name)
    table = ask().drop(groups)
    assert dict(table.schema) == {column: one.dtype for column, one in stated.items()}


def test_variants_of_a_table_have_it_behind_their_own_column() -> None:
    curve = vtrkit.adoption_curve(SHOP, PICK_UP, steps=1, **ASKED)
    assert curve.columns == [*CATEGORY, "share", *results.APPLIED]
    ahead = vtrkit.simulate(SHOP, PICK_UP, days=3, **ASKED)
    assert ahead.columns == ["scenario", *CATEGORY, *results.OUTLOOK]


def test_every_column_says_what_it_means() -> None:
    tables = [t for t in vars(results).values() if isinstance(t, dict)]
    columns = [one for t in tables for one in t.values() if isinstance(one, results.Column)]
    assert len(columns) > 100
    assert all(one.means and one.means.strip() == one.means for one in columns)
    assert {type(one.dtype) for one in columns} <= {
        *(pl.Int64, pl.Float64, pl.Date, pl.String, pl.Boolean, pl.Enum)
    }
