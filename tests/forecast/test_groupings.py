"""Groupings agree: what is known of a group is the sum of its parts, however it is asked."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from vtrkit import classify, outlook, tally
from vtrkit.demo import packages as sample
from vtrkit.metric.tally import scan_delay
from vtrkit.schema import GROUP, GROUPS

AS_OF = sample.AS_OF
SUMMED = ("counted", "valid", "unknown")


@pytest.fixture(scope="module")
def cells():
    """The full tally of the sample."""
    return tally(classify(sample.packages()))


@given(
    fine=st.lists(st.sampled_from(GROUPS), unique=True),
    coarse=st.lists(st.sampled_from(GROUPS), unique=True),
)
def test_official_days_of_a_group_are_the_sums_of_its_parts(cells, fine, coarse):
    """Whatever the groups are made by; the days to come lean on what all of an account do."""
    mine = cells.filter(account="northwind", marketplace="US")
    parts = outlook(mine, as_of=AS_OF, days=0, back=3, by=[*coarse, *set(fine) - set(coarse)])
    whole = outlook(mine, as_of=AS_OF, days=0, back=3, by=coarse)
    sums = parts.group_by(*coarse, "day").agg(pl.col(SUMMED).sum())
    order = [*coarse, "day"]
    assert_frame_equal(
        sums.select(*order, *SUMMED).sort(order), whole.select(*order, *SUMMED).sort(order)
    )


def test_an_account_by_itself_has_one_outlook_however_it_is_asked(cells):
    """Grouped by nothing, by its marketplace or by its name, scans that are late included."""
    mine = cells.filter(account="northwind", marketplace="US")
    tables = [outlook(mine, as_of=AS_OF, by=by) for by in ([], "marketplace", list(GROUP))]
    for other in tables[:-1]:
        assert_frame_equal(other.select("day", pl.exclude(GROUPS, "day")), tables[-1].drop(GROUP))


def test_scan_delays_go_along_with_a_tally(cells):
    """The forecast with them given apart is the one without asking for them."""
    apart = outlook(cells, as_of=AS_OF, delays=scan_delay(cells))
    assert_frame_equal(outlook(cells, as_of=AS_OF), apart)
    assert (apart["late"] > 0).any()
    without = outlook(cells.drop("scan_delay"), as_of=AS_OF)
    assert not (without["late"] > 0).any()


def test_scan_delays_of_a_tally_are_those_of_its_packages(cells):
    """Carrier by carrier and day by day."""
    of_packages = scan_delay(classify(sample.packages()))
    assert_frame_equal(scan_delay(cells), of_packages, check_row_order=False)
