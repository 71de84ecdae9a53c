"""Evaluation with given paragraphs: the reader alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from docqa.errors import DataFileError
from docqa.evaluation.metrics import exact_match, f1
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.reading.reader import ParagraphReading, Reader

SCHEMA = "docqa.eval/1"
#: Questions read together: enough for batches of equal lengths, few enough for a progress bar that moves.
TOGETHER = 128

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class GivenEvaluation:
    """Exact match and F1 in percent over so many questions, and over the answerable ones where there are others."""

    questions: int
    unanswerable: int
    exact_match: float
    f1: float
    answerable_exact_match: float
    answerable_f1: float

    def to_dict(self) -> dict[str, Any]:
        """The evaluation as `docqa eval --json` prints it."""
        return {
            "schema": SCHEMA,
            "questions": self.questions,
            "unanswerable": self.unanswerable,
            "exact_match": self.exact_match,
            "f1": self.f1,
            "answerable": {"exact_match": self.answerable_exact_match, "f1": self.answerable_f1},
        }


def evaluate_given(
    reader: Reader, questions: Sequence[AnnotatedQuestion], on_progress: Progress = lambda done, total: None
) -> GivenEvaluation:
    """Read each question's own paragraph and compare the best span with the annotated answers.

    Where the file has unanswerable questions, the prediction is empty when the null score is above the best span's.
    Raises `DataFileError` when there are no questions.
    """
    if not questions:
        raise DataFileError("The file has no questions to evaluate on.")
    may_refuse = any(not question.answers for question in questions)
    scores: list[tuple[float, float]] = []
    for begin in range(0, len(questions), TOGETHER):
        part = questions[begin : begin + TOGETHER]
        readings = reader.read_pairs([q.text for q in part], [q.paragraph for q in part], spans=1)
        for question, reading in zip(part, readings, strict=True):
            prediction = predicted_text(question.paragraph, reading, may_refuse=may_refuse)
            texts = question.answer_texts
            scores.append((exact_match(prediction, texts), f1(prediction, texts)))
        on_progress(len(scores), len(questions))
    answerable = [score for score, question in zip(scores, questions, strict=True) if question.answers]
    return GivenEvaluation(
        questions=len(questions),
        unanswerable=len(questions) - len(answerable),
        exact_match=percent([em for em, _ in scores]),
        f1=percent([f for _, f in scores]),
        answerable_exact_match=percent([em for em, _ in answerable]),
        answerable_f1=percent([f for _, f in answerable]),
    )


def predicted_text(paragraph: str, reading: ParagraphReading, *, may_refuse: bool) -> str:
    """The words of the best span; none when there is no span, or when refusing is allowed and null scores higher."""
    if not reading.spans or (may_refuse and reading.null > reading.spans[0].score):
        return ""
    best = reading.spans[0]
    return paragraph[best.start : best.end]


def percent(values: Sequence[float]) -> float:
    """The mean of values between 0 and 1 in percent, 0.0 when there are none.

    >>> percent([1.0, 0.0])
    50.0
    """
    return 100.0 * sum(values) / len(values) if values else 0.0
