"""How surprising the defects of the latest two weeks are, given those of the weeks before.

The model of one category: every week has a defect rate of its own, whose logit is normal about
a level with a spread; both are learnt from the past weeks alone, by weighing a grid of them, so
that what a dozen weeks cannot tell widens the prediction. How much weeks vary is learnt from all
series together, as far as there are many. Nothing here knows what is counted.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

ALARM = 0.008
"""An alarm is a p of at most this; then steady series raise at most one in 100 weeks."""
_BOTH_HIGH = 0.2
"""Two weeks count as one fall only when each of them is among the highest fifth by itself."""
_SHARE_OF_ONE = 1 / 11
"""What one bad week may spend of the false alarms; a fall that lasts gets the rest."""
_SPREADS = (0.08, 0.15, 0.25, 0.4, 0.6, 0.85, 1.2, 1.7)
"""Standard deviations of a week's logit; at 0.08 a rate of 3 % is 2.6 to 3.5 % in most weeks."""
_STEADY = 0.5
"""The share of series, before any data, whose weeks vary by no more than packages do."""
_PRESUMED = 5
"""What is presumed of the spreads weighs as much as so many series."""
_ROUNDS = 50
_LEVELS = 11
_STEPS = 160
"""Finer grids move no p by more than 3 %, up to 20,000 packages a week."""
_MOST = 400.0
"""So many defects of a week are learnt from; beyond, one week is not told from another by less
than 5 %, which nobody would act on."""
_ROWS = 50
"""Series computed at once: some 10 MB an array."""


@dataclass(frozen=True)
class Surprise:
    """One entry per series: the chance of such a fall or a worse one, and how it shows.

    Args:
        p: the chance, were the latest weeks like those before; both tests are paid for.
        weeks: 1 if the latest week shows it by itself, 2 if the latest two together do.
        limit: the fewest defects in these weeks that are an alarm; more than there are packages
            where no number of defects is one.
    """

    p: "Array"
    weeks: "NDArray[np.int64]"
    limit: "NDArray[np.int64]"


def surprise(defects: "NDArray[np.int64]", packages: "NDArray[np.int64]") -> Surprise:
    """How surprising the last two columns are, given all columns before them.

    Two weeks together find a fall that lasts from fewer packages than one week does, and a single
    odd week does not set them off, since each of the two has to be high. One week alone is an
    alarm only when it is far out.

    Args:
        defects: series by weeks, the latest last.
        packages: likewise, what the defects are a part of; a week may have none.

    Examples:
        >>> import numpy as np
        >>> packages = np.full((1, 15), 200)
        >>> defects = np.array([[6, 5, 8, 4, 6, 7, 5, 9, 6, 3, 6, 8, 5, 15, 17]])
        >>> found = surprise(defects, packages)
        >>> bool(found.p[0] < ALARM), int(found.weeks[0]), int(found.limit[0])
        (True, 2, 23)
    """
    import numpy as np  # noqa: PLC0415 - only here; `import vtrkit` stays light

    starts = range(0, max(len(defects), 1), _ROWS)  # no series is one empty batch
    batches = [(defects[i : i + _ROWS], packages[i : i + _ROWS]) for i in starts]
    pasts = [_Past.of(d[:, :-2], n[:, :-2]) for d, n in batches]
    shares = _learnt(np.concatenate([past.explained() for past in pasts]))
    parts = [_surprise(past.given(shares), *b) for past, b in zip(pasts, batches, strict=True)]
    return Surprise(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _surprise(past: "_Past", defects: Any, packages: Any) -> tuple[Any, Any, Any]:
    import numpy as np  # noqa: PLC0415

    two = packages[:, -2:].sum(1)
    # how much less the sum of two weeks varies than one week would
    evened = (packages[:, -2:] ** 2).sum(1) / np.maximum(two**2, 1)
    latest, both = past.ahead(np.ones(len(two))), past.ahead(np.where(two, evened, 1.0))
    alone = past.tail(latest, defects[:, -1], packages[:, -1])
    before = past.tail(latest, defects[:, -2], packages[:, -2])
    pooled = past.tail(both, defects[:, -2:].sum(1), two)
    lasting = np.where(np.maximum(alone, before) <= _BOTH_HIGH, pooled, 1.0)
    p = np.stack([alone / _SHARE_OF_ONE, lasting / (1 - _SHARE_OF_ONE)])
    weeks = np.where(p[1] < p[0], 2, 1)
    allowed = ALARM * np.where(weeks == 2, 1 - _SHARE_OF_ONE, _SHARE_OF_ONE)
    density = np.where((weeks == 2)[:, None], both, latest)
    limit = past.limit(density, np.where(weeks == 2, two, packages[:, -1]), allowed)
    return p.min(0).clip(0, 1), weeks, limit


@dataclass(frozen=True)
class _Past:
    """What the past weeks of each series say: weights of levels and spreads on a grid."""

    logits: Any
    rates: Any
    levels: Any
    spreads: Any
    weights: Any

    @classmethod
    def of(cls, defects: Any, packages: Any) -> "_Past":
        """Weigh each pair of a level and a spread by how well it explains the weeks."""
        import numpy as np  # noqa: PLC0415

        centre, error, levels, steps = _grid(defects, packages)
        ends = (np.maximum(levels.min((1, 2)), centre - 9), centre + np.maximum(6 * error, 4.5))
        logits = np.linspace(*ends, _STEPS, axis=1)
        levels = levels.reshape(len(levels), len(_SPREADS) * _LEVELS)
        spreads = np.repeat(_SPREADS, _LEVELS)
        likely = _weeks(defects, packages, logits) @ _bells(logits, levels, spreads)
        about = 1 / (1 + np.exp(-levels))
        # Jeffreys' prior of a rate, and the width that a level stands for
        weights = np.log(np.maximum(likely, 1e-300)).sum(1) + 0.5 * np.log(about * (1 - about))
        weights += np.repeat(np.log(steps), _LEVELS, axis=1)
        weights = np.exp(weights - weights.max(1, keepdims=True))
        return cls(logits, 1 / (1 + np.exp(-logits)), levels, spreads, weights)

    def explained(self) -> Any:
        """How well each spread explains each series."""
        return self.weights.reshape(-1, len(_SPREADS), _LEVELS).sum(2)

    def given(self, shares: Any) -> "_Past":
        """The weights when so large a share of all series has each spread."""
        import numpy as np  # noqa: PLC0415

        weights = self.weights * np.repeat(shares, _LEVELS)
        return replace(self, weights=weights / weights.sum(1, keepdims=True))

    def ahead(self, evened: Any) -> Any:
        """How likely each logit is for a week to come, or for two that have to be high both.

        `evened` is the variance of the weeks' mean over that of one week. The mean of two logits,
        which lies below the logit of their mean rate, leaves out the sums that one week alone
        makes; so the tail is that of both weeks high, as integrated by hand, to an eighth or so.
        """
        import numpy as np  # noqa: PLC0415

        spreads = self.spreads * np.sqrt(evened)[:, None]
        return (_bells(self.logits, self.levels, spreads) @ self.weights[:, :, None])[:, :, 0]

    def tail(self, density: Any, count: Any, packages: Any) -> Any:
        """The chance of so many defects or more among the packages."""
        import numpy as np  # noqa: PLC0415
        from scipy.special import betainc  # noqa: PLC0415 - slow to import

        some = np.clip(count, 1, packages + (packages == 0))[:, None]
        more = betainc(some, np.maximum(packages[:, None] - some + 1, 1), self.rates)
        found = np.where(count > packages, 0.0, (density * more).sum(1))
        return np.where(count > 0, found, 1.0)

    def limit(self, density: Any, packages: Any, allowed: Any) -> Any:
        """The fewest defects whose chance is small enough, by halving."""
        import numpy as np  # noqa: PLC0415

        low, high = np.zeros(len(packages), np.int64), packages + 1
        for _ in range(int(packages.max(initial=0)).bit_length() + 1):
            middle = (low + high) // 2
            enough = self.tail(density, middle, packages) <= allowed
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return high


def _grid(defects: Any, packages: Any) -> tuple[Any, Any, Any, Any]:
    """The logit of each series' mean rate, its error, and levels around it for each spread."""
    import numpy as np  # noqa: PLC0415

    bad, weeks = defects.sum(1) + 0.5, np.maximum((packages > 0).sum(1), 1)
    good = packages.sum(1) + 1 - bad
    centre, spreads = np.log(bad / good), np.array(_SPREADS)
    steps = np.sqrt((1 / bad + 1 / good)[:, None] + spreads**2 / weeks[:, None])
    # the mean of rates lies above the rate of the mean logit
    middle = centre[:, None] - spreads**2 / 2
    levels = middle[:, :, None] + steps[:, :, None] * np.linspace(-4, 4, _LEVELS)
    return centre, np.sqrt(1 / bad + 1 / good), levels, steps


def _weeks(defects: Any, packages: Any, logits: Any) -> Any:
    """How well each logit explains each week: series by weeks by logits."""
    import numpy as np  # noqa: PLC0415

    good = packages - defects
    known = np.maximum(np.minimum(defects, good), 1)
    sure = np.minimum(1, _MOST / known)[:, :, None]
    bent = np.log1p(np.exp(logits))[:, None, :]
    found = sure * (defects[:, :, None] * logits[:, None, :] - packages[:, :, None] * bent)
    return np.exp(found - found.max(2, keepdims=True))


def _bells(logits: Any, levels: Any, spreads: Any) -> Any:
    """Normal densities on the grid: series by logits by pairs of level and spread."""
    import numpy as np  # noqa: PLC0415

    spreads = np.broadcast_to(spreads, levels.shape)[:, None, :]
    bells = np.exp(-0.5 * ((logits[:, :, None] - levels[:, None, :]) / spreads) ** 2)
    return bells / np.maximum(bells.sum(1, keepdims=True), 1e-300)


def _learnt(explained: Any) -> Any:
    """The share of series that each spread holds for: presumed for one, learnt from many."""
    import numpy as np  # noqa: PLC0415

    rest = (1 - _STEADY) / (len(_SPREADS) - 1)
    presumed = shares = np.r_[_STEADY, np.full(len(_SPREADS) - 1, rest)]
    for _ in range(_ROUNDS):
        each = explained * shares
        each /= each.sum(1, keepdims=True)
        weight = len(explained) / (_PRESUMED + len(explained))
        shares = (1 - weight) * presumed + weight * each.sum(0) / max(len(each), 1)
    return shares
