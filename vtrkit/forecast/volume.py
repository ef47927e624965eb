"""How many packages will be promised on a day: recent level by weekday, and what is known of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HALF_LIFE_DAYS = 10.0
_SHAPE_DAYS = 56
"""Weekday shares come from so many days."""
_SHARED = 100.0
"""Packages by which the weekday shares of all groups weigh against a group's own."""
_LEAST_CV, _MOST_CV = 0.03, 0.6


@dataclass(frozen=True, eq=False)
class Volume:
    """Packages to come.

    Args:
        expected: all packages of each group (first axis) on each promised day ahead.
        cv: standard deviation of a week's total over its expectation, by group.
    """

    expected: Floats
    cv: Floats


def volume(counted: Floats, ahead: int) -> Volume:
    """The packages of so many days ahead, from those of each day so far (oldest first)."""
    days = counted.shape[1]
    weekday = np.arange(days + ahead) % 7
    shape = _shape(counted, weekday[:days])
    age = np.arange(days)[::-1]
    weight = 0.5 ** (age / _HALF_LIFE_DAYS)
    usual = shape[:, weekday]
    level = (counted @ weight) / np.maximum(usual[:, :days] @ weight, 1e-12)
    return Volume(level[:, None] * usual[:, days:], _cv(counted))


def _shape(counted: Floats, weekday: NDArray[np.int64]) -> Floats:
    """The share of a week's packages that falls on each weekday, by group."""
    recent = slice(-_SHAPE_DAYS, None)
    one_hot = (weekday[recent, None] == np.arange(7)).astype(np.float64)
    own = counted[:, recent] @ one_hot / np.maximum(one_hot.sum(axis=0), 1)
    common = own.sum(axis=0)
    common = common / common.sum() if common.sum() > 0 else np.full(7, 1 / 7)
    total = own.sum(axis=1, keepdims=True) * 8
    share = np.divide(own, own.sum(axis=1, keepdims=True), out=np.zeros_like(own), where=total > 0)
    mixed: Floats = (share * total + _SHARED * common) / (total + _SHARED)
    return mixed


def _cv(counted: Floats) -> Floats:
    """How far a week's total strays from the week before, beyond chance."""
    days = counted.shape[1] // 7 * 7
    weeks = counted[:, counted.shape[1] - days :].reshape(len(counted), days // 7, 7).sum(axis=2)
    before, after = weeks[:, :-1], weeks[:, 1:]
    full = before > 0
    square = np.where(full, (after - before) ** 2 - after - before, 0).sum(axis=1)
    size = np.where(full, before**2, 0).sum(axis=1)
    common = square.sum() / size.sum() if size.sum() > 0 else _MOST_CV**2
    own = np.divide(square, size, out=np.full_like(square, common), where=size > 0)
    mixed: Floats = np.sqrt(np.maximum(own + common, 0) / 2)
    return np.clip(mixed, _LEAST_CV, _MOST_CV)
