"""The least share of a change that brings each group back on target for good, looking ahead."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from vtrkit.forecast.windows import Windows, windows
from vtrkit.metric.target import Target
from vtrkit.whatif.levers import Lever, Scenario
from vtrkit.whatif.looking_ahead import Prospect
from vtrkit.whatif.selection import Flags, Floats, Ints
from vtrkit.whatif.simulate import for_each

STEPS = 20
"""Shares that are tried: each step is 5 %."""


def needed_ahead(
    ahead: Prospect, lever: Lever, targets: Sequence[Target], sure: float, safer: float
) -> pl.DataFrame:
    """The least share of a lever, in steps of 5 %, with which each group comes back for good.

    Args:
        ahead: the coming days, as `look_ahead` makes them.
        lever: what is done; its own share does not matter.
        targets: what is to be reached.
        sure: the chance of being on target, from the day back to the last one foreseen.
        safer: a larger one.

    Returns:
        A row per group and target: `share` and `safer_share`, null where all of it is not enough;
        `back`, the day from which the group is on target with that share; `best`, the rate on the
        last day with all of it; and `as_is`, without it. Both are null where nothing can be told.
    """
    whole = ahead.changes(Scenario("all of it", (replace(lever, share=1.0),)))
    return pl.concat(_needed(ahead, whole, target, (sure, safer)) for target in targets)


def _needed(
    ahead: Prospect, whole: tuple[Floats, ...], target: Target, chances: tuple[float, float]
) -> pl.DataFrame:
    groups, last = len(ahead.forecast.new), len(ahead.forecast.days)
    known: dict[bytes, Windows] = {}  # both chances mostly ask for the same shares
    plain = for_each(ahead.forecast, [target])[0]

    def tried(part: Floats) -> Windows:
        if (key := part.tobytes()) not in known:
            changed, rescued, moved = ahead.under(whole, part)
            made = plain if changed is ahead.forecast else for_each(changed, [target])[0]
            known[key] = windows(made, rescued=rescued, moved=moved)
        return known[key]

    least, safer = (
        least_steps(lambda part, c=chance: _back(tried(part), c) < last, groups)  # type: ignore[misc]
        for chance in chances
    )
    days = pl.Series([*ahead.forecast.days, None], dtype=pl.Date)
    back = _back(tried(np.minimum(least / STEPS, 1.0)), chances[0])
    return ahead.forecast.groups.with_columns(
        target_bp=pl.lit(target.bp, pl.Int64),
        share=_share(least),
        safer_share=_share(safer),
        back=days.gather(back),
        best=pl.Series(tried(np.ones(groups)).vtr[:, -1]).fill_nan(None),
        as_is=pl.Series(tried(np.zeros(groups)).vtr[:, -1]).fill_nan(None),
    )


def _share(steps: Ints) -> pl.Series:
    """Null behind the last step."""
    return pl.Series(np.where(steps > STEPS, np.nan, steps / STEPS)).fill_nan(None)


def least_steps(enough: Callable[[Floats], Flags], groups: int, steps: int = STEPS) -> Ints:
    """The least number of steps from none to all that is enough for each group, or one more.

    More of a change is taken to be at least as good for a group, or at most as good, throughout.
    """
    low, high = np.full(groups, -1), np.full(groups, steps + 1)
    while (high - low > 1).any():
        # rounded up, so that a group that is found is asked for its own answer again
        middle = (low + high + 1) // 2
        met = enough(np.minimum(middle / steps, 1.0))
        low, high = np.where(met, low, middle), np.where(met, middle, high)
    return high


def _back(held: Windows, chance: float) -> Ints:
    """The place of the day from which each group stays on target; behind the last, if it does not.

    Days gone by do not count.
    """
    last = held.chance.shape[1]
    places = np.arange(last)
    fell = np.where((held.chance < chance) | (held.part == 0), places, -1).max(axis=1)
    stays = ~np.isnan(held.chance) & (places > fell[:, None])
    first: Ints = np.where(stays.any(axis=1), stays.argmax(axis=1), last)
    return first
