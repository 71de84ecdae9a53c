"""From what was read to probabilities: logistic regressions fitted on held-out questions (Platt 1999)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from docqa.answers.ranking import RankedAnswer
from docqa.reading.reader import ParagraphReading

#: What a calibration weighs, in the order of its weights after the constant.
FEATURES = ("log share", "lead over null", "margin", "log paragraphs")
#: A margin above this says no more.
CLEAR = 10.0
#: Steps of Newton's method, and the weight of the quadratic penalty that keeps separable data finite.
STEPS = 50
PENALTY = 1e-2


def answer_features(
    answer: RankedAnswer, readings: Sequence[ParagraphReading], candidates: int | None = None
) -> tuple[float, ...]:
    """How an answer stands against all that was read; one number for each of `FEATURES`.

    The log of its share of one softmax over all spans of all paragraphs; its score less the null score of its
    paragraph; how far it ranks above the best answer of other words, at most `CLEAR`; the log of the number of
    candidates, of which the last ones may not have been read because nothing in them was likely to come first.
    """
    best = answer.best
    return (
        answer.log_share,
        best.span.score - readings[best.paragraph].null,
        min(answer.margin, CLEAR),
        math.log(candidates or len(readings)),
    )


def probability(weights: Sequence[float], features: Sequence[float]) -> float:
    """The logistic function of constant + weights · features.

    >>> probability((0.0, 1.0), (0.0,))
    0.5
    """
    exponent = weights[0] + sum(weight * feature for weight, feature in zip(weights[1:], features, strict=True))
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, exponent))))


def fit_logistic(features: ArrayLike, outcomes: ArrayLike, counts: ArrayLike | None = None) -> tuple[float, ...]:
    """The weights (constant first) of the logistic regression of outcomes (0 or 1) on features, by Newton's method.

    `features` has shape (cases, features); `counts` is how much each case counts, 1 where it is None. The penalty
    leaves out the constant.
    """
    design = np.column_stack([np.ones(len(np.asarray(outcomes))), np.asarray(features, float)])
    target = np.asarray(outcomes, float)
    counted = np.ones(len(target)) if counts is None else np.asarray(counts, float)
    weights = np.zeros(design.shape[1])
    penalty = PENALTY * np.eye(design.shape[1])
    penalty[0, 0] = 0.0
    for _ in range(STEPS):
        predicted = 1.0 / (1.0 + np.exp(-np.clip(design @ weights, -60, 60)))
        gradient = design.T @ (counted * (target - predicted)) - penalty @ weights
        hessian = (design * (counted * predicted * (1 - predicted))[:, None]).T @ design + penalty
        weights = weights + np.linalg.solve(hessian + 1e-9 * np.eye(len(weights)), gradient)
    return tuple(float(weight) for weight in weights)
