"""Held-out questions to fit on: asked through the retriever, some with their paragraph left out, or given theirs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from docqa.evaluation.pooled import pool_texts
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.fitting.cases import ReadCase, read_given, read_open
from docqa.reading.reader import Reader
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import search_paragraphs
from docqa.training.negatives import similar_paragraphs
from docqa.training.unanswerable import altered, without_answer


@dataclass(frozen=True)
class HeldOut:
    """How to draw questions.

    `asked` go through the retriever, a share `absent` of them without their paragraph; `given` are read with their own
    paragraph alone, half of them made unanswerable.
    """

    asked: int = 600
    absent: float = 0.2
    given: int = 0
    candidates: int = 20
    seed: int = 13


def leave_out(
    questions: Sequence[AnnotatedQuestion], share: float, count: int, seed: int
) -> tuple[list[str], list[tuple[AnnotatedQuestion, bool]]]:
    """Make some questions unanswerable by leaving their paragraphs out of the pool.

    Returns the paragraphs of the pool, and `count` questions to ask, a `share` of them about paragraphs that were left
    out, each with whether it is answerable.
    """
    shuffler = random.Random(seed)
    answerable = sorted((question for question in questions if question.answers), key=lambda question: question.id)
    drawn = shuffler.sample(answerable, min(count, len(answerable)))
    left_out = {question.paragraph for question in drawn[: round(share * len(drawn))]}
    asked = [(question, question.paragraph not in left_out) for question in drawn]
    shuffler.shuffle(asked)
    pool = dict.fromkeys(question.paragraph for question in questions)
    return [paragraph for paragraph in pool if paragraph not in left_out], asked


def read_held_out(
    reader: Reader,
    questions: Sequence[AnnotatedQuestion],
    distractors: Sequence[str],
    options: HeldOut,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[ReadCase]:
    """Draw from `questions` and read; the pool is their paragraphs and the texts `distractors`."""
    pooled, asked = leave_out(questions, options.absent, options.asked, options.seed)
    missing = {question.paragraph for question, answerable in asked if not answerable}
    pool = pool_texts([*pooled, *(text for text in distractors if text not in missing)], Analyzer())
    given = _given(questions, options)
    total = len(asked) + len(given)
    cases: list[ReadCase] = []
    for question, answerable in asked:
        hits = search_paragraphs(
            pool, question.text, limit=options.candidates, analyzer=Analyzer(), parameters=Parameters()
        )
        texts = [hit.paragraph.paragraph.text for hit in hits]
        scores = [hit.score for hit in hits]
        cases.append(read_open(reader, question.text, question.answer_texts, texts, scores, answerable=answerable))
        on_progress(len(cases), total)
    for question in given:
        cases += read_given(reader, [question.text], [question.paragraph], [question.answer_texts])
        on_progress(len(cases), total)
    # Neighbours of one kind would make the parts of a fit unlike each other.
    random.Random(options.seed).shuffle(cases)
    return cases


def _given(questions: Sequence[AnnotatedQuestion], options: HeldOut) -> list[AnnotatedQuestion]:
    if not options.given:
        return []
    shuffler = random.Random(options.seed + 1)
    answerable = sorted((question for question in questions if question.answers), key=lambda question: question.id)
    drawn = shuffler.sample(answerable, min(options.given, len(answerable)))
    return list(_half_unanswerable(drawn, shuffler))


def _half_unanswerable(questions: Sequence[AnnotatedQuestion], shuffler: random.Random) -> Iterator[AnnotatedQuestion]:
    similar = similar_paragraphs(questions, among=8)
    for number, (question, others) in enumerate(zip(questions, similar, strict=True)):
        if number % 2 == 0:
            yield question
            continue
        ways = (altered(question, others, shuffler), without_answer(question))
        made = ways[0] or ways[1] if number % 4 == 1 else ways[1] or ways[0]
        yield made or question
