"""How surprising the latest weeks of a series are, given what is usual for it.

```
weeks   ├ past: 13, or up to 52 where they hold few packages ┤ 13 │ 2 │ 1 ┤ latest
                                                             spans that are judged
```

One week shows a sudden fall, two a lasting one, and a quarter of a year gathers the packages of a
small seller. The defects of a span are held against a negative binomial tail: chance, how little
the past tells, and how much weeks vary all widen it. How much they vary is weighed from the
series' own past weeks, so what is said of a series does not depend on what else is looked at.
Nothing here knows what is counted.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ALARM = 0.01
"""An alarm is a p of at most this. Of steady series whose weeks vary by up to a third, at most one
in 100 raises one on any day; two, where they vary by half."""
SPANS = {1: 3, 2: 3, 13: 1}
"""Weeks that are judged together, all up to the latest, and what their p is multiplied by: a week
or two are new every week, a quarter changes slowly. `python -m tests.detection` led to these."""
PAST_WEEKS, MOST_PAST_WEEKS = 13, 52
ENOUGH = 60
"""Packages that tell a rate of one's own; what is allowed weighs as much beside it."""
_FEWEST = 10
"""A span with fewer packages says nothing."""
_MANY = 20
"""With so many in two weeks no quarter is judged: it would speak of what may be over."""
_SPREADS = np.array([0.08, 0.15, 0.25, 0.4, 0.6, 0.85, 1.2, 1.7])
"""Standard deviations of a week's rate over its mean."""
_PRESUMED = np.array([0.5, *[0.5 / 7] * 7])
"""How likely each of them is before any data: the weeks of half of all series hardly vary."""


@dataclass(frozen=True)
class Surprise:
    """One entry per series.

    Args:
        p: the chance of such a span or a worse one in a steady series, each span paid for; NaN
            where there are too few packages to say.
        weeks: the span that speaks loudest.
        past_weeks: the weeks before it that it was held against.
        expected: defects that are usual among its packages.
    """

    p: Floats
    weeks: Floats
    past_weeks: Floats
    expected: Floats


def surprise(
    defects: NDArray[Any], packages: NDArray[Any], allowed: Any, needs_past: Any = False
) -> Surprise:
    """How surprising the defects of the latest weeks are.

    Usual is the series' own rate, drawn towards what is allowed, or towards itself if that is
    more, by the weight of 60 packages; with fewer packages before, it is what is allowed.

    Args:
        defects: series by weeks, the latest last.
        packages: likewise, what the defects are a part of; a week may have none.
        allowed: the share that may fail, of each series.
        needs_past: whether the allowed share says nothing where there is no own rate.

    Examples:
        >>> packages = np.full((1, 15), 200)
        >>> defects = np.array([[6, 5, 8, 4, 6, 7, 5, 9, 6, 3, 6, 8, 5, 15, 17]])
        >>> latest = surprise(defects, packages, 0.05)
        >>> bool(latest.p[0] < ALARM), int(latest.weeks[0]), round(float(latest.expected[0]), 1)
        (True, 2, 12.2)
    """
    spans = np.stack([_span(defects, packages, n, allowed, needs_past) for n in SPANS])
    p = spans[:, 0] * np.array(list(SPANS.values()))[:, None]
    loudest = np.where(np.isnan(p), np.inf, p).argmin(0), np.arange(p.shape[1])
    return Surprise(np.minimum(p[loudest], 1), *spans[loudest[0], 1:, loudest[1]].T)


def _span(
    defects: NDArray[Any], packages: NDArray[Any], weeks: int, allowed: Any, needs_past: Any
) -> Floats:
    """The chance of one span, its weeks, those of its past, and the defects expected in it."""
    end = max(packages.shape[1] - weeks, 0)
    failed, shipped = (c[:, end:].sum(1) for c in (defects, packages))
    near, far = (slice(max(end - n, 0), end) for n in (PAST_WEEKS, MOST_PAST_WEEKS))
    few = packages[:, near].sum(1) < ENOUGH
    failed_before, before = (
        np.where(few, c[:, far].sum(1), c[:, near].sum(1)) for c in (defects, packages)
    )
    own = np.where(before >= ENOUGH, failed_before / np.maximum(before, 1), 0.0)
    own[(before < ENOUGH) & needs_past] = np.nan
    usual = (failed_before + ENOUGH * np.maximum(allowed, own)) / (before + ENOUGH)
    likely, alike = _varying(defects[:, near], packages[:, near], usual[:, None])
    evened = (packages[:, near] ** 2).sum(1) / np.maximum(packages[:, near].sum(1) ** 2, 1)
    told = (before / (before + ENOUGH)) ** 2
    # neighbouring weeks vary together: several are not as steady as their number would make them
    wander = alike * (weeks**-0.5 + evened * told)[:, None]
    unsure = wander + 1 / (before + ENOUGH)[:, None]
    p = (likely * _tail(failed[:, None], shipped[:, None], usual[:, None], unsure)).sum(1)
    over = weeks > 2 and packages[:, -2:].sum(1) >= _MANY
    p[(shipped < _FEWEST) | over] = np.nan
    past_weeks = np.where(few, MOST_PAST_WEEKS, PAST_WEEKS)
    return np.stack([p, np.full(len(p), weeks), past_weeks, shipped * usual])


def _varying(defects: NDArray[Any], packages: NDArray[Any], usual: Floats) -> tuple[Floats, Floats]:
    """How likely each spread is, and how alike the packages of a week then are, from 0 to 1.

    The defects of a week are beta-binomial.
    """
    from scipy.special import betaln  # noqa: PLC0415 - slow to import

    rate = np.clip(usual, 1e-6, 1 - 1e-6)
    size = np.maximum((1 - rate) / rate / _SPREADS**2 - 1, 0.5)
    bad, good = (rate * size)[:, None], ((1 - rate) * size)[:, None]
    failed, sound = defects[:, :, None], (packages - defects)[:, :, None]
    fits = (betaln(failed + bad, sound + good) - betaln(bad, good)).sum(1)
    likely = _PRESUMED * np.exp(fits - fits.max(1, keepdims=True))
    return likely / likely.sum(1, keepdims=True), 1 / (size + 1)


def _tail(defects: Floats, packages: Floats, usual: Floats, unsure: Floats) -> Floats:
    """The chance of so many defects or more.

    Args:
        defects: so many.
        packages: among these.
        usual: the mean of their rate.
        unsure: its variance over that of a single package.
    """
    from scipy.special import betainc  # noqa: PLC0415 - slow to import

    rate = np.clip(usual, 1e-6, 1 - 1e-6)
    inflated = 1 + np.maximum(packages - 1, 0) * unsure
    mean, some = packages * rate, np.maximum(defects, 0.5)
    beyond = mean * (1 - rate) * inflated - mean  # of a Poisson variance
    size = mean**2 / np.where(beyond > 0, beyond, 1)
    wide = betainc(some, np.maximum(size, 1e-9), mean / np.maximum(mean + size, 1e-9))
    narrow = betainc(some / inflated, np.maximum(packages - defects, 0) / inflated + 1, rate)
    return np.where(defects > 0, np.where(beyond > 0, wide, narrow), 1.0)
