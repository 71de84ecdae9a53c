"""Paragraphs that look like the answer's and do not hold it: what teaches a reader to choose, and to say null."""

from __future__ import annotations

from collections.abc import Sequence

from docqa.evaluation.pooled import pool_texts
from docqa.evaluation.squad import AnnotatedQuestion
from docqa.retrieval.analyzer import Analyzer
from docqa.retrieval.best import top
from docqa.retrieval.bm25 import Parameters
from docqa.retrieval.search import score_paragraphs

#: The retriever's first so many paragraphs are looked at for each question.
DEPTH = 20


def similar_paragraphs(
    questions: Sequence[AnnotatedQuestion], *, among: int, distractors: Sequence[str] = ()
) -> list[tuple[str, ...]]:
    """For each question the `among` best paragraphs of the pool, by docqa's own retriever, that hold no answer of it.

    The pool is all paragraphs of `questions` and the texts `distractors`.
    """
    texts = list(dict.fromkeys([*(question.paragraph for question in questions), *distractors]))
    lowered = [text.lower() for text in texts]
    analyzer, parameters = Analyzer(), Parameters()
    pool = pool_texts(texts, analyzer)
    found = []
    for question in questions:
        numbers, scores = score_paragraphs(pool, question.text, analyzer=analyzer, parameters=parameters)
        answers = [answer.lower() for answer in question.answer_texts]
        places = (int(numbers[position]) - 1 for position in top(numbers, scores, DEPTH))
        others = [
            texts[place]
            for place in places
            if texts[place] != question.paragraph and not any(answer in lowered[place] for answer in answers)
        ]
        found.append(tuple(others[:among]))
    return found
