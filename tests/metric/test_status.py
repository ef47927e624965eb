"""A status says why, and healthy sellers are rarely at risk."""

from tests import yellow


def test_healthy_sellers_are_rarely_at_risk():
    """At most 20 % of those below 50 packages a month, and 6 % of those above 200."""
    told = yellow.summary(yellow.table((20, 35, 45, 300, 1000), seeds=1))
    shares = dict(told.select("size", "after").iter_rows())
    assert shares["below 50"] <= 0.2
    assert shares["above 200"] <= 0.06
    assert told.filter(told["before"] > told["after"]).height == 2
