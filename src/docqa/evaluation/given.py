"""Evaluation with given paragraphs: the reader alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from docqa.answers.calibration import answer_features, probability
from docqa.answers.close_calls import settle_each
from docqa.answers.ranking import rank_answers
from docqa.errors import DataFileError
from docqa.evaluation.outcome import Outcome
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.reading.reader import ParagraphReading, Reader
from docqa.reading.settings import ReaderSettings

#: Questions read together: enough for batches of equal lengths, few enough for a progress bar that moves.
TOGETHER = 128

#: Spans kept of each paragraph: an answer's probability asks for the best answer beside it.
SPANS = 8

Progress = Callable[[int, int], None]


def evaluate_given(
    reader: Reader, questions: Sequence[AnnotatedQuestion], on_progress: Progress = lambda done, total: None
) -> list[Outcome]:
    """Read each question's own paragraph; probability and refusal are those of the reader for given paragraphs.

    Raises `DataFileError` when there are no questions.
    """
    if not questions:
        raise DataFileError("The file has no questions to evaluate on.")
    settings = _given_settings(reader.settings)
    outcomes: list[Outcome] = []
    for begin in range(0, len(questions), TOGETHER):
        part = questions[begin : begin + TOGETHER]
        texts, paragraphs = [question.text for question in part], [question.paragraph for question in part]
        readings = reader.read_pairs(texts, paragraphs, spans=SPANS)
        readings = settle_each(reader, texts, paragraphs, readings, spans=SPANS)
        outcomes += [
            judge([reading], [0.0], [question.paragraph], settings, question.answer_texts)
            for question, reading in zip(part, readings, strict=True)
        ]
        on_progress(len(outcomes), len(questions))
    return outcomes


def _given_settings(settings: ReaderSettings) -> ReaderSettings:
    """The settings with the probability and the threshold of given paragraphs in the place of those of documents."""
    if settings.given_threshold is not None:
        settings = replace(settings, threshold=settings.given_threshold)
    calibration = settings.calibration
    if calibration is not None and calibration.given is not None:
        settings = replace(settings, calibration=replace(calibration, right=calibration.given))
    return settings


def judge(
    readings: Sequence[ParagraphReading],
    retriever_scores: Sequence[float],
    paragraphs: Sequence[str],
    settings: ReaderSettings,
    accepted: Sequence[str],
) -> Outcome:
    """The best answer over what was read, by the ranking and the calibration that `docqa ask` uses.

    `readings` are those of the first paragraphs, or of all.
    """
    count = len(readings)
    ranked = rank_answers(readings, retriever_scores[:count], paragraphs[:count], settings.ranking, 1)
    if not ranked:
        return Outcome(None, 0.0 if settings.calibration else None, refused=True, accepted=tuple(accepted))
    best = ranked[0].best
    words = paragraphs[best.paragraph][best.span.start : best.span.end]
    if settings.calibration is None:
        refused = readings[best.paragraph].null > best.span.score
        return Outcome(words, None, refused=refused, accepted=tuple(accepted))
    chance = probability(settings.calibration.right, answer_features(ranked[0], readings, len(paragraphs)))
    return Outcome(words, chance, refused=chance < settings.threshold, accepted=tuple(accepted))
