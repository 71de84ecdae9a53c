"""Fitting what is stored with a reader on questions whose answers are known: what `docqa calibrate` does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from docqa.answers.calibration import FEATURES, answer_features, fit_logistic, probability
from docqa.answers.normal import normal_form
from docqa.errors import DataFileError
from docqa.evaluation.reliability import calibration_error
from docqa.fitting.cases import ReadCase
from docqa.reading.settings import Calibration, Ranking

#: Answers of a question that take part, as many as `docqa ask` shows.
ANSWERS = 3
#: The fewest questions that the weights and a constant can be fitted on.
FEWEST = 20
#: The share of a user's questions that the documents do not answer: probabilities and the threshold are for it.
UNANSWERABLE = 0.1
#: The same where a question comes with its one paragraph, as in SQuAD 2.0.
UNANSWERABLE_GIVEN = 0.5
#: Parts for measuring on questions that a fit has not seen.
FOLDS = 5


@dataclass(frozen=True)
class FittingCase:
    """A question's best answers: their features, whether each is right, and whether there was an answer to be found."""

    features: tuple[tuple[float, ...], ...]
    right: tuple[bool, ...]
    answerable: bool


@dataclass(frozen=True)
class Fit:
    """A calibration with its thresholds, and its calibration error on questions it was not fitted on.

    `threshold` is for answers from documents, `given_threshold` for questions that come with their one paragraph.
    """

    calibration: Calibration
    threshold: float
    given_threshold: float
    questions: int
    held_out_error: float


@dataclass(frozen=True)
class GivenFit:
    """What serves questions that come with their one paragraph; the error is on questions it was not fitted on."""

    weights: tuple[float, ...]
    threshold: float
    questions: int
    held_out_error: float


def fitting_case(case: ReadCase, ranking: Ranking) -> FittingCase:
    """The features of a question's answers under a ranking."""
    answers = case.ranked(ranking, ANSWERS)
    return FittingCase(
        tuple(answer_features(answer, case.readings) for answer in answers),
        tuple(case.is_right(answer) for answer in answers),
        case.answerable,
    )


def probability_cases(cases: Sequence[ReadCase]) -> list[ReadCase]:
    """The cases that probabilities are fitted on: those read with their own paragraph, where there are some.

    A question that was written with its paragraph in view ("What did the reviewer dislike?") has several answers in a
    pool of similar paragraphs, of which one alone counts as right: fitted on such ones, probabilities come out too low.
    """
    given = [case for case in cases if case.given]
    return given or list(cases)


def fit_calibration(cases: Sequence[FittingCase]) -> Fit:
    """Fit probability, no-answer probability and thresholds.

    Each question counts so much that `UNANSWERABLE` of all have no answer, as many as the threshold expects: which
    share they happen to be here says nothing about those of a user. The calibration error and the thresholds come from
    probabilities that were given to each of five parts by a fit on the other four. Raises `DataFileError` when there
    are too few questions, or none with or without a right answer.
    """
    usable = [case for case in cases if case.features]
    if len(usable) < FEWEST:
        raise DataFileError(
            f"A calibration needs at least {FEWEST} questions with something found; there are {len(usable)}."
        )
    if len({case.right[0] for case in usable}) < 2:
        raise DataFileError("A calibration needs both right and wrong answers to learn from; give more questions.")
    answerable = [case.answerable for case in usable]
    counts = question_counts(answerable)
    chances = _unseen(usable, counts)
    right = [float(case.right[0]) for case in usable]
    no_answer = fit_counted([case.features[0] for case in usable], [float(not there) for there in answerable], counts)
    return Fit(
        calibration=Calibration(_fit_right(usable, counts), _fit_right(usable, counts, others=True), no_answer),
        threshold=worthwhile_threshold(chances, right, answerable),
        given_threshold=worthwhile_threshold(chances, right, answerable, UNANSWERABLE_GIVEN),
        questions=len(usable),
        held_out_error=calibration_error(chances, right, counts),
    )


def fit_given(cases: Sequence[FittingCase]) -> GivenFit:
    """Fit the probability and the threshold of questions that come with their one paragraph.

    The questions that `fit_calibration` learns from are made unanswerable by rule, which shows; those of a file may
    look as if they had an answer, and then other features tell. Each question counts so much that `UNANSWERABLE_GIVEN`
    of all have no answer; parts are as there. Raises `DataFileError` when there are too few, or none with or without an
    answer.
    """
    usable = [case for case in cases if case.features]
    answerable = [case.answerable for case in usable]
    if min(sum(answerable), len(usable) - sum(answerable)) < FEWEST:
        raise DataFileError(
            f"What is shown of a given paragraph is fitted on at least {FEWEST} questions with an answer and {FEWEST} "
            f"without; there are {sum(answerable)} and {len(usable) - sum(answerable)}."
        )
    counts = question_counts(answerable, UNANSWERABLE_GIVEN)
    chances = _unseen(usable, counts)
    right = [float(case.right[0]) for case in usable]
    return GivenFit(
        weights=_fit_right(usable, counts),
        threshold=worthwhile_threshold(chances, right, answerable, UNANSWERABLE_GIVEN),
        questions=len(usable),
        held_out_error=calibration_error(chances, right, counts),
    )


def _unseen(cases: Sequence[FittingCase], counts: Sequence[float]) -> list[float]:
    """The chance that each best answer is right, given to each of `FOLDS` parts by a fit on the others."""
    chances = [0.0] * len(cases)
    for part in range(FOLDS):
        learned = [number for number in range(len(cases)) if number % FOLDS != part]
        weights = _fit_right([cases[number] for number in learned], [counts[number] for number in learned])
        for number in range(part, len(cases), FOLDS):
            chances[number] = probability(weights, cases[number].features[0])
    return chances


def question_counts(answerable: Sequence[bool], unanswerable: float = UNANSWERABLE) -> list[float]:
    """What each question counts so that a share `unanswerable` of them has no answer; 1 where all or none have one.

    That is the correction of probabilities for another share of classes (Saerens, Latinne & Decaestecker 2002), made
    before they are fitted.

    >>> question_counts([True, False, False, False], 0.5)
    [2.0, 0.6666666666666666, 0.6666666666666666, 0.6666666666666666]
    """
    there = sum(answerable) / max(1, len(answerable))
    if there in {0.0, 1.0}:
        return [1.0] * len(answerable)
    return [(1 - unanswerable) / there if has else unanswerable / (1 - there) for has in answerable]


def worthwhile_threshold(
    chances: Sequence[float], right: Sequence[float], answerable: Sequence[bool], unanswerable: float = UNANSWERABLE
) -> float:
    """The threshold that serves best when a share `unanswerable` of all questions has no answer; 0 when all here have.

    A question is served when its right answer is shown or, without one, when nothing is. So an answer is worth showing
    from the probability on at which it is more often right than there is none. How often either is so is a logistic
    regression on the log odds: counting would follow the accidents of few questions.

    >>> worthwhile_threshold([0.9, 0.8, 0.2, 0.1] * 50, [1.0, 1.0, 0.0, 0.0] * 50, [True, True, False, False] * 50)
    0.41
    """
    there = np.asarray(answerable, bool)
    if there.all() or not there.any():
        return 0.0
    log_odds = _log_odds(np.asarray(chances, float))[:, None]
    good, missing = fit_logistic(log_odds, right), fit_logistic(log_odds, ~there)
    weight_there, weight_missing = (1 - unanswerable) / there.mean(), unanswerable / (~there).mean()

    def worth_showing(chance: float) -> bool:
        at = (float(_log_odds(np.asarray(chance))),)
        return bool(weight_there * probability(good, at) >= weight_missing * probability(missing, at))

    hundredths = (hundredth / 100 for hundredth in range(1, 100))
    return next((chance for chance in hundredths if worth_showing(chance)), 0.99)


def _log_odds(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(chances, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(inside / (1 - inside)))


def fit_ranking(cases: Sequence[ReadCase], start: Ranking) -> Ranking:
    """The weights of the null score and of the retriever's, by maximum likelihood.

    The likelihood of a question is the share that the right spans have of one softmax over all spans kept of all its
    paragraphs, with a temperature that is fitted beside the weights (a conditional logit, McFadden 1974). Questions
    whose right answer is not among the spans say nothing. Raises `DataFileError` when too few say something.
    """
    import torch

    rows = [row for case in cases if (row := _competition(case)) is not None]
    if len(rows) < FEWEST:
        raise DataFileError(
            f"A ranking needs at least {FEWEST} questions whose answer is among the spans read; there are {len(rows)}."
        )
    features = [torch.tensor(feature, dtype=torch.float64) for feature, _ in rows]
    right = [torch.tensor(mask) for _, mask in rows]
    weights = torch.tensor([1.0, start.null, start.retriever], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = torch.zeros((), dtype=torch.float64)
        for feature, mask in zip(features, right, strict=True):
            totals = feature @ weights
            loss = loss + totals.logsumexp(0) - totals[mask].logsumexp(0)
        loss = loss / len(features)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    scale, null, retriever = weights.detach().tolist()
    return Ranking(round(null / scale, 4), round(retriever / scale, 4))


def _competition(case: ReadCase) -> tuple[NDArray[np.float64], NDArray[np.bool_]] | None:
    """Each span's score, null score and retriever score, and whether it is right; None when none or all are."""
    accepted = {normal_form(text) for text in case.accepted} if case.answerable and not case.given else set()
    rows, right = [], []
    for number, (reading, score) in enumerate(zip(case.readings, case.retriever_scores, strict=True)):
        for span in reading.spans:
            rows.append((span.score, reading.null, score))
            right.append(normal_form(case.words(number, span)) in accepted)
    if not any(right) or all(right):
        return None
    return np.array(rows), np.array(right)


def _fit_right(cases: Sequence[FittingCase], counts: Sequence[float], *, others: bool = False) -> tuple[float, ...]:
    """Whether the best answers are right, or the `others` after them; of the best ones where there are no others."""
    part = slice(1, None) if others and any(len(case.features) > 1 for case in cases) else slice(1)
    features = [features for case in cases for features in case.features[part]]
    right = [float(right) for case in cases for right in case.right[part]]
    counted = [count for case, count in zip(cases, counts, strict=True) for _ in case.right[part]]
    if not any(right):
        # A regression would make what never happened impossible; this is Laplace's rule of succession.
        return (-math.log(len(right) + 1), *([0.0] * len(FEATURES)))
    return fit_counted(features, right, counted)


def fit_counted(
    features: Sequence[tuple[float, ...]], outcomes: Sequence[float], counts: Sequence[float]
) -> tuple[float, ...]:
    """A logistic regression that learns from each case alike what to look at, and how much that says by the counts.

    With few unanswerable questions counting, one regression would hardly look at what tells them from others.
    """
    weights = np.array(fit_logistic(features, outcomes))
    log_odds = weights[0] + np.asarray(features, float) @ weights[1:]
    constant, slope = fit_logistic(log_odds[:, None], outcomes, counts)
    return tuple(float(weight) for weight in (constant + slope * weights[0], *(slope * weights[1:])))
