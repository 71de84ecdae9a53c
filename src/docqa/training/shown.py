"""What is read for each question in an epoch: its paragraph, alone or among similar ones, and unanswerable variants."""

from __future__ import annotations

import random
from collections.abc import Sequence

from docqa.evaluation.squad import AnnotatedQuestion
from docqa.training.unanswerable import altered, without_answer

#: A question with the paragraphs it is read with.
Shown = tuple[AnnotatedQuestion, list[str]]


def part_of(questions: int, parts: int, epoch: int, shuffler: random.Random) -> list[int]:
    """The numbers of the questions that an epoch (from 0) reads when they are dealt into so many parts.

    `shuffler` deals; with the same one the parts of successive epochs have nothing in common until all were read.

    >>> sorted(part_of(5, 2, 0, random.Random(1)) + part_of(5, 2, 1, random.Random(1)))
    [0, 1, 2, 3, 4]
    """
    numbers = list(range(questions))
    shuffler.shuffle(numbers)
    return sorted(numbers[epoch % parts :: parts])


def shown_in_epoch(
    questions: Sequence[AnnotatedQuestion],
    similar: Sequence[Sequence[str]],
    *,
    negatives: float,
    across: int,
    unanswerable: float,
    shuffler: random.Random,
) -> list[Shown]:
    """Each question with its paragraph; a share `negatives` of them with `across` similar paragraphs beside it.

    For a share `unanswerable` of the answerable ones an unanswerable variant is added, where one can be made.
    """
    shown: list[Shown] = []
    for question, others in zip(questions, similar, strict=True):
        paragraphs = [question.paragraph]
        if others and shuffler.random() < negatives:
            paragraphs += shuffler.sample(list(others), min(across, len(others)))
        shown.append((question, paragraphs))
        if question.answers and shuffler.random() < unanswerable:
            variant = _variant(question, others, shuffler)
            if variant:
                shown.append((variant, [variant.paragraph]))
    return shown


def _variant(question: AnnotatedQuestion, others: Sequence[str], shuffler: random.Random) -> AnnotatedQuestion | None:
    if shuffler.random() < 0.5:
        return without_answer(question) or altered(question, others, shuffler)
    return altered(question, others, shuffler) or without_answer(question)
