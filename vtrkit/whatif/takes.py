"""What changes take: the packages that ship differently and count, and what these cost."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.looking_ahead import Prospect


def takes(ahead: Prospect, changes: Sequence[Lever]) -> pl.DataFrame:
    """The packages of each group that changes move and that count, and their cost.

    Those to come are the ones expected in the days that count on the last day foreseen, as many
    as a plan chooses from: per 30 days where 30 days count, from the start and after any ramp.
    Those on their way come once. Fixed costs belong to no group.

    ```
    category  packages  cost
    Shoes     20.8      31.2
    ```

    Raises:
        ParameterError: changes contradict each other.
        TallyError: the tally lacks a column that a change goes by.
    """
    packages, cost = np.zeros((2, len(ahead.forecast.new)))
    begun = Scenario("changes", tuple(replace(x, start=None, ramp_days=1) for x in changes))
    for lever, (failing, on_way, stays, joins) in ahead.moves(begun):
        to_come = ahead.counts_last * ((failing * ahead.failing).sum(axis=0) + stays + joins)
        moved = (to_come + on_way).sum(axis=1)
        packages += moved
        cost += lever.cost * moved
    return ahead.forecast.groups.with_columns(packages=packages, cost=cost)
