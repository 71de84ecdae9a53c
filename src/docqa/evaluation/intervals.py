"""Bootstrap intervals: how far a figure could be off for having so few questions (Efron 1979)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
SEED = 20
#: An interval leaves out this share on each side: 95 % are inside.
OUTSIDE = 0.025


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of values between 0 and 1, in percent; (0.0, 0.0) when there are none.

    >>> interval([1.0, 1.0, 1.0])
    (100.0, 100.0)
    """
    if not values:
        return 0.0, 0.0
    data = np.asarray(values, float)
    draws = np.random.default_rng(SEED).integers(0, len(data), (RESAMPLES, len(data)), dtype=np.int32)
    means = data[draws].mean(axis=1)
    low, high = np.quantile(means, [OUTSIDE, 1 - OUTSIDE])
    return round(100 * float(low), 2), round(100 * float(high), 2)


def interval_of(
    figure: Callable[[NDArray[np.float64], NDArray[np.float64]], float],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
) -> tuple[float, float]:
    """The 95 % bootstrap interval of a figure over pairs, which are drawn together; shape (pairs,) each."""
    draws = np.random.default_rng(SEED).integers(0, len(first), (RESAMPLES, len(first)), dtype=np.int32)
    low, high = np.quantile([figure(first[draw], second[draw]) for draw in draws], [OUTSIDE, 1 - OUTSIDE])
    return round(float(low), 4), round(float(high), 4)
