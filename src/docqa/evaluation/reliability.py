"""Whether probabilities can be believed: calibration error, reliability by bin, risk and coverage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from docqa.evaluation.intervals import interval_of

BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Answers whose probability lies in one tenth: how many, their mean probability and the share that is right."""

    count: int
    probability: float
    right: float


@dataclass(frozen=True)
class Reliability:
    """Expected calibration error, the bins it was made of, and the risk-coverage curve.

    `risk_coverage` holds (share of the questions answered, share of those answers that are wrong), the surest first;
    `risk_area` is the area under it (Geifman & El-Yaniv 2017).
    """

    expected_calibration_error: float
    bins: tuple[Bin, ...]
    risk_coverage: tuple[tuple[float, float], ...]
    risk_area: float
    #: 95 % bootstrap intervals of the error and of the area.
    intervals: dict[str, tuple[float, float]]

    def to_dict(self) -> dict[str, object]:
        """As `docqa eval --json` prints it; the curve at each tenth of coverage."""
        curve = np.array(self.risk_coverage)
        tenths = [curve[min(len(curve) - 1, max(0, round(len(curve) * k / BINS) - 1))] for k in range(1, BINS + 1)]
        return {
            "expected_calibration_error": self.expected_calibration_error,
            "bins": [{"count": b.count, "probability": b.probability, "right": b.right} for b in self.bins],
            "risk_coverage": [{"coverage": float(c), "risk": float(r)} for c, r in tenths],
            "risk_area": self.risk_area,
            "intervals": self.intervals,
        }


def reliability(probabilities: Sequence[float], right: Sequence[float]) -> Reliability:
    """How probabilities of answers compare with how often they are right (`right` holds 0 or 1 for each).

    The error is the mean over bins of equal width of |mean probability - share right|, weighted by the bins' counts
    (Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2). Raises `ValueError` without answers.
    """
    if not probabilities:
        raise ValueError("there are no answers to compare probabilities of")
    chances, truth = np.asarray(probabilities, float), np.asarray(right, float)
    numbers = _bin_numbers(chances)
    bins = tuple(
        Bin(int(inside.sum()), float(chances[inside].mean()), float(truth[inside].mean()))
        if (inside := numbers == number).any()
        else Bin(0, (number + 0.5) / BINS, 0.0)
        for number in range(BINS)
    )
    risks = _risks(chances, truth)
    curve = tuple((count / len(risks), float(risk)) for count, risk in enumerate(risks, start=1))
    return Reliability(
        expected_calibration_error=calibration_error(chances, truth),
        bins=bins,
        risk_coverage=curve,
        risk_area=float(risks.mean()),
        intervals={
            "expected_calibration_error": interval_of(calibration_error, chances, truth),
            "risk_area": interval_of(lambda chance, true: float(_risks(chance, true).mean()), chances, truth),
        },
    )


def calibration_error(chances: ArrayLike, truth: ArrayLike, counts: ArrayLike | None = None) -> float:
    """The expected calibration error alone; `counts` is how much each answer counts, 1 where it is None.

    >>> round(calibration_error([0.9, 0.9, 0.2], [1, 0, 0]), 3)
    0.333
    """
    chances = np.asarray(chances, float)
    counted = np.ones(len(chances)) if counts is None else np.asarray(counts, float)
    # The sum over bins of |sum of probabilities - number right|, over the number of answers.
    gaps = np.bincount(_bin_numbers(chances), weights=counted * (chances - np.asarray(truth, float)), minlength=BINS)
    return float(np.abs(gaps).sum() / counted.sum())


def _bin_numbers(chances: Floats) -> NDArray[np.int64]:
    return np.minimum((chances * BINS).astype(np.int64), BINS - 1)


def _risks(chances: Floats, truth: Floats) -> Floats:
    order = np.argsort(-chances, kind="stable")
    return np.cumsum(1 - truth[order]) / np.arange(1, len(order) + 1)
