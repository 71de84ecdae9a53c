"""Fitting a reader's calibration on questions: what `docqa calibrate` does."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from docqa.answers.calibration import answer_features, fit_logistic, probability
from docqa.answers.normal import normal_form
from docqa.answers.ranking import RankedAnswer, rank_answers
from docqa.errors import DataFileError
from docqa.evaluation.reliability import reliability
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.settings import Calibration
from docqa.retrieval.search import Hit

#: Answers of a question that take part, as many as `docqa ask` shows.
ANSWERS = 3
#: Spans kept of each paragraph.
SPANS = 8
#: What a wrong answer costs, a right one being worth 1. Little: it is shown with its probability and its sentence, so a
#: reader sees that it is wrong, while an answer that is kept back is lost.
HARM = 0.02
#: The fewest questions that two weights and a constant can be fitted on.
FEWEST = 20


@dataclass(frozen=True)
class FittingCase:
    """A question's best answers: their features, whether each is right, and whether the pool holds an answer at all."""

    features: tuple[tuple[float, float], ...]
    right: tuple[bool, ...]
    answerable: bool


@dataclass(frozen=True)
class Fit:
    """A calibration with its threshold, and its calibration error on questions each half was not fitted on."""

    calibration: Calibration
    threshold: float
    questions: int
    held_out_error: float


def fit_calibration(cases: Sequence[FittingCase]) -> Fit:
    """Fit probability and no-answer probability; the error is measured by fitting each half and judging the other.

    Raises `DataFileError` when there are too few questions, or none with or without a right answer.
    """
    usable = [case for case in cases if case.features]
    if len(usable) < FEWEST:
        raise DataFileError(
            f"A calibration needs at least {FEWEST} questions with something found; there are {len(usable)}."
        )
    if len({right for case in usable for right in case.right}) < 2:
        raise DataFileError("A calibration needs both right and wrong answers to learn from; give more questions.")
    halves = usable[::2], usable[1::2]
    chances, right = [], []
    for fitted, judged in (halves, halves[::-1]):
        weights = _fit_right(fitted)
        for case in judged:
            chances.append(probability(weights, case.features[0]))
            right.append(float(case.right[0]))
    weights = _fit_right(usable)
    no_answer = fit_logistic([case.features[0] for case in usable], [float(not case.answerable) for case in usable])
    return Fit(
        calibration=Calibration(weights, no_answer),
        threshold=worthwhile_from(HARM),
        questions=len(usable),
        held_out_error=reliability(chances, right).expected_calibration_error,
    )


def worthwhile_from(harm: float) -> float:
    """The probability from which showing an answer does more good than harm: p = (1 - p) · harm, in whole hundredths.

    >>> worthwhile_from(0.25)
    0.2
    """
    return round(harm / (1 + harm), 2)


def leave_out(
    questions: Sequence[AnnotatedQuestion], share: float, count: int, seed: int
) -> tuple[list[AnnotatedQuestion], list[tuple[AnnotatedQuestion, bool]]]:
    """Make some questions unanswerable by leaving their paragraphs out of the pool.

    Returns the questions whose paragraphs make the pool, and `count` questions to ask, a `share` of them about
    paragraphs that were left out, each with whether it is answerable.
    """
    shuffler = random.Random(seed)
    paragraphs = sorted({question.paragraph for question in questions})
    left_out = set(shuffler.sample(paragraphs, round(share * len(paragraphs))))
    answerable = [question for question in questions if question.answers]
    absent = [question for question in answerable if question.paragraph in left_out]
    present = [question for question in answerable if question.paragraph not in left_out]
    asked = [(question, False) for question in shuffler.sample(absent, min(len(absent), round(share * count)))]
    asked += [(question, True) for question in shuffler.sample(present, min(len(present), count - len(asked)))]
    shuffler.shuffle(asked)
    return [question for question in questions if question.paragraph not in left_out], asked


def fitting_case(
    reader: Reader, question: str, hits: Sequence[Hit], accepted: Sequence[str], *, answerable: bool
) -> FittingCase:
    """Read the candidates of one question; an answer is right when its words are accepted and the pool holds them."""
    texts = [hit.paragraph.paragraph.text for hit in hits]
    readings = reader.read_paragraphs(question, texts, spans=SPANS)
    ranked = rank_answers(readings, [hit.score for hit in hits], texts, reader.settings.ranking, ANSWERS)
    return _case(ranked, readings, texts, accepted, answerable=answerable)


def _case(
    ranked: Sequence[RankedAnswer],
    readings: Sequence[ParagraphReading],
    texts: Sequence[str],
    accepted: Sequence[str],
    *,
    answerable: bool,
) -> FittingCase:
    forms = {normal_form(text) for text in accepted}
    right = []
    for answer in ranked:
        span = answer.best.span
        right.append(normal_form(texts[answer.best.paragraph][span.start : span.end]) in forms)
    return FittingCase(tuple(answer_features(answer, readings) for answer in ranked), tuple(right), answerable)


def _fit_right(cases: Sequence[FittingCase]) -> tuple[float, ...]:
    features = [features for case in cases for features in case.features]
    return fit_logistic(features, [float(right) for case in cases for right in case.right])
