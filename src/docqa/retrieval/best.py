"""The best paragraphs for a query without scoring all that hold a word of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from docqa.retrieval.terms import Numbers, QueryTerm, Scores

#: A bound is a sum of rounded numbers, so it rules out only what is below by more than their rounding.
SLACK = 1.0 - 1e-12


def best_paragraphs(terms: Sequence[QueryTerm], limit: int, highest: int) -> tuple[Numbers, Scores]:
    """Paragraphs among which the `limit` best are, with their exact scores.

    `terms` come in the order in which their scores are summed, those that can add most first; `highest` is the
    highest paragraph id. Terms are scored one after the other until what the rest can add together is less than the
    score of the paragraph at the limit: from there on no other paragraph can come in, and the rest is looked up for
    those alone that still can (the MaxScore of Turtle & Flood 1995, term by term).
    """
    rest = [sum(term.highest for term in terms[place:]) for place in range(len(terms) + 1)]
    if limit < 1:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    # One number for each paragraph of the index: adding to it is faster than joining sorted lists.
    sums = np.zeros(highest + 1)
    needed, scored, lists = 0.0, 0, [np.empty(0, np.int64)]
    while scored < len(terms) and rest[scored] >= needed * SLACK:
        numbers, added = terms[scored].all()
        sums[numbers] += added
        lists.append(numbers)
        scored += 1
        needed = _at_limit(sums[numbers], limit, needed)
    numbers, scores = _able(sums, lists, needed * SLACK - rest[scored])
    for place in range(scored, len(terms)):
        scores = scores + terms[place].of(numbers)
        needed = _at_limit(scores, limit, needed)
        able = scores + rest[place + 1] >= needed * SLACK
        numbers, scores = numbers[able], scores[able]
    return numbers, scores


def _able(sums: Scores, lists: Sequence[Numbers], least: float) -> tuple[Numbers, Scores]:
    """Each paragraph of the lists whose sum is at least so much, ascending, with its sum; `sums` is used up."""
    numbers, scores = [], []
    for those in lists:
        able = those[sums[those] >= least]
        numbers.append(able)
        scores.append(sums[able])
        # It stands in other lists too.
        sums[able] = -np.inf
    together = np.concatenate(numbers)
    order = np.argsort(together)
    return together[order], np.concatenate(scores)[order]


def _at_limit(scores: Scores, limit: int, needed: float) -> float:
    """The score of the paragraph at the limit, as far as it is known: it only rises."""
    return max(needed, float(np.partition(scores, -limit)[-limit])) if len(scores) >= limit else needed


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
