"""How many defects there will be, where some are certain and others are drawn."""

from dataclasses import dataclass

import numpy as np

from vtrkit.forecast.defect_rate import Floats

_Z90 = 1.6448536269514722
"""The 95 % point of the normal distribution: two-sided 90 %."""
_EXACT = 1e-9
_HALF = 0.5
"""Whole packages: at most three is below three and a half."""


@dataclass(frozen=True, eq=False)
class Defects:
    """A number of defects: those that are certain, and a gamma variable on top.

    `thinned` is the standard deviation of what the certain ones weigh, in defects, since more or
    fewer packages may come beside them.
    """

    certain: Floats
    mean: Floats
    var: Floats
    thinned: Floats

    @property
    def mean_of_all(self) -> Floats:
        """How many are expected."""
        return self.certain + self.mean

    def range(self) -> tuple[Floats, Floats]:
        """The fewest and most of the 90 % range, in whole packages where anything varies.

        It always holds the mean, which a very skewed variable exceeds in less than one case of 20.
        """
        mean = self.mean_of_all
        less, more = (self._quantile(z) - self.mean for z in (-_Z90, _Z90))
        few = np.floor(mean - np.hypot(less, _Z90 * self.thinned))
        many = np.maximum(np.ceil(mean + more), mean)
        varies = self.var > _EXACT
        return np.where(varies, few, mean), np.where(varies, many, mean)

    def median(self) -> Floats:
        """The least whole number that there are at most with an even chance, as `within` says."""
        drawn = self.mean * np.maximum(1 - self._spread, 0) ** 3 - _HALF
        varies = np.ceil(self.certain + np.maximum(drawn, 0) - _EXACT)
        return np.where(self.var > _EXACT, varies, self.certain + self.mean)

    def within(self, allowed: Floats) -> Floats:
        """The probability that there are at most so many."""
        from scipy.special import ndtr  # noqa: PLC0415 - heavy, and needed only here

        room = allowed - self.certain
        root = np.cbrt(np.maximum(room + _HALF, 0) / np.maximum(self.mean, _EXACT))
        spread = np.maximum(self._spread, _EXACT**2)
        drawn: Floats = ndtr((root - 1 + spread) / np.sqrt(spread))
        chance = np.where(self.var > _EXACT, drawn, room + _EXACT >= self.mean)
        return np.where(room < -_EXACT, 0.0, chance)

    @property
    def _spread(self) -> Floats:
        """The variance of the cube root of a gamma variable, whose own is about normal.

        Wilson and Hilferty (1931), https://doi.org/10.1073/pnas.17.12.684
        """
        # differences of running sums leave traces below zero
        spread: Floats = np.maximum(self.var, 0) / np.maximum(9 * self.mean**2, _EXACT)
        return spread

    def _quantile(self, z: float) -> Floats:
        """The value that a gamma variable stays below as often as a normal one stays below z."""
        root: Floats = np.maximum(1 - self._spread + z * np.sqrt(self._spread), 0)
        return self.mean * root**3
