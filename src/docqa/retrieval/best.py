"""The best paragraphs for a query without scoring all that hold a word of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from docqa.retrieval.terms import Numbers, QueryTerm, Scores

#: A bound is a sum of rounded numbers, so it rules out only what is below by more than their rounding.
SLACK = 1.0 - 1e-12


def best_paragraphs(terms: Sequence[QueryTerm], limit: int) -> tuple[Numbers, Scores]:
    """Paragraphs among which the `limit` best are, with their exact scores, by ascending id.

    `terms` come in the order in which their scores are summed, those that can add most first. Terms are scored one
    after the other until what the rest can add together is less than the score of the paragraph at the limit: from
    there on no other paragraph can come in, and the rest is looked up for those alone that still can (the MaxScore of
    Turtle & Flood 1995, term by term).
    """
    rest = [sum(term.highest for term in terms[place:]) for place in range(len(terms) + 1)]
    numbers, scores = np.empty(0, np.int64), np.empty(0, np.float64)
    needed = 0.0
    if limit < 1:
        return numbers, scores
    for place, term in enumerate(terms):
        if rest[place] < needed * SLACK:
            scores = scores + term.of(numbers)
        else:
            numbers, scores = _summed(numbers, scores, *term.all())
        if len(scores) >= limit:
            needed = max(needed, float(np.partition(scores, -limit)[-limit]))
            if rest[place + 1] < needed * SLACK:
                able = scores + rest[place + 1] >= needed * SLACK
                numbers, scores = numbers[able], scores[able]
    return numbers, scores


def top(numbers: NDArray[np.int64], scores: NDArray[np.float64], limit: int) -> list[int]:
    """Positions of the `limit` highest scores above 0, highest first, ties by lower number.

    >>> top(np.array([4, 7, 9]), np.array([1.0, 2.0, 1.0]), 2)
    [1, 0]
    """
    if limit < len(scores):
        threshold = np.partition(scores, -limit)[-limit]
        candidates = np.flatnonzero(scores >= threshold)
    else:
        candidates = np.arange(len(scores))
    candidates = candidates[scores[candidates] > 0]
    order = np.lexsort((numbers[candidates], -scores[candidates]))
    return [int(position) for position in candidates[order][:limit]]


def _summed(numbers: Numbers, scores: Scores, others: Numbers, added: Scores) -> tuple[Numbers, Scores]:
    """Two sets of paragraphs as one, ascending, with the sums of their scores."""
    if not len(numbers) and np.all(others[1:] > others[:-1]):
        return others, added
    together, places = np.unique(np.concatenate([numbers, others]), return_inverse=True)
    total = np.zeros(len(together))
    total[places[: len(numbers)]] = scores
    total[places[len(numbers) :]] += added
    return together, total
